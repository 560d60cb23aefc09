"""The models as they are declared; needs no JAX."""

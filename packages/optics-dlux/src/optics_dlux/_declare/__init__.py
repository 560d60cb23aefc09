"""What exists, declared without JAX."""

"""Plots of any posterior, whatever system it is of."""

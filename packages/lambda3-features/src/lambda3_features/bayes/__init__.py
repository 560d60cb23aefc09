"""Bayesian models of series with events, as systems for every estimator.

A series is standardised by constants that its system holds, so the priors
mean the same whatever the units, and adding 1000 to a series changes its
level alone. Features are known arrays. Models that are linear-Gaussian given
their noise say so, and `exact.linear` integrates their coefficients.
"""

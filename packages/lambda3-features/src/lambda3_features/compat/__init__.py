"""The models of the original Lambda³ framework, kept for comparison.

Their priors are for raw series: they depend on where the zero of a series is
and on its units. `lambda3.base` and the others beside it do not.
"""

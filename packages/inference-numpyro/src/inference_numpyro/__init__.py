"""Estimators for every forwardax problem: MAP, Laplace, NUTS, exact.

They answer to `optim.map`, `laplace.fisher`, `numpyro.nuts` and
`exact.linear` in `forwardax.fit`. What can be imported from here is loaded
at first use, so that listing what is installed does not import JAX.
"""

from forwardax.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, __file__)

__version__ = "0.1.0"

"""Events, tension, synchronisation and Bayes of time series.

Names are loaded at first use: the import needs neither Numba nor JAX.
"""

from forwardax.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, __file__)

__version__ = "0.1.0"

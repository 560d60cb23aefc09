"""Strong gravitational lensing as pure JAX functions.

The system answers to `lensing.imaging` in `forwardax.system` and in run
files. What can be imported from here is loaded at first use, so that listing
what is installed does not import JAX.
"""

from forwardax.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, __file__)

__version__ = "0.1.0"

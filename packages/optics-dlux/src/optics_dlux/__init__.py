"""Telescopes for forwardax: pupil, aberrations, stars, detector.

`forwardax.system("optics.two_plane", ...)` builds one. What can be imported
from here is loaded at first use, so that listing what is installed does not
import JAX.
"""

from forwardax.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, __file__)

__version__ = "0.1.0"

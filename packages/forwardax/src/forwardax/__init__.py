"""Declare a forward model once, fit it with anything.

Public names are loaded when they are first used: importing `forwardax`, and
everything a plugin declares with, does not import JAX.
"""

from .lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, __file__)

__version__ = "0.1.0"

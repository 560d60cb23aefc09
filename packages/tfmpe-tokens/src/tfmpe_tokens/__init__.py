"""Structured parameters and data as tokens, with attention masks.

Names are loaded at first use. Nothing here needs flax.
"""

from forwardax.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, __file__)

__version__ = "0.1.0"

"""NumPy arrays as leaves of a system."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax import Array


def leaf(value: Any, dtype: Any = float) -> Array:
    """An array on the device, converted by NumPy: nothing is compiled."""
    return jax.device_put(
        np.asarray(value, jax.dtypes.canonicalize_dtype(dtype))
    )

"""How the kernels are compiled: kept on disk, without Python's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a function of arrays and numbers.

    Machine code is kept beside the module, or in ``NUMBA_CACHE_DIR``. A
    kernel is serial and releases the lock, so that series run in parallel
    threads (`extract_many`); a parallel loop within a series costs more to
    start than it saves.
    """
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        return cast(F, numba.njit(cache=True, **options)(function))
    except RuntimeError:  # no folder can be written: compiled each time
        return cast(F, numba.njit(**options)(function))

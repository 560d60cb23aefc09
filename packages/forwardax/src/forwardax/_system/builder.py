# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# JAX and NumPyro leave many of their types unknown.
"""Builder: engines built from structure, cached by its digest.

The binder is its counterpart: a pure function of an engine and numbers
(primitives and derived values) that returns the engine with them put in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar

import jax

from .._schema.structure import Structure
from ..errors import StructureError, wrong_type

E = TypeVar("E")


class Builder(Generic[E]):
    """Builds engines and keeps the latest ones.

    Parameters
    ----------
    build
        Function of a structure that returns an engine; called outside jit.
    maxsize
        How many engines are kept.
    """

    def __init__(
        self, build: Callable[[Structure], E], *, maxsize: int = 8
    ) -> None:
        self._build = build
        self._maxsize = maxsize
        self._kept: OrderedDict[Any, E] = OrderedDict()
        self._lock = Lock()

    def get_or_build(self, structure: Structure) -> E:
        """The engine of a structure: one object for equal structures."""
        if not isinstance(structure, Structure):  # pyright: ignore
            raise StructureError(
                wrong_type("structure", structure, "Structure.of(...)")
            )
        # Arrays in an engine have the precision of the day it was built.
        key = (structure, str(jax.dtypes.canonicalize_dtype(float)))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        engine = self._build(structure)
        with self._lock:
            kept = self._kept.setdefault(key, engine)
            while len(self._kept) > self._maxsize:
                self._kept.popitem(last=False)
            return kept

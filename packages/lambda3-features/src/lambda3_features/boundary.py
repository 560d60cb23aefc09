"""The boundary between NumPy and JAX: the only module that holds both.

Features are computed by NumPy, in float64; Bayesian models take JAX arrays.
Whatever goes from one to the other goes through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, wrong_type
from jax.core import Tracer

from ._errors import SeriesError
from ._types import FeatureSet

ARRAYS = tuple(FeatureSet.causality())
"""Names of the arrays of a `FeatureSet`."""


def to_jax(features: FeatureSet | Any, dtype: Any = None) -> Any:
    """Features, or any NumPy arrays, as JAX arrays of one floating type.

    Parameters
    ----------
    features
        A `FeatureSet`, which becomes a mapping of its arrays by name; or an
        array, or a mapping, list or tuple of arrays. Flags become 0.0 and
        1.0.
    dtype
        Floating type; JAX's default by default: float64 where that is
        switched on (``forwardax.enable_x64()``), else float32.

    Returns
    -------
    dict or jax.Array
        Strongly typed arrays on JAX's default device.

    Raises
    ------
    SeriesError
        If an array is already JAX's, or `dtype` is no floating type that JAX
        has at the moment.
    """
    kind = _floating(dtype)
    if isinstance(features, FeatureSet):
        features = {name: getattr(features, name) for name in ARRAYS}
    return _each(features, lambda one: _put(one, kind))


def to_numpy(result: Any) -> Any:
    """JAX arrays as NumPy arrays.

    Parameters
    ----------
    result
        A JAX array, or a mapping, list, tuple or dataclass with JAX arrays
        in it; whatever else is in it is left as it is.

    Returns
    -------
    Any
        The same with NumPy arrays; a dataclass as a dict of its fields.

    Raises
    ------
    SeriesError
        If an array is traced: its values are known only outside of `jit`.
    """
    if is_dataclass(result) and not isinstance(result, type):
        names = [f.name for f in fields(result)]
        result = {name: getattr(result, name) for name in names}
    return _each(result, _fetch)


def require_jax(array: Any, name: str) -> jax.Array:
    """A JAX array as it is; anything else is refused.

    Raises
    ------
    SeriesError
        With the name of the converter to call.
    """
    if isinstance(array, jax.Array):
        return array
    raise SeriesError(
        Fault(
            f"{name!r} is no JAX array",
            key=name,
            value=f"{type(array).__module__}.{type(array).__qualname__}",
            allowed="a JAX array",
            fix="convert it with lambda3_features.boundary.to_jax",
            code="type",
        )
    )


def _floating(dtype: Any) -> Any:
    default = jnp.zeros(()).dtype
    if dtype is None:
        return default
    kind = np.dtype(dtype)
    if kind.kind != "f" or jax.dtypes.canonicalize_dtype(kind) != kind:
        raise SeriesError(
            Fault(
                "'dtype' is no floating type that JAX has now",
                key="dtype",
                value=str(kind),
                allowed=str(default),
                fix="call forwardax.enable_x64() first for float64",
                code="type",
            )
        )
    return kind


def _put(one: Any, kind: Any) -> jax.Array:
    if isinstance(one, jax.Array):
        raise SeriesError(
            Fault(
                "a JAX array came where a NumPy array is due",
                value=f"{one.dtype}{list(one.shape)}",
                fix="leave out to_jax: it is converted already",
                code="type",
            )
        )
    array = np.asarray(one)
    if array.dtype.kind not in "fiub":
        raise SeriesError(wrong_type("array", one, "numbers"))
    return jax.device_put(array.astype(kind))


def _fetch(one: Any) -> Any:
    if isinstance(one, Tracer):
        raise SeriesError(
            Fault(
                "a traced array has no values yet",
                value=str(one.aval),
                fix="call to_numpy outside of jit, vmap and grad",
                code="type",
            )
        )
    return np.asarray(one) if isinstance(one, jax.Array) else one


def _each(tree: Any, convert: Any) -> Any:
    if isinstance(tree, Mapping):
        return {name: _each(one, convert) for name, one in tree.items()}
    if isinstance(tree, tuple | list) and any(
        isinstance(one, Mapping | tuple | list | np.ndarray | jax.Array)
        for one in tree
    ):
        return type(tree)(_each(one, convert) for one in tree)
    return convert(tree)

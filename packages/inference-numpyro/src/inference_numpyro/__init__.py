"""Estimators for every forwardax problem: MAP, Laplace, NUTS, exact.

They answer to `optim.map`, `laplace.fisher`, `numpyro.nuts` and
`exact.linear` in `forwardax.fit`. What can be imported from here is loaded
at first use, so that listing what is installed does not import JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "DescentHistory": "_descent",
    "Direction": "_named",
    "Eigenbasis": "_eigen",
    "Exact": "_exact",
    "ExactBatch": "_exact_batch",
    "ExactConfig": "_exact",
    "ExactMoments": "_exact_moments",
    "Laplace": "_laplace",
    "LaplaceConfig": "_laplace",
    "Map": "_map",
    "MapConfig": "_map",
    "NamedCovariance": "_named",
    "Nuts": "_nuts",
    "NutsConfig": "_nuts",
    "degenerate_directions": "_named",
    "eigenbasis": "_eigen",
    "exact_batch": "_exact_batch",
    "exact_moments": "_exact_moments",
    "exact_one": "_exact_batch",
    "gradient_descent": "_descent",
    "named_covariance": "_named",
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        from forwardax.errors import nearest

        near = nearest(name, _HOME)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"inference_numpyro has no {name!r}{hint}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_HOME)


__version__ = "0.1.0"

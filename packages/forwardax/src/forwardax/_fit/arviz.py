# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportArgumentType=false
# pyright: reportMissingTypeStubs=false
# Two versions of ArviZ are served, of which one is installed.
"""Posteriors as ArviZ objects, for ArviZ 0.x and 1.x alike."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .._schema.spec import ParamSpec

if TYPE_CHECKING:
    from .posterior import Posterior


def to_arviz(posterior: Posterior) -> Any:
    """See `Posterior.to_arviz`."""
    arviz = import_arviz()
    draws = {**posterior.draws, **posterior.derived}
    groups: dict[str, Mapping[str, Any]] = {"posterior": draws}
    per_draw = {
        key: value
        for key, value in posterior.stats.items()
        if value.shape[:2] == posterior.log_density.shape
    }
    groups["sample_stats"] = {**per_draw, "lp": posterior.log_density}
    dims = {
        key: list(posterior.spec.by_key[key].dims)
        + [f"{key}_dim_{i}" for i in range(value.ndim - 2)][
            len(posterior.spec.by_key[key].dims) :
        ]
        for key, value in draws.items()
        if key in posterior.spec and posterior.spec.by_key[key].dims
    }
    coords = dim_coords(posterior.spec)
    modern = int(arviz.__version__.split(".")[0]) >= 1
    if modern:
        made = arviz.from_dict(groups, dims=dims, coords=coords)
    else:
        made = arviz.from_dict(**groups, dims=dims, coords=coords)
    for key in draws:
        if key in posterior.spec:
            field = posterior.spec.by_key[key]
            made["posterior"][key].attrs.update(
                units=field.unit, long_name=field.doc, kind=field.kind
            )
    return made


def import_arviz() -> Any:
    """ArviZ.

    Raises
    ------
    ImportError
        With the line that installs it.
    """
    with warnings.catch_warnings():
        # ArviZ 0.x announces 1.x on import; both are served.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return import_or_again("arviz")
        except ImportError as error:
            raise ImportError(
                'ArviZ is not installed: pip install "forwardax[arviz]"'
            ) from error


def import_or_again(module: str) -> Any:
    """Import a module; once more if a file of its own went missing.

    ArviZ 0.x notes the day of its last notice in a file, where of processes
    that import it at the same moment only one finds its temporary file.
    """
    try:
        return import_module(module)
    except FileNotFoundError:
        return import_module(module)


def dim_coords(spec: ParamSpec) -> dict[str, list[int]]:
    """Coordinates of the bound dims: their positions."""
    from .._schema.bind import total

    return {dim: list(range(total(size))) for dim, size in spec.sizes}

"""Parameters along a search, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from forwardax.errors import Fault, SpecError, nearest
from forwardax.estimation import element_names

from .._telescope import Telescope
from .panels import new_figure


def plot_history(
    system: Telescope,
    values: Mapping[str, Any],
    *,
    names: Sequence[str] | None = None,
    truth: Mapping[str, Any] | None = None,
    losses: Any = None,
) -> Any:
    """Parameters along a search.

    Parameters
    ----------
    system
        A telescope, for names and units.
    values
        Arrays `(start, step, *shape)` by key, in the units of the spec, as in
        `inference_numpyro.DescentHistory.values`.
    names
        Scalars that are shown, keys or elements; one makes a single large
        panel. All by default.
    truth
        Known true values by key.
    losses
        `(start, step)`, drawn in a panel of their own, above their least.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each scalar, a line for each start. The truth is dashed.

    Raises
    ------
    SpecError
        If a name is not in the history.
    """
    scalars = {
        name: (lines, unit, true)
        for name, lines, unit, true in _scalars(system, values, truth or {})
        if np.ptp(lines) > 0
    }
    chosen = list(scalars)
    if names is not None:
        chosen = [
            one for name in names for one in _found(system, name, scalars)
        ]
    count = len(chosen) + (losses is not None)
    columns = min(count, 4)
    rows = -(-count // columns)
    side = (6.0, 4.0) if count == 1 else (3.1, 2.4)
    figure = new_figure(side[0] * columns, side[1] * rows)
    every = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in every[count:]:
        axes.set_axis_off()
    for axes, name in zip(every, chosen, strict=False):
        lines, unit, true = scalars[name]
        axes.plot(lines.T, lw=1)
        if true is not None:
            axes.axhline(true, color="black", ls="--", lw=1)
        _labels(axes, f"{name} [{unit}]" if unit else name)
    if losses is not None:
        above = np.asarray(losses) - np.min(losses)
        axes = every[len(chosen)]
        axes.semilogy(np.where(above > 0, above, np.nan).T, lw=1)
        _labels(axes, "loss above the least")
    return figure


def _labels(axes: Any, what: str) -> None:
    axes.set_title(what, fontsize="small")
    axes.set_xlabel("step", fontsize="small")
    axes.tick_params(labelsize="small")


def _scalars(
    system: Telescope, values: Mapping[str, Any], truth: Mapping[str, Any]
) -> Iterator[tuple[str, np.ndarray, str, float | None]]:
    for key, array in values.items():
        field = system.spec[key]
        lines = np.asarray(array, float)
        lines = lines.reshape(*lines.shape[:2], -1)
        true = np.ravel(truth[key]) if key in truth else None
        for i, name in enumerate(element_names(field)):
            at = None if true is None else float(true[i])
            yield name, lines[:, :, i], field.unit, at


def _found(
    system: Telescope, name: str, scalars: Mapping[str, Any]
) -> list[str]:
    """Scalars that a key, alias or element means."""
    if name in scalars:
        return [name]
    own: tuple[str, ...] = ()
    if name in system.spec and system.spec.find(name).element is None:
        own = element_names(system.spec[name])
    found = [one for one in own if one in scalars]
    if not found:
        raise SpecError(
            Fault(
                f"{name!r} is not in this history",
                key=name,
                allowed=", ".join(scalars),
                nearest=nearest(name, scalars),
                fix="what was held all along is not shown",
                code="unknown",
            )
        )
    return found

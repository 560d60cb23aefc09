"""The coordinates in which chains move: `u = centre + factor @ z`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from forwardax.estimation import Problem
from numpy.typing import NDArray

from ._coordinates import Chart, chart_of
from ._locate import Located
from ._ring import LEAST, widths_of
from ._starts import has_prior

_NEAR = 0.3
"""Standard deviations from the maximum at which whitening still works."""
_FAR = 100.0
"""Prior widths beyond which a search has left what the prior allows."""


class Frame(NamedTuple):
    """An affine map to the unconstrained space, `u = centre + factor @ z`.

    Parameters
    ----------
    centre
        `(size,)`.
    factor
        `(size, size)`.
    widths
        Spread of the radii of auxiliary pairs, `(pairs,)`: see `_ring`.
    """

    centre: Any
    factor: Any
    widths: Any


class Choice(NamedTuple):
    """A frame and how it was come by.

    Parameters
    ----------
    frame
        Of NumPy arrays.
    white
        Whether it comes from the Laplace approximation.
    reason
        Why it does not, in words; empty where it does or was not asked to.
    """

    frame: Frame
    white: bool
    reason: str = ""

    @property
    def arrays(self) -> dict[str, Any]:
        """Frame and `white` as named arrays."""
        return {**self.frame._asdict(), "white": np.asarray(self.white)}


def plain_frame(problem: Problem, scale: Any, reason: str = "") -> Choice:
    """Coordinates in units of the prior's scale; the mass is then adapted.

    Parameters
    ----------
    problem
        For its size.
    scale
        Of the chart coordinates.
    reason
        Why there is no better frame.
    """
    chart = chart_of(problem.plan)
    whole = np.ones(problem.size)
    whole[chart.kept] = np.asarray(scale, float)
    widths = np.full(len(chart.first), LEAST)
    frame = Frame(np.zeros(problem.size), np.diag(whole), widths)
    return Choice(frame, False, reason)


def white_frame(problem: Problem, found: Located, scale: Any) -> Choice:
    """Coordinates in which the density is about standard normal.

    Parameters
    ----------
    problem
        The problem that was searched.
    found
        Its maximum, of the density of the unconstrained coordinates.
    scale
        Of the chart coordinates, for the plain frame.

    Returns
    -------
    Choice
        A plain one, with the reason, where the search did not settle at a
        maximum: the density may have none (a funnel is unbounded).
    """

    def fall_back(reason: str) -> Choice:
        return plain_frame(problem, scale, reason)

    chart = chart_of(problem.plan)
    peak = found.peak
    finite = all(np.isfinite(x).all() for x in (*peak[:4],))
    if not finite:
        return fall_back("the density or its curvature is not finite there")
    widths = widths_of(np.diagonal(peak.precision)[chart.turns])
    precision = _whole_precision(chart, peak.point, peak.precision, widths)
    factored = scaled_cholesky(precision)
    if factored is None:
        return fall_back("the curvature there is not positive definite")
    distance = found.decrement
    if not distance <= _NEAR:
        return fall_back(
            f"the search spent its budget {distance:.2g} standard deviations "
            "from a maximum"
        )
    turned = np.isin(chart.kept, chart.first)
    away = np.abs(peak.point[chart.kept] / found.scale)[~turned]
    if has_prior(problem) and away.size and away.max() > _FAR:
        return fall_back(f"the search went {away.max():.0f} prior widths away")
    size, lower = factored
    factor = np.linalg.inv(lower).T / size[:, None]
    frame = Frame(np.asarray(peak.point, float), factor, widths)
    return Choice(frame, True)


def _whole_precision(
    chart: Chart,
    point: NDArray[Any],
    precision: NDArray[Any],
    widths: NDArray[Any],
) -> NDArray[Any]:
    """Precision of all coordinates: with the radii of auxiliary pairs.

    A turn is a displacement across the radius; one that nothing determines
    is given the precision of a normal.
    """
    to_chart = np.zeros((len(chart.kept), len(point)))
    to_chart[np.arange(len(chart.kept)), chart.kept] = 1.0
    to_chart[chart.turns, chart.first] = -point[chart.second]
    to_chart[chart.turns, chart.second] = point[chart.first]
    whole = to_chart.T @ np.asarray(precision, float) @ to_chart
    pairs = zip(chart.first, chart.second, widths, strict=True)
    for *pair, width in pairs:
        along = point[pair]
        extra = np.eye(2) + (width**-2 - 1.0) * np.outer(along, along)
        whole[np.ix_(pair, pair)] += extra
    return whole


def scaled_cholesky(
    matrix: NDArray[Any],
) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Scale and lower Cholesky factor of a matrix brought to unit diagonal.

    Returns
    -------
    tuple or None
        `s, C` with `matrix = diag(s) C C' diag(s)`; None where the matrix
        is not finite or not positive definite.
    """
    diagonal = np.diagonal(matrix)
    if not np.isfinite(matrix).all() or (diagonal <= 0).any():
        return None
    size = np.sqrt(diagonal)
    try:
        return size, np.linalg.cholesky(matrix / np.outer(size, size))
    except np.linalg.LinAlgError:
        return None

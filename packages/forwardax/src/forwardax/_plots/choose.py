"""Which parameters a plot shows, and their draws as it needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._diagnostics.circular import circular_mean, wrap
from .._diagnostics.diagnostics import ess_bulk
from .._run.scalars import Scalar, scalars_of
from .density import Ends
from .labels import labels_of

if TYPE_CHECKING:
    from .._run.result import RunResult

Floats = NDArray[np.float64]

MOST = 25
"""Parameters that still have room on one plot."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a plot shows.

    Parameters
    ----------
    scalars, labels
        At most `MOST`, in the order of the spec.
    left_out
        How many there are besides.
    weights
        `(chain, draw)`, sum 1.
    worth
        Effective number of draws of each scalar.
    """

    scalars: tuple[Scalar, ...]
    labels: tuple[str, ...]
    left_out: int
    weights: Floats
    worth: Floats


def shown_of(result: RunResult) -> Shown | None:
    """The parameters that were fitted; None where draws have no spread.

    Of too many, those that go together most closely with another one.
    """
    shape = result.posterior.log_density.shape
    scalars = [
        one
        for one in scalars_of(result)
        if one.role == "fitted" and np.isfinite(one.draws).all()
        if (one.draws != one.draws[0, 0]).any()
    ]
    if not scalars:
        return None
    given = result.posterior.weights
    mass = np.ones(shape) if given is None else np.asarray(given, np.float64)
    mass = mass / mass.sum()
    flat = np.stack([one.draws.reshape(-1) for one in scalars])
    kept = range(len(scalars))
    if len(scalars) > MOST:
        kept = sorted(_related(flat, mass)[:MOST].tolist())
    chosen = tuple(scalars[i] for i in kept)
    worth = np.full(len(chosen), 1 / np.square(mass).sum())
    if given is None:
        stacked = np.stack([one.draws for one in chosen], axis=-1)
        found = ess_bulk(stacked)
        worth = np.where(np.isfinite(found), np.minimum(found, worth), worth)
    return Shown(
        scalars=chosen,
        labels=labels_of(chosen),
        left_out=len(scalars) - len(chosen),
        weights=mass,
        worth=worth,
    )


def _related(flat: Floats, mass: Floats) -> NDArray[np.int64]:
    """Scalars in the order of their strongest correlation with another."""
    covariance = np.atleast_2d(np.cov(flat, aweights=mass.reshape(-1)))
    sd = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
    strength = np.abs(covariance / np.outer(sd, sd))
    np.fill_diagonal(strength, 0.0)
    return np.argsort(-strength.max(axis=0), kind="stable")


def turn_of(scalar: Scalar, weights: Floats) -> Ends:
    """Ends of the turn around the mean of an angle; else the bounds.

    Parameters
    ----------
    scalar
        What is drawn.
    weights
        `(draw,)`, of all its draws.
    """
    if scalar.period is None:
        return scalar.bounds
    draws = scalar.draws.reshape(-1)
    centre = circular_mean(draws, scalar.period, weights=weights)
    # On the side of the seam where the draws are.
    centre = float(wrap(centre, scalar.period, centre=float(draws.mean())))
    return centre - scalar.period / 2, centre + scalar.period / 2

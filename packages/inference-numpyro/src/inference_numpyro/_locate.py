"""From a problem to its maximum: what MAP, Laplace and NUTS share."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, FitError
from forwardax.estimation import Journal, Posterior, Problem, Progress
from numpy.typing import NDArray

from ._coordinates import chart_of, lower
from ._curvature import Peak, climb
from ._hops import half_turns, hops
from ._search import Ends, is_squares, search
from ._squares import Slopes
from ._starts import Starts, has_prior, make_starts

_HOPS = 5
"""Rounds of further searches, at most."""
_TWICE = 2
"""Searches that must have found the best maximum by themselves."""
_SAME = 0.1
"""Difference in log-density below which two optima are one."""
_DEEP = 20.0
"""Log-density below the best optimum at which another is negligible."""
LARGEST = 4096
"""Coordinates beyond which dense matrices take gigabytes."""
_FLAT_PRIOR = 1000.0
"""Width of an improper prior, in errors of the parameter on its own."""
FLAT = 1e-6
"""Precision, in units of the prior's, below which a direction is flat."""


class Located(NamedTuple):
    """The best maximum found, and how the other searches fared.

    Parameters
    ----------
    peak
        The best one; its arrays are NumPy's.
    ends
        Where each search ended; NumPy arrays as well.
    scale
        Of the chart coordinates, `(chart,)`: that of the prior. One that
        cannot be drawn from counts as a thousand times as wide as the error
        of a coordinate if all others were known.
    invalid
        Number of starting points passed over.
    """

    peak: Peak
    ends: Ends
    scale: NDArray[Any]
    invalid: int

    @property
    def decrement(self) -> float:
        """Distance to the maximum in standard deviations, to second order.

        sqrt(g' P^-1 g) of gradient g and precision P: the same whatever the
        units of the parameters. A direction that nothing determines counts
        as `FLAT` does. Infinite where P has a negative eigenvalue.
        """
        return newton_decrement(self.peak, self.scale)


def check_size(problem: Problem, owner: str) -> None:
    """Refuse a problem whose dense curvature would not fit into memory.

    Raises
    ------
    FitError
        If it has more than `LARGEST` coordinates.
    """
    if problem.size > LARGEST:
        raise FitError(
            Fault(
                f"{owner!r} needs a dense curvature matrix",
                value=f"{problem.size} coordinates",
                allowed=f"at most {LARGEST}",
                fix="fix keys, or use numpyro.nuts with whiten=False",
                code="size",
            )
        )


def no_start(invalid: int) -> Fault:
    """The fault of a problem without a point to begin at."""
    return Fault(
        "no point with a finite density was found",
        value=f"{invalid} starting points passed over",
        fix="check that the likelihood is finite at draws of the prior: "
        "problem.log_density(problem.to_unconstrained("
        "problem.prior_sample(key)))",
        code="start",
    )


def first_starts(
    problem: Problem,
    key: Any,
    count: int,
    checkpoint: Posterior | Journal | None,
) -> Starts:
    """Starts for the searches; the best draw of a posterior comes first.

    A journal changes nothing: a search is short, and made again.

    Raises
    ------
    FitError
        If the checkpoint is of another problem.
    """
    starts = make_starts(problem, key, count)
    if not isinstance(checkpoint, Posterior):
        return starts
    best = best_draw(problem, checkpoint)
    points = starts.points.at[0].set(best)
    return starts._replace(points=points)


def best_draw(problem: Problem, checkpoint: Posterior) -> Any:
    """The draw of greatest density, `(size,)`.

    Raises
    ------
    FitError
        If the checkpoint is of another problem.
    """
    size = checkpoint.unconstrained.shape[-1]
    if size != problem.size:
        raise FitError(
            Fault(
                "the checkpoint is of another problem",
                value=f"{size} coordinates",
                allowed=f"{problem.size}",
                code="checkpoint",
            )
        )
    flat = checkpoint.unconstrained.reshape(-1, size)
    density = np.nan_to_num(checkpoint.log_density.ravel(), nan=-np.inf)
    return jnp.asarray(flat[int(np.argmax(density))])


def locate(
    problem: Problem,
    starts: Starts,
    *,
    jacobian: bool,
    steps: int,
    rate: float,
    progress: Progress | None = None,
) -> Located:
    """Search from all the starts and climb to the best maximum.

    Where fewer than half the searches of a least-squares problem agree, or
    it has angles of full period, more follow: some from parts of what was
    found, or from half a turn beside it, and some from the prior. They end
    when a round finds nothing better, and two searches from the prior have
    found the best maximum by themselves.

    Parameters
    ----------
    problem
        With data.
    starts
        From `first_starts`.
    jacobian
        Whether the density is one of the unconstrained coordinates.
    steps, rate
        As in `search`.
    progress
        Told when a stage begins and ends.

    Raises
    ------
    FitError
        If no point with a finite density was found.
    """
    tell = progress or _silent
    hopping = is_squares(problem) and has_prior(problem)
    hopping &= steps > 0 and len(starts.points) > 1
    rounds = 1 + _HOPS * hopping
    turning = len(chart_of(problem.plan).first) > 0
    dtype = starts.points.dtype
    flag = jnp.asarray(jacobian, dtype)
    count = len(starts.points)
    points, found = starts.points, None
    alone = np.ones(count, bool)
    for done in range(rounds):
        tell("search", done, rounds)
        ends = search(
            problem,
            points,
            starts.scale,
            flag,
            jnp.asarray(steps),
            jnp.asarray(rate, dtype),
            together=jax.default_backend() != "cpu",
        )
        ends = jax.tree.map(np.asarray, ends)
        before, found = found, _joined(found, ends)
        if not hopping or _enough(before, found, alone, turning):
            break
        order = np.argsort(found.losses)[:count]
        keys = jax.random.split(jax.random.fold_in(starts.key, done))
        mixed = np.array(hops(problem, keys[0], found.points[order]))
        turned = half_turns(problem.plan, found.points[order[0]])
        room = min(len(turned), count // 2)
        mixed[:room] = turned[:room]
        fresh = make_starts(problem, keys[1], count).points
        own = np.arange(count) >= count // 2
        points = jnp.asarray(np.where(own[:, None], fresh, mixed))
        alone = np.concatenate([alone, own])
    assert found is not None
    ends = found
    best = int(np.argmin(ends.losses))
    if np.isposinf(ends.losses[best]):
        raise FitError(no_start(int(starts.invalid)))
    if ends.slopes is None:
        peak = climb(problem, jnp.asarray(ends.points[best]), flag)
        peak = jax.tree.map(np.asarray, peak)
    else:
        peak = _peak(ends, best, np.asarray(starts.scale))
    tell("search", rounds, rounds)
    scale = np.asarray(starts.scale, float)
    if not has_prior(problem):
        scale = own_scale(peak.precision)
    return Located(peak, ends, scale, int(starts.invalid))


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total


def _joined(old: Ends | None, new: Ends) -> Ends:
    if old is None:
        return new
    return jax.tree.map(lambda *pair: np.concatenate(pair), old, new)


def _peak(ends: Ends, best: int, scale: NDArray[Any]) -> Peak:
    """The curvature that the best of the searches ended with."""
    slopes = Slopes(*(np.asarray(x)[best] for x in ends.slopes or ()))
    prior = slopes.curvature / np.outer(scale, scale)
    return Peak(
        ends.points[best],
        ends.losses[best],
        (slopes.chi + slopes.rest) / scale,
        slopes.fisher / np.outer(scale, scale) + prior,
        prior,
    )


def _enough(
    before: Ends | None, found: Ends, alone: NDArray[np.bool_], turning: bool
) -> bool:
    """Whether further searches would find nothing better, as far as one sees.

    Parameters
    ----------
    before, found
        Ends without those of the last round, and with them.
    alone
        Which of `found` began at draws of the prior.
    turning
        Whether there are angles whose other side has to be looked at.
    """
    least = found.losses.min()
    same = int((found.losses <= least + _SAME)[alone].sum())
    if before is None:
        return 2 * same >= len(found.losses) and not turning
    better = least <= before.losses.min() - _SAME
    return same >= _TWICE and not better


def own_scale(precision: NDArray[Any]) -> NDArray[Any]:
    """Scale of an improper prior, from the precision of the data."""
    own = np.abs(np.diagonal(precision)).astype(float)
    usable = np.isfinite(own) & (own > 0)
    return _FLAT_PRIOR / np.sqrt(np.where(usable, own, _FLAT_PRIOR**2))


def newton_decrement(peak: Peak, scale: NDArray[Any]) -> float:
    """See `Located.decrement`."""
    gradient = np.asarray(peak.gradient, float) * scale
    precision = scaled_precision(peak.precision, scale)
    if not (np.isfinite(gradient).all() and np.isfinite(precision).all()):
        return float("inf")
    floor = FLAT + rounding_floor(precision)
    values, vectors = np.linalg.eigh(precision)
    if values[0] <= -floor:
        return float("inf")
    along = vectors.T @ gradient
    return float(np.sqrt(np.sum(along**2 / (values + 2 * floor))))


def scaled_precision(matrix: Any, scale: NDArray[Any]) -> NDArray[Any]:
    """A precision in units of the prior's scale, in double precision."""
    return np.asarray(matrix, float) * np.outer(scale, scale)


def rounding_floor(matrix: NDArray[Any]) -> float:
    """Size below which an eigenvalue is rounding."""
    eps = np.finfo(np.float64).eps
    return float(10 * len(matrix) * eps * np.abs(np.diagonal(matrix)).max())


def flat_names(problem: Problem, found: Located) -> tuple[str, ...]:
    """Coordinates along which the density does not change."""
    names = chart_of(problem.plan).names
    own = np.diagonal(scaled_precision(found.peak.precision, found.scale))
    return tuple(
        name for name, size in zip(names, own, strict=True) if abs(size) < FLAT
    )


class Agreement(NamedTuple):
    """How far the searches agree.

    Parameters
    ----------
    same
        Searches that ended at the best point: within 0.1 of its loss and
        half a standard deviation of it.
    others
        Searches that settled somewhere else.
    gap
        Loss of the best of those above the least loss; infinite without.
    searches
        All there were.
    """

    same: int
    others: int
    gap: float
    searches: int


def agreement(problem: Problem, found: Located) -> Agreement:
    """Compare where the searches ended."""
    chart = chart_of(problem.plan)
    near = found.ends.losses <= found.peak.loss + _SAME
    # Measured by the precision, the length of a flat valley counts nothing.
    offsets = lower(chart, found.peak.point, found.ends.points)
    square = np.einsum("ni,ij,nj->n", offsets, found.peak.precision, offsets)
    same = near & (square < 0.25)
    elsewhere = found.ends.losses[found.ends.settled & ~same]
    gap = float(elsewhere.min() - found.peak.loss) if elsewhere.size else np.inf
    return Agreement(int(same.sum()), elsewhere.size, gap, len(same))


def mode_notes(found: Agreement) -> tuple[str, ...]:
    """That there are other modes worth a thought, in words."""
    if found.gap > _DEEP:
        return ()
    return (
        f"there is another optimum {max(found.gap, 0.0):.2g} lower in "
        f"log-density ({found.others} searches ended at others): what is "
        "reported is around the best one",
    )

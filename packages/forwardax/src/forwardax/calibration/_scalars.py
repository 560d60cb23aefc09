"""True values and posterior draws of many data sets, scalar by scalar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._fit.summary import scalar_names
from ..errors import Fault, Faults, FitError

Floats = NDArray[np.float64]


class Scalar(NamedTuple):
    """One scalar parameter over all data sets.

    Parameters
    ----------
    name
        `mu`, `theta[0]`, ...
    truths
        Shape (dataset,).
    draws
        Shape (dataset, draw), in the unit of the truths.
    period
        Of a cyclic parameter, else None.
    """

    name: str
    truths: Floats
    draws: Floats
    period: float | None


def scalars(
    truths: Mapping[str, ArrayLike],
    draws: Mapping[str, ArrayLike],
    cyclic: Mapping[str, float] | None = None,
    elements: Mapping[str, tuple[str, ...]] | None = None,
) -> list[Scalar]:
    """Check truths and draws, and take them apart.

    Parameters
    ----------
    truths
        By key, shape (dataset, *shape).
    draws
        By key, shape (dataset, draw, *shape), in the units of the truths;
        keys without truths are not looked at.
    cyclic
        Periods by key.
    elements
        Names of a key's entries in C order, by key.

    Returns
    -------
    list of Scalar
        In the order of the truths' keys and their entries.

    Raises
    ------
    FitError
        Naming every key that is missing, misshapen or not finite.
    """
    known = {key: np.asarray(v, np.float64) for key, v in truths.items()}
    found = {
        key: np.asarray(draws[key], np.float64) for key in known if key in draws
    }
    _check(known, found)
    out: list[Scalar] = []
    for key, truth in known.items():
        count, length = found[key].shape[:2]
        names = scalar_names(
            key, truth.shape[1:], (elements or {}).get(key, ())
        )
        by_truth = truth.reshape(count, -1)
        by_draw = found[key].reshape(count, length, -1)
        period = (cyclic or {}).get(key)
        for i, name in enumerate(names):
            out.append(Scalar(name, by_truth[:, i], by_draw[:, :, i], period))
    return out


def rank(
    truths: Floats, draws: Floats, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Rank of each truth among its draws, ties broken at random.

    Parameters
    ----------
    truths
        Shape (dataset,).
    draws
        Shape (dataset, draw), in the unit of the truths.
    rng
        Decides ties.

    Returns
    -------
    ndarray
        Shape (dataset,), from 0 to the number of draws.
    """
    below = np.count_nonzero(draws < truths[:, None], axis=1)
    equal = np.count_nonzero(draws == truths[:, None], axis=1)
    ties = np.floor(rng.random(len(truths)) * (equal + 1))
    return (below + ties).astype(np.int64)


def fractional_rank(
    truths: Floats, draws: Floats, rng: np.random.Generator
) -> Floats:
    """Rank spread over its step: exactly uniform on (0, 1) if calibrated.

    Parameters
    ----------
    truths, draws, rng
        As for `rank`.

    Returns
    -------
    ndarray
        Shape (dataset,).
    """
    steps = draws.shape[1] + 1
    return (rank(truths, draws, rng) + rng.random(len(truths))) / steps


def _check(truths: Mapping[str, Floats], draws: Mapping[str, Floats]) -> None:
    faults = Faults()
    if not truths:
        faults.append(Fault("there is no parameter to test", code="missing"))
    sizes = {draws[key].shape[:2] for key in draws}
    for key, truth in truths.items():
        if key not in draws:
            faults.append(Fault(f"no draws of {key!r}", key, code="missing"))
            continue
        shape = draws[key].shape
        fits = shape[:1] + shape[2:] == truth.shape and 0 not in shape
        if not fits or len(shape) < 2 or len(sizes) > 1:
            faults.append(
                Fault(
                    f"truths and draws of {key!r} do not fit",
                    key=key,
                    value=f"truths {truth.shape}, draws {shape}",
                    allowed="(dataset, *shape) and (dataset, draw, *shape), "
                    "the same data sets and draws for all keys",
                    code="shape",
                )
            )
        wrong = sum(int((~np.isfinite(v)).sum()) for v in (truth, draws[key]))
        if wrong:
            faults.append(
                Fault(
                    f"{wrong} values of {key!r} are not finite",
                    key=key,
                    fix="leave out the data sets whose fit failed, and count "
                    "them as failures",
                    code="value",
                )
            )
    faults.throw(FitError, "calibration")

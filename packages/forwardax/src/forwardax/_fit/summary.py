"""The table of a posterior: one row for each scalar.

Columns carry the names that ArviZ gives them. Draws of a cyclic parameter
are first turned to within half a period of their circular mean, so that a
posterior across the seam has the right spread, interval and diagnostics; its
interval may therefore reach beyond the parameter's range.

Where draws have weights, moments and intervals are weighted, both effective
sample sizes are Kish's, (sum w)**2 / sum w**2, the errors are those of
self-normalised importance sampling, and R-hat, which needs chains, is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._diagnostics import diagnostics
from .._diagnostics.circular import circular_mean, circular_sd, wrap
from ..errors import Fault, Faults, FitError, nearest
from .intervals import IntervalKind, interval
from .summary_table import Summary

Floats = NDArray[np.float64]


def scalar_names(
    key: str, shape: tuple[int, ...], elements: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Names of a key's entries in C order.

    Parameters
    ----------
    key
        Name of the whole.
    shape
        Its shape.
    elements
        Names that replace `key[0]`, `key[1]`, ...; used where there are any.

    Returns
    -------
    tuple of str
        `("mu",)` for a scalar, `("theta[0]", "theta[1]")`,
        `("a[0,0]", ...)`.
    """
    if elements:
        return elements
    if not shape:
        return (key,)
    indices = product(*map(range, shape))
    return tuple(f"{key}[{','.join(map(str, index))}]" for index in indices)


def summarise(
    draws: Mapping[str, ArrayLike],
    *,
    units: Mapping[str, str] | None = None,
    cyclic: Mapping[str, float] | None = None,
    elements: Mapping[str, tuple[str, ...]] | None = None,
    weights: ArrayLike | None = None,
    verdict: str = "",
    ci_kind: IntervalKind = "eti",
    ci_prob: float = 0.89,
) -> Summary:
    """Summarise draws, one row for each scalar of each key.

    Parameters
    ----------
    draws
        By key, shape (chain, draw, *shape). A complex key gives two rows a
        scalar, `.real` and `.imag`.
    units
        By key, for the table only; dimensionless where left out.
    cyclic
        Period by key, in the key's unit, for full-period angles.
    elements
        By key, names of its entries in C order in place of `key[0]`, ...
    weights
        Shape (chain, draw), not negative; equal where None.
    verdict
        What the fit's checks say, in words; the last line of the table.
    ci_kind, ci_prob
        `"eti"` (equal tails) or `"hdi"` (shortest), and its probability.

    Returns
    -------
    Summary
        Its columns: mean, sd, `{ci_kind}{percent}_lb` and `_ub`, mcse_mean,
        mcse_sd (in the key's unit), ess_bulk, ess_tail (draws), r_hat.

    Raises
    ------
    FitError
        Naming everything whose shape or value is wrong.
    """
    arrays = {key: np.asarray(value) for key, value in draws.items()}
    elements, cyclic = elements or {}, cyclic or {}
    mass = None if weights is None else np.asarray(weights, np.float64)
    _check(arrays, elements, mass, ci_kind, ci_prob)
    if mass is not None:
        mass = mass / mass.sum()

    percent = f"{ci_kind}{round(100 * ci_prob, 3):g}"
    rows: list[dict[str, Any]] = []
    for key, values in arrays.items():
        names = scalar_names(key, values.shape[2:], elements.get(key, ()))
        flat = values.reshape(*values.shape[:2], -1)
        unit = (units or {}).get(key, "")
        if np.iscomplexobj(flat):
            flat = np.stack([np.real(flat), np.imag(flat)], axis=-1)
            flat = flat.reshape(*flat.shape[:2], -1)
            names = tuple(
                f"{name}.{part}" for name in names for part in ("real", "imag")
            )
        flat = flat.astype(np.float64)
        period = cyclic.get(key)
        columns = _columns(flat, period, mass, percent, ci_kind, ci_prob)
        for i, name in enumerate(names):
            numbers = {column: float(v[i]) for column, v in columns.items()}
            rows.append({"name": name, **numbers, "unit": unit})
    return Summary(tuple(rows), verdict, ci_kind, ci_prob, mass is not None)


def _columns(
    flat: Floats,
    period: float | None,
    weights: Floats | None,
    percent: str,
    kind: IntervalKind,
    probability: float,
) -> dict[str, Floats]:
    """Columns of one key; `flat` has shape (chain, draw, scalar)."""
    mass = None if weights is None else weights.reshape(-1)
    count = flat.shape[2]
    mean, sd = np.full(count, np.nan), np.full(count, np.nan)
    low, high = np.full(count, np.nan), np.full(count, np.nan)
    turned = flat.copy()
    for i in range(count):
        x = flat[:, :, i]
        if not np.isfinite(x).all():
            continue
        if period is not None:
            centre = circular_mean(x, period, weights=weights)
            if x.min() >= 0:  # a parameter that runs from 0 to the period
                centre %= period
            turned[:, :, i] = x = wrap(x, period, centre=centre)
            mean[i], sd[i] = centre, circular_sd(x, period, weights=weights)
        elif mass is None:
            mean[i], sd[i] = x.mean(), x.std(ddof=1) if x.size > 1 else np.nan
        else:
            mean[i] = np.average(x.reshape(-1), weights=mass)
            square = np.square(x.reshape(-1) - mean[i])
            sd[i] = np.sqrt(np.average(square, weights=mass))
        low[i], high[i] = interval(x.reshape(-1), kind, probability, mass)
    columns = {
        "mean": mean,
        "sd": sd,
        f"{percent}_lb": low,
        f"{percent}_ub": high,
    }
    if mass is not None:
        return columns | _weighted_errors(turned, mass)
    return columns | {
        "mcse_mean": diagnostics.mcse_mean(turned),
        "mcse_sd": diagnostics.mcse_sd(turned),
        "ess_bulk": diagnostics.ess_bulk(turned),
        "ess_tail": diagnostics.ess_tail(turned),
        "r_hat": diagnostics.r_hat(turned),
    }


def _weighted_errors(turned: Floats, mass: Floats) -> dict[str, Floats]:
    """Errors of importance estimates (Owen 2013, equation 9.9)."""
    x = turned.reshape(-1, turned.shape[2])
    offset = x - mass @ x
    variance = mass @ offset**2
    with np.errstate(invalid="ignore", divide="ignore"):
        of_sd = np.sqrt(mass**2 @ (offset**2 - variance) ** 2 / variance) / 2
    kish = np.full(x.shape[1], 1 / np.square(mass).sum())
    return {
        "mcse_mean": np.sqrt(mass**2 @ offset**2),
        "mcse_sd": of_sd,
        "ess_bulk": kish,
        "ess_tail": kish,
        "r_hat": np.full(x.shape[1], np.nan),
    }


def _check(
    arrays: Mapping[str, NDArray[Any]],
    elements: Mapping[str, tuple[str, ...]],
    weights: Floats | None,
    kind: str,
    probability: float,
) -> None:
    faults = Faults()
    lead = {value.shape[:2] for value in arrays.values() if value.ndim > 1}
    for key, value in arrays.items():
        if value.ndim < 2 or 0 in value.shape[:2] or len(lead) > 1:
            faults.append(
                Fault(
                    f"draws of {key!r} have the wrong shape",
                    key=key,
                    value=f"shape {value.shape}",
                    allowed="(chain, draw, *shape), the same for all keys",
                    code="shape",
                )
            )
            continue
        names, count = elements.get(key, ()), int(np.prod(value.shape[2:]))
        if names and len(names) != count:
            faults.append(
                Fault(
                    f"{key!r} has {count} entries but {len(names)} names",
                    key=key,
                    allowed=f"{count} names",
                    code="shape",
                )
            )
    if weights is not None:
        if lead and weights.shape not in lead:
            faults.append(
                Fault(
                    "weights do not fit the draws",
                    key="weights",
                    value=f"shape {weights.shape}",
                    allowed=f"shape {next(iter(lead))}",
                    code="shape",
                )
            )
        total = weights.sum()
        if not (np.isfinite(total) and total > 0 and weights.min() >= 0):
            faults.append(
                Fault(
                    "weights must be finite, not negative and not all zero",
                    key="weights",
                    value=f"{weights!r:.80}",
                    allowed="finite numbers from 0 on, one at least above 0",
                    code="value",
                )
            )
    if kind not in ("eti", "hdi"):
        faults.append(
            Fault(
                f"{kind!r} is not a kind of interval",
                key="ci_kind",
                value=repr(kind),
                nearest=nearest(kind, ("eti", "hdi")),
                allowed="'eti' or 'hdi'",
                code="unknown",
            )
        )
    if not 0 < probability < 1:
        faults.append(
            Fault(
                "the probability of an interval must be between 0 and 1",
                key="ci_prob",
                allowed="0 < ci_prob < 1",
                value=repr(probability),
                code="value",
            )
        )
    faults.throw(FitError, "summary")

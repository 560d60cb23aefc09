"""Whether chains have converged: Vehtari et al. (2021), Betancourt (2016)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from forwardax.contracts import Check
from forwardax.estimation import Posterior, e_bfmi, ess_bulk, ess_tail, r_hat
from numpy.typing import NDArray

_R_HAT = 1.01
_ESS_PER_CHAIN = 100
_LEAST_ESS = 400
_BFMI = 0.3
_SATURATED = 0.01
"""Draws that may meet the largest tree depth: it costs time, not truth."""


def chain_checks(
    posterior: Posterior,
    stats: Mapping[str, NDArray[Any]],
    depth: int,
    conditions: int,
    names: Sequence[str],
) -> tuple[Check, ...]:
    """The checks of `numpyro.nuts`.

    Parameters
    ----------
    posterior
        With the draws; its checks are not looked at.
    stats
        `energy`, `diverging`, `tree_depth`, each `(chain, draw)`.
    depth
        Largest tree depth.
    conditions
        Number of validity conditions.
    names
        Of the unconstrained coordinates.
    """
    arrays = scalars(posterior, names)
    chains = posterior.log_density.shape[0]
    least = float(max(_LEAST_ESS, _ESS_PER_CHAIN * chains))
    mixing = _worst(arrays, r_hat, np.nanmax)
    words = f"largest R-hat {_text(mixing)} (below {_R_HAT})"
    if chains == 1:
        words = "R-hat needs at least two chains"
    return (
        Check("r_hat", bool(mixing[0] < _R_HAT), mixing[0], _R_HAT, words),
        _ess("bulk", _worst(arrays, ess_bulk, np.nanmin), least),
        _ess("tail", _worst(arrays, ess_tail, np.nanmin), least),
        _divergences(stats["diverging"], conditions),
        _energy(stats["energy"]),
        _depth(stats["tree_depth"], depth),
    )


def scalars(
    posterior: Posterior, names: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """What is checked: `(chain, draw, n)` by what it is.

    Every unconstrained coordinate, and every drawn or derived value that
    varies. Angles are checked by their sine and cosine, which have no seam.
    """
    u = np.asarray(posterior.unconstrained)
    found = {
        f"the coordinate of {name}": u[..., i : i + 1]
        for i, name in enumerate(names)
    }
    for key, value in {**posterior.draws, **posterior.derived}.items():
        flat: Any = np.asarray(value).reshape(*value.shape[:2], -1)
        if np.iscomplexobj(flat):
            flat = np.concatenate([flat.real, flat.imag], axis=-1)
        # What is held within a vector, or derived from held values only.
        flat = flat[:, :, (flat != flat[:1, :1]).any(axis=(0, 1))]
        spec = posterior.spec
        period = spec.by_key[key].cyclic if key in spec else None
        if period:
            turn = 2 * np.pi * flat / period
            flat = np.concatenate([np.cos(turn), np.sin(turn)], axis=-1)
        if flat.shape[-1]:
            found[key] = flat.astype(float)
    return found


def _worst(
    arrays: Mapping[str, NDArray[Any]], statistic: Any, pick: Any
) -> tuple[float, str]:
    """Worst value over all, and of what; NaN counts as the worst."""
    worst, where = float("nan"), ""
    for key, value in arrays.items():
        found = statistic(value)
        if np.isnan(found).any():
            return float("nan"), key
        extreme = float(pick(found))
        if not where or pick([extreme, worst]) != worst:
            worst, where = extreme, key
    return worst, where


def _text(found: tuple[float, str]) -> str:
    value, where = found
    shown = "undefined" if np.isnan(value) else f"{value:.4g}"
    return f"{shown}, of {where}"


def _ess(kind: str, found: tuple[float, str], least: float) -> Check:
    words = f"smallest {kind} ESS {_text(found)} (at least {least:.0f})"
    return Check(f"ess_{kind}", bool(found[0] >= least), found[0], least, words)


def _divergences(diverging: NDArray[Any], conditions: int) -> Check:
    count = int(diverging.sum())
    words = f"{count} divergent transitions (none allowed)"
    if count and conditions:
        words += ", those that met a validity condition among them"
    return Check("divergences", count == 0, float(count), 0.0, words)


def _energy(energy: NDArray[Any]) -> Check:
    if energy.shape[1] < 2:
        least = float("nan")
    else:
        least = float(e_bfmi(energy).min())
    words = f"smallest E-BFMI {least:.2f} (above {_BFMI})"
    return Check("e_bfmi", bool(least > _BFMI), least, _BFMI, words)


def _depth(tree_depth: NDArray[Any], depth: int) -> Check:
    fraction = float((tree_depth >= depth).mean())
    words = (
        f"{fraction:.1%} of the trees reached the largest depth {depth} "
        f"(at most {_SATURATED:.0%})"
    )
    passed = fraction <= _SATURATED
    return Check("tree_depth", passed, fraction, _SATURATED, words)

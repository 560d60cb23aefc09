"""The numbers of a result as rows, for programs and for tables."""

from __future__ import annotations

from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from .advice import verdict_lines
from .scalars import Scalar, scalars_of

if TYPE_CHECKING:
    from .result import RunResult

PROBABILITY = 0.68


def summary_rows(result: RunResult) -> list[dict[str, Any]]:
    """One row for each scalar that was fitted, or follows from one.

    Parameters
    ----------
    result
        Of a fit.

    Returns
    -------
    list of dict
        Rows in the order of the spec, with `name`, `role` (`"fitted"`,
        `"tied"`, `"derived"` or `"held"`), `unit`, the columns of
        `Posterior.summary` with an interval of 68 %, and where a truth is
        known `truth` and `distance`: mean minus truth in standard
        deviations, the short way round for an angle. What is not defined is
        None, so that the rows are strict JSON.
    """
    table = result.posterior.summary(ci_prob=PROBABILITY)
    numbers = {row["name"]: row for row in table.rows}
    return [
        _strict(_row(scalar, dict(numbers[scalar.name])))
        for scalar in scalars_of(result)
    ]


def _row(scalar: Scalar, numbers: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": scalar.name,
        "role": scalar.role,
        "unit": scalar.unit,
    }
    del numbers["name"], numbers["unit"]
    row |= {name: float(value) for name, value in numbers.items()}
    if scalar.draws.size == 1:  # a point says nothing of its uncertainty
        row |= {name: nan for name in numbers if name != "mean"}
    if scalar.truth is not None:  # on the mean's side of a seam
        gap = numbers["mean"] - scalar.truth
        sd = row["sd"]
        row["truth"] = scalar.truth
        row["distance"] = gap / sd if sd > 0 else None
    return row


def held_rows(result: RunResult) -> list[dict[str, Any]]:
    """Keys that were not fitted: `name`, `unit` and `value` (nested lists)."""
    found = result.posterior
    return [
        {
            "name": key,
            "unit": found.spec.by_key[key].unit if key in found.spec else "",
            "value": np.asarray(value).tolist(),
        }
        for key, value in found.held.items()
    ]


def summary_json(result: RunResult) -> dict[str, Any]:
    """Everything that the summary tells, as strict JSON values."""
    found, mean_square = result.posterior, result.mean_square
    return {
        "system": result.name,
        "estimator": found.estimator,
        "converged": found.converged,
        "verdict": list(verdict_lines(found)),
        "mean_square": mean_square[0] if mean_square else None,
        "ci_prob": PROBABILITY,
        "rows": summary_rows(result),
        "held": held_rows(result),
        "checks": [
            _strict(
                {
                    "name": check.name,
                    "passed": bool(check.passed),
                    "value": float(check.value),
                    "threshold": float(check.threshold),
                    "words": check.words,
                }
            )
            for check in found.checks
        ],
        "notes": list(found.notes),
        "timings": {k: float(v) for k, v in found.timings.items()},
        "versions": dict(found.versions),
    }


def _strict(row: dict[str, Any]) -> dict[str, Any]:
    """Numbers that JSON has no word for become None."""
    return {
        name: None if isinstance(v, float) and not isfinite(v) else v
        for name, v in row.items()
    }

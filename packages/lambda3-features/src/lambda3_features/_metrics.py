"""How well breakpoints agree with those that people have marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from forwardax.errors import Fault

from ._errors import OptionError, require_integer


def covering(
    truth: Sequence[int] | Sequence[Sequence[int]] | Any,
    found: Iterable[int] | Any,
    n: int,
) -> float:
    """How well segments cover those of the annotators, 0 to 1.

    Each true segment counts by its length and the Jaccard index of the found
    segment that is most like it.

    Parameters
    ----------
    truth
        Breakpoints of one annotator, or a sequence of those of several, whose
        scores are averaged. A breakpoint is the first index of a segment.
    found
        Breakpoints to be judged.
    n
        Length of the series.

    Returns
    -------
    float
        1 if the segments are the same.

    Raises
    ------
    OptionError
        If a breakpoint is no index.

    References
    ----------
    Arbelaez et al. (2010); van den Burg and Williams, arXiv:2003.06222.
    """
    require_integer("n", n, least=1)
    others = _segments(_indices(found, n, "found"), n)
    scores: list[float] = []
    for marked in _annotators(truth, n):
        score = 0.0
        for begin, end in _segments(marked, n):
            best = 0.0
            for low, high in others:
                both = max(0, min(end, high) - max(begin, low))
                best = max(best, both / (max(end, high) - min(begin, low)))
            score += (end - begin) * best
        scores.append(score / n)
    return float(np.mean(scores))


def f1_margin(
    truth: Sequence[int] | Sequence[Sequence[int]] | Any,
    found: Iterable[int] | Any,
    n: int,
    *,
    margin: int = 5,
) -> float:
    """F1 score of breakpoints that may be off by a margin, 0 to 1.

    Index 0 counts as a breakpoint on both sides, so that no breakpoint at all
    has a score. Precision is against those that any annotator has marked,
    recall is averaged over annotators.

    Parameters
    ----------
    truth
        Breakpoints of one annotator, or a sequence of those of several.
    found
        Breakpoints to be judged.
    n
        Length of the series.
    margin
        How far off a breakpoint may be.

    Returns
    -------
    float
        Harmonic mean of precision and recall.

    Raises
    ------
    OptionError
        If a breakpoint is no index, or the margin is negative.

    References
    ----------
    van den Burg and Williams, arXiv:2003.06222, section 4.2.
    """
    require_integer("n", n, least=1)
    require_integer("margin", margin, least=0)
    guesses = {0, *_indices(found, n, "found")}
    marks = [{0, *one} for one in _annotators(truth, n)]
    union = set[int]().union(*marks)
    precision = len(_matched(union, guesses, margin)) / len(guesses)
    recall = float(
        np.mean(
            [len(_matched(one, guesses, margin)) / len(one) for one in marks]
        )
    )
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def _matched(truth: set[int], guesses: set[int], margin: int) -> set[int]:
    """True breakpoints that have a guess of their own, nearest first."""
    left = sorted(guesses)
    found: set[int] = set()
    for t in sorted(truth):
        near = [g for g in left if abs(g - t) <= margin]
        if near:
            left.remove(min(near, key=lambda g: abs(g - t)))
            found.add(t)
    return found


def _segments(breakpoints: Sequence[int], n: int) -> list[tuple[int, int]]:
    bounds = [0, *breakpoints, n]
    return list(zip(bounds[:-1], bounds[1:], strict=True))


def _annotators(truth: Any, n: int) -> list[list[int]]:
    several = len(truth) > 0 and all(np.ndim(one) == 1 for one in truth)
    rows = list(truth) if several else [truth]
    return [_indices(row, n, "truth") for row in rows]


def _indices(breakpoints: Any, n: int, name: str) -> list[int]:
    """Breakpoints without repetition, and without index 0."""
    found = sorted({int(k) for k in breakpoints} - {0})
    if found and not 0 < found[0] <= found[-1] < n:
        bad = found[0] if found[0] < 0 else found[-1]
        raise OptionError(
            Fault(
                f"{name!r} holds what is no index of the series",
                key=name,
                value=str(bad),
                allowed=f"0 to {n - 1}",
                fix="leave out the length of the series, if it is at the end",
                code="range",
            )
        )
    return found

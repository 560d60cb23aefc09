"""Whether to trust a fit, and what to do where one should not."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import TYPE_CHECKING, Final

from .._fit.posterior import Posterior

if TYPE_CHECKING:
    from .result import RunResult

ADVICE: Final[Mapping[str, str]] = {
    "r_hat": "The chains have not found the same distribution. Run them "
    "longer (`estimator.warmup`, `estimator.draws`) and look at the trace "
    "plot: chains that stay in places of their own mean several modes, which "
    "a narrower prior can tell apart.",
    "ess_bulk": "Take more draws (`estimator.draws`).",
    "ess_tail": "Take more draws (`estimator.draws`): the ends of the "
    "intervals are not yet reliable.",
    "divergences": "Raise `estimator.target_accept`, to 0.95 say. If that "
    "does not help, sample priors that depend on other parameters with "
    "`centred: false`, and see whether a prior has a hard edge where the "
    "posterior is.",
    "e_bfmi": "The tails are heavier than the chains can explore: sample "
    "priors that depend on other parameters with `centred: false`, or give "
    "scales a narrower prior.",
    "tree_depth": "Raise `estimator.max_tree_depth`, or fix what the data do "
    "not determine.",
    "positive_definite": "The data do not determine every direction: fix a "
    "parameter or give it an informative prior.",
    "gradient_norm": "The search has not arrived: raise "
    "`estimator.first_order_steps` or `estimator.starts`, or fix what the "
    "data do not determine.",
    "agreement": "The searches end at different points: raise "
    "`estimator.starts`, or narrow the priors.",
    "k_hat": "The posterior is not close to a Gaussian: fit it with "
    "`numpyro.nuts`.",
}
"""What to do where a check of this name fails."""

_FAR: Final = 5
"""Standard deviations that noise does not reach."""

_DATA_PER_PARAMETER: Final = 10

_COUNTS: Final = (
    "0 1 2 three four five six seven eight nine ten eleven twelve"
).split()


def verdict_lines(posterior: Posterior) -> tuple[str, ...]:
    """Whether the fit can be trusted, then what is wrong, one line each."""
    checks = posterior.checks
    made = {check.name for check in checks}
    wrong = [
        f"{_sentence(check.words)} {ADVICE.get(check.name, '')}".rstrip()
        for check in checks
        if not check.passed
    ]
    wrong += [
        f"The check `{name}` was not made."
        for name in posterior.declared
        if name not in made
    ]
    total = len(made | set(posterior.declared))
    if posterior.converged:
        return (f"The fit can be trusted: {_passed(total)}.",)
    noun = "check" if total == 1 else "checks"
    return (
        f"This fit cannot be trusted yet: {len(wrong)} of {total} {noun} "
        "did not pass.",
        *wrong,
    )


def goodness_line(result: RunResult) -> str:
    """Whether the best draw explains the data; empty where nothing says so.

    The checks ask whether the posterior was found, not whether its model is
    right. With few data a fit absorbs the noise, hence nothing is said.
    """
    found, size = result.mean_square, result.problem.size
    if found is None or found[1] < _DATA_PER_PARAMETER * size:
        return ""
    square, count = found
    free = count - size
    square *= count / free
    sd = sqrt(2 / free)
    told = (
        f"Squared residuals per degree of freedom: {square:.3g} "
        f"(noise alone gives 1 ± {sd:.2g})"
    )
    if abs(square - 1) <= _FAR * sd:
        return f"{told}."
    if square > 1:
        return (
            f"{told}. The model does not explain the data to the noise: look "
            "at the residuals; the errors below are those of this model."
        )
    return f"{told}. The noise is smaller than the system was told."


def _passed(count: int) -> str:
    if count == 0:
        return "no checks are asked of it"
    if count == 1:
        return "its check passed"
    if count == 2:
        return "both checks passed"
    word = _COUNTS[count] if count < len(_COUNTS) else str(count)
    return f"all {word} checks passed"


def _sentence(words: str) -> str:
    """Words with a capital letter and a full stop."""
    text = words[:1].upper() + words[1:]
    return text if text.endswith(".") else text + "."

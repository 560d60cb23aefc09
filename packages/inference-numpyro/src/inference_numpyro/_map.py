"""`optim.map`: the maximum a posteriori."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from forwardax.estimation import (
    Estimator,
    Journal,
    Posterior,
    Problem,
    Progress,
    make_posterior,
)

from ._checks import agreement_check, gradient_check
from ._locate import (
    Located,
    agreement,
    check_size,
    first_starts,
    flat_names,
    locate,
)

CONVENTION = (
    "the maximum is that of the density of the parameters as they are "
    "sampled (standard variates where non-centred), without the Jacobian of "
    "the unconstrained coordinates"
)


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """Settings of the search for a maximum.

    Parameters
    ----------
    starts
        Searches, from as many starting points.
    first_order_steps
        Adam steps of each, before the quasi-Newton search, of a problem
        without residuals. Zero keeps least squares from hopping.
    learning_rate
        Size of the first of them, in units of the prior's spread.
    """

    starts: int = field(
        default=8, metadata={"least": 1, "help": "starting points"}
    )
    first_order_steps: int = field(
        default=200, metadata={"least": 0, "help": "Adam steps a start"}
    )
    learning_rate: float = field(
        default=0.1,
        metadata={"least": 1e-6, "most": 10.0, "help": "in prior widths"},
    )


class MapConfig(SearchConfig):
    """Settings of `optim.map`."""


class Map(Estimator):
    """The maximum a posteriori, from many starts.

    Each start is a draw from the prior (a standard normal one where the
    prior is improper); the best draw of a checkpoint replaces the first.
    """

    name = "optim.map"
    needs = frozenset({"log_likelihood", "gradient"})
    checks = ("gradient_norm", "agreement")
    Config = MapConfig

    def fit(
        self,
        problem: Problem,
        key: Any,
        *,
        config: MapConfig,
        progress: Progress | None = None,
        checkpoint: Posterior | Journal | None = None,
    ) -> Posterior:
        """See `forwardax.Estimator.fit`.

        Returns
        -------
        Posterior
            One chain with one draw. Extras: `starts_loss` and
            `starts_unconstrained`, where the searches ended.
        """
        check_size(problem, self.name)
        began = perf_counter()
        starts = first_starts(problem, key, config.starts, checkpoint)
        found = locate(
            problem,
            starts,
            jacobian=False,
            steps=config.first_order_steps,
            rate=config.learning_rate,
            progress=progress,
        )
        agreed = agreement(problem, found)
        return make_posterior(
            problem,
            found.peak.point[None, None],
            estimator=self.name,
            declared=self.checks,
            checks=(
                gradient_check(found),
                agreement_check(agreed, config.starts),
            ),
            notes=(CONVENTION, *search_notes(problem, found)),
            extras={
                "starts_loss": found.ends.losses,
                "starts_unconstrained": found.ends.points,
                "starts_settled": found.ends.settled,
            },
            timings={"search": perf_counter() - began},
        )


def search_notes(problem: Problem, found: Located) -> tuple[str, ...]:
    """What a reader should know about a search, in words."""
    notes: list[str] = []
    if found.invalid:
        notes.append(
            f"{found.invalid} starting points were passed over: the density "
            "there was zero or not finite"
        )
    flat = flat_names(problem, found)
    if flat:
        notes.append(
            "the density is flat at the maximum along "
            + ", ".join(flat)
            + ": not determined, or at an edge of what is allowed"
        )
    return tuple(notes)

"""`laplace.fisher`: a Gaussian around the maximum, and what it is worth.

Two maxima are reported, and they differ where a parameter is bounded. The
*MAP* is that of the parameters' density. The Gaussian approximates the
density of the unconstrained coordinates, so it stands on the maximum of that
one: only there does the expansion have no linear term.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.estimation import (
    Estimator,
    Journal,
    Posterior,
    Problem,
    Progress,
    make_posterior,
)

from ._checks import gradient_check
from ._coordinates import chart_of
from ._gaussian import definite_check, draw_gaussian, gaussian_of
from ._importance import weigh
from ._locate import (
    agreement,
    check_size,
    first_starts,
    locate,
    mode_notes,
)
from ._map import SearchConfig, search_notes
from ._named import named_jacobian

CONVENTION = (
    "the Gaussian stands on the maximum of the density of the unconstrained "
    "coordinates, with their Jacobian; the extra map_unconstrained is the "
    "maximum without it"
)


@dataclass(frozen=True, kw_only=True)
class LaplaceConfig(SearchConfig):
    """Settings of `laplace.fisher`.

    Parameters
    ----------
    draws
        Draws from the Gaussian, with importance weights.
    """

    draws: int = field(
        default=2000, metadata={"least": 10, "help": "weighted draws"}
    )


class Laplace(Estimator):
    """A Gaussian from the Fisher matrix, checked by importance sampling.

    The precision is J'J plus the prior's, J the forward-mode Jacobian of the
    residuals; the observed curvature of the density where a system has no
    residuals.
    """

    name = "laplace.fisher"
    needs = frozenset({"log_likelihood", "gradient"})
    checks = ("positive_definite", "gradient_norm", "k_hat")
    Config = LaplaceConfig

    def fit(
        self,
        problem: Problem,
        key: Any,
        *,
        config: LaplaceConfig,
        progress: Progress | None = None,
        checkpoint: Posterior | Journal | None = None,
    ) -> Posterior:
        """See `forwardax.Estimator.fit`.

        Returns
        -------
        Posterior
            One chain of weighted draws. `named_covariance` and
            `degenerate_directions` read its extras: `mode_unconstrained`,
            `map_unconstrained` `(size,)`; `coordinates`, `precision`,
            `prior_precision`, `scale` in chart coordinates;
            `named`, `named_mode`, `named_jacobian` of the free parameters.
        """
        check_size(problem, self.name)
        began = perf_counter()
        key_start, key_draw = jax.random.split(key)
        starts = first_starts(problem, key_start, config.starts, checkpoint)
        rate = config.learning_rate
        steps = config.first_order_steps
        first = locate(
            problem, starts, jacobian=False, steps=steps, rate=rate,
            progress=progress,
        )  # fmt: skip
        # From where the first searches ended; those that found nothing stay.
        order = np.argsort(first.ends.losses)[: config.starts]
        again = starts._replace(points=jnp.asarray(first.ends.points[order]))
        found = locate(problem, again, jacobian=True, steps=0, rate=rate)
        searched = perf_counter()
        gaussian = gaussian_of(found)
        points, log_q = draw_gaussian(
            problem,
            jnp.asarray(found.peak.point),
            jnp.asarray(gaussian.factor, starts.points.dtype),
            key_draw,
            config.draws,
        )
        names, mode, slopes = named_jacobian(problem, found.peak.point)
        if progress:
            progress("draws", 1, 1)
        made = make_posterior(
            problem,
            points[None],
            estimator=self.name,
            declared=self.checks,
            checks=(),
            notes=(
                CONVENTION,
                *gaussian.notes,
                *search_notes(problem, found),
                *mode_notes(agreement(problem, found)),
            ),
            extras={
                "mode_unconstrained": found.peak.point,
                "map_unconstrained": first.peak.point,
                "coordinates": np.asarray(chart_of(problem.plan).names),
                "precision": found.peak.precision,
                "prior_precision": found.peak.prior_precision,
                "covariance": gaussian.covariance,
                "scale": found.scale,
                "named": np.asarray(names),
                "named_mode": mode,
                "named_jacobian": slopes,
            },
        )
        return weigh(
            made,
            np.asarray(log_q),
            checks=(definite_check(gaussian), gradient_check(found)),
            timings={
                "search": searched - began,
                "draws": perf_counter() - searched,
            },
        )

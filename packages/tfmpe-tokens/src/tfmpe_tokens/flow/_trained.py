"""A flow that was trained on a problem: condition it on data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.calibration import rank_test
from forwardax.contracts import Check
from forwardax.errors import Fault, FitError
from forwardax.estimation import Posterior, Problem, make_posterior
from jax import Array

from .._tokens import Tokens
from ._best_fit import BestFit, Frames
from ._coordinates import Coordinates
from ._estimator import FlowEstimator
from ._posterior import calibration_check, weighed
from ._simulations import SimulatedTokens, tokens_of

if TYPE_CHECKING:
    from ._config import FlowConfig

_ALPHA = 0.001
"""Chance that the check of the calibration fails an exact posterior."""
_RANKED = 63
"""Draws that each held-aside truth is ranked among."""


@dataclass(frozen=True, eq=False)
class TrainedFlow:
    """An amortised posterior of one problem.

    Parameters
    ----------
    problem
        What it was trained on.
    coordinates
        Its unconstrained coordinates as tokens.
    estimator
        The trained network.
    config
        Settings.
    timings
        Seconds by stage.
    notes
        What a reader should know.
    held
        Simulations that the network never saw; None after several rounds.
    around
        Finds the best fits that it was trained about, or None.
    """

    problem: Problem
    coordinates: Coordinates
    estimator: FlowEstimator
    config: FlowConfig
    timings: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    held: SimulatedTokens | None = None
    around: BestFit | None = None

    def condition(
        self,
        data: Any,
        /,
        *,
        key: Array | None = None,
        draws: int | None = None,
        importance: bool | None = None,
    ) -> Posterior:
        """The posterior of some data.

        Parameters
        ----------
        data
            As the problem takes them: arrays or quantities by key.
        key
            JAX key; the same one for all data, if not given.
        draws
            Number of draws; that of the settings, if not given.
        importance
            Whether to weigh them against the true density, where there is
            one; as the settings say, if not given.

        Returns
        -------
        Posterior
            One chain of draws; with importance weights where the system has
            a likelihood and they can be trusted.

        Raises
        ------
        DataError
            With every fault of the data.
        """
        began = perf_counter()
        problem = self.problem.with_data(data)
        draw_key, noise_key = jax.random.split(
            jax.random.key(0) if key is None else key
        )
        n = self.config.draws if draws is None else draws
        seen = jax.tree.map(lambda x: x[None], problem.data)
        tokens = tokens_of(self.coordinates, None, seen)
        frames = None if self.around is None else self.around.frames(seen)
        targets = problem.free_keys
        drawn = self.estimator.sample(
            tokens,
            targets,
            key=draw_key,
            n=n,
            steps=self.config.solver_steps,
        )
        u = self._coordinates_of(drawn, frames)[0]
        sampled = perf_counter()
        likely = (
            self.config.importance if importance is None else importance
        ) and "log_likelihood" in problem.capabilities
        log_q = np.zeros(n)
        if likely:
            exact = problem.size <= self.config.exact_up_to
            log_q = self.estimator.log_prob(
                tokens,
                targets,
                draws=drawn,
                trace="exact" if exact else "hutchinson",
                key=noise_key,
                probes=8,
                steps=max(1, self.config.solver_steps // 2),
            )[0]
            if frames is not None:
                log_q = log_q - frames.log_volume[0]
        checks, declared = self._checks(likely)
        made = make_posterior(
            problem,
            jnp.asarray(u)[None],
            estimator="tfmpe.flow",
            declared=declared,
            checks=checks,
            log_densities=None if likely else np.full((1, n), np.nan),
            notes=(*self.notes, *self._outside(tokens), *self._bad(frames)),
            extras={"log_q": log_q},
        )
        if likely:
            made = weighed(made, log_q)
        if likely and not made.converged and self._could_be_fitted:
            advice = "around='fit' learns about the best fit of the data"
            made = replace(made, notes=(*made.notes, advice))
        return replace(
            made,
            timings={
                **self.timings,
                "draws": sampled - began,
                "weights": perf_counter() - sampled,
            },
        )

    @cached_property
    def calibration(self) -> Check:
        """Whether ranks of held-aside simulations are uniform."""
        if self.held is None:
            raise FitError(
                Fault(
                    "there are no simulations to judge the calibration on",
                    key="held",
                    fix="calibrate with forwardax.calibration; later rounds "
                    "are right for their own data alone",
                    code="missing",
                )
            )
        truths, draws = self.simulated_draws(self.held, _RANKED)
        result = rank_test(truths, draws)
        return calibration_check(result.p_values, _ALPHA)

    def simulated_draws(
        self, simulations: SimulatedTokens, n: int, *, key: Array | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """True coordinates and draws of them, for many simulations at once.

        Parameters
        ----------
        simulations
            From `simulate_tokens`, about the best fits if it was trained so.
        n
            Draws of each.
        key
            JAX key.

        Returns
        -------
        truths, draws
            By name of the coordinate, `(datasets,)` and `(datasets, n)`:
            what `forwardax.calibration.rank_test` and `tarp` take.
        """
        names = self.problem.plan.names
        drawn = self.estimator.sample(
            simulations.tokens,
            self.problem.free_keys,
            key=jax.random.key(1) if key is None else key,
            n=n,
            steps=self.config.solver_steps,
        )
        u = self._coordinates_of(drawn, simulations.frames)
        true = simulations.u
        return (
            {name: true[:, i] for i, name in enumerate(names)},
            {name: u[:, :, i] for i, name in enumerate(names)},
        )

    def save(self, path: str | Path) -> Path:
        """Write the network: one safetensors file; see `load`."""
        from ._save_problem import save_trained

        return save_trained(self, Path(path))

    @staticmethod
    def load(path: str | Path, problem: Problem) -> TrainedFlow:
        """Read what `save` wrote, for the problem that it was trained on.

        Raises
        ------
        SaveError
            If the file is missing, damaged, or no trained flow.
        TokenError
            If the problem's layout is another, naming what differs.
        """
        from ._save_problem import load_trained

        coordinates, config, notes = load_trained(Path(path), problem)
        network = FlowEstimator.load(path, coordinates.layout)
        around = BestFit.of(problem) if config.around == "fit" else None
        return TrainedFlow(
            problem, coordinates, network, config, notes=notes, around=around
        )

    def _coordinates_of(
        self, drawn: Tokens, frames: Frames | None
    ) -> np.ndarray:
        """Coordinates `(samples, n, size)` of drawn targets."""
        layout = self.coordinates.layout
        data = np.asarray(drawn.data, float)
        every = np.zeros(
            (*data.shape[:-2], layout.n_tokens, layout.value_width)
        )
        index = layout.index(self.problem.free_keys)
        every[..., index, : data.shape[-1]] = data
        found = self.coordinates.coordinates(every)
        return found if frames is None else frames.coordinates(found)

    def _checks(
        self, likely: bool
    ) -> tuple[tuple[Check, ...], tuple[str, ...]]:
        """Checks made, and those declared: weights, else the calibration."""
        if likely:
            return (), ("importance_ess", "k_hat")
        if self.held is None:
            return (), ("calibration",)
        return (self.calibration,), ("calibration",)

    @property
    def _could_be_fitted(self) -> bool:
        return self.around is None and "residuals" in self.problem.capabilities

    def _bad(self, frames: Frames | None) -> tuple[str, ...]:
        """A note, where the best fit is worse than any in the training."""
        if frames is None or self.around is None:
            return ()
        square, limit = float(frames.chi_square[0]), self.around.limit
        if square < limit:
            return ()
        return (
            f"the best fit has chi-square {square:.4g}, above the {limit:.4g} "
            "that the network was trained on: another model, or a fit that "
            "was not found",
        )

    def _outside(self, tokens: Tokens) -> tuple[str, ...]:
        """A note, where the data are unlike anything that was simulated."""
        if self.held is None:
            return ()
        names = [k for k in tokens.layout if k not in self.problem.free_keys]
        far: list[str] = []
        for name in names:
            if tokens.layout[name].summary:
                seen = np.asarray(self.held.tokens.summaries[name])
                own = np.asarray(tokens.summaries[name])[0]
            else:
                every = np.asarray(self.held.tokens.data)
                seen = every[:, tokens.layout.slice(name)]
                own = np.asarray(tokens.data)[0, tokens.layout.slice(name)]
            low, high = np.abs(seen.min(0)), np.abs(seen.max(0))
            reach = 2 * np.maximum(low, high)
            if (np.abs(own) > reach).any():
                far.append(name)
        if not far:
            return ()
        return (
            f"values of {', '.join(far)} are far outside of what the prior "
            "simulates: the network extrapolates",
        )

"""`tfmpe.flow`: trained once on a problem's simulations, conditioned often."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import jax
import numpy as np
from forwardax.errors import Fault, FitError
from forwardax.estimation import Estimator, Posterior, Problem, Progress
from jax import Array

from ._best_fit import BestFit
from ._config import FlowConfig
from ._coordinates import Coordinates
from ._estimator import FlowEstimator
from ._simulations import simulate_tokens
from ._trained import TrainedFlow
from ._truncated import truncated_simulations

CHECKS = ("calibration", "importance_ess", "k_hat")


class Flow(Estimator):
    """Flow matching with a transformer on the tokens of a problem.

    Trained on simulations from the prior, in the problem's unconstrained
    coordinates; conditioned on any data of the same shapes without more.
    """

    name = "tfmpe.flow"
    needs = frozenset({"simulate", "proper_prior"})
    checks = CHECKS
    Config = FlowConfig

    def train(
        self,
        problem: Problem,
        key: Array,
        *,
        config: FlowConfig | None = None,
        progress: Progress | None = None,
    ) -> TrainedFlow:
        """Simulate from the prior, and train.

        Parameters
        ----------
        problem
            With a proper prior and a simulator; its data are only looked at
            if there are several rounds.
        key
            JAX key.
        config
            Settings.
        progress
            Called with a stage, what is done of it, and all of it.

        Returns
        -------
        TrainedFlow
            Condition it on data.

        Raises
        ------
        ForwardaxError
            If the problem cannot be simulated, or a setting is wrong.
        """
        config = FlowConfig() if config is None else config
        began = perf_counter()
        coordinates = Coordinates.of(problem)
        around = _around(problem, config)
        keys = jax.random.split(key, 2 * config.rounds)
        made = simulate_tokens(
            problem,
            coordinates,
            keys[0],
            config.simulations + config.held,
            around=around,
            progress=progress,
        )
        if progress:
            progress("simulations", 1, 1)
        seconds = perf_counter() - began
        n_fit = made.u.shape[0] - config.held
        tokens, held = made[:n_fit].tokens, made[n_fit:]
        targets = problem.free_keys
        estimator = FlowEstimator(
            network=config.network, training=config.training
        ).fit(tokens, targets, key=keys[1], progress=progress)
        notes = [f"trained on {n_fit} simulations of the prior"]
        if made.dropped:
            why = "not finite" if around is None else "not finite or not fitted"
            notes.append(f"{made.dropped} simulations were {why}")
        for number in range(1, config.rounds):
            tokens, share = truncated_simulations(
                problem,
                coordinates,
                estimator,
                tokens,
                keys[2 * number],
                config.simulations,
                steps=config.solver_steps,
            )
            estimator = estimator.fit(
                tokens, targets, key=keys[2 * number + 1], progress=progress
            )
            notes.append(
                f"round {number + 1} simulated from {share:.2g} of the prior"
            )
        return TrainedFlow(
            problem,
            coordinates,
            estimator,
            config,
            timings={
                "simulations": seconds,
                "training": perf_counter() - began - seconds,
            },
            notes=tuple(notes),
            held=held if config.rounds == 1 else None,
            around=around,
        )

    def fit(
        self,
        problem: Problem,
        key: Any,
        *,
        config: FlowConfig,
        progress: Progress | None = None,
        checkpoint: Any = None,
    ) -> Posterior:
        """Train and condition; see `forwardax.Estimator.fit`."""
        del checkpoint
        train_key, draw_key = jax.random.split(key)
        trained = self.train(
            problem, train_key, config=config, progress=progress
        )
        data = jax.tree.map(np.asarray, problem.data)
        return trained.condition(data, key=draw_key)


def _around(problem: Problem, config: FlowConfig) -> BestFit | None:
    """What finds best fits, if that is asked for."""
    if config.around == "prior":
        return None
    if config.rounds > 1:
        raise FitError(
            Fault(
                "several rounds narrow the prior, which a best fit replaces",
                key="rounds",
                value=str(config.rounds),
                fix="around='prior', or rounds=1",
                code="rounds",
            )
        )
    found = BestFit.of(problem)
    found.check()
    return found

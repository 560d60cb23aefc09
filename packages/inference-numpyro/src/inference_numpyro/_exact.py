"""`exact.linear`: coefficients integrated, few other parameters by quadrature.

A system with `linear_gaussian` says which of its parameters are coefficients
that, given the rest, are normal a priori and enter the data linearly. Their
posterior is a normal in closed form, and so is the density of the rest with
the coefficients integrated. Up to three remaining coordinates are integrated
on a lattice; more are sampled.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.contracts import Check
from forwardax.estimation import (
    Estimator,
    Journal,
    Posterior,
    Problem,
    Progress,
    make_posterior,
    psis,
)

from ._exact_batch import ExactBatch, exact_batch
from ._exact_chains import sample
from ._exact_checks import chains_check, lattice_check, linear_check
from ._exact_moments import Local, combine, free_names
from ._exact_quadrature import at_points, evaluator, quadrature
from ._exact_split import Split, static_split
from ._nuts import NutsConfig

_MOST = 3
"""Remaining coordinates that a lattice takes."""


@dataclass(frozen=True, kw_only=True)
class ExactConfig:
    """Settings of `exact.linear`.

    Parameters
    ----------
    draws
        In all; of each chain where the remaining parameters are sampled.
    tolerance
        Relative error of the evidence that the quadrature aims at.
    max_nodes
        Of the quadrature.
    chains, warmup, target_accept
        As in `numpyro.nuts`, where more than three coordinates remain.
    """

    draws: int = field(default=2000, metadata={"least": 100, "help": "draws"})
    tolerance: float = field(
        default=1e-4, metadata={"least": 1e-12, "most": 0.1, "help": "error"}
    )
    max_nodes: int = field(
        default=100_000, metadata={"least": 100, "help": "of the quadrature"}
    )
    chains: int = field(default=4, metadata={"least": 1, "help": "chains"})
    warmup: int | None = field(
        default=None, metadata={"least": 10, "kind": int, "help": "steps"}
    )
    target_accept: float = field(
        default=0.8, metadata={"least": 0.1, "most": 0.999, "help": "rate"}
    )


class Exact(Estimator):
    """Linear coefficients exactly, the rest by quadrature or NUTS.

    A coefficient is integrated where the problem gives it a normal or a flat
    prior; its arguments may depend on other parameters. The result says what
    it rests on: the problem's own density is compared with the normal at
    every draw.
    """

    name = "exact.linear"
    needs = frozenset({"log_likelihood", "gradient", "linear_gaussian"})
    checks = ("linear_gaussian", "remaining")
    Config = ExactConfig

    def fit(
        self,
        problem: Problem,
        key: Any,
        *,
        config: ExactConfig,
        progress: Progress | None = None,
        checkpoint: Posterior | Journal | None = None,
    ) -> Posterior:
        """See `forwardax.Estimator.fit`.

        Returns
        -------
        Posterior
            Weighted draws of a lattice, or chains. Extras: `log_evidence`
            (NaN where the prior is improper) and `log_evidence_error`, its
            relative error; `moment_names`, `moment_mean`, `moment_sd`, which
            `exact_moments` reads; of a lattice also its `nodes` `(node, m)`
            in unconstrained coordinates and their `node_weights`.

        Raises
        ------
        CapabilityError
            If no coefficient with a normal prior is free.
        FitError
            If the density is finite nowhere.
        """
        del checkpoint  # quick enough to begin again
        split = static_split(problem)
        if len(split.rest) > _MOST:
            return self._chains(problem, split, key, config, progress)
        return self._lattice(problem, split, key, config, progress)

    def batch(self, problems: Problem, key: Any) -> ExactBatch:
        """Moments and evidence of many problems in one program; no draws.

        Parameters
        ----------
        problems
            Stacked by `forwardax.stack`.
        key
            JAX key or seed, for the starts of the searches.

        Raises
        ------
        CapabilityError
            If more than three coordinates remain.
        """
        seed = jax.random.key(key) if isinstance(key, int) else key
        return exact_batch(problems, seed)

    def _lattice(
        self,
        problem: Problem,
        split: Split,
        key: Any,
        config: ExactConfig,
        progress: Progress | None,
    ) -> Posterior:
        began = perf_counter()
        key_mode, key_draw = jax.random.split(key)
        evaluate = evaluator(problem, len(split.linear))
        tuned = quadrature(
            problem,
            evaluate,
            key_mode,
            len(split.rest),
            tolerance=config.tolerance,
            most=config.max_nodes,
            progress=progress,
        )
        integrated = perf_counter()
        lattice = tuned.lattice
        rng = _rng(key_draw)
        rests, log_q = tuned.draw(config.draws, rng)
        drawn = _draw(problem, split, rests, rng)
        made = make_posterior(
            problem,
            jnp.asarray(drawn.u)[None],
            estimator=self.name,
            declared=self.checks,
            checks=(),
        )
        told = made.log_density.ravel().astype(float)
        ratio = told - log_q - drawn.log_q
        smooth = psis(np.where(np.isnan(ratio), -np.inf, ratio))
        weights = lattice.weights
        mean, variance = combine(
            weights, lattice.found["mean"], lattice.found["variance"]
        )
        proper = "proper_prior" in problem.capabilities
        return replace(
            made,
            weights=np.exp(smooth.log_weights)[None],
            checks=(
                _linear(drawn, told),
                lattice_check(
                    lattice, config.tolerance, smooth.k_hat, smooth.threshold
                ),
            ),
            notes=_notes(problem, split),
            stats={"log_weight": ratio[None]},
            extras={
                "log_evidence": _evidence(lattice.log_integral, proper),
                "log_evidence_error": _evidence(lattice.error, proper),
                "moment_names": np.asarray(free_names(problem)),
                "moment_mean": mean,
                "moment_sd": np.sqrt(variance),
                "nodes": tuned.points,
                "node_weights": weights,
            },
            timings={
                "quadrature": integrated - began,
                "draws": perf_counter() - integrated,
            },
        )

    def _chains(
        self,
        problem: Problem,
        split: Split,
        key: Any,
        config: ExactConfig,
        progress: Progress | None,
    ) -> Posterior:
        began = perf_counter()
        key_chain, key_draw = jax.random.split(key)
        evaluate = evaluator(problem, len(split.linear))
        settings = NutsConfig(
            draws=config.draws,
            chains=config.chains,
            warmup=config.warmup,
            target_accept=config.target_accept,
        )
        size = len(split.rest)
        sampled = sample(problem, evaluate, size, key_chain, settings, progress)
        ended = perf_counter()
        flat = sampled.rests.reshape(-1, size)
        drawn = _draw(problem, split, flat, _rng(key_draw))
        shape = (*sampled.rests.shape[:2], problem.size)
        made = make_posterior(
            problem,
            jnp.asarray(drawn.u).reshape(shape),
            estimator=self.name,
            declared=self.checks,
            checks=(),
        )
        told = made.log_density.ravel().astype(float)
        equal = np.full(len(flat), 1 / len(flat))
        mean, variance = combine(equal, drawn.mean, drawn.variance)
        inner = sampled.inner
        proper = "proper_prior" in problem.capabilities
        return replace(
            made,
            checks=(_linear(drawn, told), chains_check(inner)),
            notes=(*_notes(problem, split), *inner.notes),
            stats=inner.stats,
            extras={
                "log_evidence": _evidence(sampled.log_evidence, proper),
                "log_evidence_error": _evidence(sampled.error, proper),
                "moment_names": np.asarray(free_names(problem)),
                "moment_mean": mean,
                "moment_sd": np.sqrt(variance),
            },
            timings={
                **inner.timings,
                "chains": ended - began,
                "draws": perf_counter() - ended,
            },
        )


def _rng(key: Any) -> np.random.Generator:
    return np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel())


def _draw(
    problem: Problem, split: Split, rests: Any, rng: np.random.Generator
) -> Local:
    z = rng.normal(size=(len(rests), len(split.linear)))
    return at_points(problem, rests, z)


def _linear(drawn: Local, told: Any) -> Check:
    modelled = np.asarray(drawn.log_marginal + drawn.log_q, float)
    eps = float(np.finfo(drawn.u.dtype).eps)
    return linear_check(told, modelled, float(drawn.rank.min()), eps)


def _evidence(value: float, proper: bool) -> Any:
    return np.asarray(value if proper else np.nan)


def _notes(problem: Problem, split: Split) -> tuple[str, ...]:
    notes = [f"{len(split.linear)} coefficients are integrated exactly"]
    if split.left:
        named = ", ".join(split.left)
        notes.append(f"not integrated, for the prior is not normal: {named}")
    if "proper_prior" not in problem.capabilities:
        notes.append("the prior is improper: there is no evidence")
    elif problem.plan.validity:
        notes.append(
            "the evidence counts the prior as it is written, not as the "
            "validity conditions cut it"
        )
    return tuple(notes)

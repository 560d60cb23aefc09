"""Later rounds: simulations from the prior, cut to where the posterior is."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, FitError
from forwardax.estimation import Problem
from jax import Array

from .._combine import concat
from .._tokens import Tokens
from ._coordinates import Coordinates
from ._estimator import FlowEstimator
from ._simulations import simulate_tokens, tokens_of

EPSILON = 1e-3
"""Share of the posterior that the cut may lose."""
_CANDIDATES = 4096
_TRIES = 200


def truncated_simulations(
    problem: Problem,
    coordinates: Coordinates,
    estimator: FlowEstimator,
    tokens: Tokens,
    key: Array,
    n: int,
    *,
    steps: int = 20,
) -> tuple[Tokens, float]:
    """Simulations in the highest-density region of a posterior.

    Within the region they are draws from the prior, so that training needs
    no correction; those of earlier rounds that lie in it are used again.

    Parameters
    ----------
    problem
        With data.
    coordinates
        Its coordinates.
    estimator
        Trained in the rounds before.
    tokens
        Simulations of the rounds before.
    key
        JAX key.
    n
        New simulations.
    steps
        Steps along the flow.

    Returns
    -------
    Tokens
        Simulations of all rounds within the region.
    float
        Share of the prior that it holds.

    Raises
    ------
    FitError
        If there are no data, or the region holds too little of the prior.

    References
    ----------
    Deistler, Goncalves, Macke (2022), arXiv:2210.04815, algorithm 1.
    """
    if problem.data is None:
        raise FitError(
            Fault(
                "several rounds are for one set of data",
                key="rounds",
                value="no data",
                fix="problem.with_data(data), or rounds=1",
                code="data",
            )
        )
    targets = problem.free_keys
    draw_key, key = jax.random.split(key)
    seen = jax.tree.map(lambda x: np.asarray(x)[None], problem.data)
    own = tokens_of(coordinates, None, seen)
    drawn = estimator.sample(own, targets, key=draw_key, n=1000, steps=steps)
    level = np.quantile(
        estimator.log_prob(own, targets, draws=drawn, steps=steps)[0], EPSILON
    )

    def inside(u: np.ndarray) -> np.ndarray:
        whole = tokens_of(coordinates, u, _repeated(seen, len(u)))
        part = whole.select_tokens(targets).tokens()
        one = jax.tree.map(lambda x: x[None], part)
        return (
            estimator.log_prob(own, targets, draws=one, steps=steps)[0] > level
        )

    kept: list[Tokens] = []
    count = tried = 0
    for attempt in range(_TRIES):
        made = simulate_tokens(
            problem, coordinates, jax.random.fold_in(key, attempt), _CANDIDATES
        )
        good = inside(made.u)
        tried += len(good)
        count += int(good.sum())
        kept.append(jax.tree.map(lambda x, g=good: x[g], made.tokens))
        if count >= n:
            break
    if count < min(n, 100):
        raise FitError(
            Fault(
                "the posterior holds too little of the prior to cut it",
                key="rounds",
                value=f"{count} of {tried} draws of the prior",
                fix="use one round with more simulations",
                code="rounds",
            )
        )
    before = coordinates.coordinates(tokens.data)
    old = jax.tree.map(lambda x: x[inside(before)], tokens)
    every = concat([old, *kept])
    total = _rows(old) + n
    return jax.tree.map(lambda x: x[:total], every), count / tried


def _rows(tokens: Tokens) -> int:
    return tokens.data.shape[0]


def _repeated(data: Any, n: int) -> Any:
    return jax.tree.map(lambda x: jnp.broadcast_to(x, (n, *x.shape[1:])), data)

"""Local two-sample test: whether the posterior of these very data is right.

A classifier learns to tell true parameters from drawn ones, given the data
that belong to them; at the observed data it must find nothing. How far it
strays by chance is seen from classifiers of pairs that were swapped at
random.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from forwardax.errors import Fault, Faults, FitError
from jax import Array

_WIDTH = 32
_STEPS = 250
_RATE = 5e-3
_DECAY = 1e-2


class LocalC2ST(NamedTuple):
    """What the test says.

    Attributes
    ----------
    statistic
        Mean squared distance of the classifier from 1/2 at the observed
        data: 0 where the posterior is right, 1/4 at most.
    p_value
        Share of the null that is as large.
    null
        Statistics of swapped pairs, `(null,)`.
    probabilities
        Probability of each observed draw to be a true parameter, `(draw,)`.
    """

    statistic: float
    p_value: float
    null: np.ndarray
    probabilities: np.ndarray

    @property
    def verdict(self) -> str:
        """One sentence."""
        right = "agrees with" if self.p_value >= 0.05 else "differs from"
        return (
            f"the posterior of these data {right} the true one: statistic "
            f"{self.statistic:.2g}, p = {self.p_value:.2g}"
        )


def local_c2st(
    truths: Any,
    draws: Any,
    conditions: Any,
    observed_draws: Any,
    observed: Any,
    *,
    key: Array,
    null: int = 100,
) -> LocalC2ST:
    """Test the posterior of observed data.

    Parameters
    ----------
    truths
        Parameters drawn from the prior, `(n, parameters)`.
    draws
        One draw from the estimated posterior of the data simulated from
        each, `(n, parameters)`.
    conditions
        Those data, `(n, values)`; a summary where there are many.
    observed_draws
        Draws from the estimated posterior of the observed data, `(draw,
        parameters)`.
    observed
        The observed data, `(values,)`.
    key
        JAX key.
    null
        Classifiers of swapped pairs.

    Raises
    ------
    FitError
        If arrays do not fit together.

    References
    ----------
    Linhart, Gramfort, Rodrigues (2023), arXiv:2306.03580, algorithms 1
    and 2.
    """
    arrays = {
        "truths": np.asarray(truths, float),
        "draws": np.asarray(draws, float),
        "conditions": np.asarray(conditions, float),
        "observed_draws": np.asarray(observed_draws, float),
        "observed": np.atleast_2d(np.asarray(observed, float)),
    }
    _check(arrays)
    centre = arrays["truths"].mean(0), arrays["conditions"].mean(0)
    spread = arrays["truths"].std(0), arrays["conditions"].std(0)
    spread = tuple(np.where(s > 0, s, 1.0) for s in spread)

    def unit(name: str, which: int) -> Array:
        found = (arrays[name] - centre[which]) / spread[which]
        return jnp.asarray(found, jnp.float32)

    swap_key, start_key = jax.random.split(key)
    n = len(arrays["truths"])
    swaps = jax.random.bernoulli(swap_key, 0.5, (null + 1, n))
    swaps = swaps.at[0].set(False)
    starts = jax.random.split(start_key, null + 1)
    probabilities = np.asarray(
        _probabilities(
            unit("truths", 0),
            unit("draws", 0),
            unit("conditions", 1),
            unit("observed_draws", 0),
            unit("observed", 1),
            swaps,
            starts,
        ),
        float,
    )
    statistics = np.square(probabilities - 0.5).mean(-1)
    own, chance = float(statistics[0]), statistics[1:]
    p_value = float((1 + (chance >= own).sum()) / (1 + null))
    return LocalC2ST(own, p_value, chance, probabilities[0])


def _check(arrays: dict[str, np.ndarray]) -> None:
    faults = Faults()
    n, size = np.shape(arrays["truths"])[0], arrays["truths"].shape[-1]
    values = arrays["conditions"].shape[-1]
    wanted = {
        "truths": (n, size),
        "draws": (n, size),
        "conditions": (n, values),
        "observed_draws": (len(arrays["observed_draws"]), size),
        "observed": (1, values),
    }
    for name, array in arrays.items():
        if array.shape != wanted[name]:
            faults.append(
                Fault(
                    f"{name!r} does not fit the others",
                    key=name,
                    value=f"shape {array.shape}",
                    allowed=f"shape {wanted[name]}",
                    code="shape",
                )
            )
        elif not np.isfinite(array).all():
            faults.append(
                Fault(f"{name!r} is not finite", key=name, code="value")
            )
    faults.throw(FitError, "local C2ST")


@partial(jax.jit)
def _probabilities(
    truths: Array,
    draws: Array,
    conditions: Array,
    observed_draws: Array,
    observed: Array,
    swaps: Array,
    starts: Array,
) -> Array:
    """Of being true, for each classifier and observed draw."""
    at = jnp.broadcast_to(
        observed, (observed_draws.shape[0], observed.shape[1])
    )
    asked = jnp.concatenate([observed_draws, at], -1)

    def one(parts: tuple[Array, Array]) -> Array:
        swap, key = parts
        first = jnp.where(swap[:, None], draws, truths)
        second = jnp.where(swap[:, None], truths, draws)
        inputs = jnp.concatenate(
            [
                jnp.concatenate([first, conditions], -1),
                jnp.concatenate([second, conditions], -1),
            ]
        )
        labels = jnp.repeat(jnp.asarray([1.0, 0.0], jnp.float32), len(truths))
        return jax.nn.sigmoid(_logits(_trained(inputs, labels, key), asked))

    return jax.lax.map(one, (swaps, starts), batch_size=10)


def _trained(inputs: Array, labels: Array, key: Array) -> list[Array]:
    sizes = [inputs.shape[-1], _WIDTH, _WIDTH, 1]
    weights: list[Array] = []
    for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
        key, own = jax.random.split(key)
        matrix = jax.random.normal(own, (fan_in, fan_out), jnp.float32)
        weights += [matrix * np.float32((2 / fan_in) ** 0.5)]
        weights += [jnp.zeros(fan_out, jnp.float32)]
    optimiser = optax.adamw(_RATE, weight_decay=_DECAY)

    def loss(weights: list[Array]) -> Array:
        logits = _logits(weights, inputs)
        return optax.sigmoid_binary_cross_entropy(logits, labels).mean()

    def step(state: Any, _: None) -> tuple[Any, None]:
        weights, kept = state
        updates, kept = optimiser.update(jax.grad(loss)(weights), kept, weights)
        return (optax.apply_updates(weights, updates), kept), None

    start = (weights, optimiser.init(weights))
    return jax.lax.scan(step, start, None, length=_STEPS)[0][0]


def _logits(weights: list[Array], inputs: Array) -> Array:
    hidden = jax.nn.relu(inputs @ weights[0] + weights[1])
    hidden = jax.nn.relu(hidden @ weights[2] + weights[3])
    return (hidden @ weights[4] + weights[5])[..., 0]

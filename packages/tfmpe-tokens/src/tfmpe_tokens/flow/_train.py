"""Training: any loss over rows of data, in long strides on the device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from forwardax.errors import Fault
from jax import Array

from .._errors import TokenError

Loss = Callable[[Any, Any, Array], Array]
"""`loss(parameters, rows, key)`: a scalar. It must be hashable."""
_REPEATS = 4
"""Times that the validation rows are gone through, each with other noise."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How a network is trained.

    Parameters
    ----------
    steps
        Most steps of the optimiser.
    batch_size
        Rows in a step.
    learning_rate
        At its peak; it rises over the first steps and falls as a cosine.
    weight_decay
        Of Adam.
    average
        Steps that the moving average of the parameters looks back on; a
        twentieth of all the steps, if 0.
    validation
        Share of the rows that is kept apart.
    stride
        Steps between two looks at the validation loss, all on the device.
    patience
        Looks without an improvement before training ends.
    draws
        Times and noises drawn for each row of a batch.
    time_power
        The density of times is proportional to this power of the time.
    """

    steps: int = field(default=8000, metadata={"least": 1})
    batch_size: int = field(default=256, metadata={"least": 1})
    learning_rate: float = field(default=1e-3, metadata={"least": 1e-8})
    weight_decay: float = field(default=1e-4, metadata={"least": 0.0})
    average: int = field(default=0, metadata={"least": 0})
    validation: float = field(
        default=0.05, metadata={"least": 0.01, "most": 0.5}
    )
    stride: int = field(default=250, metadata={"least": 1})
    patience: int = field(default=12, metadata={"least": 1})
    draws: int = field(default=1, metadata={"least": 1})
    time_power: float = field(default=0.0, metadata={"least": 0.0})


class TrainState(NamedTuple):
    """Everything that changes in training; a pytree.

    Attributes
    ----------
    parameters, optimiser
        Of the network, and what the optimiser keeps.
    average
        Moving average of the parameters, not yet corrected for its start.
    step
        Steps that were made.
    best, best_loss
        Averaged parameters of least validation loss, and that loss.
    stale
        Looks since then.
    """

    parameters: Any
    optimiser: Any
    average: Any
    step: Array
    best: Any
    best_loss: Array
    stale: Array


class TrainLog(NamedTuple):
    """How a training went.

    Attributes
    ----------
    steps
        Steps at each look, `(looks,)`.
    loss, validation
        Mean loss since the last look, and validation loss of the averaged
        parameters, `(looks,)`.
    seconds
        In all, the compilation included.
    stopped_early
        Whether it ended before its last step.
    """

    steps: np.ndarray
    loss: np.ndarray
    validation: np.ndarray
    seconds: float
    stopped_early: bool


def train(
    loss: Loss,
    parameters: Any,
    rows: Any,
    key: Array,
    *,
    config: TrainConfig = TrainConfig(),
    validation_loss: Loss | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Any, TrainLog]:
    """Parameters of least validation loss.

    Parameters
    ----------
    loss
        Scalar loss of parameters on rows; hashable, so that a second
        training with an equal loss compiles nothing.
    parameters
        Pytree of arrays to start from.
    rows
        Pytree of arrays with one leading axis; the last rows are kept apart
        for validation.
    key
        JAX key.
    config
        Steps, rates and sizes.
    validation_loss
        Where it differs from `loss`.
    progress
        Called with a stage, steps done and steps in all.

    Returns
    -------
    parameters
        Of the moving average, corrected for its start.
    TrainLog
        Losses.

    Raises
    ------
    TokenError
        If there are too few rows, or the loss is never finite.
    """
    began = perf_counter()
    n = jax.tree.leaves(rows)[0].shape[0]
    held = max(1, round(config.validation * n))
    if n < 2 or held >= n:
        raise TokenError(
            Fault(
                "there are too few rows to train on",
                key="rows",
                value=str(n),
                allowed="2 or more",
                code="rows",
            )
        )
    fit_rows = jax.tree.map(lambda x: x[: n - held], rows)
    held_rows = jax.tree.map(lambda x: x[n - held :], rows)
    stride = min(config.stride, config.steps)
    looks = -(-config.steps // stride)
    program = _Program(
        loss,
        validation_loss or loss,
        config.learning_rate,
        config.weight_decay,
        looks * stride,
        1.0 - 1.0 / (config.average or max(10.0, looks * stride / 20)),
        config.batch_size,
        stride,
    )
    step_key, held_key = jax.random.split(key)
    state = program.start(parameters)
    history: list[tuple[int, float, float]] = []
    for look in range(looks):
        state, mean, validation = _advance(
            program, state, fit_rows, held_rows, step_key, held_key
        )
        history.append(((look + 1) * stride, float(mean), float(validation)))
        if progress is not None:
            progress("training", (look + 1) * stride, looks * stride)
        if int(state.stale) >= config.patience:
            break
    if not np.isfinite(float(state.best_loss)):
        raise TokenError(
            Fault(
                "the loss was never finite",
                key="loss",
                value=f"{history[-1][1]:g}",
                fix="look for values that are not finite among the tokens, "
                "or lower the learning rate",
                code="loss",
            )
        )
    steps, losses, validations = (
        np.array(x) for x in zip(*history, strict=True)
    )
    early = len(history) < looks
    seconds = perf_counter() - began
    return state.best, TrainLog(steps, losses, validations, seconds, early)


@dataclass(frozen=True)
class _Program:
    """The static part of a training."""

    loss: Loss
    validation_loss: Loss
    learning_rate: float
    weight_decay: float
    steps: int
    decay: float
    batch_size: int
    stride: int

    @property
    def optimiser(self) -> optax.GradientTransformation:
        warm = max(1, min(500, self.steps // 20))
        schedule = optax.warmup_cosine_decay_schedule(
            0.0, self.learning_rate, warm, max(self.steps, warm + 1)
        )
        return optax.chain(
            optax.clip_by_global_norm(1.0),
            optax.adamw(schedule, weight_decay=self.weight_decay),
        )

    def start(self, parameters: Any) -> TrainState:
        parameters = jax.tree.map(jnp.asarray, parameters)
        return TrainState(
            parameters,
            self.optimiser.init(parameters),
            jax.tree.map(jnp.zeros_like, parameters),
            jnp.zeros((), jnp.int32),
            parameters,
            jnp.asarray(np.inf, jnp.float32),
            jnp.zeros((), jnp.int32),
        )


@partial(jax.jit, static_argnums=0)
def _advance(
    program: _Program,
    state: TrainState,
    rows: Mapping[str, Any],
    held: Mapping[str, Any],
    key: Array,
    held_key: Array,
) -> tuple[TrainState, Array, Array]:
    """One stride of steps, and a look at the validation loss."""
    n = jax.tree.leaves(rows)[0].shape[0]
    optimiser = program.optimiser
    slope = jax.value_and_grad(program.loss)

    def step(state: TrainState, _: None) -> tuple[TrainState, Array]:
        choose, noise = jax.random.split(jax.random.fold_in(key, state.step))
        index = jax.random.randint(choose, (program.batch_size,), 0, n)
        batch = jax.tree.map(lambda x: jnp.take(x, index, axis=0), rows)
        value, gradient = slope(state.parameters, batch, noise)
        updates, kept = optimiser.update(
            gradient, state.optimiser, state.parameters
        )
        parameters = optax.apply_updates(state.parameters, updates)
        average = jax.tree.map(
            lambda a, p: a + (1.0 - program.decay) * (p - a),
            state.average,
            parameters,
        )
        after = state._replace(
            parameters=parameters,
            optimiser=kept,
            average=average,
            step=state.step + 1,
        )
        return after, value

    state, losses = jax.lax.scan(step, state, None, length=program.stride)
    # The average starts at zero, which would stay in it for long.
    share = 1.0 - jnp.power(program.decay, state.step.astype(jnp.float32))
    mean = jax.tree.map(lambda a: (a / share).astype(a.dtype), state.average)
    validation = jax.lax.map(
        lambda k: program.validation_loss(mean, held, k),
        jax.random.split(held_key, _REPEATS),
    ).mean()
    better = validation < state.best_loss
    state = state._replace(
        best=jax.tree.map(
            lambda new, old: jnp.where(better, new, old), mean, state.best
        ),
        best_loss=jnp.where(better, validation, state.best_loss),
        stale=jnp.where(better, 0, state.stale + 1),
    )
    return state, losses.mean(), validation

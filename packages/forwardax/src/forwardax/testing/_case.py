# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Case: a system together with the points at which it is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .._plugins.entries import SystemEntry
from .._problem.density import is_valid
from .._problem.problem import Problem
from .._system.store import ParameterStore
from .._system.system import System
from ..errors import ForwardaxError
from ._precision import cast, precision

_BATCH = 64
"""Prior draws that set the scales and the corners of the prior."""


class Case:
    """What the contracts look at; everything in it is made once, on demand.

    Parameters
    ----------
    system
        The system under test.
    key
        Seed of all that is random.
    data
        What was measured; simulated where None.
    values
        Further points by key, checked besides the prior draws. Needed where
        the prior is improper.
    entry
        The record that declares the system, if it is registered.
    target
        `"module:attr"` of the spec, or of a function that makes the system
        or its spec, so that another process can make it again.
    draws
        Number of prior draws that are checked one by one.
    rtol
        Allowed relative difference of what should be equal.
    decisions
        Keyword arguments of `Problem`: `fixed`, `priors`, ...
    """

    def __init__(
        self,
        system: System,
        *,
        key: int | Array = 0,
        data: Any = None,
        values: Sequence[Mapping[str, Any]] = (),
        entry: SystemEntry | None = None,
        target: str | None = None,
        draws: int = 8,
        rtol: float = 1e-10,
        **decisions: Any,
    ) -> None:
        self.given = system
        self.key: Array = jax.random.key(key) if isinstance(key, int) else key
        self.given_data = data
        self.extra = tuple(values)
        self.entry = entry
        self.target = target
        self.draws = draws
        self.rtol = rtol
        self.decisions = decisions

    @cached_property
    def system(self) -> System:
        """The system in double precision."""
        with precision(double=True):
            return cast(self.given, double=True)

    @cached_property
    def posed(self) -> Problem | ForwardaxError:
        """The problem, without data where those are refused."""
        with precision(double=True):
            try:
                problem = Problem(self.system, **self.decisions)
            except ForwardaxError as error:
                return error
            return (
                problem if self.data is None else problem.with_data(self.data)
            )

    @property
    def problem(self) -> Problem:
        """The problem; for contracts that need it."""
        if isinstance(self.posed, ForwardaxError):
            raise self.posed
        return self.posed

    @cached_property
    def data(self) -> Any:
        """Checked data: given, else simulated; None where refused."""
        with precision(double=True):
            return self._data()

    def _data(self) -> Any:
        data = self.given_data
        if data is None and self.can("simulate") and self.stores:
            key = jax.random.fold_in(self.key, 1)
            try:
                data = self.system.simulate(key, self.stores[0])  # pyright: ignore
            except Exception:  # the contract on simulate tells
                return None
        try:
            return None if data is None else self.system.check_data(data)
        except ForwardaxError:
            if self.given_data is not None:
                raise
            return None

    def can(self, capability: str) -> bool:
        """Whether the system offers a capability."""
        return capability in self.system.capabilities

    # --- Points ------------------------------------------------------------

    @cached_property
    def _bare(self) -> Problem:
        return Problem(self.system, **self.decisions)

    @cached_property
    def _prior(self) -> Any:
        """Batched store of prior draws, or None."""
        if "proper_prior" not in self._bare.capabilities:
            return None
        keys = jax.random.split(self.key, _BATCH)
        return jax.jit(jax.vmap(Problem.prior_sample, (None, 0)))(
            self._bare, keys
        )

    @cached_property
    def stores(self) -> tuple[ParameterStore, ...]:
        """Points to check: prior draws, then the values given."""
        with precision(double=True):
            found = [self.system.store(values) for values in self.extra]
            if self._prior is not None:
                found = [
                    jax.tree.map(lambda leaf, i=i: leaf[i], self._prior)
                    for i in range(self.draws)
                ] + found
            return tuple(found)

    @cached_property
    def points(self) -> Array:
        """`stores` as unconstrained points, `(n, size)`."""
        fold = jax.jit(Problem.to_unconstrained)
        with precision(double=True):
            return jnp.stack([fold(self._bare, s) for s in self.stores])

    @cached_property
    def _cloud(self) -> Array:
        if self._prior is None:
            return self.points
        fold = jax.jit(jax.vmap(Problem.to_unconstrained, (None, 0)))
        return fold(self._bare, self._prior)

    @cached_property
    def scales(self) -> Array:
        """Spread of each coordinate under the prior, `(size,)`."""
        if self._prior is None:
            return jnp.ones((self._bare.size,))
        spread = jnp.std(self._cloud, axis=0)
        return jnp.where(spread > 0, spread, 1.0)

    @cached_property
    def corners(self) -> Array:
        """Prior draws, and points beyond their extremes, `(n, size)`."""
        if self._prior is None:
            return self.points
        low, high = self._cloud.min(0), self._cloud.max(0)
        middle, half = (low + high) / 2, (high - low) / 2
        signs = np.ones((8, self._bare.size))
        signs[1] = -1
        signs[2:] = np.random.default_rng(0).choice([-1, 1], signs[2:].shape)
        return jnp.concatenate([self._cloud, middle + 1.5 * half * signs])

    @cached_property
    def valid(self) -> Callable[[Array], bool]:
        """Whether the validity conditions hold at an unconstrained point."""
        compiled = jax.jit(is_valid)
        return lambda u: bool(compiled(self._bare, u))

    # --- Functions ---------------------------------------------------------

    @cached_property
    def predict(self) -> Callable[[System, ParameterStore], Any]:
        """`predict`, compiled, with the system as an argument."""
        return jax.jit(lambda system, store: system.predict(store))

    @cached_property
    def log_likelihood(self) -> Callable[[System, ParameterStore, Any], Array]:
        """The log-likelihood, compiled; summed, so always a scalar."""
        return jax.jit(
            lambda system, store, data: jnp.sum(
                system.log_likelihood(store, data)
            )
        )

    def objective(self, problem: Problem, store: ParameterStore) -> Array:
        """A scalar with the gradients of the system; pure.

        The log-likelihood, else a random projection of the prediction.
        """
        system: Any = problem.system
        if self.can("log_likelihood") and problem.data is not None:
            return jnp.sum(system.log_likelihood(store, problem.data))
        total = jnp.zeros(())
        leaves = jax.tree.leaves(system.predict(store))
        for number, leaf in enumerate(leaves):
            key = jax.random.fold_in(jax.random.key(7), number)
            parts = [leaf.real, leaf.imag] if jnp.iscomplexobj(leaf) else [leaf]
            for part in parts:
                weights = jax.random.normal(key, part.shape)
                total += jnp.sum(weights * part) / max(part.size, 1) ** 0.5
        return total

    @cached_property
    def gradient(self) -> Callable[[Problem, ParameterStore], Any]:
        """Reverse-mode gradient of the objective, by parameter."""
        return jax.jit(jax.grad(self.objective, argnums=1))

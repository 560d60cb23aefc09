"""`lambda3.pair`: two series, each after the other, with correlated noise."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from forwardax import LinearGaussian, ParameterStore
from jax import Array

from .._declare.entries import MODELS
from .._declare.terms import CROSS, TERMS, own_keys
from . import _columns
from ._model import Model
from ._normal import log_normal, prior_scale
from ._rebuild import taken_apart

_ENTRY = MODELS["lambda3.pair"]
_FLOOR = 1e-9
"""Least variance of its own that a series has: 1 would be none."""


class Together(LinearGaussian):
    """Noise of two series that is correlated at each moment.

    Attributes
    ----------
    scales
        Standard deviations, `(2, n)`.
    correlation
        `(n,)`.
    """

    scales: Array
    correlation: Array

    def whiten(self, columns: Array) -> Array:
        """Columns `(2 n, m)` in units of the noise."""
        first, second = columns.reshape(2, -1, columns.shape[-1])
        both = _apart(
            first,
            second,
            self.scales[..., None],
            self.correlation[:, None],
        )
        return jnp.concatenate(both)


class Pair(Model):
    """Two regressions with the events of each in the other, later.

    Attributes
    ----------
    centre, spread
        Constants that standardise the series, `(2,)`.
    per_unit
        As in `Regression`, `(2, k)`.
    """

    centre: Array
    spread: Array
    per_unit: Array

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the coefficients, in the order of the columns."""
        own = own_keys(self.built["terms"])
        return ("level", *own, *(term.key for term in CROSS.values()))

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """The series without noise, `{"series": (2, n)}`."""
        c = jnp.stack([store[key] for key in self.keys], axis=-1)
        line = jnp.einsum("mnk,mk->mn", self.columns, c)
        return {"series": self.centre[:, None] + self.spread[:, None] * line}

    def _noise(self, store: ParameterStore) -> tuple[Array, Array]:
        """Scales `(2, n)` and correlation `(n,)`; far where unused."""
        scale = (self.spread * store["noise.scale"])[:, None]
        far = (_columns.FAR * self.spread)[:, None]
        scales = jnp.where(self.used, scale, far)
        return scales, jnp.where(self.used, store["noise.correlation"], 0.0)

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any
    ) -> Array:
        """Term of each moment, 0 where it does not count, `(n,)`."""
        gap = data["series"] - self.predict(store)["series"]
        scales, correlation = self._noise(store)
        scales = jnp.where(self.used, scales, 1.0)
        first, second = _apart(gap[0], gap[1], scales, correlation)
        own = scales[1] * own_share(correlation)
        terms = log_normal(first, jnp.ones(())) - jnp.log(scales[0])
        terms += log_normal(second, jnp.ones(())) - jnp.log(own)
        return jnp.where(self.used, terms, 0.0)

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Normal noise, independent from moment to moment."""
        return self.pointwise_log_likelihood(store, data).sum()

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """Two series with noise, conditional on the features."""
        mean = self.predict(store)["series"]
        a, b = jax.random.normal(key, mean.shape, mean.dtype)
        r = store["noise.correlation"]
        noise = jnp.stack([a, r * a + own_share(r) * b])
        scale = (self.spread * store["noise.scale"])[:, None]
        return {"series": mean + scale * noise}

    def linear_gaussian(self, store: ParameterStore) -> Together:
        """The series, given the noise, are linear in all else."""
        scales, correlation = self._noise(store)
        a, b = scales
        zero = jnp.zeros((self.length, self.length), a.dtype)
        factor = jnp.block(
            [
                [jnp.diag(a), zero],
                [
                    jnp.diag(b * correlation),
                    jnp.diag(b * own_share(correlation)),
                ],
            ]
        )
        # The entries of a key are those of the two members.
        count = len(self.keys)
        own = self.spread[:, None, None] * self.columns
        wide = own[..., None] * jnp.eye(2, dtype=own.dtype)[:, None, None, :]
        scale = prior_scale(self.spec, self.keys)
        return Together(
            keys=self.keys,
            design=wide.reshape(2 * self.length, 2 * count),
            offset=jnp.repeat(self.centre, self.length),
            noise_scale=factor,
            prior_mean=jnp.zeros_like(scale),
            prior_scale=scale,
            data_key="series",
            scales=scales,
            correlation=correlation,
        )

    def in_units(self) -> dict[str, tuple[Array, Array]]:
        """By key `(offset, factor)`: from here to the units of the series."""
        zero = jnp.zeros((2,))
        found = {
            key: (zero, self.per_unit[:, i]) for i, key in enumerate(self.keys)
        }
        found["level"] = (self.centre, self.spread)
        found["noise.scale"] = (zero, self.spread)
        found["noise.correlation"] = (jnp.zeros(()), jnp.ones(()))
        return {key: found[key] for key in self.spec.primitives}


def _apart(
    first: Array, second: Array, scales: Array, correlation: Array
) -> tuple[Array, Array]:
    """What each of two correlated series has of its own, with variance one."""
    a, b = first / scales[0], second / scales[1]
    return a, (b - correlation * a) / own_share(correlation)


def own_share(correlation: Array) -> Array:
    """Standard deviation of the second given the first, over its own."""
    return jnp.sqrt(jnp.maximum(1 - correlation**2, _FLOOR))


def pair(**arguments: Any) -> Pair:
    """`lambda3.pair` from its structure and what is known.

    Parameters
    ----------
    arguments
        Structure values `terms`, `lag`, `skip`; arrays `delta_pos`,
        `delta_neg`, `local_jump`, `tension`, `(2, n)`, and `missing`, `(n,)`;
        `centre` and `spread`, `(2,)`.
    """
    built, known = taken_apart(_ENTRY, arguments)
    centre, spread = known["centre"], known["spread"]
    length = known["delta_pos"].shape[-1]
    terms, lag = built["terms"], built["lag"]
    first = max(built["skip"], lag)
    used = _columns.rows(length, first, known.get("missing"))
    every = {TERMS[n].known for n in (*terms, *CROSS)} - {""}
    columns, units = [], []
    for member, other in ((0, 1), (1, 0)):
        own = {k: known[k][member] for k in sorted(every)}
        theirs = {
            term.known: known[TERMS[name].known][other]
            for name, term in CROSS.items()
        }
        columns.append(
            jnp.stack(
                [
                    jnp.ones((length,)),
                    *_columns.own_columns(
                        terms, own, spread[member], used, lag
                    ),
                    *_columns.cross_columns(
                        theirs, spread[other], used, (lag,)
                    ),
                ],
                axis=1,
            )
        )
        mine = spread[member]
        units.append(
            jnp.stack(
                [
                    mine,
                    *_columns.own_units(terms, mine, length),
                    mine,
                    mine,
                    mine / spread[other],
                ]
            )
        )
    return Pair(
        columns=jnp.stack(columns),
        used=used,
        centre=centre,
        spread=spread,
        per_unit=jnp.stack(units),
        known=known,
        built=built,
        system_id=_ENTRY.name,
    )

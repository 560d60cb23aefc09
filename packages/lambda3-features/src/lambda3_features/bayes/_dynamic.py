"""`lambda3.dynamic`: a level that walks and jumps, terms, uneven noise."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from forwardax import LinearGaussian, ParameterStore
from jax import Array

from .._declare.entries import MODELS
from .._declare.terms import own_keys
from . import _columns, _kalman
from ._model import Model
from ._normal import coefficients, log_normal, prior_scale
from ._rebuild import taken_apart

_ENTRY = MODELS["lambda3.dynamic"]


class WalkingLevel(LinearGaussian):
    """Noise that is a random walk plus independent parts.

    Attributes
    ----------
    drift
        Standard deviation of a step of the walk.
    independent
        Of the rest, `(n,)`.
    """

    drift: Array
    independent: Array

    def whiten(self, columns: Array) -> Array:
        """Columns `(n, m)` in units of the noise, by the Kalman filter."""
        return _kalman.whiten(self.drift, self.independent, columns)


class Dynamic(Model):
    """series = centre + spread * (level + columns @ coefficients + noise).

    The level walks: each step is normal. It is integrated by the Kalman
    filter unless the structure says `sampled`; `level_mean` and `level_draw`
    give it back. Jumps at known change points and the terms are coefficients:
    the columns are ones for the level at the beginning, terms, steps.

    Attributes
    ----------
    centre, spread, per_unit
        As in `Regression`.
    tension
        In spreads, `(n,)`.
    """

    centre: Array
    spread: Array
    tension: Array
    per_unit: Array

    @property
    def capabilities(self) -> frozenset[str]:
        """Linear-Gaussian where the level is integrated."""
        found = super().capabilities
        return found - {"linear_gaussian"} if self._sampled else found

    @property
    def _sampled(self) -> bool:
        return self.built["sampled"] > 0

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the coefficients, in the order of the columns."""
        own = own_keys(self.built["terms"])
        return ("level", *own, *(("jumps",) if self.built["changes"] else ()))

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """The series without noise and, unless sampled, without its walk."""
        line = self.columns @ coefficients(store, self.keys)
        if self._sampled:
            steps = jnp.cumsum(store["drift.steps"])
            walk = jnp.concatenate([jnp.zeros((1,), steps.dtype), steps])
            line = line + store["drift.scale"] * walk
        return {"series": self.centre + self.spread * line}

    def noise(self, store: ParameterStore) -> Array:
        """Standard deviation of each point, in the series' units, `(n,)`."""
        scale = store["noise.base"] + store["noise.tension"] * self.tension
        return self.spread * scale

    def _parts(self, store: ParameterStore) -> tuple[Array, Array]:
        """Drift, and noise with the rows that do not count far away."""
        far = _columns.FAR * self.spread
        noise = jnp.where(self.used, self.noise(store), far)
        return self.spread * store["drift.scale"], noise

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """The walk integrated, or given."""
        gap = data["series"] - self.predict(store)["series"]
        drift, noise = self._parts(store)
        if not self._sampled:
            return _kalman.log_density(drift, noise, gap, self.used)
        scale = jnp.where(self.used, noise, 1.0)
        return jnp.where(self.used, log_normal(gap, scale), 0.0).sum()

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """A series with its walk and noise, conditional on the features."""
        first, second = jax.random.split(key)
        mean = self.predict(store)["series"]
        noise = jax.random.normal(first, mean.shape, mean.dtype)
        series = mean + self.noise(store) * noise
        if not self._sampled:
            steps = jax.random.normal(second, mean.shape, mean.dtype)
            walk = jnp.cumsum(steps.at[0].set(0.0))
            series = series + self.spread * store["drift.scale"] * walk
        return {"series": series}

    def linear_gaussian(self, store: ParameterStore) -> WalkingLevel:
        """The series, given drift and noise, is linear in all else."""
        drift, noise = self._parts(store)
        scale = prior_scale(self.spec, self.keys)
        return WalkingLevel(
            keys=self.keys,
            design=self.spread * self.columns,
            offset=self.centre * jnp.ones((self.length,)),
            noise_scale=_kalman.factor(drift, noise),
            prior_mean=jnp.zeros_like(scale),
            prior_scale=scale,
            data_key="series",
            drift=drift,
            independent=noise,
        )

    def level_mean(self, store: ParameterStore, data: Any) -> Array:
        """The level given the data, in the series' units, `(n,)`.

        It holds the walk and the jumps, without events and tension.
        """
        drift, noise = self._parts(store)
        gap = data["series"] - self.predict(store)["series"]
        return self._base(store) + _kalman.smooth(drift, noise, gap)

    def level_draw(self, key: Array, store: ParameterStore, data: Any) -> Array:
        """A draw of the level given the data, `(n,)`; see `level_mean`."""
        drift, noise = self._parts(store)
        gap = data["series"] - self.predict(store)["series"]
        return self._base(store) + _kalman.draw(key, drift, noise, gap)

    def _base(self, store: ParameterStore) -> Array:
        """Level at the beginning and jumps, `(n,)`."""
        count = self.built["changes"]
        line = store["level"] * jnp.ones((self.length,))
        if count:
            line = line + self.columns[:, -count:] @ store["jumps"]
        return self.centre + self.spread * line

    def in_units(self) -> dict[str, tuple[Array, Array]]:
        """By key `(offset, factor)`: from here to the units of the series."""
        zero, one = jnp.zeros(()), jnp.ones(())
        found = dict.fromkeys(self.spec.primitives, (zero, self.spread))
        found["level"] = (self.centre, self.spread)
        found["noise.tension"] = (zero, one)
        if self._sampled:
            found["drift.steps"] = (zero, one)
        for key, factor in zip(self.keys[1:], self.per_unit[1:], strict=False):
            found[key] = (zero, factor)
        return found


def dynamic(**arguments: Any) -> Dynamic:
    """`lambda3.dynamic` from its structure and what is known.

    Parameters
    ----------
    arguments
        Structure values `terms`, `changes`, `sampled`, `skip`; arrays
        `delta_pos`, `delta_neg`, `local_jump`, `tension`, `missing`, `(n,)`;
        `change_points`, `(changes,)`; `centre` and `spread`.
    """
    built, known = taken_apart(_ENTRY, arguments)
    tension = known["tension"]
    centre, spread = known["centre"], known["spread"]
    length = tension.shape[0]
    used = _columns.rows(length, built["skip"], known.get("missing"))
    terms = built["terms"]
    columns = [
        jnp.ones((length, 1)),
        *(
            column[:, None]
            for column in _columns.own_columns(terms, known, spread, used, 0)
        ),
    ]
    if built["changes"]:
        after = jnp.arange(length)[:, None] >= known["change_points"]
        columns.append(after.astype(tension.dtype))
    own = _columns.own_units(terms, spread, length)
    return Dynamic(
        columns=jnp.concatenate(columns, axis=1),
        used=used,
        centre=centre,
        spread=spread,
        tension=tension / spread,
        per_unit=jnp.stack([spread, *own, *[spread] * built["changes"]]),
        known=known,
        built=built,
        system_id=_ENTRY.name,
    )

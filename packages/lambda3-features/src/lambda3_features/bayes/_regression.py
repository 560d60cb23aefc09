"""`lambda3.base` and `lambda3.interaction`: a level, terms, and noise."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from forwardax import LinearGaussian, ParameterStore
from jax import Array

from .._declare.entries import MODELS
from .._declare.terms import CROSS, own_keys
from . import _columns
from ._model import Independent
from ._normal import coefficients, prior_scale
from ._rebuild import taken_apart

_BASE = MODELS["lambda3.base"]
_INTERACTION = MODELS["lambda3.interaction"]


class Regression(Independent):
    """series = centre + spread * (columns @ coefficients + noise).

    Make one with `forwardax.system("lambda3.base", ...)` or
    `forwardax.system("lambda3.interaction", ...)`. The first column is of
    ones, for the level.

    Attributes
    ----------
    centre, spread
        Constants that standardise the series.
    tension
        In spreads, `(n,)`, where the noise grows with it; else None.
    per_unit
        By coefficient, `(k,)`: its value in the units of the series over
        its value here.
    """

    centre: Array
    spread: Array
    tension: Array | None
    per_unit: Array

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the coefficients, in the order of the columns."""
        cross = tuple(term.key for term in CROSS.values())
        own = own_keys(self.built["terms"])
        return ("level", *own, *(cross if "lags" in self.built else ()))

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """The series without noise, `{"series": (n,)}`."""
        line = self.columns @ coefficients(store, self.keys)
        return {"series": self.centre + self.spread * line}

    def noise(self, store: ParameterStore) -> Array:
        """Standard deviation of each point, in the series' units, `(n,)`."""
        return self._scale(store) * jnp.ones((self.length,))

    def _scale(self, store: ParameterStore) -> Array:
        """The same, `()` where it does not change."""
        if self.tension is None:
            return self.spread * store["noise.scale"]
        scale = store["noise.base"] + store["noise.tension"] * self.tension
        return self.spread * scale

    def linear_gaussian(self, store: ParameterStore) -> LinearGaussian:
        """The series, given the noise, is linear in all else."""
        scale = prior_scale(self.spec, self.keys)
        return LinearGaussian(
            keys=self.keys,
            design=self.spread * self.columns,
            offset=self.centre * jnp.ones((self.length,)),
            noise_scale=self._scale(store),
            prior_mean=jnp.zeros_like(scale),
            prior_scale=scale,
            data_key="series",
            used=self.used,
        )

    def in_units(self) -> dict[str, tuple[Array, Array]]:
        """By key `(offset, factor)`: from here to the units of the series."""
        zero = jnp.zeros(())
        found: dict[str, tuple[Array, Array]] = {}
        start = 0
        for key in self.keys:
            size = self.spec[key].shape or ()
            count = size[0] if size else 1
            factor = self.per_unit[start : start + (count or 1)]
            found[key] = (zero, factor if size else factor[0])
            start += count or 1
        found["level"] = (self.centre, self.spread)
        found |= {
            "noise.scale": (zero, self.spread),
            "noise.base": (zero, self.spread),
            "noise.tension": (zero, jnp.ones(())),
        }
        return {key: found[key] for key in self.spec.primitives}


def base(**arguments: Any) -> Regression:
    """`lambda3.base` from its structure and what is known.

    Parameters
    ----------
    arguments
        Structure values `terms`, `skip`; arrays `delta_pos`, `delta_neg`,
        `local_jump`, `tension`, `missing`, `(n,)`; `centre` and `spread`.
    """
    built, known = taken_apart(_BASE, arguments)
    centre, spread = known["centre"], known["spread"]
    length = known["tension"].shape[0]
    used = _columns.rows(length, built["skip"], known.get("missing"))
    terms = built["terms"]
    own = _columns.own_columns(terms, known, spread, used, 0)
    return Regression(
        columns=jnp.stack([jnp.ones((length,)), *own], axis=1),
        used=used,
        centre=centre,
        spread=spread,
        tension=known["tension"] / spread,
        per_unit=jnp.stack(
            [spread, *_columns.own_units(terms, spread, length)]
        ),
        known=known,
        built=built,
        system_id=_BASE.name,
    )


def interaction(**arguments: Any) -> Regression:
    """`lambda3.interaction` from its structure and what is known.

    Parameters
    ----------
    arguments
        Structure values `terms`, `lags`, `own_lag`, `skip`; arrays of the
        series, `delta_pos`, `delta_neg`, `local_jump`, `tension`, `missing`,
        and of the other one, `other_pos`, `other_neg`, `other_tension`, each
        `(n,)`; `centre`, `spread`, `other_spread`.
    """
    built, known = taken_apart(_INTERACTION, arguments)
    centre, spread = known["centre"], known["spread"]
    other = known["other_spread"]
    length = known["other_pos"].shape[0]
    terms, lags = built["terms"], built["lags"]
    lag = built["own_lag"] if set(terms) - {"trend"} else 0
    first = max(built["skip"], lag, *lags)
    used = _columns.rows(length, first, known.get("missing"))
    columns = [
        jnp.ones((length,)),
        *_columns.own_columns(terms, known, spread, used, lag),
        *_columns.cross_columns(known, other, used, lags),
    ]
    cross = [spread, spread, spread / other]
    return Regression(
        columns=jnp.stack(columns, axis=1),
        used=used,
        centre=centre,
        spread=spread,
        tension=None,
        per_unit=jnp.stack(
            [
                spread,
                *_columns.own_units(terms, spread, length),
                *(unit for unit in cross for _ in lags),
            ]
        ),
        known=known,
        built=built,
        system_id=_INTERACTION.name,
    )

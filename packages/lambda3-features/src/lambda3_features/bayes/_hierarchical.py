"""`lambda3.hierarchical`: several series whose coefficients are alike."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from forwardax import LinearGaussian, ParameterStore
from jax import Array

from .._declare.entries import MODELS
from . import _columns
from ._model import Independent
from ._normal import prior_scale
from ._rebuild import taken_apart

_ENTRY = MODELS["lambda3.hierarchical"]
KEYS = ("group.mean", "level", "coefficients")
_OTHERS = ("centre", "spread", "missing")


class Hierarchical(Independent):
    """A regression for each series; coefficients vary around a common mean.

    Attributes
    ----------
    centre, spread
        Constants that standardise the series, `(series,)`.
    per_unit
        As in `Regression`, `(series, term)`.
    """

    centre: Array
    spread: Array
    per_unit: Array

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """The series without noise, `{"series": (series, n)}`."""
        line = jnp.einsum("snt,st->sn", self.columns, store["coefficients"])
        line = line + store["level"][:, None]
        return {"series": self.centre[:, None] + self.spread[:, None] * line}

    def noise(self, store: ParameterStore) -> Array:
        """Standard deviation of each point, `(series, n)`."""
        scale = (self.spread * store["noise.scale"])[:, None]
        return jnp.broadcast_to(scale, self.used.shape)

    def linear_gaussian(self, store: ParameterStore) -> LinearGaussian:
        """The series, given scales and noise, are linear in all else."""
        series, length, terms = self.columns.shape
        eye = jnp.eye(series, dtype=self.columns.dtype)
        own = self.spread[:, None, None] * self.columns
        # Rows are (series, time), columns (series, term).
        slopes = own[:, :, None, :] * eye[:, None, :, None]
        level = self.spread[:, None, None] * eye[:, None, :]
        level = jnp.broadcast_to(level, (series, length, series))
        none = jnp.zeros((series * length, terms), own.dtype)
        scale = prior_scale(self.spec, ("group.mean", "level"))
        mean = jnp.diag(scale[:terms])
        spread = jnp.tile(store["group.scale"], series)
        top = terms + series
        factor = jnp.zeros((top + series * terms,) * 2, own.dtype)
        factor = factor.at[:top, :top].set(jnp.diag(scale))
        factor = factor.at[top:, :terms].set(jnp.tile(mean, (series, 1)))
        factor = factor.at[top:, top:].set(jnp.diag(spread))
        return LinearGaussian(
            keys=KEYS,
            design=jnp.concatenate(
                [
                    none,
                    level.reshape(series * length, series),
                    slopes.reshape(series * length, series * terms),
                ],
                axis=1,
            ),
            offset=jnp.repeat(self.centre, length),
            noise_scale=self.noise(store).ravel(),
            prior_mean=jnp.zeros((top + series * terms,), own.dtype),
            prior_scale=factor,
            data_key="series",
            used=self.used.ravel(),
        )

    def in_units(self) -> dict[str, tuple[Array, Array]]:
        """By key `(offset, factor)`: from here to the units of the series.

        Means and scales over the series stay in spreads: the units of the
        series may differ.
        """
        zero, one = jnp.zeros(()), jnp.ones(())
        return {
            "group.mean": (zero, one),
            "group.scale": (zero, one),
            "level": (self.centre, self.spread),
            "coefficients": (zero, self.per_unit),
            "noise.scale": (zero, self.spread),
        }


def hierarchical(**arguments: Any) -> Hierarchical:
    """`lambda3.hierarchical` from its structure and what is known.

    Parameters
    ----------
    arguments
        Structure values `n_series`, `terms`, `skip`; arrays `delta_pos`,
        `delta_neg`, `local_jump`, `tension`, `missing`, `(series, n)`;
        `centre` and `spread`, `(series,)`.
    """
    built, known = taken_apart(_ENTRY, arguments)
    centre, spread = known["centre"], known["spread"]
    terms, count = built["terms"], built["n_series"]
    arrays = {k: x for k, x in known.items() if k not in _OTHERS}
    missing = known.get("missing")
    length = next(x for x in known.values() if x.ndim == 2).shape[-1]
    columns, rows = [], []
    for i in range(count):
        hidden = None if missing is None else missing[i]
        used = _columns.rows(length, built["skip"], hidden)
        own = {k: x[i] for k, x in arrays.items()}
        found = _columns.own_columns(terms, own, spread[i], used, 0)
        columns.append(jnp.stack(found, axis=1))
        rows.append(used)
    return Hierarchical(
        columns=jnp.stack(columns),
        used=jnp.stack(rows),
        centre=centre,
        spread=spread,
        per_unit=jnp.stack(
            [jnp.stack(_columns.own_units(terms, s, length)) for s in spread]
        ),
        known=known,
        built=built,
        system_id=_ENTRY.name,
    )

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Eight schools: a hierarchical model by priors that refer to other keys.

The pattern: the model is all prior. `centred=False` draws the effects
through standard variates, which samplers like better.

References
----------
Rubin (1981), Journal of Educational Statistics 6, 377.
"""

from __future__ import annotations

from typing import Any, Final

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from forwardax import (
    DataField,
    DataSpec,
    ParameterStore,
    ParamField,
    ParamSpec,
    Prior,
    System,
    TransformRegistry,
)

EFFECTS: Final = (28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0)
"""Measured effects of coaching, in points."""
ERRORS: Final = (15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0)
"""Their standard errors."""

CENTRED = ParamSpec(
    [
        ParamField("mu", prior=Prior("Normal", loc=0.0, scale=5.0)),
        ParamField(
            "tau", bounds=(0.0, None), prior=Prior("HalfCauchy", scale=5.0)
        ),
        ParamField(
            "theta",
            dims=("school",),
            prior=Prior("Normal", loc="mu", scale="tau"),
            doc="True effect in each school.",
        ),
    ]
).bind({"school": 8})
NONCENTRED = CENTRED.with_priors(
    {"theta": Prior("Normal", loc="mu", scale="tau", centred=False)}
)


class Schools(System):
    """Effects in eight schools that resemble each other.

    Parameters
    ----------
    errors
        Standard errors, `(8,)`.
    spec
        `CENTRED` or `NONCENTRED`.
    """

    errors: Array
    spec: ParamSpec = eqx.field(static=True)  # pyright: ignore

    system_id = "toy.schools"  # pyright: ignore
    transforms = TransformRegistry()
    data = DataSpec(  # pyright: ignore
        [DataField("effect", dims=("school",), parents=("theta",))]
    ).bind({"school": 8})

    def __init__(
        self, errors: Any = ERRORS, *, spec: ParamSpec = NONCENTRED
    ) -> None:
        self.errors = jnp.asarray(errors, float)
        self.spec = spec  # pyright: ignore

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """True effects, `{"effect": (8,)}`."""
        return {"effect": store["theta"]}

    def residuals(self, store: ParameterStore, data: Any) -> Array:
        """In units of the standard errors, `(8,)`."""
        return (data["effect"] - store["theta"]) / self.errors

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any
    ) -> Array:
        """Term of each school, `(8,)`."""
        norm = jnp.log(self.errors) + 0.5 * jnp.log(2 * jnp.pi)
        return -0.5 * self.residuals(store, data) ** 2 - norm

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Independent normal errors."""
        return self.pointwise_log_likelihood(store, data).sum()

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """Measured effects."""
        noise = jax.random.normal(key, self.errors.shape, self.errors.dtype)
        return {"effect": store["theta"] + self.errors * noise}

"""What a conditionally linear-Gaussian system says of itself."""

from __future__ import annotations

import equinox as eqx
from jax import Array


class LinearGaussian(eqx.Module):
    """Data that are linear in normal coefficients, given the rest.

    data = offset + design @ coefficients + noise, with
    coefficients ~ Normal(prior_mean, prior_scale) and
    noise ~ Normal(0, noise_scale), all independent.

    Attributes
    ----------
    keys
        Keys whose entries, one after the other, are the coefficients.
    design
        `(n, k)`.
    offset
        `(n,)`.
    noise_scale
        `()` if it is the same for all, `(n,)`, or `(n, n)`: a lower Cholesky
        factor of the covariance.
    prior_mean
        `(k,)`.
    prior_scale
        `(k,)`, or `(k, k)`: a lower Cholesky factor of the covariance.
    data_key
        The data field that is linear; its entries in C order are the `n`.
    used
        Which of the data count, where noise is independent, `(n,)`; all of
        them if None.
    """

    keys: tuple[str, ...] = eqx.field(static=True)
    design: Array
    offset: Array
    noise_scale: Array
    prior_mean: Array
    prior_scale: Array
    data_key: str = eqx.field(static=True)
    used: Array | None = eqx.field(default=None, kw_only=True)

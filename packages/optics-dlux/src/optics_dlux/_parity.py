"""Linear maps along an axis that commute with reflection in its middle.

Free propagation and the Fourier transform both do. Such a map acts on the
even and on the odd part of what it is given separately, each half as long,
so that a product of matrices takes a quarter of the multiplications.

A field is real, `(rows, 2, columns)`, with its real and imaginary part in the
middle axis: rows and columns are then both contracted by one real product of
matrices without a transpose. XLA multiplies real matrices on a CPU several
times faster than complex ones.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ._turns import cos_sin

matmul = partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)


class Map(NamedTuple):
    """A map from `n_in` to `n_out` samples, both in the middle of their row.

    Attributes
    ----------
    even, odd
        Real and imaginary part of the map of the sums `U(j) + U(-j)` and of
        the differences `U(j) - U(-j)` for `j >= 0`, each `(h_out, h_in)`, or
        None where it vanishes.
    n_out
        Samples that come out.
    """

    even: tuple[Array | None, Array | None]
    odd: tuple[Array | None, Array | None]
    n_out: int


def half(n: int) -> np.ndarray:
    """Positions of the samples from the middle of a row on, `(h,)`."""
    return np.arange((n + 1) // 2) + (0.5 if n % 2 == 0 else 0.0)


def centred(n: int) -> Array:
    """Pixel numbers from the middle of a row, `(n,)`."""
    return jnp.arange(n, dtype=float) - (n - 1) / 2


def transform(step: Array, n_out: int, n_in: int) -> Map:
    """The Fourier transform `sum over j of U(j) exp(-2 pi i step a j)`.

    Parameters
    ----------
    step
        Turns of phase from sample to sample.
    n_out, n_in
        Samples.
    """
    product = jnp.asarray(np.outer(half(n_out), half(n_in)), step.dtype)
    cosine, sine = cos_sin(step * product)
    weight = jnp.asarray(_weights(n_in), step.dtype)
    return Map((cosine * weight, None), (None, -sine), n_out)


def circulant(
    column: tuple[Array, Array], n_out: int, n_in: int, period: int
) -> Map:
    """The map whose matrix is `column[|a - j|]`.

    Parameters
    ----------
    column
        Real and imaginary part of one period, `(period,)`; even in its index.
    n_out, n_in
        Samples, both even or both odd.
    period
        After which the matrix repeats.
    """
    a, j = half(n_out)[:, None], half(n_in)
    near = np.abs(a - j).astype(int) % period
    far = (a + j).astype(int) % period
    weight = jnp.asarray(_weights(n_in), column[0].dtype)
    even = tuple((c[near] + c[far]) / 2 * weight for c in column)
    odd = tuple((c[near] - c[far]) / 2 for c in column)
    return Map(even, odd, n_out)  # pyright: ignore


def _weights(n: int) -> np.ndarray:
    """Half for a sample in the very middle: its sum counts it twice."""
    weights = np.ones((n + 1) // 2)
    if n % 2:
        weights[0] = 0.5
    return weights


def after(second: Map, first: Map) -> Map:
    """Both maps, one after the other."""
    even = _complex_product(second.even, first.even)
    odd = _complex_product(second.odd, first.odd)
    return Map(even, odd, second.n_out)


def conjugate(one: Map) -> Map:
    """The map with the complex conjugate matrix."""
    even, odd = (
        (re, None if im is None else -im) for re, im in (one.even, one.odd)
    )
    return Map(even, odd, one.n_out)


def _complex_product(
    a: tuple[Array | None, Array | None], b: tuple[Array | None, Array | None]
) -> tuple[Array | None, Array | None]:
    # The sums of what comes out of the first are twice its even part.
    return (
        _sum(_product(a[0], b[0]), _product(a[1], b[1]), -1),
        _sum(_product(a[0], b[1]), _product(a[1], b[0]), 1),
    )


def _product(a: Array | None, b: Array | None) -> Array | None:
    return None if a is None or b is None else 2 * matmul(a, b)


def _sum(a: Array | None, b: Array | None, sign: int) -> Array | None:
    if b is None:
        return a
    return sign * b if a is None else a + sign * b


def on_both_axes(one: Map, field: Array) -> Array:
    """The map on rows and columns of a field, `(n_out, 2, n_out)`."""
    plus, minus = _fold(field, 0)
    rows = _unfold(_rows(one.even, plus), _rows(one.odd, minus), one.n_out, 0)
    plus, minus = _fold(rows, 2)
    return _unfold(
        _columns(one.even, plus), _columns(one.odd, minus), one.n_out, 2
    )


def _fold(field: Array, axis: int) -> tuple[Array, Array]:
    n = field.shape[axis]
    h = (n + 1) // 2
    upper = jax.lax.slice_in_dim(field, n - h, n, axis=axis)
    lower = jnp.flip(jax.lax.slice_in_dim(field, 0, h, axis=axis), axis)
    return upper + lower, upper - lower


def _unfold(even: Array, odd: Array, n: int, axis: int) -> Array:
    lower = jax.lax.slice_in_dim(even - odd, n % 2, None, axis=axis)
    return jnp.concatenate([jnp.flip(lower, axis), even + odd], axis)


def _rows(kernel: tuple[Array | None, Array | None], field: Array) -> Array:
    parts = [part for part in kernel if part is not None]
    h, _, n = field.shape
    got = matmul(jnp.concatenate(parts), field.reshape(h, 2 * n))
    got = got.reshape(len(parts), -1, 2, n)
    return _turned(kernel, list(got))


def _columns(kernel: tuple[Array | None, Array | None], field: Array) -> Array:
    parts = [part.T for part in kernel if part is not None]
    n, _, h = field.shape
    got = matmul(field.reshape(2 * n, h), jnp.concatenate(parts, 1))
    got = got.reshape(n, 2, len(parts), -1)
    return _turned(kernel, [got[:, :, k] for k in range(len(parts))])


def _turned(
    kernel: tuple[Array | None, Array | None], parts: list[Array]
) -> Array:
    """Products with real and imaginary part of a kernel put together."""
    re, im = kernel
    if im is None:
        return parts[0]
    by_i = jnp.stack([-parts[-1][:, 1], parts[-1][:, 0]], 1)
    return by_i if re is None else parts[0] + by_i

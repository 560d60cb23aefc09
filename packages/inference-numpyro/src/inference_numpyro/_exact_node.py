"""The Gaussian of the coefficients, given everything else.

All of it is in unconstrained coordinates: what a problem decides about priors
is in its own density there, and so is taken from it.

References
----------
Chib (1995), JASA 90, 1313, equation 5: the marginal is the joint density at
any coefficients over their conditional density. At the conditional mean the
latter is a volume.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from forwardax import LinearGaussian, log_density, log_prior
from forwardax.contracts import Whitens
from forwardax.estimation import Problem
from jax import Array
from jax.scipy.linalg import solve_triangular

from ._exact_split import Split, described, split_of


class Conditional(NamedTuple):
    """Coefficients at one point of the other coordinates.

    Parameters
    ----------
    log_marginal
        Log-density of the other coordinates, coefficients integrated.
    mean
        Of the coefficients' coordinates, `(k,)`.
    factor
        Upper triangular, `(k, k)`; their precision is `factor' factor`.
    rank
        Least diagonal of the factor of unit columns: zero where data and
        prior together leave a direction open.
    """

    log_marginal: Any
    mean: Any
    factor: Any
    rank: Any


def rest_size(problem: Problem) -> int:
    """Number of coordinates that are not integrated."""
    return len(split_of(problem).rest)


def conditional(problem: Problem, rest: Array) -> Conditional:
    """Integrate the coefficients at `rest`, `(m,)`; pure."""
    split = split_of(problem)
    place = placer(problem, split, rest)
    zero = jnp.zeros((len(split.linear),), rest.dtype)
    d = described(problem, place(zero))
    design, gap = _design_and_gap(problem, split, d, rest)
    if d.noise_scale.ndim == 0 and _stays(problem, split, rest):
        # As few rows as columns, and one basis for a whole lattice.
        basis, design = jnp.linalg.qr(design)
        gap = basis.T @ gap
    white = whiten(d, jnp.column_stack([design, gap]))
    root, target = _prior(lambda c: log_prior(problem, place(c)), zero)
    columns = jnp.concatenate([white[:, :-1], root])
    right = jnp.concatenate([white[:, -1], target])
    size = jnp.sqrt(jnp.square(columns).sum(axis=0))
    size = jnp.where(size > 0, size, 1.0)
    r, turned = _triangle(columns / size, right)
    mean = solve_triangular(r, turned) / size
    volume = jnp.log(jnp.abs(jnp.diagonal(r))) + jnp.log(size)
    volume -= 0.5 * jnp.log(2 * jnp.pi)
    u = place(mean)
    return Conditional(
        log_density(problem, u) - volume.sum(),
        mean,
        r * size,
        jnp.abs(jnp.diagonal(r)).min(),
    )


def _design_and_gap(
    problem: Problem, split: Split, d: LinearGaussian, rest: Array
) -> tuple[Array, Array]:
    """Design of the coordinates, and what is left of the data at zero."""
    data: Any = problem.data
    # Coefficients are affine in their coordinates: hyperparameters, elements
    # that are held, and ties are in the two parts of the map.
    place = placer(
        problem, split, jnp.zeros_like(rest) if split.alone else rest
    )

    def coefficients(c: Array) -> Array:
        store = problem.to_store(place(c))
        return jnp.concatenate([jnp.ravel(store[key]) for key in d.keys])

    zero = jnp.zeros((len(split.linear),), rest.dtype)
    design = d.design @ jax.jacfwd(coefficients)(zero)
    gap = jnp.ravel(data[d.data_key]) - d.offset
    gap = gap - d.design @ coefficients(zero)
    if d.used is None:
        return design, gap
    used = jnp.asarray(d.used, bool)
    return jnp.where(used[:, None], design, 0.0), jnp.where(used, gap, 0.0)


def _stays(problem: Problem, split: Split, rest: Array) -> bool:
    """Whether the design is the same at all points of the rest; static."""
    zero = jnp.zeros((len(split.linear),), rest.dtype)

    def design(rest: Array) -> Array:
        u = placer(problem, split, rest)(zero)
        return described(problem, u).design

    if not split.alone:
        return False
    try:  # what does not depend on the points is not mapped over them
        jax.eval_shape(jax.vmap(design, out_axes=None), rest[None])
    except ValueError as error:
        if "out_axes" not in str(error):
            raise
        return False
    return True


def _triangle(columns: Array, right: Array) -> tuple[Array, Array]:
    """Triangular factor of columns, and a vector turned as they were.

    One factorisation of both spares the orthogonal matrix. A row of its own
    keeps the vector independent of the columns, so that there is a slope also
    where they explain it wholly.
    """
    both = jnp.column_stack([columns, right])
    last = jnp.zeros((1, both.shape[1]), both.dtype).at[0, -1].set(1.0)
    r = jnp.linalg.qr(jnp.concatenate([both, last]), mode="r")
    return r[:-1, :-1], r[:-1, -1]


def placer(
    problem: Problem, split: Split, rest: Array
) -> Callable[[Array], Array]:
    """The unconstrained point, as a function of the coefficients' part."""
    base = jnp.zeros((problem.size,), rest.dtype).at[split.rest].set(rest)
    return lambda c: base.at[split.linear].set(c)


def whiten(d: LinearGaussian, columns: Array) -> Array:
    """Columns `(n, m)` in units of the noise."""
    if isinstance(d, Whitens):
        return d.whiten(columns)
    if d.noise_scale.ndim < 2:
        return columns / d.noise_scale[..., None]
    return solve_triangular(d.noise_scale, columns, lower=True)


def _prior(density: Any, zero: Array) -> tuple[Array, Array]:
    """Rows and target that add the prior to the least squares.

    With `rows' rows` the precision and `rows' target` precision times mean.
    """
    slope = jax.grad(density)
    precision = -jax.jacfwd(slope)(zero)
    size = jnp.diagonal(precision)
    flat = size <= 0  # an improper prior says nothing
    scale = jnp.where(flat, 1.0, jnp.sqrt(jnp.where(flat, 1.0, size)))
    unit = precision / jnp.outer(scale, scale)
    unit = unit + jnp.diag(jnp.where(flat, 1.0, 0.0))
    root = jnp.linalg.cholesky((unit + unit.T) / 2)
    target = solve_triangular(root, slope(zero) / scale, lower=True)
    rows = root.T * scale
    return jnp.where(flat[:, None], 0.0, rows), jnp.where(flat, 0.0, target)

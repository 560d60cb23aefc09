"""Directions in which the data know the parameters, best known first.

In units of the prior's width the Fisher matrix of the data has eigenvalues
that compare what the data say with what the prior says: above one the data
know more. A fit along the best directions alone leaves what the data cannot
tell where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, Faults, FitError, wrong_type
from forwardax.estimation import Posterior, Problem
from jax import Array

from ._coordinates import chart_of, lift, lower
from ._curvature import around
from ._locate import best_draw, check_size, own_scale, scaled_precision
from ._named import Direction, components
from ._starts import has_prior, prior_scale


class Eigenbasis(eqx.Module):
    """Eigenvectors of the data's Fisher matrix, in units of the prior's width.

    Attributes
    ----------
    origin
        Unconstrained point where the coefficients are zero, `(size,)`.
    scale
        Width of the prior in each coordinate, `(n,)`.
    directions
        Orthonormal columns in units of `scale`, `(n, k)`.
    information
        Of the data over that of the prior along each direction, largest
        first, `(k,)`.
    curvature
        Of minus the log-density along each direction, `(k,)`.
    names
        Of the coordinates.
    """

    origin: Array
    scale: Array
    directions: Array
    information: Array
    curvature: Array
    names: tuple[str, ...] = eqx.field(static=True)

    @property
    def number(self) -> int:
        """How many directions there are, k."""
        return self.directions.shape[1]

    def truncated(
        self, number: int | None = None, *, least: float | None = None
    ) -> Eigenbasis:
        """The best-known directions alone.

        Parameters
        ----------
        number
            How many are kept.
        least
            Directions with less information are left out: 1 keeps those of
            which the data say more than the prior.

        Raises
        ------
        FitError
            If nothing is asked for, or nothing would be left.
        """
        faults = Faults()
        if number is None and least is None:
            faults.append(
                Fault(
                    "nothing says where to cut",
                    key="number",
                    allowed="number=, least=, or both",
                    code="missing",
                )
            )
        whole = type(number) is int and 1 <= number <= self.number
        if number is not None and not whole:
            faults.append(
                Fault(
                    "there are not so many directions",
                    key="number",
                    value=repr(number),
                    allowed=f"1 to {self.number}",
                    code="bounds",
                )
            )
        information = np.asarray(self.information)
        if least is not None and not (information >= least).any():
            faults.append(
                Fault(
                    "no direction has so much information",
                    key="least",
                    value=f"{least:g}",
                    allowed=f"at most {information.max():g}",
                    code="bounds",
                )
            )
        faults.throw(FitError, "truncated")
        kept = self.number if number is None else number
        if least is not None:
            kept = min(kept, int((information >= least).sum()))
        return Eigenbasis(
            self.origin,
            self.scale,
            self.directions[:, :kept],
            self.information[:kept],
            self.curvature[:kept],
            self.names,
        )

    def named(self) -> tuple[Direction, ...]:
        """Each direction by the names of its parameters, best known first."""
        return tuple(
            Direction(float(value), components(list(self.names), vector))
            for value, vector in zip(
                np.asarray(self.information),
                np.asarray(self.directions).T,
                strict=True,
            )
        )

    def point(self, problem: Problem, coefficients: Any) -> Array:
        """Unconstrained point of coefficients, `(k,)`, in prior widths."""
        move = self.scale * (self.directions @ jnp.asarray(coefficients))
        return lift(chart_of(problem.plan), self.origin, move)

    def coefficients(self, problem: Problem, point: Any) -> Array:
        """Coefficients nearest to an unconstrained point, `(k,)`."""
        away = lower(
            chart_of(problem.plan), np.asarray(self.origin), np.asarray(point)
        )
        return self.directions.T @ (jnp.asarray(away) / self.scale)


def eigenbasis(
    problem: Problem, at: Mapping[str, Any] | Posterior | Array
) -> Eigenbasis:
    """What the data can tell at a point, direction by direction.

    Parameters
    ----------
    problem
        With data. Where it has residuals, the Fisher matrix is J'J and does
        not depend on them; otherwise it is the observed curvature of minus
        the log-likelihood, which may be negative away from a maximum.
    at
        The point: values by key, the best draw of a posterior, or an
        unconstrained point `(size,)`.

    Returns
    -------
    Eigenbasis
        Of all the directions. An improper prior counts as a thousand times as
        wide as the parameter's error would be if all others were known.

    Raises
    ------
    FitError
        If there is no data, the point does not fit, or nothing is finite
        there.
    StoreError
        If values are missing or wrong.

    References
    ----------
    Vallisneri (2008), Phys. Rev. D 77, 042001, section III.
    """
    check_size(problem, "eigenbasis")
    origin = point_of(problem, at)
    scale, precision, prior = (
        np.asarray(x, float) for x in around_point(problem, origin)
    )
    if not (np.isfinite(precision).all() and np.isfinite(prior).all()):
        raise FitError(
            Fault(
                "the curvature is not finite at this point",
                key="at",
                fix="take a point within the validity conditions",
                code="value",
            )
        )
    data = scaled_precision(precision - prior, scale)
    values, vectors = np.linalg.eigh((data + data.T) / 2)
    order = np.argsort(-values)
    vectors = vectors[:, order]
    whole = scaled_precision(precision, scale)
    along = np.einsum("ik,ij,jk->k", vectors, whole, vectors)
    dtype = origin.dtype
    return Eigenbasis(
        origin,
        jnp.asarray(scale, dtype),
        jnp.asarray(vectors, dtype),
        jnp.asarray(values[order], dtype),
        jnp.asarray(along, dtype),
        chart_of(problem.plan).names,
    )


def around_point(problem: Problem, point: Array) -> tuple[Any, Any, Any]:
    """Prior's scale, precision and the prior's part of it at a point."""
    precision, prior = _around(problem, point)
    if not has_prior(problem):
        return own_scale(np.asarray(precision)), precision, prior
    return prior_scale(problem), precision, prior


@jax.jit
def _around(problem: Problem, point: Array) -> tuple[Array, Array]:
    return around(problem, point, jnp.zeros((), point.dtype))


def point_of(
    problem: Problem, at: Mapping[str, Any] | Posterior | Array
) -> Array:
    """Unconstrained point `(size,)` of what stands for one.

    Raises
    ------
    FitError
        If the problem has no data, or the point does not fit.
    """
    faults = Faults()
    if problem.data is None:
        faults.append(
            Fault(
                "the problem has no data",
                key="data",
                allowed=", ".join(problem.system.data) or "nothing is measured",
                fix="problem.with_data(data)",
                code="missing",
            )
        )
    point: Any = None
    if not isinstance(at, Mapping | Posterior):
        shape = np.shape(at)
        if shape == (problem.size,):
            point = jnp.asarray(at, float)
        elif shape == ():
            allowed = "values by key, a posterior, or an unconstrained point"
            faults.append(wrong_type("at", at, allowed))
        else:
            faults.append(
                Fault(
                    "the unconstrained point has the wrong shape",
                    key="at",
                    value=f"shape {shape}",
                    allowed=f"shape ({problem.size},)",
                    code="shape",
                )
            )
    faults.throw(FitError)
    if isinstance(at, Posterior):
        point = best_draw(problem, at)
    elif isinstance(at, Mapping):
        point = problem.to_unconstrained(at)
    chart = chart_of(problem.plan)
    return lift(chart, point, jnp.zeros(len(chart.kept), point.dtype))

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Contract on single precision: it works and agrees with double."""

from __future__ import annotations

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._problem.density import log_density
from .._problem.problem import Problem
from ..errors import Fault, ForwardaxError
from ._case import Case
from ._compare import differences, is_finite, place
from ._precision import cast, precision

TOLERANCE = 2e-4
"""Of the largest value of each predicted array."""


def single(case: Case) -> list[Fault]:
    """In single precision all is finite, and equal to rounding.

    A system that says `needs_x64` must be refused instead.
    """
    wide = [f.key for f in case.system.spec.fields if f.dtype == "float64"]
    needs = case.system.needs_x64 or bool(wide)
    with precision(double=False), warnings.catch_warnings():
        warnings.simplefilter("error")
        system = cast(case.given, double=False)
        try:
            problem = Problem(system, **case.decisions)
        except ForwardaxError as error:
            if needs and any(f.code == "x64" for f in error.faults):
                return []
            raise
        except UserWarning as warning:
            return [_asks_for_double(warning)]
        try:
            return _agree(case, problem)
        except UserWarning as warning:
            return [_asks_for_double(warning)]


def _asks_for_double(warning: UserWarning) -> Fault:
    return Fault(
        "something asks for double precision by name",
        value=str(warning)[:120],
        fix="leave the dtype to JAX's default, or set needs_x64 = True",
    )


def _agree(case: Case, problem: Problem) -> list[Fault]:
    found: list[Fault] = []
    predict = jax.jit(lambda problem, store: problem.system.predict(store))
    for u in case.points[:4]:
        with precision(double=True):
            store = case.problem.to_store(u)
            want = case.predict(case.system, store)
        if not is_finite(want):  # the contract on finite values tells
            continue
        near = problem.to_store(jnp.asarray(np.asarray(u), jnp.float32))
        made = predict(problem, near)
        for path, leaf in jax.tree_util.tree_leaves_with_path(made):
            if str(leaf.dtype) in ("float64", "complex128"):
                found.append(
                    Fault(
                        f"predict returns double precision{place(path)} "
                        "though single is on",
                        value=str(leaf.dtype),
                    )
                )
        if not is_finite(made):
            found.append(
                Fault(
                    "predict is not finite in single precision",
                    value=repr(near),
                    fix="guards such as 1e-300 are zero in single precision",
                )
            )
            continue
        found += differences(
            "predict in single precision",
            made,
            want,
            TOLERANCE,
            fix="subtract large equal terms on paper, or set needs_x64 = True",
        )
    return found[:3] or _finite_gradient(case, problem)


def _finite_gradient(case: Case, problem: Problem) -> list[Fault]:
    if "gradient" not in problem.capabilities or case.data is None:
        return []
    data = cast(case.data, double=False)
    measured: Any = problem.with_data(jax.tree.map(np.asarray, data))
    try:
        slope = jax.jit(jax.grad(log_density, 1))(
            measured, jnp.asarray(np.asarray(case.points[0]), jnp.float32)
        )
    except UserWarning:
        raise
    except Exception:  # the contract on reverse gradients tells
        return []
    if np.isfinite(slope).all():
        return []
    return [Fault("the gradient is not finite in single precision")]

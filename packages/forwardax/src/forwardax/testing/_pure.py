# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX leaves many of its types unknown.
"""Contracts on `predict` as a pure function of arrays."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import Fault
from ._case import Case
from ._compare import differences, is_finite, place


def finite(case: Case) -> list[Fault]:
    """`predict` gives a pytree of finite arrays wherever the prior goes."""
    found: list[Fault] = []
    for store in case.stores:
        made = case.predict(case.system, store)
        if not jax.tree.leaves(made):
            return [Fault("predict returns nothing", fix="return arrays")]
        if not is_finite(made):
            found.append(
                Fault(
                    "predict is not finite at a point of the prior",
                    value=repr(store),
                    fix="guard the argument of the division, root or "
                    "logarithm, not its result",
                )
            )
    return found[:3]


def dtypes(case: Case) -> list[Fault]:
    """What is held and what comes out are arrays of strong default dtype."""
    found: list[Fault] = []
    for path, leaf in jax.tree_util.tree_leaves_with_path(case.given):
        weak = getattr(leaf, "weak_type", False)
        if weak or not isinstance(leaf, jax.Array | np.ndarray):
            found.append(
                Fault(
                    f"the system holds a number of weak type{place(path)}",
                    value=f"{leaf!r:.60}",
                    allowed="an array of strong dtype",
                    fix="jnp.asarray(value, float) where the system is made",
                )
            )
    system: Any = case.system
    store = case.stores[0]
    made = {"predict": case.predict(system, store)}
    if case.can("log_likelihood") and case.data is not None:
        made["log_likelihood"] = system.log_likelihood(store, case.data)
    if case.can("simulate"):
        made["simulate"] = system.simulate(case.key, store)
    for name, tree in made.items():
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
            found += _dtype_fault(name, path, leaf)
    return found


def _dtype_fault(name: str, path: Any, leaf: Any) -> list[Fault]:
    dtype = getattr(leaf, "dtype", None)
    where = f"{name} returns {{}}{place(path)}"
    if dtype is None:
        return [
            Fault(
                where.format("no array"),
                value=type(leaf).__name__,
                fix="jnp.asarray(value, float)",
            )
        ]
    if getattr(leaf, "weak_type", False):
        return [
            Fault(
                where.format("a weak dtype"),
                value=f"weak {dtype}",
                allowed=f"strong {dtype}",
                fix="compute it from the store, or jnp.asarray(value, float)",
            )
        ]
    narrow = {"float32", "complex64", "float16", "bfloat16"}
    if str(dtype) in narrow:
        return [
            Fault(
                where.format("single precision though double is on"),
                value=str(dtype),
                fix="leave the dtype to JAX's default",
            )
        ]
    return []


def pure(case: Case) -> list[Fault]:
    """`predict` repeats itself bit for bit, leaks nothing, has no effects."""
    system, store = case.system, case.stores[0]
    first, second = system.predict(store), system.predict(store)
    found = differences("predict called again", second, first, 0.0)
    try:
        with jax.checking_leaks():
            traced = jax.make_jaxpr(lambda s, p: s.predict(p))(system, store)
    except Exception as error:
        if "leak" not in str(error).lower():
            raise
        return [
            *found,
            Fault(
                "predict keeps a traced value after it returned",
                value=str(error).splitlines()[0][:120],
                fix="return everything, write nothing to globals or self",
            ),
        ]
    if traced.effects:
        found.append(
            Fault(
                "predict has side effects",
                value=str(traced.effects),
                fix="take out the callback or print",
            )
        )
    return found


def jit(case: Case) -> list[Fault]:
    """`predict` is the same under jit."""
    found: list[Fault] = []
    for store in case.stores[:2]:
        want = case.system.predict(store)
        got = case.predict(case.system, store)
        found += differences("predict under jit", got, want, case.rtol)
    return found


def vmap(case: Case) -> list[Fault]:
    """`predict` over a batch is the same as in a loop."""
    batch = jax.tree.map(lambda *leaves: jnp.stack(leaves), *case.stores)
    mapped = jax.jit(
        jax.vmap(lambda system, store: system.predict(store), (None, 0))
    )(case.system, batch)
    found: list[Fault] = []
    for index, store in enumerate(case.stores):
        got = jax.tree.map(lambda leaf, i=index: leaf[i], mapped)
        want = case.predict(case.system, store)
        found += differences("predict under vmap", got, want, case.rtol)
        if found:
            break
    return found

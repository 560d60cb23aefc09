"""The state of chains as named arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, Faults, FitError
from forwardax.estimation import Posterior, Problem

from ._chains import potential
from ._frame import Frame

_KEY = ":key"
"""Marks a random key, stored as its data."""


def to_arrays(state: Any) -> dict[str, Any]:
    """Named NumPy arrays of a kernel's state."""
    found: dict[str, Any] = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        name = jax.tree_util.keystr(path, simple=True, separator=".")
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            found[f"kernel.{name}{_KEY}"] = np.asarray(
                jax.random.key_data(leaf)
            )
        else:
            found[f"kernel.{name}"] = np.asarray(leaf)
    return found


def from_arrays(arrays: Mapping[str, Any], like: Any, key: Any) -> Any:
    """The kernel's state of `to_arrays`.

    Parameters
    ----------
    arrays
        From `to_arrays`.
    like
        A state, or its shapes, of the same kind.
    key
        A random key of the implementation that was used.

    Raises
    ------
    FitError
        If the arrays are not those of such a state.
    """
    leaves, tree = jax.tree_util.tree_flatten_with_path(like)
    found: list[Any] = []
    for path, leaf in leaves:
        name = jax.tree_util.keystr(path, simple=True, separator=".")
        name = f"kernel.{name}"
        random = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        value = arrays.get(name + _KEY if random else name)
        if random and value is not None:
            impl = jax.random.key_impl(key)
            value = jax.random.wrap_key_data(jnp.asarray(value), impl=impl)
        if value is None or value.shape != leaf.shape:
            raise FitError(
                Fault(
                    f"the checkpoint's {name!r} does not fit",
                    value="nothing" if value is None else str(value.shape),
                    allowed=str(leaf.shape),
                    fix="go on with the settings and the version of NumPyro "
                    "that it was made with, or start anew",
                    code="checkpoint",
                )
            )
        found.append(value if random else jnp.asarray(value, leaf.dtype))
    return jax.tree_util.tree_unflatten(tree, found)


def check_density(problem: Problem, frame: Frame, state: Any) -> None:
    """Refuse a state whose densities are not those of this problem.

    Raises
    ------
    FitError
        If data, known arrays, priors or fixed values are others.
    """
    now = np.asarray(_energies(problem, frame, jnp.asarray(state.z)))
    then = np.asarray(state.potential_energy)
    # Room for another device or program, not for another datum.
    rounding = 1e3 * np.finfo(now.dtype).eps
    if not np.allclose(now, then, rtol=rounding, atol=rounding):
        raise FitError(
            Fault(
                "the checkpoint is of another problem: where it ended the "
                "log-density is not the same",
                value=f"{-now[0]:.10g}",
                allowed=f"{-then[0]:.10g}",
                fix="give the data, priors and fixed values that it was "
                "made with, or start anew",
                code="checkpoint",
            )
        )


@jax.jit
def _energies(problem: Problem, frame: Frame, z: Any) -> Any:
    return jax.vmap(potential(problem, frame))(z)


def check_checkpoint(
    problem: Problem, checkpoint: Posterior, owner: str, chains: int
) -> None:
    """Refuse a checkpoint that is not one of this problem's chains.

    Raises
    ------
    FitError
        If the estimator, the coordinates or the chains are others.
    """
    shape = checkpoint.unconstrained.shape
    faults = Faults()
    if checkpoint.estimator != owner or "centre" not in checkpoint.state:
        faults.append(
            Fault(
                f"{owner!r} cannot go on from this posterior",
                value=checkpoint.estimator,
                allowed=f"a posterior of {owner!r} with its state",
                code="checkpoint",
            )
        )
    if shape[-1] != problem.size:
        faults.append(
            Fault(
                "the checkpoint is of another problem",
                value=f"{shape[-1]} coordinates",
                allowed=str(problem.size),
                code="checkpoint",
            )
        )
    if shape[0] != chains:
        faults.append(
            Fault(
                "the checkpoint has another number of chains",
                value=str(shape[0]),
                allowed=str(chains),
                fix=f"chains={shape[0]}",
                code="checkpoint",
            )
        )
    faults.throw(FitError)

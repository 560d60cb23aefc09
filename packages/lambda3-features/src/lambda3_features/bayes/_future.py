"""How well a model foresees what comes next: leave-future-out."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import forwardax as fx
import jax.numpy as jnp


def truncated(problem: fx.Problem, end: int) -> fx.Problem:
    """The same problem, as if the series had ended after `end` points."""
    system: Any = problem.system
    used = system.used & (jnp.arange(system.used.shape[-1]) < end)
    return eqx.tree_at(lambda p: p.system.used, problem, used)

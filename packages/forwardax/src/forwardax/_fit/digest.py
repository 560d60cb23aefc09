# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# JAX and NumPyro leave many of their types unknown.
"""What makes two fits the same fit, as one digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

import jax
import numpy as np

from .._problem.problem import Problem
from .checked_file import digest


def fit_digest(problem: Problem, estimator: str, config: Any, key: Any) -> str:
    """Digest of everything a fit is a function of.

    Of what a system holds only the shapes take part: it may be computed when
    the system is built, and then its last digits differ between machines. An
    estimator that goes on compares the density itself.
    """
    held = [
        (str(leaf.dtype), leaf.shape)
        for leaf in jax.tree.leaves(problem.system)
        if hasattr(leaf, "dtype")
    ]
    numbers = [
        (jax.tree_util.keystr(path), digest(np.asarray(leaf)))
        for path, leaf in jax.tree_util.tree_leaves_with_path(
            (problem.data, problem.hyper)
        )
    ]
    facts = {
        "system": problem.system.system_id,
        "spec": problem.spec.digest,
        "free": problem.free_keys,
        "size": problem.size,
        "held": held,
        "numbers": numbers,
        "estimator": estimator,
        "config": asdict(config),
        "key": np.asarray(jax.random.key_data(key)).tolist(),
    }
    text = json.dumps(facts, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()

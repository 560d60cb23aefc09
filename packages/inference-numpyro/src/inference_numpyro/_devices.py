"""Work in turn on each device, spread over those that the process has."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec


def mesh_of(count: int) -> Mesh:
    """As many devices as divide a count evenly."""
    devices = jax.local_devices()
    used = max(n for n in range(1, len(devices) + 1) if count % n == 0)
    return Mesh(np.array(devices[:used]), ("each",))


def over_devices(
    function: Callable[[Any, Any], Any], shared: Any, each: Any
) -> Any:
    """`function(shared, one)` of every entry, in turn on each device.

    Parameters
    ----------
    function
        Pure.
    shared
        The same for all.
    each
        Leaves `(count, ...)`.
    """

    def in_turn(shared: Any, each: Any) -> Any:
        return jax.lax.map(partial(function, shared), each)

    count = jax.tree.leaves(each)[0].shape[0]
    mesh = mesh_of(count)
    if mesh.size == 1:
        return in_turn(shared, each)
    spread = jax.shard_map(
        in_turn,
        mesh=mesh,
        in_specs=(PartitionSpec(), PartitionSpec("each")),
        out_specs=PartitionSpec("each"),
        check_vma=False,
    )
    return spread(shared, each)

"""Tokens of a large hierarchy, against building them directly.

    python benchmarks/tokens.py

1024 samples of 100 sites with 50 times each, in single precision. *Direct* is
the plain construction: arrays are flattened key by key outside of a compiled
program, labels are kept for every sample, and the mask is a float array that
a loop over the joined indices fills, made anew for each batch. Both give the
same arrays, which is checked first.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tfmpe_tokens import Tokens, self_mask

SAMPLES, SITES, TIMES = 1024, 100, 50
RULES = {
    "local": ["obs", "theta"],
    "cross": [("mu", "obs"), ("obs", "mu")],
    "cross_local": [("theta", "obs", (0, 0))],
}
ROUNDS = 15
Arrays = Mapping[str, jax.Array]


def inputs() -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
    rng = np.random.default_rng(0)
    shapes = {"mu": (1, 1), "theta": (SITES, 1), "obs": (SITES, TIMES, 1)}
    data = {
        name: jnp.asarray(rng.normal(size=(SAMPLES, *shape)), jnp.float32)
        for name, shape in shapes.items()
    }
    times = rng.uniform(size=(SAMPLES, SITES, TIMES, 1))
    return data, {"obs": jnp.asarray(times, jnp.float32)}


# --- the direct construction -------------------------------------------------


def direct(data: Arrays, times: Arrays) -> tuple[Any, ...]:
    return (
        direct_values(data),
        direct_labels(data),
        direct_inputs(data, times),
        direct_mask({name: v.shape[1:-1] for name, v in data.items()}),
    )


def direct_values(data: Arrays) -> jax.Array:
    width = max(value.shape[-1] for value in data.values())
    blocks: list[jax.Array] = []
    for value in data.values():
        block = value.reshape(value.shape[0], -1, value.shape[-1])
        missing = width - block.shape[-1]
        blocks.append(jnp.pad(block, ((0, 0), (0, 0), (0, missing))))
    return jnp.concatenate(blocks, axis=1)


def direct_labels(data: Arrays) -> jax.Array:
    labels = [
        jnp.full((value.shape[0], int(np.prod(value.shape[1:-1]))), i)
        for i, value in enumerate(data.values())
    ]
    return jnp.concatenate(labels, axis=1)


def direct_inputs(data: Arrays, times: Arrays) -> jax.Array:
    blocks: list[jax.Array] = []
    for name, value in data.items():
        count = int(np.prod(value.shape[1:-1]))
        if name in times:
            blocks.append(times[name].reshape(value.shape[0], count, -1))
        else:
            blocks.append(jnp.full((value.shape[0], count, 1), -1e8))
    return jnp.concatenate(blocks, axis=1)


def direct_mask(shapes: Mapping[str, tuple[int, ...]]) -> jax.Array:
    where: dict[str, slice] = {}
    start = 0
    for name, shape in shapes.items():
        where[name] = slice(start, start + int(np.prod(shape)))
        start = where[name].stop
    mask = np.ones((start, start), np.float32)
    for a, b in RULES["cross"]:
        mask[where[a], where[b]] = 0
    for a in RULES["local"]:
        mask[where[a], where[a]] = 0
    for a, b, (i, j) in RULES["cross_local"]:
        mask[where[a], where[b]] = 0
        mask[where[b], where[a]] = 0
        first = np.indices(shapes[a])[i].reshape(-1)
        second = np.indices(shapes[b])[j].reshape(-1)
        for index in range(shapes[a][i]):
            rows = where[a].start + np.flatnonzero(first == index)
            columns = where[b].start + np.flatnonzero(second == index)
            mask[np.ix_(rows, columns)] = 1
            mask[np.ix_(columns, rows)] = 1
    return jnp.asarray(mask)


def direct_view(arrays: tuple[Any, ...], index: jax.Array) -> tuple[Any, ...]:
    """What a view of some tokens shows, each part taken by a gather."""
    values, labels, inputs, mask = arrays
    return (
        values[:, index],
        labels[:, index],
        inputs[:, index],
        mask[index][:, index],
    )


# --- ours ------------------------------------------------------------------


def ours(data: Arrays, times: Arrays) -> tuple[Any, ...]:
    tokens = Tokens.from_pytree(data, RULES, times)
    return (
        tokens.data,
        tokens.labels,
        tokens.functional_inputs,
        tokens.self_attention_mask,
    )


def our_view(tokens: Tokens, keys: list[str]) -> tuple[Any, ...]:
    view = tokens.select_tokens(keys)
    return (
        view.data,
        view.labels,
        view.functional_inputs,
        view.self_attention_mask,
    )


def build_mask(tokens: Tokens) -> np.ndarray:
    """The mask, although it is known already."""
    return self_mask.__wrapped__(tokens.layout)


# --- timing ----------------------------------------------------------------


def once(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    jax.block_until_ready(call())
    return 1e3 * (time.perf_counter() - start)


def interleaved(
    calls: Mapping[str, Callable[[], Any]],
) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for round_ in range(ROUNDS + 1):
        for name, call in calls.items():
            seconds = once(call)
            if round_:
                taken[name].append(seconds)
    return taken


def row(title: str, ours: list[float], theirs: list[float]) -> None:
    cells = [
        f"{statistics.median(t):.3g} / {min(t):.3g}" for t in (ours, theirs)
    ]
    ratio = statistics.median(theirs) / statistics.median(ours)
    least = min(theirs) / min(ours)
    print(f"{title:<34}{cells[0]:<20}{cells[1]:<20}{ratio:.1f} / {least:.1f}")


def peak(call: Callable[[], Any]) -> int:
    """Bytes of memory that a call takes at most, beyond what was taken."""
    status = Path("/proc/self/status")

    def read(name: str) -> int:
        lines = status.read_text().splitlines()
        (line,) = [entry for entry in lines if entry.startswith(name)]
        return 1024 * int(line.split()[1])

    Path("/proc/self/clear_refs").write_text("5")  # forget the old peak
    before = read("VmRSS")
    result = jax.block_until_ready(call())
    taken = read("VmHWM") - before
    del result
    return taken


def memory() -> None:
    data, times = inputs()
    given = sum(v.nbytes for v in [*data.values(), *times.values()])
    for title, call in (
        ("from_pytree", lambda: Tokens.from_pytree(data, RULES, times)),
        ("from_pytree and its first mask", lambda: ours(data, times)),
    ):
        jax.block_until_ready(call())
        self_mask.cache_clear()
        total = (given + peak(call)) / given
        print(f"peak memory of {title}: {total:.2f} times the input")


def require_equal(found: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    for ours_, theirs in zip(found, expected, strict=True):
        shape = np.shape(theirs)
        same = np.broadcast_to(np.asarray(ours_), shape)
        np.testing.assert_array_equal(same, np.asarray(theirs))


def main() -> None:
    data, times = inputs()
    print(
        f"jax {jax.__version__}, numpy {np.__version__}, Python "
        f"{platform.python_version()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}; {ROUNDS} rounds in turns"
    )
    plain = direct(data, times)
    tokens = Tokens.from_pytree(data, RULES, times)
    shapes = {name: value.shape[1:-1] for name, value in data.items()}
    index = jnp.asarray(tokens.layout.index(["obs"]))
    require_equal(ours(data, times), plain)
    require_equal(our_view(tokens, ["obs"]), direct_view(plain, index))
    print(f"{tokens.n_tokens} tokens; ms, median / minimum; ratios of both")
    print(f"{'':<34}{'tfmpe-tokens':<20}{'direct':<20}ratio")
    taken = interleaved(
        {
            # First: what large masks leave behind slows what follows them.
            "view": lambda: tokens.select_tokens(["obs"]).data,
            "gather": lambda: tokens.data[:, index],
            "copy": lambda: jnp.copy(tokens.data),
            "tokens": lambda: ours(data, times),
            "direct": lambda: direct(data, times),
            "mask": lambda: build_mask(tokens),
            "direct mask": lambda: direct_mask(shapes),
            "mask again": lambda: tokens.self_attention_mask,
            "whole view": lambda: our_view(tokens, ["obs"]),
            "whole gather": lambda: direct_view(plain, index),
        }
    )
    row("from_pytree, with its mask", taken["tokens"], taken["direct"])
    row("mask", taken["mask"], taken["direct mask"])
    row("mask, second call", taken["mask again"], taken["direct mask"])
    row("view of obs: values, by gather", taken["view"], taken["gather"])
    row(
        "the same with masks and labels",
        taken["whole view"],
        taken["whole gather"],
    )
    row("(a copy of all values)", taken["copy"], taken["gather"])
    # Blocks that are freed go back at once, or no peak would be seen.
    here = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}
    subprocess.run([sys.executable, __file__, "--memory"], env=here, check=True)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    memory() if "--memory" in sys.argv else main()

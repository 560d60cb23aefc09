"""What both sides of a comparison time with: runs in either environment."""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any


def best_of(
    call: Callable[[], object], loops: int = 5, seconds: float = 0.1
) -> float:
    """Seconds a call, in the fastest of several loops of equal length."""
    call()
    start = time.perf_counter()
    call()
    count = max(1, round(seconds / (time.perf_counter() - start)))
    taken: list[float] = []
    for _ in range(loops):
        start = time.perf_counter()
        for _ in range(count):
            call()
        taken.append((time.perf_counter() - start) / count)
    return min(taken)


def time_jax(
    function: Callable[..., Any], *arguments: Any
) -> dict[str, Callable[[], float]]:
    """How to time a function of JAX: each call of it, and its compilation.

    The derivative is one of the last argument. A compilation is everything
    up to the first result, nothing of it known from before.
    """
    import jax

    last = len(arguments) - 1
    slope = jax.value_and_grad(function, argnums=last)
    made = {"value": jax.jit(function), "gradient": jax.jit(slope)}

    def run(name: str) -> object:
        return jax.block_until_ready(made[name](*arguments))

    def compile_anew(name: str) -> float:
        jax.clear_caches()
        start = time.perf_counter()
        run(name)
        return time.perf_counter() - start

    return {
        "value": lambda: best_of(lambda: run("value")),
        "gradient": lambda: best_of(lambda: run("gradient")),
        "compile value": lambda: compile_anew("value"),
        "compile gradient": lambda: compile_anew("gradient"),
    }


def serve(actions: Mapping[str, Callable[[], Any]]) -> None:
    """Answer names of actions, a line each, with JSON, until there are none."""
    answers = open(int(os.environ["BENCHMARK_ANSWERS"]), "w", buffering=1)
    print(json.dumps(sorted(actions)), file=answers)
    for line in sys.stdin:
        print(json.dumps(actions[line.strip()]()), file=answers)


def processor_seconds() -> float:
    """Of this process and of those it started that have ended.

    Unlike seconds on the clock, they hardly depend on who else is there.
    """
    found = map(
        resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return sum(usage.ru_utime + usage.ru_stime for usage in found)


def versions(*names: str) -> str:
    python = ".".join(map(str, sys.version_info[:3]))
    listed = (f"{name} {version(name)}" for name in names)
    return ", ".join([*listed, f"Python {python}"])


def spread(values: list[float]) -> str:
    """Median and minimum of seconds, in ms or s."""
    middle, least = statistics.median(values), min(values)
    if middle >= 1.0:
        return f"{middle:.2f} / {least:.2f} s"
    return f"{middle * 1e3:.2f} / {least * 1e3:.2f} ms"

# pyright: reportUnknownMemberType=false
# JAX leaves many of its types unknown.
"""How the command line sets JAX up; nothing else changes JAX's settings."""

from __future__ import annotations

import os
from pathlib import Path

import jax


def set_up_jax() -> None:
    """Double precision, a cache of programs, a CPU device for each core.

    Chains run side by side on several devices. What the user set by JAX's
    own variables stays; call this before JAX computes anything.
    """
    jax.config.update("jax_enable_x64", True)
    if jax.config.jax_compilation_cache_dir is None:  # pyright: ignore
        _keep_programs()
    flags = os.environ.get("XLA_FLAGS", "")
    if (
        "xla_force_host_platform_device_count" not in flags
        and "JAX_NUM_CPU_DEVICES" not in os.environ
    ):
        try:
            jax.config.update("jax_num_cpu_devices", core_count())
        except RuntimeError:
            pass  # JAX has computed already: its devices stay as they are


def core_count() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _keep_programs() -> None:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(cache) / "forwardax" / "jax"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return  # without a cache it only compiles anew
    if not os.access(folder, os.W_OK):
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    for name, value in (
        ("jax_persistent_cache_min_compile_time_secs", 0.0),
        ("jax_persistent_cache_min_entry_size_bytes", -1),
    ):
        if name.upper() not in os.environ:
            jax.config.update(name, value)

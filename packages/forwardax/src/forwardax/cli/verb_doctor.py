"""`forwardax doctor`: what one wants to know about an installation."""

from __future__ import annotations

import os
import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

import click

from .._plugins.registry import Registry
from ._exit import ExitCode, write_json
from ._options import json_option
from ._tables import print_table
from .verb_list import failures_json, print_failures

PACKAGES = ("forwardax", "jax", "jaxlib", "numpyro", "equinox", "numpy")
VARIABLES = (
    "FORWARDAX_PLUGINS",
    "FORWARDAX_BLOCK",
    "FORWARDAX_PREFER",
    "FORWARDAX_STRICT",
    "JAX_PLATFORMS",
    "XLA_FLAGS",
)


@click.command("doctor")
@json_option
def command(as_json: bool) -> ExitCode:
    """Report versions, devices, settings, plugins and what failed.

    Devices and settings are those of `fit` and `simulate`.

    This verb loads JAX, so it takes seconds.
    """
    registry = Registry.default()
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }
    faults = _ask_jax(facts)
    variables = {n: os.environ[n] for n in VARIABLES if n in os.environ}
    plugins = [
        {"distribution": name, "version": _version(name)}
        for name in registry.distributions
    ]
    if as_json:
        write_json(
            {
                **facts,
                "variables": variables,
                "plugins": plugins,
                "failures": failures_json(registry),
                "left_out": dict(registry.left_out),
                "faults": faults,
            }
        )
    else:
        table = {**facts, **variables}
        rows = [
            {"what": what, "value": _text(value)}
            for what, value in table.items()
        ]
        print_table(rows, ("what", "value"))
        click.echo()
        print_table(plugins, ("distribution", "version"), title="plugins")
        print_failures(registry)
        for fault in faults:
            click.secho(fault, fg="red", err=True)
    bad = faults or registry.failures
    return ExitCode.FAULTS if bad else ExitCode.OK


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[object]", value)))
    return "none" if value is None else str(value)


def _ask_jax(facts: dict[str, Any]) -> list[str]:
    """Add what only JAX knows; say what is wrong where it does not start."""
    # By name: the command line's modules must never import jax when loaded.
    try:
        jax: Any = import_module("jax")
        import_module("forwardax._run.jax_setup").set_up_jax()
        facts["devices"] = [str(device) for device in jax.devices()]
        facts["x64"] = bool(jax.config.jax_enable_x64)
        facts["compilation cache"] = jax.config.jax_compilation_cache_dir
    except Exception as error:
        return [f"JAX does not start: {type(error).__name__}: {error}"]
    return []

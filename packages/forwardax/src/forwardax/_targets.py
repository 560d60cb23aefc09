"""`"module:attr"`: loading what it names, or only looking whether it exists.

`load_target` imports. `target_fault` does not: it finds the source file and
reads its top-level names, so a check of a hundred targets never loads JAX.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from ._sourcefiles import find_module, top_level_names
from .errors import Fault, PluginFailed, listed, nearest


def split_target(target: str) -> tuple[str, str]:
    """Module and attribute of `"module:attr"`.

    Raises
    ------
    PluginFailed
        If there are not two dotted names with a colon between them.
    """
    module, colon, attribute = target.partition(":")
    names = module.split(".") + attribute.split(".")
    if not colon or not all(name.isidentifier() for name in names):
        raise PluginFailed(
            Fault(
                f"{target!r} is not a target",
                key=target,
                allowed="'package.module:attribute'",
                code="target",
            )
        )
    return module, attribute


def load_target(
    target: str | Callable[..., Any], *, needed_by: str = ""
) -> Any:
    """Import what a `"module:attr"` string names.

    Parameters
    ----------
    target
        `"package.module:attribute"`; anything that is no string is returned
        as it is.
    needed_by
        Who asks, for the message.

    Raises
    ------
    PluginFailed
        If the module does not import or has no such attribute.
    """
    if not isinstance(target, str):
        return target
    name, attribute = split_target(target)
    module = _import(name, target, needed_by)
    found: Any = module
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise PluginFailed(
                _no_attribute(target, dir(found), needed_by)
            ) from error
        except (Exception, SystemExit) as error:
            # A module-level __getattr__ may import, and fail at that.
            raise PluginFailed(
                _import_fault(target, name, error, needed_by)
            ) from error
    return found


def target_fault(target: str, *, needed_by: str = "") -> Fault | None:
    """What is wrong with a target, found without importing it.

    None also where the source cannot tell: an extension module, a module
    with `from x import *` or its own `__getattr__`, an inherited attribute.
    """
    try:
        name, attribute = split_target(target)
    except PluginFailed as error:
        return error.faults[0]
    first = attribute.partition(".")[0]
    loaded = sys.modules.get(name)
    if loaded is not None and first in vars(loaded):
        return None
    spec = find_module(name)
    if spec is None:
        if loaded is not None:
            return _no_attribute(target, vars(loaded), needed_by)
        return Fault(
            f"target {target!r} does not exist: there is no module {name!r}",
            key=target,
            allowed="a module that is installed",
            needed_by=needed_by,
            code="target",
        )
    names = top_level_names(spec)
    if names is None or first in names or find_module(f"{name}.{first}"):
        return None
    return _no_attribute(target, names, needed_by)


def _import(name: str, target: str, needed_by: str) -> ModuleType:
    try:
        return import_module(name)
    except (Exception, SystemExit) as error:
        raise PluginFailed(
            _import_fault(target, name, error, needed_by)
        ) from error


def _import_fault(
    target: str, module: str, error: BaseException, needed_by: str
) -> Fault:
    missing = isinstance(error, ModuleNotFoundError) and error.name
    if missing and (module == missing or module.startswith(f"{missing}.")):
        what = f"target {target!r} does not exist: there is no module"
        return Fault(
            f"{what} {missing!r}",
            key=target,
            allowed="a module that is installed",
            needed_by=needed_by,
            code="target",
        )
    return Fault(
        f"target {target!r} could not be loaded: importing {module!r} "
        f"raised {type(error).__name__}: {error}",
        key=target,
        allowed="a module that imports",
        needed_by=needed_by,
        fix=f"install {missing}" if missing else "",
        code="target",
    )


def _no_attribute(target: str, known: Any, needed_by: str) -> Fault:
    name, _, attribute = target.partition(":")
    public = [item for item in known if not item.startswith("_")]
    return Fault(
        f"target {target!r} does not exist: module {name!r} has no "
        f"{attribute!r}",
        key=target,
        allowed=listed(sorted(public)),
        nearest=nearest(attribute.rpartition(".")[2], public),
        needed_by=needed_by,
        code="target",
    )

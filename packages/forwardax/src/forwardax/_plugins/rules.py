"""What a plugin module must keep to, and the faults where it does not."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NoReturn, cast

from ..errors import ApiMismatch, Fault, PluginFailed, nearest
from .entries import API, KINDS, Entry, scope_of
from .hookspecs import PREFIX, PROJECT


def check_api(module: object) -> None:
    """Same major, and no newer minor than the core's.

    Raises
    ------
    ApiMismatch
        Otherwise, and where the module does not say.
    """
    theirs: Any = getattr(module, "FORWARDAX_API", None)
    if theirs is None:
        what = "the plugin module does not say which plugin API it is for"
        fix = f"write in it: FORWARDAX_API = {API}"
    elif not _is_version(theirs):
        what = "FORWARDAX_API is not a pair of whole numbers"
        fix = f"write: FORWARDAX_API = {API}"
    elif theirs[0] < API[0]:
        what = "the plugin is written for an older plugin API"
        fix = "upgrade the plugin"
    elif theirs > API:
        what = "the plugin is written for a newer plugin API"
        fix = "upgrade forwardax"
    else:
        return
    raise ApiMismatch(
        Fault(
            what,
            key="FORWARDAX_API",
            value="" if theirs is None else repr(theirs),
            allowed=f"major {API[0]} with a minor up to {API[1]}",
            fix=fix,
            code="api",
        )
    )


def _is_version(value: Any) -> bool:
    if not isinstance(value, tuple):
        return False
    parts = cast("tuple[Any, ...]", value)
    return len(parts) == 2 and all(type(part) is int for part in parts)


def check_hook_names(module: object) -> None:
    """Refuse hooks that pluggy would ignore in silence.

    Raises
    ------
    PluginFailed
        For a misspelt hook, and for one that is not marked.
    """
    faults: list[Fault] = []
    for name, value in vars(module).items():
        if callable(value) and not isinstance(value, ModuleType):
            faults += _hook_faults(name, value)
    if faults:
        raise PluginFailed(faults)


def _hook_faults(name: str, function: object) -> list[Fault]:
    hooks = [PREFIX + kind for kind in KINDS]
    marks: dict[str, Any] | None = getattr(function, f"{PROJECT}_impl", None)
    if marks is None:
        if not name.startswith(PREFIX):
            return []
        if name in hooks:
            return [
                Fault(
                    f"{name!r} is not marked as a hook",
                    key=name,
                    allowed="functions under @hookimpl",
                    fix="put @hookimpl above it (from forwardax import "
                    "hookimpl)",
                    code="hook",
                )
            ]
    else:
        name = marks.get("specname") or name
        # `optionalhook` marks a hook of a later API, used ahead of time.
        if name in hooks or marks.get("optionalhook"):
            return []
    near = nearest(name, hooks)
    allowed = ", ".join(hooks)
    what = f"{name!r} is not a hook"
    return [Fault(what, name, allowed=allowed, nearest=near, code="hook")]


def check_entry(kind: str, record: type[Entry], entry: object) -> None:
    """Refuse what is not a record of the hook.

    Raises
    ------
    PluginFailed
        With what came instead.
    """
    if not isinstance(entry, record):
        refuse_records(kind, record, entry, "yielded")
    # Annotations promise text, but nobody checks them for a plugin.
    given: list[Any] = [entry.name, entry.target]
    if not all(isinstance(text, str) and text for text in given):
        refuse_records(kind, record, entry, "yielded")


def refuse_records(
    kind: str, record: type[Entry], given: object, verb: str
) -> NoReturn:
    """Say what a hook gave instead of records."""
    hook = PREFIX + kind
    raise PluginFailed(
        Fault(
            f"{hook} {verb} {given!r:.80}",
            key=hook,
            allowed=f"{record.__name__} records with a name and a target",
            fix=f"write: yield {record.__name__}(...)",
            code="record",
        )
    )


def raised(error: BaseException) -> Fault:
    """Fault for whatever loading a plugin raised."""
    if isinstance(error, SystemExit):
        what = f"loading it called sys.exit({error.code!r})"
    else:
        what = f"loading it raised {type(error).__name__}: {error}"
    missing = isinstance(error, ModuleNotFoundError) and error.name
    fix = f"install {missing.partition('.')[0]}" if missing else ""
    return Fault(
        what,
        key=type(error).__name__,
        allowed="a module that imports, and hooks that return",
        fix=fix,
        code="plugin",
    )


def imported_jax(module: object) -> Fault:
    """Fault for a plugin that is too heavy to list."""
    name = getattr(module, "__name__", "the plugin module")
    return Fault(
        f"declaring its entries imported jax (plugin module {name!r}), "
        "which costs seconds wherever names are only listed",
        key=name,
        allowed="declarations without jax",
        fix='import jax only in the modules that the "module:attr" targets '
        f"name; `python -X importtime -c 'import {name}'` shows who does",
        code="heavy",
    )


def twice(kind: str, entry: Entry) -> Fault:
    """Fault for a name that one plugin declares twice."""
    scope = scope_of(entry)
    where = f" for {scope!r}" if scope else ""
    return Fault(
        f"it declares {entry.name!r} twice among its {kind}{where}",
        key=entry.name,
        allowed="names that differ",
        code="duplicate",
    )

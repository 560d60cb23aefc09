"""Names of a package that are loaded when they are first used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any


def lazy_names(
    package: str, file: str, *, extra: str = ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Functions that load the names of a package at first use.

    What there is stands in the stub beside the file, as type checkers read
    it: ``from ._module import Name as Name`` or ``from . import module as
    module``. The file itself holds no more than ::

        from forwardax.lazy import lazy_names

        __getattr__, __dir__ = lazy_names(__name__, __file__)

    Parameters
    ----------
    package, file
        ``__name__`` and ``__file__`` of the package's ``__init__.py``.
    extra
        Requirement, such as ``"tool[plots]"``, that the error names where
        another package that a name needs is not installed.

    Returns
    -------
    tuple
        ``__getattr__`` and ``__dir__`` of the package. The first raises
        AttributeError, with the nearest name, for a name that is not in the
        stub.
    """

    @cache
    def homes() -> Mapping[str, tuple[str, str]]:
        return _read(Path(file).with_suffix(".pyi"))

    def load(name: str) -> Any:
        if name not in homes():
            from .errors import nearest

            near = nearest(name, homes())
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise AttributeError(f"{package} has no {name!r}{hint}")
        home, own = homes()[name]
        try:
            found = import_module(f".{home or own}", package)
        except ModuleNotFoundError as error:
            ours = package.partition(".")[0]
            if not extra or str(error.name).partition(".")[0] == ours:
                raise
            raise ImportError(
                f"{name} needs {error.name}, which is not installed: "
                f'pip install "{extra}"'
            ) from error
        value = getattr(found, own) if home else found
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted(homes())

    return load, names


def _read(stub: Path) -> Mapping[str, tuple[str, str]]:
    """Module, and name there, of every name that a stub imports.

    The module is empty where the name is that of a module.
    """
    import ast

    return {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in ast.parse(stub.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

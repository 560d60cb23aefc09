"""Looking into modules without importing them, nor their parent packages."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path


def find_module(name: str) -> ModuleSpec | None:
    """Spec of a module, found without importing any of its parents.

    `importlib.util.find_spec("a.b")` imports `a`, which may import JAX; this
    asks the finders for `a`, then for `a.b` within a's folder.
    """
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):  # a module made by hand has no spec
        return None
    path = top
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        path = f"{path}.{part}"
        spec = _find(path, list(spec.submodule_search_locations))
    return spec


def _find(name: str, locations: list[str]) -> ModuleSpec | None:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, locations)
        if spec is not None:
            return spec
    return None


def find_resource(target: str) -> Path | None:
    """Path of the file a `"package:folder/file"` target names, if any."""
    package, _, relative = target.partition(":")
    spec = find_module(package) if package else None
    if spec is None or not relative:
        return None
    for location in spec.submodule_search_locations or ():
        path = Path(location) / relative
        if path.is_file():
            return path
    return None


def top_level_names(spec: ModuleSpec) -> frozenset[str] | None:
    """Names a module defines, by its source; None if that cannot tell."""
    if spec.origin is None or not spec.origin.endswith(".py"):
        return None
    try:
        tree = ast.parse(Path(spec.origin).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None  # loading it gives the better message
    names = frozenset(_bound(tree.body))
    return None if names & {"*", "__getattr__"} else names


def _bound(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                yield name
            case ast.Import(names=names):
                for alias in names:
                    yield alias.asname or alias.name.partition(".")[0]
            case ast.ImportFrom(names=names):
                for alias in names:
                    yield alias.asname or alias.name
            case _:
                # Assignments, and blocks: try, if, with, for, while.
                yield from _in_statement(node)


def _in_statement(node: ast.stmt) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield from _bound([child])
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from _bound(child.body)
        else:
            for name in ast.walk(child):
                if isinstance(name, ast.Name) and isinstance(
                    name.ctx, ast.Store
                ):
                    yield name.id

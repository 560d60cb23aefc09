"""`forwardax show`: everything about one name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from .._plugins.entries import (
    EstimatorEntry,
    PresetEntry,
    ProfileEntry,
    SystemEntry,
    TransformEntry,
)
from .._plugins.missing import SINGULAR, missing_entry
from .._plugins.registry import Registry
from ._exit import write_json
from ._options import json_option

Rows = list[dict[str, str]]


@dataclass(slots=True)
class Page:
    """What is shown of one entry: facts, then tables by title."""

    facts: dict[str, str]
    tables: dict[str, Rows] = field(default_factory=lambda: {})
    graph: Any = None


@click.command("show")
@click.argument("name")
@click.option("--graph", is_flag=True, help="Show who depends on whom.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="system.PATH=VALUE",
    help="Change a structure value first.",
)
@json_option
def command(
    name: str, graph: bool, overrides: tuple[str, ...], as_json: bool
) -> None:
    """Show an entry of any kind; NAME is its full name.

    Of a system: its parameters, structure, data, scope, what it extends,
    the derived values in its scope, and who provides it.
    """
    registry = Registry.default()
    found = registry.find(name)
    if not found:
        _refuse(registry, name)
    pages: list[Page] = []
    for kind, entry in dict(found).items():
        if kind == "transforms":
            pages += [
                _transform_page(registry, one)
                for one in registry.entries("transforms")
                if one.name == name
            ]
            continue
        facts = {
            "name": name,
            "kind": SINGULAR[kind],
            "summary": entry.summary,
            "provided by": registry.provider(kind, name),
            "target": entry.target,
            "tags": ", ".join(entry.tags),
        }
        page = Page(facts)
        match entry:
            case SystemEntry():
                _add_system(page, registry, entry, overrides, graph=graph)
            case ProfileEntry():
                from .._plugins.entry_specs import spec_of

                facts["profile of"] = entry.kind
                page.tables["parameters"] = spec_of(entry).rows()
            case EstimatorEntry():
                facts["kind"] = f"estimator ({entry.kind})"
                facts["needs"] = ", ".join(sorted(entry.needs))
                facts["checks"] = ", ".join(entry.checks)
            case PresetEntry():
                facts["system"] = entry.system
            case _:
                for extra in ("licence", "sha256", "scheme", "accepts"):
                    value: Any = getattr(entry, extra, "")
                    text = value if isinstance(value, str) else ", ".join(value)
                    facts[extra] = text
        pages.append(page)
    _print(pages, as_json=as_json)


def _refuse(registry: Registry, name: str) -> None:
    """Raise with the nearest names over all the kinds."""
    from dataclasses import replace

    from .._plugins.entries import KINDS
    from ..errors import UnknownEntry, listed, nearest

    # A name that several claim has its own error.
    for kind in KINDS:
        registry.raise_conflict(kind, name)
    names = [e.name for kind in KINDS for e in registry.entries(kind)]
    first, *suspects = missing_entry(registry, "systems", name).faults
    fix = first.fix if "pip" in first.fix else "`forwardax list` shows all"
    near = nearest(name, names)
    fault = replace(
        first,
        what=f"there is no entry {name!r}",
        allowed=listed(names),
        nearest=near,
        fix=fix,
    )
    raise UnknownEntry([fault, *suspects])


def _transform_page(registry: Registry, entry: TransformEntry) -> Page:
    at = {"system_id": entry.system_id}
    facts = {
        "name": entry.name,
        "kind": "transform",
        "summary": entry.summary,
        "provided by": registry.provider("transforms", entry.name, **at),
        "target": entry.target,
        "scope": entry.system_id,
        "deps": ", ".join(entry.deps),
        "inverse for": ", ".join(dep for dep, _ in entry.inverse),
    }
    return Page(facts)


def _add_system(
    page: Page,
    registry: Registry,
    entry: SystemEntry,
    overrides: tuple[str, ...],
    *,
    graph: bool,
) -> None:
    from .._plugins.entry_specs import data_of, known_of, spec_of
    from .._plugins.scopes import transforms_in_scope

    page.facts["scope"] = entry.scope
    page.facts["extends"] = entry.extends or ""
    structure = _structure(entry, overrides)
    page.tables["structure"] = _structure_rows(entry, structure)
    spec, data = spec_of(entry, structure), data_of(entry, structure)
    page.tables["known arrays"] = known_of(entry, structure).rows()
    page.tables["parameters"] = spec.rows()
    if data is not None:
        page.tables["data"] = data.rows()
    transforms = transforms_in_scope(registry, entry.scope)
    page.tables["derived values in scope"] = [
        {
            "key": key,
            "from": ", ".join(one.entry.deps),
            "scope": one.entry.system_id,
            "inverse for": ", ".join(dep for dep, _ in one.entry.inverse),
            "provided by": str(one.plugin),
        }
        for key, one in transforms.items()
    ]
    if graph:
        from ._graph import dependencies

        page.graph = dependencies(spec, data, transforms)


def _structure(
    entry: SystemEntry, overrides: tuple[str, ...]
) -> Mapping[str, Any]:
    """Structure values that the command line sets."""
    if not overrides:
        return {}
    from .._config.layers import override_layer
    from .._config.sections import find_structure
    from .._config.settings import Places
    from ..errors import ConfigError, Faults

    faults = Faults()
    layer = override_layer(overrides, faults)
    given = layer.paths("system")
    found = find_structure(entry, given, Places(given), faults)
    faults.throw(ConfigError)
    return found.plain if found is not None else {}


def _structure_rows(entry: SystemEntry, given: Mapping[str, Any]) -> Rows:
    from .._schema.values import interval
    from ..contracts import NO_DEFAULT

    rows: Rows = []
    for one in entry.structure:
        low, high = one.bounds
        required = one.default is NO_DEFAULT
        rows.append(
            {
                "key": one.key,
                "kind": one.kind,
                "default": "must be given" if required else str(one.default),
                "value": str(given[one.key]) if one.key in given else "",
                "choices": ", ".join(map(str, one.choices)),
                "bounds": ""
                if one.bounds == (None, None)
                else interval(low, high),
                "doc": one.doc,
            }
        )
    return rows


def _print(pages: list[Page], *, as_json: bool) -> None:
    if as_json:
        write_json(
            [
                {
                    **page.facts,
                    **page.tables,
                    **({"graph": page.graph.to_json()} if page.graph else {}),
                }
                for page in pages
            ]
        )
        return
    from ._tables import print_table

    for page in pages:
        width = max(map(len, page.facts))
        for what, text in page.facts.items():
            if text:
                click.echo(f"{what.ljust(width)}  {text}")
        click.echo()
        for title, rows in page.tables.items():
            if rows:
                columns = list(dict.fromkeys(k for row in rows for k in row))
                print_table(rows, columns, title=title)
                click.echo()
        if page.graph:
            click.secho("who depends on whom", bold=True)
            for line in page.graph.lines():
                click.echo(line)

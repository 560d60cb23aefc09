"""One layer of configuration: a run file, a preset, or the overrides.

Whatever it was written in, a layer ends as settings by section and dotted
path, with the faults that can be seen without knowing the system.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from .._freeze import freeze_value
from .._yaml import Document, YamlPath, parse_yaml
from ..contracts import Prior
from ..errors import Fault, Faults, unknown
from .settings import COMMAND_LINE, Setting

PARAMS: Final = ("fixed", "priors", "free", "ties", "solve_for")
WORDS: Final = ("preset", "seed", "folder", "truth")
"""Sections that are one word."""
RUN: Final = ("system", "data", "params", "estimator", *WORDS)
PRESET: Final = ("system", "params", "estimator")


@dataclass(slots=True)
class Layer:
    """Settings by section: `RUN` without params, and `PARAMS`.

    The key `""` of a section holds the section's own word: the system's
    name, the data file, the seed.
    """

    source: str
    sections: dict[str, dict[str, Setting]] = field(
        default_factory=lambda: {s: {} for s in (*RUN, *PARAMS)}
    )

    def word(self, section: str) -> Setting | None:
        """A section's own word, if the layer has it."""
        return self.sections[section].get("")

    def paths(self, section: str) -> dict[str, Setting]:
        """A section without its own word."""
        return {k: one for k, one in self.sections[section].items() if k}


def read_layer(
    document: Document, faults: Faults, *, allowed: Iterable[str] = RUN
) -> Layer:
    """Settings of a YAML document."""
    faults.extend(document.faults)
    reader = _Reader(document, faults)
    for section, value in reader.mapping(document.value, ()).items():
        if reader.known(section, (section,), tuple(allowed), "this file"):
            reader.section(section, value)
    return reader.layer


def override_layer(overrides: Iterable[str], faults: Faults) -> Layer:
    """Settings of `--set SECTION.PATH=VALUE` texts; later ones win."""
    layer = Layer(COMMAND_LINE)
    for text in overrides:
        one = _override(text, faults)
        for name, settings in one.sections.items():
            # A key is fixed or has a prior, whichever was said last.
            other = {"fixed": "priors", "priors": "fixed"}.get(name, name)
            for key, setting in settings.items():
                layer.sections[other].pop(key, None)
                layer.sections[name][key] = setting
    return layer


def _override(text: str, faults: Faults) -> Layer:
    path, equals, given = text.partition("=")
    section, *rest = path.split(".")
    source = f"--set {text}"
    if not equals or "" in (section, *rest):
        allowed = "SECTION.PATH=VALUE, such as params.lens.redshift=0.5"
        what = f"{source}: nothing is set"
        faults.append(Fault(what, text, allowed=allowed, code="override"))
        return Layer(source)
    document = parse_yaml(given, source=source)
    if section == "params":
        # {Family: {...}} is a prior; anything else is a value to hold.
        part = "priors" if _is_prior(document.value) else "fixed"
        inside: Any = {part: _under(rest, document.value)}
    else:
        inside = _under(rest, document.value)
    document.value = {section: inside}
    document.lines.clear()  # a command line has none
    return read_layer(document, faults)


def _under(path: list[str], value: Any) -> Any:
    return {".".join(path): value} if path else value


@dataclass(slots=True)
class _Reader:
    document: Document
    faults: Faults
    layer: Layer = field(init=False)

    def __post_init__(self) -> None:
        self.layer = Layer(self.document.source)

    def section(self, section: str, value: Any) -> None:
        if section == "params":
            for part, inside in self.mapping(value, (section,)).items():
                at = (section, part)
                if self.known(part, at, PARAMS, "params"):
                    self.params(part, inside, at)
        elif isinstance(value, dict):
            name = cast("dict[str, Any]", value).pop("name", None)
            if section in WORDS:
                what = f"{section} must be one word"
                self.fault((section,), what, "type", "one word")
            elif name is not None:
                self.put(section, "", name, (section, "name"))
            for path, leaf, at in leaves_of(value, (section,)):
                self.put(section, path, leaf, at)
        elif value is not None:
            self.put(section, "", value, (section,))

    def params(self, part: str, value: Any, at: YamlPath) -> None:
        if part == "free":
            names = cast("list[Any]", value)
            for name in names if isinstance(value, list) else [value]:
                if isinstance(name, str):
                    self.put(part, name, True, at)
                else:
                    what = f"free lists keys or globs, not {name!r}"
                    self.fault(at, what, "type", "keys or globs")
            return
        for path, leaf, where in leaves_of(self.mapping(value, at), at):
            if part == "priors":
                self.prior(path, leaf, where)
            elif part == "fixed" or isinstance(leaf, str):
                self.put(part, path, leaf, where)
            else:
                what = f"params.{part}.{path} must name a key, not {leaf!r}"
                self.fault(where, what, "type", "the key of a parameter")

    def prior(self, path: str, leaf: Any, at: YamlPath) -> None:
        shape = "{Normal: {loc: 0, scale: 1}}"
        if not _is_prior(leaf):
            what = f"the prior of {path!r} is not written as {shape}"
            self.fault(at, what, "prior", shape, value=repr(leaf))
            return
        ((family, arguments),) = cast("dict[str, Any]", leaf).items()
        found = dict(self.mapping(arguments, (*at, family)))
        centred = found.pop("centred", True)
        for name, argument in found.items():
            if isinstance(argument, dict | bool) or argument is None:
                what = f"{name!r} of the prior of {path!r} is no number or key"
                where = (*at, family, name)
                allowed = "real numbers, or the key of another parameter"
                self.fault(
                    where, what, "prior", allowed, value=repr(found[name])
                )
                return
        self.put("priors", path, Prior(family, centred=centred, **found), at)

    def put(self, section: str, path: str, value: Any, at: YamlPath) -> None:
        settings = self.layer.sections[section]
        if path in settings:
            what = f"{path!r} is given twice, first in {settings[path].where}"
            self.fault(at, what, "duplicate", "one value a path")
            return
        if not isinstance(value, Prior):
            value = freeze_value(value)
        line = self.document.line(at)
        settings[path] = Setting(value, self.document.source, line)

    def mapping(self, value: Any, at: YamlPath) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return cast("dict[str, Any]", value)
        if value is not None:
            name = ".".join(at) or "the file"
            what = f"{name} must be a mapping"
            self.fault(at, what, "type", "a mapping", value=repr(value))
        return {}

    def known(
        self, name: str, at: YamlPath, allowed: tuple[str, ...], owner: str
    ) -> bool:
        if name not in allowed:
            line = self.document.line(at)
            setting = Setting(None, self.document.source, line)
            fault = unknown("a section", name, allowed, owner=owner)
            self.faults.append(setting.located(fault))
        return name in allowed

    def fault(
        self, at: YamlPath, what: str, code: str, allowed: str, value: str = ""
    ) -> None:
        setting = Setting(None, self.document.source, self.document.line(at))
        key = ".".join(at) or self.document.source
        fault = Fault(what, key, value, allowed, code=code)
        self.faults.append(setting.located(fault))


def leaves_of(
    value: Any, at: YamlPath = (), path: str = ""
) -> Iterator[tuple[str, Any, YamlPath]]:
    """Values by dotted path; priors and empty mappings are leaves."""
    if not isinstance(value, dict) or not value or _is_prior(value):
        if path:
            yield path, value, at
        return
    for key, inside in cast("dict[str, Any]", value).items():
        below = f"{path}.{key}" if path else key
        yield from leaves_of(inside, (*at, key), below)


def _is_prior(value: Any) -> bool:
    """Whether it reads `{Family: {...}}`; keys of parameters are lower case."""
    if not isinstance(value, dict) or len(cast("dict[str, Any]", value)) != 1:
        return False
    (name,) = cast("dict[str, Any]", value)
    return name[:1].isupper() or ":" in name

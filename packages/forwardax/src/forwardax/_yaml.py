"""Reading YAML from people: safe, bounded, with a line for every value.

Scalars follow YAML 1.2's core schema: `1e-3` is a number, and `on`, `no` and
`12:30` are text (in YAML 1.1 they are not). Tags, merge keys and duplicate
keys are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, nan
from pathlib import Path
from typing import Any, Final

import yaml

from .errors import Fault

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 32
MAX_NODES: Final = 100_000
"""Aliases can make a short text enormous: what is counted is the result."""

YamlPath = tuple[str, ...]

_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf"), inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), nan),
}


@dataclass(slots=True)
class Document:
    """What a YAML text says, where, and what is wrong with it."""

    value: Any = None
    lines: dict[YamlPath, int] = field(default_factory=lambda: {})
    faults: list[Fault] = field(default_factory=lambda: [])
    source: str = ""

    def line(self, path: YamlPath) -> int | None:
        """Line of a value, or of the nearest thing around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None


def read_yaml(path: Path) -> Document:
    """Read a YAML file; faults are collected, not raised."""
    try:
        if path.stat().st_size > MAX_BYTES:
            what = "is larger than a megabyte"
            return _refused(path, what, "a megabyte", "size")
        text = path.read_text("utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        what = f"cannot be read: {reason}"
        return _refused(path, what, "a file that can be read", "file")
    except UnicodeDecodeError:
        return _refused(path, "is not UTF-8 text", "UTF-8 text", "file")
    return parse_yaml(text, source=str(path))


def parse_yaml(text: str, *, source: str) -> Document:
    """Read a YAML text; faults are collected, not raised."""
    document = Document(source=source)
    try:
        node = _compose(text)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "nested too deeply"
        where = f"{source}:{mark.line + 1}" if mark else source
        what = f"{where}: this is not YAML: {problem}"
        if mark:
            what += f" (column {mark.column + 1})"
        fault = Fault(what, source, allowed="YAML", code="yaml")
        document.faults.append(fault)
        return document
    if node is not None:
        reader = _Reader(document)
        document.value = reader.read(node, ())
    return document


def _compose(text: str) -> yaml.Node | None:
    return yaml.SafeLoader(text).get_single_node()


def _refused(path: Path, what: str, allowed: str, code: str) -> Document:
    source = str(path)
    fault = Fault(f"{source!r} {what}", source, allowed=allowed, code=code)
    return Document(faults=[fault], source=source)


class _Reader:
    """Turns the nodes of one document into values."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes = 0
        self._full = False

    def read(self, node: yaml.Node, path: YamlPath) -> Any:
        line = node.start_mark.line + 1
        self._document.lines.setdefault(path, line)
        self._nodes += 1
        if self._full:
            return None
        if self._nodes > MAX_NODES or len(path) > MAX_DEPTH:
            self._full = True
            allowed = f"{MAX_DEPTH} levels, {MAX_NODES} values"
            what = "the text nests or repeats too much"
            self._fault(node, what, allowed, "size")
            return None
        match node:
            case yaml.MappingNode():
                self._check_tag(node, "map")
                return self._mapping(node, path)
            case yaml.SequenceNode():
                self._check_tag(node, "seq")
                return [
                    self.read(item, (*path, str(position)))
                    for position, item in enumerate(node.value)
                ]
            case _:
                return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> Any:
        found: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                what = "a key must be one word"
                self._fault(key_node, what, "one word", "key")
                continue
            key: str = key_node.value
            if key_node.tag == "tag:yaml.org,2002:merge":
                what = "merge keys (<<) are not read"
                self._fault(key_node, what, "a key", "key")
                continue
            if key in found:
                what = f"{key!r} is given twice, first in line {first[key]}"
                allowed = "one value a key"
                self._fault(key_node, what, allowed, "duplicate", key)
                continue
            first[key] = line
            self._document.lines[*path, key] = line
            found[key] = self.read(value_node, (*path, key))
        return found

    def _scalar(self, node: yaml.Node) -> Any:
        text: str = node.value
        plain = getattr(node, "style", None) is None
        self._check_tag(node, "")
        return plain_value(text) if plain else text

    def _check_tag(self, node: yaml.Node, expected: str) -> None:
        tag = str(node.tag)
        core = tag.removeprefix("tag:yaml.org,2002:")
        scalar = core in ("str", "int", "float", "bool", "null", "timestamp")
        harmless = not expected and (scalar or core in ("merge", "value"))
        if core != expected and not harmless:
            what = f"the tag {tag!r} is not read"
            self._fault(node, what, "text, numbers, lists, mappings", "tag")

    def _fault(
        self,
        node: yaml.Node,
        what: str,
        allowed: str,
        code: str,
        key: str = "",
    ) -> None:
        where = f"{self._document.source}:{node.start_mark.line + 1}"
        what = f"{where}: {what}"
        fault = Fault(what, key or where, allowed=allowed, code=code)
        self._document.faults.append(fault)


def plain_value(text: str) -> Any:
    """Value of an unquoted scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text) and len(text) < 400:
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text

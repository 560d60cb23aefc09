"""The truth behind simulated data, for comparison with what was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from .._freeze import freeze_value
from .._schema.address import AddressBook, element_names
from .._schema.spec import ParamSpec
from .._yaml import read_yaml
from ..errors import Fault, Faults, ForwardaxError
from .layers import leaves_of
from .paths import file_setting
from .settings import Layered, Setting


def find_truth(
    given: Setting | None, folder: Path | None, spec: ParamSpec, faults: Faults
) -> tuple[Setting | None, Layered]:
    """The YAML file that `truth` names, and the true values by address."""
    if given is None:
        return None, Layered()
    before = len(faults)
    one = file_setting("truth", given, folder, "a YAML file", faults)
    # Without a spec (its own faults are told) no key could be known.
    if len(faults) > before or not spec:
        return one, Layered()
    return one, _read(one, spec, faults)


def _read(one: Setting, spec: ParamSpec, faults: Faults) -> Layered:
    document = read_yaml(cast("Path", one.value))
    faults.extend(document.faults)
    if document.faults:
        return Layered()
    values: Any = document.value
    if not isinstance(values, dict):
        what = f"{document.source} holds no values by key"
        allowed = "KEY: VALUE lines, as `forwardax simulate` writes them"
        faults.append(Fault(what, "truth", allowed=allowed, code="truth"))
        return Layered()
    found: dict[str, Setting] = {}
    book = AddressBook(spec.fields)
    for path, value, at in leaves_of(values):
        setting = Setting(
            freeze_value(value), document.source, document.line(at)
        )
        address = book.find(path, owner="the system")
        if isinstance(address, Fault):
            faults.append(setting.located(address))
            continue
        field = spec[address.key]
        if address.element is not None:
            found[element_names(field)[address.element]] = setting
            continue
        if field.kind == "primitive":
            try:
                spec.fix({address.key: value})
            except ForwardaxError as error:
                faults.extend(setting.located(f) for f in error.faults)
                continue
        found[address.key] = setting
    return Layered(found)

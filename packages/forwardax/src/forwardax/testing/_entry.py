"""Contracts of what a plugin declares, looked at from a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from .._plugins.entries import KINDS, Entry, scope_of
from ..errors import Fault, Faults, PluginFailed

_PROBE = """
import importlib, json, sys
from forwardax import ParamSpec, Registry
module = importlib.import_module(sys.argv[1])
registry = Registry([("under-test", module)])
told = {"heavy": sorted({"jax", "numpyro", "equinox"} & set(sys.modules))}
told["failures"] = [
    {"what": str(f), "code": f.code}
    for failure in registry.failures for f in failure.error.faults
]
told["faults"] = [
    {"what": str(f), "key": f.key, "code": f.code, "who": f.needed_by}
    for f in registry.check()
]
from forwardax._plugins.entries import KINDS, scope_of
from forwardax._plugins.entry_specs import spec_of
from forwardax.contracts import NO_DEFAULT
told["entries"] = {}
for kind in KINDS:
    for entry in registry.entries(kind):
        about = {"digest": None, "same": None}
        told["entries"]["/".join([kind, entry.name, scope_of(entry)])] = about
        fields = getattr(entry, "structure", ())
        whole = all(field.default is not NO_DEFAULT for field in fields)
        if kind in ("systems", "profiles") and whole:
            spec = spec_of(entry)
            about["digest"] = spec.digest
            about["same"] = ParamSpec.from_json(spec.to_json()) == spec
told["heavy"] = sorted({"jax", "numpyro", "equinox"} & set(sys.modules))
print("\\n" + json.dumps(told))
"""


Probes = tuple[Mapping[str, Any], ...]
"""What fresh processes tell about a plugin, one record each."""


class EntryCase:
    """An entry and the plugin module that declares it.

    Parameters
    ----------
    entry
        The record under test.
    plugin
        Name of the importable module whose hooks yield it.
    probes
        Of another entry of the same plugin, to save processes.
    """

    def __init__(
        self, entry: Entry, plugin: str, probes: Probes | None = None
    ) -> None:
        self.entry = entry
        self.plugin = plugin
        self.kind = next(k for k, c in KINDS.items() if isinstance(entry, c))
        self._given = probes

    @cached_property
    def probes(self) -> Probes:
        """What two processes with different hash seeds tell."""
        return self._given or _probes(self.plugin)

    def about(self, what: str) -> list[Any]:
        """What each process tells about the entry; None if not declared."""
        name = "/".join([self.kind, self.entry.name, scope_of(self.entry)])
        return [told["entries"].get(name, {}).get(what) for told in self.probes]

    @property
    def told(self) -> Mapping[str, Any]:
        """What one of them tells."""
        return self.probes[0]

    def faults(self, *codes: str, but: tuple[str, ...] = ()) -> list[Fault]:
        """Faults of the registry's check that concern the entry."""
        mark = f"{self.entry.name!r} of "
        return [
            Fault(fault["what"], key=fault["key"])
            for fault in self.told["faults"]
            if mark in fault["who"] or fault["key"] == self.entry.name
            if (not codes or fault["code"] in codes)
            and fault["code"] not in but
        ]


def _probes(plugin: str) -> Probes:
    path = os.pathsep.join(p or os.getcwd() for p in sys.path)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _PROBE, plugin],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    told = [process.communicate(timeout=300) for process in running]
    for process, (_, err) in zip(running, told, strict=True):
        if process.returncode:
            raise PluginFailed(
                Fault(
                    f"the plugin {plugin!r} cannot be looked at",
                    value=err.strip().rpartition("\n")[2],
                )
            )
    return tuple(json.loads(out.splitlines()[-1]) for out, _ in told)


def api(case: EntryCase) -> list[Fault]:
    """The plugin module loads, and says for which API it is."""
    faults = [Fault(f["what"]) for f in case.told["failures"]]
    name = "/".join([case.kind, case.entry.name, scope_of(case.entry)])
    if not faults and name not in case.told["entries"]:
        faults = [
            Fault(
                f"{case.plugin!r} does not declare {case.entry.name!r}",
                key=case.entry.name,
                fix=f"yield it from the hook forwardax_{case.kind}",
            )
        ]
    return faults


def light(case: EntryCase) -> list[Fault]:
    """Importing the plugin and making its specs needs no JAX."""
    return [
        Fault(
            f"declaring its entries imports {name}",
            key=name,
            fix='import it only in modules that "module:attr" targets name',
        )
        for name in case.told["heavy"]
    ]


def name(case: EntryCase) -> list[Fault]:
    """The name is of the form that its kind has."""
    return case.faults("name")


def target(case: EntryCase) -> list[Fault]:
    """What the record points at exists."""
    return case.faults("target", "resource")


def spec(case: EntryCase) -> list[Fault]:
    """Spec, data and structure lint clean; scope and deps are known."""
    return case.faults(but=("name", "target", "resource", "heavy", "plugin"))


def round_trip(case: EntryCase) -> list[Fault]:
    """The spec reads back identical from its JSON."""
    if False in case.about("same"):
        return [Fault("the spec read back from its JSON is another one")]
    return []


def digest(case: EntryCase) -> list[Fault]:
    """The spec's digest is the same in every process."""
    if len(set(case.about("digest"))) > 1:
        return [
            Fault(
                "the digest of the spec differs between processes",
                fix="make the spec from ordered things: a set's order "
                "follows the hash seed",
            )
        ]
    return []


@dataclass(frozen=True, slots=True)
class EntryContract:
    """One thing that every registered entry keeps to."""

    name: str
    check: Callable[[EntryCase], list[Fault]]

    @property
    def summary(self) -> str:
        """What it demands, in one sentence."""
        return (self.check.__doc__ or "").strip().splitlines()[0]

    def run(self, case: EntryCase) -> list[Fault]:
        """Faults, each marked with the contract."""
        who = f"{case.entry.name!r} in {case.plugin!r}"
        return [
            replace(fault, needed_by=who, code=self.name)
            for fault in self.check(case)
        ]


ENTRY_CONTRACTS: Final[Mapping[str, EntryContract]] = MappingProxyType(
    {
        check.__name__: EntryContract(check.__name__, check)
        for check in (api, light, name, target, spec, round_trip, digest)
    }
)
"""Contracts of a declaration by name, each of which can be run alone."""


def check_entry(entry: Entry, *, plugin: str) -> list[Fault]:
    """Everything in which a declaration breaks its contracts.

    Parameters
    ----------
    entry
        A record of any kind: profile, transform, system, estimator, ...
    plugin
        Name of the importable module whose hooks yield it.

    Returns
    -------
    list of Fault
        The `code` of each is the name of its contract.

    Raises
    ------
    PluginFailed
        If the module cannot be imported.
    """
    case = EntryCase(entry, plugin)
    return [f for each in ENTRY_CONTRACTS.values() for f in each.run(case)]


def check_plugin(plugin: str) -> list[Fault]:
    """Everything that is wrong with a plugin module and all its entries.

    Parameters
    ----------
    plugin
        Name of the importable module.

    Returns
    -------
    list of Fault
        Of every entry that it declares.

    Raises
    ------
    PluginFailed
        If it cannot be imported, or declares nothing.
    """
    from importlib import import_module

    from .._plugins.loader import load_given

    loaded = load_given([(plugin, import_module(plugin))])
    found = Faults(f for x in loaded.failures for f in x.error.faults)
    found.throw(PluginFailed)
    entries = [entry for p in loaded.plugins for _, entry in p.entries]
    if not entries:
        raise PluginFailed(Fault(f"{plugin!r} declares nothing", key=plugin))
    probes = _probes(plugin)
    cases = [EntryCase(entry, plugin, probes) for entry in entries]
    return [
        fault
        for case in cases
        for contract in ENTRY_CONTRACTS.values()
        for fault in contract.run(case)
    ]

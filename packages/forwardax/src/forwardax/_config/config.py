"""What a run is told: command line over run file over preset over spec.

Every value knows where it comes from, and every fault of all the layers is
reported at once, with its line. Nothing here needs JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._plugins.registry import Registry
from .._schema.spec import ParamSpec
from .._schema.structure import Structure
from .._yaml import Document, read_yaml
from ..contracts import Prior
from ..errors import ConfigError, Faults
from .arrays import Gathered
from .layers import PARAMS, PRESET, Layer, override_layer, read_layer
from .params import Decisions, decide
from .paths import find_folder
from .sections import (
    entry_of,
    find_data,
    find_known,
    find_preset,
    find_structure,
    seed_of,
    sound_values,
    spec_faults,
    split_system,
    without_consequences,
)
from .settings import (
    COMMAND_LINE,
    Layered,
    Places,
    Setting,
    nested,
    overlay,
    thawed,
)
from .truth import find_truth


@dataclass(frozen=True, slots=True)
class RunConfig:
    """A resolved configuration; every setting says where it comes from.

    Parameters
    ----------
    system
        Name of the system.
    structure
        Its structure values, defaults included.
    known
        Arrays that the system holds, as they were written: files (`Path`),
        numbers or mappings.
    data
        Files (`Path`), data set name or numbers by data key; one setting
        under `""` where all the data are in one file or data set.
    fixed, priors, free, ties, solve_for
        Decisions by canonical parameter address.
    estimator, options
        Name (None where nobody chose) and options by dotted path.
    preset
        Name or file of the preset, if any.
    seed
        Seed of the random numbers.
    truth_file, truth
        File of the true values, if any, and the values by address.
    places
        Where values of the system and of the data were set.
    spec
        The system's spec with all the decisions applied.
    """

    system: Setting
    structure: Layered
    known: Layered
    data: Layered
    fixed: Layered
    priors: Layered
    free: Layered
    ties: Layered
    solve_for: Layered
    estimator: Setting | None
    options: Layered
    preset: Setting | None
    seed: Setting
    truth_file: Setting | None
    truth: Layered
    places: Places
    spec: ParamSpec

    def rows(self) -> list[dict[str, str]]:
        """Rows of a table: path, value, source; every value there is."""
        rows = [_row("system", self.system)]
        for section in ("structure", "known", "data", *PARAMS):
            settings: Layered = getattr(self, section)
            title = "system" if section in ("structure", "known") else section
            title = f"params.{title}" if section in PARAMS else title
            for key, one in settings.items():
                rows.append(_row(f"{title}.{key}".rstrip("."), one))
        decided = {*self.fixed, *self.priors, *self.ties}
        for key in self.spec.primitives:
            field = self.spec[key]
            if key not in decided:
                value = field.prior or field.default
                rows.append(_row(f"params.{key}", Setting(value, "spec")))
        for title, one in (
            ("estimator", self.estimator),
            *((f"estimator.{key}", one) for key, one in self.options.items()),
            ("preset", self.preset),
            ("seed", self.seed),
            ("truth", self.truth_file),
        ):
            rows += [_row(title, one)] if one is not None else []
        return rows

    def to_mapping(self) -> dict[str, Any]:
        """A run file that needs no preset and no overrides."""
        system = {
            "name": self.system.value,
            **nested({**_thaw(self.structure), **_thaw(self.known)}),
        }
        params: dict[str, Any] = {
            "fixed": _thaw(self.fixed),
            "priors": {k: _prior(one.value) for k, one in self.priors.items()},
            "free": list(self.free),
            "ties": _thaw(self.ties),
            "solve_for": _thaw(self.solve_for),
        }
        found: dict[str, Any] = {
            "system": system,
            "params": {key: value for key, value in params.items() if value},
            "seed": self.seed.value,
        }
        if self.data:
            data = _thaw(self.data)
            found["data"] = data.get("", data)
        if self.estimator is not None:
            options = nested(_thaw(self.options))
            found["estimator"] = {"name": self.estimator.value, **options}
        if self.truth_file is not None:
            found["truth"] = thawed(self.truth_file.value)
        return found


def load_run(
    path: str | Path,
    overrides: Iterable[str] = (),
    *,
    registry: Registry | None = None,
) -> RunConfig:
    """Read a run file.

    Parameters
    ----------
    path
        The YAML file.
    overrides
        `--set` texts, such as `"params.lens.redshift=0.5"`.
    registry
        Where names are looked up; the installed plugins by default.

    Raises
    ------
    ConfigError
        With every fault and its line.
    """
    return _resolve(read_yaml(Path(path)), overrides, registry, Path(path))


def configure(
    system: str,
    overrides: Iterable[str] = (),
    *,
    registry: Registry | None = None,
) -> RunConfig:
    """Configuration of a system without a run file.

    Raises
    ------
    ConfigError
        With every fault.
    """
    document = Document({"system": system}, source=COMMAND_LINE)
    return _resolve(document, overrides, registry, None)


@dataclass(frozen=True, slots=True)
class Inputs:
    """A configuration with the arrays it names, read and checked.

    Parameters
    ----------
    config
        The configuration.
    known, data
        NumPy arrays by key.
    """

    config: RunConfig
    known: dict[str, Any]
    data: dict[str, Any]


def load_inputs(
    source: str | Path,
    overrides: Iterable[str] = (),
    *,
    registry: Registry | None = None,
    data: bool = True,
) -> Inputs:
    """Resolve a run and read its arrays, with every fault of both in one error.

    Parameters
    ----------
    source
        A run file (a `Path`), or the name of a system.
    overrides
        `--set` texts.
    registry
        Where names are looked up; the installed plugins by default.
    data
        Whether measured arrays are read.

    Raises
    ------
    ConfigError
        With every fault, and its line where it has one.
    """
    found: dict[str, dict[str, Any]] = {"known": {}, "data": {}}

    def read(gathered: Gathered, known: Any, measured: Any) -> None:
        found["data"] = gathered.data(measured) if data else {}
        found["known"] = gathered.known(known)
        gathered.check()

    if isinstance(source, Path):
        document, path = read_yaml(source), source
    else:
        document, path = Document({"system": source}, source=COMMAND_LINE), None
    config = _resolve(document, overrides, registry, path, read)
    return Inputs(config, **found)


def _resolve(
    document: Document,
    overrides: Iterable[str],
    registry: Registry | None,
    path: Path | None,
    read: Callable[[Gathered, Any, Any], None] | None = None,
) -> RunConfig:
    registry = registry or Registry.default()
    faults = Faults()
    run = read_layer(document, faults)
    above = override_layer(overrides, faults)
    layers = [run, above]
    system = _word(layers, "system")
    if document.value is None or any(f.code == "size" for f in faults):
        faults.throw(ConfigError)  # the rest was not read
    entry = entry_of(registry, system, run.source, faults)
    preset = _word(layers, "preset")
    if preset is not None:
        beside = None if preset.source != run.source else path
        found = find_preset(registry, preset, entry, beside, faults)
        if found is not None:
            layers.insert(0, read_layer(found, faults, allowed=PRESET))
    estimator = _word(layers, "estimator")
    if estimator is not None:
        entry_of(registry, estimator, run.source, faults, kind="estimators")
    folder = find_folder(_word(layers, "folder"), path, faults)
    given = _paths(layers, "system")
    data_given = _paths(layers, "data")
    places = Places(given, data_given, home=system)
    structure, known = None, Layered()
    if entry is not None:
        structure = find_structure(entry, given, places, faults)
        known = find_known(entry, structure, given, folder, faults)
    decisions = Decisions()
    if entry is not None and isinstance(entry.spec, ParamSpec):
        # Known whatever is wrong with the structure.
        empty = Layered()
        decisions = decide(registry, entry, empty, layers, places, faults)
    elif entry is not None and structure is not None:
        decisions = decide(registry, entry, structure, layers, places, faults)
    data = find_data(registry, entry, structure, layers, folder, faults)
    seed = seed_of(_word(layers, "seed"), faults)
    truth_file, truth = find_truth(
        _word(layers, "truth"), folder, decisions.spec, faults
    )
    fields: Mapping[str, Any] = {}
    if entry is not None and structure is not None:
        fields = Structure.of(entry.structure, structure.plain)
    elif entry is not None:
        # The rest of the structure may have faults of its own.
        inside, _ = split_system(entry, given)
        fields = sound_values(entry, Layered(inside).plain)
        faults.extend(map(places.locate, spec_faults(entry, fields)))
    if read is not None and entry is not None:
        gathered = Gathered(registry, entry, fields, places)
        read(gathered, known.plain, data.plain)
        faults.extend(gathered.faults)
    without_consequences(faults).throw(ConfigError, "configuration")
    assert system is not None and structure is not None
    return RunConfig(
        system=system,
        structure=structure,
        known=known,
        data=data,
        **{part: Layered(decisions.parts[part]) for part in PARAMS},
        estimator=estimator,
        options=Layered(_paths(layers, "estimator")),
        preset=preset,
        seed=seed,
        truth_file=truth_file,
        truth=truth,
        places=places,
        spec=decisions.spec,
    )


def _word(layers: list[Layer], section: str) -> Setting | None:
    found = [layer.word(section) for layer in layers]
    return next((one for one in reversed(found) if one is not None), None)


def _paths(layers: list[Layer], section: str) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for layer in layers:
        found = overlay(found, layer.paths(section))
    return found


def _thaw(settings: Layered) -> dict[str, Any]:
    return {key: thawed(one.value) for key, one in settings.items()}


def _prior(prior: Prior) -> dict[str, Any]:
    arguments = {name: thawed(value) for name, value in prior.arguments}
    if not prior.centred:
        arguments["centred"] = False
    return {prior.family: arguments}


def _row(path: str, one: Setting) -> dict[str, str]:
    return {"path": path, "value": str(one.value), "source": one.where}

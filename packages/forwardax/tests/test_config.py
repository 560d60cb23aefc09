"""Layers of configuration: who wins, and every fault with its line."""

import json
from types import ModuleType

import pytest
import yaml
from forwardax import (
    API,
    DataField,
    DatasetEntry,
    DataSpec,
    EstimatorEntry,
    ParamField,
    ParamSpec,
    PresetEntry,
    Prior,
    Registry,
    StructureField,
    SystemEntry,
    TransformEntry,
    errors,
    hookimpl,
    load_run,
)
from forwardax._config.config import configure
from forwardax._plugins.entries import KINDS
from forwardax._yaml import MAX_BYTES, parse_yaml, read_yaml

PRESET = """\
system: {pixels: 20, optics.kind: slow}
params:
  fixed: {lens.redshift: 0.3}
  priors: {lens.mass: {LogNormal: {loc: 1, scale: 2}}}
estimator: {name: numpyro.nuts, warmup: 100, adapt.depth: 5}
"""


def spec(structure):
    return ParamSpec(
        [
            ParamField("lens.redshift", bounds=(0.0, 10.0), unit=""),
            ParamField(
                "lens.mass",
                prior=Prior("LogNormal", loc=0.0, scale=1.0),
                aliases=("lens.main.mass",),
            ),
            ParamField("source.flux", default=1.0),
            ParamField("source.size", default=2.0),
            ParamField(
                "coefficients",
                shape=(structure["terms"],),
                prior=Prior("Normal", loc=0.0, scale=1.0),
                default=0.0,
                elements=tuple(f"j{i}" for i in range(structure["terms"])),
            ),
            ParamField("tau", prior=Prior("HalfNormal", scale=1.0)),
            ParamField("lens.kappa", kind="derived"),
        ]
    )


@pytest.fixture
def registry(tmp_path, monkeypatch):
    package = tmp_path / "site_presets"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit\n")
    (package / "hst.yaml").write_text(PRESET)
    monkeypatch.syspath_prepend(tmp_path)
    target = "json:loads"
    structure = (
        StructureField("pixels", default=10, bounds=(1, 100)),
        StructureField("terms", default=3),
        StructureField("optics.kind", kind="str", default="fast"),
        StructureField("planes", kind="mapping", default={}),
        StructureField("scale", kind="float", default=1.0),
    )
    entries = [
        SystemEntry(
            "lens.one",
            target=target,
            spec=spec,
            structure=structure,
            data=DataSpec([DataField("image"), DataField("mask")]),
        ),
        SystemEntry("lens.other", target=target, spec=ParamSpec()),
        TransformEntry(
            "lens.kappa",
            target=target,
            deps=("lens.mass", "source.flux"),
            inverse=(("lens.mass", target),),
        ),
        EstimatorEntry("numpyro.nuts", target=target, needs=frozenset()),
        PresetEntry(
            "site.hst", target="site_presets:hst.yaml", system="lens.one"
        ),
        DatasetEntry("lens.toy", target=target, licence="MIT"),
    ]
    module = ModuleType("fake")
    module.FORWARDAX_API = API
    for kind, record in KINDS.items():
        mine = [e for e in entries if isinstance(e, record)]
        name = f"forwardax_{kind}"
        setattr(module, name, hookimpl(lambda m=mine: m, specname=name))
    made = Registry([("kit", module)])
    assert made.failures == ()
    return made


@pytest.fixture
def load(tmp_path, registry):
    def load(text, *overrides):
        path = tmp_path / "run.yaml"
        path.write_text(text)
        return load_run(path, overrides, registry=registry)

    return load


@pytest.fixture
def faults(load):
    def faults(text, *overrides):
        with pytest.raises(errors.ConfigError) as caught:
            load(text, *overrides)
        return [str(fault) for fault in caught.value.faults]

    return faults


BASE = "system: lens.one\nparams: {fixed: {lens.redshift: 0.5}}\n"


# --- Layers -------------------------------------------------------------------


def test_the_short_way(registry):
    config = configure(
        "lens.one", ["params.lens.redshift=0.5"], registry=registry
    )
    assert config.system.value == "lens.one"
    assert config.fixed.plain == {"lens.redshift": 0.5}
    assert config.seed.value == 0 and config.seed.source == "default"
    assert config.estimator is None


def test_command_line_over_file_over_preset_over_default(load, tmp_path):
    text = "system: {name: lens.one, pixels: 30}\npreset: site.hst\nseed: 1\n"
    config = load(text, "system.pixels=40", "seed=2")
    assert config.structure.plain == {
        "pixels": 40, "terms": 3, "optics.kind": "slow", "planes": {},
        "scale": 1.0,
    }  # fmt: skip
    where = {key: one.where for key, one in config.structure.items()}
    assert where["pixels"] == "--set system.pixels=40"
    assert where["optics.kind"] == "preset site.hst:1"
    assert where["terms"] == "default"
    assert config.seed.value == 2
    assert config.fixed["lens.redshift"].where == "preset site.hst:3"
    assert config.options.plain == {"warmup": 100, "adapt.depth": 5}
    assert load(text).structure["pixels"].where == f"{tmp_path}/run.yaml:1"


def test_upper_path_replaces_what_lies_beneath(load):
    text = (
        BASE + "estimator: {name: numpyro.nuts, adapt: {depth: 5, rate: 1}}\n"
    )
    assert load(text, "estimator.adapt=3").options.plain == {"adapt": 3}
    deeper = load(BASE + "estimator: {name: numpyro.nuts, adapt: 3}\n",
                  "estimator.adapt.depth=5")  # fmt: skip
    assert deeper.options.plain == {"adapt.depth": 5}


def test_nested_and_dotted_paths_are_one(load):
    text = (
        "system: {name: lens.one, optics: {kind: odd}}\n"
        "params: {fixed: {lens: {redshift: 0.5}}}\n"
    )
    config = load(text)
    assert config.structure["optics.kind"].value == "odd"
    assert config.fixed.plain == {"lens.redshift": 0.5}


def test_nested_mapping_can_be_overridden_inside(load):
    text = BASE.replace("lens.one", "{name: lens.one, planes: {a: 1, b: [2]}}")
    assert load(text).structure["planes"].value == {"a": 1, "b": (2,)}
    config = load(text, "system.planes.a=7")
    assert dict(config.structure["planes"].value) == {"b": (2,), "a": 7}


def test_prior_by_path(load):
    text = BASE + "  \n"
    config = load(
        text.replace(
            "params: {",
            "params: {priors: {lens.mass: {Uniform: {low: 1, high: 2}}}, ",
        )
    )
    assert config.priors.plain == {"lens.mass": Prior("Uniform", low=1, high=2)}
    assert config.spec.prior_of("lens.mass") == Prior("Uniform", low=1, high=2)


def test_prior_with_references_and_centred(load):
    prior = "{Normal: {loc: 0, scale: tau, centred: false}}"
    config = load(BASE, f"params.coefficients={prior}")
    assert config.priors["coefficients"].value == Prior(
        "Normal", loc=0.0, scale="tau", centred=False
    )


def test_upper_decision_takes_back_the_lower(load):
    preset = "system: lens.one\npreset: site.hst\n"
    fixed = load(preset, "params.lens.mass=3")
    assert "lens.mass" not in fixed.priors
    assert dict(fixed.spec.fixed)["lens.mass"] == 3.0
    drawn = load(preset, "params.lens.redshift={Uniform: {low: 0, high: 1}}")
    assert "lens.redshift" not in drawn.fixed
    assert drawn.spec.fixed == ()


def test_alias_and_key_are_one(load):
    text = "system: lens.one\npreset: site.hst\n"
    config = load(text, "params.lens.main.mass=3")
    assert config.fixed["lens.mass"].value == 3


def test_last_override_wins(load):
    prior = "params.lens.mass={Normal: {loc: 0, scale: 1}}"
    assert load(BASE, prior, "params.lens.mass=3").priors.plain == {}
    assert "lens.mass" not in load(BASE, "params.lens.mass=3", prior).fixed


def test_elements_refine_the_whole(load):
    config = load(BASE, "params.coefficients=[1, 2, 3]", "params.j1=9")
    held = config.spec.fixed
    assert dict(held)["j1"] == 9.0
    above = load(
        BASE.replace("fixed: {", "fixed: {j1: 5, "), "params.coefficients=0"
    )
    assert "j1" not in above.fixed


def test_free_by_glob(load):
    text = (
        "system: lens.one\nparams:\n  fixed: {lens.redshift: 1, lens.mass: 2}\n"
    )
    preset = "  free: [coefficients, 'ta*']\n"
    assert set(load(text + preset).free) == {"coefficients", "tau"}


def test_ties_and_solve_for(load):
    text = (
        "system: lens.one\n"
        "params:\n"
        "  fixed: {lens.redshift: 1}\n"
        "  ties: {source.size: source.flux}\n"
        "  solve_for: {lens.kappa: lens.mass}\n"
        "  priors: {lens.kappa: {Normal: {loc: 0, scale: 1}}}\n"
    )
    config = load(text)
    assert config.spec.ties == (("source.size", "source.flux"),)
    assert config.solve_for.plain == {"lens.kappa": "lens.mass"}


def test_data_files_start_at_the_run_file(load, tmp_path, monkeypatch):
    (tmp_path / "im.npz").touch()
    config = load(BASE + "data: {image: im.npz, mask: [1, 0]}\n")
    assert config.data.plain == {"image": tmp_path / "im.npz", "mask": (1, 0)}
    elsewhere = tmp_path / "site_presets"
    monkeypatch.chdir(elsewhere)
    (elsewhere / "own.npz").touch()
    assert load(BASE, "data=own.npz").data[""].value.resolve().exists()
    assert load(BASE + "data: lens.toy\n").data[""].value == "lens.toy"


def test_preset_of_ones_own(load, tmp_path):
    (tmp_path / "my.yaml").write_text("system: {pixels: 77}\n")
    assert load(BASE + "preset: my.yaml\n").structure["pixels"].value == 77


def test_rows_have_every_value_with_its_source(load):
    rows = load(BASE).rows()
    found = {row["path"]: (row["value"], row["source"]) for row in rows}
    assert found["params.fixed.lens.redshift"][0] == "0.5"
    assert found["params.source.flux"] == ("1.0", "spec")
    assert found["system.terms"] == ("3", "default")
    assert found["seed"] == ("0", "default")


def test_resolved_mapping_reads_back_the_same(load, tmp_path, registry):
    (tmp_path / "im.npz").touch()
    text = (
        "system: lens.one\npreset: site.hst\ndata: im.npz\n"
        "params: {ties: {source.size: source.flux}, fixed: {j1: 2}}\n"
    )
    config = load(text)
    resolved = json.loads(json.dumps(config.to_mapping()))
    again = load(yaml.safe_dump(resolved))
    assert again.to_mapping() == config.to_mapping()
    assert again.spec == config.spec
    assert again.preset is None


# --- Faults -------------------------------------------------------------------


def test_all_faults_at_once_with_lines(faults, tmp_path):
    text = """\
system:
  name: lens.one
  pixles: 3
  terms: many
params:
  fixd: {}
  free: [3]
estimater: x
seed: -1
seed: 2
data: nowhere.npz
"""
    found = faults(text)
    lines = [text.removeprefix(f"{tmp_path}/run.yaml:") for text in found]
    for line, words in {
        "3:": "did you mean 'pixels'",
        "4:": "'many'",
        "6:": "did you mean 'fixed'",
        "7:": "globs",
        "8:": "did you mean 'estimator'",
        "9:": "seed",
        "10:": "given twice, first in line 9",
        "11:": "there is no file",
    }.items():
        assert any(t.startswith(line) and words in t for t in lines), line
    assert len(lines) == 8


def test_parameter_faults(faults, tmp_path):
    text = """\
system: lens.one
params:
  fixed:
    lens.redshift: 50
    lens.mas: 1
    lens.kappa: 1
    tau: wide
  priors:
    source.flux: {Normal: {loc: 0, scael: 1}}
    source.size: 3
  ties: {lens.mass: source.fluxx}
  solve_for: {lens.kappa: source.flux}
"""
    found = "\n".join(faults(text))
    for words in (
        "run.yaml:4: ",
        "'lens.mas' is not a parameter of 'lens.one'",
        "run.yaml:6: 'lens.kappa' is derived",
        "run.yaml:7: ",
        "run.yaml:10: the prior of 'source.size' is not written as",
        "run.yaml:11: 'source.fluxx'",
        "run.yaml:12: ",
    ):
        assert words in found, (words, found)


def test_wrong_prior_argument_has_its_line(faults):
    text = BASE + "# \n"
    found = faults(text, "params.source.flux={Normal: {loc: 0, scael: 1}}")
    assert any("scael" in fault and "--set" in fault for fault in found)


def test_missing_value(faults):
    (fault,) = faults("system: lens.one\n")
    assert "'lens.redshift' of 'lens.one' needs a value" in fault
    assert "params.fixed.lens.redshift" in fault


def test_fixed_and_drawn_in_one_layer(faults):
    text = BASE.rstrip("}\n") + (
        "}, priors: {lens.redshift: {Uniform: {low: 0, high: 1}}}}\n"
    )
    assert "both in fixed" in faults(text)[0]


def test_key_and_alias_in_one_layer(faults):
    text = "system: lens.one\nparams: {fixed: {lens.redshift: 1, "
    text += "lens.mass: 1, lens.main.mass: 2}}\n"
    assert "given twice" in faults(text)[0]


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("params.lens.redshift", "SECTION.PATH=VALUE"),
        ("=3", "SECTION.PATH=VALUE"),
        ("params..x=3", "SECTION.PATH=VALUE"),
        ("param.lens.redshift=3", "did you mean 'params'"),
        ("params=3", "mapping"),
        ("params.fixed.lens.redshift=3", "--set params.lens.redshift=VALUE"),
        ("params.lens.redshfit=3", "did you mean 'lens.redshift'"),
        ("system.pixel=3", "did you mean 'pixels'"),
        ("system.pixels=[", "not YAML"),
        ("system.pixels=1000", "at most 100"),
        ("seed=1.5", "whole number"),
        ("estimator=numpyro.nut", "did you mean 'numpyro.nuts'"),
        ("preset=site.hts", "did you mean 'site.hst'"),
        ("data.imgae=x.npz", "did you mean 'image'"),
        ("system=lens.on", "did you mean"),
        ("system=3", "must be text"),
    ],
)
def test_override_faults(faults, override, says):
    found = faults(BASE, override)
    assert any(says in fault for fault in found), found


def test_no_system(faults):
    assert "forwardax list systems" in faults("seed: 1\n")[0]


def test_preset_of_another_system(faults):
    found = faults("system: lens.other\npreset: site.hst\n")
    assert any("is for 'lens.one', not 'lens.other'" in f for f in found)


def test_section_a_preset_must_not_have(faults, tmp_path):
    (tmp_path / "my.yaml").write_text("seed: 3\n")
    (fault,) = faults(BASE + "preset: my.yaml\n")
    assert "my.yaml:1" in fault and "'seed'" in fault


def test_free_glob_that_matches_nothing(faults):
    text = BASE.replace("{fixed", "{free: ['nothing*'], fixed")
    assert "matches 'nothing*'" in faults(text)[0]


@pytest.mark.parametrize("text", ["", "- 1\n", "word\n"])
def test_file_that_is_no_mapping(faults, text):
    assert faults(text)


def test_no_such_file(registry, tmp_path):
    with pytest.raises(errors.ConfigError, match=r"cannot be read: No such"):
        load_run(tmp_path / "none.yaml", registry=registry)


# --- YAML ---------------------------------------------------------------------


def test_scalars_are_those_of_yaml_1_2():
    text = "[1e-3, on, no, 12:30, 010, 0x1F, .5, -3, +.inf, ~, true, '3', 1_0]"
    assert parse_yaml(text, source="t").value == [
        1e-3, "on", "no", "12:30", 10, 31, 0.5, -3, float("inf"), None, True,
        "3", "1_0",
    ]  # fmt: skip


def test_lines():
    document = parse_yaml("a:\n  b: 1\n  c: [1,\n    {d: 2}]\n", source="t")
    assert document.line(("a", "b")) == 2
    assert document.line(("a", "c", "1", "d")) == 4
    assert document.line(("a", "b", "zzz")) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: 2\na: 3", "t:3: 'a' is given twice, first in line 1"),
        ("a: !!python/object/apply:os.getcwd []", "t:1: the tag"),
        ("a: {<<: {b: 1}}", "merge keys"),
        ("? [1, 2]\n: 3", "a key must be one word"),
        ("a: [1, 2", "t:1: this is not YAML"),
        ("a: 1\n---\nb: 2", "not YAML"),
        ("[" * 40 + "]" * 40, "nests or repeats too much"),
        ("[" * 5000, "nested too deeply"),
        ("a: &a [*a]", "nests or repeats too much"),
    ],
)
def test_refused_yaml(text, says):
    document = parse_yaml(text, source="t")
    assert len(document.faults) == 1
    assert says in str(document.faults[0])


def test_aliases_cannot_explode():
    text = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for one, two in zip("abcdefg", "bcdefgh", strict=True):
        text += f"{two}: &{two} [{', '.join([f'*{one}'] * 10)}]\n"
    assert len(parse_yaml(text, source="t").faults) == 1


def test_large_and_binary_files(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("#" * (MAX_BYTES + 1))
    assert "megabyte" in str(read_yaml(path).faults[0])
    path.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in str(read_yaml(path).faults[0])

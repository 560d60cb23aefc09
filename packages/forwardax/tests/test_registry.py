"""Registry: look-up, errors that help, and checks without JAX."""

import subprocess
import sys
from types import ModuleType

import pytest
from forwardax import (
    API,
    CommandEntry,
    DataField,
    DataSpec,
    EngineEntry,
    EstimatorEntry,
    ParamField,
    ParamSpec,
    PresetEntry,
    Prior,
    ProfileEntry,
    Registry,
    StructureField,
    SystemEntry,
    TransformEntry,
    errors,
    hookimpl,
)
from forwardax._plugins.entries import KINDS
from forwardax._plugins.scopes import transforms_in_scope
from forwardax._targets import load_target, target_fault

SPEC = ParamSpec(
    [
        ParamField("mass", prior=Prior("LogNormal", loc=0.0, scale=1.0)),
        ParamField("radius", default=1.0),
        ParamField("density", kind="derived"),
    ]
)


def density(**changes) -> TransformEntry:
    given = {"target": "math:hypot", "deps": ("mass", "radius")}
    return TransformEntry("density", **(given | changes))


def plugin(*entries, api=API) -> ModuleType:
    """Module whose hooks yield the given records."""
    module = ModuleType("fake")
    module.FORWARDAX_API = api
    for kind, record in KINDS.items():
        mine = [e for e in entries if isinstance(e, record)]
        if mine:
            hook = hookimpl(
                lambda mine=mine: mine, specname=f"forwardax_{kind}"
            )
            setattr(module, f"forwardax_{kind}", hook)
    return module


def registry(*entries, **options) -> Registry:
    return Registry([("kit", plugin(*entries))], **options)


def system(name: str = "a.system", **changes) -> SystemEntry:
    return SystemEntry(
        name, **({"target": "json:loads", "spec": SPEC} | changes)
    )


def engine(name: str = "a.engine") -> EngineEntry:
    return EngineEntry(name, target="json:loads", scheme="x")


# --- Look-up ----------------------------------------------------------------


def test_entries_are_sorted_and_found():
    made = registry(engine("b.x"), engine("a.x"))
    assert made.failures == ()
    assert [e.name for e in made.entries("engines")] == ["a.x", "b.x"]
    assert made.get("engines", "b.x") == engine("b.x")
    assert made.load("engines", "b.x") is __import__("json").loads
    assert made.provider("engines", "b.x") == "kit"
    assert made.find("a.x") == (("engines", engine("a.x")),)


def test_unknown_kind():
    with pytest.raises(errors.UnknownEntry, match="did you mean 'engines'"):
        registry().entries("engine")


def test_unknown_name_names_the_nearest():
    with pytest.raises(errors.UnknownEntry, match="did you mean 'a.engine'"):
        registry(engine()).get("engines", "a.enigne")


def test_unknown_entry_is_a_key_error():
    with pytest.raises(KeyError):
        registry().get("engines", "a.b")


def test_name_of_another_kind():
    with pytest.raises(
        errors.UnknownEntry, match="but there is one among the engines"
    ):
        registry(engine()).get("systems", "a.engine")


@pytest.mark.parametrize(
    ("name", "extra", "distribution"),
    [
        ("lensing.sie", "lensing", "lensing-kernels"),
        ("optics.x", "optics", "optics-dlux"),
        ("lambda3.x", "events", "lambda3-features"),
        ("tfmpe.flow", "tokens", "tfmpe-tokens"),
        ("numpyro.nuts", "inference", "inference-numpyro"),
        ("optim.map", "inference", "inference-numpyro"),
        ("laplace.fisher", "inference", "inference-numpyro"),
        ("exact.linear", "inference", "inference-numpyro"),
    ],
)
def test_known_namespace_gives_the_pip_line(name, extra, distribution):
    with pytest.raises(errors.UnknownEntry) as caught:
        registry().get("systems", name)
    assert f'pip install "forwardax[{extra}]"' in str(caught.value)
    assert distribution in str(caught.value)


def test_installed_namespace_gives_no_pip_line():
    made = Registry([("Lensing_Kernels", plugin(system("lensing.one")))])
    with pytest.raises(errors.UnknownEntry) as caught:
        made.get("systems", "lensing.onne")
    assert "pip" not in str(caught.value)


def test_failed_plugins_that_might_hold_the_name_are_told():
    broken = plugin(engine(), api=(9, 0))
    made = Registry([("lensing-kernels", broken), ("other", broken)])
    with pytest.raises(errors.UnknownEntry) as caught:
        made.get("systems", "lensing.one")
    assert "lensing-kernels might provide it, but failed" in str(caught.value)
    assert "other might" not in str(caught.value)
    assert "pip install" not in str(caught.value)
    with pytest.raises(errors.UnknownEntry, match="other might provide it"):
        made.get("systems", "mine.one")


def test_target_that_does_not_exist():
    entry = EngineEntry("a.b", target="json:load_s", scheme="x")
    with pytest.raises(errors.PluginFailed) as caught:
        registry(entry).load("engines", "a.b")
    text = str(caught.value)
    assert "json:load_s" in text and "kit" in text and "'loads'" in text


# --- Names claimed twice ------------------------------------------------------


def two(**options) -> Registry:
    one = ("one", plugin(engine("a.both"), engine("a.one")))
    return Registry([one, ("two", plugin(engine("a.both")))], **options)


def test_conflict_disables_only_that_name():
    made = two()
    assert [e.name for e in made.entries("engines")] == ["a.one"]
    with pytest.raises(errors.ConflictError, match="by one and by two"):
        made.get("engines", "a.both")
    (failure,) = made.failures
    assert failure.distribution == "one, two"
    assert "FORWARDAX_PREFER=a.both=one" in str(failure)


def test_preference_pins_a_name():
    made = two(prefer={"a.both": "Two"})
    assert made.failures == ()
    assert made.provider("engines", "a.both") == "two"


@pytest.mark.parametrize(
    ("prefer", "near"),
    [({"a.both": "tow"}, "two"), ({"a.bth": "one"}, "a.both")],
)
def test_preference_for_nothing(prefer, near):
    with pytest.raises(errors.RegistryError, match=near):
        two(prefer=prefer)


def test_strict_raises_conflicts():
    with pytest.raises(errors.ConflictError):
        two(strict=True)


def test_nobody_can_claim_a_verb_of_the_core():
    theirs = CommandEntry("list", target="json:loads")
    mine = CommandEntry("list", target="json:dumps")
    made = Registry([("kit", plugin(theirs)), ("forwardax", plugin(mine))])
    assert made.get("commands", "list") == mine
    assert "rename the other" in str(made.failures[0])


def test_transforms_of_several_scopes():
    made = registry(density(), density(system_id="a.system"))
    assert made.get("transforms", "density", system_id="*") == density()
    with pytest.raises(errors.UnknownEntry, match="system_id="):
        made.get("transforms", "density")


def test_transforms_in_scope_follow_extends():
    base, own = density(system_id="a.base"), density(system_id="a.system")
    made = registry(
        density(),
        base,
        own,
        system("a.base"),
        system(extends="a.base"),
        system("a.child", extends="a.base"),
    )
    for scope, entry in (
        ("a.system", own),
        ("a.child", base),
        ("a.other", density()),
    ):
        found = transforms_in_scope(made, scope)["density"]
        assert found.entry == entry


# --- Checks -------------------------------------------------------------------


def says(made: Registry, *words: str) -> None:
    """Exactly one fault, with these words."""
    faults = made.check()
    assert len(faults) == 1, list(map(str, faults))
    for word in words:
        assert word in str(faults[0])


def test_sound_plugin_has_no_faults():
    data = DataSpec([DataField("image", parents=("mass",))])
    made = registry(
        engine(),
        density(inverse=(("mass", "math:sqrt"),)),
        system(data=data),
        EstimatorEntry("a.fit", target="json:loads", needs=frozenset()),
        ProfileEntry("a.sie", target="json:loads", kind="mass", spec=SPEC),
        CommandEntry("verb", target="json:loads"),
    )
    assert made.check() == []


def test_check_target_module():
    entry = EngineEntry("a.b", target="jsonn.x:loads", scheme="x")
    says(registry(entry), "jsonn", "engine 'a.b' of kit")


def test_check_target_attribute():
    entry = EngineEntry("a.b", target="json:load_s", scheme="x")
    says(registry(entry), "'loads'")


def test_check_target_form():
    says(registry(EngineEntry("a.b", target="json.loads", scheme="x")), "json")


@pytest.mark.parametrize(
    "entry", [engine("plain"), engine("A.b"), engine("a..b"),
              CommandEntry("two.parts", target="json:loads")]
)  # fmt: skip
def test_check_names(entry):
    says(registry(entry), "is not a name")


def test_check_spec_lint():
    bad = ParamSpec([ParamField("Mass/one", default=1.0)])
    assert registry(system(spec=bad)).check()


def test_check_spec_target():
    faults = registry(system(spec="json:no_spec")).check()
    assert "json:no_spec" in str(faults[0])


def test_check_spec_that_raises():
    def broken(structure):
        raise ValueError("too few mirrors")

    says(registry(system(spec=broken)), "too few mirrors")


def test_spec_that_needs_structure_is_left_alone():
    def spec(structure):
        return ParamSpec([ParamField(f"m{structure['n']}", default=0.0)])

    needed = system(spec=spec, structure=(StructureField("n"),))
    assert registry(needed).check() == []


def test_check_wrong_structure_default():
    structure = (StructureField("n", default=9, bounds=(0, 5)),)
    says(registry(system(structure=structure), density()), "bounds")


def test_check_extends():
    made = registry(system(extends="a.sistem"), density())
    says(made, "a.sistem", "a.system")


def test_check_extends_itself():
    made = registry(
        system("a.x", extends="a.y"), system("a.y", extends="a.x"), density()
    )
    assert sum("extends itself" in str(f) for f in made.check()) == 2


def test_check_preset_file_and_system():
    preset = PresetEntry("a.site", target="json:no.yaml", system="a.sys")
    faults = registry(preset).check()
    assert "json:no.yaml" in str(faults[0]) and "a.sys" in str(faults[1])


def test_check_scope_of_transform():
    made = registry(system(), density(), density(system_id="a.sistem"))
    says(made, "a.system")


def test_scope_of_a_package_that_is_not_installed_is_fine():
    assert registry(density(system_id="optics.x")).check() == []


def test_check_inverse():
    made = registry(density(inverse=(("masss", "math:sqrt"),)))
    says(made, "masss", "'mass'")


def test_check_circles_once_each():
    def t(key, *deps):
        return TransformEntry(key, target="math:sqrt", deps=deps)

    made = registry(t("a", "b"), t("b", "a"), t("c", "d"), t("d", "c"))
    texts = sorted(str(fault) for fault in made.check())
    assert len(texts) == 2
    assert "a -> b -> a" in texts[0] or "b -> a -> b" in texts[0]


def test_check_derived_that_nobody_computes():
    says(registry(system()), "'density'", "register a transform")


def test_check_missing_dep_deep_down():
    needs = TransformEntry("volume", target="math:sqrt", deps=("radus",))
    made = registry(system(), density(deps=("mass", "volume")), needs)
    says(made, "'radus'", "'radius'", "transform 'volume'")


def test_check_capability():
    entry = EstimatorEntry(
        "a.fit", target="json:loads", needs=frozenset({"log_likelihod", "odd"})
    )
    says(registry(entry), "log_likelihood")


def test_check_one_distribution():
    bad = plugin(engine("plain"))
    made = Registry([("one", plugin(engine())), ("two_x", bad)])
    assert made.check("one") == []
    assert len(made.check("Two-X")) == 1
    with pytest.raises(errors.UnknownEntry, match="two_x"):
        made.check("two_y")


def test_check_reports_failures():
    made = Registry([("old", plugin(engine(), api=(0, 1)))])
    assert "old" in str(made.check()[0])


# --- Targets ------------------------------------------------------------------


def test_load_target():
    assert load_target("os.path:join") is __import__("os").path.join
    assert load_target(len) is len
    assert load_target("pathlib:Path.cwd") == __import__("pathlib").Path.cwd


@pytest.mark.parametrize("target", ["json", "json:", ":loads", "js on:loads"])
def test_load_target_form(target):
    with pytest.raises(errors.PluginFailed, match="package.module:attribute"):
        load_target(target)


def test_load_target_tells_missing_target_from_missing_dependency(
    tmp_path, monkeypatch
):
    (tmp_path / "needy.py").write_text("import not_installed_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(errors.PluginFailed, match="install not_installed"):
        load_target("needy:x")
    with pytest.raises(errors.PluginFailed, match="no module 'neeedy'"):
        load_target("neeedy:x", needed_by="me")


def test_target_fault_reads_source_without_importing(tmp_path, monkeypatch):
    package = tmp_path / "heavy"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit\n")
    (package / "code.py").write_text(
        "raise SystemExit\n"
        "import os as system\n"
        "a, (b, *c) = 1, (2, 3)\n"
        "d: int = 1\n"
        "try:\n    from x import e\nexcept ImportError:\n    f = 1\n"
        "class G:\n    inside = 1\n"
        "async def h(): local = 1\n"
    )
    (package / "star.py").write_text("from x import *\n")
    (package / "lazy.py").write_text("def __getattr__(name): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("system", "a", "b", "c", "d", "e", "f", "G", "G.x", "h"):
        assert target_fault(f"heavy.code:{name}") is None, name
    for name in ("local", "inside", "zzz"):
        assert target_fault(f"heavy.code:{name}") is not None, name
    assert target_fault("heavy.star:x") is None
    assert target_fault("heavy.lazy:x") is None
    assert target_fault("heavy:code") is None
    assert "heavy" not in sys.modules


def test_check_never_imports_jax():
    """Even where a target's parent package imports it."""
    code = (
        "import sys, types\n"
        "from forwardax import API, EngineEntry, Registry, hookimpl\n"
        "m = types.ModuleType('m'); m.FORWARDAX_API = API\n"
        "m.forwardax_engines = hookimpl(lambda: [EngineEntry('a.b',"
        "target='jax.scipy.stats.norm:nothing', scheme='x'), EngineEntry('a.c',"
        "target='jax.scipy.stats.norm:logpdf', scheme='x')],"
        "specname='forwardax_engines')\n"
        "faults = Registry([('m', m)]).check()\n"
        "assert 'jax' not in sys.modules\n"
        "print([f.key for f in faults])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.stdout.strip() == "['jax.scipy.stats.norm:nothing']", (
        done.stderr
    )

"""The command line: verbs, errors in words, exit codes."""

import json
import subprocess
import sys
from types import ModuleType

import click
import pytest
from forwardax import (
    API,
    CommandEntry,
    DataField,
    DataSpec,
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
    cli,
    errors,
    hookimpl,
    plugin,
)
from forwardax._plugins.registry import _default
from forwardax.cli import ExitCode, console, main
from forwardax.cli._graph import Dependencies

SPEC = ParamSpec(
    [
        ParamField("mu", unit="arcsec", prior=Prior("Normal", loc=0, scale=1)),
        ParamField("tau", prior=Prior("HalfNormal", scale=1.0)),
        ParamField("theta", prior=Prior("Normal", loc="mu", scale="tau")),
        ParamField("fixed_one", default=2.0, doc="held"),
        ParamField("ratio", kind="derived"),
    ]
)


@click.command()
@click.option("--how", default="forwardax")
def boom(how):
    raise {
        "forwardax": errors.StructureError("seven mirrors are too many"),
        "plugin": errors.PluginFailed("broken"),
        "bug": RuntimeError("oh no"),
        "interrupt": KeyboardInterrupt(),
        "pipe": BrokenPipeError(),
    }[how]


def not_a_command():
    return None


TARGET = "json:loads"
ENTRIES = [
    SystemEntry(
        "demo.hierarchy",
        target=TARGET,
        spec=SPEC,
        data=DataSpec([DataField("y", unit="m", parents=("theta", "ratio"))]),
        structure=(StructureField("sites", default=8, bounds=(1, None)),),
        summary="A hierarchy",
        extends="demo.base",
        tags=("small",),
    ),
    SystemEntry(
        "demo.base",
        target=TARGET,
        spec=lambda structure: ParamSpec(
            [ParamField(f"m{i}", default=0.0) for i in range(structure["n"])]
        ),
        structure=(StructureField("n"),),
    ),
    TransformEntry(
        "ratio", target="demo:ratio", deps=("mu", "tau"), system_id="demo.base"
    ),
    ProfileEntry("demo.sie", target=TARGET, kind="mass", spec=SPEC),
    EstimatorEntry(
        "demo.nuts",
        target=TARGET,
        needs=frozenset({"gradient"}),
        checks=("r_hat",),
    ),
    PresetEntry("demo.site", target="demo:site.yaml", system="demo.base"),
    CommandEntry("boom", target=f"{__name__}:boom", summary="Fail"),
    CommandEntry("odd", target=f"{__name__}:not_a_command"),
]


@pytest.fixture
def registry(monkeypatch):
    module = ModuleType("demo_plugin")
    module.FORWARDAX_API = API
    names = {
        "systems": SystemEntry,
        "transforms": TransformEntry,
        "profiles": ProfileEntry,
        "estimators": EstimatorEntry,
        "presets": PresetEntry,
        "commands": CommandEntry,
    }
    for kind, record in names.items():
        mine = [e for e in ENTRIES if isinstance(e, record)]
        name = f"forwardax_{kind}"
        setattr(module, name, hookimpl(lambda m=mine: m, specname=name))
    broken = ModuleType("broken")
    made = Registry(
        [("forwardax", plugin), ("demo-kit", module), ("broken-kit", broken)]
    )
    monkeypatch.setattr(Registry, "default", classmethod(lambda cls: made))
    return made


@pytest.fixture
def run(registry, capsys):
    def run(*arguments):
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def run_json(run, *arguments):
    code, out, err = run(*arguments)
    assert err == ""
    return code, json.loads(out)


def test_list_shows_names_and_failures(run):
    code, out, _ = run("list")
    assert code == ExitCode.OK
    assert "demo.hierarchy" in out and "A hierarchy" in out
    assert "demo-kit" in out
    assert "broken-kit: the plugin module does not say" in out


def test_list_one_kind(run):
    code, found = run_json(run, "list", "systems", "--json")
    assert code == ExitCode.OK
    assert [e["name"] for e in found["entries"]] == [
        "demo.base",
        "demo.hierarchy",
    ]
    assert found["failures"][0]["distribution"] == "broken-kit"


def test_list_unknown_kind(run):
    code, out, err = run("list", "system")
    assert code == ExitCode.USAGE and out == ""
    assert "did you mean 'systems'" in err and "Traceback" not in err


def test_show_system(run):
    code, out, _ = run("show", "demo.hierarchy")
    assert code == ExitCode.OK
    for word in (
        "provided by  demo-kit", "extends", "demo.base", "sites", "arcsec",
        "mu", "fixed_one", "held", "data", "ratio",
    ):  # fmt: skip
        assert word in out, word


def test_show_system_as_json(run):
    _, (page,) = run_json(run, "show", "demo.hierarchy", "--json")
    assert page["scope"] == "demo.hierarchy"
    assert page["parameters"][0]["key"] == "mu"
    assert page["data"][0]["unit"] == "m"
    assert page["structure"][0]["default"] == "8"
    derived = page["derived values in scope"][0]
    assert derived["key"] == "ratio" and derived["scope"] == "demo.base"


def test_show_graph(run):
    _, out, _ = run("show", "demo.hierarchy", "--graph")
    tree = out.split("who depends on whom")[1].strip().splitlines()
    assert tree[0].startswith("data y")
    assert tree[1].startswith("├─ theta  ~ Normal(loc=mu, scale=tau)")
    assert tree[2].startswith("│  ├─ mu  [arcsec] ~ Normal")
    assert tree[4].startswith("└─ ratio  = ratio(mu, tau), demo-kit")
    assert any(line.startswith("fixed_one  = 2.0") for line in tree)


def test_show_graph_as_json(run):
    _, (page,) = run_json(run, "show", "demo.hierarchy", "--graph", "--json")
    assert ["theta", "mu"] in page["graph"]["edges"]
    assert "fixed_one" in page["graph"]["nodes"]


def test_graph_draws_a_subtree_once_and_ends_in_a_circle():
    labels = dict.fromkeys("abcd", "")
    needs = {"a": ("b", "c"), "b": ("d",), "c": ("b",), "d": ()}
    lines = [line.rstrip() for line in Dependencies(labels, needs).lines()]
    assert lines == ["a", "├─ b", "│  └─ d", "└─ c", "   └─ b  (see above)"]
    circle = Dependencies({"x": "", "y": ""}, {"x": ("y",), "y": ("x",)})
    assert len(list(circle.lines())) == 3


def test_show_needs_structure_where_the_spec_does(run):
    code, _, err = run("show", "demo.base")
    assert code == ExitCode.USAGE and "'n'" in err
    code, found = run_json(
        run, "show", "demo.base", "--set", "system.n=2", "--json"
    )
    assert [row["key"] for row in found[0]["parameters"]] == ["m0", "m1"]
    code, _, err = run("show", "demo.base", "--set", "system.nn=2")
    assert code == ExitCode.USAGE and "did you mean 'n'" in err


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("demo.sie", "mass"),
        ("demo.nuts", "gradient"),
        ("demo.site", "demo.base"),
        ("ratio", "mu, tau"),
        ("list", "command"),
    ],
)
def test_show_other_kinds(run, name, word):
    code, out, _ = run("show", name)
    assert code == ExitCode.OK and word in out


def test_show_unknown_name(run):
    code, _, err = run("show", "demo.hierarchi")
    assert code == ExitCode.USAGE
    assert "did you mean 'demo.hierarchy'" in err
    assert "broken-kit might provide it" in err


def test_show_name_of_a_package_that_is_not_installed(run):
    _, _, err = run("show", "lensing.sie")
    assert 'pip install "forwardax[lensing]"' in err


def test_check(run):
    code, found = run_json(run, "check", "--json")
    assert code == ExitCode.FAULTS
    texts = [fault["text"] for fault in found["faults"]]
    assert any("broken-kit" in text for text in texts)
    assert any("demo:ratio" in text for text in texts)
    assert run("check", "forwardax")[0] == ExitCode.OK
    code, _, err = run("check", "demo-kitt")
    assert code == ExitCode.USAGE and "demo-kit" in err


def test_unknown_verb(run):
    code, _, err = run("lst")
    assert code == ExitCode.USAGE and "did you mean 'list'" in err


def test_unknown_option(run):
    code, _, err = run("list", "--jsn")
    assert code == ExitCode.USAGE and "--json" in err
    code, out, _ = run("list", "--json", "--nope")
    assert code == ExitCode.USAGE
    assert json.loads(out)["error"] == "NoSuchOption"


def test_error_as_json(run):
    code, found = run_json(run, "show", "nothing.x", "--json")
    assert code == ExitCode.USAGE
    assert found["error"] == "UnknownEntry"
    assert found["faults"][0]["key"] == "nothing.x"


def test_help_loads_no_verb_and_documents_exit_codes(
    run, registry, monkeypatch
):
    monkeypatch.setattr(registry, "load", None)
    code, out, _ = run("--help")
    assert code == ExitCode.OK
    for word in ("boom", "Fail", "Exit codes", "130  interrupted"):
        assert word in out


def test_version(run):
    assert run("--version")[1].startswith("forwardax, version ")


@pytest.mark.parametrize(
    ("how", "code", "says"),
    [
        ("forwardax", ExitCode.USAGE, "seven mirrors"),
        ("plugin", ExitCode.PLUGIN, "broken"),
        ("bug", ExitCode.INTERNAL, "internal error: RuntimeError: oh no"),
        ("interrupt", ExitCode.INTERRUPTED, "interrupted"),
    ],
)
def test_exit_codes(run, monkeypatch, how, code, says):
    monkeypatch.setattr(
        cli._main.Registry, "load", lambda *_: boom, raising=True
    )
    found, out, err = run("boom", "--how", how)
    assert found == code and out == ""
    assert says in err and "Traceback" not in err


def test_debug_shows_the_traceback(run, monkeypatch):
    monkeypatch.setattr(cli._main.Registry, "load", lambda *_: boom)
    code, _, err = run("--debug", "boom")
    assert code == ExitCode.USAGE
    assert "Traceback" in err and "seven mirrors" in err


def test_verb_that_is_no_command(run, monkeypatch):
    monkeypatch.setattr(cli._main.Registry, "load", lambda *_: not_a_command)
    code, _, err = run("odd")
    assert code == ExitCode.PLUGIN
    assert "no click command" in err and "demo-kit" in err


def test_doctor(run):
    code, found = run_json(run, "doctor", "--json")
    assert code == ExitCode.FAULTS  # broken-kit
    for key in ("python", "jax", "jaxlib", "numpyro", "equinox", "numpy"):
        assert found[key][0].isdigit()
    assert found["devices"] and found["x64"] in (True, False)
    assert found["faults"] == []
    assert "compilation cache" in found
    assert "broken-kit" in run("doctor")[1]


def test_default_registry_is_built_once(monkeypatch):
    _default.cache_clear()
    assert Registry.default() is Registry.default()
    assert "list" in [e.name for e in Registry.default().entries("commands")]
    _default.cache_clear()


INTERRUPTED_WHILE_A_THREAD_WORKS = """
import threading, time
from forwardax.cli import _main

def interrupted(*arguments, **options):
    print("said before", end="")
    raise KeyboardInterrupt

threading.Thread(target=time.sleep, args=(60,)).start()
_main.forwardax.main = interrupted
_main.console()
"""


def test_an_interrupted_process_waits_for_no_thread():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_A_THREAD_WORKS],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == ExitCode.INTERRUPTED
    assert done.stdout == "said before"
    assert done.stderr.strip() == "interrupted"


def test_a_process_ends_with_the_code(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["forwardax", "no-such-verb"])
    with pytest.raises(SystemExit) as ended:
        console()
    assert ended.value.code == ExitCode.USAGE

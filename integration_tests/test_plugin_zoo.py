"""Broken plugins, installed: the others are listed, the broken one is named."""

import pytest

HEAD = "from forwardax import API, EngineEntry, hookimpl\nFORWARDAX_API = API\n"


@pytest.fixture
def zoo(plugin_folder):
    """Good plugins that are found before and after any other."""
    folder = plugin_folder()
    folder.add("a-good-one")
    folder.add("z-good-one")
    return folder


def listed_beside(zoo, code: str, *says: str) -> dict:
    """List with a broken plugin added; its failure must say all of `says`."""
    zoo.add("my-broken", code)
    run = zoo.cli("list", "--json")
    assert run.code == 0, run.err
    names = {entry["name"] for entry in run.json["entries"]}
    assert {"a_good_one.engine", "z_good_one.engine"} <= names
    assert {"list", "show", "check", "doctor"} <= names
    assert not any("broken" in name for name in names)
    mine = [f for f in run.json["failures"] if f["distribution"] == "my-broken"]
    assert len(mine) == 1, run.json["failures"]
    text = " ".join(fault["text"] for fault in mine[0]["faults"])
    for word in says:
        assert word in text, text
    return mine[0]


def test_import_error(zoo):
    listed_beside(
        zoo, "import not_there_at_all\n" + zoo.good,
        "ModuleNotFoundError", "install not_there_at_all",
    )  # fmt: skip


def test_syntax_error(zoo):
    listed_beside(zoo, "def broken(:\n", "SyntaxError")


def test_system_exit(zoo):
    listed_beside(zoo, "import sys\nsys.exit(3)\n", "sys.exit(3)")


def test_misspelt_hook(zoo):
    code = zoo.good.replace("forwardax_engines", "forwardax_engine")
    listed_beside(zoo, code, "forwardax_engine", "did you mean", "engines")


def test_duplicate_name(zoo):
    code = zoo.good.replace("{name}.engine", "a_good_one.engine")
    zoo.add("my-broken", code)
    run = zoo.cli("list", "--json")
    names = [entry["name"] for entry in run.json["entries"]]
    assert "z_good_one.engine" in names and "a_good_one.engine" not in names
    (failure,) = run.json["failures"]
    assert failure["error"] == "ConflictError"
    assert failure["distribution"] == "a-good-one, my-broken"
    asked = zoo.cli("show", "a_good_one.engine")
    assert asked.code == 3
    assert "a-good-one" in asked.err and "my-broken" in asked.err
    pinned = zoo.cli(
        "show", "a_good_one.engine", "--json",
        FORWARDAX_PREFER="a_good_one.engine=my-broken",
    )  # fmt: skip
    assert pinned.json[0]["provided by"] == "my-broken 0.1"


@pytest.mark.parametrize("api", ["(99, 0)", "(1, 99)", "'1.0'"])
def test_wrong_api_version(zoo, api):
    code = zoo.good.replace("FORWARDAX_API = API", f"FORWARDAX_API = {api}")
    failure = listed_beside(zoo, code, "FORWARDAX_API" if "'" in api else "API")
    assert failure["error"] == "ApiMismatch"


def test_no_api_version(zoo):
    code = zoo.good.replace("FORWARDAX_API = API\n", "")
    listed_beside(zoo, code, "does not say", "FORWARDAX_API = (")


def test_hook_that_raises(zoo):
    code = HEAD + (
        "@hookimpl\ndef forwardax_engines():\n"
        "    yield EngineEntry('broken.e', target='a:b', scheme='x')\n"
        "    raise ZeroDivisionError('no photons')\n"
    )
    listed_beside(zoo, code, "ZeroDivisionError: no photons")


def test_hook_that_yields_something_else(zoo):
    code = HEAD + "@hookimpl\ndef forwardax_engines():\n    yield 'broken.e'\n"
    listed_beside(zoo, code, "'broken.e'", "EngineEntry")


def test_target_that_does_not_exist(zoo):
    """The plugin is listed; check and use tell."""
    code = zoo.good.replace("json:loads", "a_good_one:forwardax_enginess")
    zoo.add("my-broken", code)
    run = zoo.cli("list", "--json")
    names = [entry["name"] for entry in run.json["entries"]]
    assert "my_broken.engine" in names and run.json["failures"] == []
    check = zoo.cli("check", "--json")
    assert check.code == 1
    (fault,) = check.json["faults"]
    assert fault["nearest"] == ["forwardax_engines"]
    assert "my-broken 0.1" in fault["text"]
    use = (
        "from forwardax import Registry\n"
        "Registry.default().load('engines', 'my_broken.engine')\n"
    )
    assert "PluginFailed" in zoo.run(use).err


def test_verb_whose_target_does_not_exist(zoo):
    code = HEAD + (
        "from forwardax import CommandEntry\n"
        "@hookimpl\ndef forwardax_commands():\n"
        "    yield CommandEntry('explode', target='my_broken:nothing')\n"
    )
    zoo.add("my-broken", code)
    assert "explode" in zoo.cli("--help").out
    run = zoo.cli("explode")
    assert run.code == 3 and "my_broken:nothing" in run.err
    assert "Traceback" not in run.err


def test_declares_by_importing_jax(zoo):
    """A stand-in for jax: what counts is that a module of that name loads."""
    (zoo.path / "jax.py").write_text("")
    listed_beside(zoo, "import jax\n" + zoo.good, "imported jax", "my_broken")


def test_plugin_that_prints_while_loading(zoo):
    zoo.add("my-chatty", "print('hello')\n" + zoo.good)
    run = zoo.cli("list", "--json")
    assert run.json["failures"] == []


def test_two_plugin_modules_in_one_distribution(zoo):
    points = zoo.add("my-double")
    points.write_text("[forwardax]\na = my_double\nb = my_double\n")
    (failure,) = zoo.cli("list", "--json").json["failures"]
    assert "2 plugin modules" in failure["faults"][0]["text"]


def test_damaged_entry_points(zoo):
    points = zoo.add("my-damaged")
    points.write_text("[forwardax]\nmy_damaged\n")
    run = zoo.cli("list", "--json")
    (failure,) = run.json["failures"]
    assert failure["distribution"] == "my-damaged"


def test_first_on_the_path_wins(zoo, plugin_folder):
    first = plugin_folder(behind=zoo.path)
    zoo.add("my-kit", "raise RuntimeError('the old one')\n")
    first.add("my-kit")
    run = first.cli("list", "--json")
    assert run.json["failures"] == []
    names = [entry["name"] for entry in run.json["entries"]]
    assert "my_kit.engine" in names and "a_good_one.engine" in names


# --- Asked for on purpose ----------------------------------------------------


def test_block_and_allow(zoo):
    zoo.add("my-broken", "raise RuntimeError\n")
    run = zoo.cli("list", "--json", FORWARDAX_BLOCK="my_broken")
    assert run.json["failures"] == []
    assert list(run.json["left_out"]) == ["my-broken"]
    run = zoo.cli("list", "--json", FORWARDAX_PLUGINS="a-good-one")
    names = [entry["name"] for entry in run.json["entries"]]
    assert "a_good_one.engine" in names and "z_good_one.engine" not in names
    assert "list" in names


def test_unknown_name_in_a_variable(zoo):
    run = zoo.cli("list", FORWARDAX_BLOCK="a-god-one")
    assert run.code == 2
    assert "did you mean 'a-good-one'" in run.err
    assert "FORWARDAX_BLOCK" in run.err


def test_strict(zoo):
    zoo.add("my-broken", "raise RuntimeError('oh')\n")
    run = zoo.cli("list", FORWARDAX_STRICT="1")
    assert run.code == 3
    assert "my-broken" in run.err and "oh" in run.err
    assert "Traceback" not in run.err


def test_everything_broken_at_once(zoo):
    codes = {
        "b-import": "import not_there\n",
        "b-exit": "raise SystemExit\n",
        "b-api": zoo.good.replace("= API", "= (99, 0)"),
        "b-hook": zoo.good.replace("engines", "engine"),
        "b-raise": HEAD + "@hookimpl\ndef forwardax_engines():\n    1 / 0\n",
    }
    for name, code in codes.items():
        zoo.add(name, code)
    run = zoo.cli("list")
    assert run.code == 0
    assert "a_good_one.engine" in run.out and "z_good_one.engine" in run.out
    for name in codes:
        assert f"{name}: " in run.out

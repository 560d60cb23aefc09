"""One broken plugin never hides another."""

import sys
from types import ModuleType

import pytest
from forwardax import (
    API,
    DatasetEntry,
    EngineEntry,
    TransformEntry,
    errors,
    hookimpl,
)
from forwardax._plugins.discovery import Found, Selection, normalised
from forwardax._plugins.loader import load_given
from forwardax._plugins.registry import Registry


def plugin(name: str, *hooks, api: object = API, **others) -> ModuleType:
    module = ModuleType(name)
    if api is not None:
        module.FORWARDAX_API = api
    for hook in hooks:
        setattr(module, hook.__name__, hook)
    vars(module).update(others)
    return module


def engines(*names: str):
    @hookimpl
    def forwardax_engines():
        for name in names:
            yield EngineEntry(name, target="json:loads", scheme=name)

    return forwardax_engines


def beside_a_good_one(bad: ModuleType) -> errors.RegistryError:
    """Load it before and after a good one; both times only it fails."""
    good = plugin("good", engines("good.engine"))
    for order in (
        [("bad", bad), ("good", good)],
        [("good", good), ("bad", bad)],
    ):
        loaded = load_given(order)
        assert [p.distribution for p in loaded.plugins] == ["good"]
        assert [f.distribution for f in loaded.failures] == ["bad"]
    return loaded.failures[0].error


def test_good_plugin():
    loaded = load_given([("kit", plugin("kit", engines("a.b", "a.c")))])
    assert loaded.failures == []
    names = [(kind, entry.name) for kind, entry in loaded.plugins[0].entries]
    assert names == [("engines", "a.b"), ("engines", "a.c")]


def test_misspelt_hook_names_the_nearest():
    @hookimpl
    def forwardax_engine():
        return []

    error = beside_a_good_one(plugin("bad", forwardax_engine))
    assert isinstance(error, errors.PluginFailed)
    assert error.faults[0].nearest[0] == "forwardax_engines"


def test_misspelt_hook_without_mark():
    def forwardax_system():
        return []

    error = beside_a_good_one(plugin("bad", forwardax_system))
    assert "forwardax_systems" in str(error)


def test_hook_without_mark_is_not_ignored():
    def forwardax_systems():
        return []

    error = beside_a_good_one(plugin("bad", forwardax_systems))
    assert "@hookimpl" in str(error)


def test_marked_function_of_another_name():
    @hookimpl
    def systems():
        return []

    error = beside_a_good_one(plugin("bad", systems))
    assert "'systems' is not a hook" in str(error)


def test_hook_of_a_later_api_is_allowed_when_optional():
    @hookimpl(optionalhook=True)
    def forwardax_tracks():
        return []

    assert not load_given([("a", plugin("a", forwardax_tracks))]).failures


def test_hook_with_an_argument():
    @hookimpl
    def forwardax_systems(config):
        return []

    error = beside_a_good_one(plugin("bad", forwardax_systems))
    assert "config" in str(error)


def test_imported_module_of_a_similar_name_is_no_hook():
    module = plugin("a", forwardax_dask=ModuleType("forwardax_dask"))
    assert not load_given([("a", module)]).failures


@pytest.mark.parametrize(
    ("api", "says"),
    [
        (None, "FORWARDAX_API = (1, 0)"),
        ((API[0] + 1, 0), "upgrade forwardax"),
        ((API[0], API[1] + 1), "upgrade forwardax"),
        ((API[0] - 1, 9), "upgrade the plugin"),
        ("1.0", "whole numbers"),
        ((1, 0, 0), "whole numbers"),
    ],
)
def test_wrong_api(api, says):
    error = beside_a_good_one(plugin("bad", engines("b.c"), api=api))
    assert isinstance(error, errors.ApiMismatch)
    assert says in str(error)


def test_hook_that_raises_after_its_first_record():
    @hookimpl
    def forwardax_engines():
        yield EngineEntry("bad.engine", target="json:loads", scheme="x")
        raise ValueError("no such telescope")

    error = beside_a_good_one(plugin("bad", forwardax_engines))
    assert "ValueError: no such telescope" in str(error)


def test_hook_that_exits():
    @hookimpl
    def forwardax_engines():
        sys.exit(7)

    error = beside_a_good_one(plugin("bad", forwardax_engines))
    assert "sys.exit(7)" in str(error)


@pytest.mark.parametrize(
    "given",
    [
        None,
        "bad.engine",
        EngineEntry("bad.engine", target="json:loads", scheme="x"),
        [DatasetEntry("bad.set", target="json:loads", licence="MIT")],
        [EngineEntry(None, target="json:loads", scheme="x")],
        [EngineEntry("bad.engine", target="", scheme="x")],
        3,
    ],
)
def test_hook_that_gives_something_else(given):
    @hookimpl
    def forwardax_engines():
        return given

    error = beside_a_good_one(plugin("bad", forwardax_engines))
    assert isinstance(error, errors.PluginFailed)


def test_name_twice_in_one_plugin():
    error = beside_a_good_one(plugin("bad", engines("b.c", "b.c")))
    assert "'b.c' twice" in str(error)


def test_transforms_are_told_apart_by_scope():
    @hookimpl
    def forwardax_transforms():
        for scope in ("*", "a.b"):
            yield TransformEntry(
                "kappa", target="math:sqrt", deps=("x",), system_id=scope
            )

    assert not load_given([("a", plugin("a", forwardax_transforms))]).failures


def test_one_module_in_two_distributions_leaves_the_first_alone():
    module = plugin("a", engines("a.b"))
    registry = Registry([("one", module), ("two", module)])
    assert registry.distributions == ("one", "two")
    with pytest.raises(errors.ConflictError, match="by one and by two"):
        registry.get("engines", "a.b")


def test_printing_plugin_leaves_standard_output_alone(capsys):
    @hookimpl
    def forwardax_engines():
        print("hello")
        return []

    load_given([("a", plugin("a", forwardax_engines))])
    assert capsys.readouterr().out == ""


def test_strict_raises_the_first_failure():
    bad = plugin("bad", api=None)
    with pytest.raises(errors.ApiMismatch, match="plugin bad"):
        load_given([("bad", bad)], strict=True)


# --- What the environment says --------------------------------------------

INSTALLED = [Found("Lens_Kit", "1"), Found("optics-dlux", "1")]


def split(**environ: str):
    selection = Selection.from_environment(environ)
    chosen, left = selection.split(INSTALLED)
    return [found.distribution for found in chosen], dict(left)


def test_all_without_variables():
    assert split() == (["Lens_Kit", "optics-dlux"], {})


def test_allow_list_normalises_names():
    chosen, left = split(FORWARDAX_PLUGINS="lens-kit")
    assert chosen == ["Lens_Kit"]
    assert left == {"optics-dlux": "FORWARDAX_PLUGINS leaves it out"}


def test_empty_allow_list_is_none_of_them():
    assert split(FORWARDAX_PLUGINS="")[0] == []


def test_block():
    chosen, left = split(FORWARDAX_BLOCK="optics-dlux")
    assert chosen == ["Lens_Kit"]
    assert "FORWARDAX_BLOCK" in left["optics-dlux"]


def test_unknown_names_in_variables_are_all_told():
    with pytest.raises(errors.RegistryError) as caught:
        split(
            FORWARDAX_PLUGINS="lens-kitt",
            FORWARDAX_BLOCK="optic-dlux",
            FORWARDAX_PREFER="a.b=nobody",
        )
    first, second, third = caught.value.faults
    assert first.nearest == ("lens-kit",) and "PLUGINS" in first.fix
    assert second.nearest == ("optics-dlux",) and "BLOCK" in second.fix
    assert third.key == "nobody"


def test_preference_that_pins_nothing():
    with pytest.raises(errors.RegistryError, match="name=distribution"):
        split(FORWARDAX_PREFER="a.b")


def test_normalised():
    assert normalised("Lens_Kit.Two") == "lens-kit-two"

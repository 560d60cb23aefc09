"""The declarations: profiles, and what galaxies may be."""

import re
from math import inf, nan

import forwardax as fx
import pytest
from forwardax.errors import StructureError
from lensing_kernels import PROFILES, from_autolens, profile
from lensing_kernels._declare.galaxies import inside_disk, spec

GALAXIES = {
    "lens": {
        "redshift": 0.5,
        "light": {"bulge": "sersic"},
        "mass": {"main": "isothermal", "shear": "external_shear"},
    },
    "source": {"redshift": 1, "light": {"disk": "sersic_core"}},
}


def faults_of(galaxies):
    with pytest.raises(StructureError) as caught:
        spec({"galaxies": galaxies})
    return {fault.key: str(fault) for fault in caught.value.faults}


def changed(galaxy, **parts):
    return {**GALAXIES, galaxy: {**GALAXIES[galaxy], **parts}}


def test_keys_are_galaxy_profile_parameter():
    found = spec({"galaxies": GALAXIES})
    assert found.lint() == []
    assert list(found)[:3] == [
        "lens.bulge.centre",
        "lens.bulge.ell_comps",
        "lens.bulge.intensity",
    ]
    assert found["lens.main.centre"].elements == (
        "lens.main.centre.y",
        "lens.main.centre.x",
    )
    assert found.find("source.disk.ell_comps.x").element == 1
    assert {key.split(".")[1] for key in found} == {
        "bulge",
        "main",
        "shear",
        "disk",
    }


def test_the_usual_lens_has_21_free_parameters():
    found = spec({"galaxies": GALAXIES})
    free = [f for f in found.fields if found.prior_of(f.key)]
    assert sum(f.shape[0] if f.shape else 1 for f in free) == 21
    held = [f.key for f in found.fields if f not in free]
    assert held == [
        f"source.disk.{k}" for k in ("radius_break", "gamma", "alpha")
    ]


def test_every_spec_reads_back_from_json():
    found = spec({"galaxies": GALAXIES})
    assert fx.ParamSpec.from_json(found.to_json()) == found


def test_a_spec_depends_on_the_order_of_the_galaxies_alone():
    turned = dict(reversed(GALAXIES.items()))
    one, other = (spec({"galaxies": g}) for g in (GALAXIES, turned))
    assert set(one) == set(other)
    assert list(other)[0] == "source.disk.centre"
    assert one.digest != other.digest


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_declare_what_their_key_says(name):
    found = profile(name)
    assert found.name == name
    assert from_autolens(f"al.{found.autolens}") is found
    assert fx.ParamSpec(found.fields).lint() == []
    assert found.parameters == tuple(field.key for field in found.fields)
    assert all(field.default is not fx.NO_DEFAULT for field in found.fields)


def test_ellipticities_have_a_condition_each():
    found = spec({"galaxies": GALAXIES})
    deps = [condition.deps for condition in found.validity]
    assert deps == [
        ("lens.bulge.ell_comps",),
        ("lens.main.ell_comps",),
        ("source.disk.ell_comps",),
    ]
    assert inside_disk((0.6, 0.79)) and not inside_disk((0.6, 0.81))
    assert not inside_disk((0.0, -1.0))


def test_unknown_profiles_get_the_nearest_name():
    with pytest.raises(StructureError, match="did you mean 'isothermal'"):
        profile("isothermall")
    with pytest.raises(StructureError, match=r"did you mean 'lp.SersicCore'"):
        from_autolens("lp.SersicCor")
    with pytest.raises(AttributeError, match="'sersic' is a light profile"):
        profile("sersic").deflections  # noqa: B018


@pytest.mark.parametrize(
    ("galaxies", "key", "text"),
    [
        (["lens"], "galaxies", "is no mapping"),
        ({}, "galaxies", "has no entries"),
        (
            changed("lens", ligth={"bulge": "sersic"}),
            "galaxies.lens.ligth",
            "did you mean 'light'",
        ),
        (
            changed("lens", bulge="sersic"),
            "galaxies.lens.bulge",
            "put it under light",
        ),
        (
            changed("lens", light={"bulge": "sersik"}),
            "galaxies.lens.light.bulge",
            "did you mean 'sersic'",
        ),
        (
            changed("lens", light={"bulge": "al.lp.SersicCore"}),
            "galaxies.lens.light.bulge",
            "did you mean 'sersic_core'",
        ),
        (
            changed("lens", light={"bulge": "isothermal"}),
            "galaxies.lens.light.bulge",
            "is a mass profile.*put it under mass",
        ),
        (
            changed("lens", light={"bulge": {"sersic": {"n": 4}}}),
            "galaxies.lens.light.bulge",
            "write bulge: sersic",
        ),
        (
            changed("lens", light="sersic"),
            "galaxies.lens.light",
            r"write light: \{bulge: sersic\}",
        ),
        (
            changed("lens", light={"Bulge 1": "sersic"}),
            "galaxies.lens.light.Bulge 1",
            "did you mean 'bulge_1'",
        ),
        (
            changed("lens", mass={"bulge": "isothermal"}),
            "galaxies.lens.mass.bulge",
            "names a light and a mass profile",
        ),
        (changed("lens", redshift=-0.1), "galaxies.lens.redshift", "above 0"),
        (changed("lens", redshift=0), "galaxies.lens.redshift", "above 0"),
        (changed("lens", redshift=True), "galaxies.lens.redshift", "got True"),
        (changed("lens", redshift="0.5"), "galaxies.lens.redshift", "'0.5'"),
        (changed("lens", redshift=nan), "galaxies.lens.redshift", "got nan"),
        (changed("lens", redshift=inf), "galaxies.lens.redshift", "got inf"),
        (
            {**GALAXIES, "lens": "isothermal"},
            "galaxies.lens",
            "is no mapping.*write lens: ",
        ),
        (
            {**GALAXIES, "far": {"redshift": 2.0}},
            "galaxies.far",
            "neither light nor mass",
        ),
        (
            {"lens": {"light": {"bulge": "sersic"}}},
            "galaxies.lens",
            "has no redshift",
        ),
        (
            changed("lens", redshift=1.5),
            "galaxies.lens.mass",
            "deflects nothing.*larger redshift",
        ),
        (
            {
                "lens": {"redshift": 0.5, "mass": {"main": "isothermal"}},
                "halo": {"redshift": 1.0, "mass": {"main": "isothermal"}},
            },
            "galaxies",
            "have no light",
        ),
    ],
)
def test_faults_say_where_and_how_to_mend(galaxies, key, text):
    found = faults_of(galaxies)
    assert key in found, found
    assert re.search(text, found[key])


def test_all_faults_are_told_at_once():
    bad = {
        "lens": {"redshift": -1, "light": {"bulge": "sersik"}, "ligth": {}},
        "source": {"light": {"disk": 4}},
    }
    assert set(faults_of(bad)) == {
        "galaxies.lens.redshift",
        "galaxies.lens.light.bulge",
        "galaxies.lens.ligth",
        "galaxies.source",
        "galaxies.source.light.disk",
    }


def test_light_without_a_lens_is_a_model():
    alone = {"star": {"redshift": 0.1, "light": {"bulge": "sersic"}}}
    assert len(spec({"galaxies": alone})) == 5

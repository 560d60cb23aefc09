"""Declarations: light, and strict about what makes no sense."""

import subprocess
import sys

import forwardax as fx
import numpy as np
import pytest
from forwardax.errors import StructureError
from optics_dlux._declare.check import check_two_plane
from optics_dlux._declare.spec import two_plane_spec
from optics_dlux._declare.structure import radial_order

NAME = "optics.two_plane"


def faults(structure, changes):
    with pytest.raises(StructureError) as caught:
        two_plane_spec(structure(changes))
    return {fault.key: fault for fault in caught.value.faults}


def test_the_plugin_is_light():
    code = (
        "import sys, forwardax as fx\n"
        "registry = fx.Registry.default()\n"
        f"entry = registry.get('systems', '{NAME}')\n"
        "entry.spec(fx.Structure.of(entry.structure))\n"
        "heavy = {'jax', 'dLux', 'numpyro', 'equinox'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_is_wrong_with_the_registered_entries():
    found = fx.Registry.default().check()
    assert [f for f in found if "optics" in str(f)] == []


def test_every_fault_of_a_structure_is_told_at_once(structure):
    changes = {
        "m1.aperture.obscuration": 1.2,
        "m1.struts.width": 2.0,
        "m1.zernike.noll": [4, 4, 0, 2.5],
        "m1.diversity.noll": [400],
    }
    found = faults(structure, changes)
    assert set(found) == set(changes)
    assert "covers the pupil" in found["m1.aperture.obscuration"].what
    assert "metres" in found["m1.struts.width"].fix
    assert "do not resolve" in found["m1.diversity.noll"].what
    with pytest.raises(StructureError, match="4 is given twice"):
        two_plane_spec(structure(changes))
    with pytest.raises(StructureError, match="2.5 is not a Noll index"):
        two_plane_spec(structure(changes))


def test_names_and_choices_are_checked():
    wrong = {
        "source.kind": "triple",
        "likelihood": "poison",
        "system.sampling.pupil_npix": 1,
    }
    with pytest.raises(StructureError) as caught:
        fx.system(NAME, **wrong)
    text = str(caught.value)
    assert set(wrong) <= {fault.key for fault in caught.value.faults}
    assert "did you mean 'poisson'" in text
    with pytest.raises(StructureError, match="did you mean 'detector.n_pix'"):
        fx.system(NAME, **{"detector.n_px": 64})


@pytest.mark.parametrize(
    "noll, order",
    [(1, 0), (2, 1), (3, 1), (4, 2), (6, 2), (7, 3), (11, 4), (22, 6), (36, 7)],
)
def test_radial_orders(noll, order):
    assert radial_order(noll) == order


def test_known_arrays_are_checked(structure):
    poisson = structure()
    counts = np.ones((16, 16))
    assert list(check_two_plane(poisson, {"image": counts})) == []
    found = {
        fault.key: str(fault)
        for fault in check_two_plane(
            poisson,
            {
                "image": counts - 1.5,
                "noise_map": counts,
                "pupil_transmission": np.zeros((32, 32)),
            },
        )
    }
    assert set(found) == {"image", "noise_map", "pupil_transmission"}
    assert "256 pixels that are no counts" in found["image"]
    assert "likelihood: gaussian" in found["noise_map"]
    gaussian = structure({"likelihood": "gaussian"})
    arrays = {"image": counts - 1.5, "noise_map": counts}
    assert list(check_two_plane(gaussian, arrays)) == []


def test_a_system_is_built_by_name():
    opd = np.zeros((32, 32))
    known = {"pupil_opd": opd, "system.sampling.pupil_npix": 32}
    system = fx.system(NAME, **known)
    assert system.structure["system.sampling.pupil_npix"] == 32
    assert system.pupil_opd.shape == (32, 32)
    with pytest.raises(StructureError, match="pupil_opd"):
        fx.system(NAME, pupil_opd=opd[1:])


def test_parameters_follow_from_the_structure(structure):
    spec = two_plane_spec(structure({"m1.zernike.noll": []}))
    assert "m1.zernike.coefficients" not in spec
    assert "star.photometry.log_flux" in spec
    assert "detector.read_noise" not in spec
    changes = {"source.kind": "binary", "likelihood": "gaussian"}
    spec = two_plane_spec(structure(changes))
    assert "star.photometry.log_flux" not in spec
    assert "detector.read_noise" in spec
    assert spec["binary.astrometry.position_angle"].cyclic == 360.0
    assert spec.lint() == []

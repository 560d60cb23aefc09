"""`forwardax fit` refuses a faulty run: all at once, and nothing is left.

Each run file differs in places from a sound one; what is told is the key and
the line of each fault (None where it was typed).
"""

import json
import os
import re
from dataclasses import dataclass
from types import ModuleType

import forwardax as fx
import inference_numpyro.plugin
import lensing_kernels.plugin
import numpy as np
import optics_dlux.plugin
import pytest
from astropy.io import fits
from forwardax import plugin
from forwardax._run import jax_setup
from forwardax.cli import ExitCode, main
from forwardax.estimation import Estimator
from forwardax.testing import BadInput, observe

LENS = """\
system:
  name: lensing.imaging
  galaxies:
    lens:
      redshift: 0.2
      mass: {main: isothermal}
    source:
      redshift: 0.6
      light: {disk: sersic_core}
  pixel_scale: 0.1
  over_sampling: {sub_size: 1}
  psf: psf.fits
  noise_map: noise_map.fits
  mask: {circle: 0.8}
data: {image: image.fits}
params:
  fixed: {source.disk.gamma: 0.25}
estimator: {name: laplace.fisher}
seed: 0
"""
TELESCOPE = """\
system:
  name: optics.two_plane
  m1.zernike.noll: [4, 5, 6]
  source.kind: point
  source.spectrum.n_wavelengths: 1
  system.sampling.pupil_npix: 16
  detector.n_pix: 12
  likelihood: poisson
data: {image: image.npy}
params:
  fixed: {detector.background: 2.0}
estimator: {name: numpyro.nuts}
"""
ESTIMATOR = "estimator: {name: laplace.fisher"


@dataclass(frozen=True)
class Config:
    steps: int = 4


class Squares(Estimator):
    """It needs residuals, which counts do not have."""

    name = "kit.squares"
    needs = frozenset({"residuals"})
    checks = ()
    Config = Config

    def fit(self, problem, key, *, config, progress=None, checkpoint=None):
        raise AssertionError("it must not come to this")


def estimators():
    target = f"{__name__}:Squares"
    yield fx.EstimatorEntry("kit.squares", target=target, needs=Squares.needs)


@pytest.fixture(scope="module")
def registry():
    kit = ModuleType("kit")
    kit.FORWARDAX_API = fx.API
    hook = fx.hookimpl(estimators, specname="forwardax_estimators")
    kit.forwardax_estimators = hook
    made = fx.Registry(
        [
            ("forwardax", plugin),
            ("inference-numpyro", inference_numpyro.plugin),
            ("lensing-kernels", lensing_kernels.plugin),
            ("optics-dlux", optics_dlux.plugin),
            ("kit", kit),
        ]
    )
    assert not made.failures
    return made


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, registry):
    """A folder of sound files; what building compiles is compiled."""
    folder = tmp_path_factory.mktemp("inputs")
    for name, shape in (
        ("image", (20, 20)),
        ("noise_map", (20, 20)),
        ("psf", (3, 3)),
        ("even", (4, 4)),
    ):
        fits.PrimaryHDU(np.ones(shape)).writeto(folder / f"{name}.fits")
    image = np.ones((20, 20))
    image[10, 10] = np.nan
    fits.PrimaryHDU(image).writeto(folder / "nan.fits")
    np.save(folder / "image.npy", np.full((12, 12), 10.0))
    np.save(folder / "broken.npy", np.full((12, 12), 0.5))
    for text in (LENS, TELESCOPE):
        path = folder / "sound.yaml"
        path.write_text(text)
        assert main(["fit", str(path), "--out", str(path)]) == ExitCode.USAGE
    return folder


@pytest.fixture(scope="module", autouse=True)
def _quiet(registry):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fx.Registry, "default", classmethod(lambda _: registry))
        # JAX computes already in this process.
        patch.setattr(jax_setup, "set_up_jax", lambda: None)
        yield


# Text, changes, typed arguments, faults as (line, key).
TABLE = {
    "galaxies": (
        LENS,
        [("isothermal", "sersic"), ("redshift: 0.6", "redshfit: 0.6")],
        [],
        [(6, "galaxies.lens.mass.main"), (8, "galaxies.source.redshfit")],
    ),
    "order": (
        LENS,
        [("redshift: 0.6", "redshift: 0.1")],
        [],
        [(6, "galaxies.lens.mass")],
    ),
    "arrays": (
        LENS,
        [
            ("psf: psf.fits", "psf: even.fits"),
            ("{image: image.fits}", "{image: nan.fits}"),
            ("{circle: 0.8}", "{annulus: [2, 1]}"),
        ],
        [],
        [(15, "image"), (14, "mask.annulus"), (12, "psf")],
    ),
    "files": (
        LENS,
        [("psf: psf.fits", "psf: pfs.fits"), ("image.fits", "imgae.fits")],
        [],
        [(12, "psf"), (15, "image")],
    ),
    "duplicate-and-tag": (
        LENS,
        [("seed: 0", "seed: 0\nseed: !!python/name:os.system 1")],
        [],
        [(20, "seed")],
    ),
    "estimator": (
        LENS,
        [(ESTIMATOR, "estimator: {name: laplace.fischer")],
        [],
        [(18, "laplace.fischer")],
    ),
    "settings": (
        TELESCOPE,
        [("numpyro.nuts", "numpyro.nuts, draws: -1, chians: 4")],
        ["--set", "estimator.warmup=none"],
        [(12, "draws"), (12, "chians"), (None, "warmup")],
    ),
    "everything-at-once": (
        LENS,
        [
            ("redshift: 0.2", "redshift: -0.2"),
            ("pixel_scale: 0.1", "pixel_scale: 0"),
            ("sub_size: 1", "sub_size: 0"),
            ("psf: psf.fits", "psf: pfs.fits"),
            ("source.disk.gamma: 0.25", "source.disk.gama: 0.25"),
            (ESTIMATOR, f"{ESTIMATOR}, strats: 8"),
            ("seed: 0", "seed: one"),
        ],
        ["--set", "system.mask.circle=-1"],
        [
            (10, "pixel_scale"),
            (12, "psf"),
            (19, "seed"),
            (5, "galaxies.lens.redshift"),
            (None, "mask.circle"),
            (11, "over_sampling.sub_size"),
            (18, "strats"),
        ],
    ),
    "telescope": (
        TELESCOPE,
        [
            ("[4, 5, 6]", "[4, 4, 0]"),
            ("likelihood: poisson", "likelihood: poison"),
            ("kind: point", "kind: pont"),
        ],
        ["--set", "system.m1.aperture.obscuration=1.5"],
        [
            (4, "source.kind"),
            (8, "likelihood"),
            (None, "m1.aperture.obscuration"),
            (3, "m1.zernike.noll"),
            (3, "m1.zernike.noll"),
        ],
    ),
    "counts": (
        TELESCOPE,
        [("image.npy", "broken.npy")],
        [],
        [(9, "image")],
    ),
    "derived": (
        TELESCOPE,
        [("detector.background: 2.0", "imaging.psf_pixel_scale: 0.3")],
        [],
        [(11, "imaging.psf_pixel_scale")],
    ),
    "field-too-wide": (
        TELESCOPE,
        [("detector.background: 2.0", "m1.focal_length: 0.01")],
        [],
        [(11, "m1.focal_length")],
    ),
    "band-too-wide": (
        TELESCOPE,
        [("detector.background: 2.0", "source.spectrum.bandwidth: 5e5")],
        [],
        [(11, "source.spectrum.bandwidth")] * 2,
    ),
    "capability": (
        TELESCOPE,
        [("numpyro.nuts", "kit.squares")],
        [],
        [(12, "residuals")],
    ),
}


def fit(inputs, out, text, changes=(), typed=(), name="run.yaml"):
    """Exit code of a fit that must compile nothing."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = inputs / name
    path.write_text(text)
    codes = []
    arguments = ["fit", str(path), "--out", str(out), *typed, "--json"]
    case = BadInput(name, lambda: codes.append(main(arguments)))
    outcome = observe(case)
    assert outcome.error is None and outcome.compiled == ()
    return codes.pop()


def told(capsys):
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return json.loads(captured.out)["faults"]


@pytest.mark.parametrize("name", TABLE)
def test_refused_with_every_fault_and_its_line(name, inputs, tmp_path, capsys):
    text, changes, typed, wanted = TABLE[name]
    out = tmp_path / "runs/one"
    capsys.readouterr()
    assert fit(inputs, out, text, changes, typed) == ExitCode.USAGE
    found = []
    for fault in told(capsys):
        line = re.match(r"\S+run\.yaml:(\d+): ", fault["text"])
        found.append((int(line[1]) if line else None, fault["key"]))
        assert fault["allowed"] and fault["code"]
    assert found == wanted
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("folder", "is not empty"),
        ("file", "is a file"),
        ("manifest", "holds a damaged run"),
    ],
)
def test_a_folder_that_is_taken_stays_as_it_is(
    kind, text, inputs, tmp_path, capsys
):
    out = tmp_path / "out"
    kept = out if kind == "file" else out / f"{kind}.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("kept")
    capsys.readouterr()
    changes = [("seed: 0", "seed: -1")]
    assert fit(inputs, out, LENS, changes) == ExitCode.USAGE
    # The folder is one of all the faults.
    faults = told(capsys)
    assert [fault["key"] for fault in faults] == ["seed", str(out)]
    assert text in faults[1]["text"] and "--out" in faults[1]["fix"]
    assert kept.read_text() == "kept"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [kept]


def test_a_folder_that_cannot_be_made(inputs, tmp_path, capsys, monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError(13, os.strerror(13))

    capsys.readouterr()
    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    out = tmp_path / "out"
    assert fit(inputs, out, TELESCOPE) == ExitCode.USAGE
    (fault,) = told(capsys)
    assert fault["key"] == str(out) and "Permission denied" in fault["text"]
    assert list(tmp_path.iterdir()) == []


def test_a_run_file_that_is_not_there(inputs, tmp_path, capsys):
    capsys.readouterr()
    missing = str(inputs / "nowhere.yaml")
    out = str(tmp_path / "out")
    assert main(["fit", missing, "--out", out, "--json"]) == ExitCode.USAGE
    (fault,) = told(capsys)
    assert fault["key"] == missing and "No such file" in fault["text"]
    assert list(tmp_path.iterdir()) == []

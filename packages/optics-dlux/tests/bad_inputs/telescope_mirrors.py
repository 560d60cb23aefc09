"""Telescopes of several mirrors that are wrong: runs, parts, old names."""

import warnings

import forwardax as fx
import numpy as np
from forwardax import Prior
from forwardax._config.config import load_inputs
from forwardax.testing import BadInput
from optics_dlux import EigenParams, ParamsProxy, SheraThreePlane_Model
from telescope_parts import folder, image, put

RUN = """\
system:
  name: optics.three_plane
  m1:
    aperture: {diameter: 0.09, obscuration: 0.278}
    zernike: {noll: [4, 5]}
  m2:
    aperture: {diameter: 0.025}
    zernike: {noll: [4]}
  source:
    kind: binary
    spectrum: {n_wavelengths: 1}
  system.sampling.pupil_npix: 16
  system.propagation: {mode: fast, padding: 1.25}
  detector.n_pix: 12
  likelihood: poisson
data: {image: image.npy}
params:
  fixed: {detector.background: 2.0}
seed: 0
"""
SMALL = {
    "m1.zernike.noll": (4, 5),
    "m2.zernike.noll": (),
    "system.sampling.pupil_npix": 16,
    "detector.n_pix": 12,
}
FIXED = "fixed: {detector.background: 2.0}"
PROPAGATION = "{mode: fast, padding: 1.25}"
LIKELIHOOD = "likelihood: poisson"


def read(*changes):
    """Read the run file with pieces replaced."""
    text = RUN
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder() / "mirrors.yaml"
    path.write_text(text)
    return load_inputs(path)


def run(id, *changes):
    return BadInput(f"run-mirrors-{id}", lambda: read(*changes))


def params(id, text):
    return BadInput(f"params-mirrors-{id}", lambda: read((FIXED, text)))


def known(id, line):
    return BadInput(
        f"array-mirrors-{id}",
        lambda: read((LIKELIHOOD, f"{LIKELIHOOD}\n  {line()}")),
    )


def build(scope="three_plane", changes=None, **arrays):
    return fx.system(f"optics.{scope}", **SMALL, **(changes or {}), **arrays)


def pose(scope="three_plane", **decisions):
    return fx.Problem(build(scope), {"image": image()}, **decisions)


def facade(params=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return SheraThreePlane_Model({**SMALL, **(params or {})}, **options)


def old(id, act):
    return BadInput(f"facade-{id}", act)


def written(key, value):
    ParamsProxy(facade())[key] = value


CASES = [
    run("m2-noll-twice", ("zernike: {noll: [4]}", "zernike: {noll: [4, 4]}")),
    run("m2-noll-high", ("zernike: {noll: [4]}", "zernike: {noll: [99]}")),
    run("m2-diameter-zero", ("{diameter: 0.025}", "{diameter: 0.0}")),
    run("m2-diameter-mm", ("{diameter: 0.025}", "{diameter: 25 mm}")),
    run("obscured", ("obscuration: 0.278", "obscuration: 1.2")),
    run("m3", ("  m2:", "  m3:")),
    run("relay-of-three", ("  m2:", "  relay.aperture.diameter: 0.1\n  m2:")),
    run("kind", ("kind: binary", "kind: trinary")),
    run("spectrum", ("{n_wavelengths: 1}", "{kind: blackbody}")),
    run("mode", (PROPAGATION, "{mode: quick, padding: 1.25}")),
    run("padding-small", (PROPAGATION, "{mode: fast, padding: 0.5}")),
    run("padding-broken", (PROPAGATION, "{mode: compat, padding: 1.25}")),
    run("mask", ("  m2:", "  dp.mask.pattern: spiral\n  m2:")),
    run("power-law", ("  m2:", "  m1.wfe_calibrated.power_law: -2\n  m2:")),
    run("seed-negative", ("  m2:", "  wfe.noise.seed: -1\n  m2:")),
    run("saturation-text", (LIKELIHOOD, "detector.saturation: often")),
    run(
        "reference",
        ("  m2:", "  system.geometry.reference: [0.36, -0.04, 0.2]\n  m2:"),
    ),
    run(
        "reference-short",
        ("  m2:", "  system.geometry.reference: [0.36, 0.32]\n  m2:"),
    ),
    run("preset-of-another", ("seed: 0", "seed: 0\npreset: optics.toliman")),
    run("preset-misspelt", ("seed: 0", "seed: 0\npreset: optics.shera_fligt")),
    run(
        "several",
        ("{diameter: 0.025}", "{diameter: -1}"),
        (PROPAGATION, "{mode: quick, padding: 0.1}"),
        ("kind: binary", "kind: pair"),
    ),
    params("m2-concave", "fixed: {m2.focal_length: 0.04}"),
    params("m1-negative", "fixed: {m1.focal_length: -0.36}"),
    params("scale", "fixed: {imaging.psf_pixel_scale: 0.355}"),
    params("focal", "fixed: {telescope.eff_focal: 3.7}"),
    params("diameter", "fixed: {m1.geometry.diameter: 0.1}"),
    params("amplitude", "fixed: {m1.wfe_calibrated.amplitude: -1.0}"),
    params("relay", "fixed: {relay.eff_focal: 3.0}"),
    params("older-name", "fixed: {m1_focal_length: 0.36}"),
    params("noll", "fixed: {m2.zernike.j5: 3.0}"),
    known("opd-shape", lambda: f"m2_opd: {put('o.npy', image(8, 8))}"),
    known("mask-phase", lambda: f"dp_mask: {put('d.npy', image(16, 16))}"),
    known(
        "transmission",
        lambda: f"m1_transmission: {put('t.npy', -image(16, 16))}",
    ),
    known("response", lambda: f"pixel_response: {put('r.npy', 0 * image())}"),
    known("relay", lambda: f"relay_opd: {put('l.npy', image(16, 16))}"),
    known("modes", lambda: f"m1_modes: {put('m.npy', image(1, 16, 16))}"),
    BadInput(
        "built-modes-missing", lambda: build(changes={"m1.modes.number": 1})
    ),
    BadInput("built-misspelt-array", lambda: build(m1_odp=np.zeros((16, 16)))),
    BadInput(
        "posed-relay-at-focus",
        lambda: pose("four_plane", fixed={"relay.distance": 0.0}),
    ),
    BadInput(
        "posed-relay-inside",
        lambda: pose("four_plane_relay", fixed={"relay.distance": 0.1}),
    ),
    BadInput(
        "posed-relay-focal-fixed",
        lambda: pose("four_plane_relay", fixed={"relay.eff_focal": 3.0}),
    ),
    *(
        BadInput(
            f"posed-{id}", lambda key=key, value=value: pose(fixed={key: value})
        )
        for id, key, value in (
            ("gap-wide", "system.plane_separation", 0.36),
            ("gap-narrow", "system.plane_separation", 0.31),
            ("wavelength-m", "source.spectrum.wavelength", 550e-9),
        )
    ),
    BadInput(
        "posed-solve-for",
        lambda: pose(
            priors={
                "imaging.psf_pixel_scale": Prior("LogNormal", loc=-1, scale=0.1)
            },
            solve_for={"imaging.psf_pixel_scale": "m1.zernike.coefficients"},
        ),
    ),
    BadInput(
        "posed-separation-prior",
        lambda: pose(
            priors={
                "system.plane_separation": Prior("Normal", loc=0.3, scale=1)
            }
        ),
    ),
    old("misspelt", lambda: facade({"m1_focal_lenght": 0.36})),
    old("twice", lambda: facade({"psf_npix": 16})),
    old("system", lambda: facade(system_id="tree_plane")),
    old("preset", lambda: facade(preset="testbed")),
    old("no-mapping", lambda: SheraThreePlane_Model([("contrast", 1)])),
    old("no-image", lambda: facade({"plane_separation": 0.3})),
    old("contrast", lambda: facade({"contrast": -0.3})),
    old("zernikes", lambda: facade({"m1_zernike_amp": [1.0, 2.0, 3.0]})),
    old("get", lambda: facade().get("psf_pixelscale")),
    old("pinned", lambda: facade({"m2.geometry.diameter": 0.1})),
    old("proxy-derived", lambda: written("imaging.psf_pixel_scale", 0.4)),
    old(
        "solve-for",
        lambda: facade().set("telescope.eff_focal", 3.0, solve_for="m3"),
    ),
    old(
        "eigen",
        lambda: EigenParams.from_fisher(np.eye(3), np.zeros(2), ["a"]),
    ),
]


def warm_up():
    """Build what may compile before the first input is looked at."""
    facade().set("binary.photometry.contrast", 0.4)
    facade().set("telescope.eff_focal", 3.0, solve_for="m2.focal_length")
    for scope in ("three_plane", "four_plane", "four_plane_relay"):
        pose(scope)

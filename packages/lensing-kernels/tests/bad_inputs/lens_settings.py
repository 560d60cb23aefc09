"""Pixels, sampling, parameters and the run file as a whole."""

import numpy as np
from astropy import units
from forwardax import Prior
from forwardax.testing import BadInput
from lens_parts import RUN, image, pose, read, read_text

OVER = "over_sampling: {sub_size: 2}"
FIXED = "fixed: {lens.bulge.intensity: 0.2}"


def setting(id, *changes, sets=()):
    return BadInput(f"setting-{id}", lambda: read(*changes, sets=sets))


def params(id, text):
    return BadInput(f"params-{id}", lambda: read((FIXED, text)))


def whole(id, make):
    return BadInput(f"file-{id}", lambda: read_text(make()))


CASES = [
    setting("pixel-scale-zero", ("pixel_scale: 0.1", "pixel_scale: 0")),
    setting("pixel-scale-text", ("pixel_scale: 0.1", "pixel_scale: 0.1arcsec")),
    setting("pixel-scale-missing", ("  pixel_scale: 0.1\n", "")),
    setting("pixel-scale-misspelt", ("pixel_scale: 0.1", "pixelscale: 0.1")),
    setting("over-sampling-number", (OVER, "over_sampling: 4")),
    setting("over-sampling-zero", (OVER, "over_sampling: {sub_size: 0}")),
    setting("over-sampling-large", (OVER, "over_sampling: {sub_size: 99}")),
    setting("over-sampling-half", (OVER, "over_sampling: {sub_size: 2.5}")),
    setting("over-sampling-misspelt", (OVER, "over_sampling: {subsize: 2}")),
    setting(
        "over-sampling-radii-missing",
        (OVER, "over_sampling: {sub_size: [4, 2]}"),
    ),
    setting(
        "over-sampling-radii-falling",
        (OVER, "over_sampling: {sub_size: [4, 2, 1], radii: [0.5, 0.2]}"),
    ),
    setting(
        "over-sampling-centre",
        (OVER, "over_sampling: {sub_size: 2, centre: middle}"),
    ),
    setting("typed", sets=["system.pixel_scale=-1"]),
    setting("typed-galaxy", sets=["system.galaxies.lens.redshift=9"]),
    params("unknown", "fixed: {lens.bulge.intensty: 0.2}"),
    params("of-no-galaxy", "fixed: {lense.bulge.intensity: 0.2}"),
    params("of-the-profile-type", "fixed: {lens.sersic.intensity: 0.2}"),
    params("negative", "fixed: {lens.bulge.intensity: -0.2}"),
    params("shape", "fixed: {lens.bulge.centre: [0, 0, 0]}"),
    params("text", "fixed: {lens.bulge.intensity: bright}"),
    params("element", "fixed: {lens.bulge.centre.z: 0}"),
    params(
        "prior-outside",
        "priors: {lens.bulge.intensity: {Uniform: {low: -1, high: 1}}}",
    ),
    params(
        "prior-reversed",
        "priors: {lens.bulge.intensity: {Uniform: {low: 2, high: 1}}}",
    ),
    params(
        "prior-family",
        "priors: {lens.bulge.intensity: {Unifrom: {low: 0, high: 1}}}",
    ),
    params(
        "prior-argument",
        "priors: {lens.bulge.intensity: {Uniform: {lo: 0, high: 1}}}",
    ),
    params("prior-number", "priors: {lens.bulge.intensity: 5}"),
    params("tie-unknown", "ties: {lens.bulge.centre: lens.mian.centre}"),
    params("tie-shape", "ties: {lens.bulge.centre: lens.bulge.intensity}"),
    params("part-misspelt", "fixd: {lens.bulge.intensity: 0.2}"),
    params(
        "several",
        "fixed: {lens.bulge.intensty: 0.2, lens.bulge.intensity: -1}\n"
        "  ties: {source.disk.centre: lens.mian.centre}\n"
        "  priors: {source.disk.gamma: {Uniform: {low: -1, high: 1}}}",
    ),
    whole("key-twice", lambda: RUN + "seed: 1\n"),
    whole(
        "galaxy-twice",
        lambda: RUN.replace("    source:", "    lens:", 1),
    ),
    whole("section-misspelt", lambda: RUN.replace("params:", "parms:")),
    whole("not-yaml", lambda: RUN.replace("{circle: 0.8}", "{circle: 0.8")),
    whole("tab", lambda: RUN.replace("  pixel_scale", "\tpixel_scale")),
    whole("seed", lambda: RUN.replace("seed: 0", "seed: -1")),
    whole(
        "several",
        lambda: (
            RUN.replace("bulge: sersic", "bulge: sersc")
            .replace("pixel_scale: 0.1", "pixel_scale: 0")
            .replace("psf.fits", "psff.fits")
            .replace("sub_size", "subsize")
            .replace("circle: 0.8", "annulus: [2, 1]")
            .replace("seed: 0", "seed: one")
        ),
    ),
    BadInput("posed-image-nan", lambda: pose({"image": image(at=(3, 4))})),
    BadInput("posed-image-shape", lambda: pose({"image": image(5, 5)})),
    BadInput("posed-image-missing", lambda: pose({"imgae": image()})),
    BadInput("posed-image-text", lambda: pose({"image": "image.fits"})),
    BadInput(
        "posed-unit",
        lambda: pose(fixed={"lens.main.einstein_radius": 1.4 * units.kg}),
    ),
    BadInput("posed-text", lambda: pose(fixed={"lens.main.centre": "0"})),
    BadInput(
        "posed-outside-disk",
        lambda: pose(fixed={"lens.main.ell_comps": np.array([0.9, 0.9])}),
    ),
    BadInput(
        "posed-several",
        lambda: pose(
            {"image": image(5, 5)},
            fixed={"lens.main.einstein_radius": -1, "lens.mian.centre": 0},
            priors={"source.disk.gamma": Prior("Uniform", low=2, high=1)},
        ),
    ),
]

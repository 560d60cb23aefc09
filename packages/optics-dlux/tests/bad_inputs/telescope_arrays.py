"""Images, known arrays and parameters of a telescope that are wrong."""

import numpy as np
from astropy import units
from forwardax import Prior
from forwardax.testing import BadInput
from telescope_parts import (
    build,
    image,
    pose,
    put,
    put_text,
    read,
    store,
)

IMAGE = "image: image.npy"
LIKELIHOOD = "likelihood: poisson"
FIXED = "fixed: {detector.background: 2.0}"


def array(id, make):
    """A case whose files are written when it runs."""
    return BadInput(f"array-{id}", lambda: read(*make()))


def params(id, text):
    return BadInput(f"params-{id}", lambda: read((FIXED, text)))


def as_image(array):
    return (IMAGE, f"image: {put('frame.npy', array)}")


def known(key, array, likelihood="poisson"):
    name = put("known.npy", array)
    return (LIKELIHOOD, f"likelihood: {likelihood}\n  {key}: {name}")


CASES = [
    array("counts-negative", lambda: [as_image(image(at=(1, 2), value=-1))]),
    array("counts-broken", lambda: [as_image(image(at=(1, 2), value=0.5))]),
    array("counts-nan", lambda: [as_image(image(at=(1, 2)))]),
    array("image-shape", lambda: [as_image(image(12, 11))]),
    array("image-cube", lambda: [as_image(image(2, 12, 12))]),
    array("image-complex", lambda: [as_image(1j * image())]),
    array("image-missing", lambda: [(IMAGE, "image: imagee.npy")]),
    array("image-text", lambda: [(IMAGE, f"image: {put_text('a.npy', 'a')}")]),
    array(
        "image-no-fits",
        lambda: [(IMAGE, f"image: {put_text('a.fits', 'a' * 99)}")],
    ),
    array("noise-of-counts", lambda: [known("noise_map", image())]),
    array("noise-zero", lambda: [known("noise_map", 0 * image(), "gaussian")]),
    array("opd-shape", lambda: [known("pupil_opd", image(15, 16))]),
    array("opd-nan", lambda: [known("pupil_opd", image(16, 16, at=(0, 0)))]),
    array(
        "transmission-negative",
        lambda: [known("pupil_transmission", -image(16, 16))],
    ),
    array(
        "transmission-dark",
        lambda: [known("pupil_transmission", 0 * image(16, 16))],
    ),
    array("known-misspelt", lambda: [known("pupil_odp", image(16, 16))]),
    array(
        "several",
        lambda: [
            as_image(image(at=(1, 2), value=-1)),
            known("noise_map", image(5, 5)),
        ],
    ),
    params("wavelength-zero", "fixed: {source.spectrum.wavelength: -550}"),
    params("unknown", "fixed: {star.photometry.logflux: 6}"),
    params("of-the-other-source", "fixed: {binary.photometry.contrast: 2}"),
    params("noll-not-there", "fixed: {m1.zernike.j9: 2}"),
    params("derived", "fixed: {imaging.psf_pixel_scale: 0.3}"),
    params(
        "derived-prior",
        "priors: {imaging.psf_pixel_scale: {Normal: {loc: 0.3, scale: 0.1}}}",
    ),
    params(
        "solve-for-other",
        "solve_for: {imaging.psf_pixel_scale: detector.jitter}",
    ),
    params("limit", "fixed: {system.sampling.largest_scale: 1.0}"),
    params(
        "prior-outside",
        "priors: {detector.jitter: {Normal: {loc: 0, scale: 1}}}",
    ),
    BadInput("built-opd-shape", lambda: build(pupil_opd=image(15, 16))),
    BadInput("built-opd-file", lambda: build(pupil_opd="nowhere.npy")),
    BadInput(
        "posed-wavelength-zero",
        lambda: pose(fixed={"source.spectrum.wavelength": 0.0}),
    ),
    BadInput("posed-image-text", lambda: pose({"image": ["a"]})),
    BadInput(
        "posed-field-too-wide",
        lambda: pose(fixed={"m1.focal_length": 0.01}),
    ),
    BadInput(
        "posed-band-too-wide",
        lambda: pose(fixed={"source.spectrum.bandwidth": 5e5}),
    ),
    BadInput(
        "posed-derived-fixed",
        lambda: pose(fixed={"imaging.psf_pixel_scale": 0.3}),
    ),
    BadInput(
        "posed-several",
        lambda: pose(
            {"image": image(5, 5)},
            fixed={"detector.jiter": 1, "detector.background": -1},
            priors={"star.photometry.log_flux": Prior("Norml", loc=0)},
        ),
    ),
    BadInput("store-derived", lambda: store("imaging.psf_pixel_scale", 0.3)),
    BadInput("store-unit", lambda: store("m1.focal_length", 3.0 * units.kg)),
    BadInput(
        "store-wavelength",
        lambda: store("source.spectrum.wavelength", np.asarray(-550.0)),
    ),
    BadInput("store-misspelt", lambda: store("star.photometry.logflux", 5.0)),
    BadInput(
        "store-shape", lambda: store("m1.zernike.coefficients", [1.0, 2.0])
    ),
]

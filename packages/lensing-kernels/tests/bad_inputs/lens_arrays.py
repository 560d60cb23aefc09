"""Arrays that are wrong, alone or with each other."""

import numpy as np
from forwardax.testing import BadInput
from lens_parts import (
    SHAPE,
    build,
    image,
    put,
    put_table,
    put_text,
    read,
)

PSF = "psf: psf.fits"
NOISE = "noise_map: noise_map.fits"
MASK = "mask: {circle: 0.8}"
IMAGE = "{image: image.fits}"


def array(id, *changes):
    return BadInput(f"array-{id}", lambda: read(*changes))


def as_psf(array):
    return (PSF, f"psf: {put('kernel.fits', array)}")


def as_psf_npy(array):
    return (PSF, f"psf: {put('kernel.npy', array)}")


def as_noise(array):
    return (NOISE, f"noise_map: {put('sigma.fits', array)}")


def as_image(array):
    return (IMAGE, f"{{image: {put('frame.fits', array)}}}")


def as_mask(text):
    return (MASK, f"mask: {text}")


def late(id, make):
    """A case whose files are written when it runs."""
    return BadInput(f"array-{id}", lambda: read(*make()))


CASES = [
    late("image-nan", lambda: [as_image(image(at=(3, 4)))]),
    late("image-infinite", lambda: [as_image(image(at=(0, 0), value=np.inf))]),
    late("image-cube", lambda: [as_image(image(2, *SHAPE))]),
    late("image-shape", lambda: [as_image(image(21, 22))]),
    late("noise-nan", lambda: [as_noise(image(at=(3, 4)))]),
    late("noise-zero", lambda: [as_noise(image(at=(9, 9), value=0))]),
    late("noise-negative", lambda: [as_noise(image(at=(9, 9), value=-2))]),
    late("noise-shape", lambda: [as_noise(image(22, 20))]),
    late("psf-even", lambda: [as_psf(image(4, 5))]),
    late("psf-large", lambda: [as_psf(image(41, 41))]),
    late("psf-zero", lambda: [as_psf(np.zeros((5, 5)))]),
    late("psf-nan", lambda: [as_psf(image(5, 5, at=(0, 0)))]),
    late("psf-negative", lambda: [as_psf(-image(5, 5))]),
    late("psf-cube", lambda: [as_psf(image(2, 5, 5))]),
    array("psf-number", (PSF, "psf: 1.5")),
    array("psf-mapping", (PSF, "psf: {gauss: 0.1}")),
    array("psf-list-ragged", (PSF, "psf: [[1, 2, 3], [1]]")),
    array("psf-text-in-list", (PSF, "psf: [[a, b, c]]")),
    array("mask-annulus-reversed", as_mask("{annulus: [0.9, 0.2]}")),
    array("mask-circle-negative", as_mask("{circle: -1}")),
    array("mask-circle-list", as_mask("{circle: [1]}")),
    array("mask-shape-misspelt", as_mask("{cirle: 0.8}")),
    array("mask-two-shapes", as_mask("{circle: 0.8, annulus: [0.1, 0.5]}")),
    array("mask-centre", as_mask("{circle: 0.8, centre: 0.5}")),
    array("mask-empty", as_mask("{}")),
    array("mask-leaves-nothing", as_mask("{circle: 0.8, centre: [9, 9]}")),
    array("mask-number", as_mask("3")),
    late("mask-of-true", lambda: [as_mask(put("hole.fits", image()))]),
    late("mask-shape", lambda: [as_mask(put("hole.fits", image(5, 5)))]),
    late(
        "mask-and-exclude-leave-nothing",
        lambda: [
            as_mask("{circle: 0.8}\n  exclude: " + put("hole.fits", image()))
        ],
    ),
    array("file-missing", (PSF, "psf: psff.fits")),
    array("files-missing", (PSF, "psf: a.fits"), (NOISE, "noise_map: b.fits")),
    array("file-is-a-folder", (PSF, "psf: .")),
    late(
        "file-of-text",
        lambda: [(PSF, f"psf: {put_text('words.fits', 'a' * 99)}")],
    ),
    late("file-empty", lambda: [(PSF, f"psf: {put_text('nothing.fits', '')}")]),
    late(
        "file-npy-line", lambda: [(PSF, f"psf: {put('line.npy', np.ones(3))}")]
    ),
    late("file-npz", lambda: [(PSF, f"psf: {put_text('words.npz', 'ab')}")]),
    late(
        "file-lacks-the-hdu", lambda: [(PSF, f"psf: {put_table('table.fits')}")]
    ),
    late("file-complex", lambda: [as_psf_npy(1j * image(3, 3))]),
    array("folder-missing", ("seed: 0\n", "seed: 0\nfolder: nowhere\n")),
    array("noise-missing", (f"  {NOISE}\n", "")),
    array("data-missing", (f"data: {IMAGE}\n", "")),
    array("data-key", (IMAGE, "{imgae: image.fits}")),
    array("data-both", (IMAGE, "{image: image.fits, psf: psf.fits}")),
    array("known-misspelt", (NOISE, "noise_mpa: noise_map.fits")),
    late(
        "several",
        lambda: [
            as_image(image(at=(3, 4))),
            as_noise(image(22, 20)),
            as_psf(image(4, 4)),
            as_mask("{circel: 1}"),
        ],
    ),
    BadInput("built-noise-missing", lambda: build(noise_map=None)),
    BadInput("built-noise-file", lambda: build(noise_map="nowhere.fits")),
    BadInput("built-noise-negative", lambda: build(noise_map=-image())),
    BadInput("built-noise-text", lambda: build(noise_map=[["a"]])),
    BadInput("built-psf-even", lambda: build(psf=image(4, 4))),
    BadInput("built-mask-floats", lambda: build(mask=image())),
    BadInput("built-mask-all", lambda: build(mask=np.ones(SHAPE, bool))),
    BadInput("built-mask-shape", lambda: build(mask={"annulus": [2, 1]})),
    BadInput("built-argument-misspelt", lambda: build(noise_mpa=image())),
    BadInput(
        "built-several",
        lambda: build(
            noise_map=image(at=(1, 1)), psf=image(4, 4), mask={"circel": 1}
        ),
    ),
]

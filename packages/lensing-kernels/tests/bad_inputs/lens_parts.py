"""A lens without a fault, its files, and changes to them."""

import tempfile
from functools import cache
from pathlib import Path

import forwardax as fx
import numpy as np
from astropy.io import fits
from forwardax._config.config import load_inputs
from lensing_kernels.files import write

FOLDER = Path(tempfile.mkdtemp(prefix="bad-lenses-"))
SHAPE = (20, 22)
RUN = """\
system:
  name: lensing.imaging
  galaxies:
    lens:
      redshift: 0.2
      light: {bulge: sersic}
      mass: {main: isothermal}
    source:
      redshift: 0.6
      light: {disk: sersic_core}
  pixel_scale: 0.1
  over_sampling: {sub_size: 2}
  psf: psf.fits
  noise_map: noise_map.fits
  mask: {circle: 0.8}
data: {image: image.fits}
params:
  fixed: {lens.bulge.intensity: 0.2}
seed: 0
"""
GALAXIES = {
    "lens": {"redshift": 0.2, "mass": {"main": "isothermal"}},
    "source": {"redshift": 0.6, "light": {"disk": "sersic_core"}},
}


def image(*shape, at=None, value=np.nan):
    """Ones of a shape; one of them, at a place, is something else."""
    found = np.ones(shape or SHAPE)
    if at is not None:
        found[at] = value
    return found


@cache
def folder():
    """Files without a fault."""
    for key in ("image", "noise_map"):
        write(FOLDER, key, image(), {"pixel_scale": 0.1})
    write(FOLDER, "psf", image(3, 5), {})
    return FOLDER


def put(name, array):
    """Write an array as it is; its name goes into a run file."""
    path = folder() / name
    if path.suffix == ".npy":
        np.save(path, array)
    else:
        fits.PrimaryHDU(array).writeto(path, overwrite=True)
    return name


def put_text(name, text):
    (folder() / name).write_text(text)
    return name


def put_table(name):
    column = fits.Column("a", "D", array=np.ones(3))
    hdus = [fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column])]
    fits.HDUList(hdus).writeto(folder() / name, overwrite=True)
    return name


def changed(*changes, text=RUN):
    """The run file with pieces of it replaced."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def read(*changes, sets=()):
    """Read a changed run file and the arrays it names."""
    path = folder() / "run.yaml"
    path.write_text(changed(*changes))
    return load_inputs(path, sets)


def read_text(text):
    return read((RUN, text))


def build(**changes):
    """A system by name; None leaves an argument out."""
    given = {
        "galaxies": GALAXIES,
        "pixel_scale": 0.1,
        "noise_map": image(),
        "over_sampling": {"sub_size": 1},
        **changes,
    }
    given = {key: value for key, value in given.items() if value is not None}
    return fx.system("lensing.imaging", **given)


@cache
def lens():
    """A system without a fault."""
    return build()


def pose(data=None, **decisions):
    data = {"image": image()} if data is None else data
    return fx.Problem(lens(), data, **decisions)


def warm_up():
    """Build what may compile before the first input is looked at."""
    pose()

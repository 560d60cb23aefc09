"""A telescope without a fault, its files, and changes to them."""

import tempfile
from functools import cache
from pathlib import Path

import forwardax as fx
import numpy as np
from forwardax._config.config import load_inputs

FOLDER = Path(tempfile.mkdtemp(prefix="bad-telescopes-"))
RUN = """\
system:
  name: optics.two_plane
  m1:
    aperture: {diameter: 0.09, obscuration: 0.2}
    struts: {number: 3, width: 0.002}
    zernike: {noll: [4, 5, 6]}
    diversity: {noll: [4]}
  source:
    kind: point
    spectrum: {n_wavelengths: 1}
  system.sampling.pupil_npix: 16
  detector.n_pix: 12
  likelihood: poisson
data: {image: image.npy}
params:
  fixed: {detector.background: 2.0}
seed: 0
"""
SMALL = {
    "m1.zernike.noll": (4, 5, 6),
    "source.spectrum.n_wavelengths": 1,
    "system.sampling.pupil_npix": 16,
    "detector.n_pix": 12,
}


def image(*shape, at=None, value=np.nan):
    """Tens of a shape; one of them, at a place, is something else."""
    found = np.full(shape or (12, 12), 10.0)
    if at is not None:
        found[at] = value
    return found


@cache
def folder():
    """A file without a fault."""
    np.save(FOLDER / "image.npy", image())
    return FOLDER


def put(name, array):
    """Write an array; its name goes into a run file."""
    np.save(folder() / name, array)
    return name


def put_text(name, text):
    (folder() / name).write_text(text)
    return name


def read(*changes, sets=()):
    """Read a run file with pieces replaced, and the arrays it names."""
    text = RUN
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder() / "run.yaml"
    path.write_text(text)
    return load_inputs(path, sets)


def build(changes=None, **known):
    """A system by name."""
    given = SMALL | (changes or {})
    return fx.system("optics.two_plane", **given, **known)


@cache
def telescope():
    """A system without a fault."""
    return build()


def pose(data=None, **decisions):
    data = {"image": image()} if data is None else data
    return fx.Problem(telescope(), data, **decisions)


def store(key, value):
    """Parameters of the telescope, one by hand."""
    sound = {
        "m1.zernike.coefficients": 0.0,
        "star.astrometry.x_position": 0.0,
        "star.astrometry.y_position": 0.0,
        "star.photometry.log_flux": 5.0,
    }
    return telescope().store({**sound, key: value})


def warm_up():
    """Build what may compile before the first input is looked at."""
    pose()

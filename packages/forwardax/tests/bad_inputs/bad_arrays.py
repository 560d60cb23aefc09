# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Arrays that a run file or a call names: files, numbers and mappings."""

from functools import cache

import numpy as np
from astropy.io import fits
from bad_case import Case
from bad_models import FOLDER, registry_with
from forwardax import (
    DataField,
    DataSpec,
    ParamField,
    ParamSpec,
    Prior,
    StructureField,
    SystemEntry,
    load_run,
    system,
)
from forwardax._config.arrays import read_arrays
from forwardax._config.config import load_inputs
from forwardax.errors import DataError, Fault, StructureError

HERE = f"{__name__}:"
SPEC = ParamSpec(
    [
        ParamField("flux", prior=Prior("Normal", loc=0.0, scale=1.0)),
        ParamField("centre", shape=(2,), default=(0.0, 0.0)),
    ]
)
KNOWN = DataSpec(
    [
        DataField("noise_map", dims=("y", "x"), positive=True),
        DataField("psf", dims=("v", "u"), optional=True),
        DataField("mask", dims=("y", "x"), dtype="bool", optional=True),
    ]
)
DATA = DataSpec([DataField("image", dims=("y", "x"))])
BOTH = DataSpec([*DATA.values(), DataField("counts", dims=("y", "x"))])
STRUCTURE = (
    StructureField("scale", default=1, bounds=(1, None)),
    StructureField("galaxies", kind="mapping", default={}),
)


def make(**arguments):
    return arguments


def spec_of(structure):
    """A spec that looks into the structure."""
    if structure["galaxies"].get("lens") == "none":
        what, key = "there is no lens 'none'", "galaxies.lens"
        raise StructureError(Fault(what, key, allowed="some", code="profile"))
    return SPEC


def read(key, value, structure, arrays):
    """A reader that knows a mapping `rows`."""
    if hasattr(value, "items"):
        if "rows" not in value:
            what = "the mask has no rows"
            raise DataError(Fault(what, "mask", allowed="rows", code="mask"))
        return np.ones((value["rows"], 4), bool)
    return np.load(value)


def check(structure, arrays):
    """A condition of several arrays at once."""
    if "psf" in arrays and arrays["psf"].shape[0] % 2 == 0:
        yield Fault("the psf is even", "psf", allowed="odd", code="psf")


@cache
def known(**changes):
    """A registry of one system that holds arrays."""
    _files()
    options = {
        "target": HERE + "make",
        "spec": SPEC,
        "data": DATA,
        "known": KNOWN,
        "reader": HERE + "read",
        "check": HERE + "check",
        "structure": STRUCTURE,
    }
    return registry_with(SystemEntry("kit.known", **{**options, **changes}))


@cache
def _files():
    ones = np.ones((3, 4))
    for name, array in (
        ("image", ones),
        ("noise", ones),
        ("wide", np.ones((3, 5))),
        ("psf", np.ones((3, 3))),
        ("even", np.ones((2, 2))),
        ("nan", np.full((3, 4), np.nan)),
    ):
        np.save(FOLDER / f"{name}.npy", array)
    np.savez(FOLDER / "several.npz", a=ones, b=ones)
    (FOLDER / "text.npy").write_text("nothing")
    (FOLDER / "text.fits").write_text("nothing")
    column = fits.Column("a", "E", array=[1.0])
    table = fits.BinTableHDU.from_columns([column])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(FOLDER / "table.fits")


SOUND = """\
system:
  name: kit.known
  noise_map: noise.npy
  psf: psf.npy
data: {image: image.npy}
"""


def load(*replaced, more="", overrides=(), measured=True, **changes):
    """Load the sound run file with parts of it replaced."""
    text = SOUND
    for old, new in replaced:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    registry = known(**changes)
    path = FOLDER / "known.yaml"
    path.write_text(text + more)
    return load_inputs(path, overrides, registry=registry, data=measured)


def truth(text):
    (FOLDER / "truth.yaml").write_text(text)
    return load(more="truth: truth.yaml\n")


def later():
    """A file that was exchanged after the configuration was read."""
    registry = known()
    path = FOLDER / "later.yaml"
    path.write_text(SOUND.replace("image.npy", "later.npy"))
    np.save(FOLDER / "later.npy", np.ones((3, 4)))
    config = load_run(path, registry=registry)
    np.save(FOLDER / "later.npy", np.ones((4, 4)))
    return read_arrays(config, registry=registry)


def built(**arguments):
    return system("kit.known", registry=known(), **arguments)


def psf(file, **changes):
    return load(("psf.npy", file), **changes)


CASES = [
    Case("array-folder", lambda: load(overrides=("folder=nowhere",))),
    Case("array-missing", lambda: load(("  noise_map: noise.npy\n", ""))),
    Case("array-no-file", lambda: psf("pfs.npy")),
    Case("array-unknown", lambda: load(("psf:", "pfs:"))),
    Case("array-text", lambda: psf("text.npy", reader=None)),
    Case("array-several", lambda: psf("several.npz", reader=None)),
    Case("array-mapping", lambda: psf("{rows: 3}", reader=None)),
    Case("array-fits-text", lambda: psf("text.fits", reader=None)),
    Case("array-fits-table", lambda: psf("table.fits", reader=None)),
    Case(
        "array-reader-refuses",
        lambda: load(overrides=("system.mask={raws: 1}",)),
    ),
    Case("array-reader-fails", lambda: psf("text.npy")),
    Case("array-ragged", lambda: psf("[[1, 2, 3], [1, 2]]")),
    Case("array-value", lambda: load(("noise.npy", "nan.npy"))),
    Case("array-dims", lambda: load(("noise.npy", "wide.npy"))),
    Case("array-exchanged", later),
    Case("array-number", lambda: load(("noise.npy", "0.5"), measured=False)),
    Case("array-check", lambda: psf("even.npy")),
    Case(
        "array-one-for-several",
        lambda: load(("{image: image.npy}", "image.npy"), data=BOTH),
    ),
    Case(
        "array-spec-of-a-part",
        lambda: load(
            spec=spec_of,
            overrides=("system.galaxies.lens=none", "system.scale=0"),
        ),
    ),
    Case("truth-yaml", lambda: truth("flux: [")),
    Case("truth-list", lambda: truth("- flux")),
    Case("truth-unknown", lambda: truth("fluks: 1.0")),
    Case("truth-value", lambda: truth("centre: [1, 2, 3]")),
    Case("built-array", lambda: built(psf=np.ones((2, 2)))),
    Case(
        "built-check",
        lambda: built(noise_map=np.ones((3, 4)), psf=np.ones((2, 2))),
    ),
    Case(
        "built-spec-of-a-part",
        lambda: system(
            "kit.known",
            registry=known(spec=spec_of),
            noise_map=np.ones((3, 4)),
            galaxies={"lens": "none"},
            scale=0,
        ),
    ),
]

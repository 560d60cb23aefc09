"""Galaxies that make no lens, each in its line of a run file."""

from forwardax.testing import BadInput
from lens_parts import build, read

LENS = "light: {bulge: sersic}"
MASS = "mass: {main: isothermal}"
SOURCE = "light: {disk: sersic_core}"
DEEP = "{a: " * 40 + "1" + "}" * 40


def galaxy(id, *changes):
    return BadInput(f"galaxy-{id}", lambda: read(*changes))


CASES = [
    galaxy("profile-unknown", (LENS, "light: {bulge: sersc}")),
    galaxy("profile-of-autolens", (MASS, "mass: {main: al.mp.Isothermal}")),
    galaxy("light-under-mass", (MASS, "mass: {main: sersic}")),
    galaxy("mass-under-light", (LENS, "light: {bulge: isothermal}")),
    galaxy("profile-beside-light", (LENS, "bulge: sersic")),
    galaxy("profile-number", (LENS, "light: {bulge: 4}")),
    galaxy(
        "profile-with-parameters",
        (LENS, "light: {bulge: {sersic: {intensity: 1}}}"),
    ),
    galaxy("light-is-a-word", (LENS, "light: sersic")),
    galaxy("light-is-empty", (LENS, "light: {}")),
    galaxy("entry-misspelt", (LENS, "ligth: {bulge: sersic}")),
    galaxy("redshift-misspelt", ("redshift: 0.2", "redshfit: 0.2")),
    galaxy("redshift-missing", ("      redshift: 0.6\n", "")),
    galaxy("redshift-negative", ("redshift: 0.2", "redshift: -0.2")),
    galaxy("redshift-text", ("redshift: 0.2", "redshift: z=0.2")),
    galaxy("redshift-nan", ("redshift: 0.2", "redshift: .nan")),
    galaxy("redshift-true", ("redshift: 0.2", "redshift: true")),
    galaxy("redshift-order", ("redshift: 0.6", "redshift: 0.1")),
    galaxy("redshift-equal", ("redshift: 0.6", "redshift: 0.2")),
    galaxy("name-twice", ("bulge: sersic", "main: sersic")),
    galaxy("name-upper-case", ("    lens:\n", "    Lens A:\n")),
    galaxy("name-with-dot", ("bulge: sersic", "bulge.a: sersic")),
    galaxy("name-of-list", ("bulge: sersic", "[bulge]: sersic")),
    galaxy("nothing-lit", (LENS, ""), (SOURCE, MASS.replace("main", "m"))),
    galaxy("no-parts", ("      " + LENS + "\n      " + MASS + "\n", "")),
    galaxy(
        "is-a-list",
        ("light: {disk: sersic_core}", "light: [sersic_core]"),
    ),
    galaxy("deep", (LENS, f"light: {DEEP}")),
    galaxy(
        "profile-given-twice",
        ("light: {disk: sersic_core}", "light: {disk: sersic, disk: sersic}"),
    ),
    galaxy("tag", (LENS, "light: !!python/object:os.system {bulge: sersic}")),
    galaxy(
        "several",
        (LENS, "ligth: {bulge: sersic}"),
        ("redshift: 0.2", "redshift: -1"),
        (MASS, "mass: {main: isotermal}"),
        (SOURCE, "light: {disk: external_shear}"),
    ),
    BadInput("galaxies-missing", lambda: build(galaxies=None)),
    BadInput("galaxies-list", lambda: build(galaxies=["lens"])),
    BadInput("galaxies-empty", lambda: build(galaxies={})),
    BadInput(
        "galaxies-several",
        lambda: build(
            galaxies={
                "lens": {"redshift": 0.9, "mass": {"main": "isothermal"}},
                "source": {"redshift": 0.6, "light": {"disk": "sersik"}},
            },
            pixel_scale=-1,
            psf_map=1,
        ),
    ),
]

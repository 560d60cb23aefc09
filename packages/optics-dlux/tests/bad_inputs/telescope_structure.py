"""Telescopes that cannot be built, each in its line of a run file."""

from forwardax.testing import BadInput
from telescope_parts import build, read

ZERNIKE = "zernike: {noll: [4, 5, 6]}"
APERTURE = "{diameter: 0.09, obscuration: 0.2}"
STRUTS = "{number: 3, width: 0.002}"
PUPIL = "pupil_npix: 16"
N_PIX = "detector.n_pix: 12"


def run(id, *changes, sets=()):
    return BadInput(f"run-{id}", lambda: read(*changes, sets=sets))


def noll(id, text):
    return run(f"noll-{id}", (ZERNIKE, f"zernike: {{noll: {text}}}"))


def aperture(id, text):
    return run(id, (APERTURE, text))


CASES = [
    noll("twice", "[4, 4, 5]"),
    noll("zero", "[0, 4]"),
    noll("half", "[4, 5.5]"),
    noll("text", "[defocus]"),
    noll("number", "4"),
    noll("unresolved", "[4, 99]"),
    run(
        "diversity-twice",
        ("diversity: {noll: [4]}", "diversity: {noll: [4, 4]}"),
    ),
    run("zernike-misspelt", ("zernike:", "zernicke:")),
    aperture("obscuration-one", "{diameter: 0.09, obscuration: 1.0}"),
    aperture("obscuration-negative", "{diameter: 0.09, obscuration: -0.1}"),
    aperture("diameter-zero", "{diameter: 0, obscuration: 0.2}"),
    aperture("diameter-text", "{diameter: 9 cm, obscuration: 0.2}"),
    aperture("diameter-misspelt", "{diametre: 0.09}"),
    run("struts-negative", (STRUTS, "{number: -3}")),
    run("struts-half", (STRUTS, "{number: 2.5}")),
    run("struts-wide", (STRUTS, "{number: 3, width: 2.0}")),
    run("struts-width-negative", (STRUTS, "{width: -1.0}")),
    run("n-pix-negative", (N_PIX, "detector.n_pix: -12")),
    run("n-pix-half", (N_PIX, "detector.n_pix: 12.5")),
    run("pupil-npix-small", (PUPIL, "pupil_npix: 1")),
    run("likelihood-misspelt", ("poisson", "poison")),
    run("source-kind-misspelt", ("kind: point", "kind: pont")),
    run("source-kind-unknown", ("kind: point", "kind: galaxy")),
    run("wavelengths-none", ("n_wavelengths: 1", "n_wavelengths: 0")),
    run(
        "section-twice",
        ("likelihood: poisson", "likelihood: poisson\n  likelihood: gaussian"),
    ),
    run(
        "tag",
        ("likelihood: poisson", "likelihood: !!python/name:os.system poisson"),
    ),
    run("deep", (ZERNIKE, "zernike: " + "{a: " * 40 + "1" + "}" * 40)),
    run("typed", sets=["system.detector.n_pix=-1"]),
    run(
        "several",
        (ZERNIKE, "zernike: {noll: [0, 4, 4]}"),
        (APERTURE, "{diameter: 0.09, obscuration: 1.5}"),
        (STRUTS, "{number: -1, width: 0.002}"),
        ("poisson", "poison"),
        ("image.npy", "imgae.npy"),
    ),
    BadInput("built-misspelt", lambda: build({"detector.n_px": 12})),
    BadInput("built-known-misspelt", lambda: build(pupil_opt=1.0)),
    BadInput(
        "built-several",
        lambda: build(
            {
                "m1.aperture.obscuration": 1.2,
                "m1.zernike.noll": (4, 4),
                "detector.n_pix": -1,
                "likelyhood": "poisson",
            }
        ),
    ),
]

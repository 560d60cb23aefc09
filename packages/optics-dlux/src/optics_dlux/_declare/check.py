"""What the schema cannot see: structure and arrays together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from forwardax.errors import Fault


def check_two_plane(
    structure: Mapping[str, Any], arrays: Mapping[str, Any]
) -> Iterator[Fault]:
    """Everything wrong with structure and arrays of `optics.two_plane`.

    Parameters
    ----------
    structure
        Values of the structure fields.
    arrays
        Those data and known arrays that were given.
    """
    yield from transmission_faults(arrays.get("pupil_transmission"))
    if structure["likelihood"] == "poisson":
        yield from count_faults(arrays)


def transmission_faults(
    amplitude: Any, key: str = "pupil_transmission", opd: str = "pupil_opd"
) -> Iterator[Fault]:
    """What is wrong with an amplitude over the pupil, if there is one."""
    if amplitude is None:
        return
    if np.min(amplitude) < 0 or not np.any(amplitude):
        yield Fault(
            f"{key!r} lets no light through, or is negative",
            key=key,
            value=f"from {np.min(amplitude):g} to {np.max(amplitude):g}",
            allowed="amplitudes of at least 0, somewhere above 0",
            fix=f"a phase belongs into {opd}, in metres",
            code="values",
        )


def count_faults(arrays: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with an image of counts, and with what goes with it."""
    if "noise_map" in arrays:
        yield Fault(
            "'noise_map' has no meaning for the Poisson likelihood",
            key="noise_map",
            allowed="none: the variance of a count is its mean",
            fix="leave it out, or set likelihood: gaussian",
            code="unused",
        )
    image = arrays.get("image")
    if image is None:
        return
    bad = (image < 0) | (image != np.round(image))
    if np.any(bad):
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        count = int(np.sum(bad))
        some = "a pixel that is no count" if count == 1 else ""
        yield Fault(
            f"'image' has {some or f'{count} pixels that are no counts'}",
            key="image",
            value=f"{float(image[first]):g} at {first}",
            allowed="whole numbers of photons from 0",
            fix="subtract nothing from counted photons and use "
            "detector.background, or set likelihood: gaussian",
            code="counts",
        )


def check_mirror_arrays(
    structure: Mapping[str, Any], arrays: Mapping[str, Any]
) -> Iterator[Fault]:
    """Everything wrong with structure and arrays together.

    Parameters
    ----------
    structure
        Values of the structure fields.
    arrays
        Those data and known arrays that were given.
    """
    yield from transmission_faults(
        arrays.get("m1_transmission"), "m1_transmission", "m1_opd"
    )
    mask = arrays.get("dp_mask")
    if mask is not None and (np.min(mask) < 0 or np.max(mask) > 1):
        yield Fault(
            "'dp_mask' is no share of half a wave",
            key="dp_mask",
            value=f"from {np.min(mask):g} to {np.max(mask):g}",
            allowed="0 (thin) to 1 (half a wave thick)",
            fix="phases of 0 and pi are 0 and 1 here",
            code="values",
        )
    if structure["likelihood"] == "poisson":
        yield from count_faults(arrays)

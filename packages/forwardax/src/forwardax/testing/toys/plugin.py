"""The plugin that registers the toys: light, and free of JAX.

It has no entry point: tests put it in a `Registry`, or install it with a
`.dist-info` folder that names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from forwardax import API, SystemEntry, TransformEntry, hookimpl

from .specs import BLOBS, DIRECT, HERE, N_PIX, RELAY, TRANSFORMS

FORWARDAX_API = API
_TOYS = "forwardax.testing.toys"


@hookimpl
def forwardax_systems() -> Iterator[SystemEntry]:
    """Forward models."""
    yield SystemEntry(
        "toy.blobs",
        target=f"{_TOYS}.blobs:make_blobs",
        summary="Image of two elliptical Gaussian blobs",
        spec=BLOBS,
        data=f"{HERE}:blobs_data",
        structure=(N_PIX,),
    )
    yield SystemEntry(
        "toy.direct",
        target=f"{_TOYS}.instrument:Instrument.direct",
        summary="One lens and a row of pixels",
        spec=DIRECT,
        data=f"{HERE}:counts_data",
        structure=(N_PIX,),
    )
    yield SystemEntry(
        "toy.relay",
        target=f"{_TOYS}.instrument:Instrument.relay",
        summary="Two lenses and a row of pixels",
        spec=RELAY,
        data=f"{HERE}:counts_data",
        structure=(N_PIX,),
        extends="toy.direct",
    )


@hookimpl
def forwardax_transforms() -> Iterator[TransformEntry]:
    """Derived values of the instruments."""
    for transform in TRANSFORMS:
        yield TransformEntry(
            transform.key,
            target=str(transform.target),
            deps=transform.deps,
            system_id=transform.system_id,
            inverse=tuple((d, str(t)) for d, t in transform.inverse),
        )

"""The system `lensing.imaging`: an image of a lens through a PSF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from forwardax import DataSpec, ParameterStore, ParamSpec, Structure, System
from forwardax.errors import DataError, Faults, StructureError
from jax import Array

from ._declare.check import check, over_sampling_faults
from ._declare.galaxies import components, spec
from ._declare.imaging import DATA, KNOWN, STRUCTURE
from ._leaf import leaf
from .imaging import Imaging
from .sampling_grid import adaptive_sub_size, pixel_grid


class LensImaging(System):
    """Galaxies at several redshifts, imaged with a PSF and Gaussian noise.

    Parameters
    ----------
    galaxies
        `{name: {redshift, light: {name: profile}, mass: {name: profile}}}`.
    pixel_scale
        Width of a pixel in arcsec.
    noise_map
        Standard deviation of each pixel, `(y, x)`; the first row has the
        largest y. It says how large the image is.
    psf
        Point spread function, `(ky, kx)`, both odd; scaled to sum 1 here.
        Without one, the image is not convolved.
    mask, exclude
        `(y, x)`, bool: pixels that are True in either are left out.
    over_sampling
        `{"sub_size": n}` cuts each pixel into n by n points, whose mean it
        is; `{"sub_size": [8, 4, 2], "radii": [0.3, 0.6], "centre": [y, x]}`
        by distance from a point in arcsec.

    Raises
    ------
    StructureError
        With every fault of the galaxies, or of the over-sampling.
    DataError
        With every fault of the arrays.
    """

    model: Imaging
    noise_map: Array
    psf: Array | None
    mask: Array | None
    exclude: Array | None
    # Pixels in use, row by row, and where each of the frame is among them.
    used: Array
    place: Array
    noise: Array
    log_norm: Array
    spec: ParamSpec = eqx.field(static=True)  # pyright: ignore
    built: Structure = eqx.field(static=True)

    system_id = "lensing.imaging"  # pyright: ignore
    needs_x64 = True  # pyright: ignore

    def __init__(
        self,
        galaxies: Mapping[str, Any],
        pixel_scale: float,
        noise_map: Any,
        psf: Any = None,
        mask: Any = None,
        exclude: Any = None,
        over_sampling: Mapping[str, Any] | None = None,
    ) -> None:
        given = {"galaxies": galaxies, "pixel_scale": pixel_scale}
        if over_sampling is not None:
            given["over_sampling"] = over_sampling
        structure = Structure.of(STRUCTURE, given)
        self.built = structure
        self.spec = spec(structure)  # pyright: ignore
        arrays = {
            "noise_map": noise_map,
            "psf": psf,
            "mask": mask,
            "exclude": exclude,
        }
        known = _checked(
            structure, {k: v for k, v in arrays.items() if v is not None}
        )
        masks = [known[k] for k in ("mask", "exclude") if k in known]
        noise = known["noise_map"]
        left_out = np.logical_or.reduce([np.zeros(noise.shape, bool), *masks])
        kernel = known.get("psf")
        if kernel is not None:
            kernel = kernel / kernel.sum()
        self.model = Imaging(
            structure["galaxies"],
            structure["pixel_scale"],
            left_out,
            kernel,
            _sub_size(structure, left_out),
        )
        self.noise_map = leaf(noise, float)
        self.psf = None if kernel is None else leaf(kernel, float)
        self.mask = leaf(known["mask"], bool) if "mask" in known else None
        self.exclude = (
            leaf(known["exclude"], bool) if "exclude" in known else None
        )
        used = np.flatnonzero(~left_out)
        place = np.full(left_out.size, used.size)
        place[used] = np.arange(used.size)
        self.used = leaf(used, np.int32)
        self.place = leaf(place.reshape(left_out.shape), np.int32)
        noise = noise.ravel()[used]
        self.noise = leaf(noise, float)
        self.log_norm = leaf(np.log(2 * np.pi * noise**2), float)

    @property
    def structure(self) -> Structure:
        """Galaxies, pixel scale and over-sampling."""
        return self.built

    @property
    def data(self) -> DataSpec:
        """An image of the shape of the noise map."""
        rows, columns = self.noise_map.shape[-2:]
        return DATA.bind({"y": rows, "x": columns})

    def with_structure(self, structure: Structure) -> LensImaging:
        """The same arrays with other galaxies, pixels or over-sampling."""
        return LensImaging(
            galaxies=structure["galaxies"],
            pixel_scale=structure["pixel_scale"],
            noise_map=self.noise_map,
            psf=self.psf,
            mask=self.mask,
            exclude=self.exclude,
            over_sampling=structure["over_sampling"],
        )

    def predict(self, store: ParameterStore) -> dict[str, Array]:
        """Image without noise, `{"image": (y, x)}`; zero where left out.

        Parameters
        ----------
        store
            Parameters of all the profiles.
        """
        return {"image": self.in_frame(self.model_image(store))}

    def model_image(self, store: ParameterStore) -> Array:
        """Image of the pixels in use alone, `(n,)`, row by row."""
        return self.model.model_image(self.tree(store))

    def residuals(self, store: ParameterStore, data: Any) -> Array:
        """In units of the noise, of the pixels in use, `(n,)`."""
        measured = jnp.ravel(data["image"])[self.used]
        return (measured - self.model_image(store)) / self.noise

    def pointwise_log_likelihood(
        self, store: ParameterStore, data: Any
    ) -> Array:
        """Term of each pixel in use, `(n,)`."""
        return -0.5 * (self.residuals(store, data) ** 2 + self.log_norm)

    def log_likelihood(self, store: ParameterStore, data: Any) -> Array:
        """Independent normal noise: `-0.5 (chi^2 + sum log(2 pi s^2))`."""
        chi2 = jnp.sum(self.residuals(store, data) ** 2)
        return -0.5 * (chi2 + jnp.sum(self.log_norm))

    def simulate(self, key: Array, store: ParameterStore) -> dict[str, Array]:
        """An image with noise; where left out, it is noise alone.

        Parameters
        ----------
        key
            Of the noise.
        store
            Parameters of all the profiles.
        """
        shape, dtype = self.noise_map.shape, self.noise_map.dtype
        noise = self.noise_map * jax.random.normal(key, shape, dtype)
        return {"image": self.predict(store)["image"] + noise}

    def in_frame(self, values: Array, fill: float = 0.0) -> Array:
        """Values of the pixels in use as an image, `(y, x)`.

        Parameters
        ----------
        values
            Row by row, `(n,)`.
        fill
            Value of the other pixels.
        """
        padding = jnp.full((1,), fill, values.dtype)
        return jnp.concatenate([values, padding])[self.place]

    def source_image(self, store: ParameterStore, grid: Any) -> Array:
        """Light of the farthest galaxies as it is without a lens, `(...)`.

        Parameters
        ----------
        store
            Parameters of all the profiles.
        grid
            Positions in the source plane, `(..., 2)` in arcsec, (y, x).
        """
        return self.model.source_image(self.tree(store), grid)

    def tree(self, store: ParameterStore) -> dict[str, Any]:
        """Parameters as `{galaxy: {profile: {parameter: value}}}`."""
        found: dict[str, Any] = {}
        parts = components(self.built["galaxies"])
        for galaxy, _, name, profile in parts:
            below = found.setdefault(galaxy, {})
            below[name] = {
                parameter: store[f"{galaxy}.{name}.{parameter}"]
                for parameter in profile.parameters
            }
        return found


def _checked(
    structure: Structure, given: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Known arrays, sound by themselves and together."""
    faults = Faults(over_sampling_faults(structure["over_sampling"]))
    faults.throw(StructureError)
    shape = np.shape(given["noise_map"]) if "noise_map" in given else ()
    schema = KNOWN
    if len(shape) == 2 and 0 not in shape:
        schema = schema.bind({"y": shape[0], "x": shape[1]})
    known = schema.validate(given)
    Faults(check(structure, known)).throw(DataError)
    return known


def _sub_size(structure: Structure, left_out: np.ndarray) -> Any:
    """Points along a pixel: one number, or one for each pixel in use."""
    given = structure["over_sampling"]
    sizes = given["sub_size"]
    if isinstance(sizes, int):
        return sizes
    return adaptive_sub_size(
        pixel_grid(left_out, structure["pixel_scale"]),
        given.get("centre", (0.0, 0.0)),
        given.get("radii", ()),
        sizes,
    )

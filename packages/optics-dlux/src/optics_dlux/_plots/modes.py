"""Eigenvectors of the Fisher matrix of a telescope's aberrations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from forwardax import ParameterStore
from forwardax.estimation import element_names

from .._telescope import Telescope


class Eigenmodes(NamedTuple):
    """Eigenvectors of the Fisher matrix of the aberrations.

    Attributes
    ----------
    errors
        Standard deviation of the coefficient along each, in nm, best known
        first, `(k,)`; infinite where the image says nothing.
    vectors
        Coefficients of each, of unit length, `(k, k)`: a row each.
    names
        Of the coefficients.
    """

    errors: np.ndarray
    vectors: np.ndarray
    names: tuple[str, ...]


def eigenmodes(
    system: Telescope,
    store: ParameterStore,
    keys: Sequence[str] | None = None,
    others: Sequence[str] = (),
) -> Eigenmodes:
    """Combinations of aberrations in the order of how well an image tells them.

    Parameters
    ----------
    system
        A telescope.
    store
        Values of its primitives.
    keys
        Coefficients in nm; those of all free aberrations by default.
    others
        Primitives that have to be found from the image as well. What is in
        neither is known.
    """
    chosen = tuple(aberrations(system) if keys is None else keys)
    every = (*chosen, *(k for k in others if k not in chosen))
    jacobian = np.asarray(_jacobian(system, store, every), float)
    names = [n for k in chosen for n in element_names(system.spec[k])]
    first, rest = np.split(jacobian, [len(names)], axis=1)
    if rest.shape[1]:
        # What the others can imitate says nothing of the aberrations.
        length = np.linalg.norm(rest, axis=0)
        rest = rest[:, length > 0] / length[length > 0]
        basis, _ = np.linalg.qr(rest)
        first = first - basis @ (basis.T @ first)
    _, singular, vectors = np.linalg.svd(first, full_matrices=False)
    sound = singular > singular[0] * 1e-12
    with np.errstate(divide="ignore"):
        errors = np.where(sound, 1 / singular, np.inf)
    # The sign of an eigenvector is arbitrary: the heaviest is positive.
    heaviest = np.argmax(np.abs(vectors), 1)
    signs = np.sign(vectors[np.arange(len(vectors)), heaviest])
    return Eigenmodes(errors, vectors * signs[:, None], tuple(names))


def aberrations(system: Telescope) -> tuple[str, ...]:
    """Keys of coefficients that are free unless fixed."""
    return tuple(
        key
        for key, field in system.spec.by_key.items()
        if key.endswith(".coefficients") and field.prior is not None
    )


@partial(jax.jit, static_argnames=("keys",))
def _jacobian(system: Any, store: ParameterStore, keys: tuple[str, ...]) -> Any:
    """Of the image in standard deviations, `(pixel, coefficient)`."""
    mean = system.predict(store)["image"]
    sigma = jnp.sqrt(system.variance(store, mean)).ravel()

    def image(vector: Any) -> Any:
        moved = store.from_vector(vector, keys)
        return system.predict(moved)["image"].ravel() / sigma

    return jax.jacfwd(image)(store.to_vector(keys))

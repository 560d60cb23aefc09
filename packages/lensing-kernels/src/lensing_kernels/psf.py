"""Convolution with a point spread function, on the pixels that matter."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.fft import next_fast_len

from ._leaf import leaf
from .sampling_grid import Pixels


class Convolution(eqx.Module):
    """Linear convolution of pixels given as a list.

    The transform covers the bounding box of what is evaluated and no more:
    what wraps around the edges falls on pixels outside the mask.

    Parameters
    ----------
    kernel
        Odd by odd; its middle is its centre.
    pixels
        Those evaluated; all that the kernel reaches from the first
        `n_pixels` of them.
    n_pixels
        How many are wanted.
    order
        Where each of the evaluated pixels stands in the list.
    """

    # Real and imaginary part: gradients of complex leaves are refused.
    spectrum: Array
    to_box: Array
    from_box: Array
    shape: tuple[int, int] = eqx.field(static=True)

    def __init__(
        self, kernel: Any, pixels: Pixels, n_pixels: int, order: np.ndarray
    ) -> None:
        kernel = np.asarray(kernel, float)
        rows = pixels.rows - pixels.rows.min()
        columns = pixels.columns - pixels.columns.min()
        self.shape = _fast(rows.max() + 1), _fast(columns.max() + 1)
        where = rows * self.shape[1] + columns
        slots = np.empty(len(order), int)
        slots[order] = where
        self.to_box = leaf(slots, np.int32)
        self.from_box = leaf(where[:n_pixels], np.int32)
        wide = np.zeros(self.shape)
        half = (kernel.shape[0] // 2, kernel.shape[1] // 2)
        i, j = np.indices(kernel.shape)
        # A kernel may be wider than the box: it then wraps, harmlessly.
        np.add.at(
            wide,
            ((i - half[0]) % self.shape[0], (j - half[1]) % self.shape[1]),
            kernel,
        )
        spectrum = np.fft.rfft2(wide)
        self.spectrum = leaf(np.stack([spectrum.real, spectrum.imag]))

    def __call__(self, values: Array) -> Array:
        """Values of the wanted pixels after convolution, `(n_pixels,)`.

        Parameters
        ----------
        values
            Of all that were evaluated, in the order of the list.
        """
        # A scatter, because XLA would compute the values once more for each
        # element of a gather, one by one.
        box = jnp.zeros(self.shape, values.dtype).ravel()
        box = box.at[self.to_box].set(
            values, mode="promise_in_bounds", unique_indices=True
        )
        box = box.reshape(self.shape)
        spectrum = jnp.fft.rfft2(box)
        spectrum *= jax.lax.complex(self.spectrum[0], self.spectrum[1])
        box = jnp.fft.irfft2(spectrum, self.shape)
        return _take(box.ravel(), self.from_box)


def _fast(n: int) -> int:
    """The next number of pixels whose transform is fast."""
    return int(next_fast_len(int(n), real=True) or n)


def _take(values: Array, indices: Array) -> Array:
    # The indices are ours: no need to guard them.
    return values.at[indices].get(mode="promise_in_bounds")

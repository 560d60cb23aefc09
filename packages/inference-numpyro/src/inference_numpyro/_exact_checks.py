"""What `exact.linear` says of itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from forwardax.contracts import Check
from forwardax.estimation import Posterior
from numpy.typing import NDArray

from ._exact_lattice import Lattice


def linear_check(
    told: NDArray[Any], modelled: NDArray[Any], rank: float, eps: float
) -> Check:
    """Whether the density is what `linear_gaussian` says.

    At every draw, the problem's own density must be the marginal of the other
    coordinates times the normal of the coefficients.

    Parameters
    ----------
    told, modelled
        The two log-densities at the draws.
    rank
        Smallest over the draws; see `Conditional`.
    eps
        Rounding of one operation.
    """
    size = max(1.0, float(np.max(np.abs(modelled))))
    threshold = max(1e-6, 1e4 * eps * size)
    gap = float(np.max(np.abs(told - modelled)))
    if not rank > 100 * eps:
        words = (
            "data and prior together leave a combination of coefficients open"
        )
        return Check("linear_gaussian", False, gap, threshold, words)
    words = (
        "the density differs from what linear_gaussian says by at most "
        f"{gap:.2g} (at most {threshold:.2g})"
    )
    return Check("linear_gaussian", gap <= threshold, gap, threshold, words)


def lattice_check(
    lattice: Lattice, tolerance: float, k_hat: float, limit: float
) -> Check:
    """Whether the quadrature is fine and wide enough."""
    error = lattice.error
    nodes = len(lattice.nodes)
    size = lattice.nodes.shape[1]
    if size == 0:
        words = "nothing remains beside the coefficients"
        return Check("remaining", True, 0.0, tolerance, words)
    words = (
        f"quadrature over {size} coordinates with {nodes} nodes, relative "
        f"error {error:.1g} (at most {tolerance:.1g})"
    )
    if not lattice.complete:
        words = f"the lattice was cut at {nodes} nodes: raise max_nodes"
    elif k_hat > limit:
        words += f", but draws with importance k-hat {k_hat:.2f}"
    passed = lattice.complete and error <= tolerance and k_hat <= limit
    return Check("remaining", bool(passed), error, tolerance, words)


def chains_check(inner: Posterior) -> Check:
    """Whether the chains over the other coordinates have converged."""
    size = inner.unconstrained.shape[2]
    wrong = sum(not check.passed for check in inner.checks)
    words = f"NUTS over {size} coordinates: {inner.verdict}"
    return Check("remaining", inner.converged, float(wrong), 0.0, words)

"""The one loop behind every calibration: simulate, fit, keep few draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import Fault, FitError, ForwardaxError
from ._thin import thin

if TYPE_CHECKING:
    from jax import Array

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]


class Simulates(Protocol):
    """What calibration needs of a problem."""

    @property
    def free_keys(self) -> Sequence[str]: ...
    def simulate(self, key: Array, /) -> tuple[Mapping[str, Any], Any]: ...
    def with_data(self, data: Any, /) -> Any: ...


Fit = Callable[[Any, "Array"], Any]
"""`fit(problem, key)` returns a Posterior: `draws` and `derived` by key."""


@dataclass(frozen=True)
class Simulations:
    """True values, and draws of the posteriors of data simulated from them.

    Parameters
    ----------
    truths
        By key, shape (dataset, *shape).
    draws
        By key, shape (dataset, draw, *shape).
    cyclic
        Periods by key.
    elements
        Names of a key's entries in C order, by key.
    failed
        One line for each data set whose fit gave nothing.
    short
        Fits whose effective sample size was under half the draws kept.
    not_converged
        Fits that say so of themselves.
    """

    truths: Mapping[str, Floats]
    draws: Mapping[str, Floats]
    cyclic: Mapping[str, float] = field(default_factory=dict[str, float])
    elements: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]]
    )
    failed: tuple[str, ...] = ()
    short: int = 0
    not_converged: int = 0

    @property
    def caveats(self) -> tuple[str, ...]:
        """What limits any test on these, in words."""
        count = len(next(iter(self.truths.values())))
        n_draws = next(iter(self.draws.values())).shape[1]
        words: list[str] = []
        if self.failed:
            words.append(
                f"{len(self.failed)} of {count + len(self.failed)} fits "
                f"failed, the first with: {self.failed[0]}"
            )
        if self.short:
            words.append(
                f"{self.short} fits had under {n_draws / 2:g} effective "
                f"draws where {n_draws} are wanted: ranks pile up at the "
                "ends without a fault of the model; draw longer chains"
            )
        if self.not_converged:
            words.append(f"{self.not_converged} fits did not converge")
        return tuple(words)


def simulate_and_fit(
    problem: Simulates,
    fit: Fit,
    key: Array,
    *,
    n: int = 256,
    draws: int = 63,
    progress: Progress | None = None,
) -> Simulations:
    """Simulate data sets from the prior and fit each.

    Parameters
    ----------
    problem
        Has `free_keys`, `simulate(key) -> (store, data)` and
        `with_data(data)`; a Problem with the capability `simulate`.
    fit
        `fit(problem, key) -> Posterior`.
    key
        JAX key; data set i is simulated and fitted with keys folded from i,
        whatever came before it.
    n
        Number of data sets.
    draws
        Draws to keep of each posterior. One less than a power of two gives
        ranks that fall into equal bins.
    progress
        Called with a text, data sets done and data sets in all.

    Returns
    -------
    Simulations
        A fit that raises a `ForwardaxError`, or returns draws that are not
        finite, is counted in `failed` and left out.

    Raises
    ------
    FitError
        If no fit succeeded.
    """
    import jax

    cyclic, elements = _names(problem)
    keys = tuple(problem.free_keys)
    truths: list[dict[str, Floats]] = []
    kept: list[dict[str, Floats]] = []
    failed: list[str] = []
    short = not_converged = 0
    for i in range(n):
        simulate_key, fit_key, thin_key = jax.random.split(
            jax.random.fold_in(key, i), 3
        )
        store, data = problem.simulate(simulate_key)
        truth = {name: _real(_value(store, name)) for name in keys}
        try:
            posterior = fit(problem.with_data(data), fit_key)
            few, ess = thin(
                _finite(posterior, keys),
                draws,
                thin_key,
                weights=getattr(posterior, "weights", None),
                cyclic=cyclic,
            )
        except ForwardaxError as error:
            failed.append(f"data set {i}: {error}")
        else:
            truths.append(truth)
            kept.append(few)
            # Half: the estimate from few independent draws scatters, and
            # halfway there the ranks are still almost uniform.
            short += ess < draws / 2
            not_converged += not getattr(posterior, "converged", True)
        if progress is not None:
            progress("calibration", i + 1, n)
    if not truths:
        first = failed[0] if failed else f"n = {n}"
        raise FitError(
            Fault("no fit of simulated data succeeded", value=first),
            context="calibration",
        )
    return Simulations(
        {name: np.stack([t[name] for t in truths]) for name in keys},
        {name: np.stack([d[name] for d in kept]) for name in keys},
        cyclic,
        elements,
        tuple(failed),
        short,
        not_converged,
    )


def _finite(posterior: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    # A derived key may be free; its draws are beside the primitives'.
    draws = {**getattr(posterior, "derived", {}), **posterior.draws}
    faults: list[Fault] = []
    for key in keys:
        if key not in draws:
            faults.append(Fault(f"the posterior has no draws of {key!r}", key))
        elif not np.isfinite(np.asarray(draws[key])).all():
            faults.append(Fault(f"draws of {key!r} are not finite", key))
    if faults:
        raise FitError(faults)
    return {key: _real(draws[key]) for key in keys}


def _value(store: Any, name: str) -> Any:
    """A value of a store; a derived key may be free too."""
    return store[name] if name in store else store.derived(name)[name]


def _real(value: Any) -> Floats:
    """Complex values as pairs: real and imaginary part are tested alone."""
    array = np.asarray(value)
    if np.iscomplexobj(array):
        array = np.stack([np.real(array), np.imag(array)], axis=-1)
    return array.astype(np.float64)


def _names(
    problem: Any,
) -> tuple[dict[str, float], dict[str, tuple[str, ...]]]:
    """Periods and element names that the problem's spec declares, if any."""
    spec = getattr(problem, "spec", {})
    fields = {key: spec[key] for key in problem.free_keys if key in spec}
    cyclic = {k: f.cyclic for k, f in fields.items() if f.cyclic is not None}
    elements = {
        key: f.elements
        for key, f in fields.items()
        if f.elements and f.dtype == "float"
    }
    return cyclic, elements

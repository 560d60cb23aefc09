"""Posterior: draws with derived values, units, checks and timings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._schema.address import element_names
from .._schema.spec import ParamSpec
from ..contracts import Check
from ..errors import Fault, FitError, UnknownKey, listed, nearest
from .summary import summarise
from .summary_table import Summary

if TYPE_CHECKING:
    from .._system.store import ParameterStore
    from .._system.system import System

Arrays = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, repr=False)
class Posterior:
    """What an estimator found.

    Parameters
    ----------
    estimator
        Its name.
    spec
        The problem's spec, for units, labels and dims.
    draws, derived
        NumPy arrays `(chain, draw, *shape)` by key, in the spec's units:
        what was fitted (and what is tied to it), and what follows from it.
    held
        Values that were not fitted, `shape` by key.
    unconstrained
        `(chain, draw, size)`.
    log_density
        `(chain, draw)`.
    declared, checks
        Names of the estimator's checks, and those it reports.
    weights
        `(chain, draw)`, or None where all draws count the same.
    stats
        Arrays by name: one number a draw, or one a chain.
    extras
        Other arrays: `mode`, `covariance`, ... in unconstrained or
        constrained coordinates as their names say.
    state
        What `checkpoint=` needs to go on.
    notes
        What a reader should know, in words: fall-backs taken, budgets hit.
    timings
        Seconds by stage.
    versions
        By package.
    """

    estimator: str
    spec: ParamSpec
    draws: Arrays
    derived: Arrays
    held: Arrays
    unconstrained: Any
    log_density: Any
    declared: tuple[str, ...]
    checks: tuple[Check, ...]
    weights: Any = None
    stats: Arrays = field(default_factory=dict[str, Any])
    extras: Arrays = field(default_factory=dict[str, Any])
    state: Arrays = field(default_factory=dict[str, Any])
    notes: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict[str, float])
    versions: Mapping[str, str] = field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        chains, draws = self.log_density.shape
        return (
            f"Posterior({self.estimator}: {chains} x {draws} draws of "
            f"{', '.join(self.draws)}; {self.verdict})"
        )

    @property
    def converged(self) -> bool:
        """Whether every declared check was made and passed."""
        made = {check.name for check in self.checks}
        return set(self.declared) <= made and all(
            check.passed for check in self.checks
        )

    @property
    def verdict(self) -> str:
        """What the checks say, in words."""
        made = {check.name for check in self.checks}
        wrong = [check.words for check in self.checks if not check.passed]
        wrong += [
            f"the check {name} was not made"
            for name in self.declared
            if name not in made
        ]
        if wrong:
            return "not converged: " + "; ".join(wrong)
        count = len(self.checks)
        return f"converged: {count} check{'s' * (count != 1)} passed"

    def check(self, name: str) -> Check:
        """The check of a name.

        Raises
        ------
        FitError
            If it was not made.
        """
        for check in self.checks:
            if check.name == name:
                return check
        raise FitError(
            Fault(
                f"the check {name!r} was not made",
                key=name,
                allowed=listed(check.name for check in self.checks),
                nearest=nearest(name, (check.name for check in self.checks)),
                code="unknown",
            )
        )

    def __getitem__(self, key: str) -> Any:
        """Draws of a key, derived ones included; `(chain, draw, *shape)`."""
        found = {**self.draws, **self.derived}
        if key in found:
            return found[key]
        at = self.spec.find(key)
        if at.key not in found:
            raise UnknownKey(
                Fault(
                    f"{key!r} was not fitted",
                    key=key,
                    allowed=listed(found),
                    fix="what was held is in posterior.held",
                    code="held",
                )
            )
        whole = found[at.key]
        if at.element is None:
            return whole
        return whole.reshape(*whole.shape[:2], -1)[:, :, at.element]

    def summary(
        self, *, ci_kind: Any = "eti", ci_prob: float = 0.89
    ) -> Summary:
        """Table of means, intervals and diagnostics, with the verdict.

        Parameters
        ----------
        ci_kind, ci_prob
            `"eti"` or `"hdi"`, and its probability.
        """
        every = {**self.draws, **self.derived}
        known = {k: self.spec.by_key[k] for k in every if k in self.spec}
        return summarise(
            every,
            units={k: f.unit for k, f in known.items()},
            cyclic={k: f.cyclic for k, f in known.items() if f.cyclic},
            elements={k: element_names(f) for k, f in known.items() if f.shape},
            weights=self.weights,
            verdict=self.verdict,
            ci_kind=ci_kind,
            ci_prob=ci_prob,
        )

    def stores(self, system: System) -> ParameterStore:
        """All draws as one store with leaves `(chain, draw, *shape)`.

        Parameters
        ----------
        system
            The system that was fitted; its resolver gives derived values
            under `jax.vmap`.
        """
        from .._system.store import ParameterStore, strong

        count = self.log_density.shape
        values = {
            key: np.broadcast_to(value, (*count, *np.shape(value)))
            for key, value in self.held.items()
        } | dict(self.draws)
        return ParameterStore(
            {key: strong(values[key]) for key in self.spec.primitives},
            system.resolver,
        )

    def save(self, path: str | Path) -> Path:
        """Write one `.npz` file, atomically and with checksums.

        Returns
        -------
        Path
            The file, with `.npz` added where it was missing.

        Raises
        ------
        SaveError
            If it cannot be written; nothing is left half-written.
        """
        from .posterior_file import save_posterior

        return save_posterior(self, Path(path))

    @staticmethod
    def load(path: str | Path) -> Posterior:
        """Read what `save` wrote.

        Raises
        ------
        SaveError
            If the file is missing, damaged, or no posterior.
        """
        from .posterior_file import load_posterior

        return load_posterior(Posterior, Path(path))

    def to_arviz(self) -> Any:
        """ArviZ `InferenceData` (0.x) or `DataTree` (1.x), with units.

        Raises
        ------
        ImportError
            If ArviZ is not installed, with the pip line.
        """
        from .arviz import to_arviz

        return to_arviz(self)

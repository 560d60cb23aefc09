# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX and NumPyro leave many of their types unknown.
"""Problem: a system, its data, and what is free, as one pytree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from .._schema.spec import ParamSpec
from .._system.store import ParameterStore, strong
from .._system.system import System, bare
from ..contracts import Layout, Prior, PriorPlan
from . import density as _density
from .described import Described
from .layout import make_layout
from .pose import Posed, pose
from .walk import fold

if TYPE_CHECKING:
    from .family import ProblemFamily


class Problem(eqx.Module):
    """What an estimator is pointed at.

    Problems that differ only in numbers (data, fixed values, prior
    arguments) share one compiled program, and stack under `jax.vmap`.

    Parameters
    ----------
    system
        The forward model.
    data
        Arrays or quantities by key; None to simulate or to draw the prior.
    fixed
        Values by address that are not to be fitted.
    priors
        Priors by address, in place of the spec's.
    free
        Addresses to free again, where the spec fixes them.
    ties
        Source address by target address.
    solve_for
        Primitive by derived key: the derived key is free, with its prior,
        and the primitive follows from it.

    Raises
    ------
    ForwardaxError
        With every fault of the spec, the decisions and the data; of the one
        class they share, else a `ProblemError`.
    """

    system: System
    data: Any
    hyper: Any
    plan: PriorPlan = eqx.field(static=True)
    described: Described[ParamSpec] = eqx.field(static=True)

    def __init__(
        self,
        system: System,
        data: Any = None,
        *,
        fixed: Mapping[str, Any] | Iterable[str] = (),
        priors: Mapping[str, Prior] | None = None,
        free: Iterable[str] = (),
        ties: Mapping[str, str] | None = None,
        solve_for: Mapping[str, str] | None = None,
    ) -> None:
        posed: Posed = pose(
            system,
            data,
            fixed=fixed,
            priors=priors or {},
            free=free,
            ties=ties or {},
            solve_for=solve_for or {},
        )
        self.system = bare(system)
        self.data = posed.data
        self.hyper = jax.tree.map(strong, posed.hyper)
        self.plan = posed.plan
        self.described = Described(posed.spec)

    def __repr__(self) -> str:
        measured = "no data" if self.data is None else "data"
        return (
            f"Problem({self.system.system_id} with {measured}: "
            f"{self.size} coordinates of {', '.join(self.free_keys)})"
        )

    @property
    def spec(self) -> ParamSpec:
        """The spec with every decision, for people.

        Its numbers are those the problem was made with; traced code reads
        `hyper` instead.
        """
        return self.described.value

    @property
    def size(self) -> int:
        """Number of unconstrained coordinates."""
        return self.plan.size

    @property
    def free_keys(self) -> tuple[str, ...]:
        """Keys that are free, wholly or in part."""
        return self.plan.free

    @property
    def capabilities(self) -> frozenset[str]:
        """What this problem offers to estimators."""
        found = set(self.system.capabilities)
        if self.plan.proper and not self.plan.conditioned:
            found.add("proper_prior")
        return frozenset(found)

    def with_data(self, data: Any) -> Problem:
        """The same problem with other data, and the same program.

        Raises
        ------
        DataError
            With every fault.
        """
        checked = None if data is None else self.system.check_data(data)
        return eqx.tree_at(
            lambda p: p.data,
            self,
            checked,
            is_leaf=lambda leaf: leaf is self.data,
        )

    def log_density(self, u: Array) -> Array:
        """`forwardax.log_density(self, u)`."""
        return _density.log_density(self, u)

    def loss(self, u: Array, *, jacobian: bool = False) -> Array:
        """`forwardax.loss(self, u)`, for optimisers."""
        return _density.loss(self, u, jacobian=jacobian)

    def residuals(self, u: Array) -> Array:
        """Residuals in units of their standard deviation, `(n,)`."""
        return _density.residuals(self, u)

    def to_store(self, u: Array) -> ParameterStore:
        """Constrained values of an unconstrained point, `(size,)`."""
        return _density.to_store(self, u)

    def values(self, u: Array) -> dict[str, Array]:
        """Primitives and derived values of an unconstrained point."""
        return self.system.resolve(self.to_store(u))

    def to_unconstrained(self, values: Mapping[str, Any]) -> Array:
        """Unconstrained point of values, `(size,)`.

        Parameters
        ----------
        values
            Free keys at least; the others from fixed values and defaults.

        Raises
        ------
        StoreError
            If values are missing or do not fit.
        """
        if isinstance(values, ParameterStore):
            store = values
        else:
            store = ParameterStore.of(
                self.spec, values, resolver=self.system.resolver
            )
        return fold(self.plan, self.hyper, self.system.resolve(store))

    def prior_sample(self, key: Array) -> ParameterStore:
        """One draw from the prior, within the validity conditions.

        Raises
        ------
        CapabilityError
            If the prior is improper, or conditioned on fixed values.
        """
        return _density.prior_sample(self, key)

    def simulate(self, key: Array) -> tuple[ParameterStore, Any]:
        """Values from the prior and data from the system.

        Raises
        ------
        CapabilityError
            If the system cannot simulate or the prior cannot be drawn.
        """
        return _density.simulate(self, key)

    def numpyro_model(self) -> Callable[[], None]:
        """The problem as a NumPyro model without arguments."""
        from .numpyro_model import make_model

        return make_model(self)

    def layout(self) -> Layout:
        """Static token layout: free parameters first, then data."""
        return make_layout(self)

    @staticmethod
    def over(
        system_sampler: Callable[[Array], System], **decisions: Any
    ) -> ProblemFamily:
        """Problems whose covariates or sizes vary from draw to draw.

        Parameters
        ----------
        system_sampler
            A system from a key.
        decisions
            Keyword arguments of `Problem`, for each.
        """
        from .family import ProblemFamily

        return ProblemFamily(
            system_sampler, lambda system: Problem(system, **decisions)
        )


def stack(problems: Iterable[Problem]) -> Problem:
    """Problems of one plan as a batch, for `jax.vmap(..., in_axes=0)`.

    Raises
    ------
    ProblemError
        If they differ in more than numbers.
    """
    from ..errors import Fault, ProblemError

    found = list(problems)
    structures = {jax.tree.structure(p) for p in found}
    if len(structures) != 1:
        raise ProblemError(
            Fault(
                "problems stack only if they differ in numbers alone",
                key="problems",
                value=f"{len(structures)} different structures",
                allowed="one structure",
                fix="group them by jax.tree.structure(problem)",
                code="stack",
            )
        )
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *found)

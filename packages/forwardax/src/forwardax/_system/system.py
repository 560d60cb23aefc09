# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# JAX and NumPyro leave many of their types unknown.
"""System: the base class of every forward model."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import fields as dc_fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import equinox as eqx

from .._derived.resolver import Resolver
from .._derived.transforms import TransformRegistry
from .._plugins.registry import Registry
from .._plugins.scopes import transform_registry
from .._schema.data import DataSpec
from .._schema.skeleton import shared
from .._schema.spec import ParamSpec
from .._schema.structure import Structure
from ..errors import (
    Fault,
    Faults,
    ProblemError,
    StructureError,
    wrong_type,
)
from .store import ParameterStore, strong

_METHODS: Final = {
    "log_likelihood": "log_likelihood",
    "residuals": "residuals",
    "pointwise": "pointwise_log_likelihood",
    "simulate": "simulate",
    "linear_gaussian": "linear_gaussian",
}
"""Capabilities by the method that offers them."""


class System(eqx.Module):
    """A forward model: pure, and a pytree of everything that is known.

    Subclasses say `system_id`, `spec` and `data`, and define
    `predict(store)`. Optional methods offer capabilities: `log_likelihood`,
    `simulate`, `residuals`, `pointwise_log_likelihood`, `linear_gaussian`
    (signatures in `forwardax.contracts`). What is known (a point spread
    function, a noise map, covariates) is held in array fields; data is what
    was measured and nothing else.

    Attributes
    ----------
    system_id
        Scope of the derived values.
    spec
        Parameters; declare it `eqx.field(static=True)` or as a property.
    data
        What is measured.
    transforms
        Derived values; None takes those that plugins registered.
    needs_x64
        Refuse to run in single precision.
    differentiable
        False if the log-likelihood has no useful gradient.
    """

    if TYPE_CHECKING:
        # A class attribute, a static field or a property in subclasses;
        # an annotation here would make each a field of every subclass.
        @property
        def system_id(self) -> str: ...
        @property
        def spec(self) -> ParamSpec: ...
        @property
        def data(self) -> DataSpec: ...

    transforms: ClassVar[TransformRegistry | None] = None
    needs_x64: ClassVar[bool] = False
    differentiable: ClassVar[bool] = True

    def __check_init__(self) -> None:
        lacking = [
            name
            for name in ("system_id", "spec", "data")
            if not hasattr(self, name)
        ]
        if lacking:
            raise ProblemError(
                Fault(
                    f"{type(self).__name__} does not say {name!r}",
                    key=name,
                    allowed="a text, a ParamSpec and a DataSpec",
                    fix="set it as a class attribute, a static field or a "
                    "property",
                    code="missing",
                )
                for name in lacking
            )
        faults = Faults()
        for name, kind in (("spec", ParamSpec), ("data", DataSpec)):
            value = getattr(self, name)
            if not isinstance(value, kind):
                faults.append(wrong_type(name, value, f"a {kind.__name__}"))
        faults.throw(ProblemError)

    def predict(self, store: ParameterStore) -> Any:
        """Noise-free prediction, a pytree.

        Parameters
        ----------
        store
            Primitives in the units of the spec.
        """
        raise NotImplementedError(
            f"{type(self).__name__} is a forwardax.System and must define "
            "predict(store)"
        )

    @property
    def resolver(self) -> Resolver:
        """Derived values of this system, planned once."""
        transforms = type(self).transforms
        if transforms is None:
            transforms = _registered()
        return transforms.resolver(self.spec, self.system_id)

    @property
    def structure(self) -> Structure:
        """What was fixed at build; nothing unless a subclass says so."""
        return Structure.of(())

    @property
    def capabilities(self) -> frozenset[str]:
        """What this system offers to estimators."""
        found = {c for c, name in _METHODS.items() if hasattr(self, name)}
        if "log_likelihood" in found and type(self).differentiable:
            found.add("gradient")
        return frozenset(found)

    def store(self, values: Mapping[str, Any] | None = None) -> ParameterStore:
        """A store of this system's primitives.

        Parameters
        ----------
        values
            By address; the rest from fixed values and defaults.

        Raises
        ------
        StoreError
            With every fault.
        """
        return ParameterStore.of(self.spec, values, resolver=self.resolver)

    def resolve(self, store: ParameterStore) -> dict[str, Any]:
        """Primitives and derived values together; pure."""
        values = dict(store)
        return {**values, **self.resolver.resolve(values)}

    def with_structure(self, structure: Structure) -> Self:
        """This system built anew for another structure."""
        del structure
        raise StructureError(
            Fault(
                f"{type(self).__name__} has no structure to change",
                key=type(self).__name__,
                allowed="systems that define with_structure",
                fix="define structure and with_structure",
                code="structure",
            )
        )

    def rebuild(self, changes: Mapping[str, Any]) -> Self:
        """This system with some of its structure changed.

        Parameters
        ----------
        changes
            New value by structure field.

        Raises
        ------
        StructureError
            With every fault.
        """
        return self.with_structure(self.structure.replace(changes))

    def check_data(self, data: Any) -> Any:
        """Data in the form that `log_likelihood` takes.

        Raises
        ------
        DataError
            With every fault, before anything slow starts.
        """
        checked = self.data.validate(data)
        return {key: strong(v, v.dtype) for key, v in checked.items()}


@lru_cache(maxsize=4)
def _transforms_of(registry: Any) -> TransformRegistry:
    return transform_registry(registry)


def _registered() -> TransformRegistry:
    return _transforms_of(Registry.default())


def bare(system: System) -> System:
    """A system whose spec takes no part in compile keys by its numbers."""
    if "spec" not in {f.name for f in dc_fields(system)}:
        return system
    other = copy.copy(system)
    object.__setattr__(other, "spec", shared(system.spec))
    return other

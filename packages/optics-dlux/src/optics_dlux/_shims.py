"""Older ways to hold parameters: a proxy, a set, and eigen-coefficients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from forwardax.errors import Fault, SpecError, StoreError
from jax import Array

from ._facade import SheraThreePlane_Model
from ._legacy import NAMES


class ParamsProxy(Mapping[str, Any]):
    """Values of a model as a mapping: what is read is always up to date.

    Derived values are computed when they are read, and cannot be written.

    Parameters
    ----------
    model
        What the values belong to; writing puts another one in its place.
    """

    def __init__(self, model: SheraThreePlane_Model) -> None:
        self.model = model

    def __getitem__(self, key: str) -> Any:
        return self.model.get(key)

    def __setitem__(self, key: str, value: Any) -> None:
        spec = self.model.system.spec
        canonical = NAMES.canonical(key)
        if canonical in spec and spec[canonical].kind == "derived":
            resolver = self.model.system.resolver
            raise StoreError(resolver.written(spec[canonical].key))
        self.model = self.model.set(key, value)

    def __iter__(self) -> Iterator[str]:
        yield from self.model.system.structure
        yield from self.model.system.spec

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        spec, built = self.model.system.spec, self.model.system.structure
        name = NAMES.get(key, key) if isinstance(key, str) else key
        return name in built or name in spec


class ModelParams:
    """Parameters of a telescope as one object that can be changed.

    Parameters
    ----------
    params
        As for `SheraThreePlane_Model`, or such a model.
    options
        `system_id` and `preset`, as for `SheraThreePlane_Model`.
    """

    def __init__(
        self,
        params: Mapping[str, Any] | SheraThreePlane_Model | None = None,
        **options: Any,
    ) -> None:
        if not isinstance(params, SheraThreePlane_Model):
            params = SheraThreePlane_Model(params, **options)
        self.proxy = ParamsProxy(params)

    def __getitem__(self, key: str) -> Any:
        return self.proxy[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.proxy[key] = value

    @property
    def model(self) -> SheraThreePlane_Model:
        """The model of these parameters."""
        return self.proxy.model

    def replace(self, changes: Mapping[str, Any]) -> ModelParams:
        """Other parameters, with some values changed and the rest kept."""
        return ModelParams(self.model.with_params(changes))

    def extract_params(self) -> dict[str, Any]:
        """Everything, by canonical key."""
        return self.model.extract_params()


class EigenParams(eqx.Module):
    """Parameters along eigenvectors of a Fisher matrix, `p = p_ref + B c`.

    Attributes
    ----------
    eigen_coefficients
        `c`, `(k,)`.
    p_ref
        Where they are zero, `(n,)`.
    basis
        `B`, `(n, k)`.
    keys
        Of the parameters whose entries, one after the other, are `p`.
    """

    eigen_coefficients: Array
    p_ref: Array
    basis: Array
    keys: tuple[str, ...] = eqx.field(static=True)

    @classmethod
    def from_fisher(
        cls,
        fisher: Any,
        p_ref: Any,
        keys: Sequence[str],
        *,
        number: int | None = None,
        least: float = 0.0,
        whiten: bool = False,
    ) -> EigenParams:
        """The directions that are known best.

        Parameters
        ----------
        fisher
            Symmetric, `(n, n)`.
        p_ref
            Where the coefficients are zero, `(n,)`.
        keys
            Of the parameters.
        number
            How many directions are kept; all where None.
        least
            Directions with a smaller eigenvalue are left out.
        whiten
            Divide each direction by the root of its eigenvalue, so that a
            coefficient of one is one standard deviation.

        Raises
        ------
        SpecError
            If shapes do not fit, or nothing is left.
        """
        matrix, reference = np.asarray(fisher), np.asarray(p_ref)
        n = reference.size
        if matrix.shape != (n, n):
            raise SpecError(
                Fault(
                    "the Fisher matrix does not fit the parameters",
                    key="fisher",
                    value=f"shape {matrix.shape}",
                    allowed=f"shape ({n}, {n})",
                    code="shape",
                )
            )
        values, vectors = np.linalg.eigh(matrix)
        order = np.argsort(values)[::-1][:number]
        order = order[values[order] >= least]
        if whiten:
            order = order[values[order] > 0]
        if order.size == 0:
            raise SpecError(
                Fault(
                    "no eigenvalue is large enough",
                    key="least",
                    value=f"{least:g}",
                    allowed=f"at most {values.max():g}",
                    code="empty",
                )
            )
        basis = vectors[:, order]
        if whiten:
            basis = basis / np.sqrt(values[order])
        return cls(
            jnp.zeros(order.size, float),
            jnp.asarray(reference, float),
            jnp.asarray(basis, float),
            tuple(keys),
        )

    def vector(self) -> Array:
        """The parameters, `(n,)`."""
        return self.p_ref + self.basis @ self.eigen_coefficients

    def project(self, vector: Any) -> EigenParams:
        """The coefficients nearest to some parameters, `(n,)`."""
        gap = jnp.asarray(vector, float) - self.p_ref
        found, *_ = jnp.linalg.lstsq(self.basis, gap)
        return eqx.tree_at(lambda e: e.eigen_coefficients, self, found)

    def inject(self, model: SheraThreePlane_Model) -> SheraThreePlane_Model:
        """A model with these parameters."""
        store = model.store.from_vector(self.vector(), self.keys)
        return model.with_params({key: store[key] for key in self.keys})

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# JAX and NumPyro leave many of their types unknown.
"""`forwardax.fit`: point an estimator at a problem by name."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from .._plugins.registry import Registry
from .._problem.problem import Problem
from ..errors import (
    CapabilityError,
    Fault,
    Faults,
    FitError,
    ForwardaxError,
    wrong_type,
)
from .digest import fit_digest
from .estimator import Estimator, Progress, make_config
from .journal import Journal
from .posterior import Posterior


def fit(
    problem: Problem,
    estimator: str | Estimator,
    *,
    key: Any,
    registry: Registry | None = None,
    progress: Progress | None = None,
    checkpoint: Posterior | Journal | None = None,
    **settings: Any,
) -> Posterior:
    """Fit a problem with a registered estimator.

    Parameters
    ----------
    problem
        System with data.
    estimator
        Name such as `"numpyro.nuts"`, or an estimator.
    key
        JAX random key, or an integer seed.
    registry
        Where names are looked up; the installed plugins where None.
    progress
        Called with stage, done and total.
    checkpoint
        A posterior of the same problem to go on from; or a `Journal`, which
        keeps what is done so far: after an interruption, the same call with
        the same journal goes on where it ended.
    settings
        Settings of the estimator.

    Returns
    -------
    Posterior
        With its checks; `posterior.converged` says whether to trust it.

    Raises
    ------
    ForwardaxError
        With every fault, before anything is compiled.
    """
    if not isinstance(problem, Problem):  # pyright: ignore
        raise FitError(
            Fault(
                "fit needs a problem",
                key="problem",
                value=f"{problem!r:.80}",
                allowed="forwardax.Problem(system, data=...)",
                code="type",
            )
        )
    chosen = named_estimator(estimator, registry)
    errors: list[ForwardaxError] = []
    config = None
    for check in (
        lambda: make_config(chosen.Config, settings, chosen.name),
        lambda: check_needs(problem, chosen, registry),
        lambda: check_call(key, progress, checkpoint),
    ):
        try:
            result = check()
            config = result if isinstance(result, chosen.Config) else config
        except ForwardaxError as error:
            errors.append(error)
    if errors:
        kinds = {type(error) for error in errors}
        kind = kinds.pop() if len(kinds) == 1 else FitError
        raise kind([f for error in errors for f in error.faults])
    random_key = as_key(key)
    if isinstance(checkpoint, Journal):
        checkpoint.bind(fit_digest(problem, chosen.name, config, random_key))
    return chosen.fit(
        problem,
        random_key,
        config=config,
        progress=progress,
        checkpoint=checkpoint,
    )


def named_estimator(
    estimator: str | Estimator, registry: Registry | None
) -> Estimator:
    """The estimator of a name; an estimator is returned as it is.

    Raises
    ------
    UnknownEntry
        If nothing of that name is registered; with the nearest names.
    """
    if isinstance(estimator, Estimator):
        return estimator
    found = (registry or Registry.default()).load("estimators", estimator)
    return found() if isinstance(found, type) else found


def check_call(key: Any, progress: Any, checkpoint: Any) -> None:
    """Refuse arguments of the wrong type; compiles nothing.

    Raises
    ------
    FitError
        With every fault.
    """
    faults = Faults()
    if not (_is_seed(key) or _is_key(key) or _is_key_data(key)):
        faults.append(
            Fault(
                "the key is not a random key",
                key="key",
                value=f"{key!r:.80}",
                allowed="jax.random.key(0), or a seed from 0 to 2**32 - 1",
                code="key",
            )
        )
    if progress is not None and not callable(progress):
        allowed = "a function of stage, done and total"
        faults.append(wrong_type("progress", progress, allowed))
    kinds = (Posterior, Journal)
    if checkpoint is not None and not isinstance(checkpoint, kinds):
        allowed = "a Posterior, such as Posterior.load(path), or a Journal"
        faults.append(wrong_type("checkpoint", checkpoint, allowed))
    faults.throw(FitError)


def as_key(key: Any) -> Any:
    """JAX random key of a key or an integer seed.

    Raises
    ------
    FitError
        If it is neither.
    """
    check_call(key, None, None)
    if _is_seed(key):
        return jax.random.key(int(key))
    return key if _is_key(key) else jax.random.wrap_key_data(key)


def _is_seed(key: Any) -> bool:
    if isinstance(key, bool) or not isinstance(key, int | np.integer):
        return False
    return bool(0 <= key < 2**32)


def _is_key(key: Any) -> bool:
    dtype = getattr(key, "dtype", None)
    return (
        dtype is not None
        and jax.dtypes.issubdtype(dtype, jax.dtypes.prng_key)  # pyright: ignore
        and key.shape == ()
    )


def _is_key_data(key: Any) -> bool:
    dtype = getattr(key, "dtype", None)
    return getattr(dtype, "name", "") == "uint32" and key.shape == (2,)


def check_needs(
    problem: Problem, estimator: Estimator, registry: Registry | None
) -> None:
    """Refuse a problem that an estimator cannot fit.

    Raises
    ------
    CapabilityError
        Naming each capability that is missing, and estimators that fit.
    """
    from .._problem.density import lack, no_data

    faults = Faults()
    missing = sorted(estimator.needs - problem.capabilities)
    others = _that_fit(problem, registry) if missing else ""
    for need in missing:
        fault = lack(problem, need)
        faults.append(
            Fault(
                fault.what,
                key=need,
                allowed=fault.allowed,
                needed_by=repr(estimator.name),
                fix=fault.fix
                + (f"; estimators that fit: {others}" if others else ""),
                code="capability",
            )
        )
    if problem.data is None:
        faults.append(no_data(problem, repr(estimator.name)))
    if problem.size == 0:
        faults.append(
            Fault(
                "nothing is free in this problem",
                key="free",
                allowed="at least one free key",
                fix="free a key, or give one a prior",
                code="free",
            )
        )
    faults.throw(CapabilityError)


def _that_fit(problem: Problem, registry: Registry | None) -> str:
    entries = (registry or Registry.default()).entries("estimators")
    offered = problem.capabilities
    names = [e.name for e in entries if e.needs <= offered]  # pyright: ignore
    return ", ".join(names)

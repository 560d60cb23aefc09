"""What this package offers, for `forwardax list`; imports no JAX."""

from __future__ import annotations

from collections.abc import Iterator

from forwardax import EstimatorEntry, PlotEntry, hookimpl

FORWARDAX_API = (1, 0)


@hookimpl
def forwardax_estimators() -> Iterator[EstimatorEntry]:
    """Estimators by name."""
    yield EstimatorEntry(
        "tfmpe.flow",
        target="tfmpe_tokens.flow:Flow",
        summary="Flow matching with a transformer, trained on simulations.",
        needs=frozenset({"simulate", "proper_prior"}),
        checks=("calibration", "importance_ess", "k_hat"),
        kind="amortised",
    )


@hookimpl
def forwardax_plots() -> Iterator[PlotEntry]:
    """Plots of posteriors."""
    yield PlotEntry(
        "tfmpe.importance",
        target="tfmpe_tokens.flow:plot_weights",
        summary="Importance weights of the draws of a flow.",
        accepts=("*",),
    )

"""What this package offers, for `forwardax list`; imports no JAX."""

from __future__ import annotations

from collections.abc import Iterator

from forwardax import EstimatorEntry, hookimpl

FORWARDAX_API = (1, 0)


@hookimpl
def forwardax_estimators() -> Iterator[EstimatorEntry]:
    """Estimators by name."""
    yield EstimatorEntry(
        "optim.map",
        target="inference_numpyro._map:Map",
        summary="Maximum a posteriori from many starts: least squares or BFGS.",
        needs=frozenset({"log_likelihood", "gradient"}),
        checks=("gradient_norm", "agreement"),
        kind="optimiser",
    )
    yield EstimatorEntry(
        "laplace.fisher",
        target="inference_numpyro._laplace:Laplace",
        summary="Gaussian from the Fisher matrix, with importance weights.",
        needs=frozenset({"log_likelihood", "gradient"}),
        checks=("positive_definite", "gradient_norm", "k_hat"),
        kind="approximation",
    )
    yield EstimatorEntry(
        "exact.linear",
        target="inference_numpyro._exact:Exact",
        summary="Linear coefficients exactly, the rest by quadrature or NUTS.",
        needs=frozenset({"log_likelihood", "gradient", "linear_gaussian"}),
        checks=("linear_gaussian", "remaining"),
        kind="sampler",
    )
    yield EstimatorEntry(
        "numpyro.nuts",
        target="inference_numpyro._nuts:Nuts",
        summary="No-U-turn sampler, whitened by the Laplace approximation.",
        needs=frozenset({"log_likelihood", "gradient"}),
        checks=(
            "r_hat",
            "ess_bulk",
            "ess_tail",
            "divergences",
            "e_bfmi",
            "tree_depth",
        ),
        kind="sampler",
    )

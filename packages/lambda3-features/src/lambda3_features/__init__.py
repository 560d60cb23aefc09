"""Events, tension, synchronisation and Bayes of time series.

Names are loaded at first use: the import needs neither Numba nor JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME: dict[str, str] = {
    "ConditionalSync": "_coupling",
    "Crises": "_crisis",
    "Drift": "_scales",
    "DynamicSync": "_sync",
    "Edge": "_network",
    "Events": "_events",
    "FeatureConfig": "_config",
    "FeatureSet": "_types",
    "HierarchicalEvents": "_hierarchy",
    "HierarchicalSeparation": "_separation",
    "LaggedProbability": "_coupling",
    "LevelPrior": "_bocpd",
    "ManyAnalysis": "_analysis",
    "OnlineChanges": "_bocpd",
    "OnlineDetector": "_bocpd",
    "OptionError": "_errors",
    "PairAnalysis": "_analysis",
    "Regimes": "_regimes",
    "Report": "_report",
    "Resonance": "_resonance",
    "Segmentation": "_segmentation",
    "SeriesAnalysis": "_analysis",
    "SeriesError": "_errors",
    "SeriesTable": "_tables",
    "Succession": "_separation",
    "SyncMatrix": "_network",
    "SyncNetwork": "_network",
    "SyncProfile": "_sync",
    "TensionCorrelation": "_resonance",
    "analyze_many": "_analysis",
    "analyze_pair": "_analysis",
    "analyze_series": "_analysis",
    "binary_segmentation": "_segmentation",
    "bocpd": "_bocpd",
    "centred_std": "_rolling",
    "conditional_sync": "_coupling",
    "covering": "_metrics",
    "crisis_score": "_crisis",
    "difference_events": "_events",
    "dynamic_sync": "_sync",
    "event_probability_matrix": "_coupling",
    "extract_features": "_features",
    "extract_many": "_features",
    "f1_margin": "_metrics",
    "hierarchical_events": "_hierarchy",
    "hierarchical_percentile_events": "_hierarchy",
    "hierarchical_separation": "_separation",
    "hmm_regimes": "_regimes",
    "kmeans_regimes": "_regimes",
    "lagged_event_probability": "_coupling",
    "load": "_save",
    "multiscale_std": "_rolling",
    "pelt": "_segmentation",
    "plot_network": "_plots",
    "plot_posterior": "_plots",
    "plot_predictive": "_plots",
    "plot_series": "_plots",
    "plot_sync_matrix": "_plots",
    "plot_sync_profile": "_plots",
    "plot_tension": "_plots",
    "read_series": "_tables",
    "report": "_report",
    "robust_events": "_events",
    "rolling_change_points": "_scales",
    "save": "_save",
    "scale_breaks": "_scales",
    "structural_drift": "_scales",
    "structural_resonance": "_resonance",
    "sync_matrix": "_network",
    "sync_network": "_network",
    "sync_profile": "_sync",
    "tension_correlation": "_resonance",
    "threshold_network": "_network",
    "to_html": "_report",
    "to_json": "_report",
    "to_markdown": "_report",
    "trailing_std": "_rolling",
    "validate_series": "_validate",
    # --- Bayes: names of the models and their results
    "BatchResults": "bayes._results",
    "BayesianResults": "bayes._results",
    "Comparison": "bayes._compare",
    "FutureScore": "bayes._compare",
    "compare_models": "bayes._compare",
    "fit_many": "bayes._fit",
    "fit_model": "bayes._fit",
    "leave_future_out": "bayes._compare",
    "model_problem": "bayes._fit",
    # --- end of Bayes
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        from forwardax.errors import nearest

        near = nearest(name, _HOME)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"lambda3_features has no {name!r}{hint}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_HOME)


__version__ = "0.1.0"

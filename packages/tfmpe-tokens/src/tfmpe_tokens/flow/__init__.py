"""Tokenised flow matching for posterior estimation.

`FlowEstimator` works on tokens, `Flow` (registered as `tfmpe.flow`) on
problems. Names are loaded at first use; they need the extra `estimators`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "BottomUp": "_bottom_up",
    "Flow": "_flow",
    "FlowConfig": "_config",
    "FlowEstimator": "_estimator",
    "LocalC2ST": "_lc2st",
    "NetworkConfig": "_network",
    "SimulatedTokens": "_simulations",
    "TrainConfig": "_train",
    "TrainLog": "_train",
    "TrainedFlow": "_trained",
    "cfm_loss": "_path",
    "fit_bottom_up": "_bottom_up",
    "flow_log_prob": "_ode",
    "flow_path": "_path",
    "integrate": "_ode",
    "local_c2st": "_lc2st",
    "plot_coverage": "_plots",
    "plot_importance": "_plots",
    "plot_local_c2st": "_plots",
    "plot_ranks": "_plots",
    "plot_tarp": "_plots",
    "plot_weights": "_plots",
    "simulate_tokens": "_simulations",
    "train": "_train",
}
_EXTRA = ("flax", "optax", "diffrax", "safetensors")


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        from forwardax.errors import nearest

        near = nearest(name, _HOME)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"tfmpe_tokens.flow has no {name!r}{hint}")
    try:
        value = getattr(import_module(f".{home}", __name__), name)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        raise ImportError(
            f"{name} needs {error.name}, which is not installed: "
            'pip install "tfmpe-tokens[estimators]"'
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_HOME)

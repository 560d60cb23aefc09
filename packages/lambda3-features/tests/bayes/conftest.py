"""Models to fit, and known arrays for them."""

from importlib.util import find_spec
from types import SimpleNamespace

import forwardax as fx
import numpy as np
import pytest

# These fit: the estimators are in a package of their own.
FITTING = [
    "test_equivariance.py",
    "test_example.py",
    "test_fit.py",
    "test_models.py",
]
collect_ignore = [] if find_spec("inference_numpyro") else FITTING


def flags(rng, n, count):
    out = np.zeros(n)
    out[rng.choice(n, count, replace=False)] = 1.0
    return out


def features(seed=0, n=60, events=6):
    """Known arrays of one series, not made from any series."""
    rng = np.random.default_rng(seed)
    walk = np.abs(np.cumsum(rng.normal(size=n)))
    return {
        "delta_pos": flags(rng, n, events),
        "delta_neg": flags(rng, n, events),
        "local_jump": flags(rng, n, events),
        "tension": 0.2 + 0.1 * walk,
    }


def other(seed=1, n=60):
    own = features(seed, n)
    return {
        "other_pos": own["delta_pos"],
        "other_neg": own["delta_neg"],
        "other_tension": own["tension"],
        "other_spread": 0.7,
    }


def base(n=60, seed=0, centre=3.0, spread=2.0, **more):
    known = features(seed, n)
    return fx.system(
        "lambda3.base", **known, centre=centre, spread=spread, **more
    )


def interaction(n=60, seed=0, centre=3.0, spread=2.0, **more):
    known = {**features(seed, n), **other(seed + 1, n)}
    return fx.system(
        "lambda3.interaction", **known, centre=centre, spread=spread, **more
    )


def dynamic(n=60, seed=0, centre=3.0, spread=2.0, **more):
    known = features(seed, n)
    return fx.system(
        "lambda3.dynamic", **known, centre=centre, spread=spread, **more
    )


def stacked(n, count, seed):
    every = [features(seed + i, n) for i in range(count)]
    return {key: np.stack([one[key] for one in every]) for key in every[0]}


def hierarchical(n=40, count=3, seed=0, **more):
    known = stacked(n, count, seed)
    if "terms" in more:
        needed = {"positive": "delta_pos", "negative": "delta_neg"}
        known = {needed[t]: known[needed[t]] for t in more["terms"][1:]}
    return fx.system(
        "lambda3.hierarchical",
        n_series=count,
        **known,
        centre=np.arange(count) + 1.0,
        spread=np.arange(count) + 0.5,
        **more,
    )


def pair(n=60, seed=0, **more):
    known = stacked(n, 2, seed)
    del known["local_jump"]
    more = {"centre": [1.0, -2.0], "spread": [2.0, 0.7], **more}
    return fx.system("lambda3.pair", **known, **more)


def compat(n=40, seed=0):
    """The original interaction model."""
    known, theirs = features(seed, n), other(seed + 1, n)
    known["rho_t"] = known.pop("tension")
    theirs["other_rho_t"] = theirs.pop("other_tension")
    del theirs["other_spread"]
    return fx.system("lambda3.compat.interaction", **known, **theirs)


@pytest.fixture
def make():
    return SimpleNamespace(
        features=features,
        other=other,
        base=base,
        interaction=interaction,
        dynamic=dynamic,
        hierarchical=hierarchical,
        pair=pair,
        compat=compat,
        stacked=stacked,
    )

"""False alarms and hits of events, and of coincidences, over many series."""

import numpy as np
import pytest
from lambda3_features import (
    FeatureConfig,
    extract_features,
    robust_events,
    structural_resonance,
    sync_network,
    sync_profile,
    trailing_std,
)


def autoregressive(rng, n, phi=0.7):
    noise = rng.normal(size=n)
    noise[0] /= np.sqrt(1 - phi**2)
    for i in range(1, n):
        noise[i] += phi * noise[i - 1]
    return noise


NOISE = {
    "white": lambda rng, n: rng.normal(size=n),
    "walk": lambda rng, n: rng.normal(size=n).cumsum(),
    "ar(1)": autoregressive,
}


@pytest.mark.parametrize("kind", NOISE)
def test_false_events_are_as_rare_as_stated(kind):
    counts = {"events": [], "local": []}
    for seed in range(200):
        x = NOISE[kind](np.random.default_rng(seed), 1000)
        found = extract_features(x, FeatureConfig(alpha=0.05))
        counts["events"].append(found.n_pos + found.n_neg)
        counts["local"].append(found.n_local)
    for found in counts.values():
        assert np.mean(found) <= 0.07
        assert np.mean(np.array(found) == 0) >= 0.93


@pytest.mark.parametrize("n", [12, 30, 100, 3000])
@pytest.mark.parametrize("alpha", [0.01, 0.2])
def test_the_stated_rate_holds_at_every_length(n, alpha):
    repeats = 4000 if n < 1000 else 800
    for make in NOISE.values():
        found = np.array(
            [
                len(
                    robust_events(
                        make(np.random.default_rng(s), n), alpha=alpha
                    )
                )
                for s in range(repeats)
            ]
        )
        error = 3 * found.std() / np.sqrt(repeats)
        assert found.mean() <= alpha + error


def f1(found, truth):
    hits = np.intersect1d(found, truth).size
    total = found.size + truth.size
    return 2 * hits / total if total else 1.0


@pytest.mark.parametrize("jumps", [3, 10, 30, 100])
def test_jumps_are_found_however_many_there_are(walk, jumps):
    scores = {"robust": [], "percentile": []}
    for seed in range(60):
        x, where = walk(1000, jumps, 8.0, seed)
        scores["robust"].append(f1(robust_events(x).index, where))
        old = extract_features(x, FeatureConfig.compatible()).events()
        scores["percentile"].append(f1(old.index, where))
    assert np.mean(scores["robust"]) >= 0.95
    if jumps != 30:  # the share that the percentile happens to be
        assert np.mean(scores["percentile"]) < 0.6


def events_in(rng, kind, n):
    if kind == "scattered":
        return (rng.random(n) < 0.03).astype(np.int8)
    if kind == "clustered":
        quiet = np.repeat(rng.random(n // 20) < 0.7, 20)
        return (rng.random(n) < np.where(quiet, 0.005, 0.12)).astype(np.int8)
    x = rng.normal(size=n).cumsum()
    return extract_features(x, FeatureConfig.compatible()).delta_pos


@pytest.mark.parametrize(
    ("kind", "test"),
    [
        ("scattered", "shift"),
        ("scattered", "gaps"),
        ("scattered", "exchangeable"),
        ("clustered", "shift"),
        ("percentile", "shift"),
        ("percentile", "gaps"),
    ],
)
def test_p_values_are_no_smaller_than_chance(kind, test):
    """P(p <= a) <= a + 3 standard errors, over 2000 independent pairs."""
    p = np.empty(2000)
    single = np.empty(2000)
    for seed in range(p.size):
        rng = np.random.default_rng(seed)
        a, b = (events_in(rng, kind, 1000) for _ in range(2))
        found = sync_profile(a, b, 5, test=test, n_permutations=199, seed=seed)
        p[seed], single[seed] = found.p_value, found.p_values[5 + 2]
    for one in (p, single):
        for level in (0.01, 0.05, 0.1):
            error = np.sqrt(level * (1 - level) / p.size)
            assert np.mean(one <= level) <= level + 3 * error


@pytest.mark.parametrize(
    ("copied", "power"), [(0.0, 0.0), (0.3, 0.6), (0.5, 0.97)]
)
def test_coupling_is_found_as_often_as_stated(copied, power):
    """A share of the leader's events is repeated two steps later."""
    hits, right = 0, 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        a = (rng.random(1000) < 0.03).astype(np.int8)
        repeated = np.roll(a, 2) * (rng.random(1000) < copied)
        b = (repeated | (rng.random(1000) < 0.02)).astype(np.int8)
        found = sync_profile(a, b, 5)
        hits += found.p_value <= 0.05
        right += found.p_value <= 0.05 and found.optimal_lag == 2
    if copied == 0:
        assert hits <= 200 * 0.05 + 3 * np.sqrt(200 * 0.05 * 0.95)
    else:
        assert hits >= 200 * power
        assert right >= 0.95 * hits


@pytest.mark.slow
def test_false_pairs_are_controlled():
    """The share of false pairs is at most alpha, on average."""
    shares = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        flags = {
            str(k): (rng.random(600) < 0.04).astype(np.int8) for k in range(8)
        }
        for k in (0, 2):  # two pairs are coupled
            copied = np.roll(flags[str(k)], 1) * (rng.random(600) < 0.7)
            flags[str(k + 1)] = copied | (rng.random(600) < 0.02)
        found = sync_network(flags, 5, n_permutations=999, seed=seed)
        true = {("0", "1"), ("2", "3")}
        false = [e for e in found.edges if (e.source, e.target) not in true]
        shares.append(len(false) / max(len(found.edges), 1))
    error = np.std(shares) / 10
    assert np.mean(shares) <= 0.05 + 3 * error


def test_smooth_tensions_correlate_by_chance_as_often_as_stated():
    p = []
    for seed in range(600):
        rng = np.random.default_rng(seed)
        a, b = (trailing_std(rng.normal(size=800), 20)[20:] for _ in range(2))
        p.append(structural_resonance(a, b, 5).p_value)
    for level in (0.05, 0.1):
        error = np.sqrt(level * (1 - level) / len(p))
        assert np.mean(np.array(p) <= level) <= level + 3 * error

"""How often coupling is found, and how often it is seen where there is none.

    python benchmarks/lambda3_coupling.py [REPEATS]

Two series of 1000 points; the share of pairs with p <= 0.05, of coincidences
of events (circular shifts, shuffled gaps) and of the Granger test (an F test
of five lags of the differences of the leader, beside five of its follower's
own). Each scenario says how the follower's differences come about.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from lambda3_features import extract_features, sync_profile
from scipy import stats

N, LAGS = 1000, 5
Pair = tuple[np.ndarray, np.ndarray]


def events(rng: np.random.Generator, rate: float = 0.03) -> np.ndarray:
    """Jumps of 8 standard deviations, of either sign."""
    return 8.0 * rng.choice([-1, 1], N) * (rng.random(N) < rate)


def shared_events(rng: np.random.Generator, share: float) -> Pair:
    """Jumps of the leader, a share of which comes again three steps later."""
    one = events(rng)
    other = np.where(rng.random(N) < share, np.roll(one, 3), 0.0)
    other = other + events(rng, 0.03 * (1 - share))
    return one + rng.normal(size=N), other + rng.normal(size=N)


def mixed_signs(rng: np.random.Generator, share: float) -> Pair:
    """The same, but a jump comes again with a sign of its own."""
    one = events(rng)
    sign = rng.choice([-1, 1], N)
    other = np.where(rng.random(N) < share, np.roll(one, 3) * sign, 0.0)
    other = other + events(rng, 0.03 * (1 - share))
    return one + rng.normal(size=N), other + rng.normal(size=N)


def linear(rng: np.random.Generator, strength: float) -> Pair:
    """No events; each step of the leader is a part of a later one."""
    one = rng.normal(size=N)
    return one, strength * np.roll(one, 3) + rng.normal(size=N)


def storms(rng: np.random.Generator, _: float) -> Pair:
    """Independent; each has its own spells of large steps."""

    def one() -> np.ndarray:
        spell = np.repeat(rng.random(N // 50) < 0.2, 50)
        spell = np.roll(spell, rng.integers(N))
        return rng.normal(size=N) * np.where(spell, 6.0, 1.0)

    return one(), one()


def common_storms(rng: np.random.Generator, _: float) -> Pair:
    """Spells of large steps at the same times, and nothing else in common."""
    spell = np.where(np.repeat(rng.random(N // 50) < 0.2, 50), 6.0, 1.0)
    return rng.normal(size=N) * spell, rng.normal(size=N) * spell


def common_cause(rng: np.random.Generator, share: float) -> Pair:
    """A third series leads both, the second one three steps later."""
    hidden = events(rng)
    return (
        np.where(rng.random(N) < share, hidden, 0.0) + rng.normal(size=N),
        np.where(rng.random(N) < share, np.roll(hidden, 3), 0.0)
        + rng.normal(size=N),
    )


def granger(one: np.ndarray, other: np.ndarray) -> float:
    """p-value of the F test that lags of `one` add nothing to `other`."""
    y = other[LAGS:]
    lags = [x[LAGS - k : N - k] for x in (other, one) for k in range(1, 6)]
    full = np.stack([np.ones(y.size), *lags], axis=1)
    rests = []
    for design in (full[:, : LAGS + 1], full):
        solution = np.linalg.lstsq(design, y)[0]
        rests.append(np.sum((y - design @ solution) ** 2))
    freedom = y.size - full.shape[1]
    f = (rests[0] - rests[1]) / LAGS / (rests[1] / freedom)
    return float(stats.f.sf(f, LAGS, freedom))


SCENARIOS: list[tuple[str, Callable[..., Pair], float]] = [
    ("independent, with events", shared_events, 0.0),
    ("independent, spells of large steps", storms, 0.0),
    ("spells at the same times", common_storms, 0.0),
    ("a tenth of the events comes again", shared_events, 0.1),
    ("a fifth", shared_events, 0.2),
    ("three tenths", shared_events, 0.3),
    ("half", shared_events, 0.5),
    ("a fifth, with any sign", mixed_signs, 0.2),
    ("three tenths, with any sign", mixed_signs, 0.3),
    ("half, with any sign", mixed_signs, 0.5),
    ("a common cause of half of the events", common_cause, 0.5),
    ("linear, 0.1 of each step, no events", linear, 0.1),
    ("linear, 0.3 of each step, no events", linear, 0.3),
]


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    print(f"{repeats} pairs of {N} points; share with p <= 0.05")
    print(f"{'':<40}{'shift':>8}{'gaps':>8}{'Granger':>9}{'lag right':>11}")
    for title, make, strength in SCENARIOS:
        found = np.zeros(4)
        for seed in range(repeats):
            steps = make(np.random.default_rng(seed), strength)
            a, b = (
                extract_features(s.cumsum()).events().flags() for s in steps
            )
            shift = sync_profile(a, b, LAGS)
            gaps = sync_profile(a, b, LAGS, test="gaps", seed=seed)
            hit = shift.p_value <= 0.05
            found += (
                hit,
                gaps.p_value <= 0.05,
                granger(*steps) <= 0.05,
                hit and shift.optimal_lag == 3,
            )
        hits, share = found[0], found / repeats
        right = f"{found[3] / hits:.2f}" if hits else "-"
        print(
            f"{title:<40}{share[0]:>8.3f}{share[1]:>8.3f}{share[2]:>9.3f}"
            f"{right:>11}"
        )
    error = np.sqrt(0.05 * 0.95 / repeats)
    print(f"standard error at 0.05: {error:.3f}")


if __name__ == "__main__":
    main()

"""Features, coincidences and segments, against loops of the same formulas.

    python benchmarks/lambda3_speed.py [--cold]

The baselines below are Numba loops of the formulas that the original Lambda³
framework documents, each window summed afresh, with the options it compiles
them with; they give the same numbers, which is checked first. A profile is
also timed by the formula as it stands, the mean of a product of slices, of
which the loop is a faster form. Segments are
compared with ruptures where that is installed. A copy of the input is timed
beside them: no extraction can be faster than its memory.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numba
import numpy as np
from lambda3_features import (
    FeatureConfig,
    FeatureSet,
    dynamic_sync,
    extract_features,
    multiscale_std,
    pelt,
    sync_matrix,
    sync_profile,
    trailing_std,
)

COMPATIBLE = FeatureConfig.compatible()
SCALES = (5, 10, 20, 50)

# --- the documented formulas, as loops ---------------------------------------


@numba.njit(cache=True)
def loop_differences(x, q):
    n = len(x)
    diff = np.empty(n)
    diff[0] = 0
    for i in range(1, n):
        diff[i] = x[i] - x[i - 1]
    return diff, np.percentile(np.abs(diff), q)


@numba.njit(cache=True)
def loop_jumps(diff, threshold):
    n = len(diff)
    pos, neg = np.zeros(n, np.int32), np.zeros(n, np.int32)
    for i in range(n):
        if diff[i] > threshold:
            pos[i] = 1
        elif diff[i] < -threshold:
            neg[i] = 1
    return pos, neg


@numba.njit(cache=True)
def loop_window(x, begin, end):
    mean = 0.0
    for j in range(begin, end):
        mean += x[j]
    mean /= end - begin
    variance = 0.0
    for j in range(begin, end):
        variance += (x[j] - mean) ** 2
    return np.sqrt(variance / (end - begin))


@numba.njit(cache=True)
def loop_tension(x, window):
    n = len(x)
    out = np.empty(n)
    for i in range(n):
        out[i] = loop_window(x, max(0, i - window), i + 1)
    return out


@numba.njit(cache=True)
def loop_local_std(x, window):
    n = len(x)
    out = np.empty(n)
    for i in range(n):
        out[i] = loop_window(x, max(0, i - window), min(n, i + window + 1))
    return out


@numba.njit(cache=True)
def loop_local_jumps(diff, std, q):
    n = len(diff)
    score = np.empty(n)
    for i in range(n):
        score[i] = abs(diff[i]) / (std[i] + 1e-8)
    threshold = np.percentile(score, q)
    flags = np.zeros(n, np.int32)
    for i in range(n):
        if score[i] > threshold:
            flags[i] = 1
    return flags


def loop_extract(x, window=10, local_window=10):
    diff, threshold = loop_differences(x, 97.0)
    pos, neg = loop_jumps(diff, threshold)
    std = loop_local_std(x, local_window)
    rho = loop_tension(x, window)
    local = loop_local_jumps(diff, std, 97.0)
    for flags in (pos, neg, local):
        assert np.all(np.isin(flags, [0, 1]))
    trend = np.arange(len(x), dtype=np.float64)
    return pos, neg, rho, std, local, trend


def loop_multiscale(x):
    return np.stack([loop_extract(x, scale, scale)[2] for scale in SCALES])


@numba.njit(cache=True)
def loop_rate(a, b, lag):
    n = len(a)
    size = abs(lag)
    if size >= n:
        return 0.0
    total = 0.0
    for i in range(n - size):
        if lag >= 0:
            total += a[i] * b[i + size]
        else:
            total += a[i + size] * b[i]
    return total / (n - size)


@numba.njit(parallel=True, cache=True)
def loop_profile(a, b, max_lag):
    rates = np.empty(2 * max_lag + 1)
    for k in numba.prange(2 * max_lag + 1):
        rates[k] = loop_rate(a, b, k - max_lag)
    return rates


loop_profile_serial = numba.njit(loop_profile.py_func)


@numba.njit(cache=True)
def formula_rate(a, b, lag):
    """The rate as it is documented: the mean of a product of slices."""
    n = len(a)
    if abs(lag) >= n:
        return 0.0
    if lag > 0:
        return np.mean(a[:-lag] * b[lag:])
    if lag < 0:
        return np.mean(a[-lag:] * b[:lag])
    return np.mean(a * b)


@numba.njit(parallel=True, cache=True)
def formula_profile(a, b, max_lag):
    rates = np.empty(2 * max_lag + 1)
    for k in numba.prange(2 * max_lag + 1):
        rates[k] = formula_rate(a, b, k - max_lag)
    return rates


formula_profile_serial = numba.njit(formula_profile.py_func)


def loop_dynamic(a, b, window, max_lag, profile):
    n = len(a) - window + 1
    out = np.empty(n)
    for i in range(n):
        out[i] = profile(a[i : i + window], b[i : i + window], max_lag).max()
    return out


def loop_matrix(flags, max_lag, profile):
    size = len(flags)
    out = np.eye(size)
    for i in range(size):
        for j in range(size):
            if i != j:
                out[i, j] = profile(flags[i], flags[j], max_lag).max()
    return out


# --- timing ----------------------------------------------------------------


def once(call: Callable[[], Any], times: int = 1) -> float:
    """Milliseconds of a call, the mean of some in a row."""
    start = time.perf_counter()
    for _ in range(times):
        call()
    return 1e3 * (time.perf_counter() - start) / times


def interleaved(
    calls: Mapping[str, Callable[[], Any]], rounds: int = 15
) -> dict[str, list[float]]:
    """Milliseconds of each call, in turns of 20 milliseconds or more."""
    for call in calls.values():
        call()
    times = {
        name: max(1, int(20.0 / once(call))) for name, call in calls.items()
    }
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            taken[name].append(once(call, times[name]))
    return taken


def table(taken: Mapping[str, list[float]]) -> None:
    """One line for each call; ratios are to the first."""
    ours = next(iter(taken.values()))
    for name, times in taken.items():
        cell = f"{statistics.median(times):.3g} / {min(times):.3g}"
        ratio = ""
        if times is not ours:
            median = statistics.median(times) / statistics.median(ours)
            ratio = f"{median:.3g} / {min(times) / min(ours):.3g}"
        print(f"  {name:<44}{cell:<22}{ratio}")


def series(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=n)
    steps[rng.choice(n, n // 100, replace=False)] *= 8
    return steps.cumsum()


def peak(call: Callable[[], Any]) -> int:
    """Bytes of memory that a call takes at most, beyond what was taken."""
    status = Path("/proc/self/status")

    def read(name: str) -> int:
        lines = status.read_text().splitlines()
        (line,) = [entry for entry in lines if entry.startswith(name)]
        return 1024 * int(line.split()[1])

    Path("/proc/self/clear_refs").write_text("5")  # forget the old peak
    before = read("VmRSS")
    result = call()
    taken = read("VmHWM") - before
    del result
    return taken


def memory() -> None:
    n = 1_000_000
    x = series(n)
    for name, call in (
        ("original definitions", lambda: extract_features(x, COMPATIBLE)),
        ("default definitions", lambda: extract_features(x)),
        ("loops", lambda: loop_extract(x)),
    ):
        call()
        print(f"  peak bytes per point, {name}: {peak(call) / n:.0f}")


def extraction() -> None:
    for n in (10_000, 100_000, 1_000_000):
        x = series(n)
        ours, theirs = extract_features(x, COMPATIBLE), loop_extract(x)
        for name, array in zip(
            ("delta_pos", "delta_neg", "rho_T", "local_std"),
            theirs,
            strict=False,
        ):
            np.testing.assert_allclose(
                getattr(ours, name), array, rtol=0, atol=1e-9 * abs(x).max()
            )
        print(f"extraction, n = {n:,}, windows 10 and 10")
        table(
            interleaved(
                {
                    "original definitions": lambda x=x: extract_features(
                        x, COMPATIBLE
                    ),
                    "loops": lambda x=x: loop_extract(x),
                    "default definitions": lambda x=x: extract_features(x),
                    "(a copy of the input)": x.copy,
                }
            )
        )
    x = series(100_000)
    print("tension, n = 100,000, window 1000")
    table(
        interleaved(
            {
                "trailing_std": lambda: trailing_std(x, 1000),
                "loops": lambda: loop_tension(x, 1000),
            },
            5,
        )
    )
    print(f"tension at scales {SCALES}, n = 100,000")
    table(
        interleaved(
            {
                "multiscale_std": lambda: multiscale_std(x, SCALES),
                "loops, an extraction for each scale": lambda: loop_multiscale(
                    x
                ),
                "loops, tension alone": lambda: [
                    loop_tension(x, s) for s in SCALES
                ],
            }
        )
    )


def flags(n: int, seed: int) -> FeatureSet:
    return extract_features(series(n, seed), COMPATIBLE)


def profiles(both: list[np.ndarray]) -> dict[str, Callable[[], Any]]:
    """Baselines of a profile: as documented, and in a loop without arrays."""
    return {
        "formula, in parallel": lambda: formula_profile(*both, 10),
        "formula, in one thread": lambda: formula_profile_serial(*both, 10),
        "loops, in parallel": lambda: loop_profile(*both, 10),
        "loops, in one thread": lambda: loop_profile_serial(*both, 10),
    }


def coincidences() -> None:
    one, other = flags(100_000, 1), flags(100_000, 2)
    a, b = one.delta_pos, other.delta_pos
    wide = [f.astype(np.int32) for f in (a, b)]
    events = [f.events() for f in (one, other)]
    found = sync_profile(a, b, normalise="joint", test="none")
    for call in profiles(wide).values():
        np.testing.assert_allclose(found.rate, call())
    both = [f.flags() for f in events]
    wider = [f.astype(np.int32) for f in both]
    print(f"profile of flags, n = 100,000, {a.sum()} and {b.sum()} events")
    table(
        interleaved(
            {
                "sync_profile": lambda: sync_profile(
                    a, b, normalise="joint", test="none"
                ),
                **profiles(wide),
                "sync_profile with p-values": lambda: sync_profile(a, b),
            },
            40,
        )
    )
    print(f"profile of event lists, {len(events[0])} and {len(events[1])}")
    table(
        interleaved(
            {
                "sync_profile": lambda: sync_profile(
                    *events, normalise="joint", test="none"
                ),
                **profiles(wider),
            },
            40,
        )
    )
    a, b = (f.delta_pos for f in (flags(10_000, 3), flags(10_000, 4)))
    wide = [f.astype(np.int32) for f in (a, b)]
    found = dynamic_sync(a, b, 20, 10, normalise="joint")
    expected = loop_dynamic(*wide, 20, 10, loop_profile_serial)
    np.testing.assert_allclose(found.rate, expected)
    print("dynamic synchronisation, n = 10,000, window 20")
    table(
        interleaved(
            {
                "dynamic_sync": lambda: dynamic_sync(
                    a, b, 20, 10, normalise="joint"
                ),
                "loops, in parallel": lambda: loop_dynamic(
                    *wide, 20, 10, loop_profile
                ),
                "loops, in one thread": lambda: loop_dynamic(
                    *wide, 20, 10, loop_profile_serial
                ),
            },
            3,
        )
    )
    many = {str(k): flags(2000, 10 + k) for k in range(20)}
    wide = [f.delta_pos.astype(np.int32) for f in many.values()]
    found = sync_matrix(many, events="pos", normalise="joint")
    np.fill_diagonal(found.rate, 1)
    expected = loop_matrix(wide, 10, loop_profile_serial)
    np.testing.assert_allclose(found.rate, expected)
    print("matrix, 20 series of 2000")
    table(
        interleaved(
            {
                "sync_matrix": lambda: sync_matrix(
                    many, events="pos", normalise="joint"
                ),
                "formula, in parallel": lambda: loop_matrix(
                    wide, 10, formula_profile
                ),
                "formula, in one thread": lambda: loop_matrix(
                    wide, 10, formula_profile_serial
                ),
                "loops, in parallel": lambda: loop_matrix(
                    wide, 10, loop_profile
                ),
                "loops, in one thread": lambda: loop_matrix(
                    wide, 10, loop_profile_serial
                ),
            },
            7,
        )
    )


def segments() -> None:
    try:
        import ruptures
    except ImportError:
        print("segments: ruptures is not installed")
        return
    rng = np.random.default_rng(0)
    for n, segments_ in ((1000, 10), (10_000, 50)):
        levels = np.repeat(rng.normal(size=segments_) * 5, n // segments_)
        x = levels + rng.normal(size=n)
        penalty = 3 * np.log(n) * x.var()
        calls: dict[str, Callable[[], Any]] = {
            "pelt": lambda x=x, p=penalty: pelt(x, p),
            "ruptures.KernelCPD, linear": lambda x=x, p=penalty: (
                ruptures.KernelCPD("linear", min_size=2).fit(x).predict(pen=p)
            ),
            "ruptures.Pelt, l2, every fifth point": lambda x=x, p=penalty: (
                ruptures.Pelt("l2", min_size=2, jump=5).fit(x).predict(pen=p)
            ),
        }
        ours = [*pelt(x, penalty).breakpoints.tolist(), n]
        theirs = calls["ruptures.KernelCPD, linear"]()
        assert ours == list(map(int, theirs)), (ours, theirs)
        if n == 1000:
            exact = ruptures.Pelt("l2", min_size=2, jump=1).fit(x)
            calls["ruptures.Pelt, l2"] = lambda e=exact, p=penalty: e.predict(
                pen=p
            )
            assert ours == exact.predict(pen=penalty)
        print(f"segments, n = {n:,}, {len(ours) - 1} breakpoints")
        table(interleaved(calls, 3))


def cold() -> None:
    """Seconds of the processor in fresh processes."""
    programs = {
        "import": "import lambda3_features",
        "first features": (
            "import numpy as np, lambda3_features as l;"
            "l.extract_features(np.sin(np.arange(1000.0)))"
        ),
        "import numba alone": "import numba",
    }
    print("seconds of the processor in a fresh process, median of 5")
    for name, program in programs.items():
        code = f"import time\n{program}\nprint(time.process_time())"
        taken = [
            float(
                subprocess.run(
                    [sys.executable, "-c", code],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
            )
            for _ in range(6)
        ]
        print(f"  {name:<44}{statistics.median(taken[1:]):.2f}")


def main() -> None:
    print(
        f"numba {numba.__version__}, numpy {np.__version__}, Python "
        f"{platform.python_version()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}; in turns; ms, median / minimum; ratios to "
        "the first of each"
    )
    extraction()
    coincidences()
    segments()
    # Blocks that are freed go back at once, or no peak would be seen.
    here = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}
    subprocess.run([sys.executable, __file__, "--memory"], env=here, check=True)
    cold()
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    if "--memory" in sys.argv:
        memory()
    elif "--cold" in sys.argv:
        cold()
    else:
        main()

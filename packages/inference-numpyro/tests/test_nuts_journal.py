"""NUTS with a journal: killed anywhere, the result is bit for bit the same."""

import equinox as eqx
import forwardax as fx
import jax
import numpy as np
import pytest
from forwardax.errors import FitError, SaveError
from forwardax.estimation import Journal
from inference_numpyro import _nuts_run

SETTINGS = {"draws": 60, "warmup": 40}
SAME = ("energy", "num_steps", "diverging", "accept_prob", "whitened",
        "step_size", "invalid_starts")  # fmt: skip


class Killed(Exception):
    pass


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    """Chunks of ten draws, however fast this machine is."""
    monkeypatch.setattr(_nuts_run, "CHUNK", 10)


def fit(problem, journal=None, key=1, **settings):
    settings = SETTINGS | settings
    return fx.fit(
        problem, "numpyro.nuts", key=key, checkpoint=journal, **settings
    )


def until(path, problem, count, monkeypatch, **settings):
    """Fit, and die when `count` chunks are there."""
    append = Journal.append

    def dying(self, kind, arrays):
        append(self, kind, arrays)
        if len(list(path.glob("0*.npz"))) == count:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", dying)
        with pytest.raises(Killed):
            fit(problem, Journal(path), **settings)


def same(one, other):
    np.testing.assert_array_equal(one.unconstrained, other.unconstrained)
    np.testing.assert_array_equal(one.log_density, other.log_density)
    for name in SAME:
        np.testing.assert_array_equal(one.stats[name], other.stats[name])
    for name, value in one.state.items():
        np.testing.assert_array_equal(value, other.state[name])
    assert one.notes == other.notes
    assert one.checks == other.checks


@pytest.mark.slow
@pytest.mark.parametrize("whiten", [True, False])
def test_killed_after_any_chunk(toys, tmp_path, monkeypatch, whiten):
    problem = toys.rate().problem
    whole = fit(problem, whiten=whiten)
    # One at the start, four of the warm-up, six of the draws.
    for count in (1, 2, 5, 6, 11):
        path = tmp_path / str(count)
        until(path, problem, count, monkeypatch, whiten=whiten)
        same(fit(problem, Journal(path), whiten=whiten), whole)
        # All is there: nothing is left to do, and it is the same again.
        same(fit(problem, Journal(path), whiten=whiten), whole)


def test_killed_again_and_again(toys, tmp_path, monkeypatch):
    problem = toys.rate().problem
    for count in (1, 3, 4, 8, 10):
        until(tmp_path / "j", problem, count, monkeypatch)
    found = fit(problem, Journal(tmp_path / "j"))
    same(found, fit(problem))
    assert set(found.timings) == {"search", "warmup", "sampling"}


def test_what_the_search_noted_is_kept(toys, tmp_path, monkeypatch):
    make_starts = _nuts_run.make_starts

    def troubled(*arguments):
        starts = make_starts(*arguments)
        return starts._replace(invalid=starts.invalid + 3)

    problem = toys.rate().problem
    with monkeypatch.context() as patch:
        patch.setattr(_nuts_run, "make_starts", troubled)
        until(tmp_path / "j", problem, 3, monkeypatch)
    found = fit(problem, Journal(tmp_path / "j"))
    assert found.stats["invalid_starts"] == [3]
    assert any("3 starting points" in note for note in found.notes)


def test_with_a_damaged_last_chunk(toys, tmp_path, monkeypatch):
    problem = toys.rate().problem
    path = tmp_path / "j"
    until(path, problem, 7, monkeypatch)
    last = path / "000006.npz"
    last.write_bytes(last.read_bytes()[:-100])
    same(fit(problem, Journal(path)), fit(problem))


def test_where_a_chain_is_cut_changes_nothing(toys, tmp_path, monkeypatch):
    problem = toys.rate().problem
    found = []
    for chunk in (7, 100):
        monkeypatch.setattr(_nuts_run, "CHUNK", chunk)
        found.append(fit(problem, Journal(tmp_path / str(chunk)), thin=2))
    same(*found)


def test_the_journal_has_at_most_seconds_to_lose(toys, tmp_path, monkeypatch):
    # A slow density makes short chunks: here every step lasts a second.
    monkeypatch.setattr(_nuts_run, "CHUNK", 100)
    clock = [0.0]

    def tick():
        return clock[0]

    advance = _nuts_run.advance

    def slow(*arguments, **plan):
        clock[0] += float(arguments[5])
        return advance(*arguments, **plan)

    monkeypatch.setattr(_nuts_run, "perf_counter", tick)
    monkeypatch.setattr(_nuts_run, "advance", slow)
    reports = []
    fx.fit(
        toys.line().problem,
        "numpyro.nuts",
        key=0,
        progress=lambda *told: reports.append(told),
        **SETTINGS,
    )
    done = [n for stage, n, _ in reports if stage == "sampling"]
    assert np.diff(done).max() == 5


@pytest.mark.parametrize(
    "change",
    [
        {"key": 2},
        {"draws": 61},
        {"target_accept": 0.9},
        {"other": {"prior_sd": 3.0}},
        {"other": {"seed": 1}},
    ],
    ids=str,
)
def test_a_journal_of_another_fit_is_refused(
    toys, tmp_path, monkeypatch, change
):
    path = tmp_path / "j"
    until(path, toys.line().problem, 2, monkeypatch)
    settings = dict(change)
    problem = toys.line(**settings.pop("other", {})).problem
    with pytest.raises(FitError, match="another fit"):
        fit(problem, Journal(path), **settings)


def test_another_known_array_is_refused(toys, tmp_path, monkeypatch):
    path, problem = tmp_path / "j", toys.line().problem
    until(path, problem, 1, monkeypatch)
    system = jax.tree.map(lambda leaf: 1.01 * leaf, problem.system)
    other = eqx.tree_at(lambda p: p.system, problem, system)
    with pytest.raises(FitError, match="log-density"):
        fit(other, Journal(path))


def test_a_missing_chunk_is_refused(toys, tmp_path, monkeypatch):
    path = tmp_path / "j"
    until(path, toys.rate().problem, 4, monkeypatch)
    (path / "000002.npz").unlink()
    with pytest.raises(SaveError, match="out of order"):
        fit(toys.rate().problem, Journal(path))


@pytest.mark.parametrize("name", ["optim.map", "laplace.fisher"])
def test_short_estimators_ignore_it(toys, tmp_path, name):
    problem = toys.rate().problem
    one = fx.fit(problem, name, key=3)
    other = fx.fit(problem, name, key=3, checkpoint=Journal(tmp_path / "j"))
    np.testing.assert_array_equal(one.unconstrained, other.unconstrained)
    assert not (tmp_path / "j").exists()


def test_a_run_without_a_journal_writes_nothing(toys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fit(toys.rate().problem)
    assert list(tmp_path.iterdir()) == []

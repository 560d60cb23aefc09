"""Posteriors: values, verdicts, and files that are whole or absent."""

import dataclasses
import zipfile

import equinox as eqx
import forwardax as fx
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import DataField, DataSpec, ParamField, ParamSpec, Prior
from forwardax._fit.posterior_make import make_posterior, moving_keys
from forwardax.contracts import Check
from forwardax.errors import SaveError
from jax import Array

SPEC = ParamSpec(
    [
        ParamField("a", unit="m", prior=Prior("Normal", loc=0.0, scale=1.0)),
        ParamField("b", shape=(2,), prior=Prior("HalfNormal", scale=1.0)),
        ParamField("c", default=2.0),
        ParamField("d", prior=Prior("Normal", loc=0.0, scale=1.0)),
        ParamField("area", kind="derived", unit="m2"),
    ]
)


class Square(fx.System):
    """Something with a derived value."""

    scale: Array
    spec: ParamSpec = eqx.field(static=True, default=SPEC)
    system_id = "square"
    data = DataSpec([DataField("y", shape=(2,))])
    transforms = fx.TransformRegistry(
        [fx.Transform("area", ("a", "c"), lambda a, c: a * c)]
    )

    def predict(self, store):
        return store["b"] * store["a"] + store["c"] + store["d"]

    def log_likelihood(self, store, data):
        residual = (data["y"] - self.predict(store)) / self.scale
        return -0.5 * jnp.square(residual).sum()


GOOD = Check("r_hat", True, 1.001, 1.01, "r_hat 1.001")
BAD = Check("ess", False, 12.0, 400.0, "ess 12 below 400")


def make(checks=(GOOD,), declared=("r_hat",)):
    posed = fx.Problem(
        Square(jnp.asarray(1.0)),
        {"y": np.zeros(2)},
        fixed={"b[0]": 0.5},
        ties={"d": "a"},
    )
    u = jnp.asarray(np.random.default_rng(0).normal(size=(2, 50, posed.size)))
    return posed, make_posterior(
        posed,
        u,
        estimator="test.none",
        declared=declared,
        checks=checks,
        stats={"diverging": np.zeros((2, 50), bool)},
        notes=("a note",),
    )


def test_draws_derived_and_held_values_are_told_apart():
    posed, found = make()
    assert moving_keys(posed) == {"a", "b", "d"}
    assert set(found.draws) == {"a", "b", "d"}
    assert set(found.held) == {"c"} and float(found.held["c"]) == 2.0
    assert found.draws["b"].shape == (2, 50, 2)
    assert (found.draws["b"][..., 0] == 0.5).all()
    np.testing.assert_array_equal(found["d"], found["a"])
    np.testing.assert_allclose(found["area"], 2 * found["a"])
    np.testing.assert_allclose(found["b[1]"], found.draws["b"][..., 1])
    u = jnp.asarray(found.unconstrained[1, 7])
    assert found.log_density[1, 7] == pytest.approx(
        float(fx.log_density(posed, u)), rel=1e-12
    )


def test_draws_are_stores_too():
    posed, found = make()
    stores = found.stores(posed.system)
    assert stores["c"].shape == (2, 50)
    np.testing.assert_allclose(
        stores.derived("area")["area"], found.derived["area"]
    )


def test_a_declared_check_that_fails_or_is_missing_is_not_converged():
    assert make()[1].converged
    assert make()[1].verdict == "converged: 1 check passed"
    failed = make((GOOD, BAD), ("r_hat", "ess"))[1]
    assert not failed.converged
    assert failed.verdict == "not converged: ess 12 below 400"
    missing = make((GOOD,), ("r_hat", "ess"))[1]
    assert not missing.converged
    assert "the check ess was not made" in missing.verdict


def test_summary_has_units_elements_and_the_verdict():
    text = str(make()[1].summary())
    assert "m2" in text and "b[1]" in text and "converged" in text


def test_saved_posterior_is_read_back_identical(tmp_path):
    _, found = make((GOOD, BAD), ("r_hat", "ess"))
    path = found.save(tmp_path / "runs" / "one")
    again = fx.Posterior.load(path)
    for part in dataclasses.fields(found):
        first, second = getattr(found, part.name), getattr(again, part.name)
        if isinstance(first, dict):
            assert list(first) == list(second)
            for key, value in first.items():
                np.testing.assert_array_equal(value, second[key])
        else:
            np.testing.assert_array_equal(first, second)
    assert again.verdict == found.verdict


def test_a_flipped_bit_is_never_silent(tmp_path):
    path = make()[1].save(tmp_path / "one")
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    harmless = 0
    for _ in range(60):
        broken = bytearray(whole)
        at = int(rng.integers(len(broken)))
        broken[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(broken)
        try:
            again = fx.Posterior.load(path)
        except SaveError:
            continue
        harmless += 1  # in the headers of the archive, which say it twice
        np.testing.assert_array_equal(again["a"], make()[1]["a"])
    assert harmless < 60


def test_a_failed_save_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    _, found = make()
    path = found.save(tmp_path / "one")
    before = path.read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(SaveError, match="No space left"):
        found.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["one.npz"]


def test_a_pickle_in_the_file_is_refused(tmp_path):
    path = make()[1].save(tmp_path / "one")
    evil = tmp_path / "evil.npz"
    np.savez(evil, record=np.array([object()], dtype=object))
    with pytest.raises(SaveError):
        fx.Posterior.load(evil)
    with zipfile.ZipFile(path) as archive:
        assert all(n.endswith(".npy") for n in archive.namelist())

"""The search for a maximum: least squares, and hops between parts."""

import equinox as eqx
import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import DataField, DataSpec, ParamField, ParamSpec, Prior
from inference_numpyro import _locate
from inference_numpyro._hops import hops
from inference_numpyro._locate import locate
from inference_numpyro._search import is_squares
from inference_numpyro._squares import descend
from inference_numpyro._starts import make_starts

GRID = np.linspace(0.0, 10.0, 150)
PARTS = ("a", "b", "c", "d")
TRUTH = (1.3, 4.2, 6.6, 8.9)


class Bumps(fx.System):
    """Four rows with a narrow bump each: far from it there is no slope."""

    grid: jax.Array
    spec: ParamSpec = eqx.field(static=True)
    system_id = "bumps"
    data = DataSpec([DataField("rows", dims=("part", "x"))])

    def predict(self, store):
        centres = jnp.stack([store[f"{part}.centre"] for part in PARTS])
        off = (self.grid - centres[:, None]) / 0.25
        return {"rows": jnp.exp(-0.5 * off**2)}

    def residuals(self, store, data):
        return jnp.ravel(data["rows"] - self.predict(store)["rows"]) / 0.05

    def log_likelihood(self, store, data):
        return -0.5 * jnp.sum(self.residuals(store, data) ** 2)


@pytest.fixture(scope="module")
def bumps():
    prior = Prior("Uniform", low=0.0, high=10.0)
    fields = [ParamField(f"{part}.centre", prior=prior) for part in PARTS]
    system = Bumps(jax.device_put(GRID), ParamSpec(fields))
    truth = dict(zip([f.key for f in fields], TRUTH, strict=True))
    image = system.predict(system.store(truth))
    return fx.Problem(system, jax.tree.map(np.asarray, image))


def found_from(problem, seed):
    starts = make_starts(problem, jax.random.key(seed), 8)
    return locate(problem, starts, jacobian=False, steps=200, rate=0.1)


def right(problem, seed):
    store = problem.to_store(found_from(problem, seed).peak.point)
    centres = [float(store[f"{part}.centre"]) for part in PARTS]
    return np.allclose(centres, TRUTH, atol=0.01)


@pytest.mark.slow
def test_hops_put_right_parts_together(bumps, monkeypatch):
    # Of 20 seeds 18 are right with hops, and 2 without.
    assert sum(right(bumps, seed) for seed in range(5)) >= 3
    monkeypatch.setattr(_locate, "_HOPS", 0)
    assert sum(right(bumps, seed) for seed in range(5)) <= 2


def test_hops_begin_no_worse_than_the_best_mixture(bumps):
    starts = make_starts(bumps, jax.random.key(1), 8)
    ends = starts.points[jnp.argsort(starts.losses)]
    found = hops(bumps, jax.random.key(2), ends)
    assert found.shape == ends.shape
    losses = jax.vmap(lambda u: fx.loss(bumps, u))(found)
    assert jnp.isfinite(losses).all()
    assert losses.min() < starts.losses.min()


class TwoStars(fx.System):
    """Two spots on either side of the middle, which may swap names."""

    grid: jax.Array
    system_id = "two_stars"
    spec = ParamSpec(
        [
            ParamField(
                "pair.angle",
                unit="deg",
                cyclic=360.0,
                prior=Prior("Uniform", low=0.0, high=360.0),
            ),
            ParamField(
                "pair.contrast",
                prior=Prior("LogNormal", loc=-1.2, scale=0.25),
            ),
        ]
    )
    data = DataSpec([DataField("image", dims=("y", "x"))])

    def predict(self, store):
        angle = jnp.deg2rad(store["pair.angle"])
        ratio = store["pair.contrast"]
        x, y = jnp.cos(angle), jnp.sin(angle)

        def spot(x, y):
            square = (self.grid - x) ** 2 + (self.grid[:, None] - y) ** 2
            return jnp.exp(-2 * square)

        image = ratio * spot(x, y) + spot(-x, -y)
        return {"image": image / (1 + ratio)}

    def residuals(self, store, data):
        return jnp.ravel(data["image"] - self.predict(store)["image"]) / 0.01

    def log_likelihood(self, store, data):
        return -0.5 * jnp.sum(self.residuals(store, data) ** 2)


def test_the_other_side_of_an_angle_is_looked_at(monkeypatch):
    """The likelihood is the same for both names, the prior is not."""
    system = TwoStars(jnp.linspace(-2.0, 2.0, 12))
    truth = {"pair.angle": 90.0, "pair.contrast": 0.3}
    image = system.predict(system.store(truth))
    problem = fx.Problem(system, jax.tree.map(np.asarray, image))
    swapped = {"pair.angle": 270.0, "pair.contrast": 1 / 0.3}
    wrong = problem.to_unconstrained(system.store(swapped))
    starts = make_starts(problem, jax.random.key(0), 4)
    starts = starts._replace(points=jnp.tile(wrong, (4, 1)))

    # Neither mixtures nor draws of the prior are of any help.
    monkeypatch.setattr(_locate, "hops", lambda problem, key, ends: ends)
    monkeypatch.setattr(_locate, "make_starts", lambda *_: starts)

    def angle():
        found = locate(problem, starts, jacobian=False, steps=50, rate=0.1)
        return float(problem.to_store(found.peak.point)["pair.angle"])

    assert angle() == pytest.approx(90.0, abs=1.0)
    monkeypatch.setattr(_locate, "_HOPS", 0)
    assert angle() == pytest.approx(270.0, abs=1.0)


def test_linear_least_squares_are_exact():
    generator = np.random.default_rng(3)
    design = jnp.asarray(generator.normal(size=(20, 3)))
    target = jnp.asarray(generator.normal(size=20))

    def residuals(v):
        return 30 * (design @ v - target)

    def rest(v):
        return 0.5 * jnp.sum(v**2)

    end = jax.jit(lambda v: descend(residuals, rest, v))(jnp.ones(3))
    square = 900 * design.T @ design + jnp.eye(3)
    exact = jnp.linalg.solve(square, 900 * design.T @ target)
    assert end.settled
    # A further step would gain less than 1e-10, half the squared distance.
    off = (end.v - exact) @ square @ (end.v - exact)
    assert jnp.sqrt(off) < np.sqrt(2e-10)
    np.testing.assert_allclose(end.slopes.fisher, square - jnp.eye(3))
    np.testing.assert_allclose(end.slopes.curvature, jnp.eye(3))
    slope = end.slopes.chi + end.slopes.rest
    np.testing.assert_allclose(slope, square @ (end.v - exact), atol=1e-9)


@pytest.mark.parametrize("start", [(-1.2, 1.0), (3.0, -4.0), (0.0, 20.0)])
def test_a_curved_valley_is_followed(start):
    def residuals(v):
        return jnp.stack([100.0 * (v[1] - v[0] ** 2), 10.0 * (1.0 - v[0])])

    end = jax.jit(lambda v: descend(residuals, lambda v: 0.0 * v.sum(), v))(
        jnp.asarray(start)
    )
    assert end.settled
    np.testing.assert_allclose(end.v, 1.0, atol=1e-3)


def test_invalid_regions_are_walls():
    def residuals(v):
        return 10.0 * (jnp.log(v) - 1.0)

    def rest(v):
        return jnp.where((v > 0).all(), 0.0, jnp.inf)

    end = descend(residuals, rest, jnp.asarray([0.01, 8.0]))
    np.testing.assert_allclose(end.v, np.e, atol=1e-2)


def test_single_precision(bumps):
    def residuals(v):
        return 30 * (v - jnp.asarray([0.5, -0.2], jnp.float32))

    end = descend(
        residuals, lambda v: 0.5 * jnp.sum(v**2), jnp.ones(2, jnp.float32)
    )
    assert end.settled and end.v.dtype == jnp.float32
    assert is_squares(bumps)

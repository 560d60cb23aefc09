"""What the toys do, in numbers."""

import forwardax as fx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from forwardax import Prior, Problem, Ragged, Registry
from forwardax.errors import DataError, ResolveError, StoreError, StructureError
from forwardax.testing.toys import plugin
from forwardax.testing.toys.blobs import PIXEL, make_blobs
from forwardax.testing.toys.groups import WAITS, Groups
from forwardax.testing.toys.instrument import BUILDER, Instrument
from forwardax.testing.toys.regression import Regression
from forwardax.testing.toys.schools import CENTRED, EFFECTS, ERRORS, Schools
from forwardax.testing.toys.specs import ARCSEC

SCALE = "imaging.psf_pixel_scale"
EFFECTIVE = "imaging.effective_focal_length"
DATA = {"effect": jnp.array(EFFECTS)}
ROUND = {
    "blob.x": [-0.9, 1.1],
    "blob.y": [0.2, -0.3],
    "blob.flux": [20.0, 30.0],
    "blob.size": [0.3, 0.4],
    "blob.axis_ratio": [1.0, 0.5],
    "blob.angle": [30.0, 120.0],
}


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(24)


def test_blobs_keep_their_flux(blobs):
    image = blobs.predict(blobs.store(ROUND))["image"]
    assert image.sum() == pytest.approx(50, rel=2e-3)
    # The brightest pixel belongs to the blob below on the right.
    row, column = np.unravel_index(np.argmax(image), image.shape)
    assert (row - 11.5) * PIXEL == pytest.approx(-0.3, abs=0.2)
    assert (column - 11.5) * PIXEL == pytest.approx(1.1, abs=0.2)


def test_blob_angle_has_no_seam(blobs):
    angles = [blobs.store(ROUND | {"blob.angle": [a, a]}) for a in (0, 180)]
    one, other = (blobs.predict(store)["image"] for store in angles)
    np.testing.assert_allclose(one, other, atol=1e-12)
    problem = Problem(blobs)
    turned = [
        problem.to_unconstrained(blobs.store(ROUND | {"blob.angle": [a, a]}))
        for a in (0.001, 179.999)
    ]
    assert jnp.abs(turned[0] - turned[1]).max() < 1e-4


def test_blob_gradient_at_the_round_limit(blobs):
    data = blobs.simulate(jax.random.key(0), blobs.store(ROUND))
    slope = jax.jit(jax.grad(blobs.log_likelihood))(blobs.store(ROUND), data)
    assert all(np.isfinite(g).all() for g in slope.values())
    assert slope["blob.angle"][0] == pytest.approx(0, abs=1e-9)
    assert abs(slope["blob.angle"][1]) > 1e-3


def test_blobs_refuse_a_bad_image(blobs):
    with pytest.raises(DataError, match=r"shape \(24, 23\)"):
        Problem(blobs, {"image": np.zeros((24, 23))})


def test_scopes_compute_the_pixel_scale_differently():
    direct, relay = Instrument.direct(), Instrument.relay()
    values = direct.resolve(direct.store())
    assert values[SCALE] == pytest.approx(10e-6 / 2.0 * ARCSEC)
    values = relay.resolve(relay.store())
    focal = 2.0 * 0.5 / (4.0 - 2.0 - 0.5)
    assert values[EFFECTIVE] == pytest.approx(focal)
    assert values[SCALE] == pytest.approx(10e-6 / focal * ARCSEC)
    assert "'toy.direct'" in direct.resolver.explain(SCALE)
    text = relay.resolver.explain("source.pixel").splitlines()
    assert "in scope 'toy.direct'" in text[0]  # inherited
    assert "in scope 'toy.relay'" in text[2]  # its own


def test_a_derived_value_is_assigned_through_its_inverse():
    relay = Instrument.relay()
    store = relay.store()
    pitched = store.assign(SCALE, 2.5, solve_for="detector.pixel_pitch")
    assert pitched.derived(SCALE)[SCALE] == pytest.approx(2.5, rel=1e-12)
    assert pitched["m1.focal_length"] == store["m1.focal_length"]
    moved = store.assign(SCALE, 2.5, solve_for=EFFECTIVE)
    assert moved.derived(SCALE)[SCALE] == pytest.approx(2.5, rel=1e-12)
    assert moved["detector.pixel_pitch"] == store["detector.pixel_pitch"]
    assert moved["planes.separation"] != store["planes.separation"]
    with pytest.raises(ResolveError, match="does not say what to solve for"):
        store.assign(SCALE, 2.5)
    with pytest.raises(StoreError, match="is derived and cannot be written"):
        store.replace({SCALE: 2.5})


def test_a_freed_derived_key_is_the_parameter():
    relay = Instrument.relay(24)
    data = relay.simulate(jax.random.key(1), relay.store())
    held = ["source.x", "source.flux", "m1.focal_length", "m2.focal_length"]
    problem = Problem(
        relay,
        data,
        fixed=[*held, "planes.separation"],
        solve_for={SCALE: "detector.pixel_pitch"},
    )
    assert problem.free_keys == (SCALE,)
    u = jnp.array([0.3])
    scale = problem.values(u)[SCALE]
    # By hand: log-uniform on (0.1, 10), and the pitch that gives it.
    prior = dist.LogUniform(0.1, 10.0)
    focal = 2.0 * 0.5 / 1.5
    pitch = scale * focal / ARCSEC * 1e6
    assert problem.to_store(u)["detector.pixel_pitch"] == pytest.approx(pitch)
    store = relay.store({"detector.pixel_pitch": pitch})
    change = jax.jacfwd(lambda u: problem.values(u)[SCALE])(u)[0]
    want = prior.log_prob(scale) + jnp.log(change)
    want += relay.log_likelihood(store, data)
    assert problem.log_density(u) == pytest.approx(float(want), rel=1e-12)
    assert 0.1 < scale < 10


def test_a_separation_may_be_solved_for_under_a_condition():
    relay = Instrument.relay(24)
    data = relay.simulate(jax.random.key(1), relay.store())
    focal = {EFFECTIVE: Prior("LogUniform", low=0.2, high=2.0)}
    problem = Problem(
        relay, data, priors=focal, solve_for={EFFECTIVE: "planes.separation"}
    )
    u = problem.to_unconstrained({**relay.store(), "source.x": 0.4})
    store = problem.to_store(u)
    assert store["planes.separation"] == pytest.approx(4.0, rel=1e-9)
    value, slope = jax.value_and_grad(fx.log_density, 1)(problem, u)
    assert np.isfinite(value) and np.isfinite(slope).all()


def test_gradients_are_finite_where_the_lenses_do_not_fit():
    relay = Instrument.relay(24)
    data = relay.simulate(jax.random.key(1), relay.store())
    problem = Problem(relay, data)
    good = problem.to_unconstrained(relay.store())
    bad = problem.to_unconstrained(
        {**relay.store(), "m1.focal_length": 3.9, "planes.separation": 2.1}
    )
    both = jax.jit(jax.value_and_grad(fx.log_density, 1))
    for u, inside in ((good, True), (bad, False)):
        value, slope = both(problem, u)
        assert np.isfinite(value) == inside
        assert np.isfinite(slope).all()
    with pytest.raises(StoreError, match="does not hold"):
        problem.to_store(bad).validate(relay.spec)
    keys = jax.random.split(jax.random.key(2), 100)
    draws = jax.jit(jax.vmap(problem.prior_sample))(keys)
    total = draws["m1.focal_length"] + draws["m2.focal_length"]
    assert (total < draws["planes.separation"]).all()


def test_an_instrument_is_rebuilt_from_structure():
    small, store = Instrument.direct(16), Instrument.direct(16).store()
    large = small.rebuild({"n_pix": 48})
    assert large.predict(store)["counts"].shape == (48,)
    assert large.engine is BUILDER.get_or_build(large.structure)
    assert large.rebuild({"n_pix": 16}).engine is small.engine
    middle = large.predict(store)["counts"][16:32]
    np.testing.assert_allclose(middle, small.predict(store)["counts"])
    with pytest.raises(StructureError, match="did you mean 'n_pix'"):
        small.rebuild({"npix": 8})


def test_stations_have_names():
    direct = Instrument.direct(16)
    made = direct.stations(direct.store())
    assert set(made) == {"psf", "flux", "counts"}
    np.testing.assert_array_equal(made["counts"], made["psf"] * made["flux"])
    with pytest.raises(ResolveError, match="did you mean 'counts'"):
        direct.stations(direct.store(), "count")


def test_toys_are_built_by_name():
    registry = Registry([("toys", plugin)])
    relay = fx.system("toy.relay", registry=registry, n_pix=20)
    want = Instrument.relay(20)
    store = want.store()
    got = relay.predict(store)["counts"]
    np.testing.assert_array_equal(got, want.predict(store)["counts"])


def series(number):
    random = np.random.default_rng(number)
    return random.normal(size=40).cumsum(), random.normal(size=(40, 2))


def test_a_shifted_series_changes_nothing_but_the_level():
    values, covariates = series(0)
    problems = [
        Problem(Regression.of(v, covariates), {"series": v})
        for v in (values, values + 1000)
    ]
    u = jnp.array([0.1, -0.2, 0.3, -0.5])
    one, other = (fx.log_density(p, u) for p in problems)
    assert one == pytest.approx(float(other), rel=1e-10)
    low, high = (p.system.predict(p.to_store(u))["series"] for p in problems)
    np.testing.assert_allclose(high - low, 1000, rtol=1e-10)


def test_a_batch_of_series_equals_a_loop():
    traced = 0

    def density(problem, u):
        nonlocal traced
        traced += 1
        return fx.log_density(problem, u)

    compiled = jax.jit(density)
    problems = []
    for number in range(5):
        values, covariates = series(number)
        system = Regression.of(values, covariates)
        problems.append(Problem(system, {"series": values}))
    u = jax.random.normal(jax.random.key(0), (5, 4))
    loop = [compiled(p, x) for p, x in zip(problems, u, strict=True)]
    assert traced == 1
    batch = jax.jit(jax.vmap(fx.log_density))(fx.stack(problems), u)
    np.testing.assert_allclose(batch, jnp.stack(loop), rtol=1e-12)


def test_ragged_groups_have_a_layout():
    problem = Problem(Groups((3, 1, 2)))
    layout = problem.layout()
    places = [(s.key, s.offset, s.batch_shape) for s in layout.slots]
    assert places == [
        ("rate.mean", 0, ()),
        ("rate.spread", 1, ()),
        ("group.rate", 2, (3,)),
        ("site.rate", 5, (6,)),
        ("longest", 11, (6,)),
        ("total", 17, (6,)),
    ]
    assert layout.n_tokens == 23
    assert dict(layout.dims)["site"] == Ragged("group", (3, 1, 2))
    assert layout["longest"].parents == ("site.rate",)
    assert layout["site.rate"].parents == ("group.rate",)
    assert problem.capabilities == {"simulate", "proper_prior"}


def test_ragged_draws_equal_ancestral_sampling_by_hand():
    n, sizes = 20_000, (3, 1, 2)
    problem = Problem(Groups(sizes))
    keys = jax.random.split(jax.random.key(0), n)
    sample = jax.jit(jax.vmap(problem.prior_sample))
    draws = np.asarray(sample(keys)["site.rate"])
    random = np.random.default_rng(0)
    mean = random.normal(size=(n, 1))
    spread = np.abs(random.normal(size=(n, 1)))
    group = mean + spread * random.normal(size=(n, 3))
    site = np.repeat(group, sizes, axis=1) + 0.3 * random.normal(size=(n, 6))
    # Var = 1 + E[spread^2] + 0.09; a group shares all but the last.
    member = np.repeat([0, 1, 2], sizes)
    shared = member[:, None] == member
    want = 1.0 + shared + 0.09 * np.eye(6)
    np.testing.assert_allclose(np.cov(draws.T), want, atol=0.12)
    np.testing.assert_allclose(np.cov(site.T), want, atol=0.12)
    quantiles = np.linspace(0.02, 0.98, 13)
    ours, theirs = (np.quantile(x, quantiles, axis=0) for x in (draws, site))
    np.testing.assert_allclose(ours, theirs, atol=0.15)


def test_groups_simulate_what_they_predict():
    groups = Groups((2, 1))
    store = groups.store(
        {
            "rate.mean": 0.0,
            "rate.spread": 1.0,
            "group.rate": [0.1, 0.2],
            "site.rate": [-0.5, 0.0, 0.5],
        }
    )
    keys = jax.random.split(jax.random.key(3), 20_000)
    data = jax.vmap(groups.simulate, (0, None))(keys, store)
    for key, mean in groups.predict(store).items():
        np.testing.assert_allclose(data[key].mean(0), mean, rtol=0.02)
    assert (data["longest"] <= data["total"]).all()
    assert (data["total"] <= WAITS * data["longest"]).all()


def test_eight_schools_by_hand():
    u = jnp.arange(10) * 0.1
    mu, log_tau, last = u[0], u[1], u[2:]
    tau = jnp.exp(log_tau)
    common = dist.Normal(0, 5).log_prob(mu) + log_tau
    common += dist.HalfCauchy(5).log_prob(tau)

    def given(theta):
        noise = dist.Normal(theta, jnp.array(ERRORS))
        return noise.log_prob(DATA["effect"]).sum()

    centred = common + dist.Normal(mu, tau).log_prob(last).sum() + given(last)
    got = Problem(Schools(spec=CENTRED), DATA).log_density(u)
    assert got == pytest.approx(float(centred), rel=1e-12)
    free = common + dist.Normal(0, 1).log_prob(last).sum()
    free += given(mu + tau * last)
    got = Problem(Schools(), DATA).log_density(u)
    assert got == pytest.approx(float(free), rel=1e-12)


def test_both_forms_of_the_schools_are_one_model():
    # The densities differ by the Jacobian of theta, tau to the eighth.
    forms = [Problem(Schools(spec=s), DATA) for s in (CENTRED, Schools().spec)]
    store = forms[0].prior_sample(jax.random.key(5))
    one, other = (p.log_density(p.to_unconstrained(store)) for p in forms)
    want = -8 * np.log(store["tau"])
    assert one - other == pytest.approx(want, rel=1e-9)


def test_other_priors_of_the_schools_make_no_other_program():
    # A function of its own: jit keeps one cache for each function.
    density = jax.jit(lambda problem, u: fx.log_density(problem, u))
    for scale in (1.0, 2.0, 5.0):
        prior = {"mu": Prior("Normal", loc=0.0, scale=scale)}
        density(Problem(Schools(), DATA, priors=prior), jnp.zeros(10))
    assert density._cache_size() == 1

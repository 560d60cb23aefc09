"""`exact.linear` against closed forms, brute force and NUTS."""

import equinox as eqx
import forwardax as fx
import inference_numpyro._exact as exact_module
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forwardax import DataField, DataSpec, ParamField, ParamSpec, Prior
from forwardax.testing.toys.regression import Regression
from inference_numpyro import exact_batch, exact_moments
from inference_numpyro._exact_node import _triangle, conditional, rest_size
from inference_numpyro._exact_quadrature import _search
from scipy.special import logsumexp
from scipy.stats import halfnorm, lognorm, multivariate_normal, norm

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))
Y = 1.0 + X @ [0.5, -0.3] + 0.3 * RNG.normal(size=40)


def regression(y=Y, x=X, **decisions):
    return fx.Problem(Regression.of(y, x), {"series": y}, **decisions)


def fit(problem, key=0, **settings):
    return fx.fit(problem, "exact.linear", key=key, **settings)


def design(problem):
    """Design, offset and spread of the toy regression, as numbers."""
    system = problem.system
    n = len(system.covariates)
    d = float(system.spread) * np.column_stack([np.ones(n), system.covariates])
    return d, float(system.centre) * np.ones(n), float(system.spread)


def closed_form(y, d, offset, sigma, mean, scale):
    """Log evidence, posterior mean and covariance of normal coefficients."""
    noise = np.diag(sigma**2)
    prior = np.diag(scale**2)
    evidence = multivariate_normal.logpdf(
        y, offset + d @ mean, d @ prior @ d.T + noise
    )
    precision = d.T @ np.linalg.solve(noise, d) + np.linalg.inv(prior)
    covariance = np.linalg.inv(precision)
    right = d.T @ ((y - offset) / sigma**2) + mean / scale**2
    return evidence, covariance @ right, covariance


def by_name(moments, key):
    return [i for i, n in enumerate(moments.names) if n.startswith(key)]


def test_nothing_remains(toys):
    problem = regression(fixed={"noise.scale": 0.4})
    d, offset, spread = design(problem)
    want, mean, covariance = closed_form(
        Y, d, offset, np.full(40, 0.4 * spread), np.zeros(3), np.ones(3)
    )
    found = fit(problem)
    assert found.converged, found.verdict
    moments = exact_moments(found)
    assert moments.names == ("level", "weights[0]", "weights[1]")
    np.testing.assert_allclose(moments.log_evidence, want, rtol=1e-12)
    np.testing.assert_allclose(moments.mean, mean, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(
        moments.sd, np.sqrt(np.diagonal(covariance)), rtol=1e-10
    )
    np.testing.assert_allclose(found.weights * 2000, 1.0, rtol=1e-6)
    draws = np.column_stack([found["level"][0], found["weights"][0]])
    gap = np.abs(draws.mean(axis=0) - mean) / moments.sd * np.sqrt(2000)
    assert (gap < 4).all()
    np.testing.assert_allclose(np.cov(draws.T), covariance, rtol=0.3, atol=2e-4)


def brute_force(problem, priors=None):
    """Moments and evidence by a dense sum over the noise scale."""
    d, offset, spread = design(problem)
    prior = lognorm(s=0.5, scale=np.exp(-1.0))
    grid = np.exp(np.linspace(-6, 4, 20001))
    loc, scale = priors or (np.zeros(3), np.ones(3))
    gram, right = d.T @ d, d.T @ (Y - offset)
    logs, means, variances = [], [], []
    for s in grid:
        precision = gram / (s * spread) ** 2 + np.diag(1 / scale**2)
        covariance = np.linalg.inv(precision)
        mean = covariance @ (right / (s * spread) ** 2 + loc / scale**2)
        gap = Y - offset - d @ mean
        logs.append(
            norm.logpdf(gap, 0, s * spread).sum()
            + norm.logpdf(mean, loc, scale).sum()
            + 0.5 * np.linalg.slogdet(2 * np.pi * covariance)[1]
            + prior.logpdf(s)
            + np.log(s)
        )
        means.append(np.append(mean, s))
        variances.append(np.append(np.diagonal(covariance), 0.0))
    evidence = logsumexp(logs) + np.log(10 / 20000)
    w = np.exp(logs - logsumexp(logs))
    mean = w @ np.array(means)
    sd = np.sqrt(w @ (np.array(variances) + (np.array(means) - mean) ** 2))
    return evidence, mean, sd


@pytest.mark.parametrize(
    "changed", [pytest.param(False, marks=pytest.mark.slow), True]
)
def test_one_remains(changed):
    # What a problem decides about priors wins over what the system says.
    loc, scale = np.array([2.0, 0.0, 0.0]), np.array([0.1, 3.0, 3.0])
    priors = {
        "level": Prior("Normal", loc=2.0, scale=0.1),
        "weights": Prior("Normal", loc=0.0, scale=3.0),
    }
    problem = regression(priors=priors if changed else {})
    evidence, mean, sd = brute_force(problem, (loc, scale) if changed else None)
    found = fit(problem)
    assert found.converged, found.verdict
    moments = exact_moments(found)
    order = [moments.names.index(n) for n in ORDER]
    np.testing.assert_allclose(moments.log_evidence, evidence, atol=1e-8)
    np.testing.assert_allclose(
        (moments.mean[order] - mean) / sd, 0.0, atol=1e-7
    )
    np.testing.assert_allclose(moments.sd[order], sd, rtol=1e-7)


ORDER = ("level", "weights[0]", "weights[1]", "noise.scale")


def test_draws_are_of_the_posterior():
    found = fit(regression(), draws=20_000)
    moments = exact_moments(found)
    weights = found.weights.ravel()
    ess = 1 / np.square(weights).sum()
    assert ess > 19_000
    for name, mean, sd in zip(
        moments.names, moments.mean, moments.sd, strict=True
    ):
        draws = found[name].ravel()
        here = weights @ draws
        assert abs(here - mean) < 4 * sd / np.sqrt(ess), name
        spread = np.sqrt(weights @ (draws - here) ** 2)
        assert abs(spread / sd - 1) < 0.03, name


@pytest.mark.slow
def test_agrees_with_nuts():
    problem = regression()
    moments = exact_moments(fit(problem))
    nuts = fx.fit(problem, "numpyro.nuts", key=1, draws=1000)
    for row in nuts.summary().rows:
        mean, sd = moments[row["name"]]
        assert abs(row["mean"] - mean) < 4 * sd / np.sqrt(row["ess_bulk"])


def test_part_of_a_vector_is_held():
    problem = regression(fixed={"weights[0]": 0.7, "noise.scale": 0.4})
    d, offset, spread = design(problem)
    want, mean, _ = closed_form(
        Y,
        d[:, [0, 2]],
        offset + 0.7 * d[:, 1],
        np.full(40, 0.4 * spread),
        np.zeros(2),
        np.ones(2),
    )
    moments = exact_moments(fit(problem))
    np.testing.assert_allclose(moments.log_evidence, want, rtol=1e-12)
    assert moments["weights[0]"] == (0.7, 0.0)
    np.testing.assert_allclose(moments["weights[1]"][0], mean[1], rtol=1e-10)


def test_tied_coefficients_are_one():
    problem = regression(
        ties={"weights[1]": "weights[0]"}, fixed={"noise.scale": 0.4}
    )
    d, offset, spread = design(problem)
    want, mean, _ = closed_form(
        Y,
        np.column_stack([d[:, 0], d[:, 1] + d[:, 2]]),
        offset,
        np.full(40, 0.4 * spread),
        np.zeros(2),
        np.ones(2),
    )
    moments = exact_moments(fit(problem))
    np.testing.assert_allclose(moments.log_evidence, want, rtol=1e-12)
    np.testing.assert_allclose(moments["weights[1]"][0], mean[1], rtol=1e-10)


@pytest.mark.slow
def test_a_prior_that_is_not_normal_remains():
    wide = Prior("StudentT", df=4.0, loc=0.0, scale=1.0)
    problem = regression(
        priors={"weights[0]": wide}, fixed={"noise.scale": 0.4}
    )
    found = fit(problem)
    assert found.converged, found.verdict
    assert "not integrated" in " ".join(found.notes)
    assert found.extras["nodes"].shape[1] == 1
    nuts = fx.fit(problem, "numpyro.nuts", key=1, draws=1000)
    moments = exact_moments(found)
    for row in nuts.summary().rows:
        mean, sd = moments[row["name"]]
        assert abs(row["mean"] - mean) < 4 * sd / np.sqrt(row["ess_bulk"])


# --- three scales, and a prior with references -------------------------------


SCALES = ParamSpec(
    [
        ParamField("mu", prior=Prior("Normal", loc=0.0, scale=2.0)),
        ParamField("tau", bounds=(0, None), prior=Prior("HalfNormal", scale=1)),
        ParamField(
            "noise", bounds=(0, None), prior=Prior("HalfNormal", scale=1)
        ),
        ParamField(
            "slope", bounds=(0, None), prior=Prior("HalfNormal", scale=1)
        ),
        ParamField(
            "effect", shape=(4,), prior=Prior("Normal", loc="mu", scale="tau")
        ),
    ]
)


class Groups(fx.System):
    """Means of four groups; the noise grows with a covariate."""

    group: jax.Array
    covariate: jax.Array
    wrong: float = eqx.field(static=True, default=0.0)
    spec: ParamSpec = eqx.field(static=True, default=SCALES)
    system_id = "groups"
    data = DataSpec([DataField("y", shape=(24,))])
    transforms = fx.TransformRegistry()

    def predict(self, store):
        return self.group @ store["effect"]

    def noise(self, store):
        return store["noise"] + store["slope"] * self.covariate

    def log_likelihood(self, store, data):
        scale = self.noise(store)
        gap = (data["y"] - self.predict(store)) / scale
        terms = -0.5 * gap**2 - jnp.log(scale) - 0.5 * jnp.log(2 * jnp.pi)
        return terms.sum()

    def linear_gaussian(self, store):
        eye, one = jnp.eye(4), jnp.ones(4)
        scale = store["tau"] ** 2 * eye + jnp.zeros((4, 4))
        return fx.LinearGaussian(
            keys=("effect",),
            design=self.group * (1 + self.wrong),
            offset=jnp.zeros(24),
            noise_scale=self.noise(store),
            prior_mean=store["mu"] * one,
            prior_scale=jnp.sqrt(scale),
            data_key="y",
        )


def groups(wrong=0.0, centred=True, **decisions):
    rng = np.random.default_rng(3)
    group = np.repeat(np.eye(4), 6, axis=0)
    covariate = rng.uniform(size=24)
    y = group @ [0.5, 1.0, -0.4, 2.0]
    y += (0.3 + 0.5 * covariate) * rng.normal(size=24)
    prior = Prior("Normal", loc="mu", scale="tau", centred=centred)
    system = Groups(
        jnp.asarray(group),
        jnp.asarray(covariate),
        wrong,
        SCALES.with_priors({"effect": prior}),
    )
    return fx.Problem(system, {"y": y}, **decisions), group, covariate, y


def groups_evidence(group, covariate, y):
    """Evidence over three scales, by a dense sum over their logarithms."""
    axis = np.linspace(-9, 2.0, 45)
    scales = np.exp(axis)
    prior = halfnorm.logpdf(scales) + axis
    square = group @ group.T
    logs = []
    for i, tau in enumerate(scales):
        for j, a in enumerate(scales):
            noise = (a + scales[:, None] * covariate) ** 2
            c = tau**2 * square + noise[:, :, None] * np.eye(24)
            root = np.linalg.cholesky(c)
            z = np.linalg.solve(root, y[None, :, None])[..., 0]
            volume = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
            inner = -0.5 * np.square(z).sum(axis=1) - volume
            logs.append(inner + prior + prior[i] + prior[j])
    total = logsumexp(logs) + 3 * np.log(axis[1] - axis[0])
    return total - 12 * np.log(2 * np.pi)


@pytest.mark.parametrize("centred", [True, False])
def test_hyperparameters_of_the_coefficients(centred):
    # `mu` remains in the system's words, and its effects are integrated.
    problem, group, covariate, y = groups(
        centred=centred, fixed={"tau": 0.8, "noise": 0.3, "slope": 0.5}
    )
    inner = group @ (0.64 * np.eye(4) + 4.0 * np.ones((4, 4))) @ group.T
    noise = np.diag((0.3 + 0.5 * covariate) ** 2)
    want = multivariate_normal.logpdf(y, np.zeros(24), inner + noise)
    found = fit(problem)
    assert found.converged, found.verdict
    moments = exact_moments(found)
    np.testing.assert_allclose(moments.log_evidence, want, atol=1e-8)


@pytest.mark.slow
def test_three_scales_and_a_mean_against_brute_force():
    problem, *known = groups(fixed={"mu": 0.0})
    found = fit(problem)
    assert found.converged, found.verdict
    assert found.extras["nodes"].shape[1] == 3
    want = groups_evidence(*known)
    np.testing.assert_allclose(
        exact_moments(found).log_evidence, want, atol=1e-3
    )


@pytest.mark.slow
def test_chains_say_what_the_lattice_says(monkeypatch):
    problem, *_ = groups(centred=False, fixed={"mu": 0.0})
    lattice = fit(problem)
    assert lattice.converged, lattice.verdict
    monkeypatch.setattr(exact_module, "_MOST", 0)
    chains = fit(problem, draws=1000, target_accept=0.99)
    assert chains.converged, chains.verdict
    assert chains.weights is None
    ours, theirs = exact_moments(chains), exact_moments(lattice)
    gap = abs(ours.log_evidence - theirs.log_evidence)
    assert gap < 4 * ours.error
    assert ours.error < 0.05
    rows = {row["name"]: row for row in chains.summary().rows}
    for name in theirs.names:
        if name == "mu":
            continue
        mean, sd = theirs[name]
        ess = rows[name]["ess_bulk"]
        assert abs(rows[name]["mean"] - mean) < 4 * sd / np.sqrt(ess), name


# --- the search --------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_search_ends_at_the_scale_of_the_density(size):
    # Turned normals, up to a thousand times as narrow as what it begins with.
    for seed in range(60):
        rng = np.random.default_rng(seed)
        turn = np.linalg.qr(rng.normal(size=(size, size)))[0]
        root = turn * 10 ** rng.uniform(-3, 0.3, size)
        centre = rng.normal(size=size)

        def evaluate(points, centre=centre, root=root):
            z = np.linalg.solve(root, (points - centre).T)
            return {"log_density": -0.5 * np.square(z).sum(axis=0)}

        drawn = rng.normal(size=(64, size))
        heights = evaluate(drawn)["log_density"]
        found, frame = _search(evaluate, drawn, heights, np.ones(size))
        assert np.abs(np.linalg.solve(root, found - centre)).max() < 0.5
        widths = np.linalg.svd(np.linalg.solve(root, frame))[1]
        assert 0.5 < widths.min() and widths.max() < 2.0, seed


# --- honesty -----------------------------------------------------------------


@pytest.mark.slow
def test_a_wrong_description_is_noticed():
    held = {"mu": 0.0, "tau": 0.8, "slope": 0.5}
    right = fit(groups(fixed=held)[0])
    assert right.converged, right.verdict
    wrong = fit(groups(wrong=0.05, fixed=held)[0])
    assert not wrong.converged
    assert not wrong.check("linear_gaussian").passed
    assert "linear_gaussian" in wrong.verdict


def test_a_cut_lattice_is_noticed():
    found = fit(regression(), max_nodes=100, tolerance=1e-12)
    assert found.converged  # one dimension needs few
    problem, *_ = groups(fixed={"mu": 0.0})
    found = fit(problem, max_nodes=100)
    assert not found.converged
    assert not found.check("remaining").passed


def test_collinear_columns():
    twice = np.column_stack([X[:, 0], X[:, 0]])
    problem = regression(x=twice, fixed={"noise.scale": 0.4})
    found = fit(problem)
    assert found.converged, found.verdict
    moments = exact_moments(found)
    # Only the sum is measured: the difference keeps its prior.
    draws = found["weights"][0]
    spread = (draws[:, 0] - draws[:, 1]).std()
    assert abs(spread / np.sqrt(2) - 1) < 0.1
    assert moments["weights[0]"][0] == pytest.approx(moments["weights[1]"][0])
    flat = {"weights": Prior("Flat")}
    system = problem.system
    open_ended = fx.Problem(
        system, {"series": Y}, fixed={"noise.scale": 0.4}, priors=flat
    )
    try:
        found = fit(open_ended)
    except fx.errors.FitError as error:
        assert "columns" in str(error)
    else:
        assert not found.converged


def test_improper_prior_has_no_evidence():
    problem = regression(
        priors={"level": Prior("Flat")}, fixed={"noise.scale": 0.4}
    )
    found = fit(problem)
    assert found.converged, found.verdict
    moments = exact_moments(found)
    assert np.isnan(moments.log_evidence)
    assert "no evidence" in " ".join(found.notes)
    d, offset, spread = design(problem)
    gram = d.T @ d / (0.4 * spread) ** 2 + np.diag([0.0, 1.0, 1.0])
    mean = np.linalg.solve(gram, d.T @ (Y - offset) / (0.4 * spread) ** 2)
    np.testing.assert_allclose(moments.mean, mean, rtol=1e-8, atol=1e-9)


def test_nothing_linear_is_refused():
    problem = regression(fixed={"level": 0.0, "weights": [0.0, 0.0]})
    with pytest.raises(fx.errors.CapabilityError, match="no linear coeff"):
        fit(problem)


def test_other_posteriors_have_no_exact_moments(toys):
    other = fx.fit(toys.line().problem, "laplace.fisher", key=0)
    with pytest.raises(fx.errors.FitError, match=r"exact\.linear"):
        exact_moments(other)


# --- plumbing ----------------------------------------------------------------


def test_survives_saving(tmp_path):
    found = fit(regression())
    again = fx.Posterior.load(found.save(tmp_path / "exact"))
    ours, theirs = exact_moments(found), exact_moments(again)
    assert again.converged
    assert ours.names == theirs.names
    np.testing.assert_array_equal(ours.mean, theirs.mean)


def test_deterministic_by_key():
    a, b, c = fit(regression(), 1), fit(regression(), 1), fit(regression(), 2)
    np.testing.assert_array_equal(a["level"], b["level"])
    assert not np.array_equal(a["level"], c["level"])
    np.testing.assert_allclose(
        exact_moments(a).mean, exact_moments(c).mean, rtol=1e-8, atol=1e-10
    )


def test_another_problem_compiles_nothing(compilations):
    fit(regression())
    compilations.clear()
    fit(regression(2 * Y + 0.1 * X[:, 0]), key=3)
    assert compilations == []


@pytest.mark.slow
def test_a_batch_is_a_loop():
    shifts = (0.0, 0.4, 3.0)
    problems = [regression(Y + s * X[:, 0]) for s in shifts]
    batch = exact_batch(fx.stack(problems), jax.random.key(0))
    assert np.asarray(batch.sound).all()
    for i, problem in enumerate(problems):
        one = exact_moments(fit(problem))
        np.testing.assert_allclose(
            batch.log_evidence[i], one.log_evidence, atol=1e-6
        )
        np.testing.assert_allclose(
            (batch.mean[i] - one.mean) / one.sd, 0.0, atol=1e-6
        )
        np.testing.assert_allclose(batch.sd[i], one.sd, rtol=1e-6)


def test_a_batch_says_what_it_cannot_do():
    problem, *_ = groups(centred=False)
    # mu is linear as well only where its effects are: four remain.
    wide = fx.stack([problem, problem])
    with pytest.raises(fx.errors.CapabilityError, match="at most 3"):
        exact_batch(wide, jax.random.key(0))


def test_there_is_a_slope_where_columns_explain_everything():
    """The triangle alone has none: its last row is zero there."""
    columns = jnp.asarray(np.random.default_rng(0).normal(size=(6, 2)))

    def size(scale):
        r, turned = _triangle(scale * columns, 0.0 * columns[:, 0])
        return jnp.square(r).sum() + jnp.square(turned).sum()

    expected = 2 * 3.0 * jnp.square(columns).sum()
    np.testing.assert_allclose(jax.grad(size)(3.0), expected, rtol=1e-12)


# --- one noise for all: fewer rows, the same squares --------------------------


DECAY = ParamSpec(
    [
        ParamField(
            "rate", bounds=(0, None), prior=Prior("HalfNormal", scale=1)
        ),
        ParamField(
            "noise", bounds=(0, None), prior=Prior("HalfNormal", scale=1)
        ),
        ParamField("loc", prior=Prior("Normal", loc=0.0, scale=1.0)),
        ParamField(
            "height", shape=(3,), prior=Prior("Normal", loc=0.0, scale=2.0)
        ),
    ]
)


class Decay(fx.System):
    """A constant, a decay and a column of nothing, to the 20th point."""

    bent: bool = eqx.field(static=True)
    one: bool = eqx.field(static=True)
    spec: ParamSpec = eqx.field(static=True, default=DECAY)
    system_id = "decay"
    data = DataSpec([DataField("y", shape=(24,))])
    transforms = fx.TransformRegistry()

    def design(self, store):
        t = jnp.arange(24.0) / 8
        shape = jnp.exp(-store["rate"] * t) if self.bent else t
        return jnp.stack([jnp.ones(24), shape, jnp.zeros(24)], axis=1)

    @property
    def used(self):
        return jnp.arange(24) < 20

    def predict(self, store):
        return self.design(store) @ store["height"]

    def log_likelihood(self, store, data):
        scale = store["noise"]
        gap = (data["y"] - self.predict(store)) / scale
        terms = -0.5 * gap**2 - jnp.log(scale) - 0.5 * jnp.log(2 * jnp.pi)
        return jnp.where(self.used, terms, 0.0).sum()

    def linear_gaussian(self, store):
        scale = store["noise"]
        return fx.LinearGaussian(
            keys=("height",),
            design=self.design(store),
            offset=jnp.zeros(24),
            noise_scale=scale if self.one else scale * jnp.ones(24),
            prior_mean=jnp.zeros(3),
            prior_scale=2.0 * jnp.ones(3),
            data_key="y",
            used=self.used,
        )


def decay(bent, one, **decisions):
    loc = "loc" if decisions.pop("linked", False) else 0.0
    prior = Prior("Normal", loc=loc, scale=2.0)
    system = Decay(bent, one, DECAY.with_priors({"height": prior}))
    y = np.random.default_rng(5).normal(size=24) + np.exp(-np.arange(24) / 8)
    y[20:] = 1e6
    return fx.Problem(system, {"y": y}, **decisions)


def marginal(problem):
    """Integrated log-density and its slope at three points."""

    def at(rest):
        return conditional(problem, rest).log_marginal

    points = jnp.asarray([[-0.4, 0.3, 0.2], [0.1, -1.0, 0.5], [1.0, 0.4, -0.7]])
    points = points[:, : rest_size(problem)]
    return jax.vmap(jax.value_and_grad(at))(points)


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("bent", [False, True])
def test_one_noise_for_all_is_the_same_for_each(bent, linked):
    same, slope = marginal(decay(bent, True, linked=linked))
    each, expected = marginal(decay(bent, False, linked=linked))
    np.testing.assert_allclose(same, each, rtol=1e-12)
    np.testing.assert_allclose(slope, expected, rtol=1e-10, atol=1e-10)


def test_held_coefficients_with_one_noise():
    held = {"height[0]": 0.7, "loc": 0.0, "rate": 1.0}
    same, slope = marginal(decay(False, True, fixed=held))
    each, expected = marginal(decay(False, False, fixed=held))
    np.testing.assert_allclose(same, each, rtol=1e-12)
    np.testing.assert_allclose(slope, expected, rtol=1e-10)


def test_data_that_do_not_count_say_nothing():
    problem = decay(False, True, fixed={"loc": 0.0, "rate": 1.0, "noise": 0.5})
    y = np.asarray(problem.data["y"])[:20]
    d = np.stack([np.ones(20), np.arange(20.0) / 8, np.zeros(20)], axis=1)
    want, mean, _ = closed_form(
        y, d, np.zeros(20), 0.5 * np.ones(20), np.zeros(3), 2.0 * np.ones(3)
    )
    moments = exact_moments(fit(problem))
    np.testing.assert_allclose(moments.log_evidence, want, rtol=1e-10)
    np.testing.assert_allclose(moments.mean, mean, atol=1e-10)


def test_what_does_not_count_need_not_be_a_number():
    problem = decay(False, True)
    holes = jnp.where(jnp.arange(24) < 20, problem.data["y"], jnp.nan)
    holed = eqx.tree_at(lambda p: p.data["y"], problem, holes)
    np.testing.assert_array_equal(marginal(holed)[0], marginal(problem)[0])


def test_a_lattice_is_factored_once():
    """Of 24 rows: by all nodes together where the design is the same."""

    def rows(problem):
        nodes = jnp.linspace(-1.0, 1.0, 7)[:, None]
        found = jax.make_jaxpr(jax.vmap(lambda v: conditional(problem, v)))
        text = str(found(nodes))
        return "f64[7,24,3]" in text or "f64[7,24,4]" in text

    fixed = {"loc": 0.0, "rate": 1.0}
    assert not rows(decay(False, True, fixed=fixed))
    assert rows(decay(True, True, fixed={"loc": 0.0, "noise": 0.5}))

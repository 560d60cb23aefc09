"""NUTS against published reference posteriors (posteriordb)."""

import forwardax as fx
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from forwardax import ParamField, ParamSpec, Prior

POSITIVE = (0.0, None)

pytestmark = pytest.mark.slow  # each compiles a sampler of its own


def z_of(posterior, names, entry):
    """Distance to the published means in joint standard errors, and ESS."""
    rows = {row["name"]: row for row in posterior.summary().rows}
    truth = dict(zip(entry["param_names"], entry["mean"], strict=True))
    sd = dict(zip(entry["param_names"], entry["sd"], strict=True))
    z, ess, ratio = [], [], []
    for ours, theirs in names.items():
        row = rows[ours]
        # Published means are of 10000 nearly independent draws.
        error = sd[theirs] * np.sqrt(1 / row["ess_bulk"] + 1e-4)
        z.append((row["mean"] - truth[theirs]) / error)
        ess.append(row["ess_bulk"])
        ratio.append(row["sd"] / sd[theirs])
    return np.abs(z), np.array(ess), np.array(ratio)


def assert_matches(posterior, names, entry):
    z, ess, ratio = z_of(posterior, names, entry)
    assert posterior.converged, posterior.verdict
    assert ess.min() > 400, ess
    assert z.max() < 4, z
    assert (np.abs(ratio - 1) < 0.1).all(), ratio


def sample(problem, key=0, **settings):
    return fx.fit(problem, "numpyro.nuts", key=key, **settings)


SCHOOL_NAMES = {"mu": "mu", "tau": "tau"} | {
    f"theta[{i}]": f"theta[{i + 1}]" for i in range(8)
}


def test_eight_schools_noncentered(toys, reference):
    data, entry = reference("eight_schools-eight_schools_noncentered")
    problem = toys.schools(np.array(data["y"], float), data["sigma"])
    found = sample(problem, draws=4000, target_accept=0.95)
    assert_matches(found, SCHOOL_NAMES, entry)


def test_a_wrong_prior_is_noticed(toys, reference):
    data, entry = reference("eight_schools-eight_schools_noncentered")
    y = np.array(data["y"], float)
    problem = toys.schools(y, data["sigma"], mu_sd=10.0)
    found = sample(problem, draws=4000, target_accept=0.95)
    z, _, _ = z_of(found, SCHOOL_NAMES, entry)
    assert z.max() > 8


def test_centred_eight_schools_is_honest(toys, reference):
    data, entry = reference("eight_schools-eight_schools_noncentered")
    y = np.array(data["y"], float)
    found = sample(toys.schools(y, data["sigma"], centred=True))
    # Its density has no maximum, so it cannot be whitened; and says so.
    assert not found.stats["whitened"].any()
    assert "not whitened, a dense mass" in " ".join(found.notes)
    z, ess, _ = z_of(found, SCHOOL_NAMES, entry)
    assert not found.converged or (z.max() < 4 and ess.min() > 400)


def _regression(known, store, data):
    mean = known["x"] @ store["beta"]
    return dist.Normal(mean, store["sigma"]).log_prob(data["y"]).sum()


def regression(toys, x, y, beta, sigma):
    spec = ParamSpec(
        [
            ParamField("beta", shape=(x.shape[1],), prior=beta),
            ParamField("sigma", bounds=POSITIVE, prior=sigma),
        ]
    )
    known = {"x": jnp.asarray(x, float)}
    system = toys.Toy(known, spec, toys.series(len(y)), _regression)
    return fx.Problem(system, {"y": np.asarray(y, float)})


def names_of(count):
    own = {f"beta[{i}]": f"beta[{i + 1}]" for i in range(count)}
    return own | {"sigma": "sigma"}


def with_constant(x):
    return np.stack([np.ones(len(x)), np.asarray(x, float)], axis=1)


def test_kidscore_momiq(toys, reference):
    data, entry = reference("kidiq-kidscore_momiq")
    problem = regression(
        toys,
        with_constant(data["mom_iq"]),
        data["kid_score"],
        Prior("Flat"),
        Prior("HalfCauchy", scale=2.5),
    )
    assert_matches(sample(problem), names_of(2), entry)


def test_logearn_height(toys, reference):
    data, entry = reference("earnings-logearn_height")
    problem = regression(
        toys,
        with_constant(data["height"]),
        np.log(data["earn"]),
        Prior("Flat"),
        Prior("Flat"),
    )
    assert_matches(sample(problem), names_of(2), entry)


def test_sblrc_blr(toys, reference):
    data, entry = reference("sblrc-blr")
    problem = regression(
        toys,
        np.asarray(data["X"], float),
        data["y"],
        Prior("Normal", loc=0.0, scale=10.0),
        Prior("HalfNormal", scale=10.0),
    )
    found = sample(problem)
    assert_matches(found, names_of(5), entry)


@pytest.mark.parametrize("key", range(1, 6))
def test_centred_eight_schools_is_honest_by_any_key(toys, reference, key):
    data, entry = reference("eight_schools-eight_schools_noncentered")
    y = np.array(data["y"], float)
    found = sample(toys.schools(y, data["sigma"], centred=True), key=key)
    z, ess, _ = z_of(found, SCHOOL_NAMES, entry)
    assert not found.converged or (z.max() < 4 and ess.min() > 400)

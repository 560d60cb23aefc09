"""The original models against golden values."""

import json

import forwardax as fx
import numpy as np
import pytest


@pytest.fixture
def known(golden):
    """Entries, the inputs, their features and other arrays, by name."""
    folder = golden / "lambda3"
    entries = json.loads((folder / "manifest.json").read_text())["entries"]
    files = {
        name: dict(np.load(folder / f"{name}.npz"))
        for name in ("inputs", "features", "bayes")
    }

    def own(name):
        found = files["features"]
        return {
            key.lower(): found[f"{name}/default/{key}"].astype(float)
            for key in ("delta_pos", "delta_neg", "rho_T", "local_jump")
        }

    def other(name):
        found = own(name)
        return {
            "other_pos": found["delta_pos"],
            "other_neg": found["delta_neg"],
            "other_rho_t": found["rho_t"],
        }

    def entries_of(fn):
        return [entry for entry in entries if entry["fn"] == fn]

    return entries_of, files, own, other


def log_joint(problem, values):
    """Prior times likelihood of the parameters as they are."""
    return -float(problem.loss(problem.to_unconstrained(values)))


def lower(params):
    return {k.lower(): v for k, v in params.items()}


@pytest.mark.parametrize("which", [0, 1])
def test_base(known, which):
    entries_of, files, own, _ = known
    entry = entries_of("log_joint_base")[which]
    y = files["inputs"][entry["input"]]
    params = lower(entry["params"])
    level = files["bayes"][params.pop("level")]
    steps = tuple(params.pop("change_points") or ())
    system = fx.system(
        "lambda3.compat.base",
        length=len(y),
        steps=steps,
        **own(entry["input"]),
    )
    problem = fx.Problem(system, {"series": y})
    values = params | {"innovations": np.diff(level, prepend=0.0)}
    want = entry["scalars"]["log_joint"]
    np.testing.assert_allclose(log_joint(problem, values), want, rtol=1e-10)


def test_interaction(known):
    entries_of, files, own, other = known
    (entry,) = entries_of("log_joint_interaction")
    ours, theirs = entry["input"]
    problem = interaction(files, own, other, ours, theirs)
    want = entry["scalars"]["log_joint"]
    got = log_joint(problem, lower(entry["params"]))
    np.testing.assert_allclose(got, want, rtol=1e-10)


def interaction(files, own, other, ours, theirs):
    system = fx.system(
        "lambda3.compat.interaction", **own(ours), **other(theirs)
    )
    return fx.Problem(system, {"series": files["inputs"][ours]})


def test_hierarchical(known):
    entries_of, files, own, _ = known
    (entry,) = entries_of("log_joint_hierarchical")
    every = [own(name) for name in entry["input"]]
    stacked = {k: np.stack([one[k] for one in every]) for k in every[0]}
    system = fx.system("lambda3.compat.hierarchical", **stacked)
    data = np.stack([files["inputs"][name] for name in entry["input"]])
    problem = fx.Problem(system, {"series": data})
    want = entry["scalars"]["log_joint"]
    got = log_joint(problem, lower(entry["params"]))
    np.testing.assert_allclose(got, want, rtol=1e-10)


@pytest.mark.parametrize("which", [0, 1])
def test_exact_posterior(known, which):
    pytest.importorskip("inference_numpyro", reason="has the estimators")
    entries_of, files, own, other = known
    entry = entries_of("posterior_interaction_exact")[which]
    problem = interaction(files, own, other, *entry["input"])
    found = fx.fit(problem, "exact.linear", key=0)
    assert found.converged, found.verdict
    names = [str(name) for name in found.extras["moment_names"]]
    mean = lower(entry["posterior_mean"])
    sd = lower(entry["posterior_sd"])
    for name, got, spread in zip(
        names,
        found.extras["moment_mean"],
        found.extras["moment_sd"],
        strict=True,
    ):
        assert abs(got - mean[name]) < 1e-6 * sd[name], name
        np.testing.assert_allclose(spread, sd[name], rtol=1e-6)
    np.testing.assert_allclose(
        found.extras["log_evidence"], entry["log_evidence"], rtol=1e-9
    )


def test_they_depend_on_location(known):
    pytest.importorskip("inference_numpyro", reason="has the estimators")
    # What the models beside them do not: see test_equivariance.
    entries_of, files, own, other = known
    (entry,) = entries_of("log_joint_interaction")
    ours, theirs = entry["input"]
    here = interaction(files, own, other, ours, theirs)
    there = here.with_data({"series": files["inputs"][ours] + 1000.0})
    a, b = (fx.fit(p, "exact.linear", key=0) for p in (here, there))
    names = list(a.extras["moment_names"])
    place = names.index("beta_rhot")
    gap = a.extras["moment_mean"][place] - b.extras["moment_mean"][place]
    assert abs(gap) > 10 * a.extras["moment_sd"][place]

"""One fault planted a contract turns exactly that contract red."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
from forwardax import (
    DataField,
    DataSpec,
    LinearGaussian,
    ParamField,
    ParamSpec,
    Prior,
    SystemEntry,
    Transform,
    TransformRegistry,
    Validity,
)
from forwardax.testing import CONTRACTS, Case, check_system

PLANTED = {}
"""Contract by the function that plants the fault."""
LEAKED = []


def plant(contract):
    def keep(make):
        PLANTED[make.__name__] = (contract, make)
        return make

    return keep


def changed(line, **fields):
    """`Line` with some fields of its spec replaced."""
    known = line.fields | fields

    class Changed(line.System):
        spec = ParamSpec(known.values())

    return Changed()


def beside(line, extra):
    """`Line` whose prediction has one more array."""

    class Beside(line.System):
        def predict(self, store):
            return super().predict(store) | {"extra": extra(store)}

    return Beside()


def second(line, function):
    """`Line` whose second series is a function of `(c, d, time)`."""

    class Second(line.System):
        def second(self, store):
            return function(store["c"], store["d"], self.time)

    return Second()


@plant("units")
def unit_that_nobody_knows(line, tmp_path):
    return changed(line, d=ParamField("d", unit="arcsecc", prior=Prior("Flat")))


@plant("lint")
def data_depend_on_an_unknown_key(line, tmp_path):
    class Orphan(line.System):
        data = DataSpec(
            [
                DataField("one", shape=(5,), parents=("aa",)),
                DataField("two", shape=(5,)),
            ]
        )

    return Orphan()


@plant("json")
def condition_that_is_a_function(line, tmp_path):
    class Closure(line.System):
        spec = ParamSpec(
            line.fields.values(),
            validity=[Validity("c < 1000", lambda c: c < 1000, ("c",))],
            reference={"a": 0.0, "b": 0.0, "c": 1.0, "d": 0.0},
        )

    return Closure()


@plant("digest")
def spec_from_a_set(line, tmp_path):
    (tmp_path / "set_of_keys.py").write_text(
        "from forwardax import ParamField, ParamSpec, Prior\n"
        "P = Prior('LogNormal', loc=0.0, scale=0.5)\n"
        "SPEC = ParamSpec(ParamField(k, prior=P) for k in set('abcdefghij'))\n"
    )
    from set_of_keys import SPEC

    class FromSet(line.System):
        spec = SPEC
        transforms = TransformRegistry()
        # Its coefficients are log-normal: nothing to integrate.
        capabilities = line.System().capabilities - {"linear_gaussian"}

    return FromSet(), {"target": "set_of_keys:SPEC"}


@plant("declared")
def entry_of_another_scope(line, tmp_path):
    entry = SystemEntry("line.straight", **entry_parts(line))
    return line.System(), {"entry": entry}


@plant("declared")
def data_of_another_size(line, tmp_path):
    """A size that is declared counts; one that is left open does not."""
    system = line.System(4)
    known = {**entry_parts(line), "data": line.System(5).data}
    return system, {"entry": SystemEntry("line", **known)}


def entry_parts(line):
    return {
        "target": "somewhere:Line",
        "spec": line.spec,
        "structure": line.System().structure.fields,
    }


def test_a_size_that_is_left_open_is_no_difference(line):
    series = [DataField(key, dims=("time",)) for key in ("one", "two")]
    for fields, faults in ((series, 0), (series[:1], 1), (series[::-1], 1)):
        known = {**entry_parts(line), "data": DataSpec(fields)}
        case = Case(line.System(), entry=SystemEntry("line", **known))
        assert len(CONTRACTS["declared"].run(case)) == faults


@plant("problem")
def key_without_value_or_prior(line, tmp_path):
    return changed(line, d=ParamField("d"))


@plant("finite")
def not_a_number_at_some_draws(line, tmp_path):
    draws = [abs(float(s["a"])) for s in Case(line.System()).stores]
    limit = sorted(draws)[-2]
    return beside(
        line, lambda s: jnp.where(jnp.abs(s["a"]) > limit, jnp.nan, s["a"])
    )


@plant("dtypes")
def python_float_among_the_leaves(line, tmp_path):
    class Leaky(line.System):
        gain: float

        def __init__(self, n=5):
            super().__init__(n)
            self.gain = 1.0

    return Leaky()


@plant("dtypes")
def weak_type_comes_out(line, tmp_path):
    return beside(line, lambda s: jnp.arange(3) * 1.0)


@plant("pure")
def traced_value_kept(line, tmp_path):
    def keep(store):
        LEAKED.append(store["a"])
        return store["a"]

    return beside(line, keep)


@plant("pure")
def callback_inside(line, tmp_path):
    def shout(store):
        jax.debug.callback(lambda a: None, store["a"])
        return store["a"]

    return beside(line, shout)


@plant("jit")
def another_branch_when_traced(line, tmp_path):
    def branch(store):
        traced = isinstance(store["a"], jax.core.Tracer)
        return store["a"] * (1 + 1e-6 * traced)

    return beside(line, branch)


@plant("vmap")
def another_branch_when_batched(line, tmp_path):
    def branch(store):
        batched = "Batch" in type(store["a"]).__name__
        return store["a"] * (1 + 1e-6 * batched)

    return beside(line, branch)


@plant("retrace")
def number_in_a_static_field(line, tmp_path):
    class Static(line.System):
        gain: float = eqx.field(static=True)

        def __init__(self, n=5):
            super().__init__(n)
            self.gain = 2.0

    return Static()


@plant("retrace")
def transforms_made_at_each_use(line, tmp_path):
    class Fresh(line.System):
        @property
        def resolver(self):
            made = Transform("end", ("a", "b"), lambda a, b: a + 2 * b, "line")
            return TransformRegistry([made]).resolver(self.spec, "line")

    return Fresh()


@plant("single")
def guard_below_single_precision(line, tmp_path):
    return beside(line, lambda s: jnp.log(jnp.abs(s["a"]) * 0 + 1e-300))


@plant("single")
def double_asked_for_by_name(line, tmp_path):
    return beside(line, lambda s: s["a"].astype("float64"))


@plant("single")
def large_terms_that_cancel(line, tmp_path):
    return beside(line, lambda s: jnp.sqrt(1e4 + s["a"]) - 100)


@plant("reverse_gradients")
def loop_of_unknown_length(line, tmp_path):
    def loop(c, d, time):
        state = jax.lax.while_loop(
            lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * 0.9), (0, d)
        )
        return c + state[1] * time

    return second(line, loop)


@plant("forward_gradients")
def custom_vjp(line, tmp_path):
    @jax.custom_vjp
    def same(x):
        return x

    same.defvjp(lambda x: (x, None), lambda _, g: (g,))
    return second(line, lambda c, d, time: c + same(d) * time)


@plant("finite_gradients")
def root_of_a_negative_in_the_tail(line, tmp_path):
    def root(c, d, time):
        return d * time + jnp.where(c < 3, jnp.sqrt(3 - c), 0.0)

    return second(line, root)


@plant("special_points")
def length_at_the_round_limit(line, tmp_path):
    return second(line, lambda c, d, time: c + jnp.sqrt(d**2) * time)


@plant("log_likelihood")
def vector_for_a_scalar(line, tmp_path):
    class Vector(line.System):
        def log_likelihood(self, store, data):
            return super().log_likelihood(store, data)[None]

    return Vector()


@plant("residuals")
def residuals_in_other_units(line, tmp_path):
    class Residuals(line.System):
        def residuals(self, store, data):
            return super().residuals(store, data) * 2

        def pointwise_log_likelihood(self, store, data):
            gap = super().residuals(store, data)
            return -0.5 * gap**2 - jnp.log(self.noise)

    return Residuals()


@plant("pointwise")
def terms_without_their_norm(line, tmp_path):
    class Pointwise(line.System):
        def pointwise_log_likelihood(self, store, data):
            return -0.5 * self.residuals(store, data) ** 2

        def log_likelihood(self, store, data):
            terms = super().pointwise_log_likelihood(store, data)
            return terms.sum()

    return Pointwise()


def linear(line, **changes):
    class Linear(line.System):
        def linear_gaussian(self, store):
            made = super().linear_gaussian(store)
            parts = {f: getattr(made, f) for f in vars(made)} | changes
            return LinearGaussian(**parts)

    return Linear()


@plant("linear_gaussian")
def offset_of_another_model(line, tmp_path):
    return linear(line, offset=jnp.arange(5.0))


@plant("linear_gaussian")
def data_that_count_and_are_said_not_to(line, tmp_path):
    return linear(line, used=jnp.arange(5) < 4)


@plant("linear_gaussian")
def data_left_out_of_noise_that_is_not_independent(line, tmp_path):
    used = jnp.ones(5, bool)
    return linear(line, noise_scale=line.System().noise * jnp.eye(5), used=used)


@plant("linear_gaussian")
def one_noise_of_another_model(line, tmp_path):
    return linear(line, noise_scale=jnp.asarray([1.0, 2.0]))


@plant("linear_gaussian")
def prior_of_another_model(line, tmp_path):
    return linear(line, prior_scale=jnp.array([1.0, 2.0]))


@plant("linear_gaussian")
def coefficients_the_wrong_way_round(line, tmp_path):
    return linear(line, keys=("b", "a"))


@plant("simulate_keys")
def key_that_is_ignored(line, tmp_path):
    class Ignored(line.System):
        def simulate(self, key, store):
            return super().simulate(jax.random.key(0), store)

    return Ignored()


@plant("simulate_data")
def data_that_nobody_declared(line, tmp_path):
    class Extra(line.System):
        def simulate(self, key, store):
            return super().simulate(key, store) | {"three": self.time}

    return Extra()


@plant("simulate_score")
def noise_of_another_size(line, tmp_path):
    class Loud(line.System):
        def simulate(self, key, store):
            mean, made = self.predict(store), super().simulate(key, store)
            return {k: 2 * made[k] - mean[k] for k in mean}

    return Loud()


@plant("simulate_score")
def data_of_other_values(line, tmp_path):
    class Shifted(line.System):
        def simulate(self, key, store):
            made = super().simulate(key, store)
            return made | {"two": made["two"] + 0.5}

    return Shifted()


@plant("order")
def data_by_position(line, tmp_path):
    class Position(line.System):
        def log_likelihood(self, store, data):
            one, two = data.values()
            given = {"one": one, "two": two}
            return self.pointwise_log_likelihood(store, given).sum()

    return Position()


@plant("round_trip")
def transform_with_a_wrong_inverse(line, tmp_path):
    (tmp_path / "wrong_exp.py").write_text(
        "import jax.numpy as jnp\n"
        "from numpyro.distributions.transforms import ExpTransform\n"
        "class WrongExp(ExpTransform):\n"
        "    def _inverse(self, y):\n"
        "        return jnp.log(y) + 0.1\n"
    )
    prior = Prior("LogNormal", loc=0.0, scale=0.5)
    field = ParamField("c", prior=prior, transform="wrong_exp:WrongExp")
    return changed(line, c=field)


@plant("derived")
def derived_of_another_shape(line, tmp_path):
    field = ParamField("end", kind="derived", unit="m", shape=(2,))
    return changed(line, end=field)


@plant("derived")
def derived_out_of_bounds(line, tmp_path):
    field = ParamField("end", kind="derived", unit="m", bounds=(100, None))
    return changed(line, end=field)


@plant("inverses")
def inverse_of_something_else(line, tmp_path):
    class Inverse(line.System):
        transforms = TransformRegistry(
            [
                Transform(
                    "end",
                    ("a", "b"),
                    line.end,
                    "line",
                    (("a", lambda value, b: value - b),),
                )
            ]
        )

    return Inverse()


@plant("structure")
def array_lost_when_built_again(line, tmp_path):
    class Lost(line.System):
        def with_structure(self, structure):
            again = super().with_structure(structure)
            return eqx.tree_at(lambda s: s.time, again, again.time + 1)

    return Lost()


@plant("layout")
def data_of_unknown_size(line, tmp_path):
    class Unbound(line.System):
        data = DataSpec([DataField(k, dims=("t",)) for k in ("one", "two")])

    return Unbound()


def made(name, line, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    contract, make = PLANTED[name]
    got = make(line, tmp_path)
    return contract, *(got if isinstance(got, tuple) else (got, {}))


@pytest.mark.parametrize("name", PLANTED)
def test_planted_fault_is_found(name, line, tmp_path, monkeypatch):
    contract, system, options = made(name, line, tmp_path, monkeypatch)
    faults = check_system(system, only=[contract], **options)
    assert faults, f"{contract} does not see {name}"
    assert {fault.code for fault in faults} == {contract}
    # Seen, and not merely stumbled over.
    assert not [f for f in faults if "could not be made" in f.what], faults


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_nothing_else_turns_red(name, line, tmp_path, monkeypatch):
    contract, system, options = made(name, line, tmp_path, monkeypatch)
    faults = check_system(system, **options)
    assert {fault.code for fault in faults} == {contract}, faults


def test_every_contract_has_a_planted_fault(capsys):
    assert {contract for contract, _ in PLANTED.values()} == set(CONTRACTS)
    with capsys.disabled():
        print("\n\ncontract           planted fault")
        for name, (contract, _) in PLANTED.items():
            print(f"{contract:18} {name.replace('_', ' ')}")


@pytest.mark.slow
def test_the_system_without_a_fault_conforms(line):
    assert check_system(line.System()) == []

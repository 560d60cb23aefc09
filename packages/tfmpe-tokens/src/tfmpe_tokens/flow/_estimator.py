"""The flow-matching estimator on tokens: fit, sample, log-density."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import jax
import numpy as np
from forwardax.errors import Fault
from jax import Array

from .._errors import TokenError
from .._layout import Layout
from .._tokens import Tokens
from ._calls import (
    as_tokens,
    by_chunks,
    check_finite,
    flat_samples,
    keys_of,
    splits_of,
)
from ._field import FlowLoss, Form, Parameters, Rows, density, draw
from ._network import NetworkConfig
from ._regression import Regression
from ._scaling import Scaling
from ._structure import Split
from ._summary import n_patches
from ._train import TrainConfig, TrainLog, train
from ._vocabulary import Vocabulary

Keys = Iterable[str]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What training leaves behind.

    Parameters
    ----------
    form
        The network without its numbers.
    parameters
        Arrays by name.
    scaling
        Standard units.
    splits
        Target and conditioning keys that it was trained on.
    regressions
        Of the targets on the conditions, for each of the splits.
    logs
        One for each training.
    """

    form: Form
    parameters: Parameters
    scaling: Scaling
    splits: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    regressions: tuple[Regression, ...]
    logs: tuple[TrainLog, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FlowEstimator:
    """Conditional flow matching with a transformer, on any tokens.

    Immutable: `fit` returns an estimator that is trained, and leaves this
    one as it is.

    Parameters
    ----------
    network
        Size of the network and how it attends.
    training
        Steps, rates and sizes.
    trained
        What training left behind; None before.

    References
    ----------
    Lipman et al. (2023), arXiv:2210.02747; Wildberger et al. (2023),
    arXiv:2305.17161.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainConfig = field(default_factory=TrainConfig)
    trained: Trained | None = None

    def fit(
        self,
        tokens: Tokens,
        target_keys: Keys | Literal["any"] | None = None,
        conditioning_keys: Keys | None = None,
        *,
        key: Array,
        also: Sequence[tuple[Keys, Keys]] = (),
        progress: Progress | None = None,
    ) -> FlowEstimator:
        """Learn the distribution of targets given conditions.

        Parameters
        ----------
        tokens
            Joint draws of everything, `(n, tokens, width)`; padded where
            groups differ in size.
        target_keys
            Keys to infer. `"any"` trains every split of the keys at once,
            so that any may be inferred from any others.
        conditioning_keys
            Keys to condition on; all others, if not given.
        key
            JAX key.
        also
            Further pairs of target and conditioning keys to train for.
        progress
            Called with a stage, steps done and steps in all.

        Returns
        -------
        FlowEstimator
            Trained. An estimator that was trained before goes on from its
            parameters, in its units.

        Raises
        ------
        TokenError
            If keys or values do not fit.
        """
        tokens, _ = flat_samples(tokens)
        layout = tokens.layout
        check_finite(tokens)
        pairs = splits_of(layout, target_keys, conditioning_keys, also)
        before = self.trained
        if before is None:
            vocabulary = Vocabulary.of(layout, self.network.exchangeable)
            scaling = Scaling.of(tokens, vocabulary)
        else:
            vocabulary, scaling = before.form.vocabulary, before.scaling
            vocabulary.check(layout)
        splits = tuple(self._split(layout, *pair) for pair in pairs)
        hops = max(split.plan.hops for split in splits)
        start_key, train_key = jax.random.split(key)
        if before is None:
            form = Form(
                vocabulary, self.network, max(self.network.layers, hops)
            )
            parameters = form.parameters(start_key)
        else:
            form, parameters = before.form, before.parameters
        inputs = scaling.inputs(tokens, vocabulary)
        known = (
            {}
            if before is None
            else dict(zip(before.splits, before.regressions, strict=True))
        )
        left: list[Array] = []
        for split in splits:
            name = (split.targets, split.conditions)
            if name not in known:
                known[name] = Regression.of(inputs, split, vocabulary)
            data = np.asarray(inputs.data)[:, None, split.plan.target_index]
            own = known[name].left(data, inputs, split, vocabulary)
            left.append(own[:, 0])
        loss = FlowLoss(
            form, splits, self.training.draws, self.training.time_power
        )
        parameters, log = train(
            loss,
            parameters,
            Rows(inputs, tuple(left)),
            train_key,
            config=self.training,
            progress=progress,
        )
        trained = Trained(
            form=form,
            parameters=parameters,
            scaling=scaling,
            splits=tuple(known),
            regressions=tuple(known.values()),
            logs=(*(before.logs if before else ()), log),
        )
        return replace(self, trained=trained)

    def sample(
        self,
        tokens: Tokens,
        target_keys: Keys,
        conditioning_keys: Keys | None = None,
        *,
        key: Array,
        n: int = 1000,
        solver: Literal["rk4", "tsit5"] = "rk4",
        steps: int = 20,
        tolerance: float = 1e-5,
    ) -> Tokens:
        """Draws of targets, given the conditions in some tokens.

        Parameters
        ----------
        tokens
            Values of the conditions, and the shapes of the targets (their
            values do not matter): of the layout of the training, or with
            groups of other sizes.
        target_keys, conditioning_keys
            As in training; some of the targets may be left out.
        key
            JAX key.
        n
            Draws of each sample.
        solver, steps, tolerance
            `"rk4"` in `steps` equal steps, or `"tsit5"` to a tolerance.

        Returns
        -------
        Tokens
            Of the targets, with one more sample axis: `(*samples, n)`.

        Raises
        ------
        TokenError
            If it was not trained, or not for these keys.
        """
        trained = self._trained()
        tokens, lead = flat_samples(tokens)
        split, regression = self._for(
            tokens.layout, target_keys, conditioning_keys
        )
        inputs = trained.scaling.inputs(tokens, trained.form.vocabulary)
        keys = keys_of(key, tokens.data.shape[0])

        def some(part: Any, own: Array) -> Array:
            return draw(
                trained.form,
                split,
                trained.parameters,
                part,
                own,
                n,
                solver,
                steps,
                tolerance,
            )

        unit = by_chunks(some, (inputs, keys), n * split.layout.n_tokens)
        vocabulary = trained.form.vocabulary
        values = trained.scaling.values(
            regression.values(unit, inputs, split, vocabulary),
            tokens.layout,
            split.plan.target_index,
            vocabulary,
        )
        return as_tokens(values, tokens, split.targets, target_keys, lead)

    def log_prob(
        self,
        tokens: Tokens,
        target_keys: Keys,
        conditioning_keys: Keys | None = None,
        *,
        draws: Tokens | None = None,
        trace: Literal["exact", "hutchinson"] = "exact",
        key: Array | None = None,
        probes: int = 1,
        solver: Literal["rk4", "tsit5"] = "rk4",
        steps: int = 20,
        tolerance: float = 1e-5,
    ) -> np.ndarray:
        """Log-density of targets, given the conditions in some tokens.

        Parameters
        ----------
        tokens
            Values of the conditions, and of the targets if no draws are
            given.
        target_keys, conditioning_keys
            As in training: all the targets of a training.
        draws
            Targets as `sample` returns them, `(*samples, n)`.
        trace, key, probes
            `"exact"`, or `"hutchinson"` with a key and so many random
            directions.
        solver, steps, tolerance
            As in `sample`.

        Returns
        -------
        numpy.ndarray
            `(*samples,)`, or `(*samples, n)` of draws; in the units of the
            tokens.

        Raises
        ------
        TokenError
            If it was not trained for exactly these keys.
        """
        trained = self._trained()
        vocabulary, scaling = trained.form.vocabulary, trained.scaling
        tokens, lead = flat_samples(tokens)
        chosen = list(target_keys)
        split, regression = self._for(tokens.layout, chosen, conditioning_keys)
        if set(split.targets) != set(chosen):
            raise TokenError(
                Fault(
                    "only all the targets of a training have a density",
                    key="target_keys",
                    value=", ".join(chosen),
                    allowed=", ".join(split.targets),
                    code="targets",
                )
            )
        index = split.plan.target_index
        if draws is None:
            values = np.asarray(tokens.data)[:, None, index]
        else:
            own = draws.select_tokens(split.targets)
            flat = np.asarray(own.data)
            values = flat.reshape(-1, *flat.shape[len(lead) :])
        inputs = scaling.inputs(tokens, vocabulary)
        units = scaling.units(values, tokens.layout, index, vocabulary)
        points = regression.left(units, inputs, split, vocabulary)
        noise = jax.random.key(0) if key is None else key
        if trace == "hutchinson" and key is None:
            noise = None

        def some(part: Any, these: Array) -> Array:
            return density(
                trained.form,
                split,
                trained.parameters,
                part,
                these,
                noise,
                trace,
                probes,
                solver,
                steps,
                tolerance,
            )

        found = by_chunks(
            some, (inputs, points), 8 * points.shape[1] * split.layout.n_tokens
        )
        there = np.asarray(tokens.padding_mask)[:, index]
        volume = scaling.log_volume(tokens.layout, index, vocabulary, there)
        volume += regression.log_volume(split, vocabulary, there)
        found = np.asarray(found, float) - volume[:, None]
        shape = lead if draws is None else (*lead, found.shape[1])
        return found.reshape(shape)

    def save(self, path: str | Path) -> Path:
        """Write the trained network: one safetensors file.

        See `FlowEstimator.load`.
        """
        from ._save import save

        return save(self, Path(path))

    @staticmethod
    def load(path: str | Path, layout: Layout | None = None) -> FlowEstimator:
        """Read what `save` wrote.

        Parameters
        ----------
        path
            The file.
        layout
            Of the tokens that it is to be used on; refused by name where
            the network was trained on others.

        Raises
        ------
        SaveError
            If the file is missing, damaged, or no trained network.
        TokenError
            If the layout does not fit.
        """
        from ._save import load

        found = load(Path(path), layout)
        return FlowEstimator(
            network=found.network,
            training=found.training,
            trained=Trained(
                form=found.form,
                parameters=found.parameters,
                scaling=found.scaling,
                splits=found.splits,
                regressions=found.regressions,
            ),
        )

    def _trained(self) -> Trained:
        if self.trained is None:
            raise TokenError(
                Fault(
                    "this estimator was not trained",
                    key="estimator",
                    fix="estimator = estimator.fit(tokens, target_keys, "
                    "key=...)",
                    code="untrained",
                )
            )
        return self.trained

    def _split(
        self, layout: Layout, targets: Keys, conditions: Keys | None
    ) -> Split:
        made = Split.of(layout, targets, conditions)
        summaries = tuple(
            (key.name, n_patches(key.batch_shape))
            for key in layout.keys
            if key.summary and key.name in made.conditions
        )
        return replace(
            made,
            rules=self.network.rules,
            attention=self.network.attention,
            summary_tokens=summaries,
        )

    def _for(
        self, layout: Layout, targets: Keys, conditions: Keys | None
    ) -> tuple[Split, Regression]:
        """The trained split that holds these targets, with its regression."""
        trained = self._trained()
        trained.form.vocabulary.check(layout)
        asked = Split.of(layout, targets, conditions)
        for (own, given), regression in zip(
            trained.splits, trained.regressions, strict=True
        ):
            if set(given) == set(asked.conditions) and (
                set(asked.targets) <= set(own)
            ):
                return self._split(layout, own, given), regression
        raise TokenError(
            Fault(
                f"it was not trained to infer {list(asked.targets)} from "
                f"{list(asked.conditions)}",
                key="target_keys",
                allowed="; ".join(
                    f"{list(own)} from {list(given)}"
                    for own, given in trained.splits
                ),
                fix="train with also=[(targets, conditions)], or with "
                'target_keys="any"',
                code="split",
            )
        )

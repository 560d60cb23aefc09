"""Settings of `tfmpe.flow`."""

from __future__ import annotations

from dataclasses import dataclass, field

from ._network import NetworkConfig
from ._train import TrainConfig


@dataclass(frozen=True, kw_only=True)
class FlowConfig:
    """Settings of `tfmpe.flow`.

    Parameters
    ----------
    simulations
        Joint draws of parameters and data, in each round.
    around
        `"prior"`, or `"fit"`: parameters are learned about the best fit of
        the data, in units of its curvature. For normal noise, and data that
        say much more than the prior.
    rounds
        Above 1, later rounds simulate from the prior cut to where the
        posterior of the data lies; what is trained then serves these data
        alone.
    draws
        Draws from each posterior.
    steps, batch_size, learning_rate, patience
        See `TrainConfig`.
    noises
        Times and noises drawn for each simulation of a batch.
    width, layers, heads, attention, rules
        See `NetworkConfig`.
    exchangeable
        Dims whose entries are alike, between commas: the network is then
        equivariant in them.
    solver_steps
        Steps along the flow, of four evaluations each.
    importance
        Whether draws are weighed against the true density, where there is
        one: it takes longer than drawing.
    exact_up_to
        Coordinates up to which the density of draws is exact; above, it is
        estimated by random directions.
    held
        Simulations that the calibration is judged on; no network saw them.
    """

    simulations: int = field(
        default=10_000, metadata={"least": 50, "help": "joint draws a round"}
    )
    around: str = field(default="prior", metadata={"choices": ("prior", "fit")})
    rounds: int = field(default=1, metadata={"least": 1})
    draws: int = field(
        default=1000, metadata={"least": 10, "help": "of each posterior"}
    )
    steps: int = field(default=6000, metadata={"least": 1})
    batch_size: int = field(default=256, metadata={"least": 1})
    learning_rate: float = field(default=1e-3, metadata={"least": 1e-8})
    patience: int = field(default=12, metadata={"least": 1})
    noises: int = field(default=1, metadata={"least": 1})
    width: int = field(default=64, metadata={"least": 8})
    layers: int = field(default=3, metadata={"least": 1})
    heads: int = field(default=4, metadata={"least": 1})
    attention: str = field(
        default="auto", metadata={"choices": ("auto", "dense", "block")}
    )
    rules: str = field(
        default="posterior",
        metadata={"choices": ("posterior", "layout", "none")},
    )
    exchangeable: str = field(
        default="", metadata={"help": "dims whose entries are alike"}
    )
    solver_steps: int = field(default=20, metadata={"least": 1})
    importance: bool = True
    exact_up_to: int = field(default=32, metadata={"least": 0})
    held: int = field(default=200, metadata={"least": 20})

    @property
    def network(self) -> NetworkConfig:
        """Its part for the network."""
        alike = tuple(d.strip() for d in self.exchangeable.split(",") if d)
        return NetworkConfig(
            width=self.width,
            layers=self.layers,
            heads=self.heads,
            attention=self.attention,
            rules=self.rules,
            exchangeable=alike,
        )

    @property
    def training(self) -> TrainConfig:
        """Its part for the training."""
        return TrainConfig(
            steps=self.steps,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            patience=self.patience,
            draws=self.noises,
        )

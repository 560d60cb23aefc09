"""`numpyro.nuts`: the no-U-turn sampler in whitened coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from forwardax.estimation import (
    Estimator,
    Journal,
    Posterior,
    Problem,
    Progress,
)

from ._nuts_run import Run
from ._resume import check_checkpoint


@dataclass(frozen=True, kw_only=True)
class NutsConfig:
    """Settings of `numpyro.nuts`.

    Parameters
    ----------
    draws
        Kept of each chain.
    warmup
        Steps of adaptation; None takes 150 where the coordinates are
        whitened and 1000 where they are not.
    chains
        Independent chains; R-hat needs two.
    target_accept
        Mean acceptance probability the step size is adapted to.
    max_tree_depth
        A trajectory has at most `2**max_tree_depth - 1` steps.
    chain_method
        `"sequential"`, `"vectorized"` (one batch), `"parallel"` (over the
        process's devices); `"auto"` takes parallel on several CPU devices,
        sequential on one, vectorized on an accelerator.
    whiten
        Sample in the coordinates of the Laplace approximation.
    thin
        Steps for each draw that is kept.
    """

    draws: int = field(
        default=1000, metadata={"least": 4, "help": "draws a chain"}
    )
    warmup: int | None = field(
        default=None, metadata={"least": 10, "kind": int, "help": "steps"}
    )
    chains: int = field(default=4, metadata={"least": 1, "help": "chains"})
    target_accept: float = field(
        default=0.8, metadata={"least": 0.1, "most": 0.999, "help": "rate"}
    )
    max_tree_depth: int = field(
        default=10, metadata={"least": 1, "most": 15, "help": "doublings"}
    )
    chain_method: str = field(
        default="auto",
        metadata={"choices": ("auto", "sequential", "vectorized", "parallel")},
    )
    whiten: bool = field(default=True, metadata={"help": "Laplace first"})
    thin: int = field(default=1, metadata={"least": 1, "help": "steps a draw"})


class Nuts(Estimator):
    """The no-U-turn sampler.

    Chains move in the coordinates of the Laplace approximation. There each
    adapts a step size, and all share a diagonal mass, of what they have drawn
    in two thirds of the warm-up. Where the search for the maximum does not
    settle, they move in units of the prior's scale and each adapts a dense
    mass; the posterior's notes and its stat `whitened` say so.

    A posterior of the same problem as `checkpoint` is continued: the chains
    go on from its state, adapted as they are, and with its random numbers
    (the key is not used). The result holds the old draws and the new ones;
    it equals, bit for bit, one fit of the same total length.

    With a `Journal` as `checkpoint` the chains are kept every few seconds,
    and a fit that was interrupted goes on from there: the result equals, bit
    for bit, that of an undisturbed fit on the same machine.
    """

    name = "numpyro.nuts"
    needs = frozenset({"log_likelihood", "gradient"})
    checks = (
        "r_hat",
        "ess_bulk",
        "ess_tail",
        "divergences",
        "e_bfmi",
        "tree_depth",
    )
    Config = NutsConfig

    def fit(
        self,
        problem: Problem,
        key: Any,
        *,
        config: NutsConfig,
        progress: Progress | None = None,
        checkpoint: Posterior | Journal | None = None,
    ) -> Posterior:
        """See `forwardax.Estimator.fit`.

        Returns
        -------
        Posterior
            Stats by draw: `diverging`, `accept_prob`, `num_steps`,
            `tree_depth`, `energy`; by fit: `whitened`, `invalid_starts`.

        Raises
        ------
        FitError
            If no valid starting point is found, or the checkpoint is not one
            of this problem.
        """
        tell = progress or _silent
        if isinstance(checkpoint, Posterior):
            check_checkpoint(problem, checkpoint, self.name, config.chains)
            run = Run(problem, config, tell, Journal(None))
            run.resume(checkpoint, key)
            run.sample()
            return run.posterior(self, checkpoint)
        run = Run(problem, config, tell, checkpoint or Journal(None))
        run.start(key)
        run.sample()
        return run.posterior(self, None)


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total

"""One run of the sampler: start or go on, sample, put together."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from forwardax.errors import FitError
from forwardax.estimation import (
    Estimator,
    Journal,
    Posterior,
    Problem,
    Progress,
    make_posterior,
)

from ._chains import (
    CHUNK,
    Drawn,
    Plan,
    advance,
    begin,
    method_for,
    no_sums,
    place,
    pooled,
)
from ._coordinates import chart_of
from ._frame import Choice, Frame, plain_frame, white_frame
from ._locate import LARGEST, agreement, locate, mode_notes, no_start
from ._nuts_checks import chain_checks
from ._resume import check_density, from_arrays, to_arrays
from ._starts import make_starts

if TYPE_CHECKING:
    from ._nuts import NutsConfig

_WHITE_WARMUP = 150
_PLAIN_WARMUP = 1000
_STARTS, _STEPS, _RATE = 8, 200, 0.1
_FIRST, _SECONDS = 10, 5.0
"""Draws of the first chunk, and about how long the others take: it is what an
interruption loses. Where a chain is cut changes nothing in it."""


class Run:
    """The chains of one fit.

    Parameters
    ----------
    problem
        With data.
    config
        Settings.
    tell
        Called with stage, done and total.
    journal
        Bound to this fit: gone on from, and appended to.
    """

    def __init__(
        self,
        problem: Problem,
        config: NutsConfig,
        tell: Progress,
        journal: Journal,
    ) -> None:
        self._problem = problem
        self._config = config
        self._tell = tell
        self._journal = journal
        self._method = method_for(config.chain_method, config.chains)
        self._notes: list[str] = []
        self._timings: dict[str, float] = {}
        self._invalid = 0
        self._done = {"warmup": 0, "sampling": 0}
        self._parts: list[Drawn] = []
        self._sums: Any = None
        self._pace = _FIRST
        self._began = perf_counter()

    def start(self, key: Any) -> None:
        """Go on from the journal; else find the coordinates, and begin."""
        chunks = list(self._journal)
        if not chunks:
            self._begin(key)
            return
        frame, last = chunks[0].arrays, chunks[-1].arrays
        record = json.loads(str(last["progress"]))
        self._done = record["done"]
        self._timings = record["timings"]
        self._notes = record["notes"]
        self._invalid = record["invalid"]
        self._restore({**frame, **last}, key)
        self._sums = last.get("sums")
        self._parts = [
            Drawn(*(arrays[f"drawn.{name}"] for name in Drawn._fields))
            for kind, arrays in chunks
            if kind == "sampling"
        ]

    def resume(self, checkpoint: Posterior, key: Any) -> None:
        """Go on where another posterior ended."""
        self._notes += [n for n in checkpoint.notes if n not in self._notes]
        self._invalid = int(checkpoint.stats["invalid_starts"][0])
        self._timings |= dict(checkpoint.timings)
        self._restore(checkpoint.state, key)
        self._done["warmup"] = self._plan().warmup

    def sample(self) -> None:
        """Warm up and draw, as far as that is not done yet."""
        plan = self._plan()
        total = plan.warmup
        if plan.mass == "pooled":
            # What the first fifth draws tells of the starts; in the last
            # third the step follows the mass.
            first, last = total // 5, 2 * total // 3
            self._advance("warmup", first, total)
            self._advance("warmup", last, total, add=True)
            if self._done["warmup"] == last:
                self._state = pooled(self._state, self._sums, last - first)
        self._advance("warmup", total, total)
        self._advance("sampling", self._config.draws, self._config.draws)

    def _begin(self, key: Any) -> None:
        key_search, key_chains = jax.random.split(key)
        programs = self._compile(key_chains)
        self._choice = self._find_frame(key_search)
        programs.join()
        self._lap("search")
        state, invalid = begin(
            *self._shared(),
            key_chains,
            chains=self._config.chains,
            plan=self._plan(),
            white=self._choice.white,
        )
        self._invalid += int(invalid)
        if not np.isfinite(np.asarray(state.potential_energy)).all():
            raise FitError(no_start(int(invalid)))
        if self._invalid:
            self._notes.append(
                f"{self._invalid} starting points were passed over: the "
                "density there was zero or not finite"
            )
        self._state = state
        self._lap("warmup")
        self._keep("start")

    def _compile(self, key: Any) -> Thread:
        """Compile the programs of the chains while the search runs."""
        problem = self._problem
        white = self._config.whiten and problem.size <= LARGEST
        ones = np.ones(len(chart_of(problem.plan).kept))
        choice = plain_frame(problem, ones)._replace(white=white)
        plan = self._plan_for(choice)

        def run() -> None:
            # What fails here fails again where it is needed, and is told.
            with suppress(Exception):
                state, _ = begin(
                    *self._shared(choice=choice),
                    key,
                    chains=self._config.chains,
                    plan=plan,
                    white=white,
                )
                (state, sums), shared = place(
                    plan, (state, no_sums(state)), self._shared(choice=choice)
                )
                none, one = jnp.asarray(0), jnp.asarray(1)
                advance(*shared, state, sums, none, one, plan=plan)

        thread = Thread(target=run, daemon=True)
        thread.start()
        return thread

    def _restore(self, arrays: Any, key: Any) -> None:
        frame = Frame(*(arrays[name] for name in Frame._fields))
        self._choice = Choice(frame, bool(arrays["white"]))
        like, _ = jax.eval_shape(
            lambda problem, key: begin(
                *self._shared(problem),
                key,
                chains=self._config.chains,
                plan=self._plan(),
                white=self._choice.white,
            ),
            self._problem,
            key,
        )
        self._state = from_arrays(arrays, like, key)
        problem, frame, _ = self._shared()
        check_density(problem, frame, self._state)

    def posterior(
        self, owner: Estimator, checkpoint: Posterior | None
    ) -> Posterior:
        """Draws, the checkpoint's first, with checks and state."""
        drawn = Drawn(
            *(np.concatenate(x, axis=1) for x in zip(*self._parts, strict=True))
        )
        steps = np.asarray(drawn.num_steps)
        stats: dict[str, Any] = {
            "diverging": drawn.diverging,
            "accept_prob": drawn.accept_prob,
            "num_steps": steps,
            "tree_depth": np.floor(np.log2(np.maximum(steps, 1))).astype(int)
            + 1,
            "energy": drawn.energy,
        }
        u, density = drawn.u, drawn.log_density
        if checkpoint is not None:
            old = checkpoint
            stats = {
                name: np.concatenate([old.stats[name], value], axis=1)
                for name, value in stats.items()
            }
            u = np.concatenate([old.unconstrained, u], axis=1)
            density = np.concatenate([old.log_density, density], axis=1)
        made = make_posterior(
            self._problem,
            u,
            estimator=owner.name,
            declared=owner.checks,
            checks=(),
            log_densities=density,
            stats={
                **stats,
                "whitened": np.asarray([self._choice.white]),
                "invalid_starts": np.asarray([self._invalid]),
                "step_size": np.asarray(self._state.adapt_state.step_size),
            },
            state={**self._choice.arrays, **to_arrays(self._state)},
            notes=tuple(self._notes),
            timings=self._timings,
        )
        checks = chain_checks(
            made,
            stats,
            self._config.max_tree_depth,
            len(self._problem.plan.validity),
            self._problem.plan.names,
        )
        return replace(made, checks=checks)

    def _find_frame(self, key: Any) -> Choice:
        problem, config = self._problem, self._config
        starts = make_starts(problem, key, _STARTS)
        self._invalid += int(starts.invalid)
        if not config.whiten:
            return plain_frame(problem, starts.scale)
        if problem.size > LARGEST:
            reason = f"{problem.size} coordinates are too many"
            choice = plain_frame(problem, starts.scale, reason)
        else:
            found = locate(
                problem,
                starts,
                jacobian=True,
                steps=_STEPS,
                rate=_RATE,
                progress=self._tell,
            )
            choice = white_frame(problem, found, starts.scale)
            if choice.white:
                self._notes += mode_notes(agreement(problem, found))
        if not choice.white:
            mass = self._plan_for(choice).mass
            self._notes.append(
                f"not whitened, a {mass} mass was adapted instead: "
                + choice.reason
            )
        return choice

    def _plan_for(self, choice: Choice) -> Plan:
        config = self._config
        default = _WHITE_WARMUP if choice.white else _PLAIN_WARMUP
        small = self._problem.size <= LARGEST
        own = "dense" if small else "diagonal"
        return Plan(
            warmup=config.warmup or default,
            mass="pooled" if choice.white else own,
            depth=config.max_tree_depth,
            method=self._method,
        )

    def _plan(self) -> Plan:
        return self._plan_for(self._choice)

    def _shared(
        self, problem: Problem | None = None, choice: Choice | None = None
    ) -> tuple[Any, ...]:
        dtype = jax.dtypes.canonicalize_dtype(float)
        frame = (choice or self._choice).frame
        return (
            problem or self._problem,
            Frame(*(jnp.asarray(x, dtype) for x in frame)),
            jnp.asarray(self._config.target_accept, dtype),
        )

    def _advance(
        self, stage: str, until: int, total: int, add: bool = False
    ) -> None:
        """Go on until so many draws of a stage are done."""
        plan = self._plan()
        new = self._sums is None or not add
        sums = no_sums(self._state) if new else self._sums
        (state, sums), shared = place(plan, (self._state, sums), self._shared())
        keep = stage == "sampling"
        thin = self._config.thin if keep else 1
        done = self._done[stage]
        self._tell(stage, done, total)
        while done < until:
            count = min(self._pace, CHUNK, until - done)
            problem, frame, target = shared
            state, drawn, sums = advance(
                problem,
                frame,
                target,
                state,
                sums,
                jnp.asarray(count),
                jnp.asarray(thin),
                plan=plan,
            )
            kept = Drawn(*(np.asarray(leaf)[:, :count] for leaf in drawn))
            if keep:
                self._parts.append(kept)
            if add:
                self._sums = sums
            done += count
            self._done[stage], self._state = done, state
            seconds = self._lap(stage)
            self._pace = max(1, int(count * _SECONDS / seconds))
            self._keep(stage, kept if keep else None)
            self._tell(stage, done, total)

    def _keep(self, kind: str, drawn: Drawn | None = None) -> None:
        """Append what going on from here takes."""
        record = {
            "done": self._done,
            "timings": self._timings,
            "notes": self._notes,
            "invalid": self._invalid,
        }
        arrays = to_arrays(self._state)
        arrays["progress"] = np.asarray(json.dumps(record))
        if self._sums is not None:
            arrays["sums"] = np.asarray(self._sums)
        if kind == "start":
            arrays |= self._choice.arrays
        if drawn is not None:
            arrays |= {f"drawn.{k}": v for k, v in drawn._asdict().items()}
        self._journal.append(kind, arrays)

    def _lap(self, stage: str) -> float:
        """Seconds since the last lap, counted to a stage."""
        now = perf_counter()
        seconds = now - self._began
        self._timings[stage] = self._timings.get(stage, 0.0) + seconds
        self._began = now
        return seconds

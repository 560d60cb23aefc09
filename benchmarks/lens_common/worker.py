"""Processes that are asked in turns."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from .demo import fresh_environment

HERE = Path(__file__).resolve().parents[1]


class Worker:
    """A module that serves actions, in a process of its own.

    Parameters
    ----------
    python
        The interpreter, so the environment.
    module
        Its name in this folder.
    arguments
        Of the command line.
    log
        Where its output goes.
    """

    def __init__(
        self, python: str, module: str, *arguments: Any, log: Path
    ) -> None:
        self.log = log
        read, write = os.pipe()
        # Libraries write what they like to their standard output.
        self.answers = os.fdopen(read)
        self.process = subprocess.Popen(
            [python, "-m", f"lens_common.{module}", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=log.open("w"),
            stderr=subprocess.STDOUT,
            pass_fds=[write],
            text=True,
            cwd=HERE,
            env=fresh_environment(
                JAX_COMPILATION_CACHE_DIR="",  # nothing from before
                BENCHMARK_ANSWERS=str(write),
            ),
        )
        os.close(write)
        self.actions: list[str] = self._answer()

    def ask(self, action: str) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(action + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        self.process.communicate()
        self.answers.close()

    def _answer(self) -> Any:
        line = self.answers.readline()
        if not line:
            code = self.process.wait()
            tail = "\n".join(self.log.read_text().splitlines()[-15:])
            raise SystemExit(f"a worker ended with {code}:\n{tail}")
        return json.loads(line)

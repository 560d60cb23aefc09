"""dLux, whose import may warn where warnings are errors."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

with warnings.catch_warnings():
    # Docstrings such as "\m" in zodiax, compiled where no bytecode is kept.
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", SyntaxWarning)
    # Its names come from a star import that type checkers do not follow.
    dlu: Any = import_module("dLux.utils")

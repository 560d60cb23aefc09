"""Strong gravitational lensing as pure JAX functions.

The system answers to `lensing.imaging` in `forwardax.system` and in run
files. What can be imported from here is loaded at first use, so that listing
what is installed does not import JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Imaging": "imaging",
    "LensImaging": "system",
    "PROFILES": "_declare.profiles",
    "Profile": "_declare.profiles",
    "annulus": "_declare.masks",
    "circle": "_declare.masks",
    "from_autolens": "_declare.profiles",
    "profile": "_declare.profiles",
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        from forwardax.errors import nearest

        near = nearest(name, _HOME)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"lensing_kernels has no {name!r}{hint}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_HOME)


__version__ = "0.1.0"

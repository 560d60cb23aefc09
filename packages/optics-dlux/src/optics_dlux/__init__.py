"""Telescopes for forwardax: pupil, aberrations, stars, detector.

`forwardax.system("optics.two_plane", ...)` builds one. What can be imported
from here is loaded at first use, so that listing what is installed does not
import JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "EigenParams": "_shims",
    "LegacyKeyMap": "_legacy",
    "ManyPlane": "_many_plane",
    "ModelParams": "_shims",
    "ParamsProxy": "_shims",
    "Pupil": "_pupil",
    "SheraThreePlane_Model": "_facade",
    "TwoPlane": "_two_plane",
    "asymmetric_mask": "_mask",
    "four_plane": "_many_plane",
    "four_plane_relay": "_many_plane",
    "plot_eigenmodes": "_plot_eigenmodes",
    "plot_history": "_plot_history",
    "plot_point_spread": "_plot",
    "plot_psf": "_plot",
    "plot_sweep": "_plot_sweeps",
    "plot_sweeps": "_plot_sweeps",
    "plot_wavefronts": "_plot_wavefronts",
    "power_law_map": "_wavefronts",
    "three_plane": "_many_plane",
    "transmission": "_pupil",
    "two_plane": "_two_plane",
    "zernike_modes": "_pupil",
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        from forwardax.errors import nearest

        near = nearest(name, _HOME)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"optics_dlux has no {name!r}{hint}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_HOME)


__version__ = "0.1.0"

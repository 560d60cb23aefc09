# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# JAX and NumPyro leave many of their types unknown.
"""Double precision, only when asked for."""

from __future__ import annotations

import jax


def enable_x64() -> None:
    """Make JAX use double precision from now on.

    Importing forwardax never changes JAX's configuration; call this first in
    a script that needs it.
    """
    jax.config.update("jax_enable_x64", True)

"""How features are extracted: windows, and what counts as an event."""

from __future__ import annotations

from dataclasses import dataclass

from ._errors import require_choice, require_integer, require_number


@dataclass(frozen=True, kw_only=True)
class FeatureConfig:
    """Definitions of the features of a series.

    Parameters
    ----------
    window
        Points before each one that its tension looks back on.
    local_window
        Points on either side of each one for the local scale.
    events
        ``"robust"``: a difference is an event where noise alone would give
        one as large in a share `alpha` of series (`robust_events`).
        ``"percentile"``: where it exceeds a percentile, so that a fixed share
        of points is flagged whatever the series (`difference_events`).
    local_jumps
        ``"exclude_self"``: a difference against those around it, itself and
        its neighbours left out, at the false-alarm rate `alpha`.
        ``"percentile"``: against the standard deviation of a window that
        contains the jump itself; a fixed share of points is flagged.
    alpha
        Expected number of false events per series of Gaussian noise, shared
        by both signs; for ``"robust"`` and ``"exclude_self"``.
    delta_percentile, local_jump_percentile
        Percentiles for ``"percentile"``.
    missing
        What NaN means: ``"raise"`` refuses it, ``"mask"`` leaves it out.
    constant
        What becomes of a series without variation: ``"raise"`` refuses it,
        ``"allow"`` finds no events and no tension in it.

    Raises
    ------
    OptionError
        If a value is not allowed.
    """

    window: int = 10
    local_window: int = 10
    events: str = "robust"
    local_jumps: str = "exclude_self"
    alpha: float = 0.05
    delta_percentile: float = 97.0
    local_jump_percentile: float = 97.0
    missing: str = "raise"
    constant: str = "raise"

    def __post_init__(self) -> None:
        require_integer("window", self.window, least=1)
        least = 3 if self.local_jumps == "exclude_self" else 1
        require_integer("local_window", self.local_window, least=least)
        require_choice("events", self.events, ("robust", "percentile"))
        require_choice(
            "local_jumps", self.local_jumps, ("exclude_self", "percentile")
        )
        require_number("alpha", self.alpha, 0, 1)
        for name in ("delta_percentile", "local_jump_percentile"):
            require_number(name, getattr(self, name), 0, 100, closed=True)
        require_choice("missing", self.missing, ("raise", "mask"))
        require_choice("constant", self.constant, ("raise", "allow"))

    @classmethod
    def compatible(
        cls,
        *,
        window: int = 10,
        local_window: int = 10,
        delta_percentile: float = 97.0,
        local_jump_percentile: float = 97.0,
        missing: str = "raise",
        constant: str = "raise",
    ) -> FeatureConfig:
        """The definitions of the original Lambda³ framework.

        Its events are percentiles: the share of flagged points is known
        before the series is, and the local score of a jump is damped by the
        jump itself. Kept for comparison.
        """
        return cls(
            window=window,
            local_window=local_window,
            events="percentile",
            local_jumps="percentile",
            delta_percentile=delta_percentile,
            local_jump_percentile=local_jump_percentile,
            missing=missing,
            constant=constant,
        )

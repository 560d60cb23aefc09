"""Plots: each function returns a figure of its own, without global state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from forwardax.errors import Fault, ForwardaxError

from ._errors import SeriesError
from ._validate import Series, validate_series

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ._analysis import SeriesAnalysis
    from ._network import SyncMatrix, SyncNetwork
    from ._sync import SyncProfile

UP, DOWN, LINE, SOFT = "tab:red", "tab:blue", "0.2", "0.8"


def _figure(width: float, height: float) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ForwardaxError(
            Fault(
                "plots need matplotlib",
                fix='pip install "lambda3-features[plots]"',
                code="missing",
            )
        ) from error
    return Figure(figsize=(width, height), layout="constrained")


def plot_series(analysis: SeriesAnalysis) -> Figure:
    """A series with its events, segments and regimes, above its tension.

    Parameters
    ----------
    analysis
        What `analyze_series` returned.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels. Tense regimes are shaded.
    """
    figure = _figure(10, 6)
    top, bottom = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": [2, 1]}
    )
    features = analysis.features
    t = features.time_trend
    top.plot(t, features.data, color=LINE, lw=0.8)
    if analysis.segmentation is not None:
        fitted = analysis.segmentation.fitted()
        top.plot(t, fitted, color="tab:orange", lw=1.5, label="level")
    for flags, mark, colour, label in (
        (features.delta_pos, "^", UP, "event up"),
        (features.delta_neg, "v", DOWN, "event down"),
    ):
        index = np.flatnonzero(flags)
        if index.size:
            top.plot(index, features.data[index], mark, c=colour, label=label)
    bottom.plot(t, features.rho_T, color=LINE, lw=0.8)
    if analysis.regimes is not None:
        calm, labels = 0, analysis.regimes.labels
        bounds = np.r_[0, analysis.regimes.transitions(), labels.size]
        for begin, end in zip(bounds[:-1], bounds[1:], strict=True):
            if labels[begin] > calm:
                shade = 0.15 * labels[begin]
                for axes in (top, bottom):
                    axes.axvspan(begin, end - 1, color="tab:red", alpha=shade)
    if top.get_legend_handles_labels()[0]:
        top.legend(loc="best")
    top.set(title=analysis.name, ylabel="value")
    bottom.set(xlabel="point", ylabel="tension")
    return figure


def plot_tension(analysis: SeriesAnalysis) -> Figure:
    """Tension of a series at several scales.

    Parameters
    ----------
    analysis
        What `analyze_series` returned.

    Returns
    -------
    matplotlib.figure.Figure
        One panel for each scale, with one axis of time.
    """
    figure = _figure(10, 1.6 * len(analysis.scales) + 0.6)
    panels = np.atleast_1d(
        figure.subplots(len(analysis.scales), 1, sharex=True)
    )
    for axes, scale, rho in zip(
        panels, analysis.scales, analysis.tension, strict=True
    ):
        axes.plot(rho, color=LINE, lw=0.8)
        axes.set(ylabel=f"window {scale}")
    panels[0].set(title=f"{analysis.name}: tension")
    panels[-1].set(xlabel="point")
    return figure


def plot_sync_profile(
    profile: SyncProfile, names: tuple[str, str] = ("a", "b")
) -> Figure:
    """Coincidences of events at each lag, and what chance gives.

    Parameters
    ----------
    profile
        What `sync_profile` returned.
    names
        Of the two series.

    Returns
    -------
    matplotlib.figure.Figure
        One panel; the best lag is coloured.
    """
    figure = _figure(8, 4)
    axes = figure.subplots()
    best = profile.lags == profile.optimal_lag
    colours = [UP if b and profile.max_rate > 0 else SOFT for b in best]
    axes.bar(profile.lags, profile.count, color=colours, edgecolor=LINE)
    axes.plot(profile.lags, profile.expected, color=LINE, label="expected")
    axes.axvline(0, color=LINE, lw=0.5)
    title = f"{names[0]} and {names[1]}"
    if not np.isnan(profile.p_value):
        title += f", p = {profile.p_value:.2g}"
    axes.set(
        title=title,
        xlabel=f"lag (positive: {names[0]} leads)",
        ylabel="coincidences",
    )
    axes.legend()
    return figure


def plot_sync_matrix(matrix: SyncMatrix) -> Figure:
    """Best rates of coincidences of all pairs.

    Parameters
    ----------
    matrix
        What `sync_matrix` returned.

    Returns
    -------
    matplotlib.figure.Figure
        One panel; small matrices have their lags written in.
    """
    size = len(matrix.names)
    figure = _figure(0.4 * size + 4, 0.4 * size + 3)
    axes = figure.subplots()
    shown = axes.imshow(matrix.rate, vmin=0, cmap="viridis")
    figure.colorbar(shown, label=f"{matrix.normalise} rate")
    axes.set_xticks(range(size), matrix.names, rotation=90)
    axes.set_yticks(range(size), matrix.names)
    if size <= 12:
        for i in range(size):
            for j in range(size):
                if i != j and matrix.rate[i, j] > 0:
                    text = f"{matrix.lag[i, j]:+d}"
                    axes.text(j, i, text, ha="center", va="center", color="w")
    axes.set(title="synchronisation (lag: positive where the row leads)")
    return figure


def plot_network(network: SyncNetwork) -> Figure:
    """Series in a circle, with arrows from leaders to followers.

    Parameters
    ----------
    network
        What `sync_network` returned.

    Returns
    -------
    matplotlib.figure.Figure
        One panel; the number at an arrow is its lag.
    """
    figure = _figure(6, 6)
    axes = figure.subplots()
    size = len(network.names)
    angle = 2 * np.pi * np.arange(size) / max(size, 1)
    place = dict(
        zip(
            network.names,
            zip(np.cos(angle), np.sin(angle), strict=True),
            strict=True,
        )
    )
    for edge in network.edges:
        begin, end = place[edge.source], place[edge.target]
        axes.annotate(
            "",
            xy=end,
            xytext=begin,
            arrowprops={
                "arrowstyle": "-|>" if edge.lag else "-",
                "color": LINE,
                "lw": 1 + 3 * edge.rate,
                "shrinkA": 14,
                "shrinkB": 14,
            },
        )
        x, y = np.add(begin, end) / 2
        axes.text(x, y, str(edge.lag), ha="center", va="center", color=UP)
    for name, (x, y) in place.items():
        axes.plot(x, y, "o", ms=20, color=SOFT, zorder=2)
        axes.text(x, y, name, ha="center", va="center", zorder=3)
    axes.set(
        title=f"{len(network.edges)} of {network.n_tests} pairs",
        xlim=(-1.3, 1.3),
        ylim=(-1.3, 1.3),
        aspect="equal",
    )
    axes.set_axis_off()
    return figure


def plot_posterior(
    draws: Mapping[str, Any], *, truth: Mapping[str, float] | None = None
) -> Figure:
    """Histograms of posterior draws, one panel for each coefficient.

    Parameters
    ----------
    draws
        Draws by name, each of shape (draws,).
    truth
        Known values by name, marked where given.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels a row; the line is the mean, shaded is the interval of
        89 %.
    """
    columns = min(3, max(len(draws), 1))
    rows = -(-max(len(draws), 1) // columns)
    figure = _figure(3.2 * columns, 2.4 * rows)
    panels = list(np.ravel(figure.subplots(rows, columns)))
    for axes, (name, values) in zip(panels, draws.items(), strict=False):
        array = validate_series(values, name, min_length=2)
        axes.hist(array, bins=40, color=SOFT)
        axes.axvline(array.mean(), color=LINE)
        low, high = np.percentile(array, [5.5, 94.5])
        axes.axvspan(low, high, color=DOWN, alpha=0.2)
        if truth and name in truth:
            axes.axvline(truth[name], color=UP, ls="--")
        axes.set(title=name, yticks=[])
    for axes in panels[len(draws) :]:
        axes.set_axis_off()
    return figure


def plot_predictive(
    data: Any, replicas: Any, *, name: str = "series"
) -> Figure:
    """A series against what a fitted model predicts.

    Parameters
    ----------
    data
        The series, shape (n,); NaN where it is missing.
    replicas
        Series drawn from the posterior predictive, shape (draws, n).

    name
        What to call it.

    Returns
    -------
    matplotlib.figure.Figure
        The series over the median and the intervals of 50 and 95 %, and the
        share of it below the replicas at each point.

    Raises
    ------
    SeriesError
        If the replicas have another length.
    """
    y = validate_series(data, "data", missing="mask")
    table = np.asarray(replicas, dtype=float)
    if table.ndim != 2 or table.shape[1] != y.size:
        raise SeriesError(
            Fault(
                "'replicas' do not fit the series",
                key="replicas",
                value=f"shape {table.shape}",
                allowed=f"(draws, {y.size})",
                code="shape",
            )
        )
    low, mild, middle, warm, high = np.percentile(
        table, [2.5, 25, 50, 75, 97.5], axis=0
    )
    figure = _figure(10, 6)
    top, bottom = figure.subplots(2, 1, gridspec_kw={"height_ratios": [2, 1]})
    t: Series = np.arange(float(y.size))
    top.fill_between(t, low, high, color=DOWN, alpha=0.15, label="95 %")
    top.fill_between(t, mild, warm, color=DOWN, alpha=0.3, label="50 %")
    top.plot(t, middle, color=DOWN, lw=0.8)
    top.plot(t, y, ".", color=LINE, ms=3, label="data")
    top.legend(loc="best")
    top.set(title=f"{name}: predictive check", ylabel="value")
    known = ~np.isnan(y)
    rank = np.mean(table[:, known] < y[known], axis=0)
    bottom.hist(rank, bins=20, range=(0, 1), color=SOFT, edgecolor=LINE)
    bottom.axhline(rank.size / 20, color=LINE, ls="--")
    bottom.set(xlabel="share of replicas below the data", ylabel="points")
    return figure

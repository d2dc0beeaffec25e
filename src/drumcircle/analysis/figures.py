"""Figures of one recording, as the field draws them; matplotlib is needed here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from drumcircle import measures
from drumcircle.analysis.recording import Floats
from drumcircle.errors import FileProblem, MissingPart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.projections.polar import PolarAxes

    from drumcircle.analysis.document import Analysis

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31")
"""Okabe & Ito: told apart by everybody; markers tell them apart again."""
MARKERS = "osD^vPX*"
FAINT = "#d0d0d0"
MOST_LINES = 120
"""More beat lines than this are a grey wall: then only every second, fourth … beat has one."""
MOST_DOTS = 4000
MOST_ON_A_CIRCLE = 200
BAR = 0.35
"""Height of a circle's highest bar, in radii."""
Format = Literal["svg", "png"]


@dataclass(slots=True)
class Drawing:
    """A folder that is filled with a folder of figures a recording."""

    folder: Path
    format: Format
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        try:
            import matplotlib as _  # noqa: F401  # only whether it is there, before an hour of work
        except ImportError:
            raise MissingPart(
                "Figures need matplotlib, which is not installed; add it with: pip install 'drumcircle[plot]'."
            ) from None

    def draw(self, path: Path, analysis: Analysis) -> None:
        """Every figure there is something to draw for.

        Raises:
            FileProblem: the folder cannot be written.
        """
        folder = self.folder / self._own(path)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, figure in figures(analysis, path.name):
                figure.savefig(folder / f"{name}.{self.format}", dpi=150)
        except OSError as refused:
            raise FileProblem(
                folder, f"figures cannot be written ({refused.strerror}); choose another folder."
            ) from None

    def _own(self, path: Path) -> str:
        """A name for the recording's folder that no other recording has."""
        parts = [part for part in path.parts if part not in (path.anchor, "..")]
        for count in range(1, len(parts) + 1):
            name = "_".join(parts[-count:])
            if name not in self.taken:
                break
        self.taken.add(name)
        return name


def figures(analysis: Analysis, title: str) -> list[tuple[str, Figure]]:
    """(name, figure) of everything that can be drawn."""
    judged = {
        name: p
        for name, p in analysis.played.players.items()
        if p.matched is not None and len(p.matched.hits)
    }
    drawn: list[tuple[str, Callable[[Analysis], Figure]]] = [("played", played), ("intervals", intervals)]
    if judged:
        drawn += [("asynchrony", asynchrony), ("circle", circle)]
    if len(analysis.document["pairs"]) > 1 or any(row["n"] for row in analysis.document["pairs"].values()):
        drawn.append(("pairs", pairs))
    made = [(name, make(analysis)) for name, make in drawn]
    for _, figure in made:
        figure.suptitle(title, fontsize=10)
    return made


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _style(index: int) -> tuple[str, str]:
    return COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]


# ---------------------------------------------------------------- who played when


def played(analysis: Analysis) -> Figure:
    """A row a player, a stroke a hit, higher for a stronger one; beats behind."""
    players = analysis.played.players
    figure = _figure(10, 0.8 + 0.45 * len(players))
    axes = figure.add_subplot()
    _beat_lines(axes, analysis)
    for index, judged in enumerate(players.values()):
        velocity = judged.hits.velocity
        height = np.full(len(judged.hits), 0.3) if velocity is None else 0.08 + 0.34 * velocity / 127
        middle = len(players) - 1 - index
        axes.vlines(
            judged.hits.time_s, middle - height, middle + height, color=_style(index)[0], linewidth=0.9
        )
    axes.set_yticks(range(len(players)), list(players)[::-1])
    axes.set_ylim(-0.6, len(players) - 0.4)
    axes.set_xlabel("time (s)")
    return figure


def _beat_lines(axes: Axes, analysis: Analysis) -> None:
    beats = _beats_s(analysis)
    step = 1
    while len(beats) / step > MOST_LINES:
        step *= 2
    for time_s in beats[::step]:
        axes.axvline(time_s, color=FAINT, linewidth=0.6, zorder=0)


def _beats_s(analysis: Analysis) -> Floats:
    """Times of the whole beats, as far as somebody played."""
    beats: dict[float, float] = {}
    for judged in analysis.played.players.values():
        if judged.matched is None or judged.beats is None:
            continue
        whole = judged.beats == np.round(judged.beats)
        grid_s = (judged.matched.times_ms - judged.matched.asynchronies_ms) / 1000
        beats.update(zip(judged.beats[whole].tolist(), grid_s[whole].tolist(), strict=True))
    return np.array(sorted(beats.values()))


# ---------------------------------------------------------------- asynchrony


def asynchrony(analysis: Analysis) -> Figure:
    """Asynchrony of each hit over time, a panel a player, on one scale; mean and SD where there is a mean."""
    players = analysis.played.players
    figure = _figure(10, 0.6 + 1.6 * len(players))
    panels = figure.subplots(len(players), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for index, (axes, (name, judged)) in enumerate(zip(panels, players.items(), strict=True)):
        _beat_lines(axes, analysis)
        axes.axhline(0, color="black", linewidth=0.8)
        if judged.matched is not None:
            _asynchronies(axes, judged.matched, analysis.document["players"][name], index)
        axes.set_ylabel(f"{name}\nms")
    panels[0].set_title("asynchrony (below 0: early); lines: beats", fontsize=9)
    panels[-1].set_xlabel("time (s)")
    return figure


def _asynchronies(axes: Axes, matched: measures.Matched, row: dict[str, float | None], index: int) -> None:
    colour, marker = _style(index)
    many = len(matched.hits) > MOST_DOTS
    axes.plot(
        matched.times_ms / 1000, matched.asynchronies_ms, marker, color=colour, markersize=1.5 if many else 3,
        alpha=0.7, rasterized=many,
    )  # fmt: skip
    mean, sd, p = row["mean_asynchrony_ms"], row["sd_asynchrony_ms"], row["rayleigh_p_grid"]
    if mean is not None and sd is not None and p is not None and p < 0.05:
        axes.axhline(mean, color=colour, linewidth=1)
        axes.axhspan(mean - sd, mean + sd, color=colour, alpha=0.12, linewidth=0)


# ---------------------------------------------------------------- circle


def circle(analysis: Analysis) -> Figure:
    """Each hit's phase on its judged grid, the point itself on top and late to the right, with the mean vector."""
    players = analysis.played.players
    columns = min(4, len(players))
    rows = math.ceil(len(players) / columns)
    figure = _figure(2.9 * columns, 0.4 + 3.2 * rows)
    for index, (name, judged) in enumerate(players.items()):
        axes: PolarAxes = figure.add_subplot(rows, columns, index + 1, projection="polar")  # type: ignore[assignment]  # add_subplot names no projection's class
        axes.set_theta_zero_location("N")
        axes.set_theta_direction(-1)
        axes.set_xticks([0, np.pi / 2, np.pi, 3 * np.pi / 2], ["0", "+¼", "½", "−¼"])
        axes.set_yticks([0.5, 1.0], [])
        axes.set_ylim(0, 1 + BAR)
        axes.set_title(name, fontsize=9)
        if judged.matched is not None and len(judged.matched.hits):
            _phases(axes, judged.matched, analysis.document["players"][name], index)
    return figure


def _phases(axes: PolarAxes, matched: measures.Matched, row: dict[str, float | None], index: int) -> None:
    """Few hits as dots on the circle, many as a histogram standing on it."""
    colour, marker = _style(index)
    phases = measures.phases(matched.asynchronies_ms, matched.spacings_ms)
    if len(phases) <= MOST_ON_A_CIRCLE:
        axes.plot(phases, np.ones(len(phases)), marker, color=colour, markersize=4, alpha=0.45)
    else:
        counts, edges = np.histogram((phases + np.pi) % (2 * np.pi) - np.pi, bins=48, range=(-np.pi, np.pi))
        axes.bar(
            edges[:-1], BAR * counts / counts.max(), np.diff(edges), bottom=1.0, align="edge", color=colour
        )
    found = measures.mean_vector(phases)
    if found is not None:
        length, angle = found
        axes.annotate("", (angle, length), (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2})
    p, grid = row["rayleigh_p_grid"], row["vector_length_grid"]
    chance = "" if p is None else ", p < .001" if p < 0.001 else f", p = {p:.3f}"
    length_words = "–" if grid is None else f"{grid:.2f}"
    axes.set_xlabel(f"R = {length_words} (grid), n = {row['n']}{chance}", fontsize=8)


# ---------------------------------------------------------------- intervals


def intervals(analysis: Analysis) -> Figure:
    """Inter-tap intervals over time, and each against the next (return map)."""
    players = analysis.played.players
    figure = _figure(10, 4.2)
    over_time, after = figure.subplots(1, 2, width_ratios=(3, 2))
    longest = 0.0
    for index, (name, judged) in enumerate(players.items()):
        gaps = np.diff(judged.hits.time_s) * 1000
        if not len(gaps):
            continue
        colour, marker = _style(index)
        dots = {"color": colour, "markersize": 3, "alpha": 0.6, "rasterized": len(gaps) > MOST_DOTS}
        over_time.plot(judged.hits.time_s[1:], gaps, marker, label=name, **dots)
        after.plot(gaps[:-1], gaps[1:], marker, **dots)
        longest = max(longest, float(np.quantile(gaps, 0.98)) * 1.15)
    if longest > 0:
        after.plot([0, longest], [0, longest], color="black", linewidth=0.6, zorder=0)
        after.set(xlim=(0, longest), ylim=(0, longest))
        over_time.set_ylim(0, longest)
        over_time.legend(fontsize=8, ncols=4, loc="lower left")
    over_time.set(xlabel="time (s)", ylabel="inter-tap interval (ms)")
    after.set(xlabel="interval (ms)", ylabel="next interval (ms)", aspect="equal")
    return figure


# ---------------------------------------------------------------- pairs


def pairs(analysis: Analysis) -> Figure:
    """Pairwise asynchrony: above the diagonal the mean (row minus column), below it the SD, in ms."""
    names = list(analysis.played.players)
    mean, sd = _matrices(names, analysis.document["pairs"])
    side = 2.2 + 0.75 * len(names)
    figure = _figure(side + 1, side)
    axes = figure.add_subplot()
    reach = _largest(np.abs(mean)) * 1.6
    shown = axes.imshow(mean, cmap="RdBu_r", vmin=-reach, vmax=reach)
    below = axes.imshow(sd, cmap="Greys", vmin=0, vmax=_largest(sd) * 2)
    for (row, column), value in [*np.ndenumerate(mean), *np.ndenumerate(sd)]:
        if np.isfinite(value):
            words = f"{value:+.1f}" if row < column else f"{value:.1f}"
            axes.text(column, row, words, ha="center", va="center", fontsize=8)
    axes.set_title("asynchrony: above the diagonal the mean, below it the SD", fontsize=9)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    figure.colorbar(shown, ax=axes, label="mean, row − column (ms)", shrink=0.7)
    figure.colorbar(below, ax=axes, label="SD (ms)", shrink=0.7)
    return figure


def _largest(values: Floats) -> float:
    """The largest of what is known, for a scale of colours."""
    known = values[np.isfinite(values)]
    return max(float(known.max()), 1e-9) if len(known) else 1.0


def _matrices(names: list[str], pair_rows: dict[str, dict[str, float | None]]) -> tuple[Floats, Floats]:
    mean = np.full((len(names), len(names)), np.nan)
    sd = np.full((len(names), len(names)), np.nan)
    for row, first in enumerate(names):
        for column in range(row + 1, len(names)):
            found = pair_rows[f"{first}|{names[column]}"]
            mean[row, column] = np.nan if found["mean_asynchrony_ms"] is None else found["mean_asynchrony_ms"]
            sd[column, row] = np.nan if found["sd_asynchrony_ms"] is None else found["sd_asynchrony_ms"]
    return mean, sd

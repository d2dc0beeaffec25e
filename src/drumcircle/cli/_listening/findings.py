"""What a pad's test says, in figures and in words a person can act on; a figure that cannot be had has its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from drumcircle.cli._listening.checking import ALONG, PACE, STRENGTHS, Round, key_of
from drumcircle.core.events import MS
from drumcircle.link.messages import HeardHit

USUAL_DOUBLE_MS = 50
"""What every player's double-trigger time is unless set."""
LONGEST_DOUBLE_MS = 150
"""Beyond this a double-trigger time would take out real hits."""
BOUNCE = 250 * MS
SOFT_LIMIT, LOUD_LIMIT, LEAST_RANGE = 60, 100, 20
"""Velocities: hard hits below, soft ones above, or all within so little, tell that the pad is set badly."""
WEAK_MS = 5.0
"""Jitter or uncertainty above this makes a player's figures hard to compare."""
ENOUGH = 4
"""Strokes heard before their velocities are judged."""
CABLE = "on a cable the driver stamps each hit; how late the device itself is cannot be seen from here"
NO_EXCHANGE = "it exchanges no times with the hub"
NOTHING_HEARD = "nothing was heard"


@dataclass(frozen=True, slots=True)
class Link:
    """What the hub knows of a device's link, ms; None where it does not."""

    kind: str
    jitter_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One pad.  ``None`` in a figure: ``why_not`` has the reason under its name."""

    key: str
    label: str
    asked: int
    heard: int
    missed_soft: int
    doubles: int
    """Strokes that sounded more than once."""
    bounce_ms: float | None
    """The latest second sound after its stroke."""
    along: tuple[tuple[str, int], ...]
    """(other pad, with how many strokes it sounded)."""
    softest: int | None
    loudest: int | None
    jitter_ms: float | None
    uncertainty_ms: float | None
    by_arrival: int
    """Strokes whose time is only that of arrival."""
    why_not: dict[str, str]
    advice: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return not self.advice


def conclude(tested: Round, name: Callable[[str], str], link: Link) -> Finding:
    """What the round says; ``name`` tells how people call a pad key."""
    strokes = _strokes(tested)
    heard = [stroke[0] for stroke in strokes if stroke]
    bounces = [(hit.time - first.time) / MS for first, *more in filter(None, strokes) for hit in more]
    velocities = [hit.velocity for hit in heard]
    uncertainty, why_uncertain = _uncertainty(heard)
    jitter, why_jitter = _jitter(link)
    reasons = {"uncertainty_ms": why_uncertain, "jitter_ms": why_jitter}
    if not heard:
        reasons |= {"softest": NOTHING_HEARD, "loudest": NOTHING_HEARD}
    if not bounces:
        reasons["bounce_ms"] = "no stroke sounded twice" if heard else NOTHING_HEARD
    figures = Finding(
        tested.key, name(tested.key), len(STRENGTHS), len(heard),
        sum(not stroke for stroke, how in zip(strokes, STRENGTHS, strict=True) if how == "softly"),
        sum(len(stroke) > 1 for stroke in strokes), max(bounces, default=None),
        tuple((name(key), times) for key, times in _along(tested, heard)),
        min(velocities, default=None), max(velocities, default=None),
        jitter, uncertainty, sum(hit.by_arrival for hit in heard),
        {figure: why for figure, why in reasons.items() if why},
    )  # fmt: skip
    return advised(figures)


def _strokes(tested: Round) -> list[list[HeardHit]]:
    """For each dot the hits of the pad that belong to its stroke, the stroke itself first."""
    strokes: list[list[HeardHit]] = [[] for _ in STRENGTHS]
    for hit in tested.hits:
        number = round((hit.time - tested.beats[0]) / PACE)
        if key_of(hit) != tested.key or not 0 <= number < len(strokes):
            continue
        stroke = strokes[number]
        if not stroke or hit.time - stroke[-1].time < BOUNCE:
            stroke.append(hit)
    return strokes


def _along(tested: Round, heard: Sequence[HeardHit]) -> list[tuple[str, int]]:
    """Other pads that sounded with at least two strokes: once may be chance."""
    times = Counter(
        key
        for stroke in heard
        for key in dict.fromkeys(key_of(hit) for hit in tested.hits if abs(hit.time - stroke.time) < ALONG)
        if key != tested.key
    )
    return [(key, count) for key, count in times.items() if count >= 2]


def _uncertainty(heard: Sequence[HeardHit]) -> tuple[float | None, str]:
    known = [hit.uncertainty / MS for hit in heard if hit.uncertainty is not None and not hit.by_arrival]
    if known:
        return median(known), ""
    if not heard:
        return None, NOTHING_HEARD
    if all(hit.by_arrival for hit in heard):
        return None, "only the times of arrival are known"
    return None, "its times come without a word of how sure they are"


def _jitter(link: Link) -> tuple[float | None, str]:
    if link.jitter_ms is not None:
        return link.jitter_ms, ""
    return None, CABLE if link.kind == "usb" else NO_EXCHANGE


# ---------------------------------------------------------------- words


def advised(figures: Finding) -> Finding:
    """The same with what to do about it, the most important first."""
    if figures.heard == 0:
        return replace(figures, advice=("nothing was heard: test it again, hitting as each dot lights",))
    advice = (
        *_of_misses(figures),
        *_of_doubles(figures),
        *_of_others(figures),
        *_of_force(figures),
        *_of_link(figures),
    )
    return replace(figures, advice=advice)


def _of_misses(f: Finding) -> list[str]:
    missed = f.asked - f.heard
    if missed and missed == f.missed_soft:
        return [f"soft hits are not heard ({missed} of 2): lower its threshold, or raise its sensitivity"]
    if missed:
        return [
            f"{missed} of {f.asked} hits not heard: hit its middle; if that does not help, lower its threshold"
        ]
    return []


def _of_doubles(f: Finding) -> list[str]:
    if f.bounce_ms is None or f.bounce_ms < USUAL_DOUBLE_MS:
        return []
    enough = 10 * (int(f.bounce_ms) // 10 + 2)
    if enough <= LONGEST_DOUBLE_MS:
        return [
            f"{f.doubles} of {f.heard} hits sound twice: set this player's double-trigger time to {enough} ms"
        ]
    late = f"a second sound comes {f.bounce_ms:.0f} ms after the hit"
    return [f"{late}: raise its threshold or its retrigger time, and let the stick bounce off freely"]


def _of_others(f: Finding) -> list[str]:
    return [
        f"{other} sounds along ({times} of {f.heard}): raise the threshold of {other}, or put something soft under both"
        for other, times in f.along
    ]


def _of_force(f: Finding) -> list[str]:
    if f.heard < ENOUGH or f.softest is None or f.loudest is None:
        return []
    spread = f"velocity range {f.softest}-{f.loudest}"
    if f.loudest < SOFT_LIMIT:
        return [f"too soft: {spread}; raise its sensitivity"]
    if f.softest > LOUD_LIMIT:
        return [f"soft and hard are both loud: {spread}; lower its sensitivity, or switch off 'full level'"]
    if f.loudest - f.softest < LEAST_RANGE:
        return [
            f"soft and hard hardly differ: {spread}; test again with more difference, or choose another curve"
        ]
    return []


def _of_link(f: Finding) -> list[str]:
    if f.by_arrival and f.jitter_ms is not None:
        return ["its clock is not known yet: wait a few seconds and test it again"]
    if max(f.jitter_ms or 0.0, f.uncertainty_ms or 0.0) > WEAK_MS:
        return ["weak Wi-Fi: bring it nearer to the router, or choose a quieter channel"]
    return []

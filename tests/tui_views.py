"""Example pictures of a circle, frozen in time, for the dashboard's tests."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from drumcircle.core.aliases import ALIASES
from drumcircle.core.events import MS, NS, Command
from drumcircle.core.view import (
    CallView,
    EchoView,
    Happening,
    NextView,
    PadView,
    PlayerView,
    PulseView,
    SessionView,
    StructureView,
    TurnView,
    UnknownPadView,
)
from drumcircle.errors import UsageError
from drumcircle.tui.source import Linked, Logged, News, Viewed

BEGAN = 1_000 * NS
NOW = BEGAN + 761 * NS
BEAT = 625 * MS
"""96 BPM."""


def pulse(beat: int = 3, phase: float = 0.4, beats: int = 4) -> PulseView:
    """A pulse of which ``NOW`` is ``phase`` after beat ``beat``."""
    first = NOW - round((beat - 1 + phase) * BEAT)
    return PulseView(
        bpm=96.0, meter=f"{beats}/4", bar=37, beat=beat, beats_in_bar=beats,
        beat_times=tuple(first + i * BEAT for i in range(2 * beats + 1)), sounding=True,
    )  # fmt: skip


def player(number: int) -> PlayerView:
    """The player with this number, always playing the same; some rest, some are silent."""
    alias = ALIASES[(number - 1) % len(ALIASES)]
    again = "" if number <= len(ALIASES) else "-2"
    dice = random.Random(number)
    mean, sd = dice.uniform(-40, 40), dice.uniform(12, 60)
    common = PlayerView(
        alias.id + again, alias.alias + again, alias.shape, alias.colour, "playing",
        pads=(f"usb:pad {number}",), spacing_ms=625.0,
    )  # fmt: skip
    if number % 6 == 0:
        return replace(common, state="resting")
    if number % 7 == 0:
        return replace(common, state="no pad", pads=())
    asynchronies = tuple(dice.gauss(mean, sd) for _ in range(9 if number % 5 == 0 else 32))
    hits = tuple(sorted(NOW - dice.randrange(60 * NS) for _ in range(90)))
    scattered = number % 4 == 0
    return replace(
        common, n=len(asynchronies), points=32, missed=dice.randrange(4), extra=dice.randrange(3),
        sd_ms=None if scattered else round(sd, 1), mean_ms=None if scattered else round(mean, 1),
        why_not="not with the pulse" if scattered else "", provisional=number % 5 == 0,
        asynchronies_ms=asynchronies, hits=hits, last_hit=hits[-1], uncertainty_ms=0.4,
        link="weak Wi-Fi" if number == 2 else "", assisted=number == 5,
    )  # fmt: skip


def together(values: int = 32) -> tuple[float | None, ...]:
    """From nobody to steady."""
    return tuple(None if i < 3 else min(0.15 + i * 0.03, 0.93) - 0.08 * (i % 5 == 0) for i in range(values))


def happenings() -> tuple[Happening, ...]:
    texts = (
        (10, "▲ blue is in the circle.", "info", "all"),
        (200, "Groove begins.", "info", "all"),
        (640, "■ amber: 2 hits came late and were resent.", "warning", "therapist"),
        (751, "Call and response armed.", "info", "all"),
    )
    return tuple(Happening(n, BEGAN + s * NS, t, lv, sc) for n, (s, t, lv, sc) in enumerate(texts, 1))


def groove(players: int = 6, **changes: Any) -> SessionView:
    """A groove that runs, nothing armed."""
    people = tuple(player(number) for number in range(1, players + 1))
    view = SessionView(
        now=NOW, title="Tuesday group", began=BEGAN, pulse=pulse(), stopped=False, recording=False,
        structure=StructureView(
            "groove", "Groove", NOW - 250 * NS, "Find the beat in your own way, and stay with it together.",
            (("ground", "heartbeat"),),
        ),
        next=None, turn=None, call=None, together=together(), together_words="steady",
        players=people,
        pads=tuple(
            PadView(f"usb:pad {n}", f"nanoPAD2 {n}", "usb", True, (p.alias,), "", n, 0.4)
            for n, p in enumerate(people, 1)
        ),
        unknown=(), happenings=happenings(), sound="sound on", gain_db=-6.0, latency_known=True,
        with_pulse=0.81, participation_gini=0.12,
    )  # fmt: skip
    return replace(view, **changes)


def armed(players: int = 6, bars: int = 2) -> SessionView:
    """A groove, and call and response to come after this bar and ``bars - 1`` more."""
    view = groove(players)
    line = view.pulse.beat_times[4] + (bars - 1) * 4 * BEAT
    following = NextView(
        "call_and_response", "Call and response", "armed", line, bars - 1, 4 * bars - 2, "I play, you answer."
    )
    return replace(view, next=following, recording=True)


def taking_turns(players: int = 6) -> SessionView:
    """Turns, the third of the circle having three beats left."""
    view = groove(players)
    order = tuple(p.id for p in view.players if p.state == "playing")
    turn = TurnView(order, order[2 % len(order)], order[3 % len(order)], 3)
    structure = StructureView("turn_taking", "Turns", NOW - 65 * NS, "Now you, now you.", (), "round 1 of 2")
    return replace(view, turn=turn, structure=structure)


def calling(players: int = 6) -> SessionView:
    """A call being echoed."""
    view = groove(players)
    onsets = (0.0, 1.0, 1.5, 2.5, 3.0)
    echoes = tuple(
        EchoView(p.id, tuple(o + 0.04 for o in onsets[: 5 - n % 3]) + ((3.5,) if n % 2 else ()), words, 0.6)
        for n, (p, words) in enumerate(
            zip(view.players, ("all there", "one missed, one extra", "listening"), strict=False)
        )
    )
    call = CallView("echo", "library: heartbeat", "heartbeat", 4.0, onsets, 3, echoes, "most of it came back")
    structure = StructureView(
        "call_and_response", "Call and response", NOW - 30 * NS, "I play, you answer.", (), "echo"
    )
    return replace(view, call=call, structure=structure)


def with_unknown(view: SessionView) -> SessionView:
    """The same with a pad that nobody has claimed."""
    taken = {p.id for p in view.players}
    offers = tuple((a.id, a.alias, a.shape, a.colour) for a in ALIASES if a.id not in taken)[:6]
    return replace(view, unknown=(UnknownPadView("usb:new#38", "LPD8 38", NOW - NS, offers),))


class FrozenSource:
    """A hub whose time stands still: tells what it was given, keeps what it was sent."""

    def __init__(
        self, view: SessionView | None, *, now: int = NOW, refusal: str = "", first_run: bool = False
    ) -> None:
        self.view, self.now, self.refusal, self.first_run = view, now, refusal, first_run
        self.sent: list[Command] = []
        self.requests: list[tuple[str, dict[str, object]]] = []
        self.later: list[News] = []
        self.asked = asyncio.Event()
        """The hub was asked all that is asked at first."""

    async def news(self) -> AsyncIterator[News]:
        yield Linked(True, "Connected.")
        if self.view is not None:
            yield Logged(self.view.happenings)
            yield Viewed(self.view)
        for news in self.later:
            yield news

    def hub_now(self) -> int:
        return self.now

    async def command(self, event: Command) -> str:
        self.sent.append(event)
        return self.refusal

    async def request(self, what: str, **arguments: object) -> dict[str, Any]:
        self.requests.append((what, arguments))
        if len(self.requests) == 3:
            self.asked.set()
        if what == "patterns":
            names = ("heartbeat", "gallop", "three-and-rest", "long-long-short", "off-beats")
            return {"patterns": [{"name": n, "title": n.replace("-", " "), "level": 1} for n in names]}
        if what == "preferences":
            return {"recording_explained": False, "intended_use_read": not self.first_run}
        if self.refusal:
            raise UsageError(self.refusal)
        return {}

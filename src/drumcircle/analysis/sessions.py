"""A recorded session as a recording: replayed, so that it says what the evening said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from drumcircle.analysis.pulses import SessionPulse
from drumcircle.analysis.recording import Hits, Recording
from drumcircle.core.events import MS, NS, Hit, PadLink
from drumcircle.core.session import Session
from drumcircle.core.summary import HeardHit
from drumcircle.errors import FileProblem, UsageError
from drumcircle.store.amendment import in_force
from drumcircle.store.export import Exported, ShownPulse, gathered
from drumcircle.store.journal import Journal, Row, read_journal
from drumcircle.store.replay import replay, session_of
from drumcircle.store.sessions import find

_SQLITE = b"SQLi"


def is_journal(beginning: bytes) -> bool:
    """By the first four bytes of a file."""
    return beginning == _SQLITE


def session_named(named: str, data: Path) -> Path:
    """The journal of the session that is called, or begins with, ``named``.

    Raises:
        UsageError: there is none, and no file of that name, or several.
    """
    try:
        return find(data, named)
    except UsageError as nothing:
        raise UsageError(f"There is no file {named!r}. {nothing}") from None


def session_recording(path: Path) -> Recording:
    """Everybody's counted hits, with the pulse as it was shown.

    Raises:
        FileProblem: no journal, damaged, or nothing in it was recorded.
        NewerFormat, RecordSealed: it cannot be replayed.
    """
    journal = read_journal(path)
    session, shown, doubt = session_of(journal), ShownPulse(), _Doubt()
    now = replay(doubt.listening(journal.rows(), session), session, shown.take)
    told = gathered(session, shown)
    if not told.hits or not told.pulse:
        raise FileProblem(
            path, "no hit was recorded in this session; choose another, or record the next one."
        )
    subdivisions = {row["alias"]: float(row["subdivision"]) for row in session.roster_plain(now)}
    aliases = {player: alias for alias, player in session.players().items()}
    adaptive = is_adaptive(session.summary(now))
    return Recording(
        path,
        _players(told, subdivisions, doubt.named(aliases)),
        SessionPulse(told.pulse, told.zero, told.bars_before),
        remarks=(*remarks(told.hits, journal.partial, adaptive), *_amendments(journal)),
        adaptive=adaptive,
    )


def _players(
    told: Exported, subdivisions: Mapping[str, float], doubts: Mapping[str, _PlayersDoubt]
) -> dict[str, Hits]:
    by_player: dict[str, list[HeardHit]] = {}
    for hit in told.hits:
        if hit.player and not hit.mark:
            by_player.setdefault(hit.player, []).append(hit)
    players = {}
    for name in sorted(by_player):
        hits, doubt = by_player[name], doubts.get(name, _PlayersDoubt())
        players[name] = Hits(
            np.array([(hit.time - told.zero) / NS for hit in hits]),
            np.array([hit.velocity for hit in hits], dtype=np.int64),
            judged=np.array([hit.beat is not None for hit in hits]),
            subdivision=subdivisions.get(name),
            uncertainty_ms=doubt.uncertainty_ms(),
            jitter_ms=doubt.jitter_ms(),
        )
    return players


def remarks(hits: Sequence[HeardHit], partial: bool, adaptive: bool) -> Iterator[str]:
    """What a reader must know of a session's hits, in sentences."""
    if partial:
        yield "Partial: not every hit of this session was kept."
    if nobodys := sum(not hit.player for hit in hits):
        yield f"Left out, because the pad was nobody's: hits: {nobodys}."
    if marked := sum(bool(hit.player and hit.mark in ("double", "floor")) for hit in hits):
        yield f"Left out as double triggers or too soft: hits: {marked}."
    if doubtful := sum(bool(hit.player and hit.mark == "doubtful") for hit in hits):
        yield f"Left out because nothing tells when they were played: hits: {doubtful}."
    if late := sum(bool(hit.player and not hit.mark and hit.late) for hit in hits):
        yield f"Came too late for the turns they were played in, and are in all other figures: hits: {late}."
    if adaptive:
        yield "The pulse followed the players for part of this session: their SD fell because the pulse moved."


def _amendments(journal: Journal) -> Iterator[str]:
    for each in in_force(journal.amendments):
        yield f"Amended afterwards: {each.words}"


def is_adaptive(summary: Mapping[str, Any]) -> bool:
    """Did the pulse follow the players in any structure?  Structures in which it does say so."""
    return any(done["results"].get("adaptive_pulse", False) for done in summary["structures"])


# ---------------------------------------------------------------- how sure the times are


@dataclass(slots=True)
class _PlayersDoubt:
    uncertainties: list[int] = field(default_factory=list)
    jitters: list[int] = field(default_factory=list)

    def uncertainty_ms(self) -> float | None:
        return float(np.median(self.uncertainties)) / MS if self.uncertainties else None

    def jitter_ms(self) -> float | None:
        """The worst that was told of any of the player's pads."""
        return max(self.jitters) / MS if self.jitters else None


@dataclass(slots=True)
class _Doubt:
    """What hits and links say about themselves while a session is replayed."""

    players: dict[str, _PlayersDoubt] = field(default_factory=dict)
    jitter: dict[str, int] = field(default_factory=dict)

    def listening(self, rows: Iterable[Row], session: Session) -> Iterator[Row]:
        """The rows as they are."""
        for now, event in rows:
            if isinstance(event, PadLink) and event.jitter is not None:
                self.jitter[event.pad] = event.jitter
            if isinstance(event, Hit):
                self._hear(event, session)
            yield now, event

    def _hear(self, hit: Hit, session: Session) -> None:
        owner = session.owner(hit)
        if owner is None:
            return
        doubt = self.players.setdefault(owner, _PlayersDoubt())
        if hit.uncertainty is not None:
            doubt.uncertainties.append(hit.uncertainty)
        if hit.pad in self.jitter:
            doubt.jitters.append(self.jitter[hit.pad])

    def named(self, aliases: Mapping[str, str]) -> dict[str, _PlayersDoubt]:
        return {aliases[player]: doubt for player, doubt in self.players.items() if player in aliases}

"""The evening as people speak of it: times of day, aliases, pads by number or name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drumcircle.core.events import NS, Join
from drumcircle.core.roster import ALWAYS, PadHistory
from drumcircle.errors import UsageError
from drumcircle.store.amending import Replayed, replayed
from drumcircle.store.amendment import steps_of
from drumcircle.store.corrections import effective, people_facts
from drumcircle.store.journal import Journal

NOBODY = "nobody"
TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d+)?))?")
INTO_SESSION = re.compile(r"\+(?:(\d+):)?(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Span:
    """A pad was one player's (id; ``None``: nobody's) from ``since`` to ``until``, and was hit so often."""

    player: str | None
    since: int
    until: int
    hits: int


@dataclass(frozen=True, slots=True)
class Evening:
    """A session with its amendments in force."""

    journal: Journal
    ended: Replayed

    @classmethod
    def of(cls, journal: Journal) -> Evening:
        """Replayed."""
        return cls(journal, replayed(journal, steps_of(journal.amendments)))

    @property
    def begin(self) -> int:
        return self.journal.head.anchor.perf_ns

    @property
    def pads(self) -> tuple[PadHistory, ...]:
        return self.ended.histories

    # ---- people

    def people(self) -> dict[str, str]:
        """Player id -> shape and alias, in the order they came."""
        rows = self.ended.session.roster_plain(self.ended.end)
        return {row["id"]: f"{row['shape']} {row['alias']}" for row in rows}

    def shape(self, player: str | None) -> str:
        return "·" if player is None else self.people()[player].split()[0]

    def name(self, player: str | None) -> str:
        return NOBODY if player is None else self.people()[player]

    def player(self, named: str) -> str:
        """By alias, id, or number in the list.

        Raises:
            UsageError: nobody.
        """
        aliases = self.ended.session.players()
        if named in aliases:
            return aliases[named]
        ids = list(aliases.values())
        if named in ids:
            return named
        if named.isdecimal() and 1 <= int(named) <= len(ids):
            return ids[int(named) - 1]
        raise UsageError(f"Nobody in this session is called {named!r}; there are: {', '.join(aliases)}.")

    # ---- pads

    def pad(self, named: str) -> PadHistory:
        """By number in the timeline, by key, or by the beginning of how people read it.

        Raises:
            UsageError: none, or several.
        """
        if named.isdecimal() and 1 <= int(named) <= len(self.pads):
            return self.pads[int(named) - 1]
        exact = [pad for pad in self.pads if named in (pad.key, pad.words)]
        fitting = exact or [pad for pad in self.pads if pad.words.lower().startswith(named.lower())]
        if len(fitting) == 1:
            return fitting[0]
        known = ", ".join(f"{n} {pad.words}" for n, pad in enumerate(self.pads, 1))
        few = "several pads are" if fitting else "no pad of this session is"
        raise UsageError(f"{few.capitalize()} called {named!r}; there are: {known or 'none'}.")

    def spans(self, pad: PadHistory) -> list[Span]:
        """Whose it was, from the first to the last moment of the session."""
        begin, end = self.begin, self.ended.end
        changes = [(begin, None), *((max(since, begin), player) for since, player in pad.spans)]
        times = [hit.time for hit in self.ended.session.heard_hits() if hit.pad == pad.key]
        spans: list[Span] = []
        for at, (since, player) in enumerate(changes):
            until = changes[at + 1][0] if at + 1 < len(changes) else end
            if since < until:
                first = ALWAYS if since == begin else since
                spans.append(Span(player, since, until, sum(first <= time < until for time in times)))
        return spans

    # ---- times

    def clock(self, now: int) -> str:
        """Local time of day, ``16:52:10``."""
        return f"{self._wall(now):%H:%M:%S}"

    def seconds(self, now: int) -> float:
        """From the session's first bar line, as in its summary."""
        return (now - self.journal.head.config.start) / NS

    def since(self, said: str, players: Sequence[str], pad: PadHistory | None = None) -> int:
        """From when on something of these players and this pad was so; '': from their beginning.

        A time without seconds, or without their fractions, is meant of the pad's change within that minute or
        second, if there was one.

        Raises:
            UsageError: no time, or not in the session.
        """
        changes = [] if pad is None else [since for since, _ in pad.spans]
        if not said:
            joined = self._joined()
            return max([self.begin, *changes[:1], *(joined[each] for each in players if each in joined)])
        moment = self.moment(said)
        return next((change for change in changes if moment <= change < moment + _meant(said)), moment)

    def _joined(self) -> dict[str, int]:
        facts = people_facts(self.journal.rows())
        joins = [(event.player, effective(now, event)) for now, event in facts if isinstance(event, Join)]
        return dict(reversed(joins))

    def moment(self, said: str) -> int:
        """A time of day (``16:52``, ``16:52:10``), or a time into the session (``+12:30``, ``+750``).

        Raises:
            UsageError: it is neither, or not in the session.
        """
        moment = self._moment(said.strip())
        if not self.begin <= moment <= self.ended.end:
            raise UsageError(
                f"{said} is not in this session, which ran from {self.clock(self.begin)} to {self.clock(self.ended.end)}."
            )
        return moment

    def _moment(self, said: str) -> int:
        if into := INTO_SESSION.fullmatch(said):
            return self.begin + round((int(into[1] or 0) * 60 + float(into[2])) * NS)
        of_day = TIME_OF_DAY.fullmatch(said)
        if of_day is None or int(of_day[1]) > 23 or int(of_day[2]) > 59:
            raise UsageError(
                f"{said!r} is no time; write 16:52 or 16:52:10, or +12:30 for so long into the session."
            )
        began = self._wall(self.begin)
        midnight = began.replace(hour=0, minute=0, second=0, microsecond=0)
        said_at = midnight + timedelta(
            hours=int(of_day[1]), minutes=int(of_day[2]), seconds=float(of_day[3] or 0)
        )
        if said_at + timedelta(minutes=1) <= began:
            said_at += timedelta(days=1)  # the evening went past midnight
        # "16:40" is meant of a session that began at 16:40:12.
        return max(self.begin + round((said_at - began).total_seconds() * NS), self.begin)

    def _wall(self, now: int) -> datetime:
        return datetime.fromtimestamp(self.journal.head.anchor.unix_at(now) / NS).astimezone()


def _meant(said: str) -> int:
    """How long the moment is that somebody names, ns."""
    of_day = TIME_OF_DAY.fullmatch(said.strip())
    if of_day is not None and of_day[3] is None:
        return 60 * NS
    return 1 if "." in said else NS

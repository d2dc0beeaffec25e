"""Session: ``handle(event, now) -> effects``, ``next_deadline()``, ``view(now)``, ``summary(now)``.

Deterministic: the same config and the same ``(event, now)`` sequence end in the same state, views and
numbers.  Deadlines are not events: each runs at its own due time before anything later is handled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from drumcircle.core import codec, conduct, grammar, people
from drumcircle.core import events as ev
from drumcircle.core.events import Effect, Event
from drumcircle.core.handlers import DEADLINES, HANDLERS, tick
from drumcircle.core.pattern import Pattern
from drumcircle.core.picture import Picture
from drumcircle.core.piece import Piece
from drumcircle.core.plan import Plan
from drumcircle.core.roster import ALWAYS, PadHistory
from drumcircle.core.state import SessionConfig, State
from drumcircle.core.structures import named, parse
from drumcircle.core.summary import HeardHit, PlayedRecord, heard_hits, played_records, summary
from drumcircle.core.view import Happening, SessionView
from drumcircle.errors import UsageError


class Session:
    """One circle, from its first bar line to its end."""

    def __init__(self, config: SessionConfig) -> None:
        self._state = State.create(config)
        self._picture = Picture(self._state)
        self._now = ALWAYS
        self._faults: list[Exception] = []
        state = self._state
        self._tell_sinks()
        if config.structure:
            name, settings = parse(config.structure)
            for alias in named(name)(settings).named_players():
                people.join(state, named_player(config, alias), config.start)
            grammar.give(state, name, settings, 0)
        self._rearm()

    @property
    def config(self) -> SessionConfig:
        return self._state.config

    def handle(self, event: Event, now: int) -> list[Effect]:
        """Run what is due by ``now``, then take the event in.

        Raises:
            UsageError: a command that cannot be done; the state is as before it, what was due has run, and
                :meth:`effects` holds what came of that.
        """
        self._run_until(event.start if isinstance(event, ev.Gap) else now)
        self._now = max(self._now, now)
        try:
            HANDLERS[type(event)](self._state, event, now)
        except UsageError:
            raise
        except Exception as problem:
            self._outlive(problem, now)
        finally:
            if type(event) is not ev.Hit or self._hears():
                self._rearm()
        return self.effects()

    def advance(self, now: int) -> list[Effect]:
        """Run what is due by ``now``; nothing happened."""
        self._run_until(now)
        return self.effects()

    def effects(self) -> list[Effect]:
        """Effects not yet taken."""
        out = self._state.out
        self._state.out = []
        return out

    def faults(self) -> list[Exception]:
        """Faults of ours not yet taken, which the circle has outlived: worth a log."""
        out, self._faults = self._faults, []
        return out

    def introduce(self) -> list[Effect]:
        """What sinks must know of a circle that is already under way (after a restart)."""
        state = self._state
        state.out = []
        self._tell_sinks()
        if state.running is not None:
            running = state.running
            state.emit(ev.StructureBegan(running.structure.name, running.began, running.settings))
        if not state.lit:
            state.emit(ev.PulseLit(False, self._now))
        if state.stop is not None and state.stop.resume is None:
            state.emit(ev.Stopped(True, self._now))
        return self.effects()

    def _tell_sinks(self) -> None:
        self._state.sound_set()
        for channel, ms in self._state.latency.items():
            self._state.emit(ev.OutputLatency(channel, ms))

    def next_deadline(self) -> int:
        """When :meth:`advance` must be called if nothing happens before."""
        return self._deadline

    def view(self, now: int) -> SessionView:
        """A picture of the circle; changes nothing."""
        return self._picture.view(now)

    def summary(self, now: int) -> dict[str, Any]:
        """The session in numbers so far; changes nothing."""
        return summary(self._state, now)

    def played_records(self) -> Iterator[PlayedRecord]:
        """Everybody's matched hits, from which the summary's figures are made."""
        return played_records(self._state)

    def heard_hits(self) -> Iterator[HeardHit]:
        """Every kept hit with what became of it."""
        return heard_hits(self._state)

    @property
    def library(self) -> tuple[Pattern, ...]:
        """The rhythms that can be called now."""
        return tuple(self._state.library)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What can be played in parts now, the newest last."""
        return tuple(self._state.pieces)

    def plan_as_played(self, now: int) -> Plan | None:
        """The plan that is followed, or was last, as it was really run; None: there was none."""
        order = self._state.order
        return None if order is None else order.as_played(now)

    def happenings_after(self, number: int) -> list[Happening]:
        """Log entries with a larger number (the last 500 are kept)."""
        return [entry for entry in self._state.happenings if entry.number > number]

    # ---- what the hub must know

    def owner(self, hit: ev.Hit) -> str | None:
        """Whose pad this is, at the time of the hit."""
        roster = self._state.roster
        return roster.owner(roster.key(hit.pad, hit.note), hit.time)

    def key(self, hit: ev.Hit) -> str:
        """The pad key of a hit."""
        return self._state.roster.key(hit.pad, hit.note)

    def players(self) -> dict[str, str]:
        """Alias -> id of everybody."""
        return {player.alias: player.id for player in self._state.roster.players.values()}

    def left_their_pad(self, hit: ev.Hit) -> bool:
        """Was this the pad of somebody who has left?"""
        roster = self._state.roster
        last = roster.last_owner(roster.key(hit.pad, hit.note))
        return last is not None and roster.players[last].left

    def has_pad(self, player: str, now: int) -> bool:
        """Is any pad this player's now?"""
        return bool(self._state.roster.keys_of(player, now))

    def is_live_only(self, player: str) -> bool:
        """May this player's hits reach a disk?"""
        return self._state.roster.players[player].live_only

    def roster_plain(self, now: int) -> list[dict[str, Any]]:
        """Players with their pads, as the circle file keeps them."""
        roster = self._state.roster
        return [
            {
                "id": p.id, "alias": p.alias, "shape": p.shape, "colour": p.colour,
                "pads": roster.keys_of(p.id, now), "subdivision": p.subdivision,
                "double_trigger_ms": p.double_trigger / ev.MS, "velocity_floor": p.velocity_floor,
                "live_only": p.live_only, "muted": p.muted,
                "devices": roster.devices_ever(p.id),
            }
            for p in roster.players.values()
        ]  # fmt: skip

    def pad_histories(self) -> list[PadHistory]:
        """Whose every pad was, from the beginning to the end; also those that were hit and never anybody's."""
        state = self._state
        known = dict(state.roster.history())
        nobodys = {key: () for _, key, *_ in state.log if key not in known}
        return [PadHistory(key, state.pad_words(key), spans) for key, spans in {**known, **nobodys}.items()]

    def device_splits(self) -> dict[str, bool]:
        """Device -> is each of its notes a pad of its own?"""
        return {pad.id: pad.split for pad in self._state.roster.pads.values()}

    @property
    def recording(self) -> bool:
        return self._state.recording

    # ---- deadlines

    def _run_until(self, now: int) -> None:
        while self._deadline <= now:
            self._now = self._deadline
            try:
                self._act(self._state, self._deadline)
            except Exception as problem:
                self._outlive(problem, self._deadline)
            self._rearm()

    def _outlive(self, problem: Exception, now: int) -> None:
        """A fault in one structure or command must not end the circle, nor come back with every deadline."""
        self._faults.append(problem)
        grammar.abandon(self._state, now)

    def _rearm(self) -> None:
        try:
            first, act = self._first_due()
        except Exception as problem:
            self._outlive(problem, self._now)
            first, act = self._first_due()
        # What a command made due in the past is done now: time does not go back.
        self._deadline, self._act = max(first, self._now), act

    def _first_due(self) -> tuple[int, Callable[[State, int], None]]:
        """What is due first; of several at one time the one that stands first in ``DEADLINES``."""
        state = self._state
        first = conduct.tick_due(state)
        act: Callable[[State, int], None] = tick
        for due_of, acting in reversed(DEADLINES):
            due = due_of(state)
            if due is not None and due <= first:
                first, act = due, acting
        return first, act

    def _hears(self) -> bool:
        """May a hit change what is due?"""
        running = self._state.running
        return running is not None and running.structure.hears


def named_player(config: SessionConfig, alias: str) -> ev.Join:
    """Somebody known by name before their first hit."""
    return ev.Join(alias, alias, subdivision=config.subdivision, double_trigger_ms=config.double_trigger_ms)


def config_from_plain(raw: dict[str, Any]) -> SessionConfig:
    """A :class:`SessionConfig` from its journalled form (:func:`drumcircle.core.codec.plain`)."""
    built: SessionConfig = codec.build(SessionConfig, raw)
    return built

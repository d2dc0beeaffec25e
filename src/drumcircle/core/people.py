"""Commands about people and pads, and what pads say of themselves."""

from __future__ import annotations

from collections.abc import Iterable

from drumcircle.core import listen
from drumcircle.core.events import (
    MS,
    Assign,
    Assist,
    Join,
    Judge,
    Leave,
    LiveOnly,
    Mute,
    PadFound,
    PadGone,
    PadLink,
    Rename,
    Rest,
    Return,
    RosterChanged,
    SplitByNote,
    Swap,
)
from drumcircle.core.roster import ALWAYS
from drumcircle.core.sections import seat
from drumcircle.core.stage import RunningStage
from drumcircle.core.state import State
from drumcircle.errors import UsageError

JITTER_LIMIT = 5 * MS
"""Above this the link is badged and its SD is not comparable."""


def join(state: State, event: Join, now: int) -> None:
    """Somebody sits down."""
    _checked(event.subdivision, event.velocity_floor, event.double_trigger_ms)
    state.roster.join(event)
    listen.newcomer(state, event.player, ALWAYS)
    since = now if event.since is None else event.since
    if event.live_only:
        state.score(event.player).unkept.add(state.beat(since))
    _enter(state, event.player, since, now)
    for key in event.pads:
        _assign(state, key, event.player, since)
    state.notice(now, f"{state.title(event.player)} is in the circle.")
    state.emit(RosterChanged())


def assign(state: State, event: Assign, now: int) -> None:
    """A pad becomes somebody's, from now or from before."""
    since = now if event.since is None else event.since
    if event.player is not None:
        person = state.roster.player(event.player)
        if person.left:
            person.left = False
            _enter(state, event.player, now, now)
        state.notice(now, f"{state.pad_words(event.pad)} is {state.title(event.player)}.")
    _assign(state, event.pad, event.player, since)
    state.emit(RosterChanged())


def swap(state: State, event: Swap, now: int) -> None:
    if state.roster.player(event.first) is state.roster.player(event.second):
        raise UsageError("A swap takes two players.")
    since = now if event.since is None else event.since
    roster = state.roster
    keys = [*roster.keys_of(event.first, since), *roster.keys_of(event.second, since)]
    roster.swap(event.first, event.second, since)
    _rejudge(state, keys, since, (event.first, event.second))
    state.notice(now, f"{state.title(event.first)} and {state.title(event.second)} swapped pads.")
    state.emit(RosterChanged())


def leave(state: State, event: Leave, now: int) -> None:
    if state.roster.player(event.player).left:
        raise UsageError(f"{state.title(event.player)} has left already.")
    since = now if event.since is None else event.since
    keys = state.roster.leave(event.player, since)
    _exit(state, event.player, since, now)
    _rejudge(state, keys, since, (event.player,))
    state.notice(now, f"{state.title(event.player)} left the circle.")
    state.emit(RosterChanged())


def come_back(state: State, event: Return, now: int) -> None:
    since = now if event.since is None else event.since
    keys = state.roster.come_back(event.player, since)
    for key in keys:  # hit meanwhile: nobody needs to ask any more whose it is
        state.unknown.pop(key, None)
    _enter(state, event.player, since, now)
    _rejudge(state, keys, since, (event.player,))
    state.notice(now, f"{state.title(event.player)} is back.")
    state.emit(RosterChanged())


def rest(state: State, event: Rest, now: int) -> None:
    person = state.roster.player(event.player)
    if person.resting == event.on:
        return
    person.resting, person.wants_back = event.on, False
    if event.on:
        _exit(state, event.player, now, now)
    else:
        _enter(state, event.player, now, now)


def assist(state: State, event: Assist, now: int) -> None:
    state.roster.player(event.player).assisted = event.on
    excused = state.score(event.player).excused
    if event.on:
        excused.add(state.beat(now))
    else:
        excused.cut(state.beat(now))


def mute(state: State, event: Mute, _now: int) -> None:
    state.roster.player(event.player).muted = event.on
    state.emit(RosterChanged())


def rename(state: State, event: Rename, _now: int) -> None:
    state.roster.rename(event.player, event.alias, event.shape, event.colour)
    state.emit(RosterChanged())


def judge(state: State, event: Judge, now: int) -> None:
    """Change how one player is judged, from now on."""
    person = state.roster.player(event.player)
    _checked(event.subdivision, event.velocity_floor, event.double_trigger_ms)
    if event.subdivision is not None:
        person.subdivision = event.subdivision
        state.score(event.player).set_subdivision(state.beat(now), event.subdivision)
    if event.double_trigger_ms is not None:
        person.double_trigger = round(event.double_trigger_ms * MS)
    if event.velocity_floor is not None:
        person.velocity_floor = event.velocity_floor
    state.emit(RosterChanged())


def live_only(state: State, event: LiveOnly, now: int) -> None:
    person = state.roster.player(event.player)
    person.live_only = event.on
    state.last_note.clear()
    unkept = state.score(event.player).unkept
    if event.on:
        unkept.add(state.beat(now))
        state.partial = True
        state.notice(now, f"{state.title(event.player)} is live only: nothing of theirs is kept from now on.")
    else:
        unkept.cut(state.beat(now))
    state.emit(RosterChanged())


def split(state: State, event: SplitByNote, _now: int) -> None:
    pad = state.roster.pads.get(event.pad)
    if pad is None:
        raise UsageError(f"There is no pad called {event.pad!r} here.")
    if pad.split != event.on:
        # Whose it is will be asked by its next hit: a pad key of before never sounds again.
        state.unknown = {key: asked for key, asked in state.unknown.items() if asked[0] != event.pad}
    pad.split = event.on
    state.emit(RosterChanged())


# ---------------------------------------------------------------- pads


def found(state: State, event: PadFound, now: int) -> None:
    known = state.roster.pads.get(event.pad)
    if known is None or not known.connected:
        state.notice(now, f"{event.label} is {'here' if known is None else 'back'}.")
    state.roster.found(event)


def gone(state: State, event: PadGone, now: int) -> None:
    pad = state.roster.pads.get(event.pad)
    if pad is None or not pad.connected:
        return
    pad.connected, pad.words = False, event.reason or "gone"
    state.notice(now, f"{pad.label}: {pad.words}.", "warning")


def link(state: State, event: PadLink, now: int) -> None:
    pad = state.roster.pads.get(event.pad)
    if pad is None:
        return
    before = pad.link.lost if pad.link is not None else 0
    if event.lost > before:
        state.notice(now, f"{pad.label} lost {event.lost - before} hits.", "warning", "therapist")
    pad.link = event
    pad.words = event.words or _quality(event)


def _quality(event: PadLink) -> str:
    if event.by_arrival:
        return "time of arrival only"
    if event.jitter is not None and event.jitter > JITTER_LIMIT:
        return "weak Wi-Fi"
    return ""


# ---------------------------------------------------------------- within


def _assign(state: State, key: str, player: str | None, since: int) -> None:
    if player is not None:
        _spare_bounces(state, key, player)
    first = state.roster.last_owner(key) is None
    unknown = state.unknown.pop(key, None)
    # The hit that asked "who is this?" belongs to whoever it turns out to be.
    if first and unknown is not None:
        since = min(since, unknown[1])
    affected = state.roster.assign(key, player, since)
    _rejudge(state, (key,), since, affected)


def _spare_bounces(state: State, key: str, player: str) -> None:
    """Who is given a pad that is known to bounce has that taken out; what is set by hand later stands."""
    pad, person = state.roster.pads.get(key.partition("#")[0]), state.roster.player(player)
    if pad is not None and pad.double_trigger > person.double_trigger:
        person.double_trigger = pad.double_trigger


def _rejudge(state: State, keys: Iterable[str], since: int, players: Iterable[str]) -> None:
    """Make the figures of these players anew, if any of these pads has been heard since then."""
    heard = (state.log.last(key) for key in keys)
    if any(last is not None and last >= since for last in heard):
        listen.rejudge(state, players)


def _enter(state: State, player: str, since: int, now: int) -> None:
    """The player is in from ``since`` on: no longer excused, and the structure knows.

    The point nearest to ``since`` is theirs too: the hit that brought them in counts.
    """
    score = state.score(player)
    beat = state.beat(since) - 0.5 / min(1.0, score.subdivision_at(state.beat(since)))
    score.excused.cut(beat)
    if state.sections:
        seat(state.sections, state.roster.players[player])
    if state.running is not None:
        local = max(0.0, state.local(state.running, beat))
        state.running.structure.joined(RunningStage(state, state.running, now), player, local)


def _exit(state: State, player: str, since: int, now: int) -> None:
    beat = state.beat(since)
    state.score(player).excused.add(beat)
    if state.running is not None:
        local = max(0.0, state.local(state.running, beat))
        state.running.structure.gone(RunningStage(state, state.running, now), player, local)


def _checked(subdivision: float | None, floor: int | None, double_ms: float | None) -> None:
    if subdivision is not None and not 1 / 32 <= subdivision <= 16:
        raise UsageError(f"A subdivision is from 1/32 to 16 points a beat, not {subdivision:g}.")
    if floor is not None and not 1 <= floor <= 127:
        raise UsageError(f"A velocity floor is from 1 to 127, not {floor}.")
    if double_ms is not None and not 0 <= double_ms <= 1000:
        raise UsageError(f"A double-trigger time is from 0 to 1000 ms, not {double_ms:g}.")

"""One hit through the circle: whose it is, whether it counts, where it lies, what it means."""

from __future__ import annotations

from collections.abc import Iterable

from drumcircle.core.events import NS, Cue, Hit, UnknownPad
from drumcircle.core.pulse import place
from drumcircle.core.roster import Player
from drumcircle.core.scores import Score, Together
from drumcircle.core.stage import RunningStage
from drumcircle.core.state import GRACE, State
from drumcircle.core.structures.base import Played
from drumcircle.measures.incremental import judged_hit

COUNTS, DOUBLE, FLOOR, DOUBTFUL = 0, 1, 2, 3
MARKS = ("", "double", "floor", "doubtful")
LATE_ROW = 128
"""Above all notes: what comes late is looked at for double triggers in a row of its own."""
AWAY, AWAY_AGAIN = 2 * NS, 10 * NS
"""A hit this late was kept by a pad that was away; after so long without one it is told anew."""
UNKNOWN_LIMIT = 32
LEANING, LEANING_WITHIN, LEANING_AGAIN = 60, 2 * NS, 60 * NS
"""So many double triggers of one pad within so long are told, at most so often."""


def hit(state: State, event: Hit, now: int) -> None:
    """A note-on: every one is heard; only what counts is judged."""
    key = state.roster.key(event.pad, event.note)
    owner = state.roster.owner(key, event.time)
    late = event.doubtful or now - event.time > GRACE
    if owner is None:
        _unknown(state, key, event, late)
        return
    player = state.roster.players[owner]
    if event.doubtful:
        if state.keeps and not player.live_only:
            state.log.add(event.time, key, event.note, event.velocity, DOUBTFUL, late)
        return
    if late:
        _came_late(state, event, now)
    mark = _mark(state.last_note, key, event.time, event.note, event.velocity, player)
    if mark == DOUBLE:
        _bounced(state, key, now)
    elif not late:  # what a pad that was away sends all at once was heard in the room, or never will be
        _sound(state, event, player)
    keep = state.keeps and not player.live_only
    if keep:
        state.log.add(event.time, key, event.note, event.velocity, mark, late)
    if mark != COUNTS:
        return
    score = state.score(owner)
    score.hits.append(event.time)
    if player.resting or player.left:
        player.wants_back = True
        return
    if player.assisted:
        return
    if state.stop is None or state.stop.resume is not None:
        judge(state, owner, event.time, keep)
    if state.stop is None:
        _tell_structure(state, owner, event, now, keep, late)


def _came_late(state: State, event: Hit, now: int) -> None:
    """A pad that was away sends what it kept: told once, in words."""
    if now - event.time <= AWAY:
        return
    told_at = state.late_told.get(event.pad)
    if told_at is None or now - told_at >= AWAY_AGAIN:
        state.notice(now, f"{state.pad_words(event.pad)} was away; what was played on it comes late.")
    state.late_told[event.pad] = now


def _bounced(state: State, key: str, now: int) -> None:
    """So many double triggers in so short a time are a key held down, or somebody leaning on a pad."""
    since, count = state.bounces.get(key, (now, 0))
    if now - since > LEANING_WITHIN:
        since, count = now, 0
    state.bounces[key] = since, count + 1
    if count + 1 == LEANING and now - state.leaning.get(key, -LEANING_AGAIN) >= LEANING_AGAIN:
        state.leaning[key] = now
        state.notice(
            now, f"{state.pad_words(key)} sounds without a pause: is somebody leaning on it?", "warning"
        )


def judge(state: State, player: str, time: int, keep: bool) -> None:
    """Place a hit on its player's grid; outside an invitation it is in no figure."""
    score = state.score(player)
    grids = score.grids
    subdivision = grids[0][1] if len(grids) == 1 else score.subdivision_at(state.beat(time))
    placed = place(state.pulse, time, subdivision)
    if score.judges(placed.point, state.silent):
        ready = judged_hit(placed.asynchrony, placed.spacing, placed.period)
        score.add(placed, ready, state.silent, keep)
        state.together.add(player, placed.point, ready)


def _mark(
    last: dict[tuple[str, int], int], key: str, time: int, note: int, velocity: int, player: Player
) -> int:
    if velocity < player.velocity_floor:
        return FLOOR
    before = last.get((key, note))
    if before is not None and time < before:
        note += LATE_ROW
        before = last.get((key, note))
    if before is not None and 0 <= time - before < player.double_trigger:
        return DOUBLE
    last[key, note] = time
    return COUNTS


def _sound(state: State, event: Hit, player: Player) -> None:
    pad = state.roster.pads.get(event.pad)
    if player.muted or (pad is not None and pad.voiced) or state.stop is not None:
        return
    if state.loudness.sounds(event.time):
        state.emit(Cue(f"hit:{event.pad}:{event.note}", event.time, "drum", event.velocity / 127, player.id))


def _tell_structure(state: State, owner: str, event: Hit, now: int, keep: bool, late: bool) -> None:
    """The running structure hears what is nearest to a beat of its own; one that closes, what is before its end."""
    running, closing = state.running, state.closing
    if closing is None and (running is None or not running.structure.hears):
        return
    beat, nearest = state.pulse.nearest_beat(event.time)
    hearers = [closing.running] if closing is not None and beat < closing.beat else []
    if running is not None:
        hearers.append(running)
    for hearer in hearers:
        structure = hearer.structure
        if structure.hears and (structure.hears_late or not late) and nearest >= hearer.origin + hearer.since:
            hearer.heard += 1
            local = beat - hearer.origin, nearest - hearer.origin
            played = Played(owner, event.time, *local, event.velocity, keep and state.recording, keep, late)
            structure.hit(RunningStage(state, hearer, now), played)


def _unknown(state: State, key: str, event: Hit, late: bool) -> None:
    """Nobody's pad: ask who this is; the hit is theirs once somebody says."""
    if state.keeps:
        mark = DOUBTFUL if event.doubtful else COUNTS
        state.log.add(event.time, key, event.note, event.velocity, mark, late)
    state.unknown.pop(key, None)
    state.unknown[key] = (event.pad, event.time)
    if len(state.unknown) > UNKNOWN_LIMIT:
        del state.unknown[next(iter(state.unknown))]
    state.emit(UnknownPad(event.pad, event.note, event.time))


# ---------------------------------------------------------------- again


def rejudge(state: State, players: Iterable[str]) -> None:
    """Make these players' figures anew from the hits and the assignments as they are now."""
    affected = dict.fromkeys(players)
    for player in affected:
        score = state.score(player)
        score.clear()
        score.hits.clear()
        state.together.forget(player)
    last: dict[tuple[str, int], int] = {}
    for index, time, key, note, velocity, before in state.log.of(state.roster.keys_ever(affected)):
        owner = state.roster.owner(key, time)
        if owner not in affected or before == DOUBTFUL:
            continue
        mark = _mark(last, key, time, note, velocity, state.roster.players[owner])
        state.log.mark(index, mark)
        if mark == COUNTS:
            score = state.score(owner)
            score.hits.append(time)
            judge(state, owner, time, keep=True)


def forget(state: State) -> None:
    """Figures begin anew (a recording begins here)."""
    for score in state.scores.values():
        score.clear()
    state.log = type(state.log)()
    state.together = Together()
    state.finished.clear()
    hearers = [state.running, state.closing.running if state.closing is not None else None]
    for hearer in hearers:
        if hearer is not None:
            hearer.structure.forget()


def newcomer(state: State, player: str, beat: float) -> Score:
    """A score for somebody who has just joined, on their grid from the beginning."""
    score = state.score(player)
    if not score.grids:
        score.set_subdivision(beat, state.roster.players[player].subdivision)
    return score

"""What answers each event and each deadline: one line each; all else of a circle is in the modules named here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drumcircle.core import (
    advising,
    changing,
    conduct,
    following,
    grammar,
    grouping,
    listen,
    marks,
    people,
    stopping,
    tempo,
)
from drumcircle.core import events as ev
from drumcircle.core.state import State

Handler = Callable[[State, Any, int], None]


def _piece_added(state: State, event: ev.PieceAdded, _now: int) -> None:
    state.pieces = [known for known in state.pieces if known.name != event.piece.name] + [event.piece]


def _pattern_added(state: State, event: ev.PatternAdded, _now: int) -> None:
    others = [known for known in state.library if known.name != event.pattern.name]
    state.library = sorted([*others, event.pattern], key=lambda pattern: (pattern.level, pattern.beats))


def _record(state: State, event: ev.Record, now: int) -> None:
    if event.on == state.recording:
        return
    if event.on and not state.partial:
        listen.forget(state)
    state.recording = state.keeps = event.on
    state.last_note.clear()  # a double trigger is one of two hits that are both kept, or both not
    if event.on:
        state.unkept.cut(state.beat(now))
    else:
        state.partial = True
        state.unkept.add(state.beat(now))
    state.notice(now, "Recording." if event.on else "Recording stopped; nothing more is kept.")


def _connection(state: State, event: ev.ConnectionChanged, now: int) -> None:
    known = state.services.get(event.service)
    if event.ok:
        state.services.pop(event.service, None)
        if known is not None:
            state.notice(now, event.words)
        return
    state.services[event.service] = event.words
    if known != event.words:
        # What is no longer kept cannot be had again, so this is said loudest.
        state.notice(now, event.words, "loud" if event.service == "recording" else "warning")


HANDLERS: dict[type, Handler] = {
    ev.Hit: listen.hit,
    ev.PadFound: people.found,
    ev.PadGone: people.gone,
    ev.PadLink: people.link,
    ev.Gap: stopping.gap,
    ev.StillRunning: lambda _state, _event, _now: None,
    ev.ConnectionChanged: _connection,
    ev.TurnEndedByPlaying: grammar.turn_fact,
    ev.PulseFollowed: tempo.follow_fact,
    ev.PatternAdded: _pattern_added,
    ev.PieceAdded: _piece_added,
    ev.SetTempo: tempo.set_tempo,
    ev.NudgeTempo: tempo.nudge,
    ev.TapTempo: tempo.tap,
    ev.RampTempo: tempo.ramp,
    ev.SetMeter: tempo.set_meter,
    ev.SetLatency: tempo.set_latency,
    ev.SetSound: tempo.set_sound,
    ev.SetCeiling: tempo.set_ceiling,
    ev.Arm: grammar.arm,
    ev.Cancel: grammar.cancel,
    ev.EndStructure: grammar.end_structure,
    ev.StopAll: stopping.stop_all,
    ev.GoOn: stopping.go_on,
    ev.NextTurn: grammar.next_turn,
    ev.Press: grammar.press,
    ev.Divide: grouping.divide,
    ev.PutInSection: grouping.put_in_section,
    ev.Lead: grouping.lead,
    ev.Perform: grammar.perform,
    ev.Mark: marks.mark,
    ev.Remark: marks.remark,
    ev.Change: changing.change,
    ev.UndoChange: changing.undo,
    ev.Follow: following.follow,
    ev.MoveInPlan: following.move,
    ev.PausePlan: following.pause,
    ev.StretchStep: following.stretch,
    ev.LeavePlan: following.leave,
    ev.Suggest: advising.suggest,
    ev.AnswerSuggestion: advising.answer,
    ev.Record: _record,
    ev.Join: people.join,
    ev.Assign: people.assign,
    ev.Swap: people.swap,
    ev.Leave: people.leave,
    ev.Return: people.come_back,
    ev.Rest: people.rest,
    ev.Assist: people.assist,
    ev.Mute: people.mute,
    ev.Rename: people.rename,
    ev.Judge: people.judge,
    ev.LiveOnly: people.live_only,
    ev.SplitByNote: people.split,
}


def tick(state: State, _now: int) -> None:
    conduct.tick(state)


DEADLINES: tuple[tuple[Callable[[State], int | None], Callable[[State, int], None]], ...] = (
    (stopping.resume_due, stopping.resume),
    (grammar.end_due, grammar.end),
    (grammar.settle_due, grammar.settle),
    (grammar.commit_due, grammar.commit),
    (grammar.wake_due, grammar.wake),
    (following.due, following.go_on),
    (advising.due, advising.look),
)
"""(when, what): all that happens by itself but the next beat's cues, which come last."""

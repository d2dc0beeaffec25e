"""The adviser in the circle: what it sees, what it says, and what becomes of that.  See ``suggestions.py``."""

from __future__ import annotations

from drumcircle.core.events import AnswerSuggestion, Suggest
from drumcircle.core.roster import Player
from drumcircle.core.state import Running, State
from drumcircle.core.suggestions import HITS_OVER, PlayerSeen, Seen


def suggest(state: State, event: Suggest, now: int) -> None:
    """On or off."""
    state.adviser.switch(event.on, now)
    state.notice(now, f"Suggestions {'on' if event.on else 'off'}.", scope="therapist")


def answer(state: State, event: AnswerSuggestion, now: int) -> None:
    """Log it, by value: what the rules saw may not be in the journal.  What it offers is a command of its own."""
    adviser = state.adviser
    if adviser.number == event.number and adviser.current is not None:
        adviser.close(now)
    taken = "taken" if event.taken else "dismissed"
    state.suggested.append((now, event.reason, event.words, taken))
    state.notice(now, f"Suggestion {taken}: {event.reason}; {event.words}", scope="therapist")


def due(state: State) -> int | None:
    """When the adviser looks next; while the circle is stopped it does not."""
    return state.adviser.looks_at if state.adviser.on and state.stop is None else None


def look(state: State, now: int) -> None:
    """Take away what nobody answered; else see whether there is something to say."""
    adviser = state.adviser
    gone = adviser.expire(now)
    if gone is not None:
        state.notice(now, f"Suggestion not answered: {gone.reason}; {gone.words}", scope="therapist")
        return
    running = state.running
    found = adviser.look(_seen(state, running, now)) if running is not None else None
    if running is None:
        adviser.looks_at = now + HITS_OVER
    if found is not None:
        state.notice(now, f"Suggestion: {found.reason}; {found.words}", scope="therapist")


def _seen(state: State, running: Running, now: int) -> Seen:
    beat = state.beat(now)
    of_now = max(0, int(beat - running.origin - running.since) // 2)
    people = (_player(state, running, player, now, beat) for player in _expected(state, running, beat))
    return Seen(
        now,
        tuple(state.together_line)[-of_now:] if of_now else (),
        tuple(seen for seen in people if seen is not None),
        state.pulse.bpm_at(beat), state.click, state.gain_db, state.loudness.ceiling_db,
    )  # fmt: skip


def _expected(state: State, running: Running, beat: float) -> list[Player]:
    """Who should be playing now: those invited; where a structure invites nobody and lets all play, all."""
    people = [p for p in state.roster.active() if beat not in state.score(p.id).excused]
    if any(_invited(state, p, running.origin) for p in people):
        return [p for p in people if beat in state.score(p.id).invited]
    return people if running.structure.method == "improvisational" else []


def _invited(state: State, player: Player, since: float) -> bool:
    """Was the player invited at any time from a beat on?"""
    return any(end > since for _, end in reversed(state.score(player.id).invited))


def _player(state: State, running: Running, player: Player, now: int, beat: float) -> PlayerSeen | None:
    """None: they have no pad."""
    score = state.score(player.id)
    if not state.roster.keys_of(player.id, now):
        return None
    invited = next((start for start, end in reversed(score.invited) if start <= beat < end), running.origin)
    since = max(state.pulse.time_at(invited), running.began, score.hits[-1] if score.hits else 0)
    recent = sum(1 for hit in score.hits if now - hit <= HITS_OVER)
    return PlayerSeen(player.id, state.title(player.id), since, recent)

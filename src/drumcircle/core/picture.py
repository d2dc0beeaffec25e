"""From the state to a :class:`SessionView`; reads only."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import Literal

from drumcircle.core import plan_picture
from drumcircle.core.aliases import ALIASES
from drumcircle.core.events import MS, NS
from drumcircle.core.marks import aftercare
from drumcircle.core.pulse import place
from drumcircle.core.roster import Player
from drumcircle.core.running_order import StepRun
from drumcircle.core.scores import LiveFigures
from drumcircle.core.sections import home
from drumcircle.core.state import Running, State
from drumcircle.core.structures.base import Structure
from drumcircle.core.view import (
    CallView,
    NextView,
    PadView,
    PlayerView,
    PulseView,
    SessionView,
    StructureView,
    TurnView,
    UnknownPadView,
)
from drumcircle.measures import live

NO_FIGURE, PROVISIONAL = 8, 30
HAPPENINGS = 12
OFFERS = 9
UNKNOWN_SHOWN = 60 * NS
A_STEP = 2
"""Beats ahead up to which a structure moves the pulse step by step; a ramp leads further."""
STEADY, SETTLING, LOOSE = 0.7, 0.4, 0.15


class Picture:
    """Makes views; keeps each player's figures until a hit or a closed point changes them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._figures: dict[str, tuple[tuple[object, ...], PlayerView]] = {}

    def view(self, now: int) -> SessionView:
        """The circle as it is at ``now``."""
        state = self._state
        beat = state.beat(now)
        running = _shown(state, now)
        structure = running.structure if running is not None else None
        local = state.local(running, beat) if running is not None else 0.0
        keys = state.roster.keys_by_player(now)
        players = tuple(
            self._player(p, tuple(keys.get(p.id, ())), now, beat, _section(state, structure, p.id))
            for p in state.roster.players.values()
        )
        turn: TurnView | None = structure.turn_view(local) if structure else None
        call: CallView | None = structure.call_view(local) if structure else None
        line = tuple(state.together_line)
        return SessionView(
            now=now, title=plan_picture.title(state), began=state.config.start, pulse=_pulse(state, beat),
            stopped=state.stop is not None and state.stop.resume is None,
            recording=state.recording, structure=_structure(state, running, local), next=_next(state, beat, now),
            turn=turn, call=call, together=line, together_words=_together_words(state, line),
            players=players, pads=_pads(state, now), unknown=_unknown(state, now),
            happenings=tuple(state.happenings)[-HAPPENINGS:], services=tuple(state.services.items()),
            sound=_sound(state),
            click=state.click, gain_db=state.gain_db, ceiling_db=state.loudness.ceiling_db,
            hits_a_second=state.loudness.hits_a_second,
            latency_known=state.latency["sound"] is not None, leader=_leader(state), with_pulse=state.together.last(),
            participation_gini=live.participation_gini([_share(p) for p in players if p.state in ("playing", "silent")]),
            plan=plan_picture.plan(state, now), group=plan_picture.group(state),
            changed=plan_picture.changed(state),
            marks=plan_picture.marks(state), aftercare=aftercare(state),
            suggests=state.adviser.on, suggestion=plan_picture.suggestion(state),
        )  # fmt: skip

    def _player(
        self, player: Player, pads: tuple[str, ...], now: int, beat: float, section: str
    ) -> PlayerView:
        score = self._state.score(player.id)
        subdivision = score.subdivision_at(beat)
        words, uncertainty = _link(self._state, pads)
        last = score.hits[-1] if score.hits else None
        key = (
            int(beat * subdivision + 0.5), score.judged, last, words, uncertainty, pads, player.alias,
            player.shape, player.colour, player.resting, player.left, player.assisted, player.muted,
            player.live_only, player.wants_back, subdivision, section, self._state.stop is None, int(beat) // 8,
        )  # fmt: skip
        known = self._figures.get(player.id)
        if known is not None and known[0] == key:
            return known[1]
        made = replace(self._fresh(player, now, beat, words, uncertainty, pads), section=section)
        self._figures[player.id] = (key, made)
        return made

    def _fresh(
        self,
        player: Player,
        now: int,
        beat: float,
        words: str,
        uncertainty: float | None,
        pads: tuple[str, ...],
    ) -> PlayerView:
        state = self._state
        score = state.score(player.id)
        window = score.live(beat, state.silent)
        n = window.figures.n
        mean, sd, ppc, why = _shown_figures(window)
        subdivision = score.subdivision_at(beat)
        last = score.hits[-1] if score.hits else None
        hits = tuple(score.hits)
        return PlayerView(
            id=player.id, alias=player.alias, shape=player.shape, colour=player.colour,
            state=_player_state(player, last, bool(pads), now), assisted=player.assisted, muted=player.muted,
            live_only=player.live_only, wants_back=player.wants_back, pads=pads, last_hit=last, link=words,
            uncertainty_ms=uncertainty, subdivision=subdivision, n=n, points=window.points,
            missed=window.figures.missed, extra=window.figures.extra, sd_ms=sd, mean_ms=mean, ppc=ppc,
            provisional=NO_FIGURE <= n < PROVISIONAL, why_not=why,
            asynchronies_ms=tuple(a / MS for a in window.asynchronies),
            spacing_ms=place(state.pulse, now, subdivision).spacing / MS,
            hits=hits[bisect_right(hits, now - 60 * NS):],
        )  # fmt: skip


def _section(state: State, structure: Structure | None, player: str) -> str:
    """As the running structure has them, else as the facilitator has divided the circle."""
    plays = structure.section_of(player) if structure is not None else ""
    if plays or not state.sections:
        return plays
    at = home(state.sections, player)
    return "" if at is None else state.sections[at].name


def _leader(state: State) -> str | None:
    person = None if state.leader is None else state.roster.players[state.leader]
    return person.id if person is not None and person.active else None


def _shown_figures(window: LiveFigures) -> tuple[float | None, float | None, float | None, str]:
    """(mean, SD, PPC, why something is missing): figures as far as they may be shown."""
    found = window.figures
    if found.n < NO_FIGURE:
        return None, None, None, "" if not window.points else f"{found.n} hits so far"
    if found.rayleigh_p_grid is None or found.rayleigh_p_grid >= 0.05:
        return None, None, found.ppc_grid, "not with the pulse"
    return found.mean_asynchrony_ms, found.sd_asynchrony_ms, found.ppc_grid, ""


def _sound(state: State) -> str:
    if not state.config.heard:
        return "no sound"
    return state.services.get("sound", "sound on" if state.click else "click off")


def _player_state(
    player: Player, last: int | None, has_pad: bool, now: int
) -> Literal["playing", "silent", "resting", "left", "no pad"]:
    if player.left:
        return "left"
    if player.resting:
        return "resting"
    if not has_pad:
        return "no pad"
    return "playing" if last is not None and now - last < 20 * NS else "silent"


def _share(player: PlayerView) -> float:
    return player.n / player.points if player.points else 0.0


def _link(state: State, pads: tuple[str, ...]) -> tuple[str, float | None]:
    words, widest = "", None
    for pad in state.roster.devices(pads):
        words = words or ("" if pad.connected and not pad.words else pad.words or "gone")
        if pad.link is not None and pad.link.uncertainty is not None:
            widest = max(widest or 0.0, pad.link.uncertainty / MS)
    return words, widest


def _pulse(state: State, beat: float) -> PulseView:
    pulse = state.pulse
    whole = int(beat // 1)
    bar, in_bar = pulse.bar_at(whole)
    first, beats = whole - in_bar, pulse.meter_at(whole).beats
    following = pulse.meter_at(first + beats).beats
    times = tuple(pulse.time_at(b) for b in range(first, first + beats + following + 1))
    final = pulse.final_bpm()
    ramping = pulse.ramping_after(beat + A_STEP) and final != pulse.bpm_at(whole)
    return PulseView(
        bpm=pulse.bpm_at(whole), meter=str(pulse.meter_at(whole)), bar=bar + 1, beat=in_bar + 1,
        beats_in_bar=beats, beat_times=times,
        ramp_to_bpm=final if ramping else None,
        sounding=state.sounding and state.click and state.stop is None and state.loudness.level("click", beat) > 0,
        hidden=not state.lit,
    )  # fmt: skip


def _shown(state: State, now: int) -> Running | None:
    """The running structure, once its bar line has come."""
    running, closing = state.running, state.closing
    if running is not None and running.began <= now:
        return running
    return closing.running if closing is not None and now < state.pulse.time_at(closing.beat) else None


def _say(step: StepRun | None, structure: Structure) -> str:
    return (step.step.say if step is not None else "") or structure.sentence


def _structure(state: State, running: Running | None, local: float) -> StructureView | None:
    if running is None:
        return None
    structure = running.structure
    return StructureView(
        structure.name, state.called(structure, running.step), running.began, _say(running.step, structure),
        tuple((key, str(value)) for key, value in running.settings.items()), structure.words(local),
        tuple((key.name, key.words) for key in structure.keys_now()),
    )  # fmt: skip


def _next(state: State, beat: float, now: int) -> NextView | None:
    armed = state.armed
    title = ""
    if armed is not None:
        structure, line, step = armed.structure, armed.beat, armed.step
        counting = beat >= armed.count_from
        title = f"{state.called(structure, step)}: {armed.differs}" if armed.differs else ""
    elif state.running is not None and state.running.began > now:
        structure, line, counting = state.running.structure, state.running.origin, True
        step = state.running.step
    else:
        return None
    left = max(0, line - int(beat // 1))
    here, there = state.pulse.bar_at(beat)[0], state.pulse.bar_at(line)[0]
    return NextView(
        structure.name, title or state.called(structure, step), "counting in" if counting else "armed",
        state.pulse.time_at(line), max(0, there - here - 1), left, "" if title else _say(step, structure),
    )  # fmt: skip


def _together_words(state: State, line: tuple[float | None, ...]) -> str:
    playing = [p for p in state.roster.active() if state.score(p.id).hits]
    if state.stop is not None:
        return "stopped"
    if not playing:
        return "nobody has played yet"
    if not line or line[-1] is None:
        return "listening" if len(playing) > 1 else "one player"
    recent = [value for value in line[-3:] if value is not None]
    now = sum(recent) / len(recent)
    if now >= STEADY:
        return "steady"
    if now >= SETTLING:
        return "settling"
    return "finding each other" if now >= LOOSE else "each their own way"


def _pads(state: State, now: int) -> tuple[PadView, ...]:
    owners: dict[str, list[str]] = {}
    for key, player in state.roster.assigned(now):
        owners.setdefault(key.partition("#")[0], []).append(state.roster.players[player].alias)
    return tuple(
        PadView(
            pad.id, pad.label, pad.kind, pad.connected, tuple(dict.fromkeys(owners.get(pad.id, ()))), pad.words,
            pad.link.lost if pad.link else 0,
            pad.link.uncertainty / MS if pad.link and pad.link.uncertainty is not None else None,
            pad.split,
            pad.layout,
            pad.link.jitter / MS if pad.link and pad.link.jitter is not None else None,
        )
        for pad in state.roster.pads.values()
    )  # fmt: skip


def _unknown(state: State, now: int) -> tuple[UnknownPadView, ...]:
    shown = []
    for key, (_, last) in state.unknown.items():
        if now - last < UNKNOWN_SHOWN:
            shown.append(UnknownPadView(key, state.pad_words(key), last, _offers(state, key, now)))
    return tuple(shown)


def _offers(state: State, key: str, now: int) -> tuple[tuple[str, str, str, str], ...]:
    """Who this may be: who had it last, players without a pad, then aliases nobody has."""
    players = state.roster.players
    first = state.roster.last_owner(key)
    have = {player: True for _, player in state.roster.assigned(now)}
    waiting = [p for p in players.values() if p.id not in have and p.id != first]
    known = ([players[first]] if first else []) + waiting
    taken = {p.alias: True for p in players.values()} | {p.id: True for p in players.values()}
    free = [(a.id, a.alias, a.shape, a.colour) for a in ALIASES if a.alias not in taken and a.id not in taken]
    return tuple([(p.id, p.alias, p.shape, p.colour) for p in known] + free)[:OFFERS]

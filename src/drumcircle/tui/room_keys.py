"""What keys do to the pulse, the sound, the record and the screen itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from drumcircle.core.events import (
    Arm,
    Assign,
    Cancel,
    GoOn,
    NudgeTempo,
    RampTempo,
    SetLatency,
    SetMeter,
    SetSound,
    SetTempo,
    SplitByNote,
    StopAll,
    TapTempo,
)
from drumcircle.core.structures import named
from drumcircle.core.view import PadView
from drumcircle.tui.ask import (
    Choice,
    Close,
    Does,
    Menu,
    Request,
    Situation,
    Step,
    Typing,
    refuse,
    send,
    show,
)
from drumcircle.tui.ink import clip
from drumcircle.tui.player_keys import digits, label, number

LEAVE_RUNNING, END_CIRCLE = 0, 10
"""Exit codes of a dashboard: the circle goes on, or its end was asked for."""

Channel = Literal["sound", "midi", "light"]
CHANNELS: tuple[tuple[Channel, str], ...] = (
    ("sound", "the click"),
    ("midi", "MIDI out"),
    ("light", "pad lights"),
)
METRES = ("2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "9/8", "12/8")
LONGEST_PAGE = 24
"""Rows a page can be scrolled by; more than any needs at 80 × 24."""
SOFTEST, GAIN_STEP = -60.0, 3.0

# ---------------------------------------------------------------- structure


def groove(s: Situation) -> Step:
    """Arm the groove as it was last."""
    kept = dict(dict(s.ui.settings).get("groove", ()))
    settings = {f.name: kept.get(f.name, f.default) for f in named("groove").settings}
    return send(s, Arm("groove", settings))


def stop_or_go_on(s: Situation) -> Step:
    """Never behind anything: a question that is open stays open."""
    ui, orders = send(s, GoOn() if s.view.stopped else StopAll())
    return replace(ui, prompt=s.ui.prompt), orders


def back(s: Situation) -> Step:
    """Escape: close what is open, else take back what is armed, else back to the community view."""
    ui = s.ui
    if ui.prompt is not None:
        return replace(ui, prompt=None), ()
    if ui.page:
        return replace(ui, page=""), ()
    if s.view.next is not None and not s.room.watching:
        return send(s, Cancel())
    return replace(ui, therapist=False, scroll=0), ()


# ---------------------------------------------------------------- pulse


def nudge(delta: float) -> Does:
    return lambda s: send(s, NudgeTempo(delta))


def tap(s: Situation) -> Step:
    return send(s, TapTempo(s.now))


def tempo(s: Situation) -> Step:
    """``110`` now, ``110/8`` over eight bars."""
    return show(
        s, Typing(f"Tempo (now {s.view.pulse.bpm:.4g}), BPM", _tempo, hint="110 now, 110/8 over eight bars")
    )


def _tempo(text: str, s: Situation) -> Step:
    wanted, _, over = text.partition("/")
    bpm, bars = number(wanted, 30, 240), number(over or "0", 0, 256)
    if bpm is None or bars is None:
        return refuse(s, f"{text!r} is not a tempo; it is 30 to 240, or 110/8 for a change over eight bars.")
    return send(s, RampTempo(bpm, int(bars)) if bars >= 1 else SetTempo(bpm))


def metre(s: Situation) -> Step:
    def to(meter: str) -> Does:
        return lambda at: send(at, SetMeter(meter))

    choices = tuple(Choice(str(n), meter, to(meter)) for n, meter in enumerate(METRES, 1))
    other = Typing("Metre", lambda text, at: send(at, SetMeter(text)), hint="such as 10/8")
    return show(
        s, Menu("Metre from the next bar", (*choices, Choice("0", "another…", lambda at: show(at, other))))
    )


# ---------------------------------------------------------------- sound


def click(s: Situation) -> Step:
    return send(s, SetSound(not s.view.click, s.view.gain_db))


def loudness(s: Situation) -> Step:
    return show(s, _loudness(s.view.gain_db))


def _loudness(gain_db: float) -> Menu:
    """A question that stays, and knows what was last asked for: steps may be faster than the hub answers."""

    def by(step: float) -> Does:
        def does(s: Situation) -> Step:
            wanted = min(max(gain_db + step, SOFTEST), 0.0)
            ui, orders = send(s, SetSound(s.view.click, wanted))
            return replace(ui, prompt=_loudness(wanted)), orders

        return does

    softer = Choice("left", "softer", by(-GAIN_STEP), "←")
    louder = Choice("right", "louder", by(GAIN_STEP), "→")
    return Menu("Loudness of everything:", (softer, louder))


def latency(s: Situation) -> Step:
    choices = tuple(
        Choice(str(n), words, _ask_latency(channel, words)) for n, (channel, words) in enumerate(CHANNELS, 1)
    )
    return show(s, Menu("Output latency of", choices))


def _ask_latency(channel: Channel, words: str) -> Does:
    def done(text: str, s: Situation) -> Step:
        ms = number(text or "0", 0, 2000)
        if ms is None:
            return refuse(s, f"{text!r} is not a latency from 0 to 2000 ms.")
        return send(s, SetLatency(channel, ms if text else None))

    return lambda s: show(
        s,
        Typing(
            f"{words[0].upper()}{words[1:]} is late by, ms", done, hint="leave empty where it is not known"
        ),
    )


# ---------------------------------------------------------------- pads


def pads(s: Situation) -> Step:
    """The page of pads; the number of one splits it by note, or makes it one again."""
    choices = tuple(
        Choice(digits(number), _pad_words(pad), _split(pad.id), label(number))
        for number, pad in enumerate(s.view.pads, 1)
    )
    prompt = Menu("Each note a pad, or all of them one:", choices) if choices else None
    return replace(s.ui, page="pads", prompt=prompt), ()


def _pad_words(pad: PadView) -> str:
    """Typed lines have no page beside the question: it says itself which pads are split."""
    return clip(pad.label, 16) + (" (split)" if pad.split else "")


def _split(device: str) -> Does:
    """The other way than now; notes that were one person's stay theirs when they become one pad."""

    def does(s: Situation) -> Step:
        pad = next((pad for pad in s.view.pads if pad.id == device), None)
        if pad is None:
            return refuse(s, "This pad is not here any more.")
        owners = [p.id for p in s.view.players if any(key.partition("#")[0] == device for key in p.pads)]
        theirs = [Assign(device, owners[0])] if pad.split and len(owners) == 1 else []
        _, orders = send(s, SplitByNote(device, not pad.split), *theirs)
        return pads(s)[0], orders

    return does


# ---------------------------------------------------------------- record and screen


def record(s: Situation) -> Step:
    """On or off; the first time with a page of what is kept."""
    if s.view.recording:
        return replace(s.ui, prompt=None, page=""), (Request("record", {"on": False}),)
    if s.room.explained or s.ui.page == "recording":
        return replace(s.ui, prompt=None, page=""), (Request("record", {"on": True}),)
    yes = Choice("enter", "start recording", record, "Enter")
    return replace(s.ui, page="recording", prompt=Menu("Record this circle?", (yes,))), ()


def view_other(s: Situation) -> Step:
    """The therapist view is two deliberate keys away, the way back one."""
    if s.ui.therapist:
        return replace(s.ui, therapist=False, page="", prompt=None, scroll=0), ()
    yes = Choice("v", "show personal figures on this screen", _to_therapist, ink="strong")
    return show(s, Menu("Therapist view?", (yes,)))


def _to_therapist(s: Situation) -> Step:
    return replace(s.ui, therapist=True, page="", prompt=None), ()


def keys_page(s: Situation) -> Step:
    return replace(s.ui, page="" if s.ui.page == "keys" else "keys", prompt=None, scroll=0), ()


def scroll(step: int) -> Does:
    def does(s: Situation) -> Step:
        last = max(LONGEST_PAGE, len(s.view.pads)) if s.ui.page else len(s.view.players) - 1
        return replace(s.ui, scroll=max(min(s.ui.scroll + step, last), 0)), ()

    return does


def other_panel(s: Situation) -> Step:
    return replace(s.ui, panel=s.ui.panel + 1), ()


def leave(s: Situation) -> Step:
    """Close this screen; whether the circle ends with it is asked."""
    if s.room.watching or s.room.view is None:
        return s.ui, (Close(LEAVE_RUNNING),)
    stay = Choice(
        "q",
        "close this screen, the circle goes on",
        lambda at: (at.ui, (Close(LEAVE_RUNNING),)),
        ink="strong",
    )
    end = Choice("E", "end the circle for everyone", lambda at: (at.ui, (Request("quit"), Close(END_CIRCLE))))
    before = "Before people leave: your marks ask for aftercare (W). " if s.view.aftercare else ""
    return show(s, Menu(f"{before}Leave?", (stay, end)))

"""Times and states as people say them."""

from __future__ import annotations

from drumcircle.core.events import NS
from drumcircle.core.view import PlayerView, SessionView
from drumcircle.tui.place import beats_until, place


def clock(ns: int) -> str:
    """``00:12:41`` since a beginning."""
    seconds = max(ns, 0) // NS
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def minutes(ns: int) -> str:
    """``12:41`` since a beginning, hours only where there are some."""
    text = clock(ns)
    return text.removeprefix("00:")


def lasting(ns: int) -> str:
    """``4 min 10 s``."""
    seconds = max(ns, 0) // NS
    return f"{seconds // 60} min {seconds % 60:02} s" if seconds >= 60 else f"{seconds} s"


def count(number: int, thing: str) -> str:
    """``1 bar``, ``2 bars``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def countdown(view: SessionView, now: int) -> str:
    """How long until what is armed begins, in bars and beats counted from the beat now sounding."""
    if view.next is None:
        return ""
    here = place(view.pulse, now)
    bars, beats = divmod(beats_until(view.pulse, now, view.next.at), here.beats)
    if bars and beats:
        return f"in {count(bars, 'bar')} {count(beats, 'beat')}"
    return f"in {count(bars, 'bar')}" if bars else f"in {count(beats, 'beat')}" if beats else "now"


def bpm(view: SessionView) -> str:
    """``96 BPM``, with where a ramp leads."""
    ramp = view.pulse.ramp_to_bpm
    return f"{view.pulse.bpm:.4g} BPM" + (f" → {ramp:.4g}" if ramp is not None else "")


def loudness(view: SessionView) -> str:
    """What is heard, and how loud; why nothing is heard stands among the troubles."""
    trouble = dict(view.services).get("sound")
    if trouble is not None:
        return "no sound device" if "no sound device" in trouble else "no sound"
    off = "" if view.click or "click off" in view.sound else "click off"
    return " · ".join(filter(None, (view.sound, off, f"{view.gain_db:.0f} dB"))).replace("-", "−")


STATES = {"playing": "", "silent": "", "resting": "resting", "left": "left", "no pad": "no pad"}


def troubles(view: SessionView) -> list[str]:
    """Everything that is not well, in words: services first, then pads of people in the circle."""
    out = [words for _, words in view.services]
    out += [f"{player.alias}'s pad: {player.link}" for player in view.players if _shows_link(player)]
    return out


def _shows_link(player: PlayerView) -> bool:
    return bool(player.link) and player.state not in ("left", "no pad")

"""The circle's people and patterns from one day to the next: read at start, kept as they change."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from drumcircle.core.events import Event, Join, Mute, PadFound, PadGone, SplitByNote
from drumcircle.core.pattern import Pattern
from drumcircle.core.piece import Piece
from drumcircle.core.plan import Plan
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.errors import DrumcircleError, FileProblem
from drumcircle.formats.patterns import keep_pattern, load_patterns
from drumcircle.formats.people import CircleFile, PadSetting, Person, load_circle, save_circle
from drumcircle.formats.piece_midi import write_piece_midi
from drumcircle.formats.pieces import keep_piece, load_pieces
from drumcircle.formats.plans import keep_plan, load_plans

PAUSE_S = 2.0
"""Changes within this long are written together."""
CIRCLE_FILE = "circle.toml"
PASSING = ("sim:", "link:")
"""Pads that are never met again; nor are those with ``~`` in their id, one of several equal devices."""


class Seats:
    """``circle.toml`` of a circle that runs; ``keep``: write it back as people change."""

    def __init__(self, folder: Path, *, keep: bool) -> None:
        self._path, self._keep = folder / CIRCLE_FILE, keep
        self._file, mistakes = load_circle(self._path)
        self.patterns, more = load_patterns(folder)
        self.pieces, others = load_pieces(folder)
        self.problems = (*mistakes, *more, *others, *load_plans(folder)[1])
        self._pending: asyncio.TimerHandle | None = None

    def kept(self) -> dict[str, object]:
        """Settings the file remembers."""
        return self._file.kept()

    def aliases(self) -> frozenset[str]:
        """Aliases and ids of everybody in the file."""
        return frozenset(name for person in self._file.people for name in (person.alias, person.id))

    def joins(self, config: SessionConfig) -> Iterator[Event]:
        """Everybody in the file takes their seat; devices are split as they were."""
        for pad in self._file.pads:
            if pad.split_by_note is not None:
                kind = pad.id.partition(":")[0]
                yield PadFound(pad.id, pad.label or pad.id.partition(":")[2], kind)  # type: ignore[arg-type]
                yield PadGone(pad.id, "not here yet")
                yield SplitByNote(pad.id, pad.split_by_note)
        for person in self._file.people:
            yield Join(
                person.id, person.alias, person.shape, person.colour, person.pads, config.start - 1_000_000_000,
                person.subdivision, person.double_trigger_ms, person.velocity_floor, person.live_only,
            )  # fmt: skip
            if person.muted:
                yield Mute(person.id, True)

    def explained(self) -> None:
        """Recording was chosen after it had been explained; from now on one key is enough."""
        if self._file.record_explained is not True:
            self._remember(replace(self._file, record_explained=True))

    def welcomed(self) -> None:
        """The page of the first run has been read."""
        if self._file.intended_use_read is not True:
            self._remember(replace(self._file, intended_use_read=True))

    def _remember(self, file: CircleFile) -> None:
        self._file = file
        if self._keep:
            self._write()

    def preferences(self) -> dict[str, object]:
        """What a dashboard need not ask again."""
        return {
            "recording_explained": self._file.record_explained is True,
            "intended_use_read": self._file.intended_use_read is True,
        }

    def plans(self) -> list[Plan]:
        """Every plan that can be followed, as the files are now."""
        return load_plans(self._path.parent)[0]

    def keep_plan(self, plan: Plan) -> Path:
        """Write a plan into the user's folder.

        Raises:
            DrumcircleError: the name is none, or is taken; the folder refuses.
        """
        try:
            return keep_plan(self._path.parent, plan)
        except OSError as problem:
            raise FileProblem(
                self._path.parent, f"the plan cannot be kept here ({problem.strerror}); permit this folder."
            ) from None

    def rhythm_given(self, pattern: Pattern) -> None:
        """A player's rhythm is in the library from now on."""
        if self._keep:
            with contextlib.suppress(DrumcircleError, OSError):
                keep_pattern(self._path.parent, pattern)

    def piece_made(self, piece: Piece) -> None:
        """The group's piece can be played again from now on, and by other programs: a MIDI file lies beside it."""
        if self._keep:
            with contextlib.suppress(DrumcircleError, OSError):
                keep_piece(self._path.parent, piece)
                write_piece_midi(self._path.parent / "pieces" / f"{piece.name}.mid", piece)

    def changed(self, session: Session, now: int) -> None:
        """People or pads changed: write it down soon."""
        if not self._keep:
            return
        if self._pending is not None:
            self._pending.cancel()
        self._pending = asyncio.get_running_loop().call_later(PAUSE_S, self.save, session, now)

    def save(self, session: Session, now: int) -> None:
        """Write it down now."""
        if not self._keep:
            return
        if self._pending is not None:
            self._pending.cancel()
        people = tuple(
            _kept(row)
            for row in session.roster_plain(now)
            if not any(device.startswith(PASSING) for device in row["devices"])
        )
        known = {pad.id: pad for pad in self._file.pads}
        for device, split in session.device_splits().items():
            if device in known or split != device.startswith("usb:"):
                known[device] = replace(known.get(device, PadSetting(device)), split_by_note=split)
        pads = tuple(known.values())
        self._file = replace(self._file, people=people, pads=pads)
        self._write()

    def _write(self) -> None:
        # A folder that refuses has been told of by doctor; the circle itself does not need the file.
        with contextlib.suppress(DrumcircleError, OSError):
            save_circle(self._path, self._file)


def _kept(row: dict[str, Any]) -> Person:
    told = {name: value for name, value in row.items() if name not in ("pads", "devices")}
    return Person(**told, pads=tuple(pad for pad in row["pads"] if "~" not in pad))

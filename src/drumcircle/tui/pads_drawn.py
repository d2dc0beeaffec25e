"""The pads of a device as they lie in front of one: whose each of them is, or what it is called."""

from __future__ import annotations

from drumcircle.core.layout import GAP
from drumcircle.core.view import PadView, PlayerView, SessionView
from drumcircle.tui.ink import EMPTY, Line, Span, clip, fit, join, width
from drumcircle.tui.palette import player_ink

WIDEST_CELL, NARROWEST_CELL = 10, 6
BETWEEN = 4


def drawings(view: SessionView, columns: int, rows: int) -> list[Line]:
    """The connected devices whose profile says how they look, side by side, as far as there is room."""
    known = [pad for pad in view.pads if pad.connected and pad.split and _rows(pad)]
    drawn: list[Line] = []
    for shelf in _shelves(known, columns):
        lines = _beside([_device(view, pad, _cell_width(pad, columns)) for pad in shelf])
        if len(drawn) + 1 + len(lines) > rows:
            break
        drawn += [EMPTY, *lines]
    return drawn


def _rows(pad: PadView) -> tuple[tuple[int, ...], ...]:
    """The first bank: what plays when the device has just been switched on."""
    return pad.layout.banks[0] if pad.layout is not None and pad.layout.banks else ()


def _across(pad: PadView) -> int:
    return max(map(len, _rows(pad)))


def _cell_width(pad: PadView, columns: int) -> int:
    return min(WIDEST_CELL, columns // _across(pad))


def _shelves(pads: list[PadView], columns: int) -> list[list[PadView]]:
    """As many beside each other as fit; one that is too wide by itself is left out."""
    shelves: list[list[PadView]] = []
    left = 0
    for pad in pads:
        cell = _cell_width(pad, columns)
        if cell < NARROWEST_CELL:
            continue
        wide = cell * _across(pad)
        if not shelves or wide + BETWEEN > left:
            shelves.append([])
            left = columns
        shelves[-1].append(pad)
        left -= wide + BETWEEN
    return shelves


def _device(view: SessionView, pad: PadView, cell: int) -> list[Line]:
    owners = {key: player for player in view.players for key in player.pads}
    wide = cell * _across(pad)
    rows = [
        tuple(_cell(pad, note, owners.get(f"{pad.id}#{note}"), cell) for note in row) for row in _rows(pad)
    ]
    return [(Span(f"{clip(pad.label, wide):<{wide}}", "label"),), *(fit(row, wide) for row in rows)]


def _cell(pad: PadView, note: int, owner: PlayerView | None, cell: int) -> Span:
    if note == GAP or pad.layout is None:
        return Span(" " * cell)
    if owner is None:
        words, ink = pad.layout.name(note).removeprefix("pad "), "faint"
    else:
        words, ink = f"{owner.shape} {owner.alias}", player_ink(owner.colour)
    return Span(f"[{clip(words, cell - 3):<{cell - 3}}] ", ink)


def _beside(devices: list[list[Line]]) -> list[Line]:
    high = max(map(len, devices))
    blank = [(Span(" " * width(lines[0])),) for lines in devices]
    return [
        join(
            [lines[row] if row < len(lines) else gap for lines, gap in zip(devices, blank, strict=True)],
            BETWEEN,
        )
        for row in range(high)
    ]

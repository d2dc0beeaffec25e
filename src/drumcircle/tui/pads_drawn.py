"""The pads of a device as they lie in front of one: whose each of them is, or what it is called."""

from __future__ import annotations

from drumcircle.core.layout import GAP
from drumcircle.core.view import PadView, PlayerView, SessionView
from drumcircle.tui.ink import EMPTY, Line, Span, clip, join
from drumcircle.tui.palette import player_ink

CELL = 8
BETWEEN = 4


def drawings(view: SessionView, columns: int, rows: int) -> list[Line]:
    """The connected devices whose profile says how they look, side by side, as far as there is room."""
    drawn: list[Line] = []
    for shelf in _shelves([pad for pad in view.pads if pad.connected and pad.layout and pad.split], columns):
        lines = _beside([_device(view, pad, columns) for pad in shelf])
        if len(drawn) + 1 + len(lines) > rows:
            break
        drawn += [EMPTY, *lines]
    return drawn


def _wide(pad: PadView) -> int:
    return max(len(row) for row in _rows(pad)) * CELL


def _rows(pad: PadView) -> tuple[tuple[int, ...], ...]:
    """The first bank: what plays when the device has just been switched on."""
    return pad.layout.banks[0] if pad.layout is not None else ()


def _shelves(pads: list[PadView], columns: int) -> list[list[PadView]]:
    shelves: list[list[PadView]] = []
    left = 0
    for pad in pads:
        if _wide(pad) > columns:
            continue
        if not shelves or _wide(pad) + BETWEEN > left:
            shelves.append([])
            left = columns + BETWEEN
        shelves[-1].append(pad)
        left -= _wide(pad) + BETWEEN
    return shelves


def _device(view: SessionView, pad: PadView, columns: int) -> list[Line]:
    owners = {key: player for player in view.players for key in player.pads}
    wide = _wide(pad)
    head = (Span(f"{clip(pad.label, wide):<{wide}}", "label"),)
    return [head, *((*_row(pad, row, owners), Span(" " * (wide - CELL * len(row)))) for row in _rows(pad))]


def _row(pad: PadView, row: tuple[int, ...], owners: dict[str, PlayerView]) -> Line:
    return tuple(_cell(pad, note, owners.get(f"{pad.id}#{note}")) for note in row)


def _cell(pad: PadView, note: int, owner: PlayerView | None) -> Span:
    if note == GAP or pad.layout is None:
        return Span(" " * CELL)
    if owner is None:
        words, ink = pad.layout.name(note).removeprefix("pad "), "faint"
    else:
        words, ink = f"{owner.shape} {owner.alias}", player_ink(owner.colour)
    return Span(f"[{clip(words, CELL - 3):<{CELL - 3}}] ", ink)


def _beside(devices: list[list[Line]]) -> list[Line]:
    high = max(len(lines) for lines in devices)
    blank = [(Span(" " * sum(len(span.text) for span in lines[0])),) for lines in devices]
    return [
        join(
            [lines[row] if row < len(lines) else gap for lines, gap in zip(devices, blank, strict=True)],
            BETWEEN,
        )
        for row in range(high)
    ]

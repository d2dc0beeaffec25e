"""Numerals of half blocks, as large as the terminal allows: the beat, readable from across the room."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

Bitmap = Sequence[str]
"""Rows of ``#`` and ``.``, each a square of one column by half a row."""

GLYPH_WIDTH, GLYPH_HEIGHT = 4, 5

_GLYPHS: dict[str, tuple[str, ...]] = {
    "0": ("####", "#..#", "#..#", "#..#", "####"),
    "1": ("..#.", ".##.", "..#.", "..#.", ".###"),
    "2": ("####", "...#", "####", "#...", "####"),
    "3": ("####", "...#", ".###", "...#", "####"),
    "4": ("#..#", "#..#", "####", "...#", "...#"),
    "5": ("####", "#...", "####", "...#", "####"),
    "6": ("####", "#...", "####", "#..#", "####"),
    "7": ("####", "...#", "..##", "..#.", "..#."),
    "8": ("####", "#..#", "####", "#..#", "####"),
    "9": ("####", "#..#", "####", "...#", "####"),
    "~": ("....", ".#..", "#.#.", "...#", "...."),
    "‖": ("#..#", "#..#", "#..#", "#..#", "#..#"),
}


def rows_of(size: int) -> int:
    """Terminal rows of a numeral of this size."""
    return -(-GLYPH_HEIGHT * size // 2)


def columns_of(size: int, figures: int) -> int:
    """Terminal columns of a numeral of this many figures."""
    return size * (figures * (GLYPH_WIDTH + 1) - 1)


def largest(rows: int, columns: int, figures: int) -> int:
    """The largest size that fits; at least 1, and even (rounder) where that costs little."""
    size = 1
    while rows_of(size + 1) <= rows and columns_of(size + 1, figures) <= columns:
        size += 1
    return size - 1 if size >= 5 and size % 2 else size


@lru_cache(maxsize=64)
def numeral(figures: str, size: int) -> tuple[str, ...]:
    """Figures in rows of half blocks; ``size`` is the stroke's width in columns."""
    glyphs = [_scaled(_GLYPHS[figure], size) for figure in figures]
    gap = "." * size
    return half_blocks([gap.join(rows) for rows in zip(*glyphs, strict=True)])


def half_blocks(bitmap: Bitmap) -> tuple[str, ...]:
    """Two rows of squares to one row of text."""
    blank = "." * len(bitmap[0])
    even = [*bitmap, blank] if len(bitmap) % 2 else [*bitmap]
    return tuple(
        "".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(even[::2], even[1::2], strict=True)
    )


_BLOCKS = {("#", "#"): "█", ("#", "."): "▀", (".", "#"): "▄", (".", "."): " "}


def _scaled(glyph: Bitmap, size: int) -> list[str]:
    """Each square ``size`` times as large; even sizes get their corners rounded on the way."""
    fine, times = (_rounded(glyph), size // 2) if size % 2 == 0 else (list(glyph), size)
    return ["".join(square * times for square in row) for row in fine for _ in range(times)]


def _rounded(glyph: Bitmap) -> list[str]:
    """Twice the resolution by the Scale2x rule (Mazzoleni, 2001): corners lose or gain a quarter."""
    high, wide = len(glyph), len(glyph[0])

    def square(y: int, x: int) -> str:
        return glyph[y][x] if 0 <= y < high and 0 <= x < wide else "."

    out: list[str] = []
    for y in range(high):
        upper, lower = "", ""
        for x in range(wide):
            here = square(y, x)
            above, below = square(y - 1, x), square(y + 1, x)
            before, after = square(y, x - 1), square(y, x + 1)
            upper += above if above == before and above != after and before != below else here
            upper += above if above == after and above != before and after != below else here
            lower += below if below == before and below != after and before != above else here
            lower += below if below == after and below != before and after != above else here
        out += [upper, lower]
    return out

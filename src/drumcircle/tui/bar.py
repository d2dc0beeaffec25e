"""The marker: a ball that travels along the bar and strikes the floor on every beat.

A falling, striking marker is followed nearly as well as a sound, because one sees the beat coming.
"""

from __future__ import annotations

from drumcircle.tui.digits import half_blocks
from drumcircle.tui.ink import Line, Span, fit
from drumcircle.tui.place import Place

_BALLS = {
    2: ("##", "##"),
    4: (".##.", "####", "####", ".##."),
    6: (".####.", "######", "######", "######", "######", ".####."),
    8: ("..####..", ".######.", "########", "########", "########", "########", ".######.", "..####.."),
}


def ball_size(rows: int) -> int:
    """Diameter of the ball in columns for a field of this many rows."""
    return 8 if rows >= 20 else 6 if rows >= 14 else 4 if rows >= 8 else 2


def bouncing(place: Place, columns: int, rows: int, ink: str = "marker") -> list[Line]:
    """The ball over its floor: ``rows`` lines, the last two the floor and the beats' numbers."""
    field = max(rows - 2, 1)
    size = ball_size(field)
    reach = columns - size
    left = round(place.along * reach)
    rise = 4 * place.phase * (1 - place.phase)
    top = round((2 * field - size) * (1 - rise))
    lines = [fit((), columns) for _ in range(field)]
    padded = ["." * size] * (top % 2) + list(_BALLS[size])
    for number, text in enumerate(half_blocks(padded)):
        lines[top // 2 + number] = fit((Span(" " * left), Span(text, ink)), columns)
    posts = [size // 2 + round(beat * reach / place.beats) for beat in range(place.beats + 1)]
    return [*lines, floor(place, posts, columns), numbers(place, posts, columns)]


def floor(place: Place, posts: list[int], columns: int) -> Line:
    """The line the ball strikes: passed beats filled, those to come hollow."""
    cells = ["─"] * columns
    reached = posts[0] + place.along * (posts[-1] - posts[0])
    done = round(reached)
    cells[:done] = ["━"] * done
    cells[: posts[0]] = " " * posts[0]
    cells[posts[-1] + 1 :] = " " * (columns - posts[-1] - 1)
    for number, post in enumerate(posts):
        cells[post] = "●" if number < place.beat else "○"
    done = max(done, posts[place.beat - 1] + 1)
    return Span("".join(cells[:done]), "beat one"), Span("".join(cells[done:]), "track")


def numbers(place: Place, posts: list[int], columns: int) -> Line:
    """The beats' numbers under their posts."""
    cells = [" "] * columns
    for number, post in enumerate(posts[:-1], start=1):
        for offset, figure in enumerate(str(number)):
            if post + offset < columns:
                cells[post + offset] = figure
    return (Span("".join(cells), "faint"),)


def beat_line(place: Place, columns: int) -> Line:
    """The same in one row, where there is no room to bounce."""
    reach = columns - 1
    posts = [round(beat * reach / place.beats) for beat in range(place.beats + 1)]
    cells = list(floor(place, posts, columns)[0].text + floor(place, posts, columns)[1].text)
    here = min(round(place.along * reach), columns - 1)
    before, after = "".join(cells[:here]), "".join(cells[here + 1 :])
    return Span(before, "beat one"), Span("◉", "marker"), Span(after, "track")

"""What the single pictures of the dashboard show, as plain functions of a frozen view."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.core.events import MS, NS
from drumcircle.core.view import CallView, EchoView
from drumcircle.tui import calls, digits, ink, lanes, people, timeline, together, turns, words
from drumcircle.tui.bar import ball_size, beat_line, bouncing
from drumcircle.tui.ink import Span, text_of
from drumcircle.tui.place import Place, beats_until, place
from tui_views import BEAT, NOW, armed, calling, groove, player, pulse, taking_turns

# ---------------------------------------------------------------- turns


@pytest.mark.parametrize("columns", range(30, 90))
def test_no_seat_of_the_circle_is_cut(columns: int) -> None:
    view = taking_turns(6)
    assert view.turn is not None
    [row] = turns.strip(view.turn, view.players, columns)
    shown = text_of([row])
    names = [f"{one.shape} {one.alias}" for one in view.players if one.id in view.turn.order]
    assert shown.endswith(" …") == (names[-1] not in shown)
    for one, name in zip(view.players, names, strict=False):
        assert (one.shape in shown) == (name in shown)


# ---------------------------------------------------------------- place in the bar


@given(st.integers(1, 12), st.data())
def test_the_place_follows_the_beat_times_and_not_the_message(beats: int, drawn: st.DataObject) -> None:
    """Between two messages the marker goes on, over the bar line too."""
    seen = pulse(1, 0.0, beats)
    beat = drawn.draw(st.integers(0, 2 * beats - 1))
    phase = drawn.draw(st.floats(0, 0.99))
    here = place(seen, seen.beat_times[0] + round((beat + phase) * BEAT))
    assert (here.bar, here.beat) == (37 + beat // beats, beat % beats + 1)
    assert here.phase == pytest.approx(phase, abs=1e-6)


def test_the_marker_waits_after_the_last_beat_it_knows() -> None:
    seen = pulse()
    late = place(seen, seen.beat_times[-1] + 100 * NS)
    assert late.phase == 1.0


def test_beats_are_counted_down_to_a_bar_line() -> None:
    seen = pulse(beat=3)
    assert beats_until(seen, NOW, seen.beat_times[4]) == 2
    assert beats_until(seen, NOW, seen.beat_times[4] + 4 * BEAT) == 6


# ---------------------------------------------------------------- numeral and ball


@given(st.integers(1, 24), st.sampled_from(["1", "4", "7", "10", "12", "‖"]))
def test_a_numeral_is_as_large_as_its_size_says(size: int, figures: str) -> None:
    rows = digits.numeral(figures, size)
    assert len(rows) == digits.rows_of(size)
    assert {len(row) for row in rows} == {digits.columns_of(size, len(figures))}


def test_ten_numerals_are_ten_pictures() -> None:
    assert len({digits.numeral(str(n), 3) for n in range(10)}) == 10


def test_the_largest_numeral_fits() -> None:
    size = digits.largest(12, 60, 1)
    assert digits.rows_of(size) <= 12
    assert digits.columns_of(size, 1) <= 60


@given(st.integers(1, 12), st.data())
def test_the_ball_strikes_the_floor_on_the_beat_and_is_up_between(beats: int, drawn: st.DataObject) -> None:
    beat = drawn.draw(st.integers(1, beats))
    rows = drawn.draw(st.integers(8, 30))
    columns = drawn.draw(st.integers(50, 150))
    on = bouncing(Place(1, beat, beats, 0.0), columns, rows)
    between = bouncing(Place(1, beat, beats, 0.5), columns, rows)
    assert len(on) == len(between) == rows
    assert _ball_rows(on)[-1] == rows - 3
    assert _ball_rows(between)[0] == 0
    assert all(ink.width(line) == columns for line in on + between)


def test_the_ball_moves_along_as_far_as_the_bar_has_gone() -> None:
    left = [_ball_column(bouncing(Place(1, beat, 4, 0.5), 82, 10)) for beat in (1, 2, 3, 4)]
    assert left == [round((beat - 0.5) / 4 * (82 - ball_size(8))) for beat in (1, 2, 3, 4)]


def test_beats_that_were_struck_are_filled() -> None:
    floor = bouncing(Place(1, 2, 4, 0.5), 40, 8)[-2]
    assert text_of([floor]).count("●") == 2
    assert text_of([floor]).count("○") == 3


def test_one_row_shows_the_marker_too() -> None:
    assert text_of([beat_line(Place(1, 3, 4, 0.0), 41)])[20] == "◉"


def _ball_rows(lines: list[ink.Line]) -> list[int]:
    return [
        row
        for row, line in enumerate(lines)
        if any(span.ink == "marker" and span.text.strip() for span in line)
    ]


def _ball_column(lines: list[ink.Line]) -> int:
    texts = [text_of([line]) for line in lines[:-2]]
    return min(len(text) - len(text.lstrip()) for text in texts if text.strip())


# ---------------------------------------------------------------- together


def test_togetherness_is_a_hill_line_without_figures() -> None:
    line = text_of(together.hills((None, 0.0, 0.5, 1.0), 4))
    assert line == "╌▁▄█"


@given(st.lists(st.none() | st.floats(-2, 2), max_size=40), st.integers(1, 120), st.integers(1, 3))
def test_hills_never_grow_over_their_columns(values: list[float | None], columns: int, rows: int) -> None:
    lines = together.hills(values, columns, rows)
    assert len(lines) == rows
    assert all(ink.width(line) <= columns for line in lines)


# ---------------------------------------------------------------- people, turns, calls


def test_everyone_has_a_number_a_shape_and_a_word() -> None:
    shown = text_of(people.circle(groove(6).players, 200, 1))
    assert shown == "1 ▲ blue   2 ■ amber   3 ● green   4 ◆ plum   5 ★ sky   6 ○ grey (resting)"


def test_who_does_not_fit_is_counted() -> None:
    lines = people.circle(groove(16).players, 60, 2)
    assert len(lines) == 2
    assert text_of(lines).rstrip().endswith("more")


def test_the_turn_is_marked_counted_and_followed() -> None:
    view = taking_turns()
    assert view.turn is not None
    (row,) = turns.strip(view.turn, view.players, 100)
    assert "▶ ● green  3 … 2 … 1" in text_of([row])
    assert "◆ plum next" in text_of([row])


def test_a_turn_far_round_the_circle_is_in_sight() -> None:
    view = taking_turns(16)
    assert view.turn is not None
    last = replace(view.turn, current=view.turn.order[-1], following=view.turn.order[0])
    (row,) = turns.strip(last, view.players, 60)
    assert "▶" in text_of([row])


def test_the_call_is_drawn_on_the_coarsest_grid_that_holds_it() -> None:
    view = calling()
    assert view.call is not None
    assert calls.steps_a_beat(view.call) == 2
    assert calls.steps_a_beat(replace(view.call, onsets=(0.0, 1 / 3, 2 / 3))) == 3
    assert text_of([calls.grid(view.call, 80)]).count("●") == len(view.call.onsets)


@given(st.lists(st.floats(-0.09, 0.09), min_size=4, max_size=4))
def test_of_a_call_that_somebody_plays_only_the_rhythm_is_drawn(asynchronies: list[float]) -> None:
    """Two callers who differ only in how early or late they strike look the same."""
    even = CallView("call", "amber", "", 4.0, (0.0, 1.0, 1.5, 3.0), 1)
    played = tuple(onset + late for onset, late in zip(even.onsets, asynchronies, strict=True))
    assert calls.grid(replace(even, onsets=played), 80) == calls.grid(even, 80)


@pytest.mark.parametrize("roomy", [True, False])
def test_a_call_says_who_calls_what_and_how_the_last_one_went(roomy: bool) -> None:
    view = calling()
    assert view.call is not None

    def said(**changes: str) -> str:
        call = replace(view.call, **changes)  # type: ignore[type-var]  # it is not None, as asserted above
        return text_of(calls.scene(call, view.players, 76, roomy=roomy))

    assert "heartbeat" in said(phase="call")
    assert "■ amber calls" in said(phase="call", caller="amber", pattern="")
    assert "■ amber called" in said(phase="rest", caller="amber", pattern="")
    assert "a voice calls" in said(phase="call", caller="voice", pattern="")
    assert "everyone" in said(phase="echo")
    assert "last time: most of it came back" in said(phase="call")
    assert "last time" not in said(phase="rest")
    assert {ink.width(line) <= 76 for line in calls.scene(view.call, view.players, 76, roomy=roomy)} == {True}


def test_an_echo_shows_what_is_missing_and_what_was_added() -> None:
    view = calling()
    assert view.call is not None
    echo = replace(view.call.echoes[0], hits=(0.04, 0.95, 2.1, 3.0))
    drawn = text_of([calls.echo_grid(view.call, echo, 80)])
    assert (drawn.count("●"), drawn.count("○"), drawn.count("+")) == (3, 2, 1)


def test_who_played_nothing_missed_nothing() -> None:
    view = calling()
    assert view.call is not None
    drawn = text_of([calls.echo_grid(view.call, EchoView("plum", (), "listening"), 80)])
    assert not set(drawn) & set("●○+")


# ---------------------------------------------------------------- lanes


def test_early_is_left_and_late_is_right_of_the_beat() -> None:
    early = text_of([lanes.dots((-100.0,), 600.0, None, 41)])
    late = text_of([lanes.dots((100.0,), 600.0, None, 41)])
    assert early.index("•") < 20 < late.index("•")
    assert early.index("•") + late.index("•") == 40


@given(st.lists(st.floats(-500, 500), max_size=32), st.floats(1, 1000), st.none() | st.floats(-500, 500))
def test_a_lane_is_as_wide_as_it_is_told_whatever_was_played(
    values: list[float], spacing: float, mean: float | None
) -> None:
    drawn = lanes.dots(tuple(values), spacing, mean, 41)
    assert ink.width(drawn) == 41
    assert ("●" in text_of([drawn])) == (mean is not None)


def test_older_hits_are_fainter_and_smaller() -> None:
    drawn = lanes.dots(tuple(float(10 * n - 160) for n in range(32)), 600.0, None, 201)
    inks = [span.ink for span in drawn if span.text.strip() and span.text != "│"]
    assert inks[0] == "dot old"
    assert inks[-1] == "dot new"


def test_early_and_late_are_said_only_where_the_output_latency_is_known() -> None:
    known = text_of([lanes.header(groove(), 110)])
    unknown = text_of([lanes.header(groove(latency_known=False), 110)])
    assert "early" in known
    assert "late" in known.split("early")[1]
    assert "latency not known" in unknown
    assert "early  " not in unknown


def test_a_figure_that_may_not_be_shown_is_a_dash_and_its_reason() -> None:
    told = text_of([lanes.figures(replace(player(1), sd_ms=None, why_not="not with the pulse"))])
    assert told.split() == ["–", "not", "with", "the", "pulse"]


def test_who_rests_has_no_figures() -> None:
    drawn = text_of([lanes.lane(replace(player(1), state="resting"), 1, lanes.Columns.of(110))])
    assert "resting" in drawn
    assert "ms" not in drawn


# ---------------------------------------------------------------- the last minute


def test_a_stroke_stands_where_a_hit_was_and_now_is_at_the_right() -> None:
    edge = 60 * NS
    drawn = timeline.strokes((0, 30 * NS, edge - 1), edge, 60)
    assert [at for at, stroke in enumerate(drawn) if stroke != " "] == [0, 30, 59]


def test_many_hits_make_a_wide_stroke() -> None:
    assert timeline.strokes(tuple(59 * NS + n for n in range(9)), 60 * NS, 60)[-1] == "█"


def test_hits_of_an_hour_ago_are_gone() -> None:
    assert timeline.strokes((0,), 3600 * NS, 60).strip() == ""


# ---------------------------------------------------------------- words


def test_a_countdown_is_in_bars_and_beats() -> None:
    assert words.countdown(armed(bars=2), NOW) == "in 1 bar 2 beats"
    assert words.countdown(armed(bars=1), NOW) == "in 2 beats"
    assert words.countdown(armed(bars=1), NOW + 2 * BEAT) == "now"


def test_times_are_said_as_people_say_them() -> None:
    assert words.clock(761 * NS) == "00:12:41"
    assert words.lasting(250 * NS) == "4 min 10 s"
    assert words.lasting(999 * MS) == "0 s"


def test_why_nothing_is_heard_is_said_once() -> None:
    silent = groove(services=(("sound", "There is no sound device."),), sound="There is no sound device.")
    assert words.loudness(silent) == "no sound device"
    assert "There is no sound device." in words.troubles(silent)
    assert words.loudness(groove()) == "sound on · −6 dB"


def test_troubles_are_words_about_pads_of_people_who_are_here() -> None:
    view = groove(3)
    assert words.troubles(view) == ["amber's pad: weak Wi-Fi"]
    gone = tuple(replace(p, state="left") for p in view.players)
    assert words.troubles(replace(view, players=gone, services=(("broker", "The broker is gone."),))) == [
        "The broker is gone."
    ]


# ---------------------------------------------------------------- ink


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "M", "Z"]), max_size=8)),
    st.integers(0, 40),
)
def test_a_fitted_line_has_exactly_its_width(texts: list[str], cells: int) -> None:
    assert ink.width(ink.fit(tuple(Span(text) for text in texts), cells)) == cells


def test_the_span_under_a_click_is_found() -> None:
    line = ink.line("ab", Span("cd", press="g"), "e")
    assert [getattr(ink.span_at(line, cell), "press", None) for cell in range(6)] == [
        "",
        "",
        "g",
        "g",
        "",
        None,
    ]

"""Whole screens: what each view shows, and what the community view never shows."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcircle.core.structures import STRUCTURES
from drumcircle.core.view import EchoView, PadView, SessionView
from drumcircle.formats.profiles import load_profiles, profile_for
from drumcircle.tui.ask import Room, Situation, Ui
from drumcircle.tui.ink import Line, text_of, width
from drumcircle.tui.pages import RECORDING
from drumcircle.tui.picture import picture
from drumcircle.tui.room_keys import record
from tui_views import NOW, armed, calling, groove, pulse, taking_turns, with_unknown

SIZES = [(80, 24), (100, 30), (120, 40), (200, 60)]
FIGURES = re.compile(
    r"\bms\b|\bSD\b|missed|extra|%|\bearly\b|\blate\b|provisional|with the pulse|Gini|0\.\d\d"
)


def drawn(
    view: SessionView | None, size: tuple[int, int] = (120, 40), *, ui: Ui | None = None, **room: object
) -> list[Line]:
    known = {"connected": True, "log": () if view is None else view.happenings, **room}
    return picture(Situation(ui or Ui(), Room(view, **known), NOW), *size)  # type: ignore[arg-type]  # as given above


def words(view: SessionView | None, size: tuple[int, int] = (120, 40), **more: object) -> str:
    return text_of(drawn(view, size, **more))  # type: ignore[arg-type]  # passed on


VIEWS = [groove(1), groove(6), groove(16), groove(32), armed(6), taking_turns(16), calling(16), with_unknown(groove(3)),
         replace(groove(0), structure=None, together=(), together_words="nobody has played yet"), groove(stopped=True)]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "ui", [Ui(), Ui(therapist=True), Ui(page="keys"), Ui(page="pads"), Ui(page="recording")]
)
def test_a_screen_is_filled_exactly(view: SessionView, size: tuple[int, int], ui: Ui) -> None:
    lines = drawn(view, size, ui=ui)
    assert len(lines) == size[1]
    assert {width(line) for line in lines} == {size[0]}


@pytest.mark.parametrize("players", [1, 6, 16])
@pytest.mark.parametrize("size", SIZES)
def test_the_beat_now_next_togetherness_and_keys_are_always_there(
    size: tuple[int, int], players: int
) -> None:
    shown = words(armed(players), size)
    assert "███" in shown
    for word in ("NOW", "Groove", "NEXT", "Call and response", "begins in 1 bar 2 beats", "Esc not yet",
                 "TOGETHER", "steady", "▲ blue", "SPACE stop all", "? keys", "● recording", "00:12:41"):  # fmt: skip
        assert word in shown


# ---------------------------------------------------------------- the community view


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(1, 32), size=st.sampled_from(SIZES), made=st.sampled_from([groove, armed, taking_turns, calling]),
    sd=st.floats(0, 300), mean=st.floats(-300, 300), missed=st.integers(0, 32), known=st.booleans(), watching=st.booleans(),
)  # fmt: skip
def test_the_community_view_never_shows_how_a_person_plays(
    number: int,
    size: tuple[int, int],
    made: object,
    sd: float,
    mean: float,
    missed: int,
    known: bool,
    watching: bool,
) -> None:
    """Two circles that differ only in how people play look the same, and no figure is on the screen."""
    assert callable(made)
    view: SessionView = made(number)
    other = replace(
        view, latency_known=known, with_pulse=0.5, participation_gini=sd / 300,
        call=view.call and replace(view.call, echoes=tuple(EchoView(e.player, (sd,), "one missed") for e in view.call.echoes)),
        players=tuple(
            replace(p, sd_ms=sd, mean_ms=mean, missed=missed, extra=missed, n=missed, asynchronies_ms=(mean,), hits=(NOW,),
                    last_hit=NOW, provisional=known, why_not="not with the pulse", assisted=known)
            for p in view.players
        ),
    )  # fmt: skip
    shown = drawn(other, size, watching=watching)
    assert shown == drawn(view, size, watching=watching)
    assert not FIGURES.search(text_of(shown))


def test_what_is_for_the_therapist_does_not_reach_the_community_log() -> None:
    assert "resent" not in words(groove(), (120, 40))
    assert "resent" in words(groove(), (120, 40), ui=Ui(therapist=True))


def test_in_the_community_view_only_the_call_and_how_it_went_for_all_is_drawn() -> None:
    shown = words(calling(), (80, 24))
    assert "ECHO!" in shown
    assert "most of it came back" in shown
    assert "one missed" not in shown
    assert "┃●" in shown


def test_who_leads_and_who_plays_in_which_section_is_told_in_words() -> None:
    view = groove(3)
    players = tuple(replace(player, section="left") for player in view.players)
    shown = words(replace(view, players=players, leader=players[1].id))
    assert f"{players[1].alias} (leads, left)" in shown
    assert f"{players[0].alias} (left)" in shown


def test_who_wants_back_in_is_told_in_words() -> None:
    view = groove(6)
    waiting = replace(view, players=(*view.players[:5], replace(view.players[5], wants_back=True)))
    assert "grey (resting, wants back in)" in words(waiting)


def test_a_screen_that_watches_never_shows_the_therapist_view() -> None:
    assert drawn(groove(), ui=Ui(therapist=True), watching=True) == drawn(groove(), watching=True)


def test_a_stopped_circle_says_so_and_how_it_goes_on() -> None:
    shown = words(groove(stopped=True))
    assert "Stopped" in shown
    assert "SPACE go on" in shown


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ui", [Ui(), Ui(therapist=True), Ui(page="pads")])
def test_before_a_structure_begins_it_is_said_once_what_to_say(size: tuple[int, int], ui: Ui) -> None:
    assert words(armed(), size, ui=ui).count("“I play, you answer.”") == 1


def test_what_to_say_is_for_the_facilitator_alone() -> None:
    assert not any("I play, you answer" in words(armed(), size, watching=True) for size in SIZES)


@pytest.mark.parametrize("size", SIZES)
def test_nothing_of_what_recording_keeps_is_cut_off(size: tuple[int, int]) -> None:
    view = groove()
    prompt = record(Situation(Ui(), Room(view), NOW))[0].prompt
    shown = " ".join(words(view, size, ui=Ui(page="recording", prompt=prompt)).split())
    assert all(sentence in shown for sentence in RECORDING)
    assert "Enter start recording" in shown


# ---------------------------------------------------------------- the page of pads


def test_the_page_of_pads_shows_whose_notes_are_pads_of_their_own() -> None:
    view = groove(3)
    pads = (replace(view.pads[0], split=True), *view.pads[1:])
    shown = words(replace(view, pads=pads), (80, 24), ui=Ui(page="pads")).split("\n")
    assert re.search(r"1 nanoPAD2 1 +usb +each a pad +blue +connected", "\n".join(shown))
    assert re.search(r"2 nanoPAD2 2 +usb +one pad +amber +connected", "\n".join(shown))


def mpd218() -> PadView:
    profiles, _ = load_profiles(None)
    profile = profile_for("MPD218", profiles)
    assert profile is not None
    return PadView("usb:MPD218", "MPD218", "usb", True, (), split=True, layout=profile.layout())


def test_a_known_device_is_drawn_with_whose_each_pad_is() -> None:
    view = groove()
    first = replace(view.players[0], pads=("usb:MPD218#36",))
    shown = words(
        replace(view, pads=(mpd218(),), players=(first, *view.players[1:])), (80, 24), ui=Ui(page="pads")
    )
    rows = [row.split() for row in shown.split("\n") if "[13" in row or "[9" in row or "[2 " in row]
    assert rows[0] == ["[13", "]", "[14", "]", "[15", "]", "[16", "]"]
    assert f"[{first.shape} {first.alias[:2]}" in shown
    assert "[1 " not in shown


def test_a_wide_device_is_drawn_narrower_and_wide_ones_side_by_side_where_there_is_room() -> None:
    push = next(profile for profile in load_profiles(None)[0] if profile.title == "Ableton Push 2")
    wide = PadView("usb:Push", "Push", "usb", True, (), split=True, layout=push.layout())
    for size in SIZES:
        lines = drawn(replace(groove(), pads=(wide, mpd218())), size, ui=Ui(page="pads"))
        assert all(width(line) <= size[0] for line in lines)
        assert "[57" in text_of(lines)
    assert "[57" not in words(replace(groove(), pads=(wide,)), (48, 24), ui=Ui(page="pads"))


def test_devices_that_do_not_fit_are_left_undrawn() -> None:
    many = tuple(replace(mpd218(), id=f"usb:MPD218~{n}") for n in range(7))
    shown = words(replace(groove(), pads=many), (80, 24), ui=Ui(page="pads"))
    assert len(shown.split("\n")) == 24
    assert shown.count("[13") == 1
    assert "[13" not in words(replace(groove(), pads=many[:1]), (80, 12), ui=Ui(page="pads"))


def test_more_pads_than_rows_are_reached_by_scrolling() -> None:
    pages = [words(groove(32), (80, 24), ui=Ui(page="pads", scroll=scroll)) for scroll in range(33)]
    assert all(any(f"nanoPAD2 {number} " in page for page in pages) for number in range(1, 33))
    assert "more below" in pages[0]
    assert "those above" in pages[32]


# ---------------------------------------------------------------- the therapist view


@pytest.mark.parametrize("players", [6, 16, 32])
def test_there_is_a_lane_a_player_or_a_way_to_it(players: int) -> None:
    view = groove(players)
    seen: set[str] = set()
    for scroll in range(players):
        shown = words(view, (80, 24), ui=Ui(therapist=True, scroll=scroll))
        seen |= {p.id for p in view.players if f"{p.shape} {p.alias}" in shown}
    assert seen == {p.id for p in view.players}


def test_thirty_two_lanes_are_drawn_where_there_is_room() -> None:
    shown, _, _ = words(groove(32), (200, 60), ui=Ui(therapist=True)).partition("who played when")
    assert all(f"{n:>2} " in shown for n in range(1, 33))
    assert "more below" not in shown


def test_early_and_late_are_not_said_while_the_latency_is_not_known() -> None:
    shown = words(groove(latency_known=False), ui=Ui(therapist=True))
    assert "latency not known" in shown
    assert not re.search(r"\bearly\s{4}", shown)


def test_tab_brings_the_other_panel_where_not_all_fit() -> None:
    shown = [words(groove(6), (80, 24), ui=Ui(therapist=True, panel=panel)) for panel in (0, 1)]
    assert "who played when" in shown[0]
    assert "who played when" not in shown[1]
    assert "what happened" in shown[1]


def test_everyone_is_among_those_who_played_or_reached_by_scrolling() -> None:
    screens = [words(groove(8), (80, 24), ui=Ui(therapist=True, scroll=scroll)) for scroll in range(9)]
    below = [screen.partition("who played when")[2] for screen in screens]
    assert "more below" in below[0]
    assert all(any(f" {number} " in lines for lines in below) for number in range(1, 9))


def test_panels_that_fit_beside_the_chosen_one_are_drawn_too() -> None:
    headings = ("one missed, one extra", "who played when", "what happened")
    for panel, heading in enumerate(headings):
        shown = words(calling(8), (120, 36), ui=Ui(therapist=True, panel=panel))
        assert heading in shown
        assert sum(each in shown for each in headings) == 2


def test_echoes_of_single_players_are_in_the_therapist_view() -> None:
    assert "one missed, one extra" in words(calling(), (120, 40), ui=Ui(therapist=True))


# ---------------------------------------------------------------- when things are not as they should be


def test_a_lost_link_is_told_and_the_last_picture_stays() -> None:
    shown = words(groove(), connected=False, words="No answer from the hub; trying again.")
    assert "No answer from the hub; trying again." in shown
    assert "Groove" in shown


def test_a_new_pad_is_asked_about_in_a_line() -> None:
    assert "A new pad plays: LPD8 38.  w who is this?" in words(with_unknown(groove(3)))


def test_several_new_pads_are_told_in_the_same_order_whoever_hit_last() -> None:
    view = with_unknown(groove(3))
    pads = (view.unknown[0], replace(view.unknown[0], key="mqtt:stool", label="stool"))
    told = [words(replace(view, unknown=order)) for order in (pads, pads[::-1])]
    assert told[0] == told[1]
    assert "2 new pads play: LPD8 38, stool.  w who is this?" in told[0]


LONGEST_SAID = max((structure.sentence for structure in STRUCTURES), key=len)


@pytest.mark.parametrize("size", SIZES)
def test_what_to_say_is_not_cut(size: tuple[int, int]) -> None:
    coming = armed(6)
    assert coming.next is not None
    view = replace(coming, next=replace(coming.next, say=LONGEST_SAID))
    assert LONGEST_SAID in " ".join(words(view, size).split())


@pytest.mark.parametrize("size", SIZES)
def test_a_prompt_to_read_out_is_not_cut(size: tuple[int, int]) -> None:
    prompt = "1 of 3: What was it like to be in the middle of all that, and what would you like to keep? (4:20 left)"
    running = groove(6).structure
    assert running is not None
    view = groove(6, structure=replace(running, title="Talk", words=prompt))
    assert prompt in " ".join(words(view, size).split())


@pytest.mark.parametrize("size", SIZES)
def test_long_words_of_what_runs_leave_room_for_what_comes(size: tuple[int, int]) -> None:
    view = armed(6)
    assert view.structure is not None
    now = replace(view.structure, title="Question and answer", words="round 1 of 2: question")
    view = replace(view, structure=now)
    assert re.search(r"NEXT Call and response .*beats", words(view, size, ui=Ui(therapist=True)))


@pytest.mark.parametrize("therapist", [True, False])
def test_a_long_sentence_of_the_log_is_not_cut(therapist: bool) -> None:
    long = (
        "The hub was restarted: 1.4 s are missing from the figures; the pulse goes on where it was, in phase."
    )
    view = groove(6)
    log = (*view.happenings[:-1], replace(view.happenings[-1], text=long))
    shown = words(view, (80, 24), ui=Ui(therapist=therapist, panel=1), log=log)
    assert long in " ".join(shown.split())


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (20, 5), (1, 1)])
def test_a_small_terminal_gets_a_sentence(size: tuple[int, int]) -> None:
    lines = drawn(groove(), size)
    assert len(lines) == size[1]
    assert "NOW" not in text_of(lines)
    if size[0] > 60:
        assert "needs 80 × 24" in text_of(lines)


def test_before_the_first_picture_the_screen_says_what_it_waits_for() -> None:
    assert "Looking for the circle" in words(None, words="Looking for the circle…")


def test_every_key_of_the_table_is_on_the_page_of_keys() -> None:
    from drumcircle.tui.actions import ACTIONS

    shown = words(groove(), (120, 40), ui=Ui(page="keys"))
    assert all(f"{action.written} {action.title}" in shown for action in ACTIONS)
    small = "".join(words(groove(), (80, 24), ui=Ui(page="keys", scroll=n)) for n in range(25))
    assert all(f"{action.written} {action.title}" in small for action in ACTIONS)


def test_one_long_trouble_is_told_as_far_as_two_rows_go() -> None:
    long = "The broker does not accept user 'ann': it refuses the user or the password. " * 3
    shown = words(replace(groove(3), services=(("broker", long),)), (80, 24))
    assert "! The broker does not accept user 'ann'" in shown
    assert "more" not in shown
    assert "…" in shown


def test_a_pulse_that_is_let_go_does_not_lead_through_the_eye() -> None:
    from drumcircle.tui.community import stage

    view = groove()
    hidden = replace(view, pulse=replace(view.pulse, hidden=True))
    first, second = view.pulse.beat_times[0] + 10_000_000, view.pulse.beat_times[2] + 200_000_000
    assert stage(view, first, 94, 10) != stage(view, second, 94, 10)
    assert stage(hidden, first, 94, 10) == stage(hidden, second, 94, 10)


@pytest.mark.parametrize("ui", [Ui(), Ui(therapist=True), Ui(page="keys")])
def test_a_pulse_that_is_let_go_is_seen_on_no_page(ui: Ui) -> None:
    """Two moments of one bar look alike, but for the time that has gone."""
    screens = []
    for beat in (2, 4):
        view = groove(together=(), pulse=replace(pulse(beat, 0.3), hidden=True))
        screens.append([line for line in words(view, ui=ui).splitlines() if "NOW" in line or "●" in line][:2])
    assert screens[0] == screens[1]
    assert "beat 2" not in "".join(screens[0])

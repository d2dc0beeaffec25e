"""Every key sends what the table of actions says; no question ever locks the screen."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from drumcircle.core.aliases import ALIASES
from drumcircle.core.events import (
    NS,
    Arm,
    Assign,
    Assist,
    Cancel,
    Command,
    Divide,
    EndStructure,
    GoOn,
    Join,
    Judge,
    Lead,
    Leave,
    LiveOnly,
    Mark,
    Mute,
    NextTurn,
    NudgeTempo,
    Press,
    PutInSection,
    RampTempo,
    Rename,
    Rest,
    Return,
    SetCeiling,
    SetLatency,
    SetMeter,
    SetSound,
    SetTempo,
    SplitByNote,
    StopAll,
    Swap,
    TapTempo,
)
from drumcircle.core.structures import STRUCTURES, named
from drumcircle.core.view import SessionView, StructureView
from drumcircle.tui.actions import ACTIONS, GROUPS, KEYED, PALETTE
from drumcircle.tui.ask import (
    Close,
    Menu,
    Order,
    Panel,
    Pattern,
    Picker,
    Request,
    Room,
    Send,
    Situation,
    Ui,
    said,
)
from drumcircle.tui.foot import key_row
from drumcircle.tui.ink import text_of
from drumcircle.tui.panel import offered, words_for
from drumcircle.tui.picker import found, picker_lines
from drumcircle.tui.press import press
from tui_views import NOW, armed, groove, taking_turns, with_unknown

START = NOW - 761 * NS
LOOK = {alias.alias: alias for alias in ALIASES}


def joining(alias: str, *pads: str, since: int | None = None) -> Join:
    """The command by which somebody comes in under a shipped alias."""
    look = LOOK[alias]
    return Join(look.id, alias, look.shape, look.colour, pads, since)


def after(
    keys: str | list[str], view: SessionView, ui: Ui | None = None, **room: object
) -> tuple[Ui, list[Order]]:
    """The state and everything that left the screen after some keys."""
    known = Room(view, connected=True, **room)  # type: ignore[arg-type]  # Room checks at run time what a test asks
    state, orders = ui or Ui(), []
    for key in keys:
        state, sent = press(key, Situation(state, known, NOW))
        orders += sent
    return state, orders


def sent(keys: str | list[str], view: SessionView | None = None) -> list[Command]:
    """The commands some keys send."""
    return [order.event for order in after(keys, view or groove(6))[1] if isinstance(order, Send)]


# ---------------------------------------------------------------- the table


def test_no_key_does_two_things() -> None:
    """A player's n (their turn next) is the one letter that follows a number only, beside n (next turn)."""
    keys = Counter(key for action in ACTIONS for key in (action.key, *action.also))
    assert [key for key, times in keys.items() if times > 1] == ["n"]


def test_every_action_is_in_a_group_that_is_shown_and_has_a_title() -> None:
    assert all(action.group in GROUPS and action.title for action in ACTIONS)


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        (["space"], StopAll()),
        ("+", NudgeTempo(1)),
        ("=", NudgeTempo(1)),
        ("-", NudgeTempo(-1)),
        (">", NudgeTempo(5)),
        ("]", NudgeTempo(5)),
        ("<", NudgeTempo(-5)),
        ("[", NudgeTempo(-5)),
        ("b", TapTempo(NOW)),
        ([*"T96", "enter"], SetTempo(96)),
        ([*"T110/8", "enter"], RampTempo(110, 8)),
        ("M2", SetMeter("3/4")),
        ([*"M010/8", "enter"], SetMeter("10/8")),
        ("k", SetSound(False, -6.0)),
        (["K", "right"], SetSound(True, -3.0)),
        (["K", "left"], SetSound(True, -9.0)),
        ([*"L112.5", "enter"], SetLatency("sound", 12.5)),
        (["L", "2", "enter"], SetLatency("midi", None)),
        ([*"C-12", "enter"], SetCeiling(-12.0)),
        ([*"C-18/8", "enter"], SetCeiling(-18.0, 8.0)),
        ("m", Mark()),
        ("e", EndStructure()),
        ("1r", Rest("blue", True)),
        ("6r", Rest("grey", False)),
        ("r1", Rest("blue", True)),
        ("1a", Assist("blue", True)),
        ("5a", Assist("sky", False)),
        ("2u", Mute("amber", True)),
        (["3", "l", "enter"], Leave("green")),
        ("3l2", Leave("green", NOW - 120 * NS)),
        ("3l0", Leave("green", START)),
        ("3s5", Swap("green", "sky")),
        ("3S5", Swap("green", "sky", NOW - 120 * NS)),
        (["3", "s", "tab", "tab", "5"], Swap("green", "sky", START)),
        ([*"2Nreed", "enter"], Rename("amber", "reed")),
        ([*"2Nmoss_2", "enter"], Rename("amber", "moss 2")),
        ([*"2Nfern", "enter"], Rename("amber", "fern", "☆", LOOK["fern"].colour)),
        ("2j2", Judge("amber", subdivision=2.0)),
        ([*"2j580", "enter"], Judge("amber", double_trigger_ms=80)),
        ([*"2j620", "enter"], Judge("amber", velocity_floor=20)),
        ("1o", LiveOnly("blue", True)),
        ("A1", joining("brick")),
        ("d2", SplitByNote("usb:pad 2", True)),
    ],
)
def test_a_key_sends(keys: str | list[str], event: Command) -> None:
    assert sent(keys) == [event]


def test_space_goes_on_where_it_was_stopped() -> None:
    assert sent(["space"], groove(stopped=True)) == [GoOn()]


def test_loudness_is_stepped_faster_than_the_hub_answers() -> None:
    gains = [event.gain_db for event in sent(["K", "left", "left", "right"]) if isinstance(event, SetSound)]
    assert gains == [-9.0, -12.0, -9.0]


def test_groove_is_armed_by_one_key() -> None:
    (event,) = sent("g")
    assert isinstance(event, Arm)
    assert (event.structure, event.count_in) == ("groove", 1)


def test_a_structure_with_keys_of_its_own_offers_them() -> None:
    view = groove()
    assert view.structure is not None
    keys = (("half", "count half as fast"), ("double", "count twice as fast"))
    assert sent("x2", replace(view, structure=replace(view.structure, keys=keys))) == [Press("double")]
    assert sent("x2", view) == []


def test_the_key_row_names_the_keys_of_what_runs() -> None:
    view = groove()
    assert view.structure is not None
    layers = replace(view.structure, keys=(("layer", "what is played stays"), ("undo", "the last goes")))
    freeze = replace(view.structure, keys=(("freeze", "the pulse stays"),))
    shown = [
        text_of([key_row(Situation(Ui(), Room(replace(view, structure=one), connected=True), NOW), 118)])
        for one in (layers, freeze, view.structure)
    ]
    assert "x layer…" in shown[0]
    assert "x freeze " in shown[1]
    assert "x " not in shown[2]
    rumble = replace(view, structure=StructureView("rumble", "Rumble", 0))
    assert "n cut" in text_of([key_row(Situation(Ui(), Room(rumble, connected=True), NOW), 78)])


def test_next_turn_and_who_is_nominated() -> None:
    assert sent("n", taking_turns()) == [NextTurn()]
    rumble = StructureView("rumble", "Rumble", 0)
    assert sent("n", groove(structure=rumble)) == [NextTurn()]  # nobody's turn, but the key cuts
    assert "no turns" in after("n", groove())[0].said
    assert sent("3n", taking_turns()) == [NextTurn("green")]


def test_who_left_returns() -> None:
    view = groove(3)
    gone = replace(view, players=(replace(view.players[0], state="left"), *view.players[1:]))
    assert sent("1l2", gone) == [Return("blue", NOW - 120 * NS)]


# ---------------------------------------------------------------- settings of a structure


def test_settings_are_changed_by_arrows_and_armed_by_enter_or_the_same_key() -> None:
    (default,) = sent("GG")
    (changed,) = sent(["G", "right", "down", "right", "enter"])
    assert isinstance(default, Arm)
    assert isinstance(changed, Arm)
    ground = next(setting for setting in named("groove").settings if setting.name == "ground")
    assert default == Arm("groove", {"ground": ground.default}, 1)
    after_default = ground.choices[(ground.choices.index(ground.default) + 1) % len(ground.choices)]
    assert changed == Arm("groove", {"ground": after_default}, 2)


def test_what_was_armed_last_is_offered_first() -> None:
    ui, orders = after(["G", "left", "enter"], groove())
    _, again = after(["g"], groove(), ui)
    assert isinstance(orders[0], Send)
    assert isinstance(again[0], Send)
    assert orders[0].event == again[0].event


def test_every_setting_of_every_structure_can_be_set_to_what_it_allows() -> None:
    room = Room(groove(6), patterns=(Pattern("gallop", "Gallop", 2),))
    for structure in STRUCTURES:
        defaults = {setting.name: setting.default for setting in structure.settings}
        for setting in structure.settings:
            for value in offered(setting, room, defaults):
                assert setting.check(value) == value
                assert words_for(setting, value, room)


@pytest.mark.parametrize(
    ("structure", "name", "first", "last"),
    [
        ("hold", "alpha", 0.0, 1.0),
        ("conversation", "silence", 0.25, 32.0),
        ("listen", "breaths", 4.5, 7.0),
        ("tempo_match", "target", 30.0, 240.0),
        ("dynamics", "to", 10, 120),
        ("mirror", "quantise", 0, 100),
        ("wind_down", "slower", 0, 70),
        ("talk", "minutes", 0.25, 32.0),
    ],
)
def test_numbers_are_offered_in_steps_one_can_use(
    structure: str, name: str, first: float, last: float
) -> None:
    defaults = {setting.name: setting.default for setting in named(structure).settings}
    setting = next(setting for setting in named(structure).settings if setting.name == name)
    offers = offered(setting, Room(groove(6)), defaults)
    assert (min(offers), max(offers)) == (first, last)
    assert list(offers) == sorted(offers)
    assert len(offers) >= 6


def test_the_order_of_turns_is_chosen_by_the_players_numbers_one_after_the_other() -> None:
    assert turns_armed(["t", "1", "3", "2", "enter"])["order"] == "blue+green+amber"
    assert turns_armed(["t", *"132", "backspace", "enter"])["order"] == "blue+green"
    assert turns_armed(["t", "1", "backspace", "enter"])["order"] == "circle"
    assert turns_armed(["t", *"0102", "enter"], groove(16))["order"] == "honey+amber"


def test_the_order_of_turns_can_be_typed() -> None:
    assert turns_armed(["t", "N", *"blue+moss", "enter", "enter"])["order"] == "blue+moss"
    assert turns_armed(["t", "1", "N", "enter", "enter"])["order"] == "circle"


def test_a_number_is_typed_where_a_setting_is_a_number() -> None:
    assert turns_armed(["t", "down", "down", "1", "2", "enter"])["beats"] == 12
    assert turns_armed(["t", "down", "down", *"999", "enter"])["beats"] == 9


def test_the_order_is_shown_as_people_not_as_ids() -> None:
    order = next(setting for setting in named("turn_taking").settings if setting.name == "order")
    assert words_for(order, "blue+amber", Room(groove(6))) == "▲ blue, ■ amber"


def test_calls_are_offered_by_level_and_metre() -> None:
    library = (
        Pattern("gallop", "Gallop", 1, "4/4"), Pattern("waltz", "Waltz", 1, "3/4"), Pattern("son", "Son clave", 2, "4/4")
    )  # fmt: skip
    keys = ["V", "right", "enter"]
    assert calls_armed(keys, library)["pattern"] == "gallop"
    harder = calls_armed(["V", "right", "up", "right", "down", "right", "enter"], library)
    assert (harder["level"], harder["pattern"]) == (2, "son")
    assert calls_armed(["V", "right", "up", "right", "enter"], library)["pattern"] == ""


def test_the_caller_is_chosen_by_number() -> None:
    assert calls_armed(["c", "2", "enter"], ())["caller"] == "amber"
    assert calls_armed(["c", *"010", "enter"], (), 16)["caller"] == "honey"


def calls_armed(keys: list[str], patterns: tuple[Pattern, ...], players: int = 6) -> dict[str, object]:
    """The settings with which some keys arm call and response."""
    _, orders = after(keys, groove(players), patterns=patterns)
    (order,) = orders
    assert isinstance(order, Send)
    assert isinstance(order.event, Arm)
    return order.event.settings


def turns_armed(keys: list[str], view: SessionView | None = None) -> dict[str, object]:
    """The settings with which some keys arm turns."""
    (event,) = sent(keys, view)
    assert isinstance(event, Arm)
    assert event.structure == "turn_taking"
    return event.settings


# ---------------------------------------------------------------- players above nine


def test_players_above_nine_are_chosen_by_naught_and_two_digits() -> None:
    assert sent("012r", groove(16)) == [Rest("rose", False)]
    assert sent("r010", groove(16)) == [Rest("honey", True)]


def test_a_number_nobody_has_is_answered_in_words() -> None:
    ui, orders = after("9", groove(6))
    assert not orders
    assert "no player 9" in said(ui, NOW)


# ---------------------------------------------------------------- hand-over and new pads


def test_a_pad_is_handed_over_by_three_keys() -> None:
    assert sent("1h7", groove(8)) == [Assign("usb:pad 1", "brick")]
    assert sent("1H7", groove(8)) == [Assign("usb:pad 1", "brick", NOW - 120 * NS)]
    assert sent(["1", "h", "tab", "tab", "7"], groove(8)) == [Assign("usb:pad 1", "brick", START)]


def test_all_pads_of_one_player_become_also_those_of_another_by_three_keys() -> None:
    view = with_pads(groove(3), 1, "usb:kit#36", "usb:kit#38")
    given = [Assign("usb:kit#36", "amber"), Assign("usb:kit#38", "amber")]
    ui, orders = after("1h2", view)
    assert orders == [Send(event) for event in given]
    assert said(ui, NOW) == "■ amber has 3 pads now; ▲ blue has none."
    assert sent("1H2", view) == [replace(event, since=NOW - 120 * NS) for event in given]


def test_one_of_several_pads_is_handed_over() -> None:
    view = with_pads(groove(8), 1, "usb:pad 2#36", "usb:kit#38")
    ui, _ = after("1hp", view)
    assert isinstance(ui.prompt, Menu)
    assert [choice.words for choice in ui.prompt.choices] == ["nanoPAD2 2 36", "kit 38"]
    assert sent("1hp27", view) == [Assign("usb:kit#38", "brick")]
    assert said(after("1hp27", view)[0], NOW) == "▼ brick has it now; ▲ blue has 1 left."


def test_what_was_said_is_not_left_standing_once_it_may_not_be_so_any_more() -> None:
    ui, _ = after("1h2", groove(3))
    assert said(ui, NOW)
    ui, _ = after("2s3", groove(3), ui)
    assert said(ui, NOW) == ""


def test_pads_are_handed_to_somebody_new() -> None:
    assert sent("1hA1", groove(3)) == [joining("plum", "usb:pad 1")]
    assert sent("1HA1", groove(3)) == [joining("plum", "usb:pad 1", since=NOW - 120 * NS)]


def test_who_has_no_pad_has_none_to_hand_over() -> None:
    ui, orders = after("7h", groove(8))
    assert not orders
    assert "no pad to hand over" in said(ui, NOW)


def test_notes_of_one_person_stay_theirs_when_they_become_one_pad() -> None:
    view = groove(3)
    split = replace(view, pads=tuple(replace(pad, split=True) for pad in view.pads))
    mine = with_pads(split, 1, "usb:pad 2#36", "usb:pad 2#38")
    assert sent("d2", with_pads(mine, 2)) == [SplitByNote("usb:pad 2", False), Assign("usb:pad 2", "blue")]
    shared = with_pads(mine, 2, "usb:pad 2#40")
    assert sent("d2", shared) == [SplitByNote("usb:pad 2", False)]


def with_pads(view: SessionView, number: int, *pads: str) -> SessionView:
    """The same with these pads in the hands of the player with this number."""
    players = list(view.players)
    players[number - 1] = replace(players[number - 1], pads=pads)
    return replace(view, players=tuple(players))


def test_a_new_pad_becomes_the_alias_that_one_digit_picks_from_its_hit_on() -> None:
    view = with_unknown(groove(3))
    assert sent("w1", view) == [joining("plum", "usb:new#38", since=NOW - NS)]


def test_of_several_new_pads_the_one_hit_last_is_asked_about_first() -> None:
    view = with_unknown(groove(3))
    (known,) = view.unknown
    earlier = replace(known, key="mqtt:stool", label="stool", last_hit=known.last_hit - NS)
    both = replace(view, unknown=(earlier, known))
    assert sent("w1", both) == [joining("plum", "usb:new#38", since=known.last_hit)]
    assert sent(["w", "tab", "1"], both) == [joining("plum", "mqtt:stool", since=earlier.last_hit)]
    assert sent(["w", "tab", "tab", "1"], both) == sent("w1", both)


def test_a_new_pad_can_be_the_second_of_somebody_here() -> None:
    assert sent("w02", with_unknown(groove(3))) == [Assign("usb:new#38", "amber", NOW - NS)]


def test_a_new_pad_offered_to_somebody_known_is_assigned_to_them() -> None:
    view = with_unknown(groove(3))
    known = replace(view.unknown[0], offers=(("blue", "blue", "▲", "blue"), *view.unknown[0].offers))
    assert sent("w1", replace(view, unknown=(known,))) == [Assign("usb:new#38", "blue", NOW - NS)]


def test_a_typed_alias_gets_an_id_nobody_has() -> None:
    (event,) = sent(["w", "N", "N", *"Blue", "enter"], with_unknown(groove(3)))
    assert isinstance(event, Join)
    assert (event.player, event.alias, event.pads) == ("blue-2", "Blue", ("usb:new#38",))


# ---------------------------------------------------------------- questions never lock the screen


@pytest.mark.parametrize("opened", [["1"], ["T", "9"], ["w"], ["v"], ["q"], ["R"], ["1", "h"]])
def test_space_stops_the_circle_whatever_is_asked(opened: list[str]) -> None:
    view = with_unknown(groove(3))
    ui, _ = after(opened, view)
    same, orders = after(["space"], view, ui)
    assert orders == [Send(StopAll())]
    assert same.prompt == ui.prompt


def test_a_key_that_is_no_answer_does_what_it_always_does() -> None:
    ui, orders = after("1+", groove(3))
    assert orders == [Send(NudgeTempo(1))]
    assert ui.prompt is None


def test_escape_closes_then_takes_back_what_is_armed_then_leaves_the_therapist_view() -> None:
    view = armed()
    ui, orders = after(["v", "v", "1", "escape"], view)
    assert ui.prompt is None
    assert not orders
    ui, orders = after(["escape"], view, ui)
    assert orders == [Send(Cancel())]
    assert ui.therapist
    ui, _ = after(["escape"], groove(), ui)
    assert not ui.therapist


def test_a_new_pad_is_offered_as_a_line_and_takes_no_key_away() -> None:
    assert sent("m", with_unknown(groove(3))) == [Mark()]


# ---------------------------------------------------------------- two deliberate keys


def test_the_therapist_view_is_two_keys_away_and_one_back() -> None:
    ui, _ = after("v", groove())
    assert not ui.therapist
    ui, _ = after("v", groove(), ui)
    assert ui.therapist
    ui, _ = after("v", groove(), ui)
    assert not ui.therapist


def test_a_screen_that_only_watches_sends_nothing_and_has_no_therapist_view() -> None:
    keys = [key for key, action in KEYED.items() if action.key != "q"]
    ui, orders = after([*keys, "1", "r", "v", "v"], groove(), watching=True)
    assert not orders
    assert not ui.therapist


def test_before_the_first_picture_only_leaving_works() -> None:
    for key, action in KEYED.items():
        _, orders = press(key, Situation(Ui(), Room(), NOW))
        assert orders == ((Close(0),) if action.key == "q" else ())


# ---------------------------------------------------------------- recording and leaving


def test_what_recording_keeps_is_explained_before_the_first_recording() -> None:
    ui, orders = after("R", groove())
    assert ui.page == "recording"
    assert not orders
    ui, orders = after(["enter"], groove(), ui)
    assert orders == [Request("record", {"on": True})]
    assert ui.page == ""


def test_after_that_recording_is_one_key() -> None:
    assert after("R", groove(), explained=True)[1] == [Request("record", {"on": True})]
    assert after("R", groove(recording=True))[1] == [Request("record", {"on": False})]


def test_leaving_asks_whether_the_circle_goes_on() -> None:
    assert after("q", groove())[1] == []
    assert after("qq", groove())[1] == [Close(0)]
    assert after("qE", groove())[1] == [Request("quit"), Close(10)]


@pytest.mark.parametrize(
    "keys", [[*"Tfast", "enter"], [*"T500", "enter"], [*"L1x", "enter"], [*"1j5x", "enter"]]
)
def test_a_number_that_cannot_be_is_refused_in_a_sentence(keys: list[str]) -> None:
    ui, orders = after(keys, groove())
    assert not orders
    assert said(ui, NOW).endswith(".")


# ---------------------------------------------------------------- the picker


def picked(keys: list[str]) -> str:
    """The structure whose settings some keys ask for."""
    prompt = after(keys, groove(6))[0].prompt
    assert isinstance(prompt, Panel)
    return prompt.structure


def test_one_key_opens_all_structures_letters_filter_and_enter_asks_for_the_settings() -> None:
    assert picked(["/", "enter"]) == "groove"
    assert picked(["/", "down", "enter"]) == "interlock"
    assert picked(["/", "up", "enter"]) == "wind_down"
    assert picked(["/", *"rum", "enter"]) == "rumble"
    assert picked(["/", *"rumx", "backspace", "enter"]) == "rumble"
    assert picked(["/", *"compositional", "enter"]) == "compose"
    assert picked(["/", *"pass_beat", "enter"]) == "pass_the_beat"
    assert picked(["/", "structure:hold"]) == "hold"


def test_every_structure_is_found_by_its_title_and_by_its_name() -> None:
    for structure in STRUCTURES:
        assert structure in found(structure.title)[:3]
        assert found(structure.name)[0] is structure


def test_what_nothing_is_called_is_told_and_space_stops_even_here() -> None:
    ui, orders = after(["/", *"polka", "enter"], groove(6))
    assert "polka" in said(ui, NOW)
    assert orders == []
    assert sent(["/", "space"]) == [StopAll()]


def test_a_picked_structure_is_armed_by_enter_and_by_the_same_key() -> None:
    for last in ("enter", "/"):
        [armed_one] = sent(["/", *"accents", "enter", last])
        assert isinstance(armed_one, Arm)
        assert (armed_one.structure, armed_one.settings["beats"], armed_one.count_in) == ("accents", "1", 1)


def test_the_rows_around_the_chosen_one_are_drawn_with_what_it_is_for() -> None:
    lines = [text_of([line]) for line in picker_lines(Picker(row=20), 78)]
    assert len(lines) == 12
    assert any(line.startswith(f"▸ {STRUCTURES[20].title}") for line in lines)
    assert STRUCTURES[20].why[:40] in lines[-2]


# ---------------------------------------------------------------- sections, leaders, keys of what runs


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        ("D1", Divide("halves")),
        ("D2", Divide("thirds")),
        ("D3", Divide("drawn")),
        ("D0", Divide("")),
        ([*"D4blue+amber/green", "enter"], Divide("blue+amber/green")),
        ("1f", Lead("blue")),
        ("f2", Lead("amber")),
    ],
)
def test_sections_and_leaders_take_two_keys(keys: str | list[str], event: Command) -> None:
    assert sent(keys) == [event]


def test_who_leads_gives_the_lead_back_by_the_same_keys() -> None:
    assert sent("1f", replace(groove(6), leader="blue")) == [Lead(None)]


def test_a_player_goes_into_the_next_section_where_there_are_some() -> None:
    view = groove(6)
    assert sent("1i", view) == []
    divided = replace(view, players=tuple(replace(p, section="left") for p in view.players))
    assert sent("1i", divided) == [PutInSection("blue")]


def test_the_keys_of_what_runs_are_one_key_or_two() -> None:
    def running(name: str) -> SessionView:
        view = groove(6)
        assert view.structure is not None
        keys = tuple((key.name, key.words) for key in named(name).keys)
        return replace(view, structure=replace(view.structure, name=name, keys=keys))

    assert sent("x", running("groove")) == []
    assert sent("x", running("hold")) == [Press("freeze")]
    assert sent("x2", running("tempo_match")) == [Press("double")]


def test_the_palette_finds_every_structure() -> None:
    titles = [action.named for action in PALETTE]
    assert all(f"{structure.title}…" in titles for structure in STRUCTURES)

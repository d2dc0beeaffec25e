"""Which device is which: stable while there is no doubt, never guessed when there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.midi.identity import Identities
from drumcircle.midi.ports import Api, PortName, parse, readable_ports


def alsa(*names: str) -> list[PortName]:
    """Ports as ALSA lists them: ``MPD218 20`` is the MPD218 at client 20."""
    return [parse("{0}:{0} MIDI 1 {1}:0".format(*name.rsplit(" ", 1)), "alsa") for name in names]


def windows(*names: str) -> list[PortName]:
    """Ports as Windows lists them: each name followed by its place in the list."""
    return [parse(f"{name} {place}", "winmm") for place, name in enumerate(names)]


def ids(identities: Identities) -> set[str]:
    return {device.id for device in identities.connected}


def test_a_device_alone_of_its_name_is_the_same_after_every_replug() -> None:
    seen = Identities()
    assert [d.id for d in seen.see(alsa("MPD218 20")).found] == ["usb:MPD218"]
    assert [d.id for d in seen.see([]).gone] == ["usb:MPD218"]
    assert [d.id for d in seen.see(alsa("MPD218 24")).found] == ["usb:MPD218"]


def test_a_connected_device_keeps_its_id_when_a_twin_appears() -> None:
    seen = Identities()
    seen.see(alsa("MPD218 20"))
    change = seen.see(alsa("MPD218 20", "MPD218 24"))
    assert change.gone == ()
    assert [(d.id, d.label) for d in change.found] == [("usb:MPD218~2", "MPD218 (2)")]


def test_equal_devices_are_new_after_a_replug_even_when_they_come_back_alone() -> None:
    seen = Identities()
    seen.see(alsa("MPD218 20"))
    seen.see(alsa("MPD218 20", "MPD218 24"))
    seen.see([])
    assert [d.id for d in seen.see(alsa("MPD218 20")).found] == ["usb:MPD218~3"]


def test_a_hub_that_drops_all_its_devices_at_once_brings_the_unequal_ones_back_as_they_were() -> None:
    seen = Identities()
    all_of_them = alsa("MPD218 20", "MPD218 24", "LPD8 28", "nanoPAD2 32")
    before = {d.id for d in seen.see(all_of_them).found}
    assert len(before) == 4
    assert {d.id for d in seen.see([]).gone} == before
    assert {d.id for d in seen.see(all_of_them).found} & before == {"usb:LPD8", "usb:nanoPAD2"}


def test_equal_devices_there_at_the_start_are_both_unknown() -> None:
    seen = Identities()
    seen.see(alsa("MPD218 20", "MPD218 24"))
    assert ids(seen) == {"usb:MPD218~1", "usb:MPD218~2"}


def test_two_runs_never_give_equal_devices_the_same_id() -> None:
    first, second = Identities("a-"), Identities("b-")
    for seen in (first, second):
        seen.see(alsa("MPD218 20", "MPD218 24"))
    assert not ids(first) & ids(second)


def test_where_names_do_not_tell_equals_apart_all_are_new_when_their_number_changes() -> None:
    seen = Identities()
    seen.see(windows("MPD218", "LPD8"))
    assert ids(seen) == {"usb:MPD218", "usb:LPD8"}
    seen.see(windows("MPD218", "MPD218", "LPD8"))
    assert ids(seen) == {"usb:MPD218~2", "usb:MPD218~3", "usb:LPD8"}
    seen.see(windows("LPD8", "MPD218"))
    assert ids(seen) == {"usb:MPD218~4", "usb:LPD8"}


def test_equal_devices_that_only_their_place_tells_apart_are_opened_each_at_its_own() -> None:
    seen = Identities()
    change = seen.see([parse("MPD218", "coremidi")] * 2)
    assert [device.place for device in change.found] == [0, 1]


def test_a_device_dropped_as_silent_has_appeared_anew_when_next_listed() -> None:
    seen = Identities()
    seen.see(alsa("MPD218 20"))
    seen.drop(seen.connected[0])
    assert [d.id for d in seen.see(alsa("MPD218 20")).found] == ["usb:MPD218"]


class Body:
    """One piece of hardware; the hidden truth that identities must not get wrong."""

    def __init__(self, base: str) -> None:
        self.base = base


@given(
    st.lists(st.sampled_from("aab"), min_size=1, max_size=4),
    st.lists(st.lists(st.booleans(), min_size=4, max_size=4), max_size=12),
)
def test_no_id_is_ever_given_to_two_different_pieces_of_hardware_once_equals_were_seen(
    bases: list[str], looks: list[list[bool]]
) -> None:
    bodies = [Body(base) for base in bases]
    seen, owner = Identities(), dict[str, Body]()
    client, plugged, equals_seen = 20, dict[int, int](), set[str]()
    for look in looks:
        for number, there in enumerate(look[: len(bodies)]):
            if not there:
                plugged.pop(number, None)
            elif number not in plugged:
                client += 1
                plugged[number] = client
        now = [bodies[number].base for number in plugged]
        equals_seen |= {base for base in now if now.count(base) > 1}
        seen.see(alsa(*(f"{bodies[number].base} {where}" for number, where in plugged.items())))
        by_client = {where: bodies[number] for number, where in plugged.items()}
        assert len(ids(seen)) == len(plugged)
        for device in seen.connected:
            body = by_client[int(str(device.port.serial).split(":")[0])]
            if device.port.base in equals_seen:
                assert owner.setdefault(device.id, body) is body
            else:
                owner[device.id] = body


@pytest.mark.parametrize(
    ("api", "raw", "base"),
    [
        ("alsa", "MPD218:MPD218 MIDI 1 20:0", "MPD218"),
        ("alsa", "MPK mini:MPK mini MIDI 2 24:1", "MPK mini MIDI 2"),
        ("alsa", "nanoPAD2:nanoPAD2 nanoPAD2 _ PAD 28:0", "nanoPAD2 nanoPAD2 _ PAD"),
        ("jack", "maria:midi_out", "maria"),
        ("jack", "maria:out", "maria"),
        ("jack", "kit:snare", "kit snare"),
        ("jack", "RtMidiOut Client:maria", "maria"),
        ("jack", "RtMidiOut Client-01:RtMidi output", "RtMidiOut Client-01"),
        ("winmm", "nanoPAD 2 3", "nanoPAD 2"),
        ("coremidi", "MPD218", "MPD218"),
        ("coremidi", "Kit #1 ~ left", "Kit 1 left"),
        ("coremidi", "\x00", "unnamed"),
    ],
)
def test_names_are_readable_and_the_same_next_time(api: Api, raw: str, base: str) -> None:
    assert parse(raw, api).base == base


@given(st.text(), st.sampled_from(["alsa", "jack", "winmm", "coremidi"]))
def test_any_name_at_all_gives_a_name_that_pad_keys_can_hold(raw: str, api: Api) -> None:
    base = parse(raw, api).base
    assert base
    assert base.isprintable()
    assert not set(base) & set("#~")


def test_our_own_outputs_and_the_loop_back_port_are_never_pads() -> None:
    names = ["drumcircle-out-77:out 129:0", "Midi Through:Midi Through Port-0 14:0", "LPD8:LPD8 MIDI 1 20:0"]
    assert [port.base for port in readable_ports(names, "alsa")] == ["LPD8"]

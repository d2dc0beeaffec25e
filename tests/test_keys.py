"""Keys as pads: whose key, what a terminal's bytes mean, and a whole run through a pseudo-terminal into a hub."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.cli import main
from drumcircle.cli._keys.layout import PEOPLE, ROWS, Keyboard
from drumcircle.cli._keys.strokes import AS_BEFORE, HELD_NS, TELL_APART, Held, Stop, Tap, read_strokes
from drumcircle.core.events import Hit, PadFound, PadGone, PadLink
from drumcircle.link.files import write_link
from link_fixtures import RememberingHost, serving, soon

# ---------------------------------------------------------------- whose key


def test_two_people_share_a_keyboard_by_hand_and_four_by_rows_too() -> None:
    two, four = Keyboard.of(2, "k"), Keyboard.of(4, "k")
    assert [two.pad(key) for key in "qpz/"] == [
        ("k-left", 46),
        ("k-right", 55),
        ("k-left", 66),
        ("k-right", 75),
    ]
    assert [four.pad(key) for key in "1pz/"] == [
        ("k-up-left", 36), ("k-up-right", 55), ("k-low-left", 66), ("k-low-right", 75),
    ]  # fmt: skip


def test_who_is_alone_has_every_key_and_who_is_not_only_those_drawn() -> None:
    assert Keyboard.of(1, "k").pad(" ") == ("k", 36)
    assert Keyboard.of(2, "k").pad(" ") is None


@pytest.mark.parametrize("people", PEOPLE)
def test_every_key_has_a_note_of_its_own_and_every_pad_is_drawn(people: int) -> None:
    keyboard = Keyboard.of(people, "keys-ab")
    notes = [found[1] for key in "".join(ROWS) if (found := keyboard.pad(key))]
    assert sorted(notes) == list(range(36, 76))
    drawn = "\n".join(keyboard.drawn())
    assert len(keyboard.pads) == people
    assert all(pad in drawn for pad in keyboard.pads)


# ---------------------------------------------------------------- what bytes mean


@pytest.mark.parametrize(
    ("read", "strokes"),
    [
        (b"ab", [Tap("a"), Tap("b")]),
        (b"A!", [Tap("a", True), Tap("1", True)]),
        (b"\x1b[A\x1bOP\x1b[15~", []),
        (b"\x1bx", []),
        (b"\r\t\x7f", []),
        (b"\xc3\xa9", [Tap("é")]),
        (b"\x1b[97u", [Tap("a")]),
        (b"\x1b[97;1:1u\x1b[97;1:2u\x1b[97;1:3u", [Tap("a")]),
        (b"\x1b[97:65;2u", [Tap("a", True)]),
        (b"\x1b[97;129u", [Tap("a")]),
        (b"\x1b[97;5u\x1b[57441;2u", []),
    ],
)
def test_bytes_are_taps(read: bytes, strokes: list[Tap]) -> None:
    assert list(read_strokes(read)) == strokes


@pytest.mark.parametrize("read", [b"\x1b", b"\x03", b"\x1b[27u", b"\x1b[99;5u", b"\x1b[99;133:1u"])
def test_escape_and_ctrl_c_are_the_wish_to_stop(read: bytes) -> None:
    (stroke,) = read_strokes(read)
    assert isinstance(stroke, Stop)


@given(st.binary(max_size=40))
def test_whatever_is_typed_is_read_to_its_end(read: bytes) -> None:
    assert all(isinstance(stroke, Tap | Stop) for stroke in read_strokes(read))


def test_a_held_key_is_one_tap_and_fast_fingers_are_heard() -> None:
    held = Held()
    times = [0, 40, 80, 120, 300, 450]
    assert [held.repeats("a", HELD_NS * time // 100) for time in times] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert not held.repeats("b", HELD_NS)


# ---------------------------------------------------------------- a whole run


async def run_in_terminal(*words: str) -> tuple[asyncio.subprocess.Process, int]:
    """``drumcircle`` with these words in a pseudo-terminal of its own, and our end of it."""
    ours, its = os.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "drumcircle", *words, stdin=its, stdout=its, stderr=its, start_new_session=True
    )
    os.close(its)
    return process, ours


async def shown(terminal: int, until: bytes) -> bytes:
    """What the terminal shows up to and with these bytes."""
    got = b""
    while until not in got:
        got += await soon(asyncio.to_thread(os.read, terminal, 1024))
    return got


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("way_out", [b"\x1b", b"\x03"])
async def test_keys_in_a_terminal_become_hits_and_the_terminal_is_as_before(
    way_out: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import termios

    monkeypatch.setenv("DRUMCIRCLE_STATE", str(tmp_path))
    host = RememberingHost()
    async with serving(host) as (server, url):
        write_link(
            tmp_path, url=url, token=server.token, circle_token=server.circle_token, circle="c", data=tmp_path
        )
        process, terminal = await run_in_terminal("keys", "--people", "2", "--name", "k")
        for pad in ("k-left", "k-right"):
            assert await soon(host.posted.get()) == PadFound(f"key:{pad}", pad, "key")
            assert await soon(host.posted.get()) == PadLink(f"key:{pad}", words="keys, for trying out")
        assert TELL_APART in await shown(terminal, b"k-right")
        before = time.perf_counter_ns()
        os.write(terminal, b"qP")
        left, right = await soon(host.posted.get()), await soon(host.posted.get())
        assert isinstance(left, Hit)
        assert isinstance(right, Hit)
        assert (left.pad, left.note, left.velocity) == ("key:k-left", 46, 90)
        assert (right.pad, right.note, right.velocity) == ("key:k-right", 55, 120)
        assert left.time == right.time >= before
        assert not left.by_arrival
        os.write(terminal, way_out)
        assert await soon(process.wait()) == 0
        assert isinstance(await soon(host.posted.get()), PadGone)
        assert AS_BEFORE in await shown(terminal, AS_BEFORE)
        assert termios.tcgetattr(terminal)[3] & (termios.ICANON | termios.ECHO | termios.ISIG) == (
            termios.ICANON | termios.ECHO | termios.ISIG
        )
        os.close(terminal)
    assert server.counts()["received"] == 2


def test_without_a_terminal_it_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys"]) == 2
    assert "this is none" in capsys.readouterr().err

"""link.json is private, whole, and believed only while its hub lives."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from drumcircle.errors import CircleNotRunning, FileProblem, NewerFormat
from drumcircle.link import files
from drumcircle.link.alive import lives, own_mark, start_mark
from drumcircle.link.protocol import VERSION


def written(state: Path) -> files.LinkFile:
    return files.write_link(
        state,
        url="ws://127.0.0.1:9/link",
        token="secret",
        circle_token="less",
        circle="circle",
        data=state / "records",
        broker=files.BrokerLogin("mqtt://127.0.0.1:1883", "circle", "pads", "word"),
    )


def put(state: Path, link: files.LinkFile) -> None:
    files.write_owner_only(state / files.LINK_NAME, msgspec.json.encode(link))


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    link = written(tmp_path)
    assert files.read_link(tmp_path) == link


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permission bits")
def test_only_the_owner_can_read_it_even_where_the_folder_is_open(tmp_path: Path) -> None:
    (tmp_path / files.LINK_NAME).write_text("{}")
    (tmp_path / files.LINK_NAME).chmod(0o644)
    written(tmp_path)
    assert stat.S_IMODE((tmp_path / files.LINK_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [files.LINK_NAME]


def test_no_file_means_no_circle(tmp_path: Path) -> None:
    assert files.read_link(tmp_path) is None
    with pytest.raises(CircleNotRunning, match="drumcircle"):
        files.require_link(tmp_path)


def test_a_file_left_by_a_dead_hub_is_not_believed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as hub:
        mark = start_mark(hub.pid)
        assert mark is not None
        put(tmp_path, replace(written(tmp_path), pid=hub.pid, started=mark))
        assert files.read_link(tmp_path) is not None
        hub.kill()
    assert files.read_link(tmp_path) is None


def test_a_zombie_does_not_live(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.read()  # ends when the child does; it is not yet waited for
        mark = start_mark(child.pid)
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            mark = start_mark(child.pid)
            assert mark is None
    assert start_mark(child.pid) is None


def test_a_process_number_used_again_by_a_stranger_is_not_the_hub(tmp_path: Path) -> None:
    put(tmp_path, replace(written(tmp_path), started="another boot:1"))
    assert files.read_link(tmp_path) is None
    assert lives(os.getpid(), own_mark())


def test_a_newer_hub_is_refused_in_words(tmp_path: Path) -> None:
    put(tmp_path, replace(written(tmp_path), version=VERSION + 1))
    with pytest.raises(NewerFormat, match="same drumcircle"):
        files.read_link(tmp_path)


def test_a_field_of_a_later_release_is_passed_over(tmp_path: Path) -> None:
    link = written(tmp_path)
    raw = json.loads((tmp_path / files.LINK_NAME).read_text()) | {"colour": "green"}
    (tmp_path / files.LINK_NAME).write_text(json.dumps(raw))
    assert files.read_link(tmp_path) == link


def test_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / files.LINK_NAME).write_text('{"version": 1, "url"')
    assert files.read_link(tmp_path) is None


def test_only_the_hub_that_wrote_it_takes_it_away(tmp_path: Path) -> None:
    put(tmp_path, replace(written(tmp_path), pid=1))
    files.remove_link(tmp_path)
    assert (tmp_path / files.LINK_NAME).exists()
    written(tmp_path)
    files.remove_link(tmp_path)
    files.remove_link(tmp_path)
    assert not (tmp_path / files.LINK_NAME).exists()


def test_the_brokers_login_is_handed_over_in_a_file(tmp_path: Path) -> None:
    given = files.BrokerGiven("mqtt://127.0.0.1:1883", "circle", "hub", "a", "pads", "b")
    files.write_broker(tmp_path / "broker.json", given)
    assert files.read_broker(tmp_path / "broker.json") == given
    (tmp_path / "broker.json").write_text("[]")
    with pytest.raises(FileProblem, match=r"broker\.json"):
        files.read_broker(tmp_path / "broker.json")
    with pytest.raises(FileProblem, match="cannot be read"):
        files.read_broker(tmp_path / "absent.json")


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(FileProblem, match="state"):
        written(tmp_path / "state")

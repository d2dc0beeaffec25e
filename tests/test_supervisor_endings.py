"""Every way of ending a circle, and what is left running: real processes, a real terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from drumcircle.cli._supervisor.claim import holder
from drumcircle.link.files import read_broker, read_link
from supervisor_fixtures import GUARD, Stage, await_end_of, children_named, stage, until

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="terminals and process descriptors as on Linux"
)
__all__ = ["stage"]


def code_of(process: subprocess.Popen[bytes]) -> int:
    return process.wait(GUARD)


def said(process: subprocess.Popen[bytes]) -> str:
    out, err = process.communicate(timeout=GUARD)
    return (out + err).decode()


# ---------------------------------------------------------------- quit and asked to end


def test_quit_from_the_dashboard_ends_the_hub_well_and_everything(stage: Stage) -> None:
    front = stage.keep()
    hub, dash = stage.answer_both()
    keeper = stage.keeper()
    dash.order("exit 10")
    assert hub.await_end() == ["ending"]
    assert code_of(front) == 0
    await_end_of(keeper)
    assert holder(stage.state) is None


def test_a_hub_that_ended_well_ends_everything(stage: Stage) -> None:
    front = stage.keep()
    hub, dash = stage.answer_both()
    hub.order("exit 0")
    assert dash.await_end() == []
    assert code_of(front) == 0


@pytest.mark.parametrize(
    ("who", "number"), [("front", signal.SIGTERM), ("front", signal.SIGINT), ("keeper", signal.SIGTERM)]
)
def test_a_signal_to_end_ends_the_dashboard_before_the_hub_and_the_hub_well(
    stage: Stage, who: str, number: int
) -> None:
    front = stage.keep()
    hub, dash = stage.answer_both()
    os.kill(dash.pid, signal.SIGSTOP)  # it cannot end yet, so neither may the hub be told to
    os.kill(front.pid if who == "front" else stage.keeper(), number)
    os.kill(dash.pid, signal.SIGCONT)
    dash.await_end()
    assert hub.await_end() == ["ending"]
    assert code_of(front) == 0


def test_ctrl_c_ends_in_order_and_reaches_no_child(stage: Stage) -> None:
    front = stage.keep(terminal=True)
    hub, dash = stage.answer_both()
    assert stage.master is not None
    os.write(stage.master, b"\x03")
    dash.await_end()
    assert hub.await_end() == ["ending"]
    assert "KeyboardInterrupt" not in stage.shown("The circle has ended.")
    assert code_of(front) == 0


# ---------------------------------------------------------------- killed


def test_a_supervisor_that_is_killed_leaves_nothing_behind(stage: Stage) -> None:
    front = stage.keep()
    hub, dash = stage.answer_both()
    os.kill(stage.keeper(), signal.SIGKILL)
    dash.await_end()
    assert hub.await_end() == ["ending"]
    assert code_of(front) == 1
    assert "supervisor was ended by signal 9" in said(front)
    assert read_link(stage.state) is None


def test_a_foreground_process_that_is_killed_takes_the_circle_along_in_order(stage: Stage) -> None:
    front = stage.keep()
    hub, dash = stage.answer_both()
    keeper = stage.keeper()
    front.kill()
    dash.await_end()
    assert hub.await_end() == ["ending"]
    await_end_of(keeper)


def test_a_hub_that_is_killed_is_back_and_the_dashboard_stays(stage: Stage) -> None:
    front = stage.keep()
    hub, dash = stage.answer_both()
    os.kill(hub.pid, signal.SIGKILL)
    again = stage.answer()
    assert (again.name, again.pid != hub.pid) == ("hub", True)
    dash.order("exit 10")
    again.await_end()
    assert code_of(front) == 0


def test_a_dashboard_that_is_killed_is_opened_again_and_the_hub_stays(stage: Stage) -> None:
    front = stage.keep()
    hub, dash = stage.answer_both()
    os.kill(dash.pid, signal.SIGKILL)
    again = stage.answer()
    assert again.name == "dash"
    again.order("exit 10")
    assert hub.await_end() == ["ending"]
    assert code_of(front) == 0


def test_a_broker_that_is_killed_is_back_on_its_port_and_ends_with_the_rest(stage: Stage) -> None:
    front = stage.keep("--broker")
    hub, dash = stage.answer_both()
    given = read_broker(stage.state / "broker-login.json")
    (broker,) = children_named(stage.keeper(), "nats-server")
    os.kill(broker, signal.SIGKILL)
    until(lambda: children_named(stage.keeper(), "nats-server") not in ([], [broker]))
    until(lambda: answers(given.url))
    assert read_broker(stage.state / "broker-login.json") == given
    (broker,) = children_named(stage.keeper(), "nats-server")
    dash.order("exit 10")
    assert hub.await_end() == ["ending"]
    assert code_of(front) == 0
    await_end_of(broker)
    assert not (stage.state / "broker-login.json").exists()


# ---------------------------------------------------------------- crashing without end


def test_a_hub_that_keeps_crashing_ends_with_a_sentence(stage: Stage) -> None:
    front = stage.keep()
    hub, dash = stage.answer_both()
    for _ in range(5):
        hub.order("exit 1")
        hub = stage.answer()
    hub.order("say it hurts here")
    hub.order("exit 1")
    assert dash.await_end() == []
    assert code_of(front) == 1
    words = said(front)
    assert "crashed again and again" in words
    assert "Traceback" not in words
    assert "it hurts here" in (stage.state / "hub-output.log").read_text()


def test_a_hub_that_needs_mending_is_quoted_and_not_tried_again(stage: Stage) -> None:
    front = stage.keep()
    hub, dash = stage.answer_both()
    hub.order("say drumcircle: Port 1883 is in use by another program.")
    hub.order("exit 2")
    assert dash.await_end() == []
    assert code_of(front) == 2
    assert said(front).strip() == "drumcircle: Port 1883 is in use by another program."


def test_a_dashboard_that_keeps_crashing_leaves_the_circle_running(stage: Stage) -> None:
    front = stage.keep()
    hub, dash = stage.answer_both()
    for _ in range(5):
        dash.order("exit 1")
        dash = stage.answer()
    dash.order("exit 1")
    assert code_of(front) == 0
    assert "goes on" in said(front)
    keeper = stage.keeper()
    os.kill(keeper, signal.SIGTERM)
    assert hub.await_end() == ["ending"]
    await_end_of(keeper)


# ---------------------------------------------------------------- left running


def test_leaving_the_dashboard_gives_the_shell_back_and_the_circle_goes_on(stage: Stage) -> None:
    front = stage.keep(terminal=True)
    hub, dash = stage.answer_both()
    dash.order("exit 0")
    assert "circle --end" in stage.shown("ends it.")
    assert code_of(front) == 0
    keeper = stage.keeper()
    assert os.getsid(keeper) != os.getsid(0)
    stage.close_terminal()
    hub.order("say still here")
    os.kill(keeper, signal.SIGTERM)
    assert hub.await_end() == ["ending"]
    await_end_of(keeper)


def test_a_closed_terminal_takes_the_dashboard_and_leaves_the_circle(stage: Stage) -> None:
    front = stage.keep(terminal=True)
    hub, dash = stage.answer_both()
    keeper = stage.keeper()
    stage.close_terminal()
    dash.await_end()
    assert code_of(front) == 0
    assert read_link(stage.state) is not None
    assert stage.keeper() == keeper
    os.kill(hub.pid, signal.SIGKILL)  # it is still looked after
    again = stage.answer()
    assert again.name == "hub"
    os.kill(keeper, signal.SIGTERM)
    assert again.await_end() == ["ending"]
    await_end_of(keeper)


def test_a_killed_dashboard_leaves_the_terminal_as_it_was(stage: Stage) -> None:
    import termios
    import tty

    front = stage.keep(terminal=True)
    hub, dash = stage.answer_both()
    assert stage.master is not None
    before = termios.tcgetattr(stage.master)
    tty.setraw(stage.master, termios.TCSANOW)
    os.kill(dash.pid, signal.SIGKILL)
    again = stage.answer()
    assert termios.tcgetattr(stage.master) == before
    assert "\x1b[?25h" in stage.shown("\x1b[?1049l\x1b[?25h")
    again.order("exit 10")
    hub.await_end()
    assert code_of(front) == 0


def test_a_frozen_terminal_keeps_nothing_from_ending_but_what_speaks_to_it(stage: Stage) -> None:
    front = stage.keep(terminal=True)
    hub, dash = stage.answer_both()
    dash.order("say " + "x" * 200_000)  # more than a terminal takes that nobody reads
    os.kill(stage.keeper(), signal.SIGTERM)
    dash.await_end()
    assert hub.await_end() == ["ending"]
    stage.shown("The circle has ended.")
    assert code_of(front) == 0


def test_a_second_supervisor_is_not_started(stage: Stage) -> None:
    front = stage.keep()
    hub, dash = stage.answer_both()
    assert code_of(stage.keep()) == 3
    dash.order("exit 10")
    hub.await_end()
    assert code_of(front) == 0


def answers(url: str) -> bool:
    address = urlsplit(url)
    with contextlib.suppress(OSError), socket.create_connection((address.hostname, address.port)):
        return True
    return False

"""Which hub a dashboard or a keyboard joins: the one that runs here, one by its address, or one on the network."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from drumcircle import config
from drumcircle.errors import CircleNotRunning, UsageError
from drumcircle.link.client import Address, Find
from drumcircle.link.files import read_link
from drumcircle.link.protocol import Role

if TYPE_CHECKING:
    from drumcircle.link.joined import Joined
    from drumcircle.net.discovery import CircleWatch, FoundCircle

SEARCH_S = 4.0
"""How long circles on the network have to answer."""
HOW = "'drumcircle dash --invite' on the circle's machine shows a join code, 'drumcircle dash --join CODE' takes it here"


def add_find_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the circle is."""
    parser.add_argument(
        "--find",
        metavar="NAME",
        nargs="?",
        const="",
        help="a circle on this network, also where one runs here",
    )
    parser.add_argument(
        "--join", metavar="CODE", help="the code that the circle's machine shows; needed once on a machine"
    )


@contextlib.contextmanager
def finding(options: argparse.Namespace, role: Role) -> Iterator[Find]:
    """Says where the hub is, as often as it is asked: a restarted hub has another port, a moved one another address.

    Raises:
        UsageError: the code is wrong, is needed, or opens another role only.
        CircleNotRunning: there is no such circle.
    """
    url, name = getattr(options, "url", ""), options.find
    if url.startswith("wss://"):
        joined = _joined_at(url, options.join, role)
        yield lambda: joined.address(url)
    elif url or (name is None and options.join is None and _runs_here()):
        yield here(url, getattr(options, "token", ""), role)
    else:
        with _on_network(name or "", options.join, role) as find:
            yield find


def here(url: str, token: str, role: Role, state: Path | None = None) -> Find:
    """The hub that runs here (in ``state``, else in the usual folder), or the one at ``url``."""

    def find() -> Address | None:
        if url and token:
            return Address(url, token)
        link = read_link(state or config.state_folder())
        if link is None:
            return None
        return Address(url or link.url, token or (link.circle_token if role == "circle" else link.token))

    return find


def _runs_here() -> bool:
    return read_link(config.state_folder()) is not None


def _folder() -> Path:
    return config.config_folder() / "joined"


def _joined_at(url: str, code: str | None, role: Role) -> Joined:
    from drumcircle.link.joined import join, joined_at

    joined = join(_folder(), code, url) if code else joined_at(_folder(), url, role)
    if joined is None:
        raise UsageError(f"This machine has no code for the circle at {url} yet: {HOW}.")
    return _checked(joined, role)


def _checked(joined: Joined, role: Role) -> Joined:
    if not joined.may(role):
        raise UsageError(
            "This code opens the view for a wall only: add --circle-view, or take the leader's code."
        )
    return joined


@contextlib.contextmanager
def _on_network(name: str, code: str | None, role: Role) -> Iterator[Find]:
    from drumcircle.net.discovery import CircleWatch

    interface = config.settings({}, config.config_folder()).interface
    with CircleWatch(interface) as watch:
        joined = _join_by(watch, name, code, role) if code else _join_again(watch, name, role)

        def find() -> Address | None:
            circle = next((c for c in watch.circles() if _is_of(c, joined, name)), None)
            return None if circle is None else joined.address(circle.link_url())

        yield find


def _join_by(watch: CircleWatch, name: str, code: str, role: Role) -> Joined:
    from drumcircle.link.invitation import read_code
    from drumcircle.link.joined import join

    mark = read_code(code).announced
    circle = watch.wait(lambda c: c.said.mark == mark and _is_called(c, name), SEARCH_S)
    if circle is None:
        others = [c for c in watch.circles() if c.said.link]
        raise CircleNotRunning(
            f"This is not the code of {_list(others)}, and no other circle on this network answered."
            if others
            else f"No circle on this network answered within {SEARCH_S:g} s; is it started with --listen, and this "
            "machine on the same network? 'drumcircle doctor' tells more; its address does, too: "
            "drumcircle dash wss://ADDRESS:PORT/link --join CODE."
        )
    return _checked(join(_folder(), code, circle.link_url()), role)


def _join_again(watch: CircleWatch, name: str, role: Role) -> Joined:
    """One whose code was given before; else the code is asked for where somebody is there to ask."""
    from drumcircle.link.joined import joined_before

    known = {joined.invitation.announced: joined for joined in joined_before(_folder(), role)}
    circle = watch.wait(
        lambda c: c.said.mark in known and bool(c.said.link) and _is_called(c, name), SEARCH_S
    )
    if circle is not None:
        return known[circle.said.mark]
    others = [c for c in watch.circles() if c.said.link and _is_called(c, name)]
    if not others:
        raise CircleNotRunning(
            "No circle runs here, and none that is open to dashboards was found on this network; start one with "
            "'drumcircle', or on the other machine with --listen."
        )
    if not sys.stdin.isatty():
        raise UsageError(f"Found {_list(others)}: {HOW}.")
    print(
        f"Found {_list(others)}. Its machine shows a join code: 'drumcircle dash --invite'.", file=sys.stderr
    )
    return _join_by(watch, name, input("Join code: "), role)


def _is_of(circle: FoundCircle, joined: Joined, name: str) -> bool:
    return (
        circle.said.mark == joined.invitation.announced
        and bool(circle.said.link)
        and _is_called(circle, name)
    )


def _is_called(circle: FoundCircle, name: str) -> bool:
    return name in ("", circle.said.circle)


def _list(circles: list[FoundCircle]) -> str:
    return ", ".join(circle.words() for circle in circles)

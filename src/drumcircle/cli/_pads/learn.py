"""``drumcircle pads learn``: a profile of a USB device, made by hitting each of its pads in turn."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from drumcircle import config
from drumcircle.cli._listening import drawing, terminal
from drumcircle.cli._listening.learning import Learning
from drumcircle.errors import DrumcircleError, FileProblem, UsageError
from drumcircle.formats.profiles import (
    FOLDER,
    Profile,
    load_profiles,
    own_files,
    profile_text,
    read_profile,
)
from drumcircle.formats.toml_writing import replace_file

if TYPE_CHECKING:
    from drumcircle.cli._listening.ear import Ear

MOST_OF_ONE_NAME = 100
ABOUT = "make a profile of a USB device by hitting its pads; list and forget profiles"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to learn, where to keep it, and what to do with those there are."""
    parser.add_argument(
        "--device", metavar="NAME", default=None, help="the device (default: the first one hit)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        default=None,
        help="where to write it (default: your own profiles)",
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true", default=False, help="list the profiles there are")
    instead.add_argument(
        "--forget",
        metavar="NAME",
        default=None,
        help="delete a profile of your own, by its title or file name",
    )


def run(options: argparse.Namespace) -> int:
    """Learn, list or forget."""
    if options.list:
        print("\n".join(_listed(*load_profiles(config.config_folder()))))
        return 0
    if options.forget is not None:
        path = forget(options.forget, config.config_folder())
        print(f"{path} is deleted.")
        return asyncio.run(_tell_circle())
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("Learning needs a terminal: it asks for keys.")
    if options.out is not None and not options.out.absolute().parent.is_dir():
        raise FileProblem(options.out, "there is no such folder to write the profile in; make it first.")
    return asyncio.run(_learn(options.device, options.out))


# ---------------------------------------------------------------- those there are


def _listed(profiles: list[Profile], problems: list[str]) -> list[str]:
    width = max((len(profile.title) for profile in profiles), default=0)
    rows = [
        f"{profile.title:<{width}}  {len(profile.layout().names):>3} pads  {profile.home}"
        for profile in profiles
    ]
    return [
        *rows,
        *problems,
        "",
        f"Your own are in {config.config_folder() / FOLDER}, and win over the others.",
    ]


def forget(name: str, folder: Path) -> Path:
    """Delete the user's own profile of this title or file name; returns its path.

    Raises:
        UsageError: there is none.
        FileProblem: it cannot be deleted.
    """
    titles: dict[Path, str] = {}
    for path in own_files(folder):
        titles[path] = path.stem
        with contextlib.suppress(FileProblem):  # one with a mistake can still be forgotten by its file name
            titles[path] = read_profile(path).title
    wanted = name.casefold()
    for path, title in titles.items():
        if wanted in (title.casefold(), path.stem.casefold(), path.name.casefold()):
            try:
                path.unlink()
            except OSError as problem:
                raise FileProblem(path, f"cannot be deleted ({problem.strerror}).") from None
            return path
    own = ", ".join(titles.values()) or "none"
    raise UsageError(f"There is no profile of your own called {name!r}; there is {own}.")


async def _tell_circle() -> int:
    """A circle that runs here reads the profiles anew."""
    from drumcircle.link.client import LinkClient
    from drumcircle.link.files import read_link

    if read_link(config.state_folder()) is not None:
        async with LinkClient.here(config.state_folder(), "facilitator", "pads") as client:
            await client.request("profiles")
        print("The circle that runs here knows.")
    return 0


# ---------------------------------------------------------------- learning


class _Talk:
    """The keys of somebody who is learning; ``keep`` is known once they are done (True) or leave."""

    def __init__(self) -> None:
        self.learning = Learning()
        self.changed = asyncio.Event()
        self.keep: bool | None = None

    def pressed(self, key: str) -> None:
        if key in terminal.LEAVE:
            self.keep = False
        elif key in terminal.ENTER:
            self.keep = True
        elif key in terminal.BACKSPACE:
            self.learning.undo()
        elif key == "\t":
            self.learning.new_row()
        self.changed.set()


async def _learn(wanted: str | None, out: Path | None) -> int:
    from drumcircle.cli._listening.ear import ear

    talk = _Talk()
    print("One moment: looking for pads …", flush=True)
    with terminal.keys(talk.pressed):
        async with ear(talk.learning.hear, talk.changed) as heard:
            if wanted is not None:
                talk.learning.device = (await heard.device(wanted)).id
            await _listen(talk, heard)
            if not talk.keep:
                print("Nothing is kept.")
                return 0
            print("\n".join(await _keep(talk.learning, heard, out)))
    return 0


async def _listen(talk: _Talk, heard: Ear) -> None:
    """Draw what is learnt until they are done."""
    learning, screen = talk.learning, terminal.Screen(sys.stdout)
    while talk.keep is None:
        pad = heard.pad(learning.device or "")
        name = _name(heard, learning.device) if learning.device else ""
        told = drawing.learn_words(name, known=pad is not None and pad.layout is not None)
        screen.show([*drawing.trouble(heard.trouble), *told, *drawing.learnt(learning)])
        talk.changed.clear()
        await talk.changed.wait()
        if heard.ended:
            raise DrumcircleError(heard.ended)


async def _keep(learning: Learning, heard: Ear, out: Path | None) -> list[str]:
    """Write the profile, tell the circle, and say so."""
    name = _name(heard, learning.device or "")
    profile = learning.profile(name, f"learnt with 'drumcircle pads learn' on {_today()}")
    path = out if out is not None else own_place(config.config_folder(), name)
    instead = ", in place of those before" if path.exists() else ""
    save(path, profile)
    if out is None and not heard.quiet:
        await heard.client.request("profiles")
    return [
        f"{len(learning.notes)} pads of {name} are kept in {path}{instead}.",
        "Edit it to give pads names of their own; give the file away to share it.",
    ]


def _name(heard: Ear, device: str) -> str:
    """What the device is called whatever else of its name is plugged in."""
    base = device.removeprefix("usb:").partition("~")[0]
    pad = heard.pad(device)
    return pad.label if pad is not None and "~" not in device else base


def own_place(folder: Path, name: str) -> Path:
    """The file for the user's own profile of a device of this name: the one it has, else one that is free."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "pads"
    for stem in (plain, *(f"{plain}-{number}" for number in range(2, MOST_OF_ONE_NAME))):
        path = folder / FOLDER / f"{stem}.toml"
        with contextlib.suppress(FileProblem):
            if not path.exists() or read_profile(path).title == name:
                return path
    raise UsageError(f"There are too many profiles called {plain}; forget one of them first.")


def _today() -> str:
    return datetime.datetime.now().astimezone().date().isoformat()


def save(path: Path, profile: Profile) -> None:
    """Write it, whole or not at all.

    Raises:
        FileProblem: the folder refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, profile_text(profile).encode())
    except OSError as problem:
        raise FileProblem(path, f"cannot be written ({problem.strerror}).") from None

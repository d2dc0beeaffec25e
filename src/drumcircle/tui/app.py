"""The dashboard as a terminal program: keys and mouse in, pictures out, one timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual import events
from textual.app import App, ComposeResult
from textual.command import DiscoveryHit, Hit, Hits, Provider

from drumcircle.link.client import Address, Find
from drumcircle.link.protocol import Role
from drumcircle.tui.actions import PALETTE, Action
from drumcircle.tui.desk import Desk
from drumcircle.tui.linked import linked
from drumcircle.tui.palette import GROUND
from drumcircle.tui.source import Source
from drumcircle.tui.stage import Stage

FRAMES_PER_SECOND = 18


class Actions(Provider):
    """The command palette: the same table as the keys."""

    async def discover(self) -> Hits:
        for action in PALETTE:
            yield DiscoveryHit(action.named, self._does(action))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action in PALETTE:
            score = matcher.match(action.title)
            if score > 0:
                yield Hit(score, matcher.highlight(action.named), self._does(action), text=action.named)

    def _does(self, action: Action) -> Callable[[], None]:
        app = self.app
        assert isinstance(app, Dashboard)
        return lambda: app.desk.do(action)


class Dashboard(App[int]):
    """A shell around :class:`Desk`; ends with the exit code of the desk."""

    CSS = f"Screen {{ background: {GROUND}; overflow: hidden; }}"
    COMMANDS = {Actions}  # noqa: RUF012 - Textual's own class variable
    TITLE = "drumcircle"

    def __init__(self, source: Source, *, watching: bool = False, frames: int = FRAMES_PER_SECOND) -> None:
        super().__init__()
        self.desk = Desk(source, watching=watching, closed=self.close)
        self._frames = frames
        self._stage = Stage(self.desk.lines, self.press)

    def compose(self) -> ComposeResult:
        yield self._stage

    def on_mount(self) -> None:
        self._stage.focus()
        self.run_worker(self.desk.work(), name="hub")
        if self._frames:
            self.set_interval(1 / self._frames, self.frame)

    def frame(self) -> None:
        """Draw what changed."""
        room = self.desk.room
        self._stage.draw(dimmed=not room.connected and room.view is not None)

    def close(self, code: int) -> None:
        """Leave the terminal as it was."""
        self.exit(code)

    async def on_event(self, event: events.Event) -> None:
        """SPACE stops the circle even while the command palette is open."""
        if isinstance(event, events.Key) and event.key == "space" and not event.is_forwarded:
            self.press("space")
            return
        await super().on_event(event)

    def press(self, key: str) -> None:
        """One key, drawn at once."""
        if key == "ctrl+p":
            self.action_command_palette()
            return
        self.desk.press(key)
        self.frame()

    async def action_quit(self) -> None:
        """Ctrl+Q asks as q does: a circle is not left by a slip."""
        self.press("q")


def run_dashboard(url: str, token: str, role: Role = "facilitator") -> int:
    """:func:`run_following` the hub at ``url``, and only there."""
    return run_following(lambda: Address(url, token), role)


def run_following(find: Find, role: Role = "facilitator", patience: float = 0.0) -> int:
    """A dashboard on whatever hub ``find`` names, also after a restart elsewhere, until it is closed.

    Returns:
        0: closed, the circle goes on; 10: the end of the circle was asked for, and the hub told so.

    Raises:
        DrumcircleError: no hub answers within ``patience`` seconds, or it refuses the token.
    """
    return asyncio.run(_run(find, role, patience))


async def _run(find: Find, role: Role, patience: float) -> int:
    async with linked(find, role, patience=patience) as source:
        code = await Dashboard(source, watching=role == "circle").run_async()
    return code or 0

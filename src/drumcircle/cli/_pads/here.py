"""What ``drumcircle pads add`` and ``revoke`` work on: the pads' users of this machine, and the broker that may run."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from drumcircle import config
from drumcircle.errors import UsageError
from drumcircle.link.certificate import trust_folder
from drumcircle.link.files import read_link
from drumcircle.net.broker_control import Control, read_control, reload_users


@dataclass(frozen=True, slots=True)
class Here:
    """``running``: our broker, if one runs; it then says where the users are."""

    state: Path
    trust: Path
    running: Control | None

    def elsewhere(self) -> bool:
        """Whether the circle that runs keeps its users in a folder of its own, as a demonstration does."""
        return self.trust != trust_folder(config.config_folder()).absolute()

    def tell_broker(self) -> None:
        """Users have changed; whoever is connected stays, but for those that are gone.

        Raises:
            BrokerUnreachable: the running broker does not take them.
        """
        if self.running is not None:
            reload_users(self.state, self.running)


def add_place_argument(parser: argparse.ArgumentParser) -> None:
    """For a circle that is started with ``--config``."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="DIR",
        default=None,
        help="folder of settings (default: the running circle's)",
    )


def here(folder: Path | None) -> Here:
    """The users of the circle that runs here, else those of this folder of settings.

    Raises:
        UsageError: the circle that runs here uses a broker whose users are not ours to make.
    """
    state = config.state_folder()
    running = read_control(state)
    link = read_link(state)
    if running is None and link is not None and link.broker is not None and link.broker.hubs_own:
        raise UsageError(
            "The circle that runs here uses another broker: make the pad's user there, with the permissions in "
            "docs/wire.md."
        )
    trust = trust_folder(folder or config.config_folder()) if running is None else Path(running.trust)
    return Here(state, trust.absolute(), running)

"""All that the hub knows of one networked pad."""

from __future__ import annotations

from collections import deque

from drumcircle.core.events import MS, NS, PadLink
from drumcircle.net.clock_sync import FittedClock
from drumcircle.net.limit import Allowance
from drumcircle.net.offset import Exchange, PadClock
from drumcircle.net.placing import Placing
from drumcircle.net.sequence import Sequence

PREFIX = "mqtt:"
LOW_BATTERY = 15
"""%."""
MESSAGES_A_SECOND, MESSAGES_AT_ONCE = 500.0, 6000
"""A roll of both hands with its clock exchanges is under 100 a second; all that a pad keeps through an outage comes
at once."""
SENT_AGAIN_WITHIN = 3 * NS
"""A hub that was restarted misses what was played meanwhile until the pads send it again: nobody need be told of that."""
LIMITED_FOR = 10 * NS
"""So long it is said of a pad that it sent too much."""
OFTEN, OFTEN_WITHIN = 3, 60 * NS
"""A pad that so often within this time starts anew, or comes again and is not seen to go in between, has a rival or a
fault."""
WEAK_RADIO = -75
"""dBm; below, frames are sent again and again."""


class Pad:
    """State of one pad; the intake keeps it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.device = PREFIX + name
        self.label = name
        self.voiced = False
        self.cues = False
        self.connected = False
        self.boot: int | None = None
        self.sequence = Sequence()
        self.clock: PadClock = FittedClock()
        self.placing = Placing(self.clock)
        self.synchronised = False
        self.messages = Allowance(MESSAGES_A_SECOND, MESSAGES_AT_ONCE)
        self.appearances = Allowance(1.0, 10)
        self.welcomes = Allowance(1.0, 10)
        self.battery: int | None = None
        self.rssi: int | None = None
        self.rejected = 0
        self.heard_at = 0
        self._introduced = False
        self._came_again: deque[int] = deque(maxlen=OFTEN)
        self._started_again: deque[int] = deque(maxlen=OFTEN)
        self.as_json = False
        self.by_arrival = False
        self.impossible = False
        """Its last hit claimed a time that cannot be."""
        self.acked: tuple[int, int] | None = None
        self.open_exchanges: dict[int, Exchange] = {}
        self.told = PadLink(self.device)
        self.told_at = 0
        self.trouble = ""

    def introduced(self, now: int) -> None:
        """It says that it is there."""
        if self._introduced:
            self._came_again.append(now)
        self._introduced = True

    def left(self) -> None:
        """It said goodbye, or its last will did."""
        self._introduced = False

    def broker_back(self) -> None:
        """The broker tells again what it keeps, and every pad connects anew."""
        self._introduced = False
        self._came_again.clear()

    def booted(self, boot: int, now: int) -> None:
        """It says that this is its boot, another one than before."""
        if self.boot is not None:
            self._started_again.append(now)
        self.boot = boot

    def counts(self) -> dict[str, int]:
        """Messages so far: hits received, lost and dropped as duplicates; anything refused."""
        return {
            "received": self.sequence.received,
            "lost": self.sequence.lost,
            "duplicate": self.sequence.duplicate,
            "rejected": self.rejected,
        }

    def link(self, now: int) -> PadLink:
        """How good the link is now."""
        return PadLink(
            self.device,
            uncertainty=self.clock.uncertainty,
            jitter=self.clock.jitter,
            lost=self.sequence.lost_since(now - SENT_AGAIN_WITHIN),
            duplicate=self.sequence.duplicate,
            rejected=self.rejected,
            by_arrival=self.by_arrival,
            words=self._words(now),
        )

    def _words(self, now: int) -> str:
        words = []
        if self.impossible:
            words.append("tells times that cannot be; time of arrival only")
        elif self.by_arrival:
            words.append("its clock jumped, synchronising" if self.clock.jumps else "time of arrival only")
        elif self.clock.one_way:
            words.append("timed one way only")
        if self.battery is not None and self.battery <= LOW_BATTERY:
            words.append(f"battery {self.battery} %")
        if self.rssi is not None and self.rssi <= WEAK_RADIO:
            words.append("weak Wi-Fi")
        if _often(self._started_again, now):
            words.append("starts again and again: its power, or two devices with one name")
        elif _often(
            self._came_again, now
        ):  # who uses another's client id pushes it off, and no last will tells
            words.append(
                "connects again and again: its power, weak Wi-Fi, or another device with its client id"
            )
        refused_at = self.messages.refused_at
        if refused_at is not None and now - refused_at < LIMITED_FOR:
            words.append("sends more than anybody plays; the rest is not heard")
        elif self.trouble:
            words.append(f"not understood: {self.trouble}")
        return "; ".join(words)


def _often(moments: deque[int], now: int) -> bool:
    return len(moments) == OFTEN and now - moments[0] <= OFTEN_WITHIN


def differs(told: PadLink, now: PadLink) -> bool:
    """Whether the link changed by more than a breath of the clock's uncertainty."""
    if (told.lost, told.duplicate, told.rejected, told.by_arrival, told.words) != (
        now.lost, now.duplicate, now.rejected, now.by_arrival, now.words
    ):  # fmt: skip
        return True
    if told.uncertainty is None or now.uncertainty is None:
        return told.uncertainty is not now.uncertainty
    return abs(told.uncertainty - now.uncertainty) > max(told.uncertainty // 4, MS // 2)

"""Messages of the link, version 1: one JSON object a WebSocket text frame, ``kind`` says which.

Client to hub
    ``hello {version, token, role, name?}``   first, once; role: facilitator | circle | pad
    ``command {id, command}``          ``command`` is an event as in :mod:`drumcircle.core.codec` (facilitator;
                                       role pad: ``Perform`` only)
    ``request {id, what, arguments?}`` what: quit | status | load | record | patterns | preferences | welcomed | plans |
                                       keep_plan | profiles (read them anew) | hits ``{on}`` (facilitator)
    ``hit {pad, note, velocity, t}``   role pad: ``t`` ns on the *hub's* clock, as the pad's sync maps it
    ``found {pad, label, voiced, keys}``  role pad: a pad of this client exists (``keys``: keys of a keyboard);
                                       ``gone {pad}``
    ``ping {id, t}``                   answered by ``pong``, after all that was sent before it

Hub to client
    ``welcome {version, software, pid, role, session}``
    ``view {view}``                    15-20 a second, facilitator and circle
    ``log {entries: [{number, time, text, level, scope}]}``   numbered, none left out; at first all that is kept
    ``result {id, ok, message, answer?}``
    ``pong {id, t, received, sent}``   ``received`` and ``sent`` on the hub's clock, ns
    ``pulse {t, bar, beat, bpm, meter}``   role pad: the last one known at first, then at every bar and every change
    ``hits {hits: [{time, pad, note, velocity, uncertainty, by_arrival}]}``   to who asked for ``hits``: all since the
                                       last, with each view; ns on the hub's clock
    ``error {message}``                then the hub closes, with a :class:`Close` code
    ``ended {message}``                the circle is over; the hub closes, coming back is no use

A view is droppable: a client that reads slowly gets the newest.  Everything else waits for it, up to
:data:`WAITING_BOUND` bytes; a client further behind is sent away in words.

``link.json`` in the state folder (mode 0600): ``{"version", "url", "token", "circle_token", "pid", "started", "circle",
"data", "broker": {"url", "circle", "user", "password"} | null, "network": {"port", "trust"} | null}``.

With ``--listen`` the link is served to the network as well, by TLS with the hub's own certificate, and opened there only
by the keys of join codes (:mod:`drumcircle.link.invitation`).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

VERSION = 1
VIEWS_PER_SECOND = 18
ROLES = ("facilitator", "circle", "pad")
Role = Literal["facilitator", "circle", "pad"]

MESSAGE_BOUND = 64 * 1024
"""Bytes of one message to the hub; a longer one ends the connection."""
WAITING_BOUND = 1024 * 1024
"""Bytes that may wait for one client."""


class Close(IntEnum):
    """Why the hub closed; codes of the range that WebSocket leaves to applications."""

    ENDED = 4000  # the circle is over
    REFUSED = 4001  # token or role
    NEWER = 4002  # the client speaks a later version
    MALFORMED = 4003  # a message that is none
    SLOW = 4004  # too far behind

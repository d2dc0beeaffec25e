"""Messages of the link, version 1: one JSON object a WebSocket text frame, ``kind`` says which.

Client to hub
    ``hello {version, token, role, name?}``   first, once; role: facilitator | circle | pad
    ``command {id, command}``          ``command`` is an event as in :mod:`drumcircle.core.codec` (facilitator)
    ``request {id, what, …}``          what: quit | sessions | record | status | structures | patterns (facilitator)
    ``hit {pad, note, velocity, t}``   role pad: ``t`` ns on the *hub's* clock, as the pad's sync maps it
    ``found {pad, label, voiced}``     role pad: a pad of this client exists; ``gone {pad}``
    ``ping {id, t}``                   answered by ``pong``

Hub to client
    ``welcome {version, software, pid, role, session}``
    ``view {view}``                    15-20 a second, facilitator and circle
    ``log {entries: [{number, time, text, level, scope}]}``   numbered, none left out
    ``result {id, ok, message, …}``
    ``pong {id, t, received, sent}``   ``received`` and ``sent`` on the hub's clock, ns
    ``pulse {t, bar, beat, bpm, meter}``   role pad: at every bar and every change
    ``error {message}``                then the hub closes

``link.json`` in the state folder (mode 0600): ``{"version", "url", "token", "circle_token", "pid", "started", "circle",
"data", "broker": {"url", "circle", "user", "password"} | null}``.
"""

from __future__ import annotations

VERSION = 1
VIEWS_PER_SECOND = 18
ROLES = ("facilitator", "circle", "pad")

"""What hub and pads must agree on, wire version 1: the one source for both.

Firmware takes this very file onto the board, so it is plain assignments that MicroPython reads too: no imports.
Times say their unit in their name.  ``docs/wire.md`` explains each.
"""

VERSION = 1
LONGEST = 4096
"""Bytes a message may have."""

HIT = "<BBHBBQ"
"""version, boot, sequence, note, velocity, pad time in µs"""
SYNC_REQUEST = "<BBHQ"
"""version, boot, id, pad time in µs"""
SYNC_RESPONSE = "<BBHQQQ"
"""the request, then when the hub received it and when it sent this, ns"""
ACK = "<BBH"
"""version, boot, last sequence up to which all is safe"""

ROOT = "drumcircle/v1"
"""Topics are ``ROOT/circle/pad/leaf``, and ``ROOT/circle/pulse``."""
HEARD_BY_HUB = ("hit", "sync/req", "state", "info")
HEARD_BY_PAD = ("ack", "sync/res", "cue", "cfg")
PULSE = "pulse"
SERVICE = "_drumcircle._tcp.local"
"""As what a hub that listens announces its broker by DNS-SD."""

BURST = 20
BURST_PAUSE_MS = 50
SYNC_PAUSE_MS = 1000
"""Exchanges when the hub is first heard (again), then one a second."""
AFTER_HIT_MS = 20
"""One more so long after each hit: a radio that sleeps is awake then, and neither way waits for it."""
HUB_AWAY_AFTER_MS = 3000
"""Without an answer for so long the hub may be another one when it returns: a burst again."""
RESEND_AFTER_MS = 1500
"""What is unacknowledged for so long is sent again, oldest first."""
LEAST_KEPT = 512
"""Hits without an ack that a pad keeps at least."""
FADE_AFTER_BARS = 8
"""A pad that hears nothing of the pulse goes on with the one it knows for so long, then its light fades out."""

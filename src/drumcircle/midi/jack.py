"""What rtmidi does not tell about JACK, asked of libjack itself: is the server alive, who listens to a port,
and how long a period is.

rtmidi goes on listing the ports of a server that has died, and an input whose source was closed and
opened again stays connected to nothing.  The library used is the very one rtmidi is linked with, so that
its messages on stderr can be switched off for both.

libjack keeps one picture of one server for the whole process, made with its first client and dropped with
its last.  A client of a new server opened while one of a dead server is still there works on the dead
server's memory and crashes.  So whoever uses JACK here holds a :class:`JackWatch` as long as it has any
other client, and after a server's death no watch is opened until all of them are closed.
"""

from __future__ import annotations

import ctypes
import threading
from functools import cache

from drumcircle.errors import MissingPart

MIDI_TYPE = b"8 bit raw midi"
NO_START_SERVER = 0x01
IS_OUTPUT = 0x02
NO_SERVER = "No JACK server runs here; start one (for instance with QjackCtl), then MIDI is found by itself."

_OnShutdown = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_Names = ctypes.POINTER(ctypes.c_char_p)

_SIGNATURES = {
    "jack_client_open": (ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]),
    "jack_client_close": (ctypes.c_int, [ctypes.c_void_p]),
    "jack_on_shutdown": (None, [ctypes.c_void_p, _OnShutdown, ctypes.c_void_p]),
    "jack_get_buffer_size": (ctypes.c_uint32, [ctypes.c_void_p]),
    "jack_get_sample_rate": (ctypes.c_uint32, [ctypes.c_void_p]),
    "jack_get_ports": (_Names, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong]),
    "jack_port_by_name": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]),
    "jack_port_get_all_connections": (_Names, [ctypes.c_void_p, ctypes.c_void_p]),
    "jack_free": (None, [ctypes.c_void_p]),
    "jack_set_error_function": (None, [ctypes.c_void_p]),
    "jack_set_info_function": (None, [ctypes.c_void_p]),
}


class _Watches:
    """How many watches this process has open, and whether their server has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._dead = False

    def enter(self) -> None:
        """
        Raises:
            MissingPart: the server died and not everyone has let go of it yet.
        """
        with self._lock:
            if self._dead and self._open:
                raise MissingPart(NO_SERVER)
            self._open, self._dead = self._open + 1, False

    def leave(self) -> None:
        with self._lock:
            self._open -= 1

    def die(self) -> None:
        with self._lock:
            self._dead = True


_watches = _Watches()


@cache
def library() -> ctypes.CDLL | None:
    """The libjack that rtmidi uses, made silent; None where rtmidi was built without JACK."""
    from rtmidi import _rtmidi

    # dlsym on an extension module also searches what it is linked with.
    found = ctypes.CDLL(_rtmidi.__file__)
    try:
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(found, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError:
        return None
    # libjack wants a C function that takes a string.  One written in Python would make JACK's real-time
    # thread wait for the interpreter, so it gets one that does no harm.
    silent = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p)
    found.jack_set_error_function(silent)
    found.jack_set_info_function(silent)
    return found


class JackWatch:
    """A client that only looks; it has no ports and takes no part in the graph."""

    def __init__(self) -> None:
        """
        Raises:
            MissingPart: no JACK server runs, or rtmidi was built without JACK.
        """
        lib = library()
        if lib is None:
            raise MissingPart(
                "This python-rtmidi was built without JACK; install its wheel with 'pip install python-rtmidi'."
            )
        self._lib = lib
        _watches.enter()
        self._client: int | None = lib.jack_client_open(
            b"drumcircle-watch", NO_START_SERVER, ctypes.byref(ctypes.c_int())
        )
        if not self._client:
            _watches.leave()
            raise MissingPart(NO_SERVER)
        self._alive = True
        self._on_shutdown = _OnShutdown(self._server_died)  # libjack keeps no reference to it
        lib.jack_on_shutdown(self._client, self._on_shutdown, None)

    @property
    def alive(self) -> bool:
        """False once the server has died or thrown us out."""
        return self._alive

    @property
    def period(self) -> int:
        """Length of one period now, ns."""
        frames = int(self._lib.jack_get_buffer_size(self._client))
        return frames * 1_000_000_000 // int(self._lib.jack_get_sample_rate(self._client))

    def names(self) -> list[str]:
        """Full names of all ports that MIDI comes out of."""
        return self._take(self._lib.jack_get_ports(self._client, None, MIDI_TYPE, IS_OUTPUT))

    def listeners(self, source: str) -> list[str]:
        """Full names of the ports connected to ``source``; empty also where there is no such port."""
        port = self._lib.jack_port_by_name(self._client, source.encode())
        if not port:
            return []
        return self._take(self._lib.jack_port_get_all_connections(self._client, port))

    def close(self) -> None:
        """Let go of the client; may be called again."""
        if self._client:
            self._lib.jack_client_close(self._client)
            self._client = None
            self._alive = False
            _watches.leave()

    def _server_died(self, _argument: int | None) -> None:
        self._alive = False
        _watches.die()

    def _take(self, names: ctypes._Pointer[ctypes.c_char_p]) -> list[str]:
        """Copy a NULL-ended array of names and free it."""
        found: list[str] = []
        if names:
            while (name := names[len(found)]) is not None:
                found.append(name.decode(errors="replace"))
            self._lib.jack_free(ctypes.cast(names, ctypes.c_void_p))
        return found

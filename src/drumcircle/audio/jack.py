"""How many loudspeakers a JACK server leads to.

miniaudio 1.71 opens JACK only with just as many channels, and leaks a client of the server where it fails to.
"""

from __future__ import annotations

import ctypes
import functools

_NO_START_SERVER = 0x01
_INPUT, _PHYSICAL = 0x1, 0x4
_AUDIO = b"32 bit float mono audio"


def loudspeakers() -> int:
    """0 where no server runs; none is started."""
    library = _library()
    if library is None:
        return 0
    client = library.jack_client_open(b"drumcircle-looks", _NO_START_SERVER, None)
    if not client:
        return 0
    try:
        ports = library.jack_get_ports(client, None, _AUDIO, _INPUT | _PHYSICAL)
        count = 0
        while ports and ports[count]:
            count += 1
        library.jack_free(ports)
        return count
    finally:
        library.jack_client_close(client)


@functools.cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libjack.so.0")
    except OSError:
        return None
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    library.jack_client_open.restype = pointer
    library.jack_client_open.argtypes = [text, ctypes.c_int, pointer]
    library.jack_get_ports.restype = ctypes.POINTER(ctypes.c_char_p)
    library.jack_get_ports.argtypes = [pointer, text, text, ctypes.c_ulong]
    library.jack_free.argtypes = [pointer]
    library.jack_client_close.argtypes = [pointer]
    return library

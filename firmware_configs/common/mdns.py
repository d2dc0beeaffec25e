"""Where a circle is, by DNS-SD over multicast DNS (RFC 6762, 6763): one question, and what is in an answer.

Asked from a port of our own, so that answers come to us alone (6762, 6.7) and no group need be joined.
"""

import wire_constants

GROUP, PORT = "224.0.0.251", 5353
SERVICE = wire_constants.SERVICE.encode()
_A, _PTR, _SRV, _IN = 1, 12, 33, 1
_MOST_RECORDS, _MOST_LABELS = 32, 16


def question():
    """Who offers a circle?"""
    head = b"\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    name = b"".join(bytes((len(label),)) + label for label in SERVICE.split(b"."))
    return head + name + b"\x00" + bytes((0, _PTR, 0, _IN))


def hub_in(message, circle):
    """``(address, port)`` of the circle of this name, or None; never raises for what is in it."""
    try:
        return _hub(_records(message), circle.lower().encode() + b" ")
    except (IndexError, ValueError):
        return None


def _hub(records, start):
    """A circle's instance is its name, a space and an id that tells circles of one name apart."""
    addresses = {}
    for name, kind, found in records:
        if kind == _A:
            addresses[name] = found
    for name, kind, found in records:
        ours = kind == _SRV and name.startswith(start) and name.endswith(b"." + SERVICE)
        if ours and found[0] in addresses:
            return addresses[found[0]], found[1]
    return None


def _records(message):
    """``(name, type, content)`` of every A and SRV record."""
    if len(message) < 12 or not message[2] & 0x80:
        raise ValueError
    questions = _number(message, 4)
    answers = _number(message, 6) + _number(message, 8) + _number(message, 10)
    at = 12
    for _ in range(min(questions, _MOST_RECORDS)):
        at = _name(message, at)[1] + 4
    found = []
    for _ in range(min(answers, _MOST_RECORDS)):
        name, at = _name(message, at)
        kind, size, at = _number(message, at), _number(message, at + 8), at + 10
        if at + size > len(message):
            raise ValueError
        if kind == _A and size == 4:
            found.append((name, kind, "%d.%d.%d.%d" % tuple(message[at : at + 4])))
        elif kind == _SRV:
            found.append((name, kind, (_name(message, at + 6)[0], _number(message, at + 4))))
        at += size
    return found


def _number(message, at):
    return message[at] << 8 | message[at + 1]


def _name(message, at):
    """The name that begins there, in small letters, and where it ends; names may end in another's tail."""
    labels, end = [], 0
    for _ in range(_MOST_LABELS):
        length = message[at]
        if length >= 0xC0:
            end = end or at + 2
            at = (length & 0x3F) << 8 | message[at + 1]
        elif length:
            labels.append(bytes(message[at + 1 : at + 1 + length]).lower())
            at += 1 + length
        else:
            return b".".join(labels), end or at + 1
    raise ValueError

"""The number of this start, modulo 2^8, kept in flash: by it the hub tells a restarted pad from a repeated hit."""

import os


def next_boot(path):
    """One more than last time; by chance where nothing is kept or flash refuses."""
    try:
        with open(path) as kept:  # noqa: PTH123 - boards have no pathlib
            boot = (int(kept.read()) + 1) & 0xFF
    except (OSError, ValueError):
        boot = os.urandom(1)[0]
    try:
        with open(path + ".new", "w") as kept:  # noqa: PTH123 - boards have no pathlib
            kept.write(str(boot))
        os.rename(path + ".new", path)  # whole or not at all, also if the battery goes now
    except OSError:
        pass
    return boot

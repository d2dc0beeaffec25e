"""Run a board's own ``main.py`` on the simulated bench.

``MICROPYPATH=FOLDER:.frozen micropython firmware_configs/simulated/start.py`` in ``FOLDER``, which ``build.py`` made and
where ``pad.toml`` is: modules beside this file come before the board's.  ``BOARD_MDNS_PORT``: ask for the hub by name on
that port of loopback, and not on the network.
"""

import os

import mdns

if os.getenv("BOARD_MDNS_PORT"):
    mdns.GROUP, mdns.PORT = "127.0.0.1", int(os.getenv("BOARD_MDNS_PORT"))

import main  # noqa: F401 - a board runs by being imported

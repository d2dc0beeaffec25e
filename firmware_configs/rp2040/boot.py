"""Before USB begins: the name under which a computer lists the drum, and no keyboard or mouse beside it."""

import drum
import supervisor
import usb_hid
import usb_midi

try:
    name = drum.load("pad.toml")[0]["name"]
except (ValueError, OSError):
    name = drum.PAD["name"]  # code.py says what is wrong
usb_hid.disable()
supervisor.set_usb_identification("home-built", name)
usb_midi.set_names(streaming_interface_name=name)

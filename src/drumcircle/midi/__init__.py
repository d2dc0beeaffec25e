"""USB pads in and notes out, through python-rtmidi; the only package that imports it.

rtmidi is imported when a part runs, never with this package: without it, or without a MIDI system, everything else
works and :class:`~drumcircle.errors.MissingPart` says how to add it.
"""

"""Hearing single hits: what ``pads learn`` and ``pads check`` make of them, and the terminal they talk through."""

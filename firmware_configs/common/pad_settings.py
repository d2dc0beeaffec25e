"""What ``pad.toml`` may say, and what holds where it says nothing."""

import sensing
import settings

TABLES = {
    "pad": {"name": "", "label": "", "circle": "circle", "period_us": 500},
    "wifi": {"ssid": "", "password": "", "power_save": False},
    "broker": {
        "host": "",
        "port": 8883,
        "tls": True,
        "server_name": "drumcircle.local",
        "user": "",
        "password": "",
        "client_id": "",
        "certificate": "drumcircle.der",
    },
    "light": {"pin": -1},
    "vibration": {"pin": -1},
    "battery": {"pin": -1, "divider": 2.0},
}
"""A pin of -1: there is none."""
SENSOR = {"pin": -1, "note": 38}


class PadSettings:
    """Every table as a dict; ``sensors`` is a list of ``(pin, note, channel)``, the channel as sensing takes it."""

    def __init__(self, found):
        known = set(TABLES)
        known.add("sensor")
        for name in found:
            if name not in known:
                raise settings.SettingsError(
                    f"There is no table [{name}] in pad.toml; there are {', '.join(sorted(known))}."
                )
        for name, defaults in TABLES.items():
            setattr(self, name, settings.filled(found.get(name, {}), defaults, f"[{name}]"))
        self.sensors = [_sensor(told) for told in found.get("sensor", ())]
        if not self.pad["name"] or not self.sensors:
            raise settings.SettingsError("pad.toml needs a name in [pad] and at least one [[sensor]].")
        if self.broker["host"].strip("0123456789."):
            raise settings.SettingsError(
                "'host' of [broker] must be an address, as \"192.168.8.20\"; empty, the pad looks for the circle itself."
            )


def load(path):
    """The settings of a file.

    Raises:
        SettingsError: a mistake in it.
        OSError: it cannot be read.
    """
    return PadSettings(settings.load(path))


def _sensor(told):
    defaults = dict(sensing.DEFAULTS)
    defaults.update(SENSOR)
    channel = settings.filled(told, defaults, "[[sensor]]")
    pin, note = channel.pop("pin"), channel.pop("note")
    if pin < 0 or not 0 <= note <= 127:
        raise settings.SettingsError("Each [[sensor]] needs a pin, and a note from 0 to 127.")
    return pin, note, channel

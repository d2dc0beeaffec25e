"""An ESP32 as a pad's program sees it: pins, radio, watchdog.  No decisions beyond that."""

import os
import socket
import ssl

import battery
import mdns
import network
from hub_finder import HubFinder
from machine import ADC, PWM, WDT, Pin
from sampler import Sampler

ADC1 = range(32, 40)
"""Pins of the first converter.  The radio uses the second one, which cannot be read while Wi-Fi is on."""
PWM_HZ = 1000
PWM_FULL = 65535
WATCHDOG_MS = 30000
"""It cannot be stopped again: long enough that new files can be copied after Ctrl-C."""
LOOK_AT_RADIO_MS, JOIN_AGAIN_MS = 100, 15000
TCP_NODELAY = 1
IN_PROGRESS = (115, 119)
"""EINPROGRESS of Linux and of lwIP."""


class Board:
    """Made of the settings in ``pad.toml``."""

    def __init__(self, settings):
        self._settings = settings
        pins = [pin for pin, _, _ in settings.sensors]
        for pin in pins:
            if pin not in ADC1:
                raise ValueError(f"A sensor's pin must be one of 32 to 39, not {pin}: Wi-Fi uses the others.")
        self.sample = Sampler(pins, settings.pad["period_us"]).read
        self._light, self._motor = (_output(told["pin"]) for told in (settings.light, settings.vibration))
        self.shows_cues = self._light is not None or self._motor is not None
        self._cell = _cell(settings.battery["pin"])
        self._tls = _tls(settings.broker) if settings.broker["tls"] else None
        self._wlan = network.WLAN(network.STA_IF)
        self._online = False
        self._looked_ms = self._joined_ms = -JOIN_AGAIN_MS
        self._wlan.active(True)
        if not settings.wifi["power_save"]:
            self._wlan.config(pm=self._wlan.PM_NONE)  # a radio that sleeps hears answers late
        self.alive = WDT(timeout=WATCHDOG_MS).feed

    def show(self, light, motor):
        """Per mille each."""
        for output, level in ((self._light, light), (self._motor, motor)):
            if output is not None:
                output.duty_u16(level * PWM_FULL // 1000)

    def battery(self):
        """% or None."""
        if self._cell is None:
            return None
        return battery.percent(int(self._cell.read_uv() * self._settings.battery["divider"]) // 1000)

    # ------------------------------------------------------------ network

    def online(self, now_ms):
        """Whether the radio is in the network; sees to it that it will be."""
        if now_ms - self._looked_ms >= LOOK_AT_RADIO_MS:
            self._looked_ms = now_ms
            self._online = self._wlan.isconnected()
            if not self._online and now_ms - self._joined_ms >= JOIN_AGAIN_MS:
                self._joined_ms = now_ms
                self._join()
        return self._online

    def _join(self):
        wifi = self._settings.wifi
        try:
            self._wlan.disconnect()
            self._wlan.connect(wifi["ssid"], wifi["password"])
        except OSError:
            pass  # the radio is busy: tried again

    def rssi(self):
        """dBm or None."""
        try:
            return self._wlan.status("rssi")
        except OSError:
            return None

    def finder(self):
        """How the hub is found."""
        broker = self._settings.broker
        group = socket.getaddrinfo(mdns.GROUP, mdns.PORT)[0][-1]
        circle = self._settings.pad["circle"]
        return HubFinder(circle, broker["host"], broker["port"], _udp, group, _chance)

    def connect(self, address):
        """A socket that is being connected.

        Raises:
            OSError: there is no way there.
        """
        where = socket.getaddrinfo(address[0], address[1])[0][-1]
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setblocking(False)
        made.setsockopt(6, TCP_NODELAY, 1)  # 6: TCP, which not every board names
        try:
            made.connect(where)
        except OSError as problem:
            if problem.errno not in IN_PROGRESS:
                made.close()
                raise
        return made

    def secure(self, made):
        """The stream of a connected socket: itself, or TLS on it, whose handshake does not wait either."""
        if self._tls is None:
            return made
        name = self._settings.broker["server_name"]
        return self._tls.wrap_socket(made, server_hostname=name, do_handshake_on_connect=False)


def _tls(broker):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    with open(broker["certificate"], "rb") as certificate:  # noqa: PTH123 - boards have no pathlib
        context.load_verify_locations(cadata=certificate.read())
    return context


def _output(pin):
    return None if pin < 0 else PWM(Pin(pin), freq=PWM_HZ, duty_u16=0)


def _cell(pin):
    if pin < 0:
        return None
    if pin not in ADC1:
        raise ValueError(f"The battery's pin must be one of 32 to 39, not {pin}: Wi-Fi uses the others.")
    return ADC(Pin(pin), atten=ADC.ATTN_11DB)


def _udp():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    return made


def _chance(below):
    return int.from_bytes(os.urandom(2), "little") % below

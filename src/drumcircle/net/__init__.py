"""Pads over the network: the wire, their clocks, MQTT and the broker."""

"""Performing a file: when each hit is due, and the ways it reaches a circle."""

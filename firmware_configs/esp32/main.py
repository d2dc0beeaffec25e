"""A drumcircle pad on an ESP32.  What it needs to know is in ``pad.toml``."""

import sys
import time

import machine
import pad_settings
from board import Board
from pad_program import PadProgram

BEFORE_RESET_S = 3


def main():
    """For ever; after a failure, which is printed, once more from the beginning."""
    try:
        settings = pad_settings.load("pad.toml")
        PadProgram(Board(settings), settings, time).run()
    except Exception as problem:
        sys.print_exception(problem)
        time.sleep(BEFORE_RESET_S)  # time to read it, and to stop with Ctrl-C
        machine.reset()


main()

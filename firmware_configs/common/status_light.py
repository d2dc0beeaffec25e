"""What the light says while there is no pulse to show: so many blinks every two seconds."""

READY, NO_WIFI, NO_BROKER, NO_HUB, REFUSED, WRONG_HUB = range(6)
LEVEL = 300
_BLINK_US, _ROUND_US = 150000, 2000000


def look(code, now_us):
    """``(level, look_again_us)``; dark when all is well."""
    since = now_us % _ROUND_US
    part = since // _BLINK_US
    lit = part < 2 * code and part % 2 == 0
    return LEVEL if lit else 0, now_us + _BLINK_US - since % _BLINK_US

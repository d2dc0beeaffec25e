"""How full a lithium cell is, from its voltage."""

CURVE = (
    (3300, 0), (3600, 10), (3700, 25), (3750, 40), (3800, 52), (3900, 67), (4000, 80), (4100, 92), (4200, 100),
)  # fmt: skip
"""(mV, %) of a lithium polymer cell that gives a tenth of its capacity an hour; good to about ten percent."""
NONE_BELOW_MV = 1000
"""Less than this is no cell but an open pin."""


def percent(millivolts):
    """0-100, or None where no cell is connected."""
    if millivolts < NONE_BELOW_MV:
        return None
    low_mv, low = CURVE[0]
    if millivolts <= low_mv:
        return low
    for high_mv, high in CURVE[1:]:
        if millivolts < high_mv:
            return low + (high - low) * (millivolts - low_mv) // (high_mv - low_mv)
        low_mv, low = high_mv, high
    return low

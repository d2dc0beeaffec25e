"""drumcircle: lead a drum circle with one shared pulse and an honest record."""

__version__ = "0.1.0"

INTENDED_USE = (
    "drumcircle helps lead group music-making and describes when people played. It is not intended to "
    "diagnose, prevent, monitor, predict, treat or alleviate any disease, injury or disability, nor to "
    "inform such decisions."
)
"""What README, first run, help and reports say; no claim beyond it anywhere."""

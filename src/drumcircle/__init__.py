"""drumcircle: lead a drum circle with one shared pulse and an honest record."""

__version__ = "0.1.0"

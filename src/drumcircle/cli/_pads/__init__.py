"""``drumcircle pads``: one file a word after it; each has ``ABOUT``, ``add_arguments(parser)`` and ``run(options)``."""

"""Files people bring and take away: Standard MIDI Files, onset tables, patterns, settings."""

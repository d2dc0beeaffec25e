"""The dashboard: draws what the hub sends, sends what the facilitator presses; a client of the link only."""

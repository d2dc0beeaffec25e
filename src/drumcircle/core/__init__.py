"""The circle itself: one deterministic state machine; facts go in with their time, effects come out.

Nothing here reads a clock, rolls dice but a journalled seed, opens a file, or iterates over a set.
"""

"""The record: the journal, what brings a circle back after a crash, replay, export and erasure."""

"""Replay: programs run again and again, as fast as they can be."""

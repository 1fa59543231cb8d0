"""Tracing: a function is run once, and what it does is written down as a program."""

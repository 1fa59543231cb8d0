"""Expressions as text, as the command line takes them: parsed, never run as Python."""

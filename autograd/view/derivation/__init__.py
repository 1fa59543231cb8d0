"""Worked derivations."""

"""Exercises, and the backward pass step by step."""

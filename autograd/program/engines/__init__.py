"""Engines: a program in the array API standard, run by other array libraries."""

"""Printers: a program as NumPy, LaTeX, JavaScript, and a page."""

"""Programs: a graph written down as straight-line code."""

"""Seeing: pictures of graphs. Imported when first asked for, for it needs `graphviz`."""

from autograd.view.graph.picture import Picture, draw

__all__ = ["Picture", "draw"]

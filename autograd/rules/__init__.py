"""The tables: importing this package fills `autograd.primitive.PRIMITIVES`."""

from autograd.rules import composites, elementwise, linalg, neural, queries, reduce, shape

__all__ = ["composites", "elementwise", "linalg", "neural", "queries", "reduce", "shape"]

"""The tables: importing this package fills `autograd.primitive.PRIMITIVES`."""

from autograd.rules import batching, composites, elementwise, linalg, neural, queries, reduce, shape

__all__ = [
    "batching",
    "composites",
    "elementwise",
    "linalg",
    "neural",
    "queries",
    "reduce",
    "shape",
]

"""Graphs of operators for batches of any size: what graphs for several sizes have in common.

Operators must be the same. Constants may differ if they are shapes and bounds that grow evenly with
the batch, or repeat themselves along it: then the graph computes them when it runs.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.tree import flatten
from autograd.tensor import Tensor, raw

if TYPE_CHECKING:
    from autograd.program.onnx.onnx import Graph

SIZES = 11, 13, 17
"""Three sizes beside the example's, as two would take a square for a line; primes, as other axes
seldom are."""
SMALL = 2, 1
"""Sizes at which a function may be another one, as behind min(n, 8) or a diagonal; it may also
refuse them."""


def of_any_batch(
    printed: Callable[[Sequence[Any]], "Graph"], examples: Sequence[Any], own: "Graph"
) -> bytes | None:
    """Write a function as a model of any batch; return None where there is no such model.

    Parameters
    ----------
    printed : gives the graph of the function for such arguments.
    examples : its arguments. The batch is the first axis of the first array, and of all that have
        its length there.
    own : the graph for these.
    """
    leaves, rebuild = flatten(list(examples))
    lengths = [np.shape(raw(x))[:1] for x in leaves]
    size = next((n for n in lengths if n), None)
    if size is None:
        return own.model()
    graphs = {}
    for n in SIZES + SMALL:
        pairs = zip(leaves, lengths, strict=True)
        resized = [_resized(x, n) if length == size else x for x, length in pairs]
        try:
            graphs[n] = printed(rebuild(resized))
        except Exception:  # noqa: BLE001  # whatever the function says to another batch
            if n in SIZES:
                return None
    merged = _is_merged([*graphs.values(), own], (*graphs, *size))
    return graphs[SIZES[0]].model(_dims([graphs[n] for n in SIZES])) if merged else None


def _resized(x: Any, n: int) -> Any:
    data = raw(x)
    rows = np.resize(data, (n, *data.shape[1:])).astype(data.dtype)
    return Tensor(rows) if type(x) is Tensor else rows


def _is_merged(graphs: "Sequence[Graph]", sizes: Sequence[int]) -> bool:
    """Let the first graph compute the constants that depend on the batch; tell whether it can."""
    graph, other, *_ = graphs
    if any(g.nodes != graph.nodes or g.constants.keys() != graph.constants.keys() for g in graphs):
        return False
    nodes, graph.nodes = graph.nodes, []
    reshapes = {inputs[1] for operator, inputs, _, _ in nodes if operator == "Reshape"}
    varying = {}
    for name, first in graph.constants.items():
        values = [g.constants[name] for g in graphs]
        if all(_is_same(v, first) for v in values):
            continue
        even = name in reshapes and all(v.shape == first.shape for v in values)
        differ = np.any([v != first for v in values], axis=0) if even else 0
        if np.count_nonzero(differ) == 1:
            graph.constants[name] = np.where(differ, -1, first)
        else:
            varying[name] = values
    if varying:
        batched = next(n for n, x in graph.given.items() if np.shape(x) != np.shape(other.given[n]))
        shape = graph.add("Shape", batched.text, dtype=np.int64)
        size = graph.add("Gather", shape, graph.constant(np.array(0)))
    for name, values in varying.items():
        made = _grown(graph, values, sizes, size) or _repeated(graph, values, sizes, size)
        if made is None:
            return False
        del graph.constants[name]
        graph.called(made, name)
    graph.nodes += nodes
    return True


def _is_same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _grown(
    graph: "Graph", values: Sequence[np.ndarray], sizes: Sequence[int], size: str
) -> str | None:
    """Compute integers that grow evenly with the size of the batch."""
    first, second, *_ = values
    if first.dtype != np.int64 or first.shape != second.shape:
        return None
    growth = (second - first) // (sizes[1] - sizes[0])
    base = first - growth * sizes[0]
    if not all(_is_same(v, base + growth * n) for v, n in zip(values, sizes, strict=True)):
        return None
    return graph.add("Add", graph.constant(base), graph.add("Mul", graph.constant(growth), size))


def _repeated(
    graph: "Graph", values: Sequence[np.ndarray], sizes: Sequence[int], size: str
) -> str | None:
    """Compute an array that repeats itself along the axes that depend on the batch."""
    if len({v.ndim for v in values}) > 1:
        return None
    varies = [len(set(lengths)) > 1 for lengths in zip(*(v.shape for v in values), strict=True)]
    part = tuple(slice(0, 1) if v else slice(None) for v in varies)
    once = values[0][part]
    if not all(_is_same(v, np.broadcast_to(once, v.shape)) for v in values):
        return None
    shape = _grown(graph, [np.array(v.shape, np.int64) for v in values], sizes, size)
    return shape and graph.add("Expand", graph.constant(once), shape)


def _dims(graphs: "Sequence[Graph]") -> dict[str, list[Any]]:
    """Name the axes of inputs and outputs that are the batch; others that depend on it are None."""
    ends = [{n.text: x for n, x in g.given.items()} | g.outputs for g in graphs]
    dims = {}
    for name in ends[0]:
        axes = zip(*(np.shape(end[name]) for end in ends), strict=True)
        dims[name] = ["batch" if n == SIZES else n[0] if len(set(n)) == 1 else None for n in axes]
    return dims

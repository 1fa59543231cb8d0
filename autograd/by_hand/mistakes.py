"""The mistakes that people make when they derive by hand, each as a modified sweep.

A mistake is what one operation, or a few, send back in the place of the right contributions; the
sweep carries it on to every gradient. `TABLE` has one row for each: it finds the operations where
the mistake can be made, and says it in words.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations, islice
from typing import Any

import numpy as np

from autograd.by_hand.formulas import wrong
from autograd.by_hand.graph import Graph
from autograd.graph import arguments
from autograd.rules.cross_entropy import softmax_cross_entropy
from autograd.rules.neural import log_softmax, softmax
from autograd.sweep.pull import Gradient, fit
from autograd.sweep.steps import contributions, gradients
from autograd.tensor import Tensor, raw
from autograd.view.graph.spelling import number

Sent = Iterable[tuple[int, Gradient]]
"""What one operation sends: (which argument, its part)."""

WORK = 200_000
"""So many operations are carried out backward, over all mistakes, before the search gives up."""

DIAGONAL = 400
"""A Jacobian's diagonal is found entry by entry, for at most so many."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What was done wrong, what to do instead, and what each mistaken operation sends.

    `cost` is 2 where it is made of several.
    """

    kind: str
    what: str
    instead: str
    sends: Mapping[Tensor, Callable[[Gradient], Sent]]
    cost: int = 1


# ── what is sent instead ──────────────────────────────────────────────────────────────────────
def _without(node: Tensor, gone: set[int], g: Gradient) -> Sent:
    return [(i, gx) for i, gx in contributions(node, arguments(node), g) if i not in gone]


def _instead(node: Tensor, gone: set[int], put: Sent, g: Gradient) -> Sent:
    return [*_without(node, gone, g), *put]


def _changed(node: Tensor, i: int, part: Callable[[Gradient], Gradient], g: Gradient) -> Sent:
    """Send another part to argument i, and what is right to the rest."""
    return [*_without(node, {i}, g), (i, part(g))]


def _times(slope: Any, g: Gradient) -> Gradient:
    """Multiply by a local derivative, which may have more axes at the end than its result."""
    return np.reshape(g, (*np.shape(g), *(1,) * (np.ndim(slope) - np.ndim(g)))) * slope


def _enlarged(node: Tensor, n: int, g: Gradient) -> Sent:
    return [(i, n * gx) for i, gx in contributions(node, arguments(node), g)]


def _alone(node: Tensor, g: Gradient) -> Sent:
    """Send what would be right if nothing but 1 had arrived."""
    return contributions(node, arguments(node), np.ones_like(g))


def _mistake(kind: str, node: Tensor, i: int, part: Any, what: str, instead: str) -> Mistake:
    """Make a mistake about one argument; `part` is a local derivative, or computes what is sent."""
    part = part if callable(part) else partial(_times, part)
    return Mistake(kind, what, instead, {node: partial(_changed, node, i, part)})


def _data(node: Tensor) -> list[Any]:
    return [raw(a) for a in arguments(node)]


# ── the rows ──────────────────────────────────────────────────────────────────────────────────
def _activations(graph: Graph) -> Iterator[tuple[Tensor, int]]:
    """Find the functions of one variable that act on each element, and bend."""
    for node in graph.nodes:
        op: Any = node.op
        wanting = graph.wanting(node)
        if op.elementwise and op.fn not in ARITHMETIC and len(wanting) == 1:
            yield node, wanting[0]


def derivative(graph: Graph) -> Iterator[Mistake]:
    """The gradient passes an activation as if it were not there."""
    found = []
    for node, i in _activations(graph):
        op: Any = node.op
        found.append(
            _mistake(
                "derivative", node, i, lambda g: g,
                f"the derivative of {op.name} is missing, in {graph.shown(node)}",
                f"multiply {graph.gradient(node)} by the derivative there, {graph.slope(node, i)}",
            )
        )  # fmt: skip
    yield from found
    for group in (*combinations(found[:6], 2), *([tuple(found)] if len(found) > 2 else [])):
        yield Mistake(
            "derivative", "; ".join(m.what for m in group), "; ".join(m.instead for m in group),
            {node: send for m in group for node, send in m.sends.items()}, 2,
        )  # fmt: skip


def point(graph: Graph) -> Iterator[Mistake]:
    """The derivative is taken at the result, or is a formula of the result put at the input."""
    for node, i in _activations(graph):
        op: Any = node.op
        rule, x = op.rule(i), arguments(node)[i]
        if len(node.args) != 1 or rule is None:
            continue
        one, y = np.ones_like(node.data), node.data
        right = f"the derivative there is {graph.slope(node, i)}"
        yield _mistake(
            "point", node, i, rule(one, op.call(y, **node.params), y, **node.params),
            f"the derivative of {op.name} is taken at {graph.name(node)}, its result", right,
        )  # fmt: skip
        yield _mistake(
            "point", node, i, rule(one, x.data, x.data, **node.params),
            f"the derivative of {op.name} has {graph.name(x)} where its result belongs", right,
        )  # fmt: skip


def diagonal(graph: Graph) -> Iterator[Mistake]:
    """Of a full Jacobian only the diagonal is used, or only a part."""
    for node in graph.nodes:
        op: Any = node.op
        entry, own, other = SOFTMAXES.get(op.fn, ("", "", ""))
        for i in graph.wanting(node):
            x = arguments(node)[i]
            if op.elementwise or x.shape != node.shape or not 1 < node.size <= DIAGONAL:
                continue
            yield _mistake(
                "diagonal", node, i, _diagonal_of(node, i),
                f"only the diagonal of the Jacobian of {op.name} is used, in {graph.shown(node)}",
                f"each result depends on every input: {entry} = {other} for i ≠ j, too"
                if entry
                else "multiply by the whole Jacobian: each result depends on every input",
            )  # fmt: skip
        if entry:
            first = node.data if op.fn is softmax else 1.0
            yield _mistake(
                "diagonal", node, 0, first,
                f"the denominator of {op.name} is taken for a constant, in {graph.shown(node)}",
                f"it depends on every input too: {entry} = {own} for i = j, else {other}",
            )  # fmt: skip
        if op.fn is softmax_cross_entropy:
            yield from _cross_entropy(graph, node)


def _diagonal_of(node: Tensor, i: int) -> np.ndarray:
    """Return the diagonal of the Jacobian of a node by its argument i, entry by entry."""
    entries, args = np.zeros(node.shape), arguments(node)
    for index in np.ndindex(*node.shape):
        unit = np.zeros_like(node.data)
        unit[index] = 1
        entries[index] = dict(contributions(node, args, unit))[i][index]
    return entries


def _cross_entropy(graph: Graph, node: Tensor) -> Iterator[Mistake]:
    data, target = _data(node)
    p, y = softmax(data), np.zeros_like(data)
    y[np.arange(len(target)), target] = 1
    scores = graph.name(arguments(node)[0])
    right = f"a row of {scores} gets p − y, times the gradient that arrives at its cross-entropy"
    for what, slope in (
        ("only the diagonal of the Jacobian of softmax is used", -y * (1 - p)),
        ("the target is not subtracted from the probabilities p", p),
        ("the gradient is that of the probabilities, −y / p", -y / p),
        ("the sign of p − y is flipped", y - p),
    ):
        yield _mistake(
            "diagonal" if "diagonal" in what else "target", node, 0, slope, what, right,
        )  # fmt: skip


def path(graph: Graph) -> Iterator[Mistake]:
    """Of a variable that is used more than once, not every use counts."""
    for t, uses in graph.uses.items():
        if t not in graph.on or len(uses) < 2:
            continue
        for k, use in enumerate(uses):
            others = uses[:k] + uses[k + 1 :]
            for gone in ([use],) if len(uses) == 2 else ([use], others):
                over = ", ".join(dict.fromkeys(graph.shown(node) for node, _ in gone))
                yield Mistake(
                    "path", f"{graph.name(t)} is used {len(uses)} times, and "
                    f"{f'{len(gone)} paths back are' if len(gone) > 1 else 'one path back is'} "
                    f"missing: over {over}",
                    f"add up what comes back to {graph.name(t)} over all its uses",
                    {n: partial(_without, n, at) for n, at in _positions(gone).items()},
                )  # fmt: skip


def upstream(graph: Graph) -> Iterator[Mistake]:
    """The local derivative stands alone, without the gradient that arrives."""
    arrived = gradients(graph.root)
    for node in graph.nodes:
        # of equal numbers, a missing factor says more
        if node in arrived and (graph.scalar or np.unique(arrived[node]).size > 1):
            yield Mistake(
                "upstream", f"the gradient that arrives at {graph.name(node)} is left out",
                f"multiply by it: {graph.gradient(node)}",
                {node: partial(_alone, node)},
            )  # fmt: skip


def count(graph: Graph) -> Iterator[Mistake]:
    """A mean is differentiated as a sum, a constant factor is left out."""
    for node in graph.nodes:
        op: Any = node.op
        data = _data(node)
        if n := graph.averaged(node):
            mean = f": {graph.name(node)} is a mean, not a sum"
            where = mean if op.fn is np.mean else f", in {graph.shown(node)}"
            yield Mistake(
                "missing 1/N", f"1/N is missing (N = {n}){where}",
                f"divide by {n}", {node: partial(_enlarged, node, n)},
            )  # fmt: skip
            continue
        for i in graph.wanting(node) if op.fn in (np.multiply, np.divide) else ():
            other = data[1 - i]
            constant = not getattr(arguments(node)[1 - i], "requires_grad", False)
            if constant and np.size(other) == 1:
                below = op.fn is np.divide and i == 1
                verb = "divide" if op.fn is np.divide and i == 0 else "multiply"
                yield _mistake(
                    "constant", node, i, -(data[1] ** -2.0) if below else 1.0,
                    f"the constant {number(other)} in {graph.shown(node)} is missing",
                    f"{verb} by {number(other)}",
                )  # fmt: skip


def minus(graph: Graph) -> Iterator[Mistake]:
    """The minus of a difference is lost on the way back."""
    for node in graph.nodes:
        op: Any = node.op
        for i in graph.wanting(node):
            if op.fn is np.negative or (op.fn is np.subtract and i == 1):
                x = graph.name(arguments(node)[i])
                yield _mistake(
                    "minus", node, i, 1.0,
                    f"the minus before {x} in {graph.shown(node)} is missing",
                    f"the local derivative by {x} is −1 there",
                )  # fmt: skip


def factor(graph: Graph) -> Iterator[Mistake]:
    """An operation is differentiated by a wrong formula, or a matrix is not transposed."""
    for node in graph.nodes:
        op: Any = node.op
        for i in graph.wanting(node):
            for kind, what, part in _wrong_slopes(node, i):
                instead = "the other factor, transposed, on its side of the gradient"
                if op.elementwise:
                    x = graph.name(arguments(node)[i])
                    instead = f"the local derivative by {x} is {graph.slope(node, i)}"
                yield _mistake(kind, node, i, part, f"{what}, in {graph.shown(node)}", instead)


def _wrong_slopes(node: Tensor, i: int) -> Iterator[tuple[str, str, Any]]:
    op: Any = node.op
    xs = _data(node)
    yield from wrong(op.fn, i, node.data, xs)
    if op.fn is np.matmul and np.ndim(xs[1 - i]) == 2 and len({*np.shape(xs[1 - i])}) == 1:
        swapped = (lambda g: g @ xs[1]) if i == 0 else (lambda g: xs[0] @ g)
        yield "factor", "a matrix is not transposed on the way back", swapped


def step(graph: Graph) -> Iterator[Mistake]:
    """The gradient of a named result is taken for that of something it was computed from."""
    arrived = gradients(graph.root)
    bending = {node for node, _ in _activations(graph)}
    for y in graph.nodes:
        if y is graph.root or y not in arrived or not graph.called(y):
            continue
        only_bent = {y: True}  # what reaches the result over y alone, and over activations alone
        for x in chain(graph.nodes, graph.on.difference(graph.nodes)):
            uses = graph.uses.get(x, [])
            if not uses or any(node not in only_bent for node, _ in uses):
                continue
            only_bent[x] = all(node in bending and only_bent[node] for node, _ in uses)
            op: Any = x.op
            ends = op is None or not op.elementwise or graph.called(x)
            if x.shape == y.shape and ends and not only_bent[x]:
                of, by = graph.name(y), graph.name(x)
                yield Mistake(
                    "step", f"{graph.gradient(y)} is taken for {graph.gradient(x)}: "
                    f"the step from {of} to {by} is missing",
                    f"multiply by the derivative of {graph.shown(y)} by {by}",
                    _replaced(uses, arrived[y]),
                )  # fmt: skip


def _replaced(
    uses: Sequence[tuple[Tensor, int]], total: Gradient
) -> dict[Tensor, Callable[[Gradient], Sent]]:
    """Let the first of the uses send the whole gradient, and the others nothing."""
    first, place = uses[0]
    return {
        node: partial(_instead, node, at, [(place, total)] if node is first else [])
        for node, at in _positions(uses).items()
    }


def _positions(uses: Sequence[tuple[Tensor, int]]) -> dict[Tensor, set[int]]:
    """Return which arguments of each operation some uses are."""
    found: dict[Tensor, set[int]] = {}
    for node, i in uses:
        found.setdefault(node, set()).add(i)
    return found


SOFTMAXES = {
    softmax: ("∂pᵢ/∂sⱼ", "pᵢ (1 − pᵢ)", "−pᵢ pⱼ"),
    log_softmax: ("∂ log pᵢ/∂sⱼ", "1 − pᵢ", "−pⱼ"),
}
"""An entry of the Jacobian; what it is on the diagonal, and elsewhere."""

ARITHMETIC = {np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive}
"""Functions of each element that no lecture calls an activation."""

TABLE: tuple[Callable[[Graph], Iterator[Mistake]], ...] = (
    derivative, diagonal, path, minus, count, factor, point, upstream, step,
)  # fmt: skip
"""The rows, the likeliest mistake first."""


def mistaken(graph: Graph) -> Iterator[tuple[Mistake, dict[Tensor, Any]]]:
    """Yield every mistake of the table, and the gradients that it leads to.

    >>> x = Tensor(3.0, requires_grad=True, name="x")
    >>> for mistake, wrong in mistaken(Graph(x * x, [x], {})):
    ...     if mistake.kind == "path":
    ...         print(mistake.what, wrong[x].item())
    x is used 2 times, and one path back is missing: over x * x 3.0
    x is used 2 times, and one path back is missing: over x * x 3.0
    """
    every = (mistake for row in TABLE for mistake in row(graph))
    for mistake in islice(every, max(1, WORK // max(1, len(graph.nodes)))):
        yield mistake, gradients(graph.root, send=partial(_send, mistake))


def _send(mistake: Mistake, node: Tensor, args: Sequence[Any], g: Gradient) -> Iterator[Any]:
    if node not in mistake.sends:
        yield from contributions(node, args, g)
    else:
        for i, gx in mistake.sends[node](g):
            yield i, fit(np.asarray(gx), args[i])

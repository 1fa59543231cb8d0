"""The worked steps of a gradient, as the lecture notes write them.

First every operation forward, then the local derivative of each, then the chain rule backward,
from the result to the variables; and of scalars the same once more, path by path.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import chain, count
from string import ascii_lowercase
from typing import Any

import numpy as np

from autograd.graph import toposort
from autograd.provenance.names import called
from autograd.sweep.steps import Step, multiplies, steps
from autograd.tensor import Tensor
from autograd.view.derivation.document import Equation, Section, Words, sentence
from autograd.view.derivation.formula import (
    ADD,
    MULTIPLY,
    POWER,
    Call,
    Formula,
    Leaf,
    Partial,
    applied,
    joined,
    operations,
    partial,
    pullback,
    worth,
)
from autograd.view.derivation.languages import Language

LETTERS = [c for c in ascii_lowercase if c not in "efijlo"]
"""Names of intermediate results: not Euler's e, not f, no index, and nothing like a digit."""

PATHS, EDGES = 4, 16
"""So many paths are written out, of so many edges together; the others are counted."""

TERMS = 8
"""A gradient that comes from more operations is not written out as a sum of them all."""

KNOWN = 12
"""A derivative of more operations is how the engine finds it, and nobody's formula."""

MORE = Leaf("…", "…")


def letters(*roots: Tensor, seen: Mapping[int, str] | None = None) -> dict[Tensor, str]:
    """Name every result behind `roots`: f, and d, g, h … where a, b and c are taken.

    A tensor that has a name keeps it, or gets the one it has in `seen` (by identity); a second one
    of the same name gets a prime. A constant gets none.

    >>> a, b, c = (Tensor(v, requires_grad=True, name=n) for v, n in ((2, "a"), (3, "b"), (4, "c")))
    >>> list(letters((a + b) * c).values())
    ['a', 'b', 'c', 'd', 'f']
    """
    nodes, given = toposort(*roots), dict(seen or {})
    names: dict[Tensor, str] = {}
    taken: set[str] = set()
    for t in nodes:
        if name := called(t, given):
            while name in taken:
                name += "′"
            names[t] = name
            taken.add(name)
    taken.update(given.values())
    variables = (name for t, name in names.items() if t.op is None)
    last = max((n for n in variables if n in tuple(ascii_lowercase)), default="")
    after = sorted(LETTERS, key=lambda letter: (letter <= last, letter))
    free = (n for n in chain(after, (f"v{i}" for i in count(1))) if n not in taken)
    for root in roots:
        if root not in names:
            names[root] = next(n for n in chain("fgh", free) if n not in taken)
            taken.add(names[root])
    for t in nodes:
        if t not in names and (t.op is not None or t.requires_grad):
            names[t] = next(free)
    return {t: names[t] for t in nodes if t in names}


def named(names: Mapping[Tensor, str], seen: Mapping[int, str]) -> dict[Any, Leaf]:
    """Name tensors; and, by identity, the plain arrays that they take and that `seen` names."""
    arrays = (a for t in names for a in t.args if isinstance(a, np.ndarray))
    tensors = {t: Leaf(name, t.data) for t, name in names.items()}
    return {**tensors, **{id(a): Leaf(seen[id(a)], a) for a in arrays if id(a) in seen}}


class Derivation:
    """How a result, and its gradient, come about.

    Parameters
    ----------
    root : the result.
    names : what to call it and what it came from, as `letters` does.
    language : whose words the sections have.
    arrays : names of plain arrays, by identity.
    """

    def __init__(
        self, root: Tensor, names: Mapping[Tensor, str], language: Language,
        arrays: Mapping[int, str],
    ) -> None:  # fmt: skip
        self.root, self.language = root, language
        self.named = named(names, arrays)
        self.nodes = {t: self.named[t] for t in names}

    def forward(self) -> Section:
        """Write every operation with its numbers."""
        rows = [
            Equation(leaf, (applied(t, self.named),), t.data)
            for t, leaf in self.nodes.items()
            if t.op is not None
        ]
        return Section("forward", self.language.forward, rows)

    def backward(self) -> list[Section]:
        """Write the local derivatives, the chain rule, and of scalars the sums over the paths.

        Raises RuntimeError where the root is no scalar, or where nothing requires a gradient.
        """
        arrived: dict[Tensor, Any] = {}
        walk = list(steps(self.root, arrived=arrived))
        waiting = Counter(a for step in walk for a in _reached(step))
        edges: dict[Tensor, list[_Edge]] = {}
        local: list[Equation] = []
        chained = [Equation(self.gradient(self.root, arrived[self.root]), (), arrived[self.root])]
        for step in walk:
            found = list(self.sent(step))
            local[:0] = [self.local_row(edge) for edge in found if edge.local]
            for edge in found:
                a = edge.to
                edges.setdefault(a, []).insert(0, edge)  # in the order of the forward pass
                waiting[a] -= 1
                if not waiting[a]:
                    chained.append(self.chain_row(a, edges[a], arrived[a]))
        sections = [Section("local", self.language.local, local)] if local else []
        sections.append(Section("backward", self.language.backward, chained))
        if all(edge.local for some in edges.values() for edge in some):
            rows = list(self.path_rows(edges, arrived))
            sections.append(Section("paths", self.language.paths, rows))
        return sections

    def gradient(self, t: Tensor, value: Any) -> Partial:
        return partial(self.nodes[self.root], self.nodes[t], value)

    def sent(self, step: Step) -> "Iterator[_Edge]":
        """Yield what one operation sends to each of its arguments."""
        node = step.node
        arriving = self.gradient(node, step.gradient)
        reached = _reached(step)
        scalars = {a for a in reached if _is_scalar(step, a)}
        local = pullback(node, 1.0, self.named) if scalars else {}
        whole = pullback(node, arriving, self.named) if len(scalars) < len(reached) else {}
        for a, sent in reached.items():
            if a in scalars:
                formula, value = local[a]
                slope: Formula = formula
                if node is not self.root:
                    slope = partial(self.nodes[node], self.nodes[a], value)
                yield _Edge(node, a, Call(MULTIPLY, (arriving, slope)), sent, local[a])
            else:
                formula = whole[a][0]
                if not node.ndim and operations(formula) > KNOWN:  # one number: as its slopes
                    formula = Call(MULTIPLY, (arriving, pullback(node, 1.0, self.named)[a][1]))
                yield _Edge(node, a, formula, sent)

    def local(self, edge: "_Edge") -> Partial:
        """Write a local derivative: ``∂d/∂a``, of the root ``∂(d · c)/∂d``.

        The root's ``∂f/∂d`` is the gradient, over all edges.
        """
        named = edge.node is not self.root
        of = self.nodes[edge.node] if named else applied(edge.node, self.named)
        return partial(of, self.nodes[edge.to], edge.local[1])

    def local_row(self, edge: "_Edge") -> Equation:
        """Write ``∂d/∂a = ∂(a + b)/∂a = 1``."""
        formula, value = edge.local
        whole = partial(applied(edge.node, self.named), self.nodes[edge.to], value)
        left = self.local(edge) if edge.node is not self.root else None
        return Equation(left, (whole, formula), value, self.agreed(formula, value))

    def agreed(self, formula: Formula, value: Any) -> Words:
        """Say so where a number is a convention, for its formula has none: 0 · ∞ sends 0."""
        found = np.isfinite(worth(formula))
        if found.size == np.size(value):  # broadcasting needs no axes of length 1
            found = np.reshape(found, np.shape(value))
        agreed = np.unique(np.asarray(value)[np.isfinite(value) & ~found])
        if not agreed.size:
            return ()
        return sentence(self.language.taken, v=agreed if agreed.size > 1 else agreed[0])

    def chain_row(self, a: Tensor, edges: "Sequence[_Edge]", total: Any) -> Equation:
        """Write ``∂f/∂a = ∂f/∂u · ∂u/∂a + ∂f/∂v · ∂v/∂a``, with numbers, and who gets it."""
        words = self.language
        terms: list[Formula] = [edge.formula for edge in edges[:TERMS]]
        parts: list[Any] = []
        for i, edge in enumerate(edges[:TERMS]):
            if i:
                parts.append(f" {words.joined} " if i == len(edges) - 1 else ", ")
            given = words.part if not total.ndim else "{b}"
            parts += sentence(given, v=edge.sent, b=self.nodes[edge.node])
        if len(edges) > TERMS:
            terms.append(MORE)
            parts.append(", …")
        template = words.receives_array if total.ndim else words.receives
        remark = sentence(template, a=self.nodes[a], parts=tuple(parts))
        untold = (edge for edge in edges[:TERMS] if not edge.local or not self.agreed(*edge.local))
        agreed = filter(None, (self.agreed(edge.formula, edge.sent) for edge in untold))
        remark += next((("; ", *words) for words in agreed), ())
        return Equation(self.gradient(a, total), (joined(ADD, terms),), total, remark)

    def path_rows(
        self, edges: "Mapping[Tensor, Sequence[_Edge]]", arrived: Mapping[Tensor, Any]
    ) -> Iterator[Equation]:
        """Write the gradient of every variable as the sum over its paths to the result."""
        paths_from, shortest = {self.root: 1}, {self.root: 0}
        for t in reversed(self.nodes):
            if t in edges:
                paths_from[t] = sum(paths_from[edge.node] for edge in edges[t])
                shortest[t] = 1 + min(shortest[edge.node] for edge in edges[t])
        for t in self.nodes:
            if t.op is not None or t not in edges:
                continue
            paths = list(_paths(t, self.root, edges, shortest))
            if len(paths) == 1 < paths_from[t]:  # an example of one shows no sum
                paths = []
            terms = [joined(MULTIPLY, map(self.local, reversed(path))) for path in paths]
            if terms and len(paths) < paths_from[t]:
                terms.append(MORE)
            total = arrived[t]
            formulas = (joined(ADD, terms),) if terms else ()
            remark = self.path_remark(t, paths, paths_from[t])
            infinite = not all(np.isfinite(worth(term)) for term in terms[: len(paths)])
            if infinite and np.isfinite(total):  # 0 · ∞ is no number
                remark += ("; ", *sentence(self.language.taken, v=0.0))
            yield Equation(self.gradient(t, total), formulas, total, remark)

    def path_remark(self, t: Tensor, paths: "Sequence[list[_Edge]]", total: int) -> Words:
        words = self.language
        if not paths:
            return (words.path,) if total == 1 else sentence(words.n_paths, n=_counted(total))
        remark: list[Any] = []
        for path in paths:
            names = [self.nodes[t].name, *(self.nodes[edge.node].name for edge in path)]
            remark += [", ", names] if remark else [names]
        more = total - len(paths)
        if more:
            remark.append(" ")
            remark += sentence(words.more_path if more == 1 else words.more_paths, n=_counted(more))
        return tuple(remark)


@dataclass(frozen=True, slots=True)
class _Edge:
    """What one operation sends to an argument.

    Attributes
    ----------
    local : the formula and the value of the local derivative, where both are scalars.
    """

    node: Tensor
    to: Tensor
    formula: Formula
    sent: Any
    local: Any = None


def _is_scalar(step: Step, a: Tensor) -> bool:
    """Tell whether one number multiplies what an argument gets."""
    if step.node.ndim or a.ndim:
        return False
    uses = (i for i, x in enumerate(step.arguments) if x is a)
    return all(multiplies(step.node, step.arguments, i) for i in uses)


def _reached(step: Step) -> dict[Tensor, Any]:
    """Map each argument that gets a gradient to all that it gets from this operation."""
    sent: dict[Tensor, Any] = {}
    for a, gx in zip(step.arguments, step.sent, strict=True):
        if gx is not None:
            sent[a] = sent[a] + gx if a in sent else gx
    return sent


def _counted(n: int) -> Formula:
    """Write a number of paths, which may be beyond all floats."""
    if n < 10**6:
        return n
    exponent = int(math.log10(n))
    return Call(MULTIPLY, (n // 10**exponent, Call(POWER, (10, exponent))))


def _paths(
    start: Tensor, root: Tensor, edges: Mapping[Tensor, Sequence[_Edge]],
    shortest: Mapping[Tensor, int],
) -> Iterator[list[_Edge]]:  # fmt: skip
    """Yield the few shortest paths, as long as they can be read."""
    order, found, left = count(), 0, EDGES
    heap: list[tuple[int, int, Tensor, list[_Edge]]] = [(shortest[start], next(order), start, [])]
    while heap and found < PATHS and heap[0][0] <= left:
        _, _, t, path = heappop(heap)
        if t is root:
            found, left = found + 1, left - len(path)
            yield path
            continue
        for edge in edges[t]:
            length = len(path) + 1 + shortest[edge.node]
            heappush(heap, (length, next(order), edge.node, [*path, edge]))

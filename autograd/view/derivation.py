"""The worked steps of a gradient, as the lecture notes write them.

First every operation forward, then the local derivative of each, then the chain rule backward,
from the result to the variables: formula, numbers put in, value.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from string import ascii_lowercase
from typing import Any

import numpy as np

from autograd.graph import toposort
from autograd.program.spell import ATOM, Spelled, plain_text, spell
from autograd.steps import Step, steps
from autograd.tensor import Tensor
from autograd.view.formula import (
    ADD,
    MULTIPLY,
    Call,
    Formula,
    Leaf,
    applied,
    array_text,
    by_name,
    by_value,
    leaves,
    pullback,
    write,
)
from autograd.view.spelling import PRINTED

WIDTH = 96
"""An equation of more columns is broken before its equals signs."""

LONGEST = 200
"""A formula of more columns explains nothing, and is left out."""

SUMMARIZED = 64
"""Of an array of more entries only the corners are shown."""

LETTERS = [c for c in ascii_lowercase if c not in "efijlo"]
"""Names of intermediate results: not Euler's e, not f, no index, and nothing like a digit."""


def letters(root: Tensor) -> dict[Tensor, str]:
    """Name every result behind `root`: f, and d, g, h … where a, b and c are taken.

    A tensor that has a name keeps it; a constant gets none.

    >>> a, b, c = (Tensor(v, requires_grad=True, name=n) for v, n in ((2, "a"), (3, "b"), (4, "c")))
    >>> list(letters((a + b) * c).values())
    ['a', 'b', 'c', 'd', 'f']
    """
    nodes = toposort(root)
    names = {t: t.name for t in nodes if t.name}
    taken = set(names.values())
    last = max((n for n in taken if n in ascii_lowercase), default="")
    after = sorted(LETTERS, key=lambda letter: (letter <= last, letter))
    free = (n for n in chain(after, (f"v{i}" for i in count(1))) if n not in taken)
    if root not in names:
        names[root] = next(n for n in chain("fgh", free) if n not in taken)
        taken.add(names[root])
    for t in nodes:
        if t not in names and (t.op is not None or t.requires_grad):
            names[t] = next(free)
    return {t: names[t] for t in nodes if t in names}


class Derivation:
    """How a result, and its gradient, come about.

    Parameters
    ----------
    root : the result.
    names : what to call it and what it came from; by default `letters`.

    Examples
    --------
    >>> a, b, c = (Tensor(v, requires_grad=True, name=n) for v, n in ((2, "a"), (3, "b"), (4, "c")))
    >>> derivation = Derivation((a + b) * c)
    >>> print(derivation.forward())
    forward
      d = a + b = 2 + 3 = 5
      f = d · c = 5 · 4 = 20
    """

    def __init__(self, root: Tensor, names: Mapping[Tensor, str] | None = None) -> None:
        self.root = root
        self.names = letters(root) if names is None else names
        self.named = {t: Leaf(name, t.data) for t, name in self.names.items()}

    def forward(self) -> str:
        """Write every operation with its numbers."""
        rows = [
            _equation(self.names[t], [applied(t, self.named)], t.data)
            for t in self.named
            if t.op is not None
        ]
        return _section("forward", rows)

    def backward(self) -> str:
        """Write the local derivatives, and then the chain rule with its numbers.

        Raises RuntimeError where the root is no scalar, or where nothing requires a gradient.
        """
        walk = list(steps(self.root))
        waiting = Counter(a for step in walk for a in _reached(step))
        arrived: dict[Tensor, Any] = {self.root: np.ones_like(self.root.data)[()]}
        ways: dict[Tensor, list[_Way]] = {}
        local: list[_Row] = []
        chained = [_equation(self.gradient(self.root), [], arrived[self.root])]
        for step in walk:
            found = list(self.sent(step))
            local[:0] = [self.local_row(step.node, a, w.local) for a, w in found if w.local]
            for a, way in found:
                ways.setdefault(a, []).insert(0, way)  # in the order of the forward pass
                arrived[a] = arrived[a] + way.sent if a in arrived else way.sent
                waiting[a] -= 1
                if not waiting[a]:
                    chained.append(self.chain_row(a, ways[a], arrived[a]))
        parts = [_section("local derivatives", local)] if local else []
        parts.append(_section("backward", chained))
        return "\n\n".join(parts)

    def gradient(self, t: Tensor) -> str:
        return f"∂{self.names[self.root]}/∂{self.names[t]}"

    def sent(self, step: Step) -> "Iterator[tuple[Tensor, _Way]]":
        """Yield what one operation sends to each of its arguments."""
        node = step.node
        arriving = Leaf(self.gradient(node), step.gradient)
        scalar = node.ndim == 0
        local = pullback(node, 1.0, self.named) if scalar else {}
        whole: dict[Tensor, Any] = {}
        if not scalar or any(a.ndim for a in _reached(step)):
            whole = pullback(node, arriving, self.named)
        for a, sent in _reached(step).items():
            if scalar and a.ndim == 0:
                formula, value = local[a]
                slope: Formula = formula
                if node is not self.root:
                    slope = Leaf(f"∂{self.names[node]}/∂{self.names[a]}", value)
                yield a, _Way(Call(MULTIPLY, (arriving, slope)), sent, local[a])
            else:
                yield a, _Way(whole[a][0], sent)

    def local_row(self, node: Tensor, a: Tensor, local: tuple[Formula, Any]) -> "_Row":
        """Write ``∂d/∂a = ∂(a + b)/∂a = 1``.

        Of the root only ``∂(d · c)/∂c``: its ``∂f/∂c`` is the gradient, over all ways.
        """
        formula, value = local
        what = write(applied(node, self.named), by_name)
        text = what.text if what.binds == ATOM else f"({what.text})"
        name = "" if node is self.root else f"∂{self.names[node]}/∂{self.names[a]}"
        row = _equation(name, [formula], value)
        return _Row(row.name, [f"∂{text}/∂{self.names[a]}", *row.stages], row.shape)

    def chain_row(self, a: Tensor, ways: "Sequence[_Way]", total: Any) -> "_Row":
        """Write ``∂f/∂a = ∂f/∂u · ∂u/∂a + ∂f/∂v · ∂v/∂a``, with numbers."""
        return _equation(self.gradient(a), [way.formula for way in ways], total)


@dataclass(frozen=True, slots=True)
class _Way:
    """What one operation sends to an argument; `local` where both are scalars."""

    formula: Formula
    sent: Any
    local: tuple[Formula, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    stages: Sequence[str]
    shape: tuple[int, ...]


def _reached(step: Step) -> dict[Tensor, Any]:
    """Map each argument that gets a gradient to all that it gets from this operation."""
    sent: dict[Tensor, Any] = {}
    for a, gx in zip(step.arguments, step.sent, strict=False):
        if gx is not None:
            sent[a] = sent[a] + gx if a in sent else gx
    return sent


def _equation(name: str, terms: Sequence[Formula], value: Any) -> _Row:
    """Write a sum of formulas by name and by value, and what it comes to."""
    stages = []
    if terms:
        stages.append(_sum(write(term, by_name) for term in terms))
        if all(np.size(leaf.value) <= PRINTED for term in terms for leaf in leaves(term)):
            stages.append(_sum(write(term, by_value) for term in terms))
    stages.append(_block(value))
    kept = [s for i, s in enumerate(stages) if s not in stages[:i]]
    kept = [s for s in kept if len(s) <= LONGEST or s is stages[-1]]
    return _Row(name, kept, np.shape(value))


def _sum(terms: Iterable[Spelled]) -> str:
    total, *more = terms
    for term in more:
        total = spell(ADD, [total, term], {}, plain_text)
    return total.text


def _block(value: Any) -> str:
    """Write a value: a matrix of more than a few entries over several lines."""
    if np.size(value) <= PRINTED:
        return array_text(value)
    whole = np.size(value) <= SUMMARIZED
    width = max(len(array_text(v)) for v in np.ravel(value)) if whole else 0
    return np.array2string(
        np.asarray(value), separator=", ", threshold=SUMMARIZED, max_line_width=WIDTH - 16,
        formatter={"all": lambda v: array_text(v).rjust(width)},
    )  # fmt: skip


def _section(title: str, rows: Sequence[_Row]) -> str:
    """Align the equals signs; break what is too wide for one line."""
    margin = max((len(row.name) for row in rows), default=0)
    lines = [title]
    for row in rows:
        start = f"  {row.name:<{margin}} {'=' if row.name else ' '} " if margin else "  "
        again = "\n" + " " * max(margin + 3, 4) + "= "
        shape = f"   shape {row.shape}" if row.shape else ""
        line = start + " = ".join(row.stages) + shape
        if len(line) > WIDTH or "\n" in line:
            hanging = "\n" + " " * len(start)
            line = start + again.join(s.replace("\n", hanging) for s in row.stages) + shape
        lines.append(line)
    return "\n".join(lines)

"""The calls that a graph was computed through: parts within parts, and rows of alike ones.

A call is an interval of birth numbers (`autograd.provenance.calls`), so an operation is in the
innermost interval that holds its own. Whatever lies between two operations of a part is in the part
too: it can be drawn as one node, and no circle arises.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any
from weakref import ReferenceType, ref

import numpy as np

from autograd.base.errors import refusal
from autograd.graph import arguments, toposort
from autograd.tensor import Tensor
from autograd.view.graph.failure import reason_of

NODES = 40
"""A graph of more nodes than this is drawn on the module level if it can be, and modules are opened
as far as no more nodes are visible."""

LONGEST = 8
"""A pattern of so many parts and operations is recognised where it repeats itself."""

ROW = 3
"""So many alike parts in a row are shown once; of the very same module, two are enough."""

Shapes = dict[tuple[int, ...], None]
"""A set of shapes, in order."""


@dataclass(eq=False, slots=True, weakref_slot=True)
class Part:
    """What one call computed; or, without a label, one turn of a pattern that repeats itself.

    Attributes
    ----------
    owner : the part that it is in, held weakly: a picture shall keep no graph alive.
    depth : how many calls are around it; -1 for a pattern.
    items : its operations and parts, in the order of computation.
    times : how many alike parts in a row it stands for.
    twin : the first of the row, where that stands for this one.
    parameters : the size of each parameter that is used in it, by identity.
    inputs, outputs : the shapes of what goes in and comes out.
    """

    label: Any
    first: int
    last: float
    owner: "ReferenceType[Part] | None" = None
    depth: int = -1
    items: "list[Tensor | Part]" = field(default_factory=list)
    times: int = 1
    twin: "Part | None" = None
    parameters: dict[int, int] = field(default_factory=dict)
    inputs: Shapes = field(default_factory=dict)
    outputs: Shapes = field(default_factory=dict)

    @property
    def parent(self) -> "Part | None":
        return self.owner() if self.owner else None

    def chain(self) -> "list[Part]":
        """List this part and those that it is in, but for the whole."""
        chain, part, outer = [], self, self.parent
        while outer is not None:
            chain.append(part)
            part, outer = outer, outer.parent
        return chain

    def replaced(self) -> "Part | None":
        """Return the outermost part of the chain that another one stands for."""
        return next((p for p in reversed(self.chain()) if p.twin), None)

    def parts(self) -> "list[Part]":
        return [item for item in self.items if isinstance(item, Part)]

    def operations(self) -> Iterator[Tensor]:
        """Yield all operations in it, in order."""
        stack: list[Tensor | Part] = [self]
        while stack:
            item = stack.pop()
            if isinstance(item, Part):
                stack += reversed(item.items)
            else:
                yield item


def parts_of(
    roots: Sequence[Tensor], names: Mapping[int, str], level: str | None, depth: int | None,
    *, alone: bool,
) -> "Parts | None":  # fmt: skip
    """Return the parts that a picture draws; None where it is not on the module level.

    It is where it is asked to be, or where the graph holds modules and would be too large; but of
    itself only if it is to show the whole graph, `alone`.
    """
    if depth is not None and (level not in (None, "module") or depth < 0):
        raise refusal(
            ValueError,
            "a depth is how many modules are opened, from 0, and other levels draw none",
            f"draw(..., level={level!r}, depth={depth!r})",
            "draw(f, depth=1), or draw(f, level='module')",
        )
    nodes = toposort(*roots)
    asked = level == "module" or depth is not None
    large = level is None and alone and len(nodes) > NODES
    parts = Parts(nodes, roots, names, depth) if asked or large else None
    return parts if parts and parts.deepest >= 0 else None


class Parts:
    """The tree of the calls behind some results.

    Parameters
    ----------
    nodes : the graph behind the results, arguments before results.
    names : what modules and arrays are called, by identity.
    depth : parts that so many calls are around will be drawn as one node, and only rows of these
        are looked for; None for rows of all parts.

    Attributes
    ----------
    whole : the part that holds everything.
    homes : the innermost part of each operation.
    deepest : the largest depth; -1 where there are no calls.
    kept : the parameters and buffers, by identity: they are drawn in the part that uses them.
    """

    def __init__(
        self, nodes: Sequence[Tensor], roots: Iterable[Tensor], names: Mapping[int, str],
        depth: int | None,
    ) -> None:  # fmt: skip
        self._names, self.depth = names, depth
        self.whole = Part(None, 0, np.inf)
        self.homes: dict[Tensor, Part] = {}
        self._all = [self.whole]
        self._build(nodes)
        self.deepest = max(part.depth for part in self._all)
        labels = {id(p.label): p.label for p in self._all if hasattr(p.label, "buffers")}
        self.kept = {id(t) for label in labels.values() for t in label.buffers()}
        self.kept |= {id(t) for t in nodes if t.op is None and t.meta and "parameter" in t.meta}
        self._twins: dict[Tensor, Tensor] = {}
        self._find_rows()
        self._measure(roots)

    def top(self, t: Tensor) -> "Part | Tensor":
        """Return the outermost part of an operation, or the one that stands for it; or itself."""
        chain = self.homes[t].chain()
        return (chain[-1].twin or chain[-1]) if chain else t

    def resolve(self, t: Tensor) -> Tensor:
        """Return the operation that stands for t, where of alike parts the first is shown."""
        while t in self._twins:
            t = self._twins[t]
        return t

    def title(self, part: Part) -> str:
        """Return what a part is called: ``net.0``; a row of them ``net.0 … net.11``."""
        row = [part]
        if part.parent and part.label is not None:
            row += [p for p in part.parent.parts() if p.twin is part][-1:]
        return " … ".join(dict.fromkeys(map(self._path, row)))

    def _path(self, part: Part) -> str:
        label = part.label
        if label is None or isinstance(label, str):
            return label or ""
        if id(label) in self._names:
            return self._names[id(label)]
        for outer in part.chain()[1:]:
            if hasattr(outer.label, "named_modules"):
                for path, module in outer.label.named_modules():
                    if module is label:
                        return f"{self._path(outer)}.{path}".lstrip(".")
        return ""

    def _build(self, nodes: Sequence[Tensor]) -> None:
        """Put every operation into the innermost interval that holds it."""
        events: list[tuple[int, Any]] = [*{call[1]: call for call in calls_in(nodes)}.items()]
        events += [(t.count, t) for t in nodes if t.op is not None]
        part = self.whole
        for birth, event in sorted(events, key=itemgetter(0)):
            while part.parent and part.last < birth:
                part = part.parent
            if type(event) is Tensor:
                part.items.append(event)
                self.homes[event] = part
            elif event[2] <= part.last:  # intervals cross only where threads do
                label, first, last, _ = event
                inner = Part(label, first, last, ref(part), part.depth + 1)
                part.items.append(inner)
                self._all.append(inner)
                part = inner

    # ── rows ───────────────────────────────────────────────────────────────────────────────────
    def _find_rows(self) -> None:
        """Let the first of a row of alike parts stand for the others."""
        signs = self._signs()
        stack = [self.whole]
        while stack:
            part = stack.pop()
            items, i = part.items, 0
            row_of = [signs[item] for item in items]
            part.items = []
            while i < len(items):
                period, times = self._row(items, row_of, i)
                turns = [items[k : k + period] for k in range(i, i + period * times, period)]
                row = [self._turn(part, turn) for turn in turns] if times > 1 else turns[0]
                part.items += row
                i += period * times
                if isinstance(row[0], Part):
                    row[0].times = times
                    stack.append(row[0])
                    self._join([p for p in row if isinstance(p, Part)])

    def _signs(self) -> dict[Any, int]:
        """Number operations and parts so that alike ones have the same number."""
        known: dict[Any, int] = {}
        signs: dict[Any, int] = {}
        for t in self.homes:
            shapes = map(np.shape, (getattr(a, "data", a) for a in t.args))
            key: tuple[Any, ...] = (t.op, t.shape, *shapes)
            signs[t] = known.setdefault(key, len(known))
        for part in reversed(self._all):  # inner ones first
            kind = part.label if isinstance(part.label, str) else type(part.label)
            key = (kind, *(signs[item] for item in part.items))
            signs[part] = known.setdefault(key, len(known))
        return signs

    def _row(self, items: Sequence[Any], signs: Sequence[int], i: int) -> tuple[int, int]:
        """Return how long a pattern begins at an item, and how often it is there in a row."""
        best = (1, 1)
        for period in range(1, LONGEST + 1):
            parts = [p for p in items[i : i + period] if isinstance(p, Part)]
            if not parts or any(self.depth not in (None, p.depth) for p in parts):
                continue
            times = 1
            while signs[i + times * period : i + (times + 1) * period] == signs[i : i + period]:
                times += 1
            again = [p for p in items[i + period : i + 2 * period] if isinstance(p, Part)]
            same = all(p.label is q.label for p, q in zip(parts, again, strict=False))
            longer = best == (1, 1) or period * times > best[0] * best[1]
            if times >= (2 if same else ROW) and longer:
                best = (period, times)
        return best

    def _turn(self, parent: Part, items: "list[Tensor | Part]") -> Part:
        """Make one part of one turn of a pattern."""
        if len(items) == 1 and isinstance(items[0], Part):
            return items[0]
        turn = Part(None, 0, parent.last, ref(parent), items=items)
        begins = [item.first if isinstance(item, Part) else item.count for item in items]
        turn.first = min(begins)
        for item in items:
            if isinstance(item, Part):
                item.owner = ref(turn)
            else:
                self.homes[item] = turn
        return turn

    def _join(self, row: Sequence[Part]) -> None:
        for other in row[1:]:
            other.twin = row[0]
            self._twins.update(zip(other.operations(), row[0].operations(), strict=True))

    # ── what is said of a part ─────────────────────────────────────────────────────────────────
    def _measure(self, roots: Iterable[Tensor]) -> None:
        """Note the parameters of every part, and the shapes that go in and come out."""
        for t in self.homes:
            chain = self.seen(t)
            for a in arguments(t):
                leaf = type(a) is Tensor and a.op is None
                if leaf and a.meta and "parameter" in a.meta:
                    for part in chain:
                        part.parameters[id(a)] = a.size
                elif type(a) is Tensor and not leaf:
                    _cross(a, self.seen(a), chain)
                elif leaf and id(a) not in self.kept:
                    _cross(a, [], [part for part in chain if part.first > a.count])
                elif isinstance(a, np.ndarray) and id(a) in self._names:
                    _cross(a, [], chain)
        for root in roots:
            if root in self.homes and not reason_of(root):
                _cross(root, self.seen(root), [])

    def seen(self, t: Tensor) -> list[Part]:
        """Return the parts that an operation is shown in, the innermost first."""
        home = self.homes[t]
        replaced = home.replaced()
        return (replaced.twin if replaced and replaced.twin else home).chain()


def _cross(a: Any, source: list[Part], target: list[Part]) -> None:
    """Note what goes out of some parts, and into others."""
    for part in target:
        if part not in source:
            part.inputs[a.shape] = None
    for part in source:
        if part not in target:
            part.outputs[a.shape] = None


def calls_in(nodes: Iterable[Tensor]) -> Iterator[Any]:
    """Yield the calls that returned these tensors, some more than once."""
    for t in nodes:
        call = t.meta.get("call") if t.meta else None
        while call:
            yield call
            call = call[3]

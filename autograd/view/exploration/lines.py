"""The worked lines of a page that computes: formulas in which the page itself puts the numbers.

A line is ``name = formula = formula with numbers = value``. Its names are written here; in the
place of each number stands the slot of the program's results that holds it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.graph import arguments
from autograd.program.printers.spell import ATOM, LOOSE, UNARY, Spelled
from autograd.program.tracing.symbol import Symbol
from autograd.tensor import Tensor, record
from autograd.view.derivation.formula import (
    ADD,
    MULTIPLY,
    Call,
    Formula,
    Leaf,
    applied,
    is_number,
    joined,
    leaves,
    pullback,
)
from autograd.view.derivation.writing import TEXT, write
from autograd.view.exploration.recording import Recording
from autograd.view.exploration.trials import (
    ARRIVING,
    TRIALS,
    Reading,
    elsewhere,
    has_condition,
    holding,
    in_ties,
)
from autograd.view.graph.spelling import PRINTED

OPEN, CLOSE = "\ue000", "\ue001"
"""What encloses the number of a slot, in a formula with numbers; private to these pages."""

LONGEST = 160
"""A formula of more columns explains nothing, and is left out."""

TERMS = LONGEST // len("∂f/∂u + ")
"""A sum of more terms is longer."""

Line = dict[str, Any]


class Lines:
    """Writes lines, each once; every method returns the place of its line.

    Parameters
    ----------
    letters : what the tensors are called.
    arrays : what plain arrays are called, by their identity.

    Attributes
    ----------
    texts : the lines, as the page reads them.
    places : where each line stands, by what it is of: ("value", t), ("slope", node, argument) or
        ("flow", t).
    """

    def __init__(
        self, recording: Recording, letters: Mapping[Tensor, str], arrays: Mapping[int, str]
    ) -> None:
        self.recording, self.letters, self.arrays = recording, letters, arrays
        self.root = letters[recording.root]
        self.texts: list[Line] = []
        self._display: dict[str, str] = {}
        self.places: dict[tuple[Any, ...], int] = {}

    # ── slots ─────────────────────────────────────────────────────────────────────────────────
    def value(self, t: Any) -> int:
        """Return the slot of a value: a tensor's, or a constant's own."""
        known = self.recording.symbols.get(t) if type(t) is Tensor else t
        return self.recording.slot(("value", id(t)), t.data if known is None else known)

    def gradient(self, t: Tensor) -> int:
        return self.recording.slot(("gradient", t), self.recording.arrived[t])

    def sent(self, node: Tensor, i: int) -> int:
        """Return the slot of what one use contributes; the gradient's, where it is the only use."""
        a = arguments(node)[i]
        if len(self.recording.uses[a]) == 1 and a is not self.recording.root:
            return self.gradient(a)
        return self.recording.slot(("sent", node, i), self.recording.sent[node, i])

    def local(self, node: Tensor, a: Tensor) -> int | None:
        """Return the slot of ∂node/∂a, over all the places where `node` uses a; for scalars."""
        uses = [i for i, x in enumerate(arguments(node)) if x is a]
        known = [self.recording.local.get((node, i)) for i in uses]
        parts = [part for part in known if part is not None]
        return self.recording.slot(("local", node, a), sum(parts[1:], parts[0])) if parts else None

    # ── lines ─────────────────────────────────────────────────────────────────────────────────
    def result(self, t: Tensor) -> int:
        """Write ``d = a + b = 2 + 3 = 5``."""
        forms = [self._form(applied(t, self._named(t)))] if t.op is not None else []
        return self._line(("value", t), self.letters[t], forms, self.value(t))

    def slope(self, node: Tensor, a: Tensor) -> int | None:
        """Write ``∂d/∂a = ∂(a + b)/∂a = 1``, for scalars."""
        slot = self.local(node, a)
        if slot is None:
            return None
        name, first = self._called(node, a)
        forms = [self._form(formula) for formula in self._slopes(node, a)]
        return self._line(("slope", node, a), name, forms, slot, first=first)

    def flow(self, a: Tensor) -> int:
        """Write ``∂f/∂a = ∂f/∂u · ∂u/∂a + ∂f/∂v · ∂v/∂a``, with the numbers of each way."""
        places: dict[Tensor, int] = {}  # of an operation that takes a twice, the first
        for node, i in self.recording.uses.get(a, []):
            places.setdefault(node, i)
        ways = list(places)
        forms: list[Line] = []
        if len(ways) == 1 and ways[0] is self.recording.root and self.local(ways[0], a) is not None:
            forms = [self._form(formula) for formula in self._slopes(ways[0], a)]
        elif 0 < len(ways) <= TERMS:
            terms = [self._term(node, a) for node in ways]
            if not any(term is None for term in terms):
                forms = [self._form(joined(ADD, terms))]
        told = [
            {"from": self.gradient(node), "local": self.local(node, a), "sent": self.sent(node, i)}
            for node, i in places.items()
        ]
        slot = self.gradient(a)
        return self._line(("flow", a), self._partial(a), forms, slot, ways=told, of=self.value(a))

    def _line(self, key: Any, name: str, forms: Sequence[Line], slot: int, **more: Any) -> int:
        if key not in self.places:
            self.places[key] = len(self.texts)
            self.texts.append({"name": name, "forms": forms, "slot": slot, **more})
        return self.places[key]

    # ── formulas ──────────────────────────────────────────────────────────────────────────────
    def _partial(self, t: Tensor) -> str:
        return f"∂{self.root}/∂{self.letters[t]}"

    def _called(self, node: Tensor, a: Tensor) -> tuple[str, str]:
        """Return what ∂node/∂a is called, and how it is written with the operation in it."""
        what = write(applied(node, self._named(node)), self._by_name)
        first = TEXT.partial(what, Spelled(self.letters[a])).text
        if node is self.recording.root:  # whose ∂f/∂c is the gradient, over all ways
            return first, ""
        return f"∂{self.letters[node]}/∂{self.letters[a]}", first

    def _leaf(self, name: str, slot: int, value: Any) -> Leaf:
        key = f"{OPEN}{slot}{CLOSE}"
        self._display[key] = name
        return Leaf(key, value)

    def _named(self, node: Tensor) -> dict[Any, Leaf]:
        """Give the node and its arguments the places that their numbers stand in."""
        found: dict[Any, Leaf] = {}
        for a in (node, *arguments(node)):
            if type(a) is Tensor and a in self.letters:
                found[a] = self._leaf(self.letters[a], self.value(a), a.data)
            elif type(a) is np.ndarray and id(a) in self.arrays:
                found[id(a)] = self._leaf(self.arrays[id(a)], self.value(a), a)
        return found

    def _term(self, node: Tensor, a: Tensor) -> Formula | None:
        """Return what `node` sends to a, in the names of the derivatives; None without a formula.

        Of several branches no formula is that of all: then the local derivative is named.
        """
        arrived = self.recording.arrived[node]
        data = arrived.example if type(arrived) is Symbol else arrived
        arriving = self._leaf(self._partial(node), self.gradient(node), data)
        slot = self.local(node, a)
        if slot is None:
            return self._rule(node, a, arriving)
        root = node is self.recording.root
        if root and len(slopes := self._slopes(node, a)) == 1:
            return slopes[0]
        local = self._leaf(self._called(node, a)[0], slot, 0.0)
        return local if root else Call(MULTIPLY, (arriving, local))

    def _rule(self, node: Tensor, a: Tensor, arriving: Leaf) -> Formula | None:
        """Return what an operation on arrays sends to a; None where no one formula holds.

        At a point, branches are chosen: relu of numbers above 0 sends on what arrives. Readers go
        elsewhere, so that a formula is shown only if it is worth what the rule sends wherever that
        is tried; of those with a condition rather one that is so in a tie, and at 0, too.
        """
        own = [t.data for t in self._changing(node)]
        usual = [self._read(node, a, arriving, data) for data in (own, *elsewhere(own))]
        hold = holding(usual)
        if hold and not has_condition(hold[0]):
            return hold[0]
        equal = [self._read(node, a, arriving, data) for data in in_ties(own)]
        return next(iter([*holding([*usual, *equal]), *hold]), None)

    def _changing(self, node: Tensor) -> list[Tensor]:
        """List the arguments of an operation that other numbers can stand for."""
        tensors = (t for t in arguments(node) if type(t) is Tensor and t in self.letters)
        return list(dict.fromkeys(tensors))

    def _read(self, node: Tensor, a: Tensor, arriving: Leaf, data: Sequence[Any]) -> Reading | None:
        """Read the rule of an operation on other numbers; None outside of its domain."""
        pairs = zip(self._changing(node), data, strict=True)
        twins = {t: Tensor(x, requires_grad=t.requires_grad) for t, x in pairs}
        arrived = Leaf(arriving.name, np.resize(ARRIVING, node.shape)[()])
        try:
            return self._reading(node, a, arrived, twins)
        except (ArithmeticError, ValueError):
            return None

    def _reading(
        self, node: Tensor, a: Tensor, arriving: Formula, twins: Mapping[Tensor, Tensor]
    ) -> Reading:
        """Read what an operation would send to a if `twins` stood for its arguments."""
        named, op = self._named(node), node.op
        args = (twins.get(x, x) if type(x) is Tensor else x for x in arguments(node))
        with np.errstate(all="ignore"):
            y = record(op, tuple(args), node.params)  # type: ignore[arg-type]  # it has one
            there = {x: t for x, t in {**twins, node: y}.items() if x in named}
            found = named | {t: Leaf(named[x].name, t.data) for x, t in there.items()}
            formula, sent = pullback(y, arriving, found)[twins[a]]
        known = (*found.values(), *leaves(arriving))
        return Reading(formula, sent, {leaf.name: leaf.value for leaf in known})

    def _slopes(self, node: Tensor, a: Tensor) -> list[Formula]:
        """Return the formula of ∂node/∂a; where it has branches, the number of each too.

        A rule is read as a formula at a point, where its branches are chosen. So it is read at
        several points: what is a formula at one and a number at another has branches.
        """
        tensors = list(dict.fromkeys(t for t in arguments(node) if type(t) is Tensor))
        found: dict[Any, Formula] = {}
        for k in range(2 * len(TRIALS)):
            points = [TRIALS[k * (j + 1) % len(TRIALS)] for j in range(len(tensors))]
            twins = {
                t: Tensor(bool(k % 2)) if t.dtype == bool else Tensor(v, requires_grad=True)
                for t, v in zip(tensors, points, strict=True)
            }
            formula = self._reading(node, a, 1.0, twins).formula
            if not is_number(formula) or np.isfinite(formula):
                found.setdefault(formula if is_number(formula) else "", formula)
        return list(found.values())

    def _form(self, formula: Formula) -> Line:
        """Write a formula by name, and by the slots of its numbers where they can be read."""
        named = write(formula, self._by_name).text
        small = all(np.size(leaf.value) <= PRINTED for leaf in leaves(formula))
        valued = write(formula, self._by_slot).text if small else ""
        form: Line = {"named": named if len(named) <= LONGEST else "", "valued": valued}
        if is_number(formula):
            form["constant"] = float(formula)
        return form

    def _by_name(self, leaf: Leaf) -> Spelled:
        name = self._display[leaf.name]
        return Spelled(name, UNARY if "∂" in name else ATOM)

    def _by_slot(self, leaf: Leaf) -> Spelled:
        """Leave the place of a number, in parentheses wherever a negative one would need them."""
        return Spelled(leaf.name, LOOSE)

"""A function put down as equations, so that others than Python can compute it again."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.base.errors import refusal
from autograd.base.modes import readers
from autograd.debugging.watch import Conditions
from autograd.graph import arguments, consumers, toposort
from autograd.program.equations import Name, used
from autograd.program.printers.javascript import javascript, knows
from autograd.program.program import Program
from autograd.program.tracing.symbol import Symbol
from autograd.program.tracing.tape import Tape
from autograd.provenance.names import names_in
from autograd.sweep.steps import contributions, steps
from autograd.tensor import Tensor, constant, raw

PROBES = 4
"""At so many other points the equations are compared with the function itself: at the last one
every second entry is 0."""


def call(f: Callable[..., Any], inputs: Mapping[str, Any]) -> tuple[Any, dict[int, str]]:
    """Call a function by keyword; return its result, and the names that its frame gives.

    An input keeps its name for itself, where ``a = sin(a)`` uses it again.
    """
    names: dict[int, str] = {}
    code = getattr(f, "__code__", None)

    def look(frame: Any, event: str, _: Any) -> None:
        if event == "return" and frame.f_code is code:
            given = {id(v): n for n, v in inputs.items()}
            found = names_in(frame)
            names.update({i: n for i, n in found.items() if n not in inputs or given.get(i) == n})

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        with Conditions():
            return f(**inputs), names
    finally:
        sys.setprofile(before)


class Recording:
    """A result and all its gradients as equations of the inputs.

    Parameters
    ----------
    root : the result, of one element.
    inputs : the leaves that may change. All others are constants.
    letters : what the tensors behind `root` are called.

    Attributes
    ----------
    symbols : what stands for each tensor: a symbol, or its data where that is constant.
    arrived, sent, local : the same of each gradient, of what each use of a tensor, (result,
        position), contributes to it, and of the derivative of each scalar operation by each scalar
        argument.
    uses : for each tensor its uses that contribute to its gradient, the first one first.
    outputs : what the program returns, in this order: `slot` hands out the places.
    """

    def __init__(
        self, root: Tensor, inputs: Mapping[str, Tensor], letters: Mapping[Tensor, str]
    ) -> None:
        self.root, self.inputs = root, inputs
        self.outputs: list[Any] = []
        self._slots: dict[Any, int] = {}
        self._tape = Tape(knows)
        self._wishes: dict[Name, str] = {}
        self.symbols: dict[Tensor, Any] = {
            t: self._tape.input(letters.get(t, name), t.data) for name, t in inputs.items()
        }
        self.arrived: dict[Tensor, Any] = {}
        self.sent: dict[tuple[Tensor, int], Any] = {}
        readers.append(self._tape)  # data are symbols now
        try:
            self._go_forward()
            self._go_backward()
            self.local = {
                (t, i): dict(self._send(t, arguments(t), np.float64(1.0)))[i]
                for t, i in self.sent
                if t.ndim == 0 and arguments(t)[i].ndim == 0
            }
        finally:
            readers.remove(self._tape)
        self.uses = {
            t: [use for use in uses if use in self.sent]
            for t, uses in consumers(toposort(root)).items()
        }
        for t, name in letters.items():
            self._wish(self.symbols.get(t), name)
        for t, g in self.arrived.items():
            if t in letters:
                self._wish(g, f"d{letters[root]}_d{letters[t]}")

    def _go_forward(self) -> None:
        for t in toposort(self.root):
            op: Any = t.op
            args = [self.symbols[a] if type(a) is Tensor else a for a in arguments(t)]
            if t not in self.symbols:
                varies = any(type(a) is Symbol for a in args)
                self.symbols[t] = self._tape.record(op, args, t.params) if varies else t.data

    def _go_backward(self) -> None:
        one = np.ones_like(self.root.data)[()]
        for step in steps(self.root, one, self.arrived, self._send):
            known = enumerate(step.sent)
            self.sent |= {(step.node, i): gx for i, gx in known if gx is not None}

    def _send(self, node: Tensor, args: Sequence[Any], g: Any) -> list[tuple[int, Any]]:
        """Apply the rules of one operation to what stands for the data."""
        twins = [self._twin(a) if type(a) is Tensor else a for a in args]
        with np.errstate(all="ignore"):
            return list(contributions(self._twin(node), twins, g))

    def _twin(self, t: Tensor) -> Tensor:
        twin = constant(self.symbols[t])
        twin.op, twin.params, twin.requires_grad = t.op, t.params, t.requires_grad
        return twin

    def _wish(self, value: Any, name: str) -> None:
        """Call a result by a better name, if it has none yet."""
        if type(value) is Symbol and value.name not in self._tape.inputs:
            self._wishes.setdefault(value.name, name)

    def slot(self, key: Any, value: Any) -> int:
        """Return the place of a symbol, or of a constant, among what the program returns."""
        if key not in self._slots:
            self._slots[key] = len(self.outputs)
            self.outputs.append(value)
        return self._slots[key]

    def javascript(self) -> str:
        """Print the program: a function of the inputs, which returns what `slot` was asked for."""
        return javascript(self._program(self.outputs).renamed(self._wishes, {}))

    def _program(self, outputs: Sequence[Any]) -> Program:
        tape = self._tape
        given, returned = list(tape.inputs), list(map(tape.argument, outputs))
        return Program(
            name="program", arguments=given, inputs=tape.inputs, takes=range(len(given)),
            parameters={}, constants=tape.constants, equations=used(tape.equations, returned),
            outputs=returned, tensors=[False] * len(returned), gives=range(len(returned)),
            effects=[],
        )  # fmt: skip

    def compare(self, f: Callable[..., Any], spans: Mapping[str, tuple[float, float]]) -> None:
        """Raise a ValueError where f at other points is not what the equations say.

        Parameters
        ----------
        f : of the inputs, as Tensors.
        spans : from where to where each input may go.
        """
        program = self._program([self.symbols[self.root]])
        for k in range(1, PROBES + 1):
            point = {}
            for j, (name, t) in enumerate(self.inputs.items()):
                low, high = spans[name]
                places = np.arange(t.size) + 1 + j
                share = np.modf(places * k * 0.381966)[0]  # spread evenly
                entries = low + share * (high - low)
                if k == PROBES:  # where a condition may turn
                    entries[places % 2 == 1] = 0.0
                point[name] = np.reshape(entries, t.shape)[()]
            with np.errstate(all="ignore"):
                try:
                    there = f(**{n: Tensor(v, requires_grad=True) for n, v in point.items()})
                except (ArithmeticError, ValueError):  # outside of its domain
                    continue
                (here,) = program.interpret(*point.values())
            there = raw(there)
            if not np.allclose(here, there, rtol=1e-9, atol=1e-12, equal_nan=True):
                given = ", ".join(f"{n}={v:.4g}" for n, v in point.items() if v.ndim == 0)
                raise refusal(
                    ValueError,
                    "the function computes something else for other numbers: its graph is not "
                    "one graph",
                    f"f({given}) is {np.ravel(there)[0]:.6g}, and the recorded graph gives "
                    f"{np.ravel(here)[0]:.6g}",
                    "np.where(condition, x, y) instead of if, np.maximum instead of max, and "
                    "no random numbers inside f",
                )

"""A function put down as equations, so that others than Python can compute it again."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.errors import three_lines
from autograd.graph import arguments, toposort
from autograd.names import names_in
from autograd.program.equations import evaluate, renamed, used
from autograd.program.graph_tape import Symbol, Tape
from autograd.program.javascript import javascript, knows
from autograd.tensor import Tensor

PROBES = 3
"""At so many other points the equations are compared with the function itself."""


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
    tape, symbols : the equations, and the symbol of each tensor.
    arrived, sent, local : the symbol of each gradient, of what each use of a tensor contributes to
        it, and of the derivative of each scalar operation by each scalar argument.
    outputs : what a printed program returns, in this order: `slot` hands out the places.
    """

    def __init__(
        self, root: Tensor, inputs: Mapping[str, Tensor], letters: Mapping[Tensor, str]
    ) -> None:
        self.root, self.inputs = root, inputs
        leaves = set(inputs.values())
        named = [t for t in toposort(root) if t in letters and (t.op is not None or t in leaves)]
        own = _unique({t: letters[t] for t in named})
        self.tape = Tape(knows)
        self.symbols = self.tape.forward(root, own)
        self.arrived, self.sent = self.tape.backward(root, self.symbols)
        self.local = {
            (t, i): self.tape.local(t, i, self.symbols)
            for t, i in self.sent
            if t.ndim == 0 and arguments(t)[i].ndim == 0
        }
        called = set(own.values())
        self.names = dict(self.tape.hints)  # better ones, for some equations
        for t, g in self.arrived.items():
            name = f"d{own[root]}_d{own[t]}" if t in own else ""
            if type(g) is Symbol and name and not {name, g.name} & called:
                self.names.setdefault(g.name, name)
        self.outputs: list[Any] = []
        self._slots: dict[Any, int] = {}

    def slot(self, key: Any, value: Any) -> int:
        """Return the place of a symbol, or of a constant, among what the program returns."""
        if key not in self._slots:
            self._slots[key] = len(self.outputs)
            self.outputs.append(value)
        return self._slots[key]

    def javascript(self) -> str:
        """Print the program: a function of the inputs, which returns what `slot` was asked for."""
        outputs = [y.name if type(y) is Symbol else y for y in self.outputs]
        equations = renamed(used(self.tape.equations, outputs), self.names)
        given = {n: t.data for n, t in self.parameters().items()}
        outputs = [self.names.get(y, y) if isinstance(y, str) else y for y in outputs]
        return javascript(given, equations, outputs)

    def parameters(self) -> dict[str, Tensor]:
        """Return the inputs by the names that they have in the program."""
        return {
            s.name if type(s := self.symbols.get(t)) is Symbol else f"unused {n}": t
            for n, t in self.inputs.items()
        }

    def compare(self, f: Callable[..., Any], spans: Mapping[str, tuple[float, float]]) -> None:
        """Raise a ValueError where f at other points is not what the equations say.

        Parameters
        ----------
        f : of the inputs, as Tensors.
        spans : from where to where each input may go.
        """
        for k in range(1, PROBES + 1):
            point = {}
            for j, (name, t) in enumerate(self.inputs.items()):
                low, high = spans[name]
                share = np.modf((np.arange(t.size) + 1 + j) * k * 0.381966)[0]  # spread evenly
                point[name] = np.reshape(low + share * (high - low), t.shape)[()]
            with np.errstate(all="ignore"):
                try:
                    there = f(**{n: Tensor(v, requires_grad=True) for n, v in point.items()})
                except (ArithmeticError, ValueError):  # outside of its domain
                    continue
                values = dict(zip(self.parameters(), point.values(), strict=True))
                here = evaluate(self.tape.equations, values)[self.symbols[self.root].name]
            there = there.data if type(there) is Tensor else there
            if not np.allclose(here, there, rtol=1e-9, atol=1e-12, equal_nan=True):
                given = ", ".join(f"{n}={v:.4g}" for n, v in point.items() if v.ndim == 0)
                raise ValueError(
                    three_lines(
                        "the function computes something else for other numbers: its graph is not "
                        "one graph",
                        f"f({given}) is {np.ravel(there)[0]:.6g}, and the recorded graph gives "
                        f"{np.ravel(here)[0]:.6g}",
                        "np.where(condition, x, y) instead of if, np.maximum instead of max, and "
                        "no random numbers inside f",
                    )
                )


def _unique(names: Mapping[Tensor, str]) -> dict[Tensor, str]:
    """Tell apart what the user calls by the same name."""
    taken: set[str] = set()
    result = {}
    for t, name in names.items():
        own, k = name, 2
        while own in taken:
            own, k = f"{name}_{k}", k + 1
        taken.add(own)
        result[t] = own
    return result

"""The tape: writes equations down while NumPy code runs on symbols.

The graph of a result is written forward, and the rules of the table backward. Masks are operations
like any other, so that what is written down holds for other numbers too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd.errors import three_lines
from autograd.graph import arguments, toposort
from autograd.methods import Methods
from autograd.primitive import COMPOSITES, PRIMITIVES, Primitive
from autograd.program.equations import Equation
from autograd.rules import neural
from autograd.rules.shape import scatter, sum_to
from autograd.tensor import GETITEM, SETITEM, Tensor

MULTIPLY, AND = PRIMITIVES[np.multiply], PRIMITIVES[np.bitwise_and]
ALONG = Primitive(np.take_along_axis, ())
RULES: dict[Any, Callable[..., Any]] = {
    # the row's own looks whether every loss is finite, and works in place
    neural.softmax_cross_entropy: lambda g, y, x, target: (
        np.expand_dims(g, -1) * neural.softmax(x)
        - scatter(g, index=(np.arange(len(target)), target), shape=x.shape)
    ),
}
"""Rules written anew for tapes: operations instead of what Python does by the numbers."""

REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
}


class Symbol(Methods, NDArrayOperatorsMixin):
    """A name for an array: what NumPy does to it is written on its tape.

    Attributes
    ----------
    data : its value for the example inputs.
    """

    __slots__ = ("data", "name", "tape")

    op, requires_grad = None, False  # as of a Tensor that is nobody's result

    def __init__(self, tape: "Tape", name: str, data: Any) -> None:
        self.tape, self.name, self.data = tape, name, data

    def __array_ufunc__(self, fn: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if method == "reduce":
            return self.__array_function__(REDUCTIONS[fn], (), args, kwargs)
        # out= is the caller's own array, which it uses no more
        return self.tape.record(PRIMITIVES[fn], args)

    def __array_function__(self, fn: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if fn is np.take_along_axis and any(type(a) is Symbol for a in args[1:2]):
            return self.tape.record(ALONG, args, kwargs)
        if fn in COMPOSITES:
            return COMPOSITES[fn](*args, **kwargs)
        if fn in PRIMITIVES:
            return self.tape.record(PRIMITIVES[fn], *PRIMITIVES[fn].arguments(args, kwargs))
        return fn(*map(_plain, args), **{k: _plain(v) for k, v in kwargs.items()})

    def _record(self, op: Primitive, values: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Let `primitive` find the tape."""
        return self.tape.record(op, values, params)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(
            three_lines(
                "what Python does with a number itself cannot be written down",
                f"bool, float, item() or np.array of {self.name}, of shape {self.shape}",
                "np.where(condition, x, y) instead of if; NumPy's functions instead of math's",
            )
        )

    __bool__ = __float__ = __int__ = __index__ = __array__ = item = tolist = numpy = _refuse

    def __getitem__(self, index: Any) -> Any:
        return self.tape.record(GETITEM, (self,), {"index": index})

    def __setitem__(self, index: Any, value: Any) -> None:
        y = self.tape.record(SETITEM, (self, value), {"index": index})
        self.name, self.data = y.name, y.data


class Tape:
    """Writes down equations.

    Parameters
    ----------
    knows : whether an operation is to be written as such; the others are written out by their
        definitions in NumPy.
    taken : names that nothing written here may get.

    Attributes
    ----------
    hints : better names for some equations, which `renamed` can give them.

    Examples
    --------
    >>> tape = Tape()
    >>> x = tape.input("x", np.float64(3.0))
    >>> y = np.exp(x) * 2.0
    >>> [(e.name, e.op.name, e.args) for e in tape.equations]
    [('t1', 'exp', ('x',)), ('t2', 'multiply', ('t1', 2.0))]
    """

    def __init__(
        self, knows: Callable[[Primitive], bool] = lambda op: True, taken: Iterable[str] = ()
    ) -> None:
        self.knows, self.taken = knows, set(taken)
        self.equations: list[Equation] = []
        self.inputs: dict[str, Any] = {}
        self.hints: dict[str, str] = {}
        self._written: dict[Any, Symbol] = {}  # what need not be computed twice

    def input(self, name: str, data: Any) -> Symbol:
        """Return a symbol that is given."""
        self.taken.add(name)
        self.inputs[name] = data
        return Symbol(self, name, data)

    def record(
        self, op: Primitive, values: Sequence[Any], params: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> Any:  # fmt: skip
        """Write down one operation, and return its result."""
        params = dict(params or {})
        if op is MULTIPLY and name is None and (same := _unchanged(*values)) is not None:
            return same  # 1 · x, of which every sweep begins with one
        if op is AND and any(v is np.False_ for v in values):  # and a seed of 1 is not unused
            return np.False_
        if any(type(i) is Symbol for i in _flat(params.get("index"))):
            raise NotImplementedError(
                three_lines(
                    "an index that depends on the numbers cannot be written down",
                    f"{op.name} with an index that was computed",
                    "np.take_along_axis, np.where, or an index of constants",
                )
            )
        if not self.knows(op):
            return self._expanded(op, values, params, name)
        args = tuple(v.name if type(v) is Symbol else v for v in values)
        arrays = any(np.ndim(a) for a in args if not isinstance(a, str))
        key = None if params or arrays else (op, *((type(a), repr(a)) for a in args))
        if name is None and key and key in self._written:
            return copy(self._written[key])  # a handle of its own, for it may be assigned to
        with np.errstate(all="ignore"):
            data = op.call(*map(_plain, values), **params)
        equation = Equation(name or self._free(), op, args, params, data)
        self.equations.append(equation)
        y = Symbol(self, equation.name, data)
        if key:
            self._written[key] = copy(y)
        return y

    def _expanded(
        self, op: Primitive, values: Sequence[Any], params: dict[str, Any], name: str | None
    ) -> Any:
        """Write an operation out by its definition, where that is NumPy of the given arrays."""
        try:
            y = op.call(*values, **params)
        except (TypeError, AttributeError, KeyError) as error:
            raise NotImplementedError(
                three_lines(
                    f"{op.name} cannot be written down",
                    f"{op.name}({', '.join(str(np.shape(_plain(v))) for v in values)}): {error}",
                    "NumPy's functions, of which every one in autograd's table can",
                )
            ) from error
        if name and type(y) is Symbol and y.name not in self.inputs:
            self.hints.setdefault(y.name, name)
        return y

    def _free(self) -> str:
        k = len(self.equations) + 1
        while f"t{k}" in self.taken:
            k += 1
        self.taken.add(f"t{k}")
        return f"t{k}"

    # ── a graph, forward and backward ──────────────────────────────────────────────────────────
    def forward(self, root: Tensor, names: Mapping[Tensor, str]) -> dict[Tensor, Any]:
        """Write down how `root` was computed; return the symbol of each tensor.

        Parameters
        ----------
        names : what to call the results and the inputs, each by a name of its own. A leaf that
            is not mentioned is a constant.
        """
        self.taken |= set(names.values())
        symbols: dict[Tensor, Any] = {}
        for t in toposort(root):
            if t.op is not None:
                args = [symbols.get(a, a) if type(a) is Tensor else a for a in arguments(t)]
                if any(type(a) is Symbol for a in args):
                    symbols[t] = self.record(t.op, args, t.params, names.get(t))
                    continue
            known = t in names and t.op is None
            symbols[t] = self.input(names[t], t.data) if known else np.asarray(t.data)[()]
        return symbols

    def backward(
        self, root: Tensor, symbols: Mapping[Tensor, Any], seed: Any = None
    ) -> tuple[dict[Tensor, Any], dict[tuple[Tensor, int], Any]]:
        """Write down the sweep from `root`, where `seed` arrives (ones).

        Returns
        -------
        What arrived at each tensor, and what each use of it, (result, position), contributed:
        symbols, or constants.
        """
        arrived = {root: np.ones_like(root.data)[()] if seed is None else seed}
        sent: dict[tuple[Tensor, int], Any] = {}
        for node in reversed(toposort(root)):
            if node.op is None or node not in arrived:
                continue
            args = arguments(node)
            for i, gx in self._pull(node, args, symbols, arrived[node]):
                a = args[i]
                fits = np.shape(_plain(gx)) == a.shape
                sent[node, i] = part = gx if fits else sum_to(gx, a.shape)
                arrived[a] = arrived[a] + part if a in arrived else part
        return arrived, sent

    def _pull(
        self, node: Tensor, args: Sequence[Any], symbols: Mapping[Tensor, Any], g: Any
    ) -> list[tuple[int, Any]]:
        op: Any = node.op  # never None: leaves send nothing
        wanted = [i for i, a in enumerate(args) if type(a) is Tensor and a.requires_grad]
        xs = [symbols[a] if type(a) is Tensor else a for a in args]
        with np.errstate(all="ignore"):
            if op.joint is not None:
                sent = op.joint(g, symbols[node], *xs, **node.params)
                return [(i, sent[i]) for i in wanted]
            rules = [(i, RULES.get(op.fn) or op.rule(i)) for i in wanted]
            return [(i, r(g, symbols[node], *xs, **node.params)) for i, r in rules if r]

    def local(self, node: Tensor, i: int, symbols: Mapping[Tensor, Any]) -> Any:
        """Write down the derivative of a scalar operation by its argument i."""
        pulled = self._pull(node, arguments(node), symbols, np.float64(1.0))
        return dict(pulled).get(i)


def _plain(value: Any) -> Any:
    return value.data if type(value) is Symbol else value


def _flat(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _unchanged(a: Any, b: Any) -> Any:
    """Return the factor beside a 1; None where there is none, or where it would be another."""
    for one, x in ((a, b), (b, a)):
        number = type(one) is not Symbol and np.ndim(one) == 0 and one == 1
        if number and type(x) is Symbol and x.dtype == np.float64:
            return x
    return None

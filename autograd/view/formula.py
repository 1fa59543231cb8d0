"""Formulas: what a row's rule says about one operation, as mathematics.

No derivative is written down here. The rule of the row runs on tensors that carry names, and what
it records is its formula; the few simplifications below (``1 · x`` is ``x``) make it readable.
"""

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.graph import arguments, toposort
from autograd.primitive import PRIMITIVES, Primitive
from autograd.program.spell import LOOSE, UNARY, Spelled, plain_text, spell
from autograd.pull import fit, pull
from autograd.tensor import Tensor, constant
from autograd.view.spelling import PRINTED, number


@dataclass(frozen=True, slots=True)
class Leaf:
    """A variable, or a derivative that has a name; its value is what is put in its place."""

    name: str
    value: Any = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """An operation applied to formulas."""

    op: Primitive
    args: tuple[Any, ...]
    params: Mapping[str, Any] = field(default_factory=dict)


Formula = Any
"""A `Leaf`, a `Call`, a number or an array."""


# ── writing ───────────────────────────────────────────────────────────────────────────────────
def write(formula: Formula, leaf: Callable[[Leaf], Spelled]) -> Spelled:
    """Write a formula, every leaf as `leaf` says.

    >>> half = Call(PRIMITIVES[np.divide], (Leaf("a", -3.0), 2.0))
    >>> write(half, by_name).text, write(half, by_value).text
    ('a / 2', '(−3) / 2')
    """
    if isinstance(formula, Leaf):
        return leaf(formula)
    if isinstance(formula, Call):
        return spell(formula.op, [write(a, leaf) for a in formula.args], formula.params, plain_text)
    text = array_text(formula)
    return Spelled(text, UNARY) if text.startswith("−") else Spelled(text)


def by_name(leaf: Leaf) -> Spelled:
    """Write a leaf's name; ``∂f/∂x`` is a factor, but no base of a power."""
    return Spelled(leaf.name, UNARY) if "∂" in leaf.name else Spelled(leaf.name)


def by_value(leaf: Leaf) -> Spelled:
    """Write a leaf's value, ``(−3)`` wherever an operator stands beside it."""
    text = array_text(leaf.value)
    return Spelled(text, LOOSE) if text.startswith("−") or "e" in text else Spelled(text)


def array_text(value: Any) -> str:
    """Write a number or an array in one line; of a large array the shape.

    >>> array_text(np.array([[1.0, -2.5], [3.0, 4.0]])), array_text(np.pi), array_text(np.ones(99))
    ('[[1, −2.5], [3, 4]]', 'π', 'array (99,)')
    """
    if np.ndim(value) == 0:
        return "π" if value == math.pi else number(value)
    if np.size(value) > PRINTED:
        return f"array {np.shape(value)}"
    return f"[{', '.join(map(array_text, value))}]"


def leaves(formula: Formula) -> Iterator[Leaf]:
    """Yield the leaves of a formula, in the order of reading."""
    if isinstance(formula, Leaf):
        yield formula
    elif isinstance(formula, Call):
        for a in formula.args:
            yield from leaves(a)


# ── reading a row ─────────────────────────────────────────────────────────────────────────────
def applied(node: Tensor, named: Mapping[Tensor, Leaf]) -> Formula:
    """Return the operation that made `node`, applied to its arguments' names."""
    op: Any = node.op  # never None: a leaf was not computed
    return Call(op, tuple(_operand(a, named) for a in arguments(node)), node.params)


def pullback(
    node: Tensor, arriving: Formula, named: Mapping[Tensor, Leaf]
) -> dict[Tensor, tuple[Formula, Any]]:
    """Return what `node` sends back to each of its arguments: the formula and its value.

    Parameters
    ----------
    arriving : what the gradient of `node` is called: a `Leaf`, or the number 1 for the local
        derivative itself.
    named : what the node and its arguments are called.

    >>> x = Tensor(2.0, requires_grad=True)
    >>> y = np.tanh(x)
    >>> formula, value = pullback(y, 1.0, {x: Leaf("x", x.data), y: Leaf("y", y.data)})[x]
    >>> write(formula, by_name).text, round(value.item(), 4)
    ('1 − y²', 0.0707)
    """
    seed, y = _twin(node, getattr(arriving, "value", arriving)), _twin(node, node.data)
    y.op, y.params = node.op, node.params
    known: dict[Tensor, Formula] = {seed: arriving, y: named[node]}
    xs: list[Any] = []
    for a in arguments(node):
        if type(a) is not Tensor:
            xs.append(a)
            continue
        xs.append(_twin(a, a.data))
        if a in named:
            known[xs[-1]] = named[a]
    sent: dict[Tensor, tuple[Formula, Any]] = {}
    for i, gx in reversed(pull(y, xs, seed, recorded=True, ours=False)):
        a = arguments(node)[i]
        result = fit(gx, a)
        formula, value = _simplest(result, known), getattr(result, "data", result)
        if a in sent:  # a · a: two ways at once
            formula, value = Call(ADD, (sent[a][0], formula)), sent[a][1] + value
        sent[a] = formula, value
    return sent


def _twin(t: Tensor, data: Any) -> Tensor:
    """Return a leaf of the same kind, so that what is done with it is recorded."""
    twin = constant(np.asarray(data, t.dtype)[()])
    twin.requires_grad = t.dtype.kind in "fc"
    return twin


def _operand(a: Any, named: Mapping[Tensor, Formula]) -> Formula:
    if type(a) is not Tensor:
        return _plain(a)
    return named[a] if a in named else _plain(a.data)


def _array(a: Any) -> Any:
    return a.data if type(a) is Tensor else a


def _plain(value: Any) -> Any:
    """Write an array of one repeated number as that number."""
    array = np.asarray(value)
    if array.dtype.kind in "biuf" and array.size and (array == array.flat[0]).all():
        return array.flat[0].item()
    return value


def _simplest(result: Any, known: Mapping[Tensor, Formula]) -> Formula:
    """Turn what a rule recorded into a formula, as it reads at this point.

    A condition that holds for all elements, or for none, has chosen its branch.
    """
    if type(result) is not Tensor:
        return _plain(result)
    found = dict(known)
    for t in toposort(result):
        if t in known:
            continue
        args = arguments(t)
        if t.op is None or (t.dtype == bool and t.data.all() == t.data.any()):
            found[t] = _plain(t.data)
        elif t.op.fn in SILENT or (t.op.fn in REARRANGING and t.shape == np.shape(args[0])):
            found[t] = _operand(args[0], found)
        elif t.op is MULTIPLY and _is_outer(*args):
            column, row = (a.args[0] if _is_stretched(a, -1, -2) else a for a in args)
            found[t] = Call(OUTER, (_operand(column, found), _operand(row, found)))
        else:
            broadcasts = t.op.elementwise or t.op.fn is np.broadcast_to
            parts = [_operand(_bare(a, known) if broadcasts else a, found) for a in args]
            if not any(isinstance(part, (Leaf, Call)) for part in parts):
                found[t] = _plain(t.data)
                continue
            if not broadcasts:  # 0 will not do for an array of zeros
                pairs = zip(args, parts, strict=True)
                parts = [_array(a) if _is_number(part) else part for a, part in pairs]
            found[t] = _call(t.op, parts, t.params)
    return found[_bare(result, known)]


def _bare(a: Any, known: Mapping[Tensor, Formula]) -> Any:
    """Undo what gave a single number its axes: they broadcast without it."""
    while type(a) is Tensor and a not in known and a.op is not None:
        if a.op.fn not in REARRANGING or a.size != 1:
            break
        a = a.args[0]
    return a


def _is_outer(a: Any, b: Any) -> bool:
    """Tell whether a · b is a column times a row, both made of vectors."""
    is_row = _is_stretched(b, -2) or np.ndim(_array(b)) == 1
    return _is_stretched(a, -1) and is_row


def _is_stretched(a: Any, *axes: int) -> bool:
    made = type(a) is Tensor and a.op is not None and a.op.fn is np.expand_dims
    return made and a.ndim == 2 and a.params["axis"] in axes


# ── simplifying ───────────────────────────────────────────────────────────────────────────────
def _call(op: Primitive, args: Sequence[Formula], params: Mapping[str, Any]) -> Formula:
    if op in SIMPLER and not params:
        return SIMPLER[op](*args)
    return Call(op, tuple(args), params)


def _times(a: Formula, b: Formula) -> Formula:
    for one, other in ((a, b), (b, a)):
        if _is_number(one, 1):
            return other
        if _is_number(one, -1):
            return _minus(other)
        if _is_number(one, 0):
            return 0.0
    if isinstance(b, Call) and b.op in (MULTIPLY, DIVIDE):  # a · (b · c)
        return SIMPLER[b.op](_times(a, b.args[0]), b.args[1])
    if isinstance(a, Call) and a.op is DIVIDE:  # a / b · c
        return _over(_times(a.args[0], b), a.args[1])
    if isinstance(b, Call) and b.op is NEGATIVE:
        return _minus(_times(a, b.args[0]))
    if _is_same(a, b):
        return Call(POWER, (b, 2))
    if isinstance(a, Call) and a.op is MULTIPLY and _is_same(a.args[1], b):
        return _times(a.args[0], Call(POWER, (b, 2)))
    return Call(MULTIPLY, (a, b))


def _over(a: Formula, b: Formula) -> Formula:
    if _is_number(b, 1):
        return a
    if isinstance(a, Call) and a.op is DIVIDE:  # a / b / c
        return _over(a.args[0], _times(a.args[1], b))
    return Call(DIVIDE, (a, b))


def _minus(a: Formula) -> Formula:
    if _is_number(a):
        return -a
    if isinstance(a, Call) and a.op in (MULTIPLY, DIVIDE):  # the sign in front
        return Call(a.op, (_minus(a.args[0]), a.args[1]))
    return Call(NEGATIVE, (a,))


def _to_the(a: Formula, b: Formula) -> Formula:
    if _is_number(b, 0):
        return 1.0
    return a if _is_number(b, 1) else Call(POWER, (a, b))


def _either(condition: Formula, a: Formula, b: Formula) -> Formula:
    if _is_number(condition):
        return a if condition else b
    return Call(WHERE, (condition, a, b))


def _is_number(formula: Formula, value: float | None = None) -> bool:
    return isinstance(formula, (bool, int, float)) and value in (None, formula)


def _is_same(a: Formula, b: Formula) -> bool:
    return isinstance(a, Leaf) and isinstance(b, Leaf) and a == b


ADD, MULTIPLY, DIVIDE = PRIMITIVES[np.add], PRIMITIVES[np.multiply], PRIMITIVES[np.divide]
NEGATIVE, POWER, OUTER = PRIMITIVES[np.negative], PRIMITIVES[operator.pow], PRIMITIVES[np.outer]
WHERE = PRIMITIVES[np.where]
SIMPLER: dict[Primitive, Callable[..., Formula]] = {
    MULTIPLY: _times, DIVIDE: _over, NEGATIVE: _minus, POWER: _to_the, WHERE: _either,
}  # fmt: skip
SILENT = {np.positive, np.copy}
REARRANGING = {np.reshape, np.expand_dims, np.broadcast_to, np.squeeze}

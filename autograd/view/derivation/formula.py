"""Formulas: what a row's rule says about one operation, as mathematics.

No derivative is written down here. The rule of the row runs on tensors that carry names, and what
it records is its formula; the few simplifications below (``1 · x`` is ``x``) make it readable.
"""

import operator
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np

from autograd.graph import arguments, toposort
from autograd.primitive import PRIMITIVES, Primitive
from autograd.rules.shape import filled, gather, scatter, scatter_at
from autograd.sweep.pull import fit, pull
from autograd.sweep.steps import contributions
from autograd.tensor import Tensor, constant, raw

Formula = Any
"""A `Leaf`, a `Call`, a `Matrix`, a number or an array."""


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


@dataclass(frozen=True, slots=True)
class Partial(Leaf):
    """``∂f/∂x``, or ``∂(a + b)/∂a``: a leaf, whose value is known."""

    of: Formula
    by: Leaf


@dataclass(frozen=True, slots=True)
class Entry(Leaf):
    """One entry of an array, ``x[2]``, counted from 0 as NumPy does; `name` is the array's."""

    index: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Formulas in rows: a Jacobian."""

    rows: Sequence[Sequence[Formula]]


def partial(of: Formula, by: Leaf, value: Any) -> Partial:
    """Name a derivative; `of` is a leaf, or an operation on leaves.

    >>> partial(Leaf("f", 6.0), Leaf("x", 2.0), 3.0).name
    '∂f/∂x'
    """
    return Partial(f"∂{of.name if isinstance(of, Leaf) else '…'}/∂{by.name}", value, of, by)


def joined(op: Primitive, parts: Iterable[Formula]) -> Formula:
    """Join formulas by an operation, from the left: ``a + b + c``."""
    return reduce(lambda whole, part: Call(op, (whole, part)), parts)


def leaves(formula: Formula) -> Iterator[Leaf]:
    """Yield the leaves of a formula, in the order of reading."""
    if isinstance(formula, Leaf):
        yield formula
    elif isinstance(formula, Call):
        for a in formula.args:
            yield from leaves(a)


def operations(formula: Formula) -> int:
    """Count the operations of a formula."""
    return 1 + sum(map(operations, formula.args)) if isinstance(formula, Call) else 0


def worth(formula: Formula) -> Any:
    """Compute a formula from the values of its leaves.

    >>> worth(Call(POWER, (Leaf("x", 3.0), 2)))
    9.0
    """
    if isinstance(formula, Call):
        return formula.op.call(*map(worth, formula.args), **formula.params)
    return formula.value if isinstance(formula, Leaf) else formula


def has_axes(formula: Formula) -> bool:
    """Tell whether a formula stands for an array, as far as that can be seen from outside."""
    if isinstance(formula, Call):
        whole = formula.op.fn in WHOLE and formula.params.get("axis") is None
        return not whole and any(map(has_axes, formula.args))
    return np.ndim(formula.value if isinstance(formula, Leaf) else formula) > 0


# ── reading a row ─────────────────────────────────────────────────────────────────────────────
def applied(node: Tensor, named: Mapping[Any, Leaf]) -> Formula:
    """Return the operation that made `node`, applied to its arguments' names."""
    op: Any = node.op  # never None: a leaf was not computed
    parts = _operands(arguments(node), named, broadcasts=op.elementwise)
    return Call(op, tuple(parts), node.params)


def pullback(
    node: Tensor, arriving: Formula, named: Mapping[Any, Leaf]
) -> dict[Tensor, tuple[Formula, Any]]:
    """Return what `node` sends back to each of its arguments: the formula and its value.

    Parameters
    ----------
    arriving : what the gradient of `node` is called: a `Leaf`, or the number 1 for the local
        derivative itself.
    named : what the node and its arguments are called; a plain array is found by its identity.

    >>> from autograd.view.derivation.writing import by_name, write
    >>> x = Tensor(2.0, requires_grad=True)
    >>> y = np.tanh(x)
    >>> formula, value = pullback(y, 1.0, {x: Leaf("x", x.data), y: Leaf("y", y.data)})[x]
    >>> write(formula, by_name).text, round(value.item(), 4)
    ('1 − y²', 0.0707)
    """
    value: Any = getattr(arriving, "value", arriving)
    arrived = np.broadcast_to(value, node.shape)
    seed, y = _twin(node, arrived), _twin(node, node.data)
    y.op, y.params = _on_paper(node.op), node.params
    known: dict[Tensor, Formula] = {seed: arriving, y: named[node]}
    xs: list[Any] = []
    for i, a in enumerate(arguments(node)):
        leaf = named.get(key_of(a))
        xs.append(a if leaf is None and type(a) is not Tensor else _twin(a, np.asarray(raw(a))))
        if leaf is not None:
            known[xs[-1]] = leaf
            # integers that are numbers, such as data, are recorded; an index is not
            xs[-1].requires_grad |= xs[-1].dtype.kind in "iu" and any(y.op.rules[i : i + 1])
    sent: dict[Tensor, tuple[Formula, Any]] = {}
    with np.errstate(all="ignore"):
        pulled = pull(y, xs, seed, recorded=True, ours=False)
        # what is derived on paper may have no value where the rules that run do
        paper = node.op.paper is not None  # type: ignore[union-attr]  # it was computed
        ours = dict(contributions(node, arguments(node), arrived)) if paper else {}
    for i, gx in reversed(pulled):
        a = arguments(node)[i]
        if type(a) is not Tensor:  # an array that has a name, and no gradient
            continue
        result = fit(gx, a)
        formula, value = _simplest(result, known), ours.get(i, getattr(result, "data", result))
        formula = _with_classes(formula, applied(node, named).args)
        if a in sent:  # a · a: two ways at once
            formula, value = Call(ADD, (sent[a][0], formula)), sent[a][1] + value
        sent[a] = formula, value
    return sent


def _on_paper(op: Any) -> Primitive:
    """Return the operation with the rules that are derived on paper."""
    if op.paper is not None:
        op = copy(op)
        op.define(op.paper)
    return op


def key_of(a: Any) -> Any:
    """Return what an argument is found by: itself, or an array's identity."""
    return a if type(a) is Tensor else id(a)


def _twin(t: Any, data: Any) -> Tensor:
    """Return a leaf of the same kind, so that what is done with it is recorded."""
    twin = constant(np.asarray(data, t.dtype)[()])
    twin.requires_grad = t.dtype.kind in "fc"
    return twin


def _operand(a: Any, named: Mapping[Any, Formula]) -> Formula:
    known = named.get(key_of(a))
    return _plain(raw(a)) if known is None else known


def _operands(
    args: Sequence[Any], named: Mapping[Any, Formula], *, broadcasts: bool
) -> list[Formula]:
    """Return arguments as formulas; where nothing broadcasts, 0 will not do for zeros."""
    parts = [_operand(a, named) for a in args]
    if broadcasts:
        return parts
    return [raw(a) if is_number(part) else part for a, part in zip(args, parts, strict=True)]


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
    repeated: dict[Tensor, Formula] = {}  # where a condition repeats the branch that it has chosen
    whole = ChainMap(repeated, found)
    for t in toposort(result):
        if t in known:
            continue
        args = arguments(t)
        if t.op is None or (t.dtype == bool and t.data.all() == t.data.any()):
            found[t] = _plain(t.data)
        elif t.op.fn in SILENT or (t.op.fn in REARRANGING and t.shape == np.shape(args[0])):
            found[t] = _operand(args[0], whole)
        elif t.op.fn is np.reshape and _is_kept_sum(args[0], t.shape):
            found[t] = summed = found[args[0]]
            if isinstance(summed, Call):
                found[t] = replace(summed, params={**summed.params, "keepdims": True})
        elif t.op.fn in COMPUTED:  # the places, as by sort
            index = filled(t.params["index"], [*map(raw, args[1:])])
            params = {**t.params, "index": index}
            parts = _operands(args[:1], whole, broadcasts=False)
            found[t] = Call(COMPUTED[t.op.fn], tuple(parts), params)
        elif t.op is MULTIPLY and _is_outer(*args):
            column, row = (a.args[0] if _is_stretched(a, -1, -2) else a for a in args)
            found[t] = Call(OUTER, (_operand(column, found), _operand(row, found)))
        else:
            broadcasts = t.op.elementwise or t.op.fn is np.broadcast_to
            bare = [_bare(a, known) for a in args] if broadcasts else args
            parts = _operands(bare, found if broadcasts else whole, broadcasts=broadcasts)
            if not any(isinstance(part, (Leaf, Call)) for part in parts):
                found[t] = _plain(t.data)
                continue
            found[t] = _call(t.op, parts, t.params)
            if t.op is WHERE and is_number(parts[0]) and not is_number(found[t]):
                branch = args[1 if parts[0] else 2]
                if np.size(raw(branch)) < t.size:
                    repeated[t] = Call(BROADCAST, (found[t],), {"shape": t.shape})
    return whole[_bare(result, known)]


def _bare(a: Any, known: Mapping[Tensor, Formula]) -> Any:
    """Undo what gave a single number its axes: they broadcast without it."""
    while type(a) is Tensor and a not in known and a.op is not None:
        if a.op.fn not in REARRANGING or a.size != 1 or _is_kept_sum(a.args[0], a.shape):
            break
        a = a.args[0]
    return a


def _is_kept_sum(a: Any, shape: tuple[int, ...]) -> bool:
    """Tell whether `shape` gives a sum the axes back that it lost."""
    if type(a) is not Tensor or a.op is None or a.op.fn is not np.sum:
        return False
    axes, before = a.params.get("axis"), np.shape(a.args[0])
    return isinstance(axes, tuple) and shape == tuple(
        1 if i in axes else n for i, n in enumerate(before)
    )


def _is_outer(a: Any, b: Any) -> bool:
    """Tell whether a · b is a column times a row, both made of vectors."""
    is_row = _is_stretched(b, -2) or np.ndim(raw(b)) == 1
    return _is_stretched(a, -1) and is_row


def _is_stretched(a: Any, *axes: int) -> bool:
    made = type(a) is Tensor and a.op is not None and a.op.fn is np.expand_dims
    return made and a.ndim == 2 and a.params["axis"] in axes


def _with_classes(formula: Formula, args: Sequence[Formula]) -> Formula:
    """Name the one-hot rows of a target, of which a rule records only the zeros and ones."""
    if isinstance(formula, Call):
        return replace(formula, args=tuple(_with_classes(a, args) for a in formula.args))
    for target in args if isinstance(formula, np.ndarray) and formula.ndim else ():
        value = np.asarray(target.value if isinstance(target, Leaf) else target)
        n = formula.shape[-1]
        whole = value.dtype.kind in "iu" and value.ndim > 0
        if whole and np.array_equal(formula, np.expand_dims(value, -1) == np.arange(n)):
            return Call(ONE_HOT, (target,), {"n": n})
    return formula


# ── simplifying ───────────────────────────────────────────────────────────────────────────────
def simplified(op: Primitive, args: Sequence[Formula]) -> Formula:
    """Apply an operation to formulas of single numbers, whose shapes are of no concern.

    >>> x = Leaf("x", 2.0)
    >>> simplified(ADD, [simplified(MULTIPLY, [0.0, x]), x]).name
    'x'
    """
    if op in (ADD, SUBTRACT) and is_number(args[1], 0):
        return args[0]
    if op in (ADD, SUBTRACT) and is_number(args[0], 0):
        return args[1] if op is ADD else _minus(args[1])
    return _call(op, args, {})


def _call(op: Primitive, args: Sequence[Formula], params: Mapping[str, Any]) -> Formula:
    if op in SIMPLER and not params:
        return SIMPLER[op](*args)
    axis = params.get("axis")
    if isinstance(axis, tuple) and len(axis) == 1:
        params = {**params, "axis": axis[0]}
    return Call(op, tuple(args), params)


def _times(a: Formula, b: Formula) -> Formula:
    for one, other in ((a, b), (b, a)):
        if is_number(one, 1):
            return other
        if is_number(one, -1):
            return _minus(other)
        if is_number(one, 0):
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
    if is_number(b, 1) or is_number(a, 0):
        return a
    if isinstance(a, Call) and a.op is DIVIDE:  # a / b / c
        return _over(a.args[0], _times(a.args[1], b))
    return Call(DIVIDE, (a, b))


def _minus(a: Formula) -> Formula:
    if is_number(a):
        return -a
    if isinstance(a, Call) and a.op in (MULTIPLY, DIVIDE):  # the sign in front
        return Call(a.op, (_minus(a.args[0]), a.args[1]))
    return Call(NEGATIVE, (a,))


def _to_the(a: Formula, b: Formula) -> Formula:
    if is_number(b, 0):
        return 1.0
    return a if is_number(b, 1) else Call(POWER, (a, b))


def _either(condition: Formula, a: Formula, b: Formula) -> Formula:
    if is_number(condition):
        return a if condition else b
    return Call(WHERE, (condition, a, b))


def is_number(formula: Formula, value: float | None = None) -> bool:
    return isinstance(formula, (bool, int, float)) and value in (None, formula)


def _is_same(a: Formula, b: Formula) -> bool:
    return isinstance(a, Leaf) and isinstance(b, Leaf) and a == b


ADD, SUBTRACT = PRIMITIVES[np.add], PRIMITIVES[np.subtract]
MULTIPLY, DIVIDE = PRIMITIVES[np.multiply], PRIMITIVES[np.divide]
NEGATIVE, POWER, OUTER = PRIMITIVES[np.negative], PRIMITIVES[operator.pow], PRIMITIVES[np.outer]
WHERE, BROADCAST = PRIMITIVES[np.where], PRIMITIVES[np.broadcast_to]
GETITEM, SCATTER = PRIMITIVES[operator.getitem], PRIMITIVES[scatter]
COMPUTED = {gather: GETITEM, scatter_at: SCATTER}
ONE_HOT = Primitive(
    np.eye, (None,), call=lambda t, n: np.eye(n)[t], name="one_hot", code="one_hot({0}, {n})",
    tex=r"\operatorname{{one\_hot}}\left({0}, {n}\right)",
)  # fmt: skip
SIMPLER: dict[Primitive, Callable[..., Formula]] = {
    MULTIPLY: _times, DIVIDE: _over, NEGATIVE: _minus, POWER: _to_the, WHERE: _either,
}  # fmt: skip
SILENT = {np.positive, np.copy}
WHOLE = {np.sum, np.mean, np.prod, np.max, np.min, np.linalg.norm, np.dot, np.inner}
REARRANGING = {np.reshape, np.expand_dims, np.broadcast_to, np.squeeze}

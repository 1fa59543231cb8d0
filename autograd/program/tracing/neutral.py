"""What need not be written down: operations that would only repeat one of their arguments."""

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.primitive import Primitive
from autograd.program.tracing.symbol import Symbol, example
from autograd.rules.shape import VIEWS, astype

NEUTRAL: dict[Any, Any] = {
    np.positive: None, np.copy: None, np.broadcast_to: None, np.reshape: None, np.expand_dims: None,
    astype: None, np.multiply: 1, np.divide: 1, np.power: 1, operator.pow: 1, np.bitwise_or: 0,
}  # fmt: skip
"""The operations that change nothing if the result is like the argument, beside such a number."""

COMMUTATIVE = np.multiply, np.bitwise_or


def unchanged(op: Primitive, values: Sequence[Any], params: Mapping[str, Any], weak: bool) -> Any:
    """Return what an operation would only repeat, bit by bit; or None.

    Rules ask whether a gradient is 0, which is 1 where they begin: what is false everywhere makes
    nothing true, and chooses nothing.
    """
    x = _repeated(op, values)
    if x is None or (op.fn is np.copy and np.shape(x)):
        return None
    like = op.call(*map(example, values), **params)
    if type(x) is not Symbol:  # an array of the user's may be written into: it stays a symbol
        tape = next(v.tape for v in values if type(v) is Symbol)
        return like if like.shape == () or tape.is_sweeping() else None
    if (like.shape, like.dtype) != (x.shape, x.dtype):
        return None
    again = Symbol(x.tape, x.name, x.example)
    again.look(x if op.fn in VIEWS else None, op, params)
    again.weak = weak
    return again


def _repeated(op: Primitive, values: Sequence[Any]) -> Any:
    """Return what decides the result alone: it repeats a symbol, if shape and dtype stay the same.

    None where nothing does.
    """
    if op.fn is np.bitwise_and:
        return next(filter(_is_false, values), None)
    if op.fn is np.where and len(values) == 3 and type(values[0]) is not Symbol:
        return values[2] if _is_false(values[0]) else values[1] if np.all(values[0]) else None
    neutral = NEUTRAL.get(op.fn, ...)
    if neutral is None:
        return values[0] if len(values) == 1 and type(values[0]) is Symbol else None
    if neutral is ... or len(values) != 2:
        return None
    x, other = reversed(values) if type(values[1]) is Symbol else values
    commutes = op.fn in COMMUTATIVE or x is values[0]
    known = type(other) is not Symbol and np.all(other == neutral)
    return x if commutes and known and x.dtype.kind != "c" else None  # inf * (1 + 0j) has a nan


def _is_false(x: Any) -> bool:
    """Tell whether x is a mask that is known, and false everywhere."""
    return type(x) in (np.bool, np.ndarray) and x.dtype == np.bool and not x.any()

"""The words of expressions: signs, constants, and the functions that have a row."""

import ast
import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.base.errors import refusal, shape_of
from autograd.primitive import COMPOSITES, PRIMITIVES
from autograd.rules import neural
from autograd.rules.cross_entropy import softmax_cross_entropy
from autograd.tensor import Tensor, raw


def power(a: Any, b: Any) -> Any:
    """Compute a ** b; where NumPy's float stands before a Tensor, NumPy would call np.power.

    >>> power(np.float64(2.0), Tensor(3.0, requires_grad=True)).op
    <primitive pow>
    """
    return b.__rpow__(a) if type(b) is Tensor and type(a) is not Tensor else a**b


OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: power,
    ast.MatMult: operator.matmul, ast.USub: operator.neg, ast.UAdd: operator.pos,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip

ROWLESS = {
    "zeros": "[0, 0, 0]", "ones": "[1, 1, 1]", "arange": "[0, 1, 2]", "tensor": "[1, 2, 3]",
    "eye": "[[1, 0], [0, 1]]", "identity": "[[1, 0], [0, 1]]",
    "len": "mean(x)",  # for sum(x) / len(x)
}  # fmt: skip
"""What is written for functions that have no row: of no Tensor, or of its shape alone."""

CONSTANTS = {"pi": np.pi, "π": np.pi, "e": np.e, "inf": np.inf, "nan": np.nan}


def cross_entropy_of_rows(x: Any, classes: Any) -> Any:
    """Return ``logsumexp(x) - x[class]`` for each row of x; of x that is one row, a number.

    The classes may be floats, as all numbers of an expression are. In the shape of x they are
    probabilities p, as one-hot rows are: ``-sum(p * log_softmax(x))`` of each row.

    Raises ValueError unless each row has a whole number below its length, or such a row.

    >>> cross_entropy_of_rows(Tensor([[0.0, 0.0], [9.0, 9.0]]), [1.0, 0.0])
    Tensor([0.69314718, 0.69314718])
    >>> cross_entropy_of_rows(Tensor([[0.0, 0.0]]), [[1.0, 0.0]])
    Tensor([0.69314718])
    """
    shape = shape_of(x)
    if shape and shape_of(classes) == shape:
        return -np.sum(classes * neural.log_softmax(x), axis=-1)
    index = np.asarray(raw(classes))
    fits = len(shape) in (1, 2) and index.shape == shape[:-1]
    if not fits or not np.isin(index, np.arange(shape[-1])).all():
        what = (
            "cross entropy takes a class, 0 to n - 1, or n probabilities for each row of n numbers"
        )
        instead = (
            "cross_entropy([1, 2, 3], 0), cross_entropy([1, 2, 3], [1, 0, 0]), "
            "cross_entropy([[1, 2], [3, 4]], [0, 1])"
        )
        raise refusal(ValueError, what, f"shapes {shape} and {index.shape}", instead)
    index = np.atleast_1d(index.astype(np.int64))
    target = Tensor(index, name=classes.name) if type(classes) is Tensor else index
    if len(shape) == 2:
        return softmax_cross_entropy(x, target)
    return np.squeeze(softmax_cross_entropy(np.expand_dims(x, 0), target), 0)


def cross_entropy(x: Any, classes: Any) -> Any:
    """Return the mean of `cross_entropy_of_rows`: PyTorch's function of that name."""
    losses = cross_entropy_of_rows(x, classes)
    return np.mean(losses) if losses.ndim else losses


LOSSES = {"softmax_cross_entropy": cross_entropy_of_rows, "cross_entropy": cross_entropy}


@functools.cache
def functions() -> dict[str, Callable[..., Any]]:
    """Return the functions that have a row, by the names that NumPy and `autograd` give them."""
    known = {*PRIMITIVES, *COMPOSITES, neural.gelu, neural.linear}
    spaces = (vars(neural), vars(np.linalg), vars(np))
    rows = {
        name: thing
        for space in spaces
        for name, thing in space.items()
        if callable(thing) and not name.startswith("_") and thing in known
    }
    return rows | LOSSES

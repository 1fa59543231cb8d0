"""The full Jacobian of one operation, entry by entry, as the lecture notes print it.

No Jacobian is written down here. The numbers are sweeps, one for each entry of the result. The
formulas come from running the row's rule on arrays whose entries are symbols: NumPy does with
objects what it does with numbers.
"""

import operator
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.base.errors import describe, refusal
from autograd.graph import arguments, leaves, toposort
from autograd.primitive import PRIMITIVES, Primitive
from autograd.rules.shape import sum_to
from autograd.sweep.steps import gradients
from autograd.tensor import Tensor, raw
from autograd.view.derivation.document import Equation, Section, Words
from autograd.view.derivation.formula import Entry, Formula, Leaf, Matrix, partial, simplified
from autograd.view.derivation.languages import Language

ROWS = 64
"""A Jacobian of more rows fills no page but a drawer."""

SPELLED_OUT = 36
"""A matrix of more entries is shown as numbers only."""


def jacobian_section(
    wanted: Sequence[Tensor], nodes: Mapping[Tensor, Leaf], language: Language
) -> Section:
    """Write the Jacobian of each wanted result by its arguments.

    That of a vector also by the variables behind it.
    Raises ValueError where it has too many rows, or where nothing requires a gradient.
    """
    equations: list[Equation] = []
    for node in wanted:
        known = type(node) is Tensor and node in nodes
        is_result = known and node.op is not None
        is_large = np.size(node) > ROWS and (is_result or not known)
        if is_large or not is_result or not node.requires_grad:
            what = f"of more than {ROWS} rows" if is_large else "of what was not computed"
            raise refusal(
                ValueError,
                f"the Jacobian {what} is not written out",
                f"explain(..., jacobian={describe(node)})",
                (known and _by_input(node, nodes))
                or "autograd.jacobian(f)(x), or a small result on the way to the one explained",
            )
        equations += _of_node(node, nodes, language)
    return Section("jacobian", language.jacobian, equations)


def _by_input(node: Tensor, nodes: Mapping[Tensor, Leaf]) -> str:
    """Say where the Jacobian by an input is, if that of the result explained has it."""
    *_, root = nodes
    behind = root.ndim < 2 or any(a is node for a in arguments(root))
    is_input = node.op is None and node is not root
    written = root.size <= ROWS and root.requires_grad and node.requires_grad
    if not (is_input and behind and written):
        return ""
    name = nodes[root].name
    return f"jacobian={name}, which has ∂{name}/∂{nodes[node].name}"


def _of_node(node: Tensor, nodes: Mapping[Tensor, Leaf], language: Language) -> Iterator[Equation]:
    direct = {a: None for a in arguments(node) if type(a) is Tensor and a.requires_grad}
    behind = [t for t in leaves(node) if t.requires_grad and node.ndim < 2]
    rows = [gradients(node, _one_hot(node, i)) for i in range(node.size)]
    for a in dict.fromkeys([*direct, *behind]):
        parts = [row.get(a, np.zeros_like(a.data)) for row in rows]
        numbers = np.reshape(parts, (*node.shape, *a.shape))
        symbols = _symbols(node, a, nodes) if a in direct and numbers.size <= SPELLED_OUT else None
        yield from _equations(nodes[node], nodes[a], numbers, symbols, language)


def _one_hot(node: Tensor, i: int) -> Any:
    seed = np.zeros(node.shape, node.dtype)
    seed.flat[i] = 1
    return seed[()]


def _equations(
    of: Leaf, by: Leaf, numbers: Any, symbols: Any, language: Language
) -> Iterator[Equation]:
    """Cut a Jacobian into matrices: one, one per row of a batch, or one per entry of the result."""
    depth = np.ndim(of.value)
    batch = depth == 2 and np.shape(of.value)[:1] == np.shape(by.value)[:1] and numbers.ndim == 4
    if depth < 2 and np.ndim(by.value) < 2:
        shape = (np.size(of.value), np.size(by.value))
        yield _equation(of, by, numbers, symbols, shape)
    elif batch and not _across(numbers):
        remark: Words = (language.zero_elsewhere,)
        for i in range(len(of.value)):
            row, column = _entry(of, (i,)), _entry(by, (i,))
            part = None if symbols is None else symbols[i, :, i]
            yield _equation(row, column, numbers[i, :, i], part, None, () if i else remark)
    else:
        for index in np.ndindex(np.shape(of.value)):
            part = None if symbols is None else symbols[index]
            yield _equation(_entry(of, index), by, numbers[index], part, None)


def _equation(
    of: Leaf, by: Leaf, numbers: Any, symbols: Any, shape: tuple[int, ...] | None,
    remark: Words = (),
) -> Equation:  # fmt: skip
    value = np.reshape(numbers, shape or np.shape(numbers))
    formulas: tuple[Formula, ...] = ()
    if symbols is not None and any(isinstance(s, Symbol) for s in np.ravel(symbols)):
        table = np.reshape(symbols, value.shape if value.ndim == 2 else (1, -1))
        formulas = (Matrix([[_formula(s) for s in row] for row in table]),)
    return Equation(partial(of, by, value), formulas, value, remark, numbers=False)


def _across(numbers: Any) -> bool:
    """Tell whether a row of the result depends on another row of the argument."""
    own = np.eye(len(numbers), dtype=bool)[:, None, :, None]
    return bool(np.any(np.where(own, 0, numbers)))


def _entry(leaf: Leaf, index: Sequence[int]) -> Leaf:
    if not index:
        return leaf
    return Entry(leaf.name, leaf.value[tuple(index)], tuple(index))


# ── rules on symbols ──────────────────────────────────────────────────────────────────────────
class Symbol:
    """A number that remembers its formula, and is used as NumPy uses an object in an array."""

    __hash__ = None  # type: ignore[assignment]  # compared by value

    def __init__(self, formula: Formula, value: Any) -> None:
        self.formula, self.value = formula, value

    def __getattr__(self, name: str) -> Callable[[], Any]:
        """Find exp, cos, …, which NumPy looks for in an object."""
        fn: Any = getattr(np, name, None)
        op = PRIMITIVES.get(fn) if not name.startswith("_") else None
        if op is None:
            raise AttributeError(name)
        return lambda: _apply(op, self)


def _apply(op: Primitive, *args: Any) -> Any:
    values = [a.value if isinstance(a, Symbol) else a for a in args]
    value = op.call(*values)
    if not op.differentiable:  # a comparison
        return value
    formula = simplified(op, [_formula(a) for a in args])
    return value if isinstance(formula, (int, float)) else Symbol(formula, value)


def _formula(value: Any) -> Formula:
    return value.formula if isinstance(value, Symbol) else float(value)


def _give_operator(op: Primitive) -> None:
    """Let symbols be operands of an operator; Python asks for __radd__, and never for __rneg__."""
    name = op.call.__name__.strip("_")
    setattr(Symbol, f"__{name}__", lambda *args: _apply(op, *args))
    setattr(Symbol, f"__r{name}__", lambda b, a: _apply(op, a, b))


for _fn in (
    np.add, np.subtract, np.multiply, np.divide, operator.pow, np.negative, np.positive,
    np.absolute, np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
):  # fmt: skip
    _give_operator(PRIMITIVES[_fn])


def _symbols(node: Tensor, a: Tensor, nodes: Mapping[Tensor, Leaf]) -> Any:
    """Return the Jacobian of an operation as symbols; None where its rule is not made of them."""
    op: Any = node.op
    args = arguments(node)
    others = [b for b in args if type(b) is Tensor and b is not a]
    if any(t is a for b in others for t in toposort(b)):  # a comes in by another way, too
        return None
    xs = [_spread(x, nodes) for x in args]
    y = _spread(node, nodes)
    total: Any = np.zeros((*node.shape, *a.shape), object)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # SciPy's, before it refuses objects
            for i, argument in enumerate(args):
                if argument is not a:
                    continue
                for k, index in enumerate(np.ndindex(node.shape)):
                    sent = op.rule(i)(_one_hot(node, k), y, *xs, **node.params)
                    total[index] = total[index] + sum_to(np.asarray(sent, object), a.shape)
    except (
        TypeError, ValueError, AttributeError, IndexError, NotImplementedError, DeprecationWarning
    ):  # fmt: skip
        return None
    return total


def _spread(x: Any, nodes: Mapping[Tensor, Leaf]) -> Any:
    """Put a symbol in the place of every entry of a variable."""
    if type(x) is not Tensor or x not in nodes or x.dtype.kind != "f":
        return raw(x)
    if x.ndim == 0:
        return Symbol(nodes[x], x.data)
    symbols = np.empty(x.shape, object)
    for index in np.ndindex(x.shape):
        symbols[index] = Symbol(_entry(nodes[x], index), x.data[index])
    return symbols

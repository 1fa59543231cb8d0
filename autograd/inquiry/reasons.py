"""Why an operation sends no gradient back, or makes a number that is none; and what helps.

What is true of one operation only stands in a table; of the others the rule itself tells.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.primitive import Primitive
from autograd.program.printers.spell import LOOSE, Spelled, plain_text, spell
from autograd.tensor import Tensor, raw
from autograd.view.graph.spelling import number

STEPS = ("sign", "floor", "ceil", "trunc", "rint", "round", "floor_divide")
CURVES = ("sigmoid", "tanh", "erf", "softmax", "arctan")
PRODUCTS = (
    "multiply", "matmul", "dot", "inner", "vdot", "outer", "tensordot", "einsum", "linear",
    "divide",
)  # fmt: skip


class Reason(NamedTuple):
    """What happened, and what to do instead."""

    because: str
    instead: str


class Use(NamedTuple):
    """An operation, its arguments, which of them is asked about, their names, and what arrives."""

    node: Tensor
    args: Sequence[Any]
    argument: int
    names: Sequence[str]
    arrived: Any

    @property
    def op(self) -> Primitive:
        return self.node.op  # type: ignore[return-value]  # the node is a result

    @property
    def x(self) -> np.ndarray:
        return np.asarray(raw(self.args[self.argument]))

    @property
    def name(self) -> str:
        return self.names[self.argument]

    @property
    def others(self) -> list[int]:
        return [i for i in range(len(self.args)) if i != self.argument]


# ── a gradient of 0 ───────────────────────────────────────────────────────────────────────────
def why_zero(use: Use) -> Reason:
    """Say why an operation sends 0 to an argument although a gradient arrived."""
    known = ZERO.get(use.op.name)
    return (known and known(use)) or _slope(use)


def _slope(use: Use) -> Reason:
    flat = f"{use.op.name} is flat at {use.name} = {span(use.x)}: its derivative is 0"
    return Reason(
        flat if use.op.elementwise else f"what {use.op.name} sends back to {use.name} is 0",
        f"other values of {use.name}",
    )


def _relu(use: Use) -> Reason:
    return Reason(
        f"relu sends nothing back where its argument is ≤ 0{_is(use, use.x <= 0)}",
        "another start or a smaller step, so that some are positive; or gelu, silu",
    )


def _curve(use: Use) -> Reason | None:
    if use.op.name == "softmax" and np.ptp(use.arrived) == 0:
        return Reason(
            "the sum of a softmax is always 1, and what arrives is the same for every entry",
            "a loss that weighs the entries differently, such as cross_entropy(logits, target)",
        )
    return Reason(
        f"{use.op.name} is saturated: flat at {use.name} = {span(use.x)}",
        f"a smaller {use.name} (scale inputs and weights down); in a loss the logits themselves: "
        "cross_entropy, binary_cross_entropy_with_logits",
    )


def _clip(use: Use) -> Reason:
    low, high = (use.node.params.get(k) for k in ("low", "high"))
    bounds = f"[{'−∞' if low is None else number(low)}, {'∞' if high is None else number(high)}]"
    return Reason(
        f"clip is flat outside of {bounds}{_is(use, use.x != use.node.data)}",
        "wider bounds, or a smooth limit such as tanh",
    )


def _product(use: Use) -> Reason | None:
    for i in use.others:
        factor = np.asarray(raw(use.args[i]))
        if factor.dtype.kind in "biufc" and not factor.all():
            zeros = f" in {count(factor == 0)}" if factor.ndim else ""
            return Reason(
                f"the other factor, {use.names[i]}, is 0{zeros}",
                "a factor that is not 0: look at weights that start at 0, masks, relu, dropout",
            )
    return None


def _chosen(use: Use) -> Reason:
    other = use.names[use.others[0]] if len(use.args) == 2 else "another entry"
    return Reason(
        f"{use.op.name} takes {other}, and not {use.name}",
        "a smooth choice (logaddexp, softmax) where both shall learn",
    )


def _step(use: Use) -> Reason:
    return Reason(
        f"{use.op.name} is constant between its jumps: its derivative is 0 wherever it has one",
        "a smooth function in its place, or no rounding before the loss",
    )


def _overwritten(use: Use) -> Reason:
    if use.argument:
        return Reason(
            "what this assignment has written is overwritten later, or not used",
            "a new tensor for the later values, or a result that uses these entries",
        )
    return Reason(
        "an assignment has overwritten entries that are used later",
        "a new tensor for the new values",
    )


ZERO: dict[str, Callable[[Use], Reason | None]] = {
    "relu": _relu, "clip": _clip, "setitem": _overwritten,
    "where": lambda use: Reason(
        f"the condition {use.names[0]} chooses the other branch",
        "a condition that chooses this branch somewhere",
    ),
    "getitem": lambda use: Reason(
        "only some entries are used, "
        + spell(use.op, [Spelled(use.name)], use.node.params, plain_text).text,
        "nothing, where the others are not meant to take part",
    ),
    **dict.fromkeys(CURVES, _curve),
    **dict.fromkeys(PRODUCTS, _product),
    **dict.fromkeys(("maximum", "minimum", "fmax", "fmin", "max", "min", "amax", "amin"), _chosen),
    **dict.fromkeys(STEPS, _step),
}  # fmt: skip

# ── a number that is none ─────────────────────────────────────────────────────────────────────
ROOM = "a + 1e-12 below the root, or np.linalg.norm, whose gradient at 0 is 0"
ABOVE = "an argument above 0: np.maximum(x, 1e-12), np.abs(x)"
REMEDIES = {
    "log": "a positive argument; of probabilities log_softmax or cross_entropy of the logits",
    "divide": "a denominator that is not 0: a / (b + 1e-12)",
    "reciprocal": "a denominator that is not 0",
    "sqrt": ROOM,
    "pow": ROOM,
    "power": ROOM,
    "exp": "softmax, logsumexp or log_softmax, which subtract the maximum first",
    "subtract": "finite arguments",
    "arccosh": "an argument above 1",
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), "an argument between −1 and 1"),
}
REMEDIES |= dict.fromkeys(("log2", "log10", "log1p"), REMEDIES["log"])
LARGE = "smaller numbers (scale inputs, weights or the step down), or a wider dtype"


def why_not_finite(node: Tensor, args: Sequence[Any]) -> Reason:
    """Say how an operation made inf or NaN of finite numbers: with the first such numbers."""
    op: Any = node.op
    bad = ~np.isfinite(node.data)
    first = np.asarray(node.data)[bad][0]
    result, remedy = number(first), REMEDIES.get(op.name, LARGE)
    if remedy is ROOM and np.broadcast_to(raw(args[0]), node.shape)[bad][0] != 0:
        remedy = LARGE if np.isinf(first) else ABOVE
    if not op.elementwise:
        most = max(np.abs(raw(a)).max() for a in args if _is_number(a) and np.size(raw(a)))
        return Reason(f"{op.name} of numbers up to {number(most)} is {result}", LARGE)
    at = tuple(int(i) for i in np.argwhere(bad)[0])
    parts = [_element(a, node, at) for a in args]
    text = spell(op, parts, node.params, plain_text).text
    more = f", at {list(at)}; {count(bad)} so" if node.ndim else ""
    return Reason(f"{text} = {result}{more}", remedy)


def why_backward_not_finite(use: Use, sent: Any) -> Reason:
    """Say how an operation sent inf or NaN although all its numbers are finite."""
    bad = ~np.isfinite(np.asarray(sent))
    value = number(np.asarray(sent)[bad][0])
    where = f"{use.name} = {span(use.x[bad])}" if bad.shape == use.x.shape else use.name
    more = f", in {count(bad)}" if bad.ndim else ""
    most = np.max(np.abs(use.arrived))
    if most > np.sqrt(np.finfo(use.node.dtype).max):
        return Reason(f"what arrives, up to {number(most)}, overflows", LARGE)
    return Reason(
        f"the derivative of {use.op.name} at {where} is {value}{more}",
        REMEDIES.get(use.op.name, f"other values of {use.name}"),
    )


# ── numbers in words ──────────────────────────────────────────────────────────────────────────
def count(mask: Any) -> str:
    """Count: ``37 of 64 entries``."""
    return f"{int(np.count_nonzero(mask)):,} of {np.size(mask):,} entries"


def span(values: Any) -> str:
    """Write the range of some numbers.

    >>> span(np.array([3.0, -1.0])), span(np.array(2.0))
    ('−1 … 3', '2')
    """
    values = np.asarray(values)
    if not values.size:
        return "nothing"
    low, high = number(values.min()), number(values.max())
    return low if low == high else f"{low} … {high}"


def _is(use: Use, mask: Any) -> str:
    if not np.any(mask):
        return ""
    return f" ({use.name} = {span(use.x[mask])})"


def _element(a: Any, node: Tensor, at: tuple[int, ...]) -> Spelled:
    if not _is_number(a):
        return Spelled(str(a))
    text = number(np.broadcast_to(raw(a), node.shape)[at])
    return Spelled(text, LOOSE) if text.startswith("−") or "e" in text else Spelled(text)


def _is_number(a: Any) -> bool:
    return np.asarray(raw(a)).dtype.kind in "biuf"

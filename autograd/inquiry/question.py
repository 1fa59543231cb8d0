"""`why`: why a gradient is zero, None, NaN, or huge."""

import itertools
import sys
from collections.abc import Iterable
from types import FrameType

import numpy as np

from autograd.base.errors import refusal
from autograd.graph import leaves, toposort
from autograd.inquiry import absence, strength
from autograd.inquiry.answers import Answer, Answers
from autograd.inquiry.case import Case
from autograd.inquiry.flow import Flow, finite
from autograd.provenance.names import names_in
from autograd.tensor import Tensor, raw


def why(x: Tensor, f: Tensor | None = None) -> Answer | Answers:
    """Say why the gradient of `x` is None, 0, NaN, infinite, huge or tiny.

    The answer names the first operation to blame on the way back from the result `f`, the reason
    with its numbers, its line in the program where lines were recorded, and what helps. It works
    before and after ``backward``, and changes nothing. The gradient of an array `f` without
    ``.grad`` is that of its sum.

    Parameters
    ----------
    x : any Tensor; without `f`, a result asks about all the leaves that it came from.
    f : the result whose gradient is meant; by default the one of the caller's variables that was
        computed from `x`, of several the youngest that backward was called on.

    Raises
    ------
    TypeError : where `x` or `f` is no Tensor.

    Examples
    --------
    >>> from autograd import record_lines, why
    >>> w = Tensor(-3.0, requires_grad=True)
    >>> with record_lines():
    ...     h = (w * 2.0).relu()
    ...     loss = (h - 1.0) ** 2
    >>> loss.backward()
    >>> why(w)
    the gradient of w is 0: relu stops it
      where: h = relu(w * 2)   <doctest ...>:2: h = (w * 2.0).relu()
      because: relu sends nothing back where its argument is ≤ 0 (w * 2 = −6)
      instead: another start or a smaller step, so that some are positive; or gelu, silu
    """
    for value in (x, f):
        if not isinstance(value, Tensor) and (value is not None or value is x):
            raise refusal(
                TypeError,
                f"why asks about a Tensor, not about {type(value).__name__}",
                f"why({value!r:.40})",
                "why(w, loss), or why(loss) for all that it came from",
            )
    frame = sys._getframe(1)
    names = names_in(frame)
    held = _held(frame)
    if f is None:
        f = _result(x, held)
    if f is None and x.op is not None:
        flow = Flow(x)
        asked = [t for t in leaves(x) if t.requires_grad]
        found = [_answer(Case(t, flow, names, held)) for t in asked]
        return Answers(sorted(found, key=lambda answer: answer.cause == "sound"))
    return _answer(Case(x, None if f is None else Flow(f), names, held))


def _held(frame: FrameType) -> list[Tensor]:
    """List the Tensors that a frame can see, the youngest first."""
    values = itertools.chain(frame.f_locals.values(), frame.f_globals.values())
    return sorted({v for v in values if isinstance(v, Tensor)}, key=lambda t: -t.count)


def _result(x: Tensor, held: Iterable[Tensor]) -> Tensor | None:
    """Find the result that x is asked about."""
    elsewhere: set[Tensor] = set()
    found = []
    for t in held:
        if t is x or t in elsewhere:
            continue
        nodes = set(toposort(t))
        if x in nodes:
            found.append(t)
            if "consumed" in (t.meta or ()):
                return t
        else:
            elsewhere.update(nodes)
    return found[0] if found else None


def _answer(case: Case) -> Answer:
    """Ask one question after the other, from what is missing to what is merely large."""
    x, flow = case.x, case.flow
    if x.op is None and not x.requires_grad and (flow is None or x in flow.nodes):
        return absence.not_required(case)
    if flow is None and x._grad is not None:
        return absence.without_result(case, strength.size(raw(x._grad)))
    if flow is None or x not in flow.nodes:
        return absence.unconnected(case)
    if x not in flow.arrived:
        return absence.without_derivative(case, flow)
    g = flow.arrived[x]
    if not finite(g):
        return strength.not_finite(case, flow, g)
    if np.size(g) and not np.any(g):
        return strength.zero(case, flow)
    found = strength.scaled(case, flow, g) or strength.some_zero(case, flow, g)
    if found is not None:
        return found
    if x._grad is None and x is not flow.f:
        return absence.unswept(case, flow, strength.size(g))
    what = f"the gradient of {case.name} {strength.size(g)}: sound"
    return Answer(what, chain=flow.chain(x), note=strength.note(case, flow, g))

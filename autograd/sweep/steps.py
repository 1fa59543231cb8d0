"""The sweep in slow motion: what drawings, derivations and debuggers look at.

`Tensor.backward` keeps only what somebody can ask for; here every gradient, and every contribution
to it, is kept. The numbers are those of the sweep, bit for bit (a law in the tests).
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.base.closeness import is_close, rounding
from autograd.base.errors import refusal
from autograd.graph import arguments, toposort
from autograd.sweep.pull import Gradient, fit, pull
from autograd.sweep.seeds import first_gradient
from autograd.tensor import Tensor, raw

Send = Callable[[Tensor, Sequence[Any], Gradient], Iterable[tuple[int, Gradient]]]
"""From (node, arguments, gradient) to what the arguments get, as `contributions`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of the backward pass.

    Attributes
    ----------
    node : the result of the operation.
    gradient : the whole gradient that has arrived at it.
    sent : for each argument (by position) the contribution it gets, None where it gets none.
    arguments : the arguments, as the versions that the operation saw.
    """

    node: Tensor
    gradient: Gradient
    sent: tuple[Gradient | None, ...]
    arguments: tuple[Any, ...]


def steps(
    root: Tensor, gradient: Any = None, arrived: dict[Tensor, Any] | None = None,
    send: Send | None = None,
) -> Iterator[Step]:  # fmt: skip
    """Walk back from `root`, one operation at a time, youngest first.

    What has arrived so far at each tensor stands in `arrived`; the rest is as in `gradients`.

    >>> a = Tensor(2.0, requires_grad=True, name="a")
    >>> f = (a + 3.0) * a
    >>> [(s.node.op.symbol, s.gradient.item(), [g and g.item() for g in s.sent]) for s in steps(f)]
    [('×', 1.0, [2.0, 5.0]), ('+', 2.0, [2.0, None])]
    """
    arrived = {} if arrived is None else arrived
    arrived[root] = first_gradient(root, gradient)
    for node in reversed(toposort(root)):
        if node.op is None or node not in arrived:
            continue
        g, args = arrived[node], arguments(node)
        sent: list[Gradient | None] = [None] * len(args)
        for i, gx in (send or contributions)(node, args, g):
            arrived[args[i]] = arrived[args[i]] + gx if args[i] in arrived else gx
            sent[i] = gx
        yield Step(node, g, tuple(sent), tuple(args))


def gradients(
    root: Tensor, gradient: Any = None, send: Send | None = None
) -> dict[Tensor, np.ndarray]:
    """Return the gradient of `root` with respect to every tensor that it came from.

    Nothing is consumed, and no ``.grad`` changes.

    Parameters
    ----------
    root : what is differentiated: a scalar, or an array with a `gradient` of its shape.
    gradient : what arrives at `root`; by default 1.
    send : what each operation sends, in the place of `contributions`: how a mistake is planted.

    Raises
    ------
    RuntimeError : for an array without `gradient`, and where nothing requires a gradient.
    TypeError : for a complex `gradient` of a real result.
    ValueError : for a `gradient` of another shape.

    Examples
    --------
    >>> x = Tensor(3.0, requires_grad=True)
    >>> gradients(x * x)[x]
    np.float64(6.0)
    """
    arrived: dict[Tensor, Any] = {}
    for _ in steps(root, gradient, arrived, send):
        pass
    return arrived


def contributions(node: Tensor, args: Sequence[Any], g: Gradient) -> Iterator[tuple[int, Gradient]]:
    """Yield what one operation sends: (which argument, its part, of its shape and dtype)."""
    for i, lazy in reversed(pull(node, args, g, recorded=False, ours=False)):
        yield i, fit(lazy.dense(args[i]) if hasattr(lazy, "dense") else lazy, args[i])


def multiplies(node: Tensor, args: Sequence[Any], i: int) -> bool:
    """Tell whether argument `i` gets what arrives, times a number: the local derivative.

    A complex result may send something else: the conjugate, or to a real argument the real part.
    """
    if node.dtype.kind != "c":
        return True
    one = np.ones_like(node.data)[()]
    by_one, by_i = (dict(contributions(node, args, g)).get(i, 0) for g in (one, 1j * one))
    return np.allclose(by_i, 1j * by_one, rtol=1e-5, atol=0, equal_nan=True)


def changed_leaves(*roots: Tensor) -> list[Tensor]:
    """Find the leaves that an optimizer, or anybody, has given other values since.

    An old value is gone; but an operation that comes to another result now tells of it.
    """
    changed: dict[Tensor, None] = {}
    for t in toposort(*roots):
        args = arguments(t)
        leaves = [a for a in args if type(a) is Tensor and a.op is None and a.requires_grad]
        if t.op is None or not leaves or all(leaf in changed for leaf in leaves):
            continue
        with np.errstate(all="ignore"):
            now = t.op.call(*map(raw, args), **t.params)
        if not is_close(now, t.data, rounding(t.dtype)):
            changed.update(dict.fromkeys(leaves))
    return list(changed)


def refuse_changed(root: Tensor, what: str, name: Callable[[Tensor], str]) -> None:
    """Raise where leaves have other values now: numbers of then and of now make no equation."""
    if changed := changed_leaves(root):
        raise refusal(
            RuntimeError,
            "values have changed since this result was computed from them",
            f"{what}, of {', '.join(name(t) or 'a leaf' for t in changed[:3])}",
            f"{what} before optimizer.step(), or with a result that is computed anew",
        )


def backward_steps(self: Tensor, order: Any = None) -> Any:
    """Walk the backward pass of this scalar step by step; no ``.grad`` changes.

    Each step tells the node, what has arrived there, the local derivatives, what each argument
    gets, and what it has before and after. A gradient is the sum over all uses, so that a node may
    send only when every contribution to it has arrived: a topological order. Another order shows
    what goes wrong without.

    Parameters
    ----------
    order : None for a topological order; a list of results of operations, in the order in which
        they send (one that is missing sends nothing, as a leaf does); "depth-first" or
        "breadth-first", in which each sends when it is first met.

    Raises
    ------
    RuntimeError : where this is no scalar, or nothing requires a gradient.
    ValueError : for an order of anything but Tensors in the graph.

    Examples
    --------
    >>> a = Tensor(3.0, requires_grad=True)
    >>> b = a + a
    >>> c = b + b
    >>> for step in c.backward_steps():
    ...     print(step)
    c = b + b:  ∂c/∂c = 1
      b gets 1 · 1 = 1 (1 of 2); b gets 1 · 1 = 1, now 1 + 1 = 2 (2 of 2)
    b = a + a:  ∂c/∂b = 2
      a gets 2 · 1 = 2 (1 of 2); a gets 2 · 1 = 2, now 2 + 2 = 4 (2 of 2)
    >>> c.backward_steps(order=[b, c])
    b = a + a:  ∂c/∂b = nothing yet, so that nothing is sent
      incomplete: 0 of 2 contributions had arrived
    c = b + b:  ∂c/∂c = 1
      b gets 1 · 1 = 1 (1 of 2); b gets 1 · 1 = 1, now 1 + 1 = 2 (2 of 2)
      too late: b has sent its gradient on already
      so ∂c/∂a = 0, which is wrong: it is 4
    """
    from autograd.provenance.names import names_in  # noqa: PLC0415  # words are a room above
    from autograd.view.exercise.stepper import BackwardSteps  # noqa: PLC0415  # a view, when asked

    return BackwardSteps(self, order, names_in(sys._getframe(1)))


Tensor.backward_steps = backward_steps

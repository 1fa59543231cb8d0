"""The sweep: the chain rule, once around the graph.

Nodes are visited from the youngest to the oldest, which is a topological order, because a birth
number is younger than those of the arguments. On arrays the sweep is fast; on Tensors it is itself
recorded, so that its results can be differentiated again. The general parts of every derivative
are here and in `autograd.sweep.pull`, and in no rule: accumulation, the dtype, the sum over
broadcast axes.
"""

import sys
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from autograd.base.errors import call_of, refusal
from autograd.base.modes import enable_grad, watchers, watching
from autograd.mutation.holders import getrefcount
from autograd.mutation.versions import REWRITTEN, birth, fork, gone, is_rewritten, seen_by
from autograd.mutation.witness import SHARING, line_at, place_told, reads
from autograd.primitive import PRIMITIVES
from autograd.rules.lazy import LAZY
from autograd.rules.shape import cut_off
from autograd.sweep.hooks import refuse_gradient
from autograd.sweep.pull import Gradient, add, fit, pull
from autograd.sweep.seeds import ONE, first_gradient
from autograd.tensor import Tensor, constant, raw, record
from autograd.transforms.outside import retain

float64 = np.float64
UNTOLD = "; record_lines() before it is computed lets it tell its line"


def sweep(
    roots: Sequence[Tensor], seeds: Sequence[Gradient], wrt: Sequence[Tensor] = (),
    recorded: bool = False, keep: bool = False,
) -> dict[Tensor, Gradient]:  # fmt: skip
    """Carry gradients from `roots`, where `seeds` arrive, back to the leaves.

    Parameters
    ----------
    wrt : tensors that count as leaves. The sweep does not go behind them, nor behind what is older
        than all of them: from there no way leads to one.
    recorded : work on Tensors, so that the results have a graph of their own.
    keep : leave gradients in ``.grad``: added up in leaves, set anew in others that are held.

    Returns
    -------
    What arrived at each leaf, and wherever else the sweep ended.
    """
    grads: dict[Tensor, Gradient] = {}  # what has arrived so far, at leaves and in the heap
    reached: Any = {} if REWRITTEN else None  # how far back the walks to old versions have come
    uses: dict[int, int] = {}  # birth number: over how many ways, where more than one
    buffers: set[int] = set()  # birth number: the gradient is an array of our own, to write into
    heap: list[tuple[int, Tensor]] = []  # who waits, the youngest first ...
    youngest: Any = None  # ... but for the very youngest and what has arrived there:
    arrived: Gradient = None  # a chain needs neither the heap nor the dict
    gx: Gradient = None
    a: Any
    stops = set(wrt) if wrt else None
    oldest = min([w.count for w in wrt]) if wrt else 0
    watched = watchers() if watching else ()
    plain = not (recorded or watched or SHARING)
    if len(roots) == 1 and roots[0].op is not None and not (stops and roots[0] in stops):
        youngest, arrived = roots[0], seeds[0]
    else:
        for root, seed in zip(roots, seeds, strict=True):
            known = root in grads
            grads[root] = grads[root] + seed if known else seed
            if not known and root.op is not None and not (stops and root in stops):
                heappush(heap, (-root.count, root))

    try:
        while heap or youngest is not None:
            if youngest is None:
                youngest = heappop(heap)[1]
                arrived = grads.pop(youngest)
            node, g = youngest, arrived
            youngest = a = b = None
            op: Any = node.op  # never None: leaves do not wait
            args, birth = node.args, node.count
            if birth < oldest:
                grads[node] = g
                break
            if node.meta is not None and "hooks" in node.meta:
                g = _hooked(node, g, recorded)
                buffers.discard(birth)  # a hook may keep it
            # 1. Leave the gradient with a tensor that somebody can ask for it: the references tell.
            if keep and (getrefcount(node) > ANONYMOUS or node.meta is not None):
                held = getrefcount(node) > ALONE + uses.get(birth, 1) or _retains(node)
                if held and (recorded or type(g) is float64):
                    node._grad = g
                elif held:
                    buffers.discard(birth)
                    node._grad = _own(g, GIVEN + 1 + (gx is g))  # `arrived` is g too
            # 2. Apply the rules, for the arguments that require a gradient.
            if REWRITTEN:
                for a in (node, *args):
                    if type(a) is Tensor and (
                        a.count > birth or (a.meta is not None and is_rewritten(a, birth))
                    ):
                        # from now on, too: a node that refers to newer versions may close a ring
                        args = node.args = _seen(node, reached)
                        break
            more: Any = ()
            if type(g) is float64 and op.pair and type(birth) is int and not watched:  # no lists
                (a, b), (rule, rule_b), y = args, op.rules, node.data
                x0 = a.data if type(a) is Tensor else a
                x1 = b.data if type(b) is Tensor else b
                if x1 is b or not b.requires_grad:
                    if x0 is a or not a.requires_grad:
                        continue
                    b = None
                elif x0 is a or not a.requires_grad:
                    a, b, rule = b, None, rule_b
                gx = rule(g, y, x0, x1)
            elif (  # one argument, of which nobody wants to see more: without lists, too
                op.alone and args and plain and type(g) is not Tensor
                and type(birth) is int and node.data.size < op.large
            ):  # fmt: skip
                a = args[0]
                gx = op.rules[0](g, node.data, a.data, **node.params)
            else:
                more = pull(node, args, g, recorded, birth in buffers)
                for watcher in watched:
                    watcher.sent(node, args, g, more)
                if not more:
                    continue
                i, gx = more.pop()
                a = args[i]
            while True:
                # 3. Do what every rule leaves to the sweep: shape, dtype, the sum over all ways.
                x = a.data
                if type(gx) is float64:
                    if type(x) is not float64:
                        gx = fit(gx, a)
                elif type(gx) is not type(x) or gx.dtype is not x.dtype or gx.shape != x.shape:
                    gx = fit(gx, a)
                    if type(gx) in LAZY and a is not youngest and a not in grads:
                        gx = gx.dense(a)
                        buffers.add(a.count)
                if a is youngest:
                    arrived = add(arrived, gx, a.count, buffers, uses)
                elif a.op is None or (stops and a in stops):
                    if a.count > birth and not a.args:
                        raise gone(a)  # noqa: TRY301  # which gets its note like the others
                    before = grads.get(a)
                    grads[a] = gx if before is None else add(before, gx, a.count, buffers, uses)
                elif youngest is None and not heap:
                    youngest, arrived = a, gx
                elif a in grads:
                    grads[a] = add(grads[a], gx, a.count, buffers, uses)
                else:
                    if youngest is not None and a.count > youngest.count:
                        a, gx, youngest, arrived = youngest, arrived, a, gx
                    grads[a] = gx
                    heappush(heap, (-a.count, a))
                if b is not None:
                    a, gx, b = b, rule_b(g, y, x0, x1), None
                elif more:
                    i, gx = more.pop()
                    a = args[i]
                else:
                    break
    except Exception as error:
        told = place_told(node) or UNTOLD
        if told not in str(error):
            error.add_note(f"  in backward: {call_of(node.op.name, node.args)}{told}")
        raise

    for w in wrt:
        if w.meta is not None and "hooks" in w.meta and w in grads:
            grads[w] = _hooked(w, grads[w], recorded)
    if keep:
        rest = []
        for leaf, g in grads.items():
            if type(g) is float64 and leaf._grad is None and leaf.meta is None:
                leaf._grad = g
            else:
                rest.append(leaf)
        g = gx = arrived = more = None  # only `grads` refers to the gradients now
        for leaf in rest:
            _accumulate(leaf, grads, recorded)
    return grads


def _own(g: Gradient, references: int) -> Gradient:
    """Return g, or a copy where somebody else could write into it."""
    shared = type(g) is np.ndarray and (
        g.base is not None or not g.flags.writeable or getrefcount(g) > references
    )
    return g.copy() if shared else g


def _alias(g: Gradient) -> Tensor:
    """Return another handle of a recorded gradient, which two tensors may have got."""
    if type(g) is not Tensor:  # of a rule that returns what depends on nothing
        return constant(g)
    if g.op is None:
        return record(PRIMITIVES[np.positive], (g,))
    other = fork(g)
    other.count = birth()  # g may be in the same graph, where numbers tell operations apart
    return other


def _accumulate(leaf: Tensor, grads: dict[Tensor, Gradient], recorded: bool) -> None:
    """Add what arrived at a leaf to its gradient."""
    if leaf.meta is not None:
        grads[leaf] = _hooked(leaf, grads[leaf], recorded)
    before = leaf._grad
    if before is None:
        leaf._grad = _alias(grads[leaf]) if recorded else _own(grads[leaf], ITEM)
    elif recorded:
        held = before if type(before) is Tensor else constant(cut_off(before))
        leaf._grad = held + grads[leaf]
    else:
        leaf._grad = raw(before) + grads[leaf]


def _hooked(node: Tensor, g: Gradient, recorded: bool) -> Gradient:
    for hook in list((node.meta or {}).get("hooks", {}).values()):
        given = _alias(g) if recorded else constant(g)  # others may have g, too
        changed = hook(given)
        if changed is None:
            changed = given  # which it may have written into
        else:
            refuse_gradient(node, changed)
        if recorded:
            g = changed if type(changed) is Tensor else constant(np.asarray(changed)[()])
            g = g if g.dtype == node.dtype else fit(g, node)
        elif not hasattr(g := raw(changed), "_record"):  # neither a symbol nor an outer Tensor
            g = np.asarray(g, node.dtype)[()]
    return g


def _retains(node: Tensor) -> bool:
    return node.meta is not None and "retain" in node.meta


def backward(
    self: Tensor, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """Compute the gradient of this tensor with respect to every tensor that it came from.

    Leaves accumulate into ``.grad``; every other tensor that you still hold has it set anew.

    Parameters
    ----------
    gradient : the gradient that arrives here, of this tensor's shape; 1 for a scalar.
    retain_graph : allow another backward from here. Defaults to `create_graph`.
    create_graph : record the backward pass too, so that gradients can be differentiated.

    Raises
    ------
    RuntimeError : without `gradient` where this is no real scalar; where nothing requires a
        gradient; and at the second call, unless the first retained the graph.
    TypeError : for a complex `gradient` of a real result.
    ValueError : for a `gradient` of another shape.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    Tensor([2., 4.])
    >>> (3 * x).backward(gradient=[1.0, 10.0])  # added to what was there
    >>> x.grad
    Tensor([ 5., 34.])
    """
    if gradient is None and type(self.data) is float64 and self.requires_grad:
        seed: Any = ONE
    else:
        seed = first_gradient(self, gradient)
    if self.meta is not None and "consumed" in self.meta:
        raise refusal(
            RuntimeError,
            "backward was called a second time from the same result",
            f"the first call was at {line_at(*self.meta['consumed'])}",
            "compute the result anew (build it inside the loop), or give the first call "
            "retain_graph=True",
        )
    if create_graph:
        with enable_grad():
            seeds = (seed if type(seed) is Tensor else constant(seed),)
            sweep((self,), seeds, recorded=True, keep=True)
    else:
        # recorded=False, keep=True; by their names 0.03 µs longer
        sweep((self,), (seed.data if type(seed) is Tensor else seed,), (), False, True)
    if create_graph if retain_graph is None else retain_graph:
        retain()
    elif self.op is not None:
        frame = sys._getframe(1)
        consumed = (frame.f_code, frame.f_lasti)  # the line itself costs 0.3 µs
        self.meta = {**self.meta, "consumed": consumed} if self.meta else {"consumed": consumed}


Tensor.backward = backward  # type: ignore[method-assign]  # the sweep stands above Tensor


def _seen(node: Tensor, reached: Any) -> tuple[Any, ...]:
    """Return the arguments that a node saw; a constant, of which no versions are kept, if it reads.

    Raises RuntimeError where what it reads is gone.
    """
    by = tuple([k for k, a in enumerate(node.args) if type(a) is Tensor and a.requires_grad])
    for i, a in enumerate((node, *node.args), -1):  # the rules may read the result, too
        if type(a) is Tensor and is_rewritten(a, node.count) and reads(node.op, i, by):
            raise gone(a)
    return tuple(
        seen_by(a, node.count, reached)
        if type(a) is Tensor and (a.args or a.requires_grad or reads(node.op, i, by))
        else a
        for i, a in enumerate(node.args)
    )


def _references(thing: object) -> int:
    return getrefcount(thing)


def _measure() -> tuple[int, int, int]:
    """Count the references of an object that nobody shares: in a variable, given on, in a dict."""
    thing, held = object(), {0: object()}
    return getrefcount(thing), _references(thing), _references(held[0])


ALONE, GIVEN, ITEM = _measure()
ANONYMOUS = ALONE + 1

"""What PyTorch calls ``torch.autograd``: gradients of tensors that were computed, by tensors.

>>> import autograd as torch
>>> x = torch.tensor(3.0, requires_grad=True)
>>> (slope,) = torch.autograd.grad(x**3, x, create_graph=True)
>>> torch.autograd.grad(slope, x)
(Tensor(18.0),)
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NoReturn

import numpy as np

from autograd.backward import sweep
from autograd.base.errors import describe, refusal
from autograd.base.modes import enable_grad
from autograd.graph import toposort
from autograd.interface.elsewhere import absent
from autograd.mutation.versions import gone
from autograd.rules.shape import cut_off
from autograd.sweep.seeds import first_gradient
from autograd.tensor import Tensor, constant, raw
from autograd.transforms.pullback import wrapped

Several = Tensor | Iterable[Tensor]
INSTEAD = {
    "Function": "@primitive, and its rule by f.defvjp(lambda g, y, x: ...)",
    "Variable": "tensor(data, requires_grad=True)",
    "backward": "y.backward()",
    "functional": "jacobian(f)(x), hessian(f)(x), vjp(f)(x), jvp(f)(x)",
    "gradcheck": "check_grads(f, args)",
    "gradgradcheck": "check_grads(f, args, order=2)",
    "set_detect_anomaly": "with detect_anomaly(): ...",
}
"""What else PyTorch has there, and what to write here."""


def grad(
    outputs: Several, inputs: Several, grad_outputs: Any = None, retain_graph: bool | None = None,  # noqa: ARG001  # no graph is freed
    create_graph: bool = False, only_inputs: bool = True, allow_unused: bool | None = None,  # noqa: ARG001  # always
    *, materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """Return the gradients of the sum of `outputs` by each of `inputs`; no ``.grad`` changes.

    Parameters
    ----------
    outputs : one tensor or several, of any shapes.
    inputs : those to differentiate by: leaves, or what was computed on the way.
    grad_outputs : what arrives at each of the outputs, of its shape; None is 1 for a scalar.
    retain_graph : without effect: the graph may be used again.
    create_graph : record the backward pass too, so that the results can be differentiated.
    only_inputs : without effect, as in PyTorch: it is always so.
    allow_unused : give None by an input that no output depends on.
    materialize_grads : give 0 by such an input.

    Raises
    ------
    RuntimeError : for an array among the outputs without its `grad_outputs`, for an input that
        requires no gradient or was rewritten since, and for one that no output depends on, unless
        that is allowed.
    ValueError : for `grad_outputs` of another number or shape.

    Examples
    --------
    >>> w, x = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
    >>> grad((w * x).sum(), [w, x])
    (Tensor([3., 4.]), Tensor([1., 2.]))
    """
    ys, xs = [*map(wrapped, _several(outputs))], _several(inputs)
    given = [None] * len(ys) if grad_outputs is None else _several(grad_outputs)
    if len(given) != len(ys):
        what = f"{len(ys)} outputs get as many gradients, not {len(given)}"
        raise refusal(ValueError, what, "autograd.grad", "grad_outputs=[v, w] for [y, z]")
    for x in xs:
        if not getattr(x, "requires_grad", False):
            what, instead = "this input requires no gradient", "x.requires_grad_() before y = f(x)"
            raise refusal(RuntimeError, what, f"autograd.grad by {describe(x)}", instead)
    seeds = [first_gradient(y, g) for y, g in zip(ys, given, strict=True)]
    seeds = [wrapped(s) if create_graph else raw(s) for s in seeds]
    oldest = min(xs, key=lambda x: x.count, default=None)
    ends = [x for x in xs if x.op is None or x is oldest]
    found: dict[Tensor, Any] = {}
    # a sweep does not go behind its ends: what arrives at the others is seen in passing
    hooks = [x.register_hook(partial(found.__setitem__, x)) for x in {*xs}.difference(ends)]
    try:
        with enable_grad():
            arrived = sweep(ys, seeds, ends, create_graph)
    finally:
        for hook in hooks:
            hook.remove()
    _refuse_rewritten([x for x in ends if x.op is None], arrived)
    found |= {x: arrived[x] for x in ends if x in arrived}
    if not create_graph:
        found = {x: cut_off(np.copy(raw(g))) for x, g in found.items()}
    return tuple([_gradient(x, found, allow_unused, materialize_grads) for x in xs])


def _several(given: Any) -> list[Any]:
    one = hasattr(given, "shape") or not isinstance(given, Iterable)
    return [given] if one else [*given]  # a generator, too: model.parameters()


def _refuse_rewritten(leaves: Sequence[Tensor], arrived: Iterable[Tensor]) -> None:
    """Raise where a sweep ended too early, as a leaf is younger than what was computed from it."""
    behind = {*toposort(*[t for t in arrived if t.op is not None])}
    for x in leaves:
        if x in behind:
            raise gone(x)


def _gradient(
    x: Tensor, found: dict[Tensor, Any], allow_unused: bool | None, materialize_grads: bool
) -> Tensor | None:
    if x in found:
        g = found[x]
        return g if type(g) is Tensor else constant(g if hasattr(g, "tape") else g[()])
    if materialize_grads:
        return constant(np.zeros_like(x.data)[()])
    if allow_unused:
        return None
    what, instead = "no output depends on this input", "allow_unused=True, which gives None for it"
    raise refusal(RuntimeError, what, f"autograd.grad by {describe(x)}", instead)


def __getattr__(name: str) -> NoReturn:
    raise absent("autograd.autograd", name, INSTEAD.get(name))

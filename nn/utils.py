"""Gradient clipping: between `backward` and an optimiser's step, under PyTorch's names."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor, kind_of, refusal
from nn.checks import refuse


def forget_gradients(parameters: Iterable[Tensor], to_none: bool) -> None:
    """Forget the gradients of parameters, or fill those that there are with 0."""
    for p in parameters:
        empty = to_none or p._grad is None  # which does not read it, as a program would note
        p.grad = None if empty else np.zeros_like(p.data)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:  # fmt: skip
    """Shorten all gradients by one factor, in place, so that their common norm is `max_norm`.

    Parameters
    ----------
    parameters : what was trained; those without a gradient are passed over.
    max_norm : the norm of all gradients together that is not exceeded.
    norm_type : p of the p-norm; ``math.inf`` for the largest absolute value.
    error_if_nonfinite : whether a norm of inf or NaN is an error; else it spoils every gradient.

    Returns
    -------
    The norm before (Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural
    networks", 2013), a Tensor of shape ().

    Raises
    ------
    RuntimeError : where the norm is inf or NaN, with `error_if_nonfinite`.
    ValueError : for a `max_norm` below 0.
    TypeError : for a module in the place of its parameters.

    >>> w = Tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_norm_([w], max_norm=5.0)
    Tensor(10.0)
    >>> w.grad.data.round(5)
    array([3., 4.])
    """
    grads, norm_type = _grads(parameters, max_norm), float(norm_type)
    norms = [np.linalg.norm(np.ravel(g.data), norm_type) for g in grads]
    total = np.linalg.norm(norms, norm_type) if norms else np.float64(0.0)
    if error_if_nonfinite and not np.isfinite(total):
        what = f"the norm of the gradients is {total}, so they cannot be scaled"
        instead = "a smaller lr; nn.doctor(model, loss) finds where it comes from"
        raise refusal(RuntimeError, what, f"clip_grad_norm_ of {len(grads)} gradients", instead)
    for g in grads:
        g.data *= min(max_norm / (float(total) + 1e-6), 1.0)
    return Tensor(total)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Bring every element of the gradients between ``-clip_value`` and `clip_value`, in place.

    Raises ValueError for a `clip_value` below 0, TypeError for a module.

    >>> w = Tensor([0.1, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_value_(w, 1.0)
    >>> w.grad
    Tensor([0.2, 1. ])
    """
    for g in _grads(parameters, clip_value):
        g.data = np.clip(g.data, -clip_value, clip_value, out=g.data if g.ndim else None)


def _grads(parameters: Any, bound: float) -> list[Tensor]:
    """Return the gradients of what may be clipped to such a bound."""
    alone = type(parameters) is Tensor or not np.iterable(parameters)
    tensors = [parameters] if alone or callable(parameters) else list(parameters)
    others = [kind_of(p) for p in tensors if not hasattr(p, "grad")]
    what, where = "parameters are clipped, not what has them", ", ".join(others[:1])
    refuse(others, what, where, "model.parameters()", TypeError)
    refuse(not bound >= 0, "gradients are clipped to 0 or more", f"a bound of {bound}", "1.0")
    return [p.grad for p in tensors if p.grad is not None]

"""Gradient descent and its refinements: formulas, element by element, under PyTorch's names."""

import math
from typing import Any

import numpy as np

from nn.optim.optimizer import Optimizer


class SGD(Optimizer):
    """``p -= lr g``, or with momentum ``b = momentum b + (1 - dampening) g; p -= lr b``.

    The first b is g. `nesterov` steps along ``g + momentum b`` instead of b; `weight_decay` is
    added to g times p. Momentum as in Sutskever et al., "On the importance of initialization and
    momentum", 2013. Raises ValueError for nesterov without momentum or with dampening; else see
    `Optimizer`.

    >>> from autograd import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = SGD([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    Tensor(0.5, requires_grad=True)
    """

    def memory(self, p: Any, g: Any, **options: Any) -> dict[str, Any]:
        momentum, dampening = options["momentum"], options["dampening"]
        if not momentum:
            return {}
        start = dampening / momentum * (g + options["weight_decay"] * p) if dampening else 0.0
        return {"momentum_buffer": start}

    def update(
        self, p: Any, g: Any, momentum_buffer: Any = None, *, lr: float = 1e-3,
        momentum: float = 0.0, dampening: float = 0.0, weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:  # fmt: skip
        g = g + weight_decay * p if weight_decay else g
        if momentum:
            momentum_buffer *= momentum
            momentum_buffer += (1 - dampening) * g
            g = g + momentum * momentum_buffer if nesterov else momentum_buffer
        p -= lr * g

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        wrong = group["nesterov"] and not (group["momentum"] > 0 and group["dampening"] == 0)
        what = "Nesterov's step is defined for momentum without dampening"
        self._refuse(wrong, what, "nesterov=True, momentum=0.9, dampening=0")


class Adam(Optimizer):
    """``p -= lr m̂ / (√v̂ + eps)``, with running means m of g and v of g² (Kingma and Ba, 2015).

    ``m = β₁ m + (1 - β₁) g`` and ``v = β₂ v + (1 - β₂) g²`` start from 0; at step t,
    ``m̂ = m / (1 - β₁ᵗ)`` and ``v̂ = v / (1 - β₂ᵗ)`` make up for that. `weight_decay` is added to g
    times p; `amsgrad` takes the largest v so far (Reddi, Kale, Kumar, 2018).

    >>> from autograd import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = Adam([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.item(), 6)
    0.75
    """

    def memory(self, p: Any, g: Any, **options: Any) -> dict[str, Any]:  # noqa: ARG002  # starts from 0
        largest = 0.0 if options["amsgrad"] else None
        return {"step": 0, "exp_avg": 0.0, "exp_avg_sq": 0.0, "max_exp_avg_sq": largest}

    def update(
        self, p: Any, g: Any, step: int, exp_avg: Any, exp_avg_sq: Any, max_exp_avg_sq: Any = None,
        *, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0, amsgrad: bool = False,
    ) -> None:  # fmt: skip
        m, v, (beta1, beta2) = exp_avg, exp_avg_sq, betas
        g = g + weight_decay * p if weight_decay else g
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * g * g
        if amsgrad:
            v = np.maximum(v, max_exp_avg_sq, out=max_exp_avg_sq)
        root = np.sqrt(v)
        root /= math.sqrt(1 - beta2**step)
        root += eps
        p -= lr / (1 - beta1**step) * m / root


class AdamW(Adam):
    """Adam whose weight decay shrinks p itself, by ``lr weight_decay`` (Loshchilov, Hutter, 2019).

    >>> from autograd import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.25, weight_decay=0.4)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.item(), 6)
    0.65
    """

    def update(  # type: ignore[override]  # the memory is Adam's
        self, p: Any, g: Any, *, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, **memory: Any,
    ) -> None:  # fmt: skip
        p *= 1 - lr * weight_decay
        super().update(p, g, lr=lr, betas=betas, eps=eps, amsgrad=amsgrad, **memory)


class RMSprop(Optimizer):
    """``p -= lr g / (√v + eps)`` with ``v = alpha v + (1 - alpha) g²`` (Hinton's lecture 6e, 2012).

    `centered` subtracts the square of the mean gradient from v (Graves, 2013); with `momentum`,
    ``b = momentum b + g / (√v + eps); p -= lr b``; `weight_decay` is added to g times p.

    >>> from autograd import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = RMSprop([w], lr=0.25, alpha=0.75)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.item(), 6)
    0.5
    """

    def memory(self, p: Any, g: Any, **options: Any) -> dict[str, Any]:  # noqa: ARG002  # starts from 0
        used = {"momentum_buffer": options["momentum"], "grad_avg": options["centered"]}
        return {"step": 0, "square_avg": 0.0, **{k: 0.0 if on else None for k, on in used.items()}}

    def update(
        self, p: Any, g: Any, step: int, square_avg: Any, momentum_buffer: Any = None,  # noqa: ARG002  # counted as in PyTorch
        grad_avg: Any = None, *, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False,
    ) -> None:  # fmt: skip
        v = square_avg
        g = g + weight_decay * p if weight_decay else g
        v *= alpha
        v += (1 - alpha) * g * g
        if centered:
            grad_avg += (1 - alpha) * (g - grad_avg)
            v = np.maximum(v - grad_avg * grad_avg, 0)  # the difference may be rounded below 0
        g = g / (np.sqrt(v) + eps)
        if momentum:
            momentum_buffer *= momentum
            momentum_buffer += g
            g = momentum_buffer
        p -= lr * g


class Adagrad(Optimizer):
    """``p -= lrₜ g / (√s + eps)`` with ``s += g²`` and ``lrₜ = lr / (1 + (t - 1) lr_decay)``.

    s starts from `initial_accumulator_value`; `weight_decay` is added to g times p (Duchi, Hazan,
    Singer, "Adaptive subgradient methods", 2011).

    >>> from autograd import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = Adagrad([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.item(), 6)
    0.75
    """

    def memory(self, p: Any, g: Any, **options: Any) -> dict[str, Any]:  # noqa: ARG002  # starts from a number
        return {"step": 0, "sum": options["initial_accumulator_value"]}

    def update(
        self, p: Any, g: Any, step: int, sum: Any, *, lr: float = 1e-2, lr_decay: float = 0.0,
        weight_decay: float = 0.0, initial_accumulator_value: float = 0.0, eps: float = 1e-10,  # noqa: ARG002  # of memory
    ) -> None:  # fmt: skip
        g = g + weight_decay * p if weight_decay else g
        sum += g * g
        p -= lr / (1 + (step - 1) * lr_decay) * g / (np.sqrt(sum) + eps)


class Lion(Optimizer):
    """``p -= lr (sign(β₁ m + (1 - β₁) g) + weight_decay p)``, then ``m = β₂ m + (1 - β₂) g``.

    Every element moves by the same length (Chen et al., "Symbolic discovery of optimization
    algorithms", 2023): an lr three to ten times smaller than Adam's is advised.

    >>> from autograd import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = Lion([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    Tensor(0.75, requires_grad=True)
    """

    def update(
        self, p: Any, g: Any, exp_avg: Any, *, lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99), weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        m, (beta1, beta2) = exp_avg, betas
        p *= 1 - lr * weight_decay
        p -= lr * np.sign(beta1 * m + (1 - beta1) * g)
        m += (1 - beta2) * (g - m)

"""Optimisers: steps against the gradient, by PyTorch's formulas, in place and without a graph."""

import copy
import math
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from autograd import Tensor, three_lines

State = dict[str, Any]
Group = dict[str, Any]


class Optimizer:
    """Parameters in groups, each group with its options, and a step over all of them.

    A subclass gives its options to this ``__init__``, and writes `update`.

    Parameters
    ----------
    params : Tensors, or dicts of ``params`` and of options that are different for these.
    **defaults : the options of all others.

    Attributes
    ----------
    param_groups : for each group a dict of ``params`` and options; these may change at any time.
    state : what the optimiser remembers of each parameter.

    Raises
    ------
    TypeError : for what is no leaf Tensor.
    ValueError : for no parameters, a parameter given twice, an unknown option, a negative lr.
    """

    def __init__(self, params: Iterable[Any], **defaults: Any) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, State] = {}
        items = _listed(params)
        for group in items if items and isinstance(items[0], Mapping) else [{"params": items}]:
            self.add_param_group(group)

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Train more parameters, with options of their own: ``{"params": [...], "lr": 0.1}``."""
        group = {**self.defaults, **group, "params": _listed(group["params"])}
        self._check(group)
        self.param_groups.append(group)

    def step(self) -> None:
        """Change every parameter that has a gradient; warn where none has one."""
        idle = True
        for group in self.param_groups:
            for p in group["params"]:
                grad = p.grad
                if grad is not None:
                    self.update(p, grad.data, self.state.setdefault(p, {}), group)
                    idle = False
        if idle:
            message = (
                "step() changed nothing, as no parameter has a gradient: call backward() first"
            )
            warnings.warn(message, stacklevel=2)

    def update(self, p: Tensor, g: Any, state: State, group: Group) -> None:
        """Change one parameter. Every optimiser writes its own.

        Parameters
        ----------
        p : the parameter; ``p.data`` is changed in place, or replaced where it is a scalar.
        g : its gradient, an array or a NumPy scalar, which is not to be changed.
        state : what was remembered of p, empty at first.
        group : the options, by name.
        """
        raise NotImplementedError(
            three_lines(
                f"{type(self).__name__} does not say how to change a parameter",
                f"{type(self).__name__}.step()",
                "def update(self, p, g, state, group): p.data -= group['lr'] * g",
            )
        )

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or fill them with 0: ``backward`` adds to what is there."""
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None if set_to_none or p.grad is None else np.zeros_like(p.grad.data)

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of the state and the options, with numbers for the parameters."""
        number = {p: i for i, p in enumerate(self._parameters())}
        groups = [{**g, "params": [number[p] for p in g["params"]]} for g in self.param_groups]
        state = {number[p]: remembered for p, remembered in self.state.items()}
        return copy.deepcopy({"state": state, "param_groups": groups})

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from where `state_dict` was called, of an optimiser with groups of the same sizes.

        Raises ValueError for other groups; nothing changes then.
        """
        saved = copy.deepcopy(dict(state_dict))
        sizes = [
            [len(g["params"]) for g in groups]
            for groups in (self.param_groups, saved["param_groups"])
        ]
        self._refuse(
            sizes[0] != sizes[1],
            f"the groups have {sizes[0]} parameters, and had {sizes[1]} when saved",
            "an optimiser of the same parameters in the same groups",
        )
        for group, before in zip(self.param_groups, saved["param_groups"], strict=True):
            group.update({**before, "params": group["params"]})
        parameters = self._parameters()
        self.state = {parameters[i]: remembered for i, remembered in saved["state"].items()}

    def _parameters(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def _check(self, group: Group) -> None:
        unknown = ", ".join(sorted(group.keys() - {"params", *self.defaults}))
        self._refuse(
            not group["params"],
            "there is no parameter to train",
            "model.parameters(), of layers that are attributes or in a ModuleList",
        )
        self._refuse(unknown, f"no option is called {unknown}", ", ".join(self.defaults))
        lr = group.get("lr", 0.0)
        self._refuse(not lr >= 0, f"lr={lr} goes uphill", f"lr={abs(lr)}")
        seen = set(self._parameters())
        for p in group["params"]:
            tensor = type(p) is Tensor
            made = f"the result of {p.op.name}" if tensor and p.op else f"a {type(p).__name__}"
            self._refuse(
                not (tensor and p.is_leaf),
                f"only leaf tensors are trained, not {made}",
                "the tensors that it was computed from"
                if tensor
                else "nn.Parameter(data), or model.parameters()",
                TypeError,
            )
            self._refuse(
                p in seen,
                f"a parameter of shape {p.shape} is given twice",
                "each parameter once",
            )
            seen.add(p)

    def _refuse(
        self, wrong: object, what: str, instead: str, error: type[Exception] = ValueError
    ) -> None:
        if wrong:
            raise error(three_lines(what, f"the parameters of {type(self).__name__}", instead))


class SGD(Optimizer):
    """``p -= lr g``, or with momentum ``b = momentum b + (1 - dampening) g; p -= lr b``.

    `nesterov` steps along ``g + momentum b`` instead of b; `weight_decay` is added to g times p.
    Momentum as in Sutskever et al., "On the importance of initialization and momentum", 2013.

    Raises ValueError for nesterov without momentum or with dampening; else see `Optimizer`.

    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = SGD([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    Tensor(0.5, requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0.0,
        dampening: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr=lr, momentum=momentum, dampening=dampening,
            weight_decay=weight_decay, nesterov=nesterov,
        )  # fmt: skip

    def _check(self, group: Group) -> None:
        super()._check(group)
        self._refuse(
            group["nesterov"] and not (group["momentum"] > 0 and group["dampening"] == 0),
            "Nesterov's step is defined for momentum without dampening",
            "nesterov=True, momentum=0.9, dampening=0",
        )

    def update(self, p: Tensor, g: Any, state: State, group: Group) -> None:
        momentum = group["momentum"]
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p.data
        if momentum:
            if not state:
                b = state["momentum_buffer"] = np.array(g)
            else:
                b = state["momentum_buffer"]
                b *= momentum
                b += (1 - group["dampening"]) * g
            g = g + momentum * b if group["nesterov"] else b
        p.data -= group["lr"] * g


class Adam(Optimizer):
    """``p -= lr m̂ / (√v̂ + eps)``, with running means m of g and v of g² (Kingma and Ba, 2015).

    ``m = β₁ m + (1 - β₁) g`` and ``v = β₂ v + (1 - β₂) g²`` start from 0; at step t,
    ``m̂ = m / (1 - β₁ᵗ)`` and ``v̂ = v / (1 - β₂ᵗ)`` make up for that. `weight_decay` is added to g
    times p.

    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = Adam([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.item(), 6)
    0.75
    """

    decoupled: ClassVar[bool] = False

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def update(self, p: Tensor, g: Any, state: State, group: Group) -> None:
        lr, (beta1, beta2), decay = group["lr"], group["betas"], group["weight_decay"]
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(p.data), exp_avg_sq=np.zeros_like(p.data))
        t = state["step"] = state["step"] + 1
        m, v = state["exp_avg"], state["exp_avg_sq"]
        if decay and self.decoupled:
            p.data *= 1 - lr * decay
        elif decay:
            g = g + decay * p.data
        # one temporary array serves all: on large parameters, fresh memory costs most
        temporary = np.multiply(g, 1 - beta1, out=np.empty_like(m))
        m *= beta1
        m += temporary
        np.multiply(g, g, out=temporary)
        temporary *= 1 - beta2
        v *= beta2
        v += temporary
        np.sqrt(v, out=temporary)
        temporary /= math.sqrt(1 - beta2**t)
        temporary += group["eps"]
        np.divide(m, temporary, out=temporary)
        temporary *= lr / (1 - beta1**t)
        p.data -= temporary


class AdamW(Adam):
    """Adam whose weight decay shrinks p itself, by ``lr weight_decay`` (Loshchilov, Hutter, 2019).

    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.25, weight_decay=0.4)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.item(), 6)
    0.65
    """

    decoupled = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 1e-2,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay)


def _listed(params: Any) -> list[Any]:
    if hasattr(params, "parameters"):
        raise TypeError(
            three_lines(
                "an optimizer takes parameters, not the module that has them",
                f"a {type(params).__name__}",
                "SGD(model.parameters(), ...)",
            )
        )
    return [params] if type(params) is Tensor else list(params)

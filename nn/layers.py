"""Layers that have parameters, a state, or other layers in them: each reads like its formula."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any, Self

import numpy as np

from autograd import Tensor, ones, three_lines, zeros
from nn import functional, init
from nn.function import ReLU
from nn.module import Module, Parameter


class Linear(Module):
    """``y = x Wᵀ + b``, W of shape (out_features, in_features).

    Parameters are uniform in ±1/√in_features at first, as PyTorch's.

    Raises
    ------
    ValueError : for an input whose last axis is not in_features.

    Examples
    --------
    >>> layer = Linear(4, 3)
    >>> layer(ones(150, 4)).shape
    (150, 3)
    >>> layer
    Linear(in_features=4, out_features=3, bias=True)
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        bound = max(in_features, 1) ** -0.5
        self.weight = init.uniform_(Parameter(zeros(out_features, in_features)), -bound, bound)
        self.bias = init.uniform_(Parameter(zeros(out_features)), -bound, bound) if bias else None

    def forward(self, x: Any) -> Any:
        """Map (..., in_features) to (..., out_features)."""
        try:
            return functional.linear(x, self.weight, self.bias)
        except ValueError:
            shape = np.shape(getattr(x, "data", x))
            if shape[-1:] == (self.in_features,):
                raise
            raise ValueError(
                three_lines(
                    f"this layer takes {self.in_features} features, on the last axis of its input",
                    f"{self} of an input of shape {shape}",
                    f"an input of shape (..., {self.in_features}), or "
                    f"nn.Linear({(1, *shape)[-1]}, {self.out_features})",
                )
            ) from None

    def extra_repr(self) -> str:
        sizes = f"in_features={self.in_features}, out_features={self.out_features}"
        return f"{sizes}, bias={self.bias is not None}"


class LayerNorm(Module):
    """``(x - mean) / √(variance + eps) * weight + bias`` over the last axes.

    See `nn.functional.layer_norm`; without `elementwise_affine` there is no weight and no bias.

    >>> LayerNorm(2, eps=0.0)(np.array([1.0, 3.0])).numpy(force=True)
    array([-1.,  1.])
    """

    weight: Tensor | None
    bias: Tensor | None

    def __init__(
        self, normalized_shape: int | Iterable[int], eps: float = 1e-5,
        elementwise_affine: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        shape = normalized_shape
        self.normalized_shape = (shape,) if isinstance(shape, int) else tuple(shape)
        self.eps = eps
        self.weight = Parameter(ones(self.normalized_shape)) if elementwise_affine else None
        self.bias = Parameter(zeros(self.normalized_shape)) if elementwise_affine else None

    def forward(self, x: Any) -> Any:
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        affine = f"elementwise_affine={self.weight is not None}"
        return f"{self.normalized_shape}, eps={self.eps}, {affine}"


class Dropout(Module):
    """In training, set elements to 0 with probability p and scale the others; else do nothing.

    >>> Dropout(0.5).eval()(np.ones(3))
    array([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Any) -> Any:
        return functional.dropout(x, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Flatten(Module):
    """Make one axis of those from `start_dim` to `end_dim`: all but the batch, by default.

    >>> Flatten()(np.zeros((5, 2, 3))).shape
    (5, 6)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Any:
        start, end = self.start_dim % x.ndim, self.end_dim % x.ndim
        return np.reshape(x, (*x.shape[:start], -1, *x.shape[end + 1 :]))

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Identity(Module):
    """``x``."""

    def forward(self, x: Any) -> Any:
        return x


# ── modules of modules ────────────────────────────────────────────────────────────────────────
class ModuleList(Module):
    """A list of modules whose parameters are found, as those in a Python list are not.

    Raises TypeError for an item that is no module.

    >>> layers = ModuleList(Linear(4, 4) for _ in range(3))
    >>> len(layers), layers[-1]
    (3, Linear(in_features=4, out_features=4, bias=True))
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def append(self, module: Module) -> Self:
        """Add a module at the end; return the list."""
        if not isinstance(module, Module):
            is_class = isinstance(module, type)
            name = module.__name__ if is_class else type(module).__name__
            raise TypeError(
                three_lines(
                    f"{type(self).__name__} is made of modules, not of a {type(module).__name__}",
                    f"item {len(self)}, {f'the class {name}' if is_class else f'a {name}'}",
                    f"{name}(), an object of the class"
                    if is_class
                    else "nn.Tanh(), nn.Linear(4, 3), ...",
                )
            )
        setattr(self, str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end; return the list."""
        for module in modules:
            self.append(module)
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: Any) -> Any:
        chosen = list(self)[index]
        return ModuleList(chosen) if isinstance(index, slice) else chosen


class Sequential(ModuleList):
    """``f₃(f₂(f₁(x)))``: modules in a row, which can be counted, indexed and iterated.

    >>> Sequential(Linear(4, 3), ReLU(), Linear(3, 2))
    Sequential(
      (0): Linear(in_features=4, out_features=3, bias=True)
      (1): ReLU()
      (2): Linear(in_features=3, out_features=2, bias=True)
    )
    """

    def __init__(self, *modules: Module) -> None:
        super().__init__(modules)

    def forward(self, x: Any) -> Any:
        """Give each module the result of the one before."""
        for module in self:
            x = module(x)
        return x

    def __getitem__(self, index: Any) -> Any:
        chosen = list(self)[index]
        return Sequential(*chosen) if isinstance(index, slice) else chosen


class MLP(Sequential):
    """A multilayer perceptron: linear layers of these sizes, with an activation between them.

    >>> MLP(4, 8, 3)
    MLP(
      (0): Linear(in_features=4, out_features=8, bias=True)
      (1): ReLU()
      (2): Linear(in_features=8, out_features=3, bias=True)
    )
    """

    def __init__(self, *sizes: int, activation: Callable[[], Module] = ReLU) -> None:
        super().__init__()
        if len(sizes) < 2:
            raise TypeError(
                three_lines(
                    "a perceptron needs the sizes of its input and of its output",
                    f"MLP{sizes}",
                    "MLP(4, 8, 3), or MLP(*sizes) of a list",
                )
            )
        for before, after in pairwise(sizes):
            if len(self):
                self.append(activation())
            self.append(Linear(before, after))

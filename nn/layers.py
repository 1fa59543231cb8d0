"""Layers that have parameters, a state, or other layers in them: each reads like its formula."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence
from itertools import count, pairwise
from typing import Any, Self

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

import autograd
from autograd import Tensor, kind_of
from nn import functional, init
from nn.checks import refuse
from nn.function import Function, ReLU, shown
from nn.module import Module


class Linear(Module):
    """``y = x Wᵀ + b``, W of shape (out_features, in_features).

    Parameters are uniform in ±1/√in_features at first, as PyTorch's.

    Raises
    ------
    ValueError : for sizes that are no integers, for an input whose last axis is not in_features.

    Examples
    --------
    >>> layer = Linear(4, 3)
    >>> layer(np.ones((150, 4))).shape
    (150, 3)
    >>> layer
    Linear(in_features=4, out_features=3, bias=True)
    """

    extra_repr = shown("in_features=", "out_features=", "bias=")

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        self.in_features, self.out_features = in_features, out_features
        self.weight, self.bias = init.affine(bias, out_features, in_features)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew, in place, as at first."""
        init.spread_(self.in_features, self.weight, self.bias)

    def forward(self, x: Any) -> Tensor:
        """Map (..., in_features) to (..., out_features)."""
        return functional.linear(x, self.weight, self.bias)


class Bilinear(Module):
    """``y[k] = Σ x1[i] weight[k, i, j] x2[j] + bias[k]``: `nn.functional.bilinear`.

    >>> Bilinear(2, 3, 4)(np.ones((5, 2)), np.ones((5, 3))).shape
    (5, 4)
    """

    extra_repr = shown("in1_features=", "in2_features=", "out_features=", "bias=")

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True
    ) -> None:
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        self.weight, self.bias = init.affine(bias, out_features, in1_features, in2_features)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew, in place, as at first."""
        init.spread_(self.in1_features, self.weight, self.bias)

    def forward(self, x1: Any, x2: Any) -> Tensor:
        return functional.bilinear(x1, x2, self.weight, self.bias)


class Dropout(Function, function=functional.dropout):
    """In training, set elements to 0 with probability p and scale the others; else do nothing.

    >>> Dropout(0.5).eval()(np.ones(3))
    array([1., 1., 1.])
    """

    p: float
    extra_repr = shown("p=", "inplace=")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        functional.dropout(np.zeros(0), self.p)  # refuses what is no probability


class Dropout1d(Dropout, function=functional.dropout1d):
    """`Dropout` of whole channels of (N, C, L)."""


class Dropout2d(Dropout, function=functional.dropout2d):
    """`Dropout` of whole channels of (N, C, H, W)."""


def flatten(x: Any, start_dim: int = 1, end_dim: int = -1) -> Any:
    return autograd.flatten(x, start_dim, end_dim)


def unflatten(x: Any, dim: int, unflattened_size: Iterable[int]) -> Any:
    axis = normalize_axis_index(dim, x.ndim)
    return np.reshape(x, (*x.shape[:axis], *unflattened_size, *x.shape[axis + 1 :]))


class Flatten(Function, function=flatten):
    """Make one axis of those from `start_dim` to `end_dim`: all but the batch, by default.

    >>> Flatten()(np.zeros((5, 2, 3))).shape
    (5, 6)
    """

    extra_repr = shown("start_dim=", "end_dim=")


class Unflatten(Function, function=unflatten):
    """Make axes of these sizes of one axis; a size may be -1.

    >>> Unflatten(1, (2, 3))(np.zeros((5, 6))).shape
    (5, 2, 3)
    """


class Identity(Function, function=lambda x: x):
    """``x``."""


# ── modules of modules ────────────────────────────────────────────────────────────────────────
class ModuleList(Module, MutableSequence[Module]):
    """A list of modules whose parameters are found, as those in a Python list are not.

    It can what lists can; of what is put in or taken out, the others are numbered anew. Raises
    TypeError for an item that is no module.

    >>> layers = ModuleList(Linear(4, 4) for _ in range(3))
    >>> len(layers), layers[-1]
    (3, Linear(in_features=4, out_features=4, bias=True))
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self.extend(modules)

    def append(self, module: Module) -> Self:  # type: ignore[override]  # as PyTorch's
        """Add a module at the end; return the list."""
        taken = vars(self)  # a slice of a Sequential begins with another number than 0
        self._put(next(n for n in map(str, count(len(self))) if n not in taken), module)
        return self

    def insert(self, index: int, module: Module) -> None:
        """Add a module before another."""
        *modules, _ = self.append(module)  # which refuses what is none
        modules.insert(index, module)
        self._become(modules)

    def __delitem__(self, index: Any) -> None:
        modules = list(self)
        del modules[index]
        self._become(modules)

    def _become(self, modules: list[Module]) -> None:
        for name, _ in self._own("module"):
            delattr(self, name)
        self.extend(modules)

    def __setitem__(self, index: Any, module: Any) -> None:
        self._put(self._own("module")[operator.index(index)][0], module)

    def _put(self, place: str, module: object) -> None:
        kind, name = type(module).__name__, getattr(module, "__name__", "")
        what = f"{type(self).__name__} is made of modules, not of {kind_of(module)}"
        where, instead = f"item {place}, {name or kind}", "objects: nn.Tanh(), nn.Linear(4, 3)"
        refuse(not isinstance(module, Module), what, where, instead, TypeError)
        setattr(self, place, module)

    def extend(self, modules: Iterable[Module]) -> Self:  # type: ignore[override]  # as PyTorch's
        """Add modules at the end; return the list."""
        for module in modules:
            self.append(module)
        return self

    def __add__(self, modules: Iterable[Module]) -> "ModuleList":
        return ModuleList([*self, *modules])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Module]:
        return (module for _, module in self._own("module"))

    def __getitem__(self, index: Any) -> Any:
        chosen = list(self)[index]
        return ModuleList(chosen) if isinstance(index, slice) else chosen


class Sequential(ModuleList):
    """``f₃(f₂(f₁(x)))``: modules in a row, which can be counted, indexed and iterated.

    A dict gives them names: ``Sequential({"hidden": Linear(4, 3), "act": ReLU()}).hidden``. Raises
    ValueError for a name that every module has, as "forward".

    >>> Sequential(Linear(4, 3), ReLU(), Linear(3, 2))
    Sequential(
      (0): Linear(in_features=4, out_features=3, bias=True)
      (1): ReLU()
      (2): Linear(in_features=3, out_features=2, bias=True)
    )
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        only = modules[0] if len(modules) == 1 else None
        for name, module in only.items() if isinstance(only, Mapping) else enumerate(modules):
            what = f"a Sequential has something else by the name of {name}"
            refuse(hasattr(self, str(name)), what, f"Sequential({{'{name}': ...}})", "another name")
            self._put(str(name), module)

    def __add__(self, modules: Iterable[Module]) -> "Sequential":
        return Sequential(*self, *modules)

    def forward(self, x: Any) -> Tensor:  # but for arrays, and for a recurrent layer at the end
        """Give each module the result of the one before."""
        for module in self:
            x = module(x)
        return x

    def __getitem__(self, index: Any) -> Any:
        chosen: Any = self._own("module")[index]
        return Sequential(dict(chosen)) if isinstance(index, slice) else chosen[1]


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
        what = "a perceptron needs the sizes of its input and of its output"
        instead = "MLP(4, 8, 3), or MLP(*sizes) of a list"
        refuse(len(sizes) < 2, what, f"MLP{sizes}", instead, TypeError)
        made = isinstance(activation, Module) or not callable(activation)
        what = "each layer gets an activation of its own, from a class or a function that makes it"
        instead = "activation=nn.Tanh, or lambda: nn.LeakyReLU(0.2)"
        refuse(made, what, f"MLP({activation=})", instead, TypeError)
        for before, after in pairwise(sizes):
            if len(self):
                self.append(activation())
            self.append(Linear(before, after))

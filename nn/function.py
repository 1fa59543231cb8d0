"""Functions as modules: the function, with its options chosen beforehand. Activations are such."""

from collections.abc import Callable
from functools import partial
from inspect import Signature, signature
from typing import TYPE_CHECKING, Any, ClassVar, overload

from autograd import Tensor, zeros
from nn import init, nonlinear
from nn.checks import bind, refuse
from nn.module import Module, Parameter

__all__ = [
    "CELU", "ELU", "GELU", "GLU", "SELU", "Function", "Hardshrink", "Hardsigmoid", "Hardswish",
    "Hardtanh", "LeakyReLU", "LogSigmoid", "LogSoftmax", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6",
    "SiLU", "Sigmoid", "Softmax", "Softmax2d", "Softmin", "Softplus", "Softshrink", "Softsign",
    "Tanh", "Tanhshrink", "Threshold",
]  # fmt: skip


class Function(Module):
    """``M(*options)(*data)`` is ``function(*data, *options)``.

    The options, their order and their defaults are those of the function, which `nn.functional`
    documents; they are attributes, which may be changed. A function that takes `training` gets the
    mode of the module. Raises TypeError for an option that it does not take.

    >>> class Scale(Function, function=lambda x, factor=2: factor * x):
    ...     pass
    >>> Scale()(3), Scale(factor=5)(3), Scale(factor=5)
    (6, 15, Scale(factor=5))
    """

    function: ClassVar[Callable[..., Any]]
    arity: ClassVar[int] = 1  # how many arguments are data; 0: all that have no default
    _takes: ClassVar[Signature]
    __signature__: ClassVar[Signature | None]

    def __init_subclass__(cls, function: Callable[..., Any] | None = None) -> None:
        super().__init_subclass__()
        if function is not None:
            cls.function = staticmethod(function)
            takes = [*signature(function).parameters.values()]
            cls.arity = cls.arity or sum(p.default is p.empty for p in takes)
            cls._takes = Signature([p for p in takes[cls.arity :] if p.name != "training"])
            cls.__signature__ = cls._takes  # which help() and editors show
        elif "__init__" in vars(cls):
            cls.__signature__ = None  # that of its own __init__

    if TYPE_CHECKING:

        @overload  # of an array it makes an array
        def __call__(self, x: Tensor, /, *data: Any) -> Tensor: ...
        @overload
        def __call__(self, *data: Any, **named: Any) -> Any: ...
        def __call__(self, *data: Any, **named: Any) -> Any: ...

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        parameters = signature(self.function).parameters
        options = bind(self._takes, 0, args, kwargs)
        self._given = [k for i, k in enumerate(options) if i < len(args) or k in kwargs]
        self._options = [*parameters][self.arity :]
        for name, value in options.items():  # a weight is saved and converted with a model
            (self.register_buffer if name.endswith("weight") else self.__setattr__)(name, value)
        computed = any(not getattr(options[name], "is_leaf", True) for name in self._given)
        name, data = type(self).__name__, ", ".join([*parameters][: self.arity])
        what = f"{name} is made with options, and called with its data after that"
        where, instead = f"{name}({', '.join(self._given)})", f"{name}()({data})"
        refuse(computed, what, where, instead, TypeError)

    def forward(self, *data: Any, **named: Any) -> Any:
        options = {name: getattr(self, name) for name in self._options}
        return self.function(*data, **named, **options)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self._given)


def shown(*attributes: str) -> Callable[[Any], str]:
    """Return an `extra_repr`: these attributes of a module, with the name before an ``=``, if any.

    Of a bias it says whether there is one.

    >>> class Scale(Module):
    ...     extra_repr = shown("factor=", "bias=")
    ...     def __init__(self, factor):
    ...         self.factor = factor
    >>> Scale(2)
    Scale(factor=2, bias=False)
    """

    def text(module: Any) -> str:
        own = {**vars(module), "bias": vars(module).get("bias") is not None}
        return ", ".join(f"{k if k.endswith('=') else ''}{own[k.rstrip('=')]}" for k in attributes)

    return text


# ── with bends ────────────────────────────────────────────────────────────────────────────────
class ReLU(Function, function=nonlinear.relu):
    """``max(x, 0)``."""


class ReLU6(Function, function=nonlinear.relu6):
    """``min(max(x, 0), 6)``."""


class LeakyReLU(Function, function=nonlinear.leaky_relu):
    """``max(x, 0) + negative_slope min(x, 0)``."""


class PReLU(Module):
    """`LeakyReLU` whose slope is a parameter, one or `num_parameters` for as many channels.

    >>> import numpy as np
    >>> PReLU()(np.array([-1.0, 2.0])).numpy(force=True)
    array([-0.25,  2.  ])
    """

    extra_repr = shown("num_parameters=")

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(zeros(num_parameters))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes to what they were at first, in place."""
        init.constant_(self.weight, self.init)

    def forward(self, x: Any) -> Tensor:
        return nonlinear.prelu(x, self.weight)


class RReLU(Function, function=nonlinear.rrelu):
    """`LeakyReLU` with random slopes in training, with the one in the middle else."""


class Hardtanh(Function, function=nonlinear.hardtanh):
    """x between min_val and max_val."""


class Hardsigmoid(Function, function=nonlinear.hardsigmoid):
    """``relu6(x + 3) / 6``."""


class Hardswish(Function, function=nonlinear.hardswish):
    """``x relu6(x + 3) / 6``."""


class Hardshrink(Function, function=nonlinear.hardshrink):
    """x, but 0 from -lambd to lambd."""


class Softshrink(Function, function=nonlinear.softshrink):
    """x moved towards 0 by lambd, and not beyond."""


class Threshold(Function, function=nonlinear.threshold):
    """x where it is greater than the threshold, and else the value."""


# ── with exponentials ─────────────────────────────────────────────────────────────────────────
class Tanh(Function, function=nonlinear.tanh):
    """``tanh x``."""


class Tanhshrink(Function, function=nonlinear.tanhshrink):
    """``x - tanh x``."""


class Sigmoid(Function, function=nonlinear.sigmoid):
    """``1 / (1 + exp(-x))``."""


class LogSigmoid(Function, function=nonlinear.logsigmoid):
    """``ln σ(x)``."""


class Softsign(Function, function=nonlinear.softsign):
    """``x / (1 + |x|)``."""


class Softplus(Function, function=nonlinear.softplus):
    """``ln(1 + exp(beta x)) / beta``."""


class SiLU(Function, function=nonlinear.silu):
    """``x sigmoid(x)``."""


class Mish(Function, function=nonlinear.mish):
    """``x tanh(softplus(x))``."""


class GELU(Function, function=nonlinear.gelu):
    """``x Φ(x)``, Φ being the normal distribution; ``approximate="tanh"`` for a formula near it."""


class ELU(Function, function=nonlinear.elu):
    """``max(x, 0) + alpha (exp(min(x, 0)) - 1)``."""


class CELU(Function, function=nonlinear.celu):
    """``max(x, 0) + alpha (exp(min(x, 0) / alpha) - 1)``."""


class SELU(Function, function=nonlinear.selu):
    """`ELU` scaled so that signals keep mean 0 and variance 1."""


# ── along an axis ─────────────────────────────────────────────────────────────────────────────
class Softmax(Function, function=nonlinear.softmax):
    """``exp(x) / Σ exp(x)`` along ``dim``.

    >>> Softmax(dim=1)
    Softmax(dim=1)
    """


class Softmax2d(Function, function=partial(nonlinear.softmax, dim=-3)):
    """`Softmax` over the channels of (N, C, H, W)."""


class Softmin(Function, function=nonlinear.softmin):
    """``exp(-x) / Σ exp(-x)`` along ``dim``."""


class LogSoftmax(Function, function=nonlinear.log_softmax):
    """``x - ln Σ exp(x)`` along ``dim``."""


class GLU(Function, function=nonlinear.glu):
    """``a σ(b)`` of the two halves along ``dim``."""

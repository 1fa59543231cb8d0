"""Functions as modules: the function, with its options chosen beforehand. Activations are such."""

from collections.abc import Callable
from inspect import signature
from typing import Any, ClassVar

from nn import functional
from nn.module import Module


class Function(Module):
    """``M(*options)(*data)`` is ``function(*data, *options)``.

    The options, their order and their defaults are those of the function, which `nn.functional`
    documents. Raises TypeError for an option that it does not take.

    >>> class Scale(Function):
    ...     function = staticmethod(lambda x, factor=2: factor * x)
    >>> Scale()(3), Scale(factor=5)(3), Scale(factor=5)
    (6, 15, Scale(factor=5))
    """

    function: ClassVar[Callable[..., Any]]
    arity: ClassVar[int] = 1  # how many arguments are data

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        data = [None] * self.arity
        bound = signature(self.function).bind(*data, *args, **kwargs)
        self.options = dict(list(bound.arguments.items())[self.arity :])

    def forward(self, *data: Any) -> Any:
        return self.function(*data, **self.options)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.options.items())


class ReLU(Function):
    """``max(x, 0)``."""

    function = staticmethod(functional.relu)


class Tanh(Function):
    """``tanh x``."""

    function = staticmethod(functional.tanh)


class Sigmoid(Function):
    """``1 / (1 + exp(-x))``."""

    function = staticmethod(functional.sigmoid)


class SiLU(Function):
    """``x sigmoid(x)``."""

    function = staticmethod(functional.silu)


class GELU(Function):
    """``x Φ(x)``, Φ being the normal distribution; ``approximate="tanh"`` for a formula near it."""

    function = staticmethod(functional.gelu)


class Softplus(Function):
    """``ln(1 + exp(x))``."""

    function = staticmethod(functional.softplus)


class Softmax(Function):
    """``exp(x) / Σ exp(x)`` along ``dim``.

    >>> Softmax(dim=1)
    Softmax(dim=1)
    """

    function = staticmethod(functional.softmax)


class LogSoftmax(Function):
    """``x - ln Σ exp(x)`` along ``dim``."""

    function = staticmethod(functional.log_softmax)

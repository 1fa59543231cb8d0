"""HIPS autograd's differential operators: `autograd.functional` under its names."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import core
from autograd.base.tree import map_leaves
from autograd.core import vspace
from autograd.functional import (
    checkpoint,
    elementwise_grad,
    ggnvp,
    grad,
    hessian,
    holomorphic_grad,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from autograd.tensor import raw
from autograd.wrap_util import unary_to_nary

__all__ = [
    "checkpoint", "deriv", "elementwise_grad", "grad", "grad_and_aux", "grad_named", "hessian",
    "hessian_tensor_product", "hessian_vector_product", "holomorphic_grad", "jacobian",
    "make_ggnvp", "make_hvp", "make_jvp", "make_jvp_reversemode", "make_vjp", "multigrad_dict",
    "tensor_jacobian_product", "value_and_grad", "vector_jacobian_product",
]  # fmt: skip

Function = Callable[..., Any]

make_vjp, make_jvp, make_hvp = vjp, jvp, hvp
_make_vjp, _make_jvp = core.make_vjp, core.make_jvp  # where operators of one's own find them


@unary_to_nary
def deriv(fun: Function, x: Any) -> Any:
    """Return the derivative of f along ones: of each element, where f acts on each element.

    >>> import numpy as np
    >>> deriv(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return jvp(fun)(x)(vspace(x).ones())[1]


@unary_to_nary
def make_jvp_reversemode(fun: Function, x: Any) -> Function:
    """Return ``v -> Jv`` at x.

    >>> make_jvp_reversemode(lambda x: x * x)(3.0)(1.0)
    np.float64(6.0)
    """
    push = jvp(fun)(x)
    return lambda v: push(v)[1]


def grad_named(fun: Function, argname: str) -> Function:
    """Return the gradient with respect to the argument of that name, given by position.

    >>> grad_named(lambda a, b: a * b, "b")(2.0, 3.0)
    np.float64(2.0)
    """
    return grad(fun, list(inspect.signature(fun).parameters).index(argname))


@unary_to_nary
def grad_and_aux(fun: Function, x: Any) -> tuple[Any, Any]:
    """Return the gradient of the first of two results, and the second as it is.

    >>> grad_and_aux(lambda x: (x * x, x + 1))(3.0)
    (np.float64(6.0), np.float64(4.0))
    """
    kept: list[Any] = []

    def first(x: Any) -> Any:
        y, aux = fun(x)
        kept[:] = [aux]
        return y

    gradient = grad(first)(x)
    return gradient, map_leaves(raw, kept[0])


def multigrad_dict(fun: Function) -> Function:
    """Return the gradients with respect to all arguments, as a dict by their names.

    >>> multigrad_dict(lambda a, b=2.0: a * b)(3.0)
    {'a': np.float64(2.0), 'b': np.float64(3.0)}
    """
    signature = inspect.signature(fun)

    @functools.wraps(fun)
    def gradients(*args: Any, **kwargs: Any) -> dict[str, Any]:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()

        def by_name(arguments: dict[str, Any]) -> Any:
            given.arguments.update(arguments)
            return fun(*given.args, **given.kwargs)

        return grad(by_name)(dict(given.arguments))

    return gradients


def hessian_tensor_product(fun: Function, argnum: int = 0) -> Function:
    """Return ``(*args, v) -> Hv``, the Hessian of a scalar function times an array of x's shape.

    >>> import numpy as np
    >>> hessian_tensor_product(lambda x: np.sum(x**3))(np.ones(2), np.array([1.0, 2.0]))
    array([ 6., 12.])
    """
    return lambda *args, **kwargs: hvp(fun, argnum)(*args[:-1], **kwargs)[0](args[-1])


def tensor_jacobian_product(fun: Function, argnum: int = 0) -> Function:
    """Return ``(*args, v) -> vJ``: v is summed over the leading axes of the result.

    >>> import numpy as np
    >>> tensor_jacobian_product(np.square)(np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([ 2., 40.])
    """

    def contracted(*args: Any, **kwargs: Any) -> Any:
        *args, v = args  # type: ignore[assignment]  # a list will do
        return np.tensordot(v, fun(*args, **kwargs), np.ndim(v))

    return jacobian(contracted, argnum)


hessian_vector_product = hessian_tensor_product
vector_jacobian_product = tensor_jacobian_product


def half_square(x: Any) -> Any:
    """Return ½·Σx² over the last axis."""
    return 0.5 * np.sum(x**2, axis=-1)


def make_ggnvp(f: Function, g: Function = half_square, f_argnum: int = 0) -> Function:
    """Return ``(*args) -> (v -> JᵀHJv)``: the generalized Gauss-Newton matrix of g∘f times v.

    >>> import numpy as np
    >>> make_ggnvp(lambda x: 2 * x)(np.ones(2))(np.array([1.0, 0.0]))
    array([4., 0.])
    """
    return lambda *args, **kwargs: ggnvp(f, g, f_argnum)(*args, **kwargs)[0]

"""Where a sweep begins: what arrives at the result."""

from typing import Any

import numpy as np

from autograd.base.errors import describe, refusal
from autograd.interface.values import unnested
from autograd.tensor import Tensor

ONE = np.float64(1.0)


def first_gradient(root: Tensor, gradient: Any) -> Any:
    """Return the gradient that arrives at a result: the one that was given, or 1 for a real number.

    Raises RuntimeError where there is none to begin with, ValueError for another shape, TypeError
    for a complex one of a real result.
    """
    if not getattr(root, "requires_grad", False):
        raise refusal(
            RuntimeError,
            "nothing that this result came from requires a gradient",
            f"backward of {describe(root)}",
            "Tensor(data, requires_grad=True) for inputs, and no detach() or no_grad() between",
        )
    unnested((root,))
    if gradient is None:
        if root.size != 1:
            raise refusal(
                RuntimeError,
                "backward needs a scalar: each element of an array has a gradient of its own",
                f"backward of {describe(root)}",
                "y.sum().backward(), y.backward(gradient=v) for vᵀJ, or jacobian(f)(x)",
            )
        if root.dtype.kind == "c":
            raise refusal(
                RuntimeError,
                "backward without a gradient starts from a real number, not from a complex one",
                f"backward of {describe(root)}",
                "abs(y).backward(), y.real.backward(), or y.backward(gradient=1.0)",
            )
        return ONE if type(root.data) is np.float64 else np.ones_like(root.data)
    if np.iscomplexobj(gradient) and root.dtype.kind != "c":
        raise refusal(
            TypeError,
            "the gradient of a real result is real",
            f"backward(complex gradient) of {describe(root)}",
            "gradient.real",
        )
    seed = gradient if type(gradient) is Tensor else np.asarray(gradient, root.dtype)[()]
    seed = seed if seed.dtype == root.dtype else seed.astype(root.dtype)
    if seed.shape != root.shape:
        raise refusal(
            ValueError,
            f"the gradient that arrives has the shape of the result, {root.shape}",
            f"backward(gradient of shape {seed.shape}) of {describe(root)}",
            "a gradient of the result's shape",
        )
    return seed

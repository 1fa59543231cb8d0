"""vmap: a function of one example becomes a function of a whole batch, without a loop."""

from collections.abc import Callable
from functools import wraps
from numbers import Number
from typing import Any

import numpy as np

from autograd.base.errors import (
    describe,
    function_name,
    kind_of,
    refusal,
    refuse_uncallable,
    shape_of,
)
from autograd.base.modes import is_grad_enabled
from autograd.base.tree import flatten, map_leaves
from autograd.interface.creation import explained
from autograd.tensor import Tensor, constant, raw
from autograd.transforms.batching import Batched, Level, VmapError, vmap_error
from autograd.transforms.pullback import apart

Axes = Any
"""An axis, None for what is not mapped, or nested tuples, lists and dicts of them."""


@explained("vmap(f, in_axes=0, out_axes=0)")
def vmap(f: Callable[..., Any], in_axes: Axes = 0, out_axes: Axes = 0) -> Callable[..., Any]:
    """Return the function that applies `f` to every example of a batch at once.

    Parameters
    ----------
    f : a function of one example, of arrays or Tensors or nested containers of them. Arguments by
        keyword, and Tensors from outside, are the same for all examples.
    in_axes : which axis of each argument counts the examples: one number for all of them, or a
        tuple with one entry per argument. None for an argument that is the same for all; for a
        container, the same nested structure of entries.
    out_axes : where the results have the examples, likewise.

    Returns
    -------
    A function of arrays with one axis more. It can be nested, differentiated and captured, and may
    differentiate inside; gradients flow through it to its arguments and to Tensors from outside. An
    operation without a batching rule is computed for one example after the other. Random numbers
    drawn inside are the same for all examples.

    Raises
    ------
    ValueError : where nothing is mapped, sizes differ, or `in_axes` has another structure than the
        arguments.
    TypeError : for what is no function; where `f` returns something else than arrays and numbers.
    VmapError : where `f` branches on a value, reads it as a number, or writes it into an array.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import grad, vmap
    >>> vmap(np.dot)(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])
    >>> def loss(w, x):
    ...     return np.sum(w * x) ** 2
    >>> vmap(grad(loss), in_axes=(None, 0))(np.ones(2), np.eye(2))
    array([[2., 0.],
           [0., 2.]])
    """
    refuse_uncallable(f, "vmap(f)(x)")

    @wraps(f)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves, rebuild = flatten(list(args))
        axes = _axes(in_axes, list(args), "in_axes", f)
        level = Level(_size(leaves, axes, f))
        pairs = zip(leaves, axes, strict=True)
        given = [x if axis is None else level.batch(x, axis) for x, axis in pairs]
        try:
            with level.running():
                results, nest = flatten(f(*rebuild(given), **kwargs))
                values = [raw(y) for y in results]
        except ValueError as error:
            if type(error.__cause__) is VmapError:  # NumPy's a[0] = x puts its own error before it
                raise error.__cause__ from None
            raise
        finally:
            left = level.leave_gradients()
        if left:
            raise vmap_error(
                f"backward to a tensor from outside, {describe(left[0])}",
                "backward of what vmap returns, or grad(...) inside",
            )
        places = _axes(out_axes, nest(results), "out_axes", f)
        found = [
            _result(level, y, axis, type(was) is Tensor, f)
            for y, axis, was in zip(values, places, results, strict=True)
        ]
        theirs = [x for x in (*leaves, *values) if type(x) is np.ndarray]
        return nest(apart(found, theirs))

    return mapped


def _result(level: Level, y: Any, axis: int | None, is_tensor: bool, f: Callable[..., Any]) -> Any:
    """Return a result for all examples: a Tensor if the function returned one."""
    if not (hasattr(y, "__array__") or isinstance(y, (Number, str, bytes))):
        raise refusal(
            TypeError,
            "the function returned nothing to map",
            f"vmap({function_name(f)}), of which a result is {kind_of(y)}",
            "a return statement with arrays",
        )
    if axis is None and type(y) is Batched and y.tape is level and y.mapped:
        raise refusal(
            ValueError,
            "out_axes=None is for a result that is the same for all examples",
            f"vmap({function_name(f)}), of which a result has shape {y.shape} and is mapped",
            "the axis that shall count the examples",
        )
    if axis is not None and not -1 - np.ndim(y) <= axis <= np.ndim(y):
        raise refusal(
            ValueError,
            f"there is no place {axis} for the axis of the examples",
            f"vmap({function_name(f)}, out_axes={axis}), of which a result has {shape_of(y)}",
            "out_axes=0 for the first axis, -1 for the last one",
        )
    value = level.whole(y, axis)
    if type(value) is Tensor and not (value.requires_grad and is_grad_enabled()):
        value = value.data
    return constant(value) if is_tensor and type(value) is not Tensor else value


def _axes(spec: Axes, tree: Any, name: str, f: Callable[..., Any]) -> list[int | None]:
    """Return the axis of every leaf; one entry may stand for all leaves below it."""
    if spec is None or isinstance(spec, (int, np.integer)):
        return [None if spec is None else int(spec)] * len(flatten(tree)[0])
    if isinstance(spec, dict) and isinstance(tree, dict) and spec.keys() == tree.keys():
        return [axis for k in tree for axis in _axes(spec[k], tree[k], name, f)]
    both = isinstance(spec, (list, tuple)) and isinstance(tree, (list, tuple))
    if both and len(spec) == len(tree):
        pairs = zip(spec, tree, strict=True)
        return [axis for part, below in pairs for axis in _axes(part, below, name, f)]
    of = "the arguments" if name == "in_axes" else "the results"
    raise refusal(
        ValueError,
        f"{name} has another structure than {of}",
        f"vmap({function_name(f)}, {name}={spec!r}), for {map_leaves(shape_of, tree)}",
        "one axis for all, or the same nested structure of axes, None for the same for all",
    )


def _size(leaves: list[Any], axes: list[int | None], f: Callable[..., Any]) -> int:
    """Return how many examples there are."""
    pairs = list(zip(leaves, axes, strict=True))
    shapes = ", ".join(
        f"{shape_of(x)} along {axis}" if axis is not None else "the same for all"
        for x, axis in pairs
    )
    where = f"vmap({function_name(f)}) of {shapes or 'no arguments'}"
    if all(axis is None for axis in axes):
        raise refusal(
            ValueError, "vmap needs an argument to map", where, "in_axes=0 for the first axis"
        )
    for x, axis in pairs:
        if axis is not None and not (hasattr(x, "ndim") and -x.ndim <= axis < x.ndim):
            raise refusal(
                ValueError,
                f"there is no axis {axis} to map in {shape_of(x)}",
                where,
                "an array with that axis, or None in in_axes for what is the same for all",
            )
    sizes = {x.shape[axis] for x, axis in pairs if axis is not None}
    if len(sizes) > 1:
        raise refusal(
            ValueError,
            f"the mapped axes differ in length: {', '.join(map(str, sorted(sizes)))}",
            where,
            "batches of one size, or None in in_axes for what is the same for all",
        )
    return int(sizes.pop())

"""Derivatives of functions: arrays in, arrays out, to any order.

Every transform takes a function and the position (or positions) of the arguments to differentiate
by, as HIPS autograd does, and returns a function. Arguments may be arrays, numbers, Tensors, or
nested lists, tuples and dicts of them; the derivative has the structure of the argument. Given
Tensors that require gradients, a transform stays connected to their graph and returns Tensors.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.backward import sweep
from autograd.batching import Level, VmapError
from autograd.errors import three_lines
from autograd.modes import depth, enable_grad, is_grad_enabled, no_grad
from autograd.outside import reading, tell
from autograd.primitive import PRIMITIVES, Primitive
from autograd.tensor import Tensor, constant, raw, record
from autograd.tree import flatten, flatten_like, map_leaves

IDENTITY = PRIMITIVES[np.positive]
BASIS = 2**26
"""So many bytes of unit vectors are pulled back at once."""
Argnum = int | Sequence[int]
Function = Callable[..., Any]


class _Traced:
    """A call ``f(*args)`` on variables of its own, ready to be pulled back.

    Each variable is a new name for the value that came in, so that nested derivatives with respect
    to the same value do not confuse their perturbations.
    """

    def __init__(
        self, f: Function, argnum: Argnum, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        positions = [argnum] if isinstance(argnum, int) else list(argnum)
        _check_positions(f, positions, args)
        given, self.rebuild = flatten([args[i] for i in positions])
        self.single = isinstance(argnum, int)
        # connected to a graph outside: the derivative must be differentiable by it
        self.connected = depth.value > 0 or any(type(x) is Tensor for x in given)
        with enable_grad():
            self.variables = [_variable(f, x) for x in given]
            # f gets another name for each, which it may rewrite in place
            chosen = self.rebuild([record(IDENTITY, (v,)) for v in self.variables])
            full = list(args)
            for i, x in zip(positions, chosen, strict=True):
                full[i] = x
            depth.value += 1
            try:
                self.output = f(*full, **kwargs)
            finally:
                depth.value -= 1
        tell(f, self.output)
        leaves, self.rebuild_output = flatten(self.output)
        if any(y is None for y in leaves):
            raise TypeError(
                three_lines(
                    "the function returned nothing to differentiate",
                    f"{_name(f)}, which returned {self.output!r}",
                    "a return statement with the result",
                )
            )
        self.outputs = [y if type(y) is Tensor else constant(_array(y)) for y in leaves]

    def pull(self, seeds: Sequence[Any]) -> Any:
        """Return the gradients of the variables, nested as the arguments were."""
        return self.nest(self.gradients(seeds, self.connected and is_grad_enabled()))

    def gradients(self, seeds: Sequence[Any], recorded: bool) -> list[Any]:
        """Return the gradient of each variable; None is the seed of an output without one."""
        pairs = [
            (y, s)
            for y, s in zip(self.outputs, seeds, strict=True)
            if y.requires_grad and s is not None
        ]
        if recorded:
            pairs = [(y, s if type(s) is Tensor else constant(s)) for y, s in pairs]
        with enable_grad():
            found = sweep(
                [y for y, _ in pairs], [s for _, s in pairs], self.variables, recorded=recorded
            )
        own, given = set(self.variables), set[int]()
        self.strangers = [t for t in found if t not in own]
        grads = []
        for v in self.variables:
            g = _plain(found[v]) if v in found else np.zeros_like(v.data)[()]
            grads.append(g.copy() if id(g) in given else g)  # two variables may have got one array
            given.add(id(g))
        return grads

    def rows(self, k: int) -> Any:
        """Return all derivatives of the output k, each of shape ``y.shape + x.shape``."""
        y, shapes = self.outputs[k], [v.shape for v in self.variables]
        recorded = self.connected and is_grad_enabled()
        if y.size == 1:
            blocks = [self.gradients(self._seeds(k, np.ones_like(y.data)), recorded)]
        elif y.size == 0:
            blocks = [[np.zeros((0, *v.shape), v.dtype) for v in self.variables]]
        else:
            largest = max(y.size, *(v.size for v in self.variables)) * y.dtype.itemsize
            step = max(1, BASIS // largest)
            blocks = [
                self._block(k, range(i, min(i + step, y.size)), recorded)
                for i in range(0, y.size, step)
            ]
        grads = [g[0] if len(g) == 1 else np.concatenate(g) for g in zip(*blocks, strict=True)]
        if y.shape:
            pairs = zip(grads, shapes, strict=True)
            grads = [np.reshape(g, y.shape + shape) for g, shape in pairs]
        return self.nest(grads)

    def _block(self, k: int, which: range, recorded: bool) -> list[Any]:
        """Pull back a batch of unit vectors of the output k, along axis 0."""
        y = self.outputs[k]
        units = np.zeros((len(which), y.size), y.dtype)
        units[np.arange(len(which)), which] = 1
        units = units.reshape(len(which), *y.shape)
        level = Level(len(which), connected=recorded)
        try:
            with reading(level):
                grads = self.gradients(self._seeds(k, level.batch(units)), recorded=False)
            return [_plain(level.whole(g)) for g in grads]
        except VmapError:  # a rule asks for numbers
            rows = [self.gradients(self._seeds(k, unit), recorded) for unit in units]
            return [np.stack(g) for g in zip(*rows, strict=True)]

    def _seeds(self, k: int, seed: Any) -> list[Any]:
        return [seed if i == k else None for i in range(len(self.outputs))]

    def nest(self, grads: Sequence[Any]) -> Any:
        """Give gradients the structure of the arguments."""
        nested = self.rebuild(grads)
        return nested[0] if self.single else tuple(nested)

    def value(self) -> Any:
        """Return what f returned: arrays, unless a graph outside is connected."""
        if self.connected and is_grad_enabled():
            return self.output
        return map_leaves(raw, self.output)

    def scalar(self, f: Function, transform: str) -> Tensor:
        """Return the output, which must be one number."""
        if len(self.outputs) != 1 or self.outputs[0].size != 1:
            shapes = ", ".join(str(y.shape) for y in self.outputs)
            raise TypeError(
                three_lines(
                    f"{transform} needs a function that returns one number",
                    f"{transform}({_name(f)}), which returned shape {shapes}",
                    "jacobian(f) for all derivatives, elementwise_grad(f), or a sum inside f",
                )
            )
        return self.outputs[0]


def grad(f: Function, argnum: Argnum = 0) -> Function:
    """Return the function that computes the gradient of a scalar function.

    Parameters
    ----------
    f : returns one number.
    argnum : the position of the argument, or a tuple of positions (then a tuple comes back).

    Raises
    ------
    TypeError : where f returns more than one number, or an argument is an array of integers.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import grad
    >>> grad(np.tanh)(0.0)
    np.float64(1.0)
    >>> grad(grad(np.sin))(np.pi / 2)
    np.float64(-1.0)
    >>> grad(lambda a, b: a * b, argnum=(0, 1))(2, 3)
    (np.float64(3.0), np.float64(2.0))
    """

    @_derived(f, "gradient")
    def gradient(*args: Any, **kwargs: Any) -> Any:
        call = _Traced(f, argnum, args, kwargs)
        return call.pull([np.ones_like(call.scalar(f, "grad").data)])

    return gradient


def value_and_grad(f: Function, argnum: Argnum = 0) -> Function:
    """Return the function that computes the value and the gradient in one go.

    >>> from autograd import value_and_grad
    >>> value_and_grad(lambda x: x * x)(3.0)
    (np.float64(9.0), np.float64(6.0))
    """

    @_derived(f, "value and gradient")
    def both(*args: Any, **kwargs: Any) -> Any:
        call = _Traced(f, argnum, args, kwargs)
        seed = np.ones_like(call.scalar(f, "value_and_grad").data)
        return call.value(), call.pull([seed])

    return both


def elementwise_grad(f: Function, argnum: Argnum = 0) -> Function:
    """Return the derivative of a function that acts on each element: the gradient of its sum.

    >>> import numpy as np
    >>> from autograd import elementwise_grad
    >>> elementwise_grad(np.square)(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """

    @_derived(f, "elementwise gradient")
    def gradient(*args: Any, **kwargs: Any) -> Any:
        call = _Traced(f, argnum, args, kwargs)
        return call.pull([np.ones_like(y.data) for y in call.outputs])

    return gradient


def jacobian(f: Function, argnum: Argnum = 0) -> Function:
    """Return the function that computes all first derivatives, of shape ``y.shape + x.shape``.

    All rows are pulled back together, in one sweep over a batch of unit vectors (`autograd.vmap`);
    in several where these would take more than 64 MB. Where a rule of one's own cannot work on a
    batch, one after the other.

    >>> import numpy as np
    >>> from autograd import jacobian
    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    @_derived(f, "Jacobian")
    def matrix(*args: Any, **kwargs: Any) -> Any:
        call = _Traced(f, argnum, args, kwargs)
        return call.rebuild_output([call.rows(k) for k in range(len(call.outputs))])

    return matrix


def hessian(f: Function, argnum: Argnum = 0) -> Function:
    """Return the function that computes all second derivatives of a scalar function.

    >>> from autograd import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 4.0])
    [[np.float64(8.0), np.float64(6.0)], [np.float64(6.0), np.float64(0.0)]]
    """
    return jacobian(jacobian(f, argnum), argnum)


def vjp(f: Function, argnum: Argnum = 0) -> Function:
    """Return ``(*args) -> (pull, value)``: ``pull(v)`` is the product vᵀJ.

    >>> import numpy as np
    >>> from autograd import vjp
    >>> pull, value = vjp(np.sin)(np.array([0.0, 1.0]))
    >>> pull(np.array([1.0, 0.0]))
    array([1., 0.])
    """

    @_derived(f, "vector-Jacobian product")
    def at(*args: Any, **kwargs: Any) -> Any:
        call = _Traced(f, argnum, args, kwargs)

        def pull(v: Any) -> Any:
            return call.pull(_seeds(v, call))

        return pull, call.value()

    return at


def jvp(f: Function, argnum: Argnum = 0) -> Function:
    """Return ``(*args) -> push``: ``push(v)`` gives the value and the product Jv.

    The product is the transpose of the transpose: vᵀJ is linear in v, so its own vector-Jacobian
    product is Jv (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).

    >>> import numpy as np
    >>> from autograd import jvp
    >>> jvp(np.square)(np.array([1.0, 2.0]))(np.array([1.0, 10.0]))
    (array([1., 4.]), array([ 2., 40.]))
    """

    @_derived(f, "Jacobian-vector product")
    def at(*args: Any, **kwargs: Any) -> Any:
        call = _Traced(f, argnum, args, kwargs)

        def transposed(*dual: Any) -> Any:
            inner = _Traced(f, argnum, args, kwargs)
            return inner.pull(dual)

        zeros = tuple(np.zeros_like(y.data) for y in call.outputs)
        pull, _ = vjp(transposed, tuple(range(len(zeros))))(*zeros)

        def push(v: Any) -> Any:
            return call.value(), call.rebuild_output(pull(v))

        return push

    return at


def hvp(f: Function, argnum: Argnum = 0) -> Function:
    """Return ``(*args) -> (product, gradient)``: ``product(v)`` is the Hessian times v.

    >>> import numpy as np
    >>> from autograd import hvp
    >>> product, gradient = hvp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    >>> product(np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    return vjp(grad(f, argnum), argnum)


def checkpoint(f: Function) -> Function:
    """Return f, remembering only its arguments: the backward pass computes f again.

    Saves the memory of everything inside f, for the time of one more forward pass. Tensors that
    require a gradient must come in as arguments, not from a closure.

    >>> import numpy as np
    >>> from autograd import checkpoint, grad
    >>> grad(checkpoint(lambda x: np.exp(np.sin(x))))(0.0)
    np.float64(1.0)
    """

    @functools.wraps(f)
    def remembered(*args: Any, **kwargs: Any) -> Any:
        values, rebuild = flatten(list(args))
        wanted = [i for i, v in enumerate(values) if type(v) is Tensor and v.requires_grad]
        if not wanted or not is_grad_enabled():
            return f(*args, **kwargs)

        def again(*leaves: Any) -> Any:
            return f(*rebuild(leaves), **kwargs)

        def forward(*xs: Any) -> Any:
            with no_grad():
                y = again(*[constant(x) if i in wanted else x for i, x in enumerate(xs)])
            if type(y) is not Tensor:
                raise TypeError(
                    three_lines(
                        "a checkpointed function returns one tensor",
                        f"checkpoint({_name(f)}), which returned a {type(y).__name__}",
                        "np.stack or np.concatenate of the results",
                    )
                )
            return y.data

        def joint(g: Any, _: Any, *xs: Any) -> list[Any]:
            call = _Traced(again, wanted, xs, {})
            pulled = iter(call.pull([g]))
            if call.strangers:
                raise RuntimeError(
                    three_lines(
                        "a checkpointed function uses a tensor that is not its argument",
                        f"checkpoint({_name(f)}), which reached {call.strangers[0]!r}",
                        "pass that tensor as an argument, by position",
                    )
                )
            return [next(pulled) if i in wanted else None for i in range(len(xs))]

        op = Primitive(f, (), call=forward, joint=joint, name=_name(f))
        return record(op, tuple(values))

    return remembered


def _variable(f: Function, x: Any) -> Tensor:
    """Give an incoming value a new name, to differentiate by."""
    if type(x) is Tensor and x.requires_grad:
        return record(IDENTITY, (x,))
    data = raw(x)
    if isinstance(data, int) and not isinstance(data, bool):
        data = float(data)
    data = _array(data)
    if data.dtype.kind not in "fc":
        raise TypeError(
            three_lines(
                f"an argument to differentiate by must be floating, not {data.dtype}",
                f"{_name(f)}, argument of shape {data.shape}",
                "x.astype(float), or another argnum",
            )
        )
    v = constant(data)
    v.requires_grad = True
    return v


def _array(value: Any, dtype: Any = None) -> Any:
    """Return an array, a NumPy scalar, or the symbol that stands for one."""
    return value if hasattr(value, "tape") else np.asarray(value, dtype)[()]


def _plain(g: Any) -> Any:
    return g.data if type(g) is Tensor and not g.requires_grad else g


def _seeds(v: Any, call: _Traced) -> list[Any]:
    given = flatten_like(call.output, v)
    for g, y in zip(given, call.outputs, strict=True):
        if np.shape(g) != y.shape:
            raise ValueError(
                three_lines(
                    f"the vector has the shape of the result, {y.shape}",
                    f"a vector of shape {np.shape(g)}",
                    "a vector of the result's shape",
                )
            )
    return [
        g if type(g) is Tensor else _array(g, y.dtype)
        for g, y in zip(given, call.outputs, strict=True)
    ]


def _check_positions(f: Function, positions: list[int], args: tuple[Any, ...]) -> None:
    for i in positions:
        if not -len(args) <= i < len(args):
            raise TypeError(
                three_lines(
                    f"there is no argument {i} to differentiate by",
                    f"{_name(f)} was called with {len(args)} positional argument(s)",
                    "give it by position, or choose another argnum",
                )
            )


def _derived(f: Function, what: str) -> Callable[[Function], Function]:
    """Name a derivative after its function."""
    if not callable(f):
        raise TypeError(
            three_lines(
                f"a {what} is taken of a function, not of a {type(f).__name__}",
                f"the argument {f!r}",
                "lambda x: ... of arrays; of a Tensor that was computed, call .backward()",
            )
        )

    def name(derivative: Function) -> Function:
        derivative.__name__ = derivative.__qualname__ = f"{what.replace(' ', '_')}_of_{_name(f)}"
        derivative.__wrapped__ = f  # type: ignore[attr-defined]  # its signature
        derivative.__doc__ = f"Return the {what} of {_name(f)}, with its arguments."
        return derivative

    return name


def _name(f: Function) -> str:
    return getattr(f, "__name__", type(f).__name__)

"""Derivatives of functions: arrays in, arrays out, to any order.

Every transform takes a function and the position (or positions) of the arguments with respect to
which to differentiate, as HIPS autograd does, and returns a function. Arguments may be arrays,
numbers, Tensors, or nested lists, tuples and dicts of them; the derivative has the structure of the
argument. Given Tensors that require gradients, a transform stays connected to their graph and
returns Tensors.
"""

import functools
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from autograd.base.closeness import is_close
from autograd.base.errors import function_name, kind_of, refusal, refuse_uncallable
from autograd.base.modes import enable_grad, is_grad_enabled, rehearsal
from autograd.base.tree import flatten, locked, map_leaves
from autograd.base.usage import transform
from autograd.primitive import Primitive
from autograd.tensor import Tensor, constant, raw, record
from autograd.transforms.batching import Batched
from autograd.transforms.pullback import apart
from autograd.transforms.standin import Standin
from autograd.transforms.traced import Argnum, Function, Traced, derivative, named_after

Products = Callable[..., tuple[Function, Any]]
"""A function that returns a product, to be called with a vector, and a value."""

Same = TypeVar("Same", bound=Function)


@transform
def grad(f: Function, argnum: Argnum = 0) -> Function:
    """Return the function that computes the gradient of a scalar function.

    Parameters
    ----------
    f : returns one number.
    argnum : the position of the argument with respect to which to differentiate, or a tuple of
        positions (then a tuple comes back).

    Returns
    -------
    A function of the arguments of f. Of complex z = x + iy the gradient is ``df/dx - i df/dy``, as
    in JAX and HIPS autograd (PyTorch's is its conjugate): f changes by the real part of
    ``sum(gradient * v)`` along v.

    Raises
    ------
    TypeError : where f returns more than one number, or a complex one (see `holomorphic_grad`), or
        an argument holds anything but numbers (integers are taken as floats); at once, where
        `argnum` is no position.

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

    @derivative(f, "gradient", argnum)
    def gradient(call: Traced) -> Any:
        return call.pull(call.unit(f, "grad"))

    return gradient


@transform
def value_and_grad(f: Function, argnum: Argnum = 0) -> Callable[..., tuple[Any, Any]]:
    """Return the function that computes the value and the gradient in one go.

    What it takes and raises is what `grad` does.

    >>> from autograd import value_and_grad
    >>> value_and_grad(lambda x: x * x)(3.0)
    (np.float64(9.0), np.float64(6.0))
    """

    @derivative(f, "value and gradient", argnum)
    def both(call: Traced) -> Any:
        seeds = call.unit(f, "value_and_grad")
        return call.value(), call.pull(seeds)

    return both


@transform
def elementwise_grad(f: Function, argnum: Argnum = 0) -> Function:
    """Return the derivative of a function that acts on each element: the gradient of its sum.

    `argnum` is that of `grad`.

    >>> import numpy as np
    >>> from autograd import elementwise_grad
    >>> elementwise_grad(np.square)(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """

    @derivative(f, "elementwise gradient", argnum)
    def gradient(call: Traced) -> Any:
        call.refuse_complex(f, "elementwise_grad")
        return call.pull([np.ones_like(y.data) for y in call.outputs])

    return gradient


@transform
def holomorphic_grad(f: Function, argnum: Argnum = 0) -> Function:
    """Return the complex derivative of a holomorphic function, of each element as the case may be.

    Whether f is holomorphic is not checked: through `np.abs`, `np.real`, `np.imag` or `np.conj`
    it mostly is not, and then what comes back is the gradient of its real part.

    Raises
    ------
    TypeError : where an argument is real, or a result.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import holomorphic_grad
    >>> holomorphic_grad(lambda z: z**3)(1j)
    np.complex128(-3+0j)
    >>> holomorphic_grad(np.square)(np.array([1.0, 2j]))
    array([2.+0.j, 0.+4.j])
    """

    @derivative(f, "complex derivative", argnum)
    def gradient(call: Traced) -> Any:
        for what, values in (("argument", call.variables), ("result", call.outputs)):
            for x in values:
                if x.dtype.kind != "c":
                    raise refusal(
                        TypeError,
                        "a holomorphic function leads from complex numbers to complex ones",
                        f"holomorphic_grad({function_name(f)}), {what} of {x.dtype} {x.shape}",
                        "z.astype(complex) for an argument; grad(f) of a real function",
                    )
        return call.pull([np.ones_like(y.data) for y in call.outputs])

    return gradient


SWEEPS = 3
"""How many sweeps the graph of Jv costs, which forward mode makes first.

Where f works on large arrays, each row or column more costs a sweep: there the choice can be wrong
by any factor. Where it works on small ones, a batch costs what one does: by 1.3 at most.
"""


@transform
def jacobian(f: Function, argnum: Argnum = 0) -> Function:
    """Return the function that computes all first derivatives, of shape ``y.shape + x.shape``.

    `argnum` is that of `grad`; for several arguments or results, the derivatives are nested as
    they are.

    By columns (`jacfwd`) where these are so few that it is the quicker way, by rows (`jacrev`)
    otherwise. All of them are computed together, in one sweep over a batch of unit vectors
    (`autograd.vmap`); in several where these would take more than 64 MB. Where a rule of one's own
    cannot work on a batch, one after the other. From complex numbers to complex ones, f is taken
    to be holomorphic; to real ones, the rows are gradients (see `grad`).

    Raises
    ------
    TypeError : where one of several arguments and one of several results are complex, and others
        are not: neither rows nor columns tell all then.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import jacobian
    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return derivative(f, "Jacobian", argnum)(_matrix)


def _matrix(call: Traced) -> Any:
    if _is_tall(call):
        try:
            return _by_columns(call)
        except TypeError:  # a rule of one's own that asks for numbers is not linear for us
            return _by_rows(call)
    return _by_rows(call)


@transform
def jacrev(f: Function, argnum: Argnum = 0) -> Function:
    """Return what `jacobian` does, by rows, whatever the shapes: in reverse mode.

    >>> import numpy as np
    >>> from autograd import jacrev
    >>> jacrev(np.cumsum)(np.array([1.0, 2.0]))
    array([[1., 0.],
           [1., 1.]])
    """
    return derivative(f, "Jacobian", argnum)(_by_rows)


@transform
def jacfwd(f: Function, argnum: Argnum = 0) -> Function:
    """Return what `jacobian` does, by columns, whatever the shapes: in forward mode.

    Takes time in proportion to the number of inputs, as reverse mode does to that of outputs.

    >>> import numpy as np
    >>> from autograd import jacfwd
    >>> jacfwd(np.cumsum)(np.array([1.0, 2.0]))
    array([[1., 0.],
           [1., 1.]])
    """
    return derivative(f, "Jacobian", argnum)(_by_columns)


def _is_tall(call: Traced) -> bool:
    """Tell whether columns are the cheaper way, or the only one: a real x makes a complex y."""
    results, arguments = (
        {t.dtype.kind == "c" for t in side} for side in (call.outputs, call.variables)
    )
    if True in results and False in arguments:
        return True
    if True in arguments and False in results:
        return False
    rows, columns = (sum(t.size for t in side) for side in (call.outputs, call.variables))
    return rows > columns + SWEEPS


def _by_rows(call: Traced) -> Any:
    return _nested(call, [call.rows(k) for k in range(len(call.outputs))])


def _by_columns(call: Traced) -> Any:
    if not (call.variables and call.outputs):  # ({}) or a function that returns ()
        return _by_rows(call)
    forward = call.transposed()
    columns = [forward.rows(i) for i in range(len(call.variables))]
    return _nested(
        call,
        [
            [_turned(g, x) for g, x in zip(of_y, call.variables, strict=True)]
            for of_y in zip(*columns, strict=True)
        ],
    )


def _nested(call: Traced, blocks: Sequence[Sequence[Any]]) -> Any:
    """Give blocks the structures of the result and of the argument, and memory of their own."""
    own = iter(apart([g for row in blocks for g in row]))
    return call.rebuild_output([call.rebuild([next(own) for _ in row]) for row in blocks])


def _turned(g: Any, x: Tensor) -> Any:
    """Move the axes of x behind those of y; the derivative has the dtype of x, if both are real."""
    g = np.moveaxis(g, range(x.ndim), range(-x.ndim, 0)) if x.ndim else g
    same = np.dtype(g.dtype).kind != np.dtype(x.dtype).kind or g.dtype == x.dtype
    return g if same else g.astype(x.dtype)


@transform
def hessian(f: Function, argnum: Argnum = 0) -> Function:
    """Return the function that computes all second derivatives of a scalar function.

    `argnum` is that of `grad`; of several arguments, each has a row of blocks.
    Raises TypeError for a real function of complex numbers, whose gradient is not holomorphic.

    >>> from autograd import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 4.0])
    [[np.float64(8.0), np.float64(6.0)], [np.float64(6.0), np.float64(0.0)]]
    """

    @derivative(f, "gradient", argnum)
    def slopes(call: Traced) -> Any:
        real = any(y.dtype.kind != "c" for y in call.outputs)
        if real and any(x.dtype.kind == "c" for x in call.variables):
            raise refusal(
                TypeError,
                "a real function of complex numbers has four second derivatives for each two",
                f"hessian({function_name(f)})",
                "hessian of lambda x, y: f(x + 1j * y), argnum=(0, 1); hvp(f) for products",
            )
        return _matrix(call)

    return named_after(f, "Hessian")(jacobian(slopes, argnum))


@transform
def vjp(f: Function, argnum: Argnum = 0) -> Products:
    """Return ``(*args) -> (pull, value)``: ``pull(v)`` is the product vᵀJ.

    `argnum` is that of `grad`. The vector v is nested as the result of f, the product as the
    argument.

    >>> import numpy as np
    >>> from autograd import vjp
    >>> pull, value = vjp(np.sin)(np.array([0.0, 1.0]))
    >>> pull(np.array([1.0, 0.0]))
    array([1., 0.])
    """

    @derivative(f, "vector-Jacobian product", argnum, later=True)
    def at(call: Traced) -> Any:
        def pull(v: Any) -> Any:
            return call.pull(call.of_results(v))

        return pull, call.value()

    return at


@transform
def linearize(f: Function, argnum: Argnum = 0) -> Products:
    """Return ``(*args) -> (push, value)``: ``push(v)`` is the product Jv, in forward mode.

    The linear graph of Jv is made once, at the cost of a gradient or two; each product then takes
    one sweep over it, without f.

    Returns
    -------
    A function of the arguments of f. The vector v is nested as the argument (a tuple for a tuple of
    positions), the product as the result of f.

    Raises
    ------
    ValueError : for a vector of another shape than the argument.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import linearize
    >>> push, value = linearize(np.square)(np.array([1.0, 2.0]))
    >>> push(np.array([1.0, 10.0]))
    array([ 2., 40.])
    """

    @derivative(f, "linear part", argnum, later=True)
    def at(call: Traced) -> Any:
        return _push(call), call.value()

    return at


def _push(call: Traced) -> Function:
    forward = call.transposed()

    def push(v: Any) -> Any:
        products = forward.gradients(call.of_arguments(v), forward.recorded)
        return call.rebuild_output(products)

    return push


@transform
def jvp(f: Function, argnum: Argnum = 0) -> Callable[..., Callable[[Any], tuple[Any, Any]]]:
    """Return ``(*args) -> push``: ``push(v)`` gives the value and the product Jv (see `linearize`).

    >>> import numpy as np
    >>> from autograd import jvp
    >>> jvp(np.square)(np.array([1.0, 2.0]))(np.array([1.0, 10.0]))
    (array([1., 4.]), array([ 2., 40.]))
    """

    @named_after(f, "Jacobian-vector product")
    def at(*args: Any, **kwargs: Any) -> Any:
        push, value = linearize(f, argnum)(*args, **kwargs)
        return lambda v: (map_leaves(_own, value), push(v))

    return at


def _own(y: Any) -> Any:
    return y.copy() if type(y) is np.ndarray else y


@transform
def hvp(f: Function, argnum: Argnum = 0) -> Products:
    """Return ``(*args) -> (product, gradient)``: ``product(v)`` is the Hessian times v.

    `argnum` is that of `grad`; v and the product are nested as the argument.

    >>> import numpy as np
    >>> from autograd import hvp
    >>> product, gradient = hvp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    >>> product(np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    return named_after(f, "Hessian-vector product")(vjp(grad(f, argnum), argnum))


@transform
def ggnvp(model: Function, loss: Function, argnum: Argnum = 0) -> Products:
    """Return ``(*args) -> (product, gradient)``, of ``loss(model(*args))``.

    ``product(v)`` is the generalized Gauss-Newton matrix times v, G = Jᵀ H J with J the Jacobian of
    the model and H the Hessian of the loss with respect to the model's output: the Hessian without
    the model's curvature, positive semidefinite where the loss is convex (N. Schraudolph, "Fast
    curvature matrix-vector products for second-order gradient descent", 2002).

    Raises
    ------
    TypeError : where the loss returns more than one number.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import ggnvp
    >>> def residuals(p):
    ...     return np.exp(p[0] * np.arange(3)) - p[1]
    >>> product, gradient = ggnvp(residuals, lambda r: np.sum(r * r) / 2)(np.array([0.0, 1.0]))
    >>> product(np.array([1.0, 0.0]))  # the first column of JᵀJ
    array([ 5., -3.])
    """

    @derivative(model, "Gauss-Newton product", argnum, later=True)
    def at(call: Traced) -> Any:
        push = _push(call)
        curve, slope = hvp(loss)(call.value())

        def product(v: Any) -> Any:
            return call.pull(call.of_results(curve(push(v))))

        return product, call.pull(call.of_results(slope))

    return at


def _kept(x: Any) -> Any:
    """Return a value that nobody writes into."""
    if isinstance(x, np.ndarray):
        return locked(x)
    return np.positive(x) if hasattr(x, "tape") else x


def checkpoint(f: Same) -> Same:
    """Return f, remembering only its arguments: the backward pass computes f again.

    Saves the memory of everything inside f, for the time of one more forward pass. Tensors that
    require a gradient must come in as arguments, not from a closure. Random numbers of the library,
    as of dropout, are the same in both passes; what else differs there raises RuntimeError, as does
    writing into an argument; what is no function raises TypeError. No gradient comes from what f
    leaves outside, as in an attribute: return it as a part of the result.

    >>> import numpy as np
    >>> from autograd import checkpoint, grad
    >>> grad(checkpoint(lambda x: np.exp(np.sin(x))))(0.0)
    np.float64(1.0)
    """
    refuse_uncallable(f, "checkpoint(f)(x)")

    @functools.wraps(f)
    def remembered(*args: Any, **kwargs: Any) -> Any:
        values, rebuild = flatten(list(args))
        wanted = [i for i, v in enumerate(values) if type(v) is Tensor and v.requires_grad]
        if not wanted or not is_grad_enabled():
            return f(*args, **kwargs)
        generator = import_module("autograd.interface.generator")  # which takes its time, at first
        state = generator.default_generator.bit_generator.state
        # what stands for the arrays of a vmap may be connected to what is outside of it
        mapped = [type(raw(v)) is Batched and v.dtype.kind in "fc" for v in values]
        wanted = [i for i, is_so in enumerate(mapped) if is_so or i in wanted]

        def again(*leaves: Any) -> Any:
            return f(*rebuild(leaves), **kwargs)

        def forward(*xs: Any) -> Any:
            starts = [_kept(x) if i in wanted else x for i, x in enumerate(xs)]
            given = [constant(x) if i in wanted else x for i, x in enumerate(starts)]
            rehearsal.value += 1
            try:
                with enable_grad():  # as the second time: under no_grad, parts would be views
                    y = again(*given)
            finally:
                rehearsal.value -= 1
            if any(raw(t) is not x for t, x in zip(given, starts, strict=True)):
                raise refusal(
                    RuntimeError,
                    "a checkpointed function writes into its argument",
                    f"checkpoint({function_name(f)}), which runs a second time with it",
                    "x = x.copy() in the function, first",
                )
            if not isinstance(y, (Tensor, np.ndarray, np.generic, Standin)):  # as derivatives give
                raise refusal(
                    TypeError,
                    "a checkpointed function returns one tensor",
                    f"checkpoint({function_name(f)}), which returned {kind_of(y)}",
                    "np.stack or np.concatenate of the results",
                )
            return raw(y)

        def joint(g: Any, y: Any, *xs: Any) -> list[Any]:
            with generator.drawn_again(state):
                call = Traced(again, wanted, xs, {})
            twice = raw(y), raw(call.output)
            if not (any(hasattr(v, "tape") for v in twice) or is_close(*twice, 1e-3, 1e-6)):
                raise refusal(
                    RuntimeError,
                    "a checkpointed function computes something else the second time",
                    f"checkpoint({function_name(f)})",
                    "what changes from call to call as an argument; random numbers of autograd",
                )
            pulled = iter(call.pull([g]))
            if call.strangers:
                stranger = call.strangers[0]
                what = f"{stranger.name or 'a tensor of shape'} {stranger.shape}"
                raise refusal(
                    RuntimeError,
                    "a checkpointed function uses a tensor that is not its argument",
                    f"checkpoint({function_name(f)}), which reached {what}",
                    "pass that tensor as an argument, by position",
                )
            return [next(pulled) if i in wanted else None for i in range(len(xs))]

        op = Primitive(checkpoint, (), call=forward, joint=joint, name=function_name(f))
        return record(op, tuple(values))

    return remembered  # type: ignore[return-value]  # it takes and gives what f does

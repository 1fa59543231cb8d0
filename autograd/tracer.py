"""HIPS autograd's `autograd.tracer`: functions that record, and what stands behind a value."""

import functools
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from autograd.base.errors import function_name, refusal
from autograd.base.modes import enable_grad
from autograd.base.tree import flatten, flatten_like, map_leaves
from autograd.graph import arguments, strangers, toposort
from autograd.mutation.versions import birth
from autograd.primitive import Primitive, Undefined, keep
from autograd.rules.packing import unpack
from autograd.rules.shape import in_dtype
from autograd.tensor import Tensor, constant, raw, record
from autograd.transforms.batching import Batched, run

Box = Tensor
"""What HIPS calls a box: a value that remembers how it was made."""
CONTAINERS = (list, tuple, dict)
ASK = "defvjp({name}, lambda ans, *args: lambda g: ..., argnums=({i},))"


def isbox(value: Any) -> bool:
    """Tell whether a value is traced.

    >>> from autograd import Tensor
    >>> isbox(Tensor(1.0)), isbox(1.0)
    (True, False)
    """
    return type(value) is Tensor


def getval(value: Any) -> Any:
    """Return the number or array behind a traced value, and anything else as it is.

    >>> from autograd import Tensor
    >>> getval(Tensor([1.0, 2.0])), getval("name")
    (array([1., 2.]), 'name')
    """
    return raw(value)


def notrace_primitive(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return fn over the values behind its arguments: nothing is recorded, nothing differentiated.

    >>> from autograd import grad
    >>> @notrace_primitive
    ... def sign(x):
    ...     return 1 if x > 0 else -1
    >>> grad(lambda x: sign(x) * x)(-2.0)
    np.float64(-1.0)
    """

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        return fn(*map(getval, args), **kwargs)

    return call


class _Several(Exception):  # noqa: N818  # no error: a function returned a container
    pass


def primitive(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of arrays be one operation, whose derivative `autograd.extend.defvjp` sets.

    Parameters
    ----------
    fn : takes arrays by position, and containers of them; keywords are not differentiated.
        It may return an array or a container of arrays.

    Raises
    ------
    NotImplementedError : at the backward pass, for an argument without a rule.
    RuntimeError : where an argument is traced, and fn uses another traced value as well.
    TypeError : for a traced value by keyword.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import grad
    >>> from autograd.extend import defvjp, primitive
    >>> @primitive
    ... def cube(x):
    ...     return x**3
    >>> defvjp(cube, lambda ans, x: lambda g: g * 3 * x**2)
    >>> grad(cube)(2.0), grad(grad(cube))(2.0)
    (np.float64(12.0), np.float64(12.0))
    """
    several = False

    def compute(*xs: Any, **params: Any) -> Any:
        y = _alone(fn, xs, params)
        if isinstance(y, CONTAINERS):
            raise _Several
        return y if hasattr(y, "dtype") else np.asarray(y)[()]

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal several
        traced = nested = False
        for a in args:
            if hasattr(a, "_record"):
                traced = True
            elif isinstance(a, CONTAINERS):
                nested = nested or any(hasattr(leaf, "_record") for leaf in flatten(a)[0])
        for key, value in kwargs.items():
            if isbox(value):
                raise refusal(
                    TypeError,
                    "a primitive is differentiated by the arguments that it takes by position",
                    f"{op.name}({key}=...) of a Tensor",
                    f"the same value by position, or autograd.tracer.getval({key})",
                )
        if not traced and not nested:
            return fn(*args, **kwargs)
        if not nested and not several:
            try:
                return record(op, args, kwargs)
            except _Several:
                several = True
        return _record_nested(op, fn, args, kwargs)

    name = getattr(fn, "__name__", "primitive")
    op = Primitive(call, (), call=compute, each=Undefined(name, ASK), name=name)
    keep(call, op)
    return call


def _alone(fn: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Return the values that fn gives; raise RuntimeError where its gradient would miss a part."""
    born = birth()
    y = fn(*args, **kwargs)
    if strangers(born, *flatten(y)[0]):
        raise refusal(
            RuntimeError,
            "a primitive uses a tensor that is not its argument",
            f"{function_name(fn)}(...)",
            "that tensor as an argument, by position; getval(x) where it is a constant",
        )
    return map_leaves(raw, y)


def _record_nested(
    op: Primitive, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Record a call with containers: of all leaves of its arguments, to one long array."""
    leaves, nest = flatten(list(args))
    rebuild = flatten(nest([0] * len(leaves)))[1]  # a program keeps it, and may hold no value
    counts = [len(flatten(arg)[0]) for arg in args]
    # what stands for the arrays of a vmap may be connected to what is outside of it
    wanted = [type(raw(x)) is Batched or (isbox(x) and x.requires_grad) for x in leaves]
    results: list[Any] = []  # how they are nested, their shapes and dtypes, once there are any

    def forward(*xs: Any) -> Any:
        parts, nest = flatten(_alone(fn, rebuild(xs), kwargs))
        results[:] = nest, [(np.shape(part), np.result_type(part)) for part in parts]
        return np.concatenate([np.ravel(part) for part in parts])

    def nested(packed: Any) -> Any:
        nest, kinds = results
        parts = unpack(packed, *(shape for shape, _ in kinds))
        return nest([in_dtype(p, dtype) for p, (_, dtype) in zip(parts, kinds, strict=True)])

    def joint(g: Any, y: Any, *xs: Any, **_: Any) -> list[Any]:
        given, ans, grads = rebuild(xs), nested(y), list[Any]()
        for i, (arg, n) in enumerate(zip(given, counts, strict=True)):
            rule: Any = op.rule(i) if any(wanted[len(grads) : len(grads) + n]) else None
            gx = rule and rule(nested(g), ans, *given, **kwargs)
            grads += [None] * n if gx is None else flatten_like(arg, gx)
        return grads

    row = Primitive(op.fn, (), call=forward, joint=joint, name=op.name)
    return nested(run(row, *leaves))


class Node:
    """What a subclass is told of each operation, in `trace`."""

    __slots__: ClassVar[Any] = ()

    def __init__(
        self, value: Any, fun: Any, args: Any, kwargs: Any, parent_argnums: Any, parents: Any
    ) -> None:
        raise NotImplementedError

    def initialize_root(self, *args: Any, **kwargs: Any) -> None:
        """Set up the node of the input."""
        raise NotImplementedError

    @classmethod
    def new_root(cls, *args: Any, **kwargs: Any) -> Self:
        """Return the node of the input."""
        root = cls.__new__(cls)
        root.initialize_root(*args, **kwargs)
        return root


def trace(start_node: Any, fun: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """Return the value of fun(x), and the node of its last operation (None if x plays no part).

    For every operation between x and the result, oldest first, a node of start_node's type is made
    of ``(value, fun, args, kwargs, argnums, parents)``: what it gave, what was called, and which
    of its arguments came from which nodes.
    """
    variable = constant(np.asarray(x, float)[()])
    variable.requires_grad = True
    with enable_grad():
        y = fun(variable)
    nodes: dict[Tensor, Any] = {variable: start_node}
    for t in toposort(y) if isbox(y) else ():
        args = arguments(t)
        came = [i for i, a in enumerate(args) if isbox(a) and a in nodes]
        if came and t.op is not None:
            parents = [nodes[args[i]] for i in came]
            values = tuple(map(getval, args))
            nodes[t] = type(start_node)(t.data, t.op.fn, values, t.params, tuple(came), parents)
    return getval(y), nodes.get(y) if isbox(y) else None

"""HIPS autograd's `autograd.core`: rules of primitives, and vector spaces."""

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from autograd import functional, tracer
from autograd.base.modes import no_grad
from autograd.base.tree import flatten, map_leaves
from autograd.primitive import COMPOSITES, PRIMITIVES, Primitive, Undefined, row_of
from autograd.rules.shape import arrayed
from autograd.tensor import raw
from autograd.tracer import ASK, Box, getval, isbox

__all__ = [
    "Box", "VSpace", "def_linear", "defjvp", "defjvp_argnum", "defjvp_argnums", "defvjp",
    "defvjp_argnum", "defvjp_argnums", "getval", "isbox", "make_jvp", "make_vjp", "primitive",
    "vspace",
]  # fmt: skip

Maker = Callable[..., Any]


def make_vjp(fun: Callable[[Any], Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """Return ``(v -> vᵀJ, fun(x))``.

    >>> pull, value = make_vjp(lambda x: x * x, 3.0)
    >>> pull(1.0), value
    (np.float64(6.0), np.float64(9.0))
    """
    return functional.vjp(fun)(x)


def make_jvp(fun: Callable[[Any], Any], x: Any) -> Callable[[Any], tuple[Any, Any]]:
    """Return ``v -> (fun(x), Jv)``.

    >>> make_jvp(lambda x: x * x, 3.0)(1.0)
    (np.float64(9.0), np.float64(6.0))
    """
    return functional.jvp(fun)(x)


def primitive(fn: Callable[..., Any]) -> Any:
    """Return `autograd.tracer.primitive` of fn, with HIPS's first ways to set its derivative.

    Two set the rule of one argument: ``defgrad((ans, *args) -> g -> gx)`` and
    ``defvjp((g, ans, space, its_space, *args) -> gx)`` with the spaces of the argument and of g;
    ``defvjp_is_zero(argnums)`` says by which arguments there is none.

    >>> from autograd import grad
    >>> cube = primitive(lambda x: x**3)
    >>> cube.defgrad(lambda ans, x: lambda g: g * 3 * x**2)
    >>> grad(cube)(2.0)
    np.float64(12.0)
    """
    call: Any = tracer.primitive(fn)
    makers: dict[int, Maker | None] = {}

    def defgrad(maker: Maker | None, argnum: int = 0) -> None:
        makers[argnum] = maker
        defvjp(call, *makers.values(), argnums=makers)

    def defvjp_of_one(rule: Maker, argnum: int = 0) -> None:
        def maker(ans: Any, *args: Any, **kwargs: Any) -> Maker:
            return lambda g: rule(g, ans, vspace(args[argnum]), vspace(g), *args, **kwargs)

        defgrad(maker, argnum)

    def defvjp_is_zero(argnums: Iterable[int] = (0,)) -> None:
        for i in argnums:
            defgrad(None, i)

    call.defgrad, call.defvjp, call.defvjp_is_zero = defgrad, defvjp_of_one, defvjp_is_zero
    return call


# ── rules ─────────────────────────────────────────────────────────────────────────────────────
def defvjp(fun: Callable[..., Any], *makers: Maker | None, argnums: Any = None) -> None:
    """Set the derivative of a primitive, one maker per argument: ``(ans, *args) -> g -> gx``.

    None stands for an argument without derivative; `argnums` says which arguments the makers are
    for, where they are not the first ones. Works for NumPy's functions too.

    >>> import numpy as np
    >>> from autograd import grad
    >>> from autograd.extend import primitive
    >>> logsumexp = primitive(lambda x: np.log(np.sum(np.exp(x))))
    >>> defvjp(logsumexp, lambda ans, x: lambda g: g * np.exp(x - ans))
    >>> grad(logsumexp)(np.zeros(4))
    array([0.25, 0.25, 0.25, 0.25])
    """
    by_argument = _by_argument(makers, argnums)
    op = _row(fun)
    other = Undefined(op.name, ASK)

    def each(i: int, g: Any, y: Any, *xs: Any, **params: Any) -> Any:
        maker = by_argument.get(i, other)
        if maker is other:
            other(i)
        return maker(y, *xs, **params)(g) if maker else map_leaves(np.zeros_like, xs[i])

    _define(op, each)


def defvjp_argnum(fun: Callable[..., Any], maker: Maker) -> None:
    """Set the derivative of a primitive: ``maker(argnum, ans, args, kwargs)`` is ``g -> gx``."""

    def each(i: int, g: Any, y: Any, *xs: Any, **params: Any) -> Any:
        return maker(i, y, xs, params)(g)

    _define(_row(fun), each)


def defvjp_argnums(fun: Callable[..., Any], maker: Maker) -> None:
    """Set the derivative: ``maker(argnums, ans, args, kwargs)`` is ``g -> (gx, ...)``."""
    defvjp_argnum(fun, lambda i, *call: lambda g: next(iter(maker((i,), *call)(g))))


def defjvp(fun: Callable[..., Any], *makers: Maker | str | None, argnums: Any = None) -> None:
    """Set the derivative of a primitive by its pushes: ``(g, ans, *args) -> Jg``, one per argument.

    None stands for an argument without derivative, ``"same"`` for one by which fun is linear.
    Where `defvjp` was given it suffices: both modes follow from it. Else the pull is the
    transpose of the push, which is linear in g.

    >>> import numpy as np
    >>> from autograd import grad, make_jvp
    >>> from autograd.extend import primitive
    >>> half = primitive(lambda x: x / 2)
    >>> defjvp(half, lambda g, ans, x: g / 2)
    >>> grad(half)(1.0), make_jvp(half)(1.0)(3.0)
    (np.float64(0.5), (np.float64(0.5), np.float64(1.5)))
    """
    by_argument = _by_argument(makers, argnums)

    def push(i: int, g: Any, ans: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        maker = by_argument[i]
        if maker is None:
            return map_leaves(np.zeros_like, ans)
        if callable(maker):
            return maker(g, ans, *args, **kwargs)
        return same(i, g, ans, args, kwargs)

    same = _linear(fun)
    defjvp_argnum(fun, push)


def defjvp_argnum(fun: Callable[..., Any], push: Maker) -> None:
    """Set the derivative of a primitive: ``push(argnum, g, ans, args, kwargs)`` is Jg."""
    if fun in COMPOSITES and row_of(COMPOSITES[fun]) is None:
        return  # as below, of the rows that it is made of
    op = _row(fun)
    if op.differentiable and not isinstance(op.each, Undefined):
        return  # its pull is known, and a push follows from it

    def each(i: int, g: Any, y: Any, *xs: Any, **params: Any) -> Any:
        zeros = map_leaves(np.zeros_like, map_leaves(raw, xs[i]))
        return functional.vjp(lambda v: push(i, v, y, xs, params))(zeros)[0](g)

    _define(op, each)


def defjvp_argnums(fun: Callable[..., Any], push: Maker) -> None:
    """Set the derivative: ``push(argnums, gs, ans, args, kwargs)`` is the sum of their Jg."""
    defjvp_argnum(fun, lambda i, g, *call: push((i,), (g,), *call))


def def_linear(fun: Callable[..., Any]) -> None:
    """Say that a primitive is linear in each of its arguments: its push is itself."""
    defjvp_argnum(fun, _linear(fun))


def _linear(fun: Callable[..., Any]) -> Maker:
    """Return the push of what is linear: what it wraps, as its own pull is made of this push."""
    inner = getattr(fun, "__wrapped__", fun)
    return lambda i, g, _, args, kwargs: inner(*args[:i], g, *args[i + 1 :], **kwargs)


def _by_argument(makers: tuple[Any, ...], argnums: Any) -> dict[int, Any]:
    return dict(zip(range(len(makers)) if argnums is None else argnums, makers, strict=True))


def _define(op: Primitive, each: Callable[..., Any]) -> None:
    """Set the rule of any argument; in a sweep over arrays, what it differentiates is a number."""

    def rule(i: int, g: Any, y: Any, *xs: Any, **params: Any) -> Any:
        if any(hasattr(leaf, "_record") for leaf in flatten((g, y))[0]):
            return each(i, g, y, *xs, **params)
        with no_grad():
            return each(i, g, y, *xs, **params)

    op.define((), rule)


def _row(fun: Callable[..., Any]) -> Primitive:
    """Return the row of a function: a primitive's own, or one of NumPy's, entered if need be."""
    if fun in COMPOSITES:  # made of other rows, and maybe of several results
        if row_of(COMPOSITES[fun]) is None:
            COMPOSITES[fun] = tracer.primitive(fun)
        fun = COMPOSITES[fun]
    known: Any = row_of(fun)
    undefined = known is None or isinstance(known.each, Undefined)
    if undefined and hasattr(fun, "replaced"):  # by `autograd.primitive`, or `open_to_rules`
        fun.replaced = fun.replaced or tracer.primitive(fun.__wrapped__)  # type: ignore[attr-defined]  # it has one
        known = row_of(fun.replaced)
    return known or PRIMITIVES.setdefault(fun, Primitive(fun, ()))


@functools.cache  # each is one, whoever asks for it
def open_to_rules(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of another library, which is a primitive once somebody gives it a rule.

    Until then it is called as it is.

    >>> import math
    >>> from autograd import grad
    >>> root = open_to_rules(math.sqrt)
    >>> defvjp(root, lambda ans, x: lambda g: g / (2 * ans))
    >>> grad(root)(4.0)
    np.float64(0.25)
    """

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        return (opened.replaced or fn)(*args, **kwargs)

    opened: Any = call  # a function may carry attributes
    opened.replaced = None
    return call


# ── vector spaces ─────────────────────────────────────────────────────────────────────────────
class VSpace:
    """The space of all values of one structure: nested lists, tuples and dicts of arrays.

    >>> import numpy as np
    >>> space = vspace({"w": np.ones((2, 2)), "b": 1.0})
    >>> space.size, space.zeros()["b"], space == vspace({"w": np.zeros((2, 2)), "b": 3.0})
    (5, np.float64(0.0), True)
    """

    def __init__(self, value: Any) -> None:
        leaves, self._nest = flatten(value)
        known = [*map(arrayed, leaves)]
        self._kinds = [(x.shape, x.dtype) for x in known]

    @property
    def shape(self) -> Any:
        """The shape of an array; of nested ones, nested shapes."""
        return self._nest([shape for shape, _ in self._kinds])

    @property
    def size(self) -> int:
        """The number of real numbers."""
        return sum(math.prod(s) * (1 + (d.kind == "c")) for s, d in self._kinds)

    @property
    def iscomplex(self) -> bool:
        """Whether there are complex numbers."""
        return any(dtype.kind == "c" for _, dtype in self._kinds)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VSpace) or self._kinds != other._kinds:
            return False
        return bool(self.shape == other.shape)  # which is nested as the values are

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"VSpace({self._nest([f'{dtype}{shape}' for shape, dtype in self._kinds])})"

    def _filled(self, make: Callable[[tuple[int, ...]], Any]) -> Any:
        parts = [make(s) + 1j * make(s) if d.kind == "c" else make(s) for s, d in self._kinds]
        pairs = zip(parts, self._kinds, strict=True)
        return self._nest([np.asarray(part, dtype)[()] for part, (_, dtype) in pairs])

    def zeros(self) -> Any:
        """Return the value of zeros."""
        return self._filled(np.zeros)

    def ones(self) -> Any:
        """Return the value of ones; of complex numbers, 1 + 1j."""
        return self._filled(np.ones)

    def randn(self) -> Any:
        """Return a random value: normal numbers, of NumPy's global generator."""
        return self._filled(np.random.standard_normal)  # programs seed this one

    def standard_basis(self) -> Iterator[Any]:
        """Yield every unit vector; of complex numbers, the imaginary ones too."""
        for k, (shape, dtype) in enumerate(self._kinds):
            for index in np.ndindex(*shape):
                for one in (1.0, 1j) if dtype.kind == "c" else (1.0,):
                    leaves = [np.zeros(s, d) for s, d in self._kinds]
                    leaves[k][index] = one
                    yield self._nest([leaf[()] for leaf in leaves])

    def add(self, x: Any, y: Any) -> Any:
        """Return x + y."""
        return map_leaves(np.add, x, y)

    mut_add = add

    def scalar_mul(self, x: Any, a: Any) -> Any:
        """Return a·x."""
        return map_leaves(lambda leaf: leaf * a, x)

    def inner_prod(self, x: Any, y: Any) -> Any:
        """Return ⟨x, y⟩, a real number."""
        products = map_leaves(lambda a, b: np.real(np.sum(np.conj(a) * b)), x, y)
        return sum(flatten(products)[0])

    def covector(self, x: Any) -> Any:
        """Return the conjugate: gradients are covectors."""
        return map_leaves(np.conj, x) if self.iscomplex else x


vspace = VSpace

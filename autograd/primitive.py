"""What a primitive is: a NumPy function, its derivative rules, and how it is spelled.

Tensor stands above; here it is what has a `_record`, as what stands for an array has one.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar, Protocol, TypeVar, overload
from weakref import WeakValueDictionary

import numpy as np

from autograd.base.blocks import LARGE
from autograd.base.errors import function_name, refusal
from autograd.base.modes import is_grad_enabled, readers
from autograd.base.signatures import keywords, place, signature, sort_call
from autograd.base.tree import locked

Rule = Callable[..., Any]
"""A rule ``(g, y, *x, **params) -> gx`` is one line of NumPy: ``g`` arrives, ``gx`` leaves."""


OURS = "numpy", "scipy", "_operator", "autograd", "nn."
"""Where functions are at home that are no user's."""


class Primitive:
    """One row of the table: everything that the library knows about one operation.

    Attributes
    ----------
    fn : the NumPy function itself, which is the key under which the row is found.
    name : what errors, programs and the picture call it.
    home : the module of that function, see `home_of`.
    foreign : whether it is the user's.
    rules : one rule per argument; None where the argument has no derivative.
    each : for any number of arguments: ``each(i, g, y, *x, **params)`` is the rule of argument i.
    joint : all rules at once, where they share work: ``joint(g, y, *x, **params)`` is a list,
        with None where nothing is sent.
    call : what runs forward (``operator.mul`` is ten times faster on scalars than np.multiply).
    definition : the same in other rows, for a printer or an engine that does not know this one;
        `call` itself, where that is written in NumPy.
    bind : turns the call ``fn(*args, **kwargs)`` into ``(values, params)`` where fn's signature
        mixes arrays with sequences or strings.
    code, tex, symbol : the spellings in NumPy source, in LaTeX and on a drawing. ``{0}`` stands
        for the first value, ``{*}`` for all of them, ``{axis}`` for a parameter.
    elementwise : each element of the result depends on the same element of the arguments only.
    large : of so many elements on, an elementwise function is computed on all processors.
    batch : computes a whole batch at once, see `autograd.rules.batching`; None for row by row.
    lazy : for a sweep over arrays, ``lazy(g, ours, **params)`` is a list of (which argument, its
        gradient without the zeros), see `autograd.rules.lazy`; it may write into g if it is `ours`.
    paper : the rules as they are derived on paper, where those that run serve accuracy or speed.
    params : the names of its parameters; None for any.
    differentiable, alone, pair : whether there is a rule at all; whether there is one argument
        with one rule; whether each element comes of two, with a rule each. The sweep has shorter
        ways for the last two.
    """

    __slots__ = (
        "__weakref__", "alone", "batch", "bind", "call", "code", "definition", "differentiable",
        "each", "elementwise", "fn", "foreign", "home", "joint", "large", "lazy", "name", "pair",
        "paper", "params", "rules", "symbol", "tex",
    )  # fmt: skip

    def __init__(
        self, fn: Callable[..., Any], rules: tuple[Rule | None, ...], *, name: str | None = None,
        call: Callable[..., Any] | None = None, definition: Callable[..., Any] | None = None,
        each: Rule | None = None, joint: Rule | None = None,
        bind: Callable[..., tuple[tuple[Any, ...], dict[str, Any]]] | None = None,
        code: str | None = None, tex: str | None = None, symbol: str | None = None,
        elementwise: bool = False, large: int = LARGE, batch: Rule | None = None,
        paper: tuple[Rule | None, ...] | None = None,
    ) -> None:  # fmt: skip
        self.fn = fn
        self.home = home_of(fn)
        self.foreign = not self.home.startswith(OURS)
        self.name = name or fn.__name__
        self.call = call or fn
        self.definition = definition or self.call
        self.bind = bind
        self.batch = batch
        self.lazy: Rule | None = None
        self.paper = paper
        self.elementwise = elementwise or (isinstance(fn, np.ufunc) and fn.signature is None)
        self.large = large
        self.define(rules, each, joint)
        holes = ", ".join(f"{{{i}}}" for i in range(len(rules))) if rules else "{*}"
        module = "np." if self.home.startswith("numpy") else ""
        title = self.name.replace("_", r"\_")
        self.code = code or f"{module}{self.name}({holes})"
        self.tex = tex or rf"\operatorname{{{{{title}}}}}\left({holes}\right)"
        self.symbol = symbol or self.name

    def define(
        self, rules: tuple[Rule | None, ...], each: Rule | None = None, joint: Rule | None = None
    ) -> None:
        """Set the derivative: by argument, for any number of arguments, or all at once."""
        self.rules, self.each, self.joint = rules, each, joint
        known = [rule for rule in (*rules, each, joint) if rule is not None]
        self.differentiable = bool(known)
        self.alone = len(known) == len(rules) == 1
        self.pair = self.elementwise and len(rules) == 2 and None not in rules
        self.params = keywords(known[0]) if known else None

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def rule(self, i: int) -> Rule | None:
        """Return the rule of argument i, or None where it has no derivative."""
        if self.each is not None:
            return functools.partial(self.each, i)
        if (joint := self.joint) is not None:
            return lambda *args, **params: joint(*args, **params)[i]
        return self.rules[i] if i < len(self.rules) else None

    def arguments(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Split a call of the NumPy function into values (by position) and params (by name)."""
        if self.bind is not None:
            return self.bind(*args, **kwargs)
        if len(args) != len(self.rules) and self.rules:
            n = len(self.rules)
            # the rules of the user's take every argument; NumPy's know what is left out
            args, kwargs = sort_call(self.fn, n, args, kwargs, whole=self.foreign)
            for i, value in enumerate(args[n:], n):
                if getattr(value, "requires_grad", False):
                    raise self.no_rule(place(self.fn, i))
        elif not (kwargs and self.foreign and is_grad_enabled()):
            return args, kwargs
        for name, value in kwargs.items():
            mapped = getattr(getattr(value, "data", value), "value", None)  # what a vmap stands for
            given = any(getattr(v, "requires_grad", False) for v in (value, mapped))
            if given and name != "out" and beyond(self, kwargs) is None:
                raise self.no_rule(name)
        if self.foreign:  # a constant is its values
            kwargs = {k: v.data if hasattr(v, "requires_grad") else v for k, v in kwargs.items()}
        return args, kwargs

    def no_rule(self, name: str) -> TypeError:
        """Return the error about a Tensor that requires a gradient, for what takes constants."""
        return refusal(
            TypeError,
            f"{self.name} has no rule for its argument {name}",
            f"{self.name}(..., {name}), a Tensor that requires a gradient",
            f"a rule for each array in {self.name}.defvjp, None where it is flat; "
            f"or {name}.detach()",
        )


class Undefined:
    """The rule of a primitive that nobody gave one: it asks for it."""

    def __init__(self, name: str, instead: str) -> None:
        self.name, self.instead = name, instead

    def __call__(self, i: int, *_: Any, **__: Any) -> Any:
        raise refusal(
            NotImplementedError,
            f"the derivative of {self.name} is not defined for its argument {i}",
            f"{self.name}, which was made a primitive",
            self.instead.format(name=self.name, i=i),
        )


def home_of(fn: Callable[..., Any]) -> str:
    """Return the module of a function; nothing for one that is of no module.

    SciPy's ufuncs do not tell it, nor do many of NumPy's: theirs is where they are found.

    >>> home_of(np.sin), home_of(np.linalg.det), home_of(np.frompyfunc(abs, 1, 1))
    ('numpy', 'numpy.linalg', '')
    """
    told: str | None = getattr(fn, "__module__", None)
    name = getattr(fn, "__name__", "")
    rooms = "numpy._core.umath", "scipy.special"
    found = (room for room in rooms if getattr(sys.modules.get(room), name, None) is fn)
    return told or next(found, "").removesuffix("._core.umath")


def full_name(fn: Callable[..., Any]) -> str:
    """Return the name of a function as users write it, with its module.

    >>> full_name(np.sin), full_name(np.linalg.det), full_name(np.frompyfunc(abs, 1, 1))
    ('np.sin', 'np.linalg.det', 'abs (vectorized)')
    """
    return f"{home_of(fn)}.{fn.__name__}".removeprefix(".").replace("numpy.", "np.", 1)


PRIMITIVES: dict[Callable[..., Any], Primitive] = {}
"""The table: a NumPy function (or one of ours) to its row."""

USERS: WeakValueDictionary[str, Primitive] = WeakValueDictionary()
"""The rows of users' functions, by name: each is kept by its function, and ends with it."""

COMPOSITES: dict[Callable[..., Any], Callable[..., Any]] = {}
"""NumPy functions that are written with other rows: the same function over Tensors."""

OPTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
"""Functions that have a row, called with options that it does not know: written with other rows."""

QUERIES: set[Callable[..., Any]] = set()
"""NumPy functions that ask about an array: they answer about the data, with a plain result."""

CREATORS: set[Callable[..., Any]] = set()
"""NumPy functions that make a new array, ``like=`` a Tensor or of its shape: a constant one."""


class Recorded(Protocol):
    """What stands for an array, such as a Tensor."""

    _record: ClassVar[Callable[..., Any]]


X = TypeVar("X", bound=Recorded)


class OfTensors(Protocol):
    """A function that makes a Tensor of a Tensor; of an array, an array."""

    @overload
    def __call__(self, x: X, /, *args: Any, **params: Any) -> X: ...
    @overload
    def __call__(self, *args: Any, **params: Any) -> Any: ...
    def __hash__(self) -> int: ...


class Recording(OfTensors, Protocol):
    """What `primitive` returns."""

    def defvjp(self, *rules: Any) -> None:
        """Set the derivative."""


def primitive(fn: Callable[..., Any], *rules: Rule | None, **columns: Any) -> Recording:
    """Enter a function into the table; return the function that records.

    A NumPy function dispatches by itself and is returned as it is. Any other comes back wrapped, so
    that it records on Tensors and computes on arrays.

    Parameters
    ----------
    fn : a function of arrays.
    *rules : one per array argument, ``(g, y, *x, **params) -> gx``; they may also be given later
        by ``fn.defvjp(*rules)``. None for an argument where fn is flat, or jumps.
    **columns : see `Primitive`.

    Raises
    ------
    NotImplementedError : at the backward pass, while there are no rules.
    TypeError : for what is no function, for a rule that cannot take ``(g, y, *x)``, and at a call
        that differentiates by an argument behind those that have rules.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import Tensor, primitive
    >>> @primitive
    ... def cube(x):
    ...     return x * x * x
    >>> cube.defvjp(lambda g, y, x: g * 3 * x * x)
    >>> x = Tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    Tensor(12.0)
    """
    if not callable(fn):
        where = f"primitive({fn!r:.40})"
        raise refusal(TypeError, "a primitive is a function", where, "@primitive")
    _check_rules(rules, function_name(fn))
    key: Any = fn if _dispatches(fn) else _recording(fn)
    if key is not fn and ("name" in columns or not hasattr(fn, "__name__")):
        # which help() shows, and pickle looks for
        key.__name__ = key.__qualname__ = columns.get("name", function_name(fn))
    if not rules and not columns.keys() & {"each", "joint"}:
        columns["each"] = Undefined(key.__name__, "{name}.defvjp(lambda g, y, *x: ...)")
    op = Primitive(key, rules, **{"call": fn, **columns})
    if op.foreign:
        op.call = op.definition = _reading(op.call)
    if key is fn or not op.foreign:
        PRIMITIVES[key] = op
    if key is not fn:
        keep(key, op)
    return key


def keep(fn: Any, op: Primitive) -> None:
    """Let a function keep its own row."""
    fn.row = op
    if op.foreign:
        USERS[op.name] = op


def row_of(fn: Any) -> Primitive | None:
    """Return the row of a function: that of the table, or the one that it keeps."""
    own = vars(fn).get("row") if inspect.isfunction(fn) else None
    return PRIMITIVES.get(fn) or (own if own and own.fn is fn else None)  # wraps() copies it


def _reading(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of the user's read the arrays of a graph, and write into none of them."""

    @functools.wraps(fn)
    def call(*args: Any, **params: Any) -> Any:
        try:
            y = fn(*[locked(x) if type(x) is np.ndarray else x for x in args], **params)
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            what, name = "a primitive writes into an argument, which others read", fn.__name__
            raise refusal(ValueError, what, f"{name}(...)", "x = x.copy() in it, first") from error
        if hasattr(y, "tape") and not any(hasattr(x, "tape") for x in args):
            raise stranger(fn.__name__)
        if getattr(y, "dtype", None) is np.dtype(object):  # as np.frompyfunc gives
            return np.array(y.tolist())
        return y.copy() if type(y) is np.ndarray and not y.flags.writeable else y

    return call


def stranger(name: str) -> RuntimeError:
    """Return the error about a primitive whose result depends on more than its arguments."""
    return refusal(
        RuntimeError,
        "a primitive uses a tensor that is not its argument",
        f"{name}(...), which depends on it",
        "that tensor as an argument with a rule, by position; or t.detach()",
    )


def _dispatches(fn: Callable[..., Any]) -> bool:
    """Tell whether a function asks its arguments what to do: those of NumPy, and operators."""
    return (
        isinstance(fn, np.ufunc)
        or hasattr(fn, "_implementation")  # below NumPy's dispatcher
        or getattr(fn, "__module__", "") == "_operator"
    )


def has_row(fn: Callable[..., Any]) -> bool:
    """Tell whether a function is in the tables; SciPy's rows are entered when first asked for.

    So `import autograd` does not import SciPy, and still ``scipy.special.erf(x)`` has a derivative.
    """
    special = "autograd.rules.special"
    if fn not in PRIMITIVES and "scipy.special" in sys.modules and special not in sys.modules:
        import_module(special)
    return fn in PRIMITIVES or fn in COMPOSITES


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def composite(fn: Callable[..., Any]) -> Decorator:
    """Declare that NumPy's `fn` over Tensors is the decorated function over other rows."""
    return functools.partial(_enter, COMPOSITES, fn)


def options(fn: Callable[..., Any]) -> Decorator:
    """Declare that `fn`, with options that its row does not know, is the decorated function."""
    return functools.partial(_enter, OPTIONS, fn)


def _enter(table: dict[Any, Any], fn: Any, definition: Callable[..., Any]) -> Callable[..., Any]:
    table[fn] = definition
    return definition


def beyond(op: Primitive, params: dict[str, Any]) -> Callable[..., Any] | None:
    """Return what computes a call with options that the row does not know."""
    known = op.params is None or params.keys() <= op.params
    return None if known else OPTIONS.get(op.fn)


FUSED: list[Primitive] = []
"""Parts of rules that are operations of programs."""


def fused(fn: Callable[..., Any], *, elementwise: bool = False) -> Callable[..., Any]:
    """Let a part of a rule be one operation of a program: it is printed and replayed as such.

    On arrays and Tensors it is the function itself.
    """
    name = fn.__name__.rstrip("_")
    op = Primitive(fn, (), name=name, code=f"{name}({{*}})", elementwise=elementwise)
    FUSED.append(op)

    @functools.wraps(fn)
    def call(*args: Any, **params: Any) -> Any:
        if readers and not any(getattr(a, "requires_grad", False) for a in args):
            for a in args:
                if hasattr(a, "tape"):
                    return a.tape.record(op, args, params)
        return fn(*args, **params)

    call.op = op  # type: ignore[attr-defined]  # a function may carry attributes
    return call


def fused_op(fn: Callable[..., Any]) -> Primitive:
    """Return the operation that a `fused` function is in programs."""
    op: Primitive = fn.op  # type: ignore[attr-defined]  # `fused` gave it one
    return op


def held(args: Sequence[Any], params: Mapping[str, Any]) -> list[Any]:
    """Return what a call is about: its arguments, its parameters, and what an index holds."""
    return [*args, *params.values(), *[i for v in params.values() if type(v) is tuple for i in v]]


def _recording(fn: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fn)
    def dispatch(*args: Any, **params: Any) -> Any:
        if "input" in params and not args and "input" not in signature(dispatch)[0].parameters:
            args = (params.pop("input"),)  # PyTorch's name of the first
        values = (*args, *params.values()) if params else args
        for a in held(args, params) if readers else values:
            record = getattr(a, "_record", None)
            if record is not None:
                if (other := dispatch.replaced) is not None:  # type: ignore[attr-defined]  # below
                    return other(*args, **params)
                op = dispatch.row  # type: ignore[attr-defined]  # `keep` set it
                return record(op, *op.arguments(args, params))
        try:
            return fn(*args, **params)
        except (AttributeError, TypeError) as error:
            lists = [type(a).__name__ for a in args if type(a) in (list, tuple, str)]
            if not any(f"'{kind}'" in str(error) for kind in lists):
                raise
            name = dispatch.__name__
            told = f"{name} takes arrays and Tensors, not a {lists[0]}"
            raise refusal(TypeError, told, f"{name}({args[0]!r:.40})", "np.array(x)") from None

    def defvjp(*rules: Rule | None) -> None:
        _check_rules(rules, function_name(fn))
        fns.row.define(rules)

    fns: Any = dispatch  # a function may carry attributes
    if not inspect.isroutine(fn) and "__module__" not in getattr(fn, "__dict__", ()):
        fns.__module__ = ""  # that of its class, as NumPy's is of np.vectorize(f)
    fns.defvjp, fns.replaced = defvjp, None  # by what knows containers, too: see `autograd.core`
    return dispatch


def _check_rules(rules: Sequence[Any], name: str) -> None:
    """Refuse what is no rule, or cannot take the gradient, the result and every argument."""
    needed = 2 + len(rules)
    for rule in rules:
        code = getattr(rule, "__code__", None)
        takes = code is None or code.co_flags & inspect.CO_VARARGS or code.co_argcount >= needed
        if rule is None or (callable(rule) and takes):
            continue
        given = ", ".join(code.co_varnames[: code.co_argcount]) if code else ""
        raise refusal(
            TypeError,
            "a rule takes the gradient, the result and every argument that has a rule",
            f"a rule {f'lambda {given}: ...' if code else f'{rule!r:.40}'} of {name}",
            "lambda g, y, x: g * ...; rules (ans, x) -> g -> ... are for autograd.extend.defvjp",
        )

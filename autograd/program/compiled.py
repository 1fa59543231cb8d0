"""`compile`: capture a function once per signature, and replay it from then on."""

import functools
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.modes import capturing, is_grad_enabled
from autograd.primitive import Primitive
from autograd.program.capture import capture
from autograd.program.equations import Name, outline
from autograd.program.plan import Plan
from autograd.program.program import Program
from autograd.program.sizes import Family
from autograd.tensor import Tensor, raw, record
from autograd.tree import flatten

SIGNATURES = 8
"""So many signatures are usual; a function that has more is perhaps not meant to be compiled."""


def compile(f: Callable[..., Any]) -> "Compiled":  # PyTorch's name
    """Return a function that does what `f` does, faster: a decorator too.

    At the first call with arguments of certain shapes, dtypes and structure, `f` is captured (see
    `capture` for what it may not do); from then on its program is replayed, without the engine
    and without new arrays for what is only needed on the way. Two batch sizes are captured, and
    those between them are known by then. Parameters are read at each call.
    Where `f` calls ``backward``, gradients are added up in ``.grad`` as ever, so that any
    optimizer can use them. Threads may call it at the same time.

    Raises
    ------
    CaptureError : where `f` cannot be a program.

    Examples
    --------
    >>> from autograd import value_and_grad
    >>> step = compile(value_and_grad(lambda w, x: np.sum((x @ w) ** 2)))
    >>> step(np.ones(2), np.eye(2))
    (np.float64(2.0), array([2., 2.]))
    """
    return Compiled(f)


class Compiled:
    """A function that is captured when needed, and replayed."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self._replays: dict[Any, Replay] = {}
        self._families: dict[Any, Family] = {}  # by their signatures without the first axes
        self._derived: list[Any] = []  # the keys of programs that were not captured
        self._lock = threading.Lock()
        functools.update_wrapper(self, f)

    def __call__(self, *args: Any, **options: Any) -> Any:
        if capturing:  # inside of another capture it is what it does
            return self.f(*args, **options)
        key = tuple(map(_signature, args))
        if options:
            key += (tuple(options.items()),)
        replay = self._replays.get(key)
        if replay is None:
            replay = self._new(key, args, options)
        return replay(args)

    def _new(self, key: Any, args: tuple[Any, ...], options: dict[str, Any]) -> "Replay":
        with self._lock:
            if key not in self._replays:
                kind = tuple([_signature(a, 1) for a in args]), tuple(options.items())
                family = self._families.setdefault(kind, Family())
                sizes = [np.shape(raw(x))[:1] for x in flatten(list(args))[0]]
                program = family.program(sizes)
                if program is not None:
                    self._derived.append(key)
                    if len(self._derived) > SIGNATURES:  # their places would fill the memory
                        del self._replays[self._derived.pop(0)]
                else:
                    program = self._capture(args, options)
                    family.learn(sizes, program)
                self._replays[key] = Replay(program, args)
            return self._replays[key]

    def _capture(self, args: tuple[Any, ...], options: dict[str, Any]) -> Program:
        if len(self._replays) - len(self._derived) == SIGNATURES:
            warnings.warn(
                f"{getattr(self.f, '__name__', 'a function')} was compiled for "
                f"{SIGNATURES} signatures, and now for another: pad its arguments to one "
                "shape, or do not compile it",
                stacklevel=4,
            )
        program = capture(self.f, *args, **options)
        inputs = {name: outline(x) for name, x in program.inputs.items()}
        return replace(program, inputs=inputs)


def _signature(x: Any, skip: int = 0) -> Any:
    """Return what must be the same for a program to fit; of shapes, what comes after `skip`."""
    if type(x) is np.ndarray:
        return x.dtype, x.ndim, x.shape[skip:]
    if type(x) is Tensor:
        return x.dtype, x.ndim, x.shape[skip:], x.requires_grad
    if isinstance(x, (list, tuple, dict)):
        leaves = [_signature(leaf, skip) for leaf in flatten(x)[0]]
        return type(x), *leaves, *(x if isinstance(x, dict) else ())
    if isinstance(x, (np.generic, float, complex)) or type(x) is int:
        return type(x)
    return x


class Replay:
    """A program with the places for its results: as many sets of them as threads run it at once."""

    def __init__(self, program: Program, args: tuple[Any, ...]) -> None:
        self.program = program
        self._nested = any(isinstance(a, (list, tuple, dict)) for a in args)
        self._idle = [Plan(program).function()]
        self._given = [i for i, a in enumerate(program.arguments) if type(a) is Name]
        self._parameters = list(program.parameters.values())
        self._connects = any(program.connected)
        self._count = len(program.outputs)

    def __call__(self, args: tuple[Any, ...]) -> Any:
        program = self.program
        leaves = flatten(list(args))[0] if self._nested else args
        if self._connects and is_grad_enabled():
            return self._connected(leaves)
        values = [raw(leaves[i]) for i in self._given]
        values += [t.data for t in self._parameters]
        results = self.run(values)
        if program.effects:
            for effect, value in zip(program.effects, results[self._count :], strict=True):
                effect.leave(value)
            results = results[: self._count]
        return program.result(results)

    def run(self, values: list[Any]) -> tuple[Any, ...]:
        """Replay once, with places that nobody else is using."""
        try:
            replay = self._idle.pop()
        except IndexError:
            replay = Plan(self.program).function()
        try:
            return replay(*values)
        finally:
            self._idle.append(replay)

    def _connected(self, leaves: Sequence[Any]) -> Any:
        """Record the whole program as one operation, for backward to come."""
        program = self.program
        values = [x for n, x in zip(program.arguments, leaves, strict=True) if type(n) is Name]
        values += program.parameters.values()
        count = len(program.outputs)
        first: list[Any] = []

        def forward(*xs: Any) -> Any:
            first[:] = self.run(list(xs))
            return first[0]

        op = Primitive(
            forward, (), joint=functools.partial(_pull, self), name=program.name, code="{*}"
        )
        y = record(op, tuple(values))
        for effect, value in zip(program.effects, first[count:], strict=True):
            effect.leave(value)
        return program.result((y, *first[1:count]))

    @functools.cached_property
    def backward(self) -> Compiled:
        """The program's vector-Jacobian product, compiled."""
        return compile(self.program.pullback)


def _pull(replay: Replay, g: Any, _: Any, *xs: Any) -> list[Any]:
    if type(g) is Tensor or any(type(x) is Tensor for x in xs):
        return replay.program.pullback(g, *xs)
    return list(replay.backward(g, *xs))

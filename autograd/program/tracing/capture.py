"""Capture: run a function once on symbols, and keep what it did as a program.

The engine itself does not know of it. A Tensor's data may be a symbol, and whatever NumPy does to a
symbol becomes an equation; so the backward sweep, transforms of any order and an optimizer's update
are written down by the very code that computes them.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from autograd.errors import function_name, kind_of, refusal
from autograd.modes import is_grad_enabled
from autograd.names import names_in
from autograd.outside import DATA, reading
from autograd.program.equations import Name, used
from autograd.program.program import Effect, Program
from autograd.program.tracing.arguments import argument_names, identifier
from autograd.program.tracing.callers import Callers, is_users
from autograd.program.tracing.randomness import counted_seeds, drawing_line, watch
from autograd.program.tracing.refusals import (
    definition,
    refuse_gradients,
    refuse_hooks,
    refuse_leaks,
    refuse_written,
)
from autograd.program.tracing.simplify import joined, simplified
from autograd.program.tracing.symbol import CaptureError, Symbol, capture_error
from autograd.program.tracing.tape import Tape
from autograd.pullback import array
from autograd.standin import Standin
from autograd.tensor import Tensor, constant, raw
from autograd.tree import flatten
from autograd.versions import birth


def capture(f: Callable[..., Any], *examples: Any, **options: Any) -> Program:
    """Write down what `f` computes of arguments like the examples, as a `Program`.

    Tensors that `f` reads from outside, as the parameters of a module, are inputs too: a program
    reads them at each call. Where `f` calls ``backward``, the program leaves the gradients there.
    Eigenvalues and roots of polynomials are complex in a program, as other numbers may need it;
    before NumPy 2.5 they are real outside of one if they happen to be.

    Parameters
    ----------
    f : a function of arrays or Tensors, or a transform of one, as ``value_and_grad(loss)``.
    *examples : arrays, Tensors or numbers (or nested lists, tuples and dicts of them), which tell
        shapes and dtypes. Numbers are float64 or int64 then, which take the dtype of an array
        that they meet, as Python's do. Anything else is constant.
    **options : keyword arguments of `f`; they are constant.

    Raises
    ------
    CaptureError : where `f` branches on a value, reads one as a number, draws random numbers, or
        writes into an array that it did not make. The error tells the line and the remedy.

    Examples
    --------
    >>> def f(a, b, c):
    ...     d = a + b
    ...     return d * c
    >>> program = capture(f, 2.0, 3.0, 4.0)
    >>> program(2.0, 3.0, 4.0)
    np.float64(20.0)
    >>> program
    f(a: float64 (), b: float64 (), c: float64 ())
      d: float64 () = add(a, b)
      t2: float64 () = multiply(d, c)
      return t2
    """
    if isinstance(f, Program) and not options:
        f.bind(examples)
        return f
    run = Run(f)
    leaves, rebuild = flatten(list(examples))
    names = argument_names(f, examples)
    given = [_variable(run.tape, name, x) for name, x in zip(names, leaves, strict=True)]
    arguments = [raw(s).name if isinstance(raw(s), Symbol) else s for s in given]
    run.tape.settled.update(run.tape.inputs)
    states = watch(f, examples, options)
    before = states()
    try:
        with watching(run), naming(run):
            result = f(*(containers := rebuild(given)), **options)
    except Exception as error:
        if run.refusals and error not in run.refusals:
            raise run.refusals[0] from None
        raise
    if run.refusals:  # which f has caught
        raise run.refusals[0]
    if states() != before:
        raise _random(f, states, examples, options)
    refuse_written(f, arguments, given, flatten(containers)[0])
    values, gives = flatten(result)
    outputs = [_reference(run.tape, v) for v in values]
    tape = run.tape
    nested = gives(range(len(values)))
    tensors = [type(v) is Tensor for v in values]
    connected = [type(v) is Tensor and v.requires_grad and v._grad is None for v in values]
    refuse_hooks(f, [v for v, waits in zip(values, connected, strict=True) if waits], run)
    effects = [
        Effect(t, "new grad" if t in run.anew else "grad", _reference(tape, g))
        for t, g in run.left.items()
        if g is not None or t in run.anew
    ]
    effects += [Effect(t, attribute, _reference(tape, y)) for t, attribute, y in run.changed()]
    gradients = [
        (name, _reference(tape, x._grad))
        for name, x in zip(arguments, given, strict=True)
        if type(x) is Tensor and x._grad is not None
    ]
    returned = [*outputs, *(e.name for e in effects if e.is_of_data)]
    refuse_gradients(f, gradients, returned, tape)
    run.left, run.data, run.anew, run.replaced = {}, {}, set(), {}
    del given, containers, values, gives, result
    refuse_leaks(f, tape)
    results = [*outputs, *(e.name for e in effects)]
    unnamed = {name: x for name, x in tape.constants.items() if name not in tape.wishes}
    equations = simplified(tape.equations, tape.inputs | tape.constants, unnamed)
    derivable = is_grad_enabled() and (any(connected) or not effects)
    equations, joints = joined(used(equations, results), outputs if derivable else ())
    outputs = [joints.get(y, y) if type(y) is Name else y for y in outputs]
    effects = [e._replace(name=joints.get(e.name, e.name)) for e in effects]
    results = [*outputs, *(e.name for e in effects)]
    needed = {a for e in equations for a in e.args if type(a) is Name}
    needed |= {y for y in results if type(y) is Name}
    unused = set(run.names.values()) - needed
    program = Program(
        name=function_name(f),
        arguments=arguments,
        inputs={name: x for name, x in tape.inputs.items() if name not in unused},
        takes=rebuild(range(len(leaves))),
        parameters={name: t for t, name in run.names.items() if name in needed},
        constants={name: array for name, array in tape.constants.items() if name in needed},
        equations=equations,
        outputs=outputs,
        tensors=tensors,
        gives=nested,
        effects=effects,
        connected=connected,
        modules=run.modules,
        summed=[*run.summed],
    )
    return program.renamed(tape.wishes)


class Run:
    """One run of a function on symbols.

    Attributes
    ----------
    names : the input that is each tensor from outside that the function has read.
    data : what such a tensor's data is at present.
    refusals : the errors that were raised; a function may have caught them.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        inner = inspect.unwrap(f)
        self.inner = inner if inner is not f and hasattr(inner, "__name__") else None
        self.refusals: list[CaptureError] = []
        self.tape = Tape()
        self.modules: list[Any] = []
        self.since = birth()
        self.names: dict[Tensor, Name] = {}
        self.data: dict[Tensor, Any] = {}
        self.held: dict[Tensor, Any] = {}  # what it was at first
        self.memory: dict[int, list[Tensor]] = {}  # by the arrays that they are views of
        self.left: dict[Tensor, Any] = {}  # the gradients of the tensors from outside
        self.replaced: dict[Tensor, Any] = {}  # the data of those which got another array
        self.anew: set[Tensor] = set()  # those whose gradients were assigned, as by zero_grad
        self.summed: set[Tensor] = set()  # those whose gradients were read, and not assigned before

    def read(self, t: Tensor, data: Any) -> Any:
        """Make an input of a tensor from outside, when it is first read."""
        if type(data) is Symbol or (t.count > self.since and t not in self.names):
            return data
        if t not in self.names:
            self.data[t] = self.tape.input("p", np.asarray(data)[()])
            self.names[t] = self.data[t].name
            self.left[t], t._grad = t._grad, None
            self.memory.setdefault(id(_owner(data)), []).append(t)
            self.held[t] = data
        alike = self.memory[id(_owner(self.held[t]))]
        if len(alike) > 1:
            self._refuse_written(t, alike)
        return self.data[t]

    def _refuse_written(self, t: Tensor, alike: Sequence[Tensor]) -> None:
        """Refuse to read a tensor when another one that shares its memory was written into."""
        mine = self.held[t]
        for u in alike if t not in self.replaced else ():
            if u is not t and self._is_written(u) and np.shares_memory(mine, self.held[u]):
                name = t.name or "old"
                raise capture_error(
                    "reading a tensor whose memory another one was written into",
                    f"{name}.clone() in the place of {name}.detach(), or of another view",
                )

    def write(self, t: Tensor, value: Any) -> None:
        """Keep what a tensor from outside becomes for when the program runs."""
        if t in self.names or getattr(t, "count", self.since) < self.since:
            before = t.data  # an input, even if it is only written
            part = getattr(value, "base", None) is before and value.at is ...
            same = part or value is before  # t.data -= 1
            if not same and is_users(sys._getframe(2).f_code.co_filename):  # no t -= 1
                self.replaced.setdefault(t, before)
            self.data[t] = value
        else:
            DATA.__set__(t, value)

    def assigned(self, t: Tensor) -> None:
        """Note that the function forgets the gradient of a tensor, or sets it."""
        if self._hides_gradient(t):
            self.anew.add(t)

    def looked(self, t: Tensor) -> None:
        """Note that the function reads a gradient; refuse to miss the one of before."""
        if self._hides_gradient(t) and t not in self.anew:
            self.summed.add(t)
            if t._grad is None and self.left[t] is not None:
                what, name = "reading a gradient that was there before the call", t.name or "w"
                instead = f"{name}.grad as an argument; {name}.grad = None in the function, first"
                raise capture_error(what, instead)

    def _hides_gradient(self, t: Tensor) -> bool:
        """Keep the gradient of a tensor from outside for later; tell whether it is one."""
        outside = t in self.names or t.count < self.since
        if outside:
            t.data  # noqa: B018  # an input
        return outside

    def changed(self) -> Iterator[tuple[Tensor, str, Any]]:
        """Yield what the function writes into tensors from outside, and what it replaces there."""
        for t, y in self.data.items():
            if self._is_written(t):
                yield t, "data", self.replaced.get(t, y)
            if t in self.replaced:
                yield t, "new data", y

    def _is_written(self, t: Tensor) -> bool:
        """Tell whether the array that a tensor had at first holds other numbers now."""
        y = self.replaced.get(t, self.data[t])
        return type(y) is not Symbol or y.name != self.names[t]

    def look(self, frame: FrameType) -> None:
        """See what a function of the user's calls its values."""
        for name, value in list(frame.f_locals.items()):
            if type(value) is Symbol or (type(value) is Tensor and value not in self.names):
                self.tape.call(value, name)

    def look_outside(self, frame: FrameType) -> None:
        """See what it calls the tensors and the arrays from outside."""
        arrays = [*self.tape.arrays()]
        called = names_in(frame) if self.names or arrays else {}
        for t, known in self.names.items():
            if name := called.get(id(t)):  # of the outermost: net.fc1.weight, not self.fc1.weight
                self.tape.wishes[known] = identifier(name)
        for key, constant_name in arrays:
            if key in called:
                self.tape.wishes.setdefault(constant_name, identifier(called[key]))

    def name_gradients(self) -> None:
        """Call the gradients of tensors from outside after them, where they have no name yet."""
        for t, known in self.names.items():
            if known in self.tape.wishes and t._grad is not None:
                self.tape.wish(t._grad, f"d{self.tape.wishes[known]}")

    def returned(self, f: Callable[..., Any], result: Any) -> None:
        """Call what the function inside of a transform returned by the function's name."""
        if f is self.inner and f.__name__.isidentifier():
            self.tape.wish(result, f.__name__)


def _owner(x: Any) -> Any:
    """Return the object whose memory an array looks at."""
    while getattr(x, "base", None) is not None:
        x = x.base
    return x


@contextmanager
def watching(run: Run) -> Iterator[None]:
    """Let this thread read and write tensors from outside through `run`."""
    with reading(run), counted_seeds():
        try:
            yield
        finally:
            for t in run.left:
                run.left[t], t._grad = t._grad, run.left[t]


@contextmanager
def naming(run: Run) -> Iterator[None]:
    """Find out what the user's functions call their values."""
    callers = Callers(run.look, capture.__code__)
    alone, run.tape.is_sweeping = run.tape.is_sweeping, callers.meet
    try:
        yield
        for frame in callers:
            run.look_outside(frame)
            run.look(frame)
        run.name_gradients()
    finally:
        run.tape.is_sweeping = alone
        callers.forget()


def _variable(tape: Tape, name: str, x: Any) -> Any:
    """Return what the function gets in the place of an example."""
    if type(x) is Tensor:
        y = constant(_variable(tape, name, x.data))
        y.requires_grad = x.requires_grad
        return y
    if isinstance(x, Standin):  # of a capture or a map around this one
        x = x.data
    if isinstance(x, (np.ndarray, np.generic, int, float, complex)) and not isinstance(x, bool):
        data = array(x)
        if not hasattr(data, "dtype"):
            what, where = "a program takes numbers of 64 bits", f"{name} = {x!r:.40}"
            raise refusal(CaptureError, what, where, f"float({name}), or {name} as a text")
        symbol = tape.input(name, data)
        symbol.given, symbol.weak = True, type(x) in (int, float, complex)
        return symbol
    return x


def _reference(tape: Tape, value: Any) -> Any:
    """Return the name of an output, or the number or text that it is."""
    value = raw(value)
    tape.check(value)
    if isinstance(value, (np.ndarray, Symbol)):
        return tape.argument(value)
    if isinstance(value, (np.generic, bool, int, float, complex, str, type(None))):
        return value
    raise refusal(
        CaptureError,
        f"a program cannot return {kind_of(value)}",
        f"the result {value!r:.60}",
        "arrays and numbers, in tuples, lists and dicts",
    )


def _random(
    f: Callable[..., Any], states: Callable[[], Any], examples: Any, options: Any
) -> CaptureError:
    def again() -> None:
        run = Run(f)
        leaves, rebuild = flatten(list(examples))
        given = [_variable(run.tape, "x", x) for x in leaves]
        with watching(run):
            f(*rebuild(given), **options)

    line = drawing_line(again, states, is_users)
    return refusal(
        CaptureError,
        "a program cannot hold random numbers: each call would get the same ones",
        line or definition(f),
        "draw them outside and pass them as an argument; module.eval() for dropout",
    )

"""Capture: run a function once on symbols, and keep what it did as a program.

The engine itself does not know of it. A Tensor's data may be a symbol, and whatever NumPy does to a
symbol becomes an equation; so the backward sweep, transforms of any order and an optimizer's update
are written down by the very code that computes them.
"""

import inspect
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from keyword import iskeyword
from types import CodeType, FrameType
from typing import Any

import numpy as np

from autograd.creation import default_generator
from autograd.errors import three_lines
from autograd.names import names_in
from autograd.outside import DATA, reading
from autograd.program.program import Effect, Program
from autograd.program.simplify import simplified
from autograd.program.tape import ROOMS, CaptureError, Name, Symbol, Tape, used
from autograd.tensor import Tensor, constant, raw
from autograd.tree import flatten
from autograd.versions import birth


def capture(f: Callable[..., Any], *examples: Any, **options: Any) -> Program:
    """Write down what `f` computes of arguments like the examples, as a `Program`.

    Tensors that `f` reads from outside, as the parameters of a module, are inputs too: a program
    reads them at each call. Where `f` calls ``backward``, the program leaves the gradients there.

    Parameters
    ----------
    f : a function of arrays or Tensors, or a transform of one, as ``value_and_grad(loss)``.
    *examples : arrays, Tensors or numbers (or nested lists, tuples and dicts of them), which tell
        shapes and dtypes. Numbers are float64 or int64 then. Anything else is constant.
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
    run = Run()
    leaves, rebuild = flatten(list(examples))
    names = _argument_names(f, examples)
    given = [_variable(run.tape, name, x) for name, x in zip(names, leaves, strict=True)]
    arguments = [raw(s).name if isinstance(raw(s), Symbol) else s for s in given]
    run.given = set(run.tape.inputs)
    before = _random_states()
    with watching(run), naming(run):
        result = f(*rebuild(given), **options)
    if _random_states() != before:
        _refuse_random(f)
    values, gives = flatten(result)
    outputs = [_reference(run.tape, v) for v in values]
    tape = run.tape
    effects = [Effect(t, "grad", _reference(tape, g)) for t, g in run.left.items() if g is not None]
    effects += [Effect(t, "data", _reference(tape, y)) for t, y in run.written.items()]
    results = [*outputs, *(e.name for e in effects)]
    unnamed = {name: x for name, x in tape.constants.items() if name not in run.wishes}
    equations = simplified(tape.equations, tape.inputs | tape.constants, unnamed)
    equations = used(equations, results)
    needed = {a for e in equations for a in e.args if type(a) is Name}
    needed |= {y for y in results if type(y) is Name}
    unused = {run.lifted[t].name for t in run.lifted} - needed
    return Program(
        getattr(f, "__name__", type(f).__name__),
        arguments,
        {name: x for name, x in tape.inputs.items() if name not in unused},
        rebuild(range(len(leaves))),
        {run.lifted[t].name: t for t in run.lifted if run.lifted[t].name in needed},
        {name: array for name, array in tape.constants.items() if name in needed},
        equations,
        outputs,
        [type(v) is Tensor for v in values],
        gives(range(len(values))),
        effects,
        [type(v) is Tensor and v.op is not None and v._grad is None for v in values],
    ).renamed(run.wishes)


class Run:
    """One run of a function on symbols.

    Attributes
    ----------
    lifted : the symbol of each tensor from outside that the function has read.
    written : what the function has made of such a tensor's data.
    """

    def __init__(self) -> None:
        self.tape = Tape()
        self.since = birth()
        self.lifted: dict[Tensor, Symbol] = {}
        self.written: dict[Tensor, Symbol] = {}
        self.left: dict[Tensor, Any] = {}  # the gradients of the tensors from outside
        self.given: set[Name] = set()  # the arguments, which have their names
        self.wishes: dict[Name, str] = {}

    def read(self, t: Tensor, data: Any) -> Any:
        """Make an input of a tensor from outside, when it is first read."""
        if type(data) is Symbol or (t.count > self.since and t not in self.lifted):
            return data
        if t not in self.lifted:
            self.lifted[t] = self.tape.input("p", np.array(data)[()])
            self.left[t], t._grad = t._grad, None
        return self.written.get(t, self.lifted[t])

    def write(self, t: Tensor, value: Any) -> None:
        """Keep what a tensor from outside becomes for when the program runs."""
        if t in self.lifted or getattr(t, "count", self.since) < self.since:
            t.data  # noqa: B018  # an input, even if it is only written
            self.written[t] = value
        else:
            DATA.__set__(t, value)

    def look(self, frame: FrameType) -> None:
        """See what a function of the user's calls its values, just before it returns."""
        called = names_in(frame)
        for t in self.lifted:
            if name := called.get(id(t)):
                self.wish(self.lifted[t], _identifier(name))
                self.wish(self.left.get(t) if t._grad is None else t._grad, f"d{_identifier(name)}")
        for key, constant_name in self.tape.arrays():
            if key in called:
                self.wishes.setdefault(constant_name, called[key])
        for name, value in list(frame.f_locals.items()):
            if type(value) is Symbol:
                self.wish(value, name)
            elif type(value) is Tensor:
                self.wish(value, name)
                if value in self.lifted:
                    continue
                if value._grad is not None:
                    self.wish(value._grad, f"d{name}")
                elif value.requires_grad:
                    value.register_hook(partial(self._wish_gradient, name))

    def _wish_gradient(self, name: str, g: Any) -> None:
        self.wish(g, f"d{name}")

    def wish(self, value: Any, name: str) -> None:
        """Note what the user calls a value, and its gradient."""
        symbol = raw(value)
        if type(symbol) is not Symbol or symbol.tape is not self.tape:
            return
        if symbol.name in self.given:
            return
        self.wishes.setdefault(symbol.name, name)


@contextmanager
def watching(run: Run) -> Iterator[None]:
    """Let this thread read and write tensors from outside through `run`."""
    with reading(run):
        try:
            yield
        finally:
            for t in run.left:
                run.left[t], t._grad = t._grad, run.left[t]


@contextmanager
def naming(run: Run) -> Iterator[None]:
    """Look, whenever one of the user's functions returns, what it calls its values."""

    def look(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and not frame.f_code.co_filename.startswith((*ROOMS, "<frozen")):
            run.look(frame)

    outer = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(outer)


def _variable(tape: Tape, name: str, x: Any) -> Any:
    """Return what the function gets in the place of an example."""
    if type(x) is Tensor:
        y = constant(tape.input(name, x.data))
        y.requires_grad = x.requires_grad
        return y
    if isinstance(x, (np.ndarray, np.generic, int, float, complex)) and not isinstance(x, bool):
        return tape.input(name, np.array(x)[()])
    if isinstance(x, Symbol):
        return tape.input(name, x.data)
    return x


def _reference(tape: Tape, value: Any) -> Any:
    """Return the name of an output, or the number or text that it is."""
    value = raw(value)
    if isinstance(value, np.ndarray) or (isinstance(value, Symbol) and value.tape is tape):
        return tape.argument(value)
    if isinstance(value, (np.generic, bool, int, float, complex, str, type(None))):
        return value
    raise CaptureError(
        three_lines(
            f"a program cannot return a {type(value).__name__}",
            f"the result {value!r:.60}",
            "arrays and numbers, in tuples, lists and dicts",
        )
    )


def _argument_names(f: Callable[..., Any], examples: tuple[Any, ...]) -> list[str]:
    """Call the leaves of arguments as the function does: x, and params_0_w in a container."""
    try:
        known = [
            p.name if p.kind is not p.VAR_POSITIONAL else ""
            for p in inspect.signature(f).parameters.values()
        ]
    except (TypeError, ValueError):
        known = []
    names = []
    for i, x in enumerate(examples):
        name = known[i] if i < len(known) and known[i] else f"x{i}"
        names += [_identifier(f"{name}{path}") for path in _paths(x)]
    return names


def _paths(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        return [f"_{k}{path}" for k, part in tree.items() for path in _paths(part)]
    if isinstance(tree, (list, tuple)):
        return [f"{i}{path}" for i, part in enumerate(tree) for path in _paths(part)]
    return [""]


def _identifier(name: str) -> str:
    """Return a name that Python takes, as near as possible to the one that was given."""
    text = unicodedata.normalize("NFKC", name)
    text = "".join(c if f"_{c}".isidentifier() else "_" for c in text)
    return text if text.isidentifier() and not iskeyword(text) else f"v_{text}"


def _random_states() -> list[Any]:
    legacy = np.random.get_state()  # noqa: NPY002  # whoever still draws from it is found too
    return [repr(legacy), repr(default_generator.bit_generator.state)]


def _refuse_random(f: Callable[..., Any]) -> None:
    code: CodeType | None = getattr(inspect.unwrap(f), "__code__", None)
    line = f"{code.co_filename}:{code.co_firstlineno}, in {code.co_name}" if code else repr(f)
    raise CaptureError(
        three_lines(
            "a program cannot hold random numbers: each call would get the same ones",
            line,
            "draw them outside and pass them as an argument; module.eval() for dropout",
        )
    )

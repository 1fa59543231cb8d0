"""Program: a computation as a list of equations, which can be read, run, printed and saved."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import kind_of, plain, refusal
from autograd.base.modes import depth
from autograd.base.tree import flatten, flatten_like, is_alike, map_leaves
from autograd.functional import grad, hessian, jacobian, vjp
from autograd.program.cost import Table, flops, memory, shapes
from autograd.program.effects import Effect
from autograd.program.equations import Equation, Name, Names
from autograd.program.printers.listing import executed
from autograd.program.printers.source import function_name, source
from autograd.program.tracing.symbol import Symbol
from autograd.tensor import Tensor, constant, raw
from autograd.transforms.batching import run
from autograd.transforms.pullback import apart

if TYPE_CHECKING:
    from autograd.program.engines.engines import Port


@dataclass(frozen=True, eq=False)  # what is in it has no == that answers
class Program:
    """A function, written down: what `capture` returns.

    To read: `source`, `annotated`, `latex`, `shapes`, `flops`, `memory`; to run: a call, `grad`,
    `jacobian`, `hessian`, `to` for other libraries; to keep: `save`, `javascript`, `html`, `onnx`.

    Attributes
    ----------
    name : what the function was called.
    arguments : the leaves of its arguments: a name, or a constant that must come again.
    takes, gives : the arguments and the result, with the positions of the leaves in their places.
    inputs : an example for each name that is given: arguments and parameters.
    parameters : the tensors that are read at each call.
    constants : arrays.
    equations : in an order in which they can be computed.
    outputs : names, or constants.
    tensors, connected : which outputs are Tensors, and which of them require a gradient.
    modules : what was called that has a mode, as `training`, which the program is of.
    effects : what is left in tensors.
    met : tensors from outside, of which it may only have counted whether they want a gradient.
    summed : tensors whose gradients are read, as if there were none before the call.

    Examples
    --------
    >>> from autograd import capture
    >>> program = capture(lambda x: x * x + 1, 3.0)
    >>> program(4.0), program.grad(4.0)
    (np.float64(17.0), np.float64(8.0))
    """

    name: str
    arguments: Sequence[Any]
    inputs: Mapping[Name, Any]
    takes: Any
    parameters: Mapping[Name, Tensor]
    constants: Mapping[Name, np.ndarray]
    equations: Sequence[Equation]
    outputs: Sequence[Any]
    tensors: Sequence[bool]
    gives: Any
    effects: Sequence[Effect]
    connected: Sequence[bool] = ()
    modules: Sequence[Any] = ()
    met: Sequence[Tensor] = ()
    summed: Sequence[Tensor] = ()

    def __post_init__(self) -> None:
        _protect(self.constants)

    def __call__(self, *args: Any) -> Any:
        """Compute the program for other numbers of the same shapes and dtypes.

        Raises
        ------
        TypeError : for arguments of another structure, dtype or shape.
        """
        given = self.bind(args)
        asked = depth.value or any(getattr(x, "requires_grad", False) for x in given.values())
        asked = asked and not self.effects  # somebody may differentiate by the parameters
        parameters = {
            n: p if asked and p.requires_grad else p.data for n, p in self.parameters.items()
        }
        values = [given[n] if n in given else parameters[n] for n in self.inputs]
        symbolic = any(hasattr(v, "_record") for v in values)
        compute = self.interpret if symbolic else self.run
        # two equal gradients are two arrays, and that of w by w @ x is not the caller's x
        results: Any = apart(compute(*values), values)
        results, left = results[: len(self.outputs)], results[len(self.outputs) :]
        self.leave(left)
        return self.result(results)

    def leave(self, values: Sequence[Any]) -> None:
        """Leave in tensors what belongs there.

        Raises RuntimeError where a gradient of before would have been added to one that was read.
        """
        for t in self.summed:
            if t._grad is not None and np.any(raw(t._grad)):
                name = next((n.text for n, p in self.parameters.items() if p is t), t.name or "x")
                raise refusal(
                    RuntimeError,
                    f"a program reads {name}.grad, which had a gradient before the call: it would "
                    "be missing",
                    f"the program of {self.name}",
                    f"{name}.grad = None (or zero_grad) before the call, or in the function",
                )
        for effect, value in zip(self.effects, values, strict=True):
            effect.leave(value)

    def result(self, values: Sequence[Any]) -> Any:
        """Give the outputs the structure that the function gave them."""
        if any(self.tensors):
            pairs = zip(values, self.tensors, strict=True)
            values = [constant(y) if t and type(y) is not Tensor else y for y, t in pairs]
        places, rebuild = self._nesting
        return rebuild([*map(values.__getitem__, places)])

    @cached_property
    def _nesting(self) -> Any:
        return flatten(self.gives)

    def pullback(
        self, which: Sequence[int], wanted: Sequence[int], gs: Sequence[Any], *values: Any
    ) -> list[Any]:
        """Return what gradients of some outputs send back to the wanted inputs."""

        def chosen(*xs: Any) -> list[Any]:
            results = self.interpret(*xs)
            return [results[k] for k in which]

        pull, _ = vjp(chosen, wanted)(*values)
        sent = dict(zip(wanted, pull(list(gs)), strict=True))
        return [sent.get(i) for i in range(len(values))]

    def interpret(self, *values: Any) -> tuple[Any, ...]:
        """Compute one equation after the other: on arrays, on Tensors or on symbols."""
        if len(values) != len(self.inputs):
            self._refuse(f"a value for each of {', '.join(map(str, self.inputs))}", values)
        known: dict[Any, Any] = {**self.constants, **dict(zip(self.inputs, values, strict=True))}
        tape = next((s.tape for s in map(raw, values) if type(s) is Symbol), None)
        if tape is not None:
            for name in self.inputs:
                tape.wish_both(known[name], name)
        for e in self.equations:
            xs = [known[a] if type(a) is Name else a for a in e.args]
            y = known[e.name] = run(e.op, *xs, **e.params)
            if tape and e.named:
                tape.wish_both(y, e.name)
        return tuple(known[y] if type(y) is Name else y for y in self.results)

    @cached_property
    def like(self) -> dict[Any, Any]:
        """An example of each input, constant and result, by name."""
        return {**self.inputs, **self.constants, **{e.name: e.like for e in self.equations}}

    @cached_property
    def results(self) -> tuple[Any, ...]:
        """The outputs, then what is left in tensors."""
        return (*self.outputs, *(e.name for e in self.effects))

    def run(self, *values: Any) -> tuple[Any, ...]:
        """Compute the results from all inputs, arrays and numbers, by the source."""
        try:
            results = self.function(*values)
        except NotImplementedError:  # a primitive whose definition cannot be printed
            results = self.interpret(*values)
        else:
            count = len(self.results)
            results = results if count > 1 else (results,) if count else ()
        # np.where of numbers makes an array without axes
        return tuple([y[()] if type(y) is np.ndarray and not y.ndim else y for y in results])

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The source, compiled; tracebacks show its lines."""
        scope = executed(self.source, f"program {self.identifier}")
        _protect(scope)
        function: Callable[..., Any] = scope[self.identifier]
        return function

    def bind(self, args: Sequence[Any]) -> dict[Name, Any]:
        """Return the value of each argument by name; refuse those that do not fit."""
        if not is_alike(self.takes, list(args)):
            self._refuse(f"arguments of the structure {self.takes}", args)
        leaves = flatten_like(self.takes, list(args))
        values = {}
        for name, x in zip(self.arguments, leaves, strict=True):
            if type(name) is not Name:
                if x is not name and (type(x) is not type(name) or x != name):
                    self._refuse(f"the constant {name!r}, not {x!r}", args)
                continue
            like = self.inputs[name]
            value = plain(x)
            if type(value) in (bool, int, float, complex):  # NumPy's: 2 is a float, 2.5 no integer
                with suppress(OverflowError):  # of more than 64 bits
                    value = np.asarray(value, np.result_type(value, like.dtype))[()]
            if isinstance(value, np.ndarray) or not hasattr(value, "dtype"):
                value = np.asarray(value)
            native = raw(value).dtype.newbyteorder("=")  # numbers and files have no other order
            if raw(value).shape != like.shape or native != like.dtype.newbyteorder("="):
                have, want = (f"{v.dtype} {v.shape}" for v in (raw(value), like))
                self._refuse(f"{name} as {want}, not {have}", args)
            values[name] = value
        return values

    def _refuse(self, what: str, args: Any) -> None:
        raise refusal(
            TypeError,
            f"the program of {self.name} takes {what}",
            f"{self.name}({', '.join(map(_described, args))})",
            "arguments like the examples, or capture it anew; compile does so by itself",
        )

    def renamed(self, wishes: Mapping[Name, str], gradients: Mapping[Name, Name]) -> "Program":
        """Call results otherwise, gradients after what they are of, and others by their place.

        A name that is taken gets a number.
        """
        take, names, called = Names().take, dict[Name, Name](), {*wishes, *gradients}
        for name in (*self.inputs, *self.constants):
            names[name] = Name(take(wishes.get(name, name)))
        for i, e in enumerate(self.equations, 1):
            wish = wishes.get(e.name, e.name if e.named else f"t{i}")
            if of := gradients.get(e.name):
                wish = f"d{names.get(of, wishes.get(of, of))}"
            names[e.name] = Name(take(wish))

        def others(values: Sequence[Any]) -> list[Any]:
            return [names[x] if type(x) is Name else x for x in values]

        return replace(
            self,
            arguments=others(self.arguments),
            inputs={names[n]: x for n, x in self.inputs.items()},
            parameters={names[n]: t for n, t in self.parameters.items()},
            constants={names[n]: x for n, x in self.constants.items()},
            equations=[
                e.finished(names[e.name], tuple(others(e.args)), e.named or e.name in called)
                for e in self.equations
            ],
            outputs=others(self.outputs),
            effects=[e._replace(name=others([e.name])[0]) for e in self.effects],
        )

    def __repr__(self) -> str:
        def typed(name: Name, like: Any) -> str:
            return f"{name}: {like.dtype} {np.shape(like)}"

        given = ", ".join(typed(n, x) for n, x in self.inputs.items())
        lines = [f"{self.name}({given})"]
        for e in self.equations:
            params = "".join(f", {k}={v!r}" for k, v in e.params.items())
            args = ", ".join(map(str, e.args))
            lines.append(f"  {typed(e.name, e.like)} = {e.op.name}({args}{params})")
        lines += [
            f"  {e.attribute} of {e.tensor.name or 'a tensor'} = {e.name}" for e in self.effects
        ]
        lines.append(f"  return {', '.join(map(str, self.outputs))}")
        return "\n".join(lines)

    @property
    def __name__(self) -> str:  # as a function has one
        return self.name

    @property
    def identifier(self) -> str:
        """The name of the function in the source."""
        return function_name(self)

    @cached_property
    def source(self) -> str:
        """The program as a file of Python, whose only import is NumPy."""
        return source(self)

    def to(self, engine: str | ModuleType) -> "Port":
        """Return the program as a function on "jax", "torch", "cupy" or "dask" (see `Port`).

        Parameters
        ----------
        engine : one of these names, or a namespace that follows the Python array API standard.

        Raises
        ------
        ValueError : for an unknown engine.
        ImportError : for an engine that is not installed.
        NotImplementedError : for a program that the standard cannot express.

        Examples
        --------
        >>> from autograd.program import capture
        >>> program = capture(lambda x, y: np.sum(np.arctan(x) * y), np.ones(3), 2.0)
        >>> program.to(np)(np.ones(3), 4.0)
        np.float64(9.42477796076938)
        """
        from autograd.program.engines.engines import Port  # noqa: PLC0415  # a program needs no engine

        return Port(self, engine)

    @cached_property
    def annotated(self) -> str:
        """The source with the shape of each result behind it."""
        return source(self, shapes=True)

    @cached_property
    def latex(self) -> str:
        """The program as aligned equations in LaTeX, one for each line of the source."""
        from autograd.program.printers.typeset import typeset  # noqa: PLC0415  # imported when used

        return typeset(self)

    @cached_property
    def javascript(self) -> str:
        """The program as a function in JavaScript, which needs `javascript.runtime`.

        Raises NotImplementedError for an operation that cannot be written in JavaScript.
        """
        from autograd.program.printers.javascript import javascript  # noqa: PLC0415  # imported when used

        return javascript(self)

    @cached_property
    def html(self) -> str:
        """A page that computes the program for other numbers, in any browser, offline.

        Raises NotImplementedError for an operation that cannot be written in JavaScript.
        """
        from autograd.program.printers.page import page  # noqa: PLC0415  # imported when used

        return page(self)

    @cached_property
    def onnx(self) -> bytes:
        """The program as a file of ONNX, for the shapes of its examples; see `export_onnx`.

        Raises NotImplementedError for an operation that ONNX cannot express.
        """
        from autograd.program.onnx.onnx import onnx  # noqa: PLC0415  # an optional library

        return onnx(self)

    # ── derivatives, which are programs too ────────────────────────────────────────────────────
    @cached_property
    def grad(self) -> "Program":
        """The gradient by the first argument, as `autograd.grad` gives it.

        By other arguments: ``capture(autograd.grad(program, argnum=(0, 1)), *examples)``.

        >>> from autograd.program import capture
        >>> capture(lambda x: x * x * x, 2.0).grad(2.0)
        np.float64(12.0)
        """
        return self._derived(grad)

    @cached_property
    def jacobian(self) -> "Program":
        """All first derivatives by the first argument, as `autograd.jacobian` gives them."""
        return self._derived(jacobian)

    @cached_property
    def hessian(self) -> "Program":
        """All second derivatives by the first argument, as `autograd.hessian` gives them."""
        return self._derived(hessian)

    def _derived(self, transform: Callable[..., Any]) -> "Program":
        from autograd.program.tracing.capture import capture  # noqa: PLC0415  # which makes programs

        return capture(transform(self), *self.examples)

    @property
    def examples(self) -> list[Any]:
        """Arguments that the program takes: those of its capture, or zeros if it was loaded."""
        leaves = [self.inputs[a] if type(a) is Name else a for a in self.arguments]
        examples: list[Any] = map_leaves(leaves.__getitem__, self.takes)
        return examples

    # ── what it costs ──────────────────────────────────────────────────────────────────────────
    @cached_property
    def shapes(self) -> Table:
        """The shape of every result, as a table."""
        return shapes(self)

    @cached_property
    def flops(self) -> Table:
        """How many operations on numbers each result takes, as a table with their total."""
        return flops(self)

    @cached_property
    def memory(self) -> Table:
        """The bytes of each result, as a table; in total, what a replay has at once at most."""
        return memory(self)

    # ── files ──────────────────────────────────────────────────────────────────────────────────
    def save(self, path: str | Path) -> Path:
        """Write the program to a file, with its constants and the values of its parameters.

        The file is in the safetensors format; its header holds the program as JSON. It is written
        as a whole or not at all.

        Raises
        ------
        ValueError : for a primitive that is not registered by its name, for dtypes and structures
            that no file holds, and for the suffix of a text, as .html.
        ImportError : where safetensors is not installed.
        """
        from autograd.program.storage.stored import save  # noqa: PLC0415  # an optional library

        return save(self, path)

    @staticmethod
    def load(path: str | Path) -> "Program":
        """Read a program from a file that `save` has written. Nothing in it is evaluated.

        Its parameters are plain Tensors, in `parameters`; gradients land in them.

        Raises
        ------
        ValueError : for every file that is not as `save` writes it: another version, an unknown
            primitive, parameter, dtype or structure, bytes that were cut or changed.
        ImportError : where safetensors is not installed.
        """
        from autograd.program.storage.stored import load  # noqa: PLC0415  # an optional library

        return load(path)


def _described(a: Any) -> str:
    return kind_of(a) if isinstance(a, (list, tuple, dict)) else str(np.shape(raw(a)))


def _protect(values: Mapping[Any, Any]) -> None:
    """Let nobody write into arrays: a result that is a view of one is copied (see `apart`)."""
    for x in values.values():
        if isinstance(x, np.ndarray):
            x.flags.writeable = False

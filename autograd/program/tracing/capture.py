"""Capture: run a function once on symbols, and keep what it did as a program.

The engine itself does not know of it. A Tensor's data may be a symbol, and whatever NumPy does to a
symbol becomes an equation; so the backward sweep, transforms of any order and an optimizer's update
are written down by the very code that computes them.
"""

from collections.abc import Callable, Iterable, Mapping
from threading import active_count
from typing import Any

import numpy as np

from autograd.base.errors import function_name, kind_of, refusal, refuse_uncallable
from autograd.base.modes import is_grad_enabled
from autograd.base.tree import flatten
from autograd.program.effects import Effect
from autograd.program.equations import Name, used
from autograd.program.program import Program
from autograd.program.tracing.arguments import argument_names
from autograd.program.tracing.callers import is_users
from autograd.program.tracing.peephole import tidied
from autograd.program.tracing.randomness import counted_seeds, drawing_line, watch
from autograd.program.tracing.refusals import (
    definition,
    of_given_tensor,
    refuse_gradients,
    refuse_history,
    refuse_leaks,
    refuse_shared,
    refuse_written,
    too_large,
)
from autograd.program.tracing.run import Run, naming
from autograd.program.tracing.simplify import joined, simplified
from autograd.program.tracing.surroundings import reached
from autograd.program.tracing.symbol import CaptureError, Symbol
from autograd.program.tracing.tape import Tape
from autograd.tensor import Tensor, constant, raw
from autograd.transforms.outside import reading
from autograd.transforms.pullback import array
from autograd.transforms.standin import Standin

TRIES = 8
"""So often a function runs where random numbers were drawn, and another thread may have done it."""


def capture(f: Callable[..., Any], *examples: Any, **options: Any) -> Program:
    """Write down what `f` computes of arguments like the examples, as a `Program`.

    Tensors that `f` reads from outside, as the parameters of a module, are inputs too: a program
    reads them at each call. Where `f` calls ``backward``, the program leaves the gradients there.
    Eigenvalues and roots of polynomials are complex in a program, as other numbers may need it;
    before NumPy 2.5 they are real outside of one if they happen to be. What is computed under
    no_grad has no derivative in a program. Arrays and numbers from outside are constants, as `f`
    met them, also where it changes them itself, as a count of its calls.

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
        writes into an argument, or what it computes of one into an array of numbers. The error
        tells the line and the remedy.
    TypeError : for what is no function.

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
    refuse_uncallable(f, "capture(f, x)")
    return captured(f, examples, options, reached(f, examples, options))


def captured(
    f: Callable[..., Any],
    examples: tuple[Any, ...],
    options: Mapping[str, Any],
    found: Iterable[Any],
) -> Program:
    """Return the program of a call, of which `found` is what its function and arguments reach."""
    leaves, rebuild = flatten(list(examples))
    if isinstance(f, Program) and not options:
        f.bind(examples)
        if not any(getattr(x, "requires_grad", False) for x in leaves):
            return f
    names = argument_names(f, examples)
    states = watch(found)
    # 1. Run f on symbols: again, if random numbers were drawn meanwhile, perhaps by another thread.
    for _ in range(TRIES if active_count() > 1 else 1):
        before, run = states(), Run(f)
        given = [_variable(run.tape, name, x) for name, x in zip(names, leaves, strict=True)]
        arguments = [raw(s).name if isinstance(raw(s), Symbol) else s for s in given]
        run.tape.settled.update(run.tape.inputs)
        try:
            with reading(run), counted_seeds(), naming(run, captured.__code__):
                result = f(*(containers := rebuild(given)), **options)
                values, gives = flatten(result)
                outputs = [_reference(run.tape, v) for v in values]  # tensors from outside, too
                left = {
                    t: _reference(run.tape, g)
                    for t, g in [*run.left.items()]
                    if g is not None or run.met[t].is_anew
                }
        except Exception as error:
            if run.refusals and error not in run.refusals:
                raise run.refusals[0] from None
            raise
        else:
            if run.refusals:  # which f has caught
                raise run.refusals[0]
        finally:
            run.refusals.clear()  # each holds its lines, which hold the run
        if states() == before:
            break
    else:
        raise _random(f, states, examples, options)
    # 2. Find what it returns and what it leaves in tensors; refuse what no program can do again.
    refuse_written(f, arguments, given, flatten(containers)[0])
    tape = run.tape
    nested = gives(range(len(values)))
    tensors = [type(v) is Tensor for v in values]
    connected = [
        type(v) is Tensor and v.requires_grad and (v in run.met or not _is_consumed(v, run))
        for v in values
    ]
    refuse_history(f, [v for v, waits in zip(values, connected, strict=True) if waits], run)
    effects = [Effect(t, "new grad" if run.met[t].is_anew else "grad", g) for t, g in left.items()]
    effects += [Effect(t, attribute, _reference(tape, y)) for t, attribute, y in run.changed()]
    gradients = [
        (name, _reference(tape, x._grad), type(x._grad) is Tensor)  # once it was asked for
        for name, x in zip(arguments, given, strict=True)
        if type(x) is Tensor and x._grad is not None
    ]
    returned = [*outputs, *(e.name for e in effects if e.is_of_data)]
    refuse_gradients(f, gradients, returned, tape)
    refuse_shared(f, run)
    read = {t: known.name for t, known in run.met.items()}
    summed = [t for t, known in run.met.items() if known.is_summed]
    run.left, run.met = {}, {}  # or they would be leaks, too
    del given, containers, values, gives, result
    refuse_leaks(f, tape)
    # 3. Keep the equations that the results need, written shortly.
    results = [*outputs, *(e.name for e in effects)]
    unnamed = {name: x for name, x in tape.constants.items() if name not in tape.wishes}
    equations = simplified(tape.equations, tape.inputs | tape.constants, unnamed)
    derivable = is_grad_enabled() and (any(connected) or not effects)
    equations, joints = joined(
        used(equations, results),
        outputs if derivable else (),
        constants=tape.constants,
        left={e.name for e in effects},
    )
    outputs = [joints.get(y, y) if type(y) is Name else y for y in outputs]
    effects = [e._replace(name=joints.get(e.name, e.name)) for e in effects]
    results = [*outputs, *(e.name for e in effects)]
    equations = tidied(equations, [*results, *tape.wishes, *tape.gradients], tape.inputs)
    # 4. Keep the inputs and the constants that these need, and every argument.
    needed = {a for e in equations for a in e.args if type(a) is Name}
    needed |= {y for y in results if type(y) is Name}
    if any(connected):  # a gradient of what they hold afterwards is refused by backward
        needed |= {read[e.tensor] for e in effects if e.is_of_data}
    unused = {*read.values()} - needed
    program = Program(
        name=function_name(f),
        arguments=arguments,
        inputs={name: x for name, x in tape.inputs.items() if name not in unused},
        takes=rebuild(range(len(leaves))),
        parameters={name: t for t, name in read.items() if name in needed},
        constants={name: array for name, array in tape.constants.items() if name in needed},
        equations=equations,
        outputs=outputs,
        tensors=tensors,
        gives=nested,
        effects=effects,
        connected=connected,
        modules=run.modules,
        met=[*read],
        summed=summed,
    )
    return program.renamed(tape.wishes, tape.gradients)


def _variable(tape: Tape, name: str, x: Any) -> Any:
    """Return what the function gets in the place of an example."""
    if type(x) is Tensor:
        data = _variable(tape, name, x.data)
        data.given = of_given_tensor(data.name)
        y = constant(data)
        y.requires_grad = x.requires_grad
        return y
    if isinstance(x, Standin):  # of a capture or a map around this one
        x = x.example
    if isinstance(x, (np.ndarray, np.generic, int, float, complex)) and not isinstance(x, bool):
        data = array(x)
        if isinstance(x, int) and getattr(data, "dtype", None) != np.int64:
            raise too_large(name, x)
        symbol = tape.input(name, data)
        symbol.given = f"writing into {symbol.name}, an argument", "x = x.copy() first"
        symbol.weak = type(x) in (int, float, complex)
        return symbol
    if hasattr(type(x), "__array__"):  # it would be a constant
        what = f"a program takes arrays, not a {type(x).__name__} of {type(x).__module__}"
        raise refusal(CaptureError, what, f"the argument {name}", f"np.asarray({name})")
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


def _is_consumed(y: Tensor, run: Run) -> bool:
    """Tell whether a backward pass has gone through a result, and has not kept the graph."""
    if run.retains:
        return y.meta is not None and "consumed" in y.meta
    return y._grad is not None


def _random(
    f: Callable[..., Any], states: Callable[[], Any], examples: Any, options: Any
) -> CaptureError:
    def again() -> None:
        run = Run(f)
        leaves, rebuild = flatten(list(examples))
        given = [_variable(run.tape, "x", x) for x in leaves]
        with reading(run), counted_seeds():
            f(*rebuild(given), **options)

    line = drawing_line(again, states, is_users)
    return refusal(
        CaptureError,
        "a program cannot hold random numbers: each call would get the same ones",
        line or definition(f),
        "draw them outside and pass them as an argument; module.eval() for dropout",
    )

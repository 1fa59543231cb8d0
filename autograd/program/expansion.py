"""Expansion: a program in the operations that a printer knows."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from autograd.primitive import Primitive
from autograd.program.equations import used
from autograd.program.tracing.tape import Tape

if TYPE_CHECKING:
    from autograd.program.program import Program


def written_out(program: "Program", knows: Callable[[Primitive], bool]) -> "Program":
    """Write each operation that is not known by its definition in NumPy.

    Examples
    --------
    >>> from autograd import relu
    >>> from autograd.program import capture
    >>> def f(x):
    ...     positive = relu(x)
    ...     return positive * 2
    >>> written_out(capture(f, 3.0), lambda op: op.name != "relu")
    f(x: float64 ())
      positive: float64 () = maximum(x, 0)
      t2: float64 () = multiply(positive, 2)
      return t2
    """
    if all(knows(e.op) for e in program.equations):
        return program
    tape = Tape(knows)
    inputs = [tape.input(n, x) for n, x in program.inputs.items()]
    results = [tape.argument(y) for y in program.interpret(*inputs)]
    names = results[len(program.outputs) :]
    return replace(
        program,
        equations=used(tape.equations, results),
        constants=tape.constants,
        outputs=results[: len(program.outputs)],
        effects=[e._replace(name=n) for e, n in zip(program.effects, names, strict=True)],
    ).renamed(tape.wishes, tape.gradients)

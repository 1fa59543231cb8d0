"""Expansion: a program in the operations that a printer knows."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autograd.primitive import Primitive
from autograd.program.equations import Name, used
from autograd.program.symbol import Symbol
from autograd.program.tape import Tape

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
    known: dict[Any, Any] = {n: tape.input(n, x) for n, x in program.inputs.items()}
    known |= program.constants
    wishes: dict[Name, str] = {}
    for e in program.equations:
        args = [known[a] if type(a) is Name else a for a in e.args]
        symbols = any(type(a) is Symbol for a in args)
        y = known[e.name] = (
            tape.record(e.op, args, e.params) if symbols else e.op.call(*args, **e.params)
        )
        if e.named and type(y) is Symbol:
            wishes.setdefault(y.name, e.name)

    def now(value: Any) -> Any:
        return tape.argument(known[value]) if type(value) is Name else value

    outputs = [now(y) for y in program.outputs]
    effects = [e._replace(name=now(e.name)) for e in program.effects]
    return replace(
        program,
        equations=used(tape.equations, [*outputs, *(e.name for e in effects)]),
        constants=tape.constants,
        outputs=outputs,
        effects=effects,
    ).renamed(wishes)

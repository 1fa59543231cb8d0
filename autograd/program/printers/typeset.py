r"""The printer of LaTeX: a program as aligned equations, one for each line of its source."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.primitive import PRIMITIVES, fused_op
from autograd.program.equations import Equation, Name
from autograd.program.printers.latex import escape, latex, symbol
from autograd.program.printers.literals import Source
from autograd.program.printers.source import short, written_lines
from autograd.program.printers.spell import ATOM, UNARY, Spelled, literal, spell
from autograd.rules.elementwise import masked_, over_
from autograd.rules.shape import FIRST_ARRAY, Slot, gather, parts_of, scatter, scatter_at
from autograd.tensor import GETITEM

if TYPE_CHECKING:
    from autograd.program.program import Program


ON_PAPER = {
    PRIMITIVES[gather]: GETITEM,
    PRIMITIVES[scatter_at]: PRIMITIVES[scatter],
    fused_op(over_): PRIMITIVES[np.divide],
    fused_op(masked_): PRIMITIVES[np.multiply],
}
"""What operations are called that serve accuracy, or traced indices."""


def typeset(program: "Program") -> str:
    r"""Write a program as LaTeX.

    >>> from autograd.program import capture
    >>> def f(a, b, c):
    ...     d = a + b
    ...     return d * c
    >>> print(typeset(capture(f, 2.0, 3.0, 4.0)))
    \begin{aligned}
    d &= a + b \\
    f &= d \cdot c
    \end{aligned}
    """
    called = _symbols(program.like)
    lines, inlined = [], {name: Spelled(tex) for name, tex in called.items()}
    alone = set(written_lines(program))
    for e in program.equations:
        written = _written(e, inlined)
        if e.name in alone:
            lines.append(f"{called[e.name]} &= {latex.beside_equals(written)}")
        else:
            inlined[e.name] = written
    if not alone.issuperset(program.results):  # an expression, a constant, an input
        results = [_operand(y, inlined) for y in program.results]
        text = rf"\left({', '.join(y.text for y in results)}\right)"
        text = latex.beside_equals(results[0]) if len(results) == 1 else text
        lines.append(f"{symbol(program.name.replace('<lambda>', 'f'))} &= {text}")
    return "\n".join([r"\begin{aligned}", " \\\\\n".join(lines), r"\end{aligned}"])


def _symbols(names: Iterable[Name]) -> dict[Name, str]:
    """Write names, each otherwise than the others: both x1 and x_1 look like an x with an index."""
    called: dict[str, Name] = {}
    for name in names:
        tex = symbol(name)
        called[escape(name) if tex in called else tex] = name
    return {name: tex for tex, name in called.items()}


def _written(e: Equation, inlined: dict[Any, Spelled]) -> Spelled:
    args = [_operand(a, inlined) for a in e.args]
    op = ON_PAPER.get(e.op, e.op)
    if "index" not in e.params:
        return spell(op, args, {k: short(k, v) for k, v in e.params.items()}, latex)
    first = FIRST_ARRAY.get(e.op.fn, len(args))
    arrays = [str(a) for a in e.args[first:]]
    parts = [arrays[i] if type(i) is Slot else literal(i) for i in parts_of(e.params["index"])]
    params = {**e.params, "index": Source(", ".join(parts))}
    return spell(op, args[:first], params, latex)


def _operand(a: Any, inlined: dict[Any, Spelled]) -> Spelled:
    return inlined[a] if type(a) is Name else _number(a)


def _number(value: Any) -> Spelled:
    """Write a number: 1e-05 as a power of ten."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, complex) and np.isfinite(value):
        real, imaginary = _number(value.real).text, _number(abs(value.imag)).text
        imaginary = "i" if imaginary == "1" else rf"{imaginary} \, i"
        sign = "-" if value.imag < 0 else "+"
        if value.real == 0:
            return Spelled(imaginary if sign == "+" else f"-{imaginary}", UNARY)
        return Spelled(rf"\left({real} {sign} {imaginary}\right)", ATOM)
    if isinstance(value, (bool, complex, str, type(None))):
        return Spelled(rf"\text{{{value}}}")
    if not isinstance(value, int) and not np.isfinite(value):
        text = repr(float(value)).replace("inf", r"\infty").replace("nan", r"\text{nan}")
    else:
        text, _, exponent = repr(value).partition("e")
        text = text.removesuffix(".0")
        if exponent:
            sign = text.removesuffix("1") if text in ("1", "-1") else rf"{text} \cdot "
            return Spelled(f"{sign}10^{{{int(exponent)}}}", UNARY)
    return Spelled(text, UNARY if text.startswith("-") else ATOM)

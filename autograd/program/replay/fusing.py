"""Fusing: what a replay computes otherwise than the program says, with the same result.

A program says in two steps what is read so; it is run in one: a product of matrices that leaves
turned, as the gradient of a weight does, is written in that layout, and what an index sends back
is added into the sum of the others, not into zeros of its own. A part of what is rewritten next is
copied, not the whole.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import getitem
from typing import NamedTuple

import numpy as np

from autograd.primitive import Primitive
from autograd.program.equations import Equation, Name
from autograd.program.program import Program
from autograd.rules.shape import is_basic, scatter, setitem

TURNED = Primitive(lambda a, b: np.matmul(a, b).T, (), name="turned")
ADD_PART = Primitive(lambda x, g, index: x + scatter(g, index, x.shape), (), name="add_part")
COPY_PART = Primitive(lambda x, index: np.array(x[index]), (), name="copy_part")


class Around(NamedTuple):
    """What there is to know of a program: what is read once, and what is rewritten."""

    program: Program
    once: Mapping[Name, Equation]
    rewritten: set[Name]


def fused(program: Program) -> Program:
    """Return the same program with other equations, which have no derivatives.

    Examples
    --------
    >>> from autograd.program import capture
    >>> fused(capture(lambda W, x: (x.T @ W).T, np.eye(2), np.ones((2, 2))))
    <lambda>(W: float64 (2, 2), x: float64 (2, 2))
      t1: float64 (2, 2) = transpose(x)
      t3: float64 (2, 2) = turned(t1, W)
      return t3
    """
    inner = {e.name: e for e in program.equations if e.name not in program.results}
    uses = Counter(a for e in program.equations for a in e.args if type(a) is Name)
    around = Around(
        program,
        {name: e for name, e in inner.items() if uses[name] == 1},
        {e.args[0] for e in program.equations if e.op.fn is setitem and e.args[0] in inner},
    )
    equations, gone = list[Equation](), set[Name]()
    for e in program.equations:
        found = next((m for match in MATCHES if (m := match(e, around))), None)
        equations.append(found or e)
        gone.update({*e.args} - {*found.args} if found else ())
    return replace(program, equations=[e for e in equations if e.name not in gone])


def _turned(e: Equation, around: Around) -> Equation | None:
    product = around.once.get(e.args[0]) if e.op.fn is np.transpose else None
    if product is None or product.op.fn is not np.matmul or np.ndim(e.like) != 2:
        return None
    leaves = e.name in around.program.results and e.params.get("axes") in (None, (1, 0))
    return e._replace(op=TURNED, args=product.args, params={}) if leaves else None


def _part_added(e: Equation, around: Around) -> Equation | None:
    for x, y in (e.args, e.args[::-1]) if e.op.fn is np.add else ():
        part = around.once.get(y)
        if part is None or part.op.fn is not scatter or type(x) is not Name:
            continue
        index, like = part.params["index"], around.program.like[x]
        alike = {(z.shape, z.dtype) for z in (e.like, like, part.like)}  # nothing is broadcast
        if is_basic(index) and len(alike) == 1:
            return e._replace(op=ADD_PART, args=(x, *part.args), params={"index": index})
    return None


def _part_copied(e: Equation, around: Around) -> Equation | None:
    if e.op.fn is getitem and e.is_view and e.args[0] in around.rewritten:
        return e._replace(op=COPY_PART)
    return None


MATCHES: tuple[Callable[[Equation, Around], Equation | None], ...] = (
    _turned, _part_added, _part_copied,
)  # fmt: skip

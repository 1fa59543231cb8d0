"""Lifetimes: up to which step of a replay somebody needs each result, and who shares its memory."""

from collections.abc import Sequence

import numpy as np

from autograd.primitive import fused_op
from autograd.program.equations import Equation, Name
from autograd.program.program import Program
from autograd.program.replay.chains import Chain
from autograd.rules.cross_entropy import d_cross_entropy, softmax_cross_entropy

GRADIENT = fused_op(d_cross_entropy)


class Lifetimes:
    """What the results of a program are to each other, where it is replayed in these steps.

    Attributes
    ----------
    base : what each view is a view of.
    read_only : the views that NumPy lets nobody write into.
    leaving : whose arrays leave the program: of results, and of what one result is a view of.
    last : the step that reads a result last, or a view of it; beyond the steps for what leaves.

    Examples
    --------
    >>> from autograd.program import capture
    >>> program = capture(lambda x: np.exp(-x).T, np.ones((2, 3)))
    >>> lives = Lifetimes(program, program.equations)
    >>> lives.base, sorted(lives.leaving), lives.last
    ({'t3': 't2'}, ['t2', 't3'], {'t1': 1, 'x': 0, 't2': 3, 't3': 2})
    """

    def __init__(self, program: Program, steps: Sequence[Equation | Chain]) -> None:
        self.program = program
        self.base: dict[Name, Name] = {}
        self.read_only: set[Name] = set()
        for e in program.equations:
            if e.is_view:
                self.base[e.name] = self.base.get(e.args[0], e.args[0])
            if e.op.fn in (np.broadcast_to, np.diagonal) or (
                e.is_view and e.args[0] in self.read_only
            ):
                self.read_only.add(e.name)
        self.leaving = self._leaving()
        self.last = self._last(steps)

    def _leaving(self) -> set[Name]:
        like = self.program.like
        results = [y for y in self.program.results if type(y) is Name]
        bases = [self.base.get(y, y) for y in results]
        return {
            base
            for y, base in zip(results, bases, strict=True)
            if bases.count(base) == 1 and np.size(like[y]) == np.size(like[base])
        } | {*results}

    def _last(self, steps: Sequence[Equation | Chain]) -> dict[Name, int]:
        last: dict[Name, int] = {}
        for i, step in enumerate(steps):
            for e in step.equations if isinstance(step, Chain) else [step]:
                last.setdefault(e.name, i)
                last.update({self.base.get(a, a): i for a in e.args if type(a) is Name})
                if e.op is GRADIENT or e.op.fn is softmax_cross_entropy:
                    last[left_by(e)] = i  # which the backward pass works on
        end = len(steps)
        return last | {self.base.get(y, y): end for y in self.program.results if type(y) is Name}


def left_by(e: Equation) -> Name:
    """Name what a cross-entropy leaves for its gradient, which no equation computes."""
    x, target = e.args[:2]
    return Name(f"exponentials of {x} {target}")

"""Halves: a program, and what its gradients send back, as two programs of which one follows later.

Both passes are captured as one program. It is cut where gradients begin to arrive: the first half
keeps what the second one reads, as the graph of the eager engine does, so nothing is computed
twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.functional import vjp
from autograd.program.equations import Equation, Name, used
from autograd.program.program import Program
from autograd.program.tracing.capture import capture
from autograd.tensor import raw


def halves(
    program: Program, which: Sequence[int], wanted: Sequence[int], values: Sequence[Any]
) -> tuple[Program, Program]:
    """Cut a program and the pullback of some of its results to some of its inputs.

    Returns
    -------
    The first takes the inputs, and gives the results and what is kept. The second takes gradients
    of those results, the inputs, and what was kept; it gives the gradients of the wanted inputs.

    Raises
    ------
    CaptureError : where the pullback cannot be a program.

    Examples
    --------
    >>> program = capture(lambda x: np.sum(np.exp(x) * x), np.ones(2))
    >>> forward, back = halves(program, [0], [0], [np.ones(2)])
    >>> [e.op.name for e in forward.equations], [e.op.name for e in back.equations]
    (['exp', 'multiply', 'sum'], ['multiply', 'multiply', 'multiply', 'add'])
    >>> total, kept = forward.run(np.array([0.0, 1.0]))
    >>> back.run(1.0, np.array([0.0, 1.0]), kept)
    (array([1.        , 5.43656366]),)
    """

    def both(gs: list[Any], values: list[Any]) -> Any:
        results: list[Any] = []

        def chosen(*xs: Any) -> list[Any]:
            results[:] = program.interpret(*xs)
            return [results[k] for k in which]

        pull, _ = vjp(chosen, wanted)(*values)
        return [*map(raw, results)], pull(gs)

    likes = [program.like[program.outputs[k]] for k in which]
    joint = capture(both, [np.ones(like.shape, like.dtype)[()] for like in likes], [*values])
    results, sent = joint.outputs[: len(program.results)], joint.outputs[len(program.results) :]
    first = used(joint.equations, results)
    second, kept = _after(joint.equations, {e.name for e in first}, sent)
    gs, xs = joint.arguments[: len(which)], joint.arguments[len(which) :]
    return (
        _part(joint, xs, first, [*results, *kept]),
        _part(joint, [*gs, *xs, *kept], second, sent),
    )


def _after(
    equations: Sequence[Equation], early: set[Name], sent: Sequence[Any]
) -> tuple[list[Equation], list[Name]]:
    """Return the equations that are left for the second half, and what they read of the first.

    Looking at an array differently costs nothing, so that is done again.
    """
    needed, second, kept = {*sent}, list[Equation](), list[Name]()
    for e in reversed(equations):
        if e.name in needed and e.name in early and not e.is_view:
            kept.append(e.name)
        elif e.name in needed:
            second.append(e)
            needed.update(a for a in e.args if type(a) is Name)
    return second[::-1], kept


def _part(
    joint: Program, inputs: Sequence[Name], equations: Sequence[Equation], outputs: Sequence[Any]
) -> Program:
    like = joint.like
    return replace(
        joint,
        arguments=inputs,
        inputs={name: like[name] for name in inputs},
        takes=[*range(len(inputs))],
        equations=equations,
        outputs=outputs,
        tensors=[False] * len(outputs),
        connected=[False] * len(outputs),
        gives=[*range(len(outputs))],
    )

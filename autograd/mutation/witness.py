"""Arrays that are rewritten behind the engine's back: found by their fingerprints.

A Tensor is a value; an array that takes part in an operation beside it belongs to the user, who may
write into it before backward reads it again. So an operation keeps a fingerprint of each array that
a rule of it will read, and where it was recorded; the sweep compares. Both travel with the birth
number, as `autograd.provenance.places` does it, so that operations between Tensors pay nothing.

A fingerprint takes constant time, 0.1 µs to 1 µs: all bytes up to 4 kB, otherwise 32 elements at
even distances. So every change of a small array is found, and of a large one every change of most
of it. With the place, which the error names, small products of a Tensor and an array take about
four times as long to record as those of two Tensors; a sum, whose rules read no argument, and what
has no array in it, take as long as before. The memory of `from_numpy` is compared with its
fingerprint there, and only where that differs the operation is computed again, and its result
compared.
"""

import dis
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import CodeType
from typing import Any

import numpy as np

from autograd.base.errors import call_of, describe, line_of, refusal, user_frame, user_line

WHOLE, SAMPLES = 4096, 32
"""Up to how many bytes the fingerprint is all of them; of how many elements it is otherwise."""
NONE: Mapping[str, Any] = {}
SHARING: list[bool] = []
"""True once a tensor shares memory with an array, so that until then nobody needs to look."""


class Birth(int):
    """A birth number that knows its place in the program, and the arrays that were there.

    Attributes
    ----------
    place : the code, and the instruction in it.
    seen : the fingerprints, by the position of the argument, or by its keyword.
    """

    place: tuple[CodeType, int]
    seen: tuple[tuple[int | str, bytes], ...]


def born_here(number: int) -> Birth:
    """Let a birth number remember the line of the user's that runs now."""
    frame = user_frame()
    born = Birth(number)
    born.place, born.seen = (frame.f_code, frame.f_lasti), ()
    return born


def witnessed(number: int, op: Any, values: Sequence[Any], params: Mapping[str, Any] = NONE) -> int:
    """Let the birth number of an operation remember the arrays that its rules will read."""
    seen: list[tuple[int | str, bytes]] = []
    given: Iterable[tuple[Any, Any]] = enumerate(values)
    for i, v in (*given, *params.items()) if params else given:
        if type(v) is np.ndarray and reads(op, i):
            seen.append((i, fingerprint(v)))
    if seen:
        number = number if type(number) is Birth else born_here(number)
        number.seen = tuple(seen)
    return number


def fingerprint(array: np.ndarray, whole: int = WHOLE) -> bytes:
    """Return bytes that another content is unlikely to have: all, where they are not too many."""
    if array.nbytes <= whole:
        return array.tobytes()
    elements = array.reshape(-1) if array.flags.c_contiguous else array.flat
    return elements[:: -(-array.size // SAMPLES)].tobytes()


def reads(op: Any, i: int | str, by: tuple[int, ...] | None = None) -> bool:
    """Tell whether the rules of an operation read the elements of argument i, or may do so.

    i is its position or its keyword.

    `by` are the arguments whose rules will be asked; None stands for all but i, a constant.
    """
    # not remembered: a checkpoint is another operation at each call, and holds what it closes over
    rule = op.each or op.joint
    return _read(op, i, by) if rule is None else getattr(rule, "reads", True)


@cache
def _read(op: Any, i: int | str, by: tuple[int, ...] | None) -> bool:
    return any(
        rule is not None and (k != i if by is None else k in by) and _loads(rule, i)
        for k, rule in enumerate(op.rules)
    )


def _loads(rule: Callable[..., Any], i: int | str) -> bool:
    code = getattr(rule, "__code__", None)
    if code is None:
        return True
    given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if type(i) is int:  # behind g and y
        i = next(iter(code.co_varnames[i + 2 : code.co_argcount]), "")
    if i not in given:  # as one of *args or **params
        return True
    name = i
    loaded = [i.argval for i in dis.get_instructions(code) if i.opname.startswith("LOAD")]
    return any(name in (it if type(it) is tuple else (it,)) for it in loaded)


def check(node: Any, args: Sequence[Any]) -> None:
    """Raise RuntimeError where an array that an operation read is not what it was then."""
    born = node.count
    if type(born) is Birth:
        for i, before in born.seen:
            if fingerprint(args[i] if type(i) is int else node.params[i]) != before:
                raise _rewritten(node, args, i)
    if SHARING:
        for i, a in enumerate(args):
            if "shared" in (getattr(a, "meta", None) or ()) and _differs(node, args, a):
                raise _rewritten(node, args, i)


def _differs(node: Any, args: Sequence[Any], a: Any) -> bool:
    if fingerprint(a.data) == a.meta["shared"]:
        return False
    again = node.op.call(*[getattr(x, "data", x) if hasattr(x, "op") else x for x in args],
                         **node.params)  # fmt: skip
    return not np.array_equal(again, node.data, equal_nan=True)


def _rewritten(node: Any, args: Sequence[Any], i: int | str) -> RuntimeError:
    array = describe(args[i], i) if type(i) is int else f"{i} {node.params[i].shape}"
    return refusal(
        RuntimeError,
        f"the array of {array} was rewritten after {node.op.name} had used it",
        f"{call_of(node.op.name, args)}{place_told(node)}, noticed at {user_line()}",
        "a copy of it for the operation, w * x.copy(); or backward first",
    )


def line_at(code: CodeType, instruction: int) -> str:
    """Name the line of an instruction."""
    line = next(n for start, stop, n in code.co_lines() if start <= instruction < stop)
    return line_of(code.co_filename, line or 0)


def place_told(node: Any) -> str:
    """Return " at ..." with the line where an operation was recorded, if that is known."""
    return f" at {line_at(*node.count.place)}" if type(node.count) is Birth else ""

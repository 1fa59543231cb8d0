"""Chains: elementwise operations over large arrays, computed piece by piece while they are cached.

A chain goes once over its arrays, on all processors: what only the chain needs never leaves the
cache. A sum over everything ends a chain as the sum of its pieces' sums.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.base.blocks import LARGE, share, workers
from autograd.program.equations import Equation, Name
from autograd.program.program import Program
from autograd.program.replay.kernels import IN_PLACE, kernel_of

BYTES = 2**19
"""So many bytes of each array are computed at a time. With less, threads wait for each other: only
inside of NumPy's loops do they not need the interpreter's lock; more leaves the cache."""


class Chain(NamedTuple):
    """Equations of one shape that are computed together."""

    equations: list[Equation]
    shape: tuple[int, ...]


def chained(program: Program) -> list[Equation | Chain]:
    """Return the equations in an order in which large elementwise ones stand together.

    An equation joins a chain if nothing that it needs is computed after the chain's beginning,
    but outside of the chain; and unless it may as well wait for a later one (`_can_wait`).
    """
    like = program.like
    place, users = dict[Name, int](), dict[Name, list[Equation]]()
    for i, e in enumerate(program.equations):
        place[e.name] = i
        for a in e.args:
            if type(a) is Name:
                users.setdefault(a, []).append(e)
    waiting = list(program.equations)
    order: list[Equation | Chain] = []
    while waiting:
        first = waiting.pop(0)
        if not _fits(first, like, np.shape(first.like)):
            order.append(first)
            continue
        members, shape, late = [first], np.shape(first.like), []
        inside, outside = {first.name}, set[Name]()
        for e in waiting:
            reads = {a for a in e.args if type(a) is Name}
            if not reads & outside and (_fits(e, like, shape) or _ends(e, inside, shape, like)):
                members.append(e)
                (inside if np.shape(e.like) == shape else outside).add(e.name)
            else:
                late.append(e)
                outside.add(e.name)
        for e in reversed(members[1:]):
            if e.name not in program.results and _can_wait(
                e, {m.name for m in members}, users, like
            ):
                members.remove(e)
                late.append(e)
        late.sort(key=lambda e: place[e.name])
        if len(members) > 1:
            order.append(Chain(members, shape))
            waiting = late
        else:
            order.append(first)
    return order


def _fits(e: Equation, like: dict[Any, Any], shape: tuple[int, ...]) -> bool:
    """Tell whether an equation computes each element of a large array from those of others."""
    if not e.op.elementwise or e.params or np.shape(e.like) != shape or e.like.size < LARGE:
        return False
    shapes = [np.shape(like.get(a, a) if type(a) is Name else a) for a in e.args]
    return kernel_of(e.op) is not None and all(s in ((), shape) for s in shapes)


def _can_wait(
    e: Equation, members: set[Name], users: dict[Name, list[Equation]], like: dict[Any, Any]
) -> bool:
    """Tell whether only later chains need a result, and what it is computed from stays for others.

    So the derivative of relu is computed where it is multiplied, and its 0 and 1 are never stored.
    """

    def is_later(u: Equation) -> bool:
        return u.name not in members and _fits(u, like, np.shape(e.like))

    def stays(a: Any) -> bool:
        return any(u is not e and u.name not in members for u in users[a])

    read = [a for a in e.args if type(a) is Name and np.ndim(like[a])]
    return all(map(is_later, users.get(e.name, ()))) and all(map(stays, read))


def _ends(e: Equation, inside: set[Name], shape: tuple[int, ...], like: dict[Any, Any]) -> bool:
    """Tell whether an equation sums up a result of the chain."""
    sums = e.op.fn is np.sum and not e.params and e.args[0] in inside
    return sums and np.shape(like[e.args[0]]) == shape


WORDS = {"i", "j", "n", "start", "stop", "work", "parts", "min", "range"}
"""What the text of a chain calls by these names, and no object that it refers to may have."""


class _Registers:
    """Pieces of scratch, used again as soon as nobody needs what is in them."""

    def __init__(self) -> None:
        self.all: list[np.dtype[Any]] = []
        self._free: list[int] = []

    def take(self, dtype: np.dtype[Any]) -> int:
        for k in self._free:
            if self.all[k] == dtype:
                self._free.remove(k)
                return k
        self.all.append(dtype)
        return len(self.all) - 1

    def __iter__(self) -> Iterator[tuple[int, np.dtype[Any]]]:
        return enumerate(self.all)

    def give(self, k: int) -> None:
        self._free.append(k)


def spell_chain(
    name: str, chain: Chain, kept: Sequence[Name], refer: Callable[[Any], str],
    argument: Callable[[Any], Any], like: Callable[[Any], Any],
) -> tuple[str, list[Name], list[Name]]:  # fmt: skip
    """Write a chain as a function of what it reads and of the arrays that it fills.

    These have numbers inside, for a program may call its arrays whatever it likes.

    Parameters
    ----------
    kept : the results that somebody else needs; they come as arrays to be filled.
    refer, argument, like : how objects are called, numbers are written, and examples are found.

    Returns
    -------
    The source, the names of what it reads, and those of the sums that it returns.
    """
    last = {a: i for i, e in enumerate(chain.equations) for a in e.args if type(a) is Name}
    inside = {e.name for e in chain.equations}
    reads: list[Name] = []
    sums: list[Name] = []
    registers, where, number = _Registers(), dict[Name, int](), dict[Name, int]()
    lines: list[str] = []

    def free(dying: Iterable[Name]) -> None:
        for a in dying:
            if a in where:
                registers.give(where.pop(a))

    for i, e in enumerate(chain.equations):
        texts = []
        for a in e.args:
            text = argument(a)
            if type(a) is Name and text == a.text:
                if a not in inside and a not in reads:
                    reads.append(a)
                k = number.setdefault(a, len(number))
                text = f"piece_{k}" if np.ndim(like(a)) else f"given_{k}"
            texts.append(text)
        if e.op.fn is np.sum:
            sums.append(e.name)
            lines.append(f"parts[i, {len(sums) - 1}] = {refer(np.add.reduce)}({texts[0]})")
            continue
        dying = {a for a in e.args if type(a) is Name and last[a] == i and a in where}
        kernel = kernel_of(e.op)
        if kernel in IN_PLACE:
            free(dying)
        k = number.setdefault(e.name, len(number))
        if e.name in kept:
            lines.append(f"piece_{k} = given_{k}[i:j]")
        else:
            where[e.name] = registers.take(e.like.dtype)
            lines.append(f"piece_{k} = scratch_{where[e.name]}[:n]")
        free(dying)
        examples = [like(a) if type(a) is Name else a for a in e.args]
        written: Any = kernel(refer, e, examples, texts)  # type: ignore[misc]  # it has one
        lines += [line.replace("$OUT", f"piece_{k}") for line in written]
    size = int(np.prod(chain.shape))
    cut = [number[a] for a in reads if np.ndim(like(a))]
    given = [number[a] for a in (*reads, *kept)]
    piece = BYTES // max(e.like.itemsize for e in chain.equations)
    empty = refer(np.empty)
    text = [
        f"def {name}({', '.join(f'given_{k}' for k in given)}):",
        *(f"    given_{k} = given_{k}.reshape(-1)" for k in (*cut, *given[len(reads) :])),
        "    parts = {}",
        "    def work(start, stop):",
        *(f"        scratch_{k} = {empty}({piece}, {d.str!r})" for k, d in registers),
        f"        for i in range(start, stop, {piece}):",
        f"            j = min(i + {piece}, stop)",
        "            n = j - i",
        *(f"            piece_{k} = given_{k}[i:j]" for k in cut),
        *(f"            {line}" for line in lines),
        f"    {refer(share)}(work, 0, {size}, -(-{size} // {refer(workers)}()))",
        f"    return {refer(_added)}(parts, {len(sums)})",
    ]
    return "\n".join(text) + "\n", reads, sums


def _added(parts: dict[tuple[int, int], Any], count: int) -> list[Any]:
    """Add up the sums of the pieces, in their order, whoever computed them."""
    rows = [[parts[key] for key in sorted(parts) if key[1] == k] for k in range(count)]
    return [np.add.reduce(np.array(row)) for row in rows]

"""Sizes: the programs of a function for all batch sizes, from its captures at two of them.

What is the same in both captures stays. A number that differs must be a simple function of the
size: a multiple of it, the size and so many more, or a fraction with it. So the program of any size
between the two is known without another capture. Outside of them it is not: a function may do
something else with small batches than with large ones.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.tree import flatten, is_alike
from autograd.program.equations import outline
from autograd.program.positions import numbered
from autograd.program.program import Program

if TYPE_CHECKING:
    from autograd.program.replay.outside import Outside

At = Callable[[int], Any]
"""What a value is at a size."""


class Different(Exception):  # noqa: N818  # no error: the next size will be captured, too
    """Two captures are not those of one program."""


@dataclass(frozen=True)
class Sizes:
    """The programs of a function for batches of `low` to `high`."""

    low: int
    high: int
    at: Callable[[int], Program]


class Family:
    """The captures of a function of arguments that differ in their first axes only.

    Attributes
    ----------
    outside : what the function read by name when it was captured last.
    """

    def __init__(self) -> None:
        self.outside: Outside | None = None
        self._captures: list[tuple[Sequence[Any], Program]] = []
        self._known: list[tuple[Sequence[Any], Sizes]] = []  # None where the batch size stands
        self._closed = False

    def close(self) -> None:
        """Know nothing any more: the function does something else at some size."""
        self._closed = True
        self._known.clear()

    def program(self, sizes: Sequence[Any]) -> Program | None:
        """Return the program for arguments whose first axes have these sizes, if it is known."""
        for fixed, known in self._known:
            k = _batch(sizes, fixed)
            if k is not None and known.low <= k <= known.high:
                return known.at(k)
        return None

    def learn(self, sizes: Sequence[Any], program: Program) -> None:
        """Take another capture in, and compare it with those before."""
        for others, other in () if self._closed else self._captures:
            pairs = [*zip(sizes, others, strict=True)]
            changed = {pair for pair in pairs if pair[0] != pair[1]}
            if len(changed) == 1:
                ((m,), (n,)) = changed.pop()
                if (known := between(other, n, program, m)) is not None:
                    self._widen([a if a == b else None for a, b in pairs], known)
        self._captures.append((sizes, program))

    def _widen(self, fixed: Sequence[Any], known: Sizes) -> None:
        """Let programs take the place of those, and of the captures, that they cover."""
        alike = [k for others, k in self._known if others == fixed]
        if any(k.low <= known.low and known.high <= k.high for k in alike):
            return
        covered = [k for k in alike if known.low <= k.low and k.high <= known.high]
        self._known = [pair for pair in self._known if pair[1] not in covered]
        self._known.append((fixed, known))
        self._captures = [
            (sizes, program)
            for sizes, program in self._captures
            if (k := _batch(sizes, fixed)) is None or not known.low < k < known.high
        ]


def _batch(sizes: Sequence[Any], fixed: Sequence[Any]) -> Any:
    """Return the length that stands where `fixed` has None, if the others are the same."""
    pairs = [*zip(sizes, fixed, strict=True)]
    batch = {size for size, other in pairs if other is None}
    same = all(other in (None, size) for size, other in pairs)
    return batch.pop()[0] if same and len(batch) == 1 else None


def between(one: Program, n: int, other: Program, m: int) -> Sizes | None:
    """Return the programs for sizes between those of two captures, if these are of one kind.

    >>> from autograd.program import capture
    >>> f = lambda x: np.mean(x * 2)
    >>> sizes = between(capture(f, np.ones(3)), 3, capture(f, np.ones(9)), 9)
    >>> sizes.at(5)(np.arange(5.0))
    np.float64(4.0)
    """
    if _frame(one) != _frame(other) or not is_alike(_numbers(one), _numbers(other)):
        return None
    (a, rebuild), (b, _) = flatten(_numbers(one)), flatten(_numbers(other))
    try:
        leaves = [_leaf(x, y, n, m) for x, y in zip(a, b, strict=True)]
    except Different:
        return None

    def at(k: int) -> Program:
        arguments, inputs, constants, parts, outputs, left = rebuild([leaf(k) for leaf in leaves])
        equations = [
            e._replace(args=args, params=params, like=like)
            for e, (args, params, like) in zip(one.equations, parts, strict=True)
        ]
        effects = [e._replace(name=y) for e, y in zip(one.effects, left, strict=True)]
        return replace(
            one, arguments=arguments, inputs=inputs, constants=constants, equations=equations,
            outputs=outputs, effects=effects,
        )  # fmt: skip

    return Sizes(min(n, m), max(n, m), at)


def _frame(p: Program) -> Any:
    """Return what must be the same at every size."""
    effects = [(id(e.tensor), e.attribute) for e in p.effects]
    parameters = [(name, id(t)) for name, t in p.parameters.items()]
    operations = [(e.name, id(e.op), e.backward) for e in p.equations]
    names = [*p.inputs], [*p.constants]
    return p.takes, p.gives, p.tensors, p.connected, effects, parameters, operations, names


def _numbers(p: Program) -> Any:
    """Return what may depend on the size."""
    parts = [(e.args, dict(e.params), e.like) for e in p.equations]
    inputs = {name: outline(x) for name, x in p.inputs.items()}
    constants = dict(p.constants)
    return [*p.arguments], inputs, constants, parts, [*p.outputs], [e.name for e in p.effects]


def _leaf(a: Any, b: Any, n: int, m: int) -> At:
    """Return what a value is at any size, that is `a` at n and `b` at m."""
    if type(a) is not type(b):
        raise Different
    if isinstance(a, np.ndarray):
        return _array(a, b, n, m)
    if isinstance(a, slice):
        ends = zip((a.start, a.stop, a.step), (b.start, b.stop, b.step), strict=True)
        parts = [_leaf(x, y, n, m) for x, y in ends]
        return lambda k: slice(*(part(k) for part in parts))
    if a is b or np.array_equal(a, b, equal_nan=isinstance(a, (float, np.floating))):
        return lambda _: a
    for form in _forms(a, b, n, m):
        if (form(n), form(m)) == (a, b):
            return form
    raise Different


def _forms(a: Any, b: Any, n: int, m: int) -> Iterator[At]:
    """Yield functions of a size that may be the number `a` at n and `b` at m."""
    of = type(a)
    if of is int or isinstance(a, np.integer):
        if (whole := _whole(int(a), int(b), n, m)) is not None:
            yield _typed(of, whole)
    elif isinstance(a, (float, np.floating)) and np.isfinite(a) and np.isfinite(b) and a * b:
        if (whole := _whole(round(a), round(b), n, m)) is not None:
            yield _typed(of, whole)
        for above in (1, 2, -1, -2, round(a * n)):
            below = _whole(round(above / a), round(above / b), n, m)
            if below is not None and below(n) * below(m) > 0:  # and no 0 between them
                yield _fraction(of, above, below)


def _typed(of: type, whole: Callable[[int], int]) -> At:
    return lambda k: of(whole(k))


def _fraction(of: type, above: int, below: Callable[[int], int]) -> At:
    return lambda k: of(above / below(k))


def _whole(a: int, b: int, n: int, m: int) -> Callable[[int], int] | None:
    """Return a multiple of the size, or the multiple and 1 more or less, or the size and some.

    Other straight lines are none: they would also go through two squares.
    """
    slope, rest = divmod(a - b, n - m)
    more = a - slope * n
    if rest or (slope != 1 and abs(more) > 1):
        return None
    return lambda k: slope * k + more


def _array(a: np.ndarray, b: np.ndarray, n: int, m: int) -> At:
    if (a.dtype, a.ndim) != (b.dtype, b.ndim):
        raise Different
    if a.shape == b.shape and a.tobytes() == b.tobytes():
        return lambda _: a
    sizes = [_leaf(x, y, n, m) for x, y in zip(a.shape, b.shape, strict=True)]
    if a.size and b.size and (a == a.flat[0]).all() and (b == b.flat[0]).all():
        number, room = _leaf(a.flat[0], b.flat[0], n, m), not any(a.strides)
        return lambda k: (outline if room else np.array)(
            np.broadcast_to(number(k), [size(k) for size in sizes])
        )
    if all(np.array_equal(x.ravel(), np.arange(x.size)) for x in (a, b)):
        return lambda k: numbered([size(k) for size in sizes]).astype(a.dtype)
    raise Different

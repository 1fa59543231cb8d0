"""Replay: a program as it is run again and again, with or without a gradient to come."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd.base.modes import is_grad_enabled
from autograd.base.tree import flatten
from autograd.primitive import Primitive
from autograd.program.effects import Effect
from autograd.program.equations import Name
from autograd.program.program import Program
from autograd.program.replay.halves import halves
from autograd.program.replay.outside import Outside
from autograd.program.replay.plan import Plan
from autograd.program.tracing.refusals import too_large
from autograd.rules.packing import pack, unpack
from autograd.rules.shape import DETACHED, in_dtype
from autograd.tensor import Tensor, constant, raw, record
from autograd.transforms.standin import Standin

NUMBERS = {int: np.int64, float: np.float64, complex: np.complex128}


class Pool:
    """The plans of a program: as many, each with its own places, as threads run it at once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.idle: list[Callable[..., tuple[Any, ...]]] = []

    def __call__(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Compute the results, with places that nobody else is using."""
        try:
            replay = self.idle.pop()
        except IndexError:
            replay = Plan(self.program).function()
        results = replay(*values)  # if it is interrupted, other threads go on writing for a while
        self.idle.append(replay)
        return results


class Replay:
    """A program that stands for a function: it takes and returns what that does."""

    def __init__(
        self, program: Program, args: tuple[Any, ...], outside: Outside | None, proven: bool = True
    ) -> None:
        self.program, self.outside, self.proven = program, outside, proven
        self.run = Pool(program)
        self._nested = any(isinstance(a, (list, tuple, dict)) for a in args)
        # which leaves of the arguments are inputs; which inputs are to be made NumPy's own
        self._given = [i for i, a in enumerate(program.arguments) if type(a) is Name]
        leaves = flatten(list(args))[0]
        kinds = [type(leaves[i]) for i in self._given]
        self._casts = [(k, cast) for k, kind in enumerate(kinds) if (cast := _cast(kind))]
        self._parameters = list(program.parameters.values())
        self._rewritten = {e.tensor for e in program.effects if e.is_of_data}
        self._wrapped = bool(self._parameters) or Tensor in kinds  # or there is no Tensor to unwrap
        self._connected = [k for k, is_so in enumerate(program.connected) if is_so]
        self._count = len(program.outputs)  # of the results; the others are left in tensors
        self._sources: dict[int, set[Any]] = {}
        self._halves: tuple[Pool, Pool | None, list[int]] | None = None

    def __call__(self, args: tuple[Any, ...]) -> Any:
        values = self._values(args)
        if self._connected and is_grad_enabled():
            return self._record(values)
        return self._leave(self.run(self._raw(values)))

    def guess(self, args: tuple[Any, ...]) -> tuple[Any, list[tuple[Effect, Any]]]:
        """Return what a call would return, and what it would leave in tensors."""
        results = self.run(self._raw(self._values(args)))
        left = zip(self.program.effects, results[self._count :], strict=True)
        result = self.program.result(results[: self._count])
        return result, [(effect, effect.future(y)) for effect, y in left]

    def _leave(self, results: Sequence[Any]) -> Any:
        """Leave in tensors what belongs there, and return what the function returns."""
        if self.program.effects or self.program.summed:
            self.program.leave(results[self._count :])
            results = results[: self._count]
        return self.program.result(results)

    def _raw(self, values: list[Any]) -> list[Any]:
        return [*map(raw, values)] if self._wrapped else values

    def _values(self, args: tuple[Any, ...]) -> list[Any]:
        """Return the arguments and the parameters that are inputs."""
        leaves = flatten(list(args))[0] if self._nested else args
        values = [*map(leaves.__getitem__, self._given)]
        for k, cast in self._casts:  # Python's raise an error where NumPy's are infinite
            try:
                values[k] = cast(values[k])
            except OverflowError:
                raise too_large([*self.program.inputs][k].text, values[k]) from None
        return values + self._parameters

    # ── with a gradient to come ────────────────────────────────────────────────────────────────
    def _record(self, values: list[Any]) -> Any:
        """Record the whole program as one operation, for backward to come."""
        program, which = self.program, self._connected
        if self._halves is None:
            self._halves = self._cut(values)
        first, second, wanted = self._halves
        several = len(which) > 1  # in one array then, as an operation has one result
        made: list[Any] = []
        asked: set[int] = set()  # the results at which gradients have arrived

        def chosen(made: Sequence[Any]) -> Any:
            parts = [made[k] for k in which]
            return pack(0, *parts) if several else parts[0]

        def forward(*xs: Any) -> Any:
            made[:] = first(xs)
            return chosen(made)

        def joint(g: Any, _: Any, *xs: Any) -> list[Any]:
            gs = [*map(in_dtype, unpack(g, *shapes), dtypes)] if several else [g]
            if second is None or any(isinstance(x, (Tensor, Standin)) for x in (g, *xs)):
                found = program.pullback(which, wanted, gs, *xs)
            else:
                sent = dict(zip(wanted, second([*gs, *xs, *kept]), strict=True))
                found = [sent.get(i) for i in range(len(xs))]
            if several and len(asked) < len(which):  # what is 0 there comes to nothing
                come = set[Any]().union(*map(self._sources.__getitem__, asked))
                pairs = zip(program.inputs, found, strict=True)
                found = [d if name in come else None for name, d in pairs]
            asked.clear()
            return found

        op = Primitive(forward, (), joint=joint, name=program.name, code="{*}")
        y = record(op, tuple([self._read(x, i in wanted) for i, x in enumerate(values)]))
        op.call = lambda *xs: chosen(self.run(xs))  # again, for other numbers: they are not kept
        given, kept = made[: len(program.results)], made[len(program.results) :]
        made.clear()  # which y refers to, as to what is kept
        shapes, dtypes = zip(*[(np.shape(given[k]), given[k].dtype) for k in which], strict=True)
        for k, part in zip(which, unpack(y, *shapes) if several else [y], strict=True):
            result = _noting(part, partial(asked.add, k)) if several else part
            given[k] = in_dtype(result, given[k].dtype)  # of before it was packed
        return self._leave(given)

    def _read(self, x: Any, wanted: bool) -> Any:
        """Return an argument for backward to come: it is what it was before it is written into."""
        if type(x) is not Tensor or wanted:
            return x
        if x in self._rewritten:
            return constant(np.array(x.data)[()])
        return x.detach() if x.requires_grad else x

    def _cut(self, values: Sequence[Any]) -> tuple[Pool, Pool | None, list[int]]:
        """Return what runs now, what runs backward, and the inputs that want gradients."""
        self._sources = {k: self._reached(k) for k in self._connected}
        reached = set[Any]().union(*self._sources.values())
        pairs = enumerate(zip(self.program.inputs, values, strict=True))
        wanted = [
            i for i, (n, x) in pairs if type(x) is Tensor and x.requires_grad and n in reached
        ]
        try:
            first, second = halves(self.program, self._connected, wanted, [*map(raw, values)])
        except Exception:  # noqa: BLE001  # backward says what is wrong, if it is asked for
            return self.run, None, wanted
        return Pool(first), Pool(second), wanted

    def _reached(self, k: int) -> set[Any]:
        """Return the inputs that gradients of a result come to: None is left in others.

        What nothing reads may have been overwritten, and 0 comes to that. What is rewritten stands
        for two tensors, before and after: backward refuses a gradient of either.
        """
        program = self.program
        found = {program.outputs[k]}
        rewritten = {n: p for n, p in program.parameters.items() if p in self._rewritten}
        unread = program.inputs.keys() - rewritten
        for e in reversed(program.equations):
            unread.difference_update(e.args)
            if e.name in found and e.op is not DETACHED and e.like.dtype.kind in "fc":
                found.update([a for a in e.args if type(a) is Name])
        after = {
            e.tensor
            for e in program.effects
            if e.is_of_data and (e.name in found or type(e.name) is not Name)
        }
        return found | unread | {n for n, p in rewritten.items() if p in after}


def _noting(x: Tensor, note: Callable[[], None]) -> Tensor:
    """Return a tensor that tells when a gradient arrives."""

    def rule(g: Any, _: Any, __: Any) -> Any:
        note()
        return g

    return record(Primitive(lambda x: x, (rule,), name="part", code="{0}"), (x,))


def _cast(kind: type) -> Callable[[Any], Any] | None:
    """Return what makes a number of Python's, or a kind of array, NumPy's own."""
    if issubclass(kind, np.ndarray) and kind is not np.ndarray:
        return np.asarray
    return NUMBERS.get(kind)

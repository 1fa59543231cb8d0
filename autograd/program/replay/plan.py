"""The plan: how a program is replayed without making arrays that it can do without.

Results lie in a few buffers, which are used again as soon as nobody needs what is in them, and
NumPy's functions write straight into their places. What leaves the program is an array of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.base.blocks import LARGE, in_pieces
from autograd.program.equations import Equation, Name, Names
from autograd.program.printers.literals import is_repeated
from autograd.program.program import Program
from autograd.program.replay.chains import WORDS, Chain, chained, spell_chain
from autograd.program.replay.fusing import fused
from autograd.program.replay.kernels import IN_PLACE, PARTIAL, kernel_of, ufunc
from autograd.program.replay.lifetimes import GRADIENT, Lifetimes, left_by
from autograd.rules.cross_entropy import (
    by_rows,
    fill_cross_entropy,
    layout,
    softmax_cross_entropy,
    to_gradient,
)
from autograd.rules.shape import VIEWS


class Plan:
    r"""The lines of a replay, and the objects that they refer to.

    Attributes
    ----------
    lines : Python, an operation each.
    scope : functions, constants and buffers, by name.
    bytes : what the buffers take.

    Examples
    --------
    >>> from autograd.program import capture
    >>> plan = Plan(capture(lambda x: np.sum(np.exp(-x)), np.ones(3)))
    >>> print("\n".join(plan.lines))
    negative(x, out=t1)
    exp(t1, out=t2)
    t3 = add_up(t2)
    return t3,
    >>> np.shares_memory(plan.scope["t1"], plan.scope["t2"])
    True
    """

    def __init__(self, program: Program) -> None:
        self.program = program = fused(program)
        self.lines: list[str] = []
        self.scope: dict[str, Any] = {n.text: x for n, x in program.constants.items()}
        self.bytes = 0
        self._like = program.like
        # by name, the number that all elements of a constant are
        self._uniform = {n: x.flat[0] for n, x in program.constants.items() if is_repeated(x)}
        self._definitions: list[str] = []  # of functions, one for each chain
        self._steps = chained(program)
        self._fixed = set(program.constants)  # whose arrays are there before the replay
        self._names = Names(WORDS | {n.text for n in self._like})
        self._referred: dict[int, str] = {}  # by the identity of what is in the scope
        self._lives = lives = Lifetimes(program, self._steps)
        self._held: dict[Name, np.ndarray] = {}  # the buffers of results that are still needed
        self._free: list[np.ndarray] = []  # the other buffers
        self._left: dict[Name, str] = {}  # what the lines call what each cross-entropy leaves
        self._early: set[Name] = set()  # gradients that came with their cross-entropy
        ending: dict[int, list[Name]] = defaultdict(list)
        for name, i in lives.last.items():
            ending[i].append(name)
        for i, e in enumerate(self._steps):
            if isinstance(e, Chain):
                self._chain(e, i)
            elif e.name in lives.base:
                self._view(e)
            else:
                self._compute(e, i)
            self._free += [self._held.pop(name) for name in ending[i] if name in self._held]
        results = "".join(
            f"{self._result(y, program.results[:k])}, " for k, y in enumerate(program.results)
        )
        self.lines.append(f"return {results or '()'}".rstrip())

    def function(self) -> Callable[..., tuple[Any, ...]]:
        """Return the replay, as a function of the program's inputs; only one thread may run it."""
        body = "".join(f"    {line}\n" for line in self.lines)
        name = self._names.take("replay")
        text = f"def {name}({', '.join(map(str, self.program.inputs))}):\n{body}"
        chains = self._define("".join(self._definitions), self.scope)
        replay: Callable[..., tuple[Any, ...]] = self._define(text, self.scope | chains)[name]
        return replay

    def _define(self, text: str, scope: Mapping[str, Any]) -> dict[str, Any]:
        """Return the functions of a text; none is in its own globals, where it would never die."""
        made: dict[str, Any] = {}
        exec(compile(text, f"<replay of {self.program.identifier}>", "exec"), dict(scope), made)  # noqa: S102  # our own text
        return made

    def refer(self, value: Any) -> str:
        """Return a name for an object."""
        text = self._referred.get(id(value))
        if text is None:
            wish = getattr(value, "__name__", "value")
            text = self._names.take(wish if wish.isidentifier() else "value")
            self._referred[id(value)], self.scope[text] = text, value
        return text

    # ── places ────────────────────────────────────────────────────────────────────────────────
    def _place(self, name: Name, like: Any, dying: Sequence[Name] = (), order: str = "C") -> str:
        """Find room for a result: an array of its own, a dying argument's, or a free buffer."""
        text = name.text
        if name in self._lives.leaving:
            self.lines.append(f"{text} = {self.refer(np.empty)}({like.shape}, {like.dtype.str!r})")
            return text
        for a in dying:
            old = self._like[a]
            if a in self._held and (old.shape, old.dtype) == (like.shape, like.dtype):
                raw = self._held.pop(a)
                break
        else:
            raw = self._room(like.nbytes)
        self._held[name] = raw
        flat = raw[: like.nbytes].view(like.dtype)
        self.scope[text] = flat.reshape(like.shape, order=order)
        self._fixed.add(name)
        return text

    def _dying(self, e: Equation, i: int) -> list[Any]:
        """Return the arguments that a result may be written over, at step i, in their order."""
        kernel = kernel_of(e.op)
        args = e.args if e.op.elementwise and kernel in IN_PLACE else e.args[: kernel in PARTIAL]
        ending = [a for a in args if a in self._held and self._lives.last.get(a) == i]
        return [a for a in ending if self.scope[a.text].flags.c_contiguous]

    def _room(self, size: int) -> np.ndarray:
        fitting = [raw for raw in self._free if raw.nbytes >= size]
        if fitting:
            best = min(fitting, key=lambda raw: raw.nbytes)
            self._free = [raw for raw in self._free if raw is not best]
            return best
        self.bytes += size
        return np.empty(size, np.uint8)

    # ── lines ──────────────────────────────────────────────────────────────────────────────────
    def _view(self, e: Equation) -> None:
        """Look at a result differently: once and for all, if it lies in a buffer."""
        base = self.scope[e.args[0].text] if e.args[0] in self._fixed else None
        view = None if base is None else e.op.call(base, **e.params)
        if view is not None and np.may_share_memory(view, base):
            self.scope[e.name.text] = view
            self._fixed.add(e.name)
        elif e.op.fn is np.transpose and e.params.get("axes") is None:
            self.lines.append(f"{e.name} = {e.args[0]}.T")
        else:
            self._call(e)

    def _compute(self, e: Equation, i: int) -> None:
        if e.op.fn is softmax_cross_entropy and np.ndim(self._like[e.args[0]]) == 2:
            return self._cross_entropy(e)
        if e.name in self._early:
            return None
        if e.op is GRADIENT and e.like.dtype == self._like[e.args[0]].dtype:
            return self._d_cross_entropy(e)
        kernel = kernel_of(e.op)
        own = kernel is ufunc and e.name in self._lives.leaving  # a new array is wanted anyway
        if kernel is None or own or self._is_shared(e) or not np.ndim(e.like) or not e.like.size:
            return self._call(e)
        lines = kernel(self.refer, e, self._examples(e), [self._argument(a) for a in e.args])
        if lines is None:
            return self._call(e)
        out = self._place(e.name, e.like, dying := self._dying(e, i))
        if kernel in PARTIAL and (not dying or dying[0] in self._held):
            self.lines.append(f"{self.refer(np.copyto)}({out}, {self._argument(e.args[0])})")
        self.lines += [line.replace("$OUT", out) for line in lines]
        return None

    def _chain(self, chain: Chain, i: int) -> None:
        """Compute elementwise operations together, without the arrays that only they need."""
        kept = [e.name for e in chain.equations if np.ndim(e.like) and self._lives.last[e.name] > i]
        name = self._names.take(f"chain_{i}")
        text, reads, sums = spell_chain(
            name, chain, kept, self.refer, self._scalar, self._like.__getitem__
        )
        self._definitions.append(text)
        base = self._lives.base
        seen = {base[a] for a in reads if a in base}  # maybe in another order
        for k, e in enumerate(chain.equations):
            if e.name in kept:
                later = {a for after in chain.equations[k + 1 :] for a in after.args}
                dying = [a for a in self._dying(e, i) if a not in later | seen]
                self._place(e.name, e.like, dying)
        arrays = ", ".join(n.text for n in (*reads, *kept))
        results = f"[{', '.join(map(str, sums))}] = " if sums else ""
        self.lines.append(f"{results}{name}({arrays})")

    def _scalar(self, a: Any) -> str:
        """Write an argument of a chain: an array of one repeated number is that number."""
        return self.refer(self._uniform[a]) if a in self._uniform else self._argument(a)

    def _call(self, e: Equation) -> None:
        """Compute a result by the operation itself, which makes a new array."""
        params = "".join(f", {k}={self._argument(v)}" for k, v in e.params.items())
        args = ", ".join(self._argument(a) for a in e.args)
        text = f"{self.refer(e.op.call)}({args}{params})"
        if self._is_shared(e):
            text = f"{self.refer(in_pieces)}({self.refer(e.op.call)}, {args})"
        if np.ndim(e.like) and _may_be_an_argument(e):
            text = f"{self.refer(np.array)}({text})"  # nobody looks after what it is a view of
        elif not np.ndim(e.like) and (e.op.fn in VIEWS or self._is_of_numbers(e)):
            text += "[()]"  # a number, where np.where makes an array, and no view of one
        self.lines.append(f"{e.name} = {text}")

    def _examples(self, e: Equation) -> list[Any]:
        return [self._like[a] if type(a) is Name else a for a in e.args]

    def _is_shared(self, e: Equation) -> bool:
        """Tell whether threads share the work of an equation that is in no chain."""
        same = {*map(np.shape, self._examples(e))} <= {(), np.shape(e.like)}
        return e.op.elementwise and not e.params and same and e.like.size >= e.op.large

    def _is_of_numbers(self, e: Equation) -> bool:
        """Tell whether a function of ours or of NumPy's, but no ufunc, takes numbers only."""
        numbers = not any(map(np.ndim, self._examples(e)))
        return numbers and not isinstance(e.op.fn, np.ufunc) and not _may_be_an_argument(e)

    def _cross_entropy(self, e: Equation) -> None:
        """Compute a loss, and with it its gradient, where that waits for nothing else."""
        x, left = self._like[e.args[0]], left_by(e)
        loss = self._place(e.name, e.like)
        same = (d for d in self.program.equations if d.op is GRADIENT and left_by(d) == left)
        now = [d for d in same if d.args[2] in self._uniform and d.like.dtype == x.dtype][:1]
        if now and self._may_fill(now[0]):
            (d,) = now
            self._early.add(d.name)
            return self._fill(d, e.args, loss)
        text = self._place(left, x, order=layout(x))  # which is no name that a line could use
        self._left[left] = buffer = self.refer(self.scope.pop(text))
        return self._rows(fill_cross_entropy, x, [*map(self._argument, e.args), buffer, loss])

    def _d_cross_entropy(self, e: Equation) -> None:
        """Compute the gradient of a loss, from what that has left if it was computed."""
        if (left := left_by(e)) not in self._held:
            return self._fill(e, e.args[:2], "None") if self._may_fill(e) else self._call(e)
        buffer = self._left[left]
        self._rows(
            to_gradient, e.like, [buffer, self._argument(e.args[1]), self._scalar(e.args[2])]
        )
        self._held[e.name] = self._held.pop(left)
        self.scope[e.name.text] = self.scope[buffer]
        self._fixed.add(e.name)
        return None

    def _may_fill(self, d: Equation) -> bool:
        """Tell whether a gradient may lie as it is computed: what leaves lies in rows."""
        return layout(d.like) == "C" or d.name not in self._lives.leaving

    def _fill(self, d: Equation, args: Sequence[Any], loss: str) -> None:
        """Compute a loss and its gradient d in one go."""
        out = self._place(d.name, d.like, order=layout(d.like))
        given = [*map(self._argument, args), out, loss, self._scalar(d.args[2])]
        self._rows(fill_cross_entropy, d.like, given)

    def _rows(self, f: Callable[..., None], x: Any, args: Sequence[str]) -> None:
        """Call a function of the numbers of x's rows and more, on pieces where x is large."""
        rows = self.refer(np.arange(len(x)))
        self.lines.append(f"{self.refer(by_rows(f, x))}({', '.join([rows, *args])})")

    def _argument(self, a: Any) -> str:
        if type(a) is Name:
            return a.text
        if type(a) in (int, bool) or (type(a) is float and np.isfinite(a)):
            return repr(a)
        return self.refer(a)

    def _result(self, y: Any, before: Sequence[Any]) -> str:
        if type(y) is not Name:
            return f"{self.refer(y)}.copy()" if np.ndim(y) else self.refer(y)
        x = self._like[y]
        if y in self._uniform and x.size >= LARGE:  # quicker than to read what it is
            return f"{self.refer(np.full)}({x.shape}, {self.refer(self._uniform[y])})"
        if not np.ndim(x):
            shared = y in before or y in self.program.inputs  # perhaps an array without axes
            return f"{self.refer(np.copy)}({y})[()]" if shared else y.text
        lives = self._lives
        base = lives.base.get(y, y)
        own = base in lives.leaving and base not in self._fixed and base not in self.program.inputs
        own = own and y not in before and y not in lives.read_only
        own = own and (base is y or base not in self.program.results)
        return y.text if own else f"{y}.copy()"


def _may_be_an_argument(e: Equation) -> bool:
    """Tell whether an operation may return its argument, or a view of it, unlike our own rows."""
    if e.op.fn is np.einsum:
        return len(e.args) == 1
    if e.op.fn is np.diff:
        return e.params.get("n") == 0
    return e.op.home.partition(".")[0] not in {"numpy", "scipy", "_operator", "autograd"}

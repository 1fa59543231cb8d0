"""Costs: shapes, arithmetic and memory of a program, as tables."""

import math
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.equations import Equation, Name
from autograd.rules.shape import VIEWS

if TYPE_CHECKING:
    from autograd.program.program import Program

MOVING = {
    "reshape", "ravel", "squeeze", "expand_dims", "transpose", "swapaxes", "moveaxis", "flip",
    "roll", "copy", "concatenate", "stack", "broadcast_to", "diagonal", "tril", "triu", "getitem",
    "setitem", "gather", "place", "pad", "astype", "detached", "class_indices", "argsort",
}  # fmt: skip
"""Operations that move elements, and compute nothing."""

REDUCING = {
    "scatter": 1, "scatter_at": 1, "norm": 2,
    **dict.fromkeys(("var", "std", "logsumexp"), 4),
    **dict.fromkeys(("softmax", "log_softmax", "softmax_cross_entropy", "d_cross_entropy"), 5),
}  # fmt: skip
"""So many operations on each element of the first argument, however many the result has: a softmax
takes the largest, subtracts it, takes exp, sums and divides."""


FACTORING: dict[str, Callable[[int, int], float]] = {
    **dict.fromkeys(("det", "slogdet", "solve"), lambda m, n: 2 / 3 * n**3),
    **dict.fromkeys(("inv", "cofactors"), lambda m, n: 2 * n**3),
    "cholesky": lambda m, n: n**3 / 3,
    "qr": lambda m, n: 4 * m * n**2 - 4 / 3 * n**3,
    "eigvalsh": lambda m, n: 4 / 3 * n**3, "eigh": lambda m, n: 9 * n**3,
    "eig": lambda m, n: 25 * n**3, "svdvals": lambda m, n: 4 * m * n**2 - 4 / 3 * n**3,
    **dict.fromkeys(("svd", "pinv", "lstsq"), lambda m, n: 14 * m * n**2 + 8 * n**3),
}  # fmt: skip
"""The leading terms for a matrix (m, n), m >= n, of LAPACK's way (Golub and Van Loan, "Matrix
computations", 4th edition, 2013, chapters 3 to 5, 7 and 8)."""


@dataclass(frozen=True, repr=False)
class Table(Mapping[str, Any]):
    """One entry for each result of a program.

    Attributes
    ----------
    title : what is told.
    rows : the entry of each result, by its name.
    operations : how each was computed.
    total : all in all, if that makes sense.
    """

    title: str
    rows: Mapping[str, Any]
    operations: Mapping[str, str]
    total: int | None = None

    def __getitem__(self, name: str) -> Any:
        return self.rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        cells = [(name, self.operations[name], _written(x)) for name, x in self.rows.items()]
        widths = [max((len(row[i]) for row in cells), default=0) for i in range(3)]
        lines = [self.title if self.total is None else f"{self.title}: {self.total:,}"]
        lines += [f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in cells]
        return "\n".join(lines)


def shapes(program: "Program") -> Table:
    """Return the shape of every result."""
    rows = {str(e.name): np.shape(e.like) for e in program.equations}
    return Table(f"shapes of {program.name}", rows, _operations(program))


def flops(program: "Program") -> Table:
    """Return how many operations on numbers each result takes, by its shapes.

    A product of matrices (m, k) and (k, n) takes 2mnk; a convolution two per element of its result
    and entry of a kernel; an operation on each element one per element of the result, whatever it
    is; a reduction one per element of its argument; moving nothing. Factorizations and Fourier
    transforms take what their usual algorithms take, up to lower terms.
    """
    rows = {
        str(e.name): _flops(e, [program.like[a] if type(a) is Name else a for a in e.args])
        for e in program.equations
    }
    title = f"operations on numbers in {program.name}"
    return Table(title, rows, _operations(program), sum(rows.values()))


def memory(program: "Program") -> Table:
    """Return the bytes of each result; the total is what a replay has at once at most.

    That is the buffers of its plan, in which results lie one after the other, and what it returns.
    """
    from autograd.program.replay.plan import Plan  # noqa: PLC0415  # which is made of programs

    rows = {
        str(e.name): 0 if e.op.fn in VIEWS else int(np.asarray(e.like).nbytes)
        for e in program.equations
    }
    results = {y for y in program.results if type(y) is Name}
    returned = sum(int(np.asarray(program.like[y]).nbytes) for y in results)
    title = f"bytes of {program.name}, at once at most"
    return Table(title, rows, _operations(program), Plan(program).bytes + returned)


def _flops(e: Equation, xs: list[Any]) -> int:
    name, size = e.op.name, int(np.size(e.like))
    if name in MOVING:
        return 0
    if e.op.definition is not e.op.call:  # in other rows
        from autograd.program.tracing.capture import capture  # noqa: PLC0415  # as above

        return flops(capture(partial(e.op.definition, **e.params), *xs)).total or 0
    if name == "einsum":
        return _einsum(e.params["subscripts"], xs)
    if name in ("matmul", "dot", "inner", "vdot", "tensordot", "vecdot", "matvec", "vecmat"):
        return 2 * size * _contracted(name, e.params, *xs)
    if name in ("conv", "conv_input", "conv_weight"):
        return _convolved(name, e.like, *xs)
    if name == "max_pool":
        return size * math.prod(e.params["kernel"])
    if name == "sort":
        axis = e.params.get("axis", -1)
        n = int(np.size(xs[0]) if axis is None else np.shape(xs[0])[axis])
        return int(np.size(xs[0])) * math.ceil(math.log2(max(n, 1)))
    if name in FACTORING:
        *stack, m, n = np.shape(xs[0])
        each = FACTORING[name](max(m, n), min(m, n))
        return round(math.prod(stack) * each) + (2 * n * size if name == "solve" else 0)
    if name in ("fft", "ifft", "rfft", "irfft"):  # 5 n log2(n) of complex numbers, half of real
        n = int(np.shape(e.like if name == "irfft" else xs[0])[e.params.get("axis", -1)])
        longest = max(size, int(np.size(xs[0])))
        return round((2.5 if "r" in name else 5) * longest * math.log2(max(n, 1)))
    if name in REDUCING:
        return REDUCING[name] * int(np.size(xs[0]))
    return size if e.op.elementwise else max(size, int(np.size(xs[0])))


def _contracted(name: str, params: Mapping[str, Any], a: Any, b: Any) -> int:
    """Return how many products each element of the result is the sum of."""
    if name == "vdot":
        return int(np.size(a))
    if name == "tensordot":
        axes = params.get("axes", 2)
        own = range(-axes, 0) if isinstance(axes, int) else np.atleast_1d(axes[0])
        return math.prod(np.shape(a)[i] for i in own)
    return int(np.shape(a)[-1]) if np.ndim(a) and np.ndim(b) else 1


def _convolved(name: str, y: Any, first: Any, second: Any, bias: Any = None) -> int:
    """Count for the convolution that this is, or is a derivative of: these take as many."""
    kernels = y if name == "conv_weight" else second
    result = y if name == "conv" else first
    added = 0 if bias is None else int(np.size(y))
    return 2 * int(np.size(result)) * math.prod(np.shape(kernels)[1:]) + added


def _einsum(subscripts: str, xs: list[Any]) -> int:
    """Count a multiplication per factor, and an addition, for each combination of all indices."""
    terms = subscripts.replace(" ", "").partition("->")[0].split(",")
    lengths: dict[str, int] = {}
    for term, x in zip(terms, xs, strict=True):
        spare = [c for c in string.ascii_letters if c not in subscripts]
        hidden = "".join(spare[: np.ndim(x) - len(term.replace("...", ""))])
        for c, n in zip(term.replace("...", hidden), np.shape(x), strict=True):
            lengths[c] = max(n, lengths.get(c, 0))
    return len(terms) * math.prod(lengths.values())


def _operations(program: "Program") -> dict[str, str]:
    return {str(e.name): f"{e.op.name}({', '.join(map(str, e.args))})" for e in program.equations}


def _written(x: Any) -> str:
    return f"{x:,}" if isinstance(x, int) else str(x)

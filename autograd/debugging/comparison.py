"""Comparison with PyTorch, operation by operation: where two implementations part ways."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.base.errors import function_name, refusal
from autograd.program import capture
from autograd.program.engines.standard import is_spelled
from autograd.program.equations import Equation, Name
from autograd.program.program import Program
from autograd.sweep.steps import contributions
from autograd.tensor import Tensor, constant, record

ROOMS = ("fft", "linalg")
"""Of NumPy and of PyTorch, with the same functions."""

WORDS = {"axis": "dim", "keepdims": "keepdim", "axes": "dim"}
"""What PyTorch calls parameters."""


@dataclass(frozen=True)
class Difference:
    """What PyTorch makes of one operation.

    Attributes
    ----------
    name, operation : what the result is called, and how it was computed.
    value, gradient : the largest difference, beside 1 or the largest number of PyTorch's, whichever
        is more; inf where one has a nan or an inf that the other has not, None where there is
        nothing to compare.
    reason : why PyTorch was not asked, if so.
    """

    name: str
    operation: str
    value: float | None = None
    gradient: float | None = None
    reason: str = ""

    @property
    def largest(self) -> float:
        """The larger of the two; what could not be compared comes behind everything else."""
        return -1.0 if self.reason else max(self.value or 0.0, self.gradient or 0.0)


class Comparison(Sequence[Difference]):
    """The operations of a function, those with the largest difference first."""

    def __init__(self, of: str, differences: Sequence[Difference]) -> None:
        self.of = of
        self.differences = sorted(differences, key=lambda d: -d.largest)

    def __getitem__(self, i: Any) -> Any:
        return self.differences[i]

    def __len__(self) -> int:
        return len(self.differences)

    @property
    def largest(self) -> float:
        """The largest difference of all; 0 where nothing was compared."""
        return max((d.largest for d in self.differences if not d.reason), default=0.0)

    def __repr__(self) -> str:
        known = any(not d.reason for d in self)
        told = f"the largest difference is {self.largest:.1e}" if known else "nothing was compared"
        title = f"{self.of} beside PyTorch: {told}"
        table = [("result", "operation", "value", "gradient"), *map(_cells, self)]
        widths = [max(len(row[i]) for row in table) for i in range(3)]
        lines = [
            f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c:<{widths[2]}}  {d}".rstrip()
            for a, b, c, d in table
        ]
        return "\n".join([title, *lines])


def compare_with_torch(f: Callable[..., Any], *args: Any) -> Comparison:
    """Compare each operation of ``f(*args)``, and its derivative, with PyTorch's.

    f is captured as a program. Each of its operations is then given to PyTorch by itself: with our
    arguments, and with the gradient that arrives there when the sum of the results is
    differentiated. So a difference is blamed on the operation that makes it, not on what comes
    after. An operation that PyTorch lacks is written out by its definition, if it has one.

    Parameters
    ----------
    f : a function of arrays that returns arrays (or containers of them).
    *args : where it is compared.

    Returns
    -------
    A sequence of `Difference`, the largest first, which prints as a table. PyTorch's conjugate
    convention for gradients of complex numbers is not counted as a difference.

    Raises
    ------
    ImportError : without PyTorch and array-api-compat.
    CaptureError : where f is no program: it branches on a value, or reads one as a number.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import compare_with_torch
    >>> def loss(x):
    ...     y = np.hypot(x, x)
    ...     return np.sum(y * y)
    >>> compare_with_torch(loss, np.array([0.0, 1.0]))  # doctest: +SKIP
    loss beside PyTorch: the largest difference is inf
      result  operation       value    gradient
      y       hypot(x, x)     0.0e+00  inf
      t2      multiply(y, y)  0.0e+00  0.0e+00
      loss    sum(t2)         0.0e+00  0.0e+00
    """
    try:
        import torch  # noqa: PLC0415  # which takes a second, where it is installed
    except ImportError as error:
        raise refusal(
            ImportError,
            "PyTorch, which the comparison is with, is not installed",
            f"compare_with_torch({function_name(f)}, ...)",
            'pip install "retrograd[torch]"',
        ) from error
    program = capture(f, *args)
    return Comparison(program.name, list(_differences(program, torch)))


def _differences(program: Program, torch: Any) -> Iterator[Difference]:
    """Compute our side of the whole program, then PyTorch's of each operation."""
    known: dict[Any, Any] = dict(program.constants)
    for name, x in program.inputs.items():
        known[name] = constant(np.asarray(x)[()])
        known[name].requires_grad = known[name].dtype.kind in "fc"
    with np.errstate(all="ignore"):
        for e in program.equations:
            values = tuple(known[a] if type(a) is Name else a for a in e.args)
            known[e.name] = record(e.op, values, dict(e.params))
        results = [known[y] for y in program.outputs if type(y) is Name]
        total = sum((np.sum(y) for y in results if _is_sent(y)), start=constant(np.float64(0)))
        if total.requires_grad:
            total.backward(gradient=np.ones((), total.dtype), retain_graph=True)
        for e in program.equations:
            yield _difference(e, known, torch)


def _difference(e: Equation, known: Mapping[Any, Any], torch: Any) -> Difference:
    """Compare one operation."""
    y = known[e.name]
    names = list(dict.fromkeys(a for a in e.args if type(a) is Name))
    operation = f"{e.op.name}({', '.join(str(a) for a in e.args)})"
    arrays = {n: known[n].data if type(known[n]) is Tensor else known[n] for n in names}
    sent = _is_sent(y) and y.grad is not None
    wanted = [n for n in names if sent and _is_sent(known[n])]
    try:  # of a copy: it reads none backwards
        leaves = {n: torch.tensor(np.array(x)) for n, x in arrays.items()}
        for n in wanted:
            leaves[n].requires_grad_()
        theirs = _theirs(e, arrays, leaves, torch)
        value = _distance(y.data, theirs.detach().numpy())
        if not wanted:
            return Difference(str(e.name), operation, value)
        g = y.grad.data
        theirs.backward(gradient=torch.tensor(np.conj(g)))
        pairs = zip(wanted, _sent_back(e, known, g, wanted), strict=True)
        distances = [_distance(ours, _gradient(leaves[n])) for n, ours in pairs]
    except (RecursionError, AttributeError):  # a definition that needs what PyTorch lacks
        return Difference(str(e.name), operation, reason="PyTorch has no counterpart")
    except (NotImplementedError, RuntimeError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        return Difference(str(e.name), operation, reason=f"PyTorch: {reason:.60}")
    return Difference(str(e.name), operation, value, max(distances))


def _theirs(e: Equation, arrays: Mapping[Name, Any], leaves: Mapping[Name, Any], torch: Any) -> Any:
    """Compute an operation by PyTorch: as the array API spells it, else by its own function."""
    module, _, room = e.op.home.partition(".")
    if module != "numpy" or (is_spelled(e.op) and room not in ROOMS):
        return _alone(e, arrays).to("torch")(*leaves.values())
    place = getattr(torch, room) if room in ROOMS else torch
    given = [leaves[a] if type(a) is Name else torch.tensor(a) for a in e.args]
    return getattr(place, e.op.fn.__name__)(
        *given, **{WORDS.get(k, k): v for k, v in e.params.items()}
    )


def _alone(e: Equation, arrays: Mapping[Name, Any]) -> Program:
    """Return the program of one operation."""
    given = list(arrays)
    places = list(range(len(given)))
    return Program(e.op.name, given, dict(arrays), places, {}, {}, [e], [e.name], [False], 0, [])


def _sent_back(e: Equation, known: Mapping[Any, Any], g: Any, wanted: list[Name]) -> list[Any]:
    """Return what our rules send back to each argument that gets a gradient."""
    node = known[e.name]
    total: dict[Any, Any] = {n: np.zeros_like(known[n].data) for n in wanted}
    for i, gx in contributions(node, node.args, g):
        total[e.args[i]] = total[e.args[i]] + gx
    return list(total.values())


def _gradient(leaf: Any) -> Any:
    """Return PyTorch's gradient in our convention; without one, 0."""
    return 0.0 if leaf.grad is None else np.conj(leaf.grad.resolve_conj().numpy())


def _is_sent(y: Any) -> bool:
    return type(y) is Tensor and y.requires_grad


def _distance(ours: Any, theirs: Any) -> float:
    a, b = np.broadcast_arrays(np.asarray(ours), np.asarray(theirs))
    odd = ~(np.isfinite(a) & np.isfinite(b))
    if np.any((a[odd] != b[odd]) & ~(np.isnan(a[odd]) & np.isnan(b[odd]))):
        return np.inf
    a, b = (np.where(odd, 0, x).astype(np.result_type(x, np.float64)) for x in (a, b))
    return float(np.max(np.abs(a - b), initial=0.0) / np.max(np.abs(b), initial=1.0))


def _cells(d: Difference) -> tuple[str, str, str, str]:
    if d.reason:
        return d.name, d.operation, d.reason, ""
    value, gradient = ("" if x is None else f"{x:.1e}" for x in (d.value, d.gradient))
    return d.name, d.operation, value, gradient

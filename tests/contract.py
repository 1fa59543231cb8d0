"""The semantics contract: what derivatives are where there are none, or where conventions differ.

    python tests/contract.py            write notebooks/contract.md, with what the peers answer here

A line is an expression, where it is evaluated, and what Retrograd answers; the tests hold all of
them, and the page shows them beside what PyTorch, JAX and HIPS autograd answer to the same
expression. Each library answers in a process of its own (HIPS autograd in an environment of its
own, see tests/speed.py); one that is not installed keeps the answers that the page has.
"""
# ruff: noqa: E501  # a line is a line of the table
# ruff: noqa: PLC0415  # a library is imported where it is installed: in its own process

import argparse
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

PAGE = Path(__file__).parents[1] / "notebooks" / "contract.md"
PEERS = {"torch": "PyTorch 2.13", "jax": "JAX 0.10", "hips": "HIPS autograd 1.9"}
ABSENT, REFUSED, NONE = "·", "error", "none"
Answer = tuple[str, str]
"""The value and the gradient of its sum, as the page writes them."""


@dataclass(frozen=True)
class Line:
    """One convention.

    Attributes
    ----------
    expression : of x, in NumPy's words; `np` is what the library calls so.
    x : a number, a list, or an expression for an array.
    value, gradient : Retrograd's answer, as `told` writes it.
    spelled : the expression in the words of those peers that have others.
    """

    expression: str
    x: Any
    value: str
    gradient: str
    spelled: dict[str, str] = field(default_factory=dict)


def line(expression: str, x: Any, value: str, gradient: str, **spelled: str) -> Line:
    return Line(expression, x, value, gradient, spelled)


# fmt: off
CONTRACT: dict[str, tuple[str, list[Line]]] = {
    "Kinks": ("The subgradient of minimum norm, at convex kinks.", [
        line("np.abs(x)", 0.0, "0", "0"),
        line("relu(x)", [-1.0, 0.0, 1.0], "[0, 0, 1]", "[0, 0, 1]"),
        line("np.clip(x, 0, 1)", [0.0, 0.5, 1.0], "[0, 0.5, 1]", "[0, 1, 0]"),
        line("np.linalg.norm(x)", [0.0, 0.0], "0", "[0, 0]"),
        line("np.linalg.norm(x, ord=1)", [0.0, -2.0], "2", "[0, -1]"),
        line("np.linalg.norm(x, ord=np.inf)", [2.0, -2.0, 1.0], "2", "[0.5, -0.5, 0]"),
        line("np.hypot(x, x)", 0.0, "0", "0"),
        line("np.std(x)", [2.0, 2.0], "0", "[0, 0]", torch="np.std(x, correction=0)"),
        line("np.sign(x)", 0.0, "0", "0"),
    ]),
    "Ties": ("Whoever ties shares evenly; what counts an element twice gives it both shares.", [
        line("np.max(x)", [1.0, 3.0, 3.0], "3", "[0, 0.5, 0.5]"),
        line("np.min(x)", [1.0, 1.0, 3.0], "1", "[0.5, 0.5, 0]"),
        line("np.maximum(x, 0.0)", 0.0, "0", "0.5", torch="np.maximum(x, torch.tensor(0.0))"),
        line("np.maximum(x, x)", 1.0, "1", "1"),
        line("np.fmin(x, x)", 1.0, "1", "1"),
        line("np.sort(x)[0]", [1.0, 1.0, 0.5], "0.5", "[0, 0, 1]", torch="np.sort(x).values[0]"),
        line("np.median(x)", [4.0, 1.0, 3.0, 2.0], "2.5", "[0, 0, 0.5, 0.5]"),
        line("np.max(x)", [1.0, np.nan], "nan", "[0, 1]"),
        line("x[[0, 0, 1]]", [1.0, 2.0], "[1, 1, 2]", "[2, 1]", jax="x[np.array([0, 0, 1])]"),
    ]),
    "Removable singularities": ("The limit, and products with zeros exactly.", [
        line("np.sinc(x)", 0.0, "1", "0"),
        line("x ** 0", 0.0, "1", "0"),
        line("x ** 1", 0.0, "0", "1"),
        line("x ** 2", 0.0, "0", "0"),
        line("0.0 ** x", [0.0, 1.0], "[1, 0]", "[0, 0]"),
        line("np.prod(x)", [2.0, 0.0, 3.0], "0", "[0, 6, 0]"),
        line("np.prod(x)", [0.0, 0.0, 3.0], "0", "[0, 0, 0]"),
        line("np.cumprod(x)", [2.0, 0.0, 3.0], "[2, 0, 0]", "[1, 8, 0]", torch="np.cumprod(x, 0)"),
        line("np.logaddexp(x, x)", -np.inf, "-inf", "0"),
        line("logsumexp(x)", [-np.inf, -np.inf], "-inf", "[0, 0]"),
    ]),
    "Infinite derivatives": ("Honest: inf where the derivative is infinite, nan where the chain rule meets 0 · inf.", [
        line("np.sqrt(x)", 0.0, "0", "inf"),
        line("np.cbrt(x)", 0.0, "0", "inf"),
        line("x ** 0.5", 0.0, "0", "inf"),
        line("np.log(x)", 0.0, "-inf", "inf"),
        line("1 / x", 0.0, "inf", "-inf"),
        line("np.arcsin(x)", 1.0, "1.571", "inf"),
        line("np.arccosh(x)", 1.0, "0", "inf"),
        line("np.arctanh(x)", 1.0, "inf", "inf"),
        line("np.sqrt(x * x)", 0.0, "0", "nan"),
        line("np.arctan2(x, x)", 0.0, "0", "nan"),
    ]),
    "Strong zeros": ("A gradient of exactly 0 means *not used*: rules that divide it leave it 0. Beside an infinite factor it is nan.", [
        line("np.where(x > 0, np.log(x), 0.0)", [0.0, 2.0], "[0, 0.6931]", "[0, 0.5]"),
        line("np.where(x > 0, np.sqrt(x), 0.0)", [-1.0, 0.0, 4.0], "[0, 0, 2]", "[0, 0, 0.25]"),
        line("np.where(x > 0, 1 / x, x)", [0.0, 2.0], "[0, 0.5]", "[1, -0.25]"),
        line("np.where(x > 20, x, np.log1p(np.exp(x)))", [0.0, 1000.0], "[0.6931, 1000]", "[0.5, nan]"),
        line("np.sqrt(np.where(x > 0, x, 0.0))", [-1.0, 4.0], "[0, 2]", "[0, 0.25]"),
        line("np.sqrt(np.clip(x, 0, 1))", -1.0, "0", "0"),
    ]),
    "Promotion": ("NumPy 2's (NEP 50); a gradient has the dtype of its tensor. Here x is of float32.", [
        line("x * 2.0", "np.float32(1.5)", "float32 3", "float32 2"),
        line("x * np.float64(2.0)", "np.float32(1.5)", "float64 3", "float32 2", torch="x * torch.tensor(2.0, dtype=torch.float64)"),
        line("x * np.array([2.0])", "np.float32(1.5)", "float64 [3]", "float32 2", torch="x * torch.tensor([2.0], dtype=torch.float64)"),
        line("x * np.arange(1, 3)", "np.ones(2, np.float32)", "float64 [1, 2]", "float32 [1, 2]"),
        line("x * (x > 0)", "np.float32(1.5)", "float32 1.5", "float32 1"),
        line("x / 3", "np.float32(1.5)", "float32 0.5", "float32 0.3333"),
        line("x ** 2", "np.float32(1.5)", "float32 2.25", "float32 3"),
        line("np.where(x > 0, x, 0.0)", "np.float32(1.5)", "float32 1.5", "float32 1"),
        line("np.mean(x)", "np.float16([1, 2])", "float16 1.5", "float16 [0.5, 0.5]"),
        line("np.sum(x, dtype=np.float64)", "np.float32([1, 2])", "float64 3", "float32 [1, 1]"),
    ]),
    "Empty, and masked": ("NumPy's values; of nothing, nothing; of what is left out, 0.", [
        line("np.sum(x)", [], "0", "[]"),
        line("np.prod(x)", [], "1", "[]"),
        line("np.mean(x)", [], "nan", "[]"),
        line("np.max(x)", [], REFUSED, REFUSED),
        line("np.linalg.norm(x)", [], "0", "[]"),
        line("np.cumsum(x)", [], "[]", "[]", torch="np.cumsum(x, 0)"),
        line("np.nansum(x)", [1.0, np.nan], "1", "[1, 0]"),
        line("np.nanmean(x)", [1.0, np.nan, 3.0], "2", "[0.5, 0, 0.5]"),
        line("np.nanmax(x)", [1.0, np.nan, 3.0], "3", "[0, 0, 1]"),
        line("np.nanprod(x)", [2.0, np.nan, 3.0], "6", "[3, 0, 2]"),
        line("np.nanmedian(x)", [1.0, np.nan, 3.0], "2", "[0.5, 0, 0.5]"),
        line("np.sum(x, where=x > 1)", [1.0, 2.0], "2", "[0, 1]"),
    ]),
    "Symmetric matrices": ("Where one triangle of a matrix is read, the gradient is that of the symmetric matrix: both triangles share it.", [
        line("np.linalg.eigh(x)[0][1]", [[2.0, 1.0], [1.0, 2.0]], "3", "[[0.5, 0.5], [0.5, 0.5]]"),
        line("np.linalg.cholesky(x)", [[4.0, 2.0], [2.0, 3.0]], "[[2, 0], [1, 1.414]]", "[[0.2134, 0.07322], [0.07322, 0.3536]]"),
    ]),
    "Whole numbers": ("What is constant between its steps is recorded and has the gradient 0; what is no float has none.", [
        line("np.floor(x)", 1.5, "1", "0"),
        line("np.round(x)", 1.4, "1", "0"),
        line("np.trunc(x)", 1.5, "1", "0"),
        line("x > 1", 1.5, "True", NONE),
        line("np.argmax(x)", [1.0, 2.0], "1", NONE),
        line("np.argsort(x)", [2.0, 1.0], "[1, 0]", NONE),
        line("x % 1.0", 1.5, "0.5", "1"),
        line("x // 1.0", 1.5, "1", "0"),
    ]),
    "Complex numbers": ("The gradient of a real f is ∂f/∂a − i ∂f/∂b, of z = a + ib, as in JAX and HIPS autograd (PyTorch conjugates): of a holomorphic f it is f′(z).", [
        line("np.sin(x)", 1 + 2j, "3.166+1.96j", "2.033-3.052j"),
        line("np.abs(x)", 3 + 4j, "5", "0.6-0.8j"),
        line("np.abs(x)", 0j, "0", "0+0j"),
        line("np.real(x)", 3 + 4j, "3", "1+0j"),
        line("np.imag(x)", 3 + 4j, "4", "0-1j"),
        line("np.conj(x)", 3 + 4j, "3-4j", "1+0j"),
        line("np.real(x * np.conj(x))", 3 + 4j, "25", "6-8j"),
        line("np.angle(x)", 1j, "1.571", "-1+0j"),
        line("np.real(np.exp(1j * x))", 0.5, "0.8776", "-0.4794"),
        line("np.sqrt(x)", -1 + 0j, "0+1j", "0-0.5j"),
    ]),
}
# fmt: on
LINES = [entry for _, lines in CONTRACT.values() for entry in lines]


def at(entry: Line) -> np.ndarray:
    """Return the array (or scalar) at which a line is evaluated."""
    if isinstance(entry.x, str):
        return eval(entry.x, {"np": np})
    return np.array(entry.x, complex if isinstance(entry.x, complex) else float)[()]


def told(value: Any, dtype: bool = False) -> str:
    """Write numbers with four digits, and their dtype if that is the question."""
    array = np.asarray(value)

    def number(v: Any) -> str:
        if np.ndim(v):
            return f"[{', '.join(map(number, v))}]"
        if array.dtype.kind == "c":
            return f"{round(v.real, 12) + 0:.4g}{round(v.imag, 12) + 0:+.4g}j"
        return str(v) if array.dtype.kind == "b" else f"{v + 0:.4g}"  # without the sign of 0

    return f"{array.dtype} {number(array[()])}" if dtype else number(array[()])


# ── the libraries ─────────────────────────────────────────────────────────────────────────────
Differentiated = tuple[Any, Any]
"""The value and the gradient; None for a result without one."""


def ours(source: str, x: Any) -> Differentiated:
    import autograd as ag

    t = ag.Tensor(x, requires_grad=True)
    y = eval(source, {"np": np, "x": t, "relu": ag.relu, "logsumexp": ag.logsumexp})
    if not getattr(y, "requires_grad", False):
        return getattr(y, "data", y), None
    y.backward(gradient=np.ones_like(y.data))
    return y.data, t.grad.data


def torch(source: str, x: Any) -> Differentiated:
    import torch

    t = torch.tensor(x).requires_grad_()
    words = {"relu": torch.relu, "logsumexp": lambda x: torch.logsumexp(x, 0)}
    y = eval(source, {"np": torch, "torch": torch, "x": t, **words})
    if not y.requires_grad:
        return y.numpy(), None
    y.backward(gradient=torch.ones_like(y))
    return y.detach().numpy(), t.grad.resolve_conj().numpy()


def jax(source: str, x: Any) -> Differentiated:
    import jax

    jax.config.update("jax_enable_x64", val=True)
    words = {"relu": jax.nn.relu, "logsumexp": jax.nn.logsumexp}
    y, pull = jax.vjp(
        lambda x: eval(source, {"np": jax.numpy, "x": x, **words}), jax.numpy.asarray(x)
    )
    if y.dtype.kind not in "fc":
        return y, None
    return y, pull(jax.numpy.ones_like(y))[0]


def hips(source: str, x: Any) -> Differentiated:
    from autograd import make_vjp
    from autograd import numpy as anp

    pull, y = make_vjp(lambda x: eval(source, {"np": anp, "x": x}))(x)
    return y, pull(np.ones_like(y))


LIBRARIES: dict[str, Callable[[str, Any], Differentiated]] = {
    "ours": ours, "torch": torch, "jax": jax, "hips": hips,
}  # fmt: skip


def answer(library: str, entry: Line) -> Answer:
    """Ask one library: the value and the gradient, as the page writes them."""
    dtype = isinstance(entry.x, str)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            value, gradient = LIBRARIES[library](
                entry.spelled.get(library, entry.expression), at(entry)
            )
        return told(value, dtype), NONE if gradient is None else told(gradient, dtype)
    except (AttributeError, NameError, ImportError):
        return ABSENT, ABSENT
    except Exception:  # noqa: BLE001  # each library has errors of its own
        return REFUSED, REFUSED


def hips_python() -> Path:
    """Return the interpreter that has HIPS autograd, which tests/speed.py --setup installs."""
    folder = os.environ.get("RETROGRAD_PEERS", Path.home() / ".cache" / "retrograd-peers")
    return Path(folder) / "hips" / "bin" / "python"


def answers(library: str) -> list[Answer] | None:
    """Ask one library about all lines; None where it is not installed."""
    python = str(hips_python()) if library == "hips" else sys.executable
    if not Path(python).exists():
        return None
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} if library == "hips" else None
    done = subprocess.run(
        [python, "-P", __file__, "--ask", library],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    return [(v, g) for v, g in json.loads(done.stdout)] if done.returncode == 0 else None


# ── the page ──────────────────────────────────────────────────────────────────────────────────
def cell(entry: Line, other: Answer) -> str:
    """Write a peer's gradient, and its value if that differs from ours; bold if anything does."""
    value, gradient = other
    if value in (ABSENT, REFUSED):
        return value
    text = gradient if value == entry.value else f"{value}; {gradient}"
    return text if other == (entry.value, entry.gradient) else f"**{text}**"


def where(entry: Line) -> str:
    return entry.x if isinstance(entry.x, str) else told(at(entry))


def rows(column: dict[str, list[str]]) -> Iterator[str]:
    """Write the page, given the cells of each peer."""
    yield "# What derivatives are where there are none\n"
    yield (
        "Each line is an expression, the point where it is evaluated, its value, and the gradient of the\n"
        "sum of the value there; beside it what others answer, **bold** where that differs: the\n"
        f"gradient, behind the value if that differs, too. `{REFUSED}`: it raises one. `{ABSENT}`: the library does not have\n"
        f"the function. `{NONE}`: the result has no gradient. The tests hold every line, and\n"
        "`python tests/contract.py` writes this page.\n"
    )
    index = iter(range(len(LINES)))
    for title, (rule, lines) in CONTRACT.items():
        yield f"## {title}\n\n{rule}\n"
        yield f"| expression | x | value | Retrograd | {' | '.join(PEERS.values())} |"
        yield "|---|---|---|---|" + "---|" * len(PEERS)
        for entry in lines:
            i = next(index)
            others = " | ".join(column[peer][i] for peer in PEERS)
            yield (
                f"| `{entry.expression}` | {where(entry)} | {entry.value} | {entry.gradient} | {others} |"
            )
        yield ""


def recorded() -> dict[str, list[str]]:
    """Return the cells of each peer that the page has."""
    table = [
        line.strip("|\n").split(" | ")[-len(PEERS) :]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    return {p: [cells[k].strip() for cells in table] for k, p in enumerate(PEERS)}


def asked(library: str) -> list[str] | None:
    """Return the cells of a peer, as it answers today; None where it is not installed."""
    told_now = answers(library)
    return told_now and [cell(e, a) for e, a in zip(LINES, told_now, strict=True)]


def page(column: dict[str, list[str]]) -> str:
    return "\n".join(rows(column)).rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the semantics contract.")
    parser.add_argument("--ask", choices=LIBRARIES, help="print what one library answers")
    library = parser.parse_args().ask
    if library:
        __import__({"ours": "autograd.tensor", "hips": "autograd.extend"}.get(library, library))
        json.dump([answer(library, entry) for entry in LINES], sys.stdout)
        return
    before = recorded() if PAGE.exists() else {}
    PAGE.write_text(page({p: asked(p) or before[p] for p in PEERS}), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The support table: what becomes of each function of NumPy, of SciPy and of our own.

    python tests/support.py            write notebooks/support.md

Nothing in it is written by hand. What NumPy lets others override is asked of NumPy; what we do with
it, of the registries; orders and dtypes are found out by running the samples, of which every law
of the tests holds.
"""
# ruff: noqa: E501  # the page has long lines

import operator
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.testing.overrides import (
    get_overridable_numpy_array_functions,
    get_overridable_numpy_ufuncs,
)
from samples import SAMPLES, Case

import autograd as ag
from autograd.primitive import CREATORS, QUERIES, home_of

PAGE = Path(__file__).parents[1] / "notebooks" / "support.md"
KINDS = {
    "derivative": "has a derivative, of any order",
    "no gradient": "recorded; its result is constant, or constant between steps",
    "answered": "asks about an array, and is answered about the data",
    "creates": "makes a new array that is constant",
    "refused": "raises an error that names it where a gradient would be lost; else answers",
}
NUMPY = f"NumPy {'.'.join(np.__version__.split('.')[:2])}"
DTYPES = (np.float32, np.float64, np.complex128)
STEP, CLOSE = 1e-6, 1e-5  # of differences, and what is close to one
SECTIONS = (
    "NumPy: ufuncs", "NumPy: functions of arrays", "numpy.linalg", "numpy.fft",
    "NumPy: other rooms", "Operators", "SciPy", "Our own",
)  # fmt: skip
ROOMS = "integrate", "linalg", "signal", "special", "stats"
LIKE = {fn.__name__ for fn in CREATORS} | {"full", "fromfunction", "fromiter", "genfromtxt"}
CORE = {np._core.umath.clip}  # NumPy lets it be overridden, without another name
OPERATORS = {operator.getitem: "x[i]", operator.pow: "x ** y"}
Function = Callable[..., Any]


# ── what there is ─────────────────────────────────────────────────────────────────────────────
def functions() -> dict[str, dict[str, Function]]:
    """Return all functions by name, in sections."""
    sections: dict[str, dict[str, Function]] = {title: {} for title in SECTIONS}
    overridable = get_overridable_numpy_ufuncs() | get_overridable_numpy_array_functions()
    for fn in overridable | SAMPLES.keys():
        if (place := _place(fn)) is not None:
            section, name = place
            public = getattr(np, fn.__name__, fn) if name == f"np.{fn.__name__}" else fn
            sections[section].setdefault(name, public)
    return {title: dict(sorted(found.items())) for title, found in sections.items()}


def _place(fn: Function) -> tuple[str, str] | None:
    """Return the section and the name of a function; None for a part of rules, without a name."""
    module, name = home_of(fn), fn.__name__
    if fn in OPERATORS:
        return "Operators", OPERATORS[fn]
    if module.startswith(("numpy.linalg", "numpy.fft")):
        return module, f"np.{module[6:]}.{name}"
    if module.startswith("numpy"):
        public = getattr(np, name, None)
        if public is fn and isinstance(fn, np.ufunc):
            return "NumPy: ufuncs", f"np.{name}"
        if public is fn or (module == "numpy" and public is not None and name in LIKE):
            return "NumPy: functions of arrays", f"np.{name}"
        room = module[6:] or "strings" if fn not in CORE else "_core.umath"
        return "NumPy: other rooms", f"np.{room}.{name}"
    if module.startswith("autograd.rules") and name in ag.__all__:
        return "Our own", f"autograd.{name}"
    room = _room_in_scipy(fn)
    return None if room is None else ("SciPy", f"{room}.{name}")


def _room_in_scipy(fn: Function) -> str | None:
    """Return the public module of a function of SciPy's."""
    module = home_of(fn)
    if module.startswith("scipy."):
        return ".".join(part for part in module.split(".") if not part.startswith("_"))
    return None


# ── what becomes of it ────────────────────────────────────────────────────────────────────────
def kind(fn: Function) -> str:
    if fn in SAMPLES:
        return "derivative" if any(map(_differentiable, SAMPLES[fn])) else "no gradient"
    return "answered" if fn in QUERIES else "creates" if fn in CREATORS else "refused"


def _differentiable(case: Case) -> bool:
    xs = [ag.Tensor(x, requires_grad=x.dtype.kind in "fc") for x in case.inputs()]
    return bool(getattr(case.f(*xs), "requires_grad", False))


def dtypes(cases: list[Case]) -> list[str]:
    """Return the dtypes in which the samples' gradients are those of differences."""
    found = []
    for dtype in DTYPES:
        agree = [_agrees(case, dtype) for case in cases[:3]]
        if True in agree and False not in agree:
            found.append(np.dtype(dtype).name)
    return found


def _agrees(case: Case, dtype: Any) -> bool | None:
    """Tell whether ⟨Jᵀu, v⟩ = ⟨u, Jv⟩ in a dtype, Jv by differences in double precision.

    None where there is no number in that dtype to differentiate by.
    """
    rng = np.random.default_rng(0)
    try:
        arrays = [x if x.dtype.kind not in "fc" else _cast(x, dtype) for x in case.inputs()]
        if not any(x.dtype == dtype and x.size for x in arrays):
            return None
        xs = [ag.Tensor(x, requires_grad=x.dtype == dtype) for x in arrays]
        y = case.f(*xs)
        if not y.requires_grad:
            return None
        u = rng.normal(size=y.shape).astype(y.dtype)
        y.backward(gradient=u)
        wide = [x.astype(np.result_type(x, np.float64)) if x.dtype == dtype else x for x in arrays]
        v = [rng.normal(size=x.shape) * (x.dtype.kind in "fc") for x in wide]
        ahead, behind = (
            case.f(
                *[x + t * d if x.dtype.kind in "fc" else x for x, d in zip(wide, v, strict=True)]
            )
            for t in (STEP, -STEP)
        )
        sent = [(x.grad.data, d) for x, d in zip(xs, v, strict=True) if x.grad is not None]
    except (TypeError, ValueError, NotImplementedError, RuntimeError, IndexError):
        return False
    left = sum(np.sum(g * d) for g, d in sent)
    right = np.sum(u * (ahead - behind)) / (2 * STEP)
    kept = all(g.dtype == dtype for g, _ in sent)
    close = CLOSE if dtype != np.float32 else 10 * CLOSE
    return kept and bool(abs(np.real(left - right)) <= close * (1 + abs(right)))


def _cast(x: Any, dtype: Any) -> Any:
    return (x + 0.1j * x).astype(dtype) if np.dtype(dtype).kind == "c" else x.real.astype(dtype)


# ── the page ──────────────────────────────────────────────────────────────────────────────────
def page() -> str:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    sections = functions()
    kinds = {fn: kind(fn) for found in sections.values() for fn in found.values()}
    count = Counter(kinds.values())
    yield "# What is supported\n"
    yield (
        f"Every function that {NUMPY} lets a library override, what SciPy and Retrograd add, and what\n"
        "becomes of it. `python tests/support.py` writes this page from the tables and the tests' samples.\n"
    )
    yield "| kind | functions | meaning |\n|---|---|---|"
    for name, meaning in KINDS.items():
        yield f"| {name} | {count[name]} | {meaning} |"
    yield (
        "\nOf each derivative, the first and the second order are tested on every sample, against complex\n"
        "steps or differences, backward and forward; and the dtypes named are those in which it is.\n"
    )
    for title, found in sections.items():
        if found:
            yield from _section(title, found, kinds)
        if title == "SciPy":
            yield from _rooms()


def _rooms() -> Iterator[str]:
    yield (
        "What else SciPy has does not let a library override it. These have a derivative where they are\n"
        "called by our name: `autograd.scipy.linalg.solve`, `autograd.scipy.stats.norm.logpdf`.\n"
    )
    for room in ROOMS:
        theirs, ours = import_module(f"scipy.{room}"), import_module(f"autograd.scipy.{room}")
        names = sorted(name for name in vars(ours) if name in theirs.__all__)
        yield f"- `autograd.scipy.{room}`: {', '.join(f'`{name}`' for name in names)}"
    yield ""


def _section(title: str, found: dict[str, Function], kinds: dict[Function, str]) -> Iterator[str]:
    yield f"## {title}\n"
    derived = {name: fn for name, fn in found.items() if kinds[fn] == "derivative"}
    if derived:
        yield "| derivative | samples | orders tested | dtypes |\n|---|---|---|---|"
    for name, fn in derived.items():
        types = ", ".join(dtypes(SAMPLES[fn]))
        yield f"| `{name}` | {len(SAMPLES[fn])} | 1, 2 | {types} |"
    yield ""
    for other in list(KINDS)[1:]:
        names = [f"`{name}`" for name, fn in found.items() if kinds[fn] == other]
        if names:
            yield f"**{other.capitalize()}:** {', '.join(names)}.\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

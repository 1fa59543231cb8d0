"""Engines: array libraries that run a program in the place of NumPy, each an optional install.

A program is printed in the Python array API standard (`standard`), and the engine is the namespace
that it gets.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import refusal
from autograd.base.tree import flatten
from autograd.program.engines import extras
from autograd.program.engines.standard import is_spelled, standard
from autograd.program.equations import Name, unit
from autograd.program.expansion import written_out
from autograd.program.printers.listing import executed
from autograd.rules.neural import erf
from autograd.tensor import raw

if TYPE_CHECKING:
    from autograd.program.program import Program

Array = Any  # of any engine


# ── what engines have beyond the standard ─────────────────────────────────────────────────────
def _add_at(xp: Any, values: Array, places: Array, line: Array) -> Array:
    out = xp.zeros_like(line, dtype=values.dtype)
    xp.add.at(out, places, values)
    return out


def _einsum(xp: Any, subscripts: str, *xs: Array) -> Array:
    return xp.einsum(subscripts, *xs)


def _jax_add_at(xp: Any, values: Array, places: Array, line: Array) -> Array:
    return xp.zeros_like(line, dtype=values.dtype).at[places].add(values)


def _torch_add_at(xp: Any, values: Array, places: Array, line: Array) -> Array:
    out = xp.zeros_like(line, dtype=values.dtype)
    return out.index_add(0, places.reshape(-1), values.reshape(-1))


def _dask_add_at(xp: Any, values: Array, places: Array, line: Array) -> Array:
    """Add up in each chunk by itself, and then the chunks."""
    values, places = (xp.reshape(x, (-1,)) for x in (values, places))
    places = places.rechunk(values.chunks)
    parts = xp.map_blocks(
        _dense, values, places, line.size, chunks=((1,) * values.npartitions, (line.size,)),
        new_axis=1, dtype=values.dtype,
    )  # fmt: skip
    return xp.sum(parts, axis=0, dtype=values.dtype)


def _dask_matrices(name: str) -> Callable[..., Array]:
    """Compute a function of whole matrices in one piece, which NumPy does."""
    fn = functools.partial(getattr(extras, name), np)

    def in_one_piece(xp: Any, *args: Any) -> Array:
        like = fn(*[unit(_seen(x)) for x in args])
        later = import_module("dask").delayed(fn)(*args)
        return xp.from_delayed(later, like.shape, like.dtype)

    return in_one_piece


def _dense(values: np.ndarray, places: np.ndarray, size: int) -> np.ndarray:
    out = np.zeros(size, values.dtype)
    np.add.at(out, places, values)
    return out[None]


def _dask_rearrange(xp: Any, places: Array, *xs: Array) -> Array:
    """Name the places anew: Dask takes [0] for an array of its own, which has that name."""
    return extras.rearrange(xp, places + 0, *xs)


def _dask_replace_at(xp: Any, x: Array, v: Array, places: Array, _: Array) -> Array:
    """Write in one piece: which chunks are written to stands in the numbers alone."""
    v = xp.broadcast_to(v, places.shape)
    flat = [xp.reshape(a, (-1,)).rechunk(-1) for a in (x, v, places)]
    written = xp.map_blocks(_written, *flat, chunks=flat[0].chunks, dtype=x.dtype)
    return xp.reshape(written, x.shape).rechunk(x.chunks)


def _written(x: np.ndarray, v: np.ndarray, places: np.ndarray) -> np.ndarray:
    x = x.copy()
    x[places] = v
    return x


OF_MATRICES = (
    "linalg", "matrix_norm", "cholesky", "eigh", "eigvalsh", "eig", "svd", "qr", "slogdet", "pinv",
    "lstsq", "cofactors", "second_cofactors",
)  # fmt: skip
"""The functions of whole matrices in `autograd.program.engines.extras`."""


# ── the engines ───────────────────────────────────────────────────────────────────────────────
def _seen(x: Any) -> Any:
    """Return a NumPy array of the shape and dtype of an engine's."""
    if isinstance(x, (np.ndarray, np.generic)) or not hasattr(x, "dtype"):
        return x
    return np.broadcast_to(np.empty((), str(x.dtype).rpartition(".")[2]), tuple(x.shape))


@dataclass(frozen=True)
class Engine:
    """An array library.

    Attributes
    ----------
    module : its namespace that follows the standard.
    own : functions that take the place of those in `autograd.program.engines.extras`.
    compile : what makes a function of arrays faster.
    wide : the settings under which arrays of 64 bits exist.
    """

    module: str
    own: Mapping[str, Callable[..., Array]] = field(default_factory=dict)
    compile: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda f: f
    wide: Callable[[], AbstractContextManager[Any]] = nullcontext


ENGINES = {
    "jax": Engine(
        "jax.numpy",
        {
            "add_at": _jax_add_at,
            "detached": lambda xp, x: import_module("jax").lax.stop_gradient(x),
            "einsum": _einsum,
            "erf": lambda xp, x: import_module("jax.scipy.special").erf(x),
        },
        lambda f: import_module("jax").jit(f),
        lambda: import_module("jax").enable_x64(True),
    ),
    "torch": Engine(
        "array_api_compat.torch",
        {
            "add_at": _torch_add_at,
            "detached": lambda xp, x: x.detach(),
            "einsum": _einsum,
            "erf": lambda xp, x: xp.erf(x),
        },
    ),
    "cupy": Engine(
        "array_api_compat.cupy",
        {
            "add_at": _add_at,
            "einsum": _einsum,
            "erf": lambda xp, x: import_module("cupyx.scipy.special").erf(x),
        },
    ),
    "dask": Engine(
        "array_api_compat.dask.array",
        {
            "add_at": _dask_add_at,
            "rearrange": _dask_rearrange,
            "replace_at": _dask_replace_at,
            **{name: _dask_matrices(name) for name in OF_MATRICES},
            "einsum": _einsum,
            "erf": lambda xp, x: xp.map_blocks(erf, x, dtype=x.dtype),
        },
    ),
}


def engine_of(name: str | ModuleType) -> tuple[Engine, Any]:
    """Return an engine and its namespace.

    Raises
    ------
    ValueError : for a name that is none of an engine.
    ImportError : for one that is not installed.
    """
    if isinstance(name, ModuleType):
        known = (e for e in ENGINES.values() if e.module == name.__name__)
        return next(known, Engine(name.__name__)), name
    if name not in ENGINES:
        raise refusal(
            ValueError,
            f"there is no engine {name!r}",
            f"program.to({name!r})",
            f"{', '.join(map(repr, ENGINES))}, or a namespace that follows the array API",
        )
    try:
        return ENGINES[name], import_module(ENGINES[name].module)
    except ImportError as error:
        raise refusal(
            ImportError,
            f"the engine {name!r} needs {error.name or name}, which is not installed",
            f"program.to({name!r})",
            f'pip install "retrograd[{name}]"',
        ) from error


class Port:
    """A program on an engine: a function of its arrays, or of NumPy's, that returns its arrays.

    Where the program leaves gradients or new values in tensors, the result is a pair: the
    function's own result, and a dict of them, ``{"weight": gradient, "weight.data": new value}``,
    by the program's names of its parameters. The tensors are read at each call, and left alone.

    Attributes
    ----------
    source : the function that is run, in the array API standard, with the namespace as a parameter.
    constants : its arrays that are always the same.
    """

    def __init__(self, program: "Program", name: str | ModuleType) -> None:
        self.engine, self.xp = engine_of(name)
        spelled = written_out(program, is_spelled)
        self.program = replace(spelled, tensors=[False] * len(program.outputs))
        self.source, self.constants = standard(self.program)
        self._on: dict[Any, dict[str, Array]] = {}
        self._constants_on(None)
        self._run = self.engine.compile(functools.partial(self._function(), self.xp))

    def __call__(self, *args: Any) -> Any:
        """Run the program.

        Raises
        ------
        TypeError : for arguments of another structure, dtype or shape than the examples.
        """
        program = self.program
        with self.engine.wide(), np.errstate(all="ignore"):  # NumPy's warnings are not an engine's
            values = self._bind(args)
            device = next((x.device for x in values.values() if hasattr(x, "is_cuda")), None)
            values |= program.parameters
            given = [self._array(values[n], device) for n in program.inputs]
            computed = iter(self._run(*given, **self._constants_on(device)))
        results = [next(computed) if type(y) is Name else y for y in program.results]
        value = program.result(results[: len(program.outputs)])
        left = dict(zip(self._left, results[len(program.outputs) :], strict=True))
        return (value, left) if left else value

    @functools.cached_property
    def _left(self) -> list[str]:
        """What is left in tensors, by the names of the parameters."""
        names = {id(t): n.text for n, t in self.program.parameters.items()}
        return [
            names.get(id(e.tensor), str(e.name)) + ".data" * e.is_of_data
            for e in self.program.effects
        ]

    def _bind(self, args: Sequence[Any]) -> dict[Name, Any]:
        """Return the value of each argument by name; the program refuses those that do not fit."""
        leaves, rebuild = flatten(list(args))
        bound = self.program.bind(rebuild([_seen(x) for x in leaves]))
        values = dict(zip(self.program.arguments, leaves, strict=True))
        return {n: values[n] if hasattr(values[n], "dtype") else x for n, x in bound.items()}

    def _array(self, x: Any, device: Any) -> Array:
        """Make an array of the engine, of a copy: some would share the memory of a parameter."""
        x = raw(x)
        if not isinstance(x, (np.ndarray, np.generic)):
            return x
        more = {} if device is None else {"device": device}
        return self.xp.asarray(np.array(x, order="C"), **more)

    def _constants_on(self, device: Any) -> dict[str, Array]:
        if device not in self._on:
            with self.engine.wide():
                self._on[device] = {k: self._array(x, device) for k, x in self.constants.items()}
        return self._on[device]

    def _function(self) -> Callable[..., tuple[Array, ...]]:
        """Return the function of the source; tracebacks show its lines."""
        scope = executed(self.source, "array API program")
        *_, function = scope.values()
        scope.update({name: fn for name, fn in self.engine.own.items() if name in scope})
        return function

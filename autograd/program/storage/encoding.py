"""Encoding: a program as JSON, and as the arrays that its JSON refers to."""

import math
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from autograd.base.errors import kind_of, refusal
from autograd.primitive import FUSED, PRIMITIVES, USERS, Primitive
from autograd.program.equations import Equation, Name
from autograd.program.program import Program
from autograd.rules.shape import Slot

DTYPES = {
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16",
    "float32", "float64", "complex64", "complex128",
}  # fmt: skip
"""The dtypes that a stored program may have."""

NUMBERS = np.generic, float, int, complex
Json = Any


def operations() -> dict[str, Primitive]:
    """Return every operation that a stored program may name.

    Of two with one name it is the table's, or else the one that was entered last.

    >>> operations()["exp"]
    <primitive exp>
    """
    rows = [*FUSED, *USERS.values(), *PRIMITIVES.values()]
    return {op.name: op for op in sorted(rows, key=_is_of_tables)}


def _is_of_tables(op: Primitive) -> bool:
    return op.home.startswith(("numpy", "_operator", "autograd", "scipy.special"))


class Writer:
    """Writes one program down as JSON and tensors."""

    def __init__(self, program: Program, path: Path) -> None:
        self.program, self.path = program, path
        self.tensors: dict[str, np.ndarray] = {}
        self.known = operations()

    def fields(self) -> dict[str, Json]:
        """Return the program as JSON; its arrays are in `tensors` then."""
        p = self.program
        written = [*p.parameters.values(), *(e.tensor for e in p.effects)]
        outside = {t: i for i, t in enumerate(dict.fromkeys(written))}
        return {
            "name": p.name,
            "inputs": {str(n): self.kind(x) for n, x in p.inputs.items()},
            "parameters": {str(n): outside[t] for n, t in p.parameters.items()},
            "constants": {str(n): self.array(f"constant {n}", x) for n, x in p.constants.items()},
            "tensors": [
                [t.name, t.requires_grad, self.array(f"tensor {i}", t.data)]
                for t, i in outside.items()
            ],
            "arguments": [self.value(a) for a in p.arguments],
            "takes": self.value(p.takes),
            "equations": [self.equation(e) for e in p.equations],
            "outputs": [self.value(y) for y in p.outputs],
            "gives": self.value(p.gives),
            "wrapped": [bool(x) for x in p.tensors],
            "connected": [bool(x) for x in p.connected],
            "effects": [[outside[e.tensor], e.attribute, self.value(e.name)] for e in p.effects],
        }

    def equation(self, e: Equation) -> Json:
        if self.known.get(e.op.name) is not e.op:
            self.refuse(f"the primitive {e.op.name}", "a primitive that is registered by its name")
        params = {k: self.value(v) for k, v in e.params.items()}
        return {
            "name": str(e.name), "op": e.op.name, "args": [self.value(a) for a in e.args],
            "params": params, **self.kind(e.like), "backward": e.backward, "named": e.named,
        }  # fmt: skip

    def kind(self, x: Any) -> dict[str, Json]:
        return {"dtype": self.dtype(x.dtype), "shape": list(x.shape)}

    def dtype(self, dtype: np.dtype[Any]) -> str:
        if dtype.name not in DTYPES:
            self.refuse(f"the dtype {dtype}", "x.astype(float) of what the function is given")
        return dtype.name

    def array(self, key: str, x: Any) -> Json:
        """Keep an array; return where, of which dtype, and in which order its elements lie."""
        dtype, order = self.dtype(x.dtype), "C"
        x = np.asarray(x, x.dtype.newbyteorder("="))
        if not x.flags.c_contiguous and x.flags.f_contiguous:
            x, order = x.T, "F"
        parts = np.stack([x.real, x.imag], axis=-1) if x.dtype.kind == "c" else x
        self.tensors[key] = np.ascontiguousarray(parts).reshape(parts.shape)
        return [key, dtype, order]

    def value(self, v: Any) -> Json:
        """Write a value that may stand in an equation: what JSON lacks, by the name of its kind."""
        if v is None or type(v) in (bool, int, str):
            return v
        if type(v) is float:
            return v if math.isfinite(v) else {"float": str(v)}
        if type(v) in (list, range):  # which mean the same to NumPy
            return [self.value(x) for x in v]
        if type(v) is Name:
            return {"name": v.text}
        if type(v) is Slot:
            return {"slot": int(v)}
        if type(v) is tuple:
            return {"tuple": [self.value(x) for x in v]}
        if type(v) is dict and all(type(k) in (str, int) for k in v):
            return {"dict": [[k, self.value(x)] for k, x in v.items()]}
        if type(v) is slice:
            return {"slice": [self.value(x) for x in (v.start, v.stop, v.step)]}
        if v is ...:
            return {"ellipsis": True}
        if type(v) is complex:
            return {"complex": [self.value(v.real), self.value(v.imag)]}
        if isinstance(v, np.dtype) or (isinstance(v, type) and issubclass(v, NUMBERS)):
            return {"dtype": self.dtype(np.dtype(v))}
        if isinstance(v, (np.ndarray, np.generic)):
            kind = "array" if isinstance(v, np.ndarray) else "scalar"
            return {kind: self.array(f"value {len(self.tensors)}", v)}
        return self.refuse(kind_of(v), "arrays, numbers and texts, in lists and dicts")

    def refuse(self, what: str, instead: str) -> NoReturn:
        raise refusal(
            ValueError,
            f"the program of {self.program.name} cannot be saved: it holds {what}",
            f"save({str(self.path)!r})",
            instead,
        )

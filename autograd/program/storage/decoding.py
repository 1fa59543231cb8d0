"""Decoding: a program from JSON and arrays, of which nothing is believed.

Every word is one that this version writes, every name is Python's, and every equation gives the
shape and the dtype that the file says, when it is computed of zeros.
"""

import unicodedata
import warnings
from collections.abc import Callable, Mapping, Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from autograd.base.errors import kind_of, refusal
from autograd.base.tree import flatten
from autograd.program.effects import Effect
from autograd.program.equations import Equation, Name, unit
from autograd.program.program import Program
from autograd.program.storage.encoding import DTYPES, NUMBERS, Json, operations
from autograd.rules.shape import Slot
from autograd.tensor import Tensor

FIELDS = {
    "name", "inputs", "parameters", "constants", "tensors", "arguments", "takes", "equations",
    "outputs", "gives", "wrapped", "connected", "effects",
}  # fmt: skip
EQUATION = {"name", "op", "args", "params", "dtype", "shape", "backward", "named"}


class Refused(ValueError):  # noqa: N818  # a ValueError, as it is told
    """A file holds what no program of this version does."""


class Reader:
    """Reads one program."""

    def __init__(self, path: Path, tensors: Mapping[str, np.ndarray]) -> None:
        self.path, self.tensors, self.known = path, tensors, operations()
        self.examples: dict[str, Any] = {}  # by the names that are taken so far

    def program(self, fields: Json) -> Program:
        """Return the program that these fields describe."""
        self.check_fields(fields, FIELDS, "a program")
        inputs = self.named(fields["inputs"], self.like)
        outside = [self.tensor(x) for x in self.of(list, fields["tensors"])]
        parameters = {
            self.input(inputs, n): self.item(outside, i)
            for n, i in self.of(dict, fields["parameters"]).items()
        }
        constants = self.named(fields["constants"], self.array)
        arguments = self.values(fields["arguments"])
        given = [a for a in arguments if type(a) is Name] + list(parameters)
        if len(given) != len(inputs) or set(given) != inputs.keys():
            self.refuse("inputs that are neither arguments nor parameters")
        equations = [self.equation(e) for e in self.of(list, fields["equations"])]
        outputs = self.values(fields["outputs"])
        wrapped, connected = (
            [self.of(bool, x) for x in self.row(fields[key], len(outputs))]
            for key in ("wrapped", "connected")
        )
        takes = self.structure(self.of(list, fields["takes"]), len(arguments))
        gives = self.structure(fields["gives"], len(outputs))
        effects = [self.effect(e, outside) for e in self.of(list, fields["effects"])]
        return Program(
            self.of(str, fields["name"]), arguments, inputs, takes, parameters, constants,
            equations, outputs, wrapped, gives, effects, connected,
        )  # fmt: skip

    def equation(self, e: Json) -> Equation:
        """Read an equation, and compute it of zeros."""
        self.check_fields(e, EQUATION, "an equation")
        op = self.known.get(self.of(str, e["op"]))
        if op is None:
            self.refuse(f"the primitive {e['op']!r}, which nothing here has registered")
        args = self.values(e["args"])
        strange = op.elementwise and not all(isinstance(a, (Name, *NUMBERS)) for a in args)
        if strange or Name not in map(type, args):  # Python itself would compute 9**9**9 and "a"*9
            self.refuse(f"a wrong equation of {op.name}: arguments that are no arrays")
        params = {k: self.value(v) for k, v in self.of(dict, e["params"]).items()}
        want = self.like({"dtype": e["dtype"], "shape": e["shape"]})
        xs = [self.examples[a.text] if type(a) is Name else a for a in args]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                try:
                    like = op.call(*xs, **params)
                except (np.linalg.LinAlgError, ValueError):  # a matrix of zeros is singular
                    like = op.call(*map(unit, xs), **params)
            like = like[()] if type(like) is np.ndarray and like.ndim == 0 else like
            same = (like.shape, like.dtype) == (want.shape, want.dtype)
        except Exception as error:  # noqa: BLE001  # whatever NumPy says to a wrong equation
            self.refuse(f"a wrong equation of {op.name}: {type(error).__name__}, {error}")
        if not same:
            self.refuse(f"the wrong shape or dtype of {e['name']!r}")
        name, flags = self.name(e["name"], like), (e["backward"], e["named"])
        return Equation(name, op, tuple(args), params, like, *(self.of(bool, x) for x in flags))

    def effect(self, e: Json, outside: Sequence[Tensor]) -> Effect:
        """Read what is left in a tensor."""
        i, attribute, value = self.row(e, 3)
        if self.of(str, attribute) not in ("grad", "new grad", "data", "new data"):
            self.refuse(f"an effect on {attribute!r}")
        return Effect(self.item(outside, i), attribute, self.value(value))

    def tensor(self, x: Json) -> Tensor:
        """Read a tensor from outside, which is a plain one from now on."""
        name, requires_grad, array = self.row(x, 3)
        data = self.array(array)[()]
        if self.of(bool, requires_grad) and data.dtype.kind not in "fc":
            self.refuse(f"a gradient of {data.dtype}")
        name = name if name is None else self.of(str, name)
        return Tensor(data, requires_grad, name=name)

    # ── values ─────────────────────────────────────────────────────────────────────────────────
    def value(self, v: Json) -> Any:
        """Read a value that may stand in an equation."""
        if v is None or type(v) in (bool, int, float, str):
            return v
        if type(v) is list:
            return [self.value(x) for x in v]
        if len(v) != 1:
            self.refuse(f"a value of the kinds {sorted(v)}")
        [(kind, x)] = v.items()
        if kind not in VALUES:
            self.refuse(f"a value of the kind {kind!r}")
        return VALUES[kind](self, x)

    def values(self, v: Json) -> list[Any]:
        """Read a list of values."""
        return [self.value(x) for x in self.of(list, v)]

    def reference(self, text: Json) -> Name:
        """Read a name that is known already."""
        if self.of(str, text) not in self.examples:
            self.refuse(f"the name {text!r} before its value")
        return Name(text)

    def number(self, text: Json) -> float:
        """Read a number that JSON lacks."""
        if self.of(str, text) not in ("inf", "-inf", "nan"):
            self.refuse(f"the number {text!r}")
        return float(text)

    def complex(self, v: Json) -> complex:
        """Read a complex number."""
        real, imaginary = self.row(v, 2)
        return complex(self.of(float, self.value(real)), self.of(float, self.value(imaginary)))

    def slot(self, i: Json) -> Slot:
        """Read a place for an array in an index."""
        return Slot(self.of(int, i))

    def mapping(self, v: Json) -> dict[Any, Any]:
        """Read a dict, whose keys are texts or numbers."""
        pairs = [self.row(pair, 2) for pair in self.of(list, v)]
        good = all(type(k) in (str, int) for k, _ in pairs)
        if not good or len({k for k, _ in pairs}) < len(pairs):
            self.refuse("wrong keys of a dict")
        return {k: self.value(x) for k, x in pairs}

    def dtype(self, text: Json) -> np.dtype[Any]:
        """Read a dtype."""
        if self.of(str, text) not in DTYPES:
            self.refuse(f"the dtype {text!r}")
        return np.dtype(text)

    def array(self, v: Json) -> Any:
        """Read an array: where it is, its dtype and its order."""
        key, text, order = self.row(v, 3)
        dtype, x = self.dtype(text), self.tensors.get(self.of(str, key))
        if x is None or self.of(str, order) not in ("C", "F"):
            self.refuse(f"the array {key!r} of the order {order!r}")
        stored = np.empty(0, dtype).real.dtype
        if x.dtype != stored or (dtype.kind == "c" and (not x.ndim or x.shape[-1] != 2)):
            self.refuse(f"the array {key!r} of {x.dtype}, not {dtype}")
        if dtype.kind == "c":
            x = np.ascontiguousarray(x).view(dtype).reshape(x.shape[:-1])
        return x.T if order == "F" else x

    def scalar(self, v: Json) -> Any:
        """Read a number of NumPy's."""
        x = self.array(v)
        if x.ndim:
            self.refuse(f"a number of the shape {x.shape}")
        return x[()]

    def like(self, v: Json) -> Any:
        """Return zeros of a shape and a dtype."""
        self.check_fields(v, {"dtype", "shape"}, "a value")
        shape = [self.of(int, n) for n in self.of(list, v["shape"])]
        dtype = self.dtype(v["dtype"])
        try:
            return np.zeros(shape, dtype)[()]
        except (ValueError, MemoryError, OverflowError):
            self.refuse(f"the shape {shape}")

    def structure(self, v: Json, count: int) -> Any:
        """Read containers with the positions of their leaves."""
        tree = self.value(v)
        leaves = flatten(tree)[0]
        if any(type(i) is not int for i in leaves) or leaves != list(range(count)):
            self.refuse("a structure without places for its values")
        return tree

    # ── names ──────────────────────────────────────────────────────────────────────────────────
    def named(self, v: Json, read: Callable[[Json], Any]) -> dict[Name, Any]:
        """Read values with names, which are taken then."""
        found = {}
        for text, x in self.of(dict, v).items():
            value = read(x)
            found[self.name(text, value)] = value
        return found

    def name(self, text: Json, example: Any) -> Name:
        """Take a name: Python's, for programs are printed as Python, and nobody's yet."""
        good = self.of(str, text).isidentifier() and not iskeyword(text)
        if not good or unicodedata.normalize("NFKC", text) != text or text in self.examples:
            self.refuse(f"the name {text!r}")
        self.examples[text] = example
        return Name(text)

    def input(self, inputs: Mapping[Name, Any], text: str) -> Name:
        """Read the name of an input."""
        if Name(text) not in inputs:
            self.refuse(f"the parameter {text!r}, which is no input")
        return Name(text)

    # ── JSON ───────────────────────────────────────────────────────────────────────────────────
    def of(self, kind: type, v: Json) -> Any:
        """Return a value of exactly this type."""
        if type(v) is not kind:
            self.refuse(f"{kind_of(v)} in the place of {kind_of(kind())}")
        return v

    def row(self, v: Json, count: int) -> Any:
        """Return a list of so many."""
        if len(self.of(list, v)) != count:
            self.refuse(f"{len(v)} values in the place of {count}")
        return v

    def item(self, items: Sequence[Any], i: Json) -> Any:
        """Return an item by its number."""
        if not 0 <= self.of(int, i) < len(items):
            self.refuse(f"the number {i} of {len(items)}")
        return items[i]

    def check_fields(self, v: Json, fields: Any, what: str) -> None:
        """Refuse fields that are unknown, or missing."""
        if self.of(dict, v).keys() != fields:
            self.refuse(f"{what} with the wrong fields {sorted(v.keys() ^ fields)}")

    def pairs(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        """Make a dict of an object in JSON, where no key may stand twice."""
        if len(dict(pairs)) < len(pairs):
            self.refuse("a key twice")
        return dict(pairs)

    def refuse(self, what: str) -> NoReturn:
        """Raise the error."""
        raise refusal(
            Refused,
            f"this file is no program that could be read: it holds {what}",
            str(self.path),
            "a file of Program.save, of this version, with the primitives that it names",
        )


VALUES: dict[str, Callable[[Reader, Json], Any]] = {
    "name": Reader.reference,
    "float": Reader.number,
    "slot": Reader.slot,
    "tuple": lambda reader, v: tuple(reader.values(v)),
    "dict": Reader.mapping,
    "slice": lambda reader, v: slice(*reader.values(reader.row(v, 3))),
    "ellipsis": lambda reader, v: ... if v is True else reader.refuse("a wrong ellipsis"),
    "complex": Reader.complex,
    "dtype": Reader.dtype,
    "array": Reader.array,
    "scalar": Reader.scalar,
}
"""How the kinds of values are read that JSON lacks."""

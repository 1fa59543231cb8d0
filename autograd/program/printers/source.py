"""The printer of NumPy: a program as the function that one would have written by hand.

Forward, then backward, under the user's names; what is used once is written where it is used.
"""

import keyword
import re
from collections import Counter, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.primitive import fused_op
from autograd.program.equations import Equation, Name, Names
from autograd.program.printers.helpers import definitions, helper, include
from autograd.program.printers.literals import (
    array,
    broken,
    index,
    is_repeated,
    number,
    parameter,
    quoted,
    wrapped,
)
from autograd.program.printers.spell import ATOM, UNARY, Spelled, spell
from autograd.rules.cross_entropy import d_cross_entropy
from autograd.rules.shape import FIRST_ARRAY, Slot, astype

if TYPE_CHECKING:
    from autograd.program.program import Program

WIDTH = 88
"""A line that would be longer is written as two."""

INLINED = 60
"""An expression that is longer is not written into another one."""

SHORT = 40
"""An array that is used once, or in an index, is written there if it is no longer than this."""

BLANK = "\ufffc"  # no line breaks here
RESERVED = frozenset({"np", "special", "abs", "complex", "bytes", *keyword.kwlist})
UNNAMED = re.compile(r"k(_\d+)?")
D_CROSS_ENTROPY = fused_op(d_cross_entropy)  # its last argument may be one number for all rows


def source(program: "Program", *, shapes: bool = False) -> str:
    """Print a program as a Python file whose only import is NumPy.

    Parameters
    ----------
    shapes : write the shape of each result behind it.

    Raises
    ------
    NotImplementedError : for a primitive whose definition cannot be printed.
    """
    return _Printer(program, shapes, _helpers(program)).text()


def written_lines(program: "Program") -> list[Name]:
    """Return the results that have a line of the source; the others are inside of these."""
    printer = _Printer(program, shapes=False, helpers={})
    list(printer.body())
    return printer.alone


def function_name(program: "Program") -> str:
    """Return the program's name as Python takes it, which none of its helpers has."""
    name = re.sub(r"\W", "_", program.name.replace("<lambda>", "f")).strip("_")
    name = name if name.isidentifier() else "program"
    called = {h[0] for e in program.equations if (h := helper(e.op))}
    return f"{name}_" if name in RESERVED | called else name


def _helpers(program: "Program") -> dict[str, str]:
    """Return the definitions and imports that the source needs, by name."""
    helpers: dict[str, str] = {}
    known = {function_name(program): program}
    for op in dict.fromkeys(e.op for e in program.equations):
        if found := helper(op):
            name, fn = found
            include(helpers, definitions(fn, name, known), name)
        if op.code.startswith("special."):
            include(helpers, {"special": "import scipy.special as special"}, op.name)
    return helpers


class _Printer:
    def __init__(self, program: "Program", shapes: bool, helpers: dict[str, str]) -> None:
        self.program, self.shapes, self.helpers = program, shapes, helpers
        self.function = function_name(program)
        self.constants: dict[str, str] = {}
        self.alone: list[Name] = []  # what has a line
        self.inlined: dict[Name, Spelled] = {}
        self.like = program.like
        self.taken = Names(RESERVED | self.helpers.keys() | {self.function})
        self.names = {name: self.taken.take(name.text) for name in self.like}
        self.uses = Counter(a for e in program.equations for a in e.args if type(a) is Name)
        self.written = self.uses + Counter(y for y in program.results if type(y) is Name)
        alone = len(program.results) == 1
        self.uses.update({y: 1 if alone else 2 for y in program.results if type(y) is Name})
        self.kept: dict[Any, tuple[int, ...]] = {}  # the shapes of inlined sums, with keepdims

    def text(self) -> str:
        program = self.program
        lines = [f"    {line}" for line in self.body()]
        results = ", ".join(self.result(y) for y in program.results)
        lines += [f"    {part}" for part in wrapped(f"return {results}".rstrip(), 4)]
        head = f"def {self.function}({', '.join(self.names[n] for n in program.inputs)}):"
        function = "\n".join([*broken(head, 8), *self.docstring(), *lines])
        constants = "\n".join(
            part for name, text in self.constants.items() for part in wrapped(f"{name} = {text}", 0)
        )
        imports = [h for h in self.helpers.values() if h.startswith("import ")]
        helpers = [h for h in self.helpers.values() if not h.startswith("import ")]
        top = "\n".join([*sorted(imports), "import numpy as np"])
        return "\n\n\n".join(filter(None, [top, constants, function, *helpers])) + "\n"

    def docstring(self) -> Iterator[str]:
        """Tell shapes, and the dtypes that are not float64."""
        given = ", ".join(map(self.described, self.program.inputs))
        made = ", ".join(self.described(y) for y in self.program.results if type(y) is Name)
        lines = broken(f'"""{given}{" " * bool(given)}-> {made}', 4)
        lines = [f"    {line.strip().replace(BLANK, ' ')}" for line in lines]
        yield from lines[:-1]
        yield f'{lines[-1]}"""' if len(lines) == 1 else lines[-1]
        if len(lines) > 1:
            yield '    """'

    def described(self, name: Name) -> str:
        like = self.like[name]
        dtype = "" if like.dtype == np.float64 else f"{like.dtype} "
        called = name not in self.inlined and self.value(name) == self.names[name]
        text = f"{self.names[name]} " if called else ""
        return f"{text}{dtype}{np.shape(like)}".replace(" ", BLANK)

    def body(self) -> Iterator[str]:
        equations = self.program.equations
        turn = next((e.name for e in equations if e.backward), None)
        for e in equations:
            if e.name == turn and self.alone:
                yield "# backward"
            inlined = [a for a in e.args if type(a) is Name and a in self.inlined]
            used = deque(sorted(inlined, key=lambda a: len(self.inlined[a].text), reverse=True))
            written = self.write(e)
            while used and (excess := len(f"{self.names[e.name]} = {written.text}") - WIDTH) > 0:
                while used and excess > 0:  # of thousands, as many as must go at the least
                    longest = used.popleft()
                    excess -= len(self.inlined[longest].text) + len("()") - len(self.names[longest])
                    yield from self.line(longest, self.inlined.pop(longest))
                written = self.write(e)
            for a in used:
                del self.inlined[a]
            limit = WIDTH if [e.name] == list(self.program.results) else INLINED
            if self.uses[e.name] == 1 and not e.named and len(written.text) <= limit:
                self.inlined[e.name] = written
                if e.op.fn is np.sum and "axis" in e.params and "keepdims" not in e.params:
                    self.kept[e.name] = np.expand_dims(e.like, e.params["axis"]).shape
            else:
                yield from self.line(e.name, written)

    def line(self, name: Name, written: Spelled) -> Iterator[str]:
        self.alone.append(name)
        first, *rest = wrapped(f"{self.names[name]} = {written.text}", 4)
        yield f"{first}  # {np.shape(self.like[name])}" if self.shapes else first
        yield from rest

    def write(self, e: Equation) -> Spelled:
        """Write one operation."""
        args = [self.argument(a, e) for a in e.args]
        if e.op.fn is astype and not np.shape(e.like):  # Python's have no such method
            return Spelled(f"np.{e.like.dtype.name}({args[0].text})")
        if e.op.fn in (np.invert, np.add) and e.like.dtype == bool and not np.shape(e.like):
            return Spelled(f"np.{e.op.name}({', '.join(a.text for a in args)})")  # not ~True: -2
        if e.op.fn is np.reshape and self.kept.get(e.args[0]) == e.params["shape"]:
            return Spelled(f"{args[0].text.removesuffix(')')}, keepdims=True)")
        if e.op.fn is np.sum and e.params in ({"axis": 0}, {"axis": (0,)}) and not np.ndim(e.like):
            return spell(e.op, args, {})
        if "index" not in e.params:
            return spell(e.op, args, {k: parameter(short(k, v)) for k, v in e.params.items()})
        first = FIRST_ARRAY.get(e.op.fn, len(args))
        at = self.index(e.params["index"], [a.text for a in args[first:]])
        calls = helper(e.op)
        if calls is None:
            x = args[0]
            return Spelled(f"{x.text if x.binds >= ATOM else f'({x.text})'}[{at}]")
        more = [str(e.params["shape"])] if "shape" in e.params else []
        texts = [*(a.text for a in args[:first]), quoted(at), *more]
        return Spelled(f"{calls[0]}({', '.join(texts)})")

    def index(self, value: Any, arrays: list[str]) -> str:
        """Write an index; long arrays in it are constants."""
        parts, known = [], list(arrays)
        for part in value if type(value) is tuple else (value,):
            long = type(part) is np.ndarray and len(array(part)) > SHORT
            if long:
                known.append(self.hoisted("i", array(part)))
            parts.append(Slot(len(known) - 1) if long else part)
        return index(tuple(parts) if type(value) is tuple else parts[0], known)

    def hoisted(self, wish: str, text: str) -> str:
        """Name a constant that the program has no name for."""
        for name, other in self.constants.items():
            if other == text:
                return name
        name = self.taken.take(wish)
        self.constants[name] = text
        return name

    def argument(self, a: Any, e: Equation) -> Spelled:
        """Write an argument: a name, what is inlined in its place, or a number."""
        if e.op is D_CROSS_ENTROPY and a in self.program.constants:
            x = self.program.constants[a]
            a = x.flat[0] if a is e.args[2] and is_repeated(x) else a
        if type(a) is Name:
            return self.inlined.get(a) or Spelled(self.value(a))
        if isinstance(a, np.generic) and self.is_plain(a, e):
            a = a.item()
        text = number(a)
        return Spelled(text, UNARY if text.startswith("-") else ATOM)

    def is_plain(self, a: np.generic, e: Equation) -> bool:
        """Tell whether Python's number does as well: beside its own dtype, or whole numbers."""
        if e.op.name in ("pow", "ldexp") or not (e.op.elementwise or e.op is D_CROSS_ENTROPY):
            return False
        values = e.args[e.op.fn is np.where :]  # the dtype of a condition is not the result's
        beside = [self.like[b].dtype for b in values if type(b) is Name]
        others = [*beside, *(b.dtype for b in values if isinstance(b, np.generic))]
        whole = a.dtype == np.float64 and all(d.kind in "biu" or d == a.dtype for d in others)
        arrays = any(self.like[b].ndim for b in e.args if type(b) is Name)
        return a.dtype in beside or (whole and arrays)

    def value(self, name: Name) -> str:
        text = self.names[name]
        if name in self.program.constants and text not in self.constants:
            known = array(self.program.constants[name])
            if self.written[name] == 1 and UNNAMED.fullmatch(name) and len(known) <= SHORT:
                return known
            self.constants[text] = known
        return text

    def result(self, y: Any) -> str:
        """Write what is returned; a constant array as a new one."""
        if type(y) is not Name:
            return number(y)
        if y in self.inlined:
            return self.inlined[y].text
        text = self.value(y)
        return f"np.copy({text})" if text in self.constants else text


def short(name: str, value: Any) -> Any:
    """Return one axis without its tuple."""
    return value[0] if name == "axis" and type(value) is tuple and len(value) == 1 else value

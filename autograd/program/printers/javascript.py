"""The printer of JavaScript: equations as straight-line code that computes in a browser.

Scalars are written with JavaScript's own operators and ``Math``; arrays with one function per
operation of the small runtime ``nd.js`` (see `arrays`).
"""

from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from autograd.base.errors import refusal
from autograd.primitive import PRIMITIVES, Primitive
from autograd.program.equations import Equation, Name
from autograd.program.expansion import written_out
from autograd.program.printers.arrays import PRINTERS, Writer, call, promoted
from autograd.program.printers.literals import LINE
from autograd.rules.neural import OPEN

if TYPE_CHECKING:
    from autograd.program.program import Program

OPERATORS = {
    "add": "{0} + {1}", "subtract": "{0} - {1}", "multiply": "{0} * {1}", "divide": "{0} / {1}",
    "negative": "-{0}", "square": "{0} * {0}", "reciprocal": "1 / {0}",
    "greater": "{0} > {1}", "greater_equal": "{0} >= {1}", "less": "{0} < {1}",
    "less_equal": "{0} <= {1}", "equal": "{0} === {1}", "not_equal": "{0} !== {1}",
    "where": "{0} ? {1} : {2}", "relu": "Math.max({0}, 0)", "exp2": "2 ** {0}",
    "sigmoid": "1 / (1 + Math.exp(-{0}))",
}  # fmt: skip
"""How an operation on scalars is written."""

MATHS = {
    "absolute": "abs", "fabs": "abs", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "maximum": "max", "minimum": "min",
    **{name: name for name in (
        "sqrt", "cbrt", "exp", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan",
        "sinh", "cosh", "tanh", "hypot", "floor", "ceil", "trunc",
    )},
}  # fmt: skip
"""The functions of scalars that JavaScript's ``Math`` has, and what it calls them."""

TRUTHS = {
    "multiply": "logical_and", "add": "logical_or", "maximum": "logical_or",
    "minimum": "logical_and", "fmax": "logical_or", "fmin": "logical_and",
    "bitwise_and": "logical_and", "bitwise_or": "logical_or", "bitwise_xor": "logical_xor",
    "invert": "logical_not",
}  # fmt: skip
"""What arithmetic on truth values means."""

COUNTED = frozenset({
    "absolute", "floor", "ceil", "trunc", "max", "min", "amax", "amin", "tril", "triu", "pad",
    "imag", "dot", "inner", "vdot", "outer", "tensordot", "matmul", "einsum",
})  # fmt: skip
"""What gives numbers here, of truth values too: what is not 0 is true."""

WHOLE = {"floor_divide": "quotient", "remainder": "rest", "reciprocal": "inverse"}
"""What division of integers is called in the runtime; by 0 it is 0."""

MEANINGS = {"b": TRUTHS, "i": WHOLE, "u": WHOLE}

NARROW = {"int8", "int16", "int32", "uint8", "uint16", "uint32"}
"""Integers that overflow before JavaScript's numbers, which are exact up to 53 bits."""

LOGIC = {"logical_and": "{0} && {1}", "logical_or": "{0} || {1}", "logical_not": "!{0}"}

REFUSED = frozenset({
    "inv", "solve", "pinv", "det", "cofactors", "second_cofactors", "slogdet", "lstsq", "cholesky",
    "eigh", "eigvalsh", "eig", "svd", "svdvals", "qr", "vecdot", "matvec", "vecmat",
    "median", "nanmedian", "quantile", "nanquantile", "weighted_quantile", "weighted_nanquantile",
    "partition", "argpartition", "searchsorted", "digitize", "nansum", "nanprod", "nanmean",
    "nanmax", "nanmin", "nanvar", "nanstd", "nanargmax", "nanargmin", "nancumsum", "nancumprod",
    "bincount", "histogram", "histogramdd", "histogram_bin_edges", "interp", "convolve", "unwrap",
    "vander", "bessel", "i0", "copysign", "fmod", "heaviside", "ldexp", "nextafter", "spacing",
    "fraction", "mantissa", "power_of_two", "nan_to_num", "gcd", "lcm", "left_shift",
    "right_shift", "bitwise_count", "conv", "conv_input", "conv_weight", "max_pool", "pool_spread",
    "pool_select",
})  # fmt: skip
"""Linear algebra, statistics and bits: algorithms that the runtime does not have."""

RESERVED = {
    "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger",
    "default", "delete", "do", "else", "enum", "eval", "export", "extends", "false", "finally",
    "for", "function", "if", "implements", "import", "in", "instanceof", "interface", "let",
    "new", "null", "package", "private", "protected", "public", "return", "static", "super",
    "switch", "this", "throw", "true", "try", "typeof", "undefined", "var", "void", "while",
    "with", "yield", "NaN", "Infinity", "Math", "Number", "Boolean", "nd",
}  # fmt: skip
"""Words that JavaScript, or a printed program, has taken."""

LETTERS_END = "\u0530"
"""The letters before it, Latin, Greek and Cyrillic, are letters in every browser."""


def runtime() -> str:
    """Return the JavaScript that printed programs call: it defines ``nd``."""
    return files("autograd.program.printers").joinpath("nd.js").read_text(encoding="utf-8")


def javascript(program: "Program") -> str:
    """Print a program as a JavaScript function, which needs the `runtime`.

    It takes the inputs, and returns an array: the outputs, then what is left in tensors. Operations
    without a spelling here are written out by their definitions in NumPy.

    Raises
    ------
    NotImplementedError : for complex numbers, and for an operation that cannot be written in
        JavaScript; it names it.

    Examples
    --------
    >>> from autograd.program import capture
    >>> def f(a, b):
    ...     d = a + b
    ...     return d
    >>> print(javascript(capture(f, 2.0, 3.0)))
    function f(a, b) {
      const d = a + b;
      return [d];
    }
    """
    return _Printer(written_out(program, knows)).function()


def knows(op: Primitive) -> bool:
    """Tell whether an operation has a spelling here; others are written out by their definition."""
    ours = op.home.startswith(("numpy", "_operator", "autograd.rules", "nn."))
    ours = ours and op.home != "autograd.rules.special"
    known = op.name in PRINTERS or op.name in REFUSED
    in_nd = op.elementwise and op.fn in PRIMITIVES and op.fn not in OPEN
    return ours and (known or (in_nd and not op.home.startswith("nn.")))


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """Give every name one that JavaScript takes: its own wherever that is possible.

    >>> identifiers(["a", "∂f", "class", "h¹"])
    {'a': 'a', '∂f': 'v1', 'class': 'v2', 'h¹': 'v3'}
    """
    given = list(dict.fromkeys(names))
    fit = {n for n in given if n.isidentifier() and n not in RESERVED and max(n) < LETTERS_END}
    spare = (f"v{i}" for i in range(1, len(given) + len(fit) + 1) if f"v{i}" not in fit)
    return {n: n if n in fit else next(spare) for n in given}


class _Printer(Writer):
    def __init__(self, program: "Program") -> None:
        called = identifiers(program.like)
        super().__init__(program.like, {n: called[n] for n in program.like}, program.constants)
        self.program = program

    def function(self) -> str:
        program = self.program
        for z in filter(lambda n: self.kind(n) == "c", program.inputs):
            raise refusal(
                NotImplementedError,
                f"{z}, complex numbers, cannot be written in JavaScript",
                f"{z} = {program.like[z].dtype} {self.shape(z)}, an argument",
                "the real and the imaginary part as two arguments, or draw(f), explain(f)",
            )
        body = [f"const {self.names[e.name]} = {self.kept(e)};" for e in program.equations]
        returned = [self.argument(y) for y in program.results]
        hoisted = [f"const {known} = {text};" for text, known in self.constants.items()]
        lines = [*hoisted, *body, *_wrapped(f"return [{', '.join(returned)}];")]
        inner = "".join(f"  {line}\n" for line in lines)
        given = ", ".join(self.names[n] for n in program.inputs)
        (name,) = identifiers([program.identifier]).values()
        return f"function {name}({given}) {{\n{inner}}}"

    def kept(self, e: Equation) -> str:
        """Keep integers in their bits, where NumPy's leave them, and truth values true or false."""
        text, dtype = self.equation(e), e.like.dtype.name
        if dtype == "bool" and e.op.name in COUNTED:
            return call("not_equal", text, "0")
        return call(dtype, text) if dtype in NARROW else text

    def equation(self, e: Equation) -> str:
        refused = e.op.name in REFUSED or not knows(e.op)
        if refused or any(self.kind(a) == "c" for a in (*e.args, e.name)):
            raise refusal(
                NotImplementedError,
                f"{e.op.name} cannot be written in JavaScript",
                f"{e.name} = {e.op.name}({', '.join(map(str, map(self.shape, e.args)))})",
                "NumPy's functions of real numbers, or keep to Python: draw(f), explain(f)",
            )
        if e.op.name in PRINTERS:
            return PRINTERS[e.op.name](self, e, **e.params)
        name = MEANINGS.get(self.kind(e.name), {}).get(e.op.name, e.op.name)
        args = [self.argument(a) for a in e.args]
        if name == "where":
            args[1:] = [promoted(self, a, e.like.dtype) for a in e.args[1:]]
        if not any(self.shape(a) for a in e.args):
            truths = [self.kind(a) == "b" for a in e.args]
            if name in LOGIC and all(truths):
                return LOGIC[name].format(*args)
            apart = (name in ("equal", "not_equal") and any(truths)) or (
                name == "where" and not truths[0]
            )
            if name in OPERATORS and not apart:
                return OPERATORS[name].format(*args)
            if name in MATHS:
                return f"Math.{MATHS[name]}({', '.join(args)})"
            if name in ("pow", "power") and _is_whole(e.args[1]):
                return f"{args[0]} ** {args[1]}"
        return call(name, *args)


def _is_whole(exponent: Any) -> bool:
    return type(exponent) is not Name and float(exponent).is_integer()


def _wrapped(line: str) -> list[str]:
    if len(line) <= LINE:
        return [line]
    parts, lines = line.split(", "), [""]
    for i, part in enumerate(parts):
        if len(lines[-1]) + len(part) + 2 > LINE:
            lines[-1] = lines[-1].rstrip()
            lines.append("  ")
        lines[-1] += part + (", " if i < len(parts) - 1 else "")
    return lines

"""What people type that is no expression of ours: what it is called, and what to write instead."""

import ast
import difflib
import functools
import keyword
import re
import warnings
from collections.abc import Collection, Sequence
from itertools import pairwise

from autograd.expressions.vocabulary import CONSTANTS, OPERATORS, ROWLESS, functions

FALLBACK = "(a + b) * c"
"""An expression, where nothing can be made of what was typed."""

REFUSED: dict[type, tuple[str, str]] = {
    ast.BitXor: ("^", "x**2"),
    ast.BitOr: ("|", "abs(x), maximum(a, b)"),
    ast.BitAnd: ("&", "(a > 0) * (b > 0), minimum(a, b)"),
    ast.Not: ("not", "c == 0"),
    ast.Invert: ("~", "c == 0"),
    ast.BoolOp: ("and, or", "(a > 0) * (b > 0), maximum(a, b)"),
    ast.Lambda: ("lambda", "x**2"),
    ast.IfExp: ("if … else", "where(c, x, y)"),
    ast.Compare: ("a chain of comparisons", "(a < b) * (b < c)"),
    ast.Tuple: ("a comma here", "2.5 with a decimal point, or [2, 5] for an array"),
    ast.JoinedStr: ("text", "numbers, and names without quotes"),
    str: ("text", "numbers, and names without quotes"),
    complex: ("complex numbers", "real numbers"),
}
"""What people may try: how it is called, and what to write instead, if it is not known better."""

ELSEWHERE = {
    "ln": "log", "lg": "log10", "tg": "tan", "sen": "sin", "arctg": "arctan", "arcsen": "arcsin",
    "senh": "sinh", "tgh": "tanh", "sgn": "sign", "raiz": "sqrt", "logistic": "sigmoid",
}  # fmt: skip
"""Functions by the names that they have in other languages and notations."""

LETTERS = {"σ": "sigmoid", "sig": "sigmoid", "sigma": "sigmoid", "Σ": "sum", "Π": "prod"}
"""And by names that a variable may have as well: read so only where they are called."""

REMEDIES = {
    "unmatched": "an opening bracket for each closing one",
    "never closed": "a closing bracket for each opening one",
    "does not match": "a closing bracket for each opening one",
}
"""What to write instead, by a part of what Python's parser says, if it is not known better."""

SIGNS = {
    "²": "**2", "³": "**3", "^": "**", "·": "*", "×": "*", "÷": "/", "−": "-", "√": " sqrt ",
    "≤": "<=", "≥": ">=", "≠": "!=", "∞": "inf", "°": "*pi/180", **dict.fromkeys("‐‑‒–—―", "-"),
}  # fmt: skip
"""Signs that Python does not have, as it writes them."""

READINGS = {
    r"(?:def\b.*:\s*)?return\b(.+)": r"\1",
    r"if\b(.+?):(.+?)\belse\b\s*:?(.+)": r"where(\1, \2, \3)",
    r"if\b(.+?):(.+)": r"where(\1, \2, 0)",
    r"(.+?)\bif\b(.+?)\belse\b(.+)": r"where(\2, \1, \3)",
    r"(.+?)\bif\b(.+)": r"where(\2, \1, 0)",
    r"[d∂]\s*/\s*[d∂]\w+(?!\w)(.+)": r"\1",
    r"[d∂]\s*(\(.+\))\s*/\s*[d∂]\w+": r"\1",
    r"(.*)\|([^|]+)\|(.*)": r"\1 abs(\2) \3",
}
"""Whole texts of another notation, and how they are read."""

DERIVATIVE = re.compile(r"[d∂]\s*(?:(\w*)|\(.+\))\s*/\s*[d∂][^\W\d_]\d*(?!\w).*")
"""By a name of one letter, as in ``df/dx2``: distance/duration is a quotient."""

MODULES = re.compile(r"\b(np|numpy|math|torch|F)\.(?:\w+\.)*(?=\w+\s*\()")

TOKEN = re.compile(r"((?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([^\W\d]\w*)|(\*\*|//|[<>=!]=|\S)")

POWER_OF_FUNCTION = re.compile(
    r"([a-z]+)\s*(²|³|⁻¹|(?:\^|\*\*)-?\d+)\s*(\((?:[^()]|\([^()]*\))*\)|[^\W\d]\w*)"
)
"""``sin²(x)``, ``cos^2 x``, ``tan⁻¹(x)``; but y²x is a product."""

COMMA = re.compile(r"(?<![\w.])(\d+),(?=\d)(?![^([]*[)\]])")
"""A decimal comma: between digits, and not in brackets, where it parts arguments."""

INVERSE = {"⁻¹", "^-1", "**-1"}

CLOSING = {"(": ")", "[": "]"}

LOGIC = {"True", "False", "None", "and", "or", "not", "if", "else", "in", "is"}
"""Words of Python that nobody takes for a name."""

LONG = 200
"""A text of more characters is not written anew."""


# ── text that Python cannot read ──────────────────────────────────────────────────────────────
def explain_unreadable(text: str, error: SyntaxError) -> tuple[str, int, str]:
    """Say in other words what Python's parser says: what, at which character, what instead."""
    what, place = error.msg.partition(". ")[0], (error.offset or len(text) + 1) - 1
    sign, meaning = text[place : place + 1], meant(text)
    words = re.finditer(r"\w+", text)
    reserved = next((w for w in words if keyword.iskeyword(w[0]) and w[0] not in LOGIC), None)
    if odd := re.search("[\0\ud800-\udfff]", text):
        return "this character cannot be read", odd.start(), FALLBACK
    if DERIVATIVE.fullmatch(text):
        what, instead = explain_derivative(text)
        return what, 0, instead
    if statement := re.search(r"\bimport\b", text):
        return "nothing is imported: functions go by their names", statement.start(), FALLBACK
    if "leading zeros" in what:
        if point := _with_point(text):
            return "a decimal comma is not understood", place, point
        without = re.sub(r"(?<![\w.])0+(?=\d)", "", text)
        return "a number begins with a zero", place, meant(without) or "0.5, 5"
    if "digits" in what:
        return "a number has too many digits", 0, "1e5000"
    if "decimal literal" in what:
        what = "a product needs its sign"
    if "unterminated" in what:
        return "a quote is not arithmetic, nor is the prime of a derivative", place, "f = x**2"
    if "invalid syntax" not in what:
        remedy = next((r for part, r in REMEDIES.items() if part in what), FALLBACK)
        return what, place, meaning or remedy
    if meaning:
        return "this is not arithmetic", place, meaning
    if reserved:
        renamed = meant(re.sub(rf"\b{reserved[0]}\b", f"{reserved[0]}_", text))
        what = f"{reserved[0]} is a reserved word of Python"
        return what, reserved.start(), renamed or "another name"
    if sign == "!":
        return "the derivative of a factorial is not known", place, "3 * 2 * 1"
    if sign == "=":
        return "this is not arithmetic", place, "the values after the expression: a=2 b=3"
    what = "this is not arithmetic" if sign else "the expression ends too early"
    return what, place, FALLBACK


def explain_derivative(text: str) -> tuple[str, str]:
    """Say that ``df/dx`` is what comes out, not what goes in: what, and what to write instead."""
    what = "the derivatives are what is computed: write the function itself"
    match, meaning = DERIVATIVE.fullmatch(text), meant(text)
    name = (match and match[1]) or ""
    if not name and meaning and not DERIVATIVE.fullmatch(meaning):  # d(x**2)/dx, d/dx x**2
        return what, meaning
    named = name.isidentifier() and not keyword.iskeyword(name) and name != "x"
    return what, f"{name if named else 'f'} = x**2"


def meant(text: str, variables: Collection[str] = ()) -> str:
    """Write an expression of another notation as Python reads it; nothing where that is unclear.

    >>> meant("2x sin x + (x+1)y²"), meant("if x > 0: x^2"), meant("x(x+1)", {"x"}), meant("x +")
    ('2 * x * sin(x) + (x + 1) * y ** 2', 'where(x > 0, x ** 2, 0)', 'x * (x + 1)', '')
    >>> meant("sin²(x) + cos^2 x")
    'sin(x) ** 2 + cos(x) ** 2'
    """
    if len(text) > LONG:
        return ""
    text = POWER_OF_FUNCTION.sub(_power_of_call, text)
    for sign, python in SIGNS.items():
        text = text.replace(sign, python)
    text = MODULES.sub(lambda m: m[0] if m[1] in variables else "", text).strip()
    for pattern, reading in READINGS.items():
        if match := re.fullmatch(pattern, text):
            text = match.expand(reading)
            break
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(_with_signs(text, variables), mode="eval").body
        bare = {n.id for n in _without_heads(tree) if isinstance(n, ast.Name)} - {*variables}
        known = not isinstance(tree, ast.Tuple) and all(map(_is_understood, ast.walk(tree)))
        known = known and bare.isdisjoint(functions())
        return ast.unparse(tree) if known else ""
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return ""


def _with_point(text: str, variables: Collection[str] = ()) -> str:
    """Write ``0,5 * x`` with a decimal point; nothing where there is no decimal comma."""
    return meant(COMMA.sub(r"\1.", text), variables) if COMMA.search(text) else ""


def _power_of_call(match: re.Match[str]) -> str:
    """Write ``sin²(x)`` as ``sin(x)²``, sin⁻¹ as arcsin, unless it is a variable's power."""
    name, power, argument = match.groups()
    if name not in functions() and name not in ELSEWHERE:
        return match[0]
    argument = argument if argument.startswith("(") else f"({argument})"
    inverse = f"arc{ELSEWHERE.get(name, name)}"
    if power in INVERSE:
        return f"{inverse}{argument}" if inverse in functions() else match[0]
    return f"{name}{argument}{power}"


def _without_heads(tree: ast.expr) -> set[ast.AST]:
    """Return the nodes of a tree, but not the functions that it calls."""
    nodes = {*ast.walk(tree)}
    return nodes - {n.func for n in nodes if isinstance(n, ast.Call)}


def _with_signs(text: str, variables: Collection[str]) -> str:
    """Put in the signs of products, the brackets of ``sin 2x``, and the closing ones at the end.

    A function that has no brackets reaches as far as ``2x**2``, not over any other sign.
    """
    written: list[str] = []
    open_brackets: list[str] = []
    reaching, before = "", ""  # how many functions have no bracket yet; what stands before
    tokens: Sequence[tuple[str, str, str]] = [*TOKEN.findall(text), ("", "", "")]
    for (number, word, mark), after in pairwise(tokens):
        name, sign = ("", word) if keyword.iskeyword(word) else (word, mark)
        called = name not in variables and (name in functions() or name in ELSEWHERE)
        if (sign and sign != "**") or (called and before != "function"):
            written.append(reaching)
            reaching = ""
        begins = number or name or sign == "("
        if (begins and before == "operand") or (begins and not number and before == "number"):
            written.append("*")
        if sign in CLOSING:
            open_brackets.append(CLOSING[sign])
        elif open_brackets and sign == open_brackets[-1]:
            open_brackets.pop()
        written.append(number or sign or (ELSEWHERE.get(name, name) if called else name))
        before = "number" if number else "operand" if name or sign in (")", "]") else ""
        if called and (after[0] or (after[1] and not keyword.iskeyword(after[1]))):
            written.append("(")
            reaching, before = reaching + ")", "function"
        elif name and name not in variables and after[2] == "(":
            before = "function"
    return " ".join([*written, reaching, *reversed(open_brackets)]).strip()


# ── what Python can read, and an expression does not know ─────────────────────────────────────
def explain_refusal(
    node: ast.expr, text: str, variables: Collection[str]
) -> tuple[str, ast.expr, str]:
    """Say what is not understood, which part it is, and the nearest thing that is."""
    match node:
        case ast.Call(func=ast.Name(id=name) as func) if name not in variables:
            near = difflib.get_close_matches(name.lower(), functions(), 1)
            known = ELSEWHERE | LETTERS
            better = known.get(name) or known.get(name.lower()) or (near[0] if near else "")
            called = ast.Call(ast.Name(better), node.args, node.keywords)
            instead = better and (meant(ast.unparse(called)) or f"{better}(x)")
            instead = ROWLESS.get(name.lower()) or instead or "exp(x), sin(x), sum(x)"
            return f"there is no function {name}", func, instead
        case ast.Call(func=func, args=[factor]) if not isinstance(func, ast.Attribute):
            what = f"{ast.unparse(func)} is not a function: a product needs its sign"
            product = ast.unparse(ast.BinOp(func, ast.Mult(), factor))
            return what, node, meant(text, variables) or product
        case ast.Tuple(elts=parts) if point := _with_point(text, variables):
            kind, instead = "a comma here", f"{point}, {ast.unparse(ast.List(parts))}"
        case ast.Attribute() | ast.Call(func=ast.Attribute()):
            kind, instead = "attribute access", "exp(x), sum(x), x**2"
        case ast.Constant(value=value):
            kind, instead = REFUSED.get(type(value), UNKNOWN)
        case ast.BinOp(op=op) | ast.UnaryOp(op=op):
            kind, instead = REFUSED.get(type(op), UNKNOWN)
        case _:
            kind, instead = REFUSED.get(type(node), UNKNOWN)
    better = meant(_rewritten(node, variables), variables)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
        better = meant(text, variables)  # ^ binds otherwise than **
    what = f"only arithmetic and NumPy functions are understood, not {kind}"
    return what, node, better or instead


UNKNOWN = ("this", "numbers, names, + - * / ** @, exp(x)")


def _rewritten(node: ast.expr, variables: Collection[str]) -> str:
    """Write a part of Python that expressions lack in functions that they have."""
    text = ast.unparse
    match node:
        case ast.Lambda(body=body):
            return text(body)
        case ast.IfExp(test=test, body=body, orelse=other):
            return f"where({text(test)}, {text(body)}, {text(other)})"
        case ast.Compare(left=left, ops=ops, comparators=others):
            pairs = zip(pairwise([left, *others]), ops, strict=True)
            return " * ".join(f"({text(ast.Compare(a, [op], [b]))})" for (a, b), op in pairs)
        case ast.BoolOp(op=ast.And(), values=parts):
            return " * ".join(f"({text(_condition(part))})" for part in parts)
        case ast.BoolOp(values=parts):
            return functools.reduce("maximum({}, {})".format, map(text, parts))
        case ast.BinOp(left=a, op=ast.BitAnd(), right=b):
            return f"({text(a)}) * ({text(b)})"
        case ast.BinOp(left=a, op=ast.BitOr(), right=b):
            return f"maximum({text(a)}, {text(b)})"
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=a):
            return f"({text(a)}) == 0"
        case ast.Attribute(attr=name) if name in CONSTANTS:
            return name
        case ast.Attribute(value=owner, attr=name):
            return f"{'matrix_transpose' if name == 'mT' else name}({text(owner)})"
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=args):
            root = text(owner).partition(".")[0]
            of_module = args and root.isidentifier() and root not in variables
            return f"{name}({', '.join(map(text, args if of_module else [owner, *args]))})"
    return ""


def _condition(part: ast.expr) -> ast.expr:
    """Write what a number tells where Python asks for its truth."""
    is_number = not isinstance(part, (ast.Compare, ast.BoolOp))
    return ast.Compare(part, [ast.NotEq()], [ast.Constant(0)]) if is_number else part


def _is_understood(node: ast.AST) -> bool:
    match node:
        case ast.BinOp(op=op) | ast.UnaryOp(op=op) | ast.Compare(ops=[op]):
            return type(op) in OPERATORS
        case ast.Constant(value=value):
            return isinstance(value, (int, float))
        case ast.Call(func=ast.Name(id=name), args=[_, *_]):
            return name in functions()
        case ast.List(elts=[]) | ast.Tuple(elts=[]):
            return False
        case ast.keyword(arg=None):
            return False
        case ast.Attribute(attr=name):
            return name == "T"
        case ast.expr():
            return isinstance(node, (ast.Name, ast.List, ast.Tuple, ast.Subscript, ast.Slice))
    return True

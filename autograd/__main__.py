"""The command line: ``autograd "(a + b) * c" a=2 b=3 c=4 -o graph.svg``."""

import argparse
import os
import re
import sys
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from autograd.base.errors import refusal
from autograd.debugging.watch import Conditions
from autograd.expressions.expression import Expression, ExpressionError
from autograd.expressions.hints import FALLBACK
from autograd.expressions.vocabulary import CONSTANTS, functions
from autograd.tensor import Tensor, raw
from autograd.view import draw
from autograd.view.derivation.derivation import letters
from autograd.view.derivation.explain import explanation
from autograd.view.derivation.languages import LANGUAGES
from autograd.view.derivation.writing import array_text
from autograd.view.graph.exports import NAMED, WRITERS

USAGE = "autograd EXPRESSION [NAME=VALUE ...] [-o FILE ...]"

DESCRIPTION = """\
Differentiate an expression and show every step: each operation forward, its local derivative,
and the chain rule backward, with the numbers put in. Draw the graph where -o asks for it, or
write a page to play with."""

EPILOG = """\
examples:
  autograd "(a + b) * c" a=2 b=3 c=4
  autograd "(a + b) * c" a=2 b=3 c=4 -o graph.svg graph.pdf page.html
  autograd "1 / (1 + exp(-(t0 + t1*x1 + t2*x2)))" t0=-3 t1=2 x1=-1 t2=-3 x2=-2
  autograd "sum((X @ w - y)**2)" "X=[[1,2],[3,4]]" "w=[0.5,-1]" "y=[1,0]"
  autograd "y = m*x + b" m=2 x=3 b=-1
  autograd "-x**2" x=pi/2
  autograd "cross_entropy(X @ W, y)" "X=[[1,2],[3,4]]" "W=[[1,0],[0,2]]" "y=[0,1]"

The expression is Python arithmetic (+ - * / // % ** @, comparisons, x[0], x.T) and NumPy's
functions by name: exp, log, sin, tanh, maximum, where, sum, mean, softmax, sigmoid, relu,
cross_entropy, ... It is read, never run. A name before it, as in "y = ..." or "y(x) = ...", is what
the result is called. Put the expression in quotes, and values with brackets too, or the shell takes
them apart. The result must be one number: of an array take sum(...), mean(...) or one entry.

exit codes: 0 done, 1 a file could not be written, 2 the arguments are not understood"""

FORMS = [*WRITERS, "html"]
OPTION = re.compile(rf"-h|-o|-o\S+\.({'|'.join(FORMS)})|--([a-z]{{2}}[a-z-]*(=.*)?)?", re.DOTALL)
"""What begins with a minus and is an option. Everything else, as -x**2, is an expression."""

EXAMPLE = 'autograd "(a + b) * c" a=2 b=3 c=4'

ASSIGNMENT = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)(.*)", re.DOTALL)

ASCII: dict[str, str | int | None] = {
    "∂": "d", "·": "*", "−": "-", "ᵀ": ".T", "≥": ">=", "≤": "<=", "≠": "!=", "π": "pi",
    "∞": "inf", "…": "...", "→": "->", "×": "x",
}  # fmt: skip
RAISED, LOWERED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"


WORD = re.compile(r"\d[\d._]*(?:e[+-]?\d+)?|([^\W\d]\w*)")
"""A number, or a name."""


class UsageError(ValueError):
    """The arguments of the command are not understood."""


class OutputError(Exception):
    """What was computed could not be written."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code.

    >>> main(["a * b", "a=2", "b=-3"])
    f(a, b) = a * b
    <BLANKLINE>
    forward
      f = a · b = 2 · (−3) = −6
    <BLANKLINE>
    local derivatives
      ∂(a · b)/∂a = b = −3
      ∂(a · b)/∂b = a = 2
    <BLANKLINE>
    backward: the chain rule
      ∂f/∂f = 1
      ∂f/∂a = ∂f/∂f · b = 1 · (−3) = −3   a receives −3 from f
      ∂f/∂b = ∂f/∂f · a = 1 · 2 = 2       b receives 2 from f
    <BLANKLINE>
    sum over the paths
      ∂f/∂a = ∂(a · b)/∂a = −3   a → f
      ∂f/∂b = ∂(a · b)/∂b = 2    b → f
    0
    """
    parser = argparse.ArgumentParser(
        prog="autograd", usage=USAGE, description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    what = "what to differentiate, and a number or an array for each name"
    parser.add_argument("words", nargs="*", metavar="EXPRESSION, NAME=VALUE", help=what)
    forms = ", ".join(f".{form}" for form in NAMED)
    where = f"draw the graph: {forms}; write a page: .html; several files may follow"
    parser.add_argument("-o", "--output", action="append", default=[], metavar="FILE", help=where)
    words = "the language of the words: en, pt or es; those of a page are English"
    parser.add_argument("--lang", default="en", help=words)
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    argv = sys.argv[1:] if argv is None else argv
    args = parser.parse_intermixed_args(
        [f" {a}" if a.startswith("-") and not OPTION.fullmatch(a) else a for a in argv]
    )
    try:
        if args.version:
            _say(f"autograd {metadata.version('retrograd')}")
            return 0
        text, given, files = _sort(args.words, args.output)
        _check_language(args.lang)
        values = {name: _read(name, v) for name, v in given.items()}
        expression = Expression(text)
        f = _differentiate(expression, values, args.lang)
        if files:
            _say("")
        for path in files:
            _save(f, expression, values, path)
            _say(f"wrote {path}")
            if args.lang != "en" and Path(path).suffix == ".html":
                _say("note: the page is in English", sys.stderr)
    except (UsageError, ExpressionError) as error:
        _say(f"error: {error}", sys.stderr)
        return 2
    except OutputError as error:
        _say(f"error: {error}", sys.stderr)
        return 1
    return 0


def _check_language(lang: str) -> None:
    if lang not in LANGUAGES:
        known = " or ".join(f"--lang {code}" for code in LANGUAGES)
        what = f"there are no words in the language {lang!r}"
        raise refusal(UsageError, what, f"--lang {lang}", known)


def _sort(words: Sequence[str], files: Sequence[str]) -> tuple[str, dict[str, str], list[str]]:
    """Tell the expression, the values and the files apart, in whatever order they come."""
    given: dict[str, str] = {}
    others: list[str] = []
    assigned: list[re.Match[str]] = []
    paths = list(files)
    for word in _joined(words):
        if match := ASSIGNMENT.fullmatch(word):
            assigned.append(match)
        elif files and Path(word).suffix[1:] in FORMS:
            paths.append(word)
        else:
            others.append(word.strip())
    if not others and (computed := [match for match in assigned if _is_computed(match[2])]):
        assigned.remove(computed[0])
        others = [computed[0][0]]
    for match in assigned:
        name, value = unicodedata.normalize("NFKC", match[1]), match[2].strip()  # as Python does
        if name in given:
            both = f"{name}={given[name]} {match[0]}"
            raise refusal(UsageError, f"{name} has two values", both, match[0])
        given[name] = value
    if not others:
        what = "there is no expression to differentiate"
        raise refusal(UsageError, what, "autograd " + " ".join(words), EXAMPLE)
    if len(others) > 1:
        what = f"{others[1]} is neither NAME=VALUE nor part of the expression"
        instead = "quotes around the expression, and names of letters, digits and _"
        raise refusal(UsageError, what, " ".join(map(str.strip, words)), instead)
    for path in paths:
        if Path(path).suffix[1:] not in FORMS:
            what = f"a graph cannot be drawn as {Path(path).suffix or 'a file without a suffix'}"
            instead = " or ".join(f"{Path(path).stem}.{form}" for form in (*NAMED, "html"))
            raise refusal(UsageError, what, f"-o {path}", instead)
    return others[0], given, paths


def _joined(words: Sequence[str]) -> list[str]:
    """Put ``x = 3`` together, which the shell takes apart."""
    joined: list[str] = []
    for word in words:
        ends = joined and re.search(r"[^=<>!]=\s*$", f" {joined[-1]}")
        begins = joined and re.match(r"\s*=(?!=)", word)
        if begins or (ends and not ASSIGNMENT.fullmatch(word)):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _is_computed(value: str) -> bool:
    """Tell ``m*x`` from ``pi/2``: it has names in it."""
    names = filter(None, WORD.findall(value))
    return any(name not in CONSTANTS and name not in functions() for name in names)


def _read(name: str, text: str) -> np.ndarray:
    """Compute a value, which may be an expression of constants, as float64."""
    instead = f"{name}=2, {name}=pi/2, {name}=[1, 2, 3]"
    try:
        value = Expression(text) if text else None
        if value and all(part in CONSTANTS for part in value.names):
            return np.asarray(value({}), np.float64)
    except ExpressionError as error:
        told, is_vague, _ = str(error).partition(f"instead: {FALLBACK}")
        remedy = f"instead: {instead}" if is_vague else ""
        raise UsageError(f"in the value of {name}: {told}{remedy}") from None
    what = f"the value of {name} is not a number"
    raise refusal(UsageError, what, f"{name}={text}", instead)


def _result(expression: Expression, variables: Mapping[str, Tensor]) -> Any:
    """Compute the expression; a name alone becomes an operation."""
    f = expression(variables)
    if type(f) is Tensor and f.requires_grad and f.op is None:
        f = +f
        f.name = expression.called
    return f


def _differentiate(expression: Expression, values: dict[str, np.ndarray], lang: str) -> Tensor:
    """Print every step; return the result, after its backward pass."""
    variables = {name: Tensor(v, requires_grad=True, name=name) for name, v in values.items()}
    with Conditions():
        f = _result(expression, variables)
    for name in values.keys() - set(expression.names):
        _say(f"note: the expression does not use {name}", sys.stderr)
    if type(f) is not Tensor or not f.requires_grad:
        what = "there is nothing to differentiate: the result depends smoothly on no variable"
        value = array_text(raw(f))
        raise refusal(UsageError, what, f"{expression} = {value}", EXAMPLE)
    names = letters(f)
    used = ", ".join(name for name in expression.names if name in values)
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        _say(f"{names[f]}({used}) = {expression}\n\n{explanation(f, {}, lang)}")
        if f.size != 1:
            what = "the result is an array, and each of its elements has a gradient of its own"
            where = f"{expression} has shape {f.shape}"
            raise refusal(UsageError, what, where, f"sum({expression}), mean({expression})")
        if f.dtype.kind == "c":
            what = "the result is a complex number, and a gradient is one of a real number"
            where = f"{expression} = {array_text(f.data)}"
            raise refusal(UsageError, what, where, f"real({expression}), abs({expression})")
        f.backward()
    for t, name in names.items():  # the picture calls the steps what the text calls them
        t.name = name
    reached = {name: v.grad.data for name, v in variables.items() if v.grad is not None}
    for name in expression.names:
        if name in variables and name not in reached:
            _say(f"\nno gradient reaches {name}: only conditions and indices depend on it")
    numbers = [f.data, *reached.values()]
    if any(np.isinf(number).any() for number in numbers):
        _say("note: ∞ is beyond float64, or a pole", sys.stderr)
    if any(np.isnan(number).any() for number in numbers):
        what = "a function outside its domain, as log(-1), or 0 / 0"
        _say(f"note: NaN is no number: {what}", sys.stderr)
    return f


def _save(f: Tensor, expression: Expression, values: dict[str, np.ndarray], path: str) -> None:
    try:
        if Path(path).suffix == ".html":
            _save_page(expression, values, path)
        else:
            picture = draw(f, detail="local")
            picture.scene.title = f"{f.name} = {expression}"  # no step's name: nobody typed it
            picture.save(path)
    except OSError as error:
        what = f"the file cannot be written: {error.strerror or str(error).splitlines()[0]}"
        instead = "a folder that exists and that you may write to"
        raise refusal(OutputError, what, path, instead) from None
    except (RuntimeError, TypeError, ValueError) as error:  # no renderer, no page of it
        raise OutputError(str(error)) from None


def _save_page(expression: Expression, values: dict[str, np.ndarray], path: str) -> None:
    """Explore the expression: a page of its result would not be compared with it elsewhere."""
    from autograd.view.exploration.explore import explore  # noqa: PLC0415  # not always

    given = {name: v for name, v in values.items() if name in expression.names}
    explore(lambda **variables: _result(expression, variables), **given).save(path)


def _say(text: str, stream: TextIO | None = None) -> None:
    """Print, whatever the terminal can show, and even where nobody reads any more."""
    stream = stream or sys.stdout
    if stream is None:  # it is closed, as by >&-
        return
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = re.sub(f"[{RAISED}]+", r"^\g<0>", text).translate(str.maketrans(RAISED, LOWERED))
        text = text.translate(str.maketrans(ASCII)).encode(encoding, "replace").decode(encoding)
    try:
        print(text, file=stream, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):  # as in: autograd ... | head -1
            what = f"the output cannot be written: {error.strerror}"
            raise refusal(OutputError, what, stream.name, "a disk with space") from None


if __name__ == "__main__":
    sys.exit(main())

"""How numbers, arrays and operations are spelled: four digits, a real minus, no idle zeros."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.primitive import Primitive
from autograd.program.printers.spell import chosen, inside, literal

Rows = tuple[tuple[str, ...], ...]
"""A small table of texts; a number alone is ``(("2",),)``."""

PRINTED = 9
"""An array of at most so many entries is printed in full."""


EXACT = 17
"""So many digits tell any two numbers apart."""


def number(value: Any, digits: int = 4, *, whole: bool = False) -> str:
    """Write one number with so many significant digits, an integer in full, and π by its name.

    With `whole`, more than four digits are for what four make an integer of.

    >>> number(20.0), number(-0.5), number(0.0000123456), number(1e9), number(float("-inf"))
    ('20', '−0.5', '1.235e−5', '1e9', '−∞')
    >>> number(1 / 3 - 2j), number(-math.pi), number(1 / 3, 6), number(0.1, EXACT)
    ('(0.3333−2j)', '−π', '0.333333', '0.1')
    >>> number(0.999954602, 6, whole=True), number(0.574442517, 6, whole=True)
    ('0.999955', '0.5744')
    """
    value = np.asarray(value).item()
    if isinstance(value, complex):
        real, imaginary = (_digits(part, digits, whole) for part in (value.real, value.imag))
        plus = "" if imaginary.startswith("−") else "+"
        return f"({real}{plus}{imaginary}j)" if value.real else f"{imaginary}j"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if abs(value) == math.pi:
        return "π" if value > 0 else "−π"
    return _digits(value, digits, whole)


def _digits(value: float, digits: int, whole: bool) -> str:
    if not math.isfinite(value):
        text = "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    elif value == int(value) and abs(value) < 10**7:
        text = str(int(value))
    else:
        digits = 4 if whole and float(f"{value:.4g}") != round(value) else digits
        source = repr(value) if digits == EXACT else f"{value:.{digits}g}"
        mantissa, e, exponent = source.partition("e")
        text = mantissa + (f"e{int(exponent)}" if e else "")
    return _signed(text)


def as_written(value: float, digits: int, *, whole: bool = False) -> float:
    """Return the number that a reader of `number` takes it for.

    >>> as_written(1 / 3, 4), as_written(-12345678.0, 4), as_written(math.pi, 4)
    (0.3333, -12350000.0, 3.141592653589793)
    """
    text = number(value, digits, whole=whole).replace("−", "-")
    return float(text) if math.isfinite(value) and "π" not in text else value


def are(count: Any) -> str:
    """Return the verb behind a count: 1 *is* right, 2 *are*."""
    return "is" if count == 1 else "are"


def bracketed(text: str) -> str:
    """Put what begins with a minus in parentheses, as it stands behind another sign."""
    return f"({text})" if text.startswith("−") else text


def addition(terms: list[str], total: str, *, more: bool = False) -> str:
    """Write out a sum; `more` says that there are terms which are not listed.

    >>> addition(["−4", "6", "−1"], "1")
    '−4 + 6 + (−1) = 1'
    """
    rest = map(bracketed, terms[1:])
    return " + ".join([*terms[:1], *rest, *(["…"] if more else [])]) + f" = {total}"


def brief(value: Any) -> str:
    """Write a number, or the shape of an array: what stands on a wire.

    >>> brief(2.0), brief(np.ones((4, 3)))
    ('2', '(4, 3)')
    """
    return str(np.shape(value)) if np.ndim(value) else number(value)


def brief_gradient(gradient: Any) -> str:
    """Write a gradient, or the Euclidean norm of an array of them.

    >>> brief_gradient(-1.0), brief_gradient(np.array([3.0, 4.0]))
    ('∂ −1', '‖∂‖ 5')
    """
    if np.ndim(gradient) == 0:
        return f"∂ {number(gradient)}"
    return f"‖∂‖ {number(norm(gradient))}"


def norm(array: Any) -> float:
    """Return the Euclidean norm; scaled, so that no square overflows or vanishes.

    >>> norm(np.float16([300, 400])), norm([0.0, 4e200]), norm([])
    (500.0, 4e+200, 0.0)
    """
    sizes = np.abs(np.asarray(array)).astype(float)
    largest = float(sizes.max(initial=0))
    if not 0 < largest < math.inf:
        return largest
    return largest * float(np.linalg.norm(np.ravel(sizes / largest)))


def spoken_gradient(gradient: Any) -> str:
    """Say a gradient: ``−1``, or ``norm 5``."""
    return brief_gradient(gradient).removeprefix("∂ ").replace("‖∂‖", "norm")


def table(array: Any) -> Rows:
    """Print an array of up to `PRINTED` entries; of a larger one its range and mean.

    >>> table(np.array([[1.0, 2.0], [3.0, -4.0]]))
    (('1', '2'), ('3', '−4'))
    >>> table(np.arange(11.0))
    (('min 0   mean 5   max 10',),)
    """
    array = np.asarray(array)
    if array.size == 0:
        return ()
    if array.size <= PRINTED:
        rows = array.reshape(-1, array.shape[-1] if array.ndim else 1)
        return tuple(tuple(number(v) for v in row) for row in rows)
    with np.errstate(all="ignore"):
        parts = {"min": np.min(array), "mean": np.mean(array), "max": np.max(array)}
    return (("   ".join(f"{word} {number(v)}" for word, v in parts.items()),),)


def gradient_table(gradient: Any) -> Rows:
    """Print a gradient of up to `PRINTED` entries behind a ∂; of a larger one its norm.

    >>> gradient_table(np.array([[1.0, 2.0], [3.0, -4.0]]))
    (('∂', '1', '2'), ('', '3', '−4'))
    """
    if np.ndim(gradient) == 0 or np.size(gradient) > PRINTED:
        return ((brief_gradient(gradient),),)
    return tuple(("" if i else "∂", *row) for i, row in enumerate(table(gradient)))


def symbol(op: Primitive, params: Mapping[str, Any]) -> str:
    """Write an operation's symbol, with what its defaults do not say: ``Σ axis=0``, ``[1:, 0]``.

    >>> import operator
    >>> from autograd.primitive import PRIMITIVES
    >>> symbol(PRIMITIVES[operator.getitem], {"index": (slice(1, None), 0)})
    '[1:, 0]'
    """
    if "index" in params:
        return op.symbol.replace(" ", _signed(inside(params["index"])))
    given = chosen(op.fn, params)
    known = {k: literal(v) for k, v in given.items() if v is not None and type(v) is not bool}
    return " ".join([op.symbol, *(f"{k}={_signed(v)}" for k, v in known.items() if len(v) <= 12)])


def _signed(source: str) -> str:
    return source.replace("-", "−")

"""The wording of errors: what failed; where; what to write instead."""

import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any, TypeVar

import numpy as np

# without pathlib, which costs 10 ms at import
_HERE, _NUMPY = __file__.rsplit(os.sep, 3)[0], np.__file__.rsplit(os.sep, 1)[0]
ROOMS = tuple(
    f"{room}{os.sep}" for room in (f"{_HERE}{os.sep}autograd", f"{_HERE}{os.sep}nn", _NUMPY)
)
"""The folders of code that is not the user's; the separator at the end tells nn from nn_of_mine."""
LIBRARIES = {"matplotlib", "numpy", "pandas", "scipy", "sklearn"}
"""What else is not the user's, but makes arrays of what it is given, or calls the user's code."""

Refusal = TypeVar("Refusal", bound=Exception)


def three_lines(what: str, where: str, instead: str) -> str:
    """Lay out the message of an error.

    >>> print(three_lines("log of a word", "log('x')", "log(2.0)"))
    log of a word
      where: log('x')
      instead: log(2.0)
    """
    return f"{what}\n  where: {where}\n  instead: {instead}"


def refusal(kind: type[Refusal], what: str, where: str, instead: str) -> Refusal:
    """Return the error to raise: what failed, where, and what to write instead.

    >>> raise refusal(ValueError, "log of a word", "log('x')", "log(2.0)")
    Traceback (most recent call last):
    ValueError: log of a word
      where: log('x')
      instead: log(2.0)
    """
    return kind(three_lines(what, where, instead))


def refuse_uncallable(f: Any, call: str) -> None:
    """Raise TypeError for what is no function; `call` tells how one is handed over.

    >>> refuse_uncallable(3, "vmap(f)(x)")
    Traceback (most recent call last):
    TypeError: vmap takes a function
      where: vmap(3)
      instead: vmap(f)(x), where f(x) computes the result
    """
    if not callable(f):
        name = call.partition("(")[0]
        what, instead = f"{name} takes a function", f"{call}, where f(x) computes the result"
        raise refusal(TypeError, what, f"{name}({f!r:.40})", instead)


def no_tensor(name: str, takes: str, f: Any) -> TypeError:
    """Return the error about what is no Tensor, where the function `name` looks at results.

    >>> raise no_tensor("explain", "a Tensor", abs)
    Traceback (most recent call last):
    TypeError: explain takes a Tensor, not builtin_function_or_method
      where: explain(abs)
      instead: explain(f(x)) where x = Tensor(2.0, requires_grad=True)
    """
    what, x = f"{name} takes {takes}, not {type(f).__name__}", "Tensor(2.0, requires_grad=True)"
    given, instead = f"{f!r:.40}", f"{name}(f) where f was computed from Tensors: {x}"
    if callable(f):
        given, instead = function_name(f), f"{name}(f(x)) where x = {x}"
    return refusal(TypeError, what, f"{name}({given})", instead)


def kind_of(value: Any) -> str:
    """Name the type of a value with its article.

    >>> kind_of(2), kind_of([]), kind_of(np.ones(3)), kind_of(None)
    ('an int', 'a list', 'an ndarray', 'None')
    """
    name = type(value).__name__
    vowel = name.lower().startswith(("a", "e", "i", "o", "nd"))
    return "None" if value is None else f"{'an' if vowel else 'a'} {name}"


def raised_by_user(error: BaseException) -> bool:
    """Tell whether an error was raised in the user's code, which the library had called.

    >>> try:
    ...     np.apply_along_axis(lambda row: {}["a"], 0, np.ones(2))
    ... except KeyError as error:
    ...     raised_by_user(error)
    True
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and not trace.tb_frame.f_code.co_filename.startswith(ROOMS)


def line_of(file: str, line: int) -> str:
    """Name a line of the user's program; a cell of a notebook is a file that nobody has heard of.

    >>> line_of("/home/eva/train.py", 7), line_of("/tmp/ipykernel_123/456.py", 7)
    ('/home/eva/train.py:7', 'line 7 of the cell')
    """
    folder = file.rpartition(os.sep)[0].rpartition(os.sep)[2]
    in_a_cell = folder.startswith("ipykernel_")
    return f"line {line} of the cell" if in_a_cell else f"{file}:{line}"


def line_within(code: CodeType, line: int) -> str:
    """Name a line of the user's program, and the function that it is in."""
    return f"{line_of(code.co_filename, line)}, in {code.co_name}"


def user_frame() -> FrameType:
    """Return the innermost frame of code that may be the user's; if none is, the outermost.

    >>> user_frame().f_code.co_filename.startswith(ROOMS)
    False
    """
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(ROOMS) or _home(frame) in LIBRARIES:
        if frame.f_back is None:
            break
        frame = frame.f_back
    return frame


def _home(frame: FrameType) -> str:
    """Return the package that a frame's code belongs to."""
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0]


def user_line() -> str:
    """Name the line of the user's that runs now."""
    frame = user_frame()
    return line_of(frame.f_code.co_filename, frame.f_lineno)


def warn(message: str) -> None:
    """Warn, at the line of the user's program that led here; once of each, as Python does."""
    frame = user_frame()
    place, own = (frame.f_code.co_filename, frame.f_lineno), frame.f_globals
    seen = own.setdefault("__warningregistry__", {})
    warnings.warn_explicit(message, UserWarning, *place, own.get("__name__"), seen)


def describe(value: Any, position: int | None = None) -> str:
    """Name a value: by its own name, else by its place among arguments, else by its kind.

    >>> describe(np.ones(3), 0), describe(np.ones(3))
    ('argument 0 (3,)', 'an ndarray (3,)')
    """
    unnamed = kind_of(value) if position is None else f"argument {position}"
    return f"{getattr(value, 'name', None) or unnamed} {shape_of(value)}"


def no_float(x: Any, what: str) -> TypeError:
    """Return the error about a tensor of whole numbers that is to have a gradient."""
    message = f"only floating-point tensors have gradients, not {x.dtype}"
    instead = "Tensor(data.astype(float), requires_grad=True)"
    if x.ndim == 0 and x.dtype.kind in "iu" and x.item() >= 0:  # PyTorch's Tensor(4) is of shape 4
        instead = f"zeros({x.item()}) for a shape, {x.item()}.0 for the number"
    return refusal(TypeError, message, f"{what} of {describe(x)}", instead)


def call_of(name: str, values: Sequence[Any], params: Mapping[str, Any] | None = None) -> str:
    """Spell a call for a message: the operation, and its arguments by name and shape.

    >>> call_of("sum", [np.ones((2, 3))], {"axis": 0})
    'sum(argument 0 (2, 3), axis=0)'
    """
    given = [describe(v, i) for i, v in enumerate(values)]
    given += [f"{k}={v!r}" for k, v in (params or {}).items()]
    return f"{name}({', '.join(given)})"


def function_name(f: Callable[..., Any]) -> str:
    """Return what a function is called; of an object that can be called, its type's name."""
    return getattr(f, "__name__", type(f).__name__)


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape of a Tensor, of an array, or of what NumPy would make an array of."""
    return value.shape if hasattr(value, "shape") else np.shape(value)


def aligned(shapes: Sequence[tuple[int, ...]]) -> tuple[str, str]:
    """Align shapes from the right; bracket the first axis on which they disagree, and name it.

    >>> aligned([(2, 3), (4,)])
    ('(2, [3]) and (·, [4])', 'axis -1 is 3 against 4')
    """
    depth = max(map(len, shapes))
    rows = [(None,) * (depth - len(s)) + tuple(s) for s in shapes]
    for axis in range(-1, -depth - 1, -1):
        sizes = [row[axis] for row in rows if row[axis] not in (None, 1)]
        if len(set(sizes)) > 1:
            break
    else:
        return " and ".join(map(str, shapes)), "the shape asked for is another one"
    texts = []
    for row in rows:
        cells = ["·" if n is None else str(n) for n in row]
        cells[axis] = f"[{cells[axis]}]"
        texts.append(f"({', '.join(cells)})")
    return " and ".join(texts), f"axis {axis} is {' against '.join(map(str, sizes))}"


def failed_call(name: str, values: Sequence[Any], params: dict[str, Any], error: Exception) -> str:
    """Explain why a NumPy function refused its arguments, if it is not told already."""
    if "\n  instead: " in str(error):
        return str(error)
    what, instead = _reason(name, [shape_of(v) for v in values], error)
    return three_lines(what, call_of(name, values, params), instead)


def _reason(name: str, shapes: Sequence[tuple[int, ...]], error: Exception) -> tuple[str, str]:
    """Return what failed, and what to write instead."""
    if name in ("matmul", "dot") and len(shapes) == 2 and all(shapes):
        (*_, inner_a), inner_b = shapes[0], shapes[1][-2:][0]
        if inner_a != inner_b:
            return (
                f"{name} cannot multiply {shapes[0]} by {shapes[1]}: {inner_a} against {inner_b}",
                "make the last axis of the first equal the last but one of the second (try .T)",
            )
    if name == "linear" and len(shapes[1]) != 2:
        what = f"the weight of linear is a matrix (out, in), not {shapes[1]}"
        return what, "x @ weight for one output"
    if name == "linear" and shapes[0][-1:] != shapes[1][1:]:
        rows, taken = shapes[1]
        return (
            f"linear takes {taken} features, on the last axis of its input",
            f"an input of shape (..., {taken}), or nn.Linear({(1, *shapes[0])[-1]}, {rows})",
        )
    if name == "matmul" and not all(shapes):
        return "matmul multiplies arrays, and one of these is a number", "a * b"
    if "broadcast" in str(error) and name != "einsum":
        picture, axis = aligned(shapes)
        return (
            f"{name} cannot broadcast {picture}: {axis}",
            "make each axis equal or 1, counted from the right (reshape, or index with None)",
        )
    return f"{name} failed: {error}", _remedy(name, error)


OTHER_AXIS = "an axis that the array has, from -ndim to ndim - 1"
ADVICE = (  # the operation, or "" for any; what NumPy says; what to write instead
    ("reshape", "cannot reshape", "a shape of as many elements; -1 stands for what is left"),
    ("vdot", "cannot reshape", "arrays of as many elements as each other"),
    ("concatenate", "must match exactly", "arrays that differ along the axis that joins them only"),
    ("concatenate", "number of dimensions", "arrays of as many axes: x[None] has one more than x"),
    ("concatenate", "integer scalar", "the arrays in a list: np.concatenate([x, y])"),
    ("getitem", "only integers", "x[1], x[1:], x[x > 0]; int(i) for an index that was computed"),
    ("stack", "the same shape", "arrays of one shape; np.concatenate for different lengths"),
    ("inner", "not aligned", "arrays whose last axes are equally long"),
    ("tensordot", "shape-mismatch", "axes=(i, j) where a.shape[i] == b.shape[j]"),
    ("einsum", "", "one letter for each axis, and one length for each letter"),
    ("transpose", "axes don't match", "each axis once: x.transpose((1, 0)) has two"),
    ("squeeze", "size not equal to one", "an axis of length 1; x.squeeze(dim=1) keeps longer ones"),
    ("pow", "negative integer powers", "x.astype(float)"),
    ("bitwise_and", "not supported", "(x > 0) & (x < 1), each comparison in parentheses"),
    ("bitwise_or", "not supported", "(x < 0) | (x > 1), each comparison in parentheses"),
    ("invert", "not supported", "~(x > 0) of truth values, 1 - x of numbers"),
    ("conv", "tuple index", "an input (N, C, ...) and kernels (O, C, ...) of as many axes"),
    ("conv", "unpack", "an input (N, C, ...) and kernels (O, C, ...) of as many axes"),
    ("max_pool", "no len()", "a length for each axis: max_pool(x, (2, 2), (2, 2))"),
    ("softmax_cross_entropy", "no len()", "scores (N, C) and class indices (N,)"),
    ("bitwise_xor", "not supported", "a ** b for a power; ^ is for integers and truth values"),
    ("cholesky", "not positive definite", "a symmetric matrix whose eigenvalues are positive"),
    ("", "boolean index did not match", "a mask of the array's own shape, or of its first axes"),
    ("", "too many indices", "at most one index for each axis"),
    ("", "single ellipsis", "one ... alone, which stands for all axes that have no index"),
    ("", "used as indices must be of integer", "x[i.astype(int)] for an index of floats"),
    ("", "Singular matrix", "np.linalg.pinv or lstsq, or A + 1e-6 * np.eye(n)"),
    ("", "must be square", "as many rows as columns; np.linalg.pinv or lstsq for others"),
    ("", "at least two", "a matrix: x[:, None] is a column, x[None] a row"),
    ("", "core dimension", "arrays whose matching axes are equally long"),
    ("", "zero-size array", "an array that has elements"),
)  # fmt: skip


def _remedy(name: str, error: Exception) -> str:
    if isinstance(error, np.exceptions.AxisError):
        return OTHER_AXIS
    for of, words, instead in ADVICE:
        if of in ("", name) and words in str(error):
            return instead
    if isinstance(error, IndexError):
        return "an index inside the shape"
    return "arguments that NumPy's function of that name takes"


def dtype_of(dtype: Any) -> np.dtype[Any]:
    """Return NumPy's dtype of this name or type.

    >>> dtype_of("float32")
    dtype('float32')
    """
    try:
        return np.dtype(dtype)
    except TypeError:
        told = f"NumPy has no dtype {dtype!r:.40}"
        instead = "float, 'float32', int, bool, complex, or a dtype of NumPy"
        raise refusal(TypeError, told, f"dtype={dtype!r:.40}", instead) from None


def _array(b: Any) -> np.ndarray:
    try:
        return np.asarray(b)
    except TypeError as error:
        what = f"no array can hold these numbers: {error}"
        where = f"a {type(b).__module__}.{type(b).__name__} of shape {tuple(b.shape)}"
        raise refusal(TypeError, what, where, "x.float(), for example") from None


def plain(b: Any) -> Any:
    """Return an array as it is, a table as its array; refuse operators that mean something else.

    A kind of integer, such as `Tensor.size`, is an integer.

    Tables (pandas has them) find partners by label, so that gradients would not add up by place.
    Raises TypeError where NumPy has no such numbers, as PyTorch's bfloat16.

    >>> plain(np.ones(2)), plain("text"), plain(np.float64(3.0))
    (array([1., 1.]), 'text', np.float64(3.0))
    """
    kind = type(b)
    if hasattr(kind, "__array__") and not isinstance(b, (np.ndarray, np.generic)):
        return b if hasattr(b, "_record") else _array(b)
    if kind is not np.ndarray and isinstance(b, np.ndarray):
        own = kind.__array_ufunc__ is not np.ndarray.__array_ufunc__
        if own or kind.__mul__ is not np.ndarray.__mul__:
            raise refusal(
                TypeError,
                f"a {kind.__name__} has an arithmetic of its own, which has no derivative here",
                f"a {kind.__name__} of shape {b.shape} beside a Tensor, or as an argument",
                "np.asarray(x); for masked values np.where(mask, 0, x)",
            )
    return b if kind is int or kind is bool or not isinstance(b, int) else int(b)

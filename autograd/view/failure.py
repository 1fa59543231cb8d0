"""What an operation that raised an error would have computed, so that its graph can be drawn."""

from functools import reduce

from autograd.calls import Call
from autograd.errors import three_lines
from autograd.tensor import Tensor


def missing_result(error: BaseException) -> Tensor:
    """Return the result that an operation did not come to: it knows its arguments, and why.

    Raises TypeError where the error comes from no operation on Tensors.

    >>> a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 2.0, 3.0])
    >>> try:
    ...     a + b
    ... except ValueError as error:
    ...     missing = missing_result(error)
    >>> missing.op, missing.meta["failed"]
    (<primitive add>, 'add cannot broadcast ([2]) and ([3]): axis -1 is 2 against 3')
    """
    causes = [error]
    while "missing" not in vars(causes[-1]) and causes[-1].__context__:
        causes.append(causes[-1].__context__)  # a layer may have explained it in its own words
    missing: Tensor | None = getattr(causes[-1], "missing", None)
    if missing is not None:
        calls = [call for cause in reversed(causes) for call in getattr(cause, "calls", ())]
        message = str(error).partition("\n")[0]
        missing.meta = {"failed": message, "call": reduce(_outside, calls, None)}
        return missing
    raise TypeError(
        three_lines(
            "this error comes from no operation on Tensors",
            f"draw({type(error).__name__}({str(error)[:40]!r}))",
            "draw(error) in `except ValueError as error:` around an operation on Tensors",
        )
    )


def reason_of(t: Tensor) -> str:
    """Return why the operation that should have computed t failed; nothing where it did not."""
    return str(t.meta.get("failed", "")) if t.meta else ""


def _outside(inner: Call | None, call: Call) -> Call:
    return (*call[:3], inner)

"""The result that an operation did not come to, so that the graph of an error can be drawn."""

from autograd.base.errors import refusal
from autograd.provenance.calls import missing_result
from autograd.tensor import Tensor


def failed_result(error: BaseException) -> Tensor:
    """Return what an operation would have computed; `reason_of` it is what the error says.

    Raises TypeError where the error comes from no operation on Tensors.

    >>> a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 2.0, 3.0])
    >>> try:
    ...     a + b
    ... except ValueError as error:
    ...     failed = failed_result(error)
    >>> failed.op, reason_of(failed)
    (<primitive add>, 'add cannot broadcast ([2]) and ([3]): axis -1 is 2 against 3')
    """
    failed = missing_result(error)
    if failed is None:
        raise refusal(
            TypeError,
            "this error comes from no operation on Tensors",
            f"draw({type(error).__name__}({str(error)[:40]!r}))",
            "draw(error) in `except ValueError as error:` around an operation on Tensors",
        )
    failed.meta = {**(failed.meta or {}), "failed": str(error).partition("\n")[0]}
    return failed


def reason_of(t: Tensor) -> str:
    """Return why the operation that should have computed t failed; nothing where it did not."""
    return str(t.meta.get("failed", "")) if t.meta else ""

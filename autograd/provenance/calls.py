"""Parts of a computation, so that a picture can show each as one thing: a layer, a model.

An operation need not know where it belongs: whatever is born while a call runs is part of it. So a
call is an interval of birth numbers, and the tensors that it returns carry it along in ``meta``:
``"call": (label, first, last, the call inside this one that returned the same tensor)``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.base.modes import readers
from autograd.base.tree import flatten
from autograd.mutation.versions import birth
from autograd.tensor import Tensor
from autograd.transforms.outside import readers_here

NOTHING: Mapping[str, Any] = {}


def call_as(
    label: Any, f: Callable[..., Any], args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] = NOTHING,
) -> Any:  # fmt: skip
    """Return ``f(*args, **kwargs)``; pictures draw what it computes as one part, with this label.

    Parameters
    ----------
    label : a text, or the object that the part belongs to, as a module of `nn` labels its calls.
        The graph keeps it; where nothing is recorded, nothing is kept.
    f : returns a Tensor, or Tensors in lists, tuples and dicts, of any shapes and dtypes.

    Raises
    ------
    What f raises; if that comes from an operation, `draw(error)` shows in which part.

    Examples
    --------
    >>> from autograd import draw
    >>> x = Tensor([3.0, 4.0], requires_grad=True)
    >>> y = call_as("energy", lambda v: (v * v).sum(), [x])
    >>> [group.label for group in draw(y, level="module").scene.groups]
    ['energy']
    """
    first = birth()
    if readers and hasattr(label, "training"):
        for reader in readers_here():
            reader.called(label)
    try:
        y = f(*args, **kwargs)
    except Exception as error:
        if (missing := missing_result(error)) is not None:
            _mark(missing, label, first)
        raise
    if type(y) is Tensor and y.meta is None and y.op is not None and y.count > first:
        y.meta = {"call": (label, first, birth(), None)}  # by far the most frequent case
        return y
    for t in (y,) if type(y) is Tensor else flatten(y)[0]:
        if type(t) is Tensor and t.op is not None and t.count > first:  # or it is from elsewhere
            _mark(t, label, first)
    return y


def _mark(t: Tensor, label: Any, first: int) -> None:
    meta = t.meta or {}
    t.meta = {**meta, "call": (label, first, birth(), meta.get("call"))}


def missing_result(error: BaseException) -> Tensor | None:
    """Return what an operation would have computed that raised this error, or the cause of it.

    It is a Tensor that knows the operation and the arguments; None for errors from elsewhere.
    """
    cause: BaseException | None = error
    while cause is not None:  # a layer may have explained the error in words of its own
        missing: Tensor | None = vars(cause).get("missing")
        if missing is not None:
            return missing
        cause = cause.__context__
    return None

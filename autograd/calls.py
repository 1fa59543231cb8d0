"""Parts of a computation, so that a picture can show each as one thing: a layer, a model.

An operation need not know where it belongs: whatever is born while a call runs is part of it. So a
call is an interval of birth numbers, and the tensors that it returns carry the interval along.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from autograd.tensor import Tensor
from autograd.tree import flatten
from autograd.versions import birth

Call = tuple[Any, int, int, Any]
"""A label, the birth numbers when it began and ended, and the call that gave it its result."""

Result = TypeVar("Result")
NOTHING: Mapping[str, Any] = {}


def call_as(
    label: Any, f: Callable[..., Result], args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] = NOTHING,
) -> Result:  # fmt: skip
    """Return ``f(*args, **kwargs)``; pictures draw what it computes as one part, with this label.

    Parameters
    ----------
    label : a text, or the object that the part belongs to, as a module of `nn` labels its calls.
        The graph keeps it; where nothing is recorded, nothing is kept.
    f : returns a Tensor, or Tensors in lists, tuples and dicts, of any shapes and dtypes.

    Raises
    ------
    What f raises; the error remembers where it happened, for `draw(error)`.

    Examples
    --------
    >>> from autograd import draw
    >>> x = Tensor([3.0, 4.0], requires_grad=True)
    >>> y = call_as("energy", lambda v: (v * v).sum(), [x])
    >>> [group.label for group in draw(y, level="module").scene.groups]
    ['energy']
    """
    first = birth()
    try:
        y: Any = f(*args, **kwargs)
    except Exception as error:
        error.__dict__.setdefault("calls", []).append((label, first, birth(), None))
        raise
    if type(y) is Tensor and y.meta is None and y.op is not None and y.count > first:
        y.meta = {"call": (label, first, birth(), None)}  # by far the most frequent case
        return y
    for t in flatten(y)[0]:
        if type(t) is Tensor and t.op is not None and t.count > first:  # or it is from elsewhere
            meta = t.meta or {}
            t.meta = {**meta, "call": (label, first, birth(), meta.get("call"))}
    return y

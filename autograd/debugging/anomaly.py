"""Where the first NaN or infinity was born, in the computation or in its derivative."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from autograd.base.errors import call_of, refusal, user_line
from autograd.debugging.watch import Watcher, numbers
from autograd.mutation.versions import Overwritten
from autograd.mutation.witness import place_told
from autograd.primitive import Primitive
from autograd.provenance.places import record_lines
from autograd.tensor import Tensor, raw


class detect_anomaly(Watcher):  # noqa: N801  # PyTorch's name
    """Raise where a NaN or an infinity is born: its arguments are finite, and the result is not.

    In a ``with`` block or as a decorator. An operation computed inside is checked at once, a
    derivative when `backward` (or `grad` ...) runs inside, and then the line of the forward
    computation is told too, if that ran inside. Everything takes several times as long. What is
    replayed by `compile`, or computed for a whole batch at once (`vmap`, `jacobian`), is not seen.

    Raises
    ------
    FloatingPointError : names the operation, the line, and the first element.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import Tensor, detect_anomaly
    >>> x = Tensor([1.0, 0.0], requires_grad=True, name="x")
    >>> with detect_anomaly():
    ...     np.sqrt(x).sum().backward()
    Traceback (most recent call last):
        ...
    FloatingPointError: the derivative of sqrt is inf, where all that went into it is finite
      where: argument 0 of sqrt(x (2,)) at ...:2, element (1,): sqrt(0.0), and 1.0 arrived
      instead: an argument inside the domain of the derivative, as np.maximum(x, 1e-12) or np.where
    """

    def prepare(self, stack: ExitStack) -> None:
        """Record lines, and let what is told here be told once."""
        stack.enter_context(record_lines())
        stack.enter_context(np.errstate(all="ignore"))

    def computed(self, op: Primitive, values: Sequence[Any], params: Any, y: Tensor) -> None:
        """Check a result."""
        if (bad := _first_bad(y)) is None or not _all_finite((*values, *params.values())):
            return
        raise refusal(
            FloatingPointError,
            f"{op.name} is {y.data[bad]}, where all its arguments are finite",
            f"{call_of(op.name, values)} at {user_line()}{_element(bad, op, values, y)}",
            "arguments inside the domain, as np.maximum(x, 1e-12) or np.where; "
            "or numbers that do not overflow",
        )

    def sent(self, node: Tensor, args: Sequence[Any], g: Any, parts: Any) -> None:
        """Check what the rules of an operation gave."""
        for i, gx in parts:
            part = getattr(gx, "g", gx)  # of a gradient that is zero but for a part
            if (bad := _first_bad(part)) is None or not _all_finite((node, g, *args)):
                continue
            op: Any = node.op
            arrived = f", and {raw(g)[bad]} arrived" if np.shape(raw(g)) == part.shape else ""
            raise refusal(
                FloatingPointError,
                f"the derivative of {op.name} is {raw(part)[bad]}, "
                "where all that went into it is finite",
                f"argument {i} of {call_of(op.name, args)}{place_told(node)}"
                f"{_element(bad, op, args, part)}{arrived}",
                "an argument inside the domain of the derivative, as np.maximum(x, 1e-12) "
                "or np.where",
            )


def _first_bad(y: Any) -> tuple[int, ...] | None:
    """Return the index of the first element that is not finite."""
    data = numbers(y)
    if data is None or (fine := np.isfinite(data)).all():
        return None
    return tuple(map(int, np.unravel_index(np.argmin(fine), data.shape))) if data.ndim else ()


def _all_finite(values: Iterable[Any]) -> bool:
    known = [v.data.restore() if _is_old(v) else v for v in values]
    known = [x if type(x) in (float, complex) else numbers(x) for x in known]
    return all(np.isfinite(x).all() for x in known if x is not None)


def _is_old(v: Any) -> bool:
    return type(v) is Tensor and isinstance(v.data, Overwritten)


def _element(bad: tuple[int, ...], op: Primitive, values: Sequence[Any], y: Any) -> str:
    """Spell the call for one element, where the operation goes by elements."""
    if not op.elementwise:
        return f", element {bad}" if bad else ""
    try:
        xs = [np.broadcast_to(raw(v), y.shape)[bad] for v in values]
    except ValueError:  # of an argument that was broadcast, the gradient is larger than it is
        return f", element {bad}"
    spelled = f"{op.name}({', '.join(str(x) for x in xs)})"
    return f", element {bad}: {spelled}" if bad else f": {spelled}"

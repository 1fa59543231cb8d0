"""The derivative rules under audit: each is checked in the program that uses it, where it does."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.base.errors import call_of, refusal, user_line
from autograd.check import _close, along, by_size, directional
from autograd.debugging.watch import Watcher, numbers
from autograd.primitive import Primitive
from autograd.rules.shape import sum_to
from autograd.tensor import Tensor


class audit(Watcher):  # noqa: N801  # beside detect_anomaly
    """Check the rule of each operation as your own program executes it, at the values it meets.

    In a ``with`` block, or as a decorator: ``audit()(f)(*args)``. For every argument that requires
    a gradient, the rule's derivative along a random direction is compared with a numerical one (see
    `check_grads`), in float64; an array that is symmetric is moved symmetrically. At a kink, at the
    edge of the domain and for complex numbers there is nothing to compare with: such operations are
    counted in `skipped`. An operation is computed some thirty times.

    Attributes
    ----------
    checked, skipped : how many rules, by the name of the operation.

    Raises
    ------
    AssertionError : at the first rule that is wrong; names the operation, the argument, the line.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import Tensor, audit, primitive
    >>> x = Tensor([1.0, 0.0], requires_grad=True, name="x")
    >>> with audit() as report:
    ...     y = np.sum(np.sin(x) * abs(x))
    >>> print(report)
    4 rules are right (multiply 2, sin, sum); not to be checked: absolute
    >>> cube = primitive(lambda x: x * x * x, name="cube")
    >>> cube.defvjp(lambda g, y, x: g * 2 * x * x)
    >>> with audit():
    ...     y = cube(x)
    Traceback (most recent call last):
        ...
    AssertionError: the rule of cube is wrong
      where: argument 0 of cube(x (2,)) at ...:2: along a random direction ... is expected, not ...
      instead: a rule that gives the expected derivative; check_grads tells the element
    """

    def _set_up(self) -> None:
        super()._set_up()
        self.checked: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self._random = np.random.default_rng(0)

    def __str__(self) -> str:
        total = self.checked.total()
        told = "1 rule is" if total == 1 else f"{total} rules are"
        text = f"{told} right{_counts(self.checked, ' ({})')}"
        return text + _counts(self.skipped, "; not to be checked: {}")

    def computed(self, op: Primitive, values: Sequence[Any], params: Any, y: Tensor) -> None:
        """Check the rules of an operation."""
        if not y.requires_grad:
            return
        result, *data = (numbers(v) for v in (y, *values))
        if result is None or any(x is not None and x.dtype.kind == "c" for x in (result, *data)):
            self.skipped[op.name] += 1
            return
        xs = [
            getattr(v, "data", v) if type(v) is Tensor and x is None
            else v if x is None else np.asarray(x, np.float64)[()]
            for v, x in zip(values, data, strict=True)
        ]  # fmt: skip
        for i, v in enumerate(values):
            if type(v) is Tensor and v.requires_grad:
                self._check(op, values, xs, params, i)

    def _check(self, op: Primitive, values: Any, xs: list[Any], params: Any, i: int) -> None:
        rule: Any = op.rule(i)
        with np.errstate(all="ignore"):
            y = op.call(*xs, **params)
            g = self._random.standard_normal(np.shape(y))[()]
            sent = rule(g, y, *xs, **params) if rule else np.zeros(xs[i].shape)  # None means flat
            got = sum_to(np.asarray(sent), xs[i].shape)
            direction = next(by_size(xs[i], along(self._random, xs[i])), 0.0)
            if _is_symmetric(xs[i]):
                direction = direction + np.swapaxes(direction, -1, -2)
            try:
                expected, error = directional(
                    lambda *points: np.sum(g * op.call(*points, **params)), xs, i, direction, True
                )
            except ValueError:
                expected = error = np.nan
            found = float(np.sum(got * direction))
            if not (np.isfinite(expected) and np.all(np.isfinite(y))):
                self.skipped[op.name] += 1
            elif _close(found, expected, error, got, direction):
                self.checked[op.name] += 1
            else:
                raise _wrong(op, values, i, expected, found)


def _wrong(op: Primitive, values: Any, i: int, expected: float, found: float) -> AssertionError:
    return refusal(
        AssertionError,
        f"the rule of {op.name} is wrong",
        f"argument {i} of {call_of(op.name, values)} at {user_line()}: "
        f"along a random direction {expected:.6g} is expected, not {found:.6g}",
        "a rule that gives the expected derivative; check_grads tells the element",
    )


def _is_symmetric(x: Any) -> bool:
    square = np.ndim(x) > 1 and x.shape[-1] == x.shape[-2] > 1
    return square and bool(np.array_equal(x, np.swapaxes(x, -1, -2)))


def _counts(counter: Counter[str], text: str) -> str:
    each = [f"{name} {n}" if n > 1 else name for name, n in sorted(counter.items())]
    return text.format(", ".join(each)) if each else ""

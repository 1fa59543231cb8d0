"""`vectorize`: a function of numbers, applied to each element of Tensors."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.base.errors import refusal
from autograd.interface.conversion import holds_tensors, tensor_of
from autograd.interface.spellings import dispatching
from autograd.tensor import Tensor


class vectorize(np.vectorize):  # noqa: N801  # NumPy's name
    """Apply a function of numbers to each element of arrays and of Tensors.

    NumPy's own class makes arrays of Python objects of its arguments, which would cut the gradient.
    This one is the same on arrays. On Tensors the function receives Tensors: of one element, or of
    the axes that ``signature`` names. What it returns is stacked.

    Parameters
    ----------
    pyfunc, otypes, doc, excluded, cache, signature : NumPy's.

    Raises
    ------
    ValueError : where the arguments do not broadcast; where there are no elements.

    Examples
    --------
    >>> from autograd import grad
    >>> from autograd.interface.elements import vectorize
    >>> huber = vectorize(lambda r: r * r / 2 if abs(r) < 1 else abs(r) - 0.5)
    >>> grad(lambda r: np.sum(huber(r)))(np.array([0.5, -3.0]))
    array([ 0.5, -1. ])
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the stacked results: one Tensor, or a tuple of them, as the function returns."""
        given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
        mapped = {k: v for k, v in given.items() if k not in self.excluded}
        if not holds_tensors(list(mapped.values())):
            return super().__call__(*args, **kwargs)
        mapped = {k: tensor_of(v) if isinstance(v, (list, tuple)) else v for k, v in mapped.items()}
        cores = self._core_axes(mapped)
        outer = [np.shape(v)[: np.ndim(v) - cores[k]] for k, v in mapped.items()]
        shape = np.broadcast_shapes(*outer)
        for k, v in mapped.items():
            mapped[k] = dispatching.broadcast_to(v, shape + np.shape(v)[np.ndim(v) - cores[k] :])
        results = []
        for place in np.ndindex(shape):
            now = given | {k: v[place] for k, v in mapped.items()}
            results.append(self.pyfunc(*[now.pop(i) for i in range(len(args))], **now))
        if not results:
            raise refusal(
                ValueError,
                "there is no element to apply the function to",
                f"vectorize of shape {shape}",
                "arguments with at least one element",
            )
        if not isinstance(results[0], tuple):
            return self._stacked(results, shape, 0)
        parts = zip(*results, strict=True)
        return tuple(self._stacked(part, shape, i) for i, part in enumerate(parts))

    def _core_axes(self, mapped: dict[Any, Any]) -> dict[Any, int]:
        """Return how many axes of each argument the function receives: those of its signature."""
        if self.signature is None:
            return dict.fromkeys(mapped, 0)
        groups = re.findall(r"\(([^)]*)\)", self.signature.split("->")[0])
        return {k: len(re.findall(r"\w+", g)) for k, g in zip(mapped, groups, strict=True)}

    def _stacked(self, results: Sequence[Any], shape: tuple[int, ...], i: int) -> Tensor:
        y = tensor_of(list(results), self.otypes[i] if self.otypes is not None else None)
        return dispatching.reshape(y, shape + y.shape[1:])

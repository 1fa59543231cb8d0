"""Effects: what a program leaves in tensors from outside, beside what it returns."""

from typing import Any, NamedTuple

from autograd.mutation.versions import mark, write
from autograd.tensor import Tensor, raw


class Effect(NamedTuple):
    """What a program leaves in a tensor: ``"data"`` or ``"grad"``, or a ``"new"`` one of these.

    Other data is written into the array that is there, and a gradient is added to it.
    """

    tensor: Tensor
    attribute: str
    name: Any  # or a constant

    @property
    def is_of_data(self) -> bool:
        """Whether it is no gradient."""
        return self.attribute.endswith("data")

    @property
    def present(self) -> Any:
        """The tensor's data, or its gradient, at present."""
        return self.tensor.data if self.is_of_data else raw(self.tensor._grad)

    def future(self, value: Any) -> Any:
        """Return what will be there when a value was left."""
        adds = not self.is_of_data and self.attribute != "new grad"
        return value if not adds or self.present is None else self.present + raw(value)

    def leave(self, value: Any) -> None:
        """Add up a gradient, as backward does; write or replace data."""
        t = self.tensor
        if self.is_of_data:
            alike = (raw(value).shape, raw(value).dtype) == (t.shape, t.dtype)
            if alike and self.attribute == "data":
                write(t, ..., value, seen=True)
            else:
                t.data = value
                mark(t, seen=True)  # its gradients would be those of the data before
        else:
            t._grad = self.future(value)

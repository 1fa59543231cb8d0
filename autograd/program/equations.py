"""Equations: what programs consist of."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.base.errors import refusal
from autograd.primitive import Primitive
from autograd.transforms.standin import is_view


class Name(str):
    """What stands for a value in an equation: a text that is a name, and no other text."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The name alone."""
        return str(self)


class Names:
    """The names that are taken: a wish that is one gets a number.

    >>> names = Names(["x"])
    >>> names.take("x"), names.take("x"), names.take("y")
    ('x_1', 'x_2', 'y')
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._next = dict.fromkeys(taken, 1)

    def take(self, wish: str) -> str:
        """Return the name wished for, if nothing has it, or else one like it."""
        taken = self._next
        if wish not in taken:
            taken[wish] = 1
            return wish
        text, k = wish, taken[wish]
        while text in taken:
            text, k = f"{wish}_{k}", k + 1
        taken[wish], taken[text] = k, 1
        return text


class Equation(NamedTuple):
    """One operation: ``name = op(*args, **params)``.

    Attributes
    ----------
    name : what the result is called.
    args : names of inputs, constants and earlier results; plain numbers stand for themselves.
    like : an array of the result's shape and dtype; in a finished program it takes no room.
    backward : whether it belongs to a backward pass.
    named : whether the user gave it its name.
    """

    name: Name
    op: Primitive
    args: tuple[Any, ...]
    params: Mapping[str, Any] = {}
    like: Any = None
    backward: bool = False
    named: bool = False

    @property
    def is_view(self) -> bool:
        """Whether the result looks at the first argument; what is not contiguous it may copy."""
        seen = is_view(self.op, self.params) and type(self.args[0]) is Name
        return seen and np.ndim(self.like) > 0

    def __deepcopy__(self, _: Any) -> "Equation":
        return self  # nothing in it changes, rows go by identity, and its outline takes no room

    def __reduce__(self) -> Any:
        raise refusal(
            TypeError,
            "a program is not pickled: its operations are functions of this process",
            f"pickle of the equation {self.name} = {self.op.name}(...)",
            "program.save(path) here, Program.load(path) there",
        )

    def finished(self, name: Name, args: tuple[Any, ...], named: bool) -> "Equation":
        """Return the same operation with other names, without the numbers of its example."""
        return Equation(name, self.op, args, self.params, outline(self.like), self.backward, named)


def outline(x: Any) -> Any:
    """Return zeros of the shape and the dtype of a value, which take the room of one number.

    >>> outline(np.ones((2, 3))).strides
    (0, 0)
    """
    if type(x) is not np.ndarray:
        return type(x)() if isinstance(x, np.generic) else x
    return _zeros(x.shape, x.dtype)


@functools.lru_cache(maxsize=1024)
def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    return np.ndarray(shape, dtype, bytes(dtype.itemsize), strides=(0,) * len(shape))


def unit(x: Any) -> Any:
    """Return unit matrices of the shape and the dtype of an array, where it has two axes or more.

    >>> unit(np.zeros((2, 2)))
    array([[1., 0.],
           [0., 1.]])
    """
    return np.eye(*x.shape[-2:], dtype=x.dtype) + np.zeros_like(x) if np.ndim(x) > 1 else x


def used(equations: Sequence[Equation], outputs: Iterable[Any]) -> list[Equation]:
    """Return the equations that these names need, in order."""
    wanted = {y for y in outputs if type(y) is Name}
    kept = []
    for e in reversed(equations):
        if e.name in wanted:
            kept.append(e)
            wanted.update([a for a in e.args if type(a) is Name])
    return kept[::-1]

"""What is pulled back through a graph: vᵀJ, whole Jacobians in batches, and Jv."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.backward import ALONE, sweep
from autograd.base.errors import plain, refusal
from autograd.base.modes import depth, enable_grad, is_grad_enabled, no_grad
from autograd.mutation.holders import DATA_ALONE, getrefcount
from autograd.rules.shape import cut_off
from autograd.tensor import Tensor, constant, raw
from autograd.transforms.batching import Level, VmapError
from autograd.transforms.outside import here

BASIS = 2**26
"""So many bytes of unit vectors are pulled back at once."""


class Pullback:
    """A graph from variables to outputs: what maps v to vᵀJ.

    Attributes
    ----------
    connected : whether there is a graph outside, by which the derivative must be differentiable.
    reader : through whom the thread read when it began.
    strangers : other leaves that the last sweep came to.
    """

    strangers: Sequence[Tensor] = ()

    def __init__(
        self, outputs: Sequence[Tensor], variables: Sequence[Tensor], connected: bool
    ) -> None:
        self.outputs, self.variables = outputs, variables
        self.connected, self.reader = connected, here.reader

    @property
    def recorded(self) -> bool:
        """Whether the sweep back is to be recorded, too."""
        return self.connected and is_grad_enabled()

    @property
    def _mapped(self) -> bool:
        """Whether it began inside of a vmap: what is connected there are the examples."""
        return type(self.reader) is Level

    def gradients(self, seeds: Sequence[Any], recorded: bool) -> list[Any]:
        """Return the gradient of each variable; None is the seed of an output without one."""
        roots, given = [], []
        for y, s in zip(self.outputs, seeds, strict=True):
            if s is not None and y.requires_grad:
                roots.append(y)
                given.append(constant(s) if recorded and type(s) is not Tensor else s)
        live = recorded or Tensor in map(type, given)
        if live or here.reader is not None:
            # inside of a vmap that began later, our own variables are outside, and constant
            ours = self.connected or here.reader is self.reader or self._mapped
            with enable_grad() if live or ours else no_grad():
                found = sweep(roots, given, self.variables, recorded)
        else:  # a sweep over arrays records nothing anyhow
            found = sweep(roots, given, self.variables)
        grads = []
        for v in self.variables:
            g = _plain(found.pop(v)) if v in found else np.zeros_like(v.data)[()]
            if not is_grad_enabled():
                g = cut_off(g)
            if type(g) is np.ndarray and g.ndim == 0:
                g = g[()]
            elif type(g) is np.ndarray and (  # to write into, as nobody else refers to it
                not g.flags.writeable
                or getrefcount(g) > ALONE
                or (g.base is not None and getrefcount(g.base) > DATA_ALONE)
            ):
                g = g.copy()
            grads.append(g)
            if here.reader is not None:
                here.reader.pulled(v, g)
        self.strangers = [*found]
        return grads

    def rows(self, k: int) -> list[Any]:
        """Return the derivatives of the output k by each variable, ``y.shape + x.shape``."""
        y, shapes = self.outputs[k], [v.shape for v in self.variables]
        if y.dtype.kind == "c" and any(v.dtype.kind != "c" for v in self.variables):
            raise refusal(
                TypeError,
                "a unit vector tells the real part of this derivative only",
                "jacrev from real to complex numbers, or jacfwd from complex to real ones",
                "jacobian(f), which chooses the other way; by one argument, for one result",
            )
        if y.size == 1:
            blocks = [self.gradients(self._only(k, np.ones_like(y.data)), self.recorded)]
        elif y.size == 0:
            blocks = [[np.zeros((0, *v.shape), v.dtype) for v in self.variables]]
        else:
            largest = max(y.size, *(v.size for v in self.variables)) * y.dtype.itemsize
            step = max(1, BASIS // largest)
            blocks = [
                self._block(k, range(i, min(i + step, y.size)), self.recorded)
                for i in range(0, y.size, step)
            ]
        grads = [g[0] if len(g) == 1 else np.concatenate(g) for g in zip(*blocks, strict=True)]
        if not y.shape:
            return grads
        pairs = zip(grads, shapes, strict=True)
        return [np.reshape(g, y.shape + shape) for g, shape in pairs]

    def _block(self, k: int, which: range, recorded: bool) -> list[Any]:
        """Pull back a batch of unit vectors of the output k, along axis 0."""
        y = self.outputs[k]
        units = np.zeros((len(which), y.size), y.dtype)
        units[np.arange(len(which)), which] = 1
        units = units.reshape(len(which), *y.shape)
        level = Level(len(which), connected=recorded or self._mapped)
        try:
            with level.running():
                grads = self.gradients(self._only(k, level.batch(units)), recorded=False)
            grads = [level.whole(g) for g in grads]
            return [_plain(g) if recorded else raw(g) for g in grads]
        except VmapError:  # a rule asks for numbers
            rows = [self.gradients(self._only(k, unit), recorded) for unit in units]
            return [np.stack(g) for g in zip(*rows, strict=True)]

    def _only(self, k: int, seed: Any) -> list[Any]:
        return [seed if i == k else None for i in range(len(self.outputs))]

    def transposed(self) -> "Pullback":
        """Return the graph that maps v to Jv.

        vᵀJ is linear in v, so what is pulled back through it is Jv (J. Townsend, "A new trick for
        calculating Jacobian vector products", 2017). The first sweep runs the rules on arrays and
        one Tensor, v, so the graph holds linear operations only.
        """
        vectors = [constant(np.ones_like(y.data)) for y in self.outputs]  # 0 would mean: not used
        for v in vectors:
            v.requires_grad = True
        depth.value += 1  # or a rule could take v for a number, and Jv would be 0
        try:
            products = [wrapped(g) for g in self.gradients(vectors, self.recorded)]
        finally:
            depth.value -= 1
        return Pullback(products, vectors, self.connected)


def apart(values: Sequence[Any], given: Sequence[Any] = ()) -> list[Any]:
    """Copy what shares memory with what came in, or with one before it, or cannot be written into.

    >>> x = np.ones(3)
    >>> apart([x, x[1:]], [x]), apart([x])[0] is x
    ([array([1., 1., 1.]), array([1., 1.])], True)
    """
    owners = {id(owner(x)) for x in given}
    result = []
    for x in values:
        shared = id(owner(x)) in owners or (type(x) is np.ndarray and not x.flags.writeable)
        alone = np.copy(x) if shared and (np.ndim(x) or type(x) is Tensor) else x
        result.append(alone)
        owners.add(id(owner(alone)))
    return result


def owner(x: Any) -> Any:
    """Return the object whose memory an array looks at."""
    while getattr(x, "base", None) is not None:
        x = x.base
    return x


def array(value: Any, dtype: Any = None) -> Any:
    """Return an array, a NumPy scalar, or the symbol that stands for one."""
    return value if hasattr(value, "tape") else np.asarray(plain(value), dtype)[()]


def wrapped(y: Any) -> Tensor:
    """Return a Tensor as it is, and anything else as a constant one."""
    return y if type(y) is Tensor else constant(array(y))


def _plain(g: Any) -> Any:
    return g.data if type(g) is Tensor and not g.requires_grad else g

"""Recurrent layers: a cell's formula, and one loop over time that they all share.

A formula gets the affine maps of the input and of the hidden state, with all gates side by side on
the last axis, and the state before; it returns the state after, the hidden state first.
"""

from collections.abc import Callable
from itertools import product
from operator import index
from typing import Any, ClassVar

import numpy as np

from autograd import linear, refusal, relu, sigmoid, stack
from nn import functional, init
from nn.checks import refuse
from nn.function import shown
from nn.module import Module

State = tuple[Any, ...]


# ── formulas ──────────────────────────────────────────────────────────────────────────────────
def tanh_step(x: Any, h: Any, _: Any) -> State:
    """``h' = tanh(x + h)`` (Elman, "Finding structure in time", 1990)."""
    return (np.tanh(x + h),)


def relu_step(x: Any, h: Any, _: Any) -> State:
    """``h' = max(x + h, 0)``."""
    return (relu(x + h),)


def gru_step(x: Any, h: Any, before: Any) -> State:
    """``h' = (1 - z) n + z h``: the update gate z mixes what is new with what was before.

    Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014; here the reset
    gate r acts on the hidden state after its matrix, as in PyTorch.
    """
    (xr, xz, xn), (hr, hz, hn) = np.split(x, 3, axis=-1), np.split(h, 3, axis=-1)
    r, z = sigmoid(xr + hr), sigmoid(xz + hz)
    n = np.tanh(xn + r * hn)
    return ((1 - z) * n + z * before,)


def lstm_step(x: Any, h: Any, _: Any, c: Any) -> State:
    """``c' = f c + i g`` and ``h' = o tanh(c')``: a sum that gates guard keeps its gradient.

    Hochreiter and Schmidhuber, "Long short-term memory", 1997; the forget gate f is from Gers,
    Schmidhuber and Cummins, "Learning to forget", 2000.
    """
    i, f, g, o = np.split(x + h, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


STEPS = {"tanh": tanh_step, "relu": relu_step}
PARAMETERS = "weight_ih", "weight_hh", "bias_ih", "bias_hh"


# ── layers ────────────────────────────────────────────────────────────────────────────────────
class Recurrent(Module):
    """Layers of cells, each run over time, forwards or both ways, the next over its outputs.

    A call maps x (T, N, input_size), and the states before if they are given, (num_layers * D, N,
    hidden_size), to the outputs (T, N, D * hidden_size) of the last layer and the states after; D
    is 2 if `bidirectional`, else 1. With `batch_first`, N is the first axis of x and of the
    outputs. An x without the axis N is one sequence, and then nothing has it. `dropout` acts
    between layers. Parameters, `weight_ih_l0` and so on, are uniform in ±1/√hidden_size at first.

    Raises ValueError for other shapes, for no layers and for no steps.
    """

    step: Callable[..., State]
    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1
    extra_repr = shown("input_size", "hidden_size", "num_layers=", "bidirectional=")

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
    ) -> None:  # fmt: skip
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first, self.dropout, self.bidirectional = batch_first, dropout, bidirectional
        what, where = "layers of cells are counted from 1", f"{type(self).__name__}({num_layers=})"
        refuse(num_layers < 1, what, where, "num_layers=1")
        self.directions = ("", "_reverse") if bidirectional else ("",)
        rows = self.gates * index(hidden_size)
        for layer, direction in product(range(num_layers), self.directions):
            width = hidden_size * len(self.directions) if layer else input_size
            (w_ih, b_ih), (w_hh, b_hh) = (init.affine(bias, rows, n) for n in (width, hidden_size))
            for name, p in zip(PARAMETERS, (w_ih, w_hh, b_ih, b_hh), strict=True):
                setattr(self, f"{name}_l{layer}{direction}", p)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew, in place, as at first."""
        init.spread_(self.hidden_size, *self.parameters())

    def forward(self, x: Any, hx: Any = None) -> Any:
        swapped = self.batch_first and x.ndim == 3
        x = np.swapaxes(x, 0, 1) if swapped else x
        lengths = x.shape[:2] if x.ndim == 3 else x.shape[:1]
        what, where = "a sequence has at least one step", f"an input of shape {x.shape}"
        refuse(0 in lengths[:1], what, where, "at least one step, or no call")
        self._expect("an input", x, (*lengths, self.input_size))
        shape = self.num_layers * len(self.directions), *lengths[1:], self.hidden_size
        before = (hx,) if self.states == 1 else hx
        if hx is None:
            before = (np.zeros(shape, x.dtype),) * self.states
        what, where = "a state of this layer is a pair", f"{type(self).__name__}(x, {len(before)})"
        refuse(len(before) != self.states, what, where, "layer(x, (h, c))")
        for state in before:
            self._expect("a state", state, shape)  # which broadcasting would let pass
        after: list[State] = []
        for layer in range(self.num_layers):
            x = functional.dropout(x, self.dropout, self.training and layer > 0)
            outputs = []
            for direction in self.directions:
                state = tuple(s[len(after)] for s in before)
                hidden, state = self._run(x, state, f"_l{layer}{direction}")
                outputs.append(stack(hidden))
                after.append(state)
            x = np.concatenate(outputs, axis=-1)
        states = tuple(stack(each) for each in zip(*after, strict=True))
        return np.swapaxes(x, 0, 1) if swapped else x, states if self.states > 1 else states[0]

    def _run(self, x: Any, state: State, suffix: str) -> tuple[list[Any], State]:
        """Return the hidden states at all times, in the order of x, and the last state."""
        w_ih, w_hh, b_ih, b_hh = (getattr(self, name + suffix) for name in PARAMETERS)
        order = -1 if suffix.endswith("reverse") else 1
        hidden = []
        for mapped in list(linear(x, w_ih, b_ih))[::order]:  # one matrix product for all times
            state = self.step(mapped, linear(state[0], w_hh, b_hh), *state)
            hidden.append(state[0])
        return hidden[::order], state

    def _expect(self, what: str, x: Any, shape: tuple[int, ...]) -> None:
        if x.shape != shape:
            where = f"{self} of {what} of shape {x.shape}"
            raise refusal(ValueError, f"{what} does not fit this layer", where, f"{shape}")


class RNN(Recurrent):
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or relu by `nonlinearity`.

    The shapes and the other options are those of `nn.recurrent.Recurrent`.

    By position, `nonlinearity` stands after `num_layers` and before `bias`, as in PyTorch.

    >>> outputs, h = RNN(3, 4, num_layers=2, nonlinearity="relu")(np.zeros((5, 1, 3)))
    >>> outputs.shape, h.shape
    ((5, 1, 4), (2, 1, 4))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh",
        bias: bool = True, batch_first: bool = False, dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:  # fmt: skip
        sizes = input_size, hidden_size, num_layers
        super().__init__(*sizes, bias, batch_first, dropout, bidirectional)
        what, where = "no such nonlinearity is known", f"RNN(nonlinearity={nonlinearity!r})"
        refuse(nonlinearity not in STEPS, what, where, "tanh or relu")
        self.step = STEPS[nonlinearity]


class GRU(Recurrent):
    """``h' = (1 - z) n + z h`` with a reset gate in n; see `nn.recurrent.Recurrent`.

    >>> outputs, h = GRU(3, 4, bidirectional=True)(np.zeros((5, 1, 3)))
    >>> outputs.shape, h.shape
    ((5, 1, 8), (2, 1, 4))
    """

    step, gates = staticmethod(gru_step), 3


class LSTM(Recurrent):
    """``c' = f c + i g`` and ``h' = o tanh(c')``; its state is the pair (h, c).

    The shapes and the options are those of `nn.recurrent.Recurrent`.

    >>> outputs, (h, c) = LSTM(3, 4, batch_first=True)(np.zeros((1, 5, 3)))
    >>> outputs.shape, h.shape, c.shape
    ((1, 5, 4), (1, 1, 4), (1, 1, 4))
    """

    step, gates, states = staticmethod(lstm_step), 4, 2

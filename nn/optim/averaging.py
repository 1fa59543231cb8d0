"""EMA: the running mean of a model's weights, which is often better than any of them."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np

from nn.module import Module
from nn.optim.optimizer import Remembering, blocks


class EMA(Remembering):
    """``a = decay a + (1 - decay) p`` for each parameter p of a model; the first a is p.

    What PyTorch's ``AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))`` computes
    (Polyak, Juditsky, "Acceleration of stochastic approximation by averaging", 1992). As a context
    manager it puts the means in the place of the parameters, and puts those back at the end.
    Raises ValueError for a decay that is not from 0 to 1.

    Examples
    --------
    >>> import nn
    >>> model = nn.Linear(1, 1, bias=False)
    >>> ema = EMA(model, decay=0.75)
    >>> for weight in (1.0, 2.0):
    ...     model.weight.data[:] = weight
    ...     ema.update()
    >>> with ema:
    ...     model.weight.item()
    1.25
    >>> model.weight.item()
    2.0
    """

    remembered = ("averages", "n_averaged")

    def __init__(self, model: Module, decay: float = 0.999) -> None:
        self._refuse(not 0 <= decay <= 1, f"{decay=} is no share", "decay=0.999")
        self.parameters, self.decay, self.n_averaged = list(model.parameters()), decay, 0
        self.averages = [np.array(p.data) for p in self.parameters]
        self._trained: list[list[np.ndarray]] = []  # what the blocks that run put aside

    def update(self) -> None:
        """Take the parameters as they are now into the means, in place."""
        share = 1 - self.decay if self.n_averaged else 1.0
        for p, average in zip(self.parameters, self.averages, strict=True):
            for mean, x in blocks(average, p.data):
                mean += share * (x - mean)  # noqa: PLW2901  # in place
        self.n_averaged += 1

    def _saved(self, state_dict: Mapping[str, Any]) -> dict[str, Any]:
        saved = super()._saved(state_dict)
        now, then = ([np.shape(a) for a in some] for some in (self.averages, saved["averages"]))
        what = f"the means are those of another model: of shapes {then}, and not {now}"
        self._refuse(now != then, what, "the state of an EMA of the same layers and sizes")
        return saved

    def _give(self, values: Iterable[np.ndarray]) -> None:
        for p, x in zip(self.parameters, values, strict=True):
            p.data = x if p.ndim else x[()]
            p.touch_()

    def __enter__(self) -> Self:
        self._trained.append([np.asarray(p.data) for p in self.parameters])
        self._give(map(np.copy, self.averages))
        return self

    def __exit__(self, *_: object) -> None:
        self._give(self._trained.pop())

"""History: the numbers of every epoch, and nothing that keeps a graph alive."""

import io
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

import numpy as np

import autograd
from nn.checks import refuse

SHOWN = 10
"""So many of the last epochs a table shows, below the first one, and … for those between."""


class History(dict[str, list[float]]):
    """For each name (``loss``, ``val_loss``, metrics) a list with one float for each epoch.

    It is nan where an epoch, before a resumption, had no such number.

    Attributes
    ----------
    compiled : whether the steps ran as a compiled program.

    Examples
    --------
    >>> history = History(loss=[2.0, 1.0], accuracy=[0.25, 0.75])
    >>> history["loss"]
    [2.0, 1.0]
    >>> history
    epoch  loss  accuracy
        1     2      0.25
        2     1      0.75
    """

    compiled: bool = True

    @property
    def epochs(self) -> int:
        """How many epochs there were."""
        return len(self.get("loss", ()))

    def add(self, numbers: Mapping[str, float]) -> None:
        """Append the numbers of an epoch."""
        before = self.epochs
        for name in {**self, **numbers}:
            self.setdefault(name, [np.nan] * before).append(float(numbers.get(name, np.nan)))

    def best(self, name: str) -> int:
        """Return the epoch, from 1, in which a number was lowest first; 0 for no epochs."""
        values = np.nan_to_num(self.get(name, []), nan=np.inf, posinf=np.inf)
        return int(values.argmin()) + 1 if len(values) else 0

    def plot(self, *names: str, ax: Any = None) -> Any:
        """Draw numbers over the epochs: by default, the losses. Return matplotlib's Axes.

        Raises ImportError where matplotlib is not installed, and ValueError for an unknown name.
        """
        names = names or tuple(name for name in self if name.endswith("loss"))
        unknown = ", ".join(str(name) for name in names if name not in self)
        what, where = f"no number is called {unknown}", f"the history of {self.epochs} epochs"
        refuse(unknown, what, where, ", ".join(self))
        ax = autograd.plot_losses({name: self[name] for name in names}, ax=ax)
        ax.set(xlabel="epoch", ylabel=names[0] if len(names) == 1 else "")
        return ax

    def __repr__(self) -> str:
        shown = [e for e in range(self.epochs) if e == 0 or e >= self.epochs - SHOWN]
        cells = [["epoch", *(str(e + 1) for e in shown)]]
        known = {name: dict(enumerate(column)) for name, column in self.items()}
        cells += [[k, *(f"{known[k].get(e, np.nan):.4g}" for e in shown)] for k in known]
        columns = [[text.rjust(max(map(len, column))) for text in column] for column in cells]
        lines = list(map("  ".join, zip(*columns, strict=True)))
        if len(shown) < self.epochs:
            lines.insert(2, "…".rjust(len("epoch")))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the table, below the curves of the losses where matplotlib is installed."""
        picture = io.StringIO()
        with suppress(ImportError, ValueError):  # not installed, or nothing to draw yet
            figure = import_module("matplotlib.figure").Figure(figsize=(5, 3), layout="constrained")
            self.plot(ax=figure.subplots())
            figure.savefig(picture, format="svg")
        drawing = picture.getvalue().partition("<!DOCTYPE")[2].partition(">")[2]
        return f"{drawing}<pre>{self!r}</pre>"

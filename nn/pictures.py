"""Pictures of a model and of its training, drawn with matplotlib when they are asked for."""

import copy
import sys
from importlib import import_module
from typing import Any

import numpy as np

import autograd
from nn.checks import refuse
from nn.module import Module, module_of
from nn.optim import LBFGS, Optimizer
from nn.training import Training


def live_losses(training: Training) -> None:
    """Draw the losses in Jupyter, and redraw them after each epoch: a callback for `fit`.

    Elsewhere it does nothing.

    >>> import nn
    >>> history = nn.fit(model, data, loss, optimizer, callbacks=[nn.live_losses])
    ... # doctest: +SKIP
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    own = vars(training.history)
    if "display" in own:
        own["display"].update(training.history)
    elif hasattr(shell, "kernel"):
        display = import_module("IPython.display").display
        own["display"] = display(training.history, display_id=True)


class Recorder:
    """A callback for `fit` that keeps how weights and gradients are distributed after each epoch.

    Attributes
    ----------
    weights, gradients : by the name of the parameter a list with one array (11,) for each epoch:
        quantiles, as `autograd.quantiles` returns them. The gradients are those of the last batch;
        nan where there was none.

    Examples
    --------
    >>> import nn
    >>> recorder, model = nn.Recorder(), nn.Linear(2, 1)
    >>> sgd = nn.optim.SGD(model.parameters(), lr=0.1)
    >>> data = np.ones((8, 2)), np.ones((8, 1))
    >>> _ = nn.fit(model, data, nn.MSELoss(), sgd, epochs=3, callbacks=[recorder])
    >>> len(recorder.weights["weight"]), len(recorder.gradients["bias"])
    (3, 3)
    >>> axes = recorder.plot("weight")  # doctest: +SKIP
    """

    def __init__(self) -> None:
        self.weights: dict[str, list[Any]] = {}
        self.gradients: dict[str, list[Any]] = {}

    def __call__(self, training: Training) -> None:
        for name, p in training.model.named_parameters():
            g = np.nan if p.grad is None else p.grad
            self.weights.setdefault(name, []).append(autograd.quantiles(p))
            self.gradients.setdefault(name, []).append(autograd.quantiles(g))

    def plot(self, *names: str) -> Any:
        """Draw these parameters over the epochs, or all; return matplotlib's Axes, (names, 2).

        Raises ImportError where matplotlib is not installed, and ValueError for an unknown name and
        where nothing was recorded. `autograd.plot_bands` says what the bands are.
        """
        unknown = ", ".join(str(name) for name in names if name not in self.weights)
        what, where = (
            f"no parameter is called {unknown}",
            f"a record of {len(self.weights)} parameters",
        )
        refuse(unknown, what, where, ", ".join(self.weights) or "callbacks=[recorder] of nn.fit")
        records = {"weights": self.weights, "gradients": self.gradients}
        rows = names or tuple(self.weights)
        return autograd.plot_bands({k: {n: v[n] for n in rows} for k, v in records.items()})


def plot_gradients(model: Module, optimizer: Optimizer | None = None) -> Any:
    """Draw the norm of each parameter's gradient, as it is after ``backward``, from top to bottom.

    With an optimiser, a step is made with a copy of it, and drawn beside: its norm relative to
    that of the weights. Frozen parameters are left out; one that got no gradient has 0.

    Returns
    -------
    Matplotlib's Axes, an array of one or two (see `autograd.plot_flow`).

    Raises
    ------
    ImportError : where matplotlib is not installed.
    TypeError : for what is no module.
    ValueError : where no parameter is trained; for L-BFGS, whose step is more than one.

    Examples
    --------
    >>> import nn
    >>> model = nn.MLP(4, 8, 3)
    >>> nn.functional.mse_loss(model(np.ones((2, 4))), np.zeros((2, 3))).backward()
    >>> axes = nn.plot_gradients(model, nn.optim.Adam(model.parameters()))  # doctest: +SKIP
    """
    parameters = module_of(model, "nn.plot_gradients(model)").named_parameters()
    named = {name: p for name, p in parameters if p.requires_grad}
    gradients = {name: 0.0 if p.grad is None else p.grad for name, p in named.items()}
    if optimizer is None:
        return autograd.plot_flow(gradients)
    what, instead = "L-BFGS steps by losses that it asks for", "plot_gradients(model)"
    refuse(isinstance(optimizer, LBFGS), what, "plot_gradients(model, LBFGS)", instead)
    trial = copy.deepcopy(optimizer)
    twins = dict(zip(optimizer._parameters(), trial._parameters(), strict=True))
    for p, twin in twins.items():
        twin.grad = p.grad
    trial.step()
    return autograd.plot_flow(gradients, named, {n: twins.get(p, p) for n, p in named.items()})

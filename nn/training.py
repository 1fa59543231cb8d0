"""Training: `fit` goes over the data, epoch by epoch, and keeps everything that goes on needs."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, default_generator, is_grad_enabled, manual_seed, no_grad, three_lines
from nn import checkpoints
from nn.data import Batch, Batches, Source, batches, refusal, source
from nn.history import History
from nn.module import Module
from nn.optim import Optimizer
from nn.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

Metric = Callable[[Any, Any], Any]
Numbers = dict[str, float]
SHAPES = 8
"""Batches of so many shapes are not worth a program for each."""


def accuracy(prediction: Any, target: Any) -> float:
    """Return the share of rows whose class has the highest score.

    Classes are axis 1 of the prediction (N, C, ...); the target is class indices (N, ...), or
    scores too. Raises ValueError for one column, which may be logits or probabilities.

    >>> accuracy(np.array([[0.0, 2.0], [3.0, 1.0]]), np.array([1, 1]))
    0.5
    """
    if prediction.ndim < 2 or prediction.shape[1] < 2:
        raise refusal(
            "accuracy compares the scores of classes, and here is one score",
            f"accuracy(prediction {prediction.shape}, target {target.shape})",
            'metrics={"accuracy": lambda p, t: ((p > 0) == t).mean()} for logits',
        )
    classes = np.argmax(target, axis=1) if target.ndim == prediction.ndim else target
    return float(np.mean(np.argmax(prediction, axis=1) == classes))


METRICS: dict[str, Metric] = {"accuracy": accuracy}


def fit(
    model: Module, data: Any, loss: Callable[..., Tensor], optimizer: Optimizer, epochs: int = 10,
    *, batch_size: int = 32, shuffle: bool = True, validation: Any = None,
    metrics: Mapping[str, Metric] | Iterable[str] = (), schedule: LRScheduler | None = None,
    patience: int | None = None, callbacks: Iterable[Callable[["Training"], Any]] = (),
    checkpoint: str | Path | None = None, seed: int | None = None, progress: bool = True,
) -> History:  # fmt: skip
    """Train a model on mini-batches, and return the numbers of every epoch.

    A step is compiled where that is possible (`autograd.compile`), and else runs as it is
    written, with the same numbers up to rounding; ``history.compiled`` tells. Each epoch is
    compiled anew where there are callbacks, which may change whatever they like.

    Parameters
    ----------
    model : called with all arrays of a batch but the last one.
    data : ``(X, y)``, or any number of arrays, Tensors or lists whose axis 0 is as long, among
        them `numpy.memmap`; or an iterable of batches ``(x, y)``; or a function that returns an
        iterator of batches for each epoch. A single array goes to the model alone.
    loss : called with the prediction and the last array of a batch (if there are two or more);
        returns a scalar Tensor, the mean over the batch.
    epochs : how many there are in all, those before a resumption included.
    batch_size, shuffle : of arrays; shuffling has a generator of its own, which `seed` starts.
    validation : data as above, or the share of the rows that is drawn and set aside for it.
    metrics : functions of prediction and target by name, averaged over the rows of an epoch; or
        names: "accuracy".
    schedule : its ``step`` is called after each epoch (a ReduceLROnPlateau gets the validation
        loss, or else the loss); but after each batch if its ``per_batch`` is true, as it is of
        OneCycleLR and as you may set it of any other.
    patience : stop when the validation loss (or the loss) was not lower for so many epochs; the
        model gets the weights of the best epoch in the end.
    callbacks : functions called with the `Training` after each epoch, before its checkpoint; one
        that returns True stops it.
    checkpoint : a file that holds all of this after each epoch (safetensors). If there is one
        already, training goes on from it, to the same bits as without the interruption. What
        callbacks and the user's own generators remember is not in it.
    seed : restarts the library's random numbers, as `autograd.manual_seed` does.
    progress : show a bar (tqdm, where it is installed), in terminals and notebooks only.

    Raises
    ------
    ValueError : for data without rows or of different lengths, a batch size below 1, a loss that
        is no scalar, a checkpoint of something else.
    KeyError : for an unknown name of a metric.
    FloatingPointError : where the loss is not finite, before that changes a weight.

    Examples
    --------
    >>> import nn
    >>> X = np.linspace(-1, 1, 64)[:, None]
    >>> model = nn.Linear(1, 1)
    >>> sgd = nn.optim.SGD(model.parameters(), lr=0.5)
    >>> history = nn.fit(model, (X, 3 * X + 1), nn.MSELoss(), sgd, epochs=20, seed=0)
    >>> history.epochs, round(model.weight.item(), 3), round(model.bias.item(), 3)
    (20, 3.0, 1.0)
    """
    if seed is not None:
        manual_seed(seed)
    saved = checkpoints.read(checkpoint) if checkpoint and Path(checkpoint).exists() else None
    start = saved["start"] if saved else int(default_generator.integers(2**63))
    order = np.random.default_rng(start)
    learned = source(data, batch_size, order if shuffle else None)
    if isinstance(validation, float):
        if not isinstance(learned, Batches):
            what = "only of arrays can a share of the rows be set aside"
            raise refusal(what, f"validation={validation}", "validation=(X, y), or an iterable")
        learned, validation = learned.split(validation, order)
    elif validation is not None:
        validation = source(validation, batch_size)
    functions = metrics if isinstance(metrics, Mapping) else {m: METRICS[m] for m in metrics}
    training = Training(model, loss, optimizer, schedule, functions, order, start)
    monitored, history = "loss" if validation is None else "val_loss", training.history
    if saved:
        training.load_state_dict(saved)
    elif checkpoint:
        checkpoints.write(checkpoint, training.state_dict())  # a wrong path shows before the work
    total = (epochs - history.epochs) * len(learned) if isinstance(learned, Sized) else None
    stop, callbacks = False, list(callbacks)
    with _mode(model, True), _bar(progress, total) as bar:
        while not stop and history.epochs < epochs:
            if patience and history.epochs - history.best(monitored) >= patience:
                break
            numbers = training.epoch(learned, bar)
            if validation is not None:
                with _mode(model, False), no_grad():
                    measured = _mean(map(training.measure, batches(validation)))
                numbers |= {f"val_{name}": number for name, number in measured.items()}
            training.finish(numbers, monitored if patience else None)
            bar.set_postfix({name: f"{number:.4g}" for name, number in numbers.items()})
            for callback in callbacks:
                training.program = autograd.compile(training.evaluate)  # it may change anything
                stop |= callback(training) is True
            if checkpoint:
                checkpoints.write(checkpoint, training.state_dict())
    if training.best is not None:
        model.load_state_dict(training.best)
    return history


@dataclass
class Training:
    """What `fit` works with, and what callbacks get.

    Attributes
    ----------
    model, loss, optimizer, schedule, metrics : what `fit` was given.
    order, start : the generator that shuffles the rows, and its seed.
    history : the numbers of the epochs that are over.
    best : with patience, the weights of the best epoch.
    shapes : those of the batches that were seen, while the step is compiled.
    """

    model: Module
    loss: Callable[..., Tensor]
    optimizer: Optimizer
    schedule: LRScheduler | None
    metrics: Mapping[str, Metric]
    order: np.random.Generator
    start: int
    history: History = field(default_factory=History)
    best: dict[str, Any] | None = None
    shapes: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.program = autograd.compile(self.evaluate)

    def epoch(self, data: Source, bar: Any) -> Numbers:
        """Go over the data once, a step for each batch; return the loss and the metrics."""

        def steps() -> Iterator[tuple[int, Numbers]]:
            for count, batch in enumerate(batches(data), 1):
                loss, prediction = self.step(batch, count)
                if self.schedule is not None and self.schedule.per_batch:
                    self.schedule.step()
                bar.update()
                yield self.numbers(loss, prediction, batch)

        return _mean(steps())

    def step(self, batch: Batch, count: int) -> tuple[float, Any]:
        """Make a step; return the loss before it, and the prediction if there are metrics."""
        results: list[tuple[float, Any]] = []

        def closure() -> float:
            self.optimizer.zero_grad()
            results.append(self.gradients(batch))
            if not np.isfinite(loss := results[0][0]):  # a line search may try worse ones later
                where = f"epoch {self.history.epochs + 1}, batch {count}"
                instead = "a smaller lr, clipped gradients, data without nan and infinity"
                raise FloatingPointError(three_lines(f"the loss is {loss}", where, instead))
            return results[-1][0]

        self.optimizer.step(closure)
        return results[0]

    def gradients(self, batch: Batch) -> tuple[float, Any]:
        """Leave the gradients in the parameters; return the loss, and the prediction if wanted."""
        if self.history.compiled:
            shapes = [list(x.shape) for x in batch]
            known, random = shapes in self.shapes, default_generator.bit_generator.state
            before = [] if known else [(own, dict(own)) for own in self._attributes()]
            try:
                loss, prediction = self.program(*batch)
            except Exception:  # noqa: BLE001  # whatever it is, it is one without a program too
                self.history.compiled = False
                default_generator.bit_generator.state = random
                for own, was in before:
                    own.clear()
                    own.update(was)
            else:
                if not known:
                    self.shapes.append(shapes)
                    # what changes at each call is not in a program
                    steady = all(_plain(own) == _plain(was) for own, was in before)
                    self.history.compiled = steady and len(self.shapes) < SHAPES
                return loss.item(), prediction
        loss, prediction = self.evaluate(*batch)
        return loss.item(), prediction

    def evaluate(self, *batch: Tensor) -> tuple[Tensor, Any]:
        """Compute the loss, and its gradients unless that is switched off: what is compiled."""
        inputs = max(len(batch) - 1, 1)
        prediction = self.model(*batch[:inputs])
        loss = self.loss(prediction, *batch[inputs:])
        if type(loss) is not Tensor or loss.shape:
            where = f"the loss is a {type(loss).__name__} of shape {np.shape(loss)}"
            raise refusal("a loss is one number, a scalar Tensor", where, "reduction='mean'")
        if is_grad_enabled():
            loss.backward()
        return loss, prediction if self.metrics else None

    def measure(self, batch: Batch) -> tuple[int, Numbers]:
        """Return the number of rows, the loss and the metrics, without learning from them."""
        loss, prediction = self.evaluate(*batch)
        return self.numbers(loss.item(), prediction, batch)

    def numbers(self, loss: float, prediction: Any, batch: Batch) -> tuple[int, Numbers]:
        """Return the number of rows, the loss and the metrics."""
        if type(prediction) is Tensor:
            prediction = prediction.detach()  # as an array, for functions of other libraries
        own = {name: float(f(prediction, batch[-1])) for name, f in self.metrics.items()}
        return len(batch[-1]) if batch[-1].ndim else 1, {"loss": loss, **own}

    def finish(self, numbers: Numbers, monitored: str | None) -> None:
        """Write down an epoch, make the schedule's step, and keep the best weights."""
        if self.schedule is not None:
            numbers["lr"] = self.optimizer.param_groups[0]["lr"]
        self.history.add(numbers)
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step(numbers.get("val_loss", numbers["loss"]))
        elif self.schedule is not None and not self.schedule.per_batch:
            self.schedule.step()
        if monitored and self.history.best(monitored) == self.history.epochs:
            self.best = _arrays(self.model)

    def _attributes(self) -> list[dict[str, Any]]:
        parts = [part for part in (self.model, self.loss) if isinstance(part, Module)]
        return [vars(module) for part in parts for module in part.modules()]

    # ── checkpoints ────────────────────────────────────────────────────────────────────────────
    def state_dict(self) -> dict[str, Any]:
        """Return all that the next epoch depends on, in arrays and plain numbers."""
        return {
            "kinds": [type(x).__name__ for x in (self.optimizer, self.schedule)],
            "model": _arrays(self.model),
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule and self.schedule.state_dict(),
            "random": [g.bit_generator.state for g in (default_generator, self.order)],
            "start": self.start,
            "history": dict(self.history),
            "compiled": [self.history.compiled, self.shapes],
        }

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from there. Raises ValueError for another kind of optimiser or schedule."""
        kinds = [type(x).__name__ for x in (self.optimizer, self.schedule)]
        if kinds != saved["kinds"]:
            where = f"optimizer and schedule are {kinds}, and were {saved['kinds']}"
            raise refusal("the checkpoint is one of another training", where, "another file's name")
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(saved["schedule"])
        for generator, state in zip((default_generator, self.order), saved["random"], strict=True):
            generator.bit_generator.state = state
        self.history.update(saved["history"])
        self.history.compiled, self.shapes = saved["compiled"]
        self.best = saved["best"]


def _plain(attributes: dict[str, Any]) -> dict[str, Any]:
    return {k: x for k, x in attributes.items() if isinstance(x, (bool, int, float, str))}


def _arrays(model: Module) -> dict[str, np.ndarray]:
    return {name: np.asarray(t.data) for name, t in model.state_dict().items()}


def _mean(results: Iterable[tuple[int, Numbers]]) -> Numbers:
    """Average numbers, each weighted by its rows."""
    total, sums = 0, Numbers()
    for rows, numbers in results:
        total += rows
        for name, number in numbers.items():
            sums[name] = sums.get(name, 0.0) + number * rows
    return {name: number / total for name, number in sums.items()}


@contextmanager
def _mode(model: Module, training: bool) -> Iterator[None]:
    """Put a model into a mode, if it is in the other one; in the end, all its parts as before."""
    before = [(module, module.training) for module in model.modules()]
    if model.training != training:
        model.train(training)
    try:
        yield
    finally:
        for module, was in before:
            module.training = was


def _bar(progress: bool, total: int | None) -> Any:
    """Return a bar, which is shown where somebody sees it."""
    notebook = type(sys.stderr).__module__.startswith("ipykernel")
    bar: Any = nullcontext(SimpleNamespace(update=int, set_postfix=dict))  # which do nothing
    if progress and (notebook or (sys.stderr is not None and sys.stderr.isatty())):
        with suppress(ImportError):
            bar = import_module("tqdm.auto").tqdm(total=total, unit="batch")
    return bar

"""Training: `fit` goes over the data, epoch by epoch, and keeps everything that goes on needs."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, default_generator, kind_of, no_grad, refusal
from nn.checks import refuse
from nn.data import Batch, Batches, Source, batches, source
from nn.files import load_checkpoint, save_checkpoint
from nn.history import History
from nn.metrics import Metric, Numbers, chosen, mean, number
from nn.module import Module, in_mode
from nn.optim import Optimizer
from nn.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from nn.snapshots import untouched

SHAPES = 8
"""Batches of so many shapes are not worth a program for each."""


def fit(
    model: Module, data: Any, loss: Callable[..., Tensor], optimizer: Optimizer, epochs: int = 10,
    *, batch_size: int = 32, shuffle: bool = True, validation: Any = None,
    metrics: Mapping[str, Metric] | Iterable[str] | str | None = None,
    schedule: LRScheduler | None = None, patience: int | None = None,
    callbacks: Iterable[Callable[["Training"], Any]] | None = None,
    checkpoint: str | Path | None = None, seed: int | None = None, progress: bool = True,
) -> History:  # fmt: skip
    """Train a model on mini-batches, and return the numbers of every epoch.

    A step is compiled where that is possible (`autograd.compile`), and else runs as it is
    written, with the same numbers up to rounding; ``history.compiled`` tells. What counts its
    calls in something that it reads by name (an attribute, a list, a dict, an array or an object
    there, a variable) shows, and is not compiled; nor is what reads an iterator, or changes the
    loss of the second batch of a shape, which is computed both ways. What is counted elsewhere and
    changes the loss later does not show. Each epoch is compiled anew where there are callbacks,
    which may change whatever they like.

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
        callbacks and the user's own generators remember is not in it, nor what a module keeps
        outside of its state_dict, nor which parameters are frozen.
    seed : restarts the library's random numbers, as `autograd.manual_seed` does.
    progress : show a bar (tqdm, where it is installed), in terminals and notebooks only.

    Raises
    ------
    ValueError : for data without rows or of different lengths, a batch size or patience below 1, a
        schedule of another optimizer, an unknown name of a metric, a metric by the name of loss, lr
        or val_ and more, a loss that is no scalar, an optimizer whose step does not call its
        closure, a checkpoint of something else, a call inside of no_grad().
    FloatingPointError : where the loss is not finite, before that changes a weight.
    TypeError : for arguments in another order, as data in two of them; for a lone callback.

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
    several: Any = list(callbacks or ()) if np.iterable(callbacks or ()) else callbacks
    _refuse_misuse(model, data, loss, optimizer, epochs, patience, schedule, several, checkpoint)
    if seed is not None:
        autograd.manual_seed(seed)
    saved = load_checkpoint(checkpoint) if checkpoint and Path(checkpoint).exists() else None
    start = saved.get("start") if saved else int(default_generator.integers(2**63))
    order = np.random.default_rng(start)
    learned: Any = source(data, batch_size, order if shuffle else None)
    if np.isscalar(validation):
        what, given = "only of arrays can a share of the rows be set aside", f"{validation=}"
        refuse(not isinstance(learned, Batches), what, given, "validation=(X, y), or an iterable")
        learned, validation = learned.split(validation, order)
    elif validation is not None:
        validation = source(validation, batch_size)
    training = Training(model, loss, optimizer, schedule, chosen(metrics or ()), order, start)
    monitored, history = "loss" if validation is None else "val_loss", training.history
    if saved:
        training.load_state_dict(saved)
    elif checkpoint:
        save_checkpoint(checkpoint, training.state_dict())  # a wrong path shows before the work
    total = (epochs - history.epochs) * len(learned) if isinstance(learned, Sized) else None
    stop = False
    with _bar(progress, total) as bar:
        while not stop and history.epochs < epochs:
            best = history.best(monitored) if monitored in history else history.epochs
            if patience and history.epochs - best >= patience:
                break
            with in_mode(model, training=True):  # a callback may have left it in the other one
                numbers = mean(training.steps(learned, bar))
            if validation is not None:
                with in_mode(model, training=False), no_grad():
                    passes = ((training.evaluate(*batch), batch) for batch in batches(validation))
                    numbers |= mean((training.numbers(*y, batch) for y, batch in passes), "val_")
            training.finish(numbers, monitored if patience else None)
            bar.set_postfix({name: f"{number:.4g}" for name, number in numbers.items()})
            for callback in several:
                training.programs.clear()  # it may change anything
                answer = callback(training)
                stop |= isinstance(answer, (bool, np.bool_)) and bool(answer)
            if checkpoint:
                save_checkpoint(checkpoint, training.state_dict())
    if training.best is not None:
        model.load_state_dict(training.best)
    return history


def _refuse_misuse(
    model: Any, data: Any, loss: Any, optimizer: Any, epochs: Any, patience: Any, schedule: Any,
    several: Any, checkpoint: Any,
) -> None:  # fmt: skip
    """Raise for arguments of `fit` that are no such things, before any work."""
    parts = ", ".join(type(part).__name__ for part in (model, data, loss, optimizer))
    known = hasattr(model, "modules") and hasattr(optimizer, "param_groups")  # compiled ones, too
    what = "fit takes a module, its data, a loss and an optimizer"
    instead = "nn.fit(model, (X, y), loss, nn.optim.Adam(model.parameters()))"
    refuse(not (known and callable(loss)), what, f"fit({parts})", instead, TypeError)
    what, instead = "fit trains by gradients, and none are recorded", "fit outside of no_grad()"
    refuse(not autograd.is_grad_enabled(), what, "a call inside of no_grad()", instead)
    what, where = "callbacks are several functions, in a list", f"callbacks={several!r:.60}"
    others = not np.iterable(several) or not all(map(callable, several))
    refuse(others, what, where, "callbacks=[...]", TypeError)
    counts = epochs, 1 if patience is None else patience
    whole = all(hasattr(n, "__index__") for n in counts)
    refuse(not whole, "epochs are counted", f"{epochs=}, {patience=}", "epochs=10", TypeError)
    what, where = "a checkpoint is the name of a file", f"{checkpoint=!r:.60}"
    named = isinstance(checkpoint, str | Path | None)
    refuse(not named, what, where, 'checkpoint="run.safetensors"', TypeError)
    never = patience is not None and patience < 1
    refuse(never, "an epoch can only be worse than those before it", f"{patience=}", "patience=1")
    stray = schedule is not None and getattr(schedule, "optimizer", None) is not optimizer
    where, instead = f"schedule={type(schedule).__name__}", "a schedule made of this optimizer"
    refuse(stray, "the schedule changes the rates of another optimizer", where, instead)


@dataclass
class Training:
    """What `fit` works with, and what callbacks get.

    Attributes
    ----------
    model, loss, optimizer, schedule, metrics : what `fit` was given.
    order, start : the generator that shuffles the rows, and its seed.
    history : the numbers of the epochs that are over.
    best : with patience, the weights of the best epoch.
    met : how often batches of each shape were met, while the step is compiled: the second one is
        computed both ways.
    kinds : the classes of optimizer and schedule, by name.
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
    met: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.evaluate = partial(_evaluate, self.model, self.loss, bool(self.metrics))
        # one for each shape: what was told by those of others would round differently at first
        self.programs: Any = defaultdict(lambda: autograd.compile(self.evaluate))
        self.kinds = [type(part).__name__ for part in (self.optimizer, self.schedule)]

    def steps(self, data: Source, bar: Any) -> Iterator[tuple[int, Numbers]]:
        """Go over the data once, a step for each batch; yield its rows, and loss and metrics."""
        for count, batch in enumerate(batches(data), 1):
            loss, prediction = self.step(batch, count)
            if self.schedule is not None and getattr(self.schedule, "per_batch", False):
                self.schedule.step()
            bar.update()
            yield self.numbers(loss, prediction, batch)

    def step(self, batch: Batch, count: int) -> tuple[float, Any]:
        """Make a step; return the loss before it, and the prediction if there are metrics."""
        results: list[tuple[float, Any]] = []

        def closure() -> float:
            self.optimizer.zero_grad()
            loss, prediction = self.gradients(batch)
            results.append((loss.item(), prediction))
            if not np.isfinite(first := results[0][0]):  # a line search may try worse ones later
                where = f"epoch {self.history.epochs + 1}, batch {count}"
                instead = "a smaller lr, clipped gradients, data without nan and infinity"
                raise refusal(FloatingPointError, f"the loss is {first}", where, instead)
            return results[-1][0]

        self.optimizer.step(closure)
        what, where = "the step did not call its closure", type(self.optimizer).__name__
        instead = "loss = closure() if closure else None, first in step(self, closure=None)"
        refuse(not results, what, where, instead)
        return results[0]

    def gradients(self, batch: Batch) -> tuple[Tensor, Any]:
        """Leave the gradients in the parameters; return the loss, and the prediction if wanted."""
        result = self.by_program(batch) if self.history.compiled else None
        return self.evaluate(*batch) if result is None else result

    def by_program(self, batch: Batch) -> tuple[Tensor, Any] | None:
        """Do the same by the program, once there is a reason to trust it; None if it fails."""
        shapes = str([x.shape for x in batch])
        met, program = self.met.get(shapes, 0), self.programs[shapes]
        before = untouched(*[] if met else [self.model, self._criterion()])
        try:
            result = (program.guess if met == 1 else program)(*batch)
        except Exception:  # noqa: BLE001  # whatever it is, it is one without a program too
            self.history.compiled = False
            before.close()
            return None
        self.met[shapes] = met + 1
        alike = True
        if met == 1:
            guess, result = result, self.evaluate(*batch)
            alike = _is_close(guess[0], result[0])
        if met < 2:  # what changes at each call, or between calls, is not in a program
            self.history.compiled = alike and not program.changes() and len(self.met) < SHAPES
        return result

    def numbers(self, loss: Any, prediction: Any, batch: Batch) -> tuple[int, Numbers]:
        """Return the number of rows, the loss and the metrics."""
        if type(prediction) is Tensor:
            prediction = prediction.detach()  # as an array, for functions of other libraries
        own = {name: number(name, f(prediction, batch[-1])) for name, f in self.metrics.items()}
        return len(batch[-1]) if batch[-1].ndim else 1, {"loss": float(loss), **own}

    def finish(self, numbers: Numbers, monitored: str | None) -> None:
        """Write down an epoch, make the schedule's step, and keep the best weights."""
        if self.schedule is not None:
            numbers["lr"] = self.optimizer.param_groups[0]["lr"]
            plateau = isinstance(self.schedule, ReduceLROnPlateau)
            if not getattr(self.schedule, "per_batch", False):
                self.schedule.step(*[numbers.get("val_loss", numbers["loss"])] * plateau)
        self.history.add(numbers)
        if monitored and self.history.best(monitored) == self.history.epochs:
            self.best = self.model.state_dict()

    # ── checkpoints ────────────────────────────────────────────────────────────────────────────
    def state_dict(self) -> dict[str, Any]:
        """Return all that the next epoch depends on, in arrays and plain numbers."""
        return {
            "kinds": self.kinds,
            "model": self.model.state_dict(),
            "loss": self._criterion().state_dict(),
            "others": [np.array(p.data) for p in self._others()],
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule and self.schedule.state_dict(),
            "random": [g.bit_generator.state for g in (default_generator, self.order)],
            "start": self.start,
            "history": dict(self.history),
            "compiled": [self.history.compiled, self.met],
        }

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from there. Raises ValueError where the parts of this training are others.

        Nothing is loaded then.
        """
        what, instead = "the checkpoint is one of another training", "another file's name"
        kinds = saved.get("kinds")
        where = f"optimizer and schedule are {self.kinds}, and were {kinds}"
        refuse(self.kinds != kinds, what, where, instead)
        before = self.state_dict()
        try:
            self._load(saved)
        except Exception as error:  # noqa: BLE001  # whatever the parts say of a damaged state
            self._load(before)
            told, where, *_ = [*str(error).splitlines(), type(error).__name__, ""]
            what, where = f"{what}: {told}", where.removeprefix("  where: ")
            raise refusal(ValueError, what, where, instead) from None

    def _load(self, saved: dict[str, Any]) -> None:
        self._criterion().load_state_dict(saved["loss"])
        for part in ("model", "optimizer", "schedule"):
            if saved[part] is not None:
                getattr(self, part).load_state_dict(saved[part])
        with no_grad():
            for p, data in zip(self._others(), saved["others"], strict=True):
                p[...] = data
        default_generator.bit_generator.state, self.order.bit_generator.state = saved["random"]
        self.history.update(saved["history"])
        self.history.compiled, self.met = saved["compiled"]
        self.best, self.start = saved["best"], saved["start"]

    def _criterion(self) -> Module:
        """Return the loss as a module, which has no state if it is a function."""
        return self.loss if isinstance(self.loss, Module) else Module()

    def _others(self) -> list[Tensor]:
        """Return what is trained and is no part of the model or the loss."""
        known = {*self.model.parameters(), *self._criterion().parameters()}
        return [p for g in self.optimizer.param_groups for p in g["params"] if p not in known]


def _evaluate(model: Any, loss: Any, wanted: bool, /, *batch: Tensor) -> tuple[Tensor, Any]:
    """Compute the loss, and its gradients unless that is switched off: what is compiled."""
    inputs = max(len(batch) - 1, 1)
    prediction = model(*batch[:inputs])
    y = loss(prediction, *batch[inputs:])
    if type(y) is not Tensor or y.shape:
        what, where = "a loss is one number, a scalar Tensor", f"the loss is {kind_of(y)}"
        where += f" of shape {y.shape}" if hasattr(y, "shape") else ""
        raise refusal(ValueError, what, where, "reduction='mean', or loss.mean() alone")
    if autograd.is_grad_enabled():
        y.backward()
    return y, prediction if wanted else None


def _is_close(a: Tensor, b: Tensor) -> bool:
    """Tell whether two losses are equal up to rounding."""
    rounding = np.finfo(b.dtype).eps ** (2 / 3)
    return bool(np.isclose(a.item(), b.item(), rounding, rounding, equal_nan=True))


def _bar(progress: bool, total: int | None) -> Any:
    """Return a bar, which is shown where somebody sees it."""
    notebook = type(sys.stderr).__module__.startswith("ipykernel")
    bar: Any = nullcontext(SimpleNamespace(update=int, set_postfix=dict))  # which do nothing
    if progress and (notebook or (sys.stderr is not None and sys.stderr.isatty())):
        with suppress(ImportError):
            bar = import_module("tqdm.auto").tqdm(total=total, unit="batch")
    return bar

"""Metrics: what training tells about predictions, beside the loss."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd import kind_of, refusal
from nn.checks import refuse

Metric = Callable[[Any, Any], Any]
Numbers = dict[str, float]


def accuracy(prediction: Any, target: Any) -> float:
    """Return the share of rows whose class has the highest score.

    Classes are axis 1 of the prediction (N, C, ...); the target is class indices (N, ...), or
    scores too. Raises ValueError for one column, which may be logits or probabilities, and for a
    target of another shape; TypeError for a prediction of several arrays.

    >>> accuracy(np.array([[0.0, 2.0], [3.0, 1.0]]), np.array([1, 1]))
    0.5
    """
    what, where = "accuracy compares arrays", f"accuracy of {kind_of(prediction)}"
    instead = 'metrics={"accuracy": lambda p, t: nn.metrics.accuracy(p[0], t)}'
    refuse(not hasattr(prediction, "ndim"), what, where, instead, TypeError)
    one = prediction.ndim < 2 or prediction.shape[1] < 2
    where = f"accuracy(prediction {prediction.shape}, target {target.shape})"
    instead = 'metrics={"accuracy": lambda p, t: ((p > 0) == t).mean()} for logits'
    refuse(one, "accuracy compares the scores of classes, and here is one score", where, instead)
    found = np.argmax(prediction, axis=1)
    classes = np.argmax(target, axis=1) if target.shape == prediction.shape else target
    what = "accuracy has one class for each row, or scores like the prediction's, to compare with"
    refuse(classes.shape != found.shape, what, where, f"target.reshape({found.shape})")
    return float(np.mean(found == classes))


METRICS: dict[str, Metric] = {"accuracy": accuracy}


def chosen(metrics: Mapping[str, Metric] | Iterable[str] | str) -> Mapping[str, Metric]:
    """Return metrics by name: given functions, and ours. Raises ValueError for other names."""
    one = isinstance(metrics, str) or not np.iterable(metrics)
    names: list[Any] = [metrics] if one else list(metrics)
    known = METRICS | dict(metrics) if isinstance(metrics, Mapping) else METRICS
    taken = [k for k in names if k in ("loss", "lr") or str(k).startswith("val_")]
    taken += [k for k in names if not isinstance(k, str)]
    unknown = ", ".join(str(k) for k in names if k in taken or not callable(known.get(k)))
    instead = f"{', '.join(METRICS)}; {{'name': function}} for others; "
    instead += "loss, lr and val_... are there"
    refuse(unknown, f"no metric is called {unknown}", f"{metrics=}", instead)
    return {name: known[name] for name in names}


def number(name: str, value: Any) -> float:
    """Return what a metric has returned as a number. Raises TypeError for anything else."""
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        what, where = "a metric returns one number", f"{name} returned {kind_of(value)}"
        raise refusal(TypeError, what, where, "np.mean(...) in the metric") from error


def mean(results: Iterable[tuple[int, Numbers]], prefix: str = "") -> Numbers:
    """Average numbers, each weighted by its rows."""
    total, sums = 0, Numbers()
    for rows, numbers in results:
        total += rows
        for name, number in numbers.items():
            sums[name] = sums.get(name, 0.0) + number * rows
    return {prefix + name: number / total for name, number in sums.items()}

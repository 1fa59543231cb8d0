"""Mini-batches: of arrays in memory or on the disk, or of whatever yields them."""

import math
import numbers
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from autograd import Tensor, kind_of, refusal
from nn.checks import Told, refuse

Batch = tuple[Tensor, ...]
Source = Iterable[Any] | Callable[[], Iterable[Any]]


class Batches(Told):
    """Arrays of one length, cut into mini-batches; a `generator` draws a new order at every pass.

    Only indices are shuffled, and each batch reads its rows in ascending order: so a
    `numpy.memmap` may be larger than memory. The last batch has what is left.

    Parameters
    ----------
    arrays : arrays, Tensors (whose graph is left out) or lists of one length, along axis 0; or
        one array or Tensor alone.
    batch_size : how many rows a batch has.
    generator : draws the order of the rows; None keeps it.
    rows : which rows there are, by index or by a mask; by default all.

    Raises
    ------
    ValueError : for arrays of different lengths, for no rows, for batches of less than one row, for
        a generator that is none, as its seed.
    IndexError : for rows that are not there.

    Examples
    --------
    >>> for x, y in Batches((np.arange(10.0).reshape(5, 2), [0, 1, 0, 1, 0]), batch_size=2):
    ...     print(x.shape, y.tolist())
    (2, 2) [0, 1]
    (2, 2) [0, 1]
    (1, 2) [0]
    """

    def __init__(
        self, arrays: Any, batch_size: int = 32,
        generator: np.random.Generator | None = None, rows: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        several = [arrays] if isinstance(arrays, (np.ndarray, Tensor)) else arrays
        self.arrays = [a if isinstance(a, np.ndarray) else _tensor(a).data for a in several]
        self.batch_size, self.generator = batch_size, generator
        what, instead = "batch_size is a number of rows", "Batches((X, y), batch_size=32)"
        counts = isinstance(batch_size, (int, np.integer)) and batch_size > 0
        refuse(not counts, what, f"batch_size={batch_size!r:.40}", instead)
        shapes, lengths = [a.shape for a in self.arrays], {a.shape[:1] for a in self.arrays}
        where = f"arrays {', '.join(map(str, shapes)) or 'none'}"
        instead = "an array has a row for each example: X[None] of one, np.array(X) of a list"
        refuse(() in lengths, "a number has no rows", where, instead)
        what, instead = "the arrays have different lengths", "as many rows in each, axis 0"
        refuse(len(lengths) > 1, what, where, instead)
        count = min(lengths, default=(0,))[0]
        try:
            self.rows = np.arange(count)[... if rows is None else rows]
        except IndexError as error:
            what, instead = "rows are indices, or a mask", f"np.arange({count}), or a part of it"
            raise refusal(IndexError, f"{what}: {error}", where, instead) from None
        refuse(not len(self.rows), "there are no rows to learn from", where, "at least one row")
        what, where = "the order of the rows is drawn by a generator", f"{generator=!r:.60}"
        draws = generator is None or hasattr(generator, "permutation")
        refuse(not draws, what, where, "generator=np.random.default_rng(0)")

    def __len__(self) -> int:
        return math.ceil(len(self.rows) / self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        rows = self.rows if self.generator is None else self.generator.permutation(self.rows)
        for start in range(0, len(rows), self.batch_size):
            chosen = np.sort(rows[start : start + self.batch_size])
            yield tuple(Tensor(a[chosen]) for a in self.arrays)

    def split(self, fraction: float, generator: np.random.Generator) -> tuple["Batches", "Batches"]:
        """Return the batches of most rows, and those of a fraction that is drawn and set aside.

        Raises ValueError for a fraction that leaves either side empty, and for no generator.

        >>> X, rng = np.zeros((10, 3)), np.random.default_rng(0)
        >>> [len(part.rows) for part in Batches((X,)).split(0.2, rng)]
        [8, 2]
        """
        share = fraction if isinstance(fraction, numbers.Real) and 0 < fraction < 1 else 0
        count = round(len(self.rows) * share)
        what = f"{fraction} of {len(self.rows)} rows leaves no rows on one side"
        refuse(not 0 < count < len(self.rows), what, f"validation={fraction}", "validation=0.2")
        what, where = "the rows are drawn by a generator", f"{generator=!r:.60}"
        instead = "np.random.default_rng(0)"
        refuse(not hasattr(generator, "permutation"), what, where, instead)
        aside, kept = (np.sort(r) for r in np.split(generator.permutation(self.rows), [count]))
        make = partial(Batches, self.arrays, self.batch_size)
        return make(self.generator, kept), make(None, aside)


def source(data: Any, batch_size: int, generator: np.random.Generator | None = None) -> Source:
    """Return `Batches` of what is arrays; else the data, which is iterable or returns an iterator.

    A tuple is arrays, and so is a list, unless its items are tuples or lists: batches, then.
    Raises ValueError for a dict, and for what yields nothing.
    """
    _refuse_names(data)
    yields = callable(data) or hasattr(data, "__iter__") or hasattr(data, "__getitem__")
    what, instead = "data is arrays of one length, or yields batches", "(X, y), or an iterable"
    refuse(not yields, what, f"{data!r:.40}", instead)
    nested = isinstance(data, list) and isinstance(data[0] if data else None, (tuple, list))
    if isinstance(data, (np.ndarray, Tensor, tuple, list)) and not nested:
        return Batches(data, batch_size, generator)
    return data


def batches(source: Source) -> Iterator[Batch]:
    """Yield what is in one pass, as tuples of Tensors.

    Raises ValueError where nothing is, for arrays that a function returns as they are, and for
    several arrays in the place of one.
    """
    batch, given = None, source() if callable(source) else source
    if isinstance(given, tuple) and any(isinstance(x, (np.ndarray, Tensor)) for x in given):
        what = "a function of data returns batches, and here are arrays"
        instead = "[(X, y)], a list of batches; or (X, y) without a function"
        raise refusal(ValueError, what, f"{source!r:.60} returned {kind_of(given)}", instead)
    what = "a place in a batch holds one array, and here are several"
    instead = "np.stack((a, b), axis=1) of two targets, np.stack(rows), (x1, x2, y) of two inputs"
    for batch in given:
        parts = batch if isinstance(batch, (tuple, list)) else (batch,)
        for k, x in enumerate(parts):
            several = isinstance(x, (tuple, list)) and any(getattr(a, "ndim", 0) for a in x)
            refuse(several, what, f"batch[{k}] is {kind_of(x)} of arrays", instead)
        yield tuple(map(_tensor, parts))
    if batch is None:  # the text of a list of arrays takes long
        what = "the data gave no batch: a generator can be read only once"
        instead = "a function that returns a new iterator each time"
        raise refusal(ValueError, what, f"{source!r:.60}", instead)


def _tensor(x: Any) -> Tensor:
    if type(x) is Tensor:
        return x
    _refuse_names(x)
    return Tensor(x if isinstance(x, (list, tuple)) else np.asarray(x))  # lists: default dtype


def _refuse_names(x: Any) -> None:
    what = "arrays are told apart by their places: inputs, and then the target"
    where = f"{kind_of(x)} of {', '.join(map(str, x))}" if isinstance(x, Mapping) else ""
    refuse(where, what, where, "(batch['x'], batch['y']), by the names there")

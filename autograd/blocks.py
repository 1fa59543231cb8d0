"""Work on large arrays in pieces that stay in the cache, on all processors.

A formula of several NumPy calls over a large array reads and writes main memory once per call;
over pieces of 65 536 elements it does so once in all. NumPy's loops release the interpreter lock,
so threads share the pieces. The results are those of the whole call, bit for bit.
Layer 0: imports NumPy only.
"""

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import numpy as np

PIECE = 2**16
LARGE = 2 * PIECE
"""Below, one call over the whole is as fast."""


@functools.cache
def _pool() -> tuple[int, ThreadPoolExecutor | None]:
    """Return how many threads work, the caller's included, and where the others wait."""
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if not workers or workers == 1:
        return 1, None
    return workers, ThreadPoolExecutor(workers - 1, thread_name_prefix="autograd")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork


def share(work: Callable[[int, int], None], start: int, stop: int, step: int) -> None:
    """Call ``work(i, i + step)`` for all i from start to stop, on several threads at once."""
    workers, pool = _pool()
    pieces = -(-(stop - start) // step)
    workers = min(workers, pieces)

    def some(k: int) -> None:
        for i in range(start + k * step, stop, workers * step):
            work(i, min(i + step, stop))

    # a context carries NumPy's error handling into the thread
    tasks = [pool.submit(copy_context().run, some, k) for k in range(1, workers)] if pool else []
    some(0)
    for task in tasks:
        task.result()


def in_pieces(f: Callable[..., Any], *arrays: Any) -> Any:
    """Return ``f(*arrays)`` for an elementwise f, piece by piece where the arrays allow it.

    They do if they are large, contiguous and of one shape, or scalars (a broadcast scalar too, as
    the gradient of a sum is).
    """
    arrays = tuple(a.flat[0] if _is_scalar(a) else a for a in arrays)
    whole = [a for a in arrays if type(a) is np.ndarray]
    if not whole or whole[0].size < LARGE:
        return f(*arrays)
    shape = whole[0].shape
    if any(a.shape != shape or not a.flags.c_contiguous for a in whole):
        return f(*arrays)
    flat = [a.reshape(-1) if type(a) is np.ndarray else a for a in arrays]

    def piece(start: int, stop: int) -> Any:
        return f(*[a[start:stop] if type(a) is np.ndarray else a for a in flat])

    return _assemble(piece, whole[0].size, PIECE, shape)


def _is_scalar(a: Any) -> bool:
    return type(a) is np.ndarray and a.size > 0 and not any(a.strides)


def _assemble(
    piece: Callable[[int, int], Any], size: int, step: int, shape: tuple[int, ...]
) -> np.ndarray:
    """Put together ``piece(i, i + step)`` for all i, as an array of that shape."""
    first = piece(0, step)
    result = np.empty(shape, first.dtype)
    rows = result.reshape(size, *first.shape[1:])
    rows[:step] = first

    def work(start: int, stop: int) -> None:
        rows[start:stop] = piece(start, stop)

    share(work, step, size, step)
    return result


def rowwise(f: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of rows ``f(x, *more)`` run over a few rows at a time when x is large.

    x and every array in `more` have one entry (or row) per row of x, and so has the result.
    """

    @functools.wraps(f)
    def run(x: Any, *more: Any) -> Any:
        if type(x) is not np.ndarray or x.size < LARGE or x.ndim < 2 or not x.flags.c_contiguous:
            return f(x, *more)
        step = max(1, PIECE // max(1, x[0].size))
        if step >= len(x):
            return f(x, *more)

        def piece(start: int, stop: int) -> Any:
            return f(x[start:stop], *[a[start:stop] for a in more])

        first = f(x[:1], *[a[:1] for a in more])
        return _assemble(piece, len(x), step, (len(x), *first.shape[1:]))

    return run

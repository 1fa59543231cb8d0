"""Work on large arrays in pieces that stay in the cache, on all processors.

A formula of several NumPy calls over a large array reads and writes main memory once per call;
over pieces of 131 072 elements it does so once in all. NumPy's loops release the interpreter lock,
so threads share the pieces. The results are those of the whole call, bit for bit.
Layer 0: imports NumPy only.
"""

import functools
import os
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

PIECE = 2**17
LARGE = 2 * PIECE
"""Below, one call over the whole is as fast."""


@functools.cache
def _pool() -> "tuple[int, ThreadPoolExecutor | None]":
    """Return how many threads work, the caller's included, and where the others wait."""
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if not workers or workers == 1:
        return 1, None
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # 10 ms that most never need

    return workers, ThreadPoolExecutor(workers - 1, thread_name_prefix="autograd")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork


def share(work: Callable[[int, int], None], start: int, stop: int, step: int) -> None:
    """Call ``work(i, i + step)`` from start to stop, a run of neighbours on each thread."""
    workers, pool = _pool()
    each = -(-(stop - start) // workers)

    def run(first: int) -> None:
        last = min(first + each, stop)
        for i in range(first, last, step):
            work(i, min(i + step, last))

    # a context carries NumPy's error handling into the thread
    others = range(start + each, stop, each)
    tasks = [pool.submit(copy_context().run, run, i) for i in others] if pool else []
    try:
        run(start)
    finally:
        for task in tasks:
            task.exception()  # waits
    for task in tasks:
        task.result()


def in_pieces(f: Callable[..., Any], *arrays: Any) -> Any:
    """Return ``f(*arrays)`` for an elementwise f, piece by piece where the arrays allow it.

    They do if they are large, contiguous and of one shape, or scalars (a broadcast scalar too, as
    the gradient of a sum is).
    """
    given = arrays
    arrays = tuple(a.flat[0] if _is_scalar(a) else a for a in arrays)
    whole = [a for a in arrays if type(a) is np.ndarray]
    if not whole or whole[0].size < LARGE:
        return f(*given)
    shape = whole[0].shape
    if any(a.shape != shape or not a.flags.c_contiguous for a in whole):
        return f(*given)
    flat = [a.reshape(-1) if type(a) is np.ndarray else a for a in arrays]

    def cut(start: int, stop: int) -> list[Any]:
        return [a[start:stop] if type(a) is np.ndarray else a for a in flat]

    result = np.empty(shape, f(*cut(0, 1)).dtype)
    out = result.reshape(-1)

    def work(start: int, stop: int) -> None:
        if isinstance(f, np.ufunc):
            f(*cut(start, stop), out=out[start:stop])
        else:
            out[start:stop] = f(*cut(start, stop))

    share(work, 0, out.size, out.size if isinstance(f, np.ufunc) else PIECE)
    return result


def _is_scalar(a: Any) -> bool:
    return type(a) is np.ndarray and a.size > 0 and not any(a.strides)


def rowwise(f: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of rows ``f(x, *more)`` run over a few rows at a time when x is large.

    x and every array in `more` have one entry (or row) per row of x, and so has the result.
    """

    @functools.wraps(f)
    def run(x: Any, *more: Any) -> Any:
        if type(x) is not np.ndarray or x.size < LARGE or x.ndim < 2 or not x.flags.c_contiguous:
            return f(x, *more)
        step = max(1, PIECE // max(1, x[0].size))

        def cut(start: int, stop: int) -> Any:
            return f(x[start:stop], *[a[start:stop] for a in more])

        first = cut(0, 1)
        result = np.empty((len(x), *first.shape[1:]), first.dtype)

        def work(start: int, stop: int) -> None:
            result[start:stop] = cut(start, stop)

        share(work, 0, len(x), step)
        return result

    return run

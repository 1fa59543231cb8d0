"""Work on large arrays in pieces that stay in the cache, on all processors.

A formula of several NumPy calls over a large array reads and writes main memory once per call;
over pieces of a megabyte it does so once in all. NumPy's loops release the interpreter lock, so
threads share the pieces. The results are those of the whole call, bit for bit.
"""

import functools
import os
import threading
from collections.abc import Callable
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any

import numpy as np

BYTES = 2**20
"""So large is a piece of an array. With less, threads wait for each other's interpreter lock."""
LARGE = 5 * 2**17
"""Of fewer elements, one call over the whole is as fast, and faster after a matrix product, for
BLAS's threads go on spinning for some time, on the processors that would share the work."""
SLOW = 2**14
"""Of so many elements on, functions that take 10 ns or more for each are worth the hand-over."""


Task = tuple[Callable[[], None], "SimpleQueue[BaseException | None]"]


@functools.cache
def _workers() -> "tuple[int, SimpleQueue[Task]]":
    """Return how many threads work, the caller's included, and where the others wait for tasks.

    A queue of C code and nothing around it: an executor's futures cost 0.1 ms per hand-over more.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    tasks: SimpleQueue[Task] = SimpleQueue()
    for _ in range(1, count or 1):
        threading.Thread(target=_serve, args=(tasks,), name="autograd", daemon=True).start()
    return count or 1, tasks


def workers() -> int:
    """Return how many threads share the work."""
    return _workers()[0]


def _serve(tasks: "SimpleQueue[Task]") -> None:
    while True:
        task, done = tasks.get()
        try:
            task()
        except BaseException as error:  # noqa: BLE001  # the caller raises it
            done.put(error)
        else:
            done.put(None)
        del task, done  # or the last arrays would live until the next task


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_workers.cache_clear)  # threads do not survive a fork


def share(work: Callable[[int, int], None], start: int, stop: int, step: int) -> None:
    """Call ``work(i, i + step)`` from start to stop, a run of neighbours on each thread."""
    count, tasks = _workers()
    each = -(-(stop - start) // count)

    def run(first: int) -> None:
        last = min(first + each, stop)
        for i in range(first, last, step):
            work(i, min(i + step, last))

    done: SimpleQueue[BaseException | None] = SimpleQueue()
    others = range(start + each, stop, each)
    for i in others:  # a context carries NumPy's error handling into the thread
        tasks.put((functools.partial(copy_context().run, run, i), done))
    try:
        run(start)
    finally:
        errors = [done.get() for _ in others]
    for error in filter(None, errors):
        raise error


def in_pieces(f: Callable[..., Any], *arrays: Any) -> Any:
    """Return ``f(*arrays)`` for an elementwise f, piece by piece where the arrays allow it.

    They do if they are large, contiguous and of one shape, or scalars (a broadcast scalar too, as
    the gradient of a sum is).
    """
    given = arrays
    arrays = tuple(a.flat[0] if _is_scalar(a) else a for a in arrays)
    whole = [a for a in arrays if type(a) is np.ndarray]
    if not whole:
        return f(*given)
    shape = whole[0].shape
    if any(a.shape != shape or not a.flags.c_contiguous for a in whole):
        return f(*given)
    if any(hasattr(a, "tape") for a in arrays):  # what stands for an array cannot be cut
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

    widest = max(a.itemsize for a in (result, *whole))
    share(work, 0, out.size, out.size if isinstance(f, np.ufunc) else BYTES // widest)
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
        step = max(1, BYTES // max(1, x[0].nbytes))

        def cut(start: int, stop: int) -> Any:
            return f(x[start:stop], *[a[start:stop] for a in more])

        first = cut(0, 1)
        result = np.empty((len(x), *first.shape[1:]), first.dtype)

        def work(start: int, stop: int) -> None:
            result[start:stop] = cut(start, stop)

        share(work, 0, len(x), step)
        return result

    return run

"""Keep the heap, so that large arrays are recycled.

glibc hands an array of more than 128 kB straight back to the system when it is freed, and the next
one of that size costs a page fault for every 4 kB: more than the arithmetic. With the thresholds
raised, a training step reuses the memory of the step before (the figures: ``tests/speed.py``).
The price: memory that was once used stays with the process.
"""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
KEEP = 2**30


def keep_heap() -> bool:
    """Raise the thresholds of the C library's malloc; return whether it has them.

    >>> keep_heap() in (True, False)  # True with glibc
    True
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, KEEP) and mallopt(M_TRIM_THRESHOLD, KEEP))


keep_heap()

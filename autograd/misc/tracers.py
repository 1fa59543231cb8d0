"""HIPS autograd's `autograd.misc.tracers`: a function whose operations are recorded once."""

import functools
from collections.abc import Callable
from typing import Any

from autograd.program import compile as compiled


def const_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """Return fun with its first arguments fixed, as a program (see `autograd.compile`).

    >>> import numpy as np
    >>> const_graph(lambda a, x: a * np.sin(x), 2.0)(0.0)
    np.float64(0.0)
    """
    return compiled(functools.partial(fun, *args, **kwargs))

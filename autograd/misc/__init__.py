"""HIPS autograd's `autograd.misc`: flat parameters, optimizers, fixed points."""

from typing import Any

from autograd.misc.flatten import flatten, flatten_func

__all__ = ["flatten", "flatten_func"]


def __getattr__(name: str) -> Any:
    """Find `const_graph`, which needs the room of programs, when asked for."""
    if name == "const_graph":
        from autograd.misc.tracers import const_graph  # noqa: PLC0415  # when asked

        return const_graph
    raise AttributeError(name)

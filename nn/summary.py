"""Summary: what a model is made of, and what becomes of an example on its way through it."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import autograd
from autograd import no_grad
from nn.case import inside
from nn.module import Module, module_of
from nn.snapshots import untouched


class Row(NamedTuple):
    """One module of a summary, with all its parts: of each of these there is a row as well.

    Attributes
    ----------
    layer : its dotted name, as in the keys of `state_dict`.
    type : its class.
    output : the shapes of what it returned, and how often it was called.
    parameters : how many numbers, each counted once.
    flops : how many operations on numbers in all its calls, as `Program.flops` counts them; None
        where a call has no program, since it branches on values (see `autograd.capture`).
    """

    layer: str
    type: str
    output: str
    parameters: int
    flops: int | None


def summary(model: Module, *example: Any) -> "autograd.Grid":
    """Call a model, as in `eval` mode, and tell shapes, parameters and FLOPs of all its modules.

    The first row is the model, and so the total. The others are in the order of their first calls;
    those that were never called come last. Shared and frozen parameters are told below.

    Parameters
    ----------
    model : any `Module`, compiled or not. What its call changes is set back: attributes, buffers,
        random numbers.
    *example : its arguments, such as a batch of one row.

    Returns
    -------
    A table, also in Jupyter; its ``rows`` are `Row`s.

    Raises
    ------
    What the model raises.

    Examples
    --------
    >>> import numpy as np
    >>> import nn
    >>> nn.summary(nn.MLP(4, 8, 3), np.ones((1, 4)))
    layer    type    output  parameters  flops
    (model)  MLP     (1, 3)          67    131
    0        Linear  (1, 8)          40     72
    1        ReLU    (1, 8)           0      8
    2        Linear  (1, 3)          27     51
    """
    model = module_of(model, "nn.summary(model, X)")
    parts = {id(module): (name or "(model)", module) for name, module in model.named_modules()}
    calls: dict[int, list[Any]] = {}

    def watched(m: Module, forward: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        own = calls.setdefault(id(m), [])  # before its parts
        y = forward(*args, **kwargs)
        shapes = [str(part.shape) for part in inside(y) if hasattr(part, "shape")]
        own.append((", ".join(shapes) or "no array", forward, args, kwargs))
        return y

    with untouched(model), no_grad():
        model.eval()
        with untouched(model):  # what is captured is not watched
            for _, module in parts.values():
                vars(module)["forward"] = partial(watched, module, module.forward)
            model(*example)
        unused = [k for k, (_, m) in parts.items() if k not in calls and not any(m.children())]
        rows = [_row(*parts[k], calls.get(k, [])) for k in [*calls, *unused]]
    first: dict[Any, str] = {}
    parameters = model.named_parameters(remove_duplicate=False)
    notes = [f"{n} is {first[p]}" for n, p in parameters if first.setdefault(p, n) != n]
    frozen = sum(p.size for p in first if not p.requires_grad)
    told = "1 parameter is frozen" if frozen == 1 else f"{frozen:,} parameters are frozen"
    return autograd.Grid(rows, notes + [told] * bool(frozen))


def _row(name: str, module: Module, calls: list[Any]) -> Row:
    output = " or ".join(dict.fromkeys(shape for shape, *_ in calls)) or "never called"
    capture: Callable[..., Any] = autograd.capture
    try:
        flops = sum(capture(partial(_apart, f), *a, **k).flops.total for _, f, a, k in calls)
    except Exception:  # noqa: BLE001  # the model itself has worked: it is the program that fails
        flops = None
    times = f" × {len(calls)}" * (len(calls) > 1)
    count = sum(p.size for p in module.parameters())
    return Row(name, type(module).__name__, output + times, count, flops)


def _apart(forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a layer that may write into its input, as no program may do with its arguments."""
    return forward(*[x.copy() if hasattr(x, "copy") else x for x in args], **kwargs)

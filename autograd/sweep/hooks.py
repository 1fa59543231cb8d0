"""Hooks: functions that see a gradient when it is known."""

from typing import Any

import numpy as np

from autograd.base.errors import describe, kind_of, refusal
from autograd.base.modes import is_grad_enabled, rehearsal


class Hook:
    """What `register_hook` returns: ``remove()``, or a call, takes the hook away."""

    def __init__(self, hooks: dict[Any, Any], key: object) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Call the hook no more."""
        self._hooks.pop(self._key, None)

    __call__ = remove


def add_hook(x: Any, hook: Any) -> Hook:
    """Keep a hook with its tensor; refuse what could never be called, or not with a gradient.

    Where gradients are not wanted at present, nothing requires one, and a hook may be set.
    """
    if not callable(hook):
        what, where = "a hook is a function of the gradient", f"x.register_hook({kind_of(hook)})"
        raise refusal(TypeError, what, where, "x.register_hook(lambda grad: 2 * grad)")
    if not x.requires_grad and is_grad_enabled() and not rehearsal.value:
        what = "a hook is called with a gradient, and this tensor requires none"
        where, instead = f"register_hook of {describe(x)}", "x.requires_grad_() before y = f(x)"
        raise refusal(RuntimeError, what, where, instead)
    x.meta = {**(x.meta or {})}
    hooks, key = x.meta.setdefault("hooks", {}), object()
    hooks[key] = hook
    return Hook(hooks, key)


def refuse_gradient(x: Any, g: Any) -> None:
    """Raise for what a hook of a tensor returned, unless it can be the gradient of that."""
    try:
        g = g if hasattr(g, "dtype") else np.asarray(g)
    except ValueError:
        g = np.asarray(g, object)  # a ragged list
    if g.shape != x.shape or g.dtype.kind not in "biuf" + x.dtype.kind:
        raise refusal(
            ValueError,
            f"a hook returns a gradient of its tensor's shape and kind, {x.dtype} {x.shape}",
            f"a hook of {describe(x)}, which returned {g.dtype} {g.shape}",
            "a gradient like that (np.real(grad) is real), or None to leave it as it is",
        )

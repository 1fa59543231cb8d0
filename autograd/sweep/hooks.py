"""Hooks: functions that see a gradient when it is known."""

from typing import Any


class Hook:
    """What `register_hook` returns: ``remove()``, or a call, takes the hook away."""

    def __init__(self, hooks: dict[Any, Any], key: object) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Call the hook no more."""
        self._hooks.pop(self._key, None)

    __call__ = remove

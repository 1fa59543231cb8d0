"""Nested containers of arrays: lists, tuples and dicts, taken apart and put together again."""

from collections.abc import Callable, Sequence
from typing import Any

Rebuild = Callable[[Sequence[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """Return the leaves of nested lists, tuples and dicts, and the function that nests them again.

    >>> leaves, rebuild = flatten({"w": [1, 2], "b": (3,)})
    >>> leaves
    [1, 2, 3]
    >>> rebuild([10, 20, 30])
    {'w': [10, 20], 'b': (30,)}
    """
    if isinstance(tree, dict):
        parts, rebuild = flatten(list(tree.values()))
        return parts, lambda leaves: dict(zip(tree, rebuild(leaves), strict=True))
    if not isinstance(tree, (list, tuple)):
        return [tree], lambda leaves: leaves[0]
    flat = [flatten(part) for part in tree]
    ends, total = [], 0
    for part, _ in flat:
        ends.append((total, total := total + len(part)))

    def put_together(leaves: Sequence[Any]) -> Any:
        parts = [
            rebuild(leaves[start:stop])
            for (_, rebuild), (start, stop) in zip(flat, ends, strict=True)
        ]
        # a named tuple takes its fields one by one
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)

    return [leaf for part, _ in flat for leaf in part], put_together


def map_leaves(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply f to the leaves of trees of one structure."""
    leaves, rebuild = flatten(tree)
    more = [flatten(other)[0] for other in others]
    return rebuild([f(*group) for group in zip(leaves, *more, strict=True)])

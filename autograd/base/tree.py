"""Nested containers of arrays: lists, tuples and dicts, taken apart and put together again."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.base.errors import kind_of, refusal

Rebuild = Callable[[Sequence[Any]], Any]
NESTS = (list, tuple, dict)
FIRST: Rebuild = operator.itemgetter(0)


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
        like = tree.copy()  # an OrderedDict is one again
        like.update(dict.fromkeys(tree))  # without the values, which whoever rebuilds may outlive

        def filled(leaves: Sequence[Any]) -> Any:
            new = like.copy()
            for key, part in zip(like, rebuild(leaves), strict=True):
                new[key] = part
            return new

        return parts, filled
    if not isinstance(tree, (list, tuple)):
        return [tree], FIRST
    make = getattr(tree, "_make", type(tree))  # of a named tuple, which takes its fields one by one
    if not any(issubclass(type(part), NESTS) for part in tree):  # what is traced tells another type
        return list(tree), make
    flat = [flatten(part) for part in tree]
    rebuilds, total = [], 0
    for part, rebuild in flat:
        rebuilds.append((rebuild, total, total := total + len(part)))

    def put_together(leaves: Sequence[Any]) -> Any:
        return make([rebuild(leaves[start:stop]) for rebuild, start, stop in rebuilds])

    return [leaf for part, _ in flat for leaf in part], put_together


def flatten_like(like: Any, tree: Any) -> list[Any]:
    """Return the leaves of a tree in the order of another one's: dicts by their keys.

    >>> flatten_like({"a": 0, "b": 0}, {"b": 1, "a": 2})
    [2, 1]
    """
    if isinstance(like, dict):
        if not isinstance(tree, dict) or like.keys() != tree.keys():
            raise _unlike(like, tree)
        return [leaf for k in like for leaf in flatten_like(like[k], tree[k])]
    if isinstance(like, (list, tuple)):
        given = (len(tree),) if isinstance(tree, (list, tuple)) else np.shape(tree)[:1]
        if given != (len(like),):
            raise _unlike(like, tree)
        pairs = zip(like, tree, strict=True)
        return [leaf for part, other in pairs for leaf in flatten_like(part, other)]
    return [tree]


def _unlike(like: Any, tree: Any) -> ValueError:
    given, wanted = map(_described, (tree, like))
    return refusal(
        ValueError,
        "values that belong together are nested alike",
        f"{given}, in the place of {wanted}",
        "the same keys, and as many parts",
    )


def _described(tree: Any) -> str:
    kind = kind_of(tree)
    if isinstance(tree, dict):
        return f"{kind} of {', '.join(map(repr, tree)) or 'nothing'}"
    return f"{kind} of {len(tree)}" if isinstance(tree, (list, tuple)) else kind


def is_alike(like: Any, tree: Any) -> bool:
    """Tell whether two trees have one structure; dicts may have their keys in any order.

    >>> is_alike({"w": [0, 1]}, {"w": [2.0, 3.0]}), is_alike([0, 1], (0, 1)), is_alike(0, [0])
    (True, False, False)
    """
    if isinstance(like, dict):
        keys = isinstance(tree, dict) and like.keys() == tree.keys()
        return keys and all(is_alike(like[k], tree[k]) for k in like)
    if not isinstance(like, (list, tuple)):
        return not isinstance(tree, (list, tuple, dict))
    same = type(like) is type(tree) and len(like) == len(tree)
    return same and all(map(is_alike, like, tree))


def map_leaves(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply f to the leaves of trees of one structure."""
    if not isinstance(tree, NESTS):
        return f(tree, *others)
    leaves, rebuild = flatten(tree)
    more = [flatten_like(tree, other) for other in others]
    return rebuild([f(*group) for group in zip(leaves, *more, strict=True)])


def kept(value: Any) -> Any:
    """Return what stays as it is when somebody writes into an array or a list.

    >>> shape = [2, 3]
    >>> kept(shape) is shape, kept((shape, "C"))
    (False, ([2, 3], 'C'))
    """
    if type(value) is np.ndarray:
        return np.array(value)
    return type(value)(map(kept, value)) if type(value) in (list, tuple) else value


def locked(array: np.ndarray) -> np.ndarray:
    """Return a view that NumPy cannot write into."""
    view = array.view()
    view.flags.writeable = False
    return view


def key_of(value: Any) -> Any:
    """Return what equal values have in common: 1, 1.0 and True are three."""
    if isinstance(value, (str, type(None))):
        return value
    if isinstance(value, (tuple, list)):
        return tuple(map(key_of, value))
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype, value.shape, value.tobytes()
    return type(value), repr(value)

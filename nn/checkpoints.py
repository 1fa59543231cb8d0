"""Checkpoints: all that a training is at the end of an epoch, in one safetensors file.

Arrays are the file's tensors, named by where they stand (``model.fc1.weight``,
``optimizer.state.0.exp_avg``); the rest is JSON in its header. Nothing in it is evaluated.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Tensor, optional, three_lines, write_atomically
from nn.checks import refuse

FORMAT = "retrograd-checkpoint-2"


def write(path: str | os.PathLike[str], tree: Any) -> None:
    """Write nested dicts, lists and tuples of arrays, numbers, texts and None to a file.

    Whenever the process is killed, the file is the old one or the new one.

    Raises
    ------
    TypeError : for a value of another type; its place is named.
    ImportError : where safetensors is not installed.
    """
    library = optional("safetensors.numpy", "train", "fit(..., checkpoint=...)")
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_packed(tree, "", arrays))
    write_atomically(path, library.save(arrays, {FORMAT: text}))


def read(path: str | os.PathLike[str]) -> Any:
    """Return what `write` has written: the same bits, types and structure.

    Raises
    ------
    ValueError : for any other file, or one that was cut.
    ImportError : where safetensors is not installed.
    OSError : where there is no such file.
    """
    library = optional("safetensors", "train", "fit(..., checkpoint=...)")
    Path(path).stat()  # where there is no file, Python's own error says it
    wrong = library.SafetensorError, OSError, LookupError, TypeError, ValueError, RecursionError
    try:
        with library.safe_open(path, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # no dict
            return _unpacked(json.loads((file.metadata() or {})[FORMAT]), arrays)
    except wrong as error:
        what = f"this file is no checkpoint, nothing was loaded: {error}"
        instead = "a file that fit(..., checkpoint=...) wrote, or the name of a new one"
        raise ValueError(three_lines(what, f"checkpoint={str(path)!r}", instead)) from None


def _packed(value: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    """Return the value as JSON can hold it, a list telling its type; arrays go to `arrays`."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, (dict, list, tuple)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        packed = [[k, _packed(v, f"{path}.{k}".lstrip("."), arrays)] for k, v in items]
        return [type(value).__name__, packed]
    what = f"a checkpoint cannot hold a {type(value).__name__}"
    instead = "arrays, numbers, texts and None in state_dict()"
    refuse(not isinstance(value, (np.ndarray, np.generic, Tensor)), what, path, instead, TypeError)
    # safetensors writes what lies in memory: the rows of a transposed array have to be laid out
    arrays[path] = np.array(value, order="C")
    return ["number" if isinstance(value, np.generic) else "array", path]


def _unpacked(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if not isinstance(value, list):
        return value
    kind, content = value
    if kind in ("array", "number"):
        return arrays[content] if kind == "array" else arrays[content][()]
    items = {k: _unpacked(v, arrays) for k, v in content}
    return items if kind == "dict" else {"list": list, "tuple": tuple}[kind](items.values())

"""Files of weights, and checkpoints of a training, in the format of safetensors: nothing that runs.

Weights have PyTorch's keys and layouts. The arrays of a checkpoint are named by where they stand
(``model.fc1.weight``, ``optimizer.state.0.exp_avg``); the rest is JSON in the header of the file.
The format: https://github.com/huggingface/safetensors.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

import autograd
from autograd import Tensor, kind_of, optional, refusal, write_atomically
from nn.checks import refuse
from nn.module import Module, module_of
from nn.snapshots import untouched

AnyModule = TypeVar("AnyModule", bound=Module)

DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<f4", "C64": "<c8", "BOOL": "?",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
}  # fmt: skip
"""What the format calls NumPy's dtypes; bfloat16 is the upper half of a float32."""
PLAIN = bool, int, float, str, type(None)
"""What JSON holds as it is."""
KNOWN = {np.dtype(name) for name in DTYPES.values()}
CHECKPOINT = "retrograd-checkpoint-3"
WRITTEN = """a file by nn.save, or by safetensors.torch.save_file(model.state_dict(), path): \
pickles, as torch.save writes them, may run code and are not read"""


def save(module: Module, path: str | os.PathLike[str]) -> Path:
    """Write the parameters and buffers of a module, compiled or not, to a file; return its path.

    PyTorch reads it: ``model.load_state_dict(safetensors.torch.load_file(path))``. The file is
    written as a whole or not at all.

    Raises
    ------
    TypeError : for what is no module, as its `state_dict`; for a dtype that the format does not
        have (complex128, longdouble), and for a parameter by the name of its header.
    ImportError : where safetensors is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import nn
    >>> net = nn.Linear(2, 3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(net, f"{folder}/net.safetensors")
    ...     same = load(nn.Linear(2, 3), path)
    >>> bool(np.all(same.weight == net.weight))
    True
    """
    state = module_of(module, "nn.save(model, path)").state_dict()
    # safetensors writes the memory as it lies, whatever the strides say
    arrays = {key: np.asarray(tensor.data, order="C") for key, tensor in state.items()}
    strange = [k for k, a in arrays.items() if a.dtype.newbyteorder("<") not in KNOWN]
    strange += [k for k in arrays if k == "__metadata__"]  # which stands for the header
    what = "safetensors has no such dtype or name, nothing was written"
    where = f"nn.save of {', '.join(f'{k} ({arrays[k].dtype})' for k in strange)}"
    refuse(strange, what, where, "module.to('float64'), or complex64; another name", TypeError)
    library = optional("safetensors.numpy", "train", "nn.save")
    return write_atomically(path, library.save(arrays))


def load(module: AnyModule, path: str | os.PathLike[str]) -> AnyModule:
    """Read parameters and buffers that `save`, or PyTorch, has written; return the module.

    In PyTorch: ``safetensors.torch.save_file(model.state_dict(), path)``. Floats of another width
    are converted to the module's, bfloat16 too. All is checked before the first write.

    Raises
    ------
    TypeError : for what is no module.
    RuntimeError : for missing or unexpected keys, for other shapes or kinds of numbers, and for
        those that NumPy does not have (float8).
    ValueError : for a file that is none of safetensors, or one that was cut or changed.
    OSError : for no such file, a folder, or what may not be read.
    ImportError : where safetensors is not installed.
    """
    own = module_of(module, "nn.load(model, path)")
    with _reading(path, f"nn.load({str(path)!r})", "no weights are in this file", WRITTEN) as file:
        parts = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118  # no dict
        dtypes = {key: part.get_dtype() for key, part in parts.items()}
        strange = ", ".join(f"{k} ({dtype})" for k, dtype in dtypes.items() if dtype not in DTYPES)
        what, where = "NumPy has no such dtype, nothing was loaded", f"nn.load of {strange:.200}"
        instead = "in PyTorch, model.to(torch.float32) before save_file"
        refuse(strange, what, where, instead, RuntimeError)
        own._refuse_misfits({key: _outline(part) for key, part in parts.items()}, strict=True)
        tensors = optional("safetensors", "train", "nn.load").deserialize(Path(path).read_bytes())
    own.load_state_dict({key: _array(tensor) for key, tensor in tensors})
    return module


def export_onnx(module: Module, path: str | os.PathLike[str], *example: Any) -> Path:
    """Write a module, as in `eval` mode, to a file of ONNX: its constants have PyTorch's names.

    `autograd.export_onnx` says which, what is raised, and what becomes of the batch: any size of
    the first axis where possible, else that of the example, with a UserWarning. Raises TypeError
    for what is no module, and for no example.

    >>> import tempfile
    >>> import nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = export_onnx(nn.MLP(4, 8, 3), f"{folder}/net.onnx", np.zeros((1, 4)))
    ...     path.name
    'net.onnx'
    """
    what, where = "nn.export_onnx writes a module, by an example of its input", kind_of(module)
    where = f"nn.export_onnx of {where} and {len(example)} inputs"
    instead = "nn.export_onnx(model, path, x); autograd.export_onnx(f, path, x) for a function"
    wrong = not (example and hasattr(module, "named_parameters"))
    refuse(wrong, what, where, instead, TypeError)
    names = {tensor: key for key, tensor in module._named()}
    with untouched(module):
        module.eval()
        return autograd.export_onnx(module.forward, path, *example, names=names)


# ── checkpoints ───────────────────────────────────────────────────────────────────────────────
def save_checkpoint(path: str | os.PathLike[str], tree: Any) -> None:
    """Write nested dicts, lists and tuples of arrays, numbers, texts and None to a file.

    Whenever the process is killed, the file is the old one or the new one.

    Raises
    ------
    TypeError : for a value, or a key, of another type, and for a dtype that the format does not
        have (complex128, longdouble); its place is named.
    ImportError : where safetensors is not installed.
    """
    library = optional("safetensors.numpy", "train", "fit(..., checkpoint=...)")
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_packed(tree, "", arrays))
    write_atomically(path, library.save(arrays, {CHECKPOINT: text}))


def load_checkpoint(path: str | os.PathLike[str]) -> Any:
    """Return what `save_checkpoint` has written: the same bits, types and structure.

    Raises
    ------
    ValueError : for any other file, or one that was cut.
    ImportError : where safetensors is not installed.
    OSError : where there is no such file.
    """
    what, where = "this file is no checkpoint", f"checkpoint={str(path)!r}"
    instead = "a file that fit(..., checkpoint=...) wrote, or the name of a new one"
    with _reading(path, where, what, instead) as file:
        arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # no dict
        return _unpacked(json.loads((file.metadata() or {})[CHECKPOINT]), arrays)


# ── parts ─────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def _reading(path: str | os.PathLike[str], where: str, what: str, instead: str) -> Iterator[Any]:
    """Open a file of safetensors. Raises ValueError for whatever is no such file."""
    library = optional("safetensors", "train", where)
    Path(path).open("rb").close()  # of no file, and of a folder, Python's own error tells best
    wrong = library.SafetensorError, LookupError, TypeError, ValueError, RecursionError, MemoryError
    try:
        with library.safe_open(path, framework="numpy") as file:
            yield file
    except wrong as error:
        what += f", nothing was loaded: {error}"
        raise refusal(ValueError, what, where, instead) from None


def _outline(part: Any) -> np.ndarray:
    """Return an array of the shape and dtype of a tensor of a file, which takes no room."""
    return np.broadcast_to(np.zeros((), DTYPES[part.get_dtype()]), part.get_shape())


def _array(tensor: dict[str, Any]) -> np.ndarray:
    data, dtype, half = tensor["data"], DTYPES[tensor["dtype"]], tensor["dtype"] == "BF16"
    numbers = np.frombuffer(data, "<u2" if half else dtype)
    return ((numbers.astype("<u4") << 16).view(dtype) if half else numbers).reshape(tensor["shape"])


def _packed(value: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    """Return the value as JSON can hold it, a list telling its type; arrays go to `arrays`."""
    if type(value) in PLAIN:
        return value
    if type(value) in (dict, list, tuple):
        items = [*(value.items() if type(value) is dict else enumerate(value))]
        strange = next((k for k, _ in items if type(k) not in PLAIN), None)
        what = f"a checkpoint cannot hold {kind_of(strange)} as the name of something"
        refuse(strange is not None, what, path, "texts and numbers as keys", TypeError)
        packed = [[k, _packed(v, f"{path}.{k}".lstrip("."), arrays)] for k, v in items]
        return [type(value).__name__, packed]
    what = f"a checkpoint cannot hold {kind_of(value)}"
    instead = "arrays, numbers, texts and None in state_dict()"
    refuse(not isinstance(value, (np.ndarray, np.generic, Tensor)), what, path, instead, TypeError)
    what = f"a checkpoint cannot hold numbers of {value.dtype}, which safetensors does not have"
    strange = value.dtype.newbyteorder("<") not in KNOWN
    refuse(strange, what, path, "float64, complex64, or real and imaginary parts", TypeError)
    while path in arrays or path == "__metadata__":  # which is the header's name
        path += "'"  # of {"a.b": x, "a": {"b": y}} both are called a.b
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

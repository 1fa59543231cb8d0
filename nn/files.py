"""Files of weights, in the format of safetensors: PyTorch's keys and layouts, nothing that runs.

The format: https://github.com/huggingface/safetensors.
"""

import os
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

import autograd
from autograd import optional, three_lines, write_atomically
from nn.checks import refuse
from nn.module import Module, untouched

AnyModule = TypeVar("AnyModule", bound=Module)

DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<f4", "C64": "<c8", "BOOL": "?",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
}  # fmt: skip
"""What the format calls NumPy's dtypes; bfloat16 is the upper half of a float32."""
META = "__metadata__"
WRITTEN = """a file by nn.save, or by safetensors.torch.save_file(model.state_dict(), path): \
pickles, as torch.save writes them, may run code and are not read"""


def save(module: Module, path: str | os.PathLike[str]) -> Path:
    """Write the parameters and buffers of a module to a file; return its path.

    PyTorch reads it: ``model.load_state_dict(safetensors.torch.load_file(path))``. The file is
    written as a whole or not at all.

    Raises
    ------
    TypeError : for what is no module, as its `state_dict`; for a dtype that the format does not
        have (complex128, longdouble).
    ValueError : for a parameter by the name that the format has for its header.
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
    what, where = "nn.save writes a module", f"nn.save of a {type(module).__name__}"
    refuse(not isinstance(module, Module), what, where, "nn.save(model, path)", TypeError)
    # safetensors writes the memory as it lies, whatever the strides say
    arrays = {key: np.asarray(t.data, order="C") for key, t in module.state_dict().items()}
    for key, array in arrays.items():
        if array.dtype.newbyteorder("<") not in map(np.dtype, DTYPES.values()):
            what = f"safetensors has no {array.dtype}, nothing was written"
            where = f"nn.save of {key}, {array.dtype} {array.shape}"
            raise TypeError(three_lines(what, where, "module.to('float64'), or complex64"))
    what = "safetensors keeps this name for itself, nothing was written"
    refuse(META in arrays, what, f"nn.save of {META}", "another name for the parameter")
    library = optional("safetensors.numpy", "train", "nn.save")
    return write_atomically(path, library.save(arrays))


def load(module: AnyModule, path: str | os.PathLike[str]) -> AnyModule:
    """Read parameters and buffers that `save`, or PyTorch, has written; return the module.

    In PyTorch: ``safetensors.torch.save_file(model.state_dict(), path)``. Floats of another width
    are converted to the module's, bfloat16 too. All is checked before the first write.

    Raises
    ------
    TypeError : for what is no module.
    RuntimeError : for missing or unexpected keys, for other shapes or kinds of numbers.
    ValueError : for a file that is none of safetensors, or one that was cut or changed.
    OSError : for no such file, a folder, or what may not be read.
    ImportError : where safetensors is not installed.
    """
    what, where = "nn.load reads into a module", f"nn.load into a {type(module).__name__}"
    instead = "nn.load(model, path), of a model of the same layers and sizes"
    refuse(not isinstance(module, Module), what, where, instead, TypeError)
    path = Path(path)
    path.open("rb").close()  # of no file, and of a folder, Python's own error tells best
    library = optional("safetensors", "train", "nn.load")
    try:
        with library.safe_open(path, framework="numpy") as file:
            parts = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118  # no dict
            module._refuse_misfits({key: _outline(key, part) for key, part in parts.items()})
        tensors = dict(library.deserialize(path.read_bytes()))
    except (library.SafetensorError, ValueError, MemoryError) as error:
        what = f"no weights are in this file, nothing was loaded: {error}"
        raise ValueError(three_lines(what, f"nn.load({str(path)!r})", WRITTEN)) from None
    module.load_state_dict({key: _array(tensor) for key, tensor in tensors.items()})
    return module


def export_onnx(module: Module, path: str | os.PathLike[str], *example: Any) -> Path:
    """Write a module, as in `eval` mode, to a file of ONNX: its constants have PyTorch's names.

    `autograd.export_onnx` says which, what is raised, and what becomes of the batch: any size of
    the first axis where possible, else that of the example, with a UserWarning.

    >>> import tempfile
    >>> import nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = export_onnx(nn.MLP(4, 8, 3), f"{folder}/net.onnx", np.zeros((1, 4)))
    ...     path.name
    'net.onnx'
    """
    names = {tensor: key for key, tensor in module._named("parameter", "buffer")}
    with untouched(module):
        module.eval()
        return autograd.export_onnx(module.forward, path, *example, names=names)


def _outline(key: str, part: Any) -> np.ndarray:
    """Return an array of the shape and dtype of a tensor of a file, which takes no room."""
    name = part.get_dtype()
    if name not in DTYPES:
        raise ValueError(f"{key} is {name}, which NumPy does not have")
    return np.broadcast_to(np.zeros((), DTYPES[name]), part.get_shape())


def _array(tensor: dict[str, Any]) -> np.ndarray:
    data, dtype, half = tensor["data"], DTYPES[tensor["dtype"]], tensor["dtype"] == "BF16"
    numbers = np.frombuffer(data, "<u2" if half else dtype)
    return ((numbers.astype("<u4") << 16).view(dtype) if half else numbers).reshape(tensor["shape"])

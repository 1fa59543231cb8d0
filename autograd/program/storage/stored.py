"""Stored programs: one file of the safetensors format, whose header holds the program as JSON.

Constants and parameters are its tensors; the rest is data that is checked word by word when it is
read. Nothing in a file is ever evaluated, and operations are known by their names only.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from autograd.base.errors import refusal
from autograd.base.files import optional, write_atomically
from autograd.program.program import Program
from autograd.program.storage.decoding import Reader, Refused
from autograd.program.storage.encoding import Writer

FORMAT, VERSION = "retrograd-program", 1

TEXTS = {".html": "html", ".py": "source", ".tex": "latex", ".js": "javascript"}
"""What a Program has for these files, which hold something else than `save` writes."""


def save(program: Program, path: str | Path) -> Path:
    """Write a program to a file, as a whole or not at all; see `Program.save`."""
    path = Path(path)
    if text := TEXTS.get(path.suffix.lower()):
        raise refusal(
            ValueError,
            f"a program is saved as data, which is no {path.suffix}",
            f"save({str(path)!r})",
            f"Path({str(path)!r}).write_text(program.{text}, encoding='utf-8'); "
            f"save({path.stem + '.safetensors'!r}) for Program.load",
        )
    writer = Writer(program, path)
    fields = {"format": FORMAT, "version": VERSION, **writer.fields()}
    text = json.dumps(fields, allow_nan=False)
    header = {"program": text, "sha256": _digest(text, writer.tensors)}
    numpy = optional("safetensors.numpy", "train", "Program.save")
    return write_atomically(path, numpy.save(writer.tensors, header))


def load(path: str | Path) -> Program:
    """Read a program from a file, or refuse it; see `Program.load`."""
    path = Path(path)
    text, told, tensors = _opened(path)
    reader = Reader(path, tensors)
    try:
        fields = json.loads(text, object_pairs_hook=reader.pairs, parse_constant=reader.refuse)
        if not isinstance(fields, dict) or fields.pop("format", None) != FORMAT:
            reader.refuse("something else than a program")
        if (version := fields.pop("version", None)) != VERSION:
            reader.refuse(f"version {version!r}, and this is version {VERSION}")
        if told != _digest(text, tensors):
            reader.refuse("other bytes than were written")
        return reader.program(fields)
    except Refused:
        raise
    except RecursionError:
        reader.refuse("values without end")
    except ValueError as error:
        reader.refuse(f"no JSON: {error}")


def _opened(path: Path) -> tuple[str, str, dict[str, np.ndarray]]:
    """Return the program's text, its digest, and the tensors of a file."""
    library = optional("safetensors", "train", "Program.load")
    path.stat()  # where there is no file, Python's own error says it
    try:
        with library.safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # no dict
    except (library.SafetensorError, ValueError, TypeError, MemoryError) as error:
        Reader(path, {}).refuse(f"no tensors: {error}")
    return header.get("program", ""), header.get("sha256", ""), tensors


def _digest(text: str, tensors: Mapping[str, np.ndarray]) -> str:
    found = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for key in sorted(tensors):
        array = tensors[key]
        found.update(f"{key} {array.dtype} {array.shape}".encode("utf-8", "surrogatepass"))
        found.update(array.tobytes())
    return found.hexdigest()

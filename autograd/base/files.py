"""Files: written as a whole or not at all. Also libraries that only some files need."""

import os
import secrets
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from autograd.base.errors import refusal

Content = TypeVar("Content")


def write_atomically(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write a file so that, whenever the process dies, the path holds the old bytes or the new.

    The bytes go to another file in the same folder, which takes the name when it is on the disk; a
    link is followed. Raises FileNotFoundError where there is no such folder, and another OSError
    where it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(f"{folder}/weights", b"123").read_bytes()
    b'123'
    """
    target = Path(os.path.realpath(path))
    check_folder(target)  # or Python would name the other file
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name is on the disk only now
        finally:
            os.close(folder)
    return Path(path)


def save_as(
    content: Content, path: str | os.PathLike[str],
    writers: Mapping[str, Callable[[Content], str | bytes]], what: str,
    named: Collection[str] = (),
) -> Path:  # fmt: skip
    """Write a file in the format that its suffix asks for; return the path.

    The suffix is looked at first and the folder next, so that nothing is computed in vain.

    Parameters
    ----------
    writers : for each suffix, without its dot, what makes a file of the content.
    what : what the content is called.
    named : the suffixes that an error names, if not all.

    Raises
    ------
    ValueError : for another suffix.
    FileNotFoundError : where there is no such folder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_as("a", f"{folder}/a.txt", {"txt": str.upper}, "a letter").read_text()
    'A'
    """
    path = Path(path)
    suffix = path.suffix[1:].lower()
    if suffix not in writers:
        raise refusal(
            ValueError,
            f"{what} cannot be saved as {path.suffix or 'a file without a suffix'}",
            f"save({str(path)!r})",
            ", ".join(f"save({path.stem + '.' + each!r})" for each in named or writers),
        )
    check_folder(path)
    data = writers[suffix](content)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def check_folder(path: Path) -> None:
    """Raise a FileNotFoundError where the folder of a file is missing."""
    if not path.parent.is_dir():
        raise refusal(
            FileNotFoundError,
            f"there is no folder {str(path.parent)!r}",
            f"save({str(path)!r})",
            f"Path({str(path.parent)!r}).mkdir(parents=True), then save",
        )


def optional(library: str, extra: str, where: str) -> Any:
    """Import a library that is no dependency. Raises ImportError, which says what to install.

    Parameters
    ----------
    library : its name, as "safetensors.numpy"; the module of this name is returned.
    extra : the extra of this distribution that installs it.
    where : the function that needs it.

    >>> optional("levitation", "physics", "levitate(x)")
    Traceback (most recent call last):
        ...
    ImportError: levitate(x) needs levitation, which is not installed
      where: levitate(x)
      instead: pip install "retrograd[physics]"
    """
    try:
        return import_module(library)
    except ImportError as error:
        raise refusal(
            ImportError,
            f"{where} needs {library.partition('.')[0]}, which is not installed",
            where,
            f'pip install "retrograd[{extra}]"',
        ) from error

"""What an option, and the suffix of a file, may be: errors that list all there is."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from autograd.errors import refusal


def check_choice(option: str, given: Any, known: Collection[Any], called: str = "") -> None:
    """Raise a ValueError where an option of `draw` is none of those that there are."""
    if given not in known:
        raise refusal(
            ValueError,
            f"there is no {called or option} {given!r}",
            f"draw(..., {option}={given!r})",
            " or ".join(f"{option}={each!r}" for each in known),
        )


def suffix_of(path: Path, known: Collection[str], what: str, named: Collection[str] = ()) -> str:
    """Return the suffix of a file, without its dot; raise a ValueError where it is unknown.

    `named` are those that the error names, if not all.
    """
    suffix = path.suffix[1:].lower()
    if suffix not in known:
        raise refusal(
            ValueError,
            f"{what} cannot be saved as {path.suffix or 'a file without a suffix'}",
            f"save({str(path)!r})",
            ", ".join(f"save({path.stem + '.' + each!r})" for each in named or known),
        )
    return suffix

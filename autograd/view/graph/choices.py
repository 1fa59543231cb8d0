"""What an option may be: errors that list all there is."""

from collections.abc import Collection
from typing import Any

from autograd.base.errors import refusal


def check_choice(option: str, given: Any, known: Collection[Any], called: str = "") -> None:
    """Raise a ValueError where an option of `draw` is none of those that there are."""
    if given not in known:
        raise refusal(
            ValueError,
            f"there is no {called or option} {given!r}",
            f"draw(..., {option}={given!r})",
            " or ".join(f"{option}={each!r}" for each in known),
        )

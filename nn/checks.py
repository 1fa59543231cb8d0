"""Checks: what is wrong ends in an error that says so, where, and what to write instead."""

from autograd import three_lines


def refuse(
    wrong: object, what: str, where: str, instead: str, error: type[Exception] = ValueError
) -> None:
    """Raise an error of three lines if something is wrong.

    >>> refuse(False, "a batch has at least one row", "batch_size=3", "batch_size=32")
    """
    if wrong:
        raise error(three_lines(what, where, instead))

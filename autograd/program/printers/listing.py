"""Listings: printed source that runs, so that tracebacks show its lines."""

import hashlib
import linecache
from typing import Any


def executed(source: str, title: str) -> dict[str, Any]:
    r"""Run source that our printers wrote, and return the names that it defines, in their order.

    Parameters
    ----------
    title : what tracebacks call it, as ``<program step 1a2b3c4d>``.

    >>> executed("def twice(x):\n    return 2 * x\n", "program twice")["twice"](3)
    6
    """
    file = f"<{title} {hashlib.sha256(source.encode()).hexdigest()[:8]}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"__name__": title.replace(" ", "_")}
    exec(compile(source, file, "exec"), scope)  # noqa: S102  # our own printers' text
    return scope

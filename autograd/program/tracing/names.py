"""The names that code has in it: of globals, of attributes, and texts that may be names."""

import dis
import functools
from collections.abc import Iterator
from types import CodeType


@functools.lru_cache(maxsize=1024)
def handed(code: CodeType) -> frozenset[str]:
    """Return the names of attributes that code reads, but of globals, which are known."""
    found, known = set[str](), False
    for i in dis.get_instructions(code):
        if i.opname in ("LOAD_ATTR", "LOAD_METHOD"):  # of what the instruction before has loaded
            found |= set() if known else {i.argval}
        else:
            known = i.opname in ("LOAD_GLOBAL", "LOAD_NAME")
        if isinstance(i.argval, CodeType):
            found |= handed(i.argval)
    return frozenset(found.union(_texts(code) if "getattr" in code.co_names else ()))


def names_in(code: CodeType) -> Iterator[str]:
    """Yield the names of globals and of attributes, and the texts that may be some."""
    yield from (*code.co_names, *_texts(code))
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from names_in(inner)


def _texts(code: CodeType) -> list[str]:
    """Return the texts in code that may be names, as in ``getattr(x, "name")``."""
    return [x for x in code.co_consts if isinstance(x, str) and x.isidentifier()]

"""The names that the user gave: ``q = a + b`` is called q, because the caller's frame says so."""

import dis
import re
import unicodedata
from functools import lru_cache
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np

from autograd.tensor import Tensor

NOT_GIVEN = re.compile(r"_+\d*|.*\W.*")
"""Nobody gave these names: ``_`` and ``_7`` are IPython's last results, ``@x`` and ``.0`` come from
tools that rewrite code."""

NAMELESS = {FunctionType, BuiltinFunctionType, ModuleType, type, str, type(None)}
"""What modules are full of, and no name is asked for."""

BINDING = ("STORE_NAME", "STORE_FAST", "STORE_GLOBAL", "STORE_DEREF")
"""How the instructions begin that give a name."""

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LONG = 60


def names_in(frame: FrameType) -> dict[int, str]:
    """Map the identity of each Tensor and array that a frame can see to its name there.

    Locals come before globals. Of several names the code gave the first one where it stands last:
    in ``for t in (a, b)`` t is another name for b. A module's modules and parameters are called by
    their path, ``net.0.weight``. The name of a number is its own key: it is taken.

    >>> import sys
    >>> x = Tensor(1.0)
    >>> names_in(sys._getframe())[id(x)]
    'x'
    """
    names: dict[int, str] = {}
    for scope in (frame.f_locals, frame.f_globals):
        found: dict[int, list[str]] = {}
        for name, value in list(scope.items()):
            if type(value) in NAMELESS or NOT_GIVEN.fullmatch(name):
                continue
            if isinstance(value, (Tensor, np.ndarray)):
                found.setdefault(id(value), []).append(name)
            elif isinstance(value, (int, float, np.number)):  # equal ones may be one object
                names[id(name)] = name
            elif not isinstance(value, type) and hasattr(type(value), "named_parameters"):
                for path, part in (*value.named_modules(), *value.named_parameters()):
                    found.setdefault(id(part), []).append(f"{name}.{path}" if path else name)
        for value_id, given in found.items():
            names.setdefault(value_id, given[0] if len(given) == 1 else _first(given, frame.f_code))
    return names


def _first(given: list[str], code: CodeType) -> str:
    """Choose the name that the code gave first, and not at all rather than late."""
    places = _places(code)
    return min(given, key=lambda name: places.get(name.partition(".")[0], -1))


@lru_cache(maxsize=16)
def _places(code: CodeType) -> dict[str, int]:
    """Tell where in the code each name is given for the last time."""
    return {
        name: i.offset
        for i in dis.get_instructions(code)
        if i.opname.startswith(BINDING)
        # Python 3.13 has instructions that store one name and store, or load, another
        for name in ([i.argval] if type(i.argval) is str else i.argval[: i.opname.count("STORE")])
    }


def name_of(value: Any, names: dict[int, str]) -> str:
    r"""Return the name that a value was given: by ``name=``, else in the frame, else nothing.

    A name may hold anything; what no file format can hold is replaced, and a long one is cut.

    >>> name_of(Tensor(1.0, name="bell\a"), {})
    'bell\ufffd'
    """
    own, name = getattr(value, "name", None), names.get(id(value), "")
    if own and not name.endswith(f".{own}"):  # net.0.weight says more than weight
        name = own
    name = "\n".join(UNPRINTABLE.sub("\ufffd", line) for line in name.splitlines())
    return name.strip() and (name if len(name) <= LONG else name[: LONG - 1] + "…")


def called(value: Any, names: dict[int, str]) -> str:
    """Return the name of a value, see `name_of`, in one line: as a sentence holds it."""
    return " ".join(name_of(value, names).split())


def columns(text: str) -> int:
    """Count the columns that a text takes: letters of East Asia, and emoji, are twice as wide."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(bool(unicodedata.combining(c)) for c in text)

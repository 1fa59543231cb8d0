"""The support table accounts for everything, and is what the tables say today."""

import numpy as np
import pytest
from numpy.testing.overrides import (
    get_overridable_numpy_array_functions,
    get_overridable_numpy_ufuncs,
)
from support import KINDS, NUMPY, PAGE, dtypes, functions, kind, page

from autograd import primitive


def test_the_page_is_fresh():
    if NUMPY not in PAGE.read_text(encoding="utf-8"):
        pytest.skip(f"the page is of another version than {NUMPY}")
    assert page() == PAGE.read_text(encoding="utf-8"), "python tests/support.py"


def test_nothing_that_numpy_lets_override_is_left_out():
    listed = {fn for found in functions().values() for fn in found.values()}
    names = {fn.__name__ for fn in listed}
    for fn in get_overridable_numpy_ufuncs() | get_overridable_numpy_array_functions():
        assert fn in listed or fn.__name__ in names
        assert kind(fn) in KINDS


def test_kinds():
    kinds = {np.sin: "derivative", np.argmax: "no gradient", np.shape: "answered",
             np.zeros_like: "creates", np.strings.upper: "refused"}  # fmt: skip
    assert {fn: kind(fn) for fn in kinds} == kinds


def test_a_wrong_derivative_has_no_dtypes():
    from samples.cases import one  # noqa: PLC0415  # of the tests

    cube = primitive(lambda x: x**3)
    cube.defvjp(lambda g, y, x: g * 2 * x * x)
    assert dtypes(one(cube)) == []
    cube.defvjp(lambda g, y, x: g * 3 * x * x)
    assert dtypes(one(cube)) == ["float32", "float64", "complex128"]

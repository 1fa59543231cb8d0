"""Samples: one entry for every row of the tables, from which the laws of test_rules are drawn.

An entry lists cases: a function of arrays (the row with its parameters filled in), and for each
argument a shape and a domain, a set on which the row is smooth. A law that fails names its case.
"""

from collections.abc import Callable
from typing import Any

from samples import (
    arrays,
    basics,
    complex_numbers,
    convolution,
    fourier,
    linear_algebra,
    special,
    statistics,
)
from samples.cases import Case

FAMILIES = (
    arrays,
    basics,
    complex_numbers,
    convolution,
    fourier,
    linear_algebra,
    special,
    statistics,
)

SAMPLES: dict[Callable[..., Any], list[Case]] = {}
for family in FAMILIES:
    assert not SAMPLES.keys() & family.SAMPLES.keys(), family
    SAMPLES |= family.SAMPLES

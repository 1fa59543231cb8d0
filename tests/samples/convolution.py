"""Samples of convolution and of maximum pooling: one axis and two, and every option."""

from collections.abc import Callable
from typing import Any

from autograd.rules import convolution
from samples.cases import Case, case, integer, real

STRIDED = {"stride": (2, 1), "dilation": (1, 2)}
GROUPED = {"stride": 2, "groups": 2}


def sample(fn, *shapes, analytic=True, **params):
    note = ", ".join(f"{k}={v}" for k, v in params.items())
    return case(lambda *xs: fn(*xs, **params), *shapes, analytic=analytic, note=note)


def pooled(fn, shape, result, **params):
    """Sample a function of an array and of integers, whose maxima say what it does; some tie."""

    def at_maxima(first, x):
        return fn(first, x, convolution.max_pool(x, **params), **params)

    return case(at_maxima, result, shape, domain=(real, integer), note=f"of {shape}, {params}")


OVERLAPPING = {"kernel": (3, 2), "stride": (1, 2), "dilation": (2, 1)}

# fmt: off
SAMPLES: dict[Callable[..., Any], list[Case]] = {
    convolution.conv: [
        sample(convolution.conv, (2, 2, 5), (3, 2, 2)),
        sample(convolution.conv, (2, 2, 5, 4), (3, 2, 2, 2), (3,), **STRIDED),
        sample(convolution.conv, (1, 4, 4, 3), (2, 2, 3, 1), (2,), **GROUPED),
    ],
    convolution.conv_input: [
        sample(convolution.conv_input, (2, 3, 4), (3, 2, 2), size=(5,)),
        sample(convolution.conv_input, (2, 3, 2, 2), (3, 2, 2, 2), size=(5, 4), **STRIDED),
        sample(convolution.conv_input, (1, 2, 1, 2), (2, 2, 3, 1), size=(4, 3), **GROUPED),
    ],
    convolution.conv_weight: [
        sample(convolution.conv_weight, (2, 3, 4), (2, 2, 5), kernel=(2,)),
        sample(convolution.conv_weight, (2, 3, 2, 2), (2, 2, 5, 4), kernel=(2, 2), **STRIDED),
        sample(convolution.conv_weight, (1, 2, 1, 2), (1, 4, 4, 3), kernel=(3, 1), **GROUPED),
    ],
    convolution.max_pool: [
        sample(convolution.max_pool, (2, 2, 5), analytic=False, kernel=(2,), stride=2),
        sample(convolution.max_pool, (1, 2, 6, 4), analytic=False, **OVERLAPPING),
    ],
    convolution.pool_spread: [
        pooled(convolution.pool_spread, (2, 2, 5), (2, 2, 2), kernel=(2,), stride=2),
        pooled(convolution.pool_spread, (1, 2, 6, 4), (1, 2, 2, 2), **OVERLAPPING),
    ],
    convolution.pool_select: [
        pooled(convolution.pool_select, (2, 2, 5), (2, 2, 5), kernel=(2,), stride=2),
        pooled(convolution.pool_select, (1, 2, 6, 4), (1, 2, 6, 4), **OVERLAPPING),
    ],
}
# fmt: on

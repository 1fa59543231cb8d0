"""Array functions and the methods of ufuncs: NumPy's own values, torch's derivatives, numbers."""

import re
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from samples.cases import since

from autograd import (
    Tensor,
    capture,
    compile,  # noqa: A004  # PyTorch's name
    grad,
    jacobian,
    no_grad,
    softmax,
    vmap,
)
from autograd.base.blocks import LARGE
from autograd.check import check_grads
from autograd.interface.elements import vectorize
from autograd.program import CaptureError

X = np.array([[3.0, 1.0, 2.0], [0.5, 5.0, 4.0]])
MASK = np.array([[True, False, True], [False, False, True]])


def leaf(data):
    return Tensor(np.asarray(data, float), requires_grad=True)


def agree(f, *arrays, ulps=0):
    """Assert that f gives of Tensors what it gives of arrays: type, shape, dtype, values."""
    y, expected = f(*map(Tensor, arrays)), f(*arrays)
    several = type(y) is tuple
    for one, other in zip(y if several else [y], expected if several else [expected], strict=True):
        assert type(one) is Tensor
        assert (one.shape, one.dtype) == (np.shape(other), np.asarray(other).dtype)
        digits = np.finfo(one.dtype).eps if one.dtype.kind == "f" else 0
        assert_allclose(one.data, other, rtol=ulps * digits, atol=ulps * digits)


# ── NumPy's own values ────────────────────────────────────────────────────────────────────────
DTYPES = st.sampled_from([np.float64, np.float32, np.int64])
AXES = st.sampled_from([None, 0, 1, -1, (0, 1), (1,)])


def arrays_of(draw, shape=(2, 3)):
    values = hnp.arrays(np.int64, shape, elements=st.integers(-4, 4))
    return draw(values).astype(draw(DTYPES))


@settings(deadline=None, max_examples=60)
@given(data=st.data(), fn=st.sampled_from([np.sum, np.prod, np.max, np.min]))
def test_reductions_take_the_options_of_numpy(data, fn):
    draw = data.draw
    x, options = arrays_of(draw), {"axis": draw(AXES), "keepdims": draw(st.booleans())}
    options["initial"] = draw(st.sampled_from([-3, -1.5, 0, 1, 2.5]))
    if draw(st.booleans()):
        options["where"] = draw(hnp.arrays(bool, draw(st.sampled_from([(2, 3), (3,), (2, 1)]))))
    if fn in (np.sum, np.prod) and draw(st.booleans()):
        options["dtype"] = draw(DTYPES)
    agree(lambda x: fn(x, **options), x, ulps=4)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), fn=st.sampled_from([np.mean, np.var, np.std]))
def test_moments_take_the_options_of_numpy(data, fn):
    draw = data.draw
    x, where = arrays_of(draw).astype(float), draw(hnp.arrays(bool, (2, 3)))
    where[:, 0] = where[0] = True  # some element for each result
    options = {"axis": draw(AXES), "keepdims": draw(st.booleans()), "where": where}
    if fn is not np.mean and draw(st.booleans()):
        options["mean"] = np.mean(x, axis=options["axis"], keepdims=True, where=where)
    agree(lambda x: fn(x, **options), x, ulps=16)


BINARY = [
    np.add, np.multiply, np.subtract, np.divide, np.maximum, np.minimum, np.fmax, np.fmin,
    np.logaddexp, np.logaddexp2, np.hypot, np.power, np.arctan2, np.remainder, np.float_power,
    np.copysign, np.fmod, np.logical_and, np.logical_or, np.logical_xor,
]  # fmt: skip


SKIPPING = (np.power, np.arctan2)
"""NumPy 2.4 leaves elements out in their reduce and reduceat: of 0.5, 5, 4 it makes 0.5 ** 4."""


def test_power_leaves_no_element_out():
    assert np.power.reduce(leaf([[0.5, 5, 4]]), axis=1).data.tolist() == [0.5**20]


@pytest.mark.parametrize("fn", BINARY, ids=lambda fn: fn.__name__)
def test_methods_of_ufuncs_give_the_values_of_numpy(fn):
    v = np.array([0.5, 2.0])
    for axis in (0, 1, -1):
        agree(partial(fn.accumulate, axis=axis), X, ulps=4)
        if fn not in SKIPPING:
            agree(partial(fn.reduce, axis=axis), X, ulps=4)
            agree(partial(fn.reduce, axis=axis, keepdims=True), X, ulps=4)
            agree(partial(fn.reduceat, indices=[0, 1, 0], axis=axis), np.tile(X, (2, 1)), ulps=4)
    agree(fn.outer, X, v, ulps=4)
    for index, b in (([0, 1], v), (([0, 0, 1], [1, 1, 2]), np.array([0.5, 2.0, 3.0])), (..., 2.0)):

        def written(x, b, index=index):
            y = np.copy(x)
            fn.at(y, index, b)
            return y

        if fn(v, v).dtype == v.dtype:
            agree(written, X[:, :2] if np.shape(b) == (2,) else X, b, ulps=4)


@pytest.mark.parametrize(
    ("x", "number", "products"),
    [(np.float32(2), 0.1, np.float64(0.2)), (np.int8(100), 3, np.int64(300)),
     (np.int8(2), True, np.int8(2)), (np.float16(1), 2j, np.complex128(2j))],
)  # fmt: skip
def test_a_number_has_its_own_dtype_in_outer(x, number, products):
    x = Tensor(np.array([x]))
    for y in (np.multiply.outer(x, number), np.multiply.outer(number, x)):
        assert y.dtype == products.dtype
        assert y.data.tolist() == [products]


@pytest.mark.parametrize("fn", BINARY[:12], ids=lambda fn: fn.__name__)
def test_reductions_of_several_axes_are_refused_where_numpy_refuses(fn):
    masked = {"where": MASK}
    for options in ({"axis": None}, {"axis": (0, 1)}, masked, {**masked, "initial": 2.0}):
        try:
            expected = fn.reduce(X, **options)
        except ValueError as error:
            with pytest.raises(ValueError, match=re.escape(str(error))):
                fn.reduce(leaf(X), **options)
        else:
            assert_allclose(fn.reduce(leaf(X), **options).data, expected, rtol=1e-15)


STATISTICS = ("maximum", "mean", "median", "minimum")
MODES = (*STATISTICS, "edge", "linear_ramp", "reflect", "symmetric", "wrap")


@settings(deadline=None, max_examples=80)
@given(data=st.data(), mode=st.sampled_from(MODES))
def test_pad_gives_the_values_of_numpy(data, mode):
    draw = data.draw
    pair = st.tuples(st.integers(0, 7), st.integers(0, 7))
    width = draw(st.one_of(st.integers(0, 4), pair, st.tuples(pair, pair)))
    options = {}
    if mode in STATISTICS:
        options["stat_length"] = draw(st.sampled_from([None, 1, 2, ((1, 2), (2, 9))]))
    if mode == "linear_ramp":
        options["end_values"] = draw(st.sampled_from([0, 2, (3, -1), ((1, 2), (3, 4))]))
    if mode in ("reflect", "symmetric"):
        options["reflect_type"] = draw(st.sampled_from(["even", "odd"]))
    x = arrays_of(draw, draw(st.sampled_from([(2, 3), (1, 4), (4, 1)])))
    agree(lambda x: np.pad(x, width, mode, **options), x, ulps=40)


@pytest.mark.parametrize("mode", ["mean", "median", "linear_ramp"])
@pytest.mark.parametrize("dtype", ["?", "u1", "i8"])
def test_pad_rounds_integers_and_nothing_else(mode, dtype):
    x = np.array([0, 1, 0, 0, 1]).astype(dtype)
    padded = np.pad(Tensor(x), 2, mode).data
    assert padded.dtype == dtype
    assert_array_equal(padded, np.pad(x, 2, mode))


def test_pad_by_a_function_of_the_users():
    def with_multiples(row, width, _, options):
        row[: width[0]] = 2 * row[width[0]]
        row[len(row) - width[1] :] = options["factor"] * row[len(row) - width[1] - 1]

    f = lambda x: np.pad(x, ((1, 2), (2, 1)), with_multiples, factor=3.0)
    agree(f, X)
    check_grads(f, (X,), order=2)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.pad(x, 1, "nearest"), lambda x: np.pad(x, 1, "edge", end_values=2),
        lambda x: np.max(x, where=MASK), lambda x: np.pad(x, -1, "mean"),
        lambda x: np.pad(x, 1.5), lambda x: np.pad(x, -1),
        lambda x: np.insert(x, 9, 1.0), lambda x: np.delete(x, 9), lambda x: np.take(x, 9),
        lambda x: np.select([MASK], [x, x]), lambda x: np.meshgrid(x, x, indexing="yx"),
        lambda x: np.choose([0, 2], [x[0, :2], x[1, :2]]), lambda x: np.block([[x], x]),
        lambda x: np.piecewise(x, [MASK], [1, 2, 3]),
        lambda x: np.concatenate([x, x], dtype=int), lambda x: np.copyto(np.zeros(3, int), x[0]),
        lambda x: np.fill_diagonal(x[0] * 1, 1.0), lambda x: np.add.reduceat(x, [5]),
        lambda x: np.rot90(x, axes=(1, -1)), lambda x: np.hypot.reduce(x, axis=(0, -2)),
        lambda x: np.add.reduceat(x, [0], axis=None), lambda x: np.gradient(x, [1, 2], axis=1),
        lambda x: np.ediff1d(x.astype(int), to_end=np.nan), lambda x: np.vsplit(x[0], 3),
        lambda x: np.cov(x, fweights=[1.5, 1.0, 1.0]), lambda x: np.cov(x, fweights=[-1, 1, 1]),
        lambda x: np.cov(x, aweights=X), lambda x: np.take(x, 1, mode="nearest"),
        lambda x: np.take_along_axis(x, np.array([0]), 1), lambda x: np.select([[0, 1]], [x[0, 0]]),
        lambda x: np.linalg.matrix_power(x, 1), lambda x: np.linalg.matrix_power(x[0], 0),
        lambda x: np.linalg.tensorinv(x[:, :2], -1), lambda x: np.var(x, ddof=1, correction=0),
        lambda x: np.nanstd(x, ddof=1, correction=0), lambda x: np.pad(x, -1, "linear_ramp"),
        lambda x: np.pad(x, 1.5, "edge"), lambda x: np.pad(x[:0], 1, "mean"),
        lambda x: np.sort(x, kind="bubble"), lambda x: np.sort(x, kind="stable", stable=True),
    ],
)  # fmt: skip
def test_what_numpy_refuses_is_refused(call):
    for x in (X, leaf(X)):
        with pytest.raises((ValueError, TypeError, IndexError, RuntimeError)):
            call(x)


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
@pytest.mark.parametrize("indices", [(0, 1), [[2, 0], [1, 1]], [True, False, True], -2, 4])
def test_take_takes_what_numpy_does(mode, indices):
    for axis in (None, 0, -1):
        if np.max(indices) < X.shape[axis or 0] or mode != "raise":
            # called at once
            agree(lambda x: np.take(x, indices, axis=axis, mode=mode), X)  # noqa: B023
            check_grads(lambda x: np.take(x, indices, axis=axis, mode=mode), (X,))  # noqa: B023


@pytest.mark.parametrize("dtype", ["?", "u1", "i8", "f4"])
def test_evenly_spaced_numbers_between_any_others(dtype):
    start, stop = np.array([1, 5, 0]).astype(dtype), np.array([0, 3, 9]).astype(dtype)
    for other in (stop, np.float32(7) * np.ones(3, np.float32), 2, 2.5):
        wanted, program = np.linspace(start, other, 4), capture(np.linspace, start, other, num=4)
        for ours in (Tensor(program(start, other)), np.linspace(Tensor(start), other, 4)):
            assert ours.dtype == wanted.dtype
            assert_allclose(ours.data, wanted, 1e-6)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.linspace(x, 2, 4), lambda x: np.linspace(1, x, 4),
        lambda x: np.linspace(-2.5 * x, 1.5, 6, dtype=int, axis=1),
        lambda x: np.logspace(x, 2.0, 3),
        lambda x: np.mean(x, where=MASK), lambda x: np.mean(x, axis=1, where=MASK[:1]),
        lambda x: np.var(x, axis=1, where=MASK), lambda x: np.std(x, axis=1, where=MASK),
        lambda x: np.nanmean(x, axis=1, dtype=np.float32), lambda x: np.diff(x, 0, append=x),
        lambda x: np.select([MASK, x > 2], [x, 2.0]),
        lambda x: np.select([MASK, x > 2], [1, x], 0.5),
        lambda x: np.max(x > 2, axis=1, where=MASK, initial=False),
        lambda x: np.min(x > 2, axis=1, where=MASK, initial=True),
        lambda x: np.mean(x, dtype=int), lambda x: np.mean(x, axis=1, dtype=int, where=MASK),
        lambda x: np.clip(x > 2, -1, np.array([0, 1], np.int16)[:, None]),
        lambda x: np.clip(x.astype(np.uint8), -1, np.array([1, 2])[:, None]),
        lambda x: np.sort(x, kind="stable"), lambda x: np.sort(x, axis=None, stable=True),
        lambda x: np.repeat(x[0, 0], 2, axis=0), lambda x: np.trace(x, dtype=np.float32),
        lambda x: np.pad(x.astype(int), 1, constant_values=2.5), lambda x: np.diff(x > 2),
        lambda x: np.linalg.multi_dot([x[:, :0], x[:0], x.T]),
        lambda x: np.gradient(x, np.array([-100, 100], np.int8), axis=0),
        lambda x: np.cov(x, dtype=x.dtype), lambda x: np.corrcoef(x, dtype=x.dtype),
        lambda x: np.sort_complex(x.astype(np.int8)), lambda x: np.poly(x[0].astype(int)),
        lambda x: np.choose([0, 1, 0], [x[0], 2.0]),
        lambda x: np.choose([0], [-1, x.astype(np.uint8)[0]]),
        lambda x: np.full_like(x, 2, None, "C"), lambda x: np.median(x, axis=0, out=None),
        lambda x: x.clip(1, 2, out=None), lambda x: np.nanpercentile(x, 30, 1, out=None),
        lambda x: np.polyfit(x[0].astype(float), x.T, 0, cov="unscaled"),
        lambda x: np.insert(x, [], []), lambda x: np.delete(x, [], axis=1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_dtypes_are_those_of_numpy(f, dtype):
    agree(f, X.astype(dtype), ulps=4)


def test_svd_of_a_singular_hermitian_matrix():
    a = X[:, :1] * X[:, :1].T
    u, s, vh = np.linalg.svd(Tensor(a), hermitian=True)  # of which NumPy 2.0 has rows of 0
    assert_allclose((u * s @ vh).data, a, atol=1e-15)
    assert_allclose((vh @ vh.T).data, np.eye(2), atol=1e-15)


@pytest.mark.parametrize(
    "f",
    [
        np.sum, np.prod, np.max, np.cumsum, np.cumprod, np.nansum, np.add.reduce,
        np.logaddexp.reduce, np.subtract.reduce, partial(np.take, indices=[0]),
    ],
)  # fmt: skip
def test_numbers_have_an_axis_for_numpy(f):
    for axis in (0, -1):
        slope = grad(lambda x: np.sum(f(x, axis=axis)))  # noqa: B023  # called at once
        assert slope(2.0) == 1
        assert_array_equal(vmap(slope)(np.array([2.0, 3.0])), [1, 1])
        # called at once
        values = vmap(lambda x: f(x, axis=axis))(np.array([2.0, 3.0]))  # noqa: B023
        assert_array_equal(values, [f(2.0, axis=axis), f(3.0, axis=axis)])


def test_a_softmax_of_one_number_has_a_jacobian():
    f = lambda x: np.stack([softmax(x[0]), np.max(x[0], axis=0), x[0] ** 2])
    assert_array_equal(jacobian(f)(np.ones(1)), [[0], [1], [2]])


@pytest.mark.parametrize("axis", [-3, 2, 5])
@pytest.mark.parametrize(
    "f",
    [
        partial(np.take, indices=0), partial(np.repeat, repeats=2), np.linalg.vector_norm,
        np.logaddexp.reduce, lambda x, axis: np.tensordot(x, x, (axis, axis)),
        lambda x, axis: np.rot90(x, axes=(0, axis)),
        *since("2.4.0", [lambda x, axis: np.pad(x, {axis: 1})]),
    ],
)  # fmt: skip
def test_axes_that_an_array_lacks_are_refused(f, axis):
    for g, x in ((f, X), (f, leaf(X)), (vmap(f), np.stack([X, X]))):
        with pytest.raises((IndexError, ValueError)):
            g(x, axis=axis)


@pytest.mark.parametrize(
    "f",
    [
        np.median, partial(np.percentile, q=5.0), np.nanmedian, np.gradient, np.trapezoid,
        partial(np.take, indices=0), partial(np.insert, obj=0, values=1.0), np.linalg.vector_norm,
    ],
)  # fmt: skip
def test_axes_that_an_array_lacks_are_told(f):
    with pytest.raises(IndexError) as caught:
        f(leaf(X), axis=5)
    what, where, instead = str(caught.value).splitlines()
    name = getattr(f, "func", f).__name__
    assert what == f"{name} failed: axis 5 is out of bounds for array of dimension 2"
    assert where.startswith(f"  where: {name}(argument 0 {X.shape}, ")
    assert where.endswith("axis=5)")
    assert instead == "  instead: an axis that the array has, from -ndim to ndim - 1"


def test_an_error_of_the_function_that_numpy_calls_stays_as_it_is():
    with pytest.raises(IndexError) as caught:
        np.apply_along_axis(lambda row: "ab"[2 * row.ndim], 0, leaf(X))
    assert str(caught.value) == "string index out of range"


def test_filled_arrays_have_the_value_of_their_own_dtype():
    x = leaf(X.astype(np.float32))
    assert_array_equal(np.full_like(x, 0.1, dtype=float).data, np.full(X.shape, 0.1), strict=True)
    assert_array_equal(np.full_like(x, 0.1).data, np.full_like(x.data, 0.1), strict=True)
    assert_array_equal(np.full_like(x, 2.5, dtype=int, device="cpu").data, np.full(X.shape, 2))


@pytest.mark.parametrize("n", [2, 3, 7])
def test_of_more_differences_than_there_are_nothing_is_left(n):
    assert_array_equal(grad(lambda x: np.sum(np.diff(x, n, axis=0)))(X[:2]), 0 * X[:2])


@pytest.mark.parametrize("f", [np.add, np.maximum, lambda x, none: np.concatenate([x, none])])
def test_none_is_no_array(f):
    with pytest.raises((TypeError, ValueError), match=r"\n  where: .*\n  instead: "):
        f(leaf(X), None)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.prod(x, axis=(1,)), lambda x: np.nanprod(x, axis=(1,)),
        lambda x: np.median(x, axis=1), lambda x: np.quantile(x, [0.2, 0.5], axis=1),
        lambda x: np.nanquantile(x, 0.3, axis=1), np.median,
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own
def test_of_nothing_there_is_a_gradient(f):
    assert grad(lambda x: np.sum(f(x)))(np.empty((0, 3))).shape == (0, 3)


def test_weights_of_a_covariance_may_be_mapped():
    f = lambda w: np.cov(X, aweights=w)
    assert_allclose(vmap(f)(X), [f(X[0]), f(X[1])])


def test_piecewise_and_extract_by_the_values_of_a_tensor():
    assert np.piecewise([0, 3], Tensor([True, False]), [1]).tolist() == [1, 0]
    f = lambda x: np.piecewise(x, [x < 2, x > 3], [np.exp, lambda v: v - np.mean(v), 7.0])
    agree(f, X)
    check_grads(f, (X + 0.1,), order=2)
    assert np.piecewise(leaf(3.0), [leaf(3.0) > 2], [lambda v: v * v, 0.0]).item() == 9
    check_grads(lambda x: np.extract(x > 1.5, x) ** 2, (X,), order=2)


# ── numbers ───────────────────────────────────────────────────────────────────────────────────
def test_insert_delete_and_append():
    f = lambda x, v: np.sum(np.insert(x, [1, 1], v) * [1.0, 10, 100, 1000, 10000])
    assert_array_equal(grad(f)(np.ones(3), np.ones(2)), [1, 1000, 10000])
    assert_array_equal(grad(f, 1)(np.ones(3), np.ones(2)), [10, 100])
    assert_array_equal(grad(lambda x: np.sum(np.delete(x, [0, -1]) ** 2))(X[0]), [0, 2, 0])
    assert np.insert(leaf([1, 2]), 1, 7).data.tolist() == [1, 7, 2]
    assert np.insert(np.arange(2), 1, 7.9, axis=0).tolist() == [0, 7, 1]
    assert_array_equal(np.insert([1.0, 2.0], [0], leaf([5])).data, [5, 1, 2])


def test_a_place_that_is_written_twice_keeps_the_last_value():
    x, v = leaf([1, 2, 3]), leaf([10, 20, 30])
    y = x * 1
    np.put(y, [0, 2, 0], v)
    assert y.data.tolist() == [30, 2, 20]
    (y * np.array([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.data.tolist() == [0, 2, 0]
    assert v.grad.data.tolist() == [0, 3, 1]


def test_at_takes_repeated_places_in_turn():
    x, v = leaf([2, 3]), leaf([4, 5, 6])
    y = x * 1
    np.multiply.at(y, [0, 1, 0], v)
    assert y.data.tolist() == [48, 15]
    y[0].backward()
    assert x.grad.data.tolist() == [24, 0]
    assert v.grad.data.tolist() == [12, 0, 8]
    z = leaf([1.0, 4.0]) * 1
    np.sqrt.at(z, [1, 1])
    assert z.data.tolist() == [1, 2**0.5]
    counts = Tensor(np.zeros(2))
    np.add.at(counts, [0, 1, 0], 1.0)
    assert counts.data.tolist() == [2, 1]


@pytest.mark.parametrize("computed", [False, True])
def test_at_adds_up_in_the_dtype_of_what_is_written_to(computed):
    """By a computed index, too: which places it names twice is not known."""

    def total(fn, x, values):
        def run(x, i, values):
            x = x * 1
            fn.at(x, i, values)
            return x

        i = np.zeros(len(values), int)
        if computed:
            return capture(run, x, i, values)(x, i, values)
        return run(Tensor(x), i, values).numpy()

    assert_array_equal(total(np.add, np.zeros(2), np.array([True, True, True])), [3, 0])
    assert_array_equal(total(np.subtract, np.zeros(2), np.array([True, True])), [-2, 0])
    assert_array_equal(total(np.add, np.zeros(2), np.full(3, 100, np.uint8)), [300, 0])
    tenth = np.float16(0.1)
    assert_allclose(total(np.add, np.zeros(1), np.full(3000, tenth)), [3000 * float(tenth)])
    counts = total(np.add, np.zeros(2, np.uint8), np.array([True, True]))
    assert counts.dtype == np.uint8
    assert_array_equal(counts, [2, 0])


def test_ties_of_scans_and_reductions_share_evenly():
    x = np.array([1.0, 3.0, 3.0, 2.0, 3.0])
    rows = jacobian(np.maximum.accumulate)(x)
    assert_allclose(rows[2], [0, 1 / 2, 1 / 2, 0, 0])
    assert_allclose(rows[3], [0, 1 / 2, 1 / 2, 0, 0])
    assert_allclose(rows[4], [0, 1 / 3, 1 / 3, 0, 1 / 3])
    assert_allclose(jacobian(np.minimum.accumulate)(-x), rows)
    for fn in (np.maximum, np.fmax):
        assert_allclose(grad(fn.reduce)(x), [0, 1 / 3, 1 / 3, 0, 1 / 3])


def test_missing_values_of_fmax():
    x = np.array([np.nan, 2.0, np.nan, 5.0])
    assert np.fmax.reduce(leaf(x)).item() == 5
    assert_array_equal(grad(np.fmax.reduce)(x), [0, 0, 0, 1])
    assert np.isnan(np.fmin.reduce(leaf([np.nan, np.nan])).item())


def test_masked_elements_have_no_gradient_whatever_they_are():
    x = np.array([-1.0, 4.0, 0.0])
    f = lambda x: np.sum(np.log(x), where=x > 0)
    with np.errstate(all="ignore"):
        assert_array_equal(grad(f)(x), [0, 1 / 4, 0])
    assert_allclose(grad(lambda x: np.mean(x, where=x > 0.7))(X), (X > 0.7) / 5)
    assert_array_equal(grad(lambda x: np.std(x, where=x < 1))(X), np.zeros_like(X))
    assert np.max(leaf(np.empty((0, 2))), axis=0, initial=3.0).data.tolist() == [3, 3]
    assert grad(lambda s: np.sum(Tensor(X), initial=s))(2.0) == 1


@pytest.mark.parametrize(
    "f",
    [
        lambda x, m: np.sum(x, axis=0, where=m), lambda x, m: np.add.reduce(x, where=m),
        lambda x, m: np.max(x, axis=0, where=m, initial=0.0), lambda x, m: np.mean(x, where=m),
        lambda x, m: np.hypot.reduce(x, where=m),
    ],
)  # fmt: skip
def test_a_mask_may_be_the_only_tensor(f):
    expected = f(X, MASK)
    assert_array_equal(np.asarray(f(X, Tensor(MASK))), expected)
    masks = np.stack([MASK, ~MASK])
    assert_array_equal(vmap(lambda m: f(X, m))(masks), [expected, f(X, ~MASK)])
    assert_array_equal(compile(lambda m: f(X, m))(MASK), expected)


def test_a_mask_may_be_a_list():
    assert (X > 4).all(where=Tensor(MASK)).item() is (X > 4).all(where=MASK).item() is False
    x = np.array([[2, 3], [4, 5]])
    t = Tensor(x)
    np.power(x, [2, 3], out=x, where=[[0, 1], [1, 0]])
    np.power(t, [2, 3], out=t, where=[[0, 1], [1, 0]])
    assert t.tolist() == x.tolist() == [[2, 27], [16, 5]]


def test_results_go_where_out_says():
    x, y = leaf(X), Tensor(np.zeros(3))
    assert np.sum(x, axis=0, out=y) is y
    assert np.add.reduce(x, out=y) is y
    assert y.data.tolist() == X.sum(0).tolist()
    (y * y).sum().backward()
    assert_array_equal(x.grad.data, np.broadcast_to(2 * X.sum(0), X.shape))
    with pytest.raises(TypeError, match=r"out=Tensor\(array\)"):
        np.sum(x, axis=0, out=np.zeros(3))
    with pytest.raises(TypeError) as caught:
        np.max(x, 1, True)
    assert str(caught.value) == (
        "a result is written into a Tensor or an array\n  where: out=True\n"
        "  instead: keepdims=True by its name, or nothing in this place"
    )


@pytest.mark.parametrize("dtype", [int, np.int8])
def test_several_results_go_where_out_says(dtype):
    y, z = Tensor(np.zeros(2, dtype)), Tensor(np.full(2, 9, dtype))
    seen = z * 1.0
    assert np.divmod(Tensor(np.array([7, 8], dtype)), 3, out=(y, z)) == (y, z)
    assert (y.tolist(), z.tolist(), seen.tolist()) == ([2, 2], [1, 2], [9, 9])
    np.divmod(Tensor(np.array([9, 9], dtype)), 2, out=(y, z), where=[True, False])
    assert (y.tolist(), z.tolist()) == ([4, 2], [1, 2])
    number = Tensor(np.int16(0))
    fraction, _ = np.frexp(Tensor(5.0), None, number)
    assert (fraction, number.item()) == (0.625, 3)
    assert np.add.reduce(Tensor(np.full(3, 20000, np.int16)), out=number) is number
    assert number.item() == 60000 - 2**16  # cast as an array of the same shape would be


@pytest.mark.parametrize(
    "f",
    [
        np.fmax.reduce, np.fmin.reduce, lambda x: np.fmax.reduce(x, axis=None),
        np.add.accumulate, lambda x: np.add.accumulate(x, dtype=x.dtype),
        lambda x: np.multiply.accumulate(x, dtype=x.dtype), lambda x: np.bitwise_and.reduce(x[:0]),
        lambda x: np.add.reduceat(x[0], [0, 1], axis=None), lambda x: np.add.reduceat(x, []),
        lambda x: np.logical_and.reduce(x, axis=1, dtype=bool),
        lambda x: np.logical_or.reduce(x, initial=True, keepdims=True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, bool])
def test_methods_of_ufuncs_take_whole_numbers(f, dtype):
    agree(f, X.astype(dtype))


@pytest.mark.parametrize(
    ("f", "out"),
    [
        (lambda x, out: np.add.reduce(x, out=out), np.zeros((2, 3))),
        (lambda x, out: np.cumsum(x, axis=0, out=out), np.zeros((1, 2, 3))),
        (lambda x, out: np.concatenate((x[0], x[1]), out=out), np.zeros(6, int)),
        (lambda x, out: np.concatenate((x[0], x[1]), out=out, casting="no"), np.zeros(6, "f")),
        (lambda x, out: np.nanmean(x, axis=0, out=out), np.zeros(3, bool)),
    ],
)  # fmt: skip
def test_out_that_does_not_fit_is_refused_as_numpy_does(f, out):
    for of in (X, Tensor(X)):
        with pytest.raises((ValueError, TypeError)):
            f(of, out if of is X else Tensor(out))
    agree(lambda x: np.concatenate((x, x), out=Tensor(np.zeros((4, 3), "f")), casting="unsafe"), X)


def test_out_that_does_not_fit_says_why():
    with pytest.raises(ValueError, match="in place") as caught:
        np.sum(Tensor(X), axis=0, out=Tensor([0, 0, 0], name="s"))  # which NumPy would cut off
    assert str(caught.value) == (
        "in place, the result must fit int64 (3,), not float64 (3,)\n"
        "  where: out=s (3,)\n"
        "  instead: the call without out=, which makes a new tensor"
    )


@pytest.mark.parametrize(
    "f",
    [
        lambda x, out: np.clip(x, 1, 3, out=out), lambda x, out: np.round(x, out=out),
        lambda x, out: np.take(x, [2, 0, 1], axis=1, out=out),
        lambda x, out: np.dot(x.T, x[:, 0], out=out[0]),
        lambda x, out: np.median(x, 0, out=out[1]), lambda x, out: np.ptp(x, 0, out=out[0]),
        lambda x, out: np.nanmax(x, axis=0, out=out[0]), lambda x, out: np.clip(out, 1, 3, out=out),
        lambda x, out: np.einsum("ij,ij->ij", out, out[::-1], out=out),
        lambda x, out: np.sum(x, 0, None, out[1]), lambda x, out: np.add.reduce(x, 0, None, out[0]),
        lambda x, out: np.cumsum(x, axis=1, out=out), lambda x, out: np.stack([*x], out=out),
    ],
)  # fmt: skip
def test_out_is_for_all_functions(f):
    agree(lambda x: f(x, x * 2), X)
    check_grads(lambda x: f(x, x * 2), (X + 0.1,), order=2)
    x = leaf(X) * 1
    assert f(x, x).shape != X.shape or f(x, x) is x


@pytest.mark.parametrize(
    "f",
    [
        lambda x, out: np.median(x, axis=0, out=out), lambda x, out: np.sum(x, 0, None, out),
        lambda x, out: np.add.reduce(x, out=out), lambda x, out: np.stack(x[1], out=out),
        lambda x, out: np.take(x, [0, 2, 1], out=out), lambda x, out: np.cumsum(x[1], out=out),
    ],
)  # fmt: skip
def test_programs_and_batches_write_where_out_says(f):
    def g(x):
        out = x[0] * 2
        f(x, out)
        return out * x[1]

    agree(g, X)
    assert_array_equal(capture(g, X)(X), g(X))
    assert_array_equal(vmap(g)(np.stack([X, X + 1])), [g(X), g(X + 1)])


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: np.concatenate([x, 1.0], axis=None), np.ones((2, 3))),
        (lambda x: np.convolve(x[0], [1.0, 2.0], mode=2), [[3, 3, 3], [0, 0, 0]]),
        (lambda x: np.correlate(x[0], [1.0, 2.0], mode=1), [[3, 3, 2], [0, 0, 0]]),
        pytest.param(lambda x: np.linalg.norm(x[:0], 2), np.zeros((2, 3)), marks=pytest.mark.skipif(
            np.lib.NumpyVersion(np.__version__) < "2.4.0", reason="older ones refuse it")),
        (lambda x: np.linalg.lstsq(np.array([[1], [1]]), x)[0], np.full((2, 3), 0.5)),
    ],
)  # fmt: skip
def test_what_numpy_takes_has_a_gradient_too(f, expected):
    x = leaf(X)
    y = f(x)
    assert_array_equal(y.data, f(X))
    y.sum().backward()
    assert_allclose(x.grad.data, expected, atol=1e-15)


def test_options_that_are_unknown_here_are_named():
    with pytest.raises(NotImplementedError) as caught:
        np.median(leaf(X), overwrite_input=True)
    assert str(caught.value) == (
        "np.median of a Tensor: got an unexpected keyword argument 'overwrite_input'\n"
        "  where: np.median(argument 0 (2, 3))\n"
        "  instead: the call without it, or x.detach() if no gradient is wanted"
    )
    assert_array_equal(vmap(lambda x: np.median(x, out=None))(X), [2, 4])
    for how in (vmap, compile):  # there, too
        with pytest.raises(NotImplementedError, match="unexpected keyword argument") as caught:
            how(lambda x: np.median(x, overwrite_input=True))(X)
        assert "instead: the call without it" in str(caught.value)
        with pytest.raises(IndexError, match=r"(?s)rot90 failed: axis .* where: rot90"):
            how(lambda x: np.rot90(x, axes=(1, 2)))(X)
    with pytest.raises(NotImplementedError, match=r"np\.modf of a Tensor .* with out="):
        np.modf(leaf(X), out=(leaf(X) * 1, leaf(X) * 1))


def test_arrays_like_a_tensor():
    x = leaf([1, 2])
    for make in (np.array, np.asarray, np.asanyarray, np.require, np.ascontiguousarray):
        assert type(make([[1, 2], [3, 4]], like=x)) is Tensor
        y = make([x, 2 * x], like=x)
        assert y.data.tolist() == [[1, 2], [2, 4]]
        (y * y).sum().backward()
        assert x.grad.data.tolist() == [10, 20]
        x.grad = None
        assert make(x, dtype=np.float32, like=x).dtype == np.float32
    assert np.array(x, like=x, ndmin=3).shape == (1, 1, 2)
    assert np.ascontiguousarray(x[0], like=x).shape == (1,)
    assert type(np.full((2, 2), 7, like=x)) is Tensor
    assert grad(lambda s: np.sum(np.full((2, 3), s, like=x)))(1.0) == 6
    assert type(np.fromfunction(lambda i, j: i + j, (2, 2), like=x)) is Tensor
    for make in (np.eye, np.identity, np.tri, np.arange):
        assert type(make(2, like=x)) is Tensor


@pytest.mark.parametrize(
    "refused",
    [
        np.unique, np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d, np.unique_values,
        np.unique_all, np.unique_counts, np.unique_inverse, np.trim_zeros,
    ],
)  # fmt: skip
def test_sets_of_values_are_refused_where_a_gradient_would_be_lost(refused):
    x = leaf([3, 1, 3])
    args = (x, x) if refused.__name__.endswith("1d") else (x,)
    with pytest.raises(NotImplementedError, match=rf"np\.{refused.__name__} is unknown"):
        refused(*args)
    with no_grad():
        answer = refused(*args)
    assert type(answer) is type(refused(*(a.data for a in args)))


# ── functions of elements ─────────────────────────────────────────────────────────────────────
def branch(a, b):
    return a * b if a > b else b


def powers(a, p):
    return np.sum(a**p)


@pytest.mark.parametrize(
    ("f", "arrays"),
    [
        (vectorize(branch), (X, np.array([1.0, 2.0, 3.0]))), (vectorize(branch), (2.0, X)),
        (vectorize(branch, otypes=[np.float32]), (X, 2.0)),
        (vectorize(lambda a: (a, a * a)), (X,)),
        (vectorize(np.dot, signature="(n),(n)->()"), (X, X[0])),
        (vectorize(np.outer, signature="(n),(m)->(n,m)"), (X, X[1])),
        (lambda x: vectorize(powers, excluded={"p"})(x, p=np.array([2, 3])), (X,)),
        (lambda x: vectorize(powers, excluded={1})(x, np.array([2, 3])), (X,)),
    ],
)  # fmt: skip
def test_vectorize_gives_the_values_of_numpy(f, arrays):
    agree(f, *arrays)


def test_where_without_values_says_where():
    places = np.where(leaf(X) > 2)
    assert_array_equal(places, np.where(X > 2))
    assert [*map(type, places)] == [np.ndarray, np.ndarray]
    for f in (
        lambda x: np.sum(x[np.where(x > 2)] ** 2),
        lambda x: sum(np.sum(row[np.where(row > 2)[0]] ** 2) for row in x),
    ):
        assert_array_equal(grad(f)(X), np.where(X > 2, 2 * X, 0))
        assert_array_equal(vmap(grad(f))(X[None]), [grad(f)(X)])
    with pytest.raises(CaptureError, match=r"np.nonzero.*\n.*\n  instead: np.where\(mask, x, 0\)"):
        compile(lambda x: x[np.where(x > 2)])(X)


def test_vectorize_differentiates_branches():
    v = np.array([1.0, 2.0, 3.0])
    f = vectorize(branch)
    assert_array_equal(grad(lambda x: np.sum(f(x, v)))(X), np.where(v < X, v, 0))
    check_grads(lambda x, v: f(x, v), (X + 0.1, v), order=2)
    assert type(vectorize(branch)(X, v)) is np.ndarray
    with pytest.raises(ValueError, match="no element"):
        f(leaf([]), leaf([]))
    with pytest.raises(TypeError, match="would cut the gradient"):
        np.vectorize(branch)(leaf(X), v)


# ── torch's derivatives ───────────────────────────────────────────────────────────────────────
PADS = [("reflect", "reflect", 1), ("edge", "replicate", 2), ("wrap", "circular", 2)]


@pytest.mark.parametrize(("ours", "theirs", "n"), PADS)
def test_pad_has_the_derivative_of_torch(ours, theirs, n):
    torch = pytest.importorskip("torch", reason="a peer")
    x = np.random.default_rng(0).normal(size=(1, 1, 4))
    t = torch.tensor(x, requires_grad=True)
    torch.nn.functional.pad(t, (n, n), mode=theirs).pow(3).sum().backward()
    ours_ = grad(lambda x: np.sum(np.pad(x, ((0, 0), (0, 0), (n, n)), ours) ** 3))(x)
    assert_allclose(ours_, t.grad.numpy(), rtol=1e-14)


WINDOWS = np.lib.stride_tricks.sliding_window_view
PEERS = {
    np.logaddexp.reduce: "t.logsumexp(0)",
    np.logaddexp.accumulate: "t.logcumsumexp(0)",
    np.maximum.accumulate: "t.cummax(0).values",
    np.minimum.accumulate: "t.cummin(0).values",
    np.hypot.reduce: "t.norm(dim=0)",
    (lambda x: np.rot90(x, 3)): "torch.rot90(t, 3)",
    (lambda x: WINDOWS(x, 2, 1)): "t.unfold(1, 2, 1)",
    (
        lambda x: np.block([[x, x], [x, 2 * x]])
    ): "torch.cat([t.tile(1, 2), torch.cat([t, 2 * t], 1)])",
}


@pytest.mark.parametrize(("f", "theirs"), PEERS.items(), ids=PEERS.values())
def test_derivatives_of_torch(f, theirs):
    torch = pytest.importorskip("torch", reason="a peer")
    x = np.random.default_rng(1).normal(size=(4, 3))
    t = torch.tensor(x, requires_grad=True)
    y = eval(theirs, {"torch": torch, "t": t})
    u = np.random.default_rng(2).normal(size=y.shape)
    (y * torch.tensor(u)).sum().backward()
    assert_allclose(grad(lambda x: np.sum(f(x) * u))(x), t.grad.numpy(), rtol=1e-12, atol=1e-14)


DIFFERENTIABLE = [fn for fn in BINARY if not fn.__name__.startswith("logical")]


@pytest.mark.parametrize("fn", DIFFERENTIABLE, ids=lambda fn: fn.__name__)
def test_methods_of_ufuncs_have_derivatives(fn):
    """By differences, twice: every ufunc of two arguments, every method."""
    x = np.array([[1.3, 2.1], [0.7, 1.9], [1.1, 0.4]])

    def at(x, v):
        y = 1 * x
        fn.at(y, [0, 2, 0], v)
        return y

    check_grads(lambda x: fn.reduce(x), (x,), order=2)
    check_grads(lambda x: fn.accumulate(x, axis=1), (x,), order=2)
    if fn not in SKIPPING:
        check_grads(lambda x: fn.reduceat(x, [0, 1, 0]), (x,), order=1)
    check_grads(fn.outer, (x, np.array([0.6, 2.3])), order=1)
    check_grads(at, (x, np.array([[1.2], [0.9], [2.2]])), order=1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", range(1, 10))
def test_sums_of_short_rows_have_the_bits_of_numpy(n, dtype):
    x = np.random.default_rng(n).standard_normal((LARGE // n + 1, n)).astype(dtype)
    t = Tensor(x, requires_grad=True)
    for options in ({"axis": -1}, {"axis": 1, "keepdims": True}, {"axis": (1,)}):
        expected = np.sum(x, **options)
        # called at once
        for y in (np.sum(t, **options).data, compile(lambda v: np.sum(v, **options))(x)):  # noqa: B023
            assert y.dtype == expected.dtype
            assert np.array_equal(y, expected)
    assert np.array_equal(np.mean(t, axis=1).data, np.mean(x, axis=1))
    gradient = grad(lambda b: np.sum(b * x))(np.ones((len(x), 1), dtype))
    assert np.array_equal(gradient, np.sum(x, axis=1, keepdims=True))
    assert np.array_equal(np.sum(t.T, axis=1).data, np.sum(x.T, axis=1))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("widths", [((0, 0), (3, 4)), ((1, 2), (3, 4)), ((0, 0), (0, 0)), 1])
def test_padding_a_large_array(widths, order):
    x = np.asarray(np.arange(7e5).reshape(700, 1000), order=order)
    y = np.pad(Tensor(x), widths, constant_values=2.5).data
    assert_array_equal(y, np.pad(x, widths, constant_values=2.5))

"""Mini-batches: every row once, whatever holds the rows, and no more of them than are needed."""

import itertools
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import autograd as ag
from autograd import Tensor, three_lines
from nn.data import Batches, batches, source


def rows_of(passes):
    return np.concatenate([x.data for x, *_ in passes])


def test_a_pass_has_every_row_once_and_its_targets_with_it(rng):
    X = np.arange(103)
    passes = [list(Batches((X, -X, X[:, None] * 2), 10, rng)) for _ in range(2)]
    assert [len(x) for x, _, _ in passes[0]] == [10] * 10 + [3]
    assert len(Batches((X,), 10)) == 11
    for each in passes:
        assert_array_equal(np.sort(rows_of(each)), X)
        for x, y, z in each:
            assert_array_equal(y.data, -x.data)
            assert_array_equal(z.data, 2 * x.data[:, None])
            assert (np.diff(x.data) > 0).all(), "a batch reads its rows in ascending order"
    assert not np.array_equal(rows_of(passes[0]), rows_of(passes[1]))


def test_without_a_generator_the_order_stays():
    assert_array_equal(rows_of(Batches((np.arange(7),), 3)), np.arange(7))


def test_the_same_generator_gives_the_same_batches():
    first, second = (
        rows_of(Batches((np.arange(50),), 8, np.random.default_rng(3))) for _ in range(2)
    )
    assert_array_equal(first, second)


def test_lists_tensors_and_arrays_are_the_same_data():
    X, y = [[1.0, 2.0], [3.0, 4.0]], [0, 1]
    leaf = Tensor(X, requires_grad=True)
    for data in [(X, y), [np.array(X), y], (leaf * 1, Tensor(y)), (np.array(X), np.array(y))]:
        ((a, b),) = batches(source(data, 32))
        assert_array_equal(a.data, X)
        assert a.op is None, "a batch begins a graph of its own"
        assert (a.dtype, b.dtype) == (np.float64, np.int64)


def test_an_array_alone_is_no_sequence_of_its_rows():
    X = np.arange(12.0).reshape(4, 3)
    for data in (X, Tensor(X)):
        ((first,), (second,)) = Batches(data, 3)
        assert_array_equal(first.data, X[:3])
        assert_array_equal(second.data, X[3:])


def test_numbers_in_lists_get_the_default_dtype():
    ag.set_default_dtype(np.float32)
    try:
        ((x,),) = Batches(([1.0, 2.0],))
    finally:
        ag.set_default_dtype(np.float64)
    assert x.dtype == np.float32


def test_a_memmap_larger_than_memory_is_read_row_by_row(tmp_path, rng):
    X = np.memmap(tmp_path / "X", np.uint8, "w+", shape=(1 << 17, 1 << 20))  # 128 GiB, sparse
    rows = np.array([0, 5, (1 << 17) - 1])
    X[rows, 0] = [1, 2, 3]
    tracemalloc.start()
    read = list(itertools.islice(Batches((X,), 2, rng), 3))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [x.shape for (x,) in read] == [(2, 1 << 20)] * 3
    assert peak < 20e6
    assert_array_equal([x.data[0, 0] for (x,) in Batches((X,), 1, rows=rows)], [1, 2, 3])


def test_a_split_shares_nothing_and_leaves_nothing_out(rng):
    whole = Batches((np.arange(100),), 16, rng)
    kept, aside = whole.split(0.25, np.random.default_rng(1))
    assert (len(kept.rows), len(aside.rows)) == (75, 25)
    assert_array_equal(np.sort(np.concatenate([kept.rows, aside.rows])), np.arange(100))
    assert_array_equal(np.sort(rows_of(kept)), kept.rows)
    assert_array_equal(rows_of(aside), aside.rows)
    for end in (np.arange(25), np.arange(75, 100)):  # data is often sorted by class
        assert not np.array_equal(aside.rows, end)


@pytest.mark.parametrize("size", [2, 32])
@pytest.mark.parametrize("order", [None, np.random.default_rng(0)])
@pytest.mark.parametrize(
    "rows",
    [[0, 2, 4], np.array([True, False] * 3), np.array([-2, 0, 2]), range(0, 6, 2)],
    ids=["list", "mask", "from the end", "range"],
)
def test_rows_are_chosen_as_numpy_chooses_them(rows, order, size):
    chosen = Batches((np.arange(6),), size, order, rows)
    assert len(chosen) == -(-3 // size)
    assert_array_equal(np.sort(rows_of(chosen)), [0, 2, 4])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([7], "index 7 is out of bounds"),
        (np.ones(3, bool), "boolean index did not match"),
        ([0.5], "arrays used as indices must be of integer"),
    ],
)
def test_rows_that_are_not_there_are_refused(rows, told):
    with pytest.raises(IndexError) as error:
        Batches((np.zeros((6, 2)),), rows=np.array(rows))
    what, where, instead = str(error.value).splitlines()
    assert what.startswith(f"rows are indices, or a mask: {told}")
    assert where == "  where: arrays (6, 2)"
    assert instead == "  instead: np.arange(6), or a part of it"


@pytest.mark.parametrize("fraction", [np.nan, np.inf, -np.inf, "0.5"])
def test_a_fraction_that_is_none_is_refused(fraction):
    with pytest.raises(ValueError) as error:
        Batches((np.zeros(6),)).split(fraction, np.random.default_rng(0))
    assert str(error.value) == three_lines(
        f"{fraction} of 6 rows leaves no rows on one side",
        f"validation={fraction}",
        "validation=0.2",
    )


def test_a_split_is_drawn_by_a_generator():
    with pytest.raises(ValueError) as error:
        Batches((np.zeros(6),)).split(0.5, None)
    assert str(error.value) == three_lines(
        "the rows are drawn by a generator", "generator=None", "np.random.default_rng(0)"
    )


def test_iterables_and_functions_are_passed_through():
    made = [(np.ones((2, 3)), [0, 1]), [np.zeros((1, 3)), np.array([2])]]

    class Indexed:  # which is iterated by 0, 1, 2 …
        def __getitem__(self, i):
            return made[i]

    for data in (made, lambda: iter(made), (pair for pair in made), Indexed()):
        first, second = batches(source(data, 32))
        assert [type(t) for t in (*first, *second)] == [Tensor] * 4
        assert_array_equal(first[1].data, [0, 1])
    ((x, y),) = batches([[[[1, 2], (3, 4)], [Tensor(5), np.int64(6)]]])
    assert (x.tolist(), y.tolist()) == ([[1, 2], [3, 4]], [5, 6])
    ((x,),) = batches(source(iter([np.ones(3)]), 32))
    assert x.shape == (3,)
    t = Tensor(1.0)
    assert next(batches(source(iter([(t, t)]), 32)))[0] is t


WRONG = {
    "lengths": (
        lambda: Batches((np.ones((3, 2)), np.ones(4))),
        "the arrays have different lengths",
        "arrays (3, 2), (4,)",
        "as many rows in each, axis 0",
    ),
    "no rows": (
        lambda: Batches((np.ones((0, 2)), np.ones(0))),
        "there are no rows to learn from",
        "arrays (0, 2), (0,)",
        "at least one row",
    ),
    "two arguments": (
        lambda: Batches(np.ones((2, 1)), np.ones(2)),
        "batch_size is a number of rows",
        "batch_size=array([1., 1.])",
        "Batches((X, y), batch_size=32)",
    ),
    "no arrays": (
        lambda: Batches([]),
        "there are no rows to learn from",
        "arrays none",
        "at least one row",
    ),
    "nothing chosen": (
        lambda: Batches((np.ones(3),), rows=np.zeros(3, bool)),
        "there are no rows to learn from",
        "arrays (3,)",
        "at least one row",
    ),
    "a list of numbers": (
        lambda: Batches([1.0, 2.0]),
        "a number has no rows",
        "arrays (), ()",
        "an array has a row for each example: X[None] of one, np.array(X) of a list",
    ),
    "half a row": (
        lambda: Batches((np.ones(3),), 1.5),
        "batch_size is a number of rows",
        "batch_size=1.5",
        "Batches((X, y), batch_size=32)",
    ),
    "a seed": (
        lambda: Batches((np.ones(3),), 2, 0),
        "the order of the rows is drawn by a generator",
        "generator=0",
        "generator=np.random.default_rng(0)",
    ),
    "no data": (
        lambda: source(None, 32),
        "data is arrays of one length, or yields batches",
        "None",
        "(X, y), or an iterable",
    ),
    "size": (
        lambda: Batches((np.ones(3),), 0),
        "batch_size is a number of rows",
        "batch_size=0",
        "Batches((X, y), batch_size=32)",
    ),
    "split": (
        lambda: Batches((np.ones(3),)).split(0.01, np.random.default_rng(0)),
        "0.01 of 3 rows leaves no rows on one side",
        "validation=0.01",
        "validation=0.2",
    ),
    "names": (
        lambda: source({"x": np.ones(3), "y": np.ones(3)}, 32),
        "arrays are told apart by their places: inputs, and then the target",
        "a dict of x, y",
        "(batch['x'], batch['y']), by the names there",
    ),
    "names in a batch": (
        lambda: list(batches([({"ids": np.ones(3), "mask": np.ones(3)}, np.ones(3))])),
        "arrays are told apart by their places: inputs, and then the target",
        "a dict of ids, mask",
        "(batch['x'], batch['y']), by the names there",
    ),
    "two targets": (
        lambda: list(batches([(np.ones((2, 3)), (np.ones(2), np.zeros(2)))])),
        "a place in a batch holds one array, and here are several",
        "batch[1] is a tuple of arrays",
        "np.stack((a, b), axis=1) of two targets, np.stack(rows), (x1, x2, y) of two inputs",
    ),
    "two inputs": (
        lambda: list(batches([([Tensor([1.0]), Tensor([2.0])], np.ones(1))])),
        "a place in a batch holds one array, and here are several",
        "batch[0] is a list of arrays",
        "np.stack((a, b), axis=1) of two targets, np.stack(rows), (x1, x2, y) of two inputs",
    ),
    "exhausted": (
        lambda: list(batches([])),
        "the data gave no batch: a generator can be read only once",
        "[]",
        "a function that returns a new iterator each time",
    ),
}


@pytest.mark.parametrize(("call", "what", "where", "instead"), WRONG.values(), ids=WRONG)
def test_mistakes_are_named(call, what, where, instead):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == three_lines(what, where, instead)

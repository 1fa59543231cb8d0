"""What Tensor promises: dtypes, protocols, item assignment, modes."""

import contextlib
import copy
import gc
import operator
import pickle
import threading
import weakref
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor, grad, no_grad
from autograd.base import modes
from autograd.base.blocks import LARGE
from autograd.graph import arguments, toposort
from nn.functional import linear


def leaf(data):
    return Tensor(data, requires_grad=True)


# ── making one ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("data", "requires_grad", "dtype"),
    [
        (2, False, np.int64),
        (2, True, np.float64),
        ([1, 2], True, np.float64),
        (2.0, True, np.float64),
        (np.float32(2), True, np.float32),
        (np.ones(2, np.float32), True, np.float32),
        (np.arange(3), False, np.int64),
        ([True, False], False, np.bool_),
    ],
)
def test_dtype_of_data(data, requires_grad, dtype):
    assert Tensor(data, requires_grad).dtype == dtype


def test_from_numpy_takes_arrays_of_numbers(tmp_path):
    mapped = np.memmap(tmp_path / "x", float, "w+", shape=3)
    x = ag.from_numpy(mapped)
    x[1] = 5.0
    assert mapped[1] == 5.0
    assert type(x.data) is np.ndarray
    for wrong, what in [
        ([1.0], "list"),
        (np.array(["a"]), "dtype <U1"),
        (np.array([1.0], object), "dtype object"),
    ]:
        with pytest.raises(TypeError) as error:
            ag.from_numpy(wrong)
        assert str(error.value) == (
            "from_numpy shares the memory of an array of numbers\n"
            f"  where: from_numpy of {what}\n"
            "  instead: tensor(data) of a number or of nested lists; array.astype(float)"
        )
    with pytest.raises(TypeError, match="a MaskedArray has an arithmetic of its own"):
        ag.from_numpy(np.ma.masked_array([1.0]))


def test_data_is_copied_and_from_numpy_shares():
    a = np.zeros(3)
    copied, shared = Tensor(a), ag.from_numpy(a)
    a[0] = 1
    assert copied.tolist() == [0, 0, 0]
    assert shared.tolist() == [1, 0, 0]
    shared[1] = 2
    assert a.tolist() == [1, 2, 0]


def test_a_scalar_is_a_numpy_scalar():
    assert type(Tensor(1.0).data) is np.float64
    assert type((Tensor([1.0, 2.0]).sum()).data) is np.float64
    assert type(Tensor(np.ones((1, 1))).reshape(()).data) is np.float64


def test_default_dtype():
    ag.set_default_dtype(np.float32)
    try:
        assert Tensor(1.0).dtype == Tensor([1, 2], requires_grad=True).dtype == np.float32
        assert Tensor(np.ones(2)).dtype == np.float64
        assert ag.zeros(2).dtype == ag.arange(end=2.0).dtype == np.float32
        assert ag.arange(0, 1, 0.5).dtype == np.float32
        assert ag.arange(3).dtype == np.int64
        assert ag.arange(3.0, dtype=float).dtype == ag.arange(np.float64(3)).dtype == np.float64
    finally:
        ag.set_default_dtype(np.float64)


def test_promotion_is_numpys():
    x = Tensor(np.ones(2, np.float32), requires_grad=True)
    assert (x * 2.0).dtype == np.float32
    assert (x * np.float64(2)).dtype == np.float64
    y = (x * np.ones(2)).sum()
    y.backward()
    assert y.dtype == np.float64
    assert x.grad.dtype == np.float32


# ── protocols ─────────────────────────────────────────────────────────────────────────────────
def test_python_protocols():
    t = Tensor([[1.0, 2.0], [3.0, 4.0]])
    assert len(t) == 2
    assert [row.tolist() for row in t] == [[1, 2], [3, 4]]
    assert 3.0 in t
    assert 5.0 not in t
    assert float(t[0, 0]) == 1.0
    assert int(t[1, 1]) == 4
    assert bool(t[0, 0])
    assert f"{t[0, 1]:.2f}, {t[0, 1]}, {t[0]}" == "2.00, 2.0, Tensor([1., 2.])"
    assert [10, 20, 30][Tensor(1)] == 20
    assert hash(t) == object.__hash__(t)
    assert {t: 1}[t] == 1
    with pytest.raises(ValueError, match="ambiguous") as error:
        bool(t)
    assert str(error.value).splitlines()[1:] == [
        "  where: if, while, and, or, not, max(), min(), in, or bool() of a Tensor",
        "  instead: np.where(x > 0, a, b) chooses for each element; x.any() and x.all() are one",
    ]


def test_bits_are_shifted():
    bits = Tensor([1, 6])
    shifted = bits << 1, bits >> 1, 2 << bits, 64 >> bits
    assert [x.tolist() for x in shifted] == [[2, 12], [0, 3], [4, 128], [32, 1]]


def test_the_power_of_mathematics_is_no_operator():
    with pytest.raises(TypeError, match=r"instead: a \*\* b for a power; \^ is for integers and"):
        Tensor(2.0) ^ 2


OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")


@pytest.mark.parametrize("how", ["eager", "captured", "watched", "in place"])
@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_takes_a_list_on_either_side(name, how):
    w = np.arange(1.0, 10.0).reshape(3, 3)
    weights = np.arange(2.0, 5.0)
    of_left = getattr(operator, name)
    of_right = getattr(operator, f"i{name}") if how == "in place" else of_left
    for numbers in ([[2.0, 1.0, 2.0]] * 3, ((2, 1, 2),) * 3):
        array = np.asarray(numbers)
        for f in (lambda w, b: of_right(w * 1, b), lambda w, b: of_left(b, w)):
            by_list = grad(lambda w, b=numbers, f=f: np.sum(f(w, b) * weights))
            by_array = grad(lambda w, b=array, f=f: np.sum(f(w, b) * weights))
            with ag.detect_anomaly() if how == "watched" else contextlib.nullcontext():
                g = (ag.capture(by_list, w) if how == "captured" else by_list)(w)
                assert f(leaf(w), numbers).tolist() == f(w, array).tolist()
            assert g.tolist() == by_array(w).tolist()


def test_a_list_in_an_operator_may_change_later():
    w, b = leaf([3.0, 4.0]), [1.0, 2.0]
    y = w @ b
    b[0] = 100.0
    y.backward()
    assert w.grad.tolist() == [1, 2]


def test_equality_is_elementwise():
    assert (Tensor([1.0, 2.0]) == Tensor([1.0, 3.0])).tolist() == [True, False]
    assert (Tensor([1.0, 2.0]) != 1.0).tolist() == [False, True]


@pytest.mark.parametrize(
    ("t", "text"),
    [
        (Tensor(2.0), "Tensor(2.0)"),
        (leaf([1.0, 2.0]), "Tensor([1., 2.], requires_grad=True)"),
        (leaf(1.0) * 2, "Tensor(2.0, op=multiply)"),
        (Tensor(np.float32(1)), "Tensor(1.0, dtype=float32)"),
        (Tensor([1, 2]), "Tensor([1, 2])"),
    ],
)
def test_repr(t, text):
    assert repr(t) == text


def test_a_tensor_of_a_computed_tensor_would_cut_the_gradient():
    w = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError) as error:
        Tensor(w * 2, requires_grad=True)
    assert str(error.value) == (
        "this Tensor is connected to a graph: a copy of it would cut the gradient\n"
        "  where: Tensor(a Tensor (2,))\n"
        "  instead: x itself; x.clone() or x.astype(dtype), which stay connected; x.detach()"
    )
    with pytest.raises(TypeError, match="would cut the gradient"):
        grad(lambda x: np.sum(Tensor(x) * 2))(np.ones(2))  # which was 0
    with no_grad():
        assert Tensor(w * 2).data.tolist() == [2.0, 4.0]
    assert Tensor(w).data.tolist() == Tensor((w * 1).detach()).data.tolist() == [1.0, 2.0]


def test_subclasses_are_refused():
    """The engine asks ``type(x) is Tensor``: it would take instances of others for no numbers."""
    with pytest.raises(TypeError) as error:

        class Node(Tensor):
            pass

    assert str(error.value) == (
        "Tensor has no subclasses\n"
        "  where: class Node(Tensor)\n"
        "  instead: a class with a Tensor as attribute; functions; nn.Module; @primitive"
    )


def test_array_of_a_connected_tensor_is_refused():
    x = leaf([1.0, 2.0])
    with pytest.raises(TypeError) as error:
        np.asarray(x)
    assert str(error.value) == (
        "this Tensor is connected to a graph: an array of it would cut the gradient\n"
        "  where: np.asarray(a Tensor (2,))\n"
        "  instead: np.stack([a, b]) for a list of Tensors, autograd.numpy.array([...]) for nested "
        "lists; A @ x for A.dot(x); np.zeros(n, like=x) to fill; x.detach() for the values"
    )
    assert np.asarray(x.detach()).tolist() == [1, 2]
    with no_grad():
        assert np.asarray(x).tolist() == [1, 2]


def test_numpy_of_a_connected_tensor_names_its_own_remedies():
    x = leaf([1.0, 2.0])
    with pytest.raises(TypeError) as error:
        x.numpy()
    assert str(error.value) == (
        "this Tensor is connected to a graph: an array of it would cut the gradient\n"
        "  where: x.numpy() of a Tensor (2,)\n"
        "  instead: x.detach().numpy(), or x.numpy(force=True), where no gradient is wanted"
    )
    assert x.detach().numpy().tolist() == [1, 2]
    assert x.numpy(force=True) is x.data
    with no_grad():
        assert x.numpy().tolist() == [1, 2]


def test_connected_data_are_told():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    for value in (x * 2, y):
        x.data = value
        with pytest.raises(TypeError) as error:
            np.asarray(x.data)
        assert str(error.value) == (
            "these data are connected to a graph: an array of them would cut the gradient\n"
            "  where: x.data = a Tensor (2,)\n"
            "  instead: with no_grad(): x[...] = y; or x.data = y.detach()"
        )
        for twin in (x, copy.deepcopy(x)):
            assert np.asarray(twin.detach()).tolist() == value.tolist()
    y.grad = x * 2
    with pytest.raises(TypeError, match="this Tensor is"):
        np.asarray(y.grad)
    x.data = x - 1
    x.data = x - 1
    assert x.detach().data.tolist() == [1, 2]
    x.data = x.detach()
    assert np.asarray(x.data).tolist() == [1, 2]


def test_integers_and_truth_of_a_connected_tensor_cut_nothing():
    x = leaf([1.5, 0.25])
    for made in (np.int64(x), np.asarray(x, int), np.array(x, dtype="uint8")):
        assert type(made) is np.ndarray
        assert made.tolist() == [1, 0]
    assert np.bool_(x).tolist() == [True, True]
    assert ag.grad(lambda x: np.sum(x[np.int64(x)] ** 2))(x.data).tolist() == [3, 0.5]
    for kind in (float, complex, object):
        with pytest.raises(TypeError, match="would cut the gradient"):
            np.asarray(x, kind)


def test_detach_shares_data_and_forgets_history():
    y = leaf([1.0]) * 2
    assert y.detach().data is y.data
    assert y.detach().is_leaf
    assert not y.detach().requires_grad


def test_copies_of_leaves():
    x = Tensor([1.0], requires_grad=True, name="x")
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin.tolist() == [1.0]
        assert twin.requires_grad
        assert twin.name == "x"
    with pytest.raises(RuntimeError, match="only leaves can be copied or pickled"):
        copy.deepcopy(x * 2)


def test_shallow_copies_of_results_are_recorded():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = copy.copy(x * 3)
    (y * y).sum().backward()
    assert x.grad.tolist() == [18, 36]


def test_both_spellings():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    assert x.sum(axis=1).tolist() == x.sum(dim=1).tolist() == [3, 12]
    assert x.mean(dim=0, keepdim=True).shape == (1, 3)
    assert x.T.shape == x.transpose().shape == (3, 2)
    assert x.reshape(3, 2).shape == x.view((3, 2)).shape == (3, 2)
    y = Tensor(np.zeros((2, 3, 4)))
    assert y.transpose(0, 1).shape == (3, 2, 4)
    assert y.permute(2, 0, 1).shape == (4, 2, 3)
    assert y.transpose(np.array([2, 0, 1])).shape == (4, 2, 3)
    assert y.transpose(None).shape == (4, 3, 2)
    assert y.mT.shape == (2, 4, 3)
    assert y.unsqueeze(0).shape == (1, 2, 3, 4)
    assert (x.item(4), x.item(1, 2), x.item((0, 1))) == (4, 5, 1)
    assert x.long().dtype == np.int64
    assert x.float().dtype == np.float32


def test_divmod():
    q, r = divmod(Tensor([7.0, -7.0]), 2.0)
    assert (q.tolist(), r.tolist()) == ([3, -4], [1, 1])
    q, r = np.divmod(Tensor(7.0), 2.0)
    assert (q.item(), r.item()) == (3, 1)
    assert divmod(7.0, Tensor(2.0))[0].item() == 3


# ── modes ─────────────────────────────────────────────────────────────────────────────────────
def test_no_grad_as_context_and_as_decorator():
    x = leaf(1.0)

    @no_grad()
    def quiet(n):
        return x * 2 if n == 0 else quiet(n - 1)

    with no_grad():
        assert not (x * 2).requires_grad
        with ag.enable_grad():
            assert (x * 2).requires_grad
        assert not ag.is_grad_enabled()
    assert not quiet(3).requires_grad
    assert not no_grad(lambda: x * 2)().requires_grad  # @no_grad, as in PyTorch
    with no_grad():
        assert ag.enable_grad(lambda: x * 2)().requires_grad
    assert ag.is_grad_enabled()
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert ag.is_grad_enabled()


@pytest.mark.parametrize("decorate", [no_grad, lambda f: ag.set_grad_enabled(False)(f)])
def test_a_decorated_generator_does_not_record_and_its_caller_does(decorate):
    @decorate
    def steps(n):
        got = []
        for _ in range(n):
            try:
                got.append((yield ag.is_grad_enabled()))
            except KeyError:
                got.append("thrown")
            except GeneratorExit:
                closed.append(ag.is_grad_enabled())
                raise
        return got

    def caller():
        return (yield from steps(3))

    closed = []
    generator = caller()
    assert [next(generator), ag.is_grad_enabled(), generator.send(5)] == [False, True, False]
    assert not generator.throw(KeyError())
    with pytest.raises(StopIteration) as end:
        generator.send(7)
    assert end.value.value == [5, "thrown", 7]
    generator = steps(1)
    next(generator)
    generator.close()
    assert closed == [False]
    assert ag.is_grad_enabled()
    assert list(generator) == []


def test_set_grad_enabled_for_a_block_from_now_on_and_as_a_decorator():
    x = leaf(1.0)
    with ag.set_grad_enabled(False):
        assert not (x * 2).requires_grad
        with ag.set_grad_enabled(np.bool_(True)):
            assert (x * 2).requires_grad
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()

    @ag.set_grad_enabled(False)
    def quiet(n):
        return x * 2 if n == 0 else quiet(n - 1)

    assert ag.is_grad_enabled()
    assert not quiet(3).requires_grad
    assert ag.is_grad_enabled()
    ag.set_grad_enabled(False)
    assert not ag.is_grad_enabled()
    ag.set_grad_enabled(True)
    assert (x * 2).requires_grad
    with pytest.raises(TypeError) as error:
        ag.set_grad_enabled("train")
    assert str(error.value) == ag.three_lines(
        "recording is on or off",
        "set_grad_enabled('train')",
        "set_grad_enabled(phase == 'train')",
    )


def test_a_threads_setting_is_its_own():
    seen = []
    inside, done = threading.Event(), threading.Event()

    def other():
        with no_grad():
            inside.set()
            done.wait(5)
            seen.append(ag.is_grad_enabled())

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(5)
    seen.append(ag.is_grad_enabled())
    done.set()
    thread.join()
    assert seen == [True, False]


@pytest.mark.parametrize("pause", [lambda: ag.set_grad_enabled(False), no_grad().__enter__])
def test_a_setting_ends_with_its_thread(pause):
    seen = []

    def run(work):
        thread = threading.Thread(target=lambda: seen.append(work()))
        thread.start()
        thread.join()

    for _ in range(5):  # later threads get the numbers of earlier ones
        run(pause)
        run(ag.is_grad_enabled)
    assert seen[1::2] == [True] * 5
    assert not modes.paused


def test_two_threads_may_be_inside_of_one_setting():
    infer, seen = no_grad(), []
    first, second, last = threading.Event(), threading.Event(), threading.Event()

    def late():
        first.wait(5)
        with infer:
            second.set()
            last.wait(5)
            seen.append(ag.is_grad_enabled())

    thread = threading.Thread(target=late)
    thread.start()
    with infer:
        first.set()
        second.wait(5)
    seen.append(ag.is_grad_enabled())
    last.set()
    thread.join()
    assert seen == [True, False]


def test_a_setting_ends_for_the_thread_that_it_began_for():
    def batches():
        with no_grad():
            yield

    suspended = batches()
    next(suspended)
    thread = threading.Thread(target=suspended.close)  # as the garbage collector may
    thread.start()
    thread.join()
    assert ag.is_grad_enabled()


def test_gradients_in_many_threads():
    results = {}

    def work(k):
        x = leaf(np.full(100, float(k)))
        for _ in range(50):
            (x * x).sum().backward()
        results[k] = x.grad.data[0]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == {k: 100.0 * k for k in range(8)}


# ── item assignment and in-place operators: values, not views ─────────────────────────────────
def test_fill_loop():
    w = leaf([1.0, 2.0, 3.0])
    x = Tensor(np.zeros(3))
    before = x * w
    for i in range(3):
        x[i] = w[i] * w[i]
    after = x.sum()
    (after + before.sum()).backward()
    assert before.tolist() == [0, 0, 0]
    assert x.tolist() == [1, 4, 9]
    assert w.grad.tolist() == [2, 4, 6]
    assert x.grad.tolist() == [1, 1, 1]


def test_what_was_computed_from_the_old_value_stays_right():
    w = leaf([1.0, 2.0])
    x = w * 1.0
    y = x * x  # saw [1, 2]
    x[0] = 10.0
    z = x * x  # saw [10, 2]
    (y.sum() + z.sum()).backward()
    assert w.grad.tolist() == [2.0, 4.0 + 4.0]


def test_masked_addition():
    x = leaf([1.0, -2.0, 3.0])
    y = x * 1.0
    y[x.data > 0] += x[x.data > 0] * 10
    y.sum().backward()
    assert y.tolist() == [11, -2, 33]
    assert x.grad.tolist() == [11, 1, 11]


def test_views_do_not_see_assignments():
    x = leaf(np.zeros((2, 2))) * 1.0
    flat, row = x.reshape(4), x[0]
    x[0, 0] = 5.0
    assert flat.tolist() == [0, 0, 0, 0]
    assert row.tolist() == [0, 0]


@pytest.mark.parametrize(
    "inplace",
    [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow, operator.imod],
)
def test_inplace_operators(inplace):
    w = leaf([1.5, 2.0])
    x = w * 2.0
    handle, square = x, x * x
    x = inplace(x, w)
    assert x is handle
    plain = {"iadd": "add", "isub": "sub", "imul": "mul", "ipow": "pow", "imod": "mod"}
    name = plain.get(inplace.__name__, "truediv")

    def f(v):
        u = v * 2.0
        return np.sum(getattr(operator, name)(u, v)) + np.sum(u * u)

    (x.sum() + square.sum()).backward()
    np.testing.assert_allclose(w.grad.data, grad(f)(w.data), rtol=1e-14)


def test_assigning_a_tensor_to_itself():
    x = leaf([1.0, 2.0]) * 1.0
    x[...] = x
    x += x
    x.sum().backward()
    assert x.tolist() == [2, 4]
    assert len(toposort(x)) < 10


def test_updates_under_no_grad_keep_the_leaf():
    w = leaf([1.0, 2.0])
    (w * w).sum().backward()
    same = w
    with no_grad():
        w -= 0.5 * w.grad
        w[0] = 7.0
    assert w is same
    assert w.is_leaf
    assert w.requires_grad
    assert w.tolist() == [7, 0]


def test_a_leaf_that_needs_a_gradient_is_not_rewritten():
    w = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError) as error:
        w[0] = 5.0
    assert str(error.value) == (
        "a leaf that requires a gradient cannot be rewritten in place\n"
        "  where: item assignment of a Tensor (2,)\n"
        "  instead: y = x.clone() and rewrite y; or rewrite x under no_grad()"
    )
    with pytest.raises(RuntimeError, match="in-place add"):
        w += 1.0
    assert w.tolist() == [1, 2]


def test_bad_assignments_change_nothing():
    x = leaf([1.0, 2.0]) * 1.0
    for index, value in [(5, 1.0), (slice(None), [1.0, 2.0, 3.0])]:
        with pytest.raises((IndexError, ValueError), match="setitem"):
            x[index] = value
    with pytest.raises(ValueError, match="in place, the result must fit float64"):
        x += np.ones((3, 2))
    assert x.tolist() == [1, 2]
    x.sum().backward()


def test_filling_takes_linear_time(linear):
    def fill(n):
        w = leaf(np.ones(n))
        x = Tensor(np.zeros(n))
        for i in range(n):
            x[i] = w[i] * 2.0
        x.sum().backward()
        assert w.grad.data.sum() == 2 * n

    linear(lambda n: partial(fill, n), 1000)


def test_constants_that_are_rewritten_in_a_loop_hold_no_history():
    total = Tensor(0.0)
    for i in range(100):
        total += float(i)
    assert total.item() == 4950
    assert len(toposort(total)) == 1


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["set", "add", "use"])), max_size=12))
def test_random_programs_of_assignments(program):
    def run(w):
        x, total = w * 1.0, 0.0
        for k, (i, action) in enumerate(program):
            if action == "set":
                x[i] = w[(i + 1) % 5] * (k + 1.0)
            elif action == "add":
                x[i] += w[i] * w[i]
            else:
                total = total + np.sum(x * x) * (k + 1.0)
        return total + np.sum(x)

    w = np.array([0.5, -1.0, 2.0, 0.25, 1.5])
    v = np.array([1.0, 0.5, -0.25, 2.0, 1.0])

    def along(t):
        return run(np.asarray(w + t * v))

    exact = np.imag(along(1e-30j)) / 1e-30
    assert np.dot(grad(run)(w), v) == pytest.approx(exact, rel=1e-10, abs=1e-10)


# ── graphs ────────────────────────────────────────────────────────────────────────────────────
def test_comparisons_are_recorded_without_a_derivative():
    x = leaf([1.0, -2.0])
    mask = x > 0
    y = x * mask
    assert mask.op.name == "greater"
    assert not mask.requires_grad
    assert [t.op.name for t in toposort(y) if t.op] == ["greater", "multiply"]
    assert arguments(y)[1] is mask


def test_nothing_is_recorded_for_constants():
    assert (Tensor(1.0) + Tensor(2.0)).op is None


def test_graphs_die_by_reference_counts():
    gc.disable()
    try:
        x = leaf(np.ones(3))
        y = x * 2.0
        y[0] = x[1]
        y += x
        loss = (y * y).sum()
        loss.backward(create_graph=False)
        refs = [weakref.ref(t) for t in toposort(loss)]
        del y, loss, x
        assert all(ref() is None for ref in refs)
    finally:
        gc.enable()


def test_depth_of_a_million_costs_no_stack():
    x = leaf(1.0)
    y = x
    for _ in range(200_000):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1.0
    assert len(toposort(y)) == 200_001
    del y


def test_wide_and_diamond_graphs_are_linear():
    x = leaf(1.0)
    y = x
    for _ in range(60):  # 2**60 paths
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60
    many = [x * float(i) for i in range(10_000)]
    x.grad = None
    sum(many[1:], many[0]).backward()
    assert x.grad.item() == sum(range(10_000))


def test_repeated_indexing_is_linear(linear):
    def indexed(n):
        x = leaf(np.ones(10 * n))
        parts = [x[i] for i in range(0, 10 * n, 10)]
        np.stack(parts).sum().backward()
        assert x.grad.data.sum() == n

    linear(lambda n: partial(indexed, n), 1000)


# ── what people coming from PyTorch and NumPy type ────────────────────────────────────────────
def test_pytorchs_functions_are_found_among_the_methods():
    x = leaf([[1.0, 2.0], [4.0, 3.0]])
    assert ag.exp(x).tolist() == np.exp(x.data).tolist()
    assert ag.sum(x, dim=1).tolist() == [3, 7]
    assert ag.softmax(x, dim=1).shape == (2, 2)
    assert ag.cat([x, x]).shape == (4, 2)
    assert x.numel() == 4
    assert x.transpose(0, 1).tolist() == [[1, 4], [2, 3]]
    values, indices = x.max(dim=1)
    assert (values.tolist(), indices.tolist()) == ([2, 4], [1, 0])
    assert ag.min(x, dim=0).indices.tolist() == [0, 0]
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ag.nonsense


def test_arrays_take_unconnected_tensors_in_place():
    w = leaf([1.0, 2.0])
    (w * w).sum().backward()
    w.data -= 0.5 * w.grad
    assert w.tolist() == [0, 0]
    assert type(w.data) is np.ndarray


def test_a_leaf_rewritten_after_it_was_used_is_caught():
    w = leaf([1.0, 2.0])
    loss = (w * w).sum()
    with no_grad():
        w -= 1.0
    with pytest.raises(RuntimeError) as error:
        loss.backward()
    assert str(error.value) == (
        "a tensor was rewritten after it was used, so its old value is gone\n"
        "  where: a Tensor (2,), rewritten under no_grad() or by an optimizer's step()\n"
        "  instead: backward first, then the update; or compute the result anew"
    )
    assert len(toposort(loss)) == 3  # it can still be drawn
    (w * w).sum().backward()
    assert w.grad.tolist() == [0, 2]


@pytest.mark.parametrize(
    "rewrite",
    [lambda m: m.fill_(7.0), lambda m: operator.setitem(m, 0, 7.0), lambda m: m.add_(1.0)],
)
def test_a_constant_rewritten_after_it_was_read_is_caught(rewrite):
    w, m = leaf([1.0, 2.0]), Tensor([3.0, 5.0])
    product, total = (m * w * w).sum(), (m + w * w).sum()
    with no_grad():
        rewrite(m)
    with pytest.raises(RuntimeError, match="rewritten after it was used"):
        product.backward()
    total.backward()  # a sum reads nothing
    assert w.grad.tolist() == [2, 4]
    (m * w).sum().backward()
    np.testing.assert_array_equal(w.grad.data, m.data + np.array([2.0, 4.0]))


@pytest.mark.parametrize(
    ("build", "slope"),
    [
        (lambda w: (w * 3, lambda h: h * w), None),  # the rule of * reads h
        (lambda w: (np.exp(w), lambda h: h + 1), None),  # that of exp reads its result
        (lambda w: (w * 3, lambda h: h + w), [4, 4]),
        (lambda w: (w * 3, lambda h: (h - 1) ** 2), [12, 30]),
    ],
)
def test_a_computed_tensor_rewritten_under_no_grad_is_caught_where_it_is_read(build, slope):
    w = leaf([1.0, 2.0])
    h, then = build(w)
    y = then(h).sum()
    with no_grad():
        h.fill_(7.0)
    if slope is None:
        with pytest.raises(RuntimeError, match="a tensor was rewritten after it was used"):
            y.backward()
    else:
        y.backward()
        assert w.grad.tolist() == slope


@pytest.mark.parametrize(
    "use",
    [
        lambda w, m: np.concatenate([w, m]),
        lambda w, m: np.stack([m, w]),
        lambda w, m: linear(m, Tensor(np.eye(2)), w),
    ],
)
def test_a_constant_that_no_rule_asked_reads_may_be_rewritten(use):
    w, m = leaf([1.0, 2.0]), Tensor([3.0, 5.0])
    y = (use(w, m) ** 2).sum()
    y.backward(retain_graph=True)
    before = w.grad.numpy().copy()
    with no_grad():
        m.fill_(7.0)
    w.grad = None
    y.backward()
    assert w.grad.tolist() == before.tolist()


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: Tensor(None), "a Tensor holds numbers, not object"),
        (lambda: Tensor("two"), "a Tensor holds numbers, not <U3"),
        (lambda: Tensor([[1], [2, 3]]), "NumPy makes no array of this: setting an array element"),
        (lambda: Tensor(2, 5), "requires_grad is True or False, not 5"),
        (lambda: Tensor(2, 5), r"[\s\S]*zeros(2, 5) for a shape"),
        (lambda: leaf(np.ones((2, 2))) @ 2, "matmul multiplies arrays, and one of these is a"),
        (
            lambda: Tensor([0, 0]).__setitem__(0, leaf(1.5)),
            "a tensor of int64 cannot hold values that need gradients",
        ),
        (
            lambda: Tensor([0.0, 0.0, 0.0]).__setitem__(slice(2), np.ones(3)),
            r"setitem cannot broadcast (\[2\]) and (\[3\])",
        ),
    ],
)
def test_three_lines_for_more_mistakes(call, what):
    with pytest.raises((TypeError, ValueError), match=what.replace("(", r"\(").replace(")", r"\)")):
        call()


# ── values, not views: what adversaries tried ─────────────────────────────────────────────────
def test_unrecorded_tensors_are_values_too():
    a = Tensor(np.zeros(3))
    b, c, d = a[:2], a.reshape(3, 1), a.detach()
    b[0], c[0, 0], d[0] = 5.0, 6.0, 7.0
    assert a.tolist() == [0, 0, 0]
    state, w, sums = Tensor(np.zeros((1, 2))), leaf(np.ones(2)), []
    for i in range(3):
        state[0, 0] = float(i)
        sums.append((w * state.reshape(2)).sum())
    sum(sums).backward()
    assert w.grad.tolist() == [3, 0]


LOST = """what is written into a part would be lost: a part is a value, not a view
  where: a Tensor (3,) that no variable holds is rewritten
  instead: a[0, 1] = value for a[0][1] = value; a[0] = 0 for a[0].zero_(); no_grad() for \
a.detach().zero_()"""


@pytest.mark.parametrize(
    "statement",
    [
        "a[0][1] = 5.0", "a[0][1] += 5.0", "a.T[:, 0][1] = 5.0", "a.detach()[0][1] = 5.0",
        "a[0].fill_(5.0)", "a[1].mul_(2)", "a.T[:, 0].copy_(a[1])", "a.detach()[0].zero_()",
        "a[0].fill(5.0)", "a[0].sort()", "np.add.at(a[0], 0, 5.0)", "np.copyto(a[0], 5.0)",
        "np.put(a[0], 1, 5.0)", "np.place(a[0], [1, 1, 0], 5.0)", "np.putmask(a[0], [1, 1, 0], 5)",
        "np.put_along_axis(a[0], np.array([1]), 5.0, 0)", "a.ravel()[3:].fill(5.0)",
        "np.add(a[1], 1.0, out=a[0])", "np.cos(a[0], out=a[0])", "np.max(a, 0, out=a.T[:, 0])",
    ],
)  # fmt: skip
def test_what_would_be_written_into_nothing_is_refused(statement):
    filled = Tensor(np.ones((2, 3)))
    filled[...] = np.zeros((2, 3))
    for a in (Tensor(np.zeros((2, 3))), leaf(np.zeros((2, 3))) * 1.0, filled, filled * leaf(1.0)):
        with pytest.raises(RuntimeError) as caught:
            exec(statement, {"a": a, "np": np})
        assert str(caught.value) == LOST
        assert a.tolist() == [[0, 0, 0], [0, 0, 0]]
        with pytest.raises(RuntimeError, match="would be lost"):
            np.fill_diagonal(np.fliplr(a), 5.0)  # as NumPy's own example does


def test_what_somebody_holds_or_shares_is_written_into_without_a_name():
    a, w, array = Tensor(np.zeros((2, 3))), leaf(np.zeros((2, 3))), np.zeros(3)
    held = [a]
    held[0].sub_(1.0)
    held[0].fill_(0.0)
    held[0][1] = 1.0
    a.__setitem__((0, 0), 2.0)
    part, fresh = a[1].mul_(3.0), a.clone().reshape(6).fill_(1.0)
    np.copyto(held[0], held[0])
    np.add.at(held[0], (1, 1), 0.0)
    np.add(held[0], 0.0, out=held[0])
    np.round(held[0], out=held[0])
    np.exp(part, out=np.empty_like(part))
    ag.from_numpy(array)[0] = 3.0
    with no_grad():
        w.T[2][0] = 5.0
        w[1].fill_(6.0)
        w.detach().add_(1.0)
        with pytest.raises(RuntimeError, match="would be lost"):
            a[0][1] = 4.0  # what was filled gives copies
        with pytest.raises(RuntimeError, match="would be lost"):
            w[0, 0].fill_(4.0)  # a number is no view
        with pytest.raises(RuntimeError, match="would be lost"):
            w.expand(1, 2, 3)[0].zero_()  # nor can one write into it
        with pytest.raises(RuntimeError, match="would be lost"):
            np.diagonal(w)[0] = 4.0
    row = a[0]
    row.fill_(8.0)  # of one's own
    np.add.at(row, 0, 1.0)
    np.put(row, 1, 9.0)
    row[2] += 1.0
    np.negative(row, row)
    np.subtract(row, row, out=row)
    np.copyto(row, 9.0)
    assert row.tolist() == [9, 9, 9]
    assert a.tolist() == [[2, 0, 0], [1, 1, 1]]
    assert (w.tolist(), array.tolist()) == ([[1, 1, 6], [7, 7, 7]], [3, 0, 0])
    assert (part.tolist(), fresh.tolist()) == ([3, 3, 3], [1] * 6)


def test_an_index_that_changes_later_changes_nothing():
    x, i = leaf(np.arange(4.0)), np.array([0, 1])
    y = x[i].sum()
    i[0] = 3
    y.backward()
    assert x.grad.tolist() == [1, 1, 0, 0]


def test_from_numpy_shares_through_inplace_operators():
    a = np.zeros(2)
    x = ag.from_numpy(a)
    x += 1.0
    x[0] = 7.0
    assert a.tolist() == [7, 1]


def test_large_arrays_in_pieces():
    n = LARGE + 3
    assert np.exp(np.broadcast_to(leaf(1.0), (900, 900))).shape == (900, 900)
    x = leaf(np.ones(n)) * 1.0
    y = np.sin(x)
    x[0] = 5.0
    y.sum().backward()
    assert y.data[0] == np.sin(1.0)
    matrix = leaf(np.asfortranarray(np.ones((900, 901))))
    (np.tanh(matrix) * matrix).sum().backward()
    slope = np.tanh(1.0) + 1 - np.tanh(1.0) ** 2
    np.testing.assert_allclose(matrix.grad.data, slope, rtol=1e-14)


def test_reading_while_filling_is_linear(linear):
    def filled(n):
        x = leaf(np.ones(n)) * 1.0
        for i in range(n - 1):
            x[i + 1] = x[i] * 0.999
        return x.sum().backward

    linear(filled, 500)


def test_a_rewritten_result_is_a_new_result():
    x = leaf(3.0)
    f = x * x
    f.backward()
    f += x
    f.backward()
    assert x.grad.item() == 6 + 7


def test_numpys_own_alarms_say_where():
    x = Tensor([1.0, 0.0], requires_grad=True, name="x")
    with (
        np.errstate(all="raise"),
        pytest.raises(FloatingPointError, match=r"log failed: divide by zero"),
    ):
        np.log(x)
    with (
        np.errstate(all="raise"),
        pytest.raises(FloatingPointError, match=r"argument 1 \(2,\)|x \(2,\)"),
    ):
        1.0 / x

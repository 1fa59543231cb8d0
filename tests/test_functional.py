"""The transforms: signatures, containers, nesting, agreement with each other and with PyTorch."""

import gc
import math
import threading
import warnings
import weakref
from collections import OrderedDict, defaultdict
from concurrent.futures import ThreadPoolExecutor
from math import exp

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import autograd as ag
from autograd import (
    Tensor,
    checkpoint,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jvp,
    linearize,
    no_grad,
    value_and_grad,
    vjp,
)
from autograd.base.errors import three_lines
from autograd.base.tree import flatten
from autograd.graph import toposort

X = np.array([0.3, -0.7, 1.1])
A = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])


def f(x):
    return np.sum(np.tanh(A @ x) ** 2)


def test_arrays_in_arrays_out():
    value, gradient = value_and_grad(f)(X)
    assert type(value) is np.float64
    assert type(gradient) is np.ndarray
    assert gradient.dtype == np.float64
    assert type(jacobian(lambda x: A @ x)(X)) is np.ndarray
    assert grad(lambda x: np.float32(1) * x)(np.float32(2)).dtype == np.float32


@pytest.mark.parametrize("f", [lambda x: x**0, np.sign, np.floor, lambda x: np.clip(x, 0, 1)])
def test_gradients_of_numbers_are_numbers(f):
    """An array without axes is none: it has no ``f"{g:.3f}"``."""
    for x in (0.3, np.float32(0.3), np.array(0.3)):
        for g in (grad(f)(x), grad(grad(f))(x), elementwise_grad(f)(x), vjp(f)(x)[0](1.0)):
            assert isinstance(g, np.floating)


def test_tensors_in_tensors_out_and_connected():
    x = Tensor(X, requires_grad=True)
    g = grad(f)(x)
    assert g.requires_grad
    (g * g).sum().backward()
    h = hessian(f)(X)
    np.testing.assert_allclose(x.grad.data, 2 * h @ grad(f)(X), rtol=1e-12)


@pytest.mark.parametrize("argnum", [0, 1, (0, 1), (1, 0), (1,), -1])
def test_argnum(argnum):
    def g(a, b, scale=1.0):
        return scale * np.sum(a * a * b)

    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    both = (4.0 * a * b, 2.0 * a * a)
    expected = tuple(both[i] for i in argnum) if isinstance(argnum, tuple) else both[argnum]
    got = grad(g, argnum)(a, b, scale=2.0)
    for mine, right in zip(flatten(got)[0], flatten(expected)[0], strict=True):
        np.testing.assert_array_equal(mine, right)
    assert isinstance(got, tuple) == isinstance(argnum, tuple)


def test_containers():
    def g(p):
        return np.sum(p["w"] * p["b"][0]) + p["b"][1][0] ** 2

    p = {"w": np.array([1.0, 2.0]), "b": [3.0, (4.0, np.zeros(2))]}
    got = grad(g)(p)
    assert list(got) == ["w", "b"]
    assert got["w"].tolist() == [3, 3]
    assert got["b"][0] == 3
    assert got["b"][1][0] == 8
    assert isinstance(got["b"][1], tuple)
    assert got["b"][1][1].tolist() == [0, 0]
    rows = jacobian(lambda p: p["w"] * p["b"][0])(p)
    assert rows["w"].tolist() == [[3, 0], [0, 3]]
    assert rows["b"][0].tolist() == [1, 2]
    value, _ = value_and_grad(lambda x: x[0] * x[1])([2.0, 3.0])
    assert value == 6.0


def test_independent_arguments_have_zero_gradients():
    assert grad(lambda x: 3.0)(1.0) == 0.0
    assert grad(lambda a, b: a, argnum=1)(1.0, np.ones(2)).tolist() == [0, 0]
    assert jacobian(lambda x: np.ones(2))(1.0).tolist() == [0, 0]
    assert grad(np.floor)(1.5) == 0.0


def test_nested_use_with_the_same_variable():
    # Siskind and Pearlmutter, "Perturbation confusion and referential transparency", 2005
    assert grad(lambda x: x * grad(lambda y: x + y)(2.0))(5.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(3.0) == 6.0
    assert grad(lambda x: grad(lambda y: x * y * y)(x) * x)(3.0) == 2 * 3 * 9.0
    assert jvp(lambda x: x * jvp(lambda y: x + y)(1.0)(1.0)[1])(1.0)(1.0)[1] == 1.0


def test_any_order():
    g = np.tanh
    with mpmath.workdps(40):
        for order in range(1, 7):
            g = grad(g)
            right = float(mpmath.diff(mpmath.tanh, mpmath.mpf(0.3), order))
            assert float(g(0.3)) == pytest.approx(right, rel=1e-13)


def test_products_agree_with_the_jacobian():
    def g(x):
        return np.sin(A @ x) * x[0]

    j, u, v = jacobian(g)(X), np.array([0.5, -2.0]), np.array([1.0, 0.25, -1.0])
    pull, value = vjp(g)(X)
    np.testing.assert_allclose(pull(u), u @ j, rtol=1e-14)
    value_too, product = jvp(g)(X)(v)
    np.testing.assert_allclose(product, j @ v, rtol=1e-14)
    np.testing.assert_array_equal(value, value_too)
    product, gradient = hvp(f)(X)
    np.testing.assert_allclose(product(v), hessian(f)(X) @ v, rtol=1e-13)
    np.testing.assert_array_equal(gradient, grad(f)(X))


def test_hessian_is_symmetric_and_right():
    h = hessian(f)(X)
    np.testing.assert_allclose(h, h.T, rtol=1e-13)
    step = 1e-5
    columns = [(grad(f)(X + step * e) - grad(f)(X - step * e)) / (2 * step) for e in np.eye(3)]
    np.testing.assert_allclose(h, np.stack(columns), rtol=1e-8)


def test_elementwise_grad():
    np.testing.assert_allclose(elementwise_grad(np.tanh)(X), 1 - np.tanh(X) ** 2, rtol=1e-15)
    np.testing.assert_allclose(
        elementwise_grad(elementwise_grad(np.sin))(X), -np.sin(X), rtol=1e-15
    )


def test_jacobian_shapes():
    assert jacobian(lambda x: np.outer(x, x))(X).shape == (3, 3, 3)
    assert jacobian(lambda x: np.sum(x))(X).shape == (3,)
    assert jacobian(lambda x: x)(2.0) == 1.0
    assert jacobian(lambda x: x[:0])(X).shape == (0, 3)
    first, second = jacobian(lambda x: (x[0], x * 2))(X)
    assert first.tolist() == [1, 0, 0]
    assert second.tolist() == (2 * np.eye(3)).tolist()


def test_integers_are_differentiated_by_as_the_floats_that_they_are():
    times = np.array([1, 2, 4])

    def log_hazard(scale, times):  # as survival analysis writes it
        return np.sum(np.log(elementwise_grad(lambda t: (t / scale) ** 1.5)(times)))

    assert_allclose(grad(log_hazard)(2.0, times), -1.5 * 3 / 2.0)
    for kind in (np.int8, np.uint8, np.int32):
        slope = grad(lambda x: np.sum(x**3) / 3)(times.astype(kind))
        assert slope.dtype == np.float64
        assert slope.tolist() == [1, 4, 16]
    assert grad(lambda x: x * x)(np.int64(3)) == grad(lambda x: x * x)(np.array(3)) == 6
    assert grad(lambda p: np.sum(p["x"] / p["n"]))({"x": times, "n": 2})["n"] == -7 / 4
    assert grad(lambda x: np.sum(x * x))(Tensor(times)).tolist() == [2, 4, 8]
    assert ag.vmap(grad(lambda x: x * x))(times).tolist() == [2, 4, 8]
    assert_allclose(jvp(lambda x: x / 2)(times)(times), (times / 2, times / 2))
    assert_allclose(hessian(lambda x: np.sum(x**3))(times), np.diag(6 * times))
    assert times.dtype == np.int64


def test_checkpoint_gives_the_same_and_forgets_the_inside():
    def g(x, y):
        return np.sum(np.sin(x * y) ** 2)

    remembered = checkpoint(g)
    for order in (grad, lambda h, argnum: grad(lambda *a: np.sum(grad(h)(*a)), argnum)):
        for mine, right in zip(
            order(remembered, (0, 1))(X, X + 1), order(g, (0, 1))(X, X + 1), strict=True
        ):
            np.testing.assert_allclose(mine, right, rtol=1e-13)
    x = Tensor(X, requires_grad=True)
    y = remembered(x, 2.0)
    assert len([t for t in toposort(y) if t.op]) == 1
    assert remembered(X, 2.0) == g(X, 2.0)


def test_what_a_checkpointed_function_holds_is_freed_with_it():
    def f(w, x):
        return np.sum(np.tanh(w * x))

    held = weakref.ref(f)
    grad(checkpoint(f))(np.ones(3), np.ones(3))
    del f
    gc.collect()
    assert held() is None


def test_checkpoint_draws_the_same_numbers_again():
    x = Tensor(np.ones(50), requires_grad=True)
    half = checkpoint(lambda x: x * (ag.rand(50) > 0.5))
    ag.manual_seed(0)
    y = checkpoint(lambda x: half(half(x)) * ag.rand(50))(x)
    following = ag.rand(1)
    ag.manual_seed(0)
    expected = half(half(x.data)) * ag.rand(50).data
    y.sum().backward()
    assert y.tolist() == x.grad.tolist() == expected.tolist()
    assert ag.rand(1) == following, "and go on where they were"


def test_checkpoint_refuses_what_differs_the_second_time():
    rng, x = np.random.default_rng(0), Tensor(np.ones(50), requires_grad=True)
    for f in (lambda x: x * rng.random(50), lambda x: x[: rng.integers(10**6) % 47 + 1]):
        with pytest.raises(RuntimeError) as error:
            checkpoint(f)(x).sum().backward()
        assert str(error.value) == (
            "a checkpointed function computes something else the second time\n"
            "  where: checkpoint(<lambda>)\n"
            "  instead: what changes from call to call as an argument; random numbers of autograd"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        checkpoint(lambda x: x / np.array([0.0, 1.0, np.nan, 1e300]))(x[:4]).sum().backward()
    assert x.grad.tolist()[1] == 1


def scaling(x):
    x *= 2
    return np.sum(np.sin(x))


def clipping(x):
    """What it gives the second time is the same, and its derivative is not."""
    np.maximum(x, 0.1, out=x)
    return np.sum(x**2)


@pytest.mark.parametrize("f", [scaling, clipping])
@pytest.mark.parametrize(
    "transform",
    [
        grad,
        lambda f: grad(lambda x: f(np.sin(x))),
        hessian,
        lambda f: ag.compile(grad(f)),
        lambda f: lambda x: ag.vmap(grad(f))(x[None]),
    ],
)
def test_checkpoint_refuses_what_writes_into_its_argument(f, transform):
    x = np.array([0.5, -0.4, 0.3])
    with pytest.raises(RuntimeError) as error:
        transform(checkpoint(f))(x)
    assert str(error.value) == (
        "a checkpointed function writes into its argument\n"
        f"  where: checkpoint({f.__name__}), which runs a second time with it\n"
        "  instead: x = x.copy() in the function, first"
    )
    assert x.tolist() == [0.5, -0.4, 0.3]


def test_equal_numbers_of_a_checkpoint_are_looked_at_once(monkeypatch):
    """The comparison up to rounding takes longer than most of what is computed again."""
    monkeypatch.setattr(np, "allclose", None)
    x = Tensor([1.0, 2.0], requires_grad=True)
    checkpoint(np.square)(x).sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_checkpoint_refuses_a_closure():
    w = Tensor(2.0, requires_grad=True, name="w")
    with pytest.raises(RuntimeError) as error:
        grad(checkpoint(lambda x: x * w))(3.0)
    assert str(error.value) == (
        "a checkpointed function uses a tensor that is not its argument\n"
        "  where: checkpoint(<lambda>), which reached w ()\n"
        "  instead: pass that tensor as an argument, by position"
    )


def test_threads_that_a_function_begins_belong_to_its_derivative():
    """Their own derivatives are functions of what the outer one differentiates by."""
    xs = np.arange(1.0, 4.0)

    def f(w, over=map):
        return sum(over(lambda x: grad(lambda v: w**2 * v**3)(x), xs))

    with ThreadPoolExecutor(2) as threads:
        assert grad(lambda w: f(w, threads.map))(2.0) == grad(f)(2.0) != 0
        assert type(next(threads.map(grad(np.exp), [0.0]))) is np.float64, "nobody is outside"


def test_under_no_grad_and_in_threads():
    with ag.no_grad():
        assert grad(np.sin)(0.0) == 1.0
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(grad(grad(np.exp))(0.0))) for _ in range(4)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == [1.0] * 4


@pytest.mark.parametrize(
    ("call", "what", "instead"),
    [
        (
            lambda: grad(lambda x: x * 2)(X),
            "grad needs a function that returns one number",
            "jacobian(f) for all derivatives, elementwise_grad(f), or a sum inside f",
        ),
        (
            lambda: grad(f)(np.array([True, False])),
            "an argument to differentiate by must be floating, not bool",
            "x.astype(float), or another argnum",
        ),
        (
            lambda: grad(lambda p: np.sum(p["w"]))({"w": X, "bias": None}),
            "an argument to differentiate by must be floating, not NoneType",
            "x.astype(float), or another argnum",
        ),
        (
            lambda: grad(f, argnum=2)(X),
            "there is no argument 2 to differentiate by",
            "give it by position, or choose another argnum",
        ),
        (
            lambda: grad(np.multiply, argnum=(1, -1))(X, X),
            "each argument is differentiated by once",
            "each position once; the gradient is the same",
        ),
    ],
)
def test_errors(call, what, instead):
    with pytest.raises(TypeError) as error:
        call()
    lines = str(error.value).split("\n")
    assert lines[0] == what
    assert lines[2] == f"  instead: {instead}"


def test_a_vector_of_the_wrong_shape():
    pull, _ = vjp(np.sin)(X)
    with pytest.raises(ValueError, match=r"the vector has the shape of the result, \(3,\)"):
        pull(np.ones(2))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's own
def test_agreement_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    a = torch.tensor(A)

    def g(x):
        return torch.sum(torch.tanh(a @ x) ** 2)

    x = torch.tensor(X)
    np.testing.assert_allclose(grad(f)(X), torch.func.grad(g)(x).numpy(), rtol=1e-13)
    np.testing.assert_allclose(hessian(f)(X), torch.func.hessian(g)(x).numpy(), rtol=1e-12)


TREES = st.recursive(
    st.floats(-2, 2, width=16).map(float),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=2)
    ),
    max_leaves=6,
)


@given(TREES)
def test_the_gradient_is_nested_as_the_argument(tree):
    def g(t):
        return sum(leaf * leaf for leaf in flatten(t)[0])

    got = grad(g)(tree)
    assert flatten(got)[1](flatten(tree)[0]) == tree
    assert flatten(got)[0] == [2 * leaf for leaf in flatten(tree)[0]]


def test_the_gradient_of_a_dict_is_one_of_its_kind():
    w = defaultdict(list, b=OrderedDict(z=2.0, a=3.0), c=5.0)
    got = grad(lambda w: w["b"]["z"] * w["b"]["a"] * w["c"])(w)
    assert got == defaultdict(list, b=OrderedDict(z=15.0, a=10.0), c=6.0)
    assert type(got) is defaultdict
    assert type(got["b"]) is OrderedDict
    assert w["c"] == 5


def test_gradients_are_not_lost_in_silence():
    def stored(x):
        y = np.zeros(2)
        y[0] = x
        return y.sum()

    for f in (stored, lambda x: float(x) ** 2):
        with pytest.raises((TypeError, ValueError)) as error:  # NumPy adds one of its own
            grad(f)(2.0)
        said = f"{error.value} {error.value.__cause__}"
        assert "would cut the gradient in silence" in said
    assert grad(lambda x: x * x.item())(3.0) == 3.0  # asked for by name


def test_a_function_of_math_warns_that_it_cuts_the_gradient():
    x, here = Tensor(2.0, requires_grad=True), math
    for call, name, instead in [
        (lambda: math.sin(x * 0.5), "sin", "np.sin"),
        (lambda: 3.0 + here.pow(x, 2) * here.pi, "pow", "np.pow"),
        (lambda: math.sin(exp(x.item()) + exp(x)), "exp", "np.exp"),
        (lambda: math.erf(x), "erf", "NumPy's or SciPy's function"),
    ]:
        with pytest.warns(UserWarning, match="cuts the gradient") as told:
            call()
        (warning,) = told
        assert warning.filename == __file__
        assert str(warning.message) == (
            f"math.{name} makes a Python number, which cuts the gradient: {instead} instead, "
            "or x.item() where no gradient is wanted"
        )


def test_of_one_line_a_function_of_math_warns_once():
    x = Tensor(2.0, requires_grad=True)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        for _ in range(3):
            math.cos(x)
    assert len(told) == 1


def test_numbers_that_are_asked_for_are_given_in_silence():
    x = Tensor(2.5, requires_grad=True)
    given = float(x), int(x), f"{x:.1f}", math.floor(x), math.isnan(x), math.exp(x.item() - 2.5)
    assert given == (2.5, 2, "2.5", 2, False, 1.0)
    assert math.sqrt(x.detach() * 1.6) == 2
    with no_grad():
        assert math.trunc(math.sqrt(x * 1.6)) == 2


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: grad(Tensor(2.0)), "derivatives are taken of functions; this is of type Tensor"),
        (lambda: grad(lambda x: None)(1.0), "the function returned nothing to differentiate"),
    ],
)
def test_more_errors(call, what):
    with pytest.raises(TypeError, match=what):
        call()


def test_a_function_may_rewrite_its_argument():
    def first(v):
        v[0] = v[1] ** 2
        return v.sum()

    def square(v):
        v *= v
        return v.sum()

    x = np.array([1.0, 2.0])
    for v in (x, Tensor(x, requires_grad=True)):
        assert grad(first)(v).tolist() == [0, 5]
        assert grad(square)(v).tolist() == [2, 4]
    assert x.tolist() == [1, 2]


def test_no_result_shares_memory_with_what_came_in():
    x, v = np.ones(3), np.ones(3)
    identity, value = vjp(lambda x: x)(x)
    both, _ = vjp(lambda x, y: x + y, (0, 1))(x, x)
    spread = grad(np.sum)(np.ones(10**6))
    assert spread.flags.writeable
    assert not np.shares_memory(value, x)
    assert not np.shares_memory(identity(v), v)
    turned, _ = vjp(np.transpose)(np.ones((2, 3)))
    seed = np.ones((3, 2))
    assert not np.shares_memory(turned(seed), seed)
    first, second = both(v)
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(first, v)


def test_the_value_beside_a_pull_is_not_what_the_pull_reads():
    x = np.array([1.0, 2.0])
    for transform in (vjp, linearize):
        product, value = transform(np.exp)(x)
        value -= 3
        np.testing.assert_allclose(product(np.ones(2)), np.exp(x))
    push = jvp(np.exp)(x)
    push(np.ones(2))[0][:] = 0
    np.testing.assert_allclose(push(np.ones(2))[0], np.exp(x))
    _, (one, other) = vjp(lambda x: ((y := x * 2), y))(x)
    assert not np.shares_memory(one, other)


def test_blocks_of_a_matrix_have_memory_of_their_own():
    x = np.array([1.0, 2.0])
    (aa, ab), (ba, bb) = hessian(lambda a, b: np.sum((a + b) ** 2), (0, 1))(x, x)
    aa += 100
    for block in (ab, ba, bb):
        assert block.tolist() == [[2, 0], [0, 2]]
    nested = jacobian(lambda p: (p["a"] + p["b"], p["a"]))({"a": x, "b": x})
    flat = flatten(nested)[0]
    assert not any(np.shares_memory(p, q) for i, p in enumerate(flat) for q in flat[i + 1 :])
    for matrix in (
        hessian(lambda x: np.sum(x) ** 2)(x),
        jacobian(lambda x: np.sum(x, axis=0))(np.ones((2, 3))),
        jacfwd(lambda x: np.mean(x, 1))(np.ones((2, 3))),
    ):
        matrix[:] = 1


def test_a_gradient_is_not_the_array_of_a_rule():
    constant = np.ones(3)

    @ag.primitive
    def shifted(x):
        return x + 1

    shifted.defvjp(lambda g, y, x: constant)
    g = grad(lambda x: np.sum(shifted(x)))(np.ones(3))
    g += 5
    assert constant.tolist() == [1, 1, 1]


def test_what_is_pulled_back_later_keeps_its_arguments():
    x = np.array([1.0, 2.0])
    pull, _ = vjp(np.square)(x)
    push, _ = linearize(np.square)(x)
    x[:] = 100
    assert pull(np.ones(2)).tolist() == [2, 4]
    assert push(np.ones(2)).tolist() == [2, 4]


def test_a_function_cannot_write_into_the_array_that_came_in():
    def rewritten(x):
        with no_grad():
            x[0] = 5.0
        return x.sum()

    def careless(x):
        x.data[0] = 5.0
        return x.sum()

    x = np.array([1.0, 2.0])
    assert value_and_grad(rewritten)(x)[0] == 7
    with pytest.raises(ValueError, match="read-only"):
        grad(careless)(x)
    assert x.tolist() == [1, 2]


def test_hooks_of_an_argument_are_called():
    seen = []

    def f(x):
        x.register_hook(lambda g: seen.append(g.tolist()))
        return (x * x).sum()

    grad(f)(np.array([1.0, 2.0]))
    assert seen == [[2, 4]]


def test_vectors_are_matched_by_key():
    pull, _ = vjp(lambda x: {"a": x, "b": 10 * x})(1.0)
    assert pull({"b": 1.0, "a": 0.0}) == 10.0


@pytest.mark.parametrize(
    ("vector", "where"),
    [
        ({"a": 1.0, "c": 1.0}, "a dict of 'a', 'c', in the place of a dict of 'a', 'b'"),
        ({"a": 1.0, "b": [], 3: 1}, "a dict of 'a', 'b', 3, in the place of a dict of 'a', 'b'"),
        (1.0, "a float, in the place of a dict of 'a', 'b'"),
        ({"a": 1.0, "b": [1.0]}, "a list of 1, in the place of a list of 2"),
        ({"a": 1.0, "b": 1.0}, "a float, in the place of a list of 2"),
    ],
)
def test_vectors_are_nested_alike(vector, where):
    with pytest.raises(ValueError, match="nested alike") as error:
        jvp(lambda p: p["a"] * p["b"][0] * p["b"][1])({"a": 1.0, "b": [2.0, 3.0]})(vector)
    assert str(error.value) == three_lines(
        "values that belong together are nested alike", where, "the same keys, and as many parts"
    )


def test_checkpoint_of_methods_indices_and_constants():
    x = Tensor([1.0, -2.0, 3.0], requires_grad=True)
    checkpoint(lambda x: x.relu())(x).sum().backward()
    assert x.grad.tolist() == [1, 0, 1]
    x.grad = None
    checkpoint(lambda x, i: x[i])(x, np.array([0, 1, 1])).sum().backward()
    assert x.grad.tolist() == [1, 2, 0]
    w = Tensor(3.0, requires_grad=True)
    checkpoint(lambda x: x * w)(Tensor(2.0)).backward()
    assert w.grad.item() == 2
    with pytest.raises(TypeError, match="a checkpointed function returns one tensor"):
        checkpoint(lambda x: (x, x))(x)


def test_a_checkpoint_holds_a_derivative():
    def f(x):
        return np.sum(np.sin(x) * x[0])

    gradient = checkpoint(grad(f))
    np.testing.assert_allclose(jacobian(gradient)(X), hessian(f)(X), rtol=1e-13)
    np.testing.assert_allclose(
        jacobian(checkpoint(lambda x: jvp(gradient)(x)(X)[1]))(X),
        jacobian(lambda x: jvp(grad(f))(x)(X)[1])(X),
        rtol=1e-13,
    )


def test_how_many_arguments_were_given_by_position():
    for args, told in (((1.0,), "1 argument"), ((1.0, 2.0), "2 arguments")):
        with pytest.raises(TypeError, match=rf"was called with {told} by position\n"):
            grad(lambda *xs: xs[0], 2)(*args)

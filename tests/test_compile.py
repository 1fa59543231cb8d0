"""`compile`: a replay gives what the function gives, whoever calls it, however often."""

import copy
import dataclasses
import functools
import gc
import operator
import pickle
import re
import sys
import threading
import weakref
from collections import ChainMap, OrderedDict, UserDict, UserList, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType, ModuleType
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from samples import SAMPLES
from samples.cases import since

import autograd
import nn
from autograd import (
    Tensor,
    checkpoint,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    no_grad,
    value_and_grad,
)
from autograd.base.blocks import LARGE
from autograd.base.errors import three_lines
from autograd.base.tree import flatten
from autograd.primitive import PRIMITIVES
from autograd.program import capture, compile  # noqa: A004  # PyTorch's name
from autograd.program.equations import Name
from autograd.program.replay.chains import Chain, chained
from autograd.program.replay.compiled import SIGNATURES
from autograd.program.replay.kernels import KERNELS
from autograd.program.replay.outside import Outside
from autograd.program.replay.plan import Plan, _may_be_an_argument
from autograd.program.replay.sizes import between
from autograd.program.tracing.surroundings import reached
from autograd.program.tracing.symbol import CaptureError
from autograd.tensor import raw
from nn.functional import cross_entropy

SCALAR_CASES = [
    pytest.param(case, id=f"{getattr(fn, '__name__', fn)}-{i}")
    for fn, cases in SAMPLES.items()
    for i, case in enumerate(cases)
]


def network(*sizes):
    autograd.manual_seed(0)
    layers = [nn.Linear(a, b) for a, b in pairwise(sizes)]
    return nn.Sequential(*[m for layer in layers for m in (layer, nn.Sigmoid())][:-1])


def batch(n=150, features=4, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, features)), rng.integers(0, classes, n)


def training_step(net):
    def step(X, y):
        loss = cross_entropy(net(X), y)
        loss.backward()
        return loss

    return step


def gradients(net):
    return [p.grad.data.copy() for p in net.parameters()]


def leaves_of(tree):
    return flatten(tree)[0]


def forget(net):
    for p in net.parameters():
        p.grad = None


def test_a_training_step_leaves_the_gradients_of_the_engine():
    net, (X, y) = network(4, 4, 3, 3), batch()
    step = training_step(net)
    loss = step(X, y)
    expected = gradients(net)
    compiled = compile(step)
    for _ in range(3):
        forget(net)
        assert_allclose(compiled(X, y).data, loss.data, rtol=1e-15)
        for ours, theirs in zip(gradients(net), expected, strict=True):
            assert_allclose(ours, theirs, rtol=1e-13, atol=1e-17)


def test_gradients_add_up_and_any_optimizer_uses_them():
    (X, y), nets = batch(), [network(4, 4, 3, 3), network(4, 4, 3, 3)]
    steps = [training_step(nets[0]), compile(training_step(nets[1]))]
    optimizers = [nn.optim.Adam(net.parameters(), lr=0.05) for net in nets]
    for _ in range(20):
        losses = []
        for step, optimizer in zip(steps, optimizers, strict=True):
            optimizer.zero_grad()
            step(X, y)
            losses.append(step(X, y).item())  # twice: the second adds to the first
            optimizer.step()
        assert losses[0] == pytest.approx(losses[1], rel=1e-12)


def test_results_are_the_callers_own():
    compiled = compile(lambda x: (np.exp(x), x.T, np.tanh(x).T, x))
    x = np.random.default_rng(0).standard_normal((3, 2))
    first = compiled(x)
    kept = [np.array(y) for y in first]
    compiled(x + 1)
    for y, before in zip(first, kept, strict=True):
        assert_array_equal(y, before)
        assert not np.shares_memory(y, x)


def test_a_gradient_is_not_overwritten_by_the_next_call():
    net, (X, y) = network(4, 3), batch()
    compiled = compile(training_step(net))
    compiled(X, y)
    held, before = [p.grad for p in net.parameters()], gradients(net)
    forget(net)
    compiled(X + 1, y)
    for g, old in zip(held, before, strict=True):
        assert_array_equal(g.data, old)


def test_backward_goes_through_a_compiled_function():
    net, (X, y) = network(4, 4, 3), batch()
    loss = compile(lambda X, y: cross_entropy(net(X), y))
    (loss(X, y) * 2).backward()
    ours = gradients(net)
    forget(net)
    (cross_entropy(net(X), y) * 2).backward()
    for a, b in zip(ours, gradients(net), strict=True):
        assert_allclose(a, b, rtol=1e-13, atol=1e-17)
    with no_grad():
        assert not loss(X, y).requires_grad


def test_what_backward_reads_is_kept_and_not_computed_again():
    net, (X, y) = network(4, 5, 3), batch()
    loss = compile(lambda X, y: cross_entropy(net(X), y))
    loss(X, y).backward()
    (replay,) = loss._replays.values()
    first, second, _ = replay._halves
    names = [[e.op.name for e in half.program.equations] for half in (first, second)]
    assert (names[0].count("matmul"), names[0].count("sigmoid")) == (2, 1)
    assert (names[1].count("matmul"), names[1].count("sigmoid")) == (3, 0)  # none for X
    for p in net.parameters():
        assert p.grad.data.base is None  # no turned view, which would be copied
        assert p.grad.data.flags.c_contiguous


def test_losses_wait_for_their_gradients_in_any_order():
    net, (X, y) = network(4, 5, 3), batch()
    loss = compile(lambda X, y: cross_entropy(net(X), y))
    one, other = loss(X, y), loss(-X, y)
    one.backward(retain_graph=True)
    other.backward()
    one.backward()
    ours = gradients(net)
    forget(net)
    (2 * cross_entropy(net(X), y) + cross_entropy(net(-X), y)).backward()
    for a, b in zip(ours, gradients(net), strict=True):
        assert_allclose(a, b, rtol=1e-12, atol=1e-16)


def test_several_results_and_what_is_left_in_buffers():
    """Of which some have no gradient, or are views of others, or of an argument."""
    X, _ = batch()
    x, twin = (Tensor(X, requires_grad=True) for _ in range(2))
    norm, plain = nn.BatchNorm1d(4), nn.BatchNorm1d(4)

    def f(norm, x):
        y = norm(x)
        return {"y": y, "part": y[1:].T, "where": np.argmax(y, 1), "x": x[0], "e": np.exp(y.sum())}

    compiled = compile(functools.partial(f, norm))
    for _ in range(2):
        ours, eager = compiled(x), f(plain, twin)
        for a, b in zip(ours.values(), eager.values(), strict=True):
            assert_allclose(a.data, b.data, rtol=1e-13)
        for r in (ours, eager):
            (r["part"].sum() * 2 + (r["y"] ** 2).sum() + r["x"].sum() + r["e"]).backward()
    assert_allclose(x.grad.data, twin.grad.data, rtol=1e-10, atol=1e-12)
    assert_allclose(norm.weight.grad.data, plain.weight.grad.data, rtol=1e-12)
    assert_allclose(norm.running_var.data, plain.running_var.data, rtol=1e-14)


def test_only_backward_asks_for_a_derivative_that_is_missing():
    @autograd.primitive
    def odd(x):
        return np.sqrt(x)

    x = Tensor(4.0, requires_grad=True)
    y = compile(lambda x: odd(x) * 2)(x)
    assert y.item() == 4
    with pytest.raises(NotImplementedError, match="odd"):
        y.backward()


def test_a_compiled_function_has_derivatives_of_any_order():
    f = compile(lambda x: np.sum(np.sin(x) * x[0]))
    x = np.array([0.5, 1.0, 2.0])
    assert_allclose(grad(f)(x), grad(f.f)(x), rtol=1e-14)
    assert_allclose(hessian(f)(x), hessian(f.f)(x), rtol=1e-14)


def test_transforms_are_compiled():
    def loss(W, b, X):
        return np.sum(np.tanh(X @ W + b) ** 2)

    rng = np.random.default_rng(0)
    args = rng.standard_normal((4, 2)), rng.standard_normal(2), rng.standard_normal((5, 4))
    value, (dW, db) = compile(value_and_grad(loss, argnum=(0, 1)))(*args)
    expected, (eW, eb) = value_and_grad(loss, argnum=(0, 1))(*args)
    assert_allclose(value, expected, rtol=1e-15)
    assert_allclose(dW, eW, rtol=1e-14)
    assert_allclose(db, eb, rtol=1e-14)
    H = compile(hessian(lambda x: np.sum(x**3) + x[0] * x[1]))
    assert_allclose(H(np.ones(3)), [[6, 1, 0], [1, 6, 0], [0, 0, 6]])


@pytest.mark.parametrize("case", SCALAR_CASES)
def test_every_row_replays(case):
    """Twice, with other numbers the second time: what a plan keeps is not what it computed."""
    first, second = case.inputs(np.float64), case.inputs(np.float64, seed=1)
    compiled = compile(case.f)
    compiled(*first)
    try:
        expected = case.f(*second)
    except IndexError:
        return
    for a, b in zip(np.atleast_1d(compiled(*second)), np.atleast_1d(expected), strict=True):
        assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("case", SCALAR_CASES)
def test_no_row_returns_its_argument(case):
    """The place of an argument that nobody needs any more is given to another result."""
    program = capture(case.f, *case.inputs())
    known = {**program.constants, **{name: np.array(x) for name, x in program.inputs.items()}}
    for e in program.equations:
        args = [known.get(a, a) if type(a) is Name else a for a in e.args]
        y = known[e.name] = np.asarray(e.op.call(*args, **e.params))
        seen = any(np.may_share_memory(y, a) for a in args if isinstance(a, np.ndarray))
        cared_for = e.is_view or _may_be_an_argument(e) or not np.ndim(e.like)
        assert cared_for or not seen, e.op.name


def test_no_differences_are_an_array_of_their_own():
    def f(x):
        return np.diff(np.sin(x), n=0) * np.sum(np.cos(x) * 3)

    x = np.linspace(0, 1, 5)
    assert_allclose(compile(f)(x), f(x))


@pytest.mark.parametrize("case", SCALAR_CASES)
def test_backward_goes_through_every_row(case):
    """The two halves of its program compute what the engine does, for other numbers too."""
    compiled = compile(case.f)
    for seed in (0, 1):
        ours, theirs = (
            [
                Tensor(x, requires_grad=x.dtype.kind == "f") if isinstance(x, np.ndarray) else x
                for x in case.inputs(np.float64, seed=seed)
            ]
            for _ in range(2)
        )
        try:
            expected = case.f(*theirs)
        except IndexError:
            return
        y = compiled(*ours)
        assert getattr(y, "requires_grad", False) == getattr(expected, "requires_grad", False)
        if not getattr(y, "requires_grad", False):
            continue
        for result in (y, expected):
            (result * np.conj(result)).real.sum().backward()
        for a, b in zip(ours, theirs, strict=True):
            if getattr(b, "requires_grad", False):
                assert (a.grad is None) == (b.grad is None)
                if b.grad is not None:
                    assert_allclose(a.grad.data, b.grad.data, rtol=1e-12, atol=1e-12)


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 1e300, 5e-324, np.inf, -np.inf, np.nan]
ROWS = [
    op
    for op in PRIMITIVES.values()
    if op.elementwise and any(op.rules) and op.name != "ldexp"  # of integers
    if op.fn in KERNELS or op.fn is getattr(np, op.name, None)
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("times", [1, LARGE // 100])
@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_every_row_replays_where_0_meets_infinity(op, times):
    """What a result is written over may still be asked for: at 0 / 0, say, which is looked at."""
    a, b = np.tile(np.reshape(np.meshgrid(SPECIAL, SPECIAL), (2, -1)), times)
    x = [a, b, np.roll(a, 1)][: len(op.rules)]
    weight = np.resize([1.0, 0.0, -1.0], a.size)

    def f(*x):
        return np.sum(op.fn(*[v * 1.0 for v in x]) * weight)

    slopes = value_and_grad(f, argnum=tuple(range(len(x))))
    (value, ours), (expected, theirs) = compile(slopes)(*x), slopes(*x)
    assert_allclose(value, expected, rtol=1e-12)
    for a, b in zip(ours, theirs, strict=True):
        assert_array_equal(a, b)


def test_a_saturated_sigmoid_does_not_warn():
    x = np.array([-900.0, 0.0])
    with np.errstate(all="raise"):
        assert_array_equal(compile(autograd.sigmoid)(x), [0.0, 0.5])
        assert_array_equal(compile(autograd.sigmoid)(np.resize(x, LARGE))[:2], [0.0, 0.5])


def long_chain(x):
    y = np.log(np.exp(np.tanh(autograd.sigmoid(x))))
    return np.sum(np.where(x > 0, y * y, autograd.relu(-x)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_arrays_go_in_pieces(dtype):
    x = np.random.default_rng(0).standard_normal(700_001).astype(dtype)
    f = value_and_grad(long_chain)
    value, g = compile(f)(x)
    expected, eg = f(x)
    assert_allclose(value, expected, rtol=1e-5 if dtype == np.float32 else 1e-12)
    assert_array_equal(g, eg)
    assert g.dtype == dtype


def test_a_chain_keeps_what_others_need():
    n = 700_000
    x = np.linspace(-1, 1, n).reshape(700, 1000)

    def f(x):
        y = np.exp(x)
        z = y * 2 + x
        return y, np.sum(z, axis=0), np.sum(z) * np.sum(y), z.T

    for ours, theirs in zip(compile(f)(x), f(x), strict=True):
        assert_allclose(ours, theirs, rtol=1e-13)


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (autograd.relu, [["add", "relu"], ["greater", "masked"]]),  # the mask is never stored
        (np.abs, [["add", "absolute", "sign"]]),  # instead of the sum, which nobody else needs
        (lambda h: (h > 0) @ np.ones((4, 4)) * h, [["add", "greater"]]),  # no chain needs it
    ],
    ids=["relu", "abs", "greater"],
)
def test_what_only_later_chains_need_waits_for_them(f, expected):
    w, x = np.ones((4, 4)), np.random.default_rng(0).standard_normal((LARGE // 4, 4))
    loss = value_and_grad(lambda w, x: np.sum(f(x @ w + 1.0) @ w.T))
    chains = [e for e in chained(capture(loss, w, x)) if isinstance(e, Chain)]
    assert [[e.op.name for e in chain.equations] for chain in chains][: len(expected)] == expected
    for ours, theirs in zip(compile(loss)(w, x), loss(w, x), strict=True):
        assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("f", [np.std, np.min], ids=lambda f: f.__name__)
def test_a_chain_reads_what_was_computed_before_it(f):
    """The deviation is a number, not an array; the minimum is called like a word of chains."""
    x = np.random.default_rng(0).standard_normal(700_000)
    for ours, theirs in zip(compile(value_and_grad(f))(x), value_and_grad(f)(x), strict=True):
        assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize(
    "name",
    ["n", "parts", "work", "range", "given_0", "piece_1", "chain_0", "OUT", "xOUT", "replay"],
)
@pytest.mark.parametrize("size", [9, 700_000])
def test_arrays_may_have_any_name(name, size):
    x, scope = np.linspace(0, 1, size), {"np": np}
    text = f"def f({name}):\n {name} = np.exp(np.sin({name}))\n return np.dot({name}, {name})"
    exec(text, scope)
    _, g = compile(value_and_grad(scope["f"]))(x)
    assert_allclose(g, 2 * np.exp(2 * np.sin(x)) * np.cos(x), rtol=1e-12)


def test_a_gradient_of_zero_stays_zero_in_a_chain():
    x = np.linspace(0, 1, 700_000)
    f = value_and_grad(lambda x: np.sum(np.where(x > 0.5, np.log(x), 0)))
    with np.errstate(divide="ignore"):
        value, g = compile(f)(x)
        expected, eg = f(x)
    assert_allclose(value, expected, rtol=1e-12)
    assert_array_equal(g, eg)
    assert g[0] == 0


def test_the_plan_uses_its_places_again():
    net, (X, y) = network(64, 64, 64, 64, 10), batch(256, 64, 10)
    program = capture(training_step(net), X, y)
    sizes = [e.like.nbytes for e in program.equations]
    assert 2 * max(sizes) <= Plan(program).bytes < sum(sizes) / 3

    def powers(x):
        for _ in range(20):
            x = np.tanh(x @ x)
        return np.sum(x)

    assert Plan(capture(powers, np.ones((9, 9)))).bytes == 2 * 81 * 8


@pytest.mark.parametrize("n", [3, 40])
def test_parts_are_written_and_added_where_they_belong(n):
    """Not into a copy of the whole for each: a loop over elements costs what it writes."""

    def f(x):
        y = np.zeros_like(x)
        for i in range(n):
            y[i] = x[i] * x[i - 1]
        return np.sum(y * x)

    x = np.random.default_rng(0).standard_normal((n, 2))
    program = capture(value_and_grad(f), x)
    lines = Plan(program).lines
    whole = [line for line in lines if re.search(r"copyto\(\w+, \w+\)$|= 0$|zeros", line)]
    assert len([line for line in whole if "[value" not in line]) == 3  # to write to; what leaves
    for y in (x, x + 1):
        for one, other in zip(compile(value_and_grad(f))(y), value_and_grad(f)(y), strict=True):
            assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_over_rows_are_as_exact_as_numpys(dtype):
    """They are products with ones."""
    x = np.random.default_rng(0).standard_normal((1000, 7)).astype(dtype)
    y = compile(lambda x: np.sum(x * 2, axis=0))(x)
    exact = np.sum(2 * x.astype(np.longdouble), axis=0)
    assert y.dtype == dtype
    assert np.abs(y - exact).max() <= 2 * np.abs(np.sum(2 * x, axis=0) - exact).max()
    z = np.array([[1.0, np.inf, np.nan], [1.0, 2.0, 3.0]], dtype)
    assert_array_equal(compile(lambda z: np.sum(z * 2, axis=0))(z), [4, np.inf, np.nan])


def test_what_is_needed_later_is_not_written_over():
    def f(x):
        y = x * 2
        z = y.copy()
        z[0] = y[1]
        z[1:] = z[:-1]
        w = z * 1
        w[...] = y[::-1]
        return np.stack([y, z, w])

    x = np.arange(5.0)
    compiled, expected = compile(f), f(x)
    for _ in range(2):
        assert_array_equal(compiled(x), expected)
    y = Tensor(x, requires_grad=True)
    (compile(f)(y) * np.arange(15.0).reshape(3, 5)).sum().backward()
    slope = grad(lambda x: np.sum(f(x) * np.arange(15.0).reshape(3, 5)))(x)
    assert_array_equal(y.grad.data, slope)


def test_threads_may_call_at_once():
    compiled = compile(value_and_grad(lambda x: np.sum(np.tanh(x @ x.T))))
    data = [np.random.default_rng(k).standard_normal((30, 30)) for k in range(4)]
    expected = [compiled.f(x) for x in data]
    wrong = []

    def work(k):
        for _ in range(50):
            value, g = compiled(data[k])
            if abs(value - expected[k][0]) > 1e-9 or np.abs(g - expected[k][1]).max() > 1e-12:
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@pytest.mark.parametrize(("f", "x"), [(lambda x: (), np.ones(3)), (lambda x: x, {})])
def test_a_function_may_return_nothing_in_a_container(f, x):
    compiled = compile(f)
    assert [compiled(x), compiled(x)] == [f(x)] * 2


@pytest.mark.parametrize("f", [lambda x: np.sin(np.sum(x)), lambda x: np.sin(np.sum(x.T[None]))])
@pytest.mark.parametrize("shape", [(1,), (1, 1), (2,)])
def test_what_is_returned_can_be_written_into(f, shape):
    g = compile(grad(f))(np.ones(shape))
    want = g.copy()
    g += 1
    assert_array_equal(g, want + 1)


def test_a_program_that_is_compiled_is_derived_as_its_function():
    x, f = np.array([1.0, 2.0]), lambda x: np.sin(x) * x
    made = compile(capture(f, x))
    for derived in (jacobian, lambda f: hessian(lambda x: np.sum(f(x)))):
        assert_array_equal(derived(made)(x), derived(f)(x))
    assert_allclose(grad(lambda x: np.sum(made(x) * x))(x), [2.22324428, 1.97260236])
    y = made(Tensor(x, requires_grad=True))
    assert type(y) is Tensor
    assert y.requires_grad
    program = capture(f, x)
    assert capture(program, x) is program


@pytest.mark.parametrize("make", [compile, checkpoint, lambda f: compile(compile(f))])
@pytest.mark.parametrize("inner", [jacrev, jacfwd, lambda f: hessian(lambda x: np.sum(f(x)))])
@pytest.mark.parametrize("outer", [jacobian, lambda f: grad(lambda x: np.sum(f(x) ** 2))])
def test_derivatives_of_jacobians(make, inner, outer):
    """The rule of a compiled function pulls back by itself, in the middle of a batch of rows."""

    def f(x):
        return np.sin(x) * np.cumsum(x)

    x = np.array([0.4, -0.9, 1.3])
    assert_allclose(outer(inner(make(f)))(x), outer(inner(f))(x), rtol=1e-12, atol=1e-12)


def test_while_another_thread_maps_or_captures_programs_are_replayed():
    runs = []
    compiled = compile(lambda x: runs.append(1) or np.sin(x))
    want = compiled(np.ones(3))
    assert len(runs) == 1

    def meanwhile(x):
        with ThreadPoolExecutor(1) as pool:  # which is inside of neither
            found.append(pool.submit(compiled, np.ones(3)).result())
            found.append(pool.submit(compiled, np.array([1])).result())  # and may capture
        return x

    found = []
    autograd.vmap(meanwhile)(np.ones(2))
    capture(meanwhile, 2.0)
    assert len(runs) == 2
    for y in found:
        assert_array_equal(y, want[: len(y)])


def test_a_mapped_value_in_another_thread_is_not_replayed():
    compiled = compile(lambda x: np.sin(x["a"]) + 1)

    def elsewhere(x):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(compiled, {"a": x}).result()

    x = np.ones((2, 3))
    assert_array_equal(autograd.vmap(elsewhere)(x), np.sin(x) + 1)


def test_the_places_of_an_interrupted_replay_are_not_used_again():
    compiled = compile(lambda x: np.sin(np.exp(x)) * x)
    x = np.linspace(0, 1, 9)
    wanted = compiled(x)
    (replay,) = compiled._replays.values()
    first = replay.run.idle[0]

    def interrupted(*_):
        raise KeyboardInterrupt

    replay.run.idle[:] = [interrupted]
    with pytest.raises(KeyboardInterrupt):
        compiled(x)
    assert_array_equal(compiled(x), wanted)
    assert replay.run.idle[0] not in (first, interrupted)


def test_many_signatures_warn_once():
    compiled = compile(lambda x: np.sum(x * x))
    for n in range(1, 9):
        compiled(np.ones(n))
    with pytest.warns(UserWarning, match="compiled for 8 signatures"):
        compiled(np.ones(9))
    assert compiled(np.ones(10)) == 10


def test_the_warning_is_of_the_users_line_where_an_array_is_given_by_name():
    compiled = compile(lambda *, x: np.sum(x * x))
    for n in range(1, 9):
        compiled(x=np.ones(n))
    with pytest.warns(UserWarning, match="compiled for 8 signatures") as caught:
        compiled(x=np.ones(9))
    assert caught[0].filename == __file__


def test_a_compiled_module_is_called_by_its_type():
    compiled = compile(nn.Linear(2, 1))
    for n in range(1, 9):
        compiled(np.ones((1,) * n + (2,)))
    with pytest.warns(UserWarning, match="^Linear was compiled for 8 signatures"):
        compiled(np.ones((1,) * 9 + (2,)))
    with pytest.raises(TypeError, match="where: Linear, argument 0"):
        compiled(bytearray())


def counted(x):
    return np.arange(2.0 * len(x)).reshape(-1, 2)


# ── batch sizes ───────────────────────────────────────────────────────────────────────────────
def captures(monkeypatch):
    """Count the captures from now on."""
    counted = []
    room = sys.modules["autograd.program.replay.compiled"]
    inner = room.captured
    monkeypatch.setattr(room, "captured", lambda *args: counted.append(1) or inner(*args))
    return counted


def test_sizes_between_two_captured_ones_cost_no_capture(monkeypatch):
    net = network(4, 8, 3)
    counted, compiled = captures(monkeypatch), compile(training_step(net))
    for size in (64, 10, 40, 63, 11, 10, 64):
        X, y = batch(size)
        forget(net)
        value = compiled(X, y)
        ours = gradients(net)
        forget(net)
        assert_allclose(value.data, training_step(net)(X, y).data, rtol=1e-15)
        for a, b in zip(ours, gradients(net), strict=True):
            assert_allclose(a, b, rtol=1e-12, atol=1e-16)
    assert len(counted) == 2
    compiled(*batch(65))
    assert len(counted) == 3


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.mean(x * x, axis=0) / (len(x) - 1),
        lambda x: np.sum(x.reshape(-1, 2) ** 2, axis=0) * (1 / len(x)),
        lambda x: np.concatenate([x, np.ones((len(x), 1)), counted(x)], 1),
        lambda x: np.pad(x, ((1, 1), (0, 0)))[1:-1] @ np.ones(4),
        lambda x: x[: len(x)][-3:] * np.float32(2 / len(x)),
        value_and_grad(lambda x: np.var(x, ddof=1)),
        lambda x: x[:, None, :] - x,
        lambda x: x * float(len(x)) * (5 / len(x)),
        *[lambda x, k=k: x * (k / (len(x) + 4)) for k in (1, 2, -1, -2)],
    ],
)  # fmt: skip
@pytest.mark.parametrize("sizes", [(30, 6, 8, 29, 7, 16), (3, 30, 28, 4, 16)])
def test_what_depends_on_the_size_is_right_at_every_size(f, sizes, monkeypatch):
    counted, compiled = captures(monkeypatch), compile(f)
    for size in sizes:
        x = np.random.default_rng(size).standard_normal((size, 4))
        for a, b in zip(leaves_of(compiled(x)), leaves_of(f(x)), strict=True):
            assert_allclose(a, b, rtol=1e-13, atol=1e-15)
    assert len(counted) == 2


@pytest.mark.filterwarnings("ignore:.*was compiled for 8 signatures:UserWarning")
def test_ever_larger_sizes_are_known_by_the_smallest_and_the_largest(monkeypatch):
    counted, compiled = captures(monkeypatch), compile(value_and_grad(lambda x: np.sum(x * x)))
    for size in range(1, 21):
        compiled(np.ones(size))
    assert len(counted) == 20
    (family,) = compiled._families.values()
    assert [sizes for sizes, _ in family._captures] == [[(1,)], [(20,)]]
    assert len(family._known) == 1
    value, gradient = compiled(np.full(7, 3.0))
    assert (value, gradient.tolist()) == (63.0, [6.0] * 7)
    assert len(counted) == 20


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 2 if len(x) < 20 else x * 3,
        lambda x: np.sum(x) * len(x) ** 2,
        lambda x: np.stack([x[i] for i in range(len(x))]),
        lambda x: x.reshape(2, -1, 4) if len(x) % 2 == 0 else x,
    ],
)
def test_what_is_no_simple_function_of_the_size_is_captured(f):
    compiled = compile(f)
    for size in (30, 6, 8, 7, 16, 25):
        x = np.random.default_rng(size).standard_normal((size, 4))
        assert_array_equal(compiled(x), f(x))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sin(x) if len(x) < 20 else np.cos(x),
        lambda x: x - 2.0 if len(x) < 20 else 2.0 - x,
        lambda x: np.sum(x, 0 if len(x) < 20 else None),
        lambda x: np.concatenate([x] * (2 if len(x) < 20 else 3)),
        lambda x: (x * 2,) if len(x) < 20 else x * 2,
        lambda x: {"a" if len(x) < 20 else "b": x * 2},
    ],
)
def test_captures_that_differ_in_more_than_numbers_are_of_no_kind(f):
    one, other = capture(f, np.ones((6, 4))), capture(f, np.ones((30, 4)))
    assert between(one, 6, other, 30) is None
    assert between(one, 6, capture(f, np.ones((9, 4))), 9) is not None


def test_only_a_few_sizes_keep_their_places():
    compiled = compile(lambda x: np.exp(x) * 2)
    for size in (40, 2, *range(2, 41)):
        assert compiled(np.ones(size)).shape == (size,)
    assert len(compiled._replays) == 2 + SIGNATURES


def test_an_interrupted_call_leaves_nothing_to_the_next_ones(monkeypatch):
    compiled = compile(lambda x: np.exp(x) * 2)
    for size in (1, 40):
        compiled(np.ones(size))

    def interrupted(*_, **__):  # as while the places of a new size are planned
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["autograd.program.replay.compiled"], "Replay", interrupted)
        with pytest.raises(KeyboardInterrupt):
            compiled(np.ones(2))
    for size in range(3, 3 + 2 * SIGNATURES):
        assert compiled(np.zeros(size)).tolist() == [2.0] * size


def test_a_first_call_without_gradients_does_not_cut_the_later_ones():
    """As where a loss is printed before the training."""
    net = nn.Linear(3, 2)
    body, x = compile(net), np.ones((4, 3))
    with no_grad():
        assert not body(x).requires_grad
    assert body(x).requires_grad
    body(x).sum().backward()
    assert_allclose(net.weight.grad.data, np.full((2, 3), 4.0))
    with no_grad():
        assert not body(x).requires_grad


def test_hooks_come_and_go_between_calls():
    net = network(4, 3)
    X, y = batch()
    step = compile(training_step(net))

    def gradient():
        net.zero_grad()
        step(X, y)
        return net[0].weight.grad.data.copy()

    plain = gradient()
    hook = net[0].weight.register_hook(lambda g: 10 * g)
    assert_allclose(gradient(), 10 * plain)
    hook.remove()
    assert_allclose(gradient(), plain)


@pytest.mark.parametrize("where", ["on the way", "the result", "the argument"])
def test_a_hook_that_nobody_would_call_is_refused(where):
    def f(w):
        h = np.sin(w)
        y = np.sum(h * h)
        {"on the way": h, "the result": y, "the argument": w}[where].register_hook(lambda g: 2 * g)
        return y

    w = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(CaptureError) as error:
        compile(f)(w)
    what, place, instead = str(error.value).splitlines()
    assert what == "a program cannot hold a hook of a tensor on the way to a result"
    assert place.endswith(", in f")
    remedy = "backward in the function, too; or the hook outside, on a parameter or the result"
    assert instead == f"  instead: {remedy}"
    with no_grad():
        assert compile(f)(w).data == f(w).data


def test_a_hook_on_the_way_is_called_by_backward_inside():
    w, results = Tensor([1.0, 2.0], requires_grad=True), []

    def step(x):
        h = np.sin(w * x)
        h.register_hook(lambda g: 2 * g)
        np.sum(h * h).backward()

    for run in (step, compile(step)):
        w.grad = None
        run(np.array(3.0))
        results.append(w.grad.data)
    assert_allclose(*results, rtol=1e-13)


def test_a_step_that_forgets_its_gradients_does_so_at_every_call():
    net, (X, y) = network(4, 3), batch()

    def step(X, y):
        net.zero_grad()
        loss = cross_entropy(net(X), y)
        loss.backward()
        return loss

    step(X, y)
    expected = gradients(net)
    compiled = compile(step)
    for _ in range(3):
        compiled(X, y)
        for a, b in zip(gradients(net), expected, strict=True):
            assert_allclose(a, b, rtol=1e-12)
    compile(net.zero_grad)()
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.parametrize("how", ["scaled", "returned", "penalised"])
def test_a_gradient_that_is_read_had_none_before(how):
    """It would be that of the call alone, where the engine's is the sum of all."""
    w = Tensor([1.0, 2.0], requires_grad=True, name="w")

    def step(x):
        np.sum(w * w * x).backward(create_graph=how == "penalised")
        if how == "scaled":
            with no_grad():
                w.grad *= 0.5
        elif how == "penalised":
            np.sum(w.grad**2).backward()
        return None if how == "scaled" else w.grad.detach()

    compiled, results = compile(step), []
    for run in (step, compiled, compiled):
        w.grad = None
        run(np.array(3.0))
        results.append(w.grad.data.copy())
    assert_array_equal(results[1:], [results[0]] * 2)
    with no_grad():
        w.grad.zero_()
    compiled(np.array(3.0))
    assert_array_equal(w.grad, results[0])
    with pytest.raises(RuntimeError) as error:
        compiled(np.array(3.0))
    assert str(error.value) == (
        "a program reads w.grad, which had a gradient before the call: it would be missing\n"
        "  where: the program of step\n"
        "  instead: w.grad = None (or zero_grad) before the call, or in the function"
    )
    assert_array_equal(w.grad, results[0])


def test_a_gradient_that_is_asked_for_had_none_before():
    """A program is that of a first call, of which ``if w.grad is not None`` is one branch."""
    w = Tensor([1.0, 2.0], requires_grad=True, name="w")

    def step(x):
        if w.grad is not None:
            w.grad = None
        np.sum(w * x).backward()

    compiled = compile(step)
    compiled(3.0)
    with pytest.raises(RuntimeError, match=r"a program reads w.grad, which had a gradient"):
        compiled(3.0)
    assert_array_equal(w.grad, [3, 3])
    norm = lambda: np.linalg.norm(w.grad.data)
    for f in (step, norm):
        with pytest.raises(CaptureError) as error:
            compile(f)(*[3.0][: f is step])
        lines = str(error.value).splitlines()
        assert lines[0] == "a program cannot hold reading a gradient that was there before the call"
        assert lines[2] == (
            "  instead: w.grad as an argument; w.grad = None in the function, first"
        )
        assert_array_equal(w.grad, [3, 3])
    given = compile(lambda: (setattr(w, "grad", None), np.sum(w * w).backward(), w.grad.data)[2])
    for x in ([1.0, 2.0], [3.0, 4.0]):
        w.data = np.array(x)
        assert_array_equal(given(), 2 * w.data)


@pytest.mark.parametrize("none", [True, False])
def test_gradients_may_be_filled_with_zeros_inside(none):
    weights = []
    for how in (lambda f: f, compile):
        autograd.manual_seed(0)
        layer = nn.Linear(2, 1)
        optimizer = nn.optim.SGD(layer.parameters(), 0.1)

        def step(x, layer=layer, optimizer=optimizer):
            layer.zero_grad(set_to_none=none)
            optimizer.zero_grad(set_to_none=none)
            np.sum(layer(x) ** 2).backward()
            optimizer.step()

        run = how(step)
        for k in range(3):
            run(np.ones((3, 2)) + k)
        weights.append([p.data for p in layer.parameters()])
    for one, other in zip(*weights, strict=True):
        assert_allclose(one, other, rtol=1e-13)


def test_a_target_out_of_range_is_found_at_every_call():
    net, (X, y) = network(4, 3), batch()
    compiled = compile(training_step(net))
    compiled(X, y)
    with pytest.raises(IndexError, match=r"target\[2\] is 3, and there are 3 classes"):
        compiled(X, np.where(np.arange(len(y)) == 2, 3, y))


def test_a_decorator_keeps_the_name():
    @compile
    def step(x):
        """Double."""
        return x * 2

    assert (step.__name__, step.__doc__) == ("step", "Double.")
    assert step(Tensor(3.0)).item() == 6


@pytest.mark.parametrize("classes", [3, 40])
def test_cross_entropy_whose_gradient_waits_for_nothing(classes):
    """The forward pass leaves the whole gradient where it is known by then; else exp(x - max)."""
    random = np.random.default_rng(0)
    x = random.standard_normal((6, classes))
    y = random.integers(0, classes, 6)

    def known(x, y):
        return cross_entropy(x, y)

    def weighted(x, y, w):
        return np.sum(cross_entropy(x, y, reduction="none") * w)

    def twice(x, y):
        return cross_entropy(x, y) + 3 * cross_entropy(x * 1, y, reduction="sum")

    for f, args in ((known, (x, y)), (weighted, (x, y, np.arange(6.0))), (twice, (x, y))):
        step = compile(value_and_grad(f))
        step(*args)
        for _ in range(2):
            for one, other in zip(step(*args), value_and_grad(f)(*args), strict=True):
                np.testing.assert_array_equal(one, other)
    step = compile(value_and_grad(known))
    one = step(x, y)[1]
    kept = one.copy()
    step(-x, y)
    assert np.array_equal(one, kept)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_that_is_not_finite_leaves_the_other_rows_alone(bad):
    """Short rows lie in columns, the gradient behind relu in rows, and not over the other one."""
    random = np.random.default_rng(0)
    x, weight = random.standard_normal((6, 4)), random.standard_normal((4, 5))
    x[2, 0] = bad
    f = value_and_grad(lambda x: cross_entropy(autograd.relu(x @ weight), np.arange(6) % 5))
    with np.errstate(invalid="ignore"):
        assert_allclose(compile(f)(x)[1], f(x)[1], rtol=1e-13)
        assert np.isfinite(compile(f)(x)[1][[0, 1, 3, 4, 5]]).all()


def test_no_two_results_share_memory_with_each_other_or_an_input():
    def views(x):
        y = np.exp(x)
        z = 2 * x
        return y, y.reshape(-1), z.T, x.reshape(-1), np.cumsum(x, axis=1)[::-1], (x + 1)[:1]

    x = np.arange(6.0).reshape(2, 3)
    step = compile(views)
    step(x)
    results = step(x)
    kept = [y.copy() for y in results]
    for i, y in enumerate(results):
        assert not np.shares_memory(y, x)
        assert not any(np.shares_memory(y, z) for z in results[i + 1 :])
    step(-x)
    for y, z, expected in zip(results, kept, views(x), strict=True):
        assert np.array_equal(y, z)
        assert np.array_equal(y, expected)


def test_a_view_keeps_what_it_is_a_view_of():
    """Else its elements would be overwritten: later in the call, or by the next one."""

    def flipped(x):
        y = np.flip(np.exp(x))
        z = np.sin(x)
        return y * np.cos(z), np.flip(z)

    x = np.arange(1.0, 5.0)
    step = compile(flipped)
    results = step(x)
    kept = [y.copy() for y in results]
    step(-x)
    for y, z, expected in zip(results, kept, flipped(x), strict=True):
        assert np.array_equal(y, z)
        assert np.array_equal(y, expected)


# ── what tells one program from another ───────────────────────────────────────────────────────
def test_every_result_of_a_compiled_function_has_its_derivative():
    def several(x):
        return {"a": 2 * x, "b": (np.sum(x**3), np.outer(x, x))}

    x = np.array([1.0, 2.0])
    step = compile(several)
    for pick in (
        lambda y: np.sum(y["a"]),
        lambda y: y["b"][0],
        lambda y: np.sum(y["b"][1] ** 2) * y["b"][0] + np.sum(y["a"]),
    ):
        for transform in (grad, jacobian, hessian):
            ours = transform(lambda x: pick(step(x)))(x)  # noqa: B023  # called at once
            assert_allclose(ours, transform(lambda x: pick(several(x)))(x), rtol=1e-13)  # noqa: B023
    t = Tensor(x, requires_grad=True)
    step(t)["b"][0].backward()
    assert t.grad.tolist() == [3, 12]
    mixed = compile(lambda x: (np.float32(2) * x.astype(np.float32), x * x))
    assert mixed(t)[0].dtype == np.float32
    assert grad(lambda x: np.sum(mixed(x)[0]))(x).tolist() == [2, 2]


def test_arguments_of_another_structure_have_a_program_of_their_own():
    difference = compile(lambda p: p["m"]["a"] - 2 * p["m"]["b"])
    assert difference({"m": {"a": 1.0, "b": 2.0}}) == -3
    assert difference({"m": {"b": 2.0, "a": 1.0}}) == -3
    first = compile(lambda rows: sum(rows[0]) * 1.0)
    assert first([[1.0, 2.0], [3.0]]) == 3
    assert first([[1.0], [2.0, 3.0]]) == 1


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(x[:-1]) if len(x) % 2 else np.sum(x),
        lambda x: np.mean(x) * abs(len(x) - 6),
        lambda x: np.sum(x) * (len(x) ** 2 - 12 * len(x) + 32),
        lambda x: np.stack([np.sum(x), np.sum(x) * abs(len(x) - 6), np.inf]),
    ],
)
def test_a_program_that_was_not_captured_is_proven_at_its_first_call(f):
    compiled = compile(f)
    for size in (4, 8, 5, 6, 5, 7, 6):
        assert_allclose(compiled(np.ones(size)), f(np.ones(size)), rtol=1e-14)


def test_a_proof_has_the_effects_of_one_call():
    net = network(4, 3)
    compiled = compile(training_step(net))
    for size in (30, 10, 20, 20):
        X, y = batch(size)
        forget(net)
        compiled(X, y)
        ours = gradients(net)
        forget(net)
        training_step(net)(X, y)
        for a, b in zip(ours, gradients(net), strict=True):
            assert_allclose(a, b, rtol=1e-12, atol=1e-16)


def test_a_module_has_a_program_for_each_of_its_modes():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    compiled = compile(lambda x: net(x))
    x = np.random.default_rng(0).standard_normal((5, 2))
    for mode in (True, False, True, False):
        net.train(mode)
        expected = net(x).data if not mode else None
        y = compiled(x).data
        if mode:
            assert_allclose(y.mean(axis=0), 0, atol=1e-12)
        else:
            assert_allclose(y, expected, rtol=1e-12)
    assert len(compiled._replays) == 2


def test_a_parameter_may_be_frozen_and_cast_between_calls():
    net, (X, y) = network(4, 5, 3), batch()
    step = compile(training_step(net))
    for frozen, dtype in [(False, "f8"), (True, "f8"), (False, "f4"), (True, "f4"), (False, "f8")]:
        net.to(dtype)
        net[0].requires_grad_(not frozen)
        net.zero_grad()
        step(X.astype(dtype), y)
        assert (net[0].weight.grad is None) == frozen
        assert net[2].weight.grad.dtype == dtype


@pytest.mark.parametrize("values", [(1, 1.0, True), (0.0, -0.0), (2, 2.0, 2 + 0j), ("a", None)])
def test_constants_are_told_apart_by_their_types(values):
    by_name = compile(lambda x, k: (x, repr(k)))
    for k in 2 * values:
        assert by_name(np.ones(2), k=k)[1] == repr(k)
    assert len(by_name._replays) == len(values)
    nan = compile(lambda x, k: x * k)
    nan(1.0, k=float("nan"))
    nan(1.0, k=float("nan"))
    assert len(nan._replays) == 1


def test_arrays_by_names_that_have_no_position():
    x, w = np.arange(3.0), np.array([2.0, 3.0, 4.0])

    def f(x, *, w, scale=1.0):
        return np.dot(x, w) * scale

    def g(x, **more):
        return x * more["w"]

    compiled = compile(f)
    assert compiled(x, w=w) == 11
    assert compiled(x, w=w, scale=2.0) == 22
    assert compiled(x=x, w=w) == 11
    assert compile(g)(x, w=w).tolist() == [0, 3, 8]
    assert compile(functools.partial(f, w=w))(x) == 11


def test_arrays_in_files(tmp_path):
    x = np.memmap(tmp_path / "x", dtype=float, mode="w+", shape=(3,))
    x[:] = 1, 2, 3
    assert compile(lambda x: x * 2)(x).tolist() == [2, 4, 6]


@pytest.mark.parametrize(
    "special", [np.ma.array(np.eye(2), mask=[[1, 0], [0, 0]]), np.eye(2).view(np.matrix)]
)
def test_an_array_with_an_arithmetic_of_its_own_is_refused_at_every_call(special):
    f = compile(lambda w, x: np.sum(w * x))
    w = Tensor(np.ones((2, 2)), requires_grad=True)
    for x in (special, np.eye(2), special, special):
        if x is special:
            with pytest.raises(TypeError, match="arithmetic of its own, which has no derivative"):
                f(w, x)
        else:
            assert f(w, x).item() == 2.0


def test_an_array_of_another_kind_is_taken_for_its_numbers():
    class Own(np.ndarray):
        def __add__(self, other):
            return np.asarray(self) - other

    x = np.array([1.0, 2.0])
    f, program = compile(lambda x: x + 10.0), capture(lambda x: x + 10.0, x)
    for given in (x, x.view(Own), x.view(Own), x):
        for y in (f(given), program(given)):
            assert type(y) is np.ndarray
            assert y.tolist() == [11.0, 12.0]


class Foreign:
    """An array of another library, which has a hash, as PyTorch's have."""

    def __init__(self, values):
        self.values = np.array(values)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)


def test_an_array_of_another_library_is_no_constant():
    w, x = Tensor(np.ones(2), requires_grad=True), Foreign([3.0, 4.0])
    compiled = compile(lambda w, x: (w * x).sum())
    for args, options in (((w, x), {}), ((w, [x]), {}), ((w,), {"x": x})):
        with pytest.raises(TypeError, match=r"hashable, not .*Foreign\n(.|\n)*asarray"):
            compiled(*args, **options)
    with pytest.raises(CaptureError, match=r"not a Foreign of(.|\n)*instead: np.asarray"):
        capture(lambda w, x: (w * x).sum(), w, x)
    program = capture(lambda w, x: (w * x).sum(), np.ones(2), np.ones(2))
    assert program(np.ones(2), x) == compiled(np.ones(2), np.asarray(x)) == 7
    x.values[0] = 100
    assert program(np.ones(2), x) == compiled(np.ones(2), np.asarray(x)) == 104
    assert capture(lambda n: n * 2, 1)(w.size) == 4


def test_memory_that_may_be_written_into_is_no_constant():
    step, memory = compile(lambda x: np.sum(x)), memoryview(np.ones(2))
    with pytest.raises(TypeError) as error:
        step(memory)
    assert str(error.value) == three_lines(
        "what is constant in a program must be hashable, not memoryview",
        "<lambda>, argument 0",
        "arrays, as np.asarray(x), and numbers, also in containers; a frozen dataclass",
    )
    assert step(np.asarray(memory)) == 2.0


def test_what_cannot_be_compiled_is_named():
    with pytest.raises(TypeError) as error:
        compile(lambda x, rows: x[rows])(np.ones(3), {0, 1})
    assert str(error.value) == (
        "what is constant in a program must be hashable, not set\n"
        "  where: <lambda>, argument 1\n"
        "  instead: arrays, as np.asarray(x), and numbers, also in containers; a frozen dataclass"
    )
    with pytest.raises(TypeError) as error:
        compile(None)
    assert str(error.value) == (
        "compile takes a function\n"
        "  where: compile(None)\n"
        "  instead: compile(f)(x), where f(x) computes the result"
    )
    step = compile(lambda x, n: x * n)
    for known in (False, True):  # before it was captured, and then
        for n in (2**63, 2**64 - 1, -(2**63) - 1, 10**30):
            with pytest.raises(CaptureError) as error:
                step(1.0, n)
            assert str(error.value) == (
                "a program takes numbers of 64 bits\n"
                f"  where: n = {n}\n"
                "  instead: float(n), or n as a text"
            ), known
        assert step(1.0, -(2**63)) == -(2.0**63)


def test_a_compiled_function_is_let_go_without_the_garbage_collector():
    x = np.linspace(0, 1, 700_000)
    gc.collect()
    gc.disable()
    try:
        compiled = compile(value_and_grad(lambda x: np.sum(np.tanh(x * x) * np.exp(x))))
        compiled(x)
        (replay,) = compiled._replays.values()
        gone = weakref.ref(replay.run.idle[0])
        del compiled, replay
        assert gone() is None
    finally:
        gc.enable()


def test_a_graph_through_a_compiled_function_is_let_go_without_it_too():
    x = Tensor(np.ones(3), requires_grad=True)
    for f in (lambda x: np.sum(np.exp(x) * x), lambda x: (np.exp(x) * x, x.sum())):
        compiled = compile(f)
        compiled(x)
        gc.collect()
        gc.disable()
        try:
            y = flatten(compiled(x))[0][0]
            gone = weakref.ref(y)
            del y
            assert gone() is None
        finally:
            gc.enable()


# ── numbers of Python's ───────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("n", [2, 0.5, 1.5 + 1j], ids=str)
@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "i8", "f2", "f4", "f8", "c8", "c16"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x, n: x * n, lambda x, n: n - x, lambda x, n: x / n, lambda x, n: n * n + x,
        lambda x, n: (n + 1) * (x + n), lambda x, n: x + np.sin(n), lambda x, n: x == n,
        lambda x, n: np.where(x == 1, x, n), lambda x, n: np.stack([x[0] * n, x[1]]),
        lambda x, n: abs(n) * x + n**2, lambda x, n: x[0] + n, lambda x, n: np.maximum(x, n),
        lambda x, n: x * (n * 1), lambda x, n: x * +n, lambda x, n: x * n**1,
        lambda x, n: x * np.ones(2, np.result_type(x[:1], n))[0],
    ],
)  # fmt: skip
def test_a_number_takes_the_dtype_of_what_it_meets(f, dtype, n):
    x = np.array([1, 0, 1, 1]).astype(dtype)
    wanted = f(x, n)
    for made in (compile(f), capture(f, x, n)):
        for _ in range(2):
            assert_array_equal(made(x, n), wanted)
            assert made(x, n).dtype == wanted.dtype


@pytest.mark.parametrize("dtype", ["u1", "i1", "u8", "i8"])
@pytest.mark.parametrize(
    "compare", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
)
def test_a_number_that_an_array_cannot_hold_may_be_compared_with_it(compare, dtype):
    x, made = np.array([5, 44, 100]).astype(dtype), compile(compare)
    for n in (44, 300, -1, -212, 2**63 - 1):
        assert_array_equal(made(x, n), compare(x, n))
        assert_array_equal(made(n, x), compare(n, x))
        assert_array_equal(capture(compare, x, n)(x, n), compare(x, n))


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "u8"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x, n: x / n, lambda x, n: n / x, lambda x, n: x / (n + 1), np.arctan2, np.hypot,
        np.logaddexp, np.copysign, np.float_power, np.heaviside, lambda x, n: np.clip(x, 0, n),
        lambda x, n: np.clip(x, -n, None), lambda x, n: np.clip(x, n, 2**20), np.logical_and,
        lambda x, n: x + n, lambda x, n: n * x, lambda x, n: x // n, lambda x, n: x % n,
        lambda x, n: x & n, lambda x, n: x ** abs(n), np.maximum, np.fmod, np.full_like, np.ldexp,
        lambda x, n: filled(x, 0, n), lambda x, n: filled(x, x > 3, n),
        lambda x, n: filled(x, x[:1], n), lambda x, n: np.where(x > 3, x, n),
    ],
)  # fmt: skip
def test_a_number_that_an_array_cannot_hold_is_what_it_is_to_numpy(f, dtype):
    x, made = np.array([0, 3, 100, 7]).astype(dtype), compile(f)
    with np.errstate(all="ignore"):
        for n in (3, 255, 256, -1, 32768, -40000, 2**31, 2**40):
            try:
                wanted = f(x, n)
            except OverflowError as error:  # NumPy's: what f raises, the program does
                with pytest.raises(OverflowError, match=str(error)):
                    made(x, n)
            else:
                assert made(x, n).dtype == wanted.dtype
                assert_array_equal(made(x, n), wanted)


def filled(x, index, n):
    y = x.copy()
    y[index] = n
    return y


@pytest.mark.parametrize("dtype", ["?", "u1", "i8", "f4", "f8", "c8"])
@pytest.mark.parametrize("index", [0, ..., np.array([1])], ids=["one", "all", "array"])
def test_writing_a_number_is_refused_where_numpy_refuses_it(index, dtype):
    x = np.array([0, 3]).astype(dtype)
    for example, numbers in (
        (1, (-1, 255, 300, 2**60 + 1)), (1j, (2 + 1j, 2 + 0j, complex("nan"))),
        (1.5, (2.9, -0.5, -1.0, 1e5, 1e300, np.inf, np.nan)),
    ):  # fmt: skip
        refused = example == 1j and dtype != "?" and dtype[0] != "c"
        made = [compile(filled)] + ([] if refused else [capture(filled, x, index, example)])
        for f, n in ((f, n) for f in made for n in numbers):
            with np.errstate(all="ignore"):
                try:
                    wanted = filled(x, index, n)
                except (OverflowError, TypeError, ValueError) as error:
                    with pytest.raises(type(error), match=re.escape(str(error))):
                        f(x, index, n)
                else:
                    assert_array_equal(f(x, index, n), wanted, strict=True)


def test_the_source_of_a_program_refuses_a_number_that_an_array_cannot_hold():
    x, scope = np.array([7, 9], np.uint8), {}
    program = capture(lambda x, n: x + n, x, 3)
    exec(program.source, scope)
    for f in (program, scope[program.identifier]):
        assert_array_equal(f(x, 200), np.array([207, 209], np.uint8), strict=True)
        with pytest.raises(OverflowError, match="Python integer 300 out of bounds for uint8"):
            f(x, 300)


@pytest.mark.parametrize("shift", [operator.lshift, operator.rshift])
def test_a_number_that_is_shifted_takes_the_dtype_of_what_it_meets(shift):
    x = np.array([1.0, 0.5], np.float32)
    for made in (compile(f := lambda x, n: x * shift(n, 2)), capture(f, x, 3)):
        assert_array_equal(made(x, 12), x * np.float32(shift(12, 2)), strict=True)


def test_a_number_that_an_array_cannot_hold_is_refused_row_by_row():
    program = capture(lambda x, n: x + n, np.array([100, 7], np.int16), 3)
    rows = autograd.vmap(program, in_axes=(None, 0))(np.array([100, 7], np.int16), np.array([1, 2]))
    assert_array_equal(rows, np.array([[101, 8], [102, 9]], np.int16))
    with pytest.raises(OverflowError, match="Python integer 40000 out of bounds for int16"):
        autograd.vmap(program, in_axes=(None, 0))(
            np.array([100, 7], np.int16), np.array([1, 40000])
        )


@pytest.mark.parametrize("square", [lambda x: x**2.0, lambda x: np.power(x, np.float64(2))])
@pytest.mark.parametrize("dtype", ["u1", "i1"])
def test_a_square_has_room_for_what_its_exponent_asks_for(square, dtype):
    x = np.array([100, 2], dtype)
    assert_array_equal(compile(lambda x: square(x) + 1)(x), square(x) + 1)


def test_a_number_to_differentiate_by_is_float64():
    x = np.ones(3, np.float32)
    for transform in (
        grad(lambda x, a: np.sum(np.sin(a * x))), grad(lambda x, a: np.sum(np.sin(a * x)), 1),
        value_and_grad(lambda x, a: np.sum(a * x) * a, (0, 1)),
    ):  # fmt: skip
        for ours, wanted in zip(
            leaves_of(compile(transform)(x, 0.1)), leaves_of(transform(x, 0.1)), strict=True
        ):
            assert_array_equal(ours, wanted)
            assert ours.dtype == wanted.dtype


@pytest.mark.parametrize(
    "f",
    [
        lambda x, n: np.sum(x**n), lambda x, n: np.sum(n**x), lambda x, n: np.sum((x * n) ** x),
        lambda x, n: np.sum(np.clip(x, -n, n)), lambda x, n: np.sum(np.clip(x, 1, n)),
        lambda x, n: np.sum(np.clip(x, n, None) * x), lambda x, n: np.sum(np.linspace(x, n, 4)),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "n",
    [2, 2.5, *since("2.3.0", [2.0]), np.float32(2), np.array([1.0, 2.0, 3.0])],
    ids=repr,
)
def test_derivatives_beside_another_argument(f, n):
    for dtype in ("f4", "f8"):
        x = np.array([0.5, 2, 3], dtype)
        for argnum in (0, 1) if np.ndim(n) or type(n) is float else (0,):
            slope = value_and_grad(f, argnum)
            wanted = slope(x, n)
            for made in (compile(slope), capture(slope, x, n)):
                for ours, expected in zip(made(x, n), wanted, strict=True):
                    assert_array_equal(ours, expected)
                    assert ours.dtype == expected.dtype


def test_what_is_set_on_a_compiled_module_is_the_modules():
    net = compile(nn.Dropout(0.5))
    net.training = False
    assert not net.f.training
    assert_array_equal(net(Tensor(np.ones(9))).data, np.ones(9))
    net.note = "its own"
    assert not hasattr(net.f, "note")


def test_bounds_that_become_nan_give_nan():
    x = np.array([0.5, 2.0, np.nan])
    for f in (lambda x, n: np.clip(x, n, None), lambda x, n: np.clip(x, None, n)):
        for made in (compile(f), capture(f, x, 1.0)):
            assert_array_equal(made(x, 1.0), f(x, 1.0))
            assert_array_equal(made(x, np.nan), f(x, np.nan))


def test_a_tangent_passes_the_fused_parts_of_rules():
    def push(x, y):
        return autograd.jvp(lambda v: v / x)(y)(np.ones(2))

    x, y = np.array([2.0, 4.0]), np.array([1.0, 3.0])
    for made in (compile(push), capture(push, x, y)):
        assert_array_equal(made(x, y)[1], [0.5, 0.25])


def test_numbers_that_python_refuses_are_infinite_or_nan_as_in_numpy():
    with np.errstate(all="ignore"):
        for f, x in [
            (lambda x: x**1.5, -1.0), (lambda x: x**-1, 0.0), (lambda x: x**200.0, 1e10),
            (lambda x: 1 / x, 0.0), (lambda x: x % (x - x), 1.0),
        ]:  # fmt: skip
            assert_array_equal(compile(grad(f))(x), grad(f)(x))
            assert type(compile(f)(x)) is np.float64


def test_an_integer_beyond_64_bits_is_replayed():
    f = lambda x: np.sum(x / 10**20 + 10**19 * x)
    x = np.array([3.0, -4.0])
    assert_array_equal(compile(f)(x), f(x))
    assert_array_equal(compile(grad(f))(x), grad(f)(x))


def test_methods_copies_and_arrays_by_keyword():
    class Scaled:
        factor = 3.0

        @compile
        def times(self, x, more=1.0):
            return x * self.factor * more

    x = np.array([1.0, 2.0])
    assert Scaled().times(x).tolist() == [3, 6]
    assert Scaled().times(x, more=x).tolist() == [3, 12]
    for again in (copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))):  # ours
        assert_allclose(again(compile(np.sin))(x), np.sin(x))


def test_a_method_that_returns_the_module_returns_the_compiled_one():
    net = nn.Sequential(nn.Linear(3, 2), nn.Dropout())
    fast = compile(net)
    assert fast.eval() is fast
    assert not net.training
    assert fast.to("float32").requires_grad_(False).apply(str) is fast
    assert [(p.dtype, p.requires_grad) for p in net.parameters()] == [(np.float32, False)] * 2
    assert next(fast.modules()) is net


def test_the_text_of_what_is_compiled_tells_what_it_is():
    assert repr(compile(nn.Linear(3, 2))) == (
        "compile(Linear(in_features=3, out_features=2, bias=True))"
    )


@compile
def squared(x):
    return x * x


class Squares:
    squared = squared

    @compile
    def halved(self, x):
        return x * x / 2


def test_a_decorated_function_is_found_again_by_pickle():
    for f in (squared, Squares.halved):
        assert pickle.loads(pickle.dumps(f)) is f
        assert copy.deepcopy(f) is f
    other = compile(squared.f)  # which has the name, too
    again = pickle.loads(pickle.dumps(Squares.halved.__get__(Squares())))
    assert again(3.0) == 4.5
    with pytest.raises(pickle.PicklingError, match="not the same object"):
        pickle.dumps(other)


def test_a_derivative_with_respect_to_an_integer_is_that_of_a_number():
    slope = compile(grad(lambda x: x**2))
    assert slope(3) == 6
    assert slope(4.0) == 8
    assert slope(np.int64(3)) == 6
    assert slope(np.array(5)) == 10


@autograd.primitive
def reversal(x):
    """A user's own, which returns its argument: its gradient is reversed."""
    return x


reversal.defvjp(lambda g, y, x: -g)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[0, 0, ...],
        lambda x: x[:, np.int64(1)],
        lambda x: np.squeeze(x[:1, :1]),
        lambda x: x[:1, :1].reshape(()),
        lambda x: np.einsum("ij->ji", x),
        lambda x: np.einsum("ii->i", x[:2, :2]),
        reversal,
    ],
)
def test_what_may_be_a_view_is_a_value(f):
    def g(x):
        y = f(np.exp(x))
        return f(np.exp(-x)), np.sum(np.cos(np.sin(x))) * y

    x = np.arange(6.0).reshape(2, 3) / 6
    step = compile(g)
    results = step(x)
    kept = [np.copy(y) for y in results]
    step(x + 1)
    for y, z, expected in zip(results, kept, g(x), strict=True):
        assert_array_equal(y, z)
        assert_allclose(y, expected, rtol=1e-14)


def test_axes_and_shapes_are_constants_by_keyword_too():
    x = np.arange(6.0).reshape(2, 3)
    assert compile(np.sum)(x, axis=(0, 1)) == 15
    assert compile(lambda x, to: np.reshape(x, to))(x, to=(3, 2)).shape == (3, 2)
    scaled = compile(lambda x, by: x * by[0] + by[1])
    assert_array_equal([scaled(1.0, by=(k, 2.0)) for k in (3.0, 4.0)], [5.0, 6.0])


def test_options_may_be_numbers_of_numpy():
    x = np.arange(6.0).reshape(2, 3)
    for axis in (np.int64(1), (np.int8(0), 1)):
        f = functools.partial(np.sum, axis=axis)
        assert_array_equal(compile(f)(x), f(x))


def test_gradients_that_are_equal_are_arrays_of_their_own():
    """Clipping writes into them: twice into the one array of both, if they shared it."""
    x = np.arange(3.0)
    one, other = compile(grad(lambda a, b: np.sum((a + b) ** 2), (0, 1)))(x, x)
    assert not np.shares_memory(one, other)
    a, b = Tensor(x, requires_grad=True), Tensor(x, requires_grad=True)

    def step(x):
        loss = (((a + b) * x) ** 2).sum()
        loss.backward()
        return loss

    for replay in (compile(step), capture(step, x)):
        a.grad = b.grad = None
        replay(x)
        norm = float(nn.utils.clip_grad_norm_([a, b], 1.0))
        assert_allclose(a.grad.data, 4 * x**3 / norm, rtol=1e-6)
        assert_allclose(b.grad.data, 4 * x**3 / norm, rtol=1e-6)


# ── functions that have attributes of their own ───────────────────────────────────────────────
def test_attributes_of_a_function_are_not_those_of_the_compiled_one():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.f = nn.Linear(2, 2)

        def forward(self, x):
            return self.f(x) * 100

    class Scale:
        def __init__(self, f):
            self.f, self._lock, self._replays = f, None, None

        def __call__(self, x):
            return 3 * self.f(x)

    x, net = np.array([[1.0, 2.0], [3.0, 4.0]]), Net()
    assert_array_equal(compile(net)(x).data, net(x).data)
    assert [*compile(net).parameters()] == [*net.parameters()]
    assert [*compile(net)._named()] == [*net._named()], "as nn.export_onnx asks"
    assert not hasattr(compile(net), "weights")
    assert_array_equal(compile(Scale(np.sin))(x), 3 * np.sin(x))
    assert_array_equal(compile(autograd.vmap(compile(lambda a: a[0] * a)))(x), x[:, :1] * x)

    @functools.wraps(compile(np.sin))
    def wrapped(x):
        return 3 * np.sin(x)

    assert_array_equal(compile(wrapped)(x), 3 * np.sin(x))


# ── what is computed where it lies ────────────────────────────────────────────────────────────
def reversed_beside(x):
    y = x * 2
    before = np.cumsum(y)
    z = y + 2 * y[::-1]  # may not be written over y, which is read from behind
    return np.cumsum(z) + before


def test_a_chain_writes_over_nothing_that_it_reads_by_another_name():
    x = np.random.default_rng(0).standard_normal(LARGE)
    assert_array_equal(compile(reversed_beside)(x), reversed_beside(x))


def test_a_chain_takes_integers_where_a_function_makes_floats():
    numbers = np.arange(LARGE) % 256 - 128
    for x in (numbers, numbers.astype(np.int8), numbers.astype(np.uint8)):
        assert_array_equal(compile(lambda x: autograd.sigmoid(x) * 2)(x), autograd.sigmoid(x) * 2)


def test_results_without_axes_are_numbers():
    def f(x):
        return np.where(x > 0, x * x, 0) + np.clip(x, 0, 1)

    for g in (f, grad(f), value_and_grad(f)):
        (eager, _), (program, _), (replay, _) = (
            flatten(h(0.5)) for h in (g, capture(g, 0.5), compile(g))
        )
        assert {type(y) for y in (*eager, *program, *replay)} == {np.float64}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, complex, int])
@pytest.mark.parametrize("size", [100, 5000, LARGE])
def test_a_choice_keeps_every_bit(dtype, size):
    rng = np.random.default_rng(0)
    x, y = rng.permuted(np.resize(np.array([0, 1, 2, 3]), (2, size)), axis=1).astype(dtype)
    if x.dtype.kind == "f":
        x[::5], x[1::7], y[::3], y[1::11] = np.nan, -0.0, -np.inf, np.nan

    def choices(x, y):
        keep = x.real > 0
        numbers = np.where(y, x, -1), np.where(keep, np.float64(0.1), y), np.where(keep, 1, 0)
        return *numbers, np.where(keep, x, y), np.where(keep, x[:1], y)

    for ours, right in zip(compile(choices)(x, y), choices(x, y), strict=True):
        assert ours.dtype == right.dtype
        assert ours.tobytes() == right.tobytes()


def test_zeros_of_both_signs_are_not_one_number():
    x, zeros = np.ones(LARGE), np.zeros(LARGE)
    zeros[1] = -0.0
    assert compile(lambda x: np.copysign(x, zeros) * 2 + x)(x)[:3].tolist() == [3, -1, 3]


def test_a_part_is_added_only_where_nothing_is_broadcast():
    def f(x):
        return np.sum(x, axis=0, keepdims=True)[None, 0], x[2:] * 2

    t = Tensor(np.arange(5.0), requires_grad=True)
    total, rest = compile(f)(t)
    (np.sum(total) + np.sum(rest)).backward()
    assert t.grad.tolist() == [1, 1, 3, 3, 3]


@pytest.mark.parametrize("shapes", [((1, 1), (1, 3)), ((3, 1), (1, 1))])
def test_a_product_with_one_zero_does_not_hide_what_is_not_finite(shapes):
    a, b = (np.zeros(s) if s == (1, 1) else np.full(s, np.nan) for s in shapes)
    assert np.isnan(compile(lambda a, b: a @ b)(a, b)).all()


def test_results_without_axes_and_views_to_read_are_the_callers_too():
    x = np.array(3.0)
    same, one, other = compile(lambda x: (x, np.where(x > 0, x, 0), np.where(x > 0, x, 0)))(x)
    assert same is not x
    assert one is not other or type(one) is np.float64
    diagonals = compile(lambda x: [np.diagonal(x * 2), np.diag(np.exp(x))])(np.ones((1, 1)))
    assert all(y.flags.writeable for y in diagonals)
    turned = compile(lambda x: np.broadcast_to(x * 2, (1, 3)).T)(np.ones(3))
    assert turned.flags.writeable


# ── what backward knows ───────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("dtypes", [(np.float32, float), (float, complex), (np.float32, "c8")])
def test_results_of_several_dtypes_have_gradients_of_their_own(dtypes):
    """In one array they have one dtype; the parts have theirs back, and no warning."""

    def f(x, y, b, c):
        return x @ x.T + b[0], x + b, y + c

    rng, both = np.random.default_rng(0), []
    arrays = [rng.standard_normal(s).astype(d) for s in ((4, 3), 3) for d in dtypes]
    for function in (f, compile(f)):
        ts = [Tensor(a, requires_grad=True) for a in arrays]
        results = function(*ts)
        sum(np.sum(np.abs(y) ** 2) for y in results).backward()
        both.append([y.data for y in results] + [t.grad.data for t in ts])
    for ours, theirs in zip(*both, strict=True):
        assert ours.dtype == theirs.dtype
        assert_allclose(ours, theirs, rtol=1e-4 if ours.dtype.char in "fF" else 1e-12)


def test_a_graph_that_is_computed_again_keeps_what_backward_reads():
    """As the numerical gradients of a picture are, with other numbers."""
    w = Tensor([0.5, 2.0], requires_grad=True)
    y = compile(lambda w: np.sum(np.exp(w) * np.tanh(w)))(w)
    y.backward(retain_graph=True)
    want, w.grad = w.grad.data, None
    y.op.call(w.data * 3)
    y.backward()
    assert_array_equal(w.grad.data, want)


@pytest.mark.parametrize(
    ("finish", "waits"),
    [
        (lambda h, w: (h**2).sum().backward(), [False, True]),
        (lambda h, w: (h**2).sum().backward(retain_graph=True), [True, True]),
        (lambda h, w: w.requires_grad_(False), [False, False]),
    ],
)
def test_what_has_been_in_a_backward_pass_waits_for_no_other_one(finish, waits):
    """Nor does what came of a tensor that requires no gradient any more: as the docstring says."""
    w = Tensor(2.0, requires_grad=True)

    @compile
    def f(x):
        h = np.tanh(w * x)
        finish(h, w)
        return h, h * 1

    for _ in range(2):
        w.requires_grad_(True)
        results = f(np.arange(3.0))
        assert [y.requires_grad for y in results] == waits
        for y, is_so in zip(results, waits, strict=True):
            w.grad = None
            if is_so:
                y.sum().backward(retain_graph=True)
                assert_allclose(w.grad.data, 0.0733327262192162)


def without_history(w):
    return np.sum(w.detach() * w)


def in_no_grad(w):
    with no_grad():
        s = w * 2
        t = np.exp(w) + s
        t[0] = s[1]
    return np.sum(t * w)


def of_the_data(w):
    return np.sum(w.data[::-1] * w)


def of_a_copy(w):
    return np.sum(Tensor(w.data) * w) + np.sum(Tensor(w.detach(), dtype="float32") * w)


def of_a_gradient(w):
    np.sum(w**3).backward()
    g, w.grad = w.grad, None
    return np.sum(g * w)


def of_a_derivative_in_no_grad(w):
    with no_grad():
        g = grad(lambda v: np.sum(v**3))(w)
    return np.sum(g * w)


CUT = [without_history, in_no_grad, of_the_data, of_a_copy, of_a_gradient]


@pytest.mark.parametrize("f", [*CUT, of_a_derivative_in_no_grad], ids=lambda f: f.__name__)
def test_what_has_no_history_gets_no_gradient(f):
    compiled = compile(f)
    for x in ([1.0, 2.0], [5.0, 7.0]):
        t, u = (Tensor(x, requires_grad=True) for _ in range(2))
        ours, theirs = compiled(t), f(u)
        assert_allclose(ours.data, theirs.data, rtol=1e-13)
        ours.backward()
        theirs.backward()
        assert_allclose(t.grad.data, u.grad.data, rtol=1e-13)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("asked", [(0,), (1,), (2,), (0, 1), (0, 2), (0, 1, 2)])
def test_results_that_nobody_asks_for_send_nothing(asked, create_graph):
    def f(a, b, c):
        shared = np.sin(b)
        return np.sum(a * shared), shared * 2, c * c

    x, found = np.array([1.0, 2.0]), []
    for run in (f, compile(f)):
        leaves = [Tensor(k * x, requires_grad=True) for k in (1, 2, 3)]
        parts = run(*leaves)
        for _ in range(2):
            total = sum(np.sum(parts[k]) for k in asked)
            total.backward(retain_graph=True, create_graph=create_graph)
        found.append([None if w.grad is None else w.grad.tolist() for w in leaves])
    assert found[0] == found[1]
    assert (found[1][2] is None) == (2 not in asked)


@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: (a > 0) * b, lambda a, b: a.detach() * b,
        lambda a, b: b[np.argmax(a, axis=0)], lambda a, b: np.sign(a) * b,
        lambda a, b: (a.detach() * b, a + 1),
    ],
)  # fmt: skip
def test_what_no_gradient_comes_to_has_none(f, outside):
    """An optimizer leaves it alone then, and with 0 would let it decay."""
    results = []
    for how in (lambda f: f, compile):
        a, b = (Tensor([[1.0, 2.0], [3.0, k]], requires_grad=True) for k in (4.0, 5.0))
        run = how((lambda a=a, b=b: f(a, b)) if outside else f)
        ys = run() if outside else run(a, b)
        sum(np.sum(y) for y in (ys if type(ys) is tuple else (ys,))).backward()
        results.append([None if t.grad is None else t.grad.tolist() for t in (a, b)])
    assert results[0] == results[1]


@pytest.mark.parametrize("f", CUT[:4], ids=lambda f: f.__name__)
def test_what_has_no_history_has_none_in_transforms_either(f):
    x = np.array([1.0, 2.0])
    for transform in (grad, hessian):
        for ours in (transform(compile(f)), compile(transform(f)), transform(compile(compile(f)))):
            assert_allclose(ours(x), transform(f)(x), rtol=1e-13)
    program = capture(f, Tensor(x, requires_grad=True))
    assert_allclose(raw(program.grad(Tensor(x))), grad(f)(x), rtol=1e-13)


def test_a_step_copies_nothing_for_histories_that_nobody_asks_for():
    w = Tensor([1.0, 2.0], requires_grad=True)

    def step(x):
        loss = np.sum((w * x) ** 2)
        loss.backward()
        with no_grad():
            w[...] = w - 0.1 * w.grad
        return loss

    assert "detached" not in {e.op.name for e in capture(step, 3.0).equations}
    with no_grad():
        program = capture(lambda x: np.exp(w * x) + w, 3.0)
    assert "detached" not in {e.op.name for e in program.equations}


def test_a_tensor_made_of_an_argument_is_no_constant():
    made = compile(lambda x: Tensor(x) * 2)
    assert [made(np.array([k])).tolist() for k in (1.0, 5.0)] == [[2], [10]]
    assert [made(k).item() for k in (1.0, 5.0, 7)] == [2, 10, 14]
    assert made(7).dtype == int
    w = Tensor(np.ones(2), requires_grad=True)
    loss = compile(lambda x: np.sum((Tensor(x, dtype="float32") @ w) ** 2))
    for k in (1.0, 2.0):
        w.grad = None
        loss(k * np.eye(2)).backward()
        assert w.grad.tolist() == [2 * k**2] * 2
    assert_array_equal(autograd.vmap(lambda x: Tensor(x) * 2)(np.arange(3.0)).data, [0, 2, 4])


def test_a_buffer_is_for_backward_what_it_was_before_it_was_written():
    mean, w = Tensor([1.0, 2.0]), Tensor([3.0, 5.0], requires_grad=True)

    def f(w):
        y = np.sum(mean * w**3)
        mean.data = mean.data * 0.5 + w.data
        return y

    y = compile(f)(w)
    y.backward(create_graph=True)
    assert w.grad.tolist() == [27, 150]
    first, w.grad = w.grad, None
    np.sum(first).backward()
    assert w.grad.tolist() == [18, 60]


def test_a_gradient_comes_to_no_data_that_was_written_inside():
    weights = {
        "written": lambda w, u, x: w.__imul__(0.9),
        "set": lambda w, u, x: setattr(w, "data", u.data * 2),
        "set to a result": lambda w, u, x: setattr(w, "data", np.sin(x)),
        "a number": lambda w, u, x: setattr(w, "data", np.float64(3.0)),
    }
    for name, write in weights.items():
        for is_read in (True, False)[: 1 + (name != "a number")]:
            for how in (lambda f: f, compile):
                w, u = (Tensor([k, k + 1], requires_grad=True) for k in (1.0, 3.0))
                if name == "a number":
                    w = Tensor(1.0, requires_grad=True)

                def step(x, w=w, u=u, write=write, is_read=is_read):
                    with no_grad():
                        write(w, u, x)
                    return np.sum(u * x * (w if is_read else w.detach()))

                y = how(step)(np.array([1.0, 10.0]))
                if how is not compile:
                    y.backward()
                    value, expected = w.tolist(), u.grad.tolist()
                    assert (w.grad is not None) == is_read
                elif is_read:
                    with pytest.raises(RuntimeError, match=r"rewritten after it was used"):
                        y.backward()
                else:
                    y.backward()
                    assert (w.tolist(), u.grad.tolist(), w.grad) == (value, expected, None)


@pytest.mark.parametrize("option", ["retain_graph", "create_graph"])
def test_results_of_a_kept_graph_wait_for_another_backward(option):
    found = []
    for how in (lambda f: f, compile):
        w = Tensor([1.0, 2.0], requires_grad=True)

        def step(x, w=w):
            hidden = w * x
            first, second = np.sum(hidden**2), np.sum(hidden)
            first.backward(**{option: True})
            second.backward()
            return first, hidden, second

        run = how(step)
        for k in (1.0, 2.0):
            w.grad = None
            first, hidden, second = run(np.array([3.0, 4.0]) + k)
            found.append(w.grad.tolist())
            w.grad = None
            np.sum(first * hidden + w**2).backward()
            found.append([*w.grad.tolist(), first.requires_grad, hidden.requires_grad])
            with pytest.raises(RuntimeError, match=r"second time|nothing that this result came"):
                second.backward()
    assert found[:4] == found[4:]


@pytest.mark.parametrize(
    ("change", "is_new"),
    [
        (lambda w: setattr(w, "data", w.data - 1), True),
        (lambda w: setattr(w, "data", operator.isub(w.data, 1)), False),  # w.data -= 1
        (lambda w: setattr(w, "data", w.data), False),
        (lambda w: setattr(w, "data", w.data * 1), True),
        (no_grad()(lambda w: (w.sub_(1), setattr(w, "data", w.data * 2), w.sub_(1))), True),
        (lambda w: operator.isub(w.data[:1], 1), False),
        (lambda w: no_grad()(w.sub_)(1), False),
        (lambda w: nn.optim.SGD([w], 1.0).step(w.sum().backward), False),
    ],
)
def test_data_is_replaced_where_the_function_replaces_it_and_else_written(change, is_new):
    """Who holds the array of before sees what is written into it, and nothing else."""
    held = []
    for how in (lambda f: f, compile):
        w = Tensor([1.0, 2.0], requires_grad=True)
        before = w.detach()

        def step(w=w):
            w.grad = None
            change(w)

        run, arrays = how(step), [w.data]
        for _ in range(3):
            run()
            arrays.append(w.data)
        held.append([a.tolist() for a in [*arrays, before.data]])
        assert (arrays[0] is arrays[-1]) != is_new
    assert held[0] == held[1]


@pytest.mark.parametrize(
    "change", [lambda w: setattr(w, "data", w.data * 0.9), lambda w: no_grad()(w.mul_)(0.9)]
)
@pytest.mark.parametrize("after", [False, True])
def test_a_gradient_of_a_tensor_that_got_other_data_is_refused(change, after):
    """For a program it is one tensor, which has a gradient at one of two places."""
    w = Tensor([1.0, 2.0], requires_grad=True)

    @compile
    def f(x):
        y = x * w
        change(w)
        return np.sum(y + x * w if after else y)

    for _ in range(2):
        y = f(np.ones(2))
        with pytest.raises(RuntimeError, match="a tensor was rewritten after it was used"):
            y.backward()


@pytest.mark.parametrize("keepdims", [False, True])
def test_sums_of_many_short_rows_have_the_axes_that_are_wanted(keepdims):
    x = np.random.default_rng(0).standard_normal((LARGE // 3 + 1, 3))
    f = lambda x: np.sum(x * 2, axis=-1, keepdims=keepdims)
    assert_array_equal(compile(f)(x), f(x))


@pytest.mark.parametrize("dtypes", ["fd", "df", "dl", "FD", "bl", "?d"])
def test_matrices_of_two_dtypes_have_their_product(dtypes):
    a, b = (np.arange(9).reshape(3, 3).astype(dtype) for dtype in dtypes)
    assert_array_equal(compile(np.matmul)(a, b), a @ b)
    assert compile(np.matmul)(a, b).dtype == (a @ b).dtype


def test_whole_numbers_share_a_program():
    scaled = compile(lambda x, k: x * k)
    for k in (1, 2, 3):
        assert_array_equal(scaled(np.ones(2), k), [k, k])
    assert len(scaled._replays) == 1


def test_the_data_of_integers_are_read_and_written_as_others():
    x = np.arange(6.0).reshape(3, 2)
    for n in (Tensor(0), Tensor([1, 0, 1])):

        def f(x, kind, n=n):
            n.data += 1
            n.data = n.data * 2
            return x[kind.data] * n.data.sum() + x[n.data % 2].sum()

        results = []
        for how in (lambda f: f, compile):
            n.data, run = np.zeros_like(n.data), how(f)
            results += [[run(x, Tensor([2, k])) for k in (0, 1, 2)], n.data]
        assert_array_equal(results[2], results[0])
        assert_array_equal(results[3], results[1])
    masked = autograd.vmap(lambda x, kept: np.where(kept.data, x, 0))
    assert_array_equal(masked(Tensor(x), Tensor(x > 2)).data, np.where(x > 2, x, 0))


# ── what is read from outside ─────────────────────────────────────────────────────────────────
class Row(NamedTuple):
    shift: np.ndarray
    factors: list[float]


@dataclass(slots=True)
class Limits:
    top: float = 7.0


class Step:
    factor = 2.0

    def apply(self, x):
        return x * self.factor


@dataclass
class Rated:
    rate: float


@dataclass(slots=True)
class SlottedRate:
    rate: float


def first(x, data):
    return x * dataclasses.astuple(data)[0]


class Settings:
    scale, _base = 2.0, 1.0

    @property
    def base(self):
        return self._base

    def __init__(self):
        self.shift, self.powers, self.more = 1.0, OrderedDict({0: 2}), {"weights": {"l2": 3.0}}
        self.rows, self.limits = [np.ones(3), {"b": Row(np.zeros(3), [1.0])}], Limits()
        self.steps = {"one": [Step()]}


settings_of_mine, offset = Settings(), 0.5


def helper(x):
    y = x * settings_of_mine.rows[0] + settings_of_mine.rows[1]["b"].shift
    y = np.minimum(y, settings_of_mine.limits.top) * settings_of_mine.rows[1]["b"].factors[0]
    for step in settings_of_mine.steps["one"]:
        y = step.apply(y)
    return y * settings_of_mine.scale + settings_of_mine.shift * settings_of_mine.base + offset


def reads_all(x):
    return np.sum(helper(x) ** settings_of_mine.powers[0]) * settings_of_mine.more["weights"]["l2"]


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(settings_of_mine, "shift", 2.0),
        lambda patch: patch.setattr(settings_of_mine, "scale", 3.0),  # in front of the class's
        lambda patch: patch.setattr(Settings, "scale", 3.0),
        lambda patch: patch.setattr(settings_of_mine, "_base", 2.0),
        lambda patch: patch.setitem(settings_of_mine.powers, 0, 3),
        lambda patch: patch.setitem(settings_of_mine.more["weights"], "l2", 4.0),
        lambda patch: patch.setattr(settings_of_mine.limits, "top", 2.5),
        lambda _: operator.setitem(settings_of_mine.rows, 0, np.zeros(3)),
        lambda _: operator.setitem(settings_of_mine.rows[0], 2, 5.0),
        lambda _: operator.setitem(settings_of_mine.rows[1]["b"].shift, 2, 5.0),
        lambda _: operator.setitem(settings_of_mine.rows[1]["b"].factors, 0, 5.0),
        lambda _: setattr(settings_of_mine.steps["one"][0], "factor", 3.0),
        lambda _: settings_of_mine.steps["one"].append(Step()),
        lambda patch: patch.setitem(globals(), "offset", 1.5),
        lambda patch: patch.setitem(globals(), "offset", np.arange(3.0)),
        lambda patch: patch.setitem(globals(), "helper", np.sin),
        lambda patch: patch.setitem(globals(), "settings_of_mine", Settings()),
    ],
)
def test_what_is_read_by_name_may_be_another_at_the_next_call(change, monkeypatch):
    monkeypatch.setitem(globals(), "settings_of_mine", Settings())
    x, step = np.array([1.0, 2.0, 3.0]), compile(value_and_grad(reads_all))
    for _ in range(2):
        step(x)
    change(monkeypatch)
    value, gradient = step(x)
    expected, slope = value_and_grad(reads_all)(x)
    assert value == expected
    assert_array_equal(gradient, slope)


class Default:
    of_class = 1.0

    @classmethod
    def through_class(cls, x):
        return x * cls.of_class * cls.cached()

    @classmethod
    @functools.cache
    def cached(cls):
        return 1.0


class Config(Default):
    def __init__(self):
        self._values, self._factor, self.scale = {"rate": 1.0}, 1.0, 1.0

    def set_factor(self, factor):
        self._factor = factor

    def __getitem__(self, name):
        return self._values[name]

    def __getattr__(self, name):
        if name not in self._values:
            raise AttributeError(name)
        return self._values[name]

    __array_ufunc__ = None

    def __rmul__(self, x):
        return x * self._factor


def with_default(x, config={"rate": 1.0}):  # noqa: B006  # somebody does
    return x * config["rate"]


def scaled(x, config):
    return x * config.scale


class Scaled:
    def __call__(self, x, config):
        return scaled(x, config)


class ScaledModule(nn.Module):
    def forward(self, x, config):
        return scaled(x, config)


class Checked:
    """A descriptor, as libraries of settings have them."""

    def __init__(self, value):
        self.value = value

    def __get__(self, owner, kind=None):
        return self if owner is None else self.value


class Checks:
    scale = Checked(1.0)


config, row, checked = Config(), np.ones(2), Checks()
rated, slotted_rate = Rated(1.0), SlottedRate(1.0)
ragged = np.empty(1, object)
ragged[0] = row
HELD = [
    deque([1.0]), UserList([1.0]), np.array([1.0, None]), ragged, {0: 1.0},
    UserDict({0: 1.0}), ChainMap({0: 1.0}), MappingProxyType({0: row}), (frozenset([checked]),),
]  # fmt: skip


def put(held):
    """Have another number in a container, or in what is there."""
    row.fill(5.0)
    checked.rate = 5.0
    if not isinstance(held, (tuple, MappingProxyType)) and held[0] is not row:
        held[0] = 5.0


def got(held):
    return next(iter(held[0])).rate if isinstance(held, tuple) else held[0]


@pytest.mark.parametrize("held", HELD, ids=lambda held: type(held).__name__)
def test_containers_of_any_kind_are_looked_into(held):
    row.fill(1.0)
    checked.rate = 1.0
    step = compile(lambda x: x * got(held))
    for _ in range(2):
        assert_array_equal(step(np.ones(2)), [1.0, 1.0])
    put(held)
    assert_array_equal(step(np.ones(2)), [5.0, 5.0])


@pytest.mark.parametrize(
    ("f", "change"),
    [
        (lambda x: x * config["rate"], lambda: config._values.update(rate=5.0)),
        (lambda x: x * config.rate, lambda: config._values.update(rate=5.0)),
        (lambda x: x * config, lambda: config.set_factor(5.0)),
        (lambda x: x * getattr(config, "_factor"), lambda: config.set_factor(5.0)),  # noqa: B009  # likewise
        (lambda x: sum(x * config._factor for _ in [0]), lambda: config.set_factor(5.0)),
        (lambda x: x * operator.attrgetter("scale")(config), lambda: setattr(config, "scale", 5.0)),
        (lambda x: scaled(x, config), lambda: setattr(config, "scale", 5.0)),
        (lambda x: x * Config.of_class, lambda: setattr(Default, "of_class", 5.0)),
        (lambda x: x * Config.of_class, lambda: setattr(Config, "of_class", 5.0)),
        (lambda x: Config.through_class(x), lambda: setattr(Default, "of_class", 5.0)),
        (lambda x: config.through_class(x), lambda: setattr(Default, "of_class", 5.0)),
        (lambda x: scaled(x, checked), lambda: setattr(vars(Checks)["scale"], "value", 5.0)),
        (lambda x: x * sum(vars(rated).values()), lambda: setattr(rated, "rate", 5.0)),
        (lambda x: x * sum(rated.__dict__.values()), lambda: setattr(rated, "rate", 5.0)),
        (lambda x: first(x, slotted_rate), lambda: setattr(slotted_rate, "rate", 5.0)),
        (with_default, lambda: with_default.__defaults__[0].update(rate=5.0)),
        (lambda x, y=row: x * y, lambda: row.fill(5.0)),
        (functools.partial(np.multiply, row), lambda: row.fill(5.0)),
        (functools.partial(lambda y, x: x * y, row), lambda: row.fill(5.0)),
        (functools.partial(lambda *xs: xs[0] * xs[1], row), lambda: row.fill(5.0)),
        (functools.partial(lambda x, c: x * c._factor, c=config), lambda: config.set_factor(5.0)),
    ],
)  # fmt: skip
def test_what_is_read_in_other_ways_may_be_another_too(f, change, monkeypatch):
    monkeypatch.setitem(vars(config), "_factor", 1.0)
    monkeypatch.setitem(vars(config), "scale", 1.0)
    monkeypatch.setitem(config._values, "rate", 1.0)
    monkeypatch.setattr(rated, "rate", 1.0)
    row.fill(1.0)
    step = compile(f)
    for _ in range(2):
        assert_array_equal(step(np.ones(2)), [1.0, 1.0])
    try:
        change()
        assert_array_equal(step(np.ones(2)), [5.0, 5.0])
    finally:
        vars(Checks)["scale"].value = Default.of_class = slotted_rate.rate = 1.0
        vars(Config).get("of_class") and delattr(Config, "of_class")


slope = grad(lambda x: np.sum(x * x) * rated.rate / 2)
remembered = checkpoint(lambda x: x * rated.rate)


@contextmanager
def opened():
    yield rated.rate


def entered_by_name(x):
    with opened() as rate:
        return x * rate


@pytest.mark.parametrize("f", [lambda x: slope(x), lambda x: remembered(x), entered_by_name])
def test_what_a_wrapped_function_reads_by_name_may_be_another_too(f, monkeypatch):
    monkeypatch.setattr(rated, "rate", 1.0)
    step = compile(f)
    for _ in range(2):
        assert_array_equal(step(np.ones(2)), [1.0, 1.0])
    rated.rate = 5.0
    assert_array_equal(step(np.ones(2)), [5.0, 5.0])


def by_attribute():
    rate = Rated(1.0)
    return lambda g, y, x: g * rate.rate, lambda: setattr(rate, "rate", 5.0)


def by_closure():
    rate = 1.0

    def change():
        nonlocal rate
        rate = 5.0

    return lambda g, y, x: g * rate, change


def by_item():
    rates = [1.0]
    return lambda g, y, x: g * rates[0], lambda: operator.setitem(rates, 0, 5.0)


def by_element():
    rates = np.ones(2)
    return lambda g, y, x: g * rates, lambda: rates.fill(5.0)


@pytest.mark.parametrize("made", [by_attribute, by_closure, by_item, by_element])
def test_what_a_rule_of_ones_own_reads_may_be_another_too(made):
    rule, change = made()
    own = autograd.primitive(lambda x: x + 0.0, rule)
    step = compile(grad(lambda x: np.sum(own(x))))
    for _ in range(2):
        assert_array_equal(step(np.ones(2)), [1.0, 1.0])
    change()
    assert_array_equal(step(np.ones(2)), [5.0, 5.0])


def test_a_rule_may_be_replaced_by_another():
    own = autograd.primitive(lambda x: x + 0.0, lambda g, y, x: g)
    step = compile(grad(lambda x: np.sum(own(x))))
    for _ in range(2):
        assert_array_equal(step(np.ones(2)), [1.0, 1.0])
    own.defvjp(lambda g, y, x: g * 5)
    assert_array_equal(step(np.ones(2)), [5.0, 5.0])


def test_a_rule_that_draws_random_numbers_is_found():
    numbers = np.random.default_rng(0)
    own = autograd.primitive(lambda x: x + 0.0, lambda g, y, x: g * numbers.normal(size=2))
    with pytest.raises(CaptureError, match="a program cannot hold random numbers"):
        capture(grad(lambda x: np.sum(own(x))), np.ones(2))


def asked(self, name):
    if name == "ratio":
        return self.rate
    raise AttributeError(name)


def entered(x, opened):
    with opened as rate:
        return x * rate


def in_front(do):
    return lambda x, given: do(given, x)


def behind(do):
    return lambda x, given: do(x, given)


IMPLICIT = {
    "__getattr__": (asked, lambda x, given: x * given.ratio),
    "__getitem__": (lambda self, i: self.rate, lambda x, given: x * given[0]),
    "__iter__": (lambda self: iter([self.rate]), lambda x, given: x * sum(given)),
    "__len__": (lambda self: int(self.rate), lambda x, given: x * len(given)),
    "__contains__": (lambda self, n: self.rate == n, lambda x, given: x if 1 in given else 5 * x),
    "__enter__": (lambda self: self.rate, entered),
    "__neg__": (lambda self: self.rate, lambda x, given: x * -given),
    "__pos__": (lambda self: self.rate, lambda x, given: x * +given),
    "__abs__": (lambda self: self.rate, lambda x, given: x * abs(given)),
    "__float__": (lambda self: self.rate, lambda x, given: x * float(given)),
    "__index__": (lambda self: int(self.rate), lambda x, given: x * operator.index(given)),
    "__round__": (lambda self: self.rate, lambda x, given: x * round(given)),
    "__bool__": (lambda self: self.rate == 1.0, lambda x, given: x if given else 5 * x),
    "__eq__": (lambda self, n: self.rate == n, lambda x, given: x if given == 1.0 else 5 * x),
    "__gt__": (lambda self, n: self.rate > n, lambda x, given: 5 * x if given > 1.0 else x),
    "__str__": (lambda self: str(self.rate), lambda x, given: x * float(str(given))),
    "__next__": (lambda self: self.rate, lambda x, given: x * next(given)),
    "__array__": (lambda self, *_: np.array(self.rate), lambda x, given: x * np.asarray(given)),
}
for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    do, do_in_place = getattr(operator, name), getattr(operator, f"i{name}")
    uses = {"": in_front(do), "r": behind(do), "i": in_front(do_in_place)}
    IMPLICIT |= {f"__{side}{name}__": (lambda self, x: x * self.rate, uses[side]) for side in uses}


@pytest.mark.parametrize("name", IMPLICIT)
def test_what_python_calls_without_its_name_is_followed_too(name):
    method, use = IMPLICIT[name]
    rest = {"__array_ufunc__": None, "__exit__": lambda *_: None}
    given = type("Given", (), {**rest, name: method})()
    step = compile(lambda x: use(x, given))
    for given.rate in (1.0, 1.0, 5.0):
        assert step(2.0) == 2.0 * given.rate


class Slotted:
    __slots__ = ("scale",)


class Proxy:
    """As frameworks have them for what is there later."""

    @property
    def __dict__(self):
        raise RuntimeError("outside of a request")


def test_an_object_that_tells_nothing_is_no_error():
    proxy = Proxy()
    assert compile(lambda x: x if proxy is None else 2 * x)(1.5) == 3.0


@pytest.mark.parametrize(
    "f",
    [
        scaled,
        Scaled(),
        ScaledModule(),
        functools.partial(lambda y, x, c: scaled(x * y, c), 1.0),
        value_and_grad(lambda x, c: np.sum(scaled(x, c))),
    ],
)
@pytest.mark.parametrize("kind", [Config, Slotted])
def test_attributes_are_read_wherever_an_argument_arrives(f, kind):
    given, step, found = kind(), compile(f), []
    nested = compile(lambda x, tree: scaled(x, tree["of"][0]))
    for factor in (1.0, 1.0, 5.0):
        given.scale = factor
        y = step(np.array(2.0), given)
        found.append(float(y[0] if type(y) is tuple else y))
        assert nested(1.0, {"of": [given]}) == factor
    assert found == [2.0, 2.0, 10.0]


def test_the_methods_of_two_objects_are_two():
    one, other = Step(), Step()
    first, second = one.apply, other.apply
    step = compile(lambda x: first(x) + second(x))
    assert step(1.0) == 4.0
    one.factor = 3.0
    assert step(1.0) == 5.0
    other.factor = 5.0
    assert step(1.0) == 8.0


@pytest.mark.parametrize(
    "f",
    [
        lambda x, given: given.apply(x),
        lambda x, given: sum(x * given.factor for _ in [0]),
        lambda x, given: x * getattr(given, "factor"),  # noqa: B009  # somebody does
    ],
)
def test_attributes_of_an_argument_may_be_read_in_other_ways(f):
    given, step = Step(), compile(f)
    for given.factor in (2.0, 2.0, 5.0):
        assert step(1.0, given) == given.factor


def test_attributes_of_many_objects_may_change():
    steps = [Step() for _ in range(2000)]
    compiled = compile(lambda x: x * steps[7].factor)
    assert compiled(1.0) == 2.0
    steps[7].factor = 3.0
    assert compiled(1.0) == 3.0


def test_variables_around_a_function_may_change():
    beta, w = 1.0, Tensor(2.0, requires_grad=True)
    step = compile(lambda x: x * beta * w)
    assert step(3.0).item() == 6.0
    beta = 0.5
    assert step(3.0).item() == 3.0
    w = Tensor(2.0, requires_grad=True)  # an equal one, but another
    step(3.0).backward()
    assert w.grad.item() == 1.5


@pytest.mark.parametrize("size", [3, 8000])
def test_an_array_around_a_function_may_be_written_into(size):
    data = np.arange(float(size))
    step = compile(grad(lambda w: np.sum(w * data)))
    w = np.ones(size)
    for whole in (True, False):
        assert_array_equal(step(w), data)
        data[slice(None) if whole else 1] *= -2  # a single element need not be in a sample
    assert_array_equal(step(w), data)


@pytest.mark.parametrize(
    ("name", "i", "value"),
    [
        ("file", 0, 5.0), ("own", 0, 5.0), ("masked", 1, 5.0), ("masked", 1, np.ma.masked),
        ("hidden", 1, 5.0), ("hidden", 2, np.ma.masked), ("records", 2, (5.0,)),
    ],
)  # fmt: skip
def test_an_array_of_a_subclass_may_be_written_into(name, i, value, tmp_path):
    class Own(np.ndarray):
        pass

    mapped = np.memmap(tmp_path / "x", np.float64, "w+", shape=3)
    mapped[:] = 1, 2, 3
    part = {
        "file": mapped, "own": np.array([1.0, 2, 3]).view(Own), "masked": np.ma.array([1.0, 2, 3]),
        "hidden": np.ma.array([1.0, 2, 3], mask=[True, False, False]),
        "records": np.rec.array([(1.0,), (2.0,), (3.0,)], dtype=[("a", float)]),
    }  # fmt: skip
    mapped, own, masked, hidden, records = part.values()

    def f(x):
        filled = masked.filled(7) + hidden.filled(9)
        return x * mapped + np.asarray(own) * filled + records.a

    x, step = np.ones(3), compile(f)
    for _ in range(2):
        assert_array_equal(step(x), f(x))
    part[name][i] = value
    for _ in range(2):
        assert_array_equal(step(x), f(x))


def test_another_masked_array_with_the_same_mask_is_another():
    held = Step()
    held.factor = np.ma.array([1.0, 2.0])
    step = compile(lambda x: x * held.factor.filled(7))
    assert_array_equal(step(np.ones(2)), [1.0, 2.0])
    held.factor = np.ma.array([3.0, 4.0])
    assert_array_equal(step(np.ones(2)), [3.0, 4.0])


@pytest.mark.parametrize("option", [False, True])
def test_attributes_of_arguments_may_change(option):
    class Model:
        def __init__(self):
            self.scale, self.net = 2.0, nn.Linear(1, 1)

        @compile
        def step(self, x):
            return self.net(x) * self.scale

    @compile
    def of(x, model):
        return model.net(x) * model.scale

    one, other, x = Model(), Model(), np.ones((2, 1))
    for change in (False, False, True, False, True):
        one.scale += change  # the other is as it was, and was captured last
        for model in (one, other):
            y = of(x, model=model) if option else model.step(x)
            assert_array_equal(y.data, model.net(x).data * model.scale)
    one.net = nn.Linear(1, 1)
    y = of(x, model=one) if option else one.step(x)
    assert_array_equal(y.data, one.net(x).data * one.scale)


def test_no_batch_size_is_known_from_before_a_change():
    scale = 1.0
    step = compile(lambda x: np.sum(x) * scale)
    for size in (2, 8, 4, 4):
        assert step(np.ones(size)) == size * scale
    scale = 2.0
    for size in (6, 4, 2, 8, 6):
        assert step(np.ones(size)) == size * scale


def test_attributes_of_modules_may_change():
    class Net(nn.Module):
        def __init__(self):
            self.heads, self.temperature = nn.ModuleList([nn.Linear(2, 2)]), 1.0

        def forward(self, x):
            return self.heads[0](x) / self.temperature

    net, x = Net(), np.eye(2)
    step = compile(lambda x: net(x).sum())
    for _ in range(2):
        assert step(x).item() == net(x).sum().item()
    net.temperature = 2.0
    assert step(x).item() == net(x).sum().item()
    net.heads[0].bias = nn.Parameter(np.ones(2))
    step(x).backward()
    assert net.heads[0].bias.grad.tolist() == [1.0, 1.0]
    net.heads[0] = nn.Linear(2, 2)
    assert step(x).item() == net(x).sum().item()
    del net.temperature
    with pytest.raises(AttributeError, match="temperature"):
        step(x)


def test_attributes_of_pytorchs_modules_may_change_too():
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Linear(2, 1)
    theirs.scale = 2.0
    step = compile(lambda x: x * theirs.scale)
    assert step(3.0) == 6.0
    theirs.scale = 0.5
    assert step(3.0) == 1.5


def test_the_options_of_an_optimizer_may_change():
    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = nn.optim.SGD([w], lr=0.25)
    schedule = nn.optim.lr_scheduler.StepLR(optimizer, 2, 0.0)

    @compile
    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    seen = []
    for _ in range(4):
        step(np.ones(2))
        schedule.step()
        seen.append(w.tolist())
    assert seen == [[0.75, 1.75], [0.5, 1.5], [0.5, 1.5], [0.5, 1.5]]


def test_what_is_no_change_is_not_captured_again():
    runs = []

    class Net(nn.Module):
        def __init__(self):
            self.w, self.calls, self.scale = nn.Parameter(np.ones(2)), 0, 0.1 + 0.2

        def forward(self, x):
            self.calls += 1  # what it changes itself is no reason to run it again
            runs.append(self.calls)
            return x @ self.w * self.scale

    net, x = Net(), np.ones(2)
    step = compile(lambda x: net(x))
    for _ in range(3):
        assert step(x).item() == 2 * (0.1 + 0.2)
        net.scale = 0.3 + float(np.spacing(0.3))  # the same number
        net(x)
        net.train()
    assert runs == [1, 2, 3, 4]  # once for the program


@pytest.mark.parametrize(
    "place", [ModuleType("library"), lambda: None, nn.optim.SGD([Tensor(1.0, requires_grad=True)])]
)
def test_a_name_that_comes_to_what_is_not_asked_for_its_names_is_no_change(place):
    runs, place.rate = [], 2.0

    def f(x):
        runs.append(1)
        return x * place.rate

    step = compile(f)
    assert [step(1.0), step(1.0)] == [2.0, 2.0]
    before = len(runs)
    place.more = 1.0
    assert step(1.0) == 2.0
    assert len(runs) == before
    place.rate = 3.0
    assert step(1.0) == 3.0


@pytest.mark.parametrize("text", ["10**30", "0.5", "1 + 2j", "'a b'", "b'a b'", "np.float32(0.5)"])
def test_an_equal_number_or_text_is_no_change(text):
    runs, settings = [], Step()

    def f(x):
        runs.append(1)
        return x if settings.factor == 0 else 2 * x

    step, before = compile(f), []
    for _ in range(3):
        settings.factor = eval(text)  # another object each time
        assert step(1.0) == 2.0
        before.append(len(runs))
    assert before[1] == before[2]


class Gained(nn.Module):
    scale = 1.0

    def __init__(self):
        self.layer = nn.Linear(4, 4)

    def helper(self, x):
        return x

    def forward(self, x):
        y = self.helper(self.layer(x)) * self.scale * getattr(self, "gain", 1.0)
        return y + sum(np.sum(p) for p in self.parameters())


class PlainGained:
    scale, bias = 1.0, None

    def helper(self, x):
        return x

    def __call__(self, x):
        if self.bias is None:
            self.bias = np.zeros(4)
        gain = self.gain if hasattr(self, "gain") else 1.0
        return self.helper(x) * self.scale * gain + self.bias


LATER = {
    "an attribute": lambda m: setattr(m, "gain", 3.0),
    "one in front of the class's": lambda m: setattr(m, "scale", 2.0),
    "a method of its own": lambda m: setattr(m, "helper", lambda x: x * 7),
    "a call of its own": lambda m: setattr(m, "forward", lambda x: x * 9),
    "a parameter": lambda m: setattr(m, "w", nn.Parameter(np.ones(4))),
    "what it has made": lambda m: setattr(m, "bias", np.ones(4)),
}


@pytest.mark.parametrize("kind", [Gained, PlainGained])
@pytest.mark.parametrize("change", LATER.values(), ids=LATER)
def test_what_an_object_gets_later_is_seen(kind, change):
    model, x = kind(), np.ones((2, 4))
    f = compile(lambda x: model(x))
    for _ in range(2):
        f(x)
    change(model)
    for _ in range(2):
        assert np.array_equal(np.asarray(raw(f(x))), raw(model(x)))


def test_an_attribute_that_the_first_call_makes_may_be_another_later():
    class Lazy:
        def __call__(self, x):
            if not hasattr(self, "bias"):
                self.bias = np.zeros(2)
            return x + self.bias

    model = Lazy()
    step = compile(lambda x: model(x))
    for _ in range(2):
        assert_array_equal(step(np.ones(2)), [1.0, 1.0])
    model.bias = np.ones(2)
    assert_array_equal(step(np.ones(2)), [2.0, 2.0])


def test_an_attribute_that_came_is_named():
    model = Step()
    vars(model).update({f"a{i}": i for i in range(50)})
    outside = Outside(reached(model.apply))
    outside.settle()
    model.gain = 1.0
    assert outside.change() == "gain"


STRUCTURES = {
    "append": (nn.Sequential(nn.Linear(4, 4)), lambda m: m.append(nn.Linear(4, 2))),
    "extend": (nn.Sequential(nn.Linear(4, 4)), lambda m: m.extend([nn.Tanh(), nn.Tanh()])),
    "insert": (nn.Sequential(nn.Linear(4, 4)), lambda m: m.insert(0, nn.Tanh())),
    "by name": (nn.Sequential(nn.Linear(4, 4)), lambda m: setattr(m, "last", nn.Tanh())),
    "add_module": (nn.Sequential(nn.Linear(4, 4)), lambda m: m.add_module("last", nn.Tanh())),
}


@pytest.mark.parametrize(("net", "change"), STRUCTURES.values(), ids=STRUCTURES)
def test_layers_that_come_later_are_seen(net, change):
    f, x = compile(net), np.ones((8, 4))
    f(x)
    change(net)
    assert np.array_equal(f(x).data, net(x).data)
    assert np.array_equal(f(x).data, net(x).data)


@pytest.mark.parametrize(
    ("before", "after"), [(2, 2.0), (True, 1), (0.0, -0.0), (1, np.float32(1.0)), ("a", b"a")]
)
@pytest.mark.parametrize("place", [lambda v: {"v": v}, lambda v: [[v]], lambda v: {"p": {"v": v}}])
def test_a_number_of_another_kind_in_a_container_is_another(before, after, place):
    seen, held = [], place(before)

    def f(x):
        seen.append(str(held))
        return x * 2.0

    compiled = compile(f)
    compiled(np.ones(2))
    held.clear()
    (held.extend if type(held) is list else held.update)(place(after))
    compiled(np.ones(2))
    compiled(np.ones(2))
    assert seen == [str(place(before)), str(place(after))]


def test_the_order_of_a_dict_is_read_too():
    weights = {"a": 1.0, "b": 10.0}
    f = compile(lambda x: sum(x * v * i for i, v in enumerate(weights.values())))
    assert f(np.ones(2))[0] == 10
    weights["a"] = weights.pop("a")
    assert f(np.ones(2))[0] == 1


def test_numbers_of_numpys_by_name_are_constants_as_pythons_are():
    f = compile(lambda x, k=1: x * k)
    x = np.arange(3.0)
    for k in (np.float64(2.5), np.int64(3), np.argmax(x), np.float32(0.5), np.True_):
        for _ in range(2):
            assert np.array_equal(f(x, k=k), x * k)
            assert f(x, k=k).dtype == (x * k).dtype


def test_the_default_dtype_is_read_at_each_call():
    f, x = compile(lambda x: x * autograd.ones(4)), np.ones(4, np.float32)
    assert f(x).dtype == np.float64
    try:
        autograd.set_default_dtype("float32")
        assert f(x).dtype == np.float32
    finally:
        autograd.set_default_dtype("float64")
    assert f(x).dtype == np.float64


@pytest.mark.parametrize("first", [False, True])
def test_freezing_is_seen_of_what_no_result_needs(first):
    w, v = Tensor(np.ones(3), requires_grad=first), Tensor(np.ones(3), requires_grad=True)
    step = compile(lambda x: np.sum(w * x + v).backward())
    step(np.ones(3))
    w.requires_grad_(not first)
    w.grad = None
    step(np.ones(3))
    assert (w.grad is None) == first


@pytest.mark.parametrize("schedule", ["ExponentialLR", "StepLR", "by hand"])
def test_a_rate_that_is_set_inside_is_refused(schedule):
    w = Tensor(np.ones(2), requires_grad=True)
    optimizer = nn.optim.SGD([w], lr=0.1)
    options = {"ExponentialLR": (0.5,), "StepLR": (2, 0.5)}

    class ByHand:
        def step(self):
            for group in optimizer.param_groups:
                group["lr"] *= 0.5

    named = getattr(nn.optim.lr_scheduler, schedule, None)
    rates = named(optimizer, *options[schedule]) if named else ByHand()

    @compile
    def step(x):
        optimizer.zero_grad()
        np.sum(w * x).backward()
        optimizer.step()
        rates.step()

    with pytest.raises(CaptureError) as error:
        step(np.ones(2))
    assert str(error.value) == three_lines(
        "a program cannot hold another rate, or other options of an optimizer",
        "step, which sets them",
        "scheduler.step() outside of the function, after it",
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, 0.0), ({"weight_decay": 0.5}, -0.0625), ({"maximize": True}, 1.0)],
)
def test_a_step_inside_changes_numbers_too(options, expected):
    found = []
    for run in (lambda f: f, compile):
        w, b = nn.Parameter(np.array([1.0, 2.0])), nn.Parameter(0.5)
        optimizer = nn.optim.SGD([w, b], lr=0.25, **options)

        def step(x, w=w, b=b, optimizer=optimizer):
            optimizer.zero_grad()
            np.sum(w * x + b * b * x).backward()
            optimizer.step()

        step = run(step)
        for k in (1.0, 2.0, 3.0):
            step(np.array([k, 1.0]))
            found.append((w.tolist(), b.item(), type(b.data)))
    assert found[:3] == found[3:]
    assert found[0][1:] == (expected, np.float64)


def test_a_module_does_not_hold_what_is_compiled():
    class Outer(nn.Module):
        def __init__(self):
            self.inner = compile(nn.Linear(4, 4))

    with pytest.raises(TypeError) as error:
        Outer()
    assert str(error.value) == three_lines(
        "the parameters of what is compiled would be none of Outer's",
        "the assignment to inner",
        "the module itself here, and then compile(model) of the whole",
    )
    net = nn.Sequential(nn.Linear(4, 2))
    net.fast = compile(net[0])  # whose parameters it has
    assert len([*net.parameters()]) == 2


def test_gradients_at_sizes_between_are_compared_too():
    net, found = nn.Linear(4, 1), []
    x = np.arange(32.0).reshape(8, 4)

    def step(x):
        loss = np.mean(net(x) ** 2)
        (loss if len(x) != 5 else loss / 10).backward()
        return loss.detach()

    for run in (step, compile(step)):
        for size in (8, 2, 5, 5, 5, 4, 4):
            net.zero_grad()
            run(x[:size])
            found.append(net.weight.grad.data.copy())
    for a, b in zip(found[:7], found[7:], strict=True):
        assert np.allclose(a, b, rtol=1e-12)


def test_a_program_for_another_size_must_agree_to_many_digits():
    f = compile(lambda x: np.sum(x) * (1 if len(x) != 5 else 1 + 1e-6))
    for size in (8, 2, 5, 5, 5):
        x = np.ones(size)
        assert f(x) == np.sum(x) * (1 if size != 5 else 1 + 1e-6)


@pytest.mark.parametrize("make", [np.full, np.array, np.asarray], ids=lambda f: f.__name__)
def test_arrays_made_like_an_array_are_arrays_in_programs(make):
    def f(x):
        y = make((2,), 3.0, like=x) if make is np.full else make([3.0, 3.0], like=x)
        y[0] = 2.0
        return y * x

    for run in (compile(f), capture(f, np.ones(2)), lambda x: autograd.vmap(f)(x[None])[0]):
        y = run(np.ones(2))
        assert type(y) is np.ndarray
        assert y.tolist() == [2.0, 3.0]


def test_a_container_may_hold_itself_and_much_more():
    settings = {"scale": 2.0, "rows": [list(range(1000))] * 50}
    settings["itself"] = [settings]
    step = compile(lambda x: x * settings["scale"])
    assert [step(3.0), step(3.0)] == [6.0, 6.0]
    settings["scale"] = 0.5
    assert step(3.0) == 1.5


def test_a_number_that_always_changes_should_be_an_argument():
    step, beta = compile(lambda x: x * beta), 0.0
    for i in range(8):
        beta = float(i)
        assert step(2.0) == 2.0 * i
    beta = 8.0
    with pytest.warns(UserWarning, match="8 times, and now again, since beta is another each time"):
        assert step(2.0) == 16.0


def one_hot(w, places):
    y = autograd.zeros(2, 3).scatter_(1, places[:, None], 1.0)
    return ((y @ w) ** 2).sum()


def marked(w, places):
    mask = autograd.zeros(3, dtype=bool)
    for i in range(2):
        mask[places[i]] = True
    return autograd.where(mask, w[:, 0], 2.0).sum()


def positive(w, places):
    y = autograd.zeros(3, 2)
    y[w.detach() > places[0]] = 5.0
    return (y * w).sum()


@pytest.mark.parametrize("f", [one_hot, marked, positive])
def test_a_constant_is_written_at_places_that_each_call_brings(f):
    w = Tensor(np.arange(-2.0, 4.0).reshape(3, 2), requires_grad=True)

    def step(places):
        loss = f(w, places)
        loss.backward()
        return loss

    compiled = compile(step)
    for places in ([0, 2], [1, 1], [2, 0]):
        found = []
        for run in (compiled, step):
            w.grad = None
            found += [run(Tensor(places)).item(), w.grad.tolist()]
        assert found[:2] == found[2:]


def test_a_function_is_right_where_the_program_of_its_size_fails():
    """As where none of the examples had an ignored row."""
    loss = compile(cross_entropy)
    for n in (3, 5):
        loss(np.zeros((n, 2)), np.zeros(n, int))
    assert_allclose(loss(np.zeros((4, 2)), np.array([0, 1, -100, 1])), np.log(2))

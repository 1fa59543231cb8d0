"""Backward: accumulation, held tensors, hooks, create_graph, and the wording of its errors."""

import functools
import gc
import inspect
import math
import operator
import sys
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import (
    Tensor,
    compile,  # noqa: A004  # PyTorch's name
    grad,
    hvp,
    jvp,
    no_grad,
    primitive,
    vmap,
)  # fmt: skip
from autograd.backward import sweep
from autograd.graph import consumers, leaves, toposort
from autograd.mutation.versions import REWRITTEN
from autograd.primitive import PRIMITIVES
from autograd.program import capture
from autograd.sweep.steps import gradients, steps


def leaf(data, name=None):
    return Tensor(data, requires_grad=True, name=name)


def abc():
    return leaf(2.0), leaf(3.0), leaf(4.0)


def test_the_notes_example():
    a, b, c = abc()
    d = a + b
    f = d * c
    f.backward()
    assert (f.item(), d.item()) == (20, 5)
    assert [t.grad.item() for t in (f, d, a, b, c)] == [1, 4, 4, 4, 5]


def test_leaves_accumulate_and_the_others_are_set_anew():
    a, b, c = abc()
    d = a + b
    (d * c).backward()
    (d * c).backward()
    assert a.grad.item() == 8
    assert d.grad.item() == 4
    a.grad = None
    (a * 1.0).backward()
    assert a.grad.item() == 1


def test_anonymous_intermediates_keep_no_gradient():
    a, b, c = abc()
    f = (a + b) * c
    f.backward()
    assert [t.grad is None for t in toposort(f) if t.op] == [True, False]


def test_retain_grad_keeps_it():
    a, b, c = abc()
    f = (a + b) * c
    inner = next(t for t in toposort(f) if t.op and t is not f)
    inner.retain_grad()
    del inner
    f.backward()
    assert [t.grad.item() for t in toposort(f) if t.op] == [4, 1]


def test_fan_out_is_held_only_by_those_who_hold_it():
    a = leaf(3.0)
    s = a * a
    y = s * s + s
    y.backward()
    assert a.grad.item() == pytest.approx(4 * 27 + 6)
    assert s.grad.item() == 19

    def anonymous(t):
        return t * t + t

    z = anonymous(a * a)
    z.backward()
    assert [t.grad for t in toposort(z) if t.op and t is not z] == [None, None]


def test_gradients_are_not_aliased():
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    s = a + b
    s.sum().backward()
    arrays = [t.grad.data for t in (a, b, s)]
    for array in arrays:
        np.add(array, 100.0, out=array)
    assert [array.tolist() for array in arrays] == [[101, 101]] * 3


def test_gradients_are_not_copied():
    made = []

    @ag.primitive
    def double(x):
        return x * 2

    def rule(g, *_):
        made.append(g * 2)
        return made[-1]

    double.defvjp(rule)
    x = leaf([1.0, 2.0])
    double(x).sum().backward()
    address = made.pop().ctypes.data
    assert x.grad.data.ctypes.data != address  # `made` had it too: a copy
    rules = []
    double.defvjp(lambda g, y, x: rules.append((out := g * 2).ctypes.data) or out)
    x.grad = None
    double(x).sum().backward()
    assert x.grad.data.ctypes.data == rules[0]
    half = x / 2  # which stays, and passes on what it keeps
    double(half).sum().backward()
    assert half.grad.data.ctypes.data == rules[1]


def test_gradients_are_writable_and_own_their_memory():
    x = leaf(np.ones((2, 3)))
    x.sum().backward()
    assert x.grad.data.flags.writeable
    assert x.grad.data.base is None


def test_hooks():
    a, b, c = abc()
    seen = []
    d = a + b
    remove = d.register_hook(lambda g: seen.append(g.item()))
    a.register_hook(lambda g: g * 10)
    (d * c).backward()
    remove()
    (d * c).backward()
    assert seen == [4]
    assert a.grad.item() == 80
    assert b.grad.item() == 8


def test_a_gradient_that_arrives():
    x = leaf([1.0, 2.0])
    (x * x).backward(gradient=[1.0, 10.0])
    assert x.grad.tolist() == [2, 40]
    y = x * x
    y.backward(gradient=Tensor([1.0, 0.0]))
    assert x.grad.tolist() == [4, 40]


def test_create_graph_to_the_third_order():
    x = leaf(0.5)
    y = np.tanh(x)
    for _ in range(3):
        x.grad = None
        y.backward(create_graph=True)
        y = x.grad
    t = np.tanh(0.5)
    assert y.item() == pytest.approx(-2 * (1 - t * t) * (1 - 3 * t * t))


def test_create_graph_under_no_grad():
    x = leaf(3.0)
    y = x * x
    with ag.no_grad():
        y.backward(create_graph=True)
    assert x.grad.requires_grad


def test_the_gradient_graph_of_a_leaf_accumulates_too():
    x = leaf(3.0)
    (x * x).backward(create_graph=True)
    (x * x).backward(create_graph=True)
    assert x.grad.item() == 12
    g, x.grad = x.grad, None
    g.backward()
    assert x.grad.item() == 4


# ── errors ────────────────────────────────────────────────────────────────────────────────────
def message(kind, call):
    with pytest.raises(kind) as error:
        call()
    lines = str(error.value).split("\n")
    assert len(lines) == 3
    assert lines[1].startswith("  where: ")
    assert lines[2].startswith("  instead: ")
    return lines


def test_a_second_backward_names_the_first():
    a, b, c = abc()
    f = (a + b) * c
    f.backward()
    line = sys._getframe().f_lineno - 1
    what, where, instead = message(RuntimeError, f.backward)
    assert what == "backward was called a second time from the same result"
    assert where == f"  where: the first call was at {__file__}:{line}"
    assert "retain_graph=True" in instead
    assert a.grad.item() == 4
    g = (a + b) * c
    g.backward(retain_graph=True)
    g.backward()
    assert a.grad.item() == 12


def test_backward_from_an_array():
    what, where, instead = message(RuntimeError, (leaf([1.0, 2.0]) * 2).backward)
    assert what == "backward needs a scalar: each element of an array has a gradient of its own"
    assert where == "  where: backward of a Tensor (2,)"
    assert "y.sum().backward()" in instead
    assert "jacobian(f)(x)" in instead


def test_backward_of_a_disconnected_graph():
    what, _, instead = message(RuntimeError, Tensor(2.0, name="loss").backward)
    assert what == "nothing that this result came from requires a gradient"
    assert "requires_grad=True" in instead
    detached = leaf(1.0).detach() * 2
    message(RuntimeError, detached.backward)


def test_a_gradient_of_the_wrong_shape():
    x = leaf([1.0, 2.0])
    what, _, _ = message(ValueError, lambda: (x * 2).backward(gradient=[1.0]))
    assert what == "the gradient that arrives has the shape of the result, (2,)"

    def assign():
        x.grad = np.ones(3)

    what, _, _ = message(ValueError, assign)
    assert what == "a gradient has the shape of its tensor, (2,)"


def test_integers_that_require_gradients():
    what, where, instead = message(TypeError, lambda: leaf(np.arange(3)))
    assert what == "only floating-point tensors have gradients, not int64"
    assert where == "  where: requires_grad=True of a Tensor (3,)"
    assert instead == "  instead: Tensor(data.astype(float), requires_grad=True)"
    message(TypeError, lambda: leaf([True, False]))


def test_an_integer_may_be_a_shape_of_pytorchs():
    """Its ``Tensor(4)`` has four elements."""
    *_, instead = message(TypeError, lambda: Tensor(4).requires_grad_())
    assert instead == "  instead: zeros(4) for a shape, 4.0 for the number"
    *_, instead = message(TypeError, lambda: Tensor(-4).requires_grad_())
    assert instead == "  instead: Tensor(data.astype(float), requires_grad=True)"


@pytest.mark.parametrize("f", [lambda x: x * 0.25, lambda x: 4.0 - x, np.tanh])
def test_a_gradient_is_not_cut_to_whole_numbers(f):
    x = Tensor([2, 3])
    x.requires_grad = True
    with pytest.raises(TypeError) as caught:
        np.sum(f(x)).backward()
    assert str(caught.value).startswith(
        "only floating-point tensors have gradients, not int64\n  where: the gradient of a Tensor"
    )


def test_shapes_that_do_not_fit():
    what, where, _ = message(ValueError, lambda: leaf(np.ones((2, 3)), "W") + leaf(np.ones(4)))
    assert what == "add cannot broadcast (2, [3]) and (·, [4]): axis -1 is 3 against 4"
    assert where == "  where: add(W (2, 3), argument 1 (4,))"
    what, _, instead = message(ValueError, lambda: leaf(np.ones((2, 3))) @ np.ones((4, 5)))
    assert what == "matmul cannot multiply (2, 3) by (4, 5): 3 against 4"
    assert ".T" in instead
    what, _, _ = message(ValueError, lambda: np.concatenate([leaf(np.ones((2, 3))), np.ones(4)]))
    assert what.startswith("concatenate failed: ")
    x = leaf(np.ones(3))
    *_, instead = message(TypeError, lambda: np.concatenate(x, x))
    assert instead == "  instead: the arrays in a list: np.concatenate([x, y])"
    *_, instead = message(IndexError, lambda: x[7])
    assert instead == "  instead: an index inside the shape"
    *_, instead = message(IndexError, lambda: x[1.5])
    assert instead.endswith("int(i) for an index that was computed")


@pytest.mark.parametrize("call", [float, math.exp, "{:.3f}".format, Tensor.item])
def test_an_array_is_no_number(call):
    what, where, instead = message(ValueError, lambda: call(leaf([1.0, 2.0])))
    assert what == "an array of shape (2,) is no single number"
    assert where == "  where: x.item(), float(x), int(x), or a function of Python's math"
    assert "np.exp for math.exp" in instead
    assert call(leaf([1.0]))


def test_a_wrong_switch_names_the_right_one():
    what, _, instead = message(TypeError, lambda: Tensor(2.0, requires_grad="True"))
    assert what == "requires_grad is True or False, not 'True'"
    assert instead.startswith("  instead: requires_grad=True; Tensor([2, 5]) for several numbers")


def test_round_is_numpys():
    assert round(leaf(2.567), 2).item() == 2.57
    assert round(leaf([2.5, 1.4])).tolist() == [2, 1]


def test_an_empty_list_selects_nothing():
    x = leaf(np.ones((2, 3)))
    assert x[[]].shape == (0, 3)
    (x[:, []].sum() + x.sum()).backward()
    assert x.grad.data.tolist() == [[1, 1, 1]] * 2


def test_unknown_functions_and_options():
    x = leaf([1.0, 2.0])
    what, where, instead = message(NotImplementedError, lambda: np.unique(x))
    assert what == "the derivative of np.unique is unknown: it has no row in autograd/rules"
    assert where == "  where: np.unique(argument 0 (2,))"
    assert "@autograd.primitive" in instead
    what, _, _ = message(NotImplementedError, lambda: np.frompyfunc(abs, 1, 1)(x))
    assert what.startswith("the derivative of abs (vectorized) is unknown: ")
    what, _, _ = message(NotImplementedError, lambda: np.partition(x, 1, kind="introselect"))
    assert what == "partition of a Tensor does not take ['kind']"
    what, _, _ = message(NotImplementedError, lambda: np.add(x, x, where=[True, False]))
    assert what == "np.add of a Tensor is not differentiable here with where="
    *_, instead = message(NotImplementedError, lambda: operator.iadd(np.zeros(2), x))
    assert instead == "  instead: a = a + x for a += x, or np.add(...) without it, or x.detach()"


def test_requires_grad_of_a_result_cannot_be_switched_off():
    what, where, instead = message(RuntimeError, lambda: (leaf(1.0) * 2).requires_grad_(False))
    assert what == "requires_grad can be switched off on leaves only"
    assert where == "  where: a Tensor (), the result of multiply"
    assert instead == "  instead: x.detach()"


# ── laws over random graphs ───────────────────────────────────────────────────────────────────
OPERATIONS = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - b * 0.5,
    lambda a, b: np.tanh(a) * b,
    lambda a, b: np.sum(a) * b,
    lambda a, b: a[:1] + b,
    lambda a, b: np.maximum(a, b),
    lambda a, b: np.exp(-a * a) + b[::-1],
]
PROGRAMS = st.lists(
    st.tuples(st.integers(0, len(OPERATIONS) - 1), st.integers(0, 20), st.integers(0, 20)),
    min_size=1,
    max_size=15,
)


def run(program, xs):
    values = list(xs)
    for op, i, j in program:
        values.append(OPERATIONS[op](values[i % len(values)], values[j % len(values)]))
    return sum(np.sum(v) for v in values)


@settings(deadline=None)
@given(PROGRAMS)
def test_random_graphs(program):
    random = np.random.default_rng(len(program))
    arrays = [random.uniform(-1, 1, 3), random.uniform(-1, 1, 3)]
    xs = [leaf(a) for a in arrays]
    y = run(program, xs)
    found = sweep([y], [np.float64(1.0)])
    slow = gradients(y)
    y.backward(create_graph=True)
    for x in xs:
        # three ways around one graph, bit for bit
        np.testing.assert_array_equal(x.grad.data, found[x])
        np.testing.assert_array_equal(x.grad.data, slow[x])
    direction = [random.uniform(-1, 1, 3) for _ in arrays]
    h = 1e-6
    up, down = (
        run(program, [a + s * h * d for a, d in zip(arrays, direction, strict=True)])
        for s in (1, -1)
    )
    got = sum(np.dot(x.grad.data, d) for x, d in zip(xs, direction, strict=True))
    assert got == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-5)


def test_steps_tell_what_everybody_gets():
    a, b, c = abc()
    f = (a + b) * c
    told = [(s.node.op.symbol, s.gradient.item(), [g.item() for g in s.sent]) for s in steps(f)]
    assert told == [("×", 1, [4, 5]), ("+", 4, [4, 4])]
    assert leaves(f) == sorted([a, b, c], key=lambda t: t.count)
    assert [len(v) for v in consumers(toposort(a * a + a)).values()] == [3, 1]


# ── what adversaries tried ────────────────────────────────────────────────────────────────────
def test_recorded_gradients_are_not_one_object():
    a, b = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    (a + b).sum().backward(create_graph=True)
    assert a.grad is not b.grad
    a.grad.zero_()
    assert b.grad.tolist() == [1, 1]
    first, second = ag.grad(lambda a, b: (a + b).sum(), (0, 1))(np.ones(2), np.ones(2))
    first[0] = 9
    assert second.tolist() == [1, 1]


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_may_change_the_gradient_in_place(create_graph):
    def clipped(g):
        g[0] = 0.0
        g *= 10

    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = x + w  # whose gradient is that of both
    x.register_hook(clipped)
    (y * y).sum().backward(create_graph=create_graph)
    assert x.grad.tolist() == [0, 120]
    assert w.grad.tolist() == [8, 12]
    if create_graph:
        x.grad.sum().backward()
        assert w.grad.tolist() == [8, 12 + 20]


@pytest.mark.parametrize(
    ("rewrite", "gradient"),
    [
        (lambda y: operator.setitem(y, 0, 5.0), [0.0, 3.0]),
        (lambda y: operator.imul(y, 2.0), [6.0, 6.0]),
        (lambda y: y.mul_(2.0), [6.0, 6.0]),
    ],
)
def test_a_hook_stays_with_the_value_before_a_rewrite_as_in_pytorch(rewrite, gradient):
    for library in (ag, pytest.importorskip("torch")):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        y, before, after = x * x, [], []
        y.register_hook(before.append)
        rewrite(y)
        y.register_hook(after.append)
        (3.0 * y).sum().backward()
        assert [g.tolist() for g in before + after] == [gradient, [3.0, 3.0]]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("returned", [[1, 2], np.array([1.0, 2.0]), Tensor([1.0, 2.0])])
def test_what_a_hook_returns_is_of_its_tensors_dtype(returned, create_graph):
    x = leaf(np.ones(2, np.float32))
    x.register_hook(lambda g: returned)
    (x * x).sum().backward(create_graph=create_graph)
    assert (x.grad.dtype, x.grad.tolist()) == (np.float32, [1.0, 2.0])


def test_a_hook_returns_no_ragged_list():
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: [[1.0], [1.0, 2.0]])
    with pytest.raises(ValueError, match=r"which returned object \(2,\)"):
        x.sum().backward()


def test_a_checkpoint_calls_the_hooks_of_its_second_pass():
    def step(v):
        y = v * 2
        y.register_hook(lambda g: g * 10)
        return (y * y).sum()

    outer = ag.checkpoint(lambda v: ag.checkpoint(step)(v) + 0.0)
    for f in (step, ag.checkpoint(step), outer):
        assert grad(f)(np.array([1.0, 2.0])).tolist() == [80.0, 160.0]
    with pytest.raises(RuntimeError, match="this tensor requires none"):
        Tensor(1.0).register_hook(print)


def test_the_options_of_backward_come_in_pytorchs_order():
    x = Tensor(2.0, requires_grad=True)
    y = x * x
    y.backward(None, True)
    assert not x.grad.requires_grad
    y.backward(None, None, True)
    assert x.grad.requires_grad


def test_hooks_are_captured():
    w = leaf([1.0, 2.0])
    w.register_hook(lambda g: g * 10)
    w.register_hook(lambda g: g.__setitem__(0, 7.0))

    @compile
    def step(x):
        loss = (w * x).sum()
        loss.backward()
        return loss

    for x in ([1.0, 2.0], [3.0, 4.0]):
        w.grad = None
        step(np.array(x))
        assert w.grad.tolist() == [7, 10 * x[1]]


def test_a_nested_derivative_that_names_its_variables_is_captured():
    def f(x):
        y = np.sin(x) * x  # a program names its gradient by a hook
        return y.sum()

    x = np.array([1.0, 2.0])
    push = compile(lambda x, v: jvp(grad(f))(x)(v)[1])
    np.testing.assert_allclose(push(x, x), hvp(f)(x)[0](x), rtol=1e-12)


def test_hooks_return_arrays_numbers_or_an_error():
    x = leaf([1.0, 2.0])
    remove = x.register_hook(lambda g: g.data * 2)
    x.sum().backward()
    assert x.grad.tolist() == [2, 2]
    remove()
    x.register_hook(lambda g: np.ones((3, 2)))
    assert message(ValueError, (x * 1.0).sum().backward) == [
        "a hook returns a gradient of its tensor's shape and kind, float64 (2,)",
        "  where: a hook of a Tensor (2,), which returned float64 (3, 2)",
        "  instead: a gradient like that (np.real(grad) is real), or None to leave it as it is",
    ]


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_of_real_numbers_returns_no_complex_ones(create_graph):
    x = leaf([1.0, 2.0])
    y = x * 2
    hook = y.register_hook(lambda g: g * 1j)
    _, where, _ = message(ValueError, lambda: y.sum().backward(create_graph=create_graph))
    assert where == "  where: a hook of a Tensor (2,), which returned complex128 (2,)"
    hook.remove()
    y = x * 2
    y.register_hook(lambda g: np.real(g * (1 + 1j)))
    y.sum().backward(create_graph=create_graph)
    assert x.grad.tolist() == [2, 2]
    z = leaf([1j, 2.0])
    z.register_hook(lambda g: np.real(g))
    (z * z).real.sum().backward(create_graph=create_graph)
    assert z.grad.tolist() == [0, 4]


def test_a_hook_that_cannot_be_called_is_refused():
    assert message(TypeError, lambda: leaf(1.0).register_hook(3)) == [
        "a hook is a function of the gradient",
        "  where: x.register_hook(an int)",
        "  instead: x.register_hook(lambda grad: 2 * grad)",
    ]
    x = Tensor([1.0])
    assert message(RuntimeError, lambda: x.register_hook(print)) == [
        "a hook is called with a gradient, and this tensor requires none",
        "  where: register_hook of a Tensor (1,)",
        "  instead: x.requires_grad_() before y = f(x)",
    ]
    x.requires_grad_().register_hook(lambda g: g * 3)
    x.sum().backward()
    assert x.grad.tolist() == [3]
    with no_grad():  # where what has hooks is evaluated, too
        (x * 2).register_hook(print)


def test_a_seed_takes_the_dtype_of_the_result():
    x = leaf(np.ones(2, np.float32))
    y = x.exp()
    y.backward(Tensor(np.ones(2)))
    assert y.grad.dtype == x.grad.dtype == np.float32


def test_a_leaf_that_no_longer_wants_a_gradient():
    x = leaf(3.0)
    y = 2.0 * x
    x.requires_grad_(False)
    y.backward()
    assert x.grad is None


def test_a_primitive_called_by_keyword_uses_its_rule():
    @ag.primitive
    def stop(x):
        return x * 1

    stop.defvjp(lambda g, y, x: 0 * g)
    x = leaf(2.0)
    stop(x=x).backward()
    assert x.grad.item() == 0


class Scaled:
    def __init__(self, factor):
        self.factor = factor

    def times(self, x):
        return self.factor * x

    __call__ = times


@pytest.mark.parametrize(
    ("fn", "name"),
    [
        (Scaled(2.0).times, "times"),
        (Scaled(2.0), "Scaled"),
        (functools.partial(operator.mul, 2.0), "partial"),
        (functools.cache(lambda x: 2.0 * x), "<lambda>"),
        (np.vectorize(lambda x: 2.0 * x), "<lambda>"),
        (math.sqrt, "sqrt"),
    ],
)
def test_whatever_is_called_may_be_a_primitive(fn, name):
    op = primitive(fn, lambda g, y, x: 7 * g)
    x = leaf(1.0)
    y = op(x)
    assert (type(y), op.__name__, y.op.name, op(1.0)) == (Tensor, name, name, y.item())
    y.backward()
    assert (x.grad.item(), grad(op)(1.0), compile(grad(op))(1.0), capture(op, 1.0)(1.0)) == (
        7, 7, 7, y.item(),
    )  # fmt: skip


@pytest.mark.parametrize("n", [3, 10**5])
def test_a_primitive_of_python_objects_gives_their_numbers(n):
    cube = primitive(np.frompyfunc(lambda v: v**3, 1, 1), lambda g, y, x: 3 * g * x**2)
    numbers = np.arange(float(n))
    assert cube(numbers).dtype == object
    x = Tensor(numbers, requires_grad=True)
    y = cube(x)
    y.sum().backward()
    assert (y.dtype, y[2].item(), x.grad[2].item()) == (np.float64, 8.0, 12.0)
    assert grad(lambda x: np.sum(cube(x)))(numbers)[2] == 12.0
    assert compile(cube)(numbers).dtype == np.float64
    del PRIMITIVES[cube]  # as a ufunc, which keeps no row, it is in the table


def test_an_argument_called_input_is_what_the_function_says():
    @primitive
    def doubled(*, input):
        return 2 * input

    @primitive
    def cube(x, n=3):
        return x**n

    assert (doubled(input=3.0), cube(input=2.0), cube(input=2.0, n=2)) == (6.0, 8.0, 4.0)


def test_a_primitive_ends_with_its_function():
    def use(matrix):
        @primitive
        def product(x, n):
            return n * (matrix @ x)

        product.defvjp(lambda g, y, x, n: n * (matrix.T @ g) + 0 * product(x, n))
        return grad(lambda x: np.sum(product(x, 1)))(np.ones(2)).tolist()

    matrix = np.ones((2, 2))
    assert use(matrix) == [2.0, 2.0]
    kept = weakref.ref(matrix)
    del matrix
    gc.collect()
    assert kept() is None


def test_a_primitive_may_return_what_is_pythons():
    for result in (0.5, 3, True, [1.0, 2.0]):
        op = primitive(lambda x, result=result: result, lambda g, y, x: g)
        y = op(leaf(1.0))
        assert (type(y), y.dtype, y.tolist()) == (Tensor, np.asarray(result).dtype, result)
        assert capture(op, 1.0).equations[0].like.dtype == y.dtype
    for result in (None, "text", (1.0, [2.0, 3.0])):
        op = primitive(lambda x, result=result: result, lambda g, y, x: g)
        for call in (lambda op=op: op(leaf(1.0)), lambda op=op: capture(op, 1.0)):
            with pytest.raises(TypeError) as error:
                call()
            assert str(error.value).splitlines() == [
                "a primitive returns an array or a number",
                f"  where: <lambda>, which returned {result!r}",
                "  instead: return y, an array; a primitive for each of several results",
            ]


def test_values_by_keyword_come_to_their_places():
    op = primitive(
        lambda a, b=2.0, c=3.0: a * (b + c * c),
        lambda g, y, a, b, c: g * (b + c * c),
        lambda g, y, a, b, c: g * a,
        lambda g, y, a, b, c: g * 2 * c * a,
    )
    assert op(leaf(1.5), c=4.0).item() == op(1.5, c=4.0) == 27
    assert grad(lambda a, c: op(a, c=c), (0, 1))(1.5, 4.0) == (18, 12)
    assert grad(lambda a: op(a))(1.5) == 11
    behind = primitive(lambda a, b=2.0, k=3.0: a * b + k, lambda g, y, a, b, k: g * b,
                  lambda g, y, a, b, k: g * a)  # fmt: skip
    assert behind(leaf(1.5), k=5.0).item() == 8
    assert grad(lambda a: behind(a, k=5.0))(1.5) == 2
    words = primitive(lambda x, **o: x * o["s"], lambda g, y, x, **o: g * o["s"])
    assert grad(lambda a: words(x=a, s=4.0))(1.5) == 4


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda op: lambda k: op(2.0, k=k), "k"),
        (lambda op: lambda v: op(v, k=v), "k"),
        (lambda op: vmap(lambda k: op(2.0, k=k)), "k"),
    ],
)
def test_a_tensor_by_keyword_has_no_rule(f, name):
    op = primitive(lambda x, *, k: x**k, lambda g, y, x, k: g * k * x ** (k - 1))
    assert grad(lambda x: op(x, k=3.0))(2.0) == 12
    x = np.ones(2) if "vmap" in inspect.getsource(f) else 3.0
    with pytest.raises(TypeError, match=f"has no rule for its argument {name}\n"):
        grad(lambda v: np.sum(f(op)(v)))(x)
    with no_grad():
        assert op(leaf(2.0), k=leaf(3.0)).item() == 8


def test_a_further_argument_of_several_has_no_rule():
    op = primitive(lambda *xs: sum(xs), lambda g, y, a, b, *_: g, lambda g, y, a, b, *_: g)
    assert grad(lambda a: op(a, a, 1.0))(1.5) == 2
    with pytest.raises(TypeError, match=r"has no rule for its argument xs\[2\]"):
        grad(lambda a: op(a, a, a))(1.5)


def test_a_primitive_may_not_use_a_tensor_that_is_no_argument():
    def outer(v):
        return primitive(lambda x: x * v, lambda g, y, x: g)(v * 2)

    scaled = primitive(lambda x, d: x * d["s"], lambda g, y, x, d: g * d["s"], None)
    for call in (
        lambda: grad(outer)(3.0),
        lambda: jvp(outer)(3.0)(1.0),
        lambda: vmap(outer)(np.ones(3)),
        lambda: grad(lambda v: scaled(v, {"s": v}))(3.0),
    ):
        with pytest.raises(RuntimeError) as error:
            call()
        what, where, instead = str(error.value).splitlines()
        assert what == "a primitive uses a tensor that is not its argument"
        assert where.endswith("(...), which depends on it")
        assert instead == (
            "  instead: that tensor as an argument with a rule, by position; or t.detach()"
        )
    assert grad(lambda v: scaled(2.0, {"s": v}))(3.0) == 2  # no primitive, but a product
    assert scaled(leaf(2.0), {"s": Tensor(3.0)}).item() == 6


def test_a_primitive_may_not_write_into_what_others_read():
    def doubled(x):
        x *= 2
        return x + 1

    op, same = primitive(doubled, lambda g, y, x: 2 * g), primitive(lambda x: x, lambda g, y, x: g)
    x = leaf([1.0, 2.0])
    for call in (lambda: op(np.exp(x)), lambda: capture(op, np.ones(2))(np.ones(2))):
        with pytest.raises(ValueError, match="writes into an argument") as error:
            call()
        assert str(error.value).endswith("(...)\n  instead: x = x.copy() in it, first")
    y = same(x)
    y.data[0] = 7.0
    assert x.tolist() == [1, 2]


def test_an_error_of_a_primitive_is_the_users_own():
    class NegativeError(ValueError):
        pass

    def checked(x):
        raise NegativeError(f"of {x}")

    with pytest.raises(NegativeError, match=r"of -1\.0") as error:
        primitive(checked, None)(leaf(-1.0))
    assert error.traceback[-1].name == "checked"


def test_a_primitive_without_a_rule_asks_for_it():
    @primitive
    def cube(x):
        return x**3

    x = Tensor(2.0, requires_grad=True)
    assert cube(x).item() == 8  # of use as it is, as a metric
    for f in (cube, lambda x: cube(x) + x):
        with pytest.raises(NotImplementedError) as error:
            grad(f)(2.0)
        assert str(error.value).splitlines() == [
            "the derivative of cube is not defined for its argument 0",
            "  where: cube, which was made a primitive",
            "  instead: cube.defvjp(lambda g, y, *x: ...)",
        ]
    cube.defvjp(None)
    assert grad(lambda x: cube(x) + x)(2.0) == 1


def test_a_primitive_that_lacks_the_rule_of_an_argument_says_so():
    @primitive
    def scaled(x, s):
        return x * s

    scaled.defvjp(lambda g, y, x, s: g * s)
    x, s = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    assert grad(lambda x: scaled(x, 3.0))(2.0) == 3
    with pytest.raises(TypeError, match="scaled has no rule for its argument s\n"):
        scaled(x, s)
    scaled.defvjp(lambda g, y, x, s: g * s, None)
    assert grad(scaled, 1)(2.0, 3.0) == 0


def test_options_may_be_tensors_that_require_no_gradient():
    x = Tensor([40.0, 10.0, 20.0, 30.0], requires_grad=True)
    assert np.searchsorted(x, 25, sorter=np.argsort(x)).item() == 2  # of NumPy's documentation
    assert np.tile(x, Tensor(2)).shape == (8,)
    with ag.no_grad():
        assert np.var(x, ddof=Tensor(1.0, requires_grad=True)) == np.var(x.data, ddof=1)
    for call in (
        lambda: np.var(x, ddof=Tensor(1.0, requires_grad=True)),
        lambda: np.linalg.norm(x, Tensor(3.0, requires_grad=True)),
    ):
        with pytest.raises(TypeError, match=r"has no rule for its argument (ddof|ord)\n"):
            call()


def test_a_range_is_an_argument_like_a_list():
    x = Tensor(2.0, requires_grad=True)
    np.float_power(range(1, 4), x).sum().backward()
    assert x.grad.item() == pytest.approx(4 * np.log(2) + 9 * np.log(3))


def test_a_rule_in_the_manner_of_another_library_is_refused_at_once():
    @primitive
    def cube(x):
        return x**3

    for rule, spelled in (
        (lambda ans, x: lambda g: g * 3 * x**2, "lambda ans, x: ..."),
        (lambda g: g, "lambda g: ..."),
        (3, "3"),
    ):
        for give in (cube.defvjp, lambda rule: primitive(cube.__wrapped__, rule)):
            with pytest.raises(TypeError) as error:
                give(rule)
            what, where, instead = str(error.value).splitlines()
            told = "a rule takes the gradient, the result and every argument that has a rule"
            assert (what, where) == (told, f"  where: a rule {spelled} of cube")
            assert instead.endswith("rules (ans, x) -> g -> ... are for autograd.extend.defvjp")


def test_a_rule_that_returns_no_array_is_named():
    for wrong, kind in ((None, "None"), ([1.0], "a list"), ("1", "a str")):

        @primitive
        def cube(x):
            return x**3

        cube.defvjp(lambda g, y, x, wrong=wrong: wrong)
        with pytest.raises(TypeError, match=f"the rule of an operation returned {kind}\n"):
            grad(cube)(2.0)
    cube.defvjp(lambda g, y, x: 2)
    assert grad(cube)(2.0) == 2


def test_a_gradient_with_other_axes_is_not_reshaped_in_silence():
    total = primitive(lambda x: np.sum(x**2))
    for wrong in (lambda g, y, x: (2 * g * x).T, lambda g, y, x: g, lambda g, y, x: np.ones(7)):
        total.defvjp(wrong)
        with pytest.raises(ValueError) as error:
            grad(total)(np.ones((2, 3)))
        what, where, instead = str(error.value).splitlines()
        assert what.startswith("the rule of an operation returned a gradient of shape (")
        assert where == "  where: its argument has shape (2, 3)"
        assert instead == (
            "  instead: a rule that returns shape (2, 3), or one that broadcasting made of it"
        )
    total.defvjp(lambda g, y, x: np.ones((4, 3, 2)))  # whose sum along an axis has six elements
    with pytest.raises(ValueError, match=r"returned a gradient of shape \(4, 3, 2\)\n"):
        grad(total)(np.ones((2, 3)))
    total.defvjp(lambda g, y, x: (2 * g * x)[None])
    assert np.array_equal(grad(total)(np.ones((2, 3))), np.full((2, 3), 2.0))


def test_an_update_is_noticed_although_nothing_else_was_rewritten():
    before = REWRITTEN[:]
    REWRITTEN.clear()  # as in a program that begins
    w = leaf([1.0, 2.0])
    y = np.sum(w)
    with no_grad():
        w -= 1.0
    with pytest.raises(RuntimeError, match="a tensor was rewritten after it was used"):
        y.backward()
    assert not REWRITTEN
    REWRITTEN[:] = before


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x > 0, x, 0),
        lambda x: np.clip(x, 0, 1),
        lambda x: np.hypot(x, 0.0),
        lambda x: np.max(np.stack([x, x])),
    ],
)
def test_the_gradient_of_a_number_is_a_number(f):
    x = leaf(0.5)
    y = x * 1
    f(y).backward()
    assert type(x.grad.data) is type(y.grad.data) is np.float64


def test_what_a_hook_saw_stays_as_it_was():
    x, seen = Tensor(np.arange(4.0), requires_grad=True), []

    def loss():
        y = x * 1
        y[0] = 5.0  # whose rule may set this part of the gradient to 0 where it is
        y.register_hook(seen.append)
        return (y * 2).sum() + (y * 3).sum()

    loss().backward()
    np.testing.assert_array_equal(seen[0], [5.0, 5.0, 5.0, 5.0])
    np.testing.assert_array_equal(x.grad, [0.0, 5.0, 5.0, 5.0])


def test_a_hook_is_removed_as_in_pytorch():
    x, seen = Tensor(2.0, requires_grad=True), []
    handle = x.register_hook(seen.append)
    handle.remove()
    handle()  # once more is no error
    (x * x).backward()
    assert seen == []


@pytest.mark.parametrize("hooked", [False, True])
def test_a_rule_may_return_a_constant_array_in_a_recorded_sweep(hooked):
    @primitive
    def twice(x):
        return x * 2.0

    twice.defvjp(lambda g, y, x: np.full(3, 2.0))
    x, seen = leaf(np.ones(3)), []
    y = x * 3.0
    y.register_hook(seen.append)
    twice(y if hooked else x).sum().backward(create_graph=True)
    assert x.grad.tolist() == [6.0 if hooked else 2.0] * 3
    assert [g.tolist() for g in seen] == [[2.0] * 3] * hooked


class Table:
    """Numbers that find their partners by label, as those of pandas do."""

    __pandas_priority__ = 4000

    def __init__(self, values, labels):
        self.values, self.labels = np.array(values), labels
        self.shape, self.ndim = self.values.shape, self.values.ndim

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)

    def __add__(self, other):
        same = self.labels == other.labels
        return Table(self.values + other.values if same else self.values * np.nan, self.labels)

    def __mul__(self, other):
        if getattr(other, "__pandas_priority__", 0) > self.__pandas_priority__:
            return NotImplemented
        return Table(self.values * np.asarray(other), self.labels)

    __rmul__ = __mul__


ROWS, OTHERS = Table([[1.0, 2.0], [3.0, 4.0]], "ab"), Table([[1.0, 1.0], [1.0, 1.0]], "cd")


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda w: np.sum(np.dot(ROWS, w)) + np.sum(np.dot(OTHERS, w)), [6, 8]),
        (lambda w: np.sum(ROWS * w * OTHERS), [4, 6]),
        (lambda w: np.sum(w * ROWS + w * OTHERS), [6, 8]),
        (lambda w: np.sum(np.linalg.solve(ROWS, w)), [-0.5, 0.5]),
        (lambda w: np.interp(1.5, Table([1.0, 2.0], "ab"), w), [0.5, 0.5]),
        (lambda w: np.sum(operator.imul(w * 1, Table([3.0, 4.0], "ab"))), [3, 4]),
    ],
)
def test_tables_are_the_arrays_that_they_hold(f, expected):
    w = np.ones(2)
    gradient = grad(f)(w)
    assert type(gradient) is np.ndarray
    np.testing.assert_allclose(gradient, expected)
    np.testing.assert_allclose(grad(compile(f))(w), expected)
    np.testing.assert_allclose(ag.vmap(grad(f))(w[None]), [expected])
    with ag.detect_anomaly():
        np.testing.assert_allclose(grad(f)(w), expected)


@pytest.mark.parametrize(
    "array", [np.ma.array([1.0, 2.0], mask=[0, 1]), np.ones((1, 2)).view(np.matrix)]
)
def test_arrays_with_another_arithmetic_are_refused(array):
    t = Tensor(np.ones(2), requires_grad=True)
    for call in (
        lambda: t * array,
        lambda: np.multiply(array, t),
        lambda: np.add(t, array),
        lambda: np.concatenate([t, array]),
        lambda: grad(np.sum)(array),
        lambda: Tensor(array),
        lambda: ag.vmap(np.sum)(array),
        lambda: ag.vmap(lambda x: x * array)(np.ones((3, 2))),
        lambda: capture(lambda x: x * array, np.ones(2)),
        lambda: compile(lambda x: x * array)(np.ones(2)),
    ):
        with pytest.raises(TypeError, match="has an arithmetic of its own") as error:
            call()
        assert "np.asarray(" in str(error.value)

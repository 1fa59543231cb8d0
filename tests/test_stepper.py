"""The backward pass step by step: the engine's numbers, and what a wrong order does to them."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor
from autograd.base.errors import three_lines
from autograd.graph import toposort
from autograd.sweep.steps import gradients


def leaf(data, name=None):
    return Tensor(data, requires_grad=True, name=name)


def chain():
    """Return the graph that micrograd's users ask about most: a, b = a + a, c = b + b."""
    a = leaf(3.0, "a")
    b = a + a
    c = b + b
    b.name, c.name = "b", "c"
    return a, b, c


def random_graph(seed, size=8):
    rng = random.Random(seed)  # noqa: S311  # no secret
    pool = [leaf(float(rng.randint(1, 5))) for _ in range(3)]
    for _ in range(size):
        a, b = rng.choice(pool[-4:]), rng.choice(pool)
        pool.append(rng.choice([a + b, a - b, a * b, np.sin(a) * b]))
    return sum(pool[1:], pool[0])


# ── a right order ─────────────────────────────────────────────────────────────────────────────
@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_the_steps_have_the_engines_numbers(seed):
    f = random_graph(seed)
    walk = f.backward_steps()
    right = gradients(f)
    assert walk.gradients.keys() == right.keys()
    assert all(np.array_equal(walk.gradients[t], right[t]) for t in right)
    for step in walk:
        assert step.gradient == right[step.node]
        assert step.contributions[0] == step.contributions[1]
        assert not step.notes
        for a, slope, gx in zip(step.arguments, step.local, step.sent, strict=True):
            if gx is not None:
                assert gx == pytest.approx(step.gradient * slope)
                assert a in right


def test_what_each_parent_has_before_and_after():
    a, b, c = leaf(2.0, "a"), leaf(3.0, "b"), leaf(4.0, "c")
    d = a + b
    f = d * c + d
    plus, times, sums = f.backward_steps()
    assert plus.node is f
    assert plus.op.symbol == "+"
    assert plus.sent == (1, 1)
    assert plus.after == (1, 1)
    assert times.local == (4, 5)
    assert (times.before, times.sent, times.after) == ((1, None), (4, 5), (5, 5))
    assert sums.node is d
    assert sums.gradient == 5
    assert sums.contributions == (2, 2)
    assert sums.after == (5, 5)
    assert a.grad is None


def test_plain_numbers_and_matrix_products():
    x, w = Tensor(np.ones((2, 3)), name="x"), leaf(np.ones((3, 2)), "w")
    y = x @ w
    loss = np.sum(y * 2.0)
    last, scaled, product = loss.backward_steps()
    assert last.local == (None,)
    assert np.array_equal(scaled.local[0], np.full((2, 2), 2.0))
    assert scaled.local[1] is None
    assert product.local == (None, None)
    assert product.sent[0] is None
    assert repr(product) == "y = x @ w:  ∂loss/∂y = (2, 2), ‖∂‖ 4\n  w gets (3, 2), ‖∂‖ 9.798"


def test_a_step_reads_like_the_board():
    a, b, c = leaf(2.0), leaf(-3.0), leaf(4.0)
    d = a * b
    f = d - d * c
    assert repr(f.backward_steps()) == (
        "f = d - d * c:  ∂f/∂f = 1\n"
        "  d gets 1 · 1 = 1 (1 of 2); (d * c) gets 1 · (−1) = −1\n"
        "d * c:  ∂f/∂(d * c) = −1\n"
        "  d gets −1 · 4 = −4, now 1 + (−4) = −3 (2 of 2); c gets −1 · (−6) = 6\n"
        "d = a * b:  ∂f/∂d = −3\n"
        "  a gets −3 · (−3) = 9; b gets −3 · 2 = −6"
    )


def test_a_product_is_written_only_where_it_is_one():
    t, x = leaf(0.5, "t"), leaf(0.0, "x")
    f = np.imag(np.conj(np.exp(1j * t)))
    text = repr(f.backward_steps())
    assert "  (exp(1j * t)) gets 1j\n" in text, "the conjugate of −1j, not −1j · 1"
    assert text.endswith("  t gets −0.8776"), "a real part, no product of complex numbers"
    with np.errstate(divide="ignore"):
        text = repr(np.where(x > 0, np.log(x), 2 * x).backward_steps())
    assert text.endswith("  x gets 0, now 2 + 0 = 2 (2 of 2)"), "not 0 · ∞"
    text = repr((np.sqrt(x) * 0).backward_steps())  # and no warning of the infinite slope
    assert text.endswith("= 0\n  x gets 0")


# ── wrong orders ──────────────────────────────────────────────────────────────────────────────
def test_a_node_that_sends_too_early():
    a, b, c = chain()
    early, late = c.backward_steps(order=[b, c])
    assert early.gradient is None
    assert repr(early).startswith("b = a + a:  ∂c/∂b = nothing yet, so that nothing is sent\n")
    assert early.sent == (None, None)
    assert early.notes == ("incomplete: 0 of 2 contributions had arrived",)
    assert late.notes == (
        "too late: b has sent its gradient on already",
        "so ∂c/∂a = 0, which is wrong: it is 4",
    )
    assert a not in c.backward_steps(order=[b, c]).gradients


def test_depth_first_sends_the_half():
    a, b, c = chain()
    walk = c.backward_steps(order="depth-first")
    assert [step.node for step in walk] == [c, b, c]
    first, half, second = walk
    assert first.sent == (1, None)
    assert half.gradient == 1
    assert half.contributions == (1, 2)
    assert half.notes == ("incomplete: 1 of 2 contributions had arrived, and the whole is 2",)
    assert second.sent == (None, 1)
    assert second.notes[-1] == "so ∂c/∂a = 2, which is wrong: it is 4"
    assert (walk.gradients[a], walk.right[a]) == (2, 4)
    assert walk.gradients[b] == walk.right[b] == 2


def test_breadth_first_fails_where_ways_have_different_lengths():
    a = leaf(3.0, "a")
    b = a * a
    f = b * (b + 1.0).exp()
    walk = f.backward_steps(order="breadth-first")
    nodes = [step.node for step in walk]
    assert nodes.index(b) == 1
    assert len(nodes) == len(set(nodes)) == 4
    assert list(walk)[1].notes[0].startswith("incomplete: 1 of 2 contributions had arrived")
    assert walk.gradients[a] != pytest.approx(walk.right[a])
    assert "which is wrong" in list(walk)[-1].notes[-1]


@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_an_order_is_right_exactly_where_nobody_sends_early(seed, rng):
    f = random_graph(seed, 5)
    nodes = [t for t in toposort(f) if t.op is not None]
    rng.shuffle(nodes)
    walk = f.backward_steps(order=nodes)
    right = gradients(f)
    topological = not any("incomplete" in note for step in walk for note in step.notes)
    position = {t: i for i, t in enumerate(nodes)}
    arrows = [(t, a) for t in nodes for a in t.args if type(a) is Tensor and a.op is not None]
    assert topological == all(position[t] < position[a] for t, a in arrows)
    if topological:
        assert all(np.isclose(walk.gradients[t], right[t]) for t in right)


def test_a_sum_in_another_order_is_not_wrong():
    a, b = leaf(3.0, "a"), leaf(1.0, "b")
    c = a * 2.0
    f = b * 0.1 + b * 0.2 + b * 0.3 + (c + c * 5.0)
    walk = f.backward_steps(order="depth-first")
    assert walk.gradients[b] == 0.1 + 0.2 + 0.3 != walk.right[b]
    wrong = [note for step in walk for note in step.notes if "wrong" in note]
    assert wrong == ["so ∂f/∂a = 2, which is wrong: it is 12"]


def test_a_list_may_leave_out_and_repeat():
    a, b, c = chain()
    assert c.backward_steps(order=[c]).gradients == {c: 1, b: 2}
    assert "so ∂c/∂a = 0, which is wrong" in repr(c.backward_steps(order=[c]))
    twice = c.backward_steps(order=[c, b, b])
    assert twice.gradients[a] == 8
    assert "so ∂c/∂a = 8, which is wrong: it is 4" in repr(twice)
    assert "wrong" not in repr(c.backward_steps(order=[c, b, a]))
    assert len(c.backward_steps(order=(c, b))) == 2
    six = [leaf(float(i), "abcdgh"[i]) for i in range(6)]
    f = sum(x * 2 for x in six) * 1.0
    told = repr(f.backward_steps(order=[f]))
    assert told.count("which is wrong: it is 2") == 4
    assert told.endswith("\n  and 2 more are wrong")


@pytest.mark.parametrize("order", ["sideways", ["b"], [leaf(1.0)], 3])
def test_an_order_is_made_of_nodes(order):
    _, _, c = chain()
    strange = order[0] if isinstance(order, list) else order
    with pytest.raises(ValueError) as caught:
        c.backward_steps(order=order)
    assert str(caught.value) == three_lines(
        "the order of a backward pass is a list of results in the graph",
        f"backward_steps of c (), order with {strange!r}",
        "order=[f, d], order='depth-first', or order='breadth-first'",
    )


def test_only_scalars_with_a_history():
    with pytest.raises(RuntimeError, match="backward needs a scalar"):
        (leaf([1.0, 2.0]) * 2).backward_steps()
    with pytest.raises(RuntimeError, match="requires a gradient"):
        Tensor(1.0).backward_steps()


@pytest.mark.parametrize("order", [None, "depth-first", "breadth-first"])
def test_the_pass_of_a_leaf_has_no_steps(order):
    walk = leaf(2.0, "x").backward_steps(order)
    assert (list(walk), len(walk), repr(walk)) == ([], 0, "")


# ── size ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("order", [None, "depth-first", "breadth-first"])
def test_deep_graphs_take_linear_time_and_no_recursion(order, linear):
    def deep(n):
        x = leaf(1.0)
        y = x
        for _ in range(n):
            y = y + 1.0

        def walked():
            walk = y.backward_steps(order=order)
            assert sum(1 for _ in walk) == n
            assert walk.gradients[x] == 1

        return walked

    linear(deep, 200)


def test_a_long_walk_is_printed_in_part():
    x = leaf(1.0, "x")
    y = x
    for _ in range(100):
        y = y * 1.0
    text = repr(y.backward_steps())
    assert "… 60 more steps …" in text
    assert text.endswith("x gets 1 · 1 = 1")
    many = ag.stack([x] * 9).sum()
    assert "x gets" in repr(many.backward_steps())
    assert "5 more" in repr(many.backward_steps())

"""`why`: each cause planted in a graph, and the words that name it; and the lines it points to."""

import gc
import sys
import threading
from contextlib import suppress
from importlib import import_module

import numpy as np
import pytest
from numpy.linalg import LinAlgError
from samples import SAMPLES

import autograd as ag
import nn
from autograd import Tensor, record_lines, why
from autograd.base.errors import three_lines
from autograd.inquiry import Answers
from autograd.mutation import versions
from autograd.provenance.places import Place, place_of

LINE = "   (its line: with record_lines(), computed anew)"


def variable(value, **options):
    return Tensor(value, requires_grad=True, **options)


def told(answer, cause, text):
    assert answer.cause == cause
    assert repr(answer) == text.strip("\n")


# ── zero ──────────────────────────────────────────────────────────────────────────────────────
def test_a_dead_relu():
    z = variable(np.linspace(-3.2, -0.1, 64))
    loss = (z.relu() * 2.0).sum()
    loss.backward()
    told(
        why(z),
        "dead",
        f"""
the gradient of z is 0: relu stops it
  where: relu(z){LINE}
  because: relu sends nothing back where its argument is ≤ 0 (z = −3.2 … −0.1); 64 of 64 entries \
of z get nothing
  instead: another start or a smaller step, so that some are positive; or gelu, silu
""",
    )
    assert why(z).op == "relu"
    assert why(z).node is loss.args[0].args[0]
    assert why(z).line is None


def test_some_entries_are_dead():
    w = variable([[1.0, -1.0], [2.0, -2.0], [3.0, 3.0]])
    h = w.relu()
    loss = h.sum()
    loss.backward()
    told(
        why(w, loss),
        "partly dead",
        f"""
the gradient of w is 0 in 2 of 6 entries
  where: h = relu(w){LINE}
  because: relu sends nothing back where its argument is ≤ 0 (w = −2 … −1); 2 of 6 entries of w \
get nothing
  instead: another start or a smaller step, so that some are positive; or gelu, silu
""",
    )


ZEROS = {
    "saturated": (lambda x: np.tanh(x * 50.0), "tanh is saturated: flat at x * 50 = 100"),
    "saturated sigmoid": (
        lambda x: ag.sigmoid(x * 500.0), "sigmoid is saturated: flat at x * 500 = 1000",
    ),
    "clip": (lambda x: np.clip(x, -1, 1), "clip is flat outside of [−1, 1] (x = 2)"),
    "clip from below": (lambda x: np.clip(x, 3, None), "clip is flat outside of [3, ∞] (x = 2)"),
    "zero factor": (lambda x: x * 0.0, "the other factor, 0, is 0"),
    "maximum": (lambda x: np.maximum(x, 5.0), "maximum takes 5, and not x"),
    "where": (
        lambda x: np.where(x > 3.0, x, 1.0), "the condition x > 3 chooses the other branch",
    ),
    "step": (
        lambda x: np.floor(x) * 3.0,
        "floor is constant between its jumps: its derivative is 0 wherever it has one",
    ),
    "flat": (lambda x: (x - 2.0) ** 2, "pow is flat at x - 2 = 0: its derivative is 0"),
}  # fmt: skip


@pytest.mark.parametrize("cause", ZEROS)
def test_what_sends_zero(cause):
    f, because = ZEROS[cause]
    x = variable(2.0)
    y = f(x)
    answer = why(x, y)
    assert (answer.cause, answer.because) == ("dead", because)
    assert answer.what == f"the gradient of x is 0: {answer.op} stops it"


def test_dropout_and_weights_that_start_at_zero():
    x, weight = variable(np.ones((4, 3))), variable(np.zeros((3, 2)))
    loss = (x @ weight).sum()
    assert why(x, loss).because == (
        "the other factor, weight, is 0 in 6 of 6 entries; 12 of 12 entries of x get nothing"
    )
    assert why(weight, loss).cause == "no backward"
    x = variable(np.ones(4))
    loss = nn.functional.dropout(x, p=1.0).sum()
    assert "dropout" in why(x, loss).instead


def test_an_assignment_and_an_index():
    x = variable([1.0, 2.0])
    y = x * 1.0
    y[:] = 3.0
    loss = y.sum()
    assert why(x, loss).because == (
        "an assignment has overwritten entries that are used later; 2 of 2 entries of "
        "x * 1 get nothing"
    )
    loss = x[0] * 2.0
    assert why(x, loss).because == (
        "only some entries are used, x[0]; 1 of 2 entries of x get nothing"
    )


def test_an_assignment_that_is_overwritten_later():
    x, y = variable([2.0, 3.0]), Tensor(np.zeros(2))
    y[0] = x[0] ** 2
    y[0] = 3.0
    answer = why(x, y.sum())
    because = "what this assignment has written is overwritten later, or not used"
    assert answer.because == because
    assert answer.where.startswith("setitem(array (2,), x[0] ** 2, 0)")
    unused = Tensor(np.zeros(2))
    unused[0] = x[0]
    assert why(x, unused[1] * 2.0).because == because
    z = Tensor(np.zeros(2))
    z[:] = x
    z[0] = 3.0
    assert why(x, z.sum()).because.startswith("an assignment has overwritten entries that are used")


def test_contributions_that_cancel():
    x = variable(3.0)
    y = x * 2.0 - x * 2.0
    answer = why(x, y)
    told(
        answer,
        "cancelled",
        """
the gradient of x is 0: its contributions cancel
  where: x   (its line: with record_lines(), computed anew)
  because: the contributions cancel: x * 2 sends ∂ 2; x * 2 sends ∂ −2
  instead: nothing, if y does not depend on x after all
""",
    )
    z = variable(0.1)
    nearly = (z * 0.1 + z * 0.2) - z * 0.3
    assert why(z, nearly).cause == "cancelled", "all but rounding"
    p = variable([1.0, 2.0])
    total = ag.softmax(p).sum()
    assert "the sum of a softmax is always 1" in why(p, total).because


def test_the_first_operation_on_the_way_back_is_named():
    """Two operations send 0; the one that the gradient meets first has killed it."""
    x = variable(-2.0)
    first = x.relu()
    second = (first - 1.0).relu()
    loss = second * 3.0
    answer = why(x, loss)
    assert answer.node is second
    assert answer.formula == "second = relu(first - 1)"
    assert [(link.node.op.name, link.factor) for link in answer.chain] == [
        ("multiply", 3.0), ("relu", 0.0),
    ]  # fmt: skip
    assert why(first, loss).node is second
    assert why(second, loss).cause == "no backward"


def test_of_several_ways_the_first_on_the_way_back_is_named():
    x = variable(-2.0)
    older, younger = x.relu(), np.floor(x)
    loss = younger * 1.0 + older
    assert why(x, loss).node is younger


def test_the_chain_follows_the_largest_contribution():
    x = variable(1.0)
    big, small = x * 1e5, x * 2.0
    loss = small + big
    assert why(x, loss).chain[-1].node is big


def test_entries_that_arrive_as_zero_are_not_lost_on_the_way():
    x = variable([-1.0, 1.0, 1.0])
    h = x.relu()
    y = -h
    y.backward(gradient=[1.0, 0.0, 1.0])
    answer = why(x)
    assert answer.node is h
    assert answer.what == "the gradient of x is 0 in 2 of 3 entries"
    assert answer.because.endswith("1 of 3 entries of x get nothing")


def test_a_gradient_that_is_zero_from_the_start():
    x = variable([1.0, 2.0])
    y = x * 2.0
    y.backward(gradient=np.zeros(2))
    assert why(x, y).cause == "seed"
    assert why(x, y).because == "what arrives at y is 0 already"
    empty = x[:0] * 2.0
    assert why(x, empty).because == "empty has no entries"


# ── None ──────────────────────────────────────────────────────────────────────────────────────
def test_not_required():
    x, w = Tensor(2.0), variable(3.0)
    loss = x * w
    told(
        why(x, loss),
        "not required",
        """
the gradient of x is None: it was not asked for
  because: x was made without requires_grad=True
  instead: x.requires_grad_() before it is used, or Tensor(..., requires_grad=True)
""",
    )


def test_detached():
    x, w = variable([1.0, 2.0]), variable([3.0, 4.0])
    h = np.tanh(x)
    cut = h.detach()
    loss = (cut * w).sum()
    told(
        why(x, loss),
        "detached",
        f"""
the gradient of x is None: its history was cut off
  where: cut{LINE}
  because: detach() or numpy() took the values of h, not its history
  instead: h itself, where its gradient is wanted
""",
    )
    plain = (w * x.data).sum()
    assert why(x, plain).cause == "detached"
    assert why(x, plain).node is plain.args[0]
    scalar = variable(2.0)
    loss = scalar.detach() * variable(3.0)
    assert why(scalar, loss).cause == "detached"


def test_not_connected():
    x, w = variable(2.0), variable(3.0)
    loss = w * 2.0
    told(
        why(x, loss),
        "not connected",
        """
the gradient of x is None: nothing leads back to it
  because: loss was not computed from x, or its history was lost: by no_grad(), detach(), a \
comparison, argmax, or plain numbers (item(), numpy())
  instead: operations on Tensors all the way from x to loss
""",
    )
    with ag.no_grad():
        unrecorded = x * w
    assert why(x, unrecorded).cause == "not connected"
    lonely = variable(1.0)
    named = Tensor(1.0, name="lonely")
    again = Tensor(1.0, name="loss")
    because = why(lonely).because
    assert because == (
        "none of the tensors at hand (loss, unrecorded, w, x) was computed from lonely with its "
        "history"
    ), (named, again)
    assert why(lonely).instead.startswith("why(lonely, loss); ")


def test_not_required_where_there_is_no_result():
    assert why(Tensor(2.0)).cause == "not required"


@pytest.mark.parametrize(
    ("factor", "size"), [(1.0, "has norm 5"), (0.0, "has norm 0"), (np.nan, "has norm NaN")]
)
def test_a_gradient_whose_result_is_gone(factor, size):
    w = variable([3.0, 4.0])
    (w * w * 0.5 * factor).sum().backward()
    told(
        why(w),
        "no result",
        f"""
the gradient of w {size}: its result is not at hand
  because: no tensor at hand was computed from w with its history
  instead: why(w, loss) where loss is at hand, to ask about its gradient
""",
    )


def test_a_gradient_of_another_result_that_is_gone():
    w, other = variable(3.0), variable(1.0)
    (w * 2.0).backward()
    mask = w > 0.0
    answer = why(w)
    assert answer.node is mask
    assert answer.what == "the gradient of w from mask is None: no derivative leads back to it"
    assert answer.note == why(w, other * 1.0).note == "w.grad holds 2, from another result"


@pytest.mark.parametrize(
    ("f", "because"),
    [
        (lambda x: x > 0.0, "greater has no derivative: it is flat, or jumps, as x changes"),
        (lambda x: x.argmax(), "argmax has no derivative: it is flat, or jumps, as x changes"),
        (lambda x: x.astype(int), "astype makes int64, and only floats have gradients"),
    ],
)
def test_no_derivative(f, because):
    x, w = variable([1.0, 2.0]), variable([3.0, 4.0])
    loss = (f(x * 1.0) * w).sum()
    answer = why(x, loss)
    assert answer.cause == "no derivative"
    assert answer.because == because.replace("as x", "as x * 1")
    assert answer.what == "the gradient of x is None: no derivative leads back to it"
    index = f(x)
    total = (index * w).sum()
    assert why(index, total).cause == "no derivative", "the result of such an operation itself"


def test_no_backward():
    w = variable(3.0)
    loss = w * 2.0
    told(
        why(w),
        "no backward",
        """
the gradient of w is None: it was not computed
  because: loss.backward() has not been called: the gradient is 2
  instead: loss.backward()
""",
    )
    loss.backward()
    assert repr(why(w)) == "the gradient of w is 2: sound"
    assert why(w).where == ""
    w.grad = None
    assert why(w).because == "it is 2, but was cleared (zero_grad), or nobody held w at the time"


# ── NaN and infinity ──────────────────────────────────────────────────────────────────────────
FORWARD = {
    "log": (lambda x: np.log(x), "log(0) = −∞, at [1]; 1 of 3 entries so", "infinite in 1"),
    "0/0": (lambda x: x / x, "0 / 0 = NaN, at [1]; 1 of 3 entries so", "NaN in 1"),
    "inf - inf": (lambda x: (x / 0.0) - (x / 0.0), "1 / 0 = ∞, at [0]; 3 of 3 entries so", "NaN"),
    "exp": (lambda x: np.exp(x * 1000.0), "exp(1000) = ∞, at [0]; 2 of 3 entries so", "infinite"),
    "sqrt": (lambda x: np.sqrt(x - 0.5), "sqrt(−0.5) = NaN, at [1]; 1 of 3 entries so", "NaN in 1"),
}


@pytest.mark.parametrize("cause", FORWARD)
def test_what_makes_no_number(cause):
    f, because, kind = FORWARD[cause]
    x = variable([1.0, 0.0, 2.0])
    with np.errstate(all="ignore"):
        loss = f(x).sum()
        loss.backward()
    answer = why(x)
    assert (answer.cause, answer.because) == ("forward", because)
    assert answer.what.startswith(f"the gradient of x is {kind}")
    assert answer.what.endswith(f": it begins in {answer.op}, in the forward pass")
    assert np.isfinite(answer.node.args[0].data).all(), "the first of them"


def test_data_that_is_no_tensor_is_blamed_before_the_operation():
    X, W = np.array([[1.0, 2.0], [np.nan, 1.0], [0.0, 1.0]]), variable(np.ones((2, 1)))
    answer = why(W, np.mean((X @ W - 1) ** 2))
    assert answer.cause == "forward"
    assert answer.what == "the gradient of W is NaN in 2 of 2 entries: X is not finite"
    assert answer.because == "X itself is not finite in 1 of 6 entries, the first at [1, 0]"
    assert answer.op == "matmul"
    assert answer.instead == "clean data: np.isfinite(data).all()"
    x = variable([1.0, 2.0])
    assert why(x, (x * np.inf).sum()).because == "∞ itself is not finite"


def test_a_root_of_a_negative_number_wants_another_argument():
    x = variable(-2.0)
    for root in (np.sqrt, lambda x: x**0.5, lambda x: np.power(x, 0.5)):
        with np.errstate(all="ignore"):
            y = root(x)
        assert why(x, y).instead == "an argument above 0: np.maximum(x, 1e-12), np.abs(x)"
    with np.errstate(all="ignore"):
        at_zero = (x * 0.0) ** -1.0
        large = (x * x) ** 1000.0
    assert why(x, at_zero).instead.startswith("a + 1e-12 below the root")
    assert why(x, large).instead.startswith("smaller numbers")


def test_data_that_is_no_number():
    x, w = Tensor([[1.0, np.nan]], name="data"), variable([1.0, 2.0])
    loss = (x * w).sum()
    told(
        why(w, loss),
        "forward",
        f"""
the gradient of w is NaN in 1 of 2 entries: data is not finite
  where: data{LINE}
  because: data itself is not finite in 1 of 2 entries, the first at [0, 1]
  instead: clean data: np.isfinite(data).all()
""",
    )


def test_a_derivative_that_is_no_number():
    x = variable([4.0, 0.0])
    y = np.sqrt(x).sum()
    told(
        why(x, y),
        "backward",
        f"""
the gradient of x is infinite in 1 of 2 entries: it begins in the derivative of sqrt
  where: sqrt(x){LINE}
  because: the derivative of sqrt at x = 0 is ∞, in 1 of 2 entries
  instead: a + 1e-12 below the root, or np.linalg.norm, whose gradient at 0 is 0
""",
    )
    z = variable([1.0, 2.0])
    with np.errstate(all="ignore"):
        z2 = z * 2.0
        z2.backward(gradient=[np.nan, 1.0])
    assert (why(z).cause, why(z).because) == ("seed", "what arrives at z2 is not finite")
    small = variable(1e-300)
    big = small * 1e200 * 1e200
    assert why(small, big).because == "what arrives, up to 1e200, overflows"


# ── huge and tiny ─────────────────────────────────────────────────────────────────────────────
def test_factors():
    x = variable(1.0)
    y = x
    for _ in range(30):
        y = y * 5.0
    z = -y
    answer = why(x, z)
    told(
        answer,
        "huge",
        f"""
the gradient of x is huge: it is −9.313e20
  where: … * 5{LINE}
  because: from z back, ‖∂‖ is multiplied by 9.313e20 in 30 multiply
  instead: a smaller step, clipped gradients, normalised layers
""".replace("… * 5", "y = … * 5"),
    )
    assert len(answer.chain) == 31
    assert np.prod([link.factor for link in answer.chain]) == pytest.approx(5.0**30, rel=1e-12)
    assert [link.norm for link in answer.chain[-2:]] == pytest.approx([5.0**29, 5.0**30])


def test_vanishing():
    x = variable([0.5, 1.0])
    y = x
    for _ in range(30):
        y = ag.sigmoid(y) * 0.9
    loss = y.sum()
    answer = why(x, loss)
    assert (answer.cause, answer.op) == ("tiny", "sigmoid")
    assert answer.because.startswith("from loss back, ‖∂‖ is multiplied by ")
    assert " in 30 sigmoid, by 0.04239 in 30 multiply" in answer.because
    shallow = ag.sigmoid(x * 40.0).sum()
    assert "; sigmoid is saturated: flat at x * 40 = 20 … 40" in why(x, shallow).because


def test_the_chain_telescopes_where_ways_join():
    x = variable(2.0)
    y = x * x + x * 3.0
    z = y * 4.0
    z.backward()
    answer = why(x)
    assert answer.cause == "sound"
    product = np.prod([link.factor for link in answer.chain])
    assert product == pytest.approx(x.grad.item(), rel=1e-12)


# ── whom it asks ──────────────────────────────────────────────────────────────────────────────
def test_the_result_is_found_in_the_callers_frame():
    w = variable(3.0)
    loss = w * 2.0
    loss.backward()
    later = w * 0.0  # younger, but nobody called backward on it
    assert why(w).what == "the gradient of w is 2: sound"
    assert why(w, later).cause == "dead"


def test_a_result_alone_asks_about_its_leaves():
    a, b, c = variable(-1.0), variable(2.0), variable(-3.0)
    loss = a.relu() * 5.0 + b + c.relu()
    loss.backward()
    answers = why(loss)
    assert isinstance(answers, Answers)
    assert [answer.cause for answer in answers] == ["dead", "dead", "sound"]
    assert repr(answers).splitlines()[-1] == "the gradient of b is 1: sound"
    x = Tensor([np.nan, 1.0])
    with np.errstate(all="ignore"):
        broken = (x * (a + b)).sum()
    assert repr(why(broken)).splitlines()[-1].endswith("x is not finite (as above)")


def test_a_long_list_is_cut():
    loss = sum(variable(float(i), name=f"w{i}") * 2.0 for i in range(20))
    loss.backward()
    lines = repr(why(loss)).splitlines()
    assert (len(lines), lines[-1]) == (9, "… and 12 more are sound")


def test_it_changes_nothing():
    w = variable([1.0, -1.0])
    loss = w.relu().sum()
    loss.backward()
    before = w.grad.tolist()
    why(w), why(loss)
    assert w.grad.tolist() == before
    with pytest.raises(RuntimeError, match="a second time"):
        loss.backward()


def test_values_that_changed_since():
    w = variable(2.0)
    loss = w * w
    loss.backward()
    with ag.no_grad():
        w -= 1.0
    assert why(w).note == "w changed since loss was computed: ask before optimizer.step()"
    v = variable(2.0)
    for _ in range(2):
        loss = v * 3.0
        loss.backward()
    assert why(v).note == "v.grad holds 6: several passes add up there, and hooks change it"


def test_a_rewritten_tensor_is_asked_about_as_the_result_saw_it():
    w = variable([1.0, 2.0])
    h = w * 2.0
    loss = h.relu().sum()
    h[0] = 7.0
    assert why(h, loss).cause == "no backward"
    assert why(w, loss).cause == "no backward"


def test_a_network():
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    with ag.no_grad():
        net[0].bias[:] = -100.0
    x = Tensor(np.ones((5, 3)))
    with record_lines():
        loss = net(x).sum()
    loss.backward()
    answer = why(net[0].weight, loss)
    assert answer.what == "the gradient of net.0.weight is 0: relu stops it"
    assert answer.line.text == "loss = net(x).sum()", "the user's line, not the library's"


@pytest.mark.parametrize("name", ['<b>"x"|{y}</b>', "a\nb", "😀 مرحبا", "{0} %s \\"])
def test_names_are_shown_in_one_line(name):
    x = variable(-1.0, name=name)
    text = repr(why(x, x.relu()))
    assert text.splitlines()[0] == f"the gradient of {' '.join(name.split())} is 0: relu stops it"
    assert len(text.splitlines()) == 4


@pytest.mark.parametrize("wrong", [None, 3.0, [1.0]])
def test_what_is_no_tensor(wrong):
    with pytest.raises(TypeError) as error:
        why(wrong)
    assert str(error.value) == three_lines(
        f"why asks about a Tensor, not about {type(wrong).__name__}",
        f"why({wrong!r})",
        "why(w, loss), or why(loss) for all that it came from",
    )
    with pytest.raises(TypeError, match="why asks about a Tensor, not about float"):
        why(variable(1.0), 2.0)


@pytest.mark.parametrize("first", [None, 0.0, np.nan, 1e200])
def test_every_row_can_be_asked_about(first):
    """No operation of the tables makes it fail, whatever stops or breaks there."""
    causes = set()
    for cases in SAMPLES.values():
        inputs = [np.array(a) for a in cases[0].inputs()]
        for a in inputs:
            if first is not None and a.dtype.kind == "f" and a.size:
                a.flat[0] = first
        xs = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in inputs]
        # not every number makes a matrix that can be decomposed, or a quantile
        with np.errstate(all="ignore"), suppress(ValueError, RuntimeWarning, LinAlgError):
            y = cases[0].f(*xs)
            for x in xs:
                if x is not y:
                    answer = why(x, y)
                    causes.add(answer.cause)
                    assert repr(answer).startswith("the gradient of x is ")
    assert len(causes) > 4


# ── lines ─────────────────────────────────────────────────────────────────────────────────────
def here():
    return sys._getframe(1).f_lineno


def test_lines():
    x = variable(2.0)
    with record_lines():
        y, line = x * x + 1.0, here()
        z = np.exp(
            x,
        )
        w = nn.functional.mse_loss(x, y)  # fmt: skip
    assert place_of(y) == Place(__file__, line, "y, line = x * x + 1.0, here()", "x * x + 1.0")
    assert place_of(y.args[0]).part == "x * x"
    assert (place_of(z).line, place_of(z).part) == (line + 1, "")
    assert place_of(w).text.startswith("w = nn.functional.mse_loss(x, y)")
    assert str(place_of(y)) == f"test_why.py:{line}"
    assert str(Place("/tmp/ipykernel_7/123.py", 3, "", "")) == "line 3 of the cell"  # noqa: S108  # a name
    assert place_of(x) is None
    assert place_of(x * 2.0) is None, "only while lines are recorded"


def test_the_line_is_in_the_answer():
    x = variable(-2.0)
    with record_lines():
        h = x.relu()
    assert why(x, h).where == f"h = relu(x)   {place_of(h)}: h = x.relu()"
    assert why(x, h).line == place_of(h)


def test_assignment_has_a_line():
    x = variable([1.0, 2.0])
    with record_lines():
        y = x * 1.0
        y[0] = 5.0
        y += 1.0
    assert place_of(y).text == "y += 1.0"
    assert place_of(y.args[0]).text == "y[0] = 5.0"


def test_off_it_costs_nothing():
    """While nobody records, the engine draws its birth numbers from the counter itself."""
    engine = import_module("autograd.tensor")
    assert engine.birth is versions.birth
    with record_lines():
        assert engine.birth is not versions.birth
        with record_lines(False):
            assert engine.birth is versions.birth
        with record_lines():
            pass
        assert engine.birth is not versions.birth
    assert engine.birth is versions.birth
    with pytest.raises(ZeroDivisionError), record_lines():
        1 / 0  # noqa: B018  # raises
    assert engine.birth is versions.birth


def test_the_switch_works_without_with():
    record_lines()
    y = variable(1.0) * 2.0
    record_lines(False)
    assert place_of(y) is not None
    assert place_of(variable(1.0) * 2.0) is None


def test_each_thread_has_its_own():
    results = {}

    def work():
        results["other"] = place_of(variable(1.0) * 2.0)
        with record_lines():
            results["own"] = place_of(variable(1.0) * 2.0)

    with record_lines():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert place_of(variable(1.0) * 2.0) is not None, "another thread's end is not ours"
    assert results["other"] is None
    assert results["own"] is not None


def test_nothing_is_kept():
    def count():
        gc.collect()
        return sum(type(o).__name__ == "Birth" for o in gc.get_objects())

    before = count()
    with record_lines():
        y = variable(1.0)
        for _ in range(1000):
            y = y * 1.0
    assert count() > before + 900, "the numbers live as long as their tensors"
    del y
    assert count() == before


def test_recorded_lines_change_no_number():
    def run():
        x = variable([0.5, 2.0])
        y = x * np.tanh(x)
        y[0] = x[1] * 3.0
        y.sum().backward()
        return x.grad.tolist()

    expected = run()
    with record_lines():
        assert run() == expected

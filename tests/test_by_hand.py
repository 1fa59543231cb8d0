"""Derivations by hand: right ones are never called wrong, and each planted mistake is named."""

import inspect
import operator
import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor, check_by_hand
from autograd.base.errors import three_lines
from autograd.by_hand import diagnosis, formulas, mistakes
from autograd.by_hand.languages import REMEDIES, WORDS

SEEDS = st.integers(0, 10**6)
SIZES = st.integers(2, 5)


def leaf(data, name=None):
    return Tensor(data, requires_grad=True, name=name)


def network(seed=0, n=5, d=3, h=4, c=3):
    """The notes' classifier, x → tanh → softmax → mean cross-entropy, and its gradients by hand."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, d)), np.eye(c)[rng.integers(c, size=n)]
    shapes = {"W1": (d, h), "b1": h, "W2": (h, c), "b2": c}
    W1, b1, W2, b2 = (leaf(rng.normal(size=s), name) for name, s in shapes.items())
    u1 = x @ W1 + b1
    h1 = np.tanh(u1)
    u1.name, h1.name = "u1", "h1"
    p = ag.softmax(h1 @ W2 + b2)
    loss = -np.sum(y * np.log(p)) / n
    H, P = h1.data, p.data
    d2 = (P - y) / n
    into_h = d2 @ W2.data.T
    d1 = into_h * (1 - H**2)
    right = {"W1": x.T @ d1, "b1": d1.sum(0), "W2": H.T @ d2, "b2": d2.sum(0)}
    net = SimpleNamespace(W1=W1, b1=b1, W2=W2, b2=b2, h1=h1, p=p, loss=loss, right=right)
    net.parts = SimpleNamespace(x=x, y=y, H=H, P=P, d2=d2, into_h=into_h, d1=d1, n=n)
    return net


def judge(net, name, given):
    return check_by_hand(net.loss, {getattr(net, name): given})[getattr(net, name)]


# ── right is right ────────────────────────────────────────────────────────────────────────────
@given(SEEDS, SIZES, SIZES, SIZES, SIZES, st.sampled_from([None, 4, 5, 6]))
def test_right_derivations_are_never_called_wrong(seed, n, d, h, c, decimals):
    net = network(seed, n, d, h, c)
    for name, value in net.right.items():
        typed = value if decimals is None else value.round(decimals)
        if not typed.any():
            continue  # a 0 is not taken for a rounded number
        assert judge(net, name, typed), (name, typed)
        assert judge(net, name, np.float32(typed))


@given(SEEDS, SIZES, SIZES, SIZES, SIZES)
def test_the_eleven_boxed_gradients_of_the_notes(seed, n, d0, d1, d2):
    rng = np.random.default_rng(seed)
    shapes = {"W1": (d0, d1), "b1": d1, "W2": (d1, d2), "b2": d2, "U": d2, "c": ()}
    W1, b1, W2, b2, U, c = (leaf(rng.normal(size=s)) for s in shapes.values())
    x, y = rng.normal(size=(n, d0)), rng.integers(2, size=n)
    u1 = x @ W1 + b1
    h1 = np.tanh(u1)
    u2 = h1 @ W2 + b2
    h2 = ag.sigmoid(u2)
    u3 = h2 @ U + c
    loss = nn.functional.binary_cross_entropy(ag.sigmoid(u3), y.astype(float))
    du3 = (1 / (1 + np.exp(-u3.data)) - y) / n
    dh2 = np.outer(du3, U.data)
    du2 = dh2 * h2.data * (1 - h2.data)
    dh1 = du2 @ W2.data.T
    du1 = dh1 * (1 - h1.data * h1.data)
    boxed = {
        u3: du3, U: du3 @ h2.data, c: du3.sum(), h2: dh2, u2: du2, W2: h1.data.T @ du2,
        b2: du2.sum(0), h1: dh1, u1: du1, W1: x.T @ du1, b1: du1.sum(0),
    }  # fmt: skip
    assert len(boxed) == 11
    assert check_by_hand(loss, boxed)


@settings(max_examples=40)
@given(SEEDS, st.sampled_from(["W1", "b1", "W2", "b2"]), st.floats(0.02, 0.5), st.booleans())
def test_a_wrong_entry_is_never_called_right(seed, name, off, up):
    net = network(seed)
    wrong = net.right[name].copy()
    place = np.unravel_index(np.abs(wrong).argmax(), wrong.shape)
    wrong[place] *= 1 + off if up else 1 - off
    verdict = judge(net, name, wrong)
    assert not verdict
    rest = wrong.size - 1
    assert re.match(rf"{rest} of {wrong.size} entries (is|are) right: ", verdict.what)
    assert f"{list(map(int, place))} is " in verdict.what


@given(SEEDS)
def test_numbers_that_were_rounded_on_the_way_are_right(seed):
    """As the notes do: four decimals at every step; and large gradients to four digits."""
    net = network(seed)
    H, d2 = net.parts.H.round(4), (net.parts.P.round(4) - net.parts.y) / 5
    d1 = (d2 @ net.W2.data.T).round(4) * (1 - H**2).round(4)
    assert judge(net, "W2", (H.T @ d2).round(4))
    b1 = d1.sum(0).round(3)
    assume(np.any(b1 != b1.round(2)))  # or nobody can tell that it has three decimals
    assert judge(net, "b1", b1)
    w = leaf(3.0)
    assert check_by_hand(w**7, {w: 5103 * 1.0005})
    assert not check_by_hand(w**7, {w: 5103 * 1.002})


def test_a_wrong_gradient_is_not_right_because_it_is_tiny():
    x = leaf(0.3)
    h = x
    for _ in range(16):
        h = ag.sigmoid(h) * 0.5
    h.backward()
    g = x.grad.item()
    assert 2.5e-15 < g < 2.6e-15
    assert check_by_hand(h, {x: g * 1.0005})
    for wrong in (-g, 5 * g, 1e-10, 0.0):
        assert not check_by_hand(h, {x: wrong})
    w = leaf([1e-6, 2e-6])
    loss = np.sum(w**2) / 1e4
    assert check_by_hand(loss, {w: [2e-10, 4e-10]})
    assert check_by_hand(loss, {w: [-2e-10, -4e-10]})[w].mistakes == ("sign",)
    y = leaf(2.0)
    assert not check_by_hand(y * 1e-10, {y: 1.4e-10})  # and it is not "rounded too far", either


def test_the_slides_wrong_row_is_found():
    o = np.array([[0.3989, 0.4975], [0.5548, 0.6411], [0.2497, 0.5866], [0.3846, 0.7191]])
    theta = leaf([[-0.31, 0.02], [0.48, -0.68], [-0.41, -0.27]])
    loss = nn.functional.cross_entropy(o @ theta.T + [-0.22, 0.15, -0.35], np.array([0, 1, 1, 2]))
    slide = [[0.0316, 0.0800], [-0.0037, -0.0358], [-0.0037, -0.0358]]
    verdict = check_by_hand(loss, {theta: slide})[theta]
    assert verdict.what == "row 1 holds the numbers of row 2"
    assert verdict.instead == "row 1 is [−0.02793, −0.04421]"
    slide[1] = [-0.0279, -0.0442]
    assert check_by_hand(loss, {theta: slide})


# ── planted mistakes ──────────────────────────────────────────────────────────────────────────
def planted(net):
    """Return (name, a wrong derivation, its kinds, part of what is said)."""
    k, right = net.parts, net.right
    diagonal = (-k.y / k.P) * (k.P * (1 - k.P)) / k.n
    first_term = (-k.y / k.P) * k.P / k.n
    no_tanh = k.into_h
    at_result = k.into_h * (1 - np.tanh(k.H) ** 2)
    n = f"(N = {k.n})"
    yield "W2", right["W2"].T, ("transposed",), "it is transposed"
    yield "W2", -right["W2"], ("sign",), "the sign is flipped"
    yield "b1", right["b1"] * k.n, ("missing 1/N",), f"1/N is missing {n}"
    yield "W1", right["W1"] / k.n, ("extra 1/N",), f"there is an extra 1/N {n}"
    yield "W1", -k.n * right["W1"], ("sign", "missing 1/N"), f"flipped and 1/N is missing {n}"
    yield "W2", -right["W2"].T, ("transposed", "sign"), "it is transposed and the sign is flipped"
    yield "b2", k.d2, ("not summed",), f"it is not summed over axis 0 {n}"
    yield "b2", k.d2 * k.n, ("not summed", "missing 1/N"), "not summed over axis 0"
    yield "W2", k.H[:, :, None] * k.d2[:, None], ("not summed",), "it is not summed over axis 0"
    yield "W2", right["W2"].sum(0), ("summed",), "it is summed over axis 0"
    yield "W2", right["W2"].sum(0, keepdims=True), ("summed",), "summed over axis 0 (N = 4)"
    yield "b1", right["b1"][None], ("shape",), "the numbers are right, but its shape is (1, 4)"
    yield (
        "W1",
        k.x.T @ no_tanh,
        ("derivative",),
        "the derivative of tanh is missing, in h1 = tanh(u1)",
    )
    yield "b1", no_tanh.sum(0), ("derivative",), "the derivative of tanh is missing"
    yield "b1", -no_tanh.sum(0), ("derivative", "sign"), "and the sign is flipped"
    yield "W1", k.x.T @ at_result, ("point",), "the derivative of tanh is taken at h1, its result"
    yield "W2", k.H.T @ diagonal, ("diagonal",), "only the diagonal of the Jacobian of softmax"
    yield "b1", ((diagonal @ net.W2.data.T) * (1 - k.H**2)).sum(0), ("diagonal",), "diagonal"
    yield "W2", k.H.T @ first_term, ("diagonal",), "denominator of softmax is taken for a constant"
    yield "W2", right["W2"] + 0.01 * np.eye(4, 3), ("some",), "9 of 12 entries are right: [0, 0] is"
    yield "W1", right["W1"] + (np.arange(12).reshape(3, 4) > 6), ("some",), "; and 1 more"
    yield "b1", np.zeros(4), ("zero",), "it is 0"
    yield "W1", np.ones((2, 2)), ("shape",), "its shape is (2, 2), and its tensor's is (3, 4)"
    yield "b2", right["b2"].round(1), ("rounded",), "it is rounded too far"
    yield "b2", right["b2"] * 7.3, ("factor",), "it is 7.3 times the right one"
    yield "b2", [1.0, -2.0, 3.5], ("unknown",), "no known mistake explains it"


PLANTED = list(planted(network(0)))


@pytest.mark.parametrize("k", range(len(PLANTED)), ids=lambda k: " ".join(PLANTED[k][2]))
def test_each_planted_mistake_is_named(k):
    net = network(0)
    name, wrong, kinds, said = PLANTED[k]
    verdict = judge(net, name, wrong)
    assert not verdict
    assert verdict.mistakes == kinds
    assert said in verdict.what
    assert verdict.instead


@settings(max_examples=20)
@given(SEEDS, st.integers(6, 9), st.integers(3, 5), st.integers(3, 5), st.integers(3, 5))
def test_planted_mistakes_are_named_in_any_network(seed, n, d, h, c):
    net = network(seed, n, d, h, c)
    k = net.parts
    for name, wrong, kind in (
        ("W2", -net.right["W2"], "sign"),
        ("W1", net.right["W1"] * n, "missing 1/N"),
        ("b2", k.d2, "not summed"),
        ("W1", k.x.T @ k.into_h, "derivative"),
    ):
        assert judge(net, name, wrong).mistakes == (kind,)


def test_the_remedy_is_a_formula():
    net = network()
    verdict = judge(net, "b1", net.parts.into_h.sum(0))
    assert verdict.instead == "multiply ∂L/∂h1 by the derivative there, 1 − h1²"
    x = leaf(0.5)
    h = ag.sigmoid(x)
    loss = h * 3
    verdict = check_by_hand(loss, {x: 3})[x]
    assert verdict.what == "the derivative of sigmoid is missing, in h = sigmoid(x)"
    assert verdict.instead == "multiply ∂loss/∂h by the derivative there, h · (1 − h)"


def test_the_formula_of_a_remedy_holds_together():
    a, b = leaf(2.0), leaf(5.0)
    for y, by_hand, formula in (
        (3 * (a - b) ** 3, -243, "3 · (a - b)²"),
        (1 / (a + b), -1 / 7, "−1 / (a + b)²"),
        (np.log(a / 4), 1 / 4, "derivative there, 1 / (a / 4)"),
        (b / a, -2.5, "−b / a²"),
        (a * b, 2, "by a is b"),
    ):
        verdict = check_by_hand(y, {a: by_hand})[a]
        assert verdict.instead.split(";")[0].endswith(f" {formula}"), formula


def test_two_activations_forgotten_at_once():
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(4, 3)), leaf(rng.normal(size=(3, 2)))
    u = np.tanh(x @ w)
    loss = np.sum(ag.sigmoid(u) * rng.normal(size=(4, 2)))
    g = loss.op and np.asarray(loss.args[0].args[1])
    verdict = check_by_hand(loss, {w: x.T @ g})[w]
    assert verdict.mistakes == ("derivative",)
    assert "the derivative of sigmoid is missing" in verdict.what
    assert "the derivative of tanh is missing" in verdict.what


@pytest.mark.parametrize(
    ("fn", "row"),
    [(fn, row) for fn, rows in formulas.WRONG.items() for row in rows],
    ids=lambda part: part[2] if type(part) is tuple else part.__name__,
)
def test_each_wrong_formula_is_named(fn, row):
    i, kind, said, slope = row
    args = [leaf(v, name) for v, name in zip(([0.3, 0.7, 1.3], [3.0, 1.6, 2.5]), "ab", strict=True)]
    args = args[: 2 if fn in (np.multiply, np.divide, np.power, operator.pow) else 1]
    y = fn(*args)
    w = np.array([2.0, 0.5, -1.3])
    wrong = w * slope(y.data, *[x.data for x in args]) + 1
    verdict = check_by_hand(np.sum(w * y) + np.sum(args[i]), {args[i]: wrong})[args[i]]
    assert (verdict.mistakes, verdict.what.partition(", in ")[0]) == ((kind,), said)


@pytest.mark.parametrize(
    ("f", "slope", "said"),
    [
        (
            np.tanh,
            lambda x: 1 - np.tanh(x),
            "tanh is not squared in 1 − tanh², in tanh(x)",
        ),
        (np.exp, lambda x: x * np.exp(x - 1), "an exponential is taken for a power, in exp(x)"),
        (lambda x: 3 / x, lambda x: 3 / x**2, "the minus of the quotient rule is lost, in 3 / x"),
    ],
)
def test_formulas_of_one_variable(f, slope, said):
    x = leaf([0.5, -1.5], "x")
    hand = slope(x.data) + 2 * x.data
    assert check_by_hand(np.sum(f(x)) + np.sum(x**2), {x: hand})[x].what == said


SCALARS = [
    # f(a, b, c), the variable, what the hand says, the kind and the words
    (
        lambda a, b, c: (a + b) * c,
        "a",
        1,
        "upstream",
        "the gradient that arrives at a + b is left out",
    ),
    (lambda a, b, c: (a + b) * c, "c", 4, "factor", "a factor is multiplied by itself"),
    (lambda a, b, c: a * a, "a", 2, "path", "a is used 2 times, and one path back is missing"),
    (lambda a, b, c: np.where(a > 0, a * a, b), "a", 2, "path", "a is used 2 times, and one path"),
    (lambda a, b, c: a * b + a * c, "a", 4, "path", "one path back is missing: over a * b"),
    (lambda a, b, c: a * b + a * c + a * 9, "a", 3, "path", "2 paths back are missing"),
    (lambda a, b, c: (a - b) * (c + b), "b", 6, "minus", "the minus before b in a - b is missing"),
    (lambda a, b, c: a - b, "b", 1, "sign", "the sign is flipped"),
    (lambda a, b, c: c**3, "c", 16, "exponent", "the 3 of the power is missing"),
    (lambda a, b, c: c**3, "c", 144, "exponent", "there is an extra factor 3"),
    (lambda a, b, c: c**3, "c", 192, "factor", "the exponent is not lowered by 1"),
    (lambda a, b, c: a / c, "c", -0.5, "factor", "the denominator is not squared"),
    (lambda a, b, c: 5 * a + b * c, "a", 1, "constant", "the constant 5 in 5 * a is missing"),
    (lambda a, b, c: a / 5 + b, "a", 1, "constant", "the constant 5 in a / 5 is missing"),
    (lambda a, b, c: 5 / c, "c", -1 / 16, "constant", "the constant 5 in 5 / c is missing"),
    (lambda a, b, c: np.tanh(a) * b, "a", 3 * (1 - 2**2), "point", "the derivative of tanh has a"),
]


@pytest.mark.parametrize(("f", "name", "hand", "kind", "said"), SCALARS)
def test_mistakes_in_scalar_graphs(f, name, hand, kind, said):
    tensors = {"a": leaf(2.0, "a"), "b": leaf(3.0, "b"), "c": leaf(4.0, "c")}
    verdict = check_by_hand(f(*tensors.values()), {name: hand})[name]
    assert not verdict
    assert verdict.mistakes == (kind,)
    assert said in verdict.what


def test_one_number_is_not_explained_by_two_mistakes():
    """Any number could be; but a flipped sign and an N are likely enough."""
    a, b = leaf(2.0), leaf(3.0)
    forgotten = -3.0  # the derivative of tanh, and the sign
    assert check_by_hand(np.tanh(a) * b, {a: forgotten})[a].mistakes == ("unknown",)
    x = leaf([1.0, 2.0, 3.0, 4.0, 5.0])
    f = np.mean(x * b)
    assert check_by_hand(f, {b: -15.0})[b].mistakes == ("sign", "missing 1/N")


def test_what_to_do_about_a_constant_that_is_missing():
    a = leaf(2.0)
    for f, by_hand, remedy in (
        (5 * a + a, 2, "multiply"),
        (a / 5, 1, "divide"),
        (5 / a, -0.25, "multiply"),
    ):
        assert check_by_hand(f, {a: by_hand})[a].instead == f"{remedy} by 5"


def test_a_mean_that_is_one_of_two_terms():
    x = leaf([[1.0, 2.0], [4.0, 7.0], [0.5, 3.0]])
    loss = np.sum(np.mean(x * x, axis=0)) + np.sum(x)
    verdict = check_by_hand(loss, {x: 2 * x.data + 1})[x]
    assert verdict.what == "1/N is missing (N = 3): mean(x * x, axis=0) is a mean, not a sum"
    assert check_by_hand(loss, {x: 2 * x.data / 3 + 1})


def test_mistakes_with_fused_cross_entropy():
    s, t = leaf(np.random.default_rng(0).normal(size=(4, 3))), np.array([0, 1, 2, 1])
    loss = nn.functional.cross_entropy(s, t)
    p, y = ag.softmax(s.data), np.eye(3)[t]
    assert check_by_hand(loss, {s: (p - y) / 4})
    said = {
        "the target is not subtracted": p / 4,
        "only the diagonal of the Jacobian of softmax": -y * (1 - p) / 4,
        "the gradient is that of the probabilities": -y / p / 4,
        "the sign is flipped": (y - p) / 4,
        "1/N is missing (N = 4)": p - y,
    }
    for words, wrong in said.items():
        assert words in check_by_hand(loss, {s: wrong})[s].what
    assert check_by_hand(loss, {s: p / 4})[s].instead == (
        "a row of s gets p − y, times the gradient that arrives at its cross-entropy"
    )


def test_a_sign_in_one_of_two_losses():
    s, t = leaf(np.random.default_rng(0).normal(size=(4, 3))), np.array([0, 1, 2, 1])
    p, y = ag.softmax(s.data), np.eye(3)[t]
    loss = nn.functional.cross_entropy(s, t) + np.sum(s * s)
    assert check_by_hand(loss, {s: (p - y) / 4 + 2 * s.data})
    said = {"sign of p − y": y - p, "−y / p": -y / p, "only the diagonal": -y * (1 - p)}
    for words, wrong in said.items():
        assert words in check_by_hand(loss, {s: wrong / 4 + 2 * s.data})[s].what


@pytest.mark.parametrize(
    ("f", "first", "entry", "own", "other"),
    [
        (ag.softmax, lambda p: p, "∂pᵢ/∂sⱼ", "pᵢ (1 − pᵢ)", "−pᵢ pⱼ"),
        (ag.log_softmax, np.ones_like, "∂ log pᵢ/∂sⱼ", "1 − pᵢ", "−pⱼ"),
    ],
)
def test_the_jacobian_of_a_softmax(f, first, entry, own, other):
    s, c = leaf([0.5, -1.0, 2.0]), np.array([3.0, -1, 2])
    loss, p = np.sum(c * f(s)), ag.softmax(s.data)
    constant = check_by_hand(loss, {s: c * first(p)})[s]
    assert "is taken for a constant" in constant.what
    assert constant.instead.endswith(f": {entry} = {own} for i = j, else {other}")
    diagonal = check_by_hand(loss, {s: c * first(p) * (1 - p)})[s]
    assert "only the diagonal" in diagonal.what
    assert diagonal.instead.endswith(f": {entry} = {other} for i ≠ j, too")


def test_the_step_over_an_activation_that_is_written_out():
    rng = np.random.default_rng(0)
    X, W = rng.normal(size=(6, 3)), leaf(rng.normal(size=3))
    s = X @ W
    o = 1 / (1 + np.exp(-s))
    L = np.mean((o - 1) ** 2)
    do = 2 * (o.data - 1) / 6
    ds = do * o.data * (1 - o.data)
    assert check_by_hand(L, {W: X.T @ ds, s: ds})
    for key, hand in ((s, do), (W, X.T @ do)):
        verdict = check_by_hand(L, {key: hand})[key]
        assert verdict.mistakes == ("step",)
        assert verdict.what == "∂L/∂o is taken for ∂L/∂s: the step from o to s is missing"
        assert verdict.instead == "multiply by the derivative of o = 1 / (1 + exp(-s)) by s"
    assert check_by_hand(L, {W: -(X.T @ do)})[W].mistakes == ("step", "sign")
    unknown = check_by_hand(L, {s: rng.normal(size=6)})[s]
    assert unknown.instead == "derive it again, node by node: L.backward_steps() shows each"


def test_the_step_over_a_softmax_that_is_written_out():
    X, W, c = np.arange(12.0).reshape(4, 3) / 9, leaf([0.2, -0.1, 0.3]), np.array([1.0, 3, 2, 5])
    s = X @ W
    e = np.exp(s)
    p = e / np.sum(e)
    loss = np.sum(p * c)
    for key, hand in ((s, c), (W, X.T @ c)):
        assert (
            check_by_hand(loss, {key: hand})[key].what
            == "∂loss/∂p is taken for ∂loss/∂s: the step from p to s is missing"
        )
    twice = np.sum(p * c) + np.sum(s)  # not all that reaches s comes over p
    assert check_by_hand(twice, {s: c})[s].mistakes == ("unknown",)


def test_another_reading_says_more_than_a_missing_step():
    x = leaf(0.3)
    y = x * 3
    z = np.tanh(y)
    f = z * 2
    assert check_by_hand(f, {y: 2})[y].mistakes == ("derivative",)
    assert check_by_hand(f, {x: 2 * (1 - z.item() ** 2)})[x].mistakes == ("constant",)
    assert check_by_hand(f, {x: 2})[x].mistakes == ("step",)


def test_a_square_matrix_that_was_not_transposed():
    rng = np.random.default_rng(0)
    x, W, V = rng.normal(size=(4, 3)), leaf(rng.normal(size=(3, 3))), leaf(rng.normal(size=(3, 3)))
    loss = np.sum(np.square((x @ W) @ V))
    g = 2 * (x @ W.data @ V.data)
    assert check_by_hand(loss, {W: x.T @ (g @ V.data.T)})
    verdict = check_by_hand(loss, {W: x.T @ (g @ V.data)})[W]
    assert "a matrix is not transposed on the way back" in verdict.what


@pytest.mark.parametrize("shape", [3, (4, 3), (2, 4, 3)])
def test_the_same_beside_a_vector_and_in_a_batch(shape):
    """The notes write W h, and most code X W."""
    rng = np.random.default_rng(0)
    W, X, h = (leaf(rng.normal(size=s)) for s in ((3, 3), shape, 3))
    for x, y, wrong in (
        (X, X @ W, lambda g: g @ W.data),
        (h, W @ h, lambda g: W.data @ g),
    ):
        loss = np.sum(np.square(y))
        verdict = check_by_hand(loss, {x: wrong(2 * y.data)})[x]
        assert verdict.what.startswith("a matrix is not transposed on the way back, in y = ")
        assert "transposed, on its side of the gradient" in verdict.instead


def test_the_loss_is_a_sum_where_it_should_be_a_mean():
    x, w = np.arange(6.0).reshape(3, 2), leaf([1.0, -1.0], "w")
    loss = np.mean(np.square(x @ w - 1))
    right = 2 * x.T @ (x @ w.data - 1) / 3
    assert check_by_hand(loss, {w: right})
    assert "1/N is missing (N = 3)" in check_by_hand(loss, {w: 3 * right})[w].what
    halved = check_by_hand(loss, {w: right / 2})[w]
    assert halved.what == "the 2 of the power is missing"


def test_an_n_that_nothing_divides_by_is_no_reading():
    x = leaf([1.0, 2.0, -1.5], "x")
    lost = check_by_hand(np.sum(3 * np.sin(x)), {x: np.cos(x.data)})[x]
    assert lost.what == "the constant 3 in 3 * sin(x) is missing"
    enlarged = check_by_hand(np.sum(np.tanh(x)), {x: 3 - 3 * np.tanh(x.data) ** 2})[x]
    assert enlarged.what == "it is 3 times the right one"
    X, w = np.array([[1.0, 2.0], [3.0, 5.0], [-1.0, 0.5]]), leaf([0.5, -2.0])
    r = X @ w.data - 1
    whole = check_by_hand(np.sum((X @ w - 1) ** 2) / 2, {w: 2 * X.T @ r})[w]
    assert whole.readings == [("exponent",), ("constant",)]
    assert "there is an extra factor 2; or the constant 2 in sum(" in whole.what
    summed = check_by_hand(np.sum((X @ w - 1) ** 2) / 3, {w: 2 * X.T @ r})[w]
    assert summed.what == "1/N is missing (N = 3)"
    assert check_by_hand(np.var(x), {x: 2 * (x.data - 0.5)})[x].what == "1/N is missing (N = 3)"


@pytest.mark.parametrize(
    ("by_hand", "what"),
    [
        ([0.0, 4.0, 6.0], "it is 2 times the right one"),
        ([0.0, 1.0, 1.5], "it is 0.5 times the right one"),
        ([0.0, 4.0, 3.0], "2 of 3 entries are right: [1] is 4, not 2"),
        ([0.0, 4.0, 4.0], "1 of 3 entries is right: [1] is 4, not 2; [2] is 4, not 3"),
    ],
)
def test_a_constant_factor_is_seen_beside_zeros(by_hand, what):
    x = leaf([1.0, -2.0, 3.0], "x")
    loss = np.sum(x * np.array([0.0, 2.0, 3.0]))
    assert check_by_hand(loss, {x: by_hand})[x].what == what


def test_what_the_numbers_cannot_tell_apart_is_told_in_every_language():
    x = leaf([3.0, -1.0], "x")
    verdict = check_by_hand(np.mean(x**2), {x: [1.5, -0.5]})[x]
    assert verdict.what == "the 2 of the power is missing; or there is an extra 1/N (N = 2)"
    assert verdict.readings == [("exponent",), ("extra 1/N",)]
    assert verdict.into("pt").what == (
        "o fator do expoente não está certo; ou há um fator 1/N a mais"
    )
    assert verdict.into("es").instead == "la derivada de xᵖ es p · xᵖ⁻¹; o multiplica por N"
    lost = check_by_hand(np.sum(2 * x**2), {x: [6.0, -2.0]})[x].what
    assert lost == "the 2 of the power is missing; or the constant 2 in 2 * x ** 2 is missing"


def test_the_verdict_on_a_tensor_does_not_depend_on_another_one():
    x, v = leaf([1.0, 2.0, -1.5], "x"), leaf([3.0, 1.5], "v")
    loss = np.sum(x * x) + np.sum(v**2)
    alone = check_by_hand(loss, {x: x.data})[x]
    assert alone.what.startswith("x is used 2 times, and one path back is missing")
    assert check_by_hand(loss, {x: x.data, v: v.data + 7})[x].what == alone.what


@pytest.mark.parametrize("lang", ["pt", "es"])
def test_every_kind_of_mistake_has_words_in_every_language(lang):
    source = "".join(inspect.getsource(module) for module in (diagnosis, mistakes))
    named = re.findall(r'(?:Part|istake)\(\s*"([^"]+)"', source)
    named += [kind for rows in formulas.WRONG.values() for _, kind, _, _ in rows]
    kinds = {*named, *re.findall(r'\("(\w+)",\)$', source, re.MULTILINE), "diagonal", "target"}
    kinds |= {kind for _, _, kinds, _ in PLANTED for kind in kinds} | {row[3] for row in SCALARS}
    assert kinds | {"right", "unanswered", "by hand", "engine", "and", "or"} == set(WORDS[lang])
    # of these the sentence itself says what to do
    assert kinds - set(REMEDIES[lang]) == {"factor", "target", "path"}
    assert set(REMEDIES[lang]) <= kinds


# ── how it is called ──────────────────────────────────────────────────────────────────────────
def test_nothing_is_consumed_and_no_gradient_is_touched():
    net = network()
    check_by_hand(net.loss, {net.W1: net.right["W1"] * 3})
    assert net.W1.grad is None
    net.loss.backward()
    before = net.W1.grad
    assert check_by_hand(net.loss, {net.W1: before})
    assert net.W1.grad is before


def test_keys_are_tensors_or_names_and_values_are_anything_like_an_array():
    a, b = leaf(2.0), leaf([1.0, 2.0], "bias")
    d = a * b
    loss = np.sum(d)
    verdicts = check_by_hand(loss, {"a": Tensor(3), "bias": (2, 2.0), d: [1, 1], b: np.full(2, 2)})
    assert verdicts
    assert verdicts.score == (4, 4)
    assert len(verdicts) == 4
    assert all(verdicts[key] for key in ("bias", b, "d", d))
    assert list(verdicts) == ["a", "bias", d, b]


def test_the_table():
    a, b = leaf(2.0), leaf([1.0, 2.0])
    loss = np.sum(a * b)
    assert repr(check_by_hand(loss, {"a": 3, "b": [2, -2]})) == (
        "✓ a  right\n"
        "✗ b  1 of 2 entries is right: [1] is −2, not 2\n"
        "     by hand: [2, −2]\n"
        "      engine: [2, 2]\n"
        "     → turn the sign of this"
    )
    assert repr(check_by_hand(loss, {})) == "no gradient was given by hand"


def test_a_gradient_that_holds_nan_is_told_so():
    x = leaf([1.0, 2.0], "x")
    verdict = check_by_hand(np.sum(x * x), {x: [np.nan, 4.0]})[x]
    assert verdict.what == "it holds NaN, which is no number"
    assert verdict.into("es").what == "contiene NaN, que no es un número"


def test_the_loss_is_one_number():
    x = leaf([1.0, 2.0], "x")
    with pytest.raises(RuntimeError) as caught:
        check_by_hand(x * 2, {x: [2.0, 2.0]})
    assert str(caught.value) == three_lines(
        "the loss is one number: each entry of an array has a gradient of its own",
        "check_by_hand(a Tensor (2,), ...)",
        "np.sum(y) or np.mean(y), whichever was derived",
    )


def test_refusals_say_what_to_write():
    a = leaf(2.0, "a")
    f, stranger, constant = a * 3, leaf(1.0), Tensor(1.0, name="c")
    f = f + constant
    f.name = "f"
    for key in ("c", stranger, constant, 3):
        with pytest.raises(ValueError) as caught:
            check_by_hand(f, {key: 1})
        called = f"{key.name or 'a Tensor'} ()" if isinstance(key, Tensor) else key
        where = f"check_by_hand of {called}"
        instead = "what the loss came from, with requires_grad=True: f, a"
        assert str(caught.value) == three_lines("no gradient arrives here", where, instead)
    for wrong in ([[1], [1, 2]], None, [None], np.array([1j]), "2", ["2"]):
        with pytest.raises(ValueError) as caught:
            check_by_hand(f, {"a": wrong})
        assert str(caught.value) == three_lines(
            "a gradient by hand is made of real numbers",
            f"check_by_hand of a: {wrong!r}",
            "a number, an array, or nested lists of one shape",
        )
    weight = leaf(1.0)
    with pytest.raises(ValueError) as caught:
        check_by_hand(f * weight, {"wieght": 1})
    known = "what the loss came from, with requires_grad=True: f, weight, a"
    assert str(caught.value) == three_lines(
        "the loss came from no tensor of this name",
        "check_by_hand of wieght",
        f"'weight', or {known}",
    )
    with pytest.raises(ValueError, match=r"no tensor of this name\n.* z\n.*: what the loss came"):
        check_by_hand(f, {"z": 1})
    for hand, kind in (([weight], "list"), (weight, "Tensor")):
        with pytest.raises(TypeError) as caught:
            check_by_hand(f * weight, hand)
        assert str(caught.value) == three_lines(
            "gradients by hand come with the tensors that they belong to",
            f"check_by_hand(loss, {kind})",
            "check_by_hand(loss, {w: [0.1, -0.2], b: 0.3})",
        )
    with pytest.raises(TypeError) as caught:
        check_by_hand(3.0, {weight: 1.0})
    assert str(caught.value) == three_lines(
        "the loss is a Tensor, not float",
        "check_by_hand(3.0, ...)",
        "a loss computed from Tensors, and not .item(), .data or float() of it",
    )
    twin = leaf(1.0, "a")
    with pytest.raises(ValueError, match="several tensors have this name"):
        check_by_hand(f + twin, {"a": 1})


def test_numbers_that_are_not_finite():
    x = leaf([0.0, 4.0])
    loss = np.sum(np.sqrt(x))
    assert check_by_hand(loss, {x: [np.inf, 0.25]})
    assert not check_by_hand(loss, {x: [np.nan, 0.25]})
    for off in ([0.0, 0.25], [1e9, 0.25], [np.inf, 0.3]):
        assert not check_by_hand(loss, {x: off})


def test_branches_without_a_derivative_and_empty_arrays():
    x, empty = leaf([1.0, -2.0, 3.0]), leaf(np.ones((0, 3)))
    chosen = np.where(x > 0, x * 2, x * 5) + np.floor(x) + np.mean(empty.sum(axis=0))
    loss = np.sum(chosen * (np.argmax(x) + 1))
    assert check_by_hand(loss, {x: [6, 15, 6], empty: np.ones((0, 3))})
    assert not check_by_hand(loss, {x: [2, 2, 2]})


def test_large_graphs_and_large_arrays_take_no_minute(linear):
    rng = np.random.default_rng(0)
    w = leaf(rng.normal(size=(256, 64)))
    loss = np.mean(np.square(np.tanh(rng.normal(size=(32, 256)) @ w)))
    assert not check_by_hand(loss, {w: rng.normal(size=(256, 64))})

    def wrong(n):
        x = leaf(1.0)
        chain = x
        for _ in range(n):
            chain = chain * 1.0001 + 0.001
        return lambda: check_by_hand(chain, {x: 17.0})

    assert not wrong(40)()
    linear(wrong, 40)

"""What is laid over a picture: numerical gradients, paths, and the flow of gradients."""

import html
import re

import numpy as np
import pytest

import nn
from autograd import Tensor, draw, frames, primitive, why
from autograd.base.errors import three_lines
from autograd.view.graph.dot import _wrapped
from autograd.view.graph.theme import THEMES


def variable(value, **options):
    return Tensor(value, requires_grad=True, **options)


def node(picture, name):
    (found,) = [n for n in picture.scene.nodes if n.name == name]
    return found


def emphasised(picture):
    nodes = picture.scene.nodes
    return [(nodes[w.source].name, nodes[w.target].name)
            for w in picture.scene.wires if w.state == "path"]  # fmt: skip


def lecture():
    a, b, c = (variable(v, name=n) for v, n in ((2.0, "a"), (3.0, "b"), (4.0, "c")))
    f = (a + b) * c
    f.backward()
    return f, a, b, c


# ── check=True ────────────────────────────────────────────────────────────────────────────────
def test_right_gradients():
    f, *_ = lecture()
    picture = draw(f, check=True)
    assert [node(picture, name).note for name in "abc"] == [
        "≈ 4  (error 0)", "≈ 4  (error 0)", "≈ 5  (error 0)",
    ]  # fmt: skip
    assert picture.scene.caption == ("numerical gradients (≈): all agree; relative error up to 0")
    assert node(picture, "a").spoken == "a = 2, gradient 4, numerically 4"


def test_a_wrong_rule_is_found_and_marked():
    square = primitive(lambda x: x * x, name="square")
    square.defvjp(lambda g, y, x: g * x)  # forgot the 2
    x, k = variable(3.0, name="x"), variable(1.0, name="k")
    f = square(x) + k
    f.backward()
    picture = draw(f, check=True)
    assert node(picture, "x").note == "≠ 6  (error 0.5)"
    assert node(picture, "x").state == "alarm"
    assert node(picture, "k").state == ""
    assert picture.scene.caption == (
        "numerical gradients (≈): 1 of 2 wrong: x; relative error up to 0.5"
    )


@pytest.mark.parametrize("place", range(6))
def test_the_worst_element_of_an_array(place):
    index = tuple(int(i) for i in np.unravel_index(place, (3, 2)))

    def wrong(g, _, x):
        sent = g * 2 * x
        sent[index] += 1
        return sent

    square = primitive(lambda x: x * x)
    square.defvjp(wrong)
    x = variable(np.arange(1.0, 7.0).reshape(3, 2), name="x")
    f = square(x).sum()
    f.backward()
    assert f"at {list(index)}" in node(draw(f, check=True), "x").note


def test_the_text_in_a_terminal_has_the_verdicts_too():
    f, *_ = lecture()
    assert repr(draw(f, check=True)).splitlines()[2] == "│  ├─ a    2   ∂ 4  ≈ 4  (error 0)"


def test_a_network_and_its_loss():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    loss = nn.CrossEntropyLoss()(net(Tensor(np.ones((5, 3)))), np.array([0, 1, 1, 0, 1]))
    loss.backward()
    picture = draw(loss, check=True)
    notes = [n.note for n in picture.scene.nodes if n.role == "parameter"]
    assert len(notes) == 4
    assert all(note.startswith("≈") for note in notes)


def test_what_was_rewritten_is_replayed():
    p = variable([1.0, 2.0], name="p")
    q = p * 1.0
    q[0] = p[1] * 3.0
    f = (q * q).sum()
    f.backward()
    assert node(draw(f, check=True), "p").note.startswith("≈")


def test_the_seed_of_backward_counts():
    x = variable([1.0, 2.0], name="x")
    y = x * x
    y.backward(gradient=[10.0, 100.0])
    assert node(draw(y, check=True), "x").note.startswith("≈")


def test_a_kink_has_no_numerical_gradient():
    x = variable(0.0, name="x")
    f = abs(x)
    f.backward()
    picture = draw(f, check=True)
    assert node(picture, "x").note == "no numerical gradient: a kink"


def test_before_backward_there_is_nothing_to_check():
    a = variable(2.0, name="a")
    picture = draw(a * a, check=True)
    assert node(picture, "a").note == ""
    assert picture.scene.caption == ""


def test_single_precision_is_forgiven_its_digits():
    x = variable(np.linspace(0.1, 1, 5, dtype=np.float32), name="x")
    f = np.exp(x).sum()
    f.backward()
    assert node(draw(f, check=True), "x").note.startswith("≈")


def test_an_empty_array_does_no_harm():
    x = variable(np.zeros((0, 3)), name="x")
    f = x.sum()
    f.backward()
    assert node(draw(f, check=True), "x").note == ""


# ── highlight ─────────────────────────────────────────────────────────────────────────────────
def test_a_path():
    f, a, *_ = lecture()
    picture = draw(f, highlight=a)
    assert emphasised(picture) == [("a", "+"), ("+", "×"), ("×", "f")]
    assert {n.name for n in picture.scene.nodes if n.state == "muted"} == {"b", "c"}


def test_an_emphasised_wire_is_as_wide_beside_its_number():
    f, a, *_ = lecture()
    line = '<TD HEIGHT="{}" CELLPADDING="0" BGCOLOR="{}"></TD>'.format
    source = draw(f, highlight=a).source
    assert source.count(line(3, THEMES["default"].wire)) == 3, "the way of a"
    assert source.count(line(1, THEMES["default"].faint)) == 2, "b and c"
    source = draw(chain(100.0, 5), flow=True).source
    assert line(7, THEMES["default"].alarm) in source
    pytest.importorskip("pygraphviz")
    assert draw(f, highlight=a).tikz().count("line width=3bp]") == 3


def test_all_ways_from_a_variable():
    x, k = variable(3.0, name="x"), variable(2.0, name="k")
    f = x * x + x * k
    assert [w[0] for w in emphasised(draw(f, highlight=x))].count("x") == 3


def test_the_ways_through_several():
    x, k = variable(3.0, name="x"), variable(2.0, name="k")
    q = x * k
    f = q * x
    ways = emphasised(draw(f, highlight=[q, x]))  # in any order
    assert ("x", "×") in ways
    assert ("q", "×") in ways
    assert len([w for w in ways if w[0] == "x"]) == 1, "the way past q is not meant"


def test_what_cannot_be_highlighted():
    f, a, b, _ = lecture()
    with pytest.raises(ValueError) as error:
        draw(f, highlight=[a, b])
    assert str(error.value) == three_lines(
        "no path leads through all these tensors",
        "draw(f, highlight=[a = 2, gradient 4, b = 3, gradient 4])",
        "tensors of which each was computed from the one before, or a single one",
    )
    with pytest.raises(ValueError) as error:
        draw(f, highlight=Tensor(1.0))
    assert str(error.value) == three_lines(
        "the tensor to highlight is not in the picture",
        "draw(f, highlight=Tensor(1.0))",
        "a tensor that f was computed from",
    )


def test_the_result_alone():
    f, *_ = lecture()
    picture = draw(f, highlight=f)
    assert [n.name for n in picture.scene.nodes if n.state != "muted"] == ["f"]


# ── flow ──────────────────────────────────────────────────────────────────────────────────────
def chain(factor, n):
    x = variable(1.0, name="x")
    y = x
    for _ in range(n):
        y = y * factor
    y.backward()
    return y


def test_wires_are_as_wide_as_the_logarithm():
    wires = [w for w in draw(chain(0.1, 3), flow=True).scene.wires if w.backward]
    widths = [w.width for w in wires]
    steps = np.diff(widths)
    assert np.allclose(steps, steps[0], atol=0.011)  # each factor of 10 is worth as much
    assert steps[0] > 0.2


@pytest.mark.parametrize(
    ("factor", "state"), [(0.01, "vanishing"), (100.0, "exploding"), (1.0, "")]
)
def test_vanishing_and_exploding(factor, state):
    picture = draw(chain(factor, 5), flow=True)
    first = next(w for w in picture.scene.wires if w.backward)
    assert first.state == state
    last = picture.scene.wires[-1]
    assert last.state == ""


def test_a_gradient_of_nan_is_seen():
    with np.errstate(all="ignore"):
        x = variable(0.0, name="x")
        y = np.log(x) * x
        y.backward()
    assert "exploding" in [w.state for w in draw(y, flow=True).scene.wires]


@pytest.mark.parametrize(
    ("w", "dtype", "size"),
    [(300, "float16", "1342"), (1e-23, "float32", "4.472e−23"), (1e200, "float64", "4.472e200")],
)
def test_the_size_of_a_gradient_is_right_where_its_squares_are_not(w, dtype, size):
    x = variable(np.ones(20, dtype), name="x")
    f = -x
    f.backward(np.full(20, w, dtype))
    assert f"‖∂‖ {size}" in repr(draw(f))
    assert size in draw(f, flow=True).scene.caption
    assert size in why(x, f).what


def test_the_legend():
    caption = draw(chain(0.1, 3), flow=True).scene.caption
    assert caption.startswith(
        "gradient flow: the wider a wire, the larger log ‖∂‖, here 0.001 to 1"
    )


def test_the_lines_of_a_caption_are_about_as_long():
    words = "gradient flow: the wider a wire, the larger it is, here 0.003098 to 0.6044; dashed"
    assert _wrapped(f"{words} 10000)\nend") == (
        "gradient flow: the wider a wire, the larger\n"
        "it is, here 0.003098 to 0.6044; dashed 10000)\nend"
    )
    assert _wrapped(words) == words
    assert _wrapped("x" * 200 + " y") == "x" * 200 + "\ny"
    assert _wrapped("") == ""


def test_a_long_caption_is_broken():
    picture = draw(chain(0.1, 3), flow=True, check=True)
    label = re.search(r"label=<(.*?)> labelloc", picture.source)[1]
    lines = [html.unescape(re.sub("<[^>]*>", "", line)) for line in label.split("<BR/>")]
    assert len(lines) >= 3
    assert max(map(len, lines)) <= 84
    assert any(line.startswith("numerical gradients") for line in lines)


def test_nothing_flows_before_backward():
    a = variable(2.0)
    picture = draw(a * a, flow=True)
    assert picture.scene.caption == ""
    assert not any(w.width for w in picture.scene.wires)


def test_overlays_in_a_sequence():
    f, a, *_ = lecture()
    last = frames(f, check=True, highlight=a, flow=True)[-1]
    assert node(last, "a").note == "≈ 4  (error 0)"
    assert node(last, "b").state == "muted"
    assert last.scene.caption.count("\n") == 2
    first = frames(f, check=True)[0]
    assert node(first, "a").note == ""

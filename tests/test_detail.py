"""What each detail and each level writes: the arithmetic on the picture is the engine's."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import nn
from autograd import Tensor, draw, relu
from autograd.base.errors import three_lines
from autograd.view.graph.broadcasting import stretched, summed
from autograd.view.graph.selection import Operand

SVG = "{http://www.w3.org/2000/svg}"


def variable(value, **options):
    return Tensor(value, requires_grad=True, **options)


def wires(picture):
    nodes = picture.scene.nodes
    return {
        (nodes[w.source].name, nodes[w.target].name): (w.forward, w.backward, w.local)
        for w in picture.scene.wires
    }


def node(picture, name):
    (found,) = [n for n in picture.scene.nodes if n.name == name]
    return found


def lecture(*, differentiated=True):
    a, b, c = variable(2.0, name="a"), variable(3.0, name="b"), variable(4.0, name="c")
    f = (a + b) * c
    f.name = "f"
    if differentiated:
        f.backward()
    return f


def layer():
    rng = np.random.default_rng(0)
    X = Tensor(rng.standard_normal((32, 3)), name="X")
    W = variable(rng.standard_normal((3, 2)), name="W")
    b = variable([0.1, 0.2], name="b")
    h = np.tanh(X @ W + b)
    h.name = "h"
    L = h.mean()
    L.name = "L"
    L.backward()
    return L


# ── scalars ───────────────────────────────────────────────────────────────────────────────────
def test_values_alone():
    picture = draw(lecture(), detail="values")
    assert wires(picture)["a", "+"] == ("2", "", "")
    assert "∂" not in picture.source
    assert picture.scene.description == "f = (a + b) * c = 20."


def test_the_derivation_of_the_lecture():
    assert wires(draw(lecture(), detail="derivation")) == {
        ("a", "+"): ("2", "∂f/∂a = 4 · 1 = 4", "∂d/∂a = 1"),
        ("b", "+"): ("3", "∂f/∂b = 4 · 1 = 4", "∂d/∂b = 1"),
        ("+", "×"): ("d = 2 + 3 = 5", "∂f/∂d = 1 · 4 = 4", "∂(d · c)/∂d = c = 4"),
        ("c", "×"): ("4", "∂f/∂c = 1 · 5 = 5", "∂(d · c)/∂c = d = 5"),
        ("×", "f"): ("5 · 4 = 20", "∂f/∂f = 1", ""),
    }


def test_the_forward_half_of_a_derivation_needs_no_backward():
    assert wires(draw(lecture(differentiated=False), detail="derivation"))["+", "×"] == (
        "d = 2 + 3 = 5", "", "∂(d · c)/∂d = c = 4",
    )  # fmt: skip


def test_the_derivation_of_a_fan_out():
    x = variable(3.0, name="x")
    g = x * x + x
    g.name = "g"
    g.backward()
    picture = draw(g, detail="derivation")
    assert node(picture, "x").gradient == (("∂g/∂x = 3 + 3 + 1 = 7",),)
    found = [(w.backward, w.local) for w in picture.scene.wires if w.source == 0]
    assert found == [
        ("∂ 1 · 3 = 3", "[×3]"),
        ("∂ 1 · 3 = 3", "[×3]"),
        ("∂ 1 · 1 = 1", "∂(y + x)/∂x = 1"),
    ]


def test_a_folded_sum_speaks_of_what_is_seen():
    a, b, c = (variable(v, name=n) for v, n in ((1.0, "a"), (2.0, "b"), (-3.0, "c")))
    f = np.exp(a + b + c)
    f.name = "f"
    f.backward()
    found = wires(draw(f, detail="derivation"))
    assert found["+", "exp"][0] == "g = 1 + 2 + (−3) = 0"
    assert [found[n, "+"][2] for n in "abc"] == ["∂g/∂a = 1", "∂g/∂b = 1", "∂g/∂c = 1"]


def test_a_sum_may_hold_constants_of_every_kind():
    a = variable(1.0, name="a")
    f = np.exp(a + 2.0 + Tensor(-3.0))
    assert wires(draw(f, detail="derivation"))["+", "exp"][0].endswith(" = 1 + 2 + (−3) = 0")
    x = variable([1.0, 2.0], name="x")
    y = (x + np.array([3.0, 4.0]) + Tensor([5.0, 6.0])).sum()
    assert "x + [3, 4] + [5, 6]" in wires(draw(y, detail="derivation"))["+", "Σ"][0]


def test_letters_do_not_collide_with_names():
    d = variable(2.0, name="d")
    f = np.exp(d * 3.0) * d
    f.backward()
    texts = [w.forward for w in draw(f, detail="derivation").scene.wires]
    letters = [text[0] for text in texts if " = " in text and text[1] == " "]
    assert len(set(letters)) == len(letters)
    assert "d" not in letters


def test_letters_do_not_collide_with_plain_arrays():
    x, y = variable([1.0, 2.0]), np.array([3.0, 4.0])
    loss = np.exp(x * y).sum()
    letters = [w.forward[0] for w in draw(loss, detail="local").scene.wires if " (2,)" in w.forward]
    assert len(letters) == 2
    assert "y" not in letters


EQUATION = re.compile(r"^(?:∂\S*|\S+) (?:= )?(\S+) · (\S+) = (\S+)$")


def value(text):
    return float(text.strip("()").replace("−", "-"))


@pytest.mark.parametrize("seed", range(10))
def test_every_product_on_a_wire_is_right(seed):
    rng = np.random.default_rng(seed)
    xs = [variable(float(v), name=f"x{i}") for i, v in enumerate(rng.integers(-3, 4, 3))]
    pool = list(xs)
    for _ in range(6):
        a, b = rng.choice(len(pool), 2)
        pool.append([pool[a] + pool[b], pool[a] * pool[b], -pool[a]][rng.integers(3)])
    f = sum(pool)
    f.backward()
    checked = 0
    for wire in draw(f, detail="derivation").scene.wires:
        if wire.operand and wire.backward:
            left, right, product = map(value, EQUATION.match(wire.backward).groups())
            assert left * right == product
            checked += 1
    assert checked >= 6


# ── arrays ────────────────────────────────────────────────────────────────────────────────────
def test_the_rules_of_arrays():
    found = wires(draw(layer(), detail="local"))
    assert found["W", "@"] == ("(3, 2)", found["W", "@"][1], "∂ = Xᵀ @ G")
    assert found["+", "tanh"][2] == "∂ = G · (1 − h²)"
    assert found["b", "+"][2] == "∂ = sum(G, axis=0)"
    assert found["X", "@"] == ("(32, 3)", "", "")


def test_a_result_without_a_name_gets_a_letter_that_the_rules_speak_of():
    x = variable(np.ones((2, 2)), name="x")
    y = np.exp(x * 3.0).sum()
    texts = wires(draw(y, detail="local"))
    letter = texts["exp", "Σ"][0].removesuffix(" (2, 2)")
    assert texts["×", "exp"][2] == f"∂ = G · {letter}"


def test_the_derivation_of_arrays():
    found = wires(draw(layer(), detail="derivation"))
    product, total = found["@", "+"][0][0], found["+", "tanh"][0][0]  # their letters
    assert found["@", "+"][0] == f"{product} = X @ W  (32, 2)"
    assert found["W", "@"][2] == f"∂L/∂W = Xᵀ @ ∂L/∂{product}"
    assert found["b", "+"][2] == f"∂L/∂b = sum(∂L/∂{total}, axis=0)"
    assert found["tanh", "h"][0] == f"tanh({total})"
    assert found["mean", "L"][0].startswith("mean(h) = ")


def test_capitals_have_room_in_their_circle():
    source = draw(relu(np.tanh(variable([1.0, 2.0])))).source
    margins = dict(re.findall(r"label=<(\w+)> .*margin=([\d.]+)", source))
    assert margins == {"tanh": "0.01", "ReLU": "0.02"}


def test_the_rules_speak_of_a_plain_array_by_its_name():
    X, W = np.eye(2), variable(np.ones((2, 1)), name="W")
    L = (X @ W).sum()
    L.backward()
    assert wires(draw(L, detail="local"))["W", "@"][2] == "∂ = Xᵀ @ G"
    assert wires(draw(L, detail="derivation"))["@", "Σ"][0].endswith(" = X @ W  (2, 1)")


def test_one_of_several_contributions_is_not_called_the_gradient():
    W = variable(np.ones((2, 2)), name="W")
    L = ((W @ W.detach()) + np.exp(W)).sum()
    L.backward()
    found = wires(draw(L, detail="derivation"))
    assert found["W", "exp"][2].startswith("∂ ∂L/∂")
    assert "∂L/∂W = " not in found["W", "@"][2]


def test_of_several_results_a_gradient_is_that_of_their_sum():
    p, q = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    u, v = p * q, p + q
    u.backward()
    v.backward()
    scene = draw([u, v], detail="derivation").scene
    written = [n.gradient[0][0] for n in scene.nodes if n.gradient]
    assert [*written, scene.wires[2].backward] == ["∂ 3 + 1 = 4", "∂ 2 + 1 = 3", "∂ 1"]


def test_a_broadcast_is_marked_both_ways():
    found = wires(draw(layer()))
    assert found["b", "+"][0] == "(2,)→(32, 2)"
    assert found["b", "+"][1].endswith("  Σ axis 0")
    assert found["@", "+"][0] == "(32, 2)"
    assert "Σ" not in found["@", "+"][1]


def test_the_bias_of_a_layer_is_broadcast_too():
    net = nn.Linear(3, 2)
    y = net(Tensor(np.ones((5, 3)))).sum()
    y.backward()
    found = wires(draw(y))
    assert found["net.bias", "linear"][0] == "(2,)→(5, 2)"
    assert found["net.bias", "linear"][1].endswith("Σ axis 0")
    assert found["net.weight", "linear"][0] == "(2, 3)"


SHAPES = [((16,), (32, 16)), ((1, 4), (3, 4)), ((), (2, 3)), ((3, 1), (1, 4)), ((2, 3), (2, 3))]


@pytest.mark.parametrize(("small", "large"), SHAPES)
def test_the_axes_are_those_that_numpy_repeats(small, large):
    """Summing a gradient of ones over the named axes counts the copies of each element."""
    a, b = variable(np.zeros(small)), Tensor(np.zeros(large))
    y = a + b
    target = stretched(Operand(y, 0, a))
    assert (target or small) == np.broadcast_shapes(small, large)
    if target is None:
        return
    named = [int(i) for i in re.findall(r"\d+", summed(small, target))]
    y.backward(gradient=np.ones(target))
    assert np.ones(target).sum(axis=tuple(named)).size == max(a.size, 1)
    assert np.prod([target[i] for i in named]) == np.ravel(a.grad.data)[0]


def test_stacked_matrices_are_broadcast_over_the_stack_only():
    a, b = variable(np.ones((4, 2, 3))), variable(np.ones((3, 5)))
    y = a @ b
    assert stretched(Operand(y, 0, a)) is None
    assert stretched(Operand(y, 1, b)) == (4, 3, 5)
    assert summed((3, 5), (4, 3, 5)) == "Σ axis 0"
    assert summed((1, 1), (3, 1)) == "Σ axis 0", "an axis of 1 is not repeated"


NASTY = ['<b>"x"|{y}</b>', "</TABLE>", r"\N \l \\", "😀 مرحبا", "%s {0} $x$", "a_b^c", "-->"]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("level", [2.0, [1.0, 2.0]], ids=["scalar", "tensor"])
def test_names_are_shown_as_typed_in_derivations_and_captions(name, level):
    pytest.importorskip("pygraphviz")
    x = variable(level, name=name)
    f = (x * 3.0).sum()
    f.backward()
    for svg in (draw(f, detail="derivation").svg(), draw(f, upto=1, check=True).svg()):
        shown = [t.text.replace("\xa0", " ") for t in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314  # we wrote it
        assert name in shown
        assert sum(name in text for text in shown) >= 2, "in the box, and in a formula"


# ── levels ────────────────────────────────────────────────────────────────────────────────────
def test_scalars_as_tables():
    picture = draw(lecture(), level="tensor")
    assert node(picture, "a").kind == "float64 ()"
    assert node(picture, "a").value == (("2",),)
    assert node(picture, "a").gradient == (("∂ 4",),)


def test_small_arrays_on_wires():
    x = variable([1.0, -2.0], name="x")
    y = (x * 3.0).sum()
    y.backward()
    picture = draw(y, level="scalar")
    assert node(picture, "x").kind == ""
    assert wires(picture)["x", "×"] == ("[1, −2]", "∂ [3, 3]", "")


def test_no_such_detail_or_level():
    with pytest.raises(ValueError) as error:
        draw(lecture(), detail="all")
    assert str(error.value) == three_lines(
        "there is no detail 'all'",
        "draw(..., detail='all')",
        "detail='values' or detail='gradients' or detail='local' or detail='derivation'",
    )
    with pytest.raises(ValueError, match="there is no level 'atom'"):
        draw(lecture(), level="atom")


# ── values that changed since ─────────────────────────────────────────────────────────────────
def test_after_a_step_of_an_optimizer_the_caption_says_so():
    net = nn.Linear(2, 1)
    L = (net(Tensor([[1.0, 2.0]])) ** 2).sum()
    L.backward()
    assert draw(L).scene.caption == ""
    nn.optim.SGD(net.parameters(), lr=0.1).step()
    scene = draw(L).scene
    words = "the gradients are those at new values: net.weight, net.bias have changed since"
    assert scene.caption == words
    assert "The gradients are those at new values" in scene.description


def test_without_gradients_nothing_is_said():
    a = variable(2.0, name="a")
    f = a * a
    a.data = np.float64(3.0)
    assert draw(f).scene.caption == ""

"""What pictures promise: the right numbers in the right places, the same text at every run."""

import os
import random
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor, draw
from autograd.base.errors import three_lines
from autograd.view.graph import renderers
from autograd.view.graph.dot import SHAPES
from autograd.view.graph.spelling import number
from autograd.view.graph.theme import THEMES

SVG = "{http://www.w3.org/2000/svg}"
world = Tensor(7.0, requires_grad=True)


def variable(value, **options):
    return Tensor(value, requires_grad=True, **options)


def example():
    a, b, c = variable(2.0), variable(3.0), variable(4.0)
    f = (a + b) * c
    f.backward()
    return draw(f)


def wires(picture, role=None):
    """Return (source, target, forward, backward, local) of each wire, the nodes by their names."""
    nodes = picture.scene.nodes
    return [
        (nodes[w.source].name, nodes[w.target].name, w.forward, w.backward, w.local)
        for w in picture.scene.wires
        if role in (None, nodes[w.target].role)
    ]


def node(picture, name):
    (found,) = [n for n in picture.scene.nodes if n.name == name]
    return found


def parse(svg):
    return ET.fromstring(svg)  # noqa: S314  # we wrote it


def texts(svg):
    return [text.text for text in parse(svg).iter(f"{SVG}text")]


# ── the DOT text ──────────────────────────────────────────────────────────────────────────────
def wire(value, gradient):
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
        '<TR><TD HEIGHT="20" VALIGN="BOTTOM">'
        f'<FONT COLOR="#00568C"><B>{value}</B></FONT></TD></TR>'
        '<TR><TD HEIGHT="1" CELLPADDING="0" BGCOLOR="#3B424B"></TD></TR>'
        '<TR><TD HEIGHT="20" VALIGN="TOP">'
        f'<FONT COLOR="#A34400">{gradient}</FONT></TD></TR></TABLE>> fontsize=12 shape=plain'
    )


LEAF = 'color="#2F6DA8" fillcolor="#E3EEF9" shape=box style="rounded,filled"'
CIRCLE = (
    'color="#3B424B" fillcolor="#FFFFFF" fixedsize=true fontsize=18 height=0.5 '
    "shape=circle style=filled width=0.5"
)
GOLDEN = f"""\
digraph {{
	graph [bgcolor="#FFFFFF" fontcolor="#1B1F24" fontname=Helvetica fontsize=11 nodesep=0.2 \
ordering=in pad=0.15 rankdir=LR ranksep=0.35]
	node [color="#3B424B" fontcolor="#1B1F24" fontname=Helvetica fontsize=14 height=0.4 \
penwidth=1.4 width=0.5]
	edge [arrowsize=0.7 color="#3B424B"]
	n0 [label=<<I>a</I>> {LEAF}]
	n1 [label=<<I>b</I>> {LEAF}]
	n2 [label=<<I>c</I>> {LEAF}]
	n3 [label=<+> {CIRCLE}]
	n3_0 [label={wire(2, "∂ 4")}]
	n0 -> n3_0:w [arrowhead=none]
	n3_0:e -> n3
	n3_1 [label={wire(3, "∂ 4")}]
	n1 -> n3_1:w [arrowhead=none]
	n3_1:e -> n3
	n4 [label=<×> {CIRCLE}]
	n4_0 [label={wire(5, "∂ 4")}]
	n3 -> n4_0:w [arrowhead=none]
	n4_0:e -> n4
	n4_1 [label={wire(4, "∂ 5")}]
	n2 -> n4_1:w [arrowhead=none]
	n4_1:e -> n4
	n5 [label=<<I>f</I>> color="#9B3D7E" fillcolor="#F6E3F0" penwidth=2.4 shape=box \
style="filled,bold"]
	n5_0 [label={wire(20, "∂ 1")}]
	n4 -> n5_0:w [arrowhead=none]
	n5_0:e -> n5
}}
"""


def test_golden():
    assert example().source == GOLDEN


def test_the_same_graph_gives_the_same_text():
    assert example().source == example().source


def test_the_text_does_not_depend_on_the_process():
    program = """
import numpy as np
from autograd import Tensor, draw
xs = [Tensor(float(i), requires_grad=True, name=f"x{i}") for i in range(5)]
y = sum(np.tanh(x * xs[0]) for x in xs) / np.exp(xs[3])
y.backward()
print(draw([y, y * 2], detail="local").source)
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            capture_output=True, text=True, check=True, encoding="utf-8",
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert runs[0] == runs[1]
    assert "digraph" in runs[0]


# ── numbers ───────────────────────────────────────────────────────────────────────────────────
def test_the_example_of_the_lecture():
    assert wires(example()) == [
        ("a", "+", "2", "∂ 4", ""),
        ("b", "+", "3", "∂ 4", ""),
        ("+", "×", "5", "∂ 4", ""),
        ("c", "×", "4", "∂ 5", ""),
        ("×", "f", "20", "∂ 1", ""),
    ]


def test_local_derivatives():
    a, b = variable(6.0), variable(2.0)
    f = a / b - np.exp(a * 0) * 5
    assert wires(draw(f, detail="local"), "operation") == [
        ("a", "÷", "", "", "[×0.5]"),
        ("b", "÷", "2", "", "[×−1.5]"),
        ("a", "×", "", "", "[×0]"),
        ("", "×", "", "", ""),  # a constant needs no derivative
        ("×", "exp", "0", "", "[×1]"),
        ("exp", "×", "1", "", "[×5]"),
        ("", "×", "", "", ""),
        ("÷", "−", "3", "", "[×1]"),
        ("×", "−", "5", "", "[×−1]"),
    ]


def random_graph(seed):
    """Return the leaves and the result of a graph of small integers, so that texts are exact."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    leaves = [variable(float(rng.randint(-3, 3)), name=f"x{i}") for i in range(3)]
    pool = list(leaves)
    for _ in range(7):
        a, b = rng.choice(pool), rng.choice(pool)
        pool.append(rng.choice([a + b, a - b, a * b, -a]))
    return leaves, sum(pool[3:], pool[0])


def value_of(text):
    return float(re.sub(r"[∂\[\]×() ]", "", text).replace("−", "-"))


@pytest.mark.parametrize("seed", range(20))
def test_every_number_obeys_the_chain_rule(seed):
    """Gradient at the source of a wire = the one behind it, times the local derivative."""
    leaves, f = random_graph(seed)
    f.backward()
    picture = draw(f, detail="local")
    nodes, scene = picture.scene.nodes, picture.scene
    arriving = {}
    for w in reversed(scene.wires):
        if nodes[w.target].role != "operation":
            total = w.backward or nodes[w.target].gradient[0][0].rpartition("=")[2]
            arriving[w.source] = value_of(total)
        elif w.backward:
            sent = value_of(w.backward)
            assert sent == value_of(w.local) * arriving[w.target]
            if nodes[w.source].role == "operation":
                arriving[w.source] = sent
    for leaf in leaves:
        sent = [value_of(w.backward) for w in scene.wires if nodes[w.source].name == leaf.name]
        if sent:
            assert sum(sent) == leaf.grad.item()
        if len(sent) > 1:
            total = node(picture, leaf.name).gradient[0][0]
            terms, _, result = total.rpartition(" = ")
            assert value_of(result) == leaf.grad.item()
            terms = [value_of(term) for term in terms.split(" + ") if term != "…"]
            assert sorted(terms) == sorted(sent) or (len(terms) == 4 < len(sent))


def test_a_gradient_that_was_not_computed_is_blank():
    a, b = variable(2.0), Tensor(3.0)
    f = a * b
    assert "∂" not in draw(f).source
    f.backward()
    assert wires(draw(f)) == [
        ("a", "×", "2", "∂ 3", ""),
        ("b", "×", "3", "", ""),
        ("×", "f", "6", "∂ 1", ""),
    ]
    g = a * a  # a.grad is there, but g has not been differentiated
    assert "∂" not in draw(g).source


def test_backward_from_one_of_two_results():
    a = variable(2.0)
    f, g = a * 3.0, a * 5.0
    f.backward()
    picture = draw([f, g])
    assert node(picture, "a").gradient == (("∂ 3",),)
    assert [w[3] for w in wires(picture) if w[0] == "a"] == ["∂ 3", ""]
    assert [n.name for n in picture.scene.nodes if n.role == "output"] == ["f", "g"]


def test_a_result_that_another_came_from():
    a = variable(2.0)
    q = a * 3.0
    f = q * 5.0
    f.backward()
    picture = draw([q, f])
    assert node(picture, "q").value == (("6",),)
    assert node(picture, "q").gradient == (("∂ 5",),)
    assert ("a", "×", "2", "∂ 15", "") in wires(picture)


def test_an_intermediate_result_can_be_drawn_after_backward():
    a = variable(2.0)
    q = a * a
    f = q * 5.0
    f.backward()
    assert ("×", "q", "4", "∂ 5", "") in wires(draw(q))


def test_the_seed_of_backward():
    x = variable([1.0, 2.0])
    y = x * 3.0
    y.backward(gradient=[10.0, 100.0])
    assert node(draw(y), "x").gradient == (("∂", "30", "300"),)


def test_fan_out():
    a, b = variable(2.0), variable(3.0)
    f = a * a + b * (a * -4.0)
    f.backward()
    picture = draw(f)
    assert node(picture, "a").value == (("2",),)
    assert node(picture, "a").gradient == (("∂ 2 + 2 + (−12) = −8",),)
    assert [(w[2], w[3]) for w in wires(picture) if w[0] == "a"] == [
        ("", "∂ 2"),
        ("", "∂ 2"),
        ("", "∂ −12"),
    ]


def test_a_square_keeps_its_two_edges():
    a = variable(3.0)
    picture = draw(a * a, detail="local")
    assert wires(picture, "operation") == [("a", "×", "", "", "[×3]")] * 2
    assert picture.source.count("n0 -> n1_") == 2


@pytest.mark.parametrize("swapped", [False, True])
def test_operands_keep_their_order(swapped):
    pytest.importorskip("pygraphviz")
    a, b = variable(2.0), variable(3.0)
    f = (b - a) / a if swapped else (a - b) / a
    picture = draw(f)
    assert [w[0] for w in wires(picture) if w[1] == "−"] == ["b", "a"] if swapped else ["a", "b"]
    svg = parse(renderers.render(picture.source, "svg"))
    heights = {}
    for group in svg.iter(f"{SVG}g"):
        key = group.findtext(f"{SVG}title") or ""
        if re.fullmatch(r"n\d+_\d", key):  # the table on a wire; its line is a polygon
            corner = group.find(f"{SVG}polygon").get("points").split()[0]
            heights[key] = float(corner.split(",")[1])
    for first in [key for key in heights if key.endswith("_0")]:
        second = first.replace("_0", "_1")
        assert heights[first] < heights.get(second, 0), "the first operand stands above the second"


# ── which nodes there are ─────────────────────────────────────────────────────────────────────
def test_a_sum_is_one_node():
    a, b, c, d = (variable(float(v)) for v in range(4))
    assert [w[0] for w in wires(draw(a + b * c + d), "operation") if w[1] == "+"] == ["a", "×", "d"]
    q = a + b
    assert [w[:2] for w in wires(draw(q + c))] == [
        ("a", "+"), ("b", "+"), ("+", "q"), ("q", "+"), ("c", "+"), ("+", ""),
    ]  # fmt: skip  # a partial sum with a name is not folded


def test_a_name_makes_a_box():
    a, b = variable(2.0), variable(3.0)
    q = a * b
    f = q * 5.0
    f.backward()
    picture = draw(f)
    assert node(picture, "q").role == "value"
    assert ("×", "q", "", "", "") in wires(picture)
    assert ("q", "×", "6", "∂ 5", "") in wires(picture)


def test_roles():
    layer = nn.Linear(2, 1)
    x, mask = variable([[1.0, 2.0]]), np.ones((1, 1))
    y = layer(x) * mask
    roles = {n.name: n.role for n in draw(y).scene.nodes}
    assert roles == {
        "x": "input", "layer.weight": "parameter", "layer.bias": "parameter",
        "linear": "operation", "mask": "constant", "×": "operation", "y": "output",
    }  # fmt: skip


def test_arrays():
    A, v = variable([[1.0, 2.0], [3.0, 4.0]]), variable([1.0, -1.0])
    big = Tensor(np.arange(12.0).reshape(2, 6))
    loss = (A @ v).sum() + big.sum()
    loss.backward()
    picture = draw(loss)
    assert node(picture, "A").kind == "float64 (2, 2)"
    assert node(picture, "A").value == (("1", "2"), ("3", "4"))
    assert node(picture, "A").gradient == (("∂", "1", "−1"), ("", "1", "−1"))
    assert ("A", "@", "(2, 2)", "‖∂‖ 2", "") in wires(picture)
    assert ("@", "Σ", "(2,)", "‖∂‖ 1.414", "") in wires(picture)
    assert node(picture, "loss").value == (("64",),)
    total = big.sum()
    summary = node(draw([total, total * v]), "total").kind
    assert summary == "float64 ()"


def test_a_large_array_is_summarized():
    x = variable(np.arange(100.0).reshape(20, 5))
    y = x.sum(axis=0)
    y.backward(gradient=np.ones(5))
    picture = draw(y)
    assert node(picture, "x").value == (("min 0   mean 49.5   max 99",),)
    assert node(picture, "x").gradient == (("‖∂‖ 10",),)
    assert node(picture, "Σ axis=0").role == "operation"


@pytest.mark.parametrize(
    ("made", "symbol"),
    [
        (lambda S: S.softmax(), "softmax"),
        (lambda S: S.softmax(0), "softmax axis=0"),
        (lambda S: np.concatenate([S, S]), "concat"),
        (lambda S: np.concatenate([S, S], axis=-1), "concat axis=−1"),
        (lambda S: np.expand_dims(S, 0), "expand_dims axis=0"),
        (lambda S: S[:, -1], "[:, −1]"),
    ],
)
def test_an_operation_tells_what_its_defaults_do_not(made, symbol):
    picture = draw(made(variable(np.ones((2, 2)))))
    assert [node.name for node in picture.scene.nodes if node.role == "operation"] == [symbol]


@pytest.mark.parametrize(
    ("value", "operations", "direction"),
    [([1.0, 2.0], 8, "LR"), ([1.0, 2.0], 9, "TB"), (1.0, 15, "LR"), (1.0, 16, "TB")],
)
def test_many_operations_in_a_row_stand_below_each_other(value, operations, direction):
    y = Tensor(value, requires_grad=True, name="x")
    for _ in range(operations):
        y = np.tanh(y)
    picture = draw(y)
    entrance, way_out = {"LR": "we", "TB": "ns"}[direction]
    assert f"rankdir={direction}" in picture.source
    assert ('VALIGN="TOP"></TD>' in picture.source) == (direction == "LR"), "room for nothing"
    assert f"n0 -> n1_0:{entrance} [" in picture.source
    assert f"n1_0:{way_out} -> n1\n" in picture.source
    assert picture.mermaid().startswith(f"flowchart {direction}\n")
    assert {f"rankdir={direction}" in frame.source for frame in ag.frames(y)} == {True}
    y.backward(np.ones_like(y.data))
    wide = 'HEIGHT="3"' in draw(y, flow=True).source
    assert wide == (direction == "LR"), "a line across the wire is no part of it"


def test_an_array_that_was_rewritten_is_drawn_as_each_operation_saw_it():
    x = variable([1.0, 2.0]) * 1.0
    y = x * x
    x[0] = 5.0
    values = [n.value for n in draw(y).scene.nodes if n.role == "value"]
    assert values == [(("1", "2"),)]


# ── names ─────────────────────────────────────────────────────────────────────────────────────
def test_names_come_from_the_frame_of_the_caller():
    def local(world):
        return draw(world * 1.0)

    a = variable(2.0)
    assert "a" in [n.name for n in draw(a * world).scene.nodes]
    assert "world" in [n.name for n in draw(a * world).scene.nodes]
    assert local(a).scene.nodes[0].name == "world"


def test_a_local_name_comes_before_a_global_one():
    alias = world
    assert draw(alias).scene.nodes[0].name == "alias"


def test_a_loop_over_tensors_gives_them_no_other_names():
    for t in range(1):
        assert t == 0
    a, b = variable(2.0), variable(3.0)
    y = a * b
    for t in (a, b):
        assert t.item() > 1
        assert [n.name for n in draw(y).scene.nodes][:2] == ["a", "b"]
    lines = "t = 0", "a, b = variable(2.0), variable(3.0)", "for t in a, b: y = draw(a * b)"
    seen = {"variable": variable, "draw": draw}
    exec("\n".join(lines), seen)
    assert [n.name for n in seen["y"].scene.nodes][:2] == ["a", "b"]


def test_a_copy_of_a_loops_variable_is_its_second_name():
    last = None
    for x in (variable(2.0), variable(3.0)):
        y, last = x * 5.0, x
    assert last.item() == 3
    assert draw(y).scene.nodes[0].name == "x"


def test_a_given_name_comes_first():
    a = variable(2.0, name="θ₁")
    assert [n.name for n in draw(a).scene.nodes] == ["θ₁"]


def test_what_ipython_keeps_is_no_name():
    _, __, _12 = variable(2.0), variable(3.0), variable(4.0)
    assert [n.name for n in draw(_ * __ * _12).scene.nodes] == ["", "", "", "×", "×", ""]


# ── strings that users think of ───────────────────────────────────────────────────────────────
NASTY = [
    '<b>"x"|{y}</b>', "</TABLE>", "&amp; &lt;", r"\N \G \l \\", "a\nb", "😀 مرحبا ñ", "]]>", "-->",
    "%s {0} $x$", "'", "n0 -> n1", "x" * 60,
]  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("level", [1.0, [1.0, 2.0]], ids=["scalar", "tensor"])
def test_names_are_shown_as_typed(name, level):
    pytest.importorskip("pygraphviz")
    x = variable(level, name=name)
    shown = texts(draw(x * 2.0).svg())
    for line in name.splitlines():
        assert line in [text.replace("\xa0", " ") for text in shown]


@pytest.mark.parametrize("name", ["\x00", "\ud800", "bell\x07", " ", "\n", "x" * 10_000])
def test_what_no_file_can_hold_does_no_harm(name, tmp_path):
    pytest.importorskip("pygraphviz")
    f = variable(1.0, name=name) * 2.0
    draw(f).save(tmp_path / "f.pdf")
    parse(draw(f).svg())
    assert len(draw(f).source) < 5_000


# ── words ─────────────────────────────────────────────────────────────────────────────────────
def test_the_description():
    scene = example().scene
    assert scene.title == "f = (a + b) * c"
    assert scene.description == "f = (a + b) * c = 20. Gradients: a 4, b 4, c 5."
    a = variable([1.0, 2.0])
    q = a * 2.0
    assert draw(np.exp(-q).sum()).scene.description == (
        "q = a * 2, of shape (2,). sum(exp(-q)) = 0.1537."
    )


def test_an_svg_speaks():
    pytest.importorskip("pygraphviz")
    svg = parse(example().svg())
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "f = (a + b) * c"
    assert description.text == "f = (a + b) * c = 20. Gradients: a 4, b 4, c 5."
    spoken = [t.text for t in svg.iter(f"{SVG}title")][1:]
    assert set(spoken) == {
        "a = 2, gradient 4", "b = 3, gradient 4", "c = 4, gradient 5", "add", "multiply",
        "f = 20, gradient 1",
    }  # fmt: skip
    assert float(svg.get("width")) > 0, "no unit, which some viewers do not understand"


def test_two_pictures_on_a_page_share_no_id():
    pytest.importorskip("pygraphviz")
    a = variable(2.0)
    one, two = ({e.get("id") for e in parse(draw(f).svg()).iter()} for f in (a * 2, a * 3))
    assert one & two == {None}


def test_the_tree():
    a, b = variable(2.0), variable(3.0)
    q = a * b
    f = q + q
    f.backward()
    assert repr(draw(f, detail="local")).splitlines() == [
        "f ← +              12   ∂ 1",
        "├─ q ← ×            6   ∂ 1 of 1 + 1 = 2  [×1]",
        "│  ├─ a             2   ∂ 6  [×3]",
        "│  └─ b             3   ∂ 4  [×2]",
        "└─ q ← × (above)    6   ∂ 1  [×1]",
    ]


COLOUR = re.compile("#[0-9A-F]{6}")


def themed(theme):
    a = variable(2.0)
    f = a * a + 3.0
    f.backward()
    return draw(f, theme=theme)


@pytest.mark.parametrize("theme", THEMES)
def test_themes_differ_in_colours_only(theme):
    light, other = themed("default").source, themed(theme).source
    assert COLOUR.sub("", light) == COLOUR.sub("", other)
    if theme == "dark":
        assert not set(COLOUR.findall(light)) & set(COLOUR.findall(other))


def test_print_needs_no_colour():
    for colour in THEMES["print"].colours().values():
        assert colour[1:3] == colour[3:5] == colour[5:7]
    looks = [tuple(sorted(look.items())) for look in SHAPES.values()]
    assert len(set(looks)) == len(looks), "every role has a shape of its own"


def test_auto_is_one_picture_for_both_schemes():
    pytest.importorskip("pygraphviz")
    f = variable(2.0) * 3.0
    f.backward()
    picture = draw(f, theme="auto", upto=1)
    svg = picture.svg()
    root = parse(svg)
    (style,) = root.iter(f"{SVG}style")
    rules = re.findall(r'#(\w+) \[(fill|stroke)="(#\w+)"\]\{(\w+):(#\w+)\}', style.text)
    assert {scope for scope, *_ in rules} == {root.get("id")}
    table = {(paint, light): dark for _, paint, light, _, dark in rules}
    assert len(table) == len(rules), "no colour has two dark ones"
    used = {(p, e.get(p)) for e in root.iter() for p in ("fill", "stroke") if e.get(p)}
    assert {light for _, light in used} <= {light for _, light in table} | {"none"}
    assert table["fill", THEMES["default"].forward.lower()] == THEMES["dark"].forward
    assert "<style>" not in draw(f).svg()
    assert picture.source == draw(f, upto=1).source, "other formats are light"


def test_a_word_stands_in_a_circle():
    a = variable(0.5)
    source = draw(np.exp(np.tanh(a))).source
    assert re.search(r"label=<tanh> [^\n]*shape=circle", source)
    assert re.search(r"label=<exp> [^\n]*fixedsize=true [^\n]*shape=circle", source)
    long = draw(variable([1.0, 2.0]).softmax(0)).source
    assert re.search(r"label=<softmax axis=0> [^\n]*shape=ellipse", long)


def luminance(colour):
    """Return the relative luminance that WCAG 2 defines."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_text_can_be_read_on_every_fill(theme):
    for fill in {theme.page, theme.accent, *(fill for fill, _ in theme.roles.values())}:
        for ink in (theme.ink, theme.forward, theme.backward, theme.muted, theme.alarm):
            dim, bright = sorted([luminance(fill), luminance(ink)])
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, f"{ink} on {fill}"


# ── large graphs ──────────────────────────────────────────────────────────────────────────────
def chain(n):
    y = variable(0.5, name="x")
    for i in range(n):
        y = np.sin(y) if i % 2 else y * 1.5
    return y


def long_sum(n):
    return sum(variable(float(i)) for i in range(n))


def mesh(n):
    xs = [variable(i / 100) for i in range(100)]
    return sum(np.tanh(sum(xs[i] * x for x in xs[: n // 100])) for i in range(100))


@pytest.mark.parametrize("graph", [chain, long_sum, mesh])
def test_ten_thousand_operations(graph, tmp_path, linear):
    pytest.importorskip("pygraphviz")

    def drawn(n):
        f = graph(n)
        f.backward()
        return lambda: draw(f, detail="local").save(tmp_path / "f.svg")

    linear(drawn, 625)


def test_the_caption_says_that_nothing_was_recorded():
    picture = draw((Tensor(2.0) + 3.0) * 4.0)
    assert picture.scene.caption == "nothing was recorded: no input requires a gradient"
    assert not draw(Tensor(2.0, requires_grad=True)).scene.caption


def test_the_caption_says_what_is_hidden():
    picture = draw(chain(1000))
    caption = "the last 60 of 1,000 operations; 940 are hidden"
    assert picture.scene.caption == caption
    assert caption in picture.source
    assert caption in picture.scene.description
    assert sum(n.role == "operation" for n in picture.scene.nodes) == 60
    assert picture.scene.nodes[0].role == "hidden"
    assert not draw(chain(60)).scene.caption
    assert draw(chain(61)).scene.caption == "the last 60 of 61 operations; 1 is hidden"


def test_a_long_sum_shows_its_ends():
    scene = draw(long_sum(100)).scene  # sum() starts at 0
    operands = [scene.nodes[w.source] for w in scene.wires if scene.nodes[w.target].name == "+"]
    texts = [n.name or n.value[0][0] for n in operands]
    assert texts == [*"00123456", "… 90 more", "97", "98", "99"]


def test_contributions_from_hidden_operations_are_hinted_at():
    x = variable(1.0, name="x")
    y = x * 3.0
    for _ in range(100):
        y = y * 1.0
    f = y + x
    f.backward()
    assert node(draw(f), "x").gradient == (("∂ 1 + … = 4",),)


# ── files, and who draws them ─────────────────────────────────────────────────────────────────
MAGIC = {"svg": b"<svg", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-", "dot": b"digraph"}


@pytest.mark.parametrize("form", MAGIC)
def test_save(form, tmp_path):
    pytest.importorskip("pygraphviz")
    path = draw(example_root(), engine="pygraphviz").save(tmp_path / f"f.{form.upper()}")
    assert path.read_bytes().startswith(MAGIC[form])


def example_root():
    return variable(2.0) * variable(3.0)


def test_saving_as_something_else():
    with pytest.raises(ValueError) as error:
        example().save("f.gif")
    assert str(error.value) == three_lines(
        "a picture cannot be saved as .gif",
        "save('f.gif')",
        "save('f.svg'), save('f.png'), save('f.pdf'), save('f.dot'), save('f.mmd'), save('f.md'), "
        "save('f.tex'), save('f.json'), save('f.txt')",
    )


def test_saving_into_a_missing_folder(tmp_path):
    folder = tmp_path / "slides"
    with pytest.raises(FileNotFoundError) as error:
        example().save(folder / "f.svg")
    assert str(error.value) == three_lines(
        f"there is no folder {str(folder)!r}",
        f"save({str(folder / 'f.svg')!r})",
        f"Path({str(folder)!r}).mkdir(parents=True), then save",
    )


@pytest.fixture
def bare(monkeypatch):
    """Pretend that this machine has nothing that draws."""
    monkeypatch.setattr(renderers.shutil, "which", lambda *_, **__: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.mark.usefixtures("bare")
def test_without_a_renderer(tmp_path):
    picture = example()
    with pytest.raises(RuntimeError) as error:
        picture.save(tmp_path / "f.png")
    assert str(error.value) == three_lines(
        "nothing on this machine can draw png",
        "dot: not found; pygraphviz: not installed; graphviz-pure: not found",
        'pip install "retrograd[viz]"; or save("picture.dot"), which needs nothing',
    )
    assert picture._repr_mimebundle_() == {
        "text/plain": f'{picture!r}\n\nTo see a picture: pip install "retrograd[viz]"'
    }
    assert picture.save(tmp_path / "f.dot").read_text(encoding="utf-8") == GOLDEN


def test_jupyter_gets_a_picture_and_a_text():
    pytest.importorskip("pygraphviz")
    bundle = example()._repr_mimebundle_(include=None, exclude=None)
    assert bundle.keys() == {"image/svg+xml", "text/plain"}
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == repr(example())


def test_renderers_are_tried_in_order(monkeypatch):
    def broken(*_):
        raise renderers.Unavailable("has no plugins")

    monkeypatch.setattr(renderers, "RENDERERS", {"dot": broken, "pure": lambda *_: b"drawn"})
    assert renderers.render("digraph {}", "svg") == b"drawn"
    with pytest.raises(RuntimeError, match="has no plugins"):
        renderers.render("digraph {}", "svg", "dot")


def test_a_command_that_draws_nothing_says_why():
    with pytest.raises(renderers.Unavailable, match=r"(?i)unknown option"):
        renderers._by_command(sys.executable, "digraph {}", "svg")


def test_a_program_without_a_console_draws_too(monkeypatch):
    pytest.importorskip("pygraphviz")

    def closed(_):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(renderers.os, "dup", closed)
    assert draw(example_root(), engine="pygraphviz").svg()


# ── wrong calls ───────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("f", [3.0, [], [1.0], None, "f"])
def test_what_is_no_tensor(f):
    with pytest.raises(TypeError) as error:
        draw(f)
    assert str(error.value) == three_lines(
        f"draw takes a Tensor or a list of Tensors, not {type(f).__name__}",
        f"draw({f!r})",
        "draw(f) where f was computed from Tensors: Tensor(2.0, requires_grad=True)",
    )


@pytest.mark.parametrize(("f", "called"), [(ag.grad(np.sin), "gradient_of_sin"), (np.sin, "sin")])
@pytest.mark.parametrize("show", [draw, ag.explain, ag.frames])
def test_a_function_is_told_by_its_name(show, f, called):
    name = show.__name__
    with pytest.raises(TypeError, match=f"{name} takes a Tensor") as error:
        show(f)
    assert str(error.value).partition("\n")[2] == (
        f"  where: {name}({called})\n"
        f"  instead: {name}(f(x)) where x = Tensor(2.0, requires_grad=True)"
    )
    assert show(f(Tensor(2.0, requires_grad=True)))


def test_what_there_is_not():
    with pytest.raises(ValueError) as error:
        draw(world, theme="blue")
    assert str(error.value) == three_lines(
        "there is no theme 'blue'",
        "draw(..., theme='blue')",
        "theme='default' or theme='dark' or theme='auto' or theme='cs231n' or theme='print'",
    )
    with pytest.raises(ValueError) as error:
        draw(world, engine="paint")
    assert str(error.value) == three_lines(
        "there is no renderer 'paint'",
        "draw(..., engine='paint')",
        "engine='dot' or engine='pygraphviz' or engine='graphviz-pure'",
    )


# ── spelling ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20.0, "20"), (-2, "−2"), (0.1 + 0.2, "0.3"), (1.06441, "1.064"), (123456.0, "123456"),
        (12345678.0, "1.235e7"), (1e-5, "1e−5"), (-1.5e-7, "−1.5e−7"), (-0.0, "0"), (True, "True"),
        (np.float32(0.1), "0.1"), (np.inf, "∞"), (-np.inf, "−∞"), (np.nan, "NaN"), (1j, "1j"),
        (np.pi, "π"), (-np.pi, "−π"), (np.float32(np.pi), "3.142"), (1j * np.pi, "3.142j"),
    ],
)  # fmt: skip
def test_numbers(value, text):
    assert number(value) == text


def test_pi_is_called_as_the_derivation_calls_it():
    x = Tensor(np.pi, requires_grad=True)
    assert draw(x / 2).scene.wires[0].forward == "π"
    assert str(ag.explain(x / 2)).startswith("forward\n  f = x / 2 = π / 2 = 1.571\n")


def test_pictures_are_imported_when_asked_for():
    program = """
import sys, autograd
print('graphviz' in sys.modules)
autograd.draw
print('graphviz' in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.split() == [b"False", b"True"]
    assert "draw" in ag.__all__
    with pytest.raises(AttributeError, match="no attribute 'drew'"):
        ag.drew  # noqa: B018  # the access is the test

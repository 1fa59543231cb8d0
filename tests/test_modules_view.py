"""The module level: every operation in the innermost module that computed it, at every depth."""

import gc
import random
import re
import threading
import weakref
from dataclasses import replace
from functools import partial
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import nn
from autograd import Tensor, call_as, draw, no_grad
from autograd.base.errors import three_lines
from autograd.graph import toposort
from autograd.view.graph.dot import dot
from autograd.view.graph.parts import Parts
from autograd.view.graph.scene import Composition, Group, Node, Scene, Wire
from autograd.view.graph.theme import theme_of

SVG = "{http://www.w3.org/2000/svg}"


def variable(value, **options):
    return Tensor(value, requires_grad=True, **options)


def groups(picture):
    """Return (label, note, the label of the group around it) of each group."""
    found = picture.scene.groups
    return [(g.label, g.note, None if g.parent is None else found[g.parent].label) for g in found]


def modules(picture):
    """Return what the closed modules are called and what is said of them."""
    return {n.name: n.kind.splitlines() for n in picture.scene.nodes if n.role == "module"}


def roles(picture):
    return [n.role for n in picture.scene.nodes]


def node(picture, name):
    (found,) = [n for n in picture.scene.nodes if n.name == name]
    return found


def wires(picture):
    nodes = picture.scene.nodes
    return [
        (nodes[w.source].name, nodes[w.target].name, w.forward, w.backward)
        for w in picture.scene.wires
    ]


# ── random models, which write down themselves who computed what ──────────────────────────────
class Recorder:
    """What the modules below have computed: the innermost module of each operation."""

    def __init__(self):
        self.stack, self.made = [None], {}

    def note(self, t):
        self.made[t] = self.stack[-1]
        return t


class Random(nn.Module):
    """Random operations, parameters and inner modules, which it may call again."""

    def __init__(self, rng, recorder, again, depth=0):
        super().__init__()
        self.recorder = recorder
        self.weight = nn.Parameter(rng.uniform(0.5, 1.5, (3,)))
        kinds = ["multiply", "add", "tanh", "weight", "again", "number"]
        self.plan = [rng.choice(kinds) for _ in range(rng.randint(1, 4))]
        for i in range(rng.randint(0, 3) if depth < 3 else 0):
            inner = Random(rng, recorder, again, depth + 1)
            setattr(self, f"part{i}", inner)
            self.plan.insert(rng.randrange(len(self.plan) + 1), inner)
        if rng.random() < again:
            self.plan.append(rng.choice(self.plan))

    def forward(self, x, y):
        stack, note = self.recorder.stack, self.recorder.note
        stack.append(self)
        z = note(x * y)
        for step in self.plan:
            if step == "multiply":
                z = note(z * x)
            elif step == "add":
                z = note(z + y)
            elif step == "tanh":
                z = note(np.tanh(z))
            elif step == "weight":
                z = note(z * self.weight)
            elif step == "number":
                z = note(z * 0.5)
            elif step == "again":
                z = note(z + z)
            else:
                z = step(z, x)
        stack.pop()
        return z


class Rng(random.Random):
    """Python's random numbers, and arrays of them."""

    def uniform(self, a, b, shape=None):
        if shape is None:
            return super().uniform(a, b)
        return np.array([super(Rng, self).uniform(a, b) for _ in range(shape[0])])


def random_result(seed, again=0.3):
    rng, recorder = Rng(seed), Recorder()
    model = Random(rng, recorder, again)
    x, y = variable(rng.uniform(0.5, 1.5, (3,)), name="x"), variable(np.ones(3), name="y")
    loss = recorder.note((recorder.note(model(x, y) * x)).sum())
    loss.backward()
    return model, loss, recorder.made


SEEDS = range(25)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_operation_is_in_the_innermost_module_that_computed_it(seed):
    model, loss, made = random_result(seed)
    parts = Parts(toposort(loss), [loss], {}, depth=99)
    operations = [t for t in toposort(loss) if t.op is not None]
    assert {t: parts.homes[t].label for t in operations} == {t: made[t] for t in operations}
    paths = {id(m): path for path, m in model.named_modules()}
    for part in (p for t in operations for p in parts.homes[t].chain()):
        outer = part.parent.label
        assert outer is None or paths[id(part.label)].startswith(paths[id(outer)])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("depth", [None, 0, 1, 2, 99])
def test_nodes_stand_before_those_that_use_them(seed, depth):
    _, loss, _ = random_result(seed)
    scene = draw(loss, level="module", depth=depth).scene
    assert all(w.source < w.target for w in scene.wires)
    assert scene.nodes[scene.roots[0]].value_of is loss
    for g, group in enumerate(scene.groups):
        assert group.parent is None or group.parent < g
        assert group.members == [i for i, n in enumerate(scene.nodes) if n.group == g]


def key(scene, i, depth):
    """Name a node: by the way to the module of this depth that it is in, or by what it is."""
    chain, g, each = [], scene.nodes[i].group, scene.nodes[i]
    while g is not None:
        chain.insert(0, scene.groups[g].label)
        g = scene.groups[g].parent
    chain += [each.name] if each.role == "module" else []
    if len(chain) > depth:
        return tuple(chain[: depth + 1])
    return (each.role, id(each.value_of) if each.value_of is not None else i)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_closed_module_has_the_wires_of_what_is_in_it(seed, depth):
    _, loss, _ = random_result(seed, again=0.0)  # so every label is a path of its own
    opened, closed = draw(loss, level="module", depth=99).scene, draw(loss, depth=depth).scene

    def edges(scene):
        found = {(key(scene, w.source, depth), key(scene, w.target, depth)) for w in scene.wires}
        return {(a, b) for a, b in found if a != b and "constant" not in (a[0], b[0])}

    assert edges(opened) == edges(closed)


def numbers_of(told):
    """Return the parameters that a note tells of."""
    return sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]+) parameter", told))


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_the_parameters_of_the_parts_sum_to_the_total(depth):
    net = nested()
    total = sum(p.size for p in net.parameters())
    scene = draw(net(Tensor(np.ones((5, 4)))).sum(), depth=depth).scene
    inside = sum(numbers_of(n.kind) for n in scene.nodes if n.role == "module")
    beside = sum(n.value_of.size for n in scene.nodes if n.role == "parameter")
    assert inside + beside == total
    if scene.groups:
        assert numbers_of(scene.groups[0].note) == total
    closed = re.search(r"(\d+) of (\d+) operations are in", scene.caption)
    circles = sum(n.role == "operation" for n in scene.nodes)
    assert int(closed[1]) + circles == int(closed[2]) if closed else circles == 6


# ── what is said of modules ───────────────────────────────────────────────────────────────────
def nested():
    return nn.Sequential(
        nn.Sequential(nn.Linear(4, 8), nn.Tanh()),
        nn.Sequential(nn.Sequential(nn.Linear(8, 8), nn.ReLU()), nn.Linear(8, 2)),
    )


def test_nested_modules_at_each_depth():
    net, x = nested(), Tensor(np.ones((5, 4)))
    loss = net(x).sum()
    assert modules(draw(loss, depth=0)) == {
        "net": ["Sequential", "130 parameters", "(5, 4) → (5, 2)"]
    }
    at_1 = draw(loss, depth=1)
    assert modules(at_1) == {
        "net.0": ["Sequential", "40 parameters", "(5, 4) → (5, 8)"],
        "net.1": ["Sequential", "90 parameters", "(5, 8) → (5, 2)"],
    }
    assert groups(at_1) == [("net", "Sequential\n130 parameters\n(5, 4) → (5, 2)", None)]
    at_2 = draw(loss, depth=2)
    assert list(modules(at_2)) == ["net.0.0", "net.0.1", "net.1.0", "net.1.1"]
    around = {label: outer for label, _, outer in groups(at_2)}
    assert around == {"net": None, "net.0": "net", "net.1": "net"}
    for depth in (4, 99):
        everything = draw(loss, depth=depth)
        assert not modules(everything)
        assert roles(everything).count("operation") == 6
        assert not everything.scene.caption


def test_where_leaves_are_drawn():
    """A module's own are inside; what was there before, and what the user named, is outside."""

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(np.ones(3))
            self.register_buffer("shift", np.full(3, 2.0))
            self.table = np.full(3, 4.0)

        def forward(self, x, y):
            return (x * self.weight + self.shift) * y * self.table + Tensor([5.0])

    layer, x, y = Layer(), variable(np.ones(3)), np.full(3, 3.0)
    h = layer(x, y)
    loss = h.sum()
    scene = draw(loss, depth=1).scene
    boxes = [n for n in scene.nodes if n.role != "operation"]
    inside = {n.name or n.value[0][0] for n in boxes if n.group == 0}
    outside = {n.name for n in scene.nodes if n.group is None}
    assert inside == {"layer.weight", "2", "4", "5"}
    assert outside == {"x", "y", "h", "Σ", "loss"}
    assert modules(draw(loss, depth=0)) == {"layer": ["Layer", "3 parameters", "(3,) → (3,)"]}


def test_one_wire_brings_a_value_into_a_module_with_its_whole_gradient():
    class Cube(nn.Module):
        def forward(self, x):
            return x * x * x

    cube, a = Cube(), variable(2.0)
    f = cube(a) * 5.0
    f.backward()
    assert wires(draw(f, depth=0)) == [
        ("a", "cube", "", "∂ 60"), ("cube", "×", "8", "∂ 5"), ("", "×", "", ""),
        ("×", "f", "40", "∂ 1"),
    ]  # fmt: skip
    assert wires(draw(f, depth=0, detail="values"))[0] == ("a", "cube", "", "")


def test_a_name_from_elsewhere():
    """Without a variable for the model a path begins below it."""
    x = variable(np.ones((2, 4)))
    scene = draw(nested()(x).sum(), depth=2)
    assert list(modules(scene)) == ["0.0", "0.1", "1.0", "1.1"]
    assert groups(scene)[0][:2] == ("Sequential", "130 parameters\n(2, 4) → (2, 2)")


def test_losses_are_modules():
    net, criterion = nn.Linear(4, 3), nn.CrossEntropyLoss()
    x, target = Tensor(np.ones((5, 4))), np.array([0, 1, 2, 0, 1])
    loss = criterion(net(x), target)
    assert modules(draw(loss, depth=0)) == {
        "net": ["Linear", "15 parameters", "(5, 4) → (5, 3)"],
        "criterion": ["CrossEntropyLoss", "(5, 3), (5,) → ()"],
    }


# ── rows ──────────────────────────────────────────────────────────────────────────────────────
class Block(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.up, self.act, self.down = nn.Linear(n, 2 * n), nn.GELU(), nn.Linear(2 * n, n)

    def forward(self, x):
        return x + self.down(self.act(self.up(x)))


def residual(n=12):
    return nn.Sequential(nn.Linear(8, 4), *(Block(4) for _ in range(n)), nn.Linear(4, 3))


def test_equal_blocks_are_drawn_once():
    net = residual()
    loss = net(Tensor(np.ones((5, 8)))).sum()
    size = sum(p.size for block in list(net)[1:-1] for p in block.parameters())
    picture = draw(loss, level="module")
    title = "net.1 … net.12"
    told = ["Block ×12", f"{size} parameters", "(5, 4) → (5, 4)"]
    said = [*told, "the numbers are those of the first"]
    assert (title, "\n".join(said), "net") in groups(picture)
    assert f"{title}: {', '.join(said)};" in picture.scene.description
    assert picture.scene.caption == f"drawn once: {title} (×12)"
    assert roles(picture).count("operation") == 2 + 4 + 1
    weights = [n.name for n in picture.scene.nodes if n.role == "parameter"]
    assert [name for name in weights if name.endswith("weight")] == [
        f"net.{path}.weight" for path in ("0", "1.up", "1.down", "13")
    ]
    assert modules(draw(loss, depth=1)) == {
        "net.0": ["Linear", "36 parameters", "(5, 8) → (5, 4)"],
        title: told,
        "net.13": ["Linear", "15 parameters", "(5, 4) → (5, 3)"],
    }
    assert len(modules(draw(loss, depth=2))) == 12 * 3, "what is opened by hand is all drawn"
    assert draw(loss, depth=1).scene.caption == (
        "50 of 51 operations are in 14 closed modules; depth=2 opens them"
    )


@pytest.mark.parametrize(("times", "shown"), [(1, ["cell"]), (2, ["cell"]), (10, ["cell"])])
def test_the_same_module_in_a_row(times, shown):
    cell = nn.Linear(3, 3)
    h = Tensor(np.ones((2, 3)))
    for _ in range(times):
        h = cell(h)
    loss = h.sum()
    repeated = f"Linear ×{times}" if times > 1 else "Linear"
    assert modules(draw(loss, depth=0)) == {"cell": [repeated, "12 parameters", "(2, 3) → (2, 3)"]}
    picture = draw(loss, level="module")
    assert [g[0] for g in groups(picture)] == shown
    weights = [n for n in picture.scene.nodes if n.role == "parameter"]
    assert [n.name for n in weights] == ["cell.weight", "cell.bias"]
    assert {n.group for n in weights} == {0}


def test_two_alike_modules_are_both_drawn():
    net = residual(2)
    assert len(modules(draw(net(Tensor(np.ones((5, 8)))), depth=1))) == 4


def test_modules_of_other_sizes_are_no_row():
    net = nn.Sequential(*(nn.Linear(n, n + 1) for n in range(3, 8)))
    assert len(modules(draw(net(Tensor(np.ones((5, 3)))), depth=1))) == 5

    class Reshape(nn.Module):
        def __init__(self, *shape):
            super().__init__()
            self.shape = shape

        def forward(self, x):
            return x.reshape(self.shape)

    x = variable(np.ones(12))
    ys = [Reshape(*shape)(x) for shape in ((3, 4), (2, 6), (12, 1), (12, 1))]
    assert roles(draw(ys, depth=0)).count("module") == 4


def test_what_goes_into_a_later_turn_of_a_row_stands_before_the_row():
    cell = nn.Linear(3, 3)
    early, h = variable(np.ones((2, 3))), Tensor(np.ones((2, 3)))
    h = np.tanh(cell(h) + early)
    h = np.tanh(cell(h) + early)
    late = variable(np.ones((2, 3)))
    h = np.tanh(cell(h) + late)
    h = np.tanh(cell(h) + late)
    scene = draw((h * late).sum(), level="module").scene
    assert scene.groups[0].label == "×4"
    assert {"early", "late"} <= {n.name for n in scene.nodes}
    assert all(w.source < w.target for w in scene.wires)


def test_a_pattern_that_repeats_itself():
    net = nn.MLP(4, *[6] * 5, 2, activation=nn.Tanh)
    picture = draw(net(Tensor(np.ones((5, 4)))).sum(), level="module")
    assert [(g[0], g[2]) for g in groups(picture)] == [
        ("net", None), ("net.0", "net"), ("×4", "net"), ("net.2", "×4"), ("net.10", "net"),
        ("net.1", "×4"), ("net.9", "net"),
    ]  # fmt: skip
    assert groups(picture)[2][1] == (
        "168 parameters\n(5, 6) → (5, 6)\nthe numbers are those of the first"
    )
    assert picture.scene.caption == "drawn once: a pattern (×4)"


def test_inputs_and_outputs_of_a_row():
    cell, start = nn.Linear(3, 3), Tensor(np.ones((2, 3)))
    xs = [Tensor(np.full((2, 3), float(i)), name=f"x{i}") for i in range(5)]
    h, hs = start, []
    for x in xs:
        h = np.tanh(cell(h) + x)
        hs.append(h)
    loss = np.stack(hs).sum()
    del h, hs
    picture = draw(loss, level="module")
    assert groups(picture)[0][0] == "×5"
    assert [n.name for n in picture.scene.nodes if n.name.startswith("x")] == ["x0"]
    assert node(picture, "x0").note == "… 4 more, one for each turn"
    into = [w for w in wires(picture) if w[1] == "stack"]
    assert into == [("", "stack", "5 × (2, 3)", "")]


def test_what_the_user_names_after_a_row_is_drawn():
    net = nn.Sequential(*(nn.Linear(3, 3) for _ in range(4)))
    h = net(Tensor(np.ones((2, 3))))
    loss = h.sum()
    picture = draw(loss, level="module")
    assert ("h", "Σ", "(2, 3)", "") in wires(picture)
    assert node(picture, "h").group is None
    assert groups(picture)[1][0] == "net.0 … net.3"


# ── which level ───────────────────────────────────────────────────────────────────────────────
def test_a_large_model_is_drawn_by_modules():
    net = nn.Sequential(*(nn.Linear(n, n + 1) for n in range(2, 26)))
    loss = net(Tensor(np.ones((5, 2)))).sum()
    picture = draw(loss)
    assert len(modules(picture)) == 24
    assert len(picture.scene.nodes) <= 40
    tensors = draw(loss, level="tensor")
    assert not modules(tensors)
    assert not tensors.scene.groups
    assert roles(tensors).count("operation") == 25
    small = nn.Linear(4, 3)
    assert not draw(small(Tensor(np.ones((5, 4))))).scene.groups
    assert draw(small(Tensor(np.ones((5, 4)))), level="module").scene.groups


def test_a_graph_without_modules_has_no_module_level():
    a = variable(2.0)
    assert draw(a * 3.0, level="module").source == draw(a * 3.0).source


@pytest.mark.parametrize("options", [{"depth": -1}, {"level": "tensor", "depth": 1}])
def test_a_depth_that_is_none(options):
    level = options.get("level")
    with pytest.raises(ValueError) as error:
        draw(variable(2.0) * 3.0, **options)
    assert str(error.value) == three_lines(
        "a depth is how many modules are opened, from 0, and other levels draw none",
        f"draw(..., level={level!r}, depth={options['depth']})",
        "draw(f, depth=1), or draw(f, level='module')",
    )


# ── how it is written ─────────────────────────────────────────────────────────────────────────
def test_golden():
    net = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Sequential(nn.Tanh()))
    f = net(Tensor([[0.0]]))
    kept = "(1, 1) → (1, 1)"

    def label(name, *told):
        told = [f'<FONT COLOR="#57606A" POINT-SIZE="10">{line}</FONT>' for line in told]
        lines = [f"<B>{name}</B>", *told]
        rows = "".join(f'<TR><TD ALIGN="LEFT">{line}</TD></TR>' for line in lines)
        return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{rows}</TABLE>>'

    style = 'labeljust=l labelloc=t margin=10 style="rounded,dashed"'
    source = draw(f, depth=2).source
    assert source[source.index("\tn3 [") :].splitlines()[0] == (
        '\tn3 [label=<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1"><TR><TD>'
        '<I>net.1.0</I></TD></TR><TR><TD><FONT COLOR="#57606A" POINT-SIZE="10">Tanh<BR/>'
        "(1, 1) → (1, 1)</FONT></TD></TR></TABLE>> "
        'color="#57606A" fillcolor="#F7F8FA" shape=box style="rounded,dashed,filled"]'
    )
    clusters = source[source.index("\tn3 -> n4\n") :]
    assert (
        clusters
        == f"""\
	n3 -> n4
	subgraph cluster_0 {{
		color="#57606A" label={label("net", f"Sequential, 1 parameter, {kept}")} {style}
		n3_0
		subgraph cluster_1 {{
			color="#57606A" label={label("net.0", f"Linear, 1 parameter, {kept}")} {style}
			n0
			n2
			n2_1
		}}
		subgraph cluster_2 {{
			color="#57606A" label={label("net.1", "Sequential", kept)} {style}
			n3
		}}
	}}
}}
"""
    )


def test_a_title_is_broken_where_the_cluster_has_no_room():
    scene = Scene(
        [Node("operation", name) for name in "abcd"],
        [Wire(0, 1), Wire(1, 2), Wire(2, 3)],
        groups=[Group("net", "Sequential\n47 parameters\n(4,) → (3,)", None, [])],
    )

    def title(*inside, wires=scene.wires):
        nodes = [replace(n, group=0 if i in inside else None) for i, n in enumerate(scene.nodes)]
        source = dot(replace(scene, nodes=nodes, wires=wires), theme_of("default"))
        return re.findall(r'POINT-SIZE="10">([^<]*)<', source)

    assert title(0) == ["Sequential", "47 parameters", "(4,) → (3,)"]
    assert title(0, 2) == title(0), "others stand between"
    assert title(0, 1) == ["Sequential, 47 parameters, (4,) → (3,)"]
    assert title(0, 1, wires=[Wire(0, 2), Wire(1, 2)]) == title(0), "below each other"
    down = [Node("operation", "a", kind="float64")] * 12
    scene = replace(scene, nodes=down, wires=[Wire(i, i + 1) for i in range(11)])
    assert title(*range(12), wires=scene.wires) == title(0), "the wires come from above"


NASTY = ['<b>"x"|{y}</b>', "</TABLE>", "&amp;", r"\N \G", "a\nb", "😀 مرحبا", "%s $x$", "n0 -> n1"]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("depth", [0, 1])
def test_labels_are_shown_as_typed(name, depth):
    pytest.importorskip("pygraphviz")
    y = call_as(name, lambda x: x * 2.0, [variable([1.0, 2.0])])
    svg = ET.fromstring(draw(y, depth=depth).svg())  # noqa: S314  # we wrote it
    shown = [(text.text or "").replace("\xa0", " ") for text in svg.iter(f"{SVG}text")]
    for line in name.splitlines():
        assert line in shown


def test_a_picture_of_modules_in_words():
    net = nested()
    loss = net(Tensor(np.ones((5, 4)))).sum()
    scene = draw(loss, depth=0).scene
    assert "Modules: net: Sequential, 130 parameters, (5, 4) → (5, 2)." in scene.description
    assert "5 of 6 operations are in a closed module; depth=1 opens it." in scene.description
    assert (
        repr(draw(loss, depth=0))
        .splitlines()[1]
        .startswith("└─ net: Sequential, 130 parameters, (5, 4) → (5, 2)")
    )


def test_what_is_laid_over_nodes_is_laid_over_their_module():
    net, x = nested(), variable(np.ones((5, 4)))
    loss = net(x).sum() + (x * 3.0).sum()
    picture = draw(loss, depth=1, highlight=net[0][0].weight)
    states = {n.name: n.state for n in picture.scene.nodes}
    assert (states["net.0"], states["net.1"], states["x"]) == ("", "", "muted")


def test_who_composes_a_scene_without_modules_gets_every_number():
    """As `explore` and the worksheets do."""
    x, layer = variable(0.5), nn.Tanh()
    y = x
    for _ in range(50):
        y = layer(y)
    scene = Composition([y], {}).scene
    assert sum(n.role == "operation" for n in scene.nodes) == 50
    assert all(w.forward or scene.nodes[w.source].value for w in scene.wires if w.operand)


# ── the mark ──────────────────────────────────────────────────────────────────────────────────
def test_calls_of_the_user():
    def attend(q, k, *, scale):
        return {"scores": [q * k * scale], "sum": (q + k,)}

    q, k = variable(2.0), variable(3.0)
    found = call_as("attention", attend, [q, k], {"scale": 0.5})
    f = found["scores"][0] + found["sum"][0]
    assert f.item() == 8.0
    picture = draw(f, depth=0)
    assert modules(picture) == {"attention": ["() → ()"]}
    assert [w for w in wires(picture) if w[0] == "attention"] == [
        ("attention", "+", "3", ""), ("attention", "+", "5", ""),
    ]  # fmt: skip


def test_nothing_is_kept_where_nothing_is_recorded():
    layer, x = nn.Linear(2, 2), Tensor(np.ones((1, 2)))
    with no_grad():
        assert layer(x).meta is None
    assert nn.Tanh()(x).meta is None


def test_what_a_module_hands_through_is_not_its_own():
    layer, identity = nn.Linear(2, 2), nn.Identity()
    y = layer(Tensor(np.ones((1, 2))))
    before = y.meta
    assert identity(y) is y
    assert y.meta is before
    assert [g[0] for g in groups(draw(identity(y).sum(), level="module"))] == ["layer"]
    assert identity(y * 2.0).meta is None


def test_a_graph_of_modules_dies_without_the_garbage_collector():
    def run():
        loss = residual()(variable(np.ones((5, 8)))).sum()
        loss.backward()
        draw(loss, level="module")
        return weakref.ref(loss.args[0])

    gc.disable()
    try:
        assert run()() is None
    finally:
        gc.enable()


def test_a_result_that_is_rewritten_stays_in_its_module():
    layer = nn.Linear(2, 2)
    y = layer(variable(np.ones((1, 2))))
    y += 1.0
    y[0, 0] = 5.0
    picture = draw(y.sum(), level="module")
    assert [g[0] for g in groups(picture)] == ["layer"]
    inside = [n.name for n in picture.scene.nodes if n.group == 0]
    assert inside == ["layer.weight", "layer.bias", "linear"]


def test_threads():
    """Calls that cross each other are those of threads: such a picture need only be drawn."""
    layers = [nested() for _ in range(4)]
    x, found, barrier = variable(np.ones((5, 4))), {}, threading.Barrier(4)

    def work(i):
        barrier.wait()
        y = x
        for _ in range(20):
            y = layers[i](x)
        found[i] = y

    threads = [threading.Thread(target=work, args=[i]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loss = sum(found.values()).sum()
    for depth in (None, 0, 1, 99):
        scene = draw(loss, level="module", depth=depth).scene
        assert all(w.source < w.target for w in scene.wires)


def test_calls_that_cross():
    x = variable(2.0)
    a, b = x * 2.0, x * 3.0
    for t, label, first, last in ((a, "a", x.count, b.count), (b, "b", a.count, b.count + 1)):
        t.meta = {"call": (label, first, last, None)}
    assert [g[0] for g in groups(draw(a * b, level="module"))] == ["a"]


# ── large graphs ──────────────────────────────────────────────────────────────────────────────
def test_ten_thousand_operations_in_modules(tmp_path, linear):
    pytest.importorskip("pygraphviz")

    def repeated(n):
        cell, h = nn.Linear(3, 3), Tensor(np.ones((2, 3)))
        x = variable(np.ones((2, 3)))
        for _ in range(n):
            h = np.tanh(cell(h) + x)
        loss = h.sum()
        loss.backward()
        return loss

    assert draw(repeated(3333)).scene.caption == "drawn once: a pattern (×3333)"
    linear(lambda n: partial(draw(repeated(n)).save, tmp_path / "f.svg"), 208)


def test_a_wide_model_hides_what_is_far_from_the_result():
    x = variable(np.ones((2, 3)))
    h = x
    for i in range(100):
        h = nn.Sequential(nn.Linear(3 + i, 4 + i), nn.Tanh())(h) * 0.5
    picture = draw(h, depth=0)
    shown = roles(picture)
    assert shown.count("module") + shown.count("operation") == 60
    assert picture.scene.caption.splitlines() == [
        "the last 90 of 300 operations; 210 are hidden",
        "60 of 300 operations are in 30 closed modules; depth=1 opens them",
    ]


# ── around a tensor ───────────────────────────────────────────────────────────────────────────
def chain(n):
    found = [variable(0.5, name="x")]
    for i in range(n):
        found.append(np.sin(found[-1]) if i % 2 else found[-1] * 1.5)
    return found


@pytest.mark.parametrize("hops", [0, 1, 2, 5])
def test_so_many_operations_around(hops):
    found = chain(1000)
    mid = found[500]
    scene = draw(found[-1], around=(mid, hops)).scene
    circles = [n.value_of for n in scene.nodes if n.role == "operation"]
    assert [t.count for t in circles] == [t.count for t in found[500 - hops : 501 + hops]]
    count = 2 * hops + 1
    assert scene.caption == f"{count} of 1,000 operations, around mid; {1000 - count} are hidden"
    assert scene.caption in scene.description
    assert [n.name for n in scene.nodes if n.state == "current"] == ["mid"]


def test_around_shows_what_was_computed_from_it_and_what_from_it_was():
    a, b, c = variable(2.0), variable(3.0), variable(4.0)
    q = a * b
    other = b * c
    f = np.exp(q * 0.1) * other
    f.backward()
    picture = draw(f, around=q)
    assert [n.name for n in picture.scene.nodes if n.role == "operation"] == ["×", "×", "exp", "×"]
    assert node(picture, "other").role == "hidden"
    assert picture.scene.nodes[picture.scene.roots[0]].name == "f"
    full, part = wires(draw(f)), wires(picture)
    assert not set(part) - set(full), "the numbers are those of the whole graph"


def test_around_a_leaf_and_an_end_that_goes_on():
    found = chain(100)
    picture = draw(found[-1], around=(found[0], 2))
    ends = [picture.scene.nodes[i] for i in picture.scene.roots]
    assert [(n.role, n.value_of) for n in ends] == [("value", found[2])]
    assert draw(found[-1], around=(found[0], 0)).scene.nodes[0].name == "x"
    nodes = draw(found[-1], around=(found[50], 1)).scene.nodes
    assert [n.value_of for n in nodes if n.state == "current"] == [found[50]]


def test_around_one_of_many_terms():
    terms = [variable(float(i)) for i in range(100)]
    chosen = terms[50] * 1.0
    f = sum([*terms[:50], chosen, *terms[51:]])
    texts = [n.name or n.value[0][0] for n in draw(f, around=chosen).scene.nodes]
    assert "chosen" in texts
    assert [t for t in texts if t.startswith("…")] == ["… 43 more", "… 46 more"]


def test_around_what_is_not_there():
    a = variable(2.0)
    with pytest.raises(ValueError) as error:
        draw(a * 3.0, around=variable(5.0))
    assert str(error.value) == three_lines(
        "the tensor to look around is not in this graph",
        "draw(f, around=Tensor(5.0, requires_grad=True))",
        "a tensor that f was computed from",
    )
    with pytest.raises(TypeError) as error:
        draw(a * 3.0, around="a")
    assert str(error.value) == three_lines(
        "a picture looks around a Tensor, or so many operations around it",
        "draw(f, around='a')",
        "around=d, or around=(d, 2)",
    )


def test_around_in_a_graph_of_ten_thousand(linear):
    def around(n):
        found = chain(n)
        return lambda: draw(found[-1], around=found[n // 2])

    assert roles(around(10_000)()).count("operation") == 60
    linear(around, 625)

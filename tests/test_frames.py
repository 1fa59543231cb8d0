"""The two passes step by step: nothing moves, nothing is told early, and the files hold."""

import re
import zlib
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from autograd import Tensor, draw, frames
from autograd.base.errors import three_lines
from autograd.view.graph.pdf import join

SVG = "{http://www.w3.org/2000/svg}"


def variable(value, **options):
    return Tensor(value, requires_grad=True, **options)


def lecture():
    a, b, c = (variable(v, name=n) for v, n in ((2.0, "a"), (3.0, "b"), (4.0, "c")))
    f = (a + b) * c
    f.name = "f"
    f.backward()
    return f


def layer():
    X, W = Tensor(np.ones((4, 3)), name="X"), variable(np.ones((3, 2)) / 7, name="W")
    b = variable([0.1, 0.25], name="b")
    L = np.tanh(X @ W + b).mean() + (W * W).sum()
    L.backward()
    return L


def texts(picture):
    """Return all that a picture writes, wire by wire and box by box."""
    scene = picture.scene
    on_wires = [t for w in scene.wires for t in (w.forward, w.backward, w.local)]
    in_boxes = [c for n in scene.nodes for rows in (n.value, n.gradient) for r in rows for c in r]
    return [t for t in [*on_wires, *in_boxes] if t]


# ── the steps ─────────────────────────────────────────────────────────────────────────────────
def test_the_captions_of_the_lecture():
    assert repr(frames(lecture())).splitlines() == [
        "step 0 of 5: nothing is computed yet",
        "step 1 of 5: d = a + b = 2 + 3 = 5",
        "step 2 of 5: f = d · c = 5 · 4 = 20",
        "step 3 of 5: ∂f/∂f = 1",
        "step 4 of 5: ∂f/∂d = 1 · 4 = 4; ∂f/∂c = 1 · 5 = 5",
        "step 5 of 5: ∂f/∂a = 4 · 1 = 4; ∂f/∂b = 4 · 1 = 4",
    ]


def test_the_gradient_that_a_pass_is_started_with():
    a = Tensor([1.0, 2.0], requires_grad=True)
    f = a * 3
    f.backward(np.array([1.0, -1.0]))
    assert repr(frames(f)).splitlines()[2] == "step 2 of 3: ∂f/∂f = [1, −1]", "and not its shape"


def test_what_is_no_product_has_no_caption_of_one():
    x, t = Tensor(0.0, requires_grad=True), Tensor(0.5, requires_grad=True)
    with np.errstate(divide="ignore"):
        f = np.where(x > 0, np.log(x), 2 * x)
        f.backward()
        assert repr(frames(f)).endswith("∂ 1 · 2 = 2\nstep 8 of 8: ∂ 0"), "not 0 · ∞ = 0"
    f = np.imag(1j * t)
    f.backward()
    last = "step 5 of 5: ∂f/∂t = real(∂f/∂u · 1j)"
    assert repr(frames(f)).splitlines()[-1] == last, "∂u/∂t is 1j, and a real part is sent"
    assert [w.local for w in frames(f, detail="local")[-1].scene.wires if w.local] == ["[×−1j]"]


def test_what_is_written_at_each_step():
    assert [texts(each) for each in frames(lecture())] == [
        ["2", "3", "4"],
        ["2", "3", "d = 5", "4"],
        ["2", "3", "d = 5", "4", "20"],
        ["2", "3", "d = 5", "4", "20", "∂ 1"],
        ["2", "3", "d = 5", "∂ 4", "4", "∂ 5", "20", "∂ 1"],
        ["2", "∂ 4", "3", "∂ 4", "d = 5", "∂ 4", "4", "∂ 5", "20", "∂ 1"],
    ]


def test_a_local_derivative_needs_the_forward_step():
    told = [texts(each) for each in frames(lecture(), detail="local")]
    assert [sum(t.startswith("[×") for t in each) for each in told] == [0, 2, 4, 4, 4, 4]


def test_the_derivation_of_an_array_waits_for_its_gradient():
    told = [texts(each) for each in frames(layer(), detail="derivation")]
    gradient = [sum("Xᵀ @" in text for text in each) for each in told]
    assert gradient[: len(told) // 2] == [0] * (len(told) // 2)
    assert gradient[-1] == 1


@pytest.mark.parametrize("graph", [lecture, layer])
@pytest.mark.parametrize("detail", ["gradients", "local", "derivation"])
def test_each_step_knows_more_and_the_last_one_all(graph, detail):
    f = graph()
    told = [texts(each) for each in frames(f, detail=detail)]
    for before, after in pairwise(told):
        rest = list(after)
        for text in before:
            rest.remove(text)  # raises where something was taken back
    full = draw(f, detail=detail, upto=len(told) - 1)
    assert told[-1] == texts(full)
    assert sum(map(len, told[-1])) >= sum(map(len, texts(draw(f, detail=detail))))


def test_a_rule_too_long_for_a_caption_is_named():
    x = variable([[4.0, 1.0], [1.0, 2.0]], name="x")
    y = np.sum(np.linalg.cholesky(x))
    y.backward()
    assert "backward through cholesky" in repr(frames(y))


def test_the_fan_out_waits_for_all_its_contributions():
    x = variable(3.0, name="x")
    g = x * x + x
    g.backward()
    steps = frames(g)
    sums = [each.scene.nodes[0].gradient for each in steps]
    assert sums[-1] == (("∂ 3 + 3 + 1 = 7",),)
    assert sums[:-1] == [()] * (len(steps) - 1)


def test_without_backward_there_are_the_forward_steps():
    a = variable(2.0, name="a")
    assert len(frames(np.exp(a) * a)) == 3


def test_the_last_step_shows_what_hidden_operations_sent():
    x = variable(1.0, name="x")
    y = x * 3.0
    for _ in range(100):
        y = y * 1.0
    f = y + x
    f.backward()
    assert frames(f)[-1].scene.nodes[-1].value_of is f
    gradients = [n.gradient for n in frames(f)[-1].scene.nodes if n.name == "x"]
    assert gradients == [(("∂ 1 + … = 4",),)]


def test_the_current_step_is_marked():
    states = [
        {n.name for n in each.scene.nodes if n.state == "current"} for each in frames(lecture())
    ]
    assert states == [set(), {"+"}, {"×", "f"}, {"f"}, {"×"}, {"+"}]
    muted = [{n.name for n in each.scene.nodes if n.state == "muted"} for each in frames(lecture())]
    assert muted == [{"+", "×", "f"}, {"×", "f"}, set(), set(), set(), set()]


def test_the_current_wire_is_as_wide_through_its_label():
    source = frames(lecture())[4].source
    lines = dict(re.findall(r'(n\d_\d) \[label=.*?<TD HEIGHT="(\d+)" CELLPADDING="0" BG', source))
    wide = set(re.findall(r"-> (n\d_\d):w \[.*penwidth=2.8", source))
    assert len(wide) == 2
    assert {key: "3" if key in wide else "1" for key in lines} == lines


def test_upto_a_tensor():
    a, b = variable(2.0), variable(3.0)
    d = a + b
    f = d * a
    f.backward()
    picture = draw(f, upto=d)
    assert picture.scene.caption == "step 1 of 5: d = a + b = 2 + 3 = 5"
    assert draw(f, upto=a).scene.caption.startswith("step 0")
    assert draw(f, upto=np.int64(2)).scene.caption.startswith("step 2")


def test_upto_an_array():
    L = layer()
    product = L.args[0].args[0]
    assert draw(L, upto=product).scene.caption.startswith("step ")


@pytest.mark.parametrize(
    ("upto", "lines"),
    [
        (6, ("there is no step 6: the steps are 0 to 5", "draw(f, upto=6)",
             "frames(f) for all of them")),
        (-1, ("there is no step -1: the steps are 0 to 5", "draw(f, upto=-1)",
              "frames(f) for all of them")),
        (Tensor(1.0), ("the tensor to stop at is not in the picture",
                       "draw(f, upto=Tensor(1.0))", "a tensor that f was computed from")),
    ],
)  # fmt: skip
def test_no_such_step(upto, lines):
    with pytest.raises(ValueError) as error:
        draw(lecture(), upto=upto)
    assert str(error.value) == three_lines(*lines)


def test_no_step_at_all():
    with pytest.raises(TypeError) as error:
        draw(lecture(), upto="end")
    assert str(error.value) == three_lines(
        "a pass stops at a step or at a Tensor, not at a str",
        "draw(f, upto='end')",
        "upto=3, or upto=d",
    )


def test_what_is_no_tensor_is_told_by_frames():
    with pytest.raises(TypeError) as error:
        frames(3)
    assert str(error.value) == three_lines(
        "frames takes a Tensor or a list of Tensors, not int",
        "frames(3)",
        "frames(f) where f was computed from Tensors: Tensor(2.0, requires_grad=True)",
    )


# ── words ─────────────────────────────────────────────────────────────────────────────────────
def test_the_description_tells_no_more_than_the_picture():
    steps = frames(lecture())
    assert steps[1].scene.description == (
        "Step 1 of 5: d = a + b = 2 + 3 = 5. f = (a + b) * c is not computed yet."
    )
    assert steps[4].scene.description == (
        "Step 4 of 5: ∂f/∂d = 1 · 4 = 4; ∂f/∂c = 1 · 5 = 5. "
        "f = (a + b) * c = 20. Gradients: c 5."
    )  # fmt: skip
    spoken = [n.spoken for n in steps[1].scene.nodes]
    assert spoken == ["a = 2", "b = 3", "c = 4", "add", "multiply", "f is not computed yet"]


# ── nothing moves ─────────────────────────────────────────────────────────────────────────────
def places(svg):
    """Return the size, where each circle stands, and where each text of a box or a wire does."""
    root = ET.fromstring(svg)  # noqa: S314  # we wrote it
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == "node"]
    circles = [(e.get("cx"), e.get("cy"), e.get("rx")) for e in root.iter(f"{SVG}ellipse")]
    words = {(t.text, t.get("x"), t.get("y")) for g in groups for t in g.iter(f"{SVG}text")}
    return (root.get("width"), root.get("height")), circles, words


@pytest.mark.parametrize("graph", [lecture, layer])
def test_nothing_moves(graph):
    pytest.importorskip("pygraphviz")
    found = [places(each.svg()) for each in frames(graph(), detail="derivation")]
    sizes, circles, words = zip(*found, strict=True)
    assert len(set(sizes)) == 1
    assert all(each == circles[0] for each in circles)
    for before, after in pairwise(words):
        assert before < after or before == after
    assert len(words[0]) < len(words[-1])


def test_what_is_not_known_yet_is_nowhere_in_the_svg():
    pytest.importorskip("pygraphviz")
    a, b = variable(2.0), variable(3.0)
    f = a * b
    f.backward()
    svg = draw(f, upto=0).svg()
    assert "6" not in re.findall(r">([^<]*)</text>", svg)
    assert "transparent" not in svg
    assert "6" in re.findall(r">([^<]*)</text>", draw(f, upto=1).svg())


# ── files ─────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("form", ["svg", "png", "pdf", "dot"])
def test_a_file_for_each_step(form, tmp_path):
    pytest.importorskip("pygraphviz")
    paths = frames(lecture()).save(tmp_path / f"f-{{:02d}}.{form}")
    assert [p.name for p in paths] == [f"f-{i:02d}.{form}" for i in range(6)]
    assert all(p.stat().st_size > 100 for p in paths)


def pages(file):
    """Read a PDF by its cross-reference table, as a viewer does; return the texts of its tree."""
    start = int(re.search(rb"startxref\n(\d+)", file)[1])
    assert file[start : start + 4] == b"xref"
    table = re.findall(rb"(\d{10}) \d{5} n", file[start:])
    objects = {}
    for number, place in enumerate(table, 1):
        head = re.match(rb"(\d+) 0 obj\n", file[int(place) :])
        assert int(head[1]) == number, "the table leads to the object of that number"
        objects[number] = file[int(place) : file.index(b"endobj", int(place))]
    for body in objects.values():
        for reference in re.findall(rb"(\d+) 0 R", body.partition(b"stream")[0]):
            assert int(reference) in objects, "no reference leads nowhere"

    def walk(number, parent):
        body = objects[number]
        if parent:
            assert int(re.search(rb"/Parent (\d+)", body)[1]) == parent
        if b"/Kids" not in body:
            return [body]
        kids = re.findall(rb"(\d+) 0 R", re.search(rb"/Kids\s*\[([^]]*)\]", body)[1])
        found = [page for kid in kids for page in walk(int(kid), number)]
        assert int(re.search(rb"/Count (\d+)", body)[1]) == len(found)
        return found

    root = int(re.search(rb"/Root (\d+)", file)[1])
    return walk(int(re.search(rb"/Pages (\d+)", objects[root])[1]), 0)


def test_the_pages_of_a_pdf(tmp_path):
    pytest.importorskip("pygraphviz")
    (path,) = frames(lecture()).save(tmp_path / "f.pdf")
    found = pages(path.read_bytes())
    assert len(found) == 6
    boxes = {re.search(rb"/MediaBox\s*\[([^]]*)\]", page)[1] for page in found}
    assert len(boxes) == 1, "every page is of the same size"
    contents = {re.search(rb"/Contents (\d+)", page)[1] for page in found}
    assert len(contents) == 6


def packed_pdf(mark):
    """Write a PDF whose objects are packed into a stream, as newer libraries do."""
    bodies = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 /MediaBox [ 0 0 9 9 ] >>",
        3: b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>",
    }
    text, index = b"", b""
    for number, body in bodies.items():
        index += b"%d %d " % (number, len(text))
        text += body + b"\n"
    stream = zlib.compress(index + text)
    data = b"% endobj " + mark  # what looks like an end is none
    return (
        b"%%PDF-1.5\n%%\xb5\xed\n"
        b"4 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n"
        b"5 0 obj\n<< /Type /ObjStm /N 3 /First %d /Length 6 0 R >>\n"
        b"stream\n%s\nendstream\nendobj\n"
        b"6 0 obj\n%d\nendobj\n" % (len(data), data, len(index), stream, len(stream))
    )


def test_pages_out_of_packed_objects():
    joined = join([packed_pdf(b"one"), packed_pdf(b"two")])
    assert len(pages(joined)) == 2
    assert joined.index(b"endobj one") < joined.index(b"endobj two")


@pytest.mark.parametrize("file", [b"", b"%PDF-1.4\nnothing", b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\n"])
def test_pages_that_cannot_be_joined(file):
    with pytest.raises(ValueError) as error:
        join([file])
    assert str(error.value) == three_lines(
        "these pages cannot be joined into one PDF file",
        "frames(f).save(...), by a renderer that writes PDF in a way unknown here",
        'save("f-{:02d}.pdf"), one file for each page',
    )


@pytest.mark.parametrize(
    ("name", "what", "instead"),
    [
        ("f.svg", "6 frames do not fit into one .svg", ("f-{:02d}.svg", "f.pdf")),
        ("f-{x}.svg", "6 frames do not fit into one .svg", ("f-{:02d}.svg", "f.pdf")),
        ("f{.png", "6 frames do not fit into one .png", ("f-{:02d}.png", "f.pdf")),
        ("f.html", "frames cannot be saved as .html", ("f-{:02d}.svg", "f.pdf")),
        ("f-{:02d}.gif", "frames cannot be saved as .gif", ("f-{:02d}.svg", "f.pdf")),
        ("{}", "frames cannot be saved as a file without a suffix", ("f-{:02d}.svg", "f.pdf")),
        ("f", "frames cannot be saved as a file without a suffix", ("f-{:02d}.svg", "f.pdf")),
        ("g/f", "frames cannot be saved as a file without a suffix", ("g/f-{:02d}.svg", "g/f.pdf")),
    ],
)
def test_what_to_save_instead_can_be_saved(name, what, instead, tmp_path, monkeypatch):
    pytest.importorskip("pygraphviz")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g").mkdir()
    steps = frames(lecture())
    with pytest.raises(ValueError) as error:
        steps.save(name)
    one, other = map(repr, instead)
    assert str(error.value) == three_lines(
        what, f"save({name!r})", f"save({one}), or save({other})"
    )
    assert [len(steps.save(path)) for path in instead] == [6, 1]


def test_a_sequence():
    steps = frames(lecture())
    assert len(steps) == 6
    assert [each.scene.caption[5] for each in steps] == list("012345")
    assert steps[-1].source == steps[5].source
    assert [each.scene.caption[5] for each in steps[1:3]] == ["1", "2"]


def test_jupyter_shows_all_of_them():
    pytest.importorskip("pygraphviz")
    bundle = frames(lecture())._repr_mimebundle_()
    assert bundle["text/html"].count("<svg") == 6
    assert bundle["text/plain"] == repr(frames(lecture()))
    ids = re.findall(r'\bid="([^"]*)"', bundle["text/html"])
    assert len(ids) == len(set(ids))

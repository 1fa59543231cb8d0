"""The graph of an operation that raised an error: its arguments are there, and it is marked."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest

import nn
from autograd import Tensor, draw
from autograd.base.errors import three_lines

SVG = "{http://www.w3.org/2000/svg}"


def variable(value, **options):
    return Tensor(value, requires_grad=True, **options)


def error_of(f, *args):
    """Return the error that a call raises."""
    with pytest.raises((ValueError, TypeError, IndexError)) as caught:
        f(*args)
    return caught.value


def failed(picture):
    (found,) = [n for n in picture.scene.nodes if n.role == "failed"]
    return found


def wires(picture):
    nodes = picture.scene.nodes
    return [(nodes[w.source].name, nodes[w.target].name, w.forward) for w in picture.scene.wires]


def matmul():
    a, b = variable(np.ones((2, 3)), name="a"), variable(np.ones((2, 2)), name="b")
    return error_of(lambda: np.exp(a) @ b)


def test_the_failing_operation_is_marked():
    picture = draw(matmul())
    assert failed(picture).name == "@"
    assert failed(picture).note == "matmul cannot multiply (2, 3) by (2, 2): 3 against 2"
    assert wires(picture) == [
        ("a", "exp", "(2, 3)"), ("exp", "@", "(2, 3)"), ("b", "@", "(2, 2)"),
    ]  # fmt: skip
    assert [picture.scene.nodes[i].role for i in picture.scene.roots] == ["failed"]
    assert "nan" not in picture.source.lower()


def test_golden():
    source = draw(matmul()).source
    assert source[source.index("\tn3 [") :].splitlines()[0] == (
        '\tn3 [label=<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1"><TR><TD>'
        '<I>@</I></TD></TR><TR><TD><FONT COLOR="#B3001B" POINT-SIZE="11">'
        "matmul cannot multiply (2,\xa03) by<BR/>(2,\xa02): 3 against 2</FONT></TD></TR></TABLE>> "
        'color="#B3001B" fillcolor="#FDECEC" penwidth=2.8 shape=octagon style=filled]'
    )


def test_without_colours_the_shape_tells():
    assert draw(matmul(), theme="print").source.count("shape=octagon") == 1
    assert "octagon" not in draw(variable(2.0) * 3.0).source


CALLS = {
    "operator": (lambda x: x + np.ones(2), "+", "add cannot broadcast ([3]) and ([2])"),
    "reflected": (lambda x: np.ones(2) - x, "−", "subtract cannot broadcast ([2]) and ([3])"),
    "function": (lambda x: np.sum(x, axis=5), "Σ axis=5", "sum failed: axis 5 is out of bounds"),
    "method": (lambda x: x.reshape(2, 2), None, "reshape failed: cannot reshape array"),
    "index": (lambda x: x[7], "[7]", "getitem failed: index 7 is out of bounds"),
    "in place": (lambda x: (x * 1.0).__iadd__(np.ones(2)), "+", "add cannot broadcast"),
    "ours": (lambda x: nn.functional.linear(x, np.ones((2, 2))), "linear", "linear takes 2"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "symbol", "reason"), CALLS.values(), ids=CALLS)
def test_operations_fail_in_every_way(call, symbol, reason):
    picture = draw(error_of(call, variable([1.0, 2.0, 3.0], name="x")))
    assert failed(picture).note.startswith(reason)
    assert symbol in (None, failed(picture).name)
    assert "x" in [n.name for n in picture.scene.nodes]


def test_scalars():
    a, b = variable(2.0), variable(3.0)
    picture = draw(error_of(lambda: (a * b + 1.0) @ a))
    assert wires(picture)[-2:] == [("+", "@", "7"), ("a", "@", "")]
    assert failed(picture).note == "matmul multiplies arrays, and one of these is a number"


def test_an_operand_is_not_said_to_be_broadcast():
    picture = draw(error_of(lambda: variable(np.ones(3)) * variable(np.ones((2, 2)))))
    assert [w[2] for w in wires(picture)] == ["(3,)", "(2, 2)"]
    picture = draw(error_of(lambda: variable(np.ones((5, 2, 3))) @ variable(np.ones((5, 2, 3)))))
    assert [w[2] for w in wires(picture)] == ["(5, 2, 3)", "(5, 2, 3)"]


def test_the_arguments_are_drawn_as_ever():
    a, b = variable([1.0, 2.0, 3.0]), variable([4.0, 5.0, 6.0])
    left, right = np.exp(a * b), (a - b).sum(keepdims=True)[:, None, None] * np.ones((2, 2, 2))
    whole = draw(error_of(lambda: left @ right))
    parts = draw([left, right])
    assert {n.value_of for n in whole.scene.nodes if n.role == "operation"} == {
        n.value_of for n in parts.scene.nodes if n.role == "operation"
    }


def test_after_the_error_and_twice():
    try:
        variable([1.0, 2.0]) + variable([1.0, 2.0, 3.0])
    except ValueError as error:
        kept = error
    assert draw(kept).source == draw(kept).source


def test_an_error_in_the_words_of_a_layer():
    net, x = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(7, 3)), Tensor(np.ones((5, 4)))
    error = error_of(net, x)
    picture = draw(error, level="module")
    assert failed(picture).note == "linear takes 7 features, on the last axis of its input"
    labels = [g.label for g in picture.scene.groups]
    assert sorted(labels) == ["net", "net.0", "net.1", "net.2"]
    assert labels[failed(picture).group] == "net.2"
    assert picture.scene.groups[0].note == "Sequential\n64 parameters\n(5, 4) → no result"


def test_in_a_closed_module_the_module_fails():
    net, x = nn.Sequential(nn.Linear(4, 8), nn.Sequential(nn.Linear(7, 3))), Tensor(np.ones((5, 4)))
    picture = draw(error_of(net, x), depth=1)
    assert failed(picture).name == "net.1"
    assert failed(picture).kind == "Sequential\n24 parameters\n(5, 8) → no result"
    assert failed(picture).note.startswith("linear takes 7 features")
    assert [n.name for n in picture.scene.nodes if n.role == "module"] == ["net.0"]


def test_an_error_raised_while_another_was_handled():
    """The picture is that of the error it is asked for."""
    x = variable([1.0, 2.0], name="x")
    try:
        x + np.ones(3)
    except ValueError:
        later = error_of(lambda: x * np.ones(4))
    assert failed(draw(later)).name == "×"


def test_an_error_of_something_else():
    net, x = nn.Linear(3, 3), variable([1.0, 2.0, 3.0])
    for error in (ValueError("no"), error_of(lambda: int("x")), error_of(lambda: net(x) + "x")):
        with pytest.raises(TypeError) as told:
            draw(error)
        assert str(told.value) == three_lines(
            "this error comes from no operation on Tensors",
            f"draw({type(error).__name__}({str(error)[:40]!r}))",
            "draw(error) in `except ValueError as error:` around an operation on Tensors",
        )


def test_in_words():
    picture = draw(matmul())
    said = "matmul failed: matmul cannot multiply (2, 3) by (2, 2): 3 against 2"
    assert picture.scene.title == said
    assert f"M{said[1:]}." in picture.scene.description
    assert repr(picture).splitlines()[0].split() == ["@", *said.split(": ", 1)[1].split()]


@pytest.mark.parametrize("name", ['<b>"x"|{y}</b>', "</TABLE>", r"\N \G", "😀 مرحبا", "%s $x$ _"])
def test_names_are_shown_as_typed(name):
    pytest.importorskip("pygraphviz")
    x = variable([1.0, 2.0], name=name)
    svg = ET.fromstring(draw(error_of(lambda: x[name])).svg())  # noqa: S314  # we wrote it
    shown = [(text.text or "").replace("\xa0", " ") for text in svg.iter(f"{SVG}text")]
    assert name in shown


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("check", True), ("flow", True), ("detail", "values"), ("detail", "local"),
        ("detail", "derivation"), ("level", "tensor"), ("level", "scalar"), ("level", "module"),
        ("theme", "dark"), ("theme", "cs231n"), ("upto", 1),
    ],
)  # fmt: skip
def test_with_every_option(option, value):
    assert failed(draw(matmul(), **{option: value})).name == "@"

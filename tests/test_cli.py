"""The command line: what it prints, what it refuses, and how it ends."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from autograd import explore
from autograd.__main__ import main

PRODUCT = """\
f(a, b, c) = (a + b) * c

forward
  d = a + b = 2 + 3 = 5
  f = d · c = 5 · 4 = 20

local derivatives
  ∂d/∂a = ∂(a + b)/∂a = 1
  ∂d/∂b = ∂(a + b)/∂b = 1
          ∂(d · c)/∂d = c = 4
          ∂(d · c)/∂c = d = 5

backward: the chain rule
  ∂f/∂f = 1
  ∂f/∂d = ∂f/∂f · c = 1 · 4 = 4       d receives 4 from f
  ∂f/∂c = ∂f/∂f · d = 1 · 5 = 5       c receives 5 from f
  ∂f/∂a = ∂f/∂d · ∂d/∂a = 4 · 1 = 4   a receives 4 from d
  ∂f/∂b = ∂f/∂d · ∂d/∂b = 4 · 1 = 4   b receives 4 from d

sum over the paths
  ∂f/∂a = ∂(d · c)/∂d · ∂d/∂a = 4 · 1 = 4   a → d → f
  ∂f/∂b = ∂(d · c)/∂d · ∂d/∂b = 4 · 1 = 4   b → d → f
  ∂f/∂c = ∂(d · c)/∂c = 5                   c → f
"""

REFUSALS = {
    ("a * b", "a=1"): """\
error: no value is given for b
  where: a * b
             ^
  instead: b=1 after the expression""",
    ("a * b", "a=1", "b=2,5"): """\
error: in the value of b: only arithmetic and NumPy functions are understood, not a comma here
  where: 2,5
         ^^^
  instead: 2.5, [2, 5]""",
    ("a * b", "a=1", "b=0,05"): """\
error: in the value of b: a decimal comma is not understood
  where: 0,05
           ^
  instead: 0.05""",
    ("sum(x)", "x=1;2"): """\
error: in the value of x: this is not arithmetic
  where: 1;2
          ^
  instead: x=2, x=pi/2, x=[1, 2, 3]""",
    ("a", "a=abc"): """\
error: the value of a is not a number
  where: a=abc
  instead: a=2, a=pi/2, a=[1, 2, 3]""",
    ("a", "a="): """\
error: the value of a is not a number
  where: a=
  instead: a=2, a=pi/2, a=[1, 2, 3]""",
    ("a", "a=1", "a=2"): """\
error: a has two values
  where: a=1 a=2
  instead: a=2""",
    ("a", "+", "b", "a=1", "b=2"): """\
error: + is neither NAME=VALUE nor part of the expression
  where: a + b a=1 b=2
  instead: quotes around the expression, and names of letters, digits and _""",
    ("a", "2b=3"): """\
error: 2b=3 is neither NAME=VALUE nor part of the expression
  where: a 2b=3
  instead: quotes around the expression, and names of letters, digits and _""",
    ("d = a + b", "f = d * c", "a=1", "b=2"): """\
error: the value of f is not a number
  where: f=d * c
  instead: f=2, f=pi/2, f=[1, 2, 3]""",
    ("a = a + 1", "a=2"): """\
error: a is what the result is called, and a variable in it
  where: a + 1
         ^^^^^
  instead: f = a + 1""",
    ("y = sin x", "x=2"): """\
error: this is not arithmetic
  where: sin x
             ^
  instead: sin(x)""",
    ("cross_entropy(x, y)", "x=[1,2]", "y=0.5"): """\
error: cross entropy takes a class, 0 to n - 1, or n probabilities for each row of n numbers
  where: cross_entropy(x, y)
         ^^^^^^^^^^^^^^^^^^^
  instead: cross_entropy([1, 2, 3], 0), cross_entropy([1, 2, 3], [1, 0, 0]), \
cross_entropy([[1, 2], [3, 4]], [0, 1])""",
    ("a=1", "e=pi/2", "b=exp(2e1)"): """\
error: there is no expression to differentiate
  where: autograd a=1 e=pi/2 b=exp(2e1)
  instead: autograd "(a + b) * c" a=2 b=3 c=4""",
    ("a=1",): """\
error: there is no expression to differentiate
  where: autograd a=1
  instead: autograd "(a + b) * c" a=2 b=3 c=4""",
    ("2 + 3",): """\
error: there is nothing to differentiate: the result depends smoothly on no variable
  where: 2 + 3 = 5
  instead: autograd "(a + b) * c" a=2 b=3 c=4""",
    ("argmax(x)", "x=[1, 3]"): """\
error: there is nothing to differentiate: the result depends smoothly on no variable
  where: argmax(x) = 1
  instead: autograd "(a + b) * c" a=2 b=3 c=4""",
    ("x * x", "x=[1, 3]"): """\
error: the result is an array, and each of its elements has a gradient of its own
  where: x * x has shape (2,)
  instead: sum(x * x), mean(x * x)""",
    ("eigvals(A)[0]", "A=[[0, 1], [-1, 0]]"): """\
error: the result is a complex number, and a gradient is one of a real number
  where: eigvals(A)[0] = 1j
  instead: real(eigvals(A)[0]), abs(eigvals(A)[0])""",
    ("a * a", "a=2", "-o", "graph.gif"): """\
error: a graph cannot be drawn as .gif
  where: -o graph.gif
  instead: graph.svg or graph.png or graph.pdf or graph.dot or graph.mmd or graph.md or graph.tex \
or graph.json or graph.txt or graph.html""",
    ("a * a", "a=2", "-o", "graph"): """\
error: a graph cannot be drawn as a file without a suffix
  where: -o graph
  instead: graph.svg or graph.png or graph.pdf or graph.dot or graph.mmd or graph.md or graph.tex \
or graph.json or graph.txt or graph.html""",
}


@pytest.mark.parametrize("argv", REFUSALS, ids=" ".join)
def test_what_is_not_understood_ends_with_2(argv, capsys):
    assert main(argv) == 2
    assert capsys.readouterr().err.rstrip("\n") == REFUSALS[argv]


def test_what_to_write_instead_runs(capsys):
    lines = {text.rpartition("\n  instead: ")[2] for text in REFUSALS.values()}
    ran = 0
    for line in lines:
        if line.startswith("autograd "):
            commands = [shlex.split(line)[1:]]
        elif re.fullmatch(r"(\w=[^a-z]*(pi/2, )?)+", line):
            commands = [(f"sum({word[0]})", word) for word in re.split(r", (?=\w=)", line)]
        elif re.match(r"sum|f =|sin", line):
            x = "x=[1, 3]" if "sum" in line else "x=2"
            commands = [(word, "a=2", x) for word in line.split(", ")]
        else:
            continue
        assert [main(command) for command in commands] == [0] * len(commands), line
        ran += 1
    assert ran > 6
    capsys.readouterr()


def test_the_product_of_a_sum(capsys):
    assert main(["(a+b)*c", "a=2", "b=3", "c=4"]) == 0
    assert capsys.readouterr() == (PRODUCT, "")


def test_the_order_of_the_arguments_is_free(capsys):
    assert main(["a=2", "b = 3", "(a+b)*c", "c=[4][0]"]) == 0
    assert capsys.readouterr().out == PRODUCT


@pytest.mark.parametrize(
    "argv",
    [
        ("f = (a+b)*c", "a=2", "b=3", "c=4"),
        ("a=2", "b=3", "f=(a+b)*c", "c=4"),
        ("f(a, b, c) = (a + b) * c", "a=2", "b=3", "c=4"),
        ("f", "=", "(a+b)*c", "a", "=", "2", "b=", "3", "c", "=4"),
    ],
)
def test_the_header_that_is_printed_is_read(argv, capsys):
    assert main(argv) == 0
    assert capsys.readouterr() == (PRODUCT, "")


@pytest.mark.parametrize("header", ["y = ", "y(m, x, b) = "])
def test_the_result_is_called_as_the_header_says(header, tmp_path, capsys):
    path = tmp_path / "line.dot"
    assert main([f"{header}m*x + b", "m=2", "x=3", "b=-1", "-o", str(path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("y(m, x, b) = m * x + b\n")
    assert "  y = z + b = 6 + (−1) = 5\n" in out
    assert "  ∂y/∂m = ∂y/∂z · ∂z/∂m = 1 · 3 = 3" in out
    assert ">y<" in path.read_text()
    assert main([f"{header}m", "m=2"]) == 0
    assert "  y = +m = +2 = 2\n" in capsys.readouterr().out


def test_a_value_with_spaces_may_be_negative(capsys):
    assert main(["x*x", "x", "=", "-3"]) == 0
    assert "(−3) · (−3) = 9" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "loss"),
    [
        (("cross_entropy(x, y)", "x=[0, 0]", "y=1"), "0.6931"),
        (("cross_entropy(x, 1)", "x=[0, 0]"), "0.6931"),
        (("softmax_cross_entropy(x, y)", "x=[0, 0]", "y=1"), "0.6931"),
        (("cross_entropy(x, y)", "x=[[0, 0], [1, 1]]", "y=[0, 1]"), "0.6931"),
        (("sum(softmax_cross_entropy(x, y))", "x=[[0, 0], [1, 1]]", "y=[0, 1]"), "1.386"),
    ],
)
def test_whole_numbers_are_classes(argv, loss, capsys):
    assert main(argv) == 0
    out = capsys.readouterr().out
    assert f" = {loss}\n" in out
    if "y)" in argv[0]:
        assert re.search(r" = softmax_cross_entropy\([xz], y\)\n", out)
        assert out.endswith("\nno gradient reaches y: only conditions and indices depend on it\n")


def test_a_target_as_long_as_the_row_is_probabilities(capsys):
    assert main(["cross_entropy(a, y)", "a=[0.1, 0.4, 2.2, 0]", "y=[0, 0, 1, 0]"]) == 0
    out = capsys.readouterr().out
    assert "  z = log_softmax(a)\n" in out
    assert "  f = −c = −(−0.3354) = 0.3354\n" in out
    assert "= [0.08756, 0.1182, −0.285, 0.07923]   shape (4,)   a receives it from z\n" in out


def test_an_expression_may_begin_with_a_minus(capsys):
    assert main(["-x**2", "x=-3"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("f(x) = -x ** 2\n")
    assert "  y = x² = (−3)² = 9\n" in out
    assert "  ∂f/∂x = ∂f/∂y · ∂y/∂x = (−1) · (−6) = 6   x receives 6 from y\n" in out
    assert main(["--x", "x=1"]) == 0


def test_an_array_result_still_shows_how_it_came_about(capsys):
    main(["x * x", "x=[1, 3]"])
    assert "f = x · x = [1, 3] · [1, 3] = [1, 9]   shape (2,)" in capsys.readouterr().out


def test_a_name_alone_has_a_derivative(capsys):
    assert main(["a", "a=pi/2"]) == 0
    assert "f = +a = +1.571 = 1.571" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "note"),
    [
        (("a * a", "a=2", "b=3"), "note: the expression does not use b\n"),
        (("9**9**9**9 * a", "a=2"), "note: ∞ is beyond float64, or a pole\n"),
        (("sqrt(a)", "a=0"), "note: ∞ is beyond float64, or a pole\n"),
        (
            ("log(a)", "a=-1"),
            "note: NaN is no number: a function outside its domain, as log(-1), or 0 / 0\n",
        ),
    ],
)
def test_oddities_are_noted_beside_the_result(argv, note, capsys):
    assert main(argv) == 0
    out, err = capsys.readouterr()
    assert "backward: the chain rule\n" in out
    assert err == note


def test_truth_values_and_large_numbers_stand_as_they_are_read(capsys):
    main(["(a > b) * c + (a < b)", "a=1", "b=2", "c=3"])
    told = capsys.readouterr().out
    assert "g = d · c = False · 3 = 0" in told
    assert "f = g + h = 0 + True = 1" in told
    main(["a * b", "a=2e-9", "b=3"])
    assert "f = a · b = 2e−9 · 3" in capsys.readouterr().out


def test_combined_conditions_are_steps_with_the_letters_of_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["where((x>0)*(y>0), x*y, 0)", "x=2", "y=3", "-o", "f.dot"]) == 0
    out = capsys.readouterr().out
    for line in (
        "  z = (x > 0) = (2 > 0) = True\n",
        "  b = z · a = True · True = True\n",
        "  f = where(b, c, 0) = where(True, 6, 0) = 6\n",
        "  ∂f/∂x = ∂f/∂c · ∂c/∂x = 1 · 3 = 3 ",
    ):
        assert line in out
    picture = (tmp_path / "f.dot").read_text()
    page = explore("where((x>0)*(y>0), x*y, 0)", x=2, y=3)
    assert [*page.values] == ["x", "y", "z", "a", "b", "c", "f"]
    assert all(f">{name}<" in picture for name in page.values)


def test_a_variable_that_only_a_condition_uses_gets_no_gradient(capsys):
    assert main(["a * where(b > 0, a, 1)", "a=2", "b=3"]) == 0
    out = capsys.readouterr().out
    assert out.endswith("\nno gradient reaches b: only conditions and indices depend on it\n")
    assert "∂f/∂b" not in out


def test_files_are_written_in_every_place_they_may_stand(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["-o", "1.dot", "(a+b)*c", "a=2", "b=3", "c=4", "--output=2.dot", "3.dot"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(PRODUCT)
    assert out.removeprefix(PRODUCT) == "\nwrote 1.dot\nwrote 2.dot\nwrote 3.dot\n"
    sources = [path.read_text() for path in sorted(tmp_path.iterdir())]
    assert sources == sources[:1] * 3
    for part in (">f<", ">d<", ">20<", "∂ 4", "[×4]", "×>"):
        assert part in sources[0], "the picture has the names and the numbers of the text"
    assert main(["-o1.svg", "a*a", "a=2"]) == 0
    assert "<svg" in (tmp_path / "1.svg").read_text()


def test_a_page_that_computes_is_a_file_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["(a+b)*c", "a=2", "b=3", "c=4", "-o", "f.dot", "f.html"]) == 0
    assert capsys.readouterr().out.removeprefix(PRODUCT) == "\nwrote f.dot\nwrote f.html\n"
    page = explore("(a + b) * c", a=2, b=3, c=4).html()
    assert (tmp_path / "f.html").read_text() == page
    assert main(["sum(inv(X))", "X=[[1,2],[3,5]]", "-o", "inv.html"]) == 1
    assert capsys.readouterr().err.startswith("error: inv cannot be written in JavaScript\n")
    assert not (tmp_path / "inv.html").exists()
    assert main(["x*x", "x=inf", "-o", "inf.html"]) == 1
    assert capsys.readouterr().err == (
        "note: ∞ is beyond float64, or a pole\n"
        "error: x is no number that could be dragged\n"
        "  where: explore(f, x=inf)\n"
        "  instead: x=1.0\n"
    )


def test_the_title_of_a_picture_is_what_was_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["1 / (1 + exp(-x*w))", "x=1", "w=2", "-o", "f.json"]) == 0
    assert json.loads((tmp_path / "f.json").read_text())["title"] == "f = 1 / (1 + exp(-x * w))"


def test_a_page_computes_its_conditions_anew(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["where((x>0)*(y>0), x*y, 0)", "x=2", "y=3", "-o", "f.html"]) == 0
    page = (tmp_path / "f.html").read_text()
    assert "const z = x > 0;\n  const a = y > 0;\n  const b = z && a;\n" in page


def test_a_page_is_of_what_the_expression_uses(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["y = x", "z=3", "x=2", "-o", "f.html"]) == 0
    page = (tmp_path / "f.html").read_text()
    assert "<title>y = +x</title>" in page
    assert "function program(x) {" in page


def test_a_file_that_cannot_be_written_ends_with_1(tmp_path, capsys):
    path = tmp_path / "nowhere" / "graph.dot"
    assert main(["a * a", "a=2", "-o", str(path)]) == 1
    out, err = capsys.readouterr()
    assert "∂f/∂a" in out
    assert err == (
        f"error: the file cannot be written: there is no folder {str(path.parent)!r}\n"
        f"  where: {path}\n"
        "  instead: a folder that exists and that you may write to\n"
    )


def test_where_nothing_draws_the_remedy_is_passed_on(monkeypatch, capsys):
    def draw(*_, **__):
        raise RuntimeError("no renderer\n  where: here\n  instead: pip install one")

    monkeypatch.setattr("autograd.__main__.draw", draw)
    assert main(["a * a", "a=2", "-o", "graph.png"]) == 1
    assert (
        capsys.readouterr().err == "error: no renderer\n  where: here\n  instead: pip install one\n"
    )


def test_the_steps_are_told_in_the_language_asked_for(capsys):
    assert main(["a * b", "a=2", "b=0.5", "--lang", "pt"]) == 0
    out = capsys.readouterr().out
    assert "propagação para frente\n  f = a · b = 2 · 0,5 = 1\n" in out
    assert main(["a", "a=1", "--lang=de"]) == 2
    assert capsys.readouterr().err == (
        "error: there are no words in the language 'de'\n"
        "  where: --lang de\n"
        "  instead: --lang en or --lang pt or --lang es\n"
    )


def test_a_page_in_another_language_than_the_steps_is_noted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["a * b", "a=2", "b=3", "--lang=es", "-o", "f.dot", "f.html"]) == 0
    assert capsys.readouterr().err == "note: the page is in English\n"


def test_help_and_version(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert text.isascii()
    for line in text.splitlines():
        assert len(line) <= 100
        if line.startswith('  autograd "') and " -o " not in line:
            assert main(shlex.split(line)[1:]) == 0, line
    capsys.readouterr()
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("autograd ")


def test_an_unknown_option_is_refused(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["a", "a=1", "--nope"])
    assert caught.value.code == 2
    assert "unrecognized arguments: --nope" in capsys.readouterr().err


# ── as a program ──────────────────────────────────────────────────────────────────────────────
def start(*argv, encoding="utf-8", **options):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "autograd", *argv],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=False, timeout=60, **options,
    )  # fmt: skip


def test_the_program_prints_and_ends_with_the_code():
    done = start("(a+b)*c", "a=2", "b=3", "c=4", capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == PRODUCT
    done = start("a.b", "a=2", capture_output=True)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: only arithmetic and NumPy functions are understood")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_unicode_gets_plain_letters(encoding):
    done = start(
        "a**2 * -b @ [θ, 1]", "a=[2,1]", "b=3", "θ=4", encoding=encoding, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode("ascii")
    assert "f(a, b, ?) = a ** 2 * -b @ [?, 1]" in text
    assert "c = a^2 = [2, 1]^2 = [4, 1]" in text
    assert "df/dg = df/df * h = 1 * [4, 1] = [4, 1]" in text


def test_a_pipe_that_closes_early_is_no_error():
    read, write = os.pipe()
    os.close(read)
    done = start("a * a", "a=2", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(os.name != "posix", reason="needs a shell that closes what it opened")
def test_a_closed_output_is_no_error():
    command = 'exec "$0" -m autograd "a * a" a=2 >&-'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable], stderr=subprocess.PIPE, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
def test_a_full_disk_ends_with_1():
    with Path("/dev/full").open("wb") as full:
        done = start("a * a", "a=2", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: the output cannot be written: No space left on device")

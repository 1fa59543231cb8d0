"""Worksheets: numbers that are exactly fractions, blanks that hide them, marks that are fair."""

import math
import re
import shutil
import subprocess
from fractions import Fraction
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Tensor, worksheet
from autograd.base.errors import three_lines
from autograd.graph import toposort
from autograd.view.exercise.exercises import SMALL

LEVELS = [1, 2, 3, 4]
SEEDS = st.one_of(st.integers(), st.text(max_size=8))
NASTY = '<b>"x"|{y}</b> </script> \\ $x_1$ 50% & # ~ ^ 😀 שלום\n\x07'


# ── an oracle in exact arithmetic ─────────────────────────────────────────────────────────────
def exactly(value, table):
    """Look up a function that has a rational value and slope at this point only."""
    assert value in table, value
    return table[value]


def slope_of(op, x):
    """Return the value and the derivative of a function of one variable, as fractions."""
    if op == "relu":
        return (x, Fraction(1)) if x > 0 else (Fraction(0), Fraction(0))
    if op == "square":
        return x * x, 2 * x
    if op == "sqrt":
        root = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
        assert root * root == x
        return root, 1 / (2 * root)
    half, one, zero = Fraction(1, 2), Fraction(1), Fraction(0)
    return {
        "exp": lambda: exactly(x, {0: (one, one)}),
        "log": lambda: exactly(x, {1: (zero, one)}),
        "tanh": lambda: exactly(x, {0: (zero, one)}),
        "sigmoid": lambda: exactly(x, {0: (half, half / 2)}),
    }[op]()


def forward(root, variable):
    """Compute a scalar graph and its derivative by one variable, forward, in fractions."""
    known = {}
    for t in toposort(root):
        if t.op is None:
            known[t] = Fraction(t.item()), Fraction(int(t is variable))
            continue
        pairs = [known[a] if type(a) is Tensor else (Fraction(a), Fraction(0)) for a in t.args]
        (x, dx), (y, dy) = pairs[0], pairs[-1]
        known[t] = {
            "add": lambda x, dx, y, dy: (x + y, dx + dy),
            "subtract": lambda x, dx, y, dy: (x - y, dx - dy),
            "multiply": lambda x, dx, y, dy: (x * y, x * dy + y * dx),
            "divide": lambda x, dx, y, dy: (x / y, (dx * y - x * dy) / (y * y)),
            "pow": lambda x, dx, y, dy: (x**y, y * x ** (y - 1) * dx),
        }.get(t.op.name, lambda x, dx, y, dy, t=t: chained(t.op.name, x, dx))(x, dx, y, dy)
    return known


def chained(op, x, dx):
    value, slope = slope_of(op, x)
    return value, slope * dx


@settings(max_examples=30)
@given(SEEDS, st.sampled_from([1, 2, 3]))
def test_the_answers_are_exact_fractions(seed, level):
    sheet = worksheet(seed, level)
    for t in toposort(sheet.root):
        if t.op is None:
            known = forward(sheet.root, t)
            assert sheet.answers[t.name] == known[sheet.root][1]
            assert sheet.answers[t.name] != 0
            for node, (value, _) in known.items():
                assert value.denominator <= SMALL
                assert node.item() == pytest.approx(float(value), rel=1e-12)


@settings(max_examples=20)
@given(SEEDS)
def test_a_layer_is_exact_too(seed):
    sheet = worksheet(seed, 4)
    leaves = {t.name: t.data for t in toposort(sheet.root) if t.op is None}
    X, W, b, T = (np.vectorize(Fraction)(leaves[name]) for name in "XWbT")
    E = X @ W + b - T
    dE = 2 * E / E.size
    assert sheet.answers["W"] == (X.T @ dE).tolist()
    assert sheet.answers["b"] == dE.sum(0).tolist()
    assert sheet.root.item() == pytest.approx(float((E * E).sum() / E.size))


# ── one for each student ──────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("level", LEVELS)
def test_a_seed_is_a_sheet(level):
    assert str(worksheet("Ada", level).key) == str(worksheet("Ada", level).key)
    assert worksheet("Ada", level).sheet.svg() == worksheet("Ada", level).sheet.svg()
    keys = {str(worksheet(seed, level).key).partition("\n")[2] for seed in range(30)}
    assert len(keys) >= 28


def test_a_worksheet_is_made_from_a_seed():
    assert str(worksheet(np.int64(3)).key) == str(worksheet(3).key)
    with pytest.raises(TypeError) as caught:
        worksheet(Tensor(2.0) * 3)
    assert str(caught.value).splitlines() == [
        "a worksheet is a random graph, made from a number or a text: not from a Tensor",
        "  where: worksheet(Tensor(6.0))",
        '  instead: worksheet("Ada"); draw(f) and explain(f) for a graph of your own',
    ]


def test_the_same_sheet_on_every_machine():
    assert str(worksheet("Ada", 2).sheet) == (
        "Worksheet: Ada, level 2\nName: ____________________\n\n"
        "Given\n  a = 3\n  b = −4\n  c = 2\n\n"
        "Forward: compute every value.\n"
        "  d = c³ = ____\n  g = b + d = ____\n  h = a · c = ____\n  f = g · h = ____\n\n"
        "Backward: compute every gradient, from f to the variables.\n  ∂f/∂h = ____\n"
        "  ∂f/∂g = ____\n  ∂f/∂d = ____\n  ∂f/∂a = ____\n  ∂f/∂b = ____\n  ∂f/∂c = ____\n\n"
        "All numbers are whole numbers or fractions."
    )


def test_levels_have_what_they_promise():
    for seed in range(25):
        symbols = {
            level: [t.op.symbol for t in toposort(worksheet(seed, level).root) if t.op]
            for level in LEVELS
        }
        assert set(symbols[1]) <= {"+", "−", "×"}
        assert set(symbols[2]) & {"÷", "xʸ"}
        assert set(symbols[3]) & {"ReLU", "σ", "exp", "ln", "tanh", "√", "x²"}
        assert symbols[4] == ["@", "+", "−", "x²", "mean"]
        twice = toposort(worksheet(seed, 2).root)
        uses = [a for t in twice for a in t.args if type(a) is Tensor]
        assert len(uses) > len(set(uses))


# ── blanks ────────────────────────────────────────────────────────────────────────────────────
def numbers_in(svg):
    root = ET.fromstring(svg)  # noqa: S314  # we wrote it
    texts = [" ".join(t.itertext()) for t in root.iter("{http://www.w3.org/2000/svg}text")]
    return texts, [e.text or "" for e in root.iter() if e.tag.endswith(("title", "desc"))]


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_picture_has_blanks_where_the_key_has_numbers(level):
    for seed in range(8):
        sheet = worksheet(seed, level)
        blank, full = sheet.sheet.picture.scene, sheet.key.picture.scene
        given = {t.name: t for t in toposort(sheet.root) if t.op is None}
        for wire, answer in zip(blank.wires, full.wires, strict=True):
            source, target = full.nodes[wire.source], full.nodes[wire.target]
            if answer.forward:
                known = source.name in given or source.role == "constant"
                assert wire.forward == (answer.forward if known else "____")
            if answer.backward:
                seed_itself = target.role == "output"
                assert wire.backward == ("∂ 1" if seed_itself else "∂ ____")
        for node, answer in zip(blank.nodes, full.nodes, strict=True):
            for cell, number in zip(sum(node.gradient, ()), sum(answer.gradient, ()), strict=True):
                assert re.fullmatch(r"∂ ____( \+ ____)*( = ____)?", cell), (cell, number)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("form", ["svg", "html", "md", "tex"])
def test_no_format_of_the_sheet_holds_an_answer(level, form, tmp_path):
    sheet = worksheet("Ada", level)
    page, key = sheet.save(tmp_path / f"ada.{form}")
    assert (page.name, key.name) == (f"ada.{form}", f"ada-key.{form}")
    text, solved = page.read_text(encoding="utf-8"), key.read_text(encoding="utf-8")
    if form == "md":
        text += (tmp_path / "ada-picture.svg").read_text(encoding="utf-8")
    assert text != solved
    lines = [line.strip() for line in str(sheet.key).splitlines()]
    asked = [line.rsplit(" = ", 1) for line in lines if line.count(" = ") > 1 or "∂" in line]
    assert asked
    for left, value in asked:
        assert f"{left} = {value}" not in text
        if form in ("html", "svg"):
            assert f"{left} = {value}" in solved


def test_the_words_for_those_who_do_not_see_the_picture_are_blank_too():
    sheet = worksheet("Ada", 2)
    _, words = numbers_in(sheet.sheet.svg())
    description = next(text for text in words if "____" in text)
    assert "∂f/∂a = ____" in description
    assert not any("gradient" in text and re.search(r"gradient −?\d", text) for text in words)
    results = {t.name for t in toposort(sheet.root) if t.op is not None and t.name != "f"}
    assert results <= set(words)


def test_fractions_stand_in_the_key_and_no_decimals():
    halves = 0
    for seed in range(30):
        sheet = worksheet(seed, 2)
        texts, words = numbers_in(sheet.key.svg())
        assert not any(re.search(r"\d\.\d", text) for text in (*texts, *words))
        halves += any("/" in text for text in texts)
    assert halves > 5


# ── formats ───────────────────────────────────────────────────────────────────────────────────
def test_a_page_has_the_width_of_a_phone_and_the_language_of_its_words(tmp_path):
    page = worksheet("Ada", lang="pt").save(tmp_path / "ada.html")[0].read_text(encoding="utf-8")
    assert page.startswith('<!doctype html>\n<html lang="pt">')
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert '<div class="picture"><svg ' in page, "which is moved aside where it is too wide"
    assert ".worksheet .picture{overflow-x:auto}" in page
    assert ".worksheet p{overflow:hidden}" in page, "the line for the name ends with the page"


@pytest.mark.parametrize("form", ["svg", "html", "md", "tex"])
def test_any_name_of_a_student_is_shown_as_typed(form, tmp_path):
    page, _ = worksheet(NASTY, 1).save(tmp_path / f"x.{form}")
    text = page.read_text(encoding="utf-8")
    shown = " ".join(NASTY.replace("\x07", "\ufffd").split())
    if form == "svg":
        texts, _ = numbers_in(text)
        assert f"Worksheet: {shown}, level 1" in texts
    elif form == "html":
        assert "&lt;b&gt;&quot;x&quot;|{y}&lt;/b&gt; &lt;/script&gt; \\ $x_1$ 50% &amp; #" in text
    elif form == "md":
        assert r"\<b\>" in text
        assert r"\$x\_1\$" in text
    else:
        assert r"\textless{}b\textgreater{}" in text
        assert r"\$x\_1\$ 50\% \& \#" in text


@pytest.mark.parametrize("level", [2, 4])
def test_the_document_compiles(level, tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex is not installed")
    for page in worksheet("Zoë & Bo_1", level).save(tmp_path / "zoe.tex"):
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", page.name],
            cwd=tmp_path, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
        log = page.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
        assert "Overfull" not in log
        assert "(1 page" in log


def test_languages():
    english, portuguese, spanish = (str(worksheet(1, 1, lang=c).sheet) for c in ("en", "pt", "es"))
    assert "Forward: compute every value." in english
    assert "Para trás: calcule cada gradiente, de f até as variáveis." in portuguese
    assert "Hacia adelante: calcula cada valor." in spanish
    formulas = [re.findall(r".*____$", t, flags=re.MULTILINE)[1:] for t in (english, portuguese)]
    assert formulas[0] == formulas[1]


def test_a_notebook_shows_the_sheet():
    shown = worksheet("Ada", 1)._repr_html_()
    assert "<svg" in shown
    assert "∂f/∂a = ____" in shown


def test_refusals(tmp_path):
    with pytest.raises(ValueError, match=r"there is no level 2\.0"):
        worksheet("Ada", 2.0)
    with pytest.raises(ValueError) as caught:
        worksheet("Ada", 5)
    assert str(caught.value) == three_lines(
        "there is no level 5",
        "worksheet('Ada', level=5)",
        "level=1 (+ − ×), 2 (÷, powers), 3 (activations) or 4 (matrices)",
    )
    with pytest.raises(ValueError, match="language 'fr'"):
        worksheet("Ada", lang="fr")
    with pytest.raises(ValueError) as caught:
        worksheet("Ada").save("ada.docx")
    assert str(caught.value) == three_lines(
        "a worksheet cannot be saved as .docx",
        "save('ada.docx')",
        "save('ada.svg'), save('ada.html'), save('ada.tex'), save('ada.md')",
    )
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        worksheet("Ada").save(tmp_path / "nowhere" / "ada.svg")


# ── marks ─────────────────────────────────────────────────────────────────────────────────────
@settings(max_examples=25)
@given(SEEDS, st.sampled_from(LEVELS))
def test_the_key_is_marked_right_in_every_spelling(seed, level):
    sheet = worksheet(seed, level)
    typed = {name: spelled(answer) for name, answer in sheet.answers.items()}
    for answers in (sheet.answers, typed):
        verdicts = sheet.grade(answers)
        assert verdicts, (answers, verdicts)
        assert verdicts.score == (len(answers), len(answers))


def spelled(answer):
    if isinstance(answer, list):
        return [spelled(part) for part in answer]
    return str(answer).replace("-", "− ")


@settings(max_examples=25)
@given(SEEDS, st.sampled_from([1, 2, 3]), st.sampled_from("abc"), st.integers(-9, 9))
def test_another_number_is_marked_wrong(seed, level, name, off):
    sheet = worksheet(seed, level)
    assert bool(sheet.grade({**sheet.answers, name: sheet.answers[name] + off})) == (off == 0)


def test_marks_tell_what_is_missing_and_what_went_wrong():
    sheet = worksheet("Ada", 1)
    first, *others = sheet.answers
    verdicts = sheet.grade({first: -sheet.answers[first]})
    assert verdicts[first].what == "the sign is flipped"
    assert [verdicts[name].what for name in others] == ["it is not answered"] * len(others)
    assert verdicts.score == (0, 3)
    assert sheet.root.grad is not None  # the picture has its gradients still
    intermediate = next(t.name for t in toposort(sheet.root) if t.op and t.name != "f")
    right = float(sheet.grade({intermediate: 0})[intermediate].expected)
    assert sheet.grade({**sheet.answers, intermediate: right})
    for lang, sign, remedy, nothing, fine in (
        ("pt", "o sinal está trocado", "multiplique por −1", "não foi respondido", "certo"),
        ("es", "el signo está invertido", "multiplica por −1", "no fue respondido", "correcto"),
    ):
        sheet = worksheet("Ada", 2, lang=lang)
        assert repr(sheet.grade(sheet.answers)[first]) == f"✓ {first}  {fine}"
        verdicts = sheet.grade({first: -sheet.answers[first]})
        assert [verdict.what for verdict in verdicts.values()] == [sign, nothing, nothing]
        assert [verdict.instead for verdict in verdicts.values()] == [remedy, "", ""]
    halves = worksheet("Ada", 2, lang="es").grade({"c": 0.5})["c"]
    assert repr(halves).splitlines()[1] == "     a mano: 0,5"
    assert re.fullmatch(r" +motor: −?\d+", repr(halves).splitlines()[2])
    with pytest.raises(ValueError, match="the loss came from no tensor of this name"):
        sheet.grade({"z": 1})
    with pytest.raises(ValueError) as caught:
        sheet.grade({"a": "three"})
    assert str(caught.value) == three_lines(
        "this answer is no number",
        "grade({'a': 'three'})",
        '4, 0.75 or "3/4"; lists of them for a matrix',
    )
    with pytest.raises(TypeError) as caught:
        sheet.grade([1, 2, 3])
    assert str(caught.value) == three_lines(
        "answers come with the names of the variables",
        "grade([1, 2, 3])",
        "grade({'a': ..., 'b': ..., 'c': ...})",
    )

"""What every format of a picture promises: the same numbers, and every text as it was typed."""

import html
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import nn
from autograd import Tensor, draw, explain, explore, frames, worksheet
from autograd.__main__ import main
from autograd.base.errors import three_lines
from autograd.view.graph import renderers
from autograd.view.graph.exports import WRITERS
from autograd.view.graph.tex import tex

NASTY = [
    '<b>"x"|{y}</b>', "</script>", "</TABLE>", "&amp; &lt;", r"\N \G \l \\", "a\nb", "😀 مرحبا ñ",
    "]]>", "-->", "%s {0} $x$", "$$x^2$$", "'", "n0 -> n1", "x" * 60, "1. one", "- dash", "# head",
    "**b** _i_ `c` ~t~", "end", "%%{init: {'theme':'dark'}}%%", "#35;", "a  b", "^~&%$#_", "[x]\n*",
    "fa:fa-car", "中文 שלום",
]  # fmt: skip
SAMPLE = "θ₁ ≤ x² · ‖∂‖"


def variable(value, **options):
    return Tensor(value, requires_grad=True, **options)


def example(**options):
    a, b, c = variable(2.0), variable(3.0), variable(4.0)
    f = (a + b) * c
    f.backward()
    return draw(f, **options)


def arrays():
    A, v = variable([[1.0, 2.0], [3.0, 4.0]]), variable([1.0, -1.0])
    loss = np.tanh(A @ v).sum() + Tensor(np.arange(12.0).reshape(2, 6)).sum()
    loss.backward()
    return A, v, loss


# ── files ─────────────────────────────────────────────────────────────────────────────────────
BEGINS = {
    "svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF-", "dot": b"digraph", "gv": b"digraph",
    "mmd": b"flowchart LR\n", "md": b"```mermaid\nflowchart LR\n", "tex": b"% Compile this file",
    "json": b'{\n "format": "retrograd graph"', "txt": "f ← ×".encode(),
}  # fmt: skip


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_suffix_tells_the_format(suffix, tmp_path):
    pytest.importorskip("pygraphviz")
    path = example(engine="pygraphviz").save(tmp_path / f"f.{suffix.upper()}")
    assert path.read_bytes().startswith(BEGINS[suffix])


@pytest.mark.parametrize("suffix", ["mmd", "md", "json", "txt", "dot"])
def test_what_needs_no_renderer(suffix, tmp_path, monkeypatch):
    monkeypatch.setattr(renderers, "RENDERERS", {})
    assert example().save(tmp_path / f"f.{suffix}").stat().st_size


def test_tikz_needs_a_layout(tmp_path, monkeypatch):
    monkeypatch.setattr(renderers, "RENDERERS", {})
    with pytest.raises(RuntimeError, match="nothing on this machine can draw tex"):
        example().save(tmp_path / "f.tex")
    assert not (tmp_path / "f.tex").exists()


def test_the_methods_return_what_the_files_hold(tmp_path):
    picture = example()
    for suffix, text in (
        ("mmd", picture.mermaid()),
        ("md", f"```mermaid\n{picture.mermaid()}```\n"),
        ("json", picture.json()),
        ("txt", f"{picture!r}\n"),
    ):
        assert picture.save(tmp_path / f"f.{suffix}").read_text(encoding="utf-8") == text


def test_the_command_writes_them_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["-o", "f.json", "a * b", "a=2", "b=3", "f.mmd", "-of.txt"]) == 0
    assert "wrote f.txt" in capsys.readouterr().out
    assert json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["version"] == 1
    assert (tmp_path / "f.mmd").exists()


@pytest.mark.parametrize("form", ["mermaid", "json", "tikz"])
def test_the_same_graph_gives_the_same_text(form):
    if form == "tikz":
        pytest.importorskip("pygraphviz")
    assert getattr(example(), form)() == getattr(example(), form)()


# ── Mermaid ───────────────────────────────────────────────────────────────────────────────────
def test_mermaid():
    assert example().mermaid() == (
        """\
flowchart LR
  n0("a"):::input
  n1("b"):::input
  n2("c"):::input
  n3(("#43;")):::operation
  n4(("×")):::operation
  n5["f"]:::output
  n0 -->|"2<br/>∂ 4"| n3
  n1 -->|"3<br/>∂ 4"| n3
  n3 -->|"5<br/>∂ 4"| n4
  n2 -->|"4<br/>∂ 5"| n4
  n4 -->|"20<br/>∂ 1"| n5
  classDef input fill:#E3EEF9,stroke:#2F6DA8,color:#1B1F24
  classDef operation fill:#FFFFFF,stroke:#3B424B,color:#1B1F24
  classDef output fill:#F6E3F0,stroke:#9B3D7E,color:#1B1F24,stroke-width:3px
"""
    )


LABEL = r'"(?:[^"#`<&;\\]|#\d+;|<br/>)*"'
MERMAID = re.compile(
    rf"flowchart LR|  (?:n\d+(?:\({LABEL}\)|\(\({LABEL}\)\)|\[{LABEL}\]|\[\[{LABEL}\]\]):::\w+"
    rf"|n\d+ -->(?:\|{LABEL}\|)? n\d+|caption\[{LABEL}\]:::caption|classDef \w+ [\w#:,. -]+)"
)
"""The part of Mermaid's grammar that we use; Mermaid 11.17 draws what it describes."""


def unescaped(label):
    """Read a label as Mermaid does: its own codes, and then HTML."""
    return html.unescape(re.sub(r"#(\d+);", r"&#\1;", label.replace("<br/>", "\n")))


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("value", [1.0, [1.0, 2.0]], ids=["scalar", "tensor"])
def test_mermaid_shows_names_as_typed(name, value):
    text = draw(variable(value, name=name) * 2.0).mermaid()
    for line in text.splitlines():
        assert MERMAID.fullmatch(line), line
    label = re.search(rf"n0\(({LABEL})\)", text)[1].strip('"')
    shown = unescaped(label).replace("\xa0", " ")
    assert shown.splitlines()[: len(name.splitlines())] == name.splitlines()
    assert not re.match(r"\d+[.)]( |$)|[-+*#>] ", label), "Markdown would make a list of it"


def test_mermaid_follows_theme_and_caption():
    y = variable(0.5, name="x")
    for _ in range(100):
        y = y * 1.5
    text = draw(y, theme="dark").mermaid()
    assert 'caption["the last 60 of 100 operations#59; 40 are hidden"]:::caption' in text
    assert "classDef hidden fill:#10161F" in text
    assert "stroke-dasharray" in text


# ── JSON ──────────────────────────────────────────────────────────────────────────────────────
def test_json_has_the_numbers_of_the_engine():
    A, v, loss = arrays()
    graph = json.loads(draw(loss).json())
    assert (graph["format"], graph["version"]) == ("retrograd graph", 1)
    nodes = {node["name"]: node for node in graph["nodes"]}
    for t, name in ((A, "A"), (v, "v"), (loss, "loss")):
        assert nodes[name]["value"] == t.tolist()
        assert nodes[name]["gradient"] == t.grad.tolist()
        assert nodes[name]["shape"] == list(t.shape)
        assert nodes[name]["dtype"] == "float64"
    assert nodes["tanh"]["op"] == "tanh"
    assert graph["roots"] == [nodes["loss"]["id"]]
    assert [node["id"] for node in graph["nodes"]] == [*range(len(graph["nodes"]))]
    into_product = [w for w in graph["wires"] if w["target"] == nodes["@"]["id"]]
    assert [w["argument"] for w in into_product] == [0, 1]
    assert [w["gradient"] for w in into_product] == [A.grad.tolist(), v.grad.tolist()]


def test_json_of_scalars():
    graph = json.loads(example(detail="local").json())
    product = graph["nodes"][4]
    wires = [w for w in graph["wires"] if w["target"] == product["id"]]
    assert wires[1] == {
        "source": 2, "target": 4, "argument": 1, "value": 4.0, "gradient": 5.0,
        "text": {"value": "4", "gradient": "∂ 5", "local": "[×5]"},
    }  # fmt: skip


def test_json_has_what_the_picture_has():
    """No gradient before backward, none where the picture hides it, and no large array."""
    x = variable(np.arange(2000.0))
    y = (x * 2.0).sum()
    graph = json.loads(draw(y).json())
    assert graph["nodes"][0]["value"] is None
    assert graph["nodes"][0]["text"]["value"] == [["min 0   mean 999.5   max 1999"]]
    assert {node["gradient"] for node in graph["nodes"]} == {None}
    values = json.loads(example(detail="values").json())
    assert {wire["gradient"] for wire in values["wires"]} == {None}
    first = json.loads(example(upto=0).json())
    assert [wire["value"] for wire in first["wires"]] == [2.0, 3.0, None, 4.0, None]


@pytest.mark.parametrize("name", NASTY)
def test_json_shows_names_as_typed(name):
    text = draw(variable(1.0, name=name) * 2.0).json()
    assert json.loads(text)["nodes"][0]["name"] == name
    assert "<" not in text, "it may stand in a script of a page"


def test_numbers_that_json_lacks():
    x = variable([np.inf, -np.inf, np.nan, 1.0])
    text = draw(x * 2.0).json()
    value = json.loads(text, parse_constant=pytest.fail)["nodes"][0]["value"]
    assert value == ["Infinity", "-Infinity", "NaN", 1.0]
    assert [float(v) for v in value][:2] == [np.inf, -np.inf]
    z = Tensor(1 + 2j, name="z")
    assert json.loads(draw(z).json())["nodes"][0]["value"] == "(1+2j)"


# ── TeX ───────────────────────────────────────────────────────────────────────────────────────
SPELLED = {
    r"\textbackslash{}": "\\", r"\{": "{", r"\}": "}", r"\$": "$", r"\&": "&", r"\#": "#",
    r"\%": "%", r"\_": "_", r"\textasciicircum{}": "^", r"\textasciitilde{}": "~",
    r"\textless{}": "<", r"\textgreater{}": ">", r"\textbar{}": "|", r"\char34{}": '"',
    r"\textquotesingle{}": "'", r"\textasciigrave{}": "`", "{-}": "-", "\\ ": " ",
    r"\ensuremath{\theta}": "θ", r"\ensuremath{\leq}": "≤", r"\ensuremath{\cdot}": "·",
    r"\ensuremath{\Vert}": "‖", r"\ensuremath{\partial}": "∂", r"\textsuperscript{2}": "²",
    r"\textsubscript{1}": "₁",
}  # fmt: skip
"""What TeX makes of the commands (the LaTeX Companion)."""


def typeset(source):
    """Read TeX source as the engines do, all that follows from a command of ours."""
    source = re.sub(r"\\graph(?:text|rtl)\{[U+\dA-F ]*\}\{([^{}]*)\}", r"\1", source)
    known = "|".join(map(re.escape, sorted(SPELLED, key=len, reverse=True)))
    return re.sub(rf"({known})|.", lambda m: SPELLED[m[1]] if m[1] else m[0], source)


@pytest.mark.parametrize("text", [*NASTY, SAMPLE, "ñ é ü", "--- ``''", " x "])
def test_tex_shows_texts_as_typed(text):
    for line in text.splitlines():
        source = tex(line)
        assert typeset(source) == line
        rest = re.sub(r"\\graph\w+\{[^}]*\}\{[^}]*\}", "", source)
        for command in SPELLED:
            rest = rest.replace(command, "")
        assert not set(rest) & set("\\{}$&#%_^~<>|\"'`-"), f"{rest} would mean something else"


def test_tex_of_letters():
    assert tex("α Ωσ") == r"\ensuremath{\alpha} \ensuremath{\Omega}\ensuremath{\sigma}"
    assert tex("λΛο") == r"\ensuremath{\lambda}\ensuremath{\Lambda}\graphtext{U+03BF}{ο}"
    assert tex("😀x") == r"\graphtext{U+1F600}{😀}x"
    assert tex("X⁻¹") == r"X\textsuperscript{\ensuremath{-}}\textsuperscript{1}"
    assert tex("z′ − 1") == r"z\ensuremath{'} \ensuremath{-} 1"
    arabic = "مر حبا"
    codes = " ".join(f"U+{ord(c):04X}" for c in arabic if c != " ")
    assert tex(f"a {arabic} b") == rf"a \graphrtl{{{codes}}}{{{arabic}}} b"


def test_tikz_draws_all_that_dot_draws():
    pytest.importorskip("pygraphviz")
    picture = example(detail="local", theme="dark")
    text = picture.tikz()
    scene = picture.scene
    assert text.count(r"\node[") >= len(scene.nodes)
    for wire in scene.wires:
        for part in filter(None, (wire.forward, wire.backward, wire.local)):
            assert tex(part) in text
    assert r"\fill[c10161F]" in text, "a dark page"
    assert r"\fill" not in example().tikz(), "paper is white already"
    for colour in set(re.findall(r"\{c([0-9A-F]{6})\}", text)):
        assert rf"\definecolor{{c{colour}}}{{HTML}}{{{colour}}}" in text
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def test_what_only_keeps_room_is_not_seen_in_tikz():
    pytest.importorskip("pygraphviz")
    text = example(upto=0).tikz()
    assert r"\phantom{\ensuremath{\partial} 4}" in text


LATEX = shutil.which("pdflatex")
UNICODE = shutil.which("lualatex")


def compiled(tool, path):
    command = [tool, "-interaction=nonstopmode", "-halt-on-error", path.name]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, check=False)
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-3000:]
    return log


@pytest.mark.skipif(not LATEX, reason="needs pdflatex")
@pytest.mark.slow
def test_a_tex_file_compiles_by_itself_and_inside_another(tmp_path):
    pytest.importorskip("pygraphviz")
    picture = draw([*(variable([1.0, 2.0], name=name) * 2.0 for name in [*NASTY[:14], SAMPLE])])
    picture.save(tmp_path / "f.tex")
    assert "Overfull" not in compiled(LATEX, tmp_path / "f.tex")
    other = r"""\documentclass{article}\usepackage{tikz}\begin{document}
\resizebox{\linewidth}{!}{\input{f}}\end{document}"""
    (tmp_path / "other.tex").write_text(other)
    compiled(LATEX, tmp_path / "other.tex")


@pytest.mark.skipif(not UNICODE, reason="needs lualatex")
@pytest.mark.slow
def test_emoji_and_right_to_left_text_compile(tmp_path):
    pytest.importorskip("pygraphviz")
    draw(variable(1.0, name="😀 مرحبا بكم ñ") * 2.0).save(tmp_path / "f.tex")
    compiled(UNICODE, tmp_path / "f.tex")


def test_modules_are_subgraphs_and_groups():
    net = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()))
    picture = draw(net(np.ones((3, 2))), level="module", depth=9)
    inner = re.findall(r'subgraph g\d+\["net(?:\.1)?<br/>', picture.mermaid())
    assert len(inner) == 2
    assert picture.mermaid().count("\n  end\n") == 1
    groups = json.loads(picture.json())["groups"]
    assert [(g["label"], g["parent"]) for g in groups][:1] == [("net", None)]
    assert {g["parent"] for g in groups if g["label"].startswith("net.1.")} == {
        next(i for i, g in enumerate(groups) if g["label"] == "net.1")
    }


def test_there_is_no_other_suffix():
    with pytest.raises(ValueError) as error:
        example().save("f.gif")
    assert str(error.value).startswith(
        three_lines("a picture cannot be saved as .gif", "save('f.gif')", "save('f.svg'), ")
    )


@pytest.mark.parametrize(
    ("make", "suffix"),
    [
        (draw, "svg"),
        (explain, "html"),
        (explore, "html"),
        (frames, "pdf"),
        (lambda _: worksheet("Ada"), "svg"),
    ],
)
def test_what_is_saved_is_refused_by_its_suffix_first_and_by_its_folder_next(
    make, suffix, tmp_path
):
    a = variable(2.0, name="a")
    made = make(a * 3.0)
    for path in ("", tmp_path / "nowhere" / "f.gif"):
        with pytest.raises(ValueError, match="cannot be saved as"):
            made.save(path)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        made.save(tmp_path / "nowhere" / f"f.{suffix}")


def test_python_is_enough():
    """The formats for programs need no module outside NumPy and graphviz."""
    code = (
        "import sys; from autograd import Tensor, draw\n"
        "f = Tensor(2.0, requires_grad=True) * 3.0\n"
        "draw(f).mermaid(), draw(f).json(), repr(draw(f))\n"
        "print([m for m in ('pygraphviz', 'matplotlib', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"

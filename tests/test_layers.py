"""The rooms: each imports only what stands above it; importing is quick and pulls in little."""

import ast
import inspect
import pathlib
import pickle
import re
import subprocess
import sys

import pytest

import autograd
import nn

ROOT = pathlib.Path(__file__).parents[1]
ORDER = [
    "base.errors", "base.contexts", "base.files", "base.heap", "base.blocks", "base.closeness",
    "base.modes", "base.signatures", "base.tree", "base.usage", "primitive", "rules",
    "mutation.holders", "mutation.versions", "mutation.witness", "interface.elsewhere",
    "interface.devices", "interface.spellings", "interface.pytorch", "interface.pytorch_methods",
    "interface.values", "interface.protocols", "interface.methods", "sweep.hooks", "tensor",
    "transforms.outside", "debugging.watch", "mutation.inplace", "interface.dispatch",
    "interface.conversion", "interface.elements", "interface.creation", "interface.generator",
    "provenance.names", "provenance.calls", "provenance.places", "debugging.anomaly", "graph",
    "sweep.pull", "sweep.seeds", "backward", "sweep.steps", "transforms.standin",
    "transforms.batching", "transforms.pullback", "transforms.mapping", "transforms.traced",
    "functional", "check", "debugging.auditor", "autograd", "tracer", "core", "extend", "builtins",
    "util", "wrap_util", "differential_operators", "numpy", "test_util", "scipy",
    "expressions.vocabulary", "expressions.hints", "expressions.expression", "program", "misc",
    "debugging.comparison", "view", "by_hand", "inquiry", "interface.lookup", "__init__",
    "__main__",
]  # fmt: skip


def room(parts):
    """Return what stands in the order for a module: itself, or the folder that it is in."""
    names = [".".join(parts[:2]), parts[0]]
    return next((name for name in names if name in ORDER), None)


def imports(path, *, anywhere):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if anywhere else tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FILES = sorted((ROOT / "autograd").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_room_imports_only_what_stands_above_it(path):
    parts = path.relative_to(ROOT / "autograd").with_suffix("").parts
    above = ORDER[: ORDER.index(here) + 1] if (here := room(parts)) else []
    for name in imports(path, anywhere=False):
        package, *parts = name.split(".")
        if package == "nn":
            pytest.fail(f"{path} imports {name}")
        if package == "autograd" and parts and (there := room(parts)):
            assert there in above, f"{path} imports {name}"


@pytest.mark.parametrize("path", sorted((ROOT / "nn").rglob("*.py")), ids=lambda p: p.name)
def test_nn_knows_only_public_names(path):
    for name in imports(path, anywhere=True):
        parts = name.split(".")
        if parts[0] == "autograd" and len(parts) > 1:
            assert parts[1] in autograd.__all__, f"{path} imports {name}"


def test_primitives_and_rules_do_not_know_tensor():
    for path in [ROOT / "autograd/primitive.py", *(ROOT / "autograd/rules").glob("*.py")]:
        assert not any("tensor" in name.lower() for name in imports(path, anywhere=True))


def test_public_names_exist_once():
    for package in (autograd, nn):
        assert len(package.__all__) == len(set(package.__all__))
        assert all(hasattr(package, name) for name in package.__all__)


HEAVY = ["graphviz", "pygraphviz", "matplotlib", "scipy", "IPython", "torch", "sklearn"]


@pytest.mark.parametrize(
    ("packages", "heavy"),
    [("autograd, nn", HEAVY), ("autograd", ["numpy.random", "pathlib"])],
)
def test_the_import_pulls_in_nothing_heavy(packages, heavy):
    code = f"import sys, numpy; before = {{*sys.modules}}; import {packages}; "  # some have more
    code += f"print([m for m in {heavy} if m in {{*sys.modules}} - before])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_modules_stay_short():
    for path in [*FILES, *(ROOT / "nn").rglob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        lines = {
            i
            for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if line.strip() and not line.strip().startswith("#")
        }
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and (
                ast.get_docstring(node, clean=False) is not None
            ):
                lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
        assert len(lines) <= 300, f"{path}: {len(lines)} lines of code"


@pytest.mark.parametrize("place", [autograd, nn, nn.functional, nn.init, nn.optim])
def test_what_is_public_says_what_it_is(place):
    for name in getattr(place, "__all__", [n for n in vars(place) if n.endswith("_")]):
        thing = getattr(place, name)
        assert inspect.getdoc(thing), name
        assert not inspect.isfunction(thing) or thing.__name__ == name


def test_functions_of_the_table_are_found_again_by_pickle():
    for fn in (autograd.relu, autograd.sigmoid, autograd.linear, autograd.erf, autograd.conv):
        assert pickle.loads(pickle.dumps(fn)) is fn
    for fn in (autograd.softmax, autograd.exp, autograd.std, autograd.clamp, autograd.sort):
        assert pickle.loads(pickle.dumps(fn)) is fn


def test_the_readme_has_a_place_for_every_room():
    table = (ROOT / "README.md").read_text("utf-8").partition("To read the engine")[2]
    told = set(re.findall(r"`([\w/]+)`", table.partition("`nn/` stands")[0]))
    package = ROOT / "autograd"
    wanted = {p.stem for p in package.glob("*.py") if p.stem != "__init__"}
    for inside in (package, package / "program"):
        wanted |= {f"{p.parent.name}/" for p in inside.glob("*/__init__.py")}
    assert told - {"rules/elementwise", "sweep/pull", "compile", "autograd/"} == wanted


def test_every_exception_from_the_rules_has_its_reason():
    marked = re.compile(r"# (?:noqa|type: ignore)\b[^#]*(#.+)?$")
    for path in [*FILES, *(ROOT / "nn").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]:
        before = ""  # the line above may tell it, or be another exception that does
        for k, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            found = marked.search(line)
            if found and "re.sub" not in line and "compile(" not in line:
                told = found[1] or before.strip().startswith("#") or marked.search(before)
                assert told, f"{path}:{k}: {line.strip()}"
            before = line

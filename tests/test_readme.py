"""The README's tour and the notebooks run, top to bottom."""

import doctest
import pathlib
import re

import pytest
from first_screen import NOTEBOOKS as NOTES
from first_screen import made, unplaced, words

ROOT = pathlib.Path(__file__).parents[1]
REMAKE = "python tests/first_screen.py"
README = (ROOT / "README.md").read_text(encoding="utf-8")
SLOW = {"10_digits", "11_transformer"}  # more than a few seconds
NOTEBOOKS = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path.stem in SLOW))
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
]


def test_the_tour():
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    runner = doctest.DocTestRunner(optionflags=flags)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "README.md", None, 0)
    told = []
    runner.run(test, out=told.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(told)
    assert len(blocks) > 8


def test_the_commands_are_one_line_each():
    for mark in ("try", "test"):
        block = re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```", README, re.DOTALL).group(1)
        assert len(block.strip().splitlines()) == 1


def test_relative_links_lead_somewhere():
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_what_is_shown_first_is_fresh():
    picture, page = made()
    assert words((NOTES / "abc.svg").read_text("utf-8")) == words(picture), REMAKE
    assert unplaced((NOTES / "abc.html").read_text("utf-8")) == unplaced(page), REMAKE


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_notebook(path):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": ROOT}})
    client.execute()
    source = "".join(c.source for c in notebook.cells if c.cell_type == "code")
    assert "assert " in source

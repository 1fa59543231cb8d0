"""The semantics contract holds, and its page has what the peers answer today."""

import pytest
from contract import ABSENT, CONTRACT, LINES, PAGE, PEERS, Line, answer, asked, cell, page, recorded


@pytest.mark.parametrize("entry", LINES, ids=lambda e: f"{e.expression} at {e.x}")
def test_a_line_holds(entry):
    assert answer("ours", entry) == (entry.value, entry.gradient)


def test_the_page_is_fresh():
    assert page(recorded()) == PAGE.read_text(encoding="utf-8"), "python tests/contract.py"


@pytest.mark.slow
@pytest.mark.parametrize("peer", PEERS)
def test_the_record_of_a_peer_is_fresh(peer):
    cells = asked(peer)
    if cells is None:
        pytest.skip(f"{PEERS[peer]} is not installed")
    assert cells == recorded()[peer], "python tests/contract.py"


def test_every_section_has_lines_that_a_peer_answers():
    for peer, cells in recorded().items():
        assert len(cells) == len(LINES), peer
        assert sum(c not in (ABSENT, "error") for c in cells) > len(LINES) / 2
    assert all(lines for _, lines in CONTRACT.values())


def test_what_differs_is_bold():
    entry = Line("np.abs(x)", 0.0, "0", "0")
    assert cell(entry, ("0", "0")) == "0"
    assert cell(entry, ("0", "1")) == "**1**"
    assert cell(entry, ("2", "0")) == "**2; 0**"
    assert cell(entry, (ABSENT, ABSENT)) == ABSENT


def test_a_wrong_line_is_seen():
    assert answer("ours", Line("np.abs(x)", 0.0, "0", "1")) != ("0", "1")

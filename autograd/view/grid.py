"""Grid: rows of texts and counts, printed in columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True, repr=False)
class Grid:
    """A table that prints as text, and in Jupyter as a table.

    Attributes
    ----------
    rows : named tuples of one type, whose fields are the columns: texts, or counts (int; None
        where one is not known).
    notes : lines below the table.

    Examples
    --------
    >>> from typing import NamedTuple
    >>> class Row(NamedTuple):
    ...     animal: str
    ...     legs: int | None
    >>> Grid([Row("centipede", 100), Row("snail", None)], ["counted by hand"])
    animal     legs
    centipede   100
    snail         ?
    counted by hand
    """

    rows: Sequence[Any]
    notes: Sequence[str] = ()

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        pads = [str.ljust if side == "left" else str.rjust for side in self._sides()]
        lines = (
            "  ".join(pad(cell, n) for pad, cell, n in zip(pads, row, widths, strict=True))
            for row in cells
        )
        return "\n".join([*map(str.rstrip, lines), *self.notes])

    def _repr_html_(self) -> str:
        def line(tag: str, cells: list[str]) -> str:
            pairs = zip(self._sides(), cells, strict=True)
            styled = (f'<{tag} style="text-align:{s}">{escape(c)}</{tag}>' for s, c in pairs)
            return f"<tr>{''.join(styled)}</tr>"

        header, *rows = self._cells()
        body = "".join(line("td", row) for row in rows)
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return f"<table><thead>{line('th', header)}</thead><tbody>{body}</tbody></table>{notes}"

    def _sides(self) -> list[str]:
        """Counts stand to the right, with their digits below each other."""
        columns = zip(*self.rows, strict=True)
        return ["left" if all(type(c) is str for c in column) else "right" for column in columns]

    def _cells(self) -> list[list[str]]:
        return [list(self.rows[0]._fields), *(list(map(_written, row)) for row in self.rows)]


def _written(cell: str | int | None) -> str:
    return cell if type(cell) is str else "?" if cell is None else f"{cell:,}"

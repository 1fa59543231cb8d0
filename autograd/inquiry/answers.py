"""What `why` answers: objects that print as text."""

import itertools
import textwrap
from dataclasses import dataclass

from autograd.inquiry.flow import Link
from autograd.provenance.places import Place
from autograd.tensor import Tensor

WIDTH = 72
"""A line of source is shown up to so many columns."""

LISTED = 8
"""So many of a result's leaves are listed, and as many whose gradients are sound."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Why a gradient is what it is; prints as text.

    Attributes
    ----------
    what : the finding in one line.
    cause : "not required", "not connected", "detached", "no derivative" and "no backward" explain
        None; "dead", "cancelled", "seed" and "partly dead" explain 0; "forward" and "backward" tell
        where inf or NaN began; "huge", "tiny"; "sound"; or "no result", where what it
        came from is not at hand.
    because, instead : the reason with its numbers, and what helps; empty where nothing is wrong.
    node : the result of the operation to blame; None where there is none.
    op : what that operation is called.
    line : its place in the program, if lines were recorded (`autograd.record_lines`).
    chain : the operations from the result back to there, with what each multiplies ‖∂‖ by.
    note : what else is to be known.
    """

    what: str
    cause: str = "sound"
    because: str = ""
    instead: str = ""
    node: Tensor | None = None
    op: str = ""
    line: Place | None = None
    chain: tuple[Link, ...] = ()
    note: str = ""
    formula: str = ""

    @property
    def where(self) -> str:
        """The operation to blame, and its line."""
        if self.node is None:
            return ""
        if self.line is None:
            return f"{self.formula}   (its line: with record_lines(), computed anew)"
        return f"{self.formula}   {self.line}: {textwrap.shorten(self.line.text, WIDTH)}"

    def __repr__(self) -> str:
        parts = {
            "where": self.where, "because": self.because, "instead": self.instead,
            "note": self.note,
        }  # fmt: skip
        return "\n".join([self.what, *(f"  {k}: {v}" for k, v in parts.items() if v)])


class Answers(tuple[Answer, ...]):
    """One `Answer` for each leaf of a result; those whose gradient is sound come last."""

    __slots__ = ()

    def __repr__(self) -> str:
        told: set[str] = set()
        texts = []
        for kind, group in itertools.groupby(self, lambda answer: answer.cause == "sound"):
            answers = list(group)
            for answer in answers[:LISTED]:
                what, _, rest = repr(answer).partition("\n")
                texts.append(f"{what} (as above)" if rest in told else repr(answer))
                told.update(filter(None, [rest]))
            if (more := len(answers) - LISTED) > 0:
                texts.append(f"… and {more:,} more are {'' if kind else 'not '}sound")
        return "\n".join(texts)

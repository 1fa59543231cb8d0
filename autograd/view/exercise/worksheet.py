"""`worksheet`: an exercise with a picture to fill in, its answer key, and its marks."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from autograd.base.errors import refusal
from autograd.graph import toposort
from autograd.sweep.steps import gradients
from autograd.tensor import Tensor
from autograd.view.derivation.languages import language_of
from autograd.view.exercise.exercises import exercise, fraction
from autograd.view.exercise.sheet import Sheet


class Worksheet:
    """An exercise: `sheet` is for the student, `key` for who marks it.

    Attributes
    ----------
    seed, level, lang : what it was made from.
    root : the result, a Tensor; its graph is the exercise.
    answers : the gradient of each variable, by its name: a Fraction, or nested lists of them.
    """

    def __init__(self, seed: int | str, level: int, lang: str) -> None:
        self.seed, self.level, self.lang = seed, level, lang
        language_of(lang)
        self.root = exercise(seed, level)
        arrived = gradients(self.root)
        self.answers = {
            str(t.name): exact(arrived[t])
            for t in toposort(self.root)
            if t.op is None and t in arrived
        }
        self.sheet = Sheet(self.root, seed, level, lang, key=False)
        self.key = Sheet(self.root, seed, level, lang, key=True)

    def __repr__(self) -> str:
        return str(self.sheet)

    def _repr_html_(self) -> str:
        return self.sheet.body()

    def save(self, path: str | Path) -> tuple[Path, Path]:
        """Write the sheet to a file, and the key beside it: ``ada.svg`` and ``ada-key.svg``.

        The suffix tells the format: svg, html, md (its picture goes into a file of its own), or
        tex, which compiles by itself.

        Raises
        ------
        ValueError : for another suffix.
        FileNotFoundError : where there is no such folder.
        RuntimeError : where no renderer is there for the picture.
        """
        path = self.sheet.save(path)
        return path, self.key.save(path.with_name(f"{path.stem}-key{path.suffix}"))

    def grade(self, answers: Mapping[str, Any]) -> Any:
        """Mark the gradients of the variables, as `check_by_hand` does, in the sheet's language.

        Parameters
        ----------
        answers : a gradient for each variable, by its name: a number, a Fraction, a text such as
            "-3/4", or nested lists of them. Gradients of intermediate results are marked too. What
            is missing counts as wrong.

        Raises
        ------
        ValueError : for a name that is not on the sheet, or an answer that is no number.
        TypeError : where `answers` does not say of what they are the gradients.

        >>> ada = worksheet("Ada", level=1)
        >>> bool(ada.grade(ada.answers))
        True
        """
        from autograd.by_hand import Verdict, Verdicts, check_by_hand  # noqa: PLC0415  # a room above

        if not isinstance(answers, Mapping):
            raise refusal(
                TypeError,
                "answers come with the names of the variables",
                f"grade({answers!r:.40})",
                f"grade({{{', '.join(f'{name!r}: ...' for name in self.answers)}}})",
            )
        given = {name: _parsed(name, answer) for name, answer in answers.items()}
        marked: dict[str, Any] = dict(check_by_hand(self.root, given))
        for name in self.answers:
            missing = Verdict(name, False, "it is not answered", readings=[("unanswered",)])
            marked.setdefault(name, missing)
        order = dict.fromkeys((*self.answers, *marked))
        return Verdicts({name: marked[name].into(self.lang) for name in order})


def worksheet(seed: int | str, level: int = 1, *, lang: str = "en") -> Worksheet:
    """Make an exercise in backpropagation: a random graph whose numbers stay nice.

    The same seed gives the same sheet, so that each student has one: ``worksheet(name)``.

    Parameters
    ----------
    seed : a number, or any text.
    level : 1 for sums, differences and products; 2 for quotients and powers too, and variables
        that are used twice; 3 for activations; 4 for a linear layer with a mean squared error.
    lang : "en", "pt" or "es".

    Returns
    -------
    A `Worksheet`: its `sheet` is for the student, its `key` has the answers, ``grade(answers)``
    marks what a student wrote, and ``save(path)`` writes sheet and key.

    Raises
    ------
    ValueError : for another level or language.
    TypeError : for a seed that is neither a number nor a text, such as a Tensor.

    Examples
    --------
    >>> ada = worksheet("Ada")
    >>> print(ada.key)
    Answer key: Ada, level 1
    ...
    >>> ada.grade({"a": 0})["a"].ok
    False
    >>> ada.save("ada.tex")  # doctest: +SKIP
    """
    return Worksheet(seed, level, lang)


def exact(array: Any) -> Any:
    """Return the small fractions that floats stand for, in nested lists.

    >>> exact(np.array([0.5, -1.0]))
    [Fraction(1, 2), Fraction(-1, 1)]
    """
    if np.ndim(array):
        return [exact(part) for part in array]
    return fraction(array)


def _parsed(name: str, answer: Any) -> Any:
    """Read an answer as floats."""
    if isinstance(answer, (list, tuple)):
        return [_parsed(name, part) for part in answer]
    if isinstance(answer, (Tensor, np.ndarray)):
        return answer
    text = str(answer).replace("−", "-").replace(",", ".").replace(" ", "")
    try:
        return float(Fraction(text))
    except (ValueError, ZeroDivisionError):
        raise refusal(
            ValueError,
            "this answer is no number",
            f"grade({{{name!r}: {answer!r:.40}}})",
            '4, 0.75 or "3/4"; lists of them for a matrix',
        ) from None

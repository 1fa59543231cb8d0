"""What is said about gradients that were derived by hand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd.by_hand.languages import REMEDIES, WORDS
from autograd.view.derivation.languages import language_of
from autograd.view.derivation.writing import Style
from autograd.view.graph.spelling import PRINTED


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said about one gradient; true where it is right.

    Attributes
    ----------
    name : what it is the gradient of.
    ok : whether it is right.
    what, instead : what went wrong, and what to do; two readings are joined by "or".
    readings : the kinds of mistakes that explain it, for each reading.
    given, expected : the gradient by hand (None where there is none), and the engine's.
    lang : the language of the words.
    """

    name: str
    ok: bool
    what: str
    instead: str = ""
    readings: Sequence[tuple[str, ...]] = ()
    given: Any = None
    expected: Any = None
    lang: str = "en"

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The kinds of mistakes that explain it, such as ``("sign", "missing 1/N")``."""
        return self.readings[0] if self.readings else ()

    def into(self, lang: str) -> "Verdict":
        """Say it in another language: which kinds of mistakes, and what helps, without names.

        >>> print(Verdict("a", False, "the sign is flipped", readings=[("sign",)]).into("pt"))
        ✗ a  o sinal está trocado
             → multiplique por −1
        """
        if lang == self.lang:
            return self
        words, remedies = WORDS[lang], REMEDIES[lang]
        readings = [("right",)] if self.ok else [dict.fromkeys(kinds) for kinds in self.readings]
        either = f"; {words['or']} "
        what = either.join(f" {words['and']} ".join(words[k] for k in kinds) for kinds in readings)
        helps = ("; ".join(remedies[k] for k in kinds if k in remedies) for kinds in readings)
        instead = either.join(filter(None, helps))
        return replace(self, what=what, instead=instead, lang=lang)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return _table([self])


class Verdicts(Mapping[Any, Verdict]):
    """A verdict for each gradient, under the key it was given with; true where all are right.

    >>> verdicts = Verdicts({"a": Verdict("a", True, "right"), "b": Verdict("b", False, "no")})
    >>> bool(verdicts), bool(verdicts["a"]), verdicts.score
    (False, True, (1, 2))
    >>> verdicts
    ✓ a  right
    ✗ b  no
    """

    def __init__(self, found: Mapping[Any, Verdict]) -> None:
        self._found = dict(found)

    @property
    def score(self) -> tuple[int, int]:
        """How many are right, of how many."""
        return sum(map(bool, self._found.values())), len(self._found)

    def __getitem__(self, key: Any) -> Verdict:
        named = {verdict.name: verdict for verdict in self._found.values()}
        found: Verdict = named[key] if isinstance(key, str) else self._found[key]
        return found

    def __iter__(self) -> Iterator[Any]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __bool__(self) -> bool:
        return all(self._found.values())

    def __repr__(self) -> str:
        return _table(list(self._found.values())) or "no gradient was given by hand"


def _table(verdicts: Sequence[Verdict]) -> str:
    margin = max((len(v.name) for v in verdicts), default=0)
    start = " " * (margin + 4)
    lines = []
    for v in verdicts:
        lines.append(f"{'✓' if v.ok else '✗'} {v.name:<{margin}}  {v.what}")
        if v.ok:
            continue
        if v.given is not None and max(np.size(v.given), np.size(v.expected)) <= PRINTED:
            array, words = Style(language_of(v.lang)).array, WORDS[v.lang]
            wide = max(map(len, (words["by hand"], words["engine"])))
            lines.append(f"{start}{words['by hand']:>{wide}}: {array(v.given)}")
            lines.append(f"{start}{words['engine']:>{wide}}: {array(v.expected)}")
        if v.instead:
            lines.append(f"{start}→ {v.instead}")
    return "\n".join(lines)

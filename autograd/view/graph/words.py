"""A picture in words: its title, and its description for those who do not see it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from autograd.graph import arguments
from autograd.program.printers.spell import UNARY, Notation, Spelled, spell
from autograd.provenance.names import called
from autograd.tensor import Tensor, raw
from autograd.view.graph.selection import Selection
from autograd.view.graph.spelling import are, brief, spoken_gradient

SOURCE = Notation(polish=lambda code: code.replace("np.", ""))

LENGTH = 12
"""A formula of more operations is not read out."""

NAMED = 4
"""Of more leaves that changed the first are listed."""

SENTENCES = 20
"""Nor are more formulas or gradients than this."""


def expression(result: Tensor, name: Callable[[Any], str]) -> str:
    """Write how `result` was computed; nothing where that would be too long to listen to.

    Arguments that have a `name` are not opened.

    >>> a, b = Tensor(2.0, requires_grad=True), Tensor(3.0)
    >>> expression((a + b) * a, {a: "a", b: "b"}.get)
    '(a + b) * a'
    """
    texts: dict[Tensor, Spelled] = {}
    stack, opened = [result], 1
    while stack:
        t = stack[-1]
        inner = [a for a in arguments(t) if type(a) is Tensor and a not in texts and not name(a)]
        opened += len(inner)
        if opened > LENGTH or t.op is None:
            return ""
        if inner:
            stack += inner
            continue
        given = [
            texts[a] if type(a) is Tensor and a in texts else _word(name(a))
            for a in arguments(t)
            if a is not None
        ]
        texts[stack.pop()] = spell(t.op, given, t.params, SOURCE)
    return texts[result].text


def operand(value: Any, names: dict[int, str], spelled: Callable[[Any], str] = brief) -> str:
    """Return the name of an argument, or its value; nothing for a result, which is then opened."""
    is_result = type(value) is Tensor and value.op is not None
    return called(value, names) or ("" if is_result else spelled(raw(value)))


def _word(text: str) -> Spelled:
    return Spelled(text, UNARY) if text.startswith("−") else Spelled(text)


def caption_of(selection: Selection) -> str:
    """Say what the picture hides; nothing where it shows everything."""
    hidden = selection.total - selection.shown
    if not hidden:
        return ""
    counts = f"{selection.shown:,} of {selection.total:,} operations"
    rest = f"{hidden:,} {are(hidden)} hidden"
    if selection.centre is None:
        return f"the last {counts}; {rest}"
    centre = selection.called(selection.centre) or "a tensor"
    return f"{counts}, around {centre}; {rest}"


def changed_since(leaves: Sequence[Tensor], name: Callable[[Any], str]) -> str:
    """Say that values changed after the graph was computed, by an optimizer's step for example."""
    named = [name(leaf) or "a leaf" for leaf in leaves]
    which = ", ".join(named[:NAMED]) + (" …" if len(named) > NAMED else "")
    has = "has" if len(named) == 1 else "have"
    return f"the gradients are those at new values: {which} {has} changed since"


def words_of(
    selection: Selection, boxes: Iterable[Tensor], arrived: Mapping[Tensor, Any],
    name: Callable[[Any], str], valued: Callable[[Tensor], bool] = lambda _: True,
) -> tuple[str, str]:  # fmt: skip
    """Return the title and the description: formulas with their values, then the gradients.

    The formulas are those of the variables in `boxes`; what is no variable is written out.

    Parameters
    ----------
    arrived : the gradients that are known.
    valued : tells whether a value is known.
    """
    variables = dict.fromkeys(boxes)

    def label(value: Any) -> str:
        if type(value) is not Tensor:
            return name(value) or brief(value)
        if value.op is not None and value not in variables:
            return ""
        hidden = value.op is not None and value not in selection.operations
        return name(value) or ("…" if hidden else brief(value.data))

    formulas, titles, flows = [], [], []
    for t in variables:
        root, known, computed = t in selection.ends, name(t), t in selection.operations
        if root or (known and computed):
            formula = [part for part in (known, expression(t, label) if computed else "") if part]
            if not valued(t):
                formulas.append(f"{' = '.join(formula)} is not computed yet.")
            elif t.ndim and formula:
                formulas.append(f"{' = '.join(formula)}, of shape {t.shape}.")
            else:
                formulas.append(" = ".join([*formula, brief(t.data)]) + ".")
            if root:
                titles.append(" = ".join(formula) or brief(t.data))
        if known and t in arrived and not root:
            flows.append(f"{known} {spoken_gradient(arrived[t])}")
    sentences = formulas[-SENTENCES:]
    if flows:
        sentences.append(f"Gradients: {', '.join(flows[:SENTENCES])}.")
    if caption := caption_of(selection):
        sentences.append(f"Shown are {caption}.")
    return "; ".join(titles), " ".join(sentences)

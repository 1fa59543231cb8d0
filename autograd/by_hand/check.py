"""`check_by_hand`: a derivation made by hand beside the engine's."""

import difflib
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.base.errors import describe, refusal
from autograd.by_hand.diagnosis import Candidate, Part, close, diagnose, factors_of, unit_of
from autograd.by_hand.graph import Graph
from autograd.by_hand.mistakes import mistaken
from autograd.by_hand.verdicts import Verdict, Verdicts
from autograd.graph import toposort
from autograd.provenance.names import name_of, names_in
from autograd.sweep.steps import gradients, refuse_changed
from autograd.tensor import Tensor, raw


def check_by_hand(loss: Tensor, derived: Mapping[Any, Any]) -> Verdicts:
    """Compare gradients derived by hand with the engine's, and say what went wrong.

    Nothing is consumed and no ``.grad`` changes, so it can be called before or after backward.

    An entry is right if it differs by at most 0.1 % of the engine's, or by a unit of the last
    decimal that was typed (of the fourth, where fewer than three were), or by 1e-5 of the largest
    entry: hand derivations are rounded on the way. What is not right is compared with what known
    mistakes would give: a sign, a 1/N, a transposed matrix, a batch that was not summed over, the
    derivative of an activation left out, the diagonal of a Jacobian for the whole, one path of
    several, and others, up to two of them together.

    Parameters
    ----------
    loss : a scalar Tensor.
    derived : for each Tensor that `loss` was computed from (or for its name) its gradient by hand:
        a number, a list, an array or a Tensor, of its shape.

    Raises
    ------
    TypeError : where `loss` is no Tensor, or `derived` does not say of what its gradients are.
    ValueError : where `loss` did not come from a tensor of that name, or no gradient arrives
        there; and for a gradient that is no array of real numbers.
    RuntimeError : where `loss` is no scalar, nothing requires a gradient, or an optimizer has
        changed what `loss` was computed from.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> w = Tensor([0.5, -0.5], requires_grad=True)
    >>> b = Tensor(0.1, requires_grad=True)
    >>> loss = np.mean(np.square(x @ w + b))
    >>> check_by_hand(loss, {w: [-1.6, -2.4], "b": 0.8})
    ✓ w  right
    ✗ b  the sign is flipped
         by hand: 0.8
          engine: −0.8
         → multiply by −1
    """
    names = names_in(sys._getframe(1))
    if not isinstance(loss, Tensor):
        raise refusal(
            TypeError,
            f"the loss is a Tensor, not {type(loss).__name__}",
            f"check_by_hand({loss!r:.40}, ...)",
            "a loss computed from Tensors, and not .item(), .data or float() of it",
        )
    if not isinstance(derived, Mapping):
        raise refusal(
            TypeError,
            "gradients by hand come with the tensors that they belong to",
            f"check_by_hand(loss, {type(derived).__name__})",
            "check_by_hand(loss, {w: [0.1, -0.2], b: 0.3})",
        )
    if loss.size != 1:
        raise refusal(
            RuntimeError,
            "the loss is one number: each entry of an array has a gradient of its own",
            f"check_by_hand({describe(loss)}, ...)",
            "np.sum(y) or np.mean(y), whichever was derived",
        )
    refuse_changed(loss, "check_by_hand(loss, ...)", lambda t: name_of(t, names))
    with np.errstate(all="ignore"):
        return _check(loss, derived, names)


def _check(loss: Tensor, derived: Mapping[Any, Any], names: dict[int, str]) -> Verdicts:
    right = gradients(loss)
    graph = Graph(loss, (), names)
    tensors = {key: _tensor(key, right, graph) for key in derived}
    hand = {key: _numbers(value, graph.name(tensors[key])) for key, value in derived.items()}
    wrong = {t for key, t in tensors.items() if not close(hand[key], right[t], unit_of(hand[key]))}
    graph = Graph(loss, wrong, names)
    candidates = {t: [Candidate(right[t])] for t in wrong}
    for mistake, found in mistaken(graph) if wrong else ():
        part = Part(mistake.kind, mistake.what, mistake.instead)
        for t in wrong:
            if t in found and not close(found[t], right[t], 0.0):
                candidates[t].append(Candidate(found[t], (part,), mistake.cost))
    verdicts = {}
    for key, t in tensors.items():
        name = key if isinstance(key, str) else graph.name(t)
        verdict = Verdict(name, True, "right", given=hand[key], expected=right[t])
        if not close(hand[key], right[t], unit_of(hand[key])):
            called = graph.called(loss) if graph.called(loss).isidentifier() else "loss"
            factors = factors_of(Graph(loss, [t], names))
            what, instead, readings = diagnose(hand[key], candidates[t], factors, called)
            verdict = replace(verdict, ok=False, what=what, instead=instead, readings=readings)
        verdicts[key] = verdict
    return Verdicts(verdicts)


def _tensor(key: Any, right: Mapping[Tensor, Any], graph: Graph) -> Tensor:
    """Find the tensor that a key stands for."""
    if isinstance(key, str):
        found = [t for t in right if graph.called(t) == key]
    else:
        found = [key] if type(key) is Tensor and key in right else []
    if len(found) == 1:
        return found[0]
    known = [*dict.fromkeys(filter(None, map(graph.called, right)))]
    what = "no gradient arrives here"
    instead = f"what the loss came from, with requires_grad=True: {', '.join(known)}"
    if found:
        what, instead = "several tensors have this name", "the Tensor itself as the key"
    elif isinstance(key, str) and key not in map(graph.called, toposort(graph.root)):
        near = difflib.get_close_matches(key, known, 1)
        what = "the loss came from no tensor of this name"
        instead = f"{near[0]!r}, or {instead}" if near else instead
    called = describe(key) if type(key) is Tensor else key
    raise refusal(ValueError, what, f"check_by_hand of {called}", instead)


def _numbers(value: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(raw(value))
        if array.dtype.kind not in "biuf":  # of None, NumPy would make nan; of 1j, 0; of "2", 2
            array = np.frompyfunc(lambda number: float(number + 0), 1, 1)(array)
        return np.array(array, np.float64)
    except (TypeError, ValueError):
        raise refusal(
            ValueError,
            "a gradient by hand is made of real numbers",
            f"check_by_hand of {name}: {value!r:.60}",
            "a number, an array, or nested lists of one shape",
        ) from None

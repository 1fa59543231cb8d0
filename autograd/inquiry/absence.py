"""Why a gradient is None: nothing was asked for, nothing leads back, or nobody has swept yet."""

from typing import Any

import numpy as np

from autograd.graph import arguments, toposort
from autograd.inquiry.answers import Answer
from autograd.inquiry.case import Case
from autograd.inquiry.flow import Flow
from autograd.inquiry.reasons import Reason
from autograd.tensor import Tensor, raw
from autograd.view.graph.spelling import brief

NONE = {
    "not required": "it was not asked for",
    "not connected": "nothing leads back to it",
    "detached": "its history was cut off",
    "no derivative": "no derivative leads back to it",
    "no backward": "it was not computed",
}

NAMED = 8
"""So many tensors at hand are named."""


def not_required(case: Case) -> Answer:
    because = f"{case.name} was made without requires_grad=True"
    instead = f"{case.name}.requires_grad_() before it is used, or Tensor(..., requires_grad=True)"
    return _none(case, "not required", None, because, instead)


def unconnected(case: Case) -> Answer:
    found = _cut(case)
    if found is not None:
        node, source = found
        because = f"detach() or numpy() took the values of {case.word(source)}, not its history"
        instead = f"{case.word(source)} itself, where its gradient is wanted"
        return _none(case, "detached", node, because, instead)
    if case.flow is None:
        because = _none_at_hand(case)
        instead = f"why({case.name}, loss); and no detach(), no_grad() or item() between the two"
    else:
        because = (
            f"{case.result} was not computed from {case.name}, or its history was lost: by "
            "no_grad(), detach(), a comparison, argmax, or plain numbers (item(), numpy())"
        )
        instead = f"operations on Tensors all the way from {case.name} to {case.result}"
    return _none(case, "not connected", None, because, instead)


def without_result(case: Case, size: str) -> Answer:
    what = f"the gradient of {case.name} {size}: its result is not at hand"
    instead = f"why({case.name}, loss) where loss is at hand, to ask about its gradient"
    return Answer(what, "no result", _none_at_hand(case), instead)


def without_derivative(case: Case, flow: Flow) -> Answer:
    node, i = flow.blocked(case.x) or (case.x, 0)
    op: Any = node.op
    if op.differentiable:
        because = f"{op.name} makes {node.dtype}, and only floats have gradients"
        instead = "floats all the way to the result"
    else:
        word = case.word(arguments(node)[i])
        because = f"{op.name} has no derivative: it is flat, or jumps, as {word} changes"
        instead = "a smooth function in its place: sigmoid for >, softmax for argmax"
    return _none(case, "no derivative", node, because, instead)


def unswept(case: Case, flow: Flow, size: str) -> Answer:
    if "consumed" in (flow.f.meta or ()):
        because = f"it {size}, but was cleared (zero_grad), or nobody held {case.name} at the time"
        instead = f"{case.name}.grad before zero_grad; {case.name}.retain_grad() before backward"
    else:
        because = f"{case.result}.backward() has not been called: the gradient {size}"
        instead = f"{case.result}.backward()"
    return _none(case, "no backward", None, because, instead)


def _none(case: Case, cause: str, node: Tensor | None, because: str, instead: str) -> Answer:
    subject, note = f"the gradient of {case.name}", ""
    if case.x._grad is not None:
        subject += f" from {case.result}"
        note = f"{case.name}.grad holds {brief(raw(case.x._grad))}, from another result"
    what = f"{subject} is None: {NONE[cause]}"
    return case.blame(what, cause, node, Reason(because, instead), note=note)


def _none_at_hand(case: Case) -> str:
    names = dict.fromkeys(map(case.called, case.held))
    others = [name for name in names if name not in ("", case.name)][:NAMED]
    among = f"none of the tensors at hand ({', '.join(others)})" if others else "no tensor at hand"
    return f"{among} was computed from {case.name} with its history"


def _cut(case: Case) -> tuple[Tensor, Tensor] | None:
    """Find where the values of x, or of what came from it, go on without their history.

    Whoever detaches shares the data: the same object stands in a tensor without history.
    """
    floats = [t for t in (case.x, *case.held) if t.dtype.kind in "fc"]  # there is only one True
    sources = [t for t in floats if case.x in set(toposort(t))]
    for node in case.flow.nodes if case.flow is not None else case.held:
        plain = [a for a in node.args if type(a) is np.ndarray]
        for source in sources:
            shared = node.op is None and node.data is source.data
            if node is not source and (shared or any(a is source.data for a in plain)):
                return node, source
    return None

"""Why a gradient that exists is 0, NaN, infinite, huge or tiny."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.graph import arguments
from autograd.inquiry.answers import Answer
from autograd.inquiry.case import Case
from autograd.inquiry.flow import Flow, Link, finite
from autograd.inquiry.reasons import (
    Reason,
    Use,
    count,
    why_backward_not_finite,
    why_not_finite,
    why_zero,
)
from autograd.tensor import Tensor, raw
from autograd.view.graph.spelling import brief, brief_gradient, norm, number

HUGE, TINY = 1e4, 1e-6
"""A gradient whose norm is above or below is said to explode or to vanish."""


def not_finite(case: Case, flow: Flow, g: Any) -> Answer:
    what = f"the gradient of {case.name} is {'NaN' if np.isnan(g).any() else 'infinite'}"
    if np.ndim(g):
        what += f" in {count(~np.isfinite(g))}"
    found = flow.not_finite(case.x)
    if found is None:
        reason = Reason(f"what arrives at {case.result} is not finite", "a finite gradient")
        return case.blame(what, "seed", None, reason)
    node, chain = found[0], flow.chain(found[0])
    origin = flow.origin(node)
    if origin is not None:
        what, reason = _forward(case, what, origin)
        return case.blame(what, "forward", origin, reason, chain=chain)
    reason = why_backward_not_finite(case.use(flow, *found), flow.sent(found))
    what += f": it begins in the derivative of {_op(node)}"
    return case.blame(what, "backward", node, reason, chain=chain)


def _forward(case: Case, what: str, origin: Tensor) -> tuple[str, Reason]:
    sources = [origin] if origin.op is None else arguments(origin)
    given = next((a for a in sources if not finite(a)), None)
    if given is None:
        what += f": it begins in {_op(origin)}, in the forward pass"
        return what, why_not_finite(origin, arguments(origin))
    value, word = np.asarray(raw(given)), case.word(given)
    bad = ~np.isfinite(value)
    at = f" in {count(bad)}, the first at {np.argwhere(bad)[0].tolist()}" if value.ndim else ""
    because = f"{word} itself is not finite{at}"
    return f"{what}: {word} is not finite", Reason(because, "clean data: np.isfinite(data).all()")


def zero(case: Case, flow: Flow) -> Answer:
    what, found = f"the gradient of {case.name} is 0", flow.dead(case.x)
    if found is None:
        because = f"what arrives at {case.result} is 0 already"
        if not flow.f.size:
            because = f"{case.result} has no entries"
        return case.blame(what, "seed", None, Reason(because, "a gradient that is not 0"))
    node, i = found
    chain = flow.chain(node)
    if i is None:
        what += ": its contributions cancel"
        return case.blame(what, "cancelled", node, _cancelled(case, flow, node), chain=chain)
    use = case.use(flow, node, i)
    reason = _counted(why_zero(use), use, use.x.size)
    chain += (Link(node, i, 0.0, 0.0),)
    return case.blame(f"{what}: {_op(node)} stops it", "dead", node, reason, chain=chain)


def some_zero(case: Case, flow: Flow, g: Any) -> Answer | None:
    """Say which operation loses entries; None where none is lost on the way."""
    dead = np.asarray(g) == 0
    thin = flow.thinned(case.x) if dead.any() else None
    if thin is None:
        return None
    (node, i), lost = thin
    use, chain = case.use(flow, node, i), flow.chain(node)
    what = f"the gradient of {case.name} is 0 in {count(dead)}"
    return case.blame(
        what, "partly dead", node, _counted(why_zero(use), use, lost), chain=chain,
        note=note(case, flow, g),
    )  # fmt: skip


def scaled(case: Case, flow: Flow, g: Any) -> Answer | None:
    """Say which operation does most to the size of a gradient; None where it is ordinary."""
    huge = norm(g) > HUGE
    if not huge and not 0 < norm(g) < TINY:
        return None
    chain, word = flow.chain(case.x), "huge" if huge else "tiny"
    what, more = f"the gradient of {case.name} is {word}: it {size(g)}", note(case, flow, g)
    if not chain:
        reason = Reason(f"so it arrives at {case.result}", "another gradient")
        return case.blame(what, word, None, reason, note=more)
    pick: Callable[..., Link] = max if huge else min
    worst = pick(chain, key=lambda link: link.factor)
    because = f"from {case.result} back, {_factors(chain, huge=huge)}"
    instead = "a smaller step, clipped gradients, normalised layers"
    if not huge:
        instead = "a better scale (init), other activations (relu, gelu), normalised layers"
    if worst.factor < TINY:  # it alone is enough
        use = case.use(flow, worst.node, worst.argument)
        argument = use.args[worst.argument]
        if flow.cancels(argument):
            reason = _cancelled(case, flow, argument)
            return case.blame(what, "cancelled", argument, reason, chain=chain, note=more)
        reason = why_zero(use)
        because, instead = f"{because}; {reason.because}", reason.instead
    return case.blame(what, word, worst.node, Reason(because, instead), chain=chain, note=more)


def note(case: Case, flow: Flow, g: Any) -> str:
    """Tell what keeps the numbers from being those in ``.grad``."""
    x = case.x
    if flow.changed:
        who = ", ".join(map(case.word, flow.changed[:3]))
        return f"{who} changed since {case.result} was computed: ask before optimizer.step()"
    if x._grad is None or x is flow.f or np.allclose(raw(x._grad), g, equal_nan=True):
        return ""
    held = brief(raw(x._grad))
    return f"{case.name}.grad holds {held}: several passes add up there, and hooks change it"


def size(g: Any) -> str:
    """Say how large a gradient is: ``is 4``, or ``has norm 5``."""
    return f"has norm {number(norm(g))}" if np.ndim(g) else f"is {number(g)}"


def _op(node: Tensor) -> str:
    return node.op.name if node.op else ""


def _cancelled(case: Case, flow: Flow, t: Tensor) -> Reason:
    parts = [
        f"{case.formula(use[0])} sends {brief_gradient(flow.sent(use))}" for use in flow.uses[t]
    ]
    instead = f"nothing, if {case.result} does not depend on {case.word(t)} after all"
    return Reason(f"the contributions cancel: {'; '.join(parts)}", instead)


def _counted(reason: Reason, use: Use, lost: int) -> Reason:
    if not use.x.ndim:
        return reason
    entries = f"{lost:,} of {use.x.size:,} entries"
    return Reason(f"{reason.because}; {entries} of {use.name} get nothing", reason.instead)


def _factors(chain: Sequence[Link], *, huge: bool) -> str:
    """Multiply what operations of one kind do to ‖∂‖, and name those that do most."""
    groups: dict[str, list[float]] = {}
    for link in chain:
        groups.setdefault(_op(link.node), []).append(link.factor)
    totals = {name: float(np.prod(factors)) for name, factors in groups.items()}
    ranked = sorted(totals, key=lambda name: totals[name], reverse=huge)[:3]
    parts = [
        f"by {number(totals[name])} in {f'{n} ' if (n := len(groups[name])) > 1 else ''}{name}"
        for name in ranked
        if totals[name] != 1 and (totals[name] > 1) is huge
    ]
    return f"‖∂‖ is multiplied {', '.join(parts)}"

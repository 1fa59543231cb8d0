"""Doctor: find the mistakes that beginners make, in the graph that their own loss came from.

There is one function for each mistake. It yields (what, where); its docstring is what the report
says of that: why it is a mistake, in two sentences, and what to do instead. Limits are wide, so
that healthy networks are left alone.
"""

import gc
import sys
import textwrap
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, logsumexp, place_of, record_lines, refusal
from nn.case import Case, constants, inside, is_compiled, op, origin, rms, sums_to_1, tensors
from nn.function import RReLU
from nn.layers import Dropout
from nn.module import Module, Parameter, uncompiled
from nn.normalization import BatchNorm
from nn.snapshots import untouched
from nn.targets import raw

Found = Iterator[tuple[str, Tensor | str]]

PROBABILITIES = {"softmax", "log_softmax", "sigmoid"}
STEPS = {"ceil", "fix", "floor", "rint", "round", "sign", "trunc"}
SUMS = {"mean", "norm", "sum"}
MODES = BatchNorm, Dropout, RReLU  # layers that do another thing in eval mode
ROWS, DEAD = 8, 0.75  # where inputs are alike, half of the units may be 0 for all of a few rows
FLAT, SHARE = 0.99, 0.9  # what is that near to a bound is saturated; so many may be
LARGE, HUGE, RATIO = 100, 1e6, 1e4  # an input; a gradient; how many times another gradient


class Finding(NamedTuple):
    """One mistake; prints as text.

    Attributes
    ----------
    check : the name of the check that found it.
    what : the mistake in one line.
    where : the line of the program, or the object.
    why, instead : two sentences, and what to do.
    """

    check: str
    what: str
    where: str
    why: str
    instead: str

    def __repr__(self) -> str:
        more = (f"  {name}: {getattr(self, name)}" for name in ("where", "why", "instead"))
        fill = partial(textwrap.fill, width=96, subsequent_indent="    ")
        return "\n".join(map(fill, (self.what, *more)))


class Report(tuple[Finding, ...]):
    """What `doctor` found: empty, and so false, for a healthy model."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or f"no findings, by {len(CHECKS)} checks"

    def _repr_markdown_(self) -> str:
        """Show the findings as a list in Jupyter."""
        told = (f"- **{f.what}**  \n  `{f.where}`  \n  {f.why}  \n  → {f.instead}" for f in self)
        return "\n".join(told) or repr(self)


# ── losses ────────────────────────────────────────────────────────────────────────────────────
def not_finite(case: Case) -> Found:
    """What is computed from NaN or infinity is seldom anything else. So each gradient is lost, and
    after one step each weight.

    Instead: finite inputs (np.isfinite), a positive argument for log and division, a smaller lr.
    """
    broken = [n for n in case.nodes if not np.isfinite(n.data).all()]
    if broken and not np.isfinite(case.loss.data).all():
        given = all(np.isfinite(raw(a)).all() for a in broken[0].args if hasattr(a, "dtype"))
        where = f"{'' if given else 'what is given to '}{op(broken[0])}"
        yield f"the loss is {case.loss.data}, which begins in {where}", broken[0]
    elif lost := [p for p in case.names if not np.isfinite(raw(case.grads.get(p, 0.0))).all()]:
        source = case.why(lost[0]).node
        what = f"the gradient of {case.named(lost)} is not finite, from {op(source) or 'there'}"
        yield what, type(case.model).__name__ if source is None else source


def not_logits(case: Case) -> Found:
    """The loss takes softmax or sigmoid of its input itself, so that it wants logits: any numbers.
    Of probabilities, the second one is never near 0 or 1, and the loss cannot fall to 0; of
    their logarithms, it is lost time.

    Instead: the output of the last linear layer as it is; softmax or sigmoid for predictions only.
    """
    for node in case.of("softmax_cross_entropy", "log_softmax", "softplus"):
        x, axis, loss = node.args[0], node.params.get("axis", -1), "cross_entropy"
        if op(node) == "softplus":
            x, loss = x.args[0] if op(x) == "negative" else None, "binary_cross_entropy_with_logits"
        source = origin(x)
        source = origin(source.args[0]) if op(source) == "log" else source
        if op(source) in PROBABILITIES:
            yield f"{op(source)} before {loss}", source
        elif loss == "cross_entropy" and sums_to_1(x.data, axis):
            yield f"probabilities before {loss}", node


def not_log_probabilities(case: Case) -> Found:
    """The loss only picks a number of each row, whose exponentials have to sum to 1. Otherwise it
    falls without end, while the predictions need not improve.

    Instead: cross_entropy of the logits, or nll_loss(log_softmax(logits), target).
    """
    for node in case.of("negative"):
        picked = node.args[0].args[0] if op(node.args[0]) in SUMS else node.args[0]
        index = picked.params.get("index") if op(picked) == "getitem" else None
        if type(index) is tuple and [np.ndim(i) for i in index] == [1, 1]:
            x, rows = picked.args[0].data, np.zeros((0, 1))
            if x.ndim == 2 and len(case.uses[picked.args[0]]) == 1:  # or what else is done counts
                rows = x[x.any(1)]
            if not np.allclose(logsumexp(rows, axis=1), 0, atol=1e-3):
                yield "nll_loss is given what are no log-probabilities", node


def labels(case: Case) -> Found:
    """A target in the input's shape is a distribution over the classes, on the class axis. Labels
    are none, and over a single class softmax is 1, whatever the model does.

    Instead: target.astype(int) of shape (N,) and an output for each class; for yes and no, or for
    several labels at once, binary_cross_entropy_with_logits.
    """
    for y in case.of("softmax"):
        if y.ndim == 2 and y.shape[y.params["axis"]] == 1 < y.size:  # of a matrix: no attention
            yield "softmax is taken over a single class", y
    for y in case.of("softmax_cross_entropy", "log_softmax"):
        x, axis = y.args[0], y.params.get("axis", -1)
        uses = [use for use in case.uses.get(y, ()) if op(use) != "where"]  # a mask is no target
        factors = [q for use in uses for q in constants(use.args)]
        targets = [q for q in factors if np.shape(q) == x.shape and (q % 1 == 0).all()]
        if x.shape[axis] == 1 or any((np.count_nonzero(q, axis) > 1).any() for q in targets):
            yield f"labels meet cross_entropy as a distribution over {x.shape[axis]}", y


def broadcast(case: Case) -> Found:
    """NumPy compares each row of the one with all of the other, so that N × N errors are averaged.
    The best prediction is then the mean of the targets, for every input.

    Instead: nn.functional.mse_loss, which refuses; or target.reshape(prediction.shape).
    """
    for node in case.nodes:
        shapes, n = [np.shape(raw(a)) for a in node.args], node.shape[:1]
        if n > (1,) and sorted(shapes) == [n, (*n, 1)] and len(constants(node.args)) == 1:
            end: Any = node
            while end.ndim and end in case.uses and (end.op.elementwise or op(end) in SUMS):
                end = case.uses[end][0]
            if op(end) in SUMS and not end.ndim:
                yield f"{op(node)} of {shapes[0]} and {shapes[1]} broadcasts by accident", node


# ── what is trained ───────────────────────────────────────────────────────────────────────────
def unreached(case: Case) -> Found:
    """The loss does not depend on these parameters, or its history was lost on the way. They keep
    their first values, whatever the optimizer does.

    Instead: Tensors all the way, without detach(), no_grad(), item(), argmax or round between;
    requires_grad_(False) for what shall stay.
    """
    if lost := [p for p in case.names if p not in case.grads]:
        answer = case.why(lost[0])
        place = type(case.model).__name__ if answer.node is None else answer.node
        yield f"no gradient reaches {case.named(lost)}: {answer.cause}", place
    elif case.of(*STEPS):
        stops = (case.why(p).node for p in case.names if not np.any(raw(case.grads[p])))
        for stop in stops:
            if op(stop) in STEPS:
                yield f"no gradient comes through {op(stop)}: it is flat between its jumps", stop


def in_a_list(case: Case) -> Found:
    """A module finds layers and Parameters that are its attributes: no Tensors, and nothing that
    lies in a list or another object, or was compiled. The optimizer never gets these parameters,
    and state_dict() does not save them.

    Instead: nn.ModuleList([...]), or nn.Sequential(...); self.layer = layer for what comes from
    elsewhere; nn.Parameter(data) for a Tensor; compile(model) of all of it.
    """
    model = case.model
    known = {id(x) for x in (*model.modules(), *model.parameters(), *model.buffers())}
    trained = {t for t in case.grads if t.requires_grad and t.is_leaf}
    for path, module in case.model.named_modules():
        for name, value in vars(module).items():
            parts = [uncompiled(x) for x in inside(value)]
            parts = [x for x in parts if id(x) not in known]
            modules = [x for x in parts if isinstance(x, Module)]
            tuned = [t for t in tensors(parts) if isinstance(t, Parameter) or t in trained]
            learns = [p.requires_grad for m in modules for p in m.parameters()]
            below = [x for m in modules for x in m.modules()]
            stateful = any(isinstance(x, MODES) or [*x.buffers()] for x in below)
            if tuned or (any(learns) if learns else stateful):  # a frozen teacher may be hidden
                what = f"a plain {type(value).__name__} hides layers or parameters"
                yield what, f"{path or type(module).__name__}.{name}"
    groups = case.optimizer.param_groups if case.optimizer is not None else ()
    known |= {id(p) for group in groups for p in group["params"]}
    for node in case.nodes:  # in a call of the model: a loss may come through other models
        lost = [t for t in tensors(node.args) if t in trained and id(t) not in known]
        shapes = ", ".join(str(t.shape) for t in lost if isinstance(t, Parameter))
        if shapes and any(first < node.count <= last for first, last in case.calls):
            yield f"the model does not have the parameters of {op(node)}: {shapes}", node


def not_in_the_optimizer(case: Case) -> Found:
    """An optimizer changes what it was given, and nothing else. The gradients of these parameters
    are computed for nothing.

    Instead: an optimizer of model.parameters(), made after the model has all its layers.
    """
    groups = case.optimizer.param_groups if case.optimizer is not None else ()
    left = [p for p in case.names if not any(p is q for group in groups for q in group["params"])]
    if groups and left:
        yield f"the optimizer does not have {case.named(left)}", type(case.optimizer).__name__


def accumulated(case: Case) -> Found:
    """Backward adds to the gradients that are there. So a step follows the sum over earlier
    batches, at weights that are no more.

    Instead: optimizer.zero_grad() before each backward(); or after each step(), where batches are
    added up on purpose.
    """
    held = [p for p in case.names if p.grad is not None and p in case.grads]
    if held and "consumed" in (case.loss.meta or ()):
        # of the weight that is used last: no other, which step() may have changed, lies behind it
        p = max(held, key=lambda p: case.uses[p][-1].count)
        now, fresh = p.grad.data, case.grads[p]  # type: ignore[union-attr]  # it has one
        if rms(now - fresh) > 0.1 * rms(fresh) and rms(now) > rms(fresh):  # clipped ones are less
            times = f"{rms(now) / rms(fresh):.1f} times that of this loss"
            yield f"the gradient of {case.names[p]} is {times}", "backward()"


def alive(case: Case) -> Found:
    """A loss knows the whole graph that it came from, with the activations of its batch. Memory
    grows with every step.

    Instead: history.append(loss.item()), total += loss.item().
    """
    gc.collect()  # an earlier program may have left losses in a cycle that nobody holds
    # an error that somebody holds keeps what was not finished, and has no meta
    known = [t for t in gc.get_referrers(Tensor) if type(t) is Tensor and hasattr(t, "meta")]
    old = {t for t in known if "consumed" in (t.meta or ()) and t is not case.loss}
    totals = [t for t in known if any(a in old for a in tensors(t.args))]
    for holder in [totals, *gc.get_referrers(*old)] if old else ():
        if type(holder) in (list, deque) and holder is not known:
            count = len(totals) if holder is totals else sum(t in old for t in tensors(holder))
            kind = "running total" if holder is totals else type(holder).__name__
            if count > 1:
                name = case.variables.get(id(holder), kind)
                yield f"a {kind} keeps the graphs of {count} losses alive", name


def evaluating(case: Case) -> Found:
    """After eval(), Dropout drops nothing and BatchNorm uses what it remembers. The model is
    trained without what these layers are for.

    Instead: model.train() before the loop, and after every evaluation.
    """
    switched = sorted(type(m).__name__ for m in case.model.modules() if isinstance(m, MODES))
    if switched and not case.model.training:
        yield "the model is trained in eval mode", switched[0]


# ── what flows ────────────────────────────────────────────────────────────────────────────────
def unscaled(case: Case) -> Found:
    """The gradient of a weight is a multiple of its input. Large inputs make steps that are much
    too long for these weights, and saturate what follows.

    Instead: (x - mean) / std, by the training data's; pixels / 255.
    """
    for node, weight, others in case.layers:
        for x in constants(others):
            if np.ndim(x) > 1 and np.max(np.abs(x), initial=0) > LARGE:
                yield f"inputs up to {np.max(np.abs(x)):.4g} reach {case.names[weight]}", node


def widened(case: Case) -> Found:
    """NumPy computes float32 with float64 in float64. All that follows takes twice the memory and
    time.

    Instead: x.astype(np.float32) for inputs and targets, or model.double().
    """
    for node in case.nodes:
        narrow = any(a.dtype == np.float32 for a in tensors(node.args))
        if node.dtype == np.float64 and narrow and op(node) != "astype":
            yield f"float32 becomes float64 in {op(node)}", node


def dead(case: Case) -> Found:
    """A relu is flat below 0, so that a unit which is 0 for every row gets no gradient. It cannot
    come back by itself.

    Instead: a smaller lr, scaled inputs, init.kaiming_uniform_; or gelu, silu.
    """
    last = max((node.count for node, *_ in case.layers), default=0)
    for node in case.of("relu", "maximum", "clip"):
        units = np.moveaxis(np.atleast_2d(node.data), 1 if node.ndim > 3 else -1, 0)
        off = ~units.any(axis=tuple(range(1, units.ndim)))
        enough = units.size >= ROWS * off.size and node.count < last  # and no part of the loss
        if enough and off.sum() > DEAD * off.size:
            yield f"{off.sum()} of {off.size} units of {op(node)} are 0 for the whole batch", node


def symmetric(case: Case) -> Found:
    """Units that start equal, and get gradients that are nearly so, stay alike. The layer is no
    better than one unit.

    Instead: the weights that the layer comes with, or init.xavier_uniform_, init.kaiming_uniform_.
    """
    for node, w, _ in case.layers:
        g, hidden = case.grads[w], w is not case.layers[-1][1]
        stuck = (w.data.any() and hidden) or np.allclose(g, g[0])
        if len(w) > 1 and stuck and (w.data == w.data[0]).all():
            yield f"all rows of {case.names[w]} are equal", node


def saturated(case: Case) -> Found:
    """Where tanh and sigmoid are near their bounds, they are flat. Next to no gradient comes
    through to what is below.

    Instead: scaled inputs, smaller first weights (init.xavier_uniform_), a LayerNorm before it.
    """
    for x, weight in [(origin(a), w) for _, w, others in case.layers for a in others]:
        if op(x) in ("tanh", "sigmoid"):
            share = np.mean(np.abs(x.data if op(x) == "tanh" else 2 * x.data - 1) > FLAT)
            if share > SHARE:
                yield f"{share:.0%} of {op(x)} before {case.names[weight]} is saturated", x


def uneven(case: Case) -> Found:
    """Each layer multiplies the gradient on its way back, here by much less or much more than 1. So
    no lr suits the first layers and the last.

    Instead: relu or gelu for sigmoid, init.xavier_uniform_, LayerNorm, residual connections; for
    large ones also clipped gradients.
    """
    sizes = {w: rms(case.grads[w]) for _, w, _ in case.layers}
    if len(sizes) > 1:
        first, *_, last = sizes.values()
        verb = "vanish" if 0 < first < last / RATIO else "explode"
        if verb == "vanish" or first > min(last * RATIO, HUGE):
            names = [f"{size:.2g} in {case.names[w]}" for w, size in sizes.items()]
            yield f"gradients {verb}: {names[0]}, {names[-1]}", case.layers[0][0]


CHECKS = (
    not_finite, not_logits, not_log_probabilities, labels, broadcast, unreached, in_a_list,
    not_in_the_optimizer, accumulated, alive, evaluating, unscaled, widened, dead, symmetric,
    saturated, uneven,
)  # fmt: skip


def doctor(model: Module, loss: Tensor | Callable[[], Tensor], optimizer: Any = None) -> Report:
    """Look for the mistakes that keep a model from learning, and explain them.

    It reads the graph that the loss came from, and the gradients there, before ``backward`` or
    after it; forgotten ``zero_grad`` and losses that are kept show after it. Nothing is changed.

    Parameters
    ----------
    model : the module that is trained.
    loss : its loss for one batch; or a function without arguments that computes it, so that every
        finding can tell its line (as after `autograd.record_lines`).
    optimizer : what trains it, if it is to be looked at, too.

    Returns
    -------
    A `Report`: a tuple of `Finding`, empty where nothing was found.

    Raises
    ------
    TypeError : for a model that is no module, or a loss that is no Tensor.
    ValueError : for a loss that a compiled function computed, which is one operation.

    Examples
    --------
    >>> import nn
    >>> net = nn.Sequential(nn.Linear(4, 3), nn.Softmax())
    >>> x, classes = np.eye(4), np.array([0, 1, 2, 0])
    >>> doctor(net, lambda: nn.functional.cross_entropy(net(x), classes))
    softmax before cross_entropy
      where: <doctest ...>:1: doctor(net, lambda: nn.functional.cross_entropy(net(x), classes))
      why: The loss takes softmax or sigmoid of its input itself, so that it wants logits: ...
      instead: the output of the last linear layer as it is; softmax or sigmoid for predictions ...
    >>> doctor(net[:1], nn.functional.cross_entropy(net[0](x), classes))
    no findings, by 17 checks
    """
    frame = sys._getframe(1)
    variables = {id(value): name for name, value in {**frame.f_globals, **frame.f_locals}.items()}
    if isinstance(model, Module) and callable(loss) and not isinstance(loss, Module):
        with untouched(model):
            with record_lines():
                computed = loss()
            return _report(model, computed, optimizer, variables)
    return _report(model, loss, optimizer, variables)


def _report(model: Any, loss: Any, optimizer: Any, variables: dict[int, str]) -> Report:
    known = optimizer is None or hasattr(optimizer, "param_groups")
    if not (isinstance(model, Module) and isinstance(loss, Tensor) and known):
        parts = (model, loss, *[optimizer] * (not known))
        given = f"doctor({', '.join(type(part).__name__ for part in parts)})"
        instead = "doctor(model, loss) or doctor(model, loss, optimizer), the loss a Tensor: "
        instead += "before item() or numpy()"
        raise refusal(TypeError, "doctor looks at a module and its loss", given, instead)
    with np.errstate(all="ignore"):
        case = Case(model, loss, optimizer, variables)
        users = [case.uses[p] for p in case.names if p in case.uses]
        hidden = [[node for node in nodes if is_compiled(node)] for nodes in users]
        if hidden and all(hidden):
            what = "doctor cannot see what a compiled function does with the parameters"
            where = f"the loss came through {op(hidden[0][0])}, compiled, which is one operation"
            raise refusal(ValueError, what, where, "a loss that is computed without compile")
        told = ((check, next(check(case), None)) for check in CHECKS)  # one of each to begin with
        return Report(_finding(check, *found) for check, found in told if found)


def _finding(check: Callable[[Case], Found], what: str, where: Tensor | str) -> Finding:
    why, _, instead = " ".join((check.__doc__ or "").split()).partition(" Instead: ")
    if isinstance(where, Tensor):
        place, rerun = place_of(where), "(its line: doctor(model, lambda: loss))"
        where = f"{place}: {place.text}" if place else f"{op(where)} {where.shape} {rerun}"
    return Finding(check.__name__, what, where, why, instead)

"""Schedules: the learning rate as a function of the number of the step, under PyTorch's names.

for epoch in range(epochs):
    ...
    schedule.step()
"""

import copy
import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from inspect import Signature, signature
from typing import Any, ClassVar

from autograd import kind_of
from nn.checks import bind, unwritten
from nn.optim.optimizer import Optimizer, Remembering

CHOICES = {"mode": "min max", "threshold_mode": "rel abs", "anneal_strategy": "cos linear"}
LENGTHS = "step_size", "T_max", "T_0", "T_mult", "total_iters"


class LRScheduler(Remembering):
    """A learning rate that is `formula` of the number of the step, ``t = 0, 1, 2 …``.

    Where something else has changed the rate (another schedule, or you), a step multiplies it as
    the formula grows from t to t + 1, so that schedules can be chained; one that is `absolute`
    sets it to the formula all the same, as in PyTorch. `state_dict` holds the options, too, but for
    functions: `load_state_dict` goes on as saved, whatever the options here are.

    Parameters
    ----------
    optimizer : whose groups have their ``"lr"`` changed, now and at every `step`.
    *args, **options : those of the formula, in its order; one that PyTorch takes as a list may be
        a list here: one for each group.
    last_epoch : the t before the first. To go on, it is that of the last epoch, and the optimizer
        has its saved state by then: its rates are left as they are.

    Attributes
    ----------
    last_epoch : t.
    base_lrs : the learning rates that the groups had at first; schedules of the same optimizer
        have the same.

    Raises
    ------
    TypeError : for what is no optimizer, for options that the formula does not take, and for a
        formula that returns no number.
    ValueError : for a choice that there is not, for no steps, for a cycle or a sequence of
        unknown length, and for a last_epoch where the optimizer has had no schedule.

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> class Halving(LRScheduler):
    ...     def formula(self, t, lr, every=1):
    ...         return lr / 2 ** (t // every)
    >>> schedule = Halving(optim.SGD([Parameter(1.0)], lr=1.0), every=2)
    >>> for _ in range(4):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    remembered: ClassVar[tuple[str, ...]] = ("last_epoch", "base_lrs")
    by_group: ClassVar[str] = ""  # an option that may be a list
    absolute: ClassVar[bool] = False  # whether what others made of the rate is undone
    per_batch: bool = False  # what `nn.fit` makes a step after: an epoch, or a batch

    __signature__: ClassVar[Signature]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        options = [*signature(cls.formula).parameters.values()][3:]
        takes: list[Any] = []
        for p in [*signature(cls.__init__).parameters.values()][1:]:
            takes += options if p.kind is p.VAR_POSITIONAL else [p] * (p.kind is not p.VAR_KEYWORD)
        with suppress(ValueError):  # an `__init__` of one's own may leave no order for them
            cls.__signature__ = Signature(takes)  # which help() and editors show

    def __init__(
        self, optimizer: Optimizer, *args: Any, last_epoch: int = -1, **options: Any
    ) -> None:
        what = f"a schedule changes an optimizer, not {kind_of(optimizer)}"
        wrong = not hasattr(optimizer, "param_groups")
        self._refuse(wrong, what, "the optimizer first, and then the options", TypeError)
        self.optimizer = optimizer
        given = bind(signature(self.formula), 2, args, options).items()
        self.options: Any = {k: [*v] if isinstance(v, tuple | range) else v for k, v in given}
        for name, known in CHOICES.items():
            choice = self.options.get(name, "")
            self._refuse(choice not in ["", *known.split()], f"{name} is no {choice!r}", known)
        for name in LENGTHS:
            steps = self.options.get(name, 1)
            self._refuse(not steps > 0, f"{name}={steps} is no number of steps", f"{name}=10")
        groups = optimizer.param_groups
        fresh, resumed = any("initial_lr" not in g for g in groups), last_epoch >= 0
        what = f"last_epoch={last_epoch}, and the optimizer has not had a schedule yet"
        instead = "optimizer.load_state_dict(saved) before it, or last_epoch=-1"
        self._refuse(resumed and fresh, what, instead)
        self.base_lrs: list[Any] = [g.setdefault("initial_lr", g["lr"]) for g in groups]
        self.last_epoch: Any = last_epoch + 1
        # saved rates are already those of this t
        now = [self.at(self.last_epoch, i) for i in range(len(groups))] if resumed else []
        self._apply(now or self.base_lrs)

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all that is remembered, and of the options but for functions."""
        return super().state_dict() | copy.deepcopy(self._written())

    def _saved(self, state_dict: Mapping[str, Any]) -> dict[str, Any]:
        saved, written = super()._saved(state_dict), self._written()
        self._refuse_lack(state_dict, written)
        options = copy.deepcopy({k: state_dict[k] for k in written})
        return {**saved, "options": self.options | options}

    def _written(self) -> dict[str, Any]:
        """Return the options that are no functions, nor lists of them."""
        several = {k: v if isinstance(v, list) else [v] for k, v in self.options.items()}
        return {k: self.options[k] for k, v in several.items() if not any(map(callable, v))}

    def formula(self, *args: Any, **options: Any) -> float:  # noqa: ARG002  # each has its own
        """Return the learning rate at step t of a group that had `lr` at first."""
        instead = "def formula(self, t, lr): return lr / (1 + t)"
        raise unwritten(self, "what the learning rate is", instead)

    def at(self, t: int, i: int = 0) -> float:
        """Return the learning rate of group i at step t, and change nothing."""
        options, k, groups = self.options, self.by_group, len(self.base_lrs)
        if isinstance(each := options.get(k), (list, tuple)):
            what = f"{k} is a list of {len(each)}, and there are {groups} groups"
            self._refuse(len(each) != groups, what, f"a list of {groups}, or one {k} for all")
            options = {**options, k: each[i]}
        rate = self.formula(t, self.base_lrs[i], **options)
        what = f"the formula returned {kind_of(rate)}, and a rate is one number"
        number = hasattr(rate, "__float__") and not getattr(rate, "shape", ())
        self._refuse(not number, what, "return lr / (1 + t)", TypeError)
        return rate

    def step(self) -> None:
        """Go on to the next t, and set the learning rates to what they are there."""
        added = self.optimizer.param_groups[len(self.base_lrs) :]
        self.base_lrs += [g.setdefault("initial_lr", g["lr"]) for g in added]
        before = [self.at(self.last_epoch, i) for i in range(len(self.base_lrs))]
        self.last_epoch += 1
        self._apply(before)

    def _apply(self, before: list[Any]) -> None:
        for i, group in enumerate(self.optimizer.param_groups):
            now, was = self.at(self.last_epoch, i), before[i]
            alone = group["lr"] == was or not was or self.absolute
            group["lr"] = now if alone else group["lr"] * (now / was)
        self.turn(self.last_epoch)

    def turn(self, t: int) -> None:
        """Set what else a schedule changes at step t."""

    def get_last_lr(self) -> list[float]:
        """Return the learning rates of the groups."""
        return [group["lr"] for group in self.optimizer.param_groups]


class LambdaLR(LRScheduler):
    """``lr · f(t)``, of any function, or of one for each group."""

    by_group = "lr_lambda"
    absolute = True

    def formula(self, t: int, lr: float, lr_lambda: Callable[[int], float]) -> float:
        return lr * lr_lambda(t)


class StepLR(LRScheduler):
    """``lr · gamma^⌊t / step_size⌋``."""

    def formula(self, t: int, lr: float, step_size: int, gamma: float = 0.1) -> float:
        return lr * gamma ** (t // step_size)


class MultiStepLR(LRScheduler):
    """``lr · gammaᵏ`` after k of the milestones."""

    def formula(self, t: int, lr: float, milestones: Sequence[int], gamma: float = 0.1) -> float:
        return lr * gamma ** bisect_right(sorted(milestones), t)


class ExponentialLR(LRScheduler):
    """``lr · gammaᵗ``."""

    def formula(self, t: int, lr: float, gamma: float) -> float:
        return lr * gamma**t


class LinearLR(LRScheduler):
    """``lr`` times a factor that goes linearly from start to end: a warm-up.

    >>> from nn import Parameter, optim
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> warm = LinearLR(optimizer, 0.25, total_iters=3)
    >>> [warm.at(t) for t in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    def formula(
        self, t: int, lr: float, start_factor: float = 1 / 3, end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> float:  # fmt: skip
        return lr * (start_factor + (end_factor - start_factor) * min(t / total_iters, 1))


class CosineAnnealingLR(LRScheduler):
    """``eta_min + (lr - eta_min) (1 + cos(π t / T_max)) / 2`` (Loshchilov, Hutter, 2017)."""

    def formula(self, t: int, lr: float, T_max: int, eta_min: float = 0.0) -> float:
        return eta_min + (lr - eta_min) * (1 + math.cos(math.pi * t / T_max)) / 2


class CosineAnnealingWarmRestarts(CosineAnnealingLR):
    """The cosine from lr to eta_min again and again, every time `T_mult` times as long."""

    absolute = True

    def formula(  # type: ignore[override]  # other options
        self, t: int, lr: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0
    ) -> float:
        while t >= T_0:
            t, T_0 = t - T_0, T_0 * T_mult
        return super().formula(t, lr, T_0, eta_min)

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next t, or to any, as ``epoch + i / batches`` after batch i of an epoch."""
        self.last_epoch = self.last_epoch if epoch is None else epoch - 1
        super().step()


class OneCycleLR(LRScheduler):
    """Up to max_lr during the share pct_start of all steps, and down to almost 0 (Smith, 2018).

    From ``max_lr / div_factor`` to `max_lr` to ``max_lr / div_factor / final_div_factor``, with
    `three_phase` symmetrically back before that. The momentum, or the first of the betas, goes
    the other way, unless `cycle_momentum` is false. After the last step both stay. Raises
    ValueError unless pct_start is from 0 to 1.
    """

    by_group = "max_lr"
    absolute = per_batch = True

    def formula(
        self, t: int, lr: float, max_lr: float, total_steps: int | None = None, epochs: int = 0,  # noqa: ARG002  # max_lr counts
        steps_per_epoch: int = 0, pct_start: float = 0.3, anneal_strategy: str = "cos",  # noqa: ARG002  # for _cycle
        cycle_momentum: bool = True, base_momentum: float = 0.85, max_momentum: float = 0.95,  # noqa: ARG002  # for step
        div_factor: float = 25.0, final_div_factor: float = 1e4, three_phase: bool = False,  # noqa: ARG002  # for _cycle
    ) -> float:  # fmt: skip
        factors = div_factor, final_div_factor
        self._refuse(not min(factors) > 0, f"{factors} are no divisors", "div_factor=25.0")
        first = max_lr / div_factor
        return self._cycle(t, first, max_lr, first / final_div_factor)

    def _cycle(self, t: int, first: float, top: float, last: float) -> float:
        """Return the height at step t of a path from the first height to the top to the last."""
        o = self.options
        steps = o["total_steps"] or o["epochs"] * o["steps_per_epoch"]
        self._refuse(steps < 1, "nothing says how many steps a cycle has", "total_steps=1000")
        rise = o["pct_start"]
        self._refuse(not 0 <= rise <= 1, f"pct_start={rise} is no share", "pct_start=0.3")
        heights = [first, top, *[first] * o["three_phase"], last]
        phases, peak = len(heights) - 1, rise * steps - 1
        ends = [*(k * peak for k in range(phases)), steps - 1]
        t = min(t, steps - 1)
        k = next(k for k in range(1, phases + 1) if t <= ends[k])
        length = ends[k] - ends[k - 1]
        share = (t - ends[k - 1]) / length if length else 1.0
        if o["anneal_strategy"] == "cos":
            share = (1 - math.cos(math.pi * share)) / 2
        return heights[k - 1] + (heights[k] - heights[k - 1]) * share

    def turn(self, t: int) -> None:
        """Set the momentum."""
        o = self.options
        high, low = o["max_momentum"], o["base_momentum"]
        momentum = self._cycle(t, high, low, high)
        for group in self.optimizer.param_groups if o["cycle_momentum"] else []:
            if "betas" in group:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                what = f"{type(self.optimizer).__name__} has no momentum that could go up and down"
                self._refuse("momentum" not in group, what, "cycle_momentum=False")
                group["momentum"] = momentum


class SequentialLR(LRScheduler):
    """One schedule after another, each from its own t = 0: the next one begins at a milestone.

    >>> from nn import Parameter, optim
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> schedules = LinearLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)
    >>> warm = SequentialLR(optimizer, schedules, milestones=[2])
    >>> [warm.at(t) for t in range(5)]
    [0.5, 0.75, 1.0, 0.5, 0.25]
    """

    remembered = (*LRScheduler.remembered, "milestones")
    absolute = True

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int]
    ) -> None:
        self.schedulers, self.milestones = schedulers, [*milestones]
        what = f"{len(schedulers)} schedules have {len(milestones)} milestones between them"
        between = len(schedulers) - 1
        self._refuse(len(milestones) != between, what, f"{between} milestones")
        stray = any(s.optimizer is not optimizer for s in schedulers)
        self._refuse(stray, "a schedule is one of another optimizer", "schedules of this one")
        what = f"milestones are in the order of time, not {self.milestones}"
        self._refuse(self.milestones != sorted(self.milestones), what, "milestones=[10, 20]")
        super().__init__(optimizer)

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all that is remembered, and of that of the schedules."""
        return super().state_dict() | {"schedulers": [s.state_dict() for s in self.schedulers]}

    def _saved(self, state_dict: Mapping[str, Any]) -> dict[str, Any]:
        self._refuse_lack(state_dict, ["schedulers"])
        before, schedulers = state_dict["schedulers"], [*map(copy.copy, self.schedulers)]
        what = f"there are {len(schedulers)} schedules, and there were {len(before)} when saved"
        self._refuse(len(before) != len(schedulers), what, "as many schedules, in the same order")
        for schedule, saved in zip(schedulers, before, strict=True):
            schedule.load_state_dict(saved)
        return {**super()._saved(state_dict), "schedulers": schedulers}

    def at(self, t: int, i: int = 0) -> float:
        schedule, t = self._part(t)
        schedule.base_lrs = self.base_lrs  # there may be a new group
        return schedule.at(t, i)

    def turn(self, t: int) -> None:
        """Let the schedule of that step turn what it turns."""
        schedule, t = self._part(t)
        schedule.turn(t)

    def _part(self, t: int) -> tuple[LRScheduler, int]:
        k = bisect_right(self.milestones, t)
        return self.schedulers[k], t - [0, *self.milestones][k]


class ReduceLROnPlateau(LRScheduler):
    """``max(lr · factor, min_lr)`` whenever a metric was not better for more than `patience` steps.

    Better is less (``mode="min"``) or more ("max") than the best so far, by more than `threshold`
    times that ("rel") or by `threshold` ("abs"); for `cooldown` steps after a reduction nothing is
    counted. A change of lr by no more than `eps` is not made. Raises ValueError unless the factor
    is less than 1.

    >>> from nn import Parameter, optim
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.5]
    """

    remembered = (*LRScheduler.remembered, "best", "num_bad_epochs", "cooldown_counter")
    by_group = "min_lr"
    num_bad_epochs = cooldown_counter = 0

    def __init__(self, optimizer: Optimizer, *args: Any, **options: Any) -> None:
        super().__init__(optimizer, *args, **options)
        factor = self.options["factor"]
        self._refuse(not factor < 1, f"{factor=} does not reduce", "factor=0.1")
        self.best = math.inf if self.options["mode"] == "min" else -math.inf

    def formula(
        self, t: int, lr: float, mode: str = "min", factor: float = 0.1, patience: int = 10,  # noqa: ARG002  # for step
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0,  # noqa: ARG002  # for step
        min_lr: float = 0.0, eps: float = 1e-8,
    ) -> float:  # fmt: skip
        less = max(lr * factor, min_lr)
        return less if self.num_bad_epochs > patience and lr - less > eps else lr

    def step(self, metrics: Any) -> None:  # type: ignore[override]  # what it depends on
        """Look at a metric, a number or a Tensor of one, and reduce the rates if it is time."""
        value, o, sign = float(metrics), self.options, 1 if self.options["mode"] == "min" else -1
        margin = sign * o["threshold"]
        bound = self.best * (1 - margin) if o["threshold_mode"] == "rel" else self.best - margin
        better = sign * value < sign * bound
        self.best = value if better else self.best
        self.num_bad_epochs = 0 if better or self.cooldown_counter else self.num_bad_epochs + 1
        self.cooldown_counter = max(self.cooldown_counter - 1, 0)
        self.base_lrs, self.last_epoch = self.get_last_lr(), self.last_epoch + 1
        self._apply(self.base_lrs)
        if self.num_bad_epochs > o["patience"]:
            self.cooldown_counter, self.num_bad_epochs = o["cooldown"], 0

"""Schedules: PyTorch's learning rates for a hundred steps, and closed formulas at any step."""

import copy
import json
import math
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from autograd import Tensor, three_lines
from nn import optim
from nn.optim import lr_scheduler as ours_all

STEPS = 100
TABLE = {
    "lambda": ("LambdaLR", {"lr_lambda": lambda t: 0.9**t}),
    "lambdas": ("LambdaLR", {"lr_lambda": [lambda t: 0.9**t, lambda t: 1 / (1 + t)]}),
    "step": ("StepLR", {"step_size": 30}),
    "step, gamma": ("StepLR", {"step_size": 7, "gamma": 0.5}),
    "milestones": ("MultiStepLR", {"milestones": [80, 30]}),
    "milestones, twice": ("MultiStepLR", {"milestones": [3, 50, 50, 60], "gamma": 0.3}),
    "exponential": ("ExponentialLR", {"gamma": 0.95}),
    "linear": ("LinearLR", {}),
    "linear, down": ("LinearLR", {"start_factor": 0.7, "end_factor": 0.2, "total_iters": 40}),
    "cosine": ("CosineAnnealingLR", {"T_max": 100}),
    "cosine, again": ("CosineAnnealingLR", {"T_max": 15, "eta_min": 0.001}),
    "restarts": ("CosineAnnealingWarmRestarts", {"T_0": 13}),
    "restarts, longer": ("CosineAnnealingWarmRestarts", {"T_0": 5, "T_mult": 2, "eta_min": 0.001}),
    "cycle": ("OneCycleLR", {"max_lr": 0.5, "total_steps": 101}),
    "cycle, lists": ("OneCycleLR", {"max_lr": [0.5, 0.7], "epochs": 12, "steps_per_epoch": 9}),
    "cycle, linear": (
        "OneCycleLR",
        {
            "max_lr": 0.5,
            "total_steps": 120,
            "pct_start": 0.4,
            "anneal_strategy": "linear",
            "base_momentum": 0.7,
            "max_momentum": 0.9,
            "div_factor": 10.0,
            "final_div_factor": 100.0,
            "three_phase": True,
        },
    ),
    "cycle, no momentum": (
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 101, "cycle_momentum": False},
    ),
}
every = pytest.mark.parametrize(("name", "options"), TABLE.values(), ids=TABLE)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the oracle")


def groups(tensor, library, optimizer="SGD"):
    params = [tensor([1.0, 2.0], requires_grad=True), tensor([3.0], requires_grad=True)]
    options = {"momentum": 0.9} if optimizer == "SGD" else {}
    return getattr(library, optimizer)(
        [{"params": [params[0]]}, {"params": [params[1]], "lr": 0.2}], lr=0.05, **options
    )


def path(optimizer, schedule, metrics=(None,) * STEPS):
    """Train, and return what the groups' options were at every step."""
    seen = []
    for metric in metrics:
        options = []
        for group in optimizer.param_groups:
            (p,) = group["params"]
            (p * p).sum().backward()
            options += [group["lr"], group.get("momentum", 0.0), *group.get("betas", ())]
        seen.append(options)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step(*[] if metric is None else [metric])
        assert schedule.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
    return seen, [group["params"][0].tolist() for group in optimizer.param_groups]


def same_paths(torch, make, optimizer="SGD", metrics=(None,) * STEPS):
    tensors = (
        Tensor,
        lambda v, requires_grad: torch.tensor(v, dtype=torch.float64, requires_grad=requires_grad),
    )
    runs = []
    for library, tensor in zip((optim, torch.optim), tensors, strict=True):
        guest = groups(tensor, library, optimizer)
        runs.append(path(guest, make(library.lr_scheduler, guest), metrics))
    (ours, weights), (theirs, their_weights) = runs
    assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)
    for p, q in zip(weights, their_weights, strict=True):
        assert_allclose(p, q, rtol=1e-12, atol=1e-15)
    return np.array(ours)


@every
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_the_path_is_pytorchs(torch, name, options, optimizer):
    seen = same_paths(
        torch, lambda library, guest: getattr(library, name)(guest, **options), optimizer
    )
    assert len(set(seen[:, 0])) > 1


def test_restarts_may_come_between_the_epochs(torch):
    epochs = [k / 7 for k in range(STEPS)] + [3.5, 0.0, 26.0]
    options = {"T_0": 3, "T_mult": 2, "eta_min": 0.001}
    same_paths(
        torch, lambda library, guest: library.CosineAnnealingWarmRestarts(guest, **options),
        metrics=epochs,
    )  # fmt: skip
    same_paths(
        torch, lambda library, guest: library.CosineAnnealingWarmRestarts(guest, **options),
        metrics=[None, 0.5, None, 2.75, None, None],
    )  # fmt: skip


SEQUENCES = {
    "warm cosine": (
        [
            ("LinearLR", {"start_factor": 0.1, "total_iters": 10}),
            ("CosineAnnealingLR", {"T_max": 90}),
        ],
        [10],
    ),
    "three": (
        [
            ("LinearLR", {"total_iters": 4}),
            ("ExponentialLR", {"gamma": 0.9}),
            ("StepLR", {"step_size": 20, "gamma": 0.5}),
        ],
        [7, 40],
    ),
    "at once": ([("LinearLR", {}), ("LambdaLR", {"lr_lambda": lambda t: 1 / (1 + t)})], [0]),
}


@pytest.mark.parametrize(("parts", "milestones"), SEQUENCES.values(), ids=SEQUENCES)
def test_a_sequence_is_pytorchs(torch, parts, milestones):
    def make(library, guest):
        schedules = [getattr(library, name)(guest, **options) for name, options in parts]
        return library.SequentialLR(guest, schedules, milestones)

    same_paths(torch, make)


unstepped = pytest.mark.filterwarnings("ignore:Detected call")  # PyTorch's
CHAINS = {
    "decays": lambda L, o: [L.ExponentialLR(o, 0.97), L.StepLR(o, 7, 0.5)],
    "warm, then decay": lambda L, o: [L.LinearLR(o, 0.1, total_iters=9), L.MultiStepLR(o, [40])],
    "warm, then plateau": lambda L, o: [
        L.LinearLR(o, 0.1, total_iters=5), L.ReduceLROnPlateau(o, patience=3, factor=0.5)
    ],
    "the last one is absolute": lambda L, o: [
        L.CosineAnnealingLR(o, 40), L.LambdaLR(o, lambda t: 1 / (1 + t))
    ],
}  # fmt: skip


@unstepped
@pytest.mark.parametrize("make", CHAINS.values(), ids=CHAINS)
def test_chained_schedules_and_a_rate_changed_by_hand_are_pytorchs(torch, make):
    """A schedule multiplies what another has made of the rate, instead of undoing it."""

    def rates(library, tensor):
        guest, seen = groups(tensor, library), []
        schedules = make(library.lr_scheduler, guest)
        for step in range(STEPS):
            seen.append([group["lr"] for group in guest.param_groups])
            for schedule in schedules:
                plateau = isinstance(schedule, library.lr_scheduler.ReduceLROnPlateau)
                schedule.step(*[1.0] * plateau)
            if step == 20:
                guest.param_groups[1]["lr"] *= 0.25
        return seen

    assert_allclose(rates(optim, Tensor), rates(torch.optim, torch.tensor), rtol=1e-9)


@unstepped
@pytest.mark.parametrize("name", ["step", "exponential", "linear", "cosine, again"])
def test_a_group_that_is_added_later_has_a_rate_of_its_own(torch, name):
    """As layers that are unfrozen on the way have."""
    (kind, options), runs = TABLE[name], []
    options = options | ({"eta_min": 0.0} if "eta_min" in options else {})
    for library, tensor in ((optim, Tensor), (torch.optim, torch.tensor)):
        guest, seen = groups(tensor, library), []
        schedule = getattr(library.lr_scheduler, kind)(guest, **options)
        for step in range(12):
            if step == 3:
                more = tensor([1.0], requires_grad=True)
                guest.add_param_group({"params": [more], "lr": 0.02})
            schedule.step()
            seen += [group["lr"] for group in guest.param_groups]
        runs.append(seen)
    assert_allclose(*runs, rtol=1e-9)


def test_a_group_that_is_added_later_goes_through_a_sequence_too():
    guest = groups(Tensor, optim)
    parts = ours_all.LinearLR(guest, 0.5, total_iters=2), ours_all.ExponentialLR(guest, 0.5)
    schedule = ours_all.SequentialLR(guest, parts, [2])
    guest.add_param_group({"params": [Tensor([1.0], requires_grad=True)], "lr": 0.8})
    for rate in (0.6, 0.8, 0.4, 0.2):
        schedule.step()
        assert guest.param_groups[2]["lr"] == pytest.approx(rate)


PLATEAUS = {
    "defaults": {},
    "patience": {"patience": 2, "factor": 0.5},
    "max": {"mode": "max", "patience": 1, "factor": 0.7, "threshold": 0.05},
    "absolute": {"threshold_mode": "abs", "threshold": 0.3, "patience": 1, "factor": 0.5},
    "max, absolute": {"mode": "max", "threshold_mode": "abs", "threshold": 0.3, "patience": 0},
    "cooldown": {"patience": 0, "cooldown": 3, "factor": 0.6},
    "least": {"patience": 0, "min_lr": [0.01, 0.1], "factor": 0.6},
    "eps": {"patience": 0, "factor": 0.9, "eps": 0.01},
}


@pytest.mark.parametrize("options", PLATEAUS.values(), ids=PLATEAUS)
def test_a_plateau_is_pytorchs(torch, rng, options):
    metrics = 2 + np.cumsum(rng.normal(size=STEPS)) / 3
    metrics[[5, 50]] = np.nan, -1.0
    seen = same_paths(
        torch,
        lambda library, guest: library.ReduceLROnPlateau(guest, **options),
        metrics=metrics.tolist(),
    )
    assert len(set(seen[:, 2])) > 1


@every
def test_at_tells_every_step_and_changes_nothing(name, options):
    optimizer = groups(Tensor, optim)
    schedule = getattr(ours_all, name)(optimizer, **options)
    told = [[schedule.at(t, i) for i in range(2)] for t in range(30)]
    assert schedule.last_epoch == 0
    for rates in told:
        assert schedule.get_last_lr() == rates
        schedule.step()


@pytest.mark.parametrize("k", [1, 40])
@pytest.mark.parametrize("name", ["OneCycleLR", "SequentialLR", "ReduceLROnPlateau"])
def test_a_saved_schedule_goes_on_where_it_was(rng, name, k):
    def make(top, patience, gamma, milestone):
        optimizer = groups(Tensor, optim)
        if name == "OneCycleLR":
            return optimizer, ours_all.OneCycleLR(optimizer, [top, top / 2], 100)
        if name == "ReduceLROnPlateau":
            return optimizer, ours_all.ReduceLROnPlateau(optimizer, patience=patience, cooldown=2)
        parts = ours_all.LinearLR(optimizer), ours_all.ExponentialLR(optimizer, gamma)
        return optimizer, ours_all.SequentialLR(optimizer, parts, (milestone,))

    metrics = rng.normal(size=60).tolist() if name == "ReduceLROnPlateau" else [None] * 60
    optimizer, schedule = make(0.5, 2, 0.9, 20)
    path(optimizer, schedule, metrics[:k])
    twin, twin_schedule = make(0.4, 7, 0.1, 3)  # whose options are those of another training
    twin_schedule.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    twin.load_state_dict(optimizer.state_dict())
    for a, b in zip(optimizer.param_groups, twin.param_groups, strict=True):
        b["params"][0].data[:] = a["params"][0].data
    assert path(twin, twin_schedule, metrics[k:]) == path(optimizer, schedule, metrics[k:])


def test_the_options_of_a_schedule_are_saved_but_for_functions():
    def made(name, *args, **options):
        return getattr(ours_all, name)(groups(Tensor, optim), *args, **options)

    saved = made("CosineAnnealingLR", 10, eta_min=0.01).state_dict()
    assert (saved["T_max"], saved["eta_min"]) == (10, 0.01)
    assert made("MultiStepLR", range(2, 5)).state_dict()["milestones"] == [2, 3, 4]

    class Tabled(ours_all.LRScheduler):
        def formula(self, t, lr, rates):
            return lr * rates[t > 2]

    tabled = Tabled(groups(Tensor, optim), {True: 0.5, False: 0.25})
    assert tabled.state_dict()["rates"] == {True: 0.5, False: 0.25}
    for functions in (math.sqrt, (math.sqrt, math.sqrt)):
        schedule = made("LambdaLR", functions)
        assert schedule.state_dict().keys() == {"last_epoch", "base_lrs"}
        schedule.load_state_dict({**schedule.state_dict(), "last_epoch": 9})
        assert schedule.at(4) == 2 * schedule.base_lrs[0]


def test_a_schedule_goes_on_with_the_options_of_pytorchs(torch):
    saved = torch.optim.lr_scheduler.CosineAnnealingLR(groups(torch.tensor, torch.optim), 7, 0.01)
    schedule = ours_all.CosineAnnealingLR(groups(Tensor, optim), 10)
    schedule.load_state_dict(saved.state_dict())
    assert schedule.options == {"T_max": 7, "eta_min": 0.01}


OLD = {"last_epoch": 4, "base_lrs": [0.1, 0.2]}


@pytest.mark.parametrize(
    ("state", "what", "where", "instead"),
    [
        (
            {**OLD, "milestones": [3]},
            "nothing was saved as schedulers",
            "SequentialLR",
            "what state_dict() of one like this returned",
        ),
        (
            {**OLD, "milestones": [3], "schedulers": [{**OLD, "gamma": 0.5}, OLD]},
            "nothing was saved as gamma",
            "ExponentialLR",
            "what state_dict() of one like this returned",
        ),
        (
            {**OLD, "milestones": [3], "schedulers": [OLD]},
            "there are 2 schedules, and there were 1 when saved",
            "SequentialLR",
            "as many schedules, in the same order",
        ),
    ],
)
def test_a_state_without_options_changes_nothing(state, what, where, instead):
    optimizer = groups(Tensor, optim)
    parts = ours_all.ExponentialLR(optimizer, 0.9), ours_all.ExponentialLR(optimizer, 0.1)
    schedule = ours_all.SequentialLR(optimizer, parts, [20])
    before = schedule.state_dict()
    with pytest.raises(ValueError) as error:
        schedule.load_state_dict(state)
    assert str(error.value) == three_lines(what, where, instead)
    assert schedule.state_dict() == before


@unstepped
@pytest.mark.parametrize("kind", ["step", "exponential", "linear", "cosine, again", "lambda"])
def test_last_epoch_goes_on_where_the_state_of_the_optimizer_was_saved(torch, kind):
    """PyTorch's other way to resume: only the optimizer's state is in the file."""
    (name, options), runs = TABLE[kind], []
    for library, tensor in ((optim, Tensor), (torch.optim, torch.tensor)):
        guest, seen = groups(tensor, library), []
        schedule = getattr(library.lr_scheduler, name)(guest, **options)
        for _ in range(9):
            schedule.step()
        saved, guest = guest.state_dict(), groups(tensor, library)
        guest.load_state_dict(saved)
        resumed = getattr(library.lr_scheduler, name)(guest, **options, last_epoch=8)
        for _ in range(5):
            seen += [group["lr"] for group in guest.param_groups]
            resumed.step()
        runs.append(seen)
    assert_allclose(*runs, rtol=1e-9)


def test_several_schedules_go_on_at_once():
    def make(guest, **options):
        decay = ours_all.StepLR(guest, 3, 0.5, **options)
        return [ours_all.LinearLR(guest, 0.1, total_iters=9, **options), decay]

    through, seen = groups(Tensor, optim), []
    schedules = make(through)
    for epoch in range(12):
        if epoch == 6:  # 6 is a multiple of 3, where the rate has just been halved
            twin = groups(Tensor, optim)
            twin.load_state_dict(through.state_dict())
            resumed = make(twin, last_epoch=5)
        for schedule in [*schedules, *(resumed if epoch >= 6 else [])]:
            schedule.step()
        if epoch >= 6:
            seen.append([o.param_groups[1]["lr"] for o in (through, twin)])
    assert_allclose(*zip(*seen, strict=True), rtol=1e-12)


# ── numbers that anybody can check ────────────────────────────────────────────────────────────
def rates(name, *args, steps, **options):
    schedule = getattr(ours_all, name)(groups(Tensor, optim), *args, **options)
    return [schedule.at(t) / 0.05 for t in steps]


def test_closed_formulas():
    assert rates("StepLR", 10, steps=[9, 10, 25]) == pytest.approx([1, 0.1, 0.01])
    assert rates("MultiStepLR", [2, 4], 0.5, steps=[1, 2, 3, 4]) == pytest.approx(
        [1, 0.5, 0.5, 0.25]
    )
    assert rates("ExponentialLR", 0.5, steps=[0, 1, 4]) == pytest.approx([1, 0.5, 0.0625])
    assert rates("CosineAnnealingLR", 8, steps=[0, 4, 8]) == pytest.approx([1, 0.5, 0])
    restarts = rates("CosineAnnealingWarmRestarts", 2, 2, steps=[0, 1, 2, 4, 6])
    assert restarts == pytest.approx([1, 0.5, 1, 0.5, 1])
    cycle = rates("OneCycleLR", 0.5, 100, steps=[0, 29, 64, 99, 200])
    assert cycle == pytest.approx([0.4, 10, 5 * (1 + 0.4e-5), 0.4e-4, 0.4e-4], rel=1e-4)
    ways_up = {1.0: [0.4, 10, 10], 0.1: [10, 0.4e-4, 0.4e-4]}  # all steps; the first alone
    for share, heights in ways_up.items():
        cycle = rates("OneCycleLR", 0.5, 10, pct_start=share, steps=[0, 9, 50])
        assert cycle == pytest.approx(heights)


def test_a_formula_of_ones_own():
    class Cubic(ours_all.LRScheduler):
        def formula(self, t, lr, length=10):
            return lr * (1 - t / length) ** 3

    schedule = Cubic(groups(Tensor, optim), length=4)
    schedule.step()
    assert schedule.get_last_lr() == pytest.approx([0.05 * 27 / 64, 0.2 * 27 / 64])
    with pytest.raises(TypeError, match="lengh"):
        Cubic(groups(Tensor, optim), lengh=4)


SAID = {
    "a factor that raises": (
        lambda o: ours_all.ReduceLROnPlateau(o, factor=2.0),
        "factor=2.0 does not reduce",
        "ReduceLROnPlateau",
        "factor=0.1",
    ),
    "more than the whole": (
        lambda o: ours_all.OneCycleLR(o, 0.5, 10, pct_start=2),
        "pct_start=2 is no share",
        "OneCycleLR",
        "pct_start=0.3",
    ),
    "a division by nothing": (
        lambda o: ours_all.OneCycleLR(o, 0.5, 10, div_factor=0),
        "(0, 10000.0) are no divisors",
        "OneCycleLR",
        "div_factor=25.0",
    ),
    "cycle": (
        lambda o: ours_all.OneCycleLR(o, 0.5),
        "nothing says how many steps a cycle has",
        "OneCycleLR",
        "total_steps=1000",
    ),
    "nothing to cycle": (
        lambda o: ours_all.OneCycleLR(optim.Adagrad(o.param_groups[0]["params"]), 0.5, 10),
        "Adagrad has no momentum that could go up and down",
        "OneCycleLR",
        "cycle_momentum=False",
    ),
    "plateau": (
        lambda o: ours_all.ReduceLROnPlateau(o, mode="least"),
        "mode is no 'least'",
        "ReduceLROnPlateau",
        "min max",
    ),
    "no steps": (
        lambda o: ours_all.StepLR(o, 0),
        "step_size=0 is no number of steps",
        "StepLR",
        "step_size=10",
    ),
    "restarts without end": (
        lambda o: ours_all.CosineAnnealingWarmRestarts(o, 0),
        "T_0=0 is no number of steps",
        "CosineAnnealingWarmRestarts",
        "T_0=10",
    ),
    "a list too short": (
        lambda o: ours_all.LambdaLR(o, [math.sqrt]),
        "lr_lambda is a list of 1, and there are 2 groups",
        "LambdaLR",
        "a list of 2, or one lr_lambda for all",
    ),
    "resumed too early": (
        lambda o: ours_all.StepLR(o, 3, last_epoch=4),
        "last_epoch=4, and the optimizer has not had a schedule yet",
        "StepLR",
        "optimizer.load_state_dict(saved) before it, or last_epoch=-1",
    ),
    "sequence": (
        lambda o: ours_all.SequentialLR(o, [ours_all.LinearLR(o)], [3]),
        "1 schedules have 1 milestones between them",
        "SequentialLR",
        "0 milestones",
    ),
    "sequence of another optimizer": (
        lambda o: ours_all.SequentialLR(o, [ours_all.LinearLR(copy.copy(o))], []),
        "a schedule is one of another optimizer",
        "SequentialLR",
        "schedules of this one",
    ),
    "sequence backwards": (
        lambda o: ours_all.SequentialLR(o, [ours_all.LinearLR(o)] * 3, [5, 4]),
        "milestones are in the order of time, not [5, 4]",
        "SequentialLR",
        "milestones=[10, 20]",
    ),
}


@pytest.mark.parametrize(("call", "what", "where", "instead"), SAID.values(), ids=SAID)
def test_words(call, what, where, instead):
    with pytest.raises(ValueError, match=re.escape(what)) as raised:
        call(groups(Tensor, optim))
    assert str(raised.value) == three_lines(what, where, instead)


def test_a_schedule_without_a_formula_says_so():
    class Mine(ours_all.LRScheduler):
        pass

    with pytest.raises(NotImplementedError) as raised:
        Mine(groups(Tensor, optim))
    assert str(raised.value) == three_lines(
        "Mine does not say what the learning rate is",
        "class Mine",
        "def formula(self, t, lr): return lr / (1 + t)",
    )


@pytest.mark.parametrize(
    ("rate", "told"),
    [(None, "None"), ([0.1], "a list"), (np.array([0.1]), "an ndarray"), ("0.1", "a str")],
)
def test_a_formula_returns_one_number(rate, told):
    class Mine(ours_all.LRScheduler):
        def formula(self, t, lr):
            return rate if t else lr / (1 + t)

    schedule = Mine(groups(Tensor, optim))
    with pytest.raises(TypeError) as raised:
        schedule.step()
    assert str(raised.value) == three_lines(
        f"the formula returned {told}, and a rate is one number", "Mine", "return lr / (1 + t)"
    )


def test_names_are_pytorchs(torch):
    names = [
        n
        for n, v in vars(ours_all).items()
        if isinstance(v, type) and issubclass(v, ours_all.LRScheduler)
    ]
    assert set(names) <= set(torch.optim.lr_scheduler.__all__)
    assert math.isinf(ours_all.ReduceLROnPlateau(groups(Tensor, optim)).best)


def test_a_cycle_after_a_warm_up_turns_the_momentum(torch):
    def run(optim, parameter):
        optimizer = optim.SGD([parameter], lr=0.04, momentum=0.5)
        (parameter * 1.0).sum().backward()
        rates = optim.lr_scheduler
        parts = [
            rates.LinearLR(optimizer, 0.5, total_iters=2),
            rates.OneCycleLR(optimizer, max_lr=1.0, total_steps=6),
        ]
        schedule, found = rates.SequentialLR(optimizer, parts, milestones=[2]), []
        for _ in range(7):
            group = optimizer.param_groups[0]
            found.append((group["lr"], group["momentum"]))
            optimizer.step()
            schedule.step()
        return found

    ours = run(optim, Tensor([1.0], requires_grad=True))
    assert_allclose(ours, run(torch.optim, torch.nn.Parameter(torch.ones(1))), rtol=1e-12)

"""Optimisers: the same path as PyTorch's for a hundred steps, and the manners of a good guest."""

import copy
import gc
import inspect
import math
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nn
from autograd import CaptureError, Tensor, capture, no_grad, three_lines
from nn import optim

STEPS = 100
OPTIONS = {
    "SGD": ("SGD", {"lr": 0.01}),
    "SGD, momentum": ("SGD", {"lr": 0.01, "momentum": 0.9}),
    "SGD, dampening": ("SGD", {"lr": 0.01, "momentum": 0.9, "dampening": 0.5}),
    "SGD, nesterov": ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    "SGD, decay": ("SGD", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}),
    "SGD, all defaults": ("SGD", {}),
    "SGD, dampening of no momentum": ("SGD", {"lr": 0.01, "dampening": 0.5}),
    "Adam": ("Adam", {}),
    "Adam, decay": ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.1}),
    "AdamW": ("AdamW", {}),
    "AdamW, decay": ("AdamW", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.3}),
    "SGD, dampening and decay": (
        "SGD",
        {"lr": 0.01, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1},
    ),
    "Adam, amsgrad": ("Adam", {"lr": 0.05, "amsgrad": True}),
    "AdamW, amsgrad": ("AdamW", {"lr": 0.05, "amsgrad": True}),
    "RMSprop": ("RMSprop", {}),
    "RMSprop, momentum": ("RMSprop", {"lr": 0.001, "momentum": 0.9, "alpha": 0.9, "eps": 1e-4}),
    "RMSprop, all": (
        "RMSprop",
        {"lr": 0.001, "momentum": 0.5, "centered": True, "weight_decay": 0.1},
    ),
    "Adagrad": ("Adagrad", {}),
    "Adagrad, all": (
        "Adagrad",
        {
            "lr": 0.1,
            "lr_decay": 0.01,
            "weight_decay": 0.1,
            "initial_accumulator_value": 0.5,
            "eps": 1e-3,
        },
    ),
}
OURS = {**OPTIONS, "Lion": ("Lion", {}), "Lion, decay": ("Lion", {"lr": 0.01, "weight_decay": 0.3})}
ours_too = pytest.mark.parametrize(("name", "options"), OURS.values(), ids=OURS)
every = pytest.mark.parametrize(("name", "options"), OPTIONS.values(), ids=OPTIONS)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the oracle")


def rosenbrock(w, b):
    """Return a curved valley over a matrix, plus a scalar: no step is like another."""
    return ((1 - w[:, 0]) ** 2).sum() + ((w[:, 1] - w[:, 0] ** 2) ** 2).sum() + (b * b) ** 2


def start(rng):
    return rng.uniform(-1, 1, (5, 2)), 0.7


# ── the path ──────────────────────────────────────────────────────────────────────────────────
@every
@pytest.mark.parametrize("sign", [1, -1], ids=["down", "up"])
def test_the_path_is_pytorchs(torch, rng, name, options, sign):
    w, b = start(rng)
    ours = Tensor(w, requires_grad=True), Tensor(b, requires_grad=True)
    theirs = (
        torch.tensor(w, requires_grad=True),
        torch.tensor(b, requires_grad=True, dtype=torch.float64),
    )
    step, expected = (
        getattr(library, name)(params, **options, maximize=sign < 0)
        for library, params in ((optim, ours), (torch.optim, theirs))
    )
    path = []
    for _ in range(STEPS):
        for optimizer, params in ((step, ours), (expected, theirs)):
            optimizer.zero_grad()
            (sign * rosenbrock(*params)).backward()
            optimizer.step()
        for p, q in zip(ours, theirs, strict=True):
            assert_allclose(p.data, q.detach().numpy(), rtol=1e-12, atol=1e-12)
        path.append(ours[0].data.copy())
    assert abs(path[-1] - path[0]).max() > 0.01


@every
def test_float32_stays_float32(torch, rng, name, options):
    w, b = start(rng)
    ours = Tensor(w, True, np.float32), Tensor(b, True, np.float32)
    theirs = (
        torch.tensor(w, requires_grad=True, dtype=torch.float32),
        torch.tensor(b, requires_grad=True),
    )
    step, expected = (
        getattr(optim, name)(ours, **options),
        getattr(torch.optim, name)(theirs, **options),
    )
    for _ in range(10):
        for optimizer, params in ((step, ours), (expected, theirs)):
            optimizer.zero_grad()
            rosenbrock(*params).backward()
            optimizer.step()
    for p, q in zip(ours, theirs, strict=True):
        assert p.dtype == np.float32
        assert_allclose(p.data, q.detach().numpy(), rtol=1e-4, atol=1e-5)
    for remembered in step.state.values():
        assert all(v.dtype == np.float32 for v in remembered.values() if hasattr(v, "dtype"))


def test_groups_have_options_of_their_own(torch, rng):
    w, b = start(rng)
    ours = Tensor(w, requires_grad=True), Tensor(b, requires_grad=True)
    theirs = (
        torch.tensor(w, requires_grad=True),
        torch.tensor(b, requires_grad=True, dtype=torch.float64),
    )
    pairs = []
    for library, (p, q) in ((optim, ours), (torch.optim, theirs)):
        groups = [{"params": [p], "lr": 0.001}, {"params": q, "momentum": 0.5}]
        pairs.append((library.SGD(groups, lr=0.01, momentum=0.9), (p, q)))
    for i in range(20):
        for optimizer, params in pairs:
            if i == 10:
                optimizer.param_groups[0]["lr"] = 0.002
            optimizer.zero_grad()
            rosenbrock(*params).backward()
            optimizer.step()
    for p, q in zip(ours, theirs, strict=True):
        assert_allclose(p.data, q.detach().numpy(), rtol=1e-12)


@ours_too
def test_a_saved_state_goes_on_where_it_was(rng, name, options):
    def run(params, optimizer, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            rosenbrock(*params).backward()
            optimizer.step()

    params = [Tensor(v, requires_grad=True) for v in start(rng)]
    optimizer = getattr(optim, name)(params, **options)
    run(params, optimizer, 5)
    twins = [Tensor(p.data, requires_grad=True) for p in params]
    saved = optimizer.state_dict()
    frozen = copy.deepcopy(saved)
    run(params, optimizer, 5)
    twin = getattr(optim, name)(twins, lr=123.0)
    twin.load_state_dict(saved)
    run(twins, twin, 5)
    for p, q in zip(params, twins, strict=True):
        assert_array_equal(p.data, q.data)
    assert str(saved) == str(frozen), "a saved state must not change"


def test_names_in_a_saved_state_are_pytorchs(torch):
    for name, options in OPTIONS.values():
        states = []
        for library, tensor in ((optim, Tensor), (torch.optim, torch.tensor)):
            w = tensor([1.0, 2.0], requires_grad=True)
            optimizer = getattr(library, name)([w], **options)
            (w * w).sum().backward()
            optimizer.step()
            states.append(optimizer.state_dict())
        ours, theirs = states
        assert ours["state"][0].keys() == theirs["state"].get(0, {}).keys()
        assert ours["param_groups"][0].keys() <= theirs["param_groups"][0].keys()
        assert ours["param_groups"][0]["params"] == [0]


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_it_prints_as_pytorchs_does(torch, name):
    texts = []
    for library, tensor in ((optim, Tensor), (torch.optim, torch.tensor)):
        w, b = [tensor([1.0], requires_grad=True) for _ in "wb"]
        groups = [{"params": [w], "lr": 0.25}, {"params": [b]}]
        text = str(getattr(library, name)(groups, lr=0.5))
        texts.append(text.replace(": 0\n", ": 0.0\n").split("\n"))  # PyTorch has integers
    ours, theirs = texts
    assert ours == [line for line in theirs if line in ours]
    assert [line for line in ours if "lr: " in line] == ["    lr: 0.25", "    lr: 0.5"]


@pytest.mark.parametrize(
    ("name", "switch", "memory"),
    [
        ("SGD", {"momentum": 0.9}, {"momentum_buffer"}),
        ("Adam", {"amsgrad": True, "betas": (0.9, 0.5)}, {"max_exp_avg_sq"}),
        ("AdamW", {"amsgrad": True, "betas": (0.9, 0.5)}, {"max_exp_avg_sq"}),
        ("RMSprop", {"centered": True, "momentum": 0.9}, {"grad_avg", "momentum_buffer"}),
    ],
)
def test_what_an_option_remembers_begins_when_it_is_switched_on(rng, name, switch, memory):
    x, grads = rng.standard_normal(3), rng.standard_normal((5, 3)) * [[9], [9], [1], [1], [1]]

    def path(switched, forgotten):
        w = Tensor(x, requires_grad=True)
        options = {"betas": switch["betas"]} if "betas" in switch else {}
        optimizer = getattr(optim, name)([w], lr=0.1, **(options if switched else switch))
        for i, g in enumerate(grads):
            if i == 2:
                w.data = x.copy()
                optimizer.param_groups[0].update(switch)
                optimizer.state[w] |= {key: np.zeros(3) for key in forgotten}
            w.grad = Tensor(g)
            optimizer.step()
        return w.data

    assert_array_equal(path(True, ()), path(False, memory))
    assert not np.array_equal(path(True, ()), path(False, ()))


def test_what_a_formula_remembers_starts_from_0_if_nothing_else_is_said():
    class HeavyBall(optim.Optimizer):
        def update(self, p, g, velocity, step, *, lr=0.1):
            velocity += g
            p -= lr * step * velocity

    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = HeavyBall([w], lr=0.5)
    for _ in range(2):
        w.grad = Tensor([2.0, 4.0])
        optimizer.step()
    assert w.tolist() == [-4.0, -8.0]


def test_the_state_of_a_parameter_stays_the_same_dict():
    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer, states = optim.Adam([w], betas=(0.5, 0.999)), []
    for _ in range(3):
        w.grad = Tensor([4.0, 8.0])
        optimizer.step()
        states.append(optimizer.state[w])
    assert states[0]["step"] == 3
    assert states[0]["exp_avg"].tolist() == [3.5, 7.0]


@ours_too
def test_groups_of_any_optimizer_have_options_of_their_own(rng, name, options):
    def run(groups, **more):
        params = [Tensor(v, requires_grad=True) for v in values]
        optimizer = getattr(optim, name)(groups(*params), **{**options, **more})
        for _ in range(10):
            optimizer.zero_grad()
            rosenbrock(*params).backward()
            optimizer.step()
        return [p.data for p in params]

    values = start(rng)
    (w, _), (_, b) = run(lambda *p: p, lr=0.002), run(lambda *p: p, lr=0.003)
    both = run(lambda w, b: [{"params": w, "lr": 0.002}, {"params": [b]}], lr=0.003)
    assert_array_equal(both[0], w)
    assert_array_equal(both[1], b)


def test_lion_is_the_papers(rng):
    """Algorithm 2 of Chen et al., written out number by number."""
    w, b = start(rng)
    params = Tensor(w, requires_grad=True), Tensor(b, requires_grad=True)
    lr, beta1, beta2, decay = 0.01, 0.8, 0.95, 0.3
    optimizer = optim.Lion(params, lr, betas=(beta1, beta2), weight_decay=decay)
    numbers, means = [*w.ravel().tolist(), b], [0.0] * 11
    for _ in range(STEPS):
        optimizer.zero_grad()
        rosenbrock(*params).backward()
        grads = [*params[0].grad.data.ravel().tolist(), params[1].grad.item()]
        for i, g in enumerate(grads):
            c = beta1 * means[i] + (1 - beta1) * g
            numbers[i] -= lr * ((c > 0) - (c < 0) + decay * numbers[i])
            means[i] = beta2 * means[i] + (1 - beta2) * g
        optimizer.step()
        assert_allclose([*params[0].data.ravel(), params[1].data], numbers, rtol=1e-12, atol=1e-14)


# ── large parameters go in pieces ─────────────────────────────────────────────────────────────
def laid_out(name, options, layout, x, grads):
    p = Tensor(layout(x), requires_grad=True)
    optimizer = getattr(optim, name)([p], **options)
    for i, g in enumerate(grads):
        p.grad = Tensor(layout(g) if i % 2 else g)
        p.grad.data.flags.writeable = False
        optimizer.step()
    return p.data


@ours_too
def test_pieces_are_the_whole(monkeypatch, rng, name, options):
    x, grads = rng.normal(size=(20, 30)), rng.normal(size=(4, 20, 30))
    whole = laid_out(name, options, np.asarray, x, grads)
    monkeypatch.setattr(optim.optimizer, "BLOCK", 64)
    for layout in (np.asarray, np.asfortranarray):
        assert_array_equal(laid_out(name, options, layout, x, grads), whole)


@ours_too
def test_no_array_as_large_as_a_parameter_is_made(name, options):
    p = Tensor(np.ones((1000, 2000), np.float32), requires_grad=True)
    p.grad = Tensor(np.full((1000, 2000), 0.5, np.float32))
    optimizer = getattr(optim, name)([p], **options)
    optimizer.step()
    tracemalloc.start()
    try:
        optimizer.step()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < p.data.nbytes / 10


# ── L-BFGS ────────────────────────────────────────────────────────────────────────────────────
SEARCHES = {
    "lr": {"lr": 0.1},
    "wolfe": {"line_search_fn": "strong_wolfe"},
    "wolfe, short": {"line_search_fn": "strong_wolfe", "max_iter": 4, "history_size": 3},
    "wolfe, few calls": {"line_search_fn": "strong_wolfe", "max_eval": 7, "lr": 0.5},
    "wolfe, far": {"line_search_fn": "strong_wolfe", "lr": 30.0, "max_iter": 3},
    "wolfe, near": {"line_search_fn": "strong_wolfe", "lr": 1e-3, "max_iter": 3},
    "tolerances": {
        "line_search_fn": "strong_wolfe",
        "tolerance_grad": 1e-2,
        "tolerance_change": 1e-3,
    },
    "lr, short": {"lr": 0.05, "max_iter": 3, "history_size": 2},
}


def valley(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def both_nets(torch, rng):
    ours = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    theirs = torch.nn.Sequential(
        torch.nn.Linear(2, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1)
    ).double()
    theirs.load_state_dict({k: torch.tensor(v.data) for k, v in ours.state_dict().items()})
    x = rng.normal(size=(20, 2))
    y = np.sin(x[:, :1]) * x[:, 1:]
    return (
        (list(ours.parameters()), lambda: ((ours(x) - y) ** 2).mean()),
        (
            list(theirs.parameters()),
            lambda: ((theirs(torch.tensor(x)) - torch.tensor(y)) ** 2).mean(),
        ),
    )


def both_valleys(torch, rng):
    del rng
    ours = [Tensor(v, requires_grad=True) for v in (-1.2, 1.0)]
    theirs = [torch.tensor(v, requires_grad=True, dtype=torch.float64) for v in (-1.2, 1.0)]
    return (ours, lambda: valley(*ours)), (theirs, lambda: valley(*theirs))


@pytest.mark.parametrize("options", SEARCHES.values(), ids=SEARCHES)
@pytest.mark.parametrize("problem", [both_valleys, both_nets])
def test_the_path_of_lbfgs_is_pytorchs(torch, rng, problem, options):
    runs = []
    for library, (params, f) in zip((optim, torch.optim), problem(torch, rng), strict=True):
        optimizer = library.LBFGS(params, **options)

        def closure(optimizer=optimizer, f=f):
            optimizer.zero_grad()
            loss = f()
            loss.backward()
            return loss

        runs.append((optimizer, closure, params))
    (ours, closure, params), (theirs, their_closure, their_params) = runs
    for i in range(5):
        loss, expected = ours.step(closure), theirs.step(their_closure)
        # after a hundred iterations, what is rounded otherwise at first has grown tenfold and more
        rtol = 1e-5 if i else 1e-11
        assert_allclose(loss.item(), expected.item(), rtol=rtol, atol=1e-12)
        for p, q in zip(params, their_params, strict=True):
            assert_allclose(p.data, q.detach().numpy(), rtol=rtol, atol=rtol / 100)
        (state,), (other,) = ours.state.values(), theirs.state.values()
        if expected.item() > 1e-10:
            assert state["func_evals"] == other["func_evals"]
            assert state["n_iter"] == other.get("n_iter", 0)


@pytest.mark.parametrize("options", [{}, {"max_eval": 4}, {"lr": 0.3, "max_iter": 3}])
@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_the_closure_of_lbfgs_may_clamp_the_parameters(torch, options, search):
    ours = Tensor([0.5, 0.5], requires_grad=True)
    theirs = torch.tensor([0.5, 0.5], requires_grad=True, dtype=torch.float64)
    values = []
    runs = ((ours, no_grad, optim), (theirs, torch.no_grad, torch.optim))
    for x, quiet, library in runs:
        optimizer = library.LBFGS([x], **{"max_iter": 6, "line_search_fn": search, **options})

        def closure(x=x, quiet=quiet, optimizer=optimizer):
            with quiet():
                x.clamp_(0, 1)
            optimizer.zero_grad()
            loss = (x[0] - 3) ** 4 + (x[1] - 0.3) ** 4 + x[0] * x[1]
            loss.backward()
            return loss

        for _ in range(4):
            optimizer.step(closure)
            values.append(x.detach().numpy().copy())
    assert_allclose(values[:4], values[4:], rtol=1e-9)
    if not options:
        assert_allclose(values[1], [2.03810862, 0.37309002] if search else [1.0, 0.0])


@pytest.mark.parametrize("options", SEARCHES.values(), ids=SEARCHES)
def test_a_saved_lbfgs_goes_on_where_it_was(options):
    def run(params, optimizer, steps):
        def closure():
            optimizer.zero_grad()
            loss = rosenbrock(*params)
            loss.backward()
            return loss

        for _ in range(steps):
            optimizer.step(closure)

    params = [
        Tensor(v, requires_grad=True, dtype=np.float32)
        for v in (np.linspace(-1, 1, 10).reshape(5, 2), 0.7)
    ]
    options = {**options, "max_iter": 2}
    optimizer = optim.LBFGS(params, **options)
    run(params, optimizer, 3)
    twins = [Tensor(p.data, requires_grad=True) for p in params]
    twin = optim.LBFGS(twins)
    twin.load_state_dict(optimizer.state_dict())
    arrays = [p.data for p in params]
    run(params, optimizer, 3)
    run(twins, twin, 3)
    assert params[0].data is arrays[0]
    for p, q in zip(params, twins, strict=True):
        assert p.dtype == np.float32
        assert_array_equal(p.data, q.data)


def hilly_line(rng):
    """Return a function that falls at 0, and its derivative: waves, a parabola and an edge."""
    (a, b, c, e), w, m = rng.normal(size=4), rng.uniform(0.1, 6), rng.uniform(0.1, 3)
    c, e = abs(c) * 0.05, abs(e) * 3
    a = -abs(a) - (0.1 - min(e, 0)) / w
    return (
        lambda t: a * math.sin(w * t) + b * math.cos(t) + c * t * t + e * abs(t - m),
        lambda t: a * w * math.cos(w * t) - b * math.sin(t) + 2 * c * t + math.copysign(e, t - m),
    )


@pytest.mark.parametrize("tries", [1, 3, 25])
def test_a_line_search_asks_where_pytorchs_does(torch, rng, tries):
    """Where bounds, edges and short brackets matter."""
    theirs = pytest.importorskip("torch.optim.lbfgs", reason="PyTorch is the oracle")
    one = torch.ones(1, dtype=torch.float64)
    for _ in range(200):
        f, df = hilly_line(rng)
        t, asked, expected = 10 ** rng.uniform(-3, 1), [], []

        def at(t, f=f, df=df, asked=asked):
            asked.append(float(t))
            return optim.lbfgs.Point(t, np.float64(f(t)), None, np.float64(df(t)))

        def evaluate(_x, t, _d, f=f, df=df, expected=expected):
            expected.append(float(t))
            return f(t), df(float(t)) * one

        point = optim.lbfgs._search(at, at(0.0), t, 1e-9, tries)
        g = df(0.0) * one
        _, _, found, _ = theirs._strong_wolfe(evaluate, one, t, one, f(0.0), g, g[0], max_ls=tries)
        assert_allclose(asked[1:], expected, rtol=1e-6)
        assert_allclose(point.t, float(found), rtol=1e-6)


def test_lbfgs_extrapolates_along_a_line():
    """The cubic through two points of a straight line has no minimum: the step is the longest."""
    w = Tensor([0.0], requires_grad=True)
    optimizer = optim.LBFGS([w], lr=0.5, max_iter=1, max_eval=4, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = -w.sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert w.item() == 500.0


# ── manners ───────────────────────────────────────────────────────────────────────────────────
@ours_too
def test_steps_are_in_place_and_leave_gradients_alone(rng, name, options):
    w = Tensor(start(rng)[0], requires_grad=True)
    optimizer = getattr(optim, name)([w], **options)
    for _ in range(3):
        optimizer.zero_grad()
        (w * w).sum().backward()
        data, g, before = w.data, w.grad.data, w.grad.data.copy()
        optimizer.step()
        assert w.data is data
        assert_array_equal(g, before)
        assert w.op is None
        assert w.requires_grad


def test_a_tensor_without_gradient_stays():
    used, unused = Tensor(1.0, requires_grad=True), Tensor(1.0, requires_grad=True)
    optimizer = optim.Adam([used, unused], lr=0.5, weight_decay=0.1)
    (used * 2).backward()
    optimizer.step()
    assert used.item() != 1.0
    assert unused.item() == 1.0


def test_zero_grad():
    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([w])
    (w * w).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert w.grad is None
    optimizer.zero_grad(set_to_none=False)
    assert w.grad is None


def test_no_graph_grows():
    w = Tensor(np.ones(3), requires_grad=True)
    optimizer = optim.Adam([w])
    counts = []
    for _ in range(5):
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
        counts.append(sum(type(o) is Tensor for o in gc.get_objects()))
    assert counts[-1] == counts[1]


@pytest.mark.parametrize("name", ["Adam", "Lion", "RMSprop", "Adagrad", "LBFGS"])
def test_no_program_holds_a_step_with_a_memory(name):
    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = getattr(optim, name)([w])

    def train(x):
        def closure():
            optimizer.zero_grad()
            loss = ((w - x) ** 2).sum()
            loss.backward()
            return loss

        return optimizer.step(closure)

    with pytest.raises(CaptureError, match=r"the optimizer's step outside of the function"):
        capture(train, np.zeros(2))
    assert w.tolist() == [1.0, 2.0]
    train(np.zeros(2))
    assert optimizer.state[w].get("step", 1) == 1


def test_step_returns_what_the_closure_does():
    w = Tensor(3.0, requires_grad=True)
    optimizer = optim.SGD([w], 0.5)

    def closure():
        optimizer.zero_grad()
        loss = w * w
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 9.0
    assert w.item() == 0.0


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "LBFGS"])
def test_options_are_pytorchs_in_their_order(torch, name):
    ours = inspect.signature(getattr(optim, name)).parameters
    theirs = inspect.signature(getattr(torch.optim, name)).parameters
    known = [k for k in theirs if k in ours and k != "maximize"]
    positional = [k for k, v in theirs.items() if v.kind is not v.KEYWORD_ONLY][: len(known)]
    assert known == positional
    assert list(ours) == known + ["maximize"] * ("maximize" in theirs)
    for k in known[1:]:
        assert ours[k].default == theirs[k].default or ours[k].default is None


def test_training_fits_a_line(rng):
    x = rng.uniform(-1, 1, (100, 1))
    model = nn.Linear(1, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.5, momentum=0.5)
    for _ in range(100):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), 3 * x - 2).backward()
        optimizer.step()
    assert model.weight.item() == pytest.approx(3, abs=1e-6)
    assert model.bias.item() == pytest.approx(-2, abs=1e-6)


# ── the mean of the weights ───────────────────────────────────────────────────────────────────
def test_the_means_of_another_model_are_refused():
    ema = optim.EMA(nn.Linear(4, 2))
    for sizes, shapes in [((4, 3), [(3, 4), (3,)]), ((4, 3, 2), [(3, 4), (3,), (2, 3), (2,)])]:
        with pytest.raises(ValueError) as error:
            ema.load_state_dict(optim.EMA(nn.MLP(*sizes)).state_dict())
        assert str(error.value) == three_lines(
            f"the means are those of another model: of shapes {shapes}, and not [(2, 4), (2,)]",
            "EMA",
            "the state of an EMA of the same layers and sizes",
        )
    with pytest.raises(ValueError, match="nothing was saved as averages, n_averaged"):
        ema.load_state_dict({})


def test_ema_is_pytorchs(torch, monkeypatch, rng):
    monkeypatch.setattr(optim.optimizer, "BLOCK", 4)
    model = nn.Linear(3, 2).double()
    model.scale = nn.Parameter(1.0)
    other = torch.nn.Linear(3, 2).double()
    other.scale = torch.nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    swa = torch.optim.swa_utils
    ema = optim.EMA(model, 0.9)
    expected = swa.AveragedModel(other, multi_avg_fn=swa.get_ema_multi_avg_fn(0.9))
    for _ in range(20):
        for p, q in zip(model.parameters(), other.parameters(), strict=True):
            value = rng.normal(size=p.shape)
            p.data = value if p.ndim else np.float64(value)
            q.data = torch.tensor(value, dtype=torch.float64)
        ema.update()
        expected.update_parameters(other)
    assert ema.n_averaged == expected.n_averaged.item()
    trained = [p.data for p in model.parameters()]
    with ema as mine:
        assert mine is ema
        for p, q in zip(model.parameters(), expected.module.parameters(), strict=True):
            assert_allclose(p.data, q.detach().numpy(), rtol=1e-12)
            assert type(p.data) is (np.ndarray if p.ndim else np.float64)
    for p, before in zip(model.parameters(), trained, strict=True):
        assert_array_equal(p.data, before)


def test_ema_is_saved_and_entered_again_inside_of_its_block():
    model = nn.Linear(1, 1, bias=False)
    ema = optim.EMA(model, 0.75)
    for weight in (1.0, 2.0):
        model.weight.data[:] = weight
        ema.update()
    with ema:
        assert ema.state_dict()["averages"] == [1.25]
        with ema:
            model.weight.data[:] = 7
        assert model.weight.item() == 1.25
    assert model.weight.item() == 2
    assert ema.averages == [1.25]


def test_ema_goes_on_and_comes_back_after_an_error():
    model = nn.Linear(2, 2)
    ema, twin = optim.EMA(model, 0.5), optim.EMA(model, 0.5)
    ema.update()
    twin.load_state_dict(ema.state_dict())
    weight = model.weight.data
    weight *= 2
    for each in (ema, twin):
        each.update()
    for a, b in zip(ema.averages, twin.averages, strict=True):
        assert_array_equal(a, b)
    assert_array_equal(ema.averages[0], weight * 0.75)

    def fail():
        with ema:
            assert_array_equal(model.weight.data, weight * 0.75)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert model.weight.data is weight


# ── clipping ──────────────────────────────────────────────────────────────────────────────────
def with_gradients(torch, dtype, scale=1.0):
    values = [np.array([[3.0, -4.0], [0.5, 0.25]]) * scale, np.array(-2.0) * scale]
    ours = [Tensor(np.zeros_like(v), True, dtype) for v in values]
    theirs = [torch.tensor(p.data, requires_grad=True) for p in ours]
    for v, p, q in zip(values, ours, theirs, strict=True):
        p.grad = Tensor(v, dtype=dtype)
        q.grad = torch.tensor(p.grad.data)
    return [*ours, Tensor(1.0, requires_grad=True)], [*theirs, torch.ones(1, requires_grad=True)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clipping_is_pytorchs(torch, dtype, norm_type, max_norm):
    ours, theirs = with_gradients(torch, dtype)
    kept = ours[0].grad.data
    told = str(norm_type) if math.isinf(norm_type) else norm_type  # as PyTorch's programs write
    total = nn.utils.clip_grad_norm_(ours, max_norm, told)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    rtol = 1e-12 if dtype is np.float64 else 1e-6
    assert total.dtype == dtype
    assert_allclose(total.item(), expected.item(), rtol=rtol)
    nn.utils.clip_grad_value_(iter(ours), 0.3)
    torch.nn.utils.clip_grad_value_(theirs, 0.3)
    for p, q in zip(ours[:2], theirs, strict=False):
        assert p.grad.dtype == dtype
        assert_allclose(p.grad.data, q.grad.numpy(), rtol=rtol)
    assert ours[0].grad.data is kept
    assert ours[2].grad is None


def test_clipping_nothing():
    assert nn.utils.clip_grad_norm_([Tensor(1.0, requires_grad=True)], 1.0).item() == 0.0


def test_a_norm_that_is_not_finite(torch):
    ours, theirs = with_gradients(torch, np.float64, np.inf)
    with pytest.raises(RuntimeError) as raised:
        nn.utils.clip_grad_norm_(ours, 1.0, error_if_nonfinite=True)
    assert str(raised.value) == three_lines(
        "the norm of the gradients is inf, so they cannot be scaled",
        "clip_grad_norm_ of 2 gradients",
        "a smaller lr; nn.doctor(model, loss) finds where it comes from",
    )
    assert ours[0].grad.data[0, 0] == np.inf, "nothing has changed"
    with np.errstate(invalid="ignore"):
        assert nn.utils.clip_grad_norm_(ours, 1.0).item() == np.inf
    torch.nn.utils.clip_grad_norm_(theirs, 1.0)
    for p, q in zip(ours[:2], theirs, strict=False):
        assert_array_equal(p.grad.data, q.grad.numpy())


# ── words ─────────────────────────────────────────────────────────────────────────────────────
def parameter():
    return Tensor([1.0, 2.0], requires_grad=True)


W = parameter()
SAID = {
    "a number for parameters": (
        lambda: optim.SGD(3),
        TypeError,
        "an optimizer takes parameters, not the module or function that has them",
        "an int",
        "SGD(model.parameters(), ...), SGD([w], ...)",
    ),
    "a tensor for a list of them": (
        lambda: optim.SGD(nn.Parameter([1.0])),
        TypeError,
        "an optimizer takes parameters, not the module or function that has them",
        "a Tensor",
        "SGD(model.parameters(), ...), SGD([w], ...)",
    ),
    "a group without parameters": (
        lambda: optim.SGD([{"lr": 0.1}]),
        ValueError,
        "a group has parameters",
        "SGD",
        "{'params': [...], 'lr': 0.1}",
    ),
    "one beta": (
        lambda: optim.Adam([parameter()], betas=(0.9,)),
        ValueError,
        "betas=(0.9,) are to be two",
        "Adam",
        "betas=(0.9, 0.999)",
    ),
    "a negative start": (
        lambda: optim.Adagrad([parameter()], initial_accumulator_value=-1.0),
        ValueError,
        "initial_accumulator_value=-1.0 is negative",
        "Adagrad",
        "initial_accumulator_value=1.0",
    ),
    "a decay below 0": (
        lambda: optim.Adagrad([parameter()], lr_decay=-1.0),
        ValueError,
        "lr_decay=-1.0 is negative",
        "Adagrad",
        "lr_decay=1.0",
    ),
    "means that run away": (
        lambda: optim.EMA(nn.Linear(1, 1), decay=2),
        ValueError,
        "decay=2 is no share",
        "EMA",
        "decay=0.999",
    ),
    "a module to clip": (
        lambda: nn.utils.clip_grad_norm_(nn.Linear(1, 1), 1.0),
        TypeError,
        "parameters are clipped, not what has them",
        "a Linear",
        "model.parameters()",
    ),
    "a number to clip": (
        lambda: nn.utils.clip_grad_norm_(3, 1.0),
        TypeError,
        "parameters are clipped, not what has them",
        "an int",
        "model.parameters()",
    ),
    "named parameters to clip": (
        lambda: nn.utils.clip_grad_value_(nn.Linear(1, 1).named_parameters(), 1.0),
        TypeError,
        "parameters are clipped, not what has them",
        "a tuple",
        "model.parameters()",
    ),
    "a negative norm": (
        lambda: nn.utils.clip_grad_norm_([parameter()], -1.0),
        ValueError,
        "gradients are clipped to 0 or more",
        "a bound of -1.0",
        "1.0",
    ),
    "a negative value": (
        lambda: nn.utils.clip_grad_value_([parameter()], -1.0),
        ValueError,
        "gradients are clipped to 0 or more",
        "a bound of -1.0",
        "1.0",
    ),
    "nothing": (
        lambda: optim.SGD([]),
        ValueError,
        "there is no parameter to train",
        "SGD",
        "model.parameters(), of layers that are attributes or in a ModuleList",
    ),
    "a result": (
        lambda: optim.Adam([parameter() * 2]),
        TypeError,
        "only leaf tensors are trained, not the result of multiply",
        "Adam",
        "nn.Parameter(data), or model.parameters()",
    ),
    "an array": (
        lambda: optim.Adam([np.ones(2)]),
        TypeError,
        "only leaf tensors are trained, not an ndarray",
        "Adam",
        "nn.Parameter(data), or model.parameters()",
    ),
    "twice": (
        lambda: optim.SGD([W, W]),
        ValueError,
        "a parameter of shape (2,) is given twice",
        "SGD",
        "each parameter once",
    ),
    "twice, in two groups": (
        lambda: optim.SGD([{"params": [W]}, {"params": [W]}]),
        ValueError,
        "a parameter of shape (2,) is given twice",
        "SGD",
        "each parameter once",
    ),
    "a wrong option": (
        lambda: optim.Adam([{"params": [W], "learning_rate": 0.1}]),
        ValueError,
        "no option is called learning_rate",
        "Adam",
        "lr, betas, eps, weight_decay, amsgrad, maximize",
    ),
    "two groups of L-BFGS": (
        lambda: optim.LBFGS([{"params": [W]}, {"params": [parameter()]}]),
        ValueError,
        "L-BFGS sees all parameters as one vector",
        "LBFGS",
        "one group",
    ),
    "another search": (
        lambda: optim.LBFGS([W], line_search_fn="armijo"),
        ValueError,
        "no line search is called armijo",
        "LBFGS",
        "line_search_fn='strong_wolfe', or None",
    ),
    "a forgotten call": (
        lambda: optim.SGD(nn.Linear(2, 1).parameters),
        TypeError,
        "an optimizer takes parameters, not the module or function that has them",
        "a method",
        "SGD(model.parameters(), ...), SGD([w], ...)",
    ),
    "uphill": (
        lambda: optim.SGD([W], lr=-1.0),
        ValueError,
        "lr=-1.0 is negative",
        "SGD",
        "lr=1.0",
    ),
    "no rate": (
        lambda: optim.SGD([W], lr="fast"),
        ValueError,
        "lr='fast' is no number",
        "SGD",
        "lr=0.01",
    ),
    "a share of text": (
        lambda: optim.SGD([W], momentum="0.9"),
        ValueError,
        "momentum='0.9' is no number",
        "SGD",
        "momentum=0.01",
    ),
    "a rate of nan": (
        lambda: optim.Adam([W], lr=math.nan),
        ValueError,
        "lr=nan is no number",
        "Adam",
        "lr=0.01",
    ),
    "several rates": (
        lambda: optim.SGD([W], lr=np.array([0.1, 0.2])),
        ValueError,
        "lr=array([0.1, 0.2]) is no number",
        "SGD",
        "lr=0.01",
    ),
    "growing weights": (
        lambda: optim.AdamW([W], weight_decay=-0.1),
        ValueError,
        "weight_decay=-0.1 is negative",
        "AdamW",
        "weight_decay=0.1",
    ),
    "means that never end": (
        lambda: optim.Adam([W], betas=(0.9, 1.0)),
        ValueError,
        "betas=(0.9, 1.0) are to be from 0 to less than 1",
        "Adam",
        "betas=(0.9, 0.999)",
    ),
    "nesterov without momentum": (
        lambda: optim.SGD([W], nesterov=True),
        ValueError,
        "Nesterov's step is defined for momentum without dampening",
        "SGD",
        "nesterov=True, momentum=0.9, dampening=0",
    ),
    "other groups": (
        lambda: optim.SGD([W]).load_state_dict(optim.SGD([parameter(), W]).state_dict()),
        ValueError,
        "the groups have [1] parameters, and had [2] when saved",
        "SGD",
        "an optimiser of the same parameters in the same groups",
    ),
    "no update": (
        lambda: (W * W).sum().backward() or optim.Optimizer([W]).step(),
        NotImplementedError,
        "Optimizer does not say how to change a parameter",
        "class Optimizer",
        "def update(self, p, g, *, lr=0.1): p -= lr * g",
    ),
    "defaults, as PyTorch's subclasses give them": (
        lambda: optim.Optimizer([nn.Parameter(1.0)], {"lr": 0.1}),
        TypeError,
        "the options of an optimizer are those of its update, not a dict of defaults",
        "Optimizer",
        "def update(self, p, g, *, lr=0.1): p -= lr * g",
    ),
}


@pytest.mark.parametrize(("call", "error", "what", "where", "instead"), SAID.values(), ids=SAID)
def test_words(call, error, what, where, instead):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == three_lines(what, where, instead)


def test_a_step_before_backward_is_warned_about():
    with pytest.warns(UserWarning, match=r"no parameter has a gradient: call backward\(\) first"):
        optim.SGD([parameter()]).step()


@pytest.mark.parametrize(
    ("name", "options"), [*OPTIONS.values(), ("LBFGS", {}), ("SGD", {"lr": 0.01, "maximize": True})]
)
@pytest.mark.parametrize("shape", [(3,), ()])
def test_complex_parameters_go_downhill_as_pytorchs(torch, rng, name, options, shape):
    start, goal = rng.normal(size=(2, *shape)) + 1j * rng.normal(size=(2, *shape))
    paths = []
    for library, tensor in ((optim, Tensor), (torch.optim, torch.tensor)):
        z = tensor(start, requires_grad=True)
        optimizer = getattr(library, name)([z], **options)

        def closure(z=z, tensor=tensor, optimizer=optimizer):
            optimizer.zero_grad()
            loss = (abs(z - tensor(goal)) ** 4 + (z * z).real).sum()
            loss.backward()
            return loss

        paths.append([])
        for _ in range(5):
            optimizer.step(closure)
            paths[-1].append(np.array(z.detach().numpy()))
    assert_allclose(*paths, rtol=1e-9)


def test_the_state_of_another_optimizer_is_refused():
    w, u = (nn.Parameter(np.ones(shape)) for shape in (2, (3, 2)))
    adam, sgd = optim.Adam([w]), optim.SGD([w], lr=0.1, momentum=0.9)
    w.sum().backward()
    adam.step()
    before = sgd.state_dict()
    for other, what in (
        (sgd, "nothing was saved as dampening, momentum, nesterov"),
        (optim.Adam([u]), "exp_avg of shape (2,) was saved of a parameter of (3, 2)"),
    ):
        with pytest.raises(ValueError) as error:
            other.load_state_dict(adam.state_dict())
        assert str(error.value).splitlines()[0] == what
    assert sgd.state_dict() == before


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "LBFGS"])
@pytest.mark.parametrize("values", [[1.0, 2.0], 2.0])
def test_the_state_of_pytorchs_optimizer_is_taken(torch, name, values):
    options = {"lr": 0.1, **({"momentum": 0.9} if name in ("SGD", "RMSprop") else {})}
    options |= {"max_iter": 2} if name == "LBFGS" else {}
    theirs = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    ours = nn.Parameter(np.array(values, np.float32))
    one, other = getattr(torch.optim, name)([theirs], **options), getattr(optim, name)([ours])

    def step(x, optimizer):
        def closure():
            optimizer.zero_grad()
            loss = (x**4).sum()
            loss.backward()
            return loss

        optimizer.step(closure)

    for i in range(4):
        if i == 2:
            other.load_state_dict(one.state_dict())
            ours.data = np.float32(theirs.detach().numpy())
        if i >= 2:
            step(ours, other)
        step(theirs, one)
    kept = [v for v in other.state[ours].values() if type(v) is np.ndarray and name != "LBFGS"]
    assert all(v.dtype == np.float32 for v in (*kept, ours))
    assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-6)


def test_what_is_remembered_takes_the_dtype_that_the_parameter_has_now():
    layer = nn.Linear(2, 2)
    adam = optim.Adam(layer.parameters())
    for change in (layer.float, layer.double):
        change()
        layer(np.ones((1, 2), layer.weight.dtype)).sum().backward()
        adam.step()
        assert adam.state[layer.weight]["exp_avg"].dtype == layer.weight.dtype
    assert_allclose(adam.state[layer.weight]["exp_avg"], 0.1 * 0.9 * 1 + 0.1 * 2)

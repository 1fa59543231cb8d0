"""Optimisers: the same path as PyTorch's for a hundred steps, and the manners of a good guest."""

import copy
import gc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nn
from autograd import Tensor, three_lines
from nn import optim

STEPS = 100
OPTIONS = {
    "SGD": ("SGD", {"lr": 0.01}),
    "SGD, momentum": ("SGD", {"lr": 0.01, "momentum": 0.9}),
    "SGD, dampening": ("SGD", {"lr": 0.01, "momentum": 0.9, "dampening": 0.5}),
    "SGD, nesterov": ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    "SGD, decay": ("SGD", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}),
    "SGD, all defaults": ("SGD", {}),
    "Adam": ("Adam", {}),
    "Adam, decay": ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.1}),
    "AdamW": ("AdamW", {}),
    "AdamW, decay": ("AdamW", {"lr": 0.05, "weight_decay": 0.3}),
}
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
def test_the_path_is_pytorchs(torch, rng, name, options):
    w, b = start(rng)
    ours = Tensor(w, requires_grad=True), Tensor(b, requires_grad=True)
    theirs = (
        torch.tensor(w, requires_grad=True),
        torch.tensor(b, requires_grad=True, dtype=torch.float64),
    )
    step = getattr(optim, name)(ours, **options)
    expected = getattr(torch.optim, name)(theirs, **options)
    path = []
    for _ in range(STEPS):
        for optimizer, params in ((step, ours), (expected, theirs)):
            optimizer.zero_grad()
            rosenbrock(*params).backward()
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


@every
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
    for name, options in (("Adam", {}), ("SGD", {"momentum": 0.9})):
        states = []
        for library, tensor in ((optim, Tensor), (torch.optim, torch.tensor)):
            w = tensor([1.0, 2.0], requires_grad=True)
            optimizer = getattr(library, name)([w], **options)
            (w * w).sum().backward()
            optimizer.step()
            states.append(optimizer.state_dict())
        ours, theirs = states
        assert ours["state"][0].keys() == theirs["state"][0].keys()
        assert ours["param_groups"][0].keys() <= theirs["param_groups"][0].keys()
        assert ours["param_groups"][0]["params"] == [0]


# ── manners ───────────────────────────────────────────────────────────────────────────────────
@every
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


# ── words ─────────────────────────────────────────────────────────────────────────────────────
def parameter():
    return Tensor([1.0, 2.0], requires_grad=True)


W = parameter()
SAID = {
    "nothing": (
        lambda: optim.SGD([]),
        ValueError,
        "there is no parameter to train",
        "the parameters of SGD",
        "model.parameters(), of layers that are attributes or in a ModuleList",
    ),
    "a result": (
        lambda: optim.Adam([parameter() * 2]),
        TypeError,
        "only leaf tensors are trained, not the result of multiply",
        "the parameters of Adam",
        "the tensors that it was computed from",
    ),
    "an array": (
        lambda: optim.Adam([np.ones(2)]),
        TypeError,
        "only leaf tensors are trained, not a ndarray",
        "the parameters of Adam",
        "nn.Parameter(data), or model.parameters()",
    ),
    "twice": (
        lambda: optim.SGD([W, W]),
        ValueError,
        "a parameter of shape (2,) is given twice",
        "the parameters of SGD",
        "each parameter once",
    ),
    "twice, in two groups": (
        lambda: optim.SGD([{"params": [W]}, {"params": [W]}]),
        ValueError,
        "a parameter of shape (2,) is given twice",
        "the parameters of SGD",
        "each parameter once",
    ),
    "a wrong option": (
        lambda: optim.Adam([{"params": [W], "learning_rate": 0.1}]),
        ValueError,
        "no option is called learning_rate",
        "the parameters of Adam",
        "lr, betas, eps, weight_decay",
    ),
    "uphill": (
        lambda: optim.SGD([W], lr=-1.0),
        ValueError,
        "lr=-1.0 goes uphill",
        "the parameters of SGD",
        "lr=1.0",
    ),
    "nesterov without momentum": (
        lambda: optim.SGD([W], nesterov=True),
        ValueError,
        "Nesterov's step is defined for momentum without dampening",
        "the parameters of SGD",
        "nesterov=True, momentum=0.9, dampening=0",
    ),
    "other groups": (
        lambda: optim.SGD([W]).load_state_dict(optim.SGD([parameter(), W]).state_dict()),
        ValueError,
        "the groups have [1] parameters, and had [2] when saved",
        "the parameters of SGD",
        "an optimiser of the same parameters in the same groups",
    ),
    "no update": (
        lambda: (W * W).sum().backward() or optim.Optimizer([W]).step(),
        NotImplementedError,
        "Optimizer does not say how to change a parameter",
        "Optimizer.step()",
        "def update(self, p, g, state, group): p.data -= group['lr'] * g",
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

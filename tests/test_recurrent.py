"""Recurrent layers: against PyTorch's, number by number, with its weights loaded by name."""

import copy
import math
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autograd as ag
import nn
from autograd import Tensor, check_grads, three_lines


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the oracle")


OPTIONS = {
    "plain": {},
    "no bias": {"bias": False},
    "two layers": {"num_layers": 2},
    "both ways": {"bidirectional": True},
    "all": {"num_layers": 3, "bidirectional": True, "batch_first": True, "bias": False},
    "dropped": {"num_layers": 2, "dropout": 1.0},  # what no random number decides
}
KINDS = {
    "RNN": lambda nn, **options: nn.RNN(3, 4, **options),
    "RNN relu": lambda nn, **options: nn.RNN(3, 4, nonlinearity="relu", **options),
    "GRU": lambda nn, **options: nn.GRU(3, 4, **options),
    "LSTM": lambda nn, **options: nn.LSTM(3, 4, **options),
}


def pair(torch, rng, build, options):
    ours, theirs = build(nn, **options), build(torch.nn, **options).double()
    state = {k: rng.standard_normal(tuple(v.shape)) for k, v in theirs.state_dict().items()}
    assert list(ours.state_dict()) == list(state)
    theirs.load_state_dict({k: torch.tensor(v) for k, v in state.items()})
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def flat(result):
    outputs, state = result
    return [outputs, *state] if isinstance(state, tuple) else [outputs, state]


def nest(x, *states):
    return (x, states if len(states) > 1 else states[0]) if states else (x,)


@pytest.mark.parametrize("sequence", ["batch", "batch, state", "single", "single, state"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_values_and_gradients_are_pytorchs(torch, rng, build, options, sequence):
    ours, theirs = pair(torch, rng, build, options)
    batch = (2,) if "batch" in sequence else ()
    time_first = (5, *batch, 3)
    shapes = [(*batch, 5, 3) if options.get("batch_first") and batch else time_first]
    if "state" in sequence:
        rows = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
        shapes += [(rows, *batch, 4)] * ours.states
    given = [rng.standard_normal(shape) for shape in shapes]
    x = [Tensor(v, requires_grad=True) for v in given]
    q = [torch.tensor(v, requires_grad=True) for v in given]
    ys = flat(ours(*nest(*x)))
    expected = flat(theirs(*nest(*q)))

    seeds = [rng.standard_normal(tuple(y.shape)) for y in expected]
    sum((y * g).sum() for y, g in zip(ys, seeds, strict=True)).backward()
    sum((y * torch.tensor(g)).sum() for y, g in zip(expected, seeds, strict=True)).backward()
    for y, e in zip(ys, expected, strict=True):
        assert_allclose(y.data, e.detach().numpy(), atol=1e-10)
    for a, e in zip(x, q, strict=True):
        assert_allclose(a.grad.data, e.grad.numpy(), atol=1e-10)
    for (name, p), e in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert_allclose(p.grad.data, e.grad.numpy(), atol=1e-10, err_msg=name)


@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_no_sequences_are_a_batch_too(build):
    layer = build(nn)
    y, *states = flat(layer(np.zeros((5, 0, 3))))
    assert y.shape == (5, 0, 4)
    assert {s.shape for s in states} == {(1, 0, 4)}
    y.sum().backward()
    assert not any(p.grad.data.any() for p in layer.parameters())


@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_the_loop_is_the_formula_of_one_step(build, rng):
    """T steps at once are T calls of one step each, the state handed on."""
    layer, x = build(nn), rng.standard_normal((4, 2, 3))
    outputs, last = layer(x)
    state = None
    for t in range(4):
        y, state = layer(x[t : t + 1], state)
        assert_allclose(outputs.data[t], y.data[0], atol=1e-14)
    for a, b in zip(flat((outputs, last))[1:], flat((outputs, state))[1:], strict=True):
        assert_allclose(a.data, b.data, atol=1e-14)


@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_dropout_is_for_training_and_between_layers(build, rng):
    x = rng.standard_normal((3, 2, 3))
    deep, flat_ = build(nn, num_layers=2, dropout=0.5), build(nn, dropout=1.0)
    first, second = deep(x)[0].data, deep(x)[0].data
    assert not np.array_equal(first, second)
    deep.eval()
    assert_array_equal(deep(x)[0].data, deep(x)[0].data)
    trained = flat_(x)[0].data
    assert_array_equal(trained, flat_.eval()(x)[0].data)


@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_initial_weights_are_uniform_in_one_over_the_root(build):
    wide = type(build(nn))(30, 64, num_layers=2, bidirectional=True)
    for name, p in wide.named_parameters():
        u = np.sort(p.data.ravel()) * 4 + 0.5  # uniform in [0, 1) if p is in ±1/8
        assert 0 <= u[0] < 0.1, name
        assert 0.9 < u[-1] < 1, name
        # Kolmogorov and Smirnov: 2.2 / √n is passed by chance once in eight thousand
        assert abs(u - np.arange(u.size) / u.size).max() < 2.2 / math.sqrt(u.size), name


@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_second_derivatives(build, rng):
    layer = build(nn)
    layer.load_state_dict({k: rng.standard_normal(v.shape) for k, v in layer.state_dict().items()})
    check_grads(lambda x: layer(x)[0], (rng.standard_normal((2, 2, 3)),), order=2)


@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_a_program_repeats_it(build, rng):
    layer, x = build(nn, num_layers=2, bidirectional=True), rng.standard_normal((3, 2, 3))
    loss = ag.value_and_grad(lambda x: (layer(x)[0] ** 2).sum())
    value, slope = loss(x)
    for made in (ag.capture(loss, x), ag.compile(loss)):
        y, g = made(x)
        assert_allclose(y, value, atol=1e-14)
        assert_allclose(g, slope, atol=1e-14)


@pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)
def test_copies_and_dtypes(build):
    layer, x = build(nn), np.ones((2, 1, 3), np.float32)
    expected = layer(np.ones((2, 1, 3)))[0].data
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert_array_equal(twin(np.ones((2, 1, 3)))[0].data, expected)
    assert {y.dtype for y in flat(layer.float()(x))} == {np.dtype("float32")}


def test_they_learn_to_remember():
    """The first bit of a sequence of 8, told at its end."""
    ag.manual_seed(1)
    cell, read = nn.LSTM(1, 8), nn.Linear(8, 1)
    bits = np.random.default_rng(2).integers(0, 2, (8, 64, 1)).astype(float)
    optimizer = nn.optim.Adam([*cell.parameters(), *read.parameters()], lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(read(cell(bits)[0][-1]), bits[0])
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


SAID = {
    "another width": (
        lambda: nn.GRU(3, 4)(np.ones((5, 2, 7))),
        "an input does not fit this layer",
        "GRU(3, 4, num_layers=1, bidirectional=False) of an input of shape (5, 2, 7)",
        "(5, 2, 3)",
    ),
    "four axes": (
        lambda: nn.RNN(3, 4)(np.ones((5, 2, 1, 3))),
        "an input does not fit this layer",
        "RNN(3, 4, num_layers=1, bidirectional=False) of an input of shape (5, 2, 1, 3)",
        "(5, 3)",
    ),
    "a state that would broadcast": (
        lambda: nn.LSTM(3, 4)(np.ones((5, 2, 3)), (np.ones((1, 2, 4)), np.ones((1, 1, 4)))),
        "a state does not fit this layer",
        "LSTM(3, 4, num_layers=1, bidirectional=False) of a state of shape (1, 1, 4)",
        "(1, 2, 4)",
    ),
    "three states": (
        lambda: nn.LSTM(3, 4)(np.ones((5, 2, 3)), [np.ones((1, 2, 4))] * 3),
        "a state of this layer is a pair",
        "LSTM(x, 3)",
        "layer(x, (h, c))",
    ),
    "no steps": (
        lambda: nn.GRU(3, 4)(np.ones((0, 2, 3))),
        "a sequence has at least one step",
        "an input of shape (0, 2, 3)",
        "at least one step, or no call",
    ),
    "no layers": (
        lambda: nn.GRU(3, 4, num_layers=0),
        "layers of cells are counted from 1",
        "GRU(num_layers=0)",
        "num_layers=1",
    ),
    "a size": (
        lambda: nn.GRU(2.5, 4),
        "the sizes of a layer are whole numbers",
        "parameters of shape (12, 2.5)",
        "nn.Linear(4, 3)",
    ),
    "a nonlinearity": (
        lambda: nn.RNN(3, 4, 1, "sigmoid"),
        "no such nonlinearity is known",
        "RNN(nonlinearity='sigmoid')",
        "tanh or relu",
    ),
}


@pytest.mark.parametrize(("act", "what", "where", "instead"), SAID.values(), ids=SAID)
def test_words(act, what, where, instead):
    with pytest.raises(ValueError) as caught:
        act()
    assert str(caught.value) == three_lines(what, where, instead)

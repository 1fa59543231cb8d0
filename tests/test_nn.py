"""Modules and layers: against PyTorch's, number by number, and what a module promises by itself."""

import copy
import math
import operator
import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autograd as ag
import nn
import nn.functional as F  # noqa: N812  # PyTorch's custom
from autograd import Tensor, check_grads, three_lines
from nn import init


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the oracle")


class Net(nn.Module):
    """Two layers, a parameter, a buffer, a list: one of everything."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 4)
        self.scale = nn.Parameter([1.0, 2.0])
        self.register_buffer("seen", [0.0, 0.0])
        self.rest = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 2, bias=False)])

    def forward(self, x):
        x = F.tanh(self.fc1(x))
        for layer in self.rest:
            x = layer(x)
        return x * self.scale


def torch_net(torch):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = torch.nn.Linear(3, 4)
            self.scale = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
            self.register_buffer("seen", torch.zeros(2))
            self.rest = torch.nn.ModuleList(
                [torch.nn.Linear(4, 4), torch.nn.Linear(4, 2, bias=False)]
            )

        def forward(self, x):
            x = torch.tanh(self.fc1(x))
            for layer in self.rest:
                x = layer(x)
            return x * self.scale

    return Net().double()


# ── layers against PyTorch's ──────────────────────────────────────────────────────────────────
LAYERS = {
    "Linear": (lambda nn: nn.Linear(4, 3), (5, 4)),
    "Linear, one row": (lambda nn: nn.Linear(4, 3), (4,)),
    "Linear, three axes": (lambda nn: nn.Linear(4, 3), (2, 5, 4)),
    "Linear, no bias": (lambda nn: nn.Linear(4, 3, bias=False), (5, 4)),
    "LayerNorm": (lambda nn: nn.LayerNorm(4), (5, 4)),
    "LayerNorm, two axes": (lambda nn: nn.LayerNorm((3, 4), eps=0.1), (2, 3, 4)),
    "LayerNorm, no parameters": (lambda nn: nn.LayerNorm(4, elementwise_affine=False), (5, 4)),
    "ReLU": (lambda nn: nn.ReLU(), (5, 4)),
    "Tanh": (lambda nn: nn.Tanh(), (5, 4)),
    "Sigmoid": (lambda nn: nn.Sigmoid(), (5, 4)),
    "SiLU": (lambda nn: nn.SiLU(), (5, 4)),
    "Softplus": (lambda nn: nn.Softplus(), (5, 4)),
    "GELU": (lambda nn: nn.GELU(), (5, 4)),
    "GELU, tanh": (lambda nn: nn.GELU(approximate="tanh"), (5, 4)),
    "Softmax": (lambda nn: nn.Softmax(dim=-1), (5, 4)),
    "Softmax, dim 0": (lambda nn: nn.Softmax(0), (5, 4)),
    "LogSoftmax": (lambda nn: nn.LogSoftmax(dim=1), (5, 4, 2)),
    "Flatten": (lambda nn: nn.Flatten(), (5, 4, 2)),
    "Flatten, some": (lambda nn: nn.Flatten(0, 1), (5, 4, 2)),
    "Identity": (lambda nn: nn.Identity(), (5, 4)),
    "Dropout, eval": (lambda nn: nn.Dropout(0.5).eval(), (5, 4)),
    "Sequential": (
        lambda nn: nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Sequential(nn.Linear(3, 2))),
        (5, 4),
    ),
}


@pytest.mark.parametrize(("build", "shape"), LAYERS.values(), ids=LAYERS)
def test_layer(torch, rng, build, shape):
    ours, theirs = build(nn), build(torch.nn).double()
    state = {k: rng.standard_normal(tuple(v.shape)) for k, v in theirs.state_dict().items()}
    assert list(ours.state_dict()) == list(state)
    theirs.load_state_dict({k: torch.tensor(v) for k, v in state.items()})
    ours.load_state_dict(theirs.state_dict())

    x = rng.standard_normal(shape)
    ours_x, theirs_x = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, expected = ours(ours_x), theirs(theirs_x)
    g = rng.standard_normal(tuple(expected.shape))
    (y * 1).backward(g)
    expected.backward(torch.tensor(g))
    assert_allclose(y.numpy(force=True), expected.detach().numpy(), atol=1e-10)
    assert_allclose(ours_x.grad.numpy(), theirs_x.grad.numpy(), atol=1e-10)
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert_allclose(p.grad.numpy(), q.grad.numpy(), atol=1e-10, err_msg=name)


EMPTY = {
    "linear, no features out": (lambda: nn.Linear(3, 0), (2, 5, 3)),
    "linear, no features in": (lambda: nn.Linear(0, 3), (2, 5, 0)),
    "flatten": (nn.Flatten, (0, 3, 4)),
    "group norm": (lambda: nn.GroupNorm(2, 4), (0, 4, 3)),
    "attention": (lambda: nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), (0, 3, 4)),
    "convolution": (lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2)), (0, 1, 6, 6)),
}


@pytest.mark.parametrize(("build", "shape"), EMPTY.values(), ids=EMPTY)
def test_layers_of_nothing_have_gradients(build, shape):
    layer, x = build(), Tensor(np.zeros(shape), requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.shape == shape
    assert all(p.grad.shape == p.shape for p in layer.parameters())


def test_layers_differentiate_twice(rng):
    x = rng.standard_normal((3, 4))
    layer = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.GELU(), nn.Softmax())
    check_grads(layer, (x,), order=2)


def test_layers_take_arrays():
    x = np.ones((2, 4))
    assert nn.Linear(4, 3)(x).shape == (2, 3)
    assert isinstance(nn.ReLU()(x), np.ndarray)


# ── a module's registry ───────────────────────────────────────────────────────────────────────
def test_names_and_order_are_pytorchs(torch):
    ours, theirs = Net(), torch_net(torch)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for walk in ("named_parameters", "named_buffers", "named_modules", "named_children"):
        names = [[name for name, _ in getattr(net, walk)()] for net in (ours, theirs)]
        assert names[0] == names[1], walk
    assert len(list(ours.parameters())) == 6
    assert [type(m).__name__ for m in ours.children()] == ["Linear", "ModuleList"]
    assert len(list(ours.modules())) == 5
    assert list(ours.buffers()) == [ours.seen]


def test_weights_move_both_ways(torch, rng):
    ours, theirs = Net(), torch_net(torch)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    x = rng.standard_normal((5, 3))
    assert_allclose(ours(x).numpy(force=True), theirs(torch.tensor(x)).detach().numpy(), atol=1e-14)


def test_parameters_are_marked_and_named():
    layer = nn.Linear(2, 3)
    assert layer.weight.meta["parameter"] is True
    assert layer.weight.name == "weight"
    assert isinstance(layer.bias, nn.Parameter)
    assert not isinstance(Tensor(1.0, requires_grad=True), nn.Parameter)
    assert type(layer.weight) is Tensor
    kept = nn.Parameter(Tensor(1.0, name="w"))
    assert nn.Parameter(3).dtype == np.float64
    layer.other = kept
    assert [n for n, _ in layer.named_parameters()] == ["weight", "bias", "other"]


def test_a_shared_parameter_counts_once():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[1].weight = net[0].weight
    assert [n for n, _ in net.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    twice = nn.Sequential(net, net)
    assert len(list(twice.parameters())) == 3
    assert len(list(twice.modules())) == 4
    assert len(twice.state_dict()) == 8


def test_attributes_can_be_replaced_and_deleted():
    net = Net()
    net.fc1 = nn.Linear(3, 4, bias=False)
    del net.scale
    net.rest = None
    net.seen = Tensor([5.0, 5.0])
    assert list(net.state_dict()) == ["seen", "fc1.weight"]
    assert net.state_dict()["seen"].tolist() == [5.0, 5.0]
    assert not hasattr(net, "scale")
    net.seen = nn.Parameter([1.0])
    assert [name for name, _ in net.named_parameters()] == ["seen", "fc1.weight"]
    assert not list(net.buffers())


def test_a_module_of_two_names_is_visited_once():
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    visited = []
    model.apply(visited.append)
    assert list(map(id, visited)) == list(map(id, [layer, model[1], model]))
    assert [name for name, _ in model.named_children()] == ["0", "1"]
    assert (len(model), model[2] is layer, repr(model).count("Linear")) == (3, True, 2)
    model[2] = nn.Tanh()
    assert [type(m).__name__ for m in model] == ["Linear", "ReLU", "Tanh"]


def test_what_is_registered_is_registered_again():
    net = Net()
    for value in (None, nn.Parameter(1.0), nn.Parameter(2.0)):
        net.register_parameter("scale", value)
    for value in (None, nn.ReLU(), nn.Tanh()):
        net.add_module("act", value)
    assert (net.scale.item(), type(net.act)) == (2.0, nn.Tanh)


def test_an_empty_buffer_keeps_its_place():
    net = Net()
    net.register_buffer("mask", None)
    assert list(net.buffers()) == [net.seen]
    net.seen = None
    net.mask = Tensor([3.0])
    assert [name for name, _ in net.named_buffers()] == ["mask"]
    net.seen = Tensor([5.0, 5.0])
    assert [*net.state_dict()][1:3] == ["seen", "mask"]


def test_updates_by_hand_keep_the_parameter():
    layer = nn.Linear(2, 2)
    before = layer.weight
    with ag.no_grad():
        layer.weight -= 0.5
        layer.bias[...] = 0
    assert layer.weight is before
    assert list(layer.state_dict()) == ["weight", "bias"]


def pickled(net):
    return pickle.loads(pickle.dumps(net))


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_copy_is_a_model_of_its_own(copied, rng):
    net, x = Net(), rng.standard_normal((2, 3))
    twin = copied(net)
    assert_array_equal(twin(x).data, net(x).data)
    with ag.no_grad():
        twin.scale += 1
    assert all(isinstance(p, nn.Parameter) and p.requires_grad for p in twin.parameters())
    assert [p.name for p in twin.parameters()] == [p.name for p in net.parameters()]
    assert net.scale.tolist() == [1.0, 2.0]


# ── a module as a whole ───────────────────────────────────────────────────────────────────────
def test_a_state_is_a_snapshot():
    net = nn.Linear(2, 2)
    saved = net.state_dict()
    with ag.no_grad():
        net.weight += 1
    assert not np.array_equal(saved["weight"].data, net.weight.data)
    assert net.load_state_dict(saved) == ([], [])
    assert_array_equal(saved["weight"].data, net.weight.data)
    assert net.weight.requires_grad


def test_load_what_fits():
    net = nn.Linear(2, 1)
    keys = net.load_state_dict({"bias": [7.0], "other": 1.0}, strict=False)
    assert keys.missing_keys == ["weight"]
    assert keys.unexpected_keys == ["other"]
    assert net.bias.tolist() == [7.0]


def test_loading_keeps_the_dtype():
    net = nn.Linear(2, 1).float()
    net.load_state_dict(nn.Linear(2, 1).state_dict())
    assert net.weight.dtype == np.float32


def test_train_and_eval_reach_everywhere():
    net = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Dropout(0.5)))
    assert all(m.training for m in net.modules())
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    x = np.ones((50, 2))
    assert_array_equal(net(x).data, net(x).data)
    assert not np.array_equal(net.train()(x).data, net(x).data)


def test_zero_grad_and_freezing():
    net = nn.Linear(2, 1)
    net(np.ones((1, 2))).sum().backward()
    assert net.weight.grad.tolist() == [[1.0, 1.0]]
    net.bias.grad = None
    net.zero_grad(set_to_none=False)
    assert net.weight.grad.tolist() == [[0.0, 0.0]]
    assert net.bias.grad is None
    net.zero_grad()
    assert net.weight.grad is None
    assert net.requires_grad_(False) is net
    assert not net(np.ones((1, 2))).requires_grad
    net.requires_grad_()
    assert net(np.ones((1, 2))).requires_grad


def test_dtypes():
    net = Net()
    net(np.ones((1, 3))).sum().backward()
    assert net.float() is net
    assert {v.dtype for v in net.state_dict().values()} == {np.dtype(np.float32)}
    assert net.scale.grad.dtype == np.float32
    y = net(np.ones((1, 3), np.float32))
    assert y.dtype == np.float32
    assert net.double().scale.dtype == np.float64
    ag.set_default_dtype("float32")
    try:
        assert nn.Linear(2, 2).weight.dtype == np.float32
    finally:
        ag.set_default_dtype("float64")


def test_apply_visits_children_first():
    seen = []
    net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "ReLU", "Sequential", "Sequential"]


def test_repr_is_pytorchs(torch):
    def build(nn):
        return nn.Sequential(
            nn.Linear(4, 3),
            nn.Tanh(),
            nn.Sequential(nn.Linear(3, 2, bias=False), nn.Softmax(dim=1)),
        )

    assert repr(build(nn)) == repr(build(torch.nn))


def test_repr_of_a_module_with_both_text_and_children():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = nn.ReLU()

        def extra_repr(self):
            return "depth=1"

    assert repr(Block()) == "Block(\n  depth=1\n  (act): ReLU()\n)"


def test_lists_of_modules():
    net = nn.MLP(4, 8, 8, 2, activation=nn.Tanh)
    assert [type(m).__name__ for m in net] == ["Linear", "Tanh", "Linear", "Tanh", "Linear"]
    assert net[-1].out_features == 2
    assert len(net) == 5
    assert type(net[1:3]) is nn.Sequential
    assert net[1:3][1] is net[2]
    assert list(net.state_dict())[2] == "2.weight"
    net = nn.Sequential({"hidden": nn.Linear(4, 3), "act": nn.ReLU(), "out": nn.Linear(3, 2)})
    net[1] = nn.Tanh()
    assert [*net.state_dict()] == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    assert [*map(str, net)][1] == str(net.act) == "Tanh()"
    assert net.append(nn.ReLU())[3] is dict(net.named_children())["3"]
    assert net(np.ones((5, 4))).shape == (5, 2)
    layers = nn.ModuleList([nn.ReLU()]).append(nn.Tanh()).extend([nn.SiLU()])
    assert type(layers[:2]) is nn.ModuleList
    assert [str(m) for m in layers] == ["ReLU()", "Tanh()", "SiLU()"]


@pytest.mark.parametrize("name", ["Sequential", "ModuleList"])
def test_a_sum_of_lists_is_a_new_one_as_in_pytorch(torch, name):
    keys = []
    for library in (nn, torch.nn):
        kind, layers = getattr(library, name), [library.Linear(2, 2), library.Linear(2, 2)]
        first = kind(layers) if name == "ModuleList" else kind(*layers)
        both = first[1:] + first
        assert type(both) is kind
        assert [*both] == [layers[1], *layers]
        assert len(first) == 2
        keys.append([*both.state_dict()])
    assert keys[0] == keys[1]


# ── dropout ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_keeps_the_mean(dtype):
    x = Tensor(np.ones((200, 100), dtype), requires_grad=True)
    y = nn.Dropout(0.2)(x)
    y.sum().backward()
    assert y.dtype == dtype
    assert set(np.unique(y.data)) == {dtype(0), dtype(1 / 0.8)}
    assert abs((y.data == 0).mean() - 0.2) < 0.02
    assert_array_equal(x.grad.data, y.data)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
def test_layers_of_whole_numbers_compute_with_floats(dtype):
    x = np.array([[0, 1, 200], [30, 0, 16]]).astype(dtype)
    ag.manual_seed(0)
    dropped = F.dropout(x, 0.5)
    ag.manual_seed(0)
    assert np.array_equal(dropped, F.dropout(x.astype(float), 0.5))
    assert np.array_equal(F.rms_norm(x, (3,)), F.rms_norm(x.astype(float), (3,)))
    attended = F.scaled_dot_product_attention(x, x, x)
    assert np.array_equal(attended, F.scaled_dot_product_attention(*[x.astype(float)] * 3))


def test_dropout_at_the_ends():
    x = Tensor(np.ones(5), requires_grad=True)
    assert F.dropout(x, 0.0) is x
    assert F.dropout(x, 0.7, training=False) is x
    assert_array_equal(F.dropout(x, 1.0).data, np.zeros(5))


def test_a_seed_repeats_weights_and_dropout():
    ag.manual_seed(3)
    first = nn.Linear(3, 3).weight.data, F.dropout(np.ones(20)).tolist()
    ag.manual_seed(3)
    again = nn.Linear(3, 3).weight.data, F.dropout(np.ones(20)).tolist()
    assert_array_equal(first[0], again[0])
    assert first[1] == again[1]


# ── initial weights ───────────────────────────────────────────────────────────────────────────
def test_linear_starts_uniform_within_its_bound():
    layer = nn.Linear(25, 2000)
    for p in (layer.weight, layer.bias):
        u = np.sort(p.data.ravel()) / 0.4 + 0.5  # uniform in [0, 1) if p is in ±1/5
        assert 0 <= u[0] < 0.01
        assert 0.99 < u[-1] < 1
        # Kolmogorov and Smirnov: 1.95 / √n is passed by chance once in a thousand
        assert abs(u - np.arange(u.size) / u.size).max() < 1.95 / math.sqrt(u.size)


VARIANCES = {
    "xavier_uniform_": (lambda t: init.xavier_uniform_(t, gain=2.0), 4 * 2 / 500),
    "xavier_normal_": (init.xavier_normal_, 2 / 500),
    "kaiming_uniform_": (lambda t: init.kaiming_uniform_(t, nonlinearity="relu"), 2 / 200),
    "kaiming_normal_": (lambda t: init.kaiming_normal_(t, mode="fan_out", a=1.0), 1 / 300),
    "uniform_": (lambda t: init.uniform_(t, -1.0, 1.0), 1 / 3),
    "normal_": (lambda t: init.normal_(t, std=3.0), 9.0),
}


@pytest.mark.parametrize(("fill", "variance"), VARIANCES.values(), ids=VARIANCES)
def test_variances(fill, variance):
    weight = nn.Parameter(np.zeros((300, 200)))
    assert fill(weight) is weight
    assert weight.requires_grad
    assert weight.op is None
    assert abs(weight.data.mean()) < 4 * math.sqrt(variance / weight.size)
    assert weight.data.var() == pytest.approx(variance, rel=0.03)


def test_fans_count_the_receptive_field(torch):
    ours, theirs = ag.zeros(40, 30, 5, 5), torch.zeros(40, 30, 5, 5)
    for fan, mode in zip(
        torch.nn.init._calculate_fan_in_and_fan_out(theirs), ("fan_in", "fan_out"), strict=True
    ):
        init.kaiming_uniform_(ours, mode=mode, nonlinearity="linear")
        assert abs(ours.data).max() == pytest.approx(math.sqrt(3 / fan), rel=1e-3)


def test_empty_weights_stay_empty():
    for fill in (init.kaiming_uniform_, init.kaiming_normal_, init.xavier_normal_):
        assert fill(ag.zeros(0, 0)).shape == (0, 0)


@pytest.mark.parametrize("shape", [(6, 3), (3, 6), (4, 4), (3, 2, 5)])
def test_orthogonal(shape):
    q = init.orthogonal_(ag.zeros(shape), gain=2.0).data.reshape(shape[0], -1)
    q = q if q.shape[0] <= q.shape[1] else q.T
    assert_allclose(q @ q.T, 4 * np.eye(len(q)), atol=1e-14)


def test_an_orthogonal_matrix_may_be_empty():
    assert [init.orthogonal_(ag.zeros(*n)).shape for n in ((0, 3), (3, 0))] == [(0, 3), (3, 0)]


def test_orthogonal_matrices_have_no_preferred_sign():
    signs = [np.sign(init.orthogonal_(ag.zeros(2, 2)).data[0, 0]) for _ in range(100)]
    assert abs(sum(signs)) < 40


def test_gains_are_pytorchs(torch):
    for name in init.GAINS:
        assert init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    for slope in (None, 0.3):
        expected = torch.nn.init.calculate_gain("leaky_relu", slope)
        assert init.calculate_gain("leaky_relu", slope) == pytest.approx(expected)


def test_constants_and_scalars():
    assert init.ones_(ag.zeros(2)).tolist() == [1.0, 1.0]
    assert init.zeros_(ag.ones(2)).tolist() == [0.0, 0.0]
    assert init.constant_(nn.Parameter(0.0), 2.5).item() == 2.5


# ── words ─────────────────────────────────────────────────────────────────────────────────────
def test_there_is_nothing_to_initialise():
    class Plain(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(2, 3)
            self.register_buffer("mean", np.zeros(2))

    model = Plain()
    assert list(model.state_dict()) == ["mean", "fc.weight", "fc.bias"]
    assert model.training
    assert not model.eval().fc.training


@dataclass
class Scaled(nn.Module):
    scale: Tensor
    inner: nn.Module

    def forward(self, x):
        return self.scale * self.inner(x)


def test_a_dataclass_is_a_module():
    """It compares by value, and so has no hash: a walk knows modules by identity."""
    model = Scaled(nn.Parameter(2.0), nn.Linear(3, 1))
    x = np.ones((4, 3))
    assert [*model.state_dict()] == ["scale", "inner.weight", "inner.bias"]
    assert not model.eval().inner.training
    assert [row.layer for row in nn.summary(model, x).rows] == ["(model)", "inner"]
    assert "by" in str(nn.doctor(model, np.mean(model(x) ** 2)))
    compiled = ag.compile(model)
    assert compiled(x).tolist() == compiled(x).tolist() == model(x).tolist()


SAID = {
    "a list": (
        lambda: nn.Sequential(nn.Linear(2, 1))([[1.0, 2.0]]),
        TypeError,
        "a module takes arrays and Tensors, not a list",
        "the call of Linear",
        "np.array(x)",
    ),
    "one activation for all layers": (
        lambda: nn.MLP(4, 8, 2, activation=nn.Tanh()),
        TypeError,
        "each layer gets an activation of its own, from a class or a function that makes it",
        "MLP(activation=Tanh())",
        "activation=nn.Tanh, or lambda: nn.LeakyReLU(0.2)",
    ),
    "no forward": (
        lambda: nn.Module()(1),
        NotImplementedError,
        "Module does not say what it computes",
        "class Module",
        "def forward(self, x): ...",
    ),
    "a tensor for a parameter": (
        lambda: setattr(nn.Linear(1, 1), "weight", ag.zeros(1, 1)),
        TypeError,
        "weight is a parameter of Linear: a plain Tensor cannot replace it",
        "the assignment to Linear.weight",
        "with no_grad(): x.weight[...] = v, or x.weight = nn.Parameter(v)",
    ),
    "a number for a module": (
        lambda: setattr(Net(), "fc1", 3),
        TypeError,
        "fc1 is a module of Net: a plain int cannot replace it",
        "the assignment to Net.fc1",
        "another module, or None for x.fc1",
    ),
    "a number for a buffer": (
        lambda: setattr(Net(), "seen", 3),
        TypeError,
        "seen is a buffer of Net: a plain int cannot replace it",
        "the assignment to Net.seen",
        "x.seen = Tensor(v)",
    ),
    "a point in a name": (
        lambda: Net().register_buffer("moving.mean", np.zeros(2)),
        ValueError,
        "'moving.mean' is no name of a buffer: points stand between the parts of a path",
        "a buffer of Net",
        "'moving_mean'",
    ),
    "no parameter": (
        lambda: Net().register_parameter("scale", Tensor(1.0, requires_grad=True)),
        TypeError,
        "a parameter is an nn.Parameter, not a Tensor",
        "the parameter 'scale' of Net",
        "nn.Parameter(...)",
    ),
    "no module": (
        lambda: Net().add_module("scale", 3),
        TypeError,
        "a module is an nn.Module, not an int",
        "the module 'scale' of Net",
        "nn.Module(...)",
    ),
    "a parameter for a buffer": (
        lambda: nn.Linear(2, 1).register_buffer("weight", np.ones((1, 2))),
        ValueError,
        "'weight' is something else already",
        "a buffer of Linear",
        "another name",
    ),
    "a method for a module": (
        lambda: nn.Linear(2, 1).add_module("forward", nn.ReLU()),
        ValueError,
        "'forward' is something else already",
        "a module of Linear",
        "another name",
    ),
    "missing and unexpected keys": (
        lambda: nn.Linear(2, 1).load_state_dict({"weight": [[1.0, 1.0]], "b": 1.0}),
        RuntimeError,
        "the saved values do not fit Linear, nothing was loaded",
        "missing bias; unexpected b",
        (
            "the state_dict() of a model of the same layers and sizes, or "
            "load_state_dict(state, strict=False) for the keys that fit"
        ),
    ),
    "other shapes": (
        lambda: nn.Linear(2, 1).load_state_dict(nn.Linear(3, 1).state_dict()),
        RuntimeError,
        "the saved values do not fit Linear, nothing was loaded",
        "weight is (1, 2), saved (1, 3)",
        "the state_dict() of a model of the same layers and sizes",
    ),
    "a module for its state": (
        lambda: nn.Linear(2, 1).load_state_dict(nn.Linear(2, 1)),
        TypeError,
        "a state is a dict of values by name",
        "a Linear",
        "model.load_state_dict(other.state_dict()); nn.load(model, path) of a file",
    ),
    "an integer dtype": (
        lambda: nn.Linear(2, 1).to(int),
        TypeError,
        "parameters are floating-point numbers, not int64",
        "Linear.to('int64')",
        "to('float32') or to('float64')",
    ),
    "an option of another library": (
        lambda: nn.GELU(inplace=True),
        TypeError,
        "GELU: got an unexpected keyword argument 'inplace'",
        "GELU(inplace=True)",
        "GELU(approximate: str = 'none')",
    ),
    "a vector for a weight": (
        lambda: nn.functional.linear(Tensor(np.zeros((5, 3))), Tensor(np.zeros(3))),
        ValueError,
        "the weight of linear is a matrix (out, in), not (3,)",
        "linear(argument 0 (5, 3), argument 1 (3,))",
        "x @ weight for one output",
    ),
    "other features": (
        lambda: nn.Linear(4, 3)(np.zeros((150, 5))),
        ValueError,
        "linear takes 4 features, on the last axis of its input",
        "linear(argument 0 (150, 5), weight (3, 4), bias (3,))",
        "an input of shape (..., 4), or nn.Linear(5, 3)",
    ),
    "other features, of attention": (
        lambda: nn.MultiheadAttention(4, 2)(*[np.zeros((3, 1, 5))] * 3),
        ValueError,
        "linear takes 4 features, on the last axis of its input",
        "linear(argument 0 (1, 3, 5), argument 1 (4, 4), argument 2 (4,))",
        "an input of shape (..., 4), or nn.Linear(5, 4)",
    ),
    "a function in a row of modules": (
        lambda: nn.Sequential(nn.Linear(1, 1), np.tanh),
        TypeError,
        "Sequential is made of modules, not of a ufunc",
        "item 1, tanh",
        "objects: nn.Tanh(), nn.Linear(4, 3)",
    ),
    "a class in a row of modules": (
        lambda: nn.Sequential(nn.ReLU),
        TypeError,
        "Sequential is made of modules, not of a type",
        "item 0, ReLU",
        "objects: nn.Tanh(), nn.Linear(4, 3)",
    ),
    "no probability": (
        lambda: F.dropout(np.ones(2), 1.5),
        ValueError,
        "p is a probability",
        "dropout(p=1.5)",
        "a number between 0 and 1",
    ),
    "no probability, of a layer": (
        lambda: nn.Dropout2d(2),
        ValueError,
        "p is a probability",
        "dropout(p=2)",
        "a number between 0 and 1",
    ),
    "other axes to normalise": (
        lambda: nn.LayerNorm((3, 4))(np.zeros((2, 4))),
        ValueError,
        "an input of shape (2, 4) does not end in (3, 4)",
        "layer_norm(input (2, 4), normalized_shape (3, 4))",
        "normalized_shape=(4,)",
    ),
    "an unknown gain": (
        lambda: init.calculate_gain("swish"),
        ValueError,
        "no gain is known for the nonlinearity 'swish'",
        "calculate_gain('swish')",
        "leaky_relu, linear, conv1d, conv2d, conv3d, sigmoid, tanh, relu, selu",
    ),
    "random integers": (
        lambda: init.normal_(ag.zeros(3, dtype=int)),
        TypeError,
        "random numbers are floating-point",
        "a tensor of int64 (3,)",
        "zeros(2, 3); randint for integers",
    ),
    "data for a mode": (
        lambda: nn.Linear(1, 1).train([1.0]),
        TypeError,
        "a mode is True or False; data is for nn.fit",
        "train([1.0])",
        "model.train()",
    ),
    "a function for a module": (
        lambda: nn.export_onnx(np.sin, "net.onnx", np.ones(2)),
        TypeError,
        "nn.export_onnx writes a module, by an example of its input",
        "nn.export_onnx of a ufunc and 1 inputs",
        "nn.export_onnx(model, path, x); autograd.export_onnx(f, path, x) for a function",
    ),
    "no example for a file": (
        lambda: nn.export_onnx(nn.Linear(1, 1), "net.onnx"),
        TypeError,
        "nn.export_onnx writes a module, by an example of its input",
        "nn.export_onnx of a Linear and 0 inputs",
        "nn.export_onnx(model, path, x); autograd.export_onnx(f, path, x) for a function",
    ),
    "an unknown fan": (
        lambda: init.kaiming_normal_(ag.zeros(2, 2), mode="fan"),
        ValueError,
        "unknown mode 'fan'",
        "kaiming, mode='fan'",
        "fan_in or fan_out",
    ),
    "fans of a vector": (
        lambda: init.xavier_normal_(ag.zeros(3)),
        ValueError,
        "fans are those of a weight (out, in, ...): at least two axes are needed",
        "a tensor of shape (3,)",
        "normal_ or zeros_ for a vector such as a bias",
    ),
}


@pytest.mark.parametrize(("call", "error", "what", "where", "instead"), SAID.values(), ids=SAID)
def test_words(call, error, what, where, instead):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == three_lines(what, where, instead)


FANS = "_calculate_fan_in_and_fan_out"
PRETRAINED = "e = nn.Embedding(*w.shape); e.load_state_dict({'weight': w})"


def test_names_of_pytorch_that_are_not_here_say_what_is():
    layer = nn.Linear(2, 1)
    for owner, place, name, instead in [
        (nn, "module 'nn'", "LazyLinear", "nn.Linear(x.shape[-1], m)"),
        (F, "module 'nn.functional'", "instance_norm", "group_norm(x, x.shape[1], weight, bias)"),
        (layer, "'Linear' object", "cuda", "the model itself: 'cpu' is the only device"),
        (nn.Embedding, "'Embedding' object", "from_pretrained", PRETRAINED),
        (F, "module 'nn.functional'", "hardtanh_", "x = hardtanh(x)"),
        (init, "module 'nn.init'", "xavier_uniform", "xavier_uniform_"),
        (init, "module 'nn.init'", "constant", "constant_"),
        (init, "module 'nn.init'", FANS, "w[0].size, w[:, 0].size"),
        (nn.optim, "module 'nn.optim'", "NAdam", "nn.optim.Adam"),
        (nn.utils, "module 'nn.utils'", "clip_grad_norm", "clip_grad_norm_"),
        (nn.data, "module 'nn.data'", "TensorDataset", "Batches((x, y), batch_size=32)"),
        (nn.utils, "module 'nn.utils'", "data", "nn.data.Batches((x, y), batch_size=32)"),
        (nn.optim.lr_scheduler, "module 'nn.optim.lr_scheduler'", "_LRScheduler", "LRScheduler"),
    ]:
        with pytest.raises(AttributeError) as raised:
            getattr(owner, name)
        what = f"{place} has no attribute {name!r}"
        assert str(raised.value) == three_lines(what, f"{name}, a name of PyTorch", instead)
        assert not hasattr(owner, f"{name}_of_nobody")
    layer.cuda = 3
    assert layer.cuda == 3


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 5), (4, 2, 3, 5)])
def test_the_fans_that_are_said_are_pytorchs(torch, shape):
    said = eval(nn.elsewhere.OF_INIT[FANS], {"w": nn.Parameter(np.ones(shape))})
    assert said == getattr(torch.nn.init, FANS)(torch.ones(shape))


@pytest.mark.parametrize("shape", [(3, 2, 3), (2, 4, 3, 3), (5, 5, 4, 5)])
def test_the_dirac_weights_that_are_said_are_pytorchs(torch, shape):
    said = nn.elsewhere.OF_INIT["dirac_"].removesuffix(", of i = range(min(w.shape[:2]))")
    w = nn.Parameter(np.ones(shape))
    names = {"w": w, "i": range(min(w.shape[:2])), "zeros_": init.zeros_, "no_grad": ag.no_grad}
    exec(said.replace(", then ", "\n"), names)
    assert_array_equal(w.data, torch.nn.init.dirac_(torch.ones(shape)))


def test_a_layer_of_a_list_is_replaced(torch):
    found = []
    for library in (nn, torch.nn):
        model = library.Sequential(library.Linear(2, 3), library.ReLU(), library.Linear(3, 1))
        model[2] = library.Linear(3, 5)
        model[-3] = library.Linear(2, 3, bias=False)
        found.append([(name, tuple(p.shape)) for name, p in model.named_parameters()])
        for wrong, error in [(3, IndexError), (slice(1), TypeError)]:
            with pytest.raises(error):
                model[wrong] = library.ReLU()
        with pytest.raises(TypeError):
            model[0] = library.ReLU
    assert found[0] == found[1]


def test_names_of_pytorch_that_take_one_line():
    model = nn.Module()
    model.add_module("0", nn.Linear(2, 1))
    model.register_parameter("scale", nn.Parameter(1.0))
    assert [*model.state_dict()] == ["scale", "0.weight", "0.bias"]
    assert model.cpu() is model.half()
    assert {p.dtype.name for p in model.parameters()} == {"float16"}


def test_normalize_is_pytorchs(torch):
    x = np.random.default_rng(0).normal(size=(3, 4))
    x[1] = 0
    for options in ({}, {"p": 1.0}, {"dim": 0}, {"eps": 10.0}):
        ours, theirs = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, z = F.normalize(ours, **options), torch.nn.functional.normalize(theirs, **options)
        assert_allclose(y.data, z.detach().numpy(), rtol=1e-14)
        (y**3).sum().backward()
        (z**3).sum().backward()
        assert_allclose(ours.grad.data, theirs.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_nothing_is_loaded_on_failure():
    net = Net()
    before = net.state_dict()
    state = {k: v * 0 for k, v in before.items()}
    state["rest.1.weight"] = np.zeros((9, 9))
    with pytest.raises(RuntimeError):
        net.load_state_dict(state)
    for key, value in net.state_dict().items():
        assert_array_equal(value.data, before[key].data)


LAYERS = {
    "Linear": lambda: nn.Linear(2, 3),
    "Bilinear": lambda: nn.Bilinear(2, 3, 4),
    "Conv2d": lambda: nn.Conv2d(2, 4, 3, groups=2, bias=False),
    "Embedding": lambda: nn.Embedding(4, 3, padding_idx=1),
    "LSTM": lambda: nn.LSTM(2, 3, num_layers=2, bidirectional=True),
    "BatchNorm1d": lambda: nn.BatchNorm1d(3),
    "LayerNorm": lambda: nn.LayerNorm(3),
    "RMSNorm": lambda: nn.RMSNorm(3),
    "GroupNorm": lambda: nn.GroupNorm(1, 3),
    "PReLU": lambda: nn.PReLU(3, 0.1),
}


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_reset_parameters_makes_a_layer_what_it_was_at_first(make):
    ag.manual_seed(0)
    layer = make()
    before = layer.state_dict()
    parameters = list(layer.parameters())
    with ag.no_grad():
        for tensor in (*parameters, *layer.buffers()):
            tensor.add_(1)
    ag.manual_seed(0)
    layer.reset_parameters()
    assert all(p is q for p, q in zip(layer.parameters(), parameters, strict=True))
    for key, value in layer.state_dict().items():
        assert_array_equal(value, before[key])


def test_a_layer_is_made_by_the_reset_parameters_of_its_subclass():
    class Identical(nn.Linear):
        def reset_parameters(self):
            nn.init.constant_(self.weight, 0.5)
            nn.init.zeros_(self.bias)

    assert_array_equal(Identical(2, 1)(np.ones((1, 2))).data, [[1.0]])


WRITES = {
    "x *= 0.9": lambda state: operator.imul(state["weight"], 0.9),
    "x.copy_(y)": lambda state: state["weight"].copy_(np.ones((3, 2))),
    "x[0] = y": lambda state: operator.setitem(state["weight"], 0, 1.0),
}


@pytest.mark.parametrize("context", [ag.no_grad, ag.enable_grad])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_writing_into_a_state_dict_is_refused_as_it_changes_no_parameter(write, context):
    model = nn.Linear(2, 3)
    with context(), pytest.raises(RuntimeError) as error:
        write(model.state_dict())
    what, where, instead = str(error.value).splitlines()
    assert what == "a state_dict holds copies: what is written into one changes no parameter"
    assert where.endswith(" of state_dict()['weight'] (3, 2)")
    assert instead == (
        "  instead: with no_grad(): p.mul_(0.9).add_(0.1 * q), of model.parameters(); "
        "state[key] = value, then load_state_dict(state)"
    )
    state = copy.deepcopy(model.state_dict())  # which is one in PyTorch, too
    with context():
        write(state)
    model.load_state_dict(state)
    assert_array_equal(model.weight.data, state["weight"].data)


def test_the_mode_of_a_part_is_what_its_own_train_makes_of_it():
    class Frozen(nn.Sequential):
        def train(self, mode=True):
            super().train(mode)
            self[0].eval()
            return self

    model = nn.Sequential(Frozen(nn.BatchNorm1d(2), nn.Dropout()), nn.Dropout())
    assert model.train() is model
    assert [m.training for m in model.modules()] == [True, True, False, True, True]
    assert not any(m.training for m in model.eval().modules())


def removed(model):
    del model[1]


CHANGES = {
    "del m[1]": removed,
    "del m[:2]": lambda m: operator.delitem(m, slice(2)),
    "m.pop(-1)": lambda m: m.pop(-1),
    "m.pop(0)": lambda m: m.pop(0),
    "m.insert(1, x)": lambda m: m.insert(1, type(m[0])(2, 5)),
    "m.insert(0, x)": lambda m: m.insert(0, type(m[0])(2, 5)),
    "m += [x]": lambda m: operator.iadd(m, [type(m[0])(2, 5)]),
}


@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_lists_of_modules_change_as_lists_do(torch, kind, change):
    found = []
    for library in (nn, torch.nn):
        layers = library.Linear(2, 3), library.Tanh(), library.Linear(3, 1)
        model = getattr(library, kind)(*([layers] if kind == "ModuleList" else layers))
        if kind == "Sequential" and change is CHANGES["m += [x]"]:
            model.append(library.Linear(2, 5))  # PyTorch's has no +=
        else:
            change(model)
        found.append([(name, tuple(p.shape)) for name, p in model.state_dict().items()])
        if kind == "Sequential":
            found[-1] += [(name, tuple(p.shape)) for name, p in model[1:].state_dict().items()]
        assert len(list(reversed(model))) == len(model)
    assert found[0] == found[1]


def test_a_list_of_modules_stays_as_it_is_where_it_takes_no_item():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    with pytest.raises(TypeError, match="Sequential is made of modules, not of a list"):
        model.insert(0, [nn.Linear(2, 2)])
    assert [type(m) for m in model] == [nn.Linear, nn.Tanh]


@pytest.mark.parametrize("name", ["forward", "train", "training", "append"])
def test_a_layer_takes_no_name_that_means_something_else(name):
    with pytest.raises(ValueError) as raised:
        nn.Sequential({name: nn.Linear(2, 2)})
    assert str(raised.value) == three_lines(
        f"a Sequential has something else by the name of {name}",
        f"Sequential({{'{name}': ...}})",
        "another name",
    )
    named = nn.Sequential({"hidden": nn.Linear(2, 2)})
    named[0] = nn.Tanh()
    assert [*dict(named.named_children())] == ["hidden"]


@pytest.mark.parametrize(
    ("call", "error", "what", "where", "instead"),
    [
        (
            lambda: nn.functional.glu(np.ones((4, 3))), ValueError,
            "an odd number of elements has no two halves", "glu(input (4, 3), dim=-1)",
            "an even number along that axis: as many values as gates",
        ),
        (
            lambda: nn.functional.layer_norm(np.ones((4, 3)), ()), ValueError,
            "an input of shape (4, 3) does not end in ()",
            "layer_norm(input (4, 3), normalized_shape ())", "normalized_shape=(3,)",
        ),
        (
            lambda: nn.functional.one_hot([0], -2), ValueError,
            "classes are counted", "one_hot(num_classes=-2)", "num_classes=10; -1 for all",
        ),
        (
            lambda: nn.functional.embedding(np.array([1]), np.ones((4, 3)), 7), IndexError,
            "there is no row 7 among 4", "embedding(input (1,) int64, weight (4, 3))",
            "padding_idx=0",
        ),
        (
            lambda: nn.MultiheadAttention(4, 2)(*[np.ones(4)] * 3), ValueError,
            "attention is among the items of a sequence", "a query (4,)",
            "(L, N, E), (N, L, E) with batch_first=True, or (L, E)",
        ),
        (
            lambda: nn.plot_gradients(3), TypeError,
            "nn.plot_gradients takes a module", "nn.plot_gradients of an int",
            "nn.plot_gradients(model)",
        ),
        (
            lambda: nn.optim.SGD([nn.Parameter(1.0)]).load_state_dict(None), ValueError,
            "nothing was saved as state, param_groups", "SGD",
            "what state_dict() of one like this returned",
        ),
        (
            lambda: nn.optim.LBFGS([nn.Parameter(1.0)]).step(nn.Parameter(1.0)), TypeError,
            "a step asks for the loss several times", "LBFGS",
            "step(closure), which computes it",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(call, error, what, where, instead):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == three_lines(what, where, instead)


def test_a_slice_of_a_sequential_keeps_all_layers_where_one_is_added():
    tail = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))[1:]
    added = nn.ReLU()
    assert tail.append(added)[-1] is added  # PyTorch's would replace the last one
    assert len(tail) == 3


def test_buffers_that_are_not_saved_are_left_out_of_the_state(torch):
    found = []
    for library, ones in ((nn, ag.ones), (torch.nn, torch.ones)):
        model = library.Sequential(library.Linear(2, 3), library.BatchNorm1d(3))
        model[0].register_buffer("mask", ones(2), persistent=False)
        model.register_buffer("again", ones(1), persistent=False)
        model.register_buffer("again", 2 * ones(1))
        names = [name for name, _ in model.named_buffers()]
        keys = model.load_state_dict(model.state_dict())
        found.append([names, list(model.state_dict()), list(keys)])
        with pytest.raises(RuntimeError, match="mask"):
            model.load_state_dict({**model.state_dict(), "0.mask": ones(2)})
    assert found[0] == found[1]


def test_names_of_parameters_and_buffers_may_be_asked_for_as_in_pytorch(torch):
    found = []
    for library in (nn, torch.nn):
        model = library.Sequential(library.Linear(2, 2), library.BatchNorm1d(2))
        model.append(model[0])
        model.scale = library.Parameter(model[1].weight.detach())
        options = [{"prefix": "enc"}, {"recurse": False}, {"remove_duplicate": False}, {}]
        for named in (model.named_parameters, model.named_buffers, model[1].named_buffers):
            found += [[name for name, _ in named(**option)] for option in options]
        found.append([len(list(model.parameters(recurse=r))) for r in (False, True)])
        found.append([len(list(model[1].buffers(recurse=r))) for r in (False, True)])
    assert found[: len(found) // 2] == found[len(found) // 2 :]


def test_the_padding_row_of_a_compiled_embedding_gets_no_gradient():
    table, rows = nn.Embedding(3, 1, padding_idx=0), np.array([0, 1, 1])
    for module in (table, ag.compile(table)):
        table.zero_grad()
        module(rows).sum().backward()
        assert table.weight.grad.tolist() == [[0.0], [2.0], [0.0]]

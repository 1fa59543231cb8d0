"""Normalisation against PyTorch: values, gradients, running statistics, and how it fails."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import nn
from autograd import Tensor
from nn import functional as F  # noqa: N812  # as everybody calls it

LAYERS = [
    ("BatchNorm1d", (4,), {}, (5, 4)),
    ("BatchNorm1d", (4,), {"momentum": None, "eps": 1e-3}, (5, 4, 3)),
    ("BatchNorm2d", (4,), {"momentum": 0.3}, (5, 4, 3, 2)),
    ("BatchNorm2d", (4,), {"affine": False}, (5, 4, 3, 2)),
    ("BatchNorm2d", (4,), {"track_running_stats": False}, (5, 4, 3, 2)),
    ("BatchNorm1d", (4,), {"bias": False}, (5, 4, 3)),
    ("GroupNorm", (2, 4), {"bias": False}, (5, 4, 3)),
    ("GroupNorm", (2, 4), {}, (5, 4, 3, 2)),
    ("GroupNorm", (1, 4), {}, (5, 4, 3)),
    ("GroupNorm", (4, 4), {"affine": False, "eps": 1e-3}, (5, 4, 3)),
    ("LayerNorm", ((3, 2),), {"bias": False}, (5, 4, 3, 2)),
    ("LayerNorm", (2,), {"eps": 1e-3}, (5, 4, 2)),
    ("LayerNorm", ((4, 2),), {"elementwise_affine": False}, (5, 4, 2)),
    ("RMSNorm", (2,), {}, (5, 4, 2)),
    ("RMSNorm", ((4, 2),), {"eps": 0.1, "elementwise_affine": False}, (5, 4, 2)),
]


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the convention")


def assert_same(ours, theirs):
    assert_allclose(ours.numpy(force=True), theirs.detach().numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_layers_are_pytorchs(torch, rng, name, args, options, shape):
    """Three batches of training, then the statistics that they left: forward and gradients."""
    ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    if "bias=" in repr(theirs) or name == "RMSNorm":  # which PyTorch 2.13 began to show
        assert repr(ours) == repr(theirs)
    theirs = theirs.double()
    state = theirs.state_dict()
    for key in ("weight", "bias"):
        if key in state:
            state[key].copy_(torch.tensor(rng.normal(size=state[key].shape)))
    ours.load_state_dict({k: v.numpy() for k, v in state.items()})
    for mode in (True, True, True, False):
        ours.train(mode)
        theirs.train(mode)
        x = rng.normal(2.0, 3.0, shape)
        u = np.cos(np.arange(x.size)).reshape(shape)
        a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, z = ours(a), theirs(b)
        assert_same(y, z)
        y.backward(u)
        z.backward(torch.tensor(u))
        assert_same(a.grad, b.grad)
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert_same(p.grad, q.grad)
    assert list(ours.state_dict()) == list(state)
    for key, value in ours.state_dict().items():
        assert_same(value, theirs.state_dict()[key])


def test_float32_stays_float32():
    x = np.ones((3, 4, 2, 2), np.float32)
    x[0] = 2
    for layer in (nn.BatchNorm2d(4), nn.GroupNorm(2, 4), nn.RMSNorm(2), nn.LayerNorm(2)):
        assert layer.float()(Tensor(x)).dtype == np.float32
        assert layer.eval()(Tensor(x)).dtype == np.float32


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("momentum", [0.1, None])
def test_a_batch_of_no_rows_leaves_the_running_statistics(torch, momentum):
    """One such batch would make them, and all that comes after training, nan without a word."""
    layers = nn.BatchNorm1d(2, momentum=momentum), torch.nn.BatchNorm1d(2, momentum=momentum)
    y = layers[0](Tensor(np.zeros((0, 2))))
    assert y.shape == tuple(layers[1](torch.zeros(0, 2)).shape)
    for (_, ours), theirs in zip(layers[0].named_buffers(), layers[1].buffers(), strict=True):
        assert ours.tolist() == theirs.tolist()


def test_running_statistics_of_one_batch():
    layer = nn.BatchNorm1d(1, momentum=0.5)
    layer(Tensor([[1.0], [3.0]]))
    assert layer.running_mean.tolist() == [1.0]
    assert layer.running_var.tolist() == [1.5]  # halfway from 1 to the unbiased 2
    assert layer.num_batches_tracked.item() == 1
    assert not layer.running_mean.requires_grad
    layer.eval()(Tensor([[1.0], [3.0]]))
    assert layer.running_mean.tolist() == [1.0]


def test_a_length_may_be_a_number_of_numpy():
    layer = nn.LayerNorm(np.int64(3))
    assert repr(layer) == "LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)"
    with pytest.raises(TypeError, match="'float' object cannot be interpreted as an integer"):
        nn.LayerNorm(2.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.BatchNorm2d(3)(np.ones((5, 3))), "3 channels, on axis 1"),
        (lambda: nn.BatchNorm1d(3)(np.ones((5, 4))), "3 channels, on axis 1"),
        (lambda: nn.BatchNorm1d(3)(np.ones((1, 3))), "has no variance"),
        (lambda: F.group_norm(np.ones((2, 5)), 2), "5 channels do not divide into 2 groups"),
        (lambda: F.group_norm(np.ones((2, 5)), 0), "5 channels do not divide into 0 groups"),
        (lambda: F.group_norm(np.ones(4), 2), r"C, ...\)\n  where: group_norm\(input \(4,\)\)"),
        (lambda: F.batch_norm(np.ones(4), None, None, training=True), r"rows and channels, \(N, C"),
        (lambda: nn.GroupNorm(0, 4), "shared evenly by groups\n  where: num_groups=0, num_chan"),
        (lambda: nn.GroupNorm(-2, 4), "shared evenly by groups\n  where: num_groups=-2, num_chan"),
        (lambda: F.layer_norm(np.ones((2, 5)), (4,)), "does not end in"),
        (lambda: F.rms_norm(np.ones((2, 5)), (4,)), "does not end in"),
    ],
)
def test_errors_have_three_lines(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (lambda x: F.batch_norm(x, np.zeros(1), np.ones(1)), "running_mean is (3,) here, not (1,)"),
        (lambda x: F.batch_norm(x, None, None, np.ones(1), training=True), "weight is (3,) here"),
        (lambda x: F.group_norm(x, 1, bias=np.ones((2, 3))), "bias is (3,) here, not (2, 3)"),
        (lambda x: F.layer_norm(x, 3, np.ones((2, 1, 3))), "weight is (3,) here, not (2, 1, 3)"),
        (lambda x: F.rms_norm(x, (3,), np.ones(1)), "weight is (3,) here, not (1,)"),
    ],
)
def test_parameters_of_another_shape_do_not_broadcast(f, what):
    with pytest.raises(ValueError) as error:
        f(np.ones((4, 3)))
    first, where, instead = str(error.value).splitlines()
    assert first.startswith(f"a {what}")
    assert where == "  where: input (4, 3)"
    assert instead == f"  instead: a {what.split()[0]} of shape (3,)"


def test_without_training_there_is_something_to_subtract():
    with pytest.raises(ValueError) as error:
        F.batch_norm(np.ones((4, 3)), None, None)
    assert str(error.value) == (
        "without training there is a mean to subtract, and a variance to divide by\n"
        "  where: batch_norm(input (4, 3))\n"
        "  instead: running_mean and running_var, or training=True"
    )

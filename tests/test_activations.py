"""Activations, and layers beside them, against PyTorch: values and gradients."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose

import nn
from autograd import Tensor, grad, manual_seed
from nn import functional as F  # noqa: N812  # as everybody calls it
from nn import nonlinear

POINTS = np.array([
    [-700.0, -30.0, -4.3, -3.1, -2.2, -1.3, -0.7, -0.3], [0.2, 0.4, 0.9, 1.7, 2.3, 3.2, 6.4, 31.0],
])  # fmt: skip
ACTIVATIONS = [
    ("CELU", {}), ("CELU", {"alpha": 0.5}), ("ELU", {}), ("ELU", {"alpha": 0.5}), ("GELU", {}),
    ("GELU", {"approximate": "tanh"}), ("GLU", {}), ("GLU", {"dim": 0}), ("Hardshrink", {}),
    ("Hardshrink", {"lambd": 0.35}), ("Hardsigmoid", {}), ("Hardswish", {}), ("Hardtanh", {}),
    ("Hardtanh", {"min_val": -0.5, "max_val": 2.5}), ("LeakyReLU", {}),
    ("LeakyReLU", {"negative_slope": 0.3}), ("LogSigmoid", {}), ("LogSoftmax", {"dim": 1}),
    ("Mish", {}), ("PReLU", {}), ("PReLU", {"num_parameters": 8, "init": 0.125}), ("ReLU", {}),
    ("ReLU6", {}), ("SELU", {}), ("SiLU", {}), ("Sigmoid", {}), ("Softmax", {"dim": 0}),
    ("Softmin", {"dim": 1}), ("Softplus", {}), ("Softplus", {"beta": 2.0, "threshold": 5.0}),
    ("Softshrink", {}), ("Softshrink", {"lambd": 0.35}), ("Softsign", {}), ("Tanh", {}),
    ("Tanhshrink", {}), ("Threshold", {"threshold": 0.3, "value": -1.5}),
]  # fmt: skip


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the convention")


def assert_like_torch(torch, ours, theirs, *arrays, tolerance=1e-10):
    """Assert that two modules have equal values, and gradients of inputs and parameters."""
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    inputs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = ours(*xs), theirs(*inputs)
    assert_allclose(y.data, z.detach().numpy(), rtol=tolerance, atol=tolerance)
    u = np.cos(np.arange(y.size)).reshape(y.shape)
    y.backward(u)
    z.backward(torch.tensor(u))
    mine, others = [*xs, *ours.parameters()], [*inputs, *theirs.parameters()]
    for a, b in zip(mine, others, strict=True):
        assert_allclose(a.grad.data, b.grad.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("name", "options"), ACTIVATIONS)
def test_activations_are_pytorchs(torch, name, options):
    ours, theirs = getattr(nn, name)(**options), getattr(torch.nn, name)(**options).double()
    single = name in ("Hardsigmoid", "Hardswish")  # PyTorch's 1/6 is one of float32 there
    assert_like_torch(torch, ours, theirs, POINTS, tolerance=1e-7 if single else 1e-10)


IN_PLACE = [
    ("CELU", (0.5,)), ("ELU", (0.5,)), ("Hardtanh", (-1.0, 1.0)), ("LeakyReLU", (0.2,)),
    ("Mish", ()), ("ReLU", ()), ("ReLU6", ()), ("SELU", ()), ("SiLU", ()),
    ("Threshold", (0.1, 2.0)), ("Dropout", (1.0,)), ("Dropout", (0.0,)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), IN_PLACE)
def test_what_is_done_in_place_is_seen_where_the_data_are(torch, rng, name, args):
    x = rng.normal(size=(4, 5))
    found = []
    for library, tensor in ((nn, Tensor), (torch.nn, torch.tensor)):
        leaf = tensor(x, requires_grad=True)
        h = 2 * leaf
        y = getattr(library, name)(*args, True)(h)
        (y * y + h).sum().backward()  # h is y
        found.append([value.detach().numpy() for value in (h, y, leaf.grad)])
    for ours, theirs in zip(*found, strict=True):
        assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)
    with pytest.raises(RuntimeError, match="a leaf that requires a gradient cannot be rewritten"):
        nn.ReLU(inplace=True)(Tensor(x, requires_grad=True))
    with pytest.raises(TypeError, match="Cannot cast"):  # PyTorch: RuntimeError
        nn.LeakyReLU(0.1, inplace=True)(np.array([-1, 2]))


REWRITING = {
    "celu": (0.5,), "dropout": (1.0, True), "dropout1d": (1.0, True), "dropout2d": (1.0, True),
    "elu": (0.5,), "hardsigmoid": (), "hardswish": (), "hardtanh": (-0.5, 0.5),
    "leaky_relu": (0.2,), "mish": (), "relu": (), "relu6": (), "rrelu": (0.1, 0.3, False),
    "selu": (), "silu": (), "threshold": (0.1, 2.0),
}  # fmt: skip


@pytest.mark.parametrize("name", REWRITING)
def test_functions_in_place_return_the_input(torch, rng, name):
    shape = (2, 4, 5, 3) if name == "dropout2d" else (4, 5, 3)
    shape = shape[1:] if name == "dropout1d" else shape  # one example, without a batch
    x = rng.normal(size=shape)
    for positional in (False, True):
        found = []
        for functions, tensor in ((F, Tensor), (torch.nn.functional, torch.tensor)):
            leaf, given = tensor(x, requires_grad=True), REWRITING[name]
            h = 2 * leaf
            f = getattr(functions, name)
            y = f(h, *given, True) if positional else f(h, *given, inplace=True)
            assert y is h
            (y * y).sum().backward()
            found.append([value.detach().numpy() for value in (h, leaf.grad)])
            assert f(tensor(x), *given).shape == x.shape
        for ours, theirs in zip(*found, strict=True):
            assert_allclose(ours, theirs, rtol=1e-7)  # the sixth of hardsigmoid is a float32
    array = x + 0.0
    assert getattr(F, name)(array, *REWRITING[name], inplace=True) is array
    assert_allclose(array, getattr(F, name)(x, *REWRITING[name]))


@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax"])
def test_all_elements_together_are_no_axis(name):
    for f in (getattr(F, name), getattr(nn, name.title().replace("_S", "S"))(dim=-1).forward):
        assert f(np.ones((2, 2))).shape == (2, 2)
    with pytest.raises(TypeError) as error:
        getattr(F, name)(np.ones((2, 2)), dim=None)
    assert str(error.value).splitlines() == [
        "a softmax is along one axis",
        "  where: dim=None",
        "  instead: dim=-1 for the last; np.ravel(x) for all",
    ]


@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax"])
def test_a_dtype_is_that_of_the_numbers_before(torch, name):
    whole = np.array([[1, 2, 4], [-3, 0, 200]])
    theirs = getattr(torch.nn.functional, name)
    for x in (whole, whole.astype(np.float32)):
        expected = theirs(torch.tensor(x), 1, dtype=torch.float64)
        y = getattr(F, name)(Tensor(x), 1, dtype=np.float64)
        assert y.dtype == np.float64
        assert_allclose(y.data, expected.numpy(), rtol=1e-10)
    a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    u = np.cos(whole)
    getattr(F, name)(a, 1, dtype=np.float64).backward(u)
    theirs(b, 1, dtype=torch.float64).backward(torch.tensor(u))
    assert a.grad.dtype == np.float32
    assert_allclose(a.grad.data, b.grad.numpy(), rtol=1e-6, atol=1e-7)
    assert getattr(F, name)(whole, dtype=np.float32).dtype == np.float32


BENDS = {
    "celu": [0.0], "elu": [0.0], "hardshrink": [-0.5, 0.5], "hardsigmoid": [-3.0, 3.0],
    "hardswish": [-3.0], "hardtanh": [-1.0, 1.0], "leaky_relu": [0.0], "relu": [0.0],
    "relu6": [0.0, 6.0], "selu": [0.0], "softshrink": [-0.5, 0.5], "softsign": [0.0],
}  # fmt: skip


@pytest.mark.parametrize("name", BENDS)
def test_kinks_have_pytorchs_slope(torch, name):
    x, z = (make(BENDS[name], requires_grad=True) for make in (Tensor, torch.tensor))
    getattr(F, name)(x).sum().backward()
    getattr(torch.nn.functional, name)(z).sum().backward()
    assert_allclose(x.grad.data, z.grad.numpy(), rtol=1e-6)


@pytest.mark.parametrize(("name", "options"), ACTIVATIONS)
def test_no_activation_hides_a_nan(name, options):
    y = getattr(nn, name)(**options)(Tensor(np.full((8, 8), np.nan)))
    assert np.isnan(y.data).all()


@pytest.mark.parametrize(("name", "options"), ACTIVATIONS)
def test_activations_keep_float32(name, options):
    layer = getattr(nn, name)(**options).float()
    x = Tensor(POINTS.astype(np.float32), requires_grad=True)
    y = layer(x)
    assert y.dtype == np.float32
    y.sum().backward()
    assert np.isfinite(x.grad.data).all()


def test_a_slope_for_each_channel_and_probabilities_of_channels(torch, rng):
    x = rng.normal(size=(2, 3, 4, 5))
    assert_like_torch(torch, nn.PReLU(3), torch.nn.PReLU(3).double(), x)
    assert_like_torch(torch, nn.Softmax2d(), torch.nn.Softmax2d(), x)
    assert_like_torch(torch, nn.RReLU().eval(), torch.nn.RReLU().eval(), x)
    assert_like_torch(torch, nn.PReLU(), torch.nn.PReLU().double(), np.array(-2.0))


def test_random_slopes_are_between_the_bounds():
    manual_seed(0)
    slopes = -nn.RReLU(0.1, 0.3)(Tensor(-np.ones(1000))).numpy()
    assert 0.1 <= slopes.min() < 0.102
    assert 0.298 < slopes.max() <= 0.3


def test_functional_has_them_all():
    assert set(nonlinear.__all__) <= set(F.__all__)


def test_bilinear_and_unflatten_are_pytorchs(torch, rng):
    ours, theirs = nn.Bilinear(3, 4, 5), torch.nn.Bilinear(3, 4, 5).double()
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    assert_like_torch(torch, ours, theirs, rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 6, 4)))
    assert repr(ours) == repr(theirs)
    pair = nn.Unflatten(-1, (2, -1)), torch.nn.Unflatten(-1, (2, -1))
    assert_like_torch(torch, *pair, rng.normal(size=(3, 6)))


@pytest.mark.parametrize(
    ("layer", "shape"), [(nn.Dropout1d, (40, 50, 3)), (nn.Dropout2d, (40, 50, 3, 2))]
)
def test_whole_channels_are_dropped(layer, shape):
    manual_seed(0)
    y = layer(0.25)(Tensor(np.ones(shape))).numpy().reshape(2000, -1)
    assert (y == y[:, :1]).all()
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    assert abs(y.mean() - 1) < 5 * np.sqrt(0.25 / 0.75 / 2000)
    x = np.ones(shape)
    assert layer(0.25).eval()(x) is x or (layer(0.25).eval()(x) == x).all()


@pytest.mark.parametrize(
    ("f", "slope"), [(F.elu, 1.0), (F.celu, 1.0), (F.selu, 1.7580993408473766)]
)
def test_exponential_units_have_their_slope_at_0(f, slope):
    assert abs(grad(lambda x: f(x))(0.0) - slope) < 1e-15


def test_bytes_do_not_wrap():
    x = np.array([0, 1, 200], np.uint8)
    for f in (F.logsigmoid, F.softmin):
        assert_allclose(f(x), f(x.astype(float)), rtol=1e-15)


# ── options ───────────────────────────────────────────────────────────────────────────────────
def test_data_may_be_given_by_name():
    x, target = Tensor([[-1.0, 2.0], [0.0, 0.0]]), np.array([1, 0])
    assert nn.LeakyReLU(0.5)(input=x).tolist() == [[-0.5, 2], [0, 0]]
    loss = nn.CrossEntropyLoss(reduction="sum")
    assert_allclose(loss(input=x, target=target), np.log1p(np.exp(-3)) + np.log(2))
    assert loss(x, target=target) == loss(x, target)
    with pytest.raises(TypeError, match="multiple values"):
        nn.LeakyReLU(0.5)(x, negative_slope=0.1)


def test_options_are_attributes_that_may_be_changed():
    dropout, slope, loss = nn.Dropout(0.3), nn.LeakyReLU(), nn.MSELoss()
    assert (dropout.p, slope.negative_slope, loss.reduction) == (0.3, 0.01, "mean")
    dropout.p, slope.negative_slope, loss.reduction = 1.0, 0.5, "sum"
    assert dropout(np.ones(3)).tolist() == [0, 0, 0]
    assert dropout.eval()(np.ones(3)).tolist() == [1, 1, 1]
    assert slope(np.array([-2.0, 2.0])).tolist() == [-1, 2]
    assert loss(np.ones(3), np.zeros(3)).item() == 3
    texts = ["Dropout(p=1.0, inplace=False)", "LeakyReLU()", "MSELoss()"]
    assert [*map(repr, (dropout, slope, loss))] == texts


MISMADE = {
    lambda: nn.Dropout(q=1): """Dropout: got an unexpected keyword argument 'q'
  where: Dropout(q=1)
  instead: Dropout(p: float = 0.5, inplace: bool = False)""",
    lambda: nn.Dropout("a"): """\
Dropout: '<=' not supported between instances of 'int' and 'str'
  where: Dropout('a')
  instead: Dropout(p: float = 0.5, inplace: bool = False)""",
    lambda: nn.Linear(3): """\
Linear: missing 1 required positional argument: 'out_features'
  where: Linear(3)
  instead: Linear(in_features: int, out_features: int, bias: bool = True)""",
    lambda: nn.LayerNorm("a", bias=False): """\
LayerNorm: 'str' object cannot be interpreted as an integer
  where: LayerNorm('a', bias=False)
  instead: LayerNorm(normalized_shape: int | Iterable[int], eps: float | None = 1e-05, \
elementwise_affine: bool = True, bias: bool = True)""",
    lambda: nn.RNN(3, "a"): """\
RNN: 'str' object cannot be interpreted as an integer
  where: RNN(3, 'a')
  instead: RNN(input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = 'tanh', \
bias: bool = True, batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False)""",
    lambda: nn.optim.EMA("a"): """\
EMA: 'str' object has no attribute 'parameters'
  where: EMA('a')
  instead: EMA(model: Module, decay: float = 0.999)""",
    lambda: nn.optim.SGD([nn.Parameter(1.0)], speed=1): """\
SGD: got an unexpected keyword argument 'speed'
  where: SGD(list, speed=1)
  instead: SGD(params, lr: float = 0.001, momentum: float = 0.0, dampening: float = 0.0, \
weight_decay: float = 0.0, nesterov: bool = False, *, maximize: bool = False)""",
    lambda: nn.optim.lr_scheduler.StepLR(nn.optim.SGD([nn.Parameter(1.0)], lr=0.1)): """\
StepLR: missing a required argument: 'step_size'
  where: StepLR(SGD)
  instead: StepLR(optimizer: Optimizer, step_size: int, gamma: float = 0.1, *, \
last_epoch: int = -1)""",
    lambda: nn.optim.lr_scheduler.StepLR(nn.optim.SGD([nn.Parameter(1.0)], lr=0.1), "a"): """\
StepLR: '>' not supported between instances of 'str' and 'int'
  where: StepLR(SGD, 'a')
  instead: StepLR(optimizer: Optimizer, step_size: int, gamma: float = 0.1, *, \
last_epoch: int = -1)""",
    lambda: nn.optim.lr_scheduler.LambdaLR(nn.optim.SGD([nn.Parameter(1.0)], lr=0.1), 3): """\
LambdaLR: 'int' object is not callable
  where: LambdaLR(SGD, 3)
  instead: LambdaLR(optimizer: Optimizer, lr_lambda: Callable[[int], float], *, \
last_epoch: int = -1)""",
    lambda: nn.optim.lr_scheduler.MultiStepLR(nn.optim.SGD([nn.Parameter(1.0)], lr=0.1), 30): """\
MultiStepLR: 'int' object is not iterable
  where: MultiStepLR(SGD, 30)
  instead: MultiStepLR(optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, *, \
last_epoch: int = -1)""",
}


@pytest.mark.parametrize("make", MISMADE, ids=itertools.count())
def test_a_wrong_option_is_told_with_those_there_are(make):
    with pytest.raises(TypeError) as error:
        make()
    assert str(error.value) == MISMADE[make]


def test_an_error_in_a_constructor_of_ones_own_is_left_alone():
    class Net(nn.Module):
        def __init__(self):
            self.size = 3 + "a"

    with pytest.raises(TypeError, match=r"^unsupported operand type\(s\) for \+: 'int' and 'str'$"):
        Net()


@pytest.mark.parametrize("make", [lambda: nn.Flatten(3), lambda: nn.Unflatten(7, (3, 1))])
def test_axes_that_the_input_lacks_are_refused(make):
    with pytest.raises(IndexError, match="out of bounds for array of dimension 2"):
        make()(np.ones((2, 3)))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64])
def test_whole_numbers_do_not_wrap(dtype):
    x = np.array([2, 100], dtype)
    assert F.softshrink(x).tolist() == [1.5, 99.5]
    assert F.leaky_relu(np.array([-100], np.int8), 2).tolist() == [-200]
    slopes = F.rrelu(np.array([-10, 2]), training=True) / [-10, 2]
    assert 1 / 8 <= slopes[0] <= 1 / 3
    assert slopes[1] == 1


def test_there_is_one_slope_or_one_for_each_channel():
    with pytest.raises(ValueError) as error:
        F.prelu(np.ones((4, 1)), np.ones(3))
    assert str(error.value) == (
        "there are 3 slopes, and 1 channels\n"
        "  where: prelu(input (4, 1), weight (3,))\n"
        "  instead: 1 slope, or 1"
    )


def test_a_bilinear_form_takes_as_many_features_as_it_has():
    with pytest.raises(ValueError) as error:
        F.bilinear(np.ones((5, 1)), np.ones((5, 3)), np.ones((4, 2, 3)))
    assert str(error.value) == (
        "the inputs have (1, 3) features, and the weight is for (2, 3)\n"
        "  where: bilinear(input1 (5, 1), input2 (5, 3), weight (4, 2, 3))\n"
        "  instead: inputs of shapes (..., 2), (..., 3)"
    )

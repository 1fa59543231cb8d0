"""Convolution and pooling: against their definition, against PyTorch, and how they fail."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose

import nn
from autograd import Tensor, capture, conv, grad, manual_seed, three_lines, value_and_grad
from autograd.base import blocks
from autograd.rules import convolution
from nn import functional as F  # noqa: N812  # as everybody calls it


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the convention")


def assert_like_torch(torch, f, *arrays, name, **options):
    """Assert that a function and PyTorch's of that name have equal values and gradients."""
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = f(*xs, **options), getattr(torch.nn.functional, name)(*theirs, **options)
    assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-10)
    u = np.cos(np.arange(y.size)).reshape(y.shape)
    y.backward(u)
    z.backward(torch.tensor(u))
    for x, t in zip(xs, theirs, strict=True):
        assert_allclose(x.grad.data, t.grad.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_padding_is_pytorchs(torch, mode):
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    assert_like_torch(torch, F.pad, x, name="pad", pad=(1, 2, 0, 3), mode=mode)
    assert_like_torch(torch, F.pad, x[0, 0], name="pad", pad=(1, 2), value=7.0)
    assert_like_torch(torch, F.pad, x, name="pad", pad=(1, 2), value=None)
    for less in ((-1, -2, 2, 1), (0, -3, -1, -1), (-5, 0, 0, 1)):
        assert_like_torch(torch, F.pad, x, name="pad", pad=less, mode=mode)
    for both in ((-1, 2), (-4, 3), (4, -5)) if mode != "circular" else ():  # see below
        assert_like_torch(torch, F.pad, x[0], name="pad", pad=both, mode=mode)


# ── the definition ────────────────────────────────────────────────────────────────────────────
def by_definition(x, w, b, stride, dilation, groups):
    """Write the sum out, place by place."""
    (n, c, *size), (o, _, *kernel) = x.shape, w.shape
    sizes = zip(size, kernel, stride, dilation, strict=True)
    y = np.zeros((n, o, *[(m - d * (k - 1) - 1) // s + 1 for m, k, s, d in sizes]))
    for place in np.ndindex(y.shape):
        image, out, *at = place
        group = slice(
            out // (o // groups) * (c // groups), (out // (o // groups) + 1) * (c // groups)
        )
        seen = [slice(i * s, i * s + d * (k - 1) + 1, d)
                for i, s, d, k in zip(at, stride, dilation, kernel, strict=True)]  # fmt: skip
        y[place] = np.sum(x[(image, group, *seen)] * w[out]) + b[out]
    return y


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    ("stride", "dilation"), [((1, 1), (1, 1)), ((2, 1), (1, 3)), ((3, 2), (2, 1))]
)
def test_convolution_is_its_definition(rng, stride, dilation, groups):
    x, w, b = (
        rng.normal(size=(2, 4, 9, 8)),
        rng.normal(size=(6, 4 // groups, 3, 2)),
        rng.normal(size=6),
    )
    want = by_definition(x, w, b, stride, dilation, groups)
    assert_allclose(
        conv(x, w, b, stride=stride, dilation=dilation, groups=groups), want, rtol=1e-12
    )


def test_three_axes_are_no_different(rng):
    x, w = rng.normal(size=(1, 2, 3, 4, 5)), rng.normal(size=(2, 2, 2, 3, 2))
    want = by_definition(x, w, np.zeros(2), (1, 1, 2), (1, 1, 1), 1)
    assert_allclose(conv(x, w, stride=(1, 1, 2)), want, rtol=1e-12)


def test_threads_change_no_bit(rng, monkeypatch):
    x, w = rng.normal(size=(29, 8, 20, 20)), rng.normal(size=(8, 8, 3, 3))
    g = rng.normal(size=(29, 8, 18, 18))

    def run():
        y = convolution.max_pool(x, kernel=(3, 3), stride=2)
        return (
            conv(x, w), convolution.conv_input(g, w, size=(20, 20)),
            convolution.conv_weight(g, x, kernel=(3, 3)), y,
            convolution.pool_spread(g[:, :, :9, :9], x, y, kernel=(3, 3), stride=2),
        )  # fmt: skip

    assert convolution.patches(x, (3, 3), 1, 1, 1).size > blocks.LARGE
    shared = run()
    monkeypatch.setattr(convolution, "LARGE", 10**12)
    for one, other in zip(shared, run(), strict=True):
        np.testing.assert_array_equal(one, other)


# ── PyTorch ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups", "bias"),
    [
        *itertools.product([1, 2], [0, 2], [1, 2], [1, 2], [True]),
        (1, "same", 1, 1, True), (1, "same", 3, 2, False), (2, "valid", 1, 1, False),
        (3, 1, 2, 1, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.filterwarnings("ignore:Using padding='same' with even")  # PyTorch copies then
def test_convolution_is_pytorchs(torch, rng, axes, stride, padding, dilation, groups, bias):
    x = rng.normal(size=(3, 4, 9, 8)[: 2 + axes])
    w = rng.normal(size=(6, 4 // groups, 3, 2)[: 2 + axes])
    arrays = (x, w, rng.normal(size=6)) if bias else (x, w)
    name = f"conv{axes}d"
    assert_like_torch(
        torch, getattr(F, name), *arrays, name=name,
        stride=stride, padding=padding, dilation=dilation, groups=groups,
    )  # fmt: skip


def test_a_list_of_one_number_is_that_of_all_axes(rng):
    x, w = rng.normal(size=(1, 2, 7, 8)), rng.normal(size=(2, 2, 3, 3))
    y = F.conv2d(x, w, stride=(2,), padding=[1], dilation=(2,))
    assert_allclose(y, F.conv2d(x, w, stride=2, padding=1, dilation=2), rtol=0)
    y = F.max_pool2d(x, [2], (1,), dilation=(2,))
    assert_allclose(y, F.max_pool2d(x, 2, 1, dilation=2), rtol=0)


def test_a_number_for_each_axis_and_no_batch(torch, rng):
    x, w = rng.normal(size=(2, 9, 8)), rng.normal(size=(3, 2, 3, 2))
    options = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}
    assert_like_torch(torch, F.conv2d, x, w, name="conv2d", **options)
    assert_like_torch(torch, F.max_pool2d, x, name="max_pool2d", kernel_size=(3, 2), stride=(1, 2))


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(2, None, 0), (3, 2, 1), (3, 1, 0), (2, 3, 1), (4, 3, 2)]
)
@pytest.mark.parametrize("axes", [1, 2])
def test_pooling_is_pytorchs(torch, rng, axes, kernel, stride, padding, ceil_mode):
    x = rng.normal(size=(2, 3, 9, 8)[: 2 + axes])
    options = {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
    most, mean = f"max_pool{axes}d", f"avg_pool{axes}d"
    assert_like_torch(torch, getattr(F, most), x, name=most, **options)
    for include in (False, True):
        assert_like_torch(
            torch, getattr(F, mean), x, name=mean, count_include_pad=include, **options
        )


def test_other_options_of_pooling_are_pytorchs(torch, rng):
    x, one = rng.normal(size=(2, 3, 9, 8)), rng.normal(size=(2, 3, 1, 2))
    for name in ("max_pool2d", "avg_pool2d"):  # a window larger than all there is
        assert_like_torch(
            torch, getattr(F, name), one, name=name, kernel_size=(2, 3), ceil_mode=True
        )
    assert_like_torch(torch, F.max_pool2d, x, name="max_pool2d", kernel_size=2, dilation=(2, 3))
    assert_like_torch(torch, F.avg_pool2d, x, name="avg_pool2d", kernel_size=2, divisor_override=3)


@pytest.mark.parametrize("product", [1, 300, 700, 1_200, 5_000, 80_000])
@pytest.mark.parametrize(
    ("data", "kernel", "options"),
    [
        ((3, 8, 23), (32, 8, 4), {}),
        ((3, 8, 23), (64, 4, 3), {"groups": 2, "stride": 2}),
        ((3, 2, 12, 9), (64, 1, 3, 2), {"groups": 2}),
        ((3, 6, 11, 7), (32, 6, 2, 3), {"dilation": (2, 1), "stride": (1, 2)}),
        ((2, 5, 4, 5, 6), (32, 5, 2, 2, 3), {}),
    ],
)
def test_products_of_any_size_give_the_same(rng, monkeypatch, product, data, kernel, options):
    """However channels, rows and images are dealt to products, sums are only rounded otherwise."""
    x, w, b = (rng.normal(size=s) for s in (data, kernel, kernel[:1]))
    g = rng.normal(size=conv(x, w, **options).shape)

    def all_three():
        sent = [Tensor(v, requires_grad=True) for v in (x, w, b)]
        y = conv(*sent, **options)
        y.backward(g)
        return y.data, *(v.grad.data for v in sent)

    wanted = all_three()
    for name, value in (("PRODUCT", product), ("BLOCK", product), ("SENT", product)):
        monkeypatch.setattr(convolution, name, value)
    for ours, expected in zip(all_three(), wanted, strict=True):
        assert_allclose(ours, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [1, 3, (2, None), (9, 5), (4, 8)])
@pytest.mark.parametrize("kind", ["avg", "max"])
def test_adaptive_pooling_is_pytorchs(torch, rng, kind, size):
    name = f"adaptive_{kind}_pool2d"
    assert_like_torch(
        torch, getattr(F, name), rng.normal(size=(2, 3, 9, 8)), name=name, output_size=size
    )
    if type(size) is int:
        name = f"adaptive_{kind}_pool1d"
        assert_like_torch(
            torch, getattr(F, name), rng.normal(size=(2, 3, 9)), name=name, output_size=size
        )


LAYERS = [
    ("Conv1d", (4, 6, 3), {"padding": "same", "groups": 2}, (2, 4, 9)),
    ("Conv2d", (4, 6, (3, 2)), {"stride": 2, "bias": False}, (2, 4, 9, 8)),
    ("Conv2d", (4, 6, 3), {"padding": (1, 2), "padding_mode": "reflect"}, (2, 4, 9, 8)),
    ("Conv2d", (4, 6, 3), {"padding": "same", "padding_mode": "circular"}, (2, 4, 9, 8)),
    ("Conv1d", (4, 6, 3), {"padding": 2, "padding_mode": "replicate"}, (2, 4, 9)),
    ("MaxPool2d", (3, 2), {"padding": 1}, (2, 4, 9, 8)),
    ("AvgPool1d", (2,), {}, (2, 4, 9)),
    ("AdaptiveAvgPool2d", ((2, None),), {}, (2, 4, 9, 8)),
]


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_layers_take_pytorchs_weights(torch, rng, name, args, options, shape):
    ours, theirs = (
        getattr(nn, name)(*args, **options),
        getattr(torch.nn, name)(*args, **options).double(),
    )
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    x = rng.normal(size=shape)
    assert_allclose(
        np.asarray(getattr(ours(x), "data", ours(x))), theirs(torch.tensor(x)).detach(), rtol=1e-10
    )
    if name.startswith("Conv"):
        assert repr(ours) == repr(theirs)


@pytest.mark.parametrize(("name", "kernel"), [("Conv1d", 7), ("Conv2d", (3, 5))])
def test_first_weights_are_distributed_as_pytorchs(torch, name, kernel):
    """Uniform in ±1/√fan_in: the bounds, and the moments within five standard errors."""
    manual_seed(0)
    ours, theirs = (
        getattr(nn, name)(32, 64, kernel, groups=2),
        getattr(torch.nn, name)(32, 64, kernel, groups=2),
    )
    bound = (16 * np.prod(kernel)) ** -0.5
    for mine, other in ((ours.weight, theirs.weight), (ours.bias, theirs.bias)):
        w = mine.numpy(force=True)
        assert w.shape == tuple(other.shape)
        assert 0.9 * bound < abs(w).max() <= bound
        assert abs(w.mean()) < 5 * bound / np.sqrt(3 * w.size)
        assert abs((w**2).mean() - bound**2 / 3) < 5 * bound**2 * np.sqrt(4 / 45 / w.size)
        assert other.detach().abs().max() <= bound * (1 + 1e-6)


# ── ties, higher orders, programs ─────────────────────────────────────────────────────────────
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, bool])
def test_pooling_of_integers_is_that_of_their_numbers(rng, dtype):
    x = rng.integers(0, 256, (2, 3, 5, 5)).astype(dtype)
    for f in (F.avg_pool2d, F.max_pool2d):
        for padding in (0, 1):
            got = f(x, 3, 2, padding)
            assert got.dtype == (dtype if f is F.max_pool2d else np.float64)
            assert_allclose(got, f(x.astype(float), 3, 2, padding))


def test_several_maxima_share_evenly():
    x = Tensor([[[[1.0, 3.0], [3.0, 0.0]]]], requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    assert x.grad.tolist() == [[[[0.0, 0.5], [0.5, 0.0]]]]


def network(x, w1, w2):
    h = F.max_pool2d(F.relu(F.conv2d(x, w1, padding=1)), 2)
    return np.sum(np.tanh(F.avg_pool2d(F.conv2d(h, w2, stride=2), 1)))


def test_the_program_runs_alone_and_is_the_same(rng):
    x, w1, w2 = (
        rng.normal(size=(2, 2, 6, 6)),
        rng.normal(size=(3, 2, 3, 3)),
        rng.normal(size=(2, 3, 2, 2)),
    )
    program = capture(value_and_grad(network, argnum=(0, 1, 2)), x, w1, w2)
    assert "autograd" not in program.source
    space = {}
    exec(program.source, space)
    got = next(f for k, f in space.items() if k == program.name or k.startswith("network"))(
        x, w1, w2
    )
    want = value_and_grad(network, argnum=(0, 1, 2))(x, w1, w2)
    for a, b in zip(
        (got[0], *got[1]) if isinstance(got[1], tuple) else got, (want[0], *want[1]), strict=True
    ):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(getattr(b, "data", b)))


# ── errors ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x, w: F.conv2d(x[:, :1], w),
            r"the kernels take 2 channels, [^\n]* 1\n.*\n.* shape \(N, 2, ...\), or in_channels=1$",
        ),
        (lambda x, w: F.conv2d(x, w, groups=2), "the kernels take 4 channels, on axis 1, and"),
        (
            lambda x, w: F.conv2d(np.concatenate([x, x], 1), w, groups=2),
            "3 channels out do not divide into groups=2",
        ),
        *(
            (
                lambda x, w, shape=shape: F.conv2d(x, w, np.ones(shape)),
                r"a bias is \(3,\) here, not .*\n.*\n  instead: a bias of shape \(3,\)$",
            )
            for shape in [(2,), (1,), (3, 1)]
        ),
        (lambda x, w: F.conv2d(x[..., :2, :], w), r"a kernel that covers \(3, 3\) does not fit"),
        (lambda x, w: F.conv2d(x, w, stride=2, padding="same"), "only stride 1 keeps the size"),
        (
            lambda x, w: F.conv2d(x, w[0]),
            r"as many axes as the input: 4, not 3\n  where: [^\n]* by kernels \(2, 3, 3\)\n",
        ),
        (lambda x, w: F.conv1d(x, w[..., 0]), r"an input \(1, 2, 5, 5\) does not fit"),
        (lambda x, _: F.max_pool2d(x, 2, padding=2), "a window of 2 with a padding of 2 does not"),
        (lambda x, _: F.avg_pool2d(x, 6), r"a window of 6 [^\n]*\n  where: pooling of an input"),
        (lambda *_: nn.Conv2d(3, 4, 1, groups=2), "groups divide the channels"),
        (lambda *_: nn.Conv2d(3, 4, 1, groups=0), "groups divide the channels"),
        (lambda *_: nn.Conv2d(3, 4, 0), r"moves on\n  where: \{'kernel_size': 0, 'stride': 1, "),
        (lambda x, w: F.conv2d(x, w, stride=(1, 0)), r"where: \{'stride': \(1, 0\), 'dila"),
        (lambda x, _: F.max_pool2d(x, 0), "a window has a size and moves on"),
        (lambda x, _: F.max_pool2d(x, 2, stride=0), r"\{'kernel_size': 2, 'stride': 0, "),
        (lambda x, _: F.max_pool2d(x, (2, 2, 2)), r"\n  where: \(2, 2, 2\) for 2 axes\n"),
        (lambda x, _: F.max_pool2d(x, None), "windows are told in whole numbers: one for all axes"),
        (
            lambda x, _: F.max_pool2d(x, 2, padding=-1),
            "a window of 2 with a padding of -1 does not",
        ),
        (lambda x, _: F.avg_pool2d(x, 2, divisor_override=0), "a sum is not divided by 0"),
        (lambda x, _: F.adaptive_avg_pool2d(x, 0), r"moves on\n  where: \{'output_size': \[0, 0\]"),
        (lambda x, _: F.adaptive_max_pool2d(x, (1, 2, 3)), r"where: \[1, 2, 3\] for 2 axes"),
        (lambda x, _: F.adaptive_max_pool2d(x, 2.5), r"where: \[2.5, 2.5\] for 2 axes"),
        (lambda *_: nn.Conv2d(3, 4, 2.5), r"where: 2.5 for 2 axes\n  instead: 2, or \(2, 2\)$"),
        (lambda x, w: F.conv2d(x, w, padding=-1), "padding is 0 or more at both ends of an axis"),
        (lambda x, w: F.conv2d(x, w, padding="full"), "'same' or 'valid'\n  where: padding='full'"),
        (lambda x, _: F.pad(x, (1, 2, 3)), "an axis is padded before and after, or loses what it"),
        (lambda x, _: F.pad(x, (1, 1) * 5), "an axis is padded before and after, or loses what it"),
        (lambda x, _: F.pad(x, (-3, -3)), "an axis is padded before and after, or loses what it"),
        (lambda x, _: F.pad(x, (-6, 7)), "an axis is padded before and after, or loses what it"),
        (lambda x, _: F.pad(x, (-1, 1), "circular"), r"pad=\(-1, 1\), mode='circular'"),
        (
            lambda x, _: F.pad(x, np.int64(3)),
            "an axis is padded before and after, or loses what it",
        ),
        (lambda x, _: F.pad(x, (1.5, 0)), "an axis is padded before and after, or loses what it"),
        (lambda x, _: F.pad(x, (1, 1), "zeros"), "constant, reflect, replicate, circular"),
        (lambda *_: nn.Conv2d(3, 4, 1, padding_mode="zero"), "padding_mode='zero'"),
    ],
)
def test_errors_have_three_lines(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call(np.ones((1, 2, 5, 5)), np.ones((3, 2, 3, 3)))
    assert len(str(caught.value).splitlines()) == 3


def test_options_that_are_pytorchs_alone_are_refused_by_the_name_that_was_called():
    x = np.ones((2, 4, 4))
    for f, given, what, takes in [
        (
            F.max_pool2d,
            {"kernel_size": 2, "return_indices": True},
            "max_pool2d: got an unexpected keyword argument 'return_indices'",
            "max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)",
        ),
        (
            F.adaptive_max_pool2d,
            {},
            "adaptive_max_pool2d: missing 1 required positional argument: 'output_size'",
            "adaptive_max_pool2d(input, output_size)",
        ),
    ]:
        with pytest.raises(TypeError) as error:
            f(x, **given)
        assert str(error.value) == three_lines(what, f"{f.__name__}(input, ...)", takes)


@pytest.mark.parametrize("channels", [3, 300])  # so many that threads would share the work
def test_batches_of_nothing_and_of_nan(channels):
    x, w, b = np.zeros((0, channels, 8, 8)), np.ones((channels, channels, 3, 3)), np.ones(channels)
    for options in ({}, {"stride": 2, "padding": 1}):
        y = F.conv2d(x, w, b, **options)
        assert y.shape == (0, *F.conv2d(np.zeros((1, *x.shape[1:])), w, b, **options).shape[1:])
        # called at once
        gx, gw, gb = grad(lambda *a: np.sum(F.conv2d(*a, **options)), (0, 1, 2))(x, w, b)  # noqa: B023
        assert gx.shape == x.shape
        assert not gw.any()
        assert not gb.any()
    g = grad(lambda x: np.sum(F.max_pool1d(x, 2)))(np.array([[[np.nan, 1.0, 2.0, 3.0]]]))
    assert g.tolist() == [[[1, 0, 0, 1]]]

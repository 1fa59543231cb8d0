"""Every loss in every mode against PyTorch's; its corners, its numbers and its words by hand."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nn
import nn.functional as F  # noqa: N812  # PyTorch's custom
from autograd import Tensor, check_grads, three_lines
from autograd.graph import toposort

LOGITS = [[1.0, 2.0, 3.0], [3.0, 1.0, 0.0]]
REDUCTIONS = ["none", "mean", "sum"]


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the oracle")


def agree(torch, name, x, target, tol=1e-12, **options):
    """Hold value and gradient of a loss, and of its module, against PyTorch's function."""
    theirs = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    tx = torch.tensor(x, requires_grad=True)
    expected = getattr(torch.nn.functional, name)(tx, torch.tensor(target), **theirs)
    g = np.cos(np.arange(expected.numel())).reshape(tuple(expected.shape))
    expected.backward(torch.tensor(g))
    for t in (target, Tensor(target)):
        tx_ours = Tensor(x, requires_grad=True)
        loss = getattr(F, name)(tx_ours, t, **options)
        loss.backward(g)
        assert loss.shape == tuple(expected.shape)
        assert_allclose(loss.numpy(force=True), expected.detach().numpy(), rtol=tol, atol=tol)
        assert_allclose(tx_ours.grad.numpy(), tx.grad.numpy(), rtol=tol, atol=tol)
    assert_array_equal(getattr(F, name)(x, target, **options), loss.numpy(force=True))


# ── against PyTorch ───────────────────────────────────────────────────────────────────────────
SHAPES = {
    "C": ((3,), ()),
    "NC": ((5, 3), (5,)),
    "NCd": ((4, 3, 2), (4, 2)),
    "NCdd": ((2, 3, 4, 2), (2, 4, 2)),
}
WEIGHTS = {"plain": None, "weighted": np.array([1.0, 2.0, 0.5])}


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("ignore", [-100, 1])
@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_cross_entropy_of_classes(torch, rng, shape, weight, ignore, smoothing, reduction):
    target = rng.integers(0, 3, shape[1])
    target = np.where(target == ignore, 2, target) if target.ndim == 0 else target
    options = {"reduction": reduction, "ignore_index": ignore, "label_smoothing": smoothing}
    options |= {} if weight is None else {"weight": weight}
    agree(torch, "cross_entropy", rng.standard_normal(shape[0]), target, **options)
    if not smoothing:
        del options["label_smoothing"]
        x = np.log(rng.dirichlet(np.ones(3), shape[1])).astype(float)
        x = np.moveaxis(x, -1, 1 if x.ndim > 1 else 0)
        agree(torch, "nll_loss", np.ascontiguousarray(x), target, **options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_cross_entropy_of_probabilities(torch, rng, shape, weight, smoothing, reduction):
    x = rng.standard_normal(shape[0])
    target = np.abs(rng.standard_normal(shape[0]))
    target /= target.sum(axis=1 if x.ndim > 1 else 0, keepdims=True)
    options = {"reduction": reduction, "label_smoothing": smoothing}
    options |= {} if weight is None else {"weight": weight}
    agree(torch, "cross_entropy", x, target, **options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mse_loss", {}),
        ("l1_loss", {}),
        ("huber_loss", {}),
        ("huber_loss", {"delta": 0.3}),
        ("smooth_l1_loss", {}),
        ("smooth_l1_loss", {"beta": 0.3}),
        ("smooth_l1_loss", {"beta": 0.0}),
    ],
)
def test_losses_of_numbers(torch, rng, name, options, reduction):
    x, target = rng.standard_normal((2, 4, 3))
    target[0] = x[0]
    agree(torch, name, x, target, reduction=reduction, **options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, np.array([0.5, 1.0, 2.0])], ids=["plain", "weighted"])
def test_binary_losses(torch, rng, weight, reduction):
    options = {"reduction": reduction} | ({} if weight is None else {"weight": weight})
    target = rng.integers(0, 2, (4, 3)).astype(float)
    target[0] = [0.2, 0.5, 1.0]
    agree(torch, "binary_cross_entropy", rng.uniform(0.01, 0.99, (4, 3)), target, **options)
    x = rng.standard_normal((4, 3)) * 5
    agree(torch, "binary_cross_entropy_with_logits", x, target, **options)
    options["pos_weight"] = np.array([3.0, 1.0, 0.1])
    agree(torch, "binary_cross_entropy_with_logits", x, target, **options)


def test_modules_take_the_options_of_their_functions(rng):
    x, y, w = rng.standard_normal((4, 3)), np.array([0, 2, 1, 1]), np.array([1.0, 2.0, 3.0])
    cases = [
        (nn.CrossEntropyLoss(w, reduction="sum"), F.cross_entropy(x, y, w, reduction="sum"), y),
        (nn.NLLLoss(ignore_index=1), F.nll_loss(x, y, ignore_index=1), y),
        (
            nn.BCEWithLogitsLoss(pos_weight=w),
            F.binary_cross_entropy_with_logits(x, x > 0, pos_weight=w),
            x > 0,
        ),
        (nn.HuberLoss("sum", 0.5), F.huber_loss(x, x * 0, "sum", 0.5), x * 0),
        (nn.MSELoss(), F.mse_loss(x, x * 0), x * 0),
        (nn.L1Loss(), F.l1_loss(x, x * 0), x * 0),
        (nn.SmoothL1Loss(beta=2.0), F.smooth_l1_loss(x, x * 0, beta=2.0), x * 0),
    ]
    for module, expected, target in cases:
        assert module(x, target) == expected, module
    p = 1 / (1 + np.exp(-x))
    assert nn.BCELoss()(p, x > 0) == F.binary_cross_entropy(p, x > 0)
    assert repr(nn.HuberLoss(delta=0.5)) == "HuberLoss(delta=0.5)"
    with pytest.raises(TypeError, match="unexpected keyword argument 'smoothing'"):
        nn.CrossEntropyLoss(smoothing=0.1)


# ── numbers ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, 2.288726), ({"label_smoothing": 0.1}, 2.222059), ({"weight": [1, 2, 3]}, 2.249099)],
)
def test_cross_entropy_in_numbers(options, expected):
    assert round(F.cross_entropy(LOGITS, [0, 1], **options).item(), 6) == expected


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, np.bool_, np.float64])
def test_one_hot_means_the_class(dtype):
    target = np.array([[1, 0, 0], [0, 1, 0]], dtype)
    assert F.cross_entropy(LOGITS, target).item() == F.cross_entropy(LOGITS, [0, 1]).item()


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, np.uint64])
def test_any_integers_are_classes(dtype):
    assert F.cross_entropy(LOGITS, np.array([0, 1], dtype)).item() == F.cross_entropy(
        LOGITS, [0, 1]
    )


def test_the_gradient_is_probability_minus_truth():
    x = Tensor(LOGITS, requires_grad=True)
    F.cross_entropy(x, [0, 1], reduction="sum").backward()
    assert_allclose(x.grad.numpy(), F.softmax(np.array(LOGITS)) - np.eye(3)[:2], rtol=1e-14)


# ── saturation ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_saturated_logits_are_finite(dtype, size):
    hot = np.array([[size, -size, 0.0], [-size, size, 0.0], [0.0, -size, -size]], dtype)
    soft = np.full((3, 3), 1 / 3, dtype)
    binary = np.array([[0, 1, 0], [0, 1, 1], [0, 0, 1]])
    for name, target, options in [
        ("cross_entropy", [1, 1, 2], {}),
        ("cross_entropy", [1, 1, 2], {"label_smoothing": 0.1}),
        ("cross_entropy", soft, {}),
        ("binary_cross_entropy_with_logits", binary, {}),
        ("binary_cross_entropy_with_logits", binary, {"pos_weight": [2, 2, 2]}),
    ]:
        x = Tensor(hot, requires_grad=True)
        loss = getattr(F, name)(x, target, **options)
        loss.backward()
        assert loss.dtype == x.grad.dtype == dtype, name
        assert np.isfinite(loss.item())
        assert np.isfinite(x.grad.numpy()).all(), name
        assert abs(x.grad.numpy()).max() > 0.01, name
    x = Tensor(hot, requires_grad=True)
    loss = F.binary_cross_entropy(F.sigmoid(x), binary)
    loss.backward()
    assert np.isfinite(loss.item())
    assert np.isfinite(x.grad.numpy()).all()


def test_binary_cross_entropy_is_bounded_like_pytorchs(torch):
    p, target = np.array([0.0, 1.0, 0.0, 1.0, 1e-50]), np.array([1.0, 0.0, 0.0, 1.0, 1.0])
    expected = torch.nn.functional.binary_cross_entropy(
        torch.tensor(p), torch.tensor(target), reduction="none"
    )
    loss = F.binary_cross_entropy(p, target, reduction="none")
    assert_allclose(loss, expected.numpy(), rtol=1e-14)
    assert_array_equal(loss[:4], [100, 100, 0, 0])


# ── derivatives of any order; dtypes ──────────────────────────────────────────────────────────
def test_second_derivatives(rng):
    x = rng.standard_normal((3, 4))
    t = rng.standard_normal((3, 4))
    y = np.array([0, 3, 2])
    w = np.array([1.0, 2.0, 0.5, 1.0])
    check_grads(lambda x: F.cross_entropy(x, y, w, ignore_index=2), (x,), order=2)
    check_grads(lambda x: F.cross_entropy(x, y, label_smoothing=0.2), (x,), order=2)
    check_grads(lambda x: F.cross_entropy(x, F.softmax(t)), (x,), order=2)
    check_grads(lambda x: F.mse_loss(x, t), (x,), order=2)
    check_grads(lambda x: F.huber_loss(x, t), (x,), order=2)
    check_grads(lambda x: F.binary_cross_entropy_with_logits(x, t > 0), (x,), order=2)
    check_grads(lambda x: F.binary_cross_entropy(F.sigmoid(x), t > 0), (x,), order=2)


def test_probabilities_may_be_learned_too(rng):
    x, t = rng.standard_normal((2, 3, 4))
    check_grads(lambda t: F.cross_entropy(x, F.softmax(t), label_smoothing=0.1), (t,), order=2)
    check_grads(lambda t: F.mse_loss(x, t), (t,), order=2)


@pytest.mark.parametrize("name", ["mse_loss", "binary_cross_entropy_with_logits", "huber_loss"])
def test_integer_targets_keep_float32(name):
    x = Tensor(np.ones(3, np.float32), requires_grad=True)
    assert getattr(F, name)(x, np.array([0, 1, 1])).dtype == np.float32


# ── what does not count, and what does not fit ────────────────────────────────────────────────
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 3.0]])
def test_all_ignored_is_zero_with_a_warning(smoothing, weight):
    x = Tensor(LOGITS, requires_grad=True)
    with pytest.warns(UserWarning, match="cross_entropy: no target counts, so the mean is 0"):
        loss = F.cross_entropy(x, [-100, -100], weight, label_smoothing=smoothing)
    loss.backward()
    assert loss.item() == 0.0
    assert_array_equal(x.grad.numpy(), np.zeros((2, 3)))


def test_an_ignored_row_does_not_matter_even_if_it_is_nan():
    x = Tensor([LOGITS[0], [np.nan, np.inf, 1.0]], requires_grad=True)
    loss = F.cross_entropy(x, [0, -100])
    loss.backward()
    assert loss.item() == F.cross_entropy(LOGITS[:1], [0])
    assert_array_equal(x.grad.numpy()[1], 0)


def test_rows_that_do_not_sum_to_one_are_warned_about():
    with pytest.warns(UserWarning, match=r"probabilities should sum to 1; a row .* is 0\.5 off"):
        F.cross_entropy(LOGITS, [[0.2, 0.3, 0.5], [0.5, 0.5, 0.5]])


SAID = [
    (
        lambda: F.cross_entropy(LOGITS, [0, 3]),
        IndexError,
        "target[1] is 3, and there are 3 classes",
        "cross_entropy(..., target (2,))",
        "class indices from 0 to 2",
    ),
    (
        lambda: F.nll_loss(np.zeros((2, 3, 2)), [[0, 1], [-1, 0]]),
        IndexError,
        "target[1, 0] is -1, and there are 3 classes",
        "nll_loss(..., target (2, 2))",
        "class indices from 0 to 2",
    ),
    (
        lambda: F.cross_entropy(LOGITS[0], 7),
        IndexError,
        "target is 7, and there are 3 classes",
        "cross_entropy(..., target ())",
        "class indices from 0 to 2",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [[0], [1]]),
        ValueError,
        "a target of shape (2, 1) does not fit an input of shape (2, 3)",
        "cross_entropy(input (2, 3), target (2, 1))",
        "target.squeeze(1)",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [0, 1, 2]),
        ValueError,
        "a target of shape (3,) does not fit an input of shape (2, 3)",
        "cross_entropy(input (2, 3), target (3,))",
        "class indices of shape (2,)",
    ),
    (
        lambda: F.cross_entropy(1.0, 0),
        ValueError,
        "a target of shape () does not fit an input of shape ()",
        "cross_entropy(input (), target ())",
        "an input of shape (C,), (N, C) or (N, C, d1, ...)",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [0.0, 1.0]),
        TypeError,
        "class indices are integers, not float64",
        "cross_entropy(input (2, 3), target (2,) float64)",
        "target.astype(int)",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [[1, 0, 0], [0, 1, 1]]),
        ValueError,
        "an integer target of the input's shape is one-hot, and target[1] is not",
        "cross_entropy(..., target (2, 3)), whose sum there is 2",
        "class indices, or floats that are probabilities",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [[2, -1, 0], [0, 1, 0]]),
        ValueError,
        "an integer target of the input's shape is one-hot, and target[0] is not",
        "cross_entropy(..., target (2, 3)), whose sum there is 1",
        "class indices, or floats that are probabilities",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [0, 1], weight=[1, 2]),
        ValueError,
        "there are 3 classes, and weights of shape (2,)",
        "cross_entropy(input (2, 3), weight (2,))",
        "weight of shape (3,), one factor for each class",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [0, 1], reduction="avg"),
        ValueError,
        "there is no reduction 'avg'",
        "reduction='avg' of losses (2,)",
        "reduction='mean', 'sum' or 'none'",
    ),
    (
        lambda: F.mse_loss(np.zeros((4, 1)), np.zeros(4)),
        ValueError,
        "mse_loss compares element with element, so both need the same shape",
        "mse_loss(input (4, 1), target (4,))",
        "target.reshape((4, 1))",
    ),
    (
        lambda: F.l1_loss(np.zeros(4), 0.0),
        ValueError,
        "l1_loss compares element with element, so both need the same shape",
        "l1_loss(input (4,), target ())",
        "a target like the input",
    ),
    (
        lambda: F.binary_cross_entropy([0.5, 1.5], [0, 1]),
        ValueError,
        "1.5 is no probability",
        "binary_cross_entropy(input (2,), target (2,))",
        "binary_cross_entropy_with_logits(input, target), or sigmoid(input)",
    ),
    (
        lambda: F.one_hot([0, 3], 3),
        IndexError,
        "target[1] is 3, and there are 3 classes",
        "one_hot(..., target (2,))",
        "class indices from 0 to 2",
    ),
]


@pytest.mark.parametrize(("call", "error", "what", "where", "instead"), SAID, ids=itertools.count())
def test_words(call, error, what, where, instead):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == three_lines(what, where, instead)


def test_every_numeric_loss_refuses_to_broadcast():
    names = ["mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "binary_cross_entropy"]
    for name in [*names, "binary_cross_entropy_with_logits"]:
        with pytest.raises(ValueError, match=f"{name} compares element with element"):
            getattr(F, name)(np.full((4, 1), 0.5), np.zeros(4))


def test_one_hot_like_pytorchs(torch, rng):
    target = rng.integers(0, 4, (2, 3))
    expected = torch.nn.functional.one_hot(torch.tensor(target), 5).numpy()
    assert_array_equal(F.one_hot(target, 5).numpy(), expected)
    assert F.one_hot(Tensor(target)).shape == (2, 3, int(target.max()) + 1)
    assert F.one_hot(np.zeros(0, int), 3).shape == (0, 3)


def test_one_example_takes_no_detours():
    """Pictures and derivations show what is recorded: no axes moved, no mean of one number."""
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    hard, soft = F.cross_entropy(x, 1), F.cross_entropy(x, np.array([0.0, 1.0, 0.0]))
    names = [[t.op.name for t in toposort(loss) if t.op] for loss in (hard, soft)]
    assert names[0] == ["reshape", "softmax_cross_entropy", "mean"]
    assert names[1] == ["log_softmax", "multiply", "sum", "negative"]
    assert hard.item() == pytest.approx(soft.item())

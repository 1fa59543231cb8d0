"""Every loss in every mode against PyTorch's; its corners, its numbers and its words by hand."""

import inspect
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import autograd
import nn
import nn.functional as F  # noqa: N812  # PyTorch's custom
from autograd import Tensor, capture, check_grads, explain, grad, three_lines, value_and_grad
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


# ── against PyTorch, shapes and options drawn ─────────────────────────────────────────────────
# per loss: how many inputs of one shape it has, how they and the target are drawn, its options
FREE, ORDERED = (0, 1, 2, 3), (1, 2)
DRAWN = {
    "mse_loss": (1, "number", FREE, {"weight": ["like"]}),
    "l1_loss": (1, "number", FREE, {"weight": ["like"]}),
    "huber_loss": (1, "number", FREE, {"weight": ["like"], "delta": [0.3]}),
    "kl_div": (1, "probability", FREE[1:], {"log_target": [False]}),
    "poisson_nll_loss": (1, "count", FREE, {"full": [True]}),
    "soft_margin_loss": (1, "sign", FREE, {}),
    "hinge_embedding_loss": (1, "sign", FREE, {"margin": [0.3]}),
    "margin_ranking_loss": (2, "sign", FREE, {"margin": [0.3]}),
    "cosine_embedding_loss": (2, "sign of row", ORDERED, {"margin": [0.3]}),
    "triplet_margin_loss": (3, None, ORDERED, {"margin": [0.3], "p": [1.0, 3.0], "swap": [True]}),
    "triplet_margin_with_distance_loss": (3, None, ORDERED, {"margin": [2.0], "swap": [True]}),
    "multi_margin_loss": (1, "class", ORDERED, {"margin": [0.3], "p": [2], "weight": ["class"]}),
    "multilabel_margin_loss": (1, "list of classes", ORDERED, {}),
    "multilabel_soft_margin_loss": (1, "truth", FREE[1:], {"weight": ["class", "like"]}),
}
TARGETS = {
    "number": lambda rng, shape: rng.standard_normal(shape),
    "probability": lambda rng, shape: rng.dirichlet(np.ones(shape[-1]), shape[:-1]),
    "count": lambda rng, shape: rng.poisson(2.0, shape).astype(float),
    "sign": lambda rng, shape: rng.choice([-1.0, 1.0], shape),
    "sign of row": lambda rng, shape: rng.choice([-1.0, 1.0], shape[:-1]),
    "class": lambda rng, shape: rng.integers(0, shape[-1], shape[:-1]),
    "list of classes": lambda rng, shape: rng.permuted(
        np.broadcast_to(np.arange(-1, shape[-1] - 1), shape), axis=-1
    ),
    "truth": lambda rng, shape: rng.integers(0, 2, shape).astype(float),
}


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("name", DRAWN)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_drawn_losses_equal_pytorchs(torch, name, data):
    inputs, kind, ranks, offered = DRAWN[name]
    rank = data.draw(st.sampled_from(ranks))
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=rank, max_size=rank)))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    options = {"reduction": data.draw(st.sampled_from(REDUCTIONS))}
    for option, values in offered.items():
        value = data.draw(st.sampled_from([None, *values]))
        lengths = {"like": shape, "class": shape[-1:]}
        if value is not None:
            options[option] = rng.uniform(0.5, 2, lengths[value]) if value in lengths else value
    targets = [] if kind is None else [TARGETS[kind](rng, shape)]
    # not near 0, where most have kinks
    xs = rng.uniform(0.5, 2, (inputs, *shape)) * rng.choice([-1.0, 1.0], (inputs, *shape))
    hold(torch, name, list(xs), targets, options)


@pytest.mark.parametrize("scale", [0.0, 1e-9, 1e-6, 1e-3])
def test_vectors_near_0_are_as_similar_as_in_pytorch(torch, rng, scale):
    a, b = rng.standard_normal((2, 4, 3))
    targets, options = [np.array([1.0, -1.0, 1.0, -1.0])], {"reduction": "none", "margin": -0.3}
    for xs in ([scale * a, b], [a, scale * b], [scale * a, scale * b]):
        hold(torch, "cosine_embedding_loss", xs, targets, options)


@pytest.mark.parametrize("name", ["BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "NLLLoss"])
def test_the_weights_of_a_loss_are_buffers(torch, name):
    """They are saved, loaded and converted with the model that the loss is a part of."""
    weight = np.array([1.0, 2.0, 3.0])
    both = {"weight": weight, "pos_weight": 2 * weight}
    options = both if name == "BCEWithLogitsLoss" else {"weight": weight}
    theirs = getattr(torch.nn, name)(**{k: torch.tensor(v) for k, v in options.items()})
    ours, other = (
        getattr(nn, name)(**options),
        getattr(nn, name)(**dict.fromkeys(options, 0 * weight)),
    )
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert not list(ours.parameters())
    assert not getattr(nn, name)().state_dict()
    other.load_state_dict(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        assert_allclose(other.state_dict()[key].data, value.numpy())
    assert other.float().weight.dtype == np.float32


def hold(torch, name, xs, targets, options, tol=1e-10):
    """Hold value and gradients of a loss of several inputs, and its module's, against PyTorch's."""
    theirs = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    txs = [torch.tensor(x, requires_grad=True) for x in xs]
    expected = getattr(torch.nn.functional, name)(*txs, *map(torch.tensor, targets), **theirs)
    g = np.cos(np.arange(expected.numel())).reshape(tuple(expected.shape))
    expected.backward(torch.tensor(g))
    ours = [Tensor(x, requires_grad=True) for x in xs]
    loss = getattr(F, name)(*ours, *targets, **options)
    assert loss.shape == tuple(expected.shape)
    assert_allclose(loss.numpy(force=True), expected.detach().numpy(), rtol=tol, atol=tol)
    loss.backward(g)
    for x, tx in zip(ours, txs, strict=True):
        assert_allclose(x.grad.numpy(), tx.grad.numpy(), rtol=tol, atol=tol)
    on_arrays = getattr(F, name)(*xs, *targets, **options)
    assert_allclose(on_arrays, loss.numpy(force=True), rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize("reduction", [*REDUCTIONS, "batchmean"])
@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
def test_divergence(torch, rng, log_target, reduction):
    q = rng.dirichlet(np.ones(3), 4)
    if log_target:
        q = np.log(q)
    else:
        q[0] = [0, 1, 0]
    options = {"reduction": reduction, "log_target": log_target}
    hold(torch, "kl_div", [rng.standard_normal((4, 3))], [q], options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("full", [False, True])
def test_rates_and_variances(torch, rng, full, reduction):
    options = {"reduction": reduction, "full": full}
    counts = rng.poisson(2.0, (4, 3)).astype(float)
    hold(
        torch, "poisson_nll_loss", [rng.uniform(0, 3, (4, 3))], [counts],
        options | {"log_input": False, "eps": 1e-3},
    )  # fmt: skip
    for shape in [(4, 3), (4, 1), (4,)]:
        v = rng.uniform(0.1, 2, shape)
        v.flat[0] = 0  # less than eps
        t, x = (torch.tensor(rng.standard_normal((4, 3))) for _ in "tx")
        tv, ours = torch.tensor(v, requires_grad=True), Tensor(v, requires_grad=True)
        expected = torch.nn.functional.gaussian_nll_loss(x, t, tv, eps=0.01, **options)
        expected.sum().backward()
        loss = F.gaussian_nll_loss(x.numpy(), t.numpy(), ours, eps=0.01, **options)
        loss.sum().backward()
        assert_allclose(loss.numpy(force=True), expected.detach().numpy(), rtol=1e-12)
        assert_allclose(ours.grad.numpy(), tv.grad.numpy(), rtol=1e-12)
        hold(torch, "gaussian_nll_loss", [x.numpy()], [t.numpy(), v], options)
    assert F.gaussian_nll_loss(np.ones(2, np.float32), [1, 1], 0.5).dtype == np.float32


@pytest.mark.parametrize("p", [0.5, 1.0, 2.0, 3.0, np.inf])
def test_similarity_and_distance(torch, rng, p):
    a, b = rng.standard_normal((2, 3, 4))
    options = {"p": p, "keepdim": True}
    hold(torch, "pairwise_distance", [a, b], [], options)
    hold(torch, "pairwise_distance", [a, b[0]], [], {"p": p})
    for dim in (0, 1, -1):
        hold(torch, "cosine_similarity", [a, b], [], {"dim": dim})
    hold(torch, "cosine_similarity", [a[:, None], b], [], {"dim": -1})


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("form", ["padded", "concatenated", "single", "empty"])
def test_sequences(torch, rng, form, reduction):
    """Through log_softmax: PyTorch's gradient leaves out what that would annul."""
    steps, sizes = np.array([6, 5, 7]), np.array([3, 0, 2])
    targets = np.array([[1, 1, 2], [9, 9, 9], [2, 3, 9]])
    if form == "concatenated":
        targets = np.array([1, 1, 2, 2, 3])
    x = rng.standard_normal((7, 3, 4))
    if form == "single":
        x, targets, steps, sizes = x[:, 0], targets[0], steps[0], sizes[0]
    if form == "empty":
        targets, sizes = targets[:, :0], sizes * 0
    tx = torch.tensor(x, requires_grad=True)
    theirs = map(torch.tensor, (np.where(targets == 9, 0, targets), steps, sizes))
    options = {"blank": 0, "reduction": reduction}
    expected = torch.nn.functional.ctc_loss(tx.log_softmax(-1), *theirs, **options)
    expected.sum().backward()
    ours = Tensor(x, requires_grad=True)
    loss = F.ctc_loss(F.log_softmax(ours), targets, steps, sizes, **options)
    loss.sum().backward()
    assert loss.shape == tuple(expected.shape)
    assert_allclose(loss.numpy(force=True), expected.detach().numpy(), rtol=1e-12)
    assert_allclose(ours.grad.numpy(), tx.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_sequences_by_counting():
    """Of all the ways to say five steps, those that mean the target: with the definition itself."""
    p = np.random.default_rng(0).dirichlet(np.ones(3), 5)
    for target in ([1], [1, 2], [1, 1], [2, 1, 2], []):
        total = 0.0
        for path in itertools.product(range(3), repeat=5):
            said = [c for c, _ in itertools.groupby(path) if c]
            total += np.prod(p[np.arange(5), path]) if said == target else 0
        loss = F.ctc_loss(np.log(p), np.array(target, int), 5, len(target), reduction="none")
        assert loss == pytest.approx(-np.log(total), abs=1e-12)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_sequences_in_float32_stay_so(reduction):
    x = np.log(np.full((4, 2, 3), 1 / 3, np.float32))
    loss = F.ctc_loss(Tensor(x), [[1, 2], [2, 1]], [4, 3], [2, 1], reduction=reduction)
    assert loss.dtype == np.float32


def test_a_sequence_too_long_for_its_steps():
    x = Tensor(np.log(np.full((2, 1, 3), 1 / 3)), requires_grad=True)
    assert F.ctc_loss(x, [[1, 1]], [2], [2]).item() == np.inf  # 1 _ 1 takes three
    loss = F.ctc_loss(x, [[1, 1]], [2], [2], zero_infinity=True)
    loss.backward()
    assert loss.item() == 0
    assert_array_equal(x.grad.numpy(), 0)


def test_one_step_says_one_class_or_none():
    x = np.log([[[0.5, 0.3, 0.2]] * 3] * 4)
    losses = F.ctc_loss(x, [[2, 1], [1, 1], [1, 2]], [1, 1, 1], [1, 0, 2], reduction="none")
    assert_allclose(losses, [-np.log(0.2), -np.log(0.5), np.inf])


def test_no_steps_say_nothing(rng):
    x = Tensor(rng.standard_normal((3, 2, 4)), requires_grad=True)
    losses = F.ctc_loss(F.log_softmax(x), [[1], [2]], [0, 0], [0, 1], reduction="none")
    assert_array_equal(losses.data, [0, np.inf])
    losses[0].backward()
    assert_array_equal(x.grad.numpy(), 0)


@pytest.mark.parametrize("name", [*DRAWN, "gaussian_nll_loss", "cosine_similarity", "ctc_loss"])
def test_modules_have_pytorchs_names_and_options(torch, name):
    """Each module has the function's options in PyTorch's order, without the deprecated two."""
    spelled = {n.lower(): n for n in nn.losses.__all__}
    key = name.replace("_", "").removesuffix("loss")
    module = spelled.get(key + "loss") or spelled[key]
    theirs = inspect.signature(getattr(torch.nn, module)).parameters
    ours = inspect.signature(getattr(F, name)).parameters
    options = [n for n, p in ours.items() if p.default is not p.empty]
    expected = [n for n in theirs if n not in ("size_average", "reduce")]
    assert [n for n in options if n in expected] == expected
    assert {n for n in options if n not in expected} <= {"weight"}  # functions only
    defaults = {n: theirs[n].default for n in expected}
    assert {n: ours[n].default for n in expected} == defaults
    assert issubclass(getattr(nn, module), nn.Module)


def test_classes_and_lengths_of_floats_are_refused():
    x, steps = np.zeros((4, 3)), np.zeros((5, 1, 4))
    halves = np.array([[1.5, 2.0]])
    for call, where in [
        (lambda: F.multilabel_margin_loss(x, x - 1), "target float64 (4, 3)"),
        (lambda: F.ctc_loss(steps, halves, [5], [2]), "targets float64 (1, 2)"),
        (lambda: F.ctc_loss(steps, [[1, 2]], [4.5], [2]), "input_lengths float64 (1,)"),
        (lambda: F.ctc_loss(steps, [[1, 2]], [5], [1.5]), "target_lengths float64 (1,)"),
    ]:
        with pytest.raises(TypeError) as caught:
            call()
        name, given = caught.value.args[0].split(" ")[0], where.split(" ")[0]
        assert str(caught.value) == three_lines(
            f"{name} takes integers as its {given}", f"{name}({where})", f"{given}.astype(int)"
        )
    assert F.ctc_loss(steps, [[]], [5], [0]) == 0  # no class at all, of any dtype


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("nll_loss(ignore_index=False)", lambda x, y: F.nll_loss(x, y, None, False)),
        ("nll_loss(ignore_index=True)", lambda x, y: nn.NLLLoss(None, True)(x, y)),
        ("cross_entropy(ignore_index=False)", lambda x, y: F.cross_entropy(x, y, None, False)),
        ("cross_entropy(ignore_index=True)", lambda x, y: nn.CrossEntropyLoss(None, True)(x, y)),
        ("cross_entropy(ignore_index=True)", lambda x, y: F.cross_entropy(x, x, None, True)),
        ("cross_entropy(ignore_index='sum')", lambda x, y: F.cross_entropy(x, y, None, "sum")),
        ("nll_loss(ignore_index=None)", lambda x, y: F.nll_loss(x, y, None, None)),
        ("poisson_nll_loss(eps=False)", lambda x, y: nn.PoissonNLLLoss(True, False, False)(x, x)),
    ],
)  # fmt: skip
def test_the_deprecated_size_average_is_no_number(name, loss):
    with pytest.raises(TypeError) as caught:
        loss(np.array(LOGITS), np.array([0, 1]))
    function, option = name[:-1].replace("=", "(").split("(")[:2]
    assert str(caught.value) == three_lines(
        f"{function} has no size_average, which PyTorch's takes in the place of {option}",
        name,
        "reduction='mean' for True, 'sum' for False",
    )


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


@pytest.mark.parametrize(
    "loss",
    [lambda y: F.mse_loss(y, 1.0), lambda y: F.cross_entropy(y, 0), lambda y: F.nll_loss(y, 0)],
)
def test_a_forward_that_returns_nothing(loss):
    with pytest.raises(TypeError) as caught:
        loss(None)
    assert str(caught.value).splitlines() == [
        "there are no numbers to compare: None",
        "  where: the input of a loss",
        "  instead: return y as the end of forward",
    ]


@pytest.mark.parametrize(
    "loss",
    [
        lambda z: F.mse_loss(z, np.ones(2)), lambda z: F.l1_loss(np.ones(2), z),
        lambda z: F.cross_entropy(z, np.array(0)), lambda z: F.cosine_similarity(z, z, dim=0),
    ],
)  # fmt: skip
def test_no_imaginary_part_is_lost_in_silence(loss):
    z = np.array([1 + 2j, 3j])
    for x in (z, Tensor(z, requires_grad=True)):
        with pytest.raises(TypeError) as caught:
            loss(x)
        assert str(caught.value).splitlines() == [
            "layers and losses take real numbers",
            "  where: complex128 (2,)",
            "  instead: np.stack([z.real, z.imag]) for both parts, or np.abs(z)",
        ]


def test_a_loss_is_made_before_it_is_called():
    x = Tensor(np.eye(3), requires_grad=True)
    with pytest.raises(TypeError) as caught:
        nn.CrossEntropyLoss(x * 2, np.arange(3))
    assert str(caught.value).splitlines() == [
        "CrossEntropyLoss is made with options, and called with its data after that",
        "  where: CrossEntropyLoss(weight, ignore_index)",
        "  instead: CrossEntropyLoss()(input, target)",
    ]
    assert nn.CrossEntropyLoss(Tensor(np.ones(3), requires_grad=True))(x, [0, 1, 2]).ndim == 0
    with pytest.raises(TypeError, match=r"\n  instead: Softmax\(\)\(input\)"):
        nn.Softmax(x * 2)


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


@pytest.mark.parametrize("classes", [3, 33, 100, 2048, 2049])
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64"])
def test_rows_of_any_length_and_kind_are_added_up_exactly(rng, classes, dtype):
    x = rng.integers(0, 20, (4, classes)).astype(dtype)
    right = [math.log(math.fsum(math.exp(int(v) - int(row[1])) for v in row)) for row in x]
    loss = autograd.softmax_cross_entropy(x, np.ones(4, int))
    rounding = 1e-6 if dtype == "float32" else 1e-14
    assert_allclose(loss, right, rtol=rounding)
    if x.dtype.kind == "f":
        (slopes,) = grad(lambda x: autograd.softmax_cross_entropy(x, np.ones(4, int)).sum(), (0,))(
            x
        )
        assert_allclose(slopes.sum(axis=1), 0, atol=rounding)


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


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_binary_cross_entropy_is_bounded_like_pytorchs(torch, dtype):
    p = np.array([0.0, 1.0, 0.0, 1.0, 1e-40, 1e-20, 1e-13, 1e-9], dtype)
    target = np.array([1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.5], dtype)
    theirs = torch.tensor(p, requires_grad=True)
    expected = torch.nn.functional.binary_cross_entropy(
        theirs, torch.tensor(target), reduction="none"
    )
    expected.sum().backward()
    ours = Tensor(p, requires_grad=True)
    loss = F.binary_cross_entropy(ours, target, reduction="none")
    loss.sum().backward()
    assert_allclose(loss.data, expected.detach().numpy(), rtol=1e-6 if dtype == "f4" else 1e-14)
    assert_array_equal(loss.data[:4], [100, 100, 0, 0])
    right = p == target  # there PyTorch sends 0, though the losses have a slope
    assert_array_equal(ours.grad.data[right], [1, -1])
    slopes = ours.grad.data[~right], theirs.grad.numpy()[~right]
    assert_allclose(*slopes, rtol=1e-6 if dtype == "f4" else 1e-8)  # 1e-12 in float32


def test_binary_cross_entropy_is_written_as_on_the_slides():
    def loss(p, y):
        return F.binary_cross_entropy(p, y)

    source = capture(value_and_grad(loss), np.full(4, 0.5), np.ones(4)).source
    assert (
        "    loss = np.mean(-(y * bounded_log(p) + t3 * bounded_log(t4)))\n"
        "    # backward\n"
        "    dp = 0.25 * t3 / np.maximum(t4, 1e-12) - 0.25 * y / np.maximum(p, 1e-12)\n"
    ) in source


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


NEW = {  # a call of each, of x (3, 4)
    "kl_div": lambda x: F.kl_div(x, np.full((3, 4), 0.25)),
    "kl_div of a logarithm": lambda x: F.kl_div(np.zeros((3, 4)), x, log_target=True),
    "poisson_nll_loss": lambda x: F.poisson_nll_loss(x, np.ones((3, 4)), full=True),
    "gaussian_nll_loss": lambda x: F.gaussian_nll_loss(x, np.ones((3, 4)), np.exp(x[:, :1])),
    "cosine_similarity": lambda x: np.sum(F.cosine_similarity(x, x[:, ::-1])),
    "pairwise_distance": lambda x: np.sum(F.pairwise_distance(x, x[:, ::-1] ** 2)),
    "cosine_embedding_loss": lambda x: F.cosine_embedding_loss(x, x[:, ::-1], [1, -1, 1]),
    "triplet_margin_loss": lambda x: F.triplet_margin_loss(x, x[::-1], x[:, ::-1] ** 2, 3.0),
    "margin_ranking_loss": lambda x: F.margin_ranking_loss(x, x[::-1] ** 2, np.ones((3, 4)), 2.0),
    "hinge_embedding_loss": lambda x: F.hinge_embedding_loss(x, np.sign(np.cos(range(4))) + x * 0),
    "soft_margin_loss": lambda x: F.soft_margin_loss(x, np.where(np.eye(3, 4), 1, -1)),
    "multi_margin_loss": lambda x: F.multi_margin_loss(x, [0, 3, 1], p=2),
    "multilabel_margin_loss": lambda x: F.multilabel_margin_loss(x**2, [[1, 0, -1, 0]] * 3),
    "multilabel_soft_margin_loss": lambda x: F.multilabel_soft_margin_loss(x, np.eye(3, 4)),
}


@pytest.mark.parametrize("name", NEW)
def test_second_derivatives_of_all_others(rng, name):
    check_grads(NEW[name], (rng.standard_normal((3, 4)),), order=2)


@pytest.mark.parametrize("name", NEW)
def test_programs_of_all_others(rng, name):
    x, other = rng.standard_normal((2, 3, 4))
    program = capture(value_and_grad(NEW[name]), x)
    for expected, got in zip(value_and_grad(NEW[name])(other), program(other), strict=True):
        assert_array_equal(got, expected)


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("sign", [0, -1, 1, (-1.0) ** np.indices((3, 4)).sum(0)], ids="0-+±")
def test_saturated_inputs_of_all_others_are_finite(name, sign):
    exponents = ("kl_div of a logarithm", "poisson_nll_loss", "gaussian_nll_loss")
    size = 80 if name in exponents else 1e4  # of which the loss itself takes exp
    x = Tensor(np.full((3, 4), size * sign, np.float32), requires_grad=True)
    loss = NEW[name](x)
    loss.backward()
    assert np.isfinite(loss.item())
    assert np.isfinite(x.grad.numpy()).all()
    assert x.grad.dtype == np.float32


def test_nothing_diverges_from_nothing():
    for x, q in [(np.array([0.0, -np.inf]), [1.0, 0.0]), (np.zeros(2), [1.0, 0.0])]:
        ours = Tensor(x, requires_grad=True), Tensor(q, requires_grad=True)
        loss = F.kl_div(*ours, reduction="sum")
        loss.backward()
        assert loss.item() == 0
        assert all(np.isfinite(t.grad.numpy()).all() for t in ours)
    logs = np.array([0.0, -np.inf])
    assert F.kl_div(logs, logs, log_target=True).item() == 0


@pytest.mark.parametrize(
    "name",
    ["mse_loss", "binary_cross_entropy_with_logits", "huber_loss", "kl_div", "poisson_nll_loss",
     "soft_margin_loss", "hinge_embedding_loss", "multilabel_soft_margin_loss"],
)  # fmt: skip
def test_integer_targets_keep_float32(name):
    x = Tensor(np.ones(3, np.float32), requires_grad=True)
    assert getattr(F, name)(x, np.array([0, 1, 1])).dtype == np.float32


def test_lists_of_classes_keep_float32():
    x = Tensor(np.ones(3, np.float32), requires_grad=True)
    assert F.multilabel_margin_loss(x, np.array([0, -1, 1])).dtype == np.float32


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


WEIGHTED = {
    "mse_loss": ("weight", (4, 3), (4, 3)),
    "huber_loss": ("weight", (4, 3), (4, 3)),
    "binary_cross_entropy_with_logits": ("pos_weight", (4, 1), (4, 3)),
    "multilabel_soft_margin_loss": ("weight", (3,), (4, 3)),
    "cross_entropy": ("weight", (3,), (4,)),
    "nll_loss": ("weight", (3,), (4,)),
    "multi_margin_loss": ("weight", (3,), (4,)),
}


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_may_be_learned_and_may_be_arguments_of_a_program(rng, name, reduction):
    option, shape, rows = WEIGHTED[name]
    target = rng.integers(0, 2, rows)

    def f(w, x):
        return getattr(F, name)(x, target, reduction=reduction, **{option: w})

    w, x = rng.uniform(0.5, 2, shape), rng.standard_normal((4, 3))
    check_grads(lambda w: f(w, x), (w,), order=2)
    program = capture(value_and_grad(f), w, x)
    for got, expected in zip(program(2 * w, -x), value_and_grad(f)(2 * w, -x), strict=True):
        assert_allclose(got, expected, rtol=1e-13, atol=1e-15)


# ── in a program ──────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, np.array([1.0, 2.0, 0.5])], ids=["plain", "weighted"])
@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4)])
@pytest.mark.parametrize("loss", ["cross_entropy", "smoothed", "nll_loss"])
def test_a_program_ignores_what_is_ignored(rng, loss, shape, weight, reduction):
    def f(x, target):
        options = {"label_smoothing": 0.1} if loss == "smoothed" else {}
        name = "cross_entropy" if loss == "smoothed" else loss
        losses = getattr(F, name)(x, target, weight, reduction=reduction, **options)
        return np.sum(losses * losses)

    rows = (shape[0], *shape[2:])
    example, x = rng.standard_normal((2, *shape))
    given = np.where(np.arange(np.prod(rows)).reshape(rows) == 1, -100, 1)
    program = capture(value_and_grad(f), example, given)
    for target in (given, rng.integers(0, 3, rows), np.where(given == -100, 2, -100)):
        for got, expected in zip(program(x, target), value_and_grad(f)(x, target), strict=True):
            assert_allclose(got, expected, rtol=1e-14, atol=1e-15)
    none_counts = program(x, np.full(rows, -100))
    assert none_counts[0] == 0
    assert_array_equal(none_counts[1], 0)
    with pytest.raises(IndexError, match=r"target\[0(, 0)?\] is 3, and there are 3 classes"):
        program(x, np.full(rows, 3))


def test_a_program_ignores_rows_that_its_example_lacks_where_it_is_told_to(rng):
    x, whole, padded = rng.standard_normal((3, 3)), np.array([0, 1, 2]), np.array([0, 1, -1])
    program = capture(lambda x, y: F.cross_entropy(x, y, ignore_index=-1), x, whole)
    assert program(x, padded) == F.cross_entropy(x[:2], padded[:2])
    untold = capture(F.cross_entropy, x, whole)
    assert "np.where(" not in untold.source  # what all the others would pay
    with pytest.raises(IndexError, match="ignored ones: ignore_index=-1, say"):
        untold(x, np.array([0, 1, -100]))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, np.array([1.0, 2.0, 0.5])], ids=["plain", "weighted"])
@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4)])
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_a_replay_ignores_padding(rng, loss, shape, weight, reduction):
    """Nothing is written over the classes, which the backward pass wants once more."""

    def f(x, target):
        return np.sum(loss(x, target, weight, 0, reduction) * 1.5)

    x, step = rng.standard_normal(shape), autograd.compile(value_and_grad(f))
    for target in rng.integers(0, 3, (3, shape[0], *shape[2:])):
        for got, expected in zip(step(x, target), value_and_grad(f)(x, target), strict=True):
            assert_allclose(got, expected, rtol=1e-14, atol=1e-15)


def test_programs_take_one_hot_integers_and_check_their_example(rng):
    x, hot = rng.standard_normal((4, 3)), np.eye(3, dtype=int)[[0, 2, 1, 1]]
    program = capture(value_and_grad(F.cross_entropy), x, hot)
    for got, expected in zip(
        program(2 * x, hot[::-1]), value_and_grad(F.cross_entropy)(2 * x, hot[::-1]), strict=True
    ):
        assert_array_equal(got, expected)
    assert capture(F.binary_cross_entropy, F.sigmoid(x), hot)(F.sigmoid(-x), hot) > 0
    with pytest.raises(ValueError, match=r"one-hot, and rows \[\[1\], \[2\], \[3\]\] are not"):
        capture(F.cross_entropy, x, hot + np.eye(4, 3, -1, dtype=int))
    with pytest.raises(ValueError, match=r"2\.0 is no probability"):
        capture(F.binary_cross_entropy, 2.0 * hot, hot)


def test_rows_that_do_not_sum_to_one_are_warned_about():
    with pytest.warns(UserWarning, match=r"probabilities should sum to 1; a row .* is 0\.5 off"):
        F.cross_entropy(LOGITS, [[0.2, 0.3, 0.5], [0.5, 0.5, 0.5]])


SAID = [
    (
        lambda: F.huber_loss(LOGITS, LOGITS, delta=0),
        ValueError,
        "an error is small up to a positive delta",
        "delta=0",
        "delta=1.0",
    ),
    (
        lambda: F.smooth_l1_loss(LOGITS, LOGITS, beta=-1.0),
        ValueError,
        "an error is small up to a beta of 0 or more",
        "beta=-1.0",
        "beta=1.0",
    ),
    (
        lambda: F.ctc_loss(np.zeros((5, 1, 3)), [[1, 2]], [5], [2], blank=7),
        IndexError,
        "the blank is one of the classes",
        "ctc_loss(blank=7) of 3 classes",
        "blank=0",
    ),
    (
        lambda: F.ctc_loss(np.zeros((5, 1, 3)), [[1, 2]], [-1], [2]),
        ValueError,
        "the lengths do not fit the log-probabilities (T, N, C) or the targets",
        "ctc_loss(log_probs (5, 1, 3), targets (1, 2), lengths [-1], [2])",
        "N lengths of at most T steps, and N lengths of the targets",
    ),
    (
        lambda: F.ctc_loss(np.zeros((5, 1, 3)), [[1, 2]], [], []),
        ValueError,
        "the lengths do not fit the log-probabilities (T, N, C) or the targets",
        "ctc_loss(log_probs (5, 1, 3), targets (1, 2), lengths [], [])",
        "N lengths of at most T steps, and N lengths of the targets",
    ),
    (
        lambda: F.ctc_loss(np.zeros((5, 0, 3)), np.zeros((0, 2), int), [], []),
        ValueError,
        "no steps, or no sequences, have no loss",
        "ctc_loss(log_probs (5, 0, 3))",
        "log_probs of one step and one sequence, or more",
    ),
    (
        lambda: F.ctc_loss(np.zeros((0, 1, 3)), [[1, 2]], [0], [0]),
        ValueError,
        "no steps, or no sequences, have no loss",
        "ctc_loss(log_probs (0, 1, 3))",
        "log_probs of one step and one sequence, or more",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [0, 3]),
        IndexError,
        "target[1] is 3, and there are 3 classes",
        "class indices of shape (2,)",
        "class indices from 0 to 2; ignored ones: ignore_index=-1, say",
    ),
    (
        lambda: F.nll_loss(np.zeros((2, 3, 2)), [[0, 1], [-1, 0]]),
        IndexError,
        "target[1, 0] is -1, and there are 3 classes",
        "class indices of shape (2, 2)",
        "class indices from 0 to 2; ignored ones: ignore_index=-1, say",
    ),
    (
        lambda: F.cross_entropy(LOGITS[0], 7),
        IndexError,
        "target is 7, and there are 3 classes",
        "class indices of shape ()",
        "class indices from 0 to 2; ignored ones: ignore_index=-1, say",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [[0], [1]]),
        ValueError,
        "a target of int64 (2, 1) does not fit an input of shape (2, 3)",
        "cross_entropy(input (C,), (N, C) or (N, C, d1, ...), target without C)",
        "integers of shape (2,), as by target.squeeze(1) or target.astype(int)",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [0, 1, 2]),
        ValueError,
        "a target of int64 (3,) does not fit an input of shape (2, 3)",
        "cross_entropy(input (C,), (N, C) or (N, C, d1, ...), target without C)",
        "integers of shape (2,), as by target.squeeze(1) or target.astype(int)",
    ),
    (
        lambda: F.cross_entropy(1.0, 0),
        ValueError,
        "a target of int64 () does not fit an input of shape ()",
        "cross_entropy(input (C,), (N, C) or (N, C, d1, ...), target without C)",
        "integers of shape (), as by target.squeeze(1) or target.astype(int)",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [0.0, 1.0]),
        TypeError,
        "a target of float64 (2,) does not fit an input of shape (2, 3)",
        "cross_entropy(input (C,), (N, C) or (N, C, d1, ...), target without C)",
        "integers of shape (2,), as by target.squeeze(1) or target.astype(int)",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [[1, 0, 0], [0, 1, 1]]),
        ValueError,
        "an integer target of the input's shape is one-hot, and rows [[1]] are not",
        "cross_entropy(input, target (2, 3))",
        "class indices, or floats that are probabilities",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [[2, -1, 0], [0, 1, 0]]),
        ValueError,
        "an integer target of the input's shape is one-hot, and rows [[0]] are not",
        "cross_entropy(input, target (2, 3))",
        "class indices, or floats that are probabilities",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [0, 1], weight=[1, 2]),
        ValueError,
        "a weight is (3,) here, not (2,)",
        "input (2, 3)",
        "a weight of shape (3,)",
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
        lambda: F.binary_cross_entropy([0.5, 0.5], [-1, 1]),
        ValueError,
        "-1.0 is no probability",
        "binary_cross_entropy(input (2,), target (2,))",
        "a target of 0 and 1: (target > 0) of -1 and 1",
    ),
    (
        lambda: F.cross_entropy(np.zeros((1, 2)), np.array([[0.5, 0.5]]), ignore_index=1),
        ValueError,
        "probabilities have no class index that could be ignored",
        "cross_entropy(ignore_index=1) of a target of floats",
        "reduction='none', and the mean of the losses that count",
    ),
    (
        lambda: F.cross_entropy(LOGITS, [0, 1], label_smoothing=2),
        ValueError,
        "label_smoothing is a share, from 0 to 1",
        "cross_entropy(label_smoothing=2)",
        "label_smoothing=0.1",
    ),
    (
        lambda: F.multi_margin_loss(LOGITS, [0, -100]),
        IndexError,
        "target[1] is -100, and there are 3 classes",
        "class indices of shape (2,)",
        "class indices from 0 to 2; ignored ones: ignore_index=-1, say",
    ),
    (
        lambda: F.multilabel_margin_loss(LOGITS, [[0, -1, 7], [2, -2, -1]]),
        IndexError,
        "target[1, 1] is -2, and there are 3 classes",
        "class indices of shape (2, 3)",
        "class indices from 0 to 2; ignored ones: ignore_index=-1, say",
    ),
    (
        lambda: F.ctc_loss(np.zeros((4, 1, 3)), [[1, 3]], [4], [2]),
        IndexError,
        "target[1] is 3, and there are 3 classes",
        "class indices of shape (2,)",
        "class indices from 0 to 2; ignored ones: ignore_index=-1, say",
    ),
    (
        lambda: F.ctc_loss(np.zeros((4, 1, 3)), [[1, 2]], [5], [2]),
        ValueError,
        "the lengths do not fit the log-probabilities (T, N, C) or the targets",
        "ctc_loss(log_probs (4, 1, 3), targets (1, 2), lengths [5], [2])",
        "N lengths of at most T steps, and N lengths of the targets",
    ),
    (
        lambda: F.gaussian_nll_loss(np.zeros((2, 3)), np.zeros((2, 3)), np.ones(3)),
        ValueError,
        "a variance of shape (3,) is not for elements (2, 3)",
        "gaussian_nll_loss(input (2, 3), var (3,))",
        "one for each element, one for each row, or one number",
    ),
    (
        lambda: F.gaussian_nll_loss(np.zeros(2), np.zeros(2), np.array([1.0, -0.5])),
        ValueError,
        "-0.5 is no variance",
        "gaussian_nll_loss(input (2,), var (2,))",
        "softplus(var), or np.exp of its logarithm",
    ),
    (
        lambda: F.mse_loss(np.zeros(4), np.zeros(4), weight=np.ones((4, 1))),
        ValueError,
        "a weight of shape (4, 1) does not broadcast to the shape (4,)",
        "weight (4, 1) of elements (4,)",
        "one weight for each element",
    ),
    (
        lambda: F.binary_cross_entropy_with_logits(np.zeros(4), np.zeros(4), None, "mean", [[1]]),
        ValueError,
        "a pos_weight of shape (1, 1) does not broadcast to the shape (4,)",
        "pos_weight (1, 1) of elements (4,)",
        "one pos_weight for each element",
    ),
    (
        lambda: F.one_hot([0, 3], 3),
        IndexError,
        "target[1] is 3, and there are 3 classes",
        "class indices of shape (2,)",
        "class indices from 0 to 2; ignored ones: ignore_index=-1, say",
    ),
]


@pytest.mark.parametrize(("call", "error", "what", "where", "instead"), SAID, ids=itertools.count())
def test_words(call, error, what, where, instead):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == three_lines(what, where, instead)


def test_every_numeric_loss_refuses_to_broadcast():
    names = ["mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "binary_cross_entropy"]
    names += [n for n in DRAWN if DRAWN[n][0] == 1 and n not in ("multi_margin_loss", *names)]
    names.remove("multilabel_soft_margin_loss")  # by the next one's words
    a, b = np.full((4, 1), 0.5), np.zeros(4)
    for name in [*names, "binary_cross_entropy_with_logits"]:
        with pytest.raises(ValueError, match=f"{name} compares element with element"):
            getattr(F, name)(a, b)
    with pytest.raises(ValueError, match="compares element with element"):
        F.multilabel_soft_margin_loss(a, b)
    for name in ("margin_ranking_loss", "cosine_embedding_loss", "triplet_margin_loss"):
        for three in [(a, b, b), (a, a, np.zeros((4, 4)))]:
            with pytest.raises(ValueError, match=f"{name} compares element with element"):
                getattr(F, name)(*three)


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


def test_a_target_keeps_its_name():
    x, y = Tensor(LOGITS, requires_grad=True), Tensor(np.array([0, 1]))
    assert "= softmax_cross_entropy(x, y)" in str(explain(F.cross_entropy(x, y)))


def test_what_is_surely_wrong_has_pytorchs_slope():
    torch = pytest.importorskip("torch", reason="PyTorch is the convention")
    p, t = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0, 1.0])
    q = torch.tensor(p, requires_grad=True)
    theirs = torch.nn.functional.binary_cross_entropy(q, torch.tensor(t), reduction="none")
    theirs.sum().backward()
    losses = F.binary_cross_entropy(p, t, reduction="none")
    np.testing.assert_allclose(losses, theirs.detach().numpy())
    gradient = grad(lambda p: F.binary_cross_entropy(p, t, reduction="sum"))(p)
    np.testing.assert_allclose(gradient[:2], q.grad.numpy()[:2])
    np.testing.assert_allclose(gradient[2:], [1, -1])  # those of ln, where PyTorch's are 0


@pytest.mark.parametrize("wrong", [(3,), (3, 1), (2, 1, 1), (1,), (3, 3, 2, 1)])
def test_a_variance_is_one_for_each_element_or_row(wrong):
    x = np.zeros((3, 3, 2))
    with pytest.raises(ValueError) as error:
        F.gaussian_nll_loss(x, x, np.ones(wrong))
    assert str(error.value) == (
        f"a variance of shape {wrong} is not for elements (3, 3, 2)\n"
        f"  where: gaussian_nll_loss(input (3, 3, 2), var {wrong})\n"
        "  instead: one for each element, one for each row, or one number"
    )


def test_a_variance_below_eps_grows_in_programs_and_maps_too():
    x, t, v = np.zeros(2), np.ones(2), np.array([0.1, 2.0])

    def loss(v):
        return F.gaussian_nll_loss(x, t, v, eps=0.5, reduction="sum")

    def mapped(rows):
        return np.sum(autograd.vmap(loss)(rows))

    for transform in (loss, autograd.compile(loss), autograd.capture(loss, v)):
        assert_allclose(autograd.grad(transform)(v), [-1.0, 0.125])
    assert_allclose(autograd.grad(mapped)(v[None]), [[-1.0, 0.125]])
    assert_allclose(autograd.jvp(autograd.compile(loss))(v)(np.ones(2))[1], -0.875)

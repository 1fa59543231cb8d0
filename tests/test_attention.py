"""Attention and embeddings: against PyTorch's, number by number, weights loaded by name."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autograd as ag
import nn
import nn.functional as F  # noqa: N812  # PyTorch's custom
from autograd import Tensor, check_grads, three_lines


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is the oracle")


def load_same(torch, rng, ours, theirs):
    state = {k: rng.standard_normal(tuple(v.shape)) for k, v in theirs.state_dict().items()}
    assert list(ours.state_dict()) == list(state)
    theirs.load_state_dict({k: torch.tensor(v) for k, v in state.items()})
    ours.load_state_dict(theirs.state_dict())


def assert_alike(torch, rng, ours, theirs, arrays, modules=None):
    """Compare what two functions of the same arrays return, and all gradients."""
    x = [Tensor(v, requires_grad=True) for v in arrays]
    q = [torch.tensor(v, requires_grad=True) for v in arrays]
    y, expected = ours(*x), theirs(*q)
    g = rng.standard_normal(tuple(expected.shape))
    (y * 1).backward(g)
    expected.backward(torch.tensor(g))
    assert_allclose(y.data, expected.detach().numpy(), atol=1e-10)
    for a, e in zip(x, q, strict=True):
        assert_allclose(a.grad.data, e.grad.numpy(), atol=1e-10)
    if modules:
        named, theirs_too = (m.named_parameters() for m in modules)
        for (name, p), (same, e) in zip(named, theirs_too, strict=True):
            assert name == same
            assert_allclose(p.grad.data, e.grad.numpy(), atol=1e-10, err_msg=name)


# ── the function ──────────────────────────────────────────────────────────────────────────────
MASKS = {
    "none": lambda rng, shape: None,
    "booleans": lambda rng, shape: rng.random(shape) < 0.7,
    "numbers": lambda rng, shape: np.where(rng.random(shape) < 0.7, rng.random(shape), -np.inf),
}


@pytest.mark.parametrize("mask", [*MASKS, "causal"])
@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
def test_attention(torch, rng, mask, lead):
    causal, mask = mask == "causal", MASKS.get(mask, MASKS["none"])
    arrays = [rng.standard_normal((*lead, *s)) for s in ((4, 6), (5, 6), (5, 3))]
    allowed = mask(rng, (4, 5))
    if allowed is not None:
        allowed[2] = False if allowed.dtype == bool else -np.inf  # PyTorch's is 0, too
    given = None if allowed is None else torch.tensor(allowed)
    theirs = torch.nn.functional.scaled_dot_product_attention
    assert_alike(
        torch, rng,
        lambda *x: F.scaled_dot_product_attention(*x, allowed, is_causal=causal),
        lambda *x: theirs(*x, given, is_causal=causal), arrays,
    )  # fmt: skip


def test_attention_scales_as_told(torch, rng):
    arrays = [rng.standard_normal(s) for s in ((4, 6), (5, 6), (5, 3))]
    theirs = torch.nn.functional.scaled_dot_product_attention
    ours = F.scaled_dot_product_attention
    for scale in (0.3, 0.0):
        both = (lambda *x, s=scale, f=f: f(*x, scale=s) for f in (ours, theirs))
        assert_alike(torch, rng, *both, arrays)


def test_a_query_that_may_see_nothing_gets_0_and_harms_nobody(rng):
    q, k, v = (Tensor(rng.standard_normal((3, 2)), requires_grad=True) for _ in range(3))
    bias = np.zeros((3, 3))
    bias[1] = -np.inf
    bias = Tensor(bias, requires_grad=True)
    y = F.scaled_dot_product_attention(q, k, v, bias)
    (y * y).sum().backward()
    assert_array_equal(y.data[1], [0, 0])
    for x in (q, k, v, bias):
        assert np.isfinite(x.grad.data).all()
    assert_array_equal(q.grad.data[1], [0, 0])
    assert np.abs(bias.grad.data[0]).sum() > 0


def test_a_causal_mask_joins_the_other(rng):
    x = rng.standard_normal((4, 3))
    allowed = rng.random((4, 4)) < 0.8
    both = F.scaled_dot_product_attention(x, x, x, allowed & np.tri(4, dtype=bool))
    assert_allclose(F.scaled_dot_product_attention(x, x, x, allowed, is_causal=True), both)


def test_attention_keeps_float32(rng):
    x = rng.standard_normal((4, 3)).astype(np.float32)
    allowed = np.eye(4, dtype=bool)
    assert F.scaled_dot_product_attention(x, x, x, allowed, is_causal=True).dtype == np.float32
    layer = nn.MultiheadAttention(4, 2).float()
    x = rng.standard_normal((3, 2, 4)).astype(np.float32)
    y, weights = layer(x, x, x, np.eye(2, 3, dtype=bool), attn_mask=np.eye(3, dtype=bool))
    assert y.dtype == weights.dtype == np.float32


def test_attention_twice_differentiable(rng):
    arrays = tuple(rng.standard_normal(s) for s in ((3, 2), (4, 2), (4, 2), (3, 4)))
    check_grads(F.scaled_dot_product_attention, arrays, order=2)


def test_dropped_attention_keeps_its_mean(rng):
    q, k = rng.standard_normal((200, 4)), rng.standard_normal((50, 4))
    v = np.ones((50, 1))
    y = F.scaled_dot_product_attention(q, k, v, dropout_p=0.5)
    assert y.std() > 0.05
    assert abs(y.mean() - 1) < 4 * y.std() / math.sqrt(200)


# ── MultiheadAttention ────────────────────────────────────────────────────────────────────────
OPTIONS = {
    "plain": {},
    "no bias": {"bias": False},
    "batch first": {"batch_first": True},
    "other widths": {"kdim": 5, "vdim": 3},
    "one other width": {"vdim": 3, "bias": False, "batch_first": True},
}
HINTS = {
    "nothing": {},
    "mask": {"attn_mask": (4, 5)},
    "mask of each head": {"attn_mask": (6, 4, 5)},
    "padding": {"key_padding_mask": (2, 5)},
    "both": {"attn_mask": (4, 5), "key_padding_mask": (2, 5)},
    "numbers": {"attn_mask": (4, 5), "key_padding_mask": (2, 5), "dtype": float},
}


def masks(rng, hints):
    made = {}
    for name, shape in hints.items():
        if name != "dtype":
            excluded = rng.random(shape) < 0.3
            excluded[..., 0] = False
            made[name] = excluded
            if "dtype" in hints:
                made[name] = np.where(excluded, -np.inf, rng.standard_normal(shape))
    return made


@pytest.mark.parametrize("hints", HINTS.values(), ids=HINTS)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_multihead_attention(torch, rng, options, hints):
    ours, theirs = (m.MultiheadAttention(6, 3, **options) for m in (nn, torch.nn))
    theirs = theirs.double()
    load_same(torch, rng, ours, theirs)
    shapes = (4, 2, 6), (5, 2, options.get("kdim", 6)), (5, 2, options.get("vdim", 6))
    arrays = [rng.standard_normal(s) for s in shapes]
    if options.get("batch_first"):
        arrays = [v.swapaxes(0, 1) for v in arrays]
    given = masks(rng, hints)
    for_torch = {k: torch.tensor(v) for k, v in given.items()}
    assert_alike(
        torch, rng, lambda *x: ours(*x, **given)[0], lambda *x: theirs(*x, **for_torch)[0],
        arrays, (ours, theirs),
    )  # fmt: skip
    for average in (True, False):
        _, weights = ours(*arrays, average_attn_weights=average, **given)
        x = [torch.tensor(v) for v in arrays]
        _, expected = theirs(*x, average_attn_weights=average, **for_torch)
        assert_allclose(weights.data, expected.detach().numpy(), atol=1e-12)
    assert ours(*arrays, need_weights=False)[1] is None


@pytest.mark.parametrize("hint", [{}, {"key_padding_mask": (5,)}, {"attn_mask": (3, 4, 5)}])
def test_one_sequence_without_a_batch(torch, rng, hint):
    ours, theirs = nn.MultiheadAttention(6, 3), torch.nn.MultiheadAttention(6, 3).double()
    load_same(torch, rng, ours, theirs)
    arrays = [rng.standard_normal((n, 6)) for n in (4, 5, 5)]
    given = masks(rng, hint)
    for_torch = {k: torch.tensor(v) for k, v in given.items()}
    assert_alike(
        torch, rng, lambda *x: ours(*x, **given)[0], lambda *x: theirs(*x, **for_torch)[0], arrays
    )


def test_a_sequence_of_padding_only_is_no_nan(rng):
    layer, x = nn.MultiheadAttention(4, 2, batch_first=True), rng.standard_normal((2, 3, 4))
    padding = np.array([[False, False, True], [True, True, True]])
    y, weights = layer(x, x, x, key_padding_mask=padding)
    y.sum().backward()
    assert_array_equal(weights.data[1], np.zeros((3, 3)))
    assert_allclose(weights.data[0].sum(-1), 1)
    assert all(np.isfinite(p.grad.data).all() for p in layer.parameters())


@pytest.mark.parametrize("options", [{}, {"kdim": 50, "vdim": 80}])
def test_initial_weights_of_attention(torch, options):
    ours, theirs = (m.MultiheadAttention(120, 2, **options) for m in (nn, torch.nn))
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert abs(p.data).max() == pytest.approx(float(abs(q).max().detach()), rel=0.01), name
        assert p.data.std() == pytest.approx(float(q.std(correction=0).detach()), rel=0.05), name


# ── the encoder ───────────────────────────────────────────────────────────────────────────────
LAYERS = {
    "plain": {},
    "norm first": {"norm_first": True},
    "without a bias": {"bias": False},
    "gelu": {"activation": "gelu", "batch_first": True, "layer_norm_eps": 0.1},
}


@pytest.mark.parametrize("hint", [{}, {"mask": (4, 4)}, {"src_key_padding_mask": (2, 4)}])
@pytest.mark.parametrize("options", LAYERS.values(), ids=LAYERS)
def test_encoder(torch, rng, options, hint):
    def build(nn):
        layer = nn.TransformerEncoderLayer(6, 3, 7, dropout=0.0, **options)
        made = {"enable_nested_tensor": False} if nn is torch.nn else {}
        return nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(6), **made)

    ours, theirs = build(nn), build(torch.nn).double()
    load_same(torch, rng, ours, theirs)
    given = masks(rng, hint)
    for_torch = {k: torch.tensor(v) for k, v in given.items()}
    x = rng.standard_normal((2, 4, 6) if "batch_first" in options else (4, 2, 6))
    assert_alike(
        torch, rng, lambda x: ours(x, **given), lambda x: theirs(x, **for_torch), [x],
        (ours, theirs),
    )  # fmt: skip


def test_activation_may_be_a_function(torch, rng):
    ours = nn.TransformerEncoderLayer(4, 2, 5, dropout=0.0, activation=np.tanh)
    theirs = torch.nn.TransformerEncoderLayer(4, 2, 5, dropout=0.0, activation=torch.tanh).double()
    load_same(torch, rng, ours, theirs)
    assert_alike(torch, rng, ours, theirs, [rng.standard_normal((3, 2, 4))], (ours, theirs))


def test_causal_encoder_does_not_look_ahead(rng):
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2)
    x = rng.standard_normal((1, 5, 4))
    y = encoder(x, is_causal=True).data
    x[0, 3:] += 1
    changed = encoder(x, is_causal=True).data
    assert_array_equal(y[0, :3], changed[0, :3])
    assert (y[0, 3:] != changed[0, 3:]).all()


def test_layers_of_an_encoder_are_copies():
    layer = nn.TransformerEncoderLayer(4, 2, 8)
    encoder = nn.TransformerEncoder(layer, 2)
    assert len(list(encoder.parameters())) == 2 * len(list(layer.parameters()))
    with ag.no_grad():
        encoder.layers[0].linear1.weight[...] = 0
    assert encoder.layers[1].linear1.weight.data.all()
    assert layer.linear1.weight.data.all()


def test_dropout_of_a_layer_is_for_training(rng):
    layer, x = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5), rng.standard_normal((3, 2, 4))
    assert not np.array_equal(layer(x).data, layer(x).data)
    layer.eval()
    assert_array_equal(layer(x).data, layer(x).data)
    everything = nn.MultiheadAttention(4, 2, dropout=1.0, bias=False)
    assert_array_equal(everything(x, x, x)[0].data, np.zeros((3, 2, 4)))
    assert everything.eval()(x, x, x)[0].data.all()


def test_a_program_repeats_the_encoder(rng):
    model = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
    padding = np.array([[False, False, True], [True, True, True]])
    loss = ag.value_and_grad(lambda x: (model(x, None, padding, True) ** 2).sum())
    x = rng.standard_normal((2, 3, 4))
    value, slope = loss(x)
    for made in (ag.capture(loss, x), ag.compile(loss)):
        y, g = made(x)
        assert_allclose(y, value, atol=1e-13)
        assert_allclose(g, slope, atol=1e-13)


# ── embeddings ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("shape", [(), (5,), (2, 5)])
@pytest.mark.parametrize("padding_idx", [None, 2, -1])
def test_embedding(torch, rng, shape, padding_idx):
    ours, theirs = (m.Embedding(4, 3, padding_idx=padding_idx) for m in (nn, torch.nn))
    theirs = theirs.double()
    load_same(torch, rng, ours, theirs)
    index = rng.integers(0, 4, shape)
    y, expected = ours(index), theirs(torch.tensor(index))
    g = rng.standard_normal(tuple(expected.shape))
    (y * 1).backward(g)
    expected.backward(torch.tensor(g))
    assert_array_equal(y.data, expected.detach().numpy())
    assert_allclose(ours.weight.grad.data, theirs.weight.grad.numpy(), atol=1e-14)


def test_initial_rows_are_normal():
    layer = nn.Embedding(1000, 30, padding_idx=3)
    rows = np.delete(layer.weight.data, 3, axis=0)
    assert_array_equal(layer.weight.data[3], np.zeros(30))
    assert abs(rows.mean()) < 4 / math.sqrt(rows.size)
    assert rows.var() == pytest.approx(1, rel=0.03)
    assert (rows**4).mean() == pytest.approx(3, rel=0.06)  # which a uniform one has at 1.8
    assert isinstance(layer.weight, nn.Parameter)


def test_indices_may_be_arguments_of_a_program(rng):
    layer = nn.Embedding(6, 3, padding_idx=0)
    step = ag.value_and_grad(lambda w, index: (F.embedding(index, w, 0) ** 2).sum())
    first, second = rng.integers(0, 6, (2, 4)), np.array([[0, 1, 1, 5], [0, 0, 2, 2]])
    for made in (ag.capture(step, layer.weight.data, first), ag.compile(step)):
        for index in (first, second):
            y, g = made(layer.weight.data, index)
            value, slope = step(layer.weight.data, index)
            assert_allclose(y, value, atol=1e-13)
            assert_allclose(g, slope, atol=1e-13)
            assert_array_equal(g[0], np.zeros(3))


def test_indices_may_be_a_tensor_or_a_list():
    layer = nn.Embedding(4, 2)
    expected = layer.weight.data[[1, 3]]
    for index in (np.array([1, 3], np.uint8), Tensor(np.array([1, 3])), [1, 3]):
        assert_array_equal(layer(index).data, expected)


def attend(**masks):
    query, key = np.ones((2, 3, 8)), np.ones((2, 5, 8))
    return nn.MultiheadAttention(8, 2, batch_first=True)(query, key, key, **masks)


SAID = {
    "an index too large": (
        lambda: nn.Embedding(4, 3)(np.array([[0, 7]])),
        IndexError,
        "there is no row 7 among 4",
        "embedding(input (1, 2) int64, weight (4, 3))",
        "indices from 0 to 3",
    ),
    "an index below 0": (
        lambda: nn.Embedding(4, 3)(np.array([-1])),
        IndexError,
        "there is no row -1 among 4",
        "embedding(input (1,) int64, weight (4, 3))",
        "indices from 0 to 3",
    ),
    "a float": (
        lambda: nn.Embedding(4, 3)(np.ones(2)),
        TypeError,
        "an index is an integer",
        "embedding(input (2,) float64, weight (4, 3))",
        "input.astype(int)",
    ),
    "a mask of integers": (
        lambda: F.scaled_dot_product_attention(*np.ones((3, 4, 2)), np.tril(np.ones((4, 4), int))),
        TypeError,
        "a mask is booleans, or floats that are added, not int64",
        "attention with a mask (4, 4) int64",
        "mask.astype(bool): True allows in scaled_dot_product_attention, hides in layers",
    ),
    "an activation that there is not": (
        lambda: nn.TransformerEncoderLayer(8, 2, activation="rlu"),
        ValueError,
        "no activation is called rlu",
        "TransformerEncoderLayer(activation)",
        "'relu', 'gelu', or a function",
    ),
    "no heads": (
        lambda: nn.MultiheadAttention(8, 0),
        ValueError,
        "heads are counted from 1",
        "MultiheadAttention(embed_dim=8, num_heads=0)",
        "num_heads=1",
    ),
    "less than no heads": (
        lambda: nn.MultiheadAttention(8, -2),
        ValueError,
        "heads are counted from 1",
        "MultiheadAttention(embed_dim=8, num_heads=-2)",
        "num_heads=1",
    ),
    "a mask of a row for all": (
        lambda: attend(attn_mask=np.zeros((1, 5), bool)),
        ValueError,
        "a mask of shape (1, 5) is not for these queries and keys",
        "MultiheadAttention, attn_mask",
        "attn_mask of shape (3, 5) or attn_mask of shape (4, 3, 5)",
    ),
    "a mask of one head": (
        lambda: attend(attn_mask=np.zeros((1, 3, 5), bool)),
        ValueError,
        "a mask of shape (1, 3, 5) is not for these queries and keys",
        "MultiheadAttention, attn_mask",
        "attn_mask of shape (3, 5) or attn_mask of shape (4, 3, 5)",
    ),
    "padding of queries": (
        lambda: attend(key_padding_mask=np.zeros((2, 3), bool)),
        ValueError,
        "a mask of shape (2, 3) is not for these queries and keys",
        "MultiheadAttention, key_padding_mask",
        "key_padding_mask of shape (2, 5)",
    ),
    "heads that do not divide": (
        lambda: nn.MultiheadAttention(7, 2),
        ValueError,
        "heads are equal parts of embed_dim",
        "MultiheadAttention(embed_dim=7, num_heads=2)",
        "embed_dim=16, for example",
    ),
}


@pytest.mark.parametrize(("act", "error", "what", "where", "instead"), SAID.values(), ids=SAID)
def test_words(act, error, what, where, instead):
    with pytest.raises(error) as caught:
        act()
    assert str(caught.value) == three_lines(what, where, instead)

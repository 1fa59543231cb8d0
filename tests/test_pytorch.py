"""What PyTorch's names mean: the same program, run by both libraries, gives the same numbers."""

import inspect
import pickle

import numpy as np
import pytest
import scipy.special

import autograd
import nn
from autograd.interface.elsewhere import REFUSED

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(0)
A, B, C = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=(2, 3, 4))
C[0, 0, :] = 2.0  # a tie, for whatever puts in order
PLACES = np.array([[0], [3], [1]])

ALIKE = [
    # in PyTorch's words
    "x.std(dim=0)", "x.std(0, keepdim=True)", "x.std(1, True)", "x.std(unbiased=False)",
    "x.std(False)", "x.var(dim=(0, 1))", "x.var(dim=[0], correction=0)", "x.var(keepdim=True)",
    "x.sum(1, True)", "x.sum([0, 1])", "x.sum(dim=())", "x.mean(0, True)", "x.prod(dim=1)",
    "x.max(dim=1).values", "x.min(dim=0, keepdim=True).values", "x.amax(dim=(0, 1))",
    "x.max(dim=1).indices", "x.argmax(1, True)", "x.argmin(dim=0)", "(x > 0).any(dim=1)",
    "(x > 0).all(0, True)",
    "x.sort(dim=0).values", "x.sort(descending=True).values", "x.argsort(descending=True)",
    "c.argsort(dim=-1, descending=True, stable=True)", "c.sort(dim=2, stable=True).indices",
    "c.flatten(1)", "c.flatten(0, 1)", "c.flatten(start_dim=-2)", "c.flatten()",
    "c[0, 0, 0].flatten(0)",
    "c[:1].squeeze(dim=0)", "c.squeeze(dim=0)", "c[:1].squeeze(dim=(0, 1))",
    # functions of the module
    "t.std(x)", "t.var(x, 0)", "t.std(x, axis=1)", "t.var(x, False)", "t.max(x)",
    "t.max(x, 1)[0]", "t.max(x, 1)[1]", "t.max(x, y)", "t.min(x, t.tensor(0.0))", "x.max(y)",
    # by the names of its documentation
    "t.relu(input=x)", "t.sigmoid(input=x)", "t.erf(input=x)", "t.zeros_like(input=x)",
    "t.ones_like(input=x, dtype=t.float32)", "t.full_like(input=x, fill_value=2.0)",
    "t.nan_to_num(input=x)", "t.isclose(input=x, other=y)", "F.silu(input=x)",
    "F.gelu(input=x)", "F.sigmoid(input=x)",
    "F.linear(input=x, weight=y)", "F.one_hot(input=i)",
    "t.exp(input=x)", "t.sum(input=x, dim=0)", "t.add(input=x, other=y, alpha=2)",
    "t.gather(input=x, dim=1, index=i)", "x.max(other=y)", "t.min(x, other=y)", "x.mul(other=y)",
    "t.multiply(input=x, other=y)", "t.hypot(x, other=y)", "x.eq(other=y)", "x.pow(exponent=2)",
    "t.pow(input=x, exponent=2)", "t.matmul(x, other=y.T)", "t.mm(input=x, mat2=y.T)",
    "t.bmm(c, mat2=c.mT)", "x.mv(vec=y[0])", "t.dot(x[0], tensor=y[0])", "t.outer(x[0], vec2=y[0])",
    "x.permute(dims=(1, 0))", "t.permute(c, dims=(2, 0, 1))", "x.tile(dims=(2, 1))",
    "t.flip(input=x, dims=(0,))", "x[:1].expand(size=(3, 4))", "c.transpose(dim0=0, dim1=2)",
    "t.transpose(c, dim1=-1, dim0=0)", "c.transpose(1, dim1=0)", "x.reshape(shape=(4, 3))",
    "t.reshape(x, shape=(-1,))", "x.split(split_size=2, dim=1)[1]",
    "t.split(x, split_size_or_sections=[1, 2])[1]", "t.where(x > 0, input=x, other=y)",
    "(x * 1).pow_(exponent=2)", "(x * 1).mul_(other=y)", "(x * 1).fill_(value=2.0)",
    "t.einsum('ij,kj->ik', [x, y])", "t.einsum('ij->j', (x,))", "t.einsum('bij,ij->b', c, y)",
    "c.min(x[0])", "x.max(t.tensor(0.5))", "x.min(y[0, 0])",
    "x.sum(t.tensor(1))",
    "t.sum(x, (0, 1))", "t.mean(x, 1, keepdim=True)", "t.sort(x)[0]", "t.argsort(x, 0, True)",
    "t.sort(x, dim=0, descending=True)[1]", "t.flatten(c, 1)", "t.squeeze(c, 1)", "t.norm(x, 2, 1)",
    "t.cat([x, y], dim=1)", "t.cat((x, y), -1)", "t.stack([x, y], dim=2)", "t.concat([x, y])",
    "t.hstack([x, y])", "t.outer(x[0], y[0])", "t.zeros_like(x)", "t.full_like(x, 2.0)",
    "t.meshgrid(x[0], y[:, 0], indexing='ij')[0]", "t.meshgrid([x[0], y[0]], indexing='xy')[1]",
    "t.linspace(0, 1, steps=5)", "t.arange(start=1, end=7, step=2)", "t.zeros(size=(2, 3))",
    "t.ones(2, 3, device='cpu')", "t.full((2,), 3)", "t.full((2,), 3.0)", "t.full((2,), True)",
    "t.bincount(t.tensor([1, 1]))", "t.multiply(x, y)", "t.divide(x, 2)", "t.negative(x)",
    "t.as_tensor(x) is x", "t.is_tensor(x)", "t.pi", "t.concat([x, y], dim=1)",
    "t.empty(2, 3).zero_()",
    # names that only PyTorch has
    "x.topk(2).values", "x.topk(3, dim=0, largest=False).indices", "x.topk(4)[0]", "x.median()",
    "x.median(dim=1).values", "x.median(dim=0, keepdim=True).indices", "x.quantile(0.3, dim=1)",
    "x.split(3, dim=1)[1]", "x.split([1, 3], dim=1)[1]", "x.chunk(2)[1]", "x.chunk(3, dim=1)[1]",
    "x.unbind(1)[2]", "x.narrow(1, 1, 2)", "x.select(1, 2)", "x.index_select(1, i[:, 0])",
    "x.gather(1, i)", "x.gather(1, i[:2])", "x.gather(0, i[[0, 2]].mT)",
    "t.zeros(3, 4).scatter_(1, i, 1.0)", "t.zeros(3, 4).scatter_(dim=1, index=i, value=2.0)",
    "x.expand_as(c)", "x[:, :1].expand(-1, 6)",
    "x.expand(2, -1, -1)", "x.tile(2)", "x.tile((2, 1))", "x.repeat_interleave(2, dim=0)",
    "x.flip(0)", "x.flip(0, 1)", "t.flip(x, dims=[1])", "x.roll(1, 0)", "x.roll(shifts=1, dims=1)",
    "t.tril(x)", "x.triu(diagonal=1)", "x[:, 0].diag()", "x.t()", "x.view_as(y)", "x.dim()",
    "x.contiguous()", "x.movedim(0, 1)", "c.diagonal(dim1=1, dim2=2)", "x.diff(dim=0)",
    "x.eq(y)", "x.ge(0).sum()", "x.add(y, alpha=2)", "t.sub(x, y)", "x.mul(2).div(y).neg()",
    "x.remainder(2)", "x.fmod(2)", "x.abs().rsqrt()", "t.atan2(x, y)", "x.erf()", "x.clamp(min=0)",
    "x.masked_fill(x > 0, 7.0)", "x.logical_not()", "x.int()", "x.bool()", "x.half().double()",
    "x.type_as(i)", "t.isclose(x, x)", "t.nan_to_num(x)", "x.count_nonzero()", "t.inner(x, y)",
    "x.sub(y, alpha=2)", "t.div(x, y, rounding_mode='floor')", "x.div(2, rounding_mode='trunc')",
    "(i - 2).div(2, rounding_mode='trunc')", "t.div(i - 2, 2, rounding_mode='floor')",
    "(i + 1).reciprocal()", "t.reciprocal(x)", "x.quantile(0.3, dim=1, interpolation='nearest')",
    "x.quantile(0.3, 1, True)", "t.quantile(x, t.tensor([0.2, 0.7]), 0, True)",
    "x.quantile(q=0.3, dim=0, keepdim=True, interpolation='lower')", "x.nanmean(1, True)",
    "t.nanmean(x, 0, True)", "x.nanmean()", "x.logsumexp([0, 1])", "x.logsumexp(1, True)",
    "t.logsumexp(x, [0, 1], True)", "t.logsumexp(input=x, dim=0)", "x.logsumexp((0, 1))",
    "t.softmax(x * 0, dim=1, dtype=t.float32)", "x.log_softmax(1, t.float64)",
    "t.softmax(i, 0, dtype=t.float64)",
    "x.logsumexp(dim=[0, 1])", "x.norm(dim=[0, 1])", "t.norm(x, 'nuc', [0, 1])",
    "x.nanmean(dim=[0, 1])", "x.count_nonzero(dim=[0, 1])", "t.sum(x).squeeze(dim=0)",
    "t.full_like(x, 0.1, device='cpu')", "t.zeros_like(x, requires_grad=True) * x",
    "t.ones_like(x, dtype=t.float32)", "t.empty_like(x, device='cpu').zero_()",
    "t.rand_like(x, device='cpu').floor()",
]  # fmt: skip


def run(expression, library):
    leaf = {"requires_grad": True, "dtype": library.float64}
    names = {n: library.tensor(v, **leaf) for n, v in zip("xyc", (A, B, C), strict=True)}
    layers = torch.nn.functional if library is torch else nn.functional
    words = {"t": library, "F": layers, "i": library.tensor(PLACES)}
    values = eval(expression, {**words, **names})
    if getattr(values, "requires_grad", False):
        weights = np.cos(np.arange(np.prod(values.shape))).reshape(values.shape)
        (values * library.tensor(weights)).sum().backward()
    value = values.detach() if hasattr(values, "detach") else values
    return [
        np.asarray(value),
        *(v.grad if v.grad is None else v.grad.numpy() for v in names.values()),
    ]


@pytest.fixture(autouse=True)
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("expression", ALIKE)
def test_a_call_in_pytorchs_words_is_pytorchs(expression):
    for ours, theirs in zip(run(expression, autograd), run(expression, torch), strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert ours.shape == theirs.shape
            assert ours.dtype == theirs.dtype or expression == "x.fmod(2)"
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)


INTO = [
    "t.add(x, y, out=o)", "t.sub(x, y, alpha=2, out=o)", "t.mul(x, y, out=o)",
    "t.div(x, y, out=o)", "t.pow(x, 2, out=o)", "t.reciprocal(x, out=o)",
    "t.rsqrt(input=x * x, out=o)", "t.index_select(x, 0, i[:, 0] % 3, out=o)",
    "t.gather(x, 1, i % 1 + t.zeros(3, 4, dtype=t.int64), out=o)", "t.where(x > y, x, y, out=o)",
    "t.max(x, y, out=o)", "t.exp(x, out=o)", "t.clamp(x, min=0, out=o)", "t.tril(x, out=o)",
]  # fmt: skip


@pytest.mark.parametrize("call", INTO)
def test_a_result_goes_where_out_says(call):
    found = []
    for library in (autograd, torch):
        names = {n: library.tensor(v) for n, v in (("x", A), ("y", B), ("i", PLACES))}
        o = names["o"] = library.zeros((3, 4), dtype=library.float64)
        assert eval(call, {"t": library, **names}) is o
        found.append(o.numpy())
    np.testing.assert_allclose(*found, rtol=1e-12)


def test_what_is_written_into_out_keeps_its_history():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    y = autograd.zeros(2)
    autograd.mul(x, x, out=y)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]


NUMPYS = {
    "x.std()": "np.std(x)",
    "x.std(0)": "np.std(x, 0)",
    "x.std(correction=1)": "np.std(x, correction=1)",
    "x.var(axis=0, ddof=1)": "np.var(x, axis=0, ddof=1)",
    "x.var(1, None, None, 1, True)": "np.var(x, 1, None, None, 1, True)",
    "x.sum(1, None, None, True)": "np.sum(x, 1, None, None, True)",
    "x.max(0)": "np.max(x, 0)",
    "x.min(axis=1, keepdims=True)": "np.min(x, axis=1, keepdims=True)",
    "x.argsort(0)": "np.argsort(x, 0)",
    "x.repeat(2)": "np.repeat(x, 2)",
    "x.repeat(2, 1)": "np.repeat(x, 2, 1)",
    "x.repeat(2, dim=1)": "np.repeat(x, 2, 1)",
    "x.flatten('F')": "x.flatten('F')",
    "x.size": "x.size",
}


@pytest.mark.parametrize("call", NUMPYS)
def test_a_method_that_arrays_have_is_numpys(call):
    ours = eval(call, {"x": autograd.tensor(A)})
    np.testing.assert_array_equal(ours, eval(NUMPYS[call], {"np": np, "x": A}))


def test_the_size_is_numpys_number_and_pytorchs_function():
    x = autograd.tensor(np.ones((4, 3, 2)))
    assert (x.size, x.size(0), x.size(-1), x.size(dim=1)) == (24, 4, 2, 3)
    assert x.size() == (4, 3, 2)
    assert x.view(x.size(0), -1).size() == (4, 6)
    assert pickle.loads(pickle.dumps(x.size))(1) == 3
    with pytest.raises(IndexError, match="axis 3 is out of bounds"):
        x.size(3)
    w = x.requires_grad_()
    assert [type(y.args[1]) for y in (w / x.size, np.divide(w, x.size))] == [int, int]
    program = autograd.compile(lambda x: x.view(x.size(0), -1).sum(1) / x.size)
    for n in (2, 5, 3):
        x = autograd.tensor(np.ones((n, 3, 2)))
        np.testing.assert_array_equal(program(x).data, np.full(n, 1 / n))
        assert autograd.vmap(lambda row: row.sum() / row.size(0))(x).shape == (n,)


def test_a_tensor_of_pytorchs_is_an_array_like_others():
    theirs = torch.tensor(A)
    for ours in (autograd.tensor(theirs), autograd.Tensor(theirs), autograd.as_tensor(theirs)):
        theirs.zero_()
        np.testing.assert_array_equal(ours.data, A)
        theirs += torch.tensor(A)
    assert autograd.tensor(theirs, requires_grad=True, dtype="float32").dtype == np.float32
    with pytest.raises(RuntimeError, match="detach"):  # PyTorch's own words
        autograd.tensor(theirs.requires_grad_())


STEPS = [
    "add_(1)", "add_(x, alpha=0.5)", "sub_(x)", "sub_(x, alpha=2)", "mul_(x)", "div_(3)", "pow_(2)",
    "clamp_(max=0.5)", "exp_()", "neg_()", "abs_()", "sqrt_()", "tanh_()", "relu_()", "sigmoid_()",
    "round_()", "masked_fill_(x > 0, 9.0)", "fill_(2.0)", "copy_(x)", "copy_(x[0])", "zero_()",
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_methods_that_end_in_an_underscore_rewrite_the_tensor(step):
    found = []
    for library in (autograd, torch):
        x = library.tensor(A, requires_grad=True)
        y = x * x
        assert eval(f"y.{step}", {"x": x, "y": y}) is y
        (y * x).sum().backward()
        found.append((y.detach().numpy(), x.grad.numpy()))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


WRITTEN = [  # into what is a part of x in PyTorch, and what is a copy
    "x.flip(0).zero_()", "t.flip(x, (0, 1)).mul_(2)", "y = x.flip(1); y[0] = 5.0",
    "x.diagonal().fill_(0.0)", "d = t.diagonal(x, 1); d[:] = 0", "d = x.diagonal(); d += 1",
    "d = x.diag(); d += 1",
    "x.double().mul_(2)", "x.to(t.float64).mul_(2)", "x.type_as(x).mul_(2)", "x.to(x).zero_()",
    "x.to(t.float64, copy=True).mul_(2)", "x.float().mul_(2)",
    "x.narrow(0, 0, 1).zero_()", "n = x.narrow(1, -2, 2); n.fill_(5.0)", "x.select(1, -1).zero_()",
]  # fmt: skip


@pytest.mark.parametrize("steps", WRITTEN)
def test_what_is_written_under_no_grad_shows_where_pytorch_shows_it(steps):
    found = []
    for library in (autograd, torch):
        x = library.tensor(A, requires_grad=True)
        with library.no_grad():
            exec(steps, {"t": library, "x": x})
        found.append(x.tolist())
    assert found[0] == found[1]


def test_values_in_the_dtype_that_they_have_are_the_tensor_itself():
    for kind in ("double", "float", "half", "long", "int", "bool"):
        x = getattr(autograd.tensor([0, 1]), kind)()
        assert getattr(x, kind)() is x
        assert x.to(x.dtype) is x.type_as(x) is x
        assert x.to(x.dtype, copy=True) is not x
        assert x.astype(x.dtype) is not x  # NumPy's, which copies


def test_a_program_of_what_is_flipped_under_no_grad_leaves_the_original():
    def program(x):
        with autograd.no_grad():
            y = autograd.flip(x, (0,))
            y[0] = 5.0
            return x + y

    x = autograd.tensor([1.0, 2.0, 4.0])
    assert program(x).tolist() == [6.0, 4.0, 5.0]
    assert autograd.capture(program, x)(x + 0).tolist() == [6.0, 4.0, 5.0]


def test_in_place_keeps_the_dtype_and_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="in place, the result must fit int64"):
        autograd.tensor([1, 2]).mul_(0.5)
    for method in ("exp_", "sqrt_", "tanh_", "sigmoid_"):
        x = autograd.tensor([1, 2])
        with pytest.raises(ValueError, match=f"must fit int64, not float64\n  where: {method} of"):
            getattr(x, method)()
        assert x.tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="a leaf that requires a gradient"):
        autograd.tensor(A, requires_grad=True).exp_()
    x = autograd.tensor([1, 2])
    for value in (float("inf"), float("nan"), 2**70):
        with pytest.raises((OverflowError, ValueError), match="a tensor of int64 cannot hold"):
            x.masked_fill_(x > 1, value)
    assert x.tolist() == [1, 2]
    for library in (autograd, torch):
        x = library.ones(2, dtype=library.float32)
        for value in (1e300, library.tensor(-1e300, dtype=library.float64)):
            with pytest.raises((OverflowError, RuntimeError), match="cannot"):
                x.masked_fill_(x > 0, value)
        assert x.tolist() == [1.0, 1.0]


def test_a_training_loop_by_hand():
    found = []
    for library in (autograd, torch):
        x, w = library.tensor(A), library.tensor(B[0], requires_grad=True)
        for _ in range(3):
            ((x.matmul(w) - 1) ** 2).mean().backward()
            with library.no_grad():
                w.sub_(0.1 * w.grad)
                w -= 0.1 * w.grad
                w.grad.zero_()
        found.append(w.detach().numpy())
    np.testing.assert_allclose(*found)


def derivatives(library):
    """Differentiate by leaves, by what was computed on the way, and what was differentiated."""
    x, w = (library.tensor(v, requires_grad=True) for v in (A, B[:, :3].T.copy()))
    h = library.tanh(w @ x)
    y = (h * h).sum()
    kept = {"retain_graph": True}
    first = library.autograd.grad(y, [x, h, w], create_graph=True)
    penalty = (first[0] ** 2).sum() + (first[1] * h).sum()
    two = [library.tensor(v, dtype=library.float64) for v in (2.0, 3.0)]
    found = [
        *first, *library.autograd.grad(penalty, (w, x), **kept),
        *library.autograd.grad(h, x, grad_outputs=library.ones_like(h), **kept),
        *library.autograd.grad(h, x, library.ones_like(h), True, True, True, True),
        *library.autograd.grad(h, x, library.ones_like(h), only_inputs=True, **kept),
        *library.autograd.grad([y, penalty], w, two, **kept),
        *library.autograd.grad(y, [y, x], **kept),
        *library.autograd.grad((x * 2).sum(), [x, w], materialize_grads=True),
    ]  # fmt: skip
    unused = library.autograd.grad((x * 2).sum(), [x, w], allow_unused=True)[1]
    assert unused is x.grad is w.grad is None
    return [g.detach().numpy() for g in found]


def test_gradients_by_tensors_are_pytorchs():
    for ours, theirs in zip(derivatives(autograd), derivatives(torch), strict=True):
        np.testing.assert_allclose(ours, theirs, 1e-12, 1e-12)


def test_gradients_on_the_way_take_one_sweep_and_hooks_run_once():
    found = []
    for library in (autograd, torch):
        calls = []
        x = library.tensor(A, requires_grad=True)
        h = x * x
        h.register_hook(calls.append)
        v = library.tanh(h)
        y = (v * h).sum()
        gradients = library.autograd.grad(y, [x, h, v, y, h], retain_graph=True)
        assert len(calls) == 1
        found.append([g.numpy() for g in (*gradients, calls[0])])
        library.autograd.grad(y, [v, h])
        assert len(calls) == 2
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def adapted(library):
    """Take the gradient through a step of gradient descent, as meta-learning does."""
    w, x = library.tensor(A, requires_grad=True), library.tensor(B)
    (slope,) = library.autograd.grad(((w * x) ** 2).sum(), w, create_graph=True)
    ((w - 0.1 * slope) ** 3).sum().backward()
    return w.grad.numpy()


def test_a_step_of_descent_can_be_differentiated():
    np.testing.assert_allclose(adapted(autograd), adapted(torch), 1e-12)


def test_gradients_by_parameters_are_pytorchs():
    found = []
    for library, layers in ((autograd, nn), (torch, torch.nn)):
        model = layers.Linear(2, 3)
        loss = (model(library.ones(4, 2)) * 2).sum()
        gradients = library.autograd.grad(loss, model.parameters())
        found.append([g.detach().numpy() for g in gradients])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("transform", [autograd.compile, autograd.capture, autograd.vmap])
def test_gradients_by_tensors_may_be_taken_where_something_stands_for_arrays(transform):
    w, x = autograd.tensor([2.0, 3.0], requires_grad=True), A[:2, :2]

    def gradient(row):
        return autograd.autograd.grad(((w * row) ** 2).sum(), w)[0]

    given = (x[0],) if transform is autograd.capture else ()
    found = transform(gradient, *given)(x if transform is autograd.vmap else x[1])
    expected = np.stack([2 * w.data * row**2 for row in x])
    np.testing.assert_allclose(
        found.numpy() if type(found) is autograd.Tensor else found,
        expected if transform is autograd.vmap else expected[1],
    )


def rewritten_on_the_way(x, **options):
    """Use an input before and after it is rewritten: of the first use no gradient would arrive."""
    y = (x * 3).sum()
    with autograd.no_grad():
        x -= 0.1
    return autograd.autograd.grad(y + (x * 2).sum(), x, **options)


@pytest.mark.parametrize(
    ("call", "error", "what", "where", "instead"),
    [
        (
            lambda x, z: autograd.autograd.grad(x.sum(), z), RuntimeError,
            "no output depends on this input", "autograd.grad by a Tensor (2,)",
            "allow_unused=True, which gives None for it",
        ),
        (
            lambda x, z: autograd.autograd.grad(x.sum(), z.data), RuntimeError,
            "this input requires no gradient", "autograd.grad by an ndarray (2,)",
            "x.requires_grad_() before y = f(x)",
        ),
        (
            lambda x, z: autograd.autograd.grad(x, x, [z, z]), ValueError,
            "1 outputs get as many gradients, not 2", "autograd.grad",
            "grad_outputs=[v, w] for [y, z]",
        ),
        (
            lambda x, z: rewritten_on_the_way(x, allow_unused=True), RuntimeError,
            "a tensor was rewritten after it was used, so its old value is gone",
            "a Tensor (2,), rewritten under no_grad() or by an optimizer's step()",
            "backward first, then the update; or compute the result anew",
        ),
    ],
)  # fmt: skip
def test_what_has_no_gradient_is_told(call, error, what, where, instead):
    x, z = (autograd.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    with pytest.raises(error) as caught:
        call(x, z)
    assert str(caught.value) == f"{what}\n  where: {where}\n  instead: {instead}"


def test_data_may_be_set_to_a_tensor():
    found = []
    for library, layers in ((autograd, nn), (torch, torch.nn)):
        torch.manual_seed(0)
        start = torch.nn.Linear(4, 2).state_dict()
        model = layers.Linear(4, 2)
        model.load_state_dict({k: library.tensor(v.numpy()) for k, v in start.items()})
        model.bias.data = library.ones(2)
        for _ in range(3):
            y = model(library.tensor(A))
            model.zero_grad()
            (y * y).mean().backward()
            for p in model.parameters():
                p.data = p.data - 0.1 * p.grad
        model.bias.data = model.bias.clamp(0.2, 0.3)  # which is connected to a graph
        saved = [p.detach().numpy() for p in model.state_dict().values()]
        found.append([*saved, *[p.detach().numpy() for p in model.parameters()]])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_random_numbers_take_pytorchs_shapes():
    for library in (autograd, torch):
        x = library.randn(size=(2, 3), device="cpu")
        made = [
            x, library.rand_like(input=x), library.randn_like(x, dtype=library.float32),
            library.randint(0, 5, size=(2, 3)), library.randint(5, (2, 3)),
            library.randint(5, size=(2, 3)), library.normal(0.0, 1.0, size=(2, 3)),
            library.normal(x, x * x), library.randint(5, (2, 3), dtype=library.int64),
        ]  # fmt: skip
        assert all(tuple(m.shape) == (2, 3) for m in made)
        assert sorted(library.randperm(5).tolist()) == [0, 1, 2, 3, 4]


ABSENT = "module 'autograd' has no attribute"

SAID = [
    (
        lambda x: x.repeat(2, 1, 1),
        "repeat is NumPy's, of each element: of the whole, it is tile",
        "x.repeat(2, 1, 1)",
        "x.tile((2, 1, 1))",
    ),
    (
        lambda x: x[0].repeat(2, 1),
        "repeat is NumPy's, of each element: of the whole, it is tile",
        "x.repeat(2, 1)",
        "x.tile((2, 1))",
    ),
    (
        lambda x: x.split([1, 1], dim=1),
        "sizes of 2 in all, of an axis of 4",
        "split([1, 1], dim=1)",
        "sizes that sum to the axis",
    ),
    (
        lambda x: x.gather(0, autograd.tensor([1, 0])),
        "the index has as many axes as the tensor: 2, not 1",
        "gather or scatter of (3, 4) along 0, with an index (2,)",
        "index[:, None], or x[index] for whole rows",
    ),
    (
        lambda x: x.scatter_(1, autograd.tensor([1, 0]), 0.0),
        "the index has as many axes as the tensor: 2, not 1",
        "gather or scatter of (3, 4) along 1, with an index (2,)",
        "index[:, None], or x[index] for whole rows",
    ),
    (
        lambda x: x.scatter_(1, autograd.tensor([[1], [0]]), x[:1]),
        "a src is as long as the index (2, 1) along each axis, not (1, 4)",
        "scatter_(1, index, src) of (3, 4)",
        "np.broadcast_to(src, index.shape)",
    ),
    (
        lambda x: x.flatten(1, -2),
        "the first axis to join, 1, comes after the last, 0",
        "flatten(1, -2) of a tensor of shape (3, 4)",
        "x.flatten(0, 1)",
    ),
    (
        lambda x: x.div(2, rounding_mode="up"),
        "a quotient is rounded by 'floor' or 'trunc'",
        "div(..., rounding_mode='up')",
        "np.round(x / y) for the nearest number",
    ),
    (
        lambda x: x.squeeze(dim=5),
        "axis 5 is out of bounds for array of dimension 2",
        "dim=5 of a tensor of shape (3, 4)",
        "an axis that the array has, from -ndim to ndim - 1",
    ),
    (
        lambda x: x.nonzero(),
        "'Tensor' object has no attribute 'nonzero'",
        "x.nonzero",
        "np.nonzero(x); np.argwhere(x), which is PyTorch's",
    ),
    (
        lambda x: x.apply_(abs),
        "'Tensor' object has no attribute 'apply_'",
        "x.apply_",
        "x[...] = np.vectorize(f)(x.detach())",
    ),
    (
        lambda x: x.new(2, 3),
        "'Tensor' object has no attribute 'new'",
        "x.new",
        "tensor(values, dtype=x.dtype), zeros(2, 3, dtype=x.dtype)",
    ),
    (
        lambda x: x.set_(x + 1),
        "'Tensor' object has no attribute 'set_'",
        "x.set_",
        "x[...] = y; x.data = y.detach() for another shape",
    ),
    (
        lambda x: autograd.scalar_tensor(3.0),
        f"{ABSENT} 'scalar_tensor'",
        "autograd.scalar_tensor",
        "tensor(3.0)",
    ),
    (
        lambda x: autograd.addmv(x[0], x, x[0]),
        f"{ABSENT} 'addmv'",
        "autograd.addmv",
        "bias + x @ y",
    ),
    (
        lambda x: x.bincount(),
        "'Tensor' object has no attribute 'bincount'",
        "x.bincount",
        "np.bincount, in NumPy's words",
    ),
    (
        lambda x: autograd.unique(x),
        f"{ABSENT} 'unique'",
        "autograd.unique",
        "np.unique, in NumPy's words",
    ),
    (
        lambda x: autograd.autograd.gradcheck(np.sin, x),
        "module 'autograd.autograd' has no attribute 'gradcheck'",
        "autograd.autograd.gradcheck",
        "check_grads(f, args)",
    ),
    (
        lambda x: autograd.autocast("cpu"),
        f"{ABSENT} 'autocast'",
        "autograd.autocast",
        "the code itself; model.float() for float32",
    ),
    (
        lambda x: autograd.cuda.synchronize(),
        "module 'autograd.cuda' has no attribute 'synchronize'",
        "autograd.cuda.synchronize",
        "'cpu', which is the only device",
    ),
]


@pytest.mark.parametrize(("fails", "what", "where", "instead"), SAID)
def test_what_is_spelled_otherwise_says_so(fails, what, where, instead):
    with pytest.raises((AttributeError, IndexError, TypeError, ValueError)) as caught:
        fails(autograd.tensor(A))
    assert str(caught.value) == f"{what}\n  where: {where}\n  instead: {instead}"


def test_what_is_refused_is_pytorchs_or_numpys_and_not_ours():
    for name in REFUSED:
        assert hasattr(torch.Tensor, name) or hasattr(np.ndarray, name)
        assert not hasattr(autograd.tensor(A), name)


@pytest.mark.parametrize("name", ["byte", "char", "short"])
def test_small_integers_are_those_of_pytorch(name):
    x = autograd.tensor([1.7, -2.0, 100.0])
    ours = eval(autograd.interface.lookup.ELSEWHERE[name], {"x": abs(x)})
    theirs = getattr(torch.tensor(abs(x).numpy()), name)().numpy()
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours.data, theirs)


def test_the_conjugate_transpose_is_pytorchs():
    z = np.array([[1 + 2j, 3 - 1j, 4j], [0.5, -2j, 1 + 1j]])
    ours, theirs = autograd.tensor(z, requires_grad=True), torch.tensor(z, requires_grad=True)
    ours.H[0, 1].real.backward()
    theirs.H[0, 1].real.backward()
    np.testing.assert_array_equal(ours.H.data, [[1 - 2j, 0.5], [3 + 1j, 2j], [-4j, 1 - 1j]])
    np.testing.assert_array_equal(ours.grad.data, theirs.grad.numpy())
    batch = np.stack([z, 2 * z])
    np.testing.assert_array_equal(
        autograd.tensor(batch).mH.data, torch.tensor(batch).mH.resolve_conj().numpy()
    )


def test_polar_coordinates_are_said_in_numpys_words():
    r, angle = np.array([1.0, 2.0]), np.array([0.1, -3.0])
    said = eval(autograd.interface.lookup.ELSEWHERE["polar"], {"np": np, "r": r, "angle": angle})
    np.testing.assert_allclose(said, torch.polar(torch.tensor(r), torch.tensor(angle)), rtol=1e-15)


def test_a_window_is_said_in_numpys_words():
    said = eval(autograd.interface.lookup.ELSEWHERE["hann_window"], {"np": np, "n": 7})
    np.testing.assert_allclose(said, torch.hann_window(7), atol=1e-15)


def test_functions_that_a_tensor_has_exist_in_pytorch():
    ours = inspect.getmembers(autograd.interface.pytorch_methods.PyTorchMethods, callable)
    assert {name for name, _ in ours if not name.startswith("_")} <= set(dir(torch.Tensor))


ADVICE = {  # PyTorch's call, and what is to be written instead of it gives the same numbers
    "addcdiv": "t.addcdiv(x, y, z, value=value)",
    "addcmul": "t.addcmul(x, y, z, value=value)",
    "cdist": "t.cdist(x, y)",
    "cummax": "x.cummax(axis)[0]",
    "cummin": "x.cummin(axis)[0]",
    "diag_embed": "t.diag_embed(x)",
    "digamma": "x.digamma()",
    "dist": "t.dist(x, y)",
    "erfc": "t.erfc(x)",
    "erfinv": "t.erfinv(x)",
    "frac": "x.frac()",
    "kthvalue": "x.kthvalue(k)[0]",
    "lerp": "t.lerp(x, end, weight)",
    "lgamma": "t.lgamma(x)",
    "logcumsumexp": "x.logcumsumexp(axis)",
    "logit": "t.logit(x)",
    "masked_select": "x.masked_select(mask)",
    "msort": "x.msort()",
    "swapdims": "x.swapdims(0, 1)",
    "take_along_dim": "t.take_along_dim(x, index, axis)",
    "trapz": "t.trapz(y, x)",
    "unfold": "x.unfold(axis, size, 1)",
    "where": "x.where(condition, other)",
    "xlogy": "t.xlogy(x, y)",
}
REWRITTEN = {
    "addcdiv_": "x.addcdiv_(y, z, value=value)",
    "addcmul_": "x.addcmul_(y, z, value=value)",
    "fill_diagonal_": "x.fill_diagonal_(value)",
    "index_add_": "x.index_add_(0, index[:, 0], source)",
    "index_fill_": "x.index_fill_(0, index[:, 0], value)",
    "lerp_": "x.lerp_(end, weight)",
    **{f"{name}_": f"x.{name}_()" for name in ("ceil", "cos", "expm1", "floor", "sign", "sin")},
    **{f"{name}_": f"x.{name}_()" for name in ("reciprocal", "square", "trunc")},
}


def advised(library, lines, index):
    leaf = {"requires_grad": True, "dtype": library.float64}
    x, y, z = (library.tensor(v, **leaf) for v in (A, B, A + B))
    names = {
        "t": library, "np": np, "scipy": scipy, "autograd": autograd, "eye": library.eye, "n": 4,
        "x": x * 1, "y": y, "z": z, "end": y, "other": y, "source": z, "value": 0.5, "weight": 0.3,
        "axis": 1, "k": 2, "size": 2, "mask": library.tensor(A > 0), "index": index,
        "condition": library.tensor(A > B),
    }  # fmt: skip
    exec(lines, names)
    out = names["out"]
    (out * out).sum().backward()
    return [out.detach().numpy(), *(v.grad if v.grad is None else v.grad.numpy() for v in (x, y))]


@pytest.mark.parametrize(("name", "call"), [*ADVICE.items(), *REWRITTEN.items()])
def test_what_is_said_instead_is_pytorchs(name, call):
    instead = autograd.interface.lookup.ELSEWHERE[name]
    index = PLACES % 3
    if name in REWRITTEN:
        theirs = advised(torch, f"{call}; out = x", torch.tensor(index))
        ours = advised(autograd, f"{instead}; out = x", index[:, 0])
    else:
        theirs = advised(torch, f"out = {call}", torch.tensor(index))
        ours = advised(autograd, f"out = {instead}", index)
    for one, other in zip(ours, theirs, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "what", "where", "instead"),
    [
        (
            lambda x: x.max(1).values,
            "'Tensor' object has no attribute 'values'",
            "x.values",
            "torch.max(x, 1), or x.max(dim=1); x.max(1) is NumPy's, of the values alone",
        ),
        (
            lambda x: autograd.inverse(x),
            f"{ABSENT} 'inverse'",
            "autograd.inverse",
            "np.linalg.inv(x)",
        ),
        (
            lambda x: autograd.conv2d(x, x),
            f"{ABSENT} 'conv2d'",
            "autograd.conv2d",
            "import nn; nn.functional.conv2d",
        ),
    ],
)
def test_more_that_is_spelled_otherwise_says_so(call, what, where, instead):
    test_what_is_spelled_otherwise_says_so(call, what, where, instead)


def test_numbers_are_drawn_with_their_probabilities():
    weights = np.array([[1.0, 0.0, 3.0], [0.0, 2.0, 0.0]])
    autograd.manual_seed(0)
    drawn = autograd.multinomial(autograd.tensor(weights, requires_grad=True), 4000, True)
    assert drawn.shape == (2, 4000)
    counts = [np.bincount(row, minlength=3) / 4000 for row in drawn.numpy()]
    np.testing.assert_allclose(counts, weights / weights.sum(1, keepdims=True), atol=0.03)
    assert sorted(autograd.multinomial([0.2, 0.3, 0.5], 3).tolist()) == [0, 1, 2]
    assert autograd.multinomial(autograd.softmax(autograd.randn(2, 5), 1), num_samples=1).shape == (
        2, 1,
    )  # fmt: skip
    for weights in ([0.0, 0.0], [-1.0, 2.0], [0.0, 1.0]):
        with pytest.raises(ValueError, match=r"instead: multinomial\(softmax"):
            autograd.multinomial(weights, 2)


def test_random_numbers_may_require_gradients():
    for library in (autograd, torch):
        w = library.normal(0.0, 0.01, size=(2, 1), requires_grad=True, device="cpu")
        assert w.requires_grad
        assert w.is_leaf
        assert tuple(w.shape) == (2, 1)


def test_parts_that_are_not_there_are_refused():
    x = autograd.tensor(A)
    for fails in (
        lambda: x.topk(5), lambda: x.narrow(1, 2, 3), lambda: x.flatten(2), lambda: x.split(1, 2),
        lambda: x.chunk(2, -3), lambda: x.gather(2, x.argsort(0)), lambda: x.select(2, 0),
        lambda: x.median(dim=2), lambda: x.norm(dim=2), lambda: x.quantile(0.5, dim=2),
        lambda: x.narrow(1, -5, 1), lambda: x.narrow(1, 0, -1), lambda: x.select(1, 4),
        lambda: x.topk(-1),
    ):  # fmt: skip
        with pytest.raises(IndexError, match=r"\n  where: .*\n  instead: "):
            fails()
    with pytest.raises(IndexError, match=r"^there are no 5 values among 4\n"):
        x.topk(5)


def test_meshgrid_goes_by_rows_and_columns():
    for library in (autograd, torch):
        (alone,) = library.meshgrid(library.arange(3), indexing="ij")
        assert alone.tolist() == [0, 1, 2]
    rows, columns = autograd.meshgrid(autograd.arange(2), autograd.arange(3))
    assert rows.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert columns.tolist() == [[0, 1, 2], [0, 1, 2]]


def test_a_device_goes_round():
    x = autograd.tensor(A)
    assert autograd.zeros(2, device=x.device).to(x.device).device == "cpu"
    assert x.to("cpu", non_blocking=True) is x
    assert nn.Linear(2, 2).to("cpu", non_blocking=True).weight.dtype == np.float64
    twin = x.to(x.device, copy=True)
    twin += 1
    assert (twin != x).all()
    layer = nn.Linear(2, 2).float()
    assert layer.to(x.device).to(device=x.device).weight.dtype == np.float32
    assert layer.weight.grad_fn is None
    assert (x.requires_grad_() * 2).grad_fn.name == "multiply"
    device = autograd.device("cuda" if autograd.cuda.is_available() else "cpu")
    assert (layer.to(device).weight.device, x.to(device).device.type) == (device, "cpu")
    autograd.cuda.manual_seed_all(0)
    autograd.backends.cudnn.deterministic = True
    for fails in (
        lambda: autograd.zeros(2, device="cuda"), lambda: layer.to("cuda"),
        lambda: autograd.device("cuda"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="no device 'cuda'"):
            fails()
    for make in (autograd.zeros, lambda n, device: autograd.as_tensor(np.ones(n), device=device)):
        assert make(1, device=None).shape == (1,)
        with pytest.raises(ValueError, match="no device '0'"):  # PyTorch's first GPU
            make(1, device=0)


def test_parts_of_complex_numbers_and_filled_arrays_are_functions_too():
    z = autograd.tensor([1 + 2j])
    assert (autograd.real(z).item(), autograd.imag(z).item()) == (1, 2)
    x = autograd.full((2,), fill_value=7.0)
    assert x.tolist() == [7, 7]
    assert x.fill(3) is None
    assert x.tolist() == [3, 3]


def test_words_that_a_function_does_not_know_are_told():
    x = autograd.tensor([1.0, 2.0])
    with pytest.raises(TypeError) as caught:
        autograd.repeat_interleave(x, 2, output_size=4)
    assert str(caught.value) == (
        "repeat() got an unexpected keyword argument 'output_size'\n"
        "  where: repeat(..., output_size=4)\n  instead: repeat(a, repeats, axis=None)"
    )
    for call in (
        lambda: autograd.mul(x, x, alpha=2),
        lambda: x.neg(words=4),
        lambda: autograd.diag(x, words=4),
        lambda: autograd.vmap(np.exp, in_dims=0),
    ):
        with pytest.raises(TypeError, match=r"keyword argument.*\n  where: .*\n  instead: "):
            call()
    with pytest.raises(TypeError) as caught:
        autograd.max(x, words=4)
    assert str(caught.value) == (
        "max() got an unexpected keyword argument 'words'\n  where: max(..., words=4)\n"
        "  instead: max(x, dim=None, keepdim=False)"
    )
    with pytest.raises(TypeError) as caught:
        autograd.gather(input=x, dim=0)
    assert str(caught.value).split("\n")[::2] == [
        "PyTorchMethods.gather() missing 1 required positional argument: 'index'",
        "  instead: gather(self, dim, index)",
    ]


def test_several_results_have_no_out():
    x = autograd.tensor([[1.0, 2.0]])
    with pytest.raises(TypeError) as caught:
        autograd.max(x, 1, out=(autograd.zeros(1), autograd.zeros(1)))
    assert str(caught.value) == (
        "max has several results here, and no out= for them\n  where: max(..., out=)\n"
        "  instead: the call without out=, and a name for each result"
    )


def test_functions_by_hand_are_pickled_by_their_names():
    for name in ("gather", "reshape", "add", "multiply", "max"):
        function = getattr(autograd, name)
        assert pickle.loads(pickle.dumps(function)) is function is getattr(autograd, name)


def test_what_scatter_is_given_beyond_the_index_is_left_out():
    """So do the examples of its documentation."""
    for library in (autograd, torch):
        source = library.arange(1, 11).reshape((2, 5))
        for dim, index, expected in (
            (0, [[0, 1, 2, 0]], [[1, 0, 0, 4, 0], [0, 2, 0, 0, 0], [0, 0, 3, 0, 0]]),
            (1, [[0, 1, 2], [0, 1, 4]], [[1, 2, 3, 0, 0], [6, 7, 0, 0, 8], [0, 0, 0, 0, 0]]),
        ):
            x = library.zeros((3, 5), dtype=source.dtype)
            assert x.scatter_(dim, library.tensor(index), source).tolist() == expected


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (lambda t: ((), {}), TypeError),
        (lambda t: ((t.ones(2, 2),), {"value": 1.0}), TypeError),
        (lambda t: ((t.ones(1, 2),), {}), ValueError),
        (lambda t: ((t.ones(2, 1),), {}), ValueError),
        (lambda t: ((t.ones(2),), {}), ValueError),
    ],
)
def test_scatter_sets_one_value_or_a_src_as_long_as_the_index(given, kind):
    for library, refused in ((autograd, kind), (torch, (TypeError, RuntimeError, IndexError))):
        args, options = given(library)
        x = library.zeros(2, 3)
        with pytest.raises(refused):
            x.scatter_(1, library.tensor([[0, 1], [1, 2]]), *args, **options)
        assert x.tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_random_numbers_with_decimals_are_no_integers():
    for draw in (
        lambda: autograd.rand(2, dtype=int),
        lambda: autograd.randn(2, dtype=int),
        lambda: autograd.rand_like(autograd.tensor([1, 2])),
    ):
        with pytest.raises(TypeError) as caught:
            draw()
        assert str(caught.value) == (
            "random numbers with decimals cannot be int64\n"
            "  where: rand or randn, of dtype int64\n"
            "  instead: dtype=float; randint(low, high, shape) for integers"
        )


UNMADE = {
    "negative dimensions are not allowed": ("zeros(-1)", "zeros(2, 3) or zeros((2, 3)), of "),
    "low >= high": ("randint(3, 1, (2,))", "randint(2, 5, (3,)) or randint(5, (3,))"),
    "a standard deviation is not negative": ("normal(0.0, -1.0, (2,))", "normal(0.0, 1.0, (2, 3))"),
    "the shape is given twice, by position and as size=": ("rand(2, size=3)", "rand(2, 3) or "),
    "the number of values is given twice, as num and as steps=": (
        "linspace(0, 1, 2, steps=3)",
        "linspace(0, 1, 11)",
    ),
    "arange() requires stop to be specified.": ("arange()", "arange(5), arange(2, 5), "),
    "expected non-negative integer": ("manual_seed(-1)", "manual_seed(0)"),
    "'NoneType' object cannot be interpreted as an integer": ("manual_seed(None)", "manual_seed("),
    "'list' object cannot be interpreted as an integer": ("manual_seed([1])", "manual_seed(0)"),
    "'float' object cannot be interpreted as an integer": ("randperm(2.5)", "randperm(10)"),
    "there are no negative numbers of things to put in order": ("randperm(-1)", "randperm(10)"),
}


@pytest.mark.parametrize(("what", "call"), UNMADE.items())
def test_what_cannot_be_made_is_refused_in_three_lines(what, call):
    where, instead = call
    with pytest.raises((TypeError, ValueError)) as caught:
        eval(where, {}, vars(autograd) | {n: getattr(autograd, n) for n in autograd.__all__})
    assert str(caught.value).startswith(f"{what}\n  where: {where}\n  instead: {instead}")


NETS = {
    "dense": (nn.MLP(4, 3, 2), (3, 4)),
    "convolution": (nn.Sequential(nn.Conv1d(4, 2, 2), nn.ReLU(), nn.Flatten()), (3, 4, 2)),
    "norms": (nn.Sequential(nn.BatchNorm1d(4), nn.LayerNorm(4), nn.Linear(4, 2)), (3, 4)),
    "recurrent": (nn.Sequential(nn.RNN(4, 2, batch_first=True)), (3, 5, 4)),
}


@pytest.mark.parametrize(("net", "shape"), NETS.values(), ids=NETS)
def test_pytorchs_tensors_are_data_as_arrays_are(net, shape):
    """As a DataLoader yields them."""
    x, target = RNG.normal(size=shape), np.array([0, 1, 1])
    found = []
    for given, labels in ((x, target), (torch.tensor(x), torch.tensor(target))):
        net.zero_grad()
        y = net(given)
        y = y[0][:, -1] if type(y) is tuple else y
        loss = nn.functional.cross_entropy(y, labels)
        loss.backward()
        found.append([loss.item(), *(p.grad.tolist() for p in net.parameters())])
    assert found[0] == found[1]
    assert torch.is_tensor(given)
    assert torch.is_tensor(given.data)


def test_an_operation_that_fails_with_pytorchs_tensors_is_not_tried_for_ever():
    with pytest.raises(ValueError, match="conv failed"):
        nn.functional.conv1d(torch.ones(1, 4, 2), autograd.Tensor(np.ones((2, 4, 2))))


@pytest.mark.parametrize("start", [1.0, np.ones(2)])
@pytest.mark.parametrize(
    "loss",
    [lambda w: ((w * 3 - 1) ** 2).sum(), lambda w: (w * 3 - 1).dot(w * 3 - 1)],
    ids=["a method", "operators, and a product"],
)
def test_parameters_may_be_updated_by_their_data(loss, start):
    """However often: what is nested once is an array before it is nested again."""

    def stepped(w):
        w.data = w - 0.01 * w.grad

    def stepped_data(w):
        w.data = w.data - 0.01 * w.grad

    def stepped_arrays(w):
        w.data -= 0.01 * w.grad.data

    results = []
    for step in (stepped, stepped_data, stepped_arrays):
        w = autograd.tensor(start, requires_grad=True)
        for _ in range(200):
            w.grad = None
            loss(w).backward()
            step(w)
        assert type(w.grad.data) is type(w.detach().data)
        results.append(w.detach().numpy().tolist())
    assert results[0] == results[1] == results[2]
    np.testing.assert_allclose(results[0], np.full_like(start, 1 / 3), rtol=1e-12)

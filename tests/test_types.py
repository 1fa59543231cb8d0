"""What a type checker and an editor know of the library: the code of a user, checked strictly."""

import inspect
import typing

import pytest

import autograd
import nn

USER = """
from typing import Any, assert_type

import numpy as np

import autograd as torch
import autograd.numpy as anp
import autograd.numpy.random as npr
import autograd.scipy.stats.norm as norm
import nn
from autograd import Program, Tensor, capture, checkpoint, hvp, jvp, no_grad, primitive
from autograd import value_and_grad, vjp
from autograd.numpy import fft, numpy_wrapper
from autograd.scipy import stats
from autograd.scipy.stats.gamma import logpdf
from nn import functional

a, x = Tensor(2.0, requires_grad=True), np.ones(2)
assert_type((a + 1) * 2 - -a / x @ a**2, Tensor)
assert_type(a * [1, 2] + (3, 4) - np.float32(1) + 2j, Tensor)
assert_type(a == "one", Tensor)
a[0] = a[1:] = [1.0]
a + None  # type: ignore[arg-type]  # as below: what is plainly wrong is told
a @ "a"  # type: ignore[arg-type]  # likewise
a < "a"  # type: ignore[arg-type]  # likewise
a[0] = "a"  # type: ignore[arg-type]  # likewise
a.backward(1.0, True, False, None)  # type: ignore[call-arg]  # likewise
assert_type(a == 1, Tensor)
assert_type(a > 1, Tensor)
assert_type(a[0], Tensor)
assert_type(a.T, Tensor)
assert_type(a.grad, Tensor | None)
a.grad = a
assert_type(a.grad, Tensor)
assert_type(a.shape, tuple[int, ...])
assert_type(a.sum(dim=0).std().exp().astype("f4").reshape(1).squeeze().zero_(), Tensor)
assert_type(a.split(2), tuple[Tensor, ...])
assert_type(torch.relu(a) + torch.erf(a) + torch.linear(a, weight=x), Tensor)
assert_type(torch.where(a > 0, a, 0), Tensor)
assert_type(torch.softmax(a, dim=0), Tensor)
assert_type(a.max(dim=0).values, Tensor)
assert_type(a.min(0), Tensor)
a.sum(foo=1)  # type: ignore[call-arg]  # no such word
torch.exp(torch.sum(a, dim=0)).backward()


def f(x: Tensor) -> Tensor:
    return (x * x).sum()


@primitive
def cube(x: Any) -> Any:
    return x * x * x


assert_type(cube(a), Tensor)


@no_grad()
def quiet(x: Tensor) -> Tensor:
    with torch.enable_grad():
        return f(x)


@no_grad
def predicted(x: Tensor) -> Tensor:
    return f(x)


@torch.inference_mode()
def inferred(x: Tensor) -> Tensor:
    return f(x)


@torch.set_grad_enabled(False)
def evaluated(x: Tensor) -> Tensor:
    return f(x)


@torch.detect_anomaly
def guarded(x: Tensor) -> Tensor:
    return f(x)


@torch.compile
def faster(x: Tensor) -> Tensor:
    return f(x)


assert_type(quiet(a), Tensor)
assert_type(faster(a), Tensor)
assert_type(predicted(a), Tensor)
assert_type(inferred(a), Tensor)
assert_type(evaluated(a), Tensor)
assert_type(guarded(a), Tensor)
assert_type(torch.device("cpu"), torch.device)
torch.zeros_like(torch.ones_like(a)).backward()
stats.norm.logpdf(x, 0.0, 1.0)
norm.logpdf(logpdf(numpy_wrapper.exp(anp.array([1.0])), 2.0))
assert_type(npr.default_rng(0), np.random.Generator)
fft.fft(x)

assert_type(value_and_grad(f)(x), tuple[Any, Any])
pull, value = vjp(f)(x)
product, gradient = hvp(f)(x)
pushed, along = jvp(f)(x)(x)
assert_type(checkpoint(f)(a), Tensor)
assert_type(capture(f, x), Program)
assert_type(capture(f, x).source, str)


class Net(nn.Module):
    def __init__(self) -> None:
        self.first, self.rest = nn.Linear(4, 8), nn.Sequential(nn.ReLU(), nn.Linear(8, 3))
        self.scale: nn.Parameter = nn.Parameter(1.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.first(x) * self.scale


class Doubled(nn.ReLU):
    def forward(self, x: Tensor, *, by: float = 2.0) -> Tensor:
        return by * x


net = Net()
assert_type(net(a), Tensor)
assert_type(net.first(a), Tensor)
assert_type(torch.compile(net).eval()(a), Tensor)
assert_type(net.rest(a), Tensor)
assert_type(nn.CrossEntropyLoss()(a, [0]), Tensor)
assert_type(nn.Dropout(0.5)(nn.Flatten()(a)), Tensor)
assert_type(functional.gelu(functional.max_pool2d(input=a, kernel_size=2)), Tensor)
array: np.ndarray = functional.relu(x)
functional.max_pool2d(a)  # type: ignore[call-arg]  # of what size
assert_type(nn.load(net, "net.safetensors").eval(), Net)
nn.Sequential({"first": net.first, "rest": net.rest})
nn.Sequential(net.first, nn.ReLU)  # type: ignore[arg-type]  # the class itself
batches = nn.data.Batches((torch.randn(30, 4), torch.randint(0, 3, 30)), batch_size=10)
optimizer = nn.optim.Adam(net.parameters(), lr=0.05)
assert_type(nn.fit(net, batches, nn.functional.cross_entropy, optimizer)["loss"], list[float])
"""


@pytest.mark.slow
def test_a_type_checker_knows_what_comes_out(tmp_path):
    api = pytest.importorskip("mypy.api", reason="the type checker")
    user = tmp_path / "user.py"
    user.write_text(USER)
    told, _, failed = api.run(["--strict", f"--cache-dir={tmp_path}", str(user)])
    assert not failed, told


@pytest.mark.parametrize("place", [autograd, nn, nn.functional])
def test_all_that_is_public_is_completed_and_nothing_else(place):
    completed = dir(place)
    assert set(place.__all__) <= set(completed)
    assert all(hasattr(place, name) for name in completed)
    assert not {"Any", "TYPE_CHECKING", "Methods", "absent"} & set(completed)


def test_what_is_refused_is_not_completed():
    for thing in (autograd.Tensor(1.0), nn.Linear(2, 3)):
        assert "cuda" not in dir(thing)
        assert "requires_grad_" in dir(thing)


def test_signatures_say_what_is_taken():
    for told, thing in {
        "(self)": autograd.Tensor.exp,
        "(self, other)": autograd.Tensor.maximum,
        "(a, offset=0, axis1=0, axis2=1, dtype=None, out=None)": autograd.Tensor.trace,
        "(x: Any, dim: Any = None, keepdim: bool = False)": autograd.max,
        "(dim: int = -1, *, dtype: Any = None)": nn.Softmax,
        "(reduction: str = 'mean', log_target: bool = False)": nn.KLDivLoss,
        "(p: float = 0.5, inplace: bool = False)": nn.Dropout,
        "(input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = 'tanh', "
        "bias: bool = True, batch_first: bool = False, dropout: float = 0.0, "
        "bidirectional: bool = False) -> None": nn.RNN,
        "(optimizer, step_size: int, gamma: float = 0.1, *, last_epoch: int = -1)": (
            nn.optim.lr_scheduler.StepLR
        ),
    }.items():
        signature = str(inspect.signature(thing)).replace(": nn.optim.optimizer.Optimizer", "")
        assert signature.removesuffix(" -> Any").replace("typing.", "") == told


def test_hints_are_found_at_run_time():
    Tensor = autograd.Tensor
    for f in (Tensor.add, Tensor.reshape, Tensor.mT.fget, autograd.cat, autograd.einsum):
        assert typing.get_type_hints(f)["return"] is Tensor
    assert typing.get_type_hints(nn.Parameter)["requires_grad"] is bool


def test_a_class_with_a_constructor_of_its_own_shows_it():
    class Warm(nn.Softmax):
        def __init__(self, temperature):
            super().__init__(dim=1)
            self.temperature = temperature

    class Doubled(nn.MSELoss):
        def forward(self, *data):
            return 2 * super().forward(*data)

    assert str(inspect.signature(Warm)) == "(temperature)"
    assert Doubled(reduction="sum")(autograd.Tensor([1.0]), autograd.Tensor([3.0])).item() == 8


def test_methods_say_what_they_do():
    for said, method in {
        "Return ``np.arctan2(self, other)``.": autograd.Tensor.atan2,
        "Return ``np.cumsum(self, ...)``.\n\nIn PyTorch's words, `dim` is `axis`.": (
            autograd.Tensor.cumsum
        ),
        "Same as a * b.": autograd.Tensor.mul,
        "Return ``np.sqrt(self)``. In place: the tensor is changed, and returned.": (
            autograd.Tensor.sqrt_
        ),
        "Sort in place, as arrays do.\n\nWith `dim`, `descending` it is PyTorch's: Return the "
        "values in order, and where they were.": autograd.Tensor.sort,
    }.items():
        assert inspect.getdoc(method) == said
    assert inspect.getdoc(autograd.Tensor.data).startswith("The values")

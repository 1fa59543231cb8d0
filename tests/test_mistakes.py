"""Ordinary mistakes, over the whole library: each is told in three lines."""

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor

X = Tensor([1.0, 2.0, 3.0], requires_grad=True)
NET = nn.Linear(3, 2)
SGD = nn.optim.SGD(NET.parameters(), lr=0.1)
StepLR = nn.optim.lr_scheduler.StepLR

ROWS = np.zeros((4, 3)), np.zeros((4, 2))


async def coroutine():
    """Wait for nothing."""


MISTAKES = {
    "a ragged list": (
        lambda: Tensor([1.0, 2.0], requires_grad=True) * [[1], [1, 2]],
        ValueError("an array has rows of one length"),
        "the list [[1], [1, 2]]",
        "np.pad for the shorter rows",
    ),
    "epochs as a text": (
        lambda: nn.fit(NET, ROWS, nn.MSELoss(), SGD, epochs="3"),
        TypeError("epochs are counted"),
        "epochs='3'",
        "epochs=10",
    ),
    "a summary of a function": (
        lambda: nn.summary(print, X),
        TypeError("nn.summary takes a module"),
        "nn.summary of a builtin_function_or_method",
        "nn.summary(model, X)",
    ),
    "groups that do not fit": (
        lambda: nn.GroupNorm(2, 5),
        ValueError("channels are shared evenly by groups"),
        "num_groups=2, num_channels=5",
        "a divisor of the number of channels",
    ),
    "a result that is a text": (
        lambda: ag.jacobian(lambda x: "loss")(1.0),
        TypeError("the function returned nothing to differentiate"),
        "<lambda>, which returned 'loss'",
        "a return statement with the result",
    ),
    "a result that is something else": (
        lambda: ag.grad(lambda x: [x, print])(1.0),
        TypeError("the function returned nothing to differentiate"),
        "<lambda>, which returned [",
        "a return statement with the result",
    ),
    "gradients of a number": (
        lambda: ag.gradients(3.0),
        RuntimeError("nothing that this result came from requires a gradient"),
        "backward of a float ()",
        "Tensor(data, requires_grad=True) for inputs, and no detach() or no_grad() between",
    ),
    "two results of a checkpoint": (
        lambda: ag.checkpoint(lambda x: (x, x))(X),
        TypeError("a checkpointed function returns one tensor"),
        "checkpoint(<lambda>), which returned a tuple",
        "np.stack or np.concatenate of the results",
    ),
    "fewer arrays than einsum has terms": (
        lambda: np.einsum("ij,jk", Tensor(X)),
        ValueError("einsum takes an array for each term: 2, not 1"),
        "np.einsum('ij,jk', ...)",
        "np.einsum('ij,jk->ik', a, b) of two",
    ),
    "more arrays than einsum has terms": (
        lambda: np.einsum("ij->i", Tensor(X), X),
        ValueError("einsum takes an array for each term: 1, not 2"),
        "np.einsum('ij->i', ...)",
        "np.einsum('ij,jk->ik', a, b) of two",
    ),
    "no function to map": (
        lambda: ag.vmap(3),
        TypeError("vmap takes a function"),
        "vmap(3)",
        "vmap(f)(x), where f(x) computes the result",
    ),
    "no function to compute twice": (
        lambda: ag.checkpoint(X.sum()),
        TypeError("checkpoint takes a function"),
        "checkpoint(" + repr(X.sum()) + ")",
        "checkpoint(f)(x), where f(x) computes the result",
    ),
    "no function to capture": (
        lambda: ag.capture(None, X),
        TypeError("capture takes a function"),
        "capture(None)",
        "capture(f, x), where f(x) computes the result",
    ),
    "what is no function": (
        lambda: ag.primitive(3),
        TypeError("a primitive is a function"),
        "primitive(3)",
        "@primitive",
    ),
    "a tensor that is to be detached": (
        lambda: ag.no_grad(2.0),
        TypeError("no_grad is for code"),
        "no_grad(2.0)",
        "with no_grad(): ..., @no_grad",
    ),
    "a coroutine that does not record": (
        lambda: ag.no_grad(coroutine),
        TypeError("no_grad is for a thread, in which others run where a coroutine waits"),
        "@no_grad of coroutine",
        "with no_grad(): ..., and no await in it",
    ),
    "a dtype of nobody": (
        lambda: Tensor([1.0], dtype="float33"),
        TypeError("NumPy has no dtype 'float33'"),
        "dtype='float33'",
        "float, 'float32', int, bool, complex, or a dtype of NumPy",
    ),
    "no default dtype": (
        lambda: ag.set_default_dtype(None),
        TypeError("the default dtype must be floating, not None"),
        "set_default_dtype(None)",
        "set_default_dtype('float32') or set_default_dtype('float64')",
    ),
    "a default dtype of nobody": (
        lambda: ag.set_default_dtype("float33"),
        TypeError("NumPy has no dtype 'float33'"),
        "dtype='float33'",
        "float, 'float32', int, bool, complex, or a dtype of NumPy",
    ),
    "another dtype of nobody": (
        lambda: X.astype("float33"),
        TypeError("NumPy has no dtype 'float33'"),
        "dtype='float33'",
        "float, 'float32', int, bool, complex, or a dtype of NumPy",
    ),
    "parts without rows": (
        lambda: X.split(0),
        ValueError("a part has at least one row"),
        "split(0, dim=0)",
        "x.split(2)",
    ),
    "no parts": (
        lambda: X.chunk(0),
        ValueError("there is at least one part"),
        "chunk(0, dim=0)",
        "x.chunk(2)",
    ),
    "a loop over a number": (
        lambda: list(Tensor(1.0)),
        TypeError("one number has no length, and no parts to go through"),
        "len(x), list(x) or a loop over a Tensor of shape ()",
        "x itself; x.reshape(1) for an array of it",
    ),
    "a count with decimals": (
        lambda: range(Tensor(2.0)),
        TypeError("a number of float64 is no integer"),
        "range(x), a[x], or a size",
        "int(x) of one number; an integer dtype for counts and indices",
    ),
    "no list around what is joined": (
        lambda: ag.cat(X, X),
        TypeError(
            "concatenate failed: only integer scalar arrays can be converted to a scalar index"
        ),
        "concatenate(argument 0 (), argument 1 (), argument 2 (), axis=array([1., 2., 3.]",
        "the arrays in a list: np.concatenate([x, y])",
    ),
    "comparisons without parentheses": (
        lambda: X > 0 & X < 1,
        TypeError("bitwise_and failed: ufunc 'bitwise_and' not supported for the input types, "),
        "bitwise_and(argument 0 (), argument 1 (3,))",
        "(x > 0) & (x < 1), each comparison in parentheses",
    ),
    "one branch": (
        lambda: np.where(X > 0, X),
        TypeError("where(condition, x) lacks the value for where it is false"),
        "np.where with two arguments",
        "np.where(x > 0, x, 0)",
    ),
    "more choices than conditions": (
        lambda: np.select([X > 0], [X, X]),
        ValueError("there are 1 conditions and 2 choices"),
        "np.select",
        "a choice for each; default= for the rest",
    ),
    "a list for an array": (
        lambda: ag.softmax([1.0, 2.0]),
        TypeError("softmax takes arrays and Tensors, not a list"),
        "softmax([1.0, 2.0])",
        "np.array(x)",
    ),
    "one argument more": (
        lambda: ag.linear(X, X, X, X),
        TypeError("linear: too many positional arguments"),
        "linear(...)",
        "linear(x, weight, bias)",
    ),
    "a matrix for an image": (
        lambda: ag.conv(X, X),
        ValueError("conv failed: not enough values to unpack (expected at least 2, got 1)"),
        "conv(argument 0 (3,), argument 1 (3,))",
        "an input (N, C, ...) and kernels (O, C, ...) of as many axes",
    ),
    "one length for all axes": (
        lambda: ag.max_pool(X, 2),
        TypeError("max_pool failed: object of type 'int' has no len()"),
        "max_pool(argument 0 (3,), kernel=2)",
        "a length for each axis: max_pool(x, (2, 2), (2, 2))",
    ),
    "classes with decimals": (
        lambda: nn.functional.one_hot(np.array([0.5])),
        TypeError("one_hot takes integers as its input"),
        "one_hot(input float64 (1,))",
        "input.astype(int)",
    ),
    "padding on one side": (
        lambda: nn.functional.pad(X, 3),
        ValueError("an axis is padded before and after, or loses what it has"),
        "pad(input (3,), pad=(3,), mode='constant')",
        "pad=(left, right, top, bottom); mode one of constant, reflect, replicate, circular",
    ),
    "an exploration without numbers": (
        lambda: ag.explore(lambda a: a * a),
        TypeError("missing a required argument: 'a'"),
        "explore(f)",
        "explore(f, a=2, b=3), each by its name",
    ),
    "a folder that is not there": (
        lambda: ag.write_atomically("/nowhere/net", b""),
        FileNotFoundError("there is no folder '/nowhere'"),
        "save('/nowhere/net')",
        "Path('/nowhere').mkdir(parents=True), then save",
    ),
    "a folder that is not there for a derivation": (
        lambda: ag.explain(X.sum()).save("/nowhere/f.md"),
        FileNotFoundError("there is no folder '/nowhere'"),
        "save('/nowhere/f.md')",
        "Path('/nowhere').mkdir(parents=True), then save",
    ),
    "a folder that is not there for a page": (
        lambda: ag.explore("a * a", a=2).save("/nowhere/f.html"),
        FileNotFoundError("there is no folder '/nowhere'"),
        "save('/nowhere/f.html')",
        "Path('/nowhere').mkdir(parents=True), then save",
    ),
    "half a row of weights": (
        lambda: nn.Linear(3.5, 2),
        ValueError("the sizes of a layer are whole numbers"),
        "parameters of shape (2, 3.5)",
        "nn.Linear(4, 3)",
    ),
    "a negative width": (
        lambda: nn.init.normal_(Tensor(np.zeros(2)), std=-1.0),
        ValueError("a standard deviation is not negative"),
        "normal_, std=-1.0",
        "std=0.02",
    ),
    "bounds the wrong way round": (
        lambda: nn.init.uniform_(Tensor(np.zeros(2)), 3.0, 2.0),
        ValueError("the upper bound is below the lower"),
        "uniform_, a=3.0, b=2.0",
        "a=-0.1, b=0.1",
    ),
    "other channels": (
        lambda: nn.BatchNorm1d(3)(np.ones((4, 5))),
        ValueError("this layer takes 3 channels, on axis 1"),
        "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
        "(N, 3, ...), 2 or 3 axes in all",
    ),
    "a step that is given the loss": (
        lambda: SGD.step(X),
        TypeError("a step takes no loss, but may take what computes it"),
        "step(loss)",
        "loss.backward(); optimizer.step()",
    ),
    "no state of an optimiser": (
        lambda: SGD.load_state_dict({"param_groups": []}),
        ValueError("nothing was saved as state"),
        "SGD",
        "what state_dict() of one like this returned",
    ),
    "no state of a schedule": (
        lambda: StepLR(SGD, 3).load_state_dict({"last_epoch": 1}),
        ValueError("nothing was saved as base_lrs"),
        "StepLR",
        "what state_dict() of one like this returned",
    ),
    "a schedule of a model": (
        lambda: StepLR(NET, 3),
        TypeError("a schedule changes an optimizer, not a Linear"),
        "StepLR",
        "the optimizer first, and then the options",
    ),
    "weights instead of a model": (
        lambda: nn.save(NET.state_dict(), "net.safetensors"),
        TypeError("nn.save takes a module"),
        "nn.save of a dict",
        "nn.save(model, path)",
    ),
    "a path instead of a model": (
        lambda: nn.load("net.safetensors", NET),
        TypeError("nn.load takes a module"),
        "nn.load of a str",
        "nn.load(model, path)",
    ),
}


@pytest.mark.parametrize(("fails", "what", "where", "instead"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_in_three_lines(fails, what, where, instead):
    with pytest.raises(type(what)) as caught:
        fails()
    first, *_, third = str(caught.value).split("\n")
    second = str(caught.value).removeprefix(first).removeprefix("\n")
    assert first.startswith(str(what))
    assert third == f"  instead: {instead}"
    assert second.startswith(f"  where: {where}")


@pytest.mark.parametrize("name", sorted({n for n in dir(np.ndarray) if n[0] != "_"}))
def test_what_arrays_have_is_there_or_said_in_other_words(name):
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    try:
        getattr(x, name)
    except AttributeError as error:
        what, where, instead = str(error).split("\n")
        assert (what, where) == (f"'Tensor' object has no attribute {name!r}", f"  where: x.{name}")
        assert instead.startswith(("  instead: x", "  instead: np."))


def test_what_is_said_in_other_words_is_not_set():
    with pytest.raises(AttributeError, match=r"x\.flat\n  instead: x\.ravel"):
        X.flat = 3.0


def test_what_follows_from_the_data_is_not_set():
    x = Tensor([1 + 2j, 3 + 4j], requires_grad=True, name="x")
    for name in ("shape", "dtype", "real", "imag", "T", "size"):
        with pytest.raises(AttributeError) as caught:
            setattr(x, name, 9)
        assert str(caught.value) == (
            "what a Tensor is follows from its data, and is not set\n"
            "  where: x.shape = ..., x.real = ... or the like, of x (2,), to 9\n"
            "  instead: x = x.reshape(shape); x[...] = real + 1j * x.imag; x = x.astype(dtype)"
        )

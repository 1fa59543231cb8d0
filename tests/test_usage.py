"""What those type who learnt another library, and what they are told."""

import copy
import inspect
import sys
import types

import numpy as np
import pytest
from matplotlib import figure
from numpy.testing import assert_allclose
from scipy import fft, integrate, linalg, signal, sparse, stats

import autograd as torch
import autograd.numpy
from autograd import (
    Tensor,
    functional,
    ggnvp,
    grad,
    hessian,
    hvp,
    jvp,
    linearize,
    value_and_grad,
    vjp,
    vmap,
)

X = np.ones(3)
LATER = "argnum=0 for the first argument, argnum=(0, 1) for two; the arguments come later: "


def f(x, y=1.0):
    return np.sum(x * x * y)


def told(call, kind):
    with pytest.raises(kind) as error:
        call()
    assert type(error.value) is kind
    lines = str(error.value).split("\n")
    assert len(lines) == 3
    assert lines[1].startswith("  where: ")
    return lines[0], lines[1][9:], lines[2].removeprefix("  instead: ")


@pytest.mark.parametrize(
    ("call", "where", "instead"),
    [
        (lambda: grad(f, "y"), "grad(f, 'y')", "grad(f)(x)"),
        (lambda: grad(f, 3.0), "grad(f, 3.0)", "grad(f)(x)"),
        (lambda: grad(f, (0, 1.5)), "grad(f, (0, 1.5))", "grad(f)(x)"),
        (lambda: grad(f, argnum=None), "grad(f, None)", "grad(f)(x)"),
        (lambda: grad(f, 0, argnum=1), "grad(f, 0, 1)", "grad(f)(x)"),
        (
            lambda: value_and_grad(f, {"w": np.ones((9, 9))}),
            "value_and_grad(f, <dict>)",
            "value_and_grad(f)(x)",
        ),
        (lambda: hessian(f, np.eye(9)), "hessian(f, <ndarray>)", "hessian(f)(x)"),
        (lambda: vjp(f, 2.0), "vjp(f, 2.0)", "vjp(f)(x) returns (pull, value)"),
        (lambda: vjp(f, X), "vjp(f, array([1., 1., 1.]))", "vjp(f)(x) returns (pull, value)"),
        (lambda: hvp(f, 2.0, 1.0), "hvp(f, 2.0, 1.0)", "hvp(f)(x) returns (product, gradient)"),
        (
            lambda: jvp(f, (2.0,), (1.0,)),
            "jvp(f, (2.0,), (1.0,))",
            "jvp(f)(x)(v) returns (value, product)",
        ),
        (
            lambda: linearize(f, 2.0),
            "linearize(f, 2.0)",
            "linearize(f)(x) returns (push, value)",
        ),
        (
            lambda: ggnvp(f, f, 2.0),
            "ggnvp(f, 2.0)",
            "ggnvp(model, loss)(x) returns (product, gradient)",
        ),
    ],
)
def test_argnum_is_a_position(call, where, instead):
    what = "argnum is the position of an argument: an integer, or a tuple of integers"
    assert told(call, TypeError) == (what, where, LATER + instead)


def test_argnums_is_called_argnum():
    assert told(lambda: grad(f, argnums=(0, 1)), TypeError) == (
        "the keyword for one position or several is argnum",
        "grad(f, argnums=(0, 1))",
        "grad(f, argnum=(0, 1))",
    )


def test_every_transform_checks_its_argnum():
    public = [t for _, t in inspect.getmembers(functional, inspect.isfunction)]
    takes = [t for t in public if "argnum" in inspect.signature(t).parameters]
    assert len(takes) == 13
    for t in takes:
        functions = [f] * (len(inspect.signature(t).parameters) - 1)
        with pytest.raises(TypeError, match="argnum is the position"):
            t(*functions, argnum="x")


def test_every_kind_of_integer_is_a_position():
    for argnum in (1, np.int64(1), np.array(1)):
        assert grad(f, argnum)(2.0, 3.0) == 4
    for argnum in ((0, 1), [0, 1], range(2), (np.int64(0), 1)):
        assert grad(f, argnum=argnum)(2.0, 3.0) == (12, 4)
    assert grad(f=f)(2.0) == 4
    with pytest.raises(TypeError, match="unexpected keyword argument 'has_aux'"):
        grad(f, has_aux=True)


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: grad(lambda x: x * 2 + 1)([1.0, 2.0]), "list"),
        (lambda: grad(lambda x: np.sum(x**2))([1.0, 2.0]), "list"),
        (lambda: grad(lambda x: x.sum())([1.0, 2.0]), "list"),
        (lambda: grad(lambda x: x[:, 0])([[1.0, 2.0]]), "list"),
        (lambda: grad(lambda x: x * 0.5)([1.0, 2.0]), "list"),
        (lambda: grad(lambda a, x: a * x**2, argnum=(0, 1))(1.0, (1.0, 2.0)), "tuple"),
    ],
)
def test_a_list_is_no_array(call, kind):
    with pytest.raises((TypeError, AttributeError)) as error:
        call()
    (note,) = error.value.__notes__
    assert note == (
        f"a {kind} is a container of arguments, each with a gradient of its own; "
        "for one array of numbers: np.array([1.0, 2.0])"
    )


def test_only_what_is_said_of_lists_is_explained():
    def fails(x):
        return np.sum(x[0]) + None

    def of_another(x):
        return np.sum([1.0] ** 2) + x

    for call in (lambda: grad(fails)([1.0]), lambda: grad(of_another)(1.0)):
        with pytest.raises(TypeError) as error:
            call()
        assert not hasattr(error.value, "__notes__")


OURS = "autograd.scipy, where it has the function"
RULE = "@autograd.primitive and a rule of your own; x.detach() for the values"
LISTS = (
    "np.stack([a, b]) for a list of Tensors, autograd.numpy.array([...]) for nested lists; "
    "x.detach() for the values"
)
ASKED = {
    "numpy.mean": (lambda x: np.mean([v**2 for v in x]), LISTS),
    "numpy.linalg.inv": (lambda x: np.linalg.inv([[x[0], 1.0], [1.0, x[1]]]), LISTS),
    "numpy.polyval": (lambda x: np.polyval([x[0], x[1]], 2.0), LISTS),
    "numpy.stack": (lambda x: np.stack([[x[0], x[1]], [x[1], x[0]]]), LISTS),
    "numpy.fft.fft": (lambda x: np.fft.fft([x[0], x[1]]), LISTS),
    "numpy.vectorize": (np.vectorize(abs), "autograd.numpy.vectorize"),
    "scipy.signal.convolve": (lambda x: signal.convolve(x, x), "autograd.scipy.signal.convolve"),
    "scipy.fft.ifft": (fft.ifft, "numpy.fft.ifft"),
    "scipy.integrate.simpson": (integrate.simpson, f"{OURS}; {RULE}"),
    "scipy.stats.rv_continuous": (stats.norm.logpdf, f"{OURS}; {RULE}"),
    "numpy.ma.core.MaskedArray": (np.ma.masked_array, RULE),
    "np.asarray": (
        lambda x: sparse.eye_array(3) @ x,
        "@autograd.primitive for x -> A @ x, with the rule lambda g, y, x: A.T @ g",
    ),
    "matplotlib.axes.Axes": (figure.Figure().subplots().plot, "x.detach() in a plot"),
}


JOINED = (
    "autograd.numpy.r_ and c_ for np's, sliding_window_view for as_strided; "
    "x.detach() for the values"
)
UNNAMED = (
    "np.stack([a, b]) for a list of Tensors, autograd.numpy.array([...]) for nested lists; "
    "A @ x for A.dot(x); np.zeros(n, like=x) to fill; x.detach() for the values"
)
FOLLOWED = {
    "an array of rows": (
        lambda x, _: np.array([[x[0], -x[1]], [x[1], x[0]]]),
        UNNAMED,
        lambda x: autograd.numpy.array([[x[0], -x[1]], [x[1], x[0]]]),
        [[0.5, -0.7], [0.7, 0.5]],
    ),
    "an array of Tensors": (
        lambda x, _: np.array([x[0], x[1]]),
        UNNAMED,
        lambda x: np.stack([x[0], x[1]]),
        [0.5, 0.7],
    ),
    "dot": (lambda x, A: A.dot(x), UNNAMED, lambda x: np.diag([2.0, 3.0]) @ x, [1.0, 2.1]),
    "a list in a function": (
        lambda x, _: np.cumsum([x[0], x[1]]),
        LISTS,
        lambda x: np.cumsum(autograd.numpy.array([x[0], x[1]])),
        [0.5, 1.2],
    ),
    "r_": (lambda x, _: np.r_[0.0, x], JOINED, lambda x: autograd.numpy.r_[0.0, x], [0, 0.5, 0.7]),
    "as_strided": (
        lambda x, _: np.lib.stride_tricks.as_strided(x, (1, 2)),
        JOINED,
        lambda x: np.lib.stride_tricks.sliding_window_view(x, 2),
        [[0.5, 0.7]],
    ),
    "c_": (
        lambda x, _: np.c_[x, x],
        JOINED,
        lambda x: autograd.numpy.c_[x, x],
        [[0.5, 0.5], [0.7, 0.7]],
    ),
}


@pytest.mark.parametrize("case", FOLLOWED.values(), ids=FOLLOWED)
def test_what_is_said_instead_of_an_array_is_true(case):
    wrong, remedy, right, expected = case
    x = Tensor([0.5, 0.7], requires_grad=True)
    _, _, instead = told(lambda: wrong(x, np.eye(2)), TypeError)
    assert instead == remedy
    y = right(x)
    assert y.requires_grad
    assert_allclose(y.data, expected)


def test_a_sparse_matrix_that_numpy_takes_for_one_object_is_refused():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    assert told(lambda: np.dot(sparse.eye_array(3), x), TypeError) == (
        "np.dot made objects, not numbers",
        "np.dot(argument 0 (3, 3), argument 1 (3,))",
        "@autograd.primitive for x -> A @ x, with the rule lambda g, y, x: A.T @ g",
    )


OBJECTS = np.array([[1, 2.5], [3, 4]], dtype=object)


@pytest.mark.parametrize(
    ("call", "name", "shapes"),
    [
        (lambda w: OBJECTS @ w, "np.matmul", [(2, 2), (2,)]),
        (lambda w: w * OBJECTS, "np.multiply", [(2,), (2, 2)]),
        (lambda w: OBJECTS - w, "np.subtract", [(2, 2), (2,)]),
        (lambda w: w**OBJECTS, "pow", [(2,), (2, 2)]),
        (lambda w: w[0] * OBJECTS, "np.multiply", [(), (2, 2)]),
        (lambda w: np.add(w, OBJECTS), "np.add", [(2,), (2, 2)]),
        (lambda w: w * (Tensor([1.0, 2.0]) * OBJECTS), "np.multiply", [(2,), (2, 2)]),
        (lambda w: vmap(grad(lambda x: np.sum(x * OBJECTS)))(w.data[None]), "np.multiply",
            [(2,), (2, 2)]),
    ],
)  # fmt: skip
def test_an_array_of_objects_beside_a_tensor_is_refused(call, name, shapes):
    w = Tensor([1.0, 2.0], requires_grad=True)
    given = ", ".join(f"argument {i} {shape}" for i, shape in enumerate(shapes))
    assert told(lambda: call(w), TypeError) == (
        f"{name} made objects, not numbers",
        f"{name}({given})",
        "a.astype(float), of the array of objects",
    )
    np.sum(OBJECTS.astype(float) @ w).backward()
    assert w.grad.tolist() == [4.0, 6.5]


def test_objects_that_give_numbers_or_truth_are_taken():
    w = Tensor([1.0, 2.0], requires_grad=True)
    assert (w == OBJECTS).tolist() == [[True, False], [False, False]]
    (w @ OBJECTS[0]).backward()
    assert w.grad.tolist() == [1.0, 2.5]


@pytest.mark.parametrize("asked", ASKED)
def test_who_asks_for_an_array_is_named_and_what_there_is_instead(asked):
    call, remedy = ASKED[asked]
    x = Tensor(X, requires_grad=True, name="x")
    what, where, instead = told(lambda: call(x), TypeError)
    assert what == "this Tensor is connected to a graph: an array of it would cut the gradient"
    assert where.startswith(f"{asked}(")
    assert instead == remedy


def test_a_table_is_asked_for_its_array(monkeypatch):
    x = Tensor(X, requires_grad=True, name="x")
    module = types.ModuleType("pandas")
    exec("import numpy\ndef dot(x):\n    return numpy.asarray(x)", vars(module))
    monkeypatch.setitem(sys.modules, "pandas", module)
    _, where, instead = told(lambda: module.dot(x), TypeError)
    assert where == "pandas.dot(x (3,))"
    assert (
        instead
        == "df.to_numpy() @ x, of the array in place of the table; x.detach() for the values"
    )


def test_an_attribute_that_scipy_asks_for_is_not_the_users_to_replace():
    x = Tensor(X, requires_grad=True)
    _, where, instead = told(lambda: linalg.circulant(x), AttributeError)
    assert where == "x.strides, which scipy.linalg.circulant asks for"
    assert instead == (
        "autograd.scipy, where it has the function; @autograd.primitive and a rule of your own; "
        "x.detach() for the values"
    )
    _, where, instead = told(lambda: x.strides, AttributeError)
    assert (where, instead) == ("x.strides", "x.data.strides, of NumPy's array")


def test_what_is_copied_is_cloned_and_what_is_plotted_detached():
    x = Tensor(X, requires_grad=True)
    _, _, instead = told(lambda: copy.deepcopy(x * 2), RuntimeError)
    assert instead == "x.clone() for a copy with its gradient; x.detach() for the values, in a plot"
    (x * 2).clone().sum().backward()
    assert (x.grad.data == 2).all()


DTYPES = (
    "bool", "complex64", "complex128", "double", "float", "float16", "float32", "float64", "half",
    "int", "int8", "int16", "int32", "int64", "long", "short", "uint8",
)  # fmt: skip


def test_dtypes_have_their_names():
    peer = pytest.importorskip("torch", reason="PyTorch is not installed")
    for name in DTYPES:
        theirs = peer.empty(0, dtype=getattr(peer, name)).numpy()
        assert torch.tensor([1], dtype=getattr(torch, name)).dtype == theirs.dtype
    assert set(DTYPES) & set(torch.__all__) == {"float32", "float64", "int64"}


def test_the_only_device_is_the_cpu():
    x = torch.tensor([1.0, 2.0], device="cpu", requires_grad=True)
    assert x.to("cpu") is x.cpu() is x.to(device="cpu", dtype=None) is x
    assert x.to("cpu", torch.float).dtype == x.to("float32").dtype == np.float32
    for call in (lambda: x.to("cuda"), lambda: torch.tensor(1.0, device="cuda")):
        assert told(call, ValueError) == (
            "NumPy's arrays are on the CPU: there is no device 'cuda'",
            "device='cuda'",
            "'cpu', or a dtype: x.to('float32'); program.to('cupy') of a captured program",
        )


def test_what_is_found_elsewhere():
    assert told(lambda: torch.nn, AttributeError) == (
        "module 'autograd' has no attribute 'nn'",
        "autograd.nn",
        "import nn; nn.Linear(4, 2)",
    )
    _, _, instead = told(lambda: torch.optim, AttributeError)
    assert instead == "import nn; nn.optim.SGD(model.parameters(), lr=0.1)"
    _, _, instead = told(lambda: torch.set_default_device, AttributeError)
    assert instead == "'cpu', which is the only device"
    with pytest.raises(AttributeError, match=r"^module 'autograd' has no attribute 'nix'$"):
        torch.nix  # noqa: B018  # the error is what is wanted


def test_products_and_comparisons_of_pytorch():
    a, b = Tensor(np.arange(4.0).reshape(2, 2)), Tensor(np.ones((2, 2)))
    np.testing.assert_array_equal(torch.mm(a, b).data, a.data @ b.data)
    assert torch.allclose(a, a.mm(np.eye(2)))
    assert not a.allclose(b)


def ones(*shape):
    return Tensor(np.ones(shape), requires_grad=True)


SQUARE = "as many rows as columns; np.linalg.pinv or lstsq for others"
LONGER = "an axis of length 1; x.squeeze(dim=1) keeps longer ones"
WHOLE = "x[i.astype(int)] for an index of floats"
LETTERS = "one letter for each axis, and one length for each letter"


@pytest.mark.parametrize(
    ("call", "kind", "instead"),
    [
        (
            lambda: ones(3).reshape(2, 2),
            ValueError,
            "a shape of as many elements; -1 stands for what is left",
        ),
        (lambda: np.vdot(ones(2), ones(3)), ValueError, "arrays of as many elements as each other"),
        (
            lambda: np.concatenate([ones(2, 3), ones(3, 4)]),
            ValueError,
            "arrays that differ along the axis that joins them only",
        ),
        (
            lambda: np.concatenate([ones(2), ones(2, 3)]),
            ValueError,
            "arrays of as many axes: x[None] has one more than x",
        ),
        (
            lambda: np.stack([ones(2), ones(3)]),
            ValueError,
            "arrays of one shape; np.concatenate for different lengths",
        ),
        (
            lambda: np.dot(ones(2, 3), ones(2, 3)),
            ValueError,
            "make the last axis of the first equal the last but one of the second (try .T)",
        ),
        (
            lambda: np.inner(ones(2, 3), ones(2, 4)),
            ValueError,
            "arrays whose last axes are equally long",
        ),
        (
            lambda: np.tensordot(ones(2, 3), ones(2, 3), 1),
            ValueError,
            "axes=(i, j) where a.shape[i] == b.shape[j]",
        ),
        (lambda: np.einsum("ij,jk->ik", ones(2, 3), ones(2, 3)), ValueError, LETTERS),
        (lambda: np.einsum("ijk->i", ones(2, 3)), ValueError, LETTERS),
        (
            lambda: np.transpose(ones(2, 3), (0, 1, 2)),
            ValueError,
            "each axis once: x.transpose((1, 0)) has two",
        ),
        (lambda: np.squeeze(ones(2, 3), 0), ValueError, LONGER),
        (lambda: ones(2, 3).squeeze(1), ValueError, LONGER),
        (lambda: ones(3, 4)[Tensor([0.0, 1.0])], IndexError, WHOLE),
        (lambda: (ones(3, 4) * 1).__setitem__((0, np.ones(2)), 1.0), IndexError, WHOLE),
        (
            lambda: ones(2, 3)[[True, False, True]],
            IndexError,
            "a mask of the array's own shape, or of its first axes",
        ),
        (lambda: ones(2)[0, 0], IndexError, "at most one index for each axis"),
        (
            lambda: ones(2, 3)[..., ...],
            IndexError,
            "one ... alone, which stands for all axes that have no index",
        ),
        (lambda: Tensor([1, 2]) ** -1, ValueError, "x.astype(float)"),
        (
            lambda: np.linalg.cholesky(-ones(2, 2)),
            np.linalg.LinAlgError,
            "a symmetric matrix whose eigenvalues are positive",
        ),
        (
            lambda: np.linalg.inv(ones(2, 2)),
            np.linalg.LinAlgError,
            "np.linalg.pinv or lstsq, or A + 1e-6 * np.eye(n)",
        ),
        (lambda: np.linalg.inv(ones(2, 3)), np.linalg.LinAlgError, SQUARE),
        (
            lambda: np.linalg.svd(ones(3)),
            np.linalg.LinAlgError,
            "a matrix: x[:, None] is a column, x[None] a row",
        ),
        (
            lambda: np.linalg.solve(np.eye(2), ones(3)),
            ValueError,
            "arrays whose matching axes are equally long",
        ),
        (lambda: np.max(ones(0)), ValueError, "an array that has elements"),
        (
            lambda: np.convolve(ones(0), ones(0)),
            ValueError,
            "arguments that NumPy's function of that name takes",
        ),
    ],
)
def test_advice_fits_the_operation(call, kind, instead):
    assert told(call, kind)[2] == instead


def test_what_is_advised_of_squeeze_and_of_an_index_of_floats_works():
    x, i = Tensor([[1.0, 2.0]]), Tensor([1.0, 0.0])
    assert x.squeeze(dim=1).tolist() == [[1, 2]]
    assert x.squeeze(dim=0)[i.astype(int)].tolist() == [2, 1]

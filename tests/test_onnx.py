"""What ONNX's own checker accepts and onnxruntime computes is what the engine computes."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from samples import SAMPLES
from test_rules import title

import autograd as ag
import nn
from autograd import Tensor
from autograd.base.tree import flatten
from autograd.program import capture
from autograd.program.onnx.definitions import DEFINITIONS
from autograd.program.onnx.onnx import export_onnx, knows
from autograd.program.onnx.operators import SPELLINGS

onnx = pytest.importorskip("onnx", reason="checks the files")
runtime = pytest.importorskip("onnxruntime", reason="runs the files")
runtime.set_default_logger_severity(4)
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _from_the_start():
    """Draw the same numbers whatever tests ran before: to 1e-6 not all of them agree."""
    RNG.bit_generator.state = np.random.default_rng(0).bit_generator.state


def session(data):
    """Check a file as strictly as ONNX can, and open it."""
    data = data if isinstance(data, bytes) else data.read_bytes()
    model = onnx.load_model_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return runtime.InferenceSession(data, providers=["CPUExecutionProvider"])


def run(opened, *xs):
    names = [x.name for x in opened.get_inputs()]
    return opened.run(None, dict(zip(names, map(np.asarray, xs), strict=True)))


def assert_runs(program, *xs, tolerance=1e-6):
    """Compare a program with the file that is printed of it."""
    opened = session(program.onnx)
    given = [x for name, x in zip(program.arguments, xs, strict=True) if name in program.inputs]
    results, expected = run(opened, *given), program.interpret(*given)
    for y, want in zip(results, expected, strict=True):
        assert (np.shape(y), y.dtype) == (np.shape(want), np.asarray(want).dtype)
        assert_allclose(y, want, rtol=tolerance, atol=tolerance)


# ── every row ─────────────────────────────────────────────────────────────────────────────────
COVERED = (SPELLINGS.keys() | DEFINITIONS.keys()) - {"conv_weight"}
REFUSED = "norm of matrices", "einsum"  # matrices' singular values; axes of length 1 stretched


def is_real(case):
    return not any(np.iscomplexobj(x) for x in (*case.inputs(), case.f(*case.inputs())))


ALL = {
    f"{title(fn)}-{i}": case
    for fn, cases in SAMPLES.items()
    for i, case in enumerate(cases)
    if is_real(case)
}
SOME = {name: ALL[name] for name in ALL if name.removesuffix("-2") in COVERED}


def printed(case, dtype):
    """Return the program of a sample, or None where an operation has no operators."""
    program = capture(case.f, *case.inputs(dtype))
    try:
        program.onnx  # noqa: B018  # printed once
    except NotImplementedError as error:
        text = str(error)
        if text.partition(" ")[0] in COVERED and not text.startswith(REFUSED):
            raise
        return None
    return program


@pytest.mark.parametrize("case", SOME.values(), ids=SOME)
def test_a_row_is_computed_as_here(case):
    with np.errstate(all="ignore"):
        if program := printed(case, np.float64):
            assert_runs(program, *case.inputs())


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-4), (np.float64, 1e-6)])
def test_every_sample_is_computed_as_here(dtype, tolerance):
    ran = 0
    for name, case in ALL.items():
        try:
            with np.errstate(all="ignore"):
                if program := printed(case, dtype):
                    assert_runs(program, *case.inputs(dtype), tolerance=tolerance)
                    ran += 1
        except BaseException as error:
            error.add_note(name)
            raise
    assert ran > 1500


def test_the_tables_hold_nothing_that_no_row_is_called():
    from autograd.primitive import FUSED, PRIMITIVES  # noqa: PLC0415  # filled by now

    later = {"matvec", "vecmat"}  # NumPy has them since 2.2
    names = {op.name for op in (*PRIMITIVES.values(), *FUSED)} | later
    assert not SPELLINGS.keys() & DEFINITIONS.keys()
    assert SPELLINGS.keys() | DEFINITIONS.keys() <= names


# ── networks, of any batch ────────────────────────────────────────────────────────────────────
class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(RNG.standard_normal((7, 4)))
        self.query, self.value = nn.Linear(4, 4), nn.Linear(4, 4)
        self.norm = nn.LayerNorm(4)

    def forward(self, words):
        x = self.table[words]
        scores = self.query(x) @ np.swapaxes(x, -1, -2) / 2.0
        future = np.triu(np.ones((5, 5), bool), 1)
        weights = nn.functional.softmax(np.where(future, -np.inf, scores), dim=-1)
        x = self.norm(x + weights @ self.value(x))
        return np.mean(x[:, 1:, ::2], axis=1)


class Convolutions(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 4, (3, 2), groups=2, dilation=(1, 2)), nn.AdaptiveAvgPool2d(1),
            nn.Flatten(), nn.Linear(4, 3),
        )  # fmt: skip


class Pieces(nn.Module):
    """What needs the size of the batch: shapes, bounds and joints."""

    def forward(self, x):
        n = x.shape[0]
        rows = np.reshape(np.transpose(x, (1, 0, 2)), (3, n * 2))
        turned = np.broadcast_to(np.sum(rows, axis=0), (4, 2 * n))
        both = np.concatenate([x[: n - 1], x[1:]], axis=1)
        return np.reshape(turned, (n, 8)), both[..., ::-1], np.where(x > 0, x, np.zeros(2))


FLOATS = lambda *shape: lambda n: RNG.standard_normal((n, *shape))
NETS = {
    "MLP": (nn.MLP(4, 8, 3), FLOATS(4)),
    "flatten, dropout": (nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(6, 2)), FLOATS(2, 3)),
    "layer norm": (nn.LayerNorm((2, 3)), FLOATS(2, 3)),
    "convolution": (Convolutions(), FLOATS(2, 8, 8)),
    "convolution of lines": (
        nn.Sequential(nn.Conv1d(2, 3, 3, stride=2), nn.BatchNorm1d(3), nn.AvgPool1d(2)),
        FLOATS(2, 12),
    ),
    "norms": (nn.Sequential(nn.RMSNorm(4), nn.GroupNorm(2, 4)), FLOATS(4)),
    **{r.__name__: (r(3, 4, batch_first=True), FLOATS(5, 3)) for r in (nn.RNN, nn.GRU, nn.LSTM)},
    "transformer": (
        nn.Sequential(nn.Embedding(7, 8), nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)),
        lambda n: RNG.integers(0, 7, (n, 5)),
    ),
    "attention": (Attention(), lambda n: RNG.integers(0, 7, (n, 5))),
    "pieces": (Pieces(), FLOATS(3, 2)),
}  # fmt: skip


@pytest.mark.parametrize(("net", "inputs"), NETS.values(), ids=NETS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_network_is_computed_as_here_for_batches_of_any_size(tmp_path, net, inputs, dtype):
    def given(n):
        x = inputs(n)
        return x.astype(dtype) if x.dtype.kind == "f" else x

    net.to(dtype)
    path = nn.export_onnx(net, tmp_path / "net.onnx", given(2))
    opened = session(path)
    assert opened.get_inputs()[0].shape[0] == "batch"
    assert net.training
    for n in (2, 1, 7, 40):
        x = given(n)
        expected = net.eval()(x)
        net.train()
        wants = [np.asarray(getattr(want, "data", want)) for want in flatten(expected)[0]]
        for y, want in zip(run(opened, x), wants, strict=True):
            assert (y.shape, y.dtype) == (want.shape, want.dtype)
            assert_allclose(y, want, rtol=1e-6, atol=1e-6)


ACTIVATIONS = {
    name: cls
    for name, cls in vars(nn.function).items()
    if isinstance(cls, type) and issubclass(cls, nn.Function) and cls is not nn.Function
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_computed_as_here(tmp_path, name):
    net = ACTIVATIONS[name](*((0.3, 0.1) if name == "Threshold" else ()))
    opened = session(nn.export_onnx(net, tmp_path / "net", np.ones((2, 4, 2, 2))))
    x = RNG.uniform(-4, 4, (5, 4, 2, 2))
    y = net.eval()(x)
    assert_allclose(run(opened, x)[0], getattr(y, "data", y), rtol=1e-6, atol=1e-6)


def test_parameters_have_the_names_of_the_state(tmp_path):
    net = nn.MLP(2, 3, 1)
    model = onnx.load(nn.export_onnx(net, tmp_path / "net", np.ones((1, 2))))
    assert sorted(x.name for x in model.graph.initializer) == sorted(net.state_dict())


def test_a_batch_whose_size_is_a_number_is_fixed_and_that_is_said(tmp_path):
    def share(x):
        return x / len(x)

    with pytest.warns(UserWarning, match="takes arguments of these shapes only") as caught:
        path = export_onnx(share, tmp_path / "f", np.ones((3, 2)))
    assert caught[0].filename == __file__
    opened = session(path)
    assert opened.get_inputs()[0].shape == [3, 2]
    assert_allclose(run(opened, np.ones((3, 2)))[0], 1 / 3)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.broadcast_to(x[:1], (len(x) ** 2,)),
        lambda x: x[: len(x) // 2],
        lambda x: sum(x[i] for i in range(len(x))),
        lambda x: np.reshape(x, (3,)),
    ],
)  # fmt: skip
def test_what_does_not_grow_evenly_with_the_batch_is_no_batch(tmp_path, f):
    x = np.arange(3.0)
    try:
        path = export_onnx(f, tmp_path / "f", x)
    except UserWarning:
        with warnings.catch_warnings(action="ignore"):
            path = export_onnx(f, tmp_path / "f", x)
    opened = session(path)
    assert opened.get_inputs()[0].shape == [3]
    assert_allclose(run(opened, x)[0], f(x))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 2 if len(x) < 4 else x * 3,
        lambda x: np.sum(x) if len(x) == 2 else np.mean(x),
        lambda x: np.reshape(x, (1, 4) if len(x) == 2 else (len(x), 2)),
    ],
)
def test_a_function_that_is_another_one_for_the_example_takes_no_other_batch(tmp_path, f):
    x = np.arange(4.0).reshape(2, 2)
    with pytest.warns(UserWarning, match="takes arguments of these shapes only"):
        path = export_onnx(f, tmp_path / "f", x)
    opened = session(path)
    assert opened.get_inputs()[0].shape == [2, 2]
    assert_allclose(run(opened, x)[0], f(x))


@pytest.mark.parametrize(
    "f",
    [
        np.trace,
        lambda x: np.sum(x[: min(len(x), 5)]) / min(len(x), 5),
        lambda x: np.sum(x[: max(len(x) - 9, 1)]),
        np.squeeze,
    ],
)
def test_a_function_that_is_another_one_for_few_rows_takes_no_other_batch(tmp_path, f):
    x = RNG.random((19, 1 if f is np.squeeze else 3))
    with pytest.warns(UserWarning, match="takes arguments of these shapes only"):
        path = export_onnx(f, tmp_path / "f", x)
    opened = session(path)
    assert opened.get_inputs()[0].shape == [19, x.shape[1]]
    assert_allclose(run(opened, x)[0], f(x))


def test_a_function_that_refuses_few_rows_takes_others(tmp_path):
    opened = session(export_onnx(lambda x: x[[0, 4]] * x[2], tmp_path / "f", np.ones((6, 3))))
    assert opened.get_inputs()[0].shape == ["batch", 3]
    assert_allclose(run(opened, np.arange(24.0).reshape(8, 3))[0][1], [12 * 6, 13 * 7, 14 * 8])


def test_only_arguments_of_the_batchs_length_have_its_axis(tmp_path):
    path = export_onnx(
        lambda x, w, y: x @ w + y, tmp_path / "f", *map(np.ones, [(5, 2), (2, 3), (5, 1)])
    )
    opened = session(path)
    assert [x.shape for x in opened.get_inputs()] == [["batch", 2], [2, 3], ["batch", 1]]
    assert opened.get_outputs()[0].shape == ["batch", 3]
    w = RNG.random((2, 3))
    assert_allclose(run(opened, np.ones((4, 2)), w, np.ones((4, 1)))[0], np.ones((4, 2)) @ w + 1)


# ── other programs ────────────────────────────────────────────────────────────────────────────
def test_a_gradient_is_a_model_too():
    def loss(w, b, x, t):
        return nn.functional.cross_entropy(np.tanh(x @ w) + b, t)

    given = RNG.random((4, 3)), RNG.random(3), RNG.random((5, 4)), np.array([0, 2, 1, 1, 0])
    program = capture(ag.value_and_grad(loss, argnum=(0, 1)), *given)
    assert_runs(program, *given)


def test_outputs_that_no_operator_gives_are_given_all_the_same():
    def f(x, y):
        output_1 = x + y
        return output_1, x, output_1, 2.0, np.ones(3), -output_1

    x, y = RNG.random(2), RNG.random(2)
    results = run(session(capture(f, x, y).onnx), x, y)
    for got, want in zip(results, f(x, y), strict=True):
        assert_allclose(got, want)


@pytest.mark.parametrize("shape", [(2, 3), (3, 3), (5, 2, 4)])
def test_a_transposed_matrix_meets_a_vector(shape):
    x = RNG.random(shape)
    v, w = RNG.random(shape[-2]), RNG.random(shape[-1])
    assert_runs(capture(lambda x, v, w: [x.mT @ v, w @ x.mT, v @ v], x, v, w), x, v, w)


def test_an_index_may_be_computed():
    def f(x, i, j, m):
        y = x.copy()
        y[i, 1:] = x[j, :2]
        y[m] = 0.0
        return x[i], x[:, j], x[i, j], x[i][:, None, ::-1], y, np.take_along_axis(x, j[:, None], 1)

    x, i, j = RNG.random((3, 3)), np.array([2, -3, 1]), np.array([0, 1, -1])
    program = capture(f, x, np.zeros_like(i), np.zeros_like(j), x > 2)
    assert_runs(program, x, i, j, x > 0.8)


SPECIAL = [
    (np.rint, [0.5, 1.5, -2.5]), (np.round, [0.5, 2.4]), (lambda x: x % 3, [-1.0, 7.5, -7.5]),
    (lambda x: x // 2, [-1.0, 7.5]), (lambda x: x % -3, [-1.0, 7.5]),
    (lambda x: x % 3, [-4, 5, -3]), (lambda x: x // -3, [-4, 5, -3]),
    (np.fmax, ([np.nan, 1.0], [2.0, np.nan])), (np.maximum, ([np.nan, 1.0], [2.0, 3.0])),
    (np.logaddexp, ([-np.inf, -np.inf, np.inf], [-np.inf, 0.0, 1.0])),
    (ag.softmax, [-np.inf, 0.0, 700.0]), (ag.log_softmax, [-np.inf, 0.0, 1e4]),
    (lambda x: ag.softmax(x, dim=None), [[0.0, 1.0], [2.0, 700.0]]), (ag.softmax, 2.0),
    (lambda x: ag.log_softmax(x, dim=None), [[0, 1], [2, 3]]), (ag.log_softmax, 2.0),
    (ag.logsumexp, [-np.inf, -np.inf]), (ag.logsumexp, [1e4, 1e4]),
    (ag.sigmoid, [-1000.0, 1000.0]), (ag.softplus, [-1000.0, 1000.0]), (np.sinc, [0.0, 1.0]),
    (lambda x: ~(x > 1) & (x < 5) | (x == 7), [0.0, 2.0, 7.0]),
    (lambda x: (x > 1) + (x < 5), [0.0, 2.0, 7.0]), (lambda x: (x > 1) * (x < 5), [0.0, 2.0]),
    (np.arctan2, ([0.0, 1.0, -1.0, 0.0], [0.0, 0.0, 0.0, -1.0])), (np.argmax, [1.0, 3.0, 3.0]),
    (np.argsort, [2.0, 1.0, 2.0, 1.0]), (np.isfinite, [np.inf, np.nan, 1.0]),
    (lambda x: x.astype(np.int64), [-1.7, 1.7]), (np.trunc, [-1.7, 1.7]),
    (lambda x, y: x // y + x % y, ([5, -5, 7], [0, 2, -2])),
    (lambda x: [x // 0.1, x % 0.1], [1.0, 7.0, -7.0, np.inf]),
    (lambda x, y: [x // y, x % y], ([1.0, -1.0, 0.0], [0.0, np.inf, 0.0])),
    (ag.relu, [-3, 0, 2]), (lambda x: np.pad(x, ((0, 0), (1, 0)), mode="mean"), [[1.0, 2.0]]),
    (lambda x: np.trunc(x > 0), [-1, 1]), (lambda x: np.hypot(x > 0, x < 0), [-1, 1]),
    (lambda x: np.linalg.norm(x, np.inf, axis=0), [[1.0, np.nan, 0.0], [-3.0, 2.0, 0.0]]),
    (lambda x: np.linalg.norm(x, np.inf, axis=0), np.zeros((0, 3))),
    (np.argmin, 2.0), (np.argsort, 2.0), (lambda x: np.sum(x, axis=-1) + np.max(x, axis=0), 2.0),
    (lambda x: [x.astype("u1") < 256, x.astype("u1") >= -1, x.astype("i1") != 300], [0, 44]),
    (lambda x: np.pad(x, 1), 2.0), (np.tril, [1.0, 2.0]),
    (lambda x: np.pad(x, (1, 2), constant_values=(0.5, -1.0)), [[1.0, 2.0]]),
    (lambda x: np.pad(x, (1, 2), constant_values=((1.0, 2.0), (3.0, 4.0))), [[1.0, 2.0]]),
    pytest.param(lambda x: [np.var(x, ddof=1), np.std(x, ddof=2)], [3.0],
                 marks=pytest.mark.filterwarnings("ignore:Degrees of freedom")),
]  # fmt: skip


@pytest.mark.parametrize(("f", "values"), SPECIAL)
def test_special_values_are_those_of_numpy(f, values):
    xs = [np.array(v) for v in (values if isinstance(values, tuple) else (values,))]
    with np.errstate(all="ignore"):
        assert_runs(capture(f, *xs), *xs)


FAR = [
    0.0, 1e-300, 1e-50, 1e-12, 1e-5, 0.3, 0.999, 1 - 1e-9, 1.0, 1 + 1e-9, 2.0, 100.0, 710.0, 1e39,
    1e155, 8e307, np.inf,
]  # fmt: skip
FUNCTIONS = (
    np.tan, np.sinh, np.cosh, np.tanh, np.arcsin, np.arccos, np.arctan, np.arcsinh, np.arccosh,
    np.arctanh, np.expm1, np.log1p,
)  # fmt: skip


@pytest.mark.parametrize("fn", FUNCTIONS, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_elementary_functions_are_as_precise_as_here(fn, dtype, tolerance):
    """Onnxruntime computes most of its own operators of these in single precision only."""
    with np.errstate(all="ignore"):
        x = np.array([*FAR, *np.negative(FAR), np.nan]).astype(dtype)
        (y,) = run(session(capture(fn, x).onnx), x)
        assert_allclose(y, fn(x), rtol=tolerance, atol=0)


# ── what is refused ───────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("f", "x", "what", "where"),
    [
        (lambda x: np.linalg.inv(x) * 2, np.eye(2), "inv", "t1 = inv((2, 2))"),
        (lambda x: np.cumprod(x), np.ones(3), "cumprod", "t1 = cumprod((3,))"),
        (np.square, 1j, "multiply", "t1 = multiply((), ())"),
    ],
)  # fmt: skip
def test_what_has_no_operators_is_named(f, x, what, where):
    with pytest.raises(NotImplementedError) as error:
        capture(f, x).onnx  # noqa: B018  # it raises
    assert str(error.value).splitlines() == [
        f"{what} cannot be written in ONNX",
        f"  where: {where}",
        "  instead: NumPy's functions of real numbers, or keep to Python: Program.save",
    ]


def test_what_operators_do_not_take_is_named():
    with pytest.raises(NotImplementedError) as error:
        capture(lambda x: (x > 0) @ (x > 0), np.ones(3)).onnx  # noqa: B018  # it raises
    what, where, instead = str(error.value).splitlines()
    assert what == "<lambda> cannot be written in ONNX"
    assert "MatMul" in where
    assert instead.startswith("  instead: floats for integers and booleans there")


@pytest.mark.parametrize("f", [lambda x: None, lambda x: (x * 2, None)])
def test_what_returns_no_array_is_refused(tmp_path, f):
    with pytest.raises(NotImplementedError) as error:
        export_onnx(f, tmp_path / "f", np.ones(2))
    assert str(error.value).splitlines() == [
        "ONNX has arrays only",
        "  where: <lambda>, which returns None",
        "  instead: a function that returns arrays: lambda x: f(x)[0]",
    ]
    if f(1.0):
        opened = session(export_onnx(lambda x: f(x)[0], tmp_path / "f", np.ones(2)))
        assert_allclose(run(opened, np.ones(2))[0], 2)


def test_a_model_that_would_remember_is_refused(tmp_path):
    seen = Tensor(np.zeros(2))

    def f(x):
        seen.data = seen.data + x
        return x

    with pytest.raises(NotImplementedError, match="ONNX has no memory") as error:
        export_onnx(f, tmp_path / "f", np.ones(2))
    assert "module.eval()" in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_primitive_of_the_users_own_is_written_out_even_under_a_known_name():
    @ag.primitive
    def exp(x):
        return x * 3

    exp.defvjp(lambda g, y, x: g * 3)
    program = capture(lambda x: exp(x) + 1, np.ones(2))
    assert not knows(program.equations[0].op)
    assert_runs(program, np.array([2.0, -1.0]))


def test_the_law_catches_a_wrong_spelling(monkeypatch):
    monkeypatch.setitem(SPELLINGS, "tanh", "Sigmoid")
    with pytest.raises(AssertionError):
        assert_runs(capture(np.tanh, np.ones(2)), np.ones(2))

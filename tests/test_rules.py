"""The laws that hold for every row of the tables, each against an independent oracle.

A law takes a row's function and one of its cases (see `samples`). The last section plants wrong
rules and watches the laws fail.
"""

import operator
import re
import string
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest
from matplotlib import font_manager, ft2font, mathtext
from numpy.testing import assert_array_equal
from numpy.testing.overrides import (
    get_overridable_numpy_array_functions,
    get_overridable_numpy_ufuncs,
)
from samples import SAMPLES, Case
from samples.cases import since

import autograd
from autograd import Tensor, from_numpy, no_grad
from autograd.base.blocks import LARGE
from autograd.graph import toposort
from autograd.primitive import COMPOSITES, CREATORS, PRIMITIVES, QUERIES, home_of
from autograd.rules import cross_entropy, neural
from autograd.rules.cross_entropy import softmax_cross_entropy

STEP = 1e-30  # of complex steps: no subtraction, so it may be as small as it likes
TINY = 2e-4  # of differences of order four: truncation and rounding stay below 1e-11


def title(fn):
    return PRIMITIVES[fn].name if fn in PRIMITIVES else fn.__name__


def is_ours(fn):
    """Tell the tables' own rows from those that other tests enter."""
    return home_of(fn).startswith(("autograd.rules", "numpy", "scipy.special", "_operator"))


OURS = [fn for fn in PRIMITIVES if is_ours(fn)]


def law(holds):
    """Hold a law over every case of every row; a failure names the case."""

    def test(fn):
        for case in SAMPLES[fn]:
            try:
                holds(case)
            except BaseException as error:
                error.add_note(f"{title(fn)}: {case}")
                raise

    test.__doc__ = holds.__doc__
    return pytest.mark.parametrize("fn", SAMPLES, ids=title)(test)


# ── instruments ───────────────────────────────────────────────────────────────────────────────
def frozen(array):
    array = np.array(array)
    array.flags.writeable = False
    return array


def like(arrays, seed):
    """Return read-only random directions, one per array; 0 for the arrays that are no floats."""
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=a.shape) * (a.dtype.kind in "fc") for a in arrays]
    return [
        frozen(v + 1j * rng.normal(size=a.shape) if a.dtype.kind == "c" else v)
        for v, a in zip(parts, arrays, strict=True)
    ]


def leaves(arrays):
    return [from_numpy(a).requires_grad_(a.dtype.kind in "fc") for a in arrays]


def forward(f, arrays):
    xs = leaves(arrays)
    y = f(*xs)
    if isinstance(y.data, np.ndarray):
        y.data.flags.writeable = False
    return xs, y


def gradients(xs):
    return [x.grad.data if x.grad is not None else None for x in xs]


def pull(f, arrays, u, *, recorded=False):
    """Return Jᵀu through the engine."""
    xs, y = forward(f, arrays)
    y.backward(gradient=from_numpy(frozen(u.astype(y.dtype))), create_graph=recorded)
    return gradients(xs)


def push(f, arrays, directions, *, analytic):
    """Return Jv, by a complex step or by differences, without the engine."""

    def moved(t):
        pairs = zip(arrays, directions, strict=True)
        return f(*[a + t * v if a.dtype.kind in "fc" else a for a, v in pairs])

    if analytic:
        return np.imag(moved(1j * STEP)) / STEP
    ahead, behind = moved(TINY) - moved(-TINY), moved(2 * TINY) - moved(-2 * TINY)
    return (8 * ahead - behind) / (12 * TINY)


def inner(us, vs):
    """Pair as `grad` does: of complex numbers, the real part of the products."""
    return sum(np.real(np.sum(u * v)) for u, v in zip(us, vs, strict=True) if u is not None)


def assert_dual(us, vs, us2, vs2, tolerance):
    """Assert ⟨us, vs⟩ = ⟨us2, vs2⟩, up to the rounding of the terms of the sums."""
    left, right = inner(us, vs), inner(us2, vs2)
    size = 1 + inner([abs(u) if u is not None else None for u in us], [abs(v) for v in vs])
    assert abs(left - right) <= tolerance * size, f"⟨Jᵀu, v⟩ = {left} but ⟨u, Jv⟩ = {right}"


def differentiable(case):
    _, y = forward(case.f, case.inputs())
    return y.requires_grad


# ── the laws ──────────────────────────────────────────────────────────────────────────────────
def test_every_row_has_a_sample_and_every_sample_a_row():
    assert SAMPLES.keys() == {fn for fn in PRIMITIVES.keys() | COMPOSITES.keys() if is_ours(fn)}
    assert not [title(fn) for fn, cases in SAMPLES.items() if not cases]


@law
def test_transposed_jacobian(case):
    """⟨Jᵀu, v⟩ = ⟨u, Jv⟩, Jᵀu by the rules and Jv without them."""
    arrays = case.inputs()
    if not differentiable(case):
        return
    y = np.asarray(case.f(*arrays))
    (u,), v = like([y], 1), like(arrays, 2)
    jv = push(case.f, arrays, v, analytic=case.analytic)
    assert_dual(pull(case.f, arrays, u), v, [u], [jv], 1e-13 if case.analytic else 1e-10)


@law
def test_transposed_jacobian_of_the_rule(case):
    """The same law for (x, u) -> Jᵀu: rules can be differentiated, where u = 0 too."""
    arrays = case.inputs()
    if not differentiable(case):
        return
    (some,), v, w = like([np.asarray(case.f(*arrays))], 1), like(arrays, 2), like(arrays, 4)
    (du,) = like([some], 3)
    for u in (some, frozen(0 * some)):
        seed = from_numpy(u).requires_grad_()
        xs, y = forward(case.f, arrays)
        y.backward(gradient=seed, create_graph=True)
        first = sum(np.sum(x.grad * d) for x, d in zip(xs, w, strict=True) if x.grad is not None)
        first = np.real(first) if first.dtype.kind == "c" else first
        for x in xs:
            x.grad = None
        if first.requires_grad:  # else the first derivative is constant
            first.backward()

        def rule(*args):
            return inner(pull(case.f, args[:-1], args[-1]), w)

        jv = push(rule, [*arrays, u], [*v, du], analytic=False)
        assert_dual(gradients([*xs, seed]), [*v, du], [np.ones(())], [jv], 1e-9)


@law
def test_sweeps_agree_bitwise(case):
    """The sweep over arrays gives the very numbers of the sweep over Tensors."""
    if not differentiable(case):
        return
    for dtype in (np.float64, np.float32):
        arrays = case.inputs(dtype)
        (u,) = like([np.asarray(case.f(*arrays))], 1)
        plain, recorded = pull(case.f, arrays, u), pull(case.f, arrays, u, recorded=True)
        for one, other in zip(plain, recorded, strict=True):
            if one is not None:
                assert_array_equal(one, other, strict=True)


@pytest.mark.parametrize("fn", [fn for fn in OURS if PRIMITIVES[fn].paper], ids=title)
def test_what_is_derived_on_paper_is_what_the_rules_compute(fn):
    op = PRIMITIVES[fn]
    ours = op.rules, op.each, op.joint
    for case in filter(differentiable, SAMPLES[fn]):
        arrays = case.inputs()
        (u,) = like([np.asarray(case.f(*arrays))], 1)
        computed = pull(case.f, arrays, u)
        op.define(op.paper)
        try:
            with np.errstate(all="ignore"):
                derived = pull(case.f, arrays, u)
        finally:
            op.define(*ours)
        for one, other in zip(derived, computed, strict=True):
            if one is not None:
                np.testing.assert_allclose(one, other, 1e-12, 1e-12, err_msg=str(case))


@law
def test_constants_may_be_arrays_or_numbers(case):
    """An argument that is no Tensor is a constant, and changes nothing for the others."""
    if not differentiable(case):
        return
    arrays = case.inputs()
    (u,) = like([np.asarray(case.f(*arrays))], 1)
    for i, expected in enumerate(pull(case.f, arrays, u)):
        if expected is not None:
            xs = [a if np.ndim(a) else a.item() for a in arrays]
            xs[i] = from_numpy(arrays[i]).requires_grad_()
            case.f(*xs).backward(gradient=u)
            np.testing.assert_allclose(xs[i].grad.data, expected, rtol=1e-14, atol=1e-14)


@law
def test_what_was_used_may_be_rewritten(case):
    """A gradient is that of the values which were there, whatever is assigned to them later."""
    if not differentiable(case):
        return
    arrays = case.inputs()
    (u,) = like([np.asarray(case.f(*arrays))], 1)
    for recorded in (False, True):
        xs = leaves(arrays)
        used = [np.copy(x) if x.requires_grad else x for x in xs]
        y = case.f(*used)
        root = y[...]
        for a in (y, *used):
            if a.requires_grad and a.size:
                a[(0,) * a.ndim] = 7.0
        root.backward(gradient=from_numpy(u), create_graph=recorded)
        for one, other in zip(gradients(xs), pull(case.f, arrays, u), strict=True):
            if other is not None:
                assert_array_equal(one, other, strict=True)


@law
def test_what_is_rewritten_unseen_is_not_read(case):
    """Under no_grad, or in an array of the user's: the gradient is right, or refused."""
    if not differentiable(case):
        return
    arrays = case.inputs()
    (u,) = like([np.asarray(case.f(*arrays))], 1)
    wanted = pull(case.f, arrays, u)
    for k, constant in [(-1, False), *product(range(len(arrays)), (False, True))]:
        xs = leaves(arrays)
        used = [np.copy(x) if x.requires_grad else x for x in xs]
        if constant:
            used[k] = np.array(arrays[k])
        y = case.f(*used)
        a = y if k < 0 else used[k]
        if not getattr(y, "requires_grad", False) or a.dtype.kind not in "fc":
            continue
        ours = [b.op in (None, PRIMITIVES[np.copy]) for b in y.args if type(b) is Tensor]
        if not (constant or all(ours)):
            continue  # several operations: a part on the way shares memory, as NumPy's do
        root = y[...]
        with no_grad():
            a[...] = a * 1.5 + 0.25
        try:
            root.backward(gradient=from_numpy(u))
        except RuntimeError as error:
            assert "rewritten after" in str(error)  # noqa: PT017  # it need not be raised
            continue
        for i, x in enumerate(xs):
            if x.requires_grad and not (constant and i == k):
                assert_array_equal(x.grad.data, wanted[i], strict=True)


@law
def test_shapes_and_dtypes(case):
    """A gradient has its input's shape and dtype, and no rule leaves float32 on the way."""
    if not differentiable(case):
        return
    exact = None
    for dtype in (np.float64, np.float32):
        arrays = case.inputs(dtype)
        _, y = forward(case.f, arrays)
        expected = np.asarray(case.f(*arrays))
        assert (y.shape, y.dtype) == (expected.shape, expected.dtype)
        (u,) = like([expected], 1)
        grads = pull(case.f, arrays, u)
        for x, g in zip(arrays, grads, strict=True):
            if x.dtype.kind in "fc":
                assert (g.shape, g.dtype) == (x.shape, x.dtype)
        for node in toposort(y):
            if node.op and node.requires_grad and np.finfo(node.dtype).dtype == dtype:
                assert {np.finfo(g.dtype).dtype for g in rule_results(node)} == {np.dtype(dtype)}
        if exact is None:
            exact = grads
    for g, g32 in zip(exact, grads, strict=True):
        if g is not None:
            np.testing.assert_allclose(g32, g, rtol=1e-4, atol=1e-4)


def rule_results(node):
    """Return what the rules of an operation give, before the sweep has made it fit."""
    arrays = [a.data if isinstance(a, Tensor) else a for a in node.args]
    for i, a in enumerate(node.args):
        rule = node.op.rule(i)
        if rule is not None and isinstance(a, Tensor) and a.requires_grad:
            yield rule(np.ones_like(node.data), node.data, *arrays, **node.params)


@law
def test_arrays_and_tensors_give_equal_values(case):
    for dtype in (np.float64, np.float32):
        arrays = case.inputs(dtype)
        _, y = forward(case.f, arrays)
        expected = case.f(*arrays)
        assert type(y) is Tensor
        assert_array_equal(np.asarray(y.data), np.asarray(expected), strict=True)


# ── the printers' columns ─────────────────────────────────────────────────────────────────────
def written(op, count, params):
    """Write a call with the row's template: x0, x1 … for the values, parameters by their names."""
    names = [f"x{i}" for i in range(count)]
    holes = {"*": ", ".join(names), **{k: k for k in params}}
    mentioned = {field for _, field, _, _ in string.Formatter().parse(op.code) if field}
    rest = "".join(f", {k}={k}" for k in params if k not in mentioned)
    text = op.code.format(*names, **holes)
    return text[:-1] + rest + ")" if rest else text


@law
def test_code_computes_the_value(case):
    """The source that a row prints, run on the values, gives the forward value bit for bit."""
    _, y = forward(case.f, case.inputs())
    for node in toposort(y):
        if node.op is None:
            continue
        text = written(node.op, len(node.args), node.params)
        arrays = [a.data if isinstance(a, Tensor) else a for a in node.args]
        values = {f"x{i}": a for i, a in enumerate(arrays)} | node.params
        if text.startswith("np.") or not text.startswith(node.op.name):
            known = {"np": np, "special": sys.modules.get("scipy.special")}
            result = eval(text, known, values)  # our own templates
            assert_array_equal(np.asarray(result), np.asarray(node.data), strict=True)
        else:
            assert hasattr(sys.modules[node.op.fn.__module__], node.op.name)


@pytest.mark.parametrize("fn", OURS, ids=title)
def test_tex_is_well_formed(fn):
    op = PRIMITIVES[fn]
    names = ["a", "b", "c"][: len(op.rules) or 2]
    tex = op.tex.format(*names, **{"*": ", ".join(names), "index": "0", "shape": "n", "order": "k"})
    braces = re.findall(r"(?<!\\)[{}]", tex)
    depths = np.cumsum([1 if brace == "{" else -1 for brace in braces])
    assert not len(depths) or (depths.min() >= 0 and depths[-1] == 0)
    assert tex.count(r"\left") == tex.count(r"\right")
    assert all(name in tex for name in names)
    if r"\begin" not in tex:  # Matplotlib parses a good part of TeX, but no environments
        mathtext.MathTextParser("path").parse(f"${tex.replace('bmod', 'sim')}$")


@pytest.mark.parametrize("fn", OURS, ids=title)
def test_symbol_has_glyphs(fn):
    """A drawing can be made in a font that everybody has."""
    symbol = PRIMITIVES[fn].symbol
    assert symbol.strip()
    assert {ord(c) for c in symbol} <= GLYPHS, symbol


GLYPHS = ft2font.FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap().keys()


# ── mixed arguments of the operators ──────────────────────────────────────────────────────────
NUMBERS = {
    "Tensor": lambda v: Tensor(v, requires_grad=True),
    "ndarray": frozen,
    "NumPy scalar": np.float64,
    "number": lambda v: v,
}
OPERATORS = (
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
    operator.pow, operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne,
)  # fmt: skip
VECTOR = np.array([1.7, 0.6, 2.3])


@pytest.mark.parametrize("kinds", [k for k in product(NUMBERS, repeat=2) if "Tensor" in k])
@pytest.mark.parametrize("f", OPERATORS, ids=lambda f: f.__name__)
def test_operators_mix_tensors_arrays_and_numbers(f, kinds):
    """All four kinds of numbers, on both sides: the value, and the derivative by differences."""
    values = [VECTOR if kind == "ndarray" else v for kind, v in zip(kinds, (2.5, 0.7), strict=True)]
    args = [NUMBERS[kind](v) for kind, v in zip(kinds, values, strict=True)]
    y = f(*args)
    assert type(y) is Tensor
    assert_array_equal(np.asarray(y.data), np.asarray(f(*values)), strict=True)
    assert y.requires_grad == (y.dtype == float)
    if not y.requires_grad:
        return
    y.backward(np.ones_like(y.data))
    arrays = [np.float64(v) if np.isscalar(v) else v for v in values]
    for x, direction in zip(args, ((1.0, 0.0), (0.0, 1.0)), strict=True):
        if type(x) is Tensor:
            slope = push(f, arrays, direction, analytic=False)
            np.testing.assert_allclose(x.grad.data, np.sum(slope), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("f", [operator.matmul, operator.and_, operator.or_, operator.xor, divmod])
def test_other_operators_mix_with_arrays(f):
    truth = f in (operator.and_, operator.or_, operator.xor)
    a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, 1.5], [2.5, 0.7]])
    a, b = (a > 2, b > 1) if truth else (a, b)
    expected = np.asarray(f(a, b))
    for args in ((Tensor(a), b), (a, Tensor(b)), (Tensor(a), Tensor(b))):
        y = f(*args)
        for one in y if f is divmod else (y,):
            assert type(one) is Tensor
        assert_array_equal(np.asarray(np.stack(y) if f is divmod else y), expected, strict=True)


# ── all of NumPy: a row, a plain answer, or a refusal by name ─────────────────────────────────
def by_name(functions):
    return sorted(functions, key=lambda fn: (fn.__name__, str(getattr(fn, "__module__", ""))))


OVERRIDABLE = by_name(get_overridable_numpy_ufuncs() | get_overridable_numpy_array_functions())
PLAIN = by_name(QUERIES | CREATORS)


UNKNOWN = [fn for fn in OVERRIDABLE if fn not in SAMPLES and fn not in PLAIN]


@pytest.mark.parametrize("fn", UNKNOWN, ids=lambda fn: fn.__name__)
def test_functions_without_a_row_are_refused_by_name(fn):
    """No object array, no gradient lost in silence: an error that says which function."""
    x = Tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
    args = (x,) * (fn.nin if isinstance(fn, np.ufunc) else 1)
    refusal = rf"the derivative of np\.([\w.]+\.)?{re.escape(fn.__name__)} is unknown"
    with pytest.raises(NotImplementedError, match=refusal):
        fn(*args) if isinstance(fn, np.ufunc) else x.__array_function__(fn, (Tensor,), args, {})


@pytest.mark.parametrize("fn", PLAIN, ids=lambda fn: fn.__name__)
def test_queries_are_overridable_and_have_no_row(fn):
    unlisted = CREATORS - since("2.2.0", CREATORS)  # though they take like=
    assert fn in OVERRIDABLE or fn in unlisted
    assert fn not in SAMPLES


def test_queries_answer_with_plain_results():
    x = Tensor([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]], requires_grad=True)
    assert np.shape(x) == (2, 3)
    assert np.ndim(x) == 2
    assert np.size(x) == 6
    assert np.result_type(x, np.float32) == np.float64
    assert np.isrealobj(x) is True
    assert np.array_equal(x, x.data) is True
    assert np.allclose(x, x.data + 1e-12) is True
    assert_array_equal(np.isclose(x, 5.0), x.data == 5.0)
    assert [type(i) for i in np.nonzero(x)] == [np.ndarray] * 2
    assert np.searchsorted(np.sort(x[0]), 2.5) == 2
    assert np.array_repr(x) == np.array_repr(x.data)
    assert np.shares_memory(x, x.data) is True
    assert np.unravel_index(np.argmax(x).item(), np.shape(x)) == (1, 1)


@pytest.mark.parametrize("fn", [np.zeros_like, np.ones_like])
def test_arrays_like_a_tensor_are_constant_tensors(fn):
    for data in (2.0, [1.0, 2.0], np.float32(3)):
        made = fn(Tensor(data, requires_grad=True))
        assert type(made) is Tensor
        assert not made.requires_grad
        assert_array_equal(np.asarray(made), fn(data), strict=True)
        assert type(made.data) is type(Tensor(data).data)
    assert type(np.zeros(3, like=Tensor(1.0))) is Tensor
    assert np.empty_like(Tensor([1.0, 2.0])).shape == (2,)


def test_functions_without_a_row_answer_where_no_gradient_is_lost():
    labels = Tensor(np.array([2, 0, 2]))
    assert_array_equal(np.unique(labels), [0, 2])
    x = Tensor([3.0, 1.0, 2.0], requires_grad=True)
    assert np.median(x.detach()) == 2
    with no_grad():
        assert np.median(x) == 2


# ── pieces of large arrays ────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "fn",
    [f for f in SAMPLES if (op := PRIMITIVES.get(f)) and op.elementwise and op.differentiable],
    ids=title,
)  # fmt: skip
def test_working_in_pieces_changes_nothing(fn):
    """Large arrays are cut; the recorded sweep, which cuts nothing, gives the same bits."""
    smooth = SAMPLES[fn][0]
    size = PRIMITIVES[fn].large + 5
    large = Case(smooth.f, ((size,),) * len(smooth.shapes), smooth.domains)
    arrays = large.inputs(np.float32)
    (u,) = like([large.f(*arrays)], 1)
    u.flags.writeable = True
    u[::3] = 0
    plain, recorded = pull(large.f, arrays, u), pull(large.f, arrays, u, recorded=True)
    for one, other in zip(plain, recorded, strict=True):
        if one is not None:
            assert_array_equal(one, other, strict=True)
    _, y = forward(large.f, arrays)
    halves = [large.f(*(a[part] for a in arrays)) for part in (slice(100), slice(100, None))]
    assert_array_equal(y.data, np.concatenate(halves), strict=True)
    assert_array_equal(autograd.compile(large.f)(*arrays), y.data, strict=True)


@pytest.mark.parametrize("fn", [neural.softmax, neural.log_softmax], ids=title)
def test_rows_in_groups_change_nothing(fn, rng):
    x = rng.normal(size=(LARGE // 8, 10))
    assert_array_equal(fn(x), np.stack([fn(row) for row in x]))


def test_cross_entropy_in_groups_changes_nothing(rng):
    x, t = rng.normal(size=(LARGE // 8, 10)), rng.integers(0, 10, LARGE // 8)
    f = softmax_cross_entropy
    assert_array_equal(f(x, t), np.concatenate([f(x[:9], t[:9]), f(x[9:], t[9:])]))
    (whole, _), u = pull(f, [x, t], np.ones(len(t))), np.ones(9)
    assert_array_equal(whole[:9], pull(f, [x[:9], t[:9]], u)[0])


SIZES = (6, 3), (6, 40), (LARGE // 8, 10), (LARGE // 500, 600)


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_a_cross_entropy_leaves_for_backward_changes_no_bit(
    shape, dtype, order, rng, monkeypatch
):
    n, classes = shape
    x = Tensor(np.asarray(rng.normal(size=shape), dtype, order=order), requires_grad=True)
    t, u = rng.integers(0, classes, n), rng.normal(size=n).astype(dtype)

    def send(losses):
        x.grad = None
        losses.backward(u, retain_graph=True)
        return x.grad.data

    with monkeypatch.context() as without:  # it is there
        without.delattr(cross_entropy, "d_cross_entropy")
        first = send(losses := softmax_cross_entropy(x, t))
        with pytest.raises(NameError):  # it is not any more
            send(losses)
    assert_array_equal(send(losses), first)
    softmax_cross_entropy(x, t)  # the latest is another one
    assert_array_equal(send(losses), first)
    with no_grad():
        assert_array_equal(softmax_cross_entropy(x, t), losses.data)
    compiled = autograd.compile(lambda t: softmax_cross_entropy(x, t).backward(u))
    for _ in range(2):
        x.grad = None
        compiled(t)
        assert_array_equal(x.grad.data, first)


def test_what_a_cross_entropy_leaves_dies_with_it(rng):
    latest, x = cross_entropy._latest, Tensor(rng.normal(size=(6, 3)), requires_grad=True)
    t = np.arange(6) % 3
    losses = softmax_cross_entropy(x, t)
    assert latest.take(np.zeros(6)) is None
    assert [e.shape for e in latest.left] == [(6, 3)]
    del losses
    assert not latest.left
    losses = softmax_cross_entropy(x, t)
    losses.sum().backward()
    assert not latest.left
    with no_grad():
        losses = softmax_cross_entropy(x, t)
    assert not latest.left
    with ThreadPoolExecutor(1) as thread:
        losses = thread.submit(softmax_cross_entropy, x, t).result()
        losses.sum().backward()
        assert thread.submit(lambda: len(latest.left)).result() == 1  # of the thread
        del losses
        assert thread.submit(lambda: len(latest.left)).result() == 0


# ── tests of the tests: wrong rules, planted ──────────────────────────────────────────────────
def planted(fn, **columns):
    """Return what replaces columns of a row during a test."""
    return [(PRIMITIVES[fn], column, value) for column, value in columns.items()]


def sine(rule):
    return planted(np.sin, rules=(rule,))


def cut(x):
    """Take a Tensor for a constant."""
    return x.data if isinstance(x, Tensor) else x


WRONG = {
    "the sign": (
        sine(lambda g, y, x: -g * np.cos(x)),
        np.sin, test_transposed_jacobian,
    ),
    "what arrives is forgotten": (
        sine(lambda g, y, x: np.cos(x)),
        np.sin, test_transposed_jacobian,
    ),
    "the thirteenth digit": (
        sine(lambda g, y, x: g * np.cos(x) * (1 + 1e-12)),
        np.sin, test_transposed_jacobian,
    ),
    "arguments exchanged": (
        planted(np.divide, rules=PRIMITIVES[np.divide].rules[::-1]),
        np.divide, test_transposed_jacobian,
    ),
    "the axis forgotten": (
        planted(np.flip, rules=(lambda g, y, x, axis=None: np.flip(g),)),
        np.flip, test_transposed_jacobian,
    ),
    "writing into what arrives": (
        sine(lambda g, y, x: np.multiply(g, np.cos(x), out=g if np.ndim(g) else None)),
        np.sin, test_transposed_jacobian,
    ),
    "a derivative that is constant": (
        sine(lambda g, y, x: g * np.cos(cut(x))),
        np.sin, test_transposed_jacobian_of_the_rule,
    ),
    "a strong zero that is too strong": (
        planted(np.log, rules=(lambda g, y, x: g / np.where(g == 0, 1, x),)),
        np.log, test_transposed_jacobian_of_the_rule,
    ),
    "other bits in the recorded sweep": (
        sine(lambda g, y, x: g * np.cos(x) * (1 + 3e-16 * isinstance(x, Tensor))),
        np.sin, test_sweeps_agree_bitwise,
    ),
    "a rule for arrays only": (
        planted(np.multiply, rules=(lambda g, y, a, b: g * b.reshape(b.shape), None)),
        np.multiply, test_constants_may_be_arrays_or_numbers,
    ),
    "float64 on the way": (
        sine(lambda g, y, x: g * np.cos(x) * np.float64(1)),
        np.sin, test_shapes_and_dtypes,
    ),
    "the value": (
        planted(np.sin, call=np.cos),
        np.sin, test_arrays_and_tensors_give_equal_values,
    ),
    "the code": (
        planted(np.sin, code="np.cos({0})"),
        np.sin, test_code_computes_the_value,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "fn", "law"), WRONG.values(), ids=WRONG)
def test_wrong_rules_are_caught(changes, fn, law, monkeypatch):
    law(fn)
    for row, column, value in changes:
        monkeypatch.setattr(row, column, value)
    with pytest.raises((AssertionError, ValueError, AttributeError, TypeError)) as caught:
        law(fn)
    assert any(note.startswith(title(fn)) for note in caught.value.__notes__)


@pytest.mark.parametrize(
    ("column", "value", "test"),
    [
        ("tex", r"\sin\left({0}", test_tex_is_well_formed),
        ("tex", r"\sin {{0}}", test_tex_is_well_formed),
        ("tex", r"\sine\left({0}\right)", test_tex_is_well_formed),
        ("symbol", " ", test_symbol_has_glyphs),
        ("symbol", "\U0001f600\U0001fae8", test_symbol_has_glyphs),
    ],
)
def test_wrong_spellings_are_caught(column, value, test, monkeypatch):
    monkeypatch.setattr(PRIMITIVES[np.sin], column, value)
    with pytest.raises((AssertionError, ValueError)):
        test(np.sin)


def test_missing_rows_and_samples_are_caught(monkeypatch):
    with monkeypatch.context() as patch:
        patch.delitem(SAMPLES, np.sin)
        with pytest.raises(AssertionError):
            test_every_row_has_a_sample_and_every_sample_a_row()
    monkeypatch.delitem(PRIMITIVES, np.sin)
    with pytest.raises(AssertionError):
        test_every_row_has_a_sample_and_every_sample_a_row()


def test_gradients_lost_in_silence_are_caught(monkeypatch):
    monkeypatch.setitem(COMPOSITES, np.median, lambda x: np.median(x.data))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_functions_without_a_row_are_refused_by_name(np.median)

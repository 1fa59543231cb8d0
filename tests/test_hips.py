"""Programs written for HIPS autograd run unchanged: its interface, and the numbers that it gives.

The literals were printed by HIPS autograd 1.9.1 on NumPy 2.4.6, running `hips_programs.py`; where
HIPS is installed in an environment of its own (see `contract.hips_python`), it is asked again.
"""

import json
import os
import subprocess
import sys

import hips_programs
import numpy  # noqa: ICN001  # beside the other one
import pytest
from contract import hips_python
from numpy.testing import assert_allclose

import autograd
import autograd.numpy as np
from autograd import Tensor, grad, jacobian, make_jvp, three_lines, vmap
from autograd.builtins import type as ag_type
from autograd.extend import (
    def_linear,
    defjvp,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    notrace_primitive,
    primitive,
    vspace,
)
from autograd.misc import const_graph, flatten, flatten_func
from autograd.misc.fixed_points import fixed_point
from autograd.misc.optimizers import adam
from autograd.test_util import check_grads, check_jvp, check_vjp
from autograd.tracer import Node, getval, trace
from autograd.util import func, quick_grad_check

RECORDED = {
    "logistic_regression": [
        24.8036528697888, 0.03731166047343411, 0.33053992823109773, 0.21355333849838057,
    ],
    "multilayer_perceptron": [
        4.96472295932966, 1.3880411038786398, 0.49515180171416606, -0.3324922818249128,
    ],
    "fluid": [
        0.0026284486554563244, -0.003852404783214262, -0.01628224719935513,
    ],
    "variational_inference": [
        -0.03506026337239507, -0.5883250241785177, -0.7065141091942547, -0.3828951572410005,
    ],
    "custom_primitive": [
        0.17529039214003667, 0.03911257327068745, 0.7855970345892758, 0.14456367056342884,
        -0.006856058306224719, -0.1377076122572041, -0.2782689876835663, 0.039961543110197006,
        0.23830744457336994, 0.9999999999999999,
    ],
    "square_root": [
        1.414213562373095, 0.35355339059327373, -0.08838834764831843,
    ],
    "differential_equation": [
        -1.822664560999577, -0.2333888770276049, -0.25660030208467904, 0.5288604271806349,
        0.5233430792580387, 0.1219216268010522,
    ],
    "containers": [
        2.5, 2.5, 2.0, 2.0,
        4.0, 3.0, 0.0, 0.5,
        0.0,
    ],
    "operators": [
        0.6, 0.993170607582819, -0.20686414466293768, 0.09,
        0.4965853037914095, -0.077695129065245, 0.6, 0.993170607582819,
        0.30782997710538584, 1.531605018960446, 0.3846748119635673, 0.3709288583199878,
        0.3846748119635673, 0.3709288583199878, 0.6, -1.4,
        -0.6687355423879241, 0.29552020666133955, 0.6, 0.0,
        0.0, 0.4965853037914095, 1.8888289026114846, -0.7904994627530493,
        -0.7904994627530494, 1.1610522408567476, 0.30782997710538584, 1.531605018960446,
        -0.06873554238792412, 0.792105510452749, 0.41195749427634637, 0.47023344728527233,
        -0.06873554238792412, 0.792105510452749, 0.3846748119635673, 0.3709288583199878,
        0.0,
    ],
    "mixture": [
        -51.969455179065534, 6.882416981107078, -5.945214836085393, 1.5966206205176832,
        -1.2919883244419834, -65.77653116000313, -8.321498334556791,
    ],
}  # fmt: skip


@pytest.mark.parametrize("program", hips_programs.PROGRAMS, ids=lambda p: p.__name__)
def test_a_program_gives_the_numbers_of_hips(program):
    assert_allclose(program(), RECORDED[program.__name__], rtol=1e-11, atol=1e-14)


def test_hips_itself_gives_these_numbers():
    if not hips_python().exists():
        pytest.skip("python tests/speed.py --setup installs HIPS autograd beside ours")
    command = [hips_python(), "-W", "ignore", hips_programs.__file__]
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    for name, (numbers, _) in json.loads(done.stdout).items():
        assert_allclose(numbers, RECORDED[name], rtol=1e-9, atol=1e-12)


# ── the namespace ─────────────────────────────────────────────────────────────────────────────
def test_the_namespace_is_numpy():
    same = ["exp", "add", "tensordot", "kron", "pi", "float64", "newaxis", "testing", "random"]
    assert all(getattr(np, name) is getattr(numpy, name) for name in same)
    assert all(hasattr(np, name) for name in numpy.__all__)
    with pytest.raises(AttributeError):
        np.no_such_function  # noqa: B018  # it raises


@pytest.mark.parametrize("join", [np.array, np.asarray, lambda a, dtype: np.stack(a).astype(dtype)])
def test_numbers_among_objects_keep_their_gradient(join):
    def f(x):
        line = join([x[0] * 2, x[1]], dtype=object).ravel()
        return np.sum(np.array(line, dtype=float) ** 2)

    assert grad(f)(numpy.array([1.0, 3.0])).tolist() == [8, 6]


def test_rooms_are_found_without_their_import():
    code = "import autograd; print(autograd.numpy.numpy_boxes, autograd.numpy.numpy_vjps)"
    code += "; print(autograd.util, autograd.wrap_util, autograd.tracer)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("<module 'autograd.") == 5


def test_the_namespace_is_found_where_it_stands_in_hips():
    import autograd.numpy.numpy_wrapper as anp  # noqa: PLC0415  # as programs do
    from autograd.numpy import numpy_wrapper  # noqa: PLC0415  # likewise

    assert anp is numpy_wrapper is np
    assert_allclose(grad(lambda x: anp.sum(anp.array([x[0], x[1]]) ** 2))(numpy.ones(2)), [2, 2])


def test_lists_of_tensors_become_arrays():
    x = numpy.array([1.0, 2.0, 3.0])

    def f(x):
        a = np.array([[x[0], 1.0], [x[1] * x[0], x[2]]])
        b = np.r_[x, 5.0, a[1]]
        c = np.c_[x, 2 * x]
        d = np.mean([x[0], x[2]]) + np.max([x[1], 0.0]) + np.linalg.norm([x[0], x[1]])
        d += np.einsum("i,i", [x[0], x[2]], [1.0, x[1]]) + np.cross([x[0], 1.0, x[1]], x)[0]
        d += np.sum(np.linalg.inv([[x[0], 1.0], [0.0, 2.0]])) + np.linalg.det(
            [[x[1], 1], [1, x[0]]]
        )
        d += np.sum(np.linalg.solve([[x[2], 1.0], [0.0, 2.0]], [x[0], x[1]]))
        return np.sum(a * a) + np.sum(b**2) * d + np.sum(c) + np.sum(np.full(2, x[1]))

    assert type(np.array([1.0, 2.0])) is numpy.ndarray
    assert np.array(Tensor([1.0]), ndmin=3).shape == (1, 1, 1)
    autograd.check_grads(f, x)


@pytest.mark.parametrize(
    "name", ["column_stack", "concatenate", "dstack", "hstack", "row_stack", "stack", "vstack"]
)
def test_iterables_of_arrays_are_joined(name):
    join, x = getattr(np, name), numpy.array([[1.0, 2.0], [3.0, 4.0]])
    plain = getattr(numpy, "vstack" if name == "row_stack" else name)
    assert_allclose(join(row for row in x), plain(x))
    by = grad(lambda x: np.sum(join({"a": x[0], "b": x[1] ** 2}.values()) ** 2))(x)
    assert_allclose(by, [2 * x[0], 4 * x[1] ** 3])
    assert_allclose(by, grad(lambda x: np.sum(join([[*x[0]], x[1] ** 2]) ** 2))(x))
    assert_allclose(join(x), plain(x))


def test_vectorize_runs_once_per_element():
    step = np.vectorize(lambda x, y: x * y if x > y else y)
    assert_allclose(jacobian(step)(numpy.array([1.0, 3.0]), 2.0), [[0, 0], [0, 2]])
    assert_allclose(step([1.0, 3.0], 2.0), [2, 6])
    assert_allclose(
        jacobian(lambda x: step([x[0], 3.0], x[1]))(numpy.array([1.0, 2.0])), [[0, 1], [0, 3]]
    )


def test_names_of_python_are_found_and_not_exported():
    from autograd import dict, isinstance, list, tuple, type  # noqa: A004, PLC0415  # HIPS has them

    assert (dict, list, tuple) == ({}.__class__, [].__class__, ().__class__)
    x = Tensor([1.0])
    assert isinstance(x, numpy.ndarray)
    assert type(x) is ag_type(x) is numpy.ndarray
    assert not {"dict", "list", "tuple", "isinstance", "type"} & {*autograd.__all__}
    assert x._value is x.data


def test_names_that_only_annotate_are_there():
    from autograd.builtins import DictBox, SequenceBox  # noqa: PLC0415  # beside Python's own
    from autograd.core import isbox  # noqa: PLC0415  # where older programs find it

    seen = []
    grad(lambda p: seen.append(p) or isbox(p["a"]) * p["a"] * p["b"][0])({"a": 1.0, "b": (2.0,)})
    assert isinstance(seen[0], DictBox)
    assert isinstance(seen[0]["b"], SequenceBox)


def test_operators_of_ones_own_are_made_of_their_parts():
    from autograd import differential_operators as parts  # noqa: PLC0415  # as geomstats has it

    @parts.unary_to_nary
    def value_and_jacobian(fun, x):
        pull, value = parts._make_vjp(fun, x)
        space = parts.vspace(value)
        rows = np.stack([*map(pull, space.standard_basis())])
        return value, np.reshape(rows, space.shape + parts.vspace(x).shape)

    x = numpy.array([1.0, 2.0])
    value, rows = value_and_jacobian(lambda x: np.array([[x[0] * x[1], x[1]]]))(x)
    assert value.tolist() == [[2, 2]]
    assert rows.tolist() == [[[2, 1], [0, 1]]]
    assert_allclose(parts._make_jvp(np.square, x)(x), [x**2, 2 * x**2])


def test_importing_autograd_does_not_load_these_rooms():
    code = "import sys, autograd; print(sorted(m for m in sys.modules if m.startswith('autograd')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for room in ("numpy", "extend", "core", "misc", "test_util", "tracer"):
        assert f"'autograd.{room}'" not in done.stdout


# ── primitives of one's own ───────────────────────────────────────────────────────────────────
def test_helpers_of_rules_are_found():
    from autograd.numpy.numpy_vjps import (  # noqa: PLC0415  # as programs do
        match_complex,
        repeat_to_match_shape,
        replace_zero,
    )

    def reduction(ans, x, axis=None, keepdims=False):  # noqa: ARG001  # HIPS's signature
        def pull(g):
            wide, count = repeat_to_match_shape(g, np.shape(x), np.result_type(x), axis, keepdims)
            return match_complex(x, wide * (1 + 0j)) * np.cos(x) / replace_zero(count, 1)

        return pull

    @primitive
    def mean_sine(x, axis=None, keepdims=False):
        return numpy.mean(numpy.sin(x), axis=axis, keepdims=keepdims)

    defvjp(mean_sine, reduction)
    x = numpy.arange(24.0).reshape(2, 3, 4)
    for axis in (None, 1, -1, (0, 2)):
        for keepdims in (False, True):
            f = lambda x: mean_sine(x, axis=axis, keepdims=keepdims) ** 2  # noqa: B023  # now
            check_grads(f, order=2)(x)
    assert repeat_to_match_shape(2.0, (), float, None, False) == (2.0, 1)


def test_rules_by_argument_number():
    for define in (
        lambda f: defvjp_argnum(f, lambda i, ans, args, kw: lambda g: g * args[1 - i] * kw["by"]),
        lambda f: defvjp_argnums(
            f, lambda which, ans, args, kw: lambda g: [g * args[1 - i] * kw["by"] for i in which]
        ),
        lambda f: defvjp(
            f,
            lambda ans, a, b, by: lambda g: g * a * by,
            lambda ans, a, b, by: lambda g: g * b * by,
            argnums=(1, 0),
        ),
    ):
        times = primitive(lambda a, b, by=1.0: by * a * b)
        define(times)
        check_grads(times, (0, 1))(2.0, 3.0, by=0.5)


def test_a_push_is_enough():
    @primitive
    def f(x, y):
        return np.sin(x) * y

    defjvp(f, lambda g, ans, x, y: g * np.cos(x) * y, "same")
    with pytest.raises(AssertionError):
        check_grads(lambda x: f(x, 2.0) + getval(x), order=1)(0.3)
    check_grads(lambda x: f(x, 2.0))(0.3)


def test_linear_primitives_are_their_own_pushes():
    for define in (def_linear, lambda f: defjvp(f, "same", "same")):
        product = primitive(lambda a, b: a * b)
        define(product)
        check_grads(product, (0, 1))(2.0, 3.0)
        assert make_jvp(product)(2.0, 3.0)(1.5) == (6.0, 4.5)


def test_an_implicit_layer_has_second_derivatives():
    """Its rule differentiates by one argument at a time, and finds the result in the closure."""

    @primitive
    def solution(w, x):
        z = 0.0
        for _ in range(100):
            z = np.tanh(w * z + x)
        return z

    def rule(ans, w, x, by):
        residual = lambda z, w, x: np.tanh(w * z + x)
        return lambda g: g / (1 - grad(residual)(ans, w, x)) * grad(residual, by)(ans, w, x)

    defvjp(solution, lambda *call: rule(*call, by=1), lambda *call: rule(*call, by=2))
    check_grads(solution, (0, 1))(0.4, 0.3)


def test_a_primitive_refuses_a_closure():
    """The part of the gradient that goes through it would be missing in silence."""

    def root(a, step):
        return fixed_point(step, a, 1.0, lambda x, y: abs(x - y), 1e-12)

    for f in (
        lambda b: root(2.0 + 0 * b, lambda a: lambda x: 0.5 * (x + a * b / x)),
        lambda b: root((2.0 + 0 * b,), lambda a: lambda x: 0.5 * (x + a[0] * b / x)),
    ):
        with pytest.raises(RuntimeError) as error:
            grad(f)(3.0)
        assert str(error.value) == three_lines(
            "a primitive uses a tensor that is not its argument",
            "fixed_point(...)",
            "that tensor as an argument, by position; getval(x) where it is a constant",
        )
    both = grad(lambda b: root((2.0, b), lambda ab: lambda x: 0.5 * (x + ab[0] * ab[1] / x)))
    alone = grad(lambda b: root(2.0, lambda a: lambda x: 0.5 * (x + a * b / x)))
    assert both(3.0) == pytest.approx(6**-0.5)
    assert alone(3.0) == pytest.approx(6**-0.5)


def test_containers_go_in_and_come_out():
    @primitive
    def spread(pair, n):
        return {"both": pair["a"] * pair["b"], "n": [pair["a"] * n]}

    def rule(_, pair, n):
        return lambda g: {
            "a": g["both"] * pair["b"] + g["n"][0] * n, "b": g["both"] * pair["a"],
        }  # fmt: skip

    defvjp(spread, rule, lambda ans, pair, n: lambda g: np.sum(g["n"][0] * pair["a"]))

    def f(a, n):
        parts = spread({"a": a, "b": a * a}, n)
        return np.sum(parts["both"]) + np.sum(parts["n"][0] ** 2)

    check_grads(f, (0, 1))(numpy.array([1.0, 2.0]), 3.0)
    by_number = grad(lambda n: spread({"a": 2.0, "b": 1.0}, n)["n"][0])
    assert by_number(3.0) == 2


@pytest.fixture
def tables():
    """Put the rows back that a test replaces."""
    from autograd.primitive import COMPOSITES, PRIMITIVES  # noqa: PLC0415  # for this alone

    before = [dict(table) for table in (COMPOSITES, PRIMITIVES)]
    yield
    for table, kept in zip((COMPOSITES, PRIMITIVES), before, strict=True):
        table.clear()
        table.update(kept)


@pytest.mark.usefixtures("tables")
def test_rules_of_numpys_functions_can_be_replaced():
    a = numpy.array([[2.0, 1.0], [1.0, 3.0]])
    sign = lambda a: np.linalg.slogdet(a)[1]
    defjvp(np.linalg.slogdet, lambda g, ans, a: (0.0, 7.0))
    assert_allclose(grad(sign)(a), numpy.linalg.inv(a).T)  # the pull is known, and suffices
    defvjp(np.linalg.slogdet, lambda ans, a: lambda g: g[1] * 7 * np.linalg.inv(a).T)
    defjvp(np.linalg.slogdet, lambda g, ans, a: (0.0, 5.0))
    assert_allclose(grad(sign)(a), 7 * numpy.linalg.inv(a).T)
    assert type(np.linalg.slogdet(Tensor(a))).__name__ == "SlogdetResult"


def test_results_in_containers_keep_their_dtypes():
    @primitive
    def both(x):
        return x.astype(numpy.float32), x * 1j, [numpy.array([2, 0]), x > 1]

    defvjp(both, lambda ans, x: lambda g: g[0].astype(float) + np.real(1j * g[1]))
    x = numpy.array([1.0, 2.0, 3.0])

    def f(x):
        single, turned, (indices, large) = both(x)
        seen[:] = single, turned, indices, large
        return np.sum(single[indices] ** 2) - np.imag(np.sum(turned[large] ** 2 * 1j))

    seen = []
    assert_allclose(grad(f)(x), [2, 4, 12])
    assert [part.dtype.kind for part in seen] == ["f", "c", "i", "b"]
    assert seen[0].dtype == numpy.float32


def test_a_primitive_of_the_package_may_give_containers():
    """Programs write `autograd.primitive`, too, and then the rules of `autograd.extend`."""

    @autograd.primitive
    def entries(a, b):
        return a * b, numpy.array([0, 1])

    defvjp(entries, lambda ans, a, b: lambda g: g[0] * b, lambda ans, a, b: lambda g: g[0] * a)

    def f(a, b):
        values, indices = entries(a, b)
        return np.sum(values[indices] ** 2)

    assert type(entries(1.0, 2.0)[0]) is float
    check_grads(f, (0, 1))(numpy.array([1.0, 2.0]), numpy.array([3.0, 4.0]))


def test_containers_go_through_a_program():
    @primitive
    def product(pair):
        return {"of": pair["a"] * pair["b"], "twice": 2 * pair["a"]}

    def rule(_, pair):
        return lambda g: {"a": g["of"] * pair["b"] + 2 * g["twice"], "b": g["of"] * pair["a"]}

    defvjp(product, rule)

    def f(x):
        parts = product({"a": x, "b": x * x})
        return parts["of"] * parts["twice"]

    for g in (f, grad(f)):
        program = autograd.capture(g, 3.0)
        assert program(5.0) == g(5.0)


def test_a_missing_rule_asks_for_it():
    f = primitive(lambda x, y: x * y)
    with pytest.raises(NotImplementedError, match="the derivative of <lambda> is not defined for"):
        grad(f)(1.0, 2.0)
    defvjp(f, lambda ans, x, y: lambda g: g * y)
    assert grad(f)(1.0, 2.0) == 2
    with pytest.raises(NotImplementedError, match="for its argument 1"):
        grad(f, 1)(1.0, 2.0)
    with pytest.raises(TypeError, match="takes by position"):
        grad(lambda y: f(1.0, y=y))(2.0)


def test_none_is_a_gradient_of_zero():
    f = primitive(lambda x, y: x * y)
    defvjp(f, None, lambda ans, x, y: lambda g: g * x)
    assert grad(f, (0, 1))(3.0, 2.0) == (0, 3)


def test_old_style_rules():
    f = primitive(lambda x, y: x * y)
    f.defvjp(lambda g, ans, space, its_space, x, y: g * y * space.ones())
    f.defgrad(lambda ans, x, y: lambda g: g * x, argnum=1)
    check_grads(f, (0, 1))(2.0, 3.0)
    quick_grad_check(f, 2.0, (3.0,))
    f.defvjp_is_zero(argnums=(1,))
    assert grad(f, (0, 1))(2.0, 3.0) == (3, 0)
    with pytest.raises(AssertionError):
        quick_grad_check(lambda y, x: f(x, y), 3.0, kwargs={"x": 2.0})


def test_methods_are_primitives():
    class Line:
        def __init__(self, slope):
            self.slope = slope

        @primitive
        def __call__(self, x):
            return self.slope * x

    defvjp(func(Line.__call__), None, lambda ans, self, x: lambda g: g * self.slope)
    assert grad(Line(3.0))(1.0) == 3


def test_a_primitive_of_several_results_is_mapped():
    @primitive
    def both(x):
        return x**2, np.sin(x)

    defvjp(both, lambda ans, x: lambda g: g[0] * 2 * x + g[1] * np.cos(x))

    def product(x):
        square, sine = both(x)
        return square * sine

    x = numpy.arange(6.0).reshape(2, 3)
    assert type(vmap(product)(x)) is numpy.ndarray
    assert_allclose(vmap(product)(x), product(x))
    expected = 2 * product(x) * (2 * x * np.sin(x) + x**2 * np.cos(x))
    assert_allclose(grad(lambda x: np.sum(vmap(product)(x) ** 2))(x), expected)
    assert_allclose(vmap(grad(lambda x: np.sum(product(x) ** 2)))(x), expected)


def test_notrace_sees_values():
    seen = []
    look = notrace_primitive(lambda x: seen.append(x))
    grad(lambda x: look(x) or x * 2)(1.0)
    assert type(seen[0]) is numpy.float64


# ── the rest of the interface ─────────────────────────────────────────────────────────────────
def test_wrong_rules_are_caught_in_both_modes():
    numpy.random.seed(0)  # nearly at right angles to the gradient, nobody sees half a percent
    f = primitive(lambda x: np.sum(x**2))
    defvjp(f, lambda ans, x: lambda g: g * 2.01 * x)
    x = numpy.array([1.0, 2.0])
    for check in (check_vjp, check_jvp):
        with pytest.raises(AssertionError):
            check(f, x)
    wrong_second = primitive(lambda x: x**2)
    defvjp(wrong_second, lambda ans, x: lambda g: g * 2 * getval(x))
    check_grads(wrong_second, order=1)(1.0)
    with pytest.raises(AssertionError):
        check_grads(wrong_second, order=2)(1.0)


def test_spaces():
    value = {"w": numpy.ones((2, 1)), "z": [1j, 2.0]}
    space = vspace(value)
    assert space.size == 5
    assert len([*space.standard_basis()]) == 5
    assert space.inner_prod(value, space.scalar_mul(value, 2.0)) == 14
    assert space.covector(value)["z"][0] == -1j
    assert space.add(value, space.ones())["z"][0] == 1 + 2j
    assert space != vspace(value["w"])


def test_flatten_sorts_keys_and_gives_them_back_as_they_were():
    flat, unflatten = flatten({"b": 1.0, "a": (numpy.full((1, 2), 2.0), [])})
    assert flat.tolist() == [2, 2, 1]
    assert [*unflatten(flat)] == ["b", "a"]
    assert flatten([])[0].shape == (0,)
    double, _, start = flatten_func(lambda p: [2 * p[0]], [1.0])
    assert double(start) == 2


def test_one_can_differentiate_through_an_optimizer():
    def after(size):
        return adam(lambda x, i: 2 * x, Tensor(1.0) * 1.0, num_iters=3, step_size=size)

    autograd.check_grads(after, 0.1)


def test_trace_tells_every_operation():
    class Named(Node):
        def __init__(self, _, fun, __, ___, argnums, parents):
            self.told = f"{fun.__name__}{argnums}"
            self.parents = parents

        def initialize_root(self):
            self.told, self.parents = "input", []

    value, last = trace(Named.new_root(), lambda x: np.sin(2.0 * x) + x, 0.0)
    assert value == 0
    assert last.told == "add(0, 1)"
    assert [p.told for p in last.parents] == ["sin(0,)", "input"]
    assert trace(Named.new_root(), lambda x: 1.0, 0.0) == (1.0, None)


def test_const_graph_replays():
    f = const_graph(lambda a, x: a * np.sin(x), 2.0)
    assert f(0.5) == f(0.5) == 2 * numpy.sin(0.5)

"""Where a NaN is born; debuggers; what an error in a rule tells."""

import bdb
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, detect_anomaly, grad, no_grad, primitive, record_lines
from autograd.base import modes
from autograd.base.errors import ROOMS, user_frame
from autograd.debugging import watch


def leaf(data, name=None):
    return Tensor(data, requires_grad=True, name=name)


def here(offset=0):
    frame = sys._getframe(1)
    return f"{frame.f_code.co_filename}:{frame.f_lineno + offset}"


def test_the_first_nan_of_the_computation():
    x = leaf([4.0, -1.0, -2.0], "x")
    with pytest.raises(FloatingPointError) as error, detect_anomaly():  # noqa: PT012  # a program of two lines
        y = x * 2.0
        np.sqrt(y)
    assert str(error.value) == (
        "sqrt is nan, where all its arguments are finite\n"
        f"  where: sqrt(argument 0 (3,)) at {here(-3)}, element (1,): sqrt(-2.0)\n"
        "  instead: arguments inside the domain, as np.maximum(x, 1e-12) or np.where; "
        "or numbers that do not overflow"
    )


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (lambda x: x / 0.0, "divide is inf"),
        (lambda x: 1.0 / (x - x), "divide is inf"),
        (lambda x: np.log(x - 1.0), "log is -inf"),
        (lambda x: np.exp(x * 1000.0), "exp is inf"),
        (lambda x: (x * 1e200) ** 2, "(pow|power) is inf"),
        (lambda x: (x * 1e200) @ (x * 1e200), "matmul is inf"),
    ],
)
def test_what_is_not_finite_is_found_where_it_is_born(f, what):
    with pytest.raises(FloatingPointError, match=rf"^{what}, where"), detect_anomaly():
        f(leaf([1.0, 1.0])) * 2.0 + 1.0


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x > 0, x, -np.inf),
        lambda x: x.masked_fill(x < 0, float("-inf")),
        lambda x: np.pad(x, 1, constant_values=-np.inf),
        lambda x: x + float("inf"),
    ],
)
def test_a_python_number_may_be_what_is_not_finite(f):
    with detect_anomaly():
        assert not np.isfinite(f(leaf([1.0, -1.0])).data).all()


def test_what_was_never_finite_is_not_born_here():
    with detect_anomaly():
        x = leaf([np.nan, np.inf])
        y = x * 2.0 + 1.0
        np.where(y > 0, y, -np.inf)


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_first_nan_of_the_derivative(create_graph):
    x = leaf([1.0, 0.0], "x")
    with pytest.raises(FloatingPointError) as error, detect_anomaly():  # noqa: PT012  # a program of two lines
        y = np.sqrt(x)
        (y * 2.0).sum().backward(create_graph=create_graph)
    told = str(error.value).split("\n")
    if create_graph:  # the rule is a computation itself
        assert told[0].endswith("where all its arguments are finite")
        assert error.value.__notes__ == [f"  in backward: sqrt(x (2,)) at {here(-5)}"]
    else:
        node = f"sqrt(x (2,)) at {here(-7)}"
        remedy = "an argument inside the domain of the derivative, as np.maximum(x, 1e-12) or "
        remedy += "np.where"
        assert told == [
            "the derivative of sqrt is inf, where all that went into it is finite",
            f"  where: argument 0 of {node}, element (1,): sqrt(0.0), and 2.0 arrived",
            f"  instead: {remedy}",
        ]
    assert x.grad is None


def test_scalars_and_transforms_are_looked_at_too():
    @detect_anomaly()
    def slope(x):
        return grad(lambda x: np.sqrt(x * x) * 3.0)(x)

    assert slope(2.0) == 3
    with pytest.raises(FloatingPointError, match=r"sqrt.*\n.*: sqrt\(0\.0\)"):
        slope(0.0)


def test_a_forward_pass_outside_is_told_without_its_line():
    x = leaf(0.0, "x")
    y = np.sqrt(x)
    with (
        pytest.raises(FloatingPointError, match=r"argument 0 of sqrt\(x \(\)\): sqrt"),
        detect_anomaly(),
    ):
        y.backward()


def test_nothing_stays_behind():
    operators = {name: vars(Tensor)[name] for name in ("__mul__", "__rmul__", "__add__", "__eq__")}
    with pytest.raises(KeyError), detect_anomaly(), detect_anomaly():
        raise KeyError
    assert {name: vars(Tensor)[name] for name in operators} == operators
    with detect_anomaly(), no_grad():
        assert (leaf(2.0) * 3.0).op is None
        assert leaf(2.0).__mul__("word") is NotImplemented
    with np.errstate(all="ignore"):
        leaf(1.0) / 0.0


# ── an error in a rule ────────────────────────────────────────────────────────────────────────
def failing():
    rule = primitive(lambda x: x + 1.0, name="failing")
    rule.defvjp(lambda g, y, x: g @ np.ones((7, 7)))
    return rule


@pytest.mark.parametrize("watcher", [detect_anomaly, ag.audit])
def test_a_decorated_function_may_call_itself(watcher):
    watch = watcher()

    @watch
    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)

    before = np.geterr()
    assert power(leaf(2.0), 3).item() == 8.0
    assert np.geterr() == before
    assert not modes.watching
    if watcher is ag.audit:
        assert watch.checked["multiply"] >= 4, "one report for all calls"


def test_a_decorated_generator_is_watched():
    @detect_anomaly
    def roots():
        yield np.sqrt(leaf(4.0)).item()
        yield np.sqrt(leaf(-1.0))

    steps = roots()
    assert next(steps) == 2.0
    assert not modes.watching
    with np.errstate(invalid="ignore"):
        np.sqrt(leaf(-1.0))  # of nobody's
    with pytest.raises(FloatingPointError, match="sqrt is nan"):
        next(steps)
    assert not modes.watching


def test_a_decorated_function_is_watched_in_every_thread():
    meet = threading.Barrier(2, timeout=5)

    @detect_anomaly()
    def work(x):
        meet.wait()  # both are inside
        with pytest.raises(FloatingPointError):
            np.log(x)
        meet.wait()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, [leaf(-1.0), leaf(-2.0)]))


def test_blocks_of_one_watcher_may_nest_and_run_in_several_threads():
    watch, before = detect_anomaly(), np.geterr()
    with watch, watch, pytest.raises(FloatingPointError):
        np.log(leaf(-1.0))
    assert np.geterr() == before
    entered, left = threading.Event(), threading.Event()

    def late():
        with watch:
            entered.set()
            left.wait(5)
            with pytest.raises(FloatingPointError):
                np.log(leaf(-1.0))

    with ThreadPoolExecutor(1) as threads:
        with watch:
            done = threads.submit(late)
            entered.wait(5)
            with pytest.raises(FloatingPointError):
                np.log(leaf(-1.0))
        left.set()
        done.result()
    assert np.geterr() == before
    assert not modes.watching


def test_a_watcher_that_is_interrupted_as_it_begins_leaves_nothing(monkeypatch):
    def interrupted(op):
        if op.name == "matmul":
            raise KeyboardInterrupt
        return told(op)

    told, before = watch._told, (np.geterr(), dict(vars(Tensor)))
    monkeypatch.setattr(watch, "_told", interrupted)
    with pytest.raises(KeyboardInterrupt), detect_anomaly():
        pass
    assert (np.geterr(), dict(vars(Tensor))) == before
    assert not modes.watching


@pytest.mark.parametrize("looks", [lambda x, y: np.log(x), lambda x, y: y.backward()])
def test_what_watches_another_thread_may_end_meanwhile(looks):
    class Ending:
        @property
        def thread(self):  # asked while somebody goes through all that watch
            modes.watching.remove(self)
            return 0

    x = leaf(0.0)
    with detect_anomaly():
        y = np.sqrt(x)
        modes.watching.insert(0, Ending())
        with pytest.raises(FloatingPointError):
            looks(x, y)
    assert not modes.watching


def test_an_error_in_a_rule_tells_the_forward_line():
    x, rule = leaf([1.0, 2.0], "x"), failing()
    with record_lines():
        y = rule(x)
    with pytest.raises(ValueError, match="matmul") as error:
        y.sum().backward()
    assert error.value.__notes__ == [f"  in backward: failing(x (2,)) at {here(-3)}"]
    with pytest.raises(ValueError, match="matmul") as error:
        rule(x).sum().backward()
    assert error.value.__notes__ == [
        "  in backward: failing(x (2,)); record_lines() before it is computed lets it tell its line"
    ]


# ── debuggers ─────────────────────────────────────────────────────────────────────────────────
class Stepper(bdb.Bdb):
    """Steps through one function, and prints its variables at each line, as a user of pdb does."""

    def __init__(self):
        super().__init__()
        self.shown = []

    def user_line(self, frame):
        if frame.f_code.co_name == "stepped":
            self.shown.append({k: repr(v) for k, v in frame.f_locals.items()})
        self.set_step()


def test_stepping_through_a_function_that_is_differentiated_shows_values():
    def stepped(x):
        y = x * x
        y[0] = 5.0
        z = np.sum(y)
        return z  # noqa: RET504  # so that a line shows it

    before, debugger = sys.gettrace(), Stepper()
    try:
        result = debugger.runcall(grad(stepped), np.array([1.0, 2.0]))
    finally:
        sys.settrace(before)
    assert result.tolist() == [0, 4]
    assert debugger.shown[0]["x"].startswith("Tensor([1., 2.]")
    assert debugger.shown[1]["y"].startswith("Tensor([1., 4.]")
    assert debugger.shown[-1]["y"].startswith("Tensor([5., 4.]")
    assert debugger.shown[-1]["z"].startswith("Tensor(9.0")


def test_a_folder_that_only_begins_like_ours_is_the_users():
    assert not (ROOMS[0].rstrip("/\\") + "_course/lesson.py").startswith(ROOMS)
    assert ag.base.errors.__file__.startswith(ROOMS)
    assert user_frame() is sys._getframe()

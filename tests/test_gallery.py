"""Plots: the data of their lines, and honesty about jumps, poles and divergence."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autograd as ag
import nn
from autograd import Tensor, descent, plot, plot_losses, plot_regions, three_lines
from autograd.view.plotting.plot import sample

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")


@pytest.fixture(autouse=True)
def _figures():
    yield
    plt.close("all")


def curves(ax):
    """Return the points and values of f, f′, …: of the lines that have an entry in the legend."""
    lines = [line for line in ax.lines if line.get_label().startswith("f")]
    return [(np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in lines]


def logistic(x):
    return 1 / (1 + np.exp(-x))


# ── functions ─────────────────────────────────────────────────────────────────────────────────
ACTIVATIONS = {
    "sigmoid": (ag.sigmoid, logistic, lambda x: logistic(x) * (1 - logistic(x))),
    "tanh": (np.tanh, np.tanh, lambda x: np.cosh(x) ** -2.0),
    "relu": (ag.relu, lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
    "softplus": (ag.softplus, lambda x: np.log(1 + np.exp(x)), logistic),
    "silu": (
        nn.SiLU(),
        lambda x: x * logistic(x),
        lambda x: logistic(x) * (1 + x * (1 - logistic(x))),
    ),
    "cube": (lambda x: x**3, lambda x: x**3, lambda x: 3 * x**2),
    "constant": (lambda x: 2, lambda x: 2 + 0 * x, lambda x: 0 * x),
    "method": (lambda x: x.sin().cos(), lambda x: np.cos(np.sin(x)), None),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_lines_are_the_function_and_its_derivative(name):
    f, value, slope = ACTIVATIONS[name]
    (x, y), (dx, dy) = curves(plot(f, -4, 5))
    for points, seen, expected in ((x, y, value), (dx, dy, slope)):
        if expected is not None:
            known = ~np.isnan(seen)
            assert known.sum() > 1000
            assert (points[0], points[-1]) == (-4, 5)
            assert_allclose(seen[known], expected(points[known]), rtol=1e-9, atol=1e-12)


def test_higher_derivatives():
    lines = curves(plot(np.sin, 0, 6, order=5))
    expected = [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin, np.cos]
    for (x, y), f in zip(lines, expected, strict=True):
        assert_allclose(y, f(x), atol=1e-12)
    labels = [text.get_text() for text in plt.gca().get_legend().get_texts()]
    assert labels == ["f", "f′", "f″", "f‴", "f⁽⁴⁾", "f⁽⁵⁾"]
    assert len(curves(plot(np.sin, 0, 6, order=0))) == 1


def test_a_jump_is_not_joined_and_its_ends_are_found():
    edge = np.sqrt(2)
    x, y, unbounded = sample(lambda x: np.where(x > edge, 3.0, 1.0) + x, -5.0, 5.0)
    (gap,) = np.flatnonzero(np.isnan(y))
    assert_allclose(x[gap - 1 : gap + 2], edge, atol=1e-9)
    assert_allclose(y[[gap - 1, gap + 1]], [1 + edge, 3 + edge], atol=1e-8)
    assert not unbounded


@pytest.mark.parametrize(
    "f",
    [np.abs, np.cbrt, lambda x: ag.sigmoid(1e5 * (x - 0.003)), lambda x: np.exp(-((50 * x) ** 2))],
    ids=["kink", "vertical tangent", "steep", "narrow"],
)
def test_what_is_continuous_is_joined(f):
    _, y, unbounded = sample(f, -5.0, 5.0)
    assert not np.isnan(y).any()
    assert not unbounded


def test_a_kink_shows_the_slopes_on_both_sides_and_the_value_at_it():
    ax = plot(np.abs, -1, 1)
    _, (_, y) = curves(ax)
    assert_array_equal(np.unique(y[~np.isnan(y)]), [-1, 0, 1])
    (dot,) = np.flatnonzero(y == 0)
    assert np.isnan(y[[dot - 1, dot + 1]]).all()
    assert dots(ax) == [(0, 0)]


def dots(ax):
    drawn = [line.get_xydata() for line in ax.lines if line.get_marker() == "o"]
    return [tuple(xy) for dot in drawn for xy in dot]


def test_no_dot_is_cut_by_the_edge_of_the_panel():
    assert dots(plot(np.floor, -2, 2)) == []
    assert dots(plot(np.ceil, -2, 2)) == []


def test_a_legend_shows_lines_without_their_dots():
    ax = plot(np.sign, -2, 2)
    assert dots(ax) == [(0, 0)]
    assert [line.get_marker() for line in ax.get_legend().get_lines()] == ["None", "None"]


@pytest.mark.parametrize("pole", [0.0, 0.123, np.pi / 2])
@pytest.mark.parametrize("power", [1, 2])
def test_a_pole_leaves_the_rest_readable(pole, power):
    ax = plot(lambda x: (x - pole) ** -power, -5, 5)
    (x, y), _ = curves(ax)
    assert 1 < ax.get_ylim()[1] < 40
    known = ~np.isnan(y)
    assert_allclose(y[known], (x[known] - pole) ** -power, rtol=1e-6)
    joined = (x[:-1] < pole) & (pole < x[1:]) & known[:-1] & known[1:]
    if power == 1:
        assert not joined.any()


def test_no_derivative_where_there_is_no_value():
    (x, y), (dx, dy) = curves(plot(np.log, -3, 3))
    assert np.isnan(y[x < 0]).all()
    assert np.isnan(dy[dx < 0]).all()
    assert_allclose(dy[dx > 0.01], 1 / dx[dx > 0.01])
    nothing, value, _ = sample(lambda x: np.log(-1 - x * x), -1.0, 1.0)
    assert len(nothing) == len(value)
    assert np.isnan(value).all()


def test_a_gallery():
    functions = [ag.sigmoid, np.tanh, ag.relu, ag.softplus, ag.gelu, nn.SiLU()]
    axes = plot(functions, -5, 5)
    assert axes.shape == (6,)
    assert [ax.get_title() for ax in axes] == [
        r"$\sigma\left(x\right)$", r"$\tanh\left(x\right)$",
        r"$\operatorname{ReLU}\left(x\right)$", r"$\ln\left(1 + e^{x}\right)$",
        r"$\operatorname{GELU}\left(x\right)$", r"$\operatorname{SiLU}\left(x\right)$",
    ]  # fmt: skip
    assert [ax.get_legend() is not None for ax in axes] == [True] + 5 * [False]
    assert len(axes[0].figure.axes) == 6
    for count in (2, 4, 5):
        assert len(plot([np.sin] * count)[0].figure.axes) == count


def test_names():
    def swish(x):
        return x * ag.sigmoid(x)

    shown = [ax.get_title() for ax in plot([swish, lambda x: x**2 - 0.5 * x, np.sinh])]
    assert shown == ["swish", "x ** 2 - 0.5 * x", r"$\sinh\left(x\right)$"]
    typed = '<b>"$x$"|{y}</b>\\_%\n'
    (ax,) = plot({typed: np.sin})
    assert ax.get_title() == typed
    assert not ax.title.get_parse_math()
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x > 0, 1, -1.0) * x,
        lambda x: x - x.detach(),
        lambda x: np.piecewise(x, [x < 0, x >= 0], [0, 1]) * x,
    ],
)
def test_a_function_that_has_another_formula_elsewhere_is_called_f(f):
    assert plot([f])[0].get_title() == "f"
    assert plot([lambda x: x * np.maximum(x, 0)])[0].get_title() == "x * maximum(x, 0)"


def test_given_axes_are_used():
    _, axes = plt.subplots(1, 2)
    assert plot(np.sin, ax=axes[0]) is axes[0]
    assert list(plot([np.sin, np.cos], ax=axes)) == list(axes)


def test_colours_follow_the_style():
    def colours(ax):
        return [line.get_color() for line in ax.lines if line.get_label().startswith("f")]

    assert colours(plot(np.sin)) == ["#00568C", "#A34400"]
    with plt.style.context("dark_background"):
        assert colours(plot(np.sin)) == ["#7CC4FF", "#FFB07A"]
    figure, ax = plt.subplots()
    ax.set_facecolor("none")
    assert colours(plot(np.sin, ax=ax)) == ["#00568C", "#A34400"]
    ax.clear()
    figure.set_facecolor("black")
    ax.set_facecolor("none")
    assert colours(plot(np.sin, ax=ax)) == ["#7CC4FF", "#FFB07A"]


def ends(x):
    return x[:2]


@pytest.mark.parametrize(
    ("call", "error", "lines"),
    [
        (
            lambda: plot(np.sin, 3, 3),
            ValueError,
            (
                "an interval goes from a smaller number to a larger one",
                "plot(f, 3, 3)",
                "plot(f, -10, 10)",
            ),
        ),
        (
            lambda: plot(np.sin, order=-1),
            ValueError,
            (
                "the order counts the derivatives that are drawn beside f",
                "plot(f, order=-1)",
                "order=0 for f alone, order=1 for f and f′, order=2 for f″ as well",
            ),
        ),
        (
            lambda: plot(3.0),
            TypeError,
            (
                "plot draws functions, not a float",
                "plot(3.0)",
                "plot(np.tanh, -10, 10), or plot([np.tanh, sigmoid], -10, 10)",
            ),
        ),
        (
            lambda: plot(ends),
            ValueError,
            (
                "plot needs a function that gives one number for each point",
                "ends(x) of shape (2,), for x of shape (1001,)",
                "a function of each element, such as lambda x: np.exp(-x * x)",
            ),
        ),
        (
            lambda: plot([np.sin, np.cos], ax=plt.gca()),
            ValueError,
            (
                "the number of panels is 2, and the number of Axes 1",
                "ax=<Axes: >",
                "an Axes for each panel, or no ax for a new figure",
            ),
        ),
        (
            lambda: plot_losses({}),
            ValueError,
            (
                "there is no loss to draw",
                "plot_losses({})",
                "losses.append(loss.item()) after every step",
            ),
        ),
        (
            lambda: plot([]),
            ValueError,
            ("there is no function to draw", "plot([])", "plot([np.tanh, sigmoid])"),
        ),
        (
            lambda: plot_losses([[2, 1], [3, 2]]),
            ValueError,
            (
                "each loss is one number",
                "plot_losses of list (2,) int64",
                'loss.item(), or a dict of several runs: {"SGD": [...], "Adam": [...]}',
            ),
        ),
        (
            lambda: descent(bowl, (1, 2, 3)),
            ValueError,
            (
                "a path over a surface starts at two numbers",
                "descent(f, (1, 2, 3))",
                "descent(f, (4, 2), 0.1)",
            ),
        ),
        (
            lambda: descent(bowl, (1, 2), steps=0),
            ValueError,
            ("the path has at least one step", "descent(..., steps=0)", "steps=50"),
        ),
        (
            lambda: descent(lambda x, y: 3.0, (1, 2)),
            TypeError,
            (
                "descent needs a function that computes one number from its arguments",
                "f(start), which is 3.0",
                "lambda x, y: x**2 + y**2, or lambda p: np.sum(p**2)",
            ),
        ),
        (
            lambda: descent(3, (1, 2)),
            TypeError,
            (
                "descent takes a function",
                "descent(3)",
                "descent(f, start), where f(x) computes the result",
            ),
        ),
        (
            lambda: descent(bowl, (1, 2), lambda params: 3),
            TypeError,
            (
                "a function in the place of the learning rate makes an optimizer",
                "descent(f, start, make), where make(params) is 3",
                "nn.optim.Adam, or lambda params: nn.optim.SGD(params, lr=0.1)",
            ),
        ),
        (
            lambda: descent(bowl, (1, 2), nn.optim.SGD([Tensor(1.0, requires_grad=True)])),
            TypeError,
            (
                "descent makes the optimizer itself, for parameters of its own",
                "descent(f, start, SGD(...))",
                "a learning rate, nn.optim.Adam, or lambda params: nn.optim.SGD(params, lr=0.1)",
            ),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_errors(call, error, lines):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == three_lines(*lines)


def test_a_function_of_single_numbers():
    def step(x):
        return 1.0 if x > 0 else 0.0

    with pytest.raises(TypeError) as caught:
        plot(step)
    first, where, instead = str(caught.value).splitlines()
    assert first.startswith("plot calls a function with an array of points, and this one failed: ")
    assert where == "  where: step(x), x of shape (1001,)"
    assert instead == (
        "  instead: NumPy's functions instead of math's, np.where(x > 0, a, b) instead of if"
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: plot(np.sin),
        lambda: plot_losses([1.0]),
        lambda: descent(lambda x, y: x * y, (1, 1)),
        lambda: plot_regions(lambda x: x, np.eye(2), [0, 1]),
    ],
    ids=["plot", "plot_losses", "descent", "plot_regions"],
)
def test_without_matplotlib(call, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError) as caught:
        call()
    what, where, instead = str(caught.value).splitlines()
    assert what == "plots are drawn with matplotlib, which is not installed"
    assert where.startswith("  where: import matplotlib: ")
    assert instead == '  instead: pip install "retrograd[plot]"'


# ── losses ────────────────────────────────────────────────────────────────────────────────────
def test_losses():
    ax = plot_losses([3.0, Tensor(2.0, requires_grad=True), np.float32(1.5)])
    (line,) = ax.lines
    assert_array_equal(line.get_xdata(), [1, 2, 3])
    assert_array_equal(line.get_ydata(), [3, 2, 1.5])
    assert ax.get_legend() is None
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "loss")


def test_runs_keep_the_names_that_were_typed():
    names = ["_SGD", "$lr$", '<b>"x"|{y}</b>', "%\\"]
    ax = plot_losses({name: [2.0, 1.0] for name in names})
    texts = ax.get_legend().get_texts()
    assert [text.get_text() for text in texts] == names
    assert not any(text.get_parse_math() for text in texts)
    assert len({line.get_color() for line in ax.lines}) == 4
    ax.figure.canvas.draw()


def test_a_run_that_ends_in_nan_is_marked():
    ax = plot_losses({"good": [2.0, 1.0], "bad": [2.0, 3.0, np.inf, np.nan]})
    *lines, cross = ax.lines
    assert len(lines) == 2
    assert (cross.get_marker(), cross.get_xdata(), cross.get_ydata()) == ("x", [2], [3.0])
    assert_array_equal(lines[1].get_ydata(), [2, 3, np.nan, np.nan])


def test_a_loss_between_no_numbers_is_seen():
    ax = plot_losses([3.0])
    assert [(dot.get_marker(), dot.get_xdata(), dot.get_ydata()) for dot in ax.lines[1:]] == [
        ("o", [1], [3.0])
    ]
    assert all(tick == int(tick) for tick in ax.get_xticks()), "steps are whole"
    _, dot = plot_losses([3.0, 2.0, np.nan, 1.0, np.inf, 2.0, 1.0]).lines
    assert_array_equal(dot.get_xdata(), [4])


# ── descent ───────────────────────────────────────────────────────────────────────────────────
def bowl(x, y):
    return x**2 + 10 * y**2


def rosenbrock(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


def test_plain_descent_of_a_bowl_in_closed_form():
    """Of a bowl, x ← x - lr 2a x, so that xₖ = (1 - 2 lr a)ᵏ x₀."""
    found = descent(bowl, (4, 2), 0.08, steps=30)
    k = np.arange(31)[:, None]
    assert_allclose(found.path, np.array([4, 2]) * np.array([0.84, -0.6]) ** k, rtol=1e-12)
    assert_allclose(found.values, bowl(*found.path.T), rtol=1e-14)
    assert found.note == ""
    assert repr(found).startswith("30 steps from f(4, 2) = 56 to f(")


@pytest.mark.parametrize(
    "make",
    [
        nn.optim.Adam,
        lambda params: nn.optim.SGD(params, lr=1e-3, momentum=0.9),
        lambda params: nn.optim.AdamW(params, lr=0.1),
    ],
    ids=["a class", "momentum", "AdamW"],
)
def test_any_optimizer_takes_its_own_steps(make):
    found = descent(rosenbrock, [-1.2, 1.0], make, steps=20)
    p = Tensor([-1.2, 1.0], requires_grad=True)
    optimizer, path = make([p]), [p.data.copy()]
    for _ in range(20):
        optimizer.zero_grad()
        rosenbrock(p).backward()
        optimizer.step()
        path.append(p.data.copy())
    assert_array_equal(found.path, path)
    of_two = descent(lambda x, y: rosenbrock((x, y)), [-1.2, 1.0], make, steps=20)
    assert_allclose(of_two.path, path, rtol=1e-9)


def test_the_surface_holds_the_path():
    found = descent(bowl, Tensor([4.0, 2.0]), 0.08)
    flat, deep = found.figure.axes
    assert (flat.get_xlabel(), flat.get_ylabel()) == ("x", "y")
    edges = np.concatenate([p.vertices for c in flat.collections for p in c.get_paths()])
    assert (edges.min(axis=0) < found.path.min(axis=0)).all()
    assert (edges.max(axis=0) > found.path.max(axis=0)).all()
    assert_array_equal(flat.lines[0].get_xydata(), found.path)
    assert_allclose(np.transpose(deep.lines[0].get_data_3d())[:, 2], found.values)
    assert descent(rosenbrock, (-1.2, 1)).figure.axes[0].get_xlabel() == "p[0]"


def test_a_start_at_the_minimum_and_a_flat_function():
    assert (descent(bowl, (0, 0)).path == 0).all()
    plane = descent(lambda x, y: 0 * x * y + 1, (1, 1), steps=2)
    assert_array_equal(plane.values, [1, 1, 1])


def test_a_path_that_diverges_says_so():
    found = descent(bowl, (4, 2), 0.11, steps=50)
    assert found.path.shape == (51, 2)
    assert found.note == (
        "the path diverges: f has grown from 56 to 3.313e9; only the first 16 steps are shown. "
        "Try a smaller learning rate."
    )
    assert found.note in repr(found)
    assert len(found.figure.axes[0].lines[0].get_xdata()) == 17
    assert found.figure.get_suptitle() == found.note
    found.figure.canvas.draw()


@pytest.mark.parametrize(
    ("rate", "told"), [(40, "only the first step is shown"), (1e200, "only the start is shown")]
)
def test_few_steps_are_counted_in_words(rate, told):
    assert f"; {told}. Try" in descent(bowl, (4, 2), rate, steps=5).note


def test_a_path_that_leaves_the_numbers_says_so():
    found = descent(rosenbrock, (-1.2, 1), 0.01)
    step = int(np.argmin(np.isfinite(found.values)))
    assert found.note.startswith(f"the path diverges: f is ∞ at step {step}; only the first ")
    assert (found.path.shape, found.values.shape) == ((51, 2), (51,))
    assert np.isnan(found.values[step + 1 :]).all()
    assert np.isfinite(found.values[:step]).all()
    logarithm = descent(lambda x, y: -np.log(x) + y * y - 3 * x, (0.1, 1), 0.5, steps=5)
    assert np.isfinite(logarithm.path[0]).all()


# ── regions ───────────────────────────────────────────────────────────────────────────────────
DATA = np.array([[-2.0, -1.0, 5.0], [2.0, 1.0, 7.0], [1.0, -1.0, 9.0]])


def boundary(ax):
    lines = [c.get_paths()[0].vertices for c in ax.collections if hasattr(c, "levels")]
    assert lines
    return lines


def colour_at(ax, x, y):
    image = ax.images[0]
    left, right, bottom, top = image.get_extent()
    pixels = image.get_array()
    rows, columns = pixels.shape[:2]
    row, column = (y - bottom) / (top - bottom) * rows, (x - left) / (right - left) * columns
    return pixels[int(row), int(column)]


def test_the_line_is_where_the_answer_changes():
    model = nn.Linear(2, 2)
    model.load_state_dict({"weight": [[3.0, 1.0], [0.0, 0.0]], "bias": [0.5, 0.0]})
    ax = plot_regions(model, DATA[:, :2], [1, 0, 0])
    for line in boundary(ax):
        assert_allclose(3 * line[:, 0] + line[:, 1] + 0.5, 0, atol=0.02)
    blue, orange, page = (
        np.array(matplotlib.colors.to_rgb(c)) for c in ("#00568C", "#A34400", "w")
    )
    assert_allclose(colour_at(ax, 2.1, 0), page + 0.35 * (blue - page), atol=1e-2)
    assert_allclose(colour_at(ax, -2.1, 0), page + 0.35 * (orange - page), atol=1e-2)


def test_every_point_is_drawn_in_its_class():
    ax = plot_regions(
        lambda x: x[:, :2], DATA[:, :2], [[0, 1], [1, 0], [1, 0]], classes=["a", "$b"]
    )
    points = [np.asarray(c.get_offsets()) for c in ax.collections if not hasattr(c, "levels")]
    assert_array_equal(points[0], DATA[1:, :2])
    assert_array_equal(points[1], DATA[:1, :2])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "$b"]


def test_the_other_features_are_held_at_their_mean():
    seen = []

    def model(x):
        seen.append(x.numpy())
        return x

    ax = plot_regions(model, DATA, [0, 1, 2], features=np.array([-1, 0]))
    (rows,) = seen
    assert (rows[:, 1] == DATA[:, 1].mean()).all()
    assert rows[:, 2].min() < 5 < 9 < rows[:, 2].max()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("feature 2", "feature 0")


def test_one_output_is_a_logit_or_a_probability():
    images = [
        plot_regions(model, DATA[:, :2], [0, 1, 1]).images[0].get_array()
        for model in (
            lambda x: 3 * x[:, 0] - 1,
            lambda x: ag.sigmoid(3 * x[:, :1] - 1),
            lambda x: np.stack([0 * x[:, 0], 3 * x[:, 0] - 1], axis=1),
            lambda x: ag.softmax(np.stack([0 * x[:, 0], 3 * x[:, 0] - 1], axis=1)),
        )
    ]
    for image in images[1:]:
        assert_allclose(image, images[0], atol=1e-14)


@pytest.mark.parametrize(
    ("X", "y", "options", "where", "instead"),
    [
        (
            DATA, [0, 1, 1], {}, "X (3, 3), features=None",
            "features=(0, 1), two different of 3",
        ),
        (
            DATA, [0, 1, 1], {"features": (1, -2)}, "X (3, 3), features=(1, -2)",
            "features=(0, 1), two different of 3",
        ),
        *(
            (
                DATA, [0, 1, 1], {"features": chosen}, f"X (3, 3), features={chosen}",
                "features=(0, 1), two different of 3",
            )
            for chosen in (("a", "b"), "ab", (0.0, 1.0), 1, 0, (), (0, 1, 2))
        ),
        (
            DATA[:, :2], [0, 1], {}, "X (3, 2) and y (2,)",
            "X of shape (N, d), d >= 2, and y (N,)",
        ),
        (
            DATA[:, :2], [-1, 1, 1], {}, "the classes [-1  1], of a model of 2", "0 to 1",
        ),
        *(
            (
                DATA[:, :2], np.array([[1, 1], row, [0, 1]], dtype), {},
                "y (3, 2), with rows of several classes or none",
                "integers (N,), or one-hot: a single 1 in each row",
            )
            for dtype in (int, float, bool)
            for row in ([0, 1], [0, 0])
        ),
        (
            DATA[:0, :2], [], {}, "X (0, 2) and y (0,)", "X of shape (N, d), d >= 2, and y (N,)",
        ),
        (
            [[0, 1], [np.nan, 1], [0, np.inf]], [0, 1, 1], {},
            "X (3, 2), with nan or infinity in 2 rows",
            "plot_regions(model, X[finite], y[finite]), of the others",
        ),
        (
            DATA[:, :2], [0, 1, 1], {"classes": "abc"}, "3 names, of a model of 2 classes",
            "2 names",
        ),
    ],
)  # fmt: skip
def test_errors_of_regions(X, y, options, where, instead):
    with pytest.raises(ValueError) as caught:
        plot_regions(lambda x: x[:, :2], X, y, **options)
    assert str(caught.value) == (
        "plot_regions needs a class for each row, and two features to draw\n"
        f"  where: {where}\n  instead: {instead}"
    )


def test_one_number_may_have_an_axis():
    ax = plot_losses([Tensor([2.0]), np.array([[1.0]])])
    assert ax.lines[0].get_ydata().tolist() == [2, 1]
    layer = nn.Linear(2, 1)
    end = descent(layer, (0, 0), 0.5, steps=1).path[1]
    assert_allclose(end, -0.5 * layer.weight.data[0])


def test_a_model_that_cannot_be_called():
    with pytest.raises(ValueError) as caught:
        plot_regions(object(), DATA[:, :2], [0, 1, 1])
    assert str(caught.value) == three_lines(
        "plot_regions needs a class for each row, and two features to draw",
        "a model that is no function: object",
        "model.predict_proba of an estimator",
    )


def test_a_model_of_the_wrong_shape():
    with pytest.raises(ValueError, match=r"a model that makes \(\) of \(25921, 2\)"):
        plot_regions(np.sum, DATA[:, :2], [0, 1, 1])


def test_a_model_that_answers_nan():
    with pytest.raises(ValueError) as caught:
        plot_regions(lambda x: x * [np.nan, 1.0], DATA[:, :2], [0, 1, 1])
    assert str(caught.value) == three_lines(
        "plot_regions needs a class for each row, and two features to draw",
        "a model that answers nan or infinity",
        "a model of finite answers",
    )
    certain = plot_regions(lambda x: x * 0 + [-np.inf, 1.0], DATA[:, :2], [0, 1, 1])
    assert_allclose(colour_at(certain, 0, 0), colour_at(certain, 2.1, 0))

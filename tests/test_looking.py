"""Looking: the summary of a model, and pictures of its weights, gradients and answers."""

import collections
import copy
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor, three_lines

plt = pytest.importorskip("matplotlib.pyplot", reason="draws pictures")
colors = pytest.importorskip("matplotlib.colors", reason="reads their colours")
pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True)
def _figures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


# ── summary ───────────────────────────────────────────────────────────────────────────────────
def test_summary_of_a_convolutional_network():
    conv = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.MaxPool2d((2, 1)), nn.Flatten(), nn.Dropout(0.5), nn.Linear(48, 10),
    )  # fmt: skip
    rows = nn.summary(conv, np.ones((5, 3, 9, 7))).rows
    assert [r.output for r in rows[:5]] == [
        "(5, 10)", "(5, 8, 4, 3)", "(5, 8, 4, 3)", "(5, 8, 4, 3)", "(5, 8, 2, 3)",
    ]  # fmt: skip
    assert [r.parameters for r in rows] == [216 + 16 + 490, 216, 16, 0, 0, 0, 0, 490]
    own = [r.flops for r in rows]
    size = 5 * 8 * 4 * 3
    assert own[1] == 2 * size * 3 * 3 * 3
    assert own[3:] == [size, size, 0, 0, 5 * 10 * (2 * 48 + 1)]
    assert own[0] == sum(own[1:])


@pytest.mark.parametrize(
    ("model", "example", "outputs"),
    [
        (nn.LSTM(3, 4), (np.ones((5, 2, 3)),), ["(5, 2, 4), (1, 2, 4), (1, 2, 4)"]),
        (
            nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
            (np.ones((2, 5, 8)),),
            ["(2, 5, 8)"] * 6 + ["(2, 5, 16)"] * 2 + ["(2, 5, 8)"] * 3,
        ),
    ],
    ids=["LSTM", "transformer"],
)
def test_numbers_of_a_summary_are_those_of_the_model(model, example, outputs):
    rows = nn.summary(model, *example).rows
    assert sorted(r.output for r in rows) == sorted(outputs[: len(rows)])
    assert rows[0].parameters == sum(p.size for p in model.parameters())
    program = ag.capture(copy.deepcopy(model).eval().forward, *example)
    assert rows[0].flops == program.flops.total > 0
    named = dict(model.named_modules())
    assert [r.type for r in rows[1:]] == [type(named[r.layer]).__name__ for r in rows[1:]]


@pytest.mark.parametrize("inplace", [False, True])
def test_a_layer_that_writes_into_its_input_has_operations_too(inplace):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace), nn.Linear(8, 2))
    assert [r.flops for r in nn.summary(model, np.ones((5, 4))).rows] == [570, 360, 40, 170]


class Odd(nn.Module):
    """A cell that is called thrice, tied weights, a part without use, a branch on a value."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 4)
        self.cell = nn.Linear(4, 4)
        self.out = nn.Linear(4, 10, bias=False)
        self.out.weight = self.embedding.weight
        self.blocks = nn.ModuleList([nn.Tanh(), nn.Linear(3, 3)])
        self.calls = 0

    def forward(self, i):
        self.calls += 1
        h = self.embedding(i)
        for _ in range(3):
            h = self.blocks[0](self.cell(h))
        if float(h.sum()) > 1e9:
            h = h + 1
        return {"logits": self.out(h), "states": [h, None]}


def test_summary_tells_shared_and_unused_layers():
    model = Odd()
    model.blocks[1].requires_grad_(requires_grad=False)
    before = {name: dict(vars(m)) for name, m in model.named_modules()}
    seen = nn.summary(model, np.array([[1, 2, 3]]))
    assert {name: dict(vars(m)) for name, m in model.named_modules()} == before
    assert repr(seen).splitlines() == [
        "layer      type       output                 parameters  flops",
        "(model)    Odd        (1, 3, 10), (1, 3, 4)          72      ?",
        "embedding  Embedding  (1, 3, 4)                      40      0",
        "cell       Linear     (1, 3, 4) × 3                  20    324",
        "blocks.0   Tanh       (1, 3, 4) × 3                   0     36",
        "out        Linear     (1, 3, 10)                     40    240",
        "blocks.1   Linear     never called                   12      0",
        "out.weight is embedding.weight",
        "12 parameters are frozen",
    ]
    html = seen._repr_html_()
    assert html.count("<tr>") == 7
    assert '<td style="text-align:right">324</td>' in html
    assert "<p>out.weight is embedding.weight</p>" in html


def test_a_count_of_one_takes_its_verb():
    layer = nn.Linear(1, 2, bias=False)
    frozen = nn.Sequential(nn.Linear(1, 1, bias=False).requires_grad_(False), layer)
    assert "1 parameter is frozen" in str(nn.summary(frozen, np.ones((1, 1))))
    picture = ag.draw(layer(np.ones((1, 1))), level="module", depth=0)
    assert picture.scene.caption == "1 of 1 operations is in a closed module; depth=1 opens it"
    assert ag.plot_confusion([0, 1], [0, 0]).get_title() == "1 of 2 is right"
    steps = ag.descent(lambda x, y: x**2 + y**2, (1, 1), 0.1, steps=1)
    assert repr(steps).startswith("1 step from f(1, 1) = 2 to ")


def test_summary_changes_nothing():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    model[2].eval()
    state = {k: v.data.copy() for k, v in model.state_dict().items()}
    random = ag.default_generator.bit_generator.state
    nn.summary(model, np.random.rand(6, 3))
    assert all(np.array_equal(v.data, state[k]) for k, v in model.state_dict().items())
    assert ag.default_generator.bit_generator.state == random
    assert [m.training for m in model.modules()] == [True, True, True, False]
    with pytest.raises(ValueError):
        nn.summary(model, np.ones((6, 5)))
    assert [m.training for m in model.modules()] == [True, True, True, False]
    assert not any("forward" in vars(m) for m in model.modules())


def test_summary_and_doctor_leave_in_containers_what_was_there():
    class Recurring(nn.Linear):
        def forward(self, x):
            self.calls.append(len(self.calls))
            y = super().forward(x) + self.kept["last"].y
            self.kept["last"] = SimpleNamespace(y=y.detach())
            return y

    class Frozen(dict):
        clear = update = None

    model, first = Recurring(3, 2), SimpleNamespace(y=0.0)
    model.options = Frozen(size=3)
    model.calls, model.kept = [], collections.OrderedDict(last=first)
    calls, kept = model.calls, model.kept
    x = np.ones((6, 3))
    nn.summary(model, x)
    nn.doctor(model, lambda: model(x).sum())
    assert model.calls is calls == []
    assert model.kept is kept
    assert list(kept.items()) == [("last", first)]
    assert first.y == 0


def test_a_summary_of_a_compiled_model_is_that_of_the_model():
    model, x = nn.MLP(3, 4, 2), np.ones((1, 3))
    net = ag.compile(model)
    net(x)
    assert repr(nn.summary(net, x)) == repr(nn.summary(model, x))
    assert [row.flops for row in nn.summary(net, x).rows] == [50, 28, 4, 18]


def test_a_summary_tells_what_returns_no_array_from_what_is_never_called():
    class Largest(nn.Module):
        def forward(self, x):
            return float(x.max())

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.line, self.largest, self.unused = nn.Linear(3, 2), Largest(), Largest()

        def forward(self, x):
            return self.line(x) / self.largest(x)

    outputs = {row.layer: row.output for row in nn.summary(Model(), np.ones((4, 3))).rows}
    assert outputs["largest"] == "no array"
    assert outputs["unused"] == "never called"


# ── training ──────────────────────────────────────────────────────────────────────────────────
X = np.linspace(-1, 1, 24).reshape(12, 2)


def trained(*callbacks, epochs=3):
    model = nn.MLP(2, 4, 1)
    sgd = nn.optim.SGD(model.parameters(), lr=0.1)
    data = X, X[:, :1]
    nn.fit(model, data, nn.MSELoss(), sgd, epochs=epochs, callbacks=callbacks, batch_size=5)
    return model, sgd


def test_summary_of_a_module_that_makes_its_layers_when_it_is_called():
    class Lazy(nn.Module):
        def forward(self, x):
            if not hasattr(self, "fc"):
                self.fc = nn.Linear(x.shape[-1], 2)
                self.register_buffer("shift", np.ones(2))
            return self.fc(x) + self.shift

    lazy = Lazy()
    assert nn.summary(lazy, np.ones((1, 3))).rows[0].output == "(1, 2)"
    assert not lazy.state_dict()
    assert not nn.doctor(lazy, lambda: nn.functional.cross_entropy(lazy(np.ones((1, 3))), [1]))
    assert not lazy.state_dict()
    lazy(np.ones((1, 4)))
    assert list(lazy.state_dict()) == ["shift", "fc.weight", "fc.bias"]


def test_recorder():
    recorder, seen = nn.Recorder(), []

    def look(training):
        w = training.model[0].weight
        seen.append([np.quantile(v.data, [0, 0.25, 0.5, 1]) for v in (w, w.grad)])

    model, _ = trained(recorder, look)
    for record, column in ((recorder.weights, 0), (recorder.gradients, 1)):
        assert list(record) == [name for name, _ in model.named_parameters()]
        kept = np.array(record["0.weight"])[:, [0, 3, 5, 10]]
        assert np.allclose(kept, [row[column] for row in seen], rtol=1e-12, atol=0)
    axes = recorder.plot("2.weight", "0.bias")
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["2.weight", "0.bias"]
    medians = [line.get_ydata() for line in axes[1, 1].lines if line.get_linewidth() > 1]
    assert np.array_equal(medians, [np.array(recorder.gradients["0.bias"])[:, 5]])
    assert recorder.plot().shape == (4, 2)


def test_recorder_of_frozen_parameters():
    recorder, model = nn.Recorder(), nn.MLP(2, 4, 1)
    model[0].requires_grad_(requires_grad=False)
    recorder(SimpleNamespace(model=model))
    assert np.isnan(recorder.gradients["0.weight"]).all()
    assert np.isfinite(recorder.weights["0.weight"]).all()
    recorder.plot()[0, 0].figure.canvas.draw()
    with pytest.raises(ValueError, match=r"no parameter is called 1\.weight"):
        recorder.plot("1.weight")


def test_gradients_and_steps_of_layers():
    model, _ = trained()
    adam = nn.optim.Adam(model.parameters(), lr=0.01)
    model[2].bias.requires_grad_(requires_grad=False)
    before = [p.data.copy() for p in model.parameters()]
    left, right = nn.plot_gradients(model, adam)
    assert adam.state == {}
    assert all(np.array_equal(p.data, b) for p, b in zip(model.parameters(), before, strict=True))
    assert [t.get_text() for t in left.get_yticklabels()] == ["0.weight", "0.bias", "2.weight"]
    norms, ratios = (ax.lines[0].get_xdata() for ax in (left, right))
    chosen = [model[0].weight, model[0].bias, model[2].weight]
    assert np.allclose(norms, [np.sqrt(np.sum(p.grad.data**2)) for p in chosen], rtol=1e-12)
    adam.step()
    steps = [
        np.linalg.norm(p.data - b) / np.linalg.norm(b)
        for p, b in zip(chosen, before[:3], strict=True)
    ]
    assert np.allclose(ratios, steps, rtol=1e-12)


def test_gradients_that_have_no_place_on_the_axis():
    model = nn.MLP(2, 2, 1)
    model[0].weight.grad = Tensor(np.full((2, 2), np.nan))
    (ax,) = nn.plot_gradients(model)
    assert [t.get_text() for t in ax.texts] == ["NaN", "0", "0", "0"]
    assert len(ag.plot_flow({"a": [3.0, 4.0], "b": [np.inf]})[0].texts) == 1


def test_powers_of_10_are_all_that_is_written_below_gradients():
    (ax,) = ag.plot_flow({"a": 0.12, "b": 0.11})
    ax.figure.canvas.draw()
    minor = ax.xaxis.get_minor_ticks()
    assert minor
    assert not any(tick.label1.get_visible() for tick in minor)


def test_l_bfgs_makes_no_step_without_a_loss():
    model = nn.MLP(2, 2, 1)
    with pytest.raises(ValueError) as caught:
        nn.plot_gradients(model, nn.optim.LBFGS(model.parameters()))
    assert str(caught.value) == three_lines(
        "L-BFGS steps by losses that it asks for",
        "plot_gradients(model, LBFGS)",
        "plot_gradients(model)",
    )


class Shell:
    kernel = "some"


@pytest.fixture
def displayed(monkeypatch):
    """Return what a made-up IPython was told to display, and to update."""
    told = []

    def display(value, *, display_id):
        assert display_id is True
        told.append(("display", dict(value)))
        return SimpleNamespace(update=lambda v: told.append(("update", {k: [*v[k]] for k in v})))

    made_up, module = ModuleType("IPython"), ModuleType("IPython.display")
    made_up.get_ipython, module.display = Shell, display
    monkeypatch.setitem(sys.modules, "IPython", made_up)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return told


def test_live_losses_are_drawn_once_and_then_again_in_place(displayed):
    trained(nn.live_losses, epochs=3)
    trained(nn.live_losses, epochs=1)
    assert [what for what, _ in displayed] == ["display", "update", "update", "display"]
    assert [len(numbers["loss"]) for what, numbers in displayed if what == "update"] == [2, 3]


def test_nothing_is_live_outside_of_jupyter(displayed, monkeypatch):
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: None)
    trained(nn.live_losses)
    monkeypatch.delitem(sys.modules, "IPython")
    trained(nn.live_losses)
    assert displayed == []


# ── confusion ─────────────────────────────────────────────────────────────────────────────────
def cells(ax):
    return {
        (round(t.get_position()[1]), round(t.get_position()[0])): t.get_text() for t in ax.texts
    }


def test_confusion_counts_like_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="counts as well")
    rng = np.random.default_rng(0)
    scores, truth = rng.normal(size=(50, 4)), rng.integers(4, size=50)
    ax = ag.plot_confusion(Tensor(scores, requires_grad=True), truth)
    known = metrics.confusion_matrix(truth, scores.argmax(axis=1), labels=range(4))
    assert cells(ax) == {(i, j): str(known[i, j]) for i, j in np.argwhere(known)}
    assert ax.get_title() == f"{np.trace(known)} of 50 are right"


def test_confusion_is_painted_by_rows():
    ax = ag.plot_confusion([0] * 8 + [1, 1, 1, 0], [0] * 8 + [1, 1, 1, 1], classes=["$a$", "b"])
    assert cells(ax) == {(0, 0): "8", (1, 0): "1", (1, 1): "3"}
    assert [t.get_text() for t in ax.get_xticklabels()] == ["$a$", "b"]
    image = ax.images[0].get_array()
    page, blue, orange = [1, 1, 1], np.array([0, 86, 140]) / 255, np.array([163, 68, 0]) / 255
    assert np.allclose(image[0], [blue, page])
    assert np.allclose(image[1, 0], 1 + 0.5 * (orange - 1))
    assert np.allclose(image[1, 1], 1 + 0.75**0.5 * (blue - 1))
    ax.figure.canvas.draw()


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_counts_of_a_confusion_can_be_read_whatever_is_below_them(style):
    truth = np.repeat([0, 1], 20)
    for errors in range(1, 20):
        with plt.style.context(style):
            ax = ag.plot_confusion([0] * errors + [1] * (40 - errors), truth)
        image = ax.images[0].get_array()
        for text in ax.texts:
            j, i = text.get_position()
            cell, ink = (luminance(colors.to_hex(c)) for c in (image[i, j], text.get_color()))
            assert (max(cell, ink) + 0.05) / (min(cell, ink) + 0.05) > 3.9
        plt.close("all")


def luminance(colour):
    """Return the relative luminance that WCAG 2 defines."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("dtype", ["u1", "i1", "u8", "?"])
def test_confusion_of_integers_of_any_kind(dtype):
    classes = np.array([0, 1, 1]).astype(dtype)
    assert cells(ag.plot_confusion(classes, classes)) == {(0, 0): "1", (1, 1): "2"}


@pytest.mark.parametrize("dtype", ["u1", "?", "f2", "f8"])
def test_confusion_of_one_hot_rows_of_any_kind(dtype):
    target = np.eye(3)[[0, 2, 2]].astype(dtype)
    assert cells(ag.plot_confusion([0, 2, 1], target)) == {(0, 0): "1", (2, 1): "1", (2, 2): "1"}


def test_names_of_many_classes_stay_apart():
    many = np.arange(100)
    few = ag.plot_confusion(many % 3, many % 3).get_yticklabels()[0].get_fontsize()
    ax = ag.plot_confusion(many, many)
    ax.figure.canvas.draw()
    first, second = (t.get_window_extent() for t in ax.get_yticklabels()[:2])
    assert first.y0 >= second.y1
    assert few == 10


@pytest.mark.parametrize(
    ("prediction", "target", "classes", "where"),
    [
        ([0, 1], [0], None, "prediction (2,), target (1,), 2 classes"),
        ([0, -1], [0, 1], None, "prediction (2,), target (2,), 2 classes"),
        ([0.2, 0.7], [0, 1], None, "prediction (2,), target (2,), 2 classes"),
        ([0, 2], [0, 1], ["a", "b"], "prediction (2,), target (2,), 2 classes"),
        (np.eye(2), [0, 2], None, "prediction (2, 2), target (2,), 3 classes"),
        ([], [], None, "prediction (0,), target (0,), 0 classes"),
        ([[[0]]], [0], None, "prediction (1, 1, 1), target (1,), 1 classes"),
        (["a"], ["a"], None, "prediction (1,), target (1,), 0 classes"),
        ([0, 1], [[1, 1], [0, 1]], None, "prediction (2,), target (2, 2), 2 classes"),
        ([0, 1], [[1.0, 1.0], [0.0, 1.0]], None, "prediction (2,), target (2, 2), 2 classes"),
        ([0, 1], [[0.0, 0.0], [0.0, 1.0]], None, "prediction (2,), target (2, 2), 2 classes"),
        ([[0], [0]], [[0.0], [2.0]], None, "prediction (2, 1), target (2, 1), 1 classes"),
        ([[0, np.nan]], [0], None, "prediction (1, 2), target (1,), 2 classes, nan among them"),
    ],
)
def test_confusion_of_what_does_not_fit(prediction, target, classes, where):
    with pytest.raises(ValueError) as caught:
        ag.plot_confusion(prediction, target, classes=classes)
    what, told, _ = str(caught.value).splitlines()
    assert what.startswith("plot_confusion needs a class for each row, from 0 up, and a name")
    assert told == f"  where: {where}"


# ── filters ───────────────────────────────────────────────────────────────────────────────────
def tiles(ax):
    """Return the images in the mosaic, by where no line is transparent."""
    whole = ax.images[0].get_array()
    rows, columns = (whole[..., 3].any(axis=a) for a in (1, 0))
    parts = [np.split(np.arange(len(r)), np.flatnonzero(np.diff(r)) + 1) for r in (rows, columns)]
    kept = [[p for p in ps if r[p[0]]] for ps, r in zip(parts, (rows, columns), strict=True)]
    found = [whole[np.ix_(i, j)] for i in kept[0] for j in kept[1]]
    return [t[..., :3] for t in found if t[..., 3].all()]


def test_filters_of_a_linear_layer():
    w = np.random.default_rng(0).normal(size=(5, 12))
    seen = tiles(ag.plot_filters(Tensor(w, requires_grad=True), (3, 4)))
    assert [t.shape for t in seen] == [(3, 4, 3)] * 5
    blue, orange = np.array([0, 86, 140]) / 255, np.array([163, 68, 0]) / 255
    for tile, unit in zip(seen, (w / np.abs(w).max()).reshape(5, 3, 4, 1), strict=True):
        assert np.allclose(tile, 1 + np.abs(unit) * (np.where(unit > 0, blue, orange) - 1))


def test_filters_of_convolutions():
    rgb = nn.Conv2d(3, 6, 5).weight
    seen = tiles(ag.plot_filters(rgb))
    scaled = 0.5 + 0.5 * rgb.data / np.abs(rgb.data).max()
    assert np.allclose(np.array(seen), np.moveaxis(scaled, 1, -1))
    assert len(tiles(ag.plot_filters(nn.Conv2d(2, 6, 5).weight))) == 12
    ax = ag.plot_filters(nn.Linear(16, 100).weight)
    assert len(tiles(ax)) == 64
    assert ax.get_title().startswith("64 of 100 filters, from −")
    ax = ag.plot_filters(np.zeros((2, 4)))
    ax.figure.canvas.draw()
    assert ax.get_title() == "from 0 to 0"
    assert ag.plot_filters(np.full((2, 4), 1e-9)).get_title() == "from −1e−9 to 1e−9"


@pytest.mark.parametrize("shape", [3, (3.0, 3.0), "33", (-3, -3), (9,), (3, 4)])
@pytest.mark.parametrize("weight", [np.ones((2, 9)), np.ones((2, 1, 3, 3))])
def test_filters_of_what_is_no_shape(weight, shape):
    with pytest.raises(ValueError) as caught:
        ag.plot_filters(weight, shape)
    assert str(caught.value) == three_lines(
        "plot_filters needs the weights of images, one for each unit",
        f"weight {weight.shape}, shape={shape}",
        "a weight (units, height · width) and shape=(height, width), or a Conv2d's weight",
    )


# ── errors, and without matplotlib ────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("call", "lines"),
    [
        (
            lambda: ag.plot_filters(np.ones((4, 12))),
            (
                "plot_filters needs the weights of images, one for each unit",
                "weight (4, 12), shape=None",
                "a weight (units, height · width) and shape=(height, width), or a Conv2d's weight",
            ),
        ),
        (
            lambda: nn.Recorder().plot(),
            (
                "plot_bands needs rows of an epoch or more, the same in each column",
                "the columns weights, gradients with the rows [[], []]",
                '{"weights": {"layer1": [quantiles(w), ...]}, "gradients": {"layer1": [...]}}',
            ),
        ),
        (
            lambda: nn.Recorder().plot("weight"),
            (
                "no parameter is called weight",
                "a record of 0 parameters",
                "callbacks=[recorder] of nn.fit",
            ),
        ),
        (
            lambda: ag.plot_bands({"weights": {"layer1": []}}),
            (
                "plot_bands needs rows of an epoch or more, the same in each column",
                "the columns weights with the rows [['layer1']]",
                '{"weights": {"layer1": [quantiles(w), ...]}, "gradients": {"layer1": [...]}}',
            ),
        ),
        (
            lambda: ag.plot_flow(nn.ReLU()),
            (
                "plot_flow needs the gradient of each layer, and weights by the same names",
                "gradients of a ReLU, weights of [] and []",
                'plot_flow({"weight": w.grad}, before={"weight": w0}, after={"weight": w})',
            ),
        ),
        *(
            (
                lambda loss=loss: ag.plot_losses(loss),
                (
                    "there is no loss to draw",
                    f"plot_losses({loss!r})",
                    "losses.append(loss.item()) after every step",
                ),
            )
            for loss in (0.5, Tensor(0.5))
        ),
        (
            lambda: nn.plot_gradients(nn.ReLU()),
            (
                "plot_flow needs the gradient of each layer, and weights by the same names",
                "gradients of [], weights of [] and []",
                'plot_flow({"weight": w.grad}, before={"weight": w0}, after={"weight": w})',
            ),
        ),
    ],
    ids=["filters", "bands", "no such", "no epoch", "a module", "a number", "a tensor", "flow"],
)
def test_errors(call, lines):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == three_lines(*lines)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ag.plot_bands({"": {"a": [ag.quantiles([1.0])]}}),
        lambda: ag.plot_confusion([0], [0]),
        lambda: ag.plot_filters(np.ones((1, 4))),
        lambda: ag.plot_flow({"a": 1.0}),
    ],
    ids=["bands", "confusion", "filters", "flow"],
)
def test_pictures_draw_in_both_themes(call, monkeypatch):
    for style in ("default", "dark_background"):
        with plt.style.context(style):
            np.ravel(np.array(call(), dtype=object))[0].figure.canvas.draw()
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="drawn with matplotlib, which is not installed"):
        call()

"""Estimators: what scikit-learn asks of its own, and a few tasks with its tools."""

import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import three_lines

pytest.importorskip("sklearn", "1.6", reason="estimators are scikit-learn's")
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from nn.estimators import Classifier, Regressor

SMALL = {
    "classifier": partial(Classifier, (16,), lr=0.02, max_epochs=15),
    "regressor": partial(Regressor, (16,), lr=0.02, max_epochs=30),
}
CHECKS = [
    pytest.param(estimator, check, id=f"{name}-{check.func.__name__}")
    for name, make in SMALL.items()
    for estimator, check in estimator_checks_generator(make(), mark=None)
]


@pytest.fixture
def iris():
    """Flowers with their names as labels, in an order that is not the alphabet's."""
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), np.array(["virginica", "setosa", "other"])[y]


@pytest.fixture
def line():
    """Numbers that a linear layer predicts exactly."""
    X = np.random.default_rng(1).normal(size=(80, 3))
    return X, X @ [1.0, -2.0, 0.5] + 0.25


def weights(estimator):
    return {name: t.numpy().tobytes() for name, t in estimator.module_.state_dict().items()}


# ── scikit-learn's own checks ─────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_scikit_learns_checks(estimator, check):
    try:
        check(estimator)
    except Exception as error:  # scikit-learn's SkipTest is one of unittest or of pytest
        if type(error).__name__ != "SkipTest":
            raise
        pytest.skip(str(error))


def test_the_checks_find_what_is_wrong():
    class Forgetful(Classifier):
        def predict(self, X):
            self.asked_ = True
            return super().predict(X)

    found = [
        check.func.__name__
        for estimator, check in estimator_checks_generator(Forgetful((2,), max_epochs=1))
        if check.func.__name__ == "check_dict_unchanged" and raises(check, estimator)
    ]
    assert found == ["check_dict_unchanged"]


def raises(check, estimator):
    try:
        check(estimator)
    except AssertionError:
        return True
    return False


# ── its tools ─────────────────────────────────────────────────────────────────────────────────
def test_a_pipeline_reads_digits():
    X, y = load_digits(return_X_y=True)
    net = Classifier((32,), lr=0.01, max_epochs=10, random_state=0)
    pipeline = make_pipeline(StandardScaler(), net).fit(X[::2], y[::2])
    assert pipeline.score(X[1::2], y[1::2]) > 0.93


def test_a_search_finds_the_better_rate(iris):
    net = Classifier((8,), max_epochs=8, random_state=0)
    search = GridSearchCV(net, {"lr": [1e-6, 0.02]}, cv=3).fit(*iris)
    assert search.best_params_ == {"lr": 0.02}
    assert cross_val_score(search.best_estimator_, *iris, cv=3).min() > 0.75


def test_a_clone_is_the_same_and_not_fitted(iris):
    net = Classifier((4,), activation=nn.Tanh, max_epochs=2, random_state=3).fit(*iris)
    other = clone(net)
    assert other.get_params() == net.get_params()
    with pytest.raises(NotFittedError):
        other.predict(iris[0])
    assert weights(other.fit(*iris)) == weights(net)


def test_a_pickle_predicts_and_goes_on_the_same(iris):
    net = Classifier((4,), max_epochs=2, random_state=0).fit(*iris)
    other = pickle.loads(pickle.dumps(net))
    assert np.array_equal(other.predict_proba(iris[0]), net.predict_proba(iris[0]))
    assert weights(other.partial_fit(*iris)) == weights(net.partial_fit(*iris))


# ── classes ───────────────────────────────────────────────────────────────────────────────────
def test_probabilities_are_in_the_order_of_the_classes(iris):
    X, y = iris
    net = Classifier((16,), lr=0.02, max_epochs=20, random_state=0).fit(X, y)
    assert net.classes_.tolist() == ["other", "setosa", "virginica"]
    assert net.score(X, y) > 0.9
    proba = net.predict_proba(X)
    for label, column in zip(net.classes_, proba.T, strict=True):
        assert column[y == label].mean() > 0.8
    assert np.allclose(proba.sum(1), 1)
    assert np.allclose(np.exp(net.predict_log_proba(X)), proba)


def test_the_first_rows_need_not_have_all_classes(iris):
    X, y = iris
    net = Classifier((8,), lr=0.05, random_state=0)
    with pytest.raises(ValueError, match=r"(?s)same classes.*where: classes=None.*np.unique\(y\)"):
        net.partial_fit(X, y)
    net.partial_fit(X[:50], y[:50], classes=np.unique(y))
    with pytest.raises(ValueError, match="same classes"):
        net.partial_fit(X, y, classes=["setosa"])
    for _ in range(10):
        net.partial_fit(X, y, classes=["setosa", "other", "virginica"])
    assert net.score(X, y) > 0.85
    with pytest.raises(ValueError) as error:  # as arrays of its length, it would be "virginica"
        net.partial_fit(X, np.where(y == "setosa", y, "virginicae"))
    assert str(error.value) == three_lines(
        "labels are none of the classes: ['virginicae']",
        "classes ['other', 'setosa', 'virginica']",
        "classes=np.unique(y) of all y there will be, in the first call",
    )


@pytest.mark.parametrize(
    ("classes", "later"), [([False, True], 2), (np.array([0, 1], np.uint8), 257), ([0, 1], "1")]
)
def test_a_label_is_not_cast_to_a_class(line, classes, later):
    X = line[0]
    net = Classifier((2,)).partial_fit(X, np.arange(len(X)) % 2 == 1, classes=classes)
    with pytest.raises(ValueError, match="labels are none of the classes"):
        net.partial_fit(X, np.full(len(X), later))


# ── training ──────────────────────────────────────────────────────────────────────────────────
def test_fit_starts_again_and_partial_fit_goes_on(line):
    net = Regressor(module=nn.Linear, lr=0.05, max_epochs=5, random_state=0).fit(*line)
    first = weights(net)
    module, optimizer = net.module_, net.optimizer_
    for _ in range(3):
        net.partial_fit(*line)
    assert net.module_ is module
    assert net.optimizer_ is optimizer
    assert net.history_.epochs == 8
    assert net.history_["loss"] == sorted(net.history_["loss"], reverse=True)
    assert weights(net) != first
    assert weights(net.fit(*line)) == first
    assert net.history_.epochs == 5


def test_later_rows_have_as_many_outputs(line):
    def broadcasts(prediction, target):
        return ((prediction - target) ** 2).mean()

    X, y = line
    two = np.stack([y, -y], 1)
    net = Regressor(module=nn.Linear, loss=broadcasts, max_epochs=1).fit(X, two)
    before = weights(net)
    for later, shape, count in [(y, "(80,)", 1), (X, "(80, 3)", 3)]:
        with pytest.raises(ValueError) as caught:
            net.partial_fit(X, later)
        assert str(caught.value) == three_lines(
            f"y has {count} outputs, and had 2 in the first call",
            f"partial_fit(X, y {shape})",
            "y of shape (N, 2), or fit(X, y) to begin anew",
        )
    assert weights(net) == before
    assert net.partial_fit(X, two).history_.epochs == 2
    assert net.fit(X, y).partial_fit(X, y[:, None]).predict(X).shape == (80,)


def test_early_stopping_stops_and_goes_back(iris):
    X, y = iris
    wrong = np.random.default_rng(0).permutation(y)  # there is nothing to learn
    net = Classifier(
        (32,), lr=0.05, max_epochs=200, early_stopping=True, patience=3,
        validation_fraction=0.3, random_state=0,
    ).fit(X, wrong)  # fmt: skip
    assert net.history_.epochs == net.history_.best("val_loss") + 3 < 200
    stopped = Classifier(**net.get_params())
    stopped.set_params(max_epochs=net.history_.best("val_loss")).fit(X, wrong)
    assert weights(stopped) == weights(net)
    assert "val_loss" not in net.set_params(early_stopping=False, max_epochs=2).fit(X, y).history_


def test_a_single_row_cannot_be_set_aside(line):
    X, y = line
    net = Regressor(early_stopping=True)
    with pytest.raises(ValueError, match=r"1 sample\(s\) .* a minimum of 2 is required"):
        net.fit(X[:1], y[:1])
    assert net.partial_fit(X[:1], y[:1]).history_.epochs == 1


def test_an_epoch_without_validation_has_no_loss_there(line):
    net = Regressor((2,), max_epochs=2, early_stopping=True).fit(*line).partial_fit(*line)
    assert np.isnan(net.history_["val_loss"]).tolist() == [False, False, True]
    assert len(repr(net.history_).splitlines()) == 4


@pytest.mark.parametrize("make", [lambda: 7, lambda: np.random.RandomState(7)])
def test_a_seed_gives_the_same_bits_and_leaves_the_others_alone(iris, make):
    def build(features, outputs):
        return nn.Sequential(nn.Linear(features, 8), nn.Dropout(0.5), nn.Linear(8, outputs))

    ag.manual_seed(5)
    expected = ag.rand(3).numpy()
    ag.manual_seed(5)
    nets = [Classifier(module=build, max_epochs=2, random_state=make()) for _ in range(2)]
    assert weights(nets[0].fit(*iris)) == weights(nets[1].fit(*iris))
    assert weights(nets[0].set_params(random_state=8).fit(*iris)) != weights(nets[1])
    assert np.array_equal(ag.rand(3).numpy(), expected)


def test_a_seed_gives_the_same_bits_in_threads(iris):
    def build(features, outputs):
        time.sleep(0.01)  # where another thread would draw its weights
        return nn.Sequential(nn.Linear(features, 8), nn.Dropout(0.5), nn.Linear(8, outputs))

    def trained(seed):
        return weights(Classifier(module=build, max_epochs=1, random_state=seed).fit(*iris))

    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(trained, range(4))] == [*map(trained, range(4))]


# ── numbers and modules ───────────────────────────────────────────────────────────────────────
def test_a_regressor_finds_the_line(line):
    X, y = line
    net = Regressor(module=nn.Linear, lr=0.1, max_epochs=60, random_state=0).fit(X, y)
    assert np.allclose(net.module_.weight.numpy(force=True), [[1, -2, 0.5]], atol=1e-3)
    assert net.predict(X).shape == y.shape
    many = np.stack([y, -y], 1)
    net.fit(X, many)
    assert net.predict(X).shape == many.shape
    assert np.allclose(net.predict(X), many, atol=1e-2)
    assert net.fit(X, y[:, None]).predict(X).shape == (80, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_that_of_the_data(iris, line, dtype):
    X, y = iris
    net = Classifier((4,), max_epochs=1).fit(X.astype(dtype), y).partial_fit(X, y)
    assert {p.dtype for p in net.module_.parameters()} == {np.dtype(dtype)}
    assert net.predict_proba(X).dtype == dtype
    net = Regressor((4,), max_epochs=1).fit(line[0].astype(dtype), line[1])
    assert net.predict(line[0]).dtype == dtype


def test_many_rows_are_predicted_in_parts(line):
    net = Regressor((4,), max_epochs=1).fit(*line)
    X = np.tile(line[0], (30, 1))
    assert len(X) > 2048
    assert np.allclose(net.predict(X), np.tile(net.predict(line[0]), 30))


def test_each_fit_trains_a_copy_of_a_module(iris):
    module = nn.Sequential(
        nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 4, 2), nn.BatchNorm2d(4), nn.Flatten(),
        nn.ReLU(), nn.Linear(4, 3),
    )  # fmt: skip
    before = {name: t.numpy() for name, t in module.state_dict().items()}
    net = Classifier(module=module, lr=0.02, max_epochs=10, random_state=0).fit(*iris)
    assert net.score(*iris) > 0.8
    assert all(np.array_equal(t, before[name]) for name, t in module.state_dict().items())
    assert not any(m.training for m in net.module_.modules())
    assert weights(clone(net).fit(*iris)) == weights(net)


def test_loss_and_optimizer_are_what_was_given(line):
    X, y = line
    sgd = partial(nn.optim.SGD, momentum=0.9)
    net = Regressor(module=nn.Linear, loss=nn.L1Loss(), optimizer=sgd, lr=1e-9, max_epochs=1)
    net.fit(X, y)
    assert np.isclose(net.history_["loss"][0], np.abs(net.predict(X) - y).mean())
    assert net.optimizer_.param_groups[0]["momentum"] == 0.9
    net = Regressor((4,), batch_size=20, max_epochs=2).fit(X, y)
    assert {kept["step"] for kept in net.optimizer_.state.values()} == {2 * 80 // 20}


@pytest.mark.parametrize(("several", "told"), [(tuple, "a tuple"), (list, "a list")])
def test_a_module_that_returns_no_tensor_is_refused(line, several, told):
    class Several(nn.Linear):
        def forward(self, x):
            return several([super().forward(x), x])

    with pytest.raises(ValueError) as caught:
        Regressor(module=Several).fit(*line)
    assert str(caught.value).splitlines()[0] == (
        f"the module returns {told} for one row, and y needs (1, 1)"
    )


@pytest.mark.parametrize(("hidden", "count"), [((5,), 2), (5, 2), ([5, 4], 3), ((), 1)])
def test_hidden_layers_are_a_size_or_several(line, hidden, count):
    net = Regressor(hidden, max_epochs=1).fit(*line)
    assert sum(isinstance(layer, nn.Linear) for layer in net.module_) == count


def test_a_module_with_other_outputs_is_refused(iris):
    with pytest.raises(ValueError) as caught:
        Classifier(module=nn.Linear(4, 2)).fit(*iris)
    assert str(caught.value) == (
        "the module returns (1, 2) for one row, and y needs (1, 3)\n"
        "  where: Classifier.fit(X (150, 4), y)\n"
        "  instead: nn.Linear(..., 3) as the last layer"
    )


def test_without_scikit_learn_the_message_says_what_to_install():
    code = """
import sys
import nn
assert "sklearn" not in sys.modules
sys.modules["sklearn"] = None
try:
    nn.estimators
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "nn.estimators needs sklearn, which is not installed",
        "  where: nn.estimators",
        '  instead: pip install "retrograd[sklearn]"',
    ]


@pytest.mark.parametrize(("made", "kind"), [("x", "'x'"), (lambda i, o: None, "<function")])
def test_what_is_no_module_and_makes_none_is_refused(made, kind):
    with pytest.raises(TypeError) as error:
        Classifier(module=made).fit(np.eye(2), [0, 1])
    what, where, instead = str(error.value).splitlines()
    assert what == "an estimator needs a module, or what makes one"
    assert where.startswith(f"  where: module={kind}")
    assert instead == "  instead: module=nn.Linear"
    assert Classifier(module=nn.Linear).fit(np.eye(2), [0, 1]).predict(np.eye(2)).shape == (2,)


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        (3, "an int of shape ()"),
        (np.eye(2), "an ndarray of shape (2, 2)"),
        ({0}, "a set of shape ()"),
    ],
)
def test_classes_that_are_no_list_of_labels_are_refused(classes, told):
    net = Classifier(max_epochs=1)
    for _ in range(2):
        with pytest.raises(ValueError) as error:
            net.partial_fit(np.eye(2), [0, 1], classes=classes)
        assert str(error.value) == three_lines(
            "classes are a list of labels",
            f"classes: {told}",
            "partial_fit(X, y, classes=np.unique(y)) of all y there will be",
        )
        net.partial_fit(np.eye(2), [0, 1], classes=np.unique([0, 1]))


def test_an_optimizer_by_name_is_refused():
    with pytest.raises(TypeError) as error:
        Classifier(optimizer="adam").fit(np.eye(2), [0, 1])
    assert str(error.value) == (
        "an estimator makes its optimizer\n  where: optimizer='adam'\n  instead: nn.optim.Adam"
    )


def test_a_refused_fit_leaves_an_estimator_as_it_was(iris, line):
    net = Classifier(module=lambda i, o: nn.Linear(i, o + 1))
    with pytest.raises(ValueError, match="the module returns"):
        net.partial_fit(*iris, classes=["other", "setosa", "virginica"])
    with pytest.raises(NotFittedError):
        net.predict(iris[0])
    net.set_params(module=nn.Linear).partial_fit(*iris, classes=np.unique(iris[1]))

    for learned, refused in (
        (net, (np.eye(2), ["no", "yes"])),
        (Regressor(max_epochs=2).fit(*line), (np.eye(2), np.eye(2))),
    ):
        X, before = iris[0] if learned is net else line[0], dict(vars(learned))
        predicted, text = learned.predict(X), repr(learned.history_)
        with pytest.raises(TypeError, match="an estimator makes its optimizer"):
            learned.set_params(optimizer="adam").fit(*refused)
        assert vars(learned) == before | {"optimizer": "adam"}
        np.testing.assert_array_equal(learned.predict(X), predicted)
        assert repr(learned.history_) == text

"""fit: the loop that everybody writes, with nothing forgotten; and what callers may rely on."""

import collections
import copy
import io
import itertools
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autograd as ag
import nn
from autograd import Tensor, three_lines
from autograd.program.replay import compiled
from nn.data import Batches
from nn.metrics import accuracy

SGD, CE, MSE = nn.optim.SGD, nn.CrossEntropyLoss(), nn.MSELoss()


def problem(n=50, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    return X, X[:, 1:].argmax(1)


def network(*more):
    ag.manual_seed(3)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), *more, nn.Linear(8, 3))


def train(model, data=None, loss=CE, epochs=3, lr=0.1, momentum=0.9, **options):
    optimizer = SGD(model.parameters(), lr=lr, momentum=momentum)
    options = {"seed": 0} | options
    return nn.fit(model, problem() if data is None else data, loss, optimizer, epochs, **options)


def weights(model):
    return np.concatenate([p.data.ravel() for p in model.parameters()])


@pytest.fixture
def eager(monkeypatch):
    """Run a function where no function can be compiled."""

    def run(f, *args, **options):
        def refuse(*_):
            raise ag.CaptureError

        with monkeypatch.context() as patch:
            patch.setattr(ag, "compile", lambda f: refuse)
            return f(*args, **options)

    return run


# ── the loop ──────────────────────────────────────────────────────────────────────────────────
def test_it_is_the_loop_written_by_hand(eager):
    model, (X, y) = network(), problem()
    twin = copy.deepcopy(model)
    history = eager(train, model, (X, y), batch_size=8, shuffle=False)
    optimizer = SGD(twin.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(3):
        total = 0.0
        for start in range(0, 50, 8):
            x, t = Tensor(X[start : start + 8]), y[start : start + 8]
            optimizer.zero_grad()
            loss = CE(twin(x), t)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(t)  # the last batch has 2 rows, and weighs less
        assert history["loss"][epoch] == total / 50
    assert_array_equal(weights(model), weights(twin))
    assert not history.compiled


def test_it_is_pytorchs_training():
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    model, (X, y) = network(), problem()
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
    theirs = theirs.double()
    theirs.load_state_dict({k: torch.tensor(v.data) for k, v in model.state_dict().items()})
    dataset = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y))
    loader = torch.utils.data.DataLoader(dataset, batch_size=8)
    losses, optimizer = [], torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    for _ in range(5):
        for x, t in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(theirs(x), t)
            loss.backward()
            optimizer.step()
            losses.append(loss.item() * len(t) / 50)
    history = train(model, loader, epochs=5)  # their loader is an iterable of batches
    assert_allclose(history["loss"], np.reshape(losses, (5, 7)).sum(1), rtol=1e-10)


def test_it_learns():
    assert [*train(network(), epochs=1, metrics=None, callbacks=None)] == ["loss"]
    history = train(network(), epochs=60, metrics="accuracy")
    assert history["accuracy"][-1] == 1
    assert history["loss"][-1] < 0.1


# ── compiled where it can be ──────────────────────────────────────────────────────────────────
class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        h = self.fc(x)
        return h if h.sum().item() > 0 else -h


class Counting(Branching):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return self.fc(x) / self.calls


MODELS = {
    "plain": (network, True),
    "buffers": (lambda: network(nn.BatchNorm1d(8)), True),
    "dropout": (lambda: network(nn.Dropout(0.5)), False),
    "branch": (Branching, False),
    "counter": (Counting, False),
}


@pytest.mark.parametrize(("make", "compiled"), MODELS.values(), ids=MODELS)
def test_compiled_or_not_the_numbers_are_the_same(make, compiled, eager):
    results = []
    for run in (eager, lambda f, *args, **options: f(*args, **options)):
        ag.manual_seed(1)
        model = make()
        history = run(train, model, batch_size=8, metrics=["accuracy"], validation=0.2)
        results.append((np.array(list(history.values())), weights(model)))
    assert history.compiled == compiled
    for a, b in zip(*results, strict=True):
        if compiled or make is Counting:  # its first step is that of a program
            assert_allclose(a, b, rtol=1e-10)
        else:
            assert_array_equal(a, b)


def test_a_batch_that_no_program_can_take_runs_as_it_is_written(eager):
    X, y = problem()
    y[[20, 40]] = -100  # which cross-entropy ignores, and a program of other rows refuses
    one, two = network(), network()
    data, options = (X, y), {"batch_size": 10, "shuffle": False}
    histories = [eager(train, one, data, **options), train(two, data, **options)]
    assert [h.compiled for h in histories] == [False, False]
    assert_allclose(weights(one), weights(two), rtol=1e-12)


def test_the_users_own_error_comes_through():
    X, y = problem()
    y[7] = 3
    with pytest.raises(IndexError, match="there are 3 classes") as error:
        train(network(), (X, y))
    assert "program" not in str(error.value)


def test_what_a_callback_changes_is_not_compiled_away():
    class Annealed(nn.Module):
        beta = 0.0

        def forward(self, prediction, target):
            return self.beta * CE(prediction, target)

    loss, seen = Annealed(), []

    def anneal(training):
        seen.append(training.history["loss"][-1])
        loss.beta = 1.0

    history = train(network(), loss=loss, epochs=2, callbacks=[anneal])
    assert history.compiled
    assert seen == history["loss"]
    assert seen[0] == 0 < seen[1]


@pytest.mark.parametrize("counts", ["the loss", "the data"])
def test_what_changes_from_batch_to_batch_is_not_compiled_away(counts, eager):
    def run():
        steps, (X, y) = itertools.count(1), problem(48)
        share = [1.0]

        def batches():
            for rows in np.split(np.arange(48), 6):
                share[0] *= 0.999 if counts == "the data" else 1
                yield X[rows], y[rows]

        def loss(prediction, target):
            grown = share[0] if counts == "the data" else min(1.0, next(steps) / 1e4)
            return CE(prediction, target) * (1 + grown)

        return train(network(nn.BatchNorm1d(8)), batches, loss)

    history = run()
    assert not history.compiled
    assert_allclose(history["loss"], eager(run)["loss"], rtol=1e-12)


@pytest.mark.parametrize(("kept", "add"), [([], list.append), (set(), set.add)])
def test_what_a_module_puts_into_a_list_shows_at_once(kept, add):
    class Logged(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.kept = nn.Linear(4, 3), kept

        def forward(self, x):
            add(self.kept, len(self.kept))
            return self.linear(x)

    history = train(Logged(), problem(48), batch_size=16, epochs=1)
    assert not history.compiled
    assert len(kept) == 3


class Slotted:
    __slots__ = ("n",)

    def __init__(self, n=0):
        self.n = n


COUNTERS = {
    "a dict": ({"n": 0}, lambda c: c.update(n=c["n"] + 1) or c["n"]),
    "a list of lists": ([[0]], lambda c: c[0].append(c[0].pop() + 1) or c[0][0]),
    "a deque": (collections.deque([0]), lambda c: c.append(c.popleft() + 1) or c[0]),
    "an array": (np.zeros(1), lambda c: np.add(c, 1, out=c)[0]),
    "an array without axes": (np.zeros((), int), lambda c: np.add(c, 1, out=c)),
    "an object": (SimpleNamespace(n=0), lambda c: setattr(c, "n", c.n + 1) or c.n),
    "a number of NumPy in an object in a dict": (
        {"k": SimpleNamespace(n=np.int64(0))},
        lambda c: setattr(c["k"], "n", c["k"].n + 1) or c["k"].n,
    ),
    "a slot": (Slotted(), lambda c: setattr(c, "n", c.n + 1) or c.n),
    "an iterator": ([itertools.count(1)], lambda c: next(c[0])),
    "an iterator of a range": (iter(range(1, 99)), next),
}


@pytest.mark.parametrize(("counter", "add"), COUNTERS.values(), ids=COUNTERS)
def test_what_counts_its_calls_is_not_compiled_wherever_it_counts(counter, add, eager):
    class EveryFourth(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.counter = nn.Linear(4, 3), copy.deepcopy(counter)

        def forward(self, x):
            return self.linear(x) * (add(self.counter) % 4 == 0)

    def run():
        ag.manual_seed(0)
        return train(EveryFourth(), problem(48), batch_size=8)

    history = run()
    assert not history.compiled
    assert_allclose(history["loss"], eager(run)["loss"], rtol=1e-12)


def around():
    calls = [0]

    def count():
        calls[0] += 1
        return calls[0]

    return count


CALLS = {"n": 0}


def globally():
    CALLS["n"] += 1
    return CALLS["n"]


class Shared:
    n = 0


def in_a_class():
    Shared.n += 1
    return Shared.n


@pytest.mark.parametrize("make", [around, lambda: globally, lambda: in_a_class])
def test_what_a_loss_counts_in_a_variable_is_not_compiled(make, eager):
    def run():
        Shared.n = CALLS["n"] = 0
        count = make()
        loss = lambda p, t: CE(p, t) * (count() % 4 == 0)
        return train(network(), problem(48), loss, batch_size=8)

    history = run()
    assert not history.compiled
    assert_allclose(history["loss"], eager(run)["loss"], rtol=1e-12)


def test_what_the_first_call_makes_and_large_data_are_compiled():
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.mask, self.data = nn.Linear(4, 3), None, np.zeros(10**5)
            self.square, self.parent = ag.compile(np.square), [self]

        def forward(self, x):
            if self.mask is None:
                self.mask = np.tril(np.ones((3, 4)))
            return self.square(x) @ (self.linear.weight * self.mask).T

    assert train(Masked(), problem(48), batch_size=16).compiled


@pytest.mark.parametrize("registered", [True, False])
def test_what_a_loss_keeps_in_tensors_counts_each_batch_once(registered, eager):
    class Smoothed(nn.Module):
        def __init__(self):
            super().__init__()
            kept = ag.zeros(2)
            if registered:
                self.register_buffer("kept", kept)
            else:
                self.kept = kept

        def forward(self, prediction, target):
            loss = CE(prediction, target)
            with ag.no_grad():
                self.kept += np.stack([1.0, loss.detach()])
            return loss

    def run():
        loss = Smoothed()
        history = train(network(), problem(48), loss, batch_size=16)
        return history.compiled, loss.kept.data

    compiled, kept = run()
    assert compiled
    assert kept[0] == 9
    assert_allclose(kept, eager(run)[1], rtol=1e-12)


def test_a_schedule_per_batch_does_not_compile_anew(monkeypatch):
    def counting(*args):
        captures.append(args)
        return captured(*args)

    captures, model, captured = [], network(), compiled.captured
    monkeypatch.setattr(compiled, "captured", counting)
    optimizer = SGD(model.parameters(), lr=0.1)
    schedule = nn.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=30)
    history = nn.fit(model, problem(), CE, optimizer, 3, batch_size=5, schedule=schedule)
    assert history.compiled
    assert len(captures) == 1


def test_many_shapes_are_not_compiled_one_by_one():
    X, y = problem()
    ragged = [(X[:n], y[:n]) for n in range(1, 20)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert not train(network(), ragged).compiled
    assert not caught


def test_models_of_several_inputs_and_of_none_but_one(rng):
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(2, 1), nn.Linear(3, 1)

        def forward(self, x, z):
            return self.a(x) + self.b(z)

    x, z = rng.normal(size=(40, 2)), rng.normal(size=(40, 3))
    y = x[:, :1] - 2 * z[:, 2:]
    assert train(Sum(), (x, z, y), MSE, epochs=80)["loss"][-1] < 1e-3

    line = nn.Linear(2, 1)
    history = train(line, x, lambda p: (p * p).mean(), epochs=30)
    assert history["loss"][-1] < 1e-3
    assert_allclose(line.weight.data, 0, atol=0.1)


def test_a_prediction_of_several_tensors_reaches_loss_and_metrics():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 3)

        def forward(self, x):
            h = self.fc(x)
            return h, {"double": 2 * h}

    history = train(
        Two(), loss=lambda p, t: CE(p[0], t), metrics={"two": lambda p, t: p[1]["double"].mean()}
    )
    assert history.compiled
    assert len(history["two"]) == 3


def test_lbfgs_gets_its_closure(rng):
    X = rng.normal(size=(20, 2))
    model = nn.Linear(2, 1)
    optimizer = nn.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")
    history = nn.fit(model, (X, X @ [[1.0], [2.0]]), MSE, optimizer, 3, batch_size=20)
    assert history["loss"][-1] < 1e-12


# ── random numbers ────────────────────────────────────────────────────────────────────────────
def test_a_seed_makes_two_runs_the_same_bit_by_bit():
    def run(seed, start):
        model = network(nn.Dropout(0.3))
        ag.manual_seed(start)
        history = train(model, seed=seed, validation=0.2)
        return weights(model).tobytes(), dict(history)

    assert run(4, 0) == run(4, 1)
    assert run(4, 0) != run(5, 0)
    assert run(None, 6) == run(None, 6) != run(None, 7)


def test_shuffling_has_a_generator_of_its_own():
    def order(*layers):
        seen = []

        def loss(prediction, target):
            seen.append(target.data.tolist())
            return MSE(prediction, target.reshape(-1, 1))

        data = np.ones((9, 1)), np.arange(9.0)
        train(nn.Sequential(nn.Linear(1, 1), *layers), data, loss, lr=0.0, batch_size=3,
              callbacks=[lambda _: None])  # fmt: skip
        return [rows for rows in seen if isinstance(rows[0], float)][-3:]

    assert order() != [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]
    assert order(nn.Dropout(0.0)) == order()


# ── validation, metrics, modes ────────────────────────────────────────────────────────────────
def test_validation_is_the_model_without_dropout_and_changes_nothing():
    model, (X, y) = network(nn.Dropout(0.5)), problem()
    states = []

    def note(training):
        assert training.model.training
        states.append(training.model.state_dict())

    history = train(
        model, validation=(X[:30], y[:30]), metrics=["accuracy"], callbacks=[note], batch_size=7
    )
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    model.eval()
    for i, state in enumerate(states):
        model.load_state_dict(state)
        prediction = model(Tensor(X[:30]))
        assert_allclose(history["val_loss"][i], CE(prediction, y[:30]).item(), rtol=1e-12)
        right = (prediction.data.argmax(1) == y[:30]).mean()
        assert_allclose(history["val_accuracy"][i], right, rtol=1e-12)


def test_rows_set_aside_are_not_trained_on():
    X, y = np.arange(100.0)[:, None], np.arange(100.0)[:, None]
    seen = {True: set(), False: set()}

    class Spy(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(1, 1)

        def forward(self, x):
            seen[self.training].update(x.data.ravel().tolist())
            return self.fc(x)

    train(Spy(), (X, y), MSE, lr=0.0, epochs=2, validation=0.3)
    assert len(seen[False]) == 30
    assert seen[True] | seen[False] == set(X.ravel().tolist())
    assert not seen[True] & seen[False]


def test_every_mode_is_as_before_in_the_end():
    model = network(nn.Dropout(0.5)).eval()
    train(model, epochs=1, validation=0.2)
    assert not any(m.training for m in model.modules())
    model.train()
    model[0].eval()  # frozen, as a pretrained part is
    modes = []
    train(
        model, epochs=2, validation=0.2,
        callbacks=[lambda t: modes.append([m.training for m in t.model.modules()])],
    )  # fmt: skip
    assert modes == [[True, False, True, True, True]] * 2
    assert not model[0].training
    with pytest.raises(RuntimeError, match="stop"):
        train(model.eval(), callbacks=[lambda _: (_ for _ in ()).throw(RuntimeError("stop"))])
    assert not model.training


def test_a_callback_that_evaluates_does_not_end_the_training():
    model, modes = network(nn.Dropout(0.5)), []

    def loss(prediction, target):
        modes.append(model.training)
        return CE(prediction, target)

    train(model, loss=loss, epochs=3, callbacks=[lambda t: t.model.eval() and None])
    assert all(modes)
    assert not model.training


def test_accuracy_knows_classes_scores_and_pixels(rng):
    scores = rng.normal(size=(6, 3, 2, 2))
    classes = scores.argmax(1)
    assert accuracy(scores, classes) == accuracy(scores, scores) == 1
    assert accuracy(scores, (classes + 1) % 3) == 0
    with pytest.raises(ValueError, match="here is one score"):
        accuracy(np.ones(6), np.ones(6))
    with pytest.raises(ValueError) as error:
        accuracy(np.ones((6, 1)), np.ones((6, 1)))
    assert str(error.value) == three_lines(
        "accuracy compares the scores of classes, and here is one score",
        "accuracy(prediction (6, 1), target (6, 1))",
        'metrics={"accuracy": lambda p, t: ((p > 0) == t).mean()} for logits',
    )
    for shape in ((6, 1), (1,)):  # which NumPy would compare with each of the others
        with pytest.raises(ValueError) as error:
            accuracy(np.ones((6, 3)), np.zeros(shape, int))
        assert str(error.value) == three_lines(
            "accuracy has one class for each row, or scores like the prediction's, to compare with",
            f"accuracy(prediction (6, 3), target {shape})",
            "target.reshape((6,))",
        )


def test_metrics_of_other_libraries_get_what_they_can_read():
    for more in ([], [nn.Dropout(0.5)]):  # a program, and none
        metric = {"same": lambda p, t: np.mean(np.asarray(p).argmax(1) == np.asarray(t))}
        history = train(network(*more), metrics=metric, validation=0.2)
        assert (
            history["val_same"]
            == train(network(*more), metrics=["accuracy"], validation=0.2)["val_accuracy"]
        )


def test_a_refused_attempt_leaves_no_trace_in_the_model():
    class Noisy(Counting):
        def forward(self, x):
            self.calls += 1
            return self.fc(nn.functional.dropout(x, 0.5))

    model = Noisy()
    assert not train(model, epochs=2, batch_size=10).compiled
    assert model.calls == 10


KEEPERS = {
    "a dict": ({"last": 0.0}, lambda k: k["last"], lambda k, y: k.update(last=y)),
    "a list": ([0.0], lambda k: k[-1], list.append),
    "a deque": (collections.deque([0.0], 1), lambda k: k[0], collections.deque.append),
    "a set": (set(), lambda k: sum(k, 0.0), lambda k, y: k.clear() or k.add(y)),
    "an object": (SimpleNamespace(y=0.0), lambda k: k.y, lambda k, y: setattr(k, "y", y)),
    "a slot": (Slotted(0.0), lambda k: k.n, lambda k, y: setattr(k, "n", y)),
    "a list in a tuple": (([0.0],), lambda k: k[0][-1], lambda k, y: k[0].append(y)),
}


@pytest.mark.parametrize(("kept", "last", "keep"), KEEPERS.values(), ids=KEEPERS)
def test_a_refused_attempt_leaves_no_trace_in_what_the_model_keeps(kept, last, keep, eager):
    class Recurring(nn.Module):
        def __init__(self):
            self.linear, self.kept = nn.Linear(4, 3), copy.deepcopy(kept)

        def forward(self, x):
            y = self.linear(x) + last(self.kept)
            keep(self.kept, y.detach())
            return y

    def run():
        ag.manual_seed(0)
        return train(Recurring(), problem(48), batch_size=16)

    history = run()
    assert not history.compiled
    assert_allclose(history["loss"], eager(run)["loss"], rtol=1e-12)


def test_a_history_keeps_floats_and_no_graph():
    X, _ = problem()
    metrics = {"size": lambda p, t: (p * p).mean(), "one": lambda p, t: 1}
    history = train(nn.Linear(4, 1), (X, X[:, :1]), MSE, metrics=metrics, validation=0.5)
    assert all(type(v) is float for column in history.values() for v in column)
    assert history["one"] == [1.0] * 3


# ── schedules, stopping, callbacks ────────────────────────────────────────────────────────────
def test_a_schedule_goes_by_epochs_and_one_cycle_by_batches():
    def rates(make, per_batch=None):
        model = network()
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        schedule = make(optimizer)
        if per_batch is not None:
            schedule.per_batch = per_batch
        history = nn.fit(model, problem(), CE, optimizer, 4, batch_size=10, schedule=schedule)
        return history["lr"], schedule.last_epoch

    schedules = nn.optim.lr_scheduler
    lr, steps = rates(lambda o: schedules.StepLR(o, 2))
    assert_allclose(lr, [0.1, 0.1, 0.01, 0.01])
    assert steps == 4
    lr, steps = rates(lambda o: schedules.OneCycleLR(o, 0.5, total_steps=21))
    assert steps == 20
    assert lr[-1] < 1e-4
    assert rates(lambda o: schedules.ExponentialLR(o, 0.9), per_batch=True)[1] == 20


def test_a_plateau_is_one_of_the_validation_loss():
    model = network()
    optimizer = SGD(model.parameters(), lr=1e-9)
    schedule = nn.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)
    history = nn.fit(model, problem(), CE, optimizer, 3, validation=0.2, schedule=schedule)
    assert history["lr"] == [1e-9, 1e-9, 1e-9]
    assert schedule.best == history["val_loss"][0]


def test_patience_stops_and_gives_the_best_weights_back():
    losses = iter([3.0, 2.0, np.nan, 2.5, 2.0, 1.0])
    model, states, values = network(), [], {}

    class Told(nn.Module):
        def forward(self, prediction, target):
            loss = CE(prediction, target)
            return loss if model.training else loss * 0 + next(losses)

    def note(training):
        states.append(weights(training.model))
        values.update(training.history)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = train(
            model, loss=Told(), validation=problem(20, 1), epochs=50, patience=3, callbacks=[note]
        )
    assert_array_equal(history["val_loss"], [3.0, 2.0, np.nan, 2.5, 2.0])
    assert_array_equal(weights(model), states[1])
    assert history.best("val_loss") == 2


def test_a_callback_sees_the_training_and_may_stop_it():
    seen = []

    def look(training):
        seen.append((training.history.epochs, training.model, training.optimizer.param_groups))
        return training.history.epochs == 2

    model = network()
    history = train(model, epochs=9, callbacks=[look, lambda _: "a text is no wish to stop"])
    assert history.epochs == 2
    assert [s[:2] for s in seen] == [(1, model), (2, model)]
    # NumPy's True is another object than Python's
    assert train(network(), epochs=9, callbacks=[lambda _: np.float64(1) > 0]).epochs == 1


# ── mistakes ──────────────────────────────────────────────────────────────────────────────────
def test_a_loss_that_is_not_finite_stops_before_it_does_harm():
    X, y = problem()
    X[40, 2] = np.nan
    model, states = network(), []
    with pytest.raises(FloatingPointError) as error:
        train(model, (X, y), shuffle=False, batch_size=8,
              callbacks=[states.append])  # fmt: skip
    assert str(error.value) == three_lines(
        "the loss is nan",
        "epoch 1, batch 6",
        "a smaller lr, clipped gradients, data without nan and infinity",
    )
    assert np.isfinite(weights(model)).all()
    assert not states


X, Y = problem()
WRONG = {
    "no scalar": (
        {"loss": nn.CrossEntropyLoss(reduction="none")},
        "a loss is one number, a scalar Tensor",
        "the loss is a Tensor of shape (32,)",
        "reduction='mean', or loss.mean() alone",
    ),
    "no Tensor": (
        {"loss": lambda p, t: 3.0},
        "a loss is one number, a scalar Tensor",
        "the loss is a float",
        "reduction='mean', or loss.mean() alone",
    ),
    "a loss and more": (
        {"loss": lambda p, t: (CE(p, t), 1)},
        "a loss is one number, a scalar Tensor",
        "the loss is a tuple",
        "reduction='mean', or loss.mean() alone",
    ),
    "share": (
        {"data": [(X, Y)], "validation": 0.2},
        "only of arrays can a share of the rows be set aside",
        "validation=0.2",
        "validation=(X, y), or an iterable",
    ),
    "lengths": (
        {"data": (X, Y[:-1])},
        "the arrays have different lengths",
        "arrays (50, 4), (49,)",
        "as many rows in each, axis 0",
    ),
    "batch size": (
        {"batch_size": 0},
        "batch_size is a number of rows",
        "batch_size=0",
        "Batches((X, y), batch_size=32)",
    ),
    "patience": (
        {"patience": 0},
        "an epoch can only be worse than those before it",
        "patience=0",
        "patience=1",
    ),
    "schedule": (
        {"schedule": nn.optim.lr_scheduler.StepLR(SGD([nn.Parameter(1.0)]), 1)},
        "the schedule changes the rates of another optimizer",
        "schedule=StepLR",
        "a schedule made of this optimizer",
    ),
    "a class for a schedule": (
        {"schedule": nn.optim.lr_scheduler.StepLR},
        "the schedule changes the rates of another optimizer",
        "schedule=type",
        "a schedule made of this optimizer",
    ),
    "a text for a share": (
        {"validation": "test"},
        "test of 50 rows leaves no rows on one side",
        "validation=test",
        "validation=0.2",
    ),
    "a number of rows": (
        {"validation": 10},
        "10 of 50 rows leaves no rows on one side",
        "validation=10",
        "validation=0.2",
    ),
}


@pytest.mark.parametrize(("options", "what", "where", "instead"), WRONG.values(), ids=WRONG)
def test_mistakes_are_named(options, what, where, instead):
    with pytest.raises(ValueError) as error:
        train(network(), **options)
    assert str(error.value) == three_lines(what, where, instead)


def test_where_no_gradients_are_recorded_nothing_is_trained():
    model = network()
    before = weights(model)
    with ag.no_grad(), pytest.raises(ValueError) as error:
        train(model)
    assert str(error.value) == three_lines(
        "fit trains by gradients, and none are recorded",
        "a call inside of no_grad()",
        "fit outside of no_grad()",
    )
    assert_array_equal(weights(model), before)
    with ag.no_grad(), ag.enable_grad():
        train(model)
    assert (weights(model) != before).all()


@pytest.mark.parametrize("name", ["loss", "lr", "val_loss", "val_other"])
def test_no_metric_takes_the_place_of_the_loss(name):
    with pytest.raises(ValueError) as error:
        train(network(), metrics={"other": nn.metrics.accuracy, name: nn.metrics.accuracy})
    what, where, instead = str(error.value).splitlines()
    assert what == f"no metric is called {name}"
    assert where.startswith("  where: metrics={'other': <function accuracy")
    assert instead.endswith("{'name': function} for others; loss, lr and val_... are there")


def test_an_unknown_metric_is_named():
    with pytest.raises(ValueError) as error:
        train(network(), metrics=["acuracy"])
    assert str(error.value) == three_lines(
        "no metric is called acuracy",
        "metrics=['acuracy']",
        "accuracy; {'name': function} for others; loss, lr and val_... are there",
    )


def test_a_name_of_a_metric_is_a_text():
    with pytest.raises(ValueError, match="no metric is called 1\n"):
        train(network(), metrics={1: accuracy})


def test_a_step_that_does_not_ask_for_the_loss_is_named():
    class Own(SGD):
        def step(self, closure=None):
            if not self.asks:
                return None
            loss = closure() if closure else None
            super().step()
            return loss

    model = network()
    optimizer = Own(model.parameters(), lr=0.1)
    optimizer.asks = False
    with pytest.raises(ValueError) as error:
        nn.fit(model, problem(), CE, optimizer)
    assert str(error.value) == three_lines(
        "the step did not call its closure",
        "Own",
        "loss = closure() if closure else None, first in step(self, closure=None)",
    )
    optimizer.asks = True
    losses = nn.fit(model, problem(), CE, optimizer)["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("more", [{}, {"per_batch": True}])
def test_a_schedule_needs_an_optimizer_and_a_step(more):
    class Halving(SimpleNamespace):
        def step(self):
            self.optimizer.param_groups[0]["lr"] /= 2

    model = network()
    optimizer = SGD(model.parameters(), lr=1.0)
    schedule = Halving(optimizer=optimizer, **more)
    history = nn.fit(model, problem(64), CE, optimizer, 2, schedule=schedule)
    assert history["lr"] == ([0.25, 0.0625] if more else [1.0, 0.5])


def test_arrays_that_a_function_returns_are_no_batches():
    def data():
        return X, Y

    with pytest.raises(ValueError) as error:
        train(network(), data)
    what, where, instead = str(error.value).splitlines()
    assert what == "a function of data returns batches, and here are arrays"
    assert where.startswith("  where: <function test_arrays_that_a_function_returns")
    assert where.endswith(" returned a tuple")
    assert instead == "  instead: [(X, y)], a list of batches; or (X, y) without a function"
    assert train(network(), lambda: [(X, Y)], epochs=1).epochs == 1


def test_warnings_name_the_line_of_the_user():
    X, _ = problem()
    model, other, twos = network(), network(), np.full((50, 3), 2.0)
    calls = {
        "should sum to 1": lambda optimizer: nn.fit(model, (X, twos), CE, optimizer, epochs=1),
        "no target counts": lambda _: CE(Tensor(X), np.full(50, -100)),
        "changed nothing": lambda _: nn.fit(model, problem(), CE, SGD(other.parameters(), 0.1), 1),
    }
    for told, call in calls.items():
        with pytest.warns(UserWarning, match=told) as caught:
            call(SGD(model.parameters(), lr=0.1))
        line = call.__code__.co_firstlineno
        assert {(w.filename, w.lineno) for w in caught} == {(__file__, line)}


@pytest.mark.parametrize(
    ("metrics", "what", "where", "instead"),
    [
        (
            "accuracy",
            "accuracy compares arrays",
            "accuracy of a tuple",
            'metrics={"accuracy": lambda p, t: nn.metrics.accuracy(p[0], t)}',
        ),
        (
            {"mine": lambda p, t: None},
            "a metric returns one number",
            "mine returned None",
            "np.mean(...) in the metric",
        ),
        (
            {"mine": lambda p, t: np.ones(2)},
            "a metric returns one number",
            "mine returned an ndarray",
            "np.mean(...) in the metric",
        ),
        (
            {"mine": lambda p, t: "good"},
            "a metric returns one number",
            "mine returned a str",
            "np.mean(...) in the metric",
        ),
    ],
)
def test_metrics_that_find_no_number_are_named(metrics, what, where, instead):
    class Two(nn.Linear):
        def forward(self, x):
            return super().forward(x), x

    def loss(prediction, target):
        return CE(prediction[0], target)

    with pytest.raises(TypeError) as error:
        train(Two(4, 3), loss=loss, metrics=metrics)
    assert str(error.value) == three_lines(what, where, instead)
    own = {"accuracy": lambda p, t: nn.metrics.accuracy(p[0], t)}
    assert len(train(Two(4, 3), loss=loss, metrics=own)["accuracy"]) == 3


def test_a_compiled_model_is_trained_as_well():
    model = nn.Linear(4, 3)
    optimizer = SGD(model.parameters(), lr=0.1)
    history = nn.fit(ag.compile(model), problem(), CE, optimizer, epochs=3, progress=False)
    assert history["loss"][-1] < history["loss"][0]


def test_arguments_in_another_order_are_named():
    X, y = problem()
    model = network()
    optimizer = SGD(model.parameters(), lr=0.1)
    for given, types in [
        ((X, y, CE, optimizer), "ndarray, ndarray, CrossEntropyLoss"),
        (((X, y), "mse", optimizer), "tuple, str, SGD"),
        (((X, y), CE, SGD), "tuple, CrossEntropyLoss, type"),
    ]:
        with pytest.raises(TypeError) as error:
            nn.fit(model, *given)
        assert str(error.value) == three_lines(
            "fit takes a module, its data, a loss and an optimizer",
            f"fit(Sequential, {types})",
            "nn.fit(model, (X, y), loss, nn.optim.Adam(model.parameters()))",
        )
    with pytest.raises(TypeError) as error:
        train(model, callbacks=print)
    assert str(error.value) == three_lines(
        "callbacks are several functions, in a list",
        "callbacks=<built-in function print>",
        "callbacks=[...]",
    )
    with pytest.raises(ValueError, match="no metric is called <function accuracy"):
        train(model, metrics=accuracy)
    for metrics in (3, [3], {"3": 3}):
        with pytest.raises(ValueError) as error:
            train(model, metrics=metrics)
        assert str(error.value) == three_lines(
            "no metric is called 3",
            f"metrics={metrics}",
            "accuracy; {'name': function} for others; loss, lr and val_... are there",
        )
    for options, what, where, instead in [
        (
            {"callbacks": 3},
            "callbacks are several functions, in a list",
            "callbacks=3",
            "callbacks=[...]",
        ),
        (
            {"callbacks": [3]},
            "callbacks are several functions, in a list",
            "callbacks=[3]",
            "callbacks=[...]",
        ),
        ({"patience": "a"}, "epochs are counted", "epochs=3, patience='a'", "epochs=10"),
        ({"epochs": None}, "epochs are counted", "epochs=None, patience=None", "epochs=10"),
        (
            {"checkpoint": 3},
            "a checkpoint is the name of a file",
            "checkpoint=3",
            'checkpoint="run.safetensors"',
        ),
    ]:
        with pytest.raises(TypeError) as error:
            train(model, **options)
        assert str(error.value) == three_lines(what, where, instead)


def test_a_generator_is_over_after_an_epoch():
    with pytest.raises(ValueError, match="a generator can be read only once"):
        train(network(), iter([problem()]), epochs=2)
    assert train(network(), lambda: iter([problem()]), epochs=2).epochs == 2
    assert train(network(), Batches(problem(), 10), epochs=2).epochs == 2


# ── what is shown ─────────────────────────────────────────────────────────────────────────────
class Terminal(io.StringIO):
    def isatty(self):
        return True


class Cell(io.StringIO):
    __module__ = "ipykernel.iostream"  # which is no terminal, and is read by somebody


def test_a_bar_is_shown_in_terminals_and_notebooks_only(monkeypatch, capsys):
    pytest.importorskip("tqdm", reason="it draws the bar")
    for stream, progress, shown in [
        (Terminal(), True, True),
        (Cell(), True, True),
        (Terminal(), False, False),
        (io.StringIO(), True, False),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stream)
            train(network(), progress=progress, metrics=["accuracy"])
        assert ("6/6" in stream.getvalue() and "loss=" in stream.getvalue()) == shown
        assert bool(stream.getvalue()) == shown
    assert capsys.readouterr().out == ""


def test_without_tqdm_there_is_no_bar(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert train(network()).epochs == 3
    assert sys.stderr.getvalue() == ""


def test_a_long_history_is_a_short_table():
    history = nn.History(loss=[1 / n for n in range(1, 101)])
    lines = repr(history).splitlines()
    assert lines[:4] == ["epoch     loss", "    1        1", "    …", "   91  0.01099"]
    assert lines[-1] == "  100     0.01"
    assert len(lines) == 13
    assert len(repr(nn.History(loss=[1.0] * 11)).splitlines()) == 12, "all of them"
    assert repr(nn.History()) == nn.History()._repr_html_()[5:-6] == "epoch"


def test_a_history_tells_what_is_missing():
    history = nn.History(loss=[2.0, 1.0], share=[0.5])
    assert repr(history).splitlines() == [
        "epoch  loss  share",
        "    1     2    0.5",
        "    2     1    nan",
    ]


def test_a_history_plots_itself():
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="it draws")
    history = nn.History(loss=[2.0, 1.0], val_loss=[3.0, 2.0], accuracy=[0.5, 0.75])
    ax = history.plot()
    assert [line.get_ydata().tolist() for line in ax.lines] == [[2.0, 1.0], [3.0, 2.0]]
    assert ax.get_xlabel() == "epoch"
    assert history.plot("accuracy").get_ylabel() == "accuracy"
    with pytest.raises(ValueError) as error:
        history.plot("f1")
    known = ", ".join(history)
    where = f"the history of {history.epochs} epochs"
    assert str(error.value) == three_lines("no number is called f1", where, known)
    html = history._repr_html_()
    assert "<svg" in html[:10000]
    assert "<pre>epoch  loss" in html
    pyplot.close("all")


def test_a_history_without_matplotlib_is_its_table(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert nn.History(loss=[2.0, 1.0])._repr_html_().startswith("<pre>epoch")

"""Checkpoints: the same bits as without an interruption, whenever that comes."""

import itertools
import signal
import subprocess
import sys
import time
from collections import OrderedDict, namedtuple
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import autograd as ag
import nn
from autograd import Tensor, three_lines
from nn import files

safetensors = pytest.importorskip("safetensors.numpy", reason="the format of checkpoints")

SCRIPT = """
import sys
import numpy as np
import autograd as ag
import nn
from nn.optim import lr_scheduler

ag.manual_seed(7)
rng = np.random.default_rng(0)
X, y = rng.normal(size=(200, 8)), rng.integers(0, 3, 200)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))
optimizer = nn.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
schedule = lr_scheduler.StepLR(optimizer, 3, gamma=0.5)
history = nn.fit(
    model, (X, y), nn.CrossEntropyLoss(), optimizer, epochs=int(sys.argv[2]), validation=0.2,
    metrics=["accuracy"], schedule=schedule, patience=100, checkpoint=sys.argv[1],
)
"""


def equal(a, b):
    """Tell whether two trees have the same structure, types and bits."""
    if isinstance(a, dict):
        return list(a) == list(b) and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, (np.ndarray, np.generic)):
        same = type(a) is type(b) and (a.dtype, a.shape) == (b.dtype, b.shape)
        return same and a.tobytes() == b.tobytes()
    if isinstance(a, Tensor):
        return type(b) is Tensor and equal(a.data, b.data)
    return type(a) is type(b) and repr(a) == repr(b)


Point = namedtuple("Point", ["x", "y"])  # noqa: PYI024  # as users write it
TREE = {
    "weights": {"fc.weight": np.arange(6.0).reshape(2, 3).T, "fc.bias": np.float32(0.1)},
    "list": [np.array([1.0, -0.0]), np.array(2.0)],
    "state": {0: {"step": 3, "exp_avg": np.array(np.nan)}, 1: {}},
    "betas": (0.9, 0.999),
    "numbers": [1 << 127, True, None, float("inf"), 1e-320, "ö", [], ()],
    "dtypes": [np.ones(2, d) for d in ("?", "i1", "u8", "f2", "f4")],
    "empty": np.zeros((0, 3)),
}


def test_a_tree_comes_back_bit_by_bit(tmp_path):
    files.save_checkpoint(tmp_path / "c", TREE)
    assert equal(files.load_checkpoint(tmp_path / "c"), TREE)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_places_that_are_spelled_alike_are_apart(tmp_path):
    tree = {"a": {"b": np.ones(1)}, "a.b": np.zeros(2), 1: np.arange(3), "1": np.float32(4)}
    tree["__metadata__"] = np.full(2, 5)
    files.save_checkpoint(tmp_path / "c", tree)
    assert equal(files.load_checkpoint(tmp_path / "c"), tree)


def test_equal_sees_what_differs():
    for other in ({**TREE, "betas": [0.9, 0.999]}, {**TREE, "empty": np.zeros((3, 0))}, {}):
        assert not equal(TREE, other)
    assert not equal(np.zeros(1), -np.zeros(1))


def test_other_tools_find_the_weights(tmp_path):
    net = nn.Linear(2, 3)
    files.save_checkpoint(tmp_path / "c", {"model": {"weight": net.weight.data}})
    assert_array_equal(safetensors.load_file(tmp_path / "c")["model.weight"], net.weight.data)


def test_what_no_checkpoint_can_hold_is_named(tmp_path):
    with pytest.raises(TypeError) as error:
        files.save_checkpoint(tmp_path / "c", {"schedule": {"f": [len]}})
    assert str(error.value) == three_lines(
        "a checkpoint cannot hold a builtin_function_or_method",
        "schedule.f.0",
        "arrays, numbers, texts and None in state_dict()",
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (OrderedDict(b=1), "an OrderedDict"),
        (Point(1, 2), "a Point"),
        ({(1, 2): 3}, "a tuple as the name of something"),
        (np.ones(2, complex), "numbers of complex128, which safetensors does not have"),
        (np.longdouble(1), f"numbers of {np.dtype('g')}, which safetensors does not have"),
        (np.array("text"), "numbers of <U4, which safetensors does not have"),
    ],
    ids=repr,
)
def test_what_could_not_be_read_again_is_not_written_over_what_can(tmp_path, value, what):
    files.save_checkpoint(tmp_path / "c", TREE)
    with pytest.raises(TypeError) as error:
        files.save_checkpoint(tmp_path / "c", {"a": [value]})
    first, second, _ = str(error.value).split("\n")
    assert (first, second) == (f"a checkpoint cannot hold {what}", "  where: a.0")
    assert equal(files.load_checkpoint(tmp_path / "c"), TREE)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "other", "deep", "kind"])
def test_any_other_file_is_refused(tmp_path, damage):
    path = tmp_path / "c"
    files.save_checkpoint(path, TREE)
    data = path.read_bytes()
    if damage in ("deep", "kind"):
        text = {"deep": "[" * 100_000, "kind": '["set", []]'}[damage]
        path.write_bytes(safetensors.save({}, {files.CHECKPOINT: text}))
    elif damage == "other":
        nn.save(nn.Linear(1, 1), path)
    else:
        path.write_bytes({"cut": data[:-1], "empty": b"", "text": b"epoch 3"}[damage])
    with pytest.raises(ValueError) as error:
        files.load_checkpoint(path)
    what, where, instead = str(error.value).splitlines()
    assert what.startswith("this file is no checkpoint, nothing was loaded: ")
    assert where == f"  where: checkpoint={str(path)!r}"
    assert (
        instead == "  instead: a file that fit(..., checkpoint=...) wrote, or the name of a new one"
    )


def test_a_folder_is_pythons_own_error(tmp_path):
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        files.load_checkpoint(tmp_path)


# ── resuming ──────────────────────────────────────────────────────────────────────────────────
def make(optimizer, schedule, dropout):
    ag.manual_seed(11)
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(50, 4)), rng.integers(0, 3, 50)
    layers = [
        nn.Linear(4, 8),
        nn.BatchNorm1d(8),
        nn.Tanh(),
        *[nn.Dropout(0.4)] * dropout,
        nn.Linear(8, 3),
    ]
    model = nn.Sequential(*layers)
    name, options = optimizer
    steps = getattr(nn.optim, name)(model.parameters(), **options)
    lr = schedule and getattr(nn.optim.lr_scheduler, schedule[0])(steps, **schedule[1])
    return model, (X, y), steps, lr


CASES = {
    "momentum, dropout, step": (
        ("SGD", {"lr": 0.1, "momentum": 0.9}),
        ("StepLR", {"step_size": 2}),
        True,
    ),
    "Adam, compiled, plateau": (
        ("Adam", {"lr": 0.05}),
        ("ReduceLROnPlateau", {"patience": 0}),
        False,
    ),
    "AdamW, one cycle": (
        ("AdamW", {"lr": 0.05}),
        ("OneCycleLR", {"max_lr": 0.1, "epochs": 5, "steps_per_epoch": 7}),
        True,
    ),
    "L-BFGS": (("LBFGS", {"max_iter": 3}), None, False),
    "no schedule": (("SGD", {"lr": 0.1}), None, True),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("at", [1, 3])
def test_a_resumed_run_is_the_uninterrupted_one(tmp_path, case, at):
    def run(path, epochs):
        model, data, optimizer, schedule = make(*case)
        history = nn.fit(
            model, data, nn.CrossEntropyLoss(), optimizer, epochs, batch_size=6, seed=5,
            validation=0.2, metrics=["accuracy"], schedule=schedule, patience=9, checkpoint=path,
        )  # fmt: skip
        return history, model

    history, model = run(tmp_path / "whole", 5)
    run(tmp_path / "parts", at)
    ag.manual_seed(99)  # another process would have other random numbers
    resumed, again = run(tmp_path / "parts", 5)
    assert equal(dict(resumed), dict(history))
    assert history.epochs == 5
    assert resumed.compiled == history.compiled == (not case[2])
    assert equal(model.state_dict(), again.state_dict())
    whole, parts = (files.load_checkpoint(tmp_path / name) for name in ("whole", "parts"))
    assert equal(whole, parts)
    assert {"model", "optimizer", "schedule", "random", "history"} <= whole.keys()


class Tempered(nn.Module):
    """A loss that learns, and that counts its batches."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(0.5)
        self.register_buffer("batches", 0.0)

    def forward(self, prediction, target):
        with ag.no_grad():
            self.batches += 1
        return nn.functional.cross_entropy(prediction * self.scale, target)


def test_what_a_loss_has_learned_is_in_the_file(tmp_path):
    def run(name, epochs):
        model, data, _, _ = make(("SGD", {"lr": 0.1}), None, False)
        loss = Tempered()
        adam = nn.optim.Adam([*model.parameters(), *loss.parameters()], lr=0.05)
        nn.fit(model, data, loss, adam, epochs, seed=5, checkpoint=tmp_path / name)
        return loss.scale.item(), loss.batches.item()

    assert_same_in_parts(run, tmp_path)


def test_a_loss_without_state_may_become_another_one(tmp_path):
    model, data, sgd, _ = make(("SGD", {"lr": 0.1}), None, False)
    run = partial(nn.fit, model, data, optimizer=sgd, checkpoint=tmp_path / "c")
    run(loss=nn.CrossEntropyLoss(), epochs=1)
    assert run(loss=nn.functional.cross_entropy, epochs=2).epochs == 2
    with pytest.raises(ValueError) as error:
        run(loss=Tempered(), epochs=3)
    assert str(error.value) == three_lines(
        "the checkpoint is one of another training: "
        "the saved values do not fit Tempered, nothing was loaded",
        "missing scale; missing batches",
        "another file's name",
    )


def test_what_is_trained_beside_the_model_is_in_the_file(tmp_path):
    def run(name, epochs):
        model, data, _, _ = make(("SGD", {"lr": 0.1}), None, False)
        scale, shift = nn.Parameter(0.5), nn.Parameter([1.0, 2.0, 3.0])

        def loss(prediction, target):
            return nn.functional.cross_entropy(prediction * scale + shift, target)

        adam = nn.optim.Adam([{"params": model.parameters()}, {"params": [scale, shift]}], lr=0.05)
        nn.fit(model, data, loss, adam, epochs, seed=5, checkpoint=tmp_path / name)
        return [scale.item(), *shift.tolist()]

    assert_same_in_parts(run, tmp_path)


def assert_same_in_parts(run, tmp_path):
    whole = run("whole", 4)
    assert run("parts", 2) != whole
    assert run("parts", 4) == whole
    assert equal(*(files.load_checkpoint(tmp_path / name) for name in ("whole", "parts")))


def test_batches_of_many_sizes_resume_to_the_same_bits(tmp_path):
    def run(name, epochs):
        _, (X, y), _, _ = make(("SGD", {"lr": 0.1}), None, False)
        model = nn.Sequential(nn.Linear(4, 16), nn.GELU(), nn.LayerNorm(16), nn.Linear(16, 3))
        sizes = np.cumsum([9, 3, 6, 7])
        batches = [*zip(np.split(X, sizes), np.split(y, sizes), strict=True)]
        adam = nn.optim.Adam(model.parameters())
        history = nn.fit(
            model, batches, nn.CrossEntropyLoss(), adam, epochs, checkpoint=tmp_path / name
        )
        assert history.compiled
        return model.state_dict()

    whole, _ = run("whole", 6), run("parts", 5)
    assert equal(run("parts", 6), whole)


def test_without_a_seed_the_generators_are_in_the_file(tmp_path):
    def run(path, epochs, start):
        model, data, optimizer, _ = make(("SGD", {"lr": 0.1}), None, True)
        ag.manual_seed(start)
        loss = nn.CrossEntropyLoss()
        return nn.fit(model, data, loss, optimizer, epochs, validation=0.3, checkpoint=path)

    whole = run(tmp_path / "whole", 4, start=1)
    run(tmp_path / "parts", 2, start=1)
    assert run(tmp_path / "parts", 4, start=2) == whole != run(None, 4, start=2)


def test_a_run_that_is_no_program_any_more_stays_none(tmp_path):
    def run(name, epochs, first=0):
        model, (X, y), optimizer, _ = make(("SGD", {"lr": 0.1}), None, False)
        passes = itertools.count(first)

        def data():
            ignored = -100 if next(passes) == 0 else 0  # which a program refuses
            return iter([(X, y), (X, np.r_[ignored, y[1:]])])

        loss, path = nn.CrossEntropyLoss(), tmp_path / name
        return nn.fit(model, data, loss, optimizer, epochs, checkpoint=path)

    whole = run("whole", 4)
    run("parts", 1)
    resumed = run("parts", 4, first=1)
    assert not whole.compiled
    assert not resumed.compiled
    assert equal(*(files.load_checkpoint(tmp_path / name) for name in ("whole", "parts")))


def test_a_finished_run_is_not_run_again(tmp_path):
    case = CASES["momentum, dropout, step"]
    results = []
    for _ in range(2):
        model, data, optimizer, schedule = make(*case)
        history = nn.fit(
            model, data, nn.CrossEntropyLoss(), optimizer, 3, schedule=schedule,
            patience=5, checkpoint=tmp_path / "c",
        )  # fmt: skip
        results.append((dict(history), model.state_dict()))
    assert equal(*results)


def test_validation_and_patience_may_begin_with_a_resumption(tmp_path):
    model, data, optimizer, _ = make(("SGD", {"lr": 0.1}), None, False)
    run = partial(nn.fit, model, data, nn.CrossEntropyLoss(), optimizer, checkpoint=tmp_path / "c")
    run(epochs=5)
    history = run(epochs=7, validation=data, patience=3)
    assert np.isnan(history["val_loss"]).tolist() == [True] * 5 + [False] * 2
    assert len(repr(history).splitlines()) == 8


def test_another_kind_of_optimiser_is_refused(tmp_path):
    model, data, optimizer, _ = make(("SGD", {"lr": 0.1}), None, False)
    nn.fit(model, data, nn.CrossEntropyLoss(), optimizer, 1, checkpoint=tmp_path / "c")
    before = model.state_dict()
    adam = nn.optim.Adam(model.parameters())
    with pytest.raises(ValueError) as error:
        nn.fit(model, data, nn.CrossEntropyLoss(), adam, 2, checkpoint=tmp_path / "c")
    assert str(error.value) == three_lines(
        "the checkpoint is one of another training",
        "optimizer and schedule are ['Adam', 'NoneType'], and were ['SGD', 'NoneType']",
        "another file's name",
    )
    assert equal(before, model.state_dict())


@pytest.mark.parametrize(
    ("damage", "told", "where"),
    [
        (lambda c: c["optimizer"].pop("state"), "nothing was saved as state", "Adam"),
        (lambda c: c["schedule"].clear(), "nothing was saved as last_epoch, base_lrs", "StepLR"),
        (lambda c: c.pop("loss"), "'loss'", "KeyError"),
        (lambda c: c.pop("start"), "'start'", "KeyError"),
        (lambda c: c["random"][1].pop("state"), "'state'", "KeyError"),
        (
            lambda c: c["others"].append(np.ones(1)),
            "zip() argument 2 is longer than argument 1",
            "ValueError",
        ),
    ],
    ids=["optimizer", "schedule", "loss", "start", "random", "others"],
)
def test_a_refused_checkpoint_changes_nothing(tmp_path, damage, told, where):
    model, data, adam, steps = make(("Adam", {"lr": 0.1}), ("StepLR", {"step_size": 1}), False)
    loss = Tempered()
    run = partial(nn.fit, model, data, loss, adam, schedule=steps)
    run(epochs=2, checkpoint=tmp_path / "c")
    saved = files.load_checkpoint(tmp_path / "c")
    damage(saved)
    files.save_checkpoint(tmp_path / "c", saved)

    run(epochs=1)
    parts = (model, loss, adam, steps)
    before = [part.state_dict() for part in parts]
    random = ag.default_generator.bit_generator.state
    with pytest.raises(ValueError) as error:
        run(epochs=3, checkpoint=tmp_path / "c")
    what = f"the checkpoint is one of another training: {told}"
    assert str(error.value) == three_lines(what, where, "another file's name")
    assert equal(before, [part.state_dict() for part in parts])
    assert ag.default_generator.bit_generator.state == random


def test_a_checkpoint_of_other_groups_changes_nothing(tmp_path):
    model, data, adam, _ = make(("Adam", {"lr": 0.1}), None, False)
    nn.fit(model, data, nn.CrossEntropyLoss(), adam, 1, checkpoint=tmp_path / "c")
    ag.manual_seed(12)
    other = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 3))
    before, parameters = other.state_dict(), [*other.parameters()]
    groups = [{"params": parameters[:2]}, {"params": parameters[2:]}]
    adam = nn.optim.Adam(groups)
    with pytest.raises(ValueError) as error:
        nn.fit(other, data, nn.CrossEntropyLoss(), adam, 2, checkpoint=tmp_path / "c")
    assert str(error.value) == three_lines(
        "the checkpoint is one of another training: "
        "the groups have [2, 4] parameters, and had [6] when saved",
        "Adam",
        "another file's name",
    )
    assert equal(before, other.state_dict())


def test_a_wrong_path_shows_before_the_work(tmp_path):
    model, data, optimizer, _ = make(("SGD", {"lr": 0.1}), None, False)
    before = model.state_dict()
    with pytest.raises(FileNotFoundError):
        nn.fit(model, data, nn.CrossEntropyLoss(), optimizer, 1, checkpoint=tmp_path / "no" / "c")
    assert equal(before, model.state_dict())


@pytest.mark.slow
def test_a_process_killed_at_any_moment_leaves_a_checkpoint_to_go_on_from(tmp_path):
    def start(name, epochs):
        return subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path / name), str(epochs)])

    epochs, path = 60, tmp_path / "killed"
    assert start("whole", epochs).wait() == 0
    moments = np.random.default_rng(0)
    seen = [0]

    def done():
        return len(files.load_checkpoint(path)["history"].get("loss", [])) if path.exists() else 0

    for _ in range(5):
        process = start("killed", epochs)
        while done() <= seen[-1] and process.poll() is None:  # every read finds a whole file
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.04))
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen.append(done())
    assert seen == sorted(seen)
    assert 0 < seen[-1] < epochs, f"the kills came too late or too early: {seen}"
    assert start("killed", epochs).wait() == 0
    assert equal(files.load_checkpoint(path), files.load_checkpoint(tmp_path / "whole"))

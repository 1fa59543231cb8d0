"""The doctor: each mistake beside what differs by the fix only, the wording, and healthy models."""

import collections
import gc
import itertools
import linecache
import re

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F  # noqa: N812  # as every PyTorch program
from autograd import Tensor, logsumexp, no_grad, record_lines
from nn.doctor import CHECKS

rng = np.random.default_rng(0)
X = rng.standard_normal((32, 4))
CLASSES = np.arange(32) % 3
YES = (X[:, 0] > 0).astype(float)
IMAGES = rng.random((16, 36))
TARGETS = X @ np.array([1.0, -2.0, 0.5, 0.0])


def net(*layers):
    autograd.manual_seed(1)
    return nn.Sequential(*(layer() for layer in layers))


def linear(*sizes):
    return lambda: nn.Linear(*sizes)


def classifier(*more):
    return net(linear(4, 16), nn.ReLU, linear(16, 3), *more)


def scorer(*more):
    return net(linear(4, 8), nn.Tanh, linear(8, 1), *more)


# ── each mistake, where `bad` says whether to make it ─────────────────────────────────────────
def not_finite(bad):
    model = scorer()
    with np.errstate(divide="ignore"):
        loss = np.mean(np.log(model(X) ** 2 * (0 if bad else 1)))
    return nn.doctor(model, loss)


def not_finite_inputs(bad):
    model = scorer()
    x = X.copy()
    x[3, 1] = np.nan if bad else 0.0
    return nn.doctor(model, F.mse_loss(model(x), TARGETS[:, None]))


def not_finite_gradients(bad):
    model = scorer()
    error = model(X)[:, 0] * (0 if bad else 1)
    return nn.doctor(model, np.sqrt(np.sum(error**2)))


def softmax_twice(bad):
    model = classifier(*[nn.Softmax] * bad)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def log_softmax_twice(bad):
    model = classifier(*[nn.LogSoftmax] * bad)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def log_of_softmax(bad):
    model = classifier()
    y = np.log(F.softmax(model(X))) if bad else model(X)
    return nn.doctor(model, F.cross_entropy(y, CLASSES, label_smoothing=0.1))


def softmax_of_some(bad):
    model = classifier(*[nn.Softmax] * bad)
    return nn.doctor(
        model, F.cross_entropy(model(X)[:9].reshape(3, 3, 3), CLASSES[:9].reshape(3, 3))
    )


def sigmoid_twice(bad):
    model = scorer(*[nn.Sigmoid] * bad)
    return nn.doctor(model, F.binary_cross_entropy_with_logits(model(X)[:, 0], YES))


def not_logits(bad):
    model = classifier()
    e = np.exp(model(X))
    p = e / e.sum(axis=1, keepdims=True)
    return nn.doctor(model, F.cross_entropy(p if bad else np.log(p), CLASSES))


def not_log_probabilities(bad):
    model = classifier(*[nn.LogSoftmax] * (not bad))
    return nn.doctor(model, F.nll_loss(model(X), CLASSES))


def probabilities_for_nll(bad):
    model = classifier(nn.Softmax if bad else nn.LogSoftmax)
    return nn.doctor(model, F.nll_loss(model(X), CLASSES))


def probabilities_picked_by_hand(bad):
    model = classifier(nn.Softmax)
    p = model(X)
    if bad:
        return nn.doctor(model, -p[range(32), CLASSES].mean())
    return nn.doctor(model, -np.log(p)[range(32), CLASSES].mean())


def labels(bad):
    model, several = classifier(), np.stack([YES, 1 - YES, YES], axis=1)
    if not bad:
        return nn.doctor(model, F.binary_cross_entropy_with_logits(model(X), several))
    with pytest.warns(UserWarning, match="should sum to 1"):
        return nn.doctor(model, F.cross_entropy(model(X), several))


def labels_of_a_batch(bad):
    model = scorer()
    if not bad:
        return nn.doctor(model, F.binary_cross_entropy_with_logits(model(X)[:, 0], YES))
    with pytest.warns(UserWarning, match="should sum to 1"):
        return nn.doctor(model, F.cross_entropy(model(X)[:, 0], YES))


def one_class(bad):
    model = scorer() if bad else classifier()
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES * (not bad)))


def softmax_of_one(bad):
    model = scorer(nn.Softmax if bad else nn.Sigmoid)
    return nn.doctor(model, F.binary_cross_entropy(model(X)[:, 0], YES))


def broadcast(bad):
    model = scorer()
    target = TARGETS if bad else TARGETS[:, None]
    return nn.doctor(model, ((model(X) - target) ** 2).mean())


def broadcast_and_summed_by_rows(bad):
    model = scorer()
    target = TARGETS if bad else TARGETS[:, None]
    return nn.doctor(model, ((model(X) - target) ** 2).sum(axis=1).mean())


class Net(nn.Module):
    """Three layers, of which forward may forget one, or the list may hide one."""

    def __init__(self, hide=False, forget=False, detach=False):
        super().__init__()
        autograd.manual_seed(1)
        self.layers = [*map(nn.Linear, [4], [8])] if hide else nn.ModuleList([nn.Linear(4, 8)])
        self.middle, self.last = nn.Linear(8, 8), nn.Linear(8, 3)
        self.forget, self.detach = forget, detach

    def forward(self, x):
        h = np.tanh(self.layers[0](x))
        h = h if self.forget else np.tanh(self.middle(h))
        return self.last(h.detach() if self.detach else h)


def unreached(bad):
    model = Net(forget=bad)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def detached(bad):
    model = Net(detach=bad)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def without_history(bad):
    model = Net()
    if not bad:
        return nn.doctor(model, F.cross_entropy(model(X), CLASSES))
    with no_grad():
        return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def without_derivative(bad):
    model = scorer()
    z, (w, b) = model[0](X), model[2].parameters()
    y = np.where(z > 0, w, 0.0) if bad else z * w
    return nn.doctor(model, F.mse_loss(np.sum(y, axis=1) + b, TARGETS))


def rounded(bad):
    model = scorer()
    return nn.doctor(model, F.mse_loss(np.round(model(X)) if bad else model(X), YES[:, None]))


def rounded_between_layers(bad):
    first, last = model = net(linear(4, 16), linear(16, 3))
    h = np.sign(first(X)) if bad else first(X)
    return nn.doctor(model, F.cross_entropy(last(h), CLASSES))


class Scaled(nn.Module):
    """A line, and a factor that is no Parameter."""

    def __init__(self, factor):
        super().__init__()
        self.line, self.factor = nn.Linear(4, 3), factor

    def forward(self, x):
        return self.line(x) * self.factor


def no_parameter(bad):
    data = np.ones(3)
    model = Scaled(Tensor(data, requires_grad=True) if bad else nn.Parameter(data))
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def in_a_list(bad):
    model = Net(hide=bad)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def in_a_dict_of_lists(bad):
    model = classifier()
    model.blocks = {"encoder": [("first", nn.Linear(4, 16) if bad else model[0])]}
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def in_a_deque(bad):
    model = classifier()
    model.blocks = collections.deque([nn.Linear(4, 4) if bad else model[0]])
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def in_an_array(bad):
    model = classifier()
    model.grid = np.array([[nn.Linear(4, 4) if bad else model[1], None]])
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


class Affine(nn.Module):
    """A layer without parameters that has a state, or none."""

    def __init__(self, state):
        super().__init__()
        self.register_buffer("scale", np.ones(()) if state else None)


def no_parameters_in_a_dict(bad):
    model = classifier()
    model.chosen = {"relu": nn.Sequential(nn.ReLU(), nn.Dropout() if bad else nn.Tanh())}
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def buffers_in_a_list(bad):
    model = classifier()
    model.scales = [nn.Sequential(Affine(bad))]
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def compiled_part(bad):
    model = classifier()
    model.parts = [autograd.compile(nn.Linear(4, 4) if bad else model.forward)]
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


class Ending(nn.Module):
    """A layer, and a last one that may come from anywhere."""

    def __init__(self, last):
        super().__init__()
        self.first, self.last = nn.Linear(4, 8), last

    def forward(self, x):
        return self.last(np.tanh(self.first(x)))


def in_a_function(bad):
    autograd.manual_seed(1)
    last = nn.Linear(8, 3)
    model = Ending((lambda h: last(h)) if bad else last)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def not_in_the_optimizer(bad):
    model = classifier()
    optimizer = nn.optim.SGD(model[2].parameters() if bad else model.parameters(), lr=0.1)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES), optimizer)


def accumulated(bad):
    model = classifier()
    optimizer = nn.optim.SGD(model.parameters(), lr=0.05)
    for i in range(3):
        if not bad:
            optimizer.zero_grad()
        loss = F.cross_entropy(model(X[i::2]), CLASSES[i::2])
        loss.backward()
        optimizer.step()
    return nn.doctor(model, loss, optimizer)


def alive(bad):
    model, history = classifier(), []
    for _ in range(4):
        loss = F.cross_entropy(model(X), CLASSES)
        model.zero_grad()
        loss.backward()
        history.append(loss if bad else loss.item())
    return nn.doctor(model, loss)


def alive_in_a_total(bad):
    model, total = classifier(), 0.0
    for _ in range(4):
        loss = F.cross_entropy(model(X), CLASSES)
        model.zero_grad()
        loss.backward()
        total += loss if bad else loss.item()
    return nn.doctor(model, loss)


def evaluating(bad):
    model = net(linear(4, 8), nn.Dropout, linear(8, 3))
    model.train(not bad)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def evaluating_whole_channels(bad):
    model = net(linear(4, 8), nn.Dropout1d, linear(8, 3))
    model.train(not bad)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def unscaled(bad):
    model = scorer()
    return nn.doctor(model, F.mse_loss(model(X * (1000 if bad else 1))[:, 0], TARGETS))


def widened(bad):
    model = classifier().float()
    return nn.doctor(model, F.cross_entropy(model(X if bad else X.astype(np.float32)), CLASSES))


def dead(bad):
    model = classifier()
    with no_grad():
        model[0].bias[...] = -50.0 if bad else 0.0
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def dead_in_numpy(bad):
    model = classifier()
    with no_grad():
        model[0].bias[...] = -50.0 if bad else 0.0
    h = np.maximum(model[0](X), 0)
    return nn.doctor(model, F.cross_entropy(model[2](h), CLASSES))


def dead_channels(bad):
    model = net(lambda: nn.Conv2d(1, 8, 3), nn.ReLU, nn.Flatten, linear(128, 3))
    with no_grad():
        model[0].bias[...] = -50.0 * bad
    return nn.doctor(model, F.cross_entropy(model(IMAGES.reshape(16, 1, 6, 6)), CLASSES[:16]))


def symmetric(bad):
    model = net(linear(4, 8), nn.Tanh, linear(8, 3))
    for layer in (model[0], model[2]):
        (nn.init.zeros_ if bad else nn.init.xavier_uniform_)(layer.weight)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def symmetric_ones(bad):
    model = scorer()
    for layer in (model[0], model[2]):
        (nn.init.ones_ if bad else nn.init.xavier_uniform_)(layer.weight)
    return nn.doctor(model, F.mse_loss(model(X)[:, 0], TARGETS))


def saturated(bad):
    model = net(linear(4, 8), nn.Tanh, linear(8, 1))
    nn.init.normal_(model[0].weight, std=100 if bad else 0.5)
    return nn.doctor(model, F.mse_loss(model(X)[:, 0], TARGETS))


def deep(activation, *more):
    return net(*itertools.chain(*[(linear(4, 4), activation)] * 10), linear(4, 3), *more)


def vanishing(bad):
    model = deep(nn.Sigmoid if bad else nn.Tanh)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


def exploding(bad):
    model = deep(nn.Identity)
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.orthogonal_(layer.weight, gain=10 if bad else 1)
    return nn.doctor(model, F.cross_entropy(model(X), CLASSES))


# ── what is said ──────────────────────────────────────────────────────────────────────────────
TOLD = [  # the mistake; the check that finds it; what it says; and where, if that is no line
    (not_finite, "not_finite", "the loss is -inf, which begins in log"),
    (not_finite_inputs, "not_finite", "the loss is nan, which begins in what is given to linear"),
    (
        not_finite_gradients,
        "not_finite",
        "the gradient of 0.weight, 0.bias, 2.weight, 2.bias is not finite, from sqrt",
    ),
    (softmax_twice, "not_logits", "softmax before cross_entropy"),
    (log_softmax_twice, "not_logits", "log_softmax before cross_entropy"),
    (log_of_softmax, "not_logits", "softmax before cross_entropy"),
    (softmax_of_some, "not_logits", "softmax before cross_entropy"),
    (sigmoid_twice, "not_logits", "sigmoid before binary_cross_entropy_with_logits"),
    (not_logits, "not_logits", "probabilities before cross_entropy"),
    (
        not_log_probabilities,
        "not_log_probabilities",
        "nll_loss is given what are no log-probabilities",
    ),
    (
        probabilities_for_nll,
        "not_log_probabilities",
        "nll_loss is given what are no log-probabilities",
    ),
    (
        probabilities_picked_by_hand,
        "not_log_probabilities",
        "nll_loss is given what are no log-probabilities",
    ),
    (labels, "labels", "labels meet cross_entropy as a distribution over 3"),
    (labels_of_a_batch, "labels", "labels meet cross_entropy as a distribution over 32"),
    (one_class, "labels", "labels meet cross_entropy as a distribution over 1"),
    (softmax_of_one, "labels", "softmax is taken over a single class"),
    (broadcast, "broadcast", "subtract of (32, 1) and (32,) broadcasts by accident"),
    (
        broadcast_and_summed_by_rows,
        "broadcast",
        "subtract of (32, 1) and (32,) broadcasts by accident",
    ),
    (
        unreached,
        "unreached",
        "no gradient reaches middle.weight, middle.bias: not connected",
        "Net",
    ),
    (
        detached,
        "unreached",
        (
            "no gradient reaches layers.0.weight, layers.0.bias, middle.weight, middle.bias: "
            "not connected"
        ),
        "Net",
    ),
    (
        without_history,
        "unreached",
        (
            "no gradient reaches layers.0.weight, layers.0.bias, middle.weight, middle.bias "
            "and 2 more: not connected"
        ),
        "Net",
    ),
    (without_derivative, "unreached", "no gradient reaches 0.weight, 0.bias: no derivative"),
    (
        rounded,
        "unreached",
        "no gradient comes through round: it is flat between its jumps",
    ),
    (
        rounded_between_layers,
        "unreached",
        "no gradient comes through sign: it is flat between its jumps",
    ),
    (no_parameter, "in_a_list", "a plain Tensor hides layers or parameters", "Scaled.factor"),
    (in_a_list, "in_a_list", "a plain list hides layers or parameters", "Net.layers"),
    (
        in_a_dict_of_lists,
        "in_a_list",
        "a plain dict hides layers or parameters",
        "Sequential.blocks",
    ),
    (in_a_deque, "in_a_list", "a plain deque hides layers or parameters", "Sequential.blocks"),
    (in_an_array, "in_a_list", "a plain ndarray hides layers or parameters", "Sequential.grid"),
    (
        no_parameters_in_a_dict,
        "in_a_list",
        "a plain dict hides layers or parameters",
        "Sequential.chosen",
    ),
    (
        buffers_in_a_list,
        "in_a_list",
        "a plain list hides layers or parameters",
        "Sequential.scales",
    ),
    (
        compiled_part,
        "in_a_list",
        "a plain list hides layers or parameters",
        "Sequential.parts",
    ),
    (
        in_a_function,
        "in_a_list",
        "the model does not have the parameters of linear: (3, 8), (3,)",
    ),
    (
        not_in_the_optimizer,
        "not_in_the_optimizer",
        "the optimizer does not have 0.weight, 0.bias",
        "SGD",
    ),
    (
        accumulated,
        "accumulated",
        "the gradient of 2.weight is 2.0 times that of this loss",
        "backward()",
    ),
    (alive, "alive", "a list keeps the graphs of 3 losses alive", "history"),
    (
        alive_in_a_total,
        "alive",
        "a running total keeps the graphs of 3 losses alive",
        "running total",
    ),
    (evaluating, "evaluating", "the model is trained in eval mode", "Dropout"),
    (evaluating_whole_channels, "evaluating", "the model is trained in eval mode", "Dropout1d"),
    (unscaled, "unscaled", "inputs up to 2325 reach 0.weight"),
    (widened, "widened", "float32 becomes float64 in linear"),
    (dead, "dead", "16 of 16 units of relu are 0 for the whole batch"),
    (dead_in_numpy, "dead", "16 of 16 units of maximum are 0 for the whole batch"),
    (dead_channels, "dead", "8 of 8 units of relu are 0 for the whole batch"),
    (symmetric, "symmetric", "all rows of 0.weight are equal"),
    (symmetric_ones, "symmetric", "all rows of 0.weight are equal"),
    (saturated, "saturated", "99% of tanh before 2.weight is saturated"),
    (vanishing, "uneven", "gradients vanish: 9.8e-11 in 0.weight, 0.03 in 20.weight"),
    (exploding, "uneven", "gradients explode: 1.9e+09 in 0.weight, 2.2e+09 in 20.weight"),
]


def test_an_error_that_somebody_holds_is_no_obstacle():
    with pytest.raises(ValueError, match="broadcast") as held:
        Tensor([1.0, 2.0], requires_grad=True) + np.ones(3)
    model = nn.Linear(2, 1)
    assert nn.doctor(model, (model(rng.normal(size=(3, 2))) ** 2).mean()) == ()
    assert held.value


def test_losses_that_nobody_holds_any_more_are_no_mistake():
    collects = gc.isenabled()
    gc.disable()
    try:
        model = classifier()
        model.losses = [F.cross_entropy(model(X), CLASSES) for _ in range(3)]
        for loss in model.losses:
            loss.backward()
        model.losses.append(model.losses)  # a cycle
        del model.losses, loss
        model.zero_grad()
        loss = F.cross_entropy(model(X), CLASSES)
        loss.backward()
        assert nn.doctor(model, loss) == ()
    finally:
        if collects:
            gc.enable()


def test_a_loss_that_a_compiled_model_computed_is_refused():
    model = nn.Sequential(nn.Linear(X.shape[1], 3), nn.Softmax(-1))
    loss = F.cross_entropy(autograd.compile(model)(X), CLASSES)
    for total in (loss, loss + 0.1 * np.sum(model[0].weight ** 2)):
        with pytest.raises(ValueError) as error:
            nn.doctor(model, total)
        assert str(error.value) == (
            "doctor cannot see what a compiled function does with the parameters\n"
            "  where: the loss came through Sequential, compiled, which is one operation\n"
            "  instead: a loss that is computed without compile"
        )
    (found,) = nn.doctor(model, F.cross_entropy(model(X), CLASSES))
    assert found.check == "not_logits"


def test_a_frozen_teacher_may_be_hidden_and_a_part_compiled():
    model, teacher = classifier(), classifier()
    model.teacher = [teacher.requires_grad_(False)]
    model.body = autograd.compile(model[0])
    assert nn.doctor(model, F.cross_entropy(model(X), CLASSES)) == ()
    teacher[2].requires_grad_()
    (found,) = nn.doctor(model, F.cross_entropy(model(X), CLASSES))
    assert found.where == "Sequential.teacher"


@pytest.mark.parametrize("row", TOLD, ids=lambda row: row[0].__name__)
def test_a_mistake_is_found_with_its_line_and_what_differs_by_the_fix_only_is_not(row):
    mistake, check, what, *where = row
    with record_lines():
        report = mistake(True)
        assert mistake(False) == (), mistake(False)
    assert (check, what) in [(f.check, f.what) for f in report], report
    found = next(f for f in report if f.check == check)
    if where:
        assert [found.where] == where
    else:
        line, text = re.fullmatch(r"test_doctor\.py:(\d+): (.+)", found.where).groups()
        assert linecache.getline(__file__, int(line)).strip() == text
        code = mistake.__code__
        assert code.co_firstlineno < int(line) <= max(n for *_, n in code.co_lines() if n)


def test_each_check_has_a_mistake():
    assert {row[1] for row in TOLD} == {check.__name__ for check in CHECKS}


WORDS = {
    "not_finite": (
        (
            "What is computed from NaN or infinity is seldom anything else. So each gradient is "
            "lost, and after one step each weight."
        ),
        "finite inputs (np.isfinite), a positive argument for log and division, a smaller lr.",
    ),
    "not_logits": (
        (
            "The loss takes softmax or sigmoid of its input itself, so that it wants logits: any "
            "numbers. Of probabilities, the second one is never near 0 or 1, and the loss cannot "
            "fall to 0; of their logarithms, it is lost time."
        ),
        "the output of the last linear layer as it is; softmax or sigmoid for predictions only.",
    ),
    "not_log_probabilities": (
        (
            "The loss only picks a number of each row, whose exponentials have to sum to 1. "
            "Otherwise it falls without end, while the predictions need not improve."
        ),
        "cross_entropy of the logits, or nll_loss(log_softmax(logits), target).",
    ),
    "labels": (
        (
            "A target in the input's shape is a distribution over the classes, on the class axis."
            " Labels are none, and over a single class softmax is 1, whatever the model does."
        ),
        (
            "target.astype(int) of shape (N,) and an output for each class; for yes and no, or "
            "for several labels at once, binary_cross_entropy_with_logits."
        ),
    ),
    "broadcast": (
        (
            "NumPy compares each row of the one with all of the other, so that N × N errors are "
            "averaged. The best prediction is then the mean of the targets, for every input."
        ),
        "nn.functional.mse_loss, which refuses; or target.reshape(prediction.shape).",
    ),
    "unreached": (
        (
            "The loss does not depend on these parameters, or its history was lost on the way. "
            "They keep their first values, whatever the optimizer does."
        ),
        (
            "Tensors all the way, without detach(), no_grad(), item(), argmax or round between; "
            "requires_grad_(False) for what shall stay."
        ),
    ),
    "in_a_list": (
        (
            "A module finds layers and Parameters that are its attributes: no Tensors, and nothing"
            " that lies in a list or another object, or was compiled. The optimizer never gets "
            "these parameters, and state_dict() does not save them."
        ),
        (
            "nn.ModuleList([...]), or nn.Sequential(...); self.layer = layer for what comes from "
            "elsewhere; nn.Parameter(data) for a Tensor; compile(model) of all of it."
        ),
    ),
    "not_in_the_optimizer": (
        (
            "An optimizer changes what it was given, and nothing else. The gradients of these "
            "parameters are computed for nothing."
        ),
        "an optimizer of model.parameters(), made after the model has all its layers.",
    ),
    "accumulated": (
        (
            "Backward adds to the gradients that are there. So a step follows the sum over "
            "earlier batches, at weights that are no more."
        ),
        (
            "optimizer.zero_grad() before each backward(); or after each step(), where batches "
            "are added up on purpose."
        ),
    ),
    "alive": (
        (
            "A loss knows the whole graph that it came from, with the activations of its batch. "
            "Memory grows with every step."
        ),
        "history.append(loss.item()), total += loss.item().",
    ),
    "evaluating": (
        (
            "After eval(), Dropout drops nothing and BatchNorm uses what it remembers. The model "
            "is trained without what these layers are for."
        ),
        "model.train() before the loop, and after every evaluation.",
    ),
    "unscaled": (
        (
            "The gradient of a weight is a multiple of its input. Large inputs make steps that "
            "are much too long for these weights, and saturate what follows."
        ),
        "(x - mean) / std, by the training data's; pixels / 255.",
    ),
    "widened": (
        (
            "NumPy computes float32 with float64 in float64. All that follows takes twice the "
            "memory and time."
        ),
        "x.astype(np.float32) for inputs and targets, or model.double().",
    ),
    "dead": (
        (
            "A relu is flat below 0, so that a unit which is 0 for every row gets no gradient. It"
            " cannot come back by itself."
        ),
        "a smaller lr, scaled inputs, init.kaiming_uniform_; or gelu, silu.",
    ),
    "symmetric": (
        (
            "Units that start equal, and get gradients that are nearly so, stay alike. The layer "
            "is no better than one unit."
        ),
        "the weights that the layer comes with, or init.xavier_uniform_, init.kaiming_uniform_.",
    ),
    "saturated": (
        (
            "Where tanh and sigmoid are near their bounds, they are flat. Next to no gradient "
            "comes through to what is below."
        ),
        "scaled inputs, smaller first weights (init.xavier_uniform_), a LayerNorm before it.",
    ),
    "uneven": (
        (
            "Each layer multiplies the gradient on its way back, here by much less or much more "
            "than 1. So no lr suits the first layers and the last."
        ),
        (
            "relu or gelu for sigmoid, init.xavier_uniform_, LayerNorm, residual connections; for"
            " large ones also clipped gradients."
        ),
    ),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_wording(check):
    mistake = next(row[0] for row in TOLD if row[1] == check.__name__)
    found = next(f for f in mistake(True) if f.check == check.__name__)
    assert (found.why, found.instead) == WORDS[check.__name__]
    assert len(re.findall(r"[.](?: |$)", found.why)) == 2, "two sentences"


# ── the report ────────────────────────────────────────────────────────────────────────────────
def test_a_report_prints_as_text_and_as_markdown():
    model = classifier(nn.Softmax)
    report = nn.doctor(model, lambda: F.cross_entropy(model(X), CLASSES))
    where = r"test_doctor\.py:\d+: report = nn\.doctor\(model, lambda: F\.cross_entropy\("
    text = repr(report).splitlines()
    assert text[0] == "softmax before cross_entropy"
    assert re.match(rf"  where: {where}", text[1])
    assert text[3].startswith("  why: The loss takes softmax or sigmoid of its input itself, so")
    assert text[-2].startswith("  instead: the output of the last linear layer as it is; softmax")
    assert max(map(len, text)) <= 96
    marked = report._repr_markdown_().splitlines()
    assert marked[0] == "- **softmax before cross_entropy**  "
    assert re.match(rf"  `{where}", marked[1])
    assert marked[3].startswith("  → the output of the last")
    assert report
    assert isinstance(report, tuple)


def test_a_healthy_report_is_empty_and_false_and_says_so():
    model = classifier()
    report = nn.doctor(model, F.cross_entropy(model(X), CLASSES))
    assert not report
    assert repr(report) == report._repr_markdown_() == f"no findings, by {len(CHECKS)} checks"


@pytest.mark.parametrize(
    "move",
    [
        lambda p: p.flatten(), lambda p: p[:, 0].unsqueeze(0)[0], lambda p: p.squeeze(1).clone(),
        lambda p: p.view(-1).astype(np.float32), lambda p: p.expand(32, 1)[:, 0],
    ],
)  # fmt: skip
def test_a_mistake_is_found_behind_what_only_moves_numbers(move):
    model = scorer(nn.Sigmoid)
    loss = F.binary_cross_entropy_with_logits(move(model(X)), CLASSES.clip(0, 1).astype(float))
    assert "not_logits" in [found.check for found in nn.doctor(model, loss)]


def test_without_lines_a_finding_names_the_operation_and_tells_how_to_get_the_line():
    model = classifier(nn.Softmax)
    (found,) = nn.doctor(model, F.cross_entropy(model(X), CLASSES))
    assert found.where == "softmax (32, 3) (its line: doctor(model, lambda: loss))"


def test_nothing_is_changed():
    model = classifier()
    optimizer = nn.optim.Adam(model.parameters())
    loss = F.cross_entropy(model(X), CLASSES)
    before = model.state_dict()
    nn.doctor(model, loss, optimizer)
    assert all(p.grad is None for p in model.parameters())
    loss.backward()  # which can be called once
    grads = [p.grad.data.copy() for p in model.parameters()]
    nn.doctor(model, loss, optimizer)
    assert all(map(np.array_equal, grads, [p.grad.data for p in model.parameters()]))
    assert all(np.array_equal(before[k].data, v.data) for k, v in model.state_dict().items())


def test_what_is_no_module_and_what_is_no_loss():
    model = classifier()
    loss = F.cross_entropy(model(X), CLASSES)
    for args, given in [
        ((model, loss.item()), "Sequential, float"),
        ((loss, model), "Tensor, Sequential"),
        ((F, loss), "module, Tensor"),
        ((model, loss, 3), "Sequential, Tensor, int"),
    ]:
        with pytest.raises(TypeError) as info:
            nn.doctor(*args)
        assert str(info.value) == (
            "doctor looks at a module and its loss\n"
            f"  where: doctor({given})\n"
            "  instead: doctor(model, loss) or doctor(model, loss, optimizer), the loss a Tensor: "
            "before item() or numpy()"
        )


# ── no false alarm ────────────────────────────────────────────────────────────────────────────
def layers_of(model):
    return [layer for layer in model.modules() if isinstance(layer, nn.Linear)]


def filled(fill, model):
    for layer in layers_of(model):
        fill(layer.weight)
    return model


class Recurrent(nn.Module):
    """An LSTM, and a line of its last state."""

    def __init__(self):
        super().__init__()
        self.lstm, self.last = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, x):
        return self.last(self.lstm(x)[0][:, -1])


class Translator(nn.Module):
    """Tokens, a layer of a transformer, tokens."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(20, 16)
        self.layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
        self.last = nn.Linear(16, 20)

    def forward(self, x):
        return self.last(self.layer(self.tokens(x)))


WORDS_IN = rng.integers(0, 20, (6, 5))
BITS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
WEIGHT = np.array([1.0, 2.0, 3.0])
IGNORED = np.where(np.arange(32) % 5, CLASSES, -100)

HEALTHY = {
    "regression": lambda: (nn.MLP(4, 16, 16, 1), lambda m: F.mse_loss(m(X)[:, 0], TARGETS)),
    "regression by hand": lambda: (nn.Linear(4, 1), lambda m: ((m(X)[:, 0] - TARGETS) ** 2).mean()),
    "one at a time": lambda: (nn.Linear(4, 1), lambda m: ((m(X[:1]) - TARGETS[:1]) ** 2).mean()),
    "pairs": lambda: (nn.Linear(4, 1), lambda m: np.mean((m(X) - m(X)[:, 0]) ** 2)),
    "large targets": lambda: (
        nn.Linear(4, 1),
        lambda m: F.mse_loss(m(X)[:, 0], TARGETS * 1e3 + 1e3),
    ),
    "classes": lambda: (nn.MLP(4, 16, 3), lambda m: F.cross_entropy(m(X), CLASSES)),
    "float32": lambda: (
        nn.MLP(4, 16, 3).float(),
        lambda m: F.cross_entropy(m(X.astype(np.float32)), CLASSES),
    ),
    "weighted one-hot, smoothed": lambda: (
        nn.MLP(4, 16, 3),
        lambda m: F.cross_entropy(m(X), np.eye(3)[CLASSES], weight=WEIGHT, label_smoothing=0.1),
    ),
    "weighted one-hot": lambda: (
        nn.MLP(4, 16, 3),
        lambda m: F.cross_entropy(m(X), np.eye(3)[CLASSES], weight=WEIGHT),
    ),
    "ignored": lambda: (nn.MLP(4, 16, 3), lambda m: F.cross_entropy(m(X), IGNORED)),
    "log-probabilities": lambda: (
        nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax()),
        lambda m: F.nll_loss(m(X), IGNORED, weight=WEIGHT),
    ),
    "log-probabilities in float32": lambda: (
        nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax()).float(),
        lambda m: F.nll_loss(m(X.astype(np.float32)), CLASSES),
    ),
    "masked": lambda: (
        nn.MLP(4, 16, 3),
        lambda m: F.cross_entropy(np.where(CLASSES[:, None] >= range(3), m(X), -np.inf), CLASSES),
    ),
    "cross-entropy by hand": lambda: (
        nn.MLP(4, 16, 3),
        lambda m: np.mean(-(z := m(X))[np.arange(32), CLASSES] + logsumexp(z, axis=1)),
    ),
    "margins": lambda: (nn.MLP(4, 16, 3), lambda m: F.multi_margin_loss(m(X), CLASSES)),
    "margins that are kept": lambda: (
        nn.MLP(4, 16, 1),
        lambda m: np.mean(np.maximum(m(X) - 9, 0)),
    ),
    "autoencoder": lambda: (nn.MLP(36, 16, 4, 16, 36), lambda m: F.mse_loss(m(IMAGES), IMAGES)),
    "autoencoder of bits": lambda: (
        nn.Sequential(*nn.MLP(36, 8, 36), nn.Sigmoid()),
        lambda m: F.binary_cross_entropy(m(IMAGES), IMAGES),
    ),
    "logistic regression": lambda: (
        nn.Linear(4, 1),
        lambda m: F.binary_cross_entropy_with_logits(m(X)[:, 0], YES),
    ),
    "from zero": lambda: (
        filled(nn.init.zeros_, nn.Linear(4, 3)),
        lambda m: F.cross_entropy(m(X), CLASSES),
    ),
    "straight through, from zero": lambda: (
        nn.Sequential(nn.Linear(4, 16), filled(nn.init.zeros_, nn.Linear(16, 3))),
        lambda m: F.cross_entropy(
            m[1]((z := m[0](X)) + (np.sign(z) - z).detach()) + 0 * np.round(z[:, :3]), CLASSES
        ),
    ),
    "xor": lambda: (
        nn.Sequential(*nn.MLP(2, 4, 1, activation=nn.Sigmoid), nn.Sigmoid()),
        lambda m: F.mse_loss(m(BITS), BITS[:, :1] != BITS[:, 1:]),
    ),
    "distilled": lambda: (
        nn.Linear(4, 3),
        lambda m: F.kl_div(F.log_softmax(m(X)), np.full((32, 3), 1 / 3), "batchmean"),
    ),
    "deep tanh": lambda: (
        filled(nn.init.xavier_uniform_, nn.MLP(4, *[16] * 10, 3, activation=nn.Tanh)),
        lambda m: F.cross_entropy(m(X), CLASSES),
    ),
    "deep relu": lambda: (
        filled(nn.init.kaiming_normal_, nn.MLP(4, *[32] * 8, 3)),
        lambda m: F.cross_entropy(m(X), CLASSES),
    ),
    "regularised": lambda: (
        nn.Sequential(
            nn.Linear(4, 16), nn.LayerNorm(16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 3)
        ),
        lambda m: (
            F.cross_entropy(m(X), CLASSES) + 1e-3 * sum(np.sum(p * p) for p in m.parameters())
        ),
    ),
    "recurrent": lambda: (
        Recurrent(),
        lambda m: F.cross_entropy(m(X.reshape(8, 4, 4)), CLASSES[:8]),
    ),
    "transformer": lambda: (
        Translator(),
        lambda m: F.cross_entropy(m(WORDS_IN).reshape(-1, 20), WORDS_IN.reshape(-1)),
    ),
    "convolutional": lambda: (
        nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(128, 3)),
        lambda m: F.cross_entropy(m(IMAGES.reshape(16, 1, 6, 6)), CLASSES[:16]),
    ),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_no_false_alarm_at_any_moment_of_training(name):
    autograd.manual_seed(2)
    model, compute = HEALTHY[name]()
    kind, lr = [(nn.optim.SGD, 0.05), (nn.optim.Adam, 0.01)][len(name) % 2]
    optimizer, history = kind(model.parameters(), lr=lr), []
    for _ in range(3):
        loss = compute(model)
        optimizer.zero_grad()
        loss.backward()
        assert history or not nn.doctor(model, loss, optimizer)
        optimizer.step()
        history.append(loss.item())
    assert not nn.doctor(model, loss, optimizer)
    assert not nn.doctor(model, lambda: compute(model), optimizer)  # the last gradients are there


def test_clipped_gradients_and_losses_in_variables_are_no_mistakes():
    model = classifier()
    first = F.cross_entropy(model(X), CLASSES)
    first.backward()
    second = F.cross_entropy(model(X), CLASSES)
    model.zero_grad()
    second.backward()
    loss = F.cross_entropy(model(X), CLASSES)
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.grad = p.grad.data * 0.1
    assert not nn.doctor(model, loss)


def test_frozen_parameters_need_no_optimizer_and_no_gradient():
    model = classifier()
    model[0].requires_grad_(False)
    optimizer = nn.optim.SGD(model[2].parameters(), lr=0.1)
    assert not nn.doctor(model, F.cross_entropy(model(X), CLASSES), optimizer)


LAYER = nn.Linear(4, 4)


class Shared(nn.Module):
    hidden = LAYER

    def __init__(self):
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        return self.last(self.hidden(x))


class Slotted(Shared):
    __slots__ = ("hidden",)

    def __init__(self):
        super().__init__()
        self.hidden = LAYER


class Outer(Shared):
    def forward(self, x):
        return self.last(LAYER(x))


@pytest.mark.parametrize("kind", [Slotted, Shared, Outer])
def test_a_layer_that_no_attribute_of_the_model_holds_is_found_by_its_use(kind):
    autograd.manual_seed(0)
    model = kind()
    loss = F.cross_entropy(model(X), CLASSES)
    (found,) = nn.doctor(model, loss, nn.optim.SGD(model.parameters(), 0.1))
    assert found.what == "the model does not have the parameters of linear: (4, 4), (4,)"
    both = [*model.parameters(), *LAYER.parameters()]
    assert not nn.doctor(model, loss, nn.optim.SGD(both, 0.1))
    LAYER.requires_grad_(False)
    assert not nn.doctor(model, F.cross_entropy(model(X), CLASSES))
    LAYER.requires_grad_(True)


def test_the_parameters_of_another_model_in_the_loss_are_no_mistake():
    autograd.manual_seed(0)
    generator, critic = nn.MLP(4, 8, 4), nn.MLP(4, 8, 1)
    loss = F.binary_cross_entropy_with_logits(critic(generator(X)), np.ones((32, 1)))
    optimizer = nn.optim.SGD(generator.parameters(), lr=0.1)
    assert not nn.doctor(generator, loss, optimizer)
    assert not nn.doctor(generator, loss)


def test_a_few_rows_say_nothing_about_a_unit():
    model = classifier()
    with no_grad():
        model[0].bias[...] = -50.0
    assert not nn.doctor(model, F.cross_entropy(model(X[:7]), CLASSES[:7]))


def test_a_look_moves_no_running_mean(rng):
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    x, before = rng.normal(size=(20, 3)), {k: v.copy() for k, v in arrays_of(net).items()}
    nn.doctor(net, lambda: nn.functional.mse_loss(net(x), np.zeros((20, 2))))
    for key, value in arrays_of(net).items():
        np.testing.assert_array_equal(value, before[key])


def test_a_look_draws_and_counts_nothing():
    class Counted(nn.Module):
        def __init__(self):
            super().__init__()
            self.calls, self.layers = 0, net(linear(4, 8), nn.Dropout, linear(8, 3))

        def forward(self, x):
            self.calls += 1
            return self.layers(x)

    model = Counted()
    autograd.manual_seed(5)
    nn.doctor(model, lambda: F.cross_entropy(model(X), CLASSES))
    assert model.calls == 0
    drawn = autograd.rand(3)
    autograd.manual_seed(5)
    np.testing.assert_array_equal(drawn, autograd.rand(3))


def arrays_of(net):
    return {key: np.asarray(value.data) for key, value in net.state_dict().items()}


def test_a_loss_may_choose_the_mode_of_the_model(rng):
    net = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)).eval()
    x, classes = rng.standard_normal((9, 3)), np.arange(9) % 3
    assert not nn.doctor(net, lambda: F.cross_entropy(net.train()(x), classes))
    assert not net.training

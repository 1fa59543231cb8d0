"""What the notebooks claim of digits, with other seeds; and beside PyTorch, step by step."""

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn

datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
selection = pytest.importorskip("sklearn.model_selection")


@pytest.fixture(scope="module")
def digits() -> Any:
    """Images (N, 64) with values from 0 to 1 and their classes, a third of them held out."""
    X, y = datasets.load_digits(return_X_y=True)
    return selection.train_test_split(X / 16, y, test_size=1 / 3, stratify=y, random_state=0)


def mlp(nn: Any) -> Any:
    return nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))


def convnet(nn: Any, dropout: float = 0.0) -> Any:
    """The notebook's, written for any library with PyTorch's names."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(32 * 4 * 4, 10),
    )


def right(model: Any, X: Any, y: Any) -> float:
    """Return the share of the images that a model recognises."""
    model.eval()
    with ag.no_grad():
        return float((model(X).numpy().argmax(axis=1) == y).mean())


def trained(model: Any, X: Any, y: Any, epochs: int, seed: int) -> Any:
    optimizer = nn.optim.AdamW(model.parameters(), lr=5e-3)
    schedule = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    nn.fit(model, (X, y), nn.CrossEntropyLoss(), optimizer, epochs, schedule=schedule, seed=seed)
    return model


def test_a_perceptron_recognises_digits(digits):
    X, held_out, y, truth = digits
    ag.manual_seed(1)
    model = trained(mlp(nn), X, y, epochs=30, seed=1)
    assert right(model, held_out, truth) >= 0.97


@pytest.mark.slow
def test_a_convnet_recognises_digits(digits):
    X, held_out, y, truth = (part.astype("f4" if part.ndim > 1 else int) for part in digits)
    ag.manual_seed(1)
    model = trained(convnet(nn, 0.5).float(), X, y, epochs=15, seed=1)
    assert right(model, held_out, truth) >= 0.985


@pytest.mark.parametrize(
    ("network", "algorithm"),
    [
        (mlp, "SGD"),
        (mlp, "AdamW"),
        pytest.param(convnet, "Adam", marks=pytest.mark.slow),
    ],
)
def test_the_same_training_as_pytorch(digits, network, algorithm):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    X, held_out, y, truth = digits
    options = {"lr": 0.05, "momentum": 0.9} if algorithm == "SGD" else {"lr": 3e-3}
    rng = np.random.default_rng(0)
    epochs = [np.array_split(rng.permutation(len(X)), 38) for _ in range(5)]

    torch.manual_seed(0)
    theirs = network(torch.nn).double()
    optimizer = getattr(torch.optim, algorithm)(theirs.parameters(), **options)
    ours = network(nn)
    ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
    losses = []
    for rows in (rows for epoch in epochs for rows in epoch):
        optimizer.zero_grad()
        scores = theirs(torch.from_numpy(X[rows]))
        loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(y[rows]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item() * len(rows) / len(X))

    orders = iter(epochs)
    history = nn.fit(
        ours,
        lambda: ((X[rows], y[rows]) for rows in next(orders)),
        nn.CrossEntropyLoss(),
        getattr(nn.optim, algorithm)(ours.parameters(), **options),
        epochs=5,
    )
    assert history["loss"] == pytest.approx(np.reshape(losses, (5, -1)).sum(axis=1), abs=1e-9)
    theirs.eval()
    ours.eval()
    with torch.no_grad(), ag.no_grad():
        expected = theirs(torch.from_numpy(held_out))
        got = ours(held_out)
    assert nn.functional.cross_entropy(got, truth).item() == pytest.approx(
        torch.nn.functional.cross_entropy(expected, torch.from_numpy(truth)).item(), abs=1e-9
    )

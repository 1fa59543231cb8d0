"""Modules as estimators of scikit-learn: `Classifier` and `Regressor`, for its pipelines."""

import math
import threading
from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any, ClassVar, Self

import numpy as np

from autograd import Tensor, kind_of, manual_seed, no_grad, optional
from nn import functional
from nn.checks import refuse
from nn.data import Batches
from nn.function import ReLU
from nn.history import History
from nn.layers import MLP
from nn.module import Module
from nn.optim import Adam, Optimizer
from nn.snapshots import untouched
from nn.training import fit

optional("sklearn", "sklearn", "nn.estimators")
# only after the message above
from sklearn.base import BaseEstimator, ClassifierMixin, MultiOutputMixin, RegressorMixin  # noqa: E402
from sklearn.utils import check_random_state  # noqa: E402
from sklearn.utils.multiclass import check_classification_targets  # noqa: E402
from sklearn.utils.validation import check_is_fitted, validate_data  # noqa: E402

FLOATS = [np.float64, np.float32]
ROWS = 1024  # predictions are computed for so many rows at a time
ALONE = threading.RLock()  # joblib may train in threads, and all draw from one generator


class Network(BaseEstimator):  # type: ignore[misc]  # which has no types
    """What both estimators share: a module, and how it is built, trained and asked."""

    criterion: ClassVar[Callable[..., Tensor]]
    _target: Callable[..., tuple[np.ndarray, int]]
    _dtype: np.dtype[Any]

    def __init__(
        self, hidden_layer_sizes: tuple[int, ...] = (100,),
        activation: Callable[[], Module] = ReLU, *,
        module: Module | Callable[[int, int], Module] | None = None,
        loss: Callable[..., Tensor] | None = None, optimizer: Callable[..., Optimizer] = Adam,
        lr: float = 1e-3, batch_size: int = 32, max_epochs: int = 100,
        early_stopping: bool = False, validation_fraction: float = 0.1, patience: int = 10,
        random_state: int | np.random.RandomState | None = None, verbose: bool = False,
    ) -> None:  # fmt: skip
        self.hidden_layer_sizes, self.activation = hidden_layer_sizes, activation
        self.module, self.loss, self.optimizer = module, loss, optimizer
        self.lr, self.batch_size, self.max_epochs = lr, batch_size, max_epochs
        self.early_stopping, self.patience = early_stopping, patience
        self.validation_fraction = validation_fraction
        self.random_state, self.verbose = random_state, verbose

    def fit(self, X: Any, y: Any) -> Self:
        """Forget what was learnt before, and learn from X (N, features) and y; return self."""
        options = {"validation": self.validation_fraction, "patience": self.patience}
        early = options if self.early_stopping else {}
        return self._learn(X, y, True, epochs=self.max_epochs, **early)

    def _learn(self, X: Any, y: Any, first: bool, classes: Any = None, **options: Any) -> Self:
        new = copy(self)  # what is refused before the training leaves this one as it was
        dtype, many = FLOATS if first else self._dtype, isinstance(self, MultiOutputMixin)
        few = 1 + ("validation" in options)  # both sides have a row
        checks = {"dtype": dtype, "multi_output": many, "ensure_min_samples": few}
        X, y = validate_data(new, X, y, reset=first, **checks)
        if first:
            seed = check_random_state(self.random_state).randint(2**31)
            new._random, new._dtype = np.random.default_rng(seed), X.dtype
        target, width = new._target(y, first, classes)
        with ALONE, untouched():
            manual_seed(int(new._random.integers(2**63)))
            if first:
                new.module_ = self._module(X, width)
                make = self.optimizer
                what, where = "an estimator makes its optimizer", f"optimizer={make!r:.40}"
                refuse(not callable(make), what, where, "nn.optim.Adam", TypeError)
                new.optimizer_ = make(new.module_.parameters(), lr=self.lr)
                new.history_ = History()
            options |= {"batch_size": self.batch_size, "progress": self.verbose}
            loss = self.loss or type(self).criterion
            history = fit(new.module_, (X, target), loss, new.optimizer_, **options)
        for numbers in zip(*history.values(), strict=True):
            new.history_.add(dict(zip(history, numbers, strict=True)))
        self.__dict__.update(vars(new))
        return self

    def _module(self, X: np.ndarray, width: int) -> Module:
        hidden = np.atleast_1d(self.hidden_layer_sizes).tolist()  # (16) is 16, and no tuple
        sizes = X.shape[1], *hidden, width
        made: Any = MLP(*sizes, activation=self.activation) if self.module is None else self.module
        if isinstance(made, Module):
            made = deepcopy(made)
        elif callable(made):
            made = made(X.shape[1], width)
        what = "an estimator needs a module, or what makes one"
        given = f"module={self.module!r:.40}"
        refuse(not isinstance(made, Module), what, given, "module=nn.Linear", TypeError)
        made.to(X.dtype).eval()
        with no_grad():
            y = made(Tensor(X[:1]))
            shape = y.shape if hasattr(y, "shape") else kind_of(y)
        what = f"the module returns {shape} for one row, and y needs (1, {width})"
        where = f"{type(self).__name__}.fit(X {X.shape}, y)"
        refuse(shape != (1, width), what, where, f"nn.Linear(..., {width}) as the last layer")
        return made

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=self._dtype)
        with no_grad():
            return np.concatenate([self.module_(x).data for (x,) in Batches((X,), ROWS)])


class Classifier(ClassifierMixin, Network):  # type: ignore[misc]  # no types
    """A classifier of scikit-learn around a module, by default a multilayer perceptron.

    X is (N, features), floats of float32 or float64, which the weights and the probabilities
    are then of too (other dtypes become float64); y is N labels of any kind. An estimator for
    images begins with `nn.Unflatten`.

    Parameters
    ----------
    hidden_layer_sizes, activation : of the perceptron, where there is no `module`.
    module : a module, of which each `fit` trains a copy, from its weights on; or a function
        (which may be a class, as `nn.Linear`) of the numbers of features and of outputs that
        returns one. It maps (N, features) to (N, classes), logits.
    loss : called with these and the indices of the classes; None is
        `nn.functional.cross_entropy`.
    optimizer : called as ``optimizer(parameters, lr=lr)``.
    batch_size, max_epochs : as in `nn.fit`.
    early_stopping : set aside `validation_fraction` of the rows; stop when the loss on them was
        not lower for `patience` epochs, and go back to the weights of the best epoch.
    random_state : scikit-learn's: an integer for the same bits each time, a RandomState, or None
        for NumPy's own. The library's random numbers go on as if there had been no `fit`.
    verbose : show a bar.

    Attributes
    ----------
    classes_ : the labels, sorted; probabilities are in this order.
    module_, optimizer_, history_ : the trained module, in eval mode, and how it came about.
    n_features_in_, feature_names_in_ : scikit-learn's.

    Raises
    ------
    ValueError : for what scikit-learn's checks refuse, for a module with another number of
        outputs, and for a later label that is none of the classes.
    TypeError : for a module or an optimizer that is none, and makes none.
    ImportError : where scikit-learn is not installed, when this file is imported.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from nn.estimators import Classifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = Classifier((16,), lr=0.01, max_epochs=20, random_state=0)
    >>> make_pipeline(StandardScaler(), net).fit(X, y).score(X, y) > 0.9
    True
    """

    criterion = staticmethod(functional.cross_entropy)

    def _target(self, y: np.ndarray, first: bool, classes: Any) -> tuple[np.ndarray, int]:
        check_classification_targets(y)
        if first:
            self.classes_ = np.unique(y if classes is None else classes)
        labels = y.tolist()  # whose equality is exact: NumPy would cut "yesterday" to a "yes"
        index = {label: i for i, label in enumerate(self.classes_.tolist())}
        new = [label for label in dict.fromkeys(labels) if label not in index]
        what, where = f"labels are none of the classes: {new[:4]}", f"classes {[*index][:12]}"
        refuse(new, what, where, "classes=np.unique(y) of all y there will be, in the first call")
        return np.array([index[label] for label in labels]), len(index)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Go on learning, one epoch more, from these rows; return self.

        Raises ValueError where the first call does not say in `classes` which labels there will
        be, or a later one names others.
        """
        first = not hasattr(self, "module_")
        known = classes if first else self.classes_
        instead = "partial_fit(X, y, classes=np.unique(y)) of all y there will be"
        where = f"classes: {kind_of(classes)} of shape {np.shape(classes)}"
        what = "classes are a list of labels"
        refuse(classes is not None and np.ndim(classes) != 1, what, where, instead)
        others = known is None or (classes is not None and set(classes) != set(known))
        what = "all calls of partial_fit are about the same classes, and the first names them"
        refuse(others, what, f"classes={classes!r}, after {known!r}", instead)
        return self._learn(X, y, first, classes, epochs=1)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label of each row, (N,)."""
        indices = self._outputs(X).argmax(axis=1)
        return self.classes_[indices]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, (N, classes)."""
        return functional.softmax(self._outputs(X), dim=1)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of the probabilities, which are finite where those are 0."""
        return functional.log_softmax(self._outputs(X), dim=1)


class Regressor(MultiOutputMixin, RegressorMixin, Network):  # type: ignore[misc]  # likewise
    """A regressor of scikit-learn around a module, by default a multilayer perceptron.

    X is (N, features) and y (N,) or (N, outputs): predictions have the same shape, and the dtype
    of X, float32 or float64. Targets far from 0 ± 1 are learnt slowly: scale them, with
    `sklearn.compose.TransformedTargetRegressor`.

    Parameters, attributes and errors are those of `Classifier`, but for:

    Parameters
    ----------
    module : maps (N, features) to (N, outputs), and for y (N,) to (N, 1).
    loss : called with these and y of that shape; None is `nn.functional.mse_loss`.

    Examples
    --------
    >>> from nn import Linear
    >>> from nn.estimators import Regressor
    >>> X = np.linspace(-1, 1, 64)[:, None]
    >>> net = Regressor(module=Linear, lr=0.1, max_epochs=99, random_state=0).fit(X, 3 * X[:, 0])
    >>> net.predict([[0.5], [1.0]]).round(2)
    array([1.5, 3. ])
    """

    criterion = staticmethod(functional.mse_loss)

    # numbers have no classes
    def _target(self, y: np.ndarray, first: bool, classes: Any) -> tuple[np.ndarray, int]:  # noqa: ARG002
        if first:
            self._shape = y.shape[1:]
        target = y.reshape(len(y), -1).astype(self._dtype)
        width = math.prod(self._shape)
        what = f"y has {target.shape[1]} outputs, and had {width} in the first call"
        instead = f"y of shape (N, {width}), or fit(X, y) to begin anew"
        refuse(target.shape[1] != width, what, f"partial_fit(X, y {y.shape})", instead)
        return target, width

    def partial_fit(self, X: Any, y: Any) -> Self:
        """Go on learning, one epoch more, from these rows; return self.

        Raises ValueError for a y of more or fewer outputs than that of the first call.
        """
        return self._learn(X, y, not hasattr(self, "module_"), epochs=1)

    def predict(self, X: Any) -> np.ndarray:
        """Return the prediction for each row, (N,) or (N, outputs) as y was."""
        return self._outputs(X).reshape(-1, *self._shape)

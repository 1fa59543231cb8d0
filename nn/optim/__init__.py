"""Optimisers: steps against the gradient, by PyTorch's formulas, in place and without a graph."""

from nn.optim import lr_scheduler
from nn.optim.averaging import EMA
from nn.optim.descent import SGD, Adagrad, Adam, AdamW, Lion, RMSprop
from nn.optim.lbfgs import LBFGS
from nn.optim.optimizer import Optimizer

__all__ = [
    "EMA", "LBFGS", "SGD", "Adagrad", "Adam", "AdamW", "Lion", "Optimizer", "RMSprop",
    "lr_scheduler",
]  # fmt: skip

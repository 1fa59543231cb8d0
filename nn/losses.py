"""Losses as modules: the functions of `nn.functional`, with their options chosen beforehand."""

from nn import functional
from nn.function import Function


class Loss(Function):
    """A function of an input and a target."""

    arity = 2


class CrossEntropyLoss(Loss):
    """`nn.functional.cross_entropy` of logits, and classes or probabilities.

    >>> loss = CrossEntropyLoss(label_smoothing=0.1)
    >>> loss
    CrossEntropyLoss(label_smoothing=0.1)
    >>> round(loss([[1.0, 2.0, 3.0], [3.0, 1.0, 0.0]], [0, 1]).item(), 6)
    2.222059
    """

    function = staticmethod(functional.cross_entropy)


class NLLLoss(Loss):
    """`nn.functional.nll_loss` of log-probabilities, and classes."""

    function = staticmethod(functional.nll_loss)


class BCELoss(Loss):
    """`nn.functional.binary_cross_entropy` of probabilities, and 0 or 1."""

    function = staticmethod(functional.binary_cross_entropy)


class BCEWithLogitsLoss(Loss):
    """`nn.functional.binary_cross_entropy_with_logits` of logits, and 0 or 1."""

    function = staticmethod(functional.binary_cross_entropy_with_logits)


class MSELoss(Loss):
    """`nn.functional.mse_loss`: the squared error."""

    function = staticmethod(functional.mse_loss)


class L1Loss(Loss):
    """`nn.functional.l1_loss`: the absolute error."""

    function = staticmethod(functional.l1_loss)


class HuberLoss(Loss):
    """`nn.functional.huber_loss`: the squared error near 0, the absolute error far away."""

    function = staticmethod(functional.huber_loss)


class SmoothL1Loss(Loss):
    """`nn.functional.smooth_l1_loss`: the absolute error but for a smooth bottom."""

    function = staticmethod(functional.smooth_l1_loss)

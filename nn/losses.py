"""Losses as modules: the functions of `nn.functional`, with their options chosen beforehand."""

from nn import criteria
from nn.function import Function

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CTCLoss", "CosineEmbeddingLoss", "CosineSimilarity",
    "CrossEntropyLoss", "GaussianNLLLoss", "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss", "L1Loss",
    "MSELoss", "MarginRankingLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss",
    "MultiMarginLoss", "NLLLoss", "PairwiseDistance", "PoissonNLLLoss", "SmoothL1Loss",
    "SoftMarginLoss", "TripletMarginLoss", "TripletMarginWithDistanceLoss",
]  # fmt: skip


class Loss(Function):
    """A function whose data are the arguments that have no default."""

    arity = 0


# ── of classes ────────────────────────────────────────────────────────────────────────────────
class CrossEntropyLoss(Loss, function=criteria.cross_entropy):
    """`nn.functional.cross_entropy` of logits, and classes or probabilities.

    >>> loss = CrossEntropyLoss(label_smoothing=0.1)
    >>> loss
    CrossEntropyLoss(label_smoothing=0.1)
    >>> round(loss([[1.0, 2.0, 3.0], [3.0, 1.0, 0.0]], [0, 1]).item(), 6)
    2.222059
    """


class NLLLoss(Loss, function=criteria.nll_loss):
    """`nn.functional.nll_loss` of log-probabilities, and classes."""


class CTCLoss(Loss, function=criteria.ctc_loss):
    """`nn.functional.ctc_loss` of log-probabilities, sequences, and the lengths of both."""


class BCELoss(Loss, function=criteria.binary_cross_entropy):
    """`nn.functional.binary_cross_entropy` of probabilities, and 0 or 1."""


class BCEWithLogitsLoss(Loss, function=criteria.binary_cross_entropy_with_logits):
    """`nn.functional.binary_cross_entropy_with_logits` of logits, and 0 or 1."""


class MultiMarginLoss(Loss, function=criteria.multi_margin_loss):
    """`nn.functional.multi_margin_loss` of scores, and classes."""


class MultiLabelMarginLoss(Loss, function=criteria.multilabel_margin_loss):
    """`nn.functional.multilabel_margin_loss` of scores, and lists of classes."""


class MultiLabelSoftMarginLoss(Loss, function=criteria.multilabel_soft_margin_loss):
    """`nn.functional.multilabel_soft_margin_loss` of logits, and 0 or 1 for each class."""


# ── of numbers ────────────────────────────────────────────────────────────────────────────────
class MSELoss(Loss, function=criteria.mse_loss):
    """`nn.functional.mse_loss`: the squared error."""


class L1Loss(Loss, function=criteria.l1_loss):
    """`nn.functional.l1_loss`: the absolute error."""


class HuberLoss(Loss, function=criteria.huber_loss):
    """`nn.functional.huber_loss`: the squared error near 0, the absolute error far away."""


class SmoothL1Loss(Loss, function=criteria.smooth_l1_loss):
    """`nn.functional.smooth_l1_loss`: the absolute error but for a smooth bottom."""


# ── of distributions ──────────────────────────────────────────────────────────────────────────
class KLDivLoss(Loss, function=criteria.kl_div):
    """`nn.functional.kl_div` of log-probabilities, and probabilities."""


class PoissonNLLLoss(Loss, function=criteria.poisson_nll_loss):
    """`nn.functional.poisson_nll_loss` of the logarithms of rates, and counts."""


class GaussianNLLLoss(Loss, function=criteria.gaussian_nll_loss):
    """`nn.functional.gaussian_nll_loss` of means, numbers, and variances.

    >>> GaussianNLLLoss(full=True)([0.0], [0.0], 1.0).round(4).item()
    0.9189
    """


# ── of similarity and of order ────────────────────────────────────────────────────────────────
class CosineSimilarity(Loss, function=criteria.cosine_similarity):
    """`nn.functional.cosine_similarity` of two arrays: what is great where they agree."""


class PairwiseDistance(Loss, function=criteria.pairwise_distance):
    """`nn.functional.pairwise_distance` of two arrays."""


class CosineEmbeddingLoss(Loss, function=criteria.cosine_embedding_loss):
    """`nn.functional.cosine_embedding_loss` of two arrays, and 1 or -1."""


class TripletMarginLoss(Loss, function=criteria.triplet_margin_loss):
    """`nn.functional.triplet_margin_loss` of anchors, positives and negatives."""


class TripletMarginWithDistanceLoss(Loss, function=criteria.triplet_margin_with_distance_loss):
    """`nn.functional.triplet_margin_with_distance_loss` of anchors, positives and negatives."""


class MarginRankingLoss(Loss, function=criteria.margin_ranking_loss):
    """`nn.functional.margin_ranking_loss` of two arrays, and 1 or -1."""


class HingeEmbeddingLoss(Loss, function=criteria.hinge_embedding_loss):
    """`nn.functional.hinge_embedding_loss` of distances, and 1 or -1."""


class SoftMarginLoss(Loss, function=criteria.soft_margin_loss):
    """`nn.functional.soft_margin_loss` of scores, and 1 or -1."""

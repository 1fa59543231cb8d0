"""Asking about gradients: `why` one is zero, None, NaN, or huge."""

from autograd.inquiry.answers import Answer, Answers
from autograd.inquiry.question import why

__all__ = ["Answer", "Answers", "why"]

"""Derivations made by hand, compared with the engine's. Imported when first asked for."""

from autograd.by_hand.check import check_by_hand
from autograd.by_hand.verdicts import Verdict, Verdicts

__all__ = ["Verdict", "Verdicts", "check_by_hand"]

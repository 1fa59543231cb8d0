"""Programs: computations written down, which can be read, replayed, printed and saved."""

from autograd.program.capture import capture
from autograd.program.compiled import compile  # noqa: A004  # PyTorch's name
from autograd.program.program import Program
from autograd.program.symbol import CaptureError

__all__ = ["CaptureError", "Program", "capture", "compile"]

"""Programs: computations written down, which can be read, replayed, printed and saved."""

from autograd.program.program import Program
from autograd.program.replay.compiled import compile  # noqa: A004  # PyTorch's name
from autograd.program.tracing.capture import capture
from autograd.program.tracing.symbol import CaptureError

__all__ = ["CaptureError", "Program", "capture", "compile"]

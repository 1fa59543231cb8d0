"""Where values are, in PyTorch's words: NumPy's arrays are on the CPU, and nowhere else."""

from types import SimpleNamespace
from typing import Any, NoReturn, Self

from autograd.base.errors import refusal
from autograd.interface.elsewhere import CPU, absent


def on_cpu(name: Any) -> None:
    """Raise ValueError for any device but ``"cpu"``: NumPy has no other."""
    if str(name).partition(":")[0] != "cpu":
        raise refusal(
            ValueError,
            f"NumPy's arrays are on the CPU: there is no device {str(name)!r}",
            f"device={name!r}",
            "'cpu', or a dtype: x.to('float32'); program.to('cupy') of a captured program",
        )


class device(str):  # noqa: N801  # PyTorch's name
    """``"cpu"``: a text, as PyTorch takes it in its place. ValueError for any other name.

    >>> import autograd as torch
    >>> device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    >>> torch.zeros(2, device=device).to(device).device.type
    'cpu'
    """

    __slots__ = ()
    type = "cpu"

    def __new__(cls, name: Any = "cpu") -> Self:
        on_cpu(name)
        return super().__new__(cls, "cpu")


class Absent:
    """A kind of device that is not here. What PyTorch does without one, which is nothing, it does.

    >>> import autograd as torch
    >>> torch.cuda.is_available(), torch.backends.mps.is_available(), torch.cuda.device_count()
    (False, False, 0)
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def is_available(self) -> bool:
        """Tell that there is none."""
        return False

    def device_count(self) -> int:
        """Return 0."""
        return 0

    def manual_seed(self, seed: int) -> None:
        """Do nothing: `autograd.manual_seed` is the seed of all that is drawn."""

    manual_seed_all = manual_seed

    def empty_cache(self) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> NoReturn:
        raise absent(f"autograd.{self._name}", name, CPU)


cuda = Absent("cuda")
backends = SimpleNamespace(cudnn=Absent("backends.cudnn"), mps=Absent("backends.mps"))

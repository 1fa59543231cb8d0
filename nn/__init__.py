"""Neural networks, under PyTorch's names: modules, layers, losses, initial weights, optimisers.

Of what is a function there, `functional` is the door: `criteria` are the losses, `nonlinear` the
activations, `windows` convolution and pooling, and `targets` what losses share. As modules these
are in `losses`, `function` and `convolution`; the other layers are in `layers`, `normalization`,
`recurrent` and `attention`. Tools around them: `training` with
`metrics`, `data`, `history` and `pictures`; `doctor`; `files`; `summary`; `estimators`; and
`snapshots`, by which they leave a model as it was.
"""

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nn import (
    convolution,
    data,
    function,
    functional,
    init,
    losses,
    metrics,
    normalization,
    optim,
    utils,
)
from nn.attention import Embedding, MultiheadAttention, TransformerEncoder, TransformerEncoderLayer
from nn.convolution import *  # noqa: F403  # what __all__ says there, as below
from nn.doctor import doctor
from nn.elsewhere import OF_NN, TABLES, refuse_name, refuse_of
from nn.files import export_onnx, load, save
from nn.function import *  # noqa: F403  # its __all__
from nn.history import History

# isort: off
from nn.layers import (
    MLP, Bilinear, Dropout, Dropout1d, Dropout2d, Flatten, Identity, Linear, ModuleList,
    Sequential, Unflatten,
)  # fmt: skip

# isort: on
from nn.losses import *  # noqa: F403  # what __all__ says there
from nn.module import Module, Parameter
from nn.normalization import *  # noqa: F403  # likewise
from nn.pictures import Recorder, live_losses, plot_gradients
from nn.recurrent import GRU, LSTM, RNN
from nn.summary import summary
from nn.training import fit

for _module in map(import_module, TABLES):
    vars(_module)["__getattr__"] = partial(refuse_of, _module)

if TYPE_CHECKING:
    from nn import estimators as estimators
else:

    def __getattr__(name: str) -> Any:
        """Import the estimators, and scikit-learn, when first asked for."""
        if name == "estimators":
            return import_module("nn.estimators")
        return refuse_name("module 'nn'", OF_NN, name)

    def __dir__() -> list[str]:
        return sorted(__all__)


__all__ = [
    "GRU", "LSTM", "MLP", "RNN", "Bilinear", "Dropout", "Dropout1d", "Dropout2d", "Embedding",
    "Flatten", "History", "Identity", "Linear", "Module", "ModuleList", "MultiheadAttention",
    "Parameter", "Recorder", "Sequential", "TransformerEncoder", "TransformerEncoderLayer",
    "Unflatten", "data", "doctor", "export_onnx", "fit", "functional", "init", "live_losses",
    "load", "metrics", "optim", "plot_gradients", "save", "summary", "utils",
]  # fmt: skip
__all__ += convolution.__all__ + function.__all__ + losses.__all__ + normalization.__all__

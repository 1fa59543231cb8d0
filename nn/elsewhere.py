"""Names of PyTorch that are not here, and what to write instead."""

from typing import NoReturn

from autograd import three_lines

OF_NN = {
    "Buffer": "self.register_buffer(name, value)",
    "Conv3d": "autograd.conv(x, weight, bias), over any number of axes",
    "DataParallel": "the model itself",
    "GRUCell": "nn.GRU(n, m)(x[None], h[None]), a sequence of one",
    "EmbeddingBag": "nn.Embedding(n, m)(index).mean(1)",
    "InstanceNorm1d": "nn.GroupNorm(channels, channels)",
    "InstanceNorm2d": "nn.GroupNorm(channels, channels)",
    "LSTMCell": "nn.LSTM(n, m)(x[None], (h[None], c[None])), a sequence of one",
    "LazyLinear": "nn.Linear(x.shape[-1], m)",
    "ModuleDict": "an attribute for each module, or nn.ModuleList and a dict of numbers",
    "ParameterDict": "an attribute for each parameter: setattr(self, name, nn.Parameter(...))",
    "ParameterList": "an attribute for each parameter: setattr(self, name, nn.Parameter(...))",
    "RNNCell": "nn.RNN(n, m)(x[None], h[None]), a sequence of one",
    "ReflectionPad2d": "F.pad(x, (1, 1, 1, 1), mode='reflect'), in forward",
    "Transformer": "nn.TransformerEncoder, nn.MultiheadAttention",
    "TransformerDecoder": "nn.TransformerEncoder, nn.MultiheadAttention",
    "TransformerDecoderLayer": "nn.TransformerEncoderLayer, nn.MultiheadAttention",
    "Upsample": "np.repeat(np.repeat(x, 2, -2), 2, -1), in forward",
    "ZeroPad2d": "F.pad(x, (1, 1, 1, 1)), in forward",
}
OF_FUNCTIONAL = {
    "conv3d": "autograd.conv(x, weight, bias), over any number of axes",
    "gumbel_softmax": "softmax((logits - np.log(-np.log(rand_like(logits)))) / tau)",
    "instance_norm": "group_norm(x, x.shape[1], weight, bias)",
    "interpolate": "np.repeat(np.repeat(x, 2, -2), 2, -1), which is the nearest",
    "upsample": "np.repeat(np.repeat(x, 2, -2), 2, -1), which is the nearest",
}
OF_MODULES = {
    "bfloat16": "model.half(), model.float()",
    "compile": "autograd.compile(model)",
    "cuda": "the model itself: 'cpu' is the only device",
    "get_parameter": "dict(model.named_parameters())[name]",
    "get_submodule": "dict(model.named_modules())[name]",
    "register_forward_hook": "what it does in forward, of a subclass",
    "register_forward_pre_hook": "what it does in forward, of a subclass",
    "register_full_backward_hook": "y.register_hook(f) of a Tensor, in forward",
}


def absent(place: str, name: str, instead: str | None) -> AttributeError:
    """Return the error for a name that is not in a place."""
    what = f"{place} has no attribute {name!r}"
    where = f"{name}, a name of PyTorch"
    return AttributeError(three_lines(what, where, instead) if instead else what)


class Refused:
    """A method of PyTorch's modules that is not there."""

    def __init__(self, name: str, instead: str) -> None:
        self.name, self.instead = name, instead

    def __get__(self, module: object, owner: type) -> NoReturn:
        raise absent(f"{owner.__name__!r} object", self.name, self.instead)

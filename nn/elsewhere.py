"""Names of PyTorch that are not here, and what to write instead."""

from collections.abc import Mapping
from inspect import isfunction
from types import ModuleType
from typing import NoReturn

from autograd import three_lines

OF_NN = {
    "AlphaDropout": "nn.Dropout(p)",
    "BatchNorm3d": "nn.BatchNorm1d(channels)(x.reshape(len(x), channels, -1)).reshape(x.shape)",
    "Buffer": "self.register_buffer(name, value)",
    "ConstantPad2d": "F.pad(x, (1, 1, 1, 1), value=0.0), in forward",
    "Conv3d": "autograd.conv(x, weight, bias), over any number of axes",
    "ConvTranspose1d": "np.repeat(x, 2, -1), then nn.Conv1d",
    "ConvTranspose2d": "np.repeat(np.repeat(x, 2, -2), 2, -1), then nn.Conv2d",
    "DataParallel": "the model itself",
    "GRUCell": "nn.GRU(n, m)(x[None], h[None]), a sequence of one",
    "EmbeddingBag": "nn.Embedding(n, m)(index).mean(1)",
    **dict.fromkeys(("InstanceNorm1d", "InstanceNorm2d"), "nn.GroupNorm(channels, channels)"),
    "LSTMCell": "nn.LSTM(n, m)(x[None], (h[None], c[None])), a sequence of one",
    "LazyLinear": "nn.Linear(x.shape[-1], m)",
    "ModuleDict": "an attribute for each module, or nn.ModuleList and a dict of numbers",
    "ParameterDict": "an attribute for each parameter: setattr(self, name, nn.Parameter(...))",
    "ParameterList": "an attribute for each parameter: setattr(self, name, nn.Parameter(...))",
    "RNNCell": "nn.RNN(n, m)(x[None], h[None]), a sequence of one",
    "PixelShuffle": "x.reshape and x.permute, in forward",
    "ReflectionPad2d": "F.pad(x, (1, 1, 1, 1), mode='reflect'), in forward",
    "Transformer": "nn.TransformerEncoder, nn.MultiheadAttention; of its mask, is_causal=True, "
    "or np.triu(np.full((n, n), -np.inf), 1)",
    "TransformerDecoder": "nn.TransformerEncoder, nn.MultiheadAttention",
    "TransformerDecoderLayer": "nn.TransformerEncoderLayer, nn.MultiheadAttention",
    "Unfold": "np.lib.stride_tricks.sliding_window_view(x, (3, 3), (-2, -1))",
    "Upsample": "np.repeat(np.repeat(x, 2, -2), 2, -1), in forward",
    "ZeroPad2d": "F.pad(x, (1, 1, 1, 1)), in forward",
    "modules": "nn.Linear, nn.Module and the others, by nn itself",
    "parallel": "the model itself",
    "parameter": "nn.Parameter",
}
OF_FUNCTIONAL = {
    "conv3d": "autograd.conv(x, weight, bias), over any number of axes",
    "conv_transpose1d": "np.repeat(x, 2, -1), then conv1d",
    "conv_transpose2d": "np.repeat(np.repeat(x, 2, -2), 2, -1), then conv2d",
    "embedding_bag": "embedding(input, weight).mean(1)",
    "gumbel_softmax": "softmax((logits - np.log(-np.log(rand_like(logits)))) / tau)",
    "instance_norm": "group_norm(x, x.shape[1], weight, bias)",
    "interpolate": "np.repeat(np.repeat(x, 2, -2), 2, -1), which is the nearest",
    "pdist": "np.linalg.norm(x[i] - x[j], axis=-1), of i, j = np.triu_indices(len(x), 1)",
    "pixel_shuffle": "x.reshape and x.permute",
    "unfold": "np.lib.stride_tricks.sliding_window_view(x, (3, 3), (-2, -1))",
    "upsample": "np.repeat(np.repeat(x, 2, -2), 2, -1), which is the nearest",
}
OF_DATA = {
    "DataLoader": "Batches((x, y), batch_size=32, generator=np.random.default_rng(0))",
    "Dataset": "Batches((x, y), batch_size=32), or what yields batches (x, y)",
    "Subset": "Batches((x, y), rows=i)",
    "TensorDataset": "Batches((x, y), batch_size=32)",
    "random_split": "Batches((x, y), rows=i), of i, j = np.split(rng.permutation(len(x)), [n])",
}
OF_INIT = {
    "_calculate_fan_in_and_fan_out": "w[0].size, w[:, 0].size",
    "dirac_": "zeros_(w), then with no_grad(): w[i, i, *(k // 2 for k in w.shape[2:])] = 1, "
    "of i = range(min(w.shape[:2]))",
    "eye_": "with no_grad(): x[...] = np.eye(*x.shape)",
    "trunc_normal_": "normal_(x, mean, std), then with no_grad(): x.clamp_(a, b)",
}
OF_OPTIM = {
    "ASGD": "nn.optim.SGD, with nn.optim.EMA",
    "Adadelta": "nn.optim.RMSprop, or Adam",
    "RAdam": "nn.optim.AdamW, with a LinearLR to warm up",
    "Rprop": "nn.optim.RMSprop",
    "swa_utils": "nn.optim.EMA",
    **dict.fromkeys(("Adafactor", "Adamax", "NAdam", "SparseAdam"), "nn.optim.Adam"),
}
OF_SCHEDULES = {
    "ChainedScheduler": "step() of each schedule, one after the other",
    "ConstantLR": "LambdaLR(optimizer, lambda t: factor if t < total_iters else 1)",
    "CyclicLR": "OneCycleLR, CosineAnnealingWarmRestarts, LambdaLR",
    "MultiplicativeLR": "LambdaLR, of the product; ExponentialLR for a constant factor",
    "PolynomialLR": "LambdaLR(optimizer, lambda t: (1 - min(t, n) / n) ** power)",
    "_LRScheduler": "LRScheduler",
}
OF_UTILS = {
    "data": "nn.data.Batches((x, y), batch_size=32)",
    "parameters_to_vector": "np.concatenate([p.reshape(-1) for p in parameters])",
    "parametrizations": "weight / np.linalg.norm(weight, 2), in forward",
    "parametrize": "a function of the parameter, in forward",
    "rnn": "sequences that are padded to one length, and a mask in the loss",
    "spectral_norm": "weight / np.linalg.norm(weight, 2), in forward",
    "vector_to_parameters": "with no_grad(): p[...] = v[i:j].reshape(p.shape) for each p",
    "weight_norm": "g * v / np.linalg.norm(v, axis=1, keepdims=True), in forward",
}
OF_MODULES = {
    "all_weights": "list(self.parameters())",
    "_modules": "dict(self.named_children()); setattr(self, name, module)",
    "_parameters": "dict(self.named_parameters()); self.register_parameter(name, p)",
    "bfloat16": "model.half(), model.float()",
    "compile": "autograd.compile(model)",
    "cuda": "the model itself: 'cpu' is the only device",
    "flatten_parameters": "nothing: it lays out weights for a GPU",
    "from_pretrained": "e = nn.Embedding(*w.shape); e.load_state_dict({'weight': w})",
    "get_buffer": "dict(model.named_buffers())[name]",
    "get_parameter": "dict(model.named_parameters())[name]",
    "get_submodule": "dict(model.named_modules())[name]",
    "register_backward_hook": "y.register_hook(f) of a Tensor, in forward",
    "register_forward_hook": "what it does in forward, of a subclass",
    "register_forward_pre_hook": "what it does in forward, of a subclass",
    "register_full_backward_hook": "y.register_hook(f) of a Tensor, in forward",
}
TABLES = {
    "nn.data": OF_DATA, "nn.functional": OF_FUNCTIONAL, "nn.init": OF_INIT, "nn.optim": OF_OPTIM,
    "nn.optim.lr_scheduler": OF_SCHEDULES, "nn.utils": OF_UTILS,
}  # fmt: skip
"""Those of the modules of nn, which `nn` itself gives to them."""


def refuse_name(place: str, table: Mapping[str, str], name: str) -> NoReturn:
    """Raise AttributeError for a name that a place does not have, with what to write, if known."""
    what, where = f"{place} has no attribute {name!r}", f"{name}, a name of PyTorch"
    raise AttributeError(three_lines(what, where, table[name]) if name in table else what)


def refuse_of(module: ModuleType, name: str) -> NoReturn:
    """Raise it for a name of a module, also where a function differs from it by the last ``_``."""
    own = [k for k, value in vars(module).items() if isfunction(value)]
    twins = {f"{k}_": f"x = {k}(x)" for k in own} | {k[:-1]: k for k in own if k.endswith("_")}
    refuse_name(f"module {module.__name__!r}", twins | TABLES[module.__name__], name)


class Refused:
    """A method of PyTorch's modules that is not there."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, module: object, owner: type) -> NoReturn:
        refuse_name(f"{owner.__name__!r} object", OF_MODULES, self.name)

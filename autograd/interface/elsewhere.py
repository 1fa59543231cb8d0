"""Names of PyTorch and NumPy that are not here, and what to write instead."""

from typing import Any, NoReturn

from autograd.base.errors import refusal, three_lines
from autograd.base.usage import asking, instead_of_array


def absent(module: str, name: str, instead: str | None) -> AttributeError:
    """Return the error about a name that a module does not have, and what to write, if known."""
    what = f"module {module!r} has no attribute {name!r}"
    return AttributeError(three_lines(what, f"{module}.{name}", instead) if instead else what)


class Refused:
    """A method that is not there, and what to write instead."""

    def __init__(self, name: str, instead: str) -> None:
        self.name, self.instead = name, instead

    def __get__(self, x: Any, owner: type) -> NoReturn:
        what, where = f"'Tensor' object has no attribute {self.name!r}", f"x.{self.name}"
        home, name = asking()
        if not home:
            raise refusal(AttributeError, what, where, self.instead)
        asker = f"{home}.{name}".rstrip(".")  # whose code the user does not change
        instead = instead_of_array(home, name)
        raise refusal(AttributeError, what, f"{where}, which {asker} asks for", instead)

    def __set__(self, x: Any, value: Any) -> NoReturn:
        self.__get__(x, type(x))


CPU = "'cpu', which is the only device"

REFUSED = {
    "addcdiv": "x + value * y / z",
    "addcdiv_": "x += value * y / z",
    "addcmul": "x + value * y * z",
    "addcmul_": "x += value * y * z",
    "addmm": "bias + x @ y",
    "addmv": "bias + x @ y",
    "addr": "bias + np.outer(x, y)",
    "adjoint": "x.mH",
    "aminmax": "x.min(), x.max()",
    "apply_": "x[...] = np.vectorize(f)(x.detach())",
    "baddbmm": "bias + x @ y",
    "bernoulli": "(rand_like(x) < x).astype(x.dtype)",
    "bernoulli_": "x[...] = rand_like(x) < p",
    "bfloat16": "x.half(), x.float()",
    "byte": "x.to('uint8')",
    "char": "x.to('int8')",
    "clamp_max": "x.clamp(max=value)",
    "clamp_min": "x.clamp(min=value)",
    "clip_": "x.clamp_(low, high)",
    "cuda": CPU,
    "cummax": "np.maximum.accumulate(x, axis)",
    "cummin": "np.minimum.accumulate(x, axis)",
    "data_ptr": "x.data.ctypes.data",
    "detach_": "x = x.detach()",
    "diag_embed": "x[..., None] * eye(n)",
    "digamma": "scipy.special.digamma(x)",
    "dist": "np.linalg.norm(x - y)",
    "element_size": "x.dtype.itemsize",
    "equal": "np.array_equal(x, y)",
    "erfc": "scipy.special.erfc(x)",
    "erfinv": "scipy.special.erfinv(x)",
    "exponential_": "x[...] = -np.log(1 - rand_like(x))",
    "fill_diagonal_": "np.fill_diagonal(x, value)",
    "frac": "x - np.trunc(x)",
    "histc": "np.histogram(x, bins, (low, high))",
    "index_add": "y = x.clone(); np.add.at(y, index, source)",
    "index_add_": "np.add.at(x, index, source)",
    "index_copy_": "x[index] = source",
    "index_fill": "y = x.clone(); y[index] = value",
    "index_fill_": "x[index] = value",
    "index_put": "y = x.clone(); y[indices] = values",
    "index_put_": "x[indices] = values",
    "indices": "torch.max(x, 1), or x.max(dim=1); x.max(1) is NumPy's, of the values alone",
    "inverse": "np.linalg.inv(x)",
    "is_contiguous": "x.data.flags.c_contiguous",
    "is_cuda": CPU,
    "is_floating_point": "x.dtype.kind == 'f'",
    "kthvalue": "np.sort(x, axis=-1)[..., k - 1]",
    "lerp": "x + weight * (end - x)",
    "lerp_": "x += weight * (end - x)",
    "lgamma": "scipy.special.gammaln(x)",
    "logcumsumexp": "np.logaddexp.accumulate(x, axis)",
    "logdet": "np.linalg.slogdet(x)[1]",
    "logit": "scipy.special.logit(x)",
    "masked_scatter": "y = x.clone(); y[mask] = source",
    "masked_select": "x[mask]",
    "mode": "np.unique(x, return_counts=True)",
    "msort": "np.sort(x, axis=0)",
    "multinomial": "autograd.multinomial(x, n)",
    "ndimension": "x.ndim",
    "new": "tensor(values, dtype=x.dtype), zeros(2, 3, dtype=x.dtype)",
    "new_empty": "zeros(shape, dtype=x.dtype)",
    "new_full": "full(shape, value, dtype=x.dtype)",
    "new_ones": "ones(shape, dtype=x.dtype)",
    "new_tensor": "tensor(values, dtype=x.dtype)",
    "new_zeros": "zeros(shape, dtype=x.dtype)",
    "nonzero": "np.nonzero(x); np.argwhere(x), which is PyTorch's",
    "normal_": "nn.init.normal_(x, mean, std)",
    "pinverse": "np.linalg.pinv(x)",
    "random_": "x[...] = randint(low, high, x.shape)",
    "resize_": "x = x.reshape(2, 3)",
    "scatter": "y = x.clone(); y.scatter_(dim, index, src)",
    "scatter_add": "y = x.clone(); np.add.at(y, index, src), where an index is NumPy's",
    "scatter_add_": "np.add.at(x, index, src), where an index is NumPy's",
    "scatter_reduce": "y = x.clone(); np.maximum.at(y, index, src), where an index is NumPy's",
    "set_": "x[...] = y; x.data = y.detach() for another shape",
    "sgn": "np.sign(x)",
    "short": "x.to('int16')",
    "squeeze_": "x = x.squeeze()",
    "stride": "x.data.strides, in bytes",
    "swapdims": "x.swapaxes(0, 1)",
    "t_": "x = x.t()",
    "take_along_dim": "np.take_along_axis(x, index, axis)",
    "tensor_split": "np.array_split(x, sections)",
    "type": "x.to(dtype), x.dtype",
    "unflatten": "x.reshape(2, 3, -1)",
    "unfold": "np.lib.stride_tricks.sliding_window_view(x, size, axis)",
    "uniform_": "nn.init.uniform_(x, low, high)",
    "unsqueeze_": "x = x.unsqueeze(dim)",
    "values": "torch.max(x, 1), or x.max(dim=1); x.max(1) is NumPy's, of the values alone",
    "where": "np.where(condition, x, other)",
    "xlogy": "scipy.special.xlogy(x, y)",
}
REFUSED |= {
    name: f"np.{name}, in NumPy's words" for name in (
        "argwhere", "bincount", "corrcoef", "cov", "cross", "floor_divide", "isclose", "multiply",
        "nan_to_num", "nansum", "negative", "rot90", "subtract", "true_divide", "unique",
    )
}  # fmt: skip
REFUSED |= {
    f"{name}_": f"x[...] = np.{name}(x)" for name in (
        "ceil", "cos", "expm1", "floor", "log", "log1p", "reciprocal", "sign", "sin", "square",
        "trunc",
    )
}  # fmt: skip
REFUSED |= {
    name: f"np.linalg.{name}, in NumPy's words"
    for name in ("cholesky", "det", "matrix_power", "qr", "slogdet", "svd")
}
REFUSED |= {
    "flat": "x.ravel(); x[...] = values, of x's shape",
    "partition": "x[...] = np.partition(x, kth)",
    "resize": "x = np.resize(x, shape)",
}
REFUSED |= {
    name: f"np.{name}, of x as its first argument"
    for name in ("argpartition", "choose", "compress", "put", "searchsorted")
}
REFUSED |= {
    name: f"x.data.{name}, of NumPy's array" for name in (
        "base", "byteswap", "ctypes", "dump", "dumps", "flags", "getfield", "itemsize", "setfield",
        "setflags", "strides", "to_device", "tobytes", "tofile",
    )
}  # fmt: skip
"""Attributes of PyTorch's tensors and of NumPy's arrays that are said in other words here."""

ELSEWHERE = REFUSED | {
    "BoolTensor": "tensor(values, dtype=bool)",
    "DoubleTensor": "tensor(values, dtype=float64)",
    "FloatTensor": "tensor(values, dtype=float32)",
    "Generator": "manual_seed(0); default_generator, which is NumPy's",
    "GradScaler": "loss.backward(); optimizer.step()",
    "IntTensor": "tensor(values, dtype='int32')",
    "LongTensor": "tensor(values, dtype=int64)",
    "Size": "tuple",
    "amp": "the code itself; model.float() for float32",
    "autocast": "the code itself; model.float() for float32",
    "block_diag": "autograd.scipy.linalg.block_diag(x, y)",
    "broadcast_tensors": "np.broadcast_arrays(x, y)",
    "bucketize": "np.searchsorted(boundaries, x)",
    "cartesian_prod": "np.stack(meshgrid(x, y), -1).reshape(-1, 2)",
    "cdist": "np.linalg.norm(x[:, None] - y, axis=-1)",
    "channels_last": "nothing: the order in memory is no matter here",
    "cholesky_solve": "np.linalg.solve(L @ L.T, b)",
    "combinations": "itertools.combinations(x, 2)",
    "complex": "x + 1j * y",
    "distributions": "randn, normal, multinomial; autograd.scipy.stats.norm.logpdf(x, mean, std); "
    "log_softmax(logits)[action]",
    "func": "autograd.grad(f), vmap(f), jacrev(f), hessian(f)",
    "get_default_dtype": "zeros(1).dtype",
    "get_num_threads": "OPENBLAS_NUM_THREADS=1 in the environment, before Python starts",
    "get_rng_state": "default_generator.bit_generator.state",
    "hann_window": "np.hanning(n + 1)[:-1]",
    "initial_seed": "manual_seed(0)",
    "is_complex": "np.iscomplexobj(x)",
    "jit": "compile(f)",
    "load": "import nn; nn.load(model, path); np.load for arrays",
    "matrix_exp": "autograd.scipy.linalg.expm(x)",
    "mps": CPU,
    "nn": "import nn; nn.Linear(4, 2)",
    "onnx": "export_onnx(f, path, x)",
    "optim": "import nn; nn.optim.SGD(model.parameters(), lr=0.1)",
    "polar": "r * np.exp(1j * angle)",
    "randint_like": "randint(low, high, x.shape)",
    "range": "arange(start, stop + 1)",
    "save": "import nn; nn.save(model, path); np.savez for arrays",
    "scalar_tensor": "tensor(3.0)",
    "seed": "manual_seed(0)",
    "set_default_device": CPU,
    "set_default_tensor_type": "set_default_dtype(float32)",
    "set_float32_matmul_precision": "nothing: float32 is multiplied as float32",
    "set_num_threads": "OPENBLAS_NUM_THREADS=1 in the environment, before Python starts",
    "special": "scipy.special, whose functions take Tensors",
    "std_mean": "std(x), mean(x)",
    "trapz": "np.trapezoid(y, x)",
    "use_deterministic_algorithms": "nothing: the same program gives the same numbers",
    "view_as_complex": "x[..., 0] + 1j * x[..., 1]",
    "view_as_real": "np.stack((x.real, x.imag), -1)",
    "utils": "import nn; nn.data.Batches((x, y), batch_size=32); nn.utils",
    "var_mean": "var(x), mean(x)",
} | {
    name: f"import nn; nn.functional.{name}" for name in (
        "binary_cross_entropy_with_logits", "conv1d", "conv2d", "cosine_similarity", "dropout",
        "embedding", "layer_norm", "max_pool2d", "pairwise_distance", "prelu", "selu",
    )
}  # fmt: skip
"""Names of its module, too."""

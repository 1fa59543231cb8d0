"""Attention, and the encoder of a transformer (Vaswani et al., "Attention is all you need")."""

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, no_grad, zeros
from nn import functional, init
from nn.checks import refuse
from nn.function import shown
from nn.layers import Dropout, Linear, ModuleList
from nn.module import Module, Parameter
from nn.normalization import LayerNorm


class Embedding(Module):
    """A row of `weight` for each index: (...) integers to (..., embedding_dim).

    The rows are drawn from N(0, 1) at first. That of `padding_idx` is 0, and stays as it is in
    training. See `nn.functional.embedding` for what is raised.

    >>> layer = Embedding(10, 3, padding_idx=0)
    >>> layer(np.array([[1, 2, 0, 0]])).shape
    (1, 4, 3)
    """

    extra_repr = shown("num_embeddings", "embedding_dim", "padding_idx=")

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None
    ) -> None:
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = padding_idx
        self.weight = Parameter(zeros(num_embeddings, embedding_dim))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the rows anew, in place, as at first."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Any) -> Tensor:
        return functional.embedding(input, self.weight, self.padding_idx)


class MultiheadAttention(Module):
    """Attention between several linear images (heads) of queries, keys and values, side by side.

    A call maps query (L, N, embed_dim), key (S, N, kdim) and value (S, N, vdim) to the output, of
    the query's shape, and the weights: (N, L, S), the mean over heads, or (N, heads, L, S) without
    `average_attn_weights`, or None without `need_weights`. N comes first with `batch_first`, and
    may be missing everywhere. What is True in `key_padding_mask` (N, S) and `attn_mask` (L, S) or
    (N * heads, L, S) gets no attention; masks of floats are added to the scores. A query that may
    attend to nothing gets the output of weights 0, where PyTorch's is nan.

    Raises ValueError unless embed_dim is a multiple of num_heads, of which there is one at least;
    in a call for a mask of another shape.

    >>> layer = MultiheadAttention(embed_dim=8, num_heads=2, batch_first=True)
    >>> x = np.ones((1, 5, 8))
    >>> y, weights = layer(x, x, x, is_causal=True)
    >>> y.shape, weights.shape, float(weights.data[0, 0, 1])
    ((1, 5, 8), (1, 5, 5), 0.0)
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, *,
        kdim: int | None = None, vdim: int | None = None, batch_first: bool = False,
    ) -> None:  # fmt: skip
        where = f"MultiheadAttention({embed_dim=}, {num_heads=})"
        refuse(num_heads < 1, "heads are counted from 1", where, "num_heads=1")
        what, instead = "heads are equal parts of embed_dim", f"embed_dim={num_heads * 8}"
        refuse(embed_dim % num_heads, what, where, f"{instead}, for example")
        self.num_heads, self.dropout, self.batch_first = num_heads, dropout, batch_first
        widths = embed_dim, kdim or embed_dim, vdim or embed_dim
        shapes = {f"{x}_proj_weight": (embed_dim, n) for x, n in zip("qkv", widths, strict=True)}
        if len(set(widths)) == 1:  # one matrix, and one draw from a narrower distribution
            shapes = {"in_proj_weight": (3 * embed_dim, embed_dim)}
        for name, shape in shapes.items():
            setattr(self, name, init.xavier_uniform_(Parameter(zeros(*shape))))
        self.projections = tuple(shapes)
        self.in_proj_bias = Parameter(zeros(3 * embed_dim)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self, query: Any, key: Any, value: Any, key_padding_mask: Any = None,
        need_weights: bool = True, attn_mask: Any = None, average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        what, where = "attention is among the items of a sequence", f"a query {query.shape}"
        instead = "(L, N, E), (N, L, E) with batch_first=True, or (L, E)"
        refuse(query.ndim not in (2, 3), what, where, instead)
        swapped = not self.batch_first and query.ndim == 3
        inputs = [np.swapaxes(x, 0, 1) if swapped else x for x in (query, key, value)]
        batch, (length, size) = inputs[0].shape[:-2], (x.shape[-2] for x in inputs[:2])
        heads = *batch, self.num_heads, length, size
        if attn_mask is not None:
            shapes = (length, size), (math.prod(heads[:-2]), length, size)
            _refuse_others("attn_mask", attn_mask, shapes)
            attn_mask = np.reshape(attn_mask, heads) if attn_mask.ndim == 3 else attn_mask
        if key_padding_mask is not None:
            _refuse_others("key_padding_mask", key_padding_mask, [(*batch, size)])
            key_padding_mask = key_padding_mask[..., None, None, :]
        given = [getattr(self, name) for name in self.projections]
        matrices = [w for several in given for w in np.split(several, 3 // len(given))]
        biases = [None] * 3 if self.in_proj_bias is None else np.split(self.in_proj_bias, 3)
        q, k, v = map(self._heads, inputs, matrices, biases)
        p = self.dropout if self.training else 0.0
        y, weights = functional.attend(q, k, v, [attn_mask, key_padding_mask], p, is_causal)
        output: Any = self.out_proj(np.reshape(np.swapaxes(y, -2, -3), inputs[0].shape))
        if need_weights and average_attn_weights:
            weights = np.mean(weights, axis=-3)
        output = np.swapaxes(output, 0, 1) if swapped else output
        return output, weights if need_weights else None

    def _heads(self, x: Any, weight: Any, bias: Any) -> Any:
        """Map (..., S, features) to (..., heads, S, embed_dim / heads)."""
        y = functional.linear(x, weight, bias)
        shape = *x.shape[:-1], self.num_heads, y.shape[-1] // self.num_heads
        return np.swapaxes(np.reshape(y, shape), -2, -3)


def _refuse_others(name: str, mask: Any, shapes: Sequence[tuple[int, ...]]) -> None:
    what = f"a mask of shape {mask.shape} is not for these queries and keys"
    instead = " or ".join(f"{name} of shape {shape}" for shape in shapes)
    refuse(mask.shape not in shapes, what, f"MultiheadAttention, {name}", instead)


class TransformerEncoderLayer(Module):
    """``x + attention(x)``, then ``x + W₂ σ(W₁ x)``, each with dropout and a layer norm.

    The norm acts after each sum, or, with `norm_first`, on what attention and W₁ get (Xiong et al.,
    "On layer normalization in the transformer architecture", 2020). Options are PyTorch's;
    `activation` is a function or its name in `nn.functional`. Masks as in `MultiheadAttention`.

    >>> layer = TransformerEncoderLayer(d_model=8, nhead=2, batch_first=True)
    >>> layer(np.ones((1, 5, 8)), is_causal=True).shape
    (1, 5, 8)
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu", layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True,
    ) -> None:  # fmt: skip
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first)
        self.linear1 = Linear(d_model, dim_feedforward, bias)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias)
        self.norm1, self.norm2 = (LayerNorm(d_model, layer_norm_eps, bias=bias) for _ in range(2))
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        f = getattr(functional, activation, None) if isinstance(activation, str) else activation
        what, where = f"no activation is called {activation}", "TransformerEncoderLayer(activation)"
        refuse(not callable(f), what, where, "'relu', 'gelu', or a function")
        self.activation: Any = f
        self.norm_first = norm_first

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        def attend(x: Any) -> Any:
            y, _ = self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, False, is_causal)
            return self.dropout1(y)

        def feed_forward(x: Any) -> Any:
            return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))

        for f, norm in [(attend, self.norm1), (feed_forward, self.norm2)]:
            src = src + f(norm(src)) if self.norm_first else norm(src + f(src))
        return src


class TransformerEncoder(Module):
    """`num_layers` copies of a `TransformerEncoderLayer` in a row, and then `norm`, if given.

    The copies start from the same weights, as in PyTorch.

    >>> layer = TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True)
    >>> TransformerEncoder(layer, num_layers=3)(np.ones((1, 5, 8))).shape
    (1, 5, 8)
    """

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        self.layers = ModuleList(copy.deepcopy(encoder_layer) for _ in range(num_layers))
        self.norm = norm

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Tensor:
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal)
        return src if self.norm is None else self.norm(src)

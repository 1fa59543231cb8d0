"""Functions through which no gradient flows: questions, and new arrays that only look like one.

They need no rule. A question (a shape, a dtype, an index, a truth) is answered about the data, with
NumPy's own plain result; a new array is a constant Tensor.
"""

import numpy as np

from autograd.primitive import CREATORS, QUERIES

QUERIES |= {
    # shapes, dtypes and memory
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.min_scalar_type, np.common_type,
    np.iscomplexobj, np.isrealobj, np.shares_memory, np.may_share_memory, np.einsum_path,
    # truths
    np.array_equal, np.array_equiv, np.allclose, np.isclose, np.isin, np.iscomplex, np.isreal,
    np.isposinf, np.isneginf, np.linalg.matrix_rank,
    # places
    np.nonzero, np.flatnonzero, np.argwhere, np.lexsort,
    np.unravel_index, np.ravel_multi_index,
    np.diag_indices_from, np.tril_indices_from, np.triu_indices_from,
    # bits
    np.packbits, np.unpackbits,
    # text and files
    np.array_repr, np.array_str, np.array2string, np.save, np.savez, np.savez_compressed,
    np.savetxt,
}  # fmt: skip
CREATORS |= {
    np.zeros_like, np.ones_like, np.empty_like, np.zeros, np.ones, np.empty, np.eye, np.identity,
    np.tri, np.arange,
}  # fmt: skip

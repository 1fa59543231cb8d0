"""Functions of matrices that SciPy has and NumPy lacks: importing this module imports SciPy.

The adjoints of triangular systems and of Sylvester's equation are in M. Giles, "Collected matrix
derivative results for forward and reverse mode algorithmic differentiation" (2008); those of the
exponential and of the square root follow from N. Higham, "Functions of Matrices" (2008), theorem
3.6 and section 6.1. All work on stacks of matrices.
"""

import numpy as np
from scipy import linalg

from autograd.base.errors import refusal
from autograd.primitive import primitive
from autograd.rules.batch_axes import all_mapped


def one_stack(run, xs, mapped, **params):
    """Compute a batch as one stack of matrices."""
    xs = all_mapped(xs, mapped)
    return NotImplemented if len({x.ndim for x in xs}) > 1 else run(*xs, **params)


def transposed_(x):
    return np.swapaxes(x, -1, -2)


def triangular_(a, b, transposed=False, lower=False, unit_diagonal=False):
    return linalg.solve_triangular(
        a, b, trans=int(transposed), lower=lower, unit_diagonal=unit_diagonal
    )


def d_triangular_matrix(g, y, a, b, transposed=False, lower=False, unit_diagonal=False):
    s = triangular(a, g, transposed=not transposed, lower=lower, unit_diagonal=unit_diagonal)
    outer = y @ transposed_(s) if transposed else s @ transposed_(y)
    return np.tril(-outer, -int(unit_diagonal)) if lower else np.triu(-outer, int(unit_diagonal))


def d_triangular_side(g, y, a, b, transposed=False, lower=False, unit_diagonal=False):
    return triangular(a, g, transposed=not transposed, lower=lower, unit_diagonal=unit_diagonal)


def banded_(ab, b, lower=0, upper=0):
    return linalg.solve_banded((lower, upper), ab, b)


def turned(ab, lower, upper):
    """Write the transpose of a matrix that is given by its diagonals, by its own."""
    diagonals = [np.roll(ab[..., upper - k, :], -k, axis=-1) for k in range(-lower, upper + 1)]
    return np.stack(diagonals, axis=-2)


def d_banded_matrix(g, y, ab, b, lower=0, upper=0):
    s, column = d_banded_side(g, y, ab, b, lower, upper), np.arange(ab.shape[-1])
    diagonals = []
    for k in range(upper, -lower - 1, -1):  # of the elements [column - k, column]
        read = (column >= k) & (column < column.size + k)
        diagonals.append(-np.sum(np.roll(s, k, axis=-2) * y, axis=-1) * read)
    return np.stack(diagonals, axis=-2)


def d_banded_side(g, y, ab, b, lower=0, upper=0):
    return banded(turned(ab, lower, upper), g, lower=upper, upper=lower)


def sylvester_(a, b, q):
    """Solve in one dtype: of real a or b and complex q, SciPy 1.17 solves another equation."""
    dtype = np.result_type(a, b, q)
    return linalg.solve_sylvester(*(np.asarray(x, dtype) for x in (a, b, q)))


def expm_(a):
    return linalg.expm(a)


def d_expm(g, y, a):
    """Return the derivative at aᵀ along g: a block of the exponential of [[aᵀ, g], [0, aᵀ]].

    The block is linear in g, which is scaled to a's size: more would cost squarings, and digits.
    """
    n, t = a.shape[-1], transposed_(a)
    size = np.max(abs(g), axis=(-2, -1), keepdims=True, initial=0)
    size = np.where(size == 0, 1, size)
    above = np.concatenate([t, g / size], axis=-1)
    below = np.concatenate([np.zeros_like(t), t], axis=-1)
    return expm(np.concatenate([above, below], axis=-2))[..., :n, n:] * size


def sqrtm_(a, kind=""):
    """Return the square root; in a program of one kind, "f" or "c", whatever the numbers are."""
    y = linalg.sqrtm(a)
    if kind == "f" and y.dtype.kind == "c":
        raise refusal(
            ValueError,
            "the square root of this matrix is complex, and that of the example was real",
            f"a program with sqrtm of {a.dtype} {a.shape}",
            "sqrtm(a + 0j) in its function, and np.real of what is real",
        )
    return y + 0j if kind == "c" else y


# fmt: off
triangular = primitive(triangular_, d_triangular_matrix, d_triangular_side,                    name="triangular", batch=one_stack, tex=r"{0}^{{-1}} {1}", symbol="A⁻¹b")
banded     = primitive(banded_,     d_banded_matrix, d_banded_side,                            name="banded",     batch=one_stack, tex=r"{0}^{{-1}} {1}", symbol="A⁻¹b")
sylvester  = primitive(sylvester_,  lambda g, y, a, b, q: -sylvester(transposed_(a), transposed_(b), g) @ transposed_(y),
                                    lambda g, y, a, b, q: -transposed_(y) @ sylvester(transposed_(a), transposed_(b), g),
                                    lambda g, y, a, b, q: sylvester(transposed_(a), transposed_(b), g),          name="sylvester",  batch=one_stack, tex=r"\operatorname{{syl}}\left({0}, {1}, {2}\right)", symbol="AX+XB")
expm       = primitive(expm_,       d_expm,                                                    name="expm",       batch=one_stack, tex=r"e^{{{0}}}", symbol="eᴬ")
sqrtm      = primitive(sqrtm_,      lambda g, y, a, kind="": sylvester(transposed_(y), transposed_(y), g),                name="sqrtm",      batch=one_stack, tex=r"{0}^{{1/2}}", symbol="√A")
# fmt: on

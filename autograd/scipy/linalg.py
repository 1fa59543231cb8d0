"""`scipy.linalg`: triangular systems, functions of matrices, Sylvester's equation."""

import functools
from collections.abc import Callable
from inspect import isfunction
from typing import Any

import numpy as np
from scipy import linalg

from autograd.base.errors import refusal
from autograd.core import open_to_rules
from autograd.rules.complex_parts import beneath, is_symbol, numbers
from autograd.rules.matrix_functions import banded, sylvester, triangular
from autograd.rules.matrix_functions import expm as expm_row
from autograd.rules.matrix_functions import sqrtm as sqrtm_row
from autograd.rules.shape import arrayed

__all__ = [
    "block_diag", "cho_factor", "cho_solve", "cholesky", "det", "expm", "inv", "solve",
    "solve_banded", "solve_sylvester", "solve_triangular", "sqrtm", "toeplitz",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Find SciPy's own: without a rule of the user's, it refuses a Tensor that wants one."""
    own = getattr(linalg, name)
    return open_to_rules(own) if isfunction(own) else own


def heedless(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function take SciPy's words about memory and speed, which change no number here."""

    @functools.wraps(fn)
    def call(
        *args: Any, overwrite_a: bool = False, overwrite_ab: bool = False,  # noqa: ARG001  # nothing is
        overwrite_b: bool = False, check_finite: bool = True, **options: Any,  # noqa: ARG001  # nan goes through
    ) -> Any:  # fmt: skip
        return fn(*args, **options)

    return call


det, inv = heedless(np.linalg.det), heedless(np.linalg.inv)


def mirrored(a: Any, lower: bool) -> Any:
    """Return the Hermitian matrix of which one triangle is given; the other is not read."""
    half, rest = (np.tril(a), np.tril(a, -1)) if lower else (np.triu(a), np.triu(a, 1))
    return half + np.conj(np.swapaxes(rest, -1, -2))


@heedless
def solve(
    a: Any, b: Any, lower: bool = False, *, assume_a: str | None = None, transposed: bool = False
) -> Any:
    """Solve ``a x = b`` for x.

    Parameters
    ----------
    a : shape (n, n), or a stack (..., n, n) of them.
    b : shape (n,), or (n, k), or a stack (..., n, k).
    lower : which triangle is read, where `assume_a` says that it is enough.
    assume_a : "pos" of a positive definite matrix, "her" of a Hermitian one, "sym" of a real
        symmetric one; nothing, or "gen", of any.
    transposed : solve ``aᵀ x = b``.

    Raises
    ------
    ValueError : for another word.
    numpy.linalg.LinAlgError : where a is singular, or not positive definite.

    Examples
    --------
    >>> import numpy as np
    >>> solve(np.array([[4.0, 2.0], [2.0, 5.0]]), np.array([8.0, 12.0]), assume_a="pos")
    array([1., 2.])
    """
    a = np.swapaxes(a, -1, -2) if transposed else a
    lower = lower != transposed
    if assume_a in (None, "gen", "general"):
        return np.linalg.solve(a, b)
    if assume_a in ("pos", "positive definite"):
        return cho_solve(cho_factor(mirrored(a, lower), lower), b)
    if assume_a in ("her", "hermitian", "sym", "symmetric"):
        return np.linalg.solve(mirrored(a, lower), b)
    raise refusal(
        ValueError,
        "a matrix is assumed to be 'gen', 'her', 'pos' or 'sym'",
        f"solve(a, b, assume_a={assume_a!r})",
        "solve_triangular(a, b), solve_banded((l, u), a, b), or solve(a, b)",
    )


@heedless
def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False
) -> Any:
    """Solve ``a x = b`` for x, a being triangular.

    Parameters
    ----------
    a : shape (n, n), or a stack (..., n, n) of them; the other triangle is not read.
    b : shape (n,), or (n, k), or a stack (..., n, k).
    trans : 0 or "N" for a itself, 1 or "T" for its transpose, 2 or "C" for the conjugate one.
    lower : whether the lower triangle counts.
    unit_diagonal : whether the diagonal is 1, and not read.

    Raises
    ------
    numpy.linalg.LinAlgError : where a is singular.

    Examples
    --------
    >>> import numpy as np
    >>> solve_triangular(np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([4.0, 3.0]), lower=True)
    array([2., 1.])
    """
    kind = {"N": 0, "T": 1, "C": 2}.get(trans, trans)
    a = np.conj(a) if kind == 2 else a
    columns = np.expand_dims(b, -1) if np.ndim(b) == 1 else b
    x = triangular(
        a, columns, transposed=bool(kind), lower=bool(lower), unit_diagonal=bool(unit_diagonal)
    )
    return np.squeeze(x, axis=-1) if np.ndim(b) == 1 else x


@heedless
def solve_banded(l_and_u: tuple[int, int], ab: Any, b: Any) -> Any:
    """Solve ``a x = b`` for x, a being given by its diagonals.

    Parameters
    ----------
    l_and_u : how many diagonals a has below and above the main one.
    ab : shape (l + u + 1, n), ``ab[u + i - j, j] == a[i, j]``; elements that stand for no element
        of a are not read.
    b : shape (n,) or (n, k).

    Examples
    --------
    >>> import numpy as np
    >>> solve_banded((0, 1), np.array([[0.0, 1.0], [2.0, 1.0]]), np.array([4.0, 2.0]))
    array([1., 2.])
    """
    lower, upper = map(int, l_and_u)
    columns = np.expand_dims(b, -1) if np.ndim(b) == 1 else b
    x = banded(ab, columns, lower=lower, upper=upper)
    return np.squeeze(x, axis=-1) if np.ndim(b) == 1 else x


def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """Solve ``a x + x b = q`` for x, of shape (m, n).

    >>> import numpy as np
    >>> solve_sylvester(np.eye(2), np.eye(2), np.full((2, 2), 4.0))
    array([[2., 2.],
           [2., 2.]])
    """
    return sylvester(arrayed(a), arrayed(b), arrayed(q))


def expm(A: Any) -> Any:
    """Return the exponential of a square matrix, or of each of a stack.

    >>> import numpy as np
    >>> expm(np.array([[0.0, 1.0], [0.0, 0.0]]))
    array([[1., 1.],
           [0., 1.]])
    """
    return expm_row(A)


def sqrtm(A: Any) -> Any:
    """Return the principal square root of a matrix: its eigenvalues have positive real parts.

    >>> import numpy as np
    >>> sqrtm(np.array([[4.0, 0.0], [0.0, 9.0]]))
    array([[2., 0.],
           [0., 3.]])
    """
    A = arrayed(A)
    if not is_symbol(beneath(A)):
        return sqrtm_row(A)
    return sqrtm_row(A, kind=linalg.sqrtm(numbers(A)).dtype.kind)  # whose dtype numbers decide


@heedless
def cholesky(a: Any, lower: bool = False) -> Any:
    """Return the Cholesky factor of a positive definite matrix, the upper one by default.

    >>> import numpy as np
    >>> cholesky(np.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[2., 1.],
           [0., 2.]])
    """
    low = np.linalg.cholesky(a)
    return low if lower else np.conj(np.swapaxes(low, -1, -2))


@heedless
def cho_factor(a: Any, lower: bool = False) -> tuple[Any, bool]:
    """Return what `cho_solve` takes; the other triangle is 0."""
    return cholesky(a, lower), lower


@heedless
def cho_solve(c_and_lower: tuple[Any, bool], b: Any) -> Any:
    """Solve ``a x = b`` for x, a being given by `cho_factor`.

    >>> import numpy as np
    >>> cho_solve(cho_factor(np.array([[4.0, 0.0], [0.0, 1.0]])), np.array([4.0, 3.0]))
    array([1., 3.])
    """
    c, lower = c_and_lower
    first, second = ("N", "C") if lower else ("C", "N")
    return solve_triangular(c, solve_triangular(c, b, first, lower), second, lower)


def block_diag(*arrs: Any) -> Any:
    """Return the matrix with these matrices along its diagonal, and 0 elsewhere.

    >>> import numpy as np
    >>> block_diag(np.ones((1, 2)), 3.0)
    array([[1., 1., 0.],
           [0., 0., 3.]])
    """
    blocks = [np.atleast_2d(a) for a in arrs]
    widths = [np.shape(b)[1] for b in blocks]
    total, rows = sum(widths), []
    for i, b in enumerate(blocks):
        before = sum(widths[:i])
        rows.append(np.pad(b, ((0, 0), (before, total - before - widths[i]))))
    return np.concatenate(rows)


def toeplitz(c: Any, r: Any = None) -> Any:
    """Return the matrix of constant diagonals whose first column is c and whose first row is r.

    Without r, it is the conjugate of c. Both are of one axis; r[0] is not read.

    >>> toeplitz([1.0, 2.0], [0.0, 3.0, 4.0])
    array([[1., 3., 4.],
           [2., 1., 3.]])
    """
    r = np.conj(c) if r is None else r
    m, n = np.size(c), np.size(r)
    line = np.concatenate([np.flip(np.ravel(r)[1:]), np.ravel(c)])
    return line[n - 1 + np.arange(m)[:, None] - np.arange(n)]

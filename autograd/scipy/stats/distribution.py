"""What a distribution is: a few formulas of the standard variable, and SciPy's methods."""

import inspect
import math
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

import numpy as np
from scipy.special import xlog1py

from autograd.base.errors import refusal

Formula = Callable[..., Any]
Power = tuple[Callable[[Any, Any], Any], Any, Any]
"""``(xlogy, c, x)`` is x to the power of c, ``(xlog1py, c, x)`` is 1 + x: their logarithms."""
COMPLEMENT = {"cdf": "sf", "sf": "cdf"}
Standard = tuple[Any, list[Any], Any]


def positive(*shapes: Any) -> Any:
    valid: Any = True
    for shape in shapes:
        valid = valid & (shape > 0)
    return valid


class Distribution:
    """The distribution of ``loc + scale * z``, given by formulas of z and of its shape parameters.

    Parameters
    ----------
    shapes : the names of the shape parameters; they follow x, as in SciPy.
    support : between which bounds z lies.
    valid : ``(*shapes)``, which of their values make a distribution; all others give nan.
    flat : whether the density and all its slopes are 0 where the support begins.
    **formulas : functions ``(z, *shapes)``: ``cdf`` and ``sf``, and where there is a better one
        than their logarithm, ``logcdf`` and ``logsf``; the logarithm of a density, but for what
        ``powers`` returns: a `Power` for each of its factors that may be 0.
    """

    scaled: ClassVar[dict[str, float]] = {"loc": 0.0, "scale": 1.0}
    step: ClassVar[float] = 0.0  # so far below the support a probability may change

    def __init__(
        self, shapes: str = "", support: tuple[float, float] = (-math.inf, math.inf),
        valid: Formula = positive, flat: bool = False, **formulas: Formula,
    ) -> None:  # fmt: skip
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        named = [inspect.Parameter(name, kind) for name in ("x", *shapes.split())]
        named += [inspect.Parameter(name, kind, default=v) for name, v in self.scaled.items()]
        self.signature = inspect.Signature(named)
        self.low, self.high = support
        self.valid, self.flat, self.formulas = valid, flat, formulas

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse to be frozen: what a method is differentiable by are its arguments."""
        what = "the parameters of a distribution are arguments of its methods, here"
        given = ", ".join([*map(repr, args), *(f"{k}={v!r}" for k, v in kwargs.items())])
        raise refusal(TypeError, what, f"a distribution({given:.60})", f"cdf{self.signature}")

    def __getattr__(self, name: str) -> NoReturn:
        what = f"a distribution of autograd.scipy.stats has no {name!r}"
        if name.startswith("_"):
            raise AttributeError(what)
        instead = f"scipy.stats's own {name}, which has no derivative, with x.detach()"
        raise refusal(AttributeError, what, f"distribution.{name}", instead)

    def cdf(self, *args: Any, **kwargs: Any) -> Any:
        """Return the probability of at most x."""
        return self.probability("cdf", args, kwargs)

    def sf(self, *args: Any, **kwargs: Any) -> Any:
        """Return the probability of more than x, without the rounding of ``1 - cdf``."""
        return self.probability("sf", args, kwargs)

    def logcdf(self, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the probability of at most x."""
        return self.log_probability("cdf", args, kwargs)

    def logsf(self, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the probability of more than x."""
        return self.log_probability("sf", args, kwargs)

    def standard(self, args: Any, kwargs: Any) -> Standard:
        """Return z, the shape parameters and the scale."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        x, *shapes, loc, scale = map(number, bound.arguments.values())
        return np.divide(x - loc, scale), shapes, scale  # not Python's, which refuses 0

    def probability(self, name: str, args: Any, kwargs: Any) -> Any:
        """Evaluate a formula that is constant outside of the support."""
        z, shapes, scale = self.standard(args, kwargs)
        low = self.low - self.step
        z = z if math.isinf(low) else np.where(z < low, low, z)
        z = z if math.isinf(self.high) else np.where(z > self.high, self.high, z)
        y = self.formulas[name](z, *shapes)
        return plain(np.where(self.defined(z, shapes, scale), y, math.nan))

    def log_probability(self, name: str, args: Any, kwargs: Any) -> Any:
        """Evaluate the logarithm of a probability; that of 0 is -inf, near 1 that of the rest."""
        if f"log{name}" in self.formulas:
            return self.probability(f"log{name}", args, kwargs)
        y, rest = (self.probability(n, args, kwargs) for n in (name, COMPLEMENT[name]))
        never, likely = y == 0, y > 0.5
        log = np.log(np.where(never | likely, 1, y)) + np.log1p(-np.where(likely, rest, 0))
        return plain(np.where(never, -math.inf, log))

    def density(self, name: str, standard: Standard, whole: bool = False) -> Any:
        """Evaluate a density, or its logarithm; outside of the support it is 0."""
        z, shapes, scale = standard
        inside, is_log = (z >= self.low) & (z <= self.high), name.startswith("log")
        somewhere = min(self.low + 1, (self.low + self.high) / 2) if self.low > -math.inf else 0.0
        if whole:
            somewhere = self.low
            inside = inside & (np.floor(z) == z) & self.formulas["within"](z, *shapes)
        if self.flat and not is_log:
            inside = inside & (z > self.low)
        at = np.where(inside, z, somewhere)
        log = self.formulas["log" + name.removeprefix("log")](at, *shapes) - np.log(scale)
        y: Any = 1.0
        for f, c, x in self.formulas["powers"](at, *shapes) if "powers" in self.formulas else ():
            factor, exponent = (1.0, f(c, x)) if is_log else factors(f, c, x)
            y, log = y * factor, log + exponent
        y = np.where(inside, log, -math.inf) if is_log else np.where(inside, y * np.exp(log), 0.0)
        return plain(np.where(self.defined(z, shapes, scale), y, math.nan))

    def defined(self, z: Any, shapes: list[Any], scale: Any) -> Any:
        """Tell where there is a distribution and a number."""
        return self.valid(*shapes) & (scale > 0) & ~np.isnan(z)


class Continuous(Distribution):
    """A distribution with a density; its formulas include ``logpdf``.

    Examples
    --------
    >>> from autograd import grad
    >>> from autograd.scipy.stats import norm
    >>> norm.cdf(0.0)
    np.float64(0.5)
    >>> grad(norm.logpdf, 1)(3.0, 1.0, 2.0)
    np.float64(0.5)
    """

    def logpdf(self, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the density at x."""
        return self.density("logpdf", self.standard(args, kwargs))

    def pdf(self, *args: Any, **kwargs: Any) -> Any:
        """Return the density at x."""
        return self.density("pdf", self.standard(args, kwargs))


class Discrete(Distribution):
    """A distribution of whole numbers; its formulas include ``logpmf``, and ``within``.

    ``within(k, *shapes)`` tells which of the whole numbers above the bound belong to it.

    Examples
    --------
    >>> from autograd import grad
    >>> from autograd.scipy.stats import poisson
    >>> grad(poisson.logpmf, 1)(3, 2.0)
    np.float64(0.5)
    """

    scaled: ClassVar[dict[str, float]] = {"loc": 0.0}
    step: ClassVar[float] = 1.0

    def standard(self, args: Any, kwargs: Any) -> Standard:
        """Return k, the shape parameters, and no scale."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        k, *shapes, loc = map(number, bound.arguments.values())
        return np.asarray(k, float) - loc, shapes, 1.0

    def logpmf(self, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the probability of k."""
        return self.density("logpmf", self.standard(args, kwargs), whole=True)

    def pmf(self, *args: Any, **kwargs: Any) -> Any:
        """Return the probability of k."""
        return self.density("pmf", self.standard(args, kwargs), whole=True)


def factors(f: Formula, c: Any, x: Any) -> tuple[Any, Any]:
    """Write a power as ``y * exp(log)``: y is 1, but 0 has the slopes that its logarithm loses."""
    zero = -1.0 if f is xlog1py else 0.0
    ends = (x == zero) & (c > 0)
    y = np.where(ends, x - zero, 1.0) ** np.where(ends, c, 1.0)
    return y, f(c, np.where(ends, zero + 1, x))


def number(x: Any) -> Any:
    return np.asarray(x, float) if isinstance(x, (list, tuple)) else x


def plain(y: Any) -> Any:
    """Return a number in the place of an array without axes."""
    return y[()] if type(y) is np.ndarray else y

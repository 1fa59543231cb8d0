"""The distributions, one row each: of the standard variable z, and the shape parameters."""
# ruff: noqa: E501  # the columns of a table are aligned, however long

import math
from typing import Any

import numpy as np
from scipy.special import (
    betainc,
    betaincc,
    betaln,
    expit,
    gammainc,
    gammaincc,
    gammaln,
    log_expit,
    log_ndtr,
    ndtr,
    stdtr,
    xlog1py,
    xlogy,
)

from autograd.scipy.stats.distribution import Continuous, Discrete, Distribution

LN2, LN_PI, LN_SQRT_2PI = math.log(2), math.log(math.pi), math.log(2 * math.pi) / 2
POSITIVE = (0.0, math.inf)
UNIT = (0.0, 1.0)


def laplace(z: Any) -> Any:
    low = z < 0  # without abs(z), which is flat at 0, as this is not
    tail = np.exp(np.where(low, z, -z)) / 2
    return np.where(low, tail, 1 - tail)


def student(z: Any, df: Any) -> Any:
    # a difference of gammaln would lose all digits, where df is large
    return -betaln(df / 2, 0.5) - np.log(df) / 2 - (df + 1) / 2 * np.log1p(z * z / df)


def log_normal(log: Any, s: Any) -> Any:
    return -log * (log / (2 * s * s) + 1) - np.log(s) - LN_SQRT_2PI


def binomial(f: Any, k: Any, n: Any, p: Any, certain: Any) -> Any:
    k = np.floor(k)
    open_ = (k >= 0) & (k < n)  # else f has a parameter 0, where it jumps at p = 0 and p = 1
    return np.where(open_, f(np.where(open_, k + 1, 1), np.where(open_, n - k, 1), p), certain)


def poisson(f: Any, k: Any, mu: Any, below: float) -> Any:
    k = np.floor(k)
    return np.where(k >= 0, f(np.where(k >= 0, k + 1, 1), mu), below)  # f has no value at (0, 0)


# fmt: off
TABLE: dict[str, Distribution] = {
    "norm":     Continuous(logpdf=lambda z: -z * z / 2 - LN_SQRT_2PI,                 cdf=ndtr,  sf=lambda z: ndtr(-z),  logcdf=log_ndtr,  logsf=lambda z: log_ndtr(-z)),
    "logistic": Continuous(logpdf=lambda z: log_expit(z) + log_expit(-z),             cdf=expit, sf=lambda z: expit(-z), logcdf=log_expit, logsf=lambda z: log_expit(-z)),
    "laplace":  Continuous(logpdf=lambda z: -abs(z) - LN2,                            cdf=laplace,                                sf=lambda z: laplace(-z)),
    "cauchy":   Continuous(logpdf=lambda z: -2 * np.log(np.hypot(1, z)) - LN_PI,      cdf=lambda z: np.arctan2(1, -z) / math.pi,  sf=lambda z: np.arctan2(1, z) / math.pi),
    "t":        Continuous("df", logpdf=student,                                       cdf=lambda z, df: stdtr(df, z),             sf=lambda z, df: stdtr(df, -z)),
    "expon":    Continuous("", POSITIVE, logpdf=lambda z: -z,                         cdf=lambda z: -np.expm1(-z),                sf=lambda z: np.exp(-z), logsf=lambda z: -z),
    "gamma":    Continuous("a", POSITIVE, powers=lambda z, a: [(xlogy, a - 1, z)], logpdf=lambda z, a: -z - gammaln(a), cdf=lambda z, a: gammainc(a, z),  sf=lambda z, a: gammaincc(a, z)),
    "chi2":     Continuous("df", POSITIVE, powers=lambda z, df: [(xlogy, df / 2 - 1, z / 2)], logpdf=lambda z, df: -z / 2 - gammaln(df / 2) - LN2, cdf=lambda z, df: gammainc(df / 2, z / 2), sf=lambda z, df: gammaincc(df / 2, z / 2)),
    "lognorm":  Continuous("s", POSITIVE, flat=True, logpdf=lambda z, s: log_normal(xlogy(1, z), s), cdf=lambda z, s: ndtr(xlogy(1, z) / s),   sf=lambda z, s: ndtr(-xlogy(1, z) / s),
                           logcdf=lambda z, s: log_ndtr(xlogy(1, z) / s),             logsf=lambda z, s: log_ndtr(-xlogy(1, z) / s)),
    "uniform":  Continuous("", UNIT, logpdf=lambda z: 0 * z,                          cdf=lambda z: z,                            sf=lambda z: 1 - z),
    "beta":     Continuous("a b", UNIT, powers=lambda z, a, b: [(xlogy, a - 1, z), (xlog1py, b - 1, -z)], logpdf=lambda z, a, b: -betaln(a, b), cdf=lambda z, a, b: betainc(a, b, z), sf=lambda z, a, b: betaincc(a, b, z)),
    "poisson":  Discrete("mu", POSITIVE, valid=lambda mu: mu >= 0, powers=lambda k, mu: [(xlogy, k, mu)], logpmf=lambda k, mu: -mu - gammaln(k + 1), within=lambda k, mu: k < math.inf,
                         cdf=lambda k, mu: poisson(gammaincc, k, mu, 0.0), sf=lambda k, mu: poisson(gammainc, k, mu, 1.0)),
    "binom":    Discrete("n p", POSITIVE, valid=lambda n, p: (n >= 0) & (p >= 0) & (p <= 1), powers=lambda k, n, p: [(xlogy, k, p), (xlog1py, n - k, -p)], logpmf=lambda k, n, p: gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), within=lambda k, n, p: k <= n,
                         cdf=lambda k, n, p: binomial(betaincc, k, n, p, k >= n), sf=lambda k, n, p: binomial(betainc, k, n, p, k < 0)),
}
# fmt: on

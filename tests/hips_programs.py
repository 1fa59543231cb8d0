"""Programs in HIPS autograd's manner: they import nothing that HIPS 1.9 does not have.

Run by an interpreter, this file prints the numbers that each program gives there, and its time.
"""

import itertools
import json
import sys
import time

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import (
    checkpoint,
    deriv,
    elementwise_grad,
    grad,
    grad_and_aux,
    hessian,
    hessian_tensor_product,
    jacobian,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_vjp,
    tensor_jacobian_product,
    value_and_grad,
)
from autograd.builtins import dict as ag_dict
from autograd.builtins import isinstance as ag_isinstance
from autograd.extend import defjvp, defvjp, notrace_primitive, primitive
from autograd.misc import flatten
from autograd.misc.fixed_points import fixed_point
from autograd.misc.optimizers import adam, rmsprop, sgd
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.tracer import getval, isbox


def logistic_regression():
    rs = npr.RandomState(0)
    x, labels = rs.randn(40, 3), rs.rand(40) > 0.4

    def loss(weights):
        p = 0.5 * (np.tanh(np.dot(x, weights)) + 1)
        return -np.sum(np.log(p * labels + (1 - p) * (1 - labels)))

    weights, step = np.zeros(3), value_and_grad(loss)
    for _ in range(30):
        value, gradient = step(weights)
        weights = weights - 0.01 * gradient
    return [value, *weights]


def multilayer_perceptron():
    rs = npr.RandomState(1)
    sizes = [2, 5, 3]
    params = [(rs.randn(m, n), rs.randn(n)) for m, n in itertools.pairwise(sizes)]
    x, targets = rs.randn(20, 2), np.eye(3)[rs.randint(3, size=20)]

    def predict(params, inputs):
        for w, b in params:
            outputs = np.dot(inputs, w) + b
            inputs = np.tanh(outputs)
        return outputs - np.log(np.sum(np.exp(outputs), axis=1, keepdims=True))

    def objective(params, _):
        return -np.mean(np.sum(predict(params, x) * targets, axis=1)) + 0.1 * np.dot(
            flatten(params)[0], flatten(params)[0]
        )

    seen = []
    best = adam(
        grad(objective), params, step_size=0.05, num_iters=25,
        callback=lambda params, i, g: seen.append(objective(params, i)),
    )  # fmt: skip
    return [seen[0], seen[-1], best[0][0][0, 0], best[1][1][2]]


def fluid():
    rs = npr.RandomState(2)
    target = rs.rand(6, 6)

    def simulate(density, velocity):
        for _ in range(4):
            spread = sum(np.roll(density, s, axis=a) for s in (1, -1) for a in (0, 1)) / 4
            density = 0.8 * density + 0.2 * spread
            density = density + velocity * (np.roll(density, 1, axis=1) - density)
        return np.mean((density - target) ** 2)

    by_density, by_velocity = grad(simulate, (0, 1))(rs.rand(6, 6), 0.3)
    return [np.sum(by_density**2), by_density[2, 3], by_velocity]


def variational_inference():
    def log_density(z):
        mu, log_sigma = z[:, 0], z[:, 1]
        prior = -0.5 * (log_sigma / 1.35) ** 2
        return prior - 0.5 * (mu / np.exp(log_sigma)) ** 2 - log_sigma

    rs = npr.RandomState(3)

    def negative_bound(params, _):
        mean, log_std = params[:2], params[2:]
        samples = rs.randn(16, 2) * np.exp(log_std) + mean
        return -np.sum(log_std) - np.mean(log_density(samples))

    return list(rmsprop(grad(negative_bound), np.array([-1.0, -1.0, -2.0, -2.0]), num_iters=20))


@primitive
def log_sum_exp(x):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


defvjp(log_sum_exp, lambda ans, x: lambda g: np.full(x.shape, g) * np.exp(x - ans))
defjvp(log_sum_exp, lambda g, ans, x: np.sum(g * np.exp(x - ans)))


def custom_primitive():
    x = np.array([0.5, -1.0, 2.0])
    third = grad(lambda x: np.dot(x, np.dot(hessian(log_sum_exp)(x), x)))(x)
    return [*grad(log_sum_exp)(x), *hessian(log_sum_exp)(x)[0], *third, deriv(log_sum_exp)(x)]


def square_root():
    def newton(a):
        return lambda x: 0.5 * (x + a["of"] / x)

    def root(a):
        return fixed_point(newton, ag_dict({"of": a}), 1.0, lambda x, y: abs(x - y), 1e-12)

    return [root(2.0), grad(root)(2.0), grad(grad(root))(2.0)]


def differential_equation():
    params = {"decay": np.array([0.3, 0.1]), "turn": 0.5}

    def velocity(y, p):
        return np.array([-p["decay"][0] * y[0] - p["turn"] * y[1], p["turn"] * y[0] - y[1] ** 3])

    def distance(p, _=0):
        y, path, h = np.array([1.0, p["decay"][1]]), [], 0.1
        for _ in range(10):
            middle = y + h / 2 * velocity(y, p)
            y = y + h * velocity(middle, p)
            path.append(y)
        return np.sum((np.array(path)[::3] - 0.2) ** 2)

    gradient = grad(distance)(params)
    best = sgd(grad(distance), params, num_iters=5)
    return [*gradient["decay"], gradient["turn"], best["turn"], *best["decay"]]


def containers():
    def f(xs, extra):
        total = 0.0
        for i, x in enumerate(xs):
            total += np.sum(x.T.flatten() ** (i + 1)) * len(x)
        first, second = xs[0][0], xs[-1].reshape(-1)[0]
        branch = first if isbox(first) and ag_isinstance(first, np.ndarray) else 2.0
        return total + np.sum(branch) * second + extra["b"][0] * getval(second)

    x, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, 1.5]])
    by_list, by_dict = grad(f, [0, 1])([x, y], {"a": 1.0, "b": (2.0, 3.0)})
    return [*by_list[0].ravel(), *by_list[1].ravel(), by_dict["a"], *by_dict["b"]]


@notrace_primitive
def sign(x):
    return 1.0 if x > 0 else -1.0


def operators():
    x, v = np.array([0.3, -0.7]), np.array([1.0, 2.0])

    def f(x):
        return np.array([np.sin(x[0]) * x[1], x[0] ** 2, np.exp(x[1])])

    def g(x):
        return np.sum(f(x) ** 2) * sign(x[0])

    pull, value = make_vjp(f)(x)
    product, gradient = make_hvp(g)(x)
    by_aux, aux = grad_and_aux(lambda x: (g(x), x * 2))(x)
    return [
        *pull(np.arange(3.0)), *value, *make_jvp(f)(x)(v)[1], *product(v), *gradient, *by_aux, *aux,
        *jacobian(f)(x).ravel(), *hessian(g)(x).ravel(), *hessian_tensor_product(g)(x, v),
        *tensor_jacobian_product(f)(x, np.ones(3)), *make_ggnvp(f)(x)(v), *elementwise_grad(f)(x),
        *grad(checkpoint(g))(x), float(isinstance(x, ArrayBox)),
    ]  # fmt: skip


def mixture():
    rs = npr.RandomState(4)
    data = rs.randn(30, 2)
    params = {"weights": rs.randn(3), "means": rs.randn(3, 2), "roots": rs.randn(3, 2, 2)}

    def log_likelihood(flat):
        p = unflatten(flat)
        weights = p["weights"] - log_sum_exp(p["weights"])
        logs = []
        for weight, mean, root in zip(weights, p["means"], p["roots"], strict=True):
            covariance = np.dot(root.T, root) + np.eye(2)
            apart = data - mean
            mahalanobis = np.einsum("ni,ij,nj->n", apart, np.linalg.inv(covariance), apart)
            logs.append(weight - 0.5 * (np.linalg.slogdet(covariance)[1] + mahalanobis))
        logs = np.vstack(logs)
        top = np.max(logs, axis=0)
        return np.sum(top + np.log(np.sum(np.exp(logs - top), axis=0)))

    flat, unflatten = flatten(params)
    gradient = grad(log_likelihood)(flat)
    turned = hessian_tensor_product(log_likelihood)(flat, gradient)
    return [log_likelihood(flat), *gradient[:4], turned[0], turned[-1]]


PROGRAMS = (
    logistic_regression, multilayer_perceptron, fluid, variational_inference, custom_primitive,
    square_root, differential_equation, containers, operators, mixture,
)  # fmt: skip


def run(repeats=1):
    """Return the numbers of every program, and the least time of a run."""
    report = {}
    for program in PROGRAMS:
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            numbers = program()
            times.append(time.perf_counter() - start)
        report[program.__name__] = [[float(x) for x in numbers], min(times)]
    return report


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:]))))

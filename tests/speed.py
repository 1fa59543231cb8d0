"""How fast Retrograd is, beside hand-written NumPy and the libraries that people compare it with.

    python tests/speed.py --setup            install the peers, once
    python tests/speed.py                    print the table of the README
    python tests/speed.py -k chain -n 25     some rows, more rounds

Each library runs each row in a process of its own, and each peer in an environment of its own: HIPS
autograd has our import name. The libraries take turns, round by round, so that a drift of the
machine hits all of them; a ratio is the median of the ratios within a round, beside the smallest
and the largest. The garbage collector runs, as it does in programs: a library that leaves cycles pays for
them. That all of them compute the same gradients is checked before anything is timed.

A library is a class under "the libraries", and an entry of `LIBRARIES`. A row is a class under "the
rows" (or one more size of one), and an entry of `ROWS`: its loss is written once, with functions
that every library has; its derivative by hand, in NumPy, stands beside it.
"""
# ruff: noqa: PLC0415  # a library is imported where it is installed: in its own process
# ruff: noqa: ARG002  # a loss of scalars needs no functions
# ruff: noqa: E501  # a row is a line of the table, however long

import argparse
import gc
import importlib.metadata
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
import tracemalloc
import venv
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

UNWANTED = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}  # of the environment
TRIES, TRY = 5, 0.01  # a library's turn: the quickest of 5 tries of at least 0.01 s
Step = Callable[[], Any]


# ── the libraries ─────────────────────────────────────────────────────────────────────────────
class Library:
    """The functions that the rows use, in the words of one library; imported in its own process."""

    package: ClassVar[str]
    install: ClassVar[tuple[str, ...]] = ()  # what pip is told; nothing runs in our environment
    module: ClassVar[str]
    leaf: Callable[[Any], Any]  # makes a variable, of a float or of an array

    def constant(self, x: Any) -> Any:
        return x

    def faster(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Return what does the same, compiled where this library does that."""
        return f

    def forget(self, leaf: Any) -> None:
        """Remove the gradient of the last step."""
        leaf.grad = None

    def step(self, row: "Row") -> Step:
        """Return what runs the row forward and backward, and returns the variables."""
        data, constants = row.data()
        constants = [self.constant(c) for c in constants]
        leaves = [self.leaf(x) for x in data]
        loss, forget = row.loss, self.forget

        def step() -> Any:
            for x in leaves:
                forget(x)
            loss(self, leaves, *constants).backward()
            return leaves

        return step


class Retrograd(Library):
    package, module = "retrograd", "autograd"

    def __init__(self) -> None:
        import autograd

        self.leaf = partial(autograd.Tensor, requires_grad=True)
        self.sigmoid, self.relu, self.linear = autograd.sigmoid, autograd.relu, autograd.linear
        self.tanh, self.exp, self.log, self.stack = np.tanh, np.exp, np.log, np.stack
        self.each_cross_entropy = autograd.softmax_cross_entropy

    def convolve(self, x: Any, weight: Any, bias: Any) -> Any:
        from nn import functional

        return functional.conv2d(x, weight, bias, padding=1)

    def max_pool(self, x: Any) -> Any:
        from nn import functional

        return functional.max_pool2d(x, 2)

    def cross_entropy(self, logits: Any, target: Any) -> Any:
        return self.each_cross_entropy(logits, target).mean()

    def adam(self, leaves: Any) -> Any:
        from nn import optim

        return optim.Adam(leaves)

    def hessian(self, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        from autograd.functional import hessian

        return hessian(f)


class Compiled(Retrograd):
    """The same step, compiled: the parameters stay Tensors, and their gradients arrive there."""

    def step(self, row: "Row") -> Step:
        data, constants = row.data()
        leaves = [self.leaf(x) for x in data]
        loss = row.loss

        @self.faster
        def run(*constants: Any) -> None:
            loss(self, leaves, *constants).backward()

        def step() -> Any:
            for x in leaves:
                x.grad = None
            run(*constants)
            return leaves

        return step

    def faster(self, f: Callable[..., Any]) -> Callable[..., Any]:
        from autograd.program import compile as compiled

        return compiled(f)

    def hessian(self, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return self.faster(super().hessian(f))


class ByHand(Library):
    """What somebody writes who derives the gradient on paper."""

    package, module = "numpy", "numpy"

    def step(self, row: "Row") -> Step:
        data, constants = row.data()
        return lambda: row.numpy(data, *constants)


class Torch(Library):
    package, module = "torch", "torch"
    # PyPI's wheels for Linux carry gigabytes of CUDA
    install = ("torch==2.13.0", "--extra-index-url", "https://download.pytorch.org/whl/cpu")

    def __init__(self) -> None:
        import torch
        from torch.nn import functional

        self.tensor, self.float64, self.from_numpy = torch.tensor, torch.float64, torch.from_numpy
        self.sigmoid, self.relu, self.stack = torch.sigmoid, torch.relu, torch.stack
        self.tanh, self.exp, self.log = torch.tanh, torch.exp, torch.log
        self.linear, self.cross_entropy = functional.linear, functional.cross_entropy
        self.hessian = torch.func.hessian
        self.convolve = partial(functional.conv2d, padding=1)
        self.max_pool = partial(functional.max_pool2d, kernel_size=2)
        self.adam = torch.optim.Adam

    def leaf(self, x: Any) -> Any:
        if type(x) is float:
            return self.tensor(x, dtype=self.float64, requires_grad=True)
        return self.from_numpy(x).requires_grad_()

    def constant(self, x: Any) -> Any:
        return self.from_numpy(x)


class Jax(Library):
    package, module, install = "jax", "jax", ("jax[cpu]==0.10.2",)

    def __init__(self) -> None:
        import jax

        jax.config.update("jax_enable_x64", val=True)
        self.jax, self.np = jax, jax.numpy
        self.sigmoid, self.relu, self.stack = jax.nn.sigmoid, jax.nn.relu, jax.numpy.stack
        self.tanh, self.exp, self.log = jax.numpy.tanh, jax.numpy.exp, jax.numpy.log
        self.constant = jax.numpy.asarray

    def linear(self, x: Any, weight: Any, bias: Any) -> Any:
        return x @ weight.T + bias

    def cross_entropy(self, logits: Any, target: Any) -> Any:
        z = self.jax.nn.log_softmax(logits)
        return -z[self.np.arange(len(z)), target].mean()

    def step(self, row: "Row") -> Step:
        data, constants = row.data()
        leaves, constants = [self.constant(x) for x in data], [self.constant(c) for c in constants]
        df = self.jax.jit(self.jax.grad(lambda leaves, *rest: row.loss(self, leaves, *rest)))
        return lambda: self.jax.block_until_ready(df(leaves, *constants))

    def hessian(self, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        compiled = self.jax.jit(self.jax.hessian(f))
        return lambda x: compiled(x).block_until_ready()


class Micrograd(Library):
    package, module, install = "micrograd", "micrograd.engine", ("micrograd==0.1.0",)

    def __init__(self) -> None:
        from micrograd.engine import Value

        sys.setrecursionlimit(10_000)  # its backward is recursive
        self.leaf = Value

    def forget(self, leaf: Any) -> None:
        leaf.grad = 0


class Hips(Library):
    package, module, install = "autograd", "autograd.numpy", ("autograd==1.9.1",)

    def __init__(self) -> None:
        from autograd import grad, hessian
        from autograd import numpy as anp

        self.anp, self.grad, self.hessian = anp, grad, hessian
        self.tanh, self.exp, self.log, self.stack = anp.tanh, anp.exp, anp.log, anp.stack

    def sigmoid(self, x: Any) -> Any:
        return 1 / (1 + self.exp(-x))

    def relu(self, x: Any) -> Any:
        return self.anp.maximum(x, 0)

    def linear(self, x: Any, weight: Any, bias: Any) -> Any:
        return self.anp.dot(x, weight.T) + bias

    def cross_entropy(self, logits: Any, target: Any) -> Any:
        z = logits - self.anp.max(logits, axis=1, keepdims=True)
        return (self.log(self.anp.sum(self.exp(z), axis=1)) - z[np.arange(len(z)), target]).mean()

    def step(self, row: "Row") -> Step:
        data, constants = row.data()
        df = self.grad(lambda leaves: row.loss(self, leaves, *constants))
        return lambda: df(data)


class MyGrad(Library):
    package, module, install = "mygrad", "mygrad", ("mygrad==2.5.0",)

    def __init__(self) -> None:
        import mygrad
        from mygrad.nnet import activations, losses

        self.leaf = mygrad.tensor
        self.matmul, self.stack = mygrad.matmul, mygrad.stack
        self.tanh, self.exp, self.log = mygrad.tanh, mygrad.exp, mygrad.log
        self.sigmoid, self.relu = activations.sigmoid, activations.relu
        self.cross_entropy = losses.softmax_crossentropy

    def forget(self, leaf: Any) -> None:
        leaf.null_grad()

    def linear(self, x: Any, weight: Any, bias: Any) -> Any:
        return self.matmul(x, weight.T) + bias


LIBRARIES: dict[str, type[Library]] = {
    "retrograd": Retrograd,
    "compiled": Compiled,
    "numpy": ByHand,
    "torch": Torch,
    "jax": Jax,
    "micrograd": Micrograd,
    "hips": Hips,
    "mygrad": MyGrad,
}
OURS = ("retrograd", "compiled")
ARRAYS = frozenset({*OURS, "torch", "jax", "hips", "mygrad"})


# ── the rows ──────────────────────────────────────────────────────────────────────────────────
class Row:
    """One line of the table.

    Parameters
    ----------
    name : the first column.
    goals : "retrograd <= 0.7 micrograd" for a ratio, "retrograd <= 300 B" for a quantity.
    """

    libraries: ClassVar[frozenset[str]] = ARRAYS
    unit: ClassVar[str] = "s"
    once: ClassVar[bool] = False
    ours_too: ClassVar[str] = "… compiled"

    def __init__(self, name: str, *goals: str) -> None:
        self.name, self.goals = name, goals

    def data(self) -> tuple[list[Any], list[Any]]:
        """Return the variables, and the constants of the loss."""
        raise NotImplementedError

    def loss(self, of: Any, leaves: Any, *constants: Any) -> Any:
        """Compute the loss with the functions of a library."""
        raise NotImplementedError

    def numpy(self, data: Any, *constants: Any) -> Any:
        """Compute the loss and its gradients by hand."""
        raise NotImplementedError

    def step_of(self, library: Library) -> Step:
        """Return what is timed."""
        return library.step(self)

    def prepare(self, library: Library) -> list[float]:
        """Make everything ready for `measure`; return what all libraries must agree on."""
        self.step = self.step_of(library)
        result = digest(self.step())
        self.step()
        start = time.perf_counter()
        self.step()
        self.loops = max(1, math.ceil(TRY / (time.perf_counter() - start)))
        return result

    def measure(self) -> float:
        """Return the seconds that one step takes, or another figure in the unit of the row."""
        gc.collect()
        self.step()  # the caches are cold after the turns of the others
        return min(self.repeat() for _ in range(TRIES))

    def repeat(self) -> float:
        start = time.perf_counter()
        for _ in range(self.loops):
            self.step()
        return (time.perf_counter() - start) / self.loops


def digest(results: Any) -> list[float]:
    """Return two numbers per gradient, by which those of two libraries are compared."""
    numbers = []
    for x in results:
        gradient = getattr(x, "grad", None)
        g = np.asarray(x if gradient is None else gradient, np.float64).ravel()
        numbers += [float(np.linalg.norm(g)), float(g @ np.cos(np.arange(g.size)))]
    return numbers


class Product(Row):
    """``(a + b) * c``, the making of the three leaves included."""

    libraries = ARRAYS - {"compiled", "jax"} | {"micrograd"}

    def data(self) -> tuple[list[Any], list[Any]]:
        return [2.0, 3.0, 4.0], []

    def loss(self, of: Any, leaves: Any) -> Any:
        a, b, c = leaves
        return (a + b) * c

    def step_of(self, library: Library) -> Step:
        if isinstance(library, Hips):
            return library.step(self)
        leaf = library.leaf

        def step() -> Any:
            a, b, c = leaf(2.0), leaf(3.0), leaf(4.0)
            ((a + b) * c).backward()
            return a, b, c

        return step


class Chain(Row):
    """``y = y * factor; y = y + 0.01`` again and again, from one leaf; the graph is freed too."""

    libraries = ARRAYS | {"micrograd"}

    def __init__(self, name: str, *goals: str, operations: int) -> None:
        super().__init__(name, *goals)
        self.operations = operations

    def data(self) -> tuple[list[Any], list[Any]]:
        return [1.0], []

    def loss(self, of: Any, leaves: Any) -> Any:
        (y,) = leaves
        factor = 1 + 10 / self.operations
        for _ in range(self.operations // 2):
            y = y * factor
            y = y + 0.01
        return y


class LongChain(Chain):
    """A chain that recursion cannot do; it must also be freed without the garbage collector."""

    libraries = frozenset({"retrograd", "torch"})
    once = True

    def prepare(self, library: Library) -> list[float]:
        self.leaf = library.leaf
        return []

    def measure(self) -> float:
        gc.disable()
        start = time.perf_counter()
        x = self.leaf(1.0)
        y = x * 1.0
        first = weakref.ref(y)
        y = self.loss(None, [y])
        y.backward()
        del y
        seconds = time.perf_counter() - start
        if first() is not None:
            raise MemoryError("the graph outlived its root")
        return seconds


class NodeMemory(Chain):
    """The bytes that an operation holds until backward: Python's, and for PyTorch the process's."""

    libraries = frozenset({"retrograd", "torch", "micrograd", "mygrad"})
    unit = "B"
    once = True

    def prepare(self, library: Library) -> list[float]:
        self.leaf = library.leaf
        self.used = resident if isinstance(library, Torch) else traced
        return []

    def measure(self) -> float:
        tracemalloc.start()
        x = self.leaf(1.0)
        before = self.used()
        y = self.loss(None, [x])
        used = self.used() - before
        del y
        return used / self.operations


def traced() -> int:
    """Return the bytes of all Python objects since tracemalloc started."""
    return tracemalloc.get_traced_memory()[0]


def resident() -> int:
    """Return the bytes of this process that are in memory; Linux only."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class MLP(Row):
    """Linear layers with an activation between them, then the mean cross-entropy."""

    libraries = ARRAYS | {"numpy"}

    def __init__(
        self, name: str, *goals: str, sizes: Sequence[int], batch: int, activation: str, dtype: str
    ) -> None:
        super().__init__(name, *goals)
        self.sizes, self.batch, self.activation, self.dtype = sizes, batch, activation, dtype

    def data(self) -> tuple[list[Any], list[Any]]:
        random = np.random.default_rng(0)
        parameters = []
        for n, m in pairwise(self.sizes):
            for shape in ((m, n), (m,)):
                w = random.standard_normal(shape) / math.sqrt(n)
                parameters.append(w.astype(self.dtype))
        x = random.standard_normal((self.batch, self.sizes[0])).astype(self.dtype)
        return parameters, [x, random.integers(0, self.sizes[-1], self.batch)]

    def loss(self, of: Any, leaves: Any, x: Any, target: Any) -> Any:
        activation = getattr(of, self.activation)
        *hidden, (w, b) = zip(leaves[::2], leaves[1::2], strict=True)
        for v, a in hidden:
            x = activation(of.linear(x, v, a))
        return of.cross_entropy(of.linear(x, w, b), target)

    def numpy(self, data: Any, x: Any, target: Any) -> Any:
        *hidden, (w, b) = zip(data[::2], data[1::2], strict=True)
        sigmoid, rows = self.activation == "sigmoid", np.arange(self.batch)
        hs = [x]
        for v, a in hidden:
            z = hs[-1] @ v.T + a
            hs.append(1 / (1 + np.exp(-z)) if sigmoid else np.maximum(z, 0))
        z = hs[-1] @ w.T + b
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        -np.log(p[rows, target]).mean()
        p[rows, target] -= 1
        dz = p / self.batch
        gradients = [dz.sum(axis=0), dz.T @ hs[-1]]
        for v, h, before in zip(data[-2:0:-2], hs[:0:-1], hs[-2::-1], strict=True):
            dh = dz @ v
            dz = dh * h * (1 - h) if sigmoid else dh * (h > 0)
            gradients += [dz.sum(axis=0), dz.T @ before]
        return gradients[::-1]


class Capturing(MLP):
    """A step, and what it takes to write it down as a program: `compile` does that once."""

    libraries = frozenset(OURS)
    ours_too = "… captured"

    def step_of(self, library: Library) -> Step:
        if not isinstance(library, Compiled):
            return super().step_of(library)
        from autograd.program import capture

        data, constants = self.data()
        leaves = [library.leaf(x) for x in data]

        def run(*constants: Any) -> None:
            self.loss(library, leaves, *constants).backward()

        def step() -> Any:
            capture(run, *constants)
            return []  # no gradients, to compare with others

        return step


class PeakMemory(MLP):
    """The bytes that training steps add to those of the data, at their peak; Linux only.

    A small network has run before, so that threads and buffers of a library's own are there.
    """

    libraries = frozenset({*OURS, "numpy", "torch", "jax"})
    unit = "MB"
    once = True

    def prepare(self, library: Library) -> list[float]:
        self.library = library
        return []

    def measure(self) -> float:
        MLP("", sizes=(4, 4), batch=8, activation=self.activation, dtype=self.dtype).step_of(
            self.library
        )()
        step = self.step_of(self.library)
        gc.collect()
        before = resident()
        Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
        for _ in range(3):
            step()
        lines = Path("/proc/self/status").read_text().splitlines()
        peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
        return (peak * 1024 - before) / 1e6


class Training(MLP):
    """Five epochs of Adam over data of the shape of scikit-learn's digits, in batches of 32.

    The optimiser's steps are timed too, and so is whatever the first step has to prepare.
    """

    libraries = frozenset({*OURS, "torch"})

    def step_of(self, library: Any) -> Step:
        data, (x, target) = self.data()
        starts = range(0, self.batch, 32)
        batches = [[library.constant(c[i : i + 32]) for c in (x, target)] for i in starts]

        def step() -> Any:
            leaves = [library.leaf(p.copy()) for p in data]
            adam = library.adam(leaves)
            gradients = library.faster(lambda *batch: self.loss(library, leaves, *batch).backward())
            for batch in batches * 5:
                adam.zero_grad()
                gradients(*batch)
                adam.step()
            return leaves

        return step


class Elementwise(Row):
    """``log(exp(tanh(sigmoid(x))))``, summed, over a million float32."""

    libraries = ARRAYS | {"numpy"}

    def data(self) -> tuple[list[Any], list[Any]]:
        return [np.random.default_rng(0).standard_normal(1_000_000).astype(np.float32)], []

    def loss(self, of: Any, leaves: Any) -> Any:
        return of.log(of.exp(of.tanh(of.sigmoid(leaves[0])))).sum()

    def numpy(self, data: Any) -> Any:
        s = 1 / (1 + np.exp(-data[0]))
        t = np.tanh(s)
        e = np.exp(t)
        np.log(e).sum()
        g = np.ones_like(s)
        g = g / e
        g = g * e
        g = g * (1 - t * t)
        return [g * s * (1 - s)]


class CrossEntropy(Row):
    """The mean cross-entropy of 4096 rows of 1000 float32 logits with class indices."""

    libraries = ARRAYS | {"numpy"}

    def data(self) -> tuple[list[Any], list[Any]]:
        random = np.random.default_rng(0)
        logits = random.standard_normal((4096, 1000)).astype(np.float32)
        return [logits], [random.integers(0, 1000, 4096)]

    def loss(self, of: Any, leaves: Any, target: Any) -> Any:
        return of.cross_entropy(leaves[0], target)

    def numpy(self, data: Any, target: Any) -> Any:
        (x,) = data
        rows = np.arange(len(x))
        e = np.exp(x - x.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        -np.log(p[rows, target]).mean()
        p[rows, target] -= 1
        return [p / len(x)]


class Conv(Row):
    """Two convolutions of 64 images 32×32, 3 to 16 to 32 channels, with ReLU and pooling."""

    libraries = frozenset({*OURS, "torch"})

    def data(self) -> tuple[list[Any], list[Any]]:
        random = np.random.default_rng(0)
        shapes = (16, 3, 3, 3), (16,), (32, 16, 3, 3), (32,)
        parameters = [0.1 * random.standard_normal(s).astype(np.float32) for s in shapes]
        return parameters, [random.standard_normal((64, 3, 32, 32)).astype(np.float32)]

    def loss(self, of: Any, leaves: Any, x: Any) -> Any:
        v, a, w, b = leaves
        h = of.relu(of.convolve(of.relu(of.convolve(x, v, a)), w, b))
        return of.max_pool(h).mean()


class Hessian(Row):
    """The Hessian of Rosenbrock's function of 50 inputs."""

    libraries = frozenset({*OURS, "torch", "jax", "hips"})

    def rosenbrock(self, x: Any) -> Any:
        return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()

    def step_of(self, library: Any) -> Step:
        x = library.constant(np.random.default_rng(0).standard_normal(50))
        hessian = library.hessian(self.rosenbrock)
        return lambda: [hessian(x)]


class Items(Row):
    """``x[i]`` for each of 200 elements, stacked again; half the squared norm of that."""

    def data(self) -> tuple[list[Any], list[Any]]:
        return [np.random.default_rng(0).standard_normal(200)], []

    def loss(self, of: Any, leaves: Any) -> Any:
        (x,) = leaves
        y = of.stack([x[i] for i in range(200)])
        return (y * y * 0.5).sum()


class Import(Row):
    """What the import costs in a fresh process that has imported NumPy."""

    libraries = ARRAYS - {"compiled"} | {"micrograd"}

    def prepare(self, library: Library) -> list[float]:
        self.code = (
            "import numpy, time; t = time.perf_counter(); "
            f"import {library.module}; print(time.perf_counter() - t)"
        )
        self.measure()  # writes the bytecode
        return []

    def measure(self) -> float:
        command = [sys.executable, "-P", "-c", self.code]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


# fmt: off
ROWS: list[Row] = [
    Product("(a + b) * c, scalars", "retrograd <= 0.7 micrograd"),
    Chain("scalar chain, 1000 ops", "retrograd <= 0.4 micrograd", "retrograd <= 0.25 torch", "compiled <= 0.15 micrograd", operations=1000),
    MLP("MLP 4-4-3-3, batch 150, sigmoid", "retrograd <= 0.65 torch", "compiled <= 0.9 numpy", "compiled <= 0.6 jax", sizes=(4, 4, 3, 3), batch=150, activation="sigmoid", dtype="float64"),
    MLP("MLP 64-128-64-10, batch 128, sigmoid", "retrograd <= 0.85 torch", "compiled <= 1.0 numpy", sizes=(64, 128, 64, 10), batch=128, activation="sigmoid", dtype="float64"),
    MLP("MLP 784-1024-1024-10, batch 512, ReLU, f32", "retrograd <= 1.0 torch", "compiled <= 1.0 numpy", sizes=(784, 1024, 1024, 10), batch=512, activation="relu", dtype="float32"),
    PeakMemory("… its peak memory", "compiled <= 1.0 torch", sizes=(784, 1024, 1024, 10), batch=512, activation="relu", dtype="float32"),
    Capturing("MLP 4-4-3-3, eager", "compiled <= 5 retrograd", sizes=(4, 4, 3, 3), batch=150, activation="sigmoid", dtype="float64"),
    Capturing("MLP 64-128-64-10, eager", "compiled <= 5 retrograd", sizes=(64, 128, 64, 10), batch=128, activation="sigmoid", dtype="float64"),
    Capturing("MLP 784-1024-1024-10, eager", "compiled <= 5 retrograd", sizes=(784, 1024, 1024, 10), batch=512, activation="relu", dtype="float32"),
    Training("digits MLP 64-256-10, 5 epochs, Adam", "compiled <= 1.0 torch", sizes=(64, 256, 10), batch=1198, activation="relu", dtype="float64"),
    Elementwise("sigmoid·tanh·exp·log chain, 1e6 f32", "retrograd <= 1.0 torch", "compiled <= 0.6 torch", "compiled <= 2.2 jax"),
    CrossEntropy("cross-entropy 4096×1000, f32", "retrograd <= 1.2 torch", "compiled <= 1.0 torch"),
    Conv("conv step, 3-16-32 channels, 32×32, f32", "compiled <= 2.0 torch", "retrograd <= 2.0 torch"),
    Hessian("Hessian of 50 inputs", "compiled <= 0.25 torch"),
    Items("200 × x[i], then stack"),
    LongChain("chain of 10⁶ ops, freed", operations=1_000_000),
    NodeMemory("memory of a scalar node", "retrograd <= 300 B", operations=10_000),
    Import("import, after NumPy's", "retrograd <= 0.060 s"),
]
# fmt: on


# ── the processes ─────────────────────────────────────────────────────────────────────────────
class Worker:
    """The process in which a library runs a row, and the lines of JSON that it prints."""

    def __init__(self, library: str, python: Path | str, row: int) -> None:
        self.library = library
        env = {k: v for k, v in os.environ.items() if k not in UNWANTED}
        if library in OURS:
            env["PYTHONPATH"] = str(Path(__file__).parents[1])
        self.process = subprocess.Popen(
            [python, sys.argv[0], "--worker", library, str(row)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
        )  # fmt: skip

    def prepare(self) -> Any:
        """Return the version, and what all libraries must agree on."""
        return self._line()

    def measure(self) -> float:
        """Let the worker take its turn."""
        return float(self.ask())

    def ask(self, line: str = "") -> Any:
        """Send a line, and return the answer."""
        assert self.process.stdin is not None
        print(line, file=self.process.stdin, flush=True)
        return self._line()

    def stop(self) -> None:
        """Let the process end."""
        self.process.communicate()

    def _line(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.library} failed")  # its traceback stands above
        return json.loads(line)


def work(library: str, row: Row) -> None:
    """Be a worker: prepare, then measure once for each line that comes in."""
    subject = LIBRARIES[library]()
    print(
        json.dumps([importlib.metadata.version(subject.package), row.prepare(subject)]), flush=True
    )
    for _ in sys.stdin:
        print(row.measure(), flush=True)


def interpreter(folder: Path, library: str) -> Path | str:
    """Return the Python that runs a library: ours, or that of the peer's environment."""
    if not LIBRARIES[library].install:
        return sys.executable
    return folder / library / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def set_up(folder: Path) -> None:
    """Make a virtual environment for each peer."""
    for name, library in LIBRARIES.items():
        if library.install:
            venv.create(folder / name, with_pip=True)
            pip = [interpreter(folder, name), "-m", "pip", "install", "numpy>=2"]
            subprocess.run([*pip, *library.install], check=True)


# ── the table ─────────────────────────────────────────────────────────────────────────────────
Figures = dict[str, list[float]]
"""What a library took, round by round."""


def compare(row: Row, folder: Path, libraries: Sequence[str], rounds: int) -> Figures:
    """Let the libraries take turns. Raises AssertionError where their gradients differ."""
    print(row.name, file=sys.stderr)
    i = ROWS.index(row)
    workers = {n: Worker(n, interpreter(folder, n), i) for n in libraries if n in row.libraries}
    digests = {name: worker.prepare()[1] for name, worker in workers.items()}
    (one, expected), *others = digests.items()
    for name, got in others:
        same = all(map(close, got, expected))
        assert same, f"{row.name}: the gradients of {one} and {name} differ: {expected}, {got}"
    figures: Figures = {name: [] for name in workers}
    for _ in range(1 if row.once else rounds):
        for name, worker in workers.items():
            figures[name].append(worker.measure())
    for worker in workers.values():
        worker.stop()
    return figures


def close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-5)


def cells(row: Row, figures: Figures, peers: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines of a row: our figure, the ratios, the goals and whether they are met."""
    for who in OURS:
        if who in figures:
            between = [
                spread(ratios(figures[who], figures[p])) if p in figures else "" for p in peers
            ]
            goals = ", ".join(verdict(goal, figures) for goal in row.goals if goal.startswith(who))
            name = row.name if who == "retrograd" else row.ours_too
            yield [name, quantity(statistics.median(figures[who]), row.unit), *between, goals]


def verdict(goal: str, figures: Figures) -> str:
    """Return what is asked for and whether it is met: "≤ 0.7 micrograd: yes"."""
    who, _, limit, than = goal.split()
    met = "not measured"
    if who in figures and (than in figures or than not in LIBRARIES):
        reached = ratios(figures[who], figures[than]) if than in figures else figures[who]
        met = "yes" if statistics.median(reached) <= float(limit) else "NO"
        if max(reached) > 2 * min(reached):
            met = "unsteady"  # somebody else was at work: neither a success nor a failure
    return f"≤ {limit} {than}: {met}"


def ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def spread(values: list[float]) -> str:
    """Return the median, and the smallest and the largest in brackets."""
    median = f"**{statistics.median(values):.2f}**"
    return median if len(values) == 1 else f"{median} ({min(values):.2f}–{max(values):.2f})"


def quantity(value: float, unit: str) -> str:
    """Return a figure with its unit: "4.2 µs"."""
    if unit == "s" and value < 1:
        value, unit = (value * 1e3, "ms") if value >= 1e-3 else (value * 1e6, "µs")
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"


def print_table(lines: list[list[str]]) -> None:
    """Print lines of cells as a Markdown table whose columns are aligned."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        print("|", " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)), "|")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time Retrograd beside its peers.")
    folder = Path.home() / ".cache" / "retrograd-peers"
    parser.add_argument("--peers", type=Path, default=folder, help="folder of their environments")
    parser.add_argument("--setup", action="store_true", help="install the peers there")
    parser.add_argument("-k", metavar="TEXT", default="", help="only rows whose name contains it")
    parser.add_argument("-n", metavar="ROUNDS", type=int, default=9, help="9 unless told")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker[0], ROWS[int(options.worker[1])])
    elif options.setup:
        set_up(options.peers)
    else:
        there = [n for n in LIBRARIES if Path(interpreter(options.peers, n)).exists()]
        for name in LIBRARIES.keys() - there:
            print(f"without {name}: --setup installs it in {options.peers}", file=sys.stderr)
        peers = [name for name in there if name not in OURS]
        rows = [row for row in ROWS if options.k in row.name]
        lines = [
            line
            for row in rows
            for line in cells(row, compare(row, options.peers, there, options.n), peers)
        ]
        head = ["forward + backward", "Retrograd", *(f"÷ {name}" for name in peers), "goals"]
        print_table([head, *lines])
        cores = f"{os.cpu_count()} cores, Python {platform.python_version()}"
        print(f"\n{cores}; medians of {options.n} rounds (smallest–largest).")


if __name__ == "__main__":
    main()

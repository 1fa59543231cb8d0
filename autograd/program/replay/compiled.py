"""`compile`: capture a function once per signature, and replay it from then on."""

import functools
import operator
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from types import MethodType
from typing import Any

import numpy as np

from autograd.base import modes
from autograd.base.closeness import is_close
from autograd.base.contexts import Same
from autograd.base.errors import function_name, refusal, refuse_uncallable, warn
from autograd.base.modes import is_grad_enabled, readers
from autograd.base.tree import flatten, is_alike, key_of
from autograd.program.equations import outline
from autograd.program.program import Program
from autograd.program.replay.outside import Outside
from autograd.program.replay.replay import Replay
from autograd.program.replay.sizes import Family
from autograd.program.tracing.capture import captured
from autograd.program.tracing.surroundings import STEPPED, reached
from autograd.program.tracing.symbol import CaptureError
from autograd.tensor import Tensor, raw
from autograd.transforms.outside import here
from autograd.transforms.standin import Standin

ARRAYS = (np.ndarray, Tensor, list, tuple, dict)
CONSTANTS = (int, str, slice, type(None), type(...))
VALUES = (*ARRAYS, *CONSTANTS, np.generic, float, complex)
"""What has no attributes that `f` could read and somebody change."""
NEAR = 1e-3, 1e-7
"""So near are the results of a program for another size, in float32 and in float64."""
SIGNATURES = 8
"""So many signatures are usual; a function that has more is perhaps not meant to be compiled."""


def compile(f: Same) -> Same:  # PyTorch's name
    """Return a function that does what `f` does, faster: a decorator too.

    At the first call with arguments of certain shapes, dtypes and structure, `f` is captured (see
    `capture` for what it may not do); from then on its program is replayed, without the engine and
    without new arrays for what is only needed on the way. Two batch sizes are captured, and those
    between them are known by then; the first results at such a size, and gradients left in tensors,
    are compared with those of `f`. The data of Tensors, whether they require a gradient, their
    hooks, `no_grad`, and the modes of modules are read at each call. What `f` and your functions
    below it read by name (globals, variables around them, attributes, and what is in containers of
    up to 100 parts) is compared at each call, and where it is another, `f` is captured again; of
    arrays above 64 kB a sample is compared. What is reached otherwise is that of the capture, and
    so is what `f` itself changes, as a count of its calls. Arguments that are no arrays or numbers
    are constant, too, and must be hashable.
    Where `f` calls ``backward``, gradients are added up in ``.grad`` as ever, so that any
    optimizer can use them; where it does not, its results wait for it as others do, so that a model
    can be compiled alone: ``net = compile(net)``, and ``net.eval()`` is the compiled one. The whole
    step is faster, as both passes are planned together then. A result that this pass went through
    waits for no other one, so that the step is no slower for a loss and logits that it returns:
    keep the graph by ``retain_graph=True`` or return ``h * 1`` for h to go on from it. Nor do
    results wait for a tensor that `f` itself tells to require no gradient, be it at its end.
    Threads may call it at the same time.

    Raises
    ------
    CaptureError : where `f` cannot be a program.
    TypeError : for what cannot be called, and for an argument that is neither an array or a number
        nor hashable.

    Examples
    --------
    >>> from autograd import value_and_grad
    >>> step = compile(value_and_grad(lambda w, x: np.sum((x @ w) ** 2)))
    >>> step(np.ones(2), np.eye(2))
    (np.float64(2.0), array([2., 2.]))
    """
    refuse_uncallable(f, "compile(f)(x)")
    return Compiled(f)  # type: ignore[return-value]  # it is called as f is


class Compiled:
    """A function that is captured when needed, and replayed."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self._replays: dict[Any, Replay] = {}
        self._families: dict[Any, Family] = {}  # by their signatures without the first axes
        self._derived: list[Any] = []  # the keys of programs that were not captured
        self._spellings: dict[tuple[str, ...], Compiled] = {}  # by the names of arrays
        self._modules: list[Any] = []  # that were called, and may be in another mode next time
        self._parameters: list[Tensor] = []  # that were read, and may be frozen next time
        self._forgotten = 0  # so often the programs were
        self._lock = threading.Lock()
        functools.update_wrapper(self, f, updated=())  # f may have attributes of these names

    def __call__(self, *args: Any, **options: Any) -> Any:
        if readers and (here.reader is not None or _hold_standins([args, options])):
            return self.f(*args, **options)  # inside of a capture or a map it is what it does
        if options and (names := tuple([k for k, v in options.items() if _holds_arrays(v)])):
            arrays = [options.pop(k) for k in names]
            return self._by_name(names)(*args, *arrays, **options)
        replay = self._find(args, options)
        return replay(args) if replay.proven else self._prove(replay, args, options)

    def guess(self, *args: Any) -> Any:
        """Return what the program of such a call returns, and leave nothing in tensors."""
        return self._find(args, {}).guess(args)[0]

    def changes(self) -> bool:
        """Tell whether something that `f` reads by name has been another, by `f` or by others."""
        known = [family.outside for family in self._families.values() if family.outside]
        return self._forgotten > 0 or any(o.changed or o.change() for o in known)

    def __getattr__(self, name: str) -> Any:
        """Find what the function has, as a module its parameters; what returns it returns this."""
        if name == "f":  # while a copy is being made
            raise AttributeError(name)
        found = getattr(self.f, name)
        if getattr(found, "__self__", None) is not self.f:
            return found

        @functools.wraps(found)
        def method(*args: Any, **options: Any) -> Any:
            result = found(*args, **options)
            return self if result is self.f else result

        return method

    def __setattr__(self, name: str, value: Any) -> None:
        """Set what the function has there, as a module its mode, and keep what is our own."""
        is_being_made = "_lock" not in vars(self)  # the last attribute of ours
        ours = name in vars(self) or name.startswith("__") or is_being_made
        owner: Any = super() if ours or not hasattr(self.f, name) else self.f
        owner.__setattr__(name, value)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return f"compile({self.f!r})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Be found by its name, as functions are, where it stands in the place of `f`."""
        name = getattr(self, "__qualname__", "")
        with suppress(AttributeError, KeyError):
            if operator.attrgetter(name)(sys.modules[self.__module__]) is self:
                return name
        return compile, (self.f,)

    def _key(self, args: tuple[Any, ...], options: dict[str, Any], skip: int = 0) -> Any:
        """Return what must be the same for a program to fit; of shapes, what comes after `skip`."""
        key = (is_grad_enabled(), modes.default.char, *[_signature(a, skip) for a in args])
        if options:
            key += tuple([(k, _constant(v)) for k, v in options.items()])
        if self._modules:
            key += tuple([m.training for m in self._modules])
        for t in self._parameters:
            x, meta = t.data, t.meta
            key += t.requires_grad, x.dtype, x.shape
            if meta is not None and "hooks" in meta:
                key += tuple(meta["hooks"])
        return key

    def _find(self, args: tuple[Any, ...], options: dict[str, Any]) -> Replay:
        """Return the program of such a call, if what it read from outside is still the same."""
        try:
            replay = self._replays.get(self._key(args, options))
        except (TypeError, ValueError):  # the second is a memoryview's
            self._refuse(args, options)
            raise
        outside = (replay or self._family(args, options)).outside
        if outside is not None and (name := outside.change()):
            self._forget(name)
            replay = None
        return replay or self._new(args, options)

    def _forget(self, name: str) -> None:
        """Forget all programs, since something that `f` reads from outside is another."""
        with self._lock:
            for known in (
                self._derived, self._replays, self._families, self._modules, self._parameters
            ):  # fmt: skip
                known.clear()
            self._forgotten += 1
        if self._forgotten == SIGNATURES:
            warn(
                f"{function_name(self.f)} was compiled {SIGNATURES} times, and now again, since "
                f"{name} is another each time: pass it as an argument, an array or a number"
            )

    def _by_name(self, names: tuple[str, ...]) -> "Compiled":
        """Return the function that takes these arguments, which are arrays, as its last ones."""
        if names in self._spellings:
            return self._spellings[names]
        f = self.f

        def call(*args: Any, **options: Any) -> Any:
            first = len(args) - len(names)
            return f(*args[:first], **dict(zip(names, args[first:], strict=True)), **options)

        call.__name__ = function_name(f)
        return self._spellings.setdefault(names, Compiled(call))

    def _refuse(self, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Raise for an argument that no program can be found by."""
        for name, x in (*enumerate(flatten(list(args))[0]), *options.items()):
            try:
                hash(_signature(x, 0))
            except (TypeError, ValueError):
                kind = f"{type(x).__module__}.{type(x).__name__}".removeprefix("builtins.")
                raise refusal(
                    TypeError,
                    f"what is constant in a program must be hashable, not {kind}",
                    f"{function_name(self.f)}, argument {name}",
                    "arrays, as np.asarray(x), and numbers, also in containers; a frozen dataclass",
                ) from None

    def _family(self, args: tuple[Any, ...], options: dict[str, Any]) -> Family:
        return self._families.setdefault(self._key(args, options, 1), Family())

    def _new(self, args: tuple[Any, ...], options: dict[str, Any]) -> Replay:
        with self._lock:
            if (key := self._key(args, options)) not in self._replays:
                leaves = flatten(list(args))[0]
                sizes = [x.shape[:1] if isinstance(x, (np.ndarray, Tensor)) else () for x in leaves]
                family = self._family(args, options)
                program = family.program(sizes)
                derived = program is not None
                if program is None:
                    program, outside = self._capture(args, options)
                    self._modules += _unknown(program.modules, self._modules)
                    self._parameters += _unknown(program.met, self._parameters)
                    key = self._key(args, options)
                    family = self._family(args, options)
                    family.learn(sizes, program)
                    family.outside = outside
                self._replays[key] = Replay(program, args, family.outside, proven=not derived)
                if derived:  # what is listed has a program: a signal may interrupt this anywhere
                    self._derived.append(key)
                    if len(self._derived) > SIGNATURES:  # their places would fill the memory
                        del self._replays[self._derived.pop(0)]
            return self._replays[key]

    def _prove(self, replay: Replay, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Run `f` itself once where a program was not captured: `f` may branch on the size."""
        ours: Any = None  # where the program fails, which is wrong where f is right
        with suppress(Exception):
            ours, left = replay.guess(args)
            ours = [ours, *(y for _, y in left)]
        result = self.f(*args, **options)
        replay.proven = ours is not None and _agree(ours, [result, *(e.present for e, _ in left)])
        if not replay.proven:
            with self._lock:
                key = self._key(args, options)
                self._family(args, options).close()
                self._derived = [k for k in self._derived if k != key]
                self._replays.pop(key, None)
        return result

    def _capture(self, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[Program, Outside]:
        if len(self._replays) - len(self._derived) == SIGNATURES:
            warn(
                f"{function_name(self.f)} was compiled for {SIGNATURES} signatures, and now for "
                "another: pad its arguments to one shape, or do not compile it"
            )
        leaves = flatten([*args, *options.values()])[0]
        objects = [x for x in leaves if not isinstance(x, VALUES)]
        found = [*reached(self.f, args, options, given=objects)]
        outside = Outside(found)
        program = captured(self.f, args, options, found)
        outside.settle()
        if not outside.changed.isdisjoint(STEPPED):
            raise refusal(
                CaptureError,
                "a program cannot hold another rate, or other options of an optimizer",
                f"{function_name(self.f)}, which sets them",
                "scheduler.step() outside of the function, after it",
            )
        inputs = {name: outline(x) for name, x in program.inputs.items()}
        return replace(program, inputs=inputs), outside


def _agree(ours: Any, result: Any) -> bool:
    """Tell whether a program computes what its function does, up to rounding."""
    if not is_alike(ours, result):
        return False
    for a, b in zip(flatten(ours)[0], flatten(result)[0], strict=True):
        x, y = np.asarray(raw(a)), np.asarray(raw(b))
        near = NEAR[y.dtype.itemsize >= np.dtype(float).itemsize]
        equal = is_close(x, y, near, near / 10) if y.dtype.kind in "fc" else np.array_equal(x, y)
        if not equal or x.dtype != y.dtype:
            return False
    return True


def _hold_standins(tree: Any) -> bool:
    """Tell whether arguments come from a capture or a map, which may be that of another thread."""
    return any(isinstance(raw(x), Standin) for x in flatten(tree)[0])


def _unknown(found: Iterable[Any], known: list[Any]) -> list[Any]:
    return [x for x in found if not any(x is y for y in known)]


def _holds_arrays(x: Any) -> bool:
    """Tell whether an option is no constant: a shape or axes are one."""
    if isinstance(x, tuple):
        return any(not isinstance(part, CONSTANTS) for part in flatten(x)[0])
    return isinstance(x, ARRAYS)


def _constant(x: Any) -> Any:
    """Return what a constant is known by: 1, 1.0 and True are three, 0.0 and -0.0 are two."""
    if isinstance(x, (int, float, complex, str, np.generic)):
        return key_of(x)
    if hasattr(type(x), "__array__"):  # PyTorch's has a hash, and may hold other numbers next time
        raise TypeError
    return type(x), x


def _signature(x: Any, skip: int) -> Any:
    if type(x) is np.ndarray:
        return x.dtype, x.ndim, x.shape[skip:] if skip else x.shape
    if type(x) is Tensor:
        return x.dtype, x.ndim, x.shape[skip:], x.requires_grad
    if isinstance(x, np.ndarray):  # of a kind of its own, as masked arrays, which a capture refuses
        return type(x), x.dtype, x.ndim, x.shape[skip:]
    if isinstance(x, (list, tuple, dict)):
        parts = x.values() if isinstance(x, dict) else x
        keys = x if isinstance(x, dict) else ()
        return type(x), *keys, *[_signature(part, skip) for part in parts]
    if isinstance(x, (np.generic, float, complex)) or type(x) is int:
        return type(x)
    return _constant(x)

"""A call on variables of its own, and how its arguments and results are nested."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.base.errors import function_name, refusal
from autograd.base.modes import depth, deriving, enable_grad, is_grad_enabled, paused, readers
from autograd.base.tree import FIRST, flatten, flatten_like, locked, map_leaves
from autograd.graph import toposort
from autograd.mutation.versions import REWRITTEN, birth, seen_by
from autograd.primitive import PRIMITIVES
from autograd.rules.shape import astype, cut_off
from autograd.sweep.seeds import ONE
from autograd.tensor import Tensor, constant, raw, record
from autograd.transforms.outside import here
from autograd.transforms.pullback import Pullback, array, wrapped

IDENTITY = PRIMITIVES[np.positive]
OBJECT = np.dtype(object)
Argnum = int | Sequence[int]
Function = Callable[..., Any]


class Traced(Pullback):
    """A call ``f(*args)`` on variables of its own, ready to be pulled back.

    Each variable is a new name for the value that came in, so that nested derivatives with respect
    to the same value do not confuse their perturbations. What is pulled back `later` keeps the
    arrays as they are now.
    """

    def __init__(
        self, f: Function, argnum: Argnum, args: tuple[Any, ...], kwargs: dict[str, Any],
        later: bool = False,
    ) -> None:  # fmt: skip
        self.later = later
        try:
            if isinstance(argnum, int):
                self.argument = args[argnum]
            else:
                self.argument = tuple([args[i] for i in argnum])
                if len({i % len(args) for i in argnum}) < len(argnum):
                    raise _twice(f, argnum)
        except IndexError:
            raise _missing(f, argnum, args) from None
        given, self.rebuild = flatten(self.argument)
        connected = depth.value > 0 or Tensor in map(type, given)
        call = enable_grad()(self._call) if paused else self._call
        variables = call(f, argnum, args, kwargs, given)
        if readers and here.reader is not None:
            here.reader.returned(f, self.output)
        outputs, self.rebuild_output = [self.output], FIRST
        if type(self.output) is not Tensor:
            outputs, self.rebuild_output = flatten(self.output)
            outputs = [wrapped(y) for y in outputs]
            if any(getattr(y.data, "dtype", OBJECT).kind not in "biufc" for y in outputs):
                raise refusal(
                    TypeError,
                    "the function returned nothing to differentiate",
                    f"{function_name(f)}, which returned {self.output!r:.60}",
                    "a return statement with the result",
                )
        if deriving and not connected and here.reader is None:
            connected = _is_inside_of_another(outputs)
        super().__init__(outputs, variables, connected)

    def _call(
        self, f: Function, argnum: Argnum, args: Sequence[Any], kwargs: dict[str, Any],
        given: Sequence[Any],
    ) -> list[Tensor]:  # fmt: skip
        """Call f with variables in the places of what was given, and return them."""
        variables = [_variable(f, x, self.later) for x in given]
        named, full = self.rebuild(variables), list(args)
        if isinstance(argnum, int):
            full[argnum] = named
        else:
            for i, x in zip(argnum, named, strict=True):
                full[i] = x
        born = birth()
        depth.value += 1
        deriving[self] = variables
        try:
            self.output = f(*full, **kwargs)
        except (TypeError, AttributeError) as error:
            _explain_lists(error, [self.argument] if isinstance(argnum, int) else self.argument)
            raise
        finally:
            depth.value -= 1
            del deriving[self]
        if REWRITTEN:  # f may have given our names to other values
            return [seen_by(v, born) for v in variables]
        return variables

    def pull(self, seeds: Sequence[Any]) -> Any:
        """Return the gradients of the variables, nested as the arguments were."""
        return self.rebuild(self.gradients(seeds, self.recorded))

    def value(self) -> Any:
        """Return what f returned: arrays, unless a graph outside is connected."""
        y = self.output
        if self.recorded:
            return y
        return self._value(y) if type(y) is Tensor else map_leaves(self._value, y)

    def _value(self, y: Any) -> Any:
        """Return the data of a result: a copy, where it is part of an argument, or needed later."""
        data = raw(y)
        copy = type(data) is np.ndarray and (self.later or not data.flags.writeable)
        if copy:
            return data.copy()
        return data if is_grad_enabled() else cut_off(data)

    def scalar(self, f: Function, transform: str) -> Tensor:
        """Return the output, which must be one number."""
        if len(self.outputs) != 1 or self.outputs[0].size != 1:
            shapes = ", ".join(str(y.shape) for y in self.outputs)
            raise refusal(
                TypeError,
                f"{transform} needs a function that returns one number",
                f"{transform}({function_name(f)}), which returned shape {shapes}",
                "jacobian(f) for all derivatives, elementwise_grad(f), or a sum inside f",
            )
        self.refuse_complex(f, transform)
        return self.outputs[0]

    def unit(self, f: Function, transform: str) -> list[Any]:
        """Return the gradient that arrives at the output, which must be one number: 1."""
        if len(self.outputs) == 1 and type(self.outputs[0].data) is np.float64:
            return [ONE]
        return [np.ones_like(self.scalar(f, transform).data)]

    def refuse_complex(self, f: Function, transform: str) -> None:
        """Raise where an output is complex: its gradient would be that of its real part."""
        for y in self.outputs:
            if y.dtype.kind == "c":
                raise refusal(
                    TypeError,
                    f"{transform} needs a function that returns real numbers",
                    f"{transform}({function_name(f)}), which returned {y.dtype} {y.shape}",
                    "holomorphic_grad(f) for the complex derivative, jacobian(f), or np.real, "
                    "np.imag or np.abs of the result",
                )

    def of_results(self, v: Any) -> list[Any]:
        """Return the parts of a vector that is nested as the result."""
        return _parts(v, self.output, self.outputs, "result")

    def of_arguments(self, v: Any) -> list[Any]:
        """Return the parts of a vector that is nested as what is differentiated by."""
        return _parts(v, self.argument, self.variables, "argument")


def _is_inside_of_another(outputs: Sequence[Tensor]) -> bool:
    """Tell whether a function that runs in another thread, and began this one, is derived too."""
    others = {v for variables in list(deriving.values()) for v in variables}
    return any(t in others for t in toposort(*outputs))


def named_after(f: Function, what: str) -> Callable[[Function], Function]:
    """Name a derivative after its function."""
    if not callable(f):
        raise refusal(
            TypeError,
            f"derivatives are taken of functions; this is of type {type(f).__name__}",
            f"the argument {f!r}",
            "lambda x: ... of arrays; of a Tensor that was computed, call .backward()",
        )

    def name(derivative: Function) -> Function:
        called = f"{re.sub(r'[ -]', '_', what)}_of_{function_name(f)}"
        derivative.__name__ = derivative.__qualname__ = called
        derivative.__wrapped__ = f  # type: ignore[attr-defined]  # its signature
        derivative.__doc__ = f"Return the {what} of {function_name(f)}, with its arguments."
        return derivative

    return name


def derivative(
    f: Function, what: str, by: Argnum, *, later: bool = False
) -> Callable[[Callable[[Traced], Any]], Function]:
    """Make what is computed of a `Traced` call of f a function of the arguments of f.

    `by` is the argnum: what is differentiated by.
    """

    def make(of_call: Callable[[Traced], Any]) -> Function:
        @named_after(f, what)
        def compute(*args: Any, **kwargs: Any) -> Any:
            return of_call(Traced(f, by, args, kwargs, later))

        return compute

    return make


def _variable(f: Function, x: Any, later: bool) -> Tensor:
    """Give an incoming value a new name, to differentiate by, which f may rewrite in place."""
    if type(x) is Tensor and x.requires_grad:
        return record(IDENTITY, (x,))
    data = raw(x)
    if type(data) is not np.ndarray or data.ndim == 0:
        data = _number(data)
    dtype = getattr(data, "dtype", None)
    if dtype is not None and dtype.kind in "iu":  # a slope is asked for at these numbers
        data = astype(data, dtype=np.result_type(dtype, float))
        dtype = data.dtype
    if dtype is None or dtype.kind not in "fc":
        raise refusal(
            TypeError,
            "an argument to differentiate by must be floating, "
            f"not {type(x).__name__ if dtype is None else dtype}",
            f"{function_name(f)}, argument of shape {np.shape(data)}",
            "x.astype(float), or another argnum",
        )
    if type(data) is np.ndarray:
        data = locked(data.copy() if later else data)  # or f might write into the user's array
    v = constant(data)
    v.op, v.requires_grad = IDENTITY, True
    return v


def _number(data: Any) -> Any:
    """Return what is no array as one, or as the scalar or the symbol of one."""
    data = array(data)
    if getattr(data, "weak", False):  # it stands for a number of Python's
        data = astype(data, dtype=np.result_type(data.dtype, float))
    return data


def _parts(v: Any, tree: Any, tensors: Sequence[Tensor], what: str) -> list[Any]:
    given = flatten_like(tree, v)
    for g, y in zip(given, tensors, strict=True):
        if np.shape(g) != y.shape:
            raise refusal(
                ValueError,
                f"the vector has the shape of the {what}, {y.shape}",
                f"a vector of shape {np.shape(g)}",
                f"a vector of the {what}'s shape",
            )
        if np.iscomplexobj(g) and y.dtype.kind != "c":
            raise refusal(
                TypeError,
                f"the vector is real where the {what} is",
                f"a complex vector for a {what} of {y.dtype} {y.shape}",
                "v.real",
            )
    pairs = zip(given, tensors, strict=True)
    return [g if type(g) is Tensor else array(g, y.dtype) for g, y in pairs]


def _explain_lists(error: Exception, chosen: Sequence[Any]) -> None:
    """Say what a list is, where f took it for an array."""
    for kind in {type(x).__name__ for x in chosen if isinstance(x, (list, tuple))}:
        if kind in str(error) or "sequence" in str(error):
            error.add_note(
                f"a {kind} is a container of arguments, each with a gradient of its own; "
                "for one array of numbers: np.array([1.0, 2.0])"
            )


def _twice(f: Function, argnum: Sequence[int]) -> TypeError:
    return refusal(
        TypeError,
        "each argument is differentiated by once",
        f"{function_name(f)}, argnum={tuple(argnum)}",
        "each position once; the gradient is the same",
    )


def _missing(f: Function, argnum: Argnum, args: tuple[Any, ...]) -> TypeError:
    positions = (argnum,) if isinstance(argnum, int) else argnum
    i = next(i for i in positions if not -len(args) <= i < len(args))
    given = "1 argument" if len(args) == 1 else f"{len(args)} arguments"
    return refusal(
        TypeError,
        f"there is no argument {i} to differentiate by",
        f"{function_name(f)} was called with {given} by position",
        "give it by position, or choose another argnum",
    )

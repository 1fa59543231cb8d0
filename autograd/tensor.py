"""Tensor: a value that remembers how it was made.

A Tensor is ``(data, op, args, params)``: the graph is data, not closures, so it can be walked,
drawn and printed. Operators, NumPy's functions and the methods all end in `record`.
"""

import operator
from collections.abc import Callable
from functools import partial
from threading import get_ident
from typing import Any, ClassVar, Self

import numpy as np

from autograd import rules  # noqa: F401  # they fill the table
from autograd.base import modes
from autograd.base.blocks import in_pieces
from autograd.base.errors import call_of, describe, failed_call, no_float, refusal, shape_of
from autograd.base.modes import paused, readers, watchers, watching
from autograd.base.usage import asking
from autograd.interface import methods, protocols, pytorch, pytorch_methods
from autograd.interface.methods import SLOTS, Methods
from autograd.mutation.versions import birth
from autograd.mutation.witness import reads, witnessed
from autograd.primitive import PRIMITIVES, Primitive, held
from autograd.rules.shape import cut_off, setitem
from autograd.sweep.hooks import Hook, add_hook

# isort: off
from autograd.interface.values import (
    Operand, as_operand, is_operand, no_array, no_numbers, plain_index, result_of, unnested,
    values,
)  # fmt: skip

NONE: dict[str, Any] = {}
PART = {"part": True}
NUMBERS = frozenset({int, float, bool, np.float64, np.float32, np.int64, np.bool_})
PLAIN = NUMBERS | {np.ndarray}
GETITEM = PRIMITIVES[operator.getitem]
SETITEM = PRIMITIVES[setitem]
FLOAT64, OBJECT, UNIT = np.dtype(np.float64), np.dtype(object), np.float64(1.0)
float64, ndarray = np.float64, np.ndarray
new = object.__new__


def _binary(
    fn: Callable[..., Any], *, reflected: bool = False
) -> Callable[["Tensor", Operand], "Tensor"]:
    """Write the operator of a row: `record`, unrolled for two arguments."""
    op = PRIMITIVES[fn]
    call, differentiable, is_read = op.call, op.differentiable, reads(op, 1)

    def method(a: "Tensor", b: Any) -> "Tensor":
        try:
            if type(b) is Tensor:
                data = call(a.data, b.data)
                grad = a.requires_grad or b.requires_grad
                seen = False
            elif type(b) is ndarray and b.dtype is not OBJECT:
                data = call(a.data, b)
                grad, seen = a.requires_grad, is_read
            elif type(b) is float or type(b) in NUMBERS:
                data = call(a.data, b)
                grad, seen = a.requires_grad, False
            else:
                return record(op, (a, as_operand(b))) if is_operand(b) else NotImplemented
        except (ValueError, TypeError, FloatingPointError) as error:
            raise failed(op, (a, b), NONE, error) from None
        y = new(Tensor)
        if grad and not (paused and get_ident() in paused):
            y.op = op
            y.args = (a, b)
            y.requires_grad = differentiable
        else:
            y.op = None
            y.args = ()
            y.requires_grad = False
            if grad:
                data = cut_off(data)
        y.data, y.params = data, NONE
        y.count = birth()
        if seen and y.op is op:
            y.count = witnessed(y.count, op, y.args)
        y._grad = y.meta = None
        return y

    def mirrored(a: "Tensor", b: Any) -> "Tensor":
        if type(b) in PLAIN:
            return record(op, (b, a))
        return record(op, (as_operand(b), a)) if is_operand(b) else NotImplemented

    method.op = op  # type: ignore[attr-defined]  # so that `autograd.debugging.watch` finds the row
    return mirrored if reflected else method


def _unary(fn: Callable[..., Any]) -> Callable[[Any], "Tensor"]:
    op = PRIMITIVES[fn]
    return lambda a: record(op, (a,))


class Tensor(Methods):
    """An array that remembers the operation it came from, so that gradients can flow back.

    Parameters
    ----------
    data : anything that NumPy makes an array of; it is copied.
    requires_grad : whether `backward` should compute a gradient for it.
    dtype : NumPy's by default; Python floats become `set_default_dtype`'s (float64).
    name : what drawings and derivations call it.

    Raises
    ------
    TypeError : for an integer or boolean array that requires a gradient, for what holds no numbers,
        and for a Tensor that was computed from others, whose gradient a copy would cut.
    ValueError : for lists of different lengths.

    Examples
    --------
    >>> a = Tensor(2, requires_grad=True)
    >>> b = Tensor(3, requires_grad=True)
    >>> c = Tensor(4, requires_grad=True)
    >>> f = (a + b) * c
    >>> f
    Tensor(20.0, op=multiply)
    >>> f.backward()
    >>> a.grad, b.grad, c.grad
    (Tensor(4.0), Tensor(4.0), Tensor(5.0))
    """

    __slots__ = SLOTS

    op: Primitive | None
    args: tuple[Any, ...]
    params: dict[str, Any]
    requires_grad: bool
    meta: dict[str, Any] | None
    _record: ClassVar[Callable[..., "Tensor"]]  # how primitives find `record`, below
    __array_ufunc__: ClassVar[Callable[..., Any]]  # given by the rooms above: interface.dispatch,
    __array_function__: ClassVar[Callable[..., Any]]
    __setitem__: ClassVar[Callable[["Tensor", Any, Operand], None]]  # mutation.inplace,
    backward_steps: ClassVar[Callable[..., Any]]  # and sweep.steps

    def __init__(
        self, data: Any, requires_grad: bool = False, dtype: Any = None, name: str | None = None
    ) -> None:
        self.op = self._grad = self.meta = None
        self.args, self.params = (), NONE
        self.count = birth()
        if name is not None:
            self.meta = {"name": name}
        if (
            type(data) is float and dtype is None
            and type(requires_grad) is bool and modes.default is FLOAT64
        ):  # fmt: skip
            self.data = UNIT * data  # by far the most frequent case; float64(data) takes longer
            self.requires_grad = requires_grad
            return
        if not isinstance(requires_grad, (bool, np.bool)):
            raise refusal(
                TypeError,
                f"requires_grad is True or False, not {requires_grad!r:.40}",
                f"Tensor({data!r:.40}, {requires_grad!r:.40})",
                "requires_grad=True; Tensor([2, 5]) for several numbers, zeros(2, 5) for a shape",
            )
        self.data = values(data, requires_grad, dtype)
        self.requires_grad = False
        if requires_grad:
            self.requires_grad_()

    def __init_subclass__(cls) -> None:
        """Refuse classes of which the engine would not know the instances, as it asks for types."""
        if "__new__" not in vars(cls):  # nn.Parameter's makes a Tensor
            what, where = "Tensor has no subclasses", f"class {cls.__name__}(Tensor)"
            instead = "a class with a Tensor as attribute; functions; nn.Module; @primitive"
            raise refusal(TypeError, what, where, instead)

    # ── operators: one line each, from the rows ────────────────────────────────────────────────
    __add__, __radd__ = _binary(np.add), _binary(np.add, reflected=True)
    __sub__, __rsub__ = _binary(np.subtract), _binary(np.subtract, reflected=True)
    __mul__, __rmul__ = _binary(np.multiply), _binary(np.multiply, reflected=True)
    __truediv__, __rtruediv__ = _binary(np.divide), _binary(np.divide, reflected=True)
    __floordiv__ = _binary(np.floor_divide)
    __rfloordiv__ = _binary(np.floor_divide, reflected=True)
    __mod__, __rmod__ = _binary(np.remainder), _binary(np.remainder, reflected=True)
    __pow__, __rpow__ = _binary(operator.pow), _binary(operator.pow, reflected=True)
    __matmul__, __rmatmul__ = _binary(np.matmul), _binary(np.matmul, reflected=True)
    __and__, __rand__ = _binary(np.bitwise_and), _binary(np.bitwise_and, reflected=True)
    __or__, __ror__ = _binary(np.bitwise_or), _binary(np.bitwise_or, reflected=True)
    __xor__, __rxor__ = _binary(np.bitwise_xor), _binary(np.bitwise_xor, reflected=True)
    __lshift__, __rlshift__ = _binary(np.left_shift), _binary(np.left_shift, reflected=True)
    __rshift__, __rrshift__ = _binary(np.right_shift), _binary(np.right_shift, reflected=True)
    __lt__, __le__ = _binary(np.less), _binary(np.less_equal)
    __gt__, __ge__ = _binary(np.greater), _binary(np.greater_equal)
    __eq__: Callable[["Tensor", object], "Tensor"] = _binary(np.equal)  # type: ignore[assignment]  # of anything
    __ne__: Callable[["Tensor", object], "Tensor"] = _binary(np.not_equal)  # type: ignore[assignment]  # likewise
    __neg__, __pos__ = _unary(np.negative), _unary(np.positive)
    __abs__, __invert__ = _unary(np.absolute), _unary(np.invert)
    __hash__ = object.__hash__

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        steps = dtype is not None and np.dtype(dtype).kind in "biu"  # which are flat
        if self.requires_grad and not steps and get_ident() not in paused:
            raise no_array(self, *asking())
        return np.array(self.data, dtype=dtype, copy=copy)

    # ── the graph ──────────────────────────────────────────────────────────────────────────────
    @property
    def grad(self) -> "Tensor | None":
        """The gradient that the last backward passes left here, or None. Shape and dtype of x."""
        if self._grad is not None and type(self._grad) is not Tensor:
            self._grad = constant(cut_off(self._grad))
        return self._grad

    @grad.setter
    def grad(self, value: "Tensor | None") -> None:
        if value is not None and shape_of(value) != self.shape:
            raise refusal(
                ValueError,
                f"a gradient has the shape of its tensor, {self.shape}",
                f"grad of {describe(self)} set to shape {shape_of(value)}",
                "x.grad = None, or a value of x's shape",
            )
        if value is not None and type(value) is not Tensor:
            value = constant(np.asarray(value, self.dtype)[()])
        self._grad = value

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return self.op is None or not self.requires_grad

    @property
    def name(self) -> str | None:
        """What drawings, derivations and errors call it."""
        return self.meta.get("name") if self.meta else None

    @name.setter
    def name(self, value: str | None) -> None:
        self.meta = {**(self.meta or {}), "name": value}

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Ask (or stop asking) for a gradient of this leaf, and return it.

        Raises TypeError where the dtype is not floating, RuntimeError for the result of an
        operation that is to require none.

        >>> Tensor([1.0, 2.0]).requires_grad_()
        Tensor([1., 2.], requires_grad=True)
        """
        if requires_grad and self.dtype.kind not in "fc":
            raise no_float(self, "requires_grad=True")
        if not requires_grad and self.op is not None:
            raise refusal(
                RuntimeError,
                "requires_grad can be switched off on leaves only",
                f"{describe(self)}, the result of {self.op.name}",
                "x.detach()",
            )
        self.requires_grad = requires_grad
        return self

    def retain_grad(self) -> None:
        """Keep the gradient even when nobody but the graph holds this tensor.

        One that a variable holds has its gradient without.
        """
        self.meta = {**(self.meta or {}), "retain": True}

    def register_hook(self, hook: Callable[["Tensor"], Any]) -> Hook:
        """Call ``hook(grad)`` when the gradient of this tensor is known; return what removes it.

        A Tensor that the hook returns takes the gradient's place; or it may change it in place.
        Raises TypeError for what is no function, RuntimeError where no gradient is required.

        >>> x = Tensor([1.0, -2.0], requires_grad=True)
        >>> hook = x.register_hook(lambda grad: grad.clip(-1, 1))
        >>> (x * x * x).sum().backward()
        >>> x.grad
        Tensor([1., 1.])
        >>> hook.remove()
        """
        return add_hook(self, hook)

    def detach(self) -> "Tensor":
        """Return the same values without history.

        Under no_grad, what is written into one shows in the other.

        >>> (2 * Tensor(3.0, requires_grad=True)).detach()
        Tensor(6.0)
        """
        x = self
        while type(x.data) is Tensor:  # as after w.data = w - lr * g
            x = x.data
        return constant(cut_off(x.data))

    def __getitem__(self, index: Any) -> "Tensor":
        y = record(GETITEM, (self,), {"index": plain_index(index)})
        filled = self.op is SETITEM or (self.meta is not None and "filled" in self.meta)
        if filled and type(y.data) is np.ndarray and y.data.base is not None:
            y.data = np.array(y.data)  # a view would make the next assignment copy everything
            y.meta = PART
        return y

    def __copy__(self) -> "Tensor":
        if self.op is not None and self.requires_grad:
            return self.copy()
        make, values, (_, slots) = self.__reduce__()
        twin: Tensor = make(*values)
        twin.meta = slots["meta"]
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        if self.op is not None and self.requires_grad:
            raise refusal(
                RuntimeError,
                "only leaves can be copied or pickled: a graph belongs to its process",
                f"{describe(self)}, the result of {self.op.name}",
                "x.clone() for a copy with its gradient; x.detach() for the values, in a plot",
            )
        kept = {k: v for k, v in (self.meta or {}).items() if k in ("name", "parameter")}
        return Tensor, (self.detach().data, self.requires_grad), (None, {"meta": kept or None})


def raw(value: Any) -> Any:
    """Return the data of a Tensor, and anything else as it is."""
    return value.data if type(value) is Tensor else value


def constant(data: Any) -> Tensor:
    """Wrap an array, without a copy and without history."""
    y = new(Tensor)
    y.data = data
    y.op, y.args, y.params, y.requires_grad = None, (), NONE, False
    y.count = birth()
    y._grad = y.meta = None
    return y


def record(op: Primitive, values: tuple[Any, ...], params: dict[str, Any] = NONE) -> Tensor:
    """Compute one operation and remember it, if an argument requires a gradient."""
    arrays, grad, seen = [], False, False
    for v in values:
        if type(v) is Tensor:
            arrays.append(v.data)
            grad = grad or v.requires_grad
        else:
            arrays.append(v)
            seen = seen or type(v) is ndarray
    if params and op.params is not None and not params.keys() <= op.params:
        what = f"{op.name} of a Tensor does not take {sorted(params.keys() - op.params)}"
        instead = "the call without it, or x.detach() if no gradient is wanted"
        raise refusal(NotImplementedError, what, call_of(op.name, values), instead)
    try:
        x: Any
        if (
            op.elementwise
            and (type(x := arrays[0]) is ndarray or type(x := arrays[-1]) is ndarray)
            and x.size >= op.large
        ):
            data = in_pieces(partial(op.call, **params) if params else op.call, *arrays)
        elif readers and (symbols := [x for x in held(arrays, params) if hasattr(x, "tape")]):
            data = symbols[0]._record(op, arrays, params)
        else:
            data = op.call(*arrays, **params)
    except (ValueError, TypeError, IndexError, FloatingPointError, AttributeError) as error:
        if unnested(values):
            return record(op, values, params)
        raise failed(op, values, params, error) from None
    if type(data) is ndarray:
        if data.dtype is OBJECT:
            raise no_numbers(op, values)
        if data.ndim == 0:
            data = data[()]
    elif type(data) is not float64:
        if type(data) is Tensor and unnested(values):
            return record(op, values, params)
        if type(data) is Tensor or not hasattr(data, "dtype"):
            data = result_of(op.name, data)
        elif data.dtype is OBJECT:
            raise no_numbers(op, values)
    y = new(Tensor)
    y.data = data
    y.count = birth()
    y._grad = y.meta = None
    if grad and not (paused and get_ident() in paused):
        y.op, y.args, y.params = op, values, params
        # integers are constants, as astype(int) of a float is
        y.requires_grad = op.differentiable and data.dtype.kind in "fc"
        if seen or (params and op.foreign):
            y.count = witnessed(y.count, op, values, params if op.foreign else NONE)
    else:
        y.op, y.args, y.params, y.requires_grad = None, (), NONE, False
        if grad:
            y.data = cut_off(data)
    if watching:
        for watcher in watchers():
            watcher.computed(op, values, params, y)
    return y


Tensor._record = staticmethod(record)
for _room in (methods, protocols, pytorch, pytorch_methods):  # for typing.get_type_hints
    vars(_room)["Tensor"] = Tensor


def failed(op: Primitive, values: Any, params: Any, error: Exception) -> Exception:
    kinds = np.linalg.LinAlgError, IndexError, TypeError, ValueError, FloatingPointError
    kind = next((k for k in kinds if isinstance(error, k)), None)
    if kind is None or op.foreign:  # of a function that is the user's
        return error
    told = kind(failed_call(op.name, values, params, error))
    missing = constant(float64("nan"))  # the result, for `draw(error)`
    missing.op, missing.args, missing.params = op, tuple(values), params
    vars(told)["missing"] = missing
    return told

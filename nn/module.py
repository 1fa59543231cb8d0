"""Module: a function with parameters that know their names.

Parameters, buffers and submodules are plain attributes, and tell by themselves which they are;
of buffers, which are Tensors like others, the names are kept. Everything else is a walk over that.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple, Protocol, Self, TypeVar

import numpy as np

from autograd import Tensor, call_as, kind_of, no_grad, plain, refusal
from nn.checks import Told, refuse, unwritten
from nn.elsewhere import OF_MODULES, Refused
from nn.utils import forget_gradients

ARRAYS = {Tensor, np.ndarray}
REPLACED = {
    "parameter": "with no_grad(): x.{0}[...] = v, or x.{0} = nn.Parameter(v)",
    "buffer": "x.{0} = Tensor(v)",
    "module": "another module, or None for x.{0}",
}
"""How an attribute of each kind, called ``{0}``, gets another value."""


class Marked(type):
    """A class whose instances are the Tensors with its mark."""

    def __instancecheck__(cls, value: Any) -> bool:
        return type(value) is Tensor and value.meta is not None and "parameter" in value.meta


class Parameter(Tensor, metaclass=Marked):
    """A Tensor that a `Module` registers and an optimiser trains; the data is copied.

    It is a Tensor like any other, with a mark in its ``meta`` for drawings and ``isinstance``.
    Integers (not integer arrays, which raise TypeError) become floats.

    >>> Parameter([1, 2])
    Tensor([1., 2.], requires_grad=True)
    >>> isinstance(Parameter(1.0), Parameter), isinstance(Tensor(1.0), Parameter)
    (True, False)
    """

    __slots__ = ()

    def __new__(cls, data: Any, requires_grad: bool = True) -> Self:
        tensor: Any = Tensor(data, requires_grad)  # and not of this class
        tensor.meta = {**(tensor.meta or {}), "parameter": True}
        return tensor


Result_co = TypeVar("Result_co", covariant=True)


class Computes(Protocol[Result_co]):
    """What is called as a module is: to a type checker, ``m(x)`` is what its `forward` returns."""

    @property
    def forward(self) -> Callable[..., Result_co]: ...


class Keys(NamedTuple):
    """What `Module.load_state_dict` did not find, and what it found too much."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module(Told):
    """A function with parameters: the base of all layers, losses and models.

    A subclass assigns parameters and modules to attributes, and writes `forward`. Calling the
    module calls `forward`. There is nothing to initialise: the ``super().__init__()`` of PyTorch's
    modules may be there, or not.

    Examples
    --------
    >>> import nn
    >>> class Line(nn.Module):
    ...     def __init__(self):
    ...         self.slope = nn.Parameter(2.0)
    ...         self.offset = nn.Parameter(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0)
    Tensor(7.0, op=add)
    >>> [name for name, _ in line.named_parameters()]
    ['slope', 'offset']
    """

    training = True
    _assignments: ClassVar[list[int]] = [0]  # of attributes of any module: `compile` counts on it
    _buffers: frozenset[str] = frozenset()
    _unsaved: frozenset[str] = frozenset()

    def forward(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002  # every subclass has its own
        """Compute the result; every subclass writes its own."""
        raise unwritten(self, "what it computes", "def forward(self, x): ...")

    def __call__(self: "Computes[Result_co]", *args: Any, **kwargs: Any) -> Result_co:
        if not ARRAYS.issuperset(map(type, args)) and type(self).__module__.startswith("nn."):
            args = tuple(map(plain, args))  # a module of the user's gets them as they are
        try:
            return call_as(self, self.forward, args, kwargs)
        except AttributeError as error:
            x, where = error.obj, f"the call of {type(self).__name__}"
            ours = error.name and any(x is a for a in args) and type(x).__module__ == "builtins"
            what = f"a module takes arrays and Tensors, not {kind_of(x)}"
            refuse(ours, what, where, "np.array(x)", TypeError)
            raise

    # ── attributes are the registry ────────────────────────────────────────────────────────────
    def _kind(self, name: str, value: Any) -> str:
        if isinstance(value, Module):
            return "module"
        if isinstance(value, Parameter):
            return "parameter"
        return "buffer" if name in self._buffers and type(value) is Tensor else ""

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self)}.difference(OF_MODULES))

    def __setattr__(self, name: str, value: Any) -> None:
        before, kind = self._kind(name, vars(self).get(name)), self._kind(name, value)
        if before and not kind and value is not None:
            cls, new = type(self).__name__, type(value).__name__
            what = f"{name} is a {before} of {cls}: a plain {new} cannot replace it"
            where, instead = f"the assignment to {cls}.{name}", REPLACED[before].format(name)
            raise refusal(TypeError, what, where, instead)
        if kind and (not name or "." in name):
            what = f"{name!r} is no name of a {kind}: points stand between the parts of a path"
            instead = repr(name.replace(".", "_") or "x")
            raise refusal(ValueError, what, f"a {kind} of {type(self).__name__}", instead)
        f = getattr(value, "f", None) if callable(value) and not kind else None
        if isinstance(f, Module) and all(f is not module for module in self.modules()):
            what = f"the parameters of what is compiled would be none of {type(self).__name__}'s"
            instead = "the module itself here, and then compile(model) of the whole"
            raise refusal(TypeError, what, f"the assignment to {name}", instead)
        if kind == "parameter" and value.name is None:
            value.name = name
        object.__setattr__(self, name, value)
        self._assignments[0] += 1

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._assignments[0] += 1

    def register_buffer(self, name: str, value: Any, persistent: bool = True) -> None:
        """Keep a Tensor that is saved with the parameters but not trained, as ``self.name``.

        None leaves its place empty, until a Tensor is assigned. Unless `persistent`, it is a buffer
        in all but `state_dict`. Raises ValueError where something else has that name.
        """
        self._refuse_taken(name, "buffer")
        self._buffers |= {name}
        self._unsaved = self._unsaved - {name} if persistent else self._unsaved | {name}
        setattr(self, name, value if value is None or type(value) is Tensor else Tensor(value))

    def add_module(self, name: str, module: "Module | None") -> None:
        """Set a module as ``self.name``, of a name that is computed.

        Raises TypeError for what is none, ValueError where something else has that name.
        """
        self._register(name, module, "module", Module)

    def register_parameter(self, name: str, param: Tensor | None) -> None:
        """Set a `Parameter` as ``self.name``, of a name that is computed.

        Raises TypeError for what is none, ValueError where something else has that name.
        """
        self._register(name, param, "parameter", Parameter)

    def _register(self, name: str, value: Any, kind: str, cls: type) -> None:
        what = f"a {kind} is an nn.{cls.__name__}, not {kind_of(value)}"
        where, instead = f"the {kind} {name!r} of {type(self).__name__}", f"nn.{cls.__name__}(...)"
        refuse(not isinstance(value, cls | None), what, where, instead, TypeError)
        self._refuse_taken(name, kind)
        setattr(self, name, value)

    def _refuse_taken(self, name: str, kind: str) -> None:
        now = getattr(self, name, None)
        what, where = f"{name!r} is something else already", f"a {kind} of {type(self).__name__}"
        refuse(now is not None and self._kind(name, now) != kind, what, where, "another name")

    # ── walks ──────────────────────────────────────────────────────────────────────────────────
    def _own(self, kind: str) -> list[tuple[str, Any]]:
        return [(name, x) for name, x in vars(self).items() if self._kind(name, x) == kind]

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """Yield the modules that are attributes of this one, by name, in order of definition.

        One that has several names counts once, by the first.
        """
        firsts: dict[int, tuple[str, Module]] = {}
        for name, module in self._own("module"):
            firsts.setdefault(id(module), (name, module))
        yield from firsts.values()

    def children(self) -> Iterator["Module"]:
        """Yield the modules that are attributes of this one, each once."""
        return (child for _, child in self.named_children())

    def named_modules(
        self, prefix: str = "", *, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, "Module"]]:
        """Yield this module and all below it, parents first, with dotted names.

        A module that is reached twice counts once, unless `remove_duplicate` is false.
        """
        seen: set[int] = set()  # a dataclass has no hash
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if remove_duplicate and id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            stack += [(_join(path, name), m) for name, m in reversed(module._own("module"))]

    def modules(self) -> Iterator["Module"]:
        """Yield this module and all below it, parents first, each once."""
        return (module for _, module in self.named_modules())

    def _named(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True,
        kinds: Iterable[str] = ("parameter", "buffer"),
    ) -> Iterator[tuple[str, Tensor]]:  # fmt: skip
        seen: set[Tensor] = set()
        below = self.named_modules(prefix, remove_duplicate=remove_duplicate)
        for path, module in below if recurse else [(prefix, self)]:
            for kind in kinds:
                for name, tensor in module._own(kind):
                    if not (remove_duplicate and tensor in seen):
                        seen.add(tensor)
                        yield _join(path, name), tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield every parameter once, with its dotted name, in PyTorch's order.

        The names begin with a `prefix`. Unless `recurse`, those of the modules below are left out;
        unless `remove_duplicate`, one with two names is yielded by both.
        """
        return self._named(prefix, recurse, remove_duplicate, ["parameter"])

    def parameters(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield every parameter once: what an optimiser takes."""
        return (tensor for _, tensor in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield every buffer once, with its dotted name; the options are `named_parameters`'."""
        return self._named(prefix, recurse, remove_duplicate, ["buffer"])

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield every buffer once."""
        return (tensor for _, tensor in self.named_buffers(recurse=recurse))

    def _saved(self) -> dict[str, Tensor]:
        """Return what is saved and loaded, by its names, of which a tensor may have several."""
        modules = self.named_modules(remove_duplicate=False)
        unsaved = {_join(path, name) for path, module in modules for name in module._unsaved}
        named = self._named(remove_duplicate=False)
        return {path: tensor for path, tensor in named if path not in unsaved}

    # ── saving ─────────────────────────────────────────────────────────────────────────────────
    def state_dict(self) -> dict[str, Tensor]:
        """Return copies of all parameters and buffers, under PyTorch's keys.

        Copies: training on does not change what was saved, as it would in PyTorch; and writing into
        one, which would change no parameter, raises RuntimeError.

        >>> import nn
        >>> list(nn.Linear(2, 3).state_dict())
        ['weight', 'bias']
        """
        state = {key: Tensor(tensor.detach()) for key, tensor in self._saved().items()}
        for key, tensor in state.items():
            tensor.meta = {"copy of": key}
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Keys:
        """Write saved values (Tensors or arrays) into the parameters and buffers.

        Parameters
        ----------
        state_dict : what `state_dict` returned, here or in PyTorch.
        strict : whether every key must be there, and no other.

        Raises
        ------
        RuntimeError : where keys, shapes or dtypes do not fit (floats of any width fit floats);
            nothing is written then.
        TypeError : for what is no dict, as a module or the name of a file.
        """
        what, where = "a state is a dict of values by name", kind_of(state_dict)
        instead = "model.load_state_dict(other.state_dict()); nn.load(model, path) of a file"
        refuse(not isinstance(state_dict, Mapping), what, where, instead, TypeError)
        own = self._saved()
        found = {
            k: np.asarray(plain(getattr(v, "data", v))) for k, v in state_dict.items() if k in own
        }
        keys = self._refuse_misfits({**state_dict, **found}, strict)
        values = {k: v.astype(own[k].dtype) for k, v in found.items()}
        with no_grad():
            for key, value in values.items():
                own[key][...] = value
        return keys

    def _refuse_misfits(self, state: Mapping[str, Any], strict: bool) -> Keys:
        """Tell all that does not fit at once; of values, only shapes and dtypes are asked for."""
        own = self._saved()
        pairs = [(k, own[k], v) for k, v in state.items() if k in own]
        found = {tensor for _, tensor, _ in pairs}  # of one with two names, files have only one
        missing = [k for k, tensor in own.items() if tensor not in found]
        keys = Keys(missing, [k for k in state if k not in own])
        told = [f"missing {k}" for k in keys.missing_keys if strict]
        told += [f"unexpected {k}" for k in keys.unexpected_keys if strict]
        told += [f"{k} is {t.shape}, saved {v.shape}" for k, t, v in pairs if v.shape != t.shape]
        kinds = [(k, t, v) for k, t, v in pairs if v.dtype.kind != t.dtype.kind]
        told += [f"{k} is {t.dtype}, saved {v.dtype}" for k, t, v in kinds]
        what = f"the saved values do not fit {type(self).__name__}, nothing was loaded"
        where = "; ".join(told[:12] + [f"and {len(told) - 12} more"] * (len(told) > 12))
        instead = "the state_dict() of a model of the same layers and sizes"
        instead += ", or load_state_dict(state, strict=False) for the keys that fit" * any(keys)
        refuse(told, what, where, instead, RuntimeError)
        return keys

    # ── all at once ────────────────────────────────────────────────────────────────────────────
    def train(self, mode: bool = True) -> Self:
        """Switch layers such as Dropout on (or off), here and below; return the module.

        It calls the `train` of its children, which a class may override to keep a part as it is.
        Raises TypeError for anything but True and False.
        """
        what, where = "a mode is True or False; data is for nn.fit", f"train({mode!r:.40})"
        refuse(not isinstance(mode, bool | np.bool), what, where, "model.train()", TypeError)
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Switch layers such as Dropout off: ``train(False)``."""
        return self.train(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with 0."""
        forget_gradients(self.parameters(), set_to_none)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze all parameters, or train them again; return the module."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def apply(self, fn: Callable[["Module"], object]) -> Self:
        """Call ``fn(module)`` for every module below and then for this one; return this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def to(self, *kinds: Any, **named: Any) -> Self:
        """Convert all floating parameters and buffers to a floating dtype; return the module.

        What `Tensor.to` takes: a device, too, which is ``"cpu"``.
        """
        for _, tensor in self._named():
            if tensor.dtype.kind == "f":
                data = tensor.detach().to(*kinds, **named).data
                what = f"parameters are floating-point numbers, not {data.dtype}"
                where = f"{type(self).__name__}.to({data.dtype.name!r})"
                instead = "to('float32') or to('float64')"
                refuse(data.dtype.kind != "f", what, where, instead, TypeError)
                if data.dtype != tensor.dtype:
                    grad, tensor.grad = tensor.grad, None
                    tensor.data = data
                    tensor.grad = None if grad is None else grad.detach().astype(data.dtype)
        return self

    def float(self) -> Self:
        """Convert to float32, as PyTorch's `float` does."""
        return self.to(np.float32)

    def double(self) -> Self:
        """Convert to float64."""
        return self.to(np.float64)

    def half(self) -> Self:
        """Convert to float16."""
        return self.to(np.float16)

    def cpu(self) -> Self:
        """Return the module itself, which is there."""
        return self

    # ── text ───────────────────────────────────────────────────────────────────────────────────
    def extra_repr(self) -> str:
        """Return what stands between the parentheses in the text of a layer."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}" for name, child in self._own("module")]
        name, extra = type(self).__name__, self.extra_repr()
        if not lines:
            return f"{name}({extra})"
        inside = "\n".join([extra] * bool(extra) + lines).replace("\n", "\n  ")
        return f"{name}(\n  {inside}\n)"


for _name in OF_MODULES:
    setattr(Module, _name, Refused(_name))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def uncompiled(model: Any) -> Any:
    """Return the module that `autograd.compile` was given; what is no compiled form, as it is."""
    return model if isinstance(model, Module) else getattr(model, "f", model)


def module_of(model: Any, call: str) -> Module:
    """Return a module, also of its compiled form; `call` tells how one is handed over.

    >>> module_of(3, "nn.save(model, path)")
    Traceback (most recent call last):
    TypeError: nn.save takes a module
      where: nn.save of an int
      instead: nn.save(model, path)
    """
    module, name = uncompiled(model), call.partition("(")[0]
    wrong, where = not isinstance(module, Module), f"{name} of {kind_of(model)}"
    refuse(wrong, f"{name} takes a module", where, call, TypeError)
    return module


@contextmanager
def in_mode(model: Module, *, training: bool) -> Iterator[None]:
    """Put a model into a mode, if it is in the other one; in the end, all its parts as before."""
    before = [(module, module.training) for module in model.modules()]
    try:
        if model.training != training:
            model.train(training)
        yield
    finally:
        for module, was in before:
            module.training = was

"""Optimizer: parameters in groups, what is remembered of each, and a step over all of them."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import Parameter, Signature, signature
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from autograd import Tensor, kind_of, plain, warn
from nn.checks import Told, bind, refuse, unwritten
from nn.utils import forget_gradients

Group = dict[str, Any]
PARAMS = Parameter("params", Parameter.POSITIONAL_OR_KEYWORD)
MAXIMIZE = Parameter("maximize", Parameter.KEYWORD_ONLY, default=False, annotation=bool)
BLOCK = 32768  # numbers that fit into the cache, together with what a formula makes of them
POSITIVE = (
    "lr", "momentum", "weight_decay", "eps", "alpha", "lr_decay", "initial_accumulator_value",
)  # fmt: skip
RULE = "def update(self, p, g, *, lr=0.1): p -= lr * g"
IDLE = "step() changed nothing, as no parameter has a gradient: call backward() first"


class Remembering(Told):
    """What is saved under the names in `remembered`, of attributes, unless a class says else."""

    remembered: ClassVar[tuple[str, ...]]

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all that is remembered."""
        return copy.deepcopy({name: getattr(self, name) for name in self.remembered})

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from where `state_dict` was called; raises ValueError for no such state."""
        vars(self).update(self._saved(state_dict))

    def _saved(self, state_dict: Mapping[str, Any]) -> dict[str, Any]:
        """Return copies of what was saved."""
        self._refuse_lack(state_dict, self.remembered)
        return copy.deepcopy({k: state_dict[k] for k in self.remembered})

    def _refuse_lack(self, saved: Mapping[str, Any], names: Iterable[str]) -> None:
        lacks = ", ".join(k for k in names if not isinstance(saved, Mapping) or k not in saved)
        instead = "what state_dict() of one like this returned"
        self._refuse(lacks, f"nothing was saved as {lacks}", instead)

    def _refuse(self, wrong: object, what: str, instead: str, *error: type[Exception]) -> None:
        refuse(wrong, what, type(self).__name__, instead, *error)


class Optimizer(Remembering):
    """Parameters in groups, each group with its options, and a step over all of them.

    A subclass writes its formula as `update`; the keyword-only arguments of that are its options,
    in the order and with the defaults that its constructor takes. One more is there in all of them:
    ``maximize=True`` is for what shall grow, and takes the negative gradient.

    Parameters
    ----------
    params : Tensors, or dicts of ``params`` and of options that are different for these.
    *args, **options : the options of all others.

    Attributes
    ----------
    param_groups : for each group a dict of ``params`` and options; these may change at any time.
    state : what the optimiser remembers of each parameter.

    Raises
    ------
    TypeError : for what is no leaf Tensor, and for an option that `update` does not have.
    ValueError : for no parameters, a parameter given twice, an unknown option, a negative lr (or
        another that may not be), and for betas that are no two numbers from 0 to less than 1.

    Examples
    --------
    >>> class SignDescent(Optimizer):
    ...     def update(self, p, g, *, lr=0.1):
    ...         p -= lr * np.sign(g)
    >>> w = Tensor([1.0, -3.0], requires_grad=True)
    >>> optimizer = SignDescent([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([ 0.5, -2.5], requires_grad=True)
    """

    remembered = ("state", "param_groups")
    __signature__: ClassVar[Signature] = Signature([PARAMS])
    _memorized: ClassVar[frozenset[str]] = frozenset()  # what `update` takes of `memory`

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        rule = signature(cls.update).parameters.values()
        options = [o.replace(kind=PARAMS.kind) for o in rule if o.kind is o.KEYWORD_ONLY]
        memory = {o.name for o in rule if o.kind is PARAMS.kind} - {"self", "p", "g"}
        cls._memorized = cls._memorized | memory
        common = [MAXIMIZE] * ("step" not in vars(cls))  # that of this class reads it
        cls.__signature__ = Signature([PARAMS, *options, *common])

    def __init__(self, params: Iterable[Any], *args: Any, **options: Any) -> None:
        what = "the options of an optimizer are those of its update, not a dict of defaults"
        self._refuse(args and isinstance(args[0], Mapping), what, RULE, TypeError)
        self.defaults = bind(self.__signature__, 1, args, options)
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        items = _listed(params)
        for group in items if items and isinstance(items[0], Mapping) else [{"params": items}]:
            self.add_param_group(group)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            options = sorted(group.keys() - {"params"})
            lines += [f"Parameter Group {i}", *[f"    {name}: {group[name]}" for name in options]]
        return "\n".join([*lines, ")"])

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Train more parameters, with options of their own: ``{"params": [...], "lr": 0.1}``."""
        what, instead = "a group has parameters", "{'params': [...], 'lr': 0.1}"
        self._refuse("params" not in group, what, instead)
        several = [several] if type(several := group["params"]) is Tensor else _listed(several)
        group = {**self.defaults, **group, "params": several}
        self._check(group)
        self.param_groups.append(group)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; warn where none has one.

        Returns what `closure` returns, which is called first, if it is given: the loss. Raises
        TypeError for the loss itself.
        """
        told = closure is not None and not callable(closure)
        what, where = "a step takes no loss, but may take what computes it", "step(loss)"
        refuse(told, what, where, "loss.backward(); optimizer.step()", TypeError)
        loss = closure() if closure else None
        if all(p.grad is None for p in self._parameters()):
            warn(IDLE)
        for group in self.param_groups:
            options = {name: group[name] for name in self.defaults}
            uphill = options.pop("maximize", False)
            for p in group["params"]:
                if p.grad is not None:
                    self._change(p, -p.grad.data if uphill else p.grad.data, options)
        return loss

    def _change(self, p: Tensor, g: Any, options: dict[str, Any]) -> None:
        data = p.data if p.ndim else _array(p.data)
        x = real(data)
        if x is not data:  # the rules give ∂/∂a - i ∂/∂b of a + ib
            g = real(np.conj(g))
        state = self.state.get(p, {})
        if not state or not self._memorized <= state.keys():  # an option may be on by now
            state = self.memory(x, g, **options) | state
        state = {k: v for k, v in state.items() if v is not None}
        count = {"step": state.pop("step") + 1} if "step" in state else {}
        arrays = {  # not full_like: x may stand for an array, and this outlives the capture
            k: v if type(v) is np.ndarray and v.dtype == x.dtype else np.full(x.shape, v, x.dtype)
            for k, v in state.items()
        }
        for x_, g_, *rest in blocks(x, g, *arrays.values()):
            memory = zip(arrays, rest, strict=True)
            self.update(x_, g_, **dict(memory), **count, **options)
        self.state.setdefault(p, {}).update(count | arrays)  # the same dict for who holds it
        p.data = data if p.ndim else np.reshape(data, ())[()]
        p.touch_()

    def memory(self, p: Any, g: Any, **options: Any) -> dict[str, Any]:  # noqa: ARG002  # starts from 0
        """Return what is remembered of a parameter, and what each of it starts from: here, 0.

        ``"step"`` counts; all others are arrays like p, filled with the value at first, and left
        out where that is None. `update` takes them under these names.
        """
        return dict.fromkeys(sorted(self._memorized), 0)

    def update(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  # every one has its own
        """Change one parameter: the formula. Every optimiser writes its own.

        ``update(p, g, *memory, **options)`` works element by element, as large parameters are
        given in pieces that fit into the cache: what a formula makes on its way is no larger.

        Parameters
        ----------
        p : the values, an array to change in place.
        g : the gradient, an array which is not to be changed.
        memory : what `memory` told, arrays to change in place, and the number of the step from 1.
        options : keyword-only.
        """
        raise unwritten(self, "how to change a parameter", RULE)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or fill them with 0: ``backward`` adds to what is there."""
        forget_gradients(self._parameters(), set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of the state and the options, with numbers for the parameters."""
        number = {p: i for i, p in enumerate(self._parameters())}
        groups = [{**g, "params": [number[p] for p in g["params"]]} for g in self.param_groups]
        state = {i: self.state[p] for p, i in number.items() if p in self.state}
        return copy.deepcopy({"state": state, "param_groups": groups})

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from where `state_dict` was called, of an optimiser with groups of the same sizes.

        That of PyTorch's optimiser is taken, too. Raises ValueError for other groups or options and
        for no such state; nothing changes then.
        """
        state, groups = self._saved(state_dict).values()
        for before in groups:
            self._refuse_lack(before, sorted(self.defaults))
        now, then = ([len(g["params"]) for g in some] for some in (self.param_groups, groups))
        what = f"the groups have {now} parameters, and had {then} when saved"
        self._refuse(now != then, what, "an optimiser of the same parameters in the same groups")
        parameters = self._parameters()
        found = {p: self._restored(p, state[i]) for i, p in enumerate(parameters) if i in state}
        options = {*self.defaults, "initial_lr"}  # PyTorch's groups have more
        for group, before in zip(self.param_groups, groups, strict=True):
            group.update({k: v for k, v in before.items() if k in options})
        self.state = found

    def _restored(self, p: Tensor, saved: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was saved of a parameter, arrays in its dtype."""
        found: dict[str, Any] = {}
        for name, value in ((k, plain(v)) for k, v in saved.items()):
            if isinstance(value, np.ndarray | np.generic) and name != "step":
                what = f"{name} of shape {value.shape} was saved of a parameter of {p.shape}"
                self._refuse(value.shape != p.shape, what, "an optimiser of the same parameters")
                found[name] = value.astype(p.dtype)
            else:
                found[name] = int(value) if name == "step" else value
        return found

    def _parameters(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def _check(self, group: Group) -> None:
        unknown = ", ".join(sorted(group.keys() - {"params", *self.defaults}))
        instead = "model.parameters(), of layers that are attributes or in a ModuleList"
        self._refuse(not group["params"], "there is no parameter to train", instead)
        self._refuse(unknown, f"no option is called {unknown}", ", ".join(self.defaults))
        for name in POSITIVE:
            value = group.get(name, 0.0)
            number = isinstance(value, Real | Tensor | np.ndarray)
            number = number and np.shape(value) == () and abs(value) >= 0  # as nan is not
            self._refuse(not number, f"{name}={value!r} is no number", f"{name}=0.01")
            self._refuse(value < 0, f"{name}={value} is negative", f"{name}={abs(value)}")
        betas = group.get("betas", (0, 0))
        shares = np.ndim(betas) == 1 and all(0 <= beta < 1 for beta in betas)
        self._refuse(not shares, f"{betas=} are to be from 0 to less than 1", "betas=(0.9, 0.999)")
        self._refuse(len(betas) != 2, f"{betas=} are to be two", "betas=(0.9, 0.999)")
        seen = set(self._parameters())
        for p in group["params"]:
            leaf, op = type(p) is Tensor and p.is_leaf, getattr(p, "op", None)
            what = "only leaf tensors are trained, not "
            what += f"the result of {op.name}" if op else kind_of(p)
            self._refuse(not leaf, what, "nn.Parameter(data), or model.parameters()", TypeError)
            repeated = f"a parameter of shape {p.shape} is given twice"
            self._refuse(p in seen, repeated, "each parameter once")
            seen.add(p)


def real(x: Any) -> Any:
    """Return complex numbers as a view of real ones, two on a new last axis; others as they are.

    >>> real(np.array([1 + 2j]))
    array([[1., 2.]])
    """
    return x[..., None].view(x.real.dtype) if x.dtype.kind == "c" else x


def _array(x: Any) -> Any:
    """Return a number as an array, to write into; what stands for one is written into by an axis.

    >>> _array(np.float64(3.0))
    array(3.)
    """
    y = np.copy(x)
    return np.reshape(y, 1) if hasattr(x, "tape") else y


def blocks(*arrays: Any) -> Iterator[Any]:
    """Yield arrays of the same shape in flat pieces: only the second is not to be written into.

    Memory is read and written once in this way, however many operations a formula has.
    """
    if type(arrays[0]) is np.ndarray and arrays[0].size > BLOCK:
        access: Any = [["readonly" if i == 1 else "readwrite"] for i in range(len(arrays))]
        with np.nditer(arrays, ["buffered", "external_loop"], access, buffersize=BLOCK) as pieces:
            yield from pieces
    else:
        yield arrays


def _listed(params: Any) -> list[Any]:
    what = "an optimizer takes parameters, not the module or function that has them"
    where, instead = kind_of(params), "SGD(model.parameters(), ...), SGD([w], ...)"
    wrong = callable(params) or not hasattr(params, "__iter__") or type(params) is Tensor
    refuse(wrong, what, where, instead, TypeError)
    return list(params)

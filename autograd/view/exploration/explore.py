"""`explore`: a graph to play with, whose page computes values and gradients by itself."""

import math
import sys
import unicodedata
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

import numpy as np

from autograd.base.errors import kind_of, refusal
from autograd.expressions.expression import Expression
from autograd.graph import leaves
from autograd.program.tracing.symbol import Symbol
from autograd.provenance.names import name_of, names_in
from autograd.tensor import Tensor, raw
from autograd.view.derivation.derivation import letters
from autograd.view.exploration.exploration import Exploration
from autograd.view.exploration.recording import Recording, call
from autograd.view.exploration.stage import Stage
from autograd.view.exploration.widget import in_notebook, widget_class
from autograd.view.graph.scene import Composition

EDITABLE = 16
"""An array of more entries is a constant of the page."""

FAR = 1e300
"""A number beyond has no range around it."""


def explore(f: Callable[..., Any] | str | Tensor, /, **values: Any) -> Exploration:
    """Make a page to play with a function: drag its inputs, step through both passes, take a quiz.

    Parameters
    ----------
    f : a function of named arguments, which is called with Tensors; an expression as text; or a
        Tensor that was computed already, whose inputs are its leaves that have a name, and which
        no longer knows how conditions were combined: they are constants then.
    **values : for each argument a number, or an array of up to 16 entries, which can be changed on
        the page. Larger arrays, arrays of integers and everything else are constants.

    Returns
    -------
    A widget in Jupyter, where anywidget is installed; its ``save("f.html")`` writes a page that
    computes in any browser, offline.

    Raises
    ------
    TypeError : where f does not return one number that depends on its inputs.
    ValueError : where f takes another way for other numbers (``if`` inside f), which a page cannot
        follow.
    NotImplementedError : for an operation that cannot be written in JavaScript.

    Examples
    --------
    >>> from autograd import explore
    >>> e = explore("(a + b) * c", a=2, b=3, c=4)
    >>> e.values["f"], e.gradients["a"]
    (20.0, 4.0)
    >>> e.save("f.html")  # doctest: +SKIP
    """
    names = names_in(sys._getframe(1))
    if isinstance(f, Tensor):
        if values:
            raise _refused("a Tensor has its values already", values, "explore(f), or a function")
        inputs = {name_of(t, names): t for t in leaves(f) if t.requires_grad}
        inputs.pop("", None)
        return _explored(f, inputs, names)
    if not isinstance(f, str) and not callable(f):
        raise _refused(
            f"a function, an expression or a Tensor is explored, not {kind_of(f)}", values,
            'explore("(a + b) * c", a=2, b=3, c=4)',
        )  # fmt: skip
    if not isinstance(f, str):
        try:
            signature(f).bind(**values)
        except TypeError as error:
            raise _refused(str(error), values, "explore(f, a=2, b=3), each by its name") from None
        except ValueError:  # some of NumPy's do not tell what they take
            pass
    function = _evaluator(Expression(f), values) if isinstance(f, str) else f
    given = {name: _variable(name, v) for name, v in values.items()}
    root, inner = call(function, given)
    known = getattr(f, "__name__", "")  # the result is called as the function is
    if type(root) is Tensor and root.op and not root.name and known.isidentifier():
        root.name = inner.get(id(root), known)
    inputs = {name: v for name, v in given.items() if type(v) is Tensor and v.requires_grad}
    return _explored(root, inputs, names | inner, function, given)


def _explored(
    root: Any, inputs: Mapping[str, Tensor], names: dict[int, str],
    f: Callable[..., Any] | None = None, given: Mapping[str, Any] | None = None,
) -> Exploration:  # fmt: skip
    inputs = _draggable(root, inputs)
    called = {t: _isolated(name) for t, name in letters(root, seen=names).items()}
    recording = Recording(root, inputs, called)
    spans = {name: _span(t.data) for name, t in inputs.items()}
    if f is not None:
        recording.compare(lambda **point: f(**{**(given or {}), **point}), spans)
    stage = Stage(recording, Composition([root], {id(root): called[root]} | names), called, names)
    model = stage.model()
    model["inputs"] = [_knob(name, t, stage, spans[name]) for name, t in inputs.items()]
    numbers = {
        kind: {name: _plain(recording.outputs[slot]) for name, slot in model[kind].items()}
        for kind in ("values", "gradients")
    }
    made = widget_class() if in_notebook() else Exploration
    return made(model, recording.javascript(), numbers)


def _draggable(root: Any, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the inputs that can be changed; refuse what no page can show."""
    if isinstance(root, (list, tuple, dict)):
        what = f"a page explores one number, and this result is {kind_of(root)}"
        raise _refused(what, inputs, "one of its elements")
    if type(root) is not Tensor or not root.requires_grad:
        raise _refused("the result depends on no input", inputs, "explore(lambda a: a * a, a=2)")
    if root.size != 1:
        raise _refused(
            f"a page explores one number, and this result has the shape {root.shape}", inputs,
            "its sum, its mean, or one of its elements",
        )  # fmt: skip
    inputs = {name: t for name, t in inputs.items() if t.size <= EDITABLE}
    if not inputs:
        raise _refused(
            "there is nothing to drag: no input of the result has a name", inputs,
            'Tensor(2.0, requires_grad=True, name="a"), or explore(function, a=2)',
        )  # fmt: skip
    if complex_ := [name for name, t in inputs.items() if t.dtype.kind == "c"]:
        what = f"a page computes with real numbers, and {complex_[0]} is complex"
        raise _refused(what, inputs, "draw(f) and explain(f), or the parts as inputs")
    for name, t in inputs.items():
        if not (np.abs(t.data) < FAR).all():
            what = f"{name} is no number that could be dragged"
            raise _refused(what, {name: _plain(t.data)}, f"{name}=1.0")
    return inputs


def _evaluator(expression: Expression, values: Mapping[str, Any]) -> Callable[..., Any]:
    if unknown := [name for name in values if name not in expression.names]:
        raise _refused(
            f"{unknown[0]} is not in the expression {expression}", values,
            f"a value for each of {', '.join(expression.names)}",
        )  # fmt: skip
    for name, value in values.items():
        if type(value) is not Tensor and np.asarray(value).dtype.kind not in "biufc":
            what = f"{name} is no number, and no array of numbers"
            raise _refused(what, values, f"{name}=1.0")
    return lambda **given: expression(given)


def _variable(name: str, value: Any) -> Any:
    """Make a Tensor of a number or an array of floats; leave what is neither as it is."""
    if type(value) is Tensor and not value.requires_grad:
        return value
    data = raw(value)
    number = isinstance(data, (int, float, list, tuple)) and not isinstance(data, bool)
    array = np.asarray(data) if number or isinstance(data, (np.ndarray, np.generic)) else None
    if array is None or array.dtype.kind not in ("iuf" if number else "f"):
        return value
    return Tensor(array.astype(np.float64), requires_grad=True, name=name)


def _knob(name: str, t: Tensor, stage: Stage, span: tuple[float, float]) -> dict[str, Any]:
    """Describe what changes an input."""
    low, high = span
    flows = t in stage.recording.arrived
    value = np.ravel(t.data).tolist() if t.ndim else float(t.data)
    return {
        "name": name, "shape": t.shape, "value": value,
        "low": low, "high": high, "step": (high - low) / 200,
        "gradient": stage.lines.gradient(t) if flows else None,
        "line": stage.lines.flow(t) if flows else None,
    }  # fmt: skip


def _span(data: Any) -> tuple[float, float]:
    """Return from where to where an input may be dragged: to a round number beyond twice its own.

    >>> _span(3.0), _span(-0.69), _span(0.0)
    ((-10.0, 10.0), (-2.0, 2.0), (-1.0, 1.0))
    """
    size = 2 * float(np.max(np.abs(data), initial=0.0))
    size = size if size > np.finfo(float).tiny else 1.0
    power = 10.0 ** math.floor(math.log10(size))
    high = next(n * power for n in (1, 2, 5, 10) if n * power >= size)
    return -high, high


def _isolated(name: str) -> str:
    """Keep a name that is read from right to left from turning the formula around it."""
    turned = any(unicodedata.bidirectional(c) in ("R", "AL") for c in name)
    return f"\u2068{name}\u2069" if turned else name


def _plain(value: Any) -> Any:
    return np.asarray(value.example if isinstance(value, Symbol) else value).tolist()


def _refused(what: str, given: Mapping[str, Any], instead: str) -> TypeError:
    arguments = "".join(f", {name}={value!r:.20}" for name, value in given.items())
    return refusal(TypeError, what, f"explore(f{arguments})", instead)

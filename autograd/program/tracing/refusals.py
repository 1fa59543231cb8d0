"""What a capture finds in the end that its program could not do again."""

import gc
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from autograd.base.errors import function_name, line_within, refusal, user_line
from autograd.graph import toposort
from autograd.program.equations import Name
from autograd.program.tracing.symbol import CaptureError
from autograd.program.tracing.tape import Tape
from autograd.tensor import Tensor, raw


def refuse_written(
    f: Callable[..., Any], arguments: Sequence[Any], given: Sequence[Any], left: Sequence[Any]
) -> None:
    """Refuse other things in the containers of the arguments, and tensors that were written into.

    Parameters
    ----------
    arguments : the names of what f got.
    given, left : what f got, and what lies in its places now.
    """
    if [*map(id, given)] != [*map(id, left)]:
        raise refusal(
            CaptureError,
            "a program cannot hold putting something into a list or a dict that it is given",
            definition(f),
            "a new one, which is returned: {**params, 'w': w}; [*values, y]",
        )
    for name, x in zip(arguments, given, strict=True):
        if type(x) is Tensor and raw(x).name != name:
            what, instead = of_given_tensor(name)
            raise refusal(CaptureError, f"a program cannot hold {what}", definition(f), instead)


def too_large(name: str, x: int) -> CaptureError:
    """Return the error for an argument that no int64 is."""
    what, where = "a program takes numbers of 64 bits", f"{name} = {x!r:.40}"
    return refusal(CaptureError, what, where, f"float({name}), or {name} as a text")


def of_given_tensor(name: str) -> tuple[str, str]:
    """Return what cannot be done to an argument that is a tensor, and what to write instead."""
    return (
        f"writing into {name}, a tensor that it is given",
        f"{name} = {name} + 1 for {name} += 1; or a tensor from outside",
    )


def refuse_gradients(
    f: Callable[..., Any], gradients: Sequence[Any], returned: Sequence[Any], tape: Tape
) -> None:
    """Refuse gradients of arguments that nobody knows: they would be lost.

    Parameters
    ----------
    gradients : of each whose it is, which it is, and whether the function has asked for it: what
        is read or returned may be something else that is the same.
    """
    read = {a for e in tape.equations for a in e.args if type(a) is Name} if gradients else set()
    for name, g, is_asked in gradients:
        if not is_asked or (g not in read and g not in returned):
            raise refusal(
                CaptureError,
                f"a program cannot leave a gradient in {name}, a tensor that it is given",
                definition(f),
                f"value_and_grad, or return {name}.grad; or a tensor from outside",
            )


def refuse_history(f: Callable[..., Any], results: Sequence[Any], run: Any) -> None:
    """Refuse what a program loses of how results were made that wait for gradients.

    Nobody would call a hook on the way. What was written into a value under no_grad has no history
    in a program, where the value itself keeps its own in the engine.
    """
    for t in toposort(*[y for y in results if type(y) is Tensor]):
        if t.op is not None and getattr(raw(t), "written", 0) > t.count:
            raise refusal(
                CaptureError,
                "a program cannot hold writing under no_grad into a tensor on the way to a result",
                definition(f),
                "y = y + 1 for y += 1; y.detach() as the result if no gradient is wanted",
            )
        hooks = (t.meta or {}).get("hooks", {}).values() if t not in run.met else ()
        if any(getattr(hook, "func", None) != run.tape.wish_gradient for hook in hooks):
            raise refusal(
                CaptureError,
                "a program cannot hold a hook of a tensor on the way to a result",
                definition(f),
                "backward in the function, too; or the hook outside, on a parameter or the result",
            )


def refuse_shared(f: Callable[..., Any], run: Any) -> None:
    """Refuse a tensor that is given another's array: they would be two arrays after a replay."""
    for t in run.shared():
        name = t.name or "t"
        raise refusal(
            CaptureError,
            f"a program cannot hold giving {name} the memory of another tensor or array",
            definition(f),
            f"{name}.data = u.data.copy(); or {name}.data[...] = u.data",
        )


def refuse_leaks(f: Callable[..., Any], tape: Tape) -> None:
    """Refuse what is still held by somebody: the program will not compute it for them."""
    if all(handle() is None for handle in tape.handles):
        return
    gc.collect()  # what only holds itself is no leak
    for handle in tape.handles:
        if (symbol := handle()) is not None:
            name = tape.wishes.get(symbol.name, symbol.name.text)
            raise refusal(
                CaptureError,
                f"a program cannot hold {name} being kept outside, in a list or an attribute",
                definition(f),
                f"return {name} with the result",
            )


def definition(f: Callable[..., Any]) -> str:
    """Return the line where a function is defined; of what has none, as a module, who calls it."""
    code: Any = getattr(inspect.unwrap(f), "__code__", None)
    if code is None:
        return f"{function_name(f)}, at {user_line()}"
    return line_within(code, code.co_firstlineno)

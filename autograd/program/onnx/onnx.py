"""The printer of ONNX: a program as a graph of operators, which runs where no Python is.

The format: https://onnx.ai/onnx/intro/concepts.html
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import kind_of, refusal, three_lines, warn
from autograd.base.files import optional, write_atomically
from autograd.primitive import Primitive
from autograd.program.engines.standard import OURS
from autograd.program.equations import Equation, Name
from autograd.program.expansion import written_out
from autograd.program.onnx.batches import of_any_batch
from autograd.program.onnx.definitions import DEFINITIONS
from autograd.program.onnx.operators import SINGLE, SPELLINGS, Site
from autograd.program.tracing.capture import capture
from autograd.rules.shape import astype
from autograd.tensor import Tensor

if TYPE_CHECKING:
    from autograd.program.program import Program

OPSET, FORMAT = 20, 9
"""The version of the operators (January 2024), and that of the files which belongs to it."""


def export_onnx(
    f: Callable[..., Any], path: str | os.PathLike[str], *examples: Any,
    names: Mapping[Tensor, str] | None = None,
) -> Path:  # fmt: skip
    """Write a function to a file that ONNX runtimes compute, of batches of any size if possible.

    The batch is the first axis of the first example, and of the others that have its length there.
    Where the function is another one for another batch, the file takes the example's size only, and
    a UserWarning says so. Tensors from outside, as parameters, become constants.

    Parameters
    ----------
    f : a function of arrays or Tensors, as `capture` takes it.
    path : where the file is written, as a whole or not at all.
    *examples : arguments, which tell shapes and dtypes.
    names : what tensors from outside are called.

    Raises
    ------
    NotImplementedError : for an operation or a result that ONNX cannot express; it names it.
    CaptureError : for what is no program, see `capture`.
    ImportError : where onnx is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = export_onnx(lambda x: np.tanh(x) * 2, f"{folder}/f.onnx", np.ones((5, 3)))
    ...     file.stat().st_size > 100
    True
    """

    def printed(examples: Sequence[Any]) -> Graph:
        program = capture(f, *examples)
        wishes = {n: names[t] for n, t in program.parameters.items() if names and t in names}
        return Graph(program.renamed(wishes, {}))

    graph = printed(examples)
    model = of_any_batch(printed, examples, graph)
    if model is None:
        shapes = ", ".join(str(np.shape(x)) for x in graph.given.values())
        told = three_lines(
            "this model takes arguments of these shapes only: of others, it is another program",
            f"export_onnx of {graph.program.name}, arguments {shapes}",
            "a function whose numbers, beside shapes, do not depend on the size of the batch",
        )
        warn(told)
    return write_atomically(path, model or graph.model())


def onnx(program: "Program") -> bytes:
    """Print a program as a model of ONNX, of the very shapes of its examples; see `export_onnx`."""
    return Graph(program).model()


def knows(op: Primitive) -> bool:
    """Tell whether an operation has operators."""
    return op.name in SPELLINGS and op.home.startswith(OURS)


class Graph:
    """The operators of a program.

    Attributes
    ----------
    nodes : each operator with the names of its inputs and its results, and its attributes.
    constants : arrays by name.
    dtypes : of every name.
    """

    def __init__(self, program: "Program") -> None:
        if program.effects:
            raise refusal(
                NotImplementedError,
                "ONNX has no memory: a model cannot write into tensors",
                f"{program.name}, which leaves values in {len(program.effects)} of them",
                "module.eval(), or a function that returns the values",
            )
        self.program = program = _spelled_out(program)
        self.fresh = count()  # what has no name gets a number behind a slash, which no name has
        self.nodes: list[tuple[str, tuple[str, ...], list[str], dict[str, Any]]] = []
        self.constants = {n.text: np.asarray(x) for n, x in program.constants.items()}
        self.constants |= {n.text: np.asarray(t.data) for n, t in program.parameters.items()}
        self.like = {**program.inputs, **program.constants}
        self.names: dict[Name, str] = {n: n.text for n in self.like}
        self.dtypes = {n.text: np.asarray(x).dtype for n, x in self.like.items()}
        for e in program.equations:
            self.like[e.name] = e.like
            self.names[e.name] = self.called(self.spell(e), e.name.text)
        self.given = {n: x for n, x in program.inputs.items() if n not in program.parameters}
        self.outputs: dict[str, Any] = {}
        for y in program.outputs:
            if type(y) is not Name and np.asarray(y).dtype.kind == "O":
                what, where = "ONNX has arrays only", f"{program.name}, which returns {kind_of(y)}"
                instead = "a function that returns arrays: lambda x: f(x)[0]"
                raise refusal(NotImplementedError, what, where, instead)
            name = self.names[y] if type(y) is Name else self.constant(np.asarray(y))
            self.outputs[self.output(name)] = self.like[y] if type(y) is Name else y

    def spell(self, e: Equation) -> str:
        """Add the operators of an equation; return the name of the result."""
        x = [self.like[a] if type(a) is Name else a for a in e.args]
        args = [self.names[a] if type(a) is Name else a for a in e.args]
        site = Site(e.op, e.params, args, x, e.like, self)
        try:
            if knows(e.op) and all(np.asarray(v).dtype.kind in "biuf" for v in (*x, e.like)):
                spelling = SPELLINGS[e.op.name]
                if isinstance(spelling, str):
                    return site(spelling, *site.all())
                return spelling(site)
        except NotImplementedError:
            pass
        raise refusal(
            NotImplementedError,
            f"{e.op.name} cannot be written in ONNX",
            f"{e.name} = {e.op.name}({', '.join(str(np.shape(v)) for v in x)})",
            "NumPy's functions of real numbers, or keep to Python: Program.save",
        )

    def add(
        self, operator: str, *inputs: str, dtype: Any = None, part: int = 0, **attributes: Any
    ) -> str:
        """Add an operator, and return the name of its result, or of that `part` of its results."""
        double = operator in SINGLE and self.dtypes[inputs[0]] == np.float64
        if double:
            inputs = tuple(self.cast(x, np.float32) for x in inputs)
        results = [f"/{next(self.fresh)}" for _ in range(2 if operator == "TopK" else 1)]
        self.nodes.append((operator, inputs, results, attributes))
        self.dtypes[results[part]] = np.dtype(dtype or self.dtypes[inputs[0]])
        return self.cast(results[part], np.float64) if double else results[part]

    def cast(self, name: str, dtype: Any) -> str:
        """Return a value in a dtype."""
        if self.dtypes[name] == dtype:
            return name
        return self.add("Cast", name, dtype=dtype, to=_type(dtype))

    def constant(self, array: np.ndarray) -> str:
        """Return the name of a constant. Each has its own: equal ones may differ in other sizes."""
        name = f"/{next(self.fresh)}"
        self.constants[name], self.dtypes[name] = array, array.dtype
        return name

    def called(self, result: str, name: str) -> str:
        """Call the last result otherwise."""
        if not result.startswith("/") or not self.nodes or result not in self.nodes[-1][2]:
            return result
        results = self.nodes[-1][2]
        results[results.index(result)] = name
        self.dtypes[name] = self.dtypes.pop(result)
        return name

    def output(self, name: str) -> str:
        """Return the name of an output, which an operator has to give, and once."""
        if name not in self.outputs and any(name in results for _, _, results, _ in self.nodes):
            return name
        return self.called(self.add("Identity", name), f"output/{len(self.outputs)}")

    # ── the file ───────────────────────────────────────────────────────────────────────────────
    def model(self, dims: Mapping[str, Sequence[Any]] | None = None) -> bytes:
        """Write the graph as a file, where `dims` says what axes of inputs and outputs are."""
        helper = optional("onnx.helper", "onnx", "export to ONNX")
        arrays = optional("onnx.numpy_helper", "onnx", "export to ONNX")

        def typed(name: str, like: Any) -> Any:
            shape = (dims or {}).get(name, np.shape(like))
            return helper.make_tensor_value_info(name, _type(self.dtypes[name]), shape)

        used = {x for _, inputs, _, _ in self.nodes for x in inputs}
        graph = helper.make_graph(
            [helper.make_node(op, xs, ys, **attributes) for op, xs, ys, attributes in self.nodes],
            self.program.name,
            [typed(n.text, x) for n, x in self.given.items()],
            [typed(name, y) for name, y in self.outputs.items()],
            [arrays.from_array(np.asarray(x, order="C"), name)
             for name, x in self.constants.items() if name in used],
        )  # fmt: skip
        model = helper.make_model(
            graph, producer_name="retrograd", ir_version=FORMAT,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )  # fmt: skip
        checker = optional("onnx.checker", "onnx", "export to ONNX")
        inference = optional("onnx.shape_inference", "onnx", "export to ONNX")
        try:
            checker.check_model(model, full_check=True)
        except (checker.ValidationError, inference.InferenceError) as error:
            raise refusal(
                NotImplementedError,
                f"{self.program.name} cannot be written in ONNX",
                str(error).splitlines()[0],
                "floats for integers and booleans there, or keep to Python: Program.save",
            ) from error
        data: bytes = model.SerializeToString()
        return data


def _type(dtype: Any) -> int:
    helper = optional("onnx.helper", "onnx", "export to ONNX")
    number: int = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return number


def _spelled_out(program: "Program") -> "Program":
    """Write what has no operators by its definition, until only operators are left."""
    while True:
        program = written_out(program, lambda op: knows(op) or _is_defined(op))
        if not any(_is_defined(e.op) for e in program.equations):
            return program
        equations = [
            e._replace(op=_in_other_words(e)) if _is_defined(e.op) else e for e in program.equations
        ]
        program = replace(program, equations=equations)


def _in_other_words(e: Equation) -> Primitive:
    definition, dtype = DEFINITIONS[e.op.name], e.like.dtype

    def words(*xs: Any, **params: Any) -> Any:
        if isinstance(e.op.fn, np.ufunc) and dtype.kind == "f":  # of booleans, too
            xs = tuple(astype(x, dtype=dtype) if hasattr(x, "dtype") else x for x in xs)
        return astype(definition(*xs, **params), dtype=dtype)

    return Primitive(words, (), name=f"{e.op.name} in other words")


def _is_defined(op: Primitive) -> bool:
    return op.name in DEFINITIONS and op.home.startswith(OURS)

"""Stored programs come back as they were; every other file is refused."""

import gc
import json
import os
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import SAMPLES
from test_capture import BATCH, assert_captured, bits, gradients, leaves, network, same
from test_rules import law

import nn
from autograd import Tensor, jacfwd, no_grad, primitive, value_and_grad
from autograd.primitive import FUSED, PRIMITIVES
from autograd.program import Program, capture
from autograd.program.storage.decoding import Reader
from autograd.program.storage.encoding import Writer, operations
from autograd.program.storage.stored import TEXTS, _digest
from autograd.rules import neural
from autograd.tensor import raw

safetensors = pytest.importorskip("safetensors", reason="programs are stored by safetensors")
from safetensors.numpy import save as written  # noqa: E402  # where it is installed

X = np.array([1.0, 2.0, 3.0])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "program.safetensors"


def stored(program, path):
    assert program.save(path) == path
    return Program.load(path)


def assert_equal(program, other):
    assert repr(other) == repr(program)
    assert other.source == program.source
    assert list(other.constants) == list(program.constants)
    assert same(other.constants.values(), program.constants.values())
    assert other.takes == program.takes
    assert other.gives == program.gives


# ── what is written comes back ────────────────────────────────────────────────────────────────
@law
def test_of_every_row(case):
    """A stored program is the same program."""
    arrays = case.inputs()
    program = capture(case.f, *arrays)
    writer = Writer(program, Path("no file"))
    fields = json.loads(json.dumps(writer.fields()))
    other = Reader(Path("no file"), writer.tensors).program(fields)
    assert_equal(program, other)
    assert same(leaves(other(*arrays)), leaves(program(*arrays)))


def test_both_passes(path):
    k = np.arange(6.0).reshape(2, 3).T  # in the order of its columns, which products go by

    def f(x, i):
        y = np.sum(x[i] * np.float32(2)) + np.sum(np.where(x > 1, x, np.inf) < 5) + x[1:].sum()
        return y * np.sum(k @ np.ones((2, 2))) + np.sum(x @ k)

    xs = X, np.array([2, 0, 0])
    program = assert_captured(value_and_grad(f), xs)
    other = stored(program, path)
    assert_equal(program, other)
    assert same(leaves(other(*xs)), leaves(program(*xs)))


@pytest.mark.parametrize(
    "constant",
    [
        np.array([np.nan, -0.0, np.inf]), np.array([1 + 2j, -0.0j, 1]), np.array([True, False]),
        np.array([1, 2, 3], np.int8), np.array([1, 2, 3], np.float16), np.array([1, 2, 3], ">f8"),
        np.array([2**63, 1, 0], np.uint64), np.zeros((0, 3)),
    ],
    ids=str,
)  # fmt: skip
def test_constants_come_back_bit_by_bit(path, constant):
    other = stored(
        capture(lambda x: (np.stack((x, x))[:1] * 1.5, constant, np.nan, 1j, x), X), path
    )
    native = constant.astype(constant.dtype.newbyteorder("="))
    got = other(X)
    assert bits(got[1]) == bits(native)
    assert np.isnan(got[2])
    assert got[3] == 1j


def test_structures(path):
    def f(params, pair, flag):
        return {"a": [params["w"], (pair[0],)], 3: None, "text": "x", "flag": flag}

    given = {"w": X, "b": X}, (X + 1, [2.0]), True
    program = capture(f, *given)
    other = stored(program, path)
    assert_equal(program, other)
    got = other(*given)
    assert list(got) == ["a", 3, "text", "flag"]
    assert type(got["a"][1]) is tuple
    assert got["flag"] is True
    with pytest.raises(TypeError, match="takes the constant True"):
        other({"w": X, "b": X}, (X, [2.0]), False)


def test_ranges(path):
    def f(x):
        turned = np.moveaxis(np.outer(x, x), range(2), range(-1, -3, -1))
        return turned[range(1)], jacfwd(np.sin)(x)

    assert same(stored(capture(f, X), path)(X), f(X))


def test_parameters_become_plain_tensors(path):
    net = network()

    def step(x, y):
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        return loss

    program = capture(step, *BATCH)
    other = stored(program, path)
    assert_equal(program, other)
    loss, loaded = other(*BATCH), list(other.parameters.values())
    assert all(p.grad is None for p in net.parameters())
    assert same([loss], [program(*BATCH)])
    assert type(loss) is Tensor
    assert same([p.grad for p in loaded], gradients(net))
    assert [p.name for p in loaded] == [p.name for p in net.parameters()]
    with no_grad():
        for p in loaded:
            p.data *= 0.0
    assert float(raw(other(*BATCH))) == pytest.approx(np.log(3))


def test_effects_on_data(path):
    w = Tensor(X, requires_grad=True)

    def step(x):
        ((w - x) ** 2).sum().backward()
        with no_grad():
            w.data -= 0.1 * w.grad.data
        w.grad = None

    other = stored(capture(step, np.zeros(3)), path)
    other(np.zeros(3))
    (loaded,) = other.parameters.values()
    assert loaded.data == pytest.approx(X * 0.8)
    assert same([w], [X])


def test_data_that_is_replaced_is_so_after_loading(path):
    w = Tensor(X)
    other = stored(capture(lambda: setattr(w, "data", w.data + 1)), path)
    (loaded,) = other.parameters.values()
    before = loaded.data
    other()
    assert same([before, loaded], [X, X + 1])


def test_a_loaded_program_can_be_derived(path):
    program = capture(lambda x: np.sum(np.sin(x) * x), X)
    other = stored(program, path)
    assert same([other.grad(X)], [program.grad(X)])


def test_a_user_primitive_is_known_by_its_name(path):
    def tripled(x):
        return 3 * x

    op = primitive(tripled, lambda g, y, x: 3 * g)
    program = capture(op, X)
    assert same([stored(program, path)(X)], [3 * X])
    other = primitive(tripled, lambda g, y, x: 3 * g)
    with pytest.raises(ValueError, match="cannot be saved: it holds the primitive tripled"):
        program.save(path)
    del op, program, other
    gc.collect()
    with pytest.raises(ValueError, match="it holds the primitive 'tripled', which nothing here"):
        Program.load(path)


def test_a_user_primitive_does_not_hide_a_row_of_its_name():
    op = primitive(np.frompyfunc(abs, 1, 1), name="exp")  # a ufunc that tells no module
    assert operations()["exp"] is PRIMITIVES[np.exp]
    del PRIMITIVES[op]


def test_what_cannot_be_written_is_refused(path):
    program = capture(lambda x, mode: x, X, len)
    with pytest.raises(ValueError) as caught:
        program.save(path)
    assert str(caught.value) == (
        "the program of <lambda> cannot be saved: it holds a builtin_function_or_method\n"
        f"  where: save({str(path)!r})\n"
        "  instead: arrays, numbers and texts, in lists and dicts"
    )
    assert not path.exists()
    long = np.ones(3, np.longdouble)
    if long.dtype != np.float64:
        with pytest.raises(ValueError, match="the dtype float128"):
            capture(lambda x: x * 2, long).save(path)


def test_a_page_is_no_stored_program(tmp_path):
    path = tmp_path / "f.html"
    with pytest.raises(ValueError) as caught:
        capture(np.exp, X).save(path)
    assert str(caught.value) == (
        "a program is saved as data, which is no .html\n"
        f"  where: save({str(path)!r})\n"
        f"  instead: Path({str(path)!r}).write_text(program.html, encoding='utf-8'); "
        "save('f.safetensors') for Program.load"
    )
    assert not path.exists()
    assert all(isinstance(getattr(capture(np.exp, X), text), str) for text in TEXTS.values())


# ── the file ──────────────────────────────────────────────────────────────────────────────────
def test_the_file_is_written_as_a_whole_or_not_at_all(path, monkeypatch):
    program = capture(lambda x: x * 2, X)
    program.save(path)
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        capture(lambda x: x * 3, X).save(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_missing_file_is_pythons_own_error(path):
    with pytest.raises(FileNotFoundError):
        Program.load(path)


def example(path):
    w = Tensor(X, requires_grad=True, name="w")

    def f(params, x):
        y = x[np.array([0, 2])] * params["s"]
        loss = np.sum(y) * 0.5 + (w * np.arange(3.0) ** 2).sum()
        loss.backward()
        return loss, [np.reshape(x, (3, 1)).T]

    capture(f, {"s": Tensor(2.0)}, Tensor(X)).save(path)
    return path.read_bytes()


def opened(path):
    with safetensors.safe_open(path, framework="numpy") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # no mapping
        return json.loads(file.metadata()["program"]), tensors


def rewritten(path, fields, tensors, text=None):
    """Write a file whose digest is right, whatever is in it."""
    text = json.dumps(fields) if text is None else text
    path.write_bytes(written(tensors, {"program": text, "sha256": _digest(text, tensors)}))


def refused(path):
    with pytest.raises(ValueError) as caught:
        Program.load(path)
    first, where, instead = str(caught.value).splitlines()
    assert first.startswith("this file is no program that could be read: it holds ")
    assert where == f"  where: {path}"
    assert instead == (
        "  instead: a file of Program.save, of this version, with the primitives that it names"
    )
    return first.removeprefix("this file is no program that could be read: it holds ")


def test_every_cut_is_refused(path):
    data = example(path)
    for end in [*range(0, 200, 7), len(data) // 2, len(data) - 1]:
        path.write_bytes(data[:end])
        refused(path)


def test_every_changed_byte_is_refused(path):
    data = bytearray(example(path))
    length = int.from_bytes(data[:8], "little")
    tail = len(data) - 8 - length
    for i in [*range(8), *range(8, 8 + length, 17), *range(len(data) - tail, len(data))]:
        changed = bytearray(data)
        changed[i] ^= 1
        path.write_bytes(changed)
        try:
            Program.load(path)
        except ValueError:
            refused(path)
        else:
            pytest.fail(f"byte {i}: {data[i - 8 : i + 8]!r} could be changed")


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 64, b"PK\3\4", b"not a program", b"\xff" * 8 + b"{}", b"\x02\0\0\0\0\0\0\0{}"],
)
def test_other_files_are_refused(path, data):
    path.write_bytes(data)
    refused(path)


def test_nothing_is_unpickled(path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(path.parent / "boom"),)

    path.write_bytes(pickle.dumps(Bomb()))
    refused(path)
    with path.open("wb") as file:
        np.savez(file, x=np.array([Bomb()], dtype=object))
    refused(path)
    assert not (path.parent / "boom").exists()


CODE = "x):\n    import os; os.mkdir('boom')\ndef f(x"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda f: f.update(version=2), "version 2, and this is version 1"),
        (lambda f: f.update(version="1"), "version '1', and this is version 1"),
        (lambda f: f.pop("format"), "something else than a program"),
        (lambda f: f.update(more=1), "a program with the wrong fields ['more']"),
        (lambda f: f.pop("gives"), "a program with the wrong fields ['gives']"),
        (lambda f: f["equations"][0].update(op="eval"), "the primitive 'eval', which nothing here"),
        (lambda f: f["equations"][0].update(op=3), "an int in the place of a str"),
        (lambda f: f["equations"][0]["params"].update(where=2), "a wrong equation of getitem"),
        (lambda f: f["equations"][0].update(dtype="object"), "the dtype 'object'"),
        (lambda f: f["equations"][0].update(dtype="float32"), "the wrong shape or dtype of"),
        (lambda f: f["equations"][0].update(shape=[5]), "the wrong shape or dtype of"),
        (lambda f: f["equations"][0].update(shape=[-1]), "the shape [-1]"),
        (lambda f: f["equations"][0].update(shape=[2**62, 2**62]), "the shape ["),
        (lambda f: f["equations"][0].update(name=CODE), 'the name "x):'),
        (lambda f: f["equations"][0].update(name="lambda"), "the name 'lambda'"),
        (lambda f: f["equations"][0].update(name="ﬁ"), "the name 'ﬁ'"),
        (lambda f: f["equations"][0].update(name="x"), "the name 'x'"),
        (lambda f: f["equations"][0].update(args=[{"name": "later"}]), "the name 'later' before"),
        (lambda f: f["equations"][0].update(args=[{"code": "1"}]), "a value of the kind 'code'"),
        (lambda f: f["equations"][0].update(args=[{}]), "a value of the kinds []"),
        (lambda f: f["equations"][0].update(args=[]), "a wrong equation of getitem"),
        (lambda f: f["equations"][0].update(backward=1), "an int in the place of a bool"),
        (lambda f: f["equations"].reverse(), "the name"),
        (lambda f: f["inputs"]["x"].update(dtype="O"), "the dtype 'O'"),
        (lambda f: f["inputs"].update(other={"dtype": "int8", "shape": []}), "inputs that are"),
        (lambda f: f["inputs"].pop("w"), "the parameter 'w', which is no input"),
        (lambda f: f["parameters"].update(w=7), "the number 7 of 1"),
        (lambda f: f["parameters"].update(w=-1), "the number -1 of 1"),
        (lambda f: f["constants"].update(k=["nothing", "float64", "C"]), "the array 'nothing'"),
        (lambda f: f["constants"]["k"].__setitem__(1, "int64"), "the array 'constant k' of"),
        (lambda f: f["constants"]["k"].__setitem__(1, "complex128"), "the array 'constant k'"),
        (lambda f: f["constants"]["k"].__setitem__(2, "K"), "the array 'constant k' of the order"),
        (lambda f: f["tensors"][0].__setitem__(1, "yes"), "a str in the place of a bool"),
        (lambda f: f["effects"][0].__setitem__(1, "__class__"), "an effect on '__class__'"),
        (lambda f: f["effects"][0].pop(), "2 values in the place of 3"),
        (lambda f: f.update(takes=[0, 0]), "a structure without places for its values"),
        (lambda f: f.update(takes=[1, 0]), "a structure without places for its values"),
        (lambda f: f.update(gives={"set": [0]}), "a value of the kind 'set'"),
        (lambda f: f.update(wrapped=[]), "0 values in the place of 2"),
        (lambda f: f["arguments"].pop(), "inputs that are neither"),
        (lambda f: f["outputs"].append({"float": "1e999"}), "the number '1e999'"),
        (lambda f: f["outputs"].append({"dict": [[[], 1]]}), "wrong keys of a dict"),
        (lambda f: f["outputs"].append({"dict": [["a", 1], ["a", 2]]}), "wrong keys of a dict"),
        (lambda f: f["outputs"].append({"complex": ["1", 2.0]}), "a str in the place of a float"),
        (lambda f: f["outputs"].append({"slice": [1]}), "1 values in the place of 3"),
        (lambda f: f["outputs"].append({"ellipsis": 3}), "a wrong ellipsis"),
    ],
)  # fmt: skip
def test_hostile_files_are_refused(path, change, what):
    example(path)
    fields, tensors = opened(path)
    change(fields)
    rewritten(path, fields, tensors)
    assert refused(path).startswith(what)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[" * 100_000, "values without end"), ("{", "no JSON"), ("[]", "something else"),
        ('{"format": 1, "format": 2}', "a key twice"), ('{"version": NaN}', "NaN"), ("", "no JSON"),
        ('{"version": ' + "1" * 5000 + "}", "no JSON"),
    ],
)  # fmt: skip
def test_hostile_json_is_refused(path, text, what):
    rewritten(path, None, {"x": X}, text)
    assert refused(path).startswith(what)


@pytest.mark.parametrize("args", [[9, 10**9], ["a", 10**12], ["%999999999999d", {"name": "x"}]])
@pytest.mark.parametrize("f", [lambda x: x**3, lambda x: x * 3, lambda x: x % 3])
def test_python_computes_nothing_of_a_file(path, f, args):
    """Its own operators would, of whole numbers and of texts: for hours, in all of the memory."""
    capture(f, X).save(path)
    fields, tensors = opened(path)
    fields["equations"][0].update(args=args)
    rewritten(path, fields, tensors)
    assert refused(path).endswith("arguments that are no arrays")


def test_endless_values_are_refused(path):
    example(path)
    fields, tensors = opened(path)
    text = json.dumps(fields)
    deep = text.replace('"takes": [', '"takes": [' + "[" * 10**5 + "]" * 10**5 + ", ")
    rewritten(path, None, tensors, deep)
    refused(path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**70) | st.floats() | st.text(max_size=3)
    | st.sampled_from(["name", "x", "w", "float64", "slice", "tuple", "array", "constant k"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["name", "tuple", "slice", "array", "dtype", "float", "slot", "dict"]),
        inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(value=VALUES, where=st.integers(0, 10**6))
def test_changed_json_is_refused_or_a_program(path, value, where):
    example(path)
    fields, tensors = opened(path)
    spots = []

    def walk(node):
        for key in node if isinstance(node, dict) else range(len(node)):
            spots.append((node, key))
            if isinstance(node[key], (dict, list)):
                walk(node[key])

    walk(fields)
    node, key = spots[where % len(spots)]
    node[key] = value
    text = re.sub(r"NaN|-?Infinity", "0", json.dumps(fields))
    rewritten(path, None, tensors, text)
    try:
        program = Program.load(path)
    except ValueError:
        refused(path)
    else:
        assert program.source
        repr(program)


def test_every_operation_has_one_name():
    ours = [op for fn, op in PRIMITIVES.items() if fn in SAMPLES]
    assert len({op.name for op in (*ours, *FUSED)}) == len(ours) + len(FUSED)
    assert operations()["softmax"] is PRIMITIVES[neural.softmax]


@pytest.mark.parametrize(
    "f", [np.linalg.solve, lambda a, b: np.linalg.inv(a) @ b, lambda a, b: np.linalg.cholesky(a)]
)
def test_a_loaded_program_of_a_regular_matrix_can_be_derived(tmp_path, f):
    a, b = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([1.0, -2.0])
    program = capture(lambda a, b: np.sum(f(a, b) ** 3), a, b)
    loaded = Program.load(program.save(tmp_path / "program.safetensors"))
    np.testing.assert_array_equal(loaded.grad(a, b), program.grad(a, b))
    np.testing.assert_array_equal(loaded.hessian(a, b), program.hessian(a, b))


@pytest.mark.parametrize("x", [np.arange(3.0).astype(">f8"), np.array(2.0, ">f8")])
def test_the_order_of_bytes_does_not_matter_to_a_program(tmp_path, x):
    program = capture(lambda x: x * 2, x)
    for p in (program, Program.load(program.save(tmp_path / "program.safetensors"))):
        for y in (x, x.astype(float)):
            np.testing.assert_array_equal(p(y), x * 2)


@pytest.mark.parametrize("n", [2, 3])
def test_a_program_of_complex_eigenvalues_can_be_loaded(tmp_path, n):
    a = np.array([[0.5, -1.0, 0.3], [1.0, 0.2, 0.0], [0.1, 0.0, 0.7]])[:n, :n]
    program = capture(value_and_grad(lambda a: np.sum(np.abs(np.linalg.eigvals(a)))), a)
    loaded = Program.load(program.save(tmp_path / "program.safetensors"))
    assert same([*loaded(a)], [*program(a)])
    norm = capture(lambda a: np.sum(np.abs(np.linalg.eigvals(a))), a)
    loaded = Program.load(norm.save(tmp_path / "norm.safetensors"))
    np.testing.assert_array_equal(loaded.grad(a), program(a)[1])

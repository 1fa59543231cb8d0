"""Files of weights move to PyTorch and back; nothing else is believed, and nothing is half done."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import autograd as ag
import nn

numpy_files = pytest.importorskip("safetensors.numpy", reason="the format of the files")
SETTINGS = settings(max_examples=60, deadline=None, database=None)


def told(error):
    what, where, instead = str(error.value).splitlines()
    return what, where.removeprefix("  where: "), instead.removeprefix("  instead: ")


def values(module):
    return {key: np.array(t.data) for key, t in module.state_dict().items()}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for key, value in a.items():
        assert value.dtype == b[key].dtype
        assert_array_equal(value, b[key])


def written(header, data=b""):
    """Lay out a file of the format, whatever it says."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def tensor(dtype="F64", shape=(1,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


class Everything(nn.Module):
    """Parameters and buffers of several dtypes and orders, scalars and what is shared."""

    def __init__(self, seed):
        super().__init__()
        rng = np.random.default_rng(seed)
        self.matrix = nn.Parameter(np.asfortranarray(rng.random((3, 4))))
        self.scalar = nn.Parameter(rng.random())
        self.single = nn.Parameter(rng.random(2).astype("f4"))
        self.again = self.matrix
        self.layers = nn.ModuleList([nn.Linear(2, 1)])
        self.register_buffer("count", np.int64(seed))
        self.register_buffer("mask", rng.random(5) < 0.5)
        self.register_buffer("none", np.zeros((0, 3)))


def test_what_was_saved_comes_back_bit_by_bit(tmp_path):
    a, b = Everything(1), Everything(2)
    path = nn.save(a, tmp_path / "a.safetensors")
    assert path == tmp_path / "a.safetensors"
    assert nn.load(b, str(path)) is b
    assert_same(values(a), values(b))
    assert b.matrix is b.again
    assert b.matrix.requires_grad


def test_a_compiled_module_is_written_and_read_as_the_module(tmp_path):
    a, b = nn.Linear(2, 3), nn.Linear(2, 3)
    path = nn.save(ag.compile(a), tmp_path / "a.safetensors")
    compiled = ag.compile(b)
    assert nn.load(compiled, path) is compiled
    assert_same(values(a), values(b))
    assert_array_equal(compiled(np.ones(2)).data, a(np.ones(2)).data)
    with pytest.raises(TypeError):
        nn.save(ag.compile(np.sin), tmp_path / "b.safetensors")


# ── with PyTorch ──────────────────────────────────────────────────────────────────────────────
def perceptron(n):
    deep = n.Sequential(n.LayerNorm(8), n.Linear(8, 3, bias=False))
    return n.Sequential(n.Linear(4, 8), n.Tanh(), deep), (5, 4)


def convolutions(n):
    layers = n.Conv2d(2, 4, 3, padding=1), n.BatchNorm2d(4), n.MaxPool2d(2), n.Conv2d(4, 3, 2)
    return n.Sequential(*layers), (5, 2, 6, 6)


@pytest.mark.parametrize("build", [perceptron, convolutions])
def test_weights_move_to_pytorch_and_back(tmp_path, build):
    torch = pytest.importorskip("torch", reason="compares with PyTorch")
    files = pytest.importorskip("safetensors.torch", reason="writes for PyTorch")

    def pair():
        ours, shape = build(nn)
        theirs = build(torch.nn)[0].double()
        x = np.random.default_rng(0).standard_normal(shape)
        for net in (ours, theirs):
            net(x if net is ours else torch.tensor(x))  # batch norm has seen something
        return ours.eval(), theirs.eval(), x

    def assert_alike(ours, theirs, x):
        assert_allclose(ours(x).data, theirs(torch.tensor(x)).detach().numpy(), atol=1e-12)

    ours, theirs, x = pair()
    theirs.load_state_dict(files.load_file(nn.save(ours, tmp_path / "ours")))
    assert_alike(ours, theirs, x)

    ours, theirs, x = pair()
    files.save_file(theirs.state_dict(), tmp_path / "theirs")
    nn.load(ours, tmp_path / "theirs")
    assert_alike(ours, theirs, x)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("mine", ["float32", "float64"])
def test_floats_of_another_width_become_the_modules(tmp_path, dtype, mine):
    torch = pytest.importorskip("torch", reason="writes bfloat16")
    files = pytest.importorskip("safetensors.torch", reason="writes for PyTorch")
    theirs = torch.nn.Linear(3, 2).to(getattr(torch, dtype))
    files.save_file(theirs.state_dict(), tmp_path / "theirs")
    net = nn.load(nn.Linear(3, 2).to(mine), tmp_path / "theirs")
    assert net.weight.dtype == mine
    assert_array_equal(net.weight.data, theirs.weight.detach().double().numpy())


def test_numbers_that_numpy_has_not_are_refused():
    torch = pytest.importorskip("torch", reason="has bfloat16")
    state = torch.nn.Linear(3, 2).to(torch.bfloat16).state_dict()
    net = nn.Linear(3, 2)
    before = np.array(net.weight.data)
    with pytest.raises(TypeError) as error:
        net.load_state_dict(state)
    what, where, instead = str(error.value).splitlines()
    assert what.startswith("no array can hold these numbers: ")
    assert where == "  where: a torch.Tensor of shape (2, 3)"
    assert instead == "  instead: x.float(), for example"
    assert_array_equal(net.weight.data, before)
    net.load_state_dict({key: value.float() for key, value in state.items()})


# ── what does not fit ─────────────────────────────────────────────────────────────────────────
def test_a_shared_parameter_may_have_one_of_its_names_in_the_file(tmp_path):
    """As `safetensors.torch.save_model` writes it."""
    a, b = Everything(1), Everything(2)
    shared = {key: np.asarray(value, order="C") for key, value in values(a).items()}
    del shared["again"]
    numpy_files.save_file(shared, tmp_path / "a.safetensors")
    nn.load(b, tmp_path / "a.safetensors")
    assert_same(values(a), values(b))
    del shared["matrix"]
    with pytest.raises(RuntimeError, match="missing matrix; missing again"):
        b.load_state_dict(shared)


def test_all_that_does_not_fit_is_told_at_once_and_nothing_is_loaded(tmp_path):
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    before = values(net)
    saved = {
        "0.weight": np.zeros((2, 3)), "0.bias": np.zeros(3, "i8"), "1.weight": np.zeros((1, 3)),
        "other": np.zeros(1),
    }  # fmt: skip
    numpy_files.save_file(saved, tmp_path / "net")
    with pytest.raises(RuntimeError) as error:
        nn.load(net, tmp_path / "net")
    what, where, instead = told(error)
    assert what == "the saved values do not fit Sequential, nothing was loaded"
    assert where == (
        "missing 1.bias; unexpected other; 0.weight is (3, 2), saved (2, 3); "
        "0.bias is float64, saved int64"
    )
    assert instead.startswith("the state_dict() of a model of the same layers and sizes")
    assert_same(values(net), before)


def test_a_long_list_of_misfits_is_cut(tmp_path):
    net = nn.ModuleList(nn.Linear(1, 1) for _ in range(10))
    numpy_files.save_file({}, tmp_path / "net")
    with pytest.raises(RuntimeError, match=r"missing 5\.bias; and 8 more"):
        nn.load(net, tmp_path / "net")


def test_a_number_too_large_for_the_module_loads_nothing(tmp_path):
    net = nn.Linear(1, 1).float()
    before = values(net)
    saved = {"weight": np.ones((1, 1)), "bias": np.array([1e300])}
    numpy_files.save_file(saved, tmp_path / "net")
    with pytest.raises(RuntimeWarning, match="overflow"):
        nn.load(net, tmp_path / "net")
    assert_same(values(net), before)


def test_what_the_format_lacks_is_named(tmp_path):
    net = nn.Linear(1, 1)
    net.register_buffer("phase", np.array([1j]))
    with pytest.raises(TypeError) as error:
        nn.save(net, tmp_path / "net")
    assert told(error)[1] == "nn.save of phase (complex128)"
    assert not list(tmp_path.iterdir())


def test_the_name_of_the_header_is_refused(tmp_path):
    module = nn.Module()
    module.__metadata__ = nn.Parameter(np.ones(2))
    with pytest.raises(TypeError, match="nothing was written") as error:
        nn.save(module, tmp_path / "a.safetensors")
    assert told(error)[1:] == (
        "nn.save of __metadata__ (float64)",
        "module.to('float64'), or complex64; another name",
    )
    assert not list(tmp_path.iterdir())


# ── what is no such file ──────────────────────────────────────────────────────────────────────
FINE = {"weight": tensor(shape=(1, 1)), "bias": tensor(offsets=(8, 16))}
HOSTILE = {
    "empty": b"",
    "short": b"\0" * 7,
    "text": b"weights, weights, weights",
    "a pickle": pickle.dumps({"weight": 1.0, "bias": 2.0}),
    "a zip of PyTorch": b"PK\x03\x04" + b"\0" * 60,
    "a header that never ends": (1 << 62).to_bytes(8, "little") + b"{}",
    "a header of 200 MB": (200_000_000).to_bytes(8, "little") + b"{}",
    "no JSON": written(b"{'weight': 1}"),
    "no UTF-8": written(b'{"\xff\xfe": 1}'),
    "a list": written([1, 2]),
    "nested without end": written(b'{"weight":' + b"[" * 100_000),
    "no data": written(FINE),
    "overlapping": written({**FINE, "bias": tensor(offsets=(0, 8))}, b"\0" * 16),
    "a hole": written({**FINE, "bias": tensor(offsets=(16, 24))}, b"\0" * 24),
    "more at the end": written(FINE, b"\0" * 17),
    "backwards": written({**FINE, "bias": tensor(offsets=(16, 8))}, b"\0" * 16),
    "a negative shape": written({**FINE, "bias": tensor(shape=(-1,), offsets=(8, 16))}, b"\0" * 16),
    "terabytes": written({"weight": tensor(shape=(1 << 40,), offsets=(0, 1 << 43))}, b"\0" * 16),
    "a product that overflows": written(
        {"weight": tensor(shape=(1 << 33, 1 << 33), offsets=(0, 8))}, b"\0" * 8
    ),
    "an empty array beyond NumPy": written(
        {"weight": tensor(shape=(1 << 62, 1 << 62, 0), offsets=(0, 0)), "bias": tensor()}, b"\0" * 8
    ),
    "an unknown dtype": written({**FINE, "bias": tensor("F1024", offsets=(8, 16))}, b"\0" * 16),
}


def refused(path, *errors):
    """See a file refused in three lines, with nothing loaded."""
    net = nn.Linear(1, 1)
    before = values(net)
    with pytest.raises(errors or ValueError) as error:
        nn.load(net, path)
    assert len(str(error.value).splitlines()) == 3
    assert_same(values(net), before)
    return told(error)


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused(tmp_path, data):
    path = tmp_path / "net"
    path.write_bytes(data)
    what, where, instead = refused(path)
    assert what.startswith("no weights are in this file, nothing was loaded: ")
    assert where == f"nn.load({str(path)!r})"
    assert "safetensors.torch.save_file" in instead


def test_a_dtype_that_numpy_does_not_have_is_named(tmp_path):
    path = tmp_path / "net"
    path.write_bytes(written({**FINE, "bias": tensor("F8_E4M3", offsets=(8, 9))}, b"\0" * 9))
    assert refused(path, RuntimeError) == (
        "NumPy has no such dtype, nothing was loaded",
        "nn.load of bias (F8_E4M3)",
        "in PyTorch, model.to(torch.float32) before save_file",
    )


def test_a_file_that_claims_terabytes_and_is_that_long_is_not_read(tmp_path):
    path = tmp_path / "net"
    path.write_bytes(written({"weight": tensor(shape=(1 << 37,), offsets=(0, 1 << 40))}))
    try:
        with path.open("ab") as file:
            file.truncate(path.stat().st_size + (1 << 40))
    except OSError:
        pytest.skip("files have no holes here")
    refused(path, RuntimeError, ValueError)


def test_a_folder_and_a_file_that_is_not_there_are_pythons_own_errors(tmp_path):
    with pytest.raises(IsADirectoryError):
        nn.load(nn.Linear(1, 1), tmp_path)
    with pytest.raises(FileNotFoundError):
        nn.load(nn.Linear(1, 1), tmp_path / "none")


@SETTINGS
@given(data=st.binary(max_size=200))
@example(data=written(FINE, b"\0" * 16)[:-1])
def test_random_bytes_are_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "random"
    path.write_bytes(data)
    refused(path)


@SETTINGS
@given(at=st.integers(0, 400), byte=st.integers(0, 255), cut=st.booleans())
def test_a_changed_file_is_refused_or_has_other_numbers(tmp_path_factory, at, byte, cut):
    saved = numpy_files.save({"weight": np.ones((1, 1)), "bias": np.ones(1)})
    changed = bytearray(saved)
    changed[at % len(saved)] = byte
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(changed[: at % len(saved)] if cut else changed)
    start = len(saved) - 16  # behind the header are the numbers, and nobody can tell
    if cut or (at % len(saved) < start and changed != saved):
        # blanks of the header may change, and 1.0 may be said to be another number
        net = nn.Linear(1, 1)
        before = values(net)
        try:
            nn.load(net, path)
        except (ValueError, RuntimeError) as error:
            assert len(str(error).splitlines()) >= 3  # noqa: PT017  # or it was loaded
            assert_same(values(net), before)
        else:
            assert not cut
            assert {key: v.shape for key, v in values(net).items()} == {
                "weight": (1, 1),
                "bias": (1,),
            }
    else:
        nn.load(nn.Linear(1, 1), path)


# ── writing ───────────────────────────────────────────────────────────────────────────────────
class Stopped(BaseException):
    pass


@pytest.mark.parametrize("where", ["fsync", "rename"])
def test_a_file_is_written_as_a_whole_or_not_at_all(tmp_path, monkeypatch, where):
    path = nn.save(nn.Linear(1, 1), tmp_path / "net")
    before = path.read_bytes()

    def stop(*_):
        raise Stopped

    with monkeypatch.context() as patch:
        if where == "fsync":
            patch.setattr(os, "fsync", stop)
        else:
            patch.setattr("pathlib.Path.replace", stop)
        with pytest.raises(Stopped):
            nn.save(nn.Linear(1, 1), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_bytes_are_on_the_disk_before_the_name_and_the_name_before_we_return(
    tmp_path, monkeypatch
):
    done = []
    fsync, replace = os.fsync, type(tmp_path).replace

    def synced(fd):
        done.append("folder" if Path(f"/proc/self/fd/{fd}").is_dir() else "bytes")
        fsync(fd)

    def renamed(path, target):
        done.append("name")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(type(tmp_path), "replace", renamed)
    ag.write_atomically(tmp_path / "file", b"1")
    assert done == ["bytes", "name", "folder"]


def test_a_written_file_is_for_others_as_any_other_and_a_link_stays(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    assert ag.write_atomically(link, b"1") == link
    assert link.is_symlink()
    assert target.read_bytes() == b"1"
    assert target.stat().st_mode == (tmp_path / "plain").stat().st_mode

"""ONNX files that are damaged, hostile, or something else; weights beside them."""

from __future__ import annotations

import gzip

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx_models import INPUTS, F, one_step

import snnrt
from snnrt.converters.onnx.file import read_onnx


def fails(path, words):
    with pytest.raises(snnrt.ModelError, match=words) as caught:
        snnrt.convert(path)
    text = str(caught.value)
    assert text.startswith(str(path)) and text.isprintable()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "found an empty file"), (b"\x08\x07\x12", "found a damaged file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "found a Git LFS pointer"),
        (gzip.compress(b"x", mtime=0), "found compressed with gzip"), (b"\x00" * 100, "found a damaged file"),
        (one_step().SerializeToString()[:200], "found a damaged file"),
    ],
    ids=["empty", "cut", "lfs", "gzip", "zeros", "truncated"],
)  # fmt: skip
def test_what_is_no_model(tmp_path, content, words):
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    fails(path, words)


def test_no_such_file(tmp_path):
    fails(tmp_path / "none.onnx", "no such file; expected an ONNX model")


def external(folder, **changes):
    """The one step whose weights lie in a file beside it."""
    onnx.save(one_step(), folder / "net.onnx", save_as_external_data=True, location="weights.bin",
              size_threshold=0)  # fmt: skip
    model = onnx.load(folder / "net.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key in changes:
                entry.value = changes[entry.key]
    onnx.save(model, folder / "net.onnx")
    return folder / "net.onnx"


def test_weights_in_a_file_beside_the_model(tmp_path):
    path = external(tmp_path)
    expected, found = (
        next(node.weights for node in snnrt.convert(source).graph if node.kind == "dense")
        for source in (one_step(), path)
    )
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"location": "../weights.bin"}, "expected a file beside the model"),
        ({"location": "/etc/passwd"}, "expected a file beside the model"),
        ({"location": "none.bin"}, "copy that file beside the model"),
        ({"offset": str(2**40)}, "is too short for it"),
    ],
)
def test_weights_that_lie_elsewhere(tmp_path, changes, words):
    folder = tmp_path / "inner"
    folder.mkdir()
    fails(external(folder, **changes), words)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    folder = tmp_path / "inner"
    folder.mkdir()
    path = external(folder)
    (folder / "weights.bin").rename(tmp_path / "secret")
    (folder / "weights.bin").symlink_to(tmp_path / "secret")
    fails(path, "no such file beside the model")


def test_a_model_in_memory_must_have_its_weights(tmp_path):
    model = onnx.load(external(tmp_path), load_external_data=False)
    with pytest.raises(snnrt.ModelError, match="give the path of the file"):
        snnrt.convert(model)


def nested(depth: int) -> onnx.ModelProto:
    """Functions that call the next one twice."""
    own = [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]
    functions = []
    for place in range(depth):
        kind, domain = ("Identity", "") if place == depth - 1 else (f"g{place + 1}", "f")
        nodes = [helper.make_node(kind, ["x"], ["y"], domain=domain),
                 helper.make_node(kind, ["y"], ["z"], domain=domain)]  # fmt: skip
        functions.append(helper.make_function("f", f"g{place}", ["x"], ["z"], nodes, own))
    info = helper.make_tensor_value_info
    graph = helper.make_graph([helper.make_node("g0", ["x"], ["y"], domain="f")], "nested",
                              [info("x", F, (1, INPUTS))], [info("y", F, (1, INPUTS))])  # fmt: skip
    return helper.make_model(graph, functions=functions, opset_imports=own)


def test_functions_are_expanded_within_bounds():
    assert len(read_onnx(nested(4)).graph.node) == 16
    with pytest.raises(snnrt.ModelError, match="expand to more than"):
        read_onnx(nested(40))


def test_a_function_that_calls_itself():
    model = nested(2)
    model.functions[1].node[0].domain, model.functions[1].node[0].op_type = "f", "g0"
    with pytest.raises(snnrt.ModelError, match="calls itself"):
        read_onnx(model)


def test_a_tensor_whose_data_do_not_fit_its_shape(tmp_path):
    model = one_step()
    model.graph.initializer[0].dims[0] = 7
    onnx.save(model, tmp_path / "net.onnx")
    fails(tmp_path / "net.onnx", "its data do not fit its shape")
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.array(["a"], object), "W"))
    onnx.save(model, tmp_path / "net.onnx")
    fails(tmp_path / "net.onnx", "expected numbers")

"""Raw sensor values in exported C: the calls of the model's header in a program, beside the host."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

import snnrt
from snnrt.data import Preprocessing
from snnrt.ir.graph import Edge, Exit, Graph, Input, Readout
from snnrt.targets.export.input_encoding import encoding_text, has_encoding
from snnrt.targets.export.project import Export, build_project, write_project

MODEL = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"


def tables(text: str) -> int:
    return text.count("tables[] = {")


def test_tables_where_products_would_be_slower():
    def text(shape, std, peak=127):
        source = Input("x", (), shape, scale=0.05, peak=peak)
        nodes = (source, Readout("r", (Edge("x"),), (2,)), Exit("e", (Edge("r"),), (2,)))
        chosen = Preprocessing(mean=(0.5,) * len(std), std=std).to_dict()
        return encoding_text(Graph(nodes, 2, "integer", metadata={"preprocessing": chosen}), "m", "M")

    assert tables(text((1, 4, 4), (0.25,))) == 0 and "m_encode_u8" in text((1, 4, 4), (0.25,))
    assert tables(text((1, 4, 4), (0.25,), peak=20)) == 1  # limited
    assert tables(text((3, 4, 4), (0.25, 0.3, 0.4))) == 0
    assert tables(text((2, 4, 4), (0.25, 0.3))) == 1
    assert tables(text((9, 4, 4), tuple(0.2 + k / 10 for k in range(9)))) == 0  # 4.5 KiB


def digits(numbers: str, **chosen) -> snnrt.Network:
    return snnrt.convert(
        MODEL, numbers=numbers, framework="snntorch", timesteps=4, preprocessing=chosen or None
    )


def test_which_models_have_it():
    assert has_encoding(digits("int8", mean=0.1, std=0.5).graph)
    assert not has_encoding(digits("float32", mean=0.1, std=0.5).graph)
    assert not has_encoding(digits("int8").graph)
    assert has_encoding(digits("int8", encoding="rate").graph)
    assert not has_encoding(digits("int8", interval=100).graph)
    assert encoding_text(digits("int8").graph, "d", "D") == ""


@pytest.mark.firmware
def test_bytes_and_q15_in_a_program(tmp_path):
    network = digits("int8", mean=0.13, std=0.31)
    project = build_project(network, "d.snnrt", Export())
    write_project(project.files, tmp_path / "out")
    program = r"""
#include <stdio.h>
#include "snnrt.h"
#include "d_model.h"
int main(void) {
    uint8_t bytes[D_INPUT_ELEMENTS];
    int16_t q15[D_INPUT_ELEMENTS];
    d_input input[D_INPUT_ELEMENTS];
    for (unsigned k = 0; k < D_INPUT_ELEMENTS; k++) {
        bytes[k] = (uint8_t)(k * 255u / (D_INPUT_ELEMENTS - 1u));
        q15[k] = (int16_t)(k * 511u);
    }
    d_encode_u8(bytes, input);
    for (unsigned k = 0; k < D_INPUT_ELEMENTS; k++) printf("%d ", input[k]);
    d_encode_q15(q15, input);
    for (unsigned k = 0; k < D_INPUT_ELEMENTS; k++) printf("%d ", input[k]);
    return 0;
}
"""
    (tmp_path / "main.c").write_text(program)
    out = tmp_path / "out"
    core = [path for path in out.rglob("*.c") if path.name in ("snnrt.c", "d_model.c")]
    folders = {f"-I{path.parent}" for path in out.rglob("*.h")}
    command = ["gcc", "-std=c99", "-Wall", "-Werror", *folders, *core, tmp_path / "main.c", "-lm"]
    subprocess.run([*command, "-o", tmp_path / "main"], check=True)
    text = subprocess.run([tmp_path / "main"], check=True, capture_output=True, text=True).stdout
    source = network.graph.input
    chosen = Preprocessing.of_graph(network.graph)
    expected = []
    for values in (np.arange(64) * 255 // 63, np.arange(64) * 511):
        dtype = np.dtype(np.uint8 if values.max() == 255 else np.int16)
        raw = values.astype(dtype).reshape(1, 1, 8, 8)
        expected += chosen.integers(dtype, source).apply(raw).ravel().tolist()
    assert list(map(int, text.split())) == expected

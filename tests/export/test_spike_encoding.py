"""Spikes of raw values in exported C, a timestep after another: the calls of a model's header and host."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from c_programs import WARNINGS

import snnrt
from snnrt.data.load import prepared_inputs
from snnrt.ir.nodes.input import quantise_input
from snnrt.targets.export.project import Export, build_project, write_project

STEPS, SHAPE = 5, (4, 3, 5)
CHANGES = [
    {"encoding": encoding, "polarity": polarity, "threshold": 0.15}
    for encoding in ("delta", "send_on_delta")
    for polarity in ("rising", "signed", "both")
]
PROGRAM = r"""
#include <stdio.h>
#include "snnrt.h"
#include "m_model.h"
static uint8_t bytes[{steps}][{values}];
static int16_t q15[{steps}][{values}];
{memory}
int main(void) {{
    static m_input input[M_INPUT_ELEMENTS];
    FILE *file = fopen("raw", "rb");
    if (fread(bytes, 1, sizeof bytes, file) != sizeof bytes) return 1;
    if (fread(q15, 1, sizeof q15, file) != sizeof q15) return 1;
    for (uint32_t t = 0; t < {steps}u; t++) {{
        m_encode_u8(bytes[t], {last_u8}t, input);
        for (unsigned k = 0; k < M_INPUT_ELEMENTS; k++) printf("%d ", input[k]);
    }}
    for (uint32_t t = 0; t < {steps}u; t++) {{
        m_encode_q15(q15[t], {last_q15}t, input);
        for (unsigned k = 0; k < M_INPUT_ELEMENTS; k++) printf("%d ", input[k]);
    }}
    return 0;
}}
"""


def network(chosen: dict[str, object], folder: Path) -> snnrt.Network:
    """Spikes (4, 3, 5) over time, into a dense layer, int8."""
    rng = np.random.default_rng(0)
    signed = chosen.get("polarity") == "signed"
    builder = snnrt.GraphBuilder(
        SHAPE, encoding="spikes", timesteps=STEPS, low=-1.0 if signed else 0.0, high=1.0
    )
    weights = rng.standard_normal((3, int(np.prod(SHAPE)))).astype(np.float32)
    layer = builder.lif(builder.dense(builder.flatten(builder.input), weights), beta=0.9)
    graph = builder.finish(layer)
    snnrt.Network(graph).save_nir(folder / "net.nir")
    found = snnrt.convert(folder / "net.nir", numbers="int8", preprocessing=chosen, timesteps=STEPS)
    assert found.graph.input.encoding == "spikes"
    return found


@pytest.mark.firmware
@pytest.mark.parametrize(
    "chosen",
    [
        {"encoding": "rate", "seed": 11},
        {"encoding": "latency"},
        {"encoding": "latency", "scale": 1 / 500},
        *CHANGES,
    ],
)
def test_spikes_in_a_program_are_the_hosts(chosen, tmp_path):
    made = network(chosen, tmp_path)
    changes = chosen in CHANGES
    shape = (SHAPE[0] // 2, *SHAPE[1:]) if chosen.get("polarity") == "both" else SHAPE
    rng = np.random.default_rng(3)
    leading = (STEPS,) if changes else ()
    scale = chosen.get("scale", 0)
    raw = {
        "u8": rng.integers(0, 256, (*leading, *shape)).astype(np.uint8),
        "q15": rng.integers(0, 500 if scale else 32768, (*leading, *shape)).astype(np.int16),
    }
    expected = []
    with (tmp_path / "raw").open("wb") as file:
        for values in raw.values():
            units = prepared_inputs(values[None], made.graph, None, "x")[0]
            # as a device holds them: the channel last
            expected += np.moveaxis(quantise_input(units, made.graph.input), 1, -1).ravel().tolist()
            steps = values if changes else np.stack([values] * STEPS)
            file.write(np.moveaxis(steps, 1, -1).tobytes())
    assert any(expected) and not all(expected)
    project = build_project(made, "m.snnrt", Export())
    out = tmp_path / "out"
    write_project(project.files, out)
    count = int(np.prod(shape))
    memory = f"static uint8_t last_u8[{count}]; static int16_t last_q15[{count}];" if changes else ""
    names = ("last_u8, ", "last_q15, ") if changes else ("", "")
    (tmp_path / "main.c").write_text(
        PROGRAM.format(steps=STEPS, values=count, memory=memory, last_u8=names[0], last_q15=names[1])
    )
    core = [path for path in out.rglob("*.c") if path.name in ("snnrt.c", "m_model.c")]
    folders = {f"-I{path.parent}" for path in out.rglob("*.h")}
    command = ["gcc", "-std=c99", *WARNINGS, *folders, *core, tmp_path / "main.c", "-lm"]
    subprocess.run([*command, "-o", tmp_path / "main"], check=True)
    text = subprocess.run(
        [tmp_path / "main"], check=True, capture_output=True, text=True, cwd=tmp_path
    ).stdout
    assert list(map(int, text.split())) == expected
    # the network gives the same from raw values and from what a device would hand it
    if not scale:
        values = raw["u8"][None]
        prepared = snnrt.data.Dataset(
            prepared_inputs(values, made.graph, None, "x"), None, "x", prepared=True
        )
        assert np.array_equal(made.run(values).logits, made.run(prepared).logits)

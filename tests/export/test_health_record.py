"""The health record that an exported core keeps, compiled and run, is the one that the host makes."""

from __future__ import annotations

import pytest
from c_programs import command, input_bytes, need_compiler
from exported_projects import export, include_flags
from small_networks import dense_lif

from snnrt.health.record import HealthRecord
from snnrt.network import Network

MAIN = """
#include <stdio.h>
#include "digits_model.h"
#include "snnrt.h"

static snnrt_network network;
static snnrt_health health;
static unsigned char arena[{arena}] __attribute__((aligned(8)));
static unsigned char input[{bytes}] __attribute__((aligned(8)));

int main(void) {{
    snnrt_result result;
    snnrt_status status =
        snnrt_network_init(&network, digits_model, DIGITS_MODEL_BYTES, arena, sizeof arena, NULL);
    if (status != SNNRT_OK || snnrt_network_record_health(&network, &health) != SNNRT_OK) {{
        return 1;
    }}
    while (fread(input, sizeof input, 1, stdin) == 1) {{
        if (snnrt_network_run(&network, input, &result) != SNNRT_OK) {{
            return 2;
        }}
    }}
    return fwrite(&health, sizeof health, 1, stdout) != 1;
}}
"""


@pytest.mark.firmware
@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize("rule", [("never", 0.0), ("entropy", 0.7), ("confidence", 0.6)])
def test_scores_of_every_rule(numbers, rule, tmp_path):
    need_compiler("gcc")
    graph, x = dense_lif(numbers)
    graph = graph.with_exit(*rule)
    network = Network(graph)
    export(graph, tmp_path / "project")
    raw = input_bytes(graph, x)
    text = MAIN.format(arena=network.file_info().arena_bytes, bytes=len(raw) // len(x))
    (tmp_path / "record.c").write_text(text)
    program = tmp_path / "record"
    folder = tmp_path / "project"
    command(
        [
            "gcc",
            *include_flags(folder),
            tmp_path / "record.c",
            *(folder / name for name in ("snnrt.c", "digits_model.c")),
            "-o",
            program,
        ]
    )
    (tmp_path / "inputs").write_bytes(raw)
    command(["sh", "-c", f"{program} <{tmp_path}/inputs >{tmp_path}/record.bin"])
    found = (tmp_path / "record.bin").read_bytes()
    expected = HealthRecord.of(network, x)
    assert found == expected.to_bytes()
    # without scores all inferences would lie in the first bin
    assert expected.scores[1:].sum() > 0

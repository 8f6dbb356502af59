"""A board's log: exported, run here as if this were the board, and read back."""

from __future__ import annotations

import json
import re
import subprocess

import numpy as np
import pytest
from demo_network import demo_network

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
DECLARED = """
#include <stdint.h>
uint32_t tick(void);
#define VALIDATE_CYCLES() tick()
"""
COUNTER = """
#include "counter.h"
static uint32_t now;
uint32_t tick(void) { return now += 1500; }
"""


@pytest.mark.firmware
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_a_boards_log_is_held_against_the_host(snnrt_command, numbers, tmp_path):
    network, x = demo_network(numbers)
    network.save(tmp_path / "digits.snnrt")
    np.save(tmp_path / "x.npy", x[:6])
    usual = ("export", tmp_path / "digits.snnrt", "-o", tmp_path / "out", "--sample", tmp_path / "x.npy")
    snnrt_command(*usual, "--samples", "4")
    (tmp_path / "counter.h").write_text(DECLARED)
    (tmp_path / "counter.c").write_text(COUNTER)
    names = ("validate.c", "snnrt.c", "digits_model.c", "../counter.c")
    sources = [str(tmp_path / "out" / name) for name in names]
    program = tmp_path / "validate"
    command = ["cc", *FLAGS, "-include", str(tmp_path / "counter.h"), *sources, "-lm", "-o", str(program)]
    subprocess.run(command, check=True)
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.endswith("snnrt: 0 of 4 inputs differ from the host\n")
    log = tmp_path / "board.log"
    log.write_text("boot\r\n" + done.stdout)
    usual = ("validate", tmp_path / "digits.snnrt", "--data", tmp_path / "x.npy", "--against", log)
    found = snnrt_command(*usual, "--json").json
    assert found["agrees"] and found["inputs"] == 4 and found["cycles"] == [1500] * 4
    usual_profile = ("profile", tmp_path / "digits.snnrt", tmp_path / "x.npy", "--target", "stm32u575")
    (measured,) = snnrt_command(*usual_profile, "--measured", log, "--json").json["measured"]
    assert measured["cycles"] == 1500 and measured["inputs"] == 4
    assert "measured 1,500 cycles" in snnrt_command(*usual_profile, "--measured", log).out
    # another class, and other accumulators
    log.write_text(re.sub(r"accumulators (-?)", r"accumulators \g<1>1", done.stdout))
    outcome = snnrt_command(*usual)
    assert outcome.code == 1 and "disagrees: input 0: accumulators" in outcome.out
    first = json.loads(snnrt_command(*usual, "--json").out)["first_difference"]
    assert first["input"] == 0 and first["what"] == "accumulators"


def test_samples_of_nothing_are_wrong_usage(snnrt_command, tmp_path):
    demo_network("int8")[0].save(tmp_path / "digits.snnrt")
    usual = ("export", tmp_path / "digits.snnrt", "-o", tmp_path / "out", "--samples", "2")
    snnrt_command(*usual).failed("add --sample DATA", code=2)

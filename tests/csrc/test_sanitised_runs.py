"""Random models under ASan and UBSan: every kernel set gives the reference's bits, in its own memory."""

from __future__ import annotations

import pytest
from c_programs import command
from exported_models import check_output, export, export_random
from small_networks import SMALL_NETWORKS, image_conv

from snnrt.devices.cpu import kernel_sets


def run(program, folder, exported) -> None:
    command([program, folder, str(len(exported))], timeout=3600)
    for place, model in enumerate(exported):
        assert check_output((folder / f"{place}.output").read_bytes(), model) == 2 * len(kernel_sets())


def test_small_networks(sanitised, tmp_path):
    makes = (*SMALL_NETWORKS.values(), image_conv)
    cases = [make(numbers) for make in makes for numbers in ("int8", "float32")]
    exported = [export(tmp_path, place, graph, x) for place, (graph, x) in enumerate(cases)]
    run(sanitised("run_models"), tmp_path, exported)


def test_random_models(sanitised, tmp_path):
    run(sanitised("run_models"), tmp_path, export_random(tmp_path, 120, seed=1))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_many_random_models(sanitised, tmp_path, seed):
    run(sanitised("run_models"), tmp_path, export_random(tmp_path, 500, seed))

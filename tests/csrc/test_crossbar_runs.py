"""Random models on random chips under ASan and UBSan: every kernel set gives what the device gives."""

from __future__ import annotations

from c_programs import command
from crossbar_chips import check_chip_output, export_random_chips

from snnrt.devices.cpu import kernel_sets


def test_random_models_on_random_chips(sanitised, tmp_path):
    runs = export_random_chips(tmp_path, 60, seed=1)
    command([sanitised("crossbar_runs"), tmp_path, str(len(runs))], timeout=3600)
    for place, run in enumerate(runs):
        assert check_chip_output((tmp_path / f"{place}.output").read_bytes(), run) == len(kernel_sets())

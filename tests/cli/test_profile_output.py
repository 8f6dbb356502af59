"""The tables of `snnrt profile`."""

from __future__ import annotations

import re

from snnrt.cli.profile_output import print_sweep


def point(exit_text: str, accuracy: float | None, mean: float, saved: float) -> dict:
    costs = {"mean_energy_j": 1.5e-6, "mean_latency_s": 2e-3, "mean_edp_js": 3e-9, "edp_reduction": saved}
    threshold = float(exit_text.partition(":")[2] or 0)
    return {
        "exit": exit_text, "threshold": threshold, "timesteps": int(mean), "accuracy": accuracy,
        "agreement": 0.98765, "mean_timesteps": mean, "targets": {"chip": costs},
    }  # fmt: skip


def test_each_point_has_a_row(capsys):
    document = {
        "costed_inputs": 7,
        "static": [point("never", 0.5, 2.0, -1e-9)],
        "rules": [{"rule": "entropy", "points": [point("entropy:0.123456", None, 1.5, 0.75)]}],
    }
    print_sweep(document)
    rows = [re.split(r"\s{2,}", line.strip()) for line in capsys.readouterr().out.splitlines()]
    assert ["all 2", "0.5000", "0.9877", "2.000", "1.50 µJ", "2.00 ms", "3e-09 J·s", "0.0%"] in rows
    assert ["entropy:0.1235", "–", "0.9877", "1.500", "1.50 µJ", "2.00 ms", "3e-09 J·s", "75.0%"] in rows

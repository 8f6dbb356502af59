"""One line of CSV for each input: what it was taken for, how long it took, what it cost."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence

import numpy as np

from snnrt.atomic_write import write_atomically
from snnrt.errors import DataError
from snnrt.targets.estimation import TargetReport


def per_input_csv(classes: np.ndarray, labels: np.ndarray | None, reports: Sequence[TargetReport]) -> str:
    """CSV text: index, class, label (empty without labels), timesteps, and for each target
    ``NAME_energy_j``, ``NAME_latency_s``, ``NAME_edp_js`` of the dynamic run.

    ``classes`` (N,) and ``labels`` (N,) are whole numbers. Raises :class:`DataError` where lengths differ
    or two targets share a name.
    """
    if not reports:
        raise DataError("the per-input table needs at least one target; name one")
    names = [report.target.name for report in reports]
    if len(set(names)) != len(names):
        raise DataError(f"targets {', '.join(names)}: each may be named once")
    timesteps = reports[0].dynamic.timesteps
    lengths = {len(classes), *(len(report.dynamic.timesteps) for report in reports)}
    lengths |= set() if labels is None else {len(labels)}
    if lengths != {len(timesteps)}:
        raise DataError(
            f"classes, labels and costs have lengths {sorted(lengths)}, expected one length for all"
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    figures = [f"{name}_{figure}" for name in names for figure in ("energy_j", "latency_s", "edp_js")]
    writer.writerow(["index", "class", "label", "timesteps", *figures])
    columns = [
        array for r in reports for array in (r.dynamic.energy_j, r.dynamic.latency_s, r.dynamic.edp_js)
    ]
    for index in range(len(timesteps)):
        label = "" if labels is None else int(labels[index])
        costs = [repr(float(column[index])) for column in columns]
        writer.writerow([index, int(classes[index]), label, int(timesteps[index]), *costs])
    return text.getvalue()


def write_per_input(
    path: str | os.PathLike[str],
    classes: np.ndarray,
    labels: np.ndarray | None,
    reports: Sequence[TargetReport],
) -> None:
    """Write :func:`per_input_csv` to ``path``, whole or not at all; OutputError where it cannot."""
    write_atomically(path, per_input_csv(classes, labels, reports))

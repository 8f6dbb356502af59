"""Another run's document, from a file that anybody may have written, beside this one's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snnrt.errors import DataFileError
from snnrt.targets.report.details import Document
from snnrt.texts import parse_json, quoted

LARGEST = 64 * 2**20
"""Bytes of a document."""
MOST_TARGETS = 1000

RUN = {"accuracy": "", "static_accuracy": "", "mean_timesteps": ""}
TARGET = {"mean_energy_j": "J", "mean_latency_s": "s", "mean_edp_js": "J·s", "edp_reduction": ""}
"""Figures that are compared, with their units ("": a share or a number)."""
FACTS = ("model", "data", "inputs", "timesteps", "exit", "device")
MADE = ("model_sha256", "data_fingerprint", "snnrt", "date", "command")


def read_other(path: str | os.PathLike[str]) -> Document:
    """The document of a run as ``snnrt profile --json`` prints it; of it what a comparison needs.

    ``facts`` texts by name, ``figures`` numbers or None, ``targets`` figures by target. Raises DataFileError
    for a file that is missing, too large, no JSON or no such document.
    """
    name = os.fspath(path)
    expected = "expected what 'snnrt profile --json' prints"
    try:
        with Path(path).open("rb") as file:
            raw = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataFileError(f"{name}: can't be read ({reason}); {expected}") from None
    if len(raw) > LARGEST:
        raise DataFileError(f"{name}: more than {LARGEST} bytes; {expected}")
    try:
        value = parse_json(raw)
    except (ValueError, UnicodeDecodeError) as error:
        raise DataFileError(f"{name}: no JSON document ({error}); {expected}") from None
    return _checked(value, name, expected)


def _checked(value: Any, name: str, expected: str) -> Document:
    if not isinstance(value, Mapping) or not isinstance(value.get("targets"), list):
        raise DataFileError(f"{name}: expected a table with targets, found {quoted(value)}; {expected}")
    if len(value["targets"]) > MOST_TARGETS:
        raise DataFileError(f"{name}: expected at most {MOST_TARGETS} targets, found {len(value['targets'])}")
    targets: dict[str, Document] = {}
    for place, one in enumerate(value["targets"]):
        where = f"targets[{place}]"
        if not isinstance(one, Mapping) or not isinstance(one.get("target"), str):
            raise DataFileError(f"{name}: {where}: expected a table with its target, found {quoted(one)}")
        targets[one["target"]] = {key: _number(one.get(key), f"{name}: {where}.{key}") for key in TARGET}
    # documents of one target have the accuracies there
    first: Mapping[str, Any] = value["targets"][0] if value["targets"] else {}
    figures = {key: _number(value.get(key, first.get(key)), f"{name}: {key}") for key in RUN}
    made = value.get("made")
    facts = {key: _fact(value.get(key)) for key in FACTS}
    facts |= {key: _fact(made.get(key) if isinstance(made, Mapping) else None) for key in MADE}
    return {"name": name, "facts": facts, "figures": figures, "targets": targets}


def _number(value: object, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e300:
        raise DataFileError(f"{where}: expected a number, found {quoted(value)}")
    return float(value)


def _fact(value: object) -> str | None:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None


def compared(document: Document, other: Document) -> Document:
    """This run's figures beside the other's.

    ``same_data``: whether both have one fingerprint, None where it is not known; ``facts``: those that
    differ, (name, this, other); ``rows``: ``target`` (None: of the run), ``figure``, ``unit``, ``this``,
    ``other`` and ``ratio`` of this to the other (None for shares and where there is none).
    """
    own_facts = {key: _fact(document.get(key)) for key in FACTS}
    own_facts |= {key: _fact(document["made"].get(key)) for key in MADE}
    facts = [
        [key, own, other["facts"][key]]
        for key, own in own_facts.items()
        if own is not None and other["facts"][key] is not None and own != other["facts"][key]
    ]
    prints = own_facts["data_fingerprint"], other["facts"]["data_fingerprint"]
    rows = [_row(None, key, unit, document[key], other["figures"][key]) for key, unit in RUN.items()]
    for target in document["targets"]:
        theirs = other["targets"].get(target["target"])
        if theirs is not None:
            rows += [
                _row(target["target"], key, unit, target[key], theirs[key]) for key, unit in TARGET.items()
            ]
    names = [target["target"] for target in document["targets"]]
    return {
        "name": other["name"],
        "same_data": None if None in prints else prints[0] == prints[1],
        "facts": facts,
        "rows": [row for row in rows if row["this"] is not None or row["other"] is not None],
        "only_here": [name for name in names if name not in other["targets"]],
        "only_there": [name for name in other["targets"] if name not in names],
    }


def _row(target: str | None, figure: str, unit: str, this: float | None, other: float | None) -> Document:
    ratio = this / other if unit and this is not None and other else None
    return {"target": target, "figure": figure, "unit": unit, "this": this, "other": other, "ratio": ratio}

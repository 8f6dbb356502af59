"""Profile files: found by name or path, and checked field by field before anything uses them."""

from __future__ import annotations

import dataclasses
import difflib
import importlib.resources
import os
import re
import sys
from pathlib import Path

from snnrt.errors import TargetError, TargetFileError
from snnrt.targets.figures import MARKS, UNITS, WHOLE_UNITS, Charge, Figure, is_finite_number, units_of
from snnrt.targets.target import KINDS, Target
from snnrt.texts import LONGEST_CELL, printable, quoted

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FORMAT = 1
LARGEST_FILE = 1 << 20
LARGEST_TEXT = 2000
MOST_CHARGES = 200

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
_FIGURE_KEYS = {"value", "low", "high", "unit", "source", "operating_point", "mark"}
_CHARGE_KEYS = _FIGURE_KEYS | {"event", "component", "times", "numbers"}
_TOP_KEYS = {"format", "name", "kind", "title", "description", "figures", "choices", "charges"}


def list_targets() -> tuple[str, ...]:
    """Names of the shipped targets, sorted."""
    folder = importlib.resources.files("snnrt.targets") / "profiles"
    return tuple(
        sorted(item.name[: -len(".toml")] for item in folder.iterdir() if item.name.endswith(".toml"))
    )


def load_target(name_or_path: str | os.PathLike[str]) -> Target:
    """The target called ``name_or_path``, or the profile in that ``.toml`` file.

    Raises :class:`TargetError`: no such name (with names close to it), a file that cannot be read,
    or one that breaks a rule of docs/adding_a_target.md (file, field, expected, found).
    """
    text = os.fspath(name_or_path)
    shipped = list_targets()
    if text in shipped:
        file = importlib.resources.files("snnrt.targets") / "profiles" / f"{text}.toml"
        return parse_target(file.read_bytes(), f"{text}.toml")
    if text.endswith(".toml") or os.sep in text:
        return parse_target(_read(text), printable(text, LONGEST_CELL))
    close = difflib.get_close_matches(text.lower(), shipped, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(shipped)}"
    several = "; of several targets give a list" if "," in text else ""
    raise TargetError(
        f"target {quoted(text)} is unknown; {hint} (or give the path of a .toml profile){several}"
    )


def _read(path: str) -> bytes:
    try:
        if not Path(path).is_file():
            raise TargetFileError(
                f"target profile {quoted(path)}: no such file; give a shipped name or a .toml file"
            )
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except TargetError:
        raise
    except (OSError, ValueError) as error:
        raise TargetFileError(
            f"target profile {quoted(path)}: cannot be read ({error}); check the path"
        ) from error
    if len(data) > LARGEST_FILE:
        raise TargetError(
            f"target profile {quoted(path)}: larger than {LARGEST_FILE} bytes; profiles are small"
        )
    return data


def parse_target(data: bytes, path: str) -> Target:
    """The target that the TOML text ``data`` describes; ``path`` is named in errors.

    Raises :class:`TargetError`.
    """
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TargetError(f"{path}: is not a TOML file: {reason}") from error
    return _Reader(path).target(document)


class _Reader:
    """One file being checked; every complaint names the file and the field."""

    def __init__(self, path: str) -> None:
        self.path = path

    def fail(self, field: str, expected: str, found: object) -> TargetError:
        return TargetError(f"{self.path}: {field}: expected {expected}, found {quoted(found)}")

    def target(self, document: dict[str, object]) -> Target:
        self.keys("the file", document, _TOP_KEYS, required=_TOP_KEYS - {"choices"})
        if document["format"] != FORMAT or isinstance(document["format"], bool):
            raise self.fail("format", f"{FORMAT}, the only format of this version", document["format"])
        kind = document["kind"]
        if not isinstance(kind, str) or kind not in KINDS:
            raise self.fail("kind", f"one of {', '.join(KINDS)}", kind)
        cls = KINDS[kind]
        name = document["name"]
        if not isinstance(name, str) or not _NAME.match(name):
            raise self.fail("name", "lower-case letters, digits, '.', '-' and '_', at most 64", name)
        fields: dict[str, object] = {
            "name": name,
            "title": self.text("title", document["title"]),
            "description": self.text("description", document["description"]),
            "path": self.path,
        }
        fields |= self.figures(cls, self.table("figures", document["figures"]))
        fields |= self.choices(cls, self.table("choices", document.get("choices", {})))
        fields["charges"] = self.charges(cls, document["charges"])
        target = cls(**fields)  # type: ignore[arg-type]
        needs_density = {"fixed_timesteps", "exit_timesteps"} & target.figures.keys()
        if needs_density and "nominal_density" not in target.figures:
            raise TargetError(
                f"{self.path}: figures: {min(needs_density)} is a multiple of a timestep at nominal_density, "
                "which is missing; add it"
            )
        return target

    def figures(self, cls: type[Target], tables: dict[str, object]) -> dict[str, object]:
        known = {item.name: item for item in dataclasses.fields(cls) if "unit" in item.metadata}
        required = {name for name, item in known.items() if item.default is dataclasses.MISSING}
        self.keys("figures", tables, set(known), required)
        found: dict[str, object] = {}
        for name, table in tables.items():
            where = f"figures.{name}"
            rules = known[name].metadata
            figure = self.figure(where, self.table(where, table), rules["unit"], _FIGURE_KEYS)
            for key in ("low", "value", "high"):
                value = figure.at(key).si  # type: ignore[arg-type]
                least, most = rules["least"], rules["most"]
                if value < least or value > most or (rules["above"] and value <= least):
                    bound = "above" if rules["above"] else "at least"
                    expected = f"{bound} {least:g} and at most {most:g} {rules['unit']}"
                    raise self.fail(f"{where}.{key}", expected, getattr(figure, key))
            found[name] = figure
        return found

    def choices(self, cls: type[Target], table: dict[str, object]) -> dict[str, object]:
        known = {
            item.name: item.metadata["choices"]
            for item in dataclasses.fields(cls)
            if "choices" in item.metadata
        }
        self.keys("choices", table, set(known), set(known))
        for name, value in table.items():
            if not isinstance(value, str) or value not in known[name]:
                raise self.fail(f"choices.{name}", f"one of {', '.join(known[name])}", value)
        return table

    def charges(self, cls: type[Target], rows: object) -> tuple[Charge, ...]:
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_CHARGES:
            raise self.fail("charges", f"1 … {MOST_CHARGES} tables [[charges]]", rows)
        return tuple(self.charge(cls, f"charges[{number}]", row) for number, row in enumerate(rows))

    def charge(self, cls: type[Target], where: str, row: object) -> Charge:
        table = self.table(where, row)
        figure = self.figure(where, table, cls.charge_unit, _CHARGE_KEYS, also={"event", "component"})
        event, times, numbers = table["event"], table.get("times", 1), table.get("numbers")
        if not isinstance(event, str) or event not in cls.events:
            raise self.fail(f"{where}.event", f"one of {', '.join(cls.events)}", event)
        if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= 1_000_000:
            raise self.fail(f"{where}.times", "a whole number from 1 to 1000000", times)
        if numbers not in (None, "int8", "float32"):
            raise self.fail(f"{where}.numbers", "int8 or float32 (leave it out for both)", numbers)
        component = self.text(f"{where}.component", table["component"])
        return Charge(event, component, figure, times, numbers)  # type: ignore[arg-type]

    def figure(
        self,
        where: str,
        table: dict[str, object],
        base: str,
        keys: set[str],
        also: set[str] = frozenset(),  # type: ignore[assignment]
    ) -> Figure:
        required = {"value", "unit", "source", "operating_point", "mark"} | also
        self.keys(where, table, keys, required)
        unit = table["unit"]
        if not isinstance(unit, str) or unit not in UNITS or UNITS[unit][0] != base:
            raise self.fail(f"{where}.unit", f"one of {', '.join(units_of(base))}", unit)
        value = self.number(f"{where}.value", table["value"], unit)
        low = self.number(f"{where}.low", table.get("low", value), unit)
        high = self.number(f"{where}.high", table.get("high", value), unit)
        if not low <= value <= high:
            raise self.fail(where, "low ≤ value ≤ high", f"{low:g}, {value:g}, {high:g}")
        if table["mark"] not in MARKS:
            raise self.fail(f"{where}.mark", f"one of {', '.join(MARKS)}", table["mark"])
        source = self.text(f"{where}.source", table["source"])
        operating_point = self.text(f"{where}.operating_point", table["operating_point"])
        return Figure(value, low, high, unit, source, operating_point, table["mark"])  # type: ignore[arg-type]

    def number(self, where: str, value: object, unit: str) -> float:
        if not is_finite_number(value) or not 0 <= value <= 1e15:  # type: ignore[operator]
            raise self.fail(where, "a finite number from 0 to 1e15", value)
        if unit in WHOLE_UNITS and value != int(value):  # type: ignore[call-overload]
            raise self.fail(where, f"a whole number of {unit}s", value)
        return float(value)  # type: ignore[arg-type]

    def text(self, where: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > LARGEST_TEXT:
            raise self.fail(where, f"text of 1 … {LARGEST_TEXT} characters", value)
        words = " ".join(value.split())
        if not words.isprintable():
            raise self.fail(where, "printable text", value)
        return words

    def table(self, where: str, value: object) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self.fail(where, "a table", value)
        return value

    def keys(self, where: str, table: dict[str, object], known: set[str], required: set[str]) -> None:
        for key in table:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(known))}"
                raise TargetError(f"{self.path}: {where}: {quoted(key)} is not a key of this profile; {hint}")
        for key in sorted(required - table.keys()):
            raise TargetError(f"{self.path}: {where}: {key} is missing; add it")

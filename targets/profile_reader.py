"""One profile file, read table by table: every complaint names the file and the field."""

from __future__ import annotations

import dataclasses
import difflib
import importlib.resources
import re
import sys

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.description import config_of
from snnrt.errors import TargetError
from snnrt.targets.figures import (
    MARKS,
    UNITS,
    WHOLE_UNITS,
    Area,
    Charge,
    Figure,
    is_finite_number,
    units_of,
)
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.kinds import KINDS
from snnrt.targets.scaling import LAWS, POINTS, factors
from snnrt.targets.target import Microcontroller, Published, Target
from snnrt.texts import quoted

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FORMAT = 1
LARGEST_TEXT = 2000
MOST_CHARGES = 200

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
_FIGURE_KEYS = {"value", "low", "high", "unit", "source", "operating_point", "mark"}
_CHARGE_KEYS = _FIGURE_KEYS | {"event", "component", "times", "numbers"}
_LAW_KEYS = {"law", "at"}
_TOP_KEYS = {"format", "name", "kind", "title", "description", "figures", "choices", "charges", "reproduces"}
_OPTIONAL_KEYS = {"choices", "reproduces"}


class ProfileReader:
    """One file being checked; every complaint names the file and the field."""

    def __init__(self, path: str) -> None:
        self.path = path

    def _fail(self, field: str, expected: str, found: object) -> TargetError:
        return TargetError(f"{self.path}: {field}: expected {expected}, found {quoted(found)}")

    def target(self, document: dict[str, object]) -> Target:
        """The target that a parsed file describes. Raises TargetError."""
        kind = document.get("kind")
        cls = KINDS.get(kind) if isinstance(kind, str) else None
        own: dict[type[Target] | None, set[str]] = {
            InMemory: {"crossbar", "areas"},
            Microcontroller: {"core"},
        }
        known = _TOP_KEYS | own.get(cls, set())
        optional = _OPTIONAL_KEYS | {"areas", "core"} | ({"charges"} if "core" in document else set())
        self._keys("the file", document, known, required=known - optional)
        if document["format"] != FORMAT or isinstance(document["format"], bool):
            raise self._fail("format", f"{FORMAT}, the only format of this version", document["format"])
        if cls is None:
            raise self._fail("kind", f"one of {', '.join(KINDS)}", kind)
        name = document["name"]
        if not isinstance(name, str) or not _NAME.match(name):
            raise self._fail("name", "lower-case letters, digits, '.', '-' and '_', at most 64", name)
        fields: dict[str, object] = {
            "name": name,
            "title": self._text("title", document["title"]),
            "description": self._text("description", document["description"]),
            "reproduces": self._published(document.get("reproduces", [])),
            "path": self.path,
        }
        fields |= self._figures(cls, self._table("figures", document["figures"]))
        fields |= self._choices(cls, self._table("choices", document.get("choices", {})))
        charges = self._charges(cls, document["charges"]) if "charges" in document else ()
        if "core" in document:
            charges = self._core(document["core"], charges)
        fields["charges"] = charges
        if cls is InMemory:
            fields |= self._chip(document)
        target = cls(**fields)  # type: ignore[arg-type]
        needs_density = {"fixed_timesteps", "exit_timesteps"} & target.figures.keys()
        if needs_density and "nominal_density" not in target.figures:
            raise TargetError(
                f"{self.path}: figures: {min(needs_density)} is a multiple of a timestep at nominal_density, "
                "which is missing; add it"
            )
        if isinstance(target, InMemory):
            described = self._table("crossbar", document["crossbar"])
            for charge in (*target.charges, *target.areas):
                if "conductance" in charge.laws and "on_resistance" not in described:
                    raise TargetError(
                        f"{self.path}: crossbar.on_resistance is missing: a charge's law needs it; add it"
                    )
                factors(charge, target)
        return target

    def _chip(self, document: dict[str, object]) -> dict[str, object]:
        """The crossbar that computes, where its parameters come from, and the areas of the chip's pieces."""
        table = self._table("crossbar", document["crossbar"])
        sources = {}
        for name, entry in table.items():
            if isinstance(entry, dict) and "source" in entry:
                unit = entry.get("unit", "1")
                base = UNITS[unit][0] if isinstance(unit, str) and unit in UNITS else "1"
                if is_finite_number(entry.get("value")):
                    figure = {"unit": unit} | entry
                    sources[name] = self._figure(f"crossbar.{name}", figure, base, _FIGURE_KEYS)
        config: CrossbarConfig = config_of({"crossbar": table}, self.path)
        rows = document.get("areas", [])
        if not isinstance(rows, list) or len(rows) > MOST_CHARGES:
            raise self._fail("areas", f"at most {MOST_CHARGES} tables [[areas]]", rows)
        areas = []
        for number, row in enumerate(rows):
            charge = self._charge(InMemory, f"areas[{number}]", row, InMemory.pieces, "um2")
            areas.append(
                Area(**{item.name: getattr(charge, item.name) for item in dataclasses.fields(charge)})
            )
        return {"crossbar": config, "crossbar_figures": sources, "areas": tuple(areas)}

    def _core(self, name: object, own: tuple[Charge, ...]) -> tuple[Charge, ...]:
        """The charges of the core called ``name``, with a board's ``own`` in place of its."""
        folder = importlib.resources.files("snnrt.targets") / "cores"
        known = sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml"))
        if not isinstance(name, str) or name not in known:
            raise self._fail("core", f"one of {', '.join(known)}", name)
        document = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))
        theirs = ProfileReader(f"{name}.toml")._charges(Microcontroller, document["charges"])
        replaced = {(charge.event, charge.numbers) for charge in own}
        return (*(charge for charge in theirs if (charge.event, charge.numbers) not in replaced), *own)

    def _published(self, rows: object) -> tuple[Published, ...]:
        """Figures of others that the profile is held against."""
        if not isinstance(rows, list) or len(rows) > MOST_CHARGES:
            raise self._fail("reproduces", f"at most {MOST_CHARGES} tables [[reproduces]]", rows)
        found = []
        for number, row in enumerate(rows):
            where = f"reproduces[{number}]"
            table = self._table(where, row)
            unit = table.get("unit")
            if not isinstance(unit, str) or unit not in UNITS:
                raise self._fail(f"{where}.unit", f"one of {', '.join(UNITS)}", unit)
            figure = self._figure(where, table, UNITS[unit][0], _FIGURE_KEYS | {"what"}, also={"what"})
            found.append(Published(self._text(f"{where}.what", table["what"]), figure))
        return tuple(found)

    def _figures(self, cls: type[Target], tables: dict[str, object]) -> dict[str, object]:
        known = {item.name: item for item in dataclasses.fields(cls) if "unit" in item.metadata}
        required = {name for name, item in known.items() if item.default is dataclasses.MISSING}
        parameters = {item.name for item in dataclasses.fields(CrossbarConfig)}
        for name in tables if cls is InMemory else ():
            place = "columns_per_adc" if name == "converters" else name
            if place in parameters:
                raise TargetError(
                    f"{self.path}: figures.{name}: the crossbar says this, in crossbar.{place}; a fact is "
                    "stated once: move it there"
                )
        self._keys("figures", tables, set(known), required)
        found: dict[str, object] = {}
        for name, table in tables.items():
            where = f"figures.{name}"
            rules = known[name].metadata
            figure = self._figure(where, self._table(where, table), rules["unit"], _FIGURE_KEYS)
            for key in ("low", "value", "high"):
                value = figure.at(key).si  # type: ignore[arg-type]
                least, most = rules["least"], rules["most"]
                if value < least or value > most or (rules["above"] and value <= least):
                    bound = "above" if rules["above"] else "at least"
                    expected = f"{bound} {least:g} and at most {most:g} {rules['unit']}"
                    raise self._fail(f"{where}.{key}", expected, getattr(figure, key))
            found[name] = figure
        return found

    def _choices(self, cls: type[Target], table: dict[str, object]) -> dict[str, object]:
        known = {
            item.name: item.metadata["choices"]
            for item in dataclasses.fields(cls)
            if "choices" in item.metadata
        }
        self._keys("choices", table, set(known), set(known))
        for name, value in table.items():
            if not isinstance(value, str) or value not in known[name]:
                raise self._fail(f"choices.{name}", f"one of {', '.join(known[name])}", value)
        return table

    def _charges(self, cls: type[Target], rows: object) -> tuple[Charge, ...]:
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_CHARGES:
            raise self._fail("charges", f"1 … {MOST_CHARGES} tables [[charges]]", rows)
        return tuple(self._charge(cls, f"charges[{number}]", row) for number, row in enumerate(rows))

    def _charge(
        self,
        cls: type[Target],
        where: str,
        row: object,
        events: dict[str, str] | None = None,
        unit: str | None = None,
    ) -> Charge:
        table = self._table(where, row)
        keys = _CHARGE_KEYS | (_LAW_KEYS if cls is InMemory else set())
        figure = self._figure(where, table, unit or cls.charge_unit, keys, also={"event", "component"})
        events = cls.events if events is None else events
        event, times, numbers = table["event"], table.get("times", 1), table.get("numbers")
        if not isinstance(event, str) or event not in events:
            raise self._fail(f"{where}.event", f"one of {', '.join(events)}", event)
        if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= 1_000_000:
            raise self._fail(f"{where}.times", "a whole number from 1 to 1000000", times)
        if numbers not in (None, "int8", "float32"):
            raise self._fail(f"{where}.numbers", "int8 or float32 (leave it out for both)", numbers)
        component = self._text(f"{where}.component", table["component"])
        laws, at = self._laws(where, table)
        return Charge(event, component, figure, times, numbers, laws, at)  # type: ignore[arg-type]

    def _laws(self, where: str, table: dict[str, object]) -> tuple[tuple[str, ...], dict[str, float]]:
        """The rules that a charge follows, and the operating point where its figure holds."""
        laws, at = table.get("law", []), self._table(f"{where}.at", table.get("at", {}))
        if not isinstance(laws, list) or not all(isinstance(law, str) and law in LAWS for law in laws):
            raise self._fail(f"{where}.law", f"a list of {', '.join(LAWS)}", laws)
        if len(set(laws)) != len(laws):
            raise self._fail(f"{where}.law", "each law once", laws)
        needed = {point for law in laws for point in LAWS[law][0]}
        self._keys(f"{where}.at", at, needed, needed)
        for point, value in at.items():
            least, most = POINTS[point]
            if not is_finite_number(value) or not least <= value <= most:  # type: ignore[operator]
                raise self._fail(f"{where}.at.{point}", f"a number from {least:g} to {most:g}", value)
        return tuple(laws), {point: float(value) for point, value in at.items()}  # type: ignore[arg-type]

    def _figure(
        self,
        where: str,
        table: dict[str, object],
        base: str,
        keys: set[str],
        also: set[str] = frozenset(),  # type: ignore[assignment]
    ) -> Figure:
        required = {"value", "unit", "source", "operating_point", "mark"} | also
        self._keys(where, table, keys, required)
        unit = table["unit"]
        if not isinstance(unit, str) or unit not in UNITS or UNITS[unit][0] != base:
            raise self._fail(f"{where}.unit", f"one of {', '.join(units_of(base))}", unit)
        value = self._number(f"{where}.value", table["value"], unit)
        low = self._number(f"{where}.low", table.get("low", value), unit)
        high = self._number(f"{where}.high", table.get("high", value), unit)
        if not low <= value <= high:
            raise self._fail(where, "low ≤ value ≤ high", f"{low:g}, {value:g}, {high:g}")
        if table["mark"] not in MARKS:
            raise self._fail(f"{where}.mark", f"one of {', '.join(MARKS)}", table["mark"])
        source = self._text(f"{where}.source", table["source"])
        operating_point = self._text(f"{where}.operating_point", table["operating_point"])
        return Figure(value, low, high, unit, source, operating_point, table["mark"])  # type: ignore[arg-type]

    def _number(self, where: str, value: object, unit: str) -> float:
        if not is_finite_number(value) or not 0 <= value <= 1e15:  # type: ignore[operator]
            raise self._fail(where, "a finite number from 0 to 1e15", value)
        if unit in WHOLE_UNITS and value != int(value):  # type: ignore[call-overload]
            raise self._fail(where, f"a whole number of {unit}s", value)
        return float(value)  # type: ignore[arg-type]

    def _text(self, where: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > LARGEST_TEXT:
            raise self._fail(where, f"text of 1 … {LARGEST_TEXT} characters", value)
        words = " ".join(value.split())
        if not words.isprintable():
            raise self._fail(where, "printable text", value)
        return words

    def _table(self, where: str, value: object) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self._fail(where, "a table", value)
        return value

    def _keys(self, where: str, table: dict[str, object], known: set[str], required: set[str]) -> None:
        for key in table:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(known))}"
                raise TargetError(f"{self.path}: {where}: {quoted(key)} is not a key of this profile; {hint}")
        for key in sorted(required - table.keys()):
            raise TargetError(f"{self.path}: {where}: {key} is missing; add it")

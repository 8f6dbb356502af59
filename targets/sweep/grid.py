"""The design space: which fields of a chip's description take which values, and the chip at each point."""

from __future__ import annotations

import dataclasses
import difflib
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.errors import ArgumentTypeError, TargetError
from snnrt.targets.figures import Figure
from snnrt.targets.in_memory_target import InMemory
from snnrt.texts import quoted

Value = int | float | str
Point = tuple[tuple[str, Value], ...]
"""Fields as the user wrote them, with a value each."""

MOST_VALUES = 10_000
MOST_POINTS = 100_000
FORMS = "as adc.bits=3:8 (each whole number), programming_error=0:0.3:0.05 (with a step) or rows=32,64,128"


@dataclass(frozen=True)
class Axis:
    """A ``field``, as written, and its ``values``."""

    field: str
    values: tuple[Value, ...]


def axes_of(vary: Mapping[str, object] | Sequence[str]) -> tuple[Axis, ...]:
    """Of texts ``FIELD=VALUES``, or of a mapping from a field to a value, several, or the text of several.

    Raises TargetError that names the field.
    """
    if isinstance(vary, str):
        vary = [vary]
    pairs: list[tuple[str, object]] = []
    if isinstance(vary, Mapping):
        pairs = [(str(field), values) for field, values in vary.items()]
    else:
        for text in vary:
            field, equals, values = str(text).partition("=")
            if not equals or not field.strip():
                raise TargetError(f"vary {quoted(text)}: expected FIELD=VALUES, {FORMS}")
            pairs.append((field.strip(), values))
    axes = tuple(Axis(field, _values(field, values)) for field, values in pairs)
    seen: dict[str, str] = {}
    for axis in axes:
        other = seen.setdefault(_plain(axis.field), axis.field)
        if other is not axis.field:
            raise TargetError(f"vary {axis.field}: is there twice; give all its values at once: {FORMS}")
    points = math.prod(len(axis.values) for axis in axes)
    if points > MOST_POINTS:
        raise TargetError(f"vary: expected at most {MOST_POINTS} points, found {points}; use larger steps")
    return axes


def points_of(axes: Sequence[Axis]) -> tuple[Point, ...]:
    """Every combination; the last axis changes fastest."""
    names = [axis.field for axis in axes]
    return tuple(
        tuple(zip(names, values, strict=True))
        for values in itertools.product(*(axis.values for axis in axes))
    )


def label_of(point: Iterable[tuple[str, Value]]) -> str:
    """The fields and values of a point in one line."""
    return ", ".join(
        f"{field}={value:.12g}" if isinstance(value, float) else f"{field}={value}" for field, value in point
    )


def chip_at(target: InMemory, point: Point, seed: int) -> InMemory:
    """``target`` with the fields of ``point``, as the chip that ``seed`` draws.

    Raises TargetError that names the field, its range and what was found.
    """
    crossbar: dict[str, object] = {"seed": seed}
    others: dict[str, object] = {}
    for field, value in point:
        name = parameter_of(target, field)
        try:
            if name in _PARAMETERS:
                crossbar[name] = value
            elif name in target.choices:
                others[name] = _choice(name, value)
            else:
                others[name] = _figure(target, name, value)
        except TargetError as error:
            raise TargetError(f"vary {label_of([(field, value)])}: {error}") from error
    try:
        chip = target.with_parameters(crossbar)
    except TargetError as error:
        raise TargetError(
            f"vary {label_of(_culprit(target, point))}: {error}" if point else str(error)
        ) from error
    return replace(chip, **others) if others else chip  # type: ignore[arg-type]


def _culprit(target: InMemory, point: Point) -> Point:
    """The one field that is wrong whatever the others are; the whole point where it is a combination."""
    for field, value in point:
        name = parameter_of(target, field)
        try:
            if name in _PARAMETERS:
                target.with_parameters({name: value})
        except TargetError:
            return ((field, value),)
    return point


_PARAMETERS = tuple(item.name for item in dataclasses.fields(CrossbarConfig) if item.name != "seed")
_RULES = {item.name: item.metadata for item in dataclasses.fields(InMemory) if "unit" in item.metadata}
_CHOICES = {
    item.name: item.metadata["choices"] for item in dataclasses.fields(InMemory) if "choices" in item.metadata
}


def _plain(field: str) -> str:
    return field.strip().replace(".", "_").replace("-", "_")


def parameter_of(target: InMemory, field: str) -> str:
    """The name of the parameter, figure or choice that ``field`` means: ``adc.bits`` is ``adc_bits``.

    ``crossbar.``, ``figures.`` or ``choices.`` may stand before it. Raises TargetError for an unknown one.
    """
    tables = {"crossbar": _PARAMETERS, "figures": tuple(target.figures), "choices": tuple(target.choices)}
    table, dot, rest = field.strip().partition(".")
    if not (dot and table in tables):
        table, rest = "", field
    searched = [tables[table]] if table else list(tables.values())
    name = _plain(rest)
    if any(name in names for names in searched):
        return name
    if name == "seed":
        raise TargetError("vary seed: each chip has a seed of its own; give how many with --chips")
    known = [one for names in searched for one in names]
    if name in _RULES:
        raise TargetError(
            f"vary {field}: {target.name} gives no such figure; add [figures.{name}] to its file"
        )
    close = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
    raise TargetError(f"vary {field}: {target.name} has no such field; {hint}")


def _choice(name: str, value: Value) -> str:
    if value not in _CHOICES[name]:
        raise TargetError(f"expected one of {', '.join(_CHOICES[name])}, found {value!r}")
    return str(value)


def _figure(target: InMemory, name: str, value: Value) -> Figure:
    """The figure at another value, in the unit of the file, without a spread."""
    figure, rules = target.figures[name], _RULES[name]
    if not isinstance(value, (int, float)):
        raise TargetError(f"expected a number of {figure.unit}, found {value!r}")
    source = f"varied; the file says {figure.value:g} {figure.unit}"
    varied = replace(figure, value=value, low=value, high=value, source=source, mark="assumption")
    si, least, most = varied.si, rules["least"], rules["most"]
    whole = rules["unit"] in ("count", "bit", "byte", "timestep")
    if not least <= si <= most or (rules["above"] and si <= least) or (whole and si != int(si)):
        bound = "above" if rules["above"] else "at least"
        kind = "a whole number, " if whole else ""
        raise TargetError(
            f"expected {kind}{bound} {least:g} and at most {most:g} {rules['unit']}, found {value:g} "
            f"{figure.unit}"
        )
    return varied


def _values(field: str, given: object) -> tuple[Value, ...]:
    if isinstance(given, str):
        found = _parsed(field, given)
    elif isinstance(given, Iterable):
        found = tuple(_plain_value(field, value) for value in given)
    else:
        found = (_plain_value(field, given),)
    if not found:
        raise TargetError(f"vary {field}: expected at least one value, found none; {FORMS}")
    if len(set(found)) != len(found):
        raise TargetError(f"vary {field}: expected each value once, found one twice")
    return found


def _plain_value(field: str, value: object) -> Value:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ArgumentTypeError(f"vary {field}: expected numbers or words, found {quoted(value)}")
    return value


def _parsed(field: str, text: str) -> tuple[Value, ...]:
    if ":" not in text:
        return tuple(_number_or_word(part.strip()) for part in text.split(",") if part.strip())
    parts = [_number_or_word(part.strip()) for part in text.split(":")]
    if len(parts) not in (2, 3) or not all(
        isinstance(part, (int, float)) and math.isfinite(part) for part in parts
    ):
        raise TargetError(
            f"vary {field}: expected FIRST:LAST or FIRST:LAST:STEP, {FORMS}; found {quoted(text)}"
        )
    first, last, step = (*parts, 1)[:3]
    assert (
        isinstance(first, (int, float)) and isinstance(last, (int, float)) and isinstance(step, (int, float))
    )
    if step <= 0 or last < first:
        raise TargetError(
            f"vary {field}: expected a step above 0 and a last value not below the first, found "
            f"{quoted(text)}"
        )
    if len(parts) == 2 and not (isinstance(first, int) and isinstance(last, int)):
        raise TargetError(
            f"vary {field}: expected a step behind numbers that are not whole, as {first}:{last}:"
            f"{(last - first) / 4 or 1:g}; found {quoted(text)}"
        )
    # the last value belongs to the range, also where its step is not exact in binary
    count = (last - first) / step * (1 + 1e-12) + 1e-9
    if count >= MOST_VALUES:
        raise TargetError(f"vary {field}: expected at most {MOST_VALUES} values; use a larger step")
    values = [first + number * step for number in range(int(count) + 1)]
    return tuple(value if isinstance(value, int) else float(f"{value:.12g}") for value in values)


def _number_or_word(text: str) -> Value:
    for kind in (int, float):
        try:
            value: int | float = kind(text)
        except ValueError:
            continue
        if not math.isnan(value):
            return value
    return text

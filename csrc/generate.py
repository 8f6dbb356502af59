"""Writes what the core and docs/ir.md take from the specification (``snnrt.ir.spec``, ``snnrt.ir.nodes``).

python csrc/generate.py            writes csrc/snnrt_constants.h, csrc/snnrt_ir.h, the kinds' switches in
                                   csrc/snnrt_config.h and docs/firmware.md, and the tables of docs/ir.md
python csrc/generate.py --check    fails where they are not what the specification says
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from snnrt.ir import spec
from snnrt.ir.nodes import NODES
from snnrt.ir.nodes.neuron import Neuron
from snnrt.ir.nodes.neuron_fields import FLAGS, INTEGER_FLAGS, PLAIN_FLAGS, WORDS
from snnrt.ir.nodes.neuron_mechanisms import MECHANISMS
from snnrt.ir.spec import Enumeration, Kind, Parameter

ROOT = Path(__file__).resolve().parents[1]
KINDS = tuple(node.KIND for node in NODES)
TRAITS = ("static", "memory", "alias", "state", "same_shape")
# from the second on, how many nodes are left
PLACES = ("first", "last", "before last", "inside")
C_TYPES = {"u32": "uint32_t", "i32": "int32_t", "f32": "float", "u16": "uint16_t"}
HEAD = "/* Written by `make generate` from the specification in runtime/ir. */\n"


def _define(name: str, value: int | str) -> str:
    return f"#define SNNRT_{name} {value}"


def _enumeration(words: Enumeration) -> Iterator[str]:
    for word in words.values:
        yield _define(f"{words.prefix}_{word.upper()}", words.code(word))


def constants() -> str:
    """What callers of the core may use: snnrt_constants.h."""
    major, minor = spec.FORMAT_VERSION
    lines = [
        HEAD + "#ifndef SNNRT_CONSTANTS_H",
        "#define SNNRT_CONSTANTS_H\n",
        "/* The file format that this core reads: its major version, and minor versions up to its own. */",
        _define("FORMAT_MAJOR", major),
        _define("FORMAT_MINOR", minor),
        "\n/* What a network computes in. */",
        *_enumeration(spec.ARITHMETICS),
        "\n/* Types of values: of inputs and outputs of nodes. */",
        *_enumeration(spec.VALUE_TYPES),
        "\n/* How the input arrives: the same values at every timestep, or others at each. */",
        *_enumeration(spec.ENCODINGS),
        "\n/* Rules that end a run. */",
        *_enumeration(spec.EXIT_RULES),
        "\n#endif\n",
    ]
    return "\n".join(lines)


def _struct(name: str, parameters: tuple[Parameter, ...]) -> str:
    fields = "".join(f"    {C_TYPES[parameter.type]} {parameter.name};\n" for parameter in parameters)
    return f"typedef struct snnrt_{name}_parameters {{\n{fields}}} snnrt_{name}_parameters;\n"


def _reads(kind: Kind) -> int:
    """Four bits for each type of the output: which types the inputs may have. A source, which reads nothing,
    has the bit of the type itself."""
    mask = 0
    for given, taken in kind.reads.items():
        for read in taken or (given,):
            mask |= 1 << (4 * spec.VALUE_TYPES.code(given) + spec.VALUE_TYPES.code(read))
    return mask


def _row(kind: Kind) -> str:
    traits = sum(
        1 << place
        for place, trait in enumerate(TRAITS)
        if trait in kind.traits or (trait == "same_shape" and kind.same_shape)
    )
    traits |= PLACES.index(kind.place) << 5
    fewest, most = kind.edges
    passes = sum(1 << spec.VALUE_TYPES.code(given) for given in kind.passes)
    sizes = f"{kind.words}u, {len(kind.arrays)}u"
    return f"0x{_reads(kind):04X}u, 0x{traits:02X}u, {fewest}u, {most}u, {sizes}, 0x{passes:X}u"


def _passing() -> str:
    """Whether a loop of nodes may pass on what none of them says. An alias reads nothing late."""
    kinds = [kind for kind in KINDS if kind.passes and "alias" not in kind.traits]
    built = (f"SNNRT_WITH_{kind.switch}" if kind.switch else "1" for kind in kinds)
    return " || ".join(dict.fromkeys(built))


def _guarded(kind: Kind, macro: str, text: str) -> Iterator[str]:
    """``macro(X)`` as ``text``, or as nothing where the build leaves the kind out."""
    if kind.switch is None:
        yield f"#define {macro}(X) {text}"
        return
    yield f"#if SNNRT_WITH_{kind.switch}"
    yield f"#define {macro}(X) {text}"
    yield "#else"
    yield f"#define {macro}(X)"
    yield "#endif"


def _sublist(name: str, trait: str) -> list[str]:
    """The kinds that have ``trait``, as a macro of its own."""
    macros = [f"    SNNRT_LIST_{kind.name.upper()}(X)" for kind in KINDS if trait in kind.traits]
    return [" \\\n".join([f"#define SNNRT_{name}(X)", *macros])]


def _neuron_bits(*fields: str) -> int:
    """A neuron's flags behind bits of its arrays' roles; ``field=word``: the bits of that word."""
    bits = 0
    for field in fields:
        name, _, word = field.partition("=")
        if name in FLAGS:
            first, count = FLAGS[name]
            bits |= (WORDS[name].code(word) if word else (1 << count) - 1) << first + len(Neuron.KIND.arrays)
        else:
            bits |= 1 << Neuron.KIND.role(name)
    return bits


def _neuron_rules() -> list[str]:
    """What of a neuron goes with what."""
    lines = [
        "/* X(own, needs, excludes) of what does not go with all: flags << SNNRT_NEURON_ARRAYS | roles. */",
        "#define SNNRT_NEURON_RULES(X) \\",
    ]
    rows = [
        "    X(" + ", ".join(f"0x{_neuron_bits(*f):08X}u" for f in ((m.field,), m.needs, m.excludes)) + ")"
        for m in MECHANISMS
        if m.needs or m.excludes
    ]
    return [*lines, " \\\n".join(rows), ""]


def ir() -> str:
    """What only the core uses: snnrt_ir.h."""
    conv2d = next(kind.parameters for kind in KINDS if kind.name == "conv2d")
    lines = [
        HEAD + "/* Internal. */",
        "#ifndef SNNRT_IR_H",
        "#define SNNRT_IR_H\n",
        "#include <stdint.h>\n",
        '#include "snnrt_config.h"',
        '#include "snnrt_constants.h"\n',
        _define("HEADER_BYTES", f"{spec.HEADER_BYTES}u"),
        _define("RECORD_BYTES", f"{spec.RECORD_BYTES}u"),
        _define("NODES_MAX", f"{spec.MAX_NODES}u"),
        _define("TIMESTEPS_MAX", f"{spec.MAX_TIMESTEPS}u"),
        _define("DELAY_MAX", f"{spec.MAX_DELAY}u"),
        _define("CLASSES_MAX", f"{spec.MAX_CLASSES}u"),
        _define("EXIT_TERMS_MAX", f"{spec.MAX_EXIT_TERMS}u"),
        _define("MONITOR_ALARM_MAX", f"0x{spec.MONITOR_ALARM_MAX:08X}"),
        _define("MONITOR_LOWEST_MAX", f"{spec.MONITOR_LOWEST_MAX}u"),
        _define("MONITOR_SHIFT_MAX", f"{spec.MONITOR_SHIFT_MAX}u"),
        _define("DIMENSION_MAX", f"0x{spec.MAX_DIMENSION:08X}u"),
        _define("ELEMENTS_MAX", f"0x{spec.MAX_ELEMENTS:08X}u"),
        _define("VALUE_MAX", f"{spec.LARGEST_INT16}u"),
        _define("WEIGHT_MAX", f"{spec.LARGEST_WEIGHT}"),
        _define("ACCUMULATOR_MAX", f"0x{spec.LARGEST_SUM:08X}"),
        _define("ARRAY_ALIGNMENT", f"{spec.ARRAY_ALIGNMENT}u"),
        _define("NO_OFFSET", f"0x{spec.NO_OFFSET:08X}u"),
        _define("MAGIC_0", f"0x{int.from_bytes(spec.MAGIC[:4], 'little'):08X}u"),
        _define("MAGIC_1", f"0x{int.from_bytes(spec.MAGIC[4:], 'little'):08X}u"),
        "",
    ]
    for words in (spec.ELEMENT_TYPES, spec.LAYOUTS, spec.GRANULARITIES, spec.READOUT_MODES):
        lines += [*_enumeration(words), ""]
    for words in (words for kind in KINDS for words in kind.enumerations):
        lines += [*_enumeration(words), ""]
    lines += [_define(f"KIND_{kind.name.upper()}", kind.number) for kind in KINDS]
    lines += ["", "/* A neuron's flags. */"]
    for words in WORDS.values():
        lines += [*_enumeration(words)]
    for name, (first, bits) in FLAGS.items():
        if bits == 1:
            lines.append(_define(f"NEURON_{name.upper()}", f"0x{1 << first:03X}u"))
        else:
            mask = (1 << bits) - 1
            lines.append(f"#define SNNRT_NEURON_{name.upper()}(flags) (((flags) >> {first}) & {mask}u)")
    every = sum(((1 << bits) - 1) << first for first, bits in FLAGS.values())
    lines += [
        _define("NEURON_FLAGS_ALL", f"0x{every:03X}u"),
        "/* Of these, what every build has; and what float32 lacks. */",
    ]
    lines += [_define("NEURON_FLAGS_PLAIN", f"0x{PLAIN_FLAGS:03X}u")]
    lines += [
        _define("NEURON_FLAGS_INTEGER", f"0x{sum(1 << FLAGS[name][0] for name in INTEGER_FLAGS):03X}u"),
        "",
    ]
    lines += _neuron_rules()
    lines += ["/* Roles of arrays in a record. */"]
    for kind in KINDS:
        if kind.arrays:
            lines += [
                _define(f"{kind.name.upper()}_{array.name.upper()}", place)
                for place, array in enumerate(kind.arrays)
            ]
            lines += [_define(f"{kind.name.upper()}_ARRAYS", len(kind.arrays)), ""]
    lines += ["/* A record's parameters. */"]
    lines += ["/* Windows: of conv2d, and without the last four fields of the poolings. */"]
    lines += [_struct("window", conv2d).replace("_parameters", "")]
    lines += [
        _struct(kind.name, kind.parameters)
        for kind in KINDS
        if kind.parameters and kind.parameters[: len(spec.WINDOW)] != spec.WINDOW
    ]
    lines += ["/* Bits of a row's traits; above them the place in the list of nodes. */"]
    lines += [_define(f"TRAIT_{trait.upper()}", f"0x{1 << place:02X}u") for place, trait in enumerate(TRAITS)]
    lines += ["#define SNNRT_PLACE(traits) ((traits) >> 5)"]
    lines += [_define(f"PLACE_{place.upper().replace(' ', '_')}", n) for n, place in enumerate(PLACES)]
    lines += [
        "\n/* X(KIND, kind, reads, traits, fewest, most, words, roles, passes) of every kind in the build:",
        " * for each type of the output four bits, which types its inputs may have; how many edges; words of",
        " * parameters; roles of arrays; for each type of the output a bit, whether its input says it. */",
    ]
    for kind in KINDS:
        macro = f"SNNRT_LIST_{kind.name.upper()}"
        lines += _guarded(kind, macro, f"X({kind.name.upper()}, {kind.name}, {_row(kind)})")
    lines += ["#define SNNRT_NODE_LIST(X) \\"]
    lines += [
        f"    SNNRT_LIST_{kind.name.upper()}(X)" + (" \\" if kind is not KINDS[-1] else "") for kind in KINDS
    ]
    lines += [
        "/* Of these, the kinds with a step (their output has memory of its own); and those with states. */"
    ]
    lines += _sublist("STEP_LIST", "memory") + _sublist("STATE_LIST", "state")
    lines += ["/* Whether kinds that pass on what their input says may stand in a loop. */"]
    lines += [_define("VALUES_PASS", f"({_passing()})")]
    lines += [_define("KINDS_END", max(kind.number for kind in KINDS) + 1), "\n#endif\n"]
    return "\n".join(lines)


_SWITCHES = re.compile(
    r"(/\* Kinds of nodes, as `make generate` lists them. \*/\n).*?(/\* end \*/)", re.DOTALL
)


def _configuration(text: str) -> str:
    """snnrt_config.h with the kinds' switches anew."""
    switches = dict.fromkeys(kind.switch for kind in KINDS if kind.switch is not None)
    made = "".join(f"#ifndef SNNRT_WITH_{name}\n#define SNNRT_WITH_{name} 1\n#endif\n" for name in switches)
    text, found = _SWITCHES.subn(rf"\g<1>{made}\g<2>", text)
    if found != 1:
        raise SystemExit(f"csrc/snnrt_config.h: expected one list of kinds' switches, found {found}")
    return text


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|") or "–"


def kinds_table() -> str:
    """The kinds of nodes: number, inputs, types."""
    rows = ["| number | kind | inputs | output ← inputs | meaning |", "|---|---|---|---|---|"]
    for kind in sorted(KINDS, key=lambda kind: kind.number):
        fewest, most = kind.edges
        count = str(fewest) if fewest == most else f"{fewest} … {most}"
        types = "; ".join(
            f"{given} ← {', '.join(taken) or 'the caller'}" for given, taken in kind.reads.items()
        )
        rows.append(f"| {kind.number} | {kind.name} | {count} | {types} | {_cell(kind.meaning)} |")
    return "\n".join(rows)


def parameters_table() -> str:
    """The fields of each kind's parameters."""
    rows = ["| kind | offset | type | field | meaning |", "|---|---|---|---|---|"]
    for kind in KINDS:
        offset = 0
        for parameter in kind.parameters:
            meaning = _cell(parameter.meaning)
            rows.append(f"| {kind.name} | {offset} | {parameter.type} | {parameter.name} | {meaning} |")
            offset += parameter.bytes
    return "\n".join(rows)


def arrays_table() -> str:
    """The arrays of each kind."""
    rows = [
        "| kind | role | array | integer | float32 | stored as | unit in integers | meaning |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        for place, array in enumerate(kind.arrays):
            required = ", required" if array.required else ""
            rows.append(
                f"| {kind.name} | {place} | {array.name}{required} | {array.integer or '–'} | "
                f"{array.float32 or '–'} | {array.stored} | {array.unit} | {_cell(array.meaning)} |"
            )
    return "\n".join(rows)


def enumerations_table() -> str:
    """Words and their codes."""
    rows = ["| field | codes |", "|---|---|"]
    named = {
        "arithmetic": spec.ARITHMETICS, "type of values": spec.VALUE_TYPES,
        "element type": spec.ELEMENT_TYPES, "layout": spec.LAYOUTS, "granularity": spec.GRANULARITIES,
        "encoding": spec.ENCODINGS, "readout mode": spec.READOUT_MODES, "exit rule": spec.EXIT_RULES,
    }  # fmt: skip
    for name, words in named.items():
        rows.append(f"| {name} | {', '.join(f'{words.code(word)} {word}' for word in words.values)} |")
    return "\n".join(rows)


def flags_table() -> str:
    """The bits of a neuron's flags."""
    words = WORDS
    rows = ["| bits | field | codes |", "|---|---|---|"]
    for name, (first, bits) in FLAGS.items():
        place = str(first) if bits == 1 else f"{first} … {first + bits - 1}"
        codes = (
            ", ".join(f"{words[name].code(word)} {word}" for word in words[name].values)
            if name in words
            else "0, 1"
        )
        rows.append(f"| {place} | {name} | {codes} |")
    return "\n".join(rows)


TABLES = {
    "kinds": kinds_table, "parameters": parameters_table, "arrays": arrays_table,
    "enumerations": enumerations_table, "flags": flags_table,
}  # fmt: skip


def _with_mechanisms(text: str) -> str:
    """README.md with the neurons' mechanisms anew."""
    words = "; ".join(mechanism.words for mechanism in MECHANISMS if mechanism.words)
    made, found = re.subn(r"(<!-- mechanisms -->).*?(<!-- end -->)", rf"\g<1>{words}\g<2>", text)
    if found != 1:
        raise SystemExit(f"README.md: expected one place marked 'mechanisms', found {found}")
    return made


def _with_switches(text: str) -> str:
    """docs/firmware.md with the switches of kinds anew, each with its kinds."""
    kinds: dict[str, list[str]] = {}
    for kind in KINDS:
        if kind.switch is not None:
            kinds.setdefault(kind.switch, []).append(kind.name)
    listed = ", ".join(f"`SNNRT_WITH_{switch}` ({', '.join(names)})" for switch, names in kinds.items())
    made, found = re.subn(r"(<!-- switches -->).*?(<!-- end -->)", rf"\g<1>{listed}\g<2>", text)
    if found != 1:
        raise SystemExit(f"docs/firmware.md: expected one place marked 'switches', found {found}")
    return made


def _documented(text: str) -> str:
    """docs/ir.md with its tables anew."""
    for name, table in TABLES.items():
        marks = re.compile(rf"(<!-- specification: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        made = table().replace("\\", "\\\\")
        text, found = marks.subn(rf"\g<1>{made}\n\g<2>", text)
        if found != 1:
            raise SystemExit(f"docs/ir.md: expected one table marked '{name}', found {found}")
    return text


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file differs")
    arguments = parser.parse_args()
    page, front = ROOT / "docs" / "ir.md", ROOT / "README.md"
    config, firmware = ROOT / "csrc" / "snnrt_config.h", ROOT / "docs" / "firmware.md"
    made = {
        ROOT / "csrc" / "snnrt_constants.h": constants(),
        ROOT / "csrc" / "snnrt_ir.h": ir(),
        config: _configuration(config.read_text("utf-8")),
        page: _documented(page.read_text("utf-8")),
        front: _with_mechanisms(front.read_text("utf-8")),
        firmware: _with_switches(firmware.read_text("utf-8")),
    }
    stale = [path for path, text in made.items() if not path.is_file() or path.read_text("utf-8") != text]
    for path in stale:
        if arguments.check:
            print(f"{path.relative_to(ROOT)} is not what the specification says; run make generate")
        else:
            path.write_text(made[path], "utf-8")
            print(f"written: {path.relative_to(ROOT)}")
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    assert Neuron.KIND in KINDS
    sys.exit(main())

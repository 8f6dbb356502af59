"""The core for one build: what is in it, that every compiler takes it, and what it links."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from c_programs import command
from exported_projects import ARM, COMPILERS, WARNINGS, need
from small_networks import dense_lif, every_kind

import snnrt
from snnrt.ir.graph import Graph, Neuron, Numbers
from snnrt.targets.export import core_sources
from snnrt.targets.export.core_sources import amalgamate, options_for, source_files

_PREFIX = "SNNRT_WITH_"
_EVERY_SWITCH = {name: 1 for name in options_for(dense_lif("int8")[0])}
_FIRMWARE = """
#include "snnrt.h"
extern const uint64_t model[], arena[];
extern const void *input;
snnrt_network network;
snnrt_result result;
int main(void);
int main(void) {
    return (int)snnrt_network_init(&network, model, 1000u, (void *)(uintptr_t)arena, 1000u, NULL) +
           (int)snnrt_network_run(&network, input, &result);
}
"""


def builds() -> dict[str, dict[str, int]]:
    """The switches of some firmware, by name."""
    both = {name: int("VECTOR" not in name and "TABLE" not in name) for name in _EVERY_SWITCH}
    return {
        "everything": both,
        "kernel table": both | {_PREFIX + "KERNEL_TABLE": 1},
        "small int8": options_for(dense_lif("int8")[0]),
        "small float32": options_for(dense_lif("float32")[0], health=1, strings=1),
        "unchecked int8": options_for(every_kind("int8")[0], model_check=0, trace=1),
        "every kind float32": options_for(every_kind("float32")[0], counters=1),
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The amalgamation of each build, in a folder."""
    folders = {}
    for name, options in builds().items():
        folder = tmp_path_factory.mktemp("core")
        source, header = amalgamate(options)
        (folder / "snnrt.c").write_text(source)
        (folder / "snnrt.h").write_text(header)
        folders[name] = folder
    return folders


@pytest.mark.firmware
@pytest.mark.parametrize("compiler", COMPILERS, ids=lambda compiler: compiler.name)
def test_every_compiler_takes_it_without_a_flag(written, compiler):
    """C99, C11 and the compiler's own default, without a warning."""
    program = compiler.command()

    def compile_one(name: str) -> None:
        source = written[name] / "snnrt.c"
        command([*program, *WARNINGS, "-std=c99", "-fsyntax-only", source])
        if name in ("everything", "small int8", "small float32"):
            # warnings about values come with the optimiser
            target = written[name] / f"{compiler.name}.o"
            command([*program, *WARNINGS, "-std=c99", "-Os", "-c", source, "-o", target])
        command([*program, *WARNINGS, "-std=c11", "-fsyntax-only", source])
        command([*program, *WARNINGS, "-fsyntax-only", source])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(compile_one, written))


@pytest.mark.firmware
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_cpp(written, compiler, tmp_path):
    """The header in a C++ file, and the core itself for builds that compile everything as C++."""
    need(compiler, compiler.replace("clang++", "clang"))
    (tmp_path / "user.cpp").write_text(
        '#include "snnrt.h"\nint main() { return snnrt_network_reset(nullptr) == 0; }\n'
    )
    for folder in written.values():
        flags = ("-std=c++17", *WARNINGS, "-I", folder, "-fsyntax-only")
        command([compiler, *flags, tmp_path / "user.cpp"])
        command([compiler, *flags, "-x", "c++", folder / "snnrt.c"])


def test_options_follow_the_model():
    graph = plain_lif("int8")
    on = {name for name, value in options_for(graph).items() if value}
    assert on == {_PREFIX + name for name in ("INT8", "EXIT_SCORES", "MODEL_CHECK")}
    on = {name for name, value in options_for(every_kind("float32")[0]).items() if value}
    names = (
        "FLOAT32",
        "CONV2D",
        "DEPTHWISE",
        "POOL2D",
        "ADD",
        "NEURON_VARIANTS",
        "EXIT_SCORES",
        "MODEL_CHECK",
    )
    assert on == {_PREFIX + name for name in names}
    rules = {rule: options_for(graph.with_exit(rule, 0.5)) for rule in ("never", "entropy", "confidence")}
    assert [options[_PREFIX + "EXIT_SCORES"] for options in rules.values()] == [0, 1, 1]
    assert [options[_PREFIX + "EXIT_CONFIDENCE"] for options in rules.values()] == [0, 0, 1]
    assert options_for(graph, counters=1)[_PREFIX + "COUNTERS"] == 1
    # a health record has the entropies without a rule, too
    never = options_for(graph.with_exit("never", 0.0), health=1)
    assert (never[_PREFIX + "HEALTH"], never[_PREFIX + "EXIT_SCORES"]) == (1, 1)
    with pytest.raises(TypeError, match=r"SNNRT_WITH_COUNTER$"):
        options_for(graph, counter=1)


def plain_lif(numbers: Numbers, changed: str = "n", **changes: object) -> Graph:
    """dense + LIF of the smallest build; ``changes`` are made to the node ``changed``."""
    graph = dense_lif(numbers)[0]
    plain = {"reset": "value", "reset_next": False, "membrane": graph["n"].membrane}
    nodes = []
    for node in graph.nodes:
        if isinstance(node, Neuron):
            zero = np.zeros((), node.threshold.dtype)
            node = node.with_(**plain, reset_value=zero)
            node = node.with_(**changes) if node.name == changed else node
        nodes.append(node)
    return graph.with_(nodes=tuple(nodes))


@pytest.mark.firmware
def test_neuron_variants_are_what_a_core_without_them_refuses(tmp_path):
    """For each kind of neuron: options_for asks for the switch exactly where the core would refuse."""
    number = np.int32
    kinds = {
        "plain": {},
        "synapse": {"synapse": np.asarray(20000, number)},
        "lower bound": {"lower_bound": np.asarray(-100, number)},
        "multiple": {"multiple": True, "max_spikes": 3},
        "reset next": {"reset_next": True},
        "narrow": {"state_bits": 16},
        "leaks": {"membrane": np.arange(5, dtype=number) + 20000},
        "bias": {"bias": np.asarray(3, number)},
        "thresholds": {"threshold": np.arange(5, dtype=number) + 20},
        "integrator": {"changed": "m", "threshold": None, "reset": "none", "reset_value": None},
    }
    graphs = {name: plain_lif("int8", **changes) for name, changes in kinds.items()}
    source, header = amalgamate(builds()["everything"] | {_PREFIX + "NEURON_VARIANTS": 0})
    (tmp_path / "snnrt.c").write_text(source)
    (tmp_path / "snnrt.h").write_text(header)
    (tmp_path / "main.c").write_text("""
    #include <stdio.h>
    #include "snnrt.h"
    static uint64_t model[4096];
    int main(int count, char **names) {
        for (int i = 1; i < count; i++) {
            FILE *file = fopen(names[i], "rb");
            size_t bytes = fread(model, 1, sizeof model, file);
            printf("%d\\n", (int)snnrt_model_check(model, bytes, NULL, NULL));
            fclose(file);
        }
        return 0;
    }
    """)
    program, files = tmp_path / "program", []
    command(["gcc", "-std=c99", *WARNINGS, tmp_path / "main.c", tmp_path / "snnrt.c", "-o", program])
    needed = []
    for name, graph in graphs.items():
        files.append(tmp_path / f"{name}.snnrt")
        snnrt.Network(graph).save(files[-1])
        needed.append(options_for(graph)[_PREFIX + "NEURON_VARIANTS"])
    statuses = [int(word) for word in command([program, *files]).split()]
    assert dict(zip(graphs, statuses, strict=True)) == {
        name: 19 if need_it else 0 for name, need_it in zip(graphs, needed, strict=True)
    }
    assert needed[0] == 0 and sum(needed) >= 5


def test_every_switch_of_the_header_is_decided():
    header = (core_sources._folder() / "snnrt_config.h").read_text()
    named = set(re.findall(r"^#ifndef (SNNRT_WITH_\w+)$", header, re.MULTILINE))
    compiler_decides = {name for name in named if re.search(rf"#ifndef {name}\n#if", header)}
    assert set(_EVERY_SWITCH) == named - compiler_decides


def test_only_what_the_model_uses():
    source, _ = amalgamate(options_for(dense_lif("int8")[0]))
    for name in ("snnrt_scan_bits_f32", "snnrt_accumulate_f32", "snnrt_neuron_f32"):
        assert not re.search(rf"^\w.*\b{name}\(const", source, re.MULTILINE)
    assert "float32 neuron step" not in source
    assert re.search(r"^void snnrt_accumulate_i8\(const", source, re.MULTILINE)
    files = set(source_files(options_for(dense_lif("int8")[0])))
    assert "kernels/accumulate_i8.c" in files and "kernels/accumulate_f32.c" not in files
    assert not [name for name in files if name.startswith(("host", "kernels/x86"))]
    both = set(source_files(builds()["everything"]))
    assert files < both and {"kernels/accumulate_f32.c", "kernels/pool2d.c"} <= both


@pytest.mark.firmware
def test_the_switches_can_still_be_overridden(written, tmp_path):
    """-D leaves more out; what was not exported is refused at compile time, with what to do."""
    source = written["everything"] / "snnrt.c"
    left_out = [f"-D{_PREFIX}{name}=0" for name in ("FLOAT32", "POOL2D", "COUNTERS", "TRACE", "STRINGS")]
    for std in ("-std=c99", "-std=c11"):
        command(["gcc", std, *WARNINGS, *left_out, "-c", source, "-o", tmp_path / "less.o"])
    more = [
        "gcc",
        f"-D{_PREFIX}FLOAT32=1",
        "-c",
        written["small int8"] / "snnrt.c",
        "-o",
        tmp_path / "more.o",
    ]
    done = subprocess.run(more, capture_output=True, text=True)
    assert done.returncode != 0
    assert "exported without SNNRT_WITH_FLOAT32: export again with it" in done.stderr


@pytest.mark.firmware
@pytest.mark.parametrize("optimisation", ["-O0", "-Os"])
def test_only_the_header_s_functions_have_names_outside(written, optimisation, tmp_path):
    """What is internal to the core is static in one file: smaller, and no name meets one of the program's."""
    for name, folder in written.items():
        if name == "kernel table":
            continue
        target = tmp_path / "core.o"
        command(["gcc", "-std=c99", optimisation, "-c", folder / "snnrt.c", "-o", target])
        lines = command(["nm", "-g", "--defined-only", target]).splitlines()
        defined = {line.split()[-1] for line in lines}
        declared = set(re.findall(r"\b(snnrt_\w+)\(", (folder / "snnrt.h").read_text()))
        assert {"snnrt_network_init", "snnrt_network_run"} <= defined <= declared, name


@pytest.mark.firmware
@pytest.mark.parametrize("build", ["small int8", "unchecked int8"])
def test_integer_firmware_links_no_float_and_no_heap(written, build, tmp_path):
    compiler = ARM.command()
    (tmp_path / "firmware.c").write_text(_FIRMWARE)
    elf = tmp_path / "firmware.elf"
    symbols = [f"-Wl,--defsym={name}=0x1000" for name in ("model", "arena", "input")]
    command(
        [*compiler, "-Os", "-ffunction-sections", "-Wl,--gc-sections", "-nostartfiles", "-Wl,-e,main",
         *symbols, "-I", written[build], tmp_path / "firmware.c", written[build] / "snnrt.c", "-o", elf]
    )  # fmt: skip
    linked = command(["arm-none-eabi-nm", elf]).split()
    assert "snnrt_network_init" in linked and "snnrt_network_run" in linked
    forbidden = re.compile(
        r"__aeabi_[fd]|__aeabi_(?:u?[il]|ul)2[fd]|__\w+[sd]f[23]|_?(?:m|re|c)alloc(_r)?$|_?s?brk(_r)?$|_?free(_r)?$"
    )
    assert not [name for name in linked if forbidden.match(name)]


def _without_includes(text: str) -> str:
    return re.sub(r"\n{2,}", "\n", re.sub(r"^#include .*\n", "", text, flags=re.MULTILINE)).strip()


def test_the_files_stand_one_after_another_as_they_are():
    options = builds()["everything"]
    source = _without_includes(amalgamate(options)[0])
    names = [name for name in source_files(options) if name.endswith(".c")]
    assert len(names) > 20
    assert [name for name in names if _without_includes(core_sources._read(name)) not in source] == []

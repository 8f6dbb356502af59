"""Two exports in one firmware: each has its core, whose names and switches are its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from c_programs import command
from exported_projects import WARNINGS, export, include_flags, need, sources_of
from small_networks import dense_lif, every_kind

import snnrt
from snnrt.targets.export.own_names import linked_names, renamed
from snnrt.targets.export.project_kinds import LAYOUTS

# they need different parts of the core
NETWORKS = {"wake": dense_lif("int8"), "camera": every_kind("float32")}
RUN = """
#include "{name}_model.h"
static uint64_t arena[{prefix}_ARENA_BYTES / 8u];
static snnrt_network network;
int run_{name}(void);
int run_{name}(void) {{
    static const {name}_input input[{prefix}_TIMESTEPS * {prefix}_INPUT_ELEMENTS];
    snnrt_result result;
    snnrt_status status =
        snnrt_network_init(&network, {name}_model, {prefix}_MODEL_BYTES, arena, sizeof arena, NULL);
    if (status == SNNRT_OK) status = snnrt_network_run(&network, input, &result);
    return status == SNNRT_OK ? (int)result.class_index : -(int)status;
}}
"""
MAIN = """
#include <stdio.h>
int run_wake(void);
int run_camera(void);
int main(void) {
    printf("%d %d\\n", run_wake(), run_camera());
    return 0;
}
"""


def archive(folder: Path, name: str, layout: str) -> Path:
    """A static library of an export, and a program's file that uses it."""
    graph = NETWORKS[name][0]
    export(graph, folder / name, name=name, layout=layout)
    user = folder / f"{name}_user.c"
    user.write_text(RUN.format(name=name, prefix=name.upper()))
    objects = []
    for source in [user, *sources_of(folder / name)]:
        objects.append(folder / f"{name}-{len(objects)}.o")
        command(
            ["gcc", "-std=c99", *WARNINGS, *include_flags(folder / name), "-c", source, "-o", objects[-1]]
        )
    command(["ar", "rcs", folder / f"lib{name}.a", *objects])
    return folder / f"lib{name}.a"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_two_exports_in_one_program(layout, tmp_path):
    """Linked as libraries in either order, and whole, as Zephyr links; each computes what the host does."""
    need("ar", "binutils")
    libraries = [archive(tmp_path, name, layout) for name in NETWORKS]
    (tmp_path / "main.c").write_text(MAIN)
    expected = [snnrt.Network(graph).run(x[:1] * 0).predictions[0] for graph, x in NETWORKS.values()]
    whole = ["-Wl,--whole-archive", *libraries, "-Wl,--no-whole-archive"]
    for place, linked in enumerate((libraries, libraries[::-1], whole)):
        program = tmp_path / f"program{place}"
        command(["gcc", tmp_path / "main.c", *linked, "-o", program])
        assert command([program]).split() == [str(value) for value in expected]
    for library, name in zip(libraries, NETWORKS, strict=True):
        shown = command(["nm", "-g", "--defined-only", library])
        symbols = {line.split()[-1] for line in shown.splitlines() if len(line.split()) == 3}
        own = (f"{name}_snnrt_", f"{name}_model", f"run_{name}")
        assert len(symbols) > 10 and all(symbol.startswith(own) for symbol in symbols)


def test_both_headers_in_one_file_are_refused_in_words(tmp_path):
    for name, (graph, _) in NETWORKS.items():
        export(graph, tmp_path / name, name=name)
    includes = ["-I", tmp_path / "wake", "-I", tmp_path / "camera"]
    for text in (
        '#include "wake_model.h"\n#include "camera_model.h"\n',
        # the first of the folders has the header, whatever is meant
        '#include "snnrt.h"\n#include "camera_model.h"\n',
    ):
        (tmp_path / "user.c").write_text(text)
        done = subprocess.run(
            ["gcc", *includes, "-fsyntax-only", tmp_path / "user.c"], capture_output=True, text=True
        )
        assert done.returncode and "export both models at once" in done.stderr


def test_names_are_those_of_functions_and_tables():
    text = """
    snnrt_status snnrt_network_run(snnrt_network *network);
    extern const uint32_t snnrt_table[4];
    typedef void (*snnrt_trace)(void *user);
    #define SNNRT_MAX 3
    """
    assert linked_names([text]) == ("snnrt_network_run", "snnrt_table")
    header = "#ifndef SNNRT_H\n#define SNNRT_H\nint snnrt_version(void);\n#endif\n"
    core = renamed({"snnrt.h": header, "snnrt.c": "static void snnrt_inner(void) {}\n"}, "net")
    assert "#define snnrt_version net_snnrt_version\n" in core["snnrt.h"] and "inner" not in core["snnrt.h"]
    assert core["snnrt.h"].index("SNNRT_OF_NET") > core["snnrt.h"].index("define SNNRT_H")

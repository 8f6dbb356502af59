"""The integer kernels that firmware gets, alone, on the host and on emulated cores."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import pytest
from c_programs import (
    CSRC,
    HOST,
    HOSTED,
    PROGRAMS,
    command,
    compile_core,
    need_compiler,
    need_header,
    sources,
)
from device_programs import HERE, need_core, run_on_core
from small_networks import SMALL_NETWORKS

from snnrt.devices.cpu import kernel_sets
from snnrt.targets.emulator import CORES, build
from snnrt.targets.emulator.build import BOARDS
from snnrt.targets.export.core_sources import options_for, source_files

CASES = [
    "accumulate",
    "150",
    "neuron",
    "600",
    "ties",
    "200",
    "scan",
    "400",
    "conv",
    "250",
    "limits",
    "2736",
    "pool",
    "200",
]
EVERY_SET = ("portable", "avx2", "avx512vnni")
PROGRAM = [PROGRAMS / f"{name}_checks.c" for name in ("kernel", "neuron", "layer", "limit")]
BOARD = HERE / "host_board.c"
# one core of each kind: Thumb-1, Thumb-2, with DSP instructions, with vectors, with none of these
KINDS = ("cortex-m0", "cortex-m3", "cortex-m4", "cortex-m55", "rv32")


def write_kernels(folder: Path, **overrides: int) -> list[Path]:
    """The core's headers and the integer kernels' files in ``folder``."""
    graph, _ = SMALL_NETWORKS["dense_lif"]("int8")
    found = []
    for name, text in source_files(options_for(graph, conv2d=1, pool2d=1, depthwise=1, **overrides)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.startswith("kernels/") and name.endswith(".c"):
            found.append(path)
    return found


def check_core(name: str, folder: Path, optimisation: str, **overrides: int) -> None:
    core = need_core(name)
    programs = [*PROGRAM, *write_kernels(folder, **overrides)]
    image = build(core, folder, programs, {}, optimisation=optimisation)
    assert run_on_core(core, image, folder).split() == CASES


@pytest.mark.parametrize(("compiler", "optimisation"), [("gcc", "-O2"), ("clang", "-Os")])
def test_on_the_host(compiler, optimisation, tmp_path):
    need_compiler(compiler)
    programs = [*PROGRAM, BOARD, *write_kernels(tmp_path, neuron_variants=1)]
    flags = ["-std=gnu99", "-g", optimisation, "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command([compiler, *flags, f"-I{tmp_path}", f"-I{BOARDS}", *programs, "-o", tmp_path / "program"])
    command(["sh", "-c", f"{tmp_path}/program 2>{tmp_path}/said"])
    assert (tmp_path / "said").read_text().split() == CASES


@pytest.mark.parametrize(("compiler", "optimisation"), [("gcc", "-O3"), ("clang", "-O2")])
def test_every_kernel_set_of_the_host(compiler, optimisation, tmp_path):
    need_compiler(compiler)
    flags = ["-std=gnu99", optimisation, "-fsanitize=address,undefined", "-fno-sanitize-recover=all", *HOST]
    programs = [*PROGRAM, BOARD, *sources()]
    command([compiler, *flags, f"-I{CSRC}", f"-I{BOARDS}", *programs, "-o", tmp_path / "program"])
    command(["sh", "-c", f"{tmp_path}/program 2>{tmp_path}/said"])
    expected = [word for name in kernel_sets() for word in (name, *CASES)]
    assert (tmp_path / "said").read_text().split() == expected


@pytest.mark.parametrize(("compiler", "optimisation"), [("gcc", "-O3"), ("clang", "-O1")])
def test_windows_with_every_kernel_set_of_the_host(compiler, optimisation, tmp_path):
    """The first cases are the largest sums: all channels on, all weights 127 or -127, 144 pairs and more."""
    need_compiler(compiler)
    (tmp_path / "core.c").write_text("".join(f'#include "{path}"\n' for path in sources()))
    programs = [tmp_path / "core.c", PROGRAMS / "window_checks.c"]
    flags = [
        "-std=gnu99",
        optimisation,
        "-ffp-contract=off",
        "-fsanitize=undefined",
        "-fno-sanitize-recover=all",
    ]
    command([compiler, *flags, *HOST, f"-I{CSRC}", *programs, "-o", tmp_path / "program"])
    said = [line.split() for line in command([tmp_path / "program"]).splitlines()]
    assert [name for name, *_ in said] == list(kernel_sets())
    for name, *cases in said:
        convolutions, taken, largest, counts, floats, scans, pools, neurons = map(int, cases)
        assert (convolutions, counts, floats, scans, pools, neurons) == (160, 300, 200, 300, 200, 600)
        # peaks up to 31 of 255 in pairs, all in quads
        every = name == "portable"
        assert taken == 160 if every else taken > 50 and largest >= 12, said


def test_kernels_of_a_cortex_a_under_emulation(tmp_path):
    """The portable set's vectors are NEON there, of int8 and of float32."""
    compiler, emulator = need_compiler("aarch64-linux-gnu-gcc"), need_compiler("qemu-aarch64")
    objects = compile_core(tmp_path, ["-O2", "-ffp-contract=off"], compiler=compiler)
    flags = ["-std=gnu99", "-O1", "-ffp-contract=off", "-static", *HOST, f"-I{CSRC}", f"-I{BOARDS}"]
    windows, kernels = tmp_path / "windows", tmp_path / "kernels"
    command([compiler, *flags, PROGRAMS / "window_checks.c", *objects, "-o", windows])
    command([compiler, *flags, *PROGRAM, BOARD, *objects, "-lm", "-o", kernels])
    assert command([emulator, windows]).split() == [
        "portable",
        "160",
        "160",
        "24",
        "300",
        "200",
        "300",
        "200",
        "600",
    ]
    command(["sh", "-c", f"{emulator} {kernels} 2>{tmp_path}/said"])
    assert (tmp_path / "said").read_text().split() == ["portable", *CASES]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the kernels are for x86")
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_vector_kernels_of_x86_in_plain_c(compiler, tmp_path):
    """Also where the processor lacks AVX2 or AVX-512: SIMDe's headers stand in for the compiler's."""
    need_compiler(compiler)
    need_header("simde/x86/avx512.h")
    patterns = [pattern for pattern in HOSTED if not pattern.startswith("crossbar")]
    (tmp_path / "core.c").write_text("".join(f'#include "{path}"\n' for path in sources(patterns)))
    flags = ["-std=gnu99", "-O1", "-w", "-ffp-contract=off", "-DSNNRT_EMULATED_SETS", *HOST]
    folders = [f"-I{PROGRAMS / 'simde'}", f"-I{CSRC}", f"-I{BOARDS}"]
    command([compiler, *flags, *folders, "-c", tmp_path / "core.c", "-o", tmp_path / "core.o"])
    for name, more in (("windows", [PROGRAMS / "window_checks.c"]), ("kernels", [*PROGRAM, BOARD])):
        programs = [tmp_path / "core.o", *more]
        command([compiler, *flags, *folders, *programs, "-lm", "-o", tmp_path / name])
    said = [line.split() for line in command([tmp_path / "windows"]).splitlines()]
    assert [(name, done[0], *done[3:]) for name, *done in said] == [
        (name, "160", "300", "200", "300", "200", "600") for name in EVERY_SET
    ]
    assert all(int(done[1]) > 50 for _, *done in said), said
    command(["sh", "-c", f"{tmp_path}/kernels 2>{tmp_path}/said"])
    expected = [word for name in EVERY_SET for word in (name, *CASES)]
    assert (tmp_path / "said").read_text().split() == expected


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_no_result_depends_on_aliasing(compiler, tmp_path):
    """As compilers are free to do: types taken at their word, the whole core in one file."""
    need_compiler(compiler)
    (tmp_path / "core.c").write_text("".join(f'#include "{path}"\n' for path in sources()))
    programs = [tmp_path / "core.c", *PROGRAM, BOARD]
    flags = ["-std=gnu99", "-O3", "-fstrict-aliasing", "-Werror=strict-aliasing", *HOST]
    command([compiler, *flags, f"-I{CSRC}", f"-I{BOARDS}", *programs, "-o", tmp_path / "program"])
    command(["sh", "-c", f"{tmp_path}/program 2>{tmp_path}/said"])
    expected = [word for name in kernel_sets() for word in (name, *CASES)]
    assert (tmp_path / "said").read_text().split() == expected


def test_buffers_are_read_through_types_that_may_alias():
    plain = re.compile(r"\((?:const )?(?:u?int(?:16|32)_t|float) \*")
    found = {
        path.relative_to(CSRC).as_posix(): plain.findall(path.read_text("utf-8"))
        for path in sorted((CSRC / "kernels").rglob("*.[ch]"))
    }
    assert len(found) > 20
    assert {name: casts for name, casts in found.items() if casts} == {}


@pytest.mark.parametrize("name", KINDS)
def test_on_a_core(name, tmp_path):
    """Wide sums and every neuron at -O2; at -Os the small forms and plain neurons."""
    check_core(name, tmp_path / "fast", "-O2", neuron_variants=1)
    check_core(name, tmp_path / "small", "-Os", neuron_variants=0)


@pytest.mark.long
@pytest.mark.parametrize("name", CORES)
@pytest.mark.parametrize("optimisation", ["-O1", "-O3"])
def test_on_every_core(name, optimisation, tmp_path):
    check_core(name, tmp_path, optimisation, neuron_variants=1)

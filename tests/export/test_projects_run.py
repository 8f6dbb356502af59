"""What was exported computes what the host computes: the example, compiled and run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from c_programs import command
from exported_projects import (
    ARM,
    SANITISERS,
    WARNINGS,
    compile_example,
    export,
    include_flags,
    need,
    results_of,
    sources_of,
)
from small_networks import dense_lif, every_kind, image_conv

import snnrt
from snnrt.data.load import load_dataset
from snnrt.ir.graph import Graph
from snnrt.ir.nodes.input import quantise_input
from snnrt.targets.export.model_sources import Model, scratch_bytes
from snnrt.targets.export.project import Export, build_project, write_project
from snnrt.texts import printable

NETWORKS = {"dense": dense_lif, "every kind": every_kind, "image": image_conv}


@pytest.fixture(scope="module")
def digits() -> Graph:
    """The digits network in int8."""
    source = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"
    network = snnrt.convert(
        source, numbers="int8", calibrate=load_dataset("digits", split="train").x, timesteps=4,
        framework="snntorch", exit="entropy:0.2",
    )  # fmt: skip
    return network.graph.with_(metadata={**network.graph.metadata, "class_names": [*"abcdefghij"]})


def same_as_host(printed: str, graph: Graph, x: np.ndarray) -> None:
    """Class, timesteps and accumulators of the example's two ways are those of the engine."""
    out = snnrt.Network(graph).run(x[None])
    said = results_of(printed)
    assert set(said) == {"run", "stream"}
    for result in said.values():
        assert result.class_index == out.predictions[0] and result.timesteps == out.timesteps[0]
        if not graph.integer:
            divisor = np.float32(result.timesteps if graph.readout.mode == "mean" else 1)
            logits = (result.accumulators.astype(np.float32) / divisor).astype(np.float32)
        else:
            scale = np.float64(graph.readout.scale)
            logits = result.accumulators * scale / (result.timesteps if graph.readout.mode == "mean" else 1)
        np.testing.assert_allclose(logits, out.logits[0], rtol=1e-6, atol=0)
    assert "are intact" in printed


@pytest.mark.parametrize(
    ("name", "compiler"),
    [("dense", "gcc"), ("dense", "clang"), ("every kind", "gcc"), ("every kind", "clang"), ("image", "gcc")],
)
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_the_example_computes_what_the_host_computes(name, numbers, compiler, tmp_path):
    need(compiler, compiler)
    graph, x = NETWORKS[name](numbers)
    layout = "sources" if (name == "dense") == (numbers == "int8") else "amalgamation"
    export(graph, tmp_path, layout=layout, sample=x[1])
    program = compile_example(tmp_path, compiler, ("-std=c99", *SANITISERS))
    same_as_host(command([program]), graph, x[1])


@pytest.mark.parametrize("form", ["array", "incbin", "section", "storage"])
@pytest.mark.parametrize("layout", ["amalgamation", "sources"])
def test_every_form_of_the_model(digits, form, layout, tmp_path):
    x = load_dataset("digits").x[7]
    export(digits, tmp_path, layout=layout, form=form, sample=x)
    # as the README says
    (compile_command,) = re.findall(r"^    (cc .*)$", (tmp_path / "README.md").read_text(), re.MULTILINE)
    subprocess.run(
        compile_command + " -Wall -Wextra -Wpedantic -Werror", cwd=tmp_path, shell=True, check=True
    )
    printed = subprocess.run(
        [tmp_path / "example"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    same_as_host(printed, digits, x)
    # the names of the classes are the metadata's
    assert (
        re.search(r"class (\d) \(([a-j])\)", printed)[2]
        == "abcdefghij"[results_of(printed)["run"].class_index]
    )


@pytest.mark.parametrize("form", ["array", "incbin", "section", "storage"])
def test_every_form_is_taken_by_a_cross_compiler(digits, form, tmp_path):
    """And the model is read-only, at a multiple of 8, and holds the file's bytes."""
    compiler = ARM.command()
    export(digits, tmp_path, form=form)
    objects = []
    for source in [tmp_path / "main.c", *sources_of(tmp_path)]:
        objects.append(source.with_suffix(".o"))
        include = ["-Wa,-I," + str(tmp_path)] if source.suffix == ".S" else []
        command([*compiler, *WARNINGS, "-Os", *include, "-I", tmp_path, "-c", source, "-o", objects[-1]])
    if form == "storage":
        return
    elf = tmp_path / "firmware.elf"
    script = ["-T", tmp_path / "digits_model.ld"] if form == "section" else []
    command([*compiler, "-nostartfiles", "-Wl,-e,main", *script, *objects, "-o", elf])
    symbols = command(["arm-none-eabi-objdump", "-t", elf])
    address, section, size = re.search(
        r"^(\w+) g +O (\S+)\s+(\w+) digits_model$", symbols, re.MULTILINE
    ).groups()
    assert int(address, 16) % 8 == 0
    assert section == (".digits_model" if form == "section" else ".rodata")
    raw = snnrt.Network(digits).to_bytes()
    assert 0 <= int(size, 16) - len(raw) < 8
    headers = command(["arm-none-eabi-objdump", "-h", elf])
    flags = re.search(rf" {re.escape(section)} .*\n\s+(.*)", headers)[1]
    assert "READONLY" in flags and "CODE" not in flags.split(", ")
    command(["arm-none-eabi-objcopy", "-O", "binary", "-j", section, elf, tmp_path / "section.bin"])
    assert raw in (tmp_path / "section.bin").read_bytes()


def test_without_a_linker_script_the_section_is_constant_data_too(digits, tmp_path):
    export(digits, tmp_path, form="section")
    program = compile_example(tmp_path, "gcc", (f'-DDIGITS_MODEL_SECTION="my_flash"',))  # noqa: F541
    assert "my_flash" in command(["objdump", "-h", program])
    placed = compile_example(tmp_path, "gcc", (f"-Wl,-T,{tmp_path / 'digits_model.ld'}",))
    assert re.search(r" \.digits_model$", command(["objdump", "-t", placed]), re.MULTILINE) or (
        ".digits_model" in command(["objdump", "-h", placed])
    )
    assert "intact" in command([placed])


def test_a_damaged_or_absent_stored_model_is_a_status(digits, tmp_path):
    export(digits, tmp_path, form="storage")
    program = compile_example(tmp_path, "gcc", SANITISERS)
    stored = tmp_path / "digits.snnrt"
    raw = bytearray(stored.read_bytes())

    def run() -> tuple[int, str]:
        done = subprocess.run([program], cwd=tmp_path, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    assert run()[0] == 0
    raw[len(raw) // 2] ^= 4
    stored.write_bytes(raw)
    code, said = run()
    assert code == 6 and said.startswith("load_model: status 6 the model's checksum does not match")
    raw[10] = 9
    stored.write_bytes(raw)
    assert "newer than this core" in run()[1]
    stored.write_bytes(raw[:-1])
    assert run()[0] == 5
    stored.unlink()
    assert run()[0] == 5


def test_an_update_that_does_not_fit_leaves_the_old_model(digits, tmp_path):
    """Valid models with other inputs or classes, or too large, never run; the second slot's does."""
    export(digits, tmp_path, form="storage", name="digits")
    program = compile_example(tmp_path, "gcc", SANITISERS)
    stored, previous = tmp_path / "digits.snnrt", tmp_path / "digits.snnrt.previous"
    good = stored.read_bytes()

    def run() -> tuple[int, str]:
        done = subprocess.run([program], cwd=tmp_path, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    source = digits.input
    others = {
        "scale": digits.with_(nodes=(source.with_(scale=np.float32(source.scale * 2)), *digits.nodes[1:])),
        "peak": digits.with_(nodes=(source.with_(peak=source.peak - 1), *digits.nodes[1:])),
        "timesteps": digits.with_(timesteps=digits.timesteps + 1),
        "kernels": dense_lif("float32")[0],
        "longer": digits.with_(metadata={"name": "x" * 4000}),
    }
    for what, graph in others.items():
        raw = snnrt.Network(graph).to_bytes()
        stored.write_bytes(raw)
        previous.unlink(missing_ok=True)
        code, said = run()
        assert code == {"longer": 5, "kernels": 19}.get(what, 24), what
        assert said.startswith("load_model: status ")
        assert what != "longer" or said.endswith(f"expected {len(good)}, found {len(raw)}\n")
        previous.write_bytes(good)
        assert run()[0] == 0, what
    # a later model of the same interface, that is smaller
    later = digits.with_(metadata={})
    stored.write_bytes(snnrt.Network(later).to_bytes())
    previous.unlink()
    assert run()[0] == 0


def test_a_result_that_is_not_the_hosts_is_said(digits, tmp_path):
    x = load_dataset("digits").x[7]
    export(digits, tmp_path, sample=x)
    main = tmp_path / "main.c"
    text = main.read_text()
    wrong = re.sub(r"expected = \{(\d+)u", lambda found: f"expected = {{{(int(found[1]) + 1) % 10}u", text)
    assert wrong != text
    main.write_text(wrong)
    done = subprocess.run([compile_example(tmp_path, "gcc")], capture_output=True, text=True)
    assert done.returncode == 255 and "the host found class" in done.stdout


def test_health_and_strings_can_be_left_out(tmp_path):
    graph, x = dense_lif("int8")
    export(graph, tmp_path, without_parts=["health", "strings", "model-check"], sample=x[0])
    printed = command([compile_example(tmp_path, "gcc", ("-std=c99",))])
    same_as_host(printed, graph, x[0])
    assert "health:" not in printed
    header = (tmp_path / "snnrt.h").read_text()
    assert "#define SNNRT_WITH_HEALTH 0" in header and "#define SNNRT_WITH_MODEL_CHECK 0" in header


def test_constants_of_the_header(tmp_path):
    """They are the core's own answers, and an arena of one byte less is refused with both numbers."""
    main = """
    #include <stdio.h>
    #include "digits_model.h"
    #include "snnrt.h"
    static uint64_t arena[DIGITS_ARENA_BYTES / 8u];
    int main(void) {
        snnrt_model_info i;
        snnrt_fault fault;
        snnrt_network network;
        if (snnrt_model_check(digits_model, DIGITS_MODEL_BYTES, &i, NULL) != SNNRT_OK) return 1;
        printf("%d\\n", i.arena_bytes == DIGITS_ARENA_BYTES && i.scratch_bytes == DIGITS_SCRATCH_BYTES &&
               i.timesteps == DIGITS_TIMESTEPS && i.classes == DIGITS_CLASSES &&
               i.node_count == DIGITS_NODES &&
               i.input_height == DIGITS_INPUT_HEIGHT && i.input_width == DIGITS_INPUT_WIDTH &&
               i.input_channels == DIGITS_INPUT_CHANNELS && i.file_bytes == DIGITS_MODEL_BYTES &&
               i.input_bytes == DIGITS_INPUT_ELEMENTS * sizeof(digits_input) &&
               (i.input_encoding == SNNRT_INPUT_CONSTANT) == DIGITS_INPUT_IS_CONSTANT);
        printf("%d\\n",
               snnrt_network_init(&network, digits_model, DIGITS_MODEL_BYTES, arena, sizeof arena - 1u,
                                  &fault) == SNNRT_ERROR_ARENA_TOO_SMALL &&
               fault.expected == (int64_t)sizeof arena &&
               fault.found == (int64_t)sizeof arena - 1);
        return 0;
    }
    """
    for name, numbers in (
        ("dense", "float32"),
        ("every kind", "int8"),
        ("image", "int8"),
        ("image", "float32"),
    ):
        graph, _ = NETWORKS[name](numbers)
        folder = tmp_path / f"{name}-{numbers}"
        export(graph, folder)
        (folder / "main.c").write_text(main)
        assert command([compile_example(folder, "gcc", ("-std=c99",))]).split() == ["1", "1"]
    assert scratch_bytes(image_conv("int8")[0]) == 0 < scratch_bytes(image_conv("float32")[0])


def test_quantise_is_the_hosts(digits, tmp_path):
    random = np.random.default_rng(0)
    source = digits.input
    units = np.concatenate(
        [random.normal(0, source.peak, 3000), np.arange(-40, 41) / 2, [1e30, -1e30, 0.0, -0.0]]
    )
    values = (units * np.float32(source.scale)).astype(np.float32)
    export(digits, tmp_path)
    (tmp_path / "main.c").write_text("""
    #include <stdio.h>
    #include "digits_model.h"
    int main(void) {
        float value;
        while (fread(&value, sizeof value, 1, stdin) == 1) printf("%d\\n", digits_quantise(value));
        return 0;
    }
    """)
    program = tmp_path / "quantise"
    command(["gcc", "-std=c99", *WARNINGS, *SANITISERS, tmp_path / "main.c", "-o", program])
    printed = subprocess.run([program], input=values.tobytes(), capture_output=True, check=True).stdout
    np.testing.assert_array_equal(np.array(printed.split(), int), quantise_input(values, source))


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_a_users_cpp_file(digits, compiler, tmp_path):
    """Includes the headers, links with the C, and runs."""
    need(compiler, compiler.replace("clang++", "clang"))
    export(digits, tmp_path)
    (tmp_path / "user.cpp").write_text("""
    #include "digits_model.h"
    #include "snnrt.h"
    #include <cstdio>
    #include <string>
    alignas(8) static std::uint8_t arena[DIGITS_ARENA_BYTES];
    static const char *const nodes[] = DIGITS_NODE_NAMES;
    int main() {
        snnrt_network network;
        snnrt_result result{};
        digits_input input[DIGITS_INPUT_ELEMENTS] = {};
        input[3] = digits_quantise(0.5f);
        if (snnrt_network_init(&network, digits_model, DIGITS_MODEL_BYTES, arena, sizeof arena, nullptr))
            return 1;
        if (snnrt_network_run(&network, input, &result) != SNNRT_OK) return 2;
        return result.timesteps >= 1 && std::string(nodes[0]) == "input" ? 0 : 3;
    }
    """)
    objects = []
    for name in ("snnrt.c", "digits_model.c"):
        objects.append(tmp_path / f"{name}.o")
        command(["gcc", "-O1", "-c", tmp_path / name, "-o", objects[-1]])
    flags = ("-std=c++17", *WARNINGS, *include_flags(tmp_path))
    command([compiler, *flags, tmp_path / "user.cpp", *objects, "-o", tmp_path / "user"])
    command([tmp_path / "user"])


def test_two_models_share_a_core(digits, tmp_path):
    other, x = dense_lif("float32")
    project = build_project(
        snnrt.Network(digits), "digits.snnrt", Export(), {"small/wake-word.snnrt": snnrt.Network(other)}
    )
    write_project(project.files, tmp_path)
    page = (tmp_path / "README.md").read_text()
    assert "model `digits`" in page and "model `wake_word`" in page
    values = ", ".join(f"{value:.9g}f" for value in x[2])
    (tmp_path / "main.c").write_text(f"""
    #include <stdio.h>
    #include "digits_model.h"
    #include "wake_word_model.h"
    #include "snnrt.h"
    static uint64_t arenas[2][(DIGITS_ARENA_BYTES > WAKE_WORD_ARENA_BYTES ? DIGITS_ARENA_BYTES
                                                                          : WAKE_WORD_ARENA_BYTES) / 8u];
    int main(void) {{
        static const digits_input image[DIGITS_INPUT_ELEMENTS] = {{0}};
        static const wake_word_input input[] = {{{values}}};
        snnrt_network networks[2];
        snnrt_result results[2];
        if (snnrt_network_init(&networks[0], digits_model, DIGITS_MODEL_BYTES, arenas[0],
                               sizeof arenas[0], NULL) ||
            snnrt_network_init(&networks[1], wake_word_model, WAKE_WORD_MODEL_BYTES, arenas[1],
                               sizeof arenas[1], NULL)) return 1;
        /* in turns, a step each */
        for (int step = 0; step < 3; step++) {{
            if (snnrt_network_step(&networks[0], image, &results[0]) ||
                snnrt_network_step(&networks[1], input, &results[1])) return 2;
        }}
        printf("%u %u\\n", (unsigned)results[0].class_index, (unsigned)results[1].class_index);
        return 0;
    }}
    """)
    printed = command([compile_example(tmp_path, "gcc", SANITISERS)])
    zeros = np.zeros((1, 1, 8, 8), np.float32)
    expected = [
        snnrt.Network(graph).run(inputs, timesteps=3, exit="never").predictions[0]
        for graph, inputs in ((digits, zeros), (other, x[2:3]))
    ]
    assert printed.split() == [str(value) for value in expected]


def test_hostile_metadata_cannot_write_c(tmp_path):
    """Names that would end a string, a comment or a line, or start an escape or a trigraph, stay names."""
    graph, x = dense_lif("int8")
    evil = ['"};int x=1;//', "*/ #error", "a\\", "new\nline", '??/"', "é\u2028\x00\x7f", "%s%n", "y" * 5000]
    nodes = []
    renamed = {node.name: evil[i % len(evil)] + str(i) for i, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        inputs = tuple(type(edge)(renamed[edge.source], edge.delay) for edge in node.inputs)
        nodes.append(node.with_(name=renamed[node.name], inputs=inputs))
    hostile = graph.with_(nodes=tuple(nodes), metadata={"class_names": evil[:3], "name": "*/"})
    export(hostile, tmp_path, origin='*/ "x" \\\n#error.snnrt', name="net", sample=x[0])
    for flags in (("-std=c99",), ("-std=c99", "-trigraphs")):
        program = compile_example(tmp_path, "gcc", flags)
    same_as_host(command([program]), graph, x[0])
    (tmp_path / "main.c").write_text("""
    #include <stdio.h>
    #include "net_model.h"
    int main(void) {
        static const char *const names[] = NET_NODE_NAMES;
        for (unsigned i = 0; i < NET_NODES; i++) puts(names[i]);
        return 0;
    }
    """)
    program = compile_example(tmp_path, "gcc")
    printed = subprocess.run([program], capture_output=True, check=True).stdout
    # a device prints them on its terminal
    assert printed.decode().splitlines() == [printable(name, 100) for name in renamed.values()]
    assert "é \\x00\\x7f5" in printed.decode() and "new line3" in printed.decode()


def test_inputs_of_the_example_are_the_samples(tmp_path):
    graph, x = every_kind("float32")
    export(graph, tmp_path, sample=x[3])
    text = (tmp_path / "main.c").read_text()
    body = re.search(r"sample\[.*?\] = \{(.*?)\};", text, re.DOTALL)[1]
    values = np.array([float(value.rstrip("f")) for value in body.split(",")], np.float32)
    np.testing.assert_array_equal(values.reshape(3, 4, 4, 2), np.moveaxis(x[3], 1, -1))
    model = Model("digits", snnrt.Network(graph), "digits.snnrt")
    assert model.elements * graph.timesteps == values.size

"""The interfaces: snnrt.h's promises (core_api.c), those to hosts (host_api.c), C++, builds without parts."""

from __future__ import annotations

import shutil
import time

import numpy as np
import pytest
from c_programs import (
    CSRC,
    HOSTED,
    KIND_SWITCHES,
    LEFT_OUT,
    PORTABLE,
    PROGRAMS,
    WARNINGS,
    command,
    compile_core,
    compile_program,
    input_bytes,
    need_compiler,
    sources,
)
from mechanism_network import mechanism_network
from node_cases import arithmetics, plain_graph
from small_networks import SMALL_NETWORKS, watched

from snnrt import GraphBuilder
from snnrt.devices import cpu
from snnrt.errors import ModelError
from snnrt.ir.graph import Add, Edge, Exit, Graph, Input, Neuron, Readout, arithmetic_of
from snnrt.network import Network

FREESTANDING = ("-ffreestanding", *WARNINGS)
COMPILERS = ["gcc"] + (["clang"] if shutil.which("clang") else [])


def write(folder, name: str, graph: Graph, x) -> list[str]:
    model, data = folder / f"{name}.snnrt", folder / f"{name}.input"
    model.write_bytes(Network(graph).to_bytes())
    data.write_bytes(input_bytes(graph, x[:1]))
    return [str(model), str(data)]


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize(("program", "least"), [("core_api", 300), ("host_api", 30)])
def test_promises_of_the_header(program, least, numbers, compiler, sanitised, tmp_path):
    constant = write(tmp_path, "constant", *SMALL_NETWORKS["dense_lif"](numbers))
    spikes = write(tmp_path, "spikes", *SMALL_NETWORKS["every_kind"](numbers))
    output = command([sanitised(program, compiler), *constant, *spikes])
    checks, word = output.split()
    assert word == "checks" and int(checks) > least


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_hook_health_and_integrity(numbers, sanitised, tmp_path):
    constant = write(tmp_path, "constant", *SMALL_NETWORKS["dense_lif"](numbers))
    spikes = write(tmp_path, "spikes", *SMALL_NETWORKS["every_kind"](numbers))
    checks, word = command([sanitised("device_api"), *constant, *spikes]).split()
    assert word == "checks" and int(checks) > 10_000


def test_cpp_includes_the_headers(tmp_path):
    need_compiler("g++")
    objects = compile_core(tmp_path)
    program = tmp_path / "header_in_cpp"
    flags = ("-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
    command(["g++", *flags, "-I", CSRC, PROGRAMS / "header_in_cpp.cpp", *objects, "-o", program])
    command([program])


@pytest.mark.parametrize("compiler", [*COMPILERS, "arm-none-eabi-gcc"])
def test_the_core_compiles_without_warnings(compiler, tmp_path):
    need_compiler(compiler)
    compile_core(tmp_path / "freestanding", FREESTANDING, compiler=compiler, patterns=PORTABLE)
    if compiler in COMPILERS:
        compile_core(tmp_path / "hosted", ("-O2", *WARNINGS), compiler=compiler, patterns=HOSTED)


def test_the_core_includes_only_what_is_freestanding():
    allowed = {"<limits.h>", "<stdint.h>", "<stddef.h>", "<stdbool.h>", "<string.h>", "<float.h>"}
    headers = [path for folder in ("", "kernels") for path in (CSRC / folder).glob("*.h")]
    for path in [*sources(PORTABLE), *headers]:
        lines = path.read_text().splitlines()
        included = {line.split()[1] for line in lines if line.startswith("#include <")}
        # the compiler's own, where the processor's instructions are
        assert included - {"<arm_mve.h>", "<arm_acle.h>"} <= allowed, path


def test_no_heap_no_writable_globals(tmp_path):
    # a table of functions is constant only where it needs no relocation
    for path in compile_core(tmp_path, ("-O2", "-fno-pie"), patterns=PORTABLE):
        symbols = [line.split() for line in command(["nm", path]).splitlines()]
        writable = [words[-1] for words in symbols if words[-2] in "bBdDcC"]
        assert not writable, f"{path.name}: {writable}"
        wanted = {words[-1] for words in symbols if words[-2] == "U" and not words[-1].startswith("snnrt_")}
        assert wanted <= {"memcpy", "memset", "memcmp", "_GLOBAL_OFFSET_TABLE_"}, f"{path.name}: {wanted}"


def plain(numbers: str) -> tuple[Graph, object]:
    return SMALL_NETWORKS["dense_lif"](numbers)


def with_kind(kind: str) -> tuple[Graph, object]:
    """A graph with a plain node of a kind."""
    graph = plain_graph(kind, arithmetics(kind)[0])
    return graph, np.zeros((1, graph.timesteps, *graph.input.shape), np.float32)


def reading(mode: str) -> tuple[Graph, object]:
    """A graph with another readout."""
    graph, x = plain("int8")
    return graph.with_(nodes=(*graph.nodes[:-2], graph.readout.with_(mode=mode), graph.exit)), x


def lone_input(numbers: str) -> tuple[Graph, object]:
    """A graph without neurons, which every build must take."""
    graph, x = SMALL_NETWORKS["dense_lif"](numbers)
    readout = Readout("r", (Edge("x"),), (6,), scale=graph.readout.scale if numbers == "float32" else None)
    return Graph(
        (Input("x", (), (6,)), readout, Exit("e", (Edge("r"),), (6,))), 2, arithmetic_of(numbers), {}
    ), x


def competing() -> tuple[Graph, object]:
    """The input's spikes, of which one neuron may pass its own."""
    g = GraphBuilder((6,), encoding="spikes", timesteps=2, name="x")
    graph = g.finish(g.inhibition(g.if_(g.input)))
    return graph, np.ones((1, 2, 6), np.float32)


def depthwise() -> tuple[Graph, object]:
    """A convolution that has a loop of its own, and another without."""
    g = GraphBuilder((3, 4, 4), encoding="spikes", timesteps=2, name="x")
    x = g.conv2d(g.if_(g.input), np.ones((6, 1, 2, 2), np.float32), groups=3)
    graph = g.finish(g.flatten(g.sum_pool2d(x, (3, 3))))
    return graph, np.ones((1, 2, 3, 4, 4), np.float32)


# what each part is needed by, and what does without
NEEDS = {
    "FLOAT32": (plain("float32"), plain("int8")),
    "INT8": (plain("int8"), plain("float32")),
    "READOUT_MODES": (reading("first_spike"), plain("int8")),
    "NEURON_VARIANTS": (SMALL_NETWORKS["every_kind"]("int8"), lone_input("float32")),
    "LOIHI": (mechanism_network("int8"), SMALL_NETWORKS["every_kind"]("int8")),
    "DEPTHWISE": (None, depthwise()),
    "COUNTERS": (None, plain("int8")),
    "TRACE": (None, plain("int8")),
    "STRINGS": (None, plain("int8")),
    "EXIT_SCORES": (plain("int8"), lone_input("float32")),
    "HEALTH": (None, plain("int8")),
    "MONITOR": (None, watched("int8")),
    "ADAPTATION": (None, plain("int8")),
    "MODEL_CHECK": (None, plain("int8")),
    **{switch: (with_kind(kind), plain("int8")) for switch, kind in KIND_SWITCHES.items()},
}


@pytest.mark.parametrize("part", LEFT_OUT)
def test_a_build_without_a_part(part, tmp_path):
    flags = (f"-DSNNRT_WITH_{part}=0", *FREESTANDING)
    objects = compile_core(tmp_path, flags, patterns=PORTABLE)
    program = compile_program("partial_build", objects, (f"-DSNNRT_WITH_{part}=0",))
    refused, taken = NEEDS[part]
    assert command([program, *write(tmp_path, "taken", *taken)]).startswith("runs")
    if refused is not None:
        assert command([program, *write(tmp_path, "refused", *refused)]).startswith("kernel missing, node ")


def test_the_smallest_build(tmp_path):
    parts = ("FLOAT32", *KIND_SWITCHES, "NEURON_VARIANTS", "READOUT_MODES", "COUNTERS", "TRACE", "STRINGS",
        "HEALTH", "MONITOR",
    )  # fmt: skip
    left_out = [f"-DSNNRT_WITH_{part}=0" for part in parts]
    objects = compile_core(tmp_path, (*left_out, *FREESTANDING), patterns=PORTABLE)
    program = compile_program("partial_build", objects, left_out)
    for name, graph in (("float32", plain("float32")), ("every_kind", SMALL_NETWORKS["every_kind"]("int8"))):
        assert command([program, *write(tmp_path, name, *graph)]).startswith("kernel missing")


def chain(neurons: int) -> Graph:
    """Adds and neurons in turn: 2 nodes a neuron, and 3 more."""
    one = np.asarray(1, np.float32)
    nodes: list = [Input("x", (), (4,), encoding="spikes")]
    for i in range(neurons):
        nodes.append(Add(f"a{i}", (Edge(nodes[-1].name),), (4,), as_current=True))
        nodes.append(Neuron(f"n{i}", (Edge(f"a{i}"),), (4,), membrane=one, threshold=one, reset="subtract"))
    end = (Readout("r", (Edge(nodes[-1].name),), (4,)), Exit("e", (Edge("r"),), (4,)))
    return Graph((*nodes, *end), 1, "float32", {})


def test_as_many_nodes_as_a_file_may_have_are_checked_in_no_time():
    raw = Network(chain(510)).to_bytes()
    start = time.perf_counter()
    assert cpu.check_model(raw).node_count == 1023
    # 20 ms where this was written: the square of the nodes, not the cube
    assert time.perf_counter() - start < 2


def test_more_nodes_than_a_file_may_have():
    with pytest.raises(ModelError, match="1024"):
        Network(chain(511)).to_bytes()

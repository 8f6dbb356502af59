"""What a model takes on a device, before there is one: memory plan, code, stack, and the largest timestep."""

from __future__ import annotations

from dataclasses import dataclass

from snnrt.ir.graph import Conv2d, Graph, Neuron
from snnrt.ir.memory_plan import buffers, plan_memory
from snnrt.ir.rows import can_go_by_rows
from snnrt.network import Network
from snnrt.targets.build_settings import SETTINGS
from snnrt.targets.code_sizes import CoreBuild, builds_for
from snnrt.targets.step_instructions import step_instructions
from snnrt.targets.workload import node_scratch_bytes
from snnrt.targets.worst_case import NodeWork, StepWork, node_work, step_work


@dataclass(frozen=True)
class PlacedBuffer:
    """``bytes`` at ``offset`` of the arena for a ``node``'s ``role`` (output, state, synapse), in use from
    node ``first`` to node ``last`` of a timestep, or always (``kept``)."""

    node: str
    role: str
    offset: int
    bytes: int
    first: int
    last: int
    kept: bool


@dataclass(frozen=True)
class CoreNeeds:
    """One ``build``: code and stack, and the most instructions of the ``first`` timestep after a reset and of
    any ``later`` one."""

    build: CoreBuild
    first_instructions: int
    later_instructions: int


@dataclass(frozen=True)
class DeviceNeeds:
    """``cores``: each core at each setting. ``buffers``: the arena, by offset. ``scratch_bytes``: by node,
    what snnrt_network_use_scratch can put to use on a device. ``work``: the most of each node. ``first`` and
    ``later``: the largest first timestep after a reset, and any other."""

    cores: tuple[CoreNeeds, ...]
    buffers: tuple[PlacedBuffer, ...]
    scratch_bytes: dict[str, int]
    work: tuple[NodeWork, ...]
    first: StepWork
    later: StepWork


def device_needs(network: Network, core: str | None = None) -> DeviceNeeds:
    """Of ``network`` on every core, or on the one called ``core``. Raises TargetError for an unknown core."""
    graph = network.graph
    builds = [builds_for(graph, setting, core) for setting in SETTINGS]
    first, later = step_work(graph)
    static = graph.static_nodes()
    return DeviceNeeds(
        cores=tuple(
            CoreNeeds(
                build,
                step_instructions(graph, build.core, build.setting),
                step_instructions(graph, build.core, build.setting, static),
            )
            for both in zip(*builds, strict=True)
            for build in both
        ),
        buffers=_placed(graph),
        scratch_bytes={node.name: node_scratch_bytes(graph, node) for node in graph},
        work=node_work(graph),
        first=first,
        later=later,
    )


def arena_reasons(graph: Graph, needs: DeviceNeeds) -> tuple[str, ...]:
    """What fills the arena and why, the largest first: at most three, each at least a tenth of it."""
    arena = plan_memory(graph).arena_bytes
    static = graph.static_nodes()
    largest = sorted(needs.buffers, key=lambda buffer: -buffer.bytes)[:3]
    return tuple(
        f"{buffer.bytes} bytes ({buffer.bytes / arena:.0%}): {_reason(graph, buffer, static)}"
        for buffer in largest
        if buffer.bytes * 10 >= arena
    )


def _reason(graph: Graph, buffer: PlacedBuffer, static: frozenset[str]) -> str:
    node = graph[buffer.node]
    if buffer.role == "state":
        each = buffer.bytes / node.elements
        text = f"states of {node.name}, {each:g} bytes a neuron" if each >= 1 else f"states of {node.name}"
        wide = graph.integer and isinstance(node, Neuron) and node.state_bits == 32
        return text + (": convert --state-bits 16 takes less, with coarser weights" if wide else "")
    if node.name in static:
        text = f"output of {node.name}, the same at every timestep, computed once and kept"
        anew = isinstance(node, Conv2d) and can_go_by_rows(graph.nodes, graph.index(node.name))
        return text + (": convert --memory least computes it anew, by rows" if anew else "")
    return f"output of {node.name}" + (", kept for the next timestep" if buffer.kept else "")


def _placed(graph: Graph) -> tuple[PlacedBuffer, ...]:
    plan = plan_memory(graph)
    placed = [
        PlacedBuffer(
            buffer.node, buffer.role, plan.offsets[buffer.node, buffer.role], buffer.bytes,
            buffer.first, buffer.last, buffer.kept,
        )
        for buffer in buffers(graph)
    ]  # fmt: skip
    return tuple(sorted(placed, key=lambda buffer: (buffer.offset, buffer.first)))

"""A network as a user holds it: load or convert, run, profile, save."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from snnrt.atomic_write import write_atomically
from snnrt.devices.cpu import Engine, decode, encode
from snnrt.errors import DataError, ModelError
from snnrt.exits import fixed_point
from snnrt.format import layout
from snnrt.format.file_format import LARGEST_FILE
from snnrt.ir.graph import Conv2d, Dense, Graph, Neuron
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.memory_plan import plan_memory
from snnrt.ir.value_types import output_types
from snnrt.reference.run import RECORDABLE, Reference, checked_input
from snnrt.results.result import Result

if TYPE_CHECKING:
    from snnrt.devices.crossbar.device import Crossbar
    from snnrt.targets import Target, TargetReport


EMULATOR = "emulator:"
"""How the names of emulated devices begin."""


@dataclass(frozen=True)
class NodeInfo:
    """Bytes of one node: weights in the file, states, output; ``arena_offset`` of the output (None if it
    has no memory of its own)."""

    name: str
    dtype: str
    weight_bytes: int
    state_bytes: int
    output_bytes: int
    arena_offset: int | None


@dataclass(frozen=True)
class FileInfo:
    """What a model needs: bytes of its file, bytes of arena, and the same by node."""

    file_bytes: int
    arena_bytes: int
    nodes: tuple[NodeInfo, ...]


class Network:
    """A spiking network that runs in the C core.

    ``graph`` is its meaning, ``assumptions`` what the import took for granted.
    """

    def __init__(self, graph: Graph, assumptions: Sequence[str] = ()) -> None:
        """Raises ModelError where the graph breaks a rule of the IR."""
        check_graph(graph)
        self.graph = layout.prepare(graph)
        self.assumptions = tuple(assumptions)
        self._raw: bytes | None = None
        self._engine: Engine | None = None

    def __repr__(self) -> str:
        graph = self.graph
        kinds = ", ".join(getattr(node, "model", node.kind) for node in graph.nodes[1:-2])
        classes = graph.readout.shape[0]
        return f"<snnrt.Network {graph.input.shape} → {kinds} → {classes} classes, {graph.numbers}>"

    def to_bytes(self) -> bytes:
        """The .snnrt file's bytes (docs/ir.md)."""
        if self._raw is None:
            self._raw = encode(self.graph)
        return self._raw

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the .snnrt file, whole or not at all. Raises OutputError where that is impossible."""
        write_atomically(path, self.to_bytes())

    def run(
        self,
        x: np.ndarray,
        *,
        steps: int | None = None,
        exit_rule: Literal["entropy", "confidence", "never"] | None = None,
        threshold: float | None = None,
        record: Collection[str] = (),
        device: str | Crossbar = "cpu",
        kernels: str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Result:
        """Run each input until it is sure enough.

        ``x``: numbers of shape (N, *shape) for a constant input, (N, T, *shape) for spikes, in the
        range that the input node states. ``steps``: at most so many timesteps (the model's T).
        ``exit_rule``, ``threshold``: instead of the model's. ``record``: of ``"spikes"`` and
        ``"membranes"``, kept for every neuron. ``device``: ``"cpu"``, the C core; ``"emulator:NAME"``, the
        firmware in an emulated core, which gives a :class:`snnrt.targets.emulator.EmulatedResult`; or a
        :class:`snnrt.devices.crossbar.device.Crossbar` (int8 models). ``kernels``: a set of
        :func:`snnrt.devices.cpu.kernel_sets`; all give the same bits. ``progress(done, total)``.

        Raises DataError for data, steps or names that do not fit, ModelError for a rule that does not.
        """
        if isinstance(device, str):
            if device != "cpu" and not device.startswith(EMULATOR):
                raise DataError(f"device: expected 'cpu', 'emulator:NAME' or a Crossbar, found {device!r}")
            return self._run_core(device, x, steps, exit_rule, threshold, record, kernels, progress)
        # the same seed gives the same run: noise and events start anew
        device.reset()
        reference = Reference(self.graph, synapse_device=device)
        return reference.run(
            x, steps=steps, exit_rule=exit_rule, threshold=threshold, record=record, progress=progress
        )

    def _run_core(
        self,
        device: str,
        x: np.ndarray,
        steps: int | None,
        exit_rule: str | None,
        threshold: float | None,
        record: Collection[str],
        kernels: str | None,
        progress: Callable[[int, int], None] | None,
    ) -> Result:
        graph = self.graph
        if steps is None:
            steps = graph.timesteps
        if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or not 1 <= steps <= 65535:
            raise DataError(f"steps: expected 1 to 65535, found {steps!r}")
        unknown = sorted(set(record) - set(RECORDABLE))
        if unknown:
            raise DataError(f"record: expected some of {', '.join(RECORDABLE)}, found {unknown[0]!r}")
        rule = graph.exit.rule if exit_rule is None else exit_rule
        if threshold is None:
            if rule not in ("never", graph.exit.rule):
                raise DataError(
                    f"threshold: expected a number from 0 to 1 for exit rule {rule!r}, found none"
                )
            threshold = graph.exit.threshold
        fixed_point.check_rule(rule, threshold, graph.readout.shape[0])
        values = checked_input(x, graph.input, int(steps))
        if device != "cpu":
            from snnrt.targets.emulator import run_emulated

            return run_emulated(
                graph, self.to_bytes(), values, device.removeprefix(EMULATOR), rule=rule, threshold=threshold,
                timesteps=int(steps), record=tuple(record), progress=progress,
            )  # fmt: skip
        if self._engine is None:
            self._engine = Engine(graph, self.to_bytes())
        self._engine.use_kernels(kernels)
        return self._engine.run(
            values,
            rule=rule,
            threshold=threshold,
            timesteps=int(steps),
            record=tuple(record),
            progress=progress,
        )

    def profile(
        self,
        x: np.ndarray,
        y: np.ndarray | None = None,
        *,
        target: str | os.PathLike[str] | Target | Sequence[str | os.PathLike[str] | Target],
        progress: Callable[[int, int], None] | None = None,
    ) -> list[TargetReport]:
        """Energy, latency and EDP of each input on each target, beside the same inputs at the full T.

        ``x`` as for :meth:`run`; ``y`` (N,) integer labels give the accuracies. ``target``: names
        (:func:`snnrt.targets.list_targets`), paths of profiles, or Targets. Raises TargetError for an
        unknown target, DataError for data that does not fit.
        """
        from snnrt.targets import Target, compare, load_target

        wanted = [target] if isinstance(target, (str, os.PathLike, Target)) else target
        targets = [one if isinstance(one, Target) else load_target(one) for one in wanted]
        static = self.run(x, exit_rule="never", threshold=0.0, progress=progress)
        dynamic = static if self.graph.exit.rule == "never" else self.run(x, progress=progress)
        accuracies: list[float | None] = [None, None]
        if y is not None:
            labels = np.asarray(y)
            if labels.shape != dynamic.classes.shape:
                raise DataError(f"y: expected shape {dynamic.classes.shape}, found {labels.shape}")
            accuracies = [float((result.classes == labels).mean()) for result in (dynamic, static)]
        info = self.file_info()
        return [
            compare(
                self.graph, dynamic.counts, static.counts, one, accuracy=accuracies[0],
                static_accuracy=accuracies[1], arena_bytes=info.arena_bytes, model_bytes=info.file_bytes,
            )
            for one in targets
        ]  # fmt: skip

    def file_info(self) -> FileInfo:
        """Sizes of the file, the arena and every node."""
        plan = plan_memory(self.graph)
        types = output_types(self.graph)
        weight_size = 1 if self.graph.integer else 4
        nodes = []
        for node in self.graph:
            weights = 0
            if isinstance(node, (Dense, Conv2d)):
                weights = node.weights.size * weight_size + (0 if node.bias is None else node.bias.size * 4)
            elif isinstance(node, Neuron):
                weights = sum(
                    array.size * 4 for name in Neuron.PARAMETERS if (array := getattr(node, name)) is not None
                )
            state = sum(plan.bytes.get((node.name, role), 0) for role in ("state", "synapse"))
            output = plan.bytes.get((node.name, "output"), 0)
            offset = plan.offsets.get((node.name, "output"))
            dtype = "" if node is self.graph.exit else types[node.name]
            nodes.append(NodeInfo(node.name, dtype, weights, state, output, offset))
        return FileInfo(len(self.to_bytes()), plan.arena_bytes, tuple(nodes))


def load(path: str | os.PathLike[str]) -> Network:
    """Read a .snnrt file. Raises ModelError if it cannot be read or is no valid model; the message
    names the file, what is wrong and where."""
    name = os.fspath(path)
    try:
        with Path(path).open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ModelError(f"{name}: can't be read ({error.strerror or error}); check the path") from None
    if len(raw) > LARGEST_FILE:
        raise ModelError(f"{name}: expected fewer than {LARGEST_FILE} bytes, found more; not a snnrt model")
    try:
        network = Network(decode(raw))
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from None
    except MemoryError:
        raise ModelError(f"{name}: the model needs more memory than this machine has") from None
    source = network.graph.metadata.get("source")
    if isinstance(source, dict) and isinstance(source.get("assumptions"), list):
        network.assumptions = tuple(str(text) for text in source["assumptions"])
    return network


def convert(
    source: str | os.PathLike[str],
    *,
    numbers: Literal["float32", "int8"] = "float32",
    timesteps: int | None = None,
    calibrate: np.ndarray | None = None,
    exit_rule: Literal["entropy", "confidence", "never"] = "never",
    threshold: float = 0.0,
    source_framework: str | None = None,
    class_names: Sequence[str] | None = None,
    name: str | None = None,
    state_bits: Literal[16, 32] | None = None,
    **import_options: object,
) -> Network:
    """Turn a trained network (a NIR file) into a :class:`Network`.

    ``numbers``: of the device; ``calibrate``: inputs that set int8's scales; ``timesteps``: T;
    ``exit_rule``, ``threshold``: when to stop; ``source_framework``: whose rules apply where the file
    leaves a choice (``snntorch``, ``spikingjelly``, ``norse``, ``sinabs``, ``nir``; None: inferred, and
    said in ``assumptions``); ``state_bits``: width of int8 membranes (None: chosen).
    ``import_options``: of :func:`snnrt.converters.nir.importer.import_nir` (``readout``, ``reset``,
    ``dt``, ``encoding``, ``low``, ``high``, …).

    Raises ModelError for a file that can't be read or expressed, naming the node.
    """
    from snnrt.converters.convert import convert_source

    converted = convert_source(
        source, numbers=numbers, timesteps=timesteps, calibrate=calibrate, exit_rule=exit_rule,
        threshold=threshold, source_framework=source_framework, class_names=class_names, name=name,
        state_bits=state_bits, **import_options,
    )  # fmt: skip
    return Network(converted.graph, converted.assumptions)

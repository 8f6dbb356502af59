"""A network as a user holds it: load or convert, run, profile, save. It holds a model and hands on."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from snnrt.atomic_write import write_atomically
from snnrt.devices.base import Device, checked_request
from snnrt.devices.models import load_model, model_of, read_model
from snnrt.devices.registry import find_device
from snnrt.format.model import Model
from snnrt.format.sizes import FileInfo, file_info
from snnrt.ir.graph import Graph, Profile
from snnrt.results.result import Result

if TYPE_CHECKING:
    from snnrt.devices.crossbar.device import Crossbar
    from snnrt.targets import Target, TargetReport


class Network:
    """A spiking network, checked and ready to run; it does not change, and any number of threads may run it.

    ``graph`` is its meaning, ``model`` that with its bytes, ``assumptions`` what the import took for granted.
    """

    def __init__(self, graph: Graph | Model, assumptions: Sequence[str] | None = None) -> None:
        """``assumptions``: None for those that the metadata tells. Raises ModelError where the graph breaks a
        rule of the IR."""
        self._model = graph if isinstance(graph, Model) else model_of(graph)
        self._assumptions = self._model.assumptions if assumptions is None else tuple(assumptions)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Network:
        """Of a .snnrt file's bytes, which :meth:`to_bytes` gives back. Raises ModelError."""
        return cls(read_model(raw))

    @property
    def model(self) -> Model:
        """The checked graph, its bytes and memory plan."""
        return self._model

    @property
    def graph(self) -> Graph:
        """The network's meaning; another exit rule, for example, is ``Network(net.graph.with_exit(…))``."""
        return self._model.graph

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the import took for granted."""
        return self._assumptions

    def __repr__(self) -> str:
        graph = self.graph
        kinds = ", ".join(getattr(node, "model", node.kind) for node in graph.nodes[1:-2])
        classes = graph.readout.shape[0]
        return f"<snnrt.Network {graph.input.shape} → {kinds} → {classes} classes, {graph.numbers}>"

    def to_bytes(self) -> bytes:
        """The .snnrt file's bytes (docs/ir.md): those that were read, where a file was."""
        return self._model.raw

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
        device: str | Device | Crossbar = "cpu",
        kernels: str | None = None,
        threads: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Result:
        """Run each input until it is sure enough.

        ``x``: numbers of shape (N, *shape) for a constant input, (N, T, *shape) for spikes, in the
        range that the input node states; read a part at a time, also from a memory-mapped file. ``steps``:
        at most so many timesteps (the model's T). ``exit_rule``, ``threshold``: instead of the model's.
        ``record``: of ``"spikes"`` and ``"membranes"``, kept for every neuron. ``device``: a name
        (:func:`snnrt.devices.registry.device_names`): ``"cpu"``, the C core; ``"reference"``; ``"crossbar"``
        (int8 models); ``"emulator:NAME"``, the firmware in an emulated core, which gives a
        :class:`snnrt.targets.emulator.EmulatedResult`; or a
        :class:`snnrt.devices.crossbar.device.Crossbar`, or a :class:`snnrt.devices.base.Device`.
        ``kernels``: a set of :func:`snnrt.devices.cpu.kernel_sets`; ``threads``: at most so many (all
        cores); all give the same bits. ``progress(done, total)``.

        Raises DataError for data, steps or names that do not fit, ModelError for a rule that does not.
        """
        chosen = find_device(device)
        request = checked_request(
            self.graph, x, chosen.capabilities, steps=steps, exit_rule=exit_rule, threshold=threshold,
            record=record, kernels=kernels, threads=threads, progress=progress,
        )  # fmt: skip
        with chosen.open(self._model) as session:
            return session.run(request)

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
        from snnrt.targets.profiling import profile, targets_of

        return profile(self.model, x, y, targets_of(target), progress=progress).reports

    def file_info(self) -> FileInfo:
        """Sizes of the file, the arena and every node."""
        return file_info(self._model)


def load(path: str | os.PathLike[str]) -> Network:
    """Read a .snnrt file. Raises ModelError if it cannot be read or is no valid model; the message
    names the file, what is wrong and where."""
    return Network(load_model(path))


def convert(
    source: str | os.PathLike[str],
    *,
    numbers: Profile = "float32",
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

    ``numbers``: of the device (``loihi``: int8 weights, Loihi's own integers); ``calibrate``:
    inputs that set int8's scales; ``timesteps``: T; ``exit_rule``, ``threshold``: when to stop;
    ``source_framework``: whose rules apply where the file leaves a choice (``snntorch``, ``spikingjelly``,
    ``norse``, ``sinabs``, ``nir``; None: inferred, and said in ``assumptions``); ``state_bits``: width of
    int8 membranes (None: chosen).
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

"""Runs a network as firmware on an emulated core, and counts the instructions."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from snnrt.devices.base import Capabilities, RunRequest, Session
from snnrt.devices.core import RULES, status_text
from snnrt.devices.core_values import CoreValues, Recording
from snnrt.errors import DataError, ModelError, SnnrtError
from snnrt.format.model import Model
from snnrt.ir.graph import Graph
from snnrt.ir.operations import dense_operations
from snnrt.results.counts import Counts
from snnrt.results.result import Result
from snnrt.targets.build_settings import OPTIMISATION
from snnrt.targets.emulator.build import BOARDS, Image, ImageSizes, build, need_tools
from snnrt.targets.emulator.cores import CORES, STACK_BYTES, Core, core_named
from snnrt.targets.emulator.machine import REFUSED, ProgramError, run_program
from snnrt.targets.emulator.records import HEAD_BYTES, Records, Settings, read_records, record_type
from snnrt.targets.export.core_sources import SWITCH, amalgamate, options_for

# variables of the board support and the program, beside what depends on the model
_OTHER_RAM = 4096
# what the slowest emulation of the slowest kernels may take; a limit, not an estimate
_INSTRUCTIONS_AN_OPERATION = 400
_INSTRUCTIONS_A_SECOND = 2e6
_LEAST_S = 60.0
_CHUNK = 256


@dataclass(frozen=True, kw_only=True, repr=False)
class EmulatedResult(Result):
    """A :class:`snnrt.Result`, and what the run took of the core. Instructions, never cycles: the emulator
    knows no pipeline, cache or memory wait.

    ``instructions`` (N,) int64: of an inference, that is a reset and its steps; ``step_instructions`` (N, T)
    int64: of each step, 0 after the exit; ``init_instructions``: of ``snnrt_network_init``, once.
    ``stack_bytes``: the deepest stack of reset and steps, ``init_stack_bytes`` of
    init, both below the caller's frame. ``sizes`` are the linked program's; ``compiler`` built it.
    ``monitor_levels`` (N,) int64: of the drift monitor after each input, 1/4096 bit; None: none watches.
    """

    instructions: np.ndarray
    step_instructions: np.ndarray
    init_instructions: int
    stack_bytes: int
    init_stack_bytes: int
    arena_bytes: int
    sizes: ImageSizes
    compiler: str
    monitor_levels: np.ndarray | None = None


def names() -> tuple[str, ...]:
    """One for each core."""
    return tuple(f"emulator:{name}" for name in CORES)


def find(argument: str) -> EmulatorDevice:
    """The core of that name. Raises DataError where there is none."""
    if argument not in CORES:
        raise DataError(f"device emulator: expected one of {', '.join(names())}, found 'emulator:{argument}'")
    return EmulatorDevice(core_named(argument))


class EmulatorDevice:
    """Firmware on the emulated ``core``; every run builds it anew."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.capabilities = Capabilities(f"emulator:{core.name}")

    def open(self, model: Model) -> EmulatorSession:
        """Raises SnnrtError without compiler or emulator, ModelError where the model does not fit."""
        need_tools(self.core)
        _check_room(self.core, model)
        return EmulatorSession(model, self.core)


class EmulatorSession(Session):
    """A model on an emulated core; runs share nothing, so any number of threads may run it."""

    def __init__(self, model: Model, core: Core) -> None:
        self._model = model
        self._core = core

    def run(self, request: RunRequest) -> EmulatedResult:
        """:func:`run_emulated`."""
        return run_emulated(self._model, request, self._core)


def run_emulated(
    model: Model,
    request: RunRequest,
    core: str | Core,
    *,
    count: bool = True,
    optimisation: str = OPTIMISATION["fast"],
    objects: dict[str, bytes] | None = None,
) -> EmulatedResult:
    """Build the model's firmware, run it on the request's inputs, and read back what it found.

    The firmware is what ``snnrt export`` writes, built with ``optimisation``. Events (``count``) and
    recordings come from a second build, with counters, that runs beside it: counting takes instructions, and
    those are not the model's. ``objects``: as of :func:`~snnrt.targets.emulator.build.build`.

    Raises ModelError where the model does not fit the core's memory or the core refuses it, SnnrtError for
    an unknown core, without compiler or emulator (it names the Debian package), and where a run fails.
    """
    core = core_named(core) if isinstance(core, str) else core
    need_tools(core)
    _check_room(core, model)
    values = CoreValues(model)
    recordings = values.recordings(request.record, len(request), request.timesteps)
    run = _Run(model, values, request, core, optimisation, objects)
    with tempfile.TemporaryDirectory(prefix="snnrt-") as name:
        folder = Path(name)
        run.write_inputs(folder / "inputs")
        wanted: list[tuple[str, list[Recording] | None, bool]] = [("measured", None, False)]
        if count or recordings:
            wanted.append(("counted", recordings if recordings else None, True))
        with ThreadPoolExecutor(len(wanted)) as pool:
            tasks = [
                pool.submit(run.run, folder / title, kept, counted, None if place else request.progress)
                for place, (title, kept, counted) in enumerate(wanted)
            ]
            try:
                done, _ = wait(tasks, return_when=FIRST_EXCEPTION)
            finally:
                # an interrupt, or a failure of one, ends the others; those that are done do not look
                run.stop.set()
            failed = [task for task in done if task.exception() is not None]
            outcomes = [task.result() for task in (failed or tasks)]
    (measured, image), (told, _) = outcomes[0], outcomes[-1]
    for what in ("classes", "steps", "scores", "accumulators"):
        if getattr(measured, what).tobytes() != getattr(told, what).tobytes():
            raise SnnrtError(
                f"emulator {core.name}: {what} differ between the builds with and without counters; "
                "this is a defect of snnrt, please report it"
            )
    result = values.result(
        request.exit.rule, measured.classes, measured.steps, measured.scores, measured.accumulators,
        told.counts if count else None, recordings,
    )  # fmt: skip
    return EmulatedResult(
        **{name: getattr(result, name) for name in Result.__dataclass_fields__},
        instructions=measured.reset_instructions + measured.step_instructions.sum(1),
        step_instructions=measured.step_instructions,
        init_instructions=measured.init_instructions,
        stack_bytes=measured.step_stack_bytes,
        init_stack_bytes=measured.init_stack_bytes,
        arena_bytes=model.info.arena_bytes,
        sizes=image.sizes,
        compiler=image.compiler,
        monitor_levels=measured.monitor_levels,
    )


@dataclass(frozen=True)
class _Run:
    """What the builds of one run share."""

    model: Model
    values: CoreValues
    request: RunRequest
    core: Core
    optimisation: str
    objects: dict[str, bytes] | None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def spikes(self) -> bool:
        return self.model.graph.input.encoding == "spikes"

    def write_inputs(self, path: Path) -> None:
        with path.open("wb") as file:
            for start in range(0, len(self.request), _CHUNK):
                x = self.request.values(start, start + _CHUNK)
                file.write(self.values.stored_input(x).tobytes())

    def run(
        self,
        folder: Path,
        recordings: list[Recording] | None,
        counted: bool,
        progress: Callable[[int, int], None] | None,
    ) -> tuple[Records, Image]:
        graph, request = self.model.graph, self.request
        image = self.build(folder, counted, recordings is not None)
        classes, nodes, inputs = graph.readout.shape[0], len(graph.nodes), len(request)
        settings = Settings(
            RULES[request.exit.rule], request.threshold_q, request.timesteps, inputs,
            request.timesteps if self.spikes else 1, nodes, recordings,
        )  # fmt: skip
        (folder / "settings").write_bytes(settings.to_bytes())
        (folder / "inputs").symlink_to(folder.parent / "inputs")
        monitored = graph.exit.monitor is not None
        kind = record_type("<i4" if graph.integer else "<f4", classes, nodes, counted, monitored)

        def report(size: int) -> None:
            if progress is not None:
                progress(min((size - HEAD_BYTES) // kind.itemsize, inputs), inputs)

        try:
            run_program(
                self.core, image, folder, limit_s=time_limit(graph, request.timesteps), watched="records",
                progress=report, stop=self.stop,
            )  # fmt: skip
        except ProgramError as error:
            raise _refusal(self.core, graph, error) from None
        return read_records(folder, self.core, settings, kind), image

    def build(self, folder: Path, counted: bool, traced: bool) -> Image:
        graph, info = self.model.graph, self.model.info
        # the model's own rule stays in the build, whatever rule it runs by
        ruled = options_for(
            graph if self.request.exit.rule == "combined" else graph.with_exit(self.request.exit)
        )
        switches = {
            name.removeprefix(SWITCH).lower(): 1 for name, on in ruled.items() if on and "_EXIT_" in name
        }
        options = options_for(graph, counters=int(counted), trace=int(traced), **switches)
        folder.mkdir()
        source, header = _amalgamated(tuple(options.items()))
        (folder / "snnrt.c").write_text(source)
        (folder / "snnrt.h").write_text(header)
        defines = {
            "MODEL_ARENA_BYTES": info.arena_bytes,
            "MODEL_INPUT_BYTES": info.input_bytes,
            "MODEL_NODES": info.node_count,
            "MODEL_CLASSES": info.classes,
        }
        sources = [folder / "snnrt.c", BOARDS / "inference.c"]
        return build(
            self.core, folder, sources, defines, model=self.model.raw, optimisation=self.optimisation,
            objects=self.objects,
        )  # fmt: skip


@lru_cache(maxsize=16)
def _amalgamated(options: tuple[tuple[str, int], ...]) -> tuple[str, str]:
    return amalgamate(dict(options))


def time_limit(graph: Graph, timesteps: int) -> float:
    """Seconds after which an inference that has not ended is given up."""
    most = dense_operations(graph) * timesteps * _INSTRUCTIONS_AN_OPERATION
    return _LEAST_S + most / _INSTRUCTIONS_A_SECOND


def _check_room(core: Core, model: Model) -> None:
    info = model.info
    counts = 8 * len(Counts.FIELDS) * info.node_count
    ram = info.arena_bytes + info.input_bytes + counts + STACK_BYTES + _OTHER_RAM
    for what, needed, there in (
        ("read-only memory for the model", info.file_bytes, core.model.bytes),
        ("RAM", ram, core.ram.bytes),
    ):
        if needed > there:
            raise ModelError(
                f"emulator {core.name}: the model needs {needed} bytes of {what}, and the board has {there}; "
                "use a smaller model, or int8"
            )


def _refusal(core: Core, graph: Graph, error: ProgramError) -> SnnrtError:
    """The core's status in words, where that is why the program ended."""
    found = re.search(r"(\w+) status (\d+) node (\d+) expected (\d+) found (\d+)", error.text)
    if error.code != REFUSED or found is None:
        return error
    call, status, node, expected, actual = found[1], *map(int, found.groups()[1:])
    where = f"node '{graph.nodes[node].name}': " if node < len(graph.nodes) else ""
    numbers = f" (expected {expected}, found {actual})" if expected or actual else ""
    return ModelError(f"emulator {core.name}: {call}: {where}{status_text(status)}{numbers}")

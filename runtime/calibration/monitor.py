"""A drift monitor for a model's exit: made from inputs as they should be, and replayed on the host."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from snnrt.calibration.calibrate import fingerprint
from snnrt.calibration.kept import kept
from snnrt.devices.base import Device, Inputs, checked_request
from snnrt.devices.models import model_of
from snnrt.devices.registry import find_device
from snnrt.errors import DataError, ModelError
from snnrt.exits.log_bets import LARGEST_RUN, monitor_table
from snnrt.exits.scores import scored_exit, scores_q
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Graph
from snnrt.ir.monitor_table import MonitorTable

KEY = "monitor_promise"
"""In the metadata of a graph."""
FEWEST = 20
"""Reference inputs without which no table is made."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class MonitorPromise:
    """That a false alarm comes after ``mean_run`` inferences or more on average, with ``confidence`` over the
    draw of the ``samples`` reference inputs, ``data`` their fingerprint; ``exit``: of the model;
    ``tried``: exits among which it was chosen on the same inputs; ``model``: CRC-32 of the file without a
    monitor."""

    exit: str
    mean_run: float
    confidence: float
    samples: int
    tried: int
    data: str
    model: str

    def to_dict(self) -> dict[str, object]:
        """As the metadata holds it."""
        return asdict(self)

    @classmethod
    def of(cls, graph: Graph) -> MonitorPromise | None:
        """The promise in a graph's metadata; None where there is none, or nothing that could be one."""
        return kept(cls, graph.metadata.get(KEY))

    def sentences(self) -> list[str]:
        """In words."""
        return [
            f"a false alarm after {self.mean_run:g} inferences or more on average, with a confidence of "
            f"{100 * self.confidence:g} %",
            f"from {self.samples} inputs, data {self.data}, model {self.model}",
        ]


@dataclass(frozen=True, eq=False)
class Drift:
    """What a monitor says of N inputs in turn: ``levels`` (N,) float64, bits, after each, and the level of
    the ``alarm``. ``first_alarm``: the number of the input, from 0, at which it was given; None: never.
    ``levels_q`` (N,) int64 are the core's own integers, 1/4096 bit."""

    levels_q: np.ndarray
    alarm_q: int

    @property
    def levels(self) -> np.ndarray:
        """In bits."""
        return self.levels_q / 4096.0

    @property
    def alarm(self) -> float:
        """In bits."""
        return self.alarm_q / 4096.0

    @property
    def first_alarm(self) -> int | None:
        """The input at which the alarm came."""
        over = self.levels_q >= self.alarm_q
        return int(over.argmax()) if over.any() else None


def with_monitor(
    model: Model, x: Inputs, *, mean_run: float = 1000.0, confidence: float = 0.9, tried: int = 1,
    device: str | Device = "cpu", progress: Progress | None = None,
) -> Model:  # fmt: skip
    """``model`` with a drift monitor of its exit, made from the reference inputs ``x``.

    While inputs are drawn as those, the monitor runs for ``mean_run`` inferences or more on average before
    its alarm; with ``confidence`` (½ to below 1) over the draw of ``x``. ``tried``: how many exits the
    model's was chosen among on the same inputs, which share what the confidence leaves. Raises DataError for
    arguments and data that do not fit.
    """
    for name, value in (("confidence", confidence), ("mean_run", mean_run)):
        if not isinstance(value, (int, float)):
            raise DataError(f"{name}: expected a number, found {value!r}")
    if isinstance(confidence, bool) or not 0.5 <= confidence < 1.0:
        raise DataError(f"confidence: expected 0.5 to below 1, found {confidence!r}")
    if isinstance(mean_run, bool) or not 2.0 <= mean_run <= LARGEST_RUN:
        raise DataError(f"mean_run: expected 2 to {LARGEST_RUN:.0f} inferences, found {mean_run!r}")
    graph = model.graph
    steps, scores, data = _ended(model, x, device, progress)
    if len(steps) < FEWEST:
        raise DataError(f"monitor: expected {FEWEST} reference inputs or more, found {len(steps)}")
    delta = min((1.0 - confidence) / tried, 0.5)
    table = monitor_table(graph.exit.score_rule, steps, scores, graph.timesteps, mean_run, delta)
    bare = graph.with_(nodes=(*graph.nodes[:-1], graph.exit.with_(monitor=None)))
    promise = MonitorPromise(
        exit=str(Exit.of(graph.exit)), mean_run=float(mean_run), confidence=float(confidence),
        samples=len(steps), tried=tried, data=data, model=f"{zlib.crc32(model_of(bare).raw):08x}",
    )  # fmt: skip
    watched = graph.exit.with_(monitor=table.to_words())
    metadata = dict(graph.metadata) | {KEY: promise.to_dict()}
    return model_of(graph.with_(nodes=(*graph.nodes[:-1], watched), metadata=metadata))


def drift(
    model: Model, x: Inputs, *, level: int = 0, device: str | Device = "cpu", progress: Progress | None = None
) -> Drift:
    """What the model's monitor says of the inputs ``x`` in turn, bit for bit as on a device that was at
    ``level`` (1/4096 bit). Raises ModelError for a model without a monitor, DataError for data that do not
    fit."""
    table = monitor_of(model.graph)
    steps, scores, _ = _ended(model, x, device, progress)
    return Drift(table.levels(model.graph.exit.score_rule, steps, scores, level), table.alarm)


def monitor_of(graph: Graph) -> MonitorTable:
    """Its table. Raises ModelError where it has none."""
    table = graph.exit.monitor_table
    if table is None:
        raise ModelError("monitor: the model has none; snnrt monitor MODEL DATA -o OUT.snnrt makes one")
    return table


def _ended(
    model: Model, x: Inputs, device: str | Device, progress: Progress | None
) -> tuple[np.ndarray, np.ndarray, str]:
    """Timesteps and scores (N,) int64 as the device's own integers, and the data's fingerprint."""
    graph, found = model.graph, find_device(device)
    classes = graph.readout.shape[0]
    own = Exit.of(graph.exit)
    ran = scored_exit(own, classes)
    request = checked_request(
        graph, x, found.capabilities, exit=None if ran == own else ran, progress=progress
    )  # fmt: skip
    with found.open(model) as session:
        result = session.run(request)
    scores = scores_q(graph.exit.score_rule, result.scores, classes)
    return np.asarray(result.timesteps, np.int64), scores, fingerprint(request)

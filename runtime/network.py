"""A network as a user holds it: run, score, profile, validate, save. It holds a model and hands on."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from snnrt.atomic_write import write_atomically
from snnrt.devices.base import Device, Inputs, checked_request
from snnrt.devices.models import read_model, with_exit
from snnrt.devices.registry import find_device
from snnrt.ir.exit_choice import Exit
from snnrt.network_facts import NetworkFacts
from snnrt.results.result import Result
from snnrt.silence import with_silence

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import Unpack

    from snnrt.calibration.adaptive import Adapted
    from snnrt.calibration.calibrate import Calibration
    from snnrt.calibration.monitor import Drift
    from snnrt.comparison import Comparison
    from snnrt.devices.crossbar.device import Crossbar
    from snnrt.devices.stream import Window
    from snnrt.targets import Target, TargetReport
    from snnrt.targets.profiling import Options, Profile
    from snnrt.targets.sweep import Sweep, SweepOptions

    OneTarget = str | os.PathLike[str] | Target
    Several = Sequence[OneTarget]
Progress = Callable[[int, int], None]


class Network(NetworkFacts):
    """A spiking network, checked and ready to run; it does not change, and any number of threads may run it.

    Wherever inputs ``x`` are taken: numbers of shape (N, *input_shape) for a constant input, (N, T,
    *input_shape) for spikes, in the range that the input node states; or a :class:`snnrt.data.Dataset`, the
    path of an ``.npz`` (``x``, perhaps labels ``y``) or ``.npy``, or built-in data (``"digits"``,
    ``"yin-yang"``, ``"digits:train"``). ``exit`` is a :class:`snnrt.Exit` or its text, ``"entropy:0.2"``.
    """

    @classmethod
    def from_bytes(cls, raw: bytes) -> Network:
        """Of a .snnrt file's bytes, which :meth:`to_bytes` gives back. Raises ModelError."""
        return cls(read_model(raw))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the .snnrt file, whole or not at all, or as :meth:`save_nir` a .nir. Raises OutputError."""
        if os.fspath(path).lower().endswith(".nir"):
            self.save_nir(path)
        else:
            write_atomically(path, self.to_bytes())

    def save_nir(self, path: str | os.PathLike[str]) -> list[str]:
        """Write a float32 network as a NIR file, from which :func:`snnrt.convert` makes the same to the bit.

        Gives a line for each thing that NIR itself does not say, which is in the file's metadata alone.
        Raises ModelError for a network in integers, OutputError where the file can't be written.
        """
        from snnrt.converters.nir.writer import write_nir

        return write_nir(self.graph, path)

    def run(
        self, x: Inputs, *, timesteps: int | None = None, exit: Exit | str | None = None,
        device: str | Device | Crossbar = "cpu", record: Collection[str] = (), kernels: str | None = None,
        threads: int | None = None, progress: Progress | None = None,
    ) -> Result:  # fmt: skip
        """Run each input until it is sure enough; arrays are read a part at a time, also memory-mapped ones.

        ``timesteps``: at most so many (the model's T). ``exit``: instead of the model's. ``device``: a name,
        as the command takes it (:func:`snnrt.devices.registry.device_names`): ``"cpu"``, the C core;
        ``"cpu:avx2"``, with one set of kernels; ``"reference"``; ``"crossbar"`` or ``"crossbar:FILE.toml"``
        (int8 models); ``"emulator:cortex-m4"``, the firmware in an emulated core, which gives a
        :class:`snnrt.targets.emulator.EmulatedResult`; or a :class:`snnrt.devices.crossbar.device.Crossbar`,
        or a :class:`snnrt.devices.base.Device`. ``record``: of ``"spikes"`` and ``"membranes"``, kept for
        every neuron, and ``"accumulators"``, the readout's after each timestep. ``kernels``: a set of
        :func:`snnrt.devices.cpu.kernel_sets`; ``threads``: at most so many (all cores); all give the same
        bits. ``progress(done, total)``.

        Raises DataError for inputs or arguments that do not fit, ModelError for an exit that the model cannot
        have.
        """
        chosen = find_device(device)
        request = checked_request(
            self.graph, x, chosen.capabilities, timesteps=timesteps, exit=exit, record=record,
            kernels=kernels, threads=threads, progress=progress,
        )  # fmt: skip
        with chosen.open(with_exit(self.model, exit)) as session:
            return with_silence(self.graph, session.run(request), chosen.capabilities)

    def stream(
        self, frames: Iterable[np.ndarray], *, timesteps: int | None = None, exit: Exit | str | None = None
    ) -> Iterator[Window]:
        """Windows of a stream without end: each stops where the exit says (or after ``timesteps``, None: the
        model's T) and the next begins with the next frame.

        ``frames``: arrays of ``input_shape``, one a timestep, asked for one at a time. Raises DataError for a
        model with a constant input, and for a frame that does not fit.
        """
        from snnrt.devices.stream import windows

        return windows(self.model, frames, timesteps=timesteps, exit=exit)

    def score(
        self, x: Inputs, y: np.ndarray | None = None, *, timesteps: int | None = None,
        exit: Exit | str | None = None, device: str | Device | Crossbar = "cpu",
        progress: Progress | None = None,
    ) -> float:  # fmt: skip
        """The accuracy: the fraction of inputs whose prediction is the label in ``y`` (N,), integers; None:
        the labels that come with ``x``. The rest as for :meth:`run`. Raises DataError without labels."""
        chosen = find_device(device)
        request = checked_request(
            self.graph, x, chosen.capabilities, y=y, timesteps=timesteps, exit=exit, progress=progress
        )
        labels = request.needed_labels()
        with chosen.open(with_exit(self.model, exit)) as session:
            return session.run(request).accuracy(labels)

    @overload
    def profile(  # type: ignore[overload-overlap]
        self, x: Inputs, y: np.ndarray | None = None, *, target: Literal["all"], **options: Unpack[Options]
    ) -> list[TargetReport]: ...
    @overload
    def profile(  # type: ignore[overload-overlap]
        self, x: Inputs, y: np.ndarray | None = None, *, target: OneTarget, **options: Unpack[Options]
    ) -> TargetReport: ...
    @overload
    def profile(
        self, x: Inputs, y: np.ndarray | None = None, *, target: Several, **options: Unpack[Options]
    ) -> list[TargetReport]: ...
    def profile(
        self, x: Inputs, y: np.ndarray | None = None, *, target: OneTarget | Several,
        timesteps: int | None = None, exit: Exit | str | None = None, progress: Progress | None = None,
        device: object = "cpu", period_s: float | None = None,
        report: str | os.PathLike[str] | None = None,
    ) -> TargetReport | list[TargetReport]:  # fmt: skip
        """Energy, latency and EDP of each input on a target, beside the same inputs at the full T.

        ``target``: a name (:func:`snnrt.targets.list_targets`), a profile's path or a
        :class:`snnrt.targets.Target` gives a report; several, or ``"all"``, a list. ``y`` (N,) labels give
        the accuracies; None: those of ``x``. ``device="crossbar"``: on the in-memory target's own chip.
        ``period_s`` between inputs: what is taken then is added. ``report``: a page to write
        (docs/report.md). Else as :meth:`run`. Raises TargetError for targets that are unknown or of one name,
        DataError for wrong data, OutputError where the page can't be written."""
        from snnrt.targets.profiling import is_one_target, profile, targets_of

        profiled = profile(
            self.model, x, y, targets_of(target), timesteps=timesteps, exit=exit, progress=progress,
            device=device, period_s=period_s, every_step=report is not None,
        )  # fmt: skip
        found = profiled.reports
        if report is not None:
            self._write_report(report, profiled, x, device, period_s)
        return found[0] if is_one_target(target) else found

    def sweep(
        self, x: Inputs, y: np.ndarray | None = None, *, target: OneTarget, **options: Unpack[SweepOptions]
    ) -> Sweep:
        """Accuracy and cost, with intervals, of many chips at each point of a design space:
        ``vary=["adc.bits=3:8"], chips=100``. ``options``: :func:`snnrt.targets.sweep.sweep`."""
        from snnrt.targets.sweep import sweep

        return sweep(self.model, x, y, target=target, **options)

    def _write_report(
        self, path: str | os.PathLike[str], profiled: Profile, x: Inputs, device: object,
        period_s: float | None,
    ) -> None:  # fmt: skip
        from snnrt.reporting.run_details import whole_details
        from snnrt.targets.report.page import write_report

        request = profiled.request
        graph = self.graph.with_exit(request.exit).with_(timesteps=request.timesteps)
        name = str(x) if isinstance(x, (str, os.PathLike)) else getattr(x, "name", "")
        details = whole_details(
            self.model, profiled, device=device, period_s=period_s, data_name=name,
            model_name=str(graph.metadata.get("name") or ""),
        )  # fmt: skip
        write_report(path, graph, profiled.reports, None, details)

    def sweep_exits(
        self, x: Inputs, y: np.ndarray | None = None, *, target: OneTarget | Several,
        rules: Sequence[str] = (), timesteps: int | None = None, device: object = "cpu",
        progress: Progress | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Every threshold of exit ``rules`` (none: those of this network's exit) from one run of all
        timesteps, beside the static networks: accuracy, mean timesteps, energy, latency and EDP on each
        ``target``.

        ``["rules"]`` has of each its ``points``, ``["static"]`` the networks of fixed timesteps
        (:func:`snnrt.targets.swept_costs.sweep_document`). It promises nothing of other inputs:
        :meth:`calibrate` does. The rest as :meth:`profile`. Raises DataError, TargetError.
        """
        from snnrt.reporting.sweeping import needed_outcomes, sweep_of
        from snnrt.targets.profiling import profile, targets_of

        profiled = profile(
            self.model, x, y, targets_of(target), timesteps=timesteps, progress=progress, device=device,
            every_step=True,
        )  # fmt: skip
        return sweep_of(self.model, profiled, needed_outcomes(self.model, profiled, device), rules, device)

    def calibrate(
        self, x: Inputs, y: np.ndarray | None = None, *, max_drop: float = 0.5, confidence: float = 0.95,
        rules: Sequence[str] = ("entropy",), loss: str | None = None, mode: str = "certain",
        minimize: str = "timesteps", target: OneTarget | None = None,
        device: str | Device | Sequence[Device] = "cpu", chip_share: float = 0.9,
        timesteps: int | None = None, progress: Progress | None = None,
    ) -> Calibration:  # fmt: skip
        """Choose the exit that loses at most ``max_drop`` percent of new inputs with that ``confidence``.

        ``x`` and ``y``: inputs that were not trained on, drawn as those in the field are. The result's
        ``model`` has the exit and the promise in it (``snnrt.Network(found.model)``); ``exit``, ``promise``
        and ``candidates`` say what was found. ``minimize``: ``"timesteps"``, or ``"edp"``, ``"energy"`` or
        ``"latency"`` on a ``target``. The rest: :func:`snnrt.calibration.calibrate.calibrate`. Raises
        DataError for arguments and data that do not fit.
        """
        from snnrt.calibration.calibrate import calibrate

        cost = None
        if minimize != "timesteps":
            from snnrt.calibration.step_counts import step_counts
            from snnrt.targets.trade_off import cost_of_steps

            cost = cost_of_steps(self.model, step_counts(self.model, x, timesteps), target, minimize)
        return calibrate(
            self.model, x, y, max_drop=max_drop, confidence=confidence, rules=rules, loss=loss, mode=mode,
            device=device, chip_share=chip_share, timesteps=timesteps, cost=cost, progress=progress,
        )  # fmt: skip

    def with_monitor(
        self, x: Inputs, *, mean_run: float = 1000.0, confidence: float = 0.9, tried: int = 1,
        device: str | Device = "cpu", progress: Progress | None = None,
    ) -> Network:  # fmt: skip
        """The network with a drift monitor (docs/monitor.md), made from ``x``: inputs as they should be, that
        were not trained on.

        Devices then keep a level, 4 bytes, that an alarm ends; while inputs are drawn as ``x``, an alarm
        comes after ``mean_run`` inferences or more on average, with ``confidence`` over the draw of ``x``.
        ``tried``: exits among which this one was chosen on the same inputs. Raises DataError.
        """
        from snnrt.calibration.monitor import with_monitor

        return type(self)(
            with_monitor(
                self.model, x, mean_run=mean_run, confidence=confidence, tried=tried, device=device,
                progress=progress,
            )
        )  # fmt: skip

    def adapt(
        self, x: Inputs, low: float, high: float, *, floor: float, exit: Exit | str | None = None,
        careful: float | None = None, window: int = 32, moves: int = 32, figure: str = "timesteps",
        target: OneTarget | None = None, device: str | Device = "cpu", progress: Progress | None = None,
    ) -> Adapted:  # fmt: skip
        """Run ``x`` in turn with a threshold that follows (docs/adaptation.md), as a device does, to the bit.

        After every ``window`` inferences the threshold moves, in ``moves`` moves from ``careful`` (None: the
        rule's most careful) to ``floor``, the boldest, so that the mean of ``figure`` stays from ``low`` to
        ``high``: ``"timesteps"``, or ``"edp"`` (J·s), ``"energy"`` (J) or ``"latency"`` (s) on a ``target``.
        ``exit``: where it begins (the network's own). ``settings.c_initialiser()`` of the result is what
        firmware takes. Raises DataError and TargetError.
        """
        from snnrt.calibration.adaptive import Adaptation, adapted

        chosen = self.exit if exit is None else Exit.of(exit)
        costs = None
        if figure != "timesteps":
            from snnrt.calibration.step_counts import step_counts
            from snnrt.targets.trade_off import costs_by_step

            costs = costs_by_step(self.model, step_counts(self.model, x), target, figure, chosen.rule)
        settings = Adaptation.keeping(
            chosen, low, high, self.graph.readout.shape[0], floor=floor, careful=careful, window=window,
            moves=moves, costs=costs,
        )  # fmt: skip
        return adapted(self.model, x, settings, device=device, progress=progress)

    def drift(
        self, x: Inputs, *, level: int = 0, device: str | Device = "cpu", progress: Progress | None = None
    ) -> Drift:
        """What the network's monitor says of ``x`` in turn, bit for bit as on a device; ``level`` (1/4096
        bit): what it was before. Raises ModelError without a monitor, DataError for data that do not fit."""
        from snnrt.calibration.monitor import drift

        return drift(self.model, x, level=level, device=device, progress=progress)

    def validate(
        self, source: object, data: Inputs, *, example: object = None, weights: object = None,
        progress: Progress | None = None,
    ) -> Comparison:  # fmt: skip
        """Run this network in the C core, and compare it with ``source``: the file that it was converted from
        (read with the options of that conversion), a .snnrt file or a float32 network, in the reference; a
        PyTorch module, which runs itself, called as on ``example`` (None: ``data``), with ``weights``; or
        what was recorded in the framework, an ``.npz`` or arrays by name: ``outputs`` (N, T, K), ``logits``
        (N, K) or (N, T, K), ``spikes/LAYER`` (N, T, *shape): :mod:`snnrt.comparison.outputs`. ``data`` as for
        :meth:`run`. Raises ModelError for another network, DataError where outputs do not fit it."""
        from snnrt.comparison import validate

        called = {"example": example, "weights": weights}
        given = {name: value for name, value in called.items() if value is not None}
        return validate(self.model, source, data, progress, **given)

"""When a network's inferences end: calibrated with a promise, watched and followed in the field."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from snnrt.devices.base import Device, Inputs
from snnrt.errors import DataError
from snnrt.ir.exit_choice import Exit
from snnrt.network_facts import NetworkFacts
from snnrt.results.request import Progress

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import Self

    from snnrt.calibration.adaptive import Adapted
    from snnrt.calibration.calibrate import Calibration
    from snnrt.calibration.monitor import Drift
    from snnrt.targets import Target

    OneTarget = str | os.PathLike[str] | Target


class NetworkExits(NetworkFacts):
    """The part of :class:`snnrt.Network` that chooses exits, and keeps watch over them."""

    def calibrate(
        self, x: Inputs, y: np.ndarray | None = None, *, max_drop: float = 0.5, confidence: float = 0.95,
        rules: Sequence[str] = ("entropy",), loss: str | None = None, mode: str = "certain",
        minimize: str = "timesteps", target: OneTarget | None = None,
        device: str | Device | Sequence[Device] = "cpu", chip_share: float = 0.9,
        timesteps: int | None = None, logit_scale: float | Literal["fit"] | None = None,
        progress: Progress | None = None,
    ) -> Calibration:  # fmt: skip
        """Choose the exit that loses at most ``max_drop`` percent of new inputs with that ``confidence``.

        ``x`` and ``y``: inputs that were not trained on, drawn as those in the field are. The result's
        ``model`` has the exit and the promise in it (``snnrt.Network(found.model)``); ``exit``, ``promise``
        and ``candidates`` say what was found. ``minimize``: ``"timesteps"``, or ``"edp"``, ``"energy"`` or
        ``"latency"`` on a ``target``. ``logit_scale``: exit rules see the logits times it, ``"fit"``: as a
        fifth of the inputs say, which the promise then leaves out. The rest:
        :func:`snnrt.calibration.calibrate.calibrate`. Raises DataError for arguments and data that do not
        fit.
        """
        from snnrt.calibration.calibrate import calibrate

        cost = None
        if minimize != "timesteps":
            from snnrt.calibration.step_counts import step_counts
            from snnrt.targets.trade_off import cost_of_steps

            cost = cost_of_steps(self.model, step_counts(self.model, x, timesteps), target, minimize)
        return calibrate(
            self.model, x, y, max_drop=max_drop, confidence=confidence, rules=rules, loss=loss, mode=mode,
            device=device, chip_share=chip_share, timesteps=timesteps, logit_scale=logit_scale, cost=cost,
            progress=progress,
        )  # fmt: skip

    def with_logit_scale(self, scale: float) -> Self:
        """The network whose exit rules see the logits times ``scale``, a number above 0 (docs/exit_rules.md);
        1: as they are. Logits are shown without it. What was promised of the exit, and a monitor, are not
        kept. Raises DataError for what is no such number, ModelError beyond what its integers hold."""
        from snnrt.devices.models import model_of
        from snnrt.exits.logit_scale import checked_scale

        return type(self)(model_of(self.graph.with_logit_scale(checked_scale(scale))))

    def with_monitor(
        self, x: Inputs, *, mean_run: float = 1000.0, confidence: float = 0.9, tried: int = 1,
        device: str | Device = "cpu", progress: Progress | None = None,
    ) -> Self:  # fmt: skip
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
        if figure == "timesteps" and isinstance(low, (int, float)) and low > self.timesteps:
            raise DataError(
                f"adaptation: low: expected at most {self.timesteps}, the network's timesteps, found {low!r}"
            )
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

"""What a network costs on targets: profiles, sweeps over chips and over exits, and the page of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from snnrt.devices.base import Inputs
from snnrt.ir.exit_choice import Exit
from snnrt.network_facts import NetworkFacts
from snnrt.results.request import Progress

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import Unpack

    from snnrt.targets import Target, TargetReport
    from snnrt.targets.profiling import Options, Profile
    from snnrt.targets.sweep import Sweep, SweepOptions

    OneTarget = str | os.PathLike[str] | Target
    Several = Sequence[OneTarget]


class NetworkCosts(NetworkFacts):
    """The part of :class:`snnrt.Network` that asks targets."""

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

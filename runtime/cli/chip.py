"""Options of a crossbar's chip: its parameters, measured conductances, calibration from data, saving."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snnrt.cli.arguments import add_data

if TYPE_CHECKING:
    from snnrt.data.load import Dataset
    from snnrt.devices.crossbar.calibration import CalibrationReport, Choice, Method
    from snnrt.devices.crossbar.session import CrossbarDevice
    from snnrt.network import Network

OPTIONS = ("crossbar", "calibrate_chip", "adc_range_by", "adc_range_per", "no_correction", "conductances",
           "save_chip")  # fmt: skip
FITS = OPTIONS[2:5]
"""How it is calibrated."""


def add_chip_options(parser: argparse.ArgumentParser, *, parameters: str) -> None:
    """The options; ``parameters``: what --crossbar changes."""
    parser.add_argument("--crossbar", action="append", metavar="KEY=VALUE", help=parameters)
    add_calibration_options(parser)
    parser.add_argument(
        "--conductances", metavar="FILE.npz",
        help="measured conductances of the crossbar: arrays NODE.positive and NODE.negative, units of G_max",
    )  # fmt: skip
    parser.add_argument(
        "--save-chip", metavar="FILE.npz", help="write the programmed crossbar, which crossbar:FILE.npz is"
    )


def add_calibration_options(parser: argparse.ArgumentParser) -> None:
    """From what a crossbar is calibrated, and how."""
    add_data(
        parser, "--calibrate-chip",
        help="set the ADCs' ranges of the crossbar, correct its columns and outputs and re-centre "
        "thresholds, from these inputs: data as DATA, of which built-in names mean the training split",
    )  # fmt: skip
    parser.add_argument(
        "--adc-range-by", type=_method, metavar="METHOD",
        help="with --calibrate-chip: least-error (the default), or percentile:99.9 of the currents",
    )  # fmt: skip
    parser.add_argument(
        "--adc-range-per", choices=("tile", "layer"), help="with --calibrate-chip: one range for each (tile)"
    )
    parser.add_argument(
        "--no-correction", action="store_true", help="with --calibrate-chip: the ranges alone"
    )


def _method(text: str) -> tuple[Method, float]:
    name, colon, value = text.partition(":")
    if name == "least-error" and not colon:
        return "least-error", 99.9
    try:
        share = float(value) if colon else 99.9
    except ValueError:
        share = -1.0
    if name != "percentile" or not 0.0 < share <= 100.0:
        raise argparse.ArgumentTypeError(f"expected least-error or percentile:99.9, found {text!r}")
    return "percentile", share


def check_chip_options(args: argparse.Namespace, *, parameters_alone: bool = False) -> None:
    """A usage error where options have no crossbar, or none to be calibrated, to mean something for;
    ``parameters_alone``: --crossbar is for targets too."""
    meant = OPTIONS[1:] if parameters_alone else OPTIONS
    given = [name for name in meant if getattr(args, name)]
    if given and args.device.partition(":")[0] != "crossbar":
        option = f"--{given[0].replace('_', '-')}"
        args.parser.error(f"{option} has no meaning on {args.device}: add --device crossbar")
    check_calibration_options(args)
    if args.save_chip is not None and not args.save_chip.lower().endswith(".npz"):
        args.parser.error(f"--save-chip: expected a name that ends in .npz, found {args.save_chip}")


def check_calibration_options(args: argparse.Namespace) -> None:
    """A usage error where it is said how, but not from what."""
    fits = [name for name in FITS if getattr(args, name)]
    if fits and args.calibrate_chip is None:
        option = f"--{fits[0].replace('_', '-')}"
        args.parser.error(f"{option} says how a crossbar is calibrated: add --calibrate-chip DATA")


def chip_of_name(device: str, settings: list[str]) -> CrossbarDevice:
    """The crossbar called ``device`` with the parameters of ``--crossbar``. Raises TargetError."""
    from snnrt.devices.crossbar.device import Crossbar, CrossbarConfig
    from snnrt.devices.crossbar.session import find
    from snnrt.errors import TargetError

    found = find(device.partition(":")[2])
    if not settings:
        return found
    if found.saved:
        raise TargetError(
            f"--crossbar: {found.saved} is programmed already, and its parameters are fixed; leave one out"
        )
    values = {**found.crossbar.config.to_dict(), **crossbar_settings(settings)}
    return type(found)(Crossbar(CrossbarConfig.from_dict(values)))


def crossbar_settings(settings: list[str]) -> dict[str, object]:
    """What ``--crossbar`` sets: parameters by name, files of them. Raises TargetError."""
    from snnrt.devices.crossbar.session import read_parameters
    from snnrt.errors import TargetError

    values: dict[str, object] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if setting.endswith(".toml"):
            values |= read_parameters(setting)
        elif equals:
            values[key.strip()] = _parsed(value.strip())
        else:
            raise TargetError(f"--crossbar: expected KEY=VALUE or a .toml file, found {setting!r}")
    return values


def _parsed(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def choice_of(args: argparse.Namespace) -> Choice:
    """How the chip is calibrated."""
    from snnrt.devices.crossbar.calibration import Choice

    ranges: tuple[Method, float] = args.adc_range_by or ("least-error", 99.9)
    return Choice(*ranges, args.adc_range_per or "tile", outputs=not args.no_correction)


@dataclass(frozen=True)
class Calibrated:
    """What the calibration of a chip gave: ``before``, the accuracy of the same data on the chip as it was
    (None without labels), and the errors of each layer."""

    before: float | None
    report: CalibrationReport

    def document(self, args: argparse.Namespace, after: float | None) -> dict[str, object]:
        """For JSON; ``after``: the accuracy now."""
        choice = choice_of(args)
        gain = None if self.before is None or after is None else after - self.before
        return {
            "data": args.calibrate_chip,
            "method": choice.method,
            "percentile": choice.percentile if choice.method == "percentile" else None,
            "per": choice.per,
            "corrected": choice.outputs,
            "rms_error_before": self.report.before,
            "rms_error_after": self.report.after,
            "accuracy_before": self.before,
            "accuracy_gain": gain,
        }

    def facts(self, args: argparse.Namespace, after: float | None) -> list[tuple[str, object]]:
        """For people."""
        errors = ", ".join(
            f"{name} {self.report.before[name]:.3g} → {error:.3g}"
            for name, error in self.report.after.items()
        )
        lines: list[tuple[str, object]] = [
            ("calibrated", f"from {args.calibrate_chip}; RMS error of a layer's sums: {errors}")
        ]
        if self.before is not None and after is not None:
            lines.append(
                ("", f"accuracy {self.before:.4f} before, {100 * (after - self.before):+.2f} points gained")
            )
        return lines


def calibration_data(args: argparse.Namespace, network: Network) -> Dataset:
    """The inputs that a chip is calibrated from. Raises DataError."""
    from snnrt.data.load import load_for_model

    return load_for_model(args.calibrate_chip, network.graph, split="train", timesteps=args.timesteps)


def prepare_chip(
    args: argparse.Namespace, device: CrossbarDevice, network: Network, data: Dataset
) -> Calibrated | None:
    """Give the chip its measured conductances, and calibrate it where that is asked for.

    Raises TargetError for conductances of another network, DataError for calibration inputs that do not fit.
    """
    from snnrt.devices.crossbar.calibration import calibrate
    from snnrt.devices.crossbar.saved import load_conductances
    from snnrt.devices.crossbar.session import take_measured

    crossbar = device.crossbar
    if args.conductances is not None:
        take_measured(device, network.model, load_conductances(args.conductances), args.conductances)
    if args.calibrate_chip is None:
        return None
    inputs = calibration_data(args, network)
    before = None
    if data.y is not None:
        before = network.score(data, device=device, timesteps=args.timesteps, exit=args.exit)
    choice = choice_of(args)
    return Calibrated(before, calibrate(crossbar, network.model, inputs, choice))


def write_chip(args: argparse.Namespace, device: CrossbarDevice) -> None:
    """Save the chip, which a run has programmed, where that is asked for. Raises OutputError."""
    from snnrt.devices.crossbar.saved import save_chip

    if args.save_chip is not None:
        save_chip(device.crossbar, args.save_chip)

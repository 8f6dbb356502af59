"""Options of ``convert``, ``check`` and ``validate``: what a source does not say, how a module is called."""

from __future__ import annotations

import argparse
from typing import Any

from snnrt.cli.arguments import finite, positive, positive_real
from snnrt.ir.spec import READOUT_MODES

_OPTIONS = (
    "framework", "readout", "reset", "dt", "encoding", "low", "high", "strict", "multiple", "max_spikes",
    "lower_bound", "normalise_input", "reset_delay", "layers", "logits", "weights", "spiking",
    "negative_spikes",
)  # fmt: skip


def add_import_options(parser: argparse.ArgumentParser) -> None:
    """What a source does not say, for whoever knows."""
    from snnrt.converters.frameworks.choices import RESETS
    from snnrt.converters.frameworks.registry import NAMES

    group = parser.add_argument_group("what the file does not say")
    group.add_argument(
        "--framework",
        choices=NAMES,
        metavar="FRAMEWORK",
        help=f"whose rules apply where the file leaves a choice: {', '.join(NAMES)}",
    )
    group.add_argument(
        "--readout",
        choices=READOUT_MODES.values,
        metavar="READOUT",
        help="logits: sum or mean over timesteps, last, maximum, or first_spike",
    )
    group.add_argument(
        "--reset",
        choices=RESETS,
        metavar="RESET",
        help=f"what a spike does to the membrane: {', '.join(RESETS)}",
    )
    group.add_argument("--dt", type=positive_real, metavar="SECONDS", help="length of a timestep")
    group.add_argument(
        "--encoding",
        choices=("constant", "spikes"),
        help="the input: the same values at every timestep, or a tensor over time",
    )
    group.add_argument("--low", type=finite, metavar="X", help="lowest value of the input (0)")
    group.add_argument("--high", type=finite, metavar="X", help="highest value of the input (1)")
    _add_switch(group, "--strict", "fire above the threshold, not at it")
    _add_switch(group, "--multiple", "fire several spikes a timestep")
    group.add_argument(
        "--max-spikes",
        type=positive,
        metavar="N",
        help="most spikes a timestep, with --multiple or --spiking",
    )
    group.add_argument("--lower-bound", type=finite, metavar="V", help="lowest membrane potential")
    _add_switch(
        group, "--reset-delay", "reset at the next step, snnTorch's default (--no-reset-delay: at once)"
    )
    _add_switch(group, "--normalise-input", "scale the input of LIF by 1 − α (Sinabs)")
    group.add_argument(
        "--layer",
        type=_layer,
        action="append",
        dest="layers",
        metavar="NAME:CHOICE=VALUE",
        help="a neuron layer's own choice, as lif1:reset=zero; several with commas, or once more --layer",
    )
    add_module_options(parser)


def _layer(text: str) -> tuple[str, dict[str, object]]:
    from snnrt.converters.frameworks.layer_choices import parse_layer
    from snnrt.errors import ModelError

    try:
        return parse_layer(text)
    except ModelError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _example(text: str) -> object:
    """A file's path, or a shape: ``1,1,28,28``."""
    sizes = text.split(",")
    return tuple(int(size) for size in sizes) if all(size.strip().isdigit() for size in sizes) else text


def _place(text: str) -> int | str:
    return int(text) if text.lstrip("-").isdigit() else text


def add_module_options(parser: argparse.ArgumentParser) -> None:
    """How a PyTorch module is called."""
    group = parser.add_argument_group("a PyTorch module")
    group.add_argument(
        "--example",
        metavar="SHAPE|FILE",
        help="what the module is called with: sizes as 1,1,28,28 with the batch first, or a .npy file",
    )
    group.add_argument("--weights", metavar="FILE", help="a state_dict that is loaded into the module")
    group.add_argument(
        "--logits",
        type=_place,
        metavar="N|KEY",
        help="which of several results of the module the logits come from (the first)",
    )
    group = parser.add_argument_group("an ordinary network")
    group.add_argument(
        "--spiking",
        action="store_const",
        const=True,
        help="its activations become neurons, with thresholds from --calibrate",
    )
    _add_switch(group, "--negative-spikes", "neurons take back spikes that were too many (they do)")


class _Switch(argparse.BooleanOptionalAction):
    """``--name`` and ``--no-name``, short in the usage."""

    def format_usage(self) -> str:
        return f"--[no-]{self.option_strings[0].removeprefix('--')}"


def _add_switch(group: argparse._ArgumentGroup, name: str, summary: str) -> None:
    group.add_argument(name, action=_Switch, help=summary)


def import_options(args: argparse.Namespace) -> dict[str, Any]:
    """The import options that were given, as :func:`snnrt.convert` takes them."""
    given = {name: getattr(args, name) for name in _OPTIONS}
    if args.example is not None:
        given["example"] = _example(args.example)
    if given["layers"] is not None:
        layers: dict[str, dict[str, object]] = {}
        for name, own in given["layers"]:
            layers.setdefault(name, {}).update(own)
        given["layers"] = layers
    return {name: value for name, value in given.items() if value is not None}

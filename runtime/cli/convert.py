"""``snnrt convert``: a trained network becomes one file."""

from __future__ import annotations

import argparse
import dataclasses
import warnings
from typing import TYPE_CHECKING, Any

from snnrt.cli.arguments import (
    DATA_HELP,
    add_data,
    add_exit_options,
    add_json,
    finite,
    is_model,
    positive,
    positive_real,
    subcommand,
)
from snnrt.cli.description import preprocessing_facts, source_text
from snnrt.cli.output import (
    check_outputs,
    print_facts,
    print_json,
    print_table,
    print_text,
    print_warning,
)
from snnrt.ir.spec import READOUT_MODES

if TYPE_CHECKING:
    from snnrt.network import Network
    from snnrt.results.fidelity import Fidelity
    from snnrt.results.rates import Agreement

_OPTIONS = (
    "framework", "readout", "reset", "dt", "encoding", "low", "high", "strict", "multiple", "max_spikes",
    "lower_bound", "normalise_input", "reset_delay", "layers", "logits", "weights", "spiking",
    "negative_spikes",
)  # fmt: skip

_EXAMPLE = """\
  snnrt convert digits_conv.nir -o digits.snnrt --framework snntorch --timesteps 4 --numbers int8 --calibrate digits --exit entropy:0.2"""  # noqa: E501


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    from snnrt.converters.importers import readable_sources

    parser = subcommand(commands, "convert", "convert a trained network into a .snnrt file", _EXAMPLE)
    parser.add_argument("source", metavar="SOURCE", help=f"{readable_sources()}; or a .snnrt file for a .nir")
    parser.add_argument(
        "-o", "--output", metavar="MODEL", required=True, help="the file to write; .nir: as NIR"
    )
    parser.add_argument(
        "--numbers",
        choices=("float32", "int8", "loihi"),
        default="float32",
        help="numbers on the device (float32); loihi: int8 weights, the chip's own integers",
    )
    add_exit_options(parser, overrides=False)
    add_data(
        parser,
        "--calibrate",
        help="inputs that set the scales of int8, and show how far it agrees with float32: "
        f"{DATA_HELP}; of a built-in name the training split",
    )
    add_import_options(parser)
    parser.add_argument(
        "--preprocess",
        action="append",
        metavar="KEY=VALUE",
        help="what happens to raw values before the first node, kept in the file: mean and std (a number, or "
        "one a channel with commas), scale, layout, encoding (rate, latency, delta, send_on_delta), "
        "seed, threshold, polarity (rising, signed, both); of recordings of events interval (µs) or count, "
        "and size (WIDTHxHEIGHT); of sound sample_rate (Hz), window and interval (µs), bands, frequencies, "
        "decibels; may be repeated",
    )
    parser.add_argument(
        "--decays",
        choices=("product", "shift"),
        help="how int8 neurons decay: by a product (the default), or by a shift, the nearest 1 − 2^−k",
    )
    parser.add_argument(
        "--plot",
        metavar="FILE",
        help="with --spiking: accuracy against timesteps and the layers' errors as .png or .svg",
    )
    parser.add_argument(
        "--fine",
        metavar="LAYERS",
        help="layers whose weights take two int8 each: none, all, constant (those that read the same at "
        "every timestep), or names with commas (by default as few as --calibrate shows are needed)",
    )
    parser.add_argument(
        "--memory",
        choices=("kept", "least"),
        help="what convolutions make of a constant input: kept for the inference (the default), or "
        "computed anew at every timestep, a few rows at a time, which takes the least RAM",
    )
    parser.add_argument("--class-names", metavar="A,B,C", help="names of the classes, kept in the file")
    parser.add_argument("--name", help="name of the network, kept in the file")
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


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
        "--max-spikes", type=positive, metavar="N", help="most spikes a timestep, with --multiple"
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


def run(args: argparse.Namespace) -> int:
    """Convert, save, and say what was made and assumed."""
    if args.calibrate is not None and args.numbers == "float32" and not args.spiking:
        args.parser.error(
            "--calibrate sets the scales of int8: add --numbers int8 (or --spiking, of an ordinary network)"
        )
    if args.plot is not None and not (args.spiking and args.calibrate):
        args.parser.error("--plot draws how well an ordinary network spikes: add --spiking and --calibrate")
    if args.decays is not None and args.numbers != "int8":
        args.parser.error("--decays says how int8 neurons decay: add --numbers int8")
    if args.fine is not None and args.numbers != "int8":
        args.parser.error("--fine says which int8 weights are finer: add --numbers int8")
    check_outputs([args.output, args.plot], [args.source, args.calibrate])
    options = import_options(args)
    for name in ("timesteps", "exit", "name", "calibrate", "decays", "memory"):
        if getattr(args, name) is not None:
            options[name] = getattr(args, name)
    if args.fine is not None:
        words = ("none", "constant", "all")
        options["fine"] = args.fine if args.fine in words else [one.strip() for one in args.fine.split(",")]
    if args.preprocess is not None:
        options["preprocessing"] = _preprocessing(args.preprocess, args.parser)
    if args.class_names is not None:
        options["class_names"] = [name.strip() for name in args.class_names.split(",")]

    import snnrt
    from snnrt.exits.reach import reach_of

    silent: set[str] = set()
    as_nir = args.output.lower().endswith(".nir")
    if as_nir and is_model(args.source):
        if options or args.numbers != "float32":
            args.parser.error(f"{args.source} is converted already: it becomes a NIR file without options")
        network = snnrt.load(args.source)
    else:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", snnrt.SilentLayerWarning)
            network = snnrt.convert(args.source, numbers=args.numbers, **options)
        for warning in told:
            if isinstance(warning.message, snnrt.SilentLayerWarning):
                silent.update(warning.message.layers)
            print_warning(str(warning.message))
    unreached = reach_of(network.graph).warning(network.exit)
    if unreached is not None:
        print_warning(unreached)
    unsaid: list[str] = []
    if as_nir:
        unsaid = network.save_nir(args.output)
    else:
        network.save(args.output)
    if args.plot is not None and network.fidelity is not None:
        from snnrt.targets.fidelity_plot import draw_fidelity

        draw_fidelity(network.fidelity, args.plot)
    if args.json:
        print_json(_summary(args, network) | ({"not_in_nir": unsaid} if unsaid else {}))
    else:
        _print(args, network, silent)
        if unsaid:
            print_facts([("not in NIR" if index == 0 else "", text) for index, text in enumerate(unsaid)])
    return 0


def _preprocessing(settings: list[str], parser: argparse.ArgumentParser) -> dict[str, object]:
    """The fields of a Preprocessing; one that stands twice is the later one's."""
    values: dict[str, object] = {}
    for setting in settings:
        key, equals, text = (part.strip() for part in setting.partition("="))
        if not equals:
            parser.error(f"--preprocess: expected KEY=VALUE, as mean=0.1307, found {setting!r}")
        parts = text.split("x" if key == "size" else ",")
        found = [_parsed(part.strip()) for part in parts]
        values[key] = found if len(found) > 1 else found[0]
    return values


def _parsed(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _summary(args: argparse.Namespace, network: Network) -> dict[str, object]:
    graph, info, agreement = network.graph, network.file_info(), network.agreement
    fidelity = network.fidelity
    return {
        "model": args.output,
        "source": args.source,
        "numbers": graph.profile,
        "timesteps": graph.timesteps,
        "exit": str(network.exit),
        "framework": source_text(graph) or None,
        "calibrate": args.calibrate,
        "input_shape": graph.input.shape,
        "encoding": graph.input.encoding,
        "classes": graph.readout.shape[0],
        "nodes": len(graph.nodes),
        "file_bytes": info.file_bytes,
        "arena_bytes": info.arena_bytes,
        "assumptions": list(network.assumptions),
        "agreement": None if agreement is None else dataclasses.asdict(agreement),
        "fidelity": None if fidelity is None else dataclasses.asdict(fidelity),
        "warnings": [text for one in (agreement, fidelity) if one is not None for text in one.warnings()],
    }


def _print(args: argparse.Namespace, network: Network, silent: set[str]) -> None:
    from snnrt.summary import byte_count, exit_text, inputs_text

    graph, info = network.graph, network.file_info()
    facts = [
        ("written", args.output),
        ("network", f"{len(graph.nodes)} nodes, {graph.profile}, from {source_text(graph) or args.source}"),
        ("input", inputs_text(graph)),
        *preprocessing_facts(graph),
        ("exit", exit_text(network.exit, network.timesteps)),
        ("flash", byte_count(info.file_bytes)),
        ("RAM", byte_count(info.arena_bytes)),
    ]
    print_facts(facts)
    if network.assumptions:
        print_facts(
            [("assumed" if index == 0 else "", text) for index, text in enumerate(network.assumptions)]
        )
    if network.agreement is not None:
        _print_agreement(network.agreement, silent)
    if network.fidelity is not None:
        _print_fidelity(network.fidelity)


def _print_fidelity(fidelity: Fidelity) -> None:
    """Classes and accuracy by timestep beside the ordinary network's, and the error of each layer."""
    print()
    print_facts([("fidelity", f"to the ordinary network, on {fidelity.inputs} calibration inputs")])
    if fidelity.source_accuracy is not None:
        print_facts([("accuracy", f"{fidelity.source_accuracy:.4f} of the ordinary network")])
    print()
    accuracies = fidelity.accuracy or (None,) * len(fidelity.timesteps)
    print_table(
        ("timesteps", "classes equal", "accuracy"),
        [
            (str(steps), f"{equal:.4f}", "" if accuracy is None else f"{accuracy:.4f}")
            for steps, equal, accuracy in zip(fidelity.timesteps, fidelity.class_agreement, accuracies)
        ],
    )
    print()
    print_table(
        ("neurons", "error", "at T/4", "spikes a step", "taken back"),
        [
            (
                layer.name, f"{layer.errors[-1]:.3f}", f"{layer.errors[_quarter(fidelity)]:.3f}",
                f"{layer.rate:.4f}", f"{layer.taken_back:.1%}",
            )
            for layer in fidelity.layers
        ],
    )  # fmt: skip
    for text in fidelity.warnings():
        print_text(f"warning: {text}")


def _quarter(fidelity: Fidelity) -> int:
    """The place of the first timestep of the measure from a quarter of them on."""
    last = fidelity.timesteps[-1]
    return next(place for place, steps in enumerate(fidelity.timesteps) if 4 * steps >= last)


def _print_agreement(agreement: Agreement, silent: set[str]) -> None:
    """Classes, accuracy and firing rates beside float32's; what is poor, but ``silent`` was told before."""
    print()
    facts = [
        ("agreement", f"with float32, on {agreement.inputs} calibration inputs"),
        ("classes", f"{agreement.class_agreement:.4f} equal"),
    ]
    if agreement.accuracy is not None:
        facts.append(("accuracy", f"{agreement.accuracy:.4f}, float32 {agreement.source_accuracy:.4f}"))
    print_facts(facts)
    if agreement.layers:
        print()
        print_table(
            ("neurons", "rate", "in float32", "distance", "dead", "in float32"),
            [
                (
                    layer.name, f"{layer.rate:.5f}", f"{layer.source_rate:.5f}", f"{layer.distance:.2g}",
                    f"{layer.dead:.1%}", f"{layer.source_dead:.1%}",
                )
                for layer in agreement.layers
            ],
        )  # fmt: skip
    for text in agreement.warnings(silent):
        print_text(f"warning: {text}")

"""``snnrt convert``: a trained network becomes one file."""

from __future__ import annotations

import argparse
import warnings

from snnrt.cli.arguments import (
    DATA_HELP,
    add_data,
    add_exit_options,
    add_json,
    is_model,
    subcommand,
)
from snnrt.cli.convert_output import print_converted, summary
from snnrt.cli.import_options import add_import_options, import_options
from snnrt.cli.output import (
    check_outputs,
    print_facts,
    print_json,
    print_warning,
)

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
    parser.add_argument(
        "--state-bits",
        type=int,
        choices=(16, 32),
        help="bits of every membrane in int8 (by default 16 where they change no spike of --calibrate, else "
        "32); 16 takes less RAM, with coarser weights where thresholds need the room",
    )
    parser.add_argument("--class-names", metavar="A,B,C", help="names of the classes, kept in the file")
    parser.add_argument("--name", help="name of the network, kept in the file")
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


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
    if args.state_bits is not None and args.numbers != "int8":
        args.parser.error("--state-bits says how wide int8's membranes are: add --numbers int8")
    check_outputs([args.output, args.plot], [args.source, args.calibrate])
    options = import_options(args)
    for name in ("timesteps", "exit", "name", "calibrate", "decays", "memory", "state_bits"):
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
        print_json(summary(args, network) | ({"not_in_nir": unsaid} if unsaid else {}))
    else:
        print_converted(args, network, silent)
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

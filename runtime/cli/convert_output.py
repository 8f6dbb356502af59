"""What ``snnrt convert`` says: what was made and assumed, and how far it agrees with its source."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from snnrt.cli.description import preprocessing_facts, source_text
from snnrt.cli.output import print_facts, print_table, print_text

if TYPE_CHECKING:
    from snnrt.network import Network
    from snnrt.results.fidelity import Fidelity
    from snnrt.results.rates import Agreement


def summary(args: argparse.Namespace, network: Network) -> dict[str, object]:
    """The ``--json`` document."""
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


def print_converted(args: argparse.Namespace, network: Network, silent: set[str]) -> None:
    """As text; of ``silent`` layers was told before."""
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

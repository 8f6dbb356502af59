"""What a trained network is worth in int8 on the C core, and the files that it becomes."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Split
from experiment import Experiment

import snnrt
from snnrt import training
from snnrt.calibration.outcomes import Outcomes
from snnrt.ir.graph import Neuron
from snnrt.targets.sweep.intervals import estimate_mean
from snnrt.training.evaluation import as_input

THRESHOLDS = (0.65, 0.6, 0.55, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002)
"""Of the normalised entropy. Labels smoothed by 0.1 leave 0.22 where a network is sure, and above 0.65 it is
sure of nothing."""
MAX_DROP = 0.001
TARGETS = ("dt-snn", "stm32u575")
LIBRARIES = ("torch", "numpy")
SHOWN = 12
PROFILED = 1000
"""Test inputs of the energy-delay product."""


def finish(
    run: Experiment, held: Split, test: Split, data: str, class_names: tuple[str, ...] | None = None,
    preprocessing: dict[str, object] | None = None, fine: str | None = None,
    first_exits: Sequence[int] = (1,),
) -> dict[str, Any]:  # fmt: skip
    """Convert, choose the threshold on ``held``, measure on ``test``, write PATH.snnrt, .nir and .json.

    ``preprocessing``: what the files say of raw data. ``fine``: as :func:`snnrt.convert` takes it.
    ``first_exits``: timesteps before which no run ends, to choose among.

    ``held``, which trained nothing, calibrates int8's scales, too. Figures of the log: accuracy after
    timesteps, exits, EDP, in int8 on the core; on the whole test set and on its first half.
    """
    options, start = run.options, time.perf_counter()
    run.network.eval().to("cpu")
    steps = held[0].shape[1] if run.over_time else None
    given: dict[str, Any] = {"over_time": steps, "name": options.output.name, "class_names": class_names}
    if preprocessing is not None:
        given["preprocessing"] = preprocessing
    if steps:
        # a sum over many timesteps is sure of anything; the mean is what the loss was of
        given["readout"] = "mean"
    x, y = _arrays(held, run.over_time)
    seen = x[:500]
    int8: dict[str, Any] = {"numbers": "int8", "calibrate": seen, "fine": fine}
    net = training.to_network(run.network, **int8, **given)
    exit = choose_exit(net, outcomes(net, x), y, first_exits)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    net = training.export(run.network, options.output.with_suffix(".snnrt"), exit=exit, **int8, **given)
    training.export(run.network, options.output.with_suffix(".nir"), exit=exit, **given)

    figures: dict[str, Any] = {
        "dataset": data,
        "script": f"examples/training/{options.command}",
        "network": {
            "weights": sum(one.numel() for one in run.network.parameters()),
            "timesteps": net.graph.timesteps,
            "max_spikes": max(one.max_spikes for one in net.graph if isinstance(one, Neuron) and one.spikes),
        },
        "training": [_plain(stage, record) for stage, record in run.history],
        "training_seconds": round(sum(record.seconds for _, record in run.history)),
        "file_bytes": net.file_info().file_bytes, "arena_bytes": net.file_info().arena_bytes,
        "exit": {"rule": exit.rule, "threshold": exit.threshold, "as_text": str(exit),
                 "chosen": "the one with the fewest timesteps of those that lose at most "
                           f"{MAX_DROP:.1%} on {len(x)} held-out inputs"},
    }  # fmt: skip
    tx, ty = _arrays(test, run.over_time)
    found = outcomes(net, tx)
    figures["test"] = measure(net, exit, found, ty)
    figures["test_by_threshold"] = {
        f"{threshold:g}": {
            "accuracy": round(float((found.answers(steps) == ty).mean()), 4),
            "mean_timesteps": round(float(steps.mean()), 4),
        }
        for threshold in THRESHOLDS
        for steps in [found.exit_steps(snnrt.Exit.entropy(threshold), net.graph)]
    }
    half = len(tx) // 2
    figures["first_half_of_test"] = measure(
        net, exit, Outcomes(found.classes[:half], found.distances[:half]), ty[:half]
    )
    whole = training.evaluate(run.network, *test, over_time=run.over_time)
    shown = shown_steps(len(whole.outputs))
    figures["float32_accuracy_after_timesteps"] = {
        str(step): round(whole.accuracies()[step - 1], 4) for step in shown
    }
    reports = net.profile(tx[:PROFILED], ty[:PROFILED], target=list(TARGETS))
    figures["edp_reduction_by_exits"] = {one.target.name: round(one.edp_reduction, 4) for one in reports}
    if not run.over_time:
        choices = {one.target.name: one.edp_reduction_by_choice for one in reports}
        figures["edp_reduction_with_the_image_applied"] = {
            name: {choice: round(value, 4) for choice, value in found.items()}
            for name, found in choices.items()
            if found
        }
    figures["library_versions"] = {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in LIBRARIES},
    }
    options.output.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    tell(figures, options.output, time.perf_counter() - start)
    return figures


def outcomes(net: snnrt.Network, x: np.ndarray) -> Outcomes:
    """What the core says of ``x`` after each timestep."""
    found = net.run(x, exit="never", record=("accumulators",)).accumulators
    assert found is not None
    return Outcomes.of(net.graph, found)


def choose_exit(net: snnrt.Network, found: Outcomes, y: np.ndarray, first_exits: Sequence[int]) -> snnrt.Exit:
    """Of THRESHOLDS, each in force from one of ``first_exits`` on, the one with the fewest timesteps in the
    mean that loses at most MAX_DROP of accuracy; never where none does."""
    least = (found.classes[:, -1] == y).mean() - MAX_DROP
    best, fewest = snnrt.Exit.never(), float(found.timesteps)
    for first in first_exits:
        for threshold in THRESHOLDS:
            one = snnrt.Exit.of(f"entropy:{threshold:g}" + (f"@{first}-" if first > 1 else ""))
            steps = found.exit_steps(one, net.graph)
            if (found.answers(steps) == y).mean() >= least and steps.mean() < fewest:
                best, fewest = one, float(steps.mean())
    return best


def measure(net: snnrt.Network, exit: snnrt.Exit, found: Outcomes, y: np.ndarray) -> dict[str, Any]:
    """Accuracy after timesteps, and with ``exit`` (Wilson's interval, as if inputs were drawn anew)."""
    right = found.classes == y[:, None]
    steps = found.exit_steps(exit, net.graph)
    answers = found.answers(steps) == y
    interval = estimate_mean(answers[np.newaxis], 0.95, fraction=True).interval
    exits = np.bincount(steps, minlength=found.timesteps + 1)[1:]
    return {
        "inputs": len(y),
        "accuracy_after_timesteps": {
            str(step): round(float(right[:, step - 1].mean()), 4) for step in shown_steps(found.timesteps)
        },
        "accuracy": round(float(answers.mean()), 4),
        "accuracy_95_percent_interval": [round(end, 4) for end in interval],
        "mean_timesteps": round(float(steps.mean()), 4),
        "exits": {str(step): int(count) for step, count in enumerate(exits, 1) if count},
    }


def shown_steps(timesteps: int) -> list[int]:
    """All, or SHOWN of many."""
    found = np.unique(np.linspace(1, timesteps, min(timesteps, SHOWN)).round().astype(int))
    return [int(one) for one in found]


def tell(figures: dict[str, Any], path: Path, seconds: float) -> None:
    """What the log says, in lines."""
    found = figures["test"]
    after = found["accuracy_after_timesteps"]
    print(f"int8, {found['inputs']} test inputs, accuracy after timesteps:")
    print("  " + ", ".join(f"{step}: {100 * value:.2f} %" for step, value in after.items()))
    print(
        f"exit {figures['exit']['as_text']}: accuracy {100 * found['accuracy']:.2f} % at "
        f"{found['mean_timesteps']:.3f} timesteps (the first half: "
        f"{100 * figures['first_half_of_test']['accuracy']:.2f} %)"
    )
    print("exits: " + ", ".join(f"{step}: {count}" for step, count in found["exits"].items()))
    for name, share in figures.get("edp_reduction_by_exits", {}).items():
        print(f"EDP on {name}: {share:.1%} less than without exits")
    for name, shares in figures.get("edp_reduction_with_the_image_applied", {}).items():
        words = ", ".join(f"{choice}: {share:.1%}" for choice, share in shares.items())
        print(f"  {name}, the image applied {words}")
    print(f"wrote {path}.snnrt ({figures['file_bytes']} bytes), .nir and .json in {seconds:.0f} s")


def _plain(stage: str, record: training.EpochRecord) -> dict[str, Any]:
    steps = shown_steps(len(record.accuracies))
    return {
        "stage": stage,
        "epoch": record.epoch,
        "timesteps": record.timesteps,
        "loss": round(record.loss, 4),
        "firing_rate": round(record.rate, 4),
        "held_out_accuracy_after_timesteps": {
            str(step): round(record.accuracies[step - 1], 4) for step in steps
        },
        "seconds": round(record.seconds, 1),
    }


def _arrays(split: Split, over_time: bool) -> tuple[np.ndarray, np.ndarray]:
    x, y = split
    moved = as_input(x, over_time)
    return (moved.movedim(0, 1) if over_time else moved).to(torch.float32).numpy(), y.numpy()

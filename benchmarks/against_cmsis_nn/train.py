"""Train the networks of this comparison on Fashion-MNIST: spiking ones, and ordinary ones beside them.

    pip install 'snnrt[training]'
    python benchmarks/against_cmsis_nn/train.py FOLDER                    all
    python benchmarks/against_cmsis_nn/train.py FOLDER separable          one
    python benchmarks/against_cmsis_nn/train.py FOLDER --ordinary dense   an ordinary one

FOLDER has the four files of Fashion-MNIST (train-images-idx3-ubyte.gz …). A spiking network and its ordinary
twin have the same layers (``ordinary_layers.py``) and see as many images, in the same order, by the same
trainer; LIF (α = 0.5) or ReLU stands behind each layer with weights but the last. The last 2,000 training
images train nothing: they calibrate the integers and choose the exit's threshold. Writes NAME.snnrt (int8,
entropy exit) and NAME.json beside this script, and int8's accuracies of ordinary networks into
``ordinary.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from ordinary_layers import ORDINARY
from spiking_networks import RECIPES, SPIKING, Recipe
from twin_modules import TIMESTEPS, Ordinary, int8_accuracy, spiking

from snnrt import training

HERE = Path(__file__).parent
LOG = HERE / "ordinary.json"
sys.path.insert(0, str(HERE.parents[1] / "examples" / "training"))

import datasets  # noqa: E402
import measuring  # noqa: E402

HELD = 2000
Split = datasets.Split


def train(network: torch.nn.Module, recipe: Recipe, x: Split, seed: int) -> float:
    """In place; the seconds that it took."""
    shared = {
        "batch": recipe.batch, "seed": seed, "bfloat16": recipe.bfloat16,
        "rate_weight": recipe.rate_weight, "rate_target": recipe.rate_target,
    }  # fmt: skip
    early = recipe.epochs - recipe.late if isinstance(network, training.SpikingNetwork) else recipe.epochs
    images, labels = (one[: recipe.images] for one in x)
    history = []
    if early:
        first = training.Settings(early, learning_rate=recipe.learning_rate, timesteps=[1], **shared)
        history += training.Trainer(network, first, training.Cumulative()).fit(images, labels)
    if recipe.epochs - early:
        rate = recipe.learning_rate / (3 if early else 1)
        second = training.Settings(recipe.epochs - early, learning_rate=rate, **shared)
        loss = training.ExpectedExits(0.2, floor=0.4) if early else training.Cumulative()
        history += training.Trainer(network, second, loss).fit(images, labels)
    network.eval()
    return sum(record.seconds for record in history)


def train_spiking(name: str, data: Split, test: Split, output: Path, seed: int) -> dict[str, Any]:
    """Train, choose the exit, write the file; its log."""
    torch.manual_seed(seed)
    told = SPIKING[name]
    network = spiking(told.layers).to(memory_format=torch.channels_last)
    recipe = told.recipe
    seconds = train(network, recipe, data, seed)
    hx, hy = data[0][-HELD:].float().div(255).numpy(), data[1][-HELD:].numpy()
    given: dict[str, Any] = {
        "name": name,
        "numbers": "int8",
        "fine": "none",
        "calibrate": hx[:500],
        **told.conversion,
    }
    deployed = training.to_network(network, **given)
    exit = measuring.choose_exit(deployed, measuring.outcomes(deployed, hx), hy, (1,))
    net = training.export(network, output / f"{name}.snnrt", exit=exit, **given)
    x, y = test
    return {
        "dataset": "Fashion-MNIST, bytes / 255",
        "script": f"benchmarks/against_cmsis_nn/train.py FOLDER {name} --seed {seed}",
        "recipe": vars(recipe),
        "conversion": dict(told.conversion),
        "timesteps": TIMESTEPS,
        "training_seconds": round(seconds),
        "exit": {"rule": exit.rule, "threshold": exit.threshold},
        "test": measuring.measure(net, exit, measuring.outcomes(net, x.float().div(255).numpy()), y.numpy()),
    }


def train_ordinary(name: str, recipe: str, data: Split, test: Split, seed: int) -> dict[str, Any]:
    """Train an ordinary network; its line of the log."""
    torch.manual_seed(seed)
    network = Ordinary(ORDINARY[name]).to(memory_format=torch.channels_last)
    seconds = train(network, RECIPES[recipe], data, seed)
    right = sum(
        int((network(x.float() / 255)[0].argmax(1) == y).sum())
        for x, y in zip(test[0].split(500), test[1].split(500))
    )
    accuracy = int8_accuracy(network, data[0][-HELD:][:500], *test)
    return {
        "name": name, "recipe": recipe, "seed": seed, "int8_accuracy": round(accuracy, 4),
        "float32_accuracy": round(right / len(test[0]), 4), "training_seconds": round(seconds),
    }  # fmt: skip


def write_log(line: dict[str, Any], path: Path) -> None:
    """Put a line into the log of ordinary networks, in place of the one of its name and recipe."""
    log = json.loads(path.read_text("utf-8")) if path.exists() else []
    place = (line["name"], line["recipe"])
    log = [one for one in log if (one["name"], one["recipe"]) != place] + [line]
    log.sort(key=lambda one: (one["recipe"], list(ORDINARY).index(one["name"])))
    path.write_text("[\n" + ",\n".join(" " + json.dumps(one) for one in log) + "\n]\n", encoding="utf-8")


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the data set lies")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(SPIKING)} (all)")
    parser.add_argument(
        "--ordinary", nargs="*", metavar="NAME", help=f"of {', '.join(ORDINARY)} (all); no spiking ones"
    )
    parser.add_argument(
        "--recipe", choices=tuple(RECIPES), default="full", help="of --ordinary: short is of 12,800 images"
    )
    parser.add_argument("--output", type=Path, default=HERE, help="folder (beside the script)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_intermixed_args()
    names = options.names or ([] if options.ordinary is not None else list(SPIKING))
    ordinary = [(name, options.recipe) for name in (options.ordinary or ())]
    if options.ordinary == [] or not (options.names or ordinary):
        ordinary = [(name, recipe) for recipe in RECIPES for name in ORDINARY]
    unknown = {*names} - {*SPIKING} | {name for name, _ in ordinary} - {*ORDINARY}
    if unknown:
        parser.error(f"no network {sorted(unknown)[0]}; see --help")
    # networks so small wait for threads more than they gain
    torch.set_num_threads(1)
    data, test = (datasets.idx_images(options.folder, split) for split in ("train", "t10k"))
    options.output.mkdir(parents=True, exist_ok=True)
    for name in names:
        print(f"{name}: spiking", flush=True)
        log = train_spiking(name, data, test, options.output, options.seed)
        (options.output / f"{name}.json").write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(log["test"]), flush=True)
    for name, recipe in ordinary:
        print(f"{name}: ordinary, {recipe}", flush=True)
        line = train_ordinary(name, recipe, data, test, options.seed)
        write_log(line, options.output / LOG.name)
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()

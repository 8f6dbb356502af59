"""How many neurons have nothing to do: membrane 0, no current, so that an update could be left out.

    python benchmarks/idle_neurons.py --fashion FOLDER      # images: t10k-images-idx3-ubyte.gz, …
    python benchmarks/idle_neurons.py --nmnist FOLDER       # event streams: nmnist_small.npz
    python benchmarks/idle_neurons.py … --write             # the lines of docs/decisions/every_neuron.md

A kernel that leaves neurons out must look at their currents and membranes first, a word of 32 spikes at a
time where it is to gain anything: shares of single neurons and of such words, over inputs and timesteps.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from drifting_images import MODELS, idx_images
from page_rows import write_rows

import snnrt
from snnrt.errors import SnnrtError
from snnrt.network import Network

HERE = Path(__file__).resolve().parent
COMPARED = HERE / "against_cmsis_nn"
WORD = 32


def idle_neurons(network: Network, x: np.ndarray) -> Iterator[np.ndarray]:
    """Of each layer of neurons (N, T, neurons) bool, in the order in which they lie in memory: whether the
    membrane was 0 before the timestep and is after it."""
    result = network.run(x, exit="never", record=("membranes",))
    for name, membranes in result.membranes.items():
        shape = network.graph[name].shape
        layer = membranes.reshape(*membranes.shape[:2], *shape)
        if len(shape) == 3:
            layer = np.moveaxis(layer, 2, -1)
        after = layer.reshape(*layer.shape[:2], -1)
        before = np.concatenate([np.zeros_like(after[:, :1]), after[:, :-1]], axis=1)
        yield (before == 0) & (after == 0)


def shares(network: Network, x: np.ndarray) -> tuple[float, float]:
    """Of idle neurons, and of whole words of them."""
    neurons = words = idle = idle_words = 0
    for layer in idle_neurons(network, x):
        whole = layer[..., : layer.shape[-1] // WORD * WORD].reshape(*layer.shape[:2], -1, WORD).all(-1)
        neurons, idle = neurons + layer.size, idle + int(layer.sum())
        words, idle_words = words + whole.size, idle_words + int(whole.sum())
    return idle / neurons, idle_words / max(1, words)


def subjects(options: argparse.Namespace) -> Iterator[tuple[str, Network, np.ndarray]]:
    """Networks with inputs for them. Raises SnnrtError where files are not there."""
    if options.fashion is not None:
        x, _ = idx_images(options.fashion, "t10k")
        for path in (*sorted(COMPARED.glob("*.snnrt")), MODELS / "fashion_vgg.snnrt"):
            yield path.stem, snnrt.load(path), x[: options.limit]
    if options.nmnist is not None:
        sys.path.insert(0, str(HERE.parent / "examples" / "training"))
        import datasets

        network = snnrt.load(MODELS / "nmnist_vgg.snnrt")
        x, _ = datasets.nmnist(options.nmnist, "test", network.timesteps)
        yield "nmnist_vgg", network, x[: options.limit].numpy().astype(np.float32)


def main() -> None:
    """Print or write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fashion", type=Path, metavar="FOLDER", help="where Fashion-MNIST lies")
    parser.add_argument("--nmnist", type=Path, metavar="FOLDER", help="where N-MNIST lies")
    parser.add_argument("--limit", type=int, default=24, metavar="N", help="inputs (24)")
    parser.add_argument("--write", action="store_true", help="the lines of the page too")
    options = parser.parse_args()
    if options.fashion is None and options.nmnist is None:
        parser.error("expected --fashion FOLDER or --nmnist FOLDER, found neither")
    rows = {}
    try:
        for name, network, x in subjects(options):
            neurons, words = shares(network, x)
            rows[f"`{name}`"] = (f"{neurons:.1%}", f"{words:.1%}")
            print(f"{name}: {neurons:.1%} of neurons idle, {words:.1%} of words of {WORD}")
        if options.write:
            write_rows("decisions/every_neuron.md", "idle_neurons.py", rows)
    except (SnnrtError, OSError) as error:
        parser.exit(1, f"idle_neurons: {error}; name the folder that has the data's files\n")


if __name__ == "__main__":
    main()

"""Images that drift, and the networks that look at them: what the simulations of the field share."""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import snnrt
from snnrt.data.load import load_dataset
from snnrt.exits.scores import scored_exit, scores_q
from snnrt.network import Network

MODELS = Path(__file__).parents[1] / "examples" / "models"
DROP = 0.05
"""Of accuracy: what a drift costs."""


@dataclass(frozen=True, eq=False)
class Field:
    """A network, and test images (N, C, H, W) float32 from 0 to 1 with labels (N,)."""

    name: str
    network: Network
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Ended:
    """How inferences end: timesteps (N,), the core's integer scores (N,), and whether the class is right."""

    timesteps: np.ndarray
    scores: np.ndarray
    right: np.ndarray

    @classmethod
    def of(cls, network: Network, x: np.ndarray, y: np.ndarray) -> Ended:
        """On the host's core."""
        classes = network.graph.readout.shape[0]
        result = network.run(x, exit=scored_exit(network.exit, classes))
        scores = scores_q(network.graph.exit.score_rule, result.scores, classes)
        return cls(np.asarray(result.timesteps, np.int64), scores, result.predictions == y)

    def __len__(self) -> int:
        return len(self.timesteps)


def noise(x: np.ndarray, amount: float) -> np.ndarray:
    """Normal, of so much standard deviation."""
    rng = np.random.default_rng(7)
    return np.clip(x + rng.normal(0.0, amount, x.shape), 0, 1).astype(np.float32)


def blur(x: np.ndarray, amount: float) -> np.ndarray:
    """By a normal kernel of so many pixels."""
    reach = int(3 * amount) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(amount, 1e-3)) ** 2)
    kernel /= kernel.sum()
    for axis in (2, 3):
        room = [(reach, reach) if at == axis else (0, 0) for at in range(4)]
        wide, size = np.pad(x, room, mode="edge"), x.shape[axis]
        x = sum(k * np.take(wide, range(i, i + size), axis) for i, k in enumerate(kernel))  # type: ignore[assignment]
    return x.astype(np.float32)


def brightness(x: np.ndarray, amount: float) -> np.ndarray:
    """Lighter by so much."""
    return np.clip(x + amount, 0, 1).astype(np.float32)


def missing(x: np.ndarray, amount: float) -> np.ndarray:
    """So large a share of pixels is black, others in each image."""
    rng = np.random.default_rng(8)
    return (x * (rng.random(x.shape) >= amount)).astype(np.float32)


DRIFTS: dict[str, tuple[Callable[[np.ndarray, float], np.ndarray], float]] = {
    "noise": (noise, 1.0), "blur": (blur, 3.0), "brightness": (brightness, 1.0), "missing": (missing, 0.9),
}  # fmt: skip
"""With the largest amount."""


def amount_that_costs(field: Field, drift: str, drop: float = DROP) -> float:
    """The amount at which accuracy is ``drop`` lower, by bisection."""
    change, high = DRIFTS[drift]
    usual, low = Ended.of(field.network, field.x, field.y).right.mean(), 0.0
    for _ in range(9):
        middle = (low + high) / 2
        found = Ended.of(field.network, change(field.x, middle), field.y).right.mean()
        low, high = (middle, high) if usual - found < drop else (low, middle)
    return (low + high) / 2


def digits() -> Field:
    """The digits network in int8, calibrated with training images, and its 797 test images."""
    train, test = load_dataset("digits:train"), load_dataset("digits")
    network = snnrt.convert(
        MODELS / "digits_conv.nir", framework="snntorch", timesteps=4, numbers="int8", calibrate=train.x,
        exit="entropy:0.1",
    )  # fmt: skip
    return Field("digits", network, np.asarray(test.x, np.float32), np.asarray(test.y))


def idx_images(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """MNIST's and Fashion-MNIST's files: (N, 1, 28, 28) float32 from 0 to 1, and labels (N,) int64.
    ``split``: ``train`` or ``t10k``."""

    def idx(name: str, head: int) -> np.ndarray:
        return np.frombuffer(gzip.decompress((folder / name).read_bytes()), np.uint8, offset=head)

    x = idx(f"{split}-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28).astype(np.float32) / 255
    return x, idx(f"{split}-labels-idx1-ubyte.gz", 8).astype(np.int64)


def fashion(folder: Path) -> Field:
    """The VGG of examples/training/fashion.py with its own exit, and the test images in ``folder``."""
    return Field("fashion_vgg", snnrt.load(MODELS / "fashion_vgg.snnrt"), *idx_images(folder, "t10k"))


def add_field_options(parser: argparse.ArgumentParser) -> None:
    """``--fashion FOLDER`` and ``--limit``."""
    parser.add_argument("--fashion", type=Path, metavar="FOLDER", help="Fashion-MNIST's idx files")
    parser.add_argument("--limit", type=int, default=10_000, metavar="N", help="test images (10,000)")


def fields_of(arguments: argparse.Namespace) -> list[Field]:
    """The digits, or Fashion-MNIST where its folder is given."""
    found = digits() if arguments.fashion is None else fashion(arguments.fashion)
    limit = arguments.limit
    return [Field(found.name, found.network, found.x[:limit], found.y[:limit])]

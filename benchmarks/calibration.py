"""How long a calibrated conversion to int8 takes, and how far the result agrees with float32.

    python benchmarks/calibration.py                     # 1,000 images, and 60 event streams of 300 steps
    python benchmarks/calibration.py --streams FILE.npz  # x (N, 300, 2, 34, 34) of your own in their place

The images' network is that of `benchmarks/networks.py` with 16 timesteps; the streams', which are as large
and about as sparse as N-MNIST's, has two convolutions at 34×34 and 17×17. Both have random weights: their
classes are closer to each other than a trained network's, and so agree less often.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from networks import peer_inputs, peer_network

import snnrt
from snnrt.converters.common.finish import Imported
from snnrt.converters.convert import in_numbers
from snnrt.ir.graph import Graph
from snnrt.results.rates import Agreement

IMAGES, STREAMS = 1000, 60
STREAM_STEPS = 300
# events a pixel, polarity and step of a moving edge, and of noise: 1 % in all
ON_EDGE, NOISE = 0.12, 0.002


def stream_network(seed: int = 0) -> Graph:
    """2×34×34 events, conv 3×3×16, LIF, avgpool, conv 3×3×32, LIF, avgpool, fc 10, LIF; float32."""
    rng = np.random.default_rng(seed)

    def weights(*shape: int, scale: float, mean: float = 0.2) -> np.ndarray:
        return scale * rng.normal(mean, 1.0, shape) / np.sqrt(np.prod(shape[1:]))

    g = snnrt.GraphBuilder((2, 34, 34), encoding="spikes", timesteps=STREAM_STEPS)
    x = g.lif(g.conv2d(g.input, weights(16, 2, 3, 3, scale=2.5), padding=1), 0.9, name="lif1")
    x = g.avg_pool2d(x, kernel=2, stride=2)
    x = g.lif(g.conv2d(x, weights(32, 16, 3, 3, scale=3.0), padding=1), 0.9, name="lif2")
    x = g.flatten(g.avg_pool2d(x, kernel=2, stride=2))
    return g.finish(g.lif(g.dense(x, weights(10, 2048, scale=3.0, mean=0.0)), 0.95, name="lif3"))


def streams(count: int, seed: int = 1) -> np.ndarray:
    """Events (count, 300, 2, 34, 34) uint8: the two edges of a bar that moves to and fro, and noise."""
    rng = np.random.default_rng(seed)
    found = np.zeros((count, STREAM_STEPS, 2, 34, 34), np.uint8)
    y, x = np.mgrid[0:34, 0:34]
    steps = np.arange(STREAM_STEPS)
    for stream in found:
        angle, phase, width = rng.uniform(0, 2 * np.pi), rng.uniform(0, 2 * np.pi), rng.uniform(3, 8)
        place = 8 * np.sin(2 * np.pi * steps / 100 + phase)
        along = np.cos(angle) * (x - 16.5) + np.sin(angle) * (y - 16.5)
        for polarity, side in enumerate((-width, width)):
            edge = np.abs(along - place[:, None, None] - side) < 1
            stream[:, polarity] = rng.random(edge.shape) < np.where(edge, ON_EDGE, NOISE)
    return found


def calibrated(graph: Graph, x: np.ndarray) -> tuple[float, float, Agreement]:
    """Seconds that the conversion with calibration takes, by the clock and of all cores together, and what it
    says of itself."""
    imported = Imported(graph.with_(metadata={"source": {}}), ())
    begun, worked = time.perf_counter(), time.process_time()
    agreement = in_numbers(imported, "int8", x).agreement
    taken, worked = time.perf_counter() - begun, time.process_time() - worked
    assert agreement is not None
    return taken, worked, agreement


def main() -> None:
    """Print a line a case and a line a layer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", metavar="FILE.npz", help="event streams, x (N, 300, 2, 34, 34)")
    wanted = parser.parse_args()
    events = streams(STREAMS) if wanted.streams is None else np.load(wanted.streams)["x"]
    cases = (
        (f"{IMAGES} images, 16 steps", peer_network(16), peer_inputs(IMAGES)),
        (f"{len(events)} streams, {STREAM_STEPS} steps", stream_network(), events),
    )
    for name, graph, x in cases:
        taken, worked, agreement = calibrated(graph, x)
        equal = f"classes {agreement.class_agreement:.4f} equal"
        print(f"{name}: {taken:.1f} s ({worked:.1f} s of processor), {equal}")
        for layer in agreement.layers:
            print(
                f"  {layer.name}: {layer.neurons} neurons, rate {layer.source_rate:.4f}, distance "
                f"{layer.distance:.2g}, dead {layer.source_dead:.1%} in float32, {layer.dead:.1%} in int8"
            )


if __name__ == "__main__":
    main()

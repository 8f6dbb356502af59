"""snnrt: runs trained spiking neural networks on small devices.

    import snnrt
    net = snnrt.convert("model.nir")
    net.save("model.snnrt")
    net = snnrt.load("model.snnrt")
    out = net.run(x)            # out.logits, out.classes, out.timesteps, out.counts
"""

from snnrt.counts import Counts
from snnrt.errors import DataError, ModelError, OutputError, SnnrtError, TargetError
from snnrt.graph import Graph
from snnrt.network import FileInfo, Network, NodeInfo, convert, load
from snnrt.result import Result

__version__ = "0.1.0"

__all__ = [
    "Counts",
    "DataError",
    "FileInfo",
    "Graph",
    "ModelError",
    "Network",
    "NodeInfo",
    "OutputError",
    "Result",
    "SnnrtError",
    "TargetError",
    "__version__",
    "convert",
    "load",
]

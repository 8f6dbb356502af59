"""snnrt runs trained spiking neural networks on small devices, each input for as long as it needs.

Five tasks:

    import snnrt

    # 1. convert: a trained network (a NIR file) becomes one file that a device executes in place
    net = snnrt.convert(
        "model.nir", framework="snntorch", timesteps=4, numbers="int8", calibrate="digits",
        exit="entropy:0.2",
    )
    net.save("model.snnrt")
    net = snnrt.load("model.snnrt")
    print(net.summary())                  # one screen: input, output, exit, memory, nodes

    # 2. run: arrays (N, *net.input_shape), paths of .npz or .npy, or built-in data, alike
    out = net.run("digits")               # out.predictions, out.logits, out.timesteps, out.counts
    net.score("digits")                   # the accuracy; net.score(x, y) for arrays of your own

    # 3. choose an exit: when an input has had enough timesteps
    net.score("digits:train", exit=snnrt.Exit.entropy(0.3))     # or exit="entropy:0.3"
    net.run("digits", exit="never")                             # all timesteps

    # 4. profile: what that costs on a piece of hardware
    report = net.profile("digits", target="stm32u575")          # energy, latency, EDP of each input
    report.rows()                         # flat: pandas.DataFrame(report.rows())
    snnrt.targets.list_targets()          # the hardware that snnrt knows

    # 5. export: plain C99 sources for firmware, from the shell
    #    snnrt export model.snnrt -o firmware --sample digits

What there is:

    load, convert         a Network, from a .snnrt file or from a trained network
    check                 what becomes of each node of a trained network, before it is converted
    Network               run, score, profile, validate, save, summary
    Result                predictions, logits, timesteps, scores, counts, accuracy(y)
    Exit                  when a run ends: Exit.entropy(0.2), Exit.confidence(0.9), Exit.never()
    GraphBuilder          a network by hand, node by node
    snnrt.data            load_dataset("digits"), Dataset; the rule that inputs are held against
    snnrt.targets         list_targets, load_target, reports
    snnrt.devices         where a network can run: the C core, a NumPy reference, a crossbar, emulated cores
    HealthRecord          what a device counts in the field

Errors derive from SnnrtError and from the built-in one that fits: ModelError, DataError and TargetError are
ValueErrors, a file that cannot be read is an OSError too, an argument of a wrong type a TypeError. The
message says what is wrong, where, and what to do.

The same in the shell: ``snnrt --help``. The pages: docs/README.md, docs/python_api.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snnrt import data, devices, targets
    from snnrt.errors import (
        ArgumentTypeError,
        DataError,
        DataFileError,
        ModelError,
        ModelFileError,
        OutputError,
        SilentLayerWarning,
        SnnrtError,
        TargetError,
        TargetFileError,
    )
    from snnrt.format.sizes import FileInfo, NodeInfo
    from snnrt.health.record import HealthRecord
    from snnrt.ir.build import GraphBuilder
    from snnrt.ir.exit_choice import Exit
    from snnrt.ir.graph import Graph
    from snnrt.network import Network
    from snnrt.opening import check, convert, load
    from snnrt.results.counts import Counts
    from snnrt.results.result import Result

__version__ = "0.1.0"

__all__ = [
    "ArgumentTypeError",
    "Counts",
    "DataError",
    "DataFileError",
    "Exit",
    "FileInfo",
    "Graph",
    "GraphBuilder",
    "HealthRecord",
    "ModelError",
    "ModelFileError",
    "Network",
    "NodeInfo",
    "OutputError",
    "Result",
    "SilentLayerWarning",
    "SnnrtError",
    "TargetError",
    "TargetFileError",
    "__version__",
    "check",
    "convert",
    "data",
    "devices",
    "load",
    "targets",
]

_MODULES = {
    "snnrt.results.counts": ("Counts",),
    "snnrt.errors": (
        "ArgumentTypeError",
        "DataError",
        "DataFileError",
        "ModelError",
        "ModelFileError",
        "OutputError",
        "SilentLayerWarning",
        "SnnrtError",
        "TargetError",
        "TargetFileError",
    ),
    "snnrt.ir.build": ("GraphBuilder",),
    "snnrt.ir.exit_choice": ("Exit",),
    "snnrt.ir.graph": ("Graph",),
    "snnrt.health.record": ("HealthRecord",),
    "snnrt.format.sizes": ("FileInfo", "NodeInfo"),
    "snnrt.network": ("Network",),
    "snnrt.opening": ("check", "convert", "load"),
    "snnrt.results.result": ("Result",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}
_ROOMS = ("data", "devices", "targets")


def __getattr__(name: str) -> object:
    """Import what is asked for, so that `snnrt --help` does not wait for NumPy."""
    if name in _ROOMS:
        return import_module(f"snnrt.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'snnrt' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

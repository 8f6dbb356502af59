"""Where a network comes from: :func:`load` a file of ours, or :func:`convert` a trained one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from snnrt.devices.base import Inputs
from snnrt.devices.models import load_model
from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Graph
from snnrt.network import Network
from snnrt.silence import warn_of_silence

if TYPE_CHECKING:
    from snnrt.converters.check import SourceCheck
    from snnrt.converters.frameworks.choices import ResetChoice
    from snnrt.converters.frameworks.layer_choices import LayerChoices
    from snnrt.data.preprocessing import Preprocessing


def load(path: str | os.PathLike[str]) -> Network:
    """Read a .snnrt file. Raises ModelError if it cannot be read or is no valid model; the message
    names the file, what is wrong and where."""
    return Network(load_model(path))


def check(source: object, example: object = None, **options: object) -> SourceCheck:
    """What becomes of each node of a trained network (a NIR or ONNX file, or a PyTorch module called on
    ``example``), before it is converted.

    ``options``: what the source does not say, as :func:`convert` takes it (``framework``, ``dt`` …).
    ``print(snnrt.check("model.nir"))`` shows each node with the rule that will be used and its verdict:
    ``faithful``, ``approximate`` (why, how much), ``unsupported`` (what to do), or ``unknown`` behind an
    unsupported one. Raises ModelError for a file that can't be read, or whose nodes form no network.
    """
    from snnrt.converters.check import check_source

    if example is not None:
        options["example"] = example
    return check_source(source, run=_spikes, **options)


def convert(
    source: object,
    example: object = None,
    *,
    framework: str | None = None,
    timesteps: int | None = None,
    exit: Exit | str | None = None,
    numbers: Literal["float32", "int8", "loihi"] = "float32",
    calibrate: Inputs | None = None,
    state_bits: Literal[16, 32] | None = None,
    decays: Literal["product", "shift"] | None = None,
    fine: Literal["none", "constant", "all"] | Sequence[str] | None = None,
    memory: Literal["kept", "least"] | None = None,
    name: str | None = None,
    class_names: Sequence[str] | None = None,
    readout: Literal["sum", "mean"] | None = None,
    encoding: Literal["constant", "spikes"] | None = None,
    low: float | None = None,
    high: float | None = None,
    dt: float | None = None,
    reset: ResetChoice | None = None,
    strict: bool | None = None,
    multiple: bool | None = None,
    max_spikes: int | None = None,
    lower_bound: float | None = None,
    normalise_input: bool | None = None,
    reset_delay: bool | None = None,
    logits: int | str | None = None,
    spiking: bool | None = None,
    negative_spikes: bool | None = None,
    weights: object = None,
    layers: LayerChoices | None = None,
    preprocessing: Preprocessing | Mapping[str, object] | None = None,
) -> Network:
    """Turn a trained network (a NIR or ONNX file, their objects, or a PyTorch module) into a Network.

    A module is called on ``example``, what it takes with a batch axis in front (and time where it takes that;
    a tuple where it takes more than the input; or the shape of one):
    ``snnrt.convert(net, torch.rand(1, 1, 28, 28))``. Layers and neurons of snnTorch, SpikingJelly, Norse,
    Sinabs, Rockpool and snnrt.training are read as they are, each with its own choices, and the result is
    held against the module's spikes on the example. ``logits``: which of several results they come from (the
    first). ``weights``: a state_dict, or its file, for the module. Code may be named instead:
    ``package.module:name`` or ``file.py:name``, of a module, or of a function that gives one or
    (module, example). ``spiking``: an ordinary network, whose activations become integrate-and-fire neurons
    with thresholds from ``calibrate`` (``fidelity`` of the result); they take back spikes that were too many
    unless ``negative_spikes`` is False, and fire ``max_spikes`` a timestep (1; activations
    trained with rounding to L levels, QCFS: L, and ``timesteps`` is L).

    ``framework``: whose rules apply where the file leaves a choice (``snntorch``, ``spikingjelly``,
    ``norse``, ``sinabs``, ``rockpool``, ``lava``, ``nir``; None: inferred, and said in
    ``assumptions``, or demanded). ``timesteps``: T (16). ``exit``: when a run ends, as ``"entropy:0.2"`` or
    :class:`snnrt.Exit`; None: never, or as a file that snnrt wrote says.
    ``numbers``: of the device.
    ``calibrate``: inputs (as for :meth:`Network.run`; of built-in data the training split) that set int8's
    scales and show how far it agrees with float32 (``agreement`` of the result); ``state_bits``: width of
    int8 membranes (None: chosen). ``decays``: of int8, ``product`` (None) or ``shift``, without products: the
    nearest 1 − 2⁻ᵏ. ``fine``: of int8, the layers whose weights take two int8 each (``none``, ``all``,
    ``constant``: those that read the same at every timestep, or a list of names); None: as few as are
    needed until ``calibrate`` shows 99.5 % of the classes equal, which the assumptions say with its cost.
    ``memory``: ``least``: what convolutions make of a constant input is computed anew at every timestep, a
    few rows at a time, where ``kept`` (None) computes it once and keeps it.
    ``name``, ``class_names``: for the file.

    What the file does not say; None is the framework's rule, or what stands in brackets:

    - ``readout``: logits are the ``sum`` (default) or ``mean`` over timesteps
    - ``encoding``: the input is ``constant`` (default), or ``spikes`` over time; its values go from ``low``
      (0) to ``high`` (1)
    - ``dt``: length of a timestep in seconds (Sinabs: steps)
    - ``reset``: ``subtract`` or ``zero`` when the framework does it, ``subtract_now``, ``none``
    - ``strict``: a neuron fires where v > threshold, not ≥; ``multiple``: up to ``max_spikes`` (255) spikes
      a step; ``lower_bound``: of the membranes; ``normalise_input``: Sinabs' norm_input;
      ``reset_delay``: snnTorch's, False where a reset does not wait for the next step
    - ``layers``: for neurons by name their own of these from ``dt`` on, and of ``framework``, as
      ``{"lif1": {"reset": "zero"}}``

    ``preprocessing``: what happens to raw values before the first node, kept in the file and done by every
    run: :class:`snnrt.data.Preprocessing` or its fields, ``{"mean": 0.1307, "std": 0.3081}``; ``low``,
    ``high`` and ``encoding`` then follow from it. ``calibrate`` takes raw values too.

    Warns (:class:`snnrt.SilentLayerWarning`) where a layer never fires on ``calibrate``.

    Raises ModelError for a file that can't be read or expressed, naming the node; DataError for
    ``calibrate`` that does not fit.
    """
    from snnrt.converters.convert import convert_source

    options = {
        "readout": readout, "encoding": encoding, "low": low, "high": high, "dt": dt, "reset": reset,
        "strict": strict, "multiple": multiple, "max_spikes": max_spikes, "lower_bound": lower_bound,
        "normalise_input": normalise_input, "reset_delay": reset_delay, "layers": layers, "example": example,
        "logits": logits, "weights": weights, "spiking": spiking,
        "negative_spikes": negative_spikes,
    }  # fmt: skip
    converted = convert_source(
        source, numbers=numbers, calibrate=calibrate, state_bits=state_bits, decays=decays,
        fine=fine, memory=memory,
        framework=framework, timesteps=timesteps, exit=exit, name=name, class_names=class_names, run=_spikes,
        preprocessing=preprocessing,
        **{option: value for option, value in options.items() if value is not None},
    )  # fmt: skip
    network = Network(converted.graph, converted.assumptions, converted.agreement, converted.measured)
    if calibrate is not None:
        warn_of_silence(network.model, calibrate, stacklevel=2)
    return network


def _spikes(graph: Graph, inputs: np.ndarray, names: Sequence[str]) -> Mapping[str, np.ndarray]:
    """Spikes, or membranes where they never fire, of the nodes ``names`` on ``inputs``, (N, T, …)."""
    found = Network(graph).run(inputs, exit="never", record=("spikes", "membranes"))
    return {name: found.spikes[name] if name in found.spikes else found.membranes[name] for name in names}

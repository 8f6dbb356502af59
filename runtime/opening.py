"""Where a network comes from: :func:`load` a file of ours, or :func:`convert` a trained one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from snnrt.devices.base import Inputs
from snnrt.devices.models import load_model
from snnrt.ir.exit_choice import Exit
from snnrt.network import Network

if TYPE_CHECKING:
    from snnrt.converters.frameworks.choices import ResetChoice
    from snnrt.converters.frameworks.layer_choices import LayerChoices


def load(path: str | os.PathLike[str]) -> Network:
    """Read a .snnrt file. Raises ModelError if it cannot be read or is no valid model; the message
    names the file, what is wrong and where."""
    return Network(load_model(path))


def convert(
    source: str | os.PathLike[str] | object,
    *,
    framework: str | None = None,
    timesteps: int | None = None,
    exit: Exit | str | None = None,
    numbers: Literal["float32", "int8"] = "float32",
    calibrate: Inputs | None = None,
    state_bits: Literal[16, 32] | None = None,
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
    layers: LayerChoices | None = None,
) -> Network:
    """Turn a trained network (a NIR file, or a ``nir.NIRGraph``) into a :class:`Network`.

    ``framework``: whose rules apply where the file leaves a choice (``snntorch``, ``spikingjelly``,
    ``norse``, ``sinabs``, ``rockpool``, ``lava``, ``nir``; None: inferred, and said in
    ``assumptions``, or demanded). ``timesteps``: T (16). ``exit``: when a run ends, as ``"entropy:0.2"`` or
    :class:`snnrt.Exit`; None: never, or as a file that snnrt wrote says.
    ``numbers``: of the device.
    ``calibrate``: inputs (as for :meth:`Network.run`; of built-in data the training split) that set int8's
    scales; ``state_bits``: width of int8 membranes (None: chosen). ``name``, ``class_names``: for the file.

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

    Raises ModelError for a file that can't be read or expressed, naming the node; DataError for
    ``calibrate`` that does not fit.
    """
    from snnrt.converters.convert import convert_source

    options = {
        "readout": readout, "encoding": encoding, "low": low, "high": high, "dt": dt, "reset": reset,
        "strict": strict, "multiple": multiple, "max_spikes": max_spikes, "lower_bound": lower_bound,
        "normalise_input": normalise_input, "reset_delay": reset_delay, "layers": layers,
    }  # fmt: skip
    converted = convert_source(
        source, numbers=numbers, calibrate=calibrate, state_bits=state_bits, framework=framework,
        timesteps=timesteps, exit=exit, name=name, class_names=class_names,
        **{option: value for option, value in options.items() if value is not None},
    )  # fmt: skip
    return Network(converted.graph, converted.assumptions)

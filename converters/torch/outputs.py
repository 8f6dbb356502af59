"""What a module gives for many inputs: its results and every neuron's spikes, to compare a model with.

arrays = module_outputs(net, x, example=torch.rand(1, 1, 28, 28))
snnrt.load("model.snnrt").validate(arrays, x)            # what .validate(net, x, example=…) does
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from snnrt.converters.ann.recorded_network import RecordedNetwork
from snnrt.converters.common.rollup.calls import Recording
from snnrt.converters.common.rollup.drafting import draft_names
from snnrt.converters.common.rollup.interpreter import Interpretation
from snnrt.converters.common.rollup.layout import Layout
from snnrt.converters.common.rollup.meaning import Meaning
from snnrt.converters.common.rollup.recorded_run import by_input, neuron_names, recorded_run
from snnrt.converters.common.rollup.result import choose_output
from snnrt.converters.torch.adapter import Adapter
from snnrt.converters.torch.importer import observe
from snnrt.converters.torch.ordinary import ModuleRuns
from snnrt.converters.torch.source import example_inputs, find_module, load_weights
from snnrt.errors import ModelError

BATCH = 32


def module_outputs(
    source: object,
    x: np.ndarray,
    *,
    example: Any = None,
    weights: object = None,
    timesteps: int | None = None,
    logits: int | str | None = None,
    progress: Callable[[int, int], None] | None = None,
    **others: object,
) -> dict[str, np.ndarray]:
    """``spikes/LAYER`` (N, T, …) of each neuron, and ``outputs`` (N, T, K), or ``logits`` (N, K) where the
    module reduces over time itself, as :mod:`snnrt.comparison.outputs` takes them.

    ``x``: inputs as :meth:`snnrt.Network.run` takes them, (N, …) or (N, T, …). ``example`` shows how the
    module takes them (None: as ``x`` is); ``timesteps``: of a module that computes one a call. The rest as
    for :func:`snnrt.converters.torch.importer.import_module`. Raises ModelError and DataError.
    """
    if others:
        raise ModelError(f"{next(iter(others))}: a module says it itself; leave it out")
    module, own_example = find_module(source)
    if weights is not None:
        load_weights(module, weights)
    if example is None:
        example = own_example if own_example is not None else np.asarray(x[:1])
    given = example_inputs(example)
    adapter = Adapter()
    if not any(adapter.is_cell(one) for _, one in module.named_modules()):
        return _of_ordinary(module, given, x, logits, progress)
    recording, found = observe(module, given, adapter, timesteps)
    layout = Layout(found.meanings[id(recording.inputs[0])])
    arrays: dict[str, list[np.ndarray]] = {}
    size = min(BATCH, len(x))
    for start in range(0, len(x), size):
        part = np.asarray(x[start : start + size])
        whole, count = _padded(part, size), len(part)
        for name, values in _outputs(
            module, layout.array(whole, found.timesteps), given, adapter, timesteps, logits
        ).items():
            arrays.setdefault(name, []).append(values[:count])
        if progress is not None:
            progress(start + count, len(x))
    return {name: np.concatenate(parts) for name, parts in arrays.items()}


def _of_ordinary(
    module: torch.nn.Module, given: tuple[torch.Tensor, ...], x: np.ndarray, logits: int | str | None,
    progress: Callable[[int, int], None] | None,
) -> dict[str, np.ndarray]:  # fmt: skip
    """The logits of a module without neurons, which was made to spike."""
    parts: list[np.ndarray] = []
    for batch in RecordedNetwork(ModuleRuns(module, given), logits).seen(x):
        parts.append(batch.outputs)
        if progress is not None:
            progress(sum(map(len, parts)), len(x))
    return {"logits": np.concatenate(parts)}


def _padded(part: np.ndarray, size: int) -> np.ndarray:
    """As many inputs as the others have: a module may know its batch size."""
    if len(part) == size:
        return part
    return np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)])


def _outputs(
    module: torch.nn.Module, x: np.ndarray, given: tuple[torch.Tensor, ...],
    adapter: Adapter, timesteps: int | None, logits: int | str | None,
) -> dict[str, np.ndarray]:  # fmt: skip
    inputs = (torch.from_numpy(x).to(given[0].dtype), *given[1:])
    recording, found = observe(module, inputs, adapter, timesteps, most=timesteps)
    meaning, _ = choose_output(found, logits)
    _, _, places = draft_names(found, meaning.node)
    run = recorded_run(found, recording, neuron_names(found, places))
    arrays = {f"spikes/{name}": values for name, values in run.spikes.items()}
    value = chosen_values(found, recording, logits)
    if value is not None:
        key = "logits" if meaning.time in ("reduced", "step") else "outputs"
        arrays[key] = value.reshape(len(value), *value.shape[1 : 2 if key == "outputs" else 1], -1)
    return arrays


def chosen_values(found: Interpretation, recording: Recording, logits: int | str | None) -> np.ndarray | None:
    """The module's own result, (N, K), or (N, T, K); None where it is no tensor."""
    result = recording.result
    parts = result if found.called else [result]
    arrays: list[np.ndarray] = []
    for part in parts:
        if isinstance(part, dict):
            part = part[logits if logits is not None else next(iter(part))]
        elif isinstance(part, (list, tuple)) and not _is_steps(found, part):
            part = part[int(logits or 0)]
        if isinstance(part, (list, tuple)):
            arrays += [by_input(one.tensor, found.meanings[id(one)], found.timesteps) for one in part]
        else:
            arrays.append(by_input(part.tensor, found.meanings[id(part)], found.timesteps))
    return arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)


def _is_steps(found: Interpretation, part: Any) -> bool:
    meanings: list[Meaning | None] = [found.meanings.get(id(one)) for one in part]
    return len(part) == found.timesteps > 1 and all(
        one is not None and one.time == "step" for one in meanings
    )

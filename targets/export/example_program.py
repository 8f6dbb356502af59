"""``main.c`` and the Arduino sketch: programs that run a model and show the calls that a firmware needs."""

from __future__ import annotations

import math

import numpy as np

from snnrt.format import layout
from snnrt.ir.nodes.input import quantise_input
from snnrt.targets.export.c_text import c_float, rendered
from snnrt.targets.export.model_sources import Model, ModelForm, scratch_bytes

_CONSTANT_LOOP = """\
    result->done = false;
    while (status == SNNRT_OK && !result->done) {
        status = snnrt_network_step(&network, input, result);
    }"""
_SPIKES_LOOP = """\
    for (uint32_t t = 0; status == SNNRT_OK && t < @_TIMESTEPS; t++) {
        status = snnrt_network_step(&network, input + t * @_INPUT_ELEMENTS, result);
        if (status == SNNRT_OK && result->done) {
            break;
        }
    }"""
_SCRATCH = """\
#if defined(CONFIG_SNNRT_@_SCRATCH)
static uint64_t scratch[(@_SCRATCH_BYTES + 7u) / 8u];
#endif
"""
_USE_SCRATCH = """\
#if defined(CONFIG_SNNRT_@_SCRATCH)
    if (status == SNNRT_OK) {
        status = snnrt_network_use_scratch(&network, scratch, sizeof scratch);
    }
#endif
"""
_LOAD = """\
    status = load_model(&fault);
    if (status != SNNRT_OK) {
        return fail("load_model", status, &fault);
    }"""


def example_main(model: Model, form: ModelForm, sample: np.ndarray | None) -> str:
    """A C program; ``sample`` is one input as ``fit_to_model`` gives it (None: zeros)."""
    names = bool(model.class_names)
    loop = _CONSTANT_LOOP if model.is_constant else _SPIKES_LOOP.replace("@", model.prefix)
    values = {"NAME": model.name, "PREFIX": model.prefix}
    return rendered(
        "main.c.in",
        **values,
        **accumulator_text(model),
        SAMPLE=sample_array(model, sample),
        EXPECTED=_expected(model, sample),
        SCRATCH=_scratch(model, _SCRATCH),
        USE_SCRATCH=_scratch(model, _USE_SCRATCH),
        LOADER=rendered("loader.c.in", **values) if form == "storage" else "",
        LOAD=_LOAD if form == "storage" else "",
        **_model_names(model, form),
        STREAM_LOOP=loop,
        CLASS_NAMES=f"    static const char *const names[] = {model.prefix}_CLASS_NAMES;" if names else "",
        CLASS_FORMAT=" (%s)" if names else "",
        CLASS_VALUE="names[result->class_index], " if names else "",
    )


def arduino_sketch(model: Model, form: ModelForm, sample: np.ndarray | None) -> str:
    """The sketch of the Arduino library's example."""
    stored = form == "storage"
    values = {"NAME": model.name, "PREFIX": model.prefix}
    return rendered(
        "sketch.ino.in",
        **values,
        **accumulator_text(model),
        SAMPLE=sample_array(model, sample),
        LOADER=rendered("sketch_loader.in", **values) if stored else "",
        LOAD=rendered("sketch_load.in", **values) if stored else "",
        **_model_names(model, form),
    )


def sample_array(model: Model, sample: np.ndarray | None) -> str:
    """The array ``sample`` of a program: one input, all its timesteps where it has several."""
    steps = "" if model.is_constant else f"{model.prefix}_TIMESTEPS * "
    head = f"static const {model.name}_input sample[{steps}{model.prefix}_INPUT_ELEMENTS]"
    if sample is None:
        return f"/* An input: here zeros. */\n{head} = {{0}};"
    source = model.graph.input
    values = quantise_input(sample, source) if model.is_int8 else sample.astype(np.float32)
    flat = layout.store_values(values, source.shape).ravel()
    texts = [str(value) for value in flat.tolist()] if model.is_int8 else [c_float(v) for v in flat.tolist()]
    lines = [", ".join(texts[i : i + 16]) for i in range(0, len(texts), 16)]
    return "/* An input. */\n" + head + " = {\n    " + ",\n    ".join(lines) + "};"


def _expected(model: Model, sample: np.ndarray | None) -> str:
    """The host's result, as an initialiser of ``snnrt_result``."""
    graph = model.graph
    steps = () if model.is_constant else (graph.timesteps,)
    x = np.zeros((*steps, *graph.input.shape), np.float32) if sample is None else sample
    found = model.network.run(x[None])
    unit = math.log(graph.readout.shape[0]) if graph.exit.rule == "entropy" else 1.0
    score = 0 if graph.exit.rule == "never" else round(float(found.scores[0]) * 65536.0 * unit)
    return f"{found.predictions[0]}u, {found.timesteps[0]}u, {score}u, true"


def _scratch(model: Model, text: str) -> str:
    return text.replace("@", model.prefix) if scratch_bytes(model.graph) else ""


def _model_names(model: Model, form: ModelForm) -> dict[str, str]:
    if form == "storage":
        return {"MODEL": "model", "MODEL_BYTES": "model_bytes", "ROOM": "ROOM"}
    return {"MODEL": f"{model.name}_model", "MODEL_BYTES": f"{model.prefix}_MODEL_BYTES", "ROOM": "BYTES"}


def accumulator_text(model: Model) -> dict[str, str]:
    """How a program declares and prints an accumulator."""
    if model.is_int8:
        return {
            "ACCUMULATOR_TYPE": "int32_t",
            "ACCUMULATOR_FORMAT": "%ld",
            "ACCUMULATOR_SHOWN": "long",
        }
    return {
        "ACCUMULATOR_TYPE": "float",
        "ACCUMULATOR_FORMAT": "%.9g",
        "ACCUMULATOR_SHOWN": "double",
    }

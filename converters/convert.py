"""From a trained network to the graph that a device runs: import, exit rule, metadata, numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from snnrt.converters.common.finish import Imported
from snnrt.converters.common.recorded import agreement
from snnrt.converters.importers import check_options, find_importer
from snnrt.data.load import Dataset
from snnrt.data.preprocessing import KEY as PREPROCESSING
from snnrt.data.preprocessing import Preprocessing
from snnrt.errors import DataError, DataFileError, ModelError
from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Graph, Profile
from snnrt.ir.nodes.exit import check_rule
from snnrt.ir.rows import computed_anew
from snnrt.ir.spec import MAX_TIMESTEPS
from snnrt.results.request import Inputs, checked_data

if TYPE_CHECKING:
    from snnrt.converters.passes.quantise_fine import Fine

Decays = Literal["product", "shift"]
Memory = Literal["kept", "least"]
NUMBERS: tuple[Profile, ...] = ("float32", "int8", "loihi")
Run = Callable[[Graph, np.ndarray, Sequence[str]], Mapping[str, np.ndarray]]
"""Takes a graph, inputs, and names of nodes; gives their spikes, or where they never fire their membranes,
(N, T, …)."""

UNRECORDED = ("example", "weights")
"""Options that are data, which metadata do not keep."""

NOTHING_SEEN = (
    "int8 without calibration: no data was seen, scales follow from the weights and the input's stated range "
    "alone; calibrate with inputs like those of the device"
)


def convert_source(
    source: object,
    *,
    numbers: Profile = "float32",
    calibrate: Inputs | None = None,
    state_bits: Literal[16, 32] | None = None,
    decays: Decays | None = None,
    fine: Fine | None = None,
    memory: Memory | None = None,
    run: Run | None = None,
    preprocessing: object = None,
    **options: object,
) -> Imported:
    """Import ``source`` once, in ``numbers``; ``options`` are those of :func:`import_source`.
    ``preprocessing``: a :class:`snnrt.data.Preprocessing` or its fields, which the file keeps; ``calibrate``
    goes through it. ``memory``: ``least``: convolutions of a constant input are computed at every timestep, a
    few rows at a time; ``kept`` (None): once, and their currents kept.

    What :func:`snnrt.convert` does. ``run``: how the graph's spikes are found, to hold them against what the
    source's own framework recorded. Raises ModelError as that does, and where those differ.
    """
    _check_numbers(numbers)
    if memory not in (None, "kept", "least"):
        raise ModelError(f"memory: expected 'kept' or 'least', found {memory!r}")
    chosen = None if preprocessing is None else Preprocessing.of(preprocessing)
    if chosen is not None:
        options = {**_input_of(chosen), **options}
    imported = import_source(source, **options)  # type: ignore[arg-type]
    ordinary = imported.calibrated is not None and calibrate is not None
    if chosen is not None:
        chosen.check(imported.graph.input)
    if imported.calibrated is not None and calibrate is not None:
        if chosen is not None:
            calibrate = _prepared(imported.graph, chosen, calibrate)
        seen, labels = _named(lambda: checked_data(imported.graph, calibrate, split="train"))
        imported = _as_told(imported, imported.calibrated(seen))
    if run is not None and imported.recorded is not None:
        recorded = imported.recorded
        spikes = run(recorded.as_recorded(imported.graph), recorded.inputs, recorded.names)
        imported = _told(imported, agreement(recorded, spikes, "the module"))
    if calibrate is not None and not ordinary and numbers != "float32" and chosen is not None:
        # raw values, through what the file is going to say
        calibrate = _prepared(imported.graph, chosen, calibrate)
    done = in_numbers(
        imported, numbers, None if ordinary and numbers == "float32" else calibrate, state_bits, decays, fine
    )
    if ordinary and imported.fidelity is not None:
        done = replace(done, measured=imported.fidelity(done.graph, seen, labels))
    if memory == "least":
        done = replace(done, graph=done.graph.with_(nodes=tuple(computed_anew(done.graph.nodes))))
    return done if chosen is None else replace(done, graph=_with_preprocessing(done.graph, chosen))


def _prepared(graph: Graph, chosen: Preprocessing, calibrate: Inputs) -> Dataset:
    raw = _with_preprocessing(graph, chosen)
    seen, labels = _named(lambda: checked_data(raw, calibrate, split="train"))
    return Dataset(seen, labels, "calibrate", prepared=True)


def _input_of(chosen: Preprocessing) -> dict[str, object]:
    """What the preprocessing says of the input: spikes, or the range of normalised values."""
    if chosen.polarity == "signed":
        return {"encoding": "spikes", "low": -1.0, "high": 1.0}
    bins = chosen.sample_rate is None and (chosen.interval is not None or chosen.count is not None)
    if chosen.encoding != "none" or bins:
        return {"encoding": "spikes"}
    low, high = chosen.range()
    return {"low": low, "high": high}


def _with_preprocessing(graph: Graph, chosen: Preprocessing) -> Graph:
    return graph.with_(metadata={**graph.metadata, PREPROCESSING: chosen.to_dict()})


def _named(read: Callable[[], tuple[np.ndarray, np.ndarray | None]]) -> tuple[np.ndarray, np.ndarray | None]:
    """What ``read`` gives; its errors begin with the argument's name."""
    try:
        return read()
    except DataFileError as error:
        raise DataFileError(f"calibrate: {error}") from None
    except DataError as error:
        raise DataError(f"calibrate: {error}") from None


def import_source(
    source: object,
    *,
    framework: str | None = None,
    timesteps: int | None = None,
    exit: Exit | str | None = None,
    class_names: Sequence[str] | None = None,
    name: str | None = None,
    **import_options: object,
) -> Imported:
    """Import ``source`` in float32, with an exit and metadata.

    ``import_options`` are the importer's own; those given are kept in the metadata. Raises ModelError for a
    source that can't be read or expressed, and for options that do not fit it.
    """
    if timesteps is not None and not (
        isinstance(timesteps, (int, np.integer)) and 1 <= timesteps <= MAX_TIMESTEPS
    ):
        raise ModelError(f"timesteps: expected 1 to {MAX_TIMESTEPS}, found {timesteps!r}")
    chosen = None if exit is None else Exit.of(exit)
    importer = find_importer(source)
    importing = importer.load()
    check_options(importer, importing, import_options)
    imported = importing(source, framework=framework, timesteps=timesteps, **import_options)
    graph = imported.graph
    if chosen is not None or not imported.whole:
        chosen = chosen or Exit.never()
        if chosen.rule != "combined":
            check_rule(chosen.rule, chosen.threshold, graph.readout.shape[0])
        graph = graph.with_exit(chosen)
    if not imported.whole:
        graph = _with_options(graph, import_options)
    return replace(imported, graph=_with_metadata(graph, name, class_names))


def in_numbers(
    imported: Imported,
    numbers: Profile,
    calibrate: Inputs | None = None,
    state_bits: Literal[16, 32] | None = None,
    decays: Decays | None = None,
    fine: Fine | None = None,
) -> Imported:
    """``imported`` (float32) in ``numbers``.

    ``calibrate``: inputs as for :meth:`snnrt.Network.run` (of built-in data the training split); they set
    int8's scales and roundings, and show how far it agrees with float32 (``agreement``). Without, the stated
    range of the input sets the scales, which is said among the assumptions.
    ``state_bits``: width of int8 membranes (None: chosen). ``decays``: of int8, ``product`` (None), or
    ``shift``: the nearest 1 − 2⁻ᵏ, which the assumptions name where a decay was another. ``fine``: of int8,
    layers whose weights take two int8 (``none``, ``constant``: those that read the same at every timestep,
    ``all``, or names); None: as few as ``calibrate`` shows that classes need. ``loihi``: int8
    weights, neurons in Loihi's integers; where a current could wrap, the assumptions say so. Raises
    ModelError for what the numbers can't express, DataError for inputs that do not fit.
    """
    _check_numbers(numbers)
    if decays not in (None, "product", "shift"):
        raise ModelError(f"decays: expected 'product' or 'shift', found {decays!r}")
    if decays is not None and numbers != "int8":
        raise ModelError(f"decays: expected none: only int8 has a choice, found {decays!r} with {numbers}")
    if fine is not None and numbers != "int8":
        raise ModelError(f"fine: expected none: only int8 has finer weights, found {fine!r} with {numbers}")
    if numbers == "float32":
        if calibrate is not None:
            raise DataError(
                "calibrate: it sets the scales of int8, and numbers is float32: add numbers int8, "
                "or leave calibrate out"
            )
        return imported
    from snnrt.converters.passes.quantise import quantise

    graph = imported.graph
    if numbers == "loihi" and state_bits is not None:
        raise ModelError(
            f"state_bits: expected none with Loihi's integers, which take 24, found {state_bits}"
        )
    seen, labels = None, None
    if calibrate is not None:
        seen, labels = _named(lambda: checked_data(graph, calibrate, split="train"))
    told: tuple[str, ...] = () if calibrate is not None else (NOTHING_SEEN,)
    found = None
    if numbers == "int8":
        from snnrt.converters.passes.shifts import moved_decays

        if decays == "shift":
            told = (*told, *moved_decays(graph))
        if seen is not None:
            from snnrt.converters.passes.calibrated import calibrated

            made = calibrated(graph, seen, labels, state_bits, decays or "product", fine)
            graph, found, told = made.graph, made.agreement, (*told, *made.told)
        else:
            graph = quantise(graph, None, state_bits, decays or "product", fine or "none")
    else:
        from snnrt.converters.passes.loihi import to_loihi, wrapping

        whole = quantise(graph, seen, 32)
        graph, told = to_loihi(whole), (*told, *wrapping(whole))
        if seen is not None:
            from snnrt.converters.passes.agreement import agreement as with_float32

            found = with_float32(imported.graph, graph, seen, labels)
    return _told(replace(imported, graph=graph, agreement=found), told)


def _as_told(told: Imported, made: Imported) -> Imported:
    """``made`` with the exit and the metadata of ``told``."""
    source = {**told.graph.metadata["source"], "assumptions": list(made.assumptions)}  # type: ignore[dict-item]
    graph = made.graph.with_exit(Exit.of(told.graph.exit))
    return replace(made, graph=graph.with_(metadata={**told.graph.metadata, "source": source}))


def _told(imported: Imported, lines: Sequence[str]) -> Imported:
    """With more assumptions, also in the metadata."""
    if not lines:
        return imported
    metadata = dict(imported.graph.metadata)
    found = metadata.get("source")
    source = dict(found) if isinstance(found, dict) else {}
    told = (*imported.assumptions, *lines)
    metadata["source"] = {**source, "assumptions": list(told)}
    return replace(imported, graph=imported.graph.with_(metadata=metadata), assumptions=told)


def _check_numbers(numbers: str) -> None:
    if numbers not in NUMBERS:
        raise ModelError(f"numbers: expected one of {', '.join(map(repr, NUMBERS))}, found {numbers!r}")


def _plain(value: object) -> object:
    """A mapping, of mappings too, as dicts, which the metadata take."""
    return {str(key): _plain(one) for key, one in value.items()} if isinstance(value, Mapping) else value


def _with_options(graph: Graph, import_options: Mapping[str, object]) -> Graph:
    metadata = dict(graph.metadata)
    given = {
        option: _plain(value)
        for option, value in import_options.items()
        if value is not None and option not in UNRECORDED
    }
    metadata["source"] = {**metadata["source"], "options": given}  # type: ignore[dict-item]
    return graph.with_(metadata=metadata)


def _with_metadata(graph: Graph, name: str | None, class_names: Sequence[str] | None) -> Graph:
    metadata = dict(graph.metadata)
    if name is not None:
        metadata["name"] = name
    if class_names is not None:
        classes = graph.readout.shape[0]
        if len(class_names) != classes:
            raise ModelError(
                f"class_names: expected {classes} names, found {len(class_names)}; give one a class, in the "
                "order of the outputs"
            )
        metadata["class_names"] = [str(one) for one in class_names]
    return graph.with_(metadata=metadata)

"""A recording becomes one timestep of a network: repetitions rolled up, batch and time taken away."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from snnrt.converters.common.rollup import activations
from snnrt.converters.common.rollup.adapted import Adapted, Branch, Neurons
from snnrt.converters.common.rollup.calls import ESCAPES, Call, Recording, Value, values_in
from snnrt.converters.common.rollup.cells import (
    CellRecord,
    axes_at,
    count_steps,
    settle_cells,
    shape_after,
    without_time,
)
from snnrt.converters.common.rollup.functions import FUNCTIONS
from snnrt.converters.common.rollup.input_axes import Axes, input_axes
from snnrt.converters.common.rollup.meaning import Meaning, joined
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import (
    Activation,
    Cell,
    Delayed,
    Linear,
    Operation,
    Unsupported,
)
from snnrt.converters.common.rollup.template import Read, Template, TemplateNode
from snnrt.errors import ModelError
from snnrt.ir.graph import Shape


@dataclass(eq=False)
class Interpretation:
    """``template`` and the ``result``, a Meaning in the place of each tensor; ``timesteps`` of the recording
    (1 where one call is one timestep), ``looped``: with a call of each neuron for each, ``called``:
    and of the module; ``notes``: what was
    assumed. ``cells`` by path, ``membranes`` that are read beside spikes by that of their node; ``meanings``
    by the id of a Value."""

    template: Template
    result: Any
    timesteps: int
    looped: bool
    called: bool
    notes: list[str]
    cells: dict[str, CellRecord]
    membranes: dict[str, CellRecord]
    meanings: dict[int, Meaning]


class Interpreter:
    """Goes through ``recording`` once, from its inputs to its result.

    ``adapter`` knows the frameworks' neurons. ``called``: the module was called once for each timestep.
    ``axes`` of the first input; None: told by what reads it. ``spiking``: its activations shall become
    neurons.
    """

    def __init__(
        self,
        recording: Recording,
        adapter: Neurons,
        called: bool = False,
        axes: Axes | None = None,
        spiking: bool = False,
    ) -> None:
        self.recording, self.adapter, self.called, self.axes = recording, adapter, called, axes
        self.activations: dict[int, Activation] | None = {} if spiking else None
        self.template = Template()
        self.notes: list[str] = []
        self.meanings: dict[int, Meaning] = {}
        self.timesteps, self.looped = count_steps(recording, adapter)
        self._reads: dict[str, list[tuple[int, tuple[Read, ...]]]] = {}
        self._cells: dict[str, CellRecord] = {}
        self._membranes: dict[str, CellRecord] = {}
        self._calls: Counter[str] = Counter()
        # places of neurons that give 0 or 1
        self.once: set[int] = set()

    def run(self) -> Interpretation:
        """Raises ModelError where the network's timesteps are not alike, or its axes are not told."""
        given = self.recording.inputs[0]
        steps = self.timesteps if self.looped else None
        lead, tail, timesteps = self.axes or input_axes(self.recording, self.adapter, steps)
        if timesteps is not None:
            self.timesteps = timesteps
        sample = given.shape[len(lead) : len(given.shape) - len(tail)]
        static = "T" not in "".join((*lead, *tail))
        self.template.nodes.append(TemplateNode(None, (), sample, static))
        self.meanings[id(given)] = Meaning(0, "static" if static else "sequence", lead, sample, tail=tail)
        if tail or "T" in lead[:1]:
            module = ", ".join((*lead, *("…",), *tail))
            self.notes.append(f"time: the module takes ({module}); data over time are (N, T, …)")
        for call in self.recording.calls:
            try:
                self._interpret(call)
            except NotSupported as error:
                self._give_up(call, error)
        settle_cells(self.template, self._cells, self._reads)
        result = _replace_values(self.recording.result, self.meanings)
        return Interpretation(
            self.template,
            result,
            self.timesteps,
            self.looped,
            self.called,
            self.notes,
            self._cells,
            self._membranes,
            self.meanings,
        )

    # what functions use

    def is_result(self, call: Call) -> bool:
        """Whether what an ordinary network gives is what ``call`` gave."""
        given = {id(one) for one in values_in(self.recording.result)}
        return self.activations is not None and any(id(one) in given for one in call.outputs)

    def meaning(self, value: Value) -> Meaning:
        """Of a recorded tensor."""
        if id(value) not in self.meanings:
            # another input than the first: only states may come from there
            raise NotSupported("reads another input than the first", "give the network one input")
        return self.meanings[id(value)]

    def node(
        self, call: Call, operation: Operation, sources: list[Meaning], sample: Shape, suffix: str = ""
    ) -> Meaning:
        """What ``operation`` on ``sources`` gives."""
        if any(one.mode == "running" for one in sources):
            raise NotSupported("reads a sum of some timesteps", "add up timesteps behind the network only")
        if any(one.tail for one in sources):
            raise NotSupported(
                "reads an axis of time behind the sample's", "move time to the front before it"
            )
        common = joined(sources)
        if common is None:
            raise NotSupported(
                "reads values of different timesteps", "compute one timestep from another's spikes only"
            )
        reads = []
        for one in sources:
            steps = common.step - one.step if one.time == "step" else 0
            reads.append(self.template.earlier(one.node, steps))
        scope = f"{call.scope}{suffix}"
        static = all(self.template.nodes[place].static for place, _ in reads)
        place = self.template.add(TemplateNode(operation, tuple(reads), sample, static, scope))
        return replace(common, node=place, sample=sample)

    # calls

    def _interpret(self, call: Call) -> None:
        if call.activation is not None:
            self.meanings[id(call.outputs[0])] = activations.known(self, call)
            return
        if call.cell is not None:
            self._cell(call)
            return
        if call.function in ESCAPES:
            self._note_escape(call)
            return
        handler = FUNCTIONS.get(call.function)
        if handler is None:
            raise NotSupported(
                "snnrt has no node for this function",
                "use layers and neurons of the framework, or leave it to what is around the network",
            )
        found = handler(self, call)
        meanings = found if isinstance(found, list) else [found]
        for value, meaning in zip(call.outputs, meanings):
            if meaning.rank != len(value.shape):
                raise NotSupported(
                    f"axes of {value.shape} are not told apart", "keep the batch axis in front"
                )
            self.meanings[id(value)] = meaning

    def _give_up(self, call: Call, error: NotSupported) -> None:
        """The call as a node that can't be built, so that what follows is looked at all the same."""
        known = [self.meanings[id(value)] for value in call.values() if id(value) in self.meanings]
        # the first cause is what is told
        causes = [one for one in known if isinstance(self.template.nodes[one.node].operation, Unsupported)]
        title = call.title
        for value in call.outputs:
            like = next((one for one in known if len(one.lead) < len(value.shape)), None)
            lead = like.lead if like is not None else ("N",)[: len(value.shape) - 1]
            sample = value.shape[len(lead) :]
            reads = ((0, 0),) if not known else ((known[0].node, 0),)
            operation = Unsupported(title, error.reason, error.remedy)
            node = TemplateNode(operation, reads, sample, False, call.scope)
            place = causes[0].node if causes else self.template.add(node)
            time = like.time if like is not None else "static"
            step = like.step if like is not None else 0
            self.meanings[id(value)] = Meaning(place, time, lead, sample, step)

    def _note_escape(self, call: Call) -> None:
        if call.function == "Python's bool":
            raise ModelError(
                f"{call.title}: the module branches on a tensor's value, which a graph can't; "
                "expected a forward that does the same for every input"
            )
        line = f"values read into Python at {call.where} do not come back into the network"
        if line not in self.notes:
            self.notes.append(line)

    def _cell(self, call: Call) -> None:
        assert call.cell is not None
        adapted = self.adapter.adapt(call.cell, call.scope)
        source = call.values()[0] if call.values() else None
        if source is None and adapted.time == "single":
            self._fed_constants(call, adapted)
            return
        if source is None or id(source) not in self.meanings:
            raise NotSupported("its input does not come from the network's", "feed it what the network reads")
        spikes = call.outputs[adapted.spikes]
        meaning = self._with_batch(self.meanings[id(source)], spikes)
        sample = spikes.shape[len(meaning.lead) :]
        changes = adapted.branches or adapted.before or adapted.reduced or adapted.timesteps is not None
        if meaning.sample != sample and not changes:
            raise NotSupported(
                f"gives {spikes.shape} where it reads {source.shape}", "give it an input for each neuron"
            )
        path, step = call.scope, self._calls[call.scope]
        self._calls[path] += 1
        single = adapted.time == "single"
        if meaning.tail:
            raise NotSupported(
                "reads an axis of time behind the sample's", "move time to the front before it"
            )
        if adapted.timesteps is not None:
            meaning = self._repeated(meaning, adapted.timesteps)
        lead = axes_at(meaning, adapted.time)
        if meaning.time == "reduced" or meaning.mode == "running":
            raise NotSupported("reads a sum over the timesteps", "put the neuron before the sum")
        delay = 0
        if single:
            if meaning.time == "sequence":
                raise NotSupported("computes one timestep, and reads all", "call it for each timestep")
            delay = step - meaning.step if meaning.time == "step" else 0
            if delay < 0:
                raise NotSupported("reads a later timestep", "call each neuron once a timestep")
        if adapted.passes_state and step and all(
            one.call is None or one.call.scope != path or one.call.cell is None for one in call.values()[1:]
        ):  # fmt: skip
            raise NotSupported(
                "starts anew at each timestep", "pass it the state that it gave at the timestep before"
            )
        read = self.template.earlier(meaning.node, delay)
        if isinstance(adapted.cell, Delayed):
            place = self.template.add(TemplateNode(adapted.cell, (read,), meaning.sample, False, path))
            time = "step" if single else "sequence"
            self.meanings[id(spikes)] = Meaning(place, time, lead, meaning.sample, step)  # type: ignore[arg-type]
            return
        for operation in adapted.before:
            meaning = meaning.at(meaning.node, shape_after(operation, meaning.sample))
            static = self.template.nodes[read[0]].static and not read[1]
            inner = TemplateNode(operation, (read,), meaning.sample, static, f"{path}.input")
            read = (self.template.add(inner), 0)
        reads = [read]
        if adapted.branches:
            reads = [self._branch(one, read, sample, path) for one in adapted.branches]
            meaning = replace(meaning, sample=sample)
        place = self.template.add(TemplateNode(adapted.cell, (), meaning.sample, False, path))
        if adapted.feedback:
            back: Read = (place, 0 if adapted.feedback_waits else 1)
            for number, operation in enumerate(adapted.feedback):
                shape = meaning.sample
                scope = f"{path}.{adapted.feedback_name}" + (f".{number + 1}" if number else "")
                back = (self.template.add(TemplateNode(operation, (back,), shape, False, scope)), 0)
            reads.append((back[0], 1) if adapted.feedback_waits else back)
        self._reads.setdefault(path, []).append((step, tuple(reads)))
        time = "step" if single else "sequence"
        given = Meaning(place, time, lead, meaning.sample, step)  # type: ignore[arg-type]
        factor = adapted.after.scale if adapted.after is not None else np.ones(())
        record = self._cells.setdefault(path, CellRecord(place, factor, adapted.fires))
        record.values.append(spikes)
        if adapted.fires and not adapted.several:
            self.once.add(place)
        if adapted.uncapped and spikes.kept is not None:
            self.adapter.saw_spikes(path, int(spikes.kept.max()))
        if adapted.after is not None:
            after = TemplateNode(adapted.after, ((place, 0),), meaning.sample, False, f"{path}.scale")
            given = replace(given, node=self.template.add(after))
        outer = given
        if adapted.reduced == "each":
            for value in call.outputs:
                if isinstance(value.place, int):
                    self.meanings[id(value)] = replace(
                        given, time="step", step=value.place, lead=without_time(lead)
                    )
            return
        if adapted.reduced:
            outer = replace(given, time="reduced", mode=adapted.reduced, lead=without_time(lead))
        self.meanings[id(spikes)] = outer
        for value in call.outputs:
            if value is not spikes:
                self._state(value, call, adapted.membranes.get(value.place), given, tuple(reads))

    def _fed_constants(self, call: Call, adapted: Adapted) -> None:
        """A call before the first of the network's values arrives, as behind a delay."""
        path, step = call.scope, self._calls[call.scope]
        self._calls[path] += 1
        spikes = call.outputs[adapted.spikes]
        sample = spikes.shape[1:]
        place = self.template.add(TemplateNode(adapted.cell, (), sample, False, path))
        given = Meaning(place, "step", ("N",), sample, step)
        factor = adapted.after.scale if adapted.after is not None else np.ones(())
        self._cells.setdefault(path, CellRecord(place, factor, adapted.fires)).values.append(spikes)
        if adapted.after is not None:
            after = TemplateNode(adapted.after, ((place, 0),), sample, False, f"{path}.scale")
            given = replace(given, node=self.template.add(after))
        self.meanings[id(spikes)] = given
        for value in call.outputs:
            if value is not spikes:
                self._state(value, call, None, given, ())

    def _branch(self, branch: Branch, read: Read, sample: Shape, path: str) -> Read:
        """A part of what a neuron reads; of a linear layer in front only those rows are computed."""
        node, rows = self.template.nodes[read[0]], branch.rows
        scope = f"{path}.{branch.operations[0].stem}" if branch.operations else path
        if isinstance(node.operation, Linear) and not read[1]:
            bias = None if node.operation.bias is None else node.operation.bias[rows]
            part = replace(node.operation, weights=node.operation.weights[rows], bias=bias)
            given, scope = node.reads, node.scope
        else:
            chosen = np.eye(node.shape[0], dtype=np.float32)[rows]
            part, given = Linear("features of the input", chosen), (read,)
        found = self.template.add(TemplateNode(part, given, sample, False, scope))
        for operation in branch.operations:
            own = operation.path if isinstance(operation, Cell) else path
            found = self.template.add(TemplateNode(operation, ((found, 0),), sample, False, own))
        return found, 0

    def _with_batch(self, meaning: Meaning, spikes: Value) -> Meaning:
        """Some neurons put a batch of one in front."""
        if len(spikes.shape) == meaning.rank + 1 and spikes.shape[0] == 1:
            return replace(meaning, lead=("1", *meaning.lead))
        return meaning

    def _state(
        self, value: Value, call: Call, membrane: Operation | None, given: Meaning, reads: tuple[Read, ...]
    ) -> None:
        """A state read outside of its neuron: a node of its own if it can be, which stands in vain if not."""
        rank = len(value.shape)
        if given.time == "sequence" and rank == given.rank - 1:
            # of all timesteps only the last is kept
            given = replace(given, time="reduced", mode="last", lead=without_time(given.lead))
        elif rank != given.rank:
            membrane = None
            lead = (*["1"] * (rank - given.rank), *given.lead)
            given = replace(given, lead=lead[:rank], sample=given.sample[: max(rank - len(lead), 0)])
        operation = membrane or Unsupported(
            f"state of {type(call.cell).__name__}",
            f"the state of {call.scope!r} is read outside of it",
            "read its spikes; a membrane can be read where no reset changes it",
        )
        node = TemplateNode(operation, reads if membrane else ((given.node, 0),), given.sample, False,
                            f"{call.scope}.membrane")  # fmt: skip
        place = self.template.add(node)
        if membrane:
            self.template.nodes[place].reads = reads
        if isinstance(membrane, Cell) and value.kept is not None:
            record = self._membranes.setdefault(membrane.path, CellRecord(place, np.ones(()), False))
            record.values.append(value)
        self.meanings[id(value)] = replace(given, node=place)

    # timesteps

    def _repeated(self, meaning: Meaning, timesteps: int) -> Meaning:
        """What a neuron that gives ``timesteps`` of one input reads at each of them."""
        if meaning.time != "static" or any("T" in axis for axis in meaning.lead):
            raise NotSupported("makes timesteps of an input that has some", "give it one input")
        if self.timesteps not in (1, timesteps):
            raise NotSupported(
                f"gives {timesteps} timesteps where there are {self.timesteps}",
                "give all encoders the same number",
            )
        self.timesteps = timesteps
        return replace(meaning, lead=("T", *meaning.lead))


def _replace_values(tree: Any, meanings: dict[int, Meaning]) -> Any:
    """``tree`` with a Meaning where a Value stands."""
    if isinstance(tree, Value):
        return meanings.get(id(tree))
    if isinstance(tree, dict):
        return {key: _replace_values(one, meanings) for key, one in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_replace_values(one, meanings) for one in tree]
    return None if hasattr(tree, "shape") else tree

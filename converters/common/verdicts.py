"""What becomes of each draft, before a graph is made: all that is wrong, not only the first of it.

Shapes are followed from the input on. Behind a node that cannot be built they are guessed (it passes its
shape on; a layer of vectors reads as many as it has weights for), so that the nodes there have a verdict too.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

from snnrt.converters.common.connections import Connections
from snnrt.converters.common.cycles import cut_cycles
from snnrt.converters.common.delays import resolve_delays, whole_steps
from snnrt.converters.common.drafted import Drafted
from snnrt.converters.common.drafts import (
    DelayDraft,
    Draft,
    LayerDraft,
    NeuronDraft,
    OutputDraft,
    UnsupportedDraft,
)
from snnrt.converters.common.finish import Imported, assumed_by
from snnrt.converters.common.names import Names
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.common.sums import check_sums
from snnrt.converters.common.wiring import UNREACHED, Wiring
from snnrt.errors import ModelError
from snnrt.ir.graph import Add, Exit, Neuron, Readout, Shape

PASSES_ON = "passes its input on"

Verdict = Literal["faithful", "approximate", "unsupported", "unknown"]


@dataclass(frozen=True)
class NodeVerdict:
    """What becomes of the source's node ``name``, whose ``kind`` is the source's word.

    ``rule``: what it will compute, empty where nothing will. ``verdict``: ``faithful`` (that is what the
    source computes), ``approximate``, ``unsupported``, or ``unknown`` (its input's shape is not known, behind
    a node that is unsupported). ``reason``: why and how much, and what to do. ``shape``: of its output; None:
    not known.
    """

    name: str
    kind: str
    rule: str
    verdict: Verdict
    reason: str = ""
    shape: Shape | None = None


@dataclass(frozen=True)
class Verdicts:
    """``nodes`` from the input on, what is ``assumed``, and ``problems`` of the network as a whole."""

    nodes: tuple[NodeVerdict, ...]
    assumed: tuple[str, ...]
    problems: tuple[str, ...]


def verdicts(drafted: Drafted) -> Verdicts:
    """The verdict of each node. Nothing is raised for what cannot be converted: it is what they say."""
    walk = _Walk(drafted)
    walk.follow()
    nodes = [walk.verdict(name, drafted.drafts[name]) for name in walk.order()]
    assumed = (*drafted.assumed, *walk.notes, *assumed_by(drafted.options))
    if any(node.verdict in ("unsupported", "unknown") for node in nodes):
        return Verdicts(tuple(nodes), assumed, _cycles_without_neuron(drafted))
    try:
        imported = replace(drafted, where="").finished()
    except ModelError as error:
        return _with_error(nodes, assumed, str(error))
    return Verdicts(tuple(nodes), imported.assumptions, ())


def verdicts_of_graph(imported: Imported) -> Verdicts:
    """Of a source that has its graph whole: each of its nodes is what the graph says."""
    nodes = [node for node in imported.graph if not isinstance(node, Exit)]
    found = [NodeVerdict(one.name, one.kind, one.in_words(), "faithful", "", one.shape) for one in nodes]
    return Verdicts(tuple(found), imported.assumptions, ())


def _cycles_without_neuron(drafted: Drafted) -> tuple[str, ...]:
    """Found beside what is unsupported; an unsupported node may be the neuron."""
    connections = drafted.wired()
    drafts: dict[str, Draft] = {
        name: NeuronDraft(draft.kind, _never) if isinstance(draft, UnsupportedDraft) else draft
        for name, draft in drafted.drafts.items()
    }
    try:
        resolve_delays(drafts, connections)
    except ModelError:
        # the delay's own verdict says it
        return ()
    try:
        cut_cycles(drafts, connections)
    except ModelError as error:
        return (str(error),)
    return ()


def _never(shape: Shape, recurrent: bool) -> Neuron:
    raise AssertionError("it stands for a neuron in cycles only")


def _with_error(nodes: list[NodeVerdict], assumed: tuple[str, ...], message: str) -> Verdicts:
    """An error of the whole is its node's where it names one."""
    for place, node in enumerate(nodes):
        begin = f"{SourceNode(node.name, node.kind)}: "
        if message.startswith(begin):
            refused = replace(node, verdict="unsupported", reason=message.removeprefix(begin))
            return Verdicts((*nodes[:place], refused, *nodes[place + 1 :]), assumed, ())
    return Verdicts(tuple(nodes), assumed, (message,))


class _Walk(Wiring):
    """Builds what it can, from the input on."""

    def __init__(self, drafted: Drafted) -> None:
        self.options = drafted.options
        self.refused: dict[str, str] = {}
        # outputs behind what is refused; None: not even guessed
        self.guesses: dict[str, Shape | None] = {}
        drafts = {name: self._without_delay(name, draft) for name, draft in drafted.drafts.items()}
        super().__init__(drafts, drafted.wired(), Names(drafts), [])
        self.reasons: dict[str, str] = {}

    def _without_delay(self, name: str, draft: Draft) -> Draft:
        """A delay changes no shape: its steps are checked here, and it passes values on."""
        if not isinstance(draft, DelayDraft):
            return draft
        node, rule = SourceNode(name, draft.kind), ""
        try:
            steps = whole_steps(node, draft)
            least, most = int(steps.min()), int(steps.max())
            rule = f"its input of {least if least == most else f'{least} … {most}'} timesteps before"
        except ModelError as error:
            self.refused[name] = _without_name(node, error)
        return LayerDraft(
            draft.kind, lambda shape: None, rule=draft.rule or rule, approximate=draft.approximate
        )

    def follow(self) -> None:
        """Give every draft a shape, a guess, or the reason why it has none."""
        source, options = self.connections.input, self.options
        try:
            self._add_input(options.encoding or "constant", options.low, options.high)
            self._spread(source)
        except ModelError as error:
            self.refused[source] = _without_name(SourceNode(source, self.drafts[source].kind), error)
        for name, draft in self.drafts.items():
            if isinstance(draft, LayerDraft) and draft.features is not None and not self._done(name):
                # whatever is before it, this is what it reads
                self._place(name, (draft.features,))
                self._spread(name)
        self._guess_onwards()
        self.refused |= {name: UNREACHED for name in self.drafts if not self._done(name)}

    def order(self) -> list[str]:
        """The drafts, nearest to the input first, the output last."""
        found, last = {self.connections.input: None}, self.connections.output
        pending = deque(found)
        while pending:
            for reader in self.connections.readers(pending.popleft()):
                if reader not in found:
                    found[reader] = None
                    pending.append(reader)
        rest = [name for name in self.drafts if name not in found]
        return [*(name for name in [*found, *rest] if name != last), last]

    def _done(self, name: str) -> bool:
        return name in self.shapes or name in self.refused or name in self.guesses

    def _spread(self, start: str) -> None:
        pending = deque(self.connections.readers(start)) if start in self.shapes else deque()
        while pending:
            name = pending.popleft()
            if self._done(name):
                continue
            known = [origin for origin, _ in self.connections.reads[name] if origin in self.shapes]
            self._place(name, self.shapes[known[0]])
            if name in self.shapes:
                pending.extend(self.connections.readers(name))

    def _place(self, name: str, shape: Shape) -> None:
        node = SourceNode(name, self.drafts[name].kind)
        reads = [read for read in self.connections.reads[name] if read[0] in self.shapes]
        try:
            check_sums(self.drafts, Connections({name: reads}, "", ""), self.shapes)
            self.shapes[name] = self._build(name, shape)
        except ModelError as error:
            self.refused[name] = _without_name(node, error)

    def _guess_onwards(self) -> None:
        """What lies behind the refused: as if they passed their shapes on."""
        pending: deque[str] = deque()
        for name in [*self.refused]:
            self.guesses[name] = self._read_shape(name)
            pending.extend(self.connections.readers(name))
        while pending:
            name = pending.popleft()
            if not self._done(name):
                self.guesses[name] = self._guess(name, self._read_shape(name))
                pending.extend(self.connections.readers(name))

    def _read_shape(self, name: str) -> Shape | None:
        shapes = self.shapes | {one: guess for one, guess in self.guesses.items() if guess is not None}
        return next((shapes[origin] for origin, _ in self.connections.reads[name] if origin in shapes), None)

    def _guess(self, name: str, shape: Shape | None) -> Shape | None:
        """The output's shape for a guessed input. What fails there is refused, but not where another guess
        makes it well, or bad in another way: then the shape is what does not fit, and it may be right."""
        if shape is None:
            self.reasons[name] = "what it reads is not known"
            return None
        error, found = self._tried(name, shape)
        if error is None:
            return found
        other, _ = self._tried(name, tuple(size + 1 for size in shape))
        if other is None or (error != other and _field(error) == _field(other)):
            self.reasons[name] = "the shape that it reads is not known behind an unsupported node"
        else:
            self.refused[name] = error
        return shape

    def _tried(self, name: str, shape: Shape) -> tuple[str | None, Shape]:
        """What is wrong with the draft ``name`` where it reads ``shape``, and the shape that it gives."""
        said = len(self.notes)
        try:
            return None, self._build(name, shape)
        except ModelError as error:
            return _without_name(SourceNode(name, self.drafts[name].kind), error), shape
        finally:
            del self.notes[said:]

    def verdict(self, name: str, draft: Draft) -> NodeVerdict:
        """Of the draft ``name``."""
        shape = self.shapes.get(name)
        if name in self.refused:
            reason = self.refused[name]
            return NodeVerdict(name, draft.kind, draft.rule, "unsupported", reason)
        if name in self.reasons:
            return NodeVerdict(name, draft.kind, draft.rule, "unknown", self.reasons[name])
        rule = draft.rule or self.drafts[name].rule or self._rule(name, draft)
        count = len(self.connections.reads[name])
        rule = f"sum of {count} inputs; {rule}" if count > 1 else rule
        word: Verdict = "approximate" if draft.approximate else "faithful"
        return NodeVerdict(name, draft.kind, rule, word, draft.approximate, shape)

    def _rule(self, name: str, draft: Draft) -> str:
        if isinstance(draft, OutputDraft):
            return Readout(name, (), (1,), mode=self.options.readout).in_words()
        wired = self.nodes.get(name)
        return PASSES_ON if wired is None or isinstance(wired.node, Add) else wired.node.in_words()


def _without_name(node: SourceNode, error: ModelError) -> str:
    """A message whose node stands beside it."""
    return str(error).removeprefix(f"{node}: ")


def _field(message: str) -> str:
    """What a complaint is about."""
    return message.partition(":")[0]

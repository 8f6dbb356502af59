"""What a source's nodes become, before anything is converted: ``snnrt check`` and :func:`snnrt.check`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from snnrt.brief import brief_repr
from snnrt.converters.common.drafted import Drafted, Importing
from snnrt.converters.common.finish import Imported
from snnrt.converters.common.recorded import agreement, differing
from snnrt.converters.common.verdicts import NodeVerdict, Verdicts, verdicts, verdicts_of_graph
from snnrt.converters.convert import Run
from snnrt.converters.importers import check_options, find_importer
from snnrt.errors import ModelError
from snnrt.texts import LONGEST_CELL, LONGEST_VALUE, printable


@dataclass(frozen=True, repr=False)
class SourceCheck:
    """What becomes of a trained network that is not converted yet.

    ``source``: its path, or its class. ``framework``: whose rules hold; None where the source has one only.
    ``nodes``: a :class:`NodeVerdict` each, from the input on. ``assumptions``: what neither the source nor
    the caller says. ``problems``: of the network as a whole, which no single node has. ``print(check)`` shows
    all of it.
    """

    source: str
    framework: str | None
    nodes: tuple[NodeVerdict, ...]
    assumptions: tuple[str, ...]
    problems: tuple[str, ...] = ()

    __repr__ = brief_repr

    @property
    def supported(self) -> bool:
        """Whether :func:`snnrt.convert` takes it."""
        return not self.problems and not any(
            node.verdict in ("unsupported", "unknown") for node in self.nodes
        )

    @property
    def faithful(self) -> bool:
        """Whether it is supported and no node is approximate: it gives the framework's spikes, up to the
        order in which float32 is summed."""
        return self.supported and all(node.verdict == "faithful" for node in self.nodes)

    def rows(self) -> list[dict[str, object]]:
        """A row a node, flat: ``pandas.DataFrame(check.rows())``."""
        return [dict(vars(node)) for node in self.nodes]

    def __str__(self) -> str:
        lines = [f"{printable(self.source)}: {self.verdict()}"]
        for node in self.nodes:
            name, kind = printable(node.name, LONGEST_CELL), printable(node.kind, LONGEST_CELL)
            text = "; ".join(part for part in (node.rule, node.reason) if part)
            lines.append(f"  {node.verdict:12} {name} ({kind}): {printable(text, LONGEST_VALUE)}")
        lines += [f"  problem: {printable(text, LONGEST_VALUE)}" for text in self.problems]
        return "\n".join([*lines, *(f"  assumed: {printable(text)}" for text in self.assumptions)])

    def verdict(self) -> str:
        """How many nodes have which verdict: ``9 nodes: 7 faithful, 2 unsupported``."""
        words = [node.verdict for node in self.nodes]
        counts = [f"{words.count(word)} {word}" for word in dict.fromkeys(words)]
        text = f"{len(words)} node{'' if len(words) == 1 else 's'}: {', '.join(counts)}"
        return text + ("; the network as a whole can't be converted" if self.problems else "")


def check_source(source: object, run: Run | None = None, **options: object) -> SourceCheck:
    """The verdict on each node of ``source``. ``run``: how a graph's spikes are found, to hold them against
    what the source's own framework recorded. ``options`` are the importer's, as for
    :func:`snnrt.converters.convert.import_source`.

    Raises ModelError for a source that can't be read, and where its nodes form no network.
    """
    importer = find_importer(source)
    importing = importer.load()
    check_options(importer, importing, options)
    # an importer without drafts gives the graph that it makes of a source, or its first complaint
    drafts = importing.drafts if isinstance(importing, Importing) else importing
    given = drafts(source, **options)
    if isinstance(given, Imported):
        found, origin = verdicts_of_graph(given), given.graph.metadata.get("source")
    else:
        found, origin = verdicts(given), given.origin
        if run is not None:
            found = _beside_recorded(given, found, run)
    framework = origin.get("framework") if isinstance(origin, Mapping) else None
    return SourceCheck(
        os.fspath(source) if isinstance(source, (str, os.PathLike)) else type(source).__name__,
        None if framework is None else str(framework),
        found.nodes, found.assumed, found.problems,
    )  # fmt: skip


def _beside_recorded(drafted: Drafted, found: Verdicts, run: Run) -> Verdicts:
    """The verdicts, where a converted network is held against what its own framework recorded."""
    recorded = drafted.recorded
    refused = any(node.verdict in ("unsupported", "unknown") for node in found.nodes)
    if recorded is None or refused or found.problems:
        return found
    graph = drafted.finished().graph
    spikes = run(recorded.as_recorded(graph), recorded.inputs, recorded.names)
    try:
        agreement(recorded, spikes, "the module")
    except ModelError as error:
        return replace(found, problems=(str(error),))
    counts = differing(recorded, spikes)
    nodes = [
        replace(
            node, verdict="approximate",
            reason="{} of {} spikes differ on the example (float32 sums in another order)".format(
                *counts[node.name]
            ),
        ) if counts.get(node.name, (0, 0))[0] else node
        for node in found.nodes
    ]  # fmt: skip
    return replace(found, nodes=tuple(nodes))

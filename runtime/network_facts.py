"""What a network says of itself: names, shapes, sizes; what of :class:`snnrt.Network` runs nothing."""

from __future__ import annotations

from collections.abc import Sequence

from snnrt.devices.models import model_of
from snnrt.format.model import Model
from snnrt.format.sizes import FileInfo, file_info
from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Graph
from snnrt.results.fidelity import Fidelity
from snnrt.results.rates import Agreement
from snnrt.summary import class_names, network_line, summary_text


class NetworkFacts:
    """A checked model that does not change, and what can be read off it."""

    def __init__(
        self,
        graph: Graph | Model,
        assumptions: Sequence[str] | None = None,
        agreement: Agreement | None = None,
        fidelity: Fidelity | None = None,
    ) -> None:
        """``assumptions``: None for those that the metadata tells. ``agreement``: with what it was converted
        from; ``fidelity``: to the ordinary network that it was made of. Raises ModelError where the graph
        breaks a rule of the IR."""
        self._model = graph if isinstance(graph, Model) else model_of(graph)
        self._assumptions = self._model.assumptions if assumptions is None else tuple(assumptions)
        self._agreement = agreement
        self._fidelity = fidelity

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input (at one timestep): (channels, height, width) or (features,)."""
        return self.graph.input.shape

    @property
    def timesteps(self) -> int:
        """T: the most timesteps that an input takes."""
        return self.graph.timesteps

    @property
    def exit(self) -> Exit:
        """When a run ends, unless ``run`` is told otherwise."""
        return Exit.of(self.graph.exit)

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """Names of the K classes, in the order of ``Result.predictions``; None where the model has none."""
        return class_names(self.graph)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the import took for granted."""
        return self._assumptions

    @property
    def agreement(self) -> Agreement | None:
        """How far a calibrated conversion agrees with float32 in classes and firing rates; None where this
        network does not come from one just made (a file does not keep it)."""
        return self._agreement

    @property
    def fidelity(self) -> Fidelity | None:
        """How well a network that was just made of an ordinary one, with ``calibrate``, stands for it:
        classes against timesteps and the error of each layer (a file does not keep it); else None."""
        return self._fidelity

    @property
    def model(self) -> Model:
        """The checked graph, its bytes and memory plan."""
        return self._model

    @property
    def graph(self) -> Graph:
        """The network's meaning; with another exit it is ``Network(net.graph.with_exit("entropy:0.2"))``."""
        return self._model.graph

    def summary(self) -> str:
        """One screen of text: input, output, exit, memory, and a line a node."""
        return summary_text(self._model)

    def file_info(self) -> FileInfo:
        """Sizes of the file, the arena and every node."""
        return file_info(self._model)

    def to_bytes(self) -> bytes:
        """The .snnrt file's bytes (docs/ir.md): those that were read, where a file was."""
        return self._model.raw

    def __repr__(self) -> str:
        return f"<snnrt.Network {network_line(self.graph)}>"

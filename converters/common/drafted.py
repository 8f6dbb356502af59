"""A network as its importer leaves it: drafts that ``finish`` makes a graph of, and ``check`` looks at.

@importing
def import_format(path: str, *, timesteps: int | None = None) -> Drafted: ...

import_format("net.format")            # an Imported, finished
import_format.drafts("net.format")     # the Drafted itself
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import update_wrapper
from typing import Generic, ParamSpec

import numpy as np

from snnrt.converters.common.connections import Connections
from snnrt.converters.common.drafts import Draft
from snnrt.converters.common.finish import GraphOptions, Imported, finish
from snnrt.converters.common.recorded import Recorded
from snnrt.errors import ModelError
from snnrt.ir.graph import Graph
from snnrt.results.fidelity import Fidelity

P = ParamSpec("P")


@dataclass(frozen=True)
class Drafted:
    """What :func:`snnrt.converters.common.finish.finish` takes; ``where``: how messages begin, the path.

    ``recorded``, ``calibrated``, ``fidelity``: as :class:`Imported` has them.
    """

    drafts: Mapping[str, Draft]
    connections: Connections
    options: GraphOptions
    name: str
    origin: Mapping[str, object]
    assumed: tuple[str, ...] = ()
    where: str = ""
    recorded: Recorded | None = None
    calibrated: Callable[[np.ndarray], Imported] | None = None
    fidelity: Callable[[Graph, np.ndarray, np.ndarray | None], Fidelity] | None = None

    def wired(self) -> Connections:
        """A copy of the connections, which is there to be changed."""
        ends = self.connections
        return Connections({name: list(reads) for name, reads in ends.reads.items()}, ends.input, ends.output)

    def finished(self) -> Imported:
        """The graph. Raises ModelError, which begins with ``where``."""
        try:
            imported = finish(
                self.drafts, self.wired(), self.options, name=self.name, origin=self.origin,
                assumed=self.assumed,
            )  # fmt: skip
            return replace(
                imported, recorded=self.recorded, calibrated=self.calibrated, fidelity=self.fidelity
            )
        except ModelError as error:
            if not self.where:
                raise
            raise ModelError(f"{self.where}: {error}") from error


class Importing(Generic[P]):
    """An importer: called, it gives the graph that its drafts make."""

    def __init__(self, drafting: Callable[P, Drafted | Imported]) -> None:
        self.drafts = drafting
        update_wrapper(self, drafting)
        self.__signature__ = inspect.signature(drafting).replace(return_annotation="Imported")

    def __call__(self, *arguments: P.args, **options: P.kwargs) -> Imported:
        """The drafts, finished. Raises ModelError."""
        found = self.drafts(*arguments, **options)
        return found if isinstance(found, Imported) else found.finished()


def importing(drafting: Callable[P, Drafted | Imported]) -> Importing[P]:
    """The importer whose drafts ``drafting`` gives, or the graph itself where a source has it whole."""
    return Importing(drafting)

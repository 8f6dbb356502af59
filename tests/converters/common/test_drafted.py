"""An importer gives its drafts, or what they make."""

import inspect

import numpy as np
import pytest

from snnrt.converters.common.connections import connect
from snnrt.converters.common.drafted import Drafted, importing
from snnrt.converters.common.drafts import InputDraft, OutputDraft, UnsupportedDraft
from snnrt.converters.common.finish import GraphOptions
from snnrt.errors import ModelError


@importing
def read(path: str, *, timesteps: int = 3) -> Drafted:
    """Reads nothing."""
    drafts = {"in": InputDraft("Input", np.array([2])), "out": OutputDraft("Output")}
    if path == "bad":
        drafts["in"] = InputDraft("Input", np.array([0]))
    if path == "unknown":
        drafts["x"] = UnsupportedDraft("X", "nobody knows it", "leave it out")
    edges = [("in", "x"), ("x", "out")] if "x" in drafts else [("in", "out")]
    connections = connect({name: draft.kind for name, draft in drafts.items()}, edges, ["in"], ["out"])
    return Drafted(drafts, connections, GraphOptions(timesteps), "net", {"format": "x"}, ("all",), path)


def test_an_importer_finishes_its_drafts():
    imported, drafted = read("net"), read.drafts("net", timesteps=2)
    assert imported.graph.timesteps == 3 and imported.assumptions[0] == "all"
    assert drafted.finished().graph.timesteps == 2
    # finishing changes nothing that is finished again
    assert drafted.finished().graph.timesteps == 2


def test_messages_begin_with_the_source():
    with pytest.raises(ModelError, match=r"^bad: node 'in' \(Input\): shape: expected"):
        read("bad")
    with pytest.raises(ModelError, match=r"^unknown: node 'x' \(X\): nobody knows it; leave it out$"):
        read("unknown")


def test_it_is_documented_as_what_it_gives():
    assert read.__doc__ == "Reads nothing." and list(inspect.signature(read).parameters) == [
        "path",
        "timesteps",
    ]
    assert inspect.signature(read).return_annotation == "Imported"

"""Which framework wrote the file is not clear: the choice is demanded, unless it changes nothing."""

import nir
import numpy as np
import pytest
from nir_files import ends, read, save

from snnrt.converters.nir.agreement import first_difference
from snnrt.errors import ModelError


def full(value, dtype=np.float32):
    return np.full(4, value, dtype)


def file(tmp_path, *neurons):
    named = {f"n{index}": neuron for index, neuron in enumerate(neurons)}
    return save(tmp_path / "net.nir", ends((4,), (4,), w=nir.Linear(np.eye(4, dtype=np.float32)), **named))


IF = nir.IF(full(1), full(1), full(0))
PAPER = nir.LIF(full(2.5e-3), full(1), full(0), full(0.1), full(0))


@pytest.mark.parametrize(
    "neuron, said",
    [
        (IF, ("fit norse and sinabs and nir", "node 'n0': ", "norse (dt 0.001", "sinabs (dt 1, several")),
        (PAPER, ("betray none of the frameworks known", "spikingjelly (dt 0.0001", "nir (dt 0.0001")),
    ],
)
def test_the_choice_is_demanded(tmp_path, neuron, said):
    path = file(tmp_path, neuron)
    with pytest.raises(ModelError, match="framework: expected one, because") as caught:
        read(path)
    text = str(caught.value)
    assert all(words in text for words in said), text
    assert "--framework " in text and "nir: NIR's own equations" in text and len(text) < 600


def test_what_is_chosen_is_taken(tmp_path):
    imported = read(file(tmp_path, IF), framework="nir")
    assert not any(line.startswith("framework = ") for line in imported.assumptions)
    (line,) = (line for line in imported.assumptions if "HARDLY MOVES" in line)
    assert line.startswith("'n0': HARDLY MOVES: an input of 1 adds r·dt = 0.0001 of the threshold")
    assert not any("HARDLY" in line for line in read(file(tmp_path, IF), framework="norse").assumptions)


def test_where_the_network_is_the_same_it_is_taken_with_a_line(tmp_path):
    """Choices settle every rule of an integrator, but that NIR multiplies by dt."""
    path = file(tmp_path, nir.IF(full(1), full(1), full(0)))
    settled = {"reset": "zero", "strict": True, "multiple": False, "dt": 1.0}
    imported = read(path, **settled)
    assert imported.assumptions[0] == (
        "framework = norse (the constants fit norse and sinabs and nir: norse, sinabs, nir; under which the "
        "network is the same)"
    )
    for framework in ("norse", "sinabs", "nir"):
        graph = read(path, framework=framework, **settled).graph
        assert first_difference(imported.graph, graph) == ""
    with pytest.raises(ModelError, match=r"results differ \(node 'n0': gain\)"):
        read(path, **{**settled, "dt": 0.5})


def test_candidates_that_can_not_hold_the_network_are_none(tmp_path):
    """A synaptic current faster than a step has no forward Euler."""
    neuron = nir.CubaLIF(full(5e-5), full(5e-4), full(1), full(0), full(1), full(0), w_in=full(1))
    path = file(tmp_path, neuron, nir.LIF(full(5e-4), full(10), full(0), full(1), full(0)))
    with pytest.raises(ModelError, match="tau_syn: expected at least dt"):
        read(path)


def test_a_framework_that_the_file_contradicts_is_refused_unless_dt_is_given(tmp_path):
    path = file(tmp_path, PAPER)
    with pytest.raises(ModelError, match=r"file contradicts it: node 'n0' \(LIF\): Norse"):
        read(path, framework="norse")
    imported = read(path, framework="norse", dt=1e-4)
    assert imported.assumptions[0].startswith("framework = norse and dt = 0.0001 as given, AGAINST the file")
    assert not any("AGAINST" in line for line in read(path, framework="norse", dt=1e-2).assumptions)


def test_graphs_that_differ_are_told_apart(tmp_path):
    path = file(tmp_path, IF)
    one, other = (read(path, framework=name).graph for name in ("norse", "sinabs"))
    assert first_difference(one, other) == "node 'n0': reset_value"
    assert first_difference(one, read(path, framework="norse", timesteps=3).graph) == ""

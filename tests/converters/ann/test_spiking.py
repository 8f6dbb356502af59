"""Templates whose activations become neurons."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.converters.ann.spiking import NetMaximum, NeuronChoice, activations_first, spiking_template
from snnrt.converters.common.rollup.operations import (
    Activation,
    Affine,
    Cell,
    Concatenation,
    Convolution,
    Flatten,
    Linear,
    Operation,
    Pool,
    Sum,
    Unsupported,
)
from snnrt.converters.common.rollup.template import Template, TemplateNode
from snnrt.converters.common.windows import Window

MAXIMUM = Pool("maximum", "maximum", (2, 2), Window((2, 2)))
WORTH = {"a": np.array([2.0, 3.0]), "b": np.array([5.0, 7.0])}


def convolution(seed: int) -> Convolution:
    weights = np.random.default_rng(seed).normal(size=(2, 2, 1, 1)).astype(np.float32)
    return Convolution("conv", weights, None, Window())


def template(*nodes: tuple[Operation, tuple[int, ...], tuple[int, ...]]) -> Template:
    """Nodes, what each reads and its shape; all of the network's one input (2, 4, 4)."""
    made = Template([TemplateNode(None, (), (2, 4, 4), True)])
    for operation, reads, shape in nodes:
        static = all(made.nodes[place].static for place in reads)
        made.nodes.append(TemplateNode(operation, tuple((place, 0) for place in reads), shape, static))
    return made


def operations(made: Template, place: int) -> list[Operation]:
    """From ``place`` back along the first of what each reads."""
    found = []
    while made.nodes[place].operation is not None:
        found.append(made.nodes[place].operation)
        place = made.nodes[place].reads[0][0]
    return found


def test_a_spike_is_worth_its_threshold_behind_what_passes_it_on() -> None:
    given = template(
        (convolution(1), (0,), (2, 4, 4)),
        (Activation("relu", "a"), (1,), (2, 4, 4)),
        (MAXIMUM, (2,), (2, 2, 2)),
        (Flatten("flatten"), (3,), (8,)),
        (Linear("linear", np.ones((3, 8), np.float32)), (4,), (3,)),
    )
    made, places = spiking_template(given, WORTH, NeuronChoice())
    last, worth, flat, pool, cell, conv = operations(made, places[5])
    assert isinstance(last, Linear) and isinstance(flat, Flatten) and isinstance(conv, Convolution)
    assert isinstance(worth, Affine) and worth.scale.tolist() == [2] * 4 + [3] * 4
    assert isinstance(pool, NetMaximum) and isinstance(cell, Cell)
    # what a constant input makes of spikes is not constant
    assert made.nodes[places[1]].static and not made.nodes[places[5]].static


def test_each_reader_has_its_own_factor_and_sums_are_of_values() -> None:
    given = template(
        (convolution(1), (0,), (2, 4, 4)),
        (Activation("relu", "a"), (1,), (2, 4, 4)),
        (convolution(2), (2,), (2, 4, 4)),
        (Sum("add"), (3, 2), (2, 4, 4)),
        (Activation("relu", "b"), (4,), (2, 4, 4)),
        (Concatenation("cat"), (2, 5), (4, 4, 4)),
    )
    made, places = spiking_template(given, WORTH, NeuronChoice())
    around, through = made.nodes[places[4]].reads, made.nodes[places[3]].reads
    factors = [made.nodes[around[1][0]], made.nodes[through[0][0]]]
    assert factors[0] is not factors[1]
    assert all(isinstance(one.operation, Affine) for one in factors)
    worth = made.nodes[places[6]].operation
    assert isinstance(worth, Affine) and worth.scale.tolist() == [2, 3, 5, 7]


def test_a_maximum_in_front_of_an_activation_goes_behind_it() -> None:
    given = template(
        (convolution(1), (0,), (2, 4, 4)), (MAXIMUM, (1,), (2, 2, 2)),
        (Activation("relu", "a"), (2,), (2, 2, 2)),
        (Flatten("flatten"), (3,), (8,)),
    )  # fmt: skip
    moved = activations_first(given)
    assert [type(node.operation) for node in moved.nodes[2:4]] == [Activation, Pool]
    assert [node.shape for node in moved.nodes[2:4]] == [(2, 4, 4), (2, 2, 2)]
    made, places = spiking_template(moved, WORTH, NeuronChoice())
    kinds = [type(one) for one in operations(made, places[4])]
    assert kinds == [Affine, Flatten, NetMaximum, Cell, Convolution]
    # somebody else reads the maximum as well: it stays
    other = template(
        (convolution(1), (0,), (2, 4, 4)), (MAXIMUM, (1,), (2, 2, 2)),
        (Activation("relu", "a"), (2,), (2, 2, 2)),
        (Sum("add"), (2, 3), (2, 2, 2)),
    )  # fmt: skip
    assert [type(node.operation) for node in activations_first(other).nodes[2:4]] == [Pool, Activation]
    made, _ = spiking_template(other, WORTH, NeuronChoice())
    (refused,) = [node.operation for node in made.nodes if isinstance(node.operation, Unsupported)]
    assert "maximum of values that are no activations" in refused.reason


def test_rounded_activations_catch_up() -> None:
    rounded = Activation("qcfs", "a", 2.0, 4)
    assert [NeuronChoice(*one).most(rounded) for one in ((True,), (False,), (True, 2))] == [4, 1, 2]


@pytest.mark.parametrize(
    ("choice", "share", "most"),
    [
        ((True, None, None), 1, 4), ((True, None, 4), 1, 4), ((True, None, 9), 1, 4), ((True, None, 3), 2, 4),
        ((True, None, 2), 2, 4), ((True, None, 1), 4, 4), ((False, None, 2), 2, 2), ((True, 1, 1), 1, 1),
        ((True, 2, 1), 2, 2), ((True, 9, 4), 1, 9),
    ],
)  # fmt: skip
def test_fewer_timesteps_than_levels_share_them_out(choice, share, most) -> None:
    rounded, plain = Activation("qcfs", "a", 2.0, 4), Activation("relu", "b")
    found = NeuronChoice(*choice)
    assert (found.share(rounded), found.most(rounded)) == (share, most)
    assert found.share(plain) == found.most(plain) == (choice[1] or 1)


def test_choices() -> None:
    given = template(
        (convolution(1), (0,), (2, 4, 4)), (Activation("relu", "a"), (1,), (2, 4, 4)),
        (MAXIMUM, (2,), (2, 2, 2)),
    )  # fmt: skip
    for choice in (NeuronChoice(), NeuronChoice(False), NeuronChoice(True, 3), NeuronChoice(False, 3)):
        made, _ = spiking_template(given, WORTH, choice)
        cell = next(node.operation for node in made.nodes if isinstance(node.operation, Cell))
        neuron = cell.draft("n", (2, 4, 4)).build((2, 4, 4), False)
        assert neuron.takes_back == choice.negative and neuron.max_spikes == (choice.max_spikes or 1)
        assert neuron.multiple == (choice.negative or choice.max_spikes == 3)
        assert neuron.reset == "subtract" and neuron.initial.tolist() == [1.0, 1.5]
        pools = [node.operation for node in made.nodes if isinstance(node.operation, Pool)]
        assert isinstance(pools[0], NetMaximum) == choice.negative

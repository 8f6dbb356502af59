"""The kinds of nodes, a module each. A new kind is a new module and its line here."""

from __future__ import annotations

from snnrt.ir.node import Node
from snnrt.ir.nodes.add import Add
from snnrt.ir.nodes.avg_pool2d import AvgPool2d
from snnrt.ir.nodes.concatenate import Concatenate
from snnrt.ir.nodes.conv2d import Conv2d
from snnrt.ir.nodes.delay import Delay
from snnrt.ir.nodes.dense import Dense
from snnrt.ir.nodes.exit import Exit
from snnrt.ir.nodes.flatten import Flatten
from snnrt.ir.nodes.inhibition import Inhibition
from snnrt.ir.nodes.input import Input
from snnrt.ir.nodes.max_pool2d import MaxPool2d
from snnrt.ir.nodes.neuron import Neuron
from snnrt.ir.nodes.pad2d import Pad2d
from snnrt.ir.nodes.readout import Readout
from snnrt.ir.nodes.sum_pool2d import SumPool2d
from snnrt.ir.nodes.winners import Winners

NODES: tuple[type[Node], ...] = (
    Input, Dense, Conv2d, SumPool2d, AvgPool2d, Flatten, Add, Neuron, MaxPool2d, Concatenate, Delay, Pad2d,
    Inhibition, Winners, Readout, Exit,
)  # fmt: skip

BY_NUMBER: dict[int, type[Node]] = {node.KIND.number: node for node in NODES}

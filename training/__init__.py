"""Trains spiking networks whose every timestep is a usable answer; needs PyTorch (``snnrt[training]``).

from snnrt import training

net = training.networks.small_vgg((1, 28, 28), width=16)
training.Trainer(net, training.Settings(epochs=10)).fit(x, y)
training.export(net, "model.snnrt", numbers="int8", calibrate=x_calibration, exit="entropy:0.2")
"""

from __future__ import annotations

try:
    import torch as _torch
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "snnrt.training needs PyTorch, which is not installed: pip install 'snnrt[training]'", name="torch"
    ) from error

from snnrt.training import augment, losses, networks, surrogates
from snnrt.training.evaluation import Evaluation, evaluate
from snnrt.training.export import export, to_network
from snnrt.training.layers import OverTime, SpikingNetwork
from snnrt.training.losses import Cumulative, ExpectedExits, PerStep
from snnrt.training.neurons import IF, LIF, ParametricLIF
from snnrt.training.progress import EpochRecord
from snnrt.training.settings import Settings
from snnrt.training.trainer import Trainer

__all__ = [
    "IF",
    "LIF",
    "Cumulative",
    "EpochRecord",
    "Evaluation",
    "ExpectedExits",
    "OverTime",
    "ParametricLIF",
    "PerStep",
    "Settings",
    "SpikingNetwork",
    "Trainer",
    "augment",
    "evaluate",
    "export",
    "losses",
    "networks",
    "surrogates",
    "to_network",
]

del _torch

"""Beginnings and parametrisations from which gradient descent is sooner at its end; what a network computes
stays a plain chain of layers.

From "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (Jordan, 2024, arXiv:2404.00498), which has whitening
from Page ("How to Train Your ResNet", 2018) and Tysam (hlb-CIFAR10, 2023). :func:`settle` ends them.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrize

from snnrt.errors import ModelError

_SEEN = 5000
"""Images whose patches are looked at."""
_LEAST = 5e-4
"""Added to variances: what varies less is noise, and stays small."""


@torch.no_grad()
def begin_as_identity(convolution: nn.Conv2d) -> None:
    """Its first outputs are its inputs, one for one; further ones stay as they are. Raises ModelError for
    fewer outputs than inputs."""
    weight = convolution.weight
    if weight.shape[0] < weight.shape[1]:
        raise ModelError(f"convolution: expected at least {weight.shape[1]} outputs, found {weight.shape[0]}")
    nn.init.dirac_(weight[: weight.shape[1]])


@torch.no_grad()
def whiten(convolution: nn.Conv2d, images: torch.Tensor, size: int = 2) -> None:
    """From now on ``convolution``, the first of a network, learns weights (O, C·size², k − size + 1, …) of
    whitened patches of ``size`` × ``size``: its own are those behind :func:`whitening_filters`, which stay.

    Two convolutions without an activation between are one: that of k × k is computed. Its first outputs begin
    as the patches' components, its next ones as these below 0, which a ReLU would lose; further ones are
    random. ``images``: (N, C, H, W) from 0 to 1, or bytes. Raises ModelError for a kernel of ``size`` or
    less, and for several groups.
    """
    outputs, _, height, width = convolution.weight.shape
    if min(height, width) <= size or convolution.groups != 1:
        raise ModelError(
            f"convolution: expected one group and a kernel above {size}, found {convolution}: whiten the "
            "first layer"
        )
    filters = whitening_filters(images, size)
    learnt = nn.Conv2d(len(filters), outputs, (height - size + 1, width - size + 1), bias=False)
    nn.init.dirac_(learnt.weight[: len(filters)])
    nn.init.dirac_(learnt.weight[len(filters) : 2 * len(filters)]).neg_()
    device = convolution.weight.device
    # of another shape than the kernel that it makes, which PyTorch would refuse
    parametrize.register_parametrization(convolution, "weight", _Behind(filters.to(device)), unsafe=True)
    made = convolution.parametrizations
    assert isinstance(made, nn.ModuleDict)
    made["weight"].original = nn.Parameter(learnt.weight.detach().to(device))


def whitening_filters(images: torch.Tensor, size: int) -> torch.Tensor:
    """(C·size², C, size, size), float32: of patches of ``images`` they give components that are uncorrelated,
    with a variance of 1 where there is any: eigenvectors of the covariance over √(eigenvalue + 5e-4), the
    largest first."""
    some = images[:: max(1, len(images) // _SEEN)]
    some = some.float() / 255 if some.dtype == torch.uint8 else some.float()
    patches = functional.unfold(some, size).transpose(1, 2).flatten(0, 1).double()
    values, vectors = torch.linalg.eigh(torch.cov(patches.T))
    filters = (vectors / (values.clamp(min=0) + _LEAST).sqrt()).T.flip(0)
    return filters.reshape(-1, images.shape[1], size, size).float()


class _Behind(nn.Module):
    """Weights (O, n, h, w) of what ``filters`` (n, C, s, s) give → weights (O, C, h + s − 1, …) of both."""

    filters: torch.Tensor

    def __init__(self, filters: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("filters", filters)

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """The whole kernel, in float32: filters of fine detail are large, and cancel."""
        with torch.autocast(weight.device.type, enabled=False):
            # a correlation after a correlation: the kernels are convolved
            return functional.conv_transpose2d(weight, self.filters)


class _Times(nn.Module):
    """Weights, times ``factor``."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """Scaled."""
        return weight * self.factor


def scale_down(layer: nn.Linear, factor: float = 1 / 9) -> None:
    """From now on the layer's weights are ``factor`` times what is learnt: it begins nearer to 0, and its
    learning rate is factor² of the others'."""
    parametrize.register_parametrization(layer, "weight", _Times(factor))


def freeze_norm_scales(network: nn.Module, momentum: float) -> None:
    """Batch norms learn their bias alone, and their statistics follow by ``momentum`` a batch."""
    for one in network.modules():
        if isinstance(one, nn.modules.batchnorm._BatchNorm):
            one.momentum = momentum
            one.weight.requires_grad_(False)


@torch.no_grad()
def settle(network: nn.Module) -> None:
    """The weights are plain ones again, as they are."""
    for one in list(network.modules()):
        if parametrize.is_parametrized(one, "weight"):
            weight = one.weight
            assert isinstance(weight, torch.Tensor)
            # PyTorch's own way back also takes the weight from the class, which copies of the module share
            one.__class__ = parametrize.type_before_parametrizations(one)
            del one.parametrizations
            one.weight = nn.Parameter(weight.clone())

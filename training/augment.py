"""Random changes of images (N, C, H, W) while training; each image draws its own from the generator."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from snnrt.errors import ModelError

Augment = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


def together(*parts: Augment) -> Augment:
    """One after the other."""

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        for part in parts:
            images = part(images, generator)
        return images

    return augment


def shift(pixels: int) -> Augment:
    """By up to so many pixels in each direction; zeros come in."""
    _at_least("pixels", pixels)

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        count, channels, height, width = images.shape
        padded = functional.pad(images, (pixels,) * 4)
        top, left = torch.randint(0, 2 * pixels + 1, (2, count, 1), generator=generator)
        rows = (top + torch.arange(height)).view(count, 1, height, 1)
        columns = (left + torch.arange(width)).view(count, 1, 1, width)
        numbers = torch.arange(count).view(-1, 1, 1, 1)
        return padded[numbers, torch.arange(channels).view(1, -1, 1, 1), rows, columns]

    return augment


def flip(share: float = 0.5) -> Augment:
    """Left to right, of a share of the images."""

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        turned = torch.rand((len(images), 1, 1, 1), generator=generator) < share
        return torch.where(turned, images.flip(-1), images)

    return augment


def alternating_flip(images: torch.Tensor, turned: torch.Tensor, epoch: int) -> torch.Tensor:
    """Left to right where ``turned`` (N,) bool, in odd epochs where it is not: a coin for each image, drawn
    once, so that two epochs show each of them both ways (Jordan, 2024, arXiv:2404.00498)."""
    now = (turned if epoch % 2 == 0 else ~turned).view(-1, 1, 1, 1)
    return torch.where(now, images.flip(-1), images)


def cutout(size: int) -> Augment:
    """A square of zeros at a random place, cut off at the border (DeVries and Taylor, 2017)."""
    _at_least("size", size)

    def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        count, _, height, width = images.shape
        middles = torch.rand((2, count, 1), generator=generator)
        inside = [
            ((torch.arange(length) + 0.5 - middle * length).abs() <= size / 2)
            for length, middle in zip((height, width), middles)
        ]
        hidden = inside[0].view(count, 1, height, 1) & inside[1].view(count, 1, 1, width)
        return images.masked_fill(hidden, 0)

    return augment


def _at_least(name: str, value: int) -> None:
    if value < 1:
        raise ModelError(f"{name}: expected 1 or more, found {value!r}")

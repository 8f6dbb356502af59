"""A module as it is when a network is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from snnrt.converters.torch.adapter import Adapter


@contextmanager
def as_deployed(module: torch.nn.Module, adapter: Adapter) -> Iterator[None]:
    """``module`` in eval mode, its neurons at rest; afterwards as it was, states and all."""
    # Rockpool's modules() is another
    modules = [one for _, one in module.named_modules()]
    modes = [(one, one.training) for one in modules]
    kept = [(one, dict(vars(one)), dict(one._buffers), dict(vars(one).get("_memories", {})))
            for one in modules if adapter.keeps_state(one)]  # fmt: skip
    module.eval()
    try:
        for one, *_ in kept:
            adapter.rest(one)
        yield
    finally:
        for one, attributes, buffers, memories in kept:
            one.__dict__.clear()
            one.__dict__.update(attributes)
            one._buffers.clear()
            one._buffers.update(buffers)
            if "_memories" in attributes:
                attributes["_memories"].clear()
                attributes["_memories"].update(memories)
        for one, training in modes:
            one.training = training

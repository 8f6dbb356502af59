"""The reference as a device: it has no variants, and gives the bits of the core."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import every_kind

from snnrt.devices import models, reference
from snnrt.errors import DataError
from snnrt.network import Network
from snnrt.results.request import checked_request


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_a_session_gives_what_the_core_gives(numbers):
    graph, x = every_kind(numbers)
    device = reference.find("")
    assert reference.names() == ("reference",)
    assert numbers == "float32" or "membranes" in device.capabilities.records
    request = checked_request(graph, x, device.capabilities, record=("spikes",))
    with device.open(models.model_of(graph)) as session:
        first, second = session.run(request), session.run(request)
    expected = Network(graph).run(x, record=("spikes",))
    for found in (first, second):
        np.testing.assert_array_equal(found.logits, expected.logits)
        np.testing.assert_array_equal(found.timesteps, expected.timesteps)
        for name, spikes in expected.spikes.items():
            np.testing.assert_array_equal(found.spikes[name], spikes)


def test_no_variants():
    with pytest.raises(DataError, match="device reference: expected nothing after the colon, found 'fast'"):
        reference.find("fast")

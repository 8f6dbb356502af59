"""The faults that `make mutate` puts in by hand still have their place, and their tests."""

from __future__ import annotations

import re

import pytest
from mutate import ROOT, Fault, read_faults

FAULTS = read_faults()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_fault_has_its_place_and_its_tests(fault: Fault) -> None:
    text = (ROOT / fault.file).read_text("utf-8")
    assert fault.applied(text) != text
    assert fault.tests
    for test in fault.tests:
        path, _, name = test.partition("::")
        function = re.escape(name.partition("[")[0])
        assert not name or re.search(rf"^def {function}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE)


def test_names_are_different() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) > 20

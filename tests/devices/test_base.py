"""A session ends with its ``with``, whatever happens inside."""

from __future__ import annotations

import pytest

from snnrt.devices.base import Session


class Instrument(Session):
    """Says whether it was let go."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_session_is_closed_once_also_after_an_error() -> None:
    instrument = Instrument()
    with instrument as opened:
        assert opened is instrument and instrument.closed == 0
    assert instrument.closed == 1
    with pytest.raises(ZeroDivisionError), instrument:
        1 / 0  # noqa: B018
    assert instrument.closed == 2


def test_a_session_that_runs_nothing_says_so() -> None:
    with pytest.raises(NotImplementedError), Session() as session:
        session.run(None)

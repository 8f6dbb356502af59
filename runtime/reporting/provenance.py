"""Where a report comes from: model, data, versions, date, and the command that makes it again."""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
from collections.abc import Sequence
from datetime import datetime, timezone

import numpy as np

from snnrt import __version__
from snnrt.calibration.calibrate import fingerprint
from snnrt.format.model import Model
from snnrt.results.request import RunRequest


def made(
    model: Model, request: RunRequest, *, model_name: str = "", data_name: str = "", device: str = "cpu",
    command: Sequence[str] = (),
) -> dict[str, str]:  # fmt: skip
    """Facts by name, in order; what is not known is left out. ``command``: its words, with the program's.

    The date is that of SOURCE_DATE_EPOCH (seconds since 1970) where it is set, so that pages can be made
    again to the byte.
    """
    found = {
        "model": model_name,
        "model_sha256": hashlib.sha256(model.raw).hexdigest(),
        "data": data_name,
        "data_fingerprint": fingerprint(request),
        "device": device,
        "snnrt": __version__,
        "python": f"{platform.python_version()}, NumPy {np.__version__}",
        "system": f"{platform.system()} {platform.machine()}",
        "date": _date(),
        "command": shlex.join(command),
    }
    return {name: value for name, value in found.items() if value}


def _date() -> str:
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        now = datetime.fromtimestamp(int(given), timezone.utc)
    except (ValueError, OverflowError, OSError):
        now = datetime.now(timezone.utc)
    return now.strftime("%Y-%m-%d %H:%M UTC")

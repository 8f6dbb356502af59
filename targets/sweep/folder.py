"""The folder of a sweep: what it is of, and a small file for each finished run.

Each file is whole or not there, so that a sweep goes on after any end. A grid may grow: runs are named by
their point and seed, not by their place.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from snnrt import __version__
from snnrt.atomic_write import write_atomically
from snnrt.errors import DataError, OutputError
from snnrt.targets.sweep.grid import Point
from snnrt.targets.sweep.tasks import Outcome, Task, Work
from snnrt.texts import json_text, parse_json

MANIFEST = "sweep.json"
FORMAT = 1
LARGEST_MANIFEST = 1 << 20
_WORDS = {
    "model": "another model",
    "data": "other data (or --limit)",
    "description": "another chip description or calibration",
    "exit": "another exit",
    "timesteps": "other timesteps",
    "snnrt": "another version of snnrt",
    "format": "another format",
}


class SweepFolder:
    """Results of ``work`` in ``path``; made where there is none yet.

    Raises OutputError where the folder holds something else, or a sweep of another model, data or chip.
    """

    def __init__(self, path: str | os.PathLike[str], work: Work) -> None:
        self.path, self._inputs = Path(path), len(work.inputs)
        self._manifest = {
            "format": FORMAT,
            "snnrt": __version__,
            **work.checksums,
            "exit": str(work.exit),
            "timesteps": work.timesteps,
        }
        place = self.path / MANIFEST
        try:
            if place.exists():
                self._check(place, self._manifest)
                return
            if self.path.exists() and any(self.path.iterdir()):
                raise OutputError(
                    f"cannot write {path}: it holds something else than a sweep; choose another"
                )
            self._begin()
        except (OSError, ValueError) as error:
            if isinstance(error, OutputError):
                raise
            reason = getattr(error, "strerror", None) or error
            raise OutputError(f"cannot write {path}: {reason}; choose another folder") from error

    def _begin(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / MANIFEST, json_text(self._manifest) + "\n")

    @classmethod
    def cached(cls, work: Work) -> SweepFolder:
        """A folder of the user's cache, the same for the same work. Raises OutputError where none can be
        made."""
        try:
            base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        except RuntimeError as error:
            raise OutputError(f"cannot keep results: {error}; name a folder") from error
        text = json_text({"snnrt": __version__, **work.checksums, "run": [str(work.exit), work.timesteps]})
        return cls(base / "snnrt" / "sweeps" / hashlib.sha256(text.encode()).hexdigest()[:24], work)

    def remove(self) -> None:
        """Remove the results and the folder; what cannot be removed stays."""
        with suppress(OSError):
            for place in self.path.iterdir():
                if place.name == MANIFEST or place.suffix == ".npz":
                    place.unlink()
            self.path.rmdir()

    def _check(self, place: Path, manifest: dict[str, object]) -> None:
        try:
            with place.open("rb") as file:
                known = parse_json(file.read(LARGEST_MANIFEST))
        except ValueError:
            known = None
        if not isinstance(known, dict):
            raise OutputError(f"cannot write {self.path}: {MANIFEST} in it is damaged; choose another folder")
        differing = [_WORDS[key] for key, value in manifest.items() if known.get(key) != value]
        if differing:
            raise OutputError(
                f"cannot write {self.path}: it holds a sweep of {', '.join(differing)}; choose another folder"
            )

    def place(self, task: Task) -> Path:
        """The file of a run."""
        return self.path / f"{task.name}.npz"

    def outcomes(self, point: Point, seeds: Iterable[int]) -> dict[int, Outcome]:
        """What the finished runs at a point gave, by the chip's seed."""
        loaded = {seed: self.load(Task(point, seed)) for seed in seeds}
        return {seed: outcome for seed, outcome in loaded.items() if outcome is not None}

    def save(self, task: Task, outcome: Outcome) -> None:
        """Keep what a run gave. Raises OutputError."""
        # the same sweep, run twice at a time, removes a cache that both use
        if not (self.path / MANIFEST).exists():
            with suppress(OSError):
                self._begin()
        write_atomically(self.place(task), outcome.to_bytes())

    def load(self, task: Task) -> Outcome | None:
        """What a run gave; None where it is not done, or its file is damaged: it is run again."""
        place = self.place(task)
        try:
            return Outcome.read(place, self._inputs) if place.is_file() else None
        except (DataError, OSError):
            return None

"""The folder of a sweep: what it is of, and a small file for each finished run.

Each file is whole or not there, so that a sweep goes on after any end. A grid may grow: runs are named by
their point and seed, not by their place.
"""

from __future__ import annotations

import os
from pathlib import Path

from snnrt import __version__
from snnrt.atomic_write import write_atomically
from snnrt.errors import DataError, OutputError
from snnrt.targets.sweep.tasks import Outcome, Task, Work
from snnrt.texts import json_text, parse_json

MANIFEST = "sweep.json"
FORMAT = 1
LARGEST_FILE = 1 << 30
_WORDS = {
    "model": "another model",
    "data": "other data (or --limit)",
    "description": "another chip description",
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
        manifest = {
            "format": FORMAT,
            "snnrt": __version__,
            **work.checksums,
            "exit": str(work.exit),
            "timesteps": work.timesteps,
        }
        place = self.path / MANIFEST
        try:
            if place.exists():
                self._check(place, manifest)
                return
            if self.path.exists() and any(self.path.iterdir()):
                raise OutputError(
                    f"cannot write {path}: it holds something else than a sweep; choose another"
                )
            self.path.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            if isinstance(error, OutputError):
                raise
            reason = getattr(error, "strerror", None) or error
            raise OutputError(f"cannot write {path}: {reason}; choose another folder") from error
        write_atomically(place, json_text(manifest) + "\n")

    def _check(self, place: Path, manifest: dict[str, object]) -> None:
        try:
            known = parse_json(_read(place, 1 << 20))
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

    def save(self, task: Task, outcome: Outcome) -> None:
        """Keep what a run gave. Raises OutputError."""
        write_atomically(self.place(task), outcome.to_bytes())

    def load(self, task: Task) -> Outcome | None:
        """What a run gave; None where it is not done, or its file is damaged: it is run again."""
        place = self.place(task)
        try:
            return Outcome.from_bytes(_read(place, LARGEST_FILE), self._inputs) if place.is_file() else None
        except (DataError, OSError):
            return None


def _read(place: Path, most: int) -> bytes:
    with place.open("rb") as file:
        return file.read(most)

"""Damaged and hostile NIR files by the thousand: does reading one crash, hang, raise, or take too much?

    python tests/damage_nir.py --files 10000

Each file is imported as ``snnrt convert`` does, in a process that is watched; exit code 1 where one broke a
limit, and then --keep FOLDER keeps it. ``--first`` starts at another seed: a seed is a file.
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import h5py
import nir
import numpy as np

F = np.float32
MOST_BYTES = 2**30
MOST_SECONDS = 10.0
PATIENCE = 60.0
"""Seconds until a reading that has not ended is taken for one that never would."""

FRAMEWORKS = (None, "snntorch", "spikingjelly", "norse", "sinabs", "rockpool", "nir")


def _full(value: float, shape: tuple[int, ...]) -> np.ndarray:
    return np.full(shape, value, F)


def _lif(shape: tuple[int, ...]) -> nir.LIF:
    return nir.LIF(*(_full(value, shape) for value in (2e-4, 2, 0, 1, 0)))


def _chained(nodes: dict[str, nir.NIRNode]) -> nir.NIRGraph:
    names = list(nodes)
    return nir.NIRGraph(nodes, list(pairwise(names)), type_check=False)


def networks() -> dict[str, nir.NIRGraph]:
    """What is damaged: every kind of node, a nested graph, and a cycle."""
    ends = {"input": nir.Input(np.array([4]))}, {"output": nir.Output(np.array([3]))}
    cuba = nir.CubaLIF(*(_full(v, (3,)) for v in (2e-4, 4e-4, 4, 0, 1, 0)), w_in=_full(2, (3,)))
    dense = _chained({
        **ends[0], "a": nir.Affine(np.ones((4, 4), F), np.ones(4, F)), "lif": _lif((4,)),
        "d": nir.Delay(_full(1e-4, (4,))), "b": nir.Linear(np.ones((3, 4), F)), "cuba": cuba, **ends[1],
    })  # fmt: skip
    bias = np.zeros(2, F)
    conv = _chained({
        "input": nir.Input(np.array([1, 6, 6])),
        "conv": nir.Conv2d((6, 6), np.ones((2, 1, 3, 3), F), 1, "same", 1, 1, bias), "lif": _lif((2, 6, 6)),
        "sum": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "avg": nir.AvgPool2d(np.array([3, 3]), np.array([1, 1]), np.array([1, 1])),
        "scale": nir.Scale(np.ones((2, 1, 1), F)), "flat": nir.Flatten({"input": np.array([2, 3, 3])}, 0, -1),
        "fc": nir.Linear(np.ones((3, 18), F)), "th": nir.Threshold(_full(1, (3,))), **ends[1],
    })  # fmt: skip
    inner = nir.NIRGraph(
        {
            "input": nir.Input(np.array([3])), "lif": _lif((3,)), "w": nir.Linear(np.ones((3, 3), F)),
            "output": nir.Output(np.array([3])),
        },
        [("input", "lif"), ("lif", "w"), ("w", "lif"), ("lif", "output")], type_check=False,
    )  # fmt: skip
    line = nir.Conv1d(8, np.ones((2, 1, 3), F), 1, 1, 1, 1, bias)
    nested = _chained({
        "input": nir.Input(np.array([1, 8])), "c": line, "if": nir.IF(*(_full(v, (2, 8)) for v in (1, 1, 0))),
        "flat": nir.Flatten({"input": np.array([2, 8])}, 0, -1), "fc": nir.Linear(np.ones((3, 16), F)),
        "rec": inner, "li": nir.LI(*(_full(v, (3,)) for v in (2e-4, 2, 0))), **ends[1],
    })  # fmt: skip
    return {"dense": dense, "conv": conv, "nested": nested}


def write_good(folder: Path) -> list[bytes]:
    """The networks' files, undamaged, and one that snnrt wrote."""
    from small_networks import SMALL_NETWORKS

    from snnrt.converters.nir.writer import write_nir

    write_nir(SMALL_NETWORKS["every_kind"]("float32")[0], folder / "own.nir")
    found = [(folder / "own.nir").read_bytes()]
    for name, graph in networks().items():
        nir.write(folder / f"{name}.nir", graph)
        found.append((folder / f"{name}.nir").read_bytes())
    return found


def _bytes_changed(draw: np.random.Generator, data: bytes, other: bytes) -> bytes:
    changed = bytearray(data)
    for place in draw.integers(0, len(data), int(draw.integers(1, 12))):
        changed[place] = int(draw.choice([0, 1, 127, 128, 255, int(draw.integers(256))]))
    return bytes(changed)


def _bits_flipped(draw: np.random.Generator, data: bytes, other: bytes) -> bytes:
    changed = bytearray(data)
    for place in draw.integers(0, len(data), int(draw.integers(1, 4))):
        changed[place] ^= 1 << int(draw.integers(8))
    return bytes(changed)


def _numbers_changed(draw: np.random.Generator, data: bytes, other: bytes) -> bytes:
    """Sizes and addresses are of four or eight bytes."""
    changed = bytearray(data)
    for _ in range(int(draw.integers(1, 4))):
        place = 4 * int(draw.integers(len(data) // 4 - 2))
        number = int(draw.choice([0, 2**16, 2**31 - 1, 2**32, 2**40, 2**63 - 1, len(data) - 8]))
        changed[place : place + 8] = number.to_bytes(8, "little")
    return bytes(changed)


def _cut(draw: np.random.Generator, data: bytes, other: bytes) -> bytes:
    return data[: int(draw.integers(len(data)))]


def _spliced(draw: np.random.Generator, data: bytes, other: bytes) -> bytes:
    start, length = int(draw.integers(len(data))), int(draw.integers(1, 512))
    return data[:start] + other[start : start + length] + data[start + length :]


def _shifted(draw: np.random.Generator, data: bytes, other: bytes) -> bytes:
    start, length = int(draw.integers(len(data))), int(draw.integers(1, 64))
    return data[:start] + (data[start + length :] if draw.integers(2) else bytes(length) + data[start:])


DAMAGES: tuple[Callable[[np.random.Generator, bytes, bytes], bytes], ...] = (
    _bytes_changed, _bits_flipped, _numbers_changed, _cut, _spliced, _shifted,
)  # fmt: skip

_VALUES: tuple[object, ...] = (
    "text", "", "\x1b[2J", "Linear", "NIRGraph", "LIF", 0, -1, 2**40, 1e300, float("nan"), True,
    np.zeros(0), np.zeros((0, 2)), np.full(4, np.nan, F), np.full(4, np.inf), np.full((3, 3), -1.0),
    np.ones((2, 2, 2, 2, 2), np.int8), np.ones(4, complex), np.array([b"a", b"b"]), np.arange(2**16),
    np.array([2**31, 2**31]), np.array([60000, 60000]), np.array([1, 2**27]), np.array(2**62),
)  # fmt: skip


def _entry_changed(draw: np.random.Generator, path: Path) -> None:
    """One entry of the file becomes another, is gone, is huge, or leads elsewhere."""
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        name = str(draw.choice(names))
        action = int(draw.integers(6))
        shape = tuple(
            int(size) for size in draw.choice([1, 2, 300, 2**16, 2**20, 2**30], int(draw.integers(1, 4)))
        )
        del file[name]
        if action == 0:
            return
        if action == 1:
            file[name] = h5py.SoftLink("/" + str(draw.choice(names)))
        elif action == 2:
            chunks = tuple(min(size, 256) for size in shape)
            file.create_dataset(
                name, shape, draw.choice(["f4", "f8", "i8", "S8"]), chunks=chunks, compression="gzip"
            )
        elif action == 3:
            texts = file.create_dataset(name, (int(draw.choice([1, 3, 1000])),), h5py.string_dtype())
            texts[...] = "x" * int(draw.choice([1, 100, 10000]))
        else:
            file[name] = _VALUES[int(draw.integers(len(_VALUES)))]


def damaged(seed: int, good: list[bytes], path: Path) -> None:
    """Write to ``path`` the file of this ``seed``."""
    draw = np.random.default_rng(seed)
    one, other = (good[int(draw.integers(len(good)))] for _ in range(2))
    by_entry = draw.random() < 0.4
    path.write_bytes(one if by_entry else DAMAGES[int(draw.integers(len(DAMAGES)))](draw, one, other))
    if by_entry:
        with suppress(OSError, ValueError, TypeError, KeyError, RuntimeError):
            for _ in range(int(draw.integers(1, 3))):
                _entry_changed(draw, path)


@dataclass(frozen=True)
class Kind:
    """A kind of file: what makes good ones, damages them by a seed, and the options to read them with."""

    suffix: str
    write_good: Callable[[Path], list[bytes]]
    damaged: Callable[[int, list[bytes], Path], None]
    options: tuple[dict[str, Any], ...]


NIR = Kind(".nir", write_good, damaged, tuple({"framework": one} for one in FRAMEWORKS))


@dataclass(frozen=True)
class Outcome:
    """How the file of ``seed`` was read: ``what`` is network, error, raised, crashed or hung."""

    seed: int
    what: str
    words: str
    seconds: float
    own_bytes: int
    reader_bytes: int

    @property
    def broken(self) -> str:
        """The limit that was broken, in words; empty where none was."""
        if self.what in ("raised", "crashed", "hung"):
            return self.what
        if self.seconds > MOST_SECONDS:
            return f"{self.seconds:.1f} s"
        most = max(self.own_bytes, self.reader_bytes)
        return f"{most >> 20} MiB" if most > MOST_BYTES else ""


def _peak() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


def _read_one(path: str, options: dict[str, Any]) -> tuple[str, str]:
    from snnrt.converters.convert import import_source
    from snnrt.errors import ModelError

    try:
        import_source(path, **options)
    except ModelError as error:
        text = str(error)
        plain = text.startswith(path) and text.isprintable() and len(text) < 1000
        return ("error", text) if plain else ("raised", f"no line of ours: {text[:200]!r}")
    except Exception as error:
        return "raised", f"{type(error).__name__}: {error}"
    return "network", ""


def _of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _work(pipe: Connection) -> None:
    """Reads the files that come, and says what came of each; a warning counts as raised."""
    warnings.simplefilter("error")
    while (task := pipe.recv()) is not None:
        # the process's peak starts anew, its children's does not
        Path("/proc/self/clear_refs").write_text("5")
        # the processor's, also of what it started: other programs make nothing a hang
        started = time.process_time() + _of_children()
        what, words = _read_one(*task)
        seconds = time.process_time() + _of_children() - started
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        pipe.send((what, words, seconds, _peak(), children))


class Reader:
    """A process that reads files, started anew where one kills it or never ends."""

    def __init__(self, folder: Path, good: list[bytes], keep: Path | None, kind: Kind = NIR) -> None:
        self.folder, self.good, self.keep, self.kind = folder, good, keep, kind
        self._start()

    def _start(self) -> None:
        context = mp.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def read(self, seed: int) -> Outcome:
        """What comes of the file of this seed."""
        path = self.folder / f"{seed}{self.kind.suffix}"
        self.kind.damaged(seed, self.good, path)
        options = self.kind.options
        self.pipe.send((str(path), options[seed % len(options)]))
        found = None
        with suppress(EOFError, ConnectionError):
            found = ("hung", "", PATIENCE, 0, 0)
            if self.pipe.poll(PATIENCE):
                found = None
                found = self.pipe.recv()
        if found is None or found[0] == "hung":
            self.process.kill()
            self.process.join()
            found = found or ("crashed", f"exit code {self.process.exitcode}", 0.0, 0, 0)
            self._start()
        outcome = Outcome(seed, *found)
        if outcome.broken and self.keep is not None:
            (self.keep / path.name).write_bytes(path.read_bytes())
        path.unlink()
        return outcome

    def close(self) -> None:
        """End the process."""
        with suppress(ConnectionError):
            self.pipe.send(None)
        self.process.join(5)


def read_all(
    seeds: range, jobs: int, folder: Path, keep: Path | None = None, kind: Kind = NIR
) -> Iterator[Outcome]:
    """The outcomes of all ``seeds``, as they come, from ``jobs`` processes."""
    good = kind.write_good(folder)
    pending, found, lock = iter(seeds), [], Lock()

    def serve() -> None:
        reader = Reader(folder, good, keep, kind)
        while True:
            with lock:
                seed = next(pending, None)
            if seed is None:
                break
            found.append(reader.read(seed))
        reader.close()

    threads = [Thread(target=serve) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    given = 0
    while given < len(found) or any(thread.is_alive() for thread in threads):
        while given < len(found):
            yield found[given]
            given += 1
        time.sleep(0.05)


def main(kind: Kind = NIR, description: str | None = __doc__) -> int:
    """Damage, read, and print what came of it; 1 where a limit was broken."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    seconds, own, reader, broken = 0.0, 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        seeds = range(options.first, options.first + options.files)
        for number, outcome in enumerate(read_all(seeds, options.jobs, Path(folder), options.keep, kind), 1):
            counts[outcome.what] += 1
            seconds = max(seconds, outcome.seconds)
            own, reader = max(own, outcome.own_bytes), max(reader, outcome.reader_bytes)
            if outcome.broken:
                broken += 1
                print(f"seed {outcome.seed}: {outcome.broken}: {outcome.words}", flush=True)
            if number % 500 == 0:
                print(f"{number} of {len(seeds)}: {dict(counts)}", flush=True)
    print(f"files     {options.files} from seed {options.first}: {dict(sorted(counts.items()))}")
    print(f"longest   {seconds:.2f} s of the processor (limit {MOST_SECONDS:g})")
    print(f"memory    {own >> 20} MiB, the reading process {reader >> 20} MiB (limit {MOST_BYTES >> 20})")
    print(f"broken    {broken}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

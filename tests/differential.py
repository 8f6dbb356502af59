"""`make differential`: random networks on every link from the reference to emulated cores, bit for bit.

    python tests/differential.py --networks 200 --seed 1 --links host firmware cortex-m0 cortex-m55

A network is a seed and a number (``device_networks.device_graph``); NETWORKS of them are made, and run by

- ``host``: the core with every kernel set (tests/csrc/run_models.c), under ASan and UBSan;
- ``firmware``, ``firmware-small``: what firmware has, in portable C, -O1 and -Os, likewise, with nothing to
  read behind a model, an input and the arena (tests/emulator/models.c);
- emulated cores, at -O2 and, with ``-small`` behind their names, at -Os.
  Small links have no float32 and no counters.

What differs from the reference, ends with an error or does not end is named; exit code 1 then.
``--keep FOLDER`` keeps their files.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from c_programs import SANITISERS, compile_core, compile_program
from device_networks import device_graph
from device_programs import EVERYTHING, build_for_core, build_for_host
from exported_models import Exported, check_output, export

from snnrt.errors import SnnrtError
from snnrt.targets.emulator import CORES, run_program

HOST_LINKS = ("host", "firmware", "firmware-small")
SMALL = "-small"
LINKS = (*HOST_LINKS, *CORES, *(name + SMALL for name in CORES))
BATCH = 50
LIMIT_S = 30.0
"""Of a network on one link; none takes a tenth of it."""


@dataclass(frozen=True)
class Failure:
    """What a link made of a network."""

    link: str
    seed: int
    network: int
    what: str

    def __str__(self) -> str:
        return f"{self.link}: network {self.network} of seed {self.seed}: {self.what}"


def numbers_of(network: int) -> str:
    """Every fifth is of float32."""
    return "float32" if network % 5 == 4 else "int8"


def make(folder: Path, seed: int, networks: Sequence[int]) -> list[Exported]:
    """The networks' files, 0.snnrt, 0.input, ..., and what the reference says of them."""
    return [
        export(folder, place, *device_graph(np.random.default_rng((seed, network)), numbers_of(network)))
        for place, network in enumerate(networks)
    ]


Run = Callable[[Path, int], None]
"""Runs the models in a folder, so many: leaves 0.output, ..., or raises SnnrtError."""


def _started(command: list[str | Path], folder: Path, limit_s: float) -> None:
    try:
        done = subprocess.run(
            [str(word) for word in command], cwd=folder, capture_output=True, text=True, timeout=limit_s
        )
    except subprocess.TimeoutExpired:
        raise SnnrtError(f"has not ended after {limit_s:.0f} s") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line or "error" in line]
        raise SnnrtError((lines or done.stderr.splitlines() or ["it gave no reason"])[0])


def built(link: str, folder: Path, graph_of_all: Exported) -> Run:
    """The program of a link."""
    folder.mkdir(parents=True)
    if link == "host":
        program = compile_program("run_models", compile_core(folder, SANITISERS), SANITISERS)
        return lambda work, count: _started([program, work, str(count)], work, LIMIT_S + 2 * count)
    # as exports are, without float32 and counters
    small = link.endswith(SMALL)
    options = EVERYTHING | {"float32": int(not small), "counters": int(not small)}
    if link in HOST_LINKS:
        flags = [*SANITISERS, "-Os" if small else "-O1"]
        program = build_for_host(folder, "models", graph_of_all.graph, options, flags)
        return lambda work, count: _started([program], work, LIMIT_S + 2 * count)
    core = CORES[link.removesuffix(SMALL)]
    image = build_for_core(
        core, folder, "models", graph_of_all.graph, options, optimisation="-Os" if small else "-O2"
    )

    def run(work: Path, count: int) -> None:
        run_program(core, image, work, limit_s=LIMIT_S + 4 * count)

    return run


def failures(
    link: str, run: Run, folder: Path, seed: int, numbers: Sequence[int], models: list[Exported]
) -> list[Failure]:
    """What ``link`` makes of the models in ``folder``; one that ends it is passed over."""
    found = []
    left = [place for place, model in enumerate(models) if model.graph.integer or not link.endswith(SMALL)]
    while left:
        work = Path(tempfile.mkdtemp(dir=folder))
        for number, place in enumerate(left):
            for ending in ("snnrt", "input"):
                (work / f"{number}.{ending}").symlink_to(folder / f"{place}.{ending}")
        ended = None
        try:
            run(work, len(left))
        except SnnrtError as error:
            ended = str(error)
        outputs = [work / f"{number}.output" for number in range(len(left))]
        done = sum(path.exists() for path in outputs)
        checked = done if ended is None else done - 1
        for place, path in zip(left[: max(checked, 0)], outputs):
            raw = path.read_bytes()
            try:
                # one that a board has no room for is empty
                if raw or link in HOST_LINKS:
                    check_output(raw, models[place], counted=not link.endswith(SMALL))
            except (AssertionError, ValueError) as error:
                found.append(Failure(link, seed, numbers[place], f"differs {str(error)[:80]}"))
        shutil.rmtree(work)
        if ended is None:
            break
        culprit = left[max(done - 1, 0)]
        found.append(Failure(link, seed, numbers[culprit], ended))
        left = left[max(done, 1) :]
    return found


def differential(
    links: Sequence[str],
    seed: int,
    networks: Sequence[int],
    keep: Path | None = None,
    say: Callable[[str], None] = print,
) -> list[Failure]:
    """All failures of ``networks`` of ``seed``, which are said at once."""
    found: list[Failure] = []
    with tempfile.TemporaryDirectory() as name:
        folder, runs = Path(name), {}
        for first in range(0, len(networks), BATCH):
            numbers = networks[first : first + BATCH]
            models_at = folder / "models"
            models_at.mkdir()
            models = make(models_at, seed, numbers)
            for link in links:
                if link not in runs:
                    runs[link] = built(link, folder / link, models[0])
                for failure in failures(link, runs[link], models_at, seed, numbers, models):
                    found.append(failure)
                    say(str(failure))
                    if keep is not None:
                        keep.mkdir(parents=True, exist_ok=True)
                        for ending in ("snnrt", "input"):
                            stored = models_at / f"{numbers.index(failure.network)}.{ending}"
                            shutil.copy(stored, keep / f"{seed}_{failure.network}.{ending}")
            shutil.rmtree(models_at)
            say(f"seed {seed}: {first + len(numbers)} networks, {len(found)} failures")
    return found


def main() -> int:
    """By the command line; 1 where anything differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--links", nargs="+", choices=LINKS, default=list(LINKS))
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    given = parser.parse_args()
    networks = range(given.first, given.first + given.networks)
    found = differential(given.links, given.seed, networks, given.keep, lambda text: print(text, flush=True))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

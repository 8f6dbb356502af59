"""Line and branch coverage of csrc by the C programs of the tests: a table by file, and one line in all.

    python tests/csrc/measure_coverage.py [--html FOLDER]

Every program of tests/csrc runs: the promises of the header, changed files, and random models, also on
random chips, with every kernel set that this processor has.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from c_programs import CSRC, command, compile_core, compile_program, input_bytes
from crossbar_chips import check_chip_output, export_random_chips
from exported_models import check_output, export_random
from small_networks import SMALL_NETWORKS, max_pools, value_chain

from snnrt.network import Network

# what is constant in each copy of a force-inlined kernel is no branch; at -O0 it would be one in all of them
FLAGS = ("-Og", "-g", "--coverage")
RANDOM_MODELS, RANDOM_CHIPS = 400, 100
NETWORKS = {**SMALL_NETWORKS, "max_pools": max_pools, "value_chain": value_chain}


def run_programs(folder: Path) -> None:
    """Build the core with counters and run everything over it."""
    objects = compile_core(folder / "objects", FLAGS)
    programs = {
        name: compile_program(name, objects, FLAGS)
        for name in ("core_api", "host_api", "device_api", "corrupt_models", "run_models", "crossbar_runs")
    }
    for numbers in ("int8", "float32"):
        paths = []
        for name, make in NETWORKS.items():
            graph, x = make(numbers)
            model, data = folder / f"{name}_{numbers}.snnrt", folder / f"{name}_{numbers}.input"
            model.write_bytes(Network(graph).to_bytes())
            data.write_bytes(input_bytes(graph, x[:1]))
            command([programs["corrupt_models"], "sealed", model, data, "some"])
            command([programs["corrupt_models"], "random", model, data, "3", "3000"])
            paths += [model, data]
        for name in ("core_api", "host_api", "device_api"):
            command([programs[name], *paths[: 2 * len(SMALL_NETWORKS)]])
    exported = export_random(folder, RANDOM_MODELS, seed=2)
    command([programs["run_models"], folder, str(RANDOM_MODELS)])
    for place, model in enumerate(exported):
        check_output((folder / f"{place}.output").read_bytes(), model)
    runs = export_random_chips(folder, RANDOM_CHIPS, seed=2)
    command([programs["crossbar_runs"], folder, str(RANDOM_CHIPS)])
    for place, run in enumerate(runs):
        check_chip_output((folder / f"{place}.output").read_bytes(), run)


def main() -> None:
    """Run, then print what gcovr finds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--html", type=Path, metavar="FOLDER", help="also write pages that show each line")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_programs(folder)
        gcovr = [sys.executable, "-m", "gcovr", "--root", CSRC, "--object-directory", folder / "objects"]
        gcovr += ["--gcov-ignore-parse-errors", "suspicious_hits.warn"]
        # kernel sets are one header with the vectors of each
        gcovr += ["--merge-mode-functions", "separate", folder / "objects"]
        if arguments.html is not None:
            arguments.html.mkdir(parents=True, exist_ok=True)
            command([*gcovr, "--html-details", arguments.html / "index.html"])
        print(command([*gcovr, "--txt"]))
        summary = command([*gcovr, "--print-summary", "--json", folder / "coverage.json"])
    shares = dict(re.findall(r"(lines|branches): ([\d.]+)%", summary))
    print(f"coverage of csrc: {shares['lines']} % of lines, {shares['branches']} % of branches")


if __name__ == "__main__":
    main()

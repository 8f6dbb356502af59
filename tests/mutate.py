"""`make mutate`: puts the faults of tests/mutants/*.toml into a copy of the tree, one by one.

A fault is a place of one file (``find``, there exactly once), what stands there instead (``replace``), and
the ``tests`` that shall fail then. ``core = true``: they run the installed core, built anew with the fault.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
LISTS = Path(__file__).parent / "mutants"
LIMIT_S = 900
# beside runtime/ in the package, as setup.py says
OTHERS = ("converters", "csrc", "targets")


@dataclass(frozen=True)
class Fault:
    """A change to one file, and the tests that shall notice."""

    name: str
    file: str
    find: str
    replace: str
    tests: list[str]
    core: bool = False

    def applied(self, text: str) -> str:
        """``text`` of the file with the fault; ValueError unless its place is there once."""
        places = text.count(self.find)
        if places != 1:
            raise ValueError(
                f"fault {self.name!r}: expected once in {self.file}, found {places} times: {self.find!r}; "
                "write the place as it stands now"
            )
        return text.replace(self.find, self.replace)


def read_faults() -> list[Fault]:
    """Every fault, in the order of the lists' names."""
    faults = []
    for path in sorted(LISTS.glob("*.toml")):
        faults += [Fault(**entry) for entry in tomllib.loads(path.read_text("utf-8"))["fault"]]
    return faults


class Tree:
    """A copy of the sources in ``folder``, imported as ``snnrt`` by the tests that run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        for built in (ROOT / "runtime").glob("_core*.so"):
            shutil.copy2(built, folder / "runtime" / built.name)
        package = folder / "build" / "site" / "snnrt"
        package.mkdir(parents=True)
        for path in [*(folder / "runtime").iterdir(), *(folder / name for name in OTHERS)]:
            (package / path.name).symlink_to(path)

    @contextmanager
    def with_fault(self, fault: Fault) -> Iterator[None]:
        """The file has the fault in here."""
        path = self.folder / fault.file
        whole = path.read_text("utf-8")
        path.write_text(fault.applied(whole), "utf-8")
        try:
            if fault.core:
                self.build()
            yield
        finally:
            path.write_text(whole, "utf-8")
            if fault.core:
                for built in (ROOT / "runtime").glob("_core*.so"):
                    shutil.copy2(built, self.folder / "runtime" / built.name)

    def cosmic_ray(self, module: str, tests: list[str]) -> int:
        """Every mutant that Cosmic Ray makes of a module, against these tests; how many survive.

        It changes the module where it lies, which is this copy. Prints the diff of each survivor.
        """
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        # its JSON strings are TOML strings, too
        (self.folder / "cosmic.toml").write_text(
            f"[cosmic-ray]\nmodule-path = {json.dumps(module)}\ntimeout = 60.0\nexcluded-modules = []\n"
            f'test-command = {json.dumps(shlex.join(command))}\n[cosmic-ray.distributor]\nname = "local"\n'
        )
        for arguments in (["init", "cosmic.toml", "cosmic.sqlite"], ["exec", "cosmic.toml", "cosmic.sqlite"]):
            self._run([str(Path(sys.executable).with_name("cosmic-ray")), *arguments], limit_s=None)
        report = Path(sys.executable).with_name("cr-report")
        said = self._run([str(report), "--surviving-only", "--show-diff", "cosmic.sqlite"]).stdout
        print(said)
        found = re.search(r"surviving mutants: (\d+)", said)
        if found is None:
            raise RuntimeError(f"Cosmic Ray gave no report of {module}")
        return int(found[1])

    def build(self) -> None:
        """The core, from this tree's sources."""
        arguments = [sys.executable, "setup.py", "-q", "build_ext", "--inplace", "--force"]
        self._run(arguments)

    def test(self, tests: list[str], say: bool = False) -> bool:
        """Whether these tests pass; ``say``: print what fails. RuntimeError where they could not be run."""
        arguments = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        done = self._run(arguments, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"pytest exits {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        if say and done.returncode:
            print(done.stdout[-3000:], file=sys.stderr)
        return done.returncode == 0

    def _run(
        self, arguments: list[str], check: bool = True, limit_s: float | None = LIMIT_S
    ) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(self.folder / "build" / "site")}
        return subprocess.run(
            arguments, cwd=self.folder, env=environment, check=check, capture_output=True, text=True,
            timeout=limit_s,
        )  # fmt: skip


def main() -> int:
    """Try each fault, or those whose name has one of the given words; 1 where one is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("words", nargs="*", help="only faults with one of these in their name or file")
    parser.add_argument("--module", help="instead: every mutant that Cosmic Ray makes of this module")
    parser.add_argument("--tests", nargs="+", default=[], help="what shall catch those")
    given = parser.parse_args()
    wanted = given.words
    if given.module is not None:
        if not given.tests:
            parser.error("--module needs --tests: the files that shall catch its mutants")
        with tempfile.TemporaryDirectory(prefix="snnrt-mutate-") as folder:
            return 1 if Tree(Path(folder)).cosmic_ray(given.module, given.tests) else 0
    faults = [
        fault
        for fault in read_faults()
        if not wanted or any(word in fault.name or word in fault.file for word in wanted)
    ]
    missed = 0
    with tempfile.TemporaryDirectory(prefix="snnrt-mutate-") as folder:
        tree = Tree(Path(folder))
        tests = sorted({test for fault in faults for test in fault.tests})
        if not tree.test(tests, say=True):
            print("without any fault these tests already fail; nothing was tried", file=sys.stderr)
            return 1
        for fault in faults:
            start = time.monotonic()
            with tree.with_fault(fault):
                passes = tree.test(fault.tests)
            missed += passes
            said = "MISSED" if passes else "caught"
            print(f"{said}  {time.monotonic() - start:5.1f} s  {fault.file}: {fault.name}", flush=True)
    print(f"{len(faults) - missed} of {len(faults)} faults caught")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())

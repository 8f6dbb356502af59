"""`make fuzz`: damaged models under libFuzzer (tests/csrc/fuzz_model.c), from the golden files on."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from c_programs import SANITISERS, compile_core, compile_program

GOLDEN = Path(__file__).parent / "fixtures" / "golden"
FUZZER = [*SANITISERS, "-fsanitize=fuzzer"]


def runtime_is_there() -> bool:
    """Whether clang has libFuzzer."""
    if shutil.which("clang") is None:
        return False
    done = subprocess.run(["clang", "-print-resource-dir"], capture_output=True, text=True, check=False)
    return any(Path(done.stdout.strip()).rglob("*clang_rt.fuzzer*"))


def build(folder: Path) -> Path:
    """The target, in ``folder``."""
    # the core is watched, the fuzzer's own main comes with the program
    objects = compile_core(folder, [*SANITISERS, "-fsanitize=fuzzer-no-link"], compiler="clang")
    return compile_program("fuzz_model", objects, FUZZER, compiler="clang")


def seeds(folder: Path) -> Path:
    """A corpus that begins with the golden files."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in GOLDEN.glob("*.snnrt"):
        shutil.copy(path, folder / path.name)
    return folder


def fuzz(folder: Path, options: list[str]) -> subprocess.CompletedProcess[str]:
    """Run it with libFuzzer's ``options``; what it found lies in ``folder``, crashes too."""
    program = build(folder / "build")
    corpus = seeds(folder / "corpus")
    # the largest golden file is below 4 KiB; a step that takes 20 s is a finding
    limits = ["-timeout=20", "-rss_limit_mb=2048", "-max_len=8192", f"-artifact_prefix={folder}/"]
    environment = os.environ | {"ASAN_OPTIONS": "malloc_context_size=3:quarantine_size_mb=16"}
    return subprocess.run(
        [str(program), *limits, *options, str(corpus)], stderr=subprocess.STDOUT, stdout=subprocess.PIPE,
        text=True, check=False, env=environment,
    )  # fmt: skip


def main() -> int:
    """Fuzz for so many seconds; 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    given = parser.parse_args()
    if not runtime_is_there():
        print("clang with libFuzzer is missing (Debian: clang libclang-rt-dev)", file=sys.stderr)
        return 1
    done = fuzz(given.folder, [f"-max_total_time={given.seconds}", "-print_final_stats=1"])
    print("\n".join(done.stdout.splitlines()[-14:]))
    return 1 if done.returncode else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Write what `make demo` finds into README.md and docs/exit_rules.md.

python docs/figures.py            writes both
python docs/figures.py --check    exit code 1 where a page states another figure
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import snnrt
from snnrt.data.load import load_dataset

ROOT = Path(__file__).resolve().parents[1]
RULES = {"entropy": (0.02, 0.05, 0.1, 0.2, 0.5), "confidence": (0.5, 0.9, 0.99)}


def run_demo(folder: Path) -> str:
    """The results that examples/demo.py prints, without the times that it took."""
    command = [sys.executable, ROOT / "examples" / "demo.py", "--output", folder]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return printed[printed.index("exit  normalised") : printed.index("Energy and latency")].strip()


def exit_rows(model: Path) -> str:
    """Accuracy, mean timesteps and EDP saved on dt-snn by rule and threshold, as lines of a table: images
    applied at every timestep, and once."""
    data, network = load_dataset("digits"), snnrt.load(model)
    full = network.run(data.x, exit="never")
    lines = [f"| `never` | {full.accuracy(data.y):.4f} | {network.graph.timesteps:.3f} | – |"]
    for rule, thresholds in RULES.items():
        for threshold in thresholds:
            report = network.profile(data, target="dt-snn", exit=snnrt.Exit(rule, threshold))
            timesteps = report.dynamic.timesteps.mean()
            ways = (100 * report.edp_reduction_by_choice[way] for way in ("every_timestep", "once"))
            saved = ", ".join(f"{way:.1f} %" for way in ways)
            lines.append(f"| `{rule}` {threshold:g} | {report.accuracy:.4f} | {timesteps:.3f} | {saved} |")
    return "\n".join(lines)


def found(pattern: str, text: str) -> tuple[str, ...]:
    """The groups of the only place where ``pattern`` is."""
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise SystemExit(f"docs/figures.py: nothing like {pattern!r} was printed")
    return match.groups()


def readme(page: str, printed: str) -> str:
    """README.md with the demo's output and the figures that follow from it."""
    (floats,) = found(r"accuracy in float32 +([\d.]+)", printed)
    static, dynamic = found(r"accuracy in int8 +([\d.]+) +([\d.]+)", printed)
    (steps,) = found(r"mean timesteps +[\d.]+ +([\d.]+)", printed)
    saved = re.findall(r"EDP[ ,].* -([\d.]+)%", printed)
    flash, ram = found(r"flash (\d+) bytes, RAM (\d+) bytes", printed)
    percents = ", ".join(f"{one} %" for one in saved)
    figures = {
        "accuracy in float32, int8, int8 with early exit": f"{floats}, {static}, {dynamic}",
        "on `dt-snn` with images at every timestep, and once": f"{steps}; {percents}",
        "flash and RAM": f"{flash} and {ram} bytes",
    }
    for end, figure in figures.items():
        page = re.sub(
            rf"(?m)^(\| .*{re.escape(end)} \| ).*?( \| )", lambda m, f=figure: m[1] + f + m[2], page
        )
    return re.sub(r"(?s)(```text\nexit  normalised).*?\n```", lambda _: f"```text\n{printed}\n```", page)


def main() -> None:
    """Write the pages, or compare them."""
    parser = argparse.ArgumentParser(description="Write measured figures into the pages.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a figure is old")
    check = parser.parse_args().check
    pages = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "docs/exit_rules.md")}
    with tempfile.TemporaryDirectory() as folder:
        printed = run_demo(Path(folder))
        rows = exit_rows(Path(folder) / "digits.snnrt")
    new = {
        "README.md": readme(pages["README.md"], printed),
        "docs/exit_rules.md": re.sub(
            r"(?m)(^\| `(?:never|entropy|confidence)` ?[\d.]* \| [\d.]+ \|.*\n)+",
            lambda _: rows + "\n",
            pages["docs/exit_rules.md"],
        ),
    }
    for name, text in new.items():
        if not check:
            (ROOT / name).write_text(text, encoding="utf-8")
            print(f"written: {ROOT / name}")
        elif text != pages[name]:
            parser.exit(1, f"{name} states other figures than were measured; run make docs\n")


if __name__ == "__main__":
    main()

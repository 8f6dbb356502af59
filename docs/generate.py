"""Write docs/cli.md and docs/python_api.md from the command's help and the code's docstrings.

python docs/generate.py            writes both
python docs/generate.py --check    exit code 1 where a page is not what the code says
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import inspect
import os
import re
from functools import cached_property
from pathlib import Path

DOCS = Path(__file__).parent
QUOTES = "'\""

LEVELS = {
    "Use": (
        "What most users need: a network, its results, data, reports, errors.",
        {
            "snnrt": ("check", "convert", "load", "Network", "Exit", "Result", "HealthRecord"),
            "snnrt.data": ("load_dataset", "Dataset"),
            "snnrt.data.encodings": (
                "difference_of_gaussians", "filter_bank", "filtered", "local_normalisation", "rank_order",
                "latency", "spikes_at",
            ),
            "snnrt.targets": ("list_targets", "load_target", "TargetReport", "write_report", "explain"),
            "snnrt.targets.sweep": ("sweep", "Sweep", "SweepPoint", "Estimate"),
            "snnrt.converters.check": ("SourceCheck", "NodeVerdict"),
            "snnrt.comparison": ("Comparison",),
            "snnrt.results.rates": ("Agreement", "LayerRates"),
            "snnrt.results.fidelity": ("Fidelity", "LayerError"),
            "snnrt.errors": (
                "SnnrtError", "ModelError", "DataError", "TargetError", "OutputError", "ArgumentTypeError",
                "ModelFileError", "DataFileError", "TargetFileError", "SilentLayerWarning",
            ),
        },
    ),
    "Build": (
        "Networks by hand, importers and number formats, crossbars, devices of your own.",
        {
            "snnrt": ("GraphBuilder", "Graph"),
            "snnrt.ir.build": ("Value",),
            "snnrt.ir.graph": (
                "Edge", "Node", "Input", "Dense", "Conv2d", "SumPool2d", "AvgPool2d", "Flatten", "Add",
                "Neuron", "Readout", "Exit",
            ),
            "snnrt.converters.nir.importer": ("import_nir",),
            "snnrt.converters.common.finish": ("Imported",),
            "snnrt.converters.passes.quantise": ("quantise",),
            "snnrt.devices.crossbar.device": (
                "Crossbar", "CrossbarConfig", "CrossbarMapping", "CrossbarEvents",
            ),
            "snnrt.devices.base": ("Capabilities", "RunRequest", "Session"),
            "snnrt.devices.registry": ("find_device", "device_names"),
        },
    ),
    "Inspect": (
        "What a run counted, what a model takes, and how costs come about.",
        {
            "snnrt": ("Counts", "FileInfo", "NodeInfo"),
            "snnrt.data": ("load_for_model", "fit_to_model"),
            "snnrt.data.fit": ("fitted_inputs", "fitted_labels"),
            "snnrt.calibration.monitor": ("Drift", "MonitorPromise"),
            "snnrt.calibration.adaptive": ("Adapted",),
            "snnrt.exits.adaptation": ("Adaptation",),
            "snnrt.devices.stream": ("Window",),
            "snnrt.health.record": ("find_records",),
            "snnrt.health.histograms": ("Difference", "Shift"),
            "snnrt.targets": ("estimate", "compare", "Costs", "CostSummary", "write_per_input"),
            "snnrt.targets.report.details": ("RunDetails",),
            "snnrt.targets.swept_costs": ("sweep_document",),
            "snnrt.targets.device_needs": ("device_needs", "DeviceNeeds", "PlacedBuffer"),
            "snnrt.targets.code_sizes": ("CoreBuild",),
            "snnrt.targets.worst_case": ("NodeWork", "StepWork"),
            "snnrt.targets.step_instructions": ("step_instructions",),
            "snnrt.format.model": ("Model",),
            "snnrt.reference.run": ("Reference",),
        },
    ),
}  # fmt: skip
"""What the page of the API shows: three levels, each a sentence and names by module."""

CLI_HEAD = """\
# The command line

Written by `make docs` from the command's own `--help`. DATA is an `.npz` with `x` (and `y`), an `.npy` with
`x`, or a built-in name. Images are (N, C, H, W) in the range that the model states, spike tensors
(N, T, C, H, W); a missing channel axis is added where the model has one channel. Accuracies are fractions.

An EXIT is `entropy:0.2` (stop where the normalised entropy is below 0.2), `confidence:0.9` (where the largest
probability is above 0.9) or `never`; JSON and Python say it in the same words. A comma between targets
separates them (`--target dt-snn,loihi`), `all` is every shipped one.

A failed command prints one line on standard error, `snnrt: error: …`, and overwrites nothing.

| exit code | meaning |
|---|---|
| 0 | done; also help, and `snnrt` alone |
| 1 | failed; unsupported (`check`), beyond limits (`validate`), drift or damage (`health`, `monitor`) |
| 2 | wrong usage: the message ends with the help to read |
| 130 | interrupted with Ctrl-C |
| 141 | the reader of the output went away, as in `snnrt targets | head -1` |

Output fits the terminal's width (or `COLUMNS`), and is not broken where it goes to a file or a pipe. Where
the locale knows ASCII only, signs are written in ASCII (`uJ`, `1x8x8`). Colour is for terminals only, and
never with `NO_COLOR`. One line makes a shell complete commands, options, targets, devices and data:

    eval "$(snnrt completion bash)"        # zsh: the same with zsh; fish: snnrt completion fish | source
"""

API_HEAD = """\
# The Python API

Written by `make docs` from the docstrings. Arrays are NumPy's; `N` is the number of inputs, `T` of timesteps,
`K` of classes. What is not on this page is internal and may change.

```python
import snnrt

net = snnrt.convert("model.nir", framework="snntorch", timesteps=4, exit="entropy:0.2")
net.save("model.snnrt")
net = snnrt.load("model.snnrt")
print(net.summary())                                # one screen
out = net.run(x)                                    # out.predictions, out.logits, out.timesteps, out.counts
net.score(x, y), net.score("digits")                # accuracies; built-in data, paths and arrays alike
report = net.profile(x, target="stm32u575")         # a TargetReport; of several targets a list of them
report.rows()                                       # flat: pandas.DataFrame(report.rows())
net.run(x, exit=snnrt.Exit.confidence(0.9), device="reference")
```

Three levels: [use](#use), [build](#build), [inspect](#inspect).
"""


def cli_page() -> str:
    """Every command's help."""
    os.environ["COLUMNS"] = "90"
    from snnrt.cli import build_parser

    parser = build_parser()
    choices = next(a.choices for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    parts = [CLI_HEAD, "## snnrt", _block(parser.format_help())]
    for name, command in choices.items():
        parts += [f"## snnrt {name}", _block(command.format_help())]
    return "\n".join(parts)


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"


def api_page() -> str:
    """The objects of LEVELS: signature and docstring, with methods and fields of classes."""
    parts = [API_HEAD]
    for level, (sentence, modules) in LEVELS.items():
        parts.append(f"## {level}\n\n{sentence}\n")
        for module, names in modules.items():
            parts.append(f"*`{module}`*\n")
            loaded = importlib.import_module(module)
            for name in names:
                parts += _entry(name, getattr(loaded, name))
    return "\n".join(parts)


def _entry(name: str, thing: object) -> list[str]:
    if not inspect.isclass(thing):
        return [f"### {name}\n", _signature(name, thing), _doc(thing)]
    parts = [f"### {name}\n"]
    if issubclass(thing, Exception) or not dataclasses.is_dataclass(thing):
        parts += [] if issubclass(thing, Exception) else [_signature(name, thing)]
    else:
        parts.append(_fields(thing))
    parts.append(_doc(thing))
    for key, member in _members(thing).items():
        plain = getattr(member, "__func__", member)
        attribute = isinstance(plain, (property, cached_property))
        if key.startswith("_") or not (inspect.isfunction(plain) or attribute):
            continue
        if attribute:
            parts += [f"**`{name}.{key}`**", "", _doc(plain)]
        else:
            parts += [f"#### {name}.{key}\n", _signature(f"{name}.{key}", plain), _doc(plain)]
    return parts


def _members(thing: type) -> dict[str, object]:
    """Of the class itself, then of the part of a class of ours that only it is made of."""
    found = dict(vars(thing))
    for base in thing.__bases__:
        if base.__name__ == f"{thing.__name__}Facts":
            found |= {name: member for name, member in vars(base).items() if name not in found}
    return found


def _signature(name: str, thing: object) -> str:
    arguments = []
    signature = inspect.signature(thing)  # type: ignore[arg-type]
    keyword_only = False
    for parameter in signature.parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            arguments.append("*")
            keyword_only = True
        keyword_only |= parameter.kind is parameter.VAR_POSITIONAL
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        text = f"{stars}{parameter.name}: {parameter.annotation}"
        if parameter.default is not parameter.empty:
            text += f" = {parameter.default!r}"
        arguments.append(text)
    result = signature.return_annotation
    arrow = "" if result is signature.empty or inspect.isclass(thing) else f" -> {str(result).strip(QUOTES)}"
    line = f"{name}({', '.join(arguments)}){arrow}"
    if len(line) > 100:
        line = f"{name}(\n    " + ",\n    ".join(arguments) + f",\n){arrow}"
    return f"```python\n{line}\n```\n"


def _fields(thing: type) -> str:
    """A dataclass by its fields: name, type, default."""
    lines = []
    for field in dataclasses.fields(thing):
        default = "" if field.default is dataclasses.MISSING else f" = {field.default!r}"
        lines.append(f"{thing.__name__}.{field.name}: {field.type}{default}")
    return "```python\n" + "\n".join(lines) + "\n```\n" if lines else ""


def _doc(thing: object) -> str:
    text = inspect.getdoc(thing) or ""
    text = re.sub(r":(?:class|func|meth|mod):`([^`]+)`", r"`\1`", text).replace("``", "`")
    # outside code a star in a shape must not begin emphasis
    pieces = text.split("`")
    pieces[::2] = [piece.replace("*", r"\*") for piece in pieces[::2]]
    return "`".join(pieces) + "\n"


PAGES = {"cli.md": cli_page, "python_api.md": api_page}


def main() -> None:
    """Write the pages, or compare them."""
    parser = argparse.ArgumentParser(description="Write docs/cli.md and docs/python_api.md.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a page is old")
    check = parser.parse_args().check
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if not check:
            path.write_text(text, encoding="utf-8")
            print(f"written: {path}")
        elif not path.exists() or path.read_text("utf-8") != text:
            parser.exit(1, f"docs/{name} is not what the code says; run make docs\n")


if __name__ == "__main__":
    main()

"""The README.md of an exported project: what it takes of a device, and how it is called."""

from __future__ import annotations

from snnrt.errors import SnnrtError
from snnrt.targets.code_sizes import OPTIONAL_PARTS, CoreBuild, builds_of, read_table
from snnrt.targets.export.c_text import c_comment, rendered
from snnrt.targets.export.model_sources import Model, ModelForm, scratch_bytes
from snnrt.targets.export.project_kinds import ProjectKind, Sources

_IN_PLACE = "stays in flash and is executed in place"
_FORMS: dict[str, str] = {
    "array": f"""\
`{{name}}_model.c` is the `.snnrt` file as a constant array: it {_IN_PLACE}.""",
    "incbin": f"""\
`{{name}}_model.S` includes `{{name}}.snnrt` as it is: it {_IN_PLACE}. The assembler looks in the
folder that it runs in and in those of `-Wa,-I`; `{{prefix}}_MODEL_FILE` names another.""",
    "section": f"""\
`{{name}}_model.c` is the `.snnrt` file as a constant array in the section `.rodata.{{name}}_model`:
it {_IN_PLACE}. `{{prefix}}_MODEL_SECTION` names another section, and `{{name}}_model.ld` is a script
for GNU ld (`-T {{name}}_model.ld`) that places it.""",
    "storage": """\
The model is not linked: put `{name}.snnrt` into the device's storage. The example reads it into RAM
through a callback, checks every byte of it, and compares what it reads and gives with what the firmware
was compiled for (`{name}_matches`). There are two slots, so that an update that fails leaves the old model;
a later model may be larger where `{prefix}_MODEL_ROOM` and `{prefix}_ARENA_ROOM` say so.""",
}
_USES: dict[str, str] = {
    "plain": """\
Add the files to a build and their folder to the include path; no flag is needed.

    {compile}""",
    "cmake": """\
```cmake
add_subdirectory(path/to/this/folder)   # or, once installed: find_package(snnrt_{name})
target_link_libraries(firmware PRIVATE snnrt::{name})
```""",
    "zephyr": """\
For Zephyr 3.0 or later. Name this folder in `ZEPHYR_EXTRA_MODULES` and set `CONFIG_SNNRT_{prefix}=y`; or,
where it is a repository of its own, let west fetch it, by the application's `west.yml`:

```yaml
manifest:
  projects:
    - name: snnrt_{name}
      url: https://example.com/snnrt_{name}   # where you keep it
      revision: main
      path: modules/lib/snnrt_{name}
```

The sample:

    west build -b mps2/an385 samples/{name}""",
    "arduino": """\
Put this folder (or its .zip) into the sketchbook's `libraries`; the sketch is under File > Examples.
`extras/main.c` is the same for a terminal.""",
    "platformio": """\
Put this folder into a project's `lib`, or name it in `lib_deps`; `pio pkg pack` makes a package of it.""",
    "esp-idf": """\
Put this folder into a project's `components`; the example is built with `idf.py build` in
`examples/{name}`.""",
}


def project_readme(sources: Sources, kind: ProjectKind, options: dict[str, int], compiled_by: str) -> str:
    """The page."""
    model = sources.model
    names = {"name": model.name, "prefix": model.prefix, "compile": compiled_by}
    on = [name for name, value in options.items() if value]
    off = [name for name, value in options.items() if not value]
    return rendered(
        "README.md.in",
        NAME=model.name,
        PREFIX=model.prefix,
        ORIGIN=c_comment(model.origin),
        MODEL="model" if sources.form == "storage" else f"{model.name}_model",
        MODEL_BYTES="model_bytes" if sources.form == "storage" else f"{model.prefix}_MODEL_BYTES",
        MORE=_more(sources),
        USE=_USES[kind].format(**names),
        FORM=_FORMS[sources.form].format(**names),
        EXAMPLE=sources.places.example,
        VALIDATION=_validation(sources),
        MEMORY="\n".join(_memory(each, sources.form) for each in sources.models),
        CODE=_code(options),
        INPUT=_input(model),
        CORE=("snnrt/" if sources.places.core == "snnrt/" else sources.places.core) + "snnrt.h",
        ACCUMULATOR="int32_t" if model.is_int8 else "float",
        MESON=", ".join(f"'{path}'" for path in sources.compiled),
        INCLUDES=", ".join(f"'{folder}'" for folder in sources.places.include_folders),
        BAZEL=", ".join(f'"{path}"' for path in sources.compiled),
        BAZEL_INCLUDES=", ".join(f'"{folder}"' for folder in sources.places.include_folders),
        NETWORK_BYTES=max(row["network"] for row in read_table("fast")["cores"].values()),
        ON=", ".join(f"`{name}`" for name in on),
        OFF=", ".join(f"`{name}`" for name in off),
    )


def _more(sources: Sources) -> str:
    """How the other models are reached."""
    others = [f"`{model.name}_model.h` with `{model.name}_model`" for model in sources.models[1:]]
    if not others:
        return ""
    return (
        f"- The same core runs {', '.join(others)}: each with a `snnrt_network` and\n"
        "  an arena of its own, all else as above.\n"
    )


def _validation(sources: Sources) -> str:
    """How a board is checked."""
    if not sources.validates:
        return ""
    origin = c_comment(sources.model.origin)
    return f"""
## Checking a board
`{sources.places.validation}` in the place of the example runs inputs whose results the host knows, and prints
a line an input, with cycles where the core has a counter (`VALIDATE_CYCLES` names another). Keep what it
prints by UART or semihosting:

    snnrt validate {origin} --data DATA --against board.log
    snnrt profile {origin} DATA --target TARGET --measured board.log
"""


def _memory(model: Model, form: ModelForm) -> str:
    arena = model.info.arena_bytes
    where = "RAM (it is read from the storage)" if form == "storage" else "flash"
    scratch = scratch_bytes(model.graph)
    rows = [
        f"| model `{model.name}` | {len(model.raw)} | {where} |",
        f"| its arena | {arena} | RAM, exact: one byte less is refused |",
    ]
    if scratch:
        rows.append(
            f"| its scratch | {scratch} | RAM, optional: "
            "`snnrt_network_use_scratch` makes convolutions faster |"
        )
    return "\n".join(rows)


def _code(options: dict[str, int]) -> str:
    try:
        fast, small = (builds_of(options, setting) for setting in ("fast", "small"))
    except SnnrtError:
        return (
            "Sizes of the code for a core are in the linker's map of a build (`-Wl,-Map=firmware.map`), its\n"
            "stack in what `-fstack-usage` writes."
        )
    compilers = "; ".join(dict.fromkeys(build.compiler for build in fast))
    at_fast, at_small = (f"at `{builds[0].optimisation}`" for builds in (fast, small))
    return (
        f"| core | code {at_fast}, flash | stack | code {at_small} | stack | `snnrt_network`, RAM |\n"
        "|---|---:|---:|---:|---:|---:|\n"
        + "\n".join(_row(*both, options) for both in zip(fast, small, strict=True))
        + f"\n\nBytes, measured with {compilers}: the core as it is exported here, if the firmware calls\n"
        "all of it, what the linker adds from the compiler's libraries, and the most stack that a call takes."
        + _band((*fast, *small))
    )


def _band(builds: tuple[CoreBuild, ...]) -> str:
    if len(builds[0].summed_parts) < 2:
        return ""
    less, more = (
        max(getattr(build, name) for build in builds) for name in ("code_less_bytes", "code_more_bytes")
    )
    return (
        " Code is a sum over the parts of the model; whole builds took between\n"
        f"{less} bytes less and {more} bytes more than such sums."
    )


def _row(fast: CoreBuild, small: CoreBuild, options: dict[str, int]) -> str:
    cells = [fast.core]
    for build in (fast, small):
        cells += [str(_code_bytes(build, options)), str(build.stack_bytes)]
    return f"| {' | '.join(cells)} | {fast.network_bytes} |"


def _code_bytes(build: CoreBuild, options: dict[str, int]) -> int:
    """Of the build with the optional parts that it has; verify is in every one."""
    there = {part for part in OPTIONAL_PARTS if options.get(f"SNNRT_WITH_{part.upper()}", 1)}
    added = sum(build.added_bytes.get(part, 0) for part in there - {"model_check"})
    return build.code_bytes + added - (0 if "model_check" in there else build.added_bytes["model_check"])


def _input(model: Model) -> str:
    source, prefix = model.graph.input, model.prefix
    lines = ["Elements are ordered (height, width, channels)."]
    if model.is_int8:
        lines.append(
            f"A real value x enters as `{model.name}_quantise(x)`: clip(round(x / {prefix}_INPUT_SCALE)) to "
            f"±{source.peak}, ties to even."
        )
    if model.is_constant:
        lines.append("An input stands for a whole inference and must stay as it is until the next reset.")
    else:
        lines.append(f"An inference takes {model.graph.timesteps} timesteps of input, one after the other.")
    return " ".join(lines)

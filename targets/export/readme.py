"""The README.md of an exported project: what it takes of a device, and how it is called."""

from __future__ import annotations

from snnrt.errors import SnnrtError
from snnrt.targets.code_sizes import CoreBuild, builds_for
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
through a callback; `snnrt_network_init` checks every byte of it.""",
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
Name this folder in `ZEPHYR_EXTRA_MODULES` (or in `west.yml`) and set `CONFIG_SNNRT_{prefix}=y`. The sample:

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
        MODEL="model_in_ram" if sources.form == "storage" else f"{model.name}_model",
        USE=_USES[kind].format(**names),
        FORM=_FORMS[sources.form].format(**names),
        EXAMPLE=sources.places.example,
        MEMORY="\n".join(_memory(each, sources.form) for each in sources.models),
        CODE=_code(model),
        INPUT=_input(model),
        CORE=("snnrt/" if sources.places.core == "snnrt/" else sources.places.core) + "snnrt.h",
        ACCUMULATOR="int32_t" if model.is_int8 else "float",
        ON=", ".join(f"`{name}`" for name in on),
        OFF=", ".join(f"`{name}`" for name in off),
    )


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


def _code(model: Model) -> str:
    try:
        builds = builds_for(model.graph)
    except SnnrtError:
        return (
            "Sizes of the code for a core are in the linker's map of a build (`-Wl,-Map=firmware.map`), its\n"
            "stack in what `-fstack-usage` writes."
        )
    flags = "; ".join(dict.fromkeys(f"{build.compiler}" for build in builds))
    return (
        "| core | code, flash | `snnrt_network`, RAM | stack |\n|---|---|---|---|\n"
        + "\n".join(map(_row, builds))
        + f"\n\nBytes, measured with {flags}: the core with what this model needs (health record, strings,\n"
        "event counts and tracing left out), what the linker adds from the compiler's libraries, and the\n"
        "most stack that a call takes." + _band(builds)
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


def _row(build: CoreBuild) -> str:
    return f"| {build.core} | {build.code_bytes} | {build.network_bytes} | {build.stack_bytes} |"


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

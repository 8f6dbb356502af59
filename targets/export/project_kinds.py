"""Where each build system or SDK wants its files, and the manifests that it reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import snnrt
from snnrt.targets.export.c_text import rendered
from snnrt.targets.export.kconfig import kconfig
from snnrt.targets.export.model_sources import Model, ModelForm
from snnrt.targets.export.own_names import linked_names

ProjectKind = Literal["plain", "cmake", "zephyr", "arduino", "platformio", "esp-idf"]
Layout = Literal["amalgamation", "sources"]
# 32-bit boards whose C compilers know C99
_ARDUINO = (
    "esp32", "mbed", "mbed_edge", "mbed_giga", "mbed_nano", "mbed_nicla", "mbed_opta", "mbed_portenta",
    "mbed_rp2040", "nrf52", "renesas_portenta", "renesas_uno", "rp2040", "sam", "samd", "stm32", "zephyr",
)  # fmt: skip
PROJECT_KINDS: tuple[str, ...] = get_args(ProjectKind)
LAYOUTS: tuple[str, ...] = get_args(Layout)


@dataclass(frozen=True)
class Places:
    """Folders, with a / at the end, of the core and of the model's files; the paths of the example and of
    the program that checks a board."""

    core: str
    model: str
    example: str
    validation: str

    @property
    def include_folders(self) -> tuple[str, ...]:
        """Folders of headers that a user includes."""
        return tuple(dict.fromkeys(folder.rstrip("/") or "." for folder in (self.model, self.core)))


@dataclass(frozen=True)
class Sources:
    """What is compiled and what is included, by paths from the project's folder on; ``header_texts`` are
    the headers' and ``options`` the core's switches; ``validates``: there is a program that checks a board.
    """

    places: Places
    compiled: tuple[str, ...]
    headers: tuple[str, ...]
    models: tuple[Model, ...]
    form: ModelForm
    header_texts: tuple[str, ...]
    options: Mapping[str, int]
    validates: bool = False

    @property
    def model(self) -> Model:
        """The one that the project is named after."""
        return self.models[0]

    @property
    def assembled(self) -> bool:
        """Whether there is assembly among what is compiled."""
        return self.form == "incbin"


def places_for(kind: ProjectKind, layout: Layout, name: str) -> Places:
    """Where the files go."""
    if kind in ("arduino", "platformio"):
        example = "extras/main.c" if kind == "arduino" else f"examples/{name}/main.c"
        return Places("src/", "src/", example, "extras/validate.c")
    examples: dict[str, str] = {
        "zephyr": f"samples/{name}/src/main.c",
        "esp-idf": f"examples/{name}/main/main.c",
    }
    example = examples.get(kind, "main.c")
    beside = example.removesuffix("main.c") + "validate.c"
    return Places("" if layout == "amalgamation" else "snnrt/", "", example, beside)


def manifests(kind: ProjectKind, sources: Sources) -> dict[str, str]:
    """The project's own files, by path."""
    return _MANIFESTS[kind](sources)


def _values(sources: Sources) -> dict[str, str]:
    model = sources.model
    return {
        "NAME": model.name,
        "PREFIX": model.prefix,
        "VERSION": snnrt.__version__,
        "AT": "@",
    }


def _plain(_: Sources) -> dict[str, str]:
    return {}


def _cmake(sources: Sources) -> dict[str, str]:
    base = "${CMAKE_CURRENT_SOURCE_DIR}/"
    folders = ["" if folder == "." else folder for folder in sources.places.include_folders]
    name = sources.model.name
    # installed headers keep their places to one another
    installs = "".join(
        f"install(FILES {header}\n"
        f"        DESTINATION ${{CMAKE_INSTALL_INCLUDEDIR}}/snnrt_{name}{_folder_below(header)})\n"
        for header in sources.headers
    )
    values = _values(sources) | {
        "LANGUAGES": "C ASM" if sources.assembled else "C",
        "SOURCES": _list(sources.compiled, 4),
        "BUILD_FOLDERS": "\n".join(f"    $<BUILD_INTERFACE:{base}{folder}>" for folder in folders),
        "INSTALL_FOLDERS": "\n".join(
            f"    $<INSTALL_INTERFACE:${{CMAKE_INSTALL_INCLUDEDIR}}/snnrt_{name}/{folder}>"
            for folder in folders
        ),
        "MODEL_FILE": _model_file(sources, base),
        "HEADERS": installs,
        "EXAMPLE": sources.places.example,
        "VALIDATION": (
            f"    add_executable(snnrt_{name}_validate {sources.places.validation})\n"
            f"    target_link_libraries(snnrt_{name}_validate PRIVATE snnrt_{name})\n"
            if sources.validates
            else ""
        ),
        "EXAMPLE_FILE": (
            f"    target_compile_definitions(snnrt_{name}_example PRIVATE\n"
            f'        {sources.model.prefix}_MODEL_FILE="{base}{name}.snnrt")\n'
            if sources.form == "storage"
            else ""
        ),
    }
    return {
        "CMakeLists.txt": rendered("CMakeLists.txt.in", **values),
        "cmake/config.cmake.in": rendered("config.cmake.in", **values),
    }


def _zephyr(sources: Sources) -> dict[str, str]:
    base = "${CMAKE_CURRENT_SOURCE_DIR}/"
    name = sources.model.name
    values = _values(sources) | {
        "SOURCES": _list(sources.compiled, 4),
        "FOLDERS": _list(sources.places.include_folders, 4),
        "MODEL_FILE": _indented(_model_file(sources, base)),
        "STACK_BYTES": "4096",
        "FPU": "" if sources.model.is_int8 else "CONFIG_FPU=y\nCONFIG_FPU_SHARING=y\n",
    }
    return {
        "zephyr/module.yml": rendered("module.yml.in", **values),
        "CMakeLists.txt": rendered("zephyr_CMakeLists.txt.in", **values),
        "Kconfig": _kconfig(sources, "Kconfig.in"),
        f"samples/{name}/CMakeLists.txt": rendered("zephyr_sample_CMakeLists.txt.in", **values),
        f"samples/{name}/prj.conf": rendered("prj.conf.in", **values),
        f"samples/{name}/sample.yaml": rendered("sample.yaml.in", **values),
    }


def _arduino(sources: Sources) -> dict[str, str]:
    values = _values(sources)
    headers = ",".join(f"{model.name}_model.h" for model in sources.models)
    functions = linked_names(sources.header_texts)
    macros = re.findall(
        rf"^#define ({sources.model.prefix}_[A-Z_]+) ", "\n".join(sources.header_texts), re.MULTILINE
    )
    return {
        "library.properties": rendered(
            "library.properties.in", **values, HEADERS=headers, ARCHITECTURES=",".join(_ARDUINO)
        ),
        "keywords.txt": rendered(
            "keywords.txt.in",
            **values,
            FUNCTIONS="".join(f"{name}\tKEYWORD2\n" for name in functions),
            MACROS="".join(f"{name}\tLITERAL1\n" for name in macros).rstrip("\n"),
        ),
    }


def _platformio(sources: Sources) -> dict[str, str]:
    name = sources.model.name
    manifest = {
        "$schema": (
            "https://raw.githubusercontent.com/platformio/platformio-core/develop/platformio/assets/schema/"
            "library.json"
        ),
        "name": f"snnrt_{name}",
        "version": snnrt.__version__,
        "description": f"The spiking network {name} and the runtime that executes it",
        "license": "Apache-2.0",
        "keywords": ["neural network", "spiking", "inference", "tinyml"],
        "authors": [{"name": "exported by snnrt"}],
        "frameworks": "*",
        "platforms": "*",
        "headers": [*(f"{model.name}_model.h" for model in sources.models), "snnrt.h"],
        "examples": [
            {"name": name, "base": f"examples/{name}", "files": ["main.c"]},
            {"name": f"{name}_arduino", "base": f"examples/{name}_arduino", "files": [f"{name}_arduino.ino"]},
        ],
        # frameworks compile for size, in which the core takes half as many instructions again
        "build": {"srcDir": "src", "includeDir": "src", "flags": ["-O2"], "unflags": ["-Os", "-Og"]},
    }
    return {"library.json": json.dumps(manifest, indent=2) + "\n"}


def _kconfig(sources: Sources, head: str) -> str:
    return kconfig(sources.models, sources.options, sources.form == "storage", head)


def _esp_idf(sources: Sources) -> dict[str, str]:
    base = "${COMPONENT_DIR}/"
    name = sources.model.name
    values = _values(sources) | {
        "SOURCES": _list(sources.compiled, 9, quoted=True),
        "FOLDERS": " ".join(f'"{folder}"' for folder in sources.places.include_folders),
        "MODEL_FILE": _model_file(sources, base),
    }
    return {
        "CMakeLists.txt": rendered("esp_CMakeLists.txt.in", **values),
        "Kconfig": _kconfig(sources, "esp_Kconfig.in"),
        "idf_component.yml": rendered("idf_component.yml.in", **values),
        f"examples/{name}/CMakeLists.txt": rendered("esp_example_CMakeLists.txt.in", **values),
        f"examples/{name}/main/CMakeLists.txt": rendered("esp_example_main_CMakeLists.txt.in", **values),
        f"examples/{name}/main/idf_component.yml": rendered("esp_example_idf_component.yml.in", **values),
    }


_MANIFESTS: Mapping[str, Callable[[Sources], dict[str, str]]] = {
    "plain": _plain,
    "cmake": _cmake,
    "zephyr": _zephyr,
    "arduino": _arduino,
    "platformio": _platformio,
    "esp-idf": _esp_idf,
}


def _folder_below(path: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return slash + folder


def _list(paths: Sequence[str], indent: int, *, quoted: bool = False) -> str:
    return ("\n" + " " * indent).join(f'"{path}"' if quoted else path for path in paths)


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def _model_file(sources: Sources, base: str, command: str = "set_source_files_properties") -> str:
    """Tells the assembler where the model's file is, and the build that it depends on it."""
    if not sources.assembled:
        return ""
    folder = sources.places.model
    return "".join(
        f"{command}({folder}{model.name}_model.S PROPERTIES\n"
        f'    COMPILE_DEFINITIONS "{model.prefix}_MODEL_FILE=\\"{base}{folder}{model.name}.snnrt\\""\n'
        f'    OBJECT_DEPENDS "{base}{folder}{model.name}.snnrt")\n'
        for model in sources.models
    )

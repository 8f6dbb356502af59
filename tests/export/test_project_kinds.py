"""The manifests: read by the framework's own tool where there is one, else held against its written rules."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from c_programs import command
from exported_projects import WARNINGS, absent, export, need, results_of
from small_networks import dense_lif

import snnrt
from snnrt.targets.export.model_sources import MODEL_FORMS
from snnrt.targets.export.project import Export, build_project
from snnrt.targets.export.project_kinds import LAYOUTS, PROJECT_KINDS

GRAPH, X = dense_lif("int8")
CLASS = snnrt.Network(GRAPH).run(X[:1]).predictions[0]


def needs_module(name: str, package: str) -> None:
    if importlib.util.find_spec(name) is None:
        absent(f"the Python package {package} (pip install {package})")


def yaml_of(path: Path) -> dict:
    needs_module("yaml", "pyyaml")
    import yaml

    return yaml.safe_load(path.read_text())


def configure(source: Path, build: Path, *options: str) -> None:
    need("cmake", "cmake")
    need("ninja", "ninja-build")
    command(
        [
            "cmake",
            "-S",
            source,
            "-B",
            build,
            "-G",
            "Ninja",
            "-DCMAKE_BUILD_TYPE=Release",
            "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
            *options,
        ]
    )


def last_level(build: Path, source: str) -> str:
    """The optimisation that counts among the flags of a source in a build folder."""
    commands = json.loads((build / "compile_commands.json").read_text())
    (said, *_) = (one["command"] for one in commands if one["file"].endswith(source))
    return re.findall(r" (-O\w*)", said)[-1]


def says_the_class(program: Path) -> bool:
    said = results_of(command([program]))
    return {result.class_index for result in said.values()} == {CLASS} and len(said) == 2


CONSUMER = """
cmake_minimum_required(VERSION 3.13)
project(consumer C)
{find}
add_executable(consumer main.c)
target_link_libraries(consumer PRIVATE snnrt::net)
target_compile_definitions(consumer PRIVATE NET_MODEL_FILE="{folder}/net.snnrt")
"""


@pytest.mark.parametrize(
    ("layout", "form"),
    [*(("amalgamation", form) for form in MODEL_FORMS), ("sources", "array"), ("sources", "incbin")],
)
def test_cmake(layout, form, tmp_path):
    """Its own build with the example, the installed package, and the folder inside another project; storage
    and incbin are found wherever the build runs."""
    folder = tmp_path / "a project"
    export(GRAPH, folder, name="net", project="cmake", layout=layout, form=form, sample=X[0])
    configure(folder, tmp_path / "own", f"-DCMAKE_INSTALL_PREFIX={tmp_path / 'installed'}")
    assert last_level(tmp_path / "own", "net_model.c" if form == "array" else ".c") == "-O2"
    command(["cmake", "--build", tmp_path / "own"])
    assert says_the_class(tmp_path / "own" / "snnrt_net_example")
    command(["cmake", "--install", tmp_path / "own"])
    if (layout, form) not in (("amalgamation", "array"), ("sources", "incbin")):
        return
    finds = {
        "package": (f"find_package(snnrt_net {snnrt.__version__} REQUIRED)", tmp_path / "installed"),
        "folder": (f'add_subdirectory("{folder}" net)', tmp_path / "nowhere"),
    }
    for name, (find, prefix) in finds.items():
        consumer = tmp_path / name
        consumer.mkdir()
        (consumer / "CMakeLists.txt").write_text(CONSUMER.format(find=find, folder=folder))
        (consumer / "main.c").write_bytes((folder / "main.c").read_bytes())
        configure(consumer, consumer / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
        command(["cmake", "--build", consumer / "build"])
        assert says_the_class(consumer / "build" / "consumer")
        assert not (consumer / "build" / "net" / "snnrt_net_example").exists()


# What docs.zephyrproject.org/latest/develop/modules.html says of these functions, for an ordinary build:
# zephyr_library_sources adds to the library named last, zephyr_include_directories is for everything.
ZEPHYR = """
cmake_minimum_required(VERSION 3.20)
project(zephyr C ASM)
macro(zephyr_library_named name)
  set(ZEPHYR_CURRENT_LIBRARY ${name})
  add_library(${name} STATIC)
  target_link_libraries(app PRIVATE ${name})
endmacro()
function(zephyr_library_sources)
  target_sources(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${ARGV})
endfunction()
function(zephyr_include_directories)
  foreach(folder ${ARGV})
    get_filename_component(folder ${folder} ABSOLUTE)
    target_include_directories(zephyr_interface INTERFACE ${folder})
  endforeach()
endfunction()
add_library(zephyr_interface INTERFACE)
link_libraries(zephyr_interface)
add_executable(app "@FOLDER@/samples/net/src/main.c")
target_compile_definitions(app PRIVATE NET_MODEL_FILE="@FOLDER@/net.snnrt")
function(zephyr_library_compile_options)
  target_compile_options(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${ARGV})
endfunction()
set(CONFIG_SNNRT_NET y)
set(CONFIG_SNNRT_NET_@CHOICE@ y)
add_subdirectory("@FOLDER@" module)
"""


@pytest.mark.parametrize(("layout", "form"), [("amalgamation", "array"), ("sources", "incbin")])
def test_zephyr(layout, form, tmp_path):
    folder = tmp_path / "module"
    export(GRAPH, folder, name="net", project="zephyr", layout=layout, form=form, sample=X[0])
    choice, flag = ("SPEED", "-O2") if layout == "amalgamation" else ("SIZE", "-Os")
    text = ZEPHYR.replace("@FOLDER@", str(folder)).replace("@CHOICE@", choice)
    (tmp_path / "CMakeLists.txt").write_text(text)
    configure(tmp_path, tmp_path / "build", "-DCMAKE_BUILD_TYPE=MinSizeRel")
    assert last_level(tmp_path / "build", "snnrt.c" if choice == "SPEED" else "step.c") == flag
    command(["cmake", "--build", tmp_path / "build"])
    assert says_the_class(tmp_path / "build" / "app")
    # docs.zephyrproject.org/latest/develop/modules.html, "Module yaml file description"
    module = yaml_of(folder / "zephyr" / "module.yml")
    assert set(module) <= {
        "name",
        "build",
        "tests",
        "samples",
        "boards",
        "blobs",
        "runners",
        "package-managers",
    }
    assert (folder / module["build"]["cmake"] / "CMakeLists.txt").is_file()
    assert (folder / module["build"]["kconfig"]).is_file()
    # docs.zephyrproject.org/latest/develop/test/twister.html, "Test Cases"
    sample = yaml_of(folder / "samples" / "net" / "sample.yaml")
    assert sample["sample"]["name"] and list(sample["tests"]) == ["sample.snnrt.net"]
    (pattern,) = sample["common"]["harness_config"]["regex"]
    assert any(re.match(pattern, line) for line in command([tmp_path / "build" / "app"]).splitlines())


def test_zephyr_kconfig(tmp_path):
    """Read by Zephyr's own Kconfig library, with the sample's configuration."""
    needs_module("kconfiglib", "kconfiglib")
    import kconfiglib

    export(GRAPH, tmp_path, name="net", project="zephyr")
    main_stack = 'config MAIN_STACK_SIZE\n\tint\n\tprompt "main stack"\n'
    (tmp_path / "Kconfig.root").write_text(f'{main_stack}source "{tmp_path / "Kconfig"}"\n')
    kconfig = kconfiglib.Kconfig(str(tmp_path / "Kconfig.root"), warn_to_stderr=False)
    parts = ("HEALTH", "STRINGS", "MODEL_CHECK")
    assert {name for name in kconfig.syms if name.startswith("SNNRT_NET_")} == {
        f"SNNRT_NET_{name}" for name in ("SPEED", "SIZE", "AS_APPLICATION", *parts)
    }
    assert kconfig.syms["SNNRT_NET"].str_value == "n"
    kconfig.load_config(str(tmp_path / "samples" / "net" / "prj.conf"))
    assert kconfig.syms["SNNRT_NET"].str_value == "y" and not kconfig.warnings
    assert int(kconfig.syms["MAIN_STACK_SIZE"].str_value) >= 2048
    assert (
        kconfig.syms["SNNRT_NET_SPEED"].str_value == "y" and kconfig.syms["SNNRT_NET_SIZE"].str_value == "n"
    )
    assert all(kconfig.syms[f"SNNRT_NET_{part}"].str_value == "y" for part in parts)


# What docs.espressif.com/projects/esp-idf/en/latest/esp32/api-guides/build-system.html says of it, for an
# ordinary build: the component's folder is COMPONENT_DIR, sources and include folders are relative to it.
ESP_IDF = """
cmake_minimum_required(VERSION 3.16)
project(idf C ASM)
function(idf_component_register)
  cmake_parse_arguments(component "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;REQUIRES;PRIV_REQUIRES" ${ARGN})
  if(component_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "unknown: ${component_UNPARSED_ARGUMENTS}")
  endif()
  add_library(component STATIC)
  foreach(source ${component_SRCS})
    target_sources(component PRIVATE "${COMPONENT_DIR}/${source}")
  endforeach()
  foreach(folder ${component_INCLUDE_DIRS})
    target_include_directories(component PUBLIC "${COMPONENT_DIR}/${folder}")
  endforeach()
endfunction()
set(COMPONENT_DIR "@FOLDER@")
add_subdirectory("@FOLDER@" component)
add_executable(app "@FOLDER@/examples/net/main/main.c")
target_link_libraries(app PRIVATE component)
"""


@pytest.mark.parametrize(("layout", "form"), [("amalgamation", "incbin"), ("sources", "array")])
def test_esp_idf(layout, form, tmp_path):
    folder = tmp_path / "snnrt_net"
    # beside a project's other components
    (tmp_path / "other").mkdir()
    export(GRAPH, tmp_path, name="net", project="esp-idf", layout=layout, form=form, sample=X[0])
    (tmp_path / "CMakeLists.txt").write_text(ESP_IDF.replace("@FOLDER@", str(folder)))
    configure(tmp_path, tmp_path / "build")
    command(["cmake", "--build", tmp_path / "build"])
    assert says_the_class(tmp_path / "build" / "app")
    # docs.espressif.com/projects/idf-component-manager/en/latest/reference/manifest_file.html
    manifest = yaml_of(folder / "idf_component.yml")
    known = {"version", "description", "license", "dependencies", "url", "targets", "maintainers", "tags"}
    assert set(manifest) <= known and manifest["version"] == snnrt.__version__
    assert set(manifest["dependencies"]) == {"idf"}
    example = yaml_of(folder / "examples" / "net" / "main" / "idf_component.yml")
    override = example["dependencies"]["snnrt_net"]["override_path"]
    assert (folder / "examples" / "net" / "main" / override).resolve() == folder.resolve()
    assert (folder / "examples" / "net" / "CMakeLists.txt").is_file()
    # on the chip the example begins at app_main
    compiled = tmp_path / "main.o"
    main = folder / "examples" / "net" / "main" / "main.c"
    include = ["-I", folder, "-I", folder / "snnrt"]
    (tmp_path / "sdkconfig.h").write_text("#define CONFIG_SNNRT_NET_STRINGS 1\n")
    flags = ["-std=gnu17", "-DESP_PLATFORM", *include, "-I", tmp_path]
    command(["gcc", *WARNINGS, *flags, "-c", main, "-o", compiled])
    assert " T app_main" in command(["nm", compiled])
    # what the configuration leaves out is not built
    (tmp_path / "asks.c").write_text(
        '#include "net_model.h"\n#if SNNRT_WITH_HEALTH || !SNNRT_WITH_STRINGS\n#error parts\n#endif\n'
    )
    command(["gcc", *flags, "-fsyntax-only", tmp_path / "asks.c"])


PACK = """
import json
from platformio.__main__ import main
from platformio.package.manifest.schema import ManifestSchema
ManifestSchema.load_spdx_licenses = staticmethod(lambda: {"licenses": [{"licenseId": "Apache-2.0"}]})
raise SystemExit(main())
"""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_platformio(layout, tmp_path):
    """Packed by PlatformIO itself, which reads and validates library.json; the list of licences that it would
    fetch is given to it."""
    needs_module("platformio", "platformio")
    folder = tmp_path / "net"
    export(GRAPH, folder, name="net", project="platformio", layout=layout, sample=X[0])
    away = {
        **os.environ, "PLATFORMIO_CORE_DIR": str(tmp_path / "core"),
        "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no",
        "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
    }  # fmt: skip
    (tmp_path / "pack.py").write_text(PACK)
    pack = [sys.executable, tmp_path / "pack.py", "pkg", "pack", "-o", tmp_path / "net.tar.gz", folder]
    done = subprocess.run(pack, env=away, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    with tarfile.open(tmp_path / "net.tar.gz") as archive:
        packed = set(archive.getnames())
    wanted = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert wanted <= packed
    # docs.platformio.org/en/latest/manifests/library-json: what is named is there
    manifest = json.loads((folder / "library.json").read_text())
    assert all((folder / "src" / header).is_file() for header in manifest["headers"])
    for example in manifest["examples"]:
        assert all((folder / example["base"] / name).is_file() for name in example["files"])
    # its rule for sources: what lies below srcDir is compiled, srcDir is the include folder
    compiled = sorted((folder / "src").rglob("*.c"))
    main = folder / "examples" / "net" / "main.c"
    command(["gcc", *WARNINGS, "-I", folder / "src", main, *compiled, "-o", tmp_path / "program"])
    assert says_the_class(tmp_path / "program")


# As much of Arduino's core as the sketch takes.
ARDUINO_H = """
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
struct Port {
    FILE *file;
    void begin(long) {}
    void print(const char *text) { fputs(text, stdout); }
    void print(long number) { printf("%ld", number); }
    void print(int number) { printf("%d", number); }
    void println(const char *text) { puts(text); }
    void println(long number) { printf("%ld\\n", number); }
    void println(double number) { printf("%g\\n", number); }
    size_t readBytes(char *to, size_t count) { return fread(to, 1, count, stdin); }
};
static Port Serial;
static int waits = 0;
static void delay(unsigned long) {
    if (++waits == 3) exit(0);
}
"""


@pytest.mark.parametrize(
    ("layout", "form", "numbers"),
    [
        ("amalgamation", "array", "int8"),
        ("amalgamation", "storage", "float32"),
        ("sources", "section", "int8"),
    ],
)
def test_arduino(layout, form, numbers, tmp_path):
    """By arduino.github.io/arduino-cli/latest/library-specification, format 1.5: all below src is compiled,
    src is the include folder, and a sketch is C++ with Arduino.h before it."""
    graph, x = dense_lif(numbers)
    folder = tmp_path / "snnrt_net"
    export(graph, folder, name="net", project="arduino", layout=layout, form=form, sample=x[0])
    lines = (folder / "library.properties").read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    required = {
        "name",
        "version",
        "author",
        "maintainer",
        "sentence",
        "paragraph",
        "category",
        "url",
        "architectures",
    }
    assert required <= set(properties) and all(properties.values())
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}", properties["name"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", properties["version"]) and ":" in properties["url"]
    assert properties["category"] in (
        "Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing",
        "Data Storage", "Data Processing", "Other",
    )  # fmt: skip
    assert all((folder / "src" / name).is_file() for name in properties["includes"].split(","))
    assert {path.name for path in folder.iterdir()} <= {
        "library.properties", "keywords.txt", "src", "examples", "extras", "README.md", "LICENSE",
        "net.snnrt",
    }  # fmt: skip
    sketch = folder / "examples" / "net" / "net.ino"
    (tmp_path / "Arduino.h").write_text(ARDUINO_H)
    (tmp_path / "run.cpp").write_text(
        f'#include "Arduino.h"\n#include "{sketch}"\nint main() {{ setup(); for (;;) loop(); }}\n'
    )
    objects = []
    for source in sorted((folder / "src").rglob("*.c")):
        objects.append(tmp_path / f"{len(objects)}.o")
        command(["gcc", "-std=gnu11", *WARNINGS, "-I", folder / "src", "-c", source, "-o", objects[-1]])
    need("g++", "g++")
    flags = ("-std=gnu++17", *WARNINGS, "-Wno-unused-function", "-I", folder / "src", "-I", tmp_path)
    command(["g++", *flags, tmp_path / "run.cpp", *objects, "-o", tmp_path / "sketch"])
    network = snnrt.Network(graph)
    raw = network.to_bytes()
    done = subprocess.run([tmp_path / "sketch"], input=raw, capture_output=True, check=True)
    out = network.run(x[:1])
    line = f"class {out.predictions[0]}, timesteps {out.timesteps[0]}, accumulator "
    assert done.stdout.decode().count(line) == 3


@pytest.mark.parametrize("kind", PROJECT_KINDS)
def test_every_combination_is_written_or_refused(kind):
    """And every file that a manifest names is there."""
    for layout in LAYOUTS:
        for form in MODEL_FORMS:
            wanted = Export(project=kind, layout=layout, form=form)
            if form == "incbin" and kind in ("arduino", "platformio"):
                with pytest.raises(snnrt.errors.OutputError, match="choose array or section"):
                    build_project(snnrt.Network(GRAPH), "net.snnrt", wanted)
                continue
            files = build_project(snnrt.Network(GRAPH), "net.snnrt", wanted).files
            if kind == "esp-idf":
                files = {path.removeprefix("snnrt_net/"): text for path, text in files.items()}
            manifests = "".join(str(files.get(name, "")) for name in ("CMakeLists.txt", "Kconfig"))
            if kind in ("cmake", "zephyr", "esp-idf"):
                compiled = set(re.findall(r"[\w/]+\.[cS]\b", manifests)) - {"main.c"}
                there = {name for name in files if name.endswith((".c", ".S")) and "main.c" not in name}
                assert compiled == there
            assert "@" not in manifests and "README.md" in files
            assert len([name for name in files if name.endswith("main.c")]) == 1

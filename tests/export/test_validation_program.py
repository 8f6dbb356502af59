"""The program that checks a board, run here as if it were one."""

from __future__ import annotations

import subprocess

import pytest
from demo_network import demo_network
from exported_projects import ARM, export

from snnrt.errors import OutputError
from snnrt.targets.export.project import Export, build_project

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror")


@pytest.mark.firmware
def test_a_result_that_is_not_the_hosts_ends_with_255(tmp_path):
    network, x = demo_network("int8")
    export(network.graph, tmp_path, samples=x[:2])
    text = (tmp_path / "validate.c").read_text()
    place = text.index("expected[2][3] = {\n    {") + len("expected[2][3] = {\n    {")
    (tmp_path / "validate.c").write_text(text[:place] + "1" + text[place:])
    sources = [str(tmp_path / name) for name in ("validate.c", "snnrt.c", "digits_model.c")]
    subprocess.run(["cc", *FLAGS, *sources, "-o", str(tmp_path / "validate")], check=True)
    assert subprocess.run([tmp_path / "validate"], capture_output=True).returncode == 255


@pytest.mark.firmware
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4"])
def test_cross_compilers_take_it(core, tmp_path):
    network, x = demo_network("int8")
    export(network.graph, tmp_path, samples=x[:2])
    command = [ARM.command()[0], "-mthumb", f"-mcpu={core}", *FLAGS, "-c", "validate.c", "-o", "validate.o"]
    subprocess.run(command, check=True, cwd=tmp_path)


def test_stored_models_are_refused():
    network, x = demo_network("int8")
    with pytest.raises(OutputError, match="--samples"):
        build_project(network, "d.snnrt", Export(form="storage", samples=x[:2]))


@pytest.mark.parametrize("kind", ["cmake", "zephyr", "arduino", "platformio", "esp-idf"])
def test_every_project_says_where_it_is(kind):
    network, x = demo_network("int8")
    files = build_project(network, "d.snnrt", Export(project=kind, samples=x[:1])).files
    (place,) = [path for path in files if path.endswith("validate.c")]
    inner = place.removeprefix("snnrt_d/")
    readme = next(str(files[path]) for path in files if path.endswith("README.md"))
    assert f"`{inner}`" in readme and "--against board.log" in readme
    assert kind != "cmake" or "snnrt_d_validate validate.c" in str(files["CMakeLists.txt"])

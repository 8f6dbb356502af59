"""``snnrt export``: what it prints and writes, and what it refuses in one line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from c_programs import command
from exported_projects import ARM, compile_example, results_of
from small_networks import dense_lif, every_kind

import snnrt
from snnrt.cli import export as export_command
from snnrt.cli import main
from snnrt.targets.code_sizes import builds_for
from snnrt.targets.export import project as projects
from snnrt.targets.export import readme
from snnrt.targets.export.c_text import name_from
from snnrt.targets.export.model_sources import MODEL_FORMS
from snnrt.targets.export.project_kinds import LAYOUTS, PROJECT_KINDS


@pytest.fixture
def model(tmp_path) -> Path:
    path = tmp_path / "wake-word.snnrt"
    snnrt.Network(dense_lif("int8")[0]).save(path)
    return path


@pytest.fixture
def run(capsys):
    """Run the command; its exit code, what it printed and its error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main(["export", *map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def refused(outcome: tuple[int, str, str], *fragments: str, code: int = 1) -> None:
    assert outcome[0] == code and outcome[1] == ""
    assert outcome[2].startswith("snnrt: error: ") and outcome[2].count("\n") == 1
    assert "internal error" not in outcome[2] and "Traceback" not in outcome[2]
    for fragment in fragments:
        assert fragment in outcome[2]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.firmware
def test_writes_a_project_that_runs(run, model, tmp_path):
    x = dense_lif("int8")[1]
    np.savez(tmp_path / "data.npz", x=x)
    folder = tmp_path / "firmware"
    code, out, err = run(model, "-o", folder, "--sample", tmp_path / "data.npz")
    assert code == 0 and err == "" and "7 files" in out and "wake_word_model.h" in out
    assert sorted(tree(folder)) == [
        "LICENSE", "README.md", "main.c", "snnrt.c", "snnrt.h", "wake_word_model.c", "wake_word_model.h",
    ]  # fmt: skip
    expected = snnrt.load(model).run(x[:1])
    program = compile_example(folder, "gcc")
    assert results_of(command([program]))["run"].class_index == expected.predictions[0]


def test_json(run, model, tmp_path):
    folder = tmp_path / "firmware"
    code, out, err = run(
        model, "-o", folder, "--json", "--project", "cmake", "--name", "net", "--with", "trace"
    )
    said = json.loads(out)
    assert code == 0 and err == ""
    assert said["files"] == sorted(tree(folder)) and said["name"] == "net"
    info = snnrt.load(model).file_info()
    sizes = {"model_bytes": info.file_bytes, "arena_bytes": info.arena_bytes}
    assert said["models"] == [{"file": str(model)} | sizes] and said["form"] == "array"
    assert said["options"]["SNNRT_WITH_TRACE"] == 1 and said["options"]["SNNRT_WITH_FLOAT32"] == 0


def test_choices_are_the_modules():
    assert export_command._LAYOUTS == LAYOUTS and export_command._FORMS == MODEL_FORMS
    assert export_command._PROJECTS == PROJECT_KINDS and export_command._PARTS == projects.PARTS


def test_the_same_again_is_the_same(run, model, tmp_path):
    for name in ("a", "b"):
        assert run(model, "-o", tmp_path / name, "--project", "zephyr")[0] == 0
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_a_folder_that_is_not_empty(run, model, tmp_path):
    folder = tmp_path / "firmware"
    folder.mkdir()
    assert run(model, "-o", folder)[0] == 0
    (folder / "mine.c").write_text("int mine;")
    (folder / "main.c").write_text("edited")
    before = tree(folder)
    refused(run(model, "-o", folder), "not empty", "--force")
    assert tree(folder) == before
    assert run(model, "-o", folder, "--force", "--layout", "sources")[0] == 0
    after = tree(folder)
    assert after["mine.c"] == b"int mine;" and after["main.c"] != b"edited" and "snnrt/network.c" in after
    assert sorted(path.name for path in tmp_path.iterdir()) == ["firmware", "wake-word.snnrt"]


def test_what_is_in_the_way_stays(run, model, tmp_path):
    folder = tmp_path / "firmware"
    (folder / "snnrt.c").mkdir(parents=True)
    refused(run(model, "-o", folder, "--force"), "snnrt.c is a folder")
    other = tmp_path / "other"
    other.mkdir()
    (other / "snnrt").write_text("mine")
    refused(run(model, "-o", other, "--force", "--layout", "sources"), "snnrt is a file")
    assert tree(other) == {"snnrt": b"mine"} and list(folder.iterdir()) == [folder / "snnrt.c"]


def test_into_the_folder_one_is_in(run, model, tmp_path, monkeypatch):
    """The folder stays the same one, so that a shell that is in it sees the files."""
    folder = tmp_path / "firmware"
    folder.mkdir(mode=0o700)
    before = folder.stat()
    monkeypatch.chdir(folder)
    assert run(model, "-o", ".")[0] == 0
    assert Path("main.c").is_file() and (folder.stat().st_ino, folder.stat().st_mode) == (
        before.st_ino, before.st_mode,
    )  # fmt: skip
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("failing", [0, 3])
def test_a_failure_leaves_nothing(run, model, tmp_path, monkeypatch, failing, there):
    written = []
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        written.append(self)
        if len(written) > failing:
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    folder = tmp_path / "firmware"
    if there:
        folder.mkdir()
    refused(run(model, "-o", folder), "No space left on device")
    assert {path.name for path in tmp_path.iterdir()} == {model.name} | ({"firmware"} if there else set())
    assert not there or not list(folder.iterdir())


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), KeyboardInterrupt()])
@pytest.mark.parametrize("failing", [0, 1, 5, 8, 13])
def test_a_failed_export_leaves_the_old_one_whole(run, model, tmp_path, monkeypatch, failing, error):
    """With --force over an earlier one, of other files, whichever of the moves fails."""
    folder = tmp_path / "firmware"
    assert run(model, "-o", folder)[0] == 0
    (folder / "mine.c").write_text("int mine;")
    (folder / "main.c").write_text("edited")
    before, replaced = tree(folder), []
    replace = os.replace

    def fail_once(source: Path, target: Path) -> None:
        replaced.append(target)
        if len(replaced) == failing + 1:
            raise error
        replace(source, target)

    monkeypatch.setattr(projects.os, "replace", fail_once)
    code, _, said = run(model, "-o", folder, "--force", "--project", "zephyr", "--layout", "sources")
    assert code in (1, 130) and ("Input/output error" in said or "interrupted" in said)
    assert len(replaced) > failing
    assert tree(folder) == before
    assert not [path for path in folder.rglob("*") if path.is_dir()]


def test_an_interruption_leaves_nothing(run, model, tmp_path, monkeypatch):
    def interrupted(self: Path, data: bytes) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    code, out, err = run(model, "-o", tmp_path / "firmware")
    assert code == 130 and out == "" and err == "snnrt: interrupted\n"
    assert [path.name for path in tmp_path.iterdir()] == [model.name]


def test_bad_places(run, model, tmp_path):
    (tmp_path / "file").write_text("x")
    refused(run(model, "-o", tmp_path / "file"), "is a file")
    refused(run(model, "-o", tmp_path / "no" / "folder"), "does not exist")
    refused(run(model, "-o", tmp_path / "a\0b"), "cannot write")
    refused(run(model, "-o", "/proc/firmware"), "cannot write")
    refused(run(model), "-o", code=2)


def test_bad_models(run, model, tmp_path):
    folder = tmp_path / "firmware"
    refused(run(tmp_path / "absent.snnrt", "-o", folder), "absent.snnrt")
    raw = bytearray(model.read_bytes())
    raw[100] ^= 1
    (tmp_path / "bad.snnrt").write_bytes(raw)
    refused(run(tmp_path / "bad.snnrt", "-o", folder), "checksum")
    raw[8] = 9
    (tmp_path / "new.snnrt").write_bytes(raw)
    refused(run(tmp_path / "new.snnrt", "-o", folder), "newer")
    refused(run(model, tmp_path / "absent.snnrt", "-o", folder), "absent.snnrt")
    twin = tmp_path / "Wake_Word.snnrt"
    twin.write_bytes(model.read_bytes())
    refused(run(model, twin, "-o", folder), "two models", "wake_word")
    assert not folder.exists()


@pytest.mark.parametrize(
    "name", ["", "9lives", "a-b", "snnrt", "SNNRT_x", "_x", "x_", "é", "a" * 41, "a b", "x;y"]
)
def test_bad_names(run, model, tmp_path, name):
    refused(run(model, "-o", tmp_path / "firmware", f"--name={name}"), "--name")
    assert not (tmp_path / "firmware").exists()


def test_names_of_files_become_names_of_c():
    names = {
        "digits": "digits",
        "Wake-Word v2": "wake_word_v2",
        "9": "network_9",
        "snnrt": "network_snnrt",
        "é": None,
    }
    for text, name in names.items():
        assert name_from(text) == (name or "network")
    assert len(name_from("x" * 300)) == 40


def test_bad_choices(run, model, tmp_path):
    folder = tmp_path / "firmware"
    refused(run(model, "-o", folder, "--project", "mbed"), "cmake", code=2)
    refused(run(model, "-o", folder, "--layout", "one"), "amalgamation", code=2)
    refused(run(model, "-o", folder, "--with", "float"), "health", code=2)
    refused(run(model, "-o", folder, "--with", "trace", "--without", "trace"), "exclude", code=2)
    refused(run(model, "-o", folder, "--model", "incbin", "--project", "arduino"), "array or section")
    refused(run(model, "-o", folder, "--model", "storage", "--without", "model-check"), "must be checked")
    np.savez(tmp_path / "data.npz", x=np.zeros((2, 7), np.float32))
    refused(run(model, "-o", folder, "--sample", tmp_path / "data.npz"), "shape")
    assert not folder.exists()


def test_the_readme_states_the_table(run, model, tmp_path, monkeypatch):
    """Bytes and stack of every core of the table; without the table a sentence says where they come from."""
    assert run(model, "-o", tmp_path / "a")[0] == 0
    page = (tmp_path / "a" / "README.md").read_text()
    graph = snnrt.load(model).graph
    for fast, small in zip(builds_for(graph, "fast"), builds_for(graph, "small"), strict=True):
        cells = [fast.core]
        for build in (fast, small):
            code = build.code_bytes + sum(build.added_bytes[part] for part in ("health", "strings", "verify"))
            cells += [str(code), str(build.stack_bytes)]
        assert f"| {' | '.join(cells)} | {fast.network_bytes} |" in page
    info = snnrt.load(model).file_info()
    assert f"| model `wake_word` | {info.file_bytes} | flash |" in page
    assert f"| its arena | {info.arena_bytes} | RAM" in page

    def absent(*_: object) -> None:
        raise snnrt.errors.TargetError("no table")

    monkeypatch.setattr(readme, "builds_of", absent)
    assert run(model, "-o", tmp_path / "b")[0] == 0
    page = (tmp_path / "b" / "README.md").read_text()
    assert "-fstack-usage" in page and "@" not in page.replace("@0x", "")


@pytest.mark.firmware
@pytest.mark.parametrize("without", [(), ("health", "strings"), ("health", "strings", "model-check")])
def test_the_readme_counts_the_parts_that_are_there(run, model, tmp_path, without):
    """Its figure and a build of all that was exported, which no linker has thinned out, are near."""
    left_out = [word for part in without for word in ("--without", part)]
    assert run(model, "-o", tmp_path / "a", *left_out)[0] == 0
    page = (tmp_path / "a" / "README.md").read_text()
    said = int(re.search(r"^\| cortex-m0 \| (\d+) \|", page, re.MULTILINE)[1])
    compiled = tmp_path / "snnrt.o"
    flags = ["-O2", "-ffunction-sections", "-fdata-sections"]
    command([*ARM.command(), *flags, "-c", tmp_path / "a" / "snnrt.c", "-o", compiled])
    text, data, _ = map(int, command(["arm-none-eabi-size", compiled]).splitlines()[1].split()[:3])
    assert abs(said - text - data) <= 0.1 * said, (said, text + data)


@pytest.mark.firmware
def test_spikes_over_time(run, tmp_path):
    graph, x = every_kind("float32")
    snnrt.Network(graph).save(tmp_path / "k.snnrt")
    np.savez(tmp_path / "data.npz", x=x)
    folder = tmp_path / "firmware"
    assert run(tmp_path / "k.snnrt", "-o", folder, "--sample", tmp_path / "data.npz")[0] == 0
    assert "#define K_INPUT_IS_CONSTANT 0" in (folder / "k_model.h").read_text()
    said = results_of(command([compile_example(folder, "gcc")]))
    alone = snnrt.Network(graph).run(x[:1]).predictions[0]
    assert said["stream"].class_index == said["run"].class_index == alone


KILLED = """
import sys, time
from snnrt.targets.export import project
def stop(*_, **__):
    print("ready", flush=True)
    time.sleep(60)
project._move = stop
project.write_project({"a.c": "one", "deep/b.c": "two"}, sys.argv[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs kill and locks")
@pytest.mark.parametrize("exists", [False, True])
def test_a_killed_export_leaves_nothing_for_long(tmp_path, exists):
    folder = tmp_path / "firmware"
    if exists:
        folder.mkdir()
    arguments = [sys.executable, "-c", KILLED, str(folder)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    left = folder if exists else tmp_path
    assert [item.name[:10] for item in left.iterdir()] == [".firmware."]
    process.kill()
    process.communicate()
    projects.write_project({"c.c": "three"}, folder)
    assert [item.name for item in tmp_path.iterdir()] == ["firmware"]
    assert [item.name for item in folder.iterdir()] == ["c.c"]

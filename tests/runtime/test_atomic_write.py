"""Files are whole or not there."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from snnrt import atomic_write
from snnrt.atomic_write import check_folder, remove_leftovers, temporary_folder, write_atomically
from snnrt.errors import OutputError


def test_text_and_bytes(tmp_path):
    write_atomically(tmp_path / "a", "µJ\n")
    write_atomically(str(tmp_path / "b"), b"\x00\xff")
    assert (tmp_path / "a").read_bytes() == "µJ\n".encode()
    assert (tmp_path / "b").read_bytes() == b"\x00\xff"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a", "b"]


def test_overwrites_and_keeps_permissions(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o640)
    write_atomically(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_new_files_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_symbolic_links_are_followed(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_devices_are_written_directly():
    write_atomically(os.devnull, "nothing")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing/a", "does not exist; create it"),
        (".", "is a folder"),
        ("file/a", "cannot write"),
        ("n" * 300, "cannot write"),
        ("nul\0", "cannot write"),
    ],
)
def test_what_cannot_be_written(tmp_path, name, reason):
    (tmp_path / "file").write_text("old")
    with pytest.raises(OutputError, match=reason) as raised:
        write_atomically(os.path.join(tmp_path, name), "x")
    assert "\n" not in str(raised.value)
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_line_breaks_in_names_stay_on_one_line(tmp_path):
    with pytest.raises(OutputError) as raised:
        write_atomically(tmp_path / "a\nb" / "c", "x")
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(tmp_path):
    (tmp_path / "a").write_text("old")
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OutputError, match="Permission denied"):
            write_atomically(tmp_path / "a", "new")
        with pytest.raises(OutputError, match="Permission denied"):
            write_atomically(tmp_path / "b", "new")
    finally:
        tmp_path.chmod(0o755)
    assert (tmp_path / "a").read_text() == "old"


def test_a_failure_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a"]


@pytest.fixture(params=["nameless", "named"])
def way(request, monkeypatch) -> str:
    """With files that have no name while they are written, and on a system that has no such thing."""
    if request.param == "named":
        monkeypatch.setattr(atomic_write, "_open_nameless", lambda folder: None)
    return request.param


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


@pytest.mark.parametrize("name", ["a", "µ" * 100, "\U0001f600" * 63])
def test_written_and_written_again_in_either_way(way, tmp_path, name):
    path = tmp_path / name
    for content in ("one", "two", "\ud800three"):
        write_atomically(path, content)
        path.chmod(0o640)
    assert path.read_text() == "?three" and names(tmp_path) == [name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


KILLED = """
import os, sys, time
from snnrt import atomic_write
way, moment, path = sys.argv[1:]
if way == "named":
    atomic_write._open_nameless = lambda folder: None
def stop(*_, **__):
    print("ready", flush=True)
    time.sleep(60)
setattr(os, {"sync": "fsync", "name": "replace"}[moment], stop)
atomic_write.write_atomically(path, b"new" * 1000)
"""


def stopped(code: str, *arguments: object) -> subprocess.Popen:
    """A writer that has come to the place where it stops."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.skipif(sys.platform != "linux", reason="needs kill and locks")
@pytest.mark.parametrize("moment", ["sync", "name"])
def test_a_killed_writer_leaves_nothing_for_long(way, moment, tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    process = stopped(KILLED, way, moment, path)
    # a writer that lives keeps its file, whoever else writes
    before = names(tmp_path)
    assert len(before) == (1 if (way, moment) == ("nameless", "sync") else 2)
    write_atomically(path, "other")
    assert names(tmp_path) == before and path.read_text() == "other"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    write_atomically(path, "last")
    assert names(tmp_path) == ["a"] and path.read_text() == "last"


@pytest.mark.skipif(sys.platform != "linux", reason="needs kill and locks")
def test_writers_killed_at_any_moment_leave_a_whole_file(tmp_path):
    code = (
        "import itertools, sys\nfrom snnrt.atomic_write import write_atomically\nprint('ready', flush=True)\n"
        "for n in itertools.count():\n    write_atomically(sys.argv[1], bytes([n % 256]) * 200_000)\n"
    )
    path = tmp_path / "a"
    for index in range(8):
        process = stopped(code, path)
        time.sleep(0.005 * index)
        process.kill()
        process.communicate()
        if path.exists():
            content = path.read_bytes()
            assert len(content) == 200_000 and len(set(content)) == 1
    write_atomically(path, "last")
    assert names(tmp_path) == ["a"]


def test_files_that_only_look_left_over_stay(way, tmp_path):
    others = [".a.part", ".a.0123456789.part", ".b.0123456789ab.part", ".a.0123456789aX.part", "a.part"]
    for name in others:
        (tmp_path / name).touch()
    (tmp_path / ".a.0123456789ab.part").touch()
    (tmp_path / ".a.0123456789ac.part").symlink_to(tmp_path / "a.part")
    write_atomically(tmp_path / "a", "x")
    assert names(tmp_path) == sorted([*others, ".a.0123456789ac.part", "a"])


def test_many_writers_of_one_file(way, tmp_path):
    path = tmp_path / "a"
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(write_atomically, path, bytes([n]) * 5000) for n in range(64)]:
            done.result()
    assert len(set(path.read_bytes())) == 1 and names(tmp_path) == ["a"]


def test_a_temporary_folder_is_gone_at_the_end(tmp_path):
    with pytest.raises(KeyError), temporary_folder(tmp_path, "out") as place:
        (place / "deep").mkdir()
        (place / "deep" / "file").touch()
        remove_leftovers(tmp_path, "out")
        assert (place / "deep" / "file").exists()
        raise KeyError
    assert names(tmp_path) == []


def test_whether_a_folder_takes_files(way, tmp_path):
    check_folder(tmp_path)
    assert names(tmp_path) == []
    for place in (tmp_path / "missing", Path("/proc/self")):
        with pytest.raises(OSError):
            check_folder(place)

"""Files are whole or not there."""

from __future__ import annotations

import os
import stat

import pytest

from snnrt.atomic_write import write_atomically
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

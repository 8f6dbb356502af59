"""Files that are either whole or not there, and nothing beside them, not even after kill -9.

A file is written without a name where the system can (Linux: O_TMPFILE), and gets one when it is whole.
Where a name is needed before that, its writer holds a lock on it, which the system lifts when the writer
dies: the next write to the same place removes what has no lock.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from snnrt.errors import OutputError
from snnrt.texts import LONGEST_CELL, printable, quoted

if sys.platform != "win32":
    import fcntl

_NAME_BYTES = 200


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write ``content`` (text as UTF-8) to ``path``; after a failure the old file is untouched.

    The bytes go to a file without a name, or of a temporary one, in the same folder, are synced to the
    disk and then take the name over in one step. A symbolic link is followed; an existing file keeps its
    permissions. A device or a pipe (``/dev/stdout``) is written directly. What a killed write to the same
    ``path`` has left is removed.

    Raises :class:`OutputError` where the folder is missing or cannot be written, where
    ``path`` is a folder or a protected file, and where the disk is full.
    """
    try:
        target = Path(os.path.realpath(path))
    except ValueError as error:
        raise _failure(path, error) from error
    data = content.encode("utf-8", errors="replace") if isinstance(content, str) else bytes(content)
    mode = _check_target(path, target)
    if mode is not None and not stat.S_ISREG(mode):
        _write_directly(path, target, data)
        return
    permissions = None if mode is None else stat.S_IMODE(mode)
    try:
        remove_leftovers(target.parent, target.name)
        if not _write_nameless(target, data, permissions):
            _write_named(target, data, permissions)
    except OSError as error:
        raise _failure(path, error) from error


@contextmanager
def temporary_folder(folder: Path, name: str) -> Iterator[Path]:
    """A new folder in ``folder`` for the files of ``name``; it and all in it is gone at the end.

    One that is left by a killed writer goes by :func:`remove_leftovers`. Raises OSError.
    """
    place, descriptor = _locked_folder(folder, name)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)


def remove_leftovers(folder: Path, name: str) -> None:
    """Remove what killed writers of ``name`` have left in ``folder``; what cannot be removed stays."""
    prefix = _prefix(name)
    try:
        names = [one for one in os.listdir(folder) if one.startswith(prefix) and one.endswith(".part")]
    except OSError:
        return
    for one in names:
        token = one[len(prefix) : -len(".part")]
        if len(token) == 12 and set(token) <= set("0123456789abcdef"):
            with suppress(OSError):
                _remove_if_left(folder / one)


def check_folder(folder: Path) -> None:
    """Raises OSError where no file can be made in ``folder``; makes none that could be left there."""
    descriptor = _open_nameless(folder)
    if descriptor is None:
        descriptor, place = _locked_file(folder, "check")
        place.unlink()
    os.close(descriptor)


def _write_nameless(target: Path, data: bytes, permissions: int | None) -> bool:
    """Whether the system could; a name appears with all of the file behind it."""
    descriptor = _open_nameless(target.parent)
    if descriptor is None:
        return False
    # closed by the end of the block, which a lock on a name lasts for
    with open(descriptor, "wb") as file:
        _fill(file.fileno(), data, permissions)
        _lock(descriptor)
        if permissions is None and _give_name(descriptor, target):
            return True
        # there is a file of that name: a second one takes its place
        place = _temporary(target.parent, target.name)
        if not _give_name(descriptor, place):
            return False
        _replace(place, target)
    return True


def _write_named(target: Path, data: bytes, permissions: int | None) -> None:
    descriptor, place = _locked_file(target.parent, target.name)
    with open(descriptor, "wb") as file:
        try:
            _fill(file.fileno(), data, permissions)
            if sys.platform == "win32":
                file.close()
            os.replace(place, target)
        except BaseException:
            place.unlink(missing_ok=True)
            raise


def _fill(descriptor: int, data: bytes, permissions: int | None) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)
    if permissions is not None and sys.platform != "win32":
        os.fchmod(descriptor, permissions)


def _replace(place: Path, target: Path) -> None:
    try:
        os.replace(place, target)
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def _open_nameless(folder: Path) -> int | None:
    """A file that is gone when it is closed; None where the system or the disk has no such thing."""
    if not hasattr(os, "O_TMPFILE"):
        return None
    try:
        return os.open(folder, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, 0o666)
    except OSError:
        # what is wrong with the folder, a file of a name will say
        return None


def _give_name(descriptor: int, place: Path) -> bool:
    """Whether the file without a name has got one: not where the name is taken or /proc is missing."""
    try:
        folder = os.open(place.parent, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # with a folder's descriptor os.link follows the link in /proc
        os.link(f"/proc/self/fd/{descriptor}", place.name, dst_dir_fd=folder)
    except OSError:
        return False
    finally:
        os.close(folder)
    return True


def _temporary(folder: Path, name: str) -> Path:
    return folder / f"{_prefix(name)}{secrets.token_hex(6)}.part"


def _prefix(name: str) -> str:
    # with what is added still a name that any disk takes
    begin = name.encode("utf-8", "replace")[:_NAME_BYTES].decode("utf-8", "ignore")
    return f".{begin}."


def _locked_file(folder: Path, name: str) -> tuple[int, Path]:
    while True:
        place = _temporary(folder, name)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        if _holds(descriptor, place):
            return descriptor, place
        os.close(descriptor)


def _locked_folder(folder: Path, name: str) -> tuple[Path, int | None]:
    while True:
        place = _temporary(folder, name)
        place.mkdir()
        if sys.platform == "win32":
            return place, None
        with suppress(FileNotFoundError):
            descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
            if _holds(descriptor, place):
                return place, descriptor
            os.close(descriptor)


def _holds(descriptor: int, place: Path) -> bool:
    """Lock; whether the name is still there: between its making and the lock it could be taken for left."""
    _lock(descriptor)
    try:
        return sys.platform == "win32" or os.path.samestat(os.fstat(descriptor), place.stat())
    except FileNotFoundError:
        return False


def _lock(descriptor: int) -> None:
    if sys.platform != "win32":
        # a disk without locks: nothing can be told of the writer, and nothing is removed
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)


def _remove_if_left(place: Path) -> None:
    if sys.platform == "win32":
        # an open file cannot be removed there
        place.unlink()
        return
    descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()
    finally:
        os.close(descriptor)


def _check_target(path: str | os.PathLike[str], target: Path) -> int | None:
    """The mode of what is there now, None where nothing is; OutputError where it must stay."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        if not target.parent.is_dir():
            raise OutputError(
                f"cannot write {_shown(path)}: folder {_shown(target.parent)} does not exist; create it"
            ) from None
        return None
    except (OSError, ValueError) as error:
        raise _failure(path, error) from error
    if stat.S_ISDIR(mode):
        raise OutputError(f"cannot write {_shown(path)}: it is a folder; give a file name inside it")
    if not os.access(target, os.W_OK):
        raise OutputError(f"cannot write {_shown(path)}: the file is write-protected; choose another name")
    return mode


def _write_directly(path: str | os.PathLike[str], target: Path, data: bytes) -> None:
    try:
        with open(target, "wb") as file:
            file.write(data)
    except OSError as error:
        raise _failure(path, error) from error


def _failure(path: str | os.PathLike[str], error: OSError | ValueError) -> OutputError:
    reason = getattr(error, "strerror", None) or str(error)
    return OutputError(
        f"cannot write {_shown(path)}: {reason}; choose a folder that exists, is writable and has room"
    )


def _shown(path: str | os.PathLike[str]) -> str:
    return printable(os.fspath(path), LONGEST_CELL) or quoted(os.fspath(path))

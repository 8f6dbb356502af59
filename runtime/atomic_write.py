"""Files that are either whole or not there."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from snnrt.errors import OutputError


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write ``content`` (text as UTF-8) to ``path``; after a failure the old file is untouched.

    The bytes go to a temporary file in the same folder, are synced to the disk and then
    take the name over in one step. A symbolic link is followed; an existing file keeps its
    permissions. A device or a pipe (``/dev/stdout``) is written directly.

    Raises :class:`OutputError` where the folder is missing or cannot be written, where
    ``path`` is a folder or a protected file, and where the disk is full.
    """
    try:
        target = Path(os.path.realpath(path))
    except ValueError as error:
        raise _failure(path, error) from error
    data = content.encode("utf-8") if isinstance(content, str) else bytes(content)
    mode = _check_target(path, target)
    if mode is not None and not stat.S_ISREG(mode):
        _write_directly(path, target, data)
        return
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        try:
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                os.chmod(temporary, stat.S_IMODE(mode))
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _failure(path, error) from error


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
    """The path on one line, whatever characters it has."""
    text = os.fspath(path)
    return text if text.isprintable() and text else repr(text)

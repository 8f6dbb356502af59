"""The command ``snnrt``: one module a subcommand, importing what it needs only when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from typing import NoReturn

from snnrt.cli import convert, export, health, inspect, profile, run, targets, validate
from snnrt.errors import SnnrtError
from snnrt.texts import LONGEST_MESSAGE, printable

OK, FAILED, USAGE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141

_DESCRIPTION = """\
Convert trained spiking neural networks into a file for small devices, run them with dynamic
timesteps in the C core, and say what that costs in energy and time.
"""

_EPILOG = """\
example:
  snnrt convert model.nir -o model.snnrt --numbers int8 --calibrate digits --exit entropy --threshold 0.1
  snnrt run model.snnrt digits
  snnrt profile model.snnrt digits --target dt-snn

exit codes: 0 done, 1 failed or disagrees, 2 wrong usage, 130 interrupted.
SNNRT_DEBUG=1 shows where an error came from.
"""


class _UsageError(Exception):
    """A command line that means nothing; the message says what to do."""


class _Parser(argparse.ArgumentParser):
    """argparse, with errors of one line."""

    def error(self, message: str) -> NoReturn:
        raise _UsageError(f"{message}; see '{self.prog} --help'")


class _Version(argparse.Action):
    """Prints the version."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from snnrt import __version__

        print(f"snnrt {__version__}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    parser = _Parser(
        prog="snnrt",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (convert, inspect, run, profile, validate, export, health, targets):
        command.add_parser(commands)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; ``argv`` without the program's name (None: the process's own).

    Returns the exit code: 0 done, 1 failed or disagrees, 2 wrong usage, 130 interrupted,
    141 where the reader of the output went away.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _report("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return BROKEN_PIPE
    except OSError as error:
        _discard_output()
        _report(f"error: cannot write the output: {_describe(error)}")
        return FAILED
    return code


def _run(argv: list[str] | None) -> int:
    try:
        args = build_parser().parse_args(argv)
        return args.function(args)
    except _UsageError as error:
        _report(f"error: {error}")
        return USAGE
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else OK
    except MemoryError:
        _report("error: out of memory; use fewer inputs (--limit) or a smaller model")
    except SnnrtError as error:
        if os.environ.get("SNNRT_DEBUG"):
            raise
        _report(f"error: {error}")
    except OSError:
        # standard output failed (main says how): whatever reads or writes files raises an SnnrtError
        raise
    except Exception as error:
        # the last resort: a defect of snnrt, told without a traceback unless asked for
        if os.environ.get("SNNRT_DEBUG"):
            raise
        _report(
            f"error: internal error: {_describe(error)}; please report it with the output of SNNRT_DEBUG=1"
        )
    return FAILED


def _describe(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error}"


def _report(message: str) -> None:
    print(f"snnrt: {printable(message, LONGEST_MESSAGE)}", file=sys.stderr)


def _discard_output() -> None:
    """Point standard output to nowhere, so that the interpreter's flush at exit does not fail again."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)

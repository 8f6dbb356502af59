"""The command ``snnrt``: one module a subcommand, importing what it needs only when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from snnrt.cli import (
    calibrate,
    check,
    completion,
    convert,
    export,
    health,
    inspect,
    monitor,
    profile,
    run,
    sweep,
    targets,
    validate,
)
from snnrt.cli.help_text import Formatter
from snnrt.cli.output import colours
from snnrt.cli.plain_text import HANDLER
from snnrt.errors import SnnrtError
from snnrt.texts import LONGEST_MESSAGE, printable

OK, FAILED, USAGE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141

_DESCRIPTION = """\
Convert trained spiking neural networks into a file for small devices, run them with dynamic
timesteps in the C core, and say what that costs in energy and time.
"""

_EPILOG = """\
example:
  snnrt convert model.nir -o model.snnrt --numbers int8 --calibrate digits --exit entropy:0.2
  snnrt run model.snnrt digits
  snnrt profile model.snnrt digits --target dt-snn,stm32u575

'snnrt COMMAND --help' explains a command. Completion in the shell:
  eval "$(snnrt completion bash)"

exit codes: 0 done, 1 failed, unsupported or disagrees, 2 wrong usage, 130 interrupted,
141 the reader of the output went away. SNNRT_DEBUG=1 shows where an error came from.
"""


_MEANT = {
    "--threshold": "--exit entropy:0.2",
    "--exit-rule": "--exit entropy:0.2",
    "--source": "--framework snntorch",
    "--steps": "--timesteps",
    "--framework": "--project",
    "--targets": "--target",
    "--test": "--data",
}
"""Words that mean an option of another name."""


class _UsageError(Exception):
    """A command line that means nothing; the message says what to do."""


class _Parser(argparse.ArgumentParser):
    """argparse, with errors of one line that say what to type."""

    takes_all = ""
    """An option that takes every word behind it, for the error that this leads to."""

    def error(self, message: str) -> NoReturn:
        hint = ""
        example = next((line.strip() for line in (self.epilog or "").splitlines() if "snnrt " in line), "")
        if self.takes_all and "are required: MODEL" in message:
            hint = (
                f"; {self.takes_all} takes every word behind it: put it last, or write {self.takes_all}=A,B"
            )
        elif "are required: " in message and example:
            hint = f"; as in: {example}"
        elif "invalid choice: '" in message:
            # a word, which may be a command's; numbers are not quoted
            hint = _close(message.split("'")[1], self._subparsers_names())
        raise _UsageError(f"{message}{hint}; see '{self.prog} --help'")

    def refuse(self, unknown: list[str]) -> NoReturn:
        """Words that no argument takes."""
        known = [name for name in self._option_string_actions if name.startswith("--")]
        given = [word.split("=")[0] for word in unknown]
        meant = [_MEANT[word] for word in given if word in _MEANT and _MEANT[word].split()[0] in known]
        hint = next(filter(None, (_close(word, known) for word in given)), "")
        if meant:
            hint = f"; did you mean {meant[0]}?"
        self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")

    def _subparsers_names(self) -> list[str]:
        return [
            name
            for action in self._actions
            if isinstance(action, argparse._SubParsersAction)
            for name in action.choices
        ]


def _close(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(word, known, n=1, cutoff=0.6) if len(word) > 2 else []
    return f"; did you mean {found[0]}?" if found else ""


class _Version(argparse.Action):
    """Prints the version."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from snnrt import __version__

        print(f"snnrt {__version__}")
        parser.exit()


def build_parser() -> _Parser:
    """The parser of the whole command."""
    parser = _Parser(
        prog="snnrt",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in (
        check,
        convert,
        inspect,
        run,
        calibrate,
        profile,
        sweep,
        validate,
        export,
        health,
        monitor,
        targets,
        completion,
    ):
        command.add_parser(commands)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; ``argv`` without the program's name (None: the process's own).

    Returns the exit code: 0 done, 1 failed or disagrees, 2 wrong usage, 130 interrupted,
    141 where the reader of the output went away.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=HANDLER)
    if "_ARGCOMPLETE" in os.environ:
        completion.answer(build_parser())
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
        parser = build_parser()
        args, unknown = parser.parse_known_args(argv)
        if unknown:
            asked: _Parser = getattr(args, "parser", parser)
            asked.refuse(unknown)
        if not hasattr(args, "function"):
            parser.print_help()
            return OK
        args.typed = ["snnrt", *(sys.argv[1:] if argv is None else argv)]
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
    line = f"snnrt: {printable(message, LONGEST_MESSAGE)}"
    if colours(sys.stderr):
        line = line.replace("error:", "\x1b[1;31merror:\x1b[0m", 1)
    print(line, file=sys.stderr)


def _discard_output() -> None:
    """Point standard output to nowhere, so that the interpreter's flush at exit does not fail again."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)

"""The command as a whole: help, exit codes, errors of one line, pipes and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import snnrt
from snnrt.cli import output
from snnrt.devices.registry import find_device
from snnrt.errors import DataError

COMMANDS = ("check", "convert", "inspect", "run", "profile", "validate", "targets")


def process(*argv: str, **options: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "snnrt", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def test_help_names_every_command(snnrt_command):
    outcome = snnrt_command("--help")
    assert outcome.code == 0 and outcome.err == ""
    for command in COMMANDS:
        assert f"\n    {command} " in outcome.out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_shows_an_example(snnrt_command, command):
    outcome = snnrt_command(command, "--help")
    assert outcome.code == 0 and f"example:\n  snnrt {command}" in outcome.out and "--json" in outcome.out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("fly",), "invalid choice: 'fly'"),
        (("run",), "required: MODEL, DATA; as in: snnrt run digits.snnrt digits"),
        (("run", "a", "b", "--frobnicate"), "unrecognized arguments: --frobnicate"),
        (("run", "a", "b", "--limit", "0"), "expected a whole number from 1"),
        (("run", "a", "b", "--timesteps", "65536"), "expected a whole number from 1 to 65535, found '65536'"),
        (("run", "a", "b", "--timesteps", "two"), "found 'two'"),
        (("run", "a", "b", "--exit", "entropy:1.5"), "expected a threshold from 0 to 1, found '1.5'"),
        (("run", "a", "b", "--exit", "entropy:nan"), "expected a threshold from 0 to 1, found 'nan'"),
        (("run", "a", "b", "--lim", "3"), "unrecognized arguments"),
        (("profile", "a", "b"), "required: --target"),
        (("validate", "a", "--data", "digits"), "required: --against"),
        (("convert", "a.nir"), "required: -o/--output"),
        (("convert", "a.nir", "-o", "b", "--dt", "0"), "expected a number above 0"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(snnrt_command, argv, message):
    snnrt_command(*argv).failed(message, code=2)


def test_an_unknown_device_is_told_as_the_library_tells_it(snnrt_command):
    with pytest.raises(DataError) as caught:
        find_device("gpu")
    assert "cpu:portable, " in str(caught.value) and "emulator:rv32, found 'gpu'" in str(caught.value)
    snnrt_command("run", "a", "b", "--device", "gpu").failed(str(caught.value), code=1)


def test_the_module_is_the_command():
    done = process("targets", "--json")
    assert done.returncode == 0 and '"dt-snn"' in done.stdout and done.stderr == ""
    done = process("run", "missing.snnrt", "digits")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("snnrt: error: ") and done.stderr.count("\n") == 1


def test_help_and_usage_errors_do_not_import_numpy():
    code = "import sys, snnrt.cli; snnrt.cli.main(sys.argv[1:]); sys.exit('numpy' in sys.modules)"
    for argv in (["--help"], ["run", "--help"], ["run"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *argv], capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr


def test_version():
    done = process("--version")
    assert done.returncode == 0 and done.stdout == f"snnrt {snnrt.__version__}\n"


def test_ctrl_c_ends_with_130_and_no_traceback():
    code = (
        "import sys, time, snnrt, snnrt.cli\n"
        "def load(path):\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "snnrt.load = load\n"
        "sys.exit(snnrt.cli.main(['inspect', 'model.snnrt']))"
    )
    # what runs in the background of a shell ignores the signal unless told otherwise
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as child:  # fmt: skip
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
    assert child.returncode == 130 and err == b"snnrt: interrupted\n"


def test_a_reader_that_goes_away_is_no_error():
    command = [sys.executable, "-m", "snnrt", "targets", "dt-snn"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(write)
    assert done.returncode == 141 and done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_behind_standard_output_is_an_error():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "snnrt", "targets"]
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "snnrt: error: cannot write the output: No space left on device\n"


def test_a_defect_is_told_in_one_line_unless_it_is_debugged(snnrt_command, monkeypatch):
    def broken(path: str) -> None:
        raise ZeroDivisionError("a\nb")

    monkeypatch.setattr(snnrt, "load", broken)
    outcome = snnrt_command("inspect", "model.snnrt")
    assert outcome.code == 1 and outcome.err.count("\n") == 1
    assert outcome.err.startswith("snnrt: error: internal error: ZeroDivisionError: a b;")
    monkeypatch.setenv("SNNRT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        snnrt_command("inspect", "model.snnrt")


def test_out_of_memory_is_told_in_one_line(snnrt_command, monkeypatch):
    def greedy(path: str) -> None:
        raise MemoryError

    monkeypatch.setattr(snnrt, "load", greedy)
    snnrt_command("inspect", "model.snnrt").failed("out of memory")


def test_no_progress_where_standard_error_is_no_terminal(snnrt_command, float_model):
    assert snnrt_command("run", float_model, "digits", "--limit", "5").err == ""
    with output.progress_bar("title") as progress:
        assert progress is None


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_progress_on_a_terminal_leaves_standard_output_alone(float_model):
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "snnrt", "run", str(float_model), "digits", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, env=os.environ | {"TERM": "xterm"}
    ) as child:
        os.close(theirs)
        drawn = b""
        while True:
            try:
                chunk = os.read(ours, 1 << 16)
            except OSError:
                break
            if not chunk:
                break
            drawn += chunk
        out, _ = child.communicate(timeout=60)
    os.close(ours)
    assert child.returncode == 0 and b"running" in drawn and b"\x1b" not in out and out.startswith(b"{")

"""What comes out where: narrow terminals, ASCII, colour, and a shell that completes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from effort import whole

from snnrt.cli.completion import SHELLS
from snnrt.cli.help_text import continued
from snnrt.targets.loading import list_targets

COMMANDS = (
    "check",
    "convert",
    "inspect",
    "run",
    "profile",
    "sweep",
    "validate",
    "export",
    "health",
    "targets",
    "completion",
)


def process(*argv: object, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "snnrt", *map(str, argv)], capture_output=True, timeout=120, check=False,
        env=os.environ | environment,
    )  # fmt: skip


def test_alone_it_helps(snnrt_command):
    outcome = snnrt_command()
    assert outcome.code == 0 and outcome.err == ""
    assert outcome.out == snnrt_command("--help").out and "exit codes: 0 done" in outcome.out


@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_the_terminal(command, width):
    printed = process(*([command] if command else []), "--help", COLUMNS=str(width))
    assert printed.returncode == 0
    assert max(map(len, printed.stdout.decode().splitlines())) <= width


@whole
@pytest.mark.parametrize("width", [80, 48])
def test_output_fits_the_terminal(int8_model, width):
    for argv in (
        ["inspect", int8_model],
        ["run", int8_model, "digits", "--limit", "20"],
        ["profile", int8_model, "digits", "--limit", "5", "--target", "dt-snn,stm32u575"],
        ["targets"],
        ["targets", "dt-snn"],
        ["health", "--record", "digits", "--limit", "20", "--model", int8_model],
    ):
        printed = process(*argv, COLUMNS=str(width))
        assert printed.returncode == 0, printed.stderr
        lines = printed.stdout.decode().splitlines()
        assert max(map(len, lines)) <= width, max(lines, key=len)


def test_every_figure_is_there_in_a_narrow_terminal(snnrt_command, int8_model):
    wide = snnrt_command("inspect", int8_model).out
    narrow = process("inspect", int8_model, COLUMNS="60").stdout.decode()
    table = [line.split() for line in wide.splitlines() if line.startswith(("conv", "lif", "cortex"))]
    assert len(table) > 6
    for row in table:
        assert all(cell.rstrip(",") in narrow for cell in row)


def test_where_nobody_looks_a_line_is_not_broken(snnrt_command, int8_model):
    assert max(map(len, snnrt_command("inspect", int8_model).out.splitlines())) > 100


@whole
def test_ascii_has_a_form_for_every_sign(int8_model, tmp_path):
    for argv in (
        ["inspect", int8_model],
        ["run", int8_model, "digits", "--limit", "20"],
        ["profile", int8_model, "digits", "--limit", "5", "--target", "all"],
        ["targets", "dt-snn"],
        ["convert", "--help"],
        ["run", int8_model, "no data …"],
        ["run", int8_model, "digits", "--limit", "3", "--json"],
    ):
        printed = process(*argv, PYTHONIOENCODING="ascii", LC_ALL="C")
        text = (printed.stdout + printed.stderr).decode("ascii")
        assert "Traceback" not in text and "internal error" not in text
        assert "\\u" not in text and "\\x" not in text
    assert (
        "####"
        in process("run", int8_model, "digits", "--limit", "9", PYTHONIOENCODING="ascii").stdout.decode()
    )
    assert "1x8x8" in process("inspect", int8_model, PYTHONIOENCODING="ascii").stdout.decode("ascii")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colour_only_on_terminals_that_want_it(environment, coloured):
    import pty

    ours, theirs = pty.openpty()
    settings = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    done = subprocess.run(
        [sys.executable, "-m", "snnrt", "run", "missing", "digits"], stderr=theirs, stdout=theirs,
        env=settings | environment, timeout=60, check=False,
    )  # fmt: skip
    os.close(theirs)
    shown = os.read(ours, 1 << 16)
    os.close(ours)
    assert done.returncode == 1 and b"error:" in shown
    assert (b"\x1b[" in shown) == coloured


def test_no_colour_in_a_pipe():
    printed = process("run", "missing", "digits", TERM="xterm", NO_COLOR="")
    assert b"\x1b" not in printed.stdout + printed.stderr


def test_a_long_command_goes_on_behind_a_backslash():
    line = "  snnrt convert a.nir -o b.snnrt --numbers int8 --calibrate digits"
    lines = continued(line, 40)
    assert max(map(len, lines)) <= 40 and all(one.endswith(" \\") for one in lines[:-1])
    assert " ".join(one.removesuffix("\\") for one in lines).split() == line.split()
    assert any(one.strip().startswith("--calibrate digits") for one in lines)


def completions(line: str) -> set[str]:
    """What the command answers a shell that completes ``line``, by argcomplete's protocol."""
    read, write = os.pipe()
    code = f"import os, sys; os.dup2({write}, 8); sys.argv = ['snnrt']; import snnrt.cli; snnrt.cli.main([])"
    environment = os.environ | {
        "_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_COMP_WORDBREAKS": " ", "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], pass_fds=(write,), env=environment, timeout=60, capture_output=True,
        check=False,
    )  # fmt: skip
    os.close(write)
    found = os.read(read, 1 << 16).decode()
    os.close(read)
    assert done.returncode == 0, done.stderr
    return {word.strip() for word in found.split("\n") if word.strip()}


def test_words_are_completed():
    assert completions("snnrt ") >= set(COMMANDS)
    assert completions("snnrt conv") == {"convert"}
    assert completions("snnrt profile a b --target dt") == {"dt-snn"}
    assert completions("snnrt profile a b --target ") >= {"all", *list_targets()}
    assert completions("snnrt run model.snnrt digi") == {"digits"}
    assert completions("snnrt run a b --device emulator:cortex-m4") == {"emulator:cortex-m4"}
    assert "--timesteps" in completions("snnrt run a b --t")
    assert completions("snnrt convert a --framework sn") == {"snntorch"}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_line_installs_completion(snnrt_command, shell, tmp_path):
    code = snnrt_command("completion", shell).out
    assert "snnrt" in code and "_ARGCOMPLETE" in code
    if shutil.which(shell):
        path = tmp_path / "code"
        path.write_text(code)
        subprocess.run([shell, "-n" if shell != "fish" else "--no-execute", path], check=True)


def test_bash_completes_after_the_line(tmp_path):
    folder = os.path.dirname(sys.executable)
    script = (
        f'PATH={folder}:$PATH; eval "$(python -m snnrt completion bash)"; '
        "COMP_LINE='snnrt conv'; COMP_POINT=10; COMP_TYPE=9; COMP_WORDS=(snnrt conv); COMP_CWORD=1; "
        '_python_argcomplete snnrt; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "convert", done.stderr


def test_targets_by_commas_repeated_and_all(snnrt_command, int8_model):
    def names(*options: str) -> list[str]:
        argv = ("profile", int8_model, "digits", "--limit", "2", "--json", *options)
        return [target["target"] for target in snnrt_command(*argv).json["targets"]]

    both = ["dt-snn", "loihi"]
    assert names("--target", "dt-snn,loihi") == names("--target", "dt-snn", "loihi") == both
    assert names("--target", "dt-snn", "--target", "loihi, dt-snn") == both
    assert names("--target", "all") == names("--target", "all,dt-snn") == list(list_targets())
    help_text = " ".join(snnrt_command("profile", "--help").out.split())
    assert "a comma separates several" in help_text


def test_int8_without_data_says_that_none_was_seen(snnrt_command, source, tmp_path):
    path = tmp_path / "blind.snnrt"
    usual = ("convert", source, "-o", path, "--framework", "snntorch", "--numbers", "int8")
    assert "no data was seen" in snnrt_command(*usual).out
    assert snnrt_command(*usual, "--json").json["calibrate"] is None
    assert "no data was seen" in snnrt_command("inspect", path).out
    seen = snnrt_command(*usual, "--calibrate", "digits")
    assert seen.code == 0 and "no data was seen" not in seen.out

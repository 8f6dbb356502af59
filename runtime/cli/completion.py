"""``snnrt completion``: what a shell needs to complete the command's words."""

from __future__ import annotations

import argparse

from snnrt.cli.arguments import subcommand

SHELLS = ("bash", "zsh", "fish")

_EXAMPLE = """\
  eval "$(snnrt completion bash)"
  eval "$(snnrt completion zsh)"
  snnrt completion fish | source

the line completes in this shell; in ~/.bashrc, ~/.zshrc (behind compinit) or
~/.config/fish/config.fish in every one"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(
        commands, "completion", "print what makes a shell complete commands, options and names", _EXAMPLE
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell")
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Print the shell's code, which asks the command itself (argcomplete)."""
    import argcomplete

    print(argcomplete.shellcode(["snnrt"], shell=args.shell))
    return 0


def answer(parser: argparse.ArgumentParser) -> None:
    """Complete the line that the shell has put into the environment, and end the process."""
    import argcomplete

    argcomplete.autocomplete(parser)

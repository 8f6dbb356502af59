"""How help is laid out: prose filled, commands continued, both within the terminal's width."""

from __future__ import annotations

import argparse
import textwrap

CONTINUATION = " \\"


class Formatter(argparse.HelpFormatter):
    """argparse's, for descriptions and epilogues of prose and commands: a line that begins with two spaces is
    a command, of which what is too long goes on in the next line behind a backslash."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines: list[str] = []
        prose: list[str] = []
        for line in [*text.splitlines(), ""]:
            ends = line.endswith(":")
            if ends:
                prose.append(line.strip())
            if line.startswith("  ") or not line.strip() or ends:
                if prose:
                    lines += textwrap.wrap(" ".join(prose), width, break_on_hyphens=False)
                    prose = []
                if not ends:
                    lines += continued(line, width) if line.startswith("  ") else [line]
            else:
                prose.append(line.strip())
        return "\n".join(indent + line for line in lines).rstrip() + "\n"


def continued(line: str, width: int) -> list[str]:
    """A command on as many lines as it needs, broken before an option where that is possible."""
    if len(line) <= width:
        return [line]
    words, lines, current = line.split(), [], " "
    for place, word in enumerate(words):
        # an option stays with its value
        unit = word
        if word.startswith("-") and place + 1 < len(words) and not words[place + 1].startswith("-"):
            unit = f"{word} {words[place + 1]}"
        if len(current) + 1 + len(unit) + len(CONTINUATION) > width and current.strip():
            lines.append(current + CONTINUATION)
            current = "     "
        current += f" {word}"
    return [*lines, current]

"""What the conditionals of a C file leave of it, where the values of some macros are known."""

from __future__ import annotations

import re
from collections.abc import Mapping

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DIRECTIVE = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b(.*)", re.DOTALL)
_TOKEN = re.compile(r"\s*(&&|\|\||==|!=|>=|<=|[!()<>]|\w+|\S)")


def without_comments(text: str) -> str:
    """C text with each comment as one space; a comment's line ends stay."""
    return _COMMENT.sub(lambda found: "\n" * found[0].count("\n") or " ", text)


def logical_lines(text: str) -> list[str]:
    """Lines, those that end in a backslash joined with the next."""
    return re.sub(r"\\\n", " ", text).splitlines()


def evaluate(expression: str, macros: Mapping[str, int]) -> bool | None:
    """Whether an ``#if`` expression is true; None where that depends on a macro that is not known."""
    parser = _Expression(_TOKEN.findall(expression), macros)
    value = parser.either()
    return value if parser.at_end() else None


class _Expression:
    """Recursive descent over ``!``, ``&&``, ``||``, parentheses, names and numbers, in three values."""

    def __init__(self, tokens: list[str], macros: Mapping[str, int]) -> None:
        self._tokens = tokens
        self._macros = macros
        self._next = 0

    def at_end(self) -> bool:
        return self._next == len(self._tokens)

    def _take(self, token: str) -> bool:
        found = not self.at_end() and self._tokens[self._next] == token
        self._next += found
        return found

    def either(self) -> bool | None:
        values = [self._both()]
        while self._take("||"):
            values.append(self._both())
        return True if True in values else None if None in values else False

    def _both(self) -> bool | None:
        values = [self._one()]
        while self._take("&&"):
            values.append(self._one())
        return False if False in values else None if None in values else True

    def _one(self) -> bool | None:
        if self._take("!"):
            value = self._one()
            return None if value is None else not value
        if self._take("("):
            value = self.either()
            return value if self._take(")") else None
        if self.at_end():
            return None
        token = self._tokens[self._next]
        self._next += 1
        if re.fullmatch(r"\d+[uUlL]*", token):
            value = int(token.rstrip("uUlL")) != 0
        else:
            value = None if token not in self._macros else self._macros[token] != 0
        if not self.at_end() and self._tokens[self._next] not in ("&&", "||", ")"):
            # a comparison, arithmetic or defined(...): not ours to decide
            self._skip_operand()
            return None
        return value

    def _skip_operand(self) -> None:
        depth = 0
        while not self.at_end():
            token = self._tokens[self._next]
            if depth == 0 and token in ("&&", "||", ")"):
                return
            depth += (token == "(") - (token == ")")
            self._next += 1


def kept_lines(text: str, macros: Mapping[str, int]) -> list[str]:
    """The lines outside comments that a compiler could see: those under a condition that is known to be
    false are left out, as are the conditionals themselves."""
    kept: list[str] = []
    # for each open #if: whether the branch may be seen, and whether this or an earlier one is surely taken
    branches: list[tuple[bool, bool]] = []
    for line in logical_lines(without_comments(text)):
        found = _DIRECTIVE.match(line)
        if found is None:
            if all(seen for seen, _ in branches):
                kept.append(line)
            continue
        word, rest = found.groups()
        if word == "endif":
            branches.pop()
        elif word in ("if", "ifdef", "ifndef"):
            value = evaluate(rest, macros) if word == "if" else None
            branches.append((value is not False, value is True))
        else:
            _, taken = branches.pop()
            value = True if word == "else" else evaluate(rest, macros)
            branches.append((value is not False and not taken, taken or value is True))
    return kept

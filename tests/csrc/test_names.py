"""No two files of the core define the same name or macro: an export is their concatenation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from c_programs import CSRC

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)
# of a text that several files include, each with its own
_PARAMETER = re.compile(r"^[ \t]*#[ \t]*undef[ \t]+(\w+)", re.MULTILINE)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", re.MULTILINE)
_ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")
# what stands before the names that a declaration or definition gives
_STATIC = re.compile(r"^(?:SNNRT_\w+\s+)*static\b[^;={(\[]*?\b(\w+)\s*[;=(\[]", re.MULTILINE)
_TYPEDEF = re.compile(r"^typedef\b[^{;(]*?\b(\w+)\s*[;(\[]", re.MULTILINE)
_BODY = re.compile(r"^(?:typedef\s+)?(struct|union|enum)\s*(\w*)\s*\{", re.MULTILINE)


def closing_brace(text: str, start: int) -> int:
    """The place behind the brace that closes the one before ``start``."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place + 1
    raise AssertionError("a brace is not closed")


def names_of(text: str) -> Iterator[str]:
    """Macros of a file, and what it declares at file scope that no linker sees: statics, types, constants."""
    plain = _COMMENT.sub(" ", text)
    yield from _MACRO.findall(plain)
    plain = _ATTRIBUTE.sub("", _DIRECTIVE.sub("", plain))
    yield from _STATIC.findall(plain)
    yield from _TYPEDEF.findall(plain)
    for found in _BODY.finditer(plain):
        end = closing_brace(plain, found.end())
        # a structure and its type share a name
        yield from {found[2], *re.findall(r"\A\s*(\w+)\s*;", plain[end:])} - {""}
        if found[1] == "enum":
            yield from re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", plain[found.end() : end - 1].strip())


def test_names_are_found():
    text = """
    #define LIMIT 3
    #define TWICE(x) \\
        static int x(void)
    /* static int no(void) */
typedef struct pair { int a, b; } pair;
typedef int add(int a);
enum { ONE = 1, TWO };
SNNRT_NOINLINE static int
longer(int a);
static inline const pair *first(const pair *p) { static int inside; return p; }
static const int table[2] = {1, 2};
typedef struct word { int w; } __attribute__((packed, may_alias)) word;
typedef int lanes __attribute__((vector_size(8 * 4), aligned(4)));
"""
    found = set(names_of(text))
    assert found == {
        "LIMIT", "TWICE", "pair", "add", "ONE", "TWO", "longer", "first", "table", "word", "lanes",
    }  # fmt: skip


def test_every_name_has_one_file():
    files, parameters = defaultdict(set), set()
    for path in sorted(CSRC.rglob("*.[ch]")):
        text = path.read_text("utf-8")
        parameters |= set(_PARAMETER.findall(text))
        for name in names_of(text):
            files[name].add(path.relative_to(CSRC).as_posix())
    assert len(files) > 300
    shared = {name: sorted(where) for name, where in files.items() if len(where) > 1}
    assert {name: where for name, where in shared.items() if name not in parameters} == {}

"""Text that goes into C: names, strings, comments and templates, whatever a model's metadata holds."""

from __future__ import annotations

import re
from pathlib import Path

from snnrt.errors import OutputError
from snnrt.texts import printable, quoted

_TEMPLATES = Path(__file__).parent / "templates"
_LONGEST_NAME = 40
_LONGEST_STRING = 100


def checked_name(text: str) -> str:
    """``text`` where it can begin names of C's; OutputError says what it must be."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text) or len(text) > _LONGEST_NAME or text.endswith("_"):
        raise OutputError(
            f"--name: expected a letter, then letters, digits and _ (at most {_LONGEST_NAME} in all), "
            f"found {quoted(text)}; choose another"
        )
    if text.lower().startswith("snnrt"):
        raise OutputError(f"--name: {quoted(text)} begins as the core's own names do; choose another")
    return text.lower()


def name_from(text: str) -> str:
    """The nearest name to a file's or a network's."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:_LONGEST_NAME].strip("_")
    if not name[:1].isalpha() or name.startswith("snnrt"):
        name = f"network_{name}"[:_LONGEST_NAME].strip("_")
    return name


def c_string(text: object) -> str:
    """A string literal of C with ``text``, printable, in UTF-8; what is not plain ASCII as octal escapes."""
    data = printable(text, _LONGEST_STRING).encode("utf-8")
    plain = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\?')
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in data) + '"'


def c_comment(text: object) -> str:
    """``text`` as a comment can hold it: on one line, and unable to end the comment."""
    return re.sub(r"[^A-Za-z0-9 _.,:;()+-]", "_", printable(text, _LONGEST_STRING))


def c_float(value: float) -> str:
    """A float constant that reads back as the same float32."""
    text = f"{value:.9g}"
    return (text if re.search(r"[.e]", text) else text + ".0") + "f"


def rendered(template: str, **values: object) -> str:
    """The file ``templates/template`` with each ``@NAME@`` replaced; KeyError where one has no value."""
    text = (_TEMPLATES / template).read_text("utf-8")
    return re.sub(r"@([A-Z_]+)@", lambda found: str(values[found[1]]), text)

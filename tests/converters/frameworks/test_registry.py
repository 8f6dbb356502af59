"""Frameworks by name, and every place that lists them."""

from pathlib import Path

import pytest

import snnrt
from snnrt.cli import build_parser
from snnrt.converters.frameworks.registry import NAMES, find_framework
from snnrt.converters.nir.exports.registry import EXPORTS
from snnrt.errors import ModelError

FRAMEWORKS = Path(__file__).parents[3] / "converters" / "frameworks"


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_a_module_with_its_words(name):
    framework = find_framework(name)
    assert framework.name == name and framework.title.lower() == name and framework.dt > 0
    assert framework.dt_line.startswith("dt = ") and framework.reset_line.startswith("reset: ")
    assert not (framework.strict and framework.multiple)


def test_each_framework_module_is_registered():
    found = {
        path.stem for path in FRAMEWORKS.glob("*.py") if "FRAMEWORK = Framework(" in path.read_text("utf-8")
    }
    assert found == set(NAMES)


def test_unknown():
    with pytest.raises(ModelError, match=r"framework: expected one of snntorch, .*, nir, found 'keras'"):
        find_framework("keras")


def test_options_and_documents_list_them():
    (commands,) = (
        a for a in build_parser()._actions if a.dest == "command" or (hasattr(a, "choices") and a.choices)
    )
    for verb in ("convert", "validate"):
        (option,) = (a for a in commands.choices[verb]._actions if a.dest == "framework")
        assert tuple(option.choices) == NAMES and ", ".join(NAMES) in option.help
    assert "``, ``".join(NAMES) in " ".join(snnrt.convert.__doc__.split())
    # a framework whose export to NIR cannot be undone may not be named as a NIR file's source
    assert set(EXPORTS) == set(NAMES)

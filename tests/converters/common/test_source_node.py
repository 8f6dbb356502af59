"""How messages name a node."""

from snnrt.converters.common.source_node import SourceNode


def test_complaint_is_one_short_line():
    error = SourceNode("fc", "Linear").complaint("weight", "numbers", "a\nb " + "x" * 300)
    text = str(error)
    assert text.startswith("node 'fc' (Linear): weight: expected numbers, found a b xxx")
    assert text.endswith("...") and "\n" not in text and len(text) < 200

"""Names that no node has yet."""

from snnrt.converters.common.names import Names


def test_fresh_names_are_numbered():
    names = Names(["a", "b.2"])
    assert [names.fresh("a"), names.fresh("a"), names.fresh("b"), names.fresh("b")] == [
        "a.2",
        "a.3",
        "b",
        "b.3",
    ]

"""The report as one self-contained HTML page, drawn from its document: every number says where it stands."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import os
from collections.abc import Callable, Sequence
from typing import Any

from snnrt.atomic_write import write_atomically
from snnrt.errors import SnnrtError
from snnrt.ir.graph import Graph
from snnrt.targets.estimation import TargetReport
from snnrt.targets.report import drawings
from snnrt.targets.report.details import Document, RunDetails
from snnrt.targets.report.document import report_document
from snnrt.targets.report.numbers import FORMS, number, tone
from snnrt.targets.report.sections import (
    class_places,
    confusions,
    contents,
    figure_name,
    groups,
    matrix,
    step_places,
    sweep_rows,
    target_parts,
)
from snnrt.targets.report.verdict import accuracy_words
from snnrt.texts import LONGEST_VALUE, printable

TEMPLATES = "templates"


def render_report(
    graph: Graph, reports: Sequence[TargetReport], title: str | None = None,
    details: RunDetails | None = None, document: Document | None = None,
) -> str:  # fmt: skip
    """The page as text. ``graph`` is the network with the exit rule that the dynamic runs used; ``details``:
    what is known beyond costs; ``document``: that of
    :func:`snnrt.targets.report.document.report_document`, where it was made already.

    Raises :class:`DataError` without a target, :class:`SnnrtError` where jinja2 is missing.
    """
    details = details or RunDetails()
    shown = report_document(graph, reports, details) if document is None else document
    jinja2, markupsafe = _jinja2()
    markup = markupsafe.Markup
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        finalize=lambda value: _shown(value, markup),
    )
    environment.lstrip_blocks = True
    script = _template("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    figure, derived = _numbers(shown, markupsafe)
    environment.globals |= {"figure": figure, "derived": derived, "tone": tone, "figure_name": figure_name}
    picture_words, shown_inputs = groups(graph, shown, details)
    names = shown["class_names"]
    return environment.get_template("page.html").render(
        title=title or graph.metadata.get("name") or "Network",
        document={"compared": None, "sweep": None, "classes": None, "by_timestep": None, "changed": None}
        | shown,
        style=markup(_template("style.css")),
        script=markup(script),
        script_hash=f"sha256-{digest}",
        contents=contents(shown, bool(shown_inputs)),
        promise=" ".join(f"{line[:1].upper()}{line[1:]}." for line in shown["promise"]),
        share_name="Agreement" if shown["accuracy"] is None else "Accuracy",
        accuracy_words=accuracy_words(reports[0]),
        class_name=lambda place: names[place] if names else place,
        # SVG text is escaped where it is made, so it may enter the page as it is
        trade_off=lambda target: markup(drawings.trade_off(shown, target)),
        timesteps_used=markup(drawings.timesteps_used(shown)),
        accuracy_by_timestep=markup(drawings.accuracy_by_timestep(shown)) if "by_timestep" in shown else None,
        layer_spikes=_optional(drawings.layer_spikes(shown), markup),
        sweep_keys=[
            *((place, rule["rule"]) for place, rule in enumerate(shown.get("sweep", {}).get("rules", ()))),
            ("ink", "static"),
        ],
        sweep_rows=sweep_rows(shown),
        step_places=step_places(shown),
        class_places=class_places(shown),
        matrix=matrix(shown),
        confusions=confusions(shown),
        groups=shown_inputs,
        picture_words=picture_words,
        parts=target_parts(shown, reports, markupsafe),
    )


def write_report(
    path: str | os.PathLike[str], graph: Graph, reports: Sequence[TargetReport], title: str | None = None,
    details: RunDetails | None = None,
) -> None:  # fmt: skip
    """Write :func:`render_report` to ``path``, whole or not at all; OutputError where it cannot."""
    write_atomically(path, render_report(graph, reports, title, details))


def _numbers(document: Document, markupsafe: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """``figure(path, form)``: the document's number at a path (a JSON pointer without its first slash), as an
    element that says both; ``derived(value,
    form)``: a number that is not in the document itself."""

    def element(value: float | None, form: str, path: str | None) -> Any:
        if value is None:
            return "–"
        where = markupsafe.Markup("") if path is None else markupsafe.Markup(' data-of="{}"').format(path)
        return markupsafe.Markup('<data value="{}"{}>{}</data>').format(
            repr(value), where, number(value, form)
        )

    def figure(path: str, form: str) -> Any:
        value: Any = document
        for part in path.split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            value = value[int(key)] if isinstance(value, (list, tuple)) else value[key]
        return element(value, form, path)

    return figure, lambda value, form: element(value, form, None)


def _optional(text: str | None, markup: type) -> Any:
    return None if text is None else markup(text)


def _shown(value: Any, markup: type) -> Any:
    """What enters the page: markup as it is, every text on one printable line."""
    return value if isinstance(value, markup) else printable(value, LONGEST_VALUE)


def _template(name: str) -> str:
    return (importlib.resources.files("snnrt.targets.report") / TEMPLATES / name).read_text("utf-8")


def _jinja2() -> tuple[Any, Any]:
    try:
        import jinja2
        import markupsafe
    except ImportError as error:
        raise SnnrtError(
            "the report needs jinja2, which is not installed; run: pip install 'snnrt[report]'"
        ) from error
    return jinja2, markupsafe


__all__ = ["FORMS", "render_report", "write_report"]

"""A whole firmware project from a model: its files by path, and how they get into a folder."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from snnrt.atomic_write import remove_leftovers, temporary_folder
from snnrt.errors import OutputError
from snnrt.network import Network
from snnrt.targets.export.c_text import checked_name, name_from
from snnrt.targets.export.core_sources import PUBLIC, amalgamate, options_for, source_files
from snnrt.targets.export.example_program import arduino_sketch, example_main
from snnrt.targets.export.input_encoding import has_encoding
from snnrt.targets.export.kconfig import parts_of, with_kconfig
from snnrt.targets.export.licence import licence
from snnrt.targets.export.model_sources import CoreHeader, Model, ModelForm, model_files
from snnrt.targets.export.optimisation import with_pragma
from snnrt.targets.export.own_names import mark_of, renamed
from snnrt.targets.export.project_kinds import Layout, Places, ProjectKind, Sources, manifests, places_for
from snnrt.targets.export.readme import project_readme
from snnrt.targets.export.validation_program import validation_program
from snnrt.texts import LONGEST_CELL, printable

PARTS = ("health", "monitor", "adaptation", "strings", "counters", "trace", "model-check")
"""What ``with_parts`` and ``without_parts`` name: parts of the core that no model needs."""

_DEFAULT_PARTS = frozenset({"health", "monitor", "strings", "model-check"})
# beside the new files, what they replace: no file of a project is called so
_KEPT = ".replaced"
Files = dict[str, "str | bytes"]


@dataclass(frozen=True, eq=False)
class Project:
    """What an export writes: ``files`` by path; ``name`` begins its names in C."""

    name: str
    files: Files
    options: dict[str, int]


@dataclass(frozen=True, eq=False)
class Export:
    """What to write. ``sample``: one input as ``fit_to_model`` gives it, for the example; ``samples``
    (N, ...) for a program that checks a board. ``name`` None: the model file's."""

    layout: Layout = "amalgamation"
    form: ModelForm = "array"
    project: ProjectKind = "plain"
    name: str | None = None
    with_parts: Collection[str] = ()
    without_parts: Collection[str] = ()
    sample: np.ndarray | None = None
    samples: np.ndarray | None = None


def build_project(
    network: Network, origin: str, wanted: Export, others: Mapping[str, Network] | None = None
) -> Project:
    """The files of ``network``, which came from the file ``origin``. ``others`` are models, by their file,
    that the same core is to run: they get a header and their bytes, the example leaves them alone.

    Raises OutputError where the wishes exclude each other or a name cannot be one of C.
    """
    name = checked_name(wanted.name) if wanted.name is not None else name_from(Path(origin).stem)
    models = [Model(name, network, Path(origin).name)]
    for other, other_network in (others or {}).items():
        models.append(Model(name_from(Path(other).stem), other_network, Path(other).name))
    _check(models, wanted)
    parts = (_DEFAULT_PARTS | set(wanted.with_parts)) - set(wanted.without_parts)
    switches = {part.replace("-", "_"): int(part in parts) for part in PARTS}
    if not any(model.graph.exit.monitor is not None for model in models):
        switches["monitor"] = 0
    # of the model whose header calls it
    switches["encoding"] = int(any(has_encoding(model.graph) for model in models))
    options = options_for(network.graph, **switches)
    for model in models[1:]:
        options = {
            key: max(value, options_for(model.graph, **switches)[key]) for key, value in options.items()
        }
    places = places_for(wanted.project, wanted.layout, name)
    core = renamed(_core_files(wanted.layout, options), name)
    if wanted.project == "arduino":
        core = with_pragma(core)
    if wanted.project in ("zephyr", "esp-idf"):
        place = "snnrt_config.h" if wanted.layout == "sources" else "snnrt.h"
        core[place] = with_kconfig(core[place], models[0], parts_of(options, wanted.form == "storage"))
    header = CoreHeader(places.core.removeprefix(places.model) + "snnrt.h", mark_of(name))
    own = {key: text for model in models for key, text in model_files(model, wanted.form, header).items()}
    files: Files = {places.core + path: text for path, text in core.items()}
    # what the build does not read lies where the project does
    files |= {
        path if wanted.form == "storage" and path.endswith(".snnrt") else places.model + path: text
        for path, text in own.items()
    }
    headers = tuple(sorted(path for path in files if path.endswith(".h") and _is_public(path, places)))
    sources = Sources(
        places=places,
        compiled=tuple(sorted(path for path in files if path.endswith((".c", ".S")))),
        headers=headers,
        header_texts=tuple(str(files[path]) for path in headers),
        options=options,
        models=tuple(models),
        form=wanted.form,
        validates=wanted.samples is not None,
    )
    command = _command(sources, wanted.layout)
    files |= manifests(wanted.project, sources)
    files[places.example] = example_main(models[0], wanted.form, wanted.sample)
    if wanted.samples is not None:
        files[places.validation] = validation_program(models[0], wanted.samples)
    if wanted.project == "arduino":
        files[f"examples/{name}/{name}.ino"] = arduino_sketch(models[0], wanted.form, wanted.sample)
    if wanted.project == "platformio":
        place = f"examples/{name}_arduino/{name}_arduino.ino"
        files[place] = arduino_sketch(models[0], wanted.form, wanted.sample)
    files["README.md"] = project_readme(sources, wanted.project, options, command)
    files["LICENSE"] = licence()
    if wanted.project == "esp-idf":
        # ESP-IDF calls a component as its folder
        files = {f"snnrt_{name}/{path}": text for path, text in files.items()}
    return Project(name, dict(sorted(files.items())), options)


def write_project(
    files: Mapping[str, str | bytes], folder: str | os.PathLike[str], *, force: bool = False
) -> None:
    """Write ``files`` to ``folder``, which is made, or is empty; with ``force`` it may hold other files,
    of which only those of the same paths are replaced.

    All are written to a folder of another name first, so that a failure leaves things as they were; a folder
    that is not there appears whole, in one that is each file does, and where one cannot take its place all
    are put back. What a killed write to the same folder has left is removed. Raises OutputError.
    """
    shown = printable(os.fspath(folder), LONGEST_CELL)
    try:
        target = Path(os.path.realpath(folder))
        for place in (target.parent, target):
            remove_leftovers(place, target.name)
        _check_folder(target, files, shown, force)
        # inside a folder that is there: it may be another disk, and its parent write-protected
        beside = target if target.exists() else target.parent
        with temporary_folder(beside, target.name) as temporary:
            for path, content in files.items():
                place = temporary / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
            _move(temporary, target, files)
    except OutputError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(
            f"cannot write {shown}: {reason}; choose a folder that can be made, is writable and has room"
        ) from error


def _check(models: list[Model], wanted: Export) -> None:
    names = [model.name for model in models]
    if len(set(names)) != len(names):
        raise OutputError(
            f"two models would both be called {max(names, key=names.count)!r} in C: rename one of the files"
        )
    if wanted.form == "incbin" and wanted.project in ("arduino", "platformio"):
        raise OutputError(
            f"--model incbin: {wanted.project} does not tell the assembler where a library's files are; "
            "choose array or section"
        )
    if wanted.form == "storage" and wanted.samples is not None:
        raise OutputError(
            "--samples: the program that checks a board has its model linked; choose another --model"
        )
    if wanted.form == "storage" and "model-check" in wanted.without_parts:
        raise OutputError(
            "--without model-check: a model that comes from a storage must be checked; choose another --model"
        )


def _core_files(layout: Layout, options: dict[str, int]) -> dict[str, str]:
    if layout == "sources":
        return source_files(options)
    source, header = amalgamate(options)
    return {"snnrt.c": source, "snnrt.h": header}


def _is_public(path: str, places: Places) -> bool:
    """Whether a user's code includes the header, itself or through another one."""
    name = PurePosixPath(path).name
    return name in PUBLIC or not path.startswith(places.core) or (name.endswith("_model.h"))


def _command(sources: Sources, layout: Layout) -> str:
    """What compiles the example in the project's folder."""
    places = sources.places
    folders = [
        f"-I {folder}" for folder in places.include_folders if (folder, places.example) != (".", "main.c")
    ]
    compiled = list(sources.compiled)
    if layout == "sources":
        core = (path for path in compiled if path.startswith(places.core) and not path.endswith("_model.c"))
        patterns = dict.fromkeys(_pattern(path) for path in core)
        compiled = [path for path in compiled if _pattern(path) not in patterns] + list(patterns)
    return " ".join(["cc", *folders, places.example, *compiled, "-o example"])


def _pattern(path: str) -> str:
    """Every file of a folder with the ending of ``path``."""
    return str(PurePosixPath(path).parent / ("*" + PurePosixPath(path).suffix))


def _check_folder(target: Path, files: Mapping[str, object], shown: str, force: bool) -> None:
    if not target.parent.is_dir():
        raise OutputError(f"cannot write {shown}: the folder {target.parent} does not exist; create it first")
    if not target.exists():
        return
    if not target.is_dir():
        raise OutputError(f"cannot write {shown}: it is a file; give the name of a folder")
    # an export that is one folder goes beside what is there
    tops = {PurePosixPath(path).parts[0] for path in files}
    (top,) = tops if len(tops) == 1 else (".",)
    own = target / top
    if own.is_dir() and any(own.iterdir()) and not force:
        raise OutputError(
            f"cannot write {shown}: the folder is not empty; choose another, or add --force to replace the "
            "files of an earlier export (others stay)"
        )
    for path in files:
        place = target / path
        if place.is_dir():
            raise OutputError(f"cannot write {shown}: {path} is a folder there; move it away")
        for parent in place.relative_to(target).parents:
            if (target / parent).exists() and not (target / parent).is_dir():
                raise OutputError(f"cannot write {shown}: {parent} is a file there; move it away")


def _move(temporary: Path, target: Path, files: Mapping[str, object]) -> None:
    """Every file to its place, or after a failure none: then what was there is put back."""
    if not target.exists():
        os.replace(temporary, target)
        return
    kept = temporary / _KEPT
    done: list[Path] = []
    made: list[Path] = []
    try:
        for path in files:
            place = target / path
            made += _make_folders(place.parent)
            (kept / path).parent.mkdir(parents=True, exist_ok=True)
            done.append(Path(path))
            if os.path.lexists(place):
                os.replace(place, kept / path)
            os.replace(temporary / path, place)
    except BaseException:
        for one in reversed(done):
            if os.path.lexists(kept / one):
                os.replace(kept / one, target / one)
            elif not (temporary / one).exists():
                (target / one).unlink(missing_ok=True)
        for folder in reversed(made):
            folder.rmdir()
        raise


def _make_folders(folder: Path) -> list[Path]:
    """Make the folder and its parents; those that were not there."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]

"""How right the answers are: after each timestep, by class, and which class is taken for which."""

from __future__ import annotations

import numpy as np

from snnrt.targets.report.details import Document

MOST_STEPS = 256
"""Rows by timestep; of longer runs some, the first and the last among them."""
LARGEST_MATRIX = 256
"""Classes of which a whole confusion matrix is kept."""


def steps_used(timesteps: np.ndarray, most: int) -> list[int]:
    """How many inputs took 1 … ``most`` timesteps."""
    return [int(one) for one in np.bincount(timesteps, minlength=most + 1)[1:]]


def by_timestep(classes: np.ndarray, timesteps: np.ndarray, labels: np.ndarray | None) -> list[Document]:
    """A row a timestep: were all inputs to end there, their ``accuracy`` (None without labels) and
    ``agreement`` with the answers of all timesteps; how many ``ended`` there, and ``ended_accuracy`` of
    those (None where there are none).

    ``classes`` (N, T), ``timesteps`` (N,) of the dynamic run, ``labels`` (N,) or None.
    """
    total = classes.shape[1]
    shown = np.unique(np.linspace(1, total, min(total, MOST_STEPS)).round().astype(int))
    rows: list[Document] = []
    before = 0
    for step in shown:
        answers = classes[:, step - 1]
        ended = (timesteps > before) & (timesteps <= step)
        right = None if labels is None else answers == labels
        of_ended = None
        if labels is not None and ended.any():
            own = np.take_along_axis(classes[ended], timesteps[ended][:, None] - 1, axis=1)[:, 0]
            of_ended = float((own == labels[ended]).mean())
        rows.append(
            {
                "timesteps": int(step),
                "accuracy": None if right is None else float(right.mean()),
                "agreement": float((answers == classes[:, -1]).mean()),
                "ended": int(ended.sum()),
                "ended_accuracy": of_ended,
            }
        )
        before = int(step)
    return rows


def by_class(
    predictions: np.ndarray, static: np.ndarray | None, labels: np.ndarray, timesteps: np.ndarray, count: int
) -> list[Document]:
    """A row a class: ``inputs`` of it, ``accuracy`` (None where there are none), ``static_accuracy`` (None
    without the answers ``static`` of all timesteps), ``mean_timesteps``, ``taken_for``: the class that most
    of its wrong ones are taken for, and ``taken``: how many."""
    rows: list[Document] = []
    for one in range(count):
        own = labels == one
        n = int(own.sum())
        wrong = predictions[own & (predictions != one)]
        most = np.bincount(wrong, minlength=count) if len(wrong) else None
        rows.append(
            {
                "class": one,
                "inputs": n,
                "accuracy": float((predictions[own] == one).mean()) if n else None,
                "static_accuracy": None if static is None or not n else float((static[own] == one).mean()),
                "mean_timesteps": float(timesteps[own].mean()) if n else None,
                "taken_for": None if most is None else int(most.argmax()),
                "taken": 0 if most is None else int(most.max()),
            }
        )
    return rows


def confusion(predictions: np.ndarray, labels: np.ndarray, count: int) -> list[list[int]] | None:
    """Inputs of each class (row) that were taken for each (column); None above LARGEST_MATRIX classes."""
    if count > LARGEST_MATRIX:
        return None
    table = np.bincount(labels * count + predictions, minlength=count * count).reshape(count, count)
    return [[int(one) for one in row] for row in table]


def changed_answers(predictions: np.ndarray, static: np.ndarray, labels: np.ndarray) -> dict[str, int]:
    """Inputs that exits ``lost`` (right after all timesteps, wrong now) and ``gained``."""
    right, full = predictions == labels, static == labels
    return {"lost": int((full & ~right).sum()), "gained": int((right & ~full).sum())}

"""Which inputs a report shows: the easiest, the hardest, and those that are answered wrongly."""

from __future__ import annotations

import numpy as np

from snnrt.targets.report.details import Document

SHOWN = 12


def chosen_inputs(
    timesteps: np.ndarray, probabilities: np.ndarray, predictions: np.ndarray, labels: np.ndarray | None
) -> dict[str, list[Document]]:
    """``easiest``: the fewest timesteps, then the surest; ``hardest``: the most, then the least sure;
    ``wrong``: the surest first. Each at most SHOWN, all arguments (N,)."""
    index = np.arange(len(timesteps))
    easiest = np.lexsort((index, -probabilities, timesteps))
    hardest = np.lexsort((index, probabilities, -timesteps))
    wrong = np.zeros(0, np.int64) if labels is None else np.flatnonzero(predictions != labels)
    wrong = wrong[np.lexsort((wrong, -probabilities[wrong]))]

    def described(places: np.ndarray) -> list[Document]:
        return [
            {
                "input": int(place),
                "label": None if labels is None else int(labels[place]),
                "prediction": int(predictions[place]),
                "timesteps": int(timesteps[place]),
                "probability": float(probabilities[place]),
            }
            for place in places[:SHOWN]
        ]

    # what is shown as easy is not shown as hard again
    hardest = hardest[~np.isin(hardest, easiest[:SHOWN])]
    return {"easiest": described(easiest), "hardest": described(hardest), "wrong": described(wrong)}


def probabilities_of(logits: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """(N,) softmax of ``logits`` (N, K) at ``predictions`` (N,)."""
    wide = logits.astype(np.float64)
    powers = np.exp(wide - wide.max(axis=1, keepdims=True))
    return np.take_along_axis(powers, predictions[:, None], axis=1)[:, 0] / powers.sum(axis=1)

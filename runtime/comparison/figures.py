"""What a comparison finds, and how far a model may be from what it is compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

LIMITS = {
    "float32": {"min_spike_agreement": 1.0, "min_class_agreement": 1.0, "max_accuracy_loss": 0.0},
    "int8": {"min_spike_agreement": 0.0, "min_class_agreement": 0.95, "max_accuracy_loss": 0.005},
}
"""How far a conversion may be from its source, by the numbers of the model."""

OUTPUT_LIMITS = {
    "float32": {**LIMITS["float32"], "max_logits_difference": 1e-3},
    "int8": LIMITS["int8"],
}
"""The same from recorded outputs: frameworks sum float32 in another order."""


@dataclass(frozen=True)
class Comparison:
    """How far a model agrees with its source, or with recorded outputs, on N inputs, each for all timesteps.

    ``spike_agreement`` is the fraction of equal values over inputs, timesteps and spiking neurons, None where
    no spikes were recorded; ``node_spike_agreement`` the same by node, ``step_spike_agreement`` by timestep
    (T,). ``node_first_timestep``: the earliest timestep at which a node's spikes differ for any input, None
    where they do not.

    ``first_difference``, None without: where the first unequal spike is (of the first node that differs, the
    first input, timestep and neuron): ``node``, ``input``, ``timestep``, ``neuron`` (its index in the node's
    shape), ``spikes`` and ``expected_spikes``, ``threshold``, ``membrane`` and ``expected_membrane`` after
    the step (None: not known).

    ``node_rate_distance``: the earth mover's distance between the firing rates (spikes a timestep) of a
    node's neurons. ``class_agreement`` is a fraction of inputs, ``step_class_agreement`` the same after each
    timestep, where that is known; logit differences are absolute, in real units, None without logits, and
    ``logits_largest`` is the largest expected magnitude. The accuracies are None without labels.
    ``silent_layers``: nodes that fire for no input.
    """

    inputs: int
    timesteps: int
    spike_agreement: float | None
    node_spike_agreement: dict[str, float]
    first_difference: dict[str, object] | None
    class_agreement: float | None
    logits_mean_difference: float | None
    logits_max_difference: float | None
    accuracy: float | None
    source_accuracy: float | None
    step_spike_agreement: tuple[float, ...] = ()
    node_first_timestep: dict[str, int | None] | None = None
    node_rate_distance: dict[str, float] | None = None
    step_class_agreement: tuple[float, ...] | None = None
    logits_largest: float | None = None
    silent_layers: tuple[str, ...] = ()

    @property
    def accuracy_loss(self) -> float | None:
        """How much lower the model's accuracy is than the source's (negative: higher)."""
        if self.accuracy is None or self.source_accuracy is None:
            return None
        return self.source_accuracy - self.accuracy

    def disagreements(self, limits: Mapping[str, float]) -> list[str]:
        """What is beyond ``limits`` (as in :data:`LIMITS`), in words; none: the two agree."""
        broken = []
        for name, what in (("spike_agreement", "spikes"), ("class_agreement", "classes")):
            found, least = getattr(self, name), limits[f"min_{name}"]
            if found is not None and found < least:
                broken.append(f"{what} agree for {found:.6f}, expected at least {least:g}")
        loss, most = self.accuracy_loss, limits["max_accuracy_loss"]
        # one part in 10⁹: 0.95 − 0.945 must not count as more than 0.005
        if loss is not None and loss > most + 1e-9:
            broken.append(f"the accuracy falls by {loss:.4f}, expected at most {most:g}")
        differ, most = self.logits_max_difference, limits.get("max_logits_difference", math.inf)
        if differ is not None and self.logits_largest is not None and differ > most * self.logits_largest:
            broken.append(
                f"logits differ by up to {differ:.4g}, expected at most {most:g} of the largest, "
                f"{self.logits_largest:.4g}"
            )
        return broken

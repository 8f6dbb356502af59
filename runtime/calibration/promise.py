"""What was promised of a model's exit, as its file keeps it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from snnrt.calibration.kept import kept
from snnrt.ir.graph import Graph

KEY = "exit_promise"
"""In the metadata of a graph."""

LOSSES = {
    "dropped": "wrong where all timesteps are right",
    "changed": "another answer than all timesteps give",
}
"""Kinds of losses, in words."""


@dataclass(frozen=True)
class Promise:
    """That ``exit`` loses at most the share ``risk`` of new inputs.

    ``loss``: of LOSSES. ``mode``: ``certain``: with ``confidence`` over the draw of the calibration inputs;
    ``expected``: on average over that draw; ``sets``: the classes within the margin hold the label.
    ``samples`` inputs, ``losses`` of them lost, ``mean_timesteps`` of ``timesteps``, on ``device``;
    ``chips`` of them, which hold for the share ``chip_share`` of all. ``tried``: rules that shared the
    confidence. ``data``: a fingerprint of inputs and labels; ``model``: CRC-32 of the file that was
    calibrated.
    """

    exit: str
    loss: str
    mode: str
    risk: float
    confidence: float
    samples: int
    losses: int
    mean_timesteps: float
    timesteps: int
    device: str
    data: str
    model: str
    tried: int = 1
    chips: int = 1
    chip_share: float = 1.0

    def to_dict(self) -> dict[str, object]:
        """As the metadata holds it."""
        return asdict(self)

    @classmethod
    def of(cls, graph: Graph) -> Promise | None:
        """The promise in a graph's metadata; None where there is none, or nothing that could be one."""
        return kept(cls, graph.metadata.get(KEY))

    def is_of(self, exit: object) -> bool:
        """Whether it was given for this exit."""
        return self.exit == str(exit)

    def sentences(self) -> list[str]:
        """In words."""
        what = LOSSES.get(self.loss, self.loss)
        share = f"{100 * self.risk:g} %"
        if self.mode == "sets":
            first = (
                f"at most {share} of new inputs have a label that is not among the classes within the margin"
            )
        else:
            first = f"at most {share} of new inputs are {what}"
        sure = {"certain": f", with a confidence of {100 * self.confidence:g} %"}.get(
            self.mode, ", on average"
        )
        if self.chips > 1:
            sure += f", on at least {100 * self.chip_share:g} % of chips"
        inputs = f"{self.samples} input{'s' * (self.samples != 1)}, {self.losses} lost"
        if self.chips > 1:
            inputs += f" on the worst of {self.chips} chips"
        return [
            first + sure,
            f"{inputs}; {self.mean_timesteps:.3f} of {self.timesteps} timesteps on average, on {self.device}",
            f"data {self.data}, model {self.model}",
        ]

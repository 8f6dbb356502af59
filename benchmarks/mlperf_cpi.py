"""Cycles an instruction of each board, fitted to MLPerf Tiny's four networks, with what the fit leaves.

    python benchmarks/mlperf_cpi.py            a second

The networks' multiplications are known by kind of layer; how many instructions a vendor's kernels take for
one is not. So the fit has one figure a kind of layer, shared by all boards, and one cycles-an-instruction a
board. Dense layers anchor it: CMSIS-NN's 1.94 instructions a multiplication, counted in an emulator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DENSE_INSTRUCTIONS = 1.94
KINDS = ("dense", "convolution", "separable")

# Multiplications of MLPerf Tiny's networks, by kind of layer: dense, k×k convolutions, 1×1 and depthwise
# ones. The two networks that have the last hold them in nearly the same ratio (7.1 and 7.8): a fit cannot
# part them.
NETWORKS = {
    "AD": (264_192, 0, 0),
    "KWS": (768, 320_000, 2_048_000 + 288_000),
    "IC": (640, 12_238_848, 262_144),
    "VWW": (512, 497_664, 6_193_152 + 798_336),
}


@dataclass(frozen=True)
class Board:
    """Times and energies an inference in MLPerf Tiny's logs: ms and µJ of AD, KWS, IC, VWW."""

    profile: str
    clock_mhz: float
    milliseconds: tuple[float, float, float, float]
    microjoules: tuple[float, float, float, float]


BOARDS = (
    Board("stm32u385", 96, (5.41, 48.3, 182, 98.7), (31.8, 245, 966, 519)),
    Board("stm32u575", 160, (3.21, 29.0, 109, 59.3), (77.2, 664, 2565, 1372)),
    Board("stm32l4r5-smps", 120, (4.79, 43.4, 166, 89.4), (160, 1431, 5496, 3030)),
    Board("stm32l4r5", 120, (5.26, 43.2, 165, 88.9), (203, 1820, 6919, 3895)),
    Board("stm32h7a3", 280, (1.23, 11.3, 40.8, 23.8), (166, 1376, 5090, 2965)),
)


@dataclass(frozen=True)
class CpiFit:
    """``instructions`` a multiplication by kind; ``cpi`` by board; ``residuals`` (boards, networks) of
    cycles, predicted over measured, less 1."""

    instructions: dict[str, float]
    cpi: dict[str, float]
    residuals: np.ndarray

    @property
    def constants(self) -> int:
        """Numbers that were fitted: dense layers are given."""
        return len(self.instructions) - 1 + len(self.cpi)


def fit() -> CpiFit:
    """Least squares on relative errors, alternating between kinds of layers and boards."""
    multiplications = np.array(list(NETWORKS.values()), float)
    cycles = np.array([[1e3 * board.clock_mhz * ms for ms in board.milliseconds] for board in BOARDS])
    kinds, cpi = np.full(len(KINDS), DENSE_INSTRUCTIONS), np.ones(len(BOARDS))
    for _ in range(200):
        rows = (cpi[:, None, None] * multiplications / cycles[:, :, None]).reshape(-1, len(KINDS))
        target = 1.0 - rows[:, 0] * DENSE_INSTRUCTIONS
        kinds[1:] = np.linalg.lstsq(rows[:, 1:], target, rcond=None)[0]
        ratio = multiplications @ kinds / cycles
        cpi = ratio.sum(axis=1) / (ratio**2).sum(axis=1)
    predicted = cpi[:, None] * (multiplications @ kinds)
    return CpiFit(
        dict(zip(KINDS, kinds.tolist(), strict=True)),
        {board.profile: float(value) for board, value in zip(BOARDS, cpi, strict=True)},
        predicted / cycles - 1.0,
    )


def energy_residuals(found: CpiFit) -> np.ndarray:
    """(boards, networks): energy at the fitted cycles and the board's mean energy a cycle, over the
    measured, less 1."""
    from snnrt.targets import load_target

    rows = []
    for board, residuals in zip(BOARDS, found.residuals, strict=True):
        a_cycle = load_target(board.profile).figures["energy_per_cycle"].si
        cycles = np.array([1e3 * board.clock_mhz * ms for ms in board.milliseconds])
        rows.append(cycles * (1.0 + residuals) * a_cycle * 1e6 / np.array(board.microjoules) - 1.0)
    return np.array(rows)


def main() -> None:
    """Print the fit and its residuals."""
    found = fit()
    figures = 2 * 4 * len(BOARDS)
    print(
        "instructions a multiplication:",
        {kind: round(value, 3) for kind, value in found.instructions.items()},
    )
    print(f"{found.constants} constants fitted to {figures // 2} times; {figures} figures below")
    print(f"{'board':16}  CPI    time: {'   '.join(NETWORKS):30} energy: {'   '.join(NETWORKS)}")
    for board, times, energies in zip(BOARDS, found.residuals, energy_residuals(found), strict=True):
        shown = [" ".join(f"{100 * value:+6.1f} %" for value in row) for row in (times, energies)]
        print(f"{board.profile:16} {found.cpi[board.profile]:.3f}  {shown[0]}   {shown[1]}")


if __name__ == "__main__":
    main()

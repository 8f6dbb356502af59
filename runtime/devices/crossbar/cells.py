"""The analogue side of a crossbar: conductances, programming error, a read and its ADC.

Conductances are in units of G_max, currents in units of G_max · V_read. The formulas, with
their sources and limits, are in ``docs/crossbar.md``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snnrt.errors import TargetError

BOLTZMANN = 8.617333262e-5
"""eV / K (CODATA 2018)."""

REFERENCE_TEMPERATURE = 300.0
"""K: where conductances and noise are as stated."""

NEURRAM_G_MAX = 39.26
"""µS: the largest conductance for which the fit below holds."""

NEURRAM_SIGMA = (1.536e-4, -1.167e-2, 0.2374, 1.053)
"""σ(G) in µS of a programmed device as a polynomial in G (µS), highest power first.

Source: a fit to NeuRRAM (Wan et al., Nature 608, 2022), 130 nm HfOx, G ≤ 39.26 µS.
"""


def conductance(
    fraction: np.ndarray, cell_bits: int, on_off_ratio: float, dtype: type[np.floating] = np.float64
) -> np.ndarray:
    """Conductances of devices that are to hold ``fraction`` (any shape, in [0, 1]) of their range.

    g = g_min + fraction · (1 − g_min), g_min = 1 / on_off_ratio; ``cell_bits`` > 0 rounds the
    fraction (half to even) to 2^cell_bits − 1 equal steps. ``dtype`` is the precision in which a
    conductance is stored; the device itself uses float64.
    """
    g_min = 1.0 / on_off_ratio
    values = np.asarray(fraction, np.float64)
    if cell_bits == 0:
        return (g_min + values * (1.0 - g_min)).astype(dtype)
    steps = (2**cell_bits - 1) / (1.0 - g_min)
    levels = np.rint(values * (2**cell_bits - 1))
    return levels.astype(dtype) / dtype(steps) + dtype(g_min)


def conductances(
    weights: np.ndarray, cell_bits: int, on_off_ratio: float, dtype: type[np.floating] = np.float64
) -> tuple[np.ndarray, np.ndarray]:
    """Differential pairs (g⁺, g⁻), units of G_max, of real ``weights`` (outputs, inputs) in [−1, 1].

    Positive weights go into g⁺, negative ones into g⁻; the other device of the pair stays at
    g_min. ``cell_bits`` 0: not rounded. What a column pair passes is X · (g⁺ − g⁻)ᵀ; divided
    by (1 − g_min) it is in units of the weights.
    """
    values = np.asarray(weights, np.float64)
    positive = conductance(np.maximum(values, 0.0), cell_bits, on_off_ratio, dtype)
    negative = conductance(np.maximum(-values, 0.0), cell_bits, on_off_ratio, dtype)
    return positive, negative


def program(
    g: np.ndarray, sigma: float, model: str, normals: np.ndarray, polynomial: Sequence[float] = ()
) -> np.ndarray:
    """What devices hold after programming ``g`` (any shape, units of G_max): g + σ(g)·``normals``, not
    below 0.

    ``absolute``: σ(g) = sigma; ``proportional``: sigma · g; ``neurram``: sigma times the measured
    polynomial, with G_max = 39.26 µS; ``polynomial``: sigma times ``polynomial`` (highest power first), σ and
    g in G_max, where that is above 0.
    """
    if sigma == 0.0:
        return g
    if model == "absolute":
        spread: np.ndarray | float = sigma
    elif model == "proportional":
        spread = sigma * g
    elif model == "neurram":
        spread = sigma * np.polyval(NEURRAM_SIGMA, g * NEURRAM_G_MAX) / NEURRAM_G_MAX
    else:
        spread = sigma * np.maximum(np.polyval(np.asarray(polynomial, np.float64), g), 0.0)
    return np.maximum(g + spread * normals, 0.0)


def stick(g: np.ndarray, on: float, off: float, g_min: float, uniforms: np.ndarray) -> np.ndarray:
    """Devices ``g`` of which a share ``on`` is stuck at 1 and a share ``off`` at ``g_min``, by ``uniforms``
    in [0, 1)."""
    return np.where(uniforms < on, 1.0, np.where(uniforms < on + off, g_min, g))


def drift(
    g: np.ndarray, time_ratio: float, exponent: float, spread: float, normals: np.ndarray
) -> np.ndarray:
    """Devices ``g`` after ``time_ratio`` = t / t0: g·ratio^-ν, ν = max(exponent + spread·``normals``, 0).

    The power law of phase-change memory (Le Gallo et al., Adv. Electron. Mater. 4, 2018), with a spread of ν
    among devices. At a ratio of 1 or less nothing has drifted.
    """
    if time_ratio <= 1.0:
        return g
    return g * np.exp(-np.maximum(exponent + spread * normals, 0.0) * np.log(time_ratio))


def time_at(temperature: float, seconds: float, activation_energy: float) -> float:
    """Seconds at 300 K in which as much drifts as in ``seconds`` at ``temperature`` (K): Arrhenius' law,
    ``activation_energy`` in eV."""
    return seconds * float(
        np.exp(activation_energy / BOLTZMANN * (1.0 / REFERENCE_TEMPERATURE - 1.0 / temperature))
    )


def adc(currents: np.ndarray, bits: int, full_scale: np.ndarray | float) -> np.ndarray:
    """Sign-magnitude ADC of ``bits`` ≥ 2: round(clip(I, ±a)·q) / q, q = (2^(bits − 1) − 1) / a.

    ``full_scale`` a: a current above 0, or one for each column. Zero is a code, so silence reads exactly 0.
    Rounds half to even. Raises TargetError where ``bits`` or ``full_scale`` is out of range.
    """
    if bits < 2 or not np.all((np.asarray(full_scale) > 0.0) & np.isfinite(full_scale)):
        raise TargetError(
            f"adc: expected at least 2 bits and a finite full scale above 0, found {bits} bits, {full_scale}"
        )
    steps = (2 ** (bits - 1) - 1) / np.asarray(full_scale, np.float64)
    return np.rint(np.clip(currents, -np.asarray(full_scale), full_scale) * steps) / steps


def read(
    inputs: np.ndarray,
    effective: np.ndarray,
    adc_bits: int = 0,
    full_scale: np.ndarray | float = np.inf,
    read_noise: float = 0.0,
    random: np.random.Generator | None = None,
) -> np.ndarray:
    """Currents (M, columns) that a tile's digital side sees for binary row drives (M, rows).

    ``effective`` (columns, rows) is g⁺ − g⁻ of the programmed tile. One noise draw of σ ``read_noise``
    an output and read, then the ADC if ``adc_bits`` > 0. A vector without a driven row is
    not read: it gives exactly 0 and draws nothing.
    """
    currents = np.asarray(inputs, np.float64) @ np.asarray(effective, np.float64).T
    if read_noise > 0.0:
        if random is None:
            raise TargetError(f"read: read_noise {read_noise} needs a random generator, found none")
        driven = np.any(inputs, axis=1)
        draws = random.standard_normal((int(np.count_nonzero(driven)), currents.shape[1]))
        if driven.all():
            currents += read_noise * draws
        else:
            currents[driven] += read_noise * draws
    return adc(currents, adc_bits, full_scale) if adc_bits else currents

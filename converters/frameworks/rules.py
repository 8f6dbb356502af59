"""What NIR leaves open, by framework: whose rules a file's neurons follow.

NIR stores neither dt nor the reset rule, nor ``>`` or ``≥``, nor several spikes a step; each
framework that writes NIR scales its constants in its own way. A :class:`Rules` says how one of
them computes, and :func:`infer_source` recognises a file's maker where its constants betray it.

What each framework writes (dt in seconds; α, β its decay factors):

- snnTorch 1.0: dt = 1e-4, τ = dt / (1 − β), r = τ / dt, w_in = τ_syn / dt; τ = inf for β = 1
- SpikingJelly 2.0: dt = 1e-4, τ = τ_steps·dt, r = 1 (``decay_input``) or τ_steps; float64; v_leak = v_reset
- Norse 1.1: dt = 1e-3, r = 1, and τ scaled by dt once more: dt·τ
- Sinabs 3.1: τ in steps, r = 1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import nir
import numpy as np

from snnrt.errors import ModelError

Source = Literal["snntorch", "spikingjelly", "norse", "sinabs", "nir"]
ResetChoice = Literal["subtract", "subtract_now", "zero", "none"]
SOURCES: tuple[Source, ...] = ("snntorch", "spikingjelly", "norse", "sinabs", "nir")
RESETS: tuple[ResetChoice, ...] = ("subtract", "subtract_now", "zero", "none")
DEFAULT_DT: dict[Source, float] = {
    "snntorch": 1e-4, "spikingjelly": 1e-4, "norse": 1e-3, "sinabs": 1.0, "nir": 1e-4,
}  # fmt: skip
TITLES: dict[Source, str] = {
    "snntorch": "snnTorch", "spikingjelly": "SpikingJelly", "norse": "Norse", "sinabs": "Sinabs",
    "nir": "NIR",
}  # fmt: skip


TIMED = (nir.I, nir.IF, nir.LI, nir.LIF, nir.CubaLI, nir.CubaLIF, nir.Delay)


@dataclass(frozen=True)
class Rules:
    """Whose rules, and the choices that the file leaves open.

    ``reset`` None: the framework's default. ``normalise_input``: Sinabs' ``norm_input``, None: its
    defaults (LIF yes, ExpLeak no).
    """

    source: Source
    dt: float
    reset: ResetChoice | None = None
    strict: bool = False
    multiple: bool = False
    max_spikes: int = 1
    lower_bound: float | None = None
    normalise_input: bool | None = None


def choose_rules(
    source: Source,
    dt: float | None,
    reset: ResetChoice | None,
    strict: bool | None,
    multiple: bool | None,
    max_spikes: int,
    lower_bound: float | None,
    normalise_input: bool | None,
) -> Rules:
    """Fill in the framework's defaults. Raises ModelError where the choices contradict each other."""
    if source not in SOURCES:
        raise ModelError(f"source: expected one of {', '.join(SOURCES)}, found {source!r}")
    if reset is not None and reset not in RESETS:
        raise ModelError(f"reset: expected one of {', '.join(RESETS)}, found {reset!r}")
    dt = DEFAULT_DT[source] if dt is None else float(dt)
    if not (np.isfinite(dt) and dt > 0):
        raise ModelError(f"dt: expected seconds above 0, found {dt}")
    several = source == "sinabs" if multiple is None else bool(multiple)
    strictly = (source in ("snntorch", "norse", "nir")) and not several if strict is None else bool(strict)
    if several and strictly:
        raise ModelError("strict: expected not set where a neuron fires several spikes a step; leave one out")
    if several and source == "snntorch" and reset in (None, "subtract"):
        raise ModelError(
            "multiple: snnTorch resets one spike, at the next step; use reset 'subtract_now' with it"
        )
    if not 1 <= int(max_spikes) <= 32767:
        raise ModelError(f"max_spikes: expected 1 to 32767, found {max_spikes}")
    if lower_bound is not None and not np.isfinite(lower_bound):
        raise ModelError(f"lower_bound: expected a finite number, found {lower_bound}")
    return Rules(
        source, dt, reset, strictly, several, int(max_spikes) if several else 1, lower_bound, normalise_input
    )


def describe(rules: Rules, nodes: list[nir.NIRNode], given: dict[str, object]) -> list[str]:
    """What was assumed for ``nodes`` because neither the file nor the caller (``given``) says it."""
    title = TITLES[rules.source]
    lines: list[str] = []
    neurons = [node for node in nodes if isinstance(node, TIMED) and not isinstance(node, nir.Delay)]
    if given.get("dt") is None and any(isinstance(node, TIMED) for node in nodes):
        lines.append(
            "dt = 1 step (Sinabs writes τ in steps)" if rules.source == "sinabs"
            else f"dt = {rules.dt:g} s ({title}'s export)" if rules.source != "nir"
            else f"dt = {rules.dt:g} s (NIR's usual step)"
        )  # fmt: skip
    spiking = any(hasattr(node, "v_threshold") for node in neurons)
    if spiking and given.get("reset") is None:
        lines.append({
            "snntorch": "reset: subtract, at the next step (snnTorch's default); 'zero' if it was trained so",
            "spikingjelly": "reset: to v_reset, at once (SpikingJelly's hard reset)",
            "norse": "reset: to 0, at once (Norse's default; its export leaves v_reset out)",
            "sinabs": "reset: subtract, at once (Sinabs' default); 'zero' if it was trained so",
            "nir": "reset: to v_reset, at once (NIR's definition)",
        }[rules.source])  # fmt: skip
    if spiking and given.get("strict") is None and not rules.multiple:
        lines.append(f"a neuron fires where v {'>' if rules.strict else '≥'} threshold ({title}'s rule)")
    if spiking and given.get("multiple") is None and rules.multiple:
        lines.append(f"a neuron fires up to {rules.max_spikes} spikes a step (Sinabs' default MultiSpike)")
    if rules.source == "sinabs" and neurons:
        if given.get("lower_bound") is None:
            lines.append("no lower bound on the membrane (Sinabs' default; its export leaves min_v_mem out)")
        if rules.normalise_input is None and any(
            isinstance(node, (nir.LIF, nir.CubaLIF)) for node in neurons
        ):
            lines.append("LIF scales its input by 1 − α (Sinabs' default norm_input)")
        if rules.normalise_input is None and any(isinstance(node, (nir.LI, nir.CubaLI)) for node in neurons):
            lines.append("leaky integrators do not scale their input (ExpLeak's default norm_input)")
    if rules.source == "nir" and neurons:
        lines.append("forward Euler on NIR's equations; a synaptic current acts one step after its input")
    return lines


def infer_source(neurons: dict[str, nir.NIRNode]) -> tuple[Source, str]:
    """Who wrote the file, and why it is thought so; ``nir`` where the constants do not say.

    ``neurons`` are the NIR neurons by name. A source is taken only if it alone fits all of them.
    """
    candidates = set(SOURCES) - {"nir"}
    telling = {name: node for name, node in neurons.items() if not isinstance(node, nir.Threshold)}
    try:
        for node in telling.values():
            candidates &= _possible_sources(node)
    except (TypeError, ValueError):
        # what is not numbers is refused, with the node's name, where the neuron is made
        return "nir", "its constants are not all numbers"
    if (
        telling
        and candidates == {"snntorch", "spikingjelly"}
        and any(name.endswith("lif") for name in telling)
    ):
        candidates = {"snntorch"}
    if not telling:
        return "nir", "it has no neurons whose rules could differ"
    if len(candidates) != 1:
        fits = " or ".join(sorted(candidates)) or "none of the frameworks known"
        return "nir", f"the constants fit {fits}; give source if you know who wrote the file"
    source = candidates.pop()
    reason = {
        "snntorch": "r = τ / 1e-4 in all neurons",
        "spikingjelly": "constants in float64 for each neuron, with dt = 1e-4",
        "norse": "r = 1 and τ far below a step of 1e-3 s",
        "sinabs": "r = 1 and τ counted in steps",
    }[source]
    return source, f"inferred: {reason}"


def _possible_sources(node: nir.NIRNode) -> set[Source]:
    r = np.asarray(node.r, np.float64)
    taus = [
        np.asarray(getattr(node, key), np.float64)
        for key in ("tau", "tau_mem", "tau_syn")
        if hasattr(node, key)
    ]
    tau = taus[0] if taus else None
    wide = np.asarray(node.r).dtype == np.float64
    found: set[Source] = set()
    if tau is None:
        if np.all(r == 1):
            found |= {"norse", "sinabs"}
        if wide and np.allclose(r, 1e4, rtol=1e-6, atol=0):
            found.add("spikingjelly")
        return found
    with np.errstate(all="ignore"):
        scaled = np.where(np.isinf(tau), 1.0, r * 1e-4 / tau)
        unit_gain = bool(np.all(np.abs(scaled - 1) < 1e-5))
    unit_r = bool(np.all(r == 1))
    fires = isinstance(node, (nir.LIF, nir.CubaLIF))
    if fires and unit_gain and not np.any(node.v_leak) and not np.any(node.v_reset):
        found.add("snntorch")
    # SpikingJelly leaks towards v_reset, but for its CUBALIF, which leaks to 0
    leaks_to_reset = isinstance(node, nir.CubaLIF) or (fires and np.array_equal(node.v_reset, node.v_leak))
    in_steps = wide and r.ndim > 0 and bool(np.all((tau >= 1e-4) & (tau < 0.5)))
    if leaks_to_reset and in_steps and (unit_gain or unit_r):
        found.add("spikingjelly")
    if unit_r and not unit_gain and all(np.all((t > 0) & (t < 1e-3)) for t in taus) and not wide:
        found.add("norse")
    if unit_r and isinstance(node, (nir.LIF, nir.LI)) and np.all(tau >= 0.5):
        found.add("sinabs")
    return found

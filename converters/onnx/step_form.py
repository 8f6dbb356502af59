"""The step of a neuron, read off polynomials: u = α·v + g·x + b, a current, the threshold, the reset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.onnx.advice import HAND_OVER
from snnrt.converters.onnx.chains import Chain
from snnrt.converters.onnx.fires import Fires, V
from snnrt.converters.onnx.polynomial import Atom, Polynomial, close

_REMEDY = "use a neuron whose next membrane is a multiple of the last, plus its input, less its reset"
ONE = np.ones(())


@dataclass(frozen=True, eq=False)
class StepForm:
    """u = ``decay``·v + ``gain``·x + ``bias``, where x is the sum of the drives, each times its ``share``.

    ``synapse``: αs of a current c = αs·c + x that u reads in the place of x, ``late``: of the step before.
    ``threshold`` None: it never fires. ``several``: numbers of spikes. ``reset``: ``none``, ``subtract`` or
    ``value``; ``next``: it is applied at the next step, after the input.
    """

    decay: np.ndarray
    gain: np.ndarray
    bias: np.ndarray
    shares: tuple[np.ndarray, ...]
    synapse: np.ndarray | None = None
    late: bool = False
    threshold: np.ndarray | None = None
    strict: bool = False
    several: bool = False
    reset: str = "none"
    reset_value: np.ndarray | None = None
    reset_next: bool = False
    lower_bound: np.ndarray | None = None


def step_form(chain: Chain, found: Fires) -> StepForm:
    """That of the neuron ``chain``. Raises NotSupported where its step has no form in snnrt."""
    if not chain.segments:
        raise NotSupported(
            "a neuron without state: its membrane does not come from one before it",
            "export one step with the membranes as inputs and outputs (init_hidden=False), or all timesteps "
            f"in a loop; where neurons have several currents (alpha synapses), {HAND_OVER}",
        )
    segment = chain.segments[-1]
    polynomial = segment.polynomial
    if polynomial is None:
        raise NotSupported("its next membrane is no sum of products of its last one and its input", _REMEDY)
    spikes = _spikes(chain, found) if chain.fires else None
    polynomial, bound = _without_bound(polynomial, found)
    known: set[Atom] = {V} | ({spikes} if spikes else set())
    known |= {("drive", place) for place in range(len(segment.drives))}
    known |= {("current", place) for place in range(len(segment.currents))}
    others = polynomial.atoms() - known
    if others:
        words = {"z": "a second threshold", "clamp": "a bound inside of its step"}
        raise NotSupported(words.get(next(iter(others))[0], "a rounding inside of its step"), _REMEDY)
    if any(
        sum(atom[0] in ("v", "drive", "current") for atom in monomial) > 1 for monomial in polynomial.terms
    ):
        raise NotSupported("a membrane that is multiplied by another one", _REMEDY)
    decay = polynomial.get(V)
    gains = [polynomial.get(("drive", place)) for place in range(len(segment.drives))]
    synapse, late, shares, gain = _current(chain, polynomial, gains)
    form = StepForm(decay, gain, polynomial.offset, shares, synapse, late, lower_bound=bound)
    if spikes is None:
        return form
    return _with_reset(form, polynomial, spikes, found)


def _spikes(chain: Chain, found: Fires) -> Atom:
    """The atom of the spikes that leave the neuron."""
    bases = set(chain.bases)
    atoms: set[Atom] = set()
    for tensor, (base, polynomial) in found.related.items():
        if base in bases and found.spikes_of(tensor) is not None and tensor.array.dtype.kind == "f":
            atoms |= polynomial.atoms()
    numbers = {atom for atom in atoms if atom[0] == "n"}
    atoms = numbers or atoms
    if not atoms:
        # only compared, or scaled
        atoms = {atom for base, polynomial in found.related.values() if base in bases
                 for atom in polynomial.atoms() if atom[0] in ("z", "n")}  # fmt: skip
    if len(atoms) != 1:
        raise NotSupported("a membrane that is compared with several thresholds", "use one threshold")
    return next(iter(atoms))


def _without_bound(polynomial: Polynomial, found: Fires) -> tuple[Polynomial, np.ndarray | None]:
    """``polynomial`` with what is bounded in the place of its bound, max(q, 0) of q = v − n·θ − bound."""
    clamps = [atom for atom in polynomial.atoms() if atom[0] == "clamp"]
    if not clamps:
        return polynomial, None
    (clamp, *more) = clamps
    inner = found.tables.clamps[clamp]
    factor = polynomial.get(clamp)
    rest = Polynomial({one: value for one, value in polynomial.terms.items() if clamp not in one})
    alone = all(one == (clamp,) for one in polynomial.terms if clamp in one)
    if more or not alone or not inner.get(V).any() or not close(inner.get(V), ONE):
        raise NotSupported("a bound inside of its step", "bound the membrane after its reset only")
    return rest + inner.scaled(factor), np.asarray(-inner.offset)


def _current(
    chain: Chain, polynomial: Polynomial, gains: list[np.ndarray]
) -> tuple[np.ndarray | None, bool, tuple[np.ndarray, ...], np.ndarray]:
    """Decay of the current, whether it is late, the drives' shares in x, and x's gain."""
    segment = chain.segments[-1]
    if not segment.currents:
        if not gains:
            return None, False, (), ONE
        gain = next((one for one in gains if one.any()), ONE)
        return None, False, tuple(one / gain for one in gains), gain
    if len(segment.currents) > 1:
        raise NotSupported("several currents beside its membrane", "use one synaptic current")
    (current,) = segment.currents
    made = segment.of_currents.get(current)
    if made is None:
        raise NotSupported("a second state that is not a current of its input", _REMEDY)
    count = len(chain.segments[-2].drives)
    own = [made.get(("drive", place)) for place in range(count)][-len(gains) or None :]
    synapse, carried = made.get(("current", 0)), polynomial.get(("current", 0))
    plain = all(len(monomial) == 1 for monomial in made.terms)
    if not plain or V in made.atoms() or not own or not all(one.all() for one in own) or not synapse.all():
        raise NotSupported("a current that a spike or a constant changes", "use a current of the input alone")
    shares = tuple(one / own[0] for one in own)
    gain = carried * own[0] / synapse
    if not gains or not any(one.any() for one in gains):
        return synapse, True, shares, carried * own[0]
    for one, share in zip(gains, shares):
        if not close(one, gain * share):
            raise NotSupported("a current that reaches the membrane apart from its input", _REMEDY)
    return synapse, False, shares, gains[0] / shares[0]


def _with_reset(form: StepForm, polynomial: Polynomial, spikes: Atom, found: Fires) -> StepForm:
    several = spikes[0] == "n"
    key = spikes[1] if several else spikes[2]
    threshold = found.tables.thresholds[key].astype(np.float64)
    if not (threshold > 0).all():
        raise NotSupported(f"a threshold of {threshold.min():g}", "use thresholds above 0")
    strict = bool(not several and spikes[1])
    fired, kept = polynomial.get(spikes), polynomial.get(V, spikes)
    made = {"threshold": threshold, "strict": strict, "several": several}
    loses = [monomial for monomial in polynomial.terms
             if spikes in monomial and any(atom[0] in ("drive", "current") for atom in monomial)]  # fmt: skip

    def form_with(**more: object) -> StepForm:
        return StepForm(**{**vars(form), **made, **more})  # type: ignore[arg-type]

    if not kept.any() and not loses:
        if not fired.any():
            return form_with(reset="none")
        if close(fired, -form.decay * threshold):
            return form_with(reset="subtract")
        if close(fired, -threshold) and not several:
            return form_with(reset="subtract", reset_next=True)
        raise NotSupported("a reset that takes off something else than the threshold",
                           "reset by the threshold, or to a value")  # fmt: skip
    if several or not close(kept, -form.decay):
        raise NotSupported(
            "a reset that keeps a part of the membrane", "reset by the threshold, or to a value"
        )
    if not loses:
        decay = np.where(form.decay == 0, 1.0, form.decay)
        return form_with(reset="value", reset_value=fired / decay)
    whole = all(
        close(polynomial.get(*monomial), -polynomial.get(*(atom for atom in monomial if atom != spikes)))
        for monomial in loses
    )
    inputs = [monomial for monomial in polynomial.terms if len(monomial) == 1
              and monomial[0][0] in ("drive", "current")]  # fmt: skip
    if not whole or len(loses) != len(inputs):
        raise NotSupported("a spike that takes a part of the next input", _REMEDY)
    return form_with(reset="value", reset_value=fired + form.bias, reset_next=True)

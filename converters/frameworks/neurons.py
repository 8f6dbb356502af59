"""NIR's neurons as :class:`snnrt.ir.graph.Neuron`: each framework's step, with its own float32 constants."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import nir
import numpy as np

from snnrt.converters.frameworks.rules import Rules
from snnrt.errors import ModelError
from snnrt.ir.graph import Neuron, Shape

DECIMAL_DIGITS = 5


def make_neuron(name: str, node: nir.NIRNode, shape: Shape, rules: Rules, recurrent: bool) -> Neuron:
    """The neuron ``node`` for inputs of ``shape`` under ``rules``; its ``inputs`` are left empty.

    ``recurrent``: it reads its own spikes (snnTorch's RLeaky resets to zero in another way than Leaky).
    Raises ModelError where a parameter does not fit ``shape`` or has no meaning.
    """
    take = _Parameters(name, node, shape, rules)
    if isinstance(node, nir.Threshold):
        fields: dict[str, object] = {
            "membrane": np.zeros((), np.float32), "threshold": take.positive("threshold"),
            "strict": True, "reset": "none",
        }  # fmt: skip
        return Neuron(name, (), shape, **fields)  # type: ignore[arg-type]
    if isinstance(node, (nir.I, nir.IF)):
        fields = {"membrane": np.ones((), np.float32), "gain": _integrator_gain(take, rules)}
    else:
        fields = _DYNAMICS[rules.source](take, rules)
    if isinstance(node, (nir.IF, nir.LIF, nir.CubaLIF)):
        fields |= _firing(take, rules, recurrent)
    if rules.lower_bound is not None and isinstance(node, (nir.IF, nir.LIF, nir.CubaLIF)):
        fields["lower_bound"] = np.array(rules.lower_bound, np.float32)
    return Neuron(name, (), shape, **fields)  # type: ignore[arg-type]


class _Parameters:
    """Arrays of one NIR neuron, checked and at the coarsest granularity that holds them."""

    def __init__(self, name: str, node: nir.NIRNode, shape: Shape, rules: Rules) -> None:
        self.name, self.node, self.shape, self.rules = name, node, shape, rules
        self.kind = type(node).__name__

    @property
    def tau(self) -> str:
        return "tau" if hasattr(self.node, "tau") else "tau_mem"

    @property
    def has_synapse(self) -> bool:
        return hasattr(self.node, "tau_syn")

    def complain(self, field: str, expected: str, found: object) -> ModelError:
        return ModelError(f"node {self.name!r} ({self.kind}): {field}: expected {expected}, found {found}")

    def stored(self, field: str, infinite: bool = False) -> np.ndarray:
        """As stored (its dtype kept), in one of the shapes (), (channels,) and the layer's."""
        array = np.asarray(getattr(self.node, field))
        if array.dtype.kind not in "fiu":
            raise self.complain(field, "numbers", array.dtype)
        if np.isnan(array).any() or (np.isinf(array).any() and not (infinite or field.startswith("tau"))):
            raise self.complain(field, "finite numbers", "NaN or infinity")
        # snnTorch clamps β to 0 … 1 when it runs, and exports a β above 1 as a negative τ
        if field.startswith("tau") and (array <= 0).any() and self.rules.source != "snntorch":
            raise self.complain(field, "a time above 0", array.min())
        return compress(
            fit(
                array,
                self.shape,
                lambda found: self.complain(field, f"one value, one a channel or shape {self.shape}", found),
            )
        )

    def double(self, field: str) -> np.ndarray:
        return self.stored(field).astype(np.float64)

    def positive(self, field: str) -> np.ndarray:
        array = self.single(field, self.double(field))
        if (array <= 0).any():
            raise self.complain(field, "values above 0", array.min())
        return array

    def single(self, field: str, values: np.ndarray) -> np.ndarray:
        """float32, compressed; what float32 cannot hold is an error."""
        with np.errstate(over="ignore"):
            array = np.asarray(compress(np.asarray(values, np.float64)), np.float32)
        if not np.isfinite(array).all():
            raise self.complain(field, "values that float32 can hold", np.asarray(values).flat[0])
        return array

    def gain(self, values: np.ndarray) -> np.ndarray | None:
        """What the input is multiplied by; absent where it is 1 (up to the export's rounding)."""
        if np.all(np.abs(values - 1) <= 1e-6):
            return None
        return self.single("r", values)

    def leak(self) -> np.ndarray | None:
        leak = self.single("v_leak", self.double("v_leak"))
        return leak if leak.any() else None

    def product(self, *arrays: np.ndarray) -> np.ndarray:
        """Element by element, each array brought to the layer's shape where granularities differ."""
        arrays = tuple(np.asarray(array, np.float64) for array in arrays)
        if len({array.shape for array in arrays} - {()}) > 1:
            arrays = tuple(_spread(array, self.shape) for array in arrays)
        result = np.ones(())
        with np.errstate(all="ignore"):
            for array in arrays:
                result = result * array
        return compress(np.asarray(result))


def fit(array: np.ndarray, shape: Shape, complain: Callable[[object], ModelError]) -> np.ndarray:
    """Bring a parameter to shape (), (channels,) or ``shape``; raises what ``complain`` makes."""
    if array.size == 1:
        return array.reshape(())
    if array.shape == shape:
        return array
    squeezed = tuple(size for size in array.shape if size != 1)
    if squeezed == tuple(size for size in shape if size != 1):
        return array.reshape(shape)
    if len(shape) == 3 and squeezed == (shape[0],):
        return array.reshape(-1)
    raise complain(array.shape)


def compress(array: np.ndarray) -> np.ndarray:
    """The same values as a scalar or one a channel, where all in it are equal."""
    if array.size and (array == array.flat[0]).all():
        return array.reshape(-1)[:1].reshape(())
    if array.ndim == 3:
        first = array[:, :1, :1]
        if (array == first).all():
            return first.reshape(-1)
    return array


def _spread(array: np.ndarray, shape: Shape) -> np.ndarray:
    if array.shape in ((), shape):
        return np.broadcast_to(array, shape)
    return np.broadcast_to(array.reshape((-1,) + (1,) * (len(shape) - 1)), shape)


def _integrator_gain(take: _Parameters, rules: Rules) -> np.ndarray | None:
    r = take.double("r")
    if rules.source in ("norse", "sinabs") or (rules.source != "nir" and np.all(r == 1)):
        return take.gain(r)
    return take.gain(r * rules.dt)


def _input_gain(
    take: _Parameters, rate: np.ndarray | None, synapse_rate: np.ndarray | None
) -> np.ndarray | None:
    """r·rate·w_in·rate of the synapse: all of them commute with the synapse, which is linear."""
    factors = [take.double("r")]
    if rate is not None:
        factors.append(rate)
    if take.has_synapse:
        factors.append(take.double("w_in"))
        if synapse_rate is not None:
            factors.append(synapse_rate)
    return take.gain(_finite_product(take, factors))


def _finite_product(take: _Parameters, factors: list[np.ndarray]) -> np.ndarray:
    product = take.product(*factors)
    if not np.isfinite(product).all():
        raise take.complain("r", "values that float32 can hold", "a gain that is not finite")
    return product


def _decays(take: _Parameters, rules: Rules) -> dict[str, object]:
    """α = 1 − dt/τ, the way snnTorch (all neurons) and SpikingJelly (CUBALIF) write it."""
    dt = rules.dt
    alpha = _recover_decay(take, take.tau, dt)
    fields: dict[str, object] = {"membrane": alpha}
    factors = [_relative_gain(take, "r", take.tau, dt)]
    if take.has_synapse:
        fields["synapse"] = _recover_decay(take, "tau_syn", dt)
        factors.append(_relative_gain(take, "w_in", "tau_syn", dt))
    fields["gain"] = take.gain(_finite_product(take, factors))
    leak = take.double("v_leak")
    if leak.any():
        fields["bias"] = take.single("v_leak", take.product(leak, 1.0 - alpha.astype(np.float64)))
    return fields


def _relative_gain(take: _Parameters, resistance: str, tau: str, dt: float) -> np.ndarray:
    """resistance·dt/τ, which is 1 where both are infinite (β = 1)."""
    # both pass the checks that parameters go through before their stored shapes are compared
    take.stored(tau)
    take.stored(resistance, infinite=True)
    r, t = (np.asarray(getattr(take.node, field), np.float64) for field in (resistance, tau))
    if r.shape != t.shape and r.size > 1 and t.size > 1:
        raise take.complain(resistance, f"the shape of {tau}, {t.shape}", r.shape)
    with np.errstate(all="ignore"):
        ratio = np.where(np.isinf(t) & np.isinf(r), 1.0, r * dt / t)
    if np.isnan(ratio).any() or np.isinf(ratio).any():
        raise take.complain(resistance, f"a finite {resistance}·dt/{tau}", "NaN or infinity")
    ratio = np.where(np.abs(ratio - 1) <= 1e-6, 1.0, ratio)
    return compress(
        fit(ratio, take.shape, lambda found: take.complain(resistance, f"shape {take.shape}", found))
    )


def _recover_decay(take: _Parameters, field: str, dt: float) -> np.ndarray:
    """The float32 decay factor that the framework had: the one whose export gives the stored τ."""
    tau = take.stored(field)
    with np.errstate(all="ignore"):
        guess = 1.0 - dt / tau.astype(np.float64)
    guess = np.where(np.isnan(guess) | (tau < 0), 1.0, np.clip(guess, 0.0, 1.0))
    if tau.dtype != np.float32:
        return take.single(field, guess)
    with np.errstate(all="ignore"):
        return recover(tau, guess, lambda decay: np.float32(dt) / (np.float32(1) - decay))


def recover(stored: np.ndarray, guess: np.ndarray, export: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The float32 near ``guess`` which ``export`` turns into ``stored``.

    Several can, since the export rounds. Then it is the one with the fewest decimal digits (up to
    five, of it or of its reciprocal), because a person chose it; else the nearest. Where none is
    found, ``guess`` rounded.
    """
    guess = np.asarray(guess, np.float64)
    found = guess.astype(np.float32)
    open_ = np.ones(found.shape, bool)
    for candidate in _candidates(guess):
        with np.errstate(all="ignore"):
            fits = open_ & (candidate >= 0) & (export(candidate) == stored)
        found = np.where(fits, candidate, found)
        open_ &= ~fits
    return found


def _candidates(guess: np.ndarray) -> Iterator[np.ndarray]:
    with np.errstate(all="ignore"):
        for digits in range(1, DECIMAL_DIGITS + 1):
            yield _rounded(guess, digits).astype(np.float32)
            yield (1.0 / _rounded(1.0 / guess, digits)).astype(np.float32)
        nearest = guess.astype(np.float32)
        for step in (0, 1, -1, 2, -2, 3, -3, 4, -4):
            yield nearest + np.float32(step) * np.spacing(nearest)


def _rounded(values: np.ndarray, digits: int) -> np.ndarray:
    """To so many significant decimal digits."""
    exponent = digits - 1 - np.floor(np.log10(values))
    # a power of ten above 1 is exact, so a quotient by it is the nearest float to the decimal
    up, down = 10.0 ** np.maximum(exponent, 0), 10.0 ** np.maximum(-exponent, 0)
    return np.rint(values * up / down) * down / up


def _spikingjelly(take: _Parameters, rules: Rules) -> dict[str, object]:
    if take.has_synapse:
        return _decays(take, rules)
    tau, dt = take.stored("tau"), np.float32(rules.dt)
    steps = tau.astype(np.float64) / rules.dt
    if tau.dtype == np.float32:
        steps = recover(tau, steps, lambda count: count * dt)
    if not np.isfinite(steps).all():
        raise take.complain("tau", "a finite time", "infinity")
    leak = take.leak()
    fields: dict[str, object] = {"membrane": take.single("tau", steps), "leak": leak}
    if np.all(np.abs(_relative_gain(take, "r", "tau", rules.dt) - 1) <= 1e-6):
        return fields | {"integration": "divide_leak"}
    return fields | {"integration": "divide", "gain": take.gain(take.double("r"))}


def _norse(take: _Parameters, rules: Rules) -> dict[str, object]:
    leak = take.leak()
    fields: dict[str, object] = {
        "integration": "euler", "membrane": _norse_rate(take, take.tau, rules.dt),
        "leak": leak, "initial": leak, "gain": _input_gain(take, None, None),
    }  # fmt: skip
    if take.has_synapse:
        fields |= {"synapse": _norse_rate(take, "tau_syn", rules.dt), "synapse_order": "use_then_decay"}
    return fields


def _norse_rate(take: _Parameters, field: str, dt: float) -> np.ndarray:
    """k = dt·τ⁻¹ as Norse computes it, from the dt / τ⁻¹ which it exports."""
    tau = take.stored(field)
    inverse = dt / tau.astype(np.float64)
    step = np.float32(dt)
    if tau.dtype == np.float32:
        with np.errstate(all="ignore"):
            inverse = recover(tau, inverse, lambda rate: (np.float32(1) / rate) * step)
        return take.single(field, step * inverse)
    return take.single(field, dt * inverse)


def _sinabs(take: _Parameters, rules: Rules) -> dict[str, object]:
    alpha = _exponential(take, take.tau, rules.dt)
    fields: dict[str, object] = {"membrane": alpha}
    normalise = rules.normalise_input
    if normalise is None:
        normalise = isinstance(take.node, (nir.LIF, nir.CubaLIF))
    rate = (np.float32(1) - alpha).astype(np.float64) if normalise else None
    fields["gain"] = _input_gain(take, rate, None)
    if take.has_synapse:
        fields |= {"synapse": _exponential(take, "tau_syn", rules.dt), "synapse_order": "add_then_decay"}
    leak = take.double("v_leak")
    if leak.any():
        fields["bias"] = take.single("v_leak", take.product(leak, 1.0 - alpha.astype(np.float64)))
    return fields


def _exponential(take: _Parameters, field: str, dt: float) -> np.ndarray:
    return take.single(field, exponential_decay(take.double(field), dt))


def exponential_decay(tau: np.ndarray, dt: float) -> np.ndarray:
    """exp(−dt/τ) as float32 code computes it: the quotient rounded, then the exponential."""
    steps = (tau / dt).astype(np.float32)
    with np.errstate(all="ignore"):
        return np.exp((np.float32(-1) / steps).astype(np.float64)).astype(np.float32)


def _forward_euler(take: _Parameters, rules: Rules) -> dict[str, object]:
    """v += dt/τ·((v_leak − v) + R·I); I += dt/τ_syn·(w_in·S − I): both from the step before's values."""
    rate = _euler_rate(take, take.tau, rules.dt)
    fields: dict[str, object] = {
        "integration": "euler",
        "membrane": take.single(take.tau, rate),
        "leak": take.leak(),
    }
    synapse_rate = None
    if take.has_synapse:
        synapse_rate = _euler_rate(take, "tau_syn", rules.dt)
        if (synapse_rate > 1).any():
            raise take.complain(
                "tau_syn",
                f"at least dt = {rules.dt:g} s (Euler diverges below)",
                take.double("tau_syn").min(),
            )
        fields |= {"synapse": take.single("tau_syn", 1.0 - synapse_rate), "synapse_order": "previous"}
    fields["gain"] = _input_gain(take, None, synapse_rate)
    return fields


def _euler_rate(take: _Parameters, field: str, dt: float) -> np.ndarray:
    """dt/τ; a τ stored in float32 stands for the decimal that was written."""
    tau = take.stored(field)
    rate = dt / tau.astype(np.float64)
    if tau.dtype == np.float32:
        return recover(tau, rate, lambda k: np.float32(dt) / k).astype(np.float64)
    return rate


_DYNAMICS: dict[str, Callable[[_Parameters, Rules], dict[str, object]]] = {
    "snntorch": _decays, "spikingjelly": _spikingjelly, "norse": _norse, "sinabs": _sinabs,
    "nir": _forward_euler,
}  # fmt: skip


def _firing(take: _Parameters, rules: Rules, recurrent: bool) -> dict[str, object]:
    fields: dict[str, object] = {
        "threshold": take.positive("v_threshold"),
        "strict": rules.strict, "multiple": rules.multiple, "max_spikes": rules.max_spikes,
    }  # fmt: skip
    reset = rules.reset or {"snntorch": "subtract", "sinabs": "subtract"}.get(rules.source, "value")
    at_next_step = rules.source == "snntorch"
    if reset == "none":
        return fields | {"reset": "none"}
    if reset in ("subtract", "subtract_now"):
        return fields | {"reset": "subtract", "reset_next": at_next_step and reset == "subtract"}
    value = take.single("v_reset", take.double("v_reset")) if reset == "value" else np.zeros((), np.float32)
    # snnTorch's Leaky drops the old membrane, its other neurons drop this step's input with it
    loses_input = at_next_step and (recurrent or take.has_synapse)
    if rules.source == "spikingjelly" and value.any():
        fields["initial"] = value
    return fields | {"reset": "value", "reset_value": value, "reset_next": loses_input}

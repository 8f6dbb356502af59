"""Spiking networks of each framework as users export them to ONNX, by both exporters of PyTorch."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from installed_frameworks import framework

torch = framework("torch")
nn = torch.nn
EXPORTERS = {"TorchScript": False, "dynamo": True}
T = 6


class Step(nn.Module):
    """One timestep of two layers; ``call`` (neuron, input, states) gives spikes and the next states."""

    def __init__(
        self, make: Callable[[], nn.Module], call: Callable[..., Any], states: int, gain: float
    ) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(20, 30), nn.Linear(30, 8)
        self.lif1, self.lif2 = make(), make()
        self.call, self.states, self.gain = call, states, gain

    def forward(self, x: Any, *states: Any) -> Any:
        count = self.states
        z, first = self.call(self.lif1, self.fc1(x) * self.gain, *states[:count])
        out, second = self.call(self.lif2, self.fc2(z) * self.gain, *states[count:])
        return (out, *first, *second)


class Unrolled(nn.Module):
    """All timesteps of a Step, its states 0 at first; ``taken``: the input has an axis of time."""

    def __init__(self, step: Step, taken: bool) -> None:
        super().__init__()
        self.step, self.taken = step, taken

    def forward(self, x: Any) -> Any:
        states: Any = [torch.zeros(1, size) for size in (30, 8) for _ in range(self.step.states)]
        found = []
        for time in range(T):
            out, *states = self.step(x[time] if self.taken else x, *states)
            found.append(out)
        return torch.stack(found)


def _states_of(count: int) -> list[Any]:
    # one tensor given twice would be one state to dynamo
    return [torch.zeros(1, size) for size in (30, 8) for _ in range(count)]


def _snntorch(name: str, states: int = 1, **settings: Any) -> Step:
    snn = framework("snntorch")

    def call(neuron: Any, x: Any, *given: Any) -> Any:
        z, *after = neuron(x, *given)
        return z, after

    return Step(lambda: getattr(snn, name)(**settings), call, states, 3.0)


def _spikingjelly(name: str, **settings: Any) -> Step:
    neurons = framework("spikingjelly.activation_based.neuron")

    def call(neuron: Any, x: Any, v: Any) -> Any:
        neuron.v = v
        z = neuron(x)
        return z, [neuron.v]

    return Step(lambda: getattr(neurons, name)(**settings), call, 1, 4.0)


def _norse(name: str, state: str, states: int) -> Step:
    norse = framework("norse.torch")

    def call(neuron: Any, x: Any, *given: Any) -> Any:
        z, after = neuron(x, getattr(norse, state)(*given))
        return z, list(after)

    return Step(lambda: getattr(norse, name)(), call, states, 12.0)


class NorseReadout(nn.Module):
    """All timesteps; a leaky integrator behind the spikes."""

    def __init__(self) -> None:
        super().__init__()
        norse = framework("norse.torch")
        self.fc, self.lif, self.li = nn.Linear(20, 30), norse.LIFCell(), norse.LILinearCell(30, 8)

    def forward(self, x: Any) -> Any:
        first = second = None
        found = []
        for time in range(T):
            z, first = self.lif(self.fc(x[time]) * 20, first)
            out, second = self.li(z, second)
            found.append(out)
        return torch.stack(found)


def _sinabs(name: str, **settings: Any) -> nn.Module:
    layers = framework("sinabs.layers")

    def make() -> nn.Module:
        return getattr(layers, name)(**settings)

    net = nn.Sequential(
        nn.Flatten(0, 1), nn.Conv2d(1, 4, 3, padding=1), nn.Unflatten(0, (1, T)), make(), nn.Flatten(0, 1),
        layers.SumPool2d(2), nn.Flatten(), nn.Linear(64, 8), nn.Unflatten(0, (1, T)), make(),
    )  # fmt: skip
    with torch.no_grad():
        # so that both layers fire
        net[1].weight *= 3
        net[1].bias.fill_(0.1)
    return net


def _single() -> Any:
    return framework("sinabs.activation").SingleSpike


class MultiStep(nn.Module):
    """SpikingJelly's own multi-step mode, with the layers of a convolutional network."""

    def __init__(self) -> None:
        super().__init__()
        base = framework("spikingjelly.activation_based")
        from spikingjelly.activation_based import functional, layer, neuron

        assert base is not None
        self.reset = functional.reset_net
        self.net = nn.Sequential(
            layer.Conv2d(1, 4, 3, padding=1), layer.BatchNorm2d(4), neuron.LIFNode(), layer.MaxPool2d(2),
            layer.Flatten(), layer.Linear(64, 8), neuron.IFNode(v_threshold=0.3),
        )  # fmt: skip
        functional.set_step_mode(self.net, "m")
        self.net[1].running_var.fill_(0.01)

    def forward(self, x: Any) -> Any:
        self.reset(self.net)
        return self.net(x.unsqueeze(0).repeat(T, 1, 1, 1, 1)).mean(0)


STEPS: dict[str, Callable[[], Step]] = {
    "snnTorch Leaky, subtract": lambda: _snntorch("Leaky", beta=0.9),
    "snnTorch Leaky, zero": lambda: _snntorch("Leaky", beta=0.9, reset_mechanism="zero"),
    "snnTorch Synaptic, subtract": lambda: _snntorch("Synaptic", 2, alpha=0.8, beta=0.9),
    "snnTorch Synaptic, zero": lambda: _snntorch("Synaptic", 2, alpha=0.8, beta=0.9, reset_mechanism="zero"),
    "SpikingJelly IF, hard": lambda: _spikingjelly("IFNode"),
    "SpikingJelly IF, soft": lambda: _spikingjelly("IFNode", v_reset=None),
    "SpikingJelly LIF": lambda: _spikingjelly("LIFNode", tau=3.0),
    "SpikingJelly LIF, decay_input=False": lambda: _spikingjelly("LIFNode", tau=3.0, decay_input=False),
    "SpikingJelly PLIF": lambda: _spikingjelly("ParametricLIFNode", init_tau=3.0),
    "Norse LIFCell": lambda: _norse("LIFCell", "LIFFeedForwardState", 2),
    "Norse LIFBoxCell": lambda: _norse("LIFBoxCell", "LIFBoxFeedForwardState", 1),
}
WHOLE: dict[str, Callable[[], nn.Module]] = {
    "SpikingJelly multi-step": MultiStep,
    "Norse LIFCell, LILinearCell": NorseReadout,
    "Sinabs IAF": lambda: _sinabs("IAF", spike_threshold=0.1),
    "Sinabs LIF, lower bound": lambda: _sinabs("LIF", tau_mem=10.0, spike_threshold=0.05, min_v_mem=-0.1),
    "Sinabs LIF, one spike": lambda: _sinabs("LIF", tau_mem=10.0, spike_threshold=0.05, spike_fn=_single()),
}
FORMS = ("one step", "unrolled", "unrolled over x[t]")


def network(name: str, form: str) -> tuple[nn.Module, tuple[Any, ...]]:
    """The network and what it is exported with."""
    torch.manual_seed(3)
    if name in WHOLE:
        net = WHOLE[name]().eval()
        if name.startswith("Norse"):
            return net, (torch.rand(T, 1, 20),)
        return net, (torch.rand(1, T, 1, 8, 8) if name.startswith("Sinabs") else torch.rand(1, 1, 8, 8),)
    step = STEPS[name]().eval()
    if form == "one step":
        return step, (torch.rand(1, 20), *_states_of(step.states))
    taken = form == "unrolled over x[t]"
    return Unrolled(step, taken), (torch.rand(T, 1, 20) if taken else torch.rand(1, 20),)


def cases() -> list[tuple[str, str, str]]:
    """(network, form, exporter) of all."""
    forms = [(name, form) for name in STEPS for form in FORMS] + [(name, "unrolled") for name in WHOLE]
    return [(name, form, exporter) for name, form in forms for exporter in EXPORTERS]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what exporters print, log and warn of."""
    words = io.StringIO()
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def export(
    net: Any, given: tuple[Any, ...], path: Path | str, exporter: str, **options: Any
) -> str | None:  # fmt: skip
    """Write ``net`` to ``path``; what the exporter says where it can't. ``options`` are the exporter's."""
    dynamo = EXPORTERS[exporter]
    more = {} if dynamo else {"opset_version": 17}
    try:
        with quiet():
            torch.onnx.export(net, given, str(path), dynamo=dynamo, **more, **options)
    except Exception as error:
        # whatever an exporter raises
        return type(error).__name__
    return None

"""The rules of each neuron of a NIR file: the network's, or its own where the caller gave it any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.layer_choices import LayerChoices, for_layer
from snnrt.converters.frameworks.rules import Rules, choose_rules, describe
from snnrt.converters.nir.constants import MECHANISMS
from snnrt.converters.nir.exports.export import Traits
from snnrt.converters.nir.exports.registry import EXPORTS
from snnrt.converters.nir.infer import contradiction
from snnrt.converters.nir.neurons import NEURONS
from snnrt.converters.nir.primitives import NirNode
from snnrt.errors import ModelError


class LayerRules:
    """Under ``framework`` and ``choices``, but for the ``layers`` that have their own.

    Where the caller gives no ``dt`` and the framework's export betrays it, the file's is taken. Raises
    ModelError for a layer that is no neuron of ``nodes``, and for choices that contradict each other.
    """

    def __init__(
        self, nodes: Mapping[str, NirNode], framework: str, choices: Choices, layers: LayerChoices
    ) -> None:
        self.nodes, self.layers = nodes, layers
        self.neurons = {name: node for name, node in nodes.items() if node.kind in NEURONS}
        check_names(self.neurons, layers)
        common = {name: node for name, node in self.neurons.items() if name not in layers}
        self.choices = choices
        self.rules = _rules(framework, choices, common)
        self.own: dict[str, tuple[Rules, Choices]] = {}
        for name, given in layers.items():
            its_framework, its_choices = for_layer(framework, choices, given)
            try:
                found = _rules(its_framework, its_choices, {name: self.neurons[name]})
            except ModelError as error:
                raise ModelError(f"layer {name!r}: {error}") from error
            self.own[name] = found, its_choices

    def of(self, name: str) -> Rules:
        """Those of the node ``name``."""
        return self.own[name][0] if name in self.own else self.rules

    def described(self) -> list[str]:
        """What was assumed because neither the file nor the caller says it, a line each."""
        common = [node for name, node in self.nodes.items() if name not in self.own]
        mechanisms = [MECHANISMS[node.kind] for node in common if node.kind in MECHANISMS]
        delays = any(node.kind == "Delay" for node in common)
        lines = describe(self.rules, self.choices, mechanisms, delays)
        lines += EXPORTS[self.rules.framework.name].lost(mechanisms)
        lines += self._remarks()
        for name, (rules, choices) in self.own.items():
            node = self.nodes[name]
            its = [MECHANISMS[node.kind]] if node.kind in MECHANISMS else []
            told = describe(rules, choices, its, False) + EXPORTS[rules.framework.name].lost(its)
            lines += [f"{name!r}: {line}" for line in told if line not in lines]
        return lines

    def _remarks(self) -> list[str]:
        found: dict[str, list[str]] = {}
        for name, node in self.neurons.items():
            rules = self.of(name)
            try:
                remark = EXPORTS[rules.framework.name].remark(Traits(node), rules.dt) if _tells(node) else ""
            except (TypeError, ValueError):
                # what is not numbers is refused, with the node's name, where the neuron is made
                continue
            if remark:
                found.setdefault(remark, []).append(name)
        return [f"{', '.join(map(repr, names[:8]))}: {remark}" for remark, names in found.items()]

    def held_against_the_file(self) -> list[str]:
        """A line for each contradiction by the constants where the caller gave ``dt`` too.

        Raises ModelError for one where the caller did not.
        """
        lines: list[str] = []
        groups = [(self.rules, self.choices, [name for name in self.neurons if name not in self.own])]
        groups += [(rules, choices, [name]) for name, (rules, choices) in self.own.items()]
        for rules, choices, names in groups:
            own = {name: self.neurons[name] for name in names}
            found = contradiction(own, rules.framework.name, rules.dt)
            if not found:
                continue
            framework = rules.framework.name
            if choices.dt is None:
                raise ModelError(
                    f"framework {framework}: the file contradicts it: {found}; give another framework, or dt "
                    "too where it is right all the same"
                )
            lines.append(f"framework = {framework} and dt = {rules.dt:g} as given, AGAINST the file: {found}")
        return lines


def _tells(node: NirNode) -> bool:
    return node.kind in MECHANISMS


def check_names(neurons: Mapping[str, NirNode], layers: LayerChoices) -> None:
    """Raise ModelError for one of ``layers`` that is none of ``neurons``."""
    for name in layers:
        if name not in neurons:
            known = ", ".join(list(neurons)[:12]) + (", …" if len(neurons) > 12 else "") or "none"
            raise ModelError(f"layers: expected neurons of the file ({known}), found {name!r}")


def _rules(framework: str, choices: Choices, neurons: Mapping[str, NirNode]) -> Rules:
    rules = choose_rules(framework, choices)
    if choices.dt is None:
        try:
            traits = [Traits(node) for node in neurons.values() if _tells(node)]
            dt = EXPORTS[framework].betrayed_dt(traits)
        except (TypeError, ValueError):
            # what is not numbers is refused, with the node's name, where the neuron is made
            dt = None
        if dt is not None:
            return replace(rules, dt=dt)
    return rules

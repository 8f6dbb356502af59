"""Every node and neuron variant gives the host's and the reference's bits on every emulated core."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from demo_network import demo_network
from device_programs import EVERYTHING, build_for_core, build_for_host, need_core, run_on_core, run_on_host
from exported_models import Exported, check_output, export, export_random
from mechanism_network import mechanism_network
from node_cases import arithmetics
from small_networks import (
    SMALL_NETWORKS,
    competition,
    image_conv,
    max_pools,
    moved_values,
    rows_of_currents,
)

from snnrt.ir.graph import Neuron, arithmetic_of
from snnrt.ir.nodes import NODES
from snnrt.ir.nodes.neuron_fields import FLAGS, INTEGER_FLAGS, WORDS
from snnrt.ir.spec import READOUT_MODES
from snnrt.targets.emulator import CORES

MODELS = 60
BOOLEANS = [flag for flag in FLAGS if flag not in WORDS]


@dataclass(frozen=True)
class Models:
    """Models in ``folder`` with their inputs and what the host's core makes of them, file by file."""

    folder: Path
    exported: list[Exported]
    outputs: list[bytes]

    def check(self, name: str, work: Path) -> None:
        """All of them on one core, in one start of the emulator."""
        core = need_core(name)
        image = build_for_core(core, work / "build", "models", self.exported[0].graph, EVERYTHING)
        for path in self.folder.glob("*.*"):
            if path.suffix in (".snnrt", ".input"):
                (work / path.name).symlink_to(path)
        assert run_on_core(core, image, work) == f"{sum(map(bool, self.outputs))} models\n"
        for place, output in enumerate(self.outputs):
            assert (work / f"{place}.output").read_bytes() == output, f"model {place}"


def make(folder: Path, count: int, seed: int) -> Models:
    """``count`` random networks, small ones of every kind and the demo network, run on the host and held
    against the reference."""
    exported = export_random(folder, count, seed)
    further = (image_conv, mechanism_network, max_pools, moved_values, competition, rows_of_currents)
    for network in (*SMALL_NETWORKS.values(), *further):
        for numbers in ("int8", "float32"):
            exported.append(export(folder, len(exported), *network(numbers)))
    for numbers in ("int8", "float32"):
        network, x = demo_network(numbers)
        exported.append(export(folder, len(exported), network.graph, x[:8]))
    program = build_for_host(folder / "host", "models", exported[0].graph, EVERYTHING)
    printed = run_on_host(program, folder)
    outputs = [(folder / f"{place}.output").read_bytes() for place in range(len(exported))]
    assert printed == f"{sum(map(bool, outputs))} models\n"
    # one random model in a hundred is larger than the boards' memory
    assert sum(not output for output in outputs) <= -(-count // 100)
    for output, model in zip(outputs, exported):
        assert not output or check_output(output, model) == 2
    return Models(folder, exported, outputs)


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Models:
    return make(tmp_path_factory.mktemp("models"), MODELS, seed=7)


def test_the_models_have_every_node_and_neuron_variant(models):
    found = set()
    for model in models.exported:
        numbers = model.graph.numbers
        found |= {(numbers, node.kind) for node in model.graph}
        found |= {(numbers, model.graph.input.encoding), (numbers, model.graph.readout.mode)}
        found.add((numbers, model.graph.exit.rule))
        for neuron in (node for node in model.graph if isinstance(node, Neuron)):
            found |= {(numbers, what) for what in variants(neuron)}
    for numbers in ("int8", "float32"):
        kinds = {node.kind for node in NODES if arithmetic_of(numbers) in arithmetics(node.kind)}
        kinds |= {"constant", "spikes", *READOUT_MODES.values, "entropy", "confidence", "never"}
        kinds |= {"decay", "none", "subtract", "value", "no threshold"}
        kinds |= {flag for flag in BOOLEANS if numbers == "int8" or flag not in INTEGER_FLAGS}
        kinds |= {"decay_then_add", "add_then_decay", "use_then_decay", "previous", "lower_bound", "initial"}
        kinds |= {"bias", "scalar", "per channel", "per neuron"}
        kinds |= set() if numbers == "int8" else {"euler", "divide", "divide_leak", "gain"}
        assert {(numbers, kind) for kind in kinds} <= found, {(numbers, kind) for kind in kinds} - found


def variants(neuron: Neuron) -> set[str]:
    given = {neuron.integration, neuron.reset}
    given |= {flag for flag in BOOLEANS if getattr(neuron, flag)}
    given |= {"no threshold"} if neuron.threshold is None else set()
    given |= {neuron.synapse_order} if neuron.synapse is not None else set()
    for name in Neuron.PARAMETERS:
        array = getattr(neuron, name)
        if array is not None:
            given |= {
                name,
                "scalar" if array.ndim == 0 else "per channel" if array.ndim == 1 else "per neuron",
            }
    return given


@pytest.mark.parametrize("name", CORES)
def test_models(name, models, tmp_path):
    models.check(name, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("name", CORES)
@pytest.mark.parametrize("seed", range(50, 55))
def test_many_models(name, seed, tmp_path):
    (tmp_path / "models").mkdir()
    work = tmp_path / "core"
    work.mkdir()
    made = make(tmp_path / "models", 300, seed)
    made.check(name, work)
    shutil.rmtree(work)

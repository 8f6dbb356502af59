"""One verdict a target."""

from __future__ import annotations

from dataclasses import replace

import pytest
from published_networks import Builder, counts_at

from snnrt.targets import compare, load_target
from snnrt.targets.report.verdict import accuracy_words, verdict


def network():
    builder = Builder((1, 8, 8), timesteps=4)
    return builder.conv(4).neuron().flatten().dense(10).neuron().graph("entropy", 0.4)


def report(target, **options):
    graph = network()
    return compare(graph, counts_at(graph, 0.2, [1, 2]), counts_at(graph, 0.2, [4, 4]), target, **options)


def test_a_microcontroller_s_memory_and_time() -> None:
    found = verdict(network(), report("stm32u575", arena_bytes=1000, model_bytes=5000), 2.0)
    ram, flash, time = found["resources"]
    assert (ram["name"], ram["used"], ram["of"], ram["unit"]) == ("RAM", 1000, 784 * 1024, "byte")
    code = load_target("stm32u575").code_size
    assert flash["used"] == 5000 + code.si and flash["of"] == 2**21
    assert time["of"] == 2.0 and time["used"] == report("stm32u575").dynamic.summary().mean_latency_s
    assert found["fits"] and found["reason"] is None and found["sentence"].startswith("Fits. ")
    late = verdict(network(), report("stm32u575"), 1e-9)
    assert late["fits"] and not late["in_time"] and found["in_time"]
    assert late["sentence"].startswith("Fits, but falls behind its inputs.")


def test_chips_say_what_they_have() -> None:
    names = [one["name"] for one in verdict(network(), report("loihi"))["resources"]]
    assert names == ["neurons", "inputs a neuron", "time an input"]
    blocks = verdict(network(), report("hermes"))["resources"][0]
    assert blocks["name"] == "blocks" and blocks["used"] >= 2 and blocks["of"] == 64
    assert verdict(network(), report("dt-snn"))["resources"][0]["of"] is None


def test_what_does_not_fit() -> None:
    target = load_target("odin")
    small = replace(target, neurons=replace(target.neurons, value=8, low=8, high=8))
    found = verdict(network(), report(small))
    assert not found["fits"] and "neurons" in found["reason"]
    assert found["sentence"].startswith("Does not fit. ")


@pytest.mark.parametrize(
    "accuracy, static, words",
    [
        (0.9674, 0.9711, "Accuracy 0.37 points lost"), (0.9724, 0.9711, "Accuracy 0.13 points gained"),
        (0.5, 0.5, "Accuracy unchanged"), (None, None, "Accuracy unknown: the data have no labels"),
    ],
)  # fmt: skip
def test_points_lost_and_gained(accuracy, static, words) -> None:
    found = report("loihi", accuracy=accuracy, static_accuracy=static)
    assert accuracy_words(found) == words
    sentence = verdict(network(), found)["sentence"]
    assert words in sentence and "energy −" in sentence and "EDP −" in sentence

"""What hardware takes between inputs, duty and a battery's life."""

from __future__ import annotations

import dataclasses

import pytest
from published_networks import Builder, counts_at

from snnrt.targets import Figure, estimate, load_target
from snnrt.targets.waiting import battery_life_s, duty


def test_a_battery_by_hand():
    graph = Builder((64,), encoding="spikes").dense(10).neuron().graph(numbers="int8")
    target = load_target("stm32u575")
    costs = estimate(graph, counts_at(graph, 0.1, [4]), target, period_s=1.0)
    busy = estimate(graph, counts_at(graph, 0.1, [4]), target)
    joules = float(busy.energy_j[0] + (1.0 - busy.latency_s[0]) * target.idle_power.si)
    assert battery_life_s(costs, 1.0, 2484.0) == pytest.approx(2484.0 / joules)
    assert duty(costs, 1.0) == pytest.approx(busy.latency_s[0])


def test_sleep_is_taken_where_the_profile_has_it():
    power = Figure(2.0, 2.0, 2.0, "uW", "made up", "made up", "assumption")
    target = dataclasses.replace(load_target("stm32u575"), sleep_power=power)
    graph = Builder((64,), encoding="spikes").dense(10).neuron().graph(numbers="int8")
    counts = counts_at(graph, 0.1, [4])
    busy, slept = estimate(graph, counts, target), estimate(graph, counts, target, period_s=10.0)
    assert slept.energy_j[0] - busy.energy_j[0] == pytest.approx((10.0 - busy.latency_s[0]) * 2e-6)


def test_a_chip_without_rest_waits_for_nothing():
    graph = Builder((64,), encoding="spikes").dense(10).neuron().graph(numbers="int8")
    counts = counts_at(graph, 0.1, [4])
    assert estimate(graph, counts, "odin", period_s=1.0).energy_j == estimate(graph, counts, "odin").energy_j

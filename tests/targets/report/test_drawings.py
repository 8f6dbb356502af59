"""The report's charts show the document's numbers."""

from __future__ import annotations

from xml.etree import ElementTree

from snnrt.targets.report import drawings


def point(mean: float, accuracy: float | None, edp: float, **more) -> dict:
    costs = {"mean_edp_js": edp}
    return {"mean_timesteps": mean, "accuracy": accuracy, "agreement": 0.9, "targets": {"a/b": costs}} | more


DOCUMENT = {
    "accuracy": 0.95, "mean_timesteps": 1.5, "timesteps_used": [3, 1],
    "targets": [{"target": "a/b", "mean_edp_js": 1.2e-9}],
    "sweep": {
        "rules": [{"rule": "entropy", "points": [point(2, 0.96, 2e-9), point(1, 0.9, 1e-9)]}],
        "static": [point(1, 0.9, 1e-9, timesteps=1), point(2, 0.96, 2e-9, timesteps=2)],
    },
    "by_timestep": [
        {"timesteps": 1, "accuracy": 0.9, "agreement": 0.8}, {"timesteps": 2, "accuracy": 1, "agreement": 1},
    ],
}  # fmt: skip


def said(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ElementTree.fromstring(svg).iter("title")]


def test_trade_off() -> None:
    titles = said(drawings.trade_off(DOCUMENT))
    assert titles[1:] == [
        "entropy", "static T = 1: 1, 90", "static T = 2: 2, 96", "this run this run: 1.5, 95",
    ]  # fmt: skip
    titles = said(drawings.trade_off(DOCUMENT, "a/b"))
    assert "EDP on a/b, nJ·s" in titles[0] and titles[-1] == "this run this run: 1.2, 95"
    assert said(drawings.trade_off(DOCUMENT | {"promised": True}))[-1].startswith(
        "this run this run, promised"
    )
    unlabelled = DOCUMENT | {"accuracy": None, "agreement": 0.875}
    unlabelled["sweep"] = {
        "rules": [], "static": [point(1, None, 1e-9, timesteps=1), point(2, None, 2e-9, timesteps=2)],
    }  # fmt: skip
    titles = said(drawings.trade_off(unlabelled))
    assert "as after all timesteps" in titles[0] and titles[-1].endswith("1.5, 87.5")


def test_timesteps_and_accuracy() -> None:
    assert said(drawings.timesteps_used(DOCUMENT))[1:] == ["1: 3", "2: 1"]
    assert "accuracy, %" in said(drawings.accuracy_by_timestep(DOCUMENT))[0]


def test_energies() -> None:
    row = {"mean_energy_j": 1e-6, "static_mean_energy_j": 4e-6}
    target = {
        "target": "t", "components": [row | {"component": "<c>"}],
        "layers": [row | {"layer": f"l{number}"} for number in range(30)],
    }  # fmt: skip
    assert said(drawings.component_energy(target))[1:] == [
        "all timesteps, <c>: 4.00 µJ", "with exits, <c>: 1.00 µJ",
    ]  # fmt: skip
    titles = said(drawings.layer_energy(target))
    assert len(titles) == 1 + 2 * drawings.MOST_LAYERS
    assert titles[-2:] == ["7 others, with exits: 7.00 µJ", "7 others, all timesteps: 28.0 µJ"]


def test_spikes() -> None:
    rows = [
        {"name": "n", "neuron_updates": 4.0, "spikes": 1.5, "static_spikes": 3.0},
        {"name": "d", "neuron_updates": 0.0, "spikes": 0.0, "static_spikes": 0.0},
    ]
    svg = drawings.layer_spikes({"layers": rows})
    assert svg is not None and said(svg)[1:] == ["n, with exits: 1.5", "n, all timesteps: 3"]
    assert drawings.layer_spikes({"layers": rows[1:]}) is None

"""Energy, latency and energy-delay product of each input on several targets, and where the energy goes.

pip install 'snnrt[data,report]'
python examples/profile_targets.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import snnrt
from snnrt.targets import list_targets

SOURCE = Path(__file__).parent / "models" / "digits_conv.nir"


def main(arguments: list[str] | None = None) -> None:
    """Profile on the targets that were named."""
    parser = argparse.ArgumentParser(description="Profile the digits network.")
    parser.add_argument("targets", nargs="*", default=["stm32u385", "stm32u575", "dt-snn"], metavar="TARGET")
    parser.add_argument("--report", metavar="FILE.html", help="write a page with everything")
    options = parser.parse_args(arguments)

    network = snnrt.convert(
        SOURCE,
        numbers="int8",
        calibrate="digits",
        timesteps=4,
        framework="snntorch",
        exit="entropy:0.2",
    )
    print("known targets:", ", ".join(list_targets()))
    reports = network.profile("digits", target=options.targets, report=options.report)
    for report in reports:
        costs, summary = report.dynamic, report.dynamic.summary()
        print(f"\n{report.target.title}")
        low, high = summary.energy_band_j
        print(f"  energy   {summary.mean_energy_j:.3g} J on average (band {low:.3g} … {high:.3g}),")
        print(f"           {costs.energy_j.min():.3g} to {costs.energy_j.max():.3g} J an image")
        print(f"  latency  {summary.mean_latency_s:.3g} s on average")
        print(f"  EDP      {summary.mean_edp_js:.3g} J·s, {report.edp_reduction:.1%} less than at the full T")
        shares = costs.layer_energy_j.mean(axis=0) / costs.energy_j.mean()
        largest = sorted(zip(costs.layers, shares), key=lambda pair: -pair[1])[:3]
        print("  most of it:", ", ".join(f"{layer} {share:.0%}" for layer, share in largest))
    if options.report is not None:
        print("\nwritten:", options.report)


if __name__ == "__main__":
    main()

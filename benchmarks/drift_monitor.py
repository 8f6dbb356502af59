"""The drift monitor simulated: false alarms beside its bound, and how soon it sees drifts that cost 5 points.

    python benchmarks/drift_monitor.py                        # the digits
    python benchmarks/drift_monitor.py --fashion FOLDER       # Fashion-MNIST: t10k-images-idx3-ubyte.gz, …
    python benchmarks/drift_monitor.py … --write              # the lines of docs/monitor.md too

Reference and streams are drawn, one independent of the other, from the test images; each run draws a
reference of its own. Every level is the replay of the core's integers. Beside each median delay stand the
least that are possible: log2(mean run), divided by the bits an inference that bets win which know the drift:
any bets on these cells (the Kullback-Leibler divergence), those on a reference without end, which must grow
with how unusual a cell is, and those that this reference allows.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from drifting_images import DRIFTS, Ended, add_field_options, amount_that_costs, fields_of
from page_rows import write_rows

from snnrt.exits.log_bets import cell_counts, monitor_table, most_growth
from snnrt.ir.monitor_table import MonitorTable
from snnrt.network import Network

CONFIDENCE = 0.9
LONGEST = 4000
"""Inferences after which a drift counts as not seen."""


def bets_of(tables: list[MonitorTable], network: Network, ended: Ended, drawn: np.ndarray) -> np.ndarray:
    """(runs, n) int64: what each run's monitor adds for its inferences ``drawn`` (runs, n)."""
    rule = network.graph.exit.score_rule
    return np.stack(
        [
            table.bets[table.cells(rule, ended.timesteps[places], ended.scores[places])].astype(np.int64)
            for table, places in zip(tables, drawn, strict=True)
        ]
    )


def alarm_counts(bets: np.ndarray, alarm: int) -> np.ndarray:
    """(runs,) alarms of streams of ``bets`` (runs, n); after each the monitor begins anew."""
    level, counts = np.zeros(len(bets), np.int64), np.zeros(len(bets), np.int64)
    for bet in bets.T:
        level = np.maximum(level, 0) + bet
        counts += level >= alarm
        level[level >= alarm] = 0
    return counts


def delays_of(bets: np.ndarray, alarm: int) -> np.ndarray:
    """(runs,) float64, inferences to the first alarm of each stream, infinite where there is none."""
    level, found = np.zeros(len(bets), np.int64), np.full(len(bets), np.inf)
    for place, bet in enumerate(bets.T, 1):
        level = np.maximum(level, 0) + bet
        found = np.where(level >= alarm, np.minimum(found, place), found)
    return found


def table_of(
    network: Network, ended: Ended, samples: int, mean_run: float, rng: np.random.Generator
) -> MonitorTable:
    """Of a reference that is drawn."""
    drawn = rng.integers(0, len(ended), samples)
    return monitor_table(
        network.graph.exit.score_rule, ended.timesteps[drawn], ended.scores[drawn], network.timesteps,
        mean_run, 1.0 - CONFIDENCE,
    )  # fmt: skip


def least_delays(
    table: MonitorTable, network: Network, usual: np.ndarray, drifted: Ended, mean_run: float
) -> list[float]:
    """Inferences to an alarm by bets that know the drift: any, growing ones, and with a reference whose
    cells have the counts ``usual``."""
    found = cell_counts(table, network.graph.exit.score_rule, drifted.timesteps, drifted.scores)
    there = (usual > 0) | (found > 0)
    # half an inference more in each cell, so that none is impossible
    shares, common = ((one[there] + 0.5) / (one[there] + 0.5).sum() for one in (found, usual))
    divergence = float((shares * np.log2(shares / common)).sum())
    growing = [most_growth(found / found.sum(), usual, delta) for delta in (1.0, 1.0 - CONFIDENCE)]
    return [math.log2(mean_run) / max(one, 1e-9) for one in (divergence, *growing)]


def main() -> None:
    """Print a table of false alarms and one of delays."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_field_options(parser)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--length", type=int, default=20_000, help="inferences of a run without drift")
    parser.add_argument("--mean-run", type=float, default=1000.0)
    parser.add_argument("--references", default="200,1000,5000", help="their sizes")
    parser.add_argument("--write", action="store_true", help="into docs/monitor.md")
    arguments = parser.parse_args()
    rows = {}
    for field in fields_of(arguments):
        network = field.network
        usual = Ended.of(network, field.x, field.y)
        print(
            f"{field.name}: {network.exit}, {len(usual)} images, accuracy {usual.right.mean():.4f}, "
            f"{usual.timesteps.mean():.3f} timesteps; mean run to a false alarm ≥ {arguments.mean_run:g}"
        )
        drifted = {}
        for drift, (change, _) in DRIFTS.items():
            amount = amount_that_costs(field, drift)
            found = drifted[drift] = Ended.of(network, change(field.x, amount), field.y)
            print(
                f"  {drift:10} {amount:.3f}: {100 * (found.right.mean() - usual.right.mean()):+.1f} points, "
                f"{found.timesteps.mean():.3f} timesteps"
            )
        for samples in (int(word) for word in arguments.references.split(",")):
            cells = _print_reference(arguments, network, usual, drifted, samples)
            rows[f"{field.name}, {samples} inputs"] = cells
    if arguments.write:
        write_rows("monitor.md", "drift_monitor.py", rows)


def _print_reference(
    arguments: argparse.Namespace, network: Network, usual: Ended, drifted: dict[str, Ended], samples: int
) -> list[str]:
    """The cells of its line: alarms, the median delay of each drift and of all."""
    rng = np.random.default_rng(samples)
    tables = [table_of(network, usual, samples, arguments.mean_run, rng) for _ in range(arguments.runs)]
    alarm, runs = tables[0].alarm, arguments.runs
    drawn = rng.integers(0, len(usual), (runs, arguments.length))
    counts = alarm_counts(bets_of(tables, network, usual, drawn), alarm)
    allowed = arguments.length / arguments.mean_run
    print(
        f"  reference of {samples}: {counts.sum()} alarms in {arguments.runs} runs of {arguments.length} "
        f"({100 * (counts > 0).mean():.1f} % of runs have any; the bound allows {allowed:g} a run, the most "
        f"was {counts.max()})"
    )
    shares = cell_counts(tables[0], network.graph.exit.score_rule, usual.timesteps, usual.scores)
    pooled = []
    for drift, ended in drifted.items():
        drawn = rng.integers(0, len(ended), (runs, LONGEST))
        delays = delays_of(bets_of(tables, network, ended, drawn), alarm)
        pooled.append(delays)
        late = np.quantile(delays, 0.9, method="higher")
        least = least_delays(tables[0], network, shares * samples / shares.sum(), ended, arguments.mean_run)
        print(
            f"    {drift:10} median {np.median(delays):.0f} inputs, 90 % within {late:.0f}; "
            f"least possible: {least[0]:.0f} by any bets, {least[1]:.0f} by growing ones, "
            f"{least[2]:.0f} with this reference"
        )
    print(f"    all        median {np.median(pooled):.0f}")
    return [str(counts.sum()), *(f"{np.median(one):.0f}" for one in (*pooled, pooled))]


if __name__ == "__main__":
    main()

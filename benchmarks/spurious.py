"""Spurious retries: what each profile does again although nothing is broken, over many fault-free tickets.

`CHAOS_BENCH_TICKETS` says how many tickets a profile gets, 1,000 by default. They come in runs of at most `A_RUN`, with
eight under way at once, in which the profiles take turns, so that all see the machine alike.
"""

import os
from collections import Counter

from benchmarks.running import metrics_of

A_RUN = 100
CALM = """
name: spurious
seed: SEED
load: {tickets: TICKETS, arrival: {concurrency: 8}}
desk: {step_time: 20ms}
systems:
  default: {system: temporal, processes: 2, threads: 8}
  tuned: {system: temporal, processes: 2, threads: 8, profile: tuned}
  tuned-engine: {system: temporal, processes: 2, threads: 8, profile: tuned_engine}
settle: 60s
"""


def calm(seed: int, tickets: int) -> str:
    """Return a scenario in which nothing breaks, and every profile gets so many tickets."""
    return CALM.replace("SEED", str(seed)).replace("TICKETS", str(tickets))


def main() -> None:
    """Print each profile's retries, and how many tickets and step instances they are of."""
    left = int(os.environ.get("CHAOS_BENCH_TICKETS", "1000"))
    totals: dict[str, Counter[str]] = {}
    seed = 0
    while left > 0:
        tickets, seed = min(left, A_RUN), seed + 1
        left -= tickets
        for label, metrics in metrics_of(calm(seed, tickets)).items():
            seen = {name: metrics[name] for name in ("retries", "attempts", "finished", "lost")}
            totals.setdefault(label, Counter()).update(seen)
    for label, total in totals.items():
        print(f"{label:13} {total['retries']} spurious retries in {total['attempts']} attempts", end="")
        print(f" of {total['finished']} tickets finished without a fault ({total['lost']} lost; promised: 0 and 0)")


if __name__ == "__main__":
    main()

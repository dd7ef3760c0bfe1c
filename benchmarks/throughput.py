"""Tickets a second of the Temporal system: under the harness, and driven by a bare script on an equal server.

Both use the same engine settings, workers, workflows, store and receiver. The bare script starts all workflows over one
client and waits for their results: no watching, no sampling, no journal of its own. Runs are interleaved;
`CHAOS_BENCH_ROUNDS` says how many there are of each, 5 by default.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from temporalio.client import Client

from benchmarks.running import metrics_of
from harness.execution.assembly import Assembly
from harness.execution.lifecycle import build, start_receiver
from harness.execution.network.routes import Routes
from harness.planning import plan as planning
from harness.planning.plan import Plan
from harness.planning.reading import read
from harness.processes.supervisor_client import SupervisorClient
from systems.desk.live import store
from systems.temporal.system import TemporalSystem
from systems.temporal.worker import WORKFLOW_QUEUE
from systems.temporal.workflows import TicketWorkflow

TICKETS = 60
SCENARIO = f"""
name: throughput
load: {{tickets: {TICKETS}, arrival: all_at_once}}
desk: {{step_time: 0ms}}
systems:
  temporal: {{system: temporal, processes: 2, threads: 8}}
"""
MEASURED_BEFORE = (11, 16)
"""Tickets/s of parent + child workflows with 6 zero-length activities, on WAL, on such a machine."""


def main() -> None:
    """Print both medians and their ratio."""
    harnessed, bare = [], []
    for _ in range(int(os.environ.get("CHAOS_BENCH_ROUNDS", "5"))):
        harnessed.append(under_the_harness())
        with tempfile.TemporaryDirectory() as folder:
            bare.append(by_a_bare_script(Path(folder)))
    ratio = statistics.median(harnessed) / statistics.median(bare)
    print(f"under the harness  {_shown(harnessed)}")
    print(f"bare script        {_shown(bare)}")
    print(f"harness / bare     {ratio:.2f} (promised ≥ 0.95)")
    low, high = MEASURED_BEFORE
    print(f"measured before on such a machine, with empty steps: {low}–{high} tickets/s")


def _shown(values: list[float]) -> str:
    return f"median {statistics.median(values):.2f} tickets/s of {', '.join(f'{v:.2f}' for v in values)}"


def under_the_harness() -> float:
    """Run the scenario and return its throughput."""
    metrics = metrics_of(SCENARIO)["temporal"]
    if metrics["finished"] != TICKETS or metrics["retries"] != 0:
        sys.exit(f"expected {TICKETS} finished without a retry, found {json.dumps(metrics)}")
    return float(metrics["throughput"] or 0.0)


def by_a_bare_script(folder: Path) -> float:
    """Start everything as a repetition does, then drive the workflows by hand."""
    path = folder / "throughput.yaml"
    path.write_text(SCENARIO)
    plan = planning.build(read(str(path))[0])
    return asyncio.run(_drive(plan, folder / "bare"))


async def _drive(plan: Plan, folder: Path) -> float:
    parts = Assembly(plan, plan.scenario.systems[0], folder)
    for one in (parts.journal_dir, parts.logs, parts.points_dir):
        one.mkdir(parents=True)
    async with SupervisorClient(parts.journal_dir, "temporal", parts.logs / "supervisor.log") as supervisor:
        desk = parts.desk()
        url = f"sqlite:///{folder / 'store.sqlite'}"
        store.create(url, desk.safeguards.locking, desk.regular_agents, desk.senior_agents)
        system = await build(parts, Routes(supervisor), url, await start_receiver(parts, supervisor))
        assert isinstance(system, TemporalSystem)  # noqa: S101 - the scenario says so
        await system.start()
        await _start_and_wait(system, [*parts.canaries()])  # warm, as the harness's canaries do
        start = time.perf_counter()
        await _start_and_wait(system, list(parts.tickets().values()))
        return TICKETS / (time.perf_counter() - start)


async def _start_and_wait(system: TemporalSystem, tickets: list) -> None:  # type: ignore[type-arg]
    client = await Client.connect(system.address)
    await asyncio.gather(
        *(
            client.execute_workflow(
                TicketWorkflow.run, system.input_of(t), id=t.id, task_queue=f"{system.queues}{WORKFLOW_QUEUE}"
            )
            for t in tickets
        )
    )

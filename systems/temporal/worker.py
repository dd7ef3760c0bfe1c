"""A worker process: workflows and activities, polled from the queues that its layout gives it."""

import asyncio
import os
import signal
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import msgspec
from temporalio.client import Client
from temporalio.worker import FixedSizeSlotSupplier, Worker, WorkerTuner

from systems.desk.live.workplace import Workplace
from systems.desk.model import Group
from systems.temporal.activities import activities
from systems.temporal.connection import connect, let_in
from systems.temporal.heartbeats import Heartbeats
from systems.temporal.policies import Profile
from systems.temporal.releases import activity_names, workflows_of
from systems.temporal.sandbox import runner
from systems.temporal.settings import TemporalSettings
from systems.temporal.slots import SharedSlots
from systems.temporal.versions import deployment

WORKFLOW_QUEUE = "workflows"
WORKFLOW_SLOTS = 100
CONNECT_DEADLINE_S = 25.0
CONNECT_EVERY_S = 0.1
SDK_MAX_THROTTLE_S = 60.0
SDK_THROTTLE_S = 30.0


def groups_of(settings: TemporalSettings, index: int) -> list[Group]:
    """Return the groups whose steps process `index` does."""
    groups = list(Group)
    return groups if settings.layout == "combined" else [groups[index % len(groups)]]


def workers(work: Workplace, client: Client, settings: TemporalSettings) -> list[Worker]:
    """Make the workers of this process: one for workflows, one for each group it serves."""
    profile = settings.profile_in_effect()
    grace = timedelta(seconds=work.spec.grace_s)
    queues = work.spec.extra["queues"]
    names = activity_names(work.release, is_patched=settings.versioning == "patched")
    activities_of = activities(work.desk, names)
    version = deployment(settings, queues, work.release)
    heartbeats = Heartbeats(profile.heartbeat)
    served = groups_of(settings, work.index)
    executor = ThreadPoolExecutor(settings.threads, thread_name_prefix="step")
    slots = SharedSlots(settings.threads)
    flows = Worker(
        client,
        task_queue=f"{queues}{WORKFLOW_QUEUE}",
        workflows=workflows_of(work.release),
        workflow_runner=runner(),
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=profile.sticky),
        # The SDK's own is 0: a worker that is asked to leave would drop what the other system lets drain.
        graceful_shutdown_timeout=grace,
        # By default an exception that is no failure of Temporal's own fails the workflow's task only, which is repeated
        # until the code does better: a bad deploy leaves tickets standing, and a rollback brings them back.
        workflow_failure_exception_types=[Exception] if settings.on_nondeterminism == "fail" else [],
        deployment_config=version,
        # Every step goes through its group's queue, where the shared slots are counted.
        disable_eager_activity_execution=True,
    )
    return [
        flows,
        *(
            Worker(
                client,
                task_queue=f"{queues}{group.value}",
                activities=activities_of[group],
                activity_executor=executor,
                interceptors=[heartbeats],
                tuner=WorkerTuner.create_composite(
                    workflow_supplier=FixedSizeSlotSupplier(WORKFLOW_SLOTS),
                    activity_supplier=slots,
                    local_activity_supplier=FixedSizeSlotSupplier(1),
                    nexus_supplier=FixedSizeSlotSupplier(1),
                ),
                # A poll holds a slot while its queue is empty, and a queue may hold one idle slot and no more
                # (`slots`).
                max_concurrent_activity_task_polls=1,
                graceful_shutdown_timeout=grace,
                deployment_config=version,
                max_heartbeat_throttle_interval=_throttle(profile, SDK_MAX_THROTTLE_S),
                default_heartbeat_throttle_interval=_throttle(profile, SDK_THROTTLE_S),
            )
            for group in served
        ),
    ]


def _throttle(profile: Profile, sdk_s: float) -> timedelta:
    return timedelta(seconds=sdk_s if profile.heartbeat_throttle is None else profile.heartbeat_throttle)


async def connected(work: Workplace, settings: TemporalSettings) -> Client:
    """Connect to the engine; one that is away at this moment may come back."""
    profile, options = settings.profile_in_effect(), let_in() if settings.server == "external" else {}
    options |= {"namespace": work.spec.extra["namespace"], "identity": f"{work.spec.label}-{work.index}-{work.proc}"}
    address = work.spec.routed("worker-engine", work.index, work.spec.extra["address"])
    deadline = time.monotonic() + CONNECT_DEADLINE_S
    while True:
        try:
            return await connect(address, profile, **options)
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(CONNECT_EVERY_S)


async def serve(work: Workplace) -> None:
    """Poll until SIGTERM, then finish what runs within the grace."""
    settings = msgspec.convert(work.spec.settings, TemporalSettings)
    client = await connected(work, settings)
    leaving = asyncio.Event()
    # Before it says that it is ready: from then on it may be told to leave.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    running = workers(work, client, settings)
    serving = [asyncio.create_task(worker.run()) for worker in running]
    work.channel.ready()
    waiting = asyncio.create_task(leaving.wait())
    # A worker of the SDK that ends by itself has failed: the others are shut down, and the last line raises why.
    await asyncio.wait([waiting, *serving], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*(worker.shutdown() for worker in running))
    await asyncio.gather(*serving)


def main() -> None:
    """Run as a process of its own, with the arguments SPEC INDEX."""
    run(Workplace.open(Path(sys.argv[1]), int(sys.argv[2])))


def run(work: Workplace) -> None:
    """Serve the desk's workplace until told to leave, then end the process."""
    warnings.filterwarnings("ignore", message=".*max_workers.*")  # threads are shared by the queues on purpose
    asyncio.run(serve(work))
    sys.stderr.flush()
    os._exit(0)  # the interpreter's own shutdown can abort in the SDK's threads

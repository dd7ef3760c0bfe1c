"""The engine's own limit on the activities that it hands out of a task queue, set and lifted while it runs."""

import asyncio
import math
from collections.abc import Sequence

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import RateLimit, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, UpdateTaskQueueConfigRequest
from temporalio.client import Client
from temporalio.service import RPCError

from systems.system import Pace
from systems.temporal.connection import AWAY

ANSWER_DEADLINE_S = 20.0
ASK_EVERY_S = 0.1
IN_FORCE_WITHIN_S = 5.0
"""So long a change may take to come to the part of the engine that hands work out; it was seen to take tenths."""
FLOAT_SLACK = 1e-6
"""The engine keeps a rate in half the bits that a scenario has for it."""
ACTIVITIES = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
IDENTITY = "chaos"


async def throttle(client: Client, queues: Sequence[str], rate: float | None) -> tuple[Pace, ...]:
    """Let the engine hand out at most `rate` activities a second of each queue (None: its own limit); return its word.

    An engine that is away is asked again, as it may come back; nothing is returned for one that stays away.
    """
    deadline = asyncio.get_running_loop().time() + ANSWER_DEADLINE_S
    while True:
        try:
            return tuple(await asyncio.gather(*(_throttled(client, queue, rate) for queue in queues)))
        except RPCError as error:
            if error.status not in AWAY:
                raise
        if asyncio.get_running_loop().time() > deadline:
            return ()
        await asyncio.sleep(ASK_EVERY_S)


async def _throttled(client: Client, queue: str, rate: float | None) -> Pace:
    """Set or lift the limit of one queue, and ask until that is what holds; return what held last.

    The answer to setting it only repeats the wish; for a moment after, the engine may still go by what was before.
    """
    # A limit that is left out is lifted.
    limit = None if rate is None else RateLimit(requests_per_second=rate)
    change = UpdateTaskQueueConfigRequest.RateLimitUpdate(rate_limit=limit, reason="a fault of chaos")
    await client.workflow_service.update_task_queue_config(
        UpdateTaskQueueConfigRequest(
            namespace=client.namespace,
            identity=IDENTITY,
            task_queue=queue,
            task_queue_type=ACTIVITIES,
            update_queue_rate_limit=change,
        )
    )
    until = asyncio.get_running_loop().time() + IN_FORCE_WITHIN_S
    while not is_in_force(said := await pace_of(client, queue), rate):
        if asyncio.get_running_loop().time() > until:
            break
        await asyncio.sleep(ASK_EVERY_S)
    return said


def is_in_force(said: Pace, rate: float | None) -> bool:
    """Say whether the engine goes by a limit (None: by its own)."""
    if rate is None or said.limit is None:
        return rate is said.limit
    return all(math.isclose(one, rate, rel_tol=FLOAT_SLACK) for one in (said.limit, said.in_force))


async def pace_of(client: Client, queue: str) -> Pace:
    """Return what the engine says of a queue's limit."""
    said = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=ACTIVITIES,
            report_config=True,
        )
    )
    ours = said.config.queue_rate_limit
    limit = ours.rate_limit.requests_per_second if ours.HasField("rate_limit") else None
    return Pace(queue, limit, said.effective_rate_limit.requests_per_second)

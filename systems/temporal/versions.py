"""Worker versioning: which release a worker is, as the engine knows it, and to which of them the engine gives work."""

import asyncio
from collections.abc import Mapping

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from systems.system import SystemUnavailable
from systems.temporal.settings import TemporalSettings

FIRST = "first"
"""What the release without a name is called here."""
ASKED_EVERY_S = 0.1
CURRENT_DEADLINE_S = 20.0
BEHAVIORS: Mapping[str, VersioningBehavior] = {
    "pinned": VersioningBehavior.PINNED,
    "auto_upgrade": VersioningBehavior.AUTO_UPGRADE,
}
NEVER = frozenset(
    {
        RPCStatusCode.UNIMPLEMENTED,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.INVALID_ARGUMENT,
    }
)
"""What an engine answers that will not come to it. Any other error passes: it has not heard of the workers yet."""


def name_of(queues: str) -> str:
    """Name the deployment of one repetition, after its task queues."""
    return queues.rstrip("-")


def deployment(settings: TemporalSettings, queues: str, release: str) -> WorkerDeploymentConfig | None:
    """Return as what a worker of a release is known; None where workers have no versions."""
    if not settings.is_versioned:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=name_of(queues), build_id=release or FIRST),
        use_worker_versioning=True,
        default_versioning_behavior=BEHAVIORS[settings.versioning],
    )


async def set_current(client: Client, queues: str, release: str) -> None:
    """Let new work go to a release whose workers are up; raises SystemUnavailable where the engine cannot."""
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=name_of(queues),
        build_id=release or FIRST,
        ignore_missing_task_queues=True,
        identity=client.identity,
    )
    why = "it did not answer"
    try:
        async with asyncio.timeout(CURRENT_DEADLINE_S):
            while why := await _why_not_set(client, request):  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(ASKED_EVERY_S)
    except TimeoutError:
        raise SystemUnavailable(f"the engine cannot version workers within {CURRENT_DEADLINE_S:g} s: {why}") from None


async def _why_not_set(client: Client, request: SetWorkerDeploymentCurrentVersionRequest) -> str:
    """Set it; return why that has to be tried again, nothing where it was taken."""
    try:
        await client.workflow_service.set_worker_deployment_current_version(request, retry=True)
    except RPCError as error:
        why = f"{error.status.name}: {error.message}"
        if error.status in NEVER:
            raise SystemUnavailable(f"the engine cannot version workers: {why}") from error
        return why
    return ""


async def count_open(client: Client, queues: str, release: str) -> int:
    """Return how many open workflows are bound to the workers of a release."""
    version = f"{name_of(queues)}:{release or FIRST}"
    query = f"TemporalWorkerDeploymentVersion = '{version}' AND ExecutionStatus = 'Running'"
    return (await client.count_workflows(query)).count

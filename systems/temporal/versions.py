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
NOT_YET = frozenset({RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.UNAVAILABLE})
"""What the engine answers while it has not heard of all of a release's workers."""


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
    try:
        async with asyncio.timeout(CURRENT_DEADLINE_S):
            while not await _is_set(client, request):  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(ASKED_EVERY_S)
    except TimeoutError:
        why = f"it did not know the version {request.build_id} within {CURRENT_DEADLINE_S:g} s"
        raise SystemUnavailable(f"the engine cannot version workers: {why}") from None


async def _is_set(client: Client, request: SetWorkerDeploymentCurrentVersionRequest) -> bool:
    try:
        await client.workflow_service.set_worker_deployment_current_version(request)
    except RPCError as error:
        if error.status in NOT_YET:
            return False
        raise SystemUnavailable(f"the engine cannot version workers: {error.status.name}: {error.message}") from error
    return True


async def count_open(client: Client, queues: str, release: str) -> int:
    """Return how many open workflows are bound to the workers of a release."""
    version = f"{name_of(queues)}:{release or FIRST}"
    query = f"TemporalWorkerDeploymentVersion = '{version}' AND ExecutionStatus = 'Running'"
    return (await client.count_workflows(query)).count

"""What an engine that did not take a ticket's workflow tells a client: no, or nothing that one could rely on."""

from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from systems.exhaustion import refuse_exhausted
from systems.system import Answer
from systems.temporal.connection import is_refusal

REFUSALS = frozenset(
    {
        RPCStatusCode.INVALID_ARGUMENT,
        RPCStatusCode.NOT_FOUND,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.FAILED_PRECONDITION,
        RPCStatusCode.UNIMPLEMENTED,
    }
)
"""What an engine answers that did not take the workflow; with any other error it may have."""


def answer_to(
    error: WorkflowAlreadyStartedError | RPCError | TimeoutError | RuntimeError, timeout_s: float, submission: int
) -> Answer:
    """Say what a submission came to that raised `error`; `submission` counts from 1, `timeout_s` is of the whole of it.

    What the client's own machine ran out of is no answer: it raises, as `refuse_exhausted` says.
    """
    if isinstance(error, WorkflowAlreadyStartedError):
        # A resubmission that finds its own first submission is what makes resubmitting safe.
        return Answer("ok" if submission > 1 else "fail", accepted=True, state="open", detail=str(error))
    if isinstance(error, TimeoutError):
        return Answer("info", detail=f"no answer within {timeout_s:g} s")
    refuse_exhausted(error)
    if isinstance(error, RPCError):
        return Answer("fail" if error.status in REFUSALS else "info", detail=f"{error.status.name}: {error.message}")
    if is_refusal(error):
        return Answer("fail", detail=f"no connection: {error}")
    return Answer("info", detail=f"connection broken: {error}")

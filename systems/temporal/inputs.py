"""What a workflow is given at its start: values alone, which the sandbox need not make anew for every workflow."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepOptions:
    """How one step is called: time-outs and retries in seconds."""

    start_to_close: float
    heartbeat: float | None
    retry_initial: float
    retry_max: float


@dataclass(frozen=True)
class TicketInput:
    """A ticket, and the settings that its walk needs; `queues` is the prefix of the task queues' names.

    `is_patched`: where a release changes the flow, the code asks which way the ticket went there first.
    """

    number: int
    priority: str
    queues: str
    agent_poll_s: float
    task_timeout_s: float | None
    steps: dict[str, StepOptions]
    is_patched: bool = False

"""The Temporal system as the harness runs it: engine, workers, and a client that starts workflows."""

import asyncio
import sys
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RetryConfig, RPCError, RPCStatusCode

from systems import start
from systems.desk.config import WorkerSpec
from systems.desk.model import Group, State, Ticket
from systems.desk.releases import environment
from systems.process import ProcessSpec
from systems.system import Answer, Known, Pace, Place, Residency, Spawner, SystemUnavailable, Wedge
from systems.temporal import server, versions, wedges
from systems.temporal.connection import AWAY, COMPRESSIONS, connect, let_in, of_environment
from systems.temporal.engine_answers import answer_to
from systems.temporal.inputs import StepOptions, TicketInput
from systems.temporal.releases import activity_names
from systems.temporal.residency import residencies
from systems.temporal.settings import TemporalSettings
from systems.temporal.throttle import throttle
from systems.temporal.worker import WORKFLOW_QUEUE
from systems.temporal.workflows import TicketWorkflow, child_id

READY_DEADLINE_S = 60.0
# Bounded, as the engine that is asked is the one that has the tickets to move on.
AT_ONCE = 16
# A query is answered by a worker: where that one is dead or stopped, no answer comes.
QUERY_DEADLINE_S = 2.0
QUERIES = ("status", "agent", "timeline", "escalation_count")
# By default the SDK's client tries again for ten seconds, unseen. Clients are to be alike in all systems: what is tried
# again is the scenario's to say, and stands in the record.
NO_RETRIES = RetryConfig(max_retries=1, max_elapsed_time_millis=1)


class TemporalSystem:
    """Implements `systems.system.System`.

    `worker` is the module whose `main` is a worker process: another one for a system that is built on this one.
    """

    def __init__(self, spec: WorkerSpec, place: Place, spawner: Spawner, worker: str = f"{__package__}.worker") -> None:
        self.spec = spec
        self.place = place
        self.spawner = spawner
        self._worker_module = worker
        self._settings = msgspec.convert(spec.settings, TemporalSettings)
        self._profile = self._settings.profile_in_effect()
        # Queues of its own for every repetition: on a server of yours, workers of another run would take its tasks.
        self.queues = _queues_before(place) or f"{spec.label}-{uuid.uuid4().hex[:8]}-"
        self.address = self._clients_address = ""
        self.ui_url = ""
        self._namespace = server.NAMESPACE
        self.prefix = ""
        self._client: Client | None = None
        self._has_released, self._release = False, ""
        self._standings, self._wedged = wedges.Standings(), frozenset[int]()
        table = self._settings.policies(spec.desk.times())
        self._steps = {step.value: StepOptions(**asdict(policy)) for step, policy in table.items()}

    async def start(self) -> None:
        """Start the engine (or find the external one) and the workers; wait until they poll."""
        if self._settings.server == "external":
            await self._find_external()
        else:
            self.address, self.ui_url = await server.start(self.spawner, self.place, self._profile)
            self._client = await self._connect(self.address)
        self._clients_address = await self.spawner.route("client-engine", self.address)
        extra = {"address": self.address, "namespace": self._namespace, "queues": self.queues}
        routes = {
            f"worker-engine/{index}": await self.spawner.route("worker-engine", self.address, index)
            for index in range(self._settings.processes)
        }
        spec = msgspec.structs.replace(self.spec, extra=extra, routes=self.spec.routes | routes)
        self.place.worker_spec.write_bytes(msgspec.json.encode(spec))
        procs = [await self.spawner.spawn(self.worker(index)) for index in range(self._settings.processes)]
        await self.spawner.ready(procs, READY_DEADLINE_S)
        await self.take_over("")

    async def _find_external(self) -> None:
        """Connect as Temporal's own environment configuration says, and say where first."""
        config = of_environment()
        self.address = config.get("target_host") or "localhost:7233"
        self._namespace = config.get("namespace") or server.NAMESPACE
        self.prefix = self.queues
        where = f"external server {self.address}, namespace {self._namespace}"
        sys.stderr.write(f"{self.spec.label}: {where}, workflow ids {self.prefix}T-0001 and so on\n")
        config |= {"target_host": self.address, "runtime": server.quiet()}
        try:
            self._client = await Client.connect(**config, grpc_compression=COMPRESSIONS[self._profile.compression])
        except RuntimeError as error:
            raise SystemUnavailable(f"the external server {self.address} cannot be reached: {error}") from error

    @property
    def binds_tickets(self) -> bool:
        """Whether the engine gives a ticket to no other workers than those of the release it began under."""
        return self._settings.versioning == "pinned"

    def worker(self, index: int, release: str = "") -> ProcessSpec:
        """Return how a worker of a release is started."""
        own = {} if self._settings.server == "external" else server.without_yours()
        return ProcessSpec(
            role="worker",
            index=index,
            argv=start.command(self._worker_module, str(self.place.worker_spec), str(index)),
            log=str(self.place.logs / f"worker-{index}.log"),
            env=own | environment(release),
        )

    async def take_over(self, release: str) -> None:
        """Make a release the engine's current one, where it knows workers by their release."""
        self._has_released, self._release = self._has_released or bool(release), release
        if self._settings.is_versioned:
            await versions.set_current(self._engine, self.queues, release)

    async def is_drained(self, release: str) -> bool:
        """Say whether no open ticket is pinned to a release; nothing else binds one to its workers."""
        if self._settings.versioning != "pinned":
            return True
        return not await versions.count_open(self._engine, self.queues, release)

    async def wait_until_ready(self) -> None:
        """Wait until the engine that was started again answers."""
        while not await server.answers(self.address, self._namespace):  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(server.PROBE_EVERY_S)

    async def throttle(self, rate: float | None) -> Sequence[Pace]:
        """Limit each queue of steps, or lift that: workflows' own tasks are handed out as ever."""
        return await throttle(self._engine, [f"{self.queues}{group.value}" for group in Group], rate)

    # -- the client

    async def submit(self, ticket: Ticket, timeout_s: float, submission: int) -> Answer:
        """Start the ticket's workflow, over a connection of its own; the engine's word is the acknowledgement.

        The time-out is of the whole submission. What fails before the connection is made was refused; what breaks
        later tells nothing, unless the engine itself said no.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._start_workflow(ticket, timeout_s)
        except (WorkflowAlreadyStartedError, RPCError, TimeoutError, RuntimeError) as error:
            return answer_to(error, timeout_s, submission)
        return Answer("ok", accepted=True, state="open")

    async def _start_workflow(self, ticket: Ticket, timeout_s: float) -> None:
        client = await self._connect(self._clients_address, retry_config=NO_RETRIES)
        await client.start_workflow(
            TicketWorkflow.run,
            self.input_of(ticket),
            id=self.workflow_id(ticket),
            task_queue=f"{self.queues}{WORKFLOW_QUEUE}",
            # By default an id is free again once its workflow is over: a late resubmission would walk the ticket anew.
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            task_timeout=_seconds(self._profile.task_timeout),
            rpc_timeout=timedelta(seconds=timeout_s),
        )

    async def _connect(self, address: str, **options: Any) -> Client:
        # Read anew each time, as the workers do: a key may be replaced while the run goes on.
        options |= let_in() if self._settings.server == "external" else {}
        return await connect(address, self._profile, namespace=self._namespace, runtime=server.quiet(), **options)

    def workflow_id(self, ticket: Ticket) -> str:
        """Name the ticket's workflow: as the ticket, made unique to this repetition where the server is not ours."""
        return f"{self.prefix}{ticket.id}"

    def flow_id(self, ticket: Ticket) -> str:
        """Name the workflow of the ticket's flow, the child of the ticket's own."""
        return child_id(self.workflow_id(ticket), ticket.priority)

    def input_of(self, ticket: Ticket) -> TicketInput:
        """Return what the ticket's workflow is started with."""
        return TicketInput(
            number=ticket.number,
            priority=ticket.priority.value,
            queues=self.queues,
            agent_poll_s=self.spec.desk.agent_poll_s,
            task_timeout_s=self._profile.task_timeout,
            steps=self._steps,
            is_patched=self._settings.versioning == "patched",
        )

    # -- what it knows

    async def ticket_status(self, tickets: Collection[Ticket]) -> Known:
        """Ask the engine about each ticket's workflow."""
        slots = asyncio.Semaphore(AT_ONCE)
        states = dict(await asyncio.gather(*(self._state(ticket, slots) for ticket in tickets)))
        live = {number for number, state in states.items() if state is WorkflowExecutionStatus.RUNNING}
        known = {number for number, state in states.items() if state is not None}
        failed = frozenset(known - live - self._completed(states))
        stood = await self._standing([ticket for ticket in tickets if ticket.number in live], slots)
        return Known(frozenset(live), frozenset(known), failed, **stood)

    async def _standing(self, tickets: Collection[Ticket], slots: asyncio.Semaphore) -> dict[str, frozenset[int]]:
        """Say which tickets are wedged, which of those are mending, and which stalled; before a deploy none can be."""
        if not self._has_released:
            return {}
        names = activity_names(self._release, is_patched=self._settings.versioning == "patched").values()
        known = {name for of_step in names for name in of_step}

        async def look(ticket: Ticket) -> tuple[int, wedges.Standing]:
            async with slots:
                workflows = (self.workflow_id(ticket), self.flow_id(ticket))
                return ticket.number, await self._standings.of(self._engine, workflows, self._release, known)

        found = wedges.by_standing(await asyncio.gather(*(look(ticket) for ticket in tickets)))
        self._wedged = found["wedged"] - found["mending"]
        return found

    def _completed(self, states: dict[int, WorkflowExecutionStatus | None]) -> set[int]:
        return {number for number, state in states.items() if state is WorkflowExecutionStatus.COMPLETED}

    async def _state(self, ticket: Ticket, slots: asyncio.Semaphore) -> tuple[int, WorkflowExecutionStatus | None]:
        async with slots:
            try:
                description = await self._engine.get_workflow_handle(self.workflow_id(ticket)).describe()
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return ticket.number, None
                raise
        return ticket.number, description.status

    async def residents(self, tickets: Collection[Ticket]) -> dict[str, frozenset[int]]:
        """Say in which worker each ticket's workflows ran their last task."""
        slots = asyncio.Semaphore(AT_ONCE)
        spans = await asyncio.gather(*(self._residencies(ticket, slots, None) for ticket in tickets))
        homes: dict[str, set[int]] = {}
        for of_ticket in spans:
            last = max(of_ticket, key=lambda span: span.start, default=None)
            if last is not None:
                homes.setdefault(last.proc, set()).add(last.ticket)
        return {proc: frozenset(numbers) for proc, numbers in homes.items()}

    async def pause(self, ticket: Ticket) -> bool:
        """Signal the ticket's workflow; an engine that is away takes no wish."""
        try:
            return await self._signal(ticket, "pause")
        except RPCError as error:
            if error.status in AWAY:
                return False
            raise

    async def resume(self, ticket: Ticket) -> None:
        """Signal the ticket's workflow."""
        await self._signal(ticket, "resume")

    async def _signal(self, ticket: Ticket, name: str) -> bool:
        try:
            await self._engine.get_workflow_handle(self.workflow_id(ticket)).signal(name)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:  # there is none, or it is over
                return False
            raise
        return True

    async def paused(self, tickets: Collection[Ticket]) -> frozenset[int]:
        """Ask each ticket's flow for its status."""
        slots = asyncio.Semaphore(AT_ONCE)
        statuses = await asyncio.gather(*(self._status(ticket, slots) for ticket in tickets))
        return frozenset(number for number, status in statuses if status == State.PAUSED)

    async def _status(self, ticket: Ticket, slots: asyncio.Semaphore) -> tuple[int, str]:
        flow = self._engine.get_workflow_handle(self.flow_id(ticket))
        async with slots:
            try:
                status: str = await flow.query("status", rpc_timeout=timedelta(seconds=QUERY_DEADLINE_S))
            except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError):
                return ticket.number, ""  # it cannot be read at this moment
        return ticket.number, status

    async def inspect(self, ticket: Ticket) -> dict[str, Any] | None:
        """Return what the ticket's workflow answers to each query, and what the engine says of its state."""
        try:
            description = await self._engine.get_workflow_handle(self.workflow_id(ticket)).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            return {"error": f"{error.status.name}: {error.message}"}
        flow = self._engine.get_workflow_handle(self.flow_id(ticket))
        answers = await asyncio.gather(*(self._answer(flow, name) for name in QUERIES))
        state = None if description.status is None else description.status.name
        return {"workflow": description.id, "execution": state, **dict(zip(QUERIES, answers, strict=True))}

    async def _answer(self, flow: WorkflowHandle[Any, Any], query: str) -> Any:
        """Query a workflow once; where no worker answers, the error is the answer."""
        try:
            return await flow.query(query, rpc_timeout=timedelta(seconds=QUERY_DEADLINE_S))
        except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    async def export(self, folder: Path, tickets: Sequence[Ticket]) -> None:
        """Write every workflow's history, and in which process it was resident when."""
        slots = asyncio.Semaphore(AT_ONCE)
        stood: list[Wedge] = []
        spans = await asyncio.gather(*(self._residencies(ticket, slots, folder, stood) for ticket in tickets))
        _write_lines(folder / "residency.jsonl", [span for of_ticket in spans for span in of_ticket])
        stood += self._untold(stood, zip(tickets, spans, strict=True))
        if stood:
            _write_lines(folder / "wedges.jsonl", stood)

    def _untold(self, told: Sequence[Wedge], spans: Iterable[tuple[Ticket, Sequence[Residency]]]) -> list[Wedge]:
        """Return the wedges of which no history tells, as their tasks had timed out before: from the last move on."""
        missing = self._wedged - {wedge.ticket for wedge in told if wedge.end is None}
        return [
            Wedge(ticket.number, max(span.start for span in of_ticket), None, "found by replaying its history")
            for ticket, of_ticket in spans
            if ticket.number in missing and of_ticket
        ]

    async def _residencies(
        self, ticket: Ticket, slots: asyncio.Semaphore, folder: Path | None, stood: list[Wedge] | None = None
    ) -> list[Residency]:
        spans = []
        for name in (self.workflow_id(ticket), self.flow_id(ticket)):
            async with slots:
                try:
                    history = await self._engine.get_workflow_handle(name).fetch_history()
                except RPCError as error:
                    # While the run goes on, the engine may be away by a fault. For the export it must be there: a
                    # history that is passed over would be missing evidence.
                    is_away = folder is None and error.status in AWAY
                    if is_away or error.status is RPCStatusCode.NOT_FOUND:
                        continue  # there is none, or it cannot be read at this moment
                    raise
                if folder is not None:
                    (folder / f"{name}.json").write_text(history.to_json())
                spans += residencies(ticket.number, history)
                if stood is not None:
                    stood += wedges.wedges(ticket.number, history)
        return spans

    async def close(self) -> None:
        """Let go of the client; the SDK closes its connection with it."""
        self._client = None

    @property
    def _engine(self) -> Client:
        assert self._client is not None  # noqa: S101 - started before
        return self._client


def _write_lines(file: Path, values: Sequence[msgspec.Struct]) -> None:
    file.write_bytes(b"".join(msgspec.json.encode(value) + b"\n" for value in values))


def _queues_before(place: Place) -> str:
    """Return the queues' prefix of what lies in the folder already: its workflows wait on those; else nothing."""
    try:
        spec = msgspec.json.decode(place.worker_spec.read_bytes(), type=WorkerSpec)
    except FileNotFoundError:
        return ""
    return str(spec.extra["queues"])


def _seconds(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


def build(spec: WorkerSpec, place: Place, spawner: Spawner) -> TemporalSystem:
    """Make the system for one repetition."""
    return TemporalSystem(spec, place, spawner)

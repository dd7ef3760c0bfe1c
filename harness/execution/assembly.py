"""What a repetition is made of, as values, from a plan, a block of `systems:` and a folder: tickets, faults, processes.

Nothing here starts, opens or writes anything.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.faults.spec import FaultInstance, FaultSpec, applies
from harness.planning.plan import Plan
from harness.planning.scenario import SystemBlock
from systems import start
from systems.desk.config import DeskConfig, WorkerSpec
from systems.desk.model import Priority, Ticket
from systems.desk.points import MeetingSpec, PointSpec
from systems.process import ProcessSpec
from systems.system import Hop, Place

DEFAULT_GRACE_S = 10.0
KILL_FIRST_S = 1.0
"""So much longer than the grace a worker drains: what outlives it is ended by the process manager, in every system."""
MEETING_DEADLINE_S = 2.0


@dataclass(frozen=True, slots=True)
class Assembly:
    """One repetition of one system (`block`) by a `plan`, in a `folder` of its own.

    `is_by_hand`: faults are added while it runs, and somebody watches.
    """

    plan: Plan
    block: SystemBlock
    folder: Path
    is_by_hand: bool = False

    # -- where it lies

    @property
    def journal_dir(self) -> Path:
        """The folder of all journals."""
        return self.folder / "journal"

    @property
    def logs(self) -> Path:
        """The folder of what processes print."""
        return self.folder / "logs"

    @property
    def histories(self) -> Path:
        """The folder of what an orchestrator exports."""
        return self.folder / "histories"

    @property
    def points_dir(self) -> Path:
        """The folder of the tokens that points have spent."""
        return self.folder / "points"

    @property
    def late_points(self) -> Path:
        """The file of the points that are added while workers run."""
        return self.folder / "late-points.jsonl"

    @property
    def audit_copy(self) -> Path | None:
        """Where the audit is copied as it grows, of a store that does not stay."""
        return None if self.plan.scenario.desk.database == "sqlite" else self.folder / "audit.jsonl"

    def place(self) -> Place:
        """Return what the system is told of the folder."""
        return Place(self.folder, self.folder / "worker.json", self.logs, has_ui=self.is_by_hand)

    # -- its tickets

    def tickets(self) -> dict[int, Ticket]:
        """Return the tickets to count, by number."""
        return {planned.number: Ticket(planned.number, Priority(planned.priority)) for planned in self.plan.tickets}

    def canaries(self) -> list[Ticket]:
        """Return the tickets that are walked first and not counted."""
        return [Ticket(planned.number, Priority(planned.priority)) for planned in self.plan.canaries]

    # -- its faults

    def fault_of(self, instance: FaultInstance) -> FaultSpec:
        """Return the block of `faults:` that an instance is of."""
        return self.plan.scenario.faults[instance.fault - 1]

    def fault_instances(self) -> list[FaultInstance]:
        """Return the planned instances of the faults that strike this system, and its tickets."""
        faults, own, block = self.plan.scenario.faults, self.tickets(), self.block
        return [
            instance
            for instance in self.plan.faults
            if applies(self.fault_of(instance), faults, block.capabilities, block.label) and instance.concerns(own)
        ]

    def hops(self) -> frozenset[Hop]:
        """Return the hops that faults of this system cut."""
        hops = (self.fault_of(instance).hop() for instance in self.fault_instances())
        return frozenset(hop for hop in hops if hop is not None)

    def named(self) -> dict[str, list[str]]:
        """Return the ids of the instances of each fault that has a name, of those that this system can take."""
        named: dict[str, list[str]] = {}
        for instance in self.fault_instances():
            name = self.fault_of(instance).name
            if name is not None:
                named.setdefault(name, []).append(instance.id)
        return named

    def points(self) -> tuple[PointSpec, ...]:
        """Return where faults act inside of steps."""
        return tuple(point for instance in self.fault_instances() for point in self.fault_of(instance).points(instance))

    def rendezvous(self) -> tuple[MeetingSpec, ...]:
        """Return where writers are to meet."""
        return tuple(
            meeting
            for instance in self.fault_instances()
            for meeting in self.meetings_of(self.fault_of(instance), instance)
        )

    def meetings_of(self, fault: FaultSpec, instance: FaultInstance) -> tuple[MeetingSpec, ...]:
        """Return where the writers of one fault meet; no one waits so long that the system could take them for dead."""
        patience = self.block.own.patience_s(self.plan.scenario.desk.times())
        # Half, as the time at a meeting passes inside of an attempt: a time-out that fired there would start a second
        # one, and the pair would be three.
        longest = min(MEETING_DEADLINE_S, patience / 2)
        return tuple(msgspec.structs.replace(meeting, deadline_s=longest) for meeting in fault.rendezvous(instance))

    def duplicate_submissions(self) -> dict[int, str]:
        """Return the tickets that are sent twice at once, and for which fault."""
        return {
            number: instance.id
            for instance in self.fault_instances()
            for number in self.fault_of(instance).duplicate_submissions(instance)
        }

    def dropped_answers(self) -> dict[int, tuple[str, int]]:
        """Return how many answers of which tickets are lost, and for which fault."""
        lost = ((instance, self.fault_of(instance).dropped_answers(instance)) for instance in self.fault_instances())
        return {
            instance.ticket: (instance.id, count) for instance, count in lost if count and instance.ticket is not None
        }

    # -- its processes

    def desk(self) -> DeskConfig:
        """Return what workers are told of the desk."""
        desk, tickets = self.plan.scenario.desk, len(self.plan.tickets)
        return DeskConfig(
            seed=self.plan.seed,
            outcomes=desk.outcomes,
            safeguards=self.block.safeguards,
            step_time_s=desk.step_time,
            # Where a scenario names no number: enough for every ticket even if each leaks an agent, so that no ticket
            # waits for one as a side effect of a fault that is about something else.
            regular_agents=desk.agents.regular or 2 * tickets,
            senior_agents=desk.agents.senior or 2 * tickets,
            agent_timeout_s=desk.agent_timeout,
            agent_poll_s=desk.agent_poll,
            io_timeout_s=desk.io_timeout,
        )

    def worker_spec(self, database_url: str, receiver_url: str) -> WorkerSpec:
        """Return the file that every worker reads as it starts."""
        graces = [grace for fault in self.plan.scenario.faults if (grace := fault.grace_s()) is not None]
        return WorkerSpec(
            label=self.block.label,
            desk=self.desk(),
            points=self.points(),
            meetings=self.rendezvous(),
            database_url=database_url,
            receiver_url=receiver_url,
            journal_dir=str(self.journal_dir),
            points_dir=str(self.points_dir),
            grace_s=max(graces, default=DEFAULT_GRACE_S) + KILL_FIRST_S,
            settings=self.block.settings,
            late_points=str(self.late_points.absolute()) if self.is_by_hand else "",
        )

    def proxy_spec(self) -> ProcessSpec:
        """Return how the proxy is started, where a fault cuts a hop."""
        arguments = ["--journal", str(self.journal_dir), "--label", self.block.label]
        argv = start.command(f"{__package__}.network.proxy", *arguments)
        return ProcessSpec("proxy", 0, argv, str(self.logs / "proxy.log"))

    def receiver_spec(self) -> ProcessSpec:
        """Return how the outside world is started."""
        arguments = ["--ledger", str(self.folder / "ledger.jsonl")]
        arguments += ["--journal", str(self.journal_dir), "--label", self.block.label]
        if self.block.safeguards.idempotency:
            arguments.append("--idempotency")
        argv = start.command(f"{__package__}.receiver", *arguments)
        return ProcessSpec("receiver", 0, argv, str(self.logs / "receiver.log"))

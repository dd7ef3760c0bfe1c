"""A fault kind's block, from what was asked for by hand. Pure."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from harness.faults.kinds.activity_failure import ActivityFailure
from harness.faults.kinds.answer_lost import AnswerLost
from harness.faults.kinds.engine_kill import EngineKill
from harness.faults.kinds.long_pause import LongPause
from harness.faults.kinds.receiver_outage import ReceiverOutage
from harness.faults.kinds.store_outage import LONGEST_S, StoreOutage
from harness.faults.kinds.worker_kill import WorkerKill
from harness.faults.kinds.write_race import WriteRace
from harness.faults.spec import FaultSpec
from harness.faults.triggers.when import When
from harness.planning.reading.decode import UNITS, read_quantity
from systems.desk.model import MAX_SILENT_AGENTS, Step

RESTART_S = 0.5
FREEZE_S = 5.0
HANG_S = 5.0
OUTAGE_S = 3.0


class Misunderstood(Exception):
    """What was asked for makes no sense; the message says what was expected, and what was found."""


class FaultOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault by hand, as a page or a shell asks for it; durations are as in a scenario."""

    fault: Literal["kill", "freeze", "fail", "silence", "engine", "receiver", "store"]
    ticket: str | None = None
    worker: int | Literal["all"] | None = None
    systems: tuple[str, ...] | None = None
    restart_after: str | None = None
    duration: str | None = None
    delay: str | None = None
    error: Literal["transient", "permanent", "hang"] | None = None
    agents: int | None = None

    @property
    def strikes_workers(self) -> bool:
        """Say whether it is aimed at processes."""
        return self.fault in {"kill", "freeze"}

    @property
    def strikes_steps(self) -> bool:
        """Say whether it is aimed at a step of a ticket."""
        return self.fault in {"fail", "silence"}


class NextStep(msgspec.Struct, frozen=True):
    """The step of a ticket that a fault is aimed at."""

    ticket: int
    step: Step
    visit: int


KEYS: Mapping[str, frozenset[str]] = {
    "kill": frozenset({"ticket", "worker", "restart_after"}),
    "freeze": frozenset({"ticket", "worker", "duration"}),
    "fail": frozenset({"ticket", "error", "duration"}),
    "silence": frozenset({"ticket", "agents", "duration"}),
    "engine": frozenset({"duration"}),
    "receiver": frozenset({"duration", "delay"}),
    "store": frozenset({"duration"}),
}


def check(order: FaultOrder) -> None:
    """Refuse what makes no sense whatever the session is like; raises Misunderstood."""
    given = {key for key in order.__struct_fields__ if getattr(order, key) is not None} - {"fault", "systems"}
    if foreign := sorted(given - KEYS[order.fault]):
        expected = ", ".join(sorted(KEYS[order.fault])) or "none"
        raise Misunderstood(f"{order.fault}: expected the keys {expected}; found {foreign[0]}")
    if order.strikes_workers and (order.ticket is None) == (order.worker is None):
        many = "none" if order.ticket is None else "both"
        raise Misunderstood(f"{order.fault}: expected a ticket or a worker, found {many}")
    if order.strikes_steps and order.ticket is None:
        raise Misunderstood(f"{order.fault}: expected a ticket, found none")
    if order.agents is not None and not 1 <= order.agents <= MAX_SILENT_AGENTS:
        raise Misunderstood(f"agents: expected 1 to {MAX_SILENT_AGENTS}, found {order.agents}")
    if order.fault == "fail" and order.error != "hang" and order.duration is not None:
        raise Misunderstood("duration: goes with error: hang only")
    for key in ("duration", "delay"):
        if _seconds(key, getattr(order, key), 1.0) == 0:
            raise Misunderstood(f"{key}: expected more than 0s, found 0s")
    if order.fault == "store" and _seconds("duration", order.duration, OUTAGE_S) > LONGEST_S:
        raise Misunderstood(f"duration: expected at most {LONGEST_S:g}s, found {order.duration}")
    if order.restart_after != "never":
        _seconds("restart_after", order.restart_after, RESTART_S)


def block(order: FaultOrder, at_s: float, agent_timeout_s: float, at: NextStep | None = None) -> FaultSpec:
    """Return the block that does what was ordered, `at_s` after the session's begin, or at a step."""
    whole: dict[str, Any] = {"line": 0, "name": None}
    when = When(after=at_s)
    target: Literal["one", "all"] = "all" if order.worker == "all" else "one"
    if order.fault == "kill":
        kill = WorkerKill(**whole, when=when, target=target, restart_after="never")
        if order.restart_after == "never":
            return kill
        return msgspec.structs.replace(kill, restart_after=_seconds("restart_after", order.restart_after, RESTART_S))
    if order.fault == "freeze":
        duration = _seconds("duration", order.duration, FREEZE_S)
        return LongPause(**whole, scope="worker", when=when, target=target, duration=duration)
    if order.strikes_steps:
        assert at is not None  # noqa: S101 - a ticket was asked for
        return _in_a_step(order, agent_timeout_s, at, whole)
    return _outage(order, when, whole)


def _outage(order: FaultOrder, when: When, whole: Mapping[str, Any]) -> FaultSpec:
    outage = _seconds("duration", order.duration, OUTAGE_S)
    if order.fault == "engine":
        return EngineKill(**whole, when=when, restart_after=outage)
    if order.fault == "store":
        return StoreOutage(**whole, when=when, duration=outage)
    delay = None if order.delay is None else _seconds("delay", order.delay, 0.0)
    mode: Literal["slow", "refuse"] = "refuse" if delay is None else "slow"
    return ReceiverOutage(**whole, when=when, duration=outage, mode=mode, delay=delay)


def _in_a_step(order: FaultOrder, agent_timeout_s: float, at: NextStep, whole: Mapping[str, Any]) -> FaultSpec:
    if order.fault == "silence":
        silent = _seconds("duration", order.duration, 2 * agent_timeout_s)
        agents = order.agents or 1
        step: Literal["agent_investigate", "agent_resolve"] = (
            "agent_investigate" if at.step is Step.AGENT_INVESTIGATE else "agent_resolve"
        )
        return LongPause(**whole, scope="step", step=step, tickets=(at.ticket,), agents=agents, duration=silent)
    error = order.error or "transient"
    held = _seconds("duration", order.duration, HANG_S) if error == "hang" else None
    return ActivityFailure(**whole, step=at.step, visit=at.visit, tickets=(at.ticket,), error=error, duration=held)


def pause(tickets: tuple[int, ...], at_s: float, duration_s: float) -> LongPause:
    """Return the block of an operator's pause."""
    when = When(after=at_s)
    return LongPause(line=0, name=None, scope="ticket", when=when, tickets=tickets, duration=duration_s)


def note(at: NextStep) -> WriteRace:
    """Return the block of an operator's note against a step."""
    return WriteRace(line=0, name=None, race="lost_update", tickets=(at.ticket,), step=at.step)


def lost_answer(ticket: int) -> AnswerLost:
    """Return the block of an answer that its client does not get."""
    return AnswerLost(line=0, name=None, tickets=(ticket,))


def sent_twice(ticket: int) -> WriteRace:
    """Return the block of a ticket that is sent twice at once."""
    return WriteRace(line=0, name=None, race="duplicate_submit", tickets=(ticket,))


def _seconds(key: str, value: str | None, default: float) -> float:
    if value is None:
        return default
    seconds = read_quantity(value, "duration")
    if seconds is None:
        raise Misunderstood(f"{key}: expected {UNITS['duration']}; found {value!r}")
    return seconds

"""What a scenario's parts make impossible together: faults that no system takes, races without room, silent agents."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import UNSET

from harness.faults.spec import FaultSpec, applies
from harness.planning.reading.decode import alternatives
from harness.planning.reading.draft import Draft
from harness.planning.reading.nodes import Page
from harness.planning.reading.planned import impossible_in_the_plan, more_than_can_be_planned
from harness.planning.reading.settling import settles_too_soon
from systems import registry
from systems.desk.limits import DeskTimes
from systems.desk.model import Step

AT_ONCE = 2


def crosscheck(draft: Draft, page: Page) -> None:
    """Note every mistake that a scenario's parts make together; parts that could not be read are left out."""
    for check in CHECKS:
        for path, message in check(draft):
            page.wrong(*draft.place_of(path), message)


def _calls(draft: Draft) -> Iterator[tuple[str, str]]:
    """Refuse calls that are given up at once, as none of them gets through."""
    if draft.knows(".desk.io_timeout") and draft.scenario.desk.io_timeout == 0:
        yield ".desk.io_timeout", "io_timeout: expected more than 0s, found 0s"


def _systems(draft: Draft) -> Iterator[tuple[str, str]]:
    """Ask each system whether its settings can work on this desk; a desk that could not be read asks for nothing."""
    desk = draft.scenario.desk
    step_time = desk.step_time if draft.knows(".desk.step_time") else {step.value: 0.0 for step in Step}
    patience_s = desk.agent_timeout if draft.knows(".desk.agent_timeout") else 0.0
    times = DeskTimes(step_time, patience_s)
    for block in draft.scenario.systems:
        if draft.knows(f".systems.{block.label}"):
            for key, message in block.own.problems(times):
                yield f".systems.{block.label}.{key}", f"{block.label}: {message}"


def _takers(draft: Draft) -> Iterator[tuple[str, str]]:
    """Each fault needs a system that can take it."""
    for number, fault in draft.faults.items() if draft.knows(".systems") else ():
        blocks = [block for block in draft.scenario.systems if fault.systems is UNSET or block.label in fault.systems]
        kinds = list(dict.fromkeys(block.system for block in blocks))
        if kinds and not any(_can_take(name, fault, draft) for name in kinds):
            able = ", ".join(name for name in registry.names() if _can_take(name, fault, draft))
            what = f"expected a system that can take {_kind(fault)} ({able})"
            yield f".faults[{number}]", f"{what}, found only {', '.join(kinds)}"


def _labels(draft: Draft) -> Iterator[tuple[str, str]]:
    """Refuse faults and tickets for columns that there are not."""
    known = [block.label for block in draft.scenario.systems]
    places = {f".faults[{number}]": fault.systems or () for number, fault in draft.faults.items()}
    places |= {f".load.tickets[{at}]": ticket.systems for at, ticket in enumerate(draft.scenario.load.listed)}
    for place, labels in places.items() if draft.knows(".systems") else ():
        for at, label in enumerate(labels):
            if label not in known:
                yield f"{place}.systems[{at}]", f"systems: expected {alternatives(label, known)}; found {label!r}"


def _can_take(system: str, fault: FaultSpec, draft: Draft) -> bool:
    return applies(fault, draft.faults.values(), registry.kind(system).capabilities)


def _followed(draft: Draft) -> Iterator[tuple[str, str]]:
    """Refuse to follow a fault that is none, or several, or that in the end waits for this one."""
    named: dict[str, list[FaultSpec]] = {}
    for fault in draft.faults.values():
        if fault.name:
            named.setdefault(fault.name, []).append(fault)
    for number, fault in draft.faults.items():
        name = fault.follows()
        if name is None:
            continue
        if not draft.knows(".faults"):
            continue  # the one that is named may be among those that could not be read
        bearers = named.get(name, [])
        if len(bearers) != 1:
            known = ", ".join(sorted(named)) or "none has a name"
            found = f"{len(bearers)} of them" if bearers else f"{name!r}, where {known}"
            yield f".faults[{number}].when.fault", f"when.fault: expected the name of one other fault; found {found}"
        elif _is_circular(fault, named):
            what = f"when.fault: expected a fault that does not wait for this one; found {name!r}, which does"
            yield f".faults[{number}].when.fault", what


def _is_circular(fault: FaultSpec, named: Mapping[str, Sequence[FaultSpec]]) -> bool:
    """Say whether a fault that follows the others by name comes back to itself."""
    passed: list[FaultSpec] = []
    following: FaultSpec | None = fault
    while following is not None and not any(following is earlier for earlier in passed):
        passed.append(following)
        following = next(iter(named.get(following.follows() or "", ())), None)
    return following is fault


def _foreign(draft: Draft) -> Iterator[tuple[str, str]]:
    """Refuse to hit what the harness did not start."""
    for number, fault in draft.faults.items():
        for block in draft.scenario.systems:
            for capability, what in block.own.foreign().items():
                if capability is fault.requires:
                    wanted = f"{_kind(fault)} acts on the {capability.value}: expected one that the harness started"
                    yield f".faults[{number}]", f"{wanted}, found {what} of {block.label}"


def _stores(draft: Draft) -> Iterator[tuple[str, str]]:
    """Refuse to cut the way to a store that is a file: there is nothing to cut."""
    if not draft.knows(".desk.database") or draft.scenario.desk.database != "sqlite":
        return
    for number, fault in draft.faults.items():
        if fault.hop() == "worker-store":
            where = draft.named(".desk.database", "sqlite")
            what = f"between: worker-store needs a database with a server: expected postgresql as {where}; found sqlite"
            yield f".faults[{number}].between", f"{what}, a file"


def _attempts(draft: Draft) -> Iterator[tuple[str, str]]:
    """Refuse to kill more workers, one after the other, than there are where none is started again."""
    for number, fault in draft.faults.items():
        for block in draft.scenario.systems if draft.knows(".systems") else ():
            most = fault.most_failures(block.own.worker_count())
            if most is not None and fault.failures() > most:
                what = (
                    f"attempts: expected at most {most} beside restart_after: never, as many as {block.label} can lose"
                )
                yield f".faults[{number}].attempts", f"{what}; found {fault.failures()}"


def _races(draft: Draft) -> Iterator[tuple[str, str]]:
    """Two can only meet where two steps, and two tickets, can be under way at once."""
    arrival = draft.scenario.load.arrival
    for number, fault in draft.faults.items():
        if not fault.needs_two():
            continue
        for block in draft.scenario.systems:
            if block.own.parallel_steps() < AT_ONCE:
                what = "expected room for two steps at once, as a race needs it"
                yield f".faults[{number}]", f"{what}; found 1 process with 1 thread in {block.label}"
        if arrival.concurrency == 1 and fault.needs_two_tickets():
            where = draft.named(".load.arrival.concurrency", "")
            yield f".faults[{number}]", f"{where}: expected at least 2, as this race is of two tickets; found 1"


def _silences(draft: Draft) -> Iterator[tuple[str, str]]:
    """Only an agent that is found silent is replaced by another, which may be silent too."""
    if not draft.knows(".desk.agent_timeout"):
        return
    timeout = draft.scenario.desk.agent_timeout
    for number, fault in draft.faults.items():
        answer = fault.first_answer_s()
        if answer is not None and answer < timeout:
            reason = f"or no second agent is asked ({draft.named('.desk.agent_timeout', f'{timeout:g}s')})"
            what = f"duration: expected at least {timeout:g} s, {reason}; found {answer:g} s"
            yield f".faults[{number}].duration", what


def _kind(fault: FaultSpec) -> str:
    return str(fault.__struct_config__.tag)


CHECKS = (
    _calls,
    _systems,
    _takers,
    _labels,
    _followed,
    _foreign,
    _stores,
    _attempts,
    _races,
    _silences,
    more_than_can_be_planned,
    impossible_in_the_plan,
    settles_too_soon,
)

"""The record breaks: a trigger is missing, a copy stops, histories are not exported."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.execution.watch import Watch
from systems.desk.live import schema
from systems.desk.live.dialect import audit_triggers
from systems.desk.model import Ticket
from systems.desk.rows import AuditRow
from systems.temporal.system import TemporalSystem
from tests.broken.harness.broken_part import FAILED, UNKNOWN, BrokenPart, Verdict, put
from tests.broken.harness.loads import POSTGRESQL, TEMPORAL

_triggers, _take = audit_triggers, Watch._take  # noqa: SLF001 - broken on purpose
_residencies: Callable[..., Any] = TemporalSystem._residencies  # noqa: SLF001 - broken on purpose


def no_trigger_on_agents() -> None:
    def triggers(engine: Any, table: str, *rest: str) -> list[str]:
        return [] if table == "agents" else _triggers(engine, table, *rest)

    put(schema, "audit_triggers", triggers)


def copy_of_the_audit_stops() -> None:
    async def take(self: Watch, rows: Sequence[AuditRow]) -> None:
        copy, is_over = self.audit_copy, self._last_row > 80
        put(self, "audit_copy", None if is_over else copy)
        await _take(self, rows)
        put(self, "audit_copy", copy)

    put(Watch, "_take", take)


def no_history() -> None:
    async def residencies(self: TemporalSystem, ticket: Ticket, slots: Any, _: Path | None, *rest: Any) -> Any:
        return await _residencies(self, ticket, slots, None, *rest)

    put(TemporalSystem, "_residencies", residencies)


def no_residency() -> None:
    async def residencies(self: TemporalSystem, ticket: Ticket, slots: Any, folder: Path | None, *rest: Any) -> Any:
        await _residencies(self, ticket, slots, folder, *rest)
        return []

    put(TemporalSystem, "_residencies", residencies)


INTACT: dict[str, Verdict] = {"journal_intact": "unknown"}
PARTS = (
    BrokenPart(
        "the audit has no trigger on agents", no_trigger_on_agents, UNKNOWN, {"conservation": "unknown"}, "by the audit"
    ),
    BrokenPart(
        "the copy of the audit stops",
        copy_of_the_audit_stops,
        FAILED,
        {**INTACT, "conservation": "invalid"},
        "audit",
        load=POSTGRESQL,
    ),
    BrokenPart("no history is exported", no_history, UNKNOWN, INTACT, "histor", load=TEMPORAL),
    BrokenPart("no residency is exported", no_residency, UNKNOWN, INTACT, "resid", load=TEMPORAL),
)

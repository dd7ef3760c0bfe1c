"""What differs between the columns of a comparison, from the settings of each."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
import msgspec.inspect as mi

from harness.planning.fields import fields
from harness.report.text.figures import ABSENT
from harness.runfolder.result import Result, SystemResult
from harness.text import printable
from systems import registry
from systems.settings import SystemSettings

OKS = {
    "accepted": "an ok means accepted: the system has the ticket, and has yet to work on it",
    "done": "an ok means done: the ticket has come to its end",
}
"""What a client knows that got an ok."""

FIRST = ("system", "processes", "threads", "layout", "profile", "retries", "resubmit", "safeguards", "follows_from")

_A_TENTH = 0.1


def differences(result: Result) -> str:
    """Return one line, `columns differ in: retries 0 | 3 | –; …`, values in the order of the columns."""
    if len(result.systems) < 2:  # noqa: PLR2004 - it takes two to differ
        return ""
    flat = [_flat(system.settings) for system in result.systems.values()]
    keys = sorted({key for column in flat for key in column}, key=_rank)
    clauses = [_values(key, flat) for key in keys if _differs(key, flat)]
    return "columns differ in: " + ("; ".join(dict.fromkeys(clauses)) if clauses else "nothing")


def settings(result: Result) -> list[tuple[str, list[str], bool]]:
    """Return every setting with its value in each column, and whether columns differ in it; those that do first."""
    flat = [_flat(system.settings) for system in result.systems.values()]
    keys = sorted({key for column in flat for key in column if column[key] is not None}, key=_rank)
    lines = [
        (printable(_short_key(key), 60), [_shown(key, column.get(key)) for column in flat], _differs(key, flat))
        for key in keys
    ]
    return sorted(lines, key=lambda row: not row[2])


def _short_key(key: str) -> str:
    return key.removeprefix("follows_from.")


def follows_from(system: SystemResult) -> dict[str, str]:
    """Return the time-outs and intervals that a system's recovery follows from, by name."""
    given = system.settings.get("follows_from")
    if not isinstance(given, Mapping):
        return {}
    return {printable(name, 40): _shown(f"follows_from.{name}", value) for name, value in given.items()}


def acknowledgement(system: SystemResult) -> str:
    """Say what a client of this column knows when it gets an ok; empty of a system that is not known."""
    own = _own(system)
    return "" if own is None else OKS[own.acknowledges]


def _own(system: SystemResult) -> SystemSettings | None:
    """Return a column's settings as its system's own type; None of a system, or of settings, not known here."""
    name = str(system.settings.get("system"))
    try:
        return registry.settings(name, system.settings) if name in registry.names() else None
    except msgspec.ValidationError:
        return None


def limits(result: Result) -> list[str]:
    """Return what is to be said of systems that are compared with others."""
    run = [system for system in result.systems.values() if system.repetitions]
    if len({str(system.settings.get("system")) for system in run}) < 2:  # noqa: PLR2004 - it takes two to compare
        return []
    caveats = [own.caveat() for system in run if (own := _own(system)) is not None]
    return [caveat for caveat in dict.fromkeys(caveats) if caveat]


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _rank(key: str) -> tuple[int, str]:
    head = key.partition(".")[0]
    return (FIRST.index(head) if head in FIRST else len(FIRST), key)


def _differs(key: str, flat: list[dict[str, Any]]) -> bool:
    """Say whether a setting sets columns apart.

    Systems of two kinds have few keys in common, so that a key which only one kind has would differ in every comparison
    of them. It counts where its system says that it tells something, or where another column of that kind lacks it.
    """
    having = [str(column[key]) for column in flat if column.get(key) is not None]
    if len(set(having)) > 1 or (_is_telling(key) and 0 < len(having) < len(flat)):
        return True
    return any(_is_lacking(key, [column for column in flat if column.get("system") == kind]) for kind in _kinds(flat))


def _is_telling(key: str) -> bool:
    """Say whether a setting is worth a word even where only one kind of system has it."""
    return any(key in registry.kind(name).telling for name in registry.names())


def _is_duration(key: str) -> bool:
    """Say whether a setting is a time, in s."""
    return key == "resubmit.backoff" or any(key in _durations(registry.kind(name)) for name in registry.names())


@cache
def _durations(kind: type[SystemSettings]) -> frozenset[str]:
    """Return the keys of a system that are durations."""
    return frozenset(name for name, field in fields(kind).items() if _has_duration(field.type))


def _has_duration(info: mi.Type) -> bool:
    """Say whether a value may be a duration, whatever else it may be, or means."""
    if isinstance(info, mi.UnionType):
        return any(map(_has_duration, info.types))
    if isinstance(info, mi.Metadata):
        return (info.extra or {}).get("unit") == "duration" or _has_duration(info.type)
    return False


def _kinds(flat: list[dict[str, Any]]) -> set[Any]:
    return {column.get("system") for column in flat}


def _is_lacking(key: str, alike: list[dict[str, Any]]) -> bool:
    """Say whether a setting is there in one column and lacks in another of the same kind of system."""
    return 0 < sum(column.get(key) is not None for column in alike) < len(alike)


def _values(key: str, flat: list[dict[str, Any]]) -> str:
    name = printable(_short_key(key), 60)
    return f"{name} {' | '.join(_shown(key, column.get(key)) for column in flat)}"


def _shown(key: str, value: object) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "on" if value else "off"
    is_time = key.startswith("follows_from.") or _is_duration(key)
    if is_time and isinstance(value, int | float):
        return f"{value:g} s" if value >= _A_TENTH else f"{value * 1000:g} ms"
    if isinstance(value, list | tuple):
        return printable(", ".join(map(str, value)), 60)
    return printable(value, 60)

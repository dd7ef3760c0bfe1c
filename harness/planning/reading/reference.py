"""The scenario reference as Markdown: every key, what it takes and its default, from the published schema."""

from collections.abc import Iterator
from typing import Any

from harness.faults.kinds import KINDS
from harness.planning.reading.json_schema import scenario_schema
from systems.desk.units import FASTEST, LONGEST_S, MOST

TITLES = {
    "Load": "load",
    "Resubmit": "load.resubmit, and `resubmit` of a system",
    "Priorities": "load.priorities",
    "Arrival": "load.arrival (or `all_at_once`)",
    "Desk": "desk",
    "Agents": "desk.agents",
    "Outcomes": "desk.outcomes",
    "Safeguards": "desk.safeguards, and `safeguards` of a system",
    "SyncSettings": "a block of systems with `system: sync`",
    "TemporalSettings": "a block of systems with `system: temporal`",
    **{fault.__name__: f"a fault with `kind: {kind}`" for kind, fault in KINDS.items()},
    "When": "when",
    "TicketShare": "a share of the tickets",
}
SUMMARIES = {fault.__name__: fault.summary for fault in KINDS.values()}
REMARKS = {
    ".systems": "`[sync, temporal]`",
    "Resubmit.on": "`[info, fail]`",
    "load.priorities": "`{low: 5, medium: 3, high: 2}`; given in part, the others are 0",
    "load.arrival": "`{rate: 20/s}`",
    "desk.step_time": "`20ms`, for every step",
    "desk.agents.regular": "two for every ticket",
    "desk.agents.senior": "two for every ticket",
    ".faults": "none",
    **{f"{kind.__name__}.{key}": remark for kind in KINDS.values() for key, remark in kind.remarks.items()},
    "TemporalSettings.start_to_close": "the profile's; one that is set here holds for every step, exactly",
    "TemporalSettings.heartbeat": "the profile's",
    "TemporalSettings.sticky": "the profile's",
    "TemporalSettings.retry_interval": "the profile's",
    "Priorities.low": "0, or 5 where no priority is given",
    "Priorities.medium": "0, or 3 where no priority is given",
    "Priorities.high": "0, or 2 where no priority is given",
}


def reference() -> str:
    """Return the page as it stands in `docs/scenario-reference.md`."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    schema = scenario_schema()
    yield "# Scenario reference"
    yield ""
    yield "Every key of a scenario. Durations are strings with a unit (`50ms`, `2s`, `5m`), shares are `0.3` or `30%`."
    yield "A null section is an absent one. `chaos validate` names every mistake with its line; `chaos schema` prints"
    yield "this as a JSON Schema for editors."
    yield ""
    yield f"Whatever is counted is at most {MOST}, a duration at most {LONGEST_S / 3600:g}h (a year), a rate at most"
    yield f"{FASTEST:.0f}/s; a seed fits into 63 bits and a sign."
    yield ""
    yield "`settle` must be long enough for what recovery waits for after each fault, and one more step: after a kill,"
    yield "or what is taken for one, the longest time-out, the retry interval and the engine's timer shift; after a"
    yield "transient error its retries; after all else only as long as the fault itself holds."
    yield from _table("a scenario", schema, "")
    for name, title in TITLES.items():
        yield from _table(title, schema["$defs"][name], name)


def _table(title: str, definition: dict[str, Any], name: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    if summary := SUMMARIES.get(name):
        yield summary
        yield ""
    yield "| key | takes | default |"
    yield "|---|---|---|"
    required = definition.get("required", [])
    for key, value in definition["properties"].items():
        path = f"{ {'Load': 'load', 'Desk': 'desk', 'Agents': 'desk.agents'}.get(name, name) }.{key}"
        default = "required" if key in required else REMARKS.get(path) or _default(value)
        yield f"| `{key}` | {_takes(value)} | {default} |"


def _default(value: dict[str, Any]) -> str:
    if "default" not in value or isinstance(value["default"], dict):
        return "–"
    default = value["default"]
    return "–" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _takes(value: dict[str, Any]) -> str:
    """Say in words what a schema's value may be."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return (
            TITLES[name].partition(" (")[0]
            if name in TITLES
            else "the name of a step"
            if name == "Step"
            else _enum(name)
        )
    if "anyOf" in value:
        words = dict.fromkeys(_takes(one) for one in value["anyOf"] if one.get("type") != "null")
        if len(words) == len(KINDS) and all("kind: " in one for one in words):
            return "faults (below)"
        return " or ".join(words)
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    return _plain(value)


def _enum(name: str) -> str:
    return _takes(scenario_schema()["$defs"][name])


def _plain(value: dict[str, Any]) -> str:
    kind = value.get("type")
    if "%" in value.get("pattern", ""):
        return "a share"
    if "pattern" in value and "ms|s" in value["pattern"]:
        return "a duration"
    if "pattern" in value and "/(s" in value["pattern"]:
        return "a rate"
    if kind == "array":
        return f"a list of {_takes(value['items'])}" if value.get("items") else "a list"
    if kind == "integer":
        least = value.get("minimum")
        return "a whole number" + (f" from {least}" if least is not None else "")
    return {"boolean": "`true`, `false`", "string": "text", "number": "a share", "object": "a mapping"}.get(
        str(kind), "–"
    )


if __name__ == "__main__":
    import sys

    sys.stdout.write(reference())

"""The scenario reference as Markdown: every key, what it takes, its default and what it means, from the schema."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from harness.faults.kinds import KINDS
from harness.planning.reading.json_schema import scenario_schema
from systems import registry
from systems.desk.model import GROUP_OF, MEANINGS, MESSAGES, Priority, Step, Ticket
from systems.desk.outcomes import QUESTIONS, Outcomes
from systems.desk.path import Oracle, oracle
from systems.desk.units import FASTEST, LONGEST_S, MOST, MOST_REPETITIONS
from systems.settings import SystemSettings

TITLES = {
    "Load": "load",
    "Resubmit": "load.resubmit, and `resubmit` of a system",
    "ArrivingTicket": "tickets (a list in `load.tickets`)",
    "Priorities": "load.priorities",
    "Arrival": "load.arrival (or `all_at_once`)",
    "Desk": "desk",
    "Agents": "desk.agents",
    "Outcomes": "desk.outcomes",
    "Safeguards": "desk.safeguards, and `safeguards` of a system",
}
TITLES_OF_FAULTS = {
    **{fault.__name__: f"a fault with `kind: {kind}`" for kind, fault in KINDS.items()},
    "When": "when (exactly one of `after`, `progress`, `step`)",
    "TicketShare": "a share of the tickets",
}
WHICH_KIND = "which fault it is"
REMARKS = {
    "Resubmit.on": "`[info, fail]`",
    "load.priorities": "`{low: 5, medium: 3, high: 2}`; given in part, the others are 0",
    "load.arrival": "`{rate: 20/s}`",
    "desk.step_time": "`20ms`, for every step",
    "desk.agents.regular": "two for every ticket",
    "desk.agents.senior": "two for every ticket",
    ".faults": "none",
    **{f"{kind.__name__}.{key}": remark for kind in KINDS.values() for key, remark in kind.remarks.items()},
    **{f"{kind.__name__}.systems": "all" for kind in KINDS.values()},
    "ArrivingTicket.systems": "all",
    "Priorities.low": "0, or 5 where no priority is given",
    "Priorities.medium": "0, or 3 where no priority is given",
    "Priorities.high": "0, or 2 where no priority is given",
}


def reference() -> str:
    """Return the page as it stands in `docs/scenario-reference.md`."""
    return "\n".join(_page()) + "\n"


def _titles() -> dict[str, str]:
    """Return the sections by the type of each, in their order; every system that is registered has one."""
    settings = {registry.kind(name).__name__: f"a block of systems with `system: {name}`" for name in registry.names()}
    return {**TITLES, **settings, **TITLES_OF_FAULTS}


def _remarks() -> dict[str, str]:
    """Return the defaults that no schema shows, by section and key."""
    kinds = [registry.kind(name) for name in registry.names()]
    own = {f"{kind.__name__}.{key}": remark for kind in kinds for key, remark in kind.remarks.items()}
    return {**REMARKS, ".systems": f"`[{', '.join(registry.names())}]`", **own}


def _page() -> Iterator[str]:
    schema = scenario_schema()
    yield "# Scenario reference"
    yield ""
    yield "Every key of a scenario. A null section is an absent one. `chaos validate` names every mistake with its"
    yield "line; `chaos schema` prints this as a JSON Schema, so that an editor completes keys and explains them."
    yield "The [tutorial](tutorial.md) writes a first scenario step by step."
    yield from _units()
    yield ""
    yield f"Whatever is counted is at most {MOST} (repetitions {MOST_REPETITIONS}), a duration at most"
    yield f"{LONGEST_S / 3600:g}h (a year), a rate at most {FASTEST:.0f}/s; a seed fits into 63 bits and a sign."
    yield ""
    yield "`settle` must be long enough for what recovery waits for after each fault, and one more step: after a kill,"
    yield "or what is taken for one, the longest time-out, the retry interval and the engine's timer shift; after a"
    yield "transient error its retries; after bytes that were lost between worker and engine, or worker and store,"
    yield "the time after which a dead connection is given up; after an engine's limit, what it held back; after all"
    yield "else only as long as the fault itself holds."
    yield from _desk()
    yield from _table("a scenario", schema, "")
    settings = {registry.kind(name).__name__: registry.kind(name) for name in registry.names()}
    for name, title in _titles().items():
        yield from _table(title, schema["$defs"][name], name)
        if name in settings:
            yield from _presets(settings[name])


def _units() -> Iterator[str]:
    yield ""
    yield "| a value | is written | as in |"
    yield "|---|---|---|"
    yield "| a duration | a number and `ms`, `s`, `m` (minutes) or `h` | `50ms`, `2s`, `1.5m` |"
    yield "| a rate | a number and `/s`, `/m` or `/h` | `20/s`, `200/m` |"
    yield "| a share | a part of 1, or a percentage | `0.3`, `30%` |"
    yield "| a memory size, in `expect` | a number of bytes, or with `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB` | `200MB` |"
    yield ""
    yield "Each unit has one spelling: `5min` or `200/min` is refused, and the message says what to write."


def _desk() -> Iterator[str]:
    yield ""
    yield "## The desk"
    yield ""
    yield "A ticket's priority chooses its flow; business outcomes (`desk.outcomes`) choose the way through it."
    yield ""
    yield "| step | what it does | group | message | outcome that it decides |"
    yield "|---|---|---|---|---|"
    for step in Step:
        outcome = f"`{QUESTIONS[step][0]}`" if step in QUESTIONS else "–"
        message = "yes" if step in MESSAGES else "–"
        yield f"| `{step}` | {MEANINGS[step]} | {GROUP_OF[step]} | {message} | {outcome} |"
    yield ""
    yield "| priority | when | steps | end |"
    yield "|---|---|---|---|"
    for priority in Priority:
        for names, walked in _flows(priority):
            when = ", ".join(f"`{name}`" for name in names) or "all goes well"
            yield f"| {priority} | {when} | `{' → '.join(passage.step for passage in walked.path)}` | `{walked.end}` |"
    yield ""
    yield "An agent who is silent for longer than `desk.agent_timeout` is released and replaced, and the customer gets"
    yield "an apology. After three silent agents in a row, or a step that fails for good, the flow gives up: it"
    yield "releases the agent, tells management, and closes the ticket as `manual_intervention`."


def _flows(priority: Priority) -> Iterator[tuple[tuple[str, ...], Oracle]]:
    """Yield every way through a flow, with the fewest outcomes that lead there."""
    known = [name for name, _ in QUESTIONS.values()]
    ways: set[tuple[str, ...]] = set()
    for count in range(len(known)):
        for names in combinations(known, count):
            outcomes = Outcomes(**{name: float(name in names) for name in known})
            walked = oracle(Ticket(1, priority), outcomes, seed=1)
            way = (*(passage.step for passage in walked.path), walked.end)
            if way not in ways:
                ways.add(way)
                yield names, walked


def _presets(kind: type[SystemSettings]) -> Iterator[str]:
    """Show what the presets of a system set, if it has any."""
    presets = kind.presets()
    if not presets:
        return
    names = list(next(iter(presets.values())))
    yield ""
    yield f"| what it sets | {' | '.join(f'`{name}`' for name in names)} |"
    yield f"|---|{'---|' * len(names)}"
    for row, values in presets.items():
        yield f"| {row} | {' | '.join(values[name] for name in names)} |"


def _table(title: str, definition: dict[str, Any], name: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    kind = definition["properties"].get("kind")
    if kind is not None:
        yield kind["description"]
        yield ""
    yield "| key | takes | default | means |"
    yield "|---|---|---|---|"
    required, remarks = definition.get("required", []), _remarks()
    for key, value in definition["properties"].items():
        path = f"{ {'Load': 'load', 'Desk': 'desk', 'Agents': 'desk.agents'}.get(name, name) }.{key}"
        default = "required" if key in required else remarks.get(path) or _default(value)
        means = WHICH_KIND if value is kind else value.get("description", "–")
        yield f"| `{key}` | {_takes(value)} | {default} | {means} |"


def _default(value: dict[str, Any]) -> str:
    if "default" not in value or isinstance(value["default"], dict):
        return "–"
    default = value["default"]
    return "–" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _takes(value: dict[str, Any]) -> str:
    """Say in words what a schema's value may be."""
    if "$ref" in value:
        name, titles = value["$ref"].rpartition("/")[2], _titles()
        return (
            titles[name].partition(" (")[0]
            if name in titles
            else "the name of a step"
            if name == "Step"
            else _enum(name)
        )
    if "anyOf" in value:
        words = dict.fromkeys(_takes(option) for option in value["anyOf"] if option.get("type") != "null")
        if len(words) == len(KINDS) and all("kind: " in word for word in words):
            return "faults (below)"
        return " or ".join(words)
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{choice}`" for choice in value["enum"])
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
        return f"a list of {_takes(value['items'])}".replace("of a whole number", "of whole numbers")
    if kind == "integer":
        least = value.get("minimum")
        return "a whole number" + (f" from {least}" if least is not None else "")
    return {"boolean": "`true`, `false`", "string": "text", "number": "a share", "object": "a mapping"}.get(
        str(kind), "–"
    )


if __name__ == "__main__":
    import sys

    sys.stdout.write(reference())

"""The JSON Schema of a result, for programs that read `result.json`: made from the types that write it.

Objects may hold more than it names: what is added later breaks no program that passes over what it does not know.
"""

import inspect
import re
from typing import Any

import msgspec

from harness.catalogue import CATALOGUE, Metric
from harness.runfolder.result import Result, Verdict

REF = "#/$defs/{name}"


class Results(msgspec.Struct, frozen=True):
    """Several runs, as `chaos run --format json` prints them, under the worst of their verdicts."""

    schema: int
    runs: tuple[Result, ...]
    verdict: Verdict


def result_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) of one run's result, and of several runs' in one document."""
    documents, definitions = msgspec.json.schema_components([Result, Results], ref_template=REF)
    for definition in definitions.values():
        definition["description"] = _description(definition["description"])
    for name in ("Result", "Results"):
        definitions[name]["properties"]["schema"] = {"const": 1, "description": "the version of this format"}
    definitions["Repetition"]["properties"]["metrics"] = _metrics()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The result of a chaos run, or of several",
        "anyOf": list(documents),
        "$defs": definitions,
    }


def _description(docstring: str) -> str:
    """Return a docstring as one paragraph or more of plain text, in the words of JSON."""
    paragraphs = inspect.cleandoc(docstring).replace("None", "null").split("\n\n")
    return "\n\n".join(re.sub(r"\s+", " ", paragraph) for paragraph in paragraphs)


def _metrics() -> dict[str, Any]:
    """Describe figures by the catalogue; any may be missing, or null where it is censored."""
    return {
        "type": "object",
        "description": "figures by name; null: censored, see `censored`; missing: see `absent`",
        "properties": {metric.name: _figure(metric) for metric in CATALOGUE.values()},
        "additionalProperties": {"type": ["number", "null"]},
    }


def _figure(metric: Metric) -> dict[str, Any]:
    kind = "integer" if metric.unit in {"count", "bytes"} else "number"
    return {"type": [kind, "null"], "description": f"{metric.meaning} ({metric.unit}; better: {metric.better})"}

"""What a run's result says, as the parts of the proof read it."""

import json
from typing import Any

from tests.support.chaos import Ran


def checks_of(ran: Ran) -> list[dict[str, Any]]:
    """Return the checks of all systems and repetitions; none where the run has no result."""
    return [check for repetition in _repetitions(ran) for check in repetition["checks"]]


def not_valid(ran: Ran) -> dict[str, str]:
    """Return the verdicts of the checks that are not valid, but for those that say that the machine was busy."""
    fine = {"valid", "overloaded"}
    return {check["name"]: check["verdict"] for check in checks_of(ran) if check["verdict"] not in fine}


def described(ran: Ran) -> dict[str, str]:
    """Return the expectations that do not hold, each with what was seen."""
    result = _result(ran)
    expectations = result.get("expectations", [])
    return {one["text"]: str(one["judged"]) for one in expectations if one["verdict"] != "pass"}


def _repetitions(ran: Ran) -> list[dict[str, Any]]:
    return [repetition for system in _result(ran).get("systems", {}).values() for repetition in system["repetitions"]]


def _result(ran: Ran) -> dict[str, Any]:
    try:
        result: dict[str, Any] = json.loads(ran.out)
    except ValueError:
        return {}
    return result

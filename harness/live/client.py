"""A shell's way to a session: one request, over loopback, with the token of its card."""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

from harness.errors import ChaosError, EnvironmentFailure, UsageInvalid
from harness.live.card import SessionCard

DEADLINE_S = 120.0
"""A thousand tickets are sent in turn, and answered for once the last is: twenty seconds, on a machine with time."""
REFUSED = range(400, 500)


def ask(
    card: SessionCard, path: str, body: dict[str, Any] | None = None, query: list[tuple[str, str]] | None = None
) -> Any:
    """Ask a session (POST where there is a body) and return its answer.

    Raises UsageInvalid for what it refuses, EnvironmentFailure where it does not answer.
    """
    address = f"http://127.0.0.1:{card.port}{path}" + (f"?{urlencode(query)}" if query else "")
    headers = {"Authorization": f"Bearer {card.token}", "Content-Type": "application/json"}
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, sent, headers)
    # Without the environment's proxies: this is for a process on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=DEADLINE_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise _refusal(error) from None
    except (OSError, ValueError) as error:
        raise EnvironmentFailure(f"the session does not answer: {error}") from None


def _refusal(error: urllib.error.HTTPError) -> ChaosError:
    try:
        why = str(json.load(error)["error"])
    except (ValueError, KeyError, OSError):
        why = f"the session answered {error.code} {error.reason}"
    return UsageInvalid(why) if error.code in REFUSED else EnvironmentFailure(why)

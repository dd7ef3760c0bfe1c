"""The desk's client of the outside world: every effect leaves through here."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import urllib3

from systems.desk.model import StepCall, Transient


class Outbox:
    """Sends effects to the receiver, over kept connections and without hidden retries.

    A call that takes longer than `timeout_s`, connecting included, is given up; the receiver may take it all the same.
    """

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        self._url = f"{url}/effects"
        timeout = urllib3.Timeout(total=timeout_s)
        self._pool = urllib3.PoolManager(maxsize=64, retries=False, timeout=timeout)

    def send(self, call: StepCall, attempt: str) -> bool:
        """Send the call's effect; True if the receiver applied it, False if it dropped a repeat.

        Raises Transient where the receiver cannot be reached or refuses.
        """
        effect = {
            "ticket": call.ticket.number,
            "step": call.step.value,
            "purpose": call.purpose,
            "nth": call.nth,
            "attempt": attempt,
        }
        with _transient():
            answer = self._pool.request("POST", self._url, body=msgspec.json.encode(effect))
        if answer.status != 200:  # noqa: PLR2004 - HTTP's OK
            raise Transient(f"the receiver answered {answer.status}")
        is_applied: bool = msgspec.json.decode(answer.data)["applied"]
        return is_applied


@contextmanager
def _transient() -> Iterator[None]:
    try:
        yield
    except urllib3.exceptions.HTTPError as error:
        raise Transient(f"the receiver did not answer: {error}") from error
